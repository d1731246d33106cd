// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/repos_yaml.h"
#include "engine/gate.h"
#include "git/cache.h"
#include "host/host.h"
#include "render/comment.h"
#include "store/store.h"

/* What one worker thread owns, and what all share read-only. */
typedef struct _Work Work;
struct _Work {
    const Settings *settings;
    const ReposYaml *repos;
    Store *store; /* shared */
    const char *const *tool_env;
    Host *host; /* own; opened by work_host() */
};

/* The host of a repository, kept for the thread's next command. */
Host *work_host(Work *work, const char *name, GError **error) MUST_CHECK;
RenderStyle work_style(const Work *work);
/* "terraform" or "tofu": the program that plans where nothing else says so. */
const char *work_tool_name(const Work *work);
/* "atlantis/plan": the source name of a status. */
char *work_status_name(const Work *work, CommandKind kind);

/* What a command came to. Owns everything; cleared by outcome_clear(). */
typedef struct _Outcome Outcome;
struct _Outcome {
    CommandState state;
    char *reason;  /* for the record; NULL */
    char *comment; /* Markdown, not yet split; NULL: nothing to say */
    ThreadState thread;
    bool has_settled; /* what earlier comments were left open for may be over */
    char *second;     /* a comment of its own after the first; NULL: none */
    ThreadState second_thread;
    GPtrArray *statuses;               /* of Status, owned; NULL: none */
    Merge *merge;                      /* completes the pull request afterwards; NULL: no */
    char *planned_head, *planned_base; /* a plan of everything was made; NULL: unchanged */
    char *evidence;                    /* for the audit; NULL: nothing to audit */
};
void outcome_clear(Outcome *outcome);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Outcome, outcome_clear)
/* state and reason; takes comment. */
void outcome_set(Outcome *outcome, CommandState state, const char *reason, char *comment,
                 ThreadState thread);
/* name: "policy_check", for what no command is called. Takes description. */
void outcome_add_named_status(Outcome *outcome, const Work *work, const char *name,
                              StatusState state, char *description, const PullFacts *facts);
/* The same by the name of a command. */
void outcome_add_status(Outcome *outcome, const Work *work, CommandKind kind, StatusState state,
                        char *description, const PullFacts *facts);
/* A plan or apply that could not be carried out also fails its status. Needs the host once more for
 * the newest iteration; without an answer the comment alone tells. */
void outcome_add_failed_status(const Ctx *ctx, Outcome *outcome, Work *work,
                               const Command *command);
/* The end of a command that the gate stopped. */
void outcome_refuse(Outcome *outcome, const Command *command, const Gate *gate);

/*
 * A command's body: true with an outcome, whatever that is; false when the command could not be
 * carried out at all. RETRY and CANCELLED put it back into the queue.
 */
typedef bool (*CommandRunner)(const Ctx *ctx, Work *work, const Command *command, Outcome *outcome,
                              GError **error);
bool cmd_plan_run(const Ctx *ctx, Work *work, const Command *command, Outcome *outcome,
                  GError **error);
bool cmd_apply_run(const Ctx *ctx, Work *work, const Command *command, Outcome *outcome,
                   GError **error);
bool cmd_approve_run(const Ctx *ctx, Work *work, const Command *command, Outcome *outcome,
                     GError **error);
bool cmd_unlock_run(const Ctx *ctx, Work *work, const Command *command, Outcome *outcome,
                    GError **error);
bool cmd_close_run(const Ctx *ctx, Work *work, const Command *command, Outcome *outcome,
                   GError **error);
bool cmd_version_run(const Ctx *ctx, Work *work, const Command *command, Outcome *outcome,
                     GError **error);
bool cmd_import_run(const Ctx *ctx, Work *work, const Command *command, Outcome *outcome,
                    GError **error);
bool cmd_state_rm_run(const Ctx *ctx, Work *work, const Command *command, Outcome *outcome,
                      GError **error);
bool cmd_cancel_run(const Ctx *ctx, Work *work, const Command *command, Outcome *outcome,
                    GError **error);
bool cmd_reply_run(const Ctx *ctx, Work *work, const Command *command, Outcome *outcome,
                   GError **error);

/* How long to wait before the next attempt, in milliseconds: doubling, from 1 s to 1 min. */
gint64 work_delay(int attempts);
/* Runs a claimed command to its end, whatever happens: finished, queued again, or left to its
 * lease. */
void worker_run(const Ctx *ctx, Work *work, const Command *command);
/* Posts one outbox item, or says when to try again. */
void poster_run(const Ctx *ctx, Work *work, const OutboxItem *item);
