// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/option.h"
#include "config/settings_credential.h"
#include "config/settings_organizations.h"
#include "model/host_spec.h"

/*
 * The server's settings after defaults, file, environment and flags; read-only once loaded. A field
 * is called as its flag. Texts may be NULL where the table has no default, lists never are;
 * durations are milliseconds.
 */
typedef struct _Settings Settings;
struct _Settings {
    char *azuredevops_user; /* without "@" */
    CredentialSettings azuredevops;
    char *azuredevops_organizations_file;
    char *azuredevops_webhook_user, *azuredevops_webhook_password; /* both or neither */
    char *azuredevops_hostname;
    char *azuredevops_base_url; /* never NULL, no trailing slash */
    gint64 azuredevops_timeout;
    bool allow_unauthenticated_webhooks;

    char *config;
    char *data_dir; /* absolute */
    char *log_level;
    gint64 port;        /* 0: any free one */
    char *atlantis_url; /* as it was given, without trailing slash; see settings_url() */
    char *ssl_cert_file, *ssl_key_file; /* both or neither */
    gint64 shutdown_grace;
    char *stats_namespace;     /* as a part of a metric's name */
    gint64 reconcile_interval; /* 0: never */

    GStrv repo_allowlist;
    GStrv allow_commands; /* see settings_allows_command() */
    GStrv blocked_extra_args;
    bool allow_fork_prs;
    bool allow_draft_prs;
    bool silence_fork_pr_errors;
    bool silence_allowlist_errors;
    bool disable_apply_all;
    char *repo_config, *repo_config_json; /* at most one of them */
    GStrv gh_team_allowlist;
    bool enable_regexp_cmd;
    bool restrict_file_list;
    GStrv var_file_allowlist;
    char *disable_unlock_label;

    bool disable_autoplan;
    GStrv autoplan_file_list;
    gint64 parallel_pool_size;
    char *checkout_strategy; /* "branch" or "merge" */
    gint64 max_plan_age;     /* 0: no limit */
    char *autodiscover_mode; /* "auto", "enabled" or "disabled" */
    bool autoplan_modules;
    GStrv autoplan_modules_from_projects;
    char *disable_autoplan_label;
    bool parallel_plan, parallel_apply;
    gint64 step_timeout; /* 0: what the step's kind has */
    bool fail_on_pre_workflow_hook_error;
    bool include_git_untracked_files;
    bool discard_approval_on_plan;
    bool automerge;
    char *automerge_method; /* "merge", "rebase", "squash" or NULL */
    char *disable_automerge_label;
    bool disable_repo_locking;
    char *git_credentials; /* "none", "init" or "steps" */
    bool write_git_creds;  /* as if that were "steps" */

    char *executable_name; /* lower case */
    char *vcs_status_name;
    char *emoji_reaction; /* NULL: none */
    bool hide_prev_plan_comments;
    bool disable_markdown_folding;
    bool enable_diff_markdown_format;
    bool silence_no_projects;
    bool silence_vcs_status_no_plans;
    bool silence_vcs_status_no_projects;
    bool hide_unchanged_plan_comments;
    bool quiet_policy_checks;
    gint64 max_comments_per_command; /* 0: any number */
    GStrv ignore_vcs_status_names;

    char *default_tf_distribution; /* "terraform" or "opentofu" */
    bool use_tf_plugin_cache;
    gint64 plugin_cache_limit, git_cache_limit; /* MiB; 0: none */
    char *default_tf_version;                   /* without "v"; NULL: the program on PATH */
    bool tf_download;
    char *tf_download_url, *tofu_download_url; /* no trailing slash */
    char *tf_signing_key_file, *tofu_signing_key_file;

    bool enable_policy_checks;

    SettingsOrganizations
        *organizations; /* what azuredevops_organizations_file holds; NULL: nothing */
};

extern const OptionTable settings_table;

/*
 * Reads and checks everything that can be checked without a host, and of the file system no more
 * than the two files of settings; argv is without the names of program and command. Fails with
 * INVALID and one sentence for the operator that names the setting and what is allowed; *settings
 * is untouched then.
 */
bool settings_load(const char *const *argv, const char *const *env, Settings *settings,
                   GError **error) MUST_CHECK;
/* The same for work without a host ("hadal check"): no account and no webhook password is needed.
 */
bool settings_load_offline(const char *const *argv, const char *const *env, Settings *settings,
                           GError **error) MUST_CHECK;
void settings_clear(Settings *settings);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Settings, settings_clear)

/*
 * Everything that must never be printed: values of secrets, and what Basic authentication makes of
 * them. For redact_add(); the caller frees the list.
 */
GStrv settings_secrets(const Settings *settings);

/*
 * The base of links: --atlantis-url, or the name of this machine and the port that is listened on.
 * No trailing slash; the caller frees it.
 */
char *settings_url(const Settings *settings, guint16 port);

/* The values of the host that is configured, borrowed from settings. */
HostSpec settings_host_spec(const Settings *settings);

/* Whether --allow-commands lists the word or "all". */
bool settings_allows_command(const Settings *settings, const char *word);

/* docs/reference/server.md, whole; the caller frees it. */
char *settings_reference(void);
