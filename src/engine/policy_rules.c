// SPDX-License-Identifier: Apache-2.0
#include "engine/policy_rules.h"

#include <string.h>

#include "sys/crypto.h"
#include "sys/js.h"

/* -------------------------------------------------------- conftest's summary */

/* What an output counts. */
typedef struct {
    bool is_known;
    gint64 tests, failures;
} Count;

static void add_count(Count *count, gint64 tests, gint64 failures)
{
    count->is_known = true;
    count->tests += tests;
    count->failures += failures;
}

/* The number in front of what, a word in singular, in "1 test, 0 passed, 2 failures"; -1: none. */
static gint64 number_before(const char *line, const char *what)
{
    g_auto(GStrv) parts = g_strsplit(line, ", ", -1);

    for (char **part = parts; *part; part++) {
        char *end = NULL;
        gint64 number = g_ascii_isdigit(**part) ? g_ascii_strtoll(*part, &end, 10) : -1;

        if (number < 0 || *end != ' ' || !g_str_has_prefix(end + 1, what))
            continue;
        end += 1 + strlen(what);
        if (g_str_equal(end, "") || g_str_equal(end, "s"))
            return MIN(number, G_MAXINT32); /* sums stay numbers */
    }
    return -1;
}

/*
 * conftest ends its text with "2 tests, 1 passed, 0 warnings, 1 failure, 0 exceptions". A message
 * of a policy may hold such a line too: all of them count, so that none can hide another.
 */
static void count_text(const char *output, Count *count)
{
    g_auto(GStrv) lines = g_strsplit(output, "\n", -1);

    for (char **line = lines; *line; line++) {
        gint64 tests = number_before(g_strstrip(*line), "test");
        gint64 failures = number_before(*line, "failure");

        if (tests >= 0 && failures >= 0)
            add_count(count, tests, failures);
    }
}

static gint64 length_at(const json_t *object, const char *key)
{
    return (gint64)json_array_size(json_object_get(object, key));
}

/* "--output json": a list with one object for each file and namespace. */
static void count_json(const char *output, Count *count)
{
    json_auto_t *root = js_parse(output, strlen(output), NULL);
    const json_t *file;
    size_t i;

    if (!json_is_array(root))
        return;
    json_array_foreach(root, i, file)
    {
        gint64 failures = length_at(file, "failures");

        if (!json_object_get(file, "filename")) {
            *count = (Count){ 0 };
            return;
        }
        add_count(count,
                  js_get_int(file, "successes", 0) + failures + length_at(file, "warnings") +
                      length_at(file, "exceptions"),
                  failures);
    }
}

/* NULL: it passed. "": the output tells why it did not; else what the output does not tell. */
static const char *conftest_problem(int exit_status, const char *output)
{
    Count count = { 0 };

    count_text(output, &count);
    if (!count.is_known)
        count_json(output, &count);
    if (count.is_known && count.failures > 0)
        return "";
    if (exit_status != 0)
        return *output ? "" : "conftest failed and printed nothing.";
    if (!count.is_known)
        return *output ? "There is no summary of conftest in this output."
                       : "conftest printed nothing, not even its summary.";
    return count.tests > 0
               ? NULL
               : "No policy was tested: conftest found no rule at the set's path in the "
                 "namespaces that it looks at.";
}

/* ------------------------------------------------------------ other programs */

/* "3 failures", in any letter case. */
static bool counts_failures(const char *text)
{
    g_autofree char *lower = g_ascii_strdown(text, -1);

    for (const char *at = strstr(lower, "failure"); at; at = strstr(at + 1, "failure")) {
        const char *c = at;

        while (c > lower && (c[-1] == ' ' || c[-1] == '\t'))
            c--;
        if (c == at)
            continue;
        for (; c > lower && g_ascii_isdigit(c[-1]); c--)
            if (c[-1] != '0')
                return true;
    }
    return false;
}

static bool has_fail_line(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (char **line = lines; *line; line++)
        if (g_str_has_prefix(g_strstrip(*line), "FAIL"))
            return true;
    return false;
}

/* A list "failures" with entries, at any depth; jansson bounds the depth. */
static bool lists_failures(const json_t *json)
{
    const char *key;
    const json_t *value;
    size_t i;

    if (length_at(json, "failures") > 0)
        return true;
    json_array_foreach(json, i, value) if (lists_failures(value)) return true;
    json_object_foreach((json_t *)json, key, value) if (lists_failures(value)) return true;
    return false;
}

