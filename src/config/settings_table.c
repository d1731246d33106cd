// SPDX-License-Identifier: Apache-2.0
/* Every flag of the server. Rules between several of them are in settings.c. */
#include "config/settings.h"

#include "model/merge.h"

#define FIELD(name)    OPTION_FIELD(Settings, name)
#define DURATION(name) OPTION_DURATION_FIELD(Settings, name)
/* Known from Atlantis, or to come: without a field until something reads it. */
#define LATER(type_) .type = OPTION_##type_, .flags = OPTION_REFUSED
/* From Atlantis, and without a field for good: .needless says why. */
#define NEEDLESS(type_) .type = OPTION_##type_

#define AZUREDEVOPS "Azure DevOps"
#define SERVER      "Server"
#define ALLOWED     "Who may do what"
#define PLANNING    "Plan and apply"
#define COMMENTS    "Comments and statuses"
#define TOOLS       "Terraform and OpenTofu"
#define GITHUB      "GitHub"
#define GITLAB      "GitLab"
#define BITBUCKET   "Bitbucket"
#define GITEA       "Gitea"
#define STORES      "Locks and stores"
#define POLICIES    "Policies and drift"

#define MOST_MEBIBYTES (G_GINT64_CONSTANT(1) << 40)

#define SECONDS(n) ((n)*G_GINT64_CONSTANT(1000))
#define HOURS(n)   ((n)*SECONDS(3600))

static const char *const checkout_strategies[] = { "branch", "merge", NULL };
static const char *const loans[] = { "none", "init", "steps", NULL };
static const char *const distributions[] = { "terraform", "opentofu", NULL };
static const char *const autodiscover_modes[] = { "auto", "enabled", "disabled", NULL };
static const char *const log_levels[] = { "debug", "info", "warn", "error", NULL };
static const char *const commands[] = {
    "version", "plan",         "apply", "unlock", "approve_policies", "cancel", "import",
    "state",   "policy_check", "all",   NULL,
};

