// SPDX-License-Identifier: Apache-2.0
#include "base/redact.h"

#include "test.h"

#define assert_redacted(text, want)                \
    do {                                           \
        g_autofree char *got_ = redact_copy(text); \
        assert_string_equal(got_, want);           \
    } while (0)

TEST(secrets_are_replaced_and_short_words_are_not)
{
    redact_add("s3cr3t-text");
    redact_add("short");
    redact_add(NULL);
    assert_redacted("a s3cr3t-text is short", "a *** is short");
}

TEST(of_a_renewed_secret_the_last_few_are_kept)
{
    for (int i = 0; i < 9; i++) {
        g_autofree char *secret = g_strdup_printf("renewed-%d", i);

        redact_renew("token", secret);
    }
    assert_redacted("renewed-0", "renewed-0");
    assert_redacted("renewed-1 renewed-8", "*** ***");
}

TEST(renewing_one_forgets_no_other)
{
    redact_add("stays-for-good");
    redact_renew("other", "of-another");
    for (int i = 0; i < 20; i++) {
        g_autofree char *secret = g_strdup_printf("changing-%02d", i);

        redact_renew("changing", secret);
    }
    assert_redacted("stays-for-good of-another", "*** ***");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_replaced_and_short_words_are_not),
        cmocka_unit_test(of_a_renewed_secret_the_last_few_are_kept),
        cmocka_unit_test(renewing_one_forgets_no_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