static const char *step_problem(bool has_failed, const char *output)
{
    json_auto_t *json = js_parse(output, strlen(output), NULL);
    g_autofree char *trimmed = g_strstrip(g_strdup(output));

    if (!*trimmed)
        return "The step printed nothing, so there is no result.";
    if (has_failed)
        return "The step failed.";
    return has_fail_line(output) || counts_failures(output) || (json && lists_failures(json))
               ? ""
               : NULL;
}

/* ------------------------------------------------------------------- results */

/*
 * Without a match all of the output is the item, and also when the pattern is too much work: an
 * empty list of items would be covered by any approval.
 */
static GStrv hashes_of(const PolicySet *set, const char *output)
{
    g_autoptr(GStrvBuilder) hashes = g_strv_builder_new();
    g_autoptr(GPtrArray) items =
        set->item_regex ? regex_find_all(set->item_regex, output, NULL) : NULL;

    for (guint i = 0; items && i < items->len; i++) {
        const char *item = items->pdata[i];
        g_autofree char *hash = crypto_sha256(item, strlen(item));

        g_strv_builder_add(hashes, hash);
    }
    if (!items || items->len == 0) {
        g_autofree char *hash = crypto_sha256(output, strlen(output));

        g_strv_builder_add(hashes, hash);
    }
    return g_strv_builder_end(hashes);
}

/* problem as of conftest_problem(). */
static PolicyResult *result_new(const PolicySet *set, const char *output, const char *problem)
{
    PolicyResult *result = policy_result_new();
    g_autofree char *valid = g_utf8_make_valid(output, -1);

    g_strchomp(valid);
    result->set = g_strdup(set->name);
    result->has_passed = !problem;
    result->output = problem && *problem ? g_strconcat(valid, *valid ? "\n\n" : "", problem, NULL)
                                         : g_strdup(valid);
    result->item_regex = g_strdup(set->item_regex ? regex_pattern(set->item_regex) : "");
    result->item_hashes = hashes_of(set, result->output);
    result->needed = MAX(set->approve_count, 1);
    result->keeps_approved = set->is_sticky;
    return result;
}

PolicyResult *policy_rules_conftest(const PolicySet *set, int exit_status, const char *output)
{
    return result_new(set, output, conftest_problem(exit_status, output));
}

PolicyResult *policy_rules_step(const PolicySet *set, bool has_failed, const char *output)
{
    return result_new(set, output, step_problem(has_failed, output));
}

PolicyResult *policy_rules_unchecked(const PolicySet *set, const char *why)
{
    return result_new(set, "", why);
}

PolicyResult *policy_rules_both(const PolicySet *set, const PolicyResult *first,
                                const PolicyResult *second)
{
    g_autofree char *output = g_strconcat(first->output, "\n\n", second->output, NULL);

    return result_new(set, output, first->has_passed && second->has_passed ? NULL : "");
}

/* -------------------------------------------------------------------- status */

static void add_words(GPtrArray *list, const char *const *words)
{
    for (gsize i = 0; words && words[i]; i++)
        if (!g_ptr_array_find_with_equal_func(list, words[i], g_str_equal, NULL))
            g_ptr_array_add(list, (gpointer)words[i]);
}

static PolicySetStatus *set_status_new(const Policies *policies, const PolicySet *set)
{
    PolicySetStatus *status = g_new0(PolicySetStatus, 1);

    status->name = set->name;
    status->verdict = POLICY_UNCHECKED;
    status->needed = MAX(set->approve_count, 1);
    status->approvers = g_ptr_array_new();
    status->users = g_ptr_array_new();
    status->teams = g_ptr_array_new();
    add_words(status->users, (const char *const *)policies->owners.users);
    add_words(status->users, (const char *const *)set->owners.users);
    add_words(status->teams, (const char *const *)policies->owners.teams);
    add_words(status->teams, (const char *const *)set->owners.teams);
    return status;
}

static bool is_same_actor(const Actor *a, const Actor *b)
{
    return a->id || b->id ? g_strcmp0(a->id, b->id) == 0 : g_strcmp0(a->name, b->name) == 0;
}

static bool is_about(const PolicyApproval *approval, const PolicyResult *result)
{
    return g_str_equal(approval->set, result->set) &&
           g_str_equal(approval->item_regex, result->item_regex);
}

