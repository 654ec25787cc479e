/* Ends of sockets, joined with samples in every order: told before or after the row was missed,
 * for a row still there, for one in TIME_WAIT, twice, for what no sample had, without a name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/figures.h"
#include "lib/model_build.h"
#include "lib/run.h"
#include "tcptop/model/predicate.h"

#define NONE UINT32_MAX

static struct snapshot_pool *told_pool;

static int setup(void **state)
{
    static struct run r;

    r = run_start(10);
    told_pool = snapshot_pool_new();
    *state = &r;
    return 0;
}

static int teardown(void **state)
{
    run_end(*state);
    snapshot_pool_free(told_pool);
    return 0;
}

/* A new sample to fill; the kernel has told nothing so far. */
static struct snapshot *fresh(struct run *r)
{
    struct snapshot *s = run_fresh(r, 0);

    s->deaths_told = true;
    s->ended = snapshot_new(told_pool);
    s->ended->needs = NEED_FLOW;
    return s;
}

static struct snapshot *join(struct run *r)
{
    if (!r->next->ended_before) /* all, unless the test says so */
        r->next->ended_before = r->next->ended->n_live;
    run_join(r);
    assert_null(r->next->ended);
    return r->next;
}

static void row(struct run *r, uint64_t cookie, unsigned state)
{
    struct conn *c = model_add(r->next, cookie, state);

    assert_non_null(c);
    c->dport = 443;
}

/* The kernel tells the end of the socket with this cookie, which sent and got so much. */
static struct conn *told(struct run *r, uint64_t cookie, uint64_t acked, uint64_t received)
{
    struct snapshot *s = r->next->ended;
    struct conn *c = model_add(s, cookie, TCP_STATE_CLOSE);
    struct flow *f = &s->flow[s->n_live - 1];

    assert_non_null(c);
    c->dport = 443;
    figure_set(f, FLOW_bytes_acked, acked);
    figure_set(f, FLOW_bytes_received, received);
    return c;
}

/* The same of a socket that was reset with SO_LINGER 0: wiped, but for a wrong queue. */
static void told_nameless(struct run *r, uint64_t cookie)
{
    struct conn *c = told(r, cookie, 0, 0);

    memset(c->src, 0, sizeof c->src);
    c->dport = 0;
    c->wqueue = 65538;
}

static uint32_t row_of(const struct snapshot *s, uint64_t cookie)
{
    return snapshot_find(s, &(struct conn){.cookie = cookie}, 0);
}

static bool is(const struct snapshot *s, uint64_t cookie, enum row_kind kind)
{
    uint32_t at = row_of(s, cookie);

    return at != NONE && snapshot_row_kind(s, at) == kind;
}

static uint64_t figure(const struct snapshot *s, uint64_t cookie, enum flow_field field)
{
    uint64_t value = UINT64_MAX;

    flow_get(snapshot_flow(s, row_of(s, cookie)), field, &value);
    return value;
}

/* Two established connections, seen. */
static void two(struct run *r)
{
    fresh(r);
    row(r, 1, TCP_STATE_ESTABLISHED);
    row(r, 2, TCP_STATE_ESTABLISHED);
    join(r);
}

static void known_one_is_closed_at_its_first_miss(void **state)
{
    struct run *r = *state;
    struct snapshot *s;

    two(r);
    fresh(r);
    row(r, 1, TCP_STATE_ESTABLISHED);
    told(r, 2, 500, 70);
    s = join(r);
    assert_true(is(s, 2, ROW_CLOSED));
    assert_int_equal(s->n_missing, 0);
    assert_int_equal(s->conn[row_of(s, 2)].state, TCP_STATE_ESTABLISHED); /* its last values */
    assert_int_equal(s->life[row_of(s, 2)].changed_ds, s->now_ds);
    assert_int_equal(figure(s, 2, FLOW_bytes_acked), 500);
    assert_int_equal(s->closed_total, 1);
    assert_int_equal(s->deaths.ended, 1);
    assert_int_equal(s->deaths.closed, 1);
    assert_int_equal(s->deaths.unseen, 0);
    fresh(r); /* it fades, with its figures */
    row(r, 1, TCP_STATE_ESTABLISHED);
    s = join(r);
    assert_true(is(s, 2, ROW_CLOSED));
    assert_int_equal(figure(s, 2, FLOW_bytes_received), 70);
    assert_int_equal(s->deaths.ended, 0);
    assert_int_equal(s->deaths_total.ended, 1);
}

