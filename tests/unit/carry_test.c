/* SPDX-License-Identifier: MIT */
/* Brief samples: which rows are carried, which have moved or may have gone, what is never called
 * closed, from when figures are, and how states are counted that were not dumped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/closed_events.h"
#include "lib/figures.h"
#include "lib/model_build.h"
#include "lib/sample.h"
#include "tcptop/base/clock.h"
#include "tcptop/model/state_counters.h"

/* A brief sample to fill with what its dump lists. */
static struct sample *brief(struct run *r)
{
    struct sample *s = told_sample(r, 0);

    s->left_out = BRIEF_LEFT_OUT;
    return s;
}

/* A full sample of three established connections, one in TIME_WAIT and a listener. */
static struct sample *full(struct run *r)
{
    told_sample(r, 3);
    told_row(r, 4, TCP_STATE_TIME_WAIT);
    r->next->conn[3].timer = TIMER_TIMEWAIT;
    r->next->conn[3].expires_ms = 60000;
    told_row(r, 5, TCP_STATE_LISTEN);
    return told_join(r);
}

static unsigned state_of(const struct sample *s, uint64_t cookie)
{
    uint32_t row = told_row_of(s, cookie);

    return row == NONE ? 0 : s->conn[row].state;
}

/* No connection has two rows that are live. */
static void assert_no_duplicate(const struct sample *s)
{
    for (uint32_t i = 0; i < s->n_live; i++)
        for (uint32_t j = i + 1; j < s->n_live; j++)
            assert_false(conn_same(&s->conn[i], &s->conn[j]));
}

static void rows_that_were_not_asked_for_stay(void **state)
{
    struct run *r = *state;
    int64_t seen_ns = full(r)->mono_ns;
    struct sample *s;

    for (int i = 0; i < 3; i++) {
        brief(r);
        told_row(r, 5, TCP_STATE_LISTEN);
        s = told_join(r);
        assert_int_equal(s->n_live, 5);
        assert_int_equal(s->n_carried, 4);
        assert_int_equal(s->n_missing + s->n_closed, 0);
        assert_int_equal(s->carried_ns, seen_ns);
        assert_int_equal(sample_seen_ns(s, told_row_of(s, 1)), seen_ns);
        assert_int_equal(sample_seen_ns(s, told_row_of(s, 5)), s->mono_ns);
        for (uint64_t cookie = 1; cookie <= 3; cookie++)
            assert_int_equal(state_of(s, cookie), TCP_STATE_ESTABLISHED);
        assert_int_equal(state_of(s, 4), TCP_STATE_TIME_WAIT);
        assert_int_equal(s->born + s->changed, 0);
        assert_int_equal(s->closed_total, 0);
    }
    full(r);
    assert_int_equal(r->next->n_live, 5);
    assert_int_equal(r->next->n_carried, 0);
    assert_int_equal(r->next->n_missing + r->next->born + r->next->changed, 0);
}

static void one_that_moved_has_one_row(void **state)
{
    struct run *r = *state;
    struct sample *s;

    full(r);
    brief(r);
    told_row(r, 2, TCP_STATE_CLOSE_WAIT);
    told_row(r, 5, TCP_STATE_LISTEN);
    s = told_join(r);
    assert_no_duplicate(s);
    assert_int_equal(s->n_live, 5);
    assert_int_equal(state_of(s, 2), TCP_STATE_CLOSE_WAIT);
    assert_int_equal(s->conn[told_row_of(s, 2)].was_state, TCP_STATE_ESTABLISHED);
    assert_int_equal(s->times[told_row_of(s, 2)].changed_ds, s->now_ds);
    assert_int_equal(s->changed, 1);
    assert_int_equal(s->born, 0);
    told_sample(r, 1); /* the full dump has it where it was */
    told_row(r, 2, TCP_STATE_CLOSE_WAIT);
    told_row(r, 3, TCP_STATE_ESTABLISHED);
    s = told_join(r);
    assert_no_duplicate(s);
    assert_int_equal(s->changed + s->born, 0);
}

