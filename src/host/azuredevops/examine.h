// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host/azuredevops/rest.h"
#include "host/azuredevops/site.h"
#include "host/host.h"

/* host_examine() for Azure DevOps: whose the credential is, what it may, and the service hooks. */

/* What the host has for it. Borrowed. */
typedef struct _ExamineTools ExamineTools;
struct _ExamineTools {
    Rest *rest;
    const Site *site;
    const Keyring *keyring;
    const char *webhook_user;
};
void azuredevops_examine(const Ctx *ctx, const ExamineTools *tools, const HostExam *exam,
                         GPtrArray *findings);

/*
 * Organisations and collections that the server works for, as Place has them: of repositories that
 * it knows, of patterns of its allowlist as far as they name one, and those that have a credential
 * of their own. Without doubles, owned.
 */
GPtrArray *examine_collections(const Site *site, const Keyring *keyring, const HostExam *exam);
