// SPDX-License-Identifier: Apache-2.0
/* The tree of a YAML file: whatever is in it, it is bounded and whole. */
#include "sys/yaml.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void check(const YamlNode *node)
{
    g_assert_cmpuint(node->line, >, 0);
    g_assert_cmpuint(node->column, >, 0);
    g_assert_true((node->kind == NODE_TEXT) == (node->text != NULL));
    g_assert_true((node->kind == NODE_MAP) == (node->keys != NULL));
    g_assert_true((node->kind == NODE_TEXT) == (node->items == NULL));
    if (node->keys)
        g_assert_cmpuint(node->keys->len, ==, node->items->len);
    for (guint i = 0; node->items && i < node->items->len; i++)
        check(node->items->pdata[i]);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(GError) error = NULL;
    g_autoptr(YamlDoc) doc = yaml_doc_parse("f", text, &error);

    g_assert_true((doc == NULL) == (error != NULL));
    if (doc)
        check(yaml_doc_root(doc));
    return 0;
}
