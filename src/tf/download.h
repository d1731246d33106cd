// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ctx.h"
#include "tf/distribution.h"

/* One release to fetch. All borrowed. */
typedef struct _TfDownload TfDownload;
struct _TfDownload {
    const TfDistribution *distribution;
    const char *version; /* tf_version_text() */
    const char *base_url;
    const char *key_file; /* NULL: signatures are not looked at */
    const char *bin_dir;  /* absolute */
    gint64 timeout_ms;    /* of one file */
};

/* Where it goes: BIN_DIR/opentofu/1.9.0/tofu. The caller frees it. */
char *tf_download_path(const TfDownload *download);

/*
 * Fetches the archive, holds it against its published digest (and that against the signature), and
 * puts the program in place, whole or not at all; what a crash left is removed first. The caller
 * sees to it that one runs at a time per bin_dir. Fails with RETRY (network), NOT_FOUND (no such
 * release there), DENIED (digest, signature), FAILED or INVALID (what came is no such archive).
 */
bool tf_download_run(const Ctx *ctx, const TfDownload *download, GError **error) MUST_CHECK;
