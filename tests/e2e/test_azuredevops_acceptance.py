# SPDX-License-Identifier: Apache-2.0
"""What a server for Azure DevOps must get right, case by case. A1 to A16 are known faults of Atlantis there, M1 to M10
what an implementer must not miss. Each has a test with its number here, or a line that names the tests that show it."""

import base64
import datetime
import json
import re
from pathlib import Path

import pytest

from cases import root

TESTS = Path(__file__).resolve().parents[1]
PLAN, APPLY = "Atlantis Bot/atlantis/plan", "Atlantis Bot/atlantis/apply"

# What other tests show: case -> file below tests/ and names in it.
ELSEWHERE = {
    "A1": ("e2e/test_plan_and_apply.py", ["test_I11_the_commenter_acts_not_the_author"]),
    "A3": ("e2e/test_labels.py", ["test_a_plan_that_is_asked_for_takes_approvals_back"]),
    "A4": ("e2e/test_labels.py", ["test_a_label_keeps_automatic_plans_away_and_leaves_no_status",
                                  "test_a_label_keeps_the_locks_until_it_is_gone"]),
    "A5": ("e2e/test_authorize.py", ["test_teams_also_through_others_give_the_commands_of_the_list"]),
    "A11": ("e2e/test_merging.py", ["test_the_method_is_the_comments_or_the_servers",
                                    "test_the_branch_decides_where_nobody_says_a_method"]),
    "A16": ("contract/test_host.c", ["every_call_is_in_the_published_description_where_that_is_at_hand"]),
    "M1": ("e2e/test_merging.py", ["test_a_completion_that_takes_long_is_asked_for_once",
                                   "test_a_lost_answer_completes_once"]),
    "M2": ("e2e/test_merging.py", ["test_what_the_apply_status_gates_is_completed_behind_it"]),
    "M8": ("unit/test_azuredevops_rest.c", ["a_call_names_version_and_credential_and_forbids_sign_in_pages",
                                            "a_refused_token_is_renewed_and_the_call_made_again"]),
}
CASES = [f"A{number}" for number in range(1, 17)] + [f"M{number}" for number in range(1, 11)]

FOLDED = "An earlier plan"


def settle(playground, server):
    """Until every event has arrived and all that follows from it is done and told."""
    playground.wait_for_deliveries()
    server.wait_until_idle()


def basic(server, password=None):
    pair = f"{server.webhook_user}:{password or server.webhook_password}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def seconds_between(first, second):
    """Of two times in the playground's journal."""
    return (datetime.datetime.fromisoformat(second.rstrip("Z")) - datetime.datetime.fromisoformat(first.rstrip("Z"))
            ).total_seconds()


def rules_that_require(rules, what):
    return rules(f"""
        repos:
        - id: /.*/
          apply_requirements: [{what}]
        """)


def test_every_case_has_its_test():
    own = set(re.findall(r"^def test_([AM]\d+)_", Path(__file__).read_text(), re.MULTILINE))
    assert sorted(own & set(ELSEWHERE)) == [] and sorted(own | set(ELSEWHERE)) == sorted(CASES)
    for case, (name, tests) in ELSEWHERE.items():
        content = (TESTS / name).read_text()
        for test in tests:
            assert re.search(rf"^(def |TEST\(){test}\(?", content, re.MULTILINE), f"{case}: {name} has no {test}"


def test_A2_a_fork_is_planned_from_its_own_commits_and_not_from_a_branch_of_that_name(make_server, repo):
    make_server(allow_fork_prs=True)
    repo.commit({"net/main.tf": root("of the base")}, branch="topic")
    pull = repo.open_pull_request({"net/main.tf": root("of the fork")}, fork=True, source="topic")
    assert "of the fork" in pull.wait_for_comment(containing="1 to add").text


def test_A2_a_fork_is_refused_where_forks_are_not_allowed(make_server, repo):
    make_server()
    pull = repo.open_pull_request({"net/main.tf": root()}, fork=True, source="topic")
    pull.wait_for_comment(containing="fork")
    assert pull.statuses() == {}


