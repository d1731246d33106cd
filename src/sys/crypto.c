// SPDX-License-Identifier: Apache-2.0
#include "sys/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#include "base/cleanup.h"

enum { SHA256_SIZE = 32, PIECE = 64 << 10 };

G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_MD_CTX, EVP_MD_CTX_free)

static char *hex_of(const unsigned char *bytes, gsize length)
{
    static const char digits[] = "0123456789abcdef";
    char *text = g_malloc(2 * length + 1);

    for (gsize i = 0; i < length; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[2 * length] = '\0';
    return text;
}

static void digest(const char *bytes, gsize length, unsigned char *out)
{
    g_assert(EVP_Digest(bytes, length, out, NULL, EVP_sha256(), NULL));
}

/* Of digests, because they are of one length, whatever the texts are. */
bool crypto_equal(const char *a, const char *b)
{
    unsigned char of_a[SHA256_SIZE], of_b[SHA256_SIZE];

    if (!a || !b)
        return false;
    digest(a, strlen(a), of_a);
    digest(b, strlen(b), of_b);
    return CRYPTO_memcmp(of_a, of_b, SHA256_SIZE) == 0;
}

char *crypto_random_hex(gsize bytes)
{
    g_autofree unsigned char *random = g_malloc(bytes);

    g_assert(bytes <= G_MAXINT && RAND_bytes(random, (int)bytes) == 1);
    return hex_of(random, bytes);
}

char *crypto_sha256(const char *bytes, gsize length)
{
    unsigned char out[SHA256_SIZE];

    digest(bytes, length, out);
    return hex_of(out, sizeof(out));
}

char *crypto_sha256_file(const char *path, GError **error)
{
    auto_fd int file = open(path, O_RDONLY | O_CLOEXEC);
    g_autoptr(EVP_MD_CTX) md = EVP_MD_CTX_new();
    g_autofree char *piece = g_malloc(PIECE);
    unsigned char out[SHA256_SIZE];
    ssize_t n = 0;

    if (file < 0)
        return hadal_throw_errno_null(error, "open %s", path);
    g_assert(md && EVP_DigestInit_ex(md, EVP_sha256(), NULL));
    while ((n = read(file, piece, PIECE)) > 0)
        g_assert(EVP_DigestUpdate(md, piece, (size_t)n));
    if (n < 0)
        return hadal_throw_errno_null(error, "read %s", path);
    g_assert(EVP_DigestFinal_ex(md, out, NULL));
    return hex_of(out, sizeof(out));
}
