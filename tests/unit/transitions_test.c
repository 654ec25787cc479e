/* SPDX-License-Identifier: MIT */
/* Transitions: what two states of a connection tell of is a way through the diagram without a gap;
 * what a reset may have done counts nothing; samples joined count them, rates come from their
 * times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/model_build.h"
#include "lib/sample.h"
#include "tcptop/base/clock.h"
#include "tcptop/model/diff.h"

#define TCP_STATE_CLOSED 0

static const struct {
    unsigned from, to;
} ends[TRANSITION_COUNT] = {
#define TRANSITION(ident, from, to) {TCP_STATE_##from, TCP_STATE_##to},
    STATE_TRANSITIONS(TRANSITION)
#undef TRANSITION
};

/* One change of state passes the edges of one way: each begins where the one before ends. */
static void every_way_is_a_way(void **state)
{
    (void)state;
    unsigned ways = 0;
    for (unsigned from = 0; from < TCP_STATE_COUNT; from++) {
        for (unsigned to = 1; to < TCP_STATE_COUNT; to++) {
            struct transitions e = {{0}};
            unsigned at = from, steps = 0, passed = 0;
            transitions_change(&e, from, to);
            for (unsigned transition = 0; transition < TRANSITION_COUNT; transition++) {
                assert_in_range(e.seen[transition], 0, 1);
                passed += e.seen[transition];
            }
            if (!passed)
                continue;
            /* of one that was not there it is not known how it came, but for SYN */
            at = from                         ? from
                 : e.seen[TRANSITION_SYN]     ? TCP_STATE_LISTEN
                 : e.seen[TRANSITION_CONNECT] ? TCP_STATE_CLOSED
                                              : TCP_STATE_ESTABLISHED;
            for (bool moved = true; moved;) {
                moved = false;
                for (unsigned transition = 0; transition < TRANSITION_COUNT && !moved;
                     transition++) {
                    moved = e.seen[transition] && ends[transition].from == at;
                    if (moved) {
                        at = ends[transition].to;
                        e.seen[transition] = 0;
                        steps++;
                    }
                }
            }
            if (at != to || steps != passed)
                fail_msg("%s to %s", from ? state_name(from) : "nothing", state_name(to));
            ways++;
        }
    }
    assert_int_equal(ways, 2 + 6 + 8 + 7 + 6 + 3 + 1 + 1 + 1);
}

static void no_way_back(void **state)
{
    (void)state;
    struct transitions e = {{0}}, none = {{0}};
    transitions_change(&e, TCP_STATE_TIME_WAIT, TCP_STATE_ESTABLISHED);
    transitions_change(&e, TCP_STATE_ESTABLISHED, TCP_STATE_SYN_SENT);
    transitions_change(&e, 0, TCP_STATE_ESTABLISHED);
    transitions_change(&e, 0, TCP_STATE_LISTEN);
    transitions_change(&e, 99, TCP_STATE_TIME_WAIT);
    transitions_change(&e, 0, 99);
    transitions_end(&e, TCP_STATE_ESTABLISHED, false);
    transitions_end(&e, TCP_STATE_CLOSE_WAIT, false);
    transitions_end(&e, TCP_STATE_FIN_WAIT2, false);
    transitions_end(&e, TCP_STATE_LISTEN, true);
    assert_memory_equal(&e, &none, sizeof e);
    transitions_end(&e, TCP_STATE_FIN_WAIT2, true);
    transitions_end(&e, TCP_STATE_TIME_WAIT, true);
    transitions_end(&e, TCP_STATE_TIME_WAIT, false);
    transitions_end(&e, TCP_STATE_LAST_ACK, false);
    assert_int_equal(e.seen[TRANSITION_ORPHAN_OVER], 1);
    assert_int_equal(e.seen[TRANSITION_WAIT_OVER], 2);
    assert_int_equal(e.seen[TRANSITION_LAST_ACKED], 1);
}

static struct sample *sample(uint64_t seq)
{
    struct sample *s = sample_make(NULL);
    s->seq = seq;
    s->mono_ns = (int64_t)seq * NS_PER_S;
    s->now_ds = (uint32_t)seq * 10;
    return s;
}

static struct sample *join(struct diff *d, struct sample *next, struct sample *prev)
{
    assert_int_equal(diff_join(d, builder_of(next), prev, 30), 0);
    sample_unref(prev);
    return next;
}

