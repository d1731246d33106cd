# SPDX-License-Identifier: Apache-2.0
"""The playground's REST calls: what they answer, and what they refuse as the service does."""
import re
import urllib.parse

import pytest

from playground import Playground, PlaygroundError, wait_until

NOUGHTS = "0" * 40


@pytest.fixture
def azuredevops(playground):
    return playground


@pytest.fixture
def repo(azuredevops):
    return azuredevops.create_repo("My Project/infra", {"net/main.tf": "one\n", "old.tf": "same\n" * 20, "gone.tf": "x\n"})


@pytest.fixture
def pull(repo):
    return repo.open_pull_request({"net/main.tf": "two\n", "new.tf": "new\n"}, title="Two")


def refused(azuredevops, reply, status, type_key):
    assert (reply.status, reply.json()["typeKey"]) == (status, type_key)
    body = reply.json()
    assert {"$id", "innerException", "message", "typeName", "errorCode", "eventId"} <= set(body)
    unexpected = azuredevops.forget_unexpected()
    assert [u["status"] for u in unexpected] == [status]
    return body["message"]


# --- versions, credentials, addresses ---


def test_connection_data_tells_whose_token_it_is(azuredevops):
    data = azuredevops.rest("GET", "_apis/connectionData", version="7.1-preview.1").json()

    assert data["authenticatedUser"]["id"] == azuredevops.id_of("bot")
    assert data["authenticatedUser"]["properties"]["Account"]["$value"] == "automation@playground.example"
    other = azuredevops.rest("GET", "_apis/connectionData", version="7.1-preview.1", user="reviewer").json()
    assert other["authenticatedUser"]["id"] == azuredevops.id_of("reviewer")


@pytest.mark.parametrize("version, key", [(None, "VssVersionNotSpecifiedException"), ("8.0", "VssVersionOutOfRangeException"),
                                          ("x", "VssVersionOutOfRangeException"), ("7.2", "VssInvalidPreviewVersionException")])
def test_a_write_needs_a_version_the_server_has(azuredevops, pull, version, key):
    reply = pull.rest("POST", "/labels", {"name": "x"}, version=version, check=False)

    refused(azuredevops, reply, 400, key)


def test_the_version_may_be_in_accept(azuredevops, pull):
    accept = {"Accept": "application/json;api-version=7.2-preview.1"}
    reply = pull.rest("POST", "/labels", {"name": "x"}, version=None, headers=accept)

    assert reply.headers["Content-Type"] == "application/json; charset=utf-8; api-version=7.2-preview.1"


@pytest.mark.parametrize("path", ["_apis/connectionData", "_apis/ResourceAreas", "{project}/_apis/policy/evaluations?artifactId=x"])
def test_what_is_in_preview_wants_a_preview_version(azuredevops, repo, path):
    reply = azuredevops.rest("GET", path.format(project=repo.project_id), version="7.1", check=False)

    refused(azuredevops, reply, 400, "VssInvalidPreviewVersionException")


def test_a_wrong_token_is_answered_with_the_sign_in_page(azuredevops, repo):
    wrong = {"Authorization": "Basic Ondyb25n", "X-TFS-FedAuthRedirect": ""}
    reply = azuredevops.rest("GET", f"{repo.api}/refs", user=None, headers=wrong)

    assert reply.status == 203
    assert reply.headers["Content-Type"].startswith("text/html")
    honest = azuredevops.rest("GET", f"{repo.api}/refs", user=None, check=False)
    assert (honest.status, honest.json()["typeKey"]) == (401, "UnauthorizedRequestException")
    assert "Basic" in honest.headers["WWW-Authenticate"]
    assert len(azuredevops.forget_unexpected()) == 2


def test_a_token_may_come_as_a_bearer(azuredevops, repo):
    bearer = {"Authorization": f"Bearer {azuredevops.pat}"}

    assert azuredevops.rest("GET", f"{repo.api}/refs", user=None, headers=bearer).status == 200


def test_an_unknown_path_is_answered_as_text_and_remembered(azuredevops, repo):
    reply = azuredevops.rest("GET", f"{repo.api}/nothing", check=False)

    assert reply.status == 404
    assert reply.body.decode().startswith("The controller for path '/")
    (unexpected,) = azuredevops.forget_unexpected()
    assert unexpected["path"].endswith("/nothing")


