# SPDX-License-Identifier: Apache-2.0
"""What people say besides plan and apply: cancel, unlock of one project, and who may say what."""

import textwrap

import pytest

from cases import root, text

PLAN = "Atlantis Bot/atlantis/plan"
APPLY = "Atlantis Bot/atlantis/apply"


def waiting(gate):
    """A shell line that tells that it runs and goes on once `gate` is there."""
    return f"touch {gate}.began; until [ -e {gate} ]; do sleep 0.05; done"


def rules(tmp_path, text):
    path = tmp_path / "repos.yaml"
    path.write_text(textwrap.dedent(text))
    return path


def slow_plans(tmp_path, gate):
    """Plans of the directory "slow" wait for the gate; all others are as usual."""
    return rules(tmp_path, f"""
        repos:
        - id: /.*/
          workflow: slow
        workflows:
          slow:
            plan:
              steps:
              - init
              - run: case $DIR in */slow) {waiting(gate)};; esac
              - plan
        """)


def test_cancel_stops_a_plan_and_tells_which_projects_were_planned(make_server, repo, module, tmp_path):
    gate = tmp_path / "gate"
    server = make_server(repo_config=slow_plans(tmp_path, gate), parallel_pool_size=1)
    pull = repo.open_pull_request({f"{name}/main.tf": module(name).text() for name in ("app", "slow", "zone")})
    server.wait_for_file(f"{gate}.began")

    pull.comment("atlantis cancel")

    assert "Asked to stop: `plan`" in pull.wait_for_comment(containing="### Cancelled").text
    told = pull.wait_for_comment(containing="Not planned: Author cancelled the command.").text
    assert "Author cancelled the command." in told
    pull.wait_for_status(PLAN, "failed")
    server.wait_until_idle()
    assert len(pull.comments(by="bot")) == 2

    gate.touch()
    pull.comment("atlantis plan")
    pull.wait_for_comment(containing="3 projects")
    pull.wait_for_status(PLAN, "succeeded")


def test_unlock_gives_up_only_what_it_names(server, repo, module):
    pull = repo.open_pull_request({f"{name}/main.tf": module(name).text() for name in ("app", "net")})
    pull.wait_for_comment(containing="2 projects")
    other = repo.open_pull_request({"net/main.tf": module("other").text()})
    other.wait_for_comment(containing="locked")

    pull.comment("atlantis unlock -d net")

    told = pull.wait_for_comment(containing="1 project given up").text
    assert "`net`" in told and "`app`" not in told
    other.comment("atlantis plan")
    other.wait_for_comment(containing="to add")
    pull.comment("atlantis unlock -d net")
    pull.wait_for_comment(containing="holds no lock of what was named")
    pull.comment("atlantis unlock -d nowhere")
    told = pull.wait_for_comment(containing="### Unlock refused").text
    assert "No project of this pull request is meant" in told and "`app`, `net`" in told
    pull.comment("atlantis apply -d app")
    pull.wait_for_comment(containing="1 added")


def program(tmp_path, text):
    path = tmp_path / "authz"
    path.write_text("#!/bin/sh\n" + textwrap.dedent(text))
    path.chmod(0o755)
    return path


def authz(tmp_path, path):
    return rules(tmp_path, f"""
        team_authz:
          command: {path}
          args: [--strict]
        """)


def test_a_program_decides_who_may_give_which_command(make_server, repo, module, tmp_path):
    seen = tmp_path / "seen"
    path = program(tmp_path, f"""
        echo "$1 $2 $3 by $USER_NAME in $BASE_REPO_OWNER and $BASE_REPO_NAME for $COMMAND_NAME" >> {seen}
        [ "$2" = plan ] || {{ echo not today; exit 0; }}
        echo PASS
        """)
    make_server(repo_config=authz(tmp_path, path))
    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    pull.wait_for_comment(containing="1 to add")

    pull.comment("atlantis apply", user="reviewer")

    told = pull.wait_for_comment(containing="### Apply refused").text
    assert "Reviewer may not give the command `apply`" in told and "`team_authz`" in told
    pull.comment("atlantis help", user="reviewer")
    pull.wait_for_comment(containing="What can be typed here")
    plan, apply = seen.read_text().splitlines()
    assert plan.startswith("--strict plan ") and "/platform/infra by " in plan
    assert apply.startswith("--strict apply ") and apply.endswith("/platform and infra for apply")
    assert "by reviewer@playground.example" in apply


