# SPDX-License-Identifier: Apache-2.0
"""The playground's reviewers, groups and completions: what decides whether a pull request may be merged."""
import urllib.parse

import pytest

from playground import PlaygroundError, wait_until
from receiver import Receiver
from test_playground_rest import refused

REVIEWERS = "Required reviewers"


@pytest.fixture
def repo(playground):
    return playground.create_repo("My Project/infra", {"a": "1\n", "b": "1\n"})


@pytest.fixture
def pull(repo):
    return repo.open_pull_request({"a": "2\n"}, title="Two")


def identities(playground, **query):
    return playground.rest("GET", f"_apis/identities?{urllib.parse.urlencode(query)}").json()["value"]


# --- groups ---


def test_an_identity_tells_its_groups_when_asked(playground, repo):
    inner = playground.add_team("My Project", "Net é", ["author"])
    outer = playground.add_team("My Project", "Platform", [inner, "reviewer"])
    me = playground.id_of("author")

    def groups(membership):
        (found,) = identities(playground, identityIds=me, queryMembership=membership)
        names = [identities(playground, descriptors=d)[0]["providerDisplayName"] for d in found["memberOf"]]
        return found["id"], names

    assert groups("None") == (me, [])
    assert groups("Direct") == (me, ["[My Project]\\Net é"])
    assert groups("Expanded") == (me, ["[My Project]\\Net é", "[My Project]\\Platform"])
    assert identities(playground, identityIds=outer)[0]["isContainer"] is True


def test_identities_that_are_not_there_are_null_in_their_place(playground, repo):
    me, nobody = playground.id_of("author"), "00000000-1111-4000-8000-000000000000"

    found = identities(playground, identityIds=f"{nobody},{me}")

    assert (found[0], found[1]["id"]) == (None, me)
    assert identities(playground, descriptors="x") == [None]


def test_a_membership_that_is_none_is_refused(playground, repo):
    reply = playground.rest("GET", "_apis/identities?identityIds=x&queryMembership=Some", check=False)

    refused(playground, reply, 400, "InvalidArgumentValueException")


def test_a_parameter_that_is_not_published_is_noticed(playground, repo):
    playground.rest("GET", "_apis/identities?identityIds=x&expandMembership=Expanded", check=False)

    (noticed,) = playground.unexpected()
    assert "expandMembership" in noticed["unexpected"]
    playground.forget_unexpected()


def test_a_group_has_the_votes_of_its_members(playground, pull):
    team = playground.add_team("My Project", "Platform", ["reviewer", "other"])
    pull.add_reviewer(team, required=True)
    pull.vote(10, user="reviewer")

    group, person = pull.raw()["reviewers"]

    assert (group["id"], group["isContainer"], group["isRequired"], group["vote"]) == (team, True, True, 10)
    assert "votedFor" not in group and "isContainer" not in person
    assert [g["id"] for g in person["votedFor"]] == [team]
    pull.vote(-5, user="other")
    assert pull.votes()["[My Project]\\Platform"] == -5
    pull.vote(0, user="other")
    pull.vote(0, user="reviewer")
    assert all("votedFor" not in r for r in pull.raw()["reviewers"])


# --- votes that are taken back ---


def test_several_votes_are_reset_at_once_and_only_reset(playground, pull):
    team = playground.add_team("My Project", "Platform", ["reviewer"])
    pull.add_reviewer(team)
    pull.vote(10, user="reviewer")
    pull.vote(-10, user="other")
    first, second = playground.id_of("reviewer"), playground.id_of("other")

    reply = pull.rest("PATCH", "/reviewers", [{"id": first, "vote": 0}])

    assert (reply.status, reply.body) == (200, b"")
    assert pull.votes() == {"[My Project]\\Platform": 0, "Reviewer": 0, "Other Person": -10}
    for body, key in (([{"id": second, "vote": 10}], "InvalidArgumentValueException"),
                      ([{"id": playground.id_of("bot"), "vote": 0}], "IdentityNotFoundException"),
                      ([{"id": team, "vote": 0}], "InvalidArgumentValueException"),
                      ([], "InvalidArgumentValueException")):
        reply = pull.rest("PATCH", "/reviewers", body, check=False)
        refused(playground, reply, 404 if key.startswith("Identity") else 400, key)
    assert pull.votes()["Other Person"] == -10


# --- policies ---