def test_an_unknown_parameter_is_answered_and_remembered(azuredevops, repo):
    assert azuredevops.rest("GET", f"{repo.api}/refs?fliter=heads", check=False).status == 200

    (unexpected,) = azuredevops.forget_unexpected()
    assert unexpected["unexpected"] == "unknown parameter fliter"


def test_names_and_ids_and_letter_case_are_one(azuredevops, repo, pull):
    for project in ("My%20Project", "MY%20PROJECT", repo.project_id):
        for name in ("infra", "INFRA", repo.id.upper()):
            path = f"{project}/_APIS/git/Repositories/{name}/pullrequests/1"
            assert azuredevops.rest("GET", path).json()["pullRequestId"] == 1
    assert azuredevops.rest("GET", f"_apis/git/repositories/{repo.id}/pullRequests/1").json()["pullRequestId"] == 1
    assert "_links" not in azuredevops.rest("GET", "_apis/git/pullrequests/1").json()


def test_a_name_means_another_repository_in_another_project(azuredevops, repo):
    other = azuredevops.create_repo("Other/infra", {"a": "1"})

    for one in (repo, other):
        path = f"{urllib.parse.quote(one.project)}/_apis/git/repositories/infra"
        assert azuredevops.rest("GET", path).json()["id"] == one.id
    reply = azuredevops.rest("GET", f"Other/_apis/git/repositories/{repo.id}", check=False)
    refused(azuredevops, reply, 404, "GitRepositoryNotFoundException")


@pytest.mark.parametrize("path, key", [
    ("Nothing/_apis/git/repositories/infra", "ProjectDoesNotExistWithNameException"),
    ("My%20Project/_apis/git/repositories/nothing", "GitRepositoryNotFoundException"),
    ("_apis/git/repositories/infra", "GitRepositoryNotFoundException"),
    ("My%20Project/_apis/git/repositories/infra/pullRequests/7", "GitPullRequestNotFoundException"),
    ("My%20Project/_apis/git/repositories/infra/pullRequests/1/threads/7", "DiscussionThreadNotFoundException"),
    ("My%20Project/_apis/git/repositories/infra/pullRequests/1/iterations/7", "GitPullRequestIterationNotFoundException"),
    ("My%20Project/_apis/git/repositories/infra/commits/" + NOUGHTS, "GitUnresolvableToCommitException"),
    ("My%20Project/_apis/git/repositories/infra/items?path=/nothing", "GitItemNotFoundException"),
])
def test_what_does_not_exist_is_a_404_of_its_kind(azuredevops, pull, path, key):
    refused(azuredevops, azuredevops.rest("GET", path, check=False), 404, key)


# --- repositories ---


def test_refs_are_filtered_by_prefix_and_paged(azuredevops, repo):
    for name in ("feature/a", "feature/b", "other"):
        repo.commit({"f": name}, branch=name)

    refs = azuredevops.rest("GET", f"{repo.api}/refs?filter=heads/feature").json()["value"]
    assert [r["name"] for r in refs] == ["refs/heads/feature/a", "refs/heads/feature/b"]
    first = azuredevops.rest("GET", f"{repo.api}/refs?%24top=2")
    token = urllib.parse.quote(first.headers["x-ms-continuationtoken"])
    rest = azuredevops.rest("GET", f"{repo.api}/refs?$top=2&continuationToken={token}").json()
    assert first.json()["count"] == 2
    assert [r["name"] for r in rest["value"]] == ["refs/heads/main", "refs/heads/other"]


def test_a_ref_that_moved_meanwhile_is_a_200_with_success_false(azuredevops, repo, pull):
    head = pull.head
    update = {"name": "refs/heads/change-1", "oldObjectId": "1" * 40, "newObjectId": head}

    (result,) = azuredevops.rest("POST", f"{repo.api}/refs", [update]).json()["value"]

    assert (result["success"], result["updateStatus"]) == (False, "staleOldObjectId")
    update = {"name": "refs/heads/new", "oldObjectId": NOUGHTS, "newObjectId": head}
    (result,) = azuredevops.rest("POST", f"{repo.api}/refs", [update]).json()["value"]
    assert (result["success"], result["updateStatus"]) == (True, "succeeded")


