// SPDX-License-Identifier: Apache-2.0
#include "tf/cli_config.h"

#include <string.h>

enum { MOST_DEPTH = 16 };

void provider_sources_clear(ProviderSources *sources)
{
    g_clear_pointer(&sources->dirs, g_ptr_array_unref);
    g_clear_pointer(&sources->urls, g_ptr_array_unref);
}

/* ------------------------------------------------------------------- words */

typedef enum { WORD_NAME, WORD_TEXT, WORD_SIGN, WORD_END } WordKind;

typedef struct {
    const char *at;
    WordKind kind;
    GString *text; /* of a name or a text */
    char sign;
} Words;

static const char *behind(const char *at, const char *end)
{
    const char *found = strstr(at, end);

    return found ? found + strlen(end) : at + strlen(at);
}

static const char *skip_blanks(const char *at)
{
    while (*at)
        if (g_ascii_isspace(*at))
            at++;
        else if (*at == '#' || g_str_has_prefix(at, "//"))
            at = behind(at, "\n");
        else if (g_str_has_prefix(at, "/*"))
            at = behind(at + 2, "*/");
        else
            return at;
    return at;
}

static const char *take_text(const char *at, GString *text)
{
    for (; *at && *at != '"'; at++) {
        if (*at == '\\' && at[1])
            at++;
        g_string_append_c(text, *at);
    }
    return *at ? at + 1 : at;
}

static bool is_of_name(char letter)
{
    return g_ascii_isalnum(letter) || letter == '_' || letter == '-' || letter == '.';
}

static void next_word(Words *words)
{
    const char *at = skip_blanks(words->at);

    g_string_truncate(words->text, 0);
    words->kind = WORD_SIGN;
    words->sign = *at;
    if (!*at)
        words->kind = WORD_END;
    else if (*at == '"') {
        words->kind = WORD_TEXT;
        at = take_text(at + 1, words->text);
    } else if (is_of_name(*at)) {
        words->kind = WORD_NAME;
        while (is_of_name(*at))
            g_string_append_c(words->text, *at++);
    } else
        at++;
    words->at = at;
}

/* ------------------------------------------------------------------ blocks */

typedef struct {
    ProviderSources *sources;
    char *blocks[MOST_DEPTH]; /* names of those that are open, owned */
    guint depth;
    char *name; /* the last one that was met outside of a value; owned; NULL: none */
    bool is_value;
} Reading;

static void open_block(Reading *reading)
{
    ProviderSources *sources = reading->sources;
    bool is_inner =
        reading->depth == 1 && g_strcmp0(reading->blocks[0], "provider_installation") == 0;

    sources->is_said |=
        reading->depth == 0 && g_strcmp0(reading->name, "provider_installation") == 0;
    sources->has_direct |= is_inner && g_strcmp0(reading->name, "direct") == 0;
    if (reading->depth < MOST_DEPTH)
        reading->blocks[reading->depth] = g_steal_pointer(&reading->name);
    reading->depth++;
    g_clear_pointer(&reading->name, g_free);
}

static void close_block(Reading *reading)
{
    if (reading->depth > 0 && --reading->depth < MOST_DEPTH)
        g_clear_pointer(&reading->blocks[reading->depth], g_free);
    g_clear_pointer(&reading->name, g_free);
}

static void take_value(Reading *reading, const char *text)
{
    ProviderSources *sources = reading->sources;

    if (reading->depth != 2 || g_strcmp0(reading->blocks[0], "provider_installation") != 0)
        return;
    if (g_strcmp0(reading->blocks[1], "filesystem_mirror") == 0 &&
        g_strcmp0(reading->name, "path") == 0)
        g_ptr_array_add(sources->dirs, g_strdup(text));
    if (g_strcmp0(reading->blocks[1], "network_mirror") == 0 &&
        g_strcmp0(reading->name, "url") == 0)
        g_ptr_array_add(sources->urls, g_strdup(text));
}

static void take_sign(Reading *reading, char sign)
{
    if (sign == '{')
        open_block(reading);
    else if (sign == '}')
        close_block(reading);
    reading->is_value = sign == '=';
}

static void take_word(Reading *reading, const Words *words)
{
    if (words->kind == WORD_SIGN) {
        take_sign(reading, words->sign);
        return;
    }
    if (reading->is_value && words->kind == WORD_TEXT)
        take_value(reading, words->text->str);
    if (!reading->is_value && words->kind == WORD_NAME) {
        g_free(reading->name);
        reading->name = g_strdup(words->text->str);
    }
    reading->is_value = false;
}

void provider_sources_parse(const char *text, ProviderSources *sources)
{
    g_autoptr(GString) word = g_string_new(NULL);
    Words words = { .at = text, .text = word };
    Reading reading = { .sources = sources };

    sources->dirs = g_ptr_array_new_with_free_func(g_free);
    sources->urls = g_ptr_array_new_with_free_func(g_free);
    for (next_word(&words); words.kind != WORD_END; next_word(&words)) {
        bool was_said = sources->is_said;

        take_word(&reading, &words);
        if (sources->is_said && !was_said)
            sources->inside = (gsize)(words.at - text);
    }
    while (reading.depth > 0)
        close_block(&reading);
    g_free(reading.name);
}

/* -------------------------------------------------------------------- file */

char *cli_config_path(const char *const *env, const char *program)
{
    const char *named = g_environ_getenv((GStrv)env, "TF_CLI_CONFIG_FILE");
    const char *home = g_environ_getenv((GStrv)env, "HOME");
    g_autofree char *of_tofu = g_build_filename(home ? home : "/", ".tofurc", NULL);

    if (named)
        return g_strdup(named);
    if (g_str_equal(program, "tofu") && g_file_test(of_tofu, G_FILE_TEST_EXISTS))
        return g_steal_pointer(&of_tofu);
    return g_build_filename(home ? home : "/", ".terraformrc", NULL);
}
