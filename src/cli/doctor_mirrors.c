// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor_mirrors.h"

#include <string.h>

#include "model/finding.h"
#include "sys/http_client.h"
#include "tf/cli_config.h"

#define BUNDLE_ADVICE \
    "\"hadal bundle\" makes one; or name the right place in Terraform's configuration"

enum {
    MIRROR_TIMEOUT_MS = 30000,
    MAX_ANSWER = 1 << 20,
    MOST_DEPTH = 4, /* of what lies in a mirror: HOST/NAMESPACE/TYPE/ARCHIVE or VERSION */
};

typedef struct {
    const Ctx *ctx;
    const char *about, *file;
    GPtrArray *findings; /* borrowed */
    bool has_direct;
} Mirrors;

/* Takes text. */
static void tell(const Mirrors *self, FindingState state, char *text, const char *advice)
{
    finding_add(self->findings, state, self->about, text, advice);
}

/* ------------------------------------------------------------------ places */

/* Archives and versions of providers. */
static guint count_below(const char *path, int depth)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;
    guint n = 0;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        bool is_dir = g_file_test(child, G_FILE_TEST_IS_DIR);

        if (depth < MOST_DEPTH)
            n += is_dir ? count_below(child, depth + 1) : 0;
        else
            n += is_dir || g_str_has_suffix(name, ".zip");
    }
    return n;
}

static void look_dir(const Mirrors *self, const char *dir)
{
    guint n = count_below(dir, 1);

    if (!g_file_test(dir, G_FILE_TEST_IS_DIR))
        tell(self, FINDING_WRONG, g_strdup_printf("%s is no directory, and every init fails", dir),
             BUNDLE_ADVICE);
    else if (n == 0)
        tell(self, self->has_direct ? FINDING_WARNING : FINDING_WRONG,
             g_strdup_printf("%s has no provider", dir), BUNDLE_ADVICE);
    else
        tell(self, FINDING_OK,
             g_strdup_printf("%s has %u %s", dir, n, n == 1 ? "provider" : "providers"), NULL);
}

/* Any answer will do: what a mirror has at its beginning nobody says. */
static void ask(const Mirrors *self, const char *url)
{
    g_autoptr(HttpClient) http = http_client_new();
    const HttpCall call = {
        .method = "GET", .url = url, .timeout_ms = MIRROR_TIMEOUT_MS, .max_reply = MAX_ANSWER
    };
    g_auto(HttpReply) reply = { 0 };
    g_autoptr(GError) error = NULL;

    if (!http_client_call(self->ctx, http, &call, &reply, &error))
        tell(self, self->has_direct ? FINDING_WARNING : FINDING_WRONG,
             g_strdup_printf("%s: %s", url, error->message),
             "let the server reach it, and trust its certificate (SSL_CERT_FILE)");
    else if (reply.status == 401 || reply.status == 403 || reply.status >= 500)
        tell(self, FINDING_WARNING, g_strdup_printf("%s answers with status %d", url, reply.status),
             "look at the mirror, and at the credentials for it in Terraform's configuration");
    else
        tell(self, FINDING_OK, g_strdup_printf("%s answers", url), NULL);
}

static void look_url(const Mirrors *self, const char *url)
{
    if (g_ascii_strncasecmp(url, "https://", strlen("https://")) == 0 && g_str_has_suffix(url, "/"))
        ask(self, url);
    else
        tell(self, FINDING_WRONG,
             g_strdup_printf("%s is no address that Terraform takes for a mirror", url),
             "it has to begin with https:// and to end with a slash");
}

/* -------------------------------------------------------------------- file */

static void look_sources(Mirrors *self, const char *text)
{
    g_auto(ProviderSources) sources = { 0 };

    provider_sources_parse(text, &sources);
    self->has_direct = sources.has_direct;
    if (sources.dirs->len + sources.urls->len == 0)
        tell(self, FINDING_OK,
             g_strdup_printf("none in %s: providers come from their registries", self->file), NULL);
    for (guint i = 0; i < sources.dirs->len; i++)
        look_dir(self, sources.dirs->pdata[i]);
    for (guint i = 0; i < sources.urls->len; i++)
        look_url(self, sources.urls->pdata[i]);
}

static void look_file(Mirrors *self)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;

    if (!g_file_get_contents(self->file, &text, NULL, &error))
        tell(self, FINDING_WRONG, g_strdup(error->message),
             "let the server's user read Terraform's configuration");
    else
        look_sources(self, text);
}

void doctor_look_mirrors(const Ctx *ctx, const char *const *env, const char *program,
                         const char *about, GPtrArray *findings)
{
    g_autofree char *file = cli_config_path(env, program);
    Mirrors self = { .ctx = ctx, .about = about, .file = file, .findings = findings };

    if (g_file_test(file, G_FILE_TEST_EXISTS))
        look_file(&self);
    else if (g_environ_getenv((GStrv)env, "TF_CLI_CONFIG_FILE"))
        tell(&self, FINDING_WRONG,
             g_strdup_printf("TF_CLI_CONFIG_FILE names %s, which is not there", file),
             "put the file there, or take the variable away: Terraform runs without it");
    else
        tell(&self, FINDING_OK, g_strdup("none: providers come from their registries"), NULL);
}
