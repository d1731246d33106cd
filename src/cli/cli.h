// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <glib.h>
#include <stdbool.h>

/* A subcommand: gets the program's own argc and argv, returns the exit status. */
typedef struct _CliCommand CliCommand;
struct _CliCommand {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
};

/* Whether one of the words is --help or -h. */
bool cli_wants_help(char **argv);

int cmd_bundle(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_git_credential(int argc, char **argv);
int cmd_help(int argc, char **argv);
int cmd_reference(int argc, char **argv);
int cmd_schema(int argc, char **argv);
int cmd_setup(int argc, char **argv);
int cmd_server(int argc, char **argv);
int cmd_version(int argc, char **argv);
