// SPDX-License-Identifier: Apache-2.0
#include "model/project.h"

#include <string.h>

ProjectRef *project_ref_new(const char *dir, const char *workspace, const char *name)
{
    ProjectRef *project = g_new0(ProjectRef, 1);

    project->dir = g_strdup(dir);
    project->workspace = g_strdup(workspace ? workspace : "default");
    project->name = g_strdup(name ? name : "");
    return project;
}

ProjectRef *project_ref_copy(const ProjectRef *from)
{
    return project_ref_new(from->dir, from->workspace, from->name);
}

void project_ref_free(ProjectRef *project)
{
    if (!project)
        return;
    g_free(project->dir);
    g_free(project->workspace);
    g_free(project->name);
    g_free(project);
}

static int compare(const ProjectRef *a, const ProjectRef *b)
{
    int order = strcmp(a->dir, b->dir);

    if (order == 0)
        order = strcmp(a->workspace, b->workspace);
    return order ? order : strcmp(a->name, b->name);
}

bool project_ref_equal(const ProjectRef *a, const ProjectRef *b)
{
    return compare(a, b) == 0;
}

gint project_ref_compare(gconstpointer a, gconstpointer b)
{
    return compare(*(const ProjectRef *const *)a, *(const ProjectRef *const *)b);
}

char *project_ref_label(const ProjectRef *project)
{
    if (*project->name)
        return g_strdup(project->name);
    if (g_str_equal(project->workspace, "default"))
        return g_strdup(project->dir);
    return g_strdup_printf("%s (%s)", project->dir, project->workspace);
}

bool project_is_workspace(const char *name)
{
    if (!*name || !g_utf8_validate(name, -1, NULL) || strstr(name, "..") ||
        g_str_equal(name, ".") || strpbrk(name, "/\\$") || strchr("-~", *name))
        return false;
    for (; *name; name = g_utf8_next_char(name)) {
        gunichar c = g_utf8_get_char(name);

        if (g_unichar_isspace(c) || g_unichar_iscntrl(c))
            return false;
    }
    return true;
}

static const char *const status_names[PROJECT_STATUSES] = {
    [PROJECT_NONE] = "none",
    [PROJECT_PLAN_FAILED] = "plan_failed",
    [PROJECT_PLANNED] = "planned",
    [PROJECT_NO_CHANGES] = "no_changes",
    [PROJECT_APPLY_FAILED] = "apply_failed",
    [PROJECT_APPLY_INTERRUPTED] = "apply_interrupted",
    [PROJECT_APPLIED] = "applied",
    [PROJECT_DISCARDED] = "discarded",
};

const char *project_status_name(ProjectStatus status)
{
    g_assert(status < PROJECT_STATUSES);
    return status_names[status];
}

bool project_status_find(const char *name, ProjectStatus *status)
{
    for (int i = 0; i < PROJECT_STATUSES; i++)
        if (g_str_equal(status_names[i], name)) {
            *status = (ProjectStatus)i;
            return true;
        }
    return false;
}

void change_counts_add(ChangeCounts *total, const ChangeCounts *counts)
{
    total->is_known = total->is_known && counts->is_known;
    total->add += counts->add;
    total->change += counts->change;
    total->destroy += counts->destroy;
    total->import += counts->import;
    total->forget += counts->forget;
    total->outputs += counts->outputs;
    total->move += counts->move;
    total->drift += counts->drift;
    total->other += counts->other;
}

bool change_counts_is_empty(const ChangeCounts *counts)
{
    return counts->is_known && !counts->add && !counts->change && !counts->destroy &&
           !counts->import && !counts->forget && !counts->outputs && !counts->move &&
           !counts->drift && !counts->other;
}

static void append(GString *text, gint64 number, const char *what)
{
    if (number)
        g_string_append_printf(text, ", %" G_GINT64_FORMAT " %s", number, what);
}

char *change_counts_text(const ChangeCounts *counts)
{
    g_autoptr(GString) text = g_string_new(NULL);

    if (!counts->is_known)
        return g_strdup("changes not counted");
    if (change_counts_is_empty(counts))
        return g_strdup("no changes");
    g_string_printf(text,
                    "%" G_GINT64_FORMAT " to add, %" G_GINT64_FORMAT " to change, %" G_GINT64_FORMAT
                    " to destroy",
                    counts->add, counts->change, counts->destroy);
    append(text, counts->import, "to import");
    append(text, counts->forget, "to forget");
    append(text, counts->outputs, counts->outputs == 1 ? "output changed" : "outputs changed");
    append(text, counts->move, "to move");
    append(text, counts->drift, "changed outside");
    append(text, counts->other, counts->other == 1 ? "other change" : "other changes");
    return g_string_free(g_steal_pointer(&text), FALSE);
}
