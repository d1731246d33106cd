// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>

#include "host/azuredevops/event.h"

#define BASE "https://tfs.fabrikam.example/tfs"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* What the rest of the program relies on, of every event that is acted on. */
static void check(const Site *site, const Event *event)
{
    g_auto(Place) place = { 0 };
    g_autofree char *clone_url = NULL, *locator = NULL;

    g_assert_nonnull(event->type);
    if (event->kind == EVENT_IGNORED) {
        g_assert_nonnull(event->reason);
        return;
    }
    g_assert_nonnull(event->delivery_key);
    g_assert_cmpint(event->pull.number, >, 0);
    g_assert_true(place_parse(event->pull.repo.locator, &place, NULL));
    locator = place_locator(&place);
    clone_url = site_clone_url(site, &place);
    g_assert_cmpstr(locator, ==, event->pull.repo.locator);
    g_assert_true(g_str_has_prefix(clone_url, BASE "/"));
    g_assert_null(strstr(clone_url, "/../"));
    g_assert_true(g_str_has_prefix(event->pull.url, BASE "/"));
    g_assert_true(g_str_has_prefix(event->pull.repo.allow_name, "tfs.fabrikam.example/tfs/"));
    g_assert_true(g_utf8_validate(event->pull.repo.allow_name, -1, NULL));
    if (event->kind == EVENT_COMMENT)
        g_assert_true(event->comment && event->actor.id && event->actor.name);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static Site *site; /* the same for all inputs */
    g_autoptr(GError) error = NULL;
    g_auto(Event) event = { 0 };

    if (!site)
        site = site_open(BASE, NULL);
    if (azuredevops_event_parse(site, (const char *)bytes, size, &event, &error))
        check(site, &event);
    else
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
    return 0;
}
