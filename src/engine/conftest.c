// SPDX-License-Identifier: Apache-2.0
#include "engine/conftest.h"

#include <string.h>

#include "base/redact.h"
#include "engine/step_env.h"
#include "grammar/words.h"
#include "sys/proc.h"

enum { MAX_OUTPUT = 1 << 20 /* of one set, for the comment; the log has it all */ };

/* What stands for the file's name in the output, as Atlantis has it: patterns for items know it,
 * and the same finding looks the same in the next plan. */
#define SHOWN_FILE "<redacted plan file>"

#define CONFIG_VARIABLE "CONFTEST_CONFIG_FILE"

/* ------------------------------------------------------------------- program */

/* Only in directories that are named from the top: "." in a PATH would be the checkout. */
static char *find_in_path(const char *const *env, const char *name)
{
    const char *path = g_environ_getenv((GStrv)env, "PATH");
    g_auto(GStrv) dirs = g_strsplit(path ? path : "", ":", -1);

    for (char **dir = dirs; *dir; dir++) {
        g_autofree char *file = g_build_filename(*dir, name, NULL);

        if (g_path_is_absolute(*dir) && g_file_test(file, G_FILE_TEST_IS_REGULAR) &&
            g_file_test(file, G_FILE_TEST_IS_EXECUTABLE))
            return g_steal_pointer(&file);
    }
    return NULL;
}

static const char *version_of(const ConftestSpec *spec)
{
    return spec->version ? spec->version
                         : g_environ_getenv((GStrv)spec->env, "DEFAULT_CONFTEST_VERSION");
}

static char *find_program(const ConftestSpec *spec)
{
    const char *version = version_of(spec);
    g_autofree char *name =
        version && !strchr(version, '/') ? g_strconcat("conftest", version, NULL) : NULL;
    char *found = name ? find_in_path(spec->env, name) : NULL;

    return found ? found : find_in_path(spec->env, "conftest");
}

static PolicyResult *not_installed(const ConftestSpec *spec, const PolicySet *set)
{
    const char *version = version_of(spec);
    g_autofree char *why = g_strdup_printf(
        "conftest is not installed on the server: there is neither a program `conftest%s` nor "
        "`conftest` on its PATH or in `bin` of its data directory. It is not downloaded; the "
        "operator has to put it there.",
        version ? version : "");

    return policy_rules_unchecked(set, why);
}

/* ----------------------------------------------------------------- arguments */

/* Appends the words of text. Returns what is wrong with it; NULL: nothing. */
static const char *add_words(GStrvBuilder *argv, const char *text, const char *const *env)
{
    const char *problem = NULL;
    g_auto(GStrv) words = words_split(text, &problem);

    for (char **word = words; words && *word; word++) {
        g_autofree char *value = step_env_expand(*word, env);

        if (*value || !**word)
            g_strv_builder_add(argv, value);
    }
    return words ? NULL : problem;
}

/* NULL with *problem, for the caller to free, when the operator's text is no list of words. */
static GStrv argv_of(const ConftestSpec *spec, const PolicySet *set, const char *program,
                     char **problem)
{
    g_autoptr(GStrvBuilder) argv = g_strv_builder_new();
    g_autoptr(GStrvBuilder) path = g_strv_builder_new();
    const char *why = add_words(path, set->path, spec->env);
    g_auto(GStrv) path_words = g_strv_builder_end(path);

    if (why || !*path_words) {
        *problem = g_strdup_printf("The path `%s` of this set cannot be used: %s.", set->path,
                                   why ? why : "nothing is left of it");
        return NULL;
    }
    g_strv_builder_add_many(argv, program, "test", "-p", NULL);
    g_strv_builder_addv(argv, (const char **)path_words);
    g_strv_builder_add_many(argv, spec->show_file, "--no-color", NULL);
    for (gsize i = 0; spec->extra_args && spec->extra_args[i]; i++) {
        why = add_words(argv, spec->extra_args[i], spec->env);
        if (why) {
            *problem = g_strdup_printf("The argument `%s` of the policy_check step cannot be used: "
                                       "%s.",
                                       spec->extra_args[i], why);
            return NULL;
        }
    }
    return g_strv_builder_end(argv);
}

/* The operator's own configuration stays; without one there is none, wherever conftest looks. */
static GStrv env_of(const ConftestSpec *spec, GError **error)
{
    g_auto(GStrv) env = g_strdupv((GStrv)spec->env);

    if (g_environ_getenv(env, CONFIG_VARIABLE))
        return g_steal_pointer(&env);
    if (!g_file_set_contents_full(spec->config_file, "", 0, G_FILE_SET_CONTENTS_CONSISTENT, 0600,
                                  error))
        return NULL;
    env = g_environ_setenv(env, CONFIG_VARIABLE, spec->config_file, TRUE);
    return g_steal_pointer(&env);
}

/* ----------------------------------------------------------------------- run */

static char *shown(const ConftestSpec *spec, const GString *output)
{
    g_autofree char *valid = g_utf8_make_valid(output->str, (gssize)output->len);
    g_autoptr(GString) text = g_string_new(valid);

    g_string_replace(text, spec->show_file, SHOWN_FILE, 0);
    redact(text);
    return g_strdup(text->str);
}

static bool is_cancelled(GError *why, GError **error)
{
    if (!g_error_matches(why, HADAL_ERROR, HADAL_ERROR_CANCELLED))
        return false;
    g_propagate_error(error, g_error_copy(why));
    return true;
}

/* It did not end by itself: what it printed, and why it ended. */
static PolicyResult *cut_off(const PolicySet *set, const char *text, const GError *why)
{
    const char *reason = why ? why->message : "it did not end by itself";
    g_autofree char *both = g_strconcat(text, *text ? "\n\n" : "", reason, NULL);

    return policy_rules_conftest(set, -1, both);
}

static PolicyResult *run(const Ctx *ctx, const ConftestSpec *spec, const PolicySet *set,
                         const char *const *argv, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_auto(GStrv) env = env_of(spec, &why);
    g_autoptr(GString) output = g_string_new(NULL);
    g_autofree char *text = NULL;
    int status = -1;
    const ProcSpec proc = {
        .argv = argv,
        .dir = spec->dir,
        .env = (const char *const *)env,
        .max_output = MAX_OUTPUT,
        .timeout_ms = spec->timeout_ms,
        .grace_ms = spec->grace_ms,
        .log_fd = spec->log_fd,
    };

    bool has_passed = env && proc_run(ctx, &proc, output, NULL, &status, &why);

    if (!has_passed && is_cancelled(why, error))
        return NULL;
    text = shown(spec, output);
    return has_passed || status > 0 ? policy_rules_conftest(set, status, text)
                                    : cut_off(set, text, why);
}

PolicyResult *conftest_run(const Ctx *ctx, const ConftestSpec *spec, const PolicySet *set,
                           GError **error)
{
    g_autofree char *program = find_program(spec);
    g_autofree char *problem = NULL;
    g_auto(GStrv) argv = program ? argv_of(spec, set, program, &problem) : NULL;

    if (!program)
        return not_installed(spec, set);
    if (!argv)
        return policy_rules_unchecked(set, problem);
    return run(ctx, spec, set, (const char *const *)argv, error);
}
