// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "base/error.h"

/*
 * The few facts that deciding needs from the files of a module, read without Terraform: from *.tf
 * and *.tofu through tree-sitter, from *.tf.json through jansson. Bounded in size and time; a file
 * with errors is no failure, it sets has_error ("unknown" for the caller, never "nothing").
 */
typedef struct _HclModule HclModule;
struct _HclModule {
    bool has_error;
    GPtrArray *required_versions; /* of char *, owned: constraints as written */
    char *backend;                /* type of the backend block; "cloud" for a cloud block; NULL */
    char *cloud_workspace;        /* cloud { workspaces { name } }; NULL */
    GPtrArray *module_sources;    /* of char *, owned: literal sources of module blocks */
    /* Of char *, owned: by which its providers are found, as written. Two modules with the same
     * needs, and modules with the same, take the same providers. */
    GPtrArray *needs;
};
HclModule *hcl_module_new(void);
void hcl_module_free(HclModule *module);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HclModule, hcl_module_free)

/* Adds what one file says. path decides the syntax by its ending; other endings are ignored. */
void hcl_module_add(HclModule *module, const char *path, const char *text, gsize length);
