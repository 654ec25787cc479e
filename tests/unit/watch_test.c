/* SPDX-License-Identifier: MIT */
/* What is followed closely: a point a sample with its figures, gaps, the last sixty; changes of
 * state with their times; the end, after which nothing more is said; the other end on this host, by
 * the addresses the other way round, IPv4 and v4-mapped alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/figures.h"
#include "lib/sample.h"
#include "tcptop/base/clock.h"
#include "tcptop/model/diff.h"

#define WALL_S 1000000

/* Samples a second apart; the first is number 1 at WALL_S + 1. */
struct run {
    struct diff *diff;
    struct sample *prev, *next;
    uint32_t n;
};

static struct sample *fresh(struct run *r)
{
    sample_unref(r->prev);
    r->prev = r->next;
    r->next = sample_make(NULL);
    r->next->needs = NEED_TCP_INFO;
    r->next->seq = ++r->n;
    r->next->mono_ns = r->n * NS_PER_S;
    r->next->wall_ns = (WALL_S + r->n) * NS_PER_S;
    r->next->now_ds = r->n * 10;
    return r->next;
}

static void finish(struct run *r, const struct conn *c)
{
    assert_int_equal(diff_join(r->diff, builder_of(r->next), r->prev, 20), 0);
    assert_int_equal(watch_update(builder_of(r->next), r->prev, c, c ? 1 : 0), 0);
}

static struct run start(void)
{
    return (struct run){.diff = diff_new()};
}

static void end(struct run *r)
{
    sample_unref(r->prev);
    sample_unref(r->next);
    diff_free(r->diff);
}

static struct conn *add(struct run *r, uint64_t cookie, unsigned state, uint64_t acked)
{
    struct conn *c = sample_row(r->next, "10.0.0.1:80", "10.0.0.2:9", state);

    c->cookie = cookie;
    figure_set(&r->next->metrics[r->next->n_live - 1], METRICS_bytes_acked, acked);
    figure_set(&r->next->metrics[r->next->n_live - 1], METRICS_bytes_received, 0);
    return c;
}

static const struct conn seven = {.cookie = 7};

static const struct watch *watched(const struct run *r)
{
    const struct watch *w = watch_find(r->next, &seven);

    assert_non_null(w);
    return w;
}

static void a_point_a_sample(void **state)
{
    struct run r = start();
    struct span span;

    (void)state;
    for (unsigned i = 1; i <= 100; i++) {
        fresh(&r);
        add(&r, 6, TCP_STATE_ESTABLISHED, 5);
        add(&r, 7, TCP_STATE_ESTABLISHED, 1000 + 10 * i);
        finish(&r, i > 20 ? &seven : NULL);
    }
    assert_int_equal(watched(&r)->len, HISTORY_SHOWN);
    assert_int_equal(watch_at(watched(&r), 0)->seq, 100);
    assert_int_equal(watch_at(watched(&r), 59)->metrics.bytes_acked, 1410);
    assert_null(watch_at(watched(&r), 60));
    assert_true(watch_span(watched(&r), 0, &span));
    assert_int_equal(rate_between(&span).tx_bytes_s, 10);
    assert_true(watch_whole(watched(&r), &span));
    assert_int_equal(span.ns, 59 * NS_PER_S);
    assert_null(watch_find(r.next, &(struct conn){.cookie = 6}));
    fresh(&r); /* no longer wanted */
    add(&r, 7, TCP_STATE_ESTABLISHED, 0);
    finish(&r, NULL);
    assert_null(watch_find(r.next, &seven));
    end(&r);
}

static void gaps_have_no_rate(void **state)
{
    struct run r = start();
    struct span span;

    (void)state;
    for (unsigned i = 1; i <= 4; i++) {
        fresh(&r);
        if (i != 3)
            add(&r, 7, TCP_STATE_ESTABLISHED, 100 * i);
        finish(&r, &seven);
    }
    assert_int_equal(watched(&r)->len, 4);
    assert_false(watch_at(watched(&r), 1)->there);
    assert_false(watch_span(watched(&r), 0, &span));
    assert_false(watch_span(watched(&r), 1, &span));
    assert_true(watch_span(watched(&r), 2, &span));
    assert_true(watch_whole(watched(&r), &span));
    assert_int_equal(span.to->bytes_acked - span.from->bytes_acked, 300);
    assert_int_equal(watched(&r)->closed_ns, 0);
    end(&r);
}

