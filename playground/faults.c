// SPDX-License-Identifier: Apache-2.0
#include "faults.h"

#include <string.h>

#include "sys/js.h"

enum { LONGEST_HOLD_US = 60 * 1000 * 1000 };

struct _Faults {
    GPtrArray *list; /* of Fault, owned */
    int last_id;
};

static const char *const kind_names[FAULT_KINDS] = { "status",     "hang",        "drop",
                                                     "drop-after", "let-through", "hold" };

/* The only statuses there is a convincing body for. */
static const unsigned statuses[] = { 203, 302, 401, 403, 404, 409, 429, 500, 502, 503 };

static void fault_free(gpointer data)
{
    Fault *fault = data;

    g_free(fault->method);
    g_free(fault->path);
    g_free(fault->contains);
    g_free(fault);
}

Faults *faults_new(void)
{
    Faults *faults = g_new0(Faults, 1);

    faults->list = g_ptr_array_new_with_free_func(fault_free);
    return faults;
}

void faults_free(Faults *faults)
{
    if (!faults)
        return;
    g_ptr_array_unref(faults->list);
    g_free(faults);
}

static bool is_status(gint64 status)
{
    for (gsize i = 0; i < G_N_ELEMENTS(statuses); i++)
        if (statuses[i] == status)
            return true;
    return false;
}

static bool read_kind(Fault *fault, const json_t *spec, GError **error)
{
    int kind = enum_parse(js_get(spec, "kind", "status"), kind_names, FAULT_KINDS);
    gint64 status = json_integer_value(json_object_get(spec, "status"));

    if (kind < 0)
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "kind: status, hang, drop, drop-after, let-through or hold");
    if (kind == FAULT_STATUS && !is_status(status))
        return hadal_throw(error, HADAL_ERROR_INVALID, "status: %" G_GINT64_FORMAT, status);
    fault->kind = (FaultKind)kind;
    fault->status = (unsigned)status;
    return true;
}

static bool read_area(Fault *fault, const json_t *spec, GError **error)
{
    const char *name = js_get(spec, "area", NULL);
    int area = name ? enum_parse(name, area_names, AREAS) : AREAS;

    if (area != AREAS && area != AREA_REST && area != AREA_GIT && area != AREA_LOGIN)
        return hadal_throw(error, HADAL_ERROR_INVALID, "area: rest, git or login");
    fault->area = (Area)area;
    return true;
}

bool faults_add(State *state, const json_t *spec, int *id, GError **error)
{
    Faults *faults = state->faults;
    Fault *fault = g_new0(Fault, 1);
    const json_t *times = json_object_get(spec, "times");

    if (!read_kind(fault, spec, error) || !read_area(fault, spec, error)) {
        fault_free(fault);
        return false;
    }
    fault->id = ++faults->last_id;
    fault->method = g_strdup(js_get(spec, "method", NULL));
    fault->path = g_strdup(js_get(spec, "path", NULL));
    fault->contains = g_strdup(js_get(spec, "contains", NULL));
    fault->left = times ? json_integer_value(times) : 1;
    fault->retry_after_s = json_integer_value(json_object_get(spec, "retryAfter"));
    fault->delay_ms = json_integer_value(json_object_get(spec, "ms"));
    g_ptr_array_add(faults->list, fault);
    *id = fault->id;
    return true;
}

void faults_clear(State *state)
{
    g_ptr_array_set_size(state->faults->list, 0);
    state_changed();
}

static bool is_there(const State *state, int id)
{
    for (guint i = 0; i < state->faults->list->len; i++)
        if (((const Fault *)state->faults->list->pdata[i])->id == id)
            return true;
    return false;
}

void faults_wait_cleared(State *state, int id)
{
    gint64 end = g_get_monotonic_time() + LONGEST_HOLD_US;

    while (is_there(state, id) && g_get_monotonic_time() < end)
        state_wait(end);
}

json_t *faults_list(const State *state)
{
    json_t *array = json_array();

    for (guint i = 0; i < state->faults->list->len; i++) {
        const Fault *fault = state->faults->list->pdata[i];
        json_t *object = json_object();

        json_object_set_new(object, "id", json_integer(fault->id));
        js_set(object, "kind", kind_names[fault->kind]);
        js_set(object, "area", fault->area < AREAS ? area_names[fault->area] : NULL);
        js_set(object, "method", fault->method);
        js_set(object, "path", fault->path);
        js_set(object, "contains", fault->contains);
        json_object_set_new(object, "left", json_integer(fault->left));
        json_object_set_new(object, "hits", json_integer(fault->hits));
        json_array_append_new(array, object);
    }
    return array;
}

static bool hits(const Fault *fault, Area area, const char *method, const char *path)
{
    g_autofree char *lower = g_ascii_strdown(path, -1);
    g_autofree char *part = fault->contains ? g_ascii_strdown(fault->contains, -1) : NULL;

    if (fault->left <= 0 || (fault->area != AREAS && fault->area != area))
        return false;
    if (fault->method && g_ascii_strcasecmp(fault->method, method) != 0)
        return false;
    if (fault->path && g_ascii_strncasecmp(fault->path, path, strlen(fault->path)) != 0)
        return false;
    return !part || strstr(lower, part);
}

bool faults_take(State *state, Area area, const char *method, const char *path, Fault *hit)
{
    for (guint i = 0; i < state->faults->list->len; i++) {
        Fault *fault = state->faults->list->pdata[i];

        if (!hits(fault, area, method, path))
            continue;
        fault->left--;
        fault->hits++;
        *hit = *fault;
        hit->method = hit->path = hit->contains = NULL;
        return true;
    }
    return false;
}
