// SPDX-License-Identifier: Apache-2.0
#include "entra.h"

#include <string.h>

#include "control.h"
#include "jwt.h"
#include "sys/crypto.h"
#include "sys/js.h"

#define RESOURCE         "499b84ac-1321-427f-aa17-267ca6975798"
#define ASSERTION_TYPE   "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#define CLUSTER_AUDIENCE "api://AzureADTokenExchange"

enum { USUAL_LIFE_S = 3599, LONGEST_ASSERTION_S = 600, SKEW_S = 300, SECOND_US = 1000000 };

/* What an application may prove itself with; NULL: not with that. */
typedef struct {
    char *secret;
    char *certificate;        /* PEM */
    char *issuer, *subject;   /* of a federated credential */
    char *issuer_certificate; /* PEM: whose key signs what the issuer gives out */
    bool is_managed;          /* the machine has it: it is asked of the metadata service */
    char *identity_header;    /* an app has it, and not the machine: asked with this secret */
} Application;

struct _Entra {
    GHashTable *applications; /* char * client -> Application, both owned */
    GHashTable *tokens;       /* char * -> gint64 end in microseconds UTC, both owned */
    GHashTable *assertions;   /* char * "jti" that were shown, owned */
    gint64 life_s;
};

static void application_free(gpointer data)
{
    Application *application = data;

    g_free(application->secret);
    g_free(application->certificate);
    g_free(application->issuer);
    g_free(application->subject);
    g_free(application->issuer_certificate);
    g_free(application->identity_header);
    g_free(application);
}

Entra *entra_new(void)
{
    Entra *entra = g_new0(Entra, 1);

    entra->applications = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, application_free);
    entra->tokens = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    entra->assertions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    entra->life_s = USUAL_LIFE_S;
    return entra;
}

void entra_free(Entra *entra)
{
    if (!entra)
        return;
    g_hash_table_unref(entra->applications);
    g_hash_table_unref(entra->tokens);
    g_hash_table_unref(entra->assertions);
    g_free(entra);
}

bool entra_knows_token(const Entra *entra, const char *token)
{
    const gint64 *end = g_hash_table_lookup(entra->tokens, token);

    return end && time_now() < *end;
}

/* Looks like one, and is none: nobody is to read claims of it. */
static char *give_token(Entra *entra)
{
    g_autofree char *random = crypto_random_hex(40);
    char *token = g_strconcat("eyJ0eXAi.", random, ".sig", NULL);
    gint64 *end = g_new(gint64, 1);

    *end = time_now() + entra->life_s * SECOND_US;
    g_hash_table_insert(entra->tokens, g_strdup(token), end);
    return token;
}

/* --- the token endpoint --- */

/* NULL is that all is well. */
typedef struct {
    const char *error, *description;
} Denial;

static const Denial fine = { 0 };

static Denial invalid_client(const char *description)
{
    return (Denial){ "invalid_client", description };
}

static bool is_time_right(const json_t *claims, gint64 longest_s)
{
    gint64 now = time_now() / SECOND_US;
    gint64 begin = js_get_int(claims, "nbf", js_get_int(claims, "iat", 0));
    gint64 end = js_get_int(claims, "exp", 0);

    return begin <= now + SKEW_S && end > now && (!longest_s || end - begin <= longest_s);
}

static bool says(const json_t *claims, const char *name, const char *want)
{
    return g_strcmp0(js_get(claims, name, NULL), want) == 0;
}

static Denial check_own_assertion(Entra *entra, const Application *application, const Jwt *jwt,
                                  const char *client, const char *endpoint)
{
    g_autofree char *thumbprint = jwt_thumbprint(application->certificate);
    const char *id = js_get(jwt->claims, "jti", NULL);

    if (!says(jwt->header, "x5t#S256", thumbprint) ||
        !jwt_is_signed(jwt, "PS256", application->certificate))
        return invalid_client("AADSTS700027: The certificate with identifier used to sign the "
                              "client assertion is not registered on application.");
    if (!says(jwt->claims, "aud", endpoint))
        return invalid_client("AADSTS700023: Client assertion audience claim does not match Realm "
                              "issuer.");
    if (!is_time_right(jwt->claims, LONGEST_ASSERTION_S))
        return invalid_client("AADSTS700024: Client assertion is not within its valid time range.");
    if (!says(jwt->claims, "sub", client) || !id || g_hash_table_contains(entra->assertions, id))
        return invalid_client("AADSTS50013: Assertion failed validation.");
    g_hash_table_add(entra->assertions, g_strdup(id));
    return fine;
}