/* Of a listener: how long its queue was, and what it had dropped, where that was asked for. */
static void a_listener_has_its_queue(void **state)
{
    struct run r = start();

    (void)state;
    for (unsigned i = 1; i <= 3; i++) {
        fresh(&r);
        sample_row(r.next, "0.0.0.0:80", "0.0.0.0:0", TCP_STATE_LISTEN)->cookie = 7;
        r.next->conn[0].rqueue = 10 * i;
        if (i > 1)
            drops_add(&builder_of(r.next)->sample.drops, 7, 0, 5 * i);
        finish(&r, &seven);
    }
    assert_int_equal(watch_at(watched(&r), 2)->queue, 10);
    assert_false(watch_at(watched(&r), 2)->drops_known);
    assert_int_equal(watch_at(watched(&r), 0)->queue, 30);
    assert_true(watch_at(watched(&r), 0)->drops_known);
    assert_int_equal(watch_at(watched(&r), 0)->drops - watch_at(watched(&r), 1)->drops, 5);
    end(&r);
}

static void changes_with_their_times(void **state)
{
    static const uint8_t states[] = {TCP_STATE_SYN_RECV, TCP_STATE_ESTABLISHED,
                                     TCP_STATE_ESTABLISHED, TCP_STATE_CLOSE_WAIT};
    struct run r = start();
    const struct watch *w;

    (void)state;
    fresh(&r);
    finish(&r, NULL);
    for (size_t i = 0; i < sizeof states; i++) {
        fresh(&r);
        add(&r, 7, states[i], 0);
        finish(&r, &seven);
    }
    w = watched(&r);
    assert_int_equal(w->n_changes, 3);
    assert_int_equal(w->change[0].state, TCP_STATE_SYN_RECV);
    assert_true(w->change[0].wall_ns == (WALL_S + 2) * NS_PER_S);
    assert_int_equal(w->change[1].state, TCP_STATE_ESTABLISHED);
    assert_true(w->change[1].wall_ns == (WALL_S + 3) * NS_PER_S);
    assert_int_equal(w->change[2].state, TCP_STATE_CLOSE_WAIT);
    assert_true(w->change[2].wall_ns == (WALL_S + 5) * NS_PER_S);
    for (int i = 0; i < 20; i++) { /* only the last ones are kept */
        fresh(&r);
        add(&r, 7, i % 2 ? TCP_STATE_FIN_WAIT1 : TCP_STATE_FIN_WAIT2, 0);
        finish(&r, &seven);
    }
    assert_int_equal(watched(&r)->n_changes, WATCH_CHANGES);
    assert_true(watched(&r)->change[WATCH_CHANGES - 1].wall_ns == r.next->wall_ns);
    end(&r);
}

static void what_was_before_has_no_time(void **state)
{
    struct run r = start();

    (void)state;
    fresh(&r);
    add(&r, 7, TCP_STATE_ESTABLISHED, 0);
    finish(&r, NULL);
    fresh(&r);
    add(&r, 7, TCP_STATE_FIN_WAIT2, 0);
    finish(&r, NULL);
    fresh(&r);
    add(&r, 7, TCP_STATE_FIN_WAIT2, 0);
    finish(&r, &seven); /* looked at a sample later */
    assert_int_equal(watched(&r)->n_changes, 2);
    assert_int_equal(watched(&r)->change[0].state, TCP_STATE_ESTABLISHED);
    assert_int_equal(watched(&r)->change[0].wall_ns, 0);
    assert_true(watched(&r)->change[1].wall_ns == (WALL_S + 2) * NS_PER_S);
    end(&r);
}

static void after_the_end_it_stands(void **state)
{
    struct run r = start();

    (void)state;
    for (unsigned i = 1; i <= 12; i++) {
        fresh(&r);
        add(&r, 6, TCP_STATE_LISTEN, 0);
        if (i <= 3)
            add(&r, 7, TCP_STATE_ESTABLISHED, 100 * i);
        finish(&r, &seven);
    }
    assert_int_equal(watched(&r)->row, UINT32_MAX);
    assert_true(watched(&r)->closed_ns == (WALL_S + 5) * NS_PER_S); /* the second miss */
    assert_int_equal(watched(&r)->len, 4);
    assert_int_equal(watch_at(watched(&r), 1)->metrics.bytes_acked, 300);
    end(&r);
}

