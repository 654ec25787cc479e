/* SPDX-License-Identifier: MIT */
/* The join: births, changes, misses, returns and deaths as they happen, each in a scene of its own;
 * and against a naive quadratic join in thousands of random samples. Duplicates are dropped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "lib/model_build.h"
#include "lib/run.h"
#include "lib/sample.h"
#include "tcptop/model/diff.h"

static struct run r; /* of each test */

static int prepare(void **state)
{
    (void)state;
    r = run_start(10);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    run_end(&r);
    return 0;
}

/* A whole sample of ESTABLISHED rows with these cookies, 0 ends them. */
static struct sample *sample(const uint64_t *cookies)
{
    struct sample *s = run_fresh(&r, 0);

    for (; *cookies; cookies++)
        model_add(s, *cookies, TCP_STATE_ESTABLISHED);
    run_join(&r);
    return s;
}
#define SAMPLE(...) sample((const uint64_t[]){__VA_ARGS__, 0})

static uint32_t row_of(const struct sample *s, uint64_t cookie)
{
    return sample_find(s, &(struct conn){.cookie = cookie}, 0);
}

static void first_sample_has_no_births(void **state)
{
    struct sample *s = SAMPLE(1, 2, 3);

    (void)state;
    assert_int_equal(s->born, 0);
    assert_int_equal(s->total, 3);
    assert_int_equal(s->times[1].born_ds, 0);
}

static void births_and_changes(void **state)
{
    struct sample *s;

    (void)state;
    SAMPLE(1, 2, 3);
    s = SAMPLE(1, 9, 2, 3);
    assert_int_equal(s->born, 1);
    assert_int_equal(s->times[1].born_ds, 10);
    assert_int_equal(s->times[1].changed_ds, 10);
    assert_int_equal(s->n_missing + s->n_closed, 0);
    s = run_fresh(&r, 0);
    model_add(s, 9, TCP_STATE_TIME_WAIT); /* in another place of the dump, too */
    model_add(s, 1, TCP_STATE_ESTABLISHED);
    model_add(s, 2, TCP_STATE_ESTABLISHED);
    model_add(s, 3, TCP_STATE_ESTABLISHED);
    run_join(&r);
    assert_int_equal(s->born, 0);
    assert_int_equal(s->changed, 1);
    assert_int_equal(s->conn[0].was_state, TCP_STATE_ESTABLISHED);
    assert_int_equal(s->times[0].born_ds, 10);
    assert_int_equal(s->times[0].changed_ds, 20);
    assert_int_equal(s->count[TCP_STATE_TIME_WAIT], 1);
    s = run_fresh(&r, 0);
    model_add(s, 9, TCP_STATE_TIME_WAIT);
    run_join(&r);
    assert_int_equal(s->conn[0].was_state, TCP_STATE_ESTABLISHED); /* remembered */
    assert_int_equal(s->times[0].changed_ds, 20);
    assert_int_equal(s->changed, 0);
}

/* Dumped while its remnant was being made, a socket has a cookie that the remnant has not. */
static void a_timewait_under_another_cookie(void **state)
{
    struct sample *s;
    struct conn *c;

    (void)state;
    SAMPLE(1, 2);
    SAMPLE(1, 2, 0x500003);
    s = run_fresh(&r, 0);
    model_add(s, 1, TCP_STATE_ESTABLISHED);
    c = model_add(s, 0x500003, TCP_STATE_TIME_WAIT);
    c->cookie = 77;
    c->timer = TIMER_TIMEWAIT;
    c = model_add(s, 0x500004, TCP_STATE_TIME_WAIT); /* nobody's */
    c->timer = TIMER_TIMEWAIT;
    run_join(&r);
    assert_int_equal(s->conn[1].was_state, TCP_STATE_ESTABLISHED);
    assert_int_equal(s->times[1].born_ds, 10);
    assert_int_equal(s->times[1].changed_ds, 20);
    assert_int_equal(s->changed, 1);
    assert_int_equal(s->born, 1);
    assert_int_equal(s->n_missing, 1); /* 2 */
    assert_int_equal(s->closed_total, 0);
}

