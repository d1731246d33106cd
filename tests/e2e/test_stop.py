# SPDX-License-Identifier: Apache-2.0
"""I9: SIGTERM. What runs may end; what cannot is interrupted, told, and never repeated."""

PLAN = "Atlantis Bot/atlantis/plan"
APPLY = "Atlantis Bot/atlantis/apply"


def slow(module, gate, value="one"):
    """Its apply tells that it runs by making `gate`.began and goes on once `gate` is there."""
    return module("slow", extra=f"""
resource "terraform_data" "waits" {{
  input = {value!r}
  provisioner "local-exec" {{
    command = "touch {gate}.began; until [ -e {gate} ]; do read -t 0.05 x <> <(:) || true; done"
    interpreter = ["/bin/bash", "-c"]
  }}
}}
""".replace("'", '"'))


def test_I9_an_apply_that_runs_may_end(make_server, repo, module, tmp_path):
    server = make_server(shutdown_grace="60s")
    gate = tmp_path / "gate"
    pull = repo.open_pull_request({"slow/main.tf": slow(module, gate).text()})
    pull.wait_for_comment(containing="2 to add")
    pull.comment("atlantis apply")
    server.wait_for_file(f"{gate}.began")

    server.terminate()
    server.wait_for_log("shutting down")
    assert server.status()["shutting_down"] is True
    gate.touch()
    assert server.wait_for_death() == 0
    pull.wait_for_comment(containing="2 added")
    pull.wait_for_status(APPLY, "succeeded")


def test_I9_an_apply_over_the_grace_is_interrupted_and_told(make_server, repo, module, tmp_path):
    server = make_server(shutdown_grace="1s")
    gate = tmp_path / "gate"
    pull = repo.open_pull_request({"slow/main.tf": slow(module, gate).text()})
    pull.wait_for_comment(containing="2 to add")
    pull.comment("atlantis apply")
    server.wait_for_file(f"{gate}.began")

    server.terminate()
    assert server.wait_for_death(120) == 0
    server.start()
    pull.wait_for_comment(containing="nterrupted")
    pull.wait_for_status(APPLY, "failed")
    server.wait_until_idle()
    assert len(pull.wait_for_comments(1, containing="nterrupted")) == 1


def test_I9_commands_that_wait_are_run_by_the_next_process(make_server, repo, module, tmp_path):
    server = make_server(shutdown_grace="60s", parallel_pool_size=1)
    gate = tmp_path / "gate"
    pull = repo.open_pull_request({"slow/main.tf": slow(module, gate).text()})
    pull.wait_for_comment(containing="2 to add")
    pull.comment("atlantis apply")
    server.wait_for_file(f"{gate}.began")

    other = repo.open_pull_request({"net/main.tf": module("net").text()})
    server.wait_for(lambda: server.status()["queued_operations"] == 1, "the plan is queued")
    server.terminate()
    gate.touch()
    assert server.wait_for_death() == 0
    assert other.comments(by="bot") == []
    server.start()
    other.wait_for_comment(containing="1 to add")
