// SPDX-License-Identifier: Apache-2.0
#include "engine/hooks.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/log.h"
#include "base/redact.h"
#include "engine/gate.h"
#include "engine/git_loan.h"
#include "engine/paths.h"
#include "engine/step_env.h"
#include "engine/step_output.h"
#include "sys/files.h"
#include "sys/proc.h"

enum {
    MAX_OUTPUT = 1 << 20,
    MAX_DESCRIPTION = 4 << 10, /* of what a hook says of itself */
    HOOK_TIMEOUT_MS = 60 * 60 * 1000,
    GRACE_MS = 30 * 1000,
};

typedef struct {
    Work *work;
    const Command *command;
    const PullWork *pull;
    const char *checkout;
    const char *phase;      /* "pre_workflow_hook": of the status's name */
    const char *title;      /* "Pre workflow hook" */
    const char *has_errors; /* NULL before the command */
    const GPtrArray *hooks; /* of const Hook */
} HookPhase;

static const char *const hook_commands[COMMAND_KINDS] = {
    [COMMAND_PLAN] = "plan",
    [COMMAND_APPLY] = "apply",
    [COMMAND_UNLOCK] = "unlock",
    [COMMAND_VERSION] = "version",
    [COMMAND_IMPORT] = "import",
    [COMMAND_STATE_RM] = "state",
    [COMMAND_APPROVE_POLICIES] = "approve_policies", /* cancel uses no files: it has none */
};

static bool belongs_to(const Hook *hook, const Command *command)
{
    const char *name = hook_commands[command->kind];

    if (!name)
        return false;
    return !hook->commands || !*hook->commands ||
           g_strv_contains((const char *const *)hook->commands, name);
}

static bool has_any(const GPtrArray *hooks, const Command *command)
{
    for (guint i = 0; i < hooks->len; i++)
        if (belongs_to(hooks->pdata[i], command))
            return true;
    return false;
}

bool hooks_are_wanted(const PullWork *pull, const Command *command)
{
    return has_any(pull->rules->pre_hooks, command) || has_any(pull->rules->post_hooks, command);
}

/* ------------------------------------------------------------------- statuses */

static char *status_name(const HookPhase *phase, const Hook *hook, guint index)
{
    g_autofree char *number = g_strdup_printf("%s #%u", phase->title, index);

    return g_strdup_printf("%s/%s: %s", phase->work->settings->vcs_status_name, phase->phase,
                           hook->description ? hook->description : number);
}

static bool tell(const HookPhase *phase, const Hook *hook, guint index, StatusState state,
                 const char *description, GError **error)
{
    g_autoptr(Status) status = status_new();

    status->name = status_name(phase, hook, index);
    status->state = state;
    status->description = status_bounded(description);
    status->head = g_strdup(phase->pull->facts.head_commit);
    status->iteration = phase->pull->facts.iteration;
    return store_status_queue(phase->work->store, phase->command, status, error);
}

/* What the hook wrote about itself, or our own words. */
static char *description_of(const char *dir, const char *name, const char *otherwise)
{
    g_autofree char *text = NULL;

    if (!files_read_beneath(dir, name, MAX_DESCRIPTION, &text, NULL) || !text) /* too long: ours */
        return g_strdup(otherwise);
    g_autofree char *valid = g_utf8_make_valid(text, -1);

    g_strstrip(valid);
    return g_strdup(*valid ? valid : otherwise);
}

/* ------------------------------------------------------------------- running */

static GStrv env_of(const HookPhase *phase, const char *status_file)
{
    const StepEnv env = {
        .base = phase->work->tool_env,
        .settings = phase->work->settings,
        .command = phase->command,
        .facts = &phase->pull->facts,
        .dir = phase->checkout,
        .command_name = hook_commands[phase->command->kind],
        .status_file = status_file,
        .has_errors = phase->has_errors,
    };

    return step_env_new(&env);
}