/* So has a request that was dumped while its socket was being made. */
static void a_socket_under_another_cookie(void **state)
{
    struct sample *s;

    (void)state;
    SAMPLE(1, 2);
    s = SAMPLE(1, 2, 0x500003, 0x500004);
    s->conn[2].state = s->conn[3].state = TCP_STATE_SYN_RECV;
    s = run_fresh(&r, 0);
    model_add(s, 1, TCP_STATE_ESTABLISHED);
    model_add(s, 0x500003, TCP_STATE_ESTABLISHED)->cookie = 77;
    model_add(s, 0x500004, TCP_STATE_SYN_RECV)->cookie = 78; /* another attempt */
    model_add(s, 2, TCP_STATE_ESTABLISHED)->cookie = 79;     /* was no request */
    run_join(&r);
    assert_int_equal(s->conn[1].was_state, TCP_STATE_SYN_RECV);
    assert_int_equal(s->times[1].born_ds, 10);
    assert_int_equal(s->changed, 1);
    assert_int_equal(s->born, 2);
    assert_int_equal(s->n_missing, 2);
}

static void one_miss_is_not_death(void **state)
{
    struct sample *s;

    (void)state;
    SAMPLE(1, 2, 3);
    SAMPLE(1, 2, 3, 4);
    s = SAMPLE(1, 2, 3);
    assert_int_equal(s->n_missing, 1);
    assert_int_equal(s->n_closed, 0);
    assert_int_equal(sample_row_kind(s, row_of(s, 4)), ROW_MISSING);
    s = SAMPLE(1, 2, 3, 4);
    assert_int_equal(s->n_missing, 0);
    assert_int_equal(s->born, 0);
    assert_int_equal(s->times[row_of(s, 4)].born_ds, 10);
}

static void two_misses_are(void **state)
{
    struct sample *s;

    (void)state;
    SAMPLE(1, 2);
    SAMPLE(1);
    s = SAMPLE(1);
    assert_int_equal(s->n_closed, 1);
    assert_int_equal(s->closed_total, 1);
    assert_int_equal(s->times[row_of(s, 2)].changed_ds, 20);
    for (int i = 0; i < 4; i++)
        assert_int_equal(SAMPLE(1)->n_closed, 1);
    s = SAMPLE(1); /* faded after five seconds, still counted */
    assert_int_equal(s->n_closed, 0);
    assert_int_equal(s->closed_total, 1);
}

static void a_row_taken_for_dead_may_return(void **state)
{
    struct sample *s;

    (void)state;
    SAMPLE(1);
    SAMPLE(1, 2);
    SAMPLE(1);
    assert_int_equal(SAMPLE(1)->closed_total, 1);
    s = SAMPLE(1, 2);
    assert_int_equal(s->closed_total, 0);
    assert_int_equal(sample_rows(s), 2);
    assert_int_equal(s->born, 0);
    assert_int_equal(s->times[1].born_ds, 10);
    assert_int_equal(s->times[1].changed_ds, 10);
}

/* Later it is another one, however long closed rows stay: an age must not depend on that. */
static void a_row_long_dead_does_not_return(void **state)
{
    struct sample *s;

    (void)state;
    SAMPLE(1);
    SAMPLE(1, 2);
    SAMPLE(1);
    SAMPLE(1);
    assert_int_equal(SAMPLE(1)->n_closed, 1);
    s = SAMPLE(1, 2);
    assert_int_equal(s->closed_total, 1);
    assert_int_equal(s->born, 1);
    assert_int_equal(s->times[1].born_ds, 50);
}

static void newest_death_first(void **state)
{
    struct sample *s;

    (void)state;
    SAMPLE(1, 2, 3);
    SAMPLE(1, 3);
    SAMPLE(1);
    s = SAMPLE(1);
    assert_int_equal(s->n_closed, 2);
    assert_int_equal(s->conn[1].cookie, 3);
    assert_int_equal(s->conn[2].cookie, 2);
}

static void timewait_that_ran_out_is_dead_at_once(void **state)
{
    struct sample *s = run_fresh(&r, 0);

    (void)state;
    for (uint64_t cookie = 1; cookie <= 2; cookie++) {
        struct conn *c = model_add(s, cookie, TCP_STATE_TIME_WAIT);
        c->timer = TIMER_TIMEWAIT;
        c->expires_ms = cookie == 1 ? 900 : 1100;
    }
    run_join(&r);
    s = run_fresh(&r, 0);
    run_join(&r);
    assert_int_equal(s->n_closed, 1);
    assert_int_equal(s->conn[1].cookie, 1);
    assert_int_equal(s->n_missing, 1);
}

static void a_partial_sample_closes_nothing(void **state)
{
    struct sample *s;

    (void)state;
    SAMPLE(1, 2);
    for (int i = 0; i < 3; i++) {
        s = run_fresh(&r, 0);
        s->status = SAMPLE_PARTIAL;
        model_add(s, 1, TCP_STATE_ESTABLISHED);
        run_join(&r);
        assert_int_equal(s->n_missing, 1);
        assert_int_equal(s->n_closed, 0);
    }
    assert_int_equal(SAMPLE(1)->n_missing, 1); /* the first miss that counts */
    assert_int_equal(SAMPLE(1)->n_closed, 1);
}

