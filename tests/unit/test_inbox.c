// SPDX-License-Identifier: Apache-2.0
#include "intake/inbox.h"

#include <pthread.h>

#include "test.h"

enum { MANY = 1000 };

/* What the inbox commits is noted here instead, one turn at a time once the test allows it. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int n_allowed, n_begun, n_commits;
static int n_done, n_failed; /* told */
static int order[MANY];
static gsize largest;
static int wrong_one; /* whose commit fails alone; 0: none */
static bool is_away;

bool intake_store_all(Store *store, const Delivery *deliveries, gsize n, IntakeResult *results,
                      GError **error)
{
    (void)store;
    pthread_mutex_lock(&mutex);
    n_begun++;
    pthread_cond_broadcast(&changed);
    while (n_allowed == 0)
        pthread_cond_wait(&changed, &mutex);
    n_allowed--;
    n_commits++;
    largest = MAX(largest, n);
    pthread_mutex_unlock(&mutex);
    if (is_away)
        return hadal_throw(error, HADAL_ERROR_RETRY, "away");
    for (gsize i = 0; i < n; i++)
        if (wrong_one && deliveries[i].event->pull.number == wrong_one)
            hadal_set_error(&results[i].error, HADAL_ERROR_INTERNAL, "wrong");
    return true;
}

void intake_plan_clear(IntakePlan *plan)
{
    (void)plan;
}

static void done(const InboxItem *item, IntakeOutcome outcome, const GError *error)
{
    (void)outcome;
    pthread_mutex_lock(&mutex);
    g_assert(item->data == &n_done && n_done < MANY);
    order[n_done++] = (int)item->event.pull.number;
    n_failed += error != NULL;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

static int reset(void **state)
{
    (void)state;
    n_allowed = n_begun = n_commits = n_done = n_failed = wrong_one = 0;
    largest = 0;
    is_away = false;
    return 0;
}

static void allow(int n)
{
    pthread_mutex_lock(&mutex);
    n_allowed += n;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

static void wait_for(const int *count, int n)
{
    pthread_mutex_lock(&mutex);
    while (*count < n)
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
}

static bool put(Inbox *inbox, int number)
{
    InboxItem *item = g_new0(InboxItem, 1);

    item->event.pull.number = number;
    item->done = done;
    item->data = &n_done;
    if (inbox_put(inbox, item))
        return true;
    inbox_item_free(item);
    return false;
}

/* The first is being committed, so all that come now wait for it. */
static Inbox *open_busy(void)
{
    Inbox *inbox = inbox_open(NULL);

    assert_true(put(inbox, 1));
    wait_for(&n_begun, 1);
    return inbox;
}

TEST(one_that_comes_alone_waits_for_no_other)
{
    g_autoptr(Inbox) inbox = inbox_open(NULL);

    allow(1);
    assert_true(put(inbox, 1));
    wait_for(&n_done, 1);
    assert_int_equal(n_commits, 1);
}

TEST(what_comes_during_a_commit_is_one_commit_in_its_order)
{
    g_autoptr(Inbox) inbox = open_busy();

    for (int i = 2; i <= 11; i++)
        assert_true(put(inbox, i));
    allow(2);
    wait_for(&n_done, 11);
    assert_int_equal(n_commits, 2);
    for (int i = 0; i < 11; i++)
        assert_int_equal(order[i], i + 1);
}

TEST(I1_nothing_is_told_before_its_commit)
{
    g_autoptr(Inbox) inbox = open_busy();

    assert_true(put(inbox, 2));
    allow(1);
    wait_for(&n_begun, 2);
    pthread_mutex_lock(&mutex);
    assert_int_equal(n_done, 1);
    pthread_mutex_unlock(&mutex);
    allow(1);
    wait_for(&n_done, 2);
}

TEST(too_many_are_refused_and_a_commit_has_no_more_than_others_can_wait_for)
{
    g_autoptr(Inbox) inbox = open_busy();
    int n = 1;

    while (n < MANY && put(inbox, n + 1))
        n++;
    assert_true(n < MANY);
    allow(MANY);
    wait_for(&n_done, n);
    assert_true(largest > 1 && largest <= 64);
    assert_true(put(inbox, n + 1));
    wait_for(&n_done, n + 1);
}

TEST(one_that_is_wrong_does_not_fail_the_others)
{
    g_autoptr(Inbox) inbox = open_busy();

    wrong_one = 3;
    for (int i = 2; i <= 5; i++)
        assert_true(put(inbox, i));
    allow(2);
    wait_for(&n_done, 5);
    assert_int_equal(n_failed, 1);
}

TEST(a_database_that_is_away_fails_all_and_the_next_are_tried_again)
{
    g_autoptr(Inbox) inbox = open_busy();

    is_away = true;
    assert_true(put(inbox, 2));
    allow(2);
    wait_for(&n_done, 2);
    assert_int_equal(n_failed, 2);
    is_away = false;
    allow(1);
    assert_true(put(inbox, 3));
    wait_for(&n_done, 3);
    assert_int_equal(n_failed, 2);
}

TEST(what_waits_is_committed_before_the_inbox_closes)
{
    Inbox *inbox = open_busy();

    for (int i = 2; i <= 100; i++)
        assert_true(put(inbox, i));
    allow(MANY);
    inbox_close(inbox);
    assert_int_equal(n_done, 100);
    assert_int_equal(n_failed, 0);
}

#define INBOX_TEST(name) cmocka_unit_test_setup(name, reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        INBOX_TEST(one_that_comes_alone_waits_for_no_other),
        INBOX_TEST(what_comes_during_a_commit_is_one_commit_in_its_order),
        INBOX_TEST(I1_nothing_is_told_before_its_commit),
        INBOX_TEST(too_many_are_refused_and_a_commit_has_no_more_than_others_can_wait_for),
        INBOX_TEST(one_that_is_wrong_does_not_fail_the_others),
        INBOX_TEST(a_database_that_is_away_fails_all_and_the_next_are_tried_again),
        INBOX_TEST(what_waits_is_committed_before_the_inbox_closes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
