// SPDX-License-Identifier: Apache-2.0
/* What a mirror, a key file and a tool's output may hold. The first byte picks. */
#include <stdint.h>

#include "tf/advice.h"
#include "tf/distribution.h"
#include "tf/signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void read_list(const char *key, const char *text, gsize length)
{
    const TfDistribution *distribution = tf_distribution_find(key, NULL);
    g_autoptr(GPtrArray) versions = tf_distribution_read_index(distribution, text, length, NULL);

    g_assert_true(!versions || versions->len > 0);
}

static void advise(const char *name, const char *output)
{
    g_autofree char *own_name = g_strdup(name), *version = g_strdup("1.9.0");
    const TfTool tool = { .name = own_name, .version = version };
    g_autofree char *advice = tf_advice(&tool, output);

    g_assert_true(!advice || *advice);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    gsize length = size > 0 ? size - 1 : 0;
    /* A copy of exactly this size, so that the sanitizer sees a read beyond it. */
    g_autofree char *exact = g_memdup2(bytes + (size > 0), length);
    g_autofree char *text = g_strndup((const char *)bytes + (size > 0), length);
    g_autoptr(GByteArray) keys = NULL;

    if (length == 0)
        return 0;
    switch (bytes[0]) {
    case 'i':
        read_list("terraform", exact, length);
        read_list("opentofu", exact, length);
        break;
    case 'k':
        keys = tf_signature_keyring(exact, length);
        g_assert_true(!keys || keys->len > 0);
        break;
    default:
        advise("terraform", text);
        advise("tofu", text);
    }
    return 0;
}
