// SPDX-License-Identifier: Apache-2.0
#pragma once

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
    const TfTool *tool;
    const char *checkout;
    const char *plugin_cache; /* NULL: none */
    const char *const *env;
    const ProjectRef *project;
    gint64 project_id;
    /* own */
    Run *run;
    bool is_begun; /* the store knows of it */
    char *data_dir, *dir;
    int log_fd;
    GString *output;
    ResultKind kind;
    char *message;
    ChangeCounts counts;
    char *config_digest;
    const char *const *extra; /* for the tool; borrowed */
    GStrv plan_extra;         /* apply: what the plan was made with */
    char *log;                /* --verbose: the end of the run's log */
    Plan *plan;               /* apply: the record; plan: what was made */
};

/* Prepares an array element; everything borrowed must outlive it. */
void project_run_init(ProjectRun *run, const Work *work, const Command *command,
                      const ProjectRef *project, gint64 project_id);
void project_run_clear(ProjectRun *run);

/* Where the module lies in run->checkout. */
void project_run_set_dir(ProjectRun *run);

/* Begins the run in the store and opens its log. plan_id as in store_run_begin(). */
bool project_run_begin(ProjectRun *run, gint64 plan_id, bool *is_taken, GError **error) MUST_CHECK;
/* View of the run for tf; valid as long as run is. */
TfRun project_run_tf(const ProjectRun *run);
/* Makes the data directory ready (init, workspace), with the tool's words in output when it fails.
 */
bool project_run_init_tool(const Ctx *ctx, ProjectRun *run, GError **error) MUST_CHECK;
/* Writes down how it ended; a failure here is the store's. */
bool project_run_finish(ProjectRun *run, RunState state, ProjectStatus status, const char *head,
                        GError **error) MUST_CHECK;
/* Takes kind and the error's message (class CANCELLED: interrupted). */
void project_run_fail(ProjectRun *run, const GError *why);

/* Everything but files that decides how a project is planned: changes invalidate its plans. */
char *project_config_digest(const Settings *settings, const ProjectRef *project,
                            const char *const *extra);

/* The end of a run's log as text, at most so much as a comment can show; NULL when it is gone. */
char *project_run_log_text(const char *log_path);

/* View for the comment. */
ProjectResult project_run_result(const ProjectRun *run);
/* Comment text of all, sorted as given. The caller frees it. */
char *project_runs_report(const Work *work, const Command *command, ProjectRun *runs, guint n,
                          const char *head, const char *note);
