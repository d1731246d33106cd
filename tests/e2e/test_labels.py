# SPDX-License-Identifier: Apache-2.0
"""Labels that keep the server from something, approvals that a new plan takes back, and results that are too long."""

PLAN = "Atlantis Bot/atlantis/plan"


def votes(pull):
    return [reviewer["vote"] for reviewer in pull.raw()["reviewers"]]


def test_a_label_keeps_automatic_plans_away_and_leaves_no_status(playground, make_server, repo, module):
    server = make_server(disable_autoplan_label="no-plan")
    with playground.hooks_held():
        pull = repo.open_pull_request({"app/main.tf": module("app").text()})
        pull.add_label("No-Plan")
    server.wait_for_log("a label asks for no automatic plan")
    server.wait_until_idle()
    assert pull.comments(by="bot") == [] and pull.statuses() == {}

    pull.comment("atlantis plan")
    pull.wait_for_comment(containing="1 to add")

    pull.remove_label("no-plan")
    pull.push({"app/other.tf": "# nothing\n"})
    pull.wait_for_comments(2, containing="1 to add")
    pull.wait_for_status(PLAN, "succeeded")


def test_a_label_keeps_the_locks_until_it_is_gone(make_server, repo, module):
    make_server(disable_unlock_label="keep")
    pull = repo.open_pull_request({"app/main.tf": module("app").text()})
    pull.wait_for_comment(containing="1 to add")
    pull.add_label("keep")

    pull.comment("atlantis unlock")
    pull.wait_for_comment(containing="A label of this pull request keeps its locks")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="1 added")

    pull.remove_label("keep")
    pull.comment("atlantis unlock")
    pull.wait_for_comment(containing="given up")


def test_a_plan_that_is_asked_for_takes_approvals_back(make_server, repo, module):
    make_server(discard_approval_on_plan="true")
    pull = repo.open_pull_request({"app/main.tf": module("app").text()})
    pull.wait_for_comment(containing="1 to add")
    pull.approve()
    pull.push({"app/other.tf": "# nothing\n"})
    pull.wait_for_comments(2, containing="1 to add")
    assert votes(pull) == [10]

    pull.comment("atlantis plan")
    pull.wait_for_comments(3, containing="1 to add")

    assert votes(pull) == [0]