static Denial check_federated(const Application *application, const Jwt *jwt)
{
    if (!says(jwt->claims, "sub", application->subject) ||
        !says(jwt->claims, "aud", CLUSTER_AUDIENCE))
        return invalid_client("AADSTS700213: No matching federated identity record found for "
                              "presented assertion subject or audience.");
    if (!jwt_is_signed(jwt, "RS256", application->issuer_certificate))
        return invalid_client("AADSTS5000712: Failed to verify the signature of the assertion.");
    if (!is_time_right(jwt->claims, 0))
        return invalid_client("AADSTS700024: Client assertion is not within its valid time range.");
    return fine;
}

static Denial check_assertion(Entra *entra, const Application *application, const char *text,
                              const char *client, const char *endpoint)
{
    g_auto(Jwt) jwt = { 0 };

    if (!jwt_parse(text, &jwt))
        return invalid_client("AADSTS50027: JWT token is invalid or malformed.");
    if (application->certificate && says(jwt.claims, "iss", client))
        return check_own_assertion(entra, application, &jwt, client, endpoint);
    if (application->issuer && says(jwt.claims, "iss", application->issuer))
        return check_federated(application, &jwt);
    return invalid_client("AADSTS700211: No matching federated identity record found for presented "
                          "assertion issuer.");
}

static Denial check_proof(Entra *entra, const Application *application, GHashTable *form,
                          const char *client, const char *endpoint)
{
    const char *secret = g_hash_table_lookup(form, "client_secret");
    const char *assertion = g_hash_table_lookup(form, "client_assertion");
    const char *type = g_hash_table_lookup(form, "client_assertion_type");

    if (!secret == !assertion)
        return invalid_client("AADSTS7000218: The request body must contain one of the following "
                              "parameters: 'client_assertion' or 'client_secret'.");
    if (secret)
        return g_strcmp0(secret, application->secret) == 0
                   ? fine
                   : invalid_client("AADSTS7000215: Invalid client secret provided.");
    if (g_strcmp0(type, ASSERTION_TYPE) != 0)
        return (Denial){ "invalid_request", "AADSTS900144: client_assertion_type is wrong." };
    return check_assertion(entra, application, assertion, client, endpoint);
}

static Denial check_form(Entra *entra, GHashTable *form, const char *endpoint)
{
    const char *client = g_hash_table_lookup(form, "client_id");
    const Application *application =
        client ? g_hash_table_lookup(entra->applications, client) : NULL;

    if (g_strcmp0(g_hash_table_lookup(form, "grant_type"), "client_credentials") != 0)
        return (Denial){ "unsupported_grant_type",
                         "AADSTS70003: The app requested an unsupported grant type." };
    if (!application || application->is_managed)
        return (Denial){ "unauthorized_client",
                         "AADSTS700016: Application was not found in the directory." };
    if (g_strcmp0(g_hash_table_lookup(form, "scope"), RESOURCE "/.default") != 0)
        return (Denial){ "invalid_scope", "AADSTS70011: The provided value for scope is not "
                                          "valid." };
    return check_proof(entra, application, form, client, endpoint);
}

static HttpResponse *refuse(Visit *visit, unsigned status, Denial denial)
{
    g_free(visit->why);
    visit->why = g_strdup(denial.description);
    return visit_json(
        visit, status, "application/json; charset=utf-8",
        json_pack("{s:s,s:s}", "error", denial.error, "error_description", denial.description));
}

