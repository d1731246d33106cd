// SPDX-License-Identifier: Apache-2.0
#include "engine/project_run.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/ids.h"
#include "base/step.h"
#include "engine/paths.h"
#include "engine/step_env.h"
#include "engine/step_output.h"
#include "sys/crypto.h"
#include "sys/files.h"
#include "tf/advice.h"
#include "tf/install.h"

enum {
    MAX_OUTPUT = 8 << 20, /* of one step, for the comment; the log has it all */
    TOOL_GRACE_MS = 60 * 1000,
    AROUND_TIMEOUT_MS = 15 * 60 * 1000, /* of what is no step: see steps_timeout() */
    MAX_LOCK_FILE = 1 << 20,
    MAX_LOG = 1 << 20, /* of a log in a comment: its end */
};

void project_run_init(ProjectRun *run, const Work *work, const Command *command,
                      const PullWork *pull, const ProjectConfig *config, gint64 project_id)
{
    run->settings = work->settings;
    run->store = work->store;
    run->env = work->tool_env;
    run->command = command;
    run->pull = pull;
    run->config = config;
    run->project = config->ref;
    run->project_id = project_id;
    run->run = run_new();
    run->log_fd = -1;
    run->output = g_string_new(NULL);
    run->kind = RESULT_NOT_RUN;
    run->extra = (const char *const *)command->args.extra;
    pthread_mutex_init(&run->mutex, NULL);
    run->turn = &run->mutex;
}

void project_run_clear(ProjectRun *run)
{
    pthread_mutex_destroy(&run->mutex);
    tf_tool_clear(&run->tool);
    g_clear_pointer(&run->run, run_free);
    g_clear_pointer(&run->checkout, g_free);
    g_clear_pointer(&run->data_dir, g_free);
    g_clear_pointer(&run->dir, g_free);
    g_clear_pointer(&run->plan_file, g_free);
    g_clear_pointer(&run->show_file, g_free);
    g_clear_pointer(&run->policy_file, g_free);
    g_clear_pointer(&run->env_vars, g_strfreev);
    close_fd(&run->log_fd);
    if (run->output)
        g_string_free(run->output, TRUE);
    g_clear_pointer(&run->message, g_free);
    g_clear_pointer(&run->plan, plan_free);
    g_clear_pointer(&run->plan_extra, g_strfreev);
    g_clear_pointer(&run->log, g_free);
}

/* ------------------------------------------------------------------ turns */

static bool has_same_files(const ProjectRun *run, const ProjectRun *other)
{
    return g_str_equal(run->project->dir, other->project->dir) &&
           g_str_equal(run->project->workspace, other->project->workspace);
}

void project_runs_share(ProjectRun *runs, guint n)
{
    for (guint i = 1; i < n; i++)
        for (guint k = 0; k < i && runs[i].turn == &runs[i].mutex; k++)
            if (has_same_files(&runs[i], &runs[k]))
                runs[i].turn = runs[k].turn;
}

void project_run_enter(ProjectRun *run)
{
    pthread_mutex_lock(run->turn);
}

void project_run_leave(ProjectRun *run)
{
    pthread_mutex_unlock(run->turn);
}

/* ------------------------------------------------------------------ places */

bool project_run_is_plain(const ProjectRun *run)
{
    const Workflow *workflow = run->config->workflow;

    return !workflow_has_commands(workflow, STAGE_PLAN) &&
           workflow_has_action(workflow, STAGE_PLAN, ACTION_INIT) &&
           workflow_has_action(workflow, STAGE_PLAN, ACTION_PLAN);
}

/* Another project of the repository has the same directory. */
static bool shares_dir(const ProjectRun *run)
{
    const GPtrArray *projects = run->pull->config->projects;
    guint n = 0;

    for (guint i = 0; i < projects->len; i++)
        n += g_str_equal(((const ProjectConfig *)projects->pdata[i])->ref->dir, run->project->dir);
    return n > 1 || !g_str_equal(run->project->workspace, "default");
}

/*
 * The server's own steps keep terraform's data outside of the checkout. Programs of the operator's
 * expect it where terraform has it, and Terragrunt runs terraform in several directories, which
 * must not share one: for them it is a name relative to the directory.
 */
