// SPDX-License-Identifier: Apache-2.0
#include <curl/curl.h>
#include <jansson.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static const CliCommand commands[] = {
    { "server", cmd_server, "Runs the server." },
    { "check", cmd_check, "Checks configuration files, and tells what would be planned and why." },
    { "bundle", cmd_bundle, "Gathers programs and providers for machines without the internet." },
    { "git-credential", cmd_git_credential,
      "Asks the server for git's credential; git calls it in steps." },
    { "doctor", cmd_doctor, "Looks for what is wrong with an installation, and what to do." },
    { "setup", cmd_setup, "Shows what a host has yet to be told, and with --apply tells it." },
    { "version", cmd_version, "Prints the version." },
    { "reference", cmd_reference, "Prints a generated reference page; alone it lists them." },
    { "schema", cmd_schema, "Prints the JSON Schema of a file; alone it lists them." },
    { "help", cmd_help, "Prints this help." },
};

int cmd_help(int argc, char **argv)
{
    (void)argc, (void)argv;
    fputs("hadal plans and applies Terraform from pull requests.\n\nUsage: hadal COMMAND "
          "[OPTIONS]\n\n",
          stdout);
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
        fprintf(stdout, "  %-16s%s\n", commands[i].name, commands[i].help);
    fputs("\n\"hadal COMMAND --help\" lists the options of server, check, bundle, doctor and "
          "setup.\n",
          stdout);
    return 0;
}

int cmd_version(int argc, char **argv)
{
    (void)argc, (void)argv;
    fputs("hadal " HADAL_VERSION "\n", stdout);
    return 0;
}

bool cli_wants_help(char **argv)
{
    for (gsize i = 0; argv[i]; i++)
        if (g_str_equal(argv[i], "--help") || g_str_equal(argv[i], "-h"))
            return true;
    return false;
}

static const CliCommand *find(const char *name)
{
    if (g_str_equal(name, "--help") || g_str_equal(name, "-h"))
        name = "help";
    if (g_str_equal(name, "--version"))
        name = "version";
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
        if (g_str_equal(commands[i].name, name))
            return &commands[i];
    return NULL;
}

int main(int argc, char **argv)
{
    const CliCommand *command = argc > 1 ? find(argv[1]) : find("help");

    /* Many threads that rest most of the time: an arena each would cost more than it saves. */
    mallopt(M_ARENA_MAX, 2);
    json_set_alloc_funcs(g_malloc, g_free);
    if (!command) {
        fprintf(stderr, "hadal: there is no command \"%s\"; \"hadal help\" lists them\n", argv[1]);
        return 2;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    return command->run(argc, argv);
}
