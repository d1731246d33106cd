// SPDX-License-Identifier: Apache-2.0
#include "engine/authorize.h"

#include <string.h>

#include "base/log.h"
#include "engine/step_env.h"
#include "sys/proc.h"

enum {
    PROGRAM_TIMEOUT_MS = 30 * 1000,
    PROGRAM_GRACE_MS = 5 * 1000,
    MAX_PROGRAM_OUTPUT = 64 << 10,
    MOST_TEAMS = 1000, /* arguments of the program */
};

/* ------------------------------------------------------------------ pure */

static bool is_same(const char *wanted, const char *name)
{
    g_autofree char *first = g_utf8_casefold(wanted, -1);
    g_autofree char *second = g_utf8_casefold(name, -1);

    return g_str_equal(first, second);
}

static bool is_in(const char *team, const char *const *teams)
{
    if (g_str_equal(team, "*"))
        return true;
    for (; teams && *teams; teams++)
        if (is_same(team, *teams))
            return true;
    return false;
}

bool authorize_by_teams(const char *const *entries, const char *const *teams, const char *command)
{
    if (!entries || !*entries)
        return true;
    for (; *entries; entries++) {
        const char *colon = strrchr(*entries, ':');
        g_autofree char *team =
            g_strstrip(g_strndup(*entries, colon ? (gsize)(colon - *entries) : 0));
        g_autofree char *allowed = g_strstrip(g_strdup(colon ? colon + 1 : ""));

        if ((g_str_equal(allowed, "*") || is_same(allowed, command)) && is_in(team, teams))
            return true;
    }
    return false;
}

bool authorize_is_pass(const char *output)
{
    g_autofree char *trimmed = g_strchomp(g_strdup(output));
    const char *newline = strrchr(trimmed, '\n');
    g_autofree char *last = g_strstrip(g_strdup(newline ? newline + 1 : trimmed));

    return g_ascii_strcasecmp(last, "pass") == 0;
}

/* ------------------------------------------------------------------ the program */

/* "org/project" of "org/project/repo". */
static char *owner_of(const char *full_name)
{
    const char *slash = strrchr(full_name, '/');

    return g_strndup(full_name, slash ? (gsize)(slash - full_name) : 0);
}

GStrv authorize_argv(const TeamAuthz *authz, const char *command, const char *full_name,
                     const char *const *teams)
{
    g_autoptr(GStrvBuilder) argv = g_strv_builder_new();
    g_autofree char *owner = owner_of(full_name);

    g_strv_builder_add(argv, authz->command);
    g_strv_builder_addv(argv, (const char **)authz->args);
    g_strv_builder_add(argv, command);
    g_strv_builder_add(argv, full_name);
    for (guint n = 0; teams && *teams && n < MOST_TEAMS; teams++, n++) {
        g_autofree char *team = g_strconcat(owner, "/", *teams, NULL);

        g_strv_builder_add(argv, team);
    }
    return g_strv_builder_end(argv);
}

static void set(GStrv *env, const char *name, const char *value)
{
    *env = g_environ_setenv(*env, name, value ? value : "", TRUE);
}

static void set_repo(GStrv *env, const char *prefix, const char *full_name)
{
    const char *slash = strrchr(full_name, '/');
    g_autofree char *owner = owner_of(full_name);
    g_autofree char *owner_name = g_strconcat(prefix, "_REPO_OWNER", NULL);
    g_autofree char *repo_name = g_strconcat(prefix, "_REPO_NAME", NULL);

    set(env, owner_name, owner);
    set(env, repo_name, slash ? slash + 1 : full_name);
}

static const char *account_of(const Actor *actor)
{
    return actor->login ? actor->login : actor->name;
}

static void set_project(GStrv *env, const Command *command, const AuthorizeProject *about)
{
    const PullFacts *facts = about->facts;
    g_autofree char *args = step_env_comment_args(&command->args);
    g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, command->pull.number);

    set_repo(env, "HEAD",
             facts->head_full_name ? facts->head_full_name : command->pull.repo.full_name);
    set(env, "BASE_BRANCH_NAME", facts->base_branch);
    set(env, "HEAD_BRANCH_NAME", facts->head_branch);
    set(env, "HEAD_COMMIT", facts->head_commit);
    set(env, "COMMENT_ARGS", args);
    set(env, "PROJECT_NAME", about->project->name);
    set(env, "PULL_NUM", number);
    set(env, "PULL_URL", command->pull.url);
    set(env, "PULL_AUTHOR", account_of(&facts->author));
    set(env, "REPO_ROOT", about->checkout);
    set(env, "REPO_REL_PATH", about->project->dir);
}

static GStrv environment(const Work *work, const Command *command, const AuthorizeProject *about)
{
    GStrv env = g_strdupv((GStrv)work->tool_env);

    set_repo(&env, "BASE", command->pull.repo.full_name);
    set(&env, "COMMAND_NAME", command_info(command->kind)->name);
    set(&env, "USER_NAME", account_of(&command->actor));
    if (about)
        set_project(&env, command, about);
    return env;
}

/* A command waits for its answer: never longer than a step may take. */
static gint64 timeout_of(const Settings *settings)
{
    return settings->step_timeout ? MIN(settings->step_timeout, (gint64)PROGRAM_TIMEOUT_MS)
                                  : PROGRAM_TIMEOUT_MS;
}

