// SPDX-License-Identifier: Apache-2.0
#include "jobs.h"

#include <pthread.h>
#include <stdatomic.h>

#include "pull.h"

typedef struct _Job Job;
struct _Job {
    JobKind kind;
    Pull *pull; /* borrowed: pull requests are never removed */
    gint64 due; /* g_get_monotonic_time() */
};

struct _Jobs {
    GQueue queue; /* of Job; all wait equally long, so the first is due first */
    pthread_t thread;
    bool started;
    atomic_bool stopping;
};

Jobs *jobs_new(void)
{
    Jobs *jobs = g_new0(Jobs, 1);

    g_queue_init(&jobs->queue);
    return jobs;
}

void jobs_free(Jobs *jobs)
{
    if (!jobs)
        return;
    g_queue_clear_full(&jobs->queue, g_free);
    g_free(jobs);
}

void jobs_add(State *state, JobKind kind, Pull *pull)
{
    Job *job = g_new0(Job, 1);

    job->kind = kind;
    job->pull = pull;
    job->due = g_get_monotonic_time() + state->settings.merge_ms * 1000;
    g_queue_push_tail(&state->jobs->queue, job);
    state_changed();
}

static void do_job(State *state, const Job *job)
{
    if (job->kind == JOB_TEST_MERGE)
        pull_test_merge(state, job->pull);
    else
        pull_finish(state, job->pull);
}

static void *work(void *data)
{
    State *state = data;
    Jobs *jobs = state->jobs;

    state_lock();
    while (!atomic_load(&jobs->stopping)) {
        const Job *first = g_queue_peek_head(&jobs->queue);
        g_autofree Job *job = NULL;

        if (!first || first->due > g_get_monotonic_time()) {
            state_wait(first ? first->due : 0);
            continue;
        }
        job = g_queue_pop_head(&jobs->queue);
        do_job(state, job);
        pull_complete_asked(state);
    }
    state_unlock();
    return NULL;
}

bool jobs_start(State *state, GError **error)
{
    int number = pthread_create(&state->jobs->thread, NULL, work, state);

    if (number != 0)
        return hadal_throw(error, HADAL_ERROR_INTERNAL, "start a thread: %s", g_strerror(number));
    state->jobs->started = true;
    return true;
}

void jobs_stop(State *state)
{
    if (!state->jobs->started)
        return;
    atomic_store(&state->jobs->stopping, true);
    state_lock();
    state_changed();
    state_unlock();
    pthread_join(state->jobs->thread, NULL);
    state->jobs->started = false;
}