def test_items_come_raw_or_as_json(azuredevops, repo, pull):
    version = f"versionDescriptor.version={pull.head}&versionDescriptor.versionType=commit"

    raw = azuredevops.rest("GET", f"{repo.api}/items?path=/net/main.tf&{version}&$format=text", headers={"Accept": "text/plain"})
    item = azuredevops.rest("GET", f"{repo.api}/items?path=/net/main.tf&includeContent=true&{version}").json()
    listed = azuredevops.rest("GET", f"{repo.api}/items?scopePath=/&recursionLevel=Full").json()["value"]

    assert raw.body == b"two\n"
    assert (item["path"], item["content"], item["commitId"]) == ("/net/main.tf", "two\n", pull.head)
    assert {i["path"]: i["gitObjectType"] for i in listed} == {"/net": "tree", "/net/main.tf": "blob", "/old.tf": "blob", "/gone.tf": "blob"}


def test_diffs_count_kinds_and_say_when_there_is_more(azuredevops, repo, pull):
    query = f"baseVersion=main&targetVersion={pull.head}&targetVersionType=commit"

    diff = azuredevops.rest("GET", f"{repo.api}/diffs/commits?{query}").json()
    page = azuredevops.rest("GET", f"{repo.api}/diffs/commits?{query}&$top=1").json()

    assert diff["allChangesIncluded"] is True
    assert diff["changeCounts"] == {"Edit": 1, "Add": 1}
    assert (diff["aheadCount"], diff["behindCount"]) == (1, 0)
    assert page["allChangesIncluded"] is False
    assert len(page["changes"]) == 1


# --- pull requests ---


def test_creating_answers_201_with_the_merge_still_queued(azuredevops, repo):
    repo.commit({"net/main.tf": "x\n"}, branch="topic")
    body = {"sourceRefName": "refs/heads/topic", "targetRefName": "refs/heads/main", "title": "t", "isDraft": True}

    reply = azuredevops.rest("POST", f"{repo.api}/pullrequests", body)

    made = reply.json()
    assert (reply.status, made["mergeStatus"], made["isDraft"]) == (201, "queued", True)
    assert "lastMergeCommit" not in made and "description" not in made
    assert made["createdBy"]["id"] == azuredevops.id_of("bot")
    again = azuredevops.rest("POST", f"{repo.api}/pullrequests", body, check=False)
    refused(azuredevops, again, 409, "GitPullRequestExistsException")


@pytest.mark.parametrize("change", [{"title": None}, {"targetRefName": "main"}, {"title": "x" * 401}, {"description": "x" * 4001}])
def test_a_pull_request_with_wrong_texts_is_refused(azuredevops, repo, change):
    repo.commit({"a": "x\n"}, branch="topic")
    body = {"sourceRefName": "refs/heads/topic", "targetRefName": "refs/heads/main", "title": "t", **change}

    refused(azuredevops, azuredevops.rest("POST", f"{repo.api}/pullrequests", body, check=False), 400, "InvalidArgumentValueException")


def test_pull_requests_are_found_by_state_branch_and_author(azuredevops, repo, pull):
    other = repo.open_pull_request({"b": "1"}, author="other")
    other.abandon()

    def found(query):
        return [p["pullRequestId"] for p in azuredevops.rest("GET", f"{repo.api}/pullrequests?{query}").json()["value"]]

    assert found("") == [pull.number]
    assert found("searchCriteria.status=all") == [other.number, pull.number]
    assert found("searchCriteria.status=2") == [other.number]
    assert found("searchCriteria.status=all&$top=1&$skip=1") == [pull.number]
    assert found(f"searchCriteria.status=all&searchCriteria.creatorId={azuredevops.id_of('other')}") == [other.number]
    assert found("searchCriteria.sourceRefName=refs/heads/change-1") == [pull.number]


def test_only_some_properties_can_be_changed(azuredevops, pull):
    pull.rest("PATCH", "", {"title": "Other", "description": "d"})
    assert (pull.raw()["title"], pull.raw()["description"]) == ("Other", "d")

    refused(azuredevops, pull.rest("PATCH", "", {"mergeStatus": "succeeded"}, check=False), 400, "InvalidArgumentValueException")


def test_completing_is_asynchronous(azuredevops, repo, pull):
    pull.wait_for_merge()
    body = {"status": "completed", "lastMergeSourceCommit": {"commitId": pull.head},
            "completionOptions": {"mergeStrategy": 2, "deleteSourceBranch": True}}

    answer = pull.rest("PATCH", "", body).json()

    assert (answer["status"], answer["mergeStatus"]) == ("active", "queued")
    assert answer["closedBy"]["id"] == azuredevops.id_of("bot")
    wait_until(lambda: pull.state == "completed", "completion", 20)
    after = pull.raw()
    assert after["closedDate"] and after["completionOptions"]["mergeStrategy"] == "squash"
    assert repo.files()["net/main.tf"] == "two\n"
    wait_until(lambda: not azuredevops.rest("GET", f"{repo.api}/refs?filter=heads/change-1").json()["value"], "deleted branch", 20)
    refused(azuredevops, pull.rest("PATCH", "", {"title": "x"}, check=False), 400, "GitPullRequestNotEditableException")


