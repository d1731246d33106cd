// SPDX-License-Identifier: Apache-2.0
#include "sys/crypto.h"

#include <glib/gstdio.h>
#include <string.h>

#include "test.h"

TEST(equal_texts_are_equal_and_null_equals_nothing)
{
    assert_true(crypto_equal("secret", "secret"));
    assert_true(crypto_equal("", ""));
    assert_false(crypto_equal("secret", "secreT"));
    assert_false(crypto_equal("secret", "secret "));
    assert_false(crypto_equal("secret", ""));
    assert_false(crypto_equal(NULL, "secret"));
    assert_false(crypto_equal("secret", NULL));
    assert_false(crypto_equal(NULL, NULL));
}

TEST(random_text_has_the_asked_length_and_is_never_the_same)
{
    g_autofree char *one = crypto_random_hex(16), *two = crypto_random_hex(16);

    assert_int_equal(strlen(one), 32);
    assert_int_equal(strspn(one, "0123456789abcdef"), 32);
    assert_string_not_equal(one, two);
}

TEST(digests_are_those_of_the_standard)
{
    g_autofree char *empty = crypto_sha256("", 0), *abc = crypto_sha256("abc", 3);

    assert_string_equal(empty, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_string_equal(abc, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(a_file_has_the_digest_of_its_bytes)
{
    g_autofree char *bytes = g_strnfill(200 * 1000, 'x'), *of_bytes = NULL, *of_file = NULL;
    g_autofree char *path = g_strdup("/tmp/test_crypto_XXXXXX");
    g_autoptr(GError) error = NULL;

    assert_true(g_close(g_mkstemp(path), NULL));
    assert_ok(g_file_set_contents(path, bytes, -1, &error), error);
    of_bytes = crypto_sha256(bytes, strlen(bytes));
    of_file = crypto_sha256_file(path, &error);
    g_unlink(path);
    assert_ok(of_file, error);
    assert_string_equal(of_file, of_bytes);
}

TEST(a_file_that_cannot_be_read_is_named)
{
    g_autoptr(GError) error = NULL;

    assert_fails(crypto_sha256_file("/no/such/file", &error), error, HADAL_ERROR_NOT_FOUND);
    assert_string_equal(error->message, "open /no/such/file: No such file or directory");
    g_clear_error(&error);
    assert_fails(crypto_sha256_file("/", &error), error, HADAL_ERROR_INTERNAL);
    assert_string_equal(error->message, "read /: Is a directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_texts_are_equal_and_null_equals_nothing),
        cmocka_unit_test(random_text_has_the_asked_length_and_is_never_the_same),
        cmocka_unit_test(digests_are_those_of_the_standard),
        cmocka_unit_test(a_file_has_the_digest_of_its_bytes),
        cmocka_unit_test(a_file_that_cannot_be_read_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
