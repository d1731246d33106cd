// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call.h"
#include "visit.h"

/*
 * Entra ID, as far as it gives out tokens for Azure DevOps: the token endpoint of one tenant, and
 * the metadata service of a machine. Applications are registered, and tokens ended, by the control
 * API. What the real ones refuse is refused here. Everything under state_lock().
 */
#define ENTRA_TENANT "8a0c2f43-4f1e-4c86-9f0b-6a0f1f3a5c11"

Entra *entra_new(void);
void entra_free(Entra *entra);

/* Whether the path is of one of the two. */
bool entra_is_path(const Visit *visit);
HttpResponse *entra_handle(Visit *visit); /* without the lock */

/* Whether it was given out and has not ended. */
bool entra_knows_token(const Entra *entra, const char *token);

json_t *control_application(Call *call);
json_t *control_token_life(Call *call);
json_t *control_tokens_end(Call *call);