static void told_before_the_row_is_missed(void **state)
{
    struct run *r = *state;
    struct snapshot *s;

    two(r);
    fresh(r); /* the dump met it just before it ended */
    row(r, 1, TCP_STATE_ESTABLISHED);
    row(r, 2, TCP_STATE_ESTABLISHED);
    told(r, 2, 500, 70);
    s = join(r);
    assert_true(is(s, 2, ROW_LIVE));
    assert_int_equal(s->deaths.ended, 1);
    fresh(r);
    row(r, 1, TCP_STATE_ESTABLISHED);
    s = join(r);
    assert_true(is(s, 2, ROW_CLOSED));
    assert_int_equal(figure(s, 2, FLOW_bytes_acked), 500);
    assert_int_equal(s->deaths_total.ended, 1);
    assert_int_equal(s->deaths_total.unseen, 0);
}

static void told_after_the_row_was_missed(void **state)
{
    struct run *r = *state;
    struct snapshot *s;

    two(r);
    fresh(r);
    row(r, 1, TCP_STATE_ESTABLISHED);
    assert_true(is(join(r), 2, ROW_MISSING));
    fresh(r);
    row(r, 1, TCP_STATE_ESTABLISHED);
    told(r, 2, 9, 9);
    s = join(r);
    assert_true(is(s, 2, ROW_CLOSED));
    assert_int_equal(s->deaths_total.closed, 1);
    assert_int_equal(s->deaths_total.unseen, 0);
}

static void told_after_the_row_was_given_up(void **state)
{
    struct run *r = *state;
    struct snapshot *s;

    two(r);
    for (int misses = 0; misses < 2; misses++) {
        fresh(r);
        row(r, 1, TCP_STATE_ESTABLISHED);
        join(r);
    }
    assert_true(is(r->next, 2, ROW_CLOSED));
    fresh(r);
    row(r, 1, TCP_STATE_ESTABLISHED);
    told(r, 2, 9, 9);
    s = join(r);
    assert_true(is(s, 2, ROW_CLOSED));
    assert_int_equal(s->n_closed, 1);
    assert_int_equal(figure(s, 2, FLOW_bytes_acked), 9);
    assert_int_equal(s->closed_total, 1);
    assert_int_equal(s->deaths_total.unseen, 0);
}

/* Opened and ended between two dumps. */
static void one_that_no_sample_had(void **state)
{
    struct run *r = *state;
    struct snapshot *s;
    uint32_t at;

    two(r);
    fresh(r);
    row(r, 1, TCP_STATE_ESTABLISHED);
    row(r, 2, TCP_STATE_ESTABLISHED);
    told(r, 77, 1000, 2000);
    told(r, 78, 10, 20);
    s = join(r);
    at = row_of(s, 77);
    assert_true(is(s, 77, ROW_CLOSED));
    assert_true(s->conn[at].flags & CONN_UNSEEN);
    assert_true(s->conn[at].flags & CONN_NO_OWNER);
    assert_int_equal(s->conn[at].state, TCP_STATE_CLOSE);
    assert_int_equal(s->conn[at].sport, 77);
    assert_int_equal(figure(s, 77, FLOW_bytes_received), 2000);
    assert_true(row_of(s, 78) < at); /* the newest first */
    assert_int_equal(s->n_closed, 2);
    assert_int_equal(s->closed_total, 0);
    assert_int_equal(s->deaths.unseen, 2);
    assert_int_equal(s->deaths.closed, 2);
    assert_int_equal(s->deaths.unseen_acked, 1010);
    assert_int_equal(s->deaths.unseen_received, 2020);
    for (int i = 0; i < 6; i++) { /* it fades once, and is not counted again */
        fresh(r);
        row(r, 1, TCP_STATE_ESTABLISHED);
        row(r, 2, TCP_STATE_ESTABLISHED);
        s = join(r);
        assert_int_equal(s->deaths.unseen, 0);
    }
    assert_int_equal(s->n_closed, 0);
    assert_int_equal(s->deaths_total.unseen, 2);
}

