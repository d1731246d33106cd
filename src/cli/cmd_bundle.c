// SPDX-License-Identifier: Apache-2.0
/*
 * Gathers for machines without the internet what runs there: the programs, held against their
 * digests, a mirror of provider archives, which "terraform providers mirror" makes and checks, and
 * the configuration that leads Terraform to it.
 */
#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/process.h"
#include "config/bundle_yaml.h"
#include "config/settings.h"
#include "config/version_text.h"
#include "sys/files.h"
#include "sys/proc.h"
#include "tf/download.h"

enum {
    MIRROR_TIMEOUT_MS = 60 * 60 * 1000,
    MIRROR_OUTPUT = 1 << 20,
    GRACE_MS = 5000,
    MAX_FILE = 1 << 20,
};

typedef struct {
    const BundleYaml *bundle;
    const Settings *settings;
    char *dir; /* absolute */
} Bundle;

static const Ctx ctx; /* a person waits, and has Ctrl-C */

/* ------------------------------------------------------------------- programs */

/* bin/terraform1.11.4: the name by which a server finds a version on its PATH. */
static bool link_program(const TfDownload *download, GError **error)
{
    const TfDistribution *distribution = download->distribution;
    g_autofree char *name = g_strconcat(distribution->program, download->version, NULL);
    g_autofree char *link = g_build_filename(download->bin_dir, name, NULL);
    g_autofree char *target =
        g_build_filename(distribution->key, download->version, distribution->program, NULL);

    if (symlink(target, link) == 0 || errno == EEXIST)
        return true;
    return hadal_throw_errno(error, "create %s", link);
}

static bool get_program(const Bundle *self, const char *key, const char *base_url,
                        const char *key_file, const char *version, char **path, GError **error)
{
    const TfDistribution *distribution = tf_distribution_find(key, error);
    g_autofree char *bin = g_build_filename(self->dir, "bin", NULL);
    g_autofree char *exact = version_text_exact(version);
    const TfDownload download = {
        .distribution = distribution,
        .version = exact,
        .base_url = base_url,
        .key_file = key_file,
        .bin_dir = bin,
        .timeout_ms = MIRROR_TIMEOUT_MS,
    };
    g_autofree char *place = distribution ? tf_download_path(&download) : NULL;
    g_autofree char *parent = place ? g_path_get_dirname(place) : NULL;

    if (!place)
        return false;
    printf("%s %s\n", distribution->title, exact);
    /* For the server's account too, whoever gathers: a download alone would keep others out. */
    if (g_mkdir_with_parents(parent, 0755) < 0)
        return hadal_throw_errno(error, "create %s", parent);
    if (!g_file_test(place, G_FILE_TEST_IS_EXECUTABLE) && !tf_download_run(&ctx, &download, error))
        return hadal_prefix(error, "%s %s", distribution->title, exact);
    if (!link_program(&download, error))
        return false;
    if (!*path)
        *path = g_steal_pointer(&place);
    return true;
}

/* *path gets the first one. */
static bool get_programs(const Bundle *self, char **path, GError **error)
{
    const BundleYaml *bundle = self->bundle;
    const Settings *settings = self->settings;

    for (gsize i = 0; bundle->terraform && bundle->terraform[i]; i++)
        if (!get_program(self, "terraform", settings->tf_download_url,
                         settings->tf_signing_key_file, bundle->terraform[i], path, error))
            return false;
    for (gsize i = 0; bundle->opentofu && bundle->opentofu[i]; i++)
        if (!get_program(self, "opentofu", settings->tofu_download_url,
                         settings->tofu_signing_key_file, bundle->opentofu[i], path, error))
            return false;
    return true;
}

/* -------------------------------------------------------------------- mirror */

