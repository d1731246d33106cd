// SPDX-License-Identifier: Apache-2.0
#include "config/settings.h"

#include <glib/gstdio.h>
#include <string.h>

#include "page.h"
#include "test.h"

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define NONE      ((const char *const[]){ NULL })

/* The least that starts a server; a test adds its own. */
#define USER      "HADAL_AZUREDEVOPS_USER=bot"
#define TOKEN     "HADAL_AZUREDEVOPS_TOKEN=pat12345"
#define HOOK_USER "HADAL_AZUREDEVOPS_WEBHOOK_USER=hook"
#define HOOK_PASS "HADAL_AZUREDEVOPS_WEBHOOK_PASSWORD=word1234"
#define ALLOWED   "HADAL_REPO_ALLOWLIST=dev.azure.com/org/*"
#define LEAST     USER, TOKEN, HOOK_USER, HOOK_PASS, ALLOWED

TEST(the_least_settings_give_the_documented_defaults)
{
    g_auto(Settings) settings = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(settings_load(NONE, LIST(LEAST, "HOME=/home/me"), &settings, &error), error);

    assert_int_equal(settings.port, 4141);
    assert_string_equal(settings.azuredevops_base_url, "https://dev.azure.com");
    assert_int_equal(settings.azuredevops_timeout, 30000);
    assert_string_equal(settings.data_dir, "/home/me/.atlantis");
    assert_int_equal(settings.shutdown_grace, 300000);
    assert_int_equal(settings.max_plan_age, 0);
    assert_int_equal(settings.parallel_pool_size, 15);
    assert_true(settings.use_tf_plugin_cache);
    assert_true(settings.enable_diff_markdown_format);
}

TEST(without_a_server_nothing_has_to_be_set_and_everything_is_checked)
{
    g_auto(Settings) settings = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(settings_load_offline(LIST("--autodiscover-mode=enabled"), NONE, &settings, &error),
              error);
    assert_string_equal(settings.autodiscover_mode, "enabled");
    assert_non_null(settings.autoplan_file_list[0]);
    assert_int_equal(g_strv_length(settings.repo_allowlist), 0);
    assert_fails(settings_load_offline(LIST("--default-tf-version=x"), NONE, &settings, &error),
                 error, HADAL_ERROR_INVALID);
}

TEST(every_row_is_documented_and_unique)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

    for (gsize i = 0; i < settings_table.n_rows; i++) {
        const OptionRow *row = &settings_table.rows[i];

        assert_true(g_ascii_isupper(*row->help));
        assert_true(g_str_has_suffix(row->help, "."));
        assert_null(strpbrk(row->help, "|<>`\n"));
        assert_non_null(row->group);
        assert_true(g_hash_table_add(names, (gpointer)row->name));
        assert_int_equal(strspn(row->name, "abcdefghijklmnopqrstuvwxyz-"), strlen(row->name));
        assert_true(row->type != OPTION_BOOL || row->def);
        assert_true(!row->instead || option_find(&settings_table, row->instead));
    }
}

/* Hosts colour a diff only with the first; projects are independent until somebody says they are
 * not. */
static const char *const other_defaults[] = { "enable-diff-markdown-format", "parallel-plan",
                                              "parallel-apply", NULL };

TEST(every_flag_of_atlantis_is_known_with_its_default)
{
    const char *root = g_getenv("HADAL_SOURCE_ROOT");
    g_autofree char *path = g_build_filename(root, "tests/fixtures/atlantis-flags.tsv", NULL);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    int flags = 0;

    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    lines = g_strsplit(g_strchomp(text), "\n", -1);
    for (gsize i = 0; lines[i]; i++) {
        g_auto(GStrv) columns = g_strsplit(lines[i], "\t", 2);
        const OptionRow *row;

        if (*lines[i] == '#')
            continue;
        row = option_find(&settings_table, columns[0]);
        if (!row)
            fail_msg("%s is not known", columns[0]);
        assert_false(row->flags & OPTION_OURS);
        if (!g_strv_contains(other_defaults, row->name))
            assert_string_equal(row->def ? row->def : "", columns[1]);
        flags++;
    }
    assert_int_equal(flags, 125);
}

