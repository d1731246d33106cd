// SPDX-License-Identifier: Apache-2.0
#include "engine/steps.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/redact.h"
#include "base/step.h"
#include "engine/git_loan.h"
#include "engine/provider_init.h"
#include "engine/provider_steps.h"
#include "engine/step_env.h"
#include "engine/step_output.h"
#include "sys/proc.h"
#include "tf/tool.h"

enum {
    MAX_OUTPUT = 8 << 20, /* of one step, for the comment; the log has it all */
    STEP_TIMEOUT_MS = 60 * 60 * 1000,
    CHANGE_TIMEOUT_MS = 24 * 60 * 60 * 1000, /* stopping one midway is worse than waiting */
    GRACE_MS = 60 * 1000,
    MAX_SHOWN_COMMAND = 80, /* characters of an operator's command in a message */
};

gint64 steps_timeout(const ProjectRun *run, const Action *action)
{
    bool is_change = run->command->kind == COMMAND_APPLY;

    if (action->timeout_ms)
        return action->timeout_ms;
    if (run->settings->step_timeout)
        return run->settings->step_timeout;
    return is_change ? CHANGE_TIMEOUT_MS : STEP_TIMEOUT_MS;
}

/* ------------------------------------------------------------- terraform's own */

/* The step's arguments with the environment's values in them. The caller frees it. */
static GStrv expanded_args(const ProjectRun *run, const Action *action)
{
    g_autoptr(GStrvBuilder) out = g_strv_builder_new();

    for (gsize i = 0; action->extra_args && action->extra_args[i]; i++) {
        g_autofree char *word =
            step_env_expand(action->extra_args[i], (const char *const *)run->env_vars);

        g_strv_builder_add(out, word);
    }
    return g_strv_builder_end(out);
}

static TfRun tf_of(const ProjectRun *run, const Action *action, GStrv args)
{
    TfRun tf = project_run_tf(run);

    tf.step_args = (const char *const *)args;
    tf.timeout_ms = steps_timeout(run, action);
    return tf;
}

/* A lock file that is not the repository's is what an earlier init left: it holds versions back. */
static void drop_own_lock_file(const ProjectRun *run)
{
    g_autofree char *path = g_build_filename(run->dir, ".terraform.lock.hcl", NULL);

    if (!project_run_has_file(run, ".terraform.lock.hcl"))
        g_unlink(path); /* none there is fine */
}

/* What init says is worth reading only when it fails. */
static bool run_same_init(const Ctx *ctx, ProjectRun *run, const TfRun *tf, GString *output,
                          GError **error)
{
    if (!provider_init(ctx, run, tf, output, error))
        return false;
    step_reached(ctx, STEP_INIT_DONE);
    g_string_truncate(output, 0);
    return true;
}

static bool run_init(const Ctx *ctx, ProjectRun *run, const TfRun *tf, GString *output,
                     GError **error)
{
    drop_own_lock_file(run);
    return run_same_init(ctx, run, tf, output, error);
}

static bool run_plan(const Ctx *ctx, ProjectRun *run, const TfRun *tf, GString *output,
                     GError **error)
{
    return tf_workspace_select(ctx, tf, output, error) &&
           tf_plan(ctx, tf, run->plan_file, output, error);
}

static bool run_apply(const Ctx *ctx, ProjectRun *run, const TfRun *tf, GString *output,
                      GError **error)
{
    return tf_apply(ctx, tf, run->plan_file, output, error);
}

static bool run_import(const Ctx *ctx, ProjectRun *run, const TfRun *tf, GString *output,
                       GError **error)
{
    return tf_workspace_select(ctx, tf, output, error) &&
           tf_import(ctx, tf, (const char *const *)run->command->args.operands, output, error);
}

static bool run_state_rm(const Ctx *ctx, ProjectRun *run, const TfRun *tf, GString *output,
                         GError **error)
{
    return tf_workspace_select(ctx, tf, output, error) &&
           tf_state_rm(ctx, tf, (const char *const *)run->command->args.operands, output, error);
}

