// SPDX-License-Identifier: Apache-2.0
#include "config/option.h"

#include <glib/gstdio.h>
#include <string.h>

#include "test.h"

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define NONE      ((const char *const[]){ NULL })

typedef struct {
    char *file, *color, *token, *free_text;
    gint64 port, pool, wait;
    bool loud, quiet;
    GStrv names, words;
} Target;

static const char *const colors[] = { "red", "green", NULL };
static const char *const words[] = { "plan", "apply", NULL };

static const OptionRow rows[] = {
    { OPTION_FIELD(Target, file), .name = "file", .group = "One", .help = "File." },
    {
        OPTION_FIELD(Target, color),
        .name = "color",
        .group = "One",
        .def = "red",
        .choices = colors,
        .flags = OPTION_LOWER,
        .help = "Color.",
    },
    {
        OPTION_FIELD(Target, token),
        .name = "secret-token",
        .group = "One",
        .choices = colors,
        .flags = OPTION_SECRET,
        .help = "Token.",
    },
    { OPTION_FIELD(Target, free_text), .name = "free-text", .group = "One", .help = "Text." },
    { OPTION_FIELD(Target, port), .name = "port", .group = "Two", .def = "80", .max = 99,
      .help = "Port." },
    { OPTION_FIELD(Target, pool), .name = "pool", .group = "Two", .def = "4", .min = 1, .max = 9,
      .flags = OPTION_OURS, .help = "Pool." },
    { OPTION_DURATION_FIELD(Target, wait), .name = "wait", .group = "Two", .def = "90s",
      .max = 7200000, .help = "Wait." },
    { OPTION_FIELD(Target, loud), .name = "loud", .group = "Two", .def = "false", .help = "Loud." },
    { OPTION_FIELD(Target, quiet), .name = "quiet", .group = "Two", .def = "true", .help = "Q." },
    { OPTION_FIELD(Target, names), .name = "names", .group = "Two", .help = "Names." },
    { OPTION_FIELD(Target, words), .name = "words", .group = "Two", .choices = words, .def = "plan",
      .help = "Words." },
    { .name = "colour",
      .group = "Two",
      .type = OPTION_TEXT,
      .instead = "color",
      .help = "Older name." },
    { .name = "later",
      .group = "Two",
      .type = OPTION_BOOL,
      .def = "true",
      .flags = OPTION_REFUSED,
      .help = "Later." },
    { .name = "later-text",
      .group = "Two",
      .type = OPTION_TEXT,
      .def = "en",
      .also = "de",
      .flags = OPTION_REFUSED,
      .help = "Later." },
    { .name = "later-number",
      .group = "Two",
      .type = OPTION_INT,
      .def = "30",
      .flags = OPTION_REFUSED,
      .help = "Later." },
    { .name = "later-wait",
      .group = "Two",
      .type = OPTION_DURATION,
      .def = "0s",
      .flags = OPTION_REFUSED,
      .help = "Later." },
};

static const char *const prefixes[] = { "NEW_", "OLD_", NULL };
static const char *const refused_keys[] = { "hooks", NULL };

static const OptionTable table = {
    .env_prefixes = prefixes,
    .file_option = "file",
    .see_refused = "the page",
    .refused_keys = refused_keys,
    .rows = rows,
    .n_rows = G_N_ELEMENTS(rows),
};

static void target_clear(Target *target)
{
    option_clear(&table, target);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Target, target_clear)

/* A configuration file that is gone after the test. */
typedef struct {
    char *path, *flag;
} ConfigFile;

static void config_file_clear(ConfigFile *file)
{
    g_unlink(file->path);
    g_free(file->path);
    g_free(file->flag);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ConfigFile, config_file_clear)

static ConfigFile config_file(const char *text)
{
    ConfigFile file = { 0 };
    int fd = g_file_open_tmp("option-XXXXXX.yaml", &file.path, NULL);

    assert_true(g_close(fd, NULL));
    assert_true(g_file_set_contents(file.path, text, -1, NULL));
    file.flag = g_strconcat("--file=", file.path, NULL);
    return file;
}