@pytest.mark.parametrize("strategy", ["noFastForward", "squash", "rebase", "rebaseMerge"])
def test_each_strategy_leaves_its_own_history(azuredevops, repo, pull, strategy):
    pull.push({"new.tf": "newer\n"})
    repo.commit({"gone.tf": "y\n"})
    pull.complete(mergeStrategy=strategy)

    log = azuredevops.rest("GET", f"{repo.api}/commits?searchCriteria.itemVersion.version=main").json()["value"]

    assert [len(c["parents"]) for c in log] == {"noFastForward": [2, 1, 1, 1, 0], "squash": [1, 1, 0],
                                                "rebase": [1, 1, 1, 0], "rebaseMerge": [2, 1, 1, 1, 0]}[strategy]
    assert repo.files() == {"net/main.tf": "two\n", "old.tf": "same\n" * 20, "gone.tf": "y\n", "new.tf": "newer\n"}


def test_completing_an_older_head_is_refused_but_noughts_are_no_guard(azuredevops, pull):
    old = pull.head
    pull.push({"new.tf": "newer\n"})

    stale = pull.rest("PATCH", "", {"status": 3, "lastMergeSourceCommit": {"commitId": old}}, check=False)
    refused(azuredevops, stale, 409, "GitPullRequestStaleException")
    missing = pull.rest("PATCH", "", {"status": 3}, check=False)
    refused(azuredevops, missing, 400, "InvalidArgumentValueException")
    pull.rest("PATCH", "", {"status": "Completed", "lastMergeSourceCommit": {"commitId": NOUGHTS}})
    wait_until(lambda: pull.state == "completed", "completion", 20)


def test_conflicts_keep_it_open(azuredevops, repo, pull):
    pull.wait_for_merge()
    repo.commit({"net/main.tf": "theirs\n"})
    pull.wait_for_merge("conflicts")
    assert "lastMergeCommit" not in pull.raw()

    pull.rest("PATCH", "", {"status": "completed", "lastMergeSourceCommit": {"commitId": pull.head}})

    wait_until(lambda: pull.raw()["mergeStatus"] == "conflicts", "conflicts", 20)
    assert pull.state == "active"
    pull.push({"net/main.tf": "mine\n"})


def test_policies_are_asked_again_when_the_merge_is_made(tmp_path):
    with Playground(tmp_path, merge_ms=300) as azuredevops:
        repo = azuredevops.create_repo("p/r", {"a": "1"})
        repo.add_policy("reviewers", minimumApproverCount=1)
        pull = repo.open_pull_request({"a": "2"})
        pull.approve()
        pull.rest("PATCH", "", {"status": "completed", "lastMergeSourceCommit": {"commitId": pull.head}})

        pull.vote(-10)

        pull.wait_for_merge("rejectedByPolicy")
        assert pull.state == "active"
        assert repo.files() == {"a": "1"}


def test_auto_complete_can_only_be_set_for_oneself(azuredevops, pull):
    own = {"autoCompleteSetBy": {"id": azuredevops.id_of("bot")}}
    other = {"autoCompleteSetBy": {"id": azuredevops.id_of("author")}}

    assert pull.rest("PATCH", "", own).json()["autoCompleteSetBy"]["id"] == azuredevops.id_of("bot")
    refused(azuredevops, pull.rest("PATCH", "", other, check=False), 400, "InvalidArgumentValueException")


