// SPDX-License-Identifier: Apache-2.0
#include "engine/tally.h"

typedef struct {
    guint total;
    guint by_status[PROJECT_STATUSES]; /* of those whose status speaks of this head */
    ChangeCounts counts;
} Tally;

static void add(Tally *tally, const Project *project, const char *head)
{
    bool is_selected = g_strcmp0(project->selected_head, head) == 0;
    bool is_current = g_strcmp0(project->head, head) == 0;

    if (!is_selected && !is_current)
        return;
    tally->total++;
    tally->by_status[is_current ? project->status : PROJECT_NONE]++;
    if (is_current && project->status == PROJECT_PLANNED)
        change_counts_add(&tally->counts, &project->counts);
}

static Tally tally_of(const GPtrArray *projects, const char *head)
{
    Tally tally = { .counts.is_known = true };

    for (guint i = 0; i < projects->len; i++)
        add(&tally, projects->pdata[i], head);
    return tally;
}

static const char *projects_text(guint n)
{
    return n == 1 ? "project" : "projects";
}

StatusState tally_plan(const GPtrArray *projects, const char *head, char **description)
{
    Tally tally = tally_of(projects, head);
    guint failed = tally.by_status[PROJECT_PLAN_FAILED];
    guint missing = tally.by_status[PROJECT_NONE] + tally.by_status[PROJECT_DISCARDED];
    guint planned = tally.total - failed - missing;
    g_autofree char *changes = change_counts_text(&tally.counts);

    if (tally.total == 0)
        *description = g_strdup("0/0 projects planned: nothing here changes infrastructure");
    else if (failed)
        *description = g_strdup_printf("%u/%u %s planned, %u failed", planned, tally.total,
                                       projects_text(tally.total), failed);
    else if (missing)
        *description = g_strdup_printf("%u/%u %s planned, %u not planned", planned, tally.total,
                                       projects_text(tally.total), missing);
    else
        *description = g_strdup_printf("%u/%u %s planned: %s", planned, tally.total,
                                       projects_text(tally.total), changes);
    if (failed)
        return STATUS_FAILED;
    return missing ? STATUS_PENDING : STATUS_SUCCEEDED;
}

StatusState tally_apply(const GPtrArray *projects, const char *head, char **description)
{
    Tally tally = tally_of(projects, head);
    guint failed =
        tally.by_status[PROJECT_APPLY_FAILED] + tally.by_status[PROJECT_APPLY_INTERRUPTED];
    guint applied = tally.by_status[PROJECT_APPLIED];
    guint unchanged = tally.by_status[PROJECT_NO_CHANGES];

    if (tally.total == 0)
        *description = g_strdup("0/0 projects applied: nothing to apply");
    else if (failed)
        *description = g_strdup_printf("%u/%u %s applied, %u failed", applied + unchanged,
                                       tally.total, projects_text(tally.total), failed);
    else if (applied == 0 && unchanged == tally.total)
        *description = g_strdup_printf("%u/%u %s up to date: nothing to apply", unchanged,
                                       tally.total, projects_text(tally.total));
    else
        *description = g_strdup_printf("%u/%u %s applied", applied + unchanged, tally.total,
                                       projects_text(tally.total));
    if (failed)
        return STATUS_FAILED;
    return applied + unchanged == tally.total ? STATUS_SUCCEEDED : STATUS_PENDING;
}

StatusState tally_policy(const PolicyTally *tally, char **description)
{
    const char *whose = tally->n == 1 ? "its" : "their";
    g_autofree char *unchecked =
        tally->n_unchecked ? g_strdup_printf(", %u not checked", tally->n_unchecked) : g_strdup("");

    *description = tally->n == 0
                       ? g_strdup("0/0 projects passed their policies: nothing to check")
                       : g_strdup_printf("%u/%u %s passed %s policies%s", tally->n_passed, tally->n,
                                         projects_text(tally->n), whose, unchecked);
    if (tally->n_passed + tally->n_unchecked < tally->n)
        return STATUS_FAILED;
    return tally->n_unchecked ? STATUS_PENDING : STATUS_SUCCEEDED;
}
