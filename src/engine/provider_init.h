// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/project_run.h"

/*
 * init of a project whose providers come from the plugins of all (tf/plugins.h), where there are
 * some. What may have to fetch one waits for others of its kind: one fills, the rest link. Kinds
 * are the lock files, and all projects without one whose needs nobody had in the last minutes. What
 * remote modules need is not known, and may be fetched by several at once. A failed init leaves
 * nothing of what it fetched. output and errors as tf_init().
 */
bool provider_init(const Ctx *ctx, const ProjectRun *run, const TfRun *tf, GString *output,
                   GError **error) MUST_CHECK;