def test_A6_a_file_that_moved_counts_where_it_was_and_where_it_is(make_server, playground):
    repo = playground.create_repo("platform/infra", {
        "a/main.tf": root(), "a/more.tf": "# kept as it is\n" * 20, "b/main.tf": root(), "c/main.tf": root()})
    make_server()
    many = {f"docs/page{number}.md": "text\n" for number in range(120)}
    pull = repo.open_pull_request({"a/more.tf": None, "b/more.tf": "# kept as it is\n" * 20, **many})
    planned = pull.wait_for_comment(containing="in 2 projects").text
    assert "| `a` |" in planned and "| `b` |" in planned and "| `c` |" not in planned


def test_A7_what_blocks_is_named_and_our_own_status_by_its_configured_name_does_not(make_server, repo, rules):
    repo.add_policy("status", statusGenre="Atlantis Bot/terraform", statusName="apply")
    repo.add_policy("status", statusGenre="Atlantis Bot/atlantis", statusName="apply")
    repo.add_policy("status", statusGenre="lint", statusName="style", blocking=False)
    make_server(repo_config=rules_that_require(rules, "mergeable"), vcs_status_name="terraform")
    pull = repo.open_pull_request({"net/main.tf": root()})
    pull.wait_for_comment(containing="1 to add")
    pull.comment("atlantis apply")
    refused = pull.wait_for_comment(containing="`mergeable`").text
    assert refused.count("policy") == 1 and '"Status: apply"' in refused
    pull.rest("POST", f"/iterations/{pull.iteration}/statuses",
              {"state": "notApplicable", "context": {"genre": "Atlantis Bot/atlantis", "name": "apply"}})
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="1 added")


def test_A9_a_status_is_one_call_and_posted_when_it_changes(make_server, playground, repo):
    server = make_server()
    pull = repo.open_pull_request({f"p{number}/main.tf": root() for number in range(5)})
    pull.wait_for_comment(containing="5 to add")
    settle(playground, server)
    calls = [r for r in playground.requests("rest") if r["path"].endswith("/statuses")]
    assert {r["method"] for r in calls} == {"POST"}
    assert [(s.name, s.state) for s in pull.status_history()] == [
        (PLAN, "pending"), (PLAN, "succeeded"), (APPLY, "pending")] and len(calls) == 3


def thread_status(pull, comment):
    return next(t for t in pull.threads() if t["id"] == comment.thread).get("status")


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


def test_A10_I7_a_fold_whose_answer_is_lost_is_made_again(make_server, playground, repo):
    server = make_server(hide_prev_plan_comments=True)
    pull = repo.open_pull_request({"a/main.tf": root("one")})
    pull.wait_for_comment(containing="1 to add")
    playground.fault(match="PATCH", count=1, drop_after=True, containing="/comments/")
    pull.push({"a/main.tf": root("two")})
    pull.wait_for_comments(2, containing="1 to add")
    settle(playground, server)
    assert [comment.text.count(FOLDED) for comment in pull.comments(by="bot")] == [1, 0]
    assert [f["left"] for f in playground.faults()] == [0]


def test_A10_a_comment_that_somebody_deleted_is_not_missed(make_server, playground, repo):
    server = make_server(hide_prev_plan_comments=True)
    pull = repo.open_pull_request({"a/main.tf": root("one")})
    pull.delete_comment(pull.wait_for_comment(containing="1 to add"))
    pull.push({"a/main.tf": root("two")})
    pull.wait_for_comment(containing="1 to add")
    settle(playground, server)
    assert "fold-command-" in server.log() and "is given up" in server.log()
    assert [r["status"] for r in playground.forget_unexpected()] == [403]


def test_A10_a_comment_is_liked_while_its_command_runs(make_server, playground, repo, rules, tmp_path):
    running, go_on = tmp_path / "running", tmp_path / "go-on"
    server = make_server(emoji_reaction="rocket", disable_autoplan=True, repo_config=rules(f"""
        repos:
        - id: /.*/
          workflow: slow
        workflows:
          slow:
            plan:
              steps:
              - run: 'touch {running}; while [ ! -e {go_on} ]; do sleep 0.05; done'
              - init
              - plan
        """))
    pull = repo.open_pull_request({"net/main.tf": root()})
    playground.fault(match="POST", count=1, drop_after=True, containing="/likes")
    plan = pull.comment("atlantis plan")
    typing_error = pull.comment("atlantis plann")
    remark = pull.comment("looks good")
    server.wait_for(lambda: pull.likes(plan) == ["bot"], "like")
    server.wait_for(lambda: thread_status(pull, plan) == "closed", "closed thread")
    server.wait_for_file(running)
    assert pull.comments(by="bot") == []

    go_on.touch()
    pull.wait_for_comment(containing="1 to add")
    settle(playground, server)
    assert [pull.likes(comment) for comment in (plan, typing_error, remark)] == [["bot"], [], []]
    assert [thread_status(pull, comment) for comment in (typing_error, remark)] == ["active", "active"]
    assert [f["left"] for f in playground.faults()] == [0]


