// SPDX-License-Identifier: Apache-2.0
/* What the rows of settings_table.c cannot say: rules between settings, and derived values. */
#include "config/settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "config/settings_credential.h"
#include "config/url_setting.h"
#include "config/version_text.h"

/* The first part of a status context, as Atlantis has it: branch policies name it. */
static const char status_genre[] = "Atlantis Bot";

#define refuse(error, ...) hadal_throw(error, HADAL_ERROR_INVALID, __VA_ARGS__)

/* Takes out what habit has put around the value. */
static void tidy(Settings *settings)
{
    if (settings->azuredevops_user && *settings->azuredevops_user == '@')
        memmove(settings->azuredevops_user, settings->azuredevops_user + 1,
                strlen(settings->azuredevops_user));
}

static bool is_set(const char *text)
{
    return text && *text;
}

static bool check_pair(const char *name, const char *value, const char *other_name,
                       const char *other_value, GError **error)
{
    if (is_set(value) == is_set(other_value))
        return true;
    return refuse(error, "--%s and --%s go together: --%s is missing", name, other_name,
                  is_set(value) ? other_name : name);
}

/* The user goes with a token, and is what comments address; Entra ID knows applications by id. */
static bool check_user(const Settings *settings, GError **error)
{
    const char *user = settings->azuredevops_user;
    const char *token = settings->azuredevops.token_file ? settings->azuredevops.token_file
                                                         : settings->azuredevops.token;

    if (credential_kind_of(settings->azuredevops.auth) != CREDENTIAL_TOKEN ||
        (settings->azuredevops_organizations_file && !is_set(token)))
        return true;
    if (!is_set(user) && !is_set(token))
        return refuse(error, "no host is configured: set --azuredevops-user and "
                             "--azuredevops-token, --azuredevops-auth, or "
                             "--azuredevops-organizations-file");
    return check_pair("azuredevops-user", user, "azuredevops-token", token, error);
}

/* The host's own rules; there is one host yet. */
static bool check_azuredevops(const Settings *settings, GError **error)
{
    if (!check_user(settings, error) ||
        !check_pair("azuredevops-webhook-user", settings->azuredevops_webhook_user,
                    "azuredevops-webhook-password", settings->azuredevops_webhook_password, error))
        return false;
    if (!is_set(settings->azuredevops_webhook_user) && !settings->allow_unauthenticated_webhooks)
        return refuse(error, "anybody could send webhooks: set --azuredevops-webhook-user and "
                             "--azuredevops-webhook-password to the user name and password of "
                             "the service hooks, or --allow-unauthenticated-webhooks");
    return true;
}

static bool set_base_url(Settings *settings, GError **error)
{
    const OptionRow *row = option_find(&settings_table, "azuredevops-hostname");
    const char *host = settings->azuredevops_hostname;

    if (settings->azuredevops_base_url && !g_str_equal(host, row->def))
        return refuse(error, "--azuredevops-base-url and --azuredevops-hostname exclude each "
                             "other: the first has the host in it");
    if (settings->azuredevops_base_url)
        return url_setting_check("--azuredevops-base-url", settings->azuredevops_base_url, error);
    if (strpbrk(host, "/@?# "))
        return refuse(error,
                      "--azuredevops-hostname must be the name of a host, not \"%s\": a URL "
                      "belongs into --azuredevops-base-url",
                      host);
    settings->azuredevops_base_url = g_strconcat("https://", host, NULL);
    return true;
}

static bool check_allowlist(const Settings *settings, GError **error)
{
    for (gsize i = 0; settings->repo_allowlist[i]; i++)
        if (strstr(settings->repo_allowlist[i], "://"))
            return refuse(error,
                          "--repo-allowlist must hold patterns like \"host/owner/*\" without a "
                          "scheme, not \"%s\"",
                          settings->repo_allowlist[i]);
    return true;
}

/* https://prometheus.io/docs/concepts/data_model: colons are for rules of its own. */
static bool check_namespace(const Settings *settings, GError **error)
{
    const char *name = settings->stats_namespace;
    const char *letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

    return (!g_ascii_isdigit(*name) && !name[strspn(name, letters)]) ||
           refuse(error,
                  "--stats-namespace must be letters, digits and _, and begin with no digit, not "
                  "\"%s\"",
                  name);
}

static bool check_repo_config(const Settings *settings, GError **error)
{
    return !settings->repo_config || !settings->repo_config_json ||
           refuse(error, "--repo-config and --repo-config-json exclude each other: both are the "
                         "whole of the rules");
}

static bool check_folding(const Settings *settings, GError **error)
{
    return !settings->hide_prev_plan_comments || !settings->disable_markdown_folding ||
           refuse(error, "--hide-prev-plan-comments and --disable-markdown-folding exclude each "
                         "other: comments are hidden by folding them");
}