static void told_twice_counts_once(void **state)
{
    struct run *r = *state;
    struct snapshot *s;

    two(r);
    fresh(r);
    row(r, 1, TCP_STATE_ESTABLISHED);
    told(r, 2, 5, 5);
    told(r, 2, 5, 5);
    told(r, 77, 1, 1);
    told(r, 77, 1, 1);
    s = join(r);
    assert_int_equal(s->n_closed, 2);
    assert_int_equal(s->deaths.ended, 2);
    assert_int_equal(s->deaths.unseen, 1);
    assert_int_equal(s->deaths.unseen_acked, 1);
}

/* The end that closed first: its row goes on, with the cookie if a sample had it before. */
static void seen_one_goes_on_in_time_wait(void **state)
{
    struct run *r = *state;
    struct snapshot *s;

    two(r);
    fresh(r);
    row(r, 1, TCP_STATE_ESTABLISHED);
    row(r, 2, TCP_STATE_TIME_WAIT);
    told(r, 2, 5, 5);
    s = join(r);
    assert_true(is(s, 2, ROW_LIVE));
    assert_int_equal(s->changed, 1);
    assert_int_equal(s->deaths.ended, 1);
    assert_int_equal(s->deaths.closed, 0);
    fresh(r); /* nor is one miss of the remnant a death */
    row(r, 1, TCP_STATE_ESTABLISHED);
    assert_true(is(join(r), 2, ROW_MISSING));
}

/* The end told late, when the row is in TIME_WAIT already and this dump misses it. */
static void late_end_does_not_kill_the_remnant(void **state)
{
    struct run *r = *state;
    struct snapshot *s;

    two(r);
    fresh(r);
    row(r, 1, TCP_STATE_ESTABLISHED);
    row(r, 2, TCP_STATE_TIME_WAIT);
    r->next->conn[1].timer = TIMER_TIMEWAIT;
    r->next->conn[1].expires_ms = 59000;
    join(r);
    fresh(r);
    row(r, 1, TCP_STATE_ESTABLISHED);
    told(r, 2, 5, 5);
    s = join(r);
    assert_true(is(s, 2, ROW_MISSING));
    assert_int_equal(s->deaths.unseen, 0);
}

/* Never seen before it was in TIME_WAIT: the remnant has a cookie of its own. */
static void remnant_of_an_unseen_one_is_known_by_its_ends(void **state)
{
    struct run *r = *state;
    struct snapshot *s;

    two(r);
    fresh(r);
    row(r, 1, TCP_STATE_ESTABLISHED);
    row(r, 2, TCP_STATE_ESTABLISHED);
    row(r, 501, TCP_STATE_TIME_WAIT);
    row(r, 601, TCP_STATE_FIN_WAIT2); /* an orphan whose peer does not close */
    r->next->conn[3].timer = TIMER_TIMEWAIT;
    told(r, 80, 1, 1)->sport = 501; /* an earlier connection between the same ends */
    told(r, 81, 2, 2)->sport = 501;
    told(r, 82, 4, 4)->sport = 601;
    s = join(r);
    assert_true(is(s, 501, ROW_LIVE));
    assert_true(is(s, 601, ROW_LIVE));
    assert_int_equal(s->deaths.ended, 3);
    assert_int_equal(s->deaths.unseen, 1);
    assert_int_equal(s->deaths.unseen_acked, 1); /* the last one left the remnant */
    assert_true(is(s, 80, ROW_CLOSED));
}

/* The kernel tells from a queue: on a busy host long after the sample that had the remnant first.
 */
