// SPDX-License-Identifier: Apache-2.0
/* Reports of commands that change a state without a plan: import, state rm. */
#include "base/markdown.h"
#include "grammar/comment.h"
#include "render/comment.h"
#include "render/parts.h"

static const char *const words[] = {
    [RESULT_OK] = "done",         [RESULT_FAILED] = "failed",
    [RESULT_REFUSED] = "refused", [RESULT_INTERRUPTED] = "interrupted",
    [RESULT_NOT_RUN] = "not run",
};

static void append_project(GString *out, const RenderStyle *style, const ProjectResult *result)
{
    const ProjectRef *project = result->project;
    bool has_run = result->kind != RESULT_REFUSED && result->kind != RESULT_NOT_RUN;
    g_autofree char *plan = comment_command_line(style->executable, COMMAND_PLAN, project->dir,
                                                 project->workspace, project->name, NULL);

    parts_append_message(out, result->message);
    if (result->output && result->kind == RESULT_OK)
        parts_append_output(out, style, "Output", "", result->output);
    else if (result->output)
        parts_append_failed_output(out, style, result->output);
    if (result->log)
        parts_append_output(out, style, "Log", "", result->log);
    if (has_run)
        g_string_append_printf(out,
                               "The project's plan is discarded: its state %s another one now.\n\n",
                               result->kind == RESULT_OK ? "is" : "may be");
    parts_append_command(out, has_run ? "Plan again" : "Plan it", plan);
}

static gsize count_done(const CommandReport *report)
{
    gsize count = 0;

    for (gsize i = 0; i < report->n_results; i++)
        count += report->results[i].kind == RESULT_OK;
    return count;
}

static void append_heading(GString *out, const CommandReport *report)
{
    if (report->n_results == 1)
        g_string_append_printf(out, "### %s: %s\n\n", report->title,
                               words[report->results[0].kind]);
    else
        g_string_append_printf(out, "### %s: done in %zu of %zu projects\n\n", report->title,
                               count_done(report), report->n_results);
}

char *render_state_report(const RenderStyle *style, const CommandReport *report)
{
    GString *out = g_string_new(NULL);

    append_heading(out, report);
    for (gsize i = 0; i < report->n_results; i++) {
        const ProjectResult *result = &report->results[i];
        const ProjectRef *project = result->project;

        if (report->n_results > 1)
            g_string_append(out, "#### ");
        parts_append_ref(out, project->dir, project->workspace, project->name);
        if (report->n_results > 1)
            g_string_append_printf(out, ": %s", words[result->kind]);
        g_string_append(out, "\n\n");
        append_project(out, style, result);
        if (!g_str_has_suffix(out->str, "\n\n"))
            g_string_append_c(out, '\n');
    }
    return g_string_free(out, FALSE);
}
