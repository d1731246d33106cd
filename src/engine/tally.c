// SPDX-License-Identifier: Apache-2.0
#include "engine/tally.h"

typedef struct {
    guint total;
    guint by_status[PROJECT_STATUSES];
    ChangeCounts counts;
} Tally;

static void add(Tally *tally, const Project *project)
{
    tally->by_status[project->status]++;
    if (project->status == PROJECT_NONE)
        return;
    tally->total++;
    if (project->status != PROJECT_PLANNED)
        return;
    tally->counts.add += project->counts.add;
    tally->counts.change += project->counts.change;
    tally->counts.destroy += project->counts.destroy;
    tally->counts.import += project->counts.import;
    tally->counts.forget += project->counts.forget;
    tally->counts.outputs += project->counts.outputs;
    tally->counts.is_known &= project->counts.is_known;
}

static Tally tally_of(const GPtrArray *projects)
{
    Tally tally = { .counts.is_known = true };

    for (guint i = 0; i < projects->len; i++)
        add(&tally, projects->pdata[i]);
    return tally;
}

static const char *projects_text(guint n)
{
    return n == 1 ? "project" : "projects";
}

StatusState tally_plan(const GPtrArray *projects, char **description)
{
    Tally tally = tally_of(projects);
    guint failed = tally.by_status[PROJECT_PLAN_FAILED];
    g_autofree char *changes = change_counts_text(&tally.counts);

    if (tally.total == 0)
        *description = g_strdup("0/0 projects planned: nothing here changes infrastructure");
    else if (failed)
        *description = g_strdup_printf("%u/%u %s planned, %u failed", tally.total - failed,
                                       tally.total, projects_text(tally.total), failed);
    else
        *description = g_strdup_printf("%u/%u %s planned: %s", tally.total, tally.total,
                                       projects_text(tally.total), changes);
    return failed ? STATUS_FAILED : STATUS_SUCCEEDED;
}

StatusState tally_apply(const GPtrArray *projects, char **description)
{
    Tally tally = tally_of(projects);
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
