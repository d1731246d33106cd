// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pthread.h>

#include "engine/pull_work.h"
#include "tf/tool.h"

/*
 * One project in one command: its tool run with log file and directories, and what came of it. Used
 * on the threads of slots_run(), one ProjectRun each; what they share is read-only or the store.
 */
typedef struct _ProjectRun ProjectRun;
struct _ProjectRun {
    /* borrowed from the command */
    const Settings *settings;
    Store *store;
    const Command *command;
    const PullWork *pull;
    const char *plugin_cache; /* NULL: none */
    const char *const *env;   /* what tools start from */
    const ProjectConfig *config;
    const ProjectRef *project; /* of config */
    gint64 project_id;
    const char *const *extra; /* the comment's, for the tool */
    /* own */
    TfTool tool; /* by project_run_find_tool() */
    Run *run;
    bool is_begun;                             /* the store knows of it */
    char *checkout;                            /* absolute; by project_run_set_checkout() */
    char *dir;                                 /* absolute, of the module in the checkout */
    char *data_dir;                            /* absolute */
    const char *data_dir_name;                 /* as TF_DATA_DIR has it: may be relative to dir */
    char *plan_file, *show_file, *policy_file; /* absolute, side by side, outside of the checkout */
    GStrv env_vars;                            /* of steps; grows with "env" and "multienv" */
    int log_fd;
    GString *output;
    ResultKind kind;
    char *message;
    ChangeCounts counts;
    GStrv plan_extra; /* apply: what the plan was made with */
    char *log;        /* --verbose: the end of the run's log */
    Plan *plan;       /* apply: the record; plan: what was made */
    pthread_mutex_t mutex;
    pthread_mutex_t *turn; /* of the first run in the same files */
};

/* Prepares an array element; everything borrowed must outlive it. pull has its configuration. */
void project_run_init(ProjectRun *run, const Work *work, const Command *command,
                      const PullWork *pull, const ProjectConfig *config, gint64 project_id);
void project_run_clear(ProjectRun *run);

/* The files are in checkout. Sets dir and data_dir. */
void project_run_set_checkout(ProjectRun *run, const char *checkout);

/*
 * Projects that differ only in their name have the same files and the same state: one waits for
 * the other, however many run side by side. project_runs_share() once, after all have their
 * init; enter and leave around what works in the files.
 */
void project_runs_share(ProjectRun *runs, guint n);
void project_run_enter(ProjectRun *run);
void project_run_leave(ProjectRun *run);

/*
 * The program that the project asks for, by its configuration, its files, and the settings. version
 * (may be NULL) is asked for instead of what they say: an apply wants what planned. Errors are for
 * the project's author.
 */
bool project_run_find_tool(const Ctx *ctx, ProjectRun *run, const char *version, GError **error)
    MUST_CHECK;

/* Whether the commit has the file, by its name in the project's directory. */
bool project_run_has_file(const ProjectRun *run, const char *name);

/*
 * A lock file that the repository does not have: terraform applies a plan only with the one that it
 * was made with, and other work in the checkout may have removed it. Kept beside the plan file, and
 * put back where there is none.
 */
bool project_run_keep_lock_file(const ProjectRun *run, GError **error) MUST_CHECK;
bool project_run_restore_lock_file(const ProjectRun *run, GError **error) MUST_CHECK;

/*
 * Begins the run in the store and opens its log. plan_id as in store_run_begin(); for an apply
 * plan_file lies where the plan was made, for all others it is new.
 */
bool project_run_begin(ProjectRun *run, gint64 plan_id, bool *is_taken, GError **error) MUST_CHECK;
/* Builds env_vars: after project_run_begin() and project_run_find_tool(). */
void project_run_set_env(ProjectRun *run);
/* View of the run for tf; valid as long as run is. */
TfRun project_run_tf(const ProjectRun *run);
/* Writes down how it ended; a failure here is the store's. */
bool project_run_finish(ProjectRun *run, RunState state, ProjectStatus status, const char *head,
                        GError **error) MUST_CHECK;
/* Takes kind and the error's message (class CANCELLED: interrupted), with what it means where the
 * tool's words are known. */
void project_run_fail(ProjectRun *run, const GError *why);
/* Not run, or refused; takes the message. */
void project_run_end(ProjectRun *run, ResultKind kind, char *message);

/* Of a command that is never repeated (of Run: store_runs()): what it had begun for the project in
 * a process that died; NULL: nothing. */
const Run *project_run_earlier(const GPtrArray *runs, gint64 project_id);
/*
 * Makes that the run's result: what was done is told as it was; what was midway is
 * RESULT_INTERRUPTED, and stored as that with the status.
 */
bool project_run_take_over(ProjectRun *run, const Run *earlier, ProjectStatus interrupted,
                           const char *head, GError **error) MUST_CHECK;
/* Adds to the message whether the state is locked, for who cleans up after an interruption: best
 * effort. */
void project_run_add_lock_fact(const Ctx *ctx, ProjectRun *run);

/* Whether the plan's steps are all the server's own: then it knows where the state is. */
bool project_run_is_plain(const ProjectRun *run);

/*
 * Everything but files that decides how the project is planned: changes invalidate its plans. Where
 * hooks wrote the configuration, also what it requires of an apply: when it is gone by then,
 * nothing else would. extra: the words of the comment that planned.
 */
char *project_run_config_digest(const ProjectRun *run, const char *const *extra);

/* The end of a run's log as text, at most so much as a comment can show; NULL when it is gone. */
char *project_run_log_text(const char *log_path);

/* View for the comment. */
ProjectResult project_run_result(const ProjectRun *run);
/* Of what it is told in: left open for what went wrong, and not for what a rule of ours refused,
 * or that thread would itself stand against what is refused. */
ThreadState project_runs_thread(const ProjectRun *runs, guint n);

/* Comment text of all that the projects' configuration does not silence, sorted as given; NULL when
 * that is none. The caller frees it. */
char *project_runs_report(const Work *work, const Command *command, ProjectRun *runs, guint n,
                          const char *head, const char *note);