TEST(every_flag_that_atlantis_lacks_is_marked)
{
    int ours = 0;

    for (gsize i = 0; i < settings_table.n_rows; i++)
        if (settings_table.rows[i].flags & OPTION_OURS)
            ours++;
    assert_int_equal(ours + 125, settings_table.n_rows);
}

TEST(the_reference_page_is_fresh)
{
    assert_page_is_fresh("docs/reference/server.md", settings_reference);
}

TEST(the_host_gets_the_values_of_its_flags)
{
    g_auto(Settings) settings = { 0 };
    g_autoptr(GError) error = NULL;
    HostSpec spec;

    assert_ok(settings_load(LIST("--azuredevops-timeout=7", "--azuredevops-base-url=http://h/c"),
                            LIST(LEAST), &settings, &error),
              error);
    spec = settings_host_spec(&settings);

    assert_string_equal(spec.user, "bot");
    assert_string_equal(spec.credential.token, "pat12345");
    assert_string_equal(spec.webhook_user, "hook");
    assert_string_equal(spec.webhook_password, "word1234");
    assert_false(spec.allows_unauthenticated);
    assert_string_equal(spec.base_url, "http://h/c");
    assert_int_equal(spec.timeout_ms, 7000);
}

/* A value that is not the row's default, and what its field then holds, as text. */
static void another_value(const OptionRow *row, const char **value, const char **held)
{
    switch (row->type) {
    case OPTION_BOOL:
        *value = *held = g_str_equal(row->def, "true") ? "false" : "true";
        return;
    case OPTION_INT:
        *value = *held = "77";
        return;
    case OPTION_DURATION:
        *value = "77s";
        *held = "77000";
        return;
    case OPTION_TEXT:
        *value = *held = row->choices ? row->choices[1] : "other";
        return;
    case OPTION_LIST:
        *value = row->choices ? "plan, apply" : "other, more";
        *held = row->choices ? "plan,apply" : "other,more";
        return;
    }
}

static char *field_text(const OptionRow *row, const Settings *settings)
{
    switch (row->type) {
    case OPTION_BOOL:
        return g_strdup(G_STRUCT_MEMBER(bool, settings, row->offset) ? "true" : "false");
    case OPTION_INT:
    case OPTION_DURATION:
        return g_strdup_printf("%" G_GINT64_FORMAT, G_STRUCT_MEMBER(gint64, settings, row->offset));
    case OPTION_TEXT:
        return g_strdup(G_STRUCT_MEMBER(char *, settings, row->offset));
    case OPTION_LIST:
        return g_strjoinv(",", G_STRUCT_MEMBER(GStrv, settings, row->offset));
    }
    return NULL;
}

static void assert_field(const OptionRow *row, const char *flag, const char *variable,
                         const char *file_flag, const char *held)
{
    g_auto(Settings) settings = { 0 };
    g_autoptr(GError) error = NULL;
    const char *allow = g_str_equal(row->name, "repo-allowlist") ? NULL : "HADAL_REPO_ALLOWLIST=x";
    const char *env[] = { variable ? variable : allow, variable ? allow : NULL, NULL };
    const char *argv[] = { flag ? flag : file_flag, NULL };
    g_autofree char *text = NULL;

    assert_ok(option_load(&settings_table, argv, env, &settings, &error), error);
    text = field_text(row, &settings);
    if (g_strcmp0(text, held))
        fail_msg("%s: the field holds \"%s\", not \"%s\"", row->name, text, held);
}

/* What becomes of a flag: exactly one of these. */
typedef enum { KIND_FIELD, KIND_NEEDLESS, KIND_DEPRECATED, KIND_REFUSED, KINDS } Kind;

static Kind kind_of(const OptionRow *row)
{
    bool is_refused = row->flags & OPTION_REFUSED;
    bool is_deprecated = row->instead;
    bool is_needless = row->needless;

    assert_true(is_refused + is_deprecated + is_needless <= 1);
    if (is_refused)
        return KIND_REFUSED;
    return is_deprecated ? KIND_DEPRECATED : is_needless ? KIND_NEEDLESS : KIND_FIELD;
}