/* From CLOSE_WAIT a connection can only close; what was opening may be established by now. */
static void only_what_was_asked_for_is_missing(void **state)
{
    struct run *r = *state;
    struct sample *s;

    full(r);
    brief(r);
    told_row(r, 5, TCP_STATE_LISTEN);
    told_row(r, 10, TCP_STATE_CLOSE_WAIT);
    told_row(r, 11, TCP_STATE_SYN_SENT);
    told_row(r, 12, TCP_STATE_FIN_WAIT2);
    told_join(r);
    for (int i = 0; i < 5; i++) {
        brief(r);
        told_row(r, 5, TCP_STATE_LISTEN);
        s = told_join(r);
        assert_true(told_is(s, 10, i ? ROW_CLOSED : ROW_MISSING));
        assert_true(told_is(s, 11, ROW_MISSING));
        assert_true(told_is(s, 12, ROW_MISSING));
    }
    told_sample(r, 3);
    told_row(r, 4, TCP_STATE_TIME_WAIT);
    told_row(r, 5, TCP_STATE_LISTEN);
    told_row(r, 11, TCP_STATE_ESTABLISHED);
    s = told_join(r);
    assert_true(told_is(s, 11, ROW_LIVE)); /* the same connection */
    assert_int_equal(s->conn[told_row_of(s, 11)].was_state, TCP_STATE_SYN_SENT);
    assert_true(told_is(s, 12, ROW_MISSING)); /* a dump may miss one */
    full(r);
    assert_true(told_is(r->next, 12, ROW_CLOSED));
    assert_int_equal(r->next->closed_total, 2);
}

/* The kernel reports the end of the socket: the row is gone, but its record may be in TIME_WAIT. */
static void one_that_was_reported_is_gone(void **state)
{
    struct run *r = *state;
    struct sample *s;

    full(r);
    brief(r);
    told_end(r, 1, 100, 200);
    told_end(r, 2, 100, 200);
    told_row(r, 5, TCP_STATE_LISTEN);
    s = told_join(r);
    assert_int_equal(s->n_live, 3);
    assert_true(told_is(s, 1, ROW_MISSING));
    assert_true(told_is(s, 2, ROW_MISSING));
    assert_int_equal(s->closed_total + s->close_stats.closed, 0);
    assert_int_equal(s->close_stats.ended, 2);
    assert_int_equal(s->close_stats.unseen, 0);
    brief(r);
    told_row(r, 5, TCP_STATE_LISTEN);
    s = told_join(r);
    assert_true(told_is(s, 1, ROW_MISSING));
    told_sample(r, 0); /* 1 is gone, 2 has left its record */
    told_row(r, 2, TCP_STATE_TIME_WAIT);
    told_row(r, 3, TCP_STATE_ESTABLISHED);
    told_row(r, 4, TCP_STATE_TIME_WAIT);
    told_row(r, 5, TCP_STATE_LISTEN);
    s = told_join(r);
    assert_true(told_is(s, 1, ROW_CLOSED));
    assert_true(told_is(s, 2, ROW_LIVE));
    assert_int_equal(s->closed_total, 1);
    assert_int_equal(s->close_stats_total.closed, 1);
    assert_int_equal(s->close_stats_total.ended, 2);
    assert_int_equal(s->close_stats_total.unseen, 0);
}

/* Reported right after the full dump that still had the row. */
static void one_that_was_reported_during_the_full_dump_is_gone(void **state)
{
    struct run *r = *state;
    struct sample *s;

    told_sample(r, 2);
    told_join(r);
    told_sample(r, 2);
    told_end(r, 1, 1, 1);
    s = told_join(r);
    assert_true(told_is(s, 1, ROW_LIVE));
    brief(r);
    s = told_join(r);
    assert_true(told_is(s, 1, ROW_MISSING));
    assert_true(told_is(s, 2, ROW_LIVE));
}