static const OptionRow rows[] = {
    {
        FIELD(azuredevops_user),
        .name = "azuredevops-user",
        .group = AZUREDEVOPS,
        .help = "User the token belongs to; comments may address it as @user.",
    },
    {
        FIELD(azuredevops.token),
        .name = "azuredevops-token",
        .group = AZUREDEVOPS,
        .flags = OPTION_SECRET,
        .help = "Personal access token for the REST API and git.",
    },
    {
        FIELD(azuredevops.token_file),
        .name = "azuredevops-token-file",
        .group = AZUREDEVOPS,
        .flags = OPTION_OURS,
        .help = "File with the personal access token, read on each use: a new token there is used "
                "at once.",
    },
    {
        FIELD(azuredevops.credential_ends),
        .name = "azuredevops-credential-ends",
        .group = AZUREDEVOPS,
        .flags = OPTION_OURS,
        .help = "Last day of the token or client secret, like 2027-03-31, as Azure DevOps shows "
                "it: the "
                "server warns in the last 30 days.",
    },
    {
        FIELD(azuredevops_organizations_file),
        .name = "azuredevops-organizations-file",
        .group = AZUREDEVOPS,
        .flags = OPTION_OURS,
        .help = "YAML file with organisations that have a credential of their own; other "
                "organisations have the one of these flags, if there is one.",
    },
    {
        FIELD(azuredevops.auth),
        .name = "azuredevops-auth",
        .group = AZUREDEVOPS,
        .def = "token",
        .choices = credential_kind_names,
        .flags = OPTION_OURS,
        .help = "What the server proves itself with: a personal access token, or an application or "
                "managed identity of Entra ID.",
    },
    {
        FIELD(azuredevops.tenant_id),
        .name = "azuredevops-tenant-id",
        .group = AZUREDEVOPS,
        .flags = OPTION_OURS,
        .help = "Tenant of the application in Entra ID.",
    },
    {
        FIELD(azuredevops.client_id),
        .name = "azuredevops-client-id",
        .group = AZUREDEVOPS,
        .flags = OPTION_OURS,
        .help = "Client id of the application in Entra ID, or of the managed identity where the "
                "machine has several.",
    },
    {
        FIELD(azuredevops.client_secret),
        .name = "azuredevops-client-secret",
        .group = AZUREDEVOPS,
        .flags = OPTION_SECRET | OPTION_OURS,
        .help = "Secret of the application, for client-secret.",
    },
    {
        FIELD(azuredevops.client_secret_file),
        .name = "azuredevops-client-secret-file",
        .group = AZUREDEVOPS,
        .flags = OPTION_OURS,
        .help = "File with the secret of the application, read on each use.",
    },
    {
        FIELD(azuredevops.client_certificate_file),
        .name = "azuredevops-client-certificate-file",
        .group = AZUREDEVOPS,
        .flags = OPTION_OURS,
        .help = "PEM file with the application's certificate and its RSA key, for "
                "client-certificate, read on each use.",
    },
    {
        FIELD(azuredevops.federated_token_file),
        .name = "azuredevops-federated-token-file",
        .group = AZUREDEVOPS,
        .flags = OPTION_OURS,
        .help = "File with the token of the cluster, for workload-identity, read on each use; "
                "without it AZURE_FEDERATED_TOKEN_FILE.",
    },
    {
        FIELD(azuredevops.authority_url),
        .name = "azuredevops-authority-url",
        .group = AZUREDEVOPS,
        .def = CREDENTIAL_AUTHORITY,
        .flags = OPTION_OURS,
        .help = "Where tokens of Entra ID are given out; national clouds have another.",
    },
    {
        FIELD(azuredevops.metadata_url),
        .name = "azuredevops-metadata-url",
        .group = AZUREDEVOPS,
        .def = CREDENTIAL_METADATA,
        .flags = OPTION_OURS,
        .help = "The machine's metadata service, for managed-identity; never asked through a "
                "proxy.",
    },
    {
        FIELD(azuredevops_webhook_user),
        .name = "azuredevops-webhook-user",
        .group = AZUREDEVOPS,
        .help = "User name that service hooks must send.",
    },
    {
        FIELD(azuredevops_webhook_password),
        .name = "azuredevops-webhook-password",
        .group = AZUREDEVOPS,
        .flags = OPTION_SECRET,
        .help = "Password that service hooks must send.",
    },
    {
        FIELD(allow_unauthenticated_webhooks),
        .name = "allow-unauthenticated-webhooks",
        .group = AZUREDEVOPS,
        .def = "false",
        .flags = OPTION_OURS,
        .help = "Start even though no user name and password protect the webhooks.",
    },
    {
        FIELD(azuredevops_hostname),
        .name = "azuredevops-hostname",
        .group = AZUREDEVOPS,
        .def = "dev.azure.com",
        .help = "Host of the REST API.",
    },
    {
        FIELD(azuredevops_base_url),
        .name = "azuredevops-base-url",
        .group = AZUREDEVOPS,
        .flags = OPTION_OURS,
        .help = "URL above the organisations or collections, for Azure DevOps Server: "
                "https://tfs.example.com/tfs.",
    },
    {
        DURATION(azuredevops_timeout),
        .name = "azuredevops-timeout",
        .group = AZUREDEVOPS,
        .def = "30s",
        .min = SECONDS(1),
        .max = HOURS(1),
        .flags = OPTION_OURS,
        .help = "Longest time that one call of the REST API may take.",
    },

    {
        FIELD(config),
        .name = "config",
        .group = SERVER,
        .help = "YAML file with any of these settings.",
    },
    {
        FIELD(port),
        .name = "port",
        .group = SERVER,
        .def = "4141",
        .min = 0,
        .max = 65535,
        .help = "Port for webhooks and health, on all interfaces; 0 is any free one.",
    },
    {
        FIELD(atlantis_url),
        .name = "atlantis-url",
        .group = SERVER,
        .help = "URL under which people reach the server, for links; without it the name of the "
                "machine and the port.",
    },
    {
        FIELD(ssl_cert_file),
        .name = "ssl-cert-file",
        .group = SERVER,
        .help = "Certificate chain of the server, as PEM; without it the server speaks plain HTTP.",
    },
    {
        FIELD(ssl_key_file),
        .name = "ssl-key-file",
        .group = SERVER,
        .help = "Private key of the server, as PEM.",
    },
    {
        FIELD(data_dir),
        .name = "data-dir",
        .group = SERVER,
        .def = "~/.atlantis",
        .help = "Directory for the database, repositories, plans and logs.",
    },
    {
        FIELD(git_cache_limit),
        .name = "git-cache-limit",
        .group = SERVER,
        .def = "20480",
        .min = 0,
        .max = MOST_MEBIBYTES,
        .flags = OPTION_OURS,
        .help = "MiB of repositories that are kept between their fetches; the longest unused go, "
                "but none with an open pull request; 0 is no limit.",
    },
    {
        FIELD(log_level),
        .name = "log-level",
        .group = SERVER,
        .def = "info",
        .choices = log_levels,
        .flags = OPTION_LOWER,
        .help = "Least important level that is logged.",
    },
    {
        DURATION(shutdown_grace),
        .name = "shutdown-grace",
        .group = SERVER,
        .def = "5m",
        .min = 0,
        .max = HOURS(24),
        .flags = OPTION_OURS,
        .help = "How long running commands may go on after SIGTERM before Terraform is "
                "interrupted.",
    },
    {
        DURATION(reconcile_interval),
        .name = "reconcile-interval",
        .group = SERVER,
        .def = "5m",
        .min = 0,
        .max = HOURS(24),
        .flags = OPTION_OURS,
        .help = "How often to compare open pull requests with the host, to act on what no webhook "
                "told of; also done at the start. 0 is never.",
    },

    {
        FIELD(repo_allowlist),
        .name = "repo-allowlist",
        .group = ALLOWED,
        .flags = OPTION_REQUIRED,
        .help = "Repositories that may use the server, as host/owner/repo: * stands for any text, "
                "a pattern after ! excludes, letter case does not matter.",
    },
    {
        FIELD(allow_commands),
        .name = "allow-commands",
        .group = ALLOWED,
        .def = "version,plan,apply,unlock,approve_policies,cancel",
        .choices = commands,
        .help = "Commands that comments may give.",
    },
    {
        FIELD(blocked_extra_args),
        .name = "blocked-extra-args",
        .group = ALLOWED,
        .def = "-chdir,--chdir,-plugin-dir,--plugin-dir",
        .help = "Arguments that may not follow -- in a comment.",
    },
    {
        FIELD(allow_fork_prs),
        .name = "allow-fork-prs",
        .group = ALLOWED,
        .def = "false",
        .help = "Serve pull requests from forks: their authors can run code on this server.",
    },
    {
        FIELD(allow_draft_prs),
        .name = "allow-draft-prs",
        .group = ALLOWED,
        .def = "false",
        .help = "Plan drafts without being asked.",
    },
    {
        FIELD(silence_fork_pr_errors),
        .name = "silence-fork-pr-errors",
        .group = ALLOWED,
        .def = "false",
        .help = "Do not answer commands on pull requests from forks that are not served.",
    },
    {
        FIELD(silence_allowlist_errors),
        .name = "silence-allowlist-errors",
        .group = ALLOWED,
        .def = "false",
        .help = "Do not answer commands in repositories that are not allowed.",
    },
    {
        FIELD(disable_apply_all),
        .name = "disable-apply-all",
        .group = ALLOWED,
        .def = "false",
        .help = "Refuse apply without -d, -w or -p.",
    },
    {
        FIELD(repo_config),
        .name = "repo-config",
        .group = ALLOWED,
        .help = "File with the rules and workflows of repositories.",
    },
    {
        FIELD(repo_config_json),
        .name = "repo-config-json",
        .group = ALLOWED,
        .help = "The same rules and workflows, as JSON in the value itself.",
    },
    {
        FIELD(gh_team_allowlist),
        .name = "gh-team-allowlist",
        .group = ALLOWED,
        .help = "Teams and the commands they may give, as team:command; * stands for every team or "
                "command. Holds for every host.",
    },
    {
        FIELD(enable_regexp_cmd),
        .name = "enable-regexp-cmd",
        .group = ALLOWED,
        .def = "false",
        .help = "Take the project after -p for a regular expression.",
    },
    {
        FIELD(restrict_file_list),
        .name = "restrict-file-list",
        .group = ALLOWED,
        .def = "false",
        .help = "Let comments plan only directories in which the pull request changes files.",
    },
    {
        FIELD(var_file_allowlist),
        .name = "var-file-allowlist",
        .group = ALLOWED,
        .help = "Directories of the server from which comments may take variable files, by their "
                "whole paths; not the data directory.",
    },
    {
        FIELD(disable_unlock_label),
        .name = "disable-unlock-label",
        .group = ALLOWED,
        .help = "Label of pull requests that comments cannot unlock.",
    },

    {
        FIELD(disable_autoplan),
        .name = "disable-autoplan",
        .group = PLANNING,
        .def = "false",
        .help = "Plan only when a comment asks for it.",
    },
    {
        FIELD(autoplan_file_list),
        .name = "autoplan-file-list",
        .group = PLANNING,
        .def = "**/*.tf,**/*.tf.json,**/*.tfvars,**/*.tfvars.json,**/*.tofu,**/*.tofu.json,"
               "**/terragrunt.hcl,**/.terraform.lock.hcl",
        .help = "Patterns of the changed files that make their directory a project to plan.",
    },
    {
        FIELD(parallel_pool_size),
        .name = "parallel-pool-size",
        .group = PLANNING,
        .def = "15",
        .min = 1,
        .max = 1000,
        .help = "Projects that run at the same time.",
    },
    {
        FIELD(checkout_strategy),
        .name = "checkout-strategy",
        .group = PLANNING,
        .def = "branch",
        .choices = checkout_strategies,
        .help = "What is planned: the branch as it is, or merged into its target.",
    },
    {
        DURATION(max_plan_age),
        .name = "max-plan-age",
        .group = PLANNING,
        .def = "0s",
        .min = 0,
        .max = HOURS(24 * 366),
        .flags = OPTION_OURS,
        .help = "Refuse to apply plans older than this; 0 is no limit.",
    },
    {
        FIELD(autodiscover_mode),
        .name = "autodiscover-mode",
        .group = PLANNING,
        .def = "auto",
        .choices = autodiscover_modes,
        .help = "Whether directories that no configuration names become projects: auto is only "
                "where it names none.",
    },
    {
        FIELD(autoplan_modules),
        .name = "autoplan-modules",
        .group = PLANNING,
        .def = "false",
        .help = "Plan the projects that use a changed local module.",
    },
    {
        FIELD(autoplan_modules_from_projects),
        .name = "autoplan-modules-from-projects",
        .group = PLANNING,
        .help =
            "Patterns of the files whose projects are watched for changes of their local modules.",
    },
    {
        FIELD(disable_autoplan_label),
        .name = "disable-autoplan-label",
        .group = PLANNING,
        .help = "Label of pull requests that are not planned automatically.",
    },
    {
        FIELD(parallel_plan),
        .name = "parallel-plan",
        .group = PLANNING,
        .def = "true",
        .help = "Plan the projects of a pull request at the same time, where its configuration "
                "says nothing.",
    },
    {
        FIELD(parallel_apply),
        .name = "parallel-apply",
        .group = PLANNING,
        .def = "true",
        .help = "Apply the projects of a pull request at the same time, where its configuration "
                "says nothing.",
    },
    {
        DURATION(step_timeout),
        .name = "step-timeout",
        .group = PLANNING,
        .def = "0s",
        .min = 0,
        .max = HOURS(7 * 24),
        .flags = OPTION_OURS,
        .help = "Longest time that one step of a workflow or one hook may take; 0 is an hour, for "
                "apply a day.",
    },
    {
        FIELD(fail_on_pre_workflow_hook_error),
        .name = "fail-on-pre-workflow-hook-error",
        .group = PLANNING,
        .def = "false",
        .help = "Stop the command when a hook before it fails.",
    },
    {
        FIELD(include_git_untracked_files),
        .name = "include-git-untracked-files",
        .group = PLANNING,
        .def = "false",
        .help = "Count files that hooks created as changed.",
    },
    {
        FIELD(discard_approval_on_plan),
        .name = "discard-approval-on-plan",
        .group = PLANNING,
        .def = "false",
        .help = "Take approvals back when a comment asks for a plan.",
    },
    {
        FIELD(automerge),
        .name = "automerge",
        .group = PLANNING,
        .def = "false",
        .help = "Complete a pull request once everything in it is applied, where its configuration "
                "says nothing.",
    },
    {
        FIELD(automerge_method),
        .name = "automerge-method",
        .group = PLANNING,
        .choices = merge_methods,
        .help = "How pull requests are completed; without it as the branch policy wants.",
    },
    {
        FIELD(disable_automerge_label),
        .name = "disable-automerge-label",
        .group = PLANNING,
        .help = "Label of pull requests that are not completed automatically.",
    },
    {
        FIELD(disable_repo_locking),
        .name = "disable-repo-locking",
        .group = PLANNING,
        .def = "false",
        .help = "Lock no project: plans of different pull requests may contradict each other.",
    },
    {
        FIELD(git_credentials),
        .name = "git-credentials",
        .group = PLANNING,
        .def = "init",
        .choices = loans,
        .flags = OPTION_OURS,
        .help = "Which steps may use the host's credential for git, without seeing it in a file or "
                "an environment: Terraform's own init, which runs no code of pull requests, or "
                "every step and hook.",
    },
    {
        FIELD(write_git_creds),
        .name = "write-git-creds",
        .group = PLANNING,
        .def = "false",
        .help = "The same as --git-credentials=steps; no file is written.",
    },

    {
        FIELD(executable_name),
        .name = "executable-name",
        .group = COMMENTS,
        .def = "atlantis",
        .flags = OPTION_LOWER,
        .help = "First word of the comments that are commands.",
    },
    {
        FIELD(vcs_status_name),
        .name = "vcs-status-name",
        .group = COMMENTS,
        .def = "atlantis",
        .help = "Prefix of the statuses on pull requests.",
    },
    {
        FIELD(emoji_reaction),
        .name = "emoji-reaction",
        .group = COMMENTS,
        .help = "Sign at comments with commands that were taken. Azure DevOps knows one, the like: "
                "any name stands for it.",
    },
    {
        FIELD(hide_prev_plan_comments),
        .name = "hide-prev-plan-comments",
        .group = COMMENTS,
        .def = "false",
        .help = "Fold the comments of earlier plans away when a newer plan takes their place.",
    },
    {
        FIELD(disable_markdown_folding),
        .name = "disable-markdown-folding",
        .group = COMMENTS,
        .def = "false",
        .help = "Never fold long output in comments.",
    },
    {
        FIELD(enable_diff_markdown_format),
        .name = "enable-diff-markdown-format",
        .group = COMMENTS,
        .def = "true",
        .help = "Move the signs of a diff to the start of their lines, so that hosts colour them.",
    },
    {
        FIELD(silence_no_projects),
        .name = "silence-no-projects",
        .group = COMMENTS,
        .def = "false",
        .help = "Do not comment when no project is affected.",
    },
    {
        FIELD(silence_vcs_status_no_plans),
        .name = "silence-vcs-status-no-plans",
        .group = COMMENTS,
        .def = "false",
        .help = "Set no status when an automatic plan finds no project.",
    },
    {
        FIELD(silence_vcs_status_no_projects),
        .name = "silence-vcs-status-no-projects",
        .group = COMMENTS,
        .def = "false",
        .help = "Set no status when a command finds no project.",
    },
    {
        FIELD(hide_unchanged_plan_comments),
        .name = "hide-unchanged-plan-comments",
        .group = COMMENTS,
        .def = "false",
        .help = "Leave projects without changes out of plan comments.",
    },
    {
        FIELD(quiet_policy_checks),
        .name = "quiet-policy-checks",
        .group = COMMENTS,
        .def = "false",
        .help = "Comment on policy checks only when they fail.",
    },
    {
        FIELD(max_comments_per_command),
        .name = "max-comments-per-command",
        .group = COMMENTS,
        .def = "100",
        .min = 0,
        .max = 10000,
        .help = "Comments that one result is split into at most, its end counts; 0 is any number.",
    },
    {
        FIELD(ignore_vcs_status_names),
        .name = "ignore-vcs-status-names",
        .group = COMMENTS,
        .help = "Status prefixes of other servers like this one, which do not block a merge.",
    },

    {
        FIELD(default_tf_distribution),
        .name = "default-tf-distribution",
        .group = TOOLS,
        .def = "terraform",
        .choices = distributions,
        .help = "Program that plans and applies.",
    },
    {
        .name = "tf-distribution",
        .group = TOOLS,
        .type = OPTION_TEXT,
        .instead = "default-tf-distribution",
        .help = "Older name of that.",
    },
    {
        FIELD(use_tf_plugin_cache),
        .name = "use-tf-plugin-cache",
        .group = TOOLS,
        .def = "true",
        .help = "Keep provider plugins in the data directory for all projects.",
    },
    {
        FIELD(plugin_cache_limit),
        .name = "plugin-cache-limit",
        .group = TOOLS,
        .def = "20480",
        .min = 0,
        .max = MOST_MEBIBYTES,
        .flags = OPTION_OURS,
        .help = "MiB of provider plugins that are kept; the longest unused go, but none that an "
                "open pull request uses; 0 is no limit.",
    },
    {
        FIELD(default_tf_version),
        .name = "default-tf-version",
        .group = TOOLS,
        .help = "Version for projects that ask for none; without it the program on PATH.",
    },
    {
        FIELD(tf_download),
        .name = "tf-download",
        .group = TOOLS,
        .def = "true",
        .help = "Download versions that are missing.",
    },
    {
        FIELD(tf_download_url),
        .name = "tf-download-url",
        .group = TOOLS,
        .def = "https://releases.hashicorp.com",
        .help = "Where Terraform is downloaded from: laid out like releases.hashicorp.com.",
    },
    {
        FIELD(tofu_download_url),
        .name = "tofu-download-url",
        .group = TOOLS,
        .def = "https://github.com/opentofu/opentofu/releases/download",
        .flags = OPTION_OURS,
        .help = "Where OpenTofu is downloaded from: laid out like its releases on GitHub.",
    },
    {
        FIELD(tf_signing_key_file),
        .name = "tf-signing-key-file",
        .group = TOOLS,
        .flags = OPTION_OURS,
        .help = "Public key, ASCII-armoured or not, that must have signed the digests of downloads "
                "of Terraform.",
    },
    {
        FIELD(tofu_signing_key_file),
        .name = "tofu-signing-key-file",
        .group = TOOLS,
        .flags = OPTION_OURS,
        .help = "The same for OpenTofu.",
    },

    {
        FIELD(enable_policy_checks),
        .name = "enable-policy-checks",
        .group = POLICIES,
        .def = "false",
        .help = "Check every plan with conftest before it may be applied.",
    },

    {
        NEEDLESS(INT),
        .name = "checkout-depth",
        .group = PLANNING,
        .def = "0",
        .min = G_MININT32,
        .max = G_MAXINT32,
        .help = "Commits of history that a merged checkout fetches.",
        .needless = "a plan of what merging would give needs the merge base, and the cache of a "
                    "repository is fetched once for all its pull requests",
    },
    {
        NEEDLESS(BOOL),
        .name = "pending-apply-status",
        .group = PLANNING,
        .def = "false",
        .help = "Leave the apply status pending while something is not applied.",
        .needless = "the apply status is pending while something is not applied",
    },
    {
        NEEDLESS(BOOL),
        .name = "skip-clone-no-changes",
        .group = PLANNING,
        .def = "false",
        .help = "Do not clone when the configuration shows no changed project.",
        .needless = "nothing is checked out before a project is found",
    },
    {
        NEEDLESS(BOOL),
        .name = "disable-global-apply-lock",
        .group = STORES,
        .def = "false",
        .help = "Offer no lock that stops every apply.",
        .needless = "there is no such lock",
    },

    // clang-format off
    { LATER(TEXT), .group = SERVER, .name = "api-secret",
      .help = "Token that callers of the API must send." },
    { LATER(BOOL), .group = SERVER, .name = "enable-profiling-api", .def = "false",
      .help = "Serve profiles of the running program." },
    { LATER(TEXT), .group = SERVER, .name = "language", .def = "en",
      .help = "Language of comments and pages." },
    { LATER(TEXT), .group = SERVER, .name = "language-config-file",
      .help = "File with further texts of comments and pages." },
    { LATER(TEXT), .group = SERVER, .name = "share-plan-dir",
      .help = "Directory for plan files, apart from the data directory." },
    { LATER(TEXT), .group = SERVER, .name = "slack-token",
      .help = "Token for messages to Slack." },
    {
        FIELD(stats_namespace),
        .name = "stats-namespace",
        .group = SERVER,
        .def = "atlantis",
        .help = "What stands before the name of each metric, with an underscore between.",
    },
    { LATER(BOOL), .group = SERVER, .name = "web-basic-auth", .def = "false",
      .help = "Ask for a user name and password on the web pages." },
    { LATER(TEXT), .group = SERVER, .name = "web-password", .def = "atlantis",
      .help = "Password for the web pages." },
    { LATER(TEXT), .group = SERVER, .name = "web-username", .def = "atlantis",
      .help = "User name for the web pages." },
    { LATER(TEXT), .group = SERVER, .name = "webhook-http-headers",
      .help = "Headers of outgoing webhooks, as a JSON object." },
    { LATER(BOOL), .group = SERVER, .name = "websocket-check-origin", .def = "false",
      .help = "Refuse live logs to pages of other sites." },
    { LATER(TEXT), .group = COMMENTS, .name = "markdown-template-overrides-dir",
      .def = "~/.markdown_templates",
      .help = "Directory with own templates of comments." },
    { LATER(TEXT), .group = TOOLS, .name = "tfe-hostname", .def = "app.terraform.io",
      .help = "Host of Terraform Enterprise." },
    { LATER(BOOL), .group = TOOLS, .name = "tfe-local-execution-mode", .def = "false",
      .help = "Show live logs although a token for Terraform Enterprise is set." },
    { LATER(TEXT), .group = TOOLS, .name = "tfe-token",
      .help = "Token for HCP Terraform or Terraform Enterprise." },
    { LATER(BOOL), .group = STORES, .name = "enable-external-stores", .def = "false",
      .help = "Keep plans in the store that the repository rules name." },
    { LATER(TEXT), .group = STORES, .name = "locking-db-type", .def = "boltdb",
      .help = "Database of the locks." },
    { LATER(TEXT), .group = STORES, .name = "redis-cluster-addresses",
      .help = "Addresses of a Redis cluster." },
    { LATER(INT), .group = STORES, .name = "redis-db", .def = "0",
      .help = "Number of the Redis database." },
    { LATER(TEXT), .group = STORES, .name = "redis-host",
      .help = "Host of Redis." },
    { LATER(BOOL), .group = STORES, .name = "redis-insecure-skip-verify", .def = "false",
      .help = "Do not check the certificate of Redis." },
    { LATER(TEXT), .group = STORES, .name = "redis-password",
      .help = "Password for Redis." },
    { LATER(INT), .group = STORES, .name = "redis-port", .def = "6379",
      .help = "Port of Redis." },
    { LATER(BOOL), .group = STORES, .name = "redis-tls-enabled", .def = "false",
      .help = "Speak TLS with Redis." },
    { LATER(TEXT), .group = STORES, .name = "redis-username",
      .help = "User name for Redis." },
    { LATER(BOOL), .group = POLICIES, .name = "enable-drift-detection", .def = "false",
      .help = "Look for changes that were made outside of pull requests." },
    { LATER(BOOL), .group = POLICIES, .name = "enable-drift-remediation", .def = "false",
      .help = "Let the API apply what a look for drift found." },
    { LATER(BOOL), .group = GITHUB, .name = "gh-allow-mergeable-bypass-apply", .def = "false",
      .help = "Count a pull request as mergeable when only the own apply status is missing." },
    { LATER(INT), .group = GITHUB, .name = "gh-app-id", .def = "0",
      .help = "Number of the GitHub App." },
    { LATER(INT), .group = GITHUB, .name = "gh-app-installation-id", .def = "0",
      .help = "Number of the installation of the GitHub App." },
    { LATER(TEXT), .group = GITHUB, .name = "gh-app-key",
      .help = "Private key of the GitHub App, as PEM." },
    { LATER(TEXT), .group = GITHUB, .name = "gh-app-key-file",
      .help = "File with the private key of the GitHub App." },
    { LATER(TEXT), .group = GITHUB, .name = "gh-app-slug",
      .help = "Short name of the GitHub App." },
    { LATER(TEXT), .group = GITHUB, .name = "gh-hostname", .def = "github.com",
      .help = "Host of GitHub." },
    { LATER(TEXT), .group = GITHUB, .name = "gh-org",
      .help = "Organisation in which a GitHub App is made." },
    { LATER(TEXT), .group = GITHUB, .name = "gh-token",
      .help = "Token for GitHub." },
    { LATER(TEXT), .group = GITHUB, .name = "gh-token-file",
      .help = "File with the token for GitHub." },
    { LATER(TEXT), .group = GITHUB, .name = "gh-user",
      .help = "User the GitHub token belongs to." },
    { LATER(TEXT), .group = GITHUB, .name = "gh-webhook-secret",
      .help = "Secret with which GitHub signs webhooks." },
    { LATER(TEXT), .group = GITLAB, .name = "gitlab-group-allowlist",
      .help = "Groups and the commands they may give." },
    { LATER(TEXT), .group = GITLAB, .name = "gitlab-hostname", .def = "gitlab.com",
      .help = "Host of GitLab." },
    { LATER(BOOL), .group = GITLAB, .name = "gitlab-status-retry-enabled", .def = "false",
      .help = "Try again when a status cannot be set." },
    { LATER(TEXT), .group = GITLAB, .name = "gitlab-token",
      .help = "Token for GitLab." },
    { LATER(TEXT), .group = GITLAB, .name = "gitlab-user",
      .help = "User the GitLab token belongs to." },
    { LATER(TEXT), .group = GITLAB, .name = "gitlab-webhook-secret",
      .help = "Secret that GitLab sends with webhooks." },
    { LATER(TEXT), .group = BITBUCKET, .name = "bitbucket-api-user",
      .help = "User for the Bitbucket API, where it differs from that for git." },
    { LATER(TEXT), .group = BITBUCKET, .name = "bitbucket-base-url",
      .def = "https://api.bitbucket.org",
      .help = "URL of the Bitbucket API." },
    { LATER(TEXT), .group = BITBUCKET, .name = "bitbucket-token",
      .help = "Token for Bitbucket." },
    { LATER(TEXT), .group = BITBUCKET, .name = "bitbucket-user",
      .help = "User the Bitbucket token belongs to." },
    { LATER(TEXT), .group = BITBUCKET, .name = "bitbucket-webhook-secret",
      .help = "Secret with which Bitbucket signs webhooks." },
    { LATER(TEXT), .group = GITEA, .name = "gitea-base-url", .def = "https://gitea.com",
      .help = "URL of Gitea." },
    { LATER(INT), .group = GITEA, .name = "gitea-page-size", .def = "30",
      .help = "Items that one call of the Gitea API asks for." },
    { LATER(TEXT), .group = GITEA, .name = "gitea-token",
      .help = "Token for Gitea." },
    { LATER(TEXT), .group = GITEA, .name = "gitea-user",
      .help = "User the Gitea token belongs to." },
    { LATER(TEXT), .group = GITEA, .name = "gitea-webhook-secret",
      .help = "Secret with which Gitea signs webhooks." },
    // clang-format on
};

static const char *const env_prefixes[] = { "HADAL_", "ATLANTIS_", NULL };
static const char *const refused_keys[] = { "webhooks", NULL };

const OptionTable settings_table = {
    .env_prefixes = env_prefixes,
    .file_option = "config",
    .see_refused = "docs/compatibility.md",
    .refused_keys = refused_keys,
    .rows = rows,
    .n_rows = G_N_ELEMENTS(rows),
};
