# SPDX-License-Identifier: Apache-2.0
"""Every flag of the server that does something is named here with a test that shows it; those without
a test elsewhere have it here."""

import re
import ssl
import urllib.request

import pytest

from cases import root
from relay import Authority
from server import SOURCE_ROOT

PLAN = "Atlantis Bot/atlantis/plan"
APPLY = "Atlantis Bot/atlantis/apply"
REFERENCE = SOURCE_ROOT / "docs" / "reference" / "server.md"

SHOWN = {
    "config": "unit/test_settings.c: every_supported_flag_sets_its_field_from_all_four_places",
    "port": "e2e/test_plan_and_apply.py: test_open_plan_apply",
    "data-dir": "e2e/test_plan_and_apply.py: test_open_plan_apply",
    "repo-allowlist": "e2e/test_plan_and_apply.py: test_a_repository_that_is_not_allowed_is_told_once",
    "azuredevops-user": "e2e/test_plan_and_apply.py: test_open_plan_apply",
    "azuredevops-token": "e2e/test_plan_and_apply.py: test_open_plan_apply",
    "azuredevops-base-url": "e2e/test_plan_and_apply.py: test_open_plan_apply",
    "azuredevops-webhook-user": "e2e/test_intake.py: test_a_wrong_password_is_refused",
    "azuredevops-webhook-password": "e2e/test_intake.py: test_a_wrong_password_is_refused",
    "azuredevops-hostname": "unit/test_settings.c: another_host_name_changes_the_base_url",
    "azuredevops-timeout": "e2e/test_outage.py",
    "allow-unauthenticated-webhooks": "e2e/test_flags.py: test_webhooks_without_a_password",
    "atlantis-url": "e2e/test_flags.py: test_the_server_is_known_by_the_given_address",
    "ssl-cert-file": "e2e/test_flags.py: test_the_server_speaks_tls",
    "ssl-key-file": "e2e/test_flags.py: test_the_server_speaks_tls",
    "log-level": "e2e/test_flags.py: test_the_log_holds_what_its_level_says",
    "shutdown-grace": "e2e/test_stop.py: test_I9_an_apply_over_the_grace_is_interrupted_and_told",
    "allow-commands": "e2e/test_commands.py: test_only_commands_that_are_allowed_are_there",
    "blocked-extra-args": "e2e/test_flags.py: test_arguments_that_are_blocked",
    "allow-fork-prs": "e2e/test_plan_and_apply.py: test_I12_an_allowed_fork_is_planned_from_its_own_commits",
    "silence-fork-pr-errors": "e2e/test_flags.py: test_forks_that_are_not_served_are_not_answered",
    "allow-draft-prs": "e2e/test_plan_and_apply.py: test_a_draft_is_planned_at_once_where_that_is_allowed",
    "silence-allowlist-errors": "e2e/test_flags.py: test_repositories_that_are_not_allowed_are_not_answered",
    "disable-apply-all": "e2e/test_flags.py: test_an_apply_has_to_name_what_it_applies",
    "repo-config": "e2e/test_workflows.py",
    "repo-config-json": "e2e/test_configuration.py: test_rules_may_stand_in_the_setting_itself",
    "gh-team-allowlist": "e2e/test_commands.py: test_teams_decide_who_may_give_which_command",
    "enable-regexp-cmd": "e2e/test_workflows.py",
    "restrict-file-list": "e2e/test_workflows.py",
    "var-file-allowlist": "e2e/test_flags.py: test_variable_files_of_the_server",
    "disable-unlock-label": "e2e/test_labels.py",
    "disable-autoplan": "e2e/test_workflows.py",
    "autoplan-file-list": "unit/test_select.c",
    "parallel-pool-size": "e2e/test_plan_and_apply.py: test_I2_a_push_stops_projects_that_wait_behind_others",
    "checkout-strategy": "e2e/test_plan_and_apply.py: test_merge_checkouts_plan_the_merged_files",
    "max-plan-age": "e2e/test_plan_and_apply.py: test_I2_an_old_plan_is_refused",
    "autodiscover-mode": "unit/test_select.c",
    "autoplan-modules": "e2e/test_workflows.py",
    "autoplan-modules-from-projects": "e2e/test_flags.py: test_modules_of_the_projects_that_are_named",
    "disable-autoplan-label": "e2e/test_labels.py",
    "parallel-plan": "e2e/test_workflows.py",
    "parallel-apply": "e2e/test_flags.py: test_applies_run_together_where_that_is_set",
    "step-timeout": "e2e/test_flags.py: test_a_step_that_takes_too_long",
    "fail-on-pre-workflow-hook-error": "e2e/test_workflows.py",
    "include-git-untracked-files": "e2e/test_workflows.py",
    "discard-approval-on-plan": "e2e/test_labels.py",
    "automerge": "e2e/test_merging.py",
    "automerge-method": "e2e/test_merging.py",
    "disable-automerge-label": "e2e/test_merging.py",
    "disable-repo-locking": "e2e/test_workflows.py",
    "azuredevops-credential-ends": "e2e/test_credentials.py: test_a_token_that_ends_soon_is_warned_of",
    "reconcile-interval": "e2e/test_reconcile.py",
    "plugin-cache-limit": "e2e/test_plugin_cache.py: test_what_nobody_uses_goes_when_the_cache_is_full",
    "git-cache-limit": "e2e/test_plugin_cache.py: "
                       "test_repositories_without_open_pull_requests_go_when_the_cache_is_full",
    "git-credentials": "e2e/test_git_credentials.py: test_without_the_setting_no_module_resolves",
    "write-git-creds": "e2e/test_git_credentials.py: "
                       "test_a_step_uses_the_credential_where_it_may_and_sees_it_nowhere",
    "executable-name": "e2e/test_flags.py: test_other_names_for_commands_and_statuses",
    "vcs-status-name": "e2e/test_flags.py: test_other_names_for_commands_and_statuses",
    "ignore-vcs-status-names": "e2e/test_flags.py: test_statuses_of_other_servers_do_not_stand_in_the_way",
    "disable-markdown-folding": "e2e/test_flags.py: test_nothing_is_folded",
    "enable-diff-markdown-format": "e2e/test_flags.py: test_markers_stand_first_in_the_line",
    "silence-no-projects": "e2e/test_flags.py: test_nothing_to_plan_is_not_told",
    "silence-vcs-status-no-plans": "e2e/test_flags.py: test_no_status_without_anything_to_plan",
    "silence-vcs-status-no-projects": "e2e/test_flags.py: test_no_status_without_anything_to_plan",
    "hide-prev-plan-comments": "e2e/test_azuredevops_acceptance.py: test_A10_earlier_plans_are_folded_away",
    "emoji-reaction": "e2e/test_azuredevops_acceptance.py: test_A10_a_comment_is_liked_while_its_command_runs",
    "hide-unchanged-plan-comments": "e2e/test_long_results.py",
    "quiet-policy-checks": "e2e/test_policies.py: test_quiet_tells_only_of_what_failed",
    "max-comments-per-command": "e2e/test_long_results.py",
    "default-tf-distribution": "e2e/test_flags.py: test_the_other_distribution",
    "tf-distribution": "unit/test_settings.c: the_older_name_of_the_distribution_still_counts",
    "use-tf-plugin-cache": "e2e/test_flags.py: test_plugins_are_kept_for_all_projects",
    "default-tf-version": "e2e/test_versions.py: test_the_default_version_is_downloaded_once_and_plans_and_applies",
    "tf-download": "e2e/test_versions.py: test_without_downloads_a_version_that_is_not_there_is_named",
    "tf-download-url": "e2e/test_versions.py: test_the_default_version_is_downloaded_once_and_plans_and_applies",
    "tofu-download-url": "e2e/test_versions.py: test_the_other_distribution_comes_from_its_own_mirror",
    "tf-signing-key-file": "e2e/test_versions.py: test_with_a_key_what_is_not_signed_plans_nothing",
    "tofu-signing-key-file": "e2e/test_versions.py: test_with_a_key_what_is_not_signed_plans_nothing",
    "enable-policy-checks": "e2e/test_policies.py: test_what_fails_is_not_applied",
    "reconcile-interval": "e2e/test_reconcile.py: test_lost_events_of_a_running_server_are_found_and_told",
    "azuredevops-auth": "e2e/test_credentials.py: test_every_kind_plans_and_applies",
    "azuredevops-tenant-id": "e2e/test_credentials.py: test_every_kind_plans_and_applies",
    "azuredevops-client-id": "e2e/test_credentials.py: test_every_kind_plans_and_applies",
    "azuredevops-client-secret": "e2e/test_credentials.py: test_every_kind_plans_and_applies",
    "azuredevops-client-secret-file": "e2e/test_credentials.py: test_every_kind_plans_and_applies",
    "azuredevops-client-certificate-file": "e2e/test_credentials.py: test_every_kind_plans_and_applies",
    "azuredevops-federated-token-file": "e2e/test_credentials.py: test_every_kind_plans_and_applies",
    "azuredevops-authority-url": "e2e/test_credentials.py: test_every_kind_plans_and_applies",
    "azuredevops-metadata-url": "e2e/test_credentials.py: test_every_kind_plans_and_applies",
    "azuredevops-organizations-file": "e2e/test_organizations.py",
    "stats-namespace": "e2e/test_metrics.py: test_work_and_caches_are_metrics_under_the_names_of_the_operator",
    "azuredevops-token-file": "e2e/test_credentials.py: test_every_kind_plans_and_applies",
}