def test_A10_an_apply_is_not_kept_away_by_the_thread_it_was_typed_in(make_server, playground, repo, rules):
    repo.add_policy("comments")
    make_server(repo_config=rules_that_require(rules, "mergeable"), automerge=True)
    pull = repo.open_pull_request({"net/main.tf": root()})
    pull.wait_for_comment(containing="1 to add")
    with playground.hooks_held():
        typed = pull.comment("atlantis apply")
        assert thread_status(pull, typed) == "active"
        pull.keep_evaluations(looks=2)

    pull.wait_for_comment(containing="1 added")
    pull.wait_until_completed()
    assert thread_status(pull, typed) == "closed"


def test_A10_a_thread_that_may_not_be_closed_is_the_reason_and_no_failure(make_server, playground, repo, rules):
    repo.add_policy("comments")
    server = make_server(repo_config=rules_that_require(rules, "mergeable"))
    pull = repo.open_pull_request({"net/main.tf": root()})
    pull.wait_for_comment(containing="1 to add")
    playground.fault(match="PATCH", status=403, count=2, containing="/threads/")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing='policy "Comment requirements" is rejected')
    settle(playground, server)
    assert [f["left"] for f in playground.faults()] == [0]
    assert "the thread of the command stays open" in server.log()


def test_A10_a_thread_of_people_stays_open_and_is_the_reason(make_server, playground, repo, rules):
    repo.add_policy("comments")
    server = make_server(repo_config=rules_that_require(rules, "mergeable"))
    pull = repo.open_pull_request({"net/main.tf": root()})
    pull.wait_for_comment(containing="1 to add")
    with playground.hooks_held():
        typed = pull.comment("atlantis apply")
        pull.comment("wait, is that right?", user="other", thread=typed.thread)
    pull.wait_for_comment(containing='policy "Comment requirements" is rejected')

    with playground.hooks_held():
        kept = pull.comment("atlantis plan")
        pull.set_thread_status(kept.thread, "pending")
        answer = pull.comment("atlantis version", thread=typed.thread)
    settle(playground, server)
    assert [thread_status(pull, c) for c in (typed, kept, answer)] == ["active", "pending", "active"]


def test_A7_a_merge_check_of_before_does_not_hide_a_conflict(make_server, repo, rules):
    repo.commit({"net/main.tf": root("one"), "docs/a.md": "one\n"})
    make_server(repo_config=rules_that_require(rules, "mergeable"))
    pull = repo.open_pull_request({"net/main.tf": root("two")})
    pull.wait_for_comment(containing="1 to add")
    pull.wait_for_merge()
    pull.keep_merge_check()
    repo.commit({"net/main.tf": root("three")})
    assert pull.raw()["mergeStatus"] == "succeeded"
    pull.comment("atlantis apply")
    refused = pull.wait_for_comment(containing="`mergeable`").text
    assert "it has merge conflicts with `main` as that is by now: `net/main.tf`" in refused

    repo.commit({"net/main.tf": root("one"), "docs/a.md": "two\n"})
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="1 added")


def test_A8_votes_count_for_what_they_were_given_for(make_server, repo, rules):
    make_server(repo_config=rules_that_require(rules, "approved"))
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
    make_server(repo_config=rules_that_require(rules, "approved"))
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


def test_A8_as_many_have_to_approve_as_the_branch_asks_for(make_server, repo, rules):
    repo.add_policy("reviewers", minimumApproverCount=2)
    make_server(repo_config=rules_that_require(rules, "approved"))
    pull = repo.open_pull_request({"a/main.tf": root("one")})
    pull.wait_for_comment(containing="1 to add")
    pull.approve("reviewer")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing='`approved`: policy "Minimum number of reviewers" is queued')
    pull.approve("other")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="1 added")


