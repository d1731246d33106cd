// SPDX-License-Identifier: Apache-2.0
#include "engine/git_loan.h"

#include <string.h>

#include "git/credential.h"
#include "host/host.h"
#include "sys/proc.h"

struct _GitLoan {
    Host *host; /* NULL: nothing is lent; used on the hatch's thread once there is one */
    const RepoRef *repo;
    GStrv urls;
    Hatch *hatch;
};

static bool is_lent(const Settings *settings, bool is_fork, GitLoanUse use)
{
    bool is_for_all = settings->write_git_creds || g_str_equal(settings->git_credentials, "steps");

    if (is_fork)
        return false;
    return use == GIT_LOAN_INIT ? is_for_all || g_str_equal(settings->git_credentials, "init")
                                : is_for_all;
}

/* --- on the hatch's thread --- */

static char *refusal(const Ctx *ctx, const GitQuestion *question, const char *why)
{
    log_line(LEVEL_WARN, ctx, "git asks for a credential and gets none: %s://%s/%s: %s",
             question->protocol, question->host, question->path ? question->path : "", why);
    return g_strdup_printf("refused=%s\n", why);
}

/* What the helper prints: see "hadal git-credential". */
static char *answer(const Ctx *ctx, const char *text, gpointer data)
{
    const GitLoan *loan = data;
    g_auto(GitQuestion) question = { 0 };
    g_auto(GitAuth) auth = { 0 };
    g_autoptr(GError) error = NULL;
    char *lines;

    if (!git_question_parse(text, &question, &error))
        return NULL;
    if (!git_question_is_below(&question, (const char *const *)loan->urls))
        return refusal(ctx, &question,
                       "it is given for https URLs in the organisation of the pull request alone");
    if (!host_git_auth(ctx, loan->host, loan->repo, NULL, &auth, &error))
        return refusal(ctx, &question, error->message);
    lines = auth.authorization ? git_credential_lines(auth.authorization) : NULL;
    return lines ? lines : refusal(ctx, &question, "the server has none that git can use");
}

/* --- life --- */

static bool open_host(GitLoan *loan, const Settings *settings, const Command *command,
                      GError **error)
{
    const HostSpec spec = settings_host_spec(settings);

    loan->repo = &command->pull.repo;
    loan->host = host_open(command->pull.repo.host, &spec, error);
    loan->urls = loan->host ? host_git_urls(loan->host, &command->pull, error) : NULL;
    loan->hatch = loan->urls ? hatch_open(answer, loan, error) : NULL;
    return loan->hatch != NULL;
}

GitLoan *git_loan_open(const Settings *settings, const Command *command, bool is_fork,
                       GitLoanUse use, GError **error)
{
    g_autoptr(GitLoan) loan = g_new0(GitLoan, 1);

    if (!is_lent(settings, is_fork, use) || open_host(loan, settings, command, error))
        return g_steal_pointer(&loan);
    return hadal_prefix_null(error, "lend git a credential");
}

void git_loan_close(GitLoan *loan)
{
    if (!loan)
        return;
    hatch_close(loan->hatch);
    g_strfreev(loan->urls);
    host_free(loan->host);
    g_free(loan);
}

/* --- what the program gets --- */

/* A program that was replaced while it runs is found in its new version. */
static char *own_program(void)
{
    static const char mark[] = " (deleted)";
    g_autofree char *path = g_file_read_link("/proc/self/exe", NULL);

    if (!path)
        return g_strdup("hadal");
    if (g_str_has_suffix(path, mark))
        path[strlen(path) - strlen(mark)] = '\0';
    return g_steal_pointer(&path);
}

GStrv git_loan_env(const GitLoan *loan, const char *const *env)
{
    GStrv own = env ? g_strdupv((GStrv)env) : proc_base_env();
    g_autofree char *program = own_program();
    g_autofree char *quoted = g_shell_quote(program);
    g_autofree char *helper = NULL;
    g_auto(GStrv) headers = NULL;

    if (!loan->hatch)
        return own;
    headers = host_git_headers(loan->host, loan->repo);
    helper = g_strdup_printf("!%s git-credential %s", quoted, hatch_name(loan->hatch));
    return git_credential_env(own, (const char *const *)loan->urls, (const char *const *)headers,
                              helper);
}

Hatch *git_loan_hatch(const GitLoan *loan)
{
    return loan->hatch;
}
