// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ctx.h"
#include "config/repo_config.h"
#include "engine/slots.h"

/*
 * The order of a command's projects: those of a lower execution_order_group first, and with
 * by_dependency one whose depends_on names another of them after that one. Projects of one wave do
 * not wait for each other.
 */
typedef struct _Waves Waves;
struct _Waves {
    guint n_waves;
    guint *wave_of; /* of each project, in the order given */
    guint n;
};

/* Pure. */
void waves_init(Waves *waves, const ProjectConfig *const *projects, guint n, bool by_dependency);
void waves_clear(Waves *waves);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Waves, waves_clear)

/*
 * Calls work for the index of each project, wave by wave, within a wave on at most most_at_once
 * threads (0: as many as there are slots). Between waves goes_on (may be NULL) is asked, on this
 * thread; after a no nothing more is called.
 */
void waves_run(const Ctx *ctx, const Waves *waves, guint most_at_once, SlotWork work,
               bool (*goes_on)(gpointer data), gpointer data);

/* The same for one of them, from 0. */
void waves_run_one(const Ctx *ctx, const Waves *waves, guint number, guint most_at_once,
                   SlotWork work, gpointer data);