def test_A12_words_in_a_title_do_not_keep_a_push_from_being_planned(make_server, playground, repo):
    server = make_server()
    pull = repo.open_pull_request({"net/main.tf": root("one")}, title="approved pull request, voted on, completed")
    pull.wait_for_comment(containing="1 to add")
    pull.push({"net/main.tf": root("two")})
    pull.wait_for_comments(2, containing="1 to add")
    pull.vote(5)
    pull.set_title("updated the source branch of")
    settle(playground, server)
    assert len(pull.comments(by="bot")) == 2


def test_A13_the_service_may_ask_to_slow_down(make_server, playground, repo):
    make_server()
    playground.fault(match="GET", count=1, let_through=True, retry_after=2)
    playground.fault(match="POST", count=1, status=429, retry_after=2, containing="/threads")
    pull = repo.open_pull_request({"net/main.tf": root()})
    pull.wait_for_comment(containing="1 to add")
    assert [f["left"] for f in playground.faults()] == [0, 0]
    times = [r["time"] for r in playground.requests("rest")]
    assert seconds_between(times[0], times[1]) >= 2
    posts = [r for r in playground.requests("rest", "POST") if r["path"].endswith("/threads")]
    assert [r["status"] for r in posts] == [429, 200]
    assert seconds_between(posts[0]["time"], posts[1]["time"]) >= 2


def test_A13_a_draft_waits_and_an_abandoned_pull_request_gives_up_its_locks(make_server, playground, repo):
    server = make_server()
    pull = repo.open_pull_request({"net/main.tf": root()}, draft=True)
    settle(playground, server)
    assert pull.comments(by="bot") == []
    pull.publish()
    pull.wait_for_comment(containing="1 to add")
    settle(playground, server)
    pull.abandon()
    pull.wait_for_comment(containing="1 lock released")


def test_A13_a_draft_that_is_published_while_it_is_looked_at_is_planned(make_server, playground, repo):
    server = make_server()
    playground.fault(match="GET", hold=True, containing="/iterations")
    pull = repo.open_pull_request({"net/main.tf": root()}, draft=True)
    server.wait_for(lambda: [f["hits"] for f in playground.faults()] == [1], "read draft, and no more of it")
    pull.publish()
    playground.wait_for_deliveries()
    playground.clear_faults()
    pull.wait_for_comment(containing="1 to add")
    settle(playground, server)
    assert len(pull.comments(by="bot")) == 1


@pytest.mark.parametrize("settings", [{"azuredevops_webhook_user": None}, {"azuredevops_webhook_password": None},
                                      {"azuredevops_webhook_user": "", "azuredevops_webhook_password": ""}])
def test_A14_half_a_credential_of_webhooks_stops_the_start(make_server, settings):
    server = make_server(start=False, **settings)
    server.start(wait=False)
    assert server.wait_for_death() != 0
    server.allow_error("webhook")
    assert "--azuredevops-webhook-" in server.log()


def test_A15_what_changes_nothing_is_not_checked_out(make_server, playground, repo):
    server = make_server(skip_clone_no_changes=True)
    pull = repo.open_pull_request({"docs/page.md": "text\n"})
    pull.wait_for_status(PLAN, "succeeded", containing="0/0")
    settle(playground, server)
    assert list(server.data_dir.glob("pulls/*/checkout")) == []
    assert [r for r in playground.requests("rest") if "/items" in r["path"]] == []


def test_M3_mergeability_is_asked_by_the_ids_of_project_and_pull_request(make_server, playground, repo, rules):
    make_server(repo_config=rules_that_require(rules, "mergeable"))
    pull = repo.open_pull_request({"net/main.tf": root()})
    pull.wait_for_comment(containing="1 to add")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="1 added")
    asked = playground.requests("rest", containing="/policy/evaluations")
    assert asked
    for request in asked:
        assert f"CodeReviewId%2F{repo.project_id}%2F{pull.number}" in request["query"]
        assert "api-version=7.1-preview.1" in request["query"]
        assert f"/{repo.project_id}/" in request["path"]


KINDS = ["PushNotification", "ReviewersUpdateNotification", "StatusUpdateNotification", "ReviewerVoteNotification"]


