# SPDX-License-Identifier: Apache-2.0
"""cancel: what waits is ended, what runs is stopped in good order and tells what it has done."""

import os
import signal

import pytest

from cases import root, text

PLAN = "Atlantis Bot/atlantis/plan"
BEFORE = "Atlantis Bot/atlantis/pre_workflow_hook: checks"
AFTER = "Atlantis Bot/atlantis/post_workflow_hook: tidies"


@pytest.fixture
def gate(tmp_path):
    """A file that shows that something runs, and one that lets it go on."""
    class Gate:
        running, go_on = tmp_path / "running", tmp_path / "go-on"

        def script(self):
            return f"touch {self.running}; while [ ! -e {self.go_on} ]; do sleep 0.05; done"

    return Gate()


def rules(tmp_path, gate):
    path = tmp_path / "repos.yaml"
    path.write_text(text(f"""
        repos:
        - id: /.*/
          workflow: slow
        workflows:
          slow:
            plan:
              steps:
              - run: '{gate.script()}'
              - init
              - plan
        """))
    return path


def slow_module(gate):
    """A resource whose creation waits."""
    return root() + text(f"""
        resource "terraform_data" "slow" {{
          provisioner "local-exec" {{
            command = "{gate.script()}"
          }}
        }}
        """)


def test_a_plan_that_runs_is_stopped_and_what_waits_is_ended(make_server, playground, repo, tmp_path, gate):
    server = make_server(repo_config=rules(tmp_path, gate))
    pull = repo.open_pull_request({"net/main.tf": root()})
    server.wait_for_file(gate.running)
    pull.comment("atlantis plan -d net")
    pull.comment("atlantis version")
    playground.wait_for_deliveries()

    pull.comment("atlantis cancel", user="reviewer")

    reply = pull.wait_for_comment(containing="Cancelled while it waited")
    assert "`plan`, `version`" in reply.text
    assert "Asked to stop: `plan`" in reply.text
    told = pull.wait_for_comment(containing="cancelled the command")
    assert pull.user("reviewer")["displayName"] in told.text
    server.wait_until_idle()
    assert pull.status(PLAN).state == "failed"
    server.wait_for(lambda: server.children() == [server.process.pid], "nothing of it runs any more")

    gate.go_on.touch()
    pull.comment("atlantis plan")
    pull.wait_for_comment(containing="1 to add")


def test_projects_that_a_cancel_left_unplanned_are_not_locked(make_server, repo, rules, gate):
    server = make_server(repo_config=rules(f"""
        repos:
        - id: /.*/
          allowed_overrides: [workflow]
        workflows:
          slow:
            plan:
              steps:
              - run: '{gate.script()}'
              - init
              - plan
        """))
    pull = repo.open_pull_request({"atlantis.yaml": text("""
        version: 3
        abort_on_execution_order_fail: true
        projects:
        - dir: net
          execution_order_group: 1
          workflow: slow
        - dir: app
          execution_order_group: 2
        """), "net/main.tf": root(), "app/main.tf": root()})
    server.wait_for_file(gate.running)

    pull.comment("atlantis cancel")

    told = pull.wait_for_comment(containing="Not planned: ")
    assert "cancelled the command" in told.text
    assert pull.wait_for_status(PLAN, "failed")
    other = repo.open_pull_request({"app/main.tf": root(), "net/variables.txt": "none"})
    other.wait_for_comment(containing="1 to add")


def test_the_hooks_behind_a_cancelled_command_run_and_none_stays_pending(make_server, repo, rules, tmp_path, gate):
    tidied = tmp_path / "tidied"
    server = make_server(repo_config=rules(f"""
        repos:
        - id: /.*/
          workflow: slow
          post_workflow_hooks:
          - run: touch {tidied}
            description: tidies
        workflows:
          slow:
            plan:
              steps:
              - run: '{gate.script()}'
              - init
              - plan
        """))
    pull = repo.open_pull_request({"net/main.tf": root()})
    server.wait_for_file(gate.running)

    pull.comment("atlantis cancel")

    pull.wait_for_status(AFTER, "succeeded")
    assert tidied.exists()


def test_a_hook_that_a_cancel_stops_has_failed(make_server, repo, rules, gate):
    server = make_server(repo_config=rules(f"""
        repos:
        - id: /.*/
          pre_workflow_hooks:
          - run: '{gate.script()}'
            description: checks
        """))
    pull = repo.open_pull_request({"net/main.tf": root()})
    server.wait_for_file(gate.running)

    pull.comment("atlantis cancel")

    pull.wait_for_comment(containing="Nothing was changed")
    pull.wait_for_status(BEFORE, "failed", containing="stopped before its end")


def test_an_apply_that_runs_is_interrupted_in_good_order(server, repo, gate):
    pull = repo.open_pull_request({"net/main.tf": slow_module(gate)})
    pull.wait_for_comment(containing="2 to add")
    pull.comment("atlantis apply")
    server.wait_for_file(gate.running)

    pull.comment("atlantis cancel")

    told = pull.wait_for_comment(containing="cancelled the command while this ran", timeout=120)
    assert "The state is not locked" in told.text
    assert "nterrupt" in told.text
    server.wait_until_idle()
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="Not applied")


def test_with_nothing_to_cancel_the_next_command_runs(server, repo):
    pull = repo.open_pull_request({"net/main.tf": root()})
    pull.wait_for_comment(containing="1 to add")
    server.wait_until_idle()

    pull.comment("atlantis cancel")
    pull.wait_for_comment(containing="Nothing to cancel")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="1 added")


def test_what_was_cancelled_is_not_begun_again_after_a_crash(make_server, repo, tmp_path, gate):
    server = make_server(repo_config=rules(tmp_path, gate), parallel_pool_size=1)
    pull = repo.open_pull_request({"net/main.tf": root()})
    server.wait_for_file(gate.running)
    os.kill(server.process.pid, signal.SIGSTOP)
    pull.comment("atlantis cancel")
    os.kill(server.process.pid, signal.SIGCONT)
    pull.wait_for_comment(containing="Asked to stop")
    server.kill()
    server.start()

    server.wait_until_idle()
    assert any("cancelled" in comment.text for comment in pull.comments(by="bot"))
    assert pull.status(PLAN).state == "failed"


def test_an_apply_that_was_cancelled_and_whose_server_died_tells_what_it_did(server, repo, gate):
    stubborn = root() + text(f"""
        resource "terraform_data" "slow" {{
          provisioner "local-exec" {{
            command = "trap '' INT; {gate.script()}"
          }}
        }}
        """)
    pull = repo.open_pull_request({"net/main.tf": stubborn})
    pull.wait_for_comment(containing="2 to add")
    pull.comment("atlantis apply")
    server.wait_for_file(gate.running)
    pull.comment("atlantis cancel")
    pull.wait_for_comment(containing="Asked to stop: `apply`")

    server.kill()
    gate.go_on.touch()
    server.wait_for(lambda: server.children() == [], "terraform has ended")
    server.start()

    told = pull.wait_for_comment(containing="### Apply interrupted").text
    assert "The state is" in told
    server.wait_until_idle()
    assert not any("Nothing was changed" in comment.text for comment in pull.comments(by="bot"))
