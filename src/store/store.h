// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ctx.h"
#include "base/error.h"
#include "model/command.h"
#include "model/event.h"
#include "model/lock.h"
#include "model/merge.h"
#include "model/plan.h"
#include "model/policy.h"
#include "model/status.h"

/*
 * Everything that survives this process, and the only SQL. One function is one transaction. A Store
 * may be used by any number of threads. Times are milliseconds UTC. Errors are the database's:
 * RETRY when it may work later, INTERNAL otherwise; outcomes that a caller has a plan for are
 * values.
 */
typedef struct _Store Store;

/* Opens the database ("sqlite:/path") and brings its schema up to date. Fails with INVALID when a
 * newer program wrote it. */
Store *store_open(const char *url, GError **error) MUST_CHECK;
void store_close(Store *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Store, store_close)

/* Opens a database that is there, for looking only: its schema stays as it is, and everything that
 * writes is a bug of the caller. Fails as store_open() does, and with INTERNAL when there is none.
 */
Store *store_open_to_read(const char *url, GError **error) MUST_CHECK;

/*
 * Wake-up: store_wait() returns when something was stored that a worker or the outbox may act on
 * since the caller's last look, or after timeout_ms (negative: a minute). seen is the caller's own,
 * starts at 0: the first look never waits. store_wake() wakes all: for stopping.
 */
void store_wait(Store *store, guint64 *seen, gint64 timeout_ms);
void store_wake(Store *store);

/* ------------------------------------------------------------------ intake */

/* A command as it comes in. Borrowed. */
typedef struct _NewCommand NewCommand;
struct _NewCommand {
    CommandKind kind;
    CommandSource source;
    const CommandArgs *args; /* NULL: none */
};

typedef enum {
    INTAKE_STORED,    /* at least one command is queued */
    INTAKE_DUPLICATE, /* the delivery was here before */
    INTAKE_UNCHANGED, /* the pull request's head and base were queued for planning before, or there
                         was no command: only what is known of it is up to date */
} IntakeOutcome;

typedef struct _Intake Intake;
struct _Intake {
    const Event *event;
    const char *body; /* raw delivery, kept for replay */
    gsize length;
    const NewCommand *commands;
    gsize n_commands;
    bool only_if_changed; /* an automatic plan: only when head or base differ from what was queued
                             last */
    bool reacts;          /* the comment with the commands is to get a sign */
    bool settles;         /* the thread that it has opened is to be closed */
};

/*
 * One transaction: the delivery (unique by host and key), repository and pull request as now known,
 * and the commands. A duplicate changes nothing. An automatic plan supersedes queued automatic
 * plans of the pull request; a close cancels everything of it that is still queued, but for an
 * apply that was cut off and has yet to tell what it did. A comment (by comment_ref) is taken once,
 * however many deliveries tell of it. A delivery without a key cannot be told from another.
 */
bool store_intake(Store *store, const Intake *intake, IntakeOutcome *outcome, GError **error)
    MUST_CHECK;

typedef struct _IntakeResult IntakeResult;
struct _IntakeResult {
    IntakeOutcome outcome; /* when there is no error */
    GError *error;         /* this one is not stored; owned by the caller */
};

/*
 * The same for several, one after the other, and one commit for all. results are cleared ones, as
 * many as intakes. What is wrong with one is told in its result and leaves the others alone; when
 * the database itself fails, none is stored, and no result says anything.
 */
bool store_intake_all(Store *store, const Intake *intakes, gsize n, IntakeResult *results,
                      GError **error) MUST_CHECK;

/* ----------------------------------------------------- what events told so far */

/* A pull request as the store knows it; id 0: it does not. Owns its text. */
typedef struct _KnownPull KnownPull;
struct _KnownPull {
    gint64 id;
    bool is_closed;
    char *queued_head, *queued_base;   /* what was queued last for an automatic plan */
    char *planned_head, *planned_base; /* of the last plan of everything */
    bool was_offered;                  /* an automatic plan was queued, ever */
    gint64 last_command_at;            /* when its newest command came in; 0: it has none */
};
void known_pull_clear(KnownPull *known);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(KnownPull, known_pull_clear)
bool store_known_pull(Store *store, const PullRef *pull, KnownPull *known, GError **error)
    MUST_CHECK;
