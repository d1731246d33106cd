# SPDX-License-Identifier: Apache-2.0
"""Policies: what is checked after a plan, what an apply needs of it, and who may approve."""

import pytest

from policies import Policies, path_with_conftest, path_without_conftest, rego, rule

PLAN = "Atlantis Bot/atlantis/plan"
POLICY = "Atlantis Bot/atlantis/policy_check"

NO_BAD = rego(rule("bad", "input bad is forbidden"))
OWNER = "owners: {users: [Reviewer@Playground.example]}"


@pytest.fixture
def policies(tmp_path):
    return Policies(tmp_path / "policies")


@pytest.fixture
def serve(make_server, policies):
    """A server that checks the policies. parts are of Policies.write()."""
    def make(path=None, repo=(), workflows="", **settings):
        server = make_server(start=False, repo_config=policies.write(repo=repo, workflows=workflows),
                             enable_policy_checks=True, **settings)
        server.extra_env["PATH"] = path or path_with_conftest()
        return server.start()

    return make


def open_pull(repo, module, *values, **files):
    return repo.open_pull_request({"net/main.tf": module("net").with_values(*values).text(), **files})


def apply_is_refused(pull, module, containing="policies have to pass"):
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing=containing)
    assert module("net").applied() is None


def test_what_passes_is_applied(serve, policies, repo, module):
    policies.add("inputs", NO_BAD)
    serve()
    pull = open_pull(repo, module, "good")

    comment = pull.wait_for_comment(containing="Policy check: passed")
    assert "1 test, 1 passed" in comment.text and comment.thread_status == "closed"
    pull.wait_for_status(POLICY, "succeeded", containing="1/1 project passed its policies")

    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="1 added")
    assert module("net").applied() == ["good"]


def test_what_fails_is_not_applied(serve, policies, repo, module):
    policies.add("inputs", NO_BAD, OWNER)
    serve()
    pull = open_pull(repo, module, "bad")

    comment = pull.wait_for_comment(containing="Policy check: failed")
    assert "FAIL - <redacted plan file> - main - input bad is forbidden" in comment.text
    assert "atlantis approve_policies -d net" in comment.text and comment.thread_status == "active"
    pull.wait_for_status(POLICY, "failed", containing="0/1 project passed its policies")
    pull.wait_for_status(PLAN, "succeeded")
    apply_is_refused(pull, module, "`inputs` failed and has 0 of 1 approvals")
    apply_is_refused(pull, module)


def test_a_warning_passes(serve, policies, repo, module):
    policies.add("inputs", rego(rule("bad", "careful", kind="warn")))
    serve()
    pull = open_pull(repo, module, "bad")

    pull.wait_for_comment(containing="WARN - <redacted plan file> - main - careful")
    pull.wait_for_status(POLICY, "succeeded")


def test_an_owner_approves_and_nobody_else(serve, policies, repo, module):
    policies.add("inputs", NO_BAD, OWNER)
    serve()
    pull = open_pull(repo, module, "bad")
    pull.wait_for_comment(containing="Policy check: failed")

    pull.comment("atlantis approve_policies", user="other")
    pull.wait_for_comment(containing="`inputs`: you are not one of its owners")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="policies have to pass")

    pull.comment("atlantis approve_policies", user="reviewer")
    pull.wait_for_comment(containing="You approved: `inputs`")
    pull.wait_for_status(POLICY, "succeeded", containing="1/1")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="1 added")
    assert module("net").applied() == ["bad"]


def test_two_approvals_are_two_people(serve, policies, repo, module):
    policies.add("inputs", NO_BAD, "approve_count: 2",
                 "owners: {users: [reviewer@playground.example, other@playground.example]}")
    serve()
    pull = open_pull(repo, module, "bad")
    pull.wait_for_comment(containing="0 of 2 approvals")

    pull.comment("atlantis approve_policies", user="reviewer")
    pull.wait_for_comment(containing="1 of 2 approvals")
    pull.comment("atlantis approve_policies", user="reviewer")
    pull.wait_for_comment(containing="Ask another owner")
    apply_is_refused(pull, module, "1 of 2 approvals")

    pull.comment("atlantis approve_policies", user="other")
    pull.wait_for_comment(containing="2 of 2 approvals")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="1 added")


def test_the_author_cannot_approve_where_that_is_forbidden(serve, policies, repo, module):
    policies.add("inputs", NO_BAD, "prevent_self_approve: true",
                 "owners: {users: [author@playground.example]}")
    serve()
    pull = open_pull(repo, module, "bad")
    pull.wait_for_comment(containing="Policy check: failed")

    pull.comment("atlantis approve_policies", user="author")
    pull.wait_for_comment(containing="who opened the pull request may not approve")
    apply_is_refused(pull, module)


def test_an_approval_ends_with_the_next_check(serve, policies, repo, module):
    policies.add("inputs", NO_BAD, OWNER)
    serve()
    pull = open_pull(repo, module, "bad")
    pull.wait_for_comment(containing="Policy check: failed")
    pull.comment("atlantis approve_policies", user="reviewer")
    pull.wait_for_status(POLICY, "succeeded")

    pull.comment("atlantis plan")
    pull.wait_for_comments(2, containing="Policy check: failed")
    pull.wait_for_status(POLICY, "failed")
    apply_is_refused(pull, module)


