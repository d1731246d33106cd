// SPDX-License-Identifier: Apache-2.0
#include "engine/project_run.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>

#include "base/cleanup.h"
#include "base/ids.h"
#include "base/step.h"
#include "engine/paths.h"
#include "sys/crypto.h"

enum {
    MAX_OUTPUT = 8 << 20, /* of one step, for the comment; the log has it all */
    TOOL_GRACE_MS = 60 * 1000,
    PLAN_TIMEOUT_MS = 60 * 60 * 1000,
    APPLY_TIMEOUT_MS = 24 * 60 * 60 * 1000, /* stopping one midway is worse than waiting */
    MAX_LOG = 1 << 20,                      /* of a log in a comment: its end */
};

void project_run_init(ProjectRun *run, const Work *work, const Command *command,
                      const ProjectRef *project, gint64 project_id)
{
    run->settings = work->settings;
    run->store = work->store;
    run->env = work->tool_env;
    run->command = command;
    run->project = project;
    run->project_id = project_id;
    run->run = run_new();
    run->log_fd = -1;
    run->output = g_string_new(NULL);
    run->kind = RESULT_NOT_RUN;
    run->extra = (const char *const *)command->args.extra;
    run->data_dir = paths_tf_data(work->settings->data_dir, command->pull_id, project);
}

void project_run_clear(ProjectRun *run)
{
    g_clear_pointer(&run->run, run_free);
    g_clear_pointer(&run->data_dir, g_free);
    g_clear_pointer(&run->dir, g_free);
    close_fd(&run->log_fd);
    if (run->output)
        g_string_free(run->output, TRUE);
    g_clear_pointer(&run->message, g_free);
    g_clear_pointer(&run->config_digest, g_free);
    g_clear_pointer(&run->plan, plan_free);
    g_clear_pointer(&run->plan_extra, g_strfreev);
    g_clear_pointer(&run->log, g_free);
}

static bool open_log(ProjectRun *run, GError **error)
{
    g_autofree char *dir = g_path_get_dirname(run->run->log_path);

    if (g_mkdir_with_parents(dir, 0700) < 0)
        return hadal_throw_errno(error, "create %s", dir);
    run->log_fd =
        open(run->run->log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    return run->log_fd >= 0 || hadal_throw_errno(error, "open %s", run->run->log_path);
}

void project_run_set_dir(ProjectRun *run)
{
    g_free(run->dir);
    run->dir = g_build_filename(run->checkout, run->project->dir, NULL);
}

bool project_run_begin(ProjectRun *run, gint64 plan_id, bool *is_taken, GError **error)
{
    run->run->id = id_new();
    run->run->command_id = run->command->id;
    run->run->project_id = run->project_id;
    run->run->tool_version = g_strdup(run->tool->version);
    run->run->log_path = paths_log(run->settings->data_dir, run->run->id);
    project_run_set_dir(run);
    if (!open_log(run, error))
        return false;
    if (g_mkdir_with_parents(run->data_dir, 0700) < 0)
        return hadal_throw_errno(error, "create %s", run->data_dir);
    return store_run_begin(run->store, run->command, run->project_id, plan_id, run->run, is_taken,
                           error);
}

TfRun project_run_tf(const ProjectRun *run)
{
    return (TfRun){
        .tool = run->tool,
        .dir = run->dir,
        .workspace = run->project->workspace,
        .data_dir = run->data_dir,
        .env = run->env,
        .plugin_cache_dir = run->plugin_cache,
        .extra = run->extra,
        .log_fd = run->log_fd,
        .max_output = MAX_OUTPUT,
        .timeout_ms = run->command->kind == COMMAND_APPLY ? APPLY_TIMEOUT_MS : PLAN_TIMEOUT_MS,
        .grace_ms = TOOL_GRACE_MS,
    };
}

bool project_run_init_tool(const Ctx *ctx, ProjectRun *run, GError **error)
{
    const TfRun tf = project_run_tf(run);

    if (!tf_init(ctx, &tf, run->output, error) ||
        !tf_workspace_select(ctx, &tf, run->output, error))
        return false;
    step_reached(ctx, STEP_INIT_DONE);
    g_string_truncate(run->output, 0);
    return true;
}

bool project_run_finish(ProjectRun *run, RunState state, ProjectStatus status, const char *head,
                        GError **error)
{
    run->run->state = state;
    run->run->counts = run->counts;
    g_free(run->run->message);
    run->run->message = g_strdup(run->message);
    if (run->log_fd >= 0)
        fdatasync(run->log_fd); /* a log that is lost with the machine is no reason to fail */
    return store_run_finish(run->store, run->run, status, head, run->plan, error);
}

void project_run_fail(ProjectRun *run, const GError *why)
{
    bool is_cancelled = g_error_matches(why, HADAL_ERROR, HADAL_ERROR_CANCELLED);

    run->kind = is_cancelled ? RESULT_INTERRUPTED : RESULT_FAILED;
    g_free(run->message);
    run->message = g_strdup(why->message);
}

char *project_config_digest(const Settings *settings, const ProjectRef *project,
                            const char *const *extra)
{
    g_autoptr(GString) text = g_string_new("workflow=default\n");

    g_string_append_printf(text, "strategy=%s\nproject=%s\ndir=%s\nworkspace=%s\n",
                           settings->checkout_strategy, project->name, project->dir,
                           project->workspace);
    for (gsize i = 0; extra && extra[i]; i++)
        g_string_append_printf(text, "extra=%s\n", extra[i]);
    return crypto_sha256(text->str, text->len);
}

char *project_run_log_text(const char *log_path)
{
    auto_fd int fd = log_path ? open(log_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    off_t size = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
    off_t begin = MAX(size - MAX_LOG, 0);
    g_autofree char *bytes = g_malloc(MAX_LOG);
    ssize_t n = fd >= 0 ? pread(fd, bytes, (size_t)(size - begin), begin) : -1;

    return n >= 0 ? g_utf8_make_valid(bytes, n) : NULL;
}

ProjectResult project_run_result(const ProjectRun *run)
{
    return (ProjectResult){
        .project = run->project,
        .kind = run->kind,
        .message = run->message,
        .output = run->output->len ? run->output->str : NULL,
        .counts = run->counts,
        .log = run->log,
        .extra = run->plan_extra ? (const char *const *)run->plan_extra : run->extra,
    };
}

char *project_runs_report(const Work *work, const Command *command, ProjectRun *runs, guint n,
                          const char *head, const char *note)
{
    g_autofree ProjectResult *results = g_new0(ProjectResult, n);
    const RenderStyle style = work_style(work);

    for (guint i = 0; i < n; i++) {
        if (command->args.is_verbose && !runs[i].log)
            runs[i].log = project_run_log_text(runs[i].run->log_path);
        results[i] = project_run_result(&runs[i]);
    }
    const CommandReport report = {
        .title = command_info(command->kind)->title,
        .is_apply = command->kind == COMMAND_APPLY,
        .head = head,
        .results = results,
        .n_results = n,
        .note = note,
    };

    return render_report(&style, &report);
}
