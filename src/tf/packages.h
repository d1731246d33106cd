// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "base/error.h"

/*
 * Packages of providers on the disk: a directory HOST/NAMESPACE/TYPE/VERSION/PLATFORM each, as
 * Terraform lays them out, or a link to one. In the common directory a file PLATFORM.h1 beside it
 * holds its digest, and says that it is whole.
 */
typedef bool (*PackageVisit)(const char *root, const char *name, gpointer data, GError **error);

/* Visits what stands below root where packages do: directories, and links to some. name is
 * "HOST/.../PLATFORM". No link on the way is followed; a root that is not there has none. */
bool packages_visit(const char *root, PackageVisit visit, gpointer data, GError **error) MUST_CHECK;

bool package_is_link(const char *path);

/* A link below dir to the package of that name below cache, unless there is something already. */
bool package_link(const char *cache, const char *dir, const char *name, GError **error) MUST_CHECK;

/* Names of its files, of char *, owned; links to files count as what they lead to. */
GPtrArray *package_files(const char *dir, GError **error) MUST_CHECK;

/* "h1:..." of a package, as Terraform's lock files have it (golang.org/x/mod/sumdb/dirhash). */
char *package_digest(const char *dir, GError **error) MUST_CHECK;

/* Of one in the common directory. The caller frees both; NULL: it is not whole, or not there. */
char *package_known_digest(const char *cache, const char *name);
char *package_digest_file(const char *cache, const char *name);
