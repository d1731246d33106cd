// SPDX-License-Identifier: Apache-2.0
#include "engine/settle.h"

bool settle_thread(const Ctx *ctx, Work *work, const PullRef *pull, gint64 command_id,
                   GError **error)
{
    Host *host = work_host(work, pull->repo.host, error);
    g_autofree char *comment = NULL;
    g_auto(GStrv) commands = NULL;

    return host && store_command_comments(work->store, command_id, &comment, &commands, error) &&
           (!comment ||
            host_thread_settle(ctx, host, pull, comment, (const char *const *)commands, error));
}

bool settle_thread_of_ours(const Ctx *ctx, Work *work, const PullRef *pull, gint64 command_id,
                           const char *comment, GError **error)
{
    Host *host = work_host(work, pull->repo.host, error);
    g_autofree char *typed = NULL;
    g_auto(GStrv) commands = NULL;

    return host && store_command_comments(work->store, command_id, &typed, &commands, error) &&
           host_thread_settle(ctx, host, pull, comment, (const char *const *)commands, error);
}
