// SPDX-License-Identifier: Apache-2.0
#include "tf/download.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <zip.h>

#include "base/cleanup.h"
#include "sys/crypto.h"
#include "sys/files.h"
#include "sys/http_client.h"
#include "tf/signature.h"

enum {
    MAX_SUMS = 256 << 10,
    MAX_SIGNATURE = 64 << 10,
    MAX_ARCHIVE = 512 << 20,
    MAX_PROGRAM = 1 << 30,
    PIECE = 256 << 10,
};

typedef struct zip Zip;
typedef struct zip_file ZipFile;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Zip, zip_discard)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ZipFile, zip_fclose)

/* One download under way, in a directory of its own until its program is whole. */
typedef struct {
    const TfDownload *what;
    char *dir;
    char *archive; /* name of the file, there and here */
    HttpClient *http;
} Work;

static void work_clear(Work *work)
{
    /* What cannot be removed now is a leftover of the next download. */
    if (work->dir && !files_remove_tree(work->dir, NULL))
        log_line(LEVEL_WARN, NULL, "what a download left cannot be removed yet");
    g_free(work->dir);
    g_free(work->archive);
    http_client_free(work->http);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Work, work_clear)

char *tf_download_path(const TfDownload *download)
{
    return g_build_filename(download->bin_dir, download->distribution->key, download->version,
                            download->distribution->program, NULL);
}

/* ----------------------------------------------------------------- fetching */

/* Into a file of the work's directory, of the same name. The caller frees its path. */
static char *fetch(const Ctx *ctx, const Work *work, const char *name, gsize limit, GError **error)
{
    const TfDownload *what = work->what;
    g_autofree char *url =
        tf_distribution_url(what->distribution, what->base_url, what->version, name);
    g_autofree char *path = g_build_filename(work->dir, name, NULL);
    auto_fd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    g_auto(HttpReply) reply = { 0 };
    const HttpFetch get = {
        .url = url, .fd = fd, .timeout_ms = what->timeout_ms, .max_reply = limit
    };

    if (fd < 0)
        return hadal_throw_errno_null(error, "create %s", path);
    if (!http_client_fetch(ctx, work->http, &get, &reply, error))
        return NULL;
    return g_steal_pointer(&path);
}

/* The published digest of the archive: "DIGEST  NAME", or "DIGEST *NAME". The caller frees it. */
static char *find_digest(const char *sums, const char *archive)
{
    g_auto(GStrv) lines = g_strsplit(sums, "\n", -1);

    for (gsize i = 0; lines[i]; i++) {
        const char *line = g_strchomp(lines[i]);
        gsize length = strspn(line, "0123456789abcdefABCDEF");
        const char *name = line + length + strspn(line + length, " \t");

        name += *name == '*';
        if (length == 64 && g_str_equal(name, archive))
            return g_ascii_strdown(line, 64);
    }
    return NULL;
}

static bool check_signature(const Ctx *ctx, const Work *work, const char *sums_path, GError **error)
{
    const TfDownload *what = work->what;
    g_autofree char *name = tf_distribution_signature(what->distribution, what->version);
    g_autofree char *path = NULL;
    TfSignature signature = { .key_file = what->key_file,
                              .signed_file = sums_path,
                              .work_dir = work->dir };

    if (!what->key_file)
        return true;
    path = fetch(ctx, work, name, MAX_SIGNATURE, error);
    if (!path)
        return hadal_prefix(error, "fetch the signature, which a signing key asks for");
    signature.signature_file = path;
    return tf_signature_check(ctx, &signature, error) || hadal_prefix(error, "%s", name);
}

/* What the archive's digest must be, believed. The caller frees it. */
static char *wanted_digest(const Ctx *ctx, const Work *work, GError **error)
{
    g_autofree char *name = tf_distribution_sums(work->what->distribution, work->what->version);
    g_autofree char *path = fetch(ctx, work, name, MAX_SUMS, error);
    g_autofree char *text = NULL, *digest = NULL;

    if (!path || !check_signature(ctx, work, path, error) ||
        !g_file_get_contents(path, &text, NULL, error))
        return NULL;
    digest = find_digest(text, work->archive);
    if (!digest)
        return hadal_throw_null(error, HADAL_ERROR_DENIED,
                                "%s has no digest of %s: there is no release for this machine, or "
                                "the mirror is not complete",
                                name, work->archive);
    return g_steal_pointer(&digest);
}

