// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/host_credential.h"
#include "sys/yaml.h"

/*
 * Organisations with a credential of their own: the file of --azuredevops-organizations-file. Read
 * at start; what its keys call files is read on each use, as with the flags.
 */
typedef struct _SettingsOrganizations SettingsOrganizations;

/* INVALID with file, line and column. env: see settings_credential_check(). */
SettingsOrganizations *settings_organizations_parse(const char *file, const char *text,
                                                    const char *const *env, GError **error)
    MUST_CHECK;
void settings_organizations_free(SettingsOrganizations *organizations);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SettingsOrganizations, settings_organizations_free)

/* Borrowed, in the order of the file. */
const HostOrganization *settings_organizations_list(const SettingsOrganizations *organizations,
                                                    gsize *n);

/* docs/reference/organizations-yaml.md, whole; the caller frees it. */
char *settings_organizations_reference(void);
