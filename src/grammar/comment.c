// SPDX-License-Identifier: Apache-2.0
#include "grammar/comment.h"

#include <string.h>

#include "base/markdown.h"
#include "base/nearest.h"
#include "grammar/args.h"
#include "grammar/usage.h"
#include "grammar/words.h"

enum {
    LONGEST_COMMENT = 64 * 1024,
    MOST_COMMANDS = 20,
    NEAR = 2, /* letters by which our name may be misspelt */
};

#define DEFAULT_EXECUTABLE "atlantis"

void comment_command_free(CommentCommand *command)
{
    if (!command)
        return;
    command_args_clear(&command->args);
    g_free(command);
}

/* Takes reply. */
static CommentCommand *command_with_reply(CommandKind kind, char *reply)
{
    CommentCommand *command = g_new0(CommentCommand, 1);

    command->kind = kind;
    command->args.reply = reply;
    command->args.extra = g_new0(char *, 1);
    return command;
}

static CommentCommand *refusal(const CommentRules *rules, const CommandInfo *info,
                               const char *problem)
{
    GString *out = g_string_new("**Nothing was run:** ");

    markdown_append_text(out, problem);
    g_string_append(out, "\n\n");
    usage_append_block(out, rules, info);
    return command_with_reply(COMMAND_REPLY, g_string_free(out, FALSE));
}

static bool is_help(const char *word)
{
    return g_str_equal(word, "help") || g_str_equal(word, "-h") || g_str_equal(word, "--help");
}

static bool is_typed_command(const char *name, CommandKind *kind)
{
    return command_kind_find(name, kind) && (command_info(*kind)->takes & COMMAND_FROM_COMMENT);
}

/* Lines. */

static char *unknown_command(const CommentRules *rules, const char *word)
{
    const char *offered[COMMAND_KINDS + 1] = { NULL };
    const char *nearest;
    gsize n = 0;

    for (CommandKind kind = 0; kind < COMMAND_KINDS; kind++)
        if (usage_is_offered(rules, kind))
            offered[n++] = command_info(kind)->name;
    nearest = nearest_word(word, offered);
    if (nearest)
        return g_strdup_printf("`%.80s` is not a command. Did you mean `%s %s`?", word,
                               rules->executable, nearest);
    return g_strdup_printf("`%.80s` is not a command. These are:", word);
}

static CommentCommand *read_command(const CommentRules *rules, CommandKind kind, char **words)
{
    const CommandInfo *info = command_info(kind);
    g_auto(CommandArgs) args = { 0 };
    bool wants_help = false;
    g_autofree char *problem = args_read(info, words, &rules->extra, &args, &wants_help);
    CommentCommand *command;

    if (problem)
        return refusal(rules, info, problem);
    if (wants_help)
        return command_with_reply(COMMAND_HELP, usage_of_command(rules, info));
    command = g_new0(CommentCommand, 1);
    command->kind = kind;
    command->args = args;
    args = (CommandArgs){ 0 };
    return command;
}

static CommentCommand *read_words_of_line(const CommentRules *rules, char **words)
{
    g_autofree char *name = words[1] ? g_ascii_strdown(words[1], -1) : NULL;
    g_autofree char *problem = NULL;
    CommandKind kind = COMMAND_HELP;

    if (!name || is_help(name))
        return command_with_reply(COMMAND_HELP, comment_help(rules));
    if (is_typed_command(name, &kind) && usage_is_offered(rules, kind))
        return read_command(rules, kind, words + 2);
    if (is_typed_command(name, &kind))
        problem = g_strdup_printf("`%s` is switched off on this server; its operator can allow it "
                                  "(`--allow-commands`). These are not:",
                                  name);
    else
        problem = unknown_command(rules, words[1]);
    return refusal(rules, NULL, problem);
}

static CommentCommand *read_line(const CommentRules *rules, const char *line)
{
    const char *why = NULL;
    g_auto(GStrv) words = words_split(line, &why);
    g_autofree char *problem = NULL;

    if (words)
        return read_words_of_line(rules, words);
    problem =
        g_strdup_printf("%s. A `\\` in front makes a quotation mark an ordinary letter.", why);
    return refusal(rules, NULL, problem);
}

/* Whom a line speaks to. */

typedef enum {
    TO_NOBODY,
    TO_US,
    TO_US_MISSPELT, /* "atlantsi plan", "terraform plan" */
} Address;

static char *first_word(const char *line)
{
    const char *end = line;

    while (*end && !g_unichar_isspace(g_utf8_get_char(end)))
        end = g_utf8_next_char(end);
    return g_strndup(line, (gsize)(end - line));
}

static bool is_user(const CommentRules *rules, const char *word)
{
    return rules->user && *rules->user && *word == '@' &&
           g_ascii_strcasecmp(word + 1, rules->user) == 0;
}