/* "team:command"; the team's name may have colons in it, and both may have blanks around them. */
static bool check_team_entry(const char *entry, GError **error)
{
    const OptionRow *row = option_find(&settings_table, "allow-commands");
    const char *colon = strrchr(entry, ':');
    g_autofree char *command = g_strstrip(g_strdup(colon ? colon + 1 : ""));
    bool is_known = g_str_equal(command, "*") || g_strv_contains(row->choices, command);

    return (colon && colon > entry && is_known) ||
           refuse(error,
                  "--gh-team-allowlist must hold team:command, with a command that "
                  "--allow-commands knows or *, not \"%s\"",
                  entry);
}

static bool check_teams(const Settings *settings, GError **error)
{
    for (gsize i = 0; settings->gh_team_allowlist[i]; i++)
        if (!check_team_entry(settings->gh_team_allowlist[i], error))
            return false;
    return true;
}

static bool check_tools(Settings *settings, GError **error)
{
    g_autofree char *given = g_steal_pointer(&settings->default_tf_version);

    settings->default_tf_version = given ? version_text_exact(given) : NULL;
    if (given && !settings->default_tf_version)
        return refuse(error, "--default-tf-version must be an exact version like 1.9.5, not \"%s\"",
                      given);
    return url_setting_check("--tf-download-url", settings->tf_download_url, error) &&
           url_setting_check("--tofu-download-url", settings->tofu_download_url, error);
}

/* The settings table cannot: it knows no lists of patterns. */
static bool check_patterns(const char *name, GStrv patterns, GError **error)
{
    g_autoptr(GlobList) list = glob_list_new((const char *const *)patterns, error);

    return list || hadal_prefix(error, "--%s", name);
}

static bool check_planning(const Settings *settings, GError **error)
{
    return check_patterns("autoplan-file-list", settings->autoplan_file_list, error) &&
           check_patterns("autoplan-modules-from-projects",
                          settings->autoplan_modules_from_projects, error);
}

static void expand_data_dir(const char *const *env, Settings *settings)
{
    g_autofree char *given = g_steal_pointer(&settings->data_dir);
    const char *home = g_environ_getenv((GStrv)env, "HOME");
    g_autofree char *expanded = NULL;

    if (g_str_has_prefix(given, "~/"))
        expanded = g_build_filename(is_set(home) ? home : g_get_home_dir(), given + 2, NULL);
    settings->data_dir = g_canonicalize_filename(expanded ? expanded : given, NULL);
}

/* Links resolved where there is something. The caller frees it. */
static char *real_path(const char *path)
{
    g_autofree char *real = realpath(path, NULL);

    return real ? g_steal_pointer(&real) : g_canonicalize_filename(path, "/");
}

static bool is_within(const char *path, const char *dir)
{
    gsize length = strlen(dir);

    return strncmp(path, dir, length) == 0 &&
           (!path[length] || path[length] == '/' || g_str_equal(dir, "/"));
}

/* What terraform says of a file that is none of variables quotes it, and the data directory holds
 * plans with secrets. */
static bool check_var_dir(const char *data_dir, const char *dir, GError **error)
{
    g_autofree char *real = real_path(dir);
    g_autofree char *data = real_path(data_dir);

    if (!g_path_is_absolute(dir))
        return refuse(error, "--var-file-allowlist must hold absolute paths, not \"%s\"", dir);
    return (!is_within(real, data) && !is_within(data, real)) ||
           refuse(error,
                  "--var-file-allowlist must not let comments into the data directory, which holds "
                  "secrets: \"%s\" does; keep variable files in a directory of their own",
                  dir);
}

static bool check_var_dirs(const Settings *settings, GError **error)
{
    for (gsize i = 0; settings->var_file_allowlist[i]; i++)
        if (!check_var_dir(settings->data_dir, settings->var_file_allowlist[i], error))
            return false;
    return true;
}

static bool check(const char *const *env, Settings *settings, GError **error)
{
    if (!set_base_url(settings, error) || !check_allowlist(settings, error) ||
        !check_repo_config(settings, error) || !check_namespace(settings, error) ||
        !check_folding(settings, error) || !check_teams(settings, error) ||
        !check_tools(settings, error) || !check_planning(settings, error) ||
        !check_pair("ssl-cert-file", settings->ssl_cert_file, "ssl-key-file",
                    settings->ssl_key_file, error))
        return false;
    expand_data_dir(env, settings);
    if (!check_var_dirs(settings, error))
        return false;
    return !settings->atlantis_url ||
           url_setting_check("--atlantis-url", settings->atlantis_url, error);
}

static bool load_organizations(const char *const *env, Settings *settings, GError **error)
{
    const char *file = settings->azuredevops_organizations_file;
    g_autofree char *text = NULL;
    g_autoptr(GError) why = NULL;

    if (!file)
        return true;
    if (!g_file_get_contents(file, &text, NULL, &why))
        return refuse(error, "--azuredevops-organizations-file: %s", why->message);
    settings->organizations = settings_organizations_parse(file, text, env, error);
    return settings->organizations != NULL;
}

