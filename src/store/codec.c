// SPDX-License-Identifier: Apache-2.0
#include "store/store_internal.h"

#include <jansson.h>

#include "sys/js.h"

static json_t *parse(const char *text, GError **error)
{
    g_autoptr(GError) why = NULL;
    json_t *json = js_parse(text, strlen(text), &why);

    if (!json)
        hadal_set_error(error, HADAL_ERROR_INTERNAL, "stored JSON: %s", why->message);
    return json;
}

static json_t *words_to_json(const char *const *words)
{
    json_t *array = json_array();

    for (gsize i = 0; words && words[i]; i++) {
        g_autofree char *valid = g_utf8_make_valid(words[i], -1);

        json_array_append_new(array, json_string_nocheck(valid));
    }
    return array;
}

static GStrv words_of_json(const json_t *array)
{
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    const json_t *word;
    size_t i;

    json_array_foreach(array, i, word) g_strv_builder_add(words, json_string_value(word));
    return g_strv_builder_end(words);
}

char *codec_words_write(const char *const *words)
{
    json_auto_t *json = words_to_json(words);

    return js_print(json);
}

GStrv codec_words_read(const char *text, GError **error)
{
    json_auto_t *json = parse(text ? text : "[]", error);

    return json ? words_of_json(json) : NULL;
}

char *codec_args_write(const CommandArgs *args)
{
    json_auto_t *json = json_object();

    js_set(json, "dir", args->dir);
    js_set(json, "workspace", args->workspace);
    js_set(json, "project", args->project);
    json_object_set_new(json, "verbose", json_boolean(args->is_verbose));
    json_object_set_new(json, "extra", words_to_json((const char *const *)args->extra));
    json_object_set_new(json, "operands", words_to_json((const char *const *)args->operands));
    js_set(json, "policy_set", args->policy_set);
    json_object_set_new(json, "clears_approval", json_boolean(args->clears_approval));
    json_object_set_new(json, "auto_merge_disabled", json_boolean(args->auto_merge_disabled));
    js_set(json, "auto_merge_method", args->auto_merge_method);
    js_set(json, "reply", args->reply);
    return js_print(json);
}

bool codec_args_read(const char *text, CommandArgs *args, GError **error)
{
    json_auto_t *json = parse(text, error);

    if (!json)
        return false;
    args->dir = g_strdup(js_get(json, "dir", NULL));
    args->workspace = g_strdup(js_get(json, "workspace", NULL));
    args->project = g_strdup(js_get(json, "project", NULL));
    args->is_verbose = js_get_bool(json, "verbose", false);
    args->extra = words_of_json(json_object_get(json, "extra"));
    args->operands = words_of_json(json_object_get(json, "operands"));
    args->policy_set = g_strdup(js_get(json, "policy_set", NULL));
    args->clears_approval = js_get_bool(json, "clears_approval", false);
    args->auto_merge_disabled = js_get_bool(json, "auto_merge_disabled", false);
    args->auto_merge_method = g_strdup(js_get(json, "auto_merge_method", NULL));
    args->reply = g_strdup(js_get(json, "reply", NULL));
    return true;
}

char *codec_merge_write(const Merge *merge)
{
    json_auto_t *json = json_object();

    js_set(json, "head", merge->head);
    js_set(json, "method", merge->method);
    json_object_set_new(json, "deletes_source_branch", json_boolean(merge->deletes_source_branch));
    return js_print(json);
}

Merge *codec_merge_read(const char *text, GError **error)
{
    json_auto_t *json = parse(text, error);

    return json ? merge_new(js_get(json, "head", NULL), js_get(json, "method", NULL),
                            js_get_bool(json, "deletes_source_branch", false))
                : NULL;
}

char *codec_status_write(const Status *status)
{
    json_auto_t *json = json_object();

    js_set(json, "name", status->name);
    js_set(json, "state", status_state_name(status->state));
    js_set(json, "description", status->description);
    js_set(json, "url", status->url);
    js_set(json, "head", status->head);
    json_object_set_new(json, "iteration", json_integer(status->iteration));
    return js_print(json);
}

Status *codec_status_read(const char *text, GError **error)
{
    g_autoptr(Status) status = status_new();
    json_auto_t *json = parse(text, error);

    if (!json)
        return NULL;
    if (!status_state_find(js_get(json, "state", ""), &status->state))
        return hadal_throw_null(error, HADAL_ERROR_INTERNAL, "stored status: no such state: %s",
                                js_get(json, "state", "none"));
    status->name = g_strdup(js_get(json, "name", NULL));
    status->description = g_strdup(js_get(json, "description", NULL));
    status->url = g_strdup(js_get(json, "url", NULL));
    status->head = g_strdup(js_get(json, "head", NULL));
    status->iteration = js_get_int(json, "iteration", 0);
    return g_steal_pointer(&status);
}