/* The record of a carried row: its socket is reported late. */
static void a_record_meets_its_report(void **state)
{
    struct run *r = *state;
    struct sample *s;

    told_two(r);
    told_sample(r, 2);
    told_row(r, 4, TCP_STATE_TIME_WAIT);
    told_join(r);
    brief(r);
    told_end(r, 77, 1, 1)->sport = 4; /* the socket had another cookie than its record */
    s = told_join(r);
    assert_true(told_is(s, 4, ROW_LIVE));
    assert_int_equal(s->close_stats.ended, 1);
    assert_int_equal(s->close_stats.unseen, 0);
    assert_true(s->conn[told_row_of(s, 4)].flags & CONN_CLOSE_REPORTED);
}

/* Lived between two dumps: it is counted, but no row says that nothing is left of it. */
static void an_unseen_one_is_counted_without_a_row(void **state)
{
    struct run *r = *state;
    struct sample *s;

    full(r);
    brief(r);
    told_row(r, 5, TCP_STATE_LISTEN);
    told_end(r, 77, 10, 20);
    builder_of(r->next)->events_before_dump = 1;
    s = told_join(r);
    assert_int_equal(s->close_stats.ended, 1);
    assert_int_equal(s->close_stats.unseen, 1);
    assert_int_equal(told_row_of(s, 77), NONE);
}

/* Another connection has the ends of a record by now (tcp_tw_reuse). */
static void a_record_makes_way(void **state)
{
    struct run *r = *state;
    struct sample *s;

    full(r);
    brief(r);
    told_row(r, 44, TCP_STATE_SYN_SENT);
    r->next->conn[0].sport = r->prev->conn[3].sport;
    r->next->conn[0].dport = r->prev->conn[3].dport;
    s = told_join(r);
    assert_true(told_is(s, 44, ROW_LIVE));
    assert_false(told_is(s, 4, ROW_LIVE));
    assert_false(told_is(s, 4, ROW_CLOSED));
}

/* Rates are those of the time that was watched, never of a copy. */
static void rates_are_of_the_time_that_was_watched(void **state)
{
    struct run *r = *state;
    struct sample *s;

    for (int i = 0; i < 2; i++) {
        run_fresh(r, NEED_TCP_INFO | NEED_RATES);
        told_row(r, 1, TCP_STATE_ESTABLISHED);
        figure_set(&r->next->metrics[0], METRICS_bytes_acked, 1000 + 500 * (uint64_t)i);
        figure_set(&r->next->metrics[0], METRICS_bytes_received, 1);
        run_join(r);
    }
    assert_int_equal(r->next->rate[0].tx_bytes_s, 500);
    for (int i = 0; i < 4; i++) {
        run_fresh(r, NEED_TCP_INFO | NEED_RATES)->left_out = BRIEF_LEFT_OUT;
        told_row(r, 5, TCP_STATE_CLOSE_WAIT);
        run_join(r);
        s = r->next;
        assert_int_equal(s->n_carried, 1);
        assert_int_equal(s->rate[told_row_of(s, 1)].tx_bytes_s, 500);
        assert_int_equal(told_figure(s, 1, METRICS_bytes_acked), 1500);
    }
    run_fresh(r, NEED_TCP_INFO | NEED_RATES);
    told_row(r, 1, TCP_STATE_ESTABLISHED);
    figure_set(&r->next->metrics[0], METRICS_bytes_acked, 1500 + 1000);
    figure_set(&r->next->metrics[0], METRICS_bytes_received, 1);
    run_join(r);
    assert_int_equal(r->next->rate[0].tx_bytes_s, 200); /* in five seconds, not in one */
}

