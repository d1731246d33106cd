# SPDX-License-Identifier: Apache-2.0
"""Completing a pull request once everything in it is applied, and what stands against that."""
import pytest

from cases import text

NEXT = "completed next"
NOT = "Not completed"
REVIEWERS = "Minimum number of reviewers"


@pytest.fixture
def apply(module):
    """Opens a pull request with one project and applies it, after prepare(pull)."""

    def run(repo, prepare=lambda pull: None, line="atlantis apply"):
        pull = repo.open_pull_request({"app/main.tf": module("app").text()})
        pull.wait_for_comment(containing="1 to add")
        pull.wait_for_merge()
        prepare(pull)
        pull.comment(line)
        return pull

    return run


def completions(playground, pull):
    return [r for r in playground.requests("rest", "PATCH") if r["path"].endswith(f"/pullRequests/{pull.number}")]


def told(pull):
    return [c.text for c in pull.comments(by="bot") if NOT in c.text]


def test_what_the_apply_status_gates_is_completed_behind_it(make_server, repo, apply):
    repo.add_policy("status", statusGenre="Atlantis Bot/atlantis", statusName="apply", invalidateOnSourceUpdate=True)
    make_server(automerge=True)

    pull = apply(repo)

    pull.wait_for_comment(containing=NEXT)
    pull.wait_until_completed()
    assert told(pull) == []
    assert len(repo.commits()[0]["parents"]) == 2
    assert "change-1" in repo.branches()


@pytest.mark.parametrize("settings, line, parents", [
    ({"automerge_method": "squash"}, "atlantis apply", 1),
    ({"automerge_method": "squash"}, "atlantis apply --auto-merge-method merge", 2),
    ({}, "atlantis apply --auto-merge-method rebase", 1),
    ({"automerge_method": "semi-linear"}, "atlantis apply", 2),
])
def test_the_method_is_the_comments_or_the_servers(make_server, repo, apply, settings, line, parents):
    make_server(automerge=True, **settings)

    pull = apply(repo, line=line)

    pull.wait_until_completed()
    assert len(repo.commits()[0]["parents"]) == parents


def test_a_branch_that_wants_a_semi_linear_history_gets_it(make_server, repo, apply):
    repo.add_policy("merge-strategy", allowRebaseMerge=True)
    make_server(automerge=True)

    pull = apply(repo, prepare=lambda pull: repo.commit({"docs/a.md": "meanwhile\n"}))

    pull.wait_until_completed()
    merge, rebased, meanwhile = repo.commits()[:3]
    assert merge["parents"] == [meanwhile["commitId"], rebased["commitId"]]
    assert rebased["parents"] == [meanwhile["commitId"]], "its commits stand on what was there at completion"


def test_the_branch_decides_where_nobody_says_a_method(make_server, playground, repo, apply, tmp_path):
    repo.add_policy("merge-strategy", allowSquash=True)
    rules = tmp_path / "repos.yaml"
    rules.write_text(text("""
        repos:
        - id: /.*/
          delete_source_branch_on_merge: true
        """))
    server = make_server(automerge=True, repo_config=rules)

    pull = apply(repo)

    pull.wait_until_completed()
    assert len(repo.commits()) == 2
    server.wait_for(lambda: list(repo.branches()) == ["main"], "deletion of the branch")


def test_a_method_that_the_branch_forbids_is_told_with_those_it_allows(make_server, repo, apply):
    repo.add_policy("merge-strategy", allowSquash=True, allowRebase=True)
    server = make_server(automerge=True)

    pull = apply(repo, line="atlantis apply --auto-merge-method merge")

    pull.wait_for_comment(containing="does not allow the method `merge`; it allows: `squash`, `rebase`")
    server.wait_until_idle()
    assert (pull.state, len(told(pull))) == ("active", 1)


def test_a_policy_in_the_way_is_named_once_and_later_comments_go_on(make_server, playground, repo, apply):
    repo.add_policy("reviewers", minimumApproverCount=1)
    server = make_server(automerge=True)

    pull = apply(repo)

    pull.wait_for_comment(containing=REVIEWERS)
    server.wait_until_idle()
    (text_of_it,) = told(pull)
    assert f'policy "{REVIEWERS}" is queued' in text_of_it
    assert pull.state == "active"
    assert len(completions(playground, pull)) == 1
    playground.forget_unexpected()
    pull.comment("atlantis version")
    pull.wait_for_comments(4)


def test_a_team_that_has_to_approve_is_waited_for_by_people(make_server, playground, repo, apply):
    team = playground.add_team("platform", "Owners", ["reviewer"])
    repo.add_policy("required-reviewers", reviewers=[team, "other"])
    server = make_server(automerge=True)

    pull = apply(repo, prepare=lambda pull: pull.approve("reviewer"))

    pull.wait_for_comment(containing=NOT)
    server.wait_until_idle()
    (text_of_it,) = told(pull)
    assert 'policy "Required reviewers" is queued' in text_of_it
    assert pull.state == "active"
    playground.forget_unexpected()
    pull.approve("other")
    pull.comment("atlantis apply")
    pull.wait_until_completed()


@pytest.mark.parametrize("flag, file, completes", [(False, "true", True), (True, "false", False)])
def test_the_repository_decides_and_then_the_flag(make_server, playground, repo, apply, flag, file, completes):
    repo.commit({"atlantis.yaml": f"version: 3\nautomerge: {file}\nprojects:\n- dir: app\n"})
    server = make_server(automerge=flag)

    pull = apply(repo)

    pull.wait_for_comment(containing="1 added")
    server.wait_until_idle()
    if completes:
        pull.wait_until_completed()
    assert (pull.state, len(completions(playground, pull))) == (("completed", 1) if completes else ("active", 0))


