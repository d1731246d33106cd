// SPDX-License-Identifier: Apache-2.0
#include "call.h"

#include <string.h>

#include "sys/js.h"

typedef struct _RefusalClass RefusalClass;
struct _RefusalClass {
    unsigned status;
    const char *key;
    const char *assembly;
};

#define GIT_SERVER   "Microsoft.TeamFoundation.Git.Server"
#define SOURCE_WEB   "Microsoft.TeamFoundation.SourceControl.WebServer"
#define SERVICES     "Microsoft.VisualStudio.Services.Common"
#define WEB_API      "Microsoft.VisualStudio.Services.WebApi"
#define FRAMEWORK    "Microsoft.TeamFoundation.Framework.Server"
#define CORE         "Microsoft.TeamFoundation.Core.WebApi"
#define POLICY       "Microsoft.TeamFoundation.Policy.Server"
#define SERVICE_HOOK "Microsoft.VisualStudio.Services.ServiceHooks.WebApi"
#define DISCUSSION   "Microsoft.TeamFoundation.CodeReview.Server"

// clang-format off
static const RefusalClass classes[REFUSALS] = {
    [REFUSE_ARGUMENT]          = { 400, "InvalidArgumentValueException", GIT_SERVER },
    [REFUSE_COMMENT_ARGUMENT]  = { 400, "InvalidArgumentValueException", SOURCE_WEB },
    [REFUSE_NO_VERSION]        = { 400, "VssVersionNotSpecifiedException", WEB_API },
    [REFUSE_VERSION]           = { 400, "VssVersionOutOfRangeException", WEB_API },
    [REFUSE_NOT_PREVIEW]       = { 400, "VssInvalidPreviewVersionException", WEB_API },
    [REFUSE_UNAUTHORIZED]      = { 401, "UnauthorizedRequestException", FRAMEWORK },
    [REFUSE_PERMISSION]        = { 403, "GitNeedsPermissionException", GIT_SERVER },
    [REFUSE_NO_PROJECT]        = { 404, "ProjectDoesNotExistWithNameException", CORE },
    [REFUSE_NO_REPOSITORY]     = { 404, "GitRepositoryNotFoundException", GIT_SERVER },
    [REFUSE_NO_PULL]           = { 404, "GitPullRequestNotFoundException", GIT_SERVER },
    [REFUSE_NO_ITEM]           = { 404, "GitItemNotFoundException", GIT_SERVER },
    [REFUSE_NO_COMMIT]         = { 404, "GitUnresolvableToCommitException", GIT_SERVER },
    [REFUSE_NO_THREAD]         = { 404, "DiscussionThreadNotFoundException", DISCUSSION },
    [REFUSE_NO_ITERATION]      = { 404, "GitPullRequestIterationNotFoundException", GIT_SERVER },
    [REFUSE_NO_STATUS]         = { 404, "GitPullRequestStatusNotFoundException", GIT_SERVER },
    [REFUSE_NO_POLICY]         = { 404, "PolicyConfigurationNotFoundException", POLICY },
    [REFUSE_NO_SUBSCRIPTION]   = { 404, "SubscriptionNotFoundException", SERVICE_HOOK },
    [REFUSE_NO_IDENTITY]       = { 404, "IdentityNotFoundException", SERVICES },
    [REFUSE_NO_LABEL]          = { 404, "TagNotFoundException", GIT_SERVER },
    [REFUSE_PULL_EXISTS]       = { 409, "GitPullRequestExistsException", GIT_SERVER },
    [REFUSE_REPOSITORY_EXISTS] = { 409, "GitRepositoryNameAlreadyExistsException", GIT_SERVER },
    [REFUSE_PULL_UPDATE]       = { 400, "GitPullRequestNotEditableException", GIT_SERVER },
    [REFUSE_STALE]             = { 409, "GitPullRequestStaleException", GIT_SERVER },
    [REFUSE_POLICY]            = { 403, "GitPullRequestUpdateRejectedByPolicyException", GIT_SERVER },
    [REFUSE_STATUS_POLICY]     = { 403, "GitPullRequestStatusRejectedByPolicyException", GIT_SERVER },
    [REFUSE_REVIEWER]          = { 400, "GitPullRequestCannotVoteForOthersException", GIT_SERVER },
    [REFUSE_THROTTLED]         = { 429, "RequestBlockedException", FRAMEWORK },
    [REFUSE_INTERNAL]          = { 500, "VssServiceException", SERVICES },
};
// clang-format on

const char *call_param(const Call *call, const char *name)
{
    return g_hash_table_lookup(call->params, name);
}

int call_param_int(const Call *call, const char *name)
{
    const char *text = call_param(call, name);
    guint64 number;

    if (!text || !g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT, &number, NULL))
        return -1;
    return (int)number;
}

char *call_query(const Call *call, const char *name)
{
    return http_request_param(call->request, name);
}

int call_query_int(const Call *call, const char *name, int fallback)
{
    g_autofree char *text = call_query(call, name);
    guint64 number;

    if (!text || !g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT, &number, NULL))
        return fallback;
    return (int)number;
}

bool call_query_bool(const Call *call, const char *name)
{
    g_autofree char *text = call_query(call, name);

    return text && g_ascii_strcasecmp(text, "true") == 0;
}

json_t *call_member(const json_t *object, const char *name)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)object, key,
                        value) if (g_ascii_strcasecmp(key, name) == 0) return value;
    return NULL;
}

const char *call_text(const Call *call, const char *name)
{
    return json_string_value(call_member(call->body, name));
}

unsigned refusal_status(Refusal refusal)
{
    return classes[refusal].status;
}

json_t *refusal_body(Refusal refusal, const char *message)
{
    const RefusalClass *class = &classes[refusal];
    g_autofree char *type =
        g_strdup_printf("%s.%s, %s", class->assembly, class->key, class->assembly);
    json_t *body = json_object();

    js_set(body, "$id", "1");
    json_object_set_new(body, "innerException", json_null());
    js_set(body, "message", message);
    js_set(body, "typeName", type);
    js_set(body, "typeKey", class->key);
    json_object_set_new(body, "errorCode", json_integer(0));
    json_object_set_new(body, "eventId", json_integer(3000));
    return body;
}

json_t *call_refuse(Call *call, Refusal refusal, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    call->status = classes[refusal].status;
    g_free(call->why);
    call->why = g_strdup(message);
    return refusal_body(refusal, message);
}

json_t *call_fail(Call *call, const GError *error)
{
    switch (error->domain == HADAL_ERROR ? (HadalError)error->code : HADAL_ERROR_INTERNAL) {
    case HADAL_ERROR_NOT_FOUND:
        return call_refuse(call, REFUSE_NO_COMMIT, "TF401175: %s", error->message);
    case HADAL_ERROR_INVALID:
        return call_refuse(call, REFUSE_ARGUMENT, "%s", error->message);
    default:
        return call_refuse(call, REFUSE_INTERNAL, "%s", error->message);
    }
}
