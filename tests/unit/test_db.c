// SPDX-License-Identifier: Apache-2.0
#include "sys/db.h"

#include <glib/gstdio.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>

#include "test.h"

static char *dir, *url;

static int set_up(void **fixture)
{
    g_autofree char *path = NULL;

    (void)fixture;
    dir = g_dir_make_tmp("db-XXXXXX", NULL);
    path = g_build_filename(dir, "test.db", NULL);
    url = g_strconcat("sqlite:", path, NULL);
    return 0;
}

static int tear_down(void **fixture)
{
    static const char *const names[] = { "test.db", "test.db-wal", "test.db-shm" };

    (void)fixture;
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(dir, names[i], NULL);

        g_unlink(path);
    }
    assert_int_equal(g_rmdir(dir), 0);
    g_free(dir);
    g_free(url);
    return 0;
}

static Db *open_role(DbRole role)
{
    g_autoptr(GError) error = NULL;
    Db *db = db_open(url, role, &error);

    assert_ok(db, error);
    return db;
}

static void script(Db *db, const char *sql)
{
    g_autoptr(GError) error = NULL;

    assert_ok(db_script(db, sql, &error), error);
}

static Db *open_with_table(void)
{
    Db *db = open_role(DB_WRITER);

    script(db, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE, body BLOB,"
               " parent INTEGER REFERENCES t (id), n INTEGER CHECK (n < 100)) STRICT;"
               "CREATE TABLE counter (value INTEGER NOT NULL) STRICT;"
               "INSERT INTO counter VALUES (0);");
    return db;
}

static void add(Db *db, gint64 id, const char *name)
{
    g_autoptr(GError) error = NULL;
    const char *sql = "INSERT INTO t (id, name) VALUES ($1, $2)";

    assert_ok(db_run(db, sql, DB_VALUES(DB_INT(id), DB_TEXT(name)), NULL, &error), error);
}

static gint64 number(Db *db, const char *sql)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbRows) rows = db_query(db, sql, NULL, 0, &error);

    assert_ok(rows, error);
    assert_true(db_rows_next(rows));
    return db_rows_int(rows, 0);
}

TEST(values_come_back_as_they_were_bound)
{
    static const char bytes[] = { 'a', '\0', 'b' };
    g_autoptr(Db) db = open_with_table();
    g_autoptr(DbRows) rows = NULL;
    g_autoptr(GError) error = NULL;
    gint64 n_changed = -1;

    assert_ok(db_run(db, "INSERT INTO t (id, name, body, n) VALUES ($1, $2, $3, $4)",
                     DB_VALUES(DB_INT(G_MAXINT64), DB_TEXT("it's $1 — ?2"),
                               DB_BYTES(bytes, sizeof(bytes)), DB_NULL),
                     &n_changed, &error),
              error);
    assert_int_equal(n_changed, 1);
    add(db, 1, NULL);
    rows = db_query(db, "SELECT id, name, length(body), n, hex(body), body FROM t ORDER BY id DESC",
                    NULL, 0, &error);
    assert_ok(rows, error);
    assert_true(db_rows_next(rows));
    assert_true(db_rows_int(rows, 0) == G_MAXINT64);
    assert_string_equal(db_rows_text(rows, 1), "it's $1 — ?2");
    assert_int_equal(db_rows_int(rows, 2), 3);
    assert_true(db_rows_is_null(rows, 3));
    assert_int_equal(db_rows_int(rows, 3), 0);
    assert_null(db_rows_text(rows, 3));
    assert_string_equal(db_rows_text(rows, 4), "610062");
    assert_string_equal(db_rows_text(rows, 5), "a");
    assert_true(db_rows_next(rows));
    assert_true(db_rows_is_null(rows, 1));
    assert_null(db_rows_text(rows, 1));
    assert_false(db_rows_next(rows));
    assert_false(db_rows_next(rows));
}

