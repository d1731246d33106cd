# SPDX-License-Identifier: Apache-2.0
"""Service hooks of the playground: what arrives, when, and what happens when it does not."""
import base64
import socket

import pytest

from playground import Playground, wait_until
from receiver import Receiver

CREATED = "git.pullrequest.created"
UPDATED = "git.pullrequest.updated"
MERGED = "git.pullrequest.merged"
COMMENT = "ms.vss-code.git-pullrequest-comment-event"


@pytest.fixture
def receiver():
    with Receiver() as running:
        yield running


@pytest.fixture
def azuredevops(tmp_path, receiver):
    with Playground(tmp_path, hook_url=receiver.url) as running:
        yield running


@pytest.fixture
def repo(azuredevops):
    return azuredevops.create_repo("My Project/infra", {"main.tf": "one\n"})


@pytest.fixture
def pull(repo):
    return repo.open_pull_request({"main.tf": "two\n"}, title="Two")


def resource(event):
    return event["resource"].get("pullRequest", event["resource"])


def test_an_opened_pull_request_is_told_with_the_whole_of_it(receiver, azuredevops, repo, pull):
    event = receiver.wait_for(CREATED)

    assert event["publisherId"] == "tfs"
    assert event["resourceVersion"] == "1.0"
    assert event["resource"]["pullRequestId"] == pull.number
    assert event["resource"]["repository"]["id"] == repo.id
    assert event["resource"]["repository"]["project"]["id"] == repo.project_id
    assert event["resource"]["sourceRefName"] == "refs/heads/change-1"
    assert event["resource"]["createdBy"]["id"] == azuredevops.id_of("author")
    assert event["resource"]["supportsIterations"] is True
    assert set(event["resource"]["_links"]) == {"web", "statuses"}
    assert event["resourceContainers"]["collection"]["baseUrl"] == azuredevops.url + "/"
    assert event["message"]["text"].startswith("Author created pull request 1 (Two) in infra\r\n")
    assert {"subscriptionId", "notificationId", "id", "createdDate", "detailedMessage"} <= set(event)


def test_the_merge_is_not_there_yet_when_the_pull_request_is_announced(receiver, pull):
    created = receiver.wait_for(CREATED)
    attempted = receiver.wait_for(MERGED, "Merge attempted  for")

    assert created["resource"]["mergeStatus"] == "queued"
    assert "lastMergeCommit" not in created["resource"]
    assert attempted["resource"]["status"] == "active"
    assert attempted["resource"]["mergeStatus"] == "succeeded"


def test_the_receiver_gets_the_credentials_of_the_url_and_not_the_url(receiver, pull):
    receiver.wait_for(CREATED)

    assert receiver.headers[0]["Authorization"] == "Basic " + base64.b64encode(b"hook:s@cret").decode()
    assert receiver.headers[0]["Content-Type"] == "application/json; charset=utf-8"


def test_a_push_is_an_update_with_the_new_head(receiver, pull):
    commit = pull.push({"main.tf": "three\n"})

    event = receiver.wait_for(UPDATED, "updated the source branch of")
    assert event["resource"]["lastMergeSourceCommit"]["commitId"] == commit


@pytest.mark.parametrize("vote, text", [(10, "Reviewer approved pull request"), (5, "has approved and left suggestions in"),
                                        (-5, "is waiting for the author in"), (-10, "Reviewer rejected"),
                                        (0, "reset their vote on")])
def test_a_vote_is_an_update(receiver, azuredevops, pull, vote, text):
    pull.vote(vote)

    event = receiver.wait_for(UPDATED, text)
    assert [(r["id"], r["vote"]) for r in event["resource"]["reviewers"]] == [(azuredevops.id_of("reviewer"), vote)]


