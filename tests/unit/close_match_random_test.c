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

/* A host at random: sockets open, close, leave remnants or not; new connections take over remnants;
 * dumps see what is there but for some that they miss, and now and then a request whose socket has
 * come, or gone, meanwhile; ends are told at once, late, or while the dump goes on. Cookies are
 * given when a dump or an end first asks for one, as the kernel does.
 */
#define SOCKETS 400

struct socket_life {
    enum { UNBORN, OPEN, TIMEWAIT, GONE } is;
    uint64_t cookie, timewait_cookie; /* 0: nobody asked so far */
    bool seen;                        /* by a sample, as a socket, its request or its remnant */
    bool left;                        /* a sample saw its remnant */
    bool dumped;                      /* or might have been */
    bool ended, events;
    uint16_t port;
};

struct world {
    struct socket_life times[SOCKETS];
    uint16_t port[SOCKETS]; /* of remnants that were taken over: for new connections */
    unsigned n_ports;
    bool takes_over, misses; /* what happens on this host */
    uint64_t next_cookie, seed;
    unsigned next;
};

static uint64_t ask(struct world *w, uint64_t *cookie)
{
    return *cookie = *cookie ? *cookie : ++w->next_cookie;
}

static void be_born(struct world *w)
{
    struct socket_life *l = &w->times[w->next];

    l->is = OPEN;
    l->port = w->n_ports ? w->port[--w->n_ports] : (uint16_t)(1000 + w->next);
    w->next++;
}

static void live_on(struct world *w)
{
    for (unsigned births = model_random(&w->seed, 6); births && w->next < SOCKETS; births--)
        be_born(w);
    for (unsigned i = 0; i < w->next; i++) {
        struct socket_life *l = &w->times[i];
        if (l->is == OPEN && model_random(&w->seed, 3) == 0) {
            l->is = model_random(&w->seed, 2) ? TIMEWAIT : GONE;
            l->timewait_cookie = l->cookie;
            l->ended = true;
        } else if (l->is == TIMEWAIT && w->takes_over && l->left &&
                   model_random(&w->seed, 6) == 0) {
            l->is = GONE;
            w->port[w->n_ports++] = l->port;
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
        c->sport = l->port;
        l->events = true;
    }
}

static void dump_one(struct run *r, struct world *w, unsigned i)
{
    struct socket_life *l = &w->times[i];
    bool timewait = l->is == TIMEWAIT;
    struct conn *c;

    if (timewait && w->misses && model_random(&w->seed, 12) == 0)
        return;
    bool request =
        model_random(&w->seed, 8) == 0 && !l->dumped && !l->events && !w->takes_over && !w->misses;
    if (request) {
        c = model_add(r->next, ++w->next_cookie, TCP_STATE_SYN_RECV);
    } else if (l->is != OPEN && !timewait) {
        l->dumped = true;
        return;
    } else {
        c = model_add(r->next, ask(w, timewait ? &l->timewait_cookie : &l->cookie),
                      timewait ? TCP_STATE_TIME_WAIT : TCP_STATE_ESTABLISHED);
    }
    assert_non_null(c);
    c->sport = l->port;
    c->dport = 443;
    l->seen = l->dumped = true;
    l->left = timewait;
}

static void counts(void **state, bool takes_over, bool misses)
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
            w.takes_over = takes_over && samples < 50;
            w.misses = misses && samples < 20;
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
        assert_int_equal(r->next->close_stats_total.closed, gone);
        /* whose the remnant is that a dump had long after the socket before it cannot be told */
        if (!takes_over || !misses)
            assert_int_equal(r->next->close_stats_total.unseen, unseen);
        assert_int_equal(r->next->close_stats_total.unseen_acked,
                         r->next->close_stats_total.unseen);
        assert_true(unseen > 0);
        told_teardown(state);
        told_setup(state);
    }
}

static void counts_what_no_sample_had(void **state)
{
    counts(state, false, false);
}

static void counts_remnants_that_make_way_once(void **state)
{
    counts(state, true, false);
}

static void counts_remnants_that_a_dump_missed_once(void **state)
{
    counts(state, false, true);
    counts(state, true, true);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, told_setup, told_teardown)
    const struct CMUnitTest tests[] = {
        TEST(counts_what_no_sample_had),
        TEST(counts_remnants_that_make_way_once),
        TEST(counts_remnants_that_a_dump_missed_once),
    };
    return cmocka_run_group_tests_name("endings_random", tests, NULL, NULL);
}