def test_iterations_follow_pushes_and_their_changes_are_those_of_the_pull_request(azuredevops, repo, pull):
    repo.commit({"elsewhere.tf": "not of the pull request\n"})
    pull.push({"old.tf": None, "renamed.tf": "same\n" * 20, "gone.tf": None})

    iterations = pull.rest("GET", "/iterations").json()["value"]
    assert [(i["id"], i["reason"]) for i in iterations] == [(1, "create"), (2, "push")]
    assert iterations[1]["sourceRefCommit"]["commitId"] == pull.head
    assert iterations[0]["commonRefCommit"] == iterations[1]["commonRefCommit"]
    changes = pull.rest("GET", "/iterations/2/changes?$compareTo=0&$top=2000").json()["changeEntries"]
    assert {(c["item"]["path"], c["changeType"], c.get("originalPath")) for c in changes} == {
        ("/net/main.tf", "edit", None), ("/new.tf", "add", None), ("/gone.tf", "delete", None), ("/renamed.tf", "rename", "/old.tf")}
    page = pull.rest("GET", "/iterations/2/changes?$top=3").json()
    assert (len(page["changeEntries"]), page["nextSkip"], page["nextTop"]) == (3, 3, 3)
    since = pull.rest("GET", "/iterations/2/changes?$compareTo=1").json()["changeEntries"]
    assert {c["item"]["path"] for c in since} == {"/gone.tf", "/renamed.tf"}


def test_the_merge_ref_has_target_and_source_as_parents(azuredevops, repo, pull):
    pull.wait_for_merge()

    (merge,) = azuredevops.rest("GET", f"{repo.api}/refs?filter=pull/").json()["value"]

    assert merge["name"] == "refs/pull/1/merge"
    commit = azuredevops.rest("GET", f"{repo.api}/commits/{merge['objectId']}").json()
    raw = pull.raw()
    assert commit["parents"] == [raw["lastMergeTargetCommit"]["commitId"], pull.head]
    assert raw["lastMergeCommit"]["commitId"] == merge["objectId"]


# --- conversation ---


def thread(content="hello", **more):
    return {"comments": [{"parentCommentId": 0, "content": content, "commentType": 1}], **more}


def test_a_thread_has_the_status_it_was_given_or_none(pull):
    closed = pull.rest("POST", "/threads", thread(status="closed", properties={"Tool.Marker": "plan:net"})).json()
    number = pull.rest("POST", "/threads", thread(status=2)).json()
    none = pull.rest("POST", "/threads", thread()).json()

    assert closed["status"] == "closed"
    assert closed["properties"]["Tool.Marker"] == {"$type": "System.String", "$value": "plan:net"}
    assert number["status"] == "fixed"
    assert "status" not in none
    assert none["comments"][0]["id"] == 1
    assert pull.rest("PATCH", f"/threads/{none['id']}", {"status": "active"}).json()["status"] == "active"


def test_a_comment_of_150000_characters_is_the_longest(azuredevops, pull):
    pull.rest("POST", "/threads", thread("x" * 149_998 + "\U0001f680"))

    reply = pull.rest("POST", "/threads", thread("x" * 149_999 + "\U0001f680"), check=False)

    assert "150000" in refused(azuredevops, reply, 400, "InvalidArgumentValueException")


@pytest.mark.parametrize("body", [{}, {"comments": []}, thread(""), thread(status="open"),
                                  {"comments": [{"content": "x", "commentType": "system"}]},
                                  {"comments": [{"content": "x", "parentCommentId": 3}]}])
def test_a_wrong_thread_is_refused(azuredevops, pull, body):
    refused(azuredevops, pull.rest("POST", "/threads", body, check=False), 400, "InvalidArgumentValueException")


def test_a_deleted_comment_stays_without_its_text(azuredevops, pull):
    made = pull.rest("POST", "/threads", thread()).json()["id"]
    reply = pull.rest("POST", f"/threads/{made}/comments", {"content": "more", "parentCommentId": 1}).json()

    assert pull.rest("PATCH", f"/threads/{made}/comments/2", {"content": "else"}).json()["content"] == "else"
    assert pull.rest("DELETE", f"/threads/{made}/comments/{reply['id']}").body == b""
    raw = pull.rest("GET", f"/threads/{made}").json()
    assert raw["isDeleted"] is False
    assert raw["comments"][1]["isDeleted"] is True and "content" not in raw["comments"][1]
    pull.rest("DELETE", f"/threads/{made}/comments/1")
    assert pull.rest("GET", f"/threads/{made}").json()["isDeleted"] is True
    again = pull.rest("PATCH", f"/threads/{made}/comments/2", {"content": "x"}, check=False)
    refused(azuredevops, again, 403, "GitNeedsPermissionException")


