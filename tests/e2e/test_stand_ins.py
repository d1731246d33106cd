# SPDX-License-Identifier: Apache-2.0
"""What stands in for conftest says what conftest says. Skipped where there is no conftest."""

import json
import os
import shutil
import subprocess

import pytest

from policies import STAND_INS, rego, rule

REAL = None if os.environ.get("HADAL_CONFTEST") else shutil.which("conftest")

DENY, WARN = rule("bad", "no bad"), rule("bad", "careful", kind="warn")
CASES = {
    "pass": (rego(rule("other", "no other")), "bad", ()),
    "fail": (rego(DENY), "bad", ()),
    "two": (rego(DENY, rule("bad", "also")), "bad", ()),
    "warn": (rego(WARN), "bad", ()),
    "both": (rego(DENY, WARN), "bad", ()),
    "both pass": (rego(DENY, WARN), "good", ()),
    "another namespace": (rego(DENY, package="other"), "bad", ()),
    "all namespaces": (rego(DENY, package="other"), "bad", ("--all-namespaces",)),
    "no fail": (rego(DENY), "bad", ("--no-fail",)),
    "quiet": (rego(DENY), "good", ("--quiet",)),
    "quiet failure": (rego(DENY), "bad", ("--quiet",)),
    "broken": ("package main\n\ndeny contains msg if { nonsense(\n", "bad", ()),
}


def run(program, place, arguments):
    (place / "empty.toml").touch()
    done = subprocess.run([program, "test", "-p", place / "rules", place / "plan.json", "--no-color", *arguments],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=place, timeout=60,
                          env={**os.environ, "CONFTEST_CONFIG_FILE": str(place / "empty.toml")})
    return done.returncode, done.stdout


@pytest.mark.skipif(REAL is None, reason="there is no conftest here")
@pytest.mark.parametrize("name", CASES)
def test_the_stand_in_for_conftest_says_the_same(tmp_path, name):
    text, value, arguments = CASES[name]
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "policy.rego").write_text(text)
    (tmp_path / "plan.json").write_text(json.dumps(
        {"planned_values": {"root_module": {"resources": [{"values": {"input": value}}]}}}))

    (real_status, real), (status, said) = (run(program, tmp_path, arguments)
                                           for program in (REAL, STAND_INS / "conftest"))

    assert status == real_status
    if name == "broken":
        assert "rego_parse_error" in real and "rego_parse_error" in said
    else:
        assert said == real


def test_another_command_line_is_refused(tmp_path):
    done = subprocess.run([STAND_INS / "conftest", "test", tmp_path, "-p", "x"], text=True,
                          stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 1 and "not how the server" in done.stderr
