// SPDX-License-Identifier: Apache-2.0
/* From the entries of a file to projects in directories. */
#include <string.h>

#include "base/glob.h"
#include "base/path.h"
#include "config/resolve.h"

enum {
    MOST_WORK = 1000 * 1000 * 1000, /* for patterns in dir, in one file: under a second */
    MOST_ALTERNATIVES = 64,         /* that one pattern may open */
};

/* A file that makes its directory one that a pattern in dir stands for. */
static const char *const configuration_ends[] = { ".tf", ".tf.json", ".tofu", ".tofu.json" };

/* From the second project of a directory and workspace on each needs a name. */
static bool check_place(Resolver *r, const ProjectYaml *yaml, const ProjectRef *ref, GError **error)
{
    char *place = g_strconcat(ref->workspace, " ", ref->dir, NULL);

    if (g_hash_table_add(r->places, place) || yaml->name)
        return true;
    g_autofree char *shown = schema_shown(ref->dir);

    return schema_refuse(error, r->reader, yaml->node,
                         "project: another one has the directory \"%s\" and the workspace \"%s\" "
                         "too: give this one a name",
                         shown, ref->workspace);
}

/* dir: clean, and no pattern any more. */
static bool add_project(Resolver *r, const ProjectYaml *yaml, const char *dir, GError **error)
{
    const char *workspace = yaml->workspace && *yaml->workspace ? yaml->workspace : "default";
    ProjectConfig *project =
        project_config_of_yaml(r, yaml, project_ref_new(dir, workspace, yaml->name));

    g_ptr_array_add(r->config->projects, project);
    return check_place(r, yaml, project->ref, error);
}

static bool is_configuration(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(configuration_ends); i++)
        if (g_str_has_suffix(name, configuration_ends[i]))
            return true;
    return g_str_equal(name, "terragrunt.hcl");
}

/* Files are sorted, so equal directories may still stand apart: "a/b.tf", "a/b/c.tf", "a/d.tf". */
static GPtrArray *configuration_dirs(const GPtrArray *files)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    GPtrArray *dirs = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; files && i < files->len; i++) {
        const char *file = files->pdata[i];
        const char *slash = strrchr(file, '/');
        char *dir;

        if (!is_configuration(slash ? slash + 1 : file))
            continue;
        dir = slash ? g_strndup(file, (gsize)(slash - file)) : g_strdup(".");
        if (g_hash_table_add(seen, dir))
            g_ptr_array_add(dirs, dir);
        else
            g_free(dir);
    }
    return dirs;
}

static bool is_pattern(const char *dir)
{
    return strpbrk(dir, "*?[");
}

static void look_for_dirs(Resolver *r)
{
    r->dirs = configuration_dirs(r->spec->files);
    for (guint i = 0; i < r->dirs->len; i++)
        r->dirs_length += strlen(r->dirs->pdata[i]) + 1;
}

/* At most: a comma in braces doubles the alternatives when each pair of braces has one. */
static guint64 work_of(const Resolver *r, const char *pattern)
{
    guint64 alternatives = 1;

    for (const char *c = pattern; *c; c++)
        if (*c == ',' && alternatives < MOST_ALTERNATIVES)
            alternatives *= 2;
    return strlen(pattern) * alternatives * r->dirs_length;
}

static bool add_matching(Resolver *r, const ProjectYaml *yaml, const GlobPath *pattern,
                         GError **error)
{
    for (guint i = 0; i < r->dirs->len; i++)
        if (glob_path_matches(pattern, r->dirs->pdata[i]) &&
            !add_project(r, yaml, r->dirs->pdata[i], error))
            return false;
    return true;
}

/* A project whose dir is a pattern stands for one in each directory that it matches. */
static bool add_pattern(Resolver *r, const ProjectYaml *yaml, const char *dir, GError **error)
{
    const YamlNode *node = KEY_NODE(yaml, dir);
    g_autoptr(GError) why = NULL;
    g_autoptr(GlobPath) pattern = NULL;

    if (yaml->name)
        return schema_refuse(error, r->reader, KEY_NODE(yaml, name),
                             "project: a name cannot stand for all directories that a pattern in "
                             "dir matches: leave it out");
    pattern = glob_path_new(dir, &why);
    if (!pattern)
        return schema_refuse(error, r->reader, node, "project: dir: %s", why->message);
    if (!r->dirs)
        look_for_dirs(r);
    r->work += work_of(r, dir);
    if (r->work > MOST_WORK)
        return schema_refuse(error, r->reader, node,
                             "project: too many patterns in dir for so many directories");
    return add_matching(r, yaml, pattern, error);
}

bool resolver_add_projects(Resolver *r, GError **error)
{
    for (guint i = 0; i < r->kept->len; i++) {
        const ProjectYaml *yaml = r->kept->pdata[i];
        g_autofree char *dir = path_clean(yaml->dir);

        if (!(is_pattern(dir) ? add_pattern(r, yaml, dir, error)
                              : add_project(r, yaml, dir, error)))
            return false;
    }
    return true;
}
