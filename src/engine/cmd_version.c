// SPDX-License-Identifier: Apache-2.0
#include "engine/work.h"
#include "tf/tool.h"

bool cmd_version_run(const Ctx *ctx, Work *work, const Command *command, Outcome *outcome,
                     GError **error)
{
    const RenderStyle style = work_style(work);
    g_auto(TfTool) tool = { 0 };
    g_autofree char *text = NULL;

    if (!tf_tool_find(ctx, work_tool_name(work), &tool, error))
        return false;
    text = g_strdup_printf("hadal %s\n%s %s%s%s", HADAL_VERSION, tool.name, tool.version,
                           command->args.is_verbose ? " at " : "",
                           command->args.is_verbose ? tool.path : "");
    outcome_set(outcome, COMMAND_DONE, NULL, render_versions(&style, text), THREAD_CLOSED);
    return true;
}
