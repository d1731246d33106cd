# SPDX-License-Identifier: Apache-2.0
"""Who may give a command, and what the operator's programs do around it."""

import pytest

from cases import root

PLAN = "Atlantis Bot/atlantis/plan"


def test_hooks_run_around_commands_that_use_no_files(make_server, repo, rules, tmp_path):
    seen = tmp_path / "seen"
    server = make_server(repo_config=rules(f"""
        repos:
        - id: /.*/
          pre_workflow_hooks:
          - run: echo "before $COMMAND_NAME in $(basename $DIR)/$(ls)" >> {seen}
            commands: unlock, version
          post_workflow_hooks:
          - run: echo "after $COMMAND_NAME" >> {seen}
            commands: unlock, version, approve_policies
        """))
    pull = repo.open_pull_request({"README.md": "changed\n"})
    for command in ("version", "unlock", "approve_policies", "help"):
        pull.comment(f"atlantis {command}")
    pull.wait_for_comment(containing="What can be typed here")
    server.wait_until_idle()

    lines = seen.read_text().splitlines()
    assert [line.split(" in ")[0] for line in lines] == [
        "before version", "after version", "before unlock", "after unlock", "after approve_policies"]
    assert lines[0].endswith("/README.md")


def test_no_hook_runs_for_a_branch_that_is_not_served(make_server, repo, rules, tmp_path):
    seen = tmp_path / "seen"
    server = make_server(repo_config=rules(f"""
        repos:
        - id: /.*/
          branch: /^main$/
          pre_workflow_hooks:
          - run: touch {seen}
        """))
    repo.commit({"README.md": "scratch\n"}, branch="scratch")
    pull = repo.open_pull_request({"README.md": "changed\n"}, target="scratch")
    pull.comment("atlantis version")
    pull.comment("atlantis unlock")
    pull.wait_for_comment(containing="nlock")
    server.wait_until_idle()
    assert not seen.exists()


@pytest.mark.parametrize("strategy", ["branch", "merge"])
def test_scripts_can_compare_with_the_base_branch(make_server, repo, rules, tmp_path, strategy):
    seen = tmp_path / "seen"
    make_server(checkout_strategy=strategy, repo_config=rules(f"""
        repos:
        - id: /.*/
          pre_workflow_hooks:
          - run: (git diff --name-only origin/main...HEAD; git rev-parse --abbrev-ref HEAD) > {seen}
        """))
    pull = repo.open_pull_request({"net/main.tf": root()}, source="feature/one")
    pull.wait_for_comment(containing="1 to add")
    assert seen.read_text() == "net/main.tf\nfeature/one\n"


def test_what_a_failed_hook_printed_is_in_the_log(make_server, repo, rules):
    server = make_server(repo_config=rules("""
        repos:
        - id: /.*/
          pre_workflow_hooks:
          - run: echo the generator found no projects; exit 3
        """))
    pull = repo.open_pull_request({"net/main.tf": root()})
    pull.wait_for_comment(containing="1 to add")
    assert "the generator found no projects" in server.log()


def test_a_hook_that_fails_keeps_the_locks_where_that_is_configured(make_server, repo, rules):
    make_server(fail_on_pre_workflow_hook_error=True, repo_config=rules("""
        repos:
        - id: /.*/
          pre_workflow_hooks:
          - run: echo not before noon; exit 1
            commands: unlock
        """))
    pull = repo.open_pull_request({"net/main.tf": root()})
    pull.wait_for_comment(containing="1 to add")

    pull.comment("atlantis unlock")

    assert "not before noon" in pull.wait_for_comment(containing="### Unlock refused").text
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="1 added")


def test_a_program_that_hangs_is_a_no(make_server, repo, rules):
    server = make_server(step_timeout="1s", repo_config=rules("""
        team_authz:
          command: sh
          args: [-c, echo pass; exec sleep 600]
        """))
    pull = repo.open_pull_request({"net/main.tf": root()})
    pull.comment("atlantis apply", user="reviewer")

    told = pull.wait_for_comment(containing="### Apply refused").text
    assert "Reviewer may not give the command `apply`" in told and "timed out" in told
    server.wait_until_idle()
    assert len(pull.comments(by="bot")) == 1, "nobody is told of the automatic plan"
    assert pull.status_history() == []


