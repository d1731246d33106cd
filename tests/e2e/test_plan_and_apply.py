# SPDX-License-Identifier: Apache-2.0
"""The main job: open, plan, comment, apply, and what can go wrong on the way."""

import pytest

from cases import root, text
from local_server import StateStore

PLAN = "Atlantis Bot/atlantis/plan"
APPLY = "Atlantis Bot/atlantis/apply"


def test_open_plan_apply(server, repo, module):
    net = module("net")

    pull = repo.open_pull_request({"net/main.tf": net.text()}, title="Add net")
    plan = pull.wait_for_comment(containing="1 to add")
    pull.wait_for_status(PLAN, "succeeded", containing="1/1 project planned: 1 to add")
    pull.wait_for_status(APPLY, "pending", containing="0/1")
    assert plan.thread_status == "closed"
    assert net.applied() is None

    pull.comment("atlantis apply")
    applied = pull.wait_for_comment(containing="1 added")
    pull.wait_for_status(APPLY, "succeeded", containing="1/1 project applied")
    assert applied.thread_status == "closed"
    assert net.applied() == ["one"]


def test_I2_a_push_plans_again_and_the_old_plan_is_refused(server, playground, repo, module):
    net = module("net")
    pull = repo.open_pull_request({"net/main.tf": net.text()})
    pull.wait_for_comment(containing="1 to add")

    with playground.hooks_held():
        pull.push({"net/main.tf": net.with_values("one", "two").text()})
        pull.comment("atlantis apply", deliver=True)
        refusal = pull.wait_for_comment(containing="the plan was made for")
        assert refusal.thread_status == "closed"
        assert net.applied() is None
    pull.wait_for_comment(containing="2 to add")

    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="2 added")
    assert net.applied() == ["one", "two"]


def test_I2_an_apply_that_waits_behind_the_plan_of_a_push_does_not_apply_it(make_server, playground, repo, module, rules, tmp_path):
    running, go_on = tmp_path / "running", tmp_path / "go-on"
    server = make_server(repo_config=rules(text("""
        repos:
        - id: /.*/
          workflow: gated
        workflows:
          gated:
            plan:
              steps:
              - run: 'touch RUNNING; while [ ! -e GO_ON ]; do sleep 0.05; done'
              - init
              - plan
        """).replace("RUNNING", str(running)).replace("GO_ON", str(go_on))))
    go_on.touch()
    net = module("net")
    pull = repo.open_pull_request({"net/main.tf": net.text()})
    pull.wait_for_comment(containing="1 to add")
    server.wait_until_idle()
    for file in (running, go_on):
        file.unlink()
    pull.push({"net/main.tf": net.with_values("one", "two").text()}, user="other")
    server.wait_for_file(running)
    pull.comment("atlantis apply")
    playground.wait_for_deliveries()
    go_on.touch()
    pull.wait_for_comment(containing="after this apply was asked for")
    assert net.applied() is None

    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="2 added")
    running.unlink()
    go_on.unlink()
    pull.comment("atlantis plan")
    server.wait_for_file(running)
    pull.comment("atlantis apply")
    playground.wait_for_deliveries()
    go_on.touch()
    pull.wait_for_comment(containing="Nothing to apply")


def test_one_project_of_two_fails(server, repo, module):
    good = module("good")
    pull = repo.open_pull_request({
        "good/main.tf": good.text(),
        "bad/main.tf": 'resource "terraform_data" "x" {\n  input = var.nothing\n}\n',
    })
    plan = pull.wait_for_comment(containing="undeclared input variable")
    assert "1 to add" in plan.text
    assert plan.thread_status == "active"
    pull.wait_for_status(PLAN, "failed", containing="1/2 projects planned, 1 failed")

    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="no plan that could be applied")
    assert good.applied() is None

    pull.comment("atlantis apply -d good")
    pull.wait_for_comment(containing="1 added")
    assert good.applied() == ["one"]