static void a_partial_sample_is_no_second_miss(void **state)
{
    struct sample *s = run_fresh(&r, 0);
    struct conn *c;

    (void)state;
    model_add(s, 2, TCP_STATE_ESTABLISHED);
    run_join(&r);
    s = run_fresh(&r, 0);
    c = model_add(s, 1, TCP_STATE_TIME_WAIT);
    c->timer = TIMER_TIMEWAIT;
    run_join(&r);
    s = run_fresh(&r, 0);
    s->status = SAMPLE_PARTIAL;
    run_join(&r);
    assert_int_equal(s->n_missing, 2);
    assert_int_equal(s->n_closed, 0);
}

static void no_birth_before_a_complete_sample(void **state)
{
    struct sample *s = run_fresh(&r, 0);

    (void)state;
    s->status = SAMPLE_PARTIAL;
    model_add(s, 1, TCP_STATE_ESTABLISHED);
    run_join(&r);
    assert_int_equal(SAMPLE(1, 2)->born, 0);
    assert_int_equal(SAMPLE(1, 2, 3)->born, 1);
}

static struct sample *with_bound(bool asked)
{
    struct sample *s = run_fresh(&r, 0);

    s->needs = asked ? NEED_BOUND : 0;
    model_add(s, 1, TCP_STATE_LISTEN);
    if (asked)
        model_add(s, 2, TCP_STATE_CLOSE)->flags = CONN_BOUND;
    run_join(&r);
    return s;
}

static void asking_for_bound_sockets_bears_and_kills_none(void **state)
{
    struct sample *s;

    (void)state;
    with_bound(false);
    s = with_bound(true);
    assert_int_equal(s->born, 0);
    assert_int_equal(s->count[TCP_STATE_BOUND_INACTIVE], 1);
    s = with_bound(false);
    assert_int_equal(sample_rows(s), 1);
}

static void at_most_a_thousand_closed(void **state)
{
    struct sample *s = run_fresh(&r, 0);

    (void)state;
    for (uint64_t i = 1; i <= 5000; i++)
        model_add(s, i, TCP_STATE_ESTABLISHED);
    run_join(&r);
    for (int i = 0; i < 2; i++) {
        s = run_fresh(&r, 0);
        run_join(&r);
    }
    assert_int_equal(s->n_closed, SAMPLE_CLOSED_MAX);
    assert_int_equal(s->closed_total, 5000);
}

static void without_cookies_the_address_counts(void **state)
{
    struct sample *s = run_fresh(&r, 0);
    struct conn *c;

    (void)state;
    c = model_add(s, 1, TCP_STATE_ESTABLISHED);
    c->inode = 77;
    run_join(&r);
    s = run_fresh(&r, 0); /* the back end changes, and the socket is closed meanwhile */
    c = model_add(s, 1, TCP_STATE_TIME_WAIT);
    c->cookie = 0;
    c->flags = CONN_NO_COOKIE;
    run_join(&r);
    assert_int_equal(s->changed, 1);
    assert_int_equal(s->born, 0);
    assert_int_equal(s->conn[0].was_state, TCP_STATE_ESTABLISHED);
}

static void duplicates_are_dropped(void **state)
{
    static const uint64_t dump[] = {5, 9, 5, 7, 7, 7, 1, 9, UINT64_MAX, UINT64_MAX, 2};
    struct sample *s = run_fresh(&r, 0);

    (void)state;
    s->needs = NEED_TCP_INFO;
    for (size_t i = 0; i < sizeof dump / sizeof *dump; i++) {
        model_add(s, dump[i], i == 2 ? TCP_STATE_TIME_WAIT : TCP_STATE_ESTABLISHED);
        s->metrics[i].valid = (uint32_t)dump[i];
    }
    for (int i = 0; i < 2; i++)
        model_add(s, 0, TCP_STATE_LISTEN)->flags = CONN_NO_COOKIE;
    run_join(&r);
    assert_int_equal(s->duplicates, 5);
    assert_int_equal(s->total, 8);
    assert_int_equal(s->count[TCP_STATE_LISTEN], 2);
    assert_int_equal(s->count[TCP_STATE_TIME_WAIT], 0); /* the first record stays */
    for (uint32_t row = 0; row < 6; row++)
        assert_int_equal(s->metrics[row].valid, (uint32_t)s->conn[row].cookie);
}

/* What the naive join knows of a connection. */
struct fact {
    enum { UNKNOWN, LIVE, MISSING, CLOSED } is;
    uint32_t born_ds, changed_ds;
    uint8_t state, was;
};