def test_a_comment_names_its_thread_only_in_a_link(receiver, azuredevops, pull):
    first = pull.comment("atlantis plan", user="other")
    reply = pull.comment("atlantis apply", user="reviewer", thread=first.thread)

    event = receiver.wait_for(COMMENT, "Other Person has commented on a pull request")
    comment = event["resource"]["comment"]
    assert event["resourceVersion"] == "2.0"
    assert comment["content"] == "atlantis plan"
    assert comment["author"]["id"] == azuredevops.id_of("other")
    assert comment["parentCommentId"] == 0
    assert comment["commentType"] == "text"
    assert comment["publishedDate"] == comment["lastUpdatedDate"]
    assert comment["_links"]["threads"]["href"].endswith(f"/pullRequests/{pull.number}/threads/{first.thread}")
    assert comment["_links"]["self"]["href"].endswith(f"/threads/{first.thread}/comments/1")
    assert "_links" not in event["resource"]["pullRequest"]
    answer = receiver.wait_for(COMMENT, "has replied to a pull request comment")["resource"]["comment"]
    assert (answer["id"], answer["parentCommentId"]) == (reply.id, 1)


def test_an_edited_and_a_deleted_comment_are_told(receiver, pull):
    comment = pull.comment("atlantis plan")
    pull.edit_comment(comment, "atlantis apply")
    pull.delete_comment(comment)

    edited = receiver.wait_for(COMMENT, "has edited")["resource"]["comment"]
    deleted = receiver.wait_for(COMMENT, "has deleted")["resource"]["comment"]
    assert edited["content"] == "atlantis apply"
    assert edited["publishedDate"] != edited["lastUpdatedDate"]
    assert deleted["isDeleted"] is True
    assert "content" not in deleted


def test_completing_is_an_update_and_a_merge(receiver, pull):
    pull.complete(mergeStrategy="squash")

    updated = receiver.wait_for(UPDATED, "completed pull request")
    assert updated["resource"]["status"] == "completed"
    assert updated["resource"]["closedBy"]["displayName"] == "Author"
    assert updated["resource"]["completionOptions"]["mergeStrategy"] == "squash"
    wait_until(lambda: any(resource(e)["status"] == "completed" for e in receiver.of_type(MERGED)),
               "merged event of the completion", 20)


def test_abandoning_drafts_and_titles_are_updates(receiver, pull):
    pull.set_title("approved pull request")
    pull.set_draft(True)
    pull.publish()
    pull.abandon()
    pull.reactivate()

    for text in ("updated pull request 1 (approved pull request)", "marked as a draft", "published", "abandoned",
                 "reactivated"):
        receiver.wait_for(UPDATED, text)


def test_a_fork_is_recognisable(receiver, repo):
    pull = repo.open_pull_request({"main.tf": "theirs\n"}, fork=True)

    event = receiver.wait_for(CREATED)
    fork = event["resource"]["forkSource"]
    assert event["resource"]["sourceRefName"] == f"refs/pull/{pull.number}/source"
    assert fork["name"] == "refs/heads/change-1"
    assert fork["objectId"] == pull.head
    assert fork["repository"]["id"] != repo.id


@pytest.mark.parametrize("status", [408, 502, 503, 504])
def test_a_busy_receiver_is_asked_again(receiver, azuredevops, repo, status):
    receiver.answers = [status, status]

    repo.open_pull_request({"main.tf": "two\n"})

    first = receiver.wait_for(CREATED, count=3)
    assert all(e["id"] == first["id"] for e in receiver.of_type(CREATED))
    delivery = wait_until(lambda: [d for d in azuredevops.deliveries(CREATED) if d["status"] == "succeeded"],
                          "delivery", 20)[0]
    assert delivery["attempts"] == 3


@pytest.mark.parametrize("status, subscription", [(500, "onProbation"), (401, "onProbation"), (410, "disabledBySystem")])
def test_a_receiver_that_refuses_is_not_asked_again(receiver, azuredevops, repo, status, subscription):
    receiver.answers = [status]

    repo.open_pull_request({"main.tf": "two\n"})

    azuredevops.wait_for_deliveries()
    assert [d["status"] for d in azuredevops.deliveries(CREATED)] == ["failed"]
    assert len(receiver.of_type(CREATED)) == 1
    assert [s["status"] for s in azuredevops.subscriptions() if s["eventType"] == CREATED] == [subscription]


