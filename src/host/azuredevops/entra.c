// SPDX-License-Identifier: Apache-2.0
#include "host/azuredevops/entra.h"

#include <string.h>

#include "base/clock.h"
#include "base/redact.h"
#include "host/azuredevops/wire.h"
#include "sys/certificate.h"
#include "sys/crypto.h"
#include "sys/js.h"

/* Azure DevOps as Entra ID knows it. */
#define RESOURCE "499b84ac-1321-427f-aa17-267ca6975798"
#define SCOPE    RESOURCE "/.default"
/* RFC 7523 section 2.2 */
#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

enum {
    LARGEST_ANSWER = 256 * 1024,
    LONGEST_SAYING = 300,   /* bytes */
    ASSERTION_LIFE_S = 600, /* the most that Entra ID takes */
    SKEW_S = 60,            /* our clock may be ahead of theirs */
    LONGEST_LIFE_S = 7 * 24 * 3600,
};

/* Line breaks come with files. */
static char *read_file(const char *file, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) why = NULL;

    if (!g_file_get_contents(file, &text, NULL, &why))
        return hadal_throw_null(error, HADAL_ERROR_RETRY, "%s", why->message);
    g_strstrip(text);
    if (!*text)
        return hadal_throw_null(error, HADAL_ERROR_RETRY, "%s is empty", file);
    return g_steal_pointer(&text);
}

static Certificate *load_certificate(const char *file, GError **error)
{
    g_autofree char *pem = read_file(file, error);
    Certificate *certificate = pem ? certificate_parse(pem, strlen(pem), error) : NULL;

    if (!certificate && pem)
        return hadal_prefix_null(error, "%s", file);
    return certificate;
}

static Certificate *read_certificate(const char *file, GError **error)
{
    g_autoptr(Certificate) certificate = load_certificate(file, error);

    if (!certificate)
        return NULL;
    if (certificate_ends(certificate) <= clock_now())
        return hadal_throw_null(error, HADAL_ERROR_RETRY, "the certificate in %s has ended", file);
    return g_steal_pointer(&certificate);
}

/* --- what is asked --- */

char *entra_claims(const char *client, const char *audience, const char *id, gint64 now_s)
{
    json_auto_t *claims = json_object();

    js_set(claims, "aud", audience);
    js_set(claims, "iss", client);
    js_set(claims, "sub", client);
    js_set(claims, "jti", id);
    json_object_set_new(claims, "iat", json_integer(now_s - SKEW_S));
    json_object_set_new(claims, "nbf", json_integer(now_s - SKEW_S));
    json_object_set_new(claims, "exp", json_integer(now_s + ASSERTION_LIFE_S - SKEW_S));
    return js_print(claims);
}

static char *sign_assertion(const HostCredential *credential, const char *url, GError **error)
{
    g_autoptr(Certificate) certificate = read_certificate(credential->certificate_file, error);
    g_autofree char *id = crypto_random_hex(16);
    g_autofree char *claims = NULL;

    if (!certificate)
        return NULL;
    claims = entra_claims(credential->client, url, id, clock_now() / 1000);
    return certificate_sign_token(certificate, claims, error);
}

static void add_field(GString *form, const char *name, const char *value)
{
    if (form->len)
        g_string_append_c(form, '&');
    g_string_append_printf(form, "%s=", name);
    g_string_append_uri_escaped(form, value, NULL, FALSE);
}

static void add_assertion(GString *form, const char *assertion)
{
    add_field(form, "client_assertion_type", ASSERTION_TYPE);
    add_field(form, "client_assertion", assertion);
}

static bool add_secret(const HostCredential *credential, const char *url, GString *form,
                       GError **error)
{
    g_autofree char *secret = credential->secret_file ? read_file(credential->secret_file, error)
                                                      : g_strdup(credential->secret);

    (void)url;
    if (!secret)
        return false;
    redact_renew("client secret", secret);
    add_field(form, "client_secret", secret);
    return true;
}

static bool add_signed(const HostCredential *credential, const char *url, GString *form,
                       GError **error)
{
    g_autofree char *assertion = sign_assertion(credential, url, error);

    if (!assertion)
        return false;
    redact_renew("client assertion", assertion);
    add_assertion(form, assertion);
    return true;
}

static bool add_projected(const HostCredential *credential, const char *url, GString *form,
                          GError **error)
{
    g_autofree char *assertion = read_file(credential->assertion_file, error);

    (void)url;
    if (!assertion)
        return false;
    redact_renew("federated token", assertion);
    add_assertion(form, assertion);
    return true;
}

/* How an application proves who it is; a managed identity has nothing to prove. */
typedef bool (*Proof)(const HostCredential *credential, const char *url, GString *form,
                      GError **error);
static const Proof proofs[CREDENTIAL_KINDS] = {
    [CREDENTIAL_CLIENT_SECRET] = add_secret,
    [CREDENTIAL_CLIENT_CERTIFICATE] = add_signed,
    [CREDENTIAL_WORKLOAD_IDENTITY] = add_projected,
};

/* --- what is answered --- */

/* The service's numbers are strings in some answers. */
static gint64 number_of(const json_t *json, const char *key)
{
    const char *text = js_get(json, key, NULL);

    return text ? g_ascii_strtoll(text, NULL, 10) : js_get_int(json, key, 0);
}

static gint64 seconds_of(const json_t *json, const char *key)
{
    return CLAMP(number_of(json, key), 0, LONGEST_LIFE_S);
}