static bool write_module(const char *dir, const BundleProvider *provider, const char *version,
                         GError **error)
{
    g_autofree char *path = g_build_filename(dir, "main.tf", NULL);
    g_autofree char *text = g_strdup_printf("terraform {\n  required_providers {\n    one = {\n"
                                            "      source  = \"%s\"\n      version = \"%s\"\n"
                                            "    }\n  }\n}\n",
                                            provider->source, version);

    return g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

static GStrv mirror_argv(const Bundle *self, const char *program, const char *mirror)
{
    g_autoptr(GStrvBuilder) argv = g_strv_builder_new();

    g_strv_builder_add_many(argv, program, "providers", "mirror", NULL);
    for (gsize i = 0; self->bundle->platforms && self->bundle->platforms[i]; i++) {
        g_autofree char *flag = g_strconcat("-platform=", self->bundle->platforms[i], NULL);

        g_strv_builder_add(argv, flag);
    }
    g_strv_builder_add(argv, mirror);
    return g_strv_builder_end(argv);
}

static bool run_mirror(const Bundle *self, const char *program, const char *module, GError **error)
{
    g_autofree char *mirror = g_build_filename(self->dir, "providers", NULL);
    g_auto(GStrv) argv = mirror_argv(self, program, mirror);
    g_auto(GStrv) env = g_environ_setenv(g_get_environ(), "CHECKPOINT_DISABLE", "1", TRUE);
    g_autoptr(GString) output = g_string_new(NULL);
    const ProcSpec spec = {
        .argv = (const char *const *)argv,
        .dir = module,
        .env = (const char *const *)env,
        .max_output = MIRROR_OUTPUT,
        .timeout_ms = MIRROR_TIMEOUT_MS,
        .grace_ms = GRACE_MS,
        .ends_at_limit = true,
    };

    if (g_mkdir_with_parents(mirror, 0755) < 0)
        return hadal_throw_errno(error, "create %s", mirror);
    if (proc_run(&ctx, &spec, output, NULL, NULL, error))
        return true;
    g_autofree char *words = g_utf8_make_valid(output->str, (gssize)output->len);
    return hadal_prefix(error, "%s\nproviders mirror", g_strstrip(words));
}

/* One at a time: a module can ask for one version of a provider only. */
static bool mirror_all(const Bundle *self, const char *program, const char *module, GError **error)
{
    const GPtrArray *providers = self->bundle->providers;

    for (guint i = 0; providers && i < providers->len; i++) {
        const BundleProvider *provider = providers->pdata[i];

        for (gsize j = 0; provider->versions[j]; j++) {
            printf("%s %s\n", provider->source, provider->versions[j]);
            fflush(stdout);
            if (!write_module(module, provider, provider->versions[j], error) ||
                !run_mirror(self, program, module, error))
                return hadal_prefix(error, "%s %s", provider->source, provider->versions[j]);
        }
    }
    return true;
}

static bool make_mirror(const Bundle *self, const char *program, GError **error)
{
    g_autofree char *module = g_dir_make_tmp("hadal-bundle-XXXXXX", error);
    bool is_made;

    if (!module)
        return false;
    is_made = mirror_all(self, program, module, error);
    (void)!files_remove_tree(module, NULL); /* nothing in it that anybody needs */
    return is_made;
}

/* -------------------------------------------------------------------- config */

static const char *place_of_use(const Bundle *self)
{
    return self->bundle->path ? self->bundle->path : self->dir;
}

static bool write_config(const Bundle *self, char **path, GError **error)
{
    const char *used_at = place_of_use(self);
    g_autofree char *mirror = g_build_filename(used_at, "providers", NULL);
    g_autofree char *text =
        g_strdup_printf("# Providers come from this bundle alone.\nprovider_installation {\n"
                        "  filesystem_mirror {\n    path = \"%s\"\n  }\n}\n",
                        mirror);

    if (strpbrk(used_at, "\"\\$%\n"))
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "%s cannot stand in a configuration of Terraform: choose a directory "
                           "without quotes, backslashes, \"$\" and \"%%\"",
                           used_at);
    *path = g_build_filename(self->dir, "mirror.tfrc", NULL);
    return g_file_set_contents_full(*path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644, error);
}

static bool make(const Bundle *self, GError **error)
{
    const char *used_at = place_of_use(self);
    g_autofree char *program = NULL, *config = NULL;

    if (g_mkdir_with_parents(self->dir, 0755) < 0)
        return hadal_throw_errno(error, "create %s", self->dir);
    if (!get_programs(self, &program, error) || !make_mirror(self, program, error) ||
        !write_config(self, &config, error))
        return false;
    printf("\nThe bundle is in %s. Start the server with TF_CLI_CONFIG_FILE=%s/mirror.tfrc,\n"
           "%s/bin on its PATH, and --tf-download=false.\n",
           self->dir, used_at, used_at);
    return true;
}

/* ------------------------------------------------------------------- command */

static int print_usage(FILE *to, int status)
{
    fputs(
        "Usage: hadal bundle FILE DIRECTORY [OPTIONS]\n\n"
        "Gathers Terraform, OpenTofu and a mirror of providers for machines without the internet.\n"
        "What is in FILE: docs/reference/bundle-yaml.md. Options are the server's that say where\n"
        "programs come from: --tf-download-url, --tofu-download-url, --tf-signing-key-file,\n"
        "--tofu-signing-key-file.\n",
        to);
    return status;
}

static BundleYaml *read_file(const char *file, GError **error)
{
    g_autofree char *text = NULL, *dir = g_path_get_dirname(file),
                    *name = g_path_get_basename(file);

    if (!files_read_beneath(dir, name, MAX_FILE, &text, error))
        return NULL;
    if (!text)
        return hadal_throw_null(error, HADAL_ERROR_NOT_FOUND, "there is no file %s", file);
    return bundle_yaml_parse(file, text, error);
}

static bool run(char **argv, GError **error)
{
    g_auto(Settings) settings = { 0 };
    g_auto(GStrv) env = g_get_environ();
    g_autoptr(BundleYaml) bundle = read_file(argv[2], error);
    g_autofree char *launcher = bundle ? process_find_launcher(error) : NULL;
    g_autofree char *dir = g_canonicalize_filename(argv[3], NULL);
    const Bundle self = { .bundle = bundle, .settings = &settings, .dir = dir };

    if (!launcher || !settings_load_offline((const char *const *)argv + 4, (const char *const *)env,
                                            &settings, error))
        return false;
    proc_init(launcher);
    return make(&self, error);
}

int cmd_bundle(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;

    if (cli_wants_help(argv + 2))
        return print_usage(stdout, 0);
    if (argc < 4 || *argv[2] == '-' || *argv[3] == '-')
        return print_usage(stderr, 2);
    if (run(argv, &error))
        return 0;
    fflush(stdout);
    fprintf(stderr, "hadal bundle: %s\n", error->message);
    return 1;
}
