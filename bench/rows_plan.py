# SPDX-License-Identifier: Apache-2.0
"""What a pull request waits for: a plan, a large repository, many projects."""

import os
import statistics
import subprocess

from measure import CannotMeasure, Figure, differences, run_ms
from server import PASSED_ON
from world import World

REPO = "platform/infra"

# What the time from the webhook to the comment is spent on, by the step that ends it.
SPENT_ON = {
    "event-received": "the body comes in",
    "event-parsed": "authenticate, parse",
    "event-stored": "commit the delivery",
    "command-claimed": "wake the engine, commit the claim",
    "pull-read": "read the pull request (2 REST calls)",
    "commits-fetched": "git fetch",
    "projects-selected": "git diff, git ls-tree, choose",
    "locks-taken": "commit the locks",
    "checked-out": "queue the status, git read-tree, git clean",
    "init-done": "**terraform init**",
    "plan-done": "**terraform plan**",
    "results-stored": "read the plan file, commit records and comment",
    "post-claimed": "commit the claim of the comment",
    "post-answered": "post it",
}


def ms_between(start, end):
    return (end - start) * 1000


def git(*args, **options):
    """Runs git with none of the machine's own configuration."""
    env = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    return run_ms(["git", *args], env=env, **options)


class Breakdown:
    """What the time is spent on, from step to step of hadal's log, and the same work done bare."""

    def __init__(self):
        self.spent = {name: [] for name in SPENT_ON}
        self.bare = {}

    def note(self, sent_at, steps):
        last = sent_at
        for name, at in steps:
            if name in self.spent:
                self.spent[name].append(ms_between(last, at))
            last = at

    def note_bare(self, name, took):
        self.bare.setdefault(name, []).append(took)
        return took

    def lines(self):
        return [[f"`{name}`", what, round(statistics.median(self.spent[name]), 1),
                 round(statistics.median(self.bare[name]), 1) if name in self.bare else ""]
                for name, what in SPENT_ON.items() if self.spent[name]]

    def add_to(self, bench, title):
        bench.add_details(title, ["until step", "spent on", "ms", "bare"], self.lines())


# --- one small project, from the webhook to the comment ---

class BareTerraform:
    """The same init and plan as hadal's, in a directory of its own."""

    def __init__(self, module, directory):
        directory.mkdir(parents=True)
        (directory / "main.tf").write_text(module.text())
        self.directory = directory
        self.env = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        self.env.update(TF_IN_AUTOMATION="1", TF_INPUT="0", CHECKPOINT_DISABLE="1",
                        TF_DATA_DIR=str(directory / "data"))

    def run(self, *args):
        return run_ms(["terraform", *args], cwd=self.directory, env=self.env)

    def init(self):
        return self.run("init", "-input=false", "-no-color", "-upgrade")

    def plan(self):
        out = f"-out={self.directory / 'plan.tfplan'}"
        return self.run("plan", "-input=false", "-no-color", out)


class PlanRow:
    def __init__(self, world):
        self.world = world
        self.repo = world.playground.create_repo(REPO, {"README.md": "infra\n"})
        self.mirror = world.directory / "mirror.git"
        git("init", "--quiet", "--bare", str(self.mirror))
        self.totals, self.bare = [], []
        self.breakdown = Breakdown()

    def measure_hadal(self, number, pull):
        with self.world.delivered(self.world.opened(pull)) as (log, sent_at):
            end = log.wait_for_step("post-answered", tag="command-")
        pull.wait_for_comment(containing="1 to add", timeout=1)
        if number > 0:  # 0 is slow because it is the first: the cache is made, programs are read
            self.totals.append(ms_between(sent_at, end.at))
            self.breakdown.note(sent_at, [step for step in log.steps() if step[1] <= end.at])

    def measure_bare(self, number, pull):
        name = f"bare-{number}"
        bare = BareTerraform(self.world.module(name), self.world.directory / name)
        branches = [f"+refs/heads/{branch}:refs/heads/{branch}"
                    for branch in ("main", f"change-{pull.number}")]
        took = {"init-done": bare.init(), "plan-done": bare.plan(),
                "commits-fetched": git("fetch", "--quiet", self.repo.clone_url(), *branches,
                                       cwd=self.mirror)}
        if number > 0:
            self.bare.append(took["init-done"] + took["plan-done"])
            for step, value in took.items():
                self.breakdown.note_bare(step, value)

    def measure(self, number):
        module = self.world.module(f"ours-{number}")
        pull = self.repo.open_pull_request({f"p{number}/main.tf": module.text()})
        self.measure_hadal(number, pull)
        self.measure_bare(number, pull)

    def figure(self):
        return Figure("webhook in to plan comment out, one small project", "ms", self.totals,
                      "`terraform init` + `plan`", self.bare, budget="bare + 150 ms", limit=150,
                      against=differences(self.totals, self.bare))


def measure_plan(bench):
    with World(bench.directory("plan")) as world:
        row = PlanRow(world)
        for number in range(16):
            row.measure(number)
        row.breakdown.add_to(bench, "From the webhook to the plan comment, median ms")
        yield row.figure()


# --- a large repository ---

N_FILES, FILES_PER_DIR = 20_000, 100


def fast_import(changes, branch="refs/heads/main"):
    """A stream for git fast-import: one commit with these files."""
    yield (f"commit {branch}\ncommitter Bench <bench@example.org> 1700000000 +0000\n"
           "data 6\nFiles\n\n").encode()
    for path, text in changes:
        data = text.encode()
        yield f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n"