TEST(every_flag_is_a_field_or_needless_or_deprecated_or_refused)
{
    int count[KINDS] = { 0 };

    for (gsize i = 0; i < settings_table.n_rows; i++) {
        const OptionRow *row = &settings_table.rows[i];

        count[kind_of(row)]++;
        /* The first field is the first of the struct. */
        if (kind_of(row) != KIND_FIELD)
            assert_int_equal(row->offset, 0);
    }
    assert_int_equal(count[KIND_NEEDLESS], 4);
    assert_int_equal(count[KIND_DEPRECATED], 1);
    assert_true(count[KIND_FIELD] > 50);
}

TEST(needless_flags_take_any_valid_value)
{
    g_auto(Settings) settings = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(settings_load(LIST("--skip-clone-no-changes", "--pending-apply-status=true",
                                 "--checkout-depth=50", "--disable-global-apply-lock=false"),
                            LIST(LEAST), &settings, &error),
              error);
}

TEST(needless_flags_have_a_reason_and_check_their_value)
{
    for (gsize i = 0; i < settings_table.n_rows; i++) {
        const OptionRow *row = &settings_table.rows[i];
        g_autofree char *flag = g_strdup_printf("--%s=maybe", row->name);
        g_auto(Settings) settings = { 0 };
        g_autoptr(GError) error = NULL;

        if (!row->needless)
            continue;
        assert_true(row->type == OPTION_BOOL || row->type == OPTION_INT);
        assert_false(g_str_has_suffix(row->needless, "."));
        assert_null(strpbrk(row->needless, "|<>`\n"));
        assert_fails(settings_load(LIST(flag), LIST(LEAST), &settings, &error), error,
                     HADAL_ERROR_INVALID);
    }
}

TEST(help_and_reference_say_why_a_flag_is_needless)
{
    g_autofree char *help = option_help(&settings_table);
    g_autofree char *page = settings_reference();

    assert_non_null(strstr(help, "Not needed: there is no such lock."));
    assert_non_null(strstr(page, "| there is no such lock |"));
}

TEST(versions_and_places_of_downloads_are_tidied)
{
    g_auto(Settings) settings = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(settings_load(LIST("--default-tf-version=v1.9", "--tf-download-url=http://a/b/",
                                 "--tofu-download-url=https://c//"),
                            LIST(LEAST), &settings, &error),
              error);

    assert_string_equal(settings.default_tf_version, "1.9.0");
    assert_string_equal(settings.tf_download_url, "http://a/b");
    assert_string_equal(settings.tofu_download_url, "https://c");
}

TEST(every_supported_flag_sets_its_field_from_all_four_places)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("settings-XXXXXX.yaml", &path, NULL);
    g_autofree char *file_flag = g_strconcat("--config=", path, NULL);

    assert_true(g_close(fd, NULL));
    for (gsize i = 0; i < settings_table.n_rows; i++) {
        const OptionRow *row = &settings_table.rows[i];
        const char *value = NULL, *held = NULL;
        g_autofree char *atlantis = option_env_name("ATLANTIS_", row);
        g_autofree char *hadal = option_env_name("HADAL_", row);

        if (kind_of(row) != KIND_FIELD || g_str_equal(row->name, "config"))
            continue;
        another_value(row, &value, &held);
        g_autofree char *flag = g_strdup_printf("--%s=%s", row->name, value);
        g_autofree char *from_atlantis = g_strdup_printf("%s=%s", atlantis, value);
        g_autofree char *from_hadal = g_strdup_printf("%s=%s", hadal, value);
        g_autofree char *yaml = g_strdup_printf("%s: %s\n", row->name, value);

        assert_true(g_file_set_contents(path, yaml, -1, NULL));
        assert_field(row, flag, NULL, NULL, held);
        assert_field(row, NULL, from_atlantis, NULL, held);
        assert_field(row, NULL, from_hadal, NULL, held);
        assert_field(row, NULL, NULL, file_flag, held);
    }
    g_unlink(path);
}