def flags():
    """Names of the flags in the reference page that do something."""
    working = REFERENCE.read_text().split("Not needed, because")[0]
    return re.findall(r"^\| `--([a-z-]+)` \| `(?:ATLANTIS|HADAL)_", working, re.MULTILINE)


def is_shown(flag, where):
    name, _, test = where.partition(": ")
    content = (SOURCE_ROOT / "tests" / name).read_text()
    assert not test or re.search(rf"\b{test}\b", content), f"--{flag}: no {where}"
    return flag in content or flag.replace("-", "_") in content


def test_every_flag_that_does_something_is_shown():
    assert sorted(SHOWN) == sorted(flags())
    always = (SOURCE_ROOT / "tests" / "e2e" / "server.py").read_text()
    assert [flag for flag, where in SHOWN.items()
            if not is_shown(flag, where) and f'"{flag}"' not in always] == []


def answered(pull, question, **options):
    """The answer to a command after which help is asked: what came before the help."""
    pull.comment(question, **options)
    pull.comment("atlantis help", **options)
    pull.wait_for_comment(containing="What can be typed here")
    return [comment.text for comment in pull.comments(by="bot")]


def test_webhooks_without_a_password(make_server, repo):
    server = make_server(azuredevops_webhook_user=None, azuredevops_webhook_password=None,
                         allow_unauthenticated_webhooks=True)
    assert server.request("POST", "/events", "{", {"Content-Type": "application/json"})[0] == 400
    repo.open_pull_request({"net/main.tf": root()}).wait_for_comment(containing="1 to add")


