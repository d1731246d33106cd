// SPDX-License-Identifier: Apache-2.0
#include "render/policy.h"

#include "base/markdown.h"
#include "grammar/comment.h"
#include "render/parts.h"

enum { SHORT_COMMIT = 7 };

static const char *const titles[] = {
    [POLICY_COMMENT_CHECK] = "Policy check",
    [POLICY_COMMENT_APPROVE] = "Approve policies",
    [POLICY_COMMENT_CLEAR] = "Clear approvals",
};

static const char *const verdict_words[] = {
    [POLICY_PASSED] = "passed",
    [POLICY_APPROVED] = "approved",
    [POLICY_FAILED] = "failed",
    [POLICY_UNCHECKED] = "not checked",
};

static bool is_good(const PolicySetStatus *set)
{
    return set->verdict == POLICY_PASSED || set->verdict == POLICY_APPROVED;
}

/* A project's word: that of its worst set. */
static PolicyVerdict verdict_of(const PolicyStatus *status)
{
    PolicyVerdict worst = status->sets->len ? POLICY_PASSED : POLICY_UNCHECKED;

    for (guint i = 0; i < status->sets->len; i++) {
        const PolicySetStatus *set = status->sets->pdata[i];

        worst = MAX(worst, set->verdict);
    }
    return worst;
}

static void append_names(GString *out, const GPtrArray *names, const char *what, const char **comma)
{
    for (guint i = 0; i < names->len; i++) {
        g_string_append_printf(out, "%s%s", *comma, what);
        markdown_append_code(out, names->pdata[i]);
        *comma = ", ";
    }
}

/* ------------------------------------------------------------------- one set */

static void append_owners(GString *out, const PolicySetStatus *set)
{
    const char *comma = "Owners: ";

    append_names(out, set->users, "", &comma);
    append_names(out, set->teams, "team ", &comma);
    if (set->users->len + set->teams->len == 0)
        g_string_append(out, "This set has no owners who could approve it");
    g_string_append(out, ".\n\n");
}

static void append_approvers(GString *out, const PolicySetStatus *set)
{
    const char *comma = "Approved by ";

    for (guint i = 0; i < set->approvers->len; i++) {
        const Actor *actor = set->approvers->pdata[i];

        g_string_append(out, comma);
        markdown_append_code(out, actor->name ? actor->name : actor->id);
        comma = ", ";
    }
    if (set->approvers->len)
        g_string_append(out, ".\n\n");
}

/* After a new plan: what is left to look at. */
static void append_covered(GString *out, const PolicySetStatus *set)
{
    if (set->verdict == POLICY_FAILED && set->n_covered > 0 && set->n_covered < set->n_items)
        g_string_append_printf(out,
                               "%u of %u findings were approved before, the others are new.\n\n",
                               set->n_covered, set->n_items);
}

static void append_set_heading(GString *out, const PolicySetStatus *set)
{
    g_string_append(out, "Policy set ");
    markdown_append_code(out, set->name);
    g_string_append_printf(out, ": **%s**", verdict_words[set->verdict]);
    if (set->verdict == POLICY_APPROVED || set->verdict == POLICY_FAILED)
        g_string_append_printf(out, ", %u of %" G_GINT64_FORMAT " approval%s", set->approvers->len,
                               set->needed, set->needed == 1 ? "" : "s");
    g_string_append(out, "\n\n");
}

static void append_set(GString *out, const RenderStyle *style, const PolicyReport *report,
                       const PolicySetStatus *set)
{
    append_set_heading(out, set);
    if (report->kind == POLICY_COMMENT_CHECK && set->output)
        parts_append_output(out, style, "Output", "", set->output);
    append_covered(out, set);
    append_approvers(out, set);
    if (set->verdict == POLICY_FAILED)
        append_owners(out, set);
}

/* --------------------------------------------------------------- one project */

static bool is_shown(const PolicyReport *report, const PolicySetStatus *set)
{
    return !report->hides_passed || set->verdict != POLICY_PASSED;
}

static void append_line(GString *out, const RenderStyle *style, const char *what, CommandKind kind,
                        const PolicyProject *project)
{
    const ProjectRef *ref = project->project;
    g_autofree char *line =
        comment_command_line(style->executable, kind, ref->dir, ref->workspace, ref->name,
                             kind == COMMAND_PLAN ? project->extra : NULL);

    parts_append_command(out, what, line);
}

static void append_next_steps(GString *out, const RenderStyle *style, const PolicyProject *project)
{
    PolicyVerdict verdict = verdict_of(project->status);

    if (project->status->has_passed) {
        if (!style->hides_apply)
            append_line(out, style, "Apply the plan", COMMAND_APPLY, project);
        return;
    }
    if (verdict == POLICY_FAILED)
        append_line(out, style, "Approve all the same, as an owner", COMMAND_APPROVE_POLICIES,
                    project);
    append_line(out, style, "A push plans and checks again; without one", COMMAND_PLAN, project);
}

static void append_around(GString *out, const RenderStyle *style, const char *caption,
                          const char *text)
{
    g_autofree char *trimmed = text ? parts_trimmed(text) : NULL;

    if (trimmed && *trimmed)
        parts_append_output(out, style, caption, "", trimmed);
}

