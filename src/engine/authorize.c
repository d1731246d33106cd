// SPDX-License-Identifier: Apache-2.0
#include "engine/authorize.h"

#include <string.h>

#include "base/log.h"
#include "engine/step_env.h"
#include "sys/proc.h"

enum {
    PROGRAM_TIMEOUT_MS = 60 * 1000,
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

/* A name from outside must not be an option of the operator's program. */
static bool is_plain(const char *team)
{
    return *team && *team != '-';
}

static GStrv arguments(const TeamAuthz *authz, const Command *command, const char *const *teams)
{
    g_autoptr(GStrvBuilder) argv = g_strv_builder_new();

    g_strv_builder_add(argv, authz->command);
    g_strv_builder_addv(argv, (const char **)authz->args);
    g_strv_builder_add(argv, command_info(command->kind)->name);
    g_strv_builder_add(argv, command->pull.repo.full_name ? command->pull.repo.full_name : "");
    for (guint n = 0; *teams && n < MOST_TEAMS; teams++, n++)
        if (is_plain(*teams))
            g_strv_builder_add(argv, *teams);
    return g_strv_builder_end(argv);
}

static void set(GStrv *env, const char *name, const char *value)
{
    *env = g_environ_setenv(*env, name, value ? value : "", TRUE);
}

/* "org/project" of "org/project/repo", and "repo". */
static void set_repo(GStrv *env, const char *prefix, const char *full_name)
{
    const char *slash = full_name ? strrchr(full_name, '/') : NULL;
    g_autofree char *owner =
        slash ? g_strndup(full_name, (gsize)(slash - full_name)) : g_strdup("");
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

/* What goes wrong with it is the operator's to see, in the log, and a no. */
static bool is_allowed_by_program(const Ctx *ctx, Work *work, const Command *command,
                                  const AuthorizeProject *about, const char *const *teams)
{
    const TeamAuthz *authz = repos_yaml_team_authz(work->repos);
    g_auto(GStrv) argv = arguments(authz, command, teams);
    g_auto(GStrv) env = environment(work, command, about);
    g_autoptr(GString) output = g_string_new(NULL), errors = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    const ProcSpec spec = {
        .argv = (const char *const *)argv,
        .env = (const char *const *)env,
        .max_output = MAX_PROGRAM_OUTPUT,
        .timeout_ms = PROGRAM_TIMEOUT_MS,
        .grace_ms = PROGRAM_GRACE_MS,
        .ends_at_limit = true,
    };

    if (proc_run(ctx, &spec, output, errors, NULL, &error))
        return authorize_is_pass(output->str);
    log_line(LEVEL_WARN, ctx, "team_authz: %s", error->message);
    return false;
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

/*
 * Groups of who asked. Who is not known is in none. *why_not tells when they cannot be learnt; the
 * host not answering now is an error: the command waits.
 */
static bool read_teams(const Ctx *ctx, Work *work, const Command *command, GStrv *teams,
                       char **why_not, GError **error)
{
    g_autoptr(GError) why = NULL;
    Host *host;

    if (!command->actor.id) {
        *teams = g_new0(char *, 1);
        return true;
    }
    host = work_host(work, command->pull.repo.host, error);
    if (!host)
        return false;
    if (host_teams_read(ctx, host, &command->pull, &command->actor, teams, &why))
        return true;
    if (hadal_error_class(why)->retry || g_error_matches(why, HADAL_ERROR, HADAL_ERROR_CANCELLED)) {
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
    }
    log_line(LEVEL_WARN, ctx, "teams of %s: %s", command->actor.name, why->message);
    g_autofree char *text =
        g_strdup_printf("it cannot be found out in which teams they are (%s).", why->message);

    *why_not = no_to(command, text);
    return true;
}

static bool ask(const Ctx *ctx, Work *work, const Command *command, const AuthorizeProject *about,
                char **why_not, GError **error)
{
    const char *const *entries = (const char *const *)work->settings->gh_team_allowlist;
    bool has_program = repos_yaml_team_authz(work->repos)->command != NULL;
    const char *name = command_info(command->kind)->name;
    g_auto(GStrv) teams = NULL;

    if (!read_teams(ctx, work, command, &teams, why_not, error))
        return false;
    if (*why_not)
        return true;
    if (has_program ? is_allowed_by_program(ctx, work, command, about, (const char *const *)teams)
                    : authorize_by_teams(entries, (const char *const *)teams, name))
        return true;
    /* A stop of ours must not look like a no. */
    if (!ctx_check(ctx, error))
        return false;
    *why_not = no_to(command, has_program ? "the server's `team_authz` program does not allow it."
                                          : "none of their teams may (`--gh-team-allowlist`).");
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