def large_tree():
    for number in range(N_FILES):
        directory = f"stacks/s{number // FILES_PER_DIR:03}"
        yield f"{directory}/f{number}.yaml", f"name: f{number}\n" + "key: some value\n" * 30


def push_tree(repo, directory, files):
    """Replaces what is on main, without writing a working tree."""
    git("init", "--quiet", "--bare", str(directory))
    stream = b"".join(fast_import(files))
    subprocess.run(["git", "fast-import", "--quiet"], input=stream, cwd=directory, check=True)
    git("push", "--quiet", "--force", repo.clone_url("author"), "main", cwd=directory)


class LargeRow:
    """hadal and a clone of the same repository follow the same pushes."""

    def __init__(self, world):
        self.world = world
        self.clone = world.directory / "clone"
        repo = world.playground.create_repo(REPO, {"README.md": "infra\n"})
        push_tree(repo, world.directory / "tree.git", large_tree())
        git("clone", "--quiet", repo.clone_url(), str(self.clone))
        self.module = world.module("large")
        self.pull = repo.open_pull_request({"stacks/s000/main.tf": self.module.text()})
        self.ours, self.bare = [], []
        self.breakdown = Breakdown()

    def bare_ms(self):
        branch = f"change-{self.pull.number}"
        fetch = git("fetch", "--quiet", "origin", branch, cwd=self.clone)
        checkout = git("checkout", "--quiet", "--force", "FETCH_HEAD", cwd=self.clone)
        self.breakdown.note_bare("commits-fetched", fetch)
        self.breakdown.note_bare("checked-out", checkout)
        return fetch + checkout

    def hadal_ms(self, body):
        with self.world.delivered(body) as (log, sent_at):
            end = log.wait_for_step("checked-out", deadline=120)
        self.breakdown.note(sent_at, [step for step in log.steps() if step[1] <= end.at])
        return ms_between(sent_at, end.at)

    def first_ms(self):
        took = self.hadal_ms(self.world.opened(self.pull))
        self.bare_ms()
        self.breakdown = Breakdown()
        return took

    def measure(self, number):
        values = [f"value {number}"] * 2
        self.pull.push({"stacks/s000/main.tf": self.module.with_values(*values).text(),
                        f"stacks/s{number:03}/f{number * FILES_PER_DIR}.yaml": "name: changed\n"})
        body = self.world.updated(self.pull)
        if number % 2:  # who comes second finds the playground warm
            self.bare.append(self.bare_ms())
            self.ours.append(self.hadal_ms(body))
        else:
            self.ours.append(self.hadal_ms(body))
            self.bare.append(self.bare_ms())


def measure_large(bench):
    with World(bench.directory("large")) as world:
        row = LargeRow(world)
        first = row.first_ms()
        for number in range(1, 10):
            row.measure(number)
        row.breakdown.add_to(bench, "A later push to a large repository, median ms")
        yield Figure(f"{N_FILES:,}-file repository, a later push, until terraform starts", "ms",
                     row.ours, "`git fetch` + `git checkout`", row.bare, budget="500 ms", limit=500)
        yield Figure("the same, the first time: everything is fetched and written", "ms", [first])


# --- many projects: deciding which of them to plan ---

N_PROJECTS = 1000


class ManyRow:
    """One pull request changes one project and holds its lock, another changes all of them."""

    def __init__(self, world):
        self.world = world
        self.files = {f"p{n:04}/main.tf": world.module(f"p{n}").text() for n in range(N_PROJECTS)}
        self.repo = world.playground.create_repo(REPO, {"README.md": "infra\n"})
        push_tree(self.repo, world.directory / "tree.git", self.files.items())
        self.one = self.repo.open_pull_request(self.changed(["p0000/main.tf"], 0))
        self.all = self.repo.open_pull_request(self.changed(self.files, 0))

    def changed(self, paths, number):
        return {path: f"{self.files[path]}\n# change {number}\n" for path in paths}

    def decide_ms(self, body):
        with self.world.delivered(body) as (log, _):
            start = log.wait_for_step("commits-fetched")
            end = log.wait_for_step("projects-selected")
        return ms_between(start.at, end.at)

    def bare_ms(self, pull):
        """In the server's cache: the same objects, packed the same way."""
        caches = list((self.world.server.data_dir / "git").glob("*/HEAD"))
        if len(caches) != 1:
            raise CannotMeasure(f"expected one cache in {self.world.server.data_dir}/git")
        cache = caches[0].parent
        refs = f"refs/hadal/heads/main...refs/hadal/pull/{pull.number}/head"
        head = refs.rpartition("...")[2]
        return (git("diff", "--name-status", "-z", "-M", refs, cwd=cache)
                + git("ls-tree", "-r", "-z", "--full-tree", head, cwd=cache))

    def measure(self, pull, paths, number):
        """The first change is the pull request's own; the others are pushed."""
        if number:
            pull.push(self.changed(paths, number))
        body = self.world.updated(pull) if number else self.world.opened(pull)
        return self.decide_ms(body), self.bare_ms(pull)


def measure_many(bench):
    with World(bench.directory("many")) as world:
        row = ManyRow(world)
        for pull, paths, what in ((row.one, ["p0000/main.tf"], "one of them"),
                                  (row.all, list(row.files), "all of them")):
            pairs = [row.measure(pull, paths, number) for number in range(8)][1:]
            yield Figure(f"{N_PROJECTS:,} projects, {what} changed: deciding what to plan", "ms",
                         [ours for ours, _ in pairs], "`git diff` + `git ls-tree`",
                         [bare for _, bare in pairs], budget="100 ms", limit=100)
