// SPDX-License-Identifier: Apache-2.0
#include "tf/packages.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "sys/crypto.h"

#define DIGEST_SUFFIX ".h1"

enum {
    PACKAGE_DEPTH = 5, /* HOST/NAMESPACE/TYPE/VERSION/PLATFORM */
    MOST_DEPTH = 64,
};

/* --------------------------------------------------------------- walking */

bool package_is_link(const char *path)
{
    return g_file_test(path, G_FILE_TEST_IS_SYMLINK);
}

bool package_link(const char *cache, const char *dir, const char *name, GError **error)
{
    g_autofree char *target = g_build_filename(cache, name, NULL);
    g_autofree char *link = g_build_filename(dir, name, NULL);
    g_autofree char *above = g_path_get_dirname(link);

    if (g_mkdir_with_parents(above, 0700) < 0)
        return hadal_throw_errno(error, "create %s", above);
    return symlink(target, link) == 0 || errno == EEXIST ||
           hadal_throw_errno(error, "link %s", link);
}

static bool is_own_dir(const char *path)
{
    return g_file_test(path, G_FILE_TEST_IS_DIR) && !package_is_link(path);
}

/* Visits what stands where packages do: directories, and links to some. name: "HOST/.../PLATFORM".
 */
static bool visit_below(const char *root, const char *name, int depth, PackageVisit visit,
                        gpointer data, GError **error)
{
    g_autofree char *path = g_build_filename(root, name, NULL);
    g_autoptr(GDir) dir = NULL;
    const char *entry;

    if (depth == PACKAGE_DEPTH)
        return (!is_own_dir(path) && !package_is_link(path)) || visit(root, name, data, error);
    dir = is_own_dir(path) ? g_dir_open(path, 0, NULL) : NULL;
    while (dir && (entry = g_dir_read_name(dir))) {
        g_autofree char *child = *name ? g_build_filename(name, entry, NULL) : g_strdup(entry);

        if (*entry != '.' && !visit_below(root, child, depth + 1, visit, data, error))
            return false;
    }
    return true;
}

bool packages_visit(const char *root, PackageVisit visit, gpointer data, GError **error)
{
    return visit_below(root, "", 0, visit, data, error);
}

/* ---------------------------------------------------------------- digest */

/* Names of all files below dir, of char *, owned; links to files count as what they lead to. */
static bool list_files(const char *dir, const char *name, int depth, GPtrArray *names,
                       GError **error)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    g_autoptr(GDir) opened = NULL;
    const char *entry;

    if (!g_file_test(path, G_FILE_TEST_IS_DIR)) {
        g_ptr_array_add(names, g_strdup(name));
        return true;
    }
    if (depth > MOST_DEPTH)
        return hadal_throw(error, HADAL_ERROR_INVALID, "%s is nested too deeply", dir);
    opened = g_dir_open(path, 0, error);
    while (opened && (entry = g_dir_read_name(opened))) {
        g_autofree char *child = *name ? g_build_filename(name, entry, NULL) : g_strdup(entry);

        if (!list_files(dir, child, depth + 1, names, error))
            return false;
    }
    return opened != NULL;
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char *digest_of_text(const char *text)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    guint8 digest[32];
    gsize length = sizeof(digest);
    g_autofree char *encoded = NULL;

    g_checksum_update(sum, (const guchar *)text, -1);
    g_checksum_get_digest(sum, digest, &length);
    encoded = g_base64_encode(digest, length);
    return g_strconcat("h1:", encoded, NULL);
}

GPtrArray *package_files(const char *dir, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

    return list_files(dir, "", 0, names, error) ? g_steal_pointer(&names) : NULL;
}

char *package_digest(const char *dir, GError **error)
{
    g_autoptr(GPtrArray) names = package_files(dir, error);
    g_autoptr(GString) lines = g_string_new(NULL);

    if (!names)
        return NULL;
    g_ptr_array_sort(names, compare_names);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_build_filename(dir, names->pdata[i], NULL);
        g_autofree char *sum = crypto_sha256_file(path, error);

        if (!sum)
            return NULL;
        g_string_append_printf(lines, "%s  %s\n", sum, (const char *)names->pdata[i]);
    }
    return digest_of_text(lines->str);
}

/* ----------------------------------------------------------------- places */

char *package_digest_file(const char *cache, const char *name)
{
    g_autofree char *path = g_build_filename(cache, name, NULL);

    return g_strconcat(path, DIGEST_SUFFIX, NULL);
}

/* NULL: the package is not whole, or not there. */
char *package_known_digest(const char *cache, const char *name)
{
    g_autofree char *path = package_digest_file(cache, name),
                    *dir = g_build_filename(cache, name, NULL);
    char *text = NULL;

    if (!is_own_dir(dir) || !g_file_get_contents(path, &text, NULL, NULL))
        return NULL;
    return g_strchomp(text);
}