TEST(every_flag_without_support_is_refused)
{
    int refused = 0;

    for (gsize i = 0; i < settings_table.n_rows; i++) {
        const OptionRow *row = &settings_table.rows[i];
        const char *value = NULL, *held = NULL;
        g_auto(Settings) settings = { 0 };
        g_autoptr(GError) error = NULL;

        if (!(row->flags & OPTION_REFUSED) || row->also)
            continue;
        another_value(row, &value, &held);
        g_autofree char *flag = g_strdup_printf("--%s=%s", row->name, value);
        g_autofree char *message =
            g_strdup_printf("--%s is not supported yet: see docs/compatibility.md", row->name);
        assert_fails(settings_load(LIST(flag), LIST(LEAST), &settings, &error), error,
                     HADAL_ERROR_INVALID);
        assert_string_equal(error->message, message);
        refused++;
    }
    assert_true(refused > 50);
}

TEST(every_flag_without_support_may_have_its_default)
{
    for (gsize i = 0; i < settings_table.n_rows; i++) {
        const OptionRow *row = &settings_table.rows[i];
        g_autofree char *flag = g_strdup_printf("--%s=%s", row->name, row->def ? row->def : "");
        g_auto(Settings) settings = { 0 };
        g_autoptr(GError) error = NULL;

        if (row->flags & OPTION_REFUSED)
            assert_ok(settings_load(LIST(flag), LIST(LEAST), &settings, &error), error);
    }
}

TEST(outgoing_webhooks_in_the_file_are_refused)
{
    g_auto(Settings) settings = { 0 };
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("settings-XXXXXX.yaml", &path, NULL);

    assert_true(g_close(fd, NULL));
    assert_true(g_file_set_contents(path, "webhooks:\n- event: apply\n", -1, NULL));
    assert_fails(settings_load(LIST("--config", path), LIST(LEAST), &settings, &error), error,
                 HADAL_ERROR_INVALID);
    assert_true(g_str_has_suffix(error->message,
                                 ":1:1: webhooks is not supported yet: see docs/compatibility.md"));
    g_unlink(path);
}

