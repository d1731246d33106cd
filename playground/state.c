// SPDX-License-Identifier: Apache-2.0
/* Making, finding and freeing what state.h describes. What may happen to it is in pull.c. */
#include "state.h"

#include <pthread.h>
#include <string.h>

#include "team.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

const char *const pull_state_names[] = { "notSet", "active", "abandoned", "completed", "all" };
const char *const merge_state_names[] = { "notSet",    "queued",           "conflicts",
                                          "succeeded", "rejectedByPolicy", "failure" };
const char *const thread_state_names[] = { "unknown", "active",   "fixed",  "wontFix",
                                           "closed",  "byDesign", "pending" };
const char *const status_state_names[] = { "notSet", "pending", "succeeded",
                                           "failed", "error",   "notApplicable" };
const char *const strategy_names[] = { NULL, "noFastForward", "squash", "rebase", "rebaseMerge" };

/* The GUIDs are fixed, so that a configuration can name them before the program runs. */
User users[] = {
    {
        .key = "bot",
        .id = "b0700000-0000-4000-8000-000000000001",
        .name = "Automation",
        .account = "automation@playground.example",
    },
    {
        .key = "author",
        .id = "a0700000-0000-4000-8000-000000000002",
        .name = "Author",
        .account = "author@playground.example",
    },
    {
        .key = "reviewer",
        .id = "c0700000-0000-4000-8000-000000000003",
        .name = "Reviewer",
        .account = "reviewer@playground.example",
    },
    {
        .key = "other",
        .id = "d0700000-0000-4000-8000-000000000004",
        .name = "Other Person",
        .account = "other@playground.example",
    },
};

void state_lock(void)
{
    pthread_mutex_lock(&lock);
}

void state_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

void state_unlock_at_end(int *unused)
{
    (void)unused;
    state_unlock();
}

void state_changed(void)
{
    pthread_cond_broadcast(&changed);
}

void state_wait(gint64 until_us)
{
    gint64 end;
    struct timespec time;

    if (!until_us) {
        pthread_cond_wait(&changed, &lock);
        return;
    }
    end = g_get_real_time() + MAX(until_us - g_get_monotonic_time(), 0);
    time.tv_sec = end / G_USEC_PER_SEC;
    time.tv_nsec = end % G_USEC_PER_SEC * 1000;
    pthread_cond_timedwait(&changed, &lock, &time);
}

int enum_parse(const char *text, const char *const *names, int n_names)
{
    guint64 number;

    for (int i = 0; i < n_names; i++)
        if (names[i] && g_ascii_strcasecmp(names[i], text) == 0)
            return i;
    if (g_ascii_string_to_unsigned(text, 10, 0, (guint64)n_names - 1, &number, NULL) &&
        names[number])
        return (int)number;
    return -1;
}

int enum_read(const json_t *value, const char *const *names, int n_names)
{
    json_int_t number;

    if (json_is_string(value))
        return enum_parse(json_string_value(value), names, n_names);
    if (!json_is_integer(value))
        return -1;
    number = json_integer_value(value);
    return number >= 0 && number < n_names && names[number] ? (int)number : -1;
}

static void project_free(gpointer data)
{
    Project *project = data;

    g_free(project->id);
    g_free(project->name);
    g_free(project);
}

static void json_free(gpointer data)
{
    json_decref(data);
}

static void repo_free(gpointer data)
{
    Repo *repo = data;

    g_free(repo->id);
    g_free(repo->name);
    g_free(repo->dir);
    g_free(repo->default_branch);
    g_hash_table_unref(repo->commit_statuses);
    g_free(repo);
}

static void iteration_free(gpointer data)
{
    Iteration *iteration = data;

    g_free(iteration->source);
    g_free(iteration->target);
    g_free(iteration->base);
    g_free(iteration->description);
    g_free(iteration);
}

static void comment_free(gpointer data)
{
    Comment *comment = data;

    g_free(comment->content);
    g_ptr_array_unref(comment->likes);
    g_free(comment);
}

static void thread_free(gpointer data)
{
    Thread *thread = data;

    g_ptr_array_unref(thread->comments);
    json_decref(thread->properties);
    json_decref(thread->context);
    json_decref(thread->pull_context);
    json_decref(thread->identities);
    g_free(thread);
}

