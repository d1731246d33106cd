// SPDX-License-Identifier: Apache-2.0
#include "render/comment.h"

#include "base/clock.h"
#include "base/markdown.h"
#include "grammar/comment.h"
#include "render/parts.h"

/* Comments about locks, and those of few words. Reports of plans and applies are in report.c. */

static const char *plural(gsize count)
{
    return count == 1 ? "" : "s";
}

static void append_pull(GString *out, const PullRef *pull)
{
    g_autofree char *number = g_strdup_printf("!%" G_GINT64_FORMAT, pull->number);

    markdown_append_link(out, number, pull->url);
}

static bool is_same_pull(const Lock *a, const Lock *b)
{
    return a->pull.number == b->pull.number && g_strcmp0(a->pull.url, b->pull.url) == 0;
}

/* One lock of each pull request that holds any; borrowed. */
static GPtrArray *one_of_each_pull(const Lock *const *held, gsize n_held)
{
    GPtrArray *found = g_ptr_array_new();

    for (gsize i = 0; i < n_held; i++) {
        gsize j = 0;

        while (j < i && !is_same_pull(held[i], held[j]))
            j++;
        if (j == i)
            g_ptr_array_add(found, (gpointer)held[i]);
    }
    return found;
}

/* "!12, !15 and !16". */
static void append_pulls(GString *out, const GPtrArray *locks)
{
    for (guint i = 0; i < locks->len; i++) {
        const Lock *lock = locks->pdata[i];

        if (i > 0)
            g_string_append(out, i + 1 == locks->len ? " and " : ", ");
        append_pull(out, &lock->pull);
    }
}

static void append_since_cell(GString *row, const RenderStyle *style, gint64 since)
{
    g_autofree char *time = clock_text(since);
    g_autofree char *duration = clock_duration_text(style->now - since);
    g_autoptr(GString) cell = g_string_new(time);

    if (style->now)
        g_string_append_printf(cell, " (%s ago)", duration);
    parts_append_cell(row, cell);
}

static void append_holder_cell(GString *row, const Lock *lock)
{
    g_autoptr(GString) cell = g_string_new(NULL);

    append_pull(cell, &lock->pull);
    if (lock->actor.name && *lock->actor.name) {
        g_string_append(cell, " by ");
        markdown_append_code(cell, lock->actor.name);
    }
    parts_append_cell(row, cell);
}

static void append_locks(GString *out, const Lock *const *locks, gsize n_locks)
{
    g_string_append(out, "| Project | Workspace |\n|---|---|\n");
    for (gsize i = 0; i < n_locks; i++) {
        parts_append_project_cells(out, locks[i]->dir, locks[i]->workspace, locks[i]->name);
        g_string_append_c(out, '\n');
    }
    g_string_append_c(out, '\n');
}

static void append_code_of(GString *out, const RenderStyle *style, CommandKind kind)
{
    g_autofree char *line = comment_command_line(style->executable, kind, NULL, NULL, NULL, NULL);

    markdown_append_code(out, line);
}

char *render_locked(const RenderStyle *style, const Lock *const *held, gsize n_held)
{
    GString *out = g_string_new(NULL);
    g_autoptr(GPtrArray) pulls = one_of_each_pull(held, n_held);

    g_string_append_printf(out, "### Not run: %zu project%s locked by %s\n\n", n_held,
                           n_held == 1 ? " is" : "s are",
                           pulls->len == 1 ? "another pull request" : "other pull requests");
    g_string_append(out, "| Project | Workspace | Locked by | Since |\n|---|---|---|---|\n");
    for (gsize i = 0; i < n_held; i++) {
        const Lock *lock = held[i];

        parts_append_project_cells(out, lock->dir, lock->workspace, lock->name);
        append_holder_cell(out, lock);
        append_since_cell(out, style, lock->since);
        g_string_append_c(out, '\n');
    }
    g_string_append(out, "\nTo get on:\n\n1. Merge or close ");
    append_pulls(out, pulls);
    g_string_append(out, ", or comment ");
    append_code_of(out, style, COMMAND_UNLOCK);
    g_string_append(out, " there, which discards its plans.\n2. Comment ");
    append_code_of(out, style, COMMAND_PLAN);
    g_string_append(out, " here.\n");
    return g_string_free(out, FALSE);
}

char *render_unlocked(const RenderStyle *style, const Lock *const *released, gsize n_released)
{
    GString *out = g_string_new(NULL);

    if (n_released == 0) {
        g_string_append(out, "### Unlock: there was nothing to unlock\n\n");
        g_string_append(out,
                        "This pull request holds no locks. Plans that it had are discarded.\n");
        return g_string_free(out, FALSE);
    }
    g_string_append_printf(out, "### Unlock: %zu project%s given up\n\n", n_released,
                           plural(n_released));
    append_locks(out, released, n_released);
    g_string_append(out, "Other pull requests can plan there now. The plans made here are "
                         "discarded.\n\n");
    parts_append_bare_command(out, style, "Plan again", COMMAND_PLAN);
    return g_string_free(out, FALSE);
}

char *render_closed(const RenderStyle *style, const Lock *const *released, gsize n_released)
{
    GString *out = g_string_new(NULL);

    (void)style;
    if (n_released == 0) {
        g_string_append(out, "### Closed: nothing was locked\n\n");
        g_string_append(out, "Plans of this pull request that were not applied are discarded.\n");
        return g_string_free(out, FALSE);
    }
    g_string_append_printf(out, "### Closed: %zu lock%s released\n\n", n_released,
                           plural(n_released));
    append_locks(out, released, n_released);
    g_string_append(out, "Plans that were not applied are discarded.\n");
    return g_string_free(out, FALSE);
}

char *render_folded(const char *text)
{
    return g_strdup_printf("<details><summary>An earlier plan: a newer one has taken its place"
                           "</summary>\n\n%s\n\n</details>",
                           text);
}

char *render_notice(const char *heading, const char *message)
{
    GString *out = g_string_new(NULL);

    g_string_append_printf(out, "### %s\n\n", heading);
    parts_append_message(out, message);
    return g_string_free(out, FALSE);
}

char *render_failure(const RenderStyle *style, const char *heading, const char *message,
                     const char *output)
{
    GString *out = g_string_new(NULL);

    g_string_append_printf(out, "### %s\n\n", heading);
    parts_append_message(out, message);
    if (output)
        parts_append_failed_output(out, style, output);
    return g_string_free(out, FALSE);
}

char *render_versions(const RenderStyle *style, const char *text)
{
    GString *out = g_string_new("### Versions\n\n");
    g_autofree char *trimmed = parts_trimmed(text);

    (void)style;
    markdown_append_block(out, "", trimmed);
    return g_string_free(out, FALSE);
}