static HttpResponse *answer_form(Visit *visit, GHashTable *form)
{
    const char *base = visit->state->settings.base_url;
    g_autofree char *root = g_strndup(base, (gsize)(strrchr(base, '/') - base));
    g_autofree char *endpoint = g_strconcat(root, "/" ENTRA_TENANT "/oauth2/v2.0/token", NULL);
    Entra *entra = visit->state->entra;
    STATE_LOCKED lock = (state_lock(), 0);
    Denial denial = check_form(entra, form, endpoint);

    if (denial.error)
        return refuse(visit, g_str_equal(denial.error, "invalid_client") ? 401 : 400, denial);
    g_autofree char *token = give_token(entra);

    return visit_json(visit, 200, "application/json; charset=utf-8",
                      json_pack("{s:s,s:I,s:I,s:s}", "token_type", "Bearer", "expires_in",
                                (json_int_t)entra->life_s, "ext_expires_in",
                                (json_int_t)entra->life_s, "access_token", token));
}

static HttpResponse *token_endpoint(Visit *visit)
{
    const char *type = http_request_header(visit->request, "Content-Type");
    gsize length = 0;
    const char *body = http_request_body(visit->request, &length);
    g_autoptr(GHashTable) form = NULL;

    if (!g_str_equal(http_request_method(visit->request), "POST"))
        return refuse(visit, 400,
                      (Denial){ "invalid_request", "AADSTS900561: The endpoint only accepts POST "
                                                   "requests." });
    if (type && g_str_has_prefix(type, "application/x-www-form-urlencoded"))
        form = g_uri_parse_params(body, (gssize)length, "&", G_URI_PARAMS_WWW_FORM, NULL);
    if (!form)
        return refuse(visit, 400,
                      (Denial){ "invalid_request", "AADSTS900144: The request body "
                                                   "is not a form." });
    return answer_form(visit, form);
}

/* --- the metadata service --- */

static bool fits(const Application *application, const char *header)
{
    return application->is_managed && g_strcmp0(application->identity_header, header) == 0;
}

/* header NULL: an identity of the machine itself. */
static bool is_managed(const Entra *entra, const char *client, const char *header)
{
    GHashTableIter iter;
    gpointer key, value;

    g_hash_table_iter_init(&iter, entra->applications);
    while (g_hash_table_iter_next(&iter, &key, &value))
        if (fits(value, header) && (!client || g_str_equal(client, key)))
            return true;
    return false;
}

/* Its numbers are strings. */
static HttpResponse *give_machine_token(Visit *visit, const char *client)
{
    Entra *entra = visit->state->entra;
    STATE_LOCKED lock = (state_lock(), 0);

    if (!is_managed(entra, client, NULL))
        return refuse(visit, 400, (Denial){ "invalid_request", "Identity not found" });
    g_autofree char *life = g_strdup_printf("%" G_GINT64_FORMAT, entra->life_s);
    g_autofree char *token = give_token(entra);

    return visit_json(visit, 200, "application/json; charset=utf-8",
                      json_pack("{s:s,s:s,s:s,s:s}", "token_type", "Bearer", "expires_in", life,
                                "resource", RESOURCE, "access_token", token));
}

static HttpResponse *metadata_service(Visit *visit)
{
    const HttpRequest *request = visit->request;
    g_autofree char *version = http_request_param(request, "api-version");
    g_autofree char *resource = http_request_param(request, "resource");
    g_autofree char *client = http_request_param(request, "client_id");

    if (g_strcmp0(http_request_header(request, "Metadata"), "true") != 0)
        return refuse(visit, 400,
                      (Denial){ "invalid_request", "Required metadata header not specified" });
    if (!g_str_equal(http_request_method(request), "GET"))
        return refuse(visit, 405, (Denial){ "invalid_request", "Method not allowed" });
    if (http_request_header(request, "X-Forwarded-For"))
        return refuse(visit, 400, (Denial){ "invalid_request", "The request was forwarded" });
    if (g_strcmp0(version, "2018-02-01") != 0 || g_strcmp0(resource, RESOURCE) != 0)
        return refuse(visit, 400,
                      (Denial){ "invalid_resource", "AADSTS500011: The resource "
                                                    "principal was not found." });
    return give_machine_token(visit, client);
}

/* --- what an app has instead of it: App Service, Container Apps --- */

