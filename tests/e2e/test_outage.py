# SPDX-License-Identifier: Apache-2.0
"""The host answers badly or not at all for a while: nothing is lost, nothing is posted twice (I7)."""

import pytest

PLAN = "Atlantis Bot/atlantis/plan"


def one_comment(pull, text):
    comments = [comment for comment in pull.comments(by="bot") if text in comment.text]
    assert len(comments) == 1, [comment.text[:80] for comment in comments]


@pytest.mark.parametrize("fault", [
    {"status": 500}, {"status": 503}, {"status": 429, "retry_after": 1}, {"status": 203},
    {"status": 401}, {"hang_ms": 3000}, {"drop": True},
], ids=lambda fault: "-".join(f"{key}-{value}" for key, value in fault.items()))
def test_I7_rest_fails_for_a_while(make_server, playground, repo, module, fault):
    server = make_server(azuredevops_timeout="2s")
    playground.fault(match="rest", count=2, **fault)
    net = module("net")
    pull = repo.open_pull_request({"net/main.tf": net.text()})
    pull.wait_for_status(PLAN, "succeeded", containing="1/1")
    server.wait_until_idle()
    one_comment(pull, "1 to add")

    playground.fault(match="rest", count=2, **fault)
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="1 added")
    server.wait_until_idle()
    one_comment(pull, "1 added")
    assert net.applied() == ["one"]


def test_I7_answers_that_are_lost_after_the_effect_are_found_again(make_server, playground, repo, module):
    server = make_server(azuredevops_timeout="2s")
    pull = repo.open_pull_request({"docs/page.md": "text\n"})
    pull.wait_for_status(PLAN, "succeeded", containing="0/0")
    playground.fault(match="POST", count=3, drop_after=True)
    pull.push({"net/main.tf": module("net").text()})
    pull.wait_for_status(PLAN, "succeeded", containing="1/1")
    server.wait_until_idle()
    one_comment(pull, "1 to add")
    statuses = [(status.name, status.state, status.description) for status in pull.status_history()]
    assert len(statuses) == len(set(statuses)), statuses


def test_git_fails_for_a_while(server, playground, repo, module):
    playground.fault(match="git", count=2, status=503)
    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    pull.wait_for_comment(containing="1 to add")


def test_I1_events_that_come_while_the_host_is_down_wait(make_server, playground, repo, module):
    server = make_server(azuredevops_timeout="2s")
    playground.fault(match="rest", count=100000, status=503)
    pulls = [repo.open_pull_request({f"p{number}/main.tf": module(f"p{number}").text()})
             for number in range(3)]
    playground.wait_for_deliveries()
    server.kill()
    playground.clear_faults()
    server.start()
    for pull in pulls:
        pull.wait_for_comment(containing="1 to add")
    server.wait_until_idle()
    for pull in pulls:
        one_comment(pull, "1 to add")


def test_a_server_that_was_away_gets_its_events(make_server, playground, repo, module):
    server = make_server()
    server.stop()
    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    server.start()
    pull.wait_for_comment(containing="1 to add")
