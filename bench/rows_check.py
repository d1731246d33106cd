# SPDX-License-Identifier: Apache-2.0
"""How long deciding takes where configuration names the projects, by `hadal check`."""

from measure import Figure, run_ms
from server import BUILD_ROOT

PROGRAM = BUILD_ROOT / "src/cli/hadal"
N_PROJECTS = 1000
# As teams write it: the own files, modules beside, and one file at the top that concerns everybody.
PATTERNS = '["**/*.tf*", "../../modules/**", "../../**/common.yaml"]'


def write_repository(top):
    """A project in each of many directories, a file in each, and the list of all those files."""
    lines = ["version: 3", "projects:"]
    changed = []
    for number in range(N_PROJECTS):
        name = f"p{number:04}"
        lines += [f"- name: {name}", f"  dir: live/{name}", f"  autoplan: {{when_modified: {PATTERNS}}}"]
        # Half of them change what nobody waits for.
        path = top / "live" / name / ("main.tf" if number % 2 else "notes.md")
        path.parent.mkdir(parents=True)
        path.write_text("")
        changed.append(str(path.relative_to(top)))
    (top / "atlantis.yaml").write_text("\n".join(lines) + "\n")
    return changed


def measure_check(bench):
    top = bench.directory("check")
    changed = write_repository(top)
    read = [str(PROGRAM), "check", str(top)]
    decide = [*read, "--explain", "--changed", *changed]
    pairs = [(run_ms(decide), run_ms(read)) for _ in range(11)][1:]
    yield Figure(f"{N_PROJECTS:,} configured projects, {N_PROJECTS:,} changed files: `hadal check --explain`",
                 "ms", [ours for ours, _ in pairs], "`hadal check`", [bare for _, bare in pairs],
                 budget="bare + 100 ms", limit=100, against=[ours - bare for ours, bare in pairs])