static HttpResponse *give_app_token(Visit *visit, const char *client, const char *header)
{
    Entra *entra = visit->state->entra;
    STATE_LOCKED lock = (state_lock(), 0);

    if (!is_managed(entra, NULL, header))
        return refuse(visit, 401, (Denial){ "invalid_request", "The secret header is wrong" });
    if (!is_managed(entra, client, header))
        return refuse(visit, 400,
                      (Denial){ "invalid_request", "No User Assigned or Delegated "
                                                   "Managed Identity found" });
    g_autofree char *end =
        g_strdup_printf("%" G_GINT64_FORMAT, time_now() / SECOND_US + entra->life_s);
    g_autofree char *token = give_token(entra);

    return visit_json(visit, 200, "application/json; charset=utf-8",
                      json_pack("{s:s,s:s,s:s,s:s}", "token_type", "Bearer", "expires_on", end,
                                "resource", RESOURCE, "access_token", token));
}

static HttpResponse *app_endpoint(Visit *visit)
{
    const HttpRequest *request = visit->request;
    const char *header = http_request_header(request, "X-IDENTITY-HEADER");
    g_autofree char *version = http_request_param(request, "api-version");
    g_autofree char *resource = http_request_param(request, "resource");
    g_autofree char *client = http_request_param(request, "client_id");

    if (!header)
        return refuse(visit, 401, (Denial){ "invalid_request", "The secret header is missing" });
    if (!g_str_equal(http_request_method(request), "GET"))
        return refuse(visit, 405, (Denial){ "invalid_request", "Method not allowed" });
    if (http_request_header(request, "Metadata") || http_request_header(request, "Secret"))
        return refuse(visit, 400, (Denial){ "invalid_request", "This is another service" });
    if (g_strcmp0(version, "2019-08-01") != 0 || g_strcmp0(resource, RESOURCE) != 0)
        return refuse(visit, 400,
                      (Denial){ "invalid_resource", "The version or the resource is "
                                                    "not known" });
    return give_app_token(visit, client, header);
}

/* --- all --- */

static bool is_app_endpoint(const Visit *visit)
{
    return g_str_equal(http_request_path(visit->request), "/msi/token");
}

static bool is_token_endpoint(const Visit *visit)
{
    return visit->segments->len == 4 && g_str_equal(visit_segment(visit, 0), ENTRA_TENANT) &&
           g_str_equal(visit_segment(visit, 1), "oauth2") &&
           g_str_equal(visit_segment(visit, 2), "v2.0") &&
           g_str_equal(visit_segment(visit, 3), "token");
}

bool entra_is_path(const Visit *visit)
{
    return is_token_endpoint(visit) || is_app_endpoint(visit) ||
           g_str_equal(http_request_path(visit->request), "/metadata/identity/oauth2/token");
}

HttpResponse *entra_handle(Visit *visit)
{
    if (is_app_endpoint(visit))
        return app_endpoint(visit);
    return is_token_endpoint(visit) ? token_endpoint(visit) : metadata_service(visit);
}

/* --- the control API --- */

static char *text_of(const Call *call, const char *name)
{
    return g_strdup(js_get(call->body, name, NULL));
}

/* Registers one, or replaces what is known of it. */
json_t *control_application(Call *call)
{
    const char *client = js_get(call->body, "client", NULL);
    Application *application;

    if (!client)
        return control_error(call, 400, "client: the id of an application");
    application = g_new0(Application, 1);
    application->secret = text_of(call, "secret");
    application->certificate = text_of(call, "certificate");
    application->issuer = text_of(call, "issuer");
    application->subject = text_of(call, "subject");
    application->issuer_certificate = text_of(call, "issuerCertificate");
    application->identity_header = text_of(call, "identityHeader");
    application->is_managed = json_is_true(json_object_get(call->body, "managed"));
    g_hash_table_insert(call->state->entra->applications, g_strdup(client), application);
    return json_pack("{s:s}", "tenant", ENTRA_TENANT);
}

json_t *control_token_life(Call *call)
{
    gint64 life = js_get_int(call->body, "seconds", 0);

    if (life < 1 || life > 24 * 3600)
        return control_error(call, 400, "seconds: from 1 to 86400");
    call->state->entra->life_s = life;
    return NULL;
}

json_t *control_tokens_end(Call *call)
{
    g_hash_table_remove_all(call->state->entra->tokens);
    return NULL;
}
