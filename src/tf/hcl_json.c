// SPDX-License-Identifier: Apache-2.0
/*
 * The JSON syntax of modules: https://developer.hashicorp.com/terraform/language/syntax/json. A
 * block is an object, or an array of them where it may be repeated; labels are keys. The key "//"
 * is a comment.
 */
#include <string.h>

#include "sys/js.h"
#include "tf/hcl_impl.h"

typedef void (*Visit)(HclModule *module, const char *label, const json_t *body);

/* The text, when it is one without a template in it. */
static const char *literal(const json_t *body, const char *key)
{
    const char *text = js_get(body, key, NULL);

    return text && !strstr(text, "${") && !strstr(text, "%{") ? text : NULL;
}

/* Calls visit for a block or each block of an array. */
static void each_block(HclModule *module, const char *label, const json_t *value, Visit visit)
{
    const json_t *body;
    gsize index;

    if (json_is_object(value))
        visit(module, label, value);
    json_array_foreach(value, index, body)
    {
        if (json_is_object(body))
            visit(module, label, body);
    }
}

/* Calls visit for each block under each label. */
static void each_label(HclModule *module, const json_t *labels, Visit visit)
{
    const char *label;
    json_t *value;

    json_object_foreach((json_t *)labels, label, value)
    {
        if (!g_str_equal(label, "//"))
            each_block(module, label, value, visit);
    }
}

static void visit_source(HclModule *module, const char *label G_GNUC_UNUSED, const json_t *body)
{
    hcl_module_add_source(module, literal(body, "source"));
}

static void visit_module(HclModule *module, const char *label G_GNUC_UNUSED, const json_t *body)
{
    each_label(module, body, visit_source);
}

static void visit_backend_type(HclModule *module, const char *label,
                               const json_t *body G_GNUC_UNUSED)
{
    hcl_module_set_backend(module, label);
}

static void visit_backend(HclModule *module, const char *label G_GNUC_UNUSED, const json_t *body)
{
    each_label(module, body, visit_backend_type);
}

static void visit_workspaces(HclModule *module, const char *label G_GNUC_UNUSED, const json_t *body)
{
    hcl_module_set_cloud_workspace(module, literal(body, "name"));
}

static void visit_cloud(HclModule *module, const char *label G_GNUC_UNUSED, const json_t *body)
{
    hcl_module_set_backend(module, "cloud");
    each_block(module, NULL, json_object_get(body, "workspaces"), visit_workspaces);
}

static void visit_terraform(HclModule *module, const char *label G_GNUC_UNUSED, const json_t *body)
{
    hcl_module_add_version(module, literal(body, "required_version"));
    each_block(module, NULL, json_object_get(body, "backend"), visit_backend);
    each_block(module, NULL, json_object_get(body, "cloud"), visit_cloud);
}

static void visit_file(HclModule *module, const char *label G_GNUC_UNUSED, const json_t *body)
{
    each_block(module, NULL, json_object_get(body, "terraform"), visit_terraform);
    each_block(module, NULL, json_object_get(body, "module"), visit_module);
}

void hcl_module_add_json(HclModule *module, const char *text, gsize length)
{
    json_t *parsed = js_parse(text, length, NULL); /* a broken file is not a failure */
    json_auto_t *file = parsed;

    if (!file)
        module->has_error = true;
    hcl_module_add_need(module, text, length);
    /* A file may be one body or an array of bodies. */
    each_block(module, NULL, file, visit_file);
}