#define COOKIES 300

/* Shuffle a few neighbours: the order of a dump is nearly stable. */
static void disturb(uint64_t *order, uint64_t *seed, uint32_t swaps)
{
    for (uint32_t i = 0; i < swaps; i++) {
        uint32_t a = model_random(seed, COOKIES), b = model_random(seed, COOKIES);
        uint64_t kept = order[a];
        order[a] = order[b];
        order[b] = kept;
    }
}

/* The connection is in this dump, now and then twice. */
static void add_random(struct sample *s, uint64_t cookie, struct fact *f, uint32_t now,
                       uint64_t *seed)
{
    uint8_t state = (uint8_t)(1 + model_random(seed, 11));

    model_add(s, cookie, state);
    if (model_random(seed, 20) == 0)
        model_add(s, cookie, 1);
    if (f->is == UNKNOWN)
        *f = (struct fact){.born_ds = now, .changed_ds = now, .state = state};
    if (f->is == CLOSED)
        f->changed_ds = f->born_ds;
    if (f->state != state) {
        f->changed_ds = now;
        f->was = f->state;
    }
    f->state = state;
    f->is = LIVE;
}

/* One random sample: facts[] says what must be known of each cookie after it. */
static void random_sample(struct fact *facts, const uint64_t *order, uint64_t *seed)
{
    struct sample *s = run_fresh(&r, 0);
    uint32_t chance = 1 + model_random(seed, 60);

    for (uint32_t i = 0; i < COOKIES; i++) {
        struct fact *f = &facts[order[i]];
        bool there = model_random(seed, f->is == LIVE ? chance : 8) == 0;
        if (f->is == LIVE)
            there = !there;
        if (there)
            add_random(s, order[i] + 1, f, r.prev ? s->now_ds : 0, seed);
        else
            f->is = f->is == LIVE ? MISSING : f->is == MISSING ? CLOSED : UNKNOWN;
    }
    assert_int_equal(diff_join(r.diff, builder_of(s), r.prev, 0), 0);
}

static void compare(const struct sample *s, const struct fact *facts)
{
    static const enum row_kind kinds[] = {
        [LIVE] = ROW_LIVE, [MISSING] = ROW_MISSING, [CLOSED] = ROW_CLOSED};
    uint32_t known = 0;

    for (uint32_t i = 0; i < COOKIES; i++) {
        const struct fact *f = &facts[i];
        uint32_t row = row_of(s, i + 1);
        if (f->is == UNKNOWN) {
            assert_int_equal(row, UINT32_MAX);
            continue;
        }
        known++;
        assert_int_equal(sample_row_kind(s, row), kinds[f->is]);
        assert_int_equal(s->times[row].born_ds, f->born_ds);
        assert_int_equal(s->times[row].changed_ds, f->is == CLOSED ? s->now_ds : f->changed_ds);
        assert_int_equal(s->conn[row].state, f->state);
        assert_int_equal(s->conn[row].was_state, f->was);
    }
    assert_int_equal(sample_rows(s), known);
}

static void equals_a_naive_join(void **state)
{
    uint64_t seed = 1;

    (void)state;
    for (int runs = 0; runs < 60; runs++) {
        struct fact facts[COOKIES] = {{UNKNOWN, 0, 0, 0, 0}};
        uint64_t order[COOKIES];
        for (uint32_t i = 0; i < COOKIES; i++)
            order[i] = i;
        for (int samples = 0; samples < 30; samples++) {
            disturb(order, &seed, model_random(&seed, 4) ? 2 : COOKIES);
            random_sample(facts, order, &seed);
            compare(r.next, facts);
        }
        finish(state);
        prepare(state);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(first_sample_has_no_births),
        TEST(births_and_changes),
        TEST(a_timewait_under_another_cookie),
        TEST(a_socket_under_another_cookie),
        TEST(one_miss_is_not_death),
        TEST(two_misses_are),
        TEST(a_row_taken_for_dead_may_return),
        TEST(a_row_long_dead_does_not_return),
        TEST(newest_death_first),
        TEST(timewait_that_ran_out_is_dead_at_once),
        TEST(a_partial_sample_closes_nothing),
        TEST(a_partial_sample_is_no_second_miss),
        TEST(no_birth_before_a_complete_sample),
        TEST(asking_for_bound_sockets_bears_and_kills_none),
        TEST(at_most_a_thousand_closed),
        TEST(without_cookies_the_address_counts),
        TEST(duplicates_are_dropped),
        TEST(equals_a_naive_join),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