TEST(what_nobody_set_has_its_default)
{
    g_auto(Target) target = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(option_load(&table, NONE, NONE, &target, &error), error);

    assert_null(target.file);
    assert_null(target.free_text);
    assert_string_equal(target.color, "red");
    assert_int_equal(target.port, 80);
    assert_int_equal(target.wait, 90000);
    assert_false(target.loud);
    assert_true(target.quiet);
    assert_non_null(target.names);
    assert_null(target.names[0]);
    assert_string_equal(target.words[0], "plan");
}

TEST(a_flag_beats_the_environment_which_beats_the_file)
{
    g_auto(Target) target = { 0 };
    g_auto(ConfigFile) file = config_file("port: 1\npool: 1\nfree-text: file\n");
    g_autoptr(GError) error = NULL;

    assert_ok(option_load(&table, LIST(file.flag, "--port", "3", "--loud", "--quiet=false"),
                          LIST("OLD_PORT=2", "OLD_POOL=2"), &target, &error),
              error);

    assert_int_equal(target.port, 3);
    assert_int_equal(target.pool, 2);
    assert_string_equal(target.free_text, "file");
    assert_true(target.loud);
    assert_false(target.quiet);
}

TEST(the_first_prefix_wins_and_an_empty_variable_is_not_set)
{
    g_auto(Target) target = { 0 };
    g_auto(ConfigFile) file = config_file("free-text: file\n");
    g_autoptr(GError) error = NULL;

    assert_ok(
        option_load(&table, LIST(file.flag),
                    LIST("OLD_PORT=1", "NEW_PORT=2", "NEW_POOL=", "OLD_POOL=3", "NEW_FREE_TEXT="),
                    &target, &error),
        error);

    assert_int_equal(target.port, 2);
    assert_int_equal(target.pool, 3);
    assert_string_equal(target.free_text, "file");
}

TEST(the_environment_may_name_the_file)
{
    g_auto(Target) target = { 0 };
    g_auto(ConfigFile) file = config_file("---\n# all settings\nport: 7\n");
    g_autofree char *env = g_strconcat("OLD_FILE=", file.path, NULL);
    g_autoptr(GError) error = NULL;

    assert_ok(option_load(&table, NONE, LIST(env), &target, &error), error);

    assert_int_equal(target.port, 7);
}

TEST(a_file_without_settings_is_valid)
{
    g_auto(Target) target = { 0 };
    g_auto(ConfigFile) file = config_file("---\n  # port: 7\n\n");
    g_autoptr(GError) error = NULL;

    assert_ok(option_load(&table, LIST(file.flag), NONE, &target, &error), error);

    assert_int_equal(target.port, 80);
}

TEST(service_links_of_kubernetes_are_not_numbers_that_somebody_set)
{
    g_auto(Target) target = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(
        option_load(&table, NONE,
                    LIST("NEW_PORT=tcp://10.0.0.1:80", "OLD_PORT=5", "OLD_POOL=udp://10.0.0.1:80",
                         "OLD_LATER_NUMBER=tcp://10.0.0.1:80", "OLD_FREE_TEXT=tcp://10.0.0.1:80"),
                    &target, &error),
        error);

    assert_int_equal(target.port, 5);
    assert_int_equal(target.pool, 4);
    assert_string_equal(target.free_text, "tcp://10.0.0.1:80");
}

TEST(empty_is_the_default_and_so_is_a_zero_that_cannot_be_meant)
{
    g_auto(Target) target = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(option_load(
                  &table,
                  LIST("--color=", "--pool=0", "--port", "0", "--words= , ", "--wait=", "--loud="),
                  LIST("NEW_COLOR=green", "NEW_POOL=3"), &target, &error),
              error);

    assert_string_equal(target.color, "red");
    assert_int_equal(target.pool, 4);
    assert_int_equal(target.port, 0);
    assert_string_equal(target.words[0], "plan");
    assert_int_equal(target.wait, 90000);
    assert_false(target.loud);
}

TEST(lists_are_split_at_commas_and_trimmed)
{
    g_auto(Target) target = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(option_load(&table, LIST("--names", " a/*, \xc3\xb6rg/b c,,"), NONE, &target, &error),
              error);

    assert_int_equal(g_strv_length(target.names), 2);
    assert_string_equal(target.names[0], "a/*");
    assert_string_equal(target.names[1], "\xc3\xb6rg/b c");
}