/* The fields of ChangeCounts that are numbers, and their keys. */
static const struct {
    const char *key;
    gsize offset;
} counters[] = {
    { "add", G_STRUCT_OFFSET(ChangeCounts, add) },
    { "change", G_STRUCT_OFFSET(ChangeCounts, change) },
    { "destroy", G_STRUCT_OFFSET(ChangeCounts, destroy) },
    { "import", G_STRUCT_OFFSET(ChangeCounts, import) },
    { "forget", G_STRUCT_OFFSET(ChangeCounts, forget) },
    { "outputs", G_STRUCT_OFFSET(ChangeCounts, outputs) },
    { "move", G_STRUCT_OFFSET(ChangeCounts, move) },
    { "drift", G_STRUCT_OFFSET(ChangeCounts, drift) },
    { "other", G_STRUCT_OFFSET(ChangeCounts, other) },
};

char *codec_counts_write(const ChangeCounts *counts)
{
    json_auto_t *json = json_object();

    if (!counts->is_known)
        return NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(counters); i++) {
        gint64 number = G_STRUCT_MEMBER(gint64, counts, counters[i].offset);

        json_object_set_new(json, counters[i].key, json_integer(number));
    }
    return js_print(json);
}

bool codec_counts_read(const char *text, ChangeCounts *counts, GError **error)
{
    json_auto_t *json = NULL;

    *counts = (ChangeCounts){ 0 };
    if (!text)
        return true;
    json = parse(text, error);
    if (!json)
        return false;
    counts->is_known = true;
    for (gsize i = 0; i < G_N_ELEMENTS(counters); i++)
        G_STRUCT_MEMBER(gint64, counts, counters[i].offset) = js_get_int(json, counters[i].key, 0);
    return true;
}

/* ------------------------------------------------------------------ locks */

static void set_repo(json_t *to, const RepoRef *repo)
{
    js_set(to, "host", repo->host);
    js_set(to, "host_id", repo->host_id);
    js_set(to, "locator", repo->locator);
    js_set(to, "full_name", repo->full_name);
    js_set(to, "allow_name", repo->allow_name);
}

static void get_repo(const json_t *from, RepoRef *repo)
{
    repo->host = g_strdup(js_get(from, "host", NULL));
    repo->host_id = g_strdup(js_get(from, "host_id", NULL));
    repo->locator = g_strdup(js_get(from, "locator", NULL));
    repo->full_name = g_strdup(js_get(from, "full_name", NULL));
    repo->allow_name = g_strdup(js_get(from, "allow_name", NULL));
}

static json_t *lock_to_json(const Lock *lock)
{
    json_t *json = json_object();

    js_set(json, "key", lock->key);
    json_object_set_new(json, "pull_id", json_integer(lock->pull_id));
    set_repo(js_set_object(json, "repo"), &lock->pull.repo);
    json_object_set_new(json, "number", json_integer(lock->pull.number));
    js_set(json, "url", lock->pull.url);
    js_set(json, "dir", lock->dir);
    js_set(json, "workspace", lock->workspace);
    js_set(json, "name", lock->name);
    js_set(json, "actor_id", lock->actor.id);
    js_set(json, "actor_name", lock->actor.name);
    json_object_set_new(json, "since", json_integer(lock->since));
    return json;
}

static Lock *lock_of_json(const json_t *json)
{
    Lock *lock = lock_new();

    lock->key = g_strdup(js_get(json, "key", NULL));
    lock->pull_id = js_get_int(json, "pull_id", 0);
    get_repo(json_object_get(json, "repo"), &lock->pull.repo);
    lock->pull.number = js_get_int(json, "number", 0);
    lock->pull.url = g_strdup(js_get(json, "url", NULL));
    lock->dir = g_strdup(js_get(json, "dir", NULL));
    lock->workspace = g_strdup(js_get(json, "workspace", NULL));
    lock->name = g_strdup(js_get(json, "name", NULL));
    lock->actor.id = g_strdup(js_get(json, "actor_id", NULL));
    lock->actor.name = g_strdup(js_get(json, "actor_name", NULL));
    lock->since = js_get_int(json, "since", 0);
    return lock;
}

char *codec_locks_write(const GPtrArray *locks)
{
    json_auto_t *array = json_array();

    for (guint i = 0; i < locks->len; i++)
        json_array_append_new(array, lock_to_json(locks->pdata[i]));
    return js_print(array);
}

GPtrArray *codec_locks_read(const char *text, GError **error)
{
    json_auto_t *array = parse(text, error);
    GPtrArray *locks;
    const json_t *lock;
    size_t i;

    if (!array)
        return NULL;
    locks = g_ptr_array_new_with_free_func((GDestroyNotify)lock_free);
    json_array_foreach(array, i, lock) g_ptr_array_add(locks, lock_of_json(lock));
    return locks;
}