def test_several_projects_are_planned_and_applied_together(server, repo, module):
    modules = {name: module(name, values=(name,)) for name in ("a", "b", "c")}
    pull = repo.open_pull_request({f"{name}/main.tf": one.text() for name, one in modules.items()})
    pull.wait_for_status(PLAN, "succeeded", containing="3/3 projects planned: 3 to add")

    pull.comment("atlantis apply")
    pull.wait_for_status(APPLY, "succeeded", containing="3/3 projects applied")
    assert [one.applied() for one in modules.values()] == [["a"], ["b"], ["c"]]


def test_I6_a_second_pull_request_on_the_directory_waits_for_the_first(server, repo, module):
    net = module("net")
    first = repo.open_pull_request({"net/main.tf": net.text()}, author="author")
    first.wait_for_comment(containing="1 to add")

    second = repo.open_pull_request({"net/main.tf": net.with_values("other").text()})
    locked = second.wait_for_comment(containing="locked")
    assert f"!{first.number}" in locked.text
    second.wait_for_status(PLAN, "failed", containing=f"locked by pull request !{first.number}")

    server.wait_until_idle()
    first.abandon()
    first.wait_for_comment(containing="net")
    second.comment("atlantis plan")
    second.wait_for_comment(containing="1 to add")


def test_unlock_gives_up_locks_and_plans(server, repo, module):
    net = module("net")
    first = repo.open_pull_request({"net/main.tf": net.text()})
    first.wait_for_comment(containing="1 to add")

    first.comment("atlantis unlock")
    first.wait_for_comment(containing="nlock")
    first.comment("atlantis apply")
    first.wait_for_comment(containing="Not applied")
    assert net.applied() is None

    second = repo.open_pull_request({"net/main.tf": net.with_values("other").text()})
    second.wait_for_comment(containing="1 to add")


def test_completing_releases_everything(server, repo, module):
    net = module("net")
    pull = repo.open_pull_request({"net/main.tf": net.text()})
    pull.wait_for_comment(containing="1 to add")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="1 added")
    server.wait_until_idle()
    pull.complete()
    pull.wait_for_comment(containing="elease")

    later = repo.open_pull_request({"net/main.tf": net.with_values("one", "two").text()})
    later.wait_for_comment(containing="1 to add")
    assert not list((server.data_dir / "pulls").glob(f"*/checkout/net/../../../{pull.number}"))


def test_a_reopened_pull_request_is_planned_again(server, repo, module):
    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    pull.wait_for_comment(containing="1 to add")
    server.wait_until_idle()
    pull.abandon()
    pull.wait_for_comment(containing="elease")

    pull.reactivate()
    pull.wait_for_comments(2, containing="1 to add")


def test_I12_a_fork_is_refused_unless_forks_are_allowed(make_server, repo, module):
    make_server()
    pull = repo.open_pull_request({"net/main.tf": module("net").text()}, fork=True)
    pull.wait_for_comment(containing="--allow-fork-prs")
    pull.comment("atlantis plan")
    pull.wait_for_comments(2, containing="--allow-fork-prs")


def test_I12_an_allowed_fork_is_planned_from_its_own_commits(make_server, repo, module):
    make_server(allow_fork_prs=True)
    net = module("net")
    pull = repo.open_pull_request({"net/main.tf": net.text()}, fork=True)
    pull.wait_for_comment(containing="1 to add")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="1 added")
    assert net.applied() == ["one"]


def test_a_draft_is_planned_when_it_is_published(server, repo, module):
    pull = repo.open_pull_request({"net/main.tf": module("net").text()}, draft=True)
    server.wait_for_log("skipped|a draft")
    pull.publish()
    pull.wait_for_comment(containing="1 to add")


def test_a_draft_is_planned_at_once_where_that_is_allowed(make_server, repo, module):
    make_server(allow_draft_prs=True)
    pull = repo.open_pull_request({"net/main.tf": module("net").text()}, draft=True)
    pull.wait_for_comment(containing="1 to add")