TEST(parameters_go_by_number_and_not_by_appearance)
{
    g_autoptr(Db) db = open_with_table();
    g_autoptr(GError) error = NULL;
    g_autoptr(DbRows) rows =
        db_query(db,
                 "SELECT $2, $1, $2, '$1', \"a$1\", $11 /* $1 */ -- $2\n"
                 " FROM (SELECT 'it''s' AS \"a$1\") -- $3",
                 DB_VALUES(DB_INT(1), DB_INT(2), DB_NULL, DB_NULL, DB_NULL, DB_NULL, DB_NULL,
                           DB_NULL, DB_NULL, DB_NULL, DB_TEXT("eleven")),
                 &error);

    assert_ok(rows, error);
    assert_true(db_rows_next(rows));
    assert_int_equal(db_rows_int(rows, 0), 2);
    assert_int_equal(db_rows_int(rows, 1), 1);
    assert_int_equal(db_rows_int(rows, 2), 2);
    assert_string_equal(db_rows_text(rows, 3), "$1");
    assert_string_equal(db_rows_text(rows, 4), "it's");
    assert_string_equal(db_rows_text(rows, 5), "eleven");
}

TEST(a_statement_tells_how_many_rows_it_changed)
{
    g_autoptr(Db) db = open_with_table();
    g_autoptr(GError) error = NULL;
    gint64 n = -1;

    add(db, 1, "a");
    add(db, 2, "b");
    assert_ok(db_run(db, "UPDATE t SET n = 1", NULL, 0, &n, &error), error);
    assert_int_equal(n, 2);
    assert_ok(db_run(db, "SELECT * FROM t", NULL, 0, &n, &error), error);
    assert_int_equal(n, 0);
    assert_ok(db_run(db, "DELETE FROM t WHERE id = $1", DB_VALUES(DB_INT(3)), &n, &error), error);
    assert_int_equal(n, 0);
}

TEST(a_changing_statement_may_return_rows)
{
    g_autoptr(Db) db = open_with_table();
    g_autoptr(GError) error = NULL;
    g_autoptr(DbRows) rows = NULL;

    add(db, 7, "a");
    rows = db_query(db, "UPDATE t SET n = 5 WHERE id = $1 RETURNING id + n", DB_VALUES(DB_INT(7)),
                    &error);
    assert_ok(rows, error);
    assert_true(db_rows_next(rows));
    assert_int_equal(db_rows_int(rows, 0), 12);
    assert_int_equal(number(db, "SELECT n FROM t"), 5);
}

TEST(what_is_there_already_is_a_conflict_that_is_named)
{
    g_autoptr(Db) db = open_with_table();
    g_autoptr(GError) error = NULL;

    add(db, 1, "a");
    assert_fails(db_run(db, "INSERT INTO t (id, name) VALUES (2, 'a')", NULL, 0, NULL, &error),
                 error, HADAL_ERROR_CONFLICT);
    assert_string_equal(error->message, "database: UNIQUE constraint failed: t.name");
    g_clear_error(&error);
    assert_fails(db_run(db, "INSERT INTO t (id) VALUES (1)", NULL, 0, NULL, &error), error,
                 HADAL_ERROR_CONFLICT);
    assert_string_equal(error->message, "database: UNIQUE constraint failed: t.id");
}

TEST(what_only_a_bug_can_do_is_internal)
{
    static const struct {
        const char *sql, *message;
    } cases[] = {
        { "INSERT INTO t (id, n) VALUES (1, 100)", "database: CHECK constraint failed: n < 100" },
        { "INSERT INTO t (id, parent) VALUES (1, 9)", "database: FOREIGN KEY constraint failed" },
        { "INSERT INTO t (id, n) VALUES (1, 'x')",
          "database: cannot store TEXT value in INTEGER column t.n" },
        { "SELEC 1", "prepare SELEC 1: database: near \"SELEC\": syntax error" },
        { "SELECT 1; DELETE FROM t", "not one statement: SELECT 1; DELETE FROM t" },
        { "", "not one statement: " },
        { "SELECT $1", "0 values for 1 parameters: SELECT ?1" },
    };
    g_autoptr(Db) db = open_with_table();

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;

        assert_fails(db_run(db, cases[i].sql, NULL, 0, NULL, &error), error, HADAL_ERROR_INTERNAL);
        assert_string_equal(error->message, cases[i].message);
    }
    assert_int_equal(number(db, "SELECT count(*) FROM t"), 0);
}

