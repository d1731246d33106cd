// SPDX-License-Identifier: Apache-2.0
#include "engine/step_env.h"

#include <string.h>

typedef struct _Variable Variable;
struct _Variable {
    const char *name;
    char *(*value)(const StepEnv *env); /* NULL: it is not set */
    enum { IN_STEPS = 1, IN_HOOKS = 2, IN_BOTH = 3 } place;
    const char *help; /* Markdown */
};

/* "org/project" of "org/project/repo". */
static char *owner_of(const char *full_name)
{
    const char *slash = strrchr(full_name, '/');

    return slash ? g_strndup(full_name, (gsize)(slash - full_name)) : g_strdup("");
}

static char *name_of(const char *full_name)
{
    const char *slash = strrchr(full_name, '/');

    return g_strdup(slash ? slash + 1 : full_name);
}

static const char *base_repo(const StepEnv *env)
{
    return env->command->pull.repo.full_name;
}

static const char *head_repo(const StepEnv *env)
{
    return env->facts->head_full_name ? env->facts->head_full_name : base_repo(env);
}

static char *base_owner(const StepEnv *env)
{
    return owner_of(base_repo(env));
}

static char *base_name(const StepEnv *env)
{
    return name_of(base_repo(env));
}

static char *head_owner(const StepEnv *env)
{
    return owner_of(head_repo(env));
}

static char *head_name(const StepEnv *env)
{
    return name_of(head_repo(env));
}

static char *base_branch(const StepEnv *env)
{
    return g_strdup(env->facts->base_branch);
}

static char *head_branch(const StepEnv *env)
{
    return g_strdup(env->facts->head_branch);
}

static char *head_commit(const StepEnv *env)
{
    return g_strdup(env->facts->head_commit);
}

static char *comment_args(const StepEnv *env)
{
    return step_env_comment_args(&env->command->args);
}

static char *working_dir(const StepEnv *env)
{
    return g_strdup(env->dir);
}

static char *account_of(const Actor *actor)
{
    return g_strdup(actor->login ? actor->login : actor->name);
}

static char *pull_author(const StepEnv *env)
{
    return account_of(&env->facts->author);
}

/* Who pushed is not known everywhere; the author then stands for a push. */
static char *user_name(const StepEnv *env)
{
    const Actor *actor = &env->command->actor;

    return account_of(actor->id ? actor : &env->facts->author);
}

static char *pull_number(const StepEnv *env)
{
    return g_strdup_printf("%" G_GINT64_FORMAT, env->command->pull.number);
}

static char *pull_url(const StepEnv *env)
{
    return g_strdup(env->command->pull.url);
}

static char *distribution(const StepEnv *env)
{
    return g_strdup(env->tool_name);
}

static char *version(const StepEnv *env)
{
    return g_strdup(env->tool_version);
}

static char *plan_file(const StepEnv *env)
{
    return g_strdup(env->plan_file);
}

static char *show_file(const StepEnv *env)
{
    return g_strdup(env->show_file);
}

static char *policy_file(const StepEnv *env)
{
    return g_strdup(env->policy_file);
}

static char *project_name(const StepEnv *env)
{
    if (env->project)
        return g_strdup(env->project->ref->name);
    return g_strdup(env->command->args.project ? env->command->args.project : "");
}

static char *project_dir(const StepEnv *env)
{
    return g_strdup(env->project ? env->project->ref->dir : NULL);
}

static char *workspace(const StepEnv *env)
{
    return g_strdup(env->project ? env->project->ref->workspace : NULL);
}

static char *is_approved(const StepEnv *env)
{
    return g_strdup(env->is_approved);
}

static char *is_mergeable(const StepEnv *env)
{
    return g_strdup(env->is_mergeable);
}

static char *command_name(const StepEnv *env)
{
    return g_strdup(env->command_name);
}

static char *status_file(const StepEnv *env)
{
    return g_strdup(env->status_file);
}

static char *has_errors(const StepEnv *env)
{
    return g_strdup(env->has_errors);
}

/* The project's own tool first, so that "terraform" in a step is the version it asks for; the
 * directory of downloaded ones last, as Atlantis has it. */
static char *search_path(const StepEnv *env)
{
    const char *path = g_environ_getenv((GStrv)env->base, "PATH");

    return g_strdup_printf("%s%s%s:%s/bin", env->tool_dir ? env->tool_dir : "",
                           env->tool_dir ? ":" : "", path ? path : "/usr/local/bin:/usr/bin:/bin",
                           env->settings->data_dir);
}

static char *in_automation(const StepEnv *env)
{
    (void)env;
    return g_strdup("true");
}