def test_I11_the_commenter_acts_not_the_author(server, repo, module):
    net = module("net")
    pull = repo.open_pull_request({"net/main.tf": net.text()}, author="author")
    pull.wait_for_comment(containing="1 to add")
    pull.comment("atlantis unlock", user="author")
    pull.wait_for_comment(containing="nlock")
    pull.comment("atlantis plan", user="reviewer")
    pull.wait_for_comments(2, containing="1 to add")

    other = repo.open_pull_request({"net/main.tf": net.with_values("x").text()})
    locked = other.wait_for_comment(containing="locked")
    assert pull.user("reviewer")["displayName"] in locked.text
    assert pull.user("author")["displayName"] not in locked.text


def test_quoted_arguments_arrive_as_written(server, repo, module):
    net = module("net", extra='variable "word" {\n  default = "plain"\n}\n'
                              'output "word" {\n  value = var.word\n}\n')
    pull = repo.open_pull_request({"net/my dir/main.tf": net.text()})
    pull.wait_for_comment(containing="1 to add")

    pull.comment("""atlantis plan -d 'net/my dir' -- -var 'word=it is "quoted" & $HOME; <b>'""")
    plan = pull.wait_for_comment(containing="is \\\"quoted\\\" & $HOME; <b>")
    assert plan.thread_status == "closed"


def test_a_plan_of_200_kB_arrives_whole(server, repo, module):
    values = [f"{number:05d}-" + "x" * 90 for number in range(900)]
    pull = repo.open_pull_request({"big/main.tf": module("big", values=values).text()})
    pull.wait_for_comment(containing="Plan: 900 to add", timeout=120)
    server.wait_until_idle()
    text = "\n".join(comment.text for comment in pull.comments())
    assert len(text) > 200_000
    for number in range(900):
        assert f"{number:05d}-xxx" in text


def test_a_plan_without_changes_needs_no_apply(server, repo, module):
    net = module("net")
    pull = repo.open_pull_request({"net/main.tf": net.text()})
    pull.wait_for_comment(containing="1 to add")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="1 added")

    pull.push({"net/main.tf": net.text() + "# a comment\n"})
    pull.wait_for_comment(containing="o changes")
    pull.wait_for_status(APPLY, "succeeded", containing="up to date")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="Nothing to apply")


def test_invalid_terraform_is_shown_with_its_place(server, repo):
    pull = repo.open_pull_request({"net/main.tf": 'resource "terraform_data" "x" {\n'})
    comment = pull.wait_for_comment(containing="main.tf")
    assert comment.thread_status == "active"
    pull.wait_for_status(PLAN, "failed", containing="1 failed")


def test_without_terraform_the_comment_says_so(make_server, repo, module, tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("git", "sh", "env"):
        (tools / name).symlink_to(f"/usr/bin/{name}")
    server = make_server(start=False)
    server.extra_env["PATH"] = str(tools)
    server.start()
    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    pull.wait_for_comment(containing="terraform")
    pull.wait_for_status(PLAN, "failed")


def test_a_change_without_terraform_is_green_and_silent(server, repo):
    pull = repo.open_pull_request({"docs/page.md": "text\n"})
    pull.wait_for_status(PLAN, "succeeded", containing="0/0")
    pull.wait_for_status(APPLY, "succeeded", containing="0/0")
    assert pull.comments() == []

    pull.comment("atlantis plan")
    pull.wait_for_comment(containing="Nothing to plan")


def test_workspaces_have_states_of_their_own(server, repo, module, tmp_path):
    net = module("net")
    pull = repo.open_pull_request({"net/main.tf": net.text(), "net/env/blue.tfvars": ""})
    pull.wait_for_comment(containing="1 to add")
    pull.comment("atlantis plan -d net -w blue")
    pull.wait_for_comment(containing="blue")
    pull.comment("atlantis apply -d net -w blue")
    pull.wait_for_comment(containing="1 added")
    assert net.applied() is None
    pull.comment("atlantis apply")
    pull.wait_for_comments(2, containing="1 added")
    assert net.applied() == ["one"]


def test_merge_checkouts_plan_the_merged_files(make_server, playground, module):
    make_server(checkout_strategy="merge")
    net = module("net")
    repo = playground.create_repo("platform/infra", {"net/main.tf": net.text()})
    pull = repo.open_pull_request({"net/more.tf": 'resource "terraform_data" "more" {}\n'})
    pull.wait_for_comment(containing="2 to add")
    repo.commit({"net/base.tf": 'resource "terraform_data" "base" {}\n'}, branch="main")

    pull.comment("atlantis apply")
    refusal = pull.wait_for_comment(containing="has changed this project since")
    assert "Not applied" in refusal.text or "not good" in refusal.text
    pull.comment("atlantis plan")
    pull.wait_for_comment(containing="3 to add")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="3 added")


