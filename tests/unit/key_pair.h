// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Keys and certificates made for a test program, as PEM. Include after test.h. */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

enum { A_YEAR_S = 365 * 24 * 3600 };

static inline char *pem_of_bio(BIO *bio)
{
    char *data = NULL;
    long length = BIO_get_mem_data(bio, &data);
    char *text = g_strndup(data, (gsize)length);

    BIO_free(bio);
    return text;
}

static inline char *pem_of_key(EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());

    assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    return pem_of_bio(bio);
}

/* Signed by itself; ends in so many seconds. */
static inline char *pem_of_certificate(EVP_PKEY *key, long ends_in_s)
{
    X509 *x509 = X509_new();
    BIO *bio = BIO_new(BIO_s_mem());

    X509_gmtime_adj(X509_getm_notBefore(x509), -A_YEAR_S);
    X509_gmtime_adj(X509_getm_notAfter(x509), ends_in_s);
    X509_set_pubkey(x509, key);
    assert_true(X509_sign(x509, key, EVP_sha256()) > 0);
    assert_int_equal(PEM_write_bio_X509(bio, x509), 1);
    X509_free(x509);
    return pem_of_bio(bio);
}

/* Key and certificate in one text. */
static inline char *pem_of_both(EVP_PKEY *key, long ends_in_s)
{
    g_autofree char *of_key = pem_of_key(key);
    g_autofree char *of_certificate = pem_of_certificate(key, ends_in_s);

    return g_strconcat(of_key, of_certificate, NULL);
}

/* A part of a JSON web token, decoded. */
static inline guchar *part_of_token(const char *token, guint i, gsize *length)
{
    g_auto(GStrv) parts = g_strsplit(token, ".", -1);

    assert_int_equal(g_strv_length(parts), 3);
    g_strdelimit(parts[i], "-", '+');
    g_strdelimit(parts[i], "_", '/');
    g_autofree char *padded = g_strconcat(parts[i], "===", NULL);
    padded[(strlen(parts[i]) + 3) / 4 * 4] = '\0';
    return g_base64_decode(padded, length);
}

static inline bool is_signed_by(const char *token, EVP_PKEY *key)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *of_key = NULL;
    gsize length = 0, signed_length = (gsize)(strrchr(token, '.') - token);
    g_autofree guchar *signature = part_of_token(token, 2, &length);
    bool result;

    assert_int_equal(EVP_DigestVerifyInit(ctx, &of_key, EVP_sha256(), NULL, key), 1);
    EVP_PKEY_CTX_set_rsa_padding(of_key, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_rsa_pss_saltlen(of_key, RSA_PSS_SALTLEN_DIGEST);
    result = EVP_DigestVerify(ctx, signature, length, (const guchar *)token, signed_length) == 1;
    EVP_MD_CTX_free(ctx);
    return result;
}