TEST(settings_that_contradict_each_other_are_refused)
{
    static const struct {
        const char *flags[3], *env[6], *message;
    } cases[] = {
        { { NULL },
          { HOOK_USER, HOOK_PASS, ALLOWED },
          "no host is configured: set --azuredevops-user and --azuredevops-token, "
          "--azuredevops-auth, or --azuredevops-organizations-file" },
        { { NULL },
          { USER, HOOK_USER, HOOK_PASS, ALLOWED },
          "--azuredevops-user and --azuredevops-token go together: --azuredevops-token is "
          "missing" },
        { { NULL },
          { TOKEN, HOOK_USER, HOOK_PASS, ALLOWED },
          "--azuredevops-user and --azuredevops-token go together: --azuredevops-user is missing" },
        { { "--azuredevops-token=  " },
          { USER, HOOK_USER, HOOK_PASS, ALLOWED },
          "--azuredevops-user and --azuredevops-token go together: --azuredevops-token is "
          "missing" },
        { { NULL },
          { USER, TOKEN, HOOK_USER, ALLOWED },
          "--azuredevops-webhook-user and --azuredevops-webhook-password go together: "
          "--azuredevops-webhook-password is missing" },
        { { "--allow-unauthenticated-webhooks" },
          { USER, TOKEN, HOOK_PASS, ALLOWED },
          "--azuredevops-webhook-user and --azuredevops-webhook-password go together: "
          "--azuredevops-webhook-user is missing" },
        { { NULL },
          { USER, TOKEN, ALLOWED },
          "anybody could send webhooks: set --azuredevops-webhook-user and "
          "--azuredevops-webhook-password to the user name and password of the service hooks, or "
          "--allow-unauthenticated-webhooks" },
        { { NULL },
          { USER, TOKEN, HOOK_USER, HOOK_PASS },
          "--repo-allowlist (HADAL_REPO_ALLOWLIST) must be set: Repositories that may use the "
          "server, as host/owner/repo: * stands for any text, a pattern after ! excludes, letter "
          "case does not matter." },
        { { "--repo-allowlist=a/b,https://dev.azure.com/x" },
          { LEAST },
          "--repo-allowlist must hold patterns like \"host/owner/*\" without a scheme, not "
          "\"https://dev.azure.com/x\"" },
        { { "--ssl-cert-file=c.pem" },
          { LEAST },
          "--ssl-cert-file and --ssl-key-file go together: --ssl-key-file is missing" },
        { { "--ssl-key-file=k.pem" },
          { LEAST },
          "--ssl-cert-file and --ssl-key-file go together: --ssl-cert-file is missing" },
        { { "--azuredevops-base-url=tfs.example.com" },
          { LEAST },
          "--azuredevops-base-url must be a URL with http:// or https://, not "
          "\"tfs.example.com\"" },
        { { "--azuredevops-base-url=ftp://tfs.example.com" },
          { LEAST },
          "--azuredevops-base-url must be a URL with http:// or https://, not "
          "\"ftp://tfs.example.com\"" },
        { { "--azuredevops-base-url=https://u:p@tfs.example.com" },
          { LEAST },
          "--azuredevops-base-url must be a URL without user, query and fragment" },
        { { "--azuredevops-base-url=https:///tfs" },
          { LEAST },
          "--azuredevops-base-url must be a URL with http:// or https://, not \"https:///tfs\"" },
        { { "--azuredevops-base-url=https://a.example", "--azuredevops-hostname=b.example" },
          { LEAST },
          "--azuredevops-base-url and --azuredevops-hostname exclude each other: the first has "
          "the host in it" },
        { { "--azuredevops-hostname=https://a.example" },
          { LEAST },
          "--azuredevops-hostname must be the name of a host, not \"https://a.example\": a URL "
          "belongs into --azuredevops-base-url" },
        { { "--atlantis-url=hadal.example.com" },
          { LEAST },
          "--atlantis-url must be a URL with http:// or https://, not \"hadal.example.com\"" },
        { { "--allow-commands=plan,destroy" },
          { LEAST },
          "--allow-commands must be a list with commas of version, plan, apply, unlock, "
          "approve_policies, cancel, import, state, policy_check, all, not \"plan,destroy\"" },
        { { "--azuredevops-timeout=500h" },
          { LEAST },
          "--azuredevops-timeout must be a duration like 90s, 30m or 1h30m, from 1 s to 1 h 0 "
          "min, not \"500h\"" },
        { { "--repo-config=a.yaml", "--repo-config-json={}" },
          { LEAST },
          "--repo-config and --repo-config-json exclude each other: both are the whole of the "
          "rules" },
        { { "--hide-prev-plan-comments", "--disable-markdown-folding" },
          { LEAST },
          "--hide-prev-plan-comments and --disable-markdown-folding exclude each other: comments "
          "are hidden by folding them" },
        { { "--gh-team-allowlist=[P]\\Ops:apply,dev" },
          { LEAST },
          "--gh-team-allowlist must hold team:command, with a command that --allow-commands knows "
          "or *, not \"dev\"" },
        { { "--gh-team-allowlist=dev:destroy" },
          { LEAST },
          "--gh-team-allowlist must hold team:command, with a command that --allow-commands knows "
          "or *, not \"dev:destroy\"" },
        { { "--gh-team-allowlist=:plan" },
          { LEAST },
          "--gh-team-allowlist must hold team:command, with a command that --allow-commands knows "
          "or *, not \":plan\"" },
        { { "--var-file-allowlist=vars" },
          { LEAST },
          "--var-file-allowlist must hold absolute paths, not \"vars\"" },
        { { "--var-file-allowlist=/var/lib/x/pulls", "--data-dir=/var/lib/x" },
          { LEAST },
          "--var-file-allowlist must not let comments into the data directory, which holds "
          "secrets: \"/var/lib/x/pulls\" does; keep variable files in a directory of their own" },
        { { "--var-file-allowlist=/srv/vars,/", "--data-dir=/var/lib/x" },
          { LEAST },
          "--var-file-allowlist must not let comments into the data directory, which holds "
          "secrets: \"/\" does; keep variable files in a directory of their own" },
        { { "--default-tf-version=~> 1.5" },
          { LEAST },
          "--default-tf-version must be an exact version like 1.9.5, not \"~> 1.5\"" },
        { { "--tf-download-url=releases.example.com" },
          { LEAST },
          "--tf-download-url must be a URL with http:// or https://, not "
          "\"releases.example.com\"" },
        { { "--tofu-download-url=ftp://x" },
          { LEAST },
          "--tofu-download-url must be a URL with http:// or https://, not \"ftp://x\"" },
        { { "--require-approval" },
          { LEAST },
          "--require-approval is not a flag: --help lists what there is" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Settings) settings = { 0 };
        g_autoptr(GError) error = NULL;

        assert_fails(settings_load(cases[i].flags, cases[i].env, &settings, &error), error,
                     HADAL_ERROR_INVALID);
        assert_string_equal(error->message, cases[i].message);
        assert_null(settings.log_level);
    }
}