static void status_free(gpointer data)
{
    Status *status = data;

    g_free(status->genre);
    g_free(status->name);
    g_free(status->description);
    g_free(status->target_url);
    g_free(status);
}

static void label_free(gpointer data)
{
    Label *label = data;

    g_free(label->id);
    g_free(label->name);
    g_free(label);
}

static void pull_free(gpointer data)
{
    Pull *pull = data;

    g_free(pull->source_ref);
    g_free(pull->target_ref);
    g_free(pull->title);
    g_free(pull->description);
    g_free(pull->merge_id);
    g_free(pull->source_commit);
    g_free(pull->target_commit);
    g_free(pull->merge_commit);
    g_free(pull->merge_comment);
    json_decref(pull->completion_options);
    json_decref(pull->properties);
    json_decref(pull->kept_evaluations);
    g_ptr_array_unref(pull->iterations);
    g_ptr_array_unref(pull->threads);
    g_ptr_array_unref(pull->statuses);
    g_ptr_array_unref(pull->reviewers);
    g_ptr_array_unref(pull->labels);
    g_free(pull);
}

static void policy_free(gpointer data)
{
    Policy *policy = data;

    json_decref(policy->settings);
    g_free(policy);
}

State *state_new(const Settings *settings)
{
    State *state = g_new0(State, 1);

    state->settings = *settings;
    state->collection_id = new_guid();
    state->account_id = new_guid();
    state->projects = g_ptr_array_new_with_free_func(project_free);
    state->repos = g_ptr_array_new_with_free_func(repo_free);
    state->pulls = g_ptr_array_new_with_free_func(pull_free);
    state->policies = g_ptr_array_new_with_free_func(policy_free);
    state->teams = g_ptr_array_new_with_free_func(team_free);
    state->last_thread_id = 100;
    return state;
}

void state_free(State *state)
{
    if (!state)
        return;
    g_free(state->settings.dir);
    g_free(state->settings.org);
    g_free(state->settings.base_url);
    g_free(state->settings.server);
    g_free(state->settings.api_version);
    g_free(state->settings.hook_url);
    g_free(state->collection_id);
    g_free(state->account_id);
    g_ptr_array_unref(state->policies);
    g_ptr_array_unref(state->teams);
    g_ptr_array_unref(state->pulls);
    g_ptr_array_unref(state->repos);
    g_ptr_array_unref(state->projects);
    g_free(state);
}

gsize users_count(void)
{
    return G_N_ELEMENTS(users);
}

const User *user_by_key(const char *key)
{
    for (gsize i = 0; key && i < G_N_ELEMENTS(users); i++)
        if (g_str_equal(users[i].key, key))
            return &users[i];
    return NULL;
}

const User *user_by_id(const char *id)
{
    for (gsize i = 0; id && i < G_N_ELEMENTS(users); i++)
        if (g_ascii_strcasecmp(users[i].id, id) == 0)
            return &users[i];
    return NULL;
}

const User *user_by_pat(const char *pat)
{
    for (gsize i = 0; pat && i < G_N_ELEMENTS(users); i++)
        if (g_str_equal(users[i].pat, pat))
            return &users[i];
    return NULL;
}

static bool is_called(const char *id, const char *name, const char *wanted)
{
    g_autofree char *a = g_utf8_casefold(name, -1);
    g_autofree char *b = g_utf8_casefold(wanted, -1);

    return g_ascii_strcasecmp(id, wanted) == 0 || g_str_equal(a, b);
}

Project *state_project(const State *state, const char *id_or_name)
{
    for (guint i = 0; i < state->projects->len; i++) {
        Project *project = state->projects->pdata[i];

        if (is_called(project->id, project->name, id_or_name))
            return project;
    }
    return NULL;
}

Repo *state_repo(const State *state, const Project *project, const char *id_or_name)
{
    for (guint i = 0; i < state->repos->len; i++) {
        Repo *repo = state->repos->pdata[i];

        if (project && repo->project != project)
            continue;
        /* Without a project only the GUID is unambiguous, as on the service. */
        if (project ? is_called(repo->id, repo->name, id_or_name)
                    : g_ascii_strcasecmp(repo->id, id_or_name) == 0)
            return repo;
    }
    return NULL;
}

Pull *state_pull(const State *state, int id)
{
    return id > 0 && (guint)id <= state->pulls->len ? state->pulls->pdata[id - 1] : NULL;
}

