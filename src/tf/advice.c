// SPDX-License-Identifier: Apache-2.0
/*
 * The programs break their lines at a width of their own choice, and frame messages with bars: the
 * words are looked for with single blanks between them. The texts: internal/states, internal/
 * terraform and internal/command of https://github.com/hashicorp/terraform.
 */
#include "tf/advice.h"

#include <string.h>

#include "tf/version.h"

enum { MAX_OUTPUT = 256 << 10, MAX_FACT = 200 };

static const char frame[] = "\342\224\202"; /* U+2502, before each line of a message */

/* The end of it, as one line. The caller frees it. */
static char *one_line(const char *output)
{
    gsize length = strlen(output);
    g_auto(GStrv) words = NULL;
    GString *line = g_string_new(NULL);

    words = g_strsplit_set(output + (length > MAX_OUTPUT ? length - MAX_OUTPUT : 0), " \t\r\n", -1);
    for (gsize i = 0; words[i]; i++)
        if (*words[i] && !g_str_equal(words[i], frame))
            g_string_append_printf(line, "%s%s", line->len ? " " : "", words[i]);
    return g_string_free(line, FALSE);
}

/* The version that stands behind some words, as we write it; NULL. The caller frees it. */
static char *version_behind(const char *text, const char *words)
{
    const char *at = strstr(text, words);
    g_autofree char *word = NULL;
    g_autoptr(TfVersion) version = NULL;

    if (!at)
        return NULL;
    at += strlen(words);
    word = g_strndup(at, strcspn(at, " ,"));
    if (g_str_has_suffix(word, "."))
        word[strlen(word) - 1] = '\0';
    version = tf_version_parse(word, NULL);
    return version ? tf_version_text(version) : NULL;
}

static const char *title_of(const TfTool *tool)
{
    return g_str_equal(tool->name, "tofu") ? "OpenTofu" : "Terraform";
}

/* Of 0.12 up to 1.x: "state snapshot was created by Terraform v1.12.0, which is newer than ...". */
static char *on_newer_state(const TfTool *tool, const char *text, const char *output)
{
    g_autofree char *created = g_strdup_printf("was created by %s ", title_of(tool));
    g_autofree char *version = version_behind(text, created);

    (void)output;
    if (!strstr(text, "Unsupported state file format") && !strstr(text, "which is newer than"))
        return NULL;
    if (!version)
        return g_strdup_printf("This state was written by a newer version, and this ran %s %s. Set "
                               "`terraform_version` of the project to that version, or raise "
                               "`required_version`.",
                               title_of(tool), tool->version);
    return g_strdup_printf("This state was written by %s %s, and this ran %s. Set "
                           "`terraform_version: %s` (or newer) for the project, or raise "
                           "`required_version`.",
                           title_of(tool), version, tool->version, version);
}

static char *on_required_version(const TfTool *tool, const char *text, const char *output)
{
    (void)output;
    if (!strstr(text, "Unsupported Terraform Core version") &&
        !strstr(text, "Unsupported OpenTofu Core version"))
        return NULL;
    return g_strdup_printf("A `required_version` of this module or of one that it calls does not "
                           "allow %s %s. Set `terraform_version` of the project to one that all of "
                           "them allow, or change the constraint.",
                           title_of(tool), tool->version);
}

static char *on_changed_backend(const TfTool *tool, const char *text, const char *output)
{
    (void)output;
    if (!strstr(text, "Backend configuration changed") &&
        !strstr(text, "Backend configuration block has changed") &&
        !strstr(text, "Unsetting the previously set backend") &&
        !strstr(text, "Can't ask approval for state migration"))
        return NULL;
    return g_strdup_printf(
        "The backend is another one than the last `init` here has seen. Run "
        "`init` with `-reconfigure` to go on with the state that the new backend "
        "has; if the state has to move, move it yourself with `%s init "
        "-migrate-state`.",
        tool->name);
}

static char *on_missing_init(const TfTool *tool, const char *text, const char *output)
{
    (void)tool;
    (void)output;
    if (!strstr(text, "Backend initialization required"))
        return NULL;
    return g_strdup("The backend is not initialised in this directory. Let the workflow run `init` "
                    "before this step.");
}

/* "  Who:       root@host" of the lock's description; the caller frees it. */
static char *lock_fact(const char *output, const char *name)
{
    const char *info = strstr(output, "Lock Info:"), *at = info ? strstr(info, name) : NULL;
    g_autofree char *line = NULL;

    if (!at)
        return g_strdup("unknown");
    at += strlen(name);
    line = g_strndup(at, MIN(strcspn(at, "\r\n"), MAX_FACT));
    return g_strdup(g_strstrip(line));
}

static char *on_locked_state(const TfTool *tool, const char *text, const char *output)
{
    g_autofree char *id = lock_fact(output, " ID:"), *who = lock_fact(output, " Who:");
    g_autofree char *since = lock_fact(output, " Created:");

    if (!strstr(text, "Error acquiring the state lock") || !strstr(text, "Lock Info:"))
        return NULL;
    return g_strdup_printf("The state is locked by %s since %s. When nothing of theirs runs any "
                           "more, release it with `%s force-unlock %s` in this directory and "
                           "workspace, and run the command again.",
                           who, since, tool->name, id);
}

static char *on_stale_plan(const TfTool *tool, const char *text, const char *output)
{
    (void)tool;
    (void)output;
    if (!strstr(text, "Saved plan is stale"))
        return NULL;
    return g_strdup("Something else has changed the state since this plan was made. Plan again, "
                    "read the new plan, and apply that.");
}

char *tf_advice(const TfTool *tool, const char *output)
{
    /* A state in a newer format is met while it is locked: it comes before the lock. */
    static char *(*const known[])(const TfTool *, const char *, const char *) = {
        on_newer_state,  on_required_version, on_changed_backend,
        on_missing_init, on_locked_state,     on_stale_plan,
    };
    g_autofree char *text = one_line(output);
    char *advice = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(known) && !advice; i++)
        advice = known[i](tool, text, output);
    return advice;
}
