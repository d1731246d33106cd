// SPDX-License-Identifier: Apache-2.0
#include "render/comment.h"

#include "base/markdown.h"
#include "grammar/comment.h"
#include "render/diff.h"
#include "render/parts.h"

enum { SHORT_COMMIT = 7 };

/* What a result is called, and what stands before the commands that can come next. */
typedef struct _ResultWords ResultWords;
struct _ResultWords {
    const char *word;     /* in headings and tables; NULL: the counts say it */
    const char *to_apply; /* NULL: there is nothing to apply */
    const char *to_plan;  /* NULL: there is no reason to */
};

static const ResultWords plan_words[] = {
    [RESULT_OK] = { NULL, "Apply this plan", "Plan again" },
    [RESULT_FAILED] = { "failed", NULL, "A push plans again; without one" },
    [RESULT_REFUSED] = { "refused", NULL, "Plan again" },
    [RESULT_INTERRUPTED] = { "interrupted", NULL, "Plan again" },
    [RESULT_NOT_RUN] = { "not run", NULL, "Plan it" },
};

static const ResultWords apply_words[] = {
    [RESULT_OK] = { NULL, NULL, NULL },
    [RESULT_FAILED] = { "failed", NULL, "The plan is used up; make a new one" },
    [RESULT_REFUSED] = { "refused", "Apply again", "Make a new plan" },
    [RESULT_INTERRUPTED] = { "interrupted", NULL, "The plan is used up; make a new one" },
    [RESULT_NOT_RUN] = { "not run", "Apply it", "Make a new plan" },
};

static const ResultWords *words_of(const CommandReport *report, const ProjectResult *result)
{
    return report->is_apply ? &apply_words[result->kind] : &plan_words[result->kind];
}

/* Small things. */

static void append_count(GString *text, gint64 count, const char *what)
{
    if (count)
        g_string_append_printf(text, ", %" G_GINT64_FORMAT " %s", count, what);
}

/* What an apply did. */
static char *applied_text(const ChangeCounts *counts)
{
    GString *text;

    if (!counts->is_known)
        return g_strdup("done");
    if (change_counts_is_empty(counts))
        return g_strdup("nothing changed");
    text = g_string_new(NULL);
    g_string_printf(text,
                    "%" G_GINT64_FORMAT " added, %" G_GINT64_FORMAT " changed, %" G_GINT64_FORMAT
                    " destroyed",
                    counts->add, counts->change, counts->destroy);
    append_count(text, counts->import, "imported");
    append_count(text, counts->forget, "forgotten");
    return g_string_free(text, FALSE);
}

static char *counts_text(const CommandReport *report, const ChangeCounts *counts)
{
    return report->is_apply ? applied_text(counts) : change_counts_text(counts);
}

/* "2 to add, ..." or "failed". */
static char *result_text(const CommandReport *report, const ProjectResult *result)
{
    const char *word = words_of(report, result)->word;

    return word ? g_strdup(word) : counts_text(report, &result->counts);
}

static void append_commit(GString *out, const char *head)
{
    g_autofree char *commit = g_strndup(head, SHORT_COMMIT);

    g_string_append(out, "commit ");
    markdown_append_code(out, commit);
}

static void append_plan(GString *out, const RenderStyle *style, const ProjectResult *result)
{
    g_autofree char *text = parts_trimmed(result->output);
    g_autofree char *marked = style->moves_markers ? diff_mark(text) : g_strdup(text);
    g_autofree char *counts = change_counts_text(&result->counts);
    g_autofree char *caption = g_strconcat("Plan: ", counts, NULL);

    parts_append_output(out, style, caption, "diff", marked);
}

static void append_applied(GString *out, const RenderStyle *style, const ProjectResult *result)
{
    g_autofree char *text = parts_trimmed(result->output);
    g_autofree char *counts = applied_text(&result->counts);
    g_autofree char *caption = g_strconcat("Output: ", counts, NULL);

    parts_append_output(out, style, caption, "", text);
}