/* Whether a command of the comment is there already. */
bool store_comment_is_known(Store *store, gint64 pull_id, const char *comment_ref, bool *is_known,
                            GError **error) MUST_CHECK;
/* The comment that a command was typed in, NULL when it was not, and all of its pull request that
 * hold commands. The caller frees both. */
bool store_command_comments(Store *store, gint64 command_id, char **own, GStrv *all, GError **error)
    MUST_CHECK;
/* Of PullRef, owned: those that are open as far as events told. */
GPtrArray *store_open_pulls(Store *store, GError **error) MUST_CHECK;
/* Of RepoRef, owned: all that events ever named. */
GPtrArray *store_repos(Store *store, GError **error) MUST_CHECK;
/* When the host last delivered something that was kept; 0: never. */
bool store_last_delivery(Store *store, gint64 *at, GError **error) MUST_CHECK;

/* Keys of values that outlive the process. */
#define SETTING_FIRST_START "first start" /* when this database was first served, ms UTC */
#define SETTING_FINDINGS    "findings"    /* JSON of the last look around, for /status */
#define SETTING_DISK        "disk." /* with "plugin_cache" or "git_cache": bytes it last took */
/* NULL when it was never set. The caller frees it. */
bool store_setting_read(Store *store, const char *key, char **value, GError **error) MUST_CHECK;
bool store_setting_write(Store *store, const char *key, const char *value, GError **error)
    MUST_CHECK;

/* ---------------------------------------------------------------- commands */

/*
 * Claims the oldest command that may run: queued, due, and nothing older of its pull request queued
 * or running. A cancel waits for nothing, and is claimed by who asks for cancels alone. *command is
 * NULL when there is none.
 */
typedef enum { CLAIM_WORK, CLAIM_CANCEL, CLAIM_POST, CLAIM_KINDS } ClaimKind;
bool store_command_claim(Store *store, ClaimKind kind, const char *owner, gint64 lease_ms,
                         Command **command, GError **error) MUST_CHECK;
/* Extends the leases of everything the owner holds (commands and outbox items). */
bool store_leases_renew(Store *store, const char *owner, gint64 lease_ms, GError **error)
    MUST_CHECK;
/*
 * Makes what nobody works on claimable again: everything whose lease ran out; with all_others also
 * what other owners hold (at the start of the only process of a database). *n_recovered may be
 * NULL.
 */
bool store_recover(Store *store, const char *owner, bool all_others, gint64 *n_recovered,
                   GError **error) MUST_CHECK;
/*
 * From here on a Command is the claim that returned it. Where one is asked for, CONFLICT means that
 * its lease ran out and it was made claimable, and maybe claimed, since: nothing was written, and
 * its worker is to drop it.
 */

/* Back to queued, not before a time; reason is for people. Later commands of the pull request wait
 * behind it. */
bool store_command_requeue(Store *store, const Command *command, gint64 not_before,
                           const char *reason, GError **error) MUST_CHECK;
/* What there is to do, for /status and metrics. */
typedef struct _WorkCounts WorkCounts;
struct _WorkCounts {
    gint64 queued, running; /* commands */
    gint64 waiting_posts;   /* of the outbox */
};
bool store_work_counts(Store *store, WorkCounts *counts, GError **error) MUST_CHECK;
/* Host ids, of char *, owned, of the repositories with open pull requests or unfinished commands.
 */
GPtrArray *store_repos_needed(Store *store, GError **error) MUST_CHECK;
/*
 * Head and base branch that the pull request's last plan of everything was made for; NULL before
 * the first. The caller frees both.
 */
bool store_pull_planned(Store *store, gint64 pull_id, char **head, char **base_branch,
                        GError **error) MUST_CHECK;
/* Forgets that head was queued for planning, so that the next event of the pull request plans it
 * (it was skipped as a draft, or the plan could not be made). */
bool store_pull_forget_queued(Store *store, gint64 pull_id, GError **error) MUST_CHECK;

/* A result comment, already split. Parts after the first reply to the first. Borrowed. */
typedef struct _NewComment NewComment;
struct _NewComment {
    const char *key; /* unique, what is there is not queued again; parts get ":2", ":3" ... */
    const char *const *parts; /* NULL-terminated */
    ThreadState state;
};

