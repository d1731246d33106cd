// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <string.h>

#include "grammar/comment.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const char *const commands[] = { "all", NULL };
static const char *const blocked[] = { "-chdir", "--plugin-dir", NULL };
static const char *const dirs[] = { "/srv/vars", NULL };
static const CommentRules rules = {
    .executable = "atlantis",
    .user = "bot",
    .allow_commands = commands,
    .extra = { .blocked = blocked, .var_file_dirs = dirs },
};

/* Terraform gets them as they are: none is an option. */
static void check_operands(const CommandArgs *args, const CommandInfo *info)
{
    guint n = args->operands ? g_strv_length(args->operands) : 0;

    g_assert_cmpuint(n, >=, info->least_operands);
    g_assert_cmpuint(n, <=, info->most_operands);
    for (guint i = 0; i < n; i++)
        g_assert_cmpint(*args->operands[i], !=, '-');
}

/* The command as it would be typed is the same command. */
static void check_again(const CommentCommand *command)
{
    const CommandArgs *args = &command->args;
    g_autofree char *line =
        comment_command_line("atlantis", command->kind, args->dir, args->workspace, args->project,
                             (const char *const *)args->extra);
    g_autoptr(GPtrArray) again = NULL;
    const CommentCommand *other;

    /* What is typed on one line may be longer than what may be typed. */
    if (comment_parse(&rules, line, &again) == COMMENT_NOT_FOR_US) {
        g_assert_cmpuint(strlen(line), >, 64 * 1024);
        return;
    }
    g_assert_cmpuint(again->len, ==, 1);
    other = again->pdata[0];
    g_assert_cmpint(other->kind, ==, command->kind);
    g_assert_cmpstr(other->args.dir, ==, args->dir);
    g_assert_cmpstr(other->args.project, ==, args->project);
    if (g_strcmp0(args->workspace, "default") != 0)
        g_assert_cmpstr(other->args.workspace, ==, args->workspace);
    g_assert_true(
        g_strv_equal((const char *const *)other->args.extra, (const char *const *)args->extra));
}

static void check(const CommentCommand *command)
{
    bool says = command->kind == COMMAND_HELP || command->kind == COMMAND_REPLY;
    GPtrArray *none = NULL;

    g_assert_nonnull(command->args.extra);
    g_assert_true(says == (command->args.reply != NULL));
    if (!says) {
        check_operands(&command->args, command_info(command->kind));
        if (!command->args.operands) /* nobody offers a line with operands to type */
            check_again(command);
        return;
    }
    g_assert_true(g_utf8_validate(command->args.reply, -1, NULL));
    g_assert_true(comment_parse(&rules, command->args.reply, &none) == COMMENT_NOT_FOR_US);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    g_autofree char *text = g_strndup((const char *)bytes, size);
    g_autoptr(GPtrArray) read = NULL;

    if (comment_parse(&rules, text, &read) == COMMENT_NOT_FOR_US)
        return 0;
    g_assert_cmpuint(read->len, >, 0);
    for (guint i = 0; i < read->len; i++)
        check(read->pdata[i]);
    return 0;
}