static bool covers_all(const PolicyApproval *approval, const PolicyResult *result)
{
    for (gsize i = 0; result->item_hashes[i]; i++)
        if (!g_strv_contains((const char *const *)approval->item_hashes, result->item_hashes[i]))
            return false;
    return true;
}

static bool is_listed(const GPtrArray *actors, const Actor *actor)
{
    for (guint i = 0; i < actors->len; i++)
        if (is_same_actor(actors->pdata[i], actor))
            return true;
    return false;
}

static void add_approvals(PolicySetStatus *status, const PolicyResult *result,
                          const PolicyRecord *record)
{
    for (guint i = 0; i < record->approvals->len; i++) {
        PolicyApproval *approval = record->approvals->pdata[i];

        if (is_about(approval, result) && covers_all(approval, result) &&
            !is_listed(status->approvers, &approval->actor))
            g_ptr_array_add(status->approvers, &approval->actor);
    }
}

static bool is_covered(const PolicyRecord *record, const PolicyResult *result, const char *hash)
{
    for (guint i = 0; i < record->approvals->len; i++) {
        const PolicyApproval *approval = record->approvals->pdata[i];

        if (is_about(approval, result) &&
            g_strv_contains((const char *const *)approval->item_hashes, hash))
            return true;
    }
    return false;
}

static void add_result(PolicySetStatus *status, const PolicyResult *result,
                       const PolicyRecord *record)
{
    status->output = result->output;
    status->n_items = g_strv_length(result->item_hashes);
    for (guint i = 0; i < status->n_items; i++)
        status->n_covered += is_covered(record, result, result->item_hashes[i]);
    add_approvals(status, result, record);
    if (result->has_passed)
        status->verdict = POLICY_PASSED;
    else
        status->verdict =
            status->approvers->len >= status->needed ? POLICY_APPROVED : POLICY_FAILED;
}

static const PolicyResult *result_of(const PolicyRecord *record, const char *set)
{
    for (guint i = 0; i < record->results->len; i++) {
        const PolicyResult *result = record->results->pdata[i];

        if (g_str_equal(result->set, set))
            return result;
    }
    return NULL;
}

static bool is_of_plan(const PolicyRecord *record, const Plan *plan)
{
    return record && record->plan_id == plan->id && record->head &&
           g_str_equal(record->head, plan->head);
}

PolicyStatus *policy_rules_status(const Policies *policies, const Plan *plan,
                                  const PolicyRecord *record)
{
    PolicyStatus *status = g_new0(PolicyStatus, 1);

    status->sets = g_ptr_array_new_with_free_func((GDestroyNotify)policy_set_status_free);
    status->has_passed = policies->sets->len > 0;
    for (guint i = 0; i < policies->sets->len; i++) {
        const PolicySet *set = policies->sets->pdata[i];
        PolicySetStatus *one = set_status_new(policies, set);
        const PolicyResult *result = is_of_plan(record, plan) ? result_of(record, set->name) : NULL;

        if (result)
            add_result(one, result, record);
        status->has_passed &= one->verdict == POLICY_PASSED || one->verdict == POLICY_APPROVED;
        g_ptr_array_add(status->sets, one);
    }
    return status;
}

/* ------------------------------------------------------------------ approval */

static bool is_in(const GPtrArray *list, const char *word)
{
    for (guint i = 0; word && i < list->len; i++) {
        g_autofree char *one = g_utf8_casefold(list->pdata[i], -1);
        g_autofree char *other = g_utf8_casefold(word, -1);

        if (g_str_equal(one, other))
            return true;
    }
    return false;
}

/* Names for people are not unique, and everybody chooses his own: they count only where the host
 * has nothing better. */
static bool is_owner(const PolicyRequest *request, const PolicySetStatus *set)
{
    const Actor *actor = request->actor;

    if (is_in(set->users, actor->login ? actor->login : actor->name) ||
        is_in(set->users, actor->id))
        return true;
    for (gsize i = 0; request->teams && request->teams[i]; i++)
        if (is_in(set->teams, request->teams[i]))
            return true;
    return false;
}

static const PolicySet *find_set(const Policies *policies, const char *name)
{
    for (guint i = 0; i < policies->sets->len; i++) {
        const PolicySet *set = policies->sets->pdata[i];

        if (g_str_equal(set->name, name))
            return set;
    }
    return NULL;
}