def test_it_waits_for_each_project_but_not_for_those_without_changes(make_server, playground, repo, module):
    server = make_server(automerge=True)
    pull = repo.open_pull_request({"a/main.tf": module("a").text(), "b/main.tf": module("b").text(),
                                   "none/main.tf": "# nothing\n"})
    pull.wait_for_comment(containing="no changes")
    pull.wait_for_merge()

    pull.comment("atlantis apply -d a")
    assert NEXT not in pull.wait_for_comment(containing="1 added").text
    server.wait_until_idle()
    assert (pull.state, completions(playground, pull)) == ("active", [])

    pull.comment("atlantis apply")
    pull.wait_for_comment(containing=NEXT)
    pull.wait_until_completed()


def test_an_apply_that_failed_completes_nothing(make_server, playground, repo, module):
    server = make_server(automerge=True)
    failing = module("b").text() + ('resource "terraform_data" "no" {\n  provisioner "local-exec" {\n'
                                    '    command = "exit 1"\n  }\n}\n')
    pull = repo.open_pull_request({"a/main.tf": module("a").text(), "b/main.tf": failing})
    pull.wait_for_comment(containing="2 to add")
    pull.wait_for_merge()

    pull.comment("atlantis apply")

    pull.wait_for_comment(containing="1 added")
    server.wait_until_idle()
    assert (pull.state, completions(playground, pull)) == ("active", [])


def test_a_draft_is_not_completed_and_that_is_told(make_server, repo, apply):
    server = make_server(automerge=True, allow_draft_prs=True)

    pull = apply(repo, prepare=lambda pull: pull.set_draft(True))

    pull.wait_for_comment(containing="it is a draft")
    server.wait_until_idle()
    assert (pull.state, len(told(pull))) == ("active", 1)


def test_a_completion_that_takes_long_is_asked_for_once(make_server, playground, repo, apply):
    make_server(automerge=True)

    pull = apply(repo, prepare=lambda pull: pull.complete_slowly(looks=2))

    pull.wait_until_completed()
    assert len(completions(playground, pull)) == 1
    assert told(pull) == []


def test_a_vote_that_comes_in_between_is_told(make_server, playground, repo, apply):
    repo.add_policy("reviewers", minimumApproverCount=1)
    server = make_server(automerge=True)

    def prepare(pull):
        pull.approve()
        pull.complete_slowly(looks=3)

    pull = apply(repo, prepare)
    server.wait_for(lambda: completions(playground, pull), "the request to complete it")
    pull.vote(-10, user="other")

    pull.wait_for_comment(containing=f'policy "{REVIEWERS}" is rejected')
    server.wait_until_idle()
    assert (pull.state, len(told(pull)), len(completions(playground, pull))) == ("active", 1, 1)


def test_a_lost_answer_completes_once(make_server, playground, repo, apply):
    make_server(automerge=True)

    pull = apply(repo, prepare=lambda pull: playground.fault("PATCH", drop_after=True))

    pull.wait_until_completed()
    assert told(pull) == []


def test_what_somebody_asked_the_host_to_complete_is_left_to_it(make_server, playground, repo, apply):
    repo.add_policy("reviewers", minimumApproverCount=1)
    server = make_server(automerge=True)

    pull = apply(repo, prepare=lambda pull: pull.set_auto_complete("author", mergeStrategy="squash"))

    pull.wait_for_comment(containing=NEXT)
    server.wait_until_idle()
    assert (pull.state, told(pull), len(completions(playground, pull))) == ("active", [], 1)
    pull.approve()
    pull.wait_until_completed()
    assert pull.raw()["closedBy"]["id"] == playground.id_of("author")


@pytest.mark.parametrize("line, label, words", [
    ("atlantis apply --auto-merge-disabled", None, "as the comment asks"),
    ("atlantis apply", "No-Merge", "as a label asks"),
])
def test_a_comment_or_a_label_may_ask_not_to(make_server, playground, repo, apply, line, label, words):
    server = make_server(automerge=True, disable_automerge_label="no-merge")

    pull = apply(repo, prepare=lambda pull: label and pull.add_label(label), line=line)

    pull.wait_for_comment(containing=words)
    server.wait_until_idle()
    assert (pull.state, completions(playground, pull)) == ("active", [])


def test_requirements_name_who_and_what_stands_against_an_apply(make_server, playground, repo, apply, tmp_path):
    repo.add_policy("comments")
    repo.add_policy("status", statusGenre="Atlantis Bot/atlantis", statusName="apply")
    team = playground.add_team("platform", "Owners", ["other"])
    rules = tmp_path / "repos.yaml"
    rules.write_text(text("""
        repos:
        - id: /.*/
          apply_requirements: [approved, mergeable]
        """))
    make_server(repo_config=rules)

    def prepare(pull):
        pull.add_reviewer(team, required=True)
        pull.vote(10, user="reviewer")
        pull.comment("why?", user="reviewer")

    pull = apply(repo, prepare)

    refusal = pull.wait_for_comment(containing="required reviewer").text
    assert "Owners" in refusal
    assert "Comment requirements" in refusal and "rejected" in refusal
    assert "Status" not in refusal
    pull.vote(-10, user="other")
    pull.comment("atlantis apply")
    assert "Other Person" in pull.wait_for_comment(containing="rejected, or waits").text
    pull.vote(10, user="other")
    for thread in pull.threads():
        pull.set_thread_status(thread["id"], "fixed")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="1 added")
