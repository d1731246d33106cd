// SPDX-License-Identifier: Apache-2.0
#include "watch/missed.h"

#include "base/clock.h"
#include "render/comment.h"

#define MINUTES(n) ((gint64)(n)*60 * 1000)
#define HOURS(n)   (MINUTES(n) * 60)

enum { CLOCKS_DIFFER_MS = 5000 };

static const gint64 longest_wait = MINUTES(30); /* for a command that has effects */
static const gint64 look_back = HOURS(24);      /* for comments */
static const gint64 oldest_unknown = HOURS(7 * 24);

static bool is_of(const Event *seen, const char *head, const char *base)
{
    return head && g_strcmp0(seen->head_commit, head) == 0 &&
           (!base || !seen->base_branch || g_str_equal(seen->base_branch, base));
}

bool missed_plan(const MissedRules *rules, const Event *seen, const KnownPull *known)
{
    if (!seen->head_commit || (seen->is_draft && !rules->plans_drafts))
        return false;
    if (is_of(seen, known->queued_head, known->queued_base))
        return false;
    if (known->is_closed) /* it was opened again */
        return true;
    if (is_of(seen, known->planned_head, known->planned_base))
        return false;
    return known->was_offered ||
           seen->made_at >= MAX(rules->first_start, rules->now - oldest_unknown);
}

gint64 missed_comments_since(const MissedRules *rules)
{
    return MAX(rules->first_start, rules->now - look_back);
}

static bool may_be_late(CommandKind kind)
{
    return kind == COMMAND_PLAN || kind == COMMAND_VERSION || kind == COMMAND_HELP ||
           kind == COMMAND_REPLY;
}

static CommentCommand *answer(CommandKind kind, gint64 age)
{
    CommentCommand *command = g_new0(CommentCommand, 1);
    g_autofree char *heading = g_strdup_printf("%s not done", command_info(kind)->title);
    g_autofree char *old = clock_duration_text(age);
    g_autofree char *text = g_strdup_printf(
        "The server learned of this command late: it was written %s ago, or something else was "
        "asked for since. Nothing was done, because it could hit something else than was meant. "
        "Look at what is there now, and give the command again.",
        old);

    command->kind = COMMAND_REPLY;
    command->args.extra = g_new0(char *, 1);
    command->args.reply = render_notice(heading, text);
    return command;
}

void missed_comment_judge(const MissedRules *rules, const Event *comment, const KnownPull *known,
                          IntakePlan *plan)
{
    gint64 age = rules->now - comment->made_at;
    bool is_overtaken = known->last_command_at > comment->made_at + CLOCKS_DIFFER_MS;
    bool is_answered = false;

    if (age <= longest_wait && !is_overtaken)
        return;
    for (guint i = 0; i < plan->commands->len;) {
        const CommentCommand *command = plan->commands->pdata[i];
        CommandKind kind = command->kind;

        if (may_be_late(kind)) {
            i++;
            continue;
        }
        g_ptr_array_remove_index(plan->commands, i);
        if (!is_answered)
            g_ptr_array_insert(plan->commands, (int)i++, answer(kind, age));
        is_answered = true;
    }
}