def test_M4_a_subscription_for_each_kind_of_update_plans_pushes_alone(make_server, playground, repo):
    server = make_server()
    for kind in KINDS:
        playground.rest("POST", "_apis/hooks/subscriptions", {
            "publisherId": "tfs", "eventType": "git.pullrequest.updated", "resourceVersion": "1.0",
            "consumerId": "webHooks", "consumerActionId": "httpRequest",
            "publisherInputs": {"projectId": repo.project_id, "repository": repo.id, "notificationType": kind},
            "consumerInputs": {"url": f"http://127.0.0.1:{server.port}/events",
                               "basicAuthUsername": server.webhook_user,
                               "basicAuthPassword": server.webhook_password}})
    pull = repo.open_pull_request({"net/main.tf": root("one")})
    pull.wait_for_comment(containing="1 to add")
    pull.vote(10)
    pull.add_reviewer("other")
    pull.set_draft(True)
    pull.publish()
    settle(playground, server)
    assert len(pull.comments(by="bot")) == 1
    pull.push({"net/main.tf": root("two")})
    settle(playground, server)
    assert len(pull.comments(by="bot")) == 2, "two deliveries of one push are one plan"


def test_M4_a_merge_that_was_only_tried_closes_nothing(make_server, playground, repo):
    server = make_server()
    pull = repo.open_pull_request({"net/main.tf": root()})
    pull.wait_for_comment(containing="1 to add")
    event = json.loads(playground.delivery_body("git.pullrequest.created", pull))
    event.update(id="5f3c2d9e-0000-4000-8000-000000000001", eventType="git.pullrequest.merged")
    event["resource"]["mergeStatus"] = "conflicts"
    assert server.post_event(json.dumps(event))[0] == 200
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="1 added")


def test_M5_comments_of_the_credentials_owner_are_commands_and_our_own_are_not(make_server, playground, repo):
    server = make_server()
    pull = repo.open_pull_request({"net/main.tf": root()})
    pull.wait_for_comment(containing="1 to add")
    pull.comment("atlantis plan", user="bot")
    pull.wait_for_comments(2, containing="1 to add")
    settle(playground, server)
    assert len(pull.comments(by="bot")) == 3, "two plans, and the command between them"


def test_M5_deleted_comments_and_those_of_an_older_version_are_taken_and_left(make_server, playground, repo):
    server = make_server()
    pull = repo.open_pull_request({"net/main.tf": root()})
    pull.wait_for_comment(containing="1 to add")
    pull.delete_comment(pull.comment("atlantis plan", user="reviewer"))
    settle(playground, server)
    answers = len(pull.comments(by="bot"))
    event = json.loads(playground.delivery_body("ms.vss-code.git-pullrequest-comment-event", pull))
    deleted = json.loads(json.dumps(event))
    deleted["id"] = "5f3c2d9e-0000-4000-8000-000000000002"
    deleted["resource"]["comment"].pop("content")
    deleted["resource"]["comment"]["isDeleted"] = True
    old = json.loads(json.dumps(event))
    old.update(id="5f3c2d9e-0000-4000-8000-000000000003", resourceVersion="1.0", resource=event["resource"]["comment"])
    for body in (deleted, old):
        assert server.post_event(json.dumps(body))[0] == 200
    settle(playground, server)
    assert len(pull.comments(by="bot")) == answers


@pytest.mark.parametrize("method, path", [("POST", "/events"), ("GET", "/events"), ("POST", "/nowhere"), ("PUT", "/events")])
@pytest.mark.parametrize("body", ["", "{", "[]", "{}", '{"eventType": "git.nothing"}', '{"eventType": 7}',
                                  '{"eventType": "git.pullrequest.created", "id": "x", "resource": {}}'])
def test_M6_no_answer_is_410_and_a_wrong_secret_is_401(server, method, path, body):
    headers = {"Content-Type": "application/json", "Authorization": basic(server)}
    assert server.request(method, path, body, headers)[0] in (200, 400, 404, 405)
    headers["Authorization"] = basic(server, "wrong")
    assert server.request(method, path, body, headers)[0] in (401, 404, 405)


@pytest.mark.parametrize("status", [203, 302, 401, 503])
def test_M7_a_credential_that_is_refused_for_a_while_loses_nothing(make_server, playground, repo, status):
    server = make_server()
    playground.fault(match="rest", count=2, status=status)
    pull = repo.open_pull_request({"net/main.tf": root()})
    pull.wait_for_comment(containing="1 to add")
    assert ("TF24668" if status == 503 else "credential was refused") in server.log()


