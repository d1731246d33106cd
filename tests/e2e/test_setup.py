# SPDX-License-Identifier: Apache-2.0
"""`hadal setup azuredevops`: what is missing is shown, made, and then not missing any more."""
import urllib.parse

import pytest

from installation import run
from playground import wait_until

SUBSCRIPTIONS = "_apis/hooks/subscriptions"
HOOKS = [
    ("git.pullrequest.created", "1.0", "", "/events/created"),
    ("git.pullrequest.updated", "1.0", "", "/events/updated"),
    ("git.pullrequest.updated", "1.0", "PushNotification", "/events/push"),
    ("git.pullrequest.updated", "1.0", "StatusUpdateNotification", "/events/status"),
    ("ms.vss-code.git-pullrequest-comment-event", "2.0", "", "/events/comment"),
]


@pytest.fixture
def server(tmp_path, make_server, playground):
    """One that nobody has told the host of."""
    server = make_server(start=False)
    for one in playground.rest("GET", SUBSCRIPTIONS).json()["value"]:
        playground.rest("DELETE", f"{SUBSCRIPTIONS}/{one['id']}")
    return server.start()


@pytest.fixture
def setup(server):
    def ask(*words, **changes):
        return run(server, "setup", "azuredevops", "--organization", "playground", "--project", "platform",
                   "--url", f"http://127.0.0.1:{server.port}", *words, **changes)

    return ask


def states(result):
    """Of each item, in order; what is said of an item is behind blanks."""
    table = result.stdout.partition("\n\n")[0]
    return [line.split()[0] for line in table.splitlines() if not line.startswith(" ")]


def hooks(playground):
    found = playground.rest("GET", SUBSCRIPTIONS).json()["value"]
    return sorted((one["eventType"], one["resourceVersion"], one["publisherInputs"].get("notificationType", ""),
                   urllib.parse.urlsplit(one["consumerInputs"]["url"]).path) for one in found)


def policies(playground):
    return playground.rest("GET", "platform/_apis/policy/configurations").json()["value"]


def evaluations(pull):
    return sorted(one["status"] for one in pull.whole()["evaluations"])


def test_from_nothing_to_plans_on_pull_requests(setup, server, playground, repo, module):
    shown = setup("--repository", "infra")
    assert (shown.returncode, shown.stderr) == (1, "")
    assert states(shown) == ["missing"] * 7
    assert (hooks(playground), policies(playground)) == ([], [])

    made = setup("--repository", "infra", "--apply")
    assert (made.returncode, made.stderr) == (0, "")
    assert states(made) == ["made"] * 7 + ["have"] and "arrived" in made.stdout
    assert hooks(playground) == HOOKS

    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    pull.wait_for_comment(containing="1 to add")
    pull.wait_for_status("Atlantis Bot/atlantis/plan", "succeeded")
    assert evaluations(pull) == ["approved", "queued"]
    pull.comment("atlantis apply")
    pull.wait_for_status("Atlantis Bot/atlantis/apply", "succeeded")
    assert evaluations(pull) == ["approved", "approved"]

    again = setup("--repository", "infra", "--apply")
    assert (again.returncode, again.stderr) == (0, "")
    assert states(again) == ["have"] * 8
    assert hooks(playground) == HOOKS and len(policies(playground)) == 2


def test_each_kind_of_change_comes_by_a_path_of_its_own(setup, server, playground, repo, module):
    assert setup("--apply").returncode == 0
    pull = repo.open_pull_request({"net/main.tf": module("net").text()}, draft=True)
    playground.wait_for_deliveries()
    server.wait_until_idle()
    pull.publish()

    pull.wait_for_comment(containing="1 to add")
    pull.push({"net/more.tf": ""})
    pull.wait_for_comments(2, containing="Plan")
    server.wait_until_idle()
    pull.abandon()
    playground.wait_for_deliveries()
    server.wait_until_idle()

    paths = {urllib.parse.urlsplit(one["url"]).path for one in playground.deliveries()}
    assert paths >= {"/events/created", "/events/updated", "/events/push", "/events/status"}
    assert all(one["lastStatus"] == 200 for one in playground.deliveries())


def test_policies_count_only_statuses_of_the_account_and_of_the_newest_commit(setup, playground, repo):
    assert setup("--repository", repo.id, "--apply").returncode == 0

    settings = [one["settings"] for one in policies(playground)]
    assert [(one["statusGenre"], one["statusName"]) for one in settings] == [
        ("Atlantis Bot/atlantis", "plan"), ("Atlantis Bot/atlantis", "apply")]
    for one in settings:
        assert one["authorId"] == playground.id_of("bot") and one["invalidateOnSourceUpdate"] is True
        assert one["scope"] == [{"repositoryId": repo.id, "refName": "refs/heads/main", "matchKind": "Exact"}]


def test_an_administrator_may_set_up_for_the_account_of_the_server(setup, playground, repo):
    account = playground.id_of("bot")
    words = ("--repository", "infra", "--apply", "--account", account)

    assert setup(*words, azuredevops_token=playground.pat_of("reviewer")).returncode == 0

    assert {one["settings"]["authorId"] for one in policies(playground)} == {account}
    assert states(setup("--repository", "infra")) == ["have"] * 7


def test_without_a_repository_events_are_of_the_project_and_policies_nobodys(setup, playground, repo):
    assert setup("--apply").returncode == 0

    inputs = [one["publisherInputs"] for one in playground.rest("GET", SUBSCRIPTIONS).json()["value"]]
    assert {(one["projectId"], one.get("repository", "")) for one in inputs} == {(repo.project_id, "")}
    assert policies(playground) == []


