// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

/* What the program does to its own process before there are threads. */

/* Path of hadal-launch, for proc_init(). NOT_FOUND when it is not installed. The caller frees it.
 */
char *process_find_launcher(GError **error) MUST_CHECK;

/*
 * A copy of the environment for the server's own use, after which the process's environment and
 * arguments no longer show anything of it: what reads /proc/PID/environ or cmdline finds blanks in
 * place of every secret, and a core dump or a debugger of the same user is refused. secrets is
 * NULL-terminated.
 */
void process_hide_secrets(char **argv, char **env, const char *const *secrets);

/* Holds the data directory for this process alone, until it ends. CONFLICT when another has it. */
bool process_own_directory(const char *dir, GError **error) MUST_CHECK;

/* Blocks the signals that stop the server in this thread and all that it makes. */
void process_block_signals(void);
/* Waits for one of them; returns its name. */
const char *process_wait_for_stop(void);

/*
 * The environment that tools start from: env without the server's own variables (ATLANTIS_*,
 * HADAL_*) and without any variable that holds one of the secrets. The caller frees it.
 */
GStrv process_tool_env(const char *const *env, const char *const *secrets);