def test_the_server_is_known_by_the_given_address(make_server, repo):
    make_server(atlantis_url="https://hadal.example.com/here")
    pull = repo.open_pull_request({"docs/page.md": "text\n"})
    pull.comment("atlantis version")
    pull.wait_for_comment(containing="at https://hadal.example.com/here")


def test_the_server_speaks_tls(make_server, tmp_path):
    authority = Authority(tmp_path / "authority")
    server = make_server(start=False, ssl_cert_file=authority.directory / "server.pem",
                         ssl_key_file=authority.directory / "server.key")
    server.start(wait=False)
    context = ssl.create_default_context(cafile=authority.ca)

    def answers():
        try:
            with urllib.request.urlopen(f"https://127.0.0.1:{server.port}/healthz", context=context) as answer:
                return answer.status == 200
        except OSError:
            return False

    server.wait_for(answers, "the server answers over TLS")


def test_the_log_holds_what_its_level_says(make_server, repo):
    server = make_server(log_level="warn")
    repo.open_pull_request({"net/main.tf": root()}).wait_for_comment(containing="1 to add")
    server.wait_until_idle()
    assert server.log() == ""


def test_arguments_that_are_blocked(make_server, repo):
    make_server(blocked_extra_args="-target")
    pull = repo.open_pull_request({"net/main.tf": root()})
    pull.wait_for_comment(containing="1 to add")
    pull.comment("atlantis plan -- -target=terraform_data.item")
    assert "`-target=" in pull.wait_for_comment(containing="is not allowed on this server").text


def test_forks_that_are_not_served_are_not_answered(make_server, repo):
    server = make_server(silence_fork_pr_errors=True)
    pull = repo.open_pull_request({"net/main.tf": root()}, fork=repo.fork())
    pull.comment("atlantis plan", deliver=True)
    server.wait_until_idle()
    assert pull.comments(by="bot") == []