static void remnant_is_told_of_late(void **state)
{
    struct run *r = *state;
    struct snapshot *s;

    two(r);
    for (int i = 0; i < 3; i++) {
        fresh(r);
        row(r, 1, TCP_STATE_ESTABLISHED);
        row(r, 2, TCP_STATE_ESTABLISHED);
        row(r, 501, TCP_STATE_TIME_WAIT);
        join(r);
    }
    fresh(r);
    row(r, 1, TCP_STATE_ESTABLISHED);
    row(r, 2, TCP_STATE_ESTABLISHED);
    row(r, 501, TCP_STATE_TIME_WAIT);
    told(r, 81, 2, 2)->sport = 501;
    s = join(r);
    assert_int_equal(s->deaths.ended, 1);
    assert_int_equal(s->deaths.unseen, 0);
    fresh(r); /* each remnant is of one socket only */
    row(r, 1, TCP_STATE_ESTABLISHED);
    row(r, 2, TCP_STATE_ESTABLISHED);
    row(r, 501, TCP_STATE_TIME_WAIT);
    told(r, 80, 1, 1)->sport = 501;
    s = join(r);
    assert_int_equal(s->deaths.unseen, 1);
}

/* Missed twice, closed, faded, forgotten, and only then told of. */
static void closed_row_is_told_of_late(void **state)
{
    struct run *r = *state;
    struct snapshot *s;

    two(r);
    for (int i = 0; i < 9; i++) {
        fresh(r);
        row(r, 1, TCP_STATE_ESTABLISHED);
        s = join(r);
    }
    assert_int_equal(row_of(s, 2), NONE);
    fresh(r);
    row(r, 1, TCP_STATE_ESTABLISHED);
    told(r, 2, 9, 9);
    told(r, 77, 1, 1);
    s = join(r);
    assert_int_equal(s->deaths.ended, 2);
    assert_int_equal(s->deaths.unseen, 1);
    assert_int_equal(s->deaths_total.closed, 2);
    assert_int_equal(row_of(s, 2), NONE);
}

/* The socket that came of a request was told of by a cookie of its own, at once or late. */
static void request_is_told_of_by_its_ends(void **state)
{
    struct run *r = *state;
    struct snapshot *s;

    for (unsigned late = 0; late < 5; late++) {
        two(r);
        row(r, 700, TCP_STATE_SYN_RECV);
        row(r, 701, TCP_STATE_SYN_RECV);
        for (unsigned i = 0; i <= 5; i++) {
            fresh(r);
            row(r, 1, TCP_STATE_ESTABLISHED);
            row(r, 2, TCP_STATE_ESTABLISHED);
            if (i == late) {
                told(r, 80, 1, 1)->sport = 700;
                told(r, 81, 2, 2)->sport = 700; /* a request is of one socket only */
                told(r, 82, 4, 4)->sport = 900;
            }
            s = join(r);
        }
        assert_int_equal(s->closed_total, 2);
        assert_int_equal(s->deaths_total.ended, 3);
        assert_int_equal(s->deaths_total.unseen, 2);
        assert_int_equal(s->deaths_total.closed, 2 + 2);
        teardown(state);
        setup(state);
    }
}

/* Between the same ends a minute later there may be another connection. */
static void request_is_not_told_of_for_ever(void **state)
{
    struct run *r = *state;
    struct snapshot *s;

    two(r);
    row(r, 700, TCP_STATE_SYN_RECV);
    for (unsigned i = 0; i < 62; i++) {
        fresh(r);
        row(r, 1, TCP_STATE_ESTABLISHED);
        s = join(r);
    }
    fresh(r);
    row(r, 1, TCP_STATE_ESTABLISHED);
    told(r, 80, 1, 1)->sport = 700;
    s = join(r);
    assert_int_equal(s->deaths.unseen, 1);
}

