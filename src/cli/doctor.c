// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/doctor_mirrors.h"
#include "config/repos_yaml.h"
#include "host/host.h"
#include "model/finding.h"
#include "store/store.h"
#include "sys/disk.h"
#include "sys/http_client.h"
#include "sys/proc.h"
#include "tf/distribution.h"
#include "tf/tool.h"

#define MIB (1024 * G_GINT64_CONSTANT(1024))
#define DAY (24 * 3600 * G_GINT64_CONSTANT(1000))

enum {
    TOOL_TIMEOUT_MS = 30000,
    LIST_TIMEOUT_MS = 30000,
    MAX_LIST = 64 << 20, /* bytes of a list of releases */
    MAX_ANSWER = 4096,   /* bytes that "git --version" may print */
    GIT_MAJOR = 2,
    GIT_MINOR = 38, /* the first with "merge-tree --write-tree" */
    QUIET_DAYS = 7,
};

typedef struct {
    const Ctx *ctx;
    const Settings *settings;
    GPtrArray *findings; /* borrowed */
    const char *about;   /* of the check that runs */
    Store *store;        /* NULL: there is none yet, or it does not open */
} Doctor;

/* Takes text. */
static void tell(const Doctor *self, FindingState state, char *text, const char *advice)
{
    finding_add(self->findings, state, self->about, text, advice);
}

/* ---------------------------------------------------------------------- files */

static void look_rules(Doctor *self)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ReposYaml) rules = repos_yaml_load(self->settings, &error);
    const char *file = self->settings->repo_config;

    if (!rules)
        tell(self, FINDING_WRONG, g_strdup(error->message),
             "correct the file; \"hadal check --repo-config FILE\" checks it too");
    else
        tell(self, FINDING_OK, g_strdup(file ? file : "none: every repository has the defaults"),
             NULL);
}

/* The nearest directory that is there: the server makes the rest. The caller frees it. */
static char *existing_dir(const char *path)
{
    char *dir = g_strdup(path);

    while (!g_file_test(dir, G_FILE_TEST_EXISTS) && !g_str_equal(dir, "/")) {
        char *parent = g_path_get_dirname(dir);

        g_free(dir);
        dir = parent;
    }
    return dir;
}

static void look_data_dir(Doctor *self)
{
    g_autofree char *dir = existing_dir(self->settings->data_dir);

    if (!g_file_test(dir, G_FILE_TEST_IS_DIR))
        tell(self, FINDING_WRONG, g_strdup_printf("%s is not a directory", dir),
             "name another directory with --data-dir");
    else if (access(dir, R_OK | W_OK | X_OK) < 0)
        tell(self, FINDING_WRONG, g_strdup_printf("%s: %s", dir, g_strerror(errno)),
             "let the server's user write there, or name another directory with --data-dir");
    else
        tell(self, FINDING_OK, g_strdup(self->settings->data_dir), NULL);
}

static void look_space(Doctor *self)
{
    g_autofree char *dir = existing_dir(self->settings->data_dir);
    static const FindingState states[] = {
        [DISK_HAS_ROOM] = FINDING_OK,
        [DISK_IS_LOW] = FINDING_WARNING,
        [DISK_IS_FULL] = FINDING_WRONG,
    };
    gint64 free_bytes;
    FindingState state;
    DiskRoom room;

    if (!disk_look(dir, &free_bytes, &room)) {
        tell(self, FINDING_WARNING, g_strdup_printf("%s: %s", dir, g_strerror(errno)), NULL);
        return;
    }
    state = states[room];
    tell(self, state,
         g_strdup_printf("%" G_GINT64_FORMAT " MiB free for %s", free_bytes / MIB,
                         self->settings->data_dir),
         state == FINDING_OK ? NULL : "make room: checkouts, providers and plans need it");
}

/* ------------------------------------------------------------------- database */

