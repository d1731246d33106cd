// SPDX-License-Identifier: Apache-2.0
/*
 * The native syntax, by tree-sitter. Only blocks at the top and in "terraform" blocks are looked
 * at: no walk goes deeper than that, however deep a file is nested.
 */
#include "tf/hcl.h"

#include <string.h>
#include <tree_sitter/api.h>

#include "tf/hcl_impl.h"

enum { MAX_FILE = 1 << 20, MAX_TIME_US = 2 * 1000 * 1000 };

/* Of the grammar, which has no header. */
const TSLanguage *tree_sitter_hcl(void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(TSParser, ts_parser_delete)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TSTree, ts_tree_delete)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TSTreeCursor, ts_tree_cursor_delete)

/* --- the module --- */

HclModule *hcl_module_new(void)
{
    HclModule *module = g_new0(HclModule, 1);

    module->required_versions = g_ptr_array_new_with_free_func(g_free);
    module->module_sources = g_ptr_array_new_with_free_func(g_free);
    module->needs = g_ptr_array_new_with_free_func(g_free);
    return module;
}

void hcl_module_free(HclModule *module)
{
    if (!module)
        return;
    g_ptr_array_unref(module->required_versions);
    g_ptr_array_unref(module->module_sources);
    g_ptr_array_unref(module->needs);
    g_free(module->backend);
    g_free(module->cloud_workspace);
    g_free(module);
}

void hcl_module_add_version(HclModule *module, const char *text)
{
    if (text)
        g_ptr_array_add(module->required_versions, g_strdup(text));
}

void hcl_module_add_source(HclModule *module, const char *text)
{
    if (text)
        g_ptr_array_add(module->module_sources, g_strdup(text));
}

void hcl_module_add_need(HclModule *module, const char *text, gsize length)
{
    g_ptr_array_add(module->needs, g_strndup(text, length));
}

void hcl_module_set_backend(HclModule *module, const char *type)
{
    g_free(module->backend);
    module->backend = g_strdup(type);
}

void hcl_module_set_cloud_workspace(HclModule *module, const char *name)
{
    if (!name)
        return;
    g_free(module->cloud_workspace);
    module->cloud_workspace = g_strdup(name);
}

/* --- nodes --- */

typedef struct {
    HclModule *module;
    const char *text;
} File;

typedef void (*Visit)(const File *file, TSNode node);

static bool is_kind(TSNode node, const char *kind)
{
    return !ts_node_is_null(node) && g_str_equal(ts_node_type(node), kind);
}

/* Of the children, in one pass: ts_node_child(n) begins anew for each n. */
static void each_child(const File *file, TSNode parent, const char *kind, Visit visit)
{
    g_auto(TSTreeCursor) cursor = ts_tree_cursor_new(parent);
    bool has_more = ts_tree_cursor_goto_first_child(&cursor);

    for (; has_more; has_more = ts_tree_cursor_goto_next_sibling(&cursor)) {
        TSNode child = ts_tree_cursor_current_node(&cursor);

        if (is_kind(child, kind))
            visit(file, child);
    }
}

static TSNode first_of(TSNode parent, const char *kind)
{
    g_auto(TSTreeCursor) cursor = ts_tree_cursor_new(parent);
    bool has_more = ts_tree_cursor_goto_first_child(&cursor);

    for (; has_more; has_more = ts_tree_cursor_goto_next_sibling(&cursor))
        if (is_kind(ts_tree_cursor_current_node(&cursor), kind))
            return ts_tree_cursor_current_node(&cursor);
    return (TSNode){ 0 };
}

static bool says(const File *file, TSNode node, const char *word)
{
    uint32_t start, length;

    if (ts_node_is_null(node))
        return false;
    start = ts_node_start_byte(node);
    length = ts_node_end_byte(node) - start;
    return length == strlen(word) && memcmp(file->text + start, word, length) == 0;
}

/* --- texts --- */

/* Of a number in hexadecimal digits; 0 when there are too few of them. */
static gunichar code_point(const char *digits, const char *end, guint n)
{
    gunichar point = 0;

    if (end - digits < (gssize)n)
        return 0;
    for (guint i = 0; i < n; i++) {
        if (!g_ascii_isxdigit(digits[i]))
            return 0;
        point = point << 4 | (gunichar)g_ascii_xdigit_value(digits[i]);
    }
    return g_unichar_validate(point) ? point : 0;
}

/* What follows a backslash; how many bytes of it were used, 0 when it is no escape. */
static gsize add_escape(GString *to, const char *at, const char *end)
{
    static const char from[] = "nrt\"\\", into[] = "\n\r\t\"\\";
    guint digits = *at == 'u' ? 4 : *at == 'U' ? 8 : 0;
    gunichar point = digits ? code_point(at + 1, end, digits) : 0;
    const char *simple = *at ? strchr(from, *at) : NULL;

    if (simple)
        g_string_append_c(to, into[simple - from]);
    else if (point)
        g_string_append_unichar(to, point);
    else
        return 0;
    return simple ? 1 : 1 + digits;
}

/* Between the quotes: escapes, and "$${" for "${". NULL for what is no valid text. */
static char *unquote(const char *at, const char *end)
{
    g_autoptr(GString) text = g_string_new(NULL);

    while (at < end) {
        bool is_doubled =
            end - at >= 3 && (*at == '$' || *at == '%') && at[1] == at[0] && at[2] == '{';
        gsize used = *at == '\\' && at + 1 < end ? add_escape(text, at + 1, end) : 0;

        if (*at == '\\' && used == 0)
            return NULL;
        if (*at != '\\')
            g_string_append_c(text, *at);
        at += 1 + used + (is_doubled ? 1 : 0);
    }
    return g_utf8_validate(text->str, (gssize)text->len, NULL) ? g_strdup(text->str) : NULL;
}