TEST(webhooks_may_go_unauthenticated_when_that_is_said)
{
    g_auto(Settings) settings = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(settings_load(LIST("--allow-unauthenticated-webhooks"), LIST(USER, TOKEN, ALLOWED),
                            &settings, &error),
              error);

    assert_null(settings.azuredevops_webhook_user);
}

TEST(what_surrounds_a_value_by_habit_is_taken_off)
{
    g_auto(Settings) settings = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(settings_load(LIST("--azuredevops-user=@bot", "--azuredevops-token= pat \n",
                                 "--azuredevops-base-url=http://127.0.0.1:8080/tfs/",
                                 "--atlantis-url=https://hadal.example.com/base/",
                                 "--executable-name=Atlantis", "--log-level=DEBUG"),
                            LIST(HOOK_USER, HOOK_PASS, ALLOWED), &settings, &error),
              error);

    assert_string_equal(settings.azuredevops_user, "bot");
    assert_string_equal(settings.azuredevops.token, "pat");
    assert_string_equal(settings.azuredevops_base_url, "http://127.0.0.1:8080/tfs");
    assert_string_equal(settings.atlantis_url, "https://hadal.example.com/base");
    assert_string_equal(settings.executable_name, "atlantis");
    assert_string_equal(settings.log_level, "debug");
}

TEST(the_data_directory_is_absolute)
{
    g_auto(Settings) absolute = { 0 };
    g_auto(Settings) relative = { 0 };
    g_autofree char *here = g_get_current_dir();
    g_autofree char *expected = g_build_filename(here, "data", NULL);
    g_autoptr(GError) error = NULL;

    assert_ok(
        settings_load(LIST("--data-dir=/var/lib/../lib/hadal/"), LIST(LEAST), &absolute, &error),
        error);
    assert_ok(settings_load(LIST("--data-dir=./data"), LIST(LEAST), &relative, &error), error);

    assert_string_equal(absolute.data_dir, "/var/lib/hadal");
    assert_string_equal(relative.data_dir, expected);
}

TEST(another_host_name_changes_the_base_url)
{
    g_auto(Settings) settings = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(settings_load(LIST("--azuredevops-hostname=ado.example.com:8443"), LIST(LEAST),
                            &settings, &error),
              error);

    assert_string_equal(settings.azuredevops_base_url, "https://ado.example.com:8443");
}

TEST(secrets_are_listed_in_every_form_in_which_they_travel)
{
    g_auto(Settings) settings = { 0 };
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) secrets = NULL;

    assert_ok(settings_load(NONE, LIST(LEAST), &settings, &error), error);
    secrets = settings_secrets(&settings);

    assert_int_equal(g_strv_length(secrets), 4);
    assert_true(g_strv_contains((const char *const *)secrets, "pat12345"));
    assert_true(g_strv_contains((const char *const *)secrets, "word1234"));
    assert_true(g_strv_contains((const char *const *)secrets, "OnBhdDEyMzQ1"));
    assert_true(g_strv_contains((const char *const *)secrets, "aG9vazp3b3JkMTIzNA=="));
}

