// SPDX-License-Identifier: Apache-2.0
/*
 * gpgv trusts every key of its keyring and knows no others, which is just what is wanted; but it
 * reads no armour (RFC 9580 section 6), so that is taken off here.
 */
#include "tf/signature.h"

#include <string.h>

#include "sys/proc.h"

enum { MAX_KEY_FILE = 1 << 20, GPGV_TIMEOUT_MS = 60 * 1000, GPGV_OUTPUT = 16 << 10 };

static const char armour_begin[] = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
static const char armour_end[] = "-----END PGP PUBLIC KEY BLOCK-----";

/* A block without its first and last line: headers, a blank line, base64, "=" and a checksum. */
static void add_block(GByteArray *keys, const char *block)
{
    g_auto(GStrv) lines = g_strsplit(block, "\n", -1);
    g_autoptr(GString) code = g_string_new(NULL);
    g_autofree guchar *bytes = NULL;
    bool is_in_body = false;
    gsize length;

    for (gsize i = 0; lines[i]; i++) {
        const char *line = g_strstrip(lines[i]);

        if (is_in_body && *line != '=')
            g_string_append(code, line);
        /* The rest of the first line is the other blank one. */
        is_in_body = is_in_body || (i > 0 && !*line);
    }
    bytes = g_base64_decode(code->str, &length);
    g_byte_array_append(keys, bytes, (guint)length);
}

GByteArray *tf_signature_keyring(const char *bytes, gsize length)
{
    g_autoptr(GByteArray) keys = g_byte_array_new();
    g_autofree char *text = g_strndup(bytes, length);
    const char *at = text;

    if (length > 0 && (guchar)*bytes & 0x80) { /* every packet begins with this bit */
        g_byte_array_append(keys, (const guint8 *)bytes, (guint)length);
        return g_steal_pointer(&keys);
    }
    while ((at = strstr(at, armour_begin))) {
        const char *block = at + strlen(armour_begin), *end = strstr(block, armour_end);
        g_autofree char *inside = end ? g_strndup(block, (gsize)(end - block)) : NULL;

        if (!inside)
            return NULL;
        add_block(keys, inside);
        at = end;
    }
    return keys->len > 0 ? g_steal_pointer(&keys) : NULL;
}

/* The caller frees it. */
static char *make_keyring(const TfSignature *signature, GError **error)
{
    g_autofree char *path = g_build_filename(signature->work_dir, "keyring.gpg", NULL);
    g_autofree char *text = NULL;
    g_autoptr(GByteArray) keys = NULL;
    g_autoptr(GError) why = NULL;
    gsize length;

    if (!g_file_get_contents(signature->key_file, &text, &length, &why))
        return hadal_throw_null(error, HADAL_ERROR_NOT_FOUND, "read the signing key: %s",
                                why->message);
    keys = length <= MAX_KEY_FILE ? tf_signature_keyring(text, length) : NULL;
    if (!keys)
        return hadal_throw_null(error, HADAL_ERROR_INVALID,
                                "the signing key %s is no OpenPGP public key", signature->key_file);
    if (!g_file_set_contents_full(path, (const char *)keys->data, keys->len,
                                  G_FILE_SET_CONTENTS_NONE, 0600, error))
        return hadal_prefix_null(error, "write a keyring");
    return g_steal_pointer(&path);
}

bool tf_signature_check(const Ctx *ctx, const TfSignature *signature, GError **error)
{
    g_autofree char *keyring = make_keyring(signature, error);
    g_autofree char *gpgv = g_find_program_in_path("gpgv");
    g_autoptr(GString) output = g_string_new(NULL);
    const ProcSpec spec = {
        .argv = ARGV(gpgv, "--homedir", signature->work_dir, "--keyring", keyring, "--",
                     signature->signature_file, signature->signed_file),
        .max_output = GPGV_OUTPUT,
        .timeout_ms = GPGV_TIMEOUT_MS,
        .grace_ms = 1000,
    };
    int status = -1;

    if (!keyring)
        return false;
    if (!gpgv)
        return hadal_throw(error, HADAL_ERROR_NOT_FOUND,
                           "a signing key is configured, but there is no program \"gpgv\" on the "
                           "server's PATH to check signatures with: install it");
    if (proc_run(ctx, &spec, output, NULL, &status, error))
        return true;
    if (status <= 0)
        return hadal_prefix(error, "gpgv");
    g_clear_error(error);
    g_strchomp(output->str);
    return hadal_throw(error, HADAL_ERROR_DENIED, "no good signature by the configured key: %s",
                       output->str);
}