@pytest.mark.parametrize("text", ["echo pass; exit 1", "exec sleep 0", "yes pass", "echo failed"])
def test_a_program_that_does_not_say_pass_says_no(make_server, repo, module, tmp_path, text):
    server = make_server(repo_config=authz(tmp_path, program(tmp_path, text)))
    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    pull.comment("atlantis plan")

    pull.wait_for_comment(containing="### Plan refused")
    server.wait_until_idle()
    assert len(pull.comments(by="bot")) == 1
    assert pull.status_history() == []


def test_teams_decide_who_may_give_which_command(make_server, repo, module):
    make_server(gh_team_allowlist="*:plan, nobody at all:apply")
    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    pull.wait_for_comment(containing="1 to add")

    pull.comment("atlantis apply")

    told = pull.wait_for_comment(containing="### Apply refused").text
    assert "Author may not give the command `apply`" in told and "--gh-team-allowlist" in told


def test_a_program_is_asked_about_each_project_of_a_typed_command(make_server, repo, module, tmp_path):
    seen = tmp_path / "seen"
    path = program(tmp_path, f"""
        echo "$COMMAND_NAME $REPO_REL_PATH of $PULL_NUM at $BASE_BRANCH_NAME in $REPO_ROOT by $PULL_AUTHOR" >> {seen}
        [ "$REPO_REL_PATH" = net ] && exit 0
        echo pass
        """)
    server = make_server(repo_config=authz(tmp_path, path))
    pull = repo.open_pull_request({f"{name}/main.tf": module(name).text() for name in ("app", "net")})
    pull.wait_for_comment(containing="2 projects")
    assert "net" not in seen.read_text()

    pull.comment("atlantis apply", user="reviewer")

    told = pull.wait_for_comment(containing="Reviewer may not give the command `apply`").text
    assert "`net`" in told and "1 added" in told
    server.wait_until_idle()
    lines = seen.read_text().splitlines()
    assert any(line.startswith(f"apply net of {pull.number} at main in {server.data_dir}") for line in lines)
    assert "by author@playground.example" in lines[-1]


def test_only_commands_that_are_allowed_are_there(make_server, repo, module):
    make_server(allow_commands="plan,state")
    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    pull.wait_for_comment(containing="1 to add")

    pull.comment("atlantis apply")
    told = pull.wait_for_comment(containing="`apply` is switched off on this server").text
    assert "atlantis state rm" in told and "atlantis import" not in told


@pytest.mark.parametrize("name, told", [
    ("(", "-p ("),
    ("net-.*", "allowed_regexp_prefixes"),
    ("nat-a", "there is `net-a`"),
])
def test_an_apply_says_why_it_finds_no_project_of_that_name(make_server, repo, name, told):
    make_server(enable_regexp_cmd=True, repo_config_json='{"repos": [{"id": "/.*/"}]}')
    pull = repo.open_pull_request({"a/main.tf": root(), "b/main.tf": root(), "atlantis.yaml": text("""
        version: 3
        allowed_regexp_prefixes: [app-]
        projects:
        - {dir: a, name: net-a}
        - {dir: b, name: net-b}
        """)})
    pull.wait_for_comment(containing="2 to add")
    pull.comment(f"atlantis apply -p '{name}'")
    assert told in pull.wait_for_comment(containing="Not applied").text
