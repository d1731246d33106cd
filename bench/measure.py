# SPDX-License-Identifier: Apache-2.0
"""Figures, and how they are taken: medians, processes run bare, the steps in a server's log."""

import dataclasses
import datetime
import os
import re
import statistics
import subprocess
import time


class CannotMeasure(Exception):
    """The figure could not be had; that it is a bad one is no reason for this."""


@dataclasses.dataclass
class Figure:
    """One line of the table. limit is what `value` (or `over`, its difference) may be at most."""

    what: str
    unit: str
    samples: list
    beside: str = ""
    beside_samples: list = dataclasses.field(default_factory=list)
    budget: str = ""  # "" when it has none
    limit: float | None = None
    is_floor: bool = False  # the limit is the least, not the most
    against: list | None = None  # samples that the limit is for, when not `samples`

    @property
    def judged(self):
        return self.samples if self.against is None else self.against

    @property
    def verdict(self):
        if self.limit is None:
            return ""
        value = statistics.median(self.judged)
        if self.is_floor:
            return "kept" if value >= self.limit else f"UNDER by {(1 - value / self.limit):.0%}"
        return "kept" if value <= self.limit else f"OVER by {(value / self.limit - 1):.0%}"

    def cells(self):
        extra = f"; over bare: {show(self.against, self.unit)}" if self.against else ""
        beside = f"{self.beside}: {show(self.beside_samples, self.unit)}" if self.beside else ""
        return [self.what, show(self.samples, self.unit) + extra, beside, self.budget, self.verdict]

    def as_json(self):
        found = {"what": self.what, "unit": self.unit, **summary(self.samples)}
        if self.beside:
            found["beside"] = {"what": self.beside, **summary(self.beside_samples)}
        if self.against:
            found["over_bare"] = summary(self.against)
        if self.limit is not None:
            found.update(budget=self.budget, is_kept=self.verdict == "kept")
        return found


def summary(samples):
    return {"median": statistics.median(samples), "min": min(samples), "max": max(samples),
            "n": len(samples)}


def number(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def show(samples, unit):
    """median (min..max) unit"""
    middle = number(statistics.median(samples))
    spread = f" ({number(min(samples))}..{number(max(samples))})" if len(samples) > 1 else ""
    return f"{middle}{spread} {unit}"


def differences(these, those):
    """Pair by pair: both of a pair were measured one after the other."""
    return [a - b for a, b in zip(these, those, strict=True)]


def table(head, lines):
    return "\n".join("| " + " | ".join(map(str, cells)) + " |"
                     for cells in [head, ["---"] * len(head), *lines])


# --- processes ---

def run_ms(argv, **options):
    """How long a program runs, in ms; its output is thrown away."""
    started = time.perf_counter()
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, check=False, **options)
    took = (time.perf_counter() - started) * 1000
    if done.returncode != 0:
        raise CannotMeasure(f"{' '.join(map(str, argv))}: exit {done.returncode}: "
                            f"{done.stderr[-500:]}")
    return took


def peak_mb(argv):
    """The most memory that a program had resident, in MB."""
    child = os.posix_spawnp(argv[0], argv, os.environ,
                            file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
    _, status, usage = os.wait4(child, 0)
    if status != 0:
        raise CannotMeasure(f"{' '.join(argv)}: status {status}")
    return usage.ru_maxrss / 1024


def resident_mb(pid, field="VmRSS"):
    with open(f"/proc/{pid}/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 1024


def syncs_per_second(path, seconds=1.0):
    """What the disk does alone: pages of a file that is there, each forced to the disk."""
    page, n_pages, n = b"x" * 4096, 1000, 0
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.pwrite(file, page * n_pages, 0)
        os.fsync(file)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            os.pwrite(file, page * 2, (n % (n_pages - 1)) * len(page))
            os.fdatasync(file)
            n += 1
    finally:
        os.close(file)
    return n / seconds


# --- the log of a server ---

LINE = re.compile(r'time=(\S+)Z level=\w+ (?:command=(\S+) )?msg="(.*)"')


@dataclasses.dataclass(frozen=True)
class Line:
    at: float  # seconds, on the clock of time.time()
    tag: str  # the command, the item of the outbox, or ""
    text: str


def parse(line):
    found = LINE.match(line)
    if not found:
        return None
    when = datetime.datetime.fromisoformat(found[1]).replace(tzinfo=datetime.timezone.utc)
    return Line(when.timestamp(), found[2] or "", found[3])


class LogReader:
    """What a server logs from now on."""

    def __init__(self, path):
        self.file = open(path, encoding="utf-8", errors="replace")
        self.file.seek(0, os.SEEK_END)
        self.rest = ""
        self.lines = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def read(self):
        *whole, self.rest = (self.rest + self.file.read()).split("\n")
        self.lines += filter(None, map(parse, whole))

    def wait(self, condition, what, deadline=60):
        """The first line that condition is true of."""
        end, seen = time.monotonic() + deadline, 0
        while True:
            self.read()
            for line in self.lines[seen:]:
                if condition(line):
                    return line
            seen = len(self.lines)
            if time.monotonic() > end:
                last = "\n".join(line.text for line in self.lines[-10:])
                raise CannotMeasure(f"not within {deadline} s: {what}; the log ends:\n{last}")
            time.sleep(0.005)

    def wait_for_step(self, name, tag="", deadline=60):
        """tag: what the line's tag begins with."""
        return self.wait(lambda line: line.text == f"step {name}" and line.tag.startswith(tag),
                         f"step {name}", deadline)

    def steps(self):
        """(name, time) of the steps of the one command that ran meanwhile, in order of time."""
        return sorted(((line.text.removeprefix("step "), line.at) for line in self.lines
                       if line.text.startswith("step ") and not line.tag.startswith("status:")),
                      key=lambda step: step[1])