Thread *pull_thread(const Pull *pull, int id)
{
    for (guint i = 0; i < pull->threads->len; i++)
        if (((Thread *)pull->threads->pdata[i])->id == id)
            return pull->threads->pdata[i];
    return NULL;
}

Comment *thread_comment(const Thread *thread, int id)
{
    return id > 0 && (guint)id <= thread->comments->len ? thread->comments->pdata[id - 1] : NULL;
}

Iteration *pull_iteration(const Pull *pull, int id)
{
    return id > 0 && (guint)id <= pull->iterations->len ? pull->iterations->pdata[id - 1] : NULL;
}

Iteration *pull_last_iteration(const Pull *pull)
{
    return pull_iteration(pull, (int)pull->iterations->len);
}

Reviewer *pull_reviewer(const Pull *pull, const User *user)
{
    for (guint i = 0; i < pull->reviewers->len; i++)
        if (((Reviewer *)pull->reviewers->pdata[i])->user == user)
            return pull->reviewers->pdata[i];
    return NULL;
}

Project *state_add_project(State *state, const char *name)
{
    Project *project = g_new0(Project, 1);

    project->id = new_guid();
    project->name = g_strdup(name);
    project->created = time_now();
    g_ptr_array_add(state->projects, project);
    return project;
}

Repo *state_add_repo(State *state, Project *project, const char *name, Repo *parent)
{
    Repo *repo = g_new0(Repo, 1);

    repo->id = new_guid();
    repo->name = g_strdup(name);
    repo->project = project;
    repo->parent = parent;
    repo->dir = g_strdup_printf("%s/repos/%s.git", state->settings.dir, repo->id);
    repo->default_branch = g_strdup("refs/heads/main");
    repo->commit_statuses = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, json_free);
    g_ptr_array_add(state->repos, repo);
    return repo;
}

Pull *state_add_pull(State *state)
{
    Pull *pull = g_new0(Pull, 1);

    pull->id = (int)state->pulls->len + 1;
    pull->merge_id = new_guid();
    pull->created = time_now();
    pull->properties = json_object();
    pull->iterations = g_ptr_array_new_with_free_func(iteration_free);
    pull->threads = g_ptr_array_new_with_free_func(thread_free);
    pull->statuses = g_ptr_array_new_with_free_func(status_free);
    pull->reviewers = g_ptr_array_new_with_free_func(g_free);
    pull->labels = g_ptr_array_new_with_free_func(label_free);
    g_ptr_array_add(state->pulls, pull);
    return pull;
}

Comment *thread_add_comment(Thread *thread, const User *author, const char *content, int parent)
{
    Comment *comment = g_new0(Comment, 1);

    comment->id = (int)thread->comments->len + 1;
    comment->parent = parent;
    comment->author = author;
    comment->content = g_strdup(content);
    comment->published = comment->updated = comment->content_updated = time_now();
    comment->likes = g_ptr_array_new();
    thread->updated = comment->updated;
    g_ptr_array_add(thread->comments, comment);
    return comment;
}

Thread *pull_add_thread(State *state, Pull *pull)
{
    Thread *thread = g_new0(Thread, 1);

    thread->id = ++state->last_thread_id;
    thread->comments = g_ptr_array_new_with_free_func(comment_free);
    thread->published = thread->updated = time_now();
    g_ptr_array_add(pull->threads, thread);
    return thread;
}

char *new_guid(void)
{
    return g_uuid_string_random();
}

gint64 time_now(void)
{
    return g_get_real_time();
}

/* Like the service: a fraction without trailing noughts, and none at all when it is nought. */
char *time_text(gint64 time_us)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(time_us / G_USEC_PER_SEC);
    g_autofree char *seconds = g_date_time_format(time, "%Y-%m-%dT%H:%M:%S");
    g_autofree char *fraction = g_strdup_printf(".%06d", (int)(time_us % G_USEC_PER_SEC));
    gsize length = strlen(fraction);

    while (length > 0 && (fraction[length - 1] == '0' || fraction[length - 1] == '.'))
        fraction[--length] = '\0';
    return g_strconcat(seconds, fraction, "Z", NULL);
}

const char *short_ref(const char *ref)
{
    if (g_str_has_prefix(ref, "refs/heads/"))
        return ref + strlen("refs/heads/");
    return g_str_has_prefix(ref, "refs/") ? ref + strlen("refs/") : ref;
}
