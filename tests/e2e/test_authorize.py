# SPDX-License-Identifier: Apache-2.0
"""Who may give a command, and what the operator's programs do around it."""

import pytest

from cases import root, text


@pytest.fixture
def repo(playground):
    return playground.create_repo("platform/infra", {"README.md": "infra\n"})


@pytest.fixture
def rules(tmp_path):
    def write(content):
        path = tmp_path / "repos.yaml"
        path.write_text(text(content))
        return path

    return write


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