def test_repositories_that_are_not_allowed_are_not_answered(make_server, repo):
    server = make_server(repo_allowlist="*/other/*", silence_allowlist_errors=True)
    pull = repo.open_pull_request({"net/main.tf": root()})
    pull.comment("atlantis plan", deliver=True)
    server.wait_until_idle()
    assert pull.comments(by="bot") == []


def test_an_apply_has_to_name_what_it_applies(make_server, repo):
    make_server(disable_apply_all=True)
    pull = repo.open_pull_request({"net/main.tf": root()})
    planned = pull.wait_for_comment(containing="1 to add").text
    assert "atlantis apply -d net" in planned
    assert "    atlantis apply\n" not in planned

    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="--disable-apply-all")
    pull.comment("atlantis apply -d net")
    pull.wait_for_comment(containing="1 added")


def test_variable_files_of_the_server(make_server, repo, tmp_path):
    files = tmp_path / "variables"
    files.mkdir()
    (files / "live.tfvars").write_text('word = "from the server"\n')
    (tmp_path / "secret.tfvars").write_text('word = "secret"\n')
    make_server(var_file_allowlist=files)
    variable = 'variable "word" {\n  default = "own"\n}\noutput "word" {\n  value = var.word\n}\n'
    pull = repo.open_pull_request({"net/main.tf": root(extra=variable)})
    pull.wait_for_comment(containing="1 to add")

    pull.comment(f"atlantis plan -d net -- -var-file={files}/live.tfvars")
    pull.wait_for_comment(containing="from the server")
    pull.comment(f"atlantis plan -d net -- -var-file={files}/../secret.tfvars")
    assert "secret\"" not in pull.wait_for_comment(containing="--var-file-allowlist").text


def test_modules_of_the_projects_that_are_named(make_server, playground):
    repo = playground.create_repo("platform/modular", {
        "live/main.tf": 'module "part" {\n  source = "../part"\n}\n',
        "other/main.tf": 'module "part" {\n  source = "../part"\n}\n',
        "part/main.tf": root()})
    make_server(autoplan_modules_from_projects="live/**")
    pull = repo.open_pull_request({"part/main.tf": root("two")})
    planned = pull.wait_for_comment(containing="1 to add").text
    assert "live" in planned
    assert "other" not in planned


def test_applies_run_together_where_that_is_set(make_server, repo, rules, tmp_path):
    meeting = tmp_path / "meeting"
    meeting.mkdir()
    make_server(parallel_apply=True, repo_config=rules(f"""
        repos:
        - id: /.*/
          workflow: meeting
        workflows:
          meeting:
            apply:
              steps:
              - run: |
                  touch {meeting}/$(basename $DIR)
                  until [ $(ls {meeting} | wc -l) = 2 ]; do sleep 0.05; done
              - apply
        """))
    pull = repo.open_pull_request({"one/main.tf": root(), "two/main.tf": root()})
    pull.wait_for_status(PLAN, "succeeded", containing="2/2")
    pull.comment("atlantis apply")
    pull.wait_for_status(APPLY, "succeeded", containing="2/2")


def test_a_step_that_takes_too_long(make_server, repo, rules):
    make_server(step_timeout="1s", repo_config=rules("""
        repos:
        - id: /.*/
          workflow: slow
        workflows:
          slow:
            plan:
              steps:
              - run: sleep 600
        """))
    pull = repo.open_pull_request({"net/main.tf": root()})
    assert "timed out after 1 s" in pull.wait_for_comment(containing="sleep 600").text
    pull.wait_for_status(PLAN, "failed", containing="1 failed")


def test_other_names_for_commands_and_statuses(make_server, repo):
    make_server(executable_name="ocean", vcs_status_name="ocean")
    pull = repo.open_pull_request({"net/main.tf": root()})
    assert "ocean apply" in pull.wait_for_comment(containing="1 to add").text
    pull.wait_for_status("Atlantis Bot/ocean/plan", "succeeded")
    assert pull.status(PLAN) is None

    pull.comment("atlantis apply")
    pull.comment("ocean apply -d net")
    pull.wait_for_comment(containing="1 added")
    pull.wait_for_status("Atlantis Bot/ocean/apply", "succeeded")