static void look_database(Doctor *self)
{
    g_autofree char *path = g_build_filename(self->settings->data_dir, "hadal.db", NULL);
    g_autofree char *url = g_strconcat("sqlite:", path, NULL);
    g_autoptr(GError) error = NULL;

    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        tell(self, FINDING_OK, g_strdup("none yet: the server makes it when it starts"), NULL);
        return;
    }
    self->store = store_open_to_read(url, &error);
    if (self->store)
        tell(self, FINDING_OK, g_strdup(path), NULL);
    else
        tell(self, FINDING_WRONG, g_strdup_printf("%s: %s", path, error->message),
             "put a copy of it in its place, or start the version of hadal that wrote it");
}

static void tell_age(Doctor *self, gint64 received_at)
{
    gint64 age = clock_now() - received_at;
    g_autofree char *words = clock_duration_text(age);

    if (age > QUIET_DAYS * DAY)
        tell(self, FINDING_WARNING, g_strdup_printf("the last one came %s ago", words),
             "when there was work meanwhile, look at the hooks below");
    else
        tell(self, FINDING_OK, g_strdup_printf("the last one came %s ago", words), NULL);
}

static void look_events(Doctor *self)
{
    g_autoptr(GError) error = NULL;
    gint64 received_at = 0;

    if (!self->store)
        tell(self, FINDING_WARNING, g_strdup("none has come yet"),
             "start the server, and look what \"hadal setup\" says");
    else if (!store_last_delivery(self->store, &received_at, &error))
        tell(self, FINDING_WRONG, g_strdup(error->message), NULL);
    else if (received_at == 0)
        tell(self, FINDING_WARNING, g_strdup("none has come yet"),
             "look what \"hadal setup\" says");
    else
        tell_age(self, received_at);
}

/* ---------------------------------------------------------------------- tools */

/* "git version 2.39.5" and whatever a distribution adds. */
static bool is_new_enough(const char *text)
{
    static const char before[] = "git version ";
    g_auto(GStrv) parts =
        g_strsplit(g_str_has_prefix(text, before) ? text + strlen(before) : "", ".", 3);
    gint64 major = 0, minor = 0;

    if (g_strv_length(parts) < 2 ||
        !g_ascii_string_to_signed(parts[0], 10, 0, G_MAXINT, &major, NULL) ||
        !g_ascii_string_to_signed(parts[1], 10, 0, G_MAXINT, &minor, NULL))
        return false;
    return major > GIT_MAJOR || (major == GIT_MAJOR && minor >= GIT_MINOR);
}

static void look_git(Doctor *self)
{
    const ProcSpec spec = {
        .argv = ARGV("git", "--version"),
        .max_output = MAX_ANSWER,
        .timeout_ms = TOOL_TIMEOUT_MS,
    };
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;

    if (!proc_run(self->ctx, &spec, output, NULL, NULL, &error)) {
        tell(self, FINDING_WRONG, g_strdup(error->message), "install git, on the server's PATH");
        return;
    }
    text = g_strstrip(g_utf8_make_valid(output->str, (gssize)output->len));
    if (is_new_enough(text))
        tell(self, FINDING_OK, g_strdup(text), NULL);
    else
        tell(self, FINDING_WRONG, g_strdup_printf("%s: too old", text),
             "install git 2.38 or newer");
}

static void tell_no_tool(const Doctor *self, const GError *why)
{
    if (self->settings->default_tf_version && self->settings->tf_download)
        tell(self, FINDING_OK,
             g_strdup_printf("%s is downloaded when it is needed",
                             self->settings->default_tf_version),
             NULL);
    else
        tell(self, FINDING_WARNING, g_strdup(why->message),
             "install it on the server's PATH, or name a version with --default-tf-version; "
             "projects that name one themselves do not need it");
}

static void look_tool(Doctor *self)
{
    g_autoptr(GError) error = NULL;
    const TfDistribution *distribution =
        tf_distribution_find(self->settings->default_tf_distribution, &error);
    g_auto(TfTool) tool = { 0 };

    if (distribution && tf_tool_find(self->ctx, distribution->program, &tool, &error))
        tell(self, FINDING_OK, g_strdup_printf("%s %s, %s", tool.name, tool.version, tool.path),
             NULL);
    else
        tell_no_tool(self, error);
}

