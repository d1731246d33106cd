// SPDX-License-Identifier: Apache-2.0
/* Personal access tokens, and which kind is asked for. Tokens of Entra ID are got in entra.c. */
#include "host/azuredevops/credentials.h"

#include <string.h>

#include "base/redact.h"
#include "host/azuredevops/entra.h"
#include "host/azuredevops/token_cache.h"
#include "sys/http_client.h"

enum { USUAL_TIMEOUT_MS = 30000 };

struct _Credentials {
    HostCredential of; /* a view */
    char *name;        /* in the cache: a digest of what it is made of */
    char *as_basic;    /* of what is made of a token, for redaction */
    HttpClient *http;
    gint64 timeout_ms;
};

static void append(GString *text, const char *part)
{
    g_string_append_printf(text, "%s\n", part ? part : "");
}

static char *name_of(const HostCredential *of)
{
    g_autoptr(GString) text = g_string_new(NULL);

    append(text, credential_kind_names[of->kind]);
    append(text, of->token);
    append(text, of->token_file);
    append(text, of->tenant);
    append(text, of->client);
    append(text, of->secret);
    append(text, of->secret_file);
    append(text, of->certificate_file);
    append(text, of->assertion_file);
    append(text, of->authority);
    append(text, of->metadata_url);
    append(text, of->identity_endpoint);
    append(text, of->identity_header);
    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, text->str, -1);
}

/* --- a personal access token --- */

/* Line breaks come with files. */
static char *read_token(const char *file, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) why = NULL;

    if (!g_file_get_contents(file, &text, NULL, &why))
        return hadal_throw_null(error, HADAL_ERROR_RETRY, "%s", why->message);
    g_strstrip(text);
    if (!*text || strpbrk(text, "\r\n"))
        return hadal_throw_null(error, HADAL_ERROR_RETRY, "%s must hold a token and nothing else",
                                file);
    return g_steal_pointer(&text);
}

/* The file of each call: it is small, and what a look at its time saves is not worth missing a
 * change. While it is being replaced the last token stands in. */
static char *token_of_file(const Credentials *credentials, GError **error)
{
    g_autofree char *kept = token_cache_text(credentials->name);
    g_autofree char *text = read_token(credentials->of.token_file, kept ? NULL : error);

    if (!text)
        return g_steal_pointer(&kept);
    if (g_strcmp0(text, kept) != 0)
        token_cache_put(credentials->name, text);
    return g_steal_pointer(&text);
}

static char *token_of(const Credentials *credentials, GError **error)
{
    const char *text = credentials->of.token;

    return credentials->of.token_file ? token_of_file(credentials, error)
                                      : g_strstrip(g_strdup(text ? text : ""));
}

static bool access_by_token(const Credentials *credentials, Access *access, GError **error)
{
    g_autofree char *token = token_of(credentials, error);

    if (!token)
        return false;
    access->authorization = *token ? http_basic_auth("", token) : NULL;
    if (access->authorization)
        redact_renew(credentials->as_basic, access->authorization + strlen("Basic "));
    return true;
}

/* --- Entra ID --- */

static bool fetch(const Ctx *ctx, gpointer data, Token *token, GError **error)
{
    const Credentials *credentials = data;

    return entra_fetch(ctx, credentials->http, &credentials->of, credentials->timeout_ms, token,
                       error);
}

static bool access_by_entra(const Ctx *ctx, Credentials *credentials, const char *refused,
                            Access *access, GError **error)
{
    static const char scheme[] = "Bearer ";
    const char *old =
        refused && g_str_has_prefix(refused, scheme) ? refused + strlen(scheme) : NULL;
    g_autofree char *token = NULL;

    if (!token_cache_get(ctx, credentials->name, old, fetch, credentials, &token, error))
        return hadal_prefix(error, "token of Entra ID (%s)",
                            credential_kind_names[credentials->of.kind]);
    access->authorization = g_strconcat(scheme, token, NULL);
    access->is_bearer = true;
    return true;
}

/* --- both --- */

bool credentials_access(const Ctx *ctx, Credentials *credentials, const char *refused,
                        Access *access, GError **error)
{
    return credentials->of.kind == CREDENTIAL_TOKEN
               ? access_by_token(credentials, access, error)
               : access_by_entra(ctx, credentials, refused, access, error);
}

CredentialKind credentials_kind(const Credentials *credentials)
{
    return credentials->of.kind;
}

void credentials_look(const Credentials *credentials, CredentialState *state)
{
    state->ends = credentials->of.ends ? credentials->of.ends : entra_ends(&credentials->of);
    state->token_ends = token_cache_end(credentials->name);
}

void access_clear(Access *access)
{
    g_clear_pointer(&access->authorization, g_free);
}

/* What can be read of it is: a typing error is told at start, not by the first pull request. */
static bool check(const Credentials *credentials, GError **error)
{
    g_autofree char *token = NULL;
    g_autoptr(GError) why = NULL;
    bool is_good;

    if (credentials->of.kind == CREDENTIAL_TOKEN)
        is_good = (token = token_of(credentials, &why));
    else
        is_good = entra_check(&credentials->of, &why);
    return is_good ||
           hadal_throw(error, HADAL_ERROR_INVALID, "%s", why ? why->message : "it cannot be read");
}

/* Later hosts of the process are opened in the middle of work, when a file may just be on its way.
 */
static bool check_once(const Credentials *credentials, GError **error)
{
    g_autofree char *mark = g_strconcat(credentials->name, " was checked", NULL);
    g_autofree char *is_checked = token_cache_text(mark);

    if (is_checked)
        return true;
    if (!check(credentials, error))
        return false;
    token_cache_put(mark, "yes");
    return true;
}

Credentials *credentials_open(const HostCredential *of, gint64 timeout_ms, GError **error)
{
    g_autoptr(Credentials) credentials = g_new0(Credentials, 1);

    credentials->of = *of;
    credentials->name = name_of(of);
    credentials->as_basic = g_strconcat(credentials->name, " as basic", NULL);
    credentials->http = http_client_new();
    credentials->timeout_ms = timeout_ms > 0 ? timeout_ms : USUAL_TIMEOUT_MS;
    return check_once(credentials, error) ? g_steal_pointer(&credentials) : NULL;
}

void credentials_free(Credentials *credentials)
{
    if (!credentials)
        return;
    g_free(credentials->name);
    g_free(credentials->as_basic);
    http_client_free(credentials->http);
    g_free(credentials);
}