TEST(switches_and_words_are_read_as_people_write_them)
{
    g_auto(Target) target = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(option_load(&table, LIST("--loud=1", "--color=GREEN"), LIST("NEW_QUIET=False"),
                          &target, &error),
              error);

    assert_true(target.loud);
    assert_false(target.quiet);
    assert_string_equal(target.color, "green");
}

TEST(durations_have_units_and_a_plain_number_is_seconds)
{
    static const struct {
        const char *flag;
        gint64 ms;
    } cases[] = {
        { "--wait=0", 0 },           { "--wait=90", 90000 },      { "--wait=45s", 45000 },
        { "--wait=30m", 1800000 },   { "--wait=1h30m", 5400000 }, { "--wait=1h0m1s", 3601000 },
        { "--wait=7200s", 7200000 },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Target) target = { 0 };
        g_autoptr(GError) error = NULL;

        assert_ok(option_load(&table, LIST(cases[i].flag), NONE, &target, &error), error);
        assert_int_equal(target.wait, cases[i].ms);
    }
}

TEST(what_is_no_duration_is_refused)
{
    static const char *const flags[] = {
        "--wait=-1",
        "--wait=1.5h",
        "--wait=h",
        "--wait=1h30",
        "--wait=10x",
        "--wait= 5s",
        "--wait=3h",
        "--wait=+5s",
        "--wait=99999999999999999999s",
        "--wait=2147483647d",
        "--wait=18446744073709552s",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(flags); i++) {
        g_auto(Target) target = { 0 };
        g_autoptr(GError) error = NULL;

        assert_fails(option_load(&table, LIST(flags[i]), NONE, &target, &error), error,
                     HADAL_ERROR_INVALID);
        assert_non_null(strstr(error->message, "--wait must be a duration like 90s, 30m or 1h30m, "
                                               "from 0 s to 2 h 0 min, not \""));
    }
}

TEST(a_sum_of_durations_does_not_overflow)
{
    g_auto(Target) target = { 0 };
    g_autoptr(GString) flag = g_string_new("--wait=");
    g_autoptr(GError) error = NULL;

    for (int i = 0; i < 200; i++)
        g_string_append(flag, "2147483647d");

    assert_fails(option_load(&table, LIST(flag->str), NONE, &target, &error), error,
                 HADAL_ERROR_INVALID);
}

TEST(wrong_flags_and_variables_are_refused_by_name)
{
    static const struct {
        const char *flag, *env, *message;
    } cases[] = {
        { "--port=http", NULL, "--port must be a number from 0 to 99, not \"http\"" },
        { "--port=100", NULL, "--port must be a number from 0 to 99, not \"100\"" },
        { "--port=-1", NULL, "--port must be a number from 0 to 99, not \"-1\"" },
        { "--port", NULL, "--port needs a value: a number from 0 to 99" },
        { "--loud=yes", NULL, "--loud must be true or false, not \"yes\"" },
        { NULL, "NEW_COLOR=blue", "NEW_COLOR must be one of red, green, not \"blue\"" },
        { NULL, "OLD_PORT=x", "OLD_PORT must be a number from 0 to 99, not \"x\"" },
        { "--words=plan,aply", NULL,
          "--words must be a list with commas of plan, apply, not \"plan,aply\"" },
        { "--secret-token=hunter2", NULL, "--secret-token must be one of red, green, not \"...\"" },
        { "--prot=hunter2", NULL, "--prot is not a flag: did you mean --port?" },
        { "--frobnicate", NULL, "--frobnicate is not a flag: --help lists what there is" },
        { "server", NULL, "unexpected \"server\"" },
        { "-p", NULL, "unexpected \"-p\"" },
        { "--", NULL, "unexpected \"--\"" },
        { "false", NULL, "unexpected \"false\": a switch takes its value as --name=false" },
        { "--later=false", NULL, "--later is not supported yet: see the page" },
        { "--later-text=fr", NULL, "--later-text is not supported yet: see the page" },
        { "--later-wait=5s", NULL, "--later-wait is not supported yet: see the page" },
        { NULL, "OLD_LATER_NUMBER=31", "OLD_LATER_NUMBER is not supported yet: see the page" },
        { "--port=\xff\n", NULL, "--port must be a number from 0 to 99, not \"\xef\xbf\xbd\n\"" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Target) target = { 0 };
        g_autoptr(GError) error = NULL;

        assert_fails(option_load(&table, LIST(cases[i].flag), LIST(cases[i].env), &target, &error),
                     error, HADAL_ERROR_INVALID);
        assert_string_equal(error->message, cases[i].message);
    }
}