/* Where versions come from that nobody has installed. */
static void look_releases(Doctor *self)
{
    const Settings *settings = self->settings;
    const TfDistribution *distribution =
        tf_distribution_find(settings->default_tf_distribution, NULL);
    bool is_tofu = distribution && g_str_equal(distribution->program, "tofu");
    g_autofree char *url =
        distribution ? tf_distribution_index_url(distribution, is_tofu ? settings->tofu_download_url
                                                                       : settings->tf_download_url)
                     : NULL;
    const HttpFetch fetch = { .url = url, .timeout_ms = LIST_TIMEOUT_MS, .max_reply = MAX_LIST };
    g_autoptr(HttpClient) http = http_client_new();
    g_auto(HttpReply) reply = { 0 };
    g_autoptr(GError) error = NULL;

    if (!url || !settings->tf_download)
        tell(self, FINDING_OK, g_strdup("not used: --tf-download=false"), NULL);
    else if (http_client_fetch(self->ctx, http, &fetch, &reply, &error))
        tell(self, FINDING_OK, g_strdup_printf("%s answers", url), NULL);
    else
        tell(self, FINDING_WARNING, g_strdup_printf("%s: %s", url, error->message),
             "let the server reach it, name a mirror with --tf-download-url or "
             "--tofu-download-url, or switch downloads off with --tf-download=false");
}

static void look_mirrors(Doctor *self)
{
    const TfDistribution *distribution =
        tf_distribution_find(self->settings->default_tf_distribution, NULL);
    g_auto(GStrv) env = g_get_environ();

    doctor_look_mirrors(self->ctx, (const char *const *)env,
                        distribution ? distribution->program : "terraform", self->about,
                        self->findings);
}

/* ----------------------------------------------------------------------- host */

/* What the database cannot tell has been told by its own check. */
static GStrv locators_of(const Doctor *self)
{
    g_autoptr(GPtrArray) repos = self->store ? store_repos(self->store, NULL) : NULL;
    g_autoptr(GStrvBuilder) locators = g_strv_builder_new();

    for (guint i = 0; repos && i < repos->len; i++) {
        const RepoRef *repo = repos->pdata[i];

        if (repo->locator)
            g_strv_builder_add(locators, repo->locator);
    }
    return g_strv_builder_end(locators);
}

static void look_host(Doctor *self)
{
    const HostSpec spec = settings_host_spec(self->settings);
    g_autofree char *url = settings_url(self->settings, (guint16)self->settings->port);
    g_auto(GStrv) locators = locators_of(self);
    const HostExam exam = {
        .url = url,
        .allowlist = (const char *const *)self->settings->repo_allowlist,
        .locators = (const char *const *)locators,
        .needs_groups = *self->settings->gh_team_allowlist != NULL,
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(Host) host = host_open(host_names()[0], &spec, &error);

    if (host)
        host_examine(self->ctx, host, &exam, self->findings);
    else
        tell(self, FINDING_WRONG, g_strdup(error->message), "correct the setting");
}

typedef struct {
    const char *about;
    void (*look)(Doctor *self);
} Check;

/* In this order: the database's check opens what later ones ask. */
static const Check checks[] = {
    { "rules of repositories", look_rules },
    { "data directory", look_data_dir },
    { "disk space", look_space },
    { "database", look_database },
    { "events", look_events },
    { "git", look_git },
    { "terraform", look_tool },
    { "releases", look_releases },
    { "provider mirrors", look_mirrors },
    { "host", look_host },
};

void doctor_look(const Ctx *ctx, const Settings *settings, GPtrArray *findings)
{
    Doctor self = { .ctx = ctx, .settings = settings, .findings = findings };

    for (gsize i = 0; i < G_N_ELEMENTS(checks); i++) {
        self.about = checks[i].about;
        checks[i].look(&self);
    }
    g_clear_pointer(&self.store, store_close);
}
