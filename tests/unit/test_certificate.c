// SPDX-License-Identifier: Apache-2.0
#include "sys/certificate.h"

#include <string.h>

#include "base/clock.h"
#include "sys/js.h"
#include "test.h"

#include "key_pair.h"

static EVP_PKEY *rsa, *other_rsa, *curve;

static Certificate *parse(const char *pem, GError **error)
{
    return certificate_parse(pem, strlen(pem), error);
}

TEST(a_token_is_signed_by_the_key_and_names_the_certificate)
{
    g_autofree char *pem = pem_of_both(rsa, A_YEAR_S);
    g_autoptr(GError) error = NULL;
    g_autoptr(Certificate) certificate = parse(pem, &error);
    g_autofree char *token = NULL;
    gsize length = 0;

    assert_ok(certificate, error);
    token = certificate_sign_token(certificate, "{\"iss\":\"me\"}", &error);
    assert_ok(token, error);
    g_autofree guchar *head = part_of_token(token, 0, &length);
    json_auto_t *header = json_loadb((const char *)head, length, 0, NULL);
    g_autofree guchar *claims = part_of_token(token, 1, &length);

    assert_string_equal(js_get(header, "alg", ""), "PS256");
    assert_string_equal(js_get(header, "typ", ""), "JWT");
    assert_int_equal(strlen(js_get(header, "x5t#S256", "")), 43);
    assert_int_equal(length, strlen("{\"iss\":\"me\"}"));
    assert_memory_equal(claims, "{\"iss\":\"me\"}", length);
    assert_true(is_signed_by(token, rsa));
    assert_false(is_signed_by(token, other_rsa));
}

TEST(when_it_ends_is_known)
{
    g_autofree char *pem = pem_of_both(rsa, 3600);
    g_autoptr(Certificate) certificate = parse(pem, NULL);
    gint64 left = certificate_ends(certificate) - clock_now();

    assert_true(left > 3500 * 1000 && left <= 3601 * 1000);
}

TEST(what_is_of_no_use_is_refused_with_the_reason)
{
    g_autofree char *key = pem_of_key(rsa);
    g_autofree char *certificate = pem_of_certificate(rsa, A_YEAR_S);
    g_autofree char *others = pem_of_certificate(other_rsa, A_YEAR_S);
    g_autofree char *mixed = g_strconcat(key, others, NULL);
    g_autofree char *of_curve = pem_of_both(curve, A_YEAR_S);
    const struct {
        const char *pem, *want;
    } cases[] = {
        { "no PEM", "there is no private key in it that can be read without a password" },
        { certificate, "there is no private key in it that can be read without a password" },
        { key, "there is no certificate in it" },
        { mixed, "its key does not belong to its first certificate" },
        { of_curve, "its key is not an RSA key" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;

        assert_fails(parse(cases[i].pem, &error), error, HADAL_ERROR_INVALID);
        assert_string_equal(error->message, cases[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_signed_by_the_key_and_names_the_certificate),
        cmocka_unit_test(when_it_ends_is_known),
        cmocka_unit_test(what_is_of_no_use_is_refused_with_the_reason),
    };
    int failed;

    rsa = EVP_RSA_gen(2048);
    other_rsa = EVP_RSA_gen(2048);
    curve = EVP_EC_gen("P-256");
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(other_rsa);
    EVP_PKEY_free(curve);
    return failed;
}
