# SPDX-License-Identifier: Apache-2.0
"""Policy sets for conftest, in the Rego that both conftest and what stands in for it understand."""

import os
import shutil
from pathlib import Path

STAND_INS = Path(__file__).resolve().parent / "stand_ins"


def rule(value, message, kind="deny"):
    """A terraform_data with that input is refused, or with kind "warn" only warned of."""
    return (f"{kind} contains msg if {{\n"
            f'\tinput.planned_values.root_module.resources[_].values.input == "{value}"\n'
            f'\tmsg := "{message}"\n}}\n')


def rego(*rules, package="main"):
    return f"package {package}\n\n" + "\n".join(rules)


def path_with_conftest():
    """PATH for the server: the real program where there is one, else the one that stands in."""
    if not os.environ.get("HADAL_CONFTEST") and shutil.which("conftest"):
        return os.environ["PATH"]
    return f"{STAND_INS}:{path_without_conftest()}"


def path_without_conftest():
    return ":".join(place for place in os.environ["PATH"].split(":")
                    if not (Path(place) / "conftest").exists())


class Policies:
    """A directory of policy sets, and the operator's file that names them."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.sets = []
        self.top = []

    def add(self, name, text, *lines):
        """A set of one file; lines are further keys of it."""
        place = self.directory / name
        place.mkdir(parents=True)
        (place / "policy.rego").write_text(text)
        self.sets.append([f"name: {name}", f"path: {place}", "source: local", *lines])
        return self

    def own(self, *lines):
        """Keys of all sets."""
        self.top += lines
        return self

    def text(self, repo=(), workflows=""):
        sets = "".join("    - " + "\n      ".join(lines) + "\n" for lines in self.sets)
        top = "".join(f"  {line}\n" for line in self.top)
        rules = "".join(f"    {line}\n" for line in repo)
        return (f"repos:\n  - id: /.*/\n{rules}{workflows}policies:\n{top}  policy_sets:\n{sets}")

    def write(self, **parts):
        file = self.directory / "repos.yaml"
        file.write_text(self.text(**parts))
        return file
