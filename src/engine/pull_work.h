// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/repo_config.h"
#include "engine/select.h"
#include "engine/work.h"

/*
 * A pull request as a command works on it: what the host says of it now, and its commits in the
 * cache. One command of a pull request runs at a time, so nobody else touches its directories.
 */
typedef struct _PullWork PullWork;
struct _PullWork {
    PullFacts facts;
    GitCache *cache;
    char *base;             /* tip of the base branch */
    char *commit;           /* to check out: the head, or its merge into base */
    GPtrArray *conflicts;   /* of char *: merging is not possible; else NULL */
    GPtrArray *files;       /* of char *, sorted: all files at commit; by pull_work_files() */
    RepoRules *rules;       /* of its repository; by pull_work_read() */
    RepoConfig *config;     /* what the commit says under them; by pull_work_config() */
    bool is_generated;      /* config is not the commit's: hooks have written it */
    GPtrArray *defaults;    /* of ProjectConfig, owned: of projects that it does not name */
    GHashTable *hcl;        /* char * dir -> HclModule, owned: of the command's projects, and of the
                               local modules that they use */
    char *target_workspace; /* what -d means without -w; NULL: "default"; by pull_work_target() */
    ModuleIndex *modules;   /* who uses which local module; NULL: nobody asks */
    GHashTable *checkouts;  /* char *workspace -> PullCheckout, owned; by pull_work_checkout() */
    gint64 read_at;         /* monotonic: when facts, review and base were looked at last */
    bool is_settled;        /* the command's own thread is closed, as far as it may be */
    bool has_review;        /* review was read; by pull_work_review() */
    PullReview review;
};

/* Reads the facts. *gate_text is NULL when the command may go on, or is filled in outcome
 * otherwise. */
bool pull_work_read(const Ctx *ctx, Work *work, const Command *command, PullWork *pull,
                    GError **error) MUST_CHECK;
/* Brings base and head into the cache and settles commit by the checkout strategy. */
bool pull_work_fetch(const Ctx *ctx, Work *work, const Command *command, PullWork *pull,
                     GError **error) MUST_CHECK;
bool pull_work_files(const Ctx *ctx, PullWork *pull, GError **error) MUST_CHECK;
/* Whether the commit has the file; after pull_work_files(). */
bool pull_work_has_file(const PullWork *pull, const char *path);

/*
 * Reads the configuration: from the commit, or from checkout (not NULL) where hooks may have
 * written it. INVALID with file, line and column is for the author of the pull request.
 */
bool pull_work_config(const Ctx *ctx, PullWork *pull, const char *checkout, GError **error)
    MUST_CHECK;

/*
 * The same as planning of this very head read it: what its hooks wrote is in the checkout, as long
 * as that is where it was left; else the commit's.
 */
bool pull_work_config_planned(const Ctx *ctx, Work *work, const Command *command, PullWork *pull,
                              GError **error) MUST_CHECK;

/* As if the commit had no configuration: for telling of a command that cannot read it. */
void pull_work_config_none(PullWork *pull);

/* Names of files that are in conflict, the first of them: "`a.tf`, `b.tf` and 3 more". */
void pull_work_append_conflicts(GString *text, const GPtrArray *conflicts);

/* What the host says of votes and of what stands against completing, now. */
bool pull_work_review(const Ctx *ctx, Work *work, const Command *command, PullWork *pull,
                      GError **error) MUST_CHECK;

/*
 * Once more what may have changed since, when the last look is over two seconds old: *why_not (the
 * caller's) says why nothing more may begin, or is NULL. Also reads the review again, where it was
 * read, and brings base up to date where needs_base. Who shares pull between threads holds a lock.
 */
bool pull_work_look_again(const Ctx *ctx, Work *work, const Command *command, PullWork *pull,
                          bool needs_base, char **why_not, GError **error) MUST_CHECK;

/*
 * What -d, -w and -p mean of the projects that the store knows, without reading any commit: of
 * ProjectRef *, borrowed from known (of Project). Without these flags: all. The list is the
 * caller's.
 */
GPtrArray *pull_work_known_targets(const Work *work, const Command *command,
                                   const GPtrArray *known);

/* Settles what -d means without -w, as planning would. After pull_work_config(). */
bool pull_work_target(const Ctx *ctx, PullWork *pull, const CommandArgs *args, GError **error)
    MUST_CHECK;

/*
 * Files of the pull request's change, both ends of renames, and what hooks made in checkout (may be
 * NULL) where the settings count that: of char *, owned.
 */
GPtrArray *pull_work_changed(const Ctx *ctx, Work *work, PullWork *pull, const char *checkout,
                             GError **error) MUST_CHECK;
/* Files that the base branch changed since the pull request left it: of char *, owned. */
GPtrArray *pull_work_base_moved(const Ctx *ctx, PullWork *pull, GError **error) MUST_CHECK;
/* The same since a commit of the base branch. */
GPtrArray *pull_work_base_moved_since(const Ctx *ctx, PullWork *pull, const char *base,
                                      GError **error) MUST_CHECK;
/* Fills pull->modules where the settings ask for it. */
bool pull_work_modules(const Ctx *ctx, Work *work, PullWork *pull, GError **error) MUST_CHECK;
/* Fills pull->hcl with what the files of these directories say. After pull_work_files(). */
bool pull_work_read_hcl(const Ctx *ctx, PullWork *pull, const GPtrArray *dirs, GError **error)
    MUST_CHECK;
/* The projects that a command is about, by what it names or by the pull request's change; checkout
 * as in pull_work_changed(). Also fills pull->hcl for them. INVALID is for who asked. After
 * pull_work_config(). */
Selection *pull_work_select(const Ctx *ctx, Work *work, const Command *command, PullWork *pull,
                            const char *checkout, GError **error) MUST_CHECK;
/* What holds for a project, in the file or not; borrowed from pull. After pull_work_config(). */
const ProjectConfig *pull_work_project(PullWork *pull, const ProjectRef *ref);
/*
 * The directory with the files at commit for projects of a workspace, borrowed from pull: each
 * workspace has its own, because what steps write for one must not be read for another (spec
 * atlantis-config.md 7.5). A command moves it there when it first asks. What planning left there
 * (archives, say) stays for the apply as long as the commit is the same; only a plan of everything
 * begins without. Hooks have that of "default".
 */
const char *pull_work_checkout(const Ctx *ctx, Work *work, const Command *command, PullWork *pull,
                               const char *workspace, const char *commit, GError **error)
    MUST_CHECK;
void pull_work_clear(PullWork *pull);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PullWork, pull_work_clear)