static void one_that_was_gone_has_no_end(void **state)
{
    struct run r = start();

    (void)state;
    fresh(&r);
    finish(&r, &seven);
    assert_int_equal(watched(&r)->row, UINT32_MAX);
    assert_int_equal(watched(&r)->closed_ns, 0);
    assert_int_equal(watched(&r)->len, 0);
    end(&r);
}

/* As in a recording that is played again. */
static void one_that_is_yet_to_come(void **state)
{
    struct run r = start();

    (void)state;
    for (unsigned i = 1; i <= 3; i++) {
        fresh(&r);
        add(&r, 6, TCP_STATE_LISTEN, 0);
        if (i > 1)
            add(&r, 7, i == 2 ? TCP_STATE_SYN_RECV : TCP_STATE_ESTABLISHED, 0);
        finish(&r, &seven);
    }
    assert_int_equal(watched(&r)->len, 2);
    assert_int_equal(watched(&r)->n_changes, 2);
    assert_true(watched(&r)->change[0].wall_ns == (WALL_S + 2) * NS_PER_S);
    end(&r);
}

static void the_other_end(void **state)
{
    struct run r = start();

    (void)state;
    for (unsigned i = 1; i <= 3; i++) {
        fresh(&r);
        add(&r, 7, TCP_STATE_ESTABLISHED, 0);
        sample_row(r.next, "10.0.0.2:9", "10.0.0.3:80", TCP_STATE_ESTABLISHED)->cookie = 8;
        if (i < 3)
            sample_row(r.next, "[::ffff:10.0.0.2]:9", "[::ffff:10.0.0.1]:80",
                       i == 1 ? TCP_STATE_ESTABLISHED : TCP_STATE_FIN_WAIT2)
                ->cookie = 9;
        finish(&r, &seven);
    }
    assert_true(watched(&r)->has_peer);
    assert_int_equal(watched(&r)->peer.cookie, 9);
    assert_int_equal(watched(&r)->peer.state, TCP_STATE_FIN_WAIT2);
    for (unsigned i = 0; i < 4; i++) {
        fresh(&r);
        add(&r, 7, TCP_STATE_CLOSE_WAIT, 0);
        finish(&r, &seven);
    }
    assert_int_equal(watched(&r)->peer_row, UINT32_MAX);
    assert_true(watched(&r)->has_peer);
    end(&r);
}

static void who_is_no_other_end(void **state)
{
    struct sample *s = sample_make(NULL);

    (void)state;
    sample_row(s, "10.0.0.1:80", "10.0.0.2:9", TCP_STATE_ESTABLISHED);
    sample_row(s, "10.0.0.2:9", "10.0.0.1:80", TCP_STATE_ESTABLISHED);
    sample_row(s, "10.0.0.2:9", "10.0.0.1:81", TCP_STATE_ESTABLISHED);
    sample_row(s, "[::a00:2]:9", "[::a00:1]:80", TCP_STATE_ESTABLISHED); /* not mapped */
    sample_row(s, "0.0.0.0:80", "0.0.0.0:0", TCP_STATE_LISTEN);
    assert_true(watch_is_peer(&s->conn[0], &s->conn[1]));
    assert_true(watch_is_peer(&s->conn[1], &s->conn[0]));
    assert_false(watch_is_peer(&s->conn[0], &s->conn[0]));
    for (uint32_t row = 2; row < 5; row++)
        assert_false(watch_is_peer(&s->conn[0], &s->conn[row]));
    assert_false(watch_is_peer(&s->conn[4], &s->conn[4]));
    sample_unref(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_point_a_sample),         cmocka_unit_test(gaps_have_no_rate),
        cmocka_unit_test(changes_with_their_times), cmocka_unit_test(what_was_before_has_no_time),
        cmocka_unit_test(after_the_end_it_stands),  cmocka_unit_test(one_that_was_gone_has_no_end),
        cmocka_unit_test(one_that_is_yet_to_come),  cmocka_unit_test(the_other_end),
        cmocka_unit_test(who_is_no_other_end),      cmocka_unit_test(a_listener_has_its_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
