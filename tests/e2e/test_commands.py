# SPDX-License-Identifier: Apache-2.0
"""What people say besides plan and apply: cancel, unlock of one project, and who may say what."""

import textwrap

import pytest

PLAN = "Atlantis Bot/atlantis/plan"
APPLY = "Atlantis Bot/atlantis/apply"


@pytest.fixture
def repo(playground):
    return playground.create_repo("platform/infra", {"README.md": "infra\n"})


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
    pull.comment("atlantis unlock -d nowhere")
    pull.wait_for_comment(containing="holds no lock of what was named")
    pull.comment("atlantis apply -d app")
    pull.wait_for_comment(containing="1 added")
