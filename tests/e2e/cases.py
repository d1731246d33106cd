# SPDX-License-Identifier: Apache-2.0
"""What a test of a small repository is made of: the repository, the server's rules, what people do, and
what must have come of each project after every step."""

import os
import re
import sqlite3
import textwrap
from dataclasses import dataclass, field
from typing import Callable


def text(block):
    """A block of a file as it is written in a test: indented."""
    return textwrap.dedent(block).lstrip("\n")


def root(value="one", extra=""):
    """A root module with one resource."""
    return f'resource "terraform_data" "item" {{\n  input = "{value}"\n}}\n{extra}'


@dataclass
class After:
    """What holds after a step. projects: label -> status of all that the pull request knows; None:
    not looked at. says: texts that the new comments hold, all of them; lacks: that none holds."""
    projects: dict = None
    says: tuple = ()
    lacks: tuple = ()
    comments: int = None  # how many new ones
    statuses: dict = field(default_factory=dict)  # name -> (state, text in its description)


@dataclass
class Step:
    """do(world) and what must hold afterwards."""
    do: Callable
    after: After


@dataclass
class Case:
    name: str
    change: dict  # files of the pull request; None removes one
    steps: list
    base: dict = field(default_factory=lambda: {"README.md": "infra\n"})
    repos: str = None  # the server's rules
    settings: dict = field(default_factory=dict)
    programs: dict = field(default_factory=dict)  # name -> text of a program on the server's PATH
    prepare: Callable = None  # (world) before the pull request is opened


class World:
    """One case while it runs."""

    def __init__(self, case, playground, make_server, directory):
        self.case = case
        self.playground = playground
        self.directory = directory
        self.repo = playground.create_repo("platform/infra", case.base)
        self.server = make_server(start=False, **self.settings())
        self.server.extra_env.update(self.environment())
        self.server.start()
        self.pull = None
        self.seen = 0

    def settings(self):
        settings = dict(self.case.settings)
        if self.case.repos:
            rules = self.directory / "repos.yaml"
            rules.write_text(text(self.case.repos).replace("@DIRECTORY@", str(self.directory)))
            settings["repo_config"] = rules
        return settings

    def environment(self):
        programs = self.directory / "programs"
        for name, body in self.case.programs.items():
            programs.mkdir(exist_ok=True)
            (programs / name).write_text(text(body))
            (programs / name).chmod(0o755)
        return {"PATH": f"{programs}:{os.environ['PATH']}"} if self.case.programs else {}

    def settle(self):
        """Until every event has arrived and all that follows from it is done and told."""
        self.playground.wait_for_deliveries()
        self.server.wait_until_idle()

    def projects(self):
        """label -> status, as the server has it: the name, or directory and workspace."""
        with sqlite3.connect(f"file:{self.server.data_dir}/hadal.db?mode=ro", uri=True) as database:
            rows = database.execute(
                "SELECT j.dir, j.workspace, j.name, j.status FROM project j JOIN pull p ON p.id = j.pull_id"
                " WHERE p.number = ? AND j.is_forgotten = 0", (self.pull.number,)).fetchall()
        return {name or (directory if workspace == "default" else f"{directory}/{workspace}"): status
                for directory, workspace, name, status in rows}

    def checkout(self):
        return next(self.server.data_dir.glob("pulls/*/checkout"))

    def new_comments(self):
        """As people read them: without the backslashes that keep signs from being markup."""
        comments = self.pull.comments(by="bot") if self.pull else []
        new, self.seen = comments[self.seen:], len(comments)
        return [re.sub(r"\\([_*\[\]<>~|#])", r"\1", comment.text) for comment in new]

    def check(self, after):
        self.settle()
        comments = self.new_comments()
        together = "\n".join(comments)
        if after.projects is not None:
            assert self.projects() == after.projects, together
        for wanted in after.says:
            assert wanted in together, f"{wanted!r} is not in:\n{together}"
        for unwanted in after.lacks:
            assert unwanted not in together, f"{unwanted!r} is in:\n{together}"
        if after.comments is not None:
            assert len(comments) == after.comments, together
        for name, (state, words) in after.statuses.items():
            status = self.pull.status(name)
            assert status and status.state == state and words in status.description, (
                name, status, self.pull.statuses())

    def run(self):
        if self.case.prepare:
            self.case.prepare(self)
        for step in self.case.steps:
            step.do(self)
            self.check(step.after)


# What people do.

def opens(**after):
    def do(world):
        world.pull = world.repo.open_pull_request(world.case.change)
    return Step(do, After(**after))


def comments(line, user="author", **after):
    return Step(lambda world: world.pull.comment(line, user=user), After(**after))


def pushes(files, **after):
    return Step(lambda world: world.pull.push(files), After(**after))


def approves(user="reviewer", **after):
    return Step(lambda world: world.pull.approve(user), After(**after))


def does(action, **after):
    return Step(action, After(**after))
