// SPDX-License-Identifier: Apache-2.0
#include "engine/require.h"

/* Appends what stands against one requirement. */
typedef void (*Asked)(const RequireFacts *facts, GPtrArray *reasons);

static void add(GPtrArray *reasons, const char *requirement, const char *why)
{
    g_ptr_array_add(reasons, g_strdup_printf("`%s`: %s", requirement, why));
}

static void ask_approved(const RequireFacts *facts, GPtrArray *reasons)
{
    if (!facts->has_review)
        add(reasons, "approved", "it is not known who has approved");
    else if (facts->not_approved_why)
        add(reasons, "approved", facts->not_approved_why);
}

static void ask_mergeable(const RequireFacts *facts, GPtrArray *reasons)
{
    if (!facts->has_review)
        add(reasons, "mergeable", "it is not known whether the pull request can be completed");
    for (guint i = 0;
         facts->has_review && facts->not_mergeable_why && i < facts->not_mergeable_why->len; i++)
        add(reasons, "mergeable", facts->not_mergeable_why->pdata[i]);
}

static void ask_undiverged(const RequireFacts *facts, GPtrArray *reasons)
{
    if (facts->diverged_why)
        add(reasons, "undiverged", facts->diverged_why);
}

static void ask_policies(const RequireFacts *facts, GPtrArray *reasons)
{
    if (facts->policies_why)
        add(reasons, "policies_passed", facts->policies_why);
}

static const struct {
    Requirement requirement;
    Asked ask;
    bool needs_review;
} rows[] = {
    { REQUIRE_APPROVED, ask_approved, true },
    { REQUIRE_MERGEABLE, ask_mergeable, true },
    { REQUIRE_UNDIVERGED, ask_undiverged, false },
    { REQUIRE_POLICIES_PASSED, ask_policies, false },
};

GPtrArray *require_check(unsigned requirements, const RequireFacts *facts)
{
    GPtrArray *reasons = g_ptr_array_new_with_free_func(g_free);

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (requirements & rows[i].requirement)
            rows[i].ask(facts, reasons);
    return reasons;
}

char *require_text(const GPtrArray *reasons)
{
    g_autoptr(GString) text = g_string_new("What is required does not hold: ");

    for (guint i = 0; i < reasons->len; i++)
        g_string_append_printf(text, "%s%s", i ? "; " : "", (const char *)reasons->pdata[i]);
    g_string_append_c(text, '.');
    return reasons->len ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

bool require_needs_review(unsigned requirements)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].needs_review && requirements & rows[i].requirement)
            return true;
    return false;
}
