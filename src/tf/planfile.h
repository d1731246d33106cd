// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ctx.h"
#include "base/error.h"
#include "model/project.h"
#include "tf/tool.h"

/*
 * What a saved plan says of itself, read from the file (a zip with "tfplan", a protocol buffer, and
 * "tfstate", JSON), without starting a process. A format that is not known is no failure: counts
 * are then asked of "show -json", and what still is not known stays unknown.
 */
typedef struct _PlanFile PlanFile;
struct _PlanFile {
    ChangeCounts counts;
    char *lineage; /* NULL: no state yet, or unknown */
    gint64 serial; /* -1: unknown */
    char *backend; /* type; NULL when unknown */
    char *workspace;
    char *tool_version;
};
void plan_file_clear(PlanFile *file);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PlanFile, plan_file_clear)

/* run is for the fallback to "show -json"; NULL: without it. INVALID when it is not a plan file. */
bool plan_file_read(const Ctx *ctx, const TfRun *run, const char *path, PlanFile *file,
                    GError **error) MUST_CHECK;
