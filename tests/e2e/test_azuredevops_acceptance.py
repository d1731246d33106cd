# SPDX-License-Identifier: Apache-2.0
"""What a server for Azure DevOps must get right, case by case. A1 to A16 are known faults of Atlantis there, M1 to M10
what an implementer must not miss. Each has a test with its number here, or a line that names the tests that show it."""

from cases import root

FOLDED = "An earlier plan"


def settle(playground, server):
    """Until every event has arrived and all that follows from it is done and told."""
    playground.wait_for_deliveries()
    server.wait_until_idle()


def test_A10_earlier_plans_are_folded_away(make_server, playground, repo):
    server = make_server(hide_prev_plan_comments=True)
    pull = repo.open_pull_request({"a/main.tf": root("one"), "b/main.tf": "resource {\n"})
    pull.wait_for_comment(containing="Error")
    pull.push({"b/main.tf": root("one")})
    pull.wait_for_comment(containing="2 to add")
    pull.comment("atlantis plan -d a")
    pull.wait_for_comment(containing="1 to add")
    settle(playground, server)
    failed, both, one = pull.comments(by="bot")
    assert failed.text.startswith("<details><summary>" + FOLDED) and failed.thread_status == "closed"
    assert "Error" in failed.text
    assert FOLDED not in both.text, "the plan of b in it can still be applied"
    assert FOLDED not in one.text

    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="2 projects")
    pull.push({"a/main.tf": root("two"), "b/main.tf": root("two")})
    pull.wait_for_comments(4, containing="to add")
    settle(playground, server)
    assert [FOLDED in comment.text for comment in pull.comments(by="bot")] == [True, True, True, False, False]


def test_A10_a_comment_that_somebody_deleted_is_not_missed(make_server, playground, repo):
    server = make_server(hide_prev_plan_comments=True)
    pull = repo.open_pull_request({"a/main.tf": root("one")})
    pull.delete_comment(pull.wait_for_comment(containing="1 to add"))
    pull.push({"a/main.tf": root("two")})
    pull.wait_for_comment(containing="1 to add")
    settle(playground, server)
    assert "fold-command-" in server.log() and "is given up" in server.log()
    assert [r["status"] for r in playground.forget_unexpected()] == [403]


def test_A8_votes_count_for_what_they_were_given_for(make_server, repo, rules):
    make_server(repo_config=rules("""
        repos:
        - id: /.*/
          apply_requirements: [approved]
        """))
    pull = repo.open_pull_request({"a/main.tf": root("one")})
    pull.wait_for_comment(containing="1 to add")
    pull.approve("reviewer")
    pull.push({"a/main.tf": root("two")})
    pull.wait_for_comments(2, containing="1 to add")

    pull.comment("atlantis apply")
    refused = pull.wait_for_comment(containing="`approved`").text
    assert "Reviewer (only what was there before)" in refused
    pull.vote(-5, user="other")
    pull.approve("reviewer")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="waits for its author: Other Person")
    pull.vote(0, user="other")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="1 added")


def test_A8_who_pushed_last_does_not_approve_it(make_server, repo, rules):
    make_server(repo_config=rules("""
        repos:
        - id: /.*/
          apply_requirements: [approved]
        """))
    pull = repo.open_pull_request({"a/main.tf": root("one")})
    pull.wait_for_comment(containing="1 to add")
    pull.push({"a/main.tf": root("two")}, user="reviewer")
    pull.approve("reviewer")
    pull.wait_for_comments(2, containing="1 to add")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="Reviewer (who pushed it)")
    pull.approve("other")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="1 added")
