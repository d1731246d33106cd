// SPDX-License-Identifier: Apache-2.0
#include "cli/setup_options.h"

#include <string.h>

#include "cli/own_options.h"
#include "host/host.h"

#define SETUP "What to set up"

typedef struct {
    char *organization, *project, *url, *account;
    GStrv repository, require;
    bool apply;
} Own;

static const char *const requirable[] = { "plan", "apply", "policy_check", "none", NULL };

static const OptionRow own_rows[] = {
    {
        OPTION_FIELD(Own, organization),
        .name = "organization",
        .group = SETUP,
        .help = "The organisation, or the collection of a server. Not needed when the host's URL "
                "has it already.",
    },
    {
        OPTION_FIELD(Own, project),
        .name = "project",
        .group = SETUP,
        .help = "The project, by name or id.",
    },
    {
        OPTION_FIELD(Own, repository),
        .name = "repository",
        .group = SETUP,
        .help = "Repositories of it, by name or id; may be given several times. Without it events "
                "of the whole project are sent, and no branch policy is looked at.",
    },
    {
        OPTION_FIELD(Own, url),
        .name = "url",
        .group = SETUP,
        .help = "How the host reaches the server, like https://hadal.example.com. Without it, "
                "what --atlantis-url says.",
    },
    {
        OPTION_FIELD(Own, require),
        .name = "require",
        .group = SETUP,
        .def = "plan,apply",
        .choices = requirable,
        .help = "Statuses that the default branch of each repository asks for before a pull "
                "request is completed; or none.",
    },
    {
        OPTION_FIELD(Own, account),
        .name = "account",
        .group = SETUP,
        .help = "Id of the server's account, whose statuses alone count for the branch policies; "
                "without it, the account of the credential. For administrators who set up with a "
                "token of their own.",
    },
    {
        OPTION_FIELD(Own, apply),
        .name = "apply",
        .group = SETUP,
        .def = "false",
        .help = "Make what is missing, set right what is different, and have a test event sent. "
                "Without it, it is only shown. Nothing is ever deleted.",
    },
};
static const char *const no_env[] = { NULL };
static const OptionTable own_table = {
    .env_prefixes = no_env,
    .rows = own_rows,
    .n_rows = G_N_ELEMENTS(own_rows),
};

/* Settings of the server that count here: all are taken, these are in --help. */
static const char *const told[] = {
    "config",
    "azuredevops-user",
    "azuredevops-token",
    "azuredevops-webhook-user",
    "azuredevops-webhook-password",
    "azuredevops-base-url",
    "vcs-status-name",
    NULL,
};

/* ------------------------------------------------------------------ sorting words */

typedef struct {
    OwnWords split;
    GString *repositories; /* all that were given, with commas */
    const char *host;      /* NULL: not given */
} Words;

static void words_clear(Words *words)
{
    own_words_clear(&words->split);
    g_string_free(words->repositories, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Words, words_clear)

static bool take_host(Words *words, const char *name, GError **error)
{
    g_autofree char *known = g_strjoinv(", ", (char **)host_names());

    if (words->host)
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "unexpected \"%.80s\": the host is \"%s\" already", name, words->host);
    if (!g_strv_contains(host_names(), name))
        return hadal_throw(error, HADAL_ERROR_INVALID, "no host is called \"%.80s\"; known: %s",
                           name, known);
    words->host = name;
    return true;
}

/* The only flag that counts each time it is given. */
static void take_repository(Words *words, const char *names)
{
    if (words->repositories->len)
        g_string_append_c(words->repositories, ',');
    g_string_append(words->repositories, names);
}

static void add_repositories(Words *words)
{
    g_strv_builder_add(words->split.own, "--repository");
    g_strv_builder_add(words->split.own, words->repositories->str);
}

static bool sort_words(const char *const *argv, Words *words, GError **error)
{
    static const char repository[] = "--repository=";

    while (*argv) {
        if (g_str_has_prefix(*argv, repository))
            take_repository(words, *argv++ + strlen(repository));
        else if (g_str_equal(*argv, "--repository") && argv[1]) {
            take_repository(words, argv[1]);
            argv += 2;
        } else if (g_str_has_prefix(*argv, "--"))
            own_words_take(&own_table, &words->split, &argv);
        else if (!take_host(words, *argv++, error))
            return false;
    }
    if (words->repositories->len)
        add_repositories(words);
    return true;
}

/* ------------------------------------------------------------------------- checks */