/* "terraform plan -d x" asks for something, "terraform 1.12 is out" does not. */
static bool names_command(const char *line)
{
    const char *problem = NULL;
    g_auto(GStrv) words = words_split(line, &problem);
    g_autofree char *name = words && words[0] && words[1] ? g_ascii_strdown(words[1], -1) : NULL;
    CommandKind kind;

    return words && (!name || is_help(name) || is_typed_command(name, &kind));
}

static bool is_misspelt(const CommentRules *rules, const char *word)
{
    g_autofree char *lower = g_ascii_strdown(word, -1);

    if (g_str_equal(lower, "terraform"))
        return true;
    return g_ascii_strcasecmp(rules->executable, DEFAULT_EXECUTABLE) == 0 &&
           nearest_distance(lower, DEFAULT_EXECUTABLE) <= NEAR;
}

static Address address_of(const CommentRules *rules, const char *line)
{
    g_autofree char *word = first_word(line);

    if (g_ascii_strcasecmp(word, "run") == 0 || g_ascii_strcasecmp(word, rules->executable) == 0 ||
        is_user(rules, word))
        return TO_US;
    return is_misspelt(rules, word) && names_command(line) ? TO_US_MISSPELT : TO_NOBODY;
}

static CommentCommand *answer_misspelt(const CommentRules *rules, const char *line)
{
    g_autofree char *word = first_word(line);
    g_autofree char *problem =
        g_strdup_printf("`%.80s` is not the name this server listens to. Did you mean `%s%.200s`?",
                        word, rules->executable, line + strlen(word));

    return refusal(rules, NULL, problem);
}

/* A line that is not for us makes it prose; so does a list of misspelt lines alone. */
static bool is_for_us(const CommentRules *rules, const GPtrArray *lines)
{
    bool has_ours = false;

    for (guint i = 0; i < lines->len; i++) {
        Address address = address_of(rules, lines->pdata[i]);

        if (address == TO_NOBODY)
            return false;
        has_ours = has_ours || address == TO_US;
    }
    return lines->len == 1 || has_ours;
}

static CommentCommand *command_of_line(const CommentRules *rules, const char *line)
{
    if (address_of(rules, line) == TO_US_MISSPELT)
        return answer_misspelt(rules, line);
    return read_line(rules, line);
}

static void read_lines(const CommentRules *rules, const GPtrArray *lines, GPtrArray *commands)
{
    for (guint i = 0; i < lines->len; i++) {
        CommentCommand *command = command_of_line(rules, lines->pdata[i]);

        /* Half of what somebody wrote is not what he meant. */
        if (command->kind == COMMAND_REPLY)
            g_ptr_array_set_size(commands, 0);
        g_ptr_array_add(commands, command);
        if (command->kind == COMMAND_REPLY)
            return;
    }
}

CommentKind comment_parse(const CommentRules *rules, const char *text, GPtrArray **commands)
{
    g_autofree char *valid = NULL;
    g_autoptr(GPtrArray) lines = NULL;

    if (strlen(text) > LONGEST_COMMENT)
        return COMMENT_NOT_FOR_US;
    valid = g_utf8_make_valid(text, -1);
    lines = words_lines(valid);
    if (lines->len == 0 || !is_for_us(rules, lines))
        return COMMENT_NOT_FOR_US;
    *commands = g_ptr_array_new_with_free_func((GDestroyNotify)comment_command_free);
    if (lines->len > MOST_COMMANDS) {
        g_autofree char *problem = g_strdup_printf(
            "%u commands are too many for one comment; %d are allowed.", lines->len, MOST_COMMANDS);

        g_ptr_array_add(*commands, refusal(rules, NULL, problem));
    } else
        read_lines(rules, lines, *commands);
    return COMMENT_COMMANDS;
}

/* A value that looks like a flag stays one word with its flag. */
static void append_value(GString *line, const char *name, char letter, const char *value)
{
    g_autofree char *joined = g_strdup_printf("--%s=%s", name, value);

    if (*value == '-') {
        words_append(line, joined);
        return;
    }
    g_string_append_printf(line, " -%c", letter);
    words_append(line, value);
}

char *comment_command_line(const char *executable, CommandKind kind, const char *dir,
                           const char *workspace, const char *project, const char *const *extra)
{
    GString *line = g_string_new(executable);

    words_append(line, command_info(kind)->name);
    if (command_info(kind)->word)
        words_append(line, command_info(kind)->word);
    if (project && *project)
        append_value(line, "project", 'p', project);
    else {
        if (dir && *dir)
            append_value(line, "dir", 'd', dir);
        if (workspace && *workspace && !g_str_equal(workspace, "default"))
            append_value(line, "workspace", 'w', workspace);
    }
    if (extra && *extra)
        g_string_append(line, " --");
    for (; extra && *extra; extra++)
        words_append(line, *extra);
    return g_string_free(line, FALSE);
}
