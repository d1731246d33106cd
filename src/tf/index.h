// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ctx.h"
#include "tf/distribution.h"

/*
 * The lists of released versions, kept in memory for ten minutes. One that cannot be read anew is
 * used on, and asked for again after a minute.
 */
typedef struct _TfIndex TfIndex;
struct _TfIndex {
    const TfDistribution *distribution;
    const char *base_url;
    const char *lock_dir; /* absolute; there need not be one yet */
    gint64 timeout_ms;
};

/*
 * The highest released version that the constraints allow, NULL when none is allowed. *best is the
 * caller's. Fails with RETRY, NOT_FOUND or FAILED when there is no list, INVALID when what is there
 * is none.
 */
bool tf_index_highest(const Ctx *ctx, const TfIndex *index, const TfConstraints *constraints,
                      TfVersion **best, GError **error) MUST_CHECK;