def test_I2_a_state_that_moved_on_is_refused(server, repo, module):
    net, twin = module("shared"), module("shared")
    first = repo.open_pull_request({"net/main.tf": net.text()})
    first.wait_for_comment(containing="1 to add")
    second = repo.open_pull_request({"twin/main.tf": twin.with_values("two").text()})
    second.wait_for_comment(containing="1 to add")

    first.comment("atlantis apply")
    first.wait_for_comment(containing="1 added")
    second.comment("atlantis apply")
    second.wait_for_comment(containing="state")
    assert net.applied() == ["one"]


def test_I2_an_old_plan_is_refused(make_server, repo, module):
    make_server(max_plan_age="1s")
    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    pull.wait_for_comment(containing="1 to add")
    pull.wait_until_older_than(1.1)
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="--max-plan-age")


def test_I2_a_damaged_plan_file_is_refused(server, repo, module):
    net = module("net")
    pull = repo.open_pull_request({"net/main.tf": net.text()})
    pull.wait_for_comment(containing="1 to add")
    (plan,) = server.data_dir.glob("pulls/*/plans/*/*.tfplan")
    plan.write_bytes(plan.read_bytes() + b"x")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="is not the one that was written")
    assert net.applied() is None


def test_a_failed_apply_says_why_and_uses_up_its_plan(server, repo, module):
    net = module("net", extra='resource "terraform_data" "fails" {\n'
                              '  provisioner "local-exec" {\n    command = "echo broken; exit 3"\n  }\n}\n')
    pull = repo.open_pull_request({"net/main.tf": net.text()})
    pull.wait_for_comment(containing="2 to add")
    pull.comment("atlantis apply")
    failed = pull.wait_for_comment(containing="broken")
    assert failed.thread_status == "active"
    pull.wait_for_status(APPLY, "failed", containing="1 failed")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="no plan that could be applied")


def test_help_version_and_misspellings_are_answered(server, repo, module):
    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    pull.wait_for_comment(containing="1 to add")
    pull.comment("atlantis help")
    pull.wait_for_comment(containing="unlock")
    pull.comment("atlantis version")
    pull.wait_for_comment(containing="net: planned with terraform 1.")
    pull.comment("atlantis version -d other")
    pull.wait_for_comment(containing="What was named has no plan.")
    pull.comment("atlantsi plan")
    pull.wait_for_comment(containing="atlantsi")
    pull.comment("atlantis plan --nonsense")
    pull.wait_for_comment(containing="--nonsense")


def test_several_commands_in_one_comment_run_in_order(server, repo, module):
    net = module("net")
    pull = repo.open_pull_request({"net/main.tf": net.text()})
    pull.wait_for_comment(containing="1 to add")
    pull.comment("atlantis unlock\natlantis plan -d net\natlantis apply -d net")
    pull.wait_for_comment(containing="1 added")
    assert net.applied() == ["one"]