def test_variable_files_come_from_the_repository_or_from_listed_directories(make_server, repo, tmp_path):
    shared = tmp_path / "shared"
    for name in ("shared", "sharedness"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.tfvars").write_text('size = "from the server"\n')
    make_server(var_file_allowlist=shared)
    pull = repo.open_pull_request({
        "net/main.tf": root("${var.size}", 'variable "size" {\n  default = "none"\n}\n'),
        "net/own.tfvars": 'size = "from the repository"\n'})
    pull.wait_for_comment(containing="none")

    for file, answer in ((f"{shared}/x.tfvars", "from the server"),
                         ("own.tfvars", "from the repository"),
                         (f"{tmp_path}/sharedness/x.tfvars", "is refused"),
                         (f"{shared}/../sharedness/x.tfvars", "is refused"),
                         ("../../x.tfvars", "is refused")):
        before = len(pull.comments(by="bot"))
        pull.comment(f"atlantis plan -d net -- --var-file={file}")
        assert answer in pull.wait_for_comments(before + 1)[-1].text, file


def test_a_plan_that_may_not_go_on_after_a_restart_leaves_no_status_that_waits(make_server, repo, rules, tmp_path):
    began, may = tmp_path / "began", tmp_path / "may"
    may.touch()
    server = make_server(shutdown_grace="0s", repo_config=rules(f"""
        team_authz:
          command: sh
          args: [-c, test -e {may} && echo pass]
        repos:
        - id: /.*/
          workflow: slow
        workflows:
          slow:
            plan:
              steps:
              - run: touch {began}; exec sleep 600
        """))
    pull = repo.open_pull_request({"net/main.tf": root()})
    server.wait_for_file(began)
    pull.wait_for_status(PLAN, "pending")
    server.stop()
    may.unlink()

    server.start()

    pull.wait_for_status(PLAN, "failed")
    pull.wait_for_comment(containing="### Plan refused")


@pytest.mark.parametrize("team", [r"[platform]\operators", "operators"])
def test_teams_also_through_others_give_the_commands_of_the_list(playground, make_server, repo, team):
    inner = playground.add_team("platform", "Net", ["reviewer"])
    playground.add_team("platform", "Operators", [inner])
    playground.create_repo("elsewhere/other", {"README.md": "other\n"})
    playground.add_team("elsewhere", "Operators", ["author"])
    make_server(gh_team_allowlist=f"*:plan,{team}:apply")
    pull = repo.open_pull_request({"net/main.tf": root()})
    pull.wait_for_comment(containing="1 to add")

    pull.comment("atlantis apply", user="author")
    told = pull.wait_for_comment(containing="### Apply refused").text
    assert "Author may not give the command `apply`" in told
    pull.comment("atlantis unlock", user="reviewer")
    pull.wait_for_comment(containing="### Unlock refused")
    pull.comment("atlantis apply", user="reviewer")
    pull.wait_for_comment(containing="1 added")


def test_the_program_gets_the_teams_behind_the_owner_of_the_repository(playground, make_server, repo, rules, tmp_path):
    seen = tmp_path / "seen"
    playground.add_team("platform", "Net é", ["reviewer"])
    make_server(repo_config=rules(f"""
        team_authz:
          command: sh
          args: [-c, 'printf "<%s>" "$@" >> {seen}; echo >> {seen}; echo pass', sh]
        """))
    pull = repo.open_pull_request({"README.md": "changed\n"})
    pull.comment("atlantis version", user="reviewer")
    pull.wait_for_comment(containing="hadal")

    line = seen.read_text().splitlines()[-1]
    assert line.startswith("<version><playground/platform/infra><playground/platform/")
    assert "<playground/platform/Net é>" in line


def test_who_may_waits_for_a_host_that_is_away(playground, make_server, repo):
    make_server(gh_team_allowlist="*:plan,*:apply")
    pull = repo.open_pull_request({"net/main.tf": root()})
    pull.wait_for_comment(containing="1 to add")
    playground.fault(status=503, count=2, containing="identities")

    pull.comment("atlantis apply", user="reviewer")

    pull.wait_for_comment(containing="1 added")