TEST(a_very_long_value_is_cut_in_the_message)
{
    g_auto(Target) target = { 0 };
    g_autofree char *value = g_strnfill(5000, 'x');
    g_autoptr(GError) error = NULL;

    assert_fails(option_load(&table, LIST("--port", value), NONE, &target, &error), error,
                 HADAL_ERROR_INVALID);
    assert_true(strlen(error->message) < 200);
    assert_true(g_str_has_suffix(error->message, "xxx...\""));
}

TEST(a_file_is_refused_with_line_and_column)
{
    static const struct {
        const char *text, *message; /* after the name of the file */
    } cases[] = {
        { "port: 80\n pool: x", ":2:6: mapping values are not allowed in this context" },
        { "\nport: x", ":2:1: port must be a number from 0 to 99, not \"x\"" },
        { "prot: 1", ":1:1: prot is not a setting: did you mean port?" },
        { "zzzzzzzzzz: 1", ":1:1: zzzzzzzzzz is not a setting: --help lists what there is" },
        { "names: [a]", ":1:1: names must be a single value" },
        { "hooks: []", ":1:1: hooks is not supported yet: see the page" },
        { "later: false", ":1:1: later is not supported yet: see the page" },
        { "file: x", ":1:1: file cannot be set in the file itself" },
        { "- port", ":1:1: must be settings, \"name: value\"" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Target) target = { 0 };
        g_auto(ConfigFile) file = config_file(cases[i].text);
        g_autofree char *message = g_strconcat(file.path, cases[i].message, NULL);
        g_autoptr(GError) error = NULL;

        assert_fails(option_load(&table, LIST(file.flag), NONE, &target, &error), error,
                     HADAL_ERROR_INVALID);
        assert_string_equal(error->message, message);
    }
}

TEST(a_file_that_cannot_be_read_is_named)
{
    g_auto(Target) target = { 0 };
    g_autoptr(GError) error = NULL;

    assert_fails(option_load(&table, LIST("--file=/nonexistent/x.yaml"), NONE, &target, &error),
                 error, HADAL_ERROR_INVALID);
    assert_true(g_str_has_prefix(error->message, "--file: "));
    assert_non_null(strstr(error->message, "/nonexistent/x.yaml"));
}

TEST(a_refused_flag_may_say_what_is_so_anyway)
{
    g_auto(Target) target = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(option_load(&table,
                          LIST("--later=1", "--later-text=de", "--later-number=30",
                               "--later-wait=0", "--later-text="),
                          LIST("OLD_LATER_TEXT=en"), &target, &error),
              error);
}

TEST(a_deprecated_name_counts_where_the_new_one_is_not_given)
{
    g_auto(Target) old = { 0 };
    g_auto(Target) both = { 0 };
    g_auto(Target) wrong = { 0 };
    g_autoptr(GError) error = NULL;

    assert_ok(option_load(&table, NONE, LIST("OLD_COLOUR=green"), &old, &error), error);
    assert_string_equal(old.color, "green");

    assert_ok(option_load(&table, LIST("--colour=green"), LIST("OLD_COLOR=red"), &both, &error),
              error);
    assert_string_equal(both.color, "red");

    assert_fails(option_load(&table, LIST("--colour=blue"), NONE, &wrong, &error), error,
                 HADAL_ERROR_INVALID);
    assert_string_equal(error->message, "--colour must be one of red, green, not \"blue\"");
}