/* The caller frees its path. */
static char *fetch_archive(const Ctx *ctx, const Work *work, GError **error)
{
    g_autofree char *want = wanted_digest(ctx, work, error);
    g_autofree char *path = want ? fetch(ctx, work, work->archive, MAX_ARCHIVE, error) : NULL;
    g_autofree char *is = path ? crypto_sha256_file(path, error) : NULL;

    if (!is)
        return NULL;
    if (!g_str_equal(is, want))
        return hadal_throw_null(error, HADAL_ERROR_DENIED,
                                "%s has the SHA-256 digest %s, but %s was published: it is not "
                                "what was released",
                                work->archive, is, want);
    return g_steal_pointer(&path);
}

/* ---------------------------------------------------------------- unpacking */

static bool write_all(int fd, const char *bytes, gsize length, GError **error)
{
    while (length > 0) {
        ssize_t n = write(fd, bytes, length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return hadal_throw_errno(error, "write the program");
        bytes += n;
        length -= (gsize)n;
    }
    return true;
}

/* Piece by piece, and not one byte more than the limit, whatever the archive says of its size. */
static bool copy_out(const Ctx *ctx, ZipFile *from, int fd, GError **error)
{
    g_autofree char *piece = g_malloc(PIECE);
    gint64 rest = MAX_PROGRAM;
    zip_int64_t n;

    while ((n = zip_fread(from, piece, PIECE)) > 0) {
        rest -= n;
        if (rest < 0)
            return hadal_throw(error, HADAL_ERROR_FAILED, "the program is larger than %d bytes",
                               MAX_PROGRAM);
        if (!ctx_check(ctx, error) || !write_all(fd, piece, (gsize)n, error))
            return false;
    }
    if (n < 0)
        return hadal_throw(error, HADAL_ERROR_FAILED, "%s",
                           zip_error_strerror(zip_file_get_error(from)));
    return true;
}

static bool copy_program(const Ctx *ctx, ZipFile *from, const char *path, GError **error)
{
    auto_fd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return hadal_throw_errno(error, "create %s", path);
    if (!copy_out(ctx, from, fd, error))
        return false;
    if (fchmod(fd, 0755) < 0 || fsync(fd) < 0)
        return hadal_throw_errno(error, "keep the program");
    return true;
}

/* The caller frees the program's path. */
static char *unpack(const Ctx *ctx, const Work *work, const char *archive_path, GError **error)
{
    const char *program = work->what->distribution->program;
    g_autofree char *path = g_build_filename(work->dir, program, NULL);
    g_autoptr(Zip) archive = zip_open(archive_path, ZIP_RDONLY | ZIP_CHECKCONS, NULL);
    g_autoptr(ZipFile) file = archive ? zip_fopen(archive, program, 0) : NULL;

    if (!archive)
        return hadal_throw_null(error, HADAL_ERROR_FAILED, "%s is no zip archive, or a broken one",
                                work->archive);
    if (!file)
        return hadal_throw_null(error, HADAL_ERROR_FAILED, "%s has no file \"%s\"", work->archive,
                                program);
    if (!copy_program(ctx, file, path, error))
        return hadal_prefix_null(error, "unpack %s", work->archive);
    return g_steal_pointer(&path);
}

/* ------------------------------------------------------------- into its place */

static bool sync_directory(const char *path, GError **error)
{
    auto_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return (fd >= 0 && fsync(fd) == 0) || hadal_throw_errno(error, "sync %s", path);
}

static bool put_in_place(const char *program, const char *path, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(path);

    if (g_mkdir_with_parents(parent, 0700) < 0)
        return hadal_throw_errno(error, "create %s", parent);
    if (g_rename(program, path) < 0)
        return hadal_throw_errno(error, "move the program to %s", path);
    return sync_directory(parent, error);
}

static bool begin(Work *work, GError **error)
{
    const TfDownload *what = work->what;

    work->dir = g_build_filename(what->bin_dir, ".download", NULL);
    work->archive = tf_distribution_archive(what->distribution, what->version);
    work->http = http_client_new();
    if (!files_remove_tree(work->dir, error))
        return false;
    return g_mkdir_with_parents(work->dir, 0700) == 0 ||
           hadal_throw_errno(error, "create %s", work->dir);
}

static bool fetch_program(const Ctx *ctx, const TfDownload *download, GError **error)
{
    g_auto(Work) work = { .what = download };
    g_autofree char *path = tf_download_path(download);
    g_autofree char *archive = NULL, *program = NULL;

    if (!begin(&work, error))
        return false;
    archive = fetch_archive(ctx, &work, error);
    program = archive ? unpack(ctx, &work, archive, error) : NULL;
    return program && put_in_place(program, path, error);
}

bool tf_download_run(const Ctx *ctx, const TfDownload *download, GError **error)
{
    if (!fetch_program(ctx, download, error))
        return hadal_prefix(error, "download %s %s", download->distribution->title,
                            download->version);
    log_line(LEVEL_INFO, ctx, "downloaded %s %s", download->distribution->title, download->version);
    return true;
}