static GStrv argv_of(const Hook *hook)
{
    g_autoptr(GStrvBuilder) argv = g_strv_builder_new();

    g_strv_builder_add(argv, hook->shell);
    g_strv_builder_addv(argv, (const char **)hook->shell_args);
    g_strv_builder_add(argv, hook->command);
    return g_strv_builder_end(argv);
}

static gint64 timeout_of(const HookPhase *phase, const Hook *hook)
{
    if (hook->timeout_ms)
        return hook->timeout_ms;
    return phase->work->settings->step_timeout ? phase->work->settings->step_timeout
                                               : HOOK_TIMEOUT_MS;
}

static bool run_program(const Ctx *ctx, const HookPhase *phase, const Hook *hook,
                        const char *status_file, GString *output, GError **error)
{
    g_auto(GStrv) argv = argv_of(hook);
    g_auto(GStrv) plain = env_of(phase, status_file);
    g_autoptr(GitLoan) loan = git_loan_open(phase->work->settings, phase->command,
                                            phase->pull->facts.is_fork, GIT_LOAN_STEP, error);

    if (!loan)
        return false;
    g_auto(GStrv) env = git_loan_env(loan, (const char *const *)plain);
    const ProcSpec spec = {
        .argv = (const char *const *)argv,
        .dir = phase->checkout,
        .env = (const char *const *)env,
        .hatch = git_loan_hatch(loan),
        .max_output = MAX_OUTPUT,
        .timeout_ms = timeout_of(phase, hook),
        .grace_ms = GRACE_MS,
        .ends_at_limit = true,
    };
    bool is_done = proc_run(ctx, &spec, output, NULL, NULL, error);
    g_autofree char *text = g_utf8_make_valid(output->str, (gssize)output->len);

    g_string_assign(output, text);
    step_output_strip(output);
    redact(output);
    return is_done;
}

/* *failure as in hooks_run_before(). The status file is new for each hook: a stale one would speak
 * for another. */
static bool run_hook(const Ctx *ctx, const HookPhase *phase, const Hook *hook, guint index,
                     char **failure, GError **error)
{
    g_autofree char *dir = paths_hooks(phase->work->settings->data_dir, phase->command->pull_id);
    g_autofree char *status_file = g_build_filename(dir, "OUTPUT_STATUS_FILE", NULL);
    g_autofree char *description = NULL;
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GError) why = NULL;

    if (!files_remove_tree(dir, error))
        return false;
    if (g_mkdir_with_parents(dir, 0700) < 0)
        return hadal_throw_errno(error, "create %s", dir);
    if (!tell(phase, hook, index, STATUS_PENDING, "running", error))
        return false;
    if (run_program(ctx, phase, hook, status_file, output, &why)) {
        description = description_of(dir, "OUTPUT_STATUS_FILE", "done");
        return tell(phase, hook, index, STATUS_SUCCEEDED, description, error);
    }
    if (g_error_matches(why, HADAL_ERROR, HADAL_ERROR_CANCELLED)) {
        if (!tell(phase, hook, index, STATUS_FAILED, "stopped before its end", error))
            return false;
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
    }
    *failure = g_strdup_printf("%s%s%s", why->message, output->len ? "\n" : "", output->str);
    return tell(phase, hook, index, STATUS_FAILED, why->message, error);
}

static bool run_phase(const Ctx *ctx, const HookPhase *phase, char **failure, GError **error)
{
    for (guint i = 0; i < phase->hooks->len && !*failure; i++)
        if (belongs_to(phase->hooks->pdata[i], phase->command) &&
            (!ctx_check(ctx, error) ||
             !run_hook(ctx, phase, phase->hooks->pdata[i], i, failure, error)))
            return false;
    return true;
}

