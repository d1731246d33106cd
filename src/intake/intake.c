// SPDX-License-Identifier: Apache-2.0
#include "intake/intake.h"

#include "base/glob.h"
#include "render/comment.h"

static void add(IntakePlan *plan, CommandKind kind, char *reply)
{
    CommentCommand *command = g_new0(CommentCommand, 1);

    command->kind = kind;
    command->args.extra = g_new0(char *, 1);
    command->args.reply = reply;
    g_ptr_array_add(plan->commands, command);
}

static CommentRules rules_of(const Settings *settings)
{
    return (CommentRules){
        .executable = settings->executable_name,
        .user = settings_host_spec(settings).user,
        .allow_commands = (const char *const *)settings->allow_commands,
        .extra = {
            .blocked = (const char *const *)settings->blocked_extra_args,
            .var_file_dirs = (const char *const *)settings->var_file_allowlist,
        },
    };
}

static char *not_allowed(const Event *event)
{
    g_autofree char *text =
        g_strdup_printf("This server does not work for `%s`: no pattern of `--repo-allowlist` "
                        "matches the whole name. Its operator can add one.",
                        event->pull.repo.allow_name);

    return render_notice("Repository not allowed", text);
}

/* What could not be read is answered, and not taken. */
static bool takes_one(const GPtrArray *commands)
{
    for (guint i = 0; i < commands->len; i++)
        if (((const CommentCommand *)commands->pdata[i])->kind != COMMAND_REPLY)
            return true;
    return false;
}

static void decide_comment(const Settings *settings, const Event *event, IntakePlan *plan)
{
    const CommentRules rules = rules_of(settings);
    g_autoptr(GPtrArray) commands = NULL;

    plan->source = SOURCE_COMMENT;
    if (comment_parse(&rules, event->comment, &commands) == COMMENT_NOT_FOR_US) {
        plan->why = "the comment is not a command";
        return;
    }
    g_ptr_array_unref(plan->commands);
    plan->commands = g_steal_pointer(&commands);
    plan->settles = takes_one(plan->commands);
    plan->reacts = plan->settles && settings->emoji_reaction && *settings->emoji_reaction;
}

static void decide_push(const Settings *settings, IntakePlan *plan)
{
    plan->source = SOURCE_PUSH;
    plan->only_if_changed = true;
    if (settings->disable_autoplan)
        plan->why = "automatic plans are switched off";
    else
        add(plan, COMMAND_PLAN, NULL);
}

static void decide(const Settings *settings, const Event *event, IntakePlan *plan)
{
    switch (event->kind) {
    case EVENT_PULL_OPENED:
    case EVENT_PULL_UPDATED:
        decide_push(settings, plan);
        return;
    case EVENT_PULL_CLOSED:
        plan->source = SOURCE_PUSH;
        add(plan, COMMAND_CLOSE, NULL);
        return;
    case EVENT_COMMENT:
        decide_comment(settings, event, plan);
        return;
    case EVENT_IGNORED:
    case EVENT_KINDS:
        plan->why = event->reason;
        return;
    }
    g_assert_not_reached();
}

/* Told once: when the pull request is opened, and when somebody types a command. */
static void refuse_repository(const Settings *settings, const Event *event, IntakePlan *plan)
{
    bool is_asked = plan->commands->len > 0 &&
                    (event->kind == EVENT_COMMENT || event->kind == EVENT_PULL_OPENED);

    g_ptr_array_set_size(plan->commands, 0);
    plan->only_if_changed = false;
    plan->reacts = plan->settles = false;
    plan->why = "the repository is not on the allowlist";
    if (is_asked && !settings->silence_allowlist_errors)
        add(plan, COMMAND_REPLY, not_allowed(event));
}

void intake_decide(const Settings *settings, const Event *event, IntakePlan *plan)
{
    plan->commands = g_ptr_array_new_with_free_func((GDestroyNotify)comment_command_free);
    plan->why = NULL;
    decide(settings, event, plan);
    if (event->kind != EVENT_IGNORED &&
        !glob_allows((const char *const *)settings->repo_allowlist, event->pull.repo.allow_name))
        refuse_repository(settings, event, plan);
}

void intake_plan_clear(IntakePlan *plan)
{
    g_clear_pointer(&plan->commands, g_ptr_array_unref);
}

/* Its commands are the caller's to free. */
static Intake intake_of(const Delivery *delivery, NewCommand **owned)
{
    const IntakePlan *plan = delivery->plan;
    NewCommand *commands = g_new0(NewCommand, plan->commands->len);

    for (guint i = 0; i < plan->commands->len; i++) {
        const CommentCommand *command = plan->commands->pdata[i];

        commands[i] =
            (NewCommand){ .kind = command->kind, .source = plan->source, .args = &command->args };
    }
    *owned = commands;
    return (Intake){
        .event = delivery->event,
        .body = delivery->body,
        .length = delivery->length,
        .commands = commands,
        .n_commands = plan->commands->len,
        .only_if_changed = plan->only_if_changed,
        .reacts = plan->reacts,
        .settles = plan->settles,
    };
}

bool intake_store(Store *store, const Delivery *delivery, IntakeOutcome *outcome, GError **error)
{
    g_autofree NewCommand *commands = NULL;
    const Intake intake = intake_of(delivery, &commands);

    return store_intake(store, &intake, outcome, error);
}

bool intake_store_all(Store *store, const Delivery *deliveries, gsize n, IntakeResult *results,
                      GError **error)
{
    g_autoptr(GPtrArray) commands = g_ptr_array_new_with_free_func(g_free);
    g_autofree Intake *intakes = g_new0(Intake, n);

    for (gsize i = 0; i < n; i++) {
        NewCommand *owned = NULL;

        intakes[i] = intake_of(&deliveries[i], &owned);
        g_ptr_array_add(commands, owned);
    }
    return store_intake_all(store, intakes, n, results, error);
}
