# SPDX-License-Identifier: Apache-2.0
"""What is wrong with the server's rules stops its start; what is not needed is told once."""
import json

import pytest


def starts_not(server):
    server.start(wait=False)
    assert server.wait_for_death() == 1
    return server.log()


def test_an_error_in_the_rules_stops_the_start_with_its_place(make_server, tmp_path):
    rules = tmp_path / "repos.yaml"
    rules.write_text("repos:\n- id: /.*/\n  apply_requirements: [approved, merged]\n")
    server = make_server(start=False, repo_config=rules)

    assert f"{rules}:3:34: repo: apply_requirements must be" in starts_not(server)


def test_rules_may_stand_in_the_setting_itself(make_server):
    rules = json.dumps({"repos": [{"id": "/.*/", "plan_requirement": []}]})
    server = make_server(start=False, repo_config_json=rules)

    assert "--repo-config-json:1:" in starts_not(server)


@pytest.mark.parametrize("setting", ["autoplan_file_list", "autoplan_modules_from_projects"])
def test_a_pattern_that_is_none_stops_the_start(make_server, setting):
    server = make_server(start=False, **{setting: "**/*.tf,[a"})

    assert f"--{setting.replace('_', '-')}: " in starts_not(server)


def test_a_flag_that_is_not_needed_is_told_once(make_server, tmp_path):
    rules = tmp_path / "repos.yaml"
    rules.write_text("repos:\n- id: /.*/\n")
    server = make_server(repo_config=rules, checkout_depth=50, skip_clone_no_changes=False)

    assert server.log().count("ATLANTIS_CHECKOUT_DEPTH is not needed: ") == 1
    assert "SKIP_CLONE" not in server.log()
