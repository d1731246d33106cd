// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/repos_yaml.h"
#include "store/store.h"

/*
 * The half of the server that acts: claims commands and outbox items from the store, runs them on
 * its own threads, and writes back what came of it. It meets the web only in the store.
 */
typedef struct _Engine Engine;

/* Borrowed; must outlive the engine. */
typedef struct _EngineSpec EngineSpec;
struct _EngineSpec {
    const Settings *settings;
    const ReposYaml *repos;
    Store *store;
    const char *const
        *tool_env; /* the environment that tools start from: no secret of ours in it */
};

/* Starts the threads; takes over what an earlier process of this data directory left. */
Engine *engine_open(const EngineSpec *spec, GError **error) MUST_CHECK;

/*
 * Stops: nothing new is claimed from the first moment; what runs may end within the settings'
 * shutdown grace; then tools are interrupted, and what was not finished goes back to the queue
 * (plans) or is reported as interrupted (applies). Accepts NULL.
 */
void engine_close(Engine *engine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Engine, engine_close)
