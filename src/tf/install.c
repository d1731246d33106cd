// SPDX-License-Identifier: Apache-2.0
/* Which program, and whether it is there. How one is fetched is download.c's. */
#include "tf/install.h"

#include <glib/gstdio.h>
#include <string.h>

#include "sys/flight.h"
#include "tf/download.h"
#include "tf/index.h"

enum {
    DEFAULT_TIMEOUT_MS = 10 * 60 * 1000,
    INDEX_TIMEOUT_MS = 60 * 1000,
    ASKS_OF_A_NEW_ONE = 3,
    MAX_FOUND = 500, /* programs in one directory */
};

/* One call, prepared. */
typedef struct {
    const TfSource *source;
    const TfDistribution *distribution;
    const char *url, *key; /* of the distribution */
    char *bin_dir;
} Request;

static void request_clear(Request *request)
{
    g_free(request->bin_dir);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Request, request_clear)

static void tool_free(TfTool *tool)
{
    tf_tool_clear(tool);
    g_free(tool);
}

static void give(TfTool *from, TfTool *to)
{
    *to = *from;
    *from = (TfTool){ 0 };
}

static TfDownload download_of(const Request *request, const char *version)
{
    return (TfDownload){
        .distribution = request->distribution,
        .version = version,
        .base_url = request->url,
        .key_file = request->key && *request->key ? request->key : NULL,
        .bin_dir = request->bin_dir,
        .timeout_ms =
            request->source->timeout_ms ? request->source->timeout_ms : DEFAULT_TIMEOUT_MS,
    };
}

/* ------------------------------------------------------------- what is there */

static TfVersion *version_of(const TfTool *tool)
{
    return tf_version_parse(tool->version, NULL);
}

static bool is_version(const TfTool *tool, const char *text)
{
    g_autoptr(TfVersion) version = version_of(tool);
    g_autofree char *own = version ? tf_version_text(version) : NULL;

    return g_strcmp0(own, text) == 0;
}

/* The program on PATH or at a path, if there is one that says which it is. */
static bool find_default(const Ctx *ctx, const Request *request, TfTool *tool)
{
    return tf_tool_find(ctx, request->distribution->program, tool, NULL);
}

static bool find_at(const Ctx *ctx, const Request *request, const char *path, TfTool *tool)
{
    return path && g_file_test(path, G_FILE_TEST_IS_REGULAR) &&
           tf_tool_read(ctx, request->distribution->program, path, tool, NULL);
}

static bool find_version_at(const Ctx *ctx, const Request *request, const char *path,
                            const char *version, TfTool *tool)
{
    g_auto(TfTool) found = { 0 };

    if (!find_at(ctx, request, path, &found) || !is_version(&found, version))
        return false;
    give(&found, tool);
    return true;
}

static bool find_version(const Ctx *ctx, const Request *request, const char *version, TfTool *tool)
{
    const TfDownload download = download_of(request, version);
    g_autofree char *name = g_strconcat(request->distribution->program, version, NULL);
    g_autofree char *on_path = g_find_program_in_path(name);
    g_autofree char *plain = g_build_filename(request->bin_dir, name, NULL);
    g_autofree char *kept = tf_download_path(&download);
    g_auto(TfTool) usual = { 0 };

    if (find_default(ctx, request, &usual) && is_version(&usual, version)) {
        give(&usual, tool);
        return true;
    }
    return find_version_at(ctx, request, on_path, version, tool) ||
           find_version_at(ctx, request, plain, version, tool) ||
           find_version_at(ctx, request, kept, version, tool);
}

static void add_tool(const Ctx *ctx, const Request *request, const char *path, GPtrArray *tools)
{
    g_auto(TfTool) found = { 0 };
    TfTool *one;

    if (!find_at(ctx, request, path, &found))
        return;
    one = g_new0(TfTool, 1);
    give(&found, one);
    g_ptr_array_add(tools, one);
}