@pytest.mark.parametrize("ignored", [True, False])
def test_statuses_of_other_servers_do_not_stand_in_the_way(make_server, repo, rules, ignored):
    repo.add_policy("status", statusGenre="Atlantis Bot/staging", statusName="apply")
    make_server(ignore_vcs_status_names="staging" if ignored else None, repo_config=rules("""
        repos:
        - id: /.*/
          apply_requirements: [mergeable]
        """))
    pull = repo.open_pull_request({"net/main.tf": root()})
    pull.wait_for_comment(containing="1 to add")
    pull.wait_for_merge()
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="1 added" if ignored else "`mergeable`: policy")


def test_nothing_is_folded(make_server, repo, module):
    values = [f"value {number}" for number in range(30)]
    make_server(disable_markdown_folding=True)
    pull = repo.open_pull_request({"net/main.tf": module("net", values=values).text()})
    assert "<details>" not in pull.wait_for_comment(containing="30 to add").text


def test_markers_stand_first_in_the_line(make_server, repo):
    make_server(enable_diff_markdown_format=True)
    pull = repo.open_pull_request({"net/main.tf": root()})
    planned = pull.wait_for_comment(containing="1 to add").text
    assert "```diff" in planned
    assert re.search(r"^\+ +resource", planned, re.MULTILINE)


def test_nothing_to_plan_is_not_told(make_server, repo):
    make_server(silence_no_projects=True)
    pull = repo.open_pull_request({"docs/page.md": "text\n"})
    assert len(answered(pull, "atlantis plan")) == 1


@pytest.mark.parametrize("line", ["apply", "unlock"])
def test_nothing_to_apply_or_unlock_is_not_told_either(make_server, repo, line):
    server = make_server(silence_no_projects=True)
    pull = repo.open_pull_request({"README.md": "changed\n"})
    pull.comment(f"atlantis {line}")
    pull.comment("atlantis help")
    pull.wait_for_comment(containing="What can be typed here")
    server.wait_until_idle()
    assert len(pull.comments(by="bot")) == 1


@pytest.mark.parametrize("setting", ["silence_vcs_status_no_plans", "silence_vcs_status_no_projects"])
def test_no_status_without_anything_to_plan(make_server, repo, setting):
    server = make_server(**{setting: True})
    pull = repo.open_pull_request({"docs/page.md": "text\n"})
    pull.comment("atlantis help", deliver=True)
    pull.wait_for_comment(containing="What can be typed here")
    server.wait_until_idle()
    assert pull.statuses() == {}


def test_the_other_distribution(make_server, repo, tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    program = tools / "tofu"
    program.write_text('#!/bin/sh\ncase $1 in version) echo \'{"terraform_version": "1.9.0"}\';; '
                       '*) exec terraform "$@";; esac\n')
    program.chmod(0o755)
    server = make_server(start=False, default_tf_distribution="opentofu")
    server.extra_env["PATH"] = f"{tools}:{server.environment()['PATH']}"
    server.start()
    pull = repo.open_pull_request({"net/main.tf": root()})
    pull.wait_for_comment(containing="1 to add")
    pull.comment("atlantis version")
    pull.wait_for_comment(containing="tofu 1.9.0")


@pytest.mark.parametrize("kept", [True, False])
def test_plugins_are_kept_for_all_projects(make_server, repo, tmp_path, kept):
    tools = tmp_path / "tools"
    tools.mkdir()
    program = tools / "terraform"
    server = make_server(start=False, use_tf_plugin_cache=kept)
    path = server.environment()["PATH"]
    program.write_text(f'#!/bin/sh\n[ $1 != init ] || echo "cache=$TF_PLUGIN_CACHE_DIR." >> {tmp_path}/seen\n'
                       f'PATH={path} exec terraform "$@"\n')
    program.chmod(0o755)
    server.extra_env["PATH"] = f"{tools}:{path}"
    server.start()
    repo.open_pull_request({"net/main.tf": root()}).wait_for_comment(containing="1 to add")
    # Not the common directory: no two write into one.
    view = rf"{re.escape(str(server.data_dir))}/pulls/\d+/plugins/\w+" if kept else ""
    assert re.fullmatch(rf"cache={view}\.\n", (tmp_path / "seen").read_text())