static bool is_own_pull(const PolicyRequest *request, const char *set)
{
    return find_set(request->policies, set)->prevent_self_approve &&
           g_strcmp0(request->actor->id, request->author_id) == 0;
}

/* Why the actor may not change the set; NULL: he may. The caller frees it. */
static char *problem_of(const PolicyRequest *request, const PolicySetStatus *set)
{
    if (set->verdict == POLICY_UNCHECKED)
        return g_strdup_printf("Policy set `%s` was not checked for this plan: plan again.",
                               set->name);
    if (!is_owner(request, set))
        return g_strdup_printf("Policy set `%s`: you are not one of its owners.", set->name);
    if (request->clears)
        return NULL;
    if (is_own_pull(request, set->name))
        return g_strdup_printf(
            "Policy set `%s`: who opened the pull request may not approve. Ask another owner.",
            set->name);
    if (is_listed(set->approvers, request->actor))
        return g_strdup_printf(
            "Policy set `%s`: you approved it already, each owner counts once. Ask another owner.",
            set->name);
    return NULL;
}

static bool is_open(const PolicyRequest *request, const PolicySetStatus *set)
{
    if (request->only_set && !g_str_equal(request->only_set, set->name))
        return false;
    if (request->clears)
        return set->n_covered > 0;
    return set->verdict == POLICY_FAILED || set->verdict == POLICY_UNCHECKED;
}

static char *unknown_set(const PolicyRequest *request)
{
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_printf(text, "There is no policy set `%s`. There is:", request->only_set);
    for (guint i = 0; i < request->policies->sets->len; i++) {
        const PolicySet *set = request->policies->sets->pdata[i];

        g_string_append_printf(text, "%s `%s`", i ? "," : "", set->name);
    }
    return g_strdup(text->str);
}

PolicyAnswer policy_rules_answer(const PolicyRequest *request)
{
    PolicyAnswer answer = {
        .sets = g_ptr_array_new(),
        .problems = g_ptr_array_new_with_free_func(g_free),
    };

    if (request->only_set && !find_set(request->policies, request->only_set))
        g_ptr_array_add(answer.problems, unknown_set(request));
    for (guint i = 0; i < request->status->sets->len; i++) {
        const PolicySetStatus *set = request->status->sets->pdata[i];
        char *problem = is_open(request, set) ? problem_of(request, set) : NULL;

        if (problem)
            g_ptr_array_add(answer.problems, problem);
        else if (is_open(request, set))
            g_ptr_array_add(answer.sets, (gpointer)set->name);
    }
    return answer;
}

void policy_answer_clear(PolicyAnswer *answer)
{
    g_clear_pointer(&answer->sets, g_ptr_array_unref);
    g_clear_pointer(&answer->problems, g_ptr_array_unref);
}

/* ------------------------------------------------------------------ the file */

static json_t *words_json(const char *const *words)
{
    json_t *array = json_array();

    for (gsize i = 0; words[i]; i++)
        json_array_append_new(array, json_string(words[i]));
    return array;
}

static json_t *approvals_json(const PolicyResult *result, const GPtrArray *approvals)
{
    json_t *array = json_array();

    for (guint i = 0; i < approvals->len; i++) {
        const PolicyApproval *approval = approvals->pdata[i];
        const Actor *actor = &approval->actor;
        json_t *one;

        if (!is_about(approval, result))
            continue;
        one = json_object();
        js_set(one, "Approver", actor->login ? actor->login : actor->name);
        json_object_set_new(one, "Hashes", words_json((const char *const *)approval->item_hashes));
        json_array_append_new(array, one);
    }
    return array;
}

char *policy_rules_file(const GPtrArray *results, const GPtrArray *approvals)
{
    json_auto_t *array = json_array();

    for (guint i = 0; i < results->len; i++) {
        const PolicyResult *result = results->pdata[i];
        json_t *one = json_object();

        js_set(one, "PolicySetName", result->set);
        js_set(one, "PolicyOutput", result->output);
        json_object_set_new(one, "Passed", json_boolean(result->has_passed));
        json_object_set_new(one, "ReqApprovalCount", json_integer(result->needed));
        json_object_set_new(one, "Approvals", approvals_json(result, approvals));
        json_object_set_new(one, "Hashes", words_json((const char *const *)result->item_hashes));
        js_set(one, "PolicyItemRegex", result->item_regex);
        json_array_append_new(array, one);
    }
    return js_print(array);
}
