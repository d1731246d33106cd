// SPDX-License-Identifier: Apache-2.0
/* "hadal doctor": what is wrong with an installation, and what to do about it. */
#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/redact.h"
#include "cli/cli.h"
#include "cli/doctor.h"
#include "cli/own_options.h"
#include "cli/process.h"
#include "cli/terminal.h"
#include "model/finding.h"
#include "sys/js.h"
#include "sys/proc.h"

enum { EXIT_GOOD = 0, EXIT_WRONG = 1, EXIT_WRONG_QUESTION = 2 };

typedef struct {
    bool json;
} Own;

static const OptionRow own_rows[] = {
    {
        OPTION_FIELD(Own, json),
        .name = "json",
        .group = "How to tell it",
        .def = "false",
        .help = "Print JSON: {\"ok\", \"findings\": [{\"about\", \"state\", \"text\", "
                "\"advice\"}]}.",
    },
};
static const char *const no_env[] = { NULL };
static const OptionTable own_table = {
    .env_prefixes = no_env,
    .rows = own_rows,
    .n_rows = G_N_ELEMENTS(own_rows),
};

/* ----------------------------------------------------------------------- telling */

static char *safe(const char *text)
{
    g_autofree char *redacted = redact_copy(text ? text : "");

    return terminal_text(redacted);
}

static void print_text(const GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++) {
        const Finding *one = findings->pdata[i];
        g_autofree char *about = safe(one->about), *text = safe(one->text);
        g_autofree char *advice = safe(one->advice);

        printf("%-8s %s: %s\n", finding_state_name(one->state), about, text);
        if (*advice)
            printf("         %s\n", advice);
    }
}

static json_t *json_of(const Finding *finding)
{
    g_autofree char *text = redact_copy(finding->text);
    json_t *object = json_object();

    js_set(object, "about", finding->about);
    js_set(object, "state", finding_state_name(finding->state));
    js_set(object, "text", text);
    js_set(object, "advice", finding->advice);
    return object;
}

static void print_json(const GPtrArray *findings, bool is_good)
{
    json_auto_t *root = json_object();
    json_t *array = json_array();
    g_autofree char *text = NULL;

    for (guint i = 0; i < findings->len; i++)
        json_array_append_new(array, json_of(findings->pdata[i]));
    json_object_set_new(root, "ok", json_boolean(is_good));
    json_object_set_new(root, "findings", array);
    text = js_print(root);
    puts(text);
}

static bool is_good(const GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++)
        if (((const Finding *)findings->pdata[i])->state == FINDING_WRONG)
            return false;
    return true;
}

static int conclude(const Own *own, const GPtrArray *findings)
{
    bool good = is_good(findings);

    if (own->json)
        print_json(findings, good);
    else
        print_text(findings);
    return good ? EXIT_GOOD : EXIT_WRONG;
}

/* ----------------------------------------------------------------------- looking */

static void look_with(const Settings *settings, char **argv, GPtrArray *findings)
{
    g_auto(GStrv) secrets = settings_secrets(settings);
    g_autoptr(GError) error = NULL;
    g_autofree char *launcher = process_find_launcher(&error);
    const Ctx ctx = { .command = "doctor" };

    for (gsize i = 0; secrets[i]; i++)
        redact_add(secrets[i]);
    process_hide_secrets(argv, environ, (const char *const *)secrets);
    if (!launcher) {
        finding_add(findings, FINDING_WRONG, "installation", g_strdup(error->message),
                    "install hadal-launch beside hadal");
        return;
    }
    proc_init(launcher);
    log_init(LEVEL_ERROR); /* what goes wrong here is a finding */
    doctor_look(&ctx, settings, findings);
}

/* Settings that the server would not start with are a finding like any other. */
static void look(const char *const *server_argv, char **argv, GPtrArray *findings)
{
    g_auto(GStrv) env = g_get_environ();
    g_auto(Settings) settings = { 0 };
    g_autoptr(GError) error = NULL;

    if (settings_load(server_argv, (const char *const *)env, &settings, &error)) {
        finding_add(findings, FINDING_OK, "settings", g_strdup("the server starts with them"),
                    NULL);
        look_with(&settings, argv, findings);
    } else
        finding_add(findings, FINDING_WRONG, "settings", g_strdup(error->message),
                    "\"hadal server --help\" lists them all");
}

static bool sort_words(const char *const *argv, OwnWords *words, GError **error)
{
    while (*argv) {
        if (!g_str_has_prefix(*argv, "--"))
            return hadal_throw(error, HADAL_ERROR_INVALID, "unexpected \"%.80s\"", *argv);
        own_words_take(&own_table, words, &argv);
    }
    return true;
}

char *doctor_options_markdown(void)
{
    return option_flags_markdown(&own_table);
}

static int print_help(void)
{
    static const char *const told[] = { "config", "data-dir", "repo-config", "atlantis-url", NULL };
    g_autofree char *options = own_options_help(&own_table, told);

    fputs("Usage: hadal doctor [OPTIONS]\n\n"
          "Looks at everything that the server needs, with the settings that it has: what is in\n"
          "order, what is not, and what to do. Changes nothing, and may be run beside the server.\n"
          "Exit status: 0 when nothing is wrong (there may be warnings), 1 when something is.\n\n",
          stdout);
    fputs(options, stdout);
    return EXIT_GOOD;
}

int cmd_doctor(int argc, char **argv)
{
    g_auto(OwnWords) words = { .own = g_strv_builder_new(), .server = g_strv_builder_new() };
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func((GDestroyNotify)finding_free);
    g_auto(GStrv) own_argv = NULL, server_argv = NULL;
    g_autoptr(GError) error = NULL;
    Own own = { 0 };

    (void)argc;
    if (cli_wants_help(argv + 2))
        return print_help();
    if (sort_words((const char *const *)argv + 2, &words, &error)) {
        own_argv = g_strv_builder_end(words.own);
        server_argv = g_strv_builder_end(words.server);
        if (option_load(&own_table, (const char *const *)own_argv, no_env, &own, &error)) {
            look((const char *const *)server_argv, argv, findings);
            return conclude(&own, findings);
        }
    }
    fprintf(stderr, "hadal doctor: %s\n", error->message);
    return EXIT_WRONG_QUESTION;
}