/* The dump had passed the place where the remnant then was: only the next one has it. */
static void told_during_the_dump(void **state)
{
    struct run *r = *state;
    struct snapshot *s;

    two(r);
    fresh(r);
    row(r, 1, TCP_STATE_ESTABLISHED);
    row(r, 2, TCP_STATE_ESTABLISHED);
    told(r, 70, 1, 1);
    r->next->ended_before = 1;
    told(r, 80, 2, 2)->sport = 501;
    told(r, 81, 4, 4);
    s = join(r);
    assert_int_equal(s->deaths.ended, 3);
    assert_int_equal(s->deaths.unseen, 1);
    assert_true(is(s, 70, ROW_CLOSED));
    assert_int_equal(row_of(s, 81), NONE);
    fresh(r);
    row(r, 1, TCP_STATE_ESTABLISHED);
    row(r, 2, TCP_STATE_ESTABLISHED);
    row(r, 501, TCP_STATE_TIME_WAIT);
    s = join(r);
    assert_int_equal(s->deaths.ended, 0);
    assert_int_equal(s->deaths.unseen, 1);
    assert_int_equal(s->deaths.unseen_acked, 4);
    assert_true(is(s, 81, ROW_CLOSED));
    assert_true(s->conn[row_of(s, 81)].flags & CONN_UNSEEN);
    assert_int_equal(figure(s, 81, FLOW_bytes_received), 4);
    fresh(r); /* it waited for one sample, no longer */
    row(r, 1, TCP_STATE_ESTABLISHED);
    row(r, 2, TCP_STATE_ESTABLISHED);
    s = join(r);
    assert_int_equal(s->deaths_total.unseen, 2);
}

/* The same ends, open again: that is another connection. */
static void an_open_row_between_the_same_ends_is_another(void **state)
{
    struct run *r = *state;
    struct snapshot *s;

    two(r);
    fresh(r);
    row(r, 1, TCP_STATE_ESTABLISHED);
    row(r, 2, TCP_STATE_ESTABLISHED);
    row(r, 501, TCP_STATE_ESTABLISHED);
    told(r, 80, 1, 1)->sport = 501;
    s = join(r);
    assert_int_equal(s->deaths.unseen, 1);
}

static void nameless_end_is_believed_only_by_its_cookie(void **state)
{
    struct run *r = *state;
    struct snapshot *s;
    struct flow *flow;

    fresh(r)->needs = NEED_FLOW;
    row(r, 1, TCP_STATE_ESTABLISHED);
    row(r, 2, TCP_STATE_ESTABLISHED);
    flow = &r->next->flow[1];
    figure_set(flow, FLOW_bytes_acked, 333);
    join(r);
    fresh(r);
    row(r, 1, TCP_STATE_ESTABLISHED);
    told_nameless(r, 2);
    told_nameless(r, 90); /* refused, reset, or never connected: who can tell */
    s = join(r);
    assert_true(is(s, 2, ROW_CLOSED));
    assert_int_equal(s->conn[row_of(s, 2)].src[0], 10);
    assert_int_equal(s->conn[row_of(s, 2)].wqueue, 0);
    assert_int_equal(figure(s, 2, FLOW_bytes_acked), 333); /* the last that was sampled */
    assert_int_equal(row_of(s, 90), NONE);
    assert_int_equal(s->deaths.ended, 1);
    assert_int_equal(s->deaths.unseen, 0);
}

static void listener_dies_at_once_and_is_no_connection(void **state)
{
    struct run *r = *state;
    struct snapshot *s;

    fresh(r);
    row(r, 5, TCP_STATE_LISTEN);
    r->next->conn[0].dport = 0;
    join(r);
    fresh(r);
    told_nameless(r, 5);
    s = join(r);
    assert_true(is(s, 5, ROW_CLOSED));
    assert_int_equal(s->deaths.ended, 0);
    assert_int_equal(s->deaths.closed, 1);
}

static void partial_sample_believes_an_end(void **state)
{
    struct run *r = *state;
    struct snapshot *s;

    two(r);
    fresh(r)->status = SAMPLE_PARTIAL;
    told(r, 2, 5, 5);
    s = join(r);
    assert_true(is(s, 2, ROW_CLOSED));
    assert_true(is(s, 1, ROW_MISSING));
}