/* Of a string_lit node, which holds no template. */
static char *text_of(const File *file, TSNode node)
{
    const char *start = file->text + ts_node_start_byte(node);
    const char *end = file->text + ts_node_end_byte(node);

    if (!is_kind(node, "string_lit") || end - start < 2 || *start != '"' || end[-1] != '"')
        return NULL;
    return unquote(start + 1, end - 1);
}

/* expression > literal_value > string_lit; NULL for everything that is to be computed. */
static char *literal_of(const File *file, TSNode attribute)
{
    TSNode value = first_of(attribute, "expression");

    if (!ts_node_is_null(value))
        value = first_of(value, "literal_value");
    if (!ts_node_is_null(value))
        value = first_of(value, "string_lit");
    return ts_node_is_null(value) ? NULL : text_of(file, value);
}

/* --- blocks --- */

static bool has_name(const File *file, TSNode node, const char *name)
{
    return says(file, first_of(node, "identifier"), name);
}

static void each_in_body(const File *file, TSNode block, const char *kind, Visit visit)
{
    TSNode body = first_of(block, "body");

    if (!ts_node_is_null(body))
        each_child(file, body, kind, visit);
}

static void visit_source(const File *file, TSNode attribute)
{
    g_autofree char *source = NULL;

    if (!has_name(file, attribute, "source"))
        return;
    source = literal_of(file, attribute);
    hcl_module_add_source(file->module, source);
}

static void visit_workspace_name(const File *file, TSNode attribute)
{
    g_autofree char *name = NULL;

    if (!has_name(file, attribute, "name"))
        return;
    name = literal_of(file, attribute);
    hcl_module_set_cloud_workspace(file->module, name);
}

static void visit_in_cloud(const File *file, TSNode block)
{
    if (has_name(file, block, "workspaces"))
        each_in_body(file, block, "attribute", visit_workspace_name);
}

static void visit_version(const File *file, TSNode attribute)
{
    g_autofree char *version = NULL;

    if (!has_name(file, attribute, "required_version"))
        return;
    version = literal_of(file, attribute);
    hcl_module_add_version(file->module, version);
}

static void add_need(const File *file, TSNode node)
{
    uint32_t start = ts_node_start_byte(node);

    hcl_module_add_need(file->module, file->text + start, ts_node_end_byte(node) - start);
}

/* provider "aws" { version = "~> 5.0" }, as it was written before there was required_providers. */
static void visit_provider_version(const File *file, TSNode attribute)
{
    if (has_name(file, attribute, "version"))
        add_need(file, attribute);
}

/* resource "aws_vpc" "main" {}, without required_providers, is hashicorp/aws's. */
static void visit_typed(const File *file, TSNode block)
{
    TSNode label = first_of(block, "string_lit");
    g_autofree char *type = ts_node_is_null(label) ? NULL : text_of(file, label);

    if (type)
        hcl_module_add_need(file->module, type, strcspn(type, "_"));
}

/* backend "s3" {} */
static void visit_in_terraform(const File *file, TSNode block)
{
    TSNode label = first_of(block, "string_lit");
    g_autofree char *type = ts_node_is_null(label) ? NULL : text_of(file, label);

    if (has_name(file, block, "required_providers"))
        add_need(file, block);
    if (has_name(file, block, "backend") && type)
        hcl_module_set_backend(file->module, type);
    if (!has_name(file, block, "cloud"))
        return;
    hcl_module_set_backend(file->module, "cloud");
    each_in_body(file, block, "block", visit_in_cloud);
}

static void visit_top(const File *file, TSNode block)
{
    static const char *const typed[] = { "resource", "data", "ephemeral", "provider", "action" };

    for (gsize i = 0; i < G_N_ELEMENTS(typed); i++)
        if (has_name(file, block, typed[i]))
            visit_typed(file, block);
    if (has_name(file, block, "provider"))
        each_in_body(file, block, "attribute", visit_provider_version);
    if (has_name(file, block, "module"))
        each_in_body(file, block, "attribute", visit_source);
    if (!has_name(file, block, "terraform"))
        return;
    each_in_body(file, block, "attribute", visit_version);
    each_in_body(file, block, "block", visit_in_terraform);
}

/* --- files --- */

static TSTree *parse(const char *text, gsize length)
{
    g_autoptr(TSParser) parser = ts_parser_new();

    if (!ts_parser_set_language(parser, tree_sitter_hcl()))
        return NULL;
    ts_parser_set_timeout_micros(parser, MAX_TIME_US);
    return ts_parser_parse_string(parser, NULL, text, (uint32_t)length);
}

static void add_native(HclModule *module, const char *text, gsize length)
{
    const File file = { module, text };
    g_autoptr(TSTree) tree = parse(text, length);

    if (!tree) {
        module->has_error = true;
        return;
    }
    module->has_error |= ts_node_has_error(ts_tree_root_node(tree));
    each_in_body(&file, ts_tree_root_node(tree), "block", visit_top);
}

static bool is_json(const char *path)
{
    return g_str_has_suffix(path, ".tf.json") || g_str_has_suffix(path, ".tofu.json");
}

void hcl_module_add(HclModule *module, const char *path, const char *text, gsize length)
{
    bool is_native = g_str_has_suffix(path, ".tf") || g_str_has_suffix(path, ".tofu");

    if (!is_native && !is_json(path))
        return;
    if (length > MAX_FILE || !g_utf8_validate(text, (gssize)length, NULL))
        module->has_error = true;
    else if (is_native)
        add_native(module, text, length);
    else
        hcl_module_add_json(module, text, length);
}
