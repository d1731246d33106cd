// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "test.h"

#include <glib/gstdio.h>
#include <pthread.h>

#include "base/clock.h"
#include "store/store.h"
#include "sys/db.h"

/* A store on a database of its own, and short words for what its tests do with it. */

enum { LEASE = 60000, N_THREADS = 8 };

#define ME "me"

typedef struct _Fixture Fixture;
struct _Fixture {
    char *dir, *url;
    Store *store;
};

static inline int fixture_open(void **state)
{
    g_autoptr(GError) error = NULL;
    Fixture *fixture = g_new0(Fixture, 1);

    fixture->dir = g_dir_make_tmp("hadal-store-XXXXXX", NULL);
    fixture->url = g_strdup_printf("sqlite:%s/hadal.db", fixture->dir);
    fixture->store = store_open(fixture->url, &error);
    assert_ok(fixture->store, error);
    *state = fixture;
    return 0;
}

static inline int fixture_close(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GDir) dir = g_dir_open(fixture->dir, 0, NULL);
    const char *name;

    store_close(fixture->store);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(fixture->dir, name, NULL);

        g_unlink(path);
    }
    g_rmdir(fixture->dir);
    g_free(fixture->dir);
    g_free(fixture->url);
    g_free(fixture);
    return 0;
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
#define STORE            (((Fixture *)*fixture)->store)

/* -------------------------------------------------- what is in the database */

static inline gint64 count_of(void **state, const char *sql)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(Db) db = db_open(fixture->url, DB_READER, &error);
    g_autoptr(DbRows) rows = db ? db_query(db, sql, NULL, 0, &error) : NULL;

    assert_ok(rows, error);
    assert_true(db_rows_next(rows));
    return db_rows_int(rows, 0);
}

static inline char *text_of(void **state, const char *sql)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(Db) db = db_open(fixture->url, DB_READER, &error);
    g_autoptr(DbRows) rows = db ? db_query(db, sql, NULL, 0, &error) : NULL;

    assert_ok(rows, error);
    assert_true(db_rows_next(rows));
    return g_strdup(db_rows_text(rows, 0));
}

#define assert_count(sql, want) assert_int_equal(count_of(fixture, sql), want)
#define assert_text(sql, want)                         \
    do {                                               \
        g_autofree char *text = text_of(fixture, sql); \
                                                       \
        assert_non_null(text);                         \
        assert_string_equal(text, want);               \
    } while (0)

/* Changes the database behind the store's back. */
static inline void change(void **state, const char *sql)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(Db) db = db_open(fixture->url, DB_WRITER, &error);

    assert_ok(db && db_script(db, sql, &error), error);
}

/* ------------------------------------------------------------------ intake */

/* Borrows everything; not to be cleared. */
static inline Event event_of(EventKind kind, gint64 number, const char *delivery_key)
{
    return (Event){
        .kind = kind,
        .delivery_key = (char *)delivery_key,
        .type = (char *)"type",
        .pull = {
            .repo = {
                .host = (char *)"azuredevops",
                .host_id = (char *)"5b1e",
                .locator = (char *)"org/p/5b1e",
                .full_name = (char *)"org/project/infra",
                .allow_name = (char *)"dev.azure.com/org/project/infra",
            },
            .number = number,
            .url = (char *)"https://host/pull",
        },
        .actor = { .id = (char *)"ada-id", .name = (char *)"Ada", .login = (char *)"ada@example.com" },
    };
}

static inline IntakeOutcome intake(Store *store, const Event *event, const NewCommand *commands,
                                   gsize n_commands, bool only_if_changed)
{
    const Intake in = {
        .event = event,
        .body = "{}",
        .length = 2,
        .commands = commands,
        .n_commands = n_commands,
        .only_if_changed = only_if_changed,
    };
    IntakeOutcome outcome = (IntakeOutcome)-1;
    g_autoptr(GError) error = NULL;

    assert_ok(store_intake(store, &in, &outcome, &error), error);
    return outcome;
}

/* An automatic plan of a head. */
static inline IntakeOutcome push(Store *store, gint64 number, const char *delivery_key,
                                 const char *head)
{
    const NewCommand plan = { .kind = COMMAND_PLAN, .source = SOURCE_PUSH };
    Event event = event_of(EVENT_PULL_UPDATED, number, delivery_key);

    event.head_commit = (char *)head;
    event.base_branch = (char *)"main";
    return intake(store, &event, &plan, 1, true);
}

static inline IntakeOutcome comment(Store *store, gint64 number, const char *ref, CommandKind kind)
{
    const NewCommand command = { .kind = kind, .source = SOURCE_COMMENT };
    Event event = event_of(EVENT_COMMENT, number, ref);

    event.comment_ref = (char *)ref;
    return intake(store, &event, &command, 1, false);
}

static inline IntakeOutcome close_pull(Store *store, gint64 number, const char *delivery_key)
{
    const NewCommand command = { .kind = COMMAND_CLOSE, .source = SOURCE_PUSH };
    Event event = event_of(EVENT_PULL_CLOSED, number, delivery_key);

    return intake(store, &event, &command, 1, false);
}

/* ---------------------------------------------------------------- commands */

/* NULL: there is none. */
static inline Command *claim_as(Store *store, const char *owner, gint64 lease_ms)
{
    g_autoptr(GError) error = NULL;
    Command *command = NULL;

    assert_ok(store_command_claim(store, CLAIM_WORK, owner, lease_ms, &command, &error), error);
    return command;
}