/* One that moved in a brief sample: its figures are from then, those before from the full one. */
static void a_moved_one_is_rated_since_it_was_seen(void **state)
{
    struct run *r = *state;

    for (int i = 0; i < 2; i++) {
        run_fresh(r, NEED_TCP_INFO | NEED_RATES);
        told_row(r, 1, TCP_STATE_ESTABLISHED);
        figure_set(&r->next->metrics[0], METRICS_bytes_acked, 1000);
        figure_set(&r->next->metrics[0], METRICS_bytes_received, 1);
        run_join(r);
    }
    run_fresh(r, NEED_TCP_INFO | NEED_RATES)->left_out = BRIEF_LEFT_OUT;
    run_join(r);
    run_fresh(r, NEED_TCP_INFO | NEED_RATES)->left_out = BRIEF_LEFT_OUT;
    told_row(r, 1, TCP_STATE_FIN_WAIT1);
    figure_set(&r->next->metrics[0], METRICS_bytes_acked, 2000);
    figure_set(&r->next->metrics[0], METRICS_bytes_received, 1);
    run_join(r);
    assert_int_equal(r->next->rate[0].tx_bytes_s, 500);
}

/* Timers of records run on while they are not looked at: one that has run out is closed as soon as
 * a full dump has it no more, without a second look. */
static void a_record_that_ran_out_is_closed_at_the_full_dump(void **state)
{
    struct run *r = *state;

    full(r);
    r->next->conn[3].expires_ms = 2500;
    for (int i = 0; i < 3; i++) {
        brief(r);
        told_row(r, 5, TCP_STATE_LISTEN);
        assert_true(told_is(told_join(r), 4, ROW_LIVE));
    }
    told_sample(r, 3);
    told_row(r, 5, TCP_STATE_LISTEN);
    assert_true(told_is(told_join(r), 4, ROW_CLOSED));
}

/* Rows that were read between brief samples ------------------------------------------------ */

/* Have the sample meet what was gathered; `all`: to the end. */
static void meet(struct run *r, struct sample_builder *gathering, bool all)
{
    builder_of(r->next)->gathering = gathering;
    builder_of(r->next)->gathered = all;
}

static void gather_row(struct sample_builder *gathering, uint64_t cookie, unsigned state)
{
    struct conn *c = model_add(&gathering->sample, cookie, state);

    assert_non_null(c);
    c->dport = 443;
    if (state == TCP_STATE_TIME_WAIT) {
        c->timer = TIMER_TIMEWAIT;
        c->expires_ms = 60000;
    }
}

static void gathered_rows_make_a_full_sample(void **state)
{
    struct sample_builder *g = sample_builder_new(NULL);
    struct run *r = *state;
    struct sample *s;

    full(r);
    for (uint64_t cookie = 1; cookie <= 3; cookie++)
        gather_row(g, cookie, TCP_STATE_ESTABLISHED);
    gather_row(g, 4, TCP_STATE_TIME_WAIT);
    gather_row(g, 6, TCP_STATE_ESTABLISHED);
    gather_row(g, 6, TCP_STATE_ESTABLISHED); /* a dump may list one twice */
    g->sample.counters.before.opened = 17;
    brief(r);
    told_row(r, 5, TCP_STATE_LISTEN);
    told_row(r, 7, TCP_STATE_CLOSE_WAIT);
    meet(r, g, true);
    s = told_join(r);
    assert_int_equal(s->left_out, 0);
    assert_int_equal(s->n_carried, 0);
    assert_int_equal(s->n_live, 7);
    assert_int_equal(s->total, 7);
    assert_int_equal(s->duplicates, 1);
    assert_int_equal(s->count[TCP_STATE_ESTABLISHED], 4);
    assert_int_equal(s->count[TCP_STATE_TIME_WAIT], 1);
    assert_int_equal(s->born, 2);
    assert_int_equal(s->changed + s->n_missing + s->n_closed, 0);
    assert_int_equal(s->counters.before.opened, 17);
    assert_int_equal(sample_seen_ns(s, told_row_of(s, 1)), s->mono_ns);
    brief(r); /* and the next one carries them */
    told_row(r, 5, TCP_STATE_LISTEN);
    told_row(r, 7, TCP_STATE_CLOSE_WAIT);
    s = told_join(r);
    assert_int_equal(s->n_carried, 5);
    assert_int_equal(s->n_missing + s->n_closed, 0);
    sample_discard(g);
}