def test_a_receiver_that_is_away_gets_its_events_when_it_is_back(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with Playground(tmp_path, hook_url=f"http://127.0.0.1:{taken.getsockname()[1]}/events") as azuredevops:
            repo = azuredevops.create_repo("p/r", {"a": "1"})
            repo.open_pull_request({"a": "2"})
            wait_until(lambda: azuredevops.deliveries(CREATED)[0]["attempts"] > 1, "second attempt", 20)
            with Receiver(bound=taken) as receiver:
                receiver.wait_for(CREATED)
                azuredevops.wait_for_delivery(1)


def test_a_delivery_can_be_sent_again_and_is_the_same_event(receiver, azuredevops, pull):
    event = receiver.wait_for(CREATED)
    azuredevops.redeliver(azuredevops.deliveries(CREATED)[0])

    assert receiver.wait_for(CREATED, count=2) == event


def test_held_events_come_at_the_end(receiver, azuredevops, pull):
    azuredevops.wait_for_deliveries()
    with azuredevops.hooks_held():
        pull.push({"main.tf": "three\n"})
        pull.comment("passes", deliver=True)
        receiver.wait_for(COMMENT)
        assert not receiver.of_type(UPDATED)
    receiver.wait_for(UPDATED, "updated the source branch of")


def test_any_body_can_be_sent(receiver, azuredevops):
    number = azuredevops.send_event({"eventType": "nonsense", "message": None})

    azuredevops.wait_for_delivery(number)
    assert receiver.events == [{"eventType": "nonsense", "message": None}]


def subscription(url, **publisher_inputs):
    return {"publisherId": "tfs", "eventType": UPDATED, "resourceVersion": "1.0", "consumerId": "webHooks",
            "consumerActionId": "httpRequest", "publisherInputs": publisher_inputs,
            "consumerInputs": {"url": url, "basicAuthUsername": "u", "basicAuthPassword": "secret",
                               "messagesToSend": "text", "detailedMessagesToSend": "none"}}


def test_a_subscription_to_pushes_of_one_repository_gets_only_these(tmp_path):
    with Receiver() as receiver, Playground(tmp_path) as azuredevops:
        repo = azuredevops.create_repo("p/one", {"a": "1"})
        other = azuredevops.create_repo("p/two", {"a": "1"})
        made = azuredevops.rest("POST", "_apis/hooks/subscriptions",
                                subscription(receiver.url, projectId=repo.project_id, repository=repo.id, branch="main",
                                             notificationType="PushNotification")).json()

        pull = repo.open_pull_request({"a": "2"})
        pull.approve()
        pull.abandon()
        other.open_pull_request({"a": "2"}).push({"a": "3"})
        pull.reactivate()
        pull.push({"a": "4"})

        event = receiver.wait_for(UPDATED)
        azuredevops.wait_for_deliveries()
        assert len(receiver.events) == 1
        assert list(event["message"]) == ["text"]
        assert event["detailedMessage"] is None
        assert event["subscriptionId"] == made["id"]
        assert made["consumerInputs"]["basicAuthPassword"] == "********"
        history = azuredevops.rest("GET", f"_apis/hooks/subscriptions/{made['id']}/notifications").json()
        assert [n["details"]["event"]["id"] for n in history["value"]] == [event["id"]]
        assert azuredevops.rest("DELETE", f"_apis/hooks/subscriptions/{made['id']}").status == 204
        assert azuredevops.rest("GET", "_apis/hooks/subscriptions").json()["count"] == 0


@pytest.mark.parametrize("change", [{"eventType": "git.nothing"}, {"resourceVersion": "9.0"}, {"publisherId": "x"},
                                    {"consumerInputs": {"url": "ftp://x"}}, {"consumerInputs": {"url": "http://x", "y": "1"}},
                                    {"publisherInputs": {"notificationType": "Push"}},
                                    {"publisherInputs": {"projectId": "p"}}])
def test_a_wrong_subscription_is_refused(tmp_path, change):
    with Playground(tmp_path) as azuredevops:
        azuredevops.create_repo("p/r", {"a": "1"})
        body = {**subscription("http://127.0.0.1:1/"), **change}

        reply = azuredevops.rest("POST", "_apis/hooks/subscriptions", body, check=False)

        assert reply.status == 400
        assert reply.json()["typeKey"] == "InvalidArgumentValueException"
        assert len(azuredevops.forget_unexpected()) == 1