def test_only_the_author_changes_a_comment(azuredevops, pull):
    comment = pull.comment("mine", user="author")

    reply = pull.rest("PATCH", f"/threads/{comment.thread}/comments/1", {"content": "x"}, check=False)

    refused(azuredevops, reply, 403, "GitNeedsPermissionException")
    pull.rest("POST", f"/threads/{comment.thread}/comments/1/likes")
    likes = pull.rest("GET", f"/threads/{comment.thread}/comments/1/likes").json()["value"]
    assert [user["id"] for user in likes] == [azuredevops.id_of("bot")]
    pull.rest("DELETE", f"/threads/{comment.thread}/comments/1/likes")
    assert pull.rest("GET", f"/threads/{comment.thread}/comments/1/likes").json()["count"] == 0


def test_what_happened_is_told_in_system_threads(azuredevops, pull):
    pull.approve()
    commit = pull.push({"new.tf": "newer\n"})
    pull.abandon()

    threads = pull.rest("GET", "/threads").json()["value"]

    kinds = [t["properties"]["CodeReviewThreadType"]["$value"] for t in threads]
    assert kinds == ["VoteUpdate", "RefUpdate", "StatusUpdate"]
    assert all(t["comments"][0]["commentType"] == "system" and "status" not in t for t in threads)
    assert threads[1]["properties"]["CodeReviewRefNewHeadCommit"]["$value"] == commit


# --- statuses, votes, labels ---


def status(state="pending", **more):
    return {"state": state, "description": "d", "context": {"name": "plan", "genre": "tool"}, **more}


def test_statuses_pile_up_and_belong_to_an_iteration(azuredevops, pull):
    first = pull.rest("POST", "/iterations/1/statuses", status(1, targetUrl="https://x/")).json()
    second = pull.rest("POST", "/statuses", status("Succeeded", iterationId=1)).json()
    unset = pull.rest("POST", "/statuses", status("notSet")).json()

    assert (first["state"], first["iterationId"], first["targetUrl"]) == ("pending", 1, "https://x/")
    assert second["state"] == "succeeded"
    assert "state" not in unset and "iterationId" not in unset
    assert [s["id"] for s in pull.rest("GET", "/iterations/1/statuses").json()["value"]] == [first["id"], second["id"]]
    assert pull.rest("GET", "/statuses").json()["count"] == 3
    pull.rest("DELETE", f"/statuses/{first['id']}")
    assert pull.status("tool/plan").id == second["id"]


@pytest.mark.parametrize("path, body, code, key", [
    ("/iterations/9/statuses", status(), 404, "GitPullRequestIterationNotFoundException"),
    ("/statuses", status(iterationId=9), 404, "GitPullRequestIterationNotFoundException"),
    ("/statuses", status("great"), 400, "InvalidArgumentValueException"),
    ("/statuses", status(targetUrl="/relative"), 400, "InvalidArgumentValueException"),
    ("/statuses", {"state": "pending"}, 400, "InvalidArgumentValueException"),
])
def test_a_wrong_status_is_refused(azuredevops, pull, path, body, code, key):
    refused(azuredevops, pull.rest("POST", path, body, check=False), code, key)


def test_commit_statuses_are_a_list_of_their_own(azuredevops, repo, pull):
    reply = azuredevops.rest("POST", f"{repo.api}/commits/{pull.head}/statuses", status(3))

    assert (reply.status, reply.json()["state"]) == (201, "failed")
    assert azuredevops.rest("GET", f"{repo.api}/commits/{pull.head}/statuses").json()["count"] == 1
    assert pull.rest("GET", "/statuses").json()["count"] == 0


def test_votes_of_others_can_only_be_taken_back(azuredevops, pull):
    reviewer, stranger = azuredevops.id_of("reviewer"), azuredevops.id_of("bot")
    pull.approve("reviewer")

    refused(azuredevops, pull.rest("PATCH", "/reviewers", [{"id": reviewer, "vote": 5}], check=False), 400, "InvalidArgumentValueException")
    refused(azuredevops, pull.rest("PATCH", "/reviewers", [{"id": stranger, "vote": 0}], check=False), 404, "IdentityNotFoundException")
    assert [r["vote"] for r in pull.rest("GET", "/reviewers").json()["value"]] == [10]
    pull.rest("PATCH", "/reviewers", [{"id": reviewer, "vote": 0}])
    assert [r["vote"] for r in pull.rest("GET", "/reviewers").json()["value"]] == [0]