static void samples_are_compared(void **state)
{
    (void)state;
    struct diff *d = diff_new();
    struct sample *s = sample(1), *next;
    model_add(s, 1, TCP_STATE_ESTABLISHED); /* was there: nobody saw how it came */
    model_add(s, 2, TCP_STATE_SYN_SENT);
    model_add(s, 3, TCP_STATE_FIN_WAIT1);
    s = join(d, s, NULL);
    next = sample(2);
    model_add(next, 1, TCP_STATE_TIME_WAIT)->timer = TIMER_TIMEWAIT;
    model_add(next, 2, TCP_STATE_ESTABLISHED);
    model_add(next, 3, TCP_STATE_FIN_WAIT1);
    model_add(next, 4, TCP_STATE_CLOSE_WAIT); /* came and went on between */
    s = join(d, next, s);
    assert_int_equal(s->transitions.seen[TRANSITION_CLOSE_HERE], 1);
    assert_int_equal(s->transitions.seen[TRANSITION_FIN_ACKED], 1);
    assert_int_equal(s->transitions.seen[TRANSITION_FIN_CAME], 1);
    assert_int_equal(s->transitions.seen[TRANSITION_ANSWERED], 1);
    assert_int_equal(s->transitions.seen[TRANSITION_CLOSE_THERE], 1);
    assert_int_equal(s->transitions.seen[TRANSITION_SYN] + s->transitions.seen[TRANSITION_CONNECT],
                     0);
    next = sample(3); /* the TIME_WAIT runs out, the others stay */
    model_add(next, 2, TCP_STATE_ESTABLISHED);
    model_add(next, 3, TCP_STATE_FIN_WAIT1);
    model_add(next, 4, TCP_STATE_CLOSE_WAIT);
    model_add(next, 5, TCP_STATE_SYN_SENT);
    s = join(d, next, s);
    assert_int_equal(s->transitions.seen[TRANSITION_WAIT_OVER], 1);
    assert_int_equal(s->transitions.seen[TRANSITION_CONNECT], 1);
    assert_int_equal(s->transitions.seen[TRANSITION_CLOSE_HERE], 1); /* sums since the start */
    sample_unref(s);
    diff_free(d);
}

static void add(struct history *h, uint64_t seq, int64_t s, uint8_t status, uint32_t seen)
{
    struct point p = {.seq = seq, .mono_ns = s * NS_PER_S, .status = status};
    p.transitions.seen[TRANSITION_FIN_CAME] = seen;
    history_add(h, &p);
}

static void passes(const struct history *h, const struct transition_span *span,
                   enum state_transition transition, double per_s, bool exact)
{
    bool counted;
    double rate = history_transition_rate(h, span, transition, &counted);

    assert_true(rate > per_s - 0.01 && rate < per_s + 0.01);
    assert_int_equal(counted, exact);
}

/* Openings are those of the kernel's counters, whatever samples have seen of them. */
static void openings_are_counted(void **state)
{
    struct history h;
    struct transition_span span;
    struct point p = {.seq = 1, .mono_ns = 100 * NS_PER_S, .status = POINT_MEASURED};

    (void)state;
    assert_int_equal(history_init(&h, 60), 0);
    history_add(&h, &p);
    p.seq = 2;
    p.mono_ns = 110 * NS_PER_S;
    p.transitions.seen[TRANSITION_CONNECT] = 1;
    p.transitions.seen[TRANSITION_SYN] = 30;
    history_add(&h, &p);
    assert_true(history_transitions(&h, 60, &span));
    passes(&h, &span, TRANSITION_CONNECT, 0.1, false); /* no counters */
    history_fini(&h);

    assert_int_equal(history_init(&h, 60), 0);
    p.counter_valid = UINT32_C(1) << COUNTER_ACTIVE_OPENS | UINT32_C(1) << COUNTER_PASSIVE_OPENS;
    p.seq = 1;
    p.mono_ns = 100 * NS_PER_S;
    p.transitions = (struct transitions){{0}};
    history_add(&h, &p);
    p.seq = 2;
    p.mono_ns = 110 * NS_PER_S;
    p.counter[COUNTER_ACTIVE_OPENS] = 2880;
    p.counter[COUNTER_PASSIVE_OPENS] = 170;
    p.transitions.seen[TRANSITION_CONNECT] = 1;
    p.transitions.seen[TRANSITION_SYN] = 30;
    history_add(&h, &p);
    assert_true(history_transitions(&h, 60, &span));
    passes(&h, &span, TRANSITION_CONNECT, 288, true);
    passes(&h, &span, TRANSITION_ACCEPTED, 17, true);
    passes(&h, &span, TRANSITION_SYN, 17, false); /* each that finished had begun */
    passes(&h, &span, TRANSITION_ANSWERED, 0, false);
    history_fini(&h);
}

static void rates_by_real_times(void **state)
{
    (void)state;
    struct history h;
    struct transition_span span;
    assert_int_equal(history_init(&h, 60), 0);
    assert_false(history_transitions(&h, 60, &span));
    add(&h, 1, 100, POINT_MEASURED, 5);
    assert_false(history_transitions(&h, 60, &span));
    add(&h, 2, 110, POINT_MEASURED, 25);
    assert_true(history_transitions(&h, 60, &span));
    passes(&h, &span, TRANSITION_FIN_CAME, 2, false);
    assert_true(span.whole && span.seconds > 9.9 && span.seconds < 10.1);
    assert_int_equal(span.longest_ns, 10 * NS_PER_S);
    add(&h, 3, 111, POINT_MISSED, 0);
    assert_true(history_transitions(&h, 60, &span));
    assert_false(span.whole);
    add(&h, 4, 165, POINT_MEASURED, 80); /* the first is too old by now */
    assert_true(history_transitions(&h, 60, &span));
    assert_int_equal(span.oldest->seq, 2);
    passes(&h, &span, TRANSITION_FIN_CAME, 1, false);
    add(&h, 5, 300, POINT_PARTIAL, 80); /* alone in the window */
    assert_true(history_transitions(&h, 60, &span));
    assert_true(span.seconds > 134 && span.seconds < 136 && !span.whole);
    history_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_is_a_way),   cmocka_unit_test(no_way_back),
        cmocka_unit_test(samples_are_compared), cmocka_unit_test(rates_by_real_times),
        cmocka_unit_test(openings_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
