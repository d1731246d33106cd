// SPDX-License-Identifier: Apache-2.0
#include "engine/policy_check.h"

#include "engine/conftest.h"
#include "engine/steps.h"

enum { GRACE_MS = 10 * 1000 };

typedef struct {
    const Ctx *ctx;
    ProjectRun *run;
    const Policies *policies;
    const GPtrArray *approvals;
    PolicyCheck *check;
    guint position;   /* custom checks: of the set that the next output is about */
    bool has_checked; /* a policy_check step was reached */
    bool is_broken;   /* no further step is run */
} Checking;

void policy_check_clear(PolicyCheck *check)
{
    g_clear_pointer(&check->results, g_ptr_array_unref);
    if (check->before)
        g_string_free(g_steal_pointer(&check->before), TRUE);
    if (check->after)
        g_string_free(g_steal_pointer(&check->after), TRUE);
}

/* ------------------------------------------------------------------- results */

static const PolicySet *set_at(const Checking *self, guint i)
{
    return self->policies->sets->pdata[i];
}

/* A set that is checked twice has to pass twice. Takes result. */
static void add_result(Checking *self, guint i, PolicyResult *result)
{
    gpointer *place = &self->check->results->pdata[i];
    g_autoptr(PolicyResult) first = *place;
    g_autoptr(PolicyResult) second = result;

    *place = first ? policy_rules_both(set_at(self, i), first, second) : g_steal_pointer(&second);
}

/* The stage broke off: nothing of it counts as passed. */
static void fail_all(Checking *self, const char *why)
{
    self->is_broken = true;
    for (guint i = 0; i < self->policies->sets->len; i++)
        add_result(self, i, policy_rules_unchecked(set_at(self, i), why));
}

static void fail_missing(Checking *self, const char *why)
{
    for (guint i = 0; i < self->policies->sets->len; i++)
        if (!self->check->results->pdata[i])
            add_result(self, i, policy_rules_unchecked(set_at(self, i), why));
}

static bool write_file(const Checking *self, GError **error)
{
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    g_autofree char *text = NULL;

    for (guint i = 0; i < self->check->results->len; i++)
        if (self->check->results->pdata[i])
            g_ptr_array_add(known, self->check->results->pdata[i]);
    text = policy_rules_file(known, self->approvals);
    return g_file_set_contents_full(self->run->policy_file, text, -1,
                                    G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

/* --------------------------------------------------------------------- steps */

static bool check_set(Checking *self, const Action *action, guint i, GError **error)
{
    const ProjectRun *run = self->run;
    g_autofree char *config = g_strconcat(run->policy_file, ".toml", NULL);
    const ConftestSpec spec = {
        .version = self->policies->conftest_version,
        .dir = run->dir,
        .env = (const char *const *)run->env_vars,
        .extra_args = (const char *const *)action->extra_args,
        .show_file = run->show_file,
        .config_file = config,
        .log_fd = run->log_fd,
        .timeout_ms = steps_timeout(run, action),
        .grace_ms = GRACE_MS,
    };
    PolicyResult *result = conftest_run(self->ctx, &spec, set_at(self, i), error);

    if (result)
        add_result(self, i, result);
    return result != NULL;
}

static bool check_all(Checking *self, const Action *action, GError **error)
{
    for (guint i = 0; i < self->policies->sets->len; i++)
        if (!check_set(self, action, i, error))
            return false;
    return true;
}

/* The built-in step: of all sets, or of the one whose turn it is. */
static bool run_check(Checking *self, const Action *action, GError **error)
{
    self->has_checked = true;
    if (!self->run->config->custom_policy_check)
        return check_all(self, action, error);
    return self->position >= self->policies->sets->len ||
           check_set(self, action, self->position++, error);
}

static void append_around(Checking *self, const GString *output)
{
    GString *text = self->has_checked ? self->check->after : self->check->before;

    if (output->len && text->len && text->str[text->len - 1] != '\n')
        g_string_append_c(text, '\n');
    g_string_append_len(text, output->str, (gssize)output->len);
}

/* why is NULL when the step went well. */
static void take_custom(Checking *self, const Action *action, const GString *output,
                        const GError *why)
{
    bool is_result = output->len > 0 || (why && action->kind == ACTION_RUN);
    guint last = self->policies->sets->len - 1;
    guint i = MIN(self->position, last);

    if (why && action->kind != ACTION_RUN) {
        fail_all(self, why->message);
        return;
    }
    if (!is_result)
        return;
    /* More results than sets: whatever the last ones are about, they cannot make it better. */
    add_result(
        self, i,
        policy_rules_step(set_at(self, i), why != NULL, output->len ? output->str : why->message));
    self->position++;
}

static void take_output(Checking *self, const GString *output, const GError *why)
{
    append_around(self, output);
    if (why)
        fail_all(self, why->message);
}

static bool run_other(Checking *self, const Action *action, GError **error)
{
    g_autoptr(GString) output = g_string_new(NULL);
    g_autoptr(GError) why = NULL;

    if (!steps_run_action(self->ctx, self->run, action, output, &why) &&
        g_error_matches(why, HADAL_ERROR, HADAL_ERROR_CANCELLED)) {
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
    }
    if (self->run->config->custom_policy_check)
        take_custom(self, action, output, why);
    else
        take_output(self, output, why);
    return true;
}

static bool run_steps(Checking *self, GError **error)
{
    const GPtrArray *actions = workflow_actions(self->run->config->workflow, STAGE_POLICY_CHECK);

    for (guint i = 0; i < actions->len && !self->is_broken; i++) {
        const Action *action = actions->pdata[i];
        bool is_check = action->kind == ACTION_POLICY_CHECK;

        if (!(is_check ? run_check(self, action, error) : run_other(self, action, error)) ||
            !write_file(self, error))
            return false;
    }
    return true;
}

bool policy_check_run(const Ctx *ctx, ProjectRun *run, const Policies *policies,
                      const GPtrArray *approvals, PolicyCheck *check, GError **error)
{
    Checking self = {
        .ctx = ctx, .run = run, .policies = policies, .approvals = approvals, .check = check
    };
    bool is_custom = run->config->custom_policy_check;

    check->before = g_string_new(NULL);
    check->after = g_string_new(NULL);
    check->results = g_ptr_array_new_with_free_func((GDestroyNotify)policy_result_free);
    g_ptr_array_set_size(check->results, (gint)policies->sets->len);
    if (policies->sets->len == 0) /* nothing can pass: there is nothing to run */
        return true;
    if (!run_steps(&self, error))
        return false;
    fail_missing(&self, is_custom ? "No step of the policy_check stage printed a result for this "
                                    "set: results are matched to sets by their position."
                                  : "The policy_check stage of the workflow has no policy_check "
                                    "step.");
    return true;
}