static bool check_url(const char *url, GError **error)
{
    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);
    const char *scheme = uri ? g_uri_get_scheme(uri) : "";

    if ((g_str_equal(scheme, "https") || g_str_equal(scheme, "http")) && *g_uri_get_host(uri) &&
        !g_uri_get_userinfo(uri) && !g_uri_get_query(uri) && !g_uri_get_fragment(uri))
        return true;
    return hadal_throw(error, HADAL_ERROR_INVALID,
                       "--url must be a URL like https://hadal.example.com, without user, query "
                       "and fragment, not \"%.200s\"",
                       url);
}

static bool check_require(const Own *own, GError **error)
{
    return !g_strv_contains((const char *const *)own->require, "none") ||
           g_strv_length(own->require) == 1 ||
           hadal_throw(error, HADAL_ERROR_INVALID, "--require: \"none\" goes with nothing else");
}

static bool check(const Words *words, const Own *own, const Settings *settings, GError **error)
{
    const char *url = own->url ? own->url : settings->atlantis_url;

    if (!words->host)
        return hadal_throw(error, HADAL_ERROR_INVALID, "which host? hadal setup %s ...",
                           host_names()[0]);
    if (!own->project)
        return hadal_throw(error, HADAL_ERROR_INVALID, "--project is missing");
    if (!url)
        return hadal_throw(error, HADAL_ERROR_INVALID,
                           "--url is missing: how the host reaches the server");
    return check_url(url, error) && check_require(own, error);
}

static char *without_slashes(const char *url)
{
    char *copy = g_strdup(url);

    while (g_str_has_suffix(copy, "/"))
        copy[strlen(copy) - 1] = '\0';
    return copy;
}

static GStrv statuses_of(const Own *own, const Settings *settings)
{
    g_autoptr(GStrvBuilder) statuses = g_strv_builder_new();

    for (gsize i = 0; own->require[i]; i++) {
        g_autofree char *name =
            g_strdup_printf("%s/%s", settings->vcs_status_name, own->require[i]);

        if (!g_str_equal(own->require[i], "none"))
            g_strv_builder_add(statuses, name);
    }
    return g_strv_builder_end(statuses);
}

/* ------------------------------------------------------------------------ public */

/* Takes what own holds. */
static void fill(const Words *words, Own *own, SetupOptions *options)
{
    const Settings *settings = &options->settings;

    options->host = g_strdup(words->host);
    options->organization = g_steal_pointer(&own->organization);
    options->project = g_steal_pointer(&own->project);
    options->repositories = g_steal_pointer(&own->repository);
    options->url = without_slashes(own->url ? own->url : settings->atlantis_url);
    options->account = g_steal_pointer(&own->account);
    options->statuses = statuses_of(own, settings);
    options->apply = own->apply;
}

bool setup_options_load(const char *const *argv, const char *const *env, SetupOptions *options,
                        GError **error)
{
    g_auto(Words) words = {
        .split = { .own = g_strv_builder_new(), .server = g_strv_builder_new() },
        .repositories = g_string_new(NULL),
    };
    bool is_good = sort_words(argv, &words, error);
    g_auto(GStrv) own_argv = g_strv_builder_end(words.split.own);
    g_auto(GStrv) server_argv = g_strv_builder_end(words.split.server);
    g_auto(Settings) settings = { 0 };
    Own own = { 0 };

    is_good = is_good &&
              option_load(&own_table, (const char *const *)own_argv, no_env, &own, error) &&
              settings_load_offline((const char *const *)server_argv, env, &settings, error) &&
              check(&words, &own, &settings, error);
    if (is_good) {
        options->settings = settings;
        memset(&settings, 0, sizeof settings);
        fill(&words, &own, options);
    }
    option_clear(&own_table, &own);
    return is_good;
}

void setup_options_clear(SetupOptions *options)
{
    g_clear_pointer(&options->host, g_free);
    g_clear_pointer(&options->organization, g_free);
    g_clear_pointer(&options->project, g_free);
    g_clear_pointer(&options->repositories, g_strfreev);
    g_clear_pointer(&options->url, g_free);
    g_clear_pointer(&options->account, g_free);
    g_clear_pointer(&options->statuses, g_strfreev);
    settings_clear(&options->settings);
}

char *setup_options_markdown(void)
{
    return option_flags_markdown(&own_table);
}

char *setup_options_help(void)
{
    g_autofree char *options = own_options_help(&own_table, told);
    g_autofree char *known = g_strjoinv("|", (char **)host_names());

    return g_strconcat(
        "Usage: hadal setup ", known,
        " [OPTIONS]\n\n"
        "Shows what the host still has to be told so that it works with the server: which events\n"
        "to send, and which statuses completing a pull request needs. With --apply it is done.\n"
        "Exit status: 0 when nothing is missing, 1 when something is, 2 when it cannot be found\n"
        "out or the question is wrong.\n\n",
        options, NULL);
}
