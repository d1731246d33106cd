// SPDX-License-Identifier: Apache-2.0
/*
 * The HCL reader, grammar and runtime included: files of a repository are everybody's. The first
 * byte picks the syntax.
 */
#include "tf/hcl.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    const char *path = size > 0 && (data[0] == '{' || data[0] == '[') ? "x.tf.json" : "x.tf";
    /* A copy of exactly this size, so that the sanitizer sees a read beyond it. */
    g_autofree char *text = g_memdup2(data, size);
    g_autoptr(HclModule) module = hcl_module_new();

    hcl_module_add(module, path, text ? text : "", size);
    for (guint i = 0; i < module->module_sources->len; i++)
        g_assert(g_utf8_validate(module->module_sources->pdata[i], -1, NULL));
    return 0;
}