def test_one_votes_for_oneself_only(azuredevops, pull):
    me, other = azuredevops.id_of("bot"), azuredevops.id_of("reviewer")

    assert pull.rest("PUT", f"/reviewers/{me}", {"vote": 5}).json()["vote"] == 5
    assert pull.rest("PUT", f"/reviewers/{other}", {"vote": 0, "isRequired": True}).json()["isRequired"] is True
    refused(azuredevops, pull.rest("PUT", f"/reviewers/{other}", {"vote": 10}, check=False), 400, "GitPullRequestCannotVoteForOthersException")
    refused(azuredevops, pull.rest("PUT", f"/reviewers/{me}", {"vote": 7}, check=False), 400, "InvalidArgumentValueException")
    by_name = pull.rest("PUT", "/reviewers/automation@playground.example", {"vote": 10}, check=False)
    refused(azuredevops, by_name, 400, "InvalidArgumentValueException")
    assert [(r["id"], r["vote"]) for r in pull.rest("GET", "/reviewers").json()["value"]] == [(me, 5), (other, 0)]
    pull.rest("DELETE", f"/reviewers/{me}")
    assert [r["id"] for r in pull.raw()["reviewers"]] == [other]


def test_labels_share_a_name_space_and_colons_go_by_id(azuredevops, repo, pull):
    first = pull.rest("POST", "/labels", {"name": "Skip:Plan"}).json()
    other = repo.open_pull_request({"b": "1"})

    assert other.rest("POST", "/labels", {"name": "skip:plan"}).json()["name"] == "Skip:Plan"
    assert "labels" not in pull.rest("GET").json()
    reply = pull.rest("DELETE", "/labels/Skip%3APlan", check=False)
    refused(azuredevops, reply, 400, "InvalidArgumentValueException")
    pull.rest("DELETE", f"/labels/{first['id']}")
    assert (pull.labels(), other.labels()) == ([], ["Skip:Plan"])


def test_properties_are_patched(azuredevops, pull):
    patch = [{"op": "add", "path": "/Tool.State", "value": "x"}, {"op": "add", "path": "/Tool.Count", "value": 3}]
    as_patch = {"Content-Type": "application/json-patch+json"}

    properties = pull.rest("PATCH", "/properties", patch, headers=as_patch).json()["value"]
    assert properties["Tool.Count"] == {"$type": "System.Int32", "$value": 3}
    refused(azuredevops, pull.rest("PATCH", "/properties", patch, check=False), 400, "InvalidArgumentValueException")
    left = pull.rest("PATCH", "/properties", [{"op": "remove", "path": "/Tool.State"}], headers=as_patch).json()
    assert list(left["value"]) == ["Tool.Count"]


# --- policies ---


def evaluations(azuredevops, repo, pull):
    artifact = urllib.parse.quote(f"vstfs:///CodeReview/CodeReviewId/{repo.project_id}/{pull.number}", safe="")
    path = f"{repo.project_id}/_apis/policy/evaluations?artifactId={artifact}"
    return azuredevops.rest("GET", path, version="7.1-preview.1").json()["value"]


def only_evaluation(azuredevops, repo, pull):
    (evaluation,) = evaluations(azuredevops, repo, pull)
    return evaluation["status"]


def test_a_status_policy_wants_iterations_and_gates_completion(azuredevops, repo, pull):
    repo.add_policy("status", statusName="plan", statusGenre="tool", authorId=azuredevops.id_of("bot"), invalidateOnSourceUpdate=True)
    complete = {"status": "completed", "lastMergeSourceCommit": {"commitId": pull.head}}

    refused(azuredevops, pull.rest("POST", "/statuses", status("succeeded"), check=False), 403, "GitPullRequestStatusRejectedByPolicyException")
    assert only_evaluation(azuredevops, repo, pull) == "queued"
    pull.rest("POST", "/iterations/1/statuses", status("succeeded"), user="other")
    assert only_evaluation(azuredevops, repo, pull) == "queued"
    refused(azuredevops, pull.rest("PATCH", "", complete, check=False), 403, "GitPullRequestUpdateRejectedByPolicyException")
    pull.rest("POST", "/iterations/1/statuses", status("failed"))
    assert only_evaluation(azuredevops, repo, pull) == "rejected"
    pull.rest("POST", "/iterations/1/statuses", status("succeeded"))
    assert only_evaluation(azuredevops, repo, pull) == "approved"
    pull.push({"new.tf": "newer\n"})
    assert only_evaluation(azuredevops, repo, pull) == "queued"
    pull.rest("POST", "/iterations/2/statuses", status("notApplicable"))
    pull.complete()


