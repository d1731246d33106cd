// SPDX-License-Identifier: Apache-2.0
/*
 * Layouts: https://releases.hashicorp.com/terraform/index.json, and for OpenTofu the releases of
 * its repository on GitHub with the list that get.opentofu.org has of them.
 */
#include "tf/distribution.h"

#include <string.h>
#include <sys/utsname.h>

#include "sys/js.h"

static const char opentofu_releases[] = "https://github.com/opentofu/opentofu/releases/download";
static const char opentofu_index[] = "https://get.opentofu.org/tofu/api.json";

typedef struct {
    TfDistribution names;
    const char *index;     /* below the address */
    const char *directory; /* of a release, before the version */
    const char *signature; /* ending of the signature of the digests */
} Layout;

static const Layout layouts[] = {
    { { "terraform", "Terraform", "terraform" }, "/terraform/index.json", "terraform/", ".sig" },
    { { "opentofu", "OpenTofu", "tofu" }, "/api.json", "v", ".gpgsig" },
};

const TfDistribution *tf_distribution_find(const char *key, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(layouts); i++)
        if (g_str_equal(layouts[i].names.key, key))
            return &layouts[i].names;
    return hadal_throw_null(error, HADAL_ERROR_INVALID,
                            "\"%.80s\" is neither terraform nor opentofu", key);
}

/* names comes first. */
static const Layout *layout_of(const TfDistribution *distribution)
{
    return (const Layout *)distribution;
}

char *tf_distribution_index_url(const TfDistribution *distribution, const char *base)
{
    if (g_str_equal(base, opentofu_releases))
        return g_strdup(opentofu_index);
    return g_strconcat(base, layout_of(distribution)->index, NULL);
}

/* What they call a version and we cannot read, nobody can have asked for. */
static void add_version(GPtrArray *versions, const char *text)
{
    TfVersion *version = text ? tf_version_parse(text, NULL) : NULL;

    if (version)
        g_ptr_array_add(versions, version);
}

GPtrArray *tf_distribution_read_index(const TfDistribution *distribution, const char *text,
                                      gsize length, GError **error)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify)tf_version_free);
    json_auto_t *list = js_parse(text, length, error);
    json_t *versions, *entry;
    const char *key;
    size_t i;

    if (!list)
        return NULL;
    versions = json_object_get(list, "versions");
    json_object_foreach(versions, key, entry) add_version(found, key);
    json_array_foreach(versions, i, entry) add_version(found, js_get(entry, "id", NULL));
    if (found->len == 0)
        return hadal_throw_null(error, HADAL_ERROR_INVALID, "it lists no versions of %s",
                                distribution->title);
    return g_steal_pointer(&found);
}

/* As Go programs call a machine; what is not listed is called as the kernel does. */
static const char *architecture_of(const char *machine)
{
    static const struct {
        const char *kernel, *go;
    } names[] = {
        { "x86_64", "amd64" }, { "aarch64", "arm64" }, { "armv7l", "arm" },
        { "armv6l", "arm" },   { "i686", "386" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_str_equal(names[i].kernel, machine))
            return names[i].go;
    return machine;
}

char *tf_distribution_archive(const TfDistribution *distribution, const char *version)
{
    struct utsname machine;

    g_assert(uname(&machine) == 0);
    return g_strdup_printf("%s_%s_linux_%s.zip", distribution->program, version,
                           architecture_of(machine.machine));
}

char *tf_distribution_sums(const TfDistribution *distribution, const char *version)
{
    return g_strdup_printf("%s_%s_SHA256SUMS", distribution->program, version);
}

char *tf_distribution_signature(const TfDistribution *distribution, const char *version)
{
    g_autofree char *sums = tf_distribution_sums(distribution, version);

    return g_strconcat(sums, layout_of(distribution)->signature, NULL);
}

char *tf_distribution_url(const TfDistribution *distribution, const char *base, const char *version,
                          const char *file)
{
    return g_strconcat(base, "/", layout_of(distribution)->directory, version, "/", file, NULL);
}