void project_run_set_checkout(ProjectRun *run, const char *checkout)
{
    char *copy = g_strdup(checkout); /* checkout may be run's */

    g_free(run->checkout);
    run->checkout = copy;
    g_free(run->dir);
    g_free(run->data_dir);
    run->dir = g_build_filename(copy, run->project->dir, NULL);
    if (project_run_is_plain(run)) {
        run->data_dir = paths_tf_data(run->settings->data_dir, run->command->pull_id, run->project);
        run->data_dir_name = run->data_dir;
        return;
    }
    g_autofree char *name =
        shares_dir(run) ? paths_shared_tf_data(run->project) : g_strdup(".terraform");

    run->data_dir = g_build_filename(run->dir, name, NULL);
    run->data_dir_name = strrchr(run->data_dir, '/') + 1;
}

static void set_files(ProjectRun *run)
{
    if (!run->plan_file)
        run->plan_file =
            paths_plan(run->settings->data_dir, run->command->pull_id, run->run->id, run->project);
    g_free(run->show_file);
    g_free(run->policy_file);
    run->show_file = paths_beside_plan(run->plan_file, ".json");
    run->policy_file = paths_beside_plan(run->plan_file, "-policyout.json");
}

bool project_run_has_file(const ProjectRun *run, const char *name)
{
    g_autofree char *path = g_str_equal(run->project->dir, ".")
                                ? g_strdup(name)
                                : g_strconcat(run->project->dir, "/", name, NULL);

    return pull_work_has_file(run->pull, path);
}

/* --------------------------------------------------------------- lock file */

#define LOCK_FILE ".terraform.lock.hcl"

static char *kept_lock_file(const ProjectRun *run)
{
    return paths_beside_plan(run->plan_file, ".lock.hcl");
}