def test_reviewers_are_counted_without_the_author_and_votes_reset_on_push(azuredevops, repo, pull):
    repo.add_policy("reviewers", minimumApproverCount=1, resetOnSourcePush=True)

    pull.vote(10, user="author")
    assert only_evaluation(azuredevops, repo, pull) == "queued"
    pull.vote(5, user="reviewer")
    assert only_evaluation(azuredevops, repo, pull) == "approved"
    pull.vote(-10, user="other")
    assert only_evaluation(azuredevops, repo, pull) == "rejected"
    pull.push({"new.tf": "newer\n"})
    assert {r["vote"] for r in pull.raw()["reviewers"]} == {0}
    with pytest.raises(PlaygroundError, match="Minimum number of reviewers"):
        pull.complete()
    azuredevops.forget_unexpected()


def test_open_threads_stop_a_comment_policy(azuredevops, repo, pull):
    repo.add_policy("comments")
    made = pull.rest("POST", "/threads", thread(status="active")).json()["id"]
    assert only_evaluation(azuredevops, repo, pull) == "rejected"
    pull.rest("POST", "/threads", thread(status="closed"))

    pull.rest("PATCH", f"/threads/{made}", {"status": 4})

    assert only_evaluation(azuredevops, repo, pull) == "approved"


def test_a_strategy_policy_refuses_the_others(azuredevops, repo, pull):
    repo.add_policy("merge-strategy", allowSquash=True)

    with pytest.raises(PlaygroundError, match="merge strategy"):
        pull.complete(mergeStrategy="noFastForward")
    azuredevops.forget_unexpected()
    pull.complete(mergeStrategy="squash")


def test_policies_are_kept_changed_and_deleted(azuredevops, repo):
    made = repo.add_policy("reviewers", minimumApproverCount=2)
    base = f"{repo.project_id}/_apis/policy/configurations"

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+", made["createdDate"])
    body = {**made, "isBlocking": False}
    changed = azuredevops.rest("PUT", f"{base}/{made['id']}", body).json()
    assert (changed["isBlocking"], changed["revision"]) == (False, 2)
    assert azuredevops.rest("GET", base).json()["count"] == 1
    effective = f"{repo.project_id}/_apis/git/policy/configurations?repositoryId={repo.id}&refName=refs/heads/main"
    assert azuredevops.rest("GET", effective).json()["count"] == 1
    assert azuredevops.rest("DELETE", f"{base}/{made['id']}").status == 204
    assert azuredevops.rest("GET", base).json()["count"] == 0


def test_a_policy_covers_only_its_branch(azuredevops, repo, pull):
    repo.add_policy("reviewers", branch="release", minimumApproverCount=1)

    assert evaluations(azuredevops, repo, pull) == []


# --- what goes wrong on demand ---


@pytest.mark.parametrize("code", [401, 429, 500, 503])
def test_a_failing_call_has_no_effect(azuredevops, pull, code):
    azuredevops.fault(status=code, count=2, retry_after=3, match="POST")

    replies = [pull.rest("POST", "/labels", {"name": f"l{n}"}, check=False) for n in range(3)]

    assert [r.status for r in replies] == [code, code, 200]
    assert replies[0].headers["Retry-After"] == "3"
    assert pull.labels() == ["l2"]
    if code == 503:
        assert replies[0].body.startswith(b"\xef\xbb\xbf")


def test_a_dropped_answer_leaves_its_effect(azuredevops, pull):
    azuredevops.fault(drop_after=True)

    with pytest.raises(OSError):
        pull.rest("POST", "/labels", {"name": "kept"})

    assert pull.labels() == ["kept"]


@pytest.mark.parametrize("fault", [{"drop": True}, {"hang_ms": 50}])
def test_a_call_that_hangs_or_is_cut_off_has_no_effect(azuredevops, pull, fault):
    azuredevops.fault(**fault, containing="/labels")

    with pytest.raises(OSError):
        pull.rest("POST", "/labels", {"name": "lost"})

    assert pull.labels() == []
    assert azuredevops.counts()["rest"] == 1


def test_calls_are_counted(azuredevops, pull):
    azuredevops.forget_requests()

    pull.rest("GET", "/threads")
    pull.rest("POST", "/labels", {"name": "x"})

    assert azuredevops.counts()["rest"] == 2
    assert [(r["method"], r["status"], r["user"]) for r in azuredevops.requests("rest")] == [("GET", 200, "bot"), ("POST", 200, "bot")]
