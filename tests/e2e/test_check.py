# SPDX-License-Identifier: Apache-2.0
"""`hadal check`: files are checked, and a change is explained, without a server or a network."""

import os
import subprocess

import pytest

from server import BUILD_ROOT, PASSED_ON, SANITIZERS

PROGRAM = BUILD_ROOT / "src/cli/hadal"

PROJECTS = """\
version: 3
projects:
- name: network
  dir: net
  execution_order_group: 1
- dir: app
- dir: old
  autoplan: {enabled: false}
"""

USES_MODULE = 'module "m" {\n  source = "../modules/m"\n}\n'


@pytest.fixture
def check(tmp_path, monkeypatch):
    """Runs the command in a directory with these files; what follows are its words."""
    for name in list(os.environ):
        if name not in PASSED_ON:
            monkeypatch.delenv(name)
    for name, value in SANITIZERS.items():
        monkeypatch.setenv(name, value)

    def run(files, *words, stdin=""):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return subprocess.run([PROGRAM, "check", *words], cwd=tmp_path, input=stdin, text=True,
                              capture_output=True, timeout=60)

    return run


def test_a_good_file_is_valid(check):
    result = check({"atlantis.yaml": PROJECTS, "net/main.tf": ""})

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "atlantis.yaml: valid, 3 projects for base branch main\n"


def test_without_a_file_projects_are_discovered(check):
    result = check({"net/main.tf": ""})

    assert (result.returncode, result.stderr) == (0, "")
    assert "there is none" in result.stdout


def test_a_mistake_is_told_with_its_place(check):
    result = check({"infra/atlantis.yaml": "version: 3\nprojects:\n- dir: net\n  workfow: own\n"}, "infra")

    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("infra/atlantis.yaml:4:3: ")
    assert '"workfow"' in result.stderr and '"workflow"' in result.stderr


def test_a_hostile_file_ends_soon(check):
    lines = ["a: &a [x,x,x,x,x,x,x,x,x]\n"]
    lines += [f"{letter}: &{letter} [{','.join(['*' + before] * 9)}]\n"
              for before, letter in zip("abcdefgh", "bcdefghi")]

    result = check({"atlantis.yaml": "".join(lines)})

    assert result.returncode == 1
    assert result.stderr.startswith("atlantis.yaml:")


def test_a_link_out_of_the_directory_is_not_followed(check, tmp_path):
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra/atlantis.yaml").symlink_to("../secret.yaml")

    result = check({"secret.yaml": "password: 123\n"}, "infra")

    assert result.returncode == 1
    assert "link" in result.stderr and "password" not in result.stderr


def test_the_file_may_have_another_name(check):
    files = {"conf/own.yaml": PROJECTS, "atlantis.yaml": "broken: [\n"}

    assert check(files, "--file", "conf/own.yaml").returncode == 0
    missing = check(files, "--file=conf/none.yaml")
    assert (missing.returncode, missing.stderr) == (2, "hadal check: conf/none.yaml: there is no such file\n")


def test_the_rules_of_the_server_are_checked_and_hold(check):
    files = {
        "repos.yaml": "repos:\n- id: host/org/free\n  allowed_overrides: [apply_requirements]\n",
        "atlantis.yaml": "version: 3\nprojects:\n- dir: net\n  apply_requirements: [approved]\n",
    }

    allowed = check(files, "--repo-config", "repos.yaml", "--repo", "host/org/free")
    other = check(files, "--repo-config", "repos.yaml", "--repo", "host/org/other")

    assert (allowed.returncode, allowed.stderr) == (0, "")
    assert allowed.stdout.startswith("repos.yaml: valid\n")
    assert other.returncode == 1
    assert other.stderr.startswith("atlantis.yaml:4:23: ") and "allowed_overrides" in other.stderr


def test_a_mistake_in_the_rules_of_the_server_is_told_with_its_place(check):
    result = check({"repos.yaml": "repos:\n- id: /.*/\n  allowed_overides: []\n"}, "--repo-config", "repos.yaml")

    assert result.returncode == 1
    assert result.stderr.startswith("repos.yaml:3:3: ") and '"allowed_overrides"' in result.stderr