static void rows_kept_are_bounded_all_are_counted(void **state)
{
    struct run *r = *state;
    struct snapshot *s;

    two(r);
    fresh(r);
    row(r, 1, TCP_STATE_ESTABLISHED);
    for (uint64_t i = 0; i < 40000; i++)
        told(r, 1000 + i, 3, 1);
    told(r, 2, 5, 5); /* a row dies among them */
    s = join(r);
    assert_int_equal(s->n_closed, SNAPSHOT_CLOSED_MAX);
    assert_true(is(s, 2, ROW_CLOSED)); /* which has its place first */
    assert_int_equal(s->deaths.ended, 40001);
    assert_int_equal(s->deaths.unseen, 40000);
    assert_int_equal(s->deaths.unseen_acked, 120000);
    assert_true(is(s, 40999, ROW_CLOSED));
    assert_int_equal(row_of(s, 1000), NONE);
}

static void rows_without_cookies_are_left_alone(void **state)
{
    struct run *r = *state;
    struct snapshot *s;

    two(r);
    fresh(r);
    row(r, 0, TCP_STATE_ESTABLISHED);
    r->next->conn[0].flags = CONN_NO_COOKIE;
    told(r, 77, 1, 1);
    s = join(r);
    assert_false(s->deaths_told);
    assert_int_equal(s->deaths.unseen, 0);
}

static void only_what_passes_is_counted(void **state)
{
    struct run *r = *state;
    struct predicate p = {0};
    struct term t = {.kind = TERM_PORT, .side = SIDE_LOCAL, .lo = 77, .hi = 77};
    struct snapshot *s;

    assert_int_equal(predicate_term(&p, &t), 0);
    two(r);
    fresh(r)->count_only = &p;
    row(r, 1, TCP_STATE_ESTABLISHED);
    told(r, 2, 5, 5);
    told(r, 77, 1, 2);
    told(r, 78, 1, 2);
    s = join(r);
    assert_int_equal(s->deaths.closed, 1);
    assert_int_equal(s->deaths.unseen, 1);
    assert_int_equal(s->deaths.unseen_received, 2);
    assert_int_equal(s->deaths.ended, 3);
    predicate_fini(&p);
}

/* What is told with the first sample is of a time that nobody asked about. */
static void first_sample_counts_nothing(void **state)
{
    struct run *r = *state;
    struct snapshot *s;

    fresh(r);
    row(r, 1, TCP_STATE_ESTABLISHED);
    told(r, 77, 1, 1);
    s = join(r);
    assert_int_equal(s->deaths_total.ended, 0);
    assert_int_equal(s->n_closed, 0);
}

/* Other connections, other namespaces: the same cookie there is another socket. */
static void namespaces_are_told_apart(void **state)
{
    struct run *r = *state;
    struct snapshot *s;

    two(r);
    fresh(r);
    row(r, 1, TCP_STATE_ESTABLISHED);
    told(r, 2, 1, 1)->netns = 3;
    s = join(r);
    assert_true(is(s, 2, ROW_MISSING));
    assert_int_equal(s->deaths.unseen, 1);
}

/* A host at random: sockets open, close, leave remnants or not; dumps see what is there, and now
 * and then a request whose socket has come, or gone, meanwhile; ends are told at once, late, or
 * while the dump goes on. Cookies are given when a dump or an end first asks for one, as the kernel
 * does.
 */
#define SOCKETS 400

struct socket_life {
    enum { UNBORN, OPEN, REMNANT, GONE } is;
    uint64_t cookie, remnant_cookie; /* 0: nobody asked so far */
    bool seen;                       /* by a sample, as a socket, its request or its remnant */
    bool dumped;                     /* or might have been */
    bool ended, told;
};

struct world {
    struct socket_life life[SOCKETS];
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
        w->life[w->next++].is = OPEN;
    for (unsigned i = 0; i < w->next; i++) {
        struct socket_life *l = &w->life[i];
        if (l->is == OPEN && model_random(&w->seed, 3) == 0) {
            l->is = model_random(&w->seed, 2) ? REMNANT : GONE;
            l->remnant_cookie = l->cookie;
            l->ended = true;
        }
    }
}

