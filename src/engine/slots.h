// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ctx.h"
#include "base/error.h"

/*
 * The process's limit on tools that run at once (--parallel-pool-size), and running the projects of
 * one command side by side within it.
 */
void slots_init(guint n);

typedef void (*SlotWork)(const Ctx *ctx, guint index, gpointer data);

/*
 * Calls work for each index below n, each while it holds one slot, on at most most_at_once threads
 * (0: as many as there are slots); returns when all are done. An index whose turn comes after ctx
 * was cancelled is called all the same: work decides what that means.
 */
void slots_run(const Ctx *ctx, guint n, guint most_at_once, SlotWork work, gpointer data);