/* What ends a command, in one transaction. Borrowed; everything may be empty. */
typedef struct _CommandEnd CommandEnd;
struct _CommandEnd {
    const Command *command;
    CommandState state;
    const char *reason;        /* why it failed or was refused; NULL */
    const NewComment *comment; /* NULL: none */
    const NewComment *second;  /* after it, in a thread of its own; NULL: none */
    bool folds_plans;    /* comments of earlier plans of which none is left are to be folded away */
    bool closes_threads; /* so are threads of earlier failures that are over, to be closed */
    const Merge *merge;  /* behind comments and statuses; NULL: none */
    const Status *const
        *statuses; /* only those that differ from the last of that name and head are queued */
    gsize n_statuses;
    const char *planned_head; /* a plan of everything was made for it; NULL: unchanged */
    const char *planned_base; /* the base branch then */
    const char *audit_action; /* NULL: nothing for the audit */
    const char *audit_decision;
    const char *audit_evidence; /* JSON or text */
};
bool store_command_finish(Store *store, const CommandEnd *end, GError **error) MUST_CHECK;

/* A status while the command still runs ("plan: running"). Same rule: only when it differs. */
bool store_status_queue(Store *store, const Command *command, const Status *status, GError **error)
    MUST_CHECK;
/* Whether the command has told a status, in this life or an earlier one: then it must not end
 * without another. */
bool store_command_has_status(Store *store, const Command *command, bool *has, GError **error)
    MUST_CHECK;

/* A command that a cancel has ended, or asked to stop. */
typedef struct _Cancelled Cancelled;
struct _Cancelled {
    gint64 id;
    CommandKind kind;
    bool was_running; /* it is asked; false: it waited, and is ended */
    bool was_claimed; /* ever: it may have posted something that waits for its end */
};
void cancelled_free(Cancelled *cancelled);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Cancelled, cancelled_free)

/*
 * A cancel command: older commands of its pull request that wait are cancelled, those that run are
 * marked as asked to stop; what was cut off with effects is marked too, since it has to tell of
 * them. *cancelled gets Cancelled, owned, in their order: the same ones when the command calls
 * again.
 */
bool store_cancel(Store *store, const Command *command, GPtrArray **cancelled, GError **error)
    MUST_CHECK;
/* Who asked the command to stop; NULL: nobody. The caller frees it. */
bool store_cancel_asked_by(Store *store, gint64 command_id, char **by, GError **error) MUST_CHECK;
/* What the owner runs and was asked to stop: of Cancelled, owned. */
GPtrArray *store_cancel_asked(Store *store, const char *owner, GError **error) MUST_CHECK;

/* ---------------------------------------------------- projects, locks, runs */

typedef struct _Project Project;
struct _Project {
    gint64 id;
    ProjectRef *ref;
    ProjectStatus status;
    ChangeCounts counts; /* of the last plan */
    char *head;          /* that the status speaks of */
    char *selected_head; /* for which a plan of everything last found it */
};
void project_free(Project *project);
/* Of Project, owned: all of a pull request, sorted by project_ref_compare. */
GPtrArray *store_projects(Store *store, gint64 pull_id, GError **error) MUST_CHECK;

/*
 * What a plan of everything found for a head, before it is known whether the locks can be had: each
 * project exists from then on, and selected_head says that it belongs to this head.
 */
bool store_projects_select(Store *store, gint64 pull_id, const GPtrArray *projects,
                           const char *head, GError **error) MUST_CHECK;

/*
 * Takes the locks of all projects for the pull request, or none. Ours already is ours. With
 * replaces_all (a plan of everything) also, in the same transaction: other projects of the pull
 * request lose plan and lock and are forgotten; one whose apply was ever begun, however that ended,
 * loses only a plan: it stays locked and listed as it was until unlock or close. *held gets Lock,
 * owned, of those that others hold; it is NULL when all were taken. needs_lock (NULL: all do) says
 * for each project whether it is to be locked: one that is not is known all the same. projects is
 * of ProjectRef; *ids gets their row ids (of gint64) in the same order, NULL when some are held.
 * With no project at all held and ids may be NULL.
 */
bool store_locks_take(Store *store, const Command *command, const GPtrArray *projects,
                      const bool *needs_lock, bool replaces_all, GArray **ids, GPtrArray **held,
                      GError **error) MUST_CHECK;
