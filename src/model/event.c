// SPDX-License-Identifier: Apache-2.0
#include "model/event.h"

static const char *const kind_names[EVENT_KINDS] = {
    [EVENT_IGNORED] = "ignored",           [EVENT_PULL_OPENED] = "pull_opened",
    [EVENT_PULL_UPDATED] = "pull_updated", [EVENT_PULL_CLOSED] = "pull_closed",
    [EVENT_COMMENT] = "comment",
};

const char *event_kind_name(EventKind kind)
{
    g_assert(kind < EVENT_KINDS);
    return kind_names[kind];
}

void event_clear(Event *event)
{
    g_clear_pointer(&event->reason, g_free);
    g_clear_pointer(&event->delivery_key, g_free);
    g_clear_pointer(&event->type, g_free);
    pull_ref_clear(&event->pull);
    g_clear_pointer(&event->head_commit, g_free);
    g_clear_pointer(&event->base_branch, g_free);
    actor_clear(&event->actor);
    g_clear_pointer(&event->comment, g_free);
    g_clear_pointer(&event->comment_ref, g_free);
}

void event_free(Event *event)
{
    event_clear(event);
    g_free(event);
}