def test_votes_titles_and_edits_do_not_plan_again(server, playground, repo, module):
    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    pull.wait_for_comment(containing="1 to add")
    comment = pull.comment("a remark", user="reviewer")
    pull.edit_comment(comment, "atlantis apply")
    pull.vote(10, user="reviewer")
    pull.set_title("approved pull request")
    playground.wait_for_deliveries()
    server.wait_until_idle()
    assert len(pull.comments(by="bot")) == 1


def test_a_repository_that_is_not_allowed_is_told_once(make_server, repo, module):
    make_server(repo_allowlist="*/other/*")
    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    pull.wait_for_comment(containing="--repo-allowlist")


def test_names_with_blanks_and_letters_of_any_language(server, playground, module):
    net = module("net")
    repo = playground.create_repo("Plattform Süd/in fra", {"README.md": "infra\n"})
    pull = repo.open_pull_request({"netz west/main.tf": net.text()}, title="Füge `netz` hinzu")
    plan = pull.wait_for_comment(containing="1 to add")
    assert "atlantis apply -d 'netz west'" in plan.text or 'atlantis apply -d "netz west"' in plan.text
    pull.comment("atlantis apply -d 'netz west'")
    pull.wait_for_comment(containing="1 added")
    assert net.applied() == ["one"]


def test_I5_a_newer_push_supersedes_plans_that_wait(server, playground, repo, module):
    net = module("net")
    playground.fault(match="rest", count=100000, status=503, retry_after=2)  # until all events are in
    pull = repo.open_pull_request({"net/main.tf": net.text()})
    for number in range(3):
        pull.push({"net/main.tf": net.with_values("one", f"push {number}").text()})
    playground.wait_for_deliveries()
    server.wait_for_log("put off for")
    playground.clear_faults()
    pull.wait_for_comment(containing="2 to add")
    server.wait_until_idle()
    assert len(pull.comments(by="bot")) == 1
    assert "push 2" in pull.comments(by="bot")[0].text


def test_verbose_shows_the_log_and_extra_arguments_reach_the_apply(server, repo, module):
    net = module("net")
    pull = repo.open_pull_request({"net/main.tf": net.text()})
    pull.wait_for_comment(containing="1 to add")
    pull.comment("atlantis plan -d net --verbose")
    pull.wait_for_comment(containing="Terraform has been successfully initialized!")
    pull.comment("atlantis apply -d net -- -auto-approve -backup")
    pull.wait_for_comment(containing="`-auto-approve` cannot be given to `apply`")
    pull.comment("atlantis apply -d net -- -parallelism=none")
    pull.wait_for_comment(containing='invalid value "none"')
    assert net.applied() is None


def test_I10_a_project_that_others_have_locked_keeps_the_statuses_from_succeeding(server, repo, module):
    a, c = module("a"), module("c")
    holder = repo.open_pull_request({"c/main.tf": c.text()})
    holder.wait_for_comment(containing="1 to add")
    pull = repo.open_pull_request({"a/main.tf": a.text(), "c/main.tf": c.with_values("other").text()})
    pull.wait_for_comment(containing="locked")

    pull.comment("atlantis plan -d a")
    pull.wait_for_comment(containing="1 to add")
    pull.wait_for_status(PLAN, "pending", containing="1/2 projects planned, 1 not planned")
    pull.comment("atlantis apply -d a")
    pull.wait_for_comment(containing="1 added")
    pull.wait_for_status(APPLY, "pending", containing="1/2 projects applied")


def slow(module, name, gate):
    return module(name, extra=f"""
resource "terraform_data" "waits" {{
  provisioner "local-exec" {{
    command     = "touch {gate}.began; until [ -e {gate} ]; do read -t 0.05 x <> <(:) || true; done"
    interpreter = ["/bin/bash", "-c"]
  }}
}}
""")


