// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "state.h"

/*
 * git on a bare repository. Commit ids that come in from outside go through git_rev(), which makes
 * sure that what reaches an argument list is an id or a ref. All fail with FAILED and git's words,
 * NOT_FOUND for a revision that does not exist.
 */

#define GIT_ZERO "0000000000000000000000000000000000000000"

/* What git prints, without the last newline; the caller frees it. */
char *git_text(const char *dir, GError **error, ...) MUST_CHECK G_GNUC_NULL_TERMINATED;
/* The same as bytes. */
GString *git_bytes(const char *dir, GError **error, ...) MUST_CHECK G_GNUC_NULL_TERMINATED;

bool git_is_commit_id(const char *text);

bool git_init(const char *dir, GError **error) MUST_CHECK;
/* All branches and tags of parent. */
bool git_fork(const char *dir, const char *parent, GError **error) MUST_CHECK;

/* The commit a ref or an id names, NULL when there is none; the caller frees it. */
char *git_rev(const char *dir, const char *rev, GError **error) MUST_CHECK;
char *git_merge_base(const char *dir, const char *a, const char *b, GError **error) MUST_CHECK;
bool git_is_ancestor(const char *dir, const char *old, const char *new);

/* id NULL deletes. Fails with CONFLICT when old is given and is not what the ref says. */
bool git_set_ref(const char *dir, const char *ref, const char *id, const char *old, GError **error)
    MUST_CHECK;

/* Brings a commit of a fork over, under a ref that is not shown to anybody. */
bool git_fetch_source(const char *dir, const char *from, const char *ref, int pull, GError **error)
    MUST_CHECK;

/*
 * A commit on a branch that changes files: { "path": "content" or null to delete }. The branch is
 * made from base (a ref or an id, NULL: nothing) when it does not exist yet.
 */
typedef struct _CommitSpec CommitSpec;
struct _CommitSpec {
    const char *branch; /* "refs/heads/x" */
    const char *base;
    const json_t *files;
    const char *message;
    const User *author;
};
char *git_commit(const char *dir, const CommitSpec *spec, GError **error) MUST_CHECK;

/* A tree of both, or NULL without an error when they conflict. */
char *git_merge_trees(const char *dir, const char *target, const char *source, bool *conflicts,
                      GError **error) MUST_CHECK;
/* second may be NULL. */
char *git_commit_tree(const char *dir, const char *tree, const char *first, const char *second,
                      const User *author, const char *message, GError **error) MUST_CHECK;
/* source's own commits on top of target; NULL with conflicts set when that cannot be done. */
char *git_rebase(const char *dir, const char *target, const char *source, const User *committer,
                 bool *conflicts, GError **error) MUST_CHECK;

/* What differs between two trees; files only. */
typedef struct _Change Change;
struct _Change {
    const char *kind; /* "add", "edit", "delete", "rename", "edit, rename" */
    char *path, *old_path;
    char *object, *old_object; /* NULL where there is none */
};
GPtrArray *git_changes(const char *dir, const char *from, const char *to, GError **error)
    MUST_CHECK;

typedef struct _CommitInfo CommitInfo;
struct _CommitInfo {
    char *id, *author, *author_mail, *committer, *committer_mail, *comment;
    GStrv parents;
    gint64 author_time, committer_time; /* microseconds */
};
void commit_info_free(gpointer info);

/* Newest first; range is "a..b" of ids, or one id. */
GPtrArray *git_log(const char *dir, const char *range, int skip, int limit, GError **error)
    MUST_CHECK;

/* char * ref -> char * id, both owned. */
GHashTable *git_refs(const char *dir, GError **error) MUST_CHECK;
