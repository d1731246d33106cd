// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/command.h"
#include "model/lock.h"
#include "model/plan.h"

/*
 * The words of comments: results in, Markdown out. Pure. Golden files in tests/golden. What comes
 * from outside (names, messages, output) is shown as it is and cannot be markup; in messages
 * `back-ticks` mark code, and each line is a paragraph.
 */
typedef struct _RenderStyle RenderStyle;
struct _RenderStyle {
    const char *executable; /* "atlantis" */
    bool folds;             /* --disable-markdown-folding */
    bool moves_markers;     /* diff markers of nested lines at column 0, "~" as "!" */
    bool hides_apply;       /* apply is not among the commands that may be used */
    bool hides_apply_all;   /* --disable-apply-all */
    bool hides_unchanged; /* --hide-unchanged-plan-comments: a line in the table is all they get */
    gint64 now;           /* for "3 h ago"; 0: times without it */
};

/* One project's outcome in a plan or apply comment. All borrowed. */
typedef enum {
    RESULT_OK,
    RESULT_FAILED,      /* the tool said no: output explains */
    RESULT_REFUSED,     /* a rule of ours said no: message explains */
    RESULT_INTERRUPTED, /* the server or the run was stopped midway */
    RESULT_NOT_RUN,     /* left alone because of others: message explains */
} ResultKind;

typedef struct _ProjectResult ProjectResult;
struct _ProjectResult {
    const ProjectRef *project;
    ResultKind kind;
    const char *message; /* one or few lines; NULL when output says it all */
    const char *output;  /* what the tool printed; may be NULL */
    const char *log;     /* --verbose: everything it printed, init and all; else NULL */
    ChangeCounts counts;
    const char *const *extra; /* of the plan, for the line that plans again */
};

typedef struct _CommandReport CommandReport;
struct _CommandReport {
    const char *title; /* "Plan", "Apply" */
    bool is_apply;
    const char *head; /* full commit id */
    const ProjectResult *results;
    gsize n_results;
    const char *note; /* Markdown below everything, or NULL */
};
char *render_report(const RenderStyle *style, const CommandReport *report);
/* The same of what changes a state without a plan: import, state rm. At least one result. */
char *render_state_report(const RenderStyle *style, const CommandReport *report);

/* Nothing was run because others hold the locks; held is not empty. */
char *render_locked(const RenderStyle *style, const Lock *const *held, gsize n_held);
char *render_unlocked(const RenderStyle *style, const Lock *const *released, gsize n_released);
char *render_closed(const RenderStyle *style, const Lock *const *released, gsize n_released);
/* What a comment becomes when it speaks of nothing that still holds: at most RENDER_FOLD_ROOM bytes
 * longer, its text out of sight. */
enum { RENDER_FOLD_ROOM = 200 };
char *render_folded(const char *text);
/* A heading ("Plan refused", "Nothing to apply"; trusted), and why and what to do. */
char *render_notice(const char *heading, const char *message);
/* The same for what went wrong ("Plan failed"); output may be NULL. */
char *render_failure(const RenderStyle *style, const char *heading, const char *message,
                     const char *output);
char *render_versions(const RenderStyle *style, const char *text);