def test_a_sticky_approval_goes_on_while_it_covers_all_that_is_found(serve, policies, repo, module):
    policies.add("inputs", rego(rule("bad", "bad input"), rule("worse", "worse input")), OWNER,
                 "sticky_policy_approvals: true", 'policy_item_regex: "FAIL.*"')
    serve()
    pull = open_pull(repo, module, "bad")
    pull.wait_for_comment(containing="Policy check: failed")
    pull.comment("atlantis approve_policies", user="reviewer")
    pull.wait_for_status(POLICY, "succeeded")

    pull.comment("atlantis plan")
    pull.wait_for_comment(containing="Policy check: approved")
    pull.wait_for_status(POLICY, "succeeded")

    pull.push({"net/main.tf": module("net").with_values("bad", "worse").text()})
    pull.wait_for_comment(containing="1 of 2 findings were approved before")
    pull.wait_for_status(POLICY, "failed")
    apply_is_refused(pull, module)

    pull.comment("atlantis approve_policies", user="reviewer")
    pull.wait_for_status(POLICY, "succeeded")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="2 added")


def test_approvals_are_cleared(serve, policies, repo, module):
    policies.add("inputs", NO_BAD, OWNER)
    serve()
    pull = open_pull(repo, module, "bad")
    pull.wait_for_comment(containing="Policy check: failed")
    pull.comment("atlantis approve_policies", user="reviewer")
    pull.wait_for_status(POLICY, "succeeded")

    pull.comment("atlantis approve_policies --clear-policy-approval", user="reviewer")
    pull.wait_for_comment(containing="Approvals cleared: `inputs`")
    pull.wait_for_status(POLICY, "failed")
    apply_is_refused(pull, module)


def test_one_set_is_approved_by_its_name(serve, policies, repo, module):
    policies.own(OWNER).add("inputs", NO_BAD).add("others", NO_BAD)
    serve()
    pull = open_pull(repo, module, "bad")
    pull.wait_for_comment(containing="Policy check: failed")

    pull.comment("atlantis approve_policies --policy-set tohers", user="reviewer")
    pull.wait_for_comment(containing="no policy set `tohers`")
    pull.comment("atlantis approve_policies --policy-set others", user="reviewer")
    pull.wait_for_comment(containing="You approved: `others`")
    apply_is_refused(pull, module, "`inputs` failed and has 0 of 1 approvals")


def test_one_project_of_two_fails(serve, policies, repo, module):
    policies.add("inputs", NO_BAD)
    serve()
    good, bad = module("good"), module("bad")
    pull = repo.open_pull_request({"good/main.tf": good.with_values("good").text(),
                                   "bad/main.tf": bad.with_values("bad").text()})
    pull.wait_for_comment(containing="Policy check: 1 of 2 projects pass")
    pull.wait_for_status(POLICY, "failed", containing="1/2 projects passed their policies")

    pull.comment("atlantis apply -d bad")
    pull.wait_for_comment(containing="policies have to pass")
    pull.comment("atlantis apply -d good")
    pull.wait_for_comment(containing="1 added")
    assert (good.applied(), bad.applied()) == (["good"], None)


def test_a_failed_plan_stops_the_checks(serve, policies, repo, module):
    policies.add("inputs", NO_BAD)
    server = serve()
    pull = repo.open_pull_request({"good/main.tf": module("good").text(),
                                   "broken/main.tf": 'output "x" {\n  value = var.nothing\n}\n'})
    pull.wait_for_comment(containing="undeclared input variable")
    server.wait_until_idle()
    assert not [c for c in pull.comments("bot") if "Policy check" in c.text]

    pull.comment("atlantis apply -d good")
    pull.wait_for_comment(containing="`inputs` was not checked for this plan")
    assert module("good").applied() is None


def test_quiet_tells_only_of_what_failed(serve, policies, repo, module):
    policies.add("inputs", NO_BAD)
    server = serve(quiet_policy_checks=True)
    pull = open_pull(repo, module, "good")
    pull.wait_for_status(POLICY, "succeeded")
    server.wait_until_idle()
    assert not [c for c in pull.comments("bot") if "Policy check" in c.text]

    pull.push({"net/main.tf": module("net").with_values("bad").text()})
    pull.wait_for_comment(containing="Policy check: failed")


def test_a_project_that_is_opted_out_is_not_checked(serve, policies, repo, module):
    policies.add("inputs", NO_BAD)
    server = serve(repo=["allowed_overrides: [policy_check]"])
    pull = open_pull(repo, module, "bad", **{
        "atlantis.yaml": "version: 3\nprojects:\n  - dir: net\n    policy_check: false\n"})
    pull.wait_for_comment(containing="1 to add")
    server.wait_until_idle()
    assert not [c for c in pull.comments("bot") if "Policy check" in c.text]

    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="1 added")