TEST(what_is_required_must_be_set)
{
    static const OptionRow needed[] = {
        { OPTION_FIELD(Target, file), .name = "file", .group = "One", .help = "File." },
        { OPTION_FIELD(Target, names), .name = "names", .group = "One", .flags = OPTION_REQUIRED,
          .help = "Names." },
    };
    const OptionTable needing = { .env_prefixes = prefixes,
                                  .file_option = "file",
                                  .rows = needed,
                                  .n_rows = G_N_ELEMENTS(needed) };
    static const char *const flags[] = { NULL, "--names=", "--names=,", "--names=a" };

    for (gsize i = 0; i < G_N_ELEMENTS(flags); i++) {
        g_auto(Target) target = { 0 };
        g_autoptr(GError) error = NULL;
        bool is_enough = option_load(&needing, LIST(flags[i]), NONE, &target, &error);

        assert_int_equal(is_enough, i == G_N_ELEMENTS(flags) - 1);
        if (!is_enough)
            assert_string_equal(error->message, "--names (NEW_NAMES) must be set: Names.");
    }
}

TEST(help_shows_what_is_supported_with_default_and_range)
{
    g_autofree char *help = option_help(&table);

    assert_non_null(strstr(help, "One\n  --file VALUE\n        File.\n"));
    assert_non_null(strstr(help, "\nTwo\n  --port VALUE\n        Port. Takes a number from 0 to "
                                 "99. (default: 80)\n"));
    assert_non_null(strstr(help, "  --loud\n        Loud. (default: false)\n"));
    assert_non_null(strstr(help, "        Older name. Deprecated: use --color.\n"));
    assert_non_null(strstr(help, "\nKnown, but not supported yet\n        --later --later-text "));
    assert_null(strstr(help, "  --later\n"));
}

TEST(help_is_no_wider_than_a_terminal)
{
    g_autofree char *help = option_help(&table);
    g_auto(GStrv) lines = g_strsplit(help, "\n", -1);

    for (gsize i = 0; lines[i]; i++)
        assert_true(strlen(lines[i]) <= 80);
}

TEST(the_reference_has_every_row)
{
    g_autofree char *page = option_markdown(&table);

    assert_non_null(strstr(page, "\n## Two\n\n| Flag | Environment | Default | Meaning |\n"));
    assert_non_null(strstr(page, "| `--port` | `OLD_PORT` | `80` | Port. Takes a number from 0 to "
                                 "99. |\n"));
    assert_non_null(strstr(page, "| `--pool` | `NEW_POOL` | `4` |"));
    assert_non_null(strstr(page, "| `--secret-token` | `OLD_SECRET_TOKEN` |  | Token. Takes one of "
                                 "red, green. Secret. |\n"));
    assert_true(strstr(page, "\n## Not supported yet\n") < strstr(page, "| `--later` |"));
    assert_non_null(strstr(page, "| `--later-number` | `OLD_LATER_NUMBER` | `30` | Later. |\n"));
    assert_non_null(strstr(page, "| `--later-wait` | `OLD_LATER_WAIT` | `0s` | Later. |\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_nobody_set_has_its_default),
        cmocka_unit_test(a_flag_beats_the_environment_which_beats_the_file),
        cmocka_unit_test(the_first_prefix_wins_and_an_empty_variable_is_not_set),
        cmocka_unit_test(the_environment_may_name_the_file),
        cmocka_unit_test(a_file_without_settings_is_valid),
        cmocka_unit_test(service_links_of_kubernetes_are_not_numbers_that_somebody_set),
        cmocka_unit_test(empty_is_the_default_and_so_is_a_zero_that_cannot_be_meant),
        cmocka_unit_test(lists_are_split_at_commas_and_trimmed),
        cmocka_unit_test(switches_and_words_are_read_as_people_write_them),
        cmocka_unit_test(durations_have_units_and_a_plain_number_is_seconds),
        cmocka_unit_test(what_is_no_duration_is_refused),
        cmocka_unit_test(a_sum_of_durations_does_not_overflow),
        cmocka_unit_test(wrong_flags_and_variables_are_refused_by_name),
        cmocka_unit_test(a_very_long_value_is_cut_in_the_message),
        cmocka_unit_test(a_file_is_refused_with_line_and_column),
        cmocka_unit_test(a_file_that_cannot_be_read_is_named),
        cmocka_unit_test(a_refused_flag_may_say_what_is_so_anyway),
        cmocka_unit_test(a_deprecated_name_counts_where_the_new_one_is_not_given),
        cmocka_unit_test(what_is_required_must_be_set),
        cmocka_unit_test(help_shows_what_is_supported_with_default_and_range),
        cmocka_unit_test(help_is_no_wider_than_a_terminal),
        cmocka_unit_test(the_reference_has_every_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