/* A row that was read before a brief sample is older than what that has. */
static void a_brief_sample_knows_better_than_rows_read_before(void **state)
{
    struct sample_builder *g = sample_builder_new(NULL);
    struct run *r = *state;
    struct sample *s;

    full(r);
    for (uint64_t cookie = 1; cookie <= 3; cookie++)
        gather_row(g, cookie, TCP_STATE_ESTABLISHED);
    gather_row(g, 8, TCP_STATE_ESTABLISHED); /* began since the full dump */
    brief(r);
    told_row(r, 5, TCP_STATE_LISTEN);
    told_row(r, 2, TCP_STATE_FIN_WAIT1);
    told_row(r, 9, TCP_STATE_SYN_RECV);
    told_end(r, 1, 1, 1);
    told_end(r, 8, 1, 1);
    meet(r, g, false);
    s = told_join(r);
    assert_int_equal(s->left_out, BRIEF_LEFT_OUT);
    assert_int_equal(told_row_of(s, 8), NONE); /* not invented before the dump is whole */
    gather_row(g, 4, TCP_STATE_TIME_WAIT);
    gather_row(g, 9, TCP_STATE_ESTABLISHED); /* read after it */
    brief(r);
    told_row(r, 5, TCP_STATE_LISTEN);
    meet(r, g, true);
    s = told_join(r);
    assert_no_duplicate(s);
    assert_false(told_is(s, 1, ROW_LIVE));
    assert_true(told_is(s, 2, ROW_MISSING)); /* it may be in TIME_WAIT */
    assert_int_equal(state_of(s, 3), TCP_STATE_ESTABLISHED);
    assert_int_equal(state_of(s, 4), TCP_STATE_TIME_WAIT);
    assert_int_equal(told_row_of(s, 8), NONE);
    assert_int_equal(state_of(s, 9), TCP_STATE_ESTABLISHED);
    assert_int_equal(s->conn[told_row_of(s, 9)].was_state, TCP_STATE_SYN_RECV);
    assert_int_equal(s->closed_total, 0);
    assert_int_equal(s->n_live, 4);
    sample_discard(g);
}

/* What ended while rows were gathered may have left its record in a place that was read before. */
static void none_is_closed_whose_record_may_have_been_passed(void **state)
{
    struct sample_builder *g = sample_builder_new(NULL);
    struct run *r = *state;
    struct sample *s;

    full(r);
    gather_row(g, 3, TCP_STATE_ESTABLISHED);
    gather_row(g, 4, TCP_STATE_TIME_WAIT);
    brief(r);
    told_row(r, 5, TCP_STATE_LISTEN);
    told_row(r, 10, TCP_STATE_LAST_ACK);
    told_end(r, 1, 1, 1);
    meet(r, g, false);
    told_join(r);
    brief(r);
    told_row(r, 5, TCP_STATE_LISTEN);
    told_end(r, 2, 1, 1);
    told_end(r, 10, 1, 1);
    told_end(r, 77, 1, 1); /* no sample had it */
    meet(r, g, true);
    s = told_join(r);
    assert_true(told_is(s, 1, ROW_MISSING));
    assert_true(told_is(s, 2, ROW_MISSING));
    assert_true(told_is(s, 10, ROW_CLOSED)); /* from LAST_ACK there is no other way */
    assert_int_equal(told_row_of(s, 77), NONE);
    assert_int_equal(s->close_stats.unseen, 1);
    told_sample(r, 0);
    told_row(r, 2, TCP_STATE_TIME_WAIT);
    told_row(r, 3, TCP_STATE_ESTABLISHED);
    told_row(r, 4, TCP_STATE_TIME_WAIT);
    told_row(r, 5, TCP_STATE_LISTEN);
    s = told_join(r);
    assert_true(told_is(s, 1, ROW_CLOSED));
    assert_true(told_is(s, 2, ROW_LIVE));
    assert_int_equal(s->closed_total, 2);
    sample_discard(g);
}