TEST(links_start_with_the_url_or_the_name_of_the_machine)
{
    g_auto(Settings) given = { 0 };
    g_auto(Settings) plain = { 0 };
    g_auto(Settings) tls = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(settings_load(LIST("--atlantis-url=https://h.example"), LIST(LEAST), &given, &error),
              error);
    assert_ok(settings_load(NONE, LIST(LEAST), &plain, &error), error);
    assert_ok(
        settings_load(LIST("--ssl-cert-file=c", "--ssl-key-file=k"), LIST(LEAST), &tls, &error),
        error);

    g_autofree char *given_url = settings_url(&given, 1);
    g_autofree char *plain_url = settings_url(&plain, 4141);
    g_autofree char *tls_url = settings_url(&tls, 4141);
    g_autofree char *expected = g_strdup_printf("http://%s:4141", g_get_host_name());
    assert_string_equal(given_url, "https://h.example");
    assert_string_equal(plain_url, expected);
    assert_true(g_str_has_prefix(tls_url, "https://"));
}

TEST(all_allows_every_command)
{
    g_auto(Settings) some = { 0 };
    g_auto(Settings) all = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(settings_load(LIST("--allow-commands=plan, unlock"), LIST(LEAST), &some, &error),
              error);
    assert_ok(settings_load(LIST("--allow-commands=all"), LIST(LEAST), &all, &error), error);

    assert_true(settings_allows_command(&some, "unlock"));
    assert_false(settings_allows_command(&some, "apply"));
    assert_true(settings_allows_command(&all, "apply"));
}

TEST(the_older_name_of_the_distribution_still_counts)
{
    g_auto(Settings) settings = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(
        settings_load(NONE, LIST(LEAST, "ATLANTIS_TF_DISTRIBUTION=opentofu"), &settings, &error),
        error);

    assert_string_equal(settings.default_tf_distribution, "opentofu");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_least_settings_give_the_documented_defaults),
        cmocka_unit_test(without_a_server_nothing_has_to_be_set_and_everything_is_checked),
        cmocka_unit_test(every_row_is_documented_and_unique),
        cmocka_unit_test(every_flag_of_atlantis_is_known_with_its_default),
        cmocka_unit_test(every_flag_that_atlantis_lacks_is_marked),
        cmocka_unit_test(the_reference_page_is_fresh),
        cmocka_unit_test(the_host_gets_the_values_of_its_flags),
        cmocka_unit_test(every_flag_is_a_field_or_needless_or_deprecated_or_refused),
        cmocka_unit_test(needless_flags_take_any_valid_value),
        cmocka_unit_test(needless_flags_have_a_reason_and_check_their_value),
        cmocka_unit_test(help_and_reference_say_why_a_flag_is_needless),
        cmocka_unit_test(versions_and_places_of_downloads_are_tidied),
        cmocka_unit_test(every_supported_flag_sets_its_field_from_all_four_places),
        cmocka_unit_test(every_flag_without_support_is_refused),
        cmocka_unit_test(every_flag_without_support_may_have_its_default),
        cmocka_unit_test(outgoing_webhooks_in_the_file_are_refused),
        cmocka_unit_test(settings_that_contradict_each_other_are_refused),
        cmocka_unit_test(webhooks_may_go_unauthenticated_when_that_is_said),
        cmocka_unit_test(what_surrounds_a_value_by_habit_is_taken_off),
        cmocka_unit_test(the_data_directory_is_absolute),
        cmocka_unit_test(another_host_name_changes_the_base_url),
        cmocka_unit_test(secrets_are_listed_in_every_form_in_which_they_travel),
        cmocka_unit_test(links_start_with_the_url_or_the_name_of_the_machine),
        cmocka_unit_test(all_allows_every_command),
        cmocka_unit_test(the_older_name_of_the_distribution_still_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