def test_M9_what_the_server_says_stands_in_no_policys_way(make_server, playground, repo):
    repo.add_policy("comments")
    server = make_server()
    pull = repo.open_pull_request({"net/main.tf": root()})
    pull.wait_for_comment(containing="1 to add")
    settle(playground, server)
    assert {c.thread_status for c in pull.comments(by="bot")} == {"closed"}
    assert set(pull.evaluations().values()) == {"approved"}


def test_M9_a_failure_that_is_over_stands_in_no_policys_way(make_server, playground, repo):
    repo.add_policy("comments")
    server = make_server()
    pull = repo.open_pull_request({"a/main.tf": "resource {\n", "b/main.tf": root()})
    failed = pull.wait_for_comment(containing="Error")
    settle(playground, server)
    assert failed.thread_status == "active" and set(pull.evaluations().values()) == {"rejected"}
    pull.comment("atlantis plan -d a", thread=failed.thread)
    again = pull.wait_for_comments(2, containing="Error")[-1]
    pull.comment("what is wrong here?", user="reviewer", thread=again.thread)
    pull.push({"a/main.tf": root()})
    pull.wait_for_comment(containing="2 to add")
    settle(playground, server)
    assert [c.thread_status for c in pull.comments(by="bot")] == ["closed", "active", "closed"], "people talk in one"


def test_M9_what_was_refused_does_not_stand_against_what_is_asked_for_next(make_server, playground, repo, rules):
    repo.add_policy("comments")
    repo.add_policy("status", statusGenre="ci", statusName="lint")
    server = make_server(repo_config=rules_that_require(rules, "mergeable"))
    pull = repo.open_pull_request({"a/main.tf": root()})
    pull.wait_for_comment(containing="1 to add")
    pull.comment("atlantis aply")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="`mergeable`")
    settle(playground, server)
    playground.rest("POST", f"{pull.api}/iterations/1/statuses", {
        "state": "succeeded", "description": "clean", "context": {"genre": "ci", "name": "lint"}})
    for thread in pull.threads():  # of the command with the mistake, which is a person's
        if "aply" in thread["comments"][0]["content"] and thread.get("status") == "active":
            pull.set_thread_status(thread["id"], "fixed")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="1 added")


def test_M9_a_comment_that_is_too_long_for_the_service_comes_in_parts(make_server, playground, repo):
    server = make_server()
    pull = repo.open_pull_request({"net/main.tf": root("x" * 200000)})
    pull.wait_for_comment(containing="1 to add")
    settle(playground, server)
    parts = pull.comments(by="bot")
    assert len(parts) > 1 and len({part.thread for part in parts}) == 1
    assert max(len(part.text) for part in parts) <= 150000


def test_M10_who_somebody_is_tells_the_id_and_no_name(make_server, playground, repo):
    playground.add_team("platform", "Operators", ["reviewer"])
    server = make_server(gh_team_allowlist="*:plan,operators:apply")
    pull = repo.open_pull_request({"net/main.tf": root()})
    pull.wait_for_comment(containing="1 to add")
    pull.comment("atlantis help", user="author")
    settle(playground, server)
    event = json.loads(playground.delivery_body("ms.vss-code.git-pullrequest-comment-event", pull))
    comment = event["resource"]["comment"]
    comment.update(id=comment["id"], content="atlantis apply")

    def say(number, who, named_like):
        event["id"] = f"5f3c2d9e-0000-4000-8000-00000000001{number}"
        comment["author"]["id"] = playground.id_of(who)
        comment["author"]["displayName"] = playground.name_of(named_like)
        for link in ("threads", "self"):
            comment["_links"][link]["href"] = re.sub(r"/threads/\d+", f"/threads/90{number}", comment["_links"][link]["href"])
        assert server.post_event(json.dumps(event))[0] == 200
        settle(playground, server)

    say(1, "author", named_like="reviewer")
    pull.wait_for_comment(containing="Apply refused")
    say(2, "reviewer", named_like="author")
    pull.wait_for_comment(containing="1 added")
    settle(playground, server)
    assert {request["status"] for request in playground.forget_unexpected()} == {404}, "nobody has opened these threads"


def test_the_collection_may_be_in_the_servers_address_or_in_what_events_say(make_server, playground, repo):
    make_server(base_url=playground.root, automerge=True)
    pull = repo.open_pull_request({"net/main.tf": root()})
    pull.wait_for_comment(containing="1 to add")
    pull.comment("atlantis apply")
    pull.wait_until_completed()