/* Whether the pull request still holds the project's lock. */
bool store_lock_is_held(Store *store, gint64 pull_id, const ProjectRef *project, bool *is_held,
                        GError **error) MUST_CHECK;
/*
 * Gives up the locks of projects (of ProjectRef) under which there is nothing to protect. One stays
 * while a project of the pull request with its directory and workspace has a plan, and when an
 * apply in them was ever begun, however that ended: then only unlock and close give it up.
 */
bool store_locks_release(Store *store, gint64 pull_id, const GPtrArray *projects, GError **error)
    MUST_CHECK;
/*
 * unlock and close: gives up all locks of the pull request, discards its plans. *released gets
 * Lock, owned, the same ones when the same command calls again (its process died, or what followed
 * failed); *plan_paths gets the files (char *, owned) that may now be removed;
 * store_plans_discarded() goes on to name them, for when this process dies before it removed them.
 * After an unlock planned projects are known as discarded, after a close none is known.
 */
bool store_pull_release(Store *store, const Command *command, bool is_closed, GPtrArray **released,
                        GPtrArray **plan_paths, GError **error) MUST_CHECK;

/* unlock of some: the same for these projects (of ProjectRef) alone. A lock stays while another
 * project needs it that has the same directory and workspace. */
bool store_projects_release(Store *store, const Command *command, const GPtrArray *projects,
                            GPtrArray **released, GPtrArray **plan_paths, GError **error)
    MUST_CHECK;

typedef enum { RUN_RUNNING, RUN_OK, RUN_FAILED, RUN_INTERRUPTED, RUN_REFUSED, RUN_STATES } RunState;
const char *run_state_name(RunState state);

typedef struct _Run Run;
struct _Run {
    gint64 id;
    gint64 command_id, project_id;
    ProjectRef *project;
    RunState state;
    char *log_path;
    char *message; /* why it failed; NULL */
    ChangeCounts counts;
    char *tool_version;
    gint64 started_at, ended_at;
};
Run *run_new(void);
void run_free(Run *run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Run, run_free)

/* Of Run, owned: what this command has begun, oldest first, also by a process that died. */
GPtrArray *store_runs(Store *store, gint64 command_id, GError **error) MUST_CHECK;

/*
 * The beginning of a run. For an apply it consumes the plan in the same transaction: *is_taken is
 * false (and no run is begun) when the plan was consumed or discarded meanwhile. plan_id 0: none; a
 * command that changes something without a plan (import, say) then discards the one there is.
 * Of run, log_path and tool_version are stored where known, and its id where it is not 0 (made by
 * id_new(), for the log's name); the rest is filled in.
 */
bool store_run_begin(Store *store, const Command *command, gint64 project_id, gint64 plan_id,
                     Run *run, bool *is_taken, GError **error) MUST_CHECK;

/*
 * The end of a run, its project's new status, and the plan record if it made one (its id, project
 * and run are filled in; its path is used for no other plan). log_path and tool_version stay
 * as they began where run has none. A plan command also discards the
 * project's older plan and sets its counts, with or without a new one. head NULL: unchanged. Fails
 * with CONFLICT when the run was ended before.
 */
bool store_run_finish(Store *store, const Run *run, ProjectStatus status, const char *head,
                      const Plan *plan, GError **error) MUST_CHECK;

/* The project's plan that is neither consumed nor discarded; *plan is NULL when there is none. */
bool store_plan_find(Store *store, gint64 project_id, Plan **plan, GError **error) MUST_CHECK;

/*
 * Housekeeping: *paths gets the files (char *, owned) of plans that are discarded, or consumed by a
 * run that is over, some at a time, until store_plans_removed() says that they are gone. In this
 * order no file is forgotten, whenever the process dies.
 */
bool store_plans_discarded(Store *store, GPtrArray **paths, GError **error) MUST_CHECK;
bool store_plans_removed(Store *store, const GPtrArray *paths, GError **error) MUST_CHECK;

/* ---------------------------------------------------------------- policies */

/*
 * What a check said of the plan, in one transaction; results (of PolicyResult) take the place of
 * earlier ones. Approvals of the project end with it: of a set that does not keep them, of one
 * whose items are found in another way now, and of a set that was not checked any more. CONFLICT
 * when the plan is not the project's live one, or the command is not ours any more.
 */
