// SPDX-License-Identifier: Apache-2.0
#include "engine/work.h"
#include "tf/tool.h"

/* Which server answers, where it says so, and what it runs. */
static char *versions_text(const Settings *settings, const TfTool *tool, bool is_verbose)
{
    const char *url = settings->atlantis_url;

    return g_strdup_printf("hadal %s%s%s\n%s %s%s%s", HADAL_VERSION, url ? " at " : "",
                           url ? url : "", tool->name, tool->version, is_verbose ? " at " : "",
                           is_verbose ? tool->path : "");
}

bool cmd_version_run(const Ctx *ctx, Work *work, const Command *command, Outcome *outcome,
                     GError **error)
{
    const RenderStyle style = work_style(work);
    g_auto(TfTool) tool = { 0 };
    g_autofree char *text = NULL;

    if (!tf_tool_find(ctx, work_tool_name(work), &tool, error))
        return false;
    text = versions_text(work->settings, &tool, command->args.is_verbose);
    outcome_set(outcome, COMMAND_DONE, NULL, render_versions(&style, text), THREAD_CLOSED);
    return true;
}
