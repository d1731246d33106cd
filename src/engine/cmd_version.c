// SPDX-License-Identifier: Apache-2.0
#include "engine/pull_work.h"
#include "tf/tool.h"

/* Which server answers, where it says so, and what it runs. */
static char *versions_text(const Settings *settings, const TfTool *tool, bool is_verbose)
{
    const char *url = settings->atlantis_url;

    return g_strdup_printf("hadal %s%s%s\n%s %s%s%s", HADAL_VERSION, url ? " at " : "",
                           url ? url : "", tool->name, tool->version, is_verbose ? " at " : "",
                           is_verbose ? tool->path : "");
}

/* What planned the projects that are meant, as far as their plans are still there. */
static bool append_planned(Work *work, const Command *command, GString *text, GError **error)
{
    g_autoptr(GPtrArray) known = store_projects(work->store, command->pull_id, error);
    g_autoptr(GPtrArray) targets = known ? pull_work_known_targets(work, command, known) : NULL;
    bool has_any = false;

    for (guint i = 0; known && i < known->len; i++) {
        const Project *project = known->pdata[i];
        g_autoptr(Plan) plan = NULL;
        g_autofree char *label = project_ref_label(project->ref);

        if (!g_ptr_array_find(targets, project->ref, NULL))
            continue;
        if (!store_plan_find(work->store, project->id, &plan, error))
            return false;
        if (!plan)
            continue;
        g_string_append_printf(text, "%s\n%s: planned with %s %s", has_any ? "" : "\n", label,
                               plan->tool, plan->tool_version);
        has_any = true;
    }
    if (known && !has_any && command_args_is_targeted(&command->args))
        g_string_append(text, "\n\nWhat was named has no plan.");
    return known != NULL;
}

bool cmd_version_run(const Ctx *ctx, Work *work, const Command *command, Outcome *outcome,
                     GError **error)
{
    const RenderStyle style = work_style(work);
    g_auto(TfTool) tool = { 0 };
    g_autofree char *versions = NULL;
    g_autoptr(GString) text = NULL;

    if (!tf_tool_find(ctx, work_tool_name(work), &tool, error))
        return false;
    versions = versions_text(work->settings, &tool, command->args.is_verbose);
    text = g_string_new(versions);
    if (!append_planned(work, command, text, error))
        return false;
    outcome_set(outcome, COMMAND_DONE, NULL, render_versions(&style, text->str), THREAD_CLOSED);
    return true;
}
