#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
make bench: speed and size of hadal, beside the same tools run bare in the same run.

Prints a table and writes it to build/bench.md and build/bench.json. A budget that is not kept is
told in words; the exit status is 1 only when something could not be measured.
"""

import argparse
import datetime
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = Path(os.environ.setdefault("HADAL_BUILD_ROOT", str(ROOT / "build")))
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

import rows_check  # noqa: E402
import rows_plan  # noqa: E402
import rows_server  # noqa: E402
from measure import CannotMeasure, table  # noqa: E402

ROWS = {
    "plan": rows_plan.measure_plan,
    "events": rows_server.measure_events,
    "start": rows_server.measure_start,
    "memory": rows_server.measure_memory,
    "large": rows_plan.measure_large,
    "calls": rows_server.measure_calls,
    "many": rows_plan.measure_many,
    "check": rows_check.measure_check,
}
HEAD = ["what", "hadal: median (min..max)", "beside it", "budget", ""]


class Bench:
    """Where rows work, and what they find."""

    def __init__(self, root):
        self.root = root
        self.figures = []
        self.details = []
        self.failed = {}  # row -> why
        self.seconds = {}  # row -> how long it took
        self.load = {}  # row -> load of the machine, averaged over its last minute

    def directory(self, name):
        path = self.root / name
        path.mkdir()
        return path

    def add_details(self, title, head, lines):
        self.details.append((title, head, lines))

    def measure(self, name):
        started = time.monotonic()
        try:
            for figure in ROWS[name](self):
                self.figures.append(figure)
                print("  ".join(filter(None, figure.cells())), flush=True)
        except (CannotMeasure, AssertionError, OSError, subprocess.SubprocessError) as why:
            self.failed[name] = str(why)
            print(f"{name}: could not be measured: {why}", file=sys.stderr, flush=True)
        self.seconds[name] = time.monotonic() - started
        self.load[name] = os.getloadavg()[0]
        print(f"  [{name}: {self.seconds[name]:.0f} s]", flush=True)
        for directory in self.root.iterdir():
            shutil.rmtree(directory, ignore_errors=True)


# --- report ---

def first_line(*argv):
    try:
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              check=True)
        return done.stdout.split("\n", maxsplit=1)[0]
    except (OSError, subprocess.SubprocessError):
        return f"no {argv[0]}"


def machine():
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    return {
        "when": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "processors": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "terraform": first_line("terraform", "version"),
        "git": first_line("git", "--version"),
        "load before": load,
    }


def markdown(facts, bench):
    parts = ["# Benchmarks", "", ", ".join(f"{name}: {value}" for name, value in facts.items()), "",
             table(HEAD, [figure.cells() for figure in bench.figures])]
    for title, head, lines in bench.details:
        parts += ["", f"## {title}", "", table(head, lines)]
    parts += ["", "Load of the machine, its own part included: "
              + ", ".join(f"{name} {load:.1f}" for name, load in bench.load.items())]
    for name, why in bench.failed.items():
        parts += ["", f"**{name} could not be measured:** {why}"]
    return "\n".join(parts) + "\n"


def write(facts, bench):
    details = [{"title": title, "lines": [dict(zip(head, line, strict=True)) for line in lines]}
               for title, head, lines in bench.details]
    document = {"machine": facts, "figures": [figure.as_json() for figure in bench.figures],
                "details": details, "seconds": bench.seconds, "load": bench.load,
                "failed": bench.failed}
    (BUILD / "bench.json").write_text(json.dumps(document, indent=2) + "\n")
    (BUILD / "bench.md").write_text(markdown(facts, bench))


def main():
    parser = argparse.ArgumentParser(description=__doc__.strip().split("\n")[0])
    parser.add_argument("--only", choices=ROWS, help="one row, printed and not written")
    only = parser.parse_args().only
    facts = machine()
    with tempfile.TemporaryDirectory(prefix="hadal-bench-", ignore_cleanup_errors=True) as root:
        bench = Bench(Path(root))
        for name in [only] if only else ROWS:
            bench.measure(name)
    print("\n" + markdown(facts, bench))
    if not only:
        write(facts, bench)
        print(f"written to {BUILD / 'bench.md'} and {BUILD / 'bench.json'}")
    return 1 if bench.failed else 0


if __name__ == "__main__":
    sys.exit(main())
