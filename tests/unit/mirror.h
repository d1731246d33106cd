// SPDX-License-Identifier: Apache-2.0
#pragma once

/*
 * A mirror of releases over loopback: what lies below DIR/mirror is served, and every request is
 * counted. The archives hold shell scripts that answer "version -json". DIR/bin is the PATH.
 */
#include <glib/gstdio.h>
#include <pthread.h>
#include <string.h>
#include <zip.h>

#include "sys/crypto.h"
#include "sys/files.h"
#include "sys/http_server.h"
#include "sys/proc.h"
#include "test.h"
#include "tf/distribution.h"
#include "tf/install.h"

typedef struct {
    char *dir, *root, *bin, *data_dir, *url, *old_path;
    HttpServer *server;
    TfSource source;
} Mirror;

static struct {
    pthread_mutex_t mutex;
    GHashTable *counts; /* char * path -> how often it was asked for */
} requests = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static inline HttpResponse *mirror_serve(const HttpRequest *request, gpointer data)
{
    const Mirror *mirror = data;
    const char *path = http_request_path(request);
    g_autofree char *file = g_build_filename(mirror->root, path, NULL);
    g_autofree char *bytes = NULL;
    gsize length;

    pthread_mutex_lock(&requests.mutex);
    g_hash_table_insert(
        requests.counts, g_strdup(path),
        GINT_TO_POINTER(GPOINTER_TO_INT(g_hash_table_lookup(requests.counts, path)) + 1));
    pthread_mutex_unlock(&requests.mutex);
    if (!g_file_get_contents(file, &bytes, &length, NULL))
        return http_response_text(404, "no");
    return http_response_new(200, "application/octet-stream", bytes, (gssize)length);
}

static inline int mirror_count(const char *path)
{
    int count;

    pthread_mutex_lock(&requests.mutex);
    count = GPOINTER_TO_INT(g_hash_table_lookup(requests.counts, path));
    pthread_mutex_unlock(&requests.mutex);
    return count;
}

static inline void write_file(const char *path, const char *bytes, gssize length, int mode)
{
    g_autofree char *parent = g_path_get_dirname(path);

    assert_int_equal(g_mkdir_with_parents(parent, 0700), 0);
    assert_true(
        g_file_set_contents_full(path, bytes, length, G_FILE_SET_CONTENTS_CONSISTENT, mode, NULL));
}

static inline void mirror_write(const Mirror *mirror, const char *path, const char *text)
{
    g_autofree char *file = g_build_filename(mirror->root, path, NULL);

    write_file(file, text, -1, 0600);
}

static inline char *script_of(const char *version)
{
    return g_strdup_printf("#!/bin/sh\necho '{\"terraform_version\":\"%s\"}'\n", version);
}

/* A program on PATH, under any name. */
static inline void mirror_put_on_path(const Mirror *mirror, const char *name, const char *version)
{
    g_autofree char *path = g_build_filename(mirror->bin, name, NULL);
    g_autofree char *script = script_of(version);

    write_file(path, script, -1, 0700);
}

static inline void make_zip(const char *path, const char *name, const char *script)
{
    g_autofree char *parent = g_path_get_dirname(path);
    struct zip *archive;
    struct zip_source *source;

    assert_int_equal(g_mkdir_with_parents(parent, 0700), 0);
    archive = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    assert_non_null(archive);
    source = zip_source_buffer(archive, script, strlen(script), 0);
    assert_true(zip_file_add(archive, name, source, 0) >= 0);
    assert_int_equal(zip_close(archive), 0);
}

/* Where a release's files lie; file NULL: its archive. The caller frees it. */
static inline char *mirror_path(const char *key, const char *version, const char *file)
{
    const TfDistribution *distribution = tf_distribution_find(key, NULL);
    g_autofree char *archive = tf_distribution_archive(distribution, version);

    return tf_distribution_url(distribution, "", version, file ? file : archive);
}

/* Digests of the archive as it is there now. */
static inline void mirror_sum(const Mirror *mirror, const char *key, const char *version)
{
    const TfDistribution *distribution = tf_distribution_find(key, NULL);
    g_autofree char *archive = tf_distribution_archive(distribution, version);
    g_autofree char *sums = tf_distribution_sums(distribution, version);
    g_autofree char *path = mirror_path(key, version, NULL);
    g_autofree char *sums_path = mirror_path(key, version, sums);
    g_autofree char *file = g_build_filename(mirror->root, path, NULL);
    g_autofree char *digest = crypto_sha256_file(file, NULL);
    g_autofree char *text = g_strdup_printf("%064d  other.zip\n%s  %s\n", 0, digest, archive);

    mirror_write(mirror, sums_path, text);
}

/* A release whose program says it is of version "says". */
static inline void mirror_release(const Mirror *mirror, const char *key, const char *version,
                                  const char *says)
{
    g_autofree char *path = mirror_path(key, version, NULL);
    g_autofree char *file = g_build_filename(mirror->root, path, NULL);
    g_autofree char *script = script_of(says);

    make_zip(file, tf_distribution_find(key, NULL)->program, script);
    mirror_sum(mirror, key, version);
}

static inline int mirror_setup(void **fixture)
{
    static char launcher[1000]; /* proc_init() borrows it */
    Mirror *mirror = g_new0(Mirror, 1);
    g_autofree char *template = g_build_filename(g_get_tmp_dir(), "hadal-mirror-XXXXXX", NULL);
    g_autofree char *path = NULL;
    HttpServerSpec spec = { .threads = 2,
                            .max_body = 1000,
                            .request_timeout_ms = 20 * 1000,
                            .handler = mirror_serve,
                            .data = mirror };

    g_snprintf(launcher, sizeof(launcher), "%s/src/launcher/hadal-launch",
               g_getenv("HADAL_BUILD_ROOT"));
    proc_init(launcher);
    mirror->dir = g_strdup(g_mkdtemp(template));
    mirror->root = g_build_filename(mirror->dir, "mirror", NULL);
    mirror->bin = g_build_filename(mirror->dir, "bin", NULL);
    mirror->data_dir = g_build_filename(mirror->dir, "data", NULL);
    g_mkdir(mirror->bin, 0700);
    g_mkdir(mirror->data_dir, 0700);
    requests.counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    mirror->server = http_server_open(&spec, NULL);
    mirror->url = g_strdup_printf("http://127.0.0.1:%u", http_server_port(mirror->server));
    mirror->old_path = g_strdup(g_getenv("PATH"));
    path = g_strconcat(mirror->bin, ":/usr/bin:/bin", NULL);
    g_setenv("PATH", path, TRUE);
    mirror->source = (TfSource){ .data_dir = mirror->data_dir,
                                 .downloads = true,
                                 .terraform_url = mirror->url,
                                 .opentofu_url = mirror->url,
                                 .timeout_ms = 20 * 1000 };
    *fixture = mirror;
    return 0;
}

static inline int mirror_teardown(void **fixture)
{
    Mirror *mirror = *fixture;
    bool is_removed;

    http_server_close(mirror->server);
    g_setenv("PATH", mirror->old_path, TRUE);
    is_removed = files_remove_tree(mirror->dir, NULL);
    g_clear_pointer(&requests.counts, g_hash_table_unref);
    g_free(mirror->dir);
    g_free(mirror->root);
    g_free(mirror->bin);
    g_free(mirror->data_dir);
    g_free(mirror->url);
    g_free(mirror->old_path);
    g_free(mirror);
    return is_removed ? 0 : -1;
}
