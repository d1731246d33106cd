// SPDX-License-Identifier: Apache-2.0
/* Command lines and environment of Terraform and OpenTofu. What a plan file says is planfile.c's.
 */
#include "tf/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "sys/js.h"
#include "sys/proc.h"
#include "tf/state.h"

enum {
    VERSION_TIMEOUT_MS = 60 * 1000,
    VERSION_OUTPUT = 64 << 10,
    SHOWN_OUTPUT = 256 << 20,
    AROUND_TIMEOUT_MS = 15 * 60 * 1000, /* of a step that is neither plan nor apply */
    NOISE_LIMIT = 4000,                 /* of a failed init's output in a message */
};

/* ------------------------------------------------------------------ finding */

/* Versions by program, so that one is asked for once: char * (path, size, time) -> char * version.
 */
static struct {
    pthread_mutex_t mutex;
    GHashTable *by_program; /* under mutex; both owned */
} versions = { .mutex = PTHREAD_MUTEX_INITIALIZER };

void tf_tool_clear(TfTool *tool)
{
    g_clear_pointer(&tool->name, g_free);
    g_clear_pointer(&tool->path, g_free);
    g_clear_pointer(&tool->version, g_free);
}

/* Another file at the same path is another program. */
static char *identity_of(const char *path)
{
    struct stat info;

    if (stat(path, &info) < 0)
        return g_strdup(path);
    return g_strdup_printf("%s\n%lld\n%lld.%09ld", path, (long long)info.st_size,
                           (long long)info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
}

static char *known_version(const char *identity)
{
    char *version;

    pthread_mutex_lock(&versions.mutex);
    if (!versions.by_program)
        versions.by_program = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    version = g_strdup(g_hash_table_lookup(versions.by_program, identity));
    pthread_mutex_unlock(&versions.mutex);
    return version;
}

static void remember_version(const char *identity, const char *version)
{
    pthread_mutex_lock(&versions.mutex);
    g_hash_table_replace(versions.by_program, g_strdup(identity), g_strdup(version));
    pthread_mutex_unlock(&versions.mutex);
}

/* Both programs answer to the same key. */
static char *parse_version(const char *name, const GString *output, GError **error)
{
    json_auto_t *answer = js_parse(output->str, output->len, error);
    const char *version = answer ? js_get(answer, "terraform_version", NULL) : NULL;

    if (version)
        return g_strdup(version);
    g_clear_error(error);
    return hadal_throw_null(error, HADAL_ERROR_FAILED,
                            "\"%s version -json\" does not tell a version", name);
}

static char *ask_version(const Ctx *ctx, const TfTool *tool, GError **error)
{
    g_auto(GStrv) env = g_environ_setenv(proc_base_env(), "CHECKPOINT_DISABLE", "1", TRUE);
    g_autoptr(GString) output = g_string_new(NULL);
    const ProcSpec spec = {
        .argv = ARGV(tool->path, "version", "-json"),
        .env = (const char *const *)env,
        .max_output = VERSION_OUTPUT,
        .timeout_ms = VERSION_TIMEOUT_MS,
        .grace_ms = 1000,
        .ends_at_limit = true,
    };
    g_autoptr(GString) errors = g_string_new(NULL);

    if (!proc_run(ctx, &spec, output, errors, NULL, error))
        return NULL;
    return parse_version(tool->name, output, error);
}

bool tf_tool_read(const Ctx *ctx, const char *name, const char *path, TfTool *tool, GError **error)
{
    g_auto(TfTool) found = { .name = g_strdup(name), .path = g_strdup(path) };
    g_autofree char *identity = identity_of(path);

    found.version = known_version(identity);
    if (!found.version) {
        found.version = ask_version(ctx, &found, error);
        if (!found.version)
            return hadal_prefix(error, "ask %s for its version", path);
        remember_version(identity, found.version);
    }
    *tool = found;
    found = (TfTool){ 0 };
    return true;
}

bool tf_tool_find(const Ctx *ctx, const char *name, TfTool *tool, GError **error)
{
    g_autofree char *path = g_find_program_in_path(name);

    if (!path)
        return hadal_throw(error, HADAL_ERROR_NOT_FOUND,
                           "there is no program \"%s\" on the server's PATH: install it there, or "
                           "use an image that has it",
                           name);
    return tf_tool_read(ctx, name, path, tool, error);
}

/* -------------------------------------------------------------- environment */

/* The program warns at every run when the file that this names is not there. */
static GStrv without_missing_config(GStrv env)
{
    const char *file = g_environ_getenv(env, "TF_CLI_CONFIG_FILE");

    return file && !g_file_test(file, G_FILE_TEST_EXISTS)
               ? g_environ_unsetenv(env, "TF_CLI_CONFIG_FILE")
               : env;
}

static GStrv env_of(const TfRun *run, bool picks_workspace)
{
    const struct {
        const char *name, *value;
    } ours[] = {
        { "TF_IN_AUTOMATION", "1" },
        { "TF_INPUT", "0" },
        { "CHECKPOINT_DISABLE", "1" },
        { "TF_DATA_DIR", run->data_dir },
        { "WORKSPACE", run->workspace },
        { "DIR", run->dir },
        { "ATLANTIS_TERRAFORM_VERSION", run->tool->version },
        { "TF_PLUGIN_CACHE_DIR", run->plugin_cache_dir },
        { "TF_WORKSPACE", picks_workspace ? run->workspace : NULL },
    };
    GStrv env = g_environ_unsetenv(g_strdupv((GStrv)run->env), "TF_WORKSPACE");

    for (gsize i = 0; i < G_N_ELEMENTS(ours); i++)
        if (ours[i].value)
            env = g_environ_setenv(env, ours[i].name, ours[i].value, TRUE);
    return without_missing_config(env);
}

static bool has_own_workspace(const TfRun *run)
{
    return !g_str_equal(run->workspace, "default");
}

/* ------------------------------------------------------------------ running */

typedef struct {
    const char *const *args; /* behind the program */
    bool picks_workspace;    /* TF_WORKSPACE; not while one is selected or made */
    GString *answer;         /* standard output alone, for us: not for the log; NULL */
    gsize max_answer;
    int rest_fd;  /* where an answer beyond max_answer goes; 0: it is a failure */
    bool is_long; /* plan and apply: as long as the run allows */
} Step;

/* S1: a name from a comment stands where an option or a file's name could. */
static bool is_workspace_name(const char *name)
{
    return *name && *name != '-' && !strpbrk(name, "/\\ \t\r\n") && !g_str_equal(name, "..") &&
           !g_str_equal(name, ".");
}

/* What it printed becomes text: tools and providers print what they like. */
static void make_text(GString *output)
{
    g_autofree char *valid = g_utf8_make_valid(output->str, (gssize)output->len);

    g_string_assign(output, valid);
}

/* S3: people wait for a plan or an apply as long as they said; nobody does for what is around. */
static gint64 timeout_of(const TfRun *run, const Step *step)
{
    if (step->is_long)
        return run->timeout_ms;
    return run->timeout_ms > 0 ? MIN(run->timeout_ms, AROUND_TIMEOUT_MS) : AROUND_TIMEOUT_MS;
}

static ProcSpec spec_of(const TfRun *run, const Step *step)
{
    return (ProcSpec){
        .dir = run->dir,
        .hatch = run->hatch,
        .max_output = step->answer ? step->max_answer : run->max_output,
        .timeout_ms = timeout_of(run, step),
        .grace_ms = run->grace_ms,
        .log_fd = step->answer ? step->rest_fd : run->log_fd,
        .ends_at_limit = step->answer && !step->rest_fd,
    };
}

/* output gets what people should read: with an answer only what went wrong. */
static bool run_step(const Ctx *ctx, const TfRun *run, const Step *step, GString *output,
                     GError **error)
{
    g_autoptr(GStrvBuilder) argv = g_strv_builder_new();
    g_auto(GStrv) env = NULL;
    g_auto(GStrv) list = NULL;
    ProcSpec spec = spec_of(run, step);
    g_autoptr(GError) why = NULL;
    int status = -1;
    bool is_done;

    if (!is_workspace_name(run->workspace))
        return hadal_throw(error, HADAL_ERROR_INVALID, "\"%.80s\" is not a name of a workspace",
                           run->workspace);
    env = env_of(run, step->picks_workspace && has_own_workspace(run));
    g_strv_builder_add(argv, run->tool->path);
    g_strv_builder_addv(argv, (const char **)step->args);
    list = g_strv_builder_end(argv);
    spec.argv = (const char *const *)list;
    spec.env = (const char *const *)env;
    is_done = step->answer ? proc_run(ctx, &spec, step->answer, output, &status, &why)
                           : proc_run(ctx, &spec, output, NULL, &status, &why);
    make_text(output);
    if (is_done)
        return true;
    if (status > 0) /* without the program's path, which is nobody's business */
        return hadal_throw(error, HADAL_ERROR_FAILED, "%s %s: exit %d", run->tool->name,
                           step->args[0], status);
    g_propagate_error(error, g_steal_pointer(&why));
    return hadal_prefix(error, "%s %s", run->tool->name, step->args[0]);
}

static void add_words(GStrvBuilder *args, const char *const *words)
{
    if (words)
        g_strv_builder_addv(args, (const char **)words);
}

/* Whether the words have the flag, with one dash or two, whatever its value is. */
static bool has_flag(const char *const *words, const char *flag)
{
    gsize length = strcspn(flag + 1, "=");

    for (gsize i = 0; words && words[i]; i++) {
        const char *name = words[i] + strspn(words[i], "-");

        if (name > words[i] && strcspn(name, "=") == length && !strncmp(name, flag + 1, length))
            return true;
    }
    return false;
}

static void add_init_flag(GStrvBuilder *args, const TfRun *run, const char *flag)
{
    if (!has_flag(run->step_args, flag))
        g_strv_builder_add(args, flag);
}

/*
 * -reconfigure: a data directory outlives a push, which may have changed the backend; without it
 * that could never be planned. It never copies a state from one backend to the other; who asks for
 * that in the workflow gets it.
 */
bool tf_init(const Ctx *ctx, const TfRun *run, GString *output, GError **error)
{
    g_autofree char *lock = g_build_filename(run->dir, ".terraform.lock.hcl", NULL);
    g_autoptr(GStrvBuilder) args = g_strv_builder_new();
    g_auto(GStrv) list = NULL;

    g_strv_builder_add(args, "init");
    add_init_flag(args, run, "-input=false");
    add_init_flag(args, run, "-no-color");
    if (!has_flag(run->step_args, "-migrate-state"))
        add_init_flag(args, run, "-reconfigure");
    if (!g_file_test(lock, G_FILE_TEST_EXISTS))
        add_init_flag(args, run, "-upgrade");
    add_words(args, run->step_args);
    list = g_strv_builder_end(args);
    const Step step = { .args = (const char *const *)list };

    return run_step(ctx, run, &step, output, error);
}

/* "-or-create" came with Terraform 1.4; OpenTofu always had it. */
static bool can_create_on_select(const TfTool *tool)
{
    g_auto(GStrv) parts = g_strsplit(tool->version, ".", 3);
    gint64 major = g_ascii_strtoll(parts[0], NULL, 10);
    gint64 minor = parts[0] && parts[1] ? g_ascii_strtoll(parts[1], NULL, 10) : 0;

    return !g_str_equal(tool->name, "terraform") || major > 1 || (major == 1 && minor >= 4);
}

bool tf_workspace_select(const Ctx *ctx, const TfRun *run, GString *output, GError **error)
{
    const Step select = { .args = ARGV("workspace", "select", "-no-color", run->workspace) };
    const Step make = { .args = ARGV("workspace", "new", "-no-color", run->workspace) };
    const Step either = {
        .args = ARGV("workspace", "select", "-no-color", "-or-create=true", run->workspace),
    };

    if (!has_own_workspace(run))
        return true;
    if (can_create_on_select(run->tool))
        return run_step(ctx, run, &either, output, error);
    return run_step(ctx, run, &select, output, NULL) || run_step(ctx, run, &make, output, error);
}

/* Relative to the module, as users know it; NULL when there is none. */
static char *workspace_variables(const TfRun *run)
{
    g_autofree char *file = g_strdup_printf("env/%s.tfvars", run->workspace);
    g_autofree char *path = g_build_filename(run->dir, file, NULL);

    return g_file_test(path, G_FILE_TEST_IS_REGULAR) ? g_strdup_printf("-var-file=%s", file) : NULL;
}

/*
 * The program writes into the file that it finds, with the permissions it has: sensitive values are
 * in there in clear text.
 */
static bool make_private_file(const char *path, GError **error)
{
    auto_fd int fd = -1;

    if (!g_path_is_absolute(path))
        return hadal_throw(error, HADAL_ERROR_INVALID, "not an absolute path: %s", path);
    if (g_unlink(path) < 0 && errno != ENOENT)
        return hadal_throw_errno(error, "remove %s", path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return fd >= 0 || hadal_throw_errno(error, "create %s", path);
}

bool tf_plan(const Ctx *ctx, const TfRun *run, const char *plan_path, GString *output,
             GError **error)
{
    g_autofree char *out = g_strconcat("-out=", plan_path, NULL);
    g_autofree char *variables = workspace_variables(run);
    g_autoptr(GStrvBuilder) args = g_strv_builder_new();
    g_auto(GStrv) list = NULL;
    g_autofree char *text = NULL;
    bool is_planned;

    g_strv_builder_add_many(args, "plan", "-input=false", "-no-color", out, NULL);
    if (variables)
        g_strv_builder_add(args, variables);
    add_words(args, run->step_args);
    add_words(args, run->extra);
    list = g_strv_builder_end(args);
    const Step step = {
        .args = (const char *const *)list,
        .picks_workspace = true,
        .is_long = true,
    };

    is_planned = make_private_file(plan_path, error) && run_step(ctx, run, &step, output, error);
    if (!is_planned)
        g_unlink(plan_path); /* an empty file would look like a plan; none there is fine */
    text = tf_plan_text(output->str);
    g_string_assign(output, text);
    return is_planned;
}

/* A command line that changes a state; takes the words out of args. */
static bool run_change(const Ctx *ctx, const TfRun *run, GStrvBuilder *args, GString *output,
                       GError **error)
{
    g_auto(GStrv) list = g_strv_builder_end(args);
    const Step step = {
        .args = (const char *const *)list,
        .picks_workspace = true,
        .is_long = true,
    };

    return run_step(ctx, run, &step, output, error);
}

bool tf_apply(const Ctx *ctx, const TfRun *run, const char *plan_path, GString *output,
              GError **error)
{
    g_autoptr(GStrvBuilder) args = g_strv_builder_new();

    g_strv_builder_add_many(args, "apply", "-input=false", "-no-color", NULL);
    add_words(args, run->step_args);
    add_words(args, run->extra);
    /* A flag that misses its value would take the plan's name for it, and apply what is there. */
    g_strv_builder_add_many(args, "--", plan_path, NULL);
    return run_change(ctx, run, args, output, error);
}

static bool run_on_state(const Ctx *ctx, const TfRun *run, GStrvBuilder *args,
                         const char *const *operands, GString *output, GError **error)
{
    add_words(args, run->step_args);
    add_words(args, run->extra);
    g_strv_builder_add(args, "--");
    add_words(args, operands);
    return run_change(ctx, run, args, output, error);
}

bool tf_import(const Ctx *ctx, const TfRun *run, const char *const *operands, GString *output,
               GError **error)
{
    g_autoptr(GStrvBuilder) args = g_strv_builder_new();
    g_autofree char *variables = workspace_variables(run);

    g_strv_builder_add_many(args, "import", "-input=false", "-no-color", NULL);
    if (variables)
        g_strv_builder_add(args, variables);
    return run_on_state(ctx, run, args, operands, output, error);
}

bool tf_state_rm(const Ctx *ctx, const TfRun *run, const char *const *operands, GString *output,
                 GError **error)
{
    g_autoptr(GStrvBuilder) args = g_strv_builder_new();

    g_strv_builder_add_many(args, "state", "rm", NULL);
    return run_on_state(ctx, run, args, operands, output, error);
}

bool tf_state_read(const Ctx *ctx, const TfRun *run, char **lineage, gint64 *serial, GError **error)
{
    g_autoptr(GString) words = g_string_new(NULL), head = g_string_new(NULL);
    auto_fd int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    const Step step = {
        .args = ARGV("state", "pull", "-no-color"),
        .picks_workspace = true,
        .answer = head,
        .max_answer = STATE_HEAD,
        .rest_fd = nowhere,
    };

    if (nowhere < 0)
        return hadal_throw_errno(error, "open /dev/null");
    if (!run_step(ctx, run, &step, words, error))
        return hadal_prefix(error, "%.*s", NOISE_LIMIT, words->str);
    state_head_read(head->str, head->len, lineage, serial);
    return true;
}

bool tf_show(const Ctx *ctx, const TfRun *run, const char *plan_path, GString *json, GError **error)
{
    g_autoptr(GString) words = g_string_new(NULL);
    const Step step = {
        .args = ARGV("show", "-no-color", "-json", plan_path),
        .picks_workspace = true,
        .answer = json,
        .max_answer = SHOWN_OUTPUT,
    };

    return run_step(ctx, run, &step, words, error) ||
           hadal_prefix(error, "%.*s", NOISE_LIMIT, words->str);
}

/* -------------------------------------------------------------- state lock */

/* "  Who:       root@host" in the tool's frame around an error: what follows the name. */
static char *lock_fact(const char *output, const char *name)
{
    const char *at = strstr(output, name);
    g_autofree char *line =
        at ? g_strndup(at + strlen(name), strcspn(at + strlen(name), "\r\n")) : NULL;

    return line ? g_strdup(g_strstrip(line)) : g_strdup("unknown");
}

static char *lock_holder(const char *output)
{
    const char *info = strstr(output, "Lock Info:");
    g_autofree char *id = lock_fact(info ? info : output, " ID:");
    g_autofree char *who = lock_fact(info ? info : output, " Who:");
    g_autofree char *created = lock_fact(info ? info : output, " Created:");

    return g_strdup_printf("ID %s, held by %s, since %s", id, who, created);
}

bool tf_lock_probe(const Ctx *ctx, const TfRun *run, char **holder, GError **error)
{
    g_autoptr(GString) words = g_string_new(NULL), plan = g_string_new(NULL);
    auto_fd int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    const Step step = {
        .args = ARGV("plan", "-input=false", "-no-color", "-refresh=false", "-lock-timeout=0s"),
        .picks_workspace = true,
        .answer = plan,
        .max_answer = NOISE_LIMIT,
        .rest_fd = nowhere,
    };
    g_autoptr(GError) why = NULL;

    *holder = NULL;
    if (nowhere < 0)
        return hadal_throw_errno(error, "open /dev/null");
    if (run_step(ctx, run, &step, words, &why))
        return true;
    if (!strstr(words->str, "Error acquiring the state lock")) {
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
    }
    *holder = lock_holder(words->str);
    return true;
}

/* --------------------------------------------------------------- plan text */

/* Behind 'module.a["k: 1"].aws_vpc.main[0]'; NULL when the line does not begin with an address. */
static const char *behind_address(const char *line)
{
    const char *at = line;

    while (g_ascii_isalnum(*at) || (*at && strchr("_-.[]\"", *at))) {
        if (*at++ != '"')
            continue;
        while (*at && *at != '"')
            at += *at == '\\' && at[1] ? 2 : 1;
        if (*at++ != '"')
            return NULL;
    }
    return at > line ? at : NULL;
}

static bool is_between(const char *text, const char *beginning, const char *ending)
{
    return g_str_has_prefix(text, beginning) && g_str_has_suffix(text, ending);
}

static bool is_end_of_reading(const char *rest)
{
    static const char beginning[] = ": Read complete after ";

    if (!g_str_has_prefix(rest, beginning))
        return false;
    rest += strlen(beginning);
    rest += strspn(rest, "0123456789hms");
    return !*rest || is_between(rest, " [id=", "]");
}

/* "aws_vpc.main: Refreshing state... [id=x]", "data.x.y: Reading..." and their ends. */
static bool is_progress(const char *line)
{
    const char *rest = behind_address(line);

    return rest &&
           (g_str_equal(rest, ": Refreshing state...") ||
            is_between(rest, ": Refreshing state... [id=", "]") ||
            g_str_equal(rest, ": Reading...") ||
            is_between(rest, ": Still reading... [", " elapsed]") || is_end_of_reading(rest));
}

static bool is_about_the_lock(const char *line, const char *verb)
{
    g_autofree char *want = g_strconcat(verb, " state lock. This may take a few moments...", NULL);

    return g_str_equal(line, want);
}

static bool is_before_the_plan(const char *line)
{
    return !*line || is_about_the_lock(line, "Acquiring") || is_progress(line);
}

static bool is_behind_the_plan(const char *line)
{
    return !*line || is_about_the_lock(line, "Releasing");
}

char *tf_plan_text(const char *output)
{
    g_auto(GStrv) lines = g_strsplit(output, "\n", -1);
    gsize n = g_strv_length(lines), first = 0;
    g_autofree char *text = NULL;

    /* Not one line behind the first that is anything else: what a plan prints is not ours to judge.
     */
    while (first < n && is_before_the_plan(lines[first]))
        first++;
    while (n > first && is_behind_the_plan(lines[n - 1]))
        g_clear_pointer(&lines[--n], g_free);
    text = g_strjoinv("\n", lines + first);
    return g_strdup(g_strchomp(text));
}
