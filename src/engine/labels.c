// SPDX-License-Identifier: Apache-2.0
#include "engine/labels.h"

bool labels_have(const Ctx *ctx, Work *work, const Command *command, const char *label, bool *has,
                 GError **error)
{
    g_auto(GStrv) labels = NULL;
    Host *host;

    *has = false;
    if (!label || !*label)
        return true;
    host = work_host(work, command->pull.repo.host, error);
    if (!host || !host_labels_read(ctx, host, &command->pull, &labels, error))
        return false;
    for (gsize i = 0; labels[i]; i++)
        *has |= g_ascii_strcasecmp(labels[i], label) == 0;
    return true;
}