/* Reports. */

static void append_next_steps(GString *out, const RenderStyle *style, const CommandReport *report,
                              const ProjectResult *result)
{
    const ResultWords *words = words_of(report, result);
    const ProjectRef *project = result->project;
    bool has_changes = result->kind != RESULT_OK || !change_counts_is_empty(&result->counts);
    g_autofree char *apply = comment_command_line(style->executable, COMMAND_APPLY, project->dir,
                                                  project->workspace, project->name, NULL);
    g_autofree char *plan = comment_command_line(style->executable, COMMAND_PLAN, project->dir,
                                                 project->workspace, project->name, result->extra);

    if (words->to_apply && has_changes && !style->hides_apply)
        parts_append_command(out, words->to_apply, apply);
    if (words->to_plan)
        parts_append_command(out, words->to_plan, plan);
}

static void append_result(GString *out, const RenderStyle *style, const CommandReport *report,
                          const ProjectResult *result)
{
    if (result->kind != RESULT_OK)
        parts_append_failed_output(out, style, result->output);
    else if (report->is_apply)
        append_applied(out, style, result);
    else
        append_plan(out, style, result);
}

static void append_body(GString *out, const RenderStyle *style, const CommandReport *report,
                        const ProjectResult *result)
{
    parts_append_message(out, result->message);
    if (result->output)
        append_result(out, style, report, result);
    if (result->log)
        parts_append_output(out, style, "Log", "", result->log);
}

static void append_unlock_step(GString *out, const RenderStyle *style, const CommandReport *report)
{
    parts_append_bare_command(
        out, style,
        report->is_apply ? "The locks go when this pull request is merged or closed, or with"
                         : "Give up the plans and locks of this pull request",
        COMMAND_UNLOCK);
}

static void append_single(GString *out, const RenderStyle *style, const CommandReport *report)
{
    const ProjectResult *result = report->results;
    const char *word = words_of(report, result)->word;
    g_autofree char *text = result_text(report, result);

    g_string_append_printf(out, "### %s%s %s\n\n", report->title, word ? "" : ":", text);
    parts_append_ref(out, result->project->dir, result->project->workspace, result->project->name);
    if (report->head) {
        g_string_append(out, " · ");
        append_commit(out, report->head);
    }
    g_string_append(out, "\n\n");
    append_body(out, style, report, result);
    append_next_steps(out, style, report, result);
    append_unlock_step(out, style, report);
}

static gsize count_kind(const CommandReport *report, ResultKind kind)
{
    gsize count = 0;

    for (gsize i = 0; i < report->n_results; i++)
        count += report->results[i].kind == kind;
    return count;
}

static ChangeCounts sum(const CommandReport *report)
{
    ChangeCounts total = { .is_known = true };

    for (gsize i = 0; i < report->n_results; i++)
        change_counts_add(&total, &report->results[i].counts);
    return total;
}

/* "### Plan: 2 of 4 projects planned, 1 failed, 1 refused". */
static void append_many_heading(GString *out, const CommandReport *report)
{
    gsize n_ok = count_kind(report, RESULT_OK);
    const ChangeCounts total = sum(report);
    g_autofree char *counts = counts_text(report, &total);

    g_string_append_printf(out, "### %s: ", report->title);
    if (n_ok == report->n_results) {
        g_string_append_printf(out, "%s in %zu projects\n\n", counts, n_ok);
        return;
    }
    g_string_append_printf(out, "%zu of %zu projects %s", n_ok, report->n_results,
                           report->is_apply ? "applied" : "planned");
    for (ResultKind kind = RESULT_FAILED; kind <= RESULT_NOT_RUN; kind++)
        append_count(out, (gint64)count_kind(report, kind), plan_words[kind].word);
    g_string_append(out, "\n\n");
}

