/* SPDX-License-Identifier: MIT */
/* Ends of sockets at random: what no sample had is counted exactly, whatever the order in which
 * sockets live, dumps see them and ends are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/closed_events.h"
#include "lib/model_build.h"
#include "lib/sample.h"

/* A host at random: sockets open, close, leave remnants or not; dumps see what is there, and now
 * and then a request whose socket has come, or gone, meanwhile; ends are told at once, late, or
 * while the dump goes on. Cookies are given when a dump or an end first asks for one, as the kernel
 * does.
 */
#define SOCKETS 400

struct socket_life {
    enum { UNBORN, OPEN, TIMEWAIT, GONE } is;
    uint64_t cookie, timewait_cookie; /* 0: nobody asked so far */
    bool seen;                        /* by a sample, as a socket, its request or its remnant */
    bool dumped;                      /* or might have been */
    bool ended, events;
};

struct world {
    struct socket_life times[SOCKETS];
    uint64_t next_cookie, seed;
    unsigned next;
};

static uint64_t ask(struct world *w, uint64_t *cookie)
{
    return *cookie = *cookie ? *cookie : ++w->next_cookie;
}

static void live_on(struct world *w)
{
    for (unsigned births = model_random(&w->seed, 6); births && w->next < SOCKETS; births--)
        w->times[w->next++].is = OPEN;
    for (unsigned i = 0; i < w->next; i++) {
        struct socket_life *l = &w->times[i];
        if (l->is == OPEN && model_random(&w->seed, 3) == 0) {
            l->is = model_random(&w->seed, 2) ? TIMEWAIT : GONE;
            l->timewait_cookie = l->cookie;
            l->ended = true;
        }
    }
}

static void tell_some(struct run *r, struct world *w, unsigned one_of)
{
    for (unsigned i = 0; i < w->next; i++) {
        struct socket_life *l = &w->times[i];
        if (!l->ended || l->events || model_random(&w->seed, one_of))
            continue;
        struct conn *c = told_end(r, ask(w, &l->cookie), 1, 0);
        c->sport = (uint16_t)(1000 + i);
        l->events = true;
    }
}

static void dump_one(struct run *r, struct world *w, unsigned i)
{
    struct socket_life *l = &w->times[i];
    bool timewait = l->is == TIMEWAIT;
    struct conn *c;

    if (!l->dumped && !l->events && model_random(&w->seed, 8) == 0) {
        c = model_add(r->next, ++w->next_cookie, TCP_STATE_SYN_RECV);
    } else if (l->is != OPEN && !timewait) {
        l->dumped = true;
        return;
    } else {
        c = model_add(r->next, ask(w, timewait ? &l->timewait_cookie : &l->cookie),
                      timewait ? TCP_STATE_TIME_WAIT : TCP_STATE_ESTABLISHED);
    }
    assert_non_null(c);
    c->sport = (uint16_t)(1000 + i);
    c->dport = 443;
    l->seen = l->dumped = true;
}

static void counts_what_no_sample_had(void **state)
{
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct run *r = *state;
        struct world w = {.next_cookie = 100, .seed = seed};
        unsigned lag = 1 + (unsigned)seed % 3;
        uint64_t ended = 0, unseen = 0, gone = 0;

        told_sample(r, 0);
        told_join(r);
        for (int samples = 0; samples < 60; samples++) {
            live_on(&w);
            told_sample(r, 0);
            tell_some(r, &w, samples < 50 ? lag : 1);
            builder_of(r->next)->events_before_dump = told_events(r)->n_live;
            bool none_before = !told_events(r)->n_live;
            for (unsigned i = 0; i < w.next; i++) {
                dump_one(r, &w, i);
                if (samples < 50 && i == w.next / 2) { /* the dump is under way */
                    live_on(&w);
                    if (!none_before)
                        tell_some(r, &w, lag);
                }
            }
            told_join(r);
        }
        for (unsigned i = 0; i < w.next; i++) {
            ended += w.times[i].ended;
            unseen += w.times[i].ended && !w.times[i].seen;
            gone += w.times[i].is == GONE;
        }
        assert_int_equal(r->next->close_stats_total.ended, ended);
        assert_int_equal(r->next->close_stats_total.unseen, unseen);
        assert_int_equal(r->next->close_stats_total.unseen_acked, unseen);
        assert_int_equal(r->next->close_stats_total.closed, gone);
        assert_true(unseen > 0);
        told_teardown(state);
        told_setup(state);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, told_setup, told_teardown)
    const struct CMUnitTest tests[] = {
        TEST(counts_what_no_sample_had),
    };
    return cmocka_run_group_tests_name("endings_random", tests, NULL, NULL);
}