bool project_run_keep_lock_file(const ProjectRun *run, GError **error)
{
    g_autofree char *kept = kept_lock_file(run), *text = NULL;

    if (project_run_has_file(run, LOCK_FILE))
        return true;
    if (!files_read_beneath(run->dir, LOCK_FILE, MAX_LOCK_FILE, &text, error))
        return false;
    return !text ||
           g_file_set_contents_full(kept, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

bool project_run_restore_lock_file(const ProjectRun *run, GError **error)
{
    g_autofree char *kept = kept_lock_file(run), *text = NULL;
    g_autofree char *path = g_build_filename(run->dir, LOCK_FILE, NULL);

    if (g_file_test(path, G_FILE_TEST_EXISTS) || !g_file_get_contents(kept, &text, NULL, NULL))
        return true; /* most plans have none of their own */
    return g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

/* ------------------------------------------------------------------ running */

static TfSource source_of(const Settings *settings)
{
    return (TfSource){
        .data_dir = settings->data_dir,
        .downloads = settings->tf_download,
        .terraform_url = settings->tf_download_url,
        .opentofu_url = settings->tofu_download_url,
        .terraform_key = settings->tf_signing_key_file,
        .opentofu_key = settings->tofu_signing_key_file,
    };
}

/* Every required_version of the module; NULL-terminated, borrowed. */
static GPtrArray *constraints_of(const ProjectRun *run)
{
    GPtrArray *list = g_ptr_array_new();
    const HclModule *module =
        run->pull->hcl ? g_hash_table_lookup(run->pull->hcl, run->project->dir) : NULL;

    for (guint i = 0; module && i < module->required_versions->len; i++)
        g_ptr_array_add(list, module->required_versions->pdata[i]);
    g_ptr_array_add(list, NULL);
    return list;
}

bool project_run_find_tool(const Ctx *ctx, ProjectRun *run, const char *version, GError **error)
{
    const TfSource source = source_of(run->settings);
    g_autoptr(GPtrArray) constraints = constraints_of(run);
    const TfWanted wanted = {
        .distribution = run->config->distribution,
        .version = version ? version : run->config->version,
        .constraints = (const char *const *)constraints->pdata,
        .default_version = run->settings->default_tf_version,
    };

    tf_tool_clear(&run->tool);
    return tf_tool_obtain(ctx, &source, &wanted, &run->tool, error);
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

static bool make_places(const ProjectRun *run, GError **error)
{
    g_autofree char *plans = g_path_get_dirname(run->plan_file);

    if (g_mkdir_with_parents(plans, 0700) < 0)
        return hadal_throw_errno(error, "create %s", plans);
    if (project_run_is_plain(run) && g_mkdir_with_parents(run->data_dir, 0700) < 0)
        return hadal_throw_errno(error, "create %s", run->data_dir);
    return true;
}

bool project_run_begin(ProjectRun *run, gint64 plan_id, bool *is_taken, GError **error)
{
    run->run->id = id_new();
    run->run->command_id = run->command->id;
    run->run->project_id = run->project_id;
    run->run->tool_version = g_strdup(run->tool.version);
    run->run->log_path = paths_log(run->settings->data_dir, run->run->id);
    set_files(run);
    return open_log(run, error) && make_places(run, error) &&
           store_run_begin(run->store, run->command, run->project_id, plan_id, run->run, is_taken,
                           error);
}

static const char *text_of(const PullWork *pull, bool value)
{
    if (!pull->has_review)
        return NULL;
    return value ? "true" : "false";
}

void project_run_set_env(ProjectRun *run)
{
    set_files(run);
    g_autofree char *tool_dir = g_path_get_dirname(run->tool.path);
    g_autofree char *on_path = g_find_program_in_path(run->tool.name);
    bool is_on_path = on_path && g_str_equal(on_path, run->tool.path);
    const StepEnv env = {
        .base = run->env,
        .settings = run->settings,
        .command = run->command,
        .facts = &run->pull->facts,
        .dir = run->dir,
        .project = run->config,
        .tool_name = run->tool.name,
        .tool_version = run->tool.version,
        .tool_dir = is_on_path ? NULL : tool_dir,
        .plan_file = run->plan_file,
        .show_file = run->show_file,
        .policy_file = run->policy_file,
        .is_approved = text_of(run->pull, run->pull->review.is_approved),
        .is_mergeable = text_of(run->pull, run->pull->review.is_mergeable),
    };

    g_strfreev(run->env_vars);
    run->env_vars = step_env_new(&env);
    if (!project_run_is_plain(run) && !g_str_equal(run->data_dir_name, ".terraform"))
        run->env_vars = g_environ_setenv(run->env_vars, "TF_DATA_DIR", run->data_dir_name, TRUE);
}

TfRun project_run_tf(const ProjectRun *run)
{
    return (TfRun){
        .tool = &run->tool,
        .dir = run->dir,
        .workspace = run->project->workspace,
        .data_dir = run->data_dir_name,
        .env = run->env_vars ? (const char *const *)run->env_vars : run->env,
        .extra = run->extra,
        .log_fd = run->log_fd,
        .max_output = MAX_OUTPUT,
        .timeout_ms = AROUND_TIMEOUT_MS,
        .grace_ms = TOOL_GRACE_MS,
    };
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

    g_autofree char *advice = run->tool.name ? tf_advice(&run->tool, run->output->str) : NULL;

    project_run_end(run, is_cancelled ? RESULT_INTERRUPTED : RESULT_FAILED,
                    advice ? g_strdup_printf("%s\n%s", why->message, advice)
                           : g_strdup(why->message));
}

void project_run_end(ProjectRun *run, ResultKind kind, char *message)
{
    run->kind = kind;
    g_free(run->message);
    run->message = message;
}

static void add_rules(GString *text, const ProjectConfig *config)
{
    g_autofree char *depends_on = g_strjoinv(",", config->depends_on);

    g_string_append_printf(text,
                           "generated\napply=%u\nage=%" G_GINT64_FORMAT "\ndepends_on=%s\n"
                           "group=%" G_GINT64_FORMAT "\nlock=%d\npolicies=%d,%d\n",
                           config->apply_requirements, config->max_plan_age_ms, depends_on,
                           config->order_group, (int)config->lock_mode, config->policy_check,
                           config->custom_policy_check);
}

char *project_run_config_digest(const ProjectRun *run, const char *const *extra)
{
    const ProjectConfig *config = run->config;
    g_autoptr(GString) text = g_string_new("workflow:\n");

    workflow_add_digest_text(config->workflow, text);
    g_string_append_printf(text,
                           "strategy=%s\nproject=%s\ndir=%s\nworkspace=%s\ndistribution=%s\n"
                           "version=%s\n",
                           run->settings->checkout_strategy, config->ref->name, config->ref->dir,
                           config->ref->workspace, config->distribution,
                           config->version ? config->version : "");
    if (run->pull->is_generated)
        add_rules(text, config);
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
    g_autofree char *valid = n >= 0 ? g_utf8_make_valid(bytes, n) : NULL;
    g_autoptr(GString) text = g_string_new(valid);

    step_output_strip(text);
    return valid ? g_strdup(text->str) : NULL;
}

/* ------------------------------------------------- what was begun before */

const Run *project_run_earlier(const GPtrArray *runs, gint64 project_id)
{
    for (guint i = 0; i < runs->len; i++) {
        const Run *run = runs->pdata[i];

        if (run->project_id == project_id)
            return run;
    }
    return NULL;
}

static ResultKind kind_of(RunState state)
{
    return state == RUN_OK            ? RESULT_OK
           : state == RUN_INTERRUPTED ? RESULT_INTERRUPTED
           : state == RUN_REFUSED     ? RESULT_REFUSED
                                      : RESULT_FAILED;
}

bool project_run_take_over(ProjectRun *run, const Run *earlier, ProjectStatus interrupted,
                           const char *head, GError **error)
{
    g_autofree char *log = project_run_log_text(earlier->log_path);

    if (log)
        g_string_assign(run->output, log);
    run->counts = earlier->counts;
    if (earlier->state != RUN_RUNNING) {
        project_run_end(run, kind_of(earlier->state), g_strdup(earlier->message));
        return true;
    }
    project_run_end(run, RESULT_INTERRUPTED,
                    g_strdup("The server was stopped while this ran; the log below ends where it "
                             "stopped."));
    run->run->id = earlier->id;
    run->run->command_id = earlier->command_id;
    run->run->project_id = earlier->project_id;
    g_clear_pointer(&run->plan, plan_free);
    return project_run_finish(run, RUN_INTERRUPTED, interrupted, head, error);
}

static char *lock_fact(const Ctx *ctx, ProjectRun *run)
{
    g_autofree char *holder = NULL;
    bool is_known =
        g_file_test(run->dir, G_FILE_TEST_IS_DIR) && project_run_find_tool(ctx, run, NULL, NULL);

    if (is_known) {
        const TfRun tf = project_run_tf(run);

        is_known = tf_lock_probe(ctx, &tf, &holder, NULL);
    }
    if (!is_known)
        return g_strdup("Whether the state is still locked could not be found out.");
    if (!holder)
        return g_strdup("The state is not locked.");
    return g_strdup_printf("The state is locked (%s). When nothing runs any more, release it with "
                           "`%s force-unlock`.",
                           holder, run->tool.name);
}

void project_run_add_lock_fact(const Ctx *ctx, ProjectRun *run)
{
    g_autofree char *checkout =
        paths_checkout(run->settings->data_dir, run->command->pull_id, run->project->workspace);
    g_autofree char *told = NULL;

    project_run_set_checkout(run, checkout);
    told = lock_fact(ctx, run);
    project_run_end(run, run->kind, g_strdup_printf("%s\n%s", run->message, told));
}

/* ------------------------------------------------------------------ telling */

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

static bool is_silenced(const Command *command, const ProjectRun *run)
{
    unsigned bit = command->kind == COMMAND_PLAN    ? SILENCE_PLAN
                   : command->kind == COMMAND_APPLY ? SILENCE_APPLY
                                                    : 0;

    return run->config->silence & bit;
}

ThreadState project_runs_thread(const ProjectRun *runs, guint n)
{
    for (guint i = 0; i < n; i++)
        if (runs[i].kind == RESULT_FAILED || runs[i].kind == RESULT_INTERRUPTED)
            return THREAD_ACTIVE;
    return THREAD_CLOSED;
}

char *project_runs_report(const Work *work, const Command *command, ProjectRun *runs, guint n,
                          const char *head, const char *note)
{
    g_autofree ProjectResult *results = g_new0(ProjectResult, n);
    const RenderStyle style = work_style(work);
    guint n_results = 0;

    for (guint i = 0; i < n; i++) {
        if (is_silenced(command, &runs[i]))
            continue;
        if (command->args.is_verbose && !runs[i].log)
            runs[i].log = project_run_log_text(runs[i].run->log_path);
        results[n_results++] = project_run_result(&runs[i]);
    }
    const CommandReport report = {
        .title = command_info(command->kind)->title,
        .is_apply = command->kind == COMMAND_APPLY,
        .head = head,
        .results = results,
        .n_results = n_results,
        .note = note,
    };

    return n > 0 && n_results == 0 ? NULL : render_report(&style, &report);
}