def test_required_reviewers_are_reviewers_and_each_has_to_approve(playground, repo, pull):
    team = playground.add_team("My Project", "Platform", ["reviewer", "author"])

    repo.add_policy("required-reviewers", reviewers=[team, "other"])

    assert [(r["id"], r["isRequired"]) for r in pull.raw()["reviewers"]] == [(team, True), (playground.id_of("other"), True)]
    later = repo.open_pull_request({"b": "2\n"})
    assert [r["id"] for r in later.raw()["reviewers"]] == [team, playground.id_of("other")]
    pull.vote(10, user="other")
    pull.vote(10, user="author")
    assert pull.evaluations() == {REVIEWERS: "queued"}
    pull.vote(10, user="reviewer")
    assert pull.evaluations() == {REVIEWERS: "approved"}
    pull.complete()


def test_fewer_of_the_required_may_do(playground, repo, pull):
    repo.add_policy("required-reviewers", reviewers=["reviewer", "other"], minimumApproverCount=1)

    pull.vote(5, user="other")

    assert pull.evaluations() == {REVIEWERS: "approved"}


@pytest.mark.parametrize("settings", [{"reviewers": []}, {"reviewers": ["nobody"]},
                                      {"reviewers": ["other"], "filenamePatterns": ["/net/*"]}])
def test_a_required_reviewers_policy_that_means_nothing_is_refused(playground, repo, settings):
    with pytest.raises(PlaygroundError, match="40[04]"):
        repo.add_policy("required-reviewers", **settings)
    playground.forget_unexpected()


def test_evaluations_come_in_pages(playground, repo, pull):
    for name in "abc":
        repo.add_policy("status", statusGenre="x", statusName=name)
    artifact = urllib.parse.quote(f"vstfs:///CodeReview/CodeReviewId/{repo.project_id}/{pull.number}", safe="")

    def page(top, skip):
        path = f"{repo.project_id}/_apis/policy/evaluations?artifactId={artifact}&$top={top}&$skip={skip}"
        found = playground.rest("GET", path, version="7.1-preview.1").json()["value"]
        return [e["configuration"]["settings"]["statusName"] for e in found]

    assert (page(2, 0), page(2, 2), page(2, 4)) == (["a", "b"], ["c"], [])


# --- completing ---


def complete(pull, **options):
    body = {"status": "completed", "lastMergeSourceCommit": {"commitId": pull.head}, "completionOptions": options}
    return pull.rest("PATCH", "", body).json()


def test_a_slow_completion_is_active_until_it_was_looked_at_often_enough(playground, repo, pull):
    pull.wait_for_merge()
    pull.complete_slowly(looks=3)
    assert complete(pull)["status"] == "active"
    repo.open_pull_request({"b": "2\n"}).complete()  # all that was due is done then

    assert pull.state == "active"

    seen = [pull.rest("GET").json() for _ in range(3)]
    assert {(p["status"], p["mergeStatus"]) for p in seen} == {("active", "queued")}
    assert all(p["completionQueueTime"] for p in seen)
    pull.wait_until_completed()
    assert repo.files()["a"] == "2\n"


def test_a_pull_request_that_was_asked_to_completes_by_itself(playground, repo, pull):
    repo.add_policy("reviewers", minimumApproverCount=1)
    pull.set_auto_complete("author", mergeStrategy="squash", deleteSourceBranch=True)
    pull.wait_for_merge()
    assert pull.raw()["autoCompleteSetBy"]["id"] == playground.id_of("author")

    pull.approve()

    pull.wait_until_completed()
    assert pull.raw()["closedBy"]["id"] == playground.id_of("author")
    assert len(repo.commits()) == 2
    wait_until(lambda: list(repo.branches()) == ["main"], "deletion of the branch")


@pytest.mark.parametrize("strategy, parents, count", [("noFastForward", 2, 5), ("squash", 1, 3), ("rebase", 1, 4)])
def test_strategies_are_real(playground, repo, pull, strategy, parents, count):
    pull.push({"a": "3\n"})
    repo.commit({"b": "2\n"})
    wait_until(lambda: pull.raw()["mergeStatus"] == "succeeded", "test merge")

    complete(pull, mergeStrategy=strategy)
    pull.wait_until_completed()

    commits = repo.commits()
    assert len(commits[0]["parents"]) == parents
    assert len(commits) == count
    assert repo.files() == {"a": "3\n", "b": "2\n"}


def test_completing_tells_its_receivers(playground, pull):
    with Receiver() as receiver:
        playground.subscribe(receiver.url)
        pull.complete()
        playground.wait_for_deliveries()
    events = [(d["eventType"], d["event"]["resource"]["status"]) for d in playground.deliveries()]
    assert ("git.pullrequest.updated", "completed") in events
    assert ("git.pullrequest.merged", "completed") in events
