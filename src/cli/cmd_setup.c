// SPDX-License-Identifier: Apache-2.0
/* "hadal setup": what a host has to be told once. What that is, each host knows (host/host.h). */
#include <stdio.h>
#include <unistd.h>

#include "base/redact.h"
#include "cli/cli.h"
#include "cli/process.h"
#include "cli/setup_options.h"
#include "cli/terminal.h"
#include "host/host.h"
#include "model/setup.h"

enum { EXIT_NOTHING_MISSING = 0, EXIT_MISSING = 1, EXIT_NOT_KNOWN = 2 };

static void tell(const SetupItem *item)
{
    g_autofree char *what = terminal_text(item->what);
    g_autofree char *note = terminal_text(item->note ? item->note : "");

    printf("%-10s %s%s%s\n", setup_state_name(item->state), what, *note ? "\n           " : "",
           note);
}

static int count_open(const GPtrArray *items)
{
    int open = 0;

    for (guint i = 0; i < items->len; i++)
        open += setup_state_is_open(((const SetupItem *)items->pdata[i])->state);
    return open;
}

static int conclude(const SetupOptions *options, const GPtrArray *items)
{
    int open = count_open(items);

    for (guint i = 0; i < items->len; i++)
        tell(items->pdata[i]);
    if (open == 0)
        puts("\nNothing is missing.");
    else if (options->apply)
        printf("\n%d of %u could not be done.\n", open, items->len);
    else
        printf("\n%d of %u to do; --apply does it.\n", open, items->len);
    return open ? EXIT_MISSING : EXIT_NOTHING_MISSING;
}

static bool ask_host(const SetupOptions *options, GPtrArray *items, GError **error)
{
    const HostSpec host_spec = settings_host_spec(&options->settings);
    const HostSetup setup = {
        .organization = options->organization,
        .project = options->project,
        .repositories = (const char *const *)options->repositories,
        .url = options->url,
        .account = options->account,
        .statuses = (const char *const *)options->statuses,
        .applies = options->apply,
    };
    const Ctx ctx = { .command = "setup" };
    g_autoptr(Host) host = host_open(options->host, &host_spec, error);

    return host && host_setup(&ctx, host, &setup, items, error);
}

static int tell_error(const GError *why)
{
    g_autofree char *redacted = redact_copy(why->message);
    g_autofree char *message = terminal_text(redacted);

    fprintf(stderr, "hadal setup: %s\n", message);
    return EXIT_NOT_KNOWN;
}

static int run(const SetupOptions *options, char **argv)
{
    g_auto(GStrv) secrets = settings_secrets(&options->settings);
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func((GDestroyNotify)setup_item_free);
    g_autoptr(GError) error = NULL;

    for (gsize i = 0; secrets[i]; i++)
        redact_add(secrets[i]);
    process_hide_secrets(argv, environ, (const char *const *)secrets);
    return ask_host(options, items, &error) ? conclude(options, items) : tell_error(error);
}

static int print_help(void)
{
    g_autofree char *help = setup_options_help();

    fputs(help, stdout);
    return EXIT_NOTHING_MISSING;
}

int cmd_setup(int argc, char **argv)
{
    g_auto(SetupOptions) options = { 0 };
    g_auto(GStrv) env = g_get_environ();
    g_autoptr(GError) error = NULL;

    (void)argc;
    if (cli_wants_help(argv + 2))
        return print_help();
    if (!setup_options_load((const char *const *)argv + 2, (const char *const *)env, &options,
                            &error))
        return tell_error(error);
    return run(&options, argv);
}