/* "terraform1.9.5" next to each other in a directory. */
static void add_named(const Ctx *ctx, const Request *request, const char *dir, GPtrArray *tools)
{
    const char *program = request->distribution->program, *name;
    g_autoptr(GDir) list = g_dir_open(dir, 0, NULL);

    while (list && tools->len < MAX_FOUND && (name = g_dir_read_name(list))) {
        g_autofree char *path = g_build_filename(dir, name, NULL);

        if (g_str_has_prefix(name, program) && g_ascii_isdigit(name[strlen(program)]))
            add_tool(ctx, request, path, tools);
    }
}

static void add_kept(const Ctx *ctx, const Request *request, GPtrArray *tools)
{
    g_autofree char *dir = g_build_filename(request->bin_dir, request->distribution->key, NULL);
    g_autoptr(GDir) list = g_dir_open(dir, 0, NULL);
    const char *name;

    while (list && tools->len < MAX_FOUND && (name = g_dir_read_name(list))) {
        g_autofree char *path = g_build_filename(dir, name, request->distribution->program, NULL);

        add_tool(ctx, request, path, tools);
    }
}

/* All programs of the distribution on this server: an array of TfTool, owned. */
static GPtrArray *find_all(const Ctx *ctx, const Request *request)
{
    GPtrArray *tools = g_ptr_array_new_with_free_func((GDestroyNotify)tool_free);
    const char *path = g_getenv("PATH");
    g_auto(GStrv) dirs = g_strsplit(path ? path : "", ":", -1);
    g_autofree char *usual = g_find_program_in_path(request->distribution->program);

    add_tool(ctx, request, usual, tools);
    for (gsize i = 0; dirs[i]; i++)
        if (*dirs[i])
            add_named(ctx, request, dirs[i], tools);
    add_named(ctx, request, request->bin_dir, tools);
    add_kept(ctx, request, tools);
    return tools;
}

/* Borrowed; NULL when none is allowed. */
static TfTool *best_of(GPtrArray *tools, const TfConstraints *constraints)
{
    g_autoptr(TfVersion) best_version = NULL;
    TfTool *best = NULL;

    for (guint i = 0; i < tools->len; i++) {
        g_autoptr(TfVersion) version = version_of(tools->pdata[i]);

        if (!version || !tf_constraints_allow(constraints, version) ||
            (best && tf_version_compare(version, best_version) <= 0))
            continue;
        tf_version_free(best_version);
        best_version = g_steal_pointer(&version);
        best = tools->pdata[i];
    }
    return best;
}

static int compare_texts(gconstpointer a, gconstpointer b)
{
    return g_strcmp0(*(const char *const *)a, *(const char *const *)b);
}

/* "1.11.4, 1.9.5 are here", for a message; the caller frees it. */
static char *describe(const Request *request, const GPtrArray *tools)
{
    g_autoptr(GPtrArray) versions = g_ptr_array_new(); /* borrowed texts */
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < tools->len; i++)
        g_ptr_array_add(versions, ((TfTool *)tools->pdata[i])->version);
    g_ptr_array_sort(versions, compare_texts);
    for (guint i = 0; i < versions->len; i++)
        if (i == 0 || !g_str_equal(versions->pdata[i], versions->pdata[i - 1]))
            g_string_append_printf(text, "%s%s", i ? ", " : "", (char *)versions->pdata[i]);
    if (text->len == 0)
        g_string_append_printf(text, "no %s", request->distribution->title);
    return g_string_free(text, FALSE);
}

/* ------------------------------------------------------------------ fetching */

typedef struct {
    const Request *request;
    const char *version;
} Job;

/* A program of ours that does not work is worth nothing: another one is fetched. */
static bool fetch_if_absent(const Ctx *ctx, gpointer data, GError **error)
{
    const Job *job = data;
    const TfDownload download = download_of(job->request, job->version);
    g_autofree char *path = tf_download_path(&download);
    g_auto(TfTool) found = { 0 };

    if (find_version_at(ctx, job->request, path, job->version, &found))
        return true;
    if (!ctx_check(ctx, error))
        return false;
    if (g_unlink(path) == 0)
        log_line(LEVEL_WARN, ctx, "the %s %s that was kept does not work: it is downloaded again",
                 job->request->distribution->title, job->version);
    return tf_download_run(ctx, &download, error);
}

