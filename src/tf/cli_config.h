// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>
#include <stdbool.h>

/*
 * Where Terraform's own configuration ("CLI configuration", TF_CLI_CONFIG_FILE or ~/.terraformrc)
 * says that providers come from. Only its native syntax is understood; what is not is passed over.
 */
typedef struct _ProviderSources ProviderSources;
struct _ProviderSources {
    bool is_said;    /* there is a provider_installation block */
    gsize inside;    /* where in the text it begins, behind its brace */
    bool has_direct; /* registries may be asked too */
    GPtrArray *dirs; /* of char *, owned: of filesystem_mirror blocks */
    GPtrArray *urls; /* of char *, owned: of network_mirror blocks */
};
void provider_sources_clear(ProviderSources *sources);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ProviderSources, provider_sources_clear)

/* sources is { 0 } before. */
void provider_sources_parse(const char *text, ProviderSources *sources);

/* The file that the program reads with this environment, whether it is there or not. The caller
 * frees it. */
char *cli_config_path(const char *const *env, const char *program);