bool store_policy_check(Store *store, const Command *command, const Plan *plan,
                        const GPtrArray *results, GError **error) MUST_CHECK;

/* Results of the plan and approvals of its project, as they are at one moment. */
bool store_policy_read(Store *store, const Plan *plan, PolicyRecord **record, GError **error)
    MUST_CHECK;

/* What approve_policies changes in one project. Borrowed. */
typedef struct _PolicyChoice PolicyChoice;
struct _PolicyChoice {
    const Plan *plan;        /* whose results the actor saw */
    const char *const *sets; /* names; NULL-terminated */
};
typedef struct _PolicyDecision PolicyDecision;
struct _PolicyDecision {
    const Command *command; /* its actor decides */
    const PolicyChoice *choices;
    gsize n_choices;
    bool clears;          /* all approvals of the sets end; else the actor approves them */
    const char *evidence; /* for the audit */
};
/*
 * Approvals, or their end, and the audit's row, in one transaction, once for each command. CONFLICT
 * when a plan is not live any more or has no result of a set: what was seen is not what there is.
 */
bool store_policy_decide(Store *store, const PolicyDecision *decision, GError **error) MUST_CHECK;

/* ------------------------------------------------------------------ outbox */

typedef enum {
    OUTBOX_COMMENT,
    OUTBOX_STATUS,
    OUTBOX_MERGE,
    OUTBOX_FOLD,   /* a comment that was posted is to be folded away */
    OUTBOX_REACT,  /* a comment with commands is to get a sign that they were taken */
    OUTBOX_SETTLE, /* the thread that it has opened is to be closed */
    OUTBOX_CLOSE,  /* a thread of ours that was left open for somebody is to be closed */
    OUTBOX_KINDS
} OutboxKind;

typedef struct _OutboxItem OutboxItem;
struct _OutboxItem {
    gint64 id;
    gint64 pull_id, command_id;
    OutboxKind kind;
    PullRef pull;
    char *key;
    char *text;        /* Markdown of a comment, of OUTBOX_FOLD as it was posted; of OUTBOX_REACT
                          and OUTBOX_SETTLE the host's name of the comment */
    ThreadState state; /* of its thread */
    char *thread;      /* reference of the first part when this is a later one, of OUTBOX_FOLD and
                          OUTBOX_CLOSE of the comment, which may never have been posted; else NULL */
    char *folds;       /* of OUTBOX_FOLD: key of the comment */
    Status *status;    /* of OUTBOX_STATUS */
    Merge *merge;      /* of OUTBOX_MERGE */
    int attempts;      /* before this one: > 0 means an earlier one may have succeeded */
    gint64 queued_at;
};
void outbox_item_free(OutboxItem *item);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OutboxItem, outbox_item_free)

/* The oldest item that is due with nothing older of its pull request waiting; the attempt is
 * committed before it returns. *item is NULL when there is none. */
bool store_outbox_claim(Store *store, const char *owner, gint64 lease_ms, OutboxItem **item,
                        GError **error) MUST_CHECK;
bool store_outbox_done(Store *store, gint64 id, const char *reference, GError **error) MUST_CHECK;
bool store_outbox_retry(Store *store, gint64 id, gint64 next_try, const char *why, GError **error)
    MUST_CHECK;
/* Given up: kept with its reason, the next item may go. */
bool store_outbox_drop(Store *store, gint64 id, const char *why, GError **error) MUST_CHECK;
/* The same for what the host refused, with a comment that tells so, in one transaction. */
bool store_outbox_refuse(Store *store, const OutboxItem *item, const char *why,
                         const NewComment *comment, GError **error) MUST_CHECK;
/*
 * Time until the next command, cancel or outbox item (CLAIM_POST) becomes due by itself; -1: none
 * waits. For who has found nothing to claim: what is due already is 0.
 */
bool store_next_due(Store *store, ClaimKind kind, gint64 *wait_ms, GError **error) MUST_CHECK;

/* -------------------------------------------------------------- housekeeping */

/* Deliveries and finished outbox items older than keep_ms go, but for those that later items are
 * compared with or reply to; *n_removed may be NULL. */
bool store_prune(Store *store, gint64 keep_ms, gint64 *n_removed, GError **error) MUST_CHECK;
bool store_ping(Store *store, GError **error) MUST_CHECK;