static void append_table(GString *out, const CommandReport *report)
{
    g_string_append(out, "| Project | Workspace | Result |\n|---|---|---|\n");
    for (gsize i = 0; i < report->n_results; i++) {
        const ProjectResult *result = &report->results[i];
        const ProjectRef *project = result->project;
        const char *bold = result->kind == RESULT_OK ? "" : "**";
        g_autofree char *text = result_text(report, result);

        parts_append_project_cells(out, project->dir, project->workspace, project->name);
        g_string_append_printf(out, " %s%s%s |\n", bold, text, bold);
    }
    g_string_append_c(out, '\n');
}

/* The table says all there is to say of a plan without changes, unless the tool had more words and
 * they are wanted. */
static bool has_section(const RenderStyle *style, const CommandReport *report,
                        const ProjectResult *result)
{
    g_autofree char *text = result->output ? parts_trimmed(result->output) : g_strdup("");

    return report->is_apply || result->kind != RESULT_OK || result->message ||
           !change_counts_is_empty(&result->counts) ||
           (!style->hides_unchanged && parts_is_long(text));
}

static void append_section(GString *out, const RenderStyle *style, const CommandReport *report,
                           const ProjectResult *result)
{
    const char *word = words_of(report, result)->word;

    g_string_append(out, "#### ");
    parts_append_ref(out, result->project->dir, result->project->workspace, result->project->name);
    g_string_append_printf(out, "%s%s\n\n", word ? ": " : "", word ? word : "");
    append_body(out, style, report, result);
    append_next_steps(out, style, report, result);
    if (!g_str_has_suffix(out->str, "\n\n"))
        g_string_append_c(out, '\n');
}

static bool has_plan_to_apply(const CommandReport *report)
{
    for (gsize i = 0; i < report->n_results; i++)
        if (report->results[i].kind == RESULT_OK &&
            !change_counts_is_empty(&report->results[i].counts))
            return !report->is_apply;
    return false;
}

static void append_many(GString *out, const RenderStyle *style, const CommandReport *report)
{
    append_many_heading(out, report);
    if (report->head) {
        append_commit(out, report->head);
        g_string_append(out, "\n\n");
    }
    append_table(out, report);
    for (gsize i = 0; i < report->n_results; i++)
        if (has_section(style, report, &report->results[i]))
            append_section(out, style, report, &report->results[i]);
    g_string_append(out, "#### All projects\n\n");
    if (has_plan_to_apply(report) && !style->hides_apply && !style->hides_apply_all)
        parts_append_bare_command(out, style, "Apply all plans", COMMAND_APPLY);
    if (!report->is_apply)
        parts_append_bare_command(out, style, "Plan all again", COMMAND_PLAN);
    append_unlock_step(out, style, report);
}

static void append_none(GString *out, const RenderStyle *style, const CommandReport *report)
{
    g_autofree char *plan = NULL;

    g_string_append_printf(out, "### %s: no projects\n\n", report->title);
    if (report->note)
        return;
    if (report->is_apply) {
        g_string_append(out, "There is no plan to apply.\n\n");
        parts_append_bare_command(out, style, "Make the plans", COMMAND_PLAN);
        return;
    }
    g_string_append(out, "No project is affected by the files this pull request changes.\n\n");
    plan = comment_command_line(style->executable, COMMAND_PLAN, "DIR", NULL, NULL, NULL);
    parts_append_command(out, "Plan a directory all the same", plan);
}

char *render_report(const RenderStyle *style, const CommandReport *report)
{
    GString *out = g_string_new(NULL);

    if (report->n_results == 0)
        append_none(out, style, report);
    else if (report->n_results == 1)
        append_single(out, style, report);
    else
        append_many(out, style, report);
    if (report->note)
        g_string_append_printf(out, "%s%s\n", g_str_has_suffix(out->str, "\n\n") ? "" : "\n",
                               report->note);
    return g_string_free(out, FALSE);
}
