// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tf/tool.h"

/* Where programs come from: the server's settings. All borrowed. */
typedef struct _TfSource TfSource;
struct _TfSource {
    const char *data_dir;                     /* absolute; programs are kept in its bin/ */
    bool downloads;                           /* false: only what is there */
    const char *terraform_url, *opentofu_url; /* without a slash at the end */
    const char *terraform_key, *opentofu_key; /* files; NULL: signatures are not looked at */
    gint64 timeout_ms;                        /* of one file; 0: ten minutes */
};

/* What a project wants. All borrowed. */
typedef struct _TfWanted TfWanted;
struct _TfWanted {
    const char *distribution;       /* "terraform" or "opentofu" */
    const char *version;            /* the project's own, exact; NULL: it says none */
    const char *const *constraints; /* every required_version of the module; may be NULL */
    const char *default_version;    /* NULL: the program on PATH */
};

/*
 * The program for a project, downloaded when need be. An exact version comes before
 * required_version, that before the default. A version is looked for as PATH's program, as PATH's
 * "terraform1.9.5" or "tofu1.9.0", then in data_dir/bin. Of required_version, all lists together,
 * the highest release is taken that the published list has; where that cannot be read, the default
 * if it fits, else the highest that is there; without downloads always the highest that is there.
 *
 * Fails with INVALID (no such version, a constraint that nothing fulfils), NOT_FOUND (not there,
 * and not to be had), RETRY (network), DENIED (digest or signature), FAILED, CANCELLED. What it
 * says is for the pull request: what was wanted, what there is, what to do. Any thread; who want
 * the same at the same time wait for one download.
 */
bool tf_tool_obtain(const Ctx *ctx, const TfSource *source, const TfWanted *wanted, TfTool *tool,
                    GError **error) MUST_CHECK;