static void tell_some(struct run *r, struct world *w, unsigned one_of)
{
    for (unsigned i = 0; i < w->next; i++) {
        struct socket_life *l = &w->life[i];
        if (!l->ended || l->told || model_random(&w->seed, one_of))
            continue;
        struct conn *c = told(r, ask(w, &l->cookie), 1, 0);
        c->sport = (uint16_t)(1000 + i);
        l->told = true;
    }
}

static void dump_one(struct run *r, struct world *w, unsigned i)
{
    struct socket_life *l = &w->life[i];
    bool remnant = l->is == REMNANT;
    struct conn *c;

    if (!l->dumped && !l->told && model_random(&w->seed, 8) == 0) {
        c = model_add(r->next, ++w->next_cookie, TCP_STATE_SYN_RECV);
    } else if (l->is != OPEN && !remnant) {
        l->dumped = true;
        return;
    } else {
        c = model_add(r->next, ask(w, remnant ? &l->remnant_cookie : &l->cookie),
                      remnant ? TCP_STATE_TIME_WAIT : TCP_STATE_ESTABLISHED);
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

        fresh(r);
        join(r);
        for (int samples = 0; samples < 60; samples++) {
            live_on(&w);
            fresh(r);
            tell_some(r, &w, samples < 50 ? lag : 1);
            r->next->ended_before = r->next->ended->n_live;
            bool none_before = !r->next->ended->n_live;
            for (unsigned i = 0; i < w.next; i++) {
                dump_one(r, &w, i);
                if (samples < 50 && i == w.next / 2) { /* the dump is under way */
                    live_on(&w);
                    if (!none_before)
                        tell_some(r, &w, lag);
                }
            }
            join(r);
        }
        for (unsigned i = 0; i < w.next; i++) {
            ended += w.life[i].ended;
            unseen += w.life[i].ended && !w.life[i].seen;
            gone += w.life[i].is == GONE;
        }
        assert_int_equal(r->next->deaths_total.ended, ended);
        assert_int_equal(r->next->deaths_total.unseen, unseen);
        assert_int_equal(r->next->deaths_total.unseen_acked, unseen);
        assert_int_equal(r->next->deaths_total.closed, gone);
        assert_true(unseen > 0);
        teardown(state);
        setup(state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_one_is_closed_at_its_first_miss),
        cmocka_unit_test(told_before_the_row_is_missed),
        cmocka_unit_test(told_after_the_row_was_missed),
        cmocka_unit_test(told_after_the_row_was_given_up),
        cmocka_unit_test(one_that_no_sample_had),
        cmocka_unit_test(told_twice_counts_once),
        cmocka_unit_test(seen_one_goes_on_in_time_wait),
        cmocka_unit_test(late_end_does_not_kill_the_remnant),
        cmocka_unit_test(remnant_of_an_unseen_one_is_known_by_its_ends),
        cmocka_unit_test(request_is_told_of_by_its_ends),
        cmocka_unit_test(request_is_not_told_of_for_ever),
        cmocka_unit_test(told_during_the_dump),
        cmocka_unit_test(remnant_is_told_of_late),
        cmocka_unit_test(closed_row_is_told_of_late),
        cmocka_unit_test(an_open_row_between_the_same_ends_is_another),
        cmocka_unit_test(nameless_end_is_believed_only_by_its_cookie),
        cmocka_unit_test(listener_dies_at_once_and_is_no_connection),
        cmocka_unit_test(partial_sample_believes_an_end),
        cmocka_unit_test(rows_kept_are_bounded_all_are_counted),
        cmocka_unit_test(rows_without_cookies_are_left_alone),
        cmocka_unit_test(only_what_passes_is_counted),
        cmocka_unit_test(first_sample_counts_nothing),
        cmocka_unit_test(namespaces_are_told_apart),
        cmocka_unit_test(counts_what_no_sample_had),
    };
    struct CMUnitTest all[sizeof tests / sizeof tests[0]];

    memcpy(all, tests, sizeof all);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        all[i].setup_func = setup;
        all[i].teardown_func = teardown;
    }
    return cmocka_run_group_tests(all, NULL, NULL);
}
