// SPDX-License-Identifier: Apache-2.0
/* Groups of people. */
#include "control.h"
#include "sys/js.h"
#include "team.h"

static json_t *team_row(const Team *team)
{
    json_t *members = json_array();

    for (guint i = 0; i < team->members->len; i++)
        json_array_append_new(members, json_string(((const User *)team->members->pdata[i])->id));
    return json_pack("{s:s, s:s, s:s, s:o}", "id", team->id, "name", team->name, "project",
                     team->project->name, "members", members);
}

json_t *control_teams(Call *call)
{
    json_t *array = json_array();

    for (guint i = 0; i < call->state->teams->len; i++)
        json_array_append_new(array, team_row(call->state->teams->pdata[i]));
    return array;
}

/* People by key, people and groups by id; NULL and an answer for a wrong one. */
static GPtrArray *read_members(Call *call, json_t **refusal)
{
    g_autoptr(GPtrArray) members = g_ptr_array_new();
    const json_t *list = json_object_get(call->body, "members");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        const User *user =
            user_by_key(name) ? user_by_key(name) : state_identity(call->state, name);

        if (!user) {
            *refusal = control_error(call, 400, "no such member: %s", name ? name : "");
            return NULL;
        }
        g_ptr_array_add(members, (gpointer)user);
    }
    return g_steal_pointer(&members);
}

json_t *control_team_create(Call *call)
{
    Project *project = state_project(call->state, js_get(call->body, "project", ""));
    const char *name = js_get(call->body, "name", "");
    json_t *refusal = NULL;
    GPtrArray *members;

    if (!project || !*name)
        return control_error(call, 400, "name is missing, or there is no such project");
    members = read_members(call, &refusal);
    if (!members)
        return refusal;
    call->status = 201;
    return team_row(state_add_team(call->state, project, name, members));
}
