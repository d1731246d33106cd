// SPDX-License-Identifier: Apache-2.0
#pragma once

/*
 * A root module in a directory of its own, and a TfRun for it: with the real terraform, or with a
 * program in its place that writes down how it was called. Without a terraform these tests fail.
 */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sys/proc.h"
#include "test.h"
#include "tf/tool.h"

typedef struct {
    char *dir; /* of the test */
    char *root, *data_dir, *plan_path;
    GStrv env;
    TfTool tool;
    TfRun run;
} Module;

static inline char *module_path(const Module *module, const char *name)
{
    return g_build_filename(module->dir, name, NULL);
}

static inline void module_write(const Module *module, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(module->root, name, NULL);
    g_autofree char *parent = g_path_get_dirname(path);

    assert_int_equal(g_mkdir_with_parents(parent, 0700), 0);
    assert_true(g_file_set_contents(path, text, -1, NULL));
}

static inline void module_set_env(Module *module, const char *name, const char *value)
{
    module->env = g_environ_setenv(module->env, name, value, TRUE);
    module->run.env = (const char *const *)module->env;
}

static inline int module_setup(void **fixture)
{
    static char launcher[1000]; /* proc_init() borrows it */
    Module *module = g_new0(Module, 1);
    g_autofree char *template = g_build_filename(g_get_tmp_dir(), "hadal-tf-XXXXXX", NULL);

    g_snprintf(launcher, sizeof(launcher), "%s/src/launcher/hadal-launch",
               g_getenv("HADAL_BUILD_ROOT"));
    proc_init(launcher);
    module->dir = g_strdup(g_mkdtemp(template));
    module->root = module_path(module, "root");
    module->data_dir = module_path(module, "data");
    module->plan_path = module_path(module, "plan");
    g_mkdir(module->root, 0700);
    module->env = proc_base_env();
    module->run = (TfRun){
        .tool = &module->tool,
        .dir = module->root,
        .workspace = "default",
        .data_dir = module->data_dir,
        .env = (const char *const *)module->env,
        .max_output = 1 << 20,
        .timeout_ms = 60 * 1000,
        .grace_ms = 1000,
    };
    *fixture = module;
    return 0;
}

static inline int module_teardown(void **fixture)
{
    Module *module = *fixture;
    const Ctx ctx = { 0 };
    const ProcSpec spec = {
        .argv = ARGV("rm", "-rf", "--", module->dir),
        .max_output = 10000,
        .grace_ms = 1000,
    };
    g_autoptr(GString) output = g_string_new(NULL);
    bool is_removed = proc_run(&ctx, &spec, output, NULL, NULL, NULL);

    g_free(module->dir);
    g_free(module->root);
    g_free(module->data_dir);
    g_free(module->plan_path);
    g_strfreev(module->env);
    tf_tool_clear(&module->tool);
    g_free(module);
    return is_removed ? 0 : -1;
}

/* --- the real one --- */

static inline void module_use_terraform(Module *module)
{
    g_autoptr(GError) error = NULL;
    const Ctx ctx = { 0 };

    assert_ok(tf_tool_find(&ctx, "terraform", &module->tool, &error), error);
}

static inline void module_init(Module *module)
{
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    const Ctx ctx = { 0 };

    if (!tf_init(&ctx, &module->run, output, &error) ||
        !tf_workspace_select(&ctx, &module->run, output, &error))
        fail_msg("%s: %s", error->message, output->str);
}

/* What it printed; the caller frees it. */
static inline char *module_plan(Module *module)
{
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    const Ctx ctx = { 0 };

    if (!tf_plan(&ctx, &module->run, module->plan_path, output, &error))
        fail_msg("%s: %s", error->message, output->str);
    return g_strdup(output->str);
}

static inline char *module_apply(Module *module)
{
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    const Ctx ctx = { 0 };

    if (!tf_apply(&ctx, &module->run, module->plan_path, output, &error))
        fail_msg("%s: %s", error->message, output->str);
    return g_strdup(output->str);
}

/* --- one in its place --- */

/*
 * body is of a shell script, a constant of the test. Before it, each call's arguments go to
 * "called" as "[plan][-input=false]..." lines and its environment to "environment".
 */
static inline void module_use_script(Module *module, const char *version, const char *body)
{
    g_autofree char *path = module_path(module, "terraform");
    g_autofree char *text = g_strdup_printf("#!/bin/sh\n"
                                            "cd %s\n"
                                            "for word; do printf '[%%s]' \"$word\"; done >>called\n"
                                            "echo >>called\n"
                                            "env >environment\n"
                                            "%s\n",
                                            module->dir, body);

    assert_true(g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0700, NULL));
    tf_tool_clear(&module->tool);
    module->tool.name = g_strdup("terraform");
    module->tool.path = g_steal_pointer(&path);
    module->tool.version = g_strdup(version);
}

static inline char *module_read(const Module *module, const char *name)
{
    g_autofree char *path = module_path(module, name);
    char *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) ? text : g_strdup("");
}

static inline void assert_called(const Module *module, const char *want)
{
    g_autofree char *called = module_read(module, "called");

    assert_string_equal(called, want);
}

static inline char *module_environment(const Module *module, const char *name)
{
    g_autofree char *text = module_read(module, "environment");
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    return g_strdup(g_environ_getenv(lines, name));
}

static inline void assert_environment(const Module *module, const char *name, const char *want)
{
    g_autofree char *value = module_environment(module, name);

    if (want) {
        assert_non_null(value);
        assert_string_equal(value, want);
    } else if (value) {
        fail_msg("%s is %s", name, value);
    }
}

#define WITH_MODULE(test) cmocka_unit_test_setup_teardown(test, module_setup, module_teardown)
