// SPDX-License-Identifier: Apache-2.0
#pragma once

/*
 * What a credential helper of git says, "username=...\npassword=...\n", for the value of an
 * Authorization header. Basic as it is, but a user that is empty gets a name, without which git
 * would send nothing; Bearer as a password, which hosts that know personal tokens take. NULL for
 * anything else, and for what does not fit in lines. The caller frees it. Pure.
 */
char *git_credential_lines(const char *authorization);
