// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ctx.h"
#include "base/error.h"

/* One OpenPGP check. All borrowed. */
typedef struct _TfSignature TfSignature;
struct _TfSignature {
    const char *key_file; /* public keys, ASCII-armoured or not; of the operator */
    const char *signed_file, *signature_file;
    const char *work_dir; /* absolute; a keyring is written there */
};

/*
 * Whether one of the keys has signed the file, asked of gpgv. INVALID: the key file holds no public
 * key; NOT_FOUND: no key file, or no gpgv on this server; DENIED with gpgv's words: not signed so.
 */
bool tf_signature_check(const Ctx *ctx, const TfSignature *signature, GError **error) MUST_CHECK;

/* Binary form of armoured keys; what is binary already is copied. NULL: no public key. Pure. */
GByteArray *tf_signature_keyring(const char *bytes, gsize length);