def test_a_repository_cannot_opt_out_by_itself(serve, policies, repo, module):
    policies.add("inputs", NO_BAD)
    serve()
    pull = open_pull(repo, module, "bad", **{
        "atlantis.yaml": "version: 3\nprojects:\n  - dir: net\n    policy_check: false\n"})
    pull.wait_for_comment(containing="Policy check: failed")
    apply_is_refused(pull, module)


def test_broken_rego_fails(serve, policies, repo, module):
    policies.add("inputs", "package main\n\ndeny contains msg if { nonsense(\n")
    serve()
    pull = open_pull(repo, module, "good")
    pull.wait_for_comment(containing="rego_parse_error")
    pull.wait_for_status(POLICY, "failed")
    apply_is_refused(pull, module)


def test_a_missing_conftest_fails(serve, policies, repo, module):
    policies.add("inputs", NO_BAD)
    serve(path=path_without_conftest())
    pull = open_pull(repo, module, "good")
    pull.wait_for_comment(containing="conftest is not installed on the server")
    apply_is_refused(pull, module)


def test_a_plan_that_is_cancelled_during_its_checks_is_told_and_has_not_passed(serve, policies, repo, module,
                                                                              tmp_path):
    policies.add("inputs", NO_BAD)
    running = tmp_path / "running"
    server = serve(workflows=f"""    workflow: slow
workflows:
  slow:
    policy_check:
      steps:
        - show
        - run: touch {running}; while true; do sleep 0.05; done
        - policy_check
""")
    pull = open_pull(repo, module, "good")
    server.wait_for_file(running)

    pull.comment("atlantis cancel")

    pull.wait_for_comment(containing="1 to add")
    pull.wait_for_status(PLAN, "succeeded")
    pull.wait_for_status(POLICY, "failed", containing="1 not checked")
    apply_is_refused(pull, module)


def test_a_check_without_a_rule_or_with_no_fail_fails(serve, policies, repo, module):
    policies.add("elsewhere", rego(rule("bad", "no"), package="other")).add("inputs", NO_BAD)
    serve(workflows="""    workflow: lenient
workflows:
  lenient:
    policy_check:
      steps:
        - show
        - policy_check:
            extra_args: ["--no-fail"]
""")
    pull = open_pull(repo, module, "bad")
    comment = pull.wait_for_comment(containing="Policy check: failed")
    assert "No policy was tested" in comment.text
    assert "Policy set `inputs`: **failed**" in comment.text
    apply_is_refused(pull, module)


def test_extra_arguments_and_steps_around_the_check(serve, policies, repo, module):
    policies.add("inputs", rego(rule("bad", "bad input"), package="other"))
    serve(workflows="""    workflow: around
workflows:
  around:
    policy_check:
      steps:
        - show
        - run: echo before the check of $PROJECT_NAME$REPO_REL_DIR
        - env: {name: FLAG, value: --all-namespaces}
        - policy_check:
            extra_args: ["$FLAG"]
        - run: cat "$POLICYCHECKFILE"
""")
    pull = open_pull(repo, module, "bad")
    comment = pull.wait_for_comment(containing="Policy check: failed")
    assert "before the check of net" in comment.text
    assert "other - bad input" in comment.text
    assert '"PolicySetName":"inputs"' in comment.text.replace('": ', '":')


def test_a_configuration_of_conftest_in_the_pull_request_has_no_say(serve, policies, repo, module):
    policies.add("inputs", NO_BAD)
    serve()
    pull = open_pull(repo, module, "bad", **{"net/conftest.toml": "combine = true\n"})
    pull.wait_for_comment(containing="Policy check: failed")


CUSTOM = """    workflow: custom
workflows:
  custom:
    policy_check:
      steps:
        - env: {name: QUIET, value: nothing is printed here}
        - run: echo looks good
        - run: %s
"""


def test_custom_checks_are_matched_by_position(serve, policies, repo, module):
    policies.add("first", NO_BAD).add("second", NO_BAD)
    serve(path=path_without_conftest(), repo=["custom_policy_check: true"],
          workflows=CUSTOM % "echo 2 checks, 0 failures")
    pull = open_pull(repo, module, "good")
    comment = pull.wait_for_comment(containing="Policy check: passed")
    assert "looks good" in comment.text and "2 checks" in comment.text
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="1 added")


@pytest.mark.parametrize("command, told", [
    ("echo fine; exit 3", "The step failed"),
    ("echo 1 failure", "1 failure"),
    ("true", "printed a result for this set"),
])
def test_a_custom_check_without_a_good_result_fails(serve, policies, repo, module, command, told):
    policies.add("first", NO_BAD).add("second", NO_BAD)
    serve(path=path_without_conftest(), repo=["custom_policy_check: true"],
          workflows=CUSTOM % command)
    pull = open_pull(repo, module, "good")
    comment = pull.wait_for_comment(containing="Policy check: failed")
    assert told in comment.text
    assert "Policy set `first`: **passed**" in comment.text
    apply_is_refused(pull, module, "`second` failed")