static void append_changed(GString *out, const PolicyReport *report, const PolicyProject *project)
{
    const char *comma =
        report->kind == POLICY_COMMENT_CLEAR ? "Approvals cleared: " : "You approved: ";

    if (!project->changed || project->changed->len == 0)
        return;
    append_names(out, project->changed, "", &comma);
    g_string_append(out, "\n\n");
}

static void append_body(GString *out, const RenderStyle *style, const PolicyReport *report,
                        const PolicyProject *project)
{
    append_changed(out, report, project);
    for (guint i = 0; project->problems && i < project->problems->len; i++)
        parts_append_message(out, project->problems->pdata[i]);
    append_around(out, style, "Before the check", project->before);
    if (project->status->sets->len == 0)
        parts_append_message(out, "The server has no policy sets, so nothing can pass. Its "
                                  "operator has to name them in `policies.policy_sets`.");
    for (guint i = 0; i < project->status->sets->len; i++)
        if (is_shown(report, project->status->sets->pdata[i]))
            append_set(out, style, report, project->status->sets->pdata[i]);
    append_around(out, style, "After the check", project->after);
    append_next_steps(out, style, project);
}

/* ------------------------------------------------------------------ together */

static void append_commit(GString *out, const char *head)
{
    g_autofree char *commit = g_strndup(head, SHORT_COMMIT);

    g_string_append(out, "commit ");
    markdown_append_code(out, commit);
    g_string_append(out, "\n\n");
}

static void append_ref(GString *out, const ProjectRef *ref)
{
    parts_append_ref(out, ref->dir, ref->workspace, ref->name);
}

/* After a decision "failed" would read as if the decision had. */
static const char *single_word(const PolicyReport *report)
{
    PolicyVerdict verdict = verdict_of(report->projects->status);

    return verdict == POLICY_FAILED && report->kind != POLICY_COMMENT_CHECK
               ? "not enough approvals"
               : verdict_words[verdict];
}

static void append_single(GString *out, const RenderStyle *style, const PolicyReport *report)
{
    const PolicyProject *project = report->projects;

    g_string_append_printf(out, "### %s: %s\n\n", titles[report->kind], single_word(report));
    append_ref(out, project->project);
    g_string_append(out, " · ");
    append_commit(out, report->head);
    append_body(out, style, report, project);
}

static gsize count_passed(const PolicyReport *report)
{
    gsize count = 0;

    for (gsize i = 0; i < report->n_projects; i++)
        count += report->projects[i].status->has_passed;
    return count;
}

/* "**failed**: `tags`, `cost`". */
static void append_sets_cell(GString *out, const PolicyStatus *status)
{
    g_autoptr(GString) cell = g_string_new(NULL);
    const char *bold = status->has_passed ? "" : "**";
    const char *comma = ": ";

    g_string_append_printf(cell, "%s%s%s", bold, verdict_words[verdict_of(status)], bold);
    for (guint i = 0; i < status->sets->len; i++) {
        const PolicySetStatus *set = status->sets->pdata[i];

        if (is_good(set))
            continue;
        g_string_append(cell, comma);
        markdown_append_code(cell, set->name);
        comma = ", ";
    }
    parts_append_cell(out, cell);
}

static void append_table(GString *out, const PolicyReport *report)
{
    g_string_append(out, "| Project | Workspace | Policies |\n|---|---|---|\n");
    for (gsize i = 0; i < report->n_projects; i++) {
        const PolicyProject *project = &report->projects[i];
        const ProjectRef *ref = project->project;

        parts_append_project_cells(out, ref->dir, ref->workspace, ref->name);
        append_sets_cell(out, project->status);
        g_string_append_c(out, '\n');
    }
    g_string_append_c(out, '\n');
}

static void append_section(GString *out, const RenderStyle *style, const PolicyReport *report,
                           const PolicyProject *project)
{
    g_string_append(out, "#### ");
    append_ref(out, project->project);
    g_string_append_printf(out, ": %s\n\n", verdict_words[verdict_of(project->status)]);
    append_body(out, style, report, project);
    if (!g_str_has_suffix(out->str, "\n\n"))
        g_string_append_c(out, '\n');
}

static void append_many(GString *out, const RenderStyle *style, const PolicyReport *report)
{
    gsize n_passed = count_passed(report);

    g_string_append_printf(out, "### %s: %zu of %zu projects pass\n\n", titles[report->kind],
                           n_passed, report->n_projects);
    append_commit(out, report->head);
    append_table(out, report);
    for (gsize i = 0; i < report->n_projects; i++)
        if (!report->hides_passed || !report->projects[i].status->has_passed)
            append_section(out, style, report, &report->projects[i]);
    g_string_append(out, "#### All projects\n\n");
    if (n_passed == report->n_projects && !style->hides_apply && !style->hides_apply_all)
        parts_append_bare_command(out, style, "Apply all plans", COMMAND_APPLY);
    if (n_passed < report->n_projects)
        parts_append_bare_command(out, style, "Approve all that failed, as an owner",
                                  COMMAND_APPROVE_POLICIES);
    parts_append_bare_command(out, style, "Plan and check all again", COMMAND_PLAN);
}

char *render_policies(const RenderStyle *style, const PolicyReport *report)
{
    GString *out;

    if (report->hides_passed && count_passed(report) == report->n_projects)
        return NULL;
    out = g_string_new(NULL);
    if (report->n_projects == 1)
        append_single(out, style, report);
    else
        append_many(out, style, report);
    return g_string_free(out, FALSE);
}