def test_I2_a_push_stops_projects_that_wait_behind_others(make_server, repo, module, tmp_path):
    server = make_server(parallel_pool_size=1)
    gate = tmp_path / "gate"
    first, second = slow(module, "a", gate), module("b")
    pull = repo.open_pull_request({"a/main.tf": first.text(), "b/main.tf": second.text()})
    pull.wait_for_status(PLAN, "succeeded", containing="2/2")
    pull.comment("atlantis apply")
    server.wait_for_file(f"{gate}.began")
    pull.push({"b/main.tf": second.with_values("one", "two").text()})
    pull.wait_until_older_than(2.1)
    gate.touch()
    stopped = pull.wait_for_comment(containing="A commit was pushed meanwhile")
    assert "1 of 2 projects applied" in stopped.text
    assert second.applied() is None


@pytest.mark.parametrize("settings, requirement, told", [
    ({}, "undiverged", "`undiverged`"),
    ({"checkout_strategy": "merge"}, "approved", "`main` has changed this project since"),
])
def test_I2_a_base_that_moves_stops_projects_that_wait_behind_others(make_server, playground, repo, module, rules,
                                                                     tmp_path, settings, requirement, told):
    server = make_server(parallel_pool_size=1, **settings, repo_config=rules(f"""
        repos:
        - id: /.*/
          apply_requirements: [{requirement}]
        """))
    gate = tmp_path / "gate"
    first, second = slow(module, "a", gate), module("b")
    pull = repo.open_pull_request({"a/main.tf": first.text(), "b/main.tf": second.text()})
    pull.wait_for_status(PLAN, "succeeded", containing="2/2")
    pull.approve()
    pull.comment("atlantis apply")
    server.wait_for_file(f"{gate}.began")
    repo.commit({"b/theirs.tf": "# theirs\n"})
    pull.wait_until_older_than(2.1)
    gate.touch()
    stopped = pull.wait_for_comment(containing=told)
    assert "1 of 2 projects applied" in stopped.text
    assert second.applied() is None


def test_I2_a_push_during_a_hook_stops_an_import(make_server, repo, module, rules, tmp_path):
    gate = tmp_path / "gate"
    server = make_server(allow_commands="plan,import", repo_config=rules(f"""
        repos:
        - id: /.*/
          pre_workflow_hooks:
          - run: touch {gate}.began; until [ -e {gate} ]; do sleep 0.05; done
            commands: import
        """))
    net = module("net")
    pull = repo.open_pull_request({"net/main.tf": net.text()})
    pull.wait_for_comment(containing="1 to add")
    pull.comment("atlantis import -d net terraform_data.item0 one")
    server.wait_for_file(f"{gate}.began")
    pull.push({"net/main.tf": net.with_values("two").text()})
    pull.wait_until_older_than(2.1)
    gate.touch()
    pull.wait_for_comment(containing="A commit was pushed meanwhile")
    assert net.applied() is None


@pytest.mark.parametrize("narrow", ["-refresh-only", "-target=terraform_data.nosuch", "--destroy"])
def test_I10_a_plan_of_a_part_without_changes_does_not_settle_the_rest(make_server, repo, module, narrow):
    server = make_server(automerge=True)
    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    pull.wait_for_comment(containing="1 to add")
    pull.comment(f"atlantis plan -d net -- {narrow}")
    server.wait_until_idle()
    assert pull.status(APPLY).state == "pending"
    assert pull.state == "active"
    assert module("net").applied() is None


def test_programs_of_the_teams_own_need_no_terraform_files(make_server, repo, rules):
    make_server(autoplan_file_list="**/*.yaml", repo_config=rules("""
        repos:
        - id: /.*/
          workflow: own
        workflows:
          own:
            plan:
              steps:
              - run: echo planned $(cat config.yaml)
            apply:
              steps:
              - run: echo applied
        """))
    pull = repo.open_pull_request({"svc/config.yaml": "one", "lib/notes.txt": "none"})
    assert "svc" in pull.wait_for_comment(containing="planned one").text
    pull.comment("atlantis plan -d svc")
    pull.wait_for_comments(2, containing="planned one")


