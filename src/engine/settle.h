// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/work.h"

/*
 * Closes the thread that the command's comment has opened, unless it is somebody's: open threads
 * can stand in the way of completing. May be asked again; of a command that nobody typed there is
 * nothing to do.
 */
bool settle_thread(const Ctx *ctx, Work *work, const PullRef *pull, gint64 command_id,
                   GError **error) MUST_CHECK;

/* The same for the thread of a comment of ours, by its reference; command_id: of the same pull
 * request. */
bool settle_thread_of_ours(const Ctx *ctx, Work *work, const PullRef *pull, gint64 command_id,
                           const char *comment, GError **error) MUST_CHECK;