/* A partial table: without a server, and so without a host. */
static bool load(const OptionTable *table, const char *const *argv, const char *const *env,
                 Settings *settings, GError **error)
{
    g_auto(Settings) loaded = { 0 };

    if (!option_load(table, argv, env, &loaded, error))
        return false;
    tidy(&loaded);
    if (!settings_credential_check(env, "--azuredevops-", &loaded.azuredevops, error) ||
        (!table->is_partial &&
         (!check_azuredevops(&loaded, error) || !load_organizations(env, &loaded, error))) ||
        !check(env, &loaded, error))
        return false;
    *settings = loaded;
    memset(&loaded, 0, sizeof loaded);
    return true;
}

bool settings_load(const char *const *argv, const char *const *env, Settings *settings,
                   GError **error)
{
    return load(&settings_table, argv, env, settings, error);
}

bool settings_load_offline(const char *const *argv, const char *const *env, Settings *settings,
                           GError **error)
{
    OptionTable table = settings_table;

    table.is_partial = true;
    return load(&table, argv, env, settings, error);
}

void settings_clear(Settings *settings)
{
    option_clear(&settings_table, settings);
    settings_credential_clear_unnamed(&settings->azuredevops);
    g_clear_pointer(&settings->organizations, settings_organizations_free);
}

static void add_basic(GStrvBuilder *out, const char *user, const char *password)
{
    g_autofree char *pair = g_strconcat(user, ":", password, NULL);
    g_autofree char *encoded = g_base64_encode((const guchar *)pair, strlen(pair));

    g_strv_builder_add(out, encoded);
}

static void add_token(GStrvBuilder *out, const char *token)
{
    if (is_set(token))
        add_basic(out, "", token);
}

static void add_organizations(GStrvBuilder *out, const SettingsOrganizations *organizations)
{
    gsize n = 0;
    const HostOrganization *list =
        organizations ? settings_organizations_list(organizations, &n) : NULL;

    for (gsize i = 0; i < n; i++) {
        const HostCredential *of = &list[i].credential;

        if (is_set(of->token))
            g_strv_builder_add(out, of->token);
        add_token(out, of->token);
        if (is_set(of->secret))
            g_strv_builder_add(out, of->secret);
        if (is_set(of->identity_header))
            g_strv_builder_add(out, of->identity_header);
    }
}

GStrv settings_secrets(const Settings *settings)
{
    g_autoptr(GStrvBuilder) out = g_strv_builder_new();

    for (gsize i = 0; i < settings_table.n_rows; i++) {
        const OptionRow *row = &settings_table.rows[i];
        const char *value;

        if (!(row->flags & OPTION_SECRET) || row->flags & OPTION_REFUSED)
            continue;
        value = G_STRUCT_MEMBER(const char *, settings, row->offset);
        if (is_set(value))
            g_strv_builder_add(out, value);
    }
    add_token(out, settings->azuredevops.token);
    if (is_set(settings->azuredevops.identity_header))
        g_strv_builder_add(out, settings->azuredevops.identity_header);
    add_organizations(out, settings->organizations);
    if (is_set(settings->azuredevops_webhook_user))
        add_basic(out, settings->azuredevops_webhook_user, settings->azuredevops_webhook_password);
    return g_strv_builder_end(out);
}

char *settings_url(const Settings *settings, guint16 port)
{
    if (settings->atlantis_url)
        return g_strdup(settings->atlantis_url);
    return g_strdup_printf("%s://%s:%u", settings->ssl_cert_file ? "https" : "http",
                           g_get_host_name(), port);
}

HostSpec settings_host_spec(const Settings *settings)
{
    HostSpec spec = {
        .user = settings->azuredevops_user,
        .credential = settings_credential(&settings->azuredevops),
        .webhook_user = settings->azuredevops_webhook_user,
        .webhook_password = settings->azuredevops_webhook_password,
        .allows_unauthenticated = settings->allow_unauthenticated_webhooks,
        .base_url = settings->azuredevops_base_url,
        .timeout_ms = settings->azuredevops_timeout,
        .status_genre = status_genre,
    };

    if (settings->organizations)
        spec.organizations =
            settings_organizations_list(settings->organizations, &spec.n_organizations);
    return spec;
}

bool settings_allows_command(const Settings *settings, const char *word)
{
    const char *const *words = (const char *const *)settings->allow_commands;

    return g_strv_contains(words, word) || g_strv_contains(words, "all");
}

char *settings_reference(void)
{
    g_autofree char *tables = option_markdown(&settings_table);

    return g_strconcat(
        "<!-- Printed by `hadal reference server`; change src/config/settings_table.c instead. "
        "-->\n"
        "# `hadal server`: settings\n\n"
        "Each setting is a flag (`--data-dir /var/lib/hadal`), an environment variable "
        "(`HADAL_DATA_DIR` or `ATLANTIS_DATA_DIR`; the first wins where both are set, an empty one "
        "is not set) and a key of the YAML file that `--config` names (`data-dir: "
        "/var/lib/hadal`). A flag beats the environment, which beats the file, which beats the "
        "default. An empty value is the default. Lists are separated by commas. Durations are "
        "written like `90s`, `30m` or `1h30m`; a plain number is seconds. A switch is set by "
        "`--name`, or `--name=false`.\n",
        tables, NULL);
}