def test_a_state_that_cannot_be_read_refuses_the_apply_and_keeps_the_plan(server, repo, module):
    with StateStore() as store:
        backend = f'terraform {{\n  backend "http" {{\n    address = "{store.url}"\n  }}\n}}\n'
        pull = repo.open_pull_request({"net/main.tf": module("net").text(), "net/backend_override.tf": backend})
        pull.wait_for_comment(containing="1 to add")
        store.refuses = True
        pull.comment("atlantis apply")
        told = pull.wait_for_comment(containing="Whether it may be applied could not be found out")
        assert "state" in told.text and told.thread_status == "closed"

        store.refuses = False
        pull.comment("atlantis apply")
        pull.wait_for_comment(containing="1 added")
        assert b'"one"' in store.state


def test_files_that_planning_left_are_there_at_apply(server, repo, module):
    net = module("net", extra="""
resource "terraform_data" "reads" {
  provisioner "local-exec" {
    command = "cat made-by-plan.txt"
  }
}
""")
    pull = repo.open_pull_request({"net/main.tf": net.text()})
    pull.wait_for_comment(containing="2 to add")
    (directory,) = server.data_dir.glob("pulls/*/checkout/net")
    (directory / "made-by-plan.txt").write_text("what planning left\n")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="what planning left")


def test_another_plan_leaves_what_planning_left(make_server, repo, rules):
    make_server(repo_config=rules("""
        repos:
        - id: /.*/
          workflow: leaves
          pre_workflow_hooks:
          - run: "true"
        workflows:
          leaves:
            plan:
              steps: [init, plan, run: echo "left by $DIR" > archive.zip]
            apply:
              steps: [run: cat archive.zip, apply]
        """))
    pull = repo.open_pull_request({"a/main.tf": root(), "b/main.tf": root()})
    pull.wait_for_status(PLAN, "succeeded", containing="2/2")
    pull.comment("atlantis plan -d b")
    pull.comment("atlantis version")
    pull.comment("atlantis apply")
    applied = pull.wait_for_comment(containing="2 added").text
    assert "/a\n" in applied and "/b\n" in applied


def test_a_plan_is_applied_with_the_lock_file_that_it_was_made_with(make_server, repo, rules):
    make_server(checkout_strategy="merge", repo_config=rules("""
        repos:
        - id: /.*/
          workflow: locks
        workflows:
          locks:
            plan:
              steps: [init, plan, run: echo "# of $DIR" > .terraform.lock.hcl]
            apply:
              steps: [run: cat .terraform.lock.hcl, apply]
        """))
    pull = repo.open_pull_request({"a/main.tf": root(), "b/main.tf": root()})
    pull.wait_for_status(PLAN, "succeeded", containing="2/2")
    repo.commit({"README.md": "theirs\n"})
    pull.comment("atlantis plan -d b")
    pull.comment("atlantis apply")
    applied = pull.wait_for_comment(containing="2 added").text
    assert "/a\n" in applied and "/b\n" in applied


def test_a_late_event_does_not_close_what_is_open_again(server, playground, repo, module):
    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    pull.wait_for_comment(containing="1 to add")
    server.wait_until_idle()
    with playground.hooks_held():
        pull.abandon()
        pull.reactivate()
    playground.wait_for_deliveries()
    server.wait_until_idle()
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="1 added")


def test_an_apply_of_nothing_names_what_it_looked_for(server, repo, module):
    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    pull.wait_for_comment(containing="1 to add")
    pull.comment("atlantis apply -d nonsense")
    pull.wait_for_comment(containing="of directory `nonsense`, workspace `default`")