static const Variable variables[] = {
    { "BASE_REPO_OWNER", base_owner, IN_BOTH,
      "Owner of the repository, such as `organisation/project`." },
    { "BASE_REPO_NAME", base_name, IN_BOTH, "Its name." },
    { "BASE_BRANCH_NAME", base_branch, IN_BOTH, "The branch that the pull request goes into." },
    { "HEAD_REPO_OWNER", head_owner, IN_BOTH,
      "Owner of the repository that the change comes from: another one for a fork." },
    { "HEAD_REPO_NAME", head_name, IN_BOTH, "Its name." },
    { "HEAD_BRANCH_NAME", head_branch, IN_BOTH, "The branch that the change comes from." },
    { "HEAD_COMMIT", head_commit, IN_BOTH, "Its commit." },
    { "PULL_NUM", pull_number, IN_BOTH, "Number of the pull request." },
    { "PULL_URL", pull_url, IN_BOTH, "Its address." },
    { "PULL_AUTHOR", pull_author, IN_BOTH, "Account of its author." },
    { "USER_NAME", user_name, IN_BOTH,
      "Account of who gave the command; for a push whose author the host does not tell, the author "
      "of the pull request." },
    { "COMMENT_ARGS", comment_args, IN_BOTH,
      "What stands behind `--` in the comment: a backslash before each byte, words joined by "
      "commas." },
    { "DIR", working_dir, IN_BOTH,
      "Absolute working directory: the project's, or for a hook the top of the checkout." },
    { "PROJECT_NAME", project_name, IN_BOTH,
      "Name of the project; for a hook what `-p` says. May be empty." },
    { "ATLANTIS_TERRAFORM_DISTRIBUTION", distribution, IN_STEPS, "`terraform` or `tofu`." },
    { "ATLANTIS_TERRAFORM_VERSION", version, IN_STEPS, "The version that the project uses." },
    { "PATH", search_path, IN_STEPS,
      "The project's tool first, then the server's, then the directory of downloaded tools." },
    { "PLANFILE", plan_file, IN_STEPS, "Where the plan is to be written, and applied from." },
    { "SHOWFILE", show_file, IN_STEPS, "Where `show` writes the plan as JSON." },
    { "POLICYCHECKFILE", policy_file, IN_STEPS, "Where a policy check may write its results." },
    { "REPO_REL_DIR", project_dir, IN_STEPS,
      "Directory of the project, from the top of the repository." },
    { "WORKSPACE", workspace, IN_STEPS, "Workspace of the project." },
    { "TF_IN_AUTOMATION", in_automation, IN_STEPS, "`true`." },
    { "ATLANTIS_PR_APPROVED", is_approved, IN_STEPS,
      "`true` or `false`, in steps of `plan` and `apply`." },
    { "ATLANTIS_PR_MERGEABLE", is_mergeable, IN_STEPS, "The same of whether it can be completed." },
    { "COMMAND_NAME", command_name, IN_HOOKS, "The command, by its first word: `plan`, `state`." },
    { "OUTPUT_STATUS_FILE", status_file, IN_HOOKS, "A file for the text of the hook's status." },
    { "COMMAND_HAS_ERRORS", has_errors, IN_HOOKS, "`true` or `false`, in hooks behind a command." },
};

/* None of ours from an outer server: a value that is not known here must not be another's. */
GStrv step_env_new(const StepEnv *env)
{
    GStrv out = g_strdupv((GStrv)env->base);
    unsigned here = env->project ? IN_STEPS : IN_HOOKS;

    for (gsize i = 0; i < G_N_ELEMENTS(variables); i++) {
        const Variable *variable = &variables[i];
        g_autofree char *value = variable->place & here ? variable->value(env) : NULL;

        if (value)
            out = g_environ_setenv(out, variable->name, value, TRUE);
        else if (variable->value != search_path && variable->value != in_automation)
            out = g_environ_unsetenv(out, variable->name);
    }
    return out;
}

char *step_env_reference(void)
{
    static const char *const places[] = {
        [IN_STEPS] = "steps", [IN_HOOKS] = "hooks", [IN_BOTH] = "both"
    };
    GString *out = g_string_new(
        "<!-- SPDX-License-Identifier: Apache-2.0 -->\n"
        "<!-- Printed by `hadal reference environment`: change src/engine/step_env.c. -->\n"
        "# Environment of steps and hooks\n\n"
        "What `run`, `env` and `multienv` steps and hooks are given, on top of the server's own "
        "environment without its secrets and without its `ATLANTIS_` variables. A `run` step's "
        "`TF_CLI_CONFIG_FILE` adds [the provider plugins of all "
        "projects](../guides/air-gapped.md#provider-plugins-on-the-disk) to the server's own "
        "configuration of "
        "Terraform. Later `env` steps "
        "add to it, until the end of the stage. Texts in it may come from anybody who opens a pull "
        "request: write `\"$HEAD_BRANCH_NAME\"` with its quotation marks.\n\n"
        "| Variable | In | Meaning |\n|---|---|---|\n");

    for (gsize i = 0; i < G_N_ELEMENTS(variables); i++)
        g_string_append_printf(out, "| `%s` | %s | %s |\n", variables[i].name,
                               places[variables[i].place], variables[i].help);
    return g_string_free(out, FALSE);
}

/* Length of a name at text; 0: none. */
static gsize name_length(const char *text)
{
    gsize length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

    return g_ascii_isdigit(*text) ? 0 : length;
}

/* Appends the value of the name behind "$"; returns what follows it, or NULL when it is none. */
static const char *expand_one(GString *out, const char *text, const char *const *env)
{
    bool has_brace = *text == '{';
    const char *begin = text + has_brace;
    gsize length = name_length(begin);

    if (length == 0 || (has_brace && begin[length] != '}'))
        return NULL;
    g_autofree char *name = g_strndup(begin, length);
    const char *value = g_environ_getenv((GStrv)env, name);

    g_string_append(out, value ? value : "");
    return begin + length + has_brace;
}

char *step_env_expand(const char *text, const char *const *env)
{
    GString *out = g_string_new(NULL);

    while (*text) {
        const char *next = *text == '$' ? expand_one(out, text + 1, env) : NULL;

        if (!next)
            g_string_append_c(out, *text);
        text = next ? next : text + 1;
    }
    return g_string_free(out, FALSE);
}

static void append_words(GString *out, char *const *words)
{
    for (gsize i = 0; words && words[i]; i++) {
        if (out->len)
            g_string_append_c(out, ',');
        for (const char *byte = words[i]; *byte; byte++) {
            g_string_append_c(out, '\\');
            g_string_append_c(out, *byte);
        }
    }
}

char *step_env_comment_args(const CommandArgs *args)
{
    GString *out = g_string_new(NULL);

    append_words(out, args->extra);
    append_words(out, args->operands);
    return g_string_free(out, FALSE);
}