/* Hundreds of thousands of steps of random lives: rows are as the world has them, as far as they
 * were asked for, and none that lives is called closed. */
enum { SOCKETS = 60 };
static void random_lives(void **state)
{
    static const uint8_t life[] = {TCP_STATE_SYN_SENT,  TCP_STATE_ESTABLISHED, TCP_STATE_FIN_WAIT1,
                                   TCP_STATE_FIN_WAIT2, TCP_STATE_TIME_WAIT,   0};
    static const uint8_t passive[] = {TCP_STATE_SYN_RECV, TCP_STATE_ESTABLISHED,
                                      TCP_STATE_CLOSE_WAIT, TCP_STATE_LAST_ACK, 0};
    struct run *r = *state;
    uint8_t at[SOCKETS] = {0};
    bool reported[SOCKETS] = {false};
    struct sample_builder *g = NULL; /* rows that are gathered, of the first `read` sockets */
    unsigned read = 0, n_gathered = 0;
    uint64_t seed = 7;

    told_sample(r, 0);
    told_join(r);
    for (int n = 0; n < 6000; n++) {
        bool is_brief = g || model_random(&seed, 4) > 0;
        struct sample *s = is_brief ? brief(r) : told_sample(r, 0);
        for (unsigned i = 0; i < SOCKETS; i++) {
            const uint8_t *path = i % 2 ? life : passive;
            if (model_random(&seed, 5) == 0 && path[at[i]])
                at[i]++;
            bool ended = !path[at[i]] || path[at[i]] == TCP_STATE_TIME_WAIT;
            if (ended && !reported[i] && model_random(&seed, 2)) {
                told_end(r, i + 1, 1, 1);
                reported[i] = true;
            }
            if (path[at[i]] && !(s->left_out & STATE_BIT(path[at[i]])))
                told_row(r, i + 1, path[at[i]]);
        }
        meet(r, g, read == SOCKETS);
        told_join(r);
        assert_no_duplicate(s);
        for (unsigned i = 0; i < SOCKETS; i++) {
            unsigned now = (i % 2 ? life : passive)[at[i]];
            if (now)
                assert_false(told_is(s, i + 1, ROW_CLOSED));
            if (now && !(BRIEF_LEFT_OUT & STATE_BIT(now) && is_brief))
                assert_int_equal(state_of(s, i + 1), now);
            if (!now && !is_brief)
                assert_false(told_is(s, i + 1, ROW_LIVE));
            if (told_is(s, i + 1, ROW_LIVE) && state_of(s, i + 1) != now) /* an older one */
                assert_true(is_brief && BRIEF_LEFT_OUT & STATE_BIT(state_of(s, i + 1)));
        }
        if (read == SOCKETS) {
            assert_int_equal(s->left_out + s->n_carried, 0);
            n_gathered++;
            sample_discard(g);
            g = NULL;
            read = 0;
        }
        if (!g && n % 7 == 0)
            g = sample_builder_new(NULL);
        for (unsigned some = 1 + model_random(&seed, 30); g && some && read < SOCKETS; some--) {
            unsigned now = (read % 2 ? life : passive)[at[read]];
            read++;
            if (BRIEF_LEFT_OUT & STATE_BIT(now) && now)
                gather_row(g, read, now);
        }
    }
    assert_true(n_gathered > 300);
    sample_discard(g);
}

/* Counting ------------------------------------------------------------ */