/* Fails as proc_run(). */
static bool run_program(const Ctx *ctx, Work *work, const Command *command,
                        const AuthorizeProject *about, const char *const *teams, GString *output,
                        GError **error)
{
    g_auto(GStrv) argv =
        authorize_argv(repos_yaml_team_authz(work->repos), command_info(command->kind)->name,
                       command->pull.repo.full_name, teams);
    g_auto(GStrv) env = environment(work, command, about);
    g_autoptr(GString) errors = g_string_new(NULL);
    const ProcSpec spec = {
        .argv = (const char *const *)argv,
        .env = (const char *const *)env,
        .max_output = MAX_PROGRAM_OUTPUT,
        .timeout_ms = timeout_of(work->settings),
        .grace_ms = PROGRAM_GRACE_MS,
        .ends_at_limit = true,
    };

    return proc_run(ctx, &spec, output, errors, NULL, error);
}

/* ------------------------------------------------------------------ who may */

static char *who(const Command *command)
{
    return g_strdup(command->actor.name ? command->actor.name : "Who pushed");
}

static char *no_to(const Command *command, const char *why)
{
    const CommandInfo *info = command_info(command->kind);
    g_autofree char *actor = who(command);

    return g_strdup_printf("%s may not give the command `%s%s%s`: %s", actor, info->name,
                           info->word ? " " : "", info->word ? info->word : "", why);
}

/* Groups of who asked. Who is not known is in none. */
static bool read_teams(const Ctx *ctx, Work *work, const Command *command, GStrv *teams,
                       GError **error)
{
    Host *host;

    if (!command->actor.id) {
        *teams = g_new0(char *, 1);
        return true;
    }
    host = work_host(work, command->pull.repo.host, error);
    return host && host_teams_read(ctx, host, &command->pull, &command->actor, teams, error);
}

static bool is_for_later(const GError *why)
{
    return hadal_error_class(why)->retry ||
           g_error_matches(why, HADAL_ERROR, HADAL_ERROR_CANCELLED);
}

static char *doubt_about(const Command *command, const char *what, const GError *why)
{
    g_autofree char *text = g_strdup_printf("%s (%s).", what, why->message);

    return no_to(command, text);
}

static char *no_of_list(const Work *work, const Command *command, const char *const *teams)
{
    const char *const *entries = (const char *const *)work->settings->gh_team_allowlist;

    return authorize_by_teams(entries, teams, command_info(command->kind)->name)
               ? NULL
               : no_to(command, "none of their teams may (`--gh-team-allowlist`).");
}

/* A stop of ours must not look like a no. */
static bool ask_program(const Ctx *ctx, Work *work, const Command *command,
                        const AuthorizeProject *about, const char *const *teams, char **why_not,
                        GError **error)
{
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GError) why = NULL;

    if (run_program(ctx, work, command, about, teams, output, &why)) {
        if (!authorize_is_pass(output->str))
            *why_not = no_to(command, "the server's `team_authz` program does not allow it.");
        return true;
    }
    if (!ctx_check(ctx, error))
        return false;
    log_line(LEVEL_WARN, ctx, "team_authz: %s", why->message);
    *why_not =
        doubt_about(command, "the server's `team_authz` program, which decides it, failed", why);
    return true;
}

static bool ask(const Ctx *ctx, Work *work, const Command *command, const AuthorizeProject *about,
                char **why_not, GError **error)
{
    g_auto(GStrv) teams = NULL;
    g_autoptr(GError) why = NULL;

    if (read_teams(ctx, work, command, &teams, &why)) {
        if (repos_yaml_team_authz(work->repos)->command)
            return ask_program(ctx, work, command, about, (const char *const *)teams, why_not,
                               error);
        *why_not = no_of_list(work, command, (const char *const *)teams);
        return true;
    }
    if (is_for_later(why)) {
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
    }
    log_line(LEVEL_WARN, ctx, "who may give commands: %s", why->message);
    *why_not = doubt_about(command, "it cannot be found out in which teams they are", why);
    return true;
}

static bool is_everybodys(const Command *command)
{
    return command->kind == COMMAND_HELP || command->kind == COMMAND_REPLY ||
           command->kind == COMMAND_CLOSE;
}

bool authorize_command(const Ctx *ctx, Work *work, const Command *command, char **why_not,
                       GError **error)
{
    GStrv entries = work->settings->gh_team_allowlist;
    bool is_asked = repos_yaml_team_authz(work->repos)->command || (entries && *entries);

    *why_not = NULL;
    return !is_asked || is_everybodys(command) || ask(ctx, work, command, NULL, why_not, error);
}

bool authorize_project(const Ctx *ctx, Work *work, const Command *command,
                       const AuthorizeProject *about, char **why_not, GError **error)
{
    bool is_asked =
        repos_yaml_team_authz(work->repos)->command && command->source == SOURCE_COMMENT;

    *why_not = NULL;
    return !is_asked || ask(ctx, work, command, about, why_not, error);
}

bool authorize_run(const Ctx *ctx, Work *work, ProjectRun *run, GError **error)
{
    const AuthorizeProject about = {
        .facts = &run->pull->facts,
        .project = run->project,
        .checkout = run->checkout,
    };
    g_autofree char *why_not = NULL;

    if (!authorize_project(ctx, work, run->command, &about, &why_not, error))
        return false;
    if (why_not)
        project_run_end(run, RESULT_REFUSED, g_steal_pointer(&why_not));
    return true;
}