bool hooks_run_before(const Ctx *ctx, Work *work, const Command *command, const PullWork *pull,
                      const char *checkout, char **failure, GError **error)
{
    const HookPhase phase = {
        .work = work,
        .command = command,
        .pull = pull,
        .checkout = checkout,
        .phase = "pre_workflow_hook",
        .title = "Pre workflow hook",
        .hooks = pull->rules->pre_hooks,
    };

    *failure = NULL;
    if (!run_phase(ctx, &phase, failure, error))
        return hadal_prefix(error, "pre workflow hook");
    if (*failure)
        log_line(LEVEL_WARN, ctx, "pre workflow hook: %s", *failure);
    return true;
}

void hooks_run_after(const Ctx *ctx, Work *work, const Command *command, const PullWork *pull,
                     const char *checkout, bool has_errors)
{
    const HookPhase phase = {
        .work = work,
        .command = command,
        .pull = pull,
        .checkout = checkout,
        .phase = "post_workflow_hook",
        .title = "Post workflow hook",
        .has_errors = has_errors ? "true" : "false",
        .hooks = pull->rules->post_hooks,
    };
    g_autofree char *failure = NULL;
    g_autoptr(GError) error = NULL;
    Ctx after = *ctx;

    after.asked = NULL; /* who cancelled the command did not mean what cleans up behind it */
    if (!run_phase(&after, &phase, &failure, &error))
        log_line(LEVEL_WARN, ctx, "post workflow hook: %s", error->message);
    else if (failure)
        log_line(LEVEL_WARN, ctx, "post workflow hook: %s", failure);
}

/* ---------------------------------------------------- around other commands */

static const char *check_out(const Ctx *ctx, Work *work, const Command *command, PullWork *pull,
                             GError **error)
{
    Gate gate;

    if (!pull_work_read(ctx, work, command, pull, error))
        return NULL;
    gate = gate_check(work->settings, command, &pull->facts);
    if (gate.kind != GATE_GO || pull->facts.state != PULL_ACTIVE ||
        !repo_rules_serve_branch(pull->rules, pull->facts.base_branch))
        return hadal_throw_null(error, HADAL_ERROR_NOT_FOUND, "its files are not served");
    if (!pull_work_fetch(ctx, work, command, pull, error))
        return NULL;
    return pull_work_checkout(ctx, work, command, pull, "default",
                              pull->commit ? pull->commit : pull->facts.head_commit, error);
}

static bool run_between(const Ctx *ctx, Work *work, const Command *command, const PullWork *pull,
                        const char *checkout, CommandRunner runner, Outcome *outcome,
                        GError **error)
{
    const RenderStyle style = work_style(work);
    g_autofree char *title = g_strdup_printf("%s refused", command_info(command->kind)->title);
    g_autofree char *failure = NULL;

    if (!hooks_run_before(ctx, work, command, pull, checkout, &failure, error))
        return false;
    if (failure && work->settings->fail_on_pre_workflow_hook_error) {
        outcome_set(outcome, COMMAND_DONE, "a hook failed",
                    render_failure(&style, title, "A hook before it failed.", failure),
                    THREAD_ACTIVE);
        return true;
    }
    if (!runner(ctx, work, command, outcome, error))
        return false;
    hooks_run_after(ctx, work, command, pull, checkout, outcome->state != COMMAND_DONE);
    return true;
}

bool hooks_wrap(const Ctx *ctx, Work *work, const Command *command, CommandRunner runner,
                Outcome *outcome, GError **error)
{
    g_autoptr(RepoRules) rules =
        repo_rules_new(work->settings, work->repos, command->pull.repo.allow_name);
    const PullWork known = { .rules = rules };
    g_auto(PullWork) pull = { 0 };
    g_autoptr(GError) why = NULL;
    const char *checkout;

    if (!hooks_are_wanted(&known, command))
        return runner(ctx, work, command, outcome, error);
    checkout = check_out(ctx, work, command, &pull, &why);
    if (checkout)
        return run_between(ctx, work, command, &pull, checkout, runner, outcome, error);
    if (!g_error_matches(why, HADAL_ERROR, HADAL_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
    }
    log_line(LEVEL_INFO, ctx, "no hooks are run: %s", why->message);
    return runner(ctx, work, command, outcome, error);
}