static struct sample *counted(struct run *r, unsigned open, uint64_t before, uint64_t after,
                              uint64_t opened)
{
    struct sample *s = run_fresh(r, 0);

    for (uint64_t cookie = 1; cookie <= open; cookie++)
        told_row(r, cookie, TCP_STATE_ESTABLISHED);
    run_join(r);
    s->counters = (struct state_counters){.valid = true,
                                          .before = {.established = before, .opened = 1000},
                                          .after = {.established = after, .opened = 1000 + opened}};
    return s;
}

static void counters_count_what_was_left_out(void **state)
{
    struct run *r = *state;
    struct state_drift drift = {.known = false};
    struct sample *s;

    state_counters_compare(&drift, counted(r, 100, 100, 100, 0));
    assert_true(drift.known);
    s = run_fresh(r, 0);
    s->left_out = BRIEF_LEFT_OUT;
    told_row(r, 1, TCP_STATE_CLOSE_WAIT);
    told_row(r, 201, TCP_STATE_FIN_WAIT2);
    told_row(r, 202, TCP_STATE_FIN_WAIT2); /* a record of an orphan, among the records */
    s->conn[2].timer = TIMER_TIMEWAIT;
    run_join(r);
    s->counters.after = (struct state_reading){.established = 130, .timewait = 8};
    state_counters_apply(&drift, s);
    assert_int_equal(s->count[TCP_STATE_ESTABLISHED], 129);
    assert_int_equal(s->count[TCP_STATE_TIME_WAIT], 7);
    assert_int_equal(s->count[TCP_STATE_CLOSE_WAIT], 1);
    assert_int_equal(s->total, 129 + 7 + 3);
    assert_int_equal(s->n_live, 3 + 99); /* new ones are counted, not invented */
    s->counters.after = (struct state_reading){.established = 0, .timewait = 0};
    state_counters_apply(&drift, s); /* the counters were read when less was there */
    assert_int_equal(s->count[TCP_STATE_ESTABLISHED], 0);
    assert_int_equal(s->count[TCP_STATE_TIME_WAIT], 0);
}

/* What began or ended while the dump lasted explains a difference; the rest is the counter's. */
static void counters_that_are_off_are_put_right(void **state)
{
    struct run *r = *state;
    struct state_drift drift;

    state_counters_compare(&drift, counted(r, 1000, 990, 995, 20));
    assert_true(drift.known);
    assert_int_equal(drift.established, 0);
    state_counters_compare(&drift, counted(r, 1000, 1010, 1005, 3)); /* 8 ended */
    assert_true(drift.known);
    assert_int_equal(drift.established, -2);
    state_counters_compare(&drift, counted(r, 1000, 985, 985, 0));
    assert_true(drift.known);
    assert_int_equal(drift.established, 15);
    state_counters_compare(&drift, counted(r, 1000, 900, 900, 0)); /* not to be trusted */
    assert_false(drift.known);
    counted(r, 10, 10, 10, 0)->status = SAMPLE_PARTIAL;
    state_counters_compare(&drift, r->next);
    assert_false(drift.known);
    counted(r, 10, 10, 10, 0)->counters.valid = false;
    state_counters_compare(&drift, r->next);
    assert_false(drift.known);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, told_setup, told_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rows_that_were_not_asked_for_stay),
        TEST(one_that_moved_has_one_row),
        TEST(only_what_was_asked_for_is_missing),
        TEST(one_that_was_reported_is_gone),
        TEST(one_that_was_reported_during_the_full_dump_is_gone),
        TEST(a_record_meets_its_report),
        TEST(an_unseen_one_is_counted_without_a_row),
        TEST(a_record_makes_way),
        TEST(rates_are_of_the_time_that_was_watched),
        TEST(a_moved_one_is_rated_since_it_was_seen),
        TEST(a_record_that_ran_out_is_closed_at_the_full_dump),
        TEST(gathered_rows_make_a_full_sample),
        TEST(a_brief_sample_knows_better_than_rows_read_before),
        TEST(none_is_closed_whose_record_may_have_been_passed),
        TEST(random_lives),
        TEST(counters_count_what_was_left_out),
        TEST(counters_that_are_off_are_put_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
