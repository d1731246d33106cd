// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call.h"

/*
 * What a token must be allowed to do for a call: its scopes, and what its owner may. Both as the
 * published contract and the service's permissions have them.
 */

/* Scopes any of which is enough, with a blank between; "" when none is asked for. */
const char *scopes_needed(const Route *route);

/* Whether the user's token has one of them, or one that includes one. */
bool scopes_allow(const Route *route, const User *user);

/* NULL: the owner may. Otherwise the refusal that answers the call. */
json_t *scopes_permission(Call *call);

/* What a token of this user may do from now on: {"scopes": [...], "denied": [...]}; scopes null:
 * all.
 */
json_t *control_user_limits(Call *call);
json_t *control_user_pat(Call *call);
