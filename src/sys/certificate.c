// SPDX-License-Identifier: Apache-2.0
#include "sys/certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>
#include <time.h>

struct _Certificate {
    X509 *x509;
    EVP_PKEY *key;
};

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_MD_CTX, EVP_MD_CTX_free)

/* Without it OpenSSL would ask for a password on the terminal. */
static int no_password(char *buffer, int size, int is_writing, void *data)
{
    (void)buffer, (void)size, (void)is_writing, (void)data;
    return -1;
}

static BIO *bio_of(const char *pem, gsize length)
{
    BIO *bio = BIO_new_mem_buf(pem, (int)length);

    g_assert(bio);
    return bio;
}

static bool read_both(Certificate *certificate, const char *pem, gsize length, GError **error)
{
    g_autoptr(BIO) for_key = bio_of(pem, length);
    g_autoptr(BIO) for_x509 = bio_of(pem, length);

    certificate->key = PEM_read_bio_PrivateKey(for_key, NULL, no_password, NULL);
    if (!certificate->key)
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "there is no private key in it that can be read without a password");
    certificate->x509 = PEM_read_bio_X509(for_x509, NULL, no_password, NULL);
    if (!certificate->x509)
        return hadal_throw(error, HADAL_ERROR_INVALID, "there is no certificate in it");
    if (EVP_PKEY_get_base_id(certificate->key) != EVP_PKEY_RSA)
        return hadal_throw(error, HADAL_ERROR_INVALID, "its key is not an RSA key");
    if (X509_check_private_key(certificate->x509, certificate->key) != 1)
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "its key does not belong to its first certificate");
    return true;
}

Certificate *certificate_parse(const char *pem, gsize length, GError **error)
{
    enum { LARGEST = 1 << 20 };
    g_autoptr(Certificate) certificate = g_new0(Certificate, 1);

    if (length > LARGEST)
        return hadal_throw_null(error, HADAL_ERROR_INVALID, "it is too large to be a certificate");
    return read_both(certificate, pem, length, error) ? g_steal_pointer(&certificate) : NULL;
}

void certificate_free(Certificate *certificate)
{
    if (!certificate)
        return;
    X509_free(certificate->x509);
    EVP_PKEY_free(certificate->key);
    g_free(certificate);
}

gint64 certificate_ends(const Certificate *certificate)
{
    struct tm when = { 0 };

    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate->x509), &when) != 1)
        return 0;
    return (gint64)timegm(&when) * 1000;
}

/* RFC 7515 section 2: without padding. The caller frees it. */
static char *base64url(const guchar *bytes, gsize length)
{
    char *text = g_base64_encode(bytes, length);

    g_strdelimit(text, "+", '-');
    g_strdelimit(text, "/", '_');
    text[strcspn(text, "=")] = '\0';
    return text;
}

static char *base64url_text(const char *text)
{
    return base64url((const guchar *)text, strlen(text));
}

static char *header_of(const Certificate *certificate)
{
    guchar digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;

    g_assert(X509_digest(certificate->x509, EVP_sha256(), digest, &length) == 1);
    g_autofree char *thumbprint = base64url(digest, length);
    return g_strdup_printf("{\"alg\":\"PS256\",\"typ\":\"JWT\",\"x5t#S256\":\"%s\"}", thumbprint);
}

static bool set_up(EVP_MD_CTX *md, EVP_PKEY *key)
{
    EVP_PKEY_CTX *padding = NULL; /* md's */

    return EVP_DigestSignInit(md, &padding, EVP_sha256(), NULL, key) == 1 &&
           EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(padding, RSA_PSS_SALTLEN_DIGEST) == 1;
}

static char *signature_of(const Certificate *certificate, const char *text)
{
    g_autoptr(EVP_MD_CTX) md = EVP_MD_CTX_new();
    const guchar *bytes = (const guchar *)text;
    g_autofree guchar *out = NULL;
    size_t length = 0;

    if (!md || !set_up(md, certificate->key) ||
        EVP_DigestSign(md, NULL, &length, bytes, strlen(text)) != 1)
        return NULL;
    out = g_malloc(length);
    if (EVP_DigestSign(md, out, &length, bytes, strlen(text)) != 1)
        return NULL;
    return base64url(out, length);
}

char *certificate_sign_token(const Certificate *certificate, const char *claims, GError **error)
{
    g_autofree char *header = header_of(certificate);
    g_autofree char *first = base64url_text(header);
    g_autofree char *second = base64url_text(claims);
    g_autofree char *both = g_strconcat(first, ".", second, NULL);
    g_autofree char *signature = signature_of(certificate, both);

    if (!signature)
        return hadal_throw_null(error, HADAL_ERROR_INTERNAL, "OpenSSL does not sign");
    return g_strconcat(both, ".", signature, NULL);
}