TEST(a_block_that_is_left_without_commit_has_done_nothing)
{
    g_autoptr(Db) db = open_with_table();
    g_autoptr(GError) error = NULL;

    {
        g_auto(DbTransaction) t = { 0 };

        assert_ok(db_begin(db, &t, &error), error);
        add(db, 1, "a");
        assert_int_equal(number(db, "SELECT count(*) FROM t"), 1);
    }
    assert_int_equal(number(db, "SELECT count(*) FROM t"), 0);
    {
        g_auto(DbTransaction) t = { 0 };

        assert_ok(db_begin(db, &t, &error), error);
        add(db, 1, "a");
        assert_ok(db_commit(&t, &error), error);
    }
    assert_int_equal(number(db, "SELECT count(*) FROM t"), 1);
}

TEST(a_conflict_does_not_end_the_transaction)
{
    g_autoptr(Db) db = open_with_table();
    g_autoptr(GError) error = NULL;
    g_auto(DbTransaction) t = { 0 };

    assert_ok(db_begin(db, &t, &error), error);
    add(db, 1, "a");
    assert_false(db_run(db, "INSERT INTO t (id) VALUES (1)", NULL, 0, NULL, NULL));
    add(db, 2, "b");
    assert_ok(db_commit(&t, &error), error);
    assert_int_equal(number(db, "SELECT count(*) FROM t"), 2);
}

TEST(a_transaction_within_a_transaction_is_refused)
{
    g_autoptr(Db) db = open_with_table();
    g_autoptr(GError) error = NULL;
    g_auto(DbTransaction) outer = { 0 }, inner = { 0 };

    assert_ok(db_begin(db, &outer, &error), error);
    assert_fails(db_begin(db, &inner, &error), error, HADAL_ERROR_INTERNAL);
    g_clear_error(&error);
    add(db, 1, "a");
    assert_ok(db_commit(&outer, &error), error);
}

TEST(a_script_that_fails_leaves_no_transaction_behind)
{
    g_autoptr(Db) db = open_with_table();
    g_autoptr(GError) error = NULL;
    g_auto(DbTransaction) t = { 0 };

    assert_fails(db_script(db, "BEGIN; INSERT INTO t (id) VALUES (1); NONSENSE;", &error), error,
                 HADAL_ERROR_INTERNAL);
    g_clear_error(&error);
    assert_ok(db_begin(db, &t, &error), error);
    db_rollback(&t);
    assert_int_equal(number(db, "SELECT count(*) FROM t"), 0);
}

