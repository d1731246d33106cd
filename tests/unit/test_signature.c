// SPDX-License-Identifier: Apache-2.0
/* Keys; how a signature is checked is in test_install.c, with a release around it. */
#include "tf/signature.h"

#include <string.h>

#include "test.h"

#define BEGIN "-----BEGIN PGP PUBLIC KEY BLOCK-----"
#define END   "-----END PGP PUBLIC KEY BLOCK-----"

static char *keyring_of(const char *text)
{
    g_autoptr(GByteArray) keys = tf_signature_keyring(text, strlen(text));

    return keys ? g_strndup((const char *)keys->data, keys->len) : NULL;
}

TEST(armour_is_taken_off)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        { BEGIN "\n\naGFk\nYWw=\n=abcd\n" END "\n", "hadal" },
        { BEGIN "\r\nVersion: 1\r\nComment: x\r\n\r\naGFkYWw=\r\n=abcd\r\n" END "\r\n", "hadal" },
        { "words before\n" BEGIN "\n\naGFk\n" END "\nbetween\n" BEGIN "\n\nYWw=\n" END, "hadal" },
        { "\231binary", "\231binary" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *keys = keyring_of(cases[i].text);

        assert_non_null(keys);
        assert_string_equal(keys, cases[i].want);
    }
}

TEST(what_is_no_key_is_none)
{
    static const char *const texts[] = {
        "",
        "no key",
        BEGIN "\n\naGFkYWw=\n",
        BEGIN "\n" END,
        "-----BEGIN PGP PUBLIC KEY BLOCK-----END PGP PUBLIC KEY BLOCK-----",
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\naGFkYWw=\n-----END PGP PRIVATE KEY BLOCK-----",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *keys = keyring_of(texts[i]);

        assert_null(keys);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(armour_is_taken_off),
        cmocka_unit_test(what_is_no_key_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
