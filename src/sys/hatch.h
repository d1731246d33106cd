// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include "base/ctx.h"
#include "base/error.h"

/*
 * A socket through which the processes of one child may ask the server something while that child
 * runs, and nobody else. It has a name in the abstract namespace of Unix sockets (unix(7)), so that
 * nothing lies in a file system, and the name is no secret: who asks is known by SO_PEERCRED, must
 * be of our user, and must have hadal-launch's process of this child among its ancestors.
 * hadal-launch is a sub-reaper, so that what the child leaves behind keeps it, and processes of
 * other children never have it.
 *
 * What this cannot keep apart: whatever runs in the child is the child. And who runs as our user
 * and may trace a process of it (ptrace(2)) can make that process ask.
 */
typedef struct _Hatch Hatch;

/*
 * Gives the answer to a question (text without NUL), which the hatch frees; NULL: none. Called on a
 * thread of the hatch's, one question at a time, between hatch_begin() and hatch_end(). ctx ends
 * when the child does.
 */
typedef char *(*HatchAnswer)(const Ctx *ctx, const char *question, gpointer data);

enum { HATCH_MAX_QUESTION = 16 << 10, HATCH_MAX_ANSWER = 64 << 10 };

Hatch *hatch_open(HatchAnswer answer, gpointer data, GError **error) MUST_CHECK;
/* Accepts NULL. */
void hatch_close(Hatch *hatch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Hatch, hatch_close)
const char *hatch_name(const Hatch *hatch);

/*
 * For proc alone: ancestor has been started. Who asked since it was waits until now. After
 * hatch_end() nobody is answered any more; it is called before the ancestor is reaped, so that its
 * number cannot be somebody else's meanwhile.
 */
void hatch_begin(Hatch *hatch, const Ctx *ctx, pid_t ancestor);
void hatch_end(Hatch *hatch);

/*
 * The other side: asks the hatch of that name. NOT_FOUND when its child has ended, DENIED when it
 * does not answer this process, FAILED otherwise. The caller frees the answer, and blanks it when
 * it is a secret.
 */
char *hatch_ask(const char *name, const char *question, GError **error) MUST_CHECK;