TEST(commits_are_durable_and_keys_are_checked)
{
    g_autoptr(Db) db = open_with_table();
    g_autoptr(GError) error = NULL;
    g_autoptr(DbRows) rows = db_query(db, "PRAGMA journal_mode", NULL, 0, &error);
    g_autofree char *path = g_build_filename(dir, "test.db", NULL);
    struct stat info;

    assert_ok(rows, error);
    assert_true(db_rows_next(rows));
    assert_string_equal(db_rows_text(rows, 0), "wal");
    assert_int_equal(number(db, "PRAGMA synchronous"), 2);
    assert_int_equal(number(db, "PRAGMA foreign_keys"), 1);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

TEST(a_reader_sees_what_is_committed_and_cannot_write)
{
    g_autoptr(Db) writer = open_with_table(), reader = open_role(DB_READER);
    g_autoptr(GError) error = NULL;
    g_auto(DbTransaction) t = { 0 };

    assert_ok(db_begin(writer, &t, &error), error);
    add(writer, 1, "a");
    assert_int_equal(number(reader, "SELECT count(*) FROM t"), 0);
    assert_ok(db_commit(&t, &error), error);
    assert_int_equal(number(reader, "SELECT count(*) FROM t"), 1);
    assert_fails(db_run(reader, "DELETE FROM t", NULL, 0, NULL, &error), error,
                 HADAL_ERROR_INTERNAL);
}

TEST(another_writer_of_the_file_is_a_reason_to_come_again)
{
    g_autoptr(Db) one = open_with_table(), two = open_role(DB_WRITER);
    g_autoptr(GError) error = NULL;
    g_auto(DbTransaction) first = { 0 }, second = { 0 };

    script(two, "PRAGMA busy_timeout = 0");
    assert_ok(db_begin(one, &first, &error), error);
    assert_fails(db_begin(two, &second, &error), error, HADAL_ERROR_RETRY);
    assert_string_equal(error->message, "the database is busy: database is locked");
    g_clear_error(&error);
    db_rollback(&first);
    assert_ok(db_begin(two, &second, &error), error);
}

TEST(a_full_disk_is_a_reason_to_come_again)
{
    g_autofree char *much = g_strnfill(1 << 20, 'x');
    g_autoptr(Db) db = open_with_table();
    g_autoptr(GError) error = NULL;
    g_auto(DbTransaction) t = { 0 };

    script(db, "PRAGMA max_page_count = 20");
    assert_ok(db_begin(db, &t, &error), error);
    add(db, 1, "a");
    assert_fails(db_run(db, "INSERT INTO t (id, name) VALUES (2, $1)", DB_VALUES(DB_TEXT(much)),
                        NULL, &error),
                 error, HADAL_ERROR_RETRY);
    assert_string_equal(error->message, "no space for the database: database or disk is full");
    g_clear_error(&error);
    db_rollback(&t);
    assert_int_equal(number(db, "SELECT count(*) FROM t"), 0);
    add(db, 3, "c");
}

TEST(a_transaction_the_database_has_given_up_cannot_be_committed)
{
    g_autoptr(Db) db = open_with_table();
    g_autoptr(GError) error = NULL;
    g_auto(DbTransaction) t = { 0 };

    assert_ok(db_begin(db, &t, &error), error);
    script(db, "ROLLBACK");
    assert_fails(db_commit(&t, &error), error, HADAL_ERROR_RETRY);
    g_clear_error(&error);
    assert_ok(db_begin(db, &t, &error), error); /* the lock is free again */
}

TEST(a_url_is_refused_without_its_secrets)
{
    static const struct {
        const char *url;
        HadalError code;
        const char *message;
    } cases[] = {
        { "postgres://user:secret@host/db", HADAL_ERROR_INVALID, "unknown database \"postgres\"" },
        { "secret", HADAL_ERROR_INVALID, "unknown database \"\"" },
        { "sqlite:/no/such/dir/test.db", HADAL_ERROR_NOT_FOUND,
          "open /no/such/dir/test.db: No such file or directory" },
        { "sqlite:/etc/passwd", HADAL_ERROR_INTERNAL,
          "open /etc/passwd: database: file is not a database" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;

        assert_fails(db_open(cases[i].url, DB_WRITER, &error), error, cases[i].code);
        assert_string_equal(error->message, cases[i].message);
    }
}

TEST(a_reader_does_not_make_a_database)
{
    g_autoptr(GError) error = NULL;

    assert_fails(db_open(url, DB_READER, &error), error, HADAL_ERROR_INTERNAL);
    assert_non_null(strstr(error->message, "test.db: database: unable to open database file"));
}

TEST(more_statements_than_are_kept_do_no_harm)
{
    g_autoptr(Db) db = open_with_table();

    for (int i = 0; i < 600; i++) {
        g_autofree char *sql = g_strdup_printf("SELECT %d", i);

        assert_int_equal(number(db, sql), i);
        assert_int_equal(number(db, "SELECT 42"), 42);
    }
}

TEST(a_table_may_change_under_a_kept_statement)
{
    g_autoptr(Db) db = open_with_table();
    g_autoptr(GError) error = NULL;
    g_autoptr(DbRows) rows = NULL;

    add(db, 1, "a");
    assert_ok(db_run(db, "SELECT * FROM counter", NULL, 0, NULL, &error), error);
    script(db, "ALTER TABLE counter ADD COLUMN other TEXT DEFAULT 'x'");
    rows = db_query(db, "SELECT * FROM counter", NULL, 0, &error);
    assert_ok(rows, error);
    assert_true(db_rows_next(rows));
    assert_string_equal(db_rows_text(rows, 1), "x");
}

/* --- threads --- */

enum { N_WRITERS = 4, N_ROUNDS = 100 };

/* Reads, then writes what it has read: only a transaction of one's own gives the right sum. */
static bool count_up(Db *db)
{
    g_auto(DbTransaction) t = { 0 };
    gint64 value;

    if (!db_begin(db, &t, NULL))
        return false;
    value = number(db, "SELECT value FROM counter");
    return db_run(db, "UPDATE counter SET value = $1", DB_VALUES(DB_INT(value + 1)), NULL, NULL) &&
           db_commit(&t, NULL);
}

static void *write_many(void *data)
{
    int n_failed = 0;

    for (int i = 0; i < N_ROUNDS; i++) {
        n_failed += !count_up(data);
        n_failed += !db_run(data, "UPDATE t SET n = 1 WHERE id = 1", NULL, 0, NULL, NULL);
    }
    return GINT_TO_POINTER(n_failed);
}

static atomic_bool has_ended;

static void *read_many(void *data)
{
    g_autoptr(Db) db = open_role(DB_READER);
    gint64 last = 0, now;

    (void)data;
    while (!atomic_load(&has_ended)) {
        now = number(db, "SELECT value FROM counter");
        assert_true(now >= last);
        last = now;
    }
    return NULL;
}

TEST(many_threads_share_one_writer)
{
    g_autoptr(Db) db = open_with_table();
    pthread_t writers[N_WRITERS], reader;
    void *n_failed;

    atomic_store(&has_ended, false);
    assert_int_equal(pthread_create(&reader, NULL, read_many, NULL), 0);
    for (int i = 0; i < N_WRITERS; i++)
        assert_int_equal(pthread_create(&writers[i], NULL, write_many, db), 0);
    for (int i = 0; i < N_WRITERS; i++) {
        pthread_join(writers[i], &n_failed);
        assert_int_equal(GPOINTER_TO_INT(n_failed), 0);
    }
    atomic_store(&has_ended, true);
    pthread_join(reader, NULL);
    assert_int_equal(number(db, "SELECT value FROM counter"), N_WRITERS * N_ROUNDS);
}

int main(void)
{
#define DB_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        DB_TEST(values_come_back_as_they_were_bound),
        DB_TEST(parameters_go_by_number_and_not_by_appearance),
        DB_TEST(a_statement_tells_how_many_rows_it_changed),
        DB_TEST(a_changing_statement_may_return_rows),
        DB_TEST(what_is_there_already_is_a_conflict_that_is_named),
        DB_TEST(what_only_a_bug_can_do_is_internal),
        DB_TEST(a_block_that_is_left_without_commit_has_done_nothing),
        DB_TEST(a_conflict_does_not_end_the_transaction),
        DB_TEST(a_transaction_within_a_transaction_is_refused),
        DB_TEST(a_script_that_fails_leaves_no_transaction_behind),
        DB_TEST(commits_are_durable_and_keys_are_checked),
        DB_TEST(a_reader_sees_what_is_committed_and_cannot_write),
        DB_TEST(another_writer_of_the_file_is_a_reason_to_come_again),
        DB_TEST(a_full_disk_is_a_reason_to_come_again),
        DB_TEST(a_transaction_the_database_has_given_up_cannot_be_committed),
        DB_TEST(a_url_is_refused_without_its_secrets),
        DB_TEST(a_reader_does_not_make_a_database),
        DB_TEST(more_statements_than_are_kept_do_no_harm),
        DB_TEST(a_table_may_change_under_a_kept_statement),
        DB_TEST(many_threads_share_one_writer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