/* App Service tells the end alone. */
static gint64 life_of(const json_t *json, gint64 now_ms)
{
    gint64 end = number_of(json, "expires_on");

    return end && !json_object_get(json, "expires_in")
               ? CLAMP(end - now_ms / 1000, 0, LONGEST_LIFE_S)
               : seconds_of(json, "expires_in");
}

static bool refuse(int status, const json_t *json, GError **error)
{
    g_autofree char *safe = redact_copy(js_get(json, "error_description", "no reason was given"));
    g_autofree char *saying = wire_excerpt(safe, LONGEST_SAYING);
    g_autofree char *code = wire_excerpt(js_get(json, "error", "error"), LONGEST_SAYING);

    return hadal_throw(error, HADAL_ERROR_RETRY, "status %d: %s: %s", status, code, saying);
}

static bool is_usable(const char *token)
{
    return token && *token && !strpbrk(token, " \t\r\n");
}

bool entra_read_answer(int status, const char *body, gsize length, gint64 now_ms, Token *token,
                       GError **error)
{
    json_auto_t *json = wire_parse(body, length, NULL);
    const char *text = js_get(json, "access_token", NULL);
    gint64 life = life_of(json, now_ms), renew = seconds_of(json, "refresh_in");

    if (status != 200)
        return refuse(status, json, error);
    if (!is_usable(text) || life == 0 ||
        g_ascii_strcasecmp(js_get(json, "token_type", ""), "Bearer") != 0)
        return hadal_throw(error, HADAL_ERROR_RETRY,
                           "the answer is not a bearer token with an end");
    token->text = g_strdup(text);
    token->expires_ms = now_ms + life * 1000;
    token->renew_ms = renew ? now_ms + renew * 1000 : 0;
    return true;
}

static bool ask(const Ctx *ctx, HttpClient *http, const HttpCall *call, Token *token,
                GError **error)
{
    g_auto(HttpReply) answer = { 0 };
    gint64 now = clock_now();

    return http_client_call(ctx, http, call, &answer, error) &&
           entra_read_answer(answer.status, answer.body->str, answer.body->len, now, token, error);
}

static bool ask_entra(const Ctx *ctx, HttpClient *http, const HostCredential *credential,
                      gint64 timeout_ms, Token *token, GError **error)
{
    static const char *const headers[] = { "Content-Type: application/x-www-form-urlencoded",
                                           "Accept: application/json", NULL };
    g_autofree char *url =
        g_strdup_printf("%s/%s/oauth2/v2.0/token", credential->authority, credential->tenant);
    g_autoptr(GString) form = g_string_new(NULL);

    add_field(form, "grant_type", "client_credentials");
    add_field(form, "client_id", credential->client);
    add_field(form, "scope", SCOPE);
    if (!proofs[credential->kind](credential, url, form, error))
        return false;
    const HttpCall call = {
        .method = "POST",
        .url = url,
        .headers = headers,
        .body = form->str,
        .body_length = form->len,
        .timeout_ms = timeout_ms,
        .max_reply = LARGEST_ANSWER,
    };

    return ask(ctx, http, &call, token, error);
}

/* base with whom the token is for, and of which of its identities. */
static char *identity_url(const char *base, const char *version, const char *client)
{
    g_autoptr(GString) url = g_string_new(base);

    g_string_append_printf(url, "?api-version=%s&resource=" RESOURCE, version);
    if (client) {
        g_string_append(url, "&client_id=");
        g_string_append_uri_escaped(url, client, NULL, FALSE);
    }
    return g_string_free(g_steal_pointer(&url), FALSE);
}

static bool ask_machine(const Ctx *ctx, HttpClient *http, const HostCredential *credential,
                        gint64 timeout_ms, Token *token, GError **error)
{
    bool is_app = credential->identity_endpoint;
    g_autofree char *service =
        g_strconcat(credential->metadata_url, "/metadata/identity/oauth2/token", NULL);
    g_autofree char *url = identity_url(is_app ? credential->identity_endpoint : service,
                                        is_app ? "2019-08-01" : "2018-02-01", credential->client);
    g_autofree char *proof = g_strconcat("X-IDENTITY-HEADER: ", credential->identity_header, NULL);
    const char *const headers[] = { is_app ? proof : "Metadata: true", "Accept: application/json",
                                    NULL };
    const HttpCall call = {
        .method = "GET",
        .url = url,
        .is_direct = true, /* it answers this machine alone */
        .headers = headers,
        .timeout_ms = timeout_ms,
        .max_reply = LARGEST_ANSWER,
    };

    return ask(ctx, http, &call, token, error);
}

bool entra_fetch(const Ctx *ctx, HttpClient *http, const HostCredential *credential,
                 gint64 timeout_ms, Token *token, GError **error)
{
    return credential->kind == CREDENTIAL_MANAGED_IDENTITY
               ? ask_machine(ctx, http, credential, timeout_ms, token, error)
               : ask_entra(ctx, http, credential, timeout_ms, token, error);
}

gint64 entra_ends(const HostCredential *credential)
{
    g_autoptr(Certificate) certificate =
        credential->certificate_file ? load_certificate(credential->certificate_file, NULL) : NULL;

    return certificate ? certificate_ends(certificate) : 0;
}

bool entra_check(const HostCredential *credential, GError **error)
{
    const char *file =
        credential->secret_file ? credential->secret_file : credential->assertion_file;
    g_autoptr(Certificate) certificate = NULL;
    g_autofree char *text = NULL;

    if (credential->certificate_file)
        certificate = read_certificate(credential->certificate_file, error);
    else if (file)
        text = read_file(file, error);
    else
        return true;
    return certificate || text;
}
