// SPDX-License-Identifier: Apache-2.0
/* A walk along depends_on. The path is a list of its own: a file may hold a chain of any length. */
#include "config/dependency.h"

typedef struct {
    const ProjectYaml *project;
    gsize next; /* of its depends_on */
    bool is_on_path;
} Visit;

typedef struct {
    GHashTable *by_name; /* name -> const ProjectYaml */
    GHashTable *visits;  /* const ProjectYaml -> Visit, owned */
    GPtrArray *path;     /* of Visit, borrowed */
} Walk;

static void walk_clear(Walk *walk)
{
    g_hash_table_unref(walk->visits);
    g_ptr_array_unref(walk->path);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Walk, walk_clear)

static void enter(Walk *walk, const ProjectYaml *project)
{
    Visit *visit = g_new0(Visit, 1);

    visit->project = project;
    visit->is_on_path = true;
    g_hash_table_insert(walk->visits, (gpointer)project, visit);
    g_ptr_array_add(walk->path, visit);
}

static Visit *top_of(const Walk *walk)
{
    return walk->path->len ? walk->path->pdata[walk->path->len - 1] : NULL;
}

static void leave(Walk *walk)
{
    top_of(walk)->is_on_path = false;
    g_ptr_array_set_size(walk->path, (gint)walk->path->len - 1);
}

static bool refuse_circle(const Walk *walk, const SchemaReader *reader, const Visit *first,
                          GError **error)
{
    g_autoptr(GString) names = g_string_new(NULL);
    guint i = 0;

    while (walk->path->pdata[i] != first)
        i++;
    for (; i < walk->path->len; i++)
        g_string_append_printf(names, "%s -> ",
                               ((const Visit *)walk->path->pdata[i])->project->name);
    g_string_append(names, first->project->name);
    g_autofree char *shown = schema_shown(names->str);

    return schema_refuse(error, reader, KEY_NODE(first->project, depends_on),
                         "project: depends_on goes in a circle: %s", shown);
}

/* One step from the end of the path: on to a project, or back. */
static bool step(Walk *walk, const SchemaReader *reader, GError **error)
{
    Visit *top = top_of(walk);
    const char *name = top->project->depends_on ? top->project->depends_on[top->next] : NULL;
    const ProjectYaml *next;
    const Visit *visit;

    if (!name) {
        leave(walk);
        return true;
    }
    top->next++;
    next = g_hash_table_lookup(walk->by_name, name);
    visit = next ? g_hash_table_lookup(walk->visits, next) : NULL;
    if (visit && visit->is_on_path)
        return refuse_circle(walk, reader, visit, error);
    if (next && !visit)
        enter(walk, next);
    return true;
}

bool dependency_check(const SchemaReader *reader, const GPtrArray *projects, GHashTable *by_name,
                      GError **error)
{
    g_auto(Walk) walk = {
        .by_name = by_name,
        .visits = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free),
        .path = g_ptr_array_new(),
    };

    for (guint i = 0; i < projects->len; i++) {
        if (g_hash_table_contains(walk.visits, projects->pdata[i]))
            continue;
        enter(&walk, projects->pdata[i]);
        while (walk.path->len)
            if (!step(&walk, reader, error))
                return false;
    }
    return true;
}