static inline Command *claim(Store *store)
{
    return claim_as(store, ME, LEASE);
}

/* A claimed apply, typed as comment ref of a pull request. */
static inline Command *command_of(Store *store, gint64 number, const char *ref, CommandKind kind)
{
    Command *command;

    assert_int_equal(comment(store, number, ref, kind), INTAKE_STORED);
    command = claim(store);
    assert_non_null(command);
    assert_int_equal(command->pull.number, number);
    return command;
}

static inline void finish(Store *store, const Command *command, CommandState state)
{
    const CommandEnd end = { .command = command, .state = state };
    g_autoptr(GError) error = NULL;

    assert_ok(store_command_finish(store, &end, &error), error);
}

static inline gint64 recover(Store *store, const char *owner, bool all_others)
{
    g_autoptr(GError) error = NULL;
    gint64 n = -1;

    assert_ok(store_recover(store, owner, all_others, &n, &error), error);
    return n;
}

/* ---------------------------------------------------------- projects, locks */

static inline GPtrArray *refs_of(const char *const *dirs)
{
    GPtrArray *refs = g_ptr_array_new_with_free_func((GDestroyNotify)project_ref_free);

    for (gsize i = 0; dirs[i]; i++)
        g_ptr_array_add(refs, project_ref_new(dirs[i], NULL, NULL));
    return refs;
}

#define DIRS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* NULL when somebody else holds one of them. */
static inline GArray *take_locks(Store *store, const Command *command, const char *const *dirs,
                                 bool replaces_all)
{
    g_autoptr(GPtrArray) refs = refs_of(dirs), held = NULL;
    g_autoptr(GError) error = NULL;
    GArray *ids = NULL;

    assert_ok(store_locks_take(store, command, refs, NULL, replaces_all, &ids, &held, &error),
              error);
    assert_true((ids == NULL) != (held == NULL));
    return ids;
}

static inline gint64 project_of(Store *store, const Command *command, const char *dir)
{
    g_autoptr(GArray) ids = take_locks(store, command, DIRS(dir), false);

    assert_non_null(ids);
    assert_int_equal(ids->len, 1);
    return g_array_index(ids, gint64, 0);
}

static inline bool is_locked(Store *store, gint64 pull_id, const char *dir)
{
    g_autoptr(ProjectRef) project = project_ref_new(dir, NULL, NULL);
    g_autoptr(GError) error = NULL;
    bool is_held = false;

    assert_ok(store_lock_is_held(store, pull_id, project, &is_held, &error), error);
    return is_held;
}

/* -------------------------------------------------------------- runs, plans */

/* NULL when the plan was gone. */
static inline Run *begin(Store *store, const Command *command, gint64 project_id, gint64 plan_id)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Run) run = run_new();
    bool is_taken = false;

    assert_ok(store_run_begin(store, command, project_id, plan_id, run, &is_taken, &error), error);
    return is_taken ? g_steal_pointer(&run) : NULL;
}

/* Borrows its texts; not to be freed. */
static inline Plan plan_at(const char *path)
{
    return (Plan){
        .head = (char *)"h1",
        .digest = (char *)"d1",
        .path = (char *)path,
        .serial = -1,
        .counts = { .is_known = true, .add = 1 },
    };
}

static inline void end_run(Store *store, Run *run, RunState state, ProjectStatus status,
                           const Plan *plan)
{
    g_autoptr(GError) error = NULL;

    run->state = state;
    assert_ok(store_run_finish(store, run, status, "h1", plan, &error), error);
}

/* Runs a plan of the project to its end. */
static inline void make_plan(Store *store, const Command *command, gint64 project_id,
                             const char *path)
{
    const Plan plan = plan_at(path);
    g_autoptr(Run) run = begin(store, command, project_id, 0);

    assert_non_null(run);
    run->counts = plan.counts;
    end_run(store, run, RUN_OK, PROJECT_PLANNED, &plan);
}

static inline Plan *find_plan(Store *store, gint64 project_id)
{
    g_autoptr(GError) error = NULL;
    Plan *plan = NULL;

    assert_ok(store_plan_find(store, project_id, &plan, &error), error);
    return plan;
}

/* ------------------------------------------------------------------ outbox */

static inline OutboxItem *claim_item(Store *store)
{
    g_autoptr(GError) error = NULL;
    OutboxItem *item = NULL;

    assert_ok(store_outbox_claim(store, ME, LEASE, &item, &error), error);
    return item;
}

/* ----------------------------------------------------------------- threads */

/* Runs body in N_THREADS threads at once, each with its own number in place of index. */
typedef struct _Racer Racer;
struct _Racer {
    Store *store;
    pthread_barrier_t *start;
    void (*body)(Racer *racer);
    int index;
    void *data; /* the test's own, shared */
    pthread_t thread;
};

static inline void *race_one(void *data)
{
    Racer *racer = data;

    pthread_barrier_wait(racer->start);
    racer->body(racer);
    return NULL;
}

static inline void race(Store *store, void (*body)(Racer *racer), void *data)
{
    Racer racers[N_THREADS];
    pthread_barrier_t start;

    pthread_barrier_init(&start, NULL, N_THREADS);
    for (int i = 0; i < N_THREADS; i++) {
        racers[i] = (Racer){ store, &start, body, i, data, 0 };
        assert_int_equal(pthread_create(&racers[i].thread, NULL, race_one, &racers[i]), 0);
    }
    for (int i = 0; i < N_THREADS; i++)
        pthread_join(racers[i].thread, NULL);
    pthread_barrier_destroy(&start);
}