def test_what_a_change_would_plan_is_told_in_order_with_the_reasons(check):
    files = {"atlantis.yaml": PROJECTS, "net/main.tf": "", "app/main.tf": "", "old/main.tf": "", "new/main.tf": ""}

    result = check(files, "--explain", "--changed", *(name for name in files if name.endswith(".tf")))

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == """\
atlantis.yaml: valid, 3 projects for base branch main

Planned, in this order:
  app: `app/main.tf` matches `app/**/*.tf*`
  network (net) [order group 1]: `net/main.tf` matches `net/**/*.tf*`

Not planned:
  new: the configuration names projects, and not this directory
  old: autoplan.enabled is false
"""


def test_changed_files_come_from_the_standard_input_too(check):
    files = {"net/main.tf": "", "app/main.tf": ""}

    result = check(files, "--explain", "--changed", "-", stdin="net/main.tf\napp/main.tf\n")

    assert "  app: `app/main.tf` changed\n  net: `net/main.tf` changed\n" in result.stdout


def test_settings_of_the_server_count(check):
    files = {"app/main.tf": USES_MODULE, "net/main.tf": "", "modules/m/main.tofu": "", "broken/main.tf": "module {{\n"}
    change = ("--explain", "--changed", "modules/m/main.tofu")

    plain = check(files, *change)
    modules = check(files, "--autoplan-modules", *change)
    disabled = check(files, *change, "--autoplan-modules", "--autodiscover-mode", "disabled")

    assert "Nothing is planned." in plain.stdout
    assert "  app: it uses module `modules/m`, where `modules/m/main.tofu` changed\n" in modules.stdout
    assert "  broken: the modules that `broken` uses cannot be read" in modules.stdout
    assert "  net:" not in modules.stdout
    assert "Nothing is planned." in disabled.stdout


def test_branches_count(check):
    files = {
        "repos.yaml": "repos:\n- id: /.*/\n  branch: /^(main|release)$/\n",
        "atlantis.yaml": "version: 3\nprojects:\n- dir: net\n  branch: /^release$/\n",
        "net/main.tf": "",
    }
    words = ("--repo-config", "repos.yaml", "--explain", "--changed", "net/main.tf", "--base-branch")

    assert "  net: " in check(files, *words, "release").stdout
    assert "Nothing is planned.\n" in check(files, *words, "main").stdout
    assert "do not serve pull requests into other" in check(files, *words, "other").stdout


def test_a_workspace_that_the_files_name_is_told(check):
    cloud = 'terraform {\n  cloud {\n    workspaces {\n      name = "prod"\n    }\n  }\n}\n'

    result = check({"net/main.tf": cloud}, "--explain", "--changed", "net/main.tf")

    assert "  net (prod): `net/main.tf` changed\n" in result.stdout


@pytest.mark.parametrize("sign, shown", [("\x1b", "?"), ("\x9b", "?"), ("\u202e", "?"), ("\n", " "), ("é", "é")])
def test_names_do_not_reach_the_terminal_as_commands(check, sign, shown):
    result = check({f"n{sign}t/main.tf": ""}, "--explain", "--changed", f"n{sign}t/main.tf")

    assert f"  n{shown}t: `n{shown}t/main.tf` changed\n" in result.stdout


def test_nor_does_what_a_file_says(check):
    result = check({"atlantis.yaml": 'version: 3\n"k\\e[2J\\u202eey": 1\n'})

    assert result.returncode == 1
    assert '"k?[2J?ey"' in result.stderr


@pytest.mark.parametrize("words, says", [
    (["--explian"], "--explian is not a flag"),
    (["--explain"], "--explain needs --changed"),
    (["--changed", "a.tf"], "--changed goes with --explain"),
    (["a", "b"], 'unexpected "b"'),
    (["nowhere"], "nowhere is not a directory"),
    (["--file"], "--file needs a value"),
    (["--autodiscover-mode=sometimes"], "--autodiscover-mode"),
    (["--autoplan-file-list=[a"], "--autoplan-file-list"),
])
def test_a_wrong_question_is_told_apart(check, words, says):
    result = check({}, *words)

    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("hadal check: ") and says in result.stderr


def test_help_tells_every_flag_of_its_own(check):
    result = check({}, "--help")

    assert result.returncode == 0
    for flag in ("--file", "--explain", "--changed", "--repo ", "--base-branch", "--autodiscover-mode", "--repo-config"):
        assert f"  {flag}" in result.stdout