/*
 * More than once: a child that another thread starts just now may have the file still open for
 * writing, for the moment until it becomes another program, and then this one cannot be run.
 */
static bool ask_new_one(const Ctx *ctx, const Request *request, const char *path, TfTool *tool,
                        GError **error)
{
    for (int i = 1; i < ASKS_OF_A_NEW_ONE; i++)
        if (tf_tool_read(ctx, request->distribution->program, path, tool, NULL))
            return true;
    return tf_tool_read(ctx, request->distribution->program, path, tool, error);
}

static bool download(const Ctx *ctx, const Request *request, const char *version, TfTool *tool,
                     GError **error)
{
    const TfDownload what = download_of(request, version);
    g_autofree char *place = g_build_filename(request->bin_dir, ".download", NULL);
    g_autofree char *path = tf_download_path(&what);
    g_autofree char *key = g_strconcat(request->distribution->key, " ", version, NULL);
    g_auto(TfTool) found = { 0 };
    Job job = { request, version };

    if (!flight_run(ctx, place, key, what.timeout_ms, fetch_if_absent, &job, error) ||
        !ask_new_one(ctx, request, path, &found, error))
        return false;
    if (!is_version(&found, version)) {
        g_unlink(path); /* so that a better one is looked for next time */
        return hadal_throw(error, HADAL_ERROR_FAILED, "the archive of %s %s has version %s",
                           request->distribution->title, version, found.version);
    }
    give(&found, tool);
    return true;
}

/* ------------------------------------------------------------------ choosing */

static bool obtain_version(const Ctx *ctx, const Request *request, const TfVersion *wanted,
                           TfTool *tool, GError **error)
{
    g_autofree char *version = tf_version_text(wanted);
    g_autoptr(GPtrArray) there = NULL;
    g_autofree char *list = NULL;

    if (find_version(ctx, request, version, tool))
        return true;
    if (!ctx_check(ctx, error))
        return false;
    if (request->source->downloads)
        return download(ctx, request, version, tool, error);
    there = find_all(ctx, request);
    list = describe(request, there);
    return hadal_throw(error, HADAL_ERROR_NOT_FOUND,
                       "%s %s is not on this server, which has %s and may not download "
                       "(--tf-download=false): put it on its PATH as \"%s%s\", or ask for a "
                       "version that is there",
                       request->distribution->title, version, list, request->distribution->program,
                       version);
}

static bool obtain_text(const Ctx *ctx, const Request *request, const char *text, TfTool *tool,
                        GError **error)
{
    g_autoptr(TfVersion) version = tf_version_parse(text, error);

    return version && obtain_version(ctx, request, version, tool, error);
}

/* Terraform itself compares a pre-release as its release: a program that is there may be one. */
static bool is_allowed(const TfConstraints *constraints, const TfVersion *version)
{
    g_autoptr(TfVersion) core = tf_version_core(version);

    return tf_constraints_allow(constraints, version) || tf_constraints_allow(constraints, core);
}

/* The default, when the constraints allow it. */
static bool try_default(const Ctx *ctx, const Request *request, const TfWanted *wanted,
                        const TfConstraints *constraints, TfTool *tool)
{
    g_auto(TfTool) usual = { 0 };
    g_autoptr(TfVersion) version = NULL;

    if (wanted->default_version) {
        version = tf_version_parse(wanted->default_version, NULL);
        return version && is_allowed(constraints, version) &&
               obtain_version(ctx, request, version, tool, NULL);
    }
    if (!find_default(ctx, request, &usual))
        return false;
    version = version_of(&usual);
    if (!version || !is_allowed(constraints, version))
        return false;
    give(&usual, tool);
    return true;
}

