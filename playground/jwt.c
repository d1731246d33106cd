// SPDX-License-Identifier: Apache-2.0
#include "jwt.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "sys/js.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509, X509_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_MD_CTX, EVP_MD_CTX_free)

/* RFC 4648 section 5, without padding. */
static guchar *decode(const char *part, gsize *length)
{
    gsize size = strlen(part);
    g_autofree char *text = g_strconcat(part, "===", NULL);

    text[(size + 3) / 4 * 4] = '\0';
    g_strdelimit(text, "-", '+');
    g_strdelimit(text, "_", '/');
    return g_base64_decode(text, length);
}

static json_t *decode_json(const char *part)
{
    gsize length = 0;
    g_autofree guchar *bytes = decode(part, &length);

    return json_loadb((const char *)bytes, length, JSON_REJECT_DUPLICATES, NULL);
}

bool jwt_parse(const char *text, Jwt *jwt)
{
    g_auto(GStrv) parts = g_strsplit(text, ".", -1);

    if (g_strv_length(parts) != 3)
        return false;
    jwt->header = decode_json(parts[0]);
    jwt->claims = decode_json(parts[1]);
    jwt->signature = decode(parts[2], &jwt->signature_length);
    jwt->signed_text = g_strconcat(parts[0], ".", parts[1], NULL);
    return json_is_object(jwt->header) && json_is_object(jwt->claims);
}

void jwt_clear(Jwt *jwt)
{
    g_clear_pointer(&jwt->header, json_decref);
    g_clear_pointer(&jwt->claims, json_decref);
    g_clear_pointer(&jwt->signature, g_free);
    g_clear_pointer(&jwt->signed_text, g_free);
}

static X509 *x509_of(const char *certificate)
{
    g_autoptr(BIO) bio = BIO_new_mem_buf(certificate, -1);

    return PEM_read_bio_X509(bio, NULL, NULL, NULL);
}

static void set_padding(EVP_PKEY_CTX *key, const char *algorithm)
{
    if (!g_str_equal(algorithm, "PS256"))
        return;
    EVP_PKEY_CTX_set_rsa_padding(key, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_rsa_pss_saltlen(key, RSA_PSS_SALTLEN_DIGEST);
}

bool jwt_is_signed(const Jwt *jwt, const char *algorithm, const char *certificate)
{
    g_autoptr(X509) x509 = x509_of(certificate);
    g_autoptr(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key = NULL;

    if (!x509 || !g_str_equal(js_get(jwt->header, "alg", ""), algorithm) ||
        EVP_DigestVerifyInit(ctx, &key, EVP_sha256(), NULL, X509_get0_pubkey(x509)) != 1)
        return false;
    set_padding(key, algorithm);
    return EVP_DigestVerify(ctx, jwt->signature, jwt->signature_length,
                            (const guchar *)jwt->signed_text, strlen(jwt->signed_text)) == 1;
}

char *jwt_thumbprint(const char *certificate)
{
    g_autoptr(X509) x509 = x509_of(certificate);
    guchar digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    g_autofree char *text = NULL;

    if (!x509 || X509_digest(x509, EVP_sha256(), digest, &length) != 1)
        return NULL;
    text = g_base64_encode(digest, length);
    g_strdelimit(text, "+", '-');
    g_strdelimit(text, "/", '_');
    return g_strndup(text, strcspn(text, "="));
}