/* The plan as JSON for the steps behind it; it holds secrets, so nobody else sees it. */
static bool run_show(const Ctx *ctx, ProjectRun *run, const TfRun *tf, GString *output,
                     GError **error)
{
    g_autoptr(GString) json = g_string_new(NULL);

    g_string_truncate(output, 0);
    return tf_show(ctx, tf, run->plan_file, json, error) &&
           g_file_set_contents_full(run->show_file, json->str, (gssize)json->len,
                                    G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

typedef bool (*TfAction)(const Ctx *ctx, ProjectRun *run, const TfRun *tf, GString *output,
                         GError **error);
static const TfAction tf_actions[ACTIONS] = {
    [ACTION_INIT] = run_init,   [ACTION_PLAN] = run_plan,     [ACTION_SHOW] = run_show,
    [ACTION_APPLY] = run_apply, [ACTION_IMPORT] = run_import, [ACTION_STATE_RM] = run_state_rm,
};

/* The workspace is the project's, by which it is locked: another one would be nobody's. */
static bool check_workspace(const ProjectRun *run, GError **error)
{
    const char *set = g_environ_getenv(run->env_vars, "TF_WORKSPACE");

    if (!set || g_str_equal(set, run->project->workspace) ||
        g_strcmp0(set, g_environ_getenv((GStrv)run->env, "TF_WORKSPACE")) == 0)
        return true;
    return hadal_throw(error, HADAL_ERROR_INVALID,
                       "an env step sets TF_WORKSPACE to `%.80s`, and the project's workspace is "
                       "`%s`: write `workspace: %.80s` at the project instead",
                       set, run->project->workspace, set);
}

static GitLoan *lend(const ProjectRun *run, GitLoanUse use, GError **error)
{
    return git_loan_open(run->settings, run->command, run->pull->facts.is_fork, use, error);
}

static bool run_with_git(const Ctx *ctx, ProjectRun *run, const Action *action, TfAction act,
                         GString *output, GError **error)
{
    g_auto(GStrv) args = expanded_args(run, action);
    TfRun tf = tf_of(run, action, args);
    g_autoptr(GitLoan) loan =
        lend(run, action->kind == ACTION_INIT ? GIT_LOAN_INIT : GIT_LOAN_STEP, error);

    if (!loan)
        return false;
    g_auto(GStrv) env = git_loan_env(loan, tf.env);
    tf.env = (const char *const *)env;
    tf.hatch = git_loan_hatch(loan);
    return act(ctx, run, &tf, output, error);
}

/* -------------------------------------------------------- the operator's own */

static void log_text(const ProjectRun *run, const char *text)
{
    g_autofree char *safe = redact_copy(text);
    gsize length = strlen(safe), done = 0;

    while (run->log_fd >= 0 && done < length) {
        ssize_t n = write(run->log_fd, safe + done, length - done);

        if (n < 0 && errno != EINTR)
            return; /* a log that cannot be written is no reason to fail */
        done += n > 0 ? (gsize)n : 0;
    }
}

static char *short_command(const char *command)
{
    g_autofree char *line = g_strndup(command, strcspn(command, "\r\n"));
    bool is_whole = g_utf8_strlen(line, -1) <= MAX_SHOWN_COMMAND && !command[strlen(line)];
    g_autofree char *cut =
        g_utf8_substring(line, 0, MIN(g_utf8_strlen(line, -1), MAX_SHOWN_COMMAND));

    return g_strconcat(cut, is_whole ? "" : "…", NULL);
}

static GStrv shell_argv(const Action *action)
{
    g_autoptr(GStrvBuilder) argv = g_strv_builder_new();

    g_strv_builder_add(argv, action->shell);
    g_strv_builder_addv(argv, (const char **)action->shell_args);
    g_strv_builder_add(argv, action->command);
    return g_strv_builder_end(argv);
}

/* Runs the command line; raw gets all it printed, as text. */
static bool run_shell(const Ctx *ctx, ProjectRun *run, const Action *action, bool is_logged,
                      GString *raw, GError **error)
{
    g_auto(GStrv) argv = shell_argv(action);
    g_autofree char *command = short_command(action->command);
    g_autoptr(GError) why = NULL;
    int status = -1;
    bool is_done;
    g_autoptr(GitLoan) loan = lend(run, GIT_LOAN_STEP, error);

    if (!loan)
        return false;
    g_auto(GStrv) env = git_loan_env(loan, (const char *const *)run->env_vars);
    ProviderSteps *providers =
        action->kind == ACTION_RUN ? provider_steps_begin(ctx, run, &env) : NULL;
    const ProcSpec spec = {
        .argv = (const char *const *)argv,
        .dir = run->dir,
        .env = (const char *const *)env,
        .hatch = git_loan_hatch(loan),
        .max_output = MAX_OUTPUT,
        .timeout_ms = steps_timeout(run, action),
        .grace_ms = GRACE_MS,
        .log_fd = is_logged ? run->log_fd : 0,
    };

    is_done = proc_run(ctx, &spec, raw, NULL, &status, &why);
    provider_steps_end(ctx, providers);
    g_autofree char *text = g_utf8_make_valid(raw->str, (gssize)raw->len);

    g_string_assign(raw, text);
    if (is_done)
        return true;
    if (status > 0)
        return hadal_throw(error, HADAL_ERROR_FAILED, "%s step `%s`: exit %d",
                           action_name(action->kind), command, status);
    g_propagate_error(error, g_steal_pointer(&why));
    return hadal_prefix(error, "%s step `%s`", action_name(action->kind), command);
}

/* What is taken out of the comment is not in the log either: --verbose shows that. */
static bool run_run(const Ctx *ctx, ProjectRun *run, const Action *action, GString *output,
                    GError **error)
{
    g_autoptr(GString) raw = g_string_new(NULL);
    bool is_filtered = step_output_is_filtered(action->output);
    bool is_done = run_shell(ctx, run, action, !is_filtered, raw, error);

    step_output_strip(raw);
    g_autofree char *shown = step_output_filter(action->output, raw->str, !is_done);

    if (is_filtered)
        log_text(run, shown);
    g_string_assign(output, shown);
    return is_done;
}

/* The value of a variable is nobody's business: it may be a token. */
static bool run_env(const Ctx *ctx, ProjectRun *run, const Action *action, GString *output,
                    GError **error)
{
    g_autoptr(GString) raw = g_string_new(NULL);
    const char *value = action->value;

    if (action->command) {
        if (!run_shell(ctx, run, action, false, raw, error)) {
            g_string_assign(output, raw->str);
            return false;
        }
        if (g_str_has_suffix(raw->str, "\n"))
            g_string_truncate(raw, raw->len - (g_str_has_suffix(raw->str, "\r\n") ? 2 : 1));
        value = raw->str;
    }
    run->env_vars = g_environ_setenv(run->env_vars, action->name, value ? value : "", TRUE);
    return true;
}

static bool run_multienv(const Ctx *ctx, ProjectRun *run, const Action *action, GString *output,
                         GError **error)
{
    g_autoptr(GString) raw = g_string_new(NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

    if (!run_shell(ctx, run, action, false, raw, error)) {
        g_string_assign(output, raw->str);
        return false;
    }
    if (!step_output_multienv(raw->str, &run->env_vars, names, error)) {
        g_autofree char *command = short_command(action->command);

        return hadal_prefix(error, "multienv step `%s`", command);
    }
    if (action->output->len == 0 || step_output_is_filtered(action->output))
        return true;
    g_string_assign(output, "Added environment variables:");
    for (guint i = 0; i < names->len; i++)
        g_string_append_printf(output, "\n%s", (const char *)names->pdata[i]);
    return true;
}

/* ------------------------------------------------------------------ together */

static bool run_action(const Ctx *ctx, ProjectRun *run, const Action *action, GString *output,
                       GError **error)
{
    switch (action->kind) {
    case ACTION_RUN:
        return run_run(ctx, run, action, output, error);
    case ACTION_ENV:
        return run_env(ctx, run, action, output, error);
    case ACTION_MULTIENV:
        return run_multienv(ctx, run, action, output, error);
    default:
        g_assert(tf_actions[action->kind]);
        return check_workspace(run, error) &&
               run_with_git(ctx, run, action, tf_actions[action->kind], output, error);
    }
}

bool steps_run_action(const Ctx *ctx, ProjectRun *run, const Action *action, GString *output,
                      GError **error)
{
    bool is_done;

    g_string_truncate(output, 0);
    if (!ctx_check(ctx, error))
        return false;
    is_done = run_action(ctx, run, action, output, error);
    step_output_strip(output);
    redact(output); /* files that the server reads its secrets from are no secret to a step */
    return is_done;
}

static void append_output(GString *all, const GString *output)
{
    if (!output->len)
        return;
    if (all->len && !g_str_has_suffix(all->str, "\n"))
        g_string_append_c(all, '\n');
    g_string_append_len(all, output->str, (gssize)output->len);
}

bool steps_run(const Ctx *ctx, ProjectRun *run, StageKind stage, GError **error)
{
    const GPtrArray *actions = workflow_actions(run->config->workflow, stage);
    g_autoptr(GString) output = g_string_new(NULL);
    bool is_good = true;

    for (guint i = 0; i < actions->len && is_good; i++) {
        is_good = steps_run_action(ctx, run, actions->pdata[i], output, error);
        append_output(run->output, output);
    }
    return is_good;
}

/* ------------------------------------------------------------- around a plan */

void steps_set_values(ProjectRun *run)
{
    const GPtrArray *actions = workflow_actions(run->config->workflow, STAGE_PLAN);

    project_run_set_env(run);
    for (guint i = 0; i < actions->len; i++) {
        const Action *action = actions->pdata[i];

        if (action->kind == ACTION_ENV)
            run->env_vars = g_environ_setenv(run->env_vars, action->name, action->value, TRUE);
    }
}

bool steps_init_again(const Ctx *ctx, ProjectRun *run, GError **error)
{
    const GPtrArray *actions = workflow_actions(run->config->workflow, STAGE_PLAN);
    const Action *init = NULL;

    for (guint i = 0; i < actions->len && !init; i++)
        if (((const Action *)actions->pdata[i])->kind == ACTION_INIT)
            init = actions->pdata[i];
    g_assert(init);
    g_auto(GStrv) args = expanded_args(run, init);
    const TfRun tf = tf_of(run, init, args);

    return run_with_git(ctx, run, init, run_same_init, run->output, error) &&
           tf_workspace_select(ctx, &tf, run->output, error);
}