/* why: that there is no list of versions, NULL without downloads. */
static bool obtain_from_here(const Ctx *ctx, const Request *request,
                             const TfConstraints *constraints, const GError *why, TfTool *tool,
                             GError **error)
{
    g_autoptr(GPtrArray) tools = find_all(ctx, request);
    g_autofree char *text = tf_constraints_text(constraints), *list = describe(request, tools);
    TfTool *best = best_of(tools, constraints);

    if (best) {
        give(best, tool);
        return true;
    }
    if (!ctx_check(ctx, error))
        return false;
    if (why)
        return hadal_throw(error, why->code,
                           "required_version \"%s\": this server has %s, and the list of what "
                           "could be downloaded cannot be read: %s",
                           text, list, why->message);
    return hadal_throw(error, HADAL_ERROR_NOT_FOUND,
                       "required_version \"%s\": this server has %s and may not download "
                       "(--tf-download=false): put a version that fits on its PATH, as "
                       "\"%s1.2.3\", or change the constraint",
                       text, list, request->distribution->program);
}

static bool obtain_without_list(const Ctx *ctx, const Request *request, const TfWanted *wanted,
                                const TfConstraints *constraints, const GError *why, TfTool *tool,
                                GError **error)
{
    return try_default(ctx, request, wanted, constraints, tool) ||
           obtain_from_here(ctx, request, constraints, why, tool, error);
}

static bool obtain_highest(const Ctx *ctx, const Request *request, const TfWanted *wanted,
                           const TfConstraints *constraints, TfTool *tool, GError **error)
{
    const TfIndex index = { .distribution = request->distribution,
                            .base_url = request->url,
                            .lock_dir = request->bin_dir,
                            .timeout_ms = INDEX_TIMEOUT_MS };
    g_autoptr(TfVersion) best = NULL;
    g_autofree char *text = NULL;
    g_autoptr(GError) why = NULL;

    if (!tf_index_highest(ctx, &index, constraints, &best, &why))
        return ctx_check(ctx, error) &&
               obtain_without_list(ctx, request, wanted, constraints, why, tool, error);
    if (best)
        return obtain_version(ctx, request, best, tool, error);
    /* A build of one's own may be in no list. */
    if (try_default(ctx, request, wanted, constraints, tool))
        return true;
    text = tf_constraints_text(constraints);
    return hadal_throw(error, HADAL_ERROR_INVALID,
                       "required_version \"%s\" allows no released version of %s", text,
                       request->distribution->title);
}

static TfConstraints *read_constraints(const TfWanted *wanted, GError **error)
{
    g_autoptr(TfConstraints) constraints = tf_constraints_new();

    for (gsize i = 0; wanted->constraints[i]; i++)
        if (!tf_constraints_add(constraints, wanted->constraints[i], error))
            return hadal_prefix_null(error, "required_version");
    return g_steal_pointer(&constraints);
}

static bool obtain_required(const Ctx *ctx, const Request *request, const TfWanted *wanted,
                            TfTool *tool, GError **error)
{
    g_autoptr(TfConstraints) constraints = read_constraints(wanted, error);
    const TfVersion *exact = constraints ? tf_constraints_exact(constraints) : NULL;

    if (!constraints)
        return false;
    if (exact)
        return obtain_version(ctx, request, exact, tool, error);
    if (!request->source->downloads)
        return obtain_from_here(ctx, request, constraints, NULL, tool, error);
    return obtain_highest(ctx, request, wanted, constraints, tool, error);
}

bool tf_tool_obtain(const Ctx *ctx, const TfSource *source, const TfWanted *wanted, TfTool *tool,
                    GError **error)
{
    const TfDistribution *distribution = tf_distribution_find(wanted->distribution, error);
    g_auto(Request) request = { .source = source, .distribution = distribution };
    bool is_tofu = distribution && g_str_equal(distribution->key, "opentofu");

    if (!distribution)
        return false;
    request.url = is_tofu ? source->opentofu_url : source->terraform_url;
    request.key = is_tofu ? source->opentofu_key : source->terraform_key;
    request.bin_dir = g_build_filename(source->data_dir, "bin", NULL);
    if (wanted->version)
        return obtain_text(ctx, &request, wanted->version, tool, error);
    if (wanted->constraints && wanted->constraints[0])
        return obtain_required(ctx, &request, wanted, tool, error);
    if (wanted->default_version)
        return obtain_text(ctx, &request, wanted->default_version, tool, error);
    return tf_tool_find(ctx, distribution->program, tool, error);
}
