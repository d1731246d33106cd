# SPDX-License-Identifier: Apache-2.0
"""What setting up needs of the playground: scopes of tokens, permissions, test events, policies by pages."""
import pytest

from playground import POLICY_TYPES, Playground, wait_until
from receiver import Receiver

ZEROS = "00000000-0000-0000-0000-000000000000"
SUBSCRIPTIONS = "_apis/hooks/subscriptions"
TEST = "_apis/hooks/testnotifications"


@pytest.fixture
def receiver():
    with Receiver() as running:
        yield running


@pytest.fixture
def azuredevops(tmp_path):
    with Playground(tmp_path) as running:
        yield running


@pytest.fixture
def repo(azuredevops):
    return azuredevops.create_repo("One/infra", {"main.tf": "one\n"})


def spec(receiver, event="git.pullrequest.updated", **inputs):
    return {"publisherId": "tfs", "eventType": event, "resourceVersion": "latest", "consumerId": "webHooks",
            "consumerActionId": "httpRequest", "publisherInputs": inputs,
            "consumerInputs": {"url": f"http://127.0.0.1:{receiver.port}/events", "basicAuthUsername": "hook",
                               "basicAuthPassword": "secret"}}


@pytest.mark.parametrize("scopes, reads, writes, hooks", [
    (["vso.code"], 200, 401, 200),
    (["vso.code_write"], 200, 404, 200),
    (["vso.code_status"], 401, 401, 401),
    (["vso.build"], 401, 401, 200),
])
def test_a_token_without_the_scope_is_answered_401_without_a_word(azuredevops, repo, scopes, reads, writes, hooks):
    azuredevops.limit(scopes=scopes)

    answers = [azuredevops.rest("GET", repo.api, check=False),
               azuredevops.rest("POST", f"{repo.api}/pullRequests/9/labels", {"name": "x"}, check=False),
               azuredevops.rest("GET", SUBSCRIPTIONS, check=False)]

    assert [answer.status for answer in answers] == [reads, writes, hooks]
    assert all(answer.body == b"" for answer in answers if answer.status == 401)
    azuredevops.forget_unexpected()


def test_who_may_not_edit_is_told_the_permission(azuredevops, repo, receiver):
    azuredevops.limit(denied=["hooks", "policies"])

    hook = azuredevops.rest("POST", SUBSCRIPTIONS, spec(receiver), check=False)
    policy = azuredevops.rest("POST", "One/_apis/policy/configurations", {}, check=False)

    assert (hook.status, policy.status) == (403, 403)
    assert "EditPolicies" in policy.json()["message"]
    assert azuredevops.rest("GET", SUBSCRIPTIONS).json()["count"] == 0
    azuredevops.forget_unexpected()


@pytest.mark.parametrize("event", ["git.pullrequest.created", "git.push",
                                   "ms.vss-code.git-pullrequest-comment-event"])
def test_a_test_event_is_sent_and_what_became_of_it_can_be_read(azuredevops, receiver, event):
    made = azuredevops.rest("POST", TEST, {"details": spec(receiver, event)}).json()

    sent = wait_until(lambda: receiver.events and receiver.events[0], "test event")
    assert (made["subscriptionId"], made["result"]) == (ZEROS, "pending")
    assert (sent["subscriptionId"], sent["eventType"]) == (ZEROS, event)
    assert receiver.headers[0]["Authorization"].startswith("Basic ")
    wait_until(lambda: azuredevops.rest("GET", f"{SUBSCRIPTIONS}/{ZEROS}/notifications/{made['id']}").json()["result"]
               == "succeeded", "end of the test")
    assert azuredevops.rest("GET", SUBSCRIPTIONS).json()["count"] == 0


def test_a_test_event_that_is_refused_says_with_which_status(azuredevops):
    with Receiver(answers=[401]) as receiver:
        made = azuredevops.rest("POST", TEST, {"details": spec(receiver)}).json()

        def ended():
            answer = azuredevops.rest("GET", f"{SUBSCRIPTIONS}/{ZEROS}/notifications/{made['id']}").json()
            return answer if answer["result"] == "failed" else None

        assert wait_until(ended, "end of the test")["details"]["errorMessage"] == "Status 401"


def test_a_test_of_what_could_not_be_subscribed_to_is_refused(azuredevops, receiver):
    wrong = [{}, {"details": spec(receiver, "git.pullrequest.sung")},
             {"details": spec(receiver, projectId=ZEROS)}]

    assert [azuredevops.rest("POST", TEST, body, check=False).status for body in wrong] == [400, 400, 400]
    assert receiver.events == []
    azuredevops.forget_unexpected()


def test_replacing_a_subscription_says_its_status(azuredevops, receiver):
    made = azuredevops.rest("POST", SUBSCRIPTIONS, spec(receiver)).json()
    path = f"{SUBSCRIPTIONS}/{made['id']}"

    off = azuredevops.rest("PUT", path, {**spec(receiver), "status": "disabledByUser"}).json()
    on = azuredevops.rest("PUT", path, {**spec(receiver), "status": "enabled"}).json()
    wrong = azuredevops.rest("PUT", path, {**spec(receiver), "status": "asleep"}, check=False)

    assert (off["status"], on["status"], wrong.status) == ("disabledByUser", "enabled", 400)
    azuredevops.forget_unexpected()


def status_policy(repo, **changes):
    scope = {"repositoryId": repo.id, "refName": "refs/heads/main", "matchKind": "Exact"}
    return {"isEnabled": True, "isBlocking": True, "type": {"id": POLICY_TYPES["status"]},
            "settings": {"statusGenre": "g", "statusName": "plan", "authorId": None, "invalidateOnSourceUpdate": False,
                         "policyApplicability": None, "filenamePatterns": [], "scope": [{**scope, **changes}]}}


def test_settings_that_say_nothing_are_left_out_of_the_answer(azuredevops, repo):
    made = azuredevops.rest("POST", "One/_apis/policy/configurations", status_policy(repo)).json()

    assert set(made["settings"]) == {"statusGenre", "statusName", "scope"}
    assert set(made["_links"]) == {"self", "policyType"}


@pytest.mark.parametrize("changes", [{"matchKind": "Sometimes"}, {"refName": "main"}, {"repositoryId": ZEROS}])
def test_a_policy_for_what_cannot_be_is_refused(azuredevops, repo, changes):
    reply = azuredevops.rest("POST", "One/_apis/policy/configurations", status_policy(repo, **changes), check=False)

    assert reply.status in (400, 404)
    azuredevops.forget_unexpected()


def test_policies_come_by_pages(azuredevops, repo):
    for _ in range(25):
        azuredevops.rest("POST", "One/_apis/policy/configurations", status_policy(repo))
    path = "One/_apis/policy/configurations?policyType=" + POLICY_TYPES["status"]

    first = azuredevops.rest("GET", path)
    token = {name.lower(): value for name, value in first.headers.items()}["x-ms-continuationtoken"]
    second = azuredevops.rest("GET", f"{path}&continuationToken={token}")

    ids = [one["id"] for page in (first, second) for one in page.json()["value"]]
    assert (first.json()["count"], second.json()["count"], ids) == (20, 5, sorted(set(ids)))