def test_wider_hooks_that_are_there_already_are_enough(setup, server, playground, repo):
    playground.subscribe(server.hook_url)

    result = setup("--repository", "infra", "--require", "none")

    assert (result.returncode, states(result)) == (0, ["have"] * 5)


def test_what_is_different_is_set_right_and_nothing_else(setup, playground, repo):
    assert setup("--repository", "infra", "--apply").returncode == 0
    hook = next(one for one in playground.rest("GET", SUBSCRIPTIONS).json()["value"]
                if one["eventType"].startswith("ms."))
    playground.rest("PUT", f"{SUBSCRIPTIONS}/{hook['id']}", {
        **hook, "status": "disabledByUser", "resourceVersion": "1.0",
        "consumerInputs": {**hook["consumerInputs"], "basicAuthPassword": "other"}})
    policy = policies(playground)[0]
    path = f"platform/_apis/policy/configurations/{policy['id']}"
    playground.rest("PUT", path, {**policy, "isBlocking": False,
                                  "settings": {**policy["settings"], "filenamePatterns": ["/net/*"]}})

    shown = setup("--repository", "infra")
    assert (shown.returncode, states(shown).count("different"), states(shown).count("have")) == (1, 2, 5)
    assert "switched off by somebody" in shown.stdout and "is optional" in shown.stdout
    assert setup("--repository", "infra", "--apply").returncode == 0

    assert states(setup("--repository", "infra")) == ["have"] * 7
    assert hooks(playground) == HOOKS
    now = playground.rest("GET", path).json()
    assert now["isBlocking"] and now["settings"]["filenamePatterns"] == ["/net/*"]


def test_hooks_that_cover_less_are_not_taken_for_enough(setup, server, playground, repo):
    assert setup("--repository", "infra", "--apply").returncode == 0
    for one in playground.rest("GET", SUBSCRIPTIONS).json()["value"]:
        one["publisherInputs"]["branch"] = "release"
        one["consumerInputs"]["basicAuthPassword"] = server.webhook_password
        playground.rest("PUT", f"{SUBSCRIPTIONS}/{one['id']}", one)

    assert states(setup("--repository", "infra", "--require", "none")) == ["missing"] * 5


def test_a_wrong_password_for_the_webhooks_is_told_by_the_test_event(setup, server, playground, repo):
    result = setup("--apply", azuredevops_webhook_password="not-the-servers")

    assert result.returncode == 1
    assert "did not arrive: Status 401" in result.stdout and "user and password" in result.stdout
    assert "not-the-servers" not in result.stdout + result.stderr
    server.wait_for_log("webhook from .* refused")


def test_what_the_account_may_not_do_is_told_for_each(setup, playground, repo):
    playground.limit(denied=["hooks", "policies"])

    result = setup("--repository", "infra", "--apply")

    assert (result.returncode, states(result)) == (1, ["failed"] * 8)
    assert "Edit Subscriptions" in result.stdout and "EditPolicies" in result.stdout
    assert "8 of 8 could not be done" in result.stdout
    assert (hooks(playground), policies(playground)) == ([], [])
    playground.forget_unexpected()


def test_a_repository_without_a_branch_is_told(setup, playground, repo):
    playground.rest("POST", "platform/_apis/git/repositories", {"name": "bare"})

    result = setup("--repository", "bare", "--require", "plan")

    assert (result.returncode, states(result)) == (1, ["missing"] * 5 + ["failed"])
    assert "it has no branch yet" in result.stdout


@pytest.mark.parametrize("words, says", [
    ([], "which host? hadal setup azuredevops"),
    (["github"], 'no host is called "github"; known: azuredevops'),
    (["azuredevops", "azuredevops"], 'unexpected "azuredevops"'),
    (["azuredevops"], "--project is missing"),
    (["azuredevops", "--project", "p"], "--url is missing"),
    (["azuredevops", "--project", "p", "--url", "hadal.example.com"], "--url must be a URL"),
    (["azuredevops", "--project", "p", "--url", "https://a:b@x"], "--url must be a URL"),
    (["azuredevops", "--project", "p", "--url", "https://x", "--require", "all"], "--require"),
    (["azuredevops", "--project", "p", "--url", "https://x", "--require", "plan,none"], '"none" goes with nothing'),
    (["azuredevops", "--porject=p"], "--porject is not a flag"),
])
def test_a_wrong_question_is_told(make_server, words, says):
    result = run(make_server(start=False), "setup", *words)

    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("hadal setup: ") and says in result.stderr


@pytest.mark.parametrize("changes, words, says", [
    ({}, ["--organization", "x/y"], "no organisation's name"),
    ({}, ["--account", "bot"], "not the id of an account"),
    ({}, ["--repository", "nowhere"], 'has no repository "nowhere"'),
    ({"azuredevops_token": "wrong"}, [], "the credential was refused"),
    ({"azuredevops_webhook_password": "x" * 257}, [], "--azuredevops-webhook-password has more than 256 characters"),
    ({"azuredevops_base_url": "https://dev.azure.com"}, [], "is no https:// address"),
    ({"azuredevops_webhook_user": None, "azuredevops_webhook_password": None}, [],
     "there is no user and password for the service hooks"),
])
def test_what_cannot_be_found_out_is_told(setup, playground, repo, changes, words, says):
    result = setup(*words, **changes)

    assert (result.returncode, result.stdout) == (2, "")
    assert says in result.stderr
    playground.forget_unexpected()


def test_help_tells_the_flags_and_the_exit_status(make_server):
    result = run(make_server(start=False), "setup", "--help")

    assert result.returncode == 0 and "Exit status" in result.stdout
    for flag in ("--organization", "--project", "--repository", "--url", "--require", "--apply", "--azuredevops-token"):
        assert f"  {flag}" in result.stdout
