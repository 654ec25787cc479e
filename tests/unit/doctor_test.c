/* Every rule of the doctor finds what it is about, and not what only looks like it; findings begin,
 * go on and end; what cannot be read is never fine; words, filter and rows of a finding agree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/figures.h"
#include "lib/sample.h"
#include "tcptop/base/clock.h"
#include "tcptop/explain/concern.h"
#include "tcptop/explain/doctor.h"
#include "tcptop/explain/finding_text.h"
#include "tcptop/query/filter.h"

static struct examiner *doctor;
static struct snapshot *now; /* the sample looked at last */

static int set_up(void **state)
{
    struct limits limits;

    (void)state;
    limits_init(&limits);
    doctor = doctor_new(&limits, false, 0.25);
    return doctor ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    doctor->free(doctor);
    snapshot_unref(now);
    now = NULL;
    return 0;
}

/* A sample `t` seconds after the first, with figures. */
static struct snapshot *at(double t)
{
    struct snapshot *s = snapshot_new(NULL);

    assert_non_null(s);
    s->needs = NEED_FLOW;
    s->mono_ns = NS_PER_S * 1000 + (int64_t)(t * (double)NS_PER_S);
    s->wall_ns = s->mono_ns;
    s->now_ds = 10000 + (uint32_t)(t * 10);
    s->status = SAMPLE_COMPLETE;
    return s;
}

/* `n` rows of a kind; the ports of the second end differ. Each has been so for `age` seconds. */
static struct conn *rows(struct snapshot *s, unsigned n, unsigned state, double age)
{
    static struct conn none;
    struct conn *c = &none;

    for (unsigned i = 0; i < n; i++) {
        char remote[32];
        snprintf(remote, sizeof remote, "10.0.0.2:%u", 20000 + i);
        c = sample_row(s, "10.0.0.1:80", remote, state);
        flow_clear(&s->flow[s->n_live - 1]);
        s->life[s->n_live - 1].changed_ds = s->now_ds - (uint32_t)(age * 10);
    }
    return c;
}

static void counter(struct snapshot *s, enum host_counter which, uint64_t value)
{
    s->host.counter[which] = value;
    s->host.counter_valid |= UINT32_C(1) << which;
}

static void setting(struct snapshot *s, enum host_sysctl which, int64_t value)
{
    s->host.sysctl[which] = value;
    s->host.sysctl_valid |= UINT32_C(1) << which;
}

static void gauge(struct snapshot *s, enum host_gauge which, uint64_t value)
{
    s->host.gauge[which] = value;
    s->host.gauge_valid |= UINT32_C(1) << which;
}

static void look(struct snapshot *s)
{
    snapshot_count(s);
    doctor->examine(doctor, s);
    snapshot_unref(now);
    now = s;
    assert_non_null(s->findings);
}

/* What the rule has found in the last sample, NULL for nothing. */
static const struct finding *found(enum rule_id rule)
{
    for (uint32_t i = 0; i < now->findings->n; i++)
        if (now->findings->list[i].rule == rule)
            return &now->findings->list[i];
    return NULL;
}

/* The finding that must be there. */
static struct finding the(enum rule_id rule)
{
    const struct finding *f = found(rule);

    if (!f) {
        fail_msg("rule %s has found nothing", rules[rule].name);
        return (struct finding){.rule = (uint8_t)rule};
    }
    return *f;
}

static double value(enum rule_id rule, unsigned which)
{
    struct finding f = the(rule);

    if (!(f.valid >> which & 1))
        fail_msg("rule %s has no figure %u", rules[rule].name, which);
    return f.value[which];
}

static bool said(const struct finding *f, enum finding_part part, const char *words)
{
    struct str text = STR_INIT;

    finding_part(f, part, &text);
    for (char *tie; (tie = strstr(text.data, NBSP)); *tie = ' ')
        memmove(tie + 1, tie + 2, strlen(tie + 1));
    bool holds = strstr(str_text(&text), words);
    if (!holds)
        print_message("'%s' is not in '%s'\n", words, str_text(&text));
    str_fini(&text);
    return holds;
}

/* CLOSE_WAIT: quiet for that long, after data was sent `sent` ago, of which `acked` came. */
static struct snapshot *close_wait(double t, unsigned n, double age, double quiet, double sent,
                                   uint64_t acked)
{
    struct snapshot *s = at(t);

    rows(s, n, TCP_STATE_CLOSE_WAIT, age);
    for (unsigned i = 0; i < n; i++) {
        figure_set(&s->flow[i], FLOW_last_ack_recv_ms, (uint64_t)(quiet * 1000));
        figure_set(&s->flow[i], FLOW_last_data_sent_ms, (uint64_t)(sent * 1000));
        figure_set(&s->flow[i], FLOW_bytes_acked, acked);
    }
    return s;
}

static void leaks(void **state)
{
    (void)state;
    /* there since before us, so no process is known, and by figures alone for over a minute */
    for (int t = 0; t < 2; t++)
        look(close_wait(t, 25, t, 61 + t, 90, 1000));
    assert_null(found(RULE_CLOSE_WAIT)); /* not three looks yet */
    for (int t = 2; t < 10; t++)
        look(close_wait(t, 25, t, 61 + t, 90, 1000));
    struct finding f = the(RULE_CLOSE_WAIT);
    assert_int_equal(f.severity, SEVERITY_WARNING);
    assert_int_equal((int)value(RULE_CLOSE_WAIT, FIGURE_CLOSE_WAIT_LEAKED), 25);
    assert_in_range((int)value(RULE_CLOSE_WAIT, FIGURE_CLOSE_WAIT_OLDEST), 68, 72);
    assert_true(said(&f, PART_SEEN, "25 of 25 connections in CLOSE_WAIT for over 60 s"));
    assert_false(f.has_peer); /* each has another port */
    assert_true(said(&f, PART_DO, "find the missing close(); a restart"));
    assert_int_equal(now->findings->warnings, 1);
    assert_int_equal(now->findings->states, STATE_BIT(TCP_STATE_CLOSE_WAIT));
}

static void no_leaks(void **state)
{
    (void)state;
    for (int t = 0; t < 10; t++) /* young */
        look(close_wait(t, 25, 20 + t, 20 + t, 20 + t, 1000));
    assert_null(found(RULE_CLOSE_WAIT));
    for (int t = 10; t < 20; t++) /* old, but data flows */
        look(close_wait(t, 25, 100 + t, 0, 0.5, 1000 + (uint64_t)t * 100));
    assert_null(found(RULE_CLOSE_WAIT));
    for (int t = 20; t < 30; t++) { /* not accepted */
        struct snapshot *s = close_wait(t, 25, 100 + t, 100, 100, 1000);
        for (unsigned i = 0; i < 25; i++)
            s->conn[i].inode = 0;
        look(s);
    }
    assert_null(found(RULE_CLOSE_WAIT));
    for (int t = 30; t < 40; t++) /* a pool that is being emptied */
        look(close_wait(t, 60 - (unsigned)t, 100 + t, 100, 100, 1000));
    assert_null(found(RULE_CLOSE_WAIT));
    assert_int_equal(now->findings->unlooked[RULE_CLOSE_WAIT], LOOKED);
}

/* More than can be watched one by one: a lower bound, in no more time. */
static void a_crowd(void **state)
{
    (void)state;
    for (int t = 0; t < 10; t++) {
        struct snapshot *s = at(t * 10);
        rows(s, 120000, TCP_STATE_CLOSE_WAIT, 100 + t);
        for (unsigned i = 0; i < 120000; i++) {
            figure_set(&s->flow[i], FLOW_bytes_acked, 7);
            figure_set(&s->flow[i], FLOW_last_data_sent_ms, 90000);
        }
        look(s);
    }
    assert_in_range((int)value(RULE_CLOSE_WAIT, FIGURE_CLOSE_WAIT_LEAKED), 90000, 120000);
    assert_int_equal((int)value(RULE_CLOSE_WAIT, FIGURE_CLOSE_WAIT_ALL), 120000);
}

static struct snapshot *queue(double t, uint32_t waiting, uint64_t overflows)
{
    struct snapshot *s = at(t);
    struct conn *c = rows(s, 1, TCP_STATE_LISTEN, 100);

    c->rqueue = waiting;
    c->wqueue = 10;
    counter(s, COUNTER_LISTEN_OVERFLOWS, overflows);
    return s;
}

static void accept_queues(void **state)
{
    (void)state;
    look(queue(0, 9, 5));
    look(queue(1, 10, 5)); /* full in one sample: a burst */
    assert_null(found(RULE_ACCEPT_QUEUE));
    look(queue(2, 0, 5));
    look(queue(3, 11, 5));
    look(queue(4, 11, 5));
    assert_int_equal(the(RULE_ACCEPT_QUEUE).severity, SEVERITY_WARNING);
    assert_int_equal(the(RULE_ACCEPT_QUEUE).subject, SUBJECT_LISTENER);
    for (int t = 5; t < 36; t++)
        look(queue(t, 11, 5 + (uint64_t)t));
    assert_int_equal(the(RULE_ACCEPT_QUEUE).severity, SEVERITY_CRITICAL); /* sustained */
    for (int t = 36; t < 60; t++)
        look(queue(t, 0, 40));
    assert_null(found(RULE_ACCEPT_QUEUE));
    assert_int_equal(now->findings->n_ended, 1);
    look(queue(60, 0, 60)); /* an overflow, but this listener's queue has room: not its fault */
    assert_int_equal(the(RULE_ACCEPT_QUEUE).subject, SUBJECT_HOST);
}

static struct snapshot *syns(double t, unsigned n, uint64_t cookies, int64_t sysctl)
{
    struct snapshot *s = at(t);
    struct conn *c = rows(s, 1, TCP_STATE_LISTEN, 100);

    c->wqueue = 30;
    rows(s, n, TCP_STATE_SYN_RECV, 1);
    counter(s, COUNTER_REQQ_FULL_COOKIES, 0);
    counter(s, COUNTER_REQQ_FULL_DROP, 0);
    counter(s, COUNTER_SYNCOOKIES_SENT, cookies);
    setting(s, SYSCTL_SYNCOOKIES, sysctl);
    return s;
}

static void syn_backlogs(void **state)
{
    (void)state;
    for (int t = 0; t < 5; t++)
        look(syns(t, 5, 0, 1));
    assert_null(found(RULE_SYN_BACKLOG));
    look(syns(5, 20, 0, 1)); /* half full, but none was turned away */
    assert_int_equal(the(RULE_SYN_BACKLOG).severity, SEVERITY_INFO);
    assert_int_equal(now->findings->warnings, 0);
    look(syns(6, 20, 7, 1));
    assert_int_equal(the(RULE_SYN_BACKLOG).severity, SEVERITY_WARNING);
    for (int t = 7; t < 20; t++)
        look(syns(t, 31, (uint64_t)t * 10, 1));
    assert_int_equal(the(RULE_SYN_BACKLOG).severity, SEVERITY_CRITICAL);
    assert_int_equal((int)value(RULE_SYN_BACKLOG, FIGURE_SYN_BACKLOG_LIMIT), 30);
    for (int t = 20; t < 60; t++) /* every answer is a cookie then */
        look(syns(t, 5, (uint64_t)t * 10, 2));
    assert_null(found(RULE_SYN_BACKLOG));
}

/* `waiting` in TIME_WAIT closed one after the other at `rate`, the youngest now. */
static struct snapshot *ports(double t, unsigned waiting, double rate, int64_t reuse)
{
    struct snapshot *s = at(t);

    for (unsigned i = 0; i < waiting; i++) {
        char local[32];
        snprintf(local, sizeof local, "10.0.0.1:%u", 40000 + i);
        struct conn *c = sample_row(s, local, "10.0.0.9:5432", TCP_STATE_TIME_WAIT);
        c->timer = TIMER_TIMEWAIT;
        c->expires_ms = 60000 - (uint32_t)(i / rate * 1000);
        c->inode = 0;
    }
    setting(s, SYSCTL_PORT_LOW, 40000);
    setting(s, SYSCTL_PORT_HIGH, 40999);
    setting(s, SYSCTL_TW_REUSE, reuse);
    setting(s, SYSCTL_TIMESTAMPS, 1);
    return s;
}

static void ephemeral_ports(void **state)
{
    (void)state;
    for (int t = 0; t < 5; t++)
        look(ports(t, 100 + (unsigned)t, 2, 0)); /* 2/s: at most 120 are ever used */
    assert_null(found(RULE_EPHEMERAL));
    for (int t = 5; t < 10; t++)
        look(ports(t, 300, 20, 0)); /* 20/s: all of the 1,000 would be used in 35 s */
    assert_int_equal(the(RULE_EPHEMERAL).severity, SEVERITY_WARNING);
    assert_in_range((int)value(RULE_EPHEMERAL, FIGURE_EPHEMERAL_LEFT), 33, 37);
    assert_in_range((int)(value(RULE_EPHEMERAL, FIGURE_EPHEMERAL_RATE) * 10), 190, 220);
    assert_true(said(&(struct finding[]){the(RULE_EPHEMERAL)}[0], PART_SEEN, "300 of 1,000 ports"));
    look(ports(10, 950, 20, 0));
    assert_int_equal(the(RULE_EPHEMERAL).severity, SEVERITY_CRITICAL);
    struct snapshot *s = ports(11, 950, 20, 0);
    setting(s, SYSCTL_RESERVED_PORTS, 500);
    look(s);
    assert_int_equal((int)value(RULE_EPHEMERAL, FIGURE_EPHEMERAL_AVAILABLE), 500);
}

static void ports_of_no_client(void **state)
{
    (void)state;
    for (int t = 0; t < 5; t++)
        look(ports(t, 950, 20, 1)); /* connect() takes them over after a second */
    assert_null(found(RULE_EPHEMERAL));
    for (int t = 5; t < 10; t++) {
        struct snapshot *s = ports(t, 950, 20, 0);
        for (unsigned i = 0; i < 950; i++) /* clients of a server here */
            sample_row(s, "10.0.0.1:1", "10.0.0.9:5432", TCP_STATE_LISTEN)->sport =
                (uint16_t)(40000 + i);
        look(s);
    }
    assert_null(found(RULE_EPHEMERAL));
    for (int t = 10; t < 15; t++) {
        struct snapshot *s = ports(t, 950, 20, 0);
        for (unsigned i = 0; i < 950; i++) /* each to another destination */
            s->conn[i].dport = (uint16_t)(1000 + i);
        look(s);
    }
    assert_null(found(RULE_EPHEMERAL));
    look(at(15)); /* the range is not known */
    assert_int_equal(now->findings->unlooked[RULE_EPHEMERAL], UNLOOKED_SYSCTL);
}

static void tables(void **state)
{
    (void)state;
    struct snapshot *s = at(0);
    look(s);
    assert_int_equal(now->findings->unlooked[RULE_TW_TABLE], UNLOOKED_COUNTERS);
    assert_int_equal(now->findings->unlooked[RULE_MEMORY], UNLOOKED_COUNTERS);
    for (int t = 1; t < 5; t++) {
        s = at(t);
        gauge(s, GAUGE_TW, 80);
        gauge(s, GAUGE_MEM_PAGES, 500);
        setting(s, SYSCTL_MAX_TW_BUCKETS, 100);
        setting(s, SYSCTL_MEM_PRESSURE, 600);
        setting(s, SYSCTL_MEM_MAX, 1000);
        counter(s, COUNTER_TW_OVERFLOW, 4);
        if (t == 3)
            s->host.gauge[GAUGE_TW] = 91;
        if (t == 4) {
            s->host.gauge[GAUGE_TW] = 10;
            s->host.counter[COUNTER_TW_OVERFLOW] = 5;
            s->host.gauge[GAUGE_MEM_PAGES] = 950;
        }
        look(s);
        assert_int_equal(!found(RULE_TW_TABLE), t < 3);
        assert_int_equal(!found(RULE_MEMORY), t < 4);
    }
    assert_int_equal((int)value(RULE_TW_TABLE, FIGURE_TW_TABLE_OVERFLOWS), 1);
    assert_int_equal(the(RULE_MEMORY).severity, SEVERITY_CRITICAL);
}

static void fin_wait2(void **state)
{
    (void)state;
    struct snapshot *s = at(0);
    rows(s, 999, TCP_STATE_FIN_WAIT2, 5);
    for (unsigned i = 0; i < 999; i++)
        s->conn[i].inode = 0;
    rows(s, 3, TCP_STATE_FIN_WAIT2, 500); /* kept, for a while */
    look(s);
    assert_null(found(RULE_FIN_WAIT2));
    s = at(1);
    rows(s, 1000, TCP_STATE_FIN_WAIT2, 5);
    for (unsigned i = 0; i < 1000; i++)
        s->conn[i].inode = 0;
    look(s);
    assert_int_equal(the(RULE_FIN_WAIT2).severity, SEVERITY_WARNING);
    for (int t = 2; t < 40; t++) {
        s = at(t);
        rows(s, 3, TCP_STATE_FIN_WAIT2, 700);
        look(s);
    }
    assert_int_equal(the(RULE_FIN_WAIT2).severity, SEVERITY_INFO); /* may be meant */
    assert_int_equal(now->findings->warnings, 0);
}

static void syn_sent(void **state)
{
    (void)state;
    struct snapshot *s = at(0);
    rows(s, 1, TCP_STATE_SYN_SENT, 2)->retrans = 1;
    look(s);
    assert_null(found(RULE_SYN_SENT));
    s = at(1);
    rows(s, 1, TCP_STATE_SYN_SENT, 2)->retrans = 3;
    look(s);
    assert_non_null(found(RULE_SYN_SENT));
    assert_int_equal((int)value(RULE_SYN_SENT, FIGURE_SYN_SENT_REPEATS), 3);
    for (int t = 2; t < 40; t++) { /* IPv6, while the same user has a connection by IPv4 */
        s = at(t);
        sample_row(s, "[2001:db8::1]:40000", "[2001:db8::2]:443", TCP_STATE_SYN_SENT)->retrans = 5;
        sample_row(s, "10.0.0.1:40001", "10.0.0.2:443", TCP_STATE_ESTABLISHED);
        look(s);
    }
    assert_null(found(RULE_SYN_SENT));
}

static struct snapshot *closing(double t, unsigned state, double age, unsigned repeats,
                                uint32_t unsent)
{
    struct snapshot *s = at(t);
    struct conn *c = rows(s, 1, state, age);

    c->inode = 0;
    c->wqueue = unsent;
    c->timer = TIMER_RETRANSMIT;
    c->retrans = (uint8_t)repeats;
    return s;
}

static void closings(void **state)
{
    (void)state;
    look(closing(0, TCP_STATE_LAST_ACK, 20, 0, 1)); /* a long path: nothing was repeated */
    assert_null(found(RULE_LAST_ACK));
    look(closing(1, TCP_STATE_LAST_ACK, 20, 2, 1));
    assert_int_equal(the(RULE_LAST_ACK).severity, SEVERITY_INFO);
    for (int t = 2; t < 10; t++)
        look(closing(t, TCP_STATE_FIN_WAIT1, 40 + t, 3, 5000 - (uint32_t)t * 100)); /* drains */
    assert_null(found(RULE_FIN_WAIT1));
    for (int t = 10; t < 45; t++)
        look(closing(t, TCP_STATE_FIN_WAIT1, 40 + t, 3, 4000));
    assert_int_equal(the(RULE_FIN_WAIT1).severity, SEVERITY_WARNING);
    struct snapshot *s = at(45);
    gauge(s, GAUGE_ORPHAN, 30);
    setting(s, SYSCTL_MAX_ORPHANS, 100);
    look(s);
    assert_true(said(&(struct finding[]){the(RULE_FIN_WAIT1)}[0], PART_CHECK, "tcp_max_orphans"));
}

static struct snapshot *sending(double t, uint64_t sent, uint64_t again, uint64_t needless)
{
    struct snapshot *s = at(t);

    counter(s, COUNTER_ORIG_DATA_SENT, sent);
    counter(s, COUNTER_RETRANS_SEGS, again + 500);
    counter(s, COUNTER_SYN_RETRANS, 500); /* no data */
    counter(s, COUNTER_DSACK_RECV, needless);
    return s;
}

static void retransmission(void **state)
{
    (void)state;
    look(sending(0, 0, 0, 0));
    look(sending(1, 900, 90, 0)); /* too few to say */
    assert_null(found(RULE_RETRANSMISSION));
    look(sending(2, 2000, 15, 0));
    assert_null(found(RULE_RETRANSMISSION));
    look(sending(3, 3000, 60, 0));
    assert_int_equal(the(RULE_RETRANSMISSION).severity, SEVERITY_WARNING);
    look(sending(4, 4000, 400, 0));
    assert_int_equal(the(RULE_RETRANSMISSION).severity, SEVERITY_CRITICAL);
    for (int t = 5; t < 100; t++)
        look(sending(t, 4000 + (uint64_t)t * 1000, 400 + (uint64_t)t * 50, (uint64_t)t * 50));
    assert_null(found(RULE_RETRANSMISSION)); /* all of it was needless */
}

/* One connection that sends a megabyte a second. */
static struct snapshot *flow(double t, double again, double peer, double buffer)
{
    struct snapshot *s = at(t);

    rows(s, 1, TCP_STATE_ESTABLISHED, 100);
    figure_set(s->flow, FLOW_last_data_sent_ms, 10);
    figure_set(s->flow, FLOW_bytes_sent, (uint64_t)(1e6 + t * 1e6));
    figure_set(s->flow, FLOW_bytes_retrans, (uint64_t)(t * 1e6 * again));
    figure_set(s->flow, FLOW_busy_us, (uint64_t)(t * 1e6));
    figure_set(s->flow, FLOW_rwnd_limited_us, (uint64_t)(t * 1e6 * peer));
    figure_set(s->flow, FLOW_sndbuf_limited_us, (uint64_t)(t * 1e6 * buffer));
    return s;
}

static void flows(void **state)
{
    (void)state;
    for (int t = 0; t < 10; t++)
        look(flow(t, 0.04, 0.4, 0.2));
    assert_null(found(RULE_FLOW_RETRANS));
    assert_null(found(RULE_ZERO_WINDOW));
    assert_null(found(RULE_SEND_BUFFER));
    for (int t = 0; t < 40; t++)
        look(flow(100 + t, 0.1, 0.7, 0.2));
    assert_non_null(found(RULE_FLOW_RETRANS));
    assert_non_null(found(RULE_ZERO_WINDOW));
    assert_in_range((int)value(RULE_ZERO_WINDOW, FIGURE_ZERO_WINDOW_SHARE), 69, 71);
    assert_null(found(RULE_SEND_BUFFER));
    for (int t = 0; t < 40; t++)
        look(flow(200 + t, 0, 0, 0.5));
    assert_int_equal(the(RULE_SEND_BUFFER).severity, SEVERITY_INFO);
    assert_null(found(RULE_FLOW_RETRANS));
}

static struct snapshot *shut(double t, bool probes, uint32_t waiting)
{
    struct snapshot *s = at(t);
    struct conn *c = rows(s, 1, TCP_STATE_ESTABLISHED, 100);

    c->timer = probes ? TIMER_PROBE : TIMER_RETRANSMIT;
    c->expires_ms = 200;
    c->wqueue = 5000;
    c->rqueue = waiting;
    return s;
}

static void windows(void **state)
{
    (void)state;
    for (int t = 0; t < 12; t++)
        look(shut(t, t % 2, 100000 - (uint32_t)t)); /* shut for moments; read, if slowly */
    assert_null(found(RULE_ZERO_WINDOW));
    assert_null(found(RULE_SLOW_READER));
    for (int t = 12; t < 30; t++)
        look(shut(t, true, 100000));
    assert_non_null(found(RULE_ZERO_WINDOW));
    assert_non_null(found(RULE_SLOW_READER));
    for (int t = 30; t < 50; t++)
        look(shut(t, false, 1)); /* an unread FIN */
    assert_null(found(RULE_ZERO_WINDOW));
    assert_null(found(RULE_SLOW_READER));
}

static void keepalive(void **state)
{
    (void)state;
    for (int t = 0; t < 8; t++) {
        struct snapshot *s = at(t);
        rows(s, 20, TCP_STATE_ESTABLISHED, 9000);
        for (unsigned i = 0; i < 20; i++) {
            figure_set(&s->flow[i], FLOW_last_data_sent_ms, 9000000);
            figure_set(&s->flow[i], FLOW_last_data_recv_ms, t < 4 ? 60000 : 8000000);
            if (i < 5)
                s->conn[i].timer = TIMER_KEEPALIVE;
        }
        look(s);
        if (t < 4)
            assert_null(found(RULE_KEEPALIVE)); /* something was received */
    }
    for (int t = 8; t < 14; t++) {
        struct snapshot *s = at(t);
        rows(s, 15, TCP_STATE_ESTABLISHED, 9000);
        for (unsigned i = 0; i < 15; i++) {
            figure_set(&s->flow[i], FLOW_last_data_sent_ms, 9000000);
            figure_set(&s->flow[i], FLOW_last_data_recv_ms, 8000000);
        }
        look(s);
    }
    assert_int_equal((int)value(RULE_KEEPALIVE, FIGURE_KEEPALIVE_COUNT), 15);
    assert_int_equal(the(RULE_KEEPALIVE).severity, SEVERITY_INFO);
}

static void resets(void **state)
{
    uint64_t sent = 0;

    (void)state;
    for (int t = 0; t < 200; t++) {
        struct snapshot *s = at(t);
        sent += t < 150 ? 20 : 100; /* five times the usual: health probes */
        counter(s, COUNTER_OUT_RSTS, sent);
        counter(s, COUNTER_ESTAB_RESETS, 0);
        look(s);
        assert_int_equal(now->findings->unlooked[RULE_RESETS], t < 60 ? UNLOOKED_SHORT : LOOKED);
    }
    assert_null(found(RULE_RESETS));
    for (int t = 200; t < 220; t++) {
        struct snapshot *s = at(t);
        sent += 2000;
        counter(s, COUNTER_OUT_RSTS, sent);
        counter(s, COUNTER_ESTAB_RESETS, 0);
        look(s);
    }
    assert_non_null(found(RULE_RESETS));
}

static void bound(void **state)
{
    (void)state;
    look(at(0));
    assert_int_equal(now->findings->unlooked[RULE_BOUND], UNLOOKED_BOUND);
    struct snapshot *s = at(1);
    s->needs |= NEED_BOUND;
    rows(s, 1000, TCP_STATE_CLOSE, 1);
    for (unsigned i = 0; i < 1000; i++)
        s->conn[i].flags |= CONN_BOUND;
    look(s);
    assert_int_equal((int)value(RULE_BOUND, FIGURE_BOUND_COUNT), 1000);
}

/* Ends only when it did not hold for a while, and then is kept. */
static void ending(void **state)
{
    (void)state;
    for (int t = 0; t < 3; t++)
        look(queue(t, 11, 0));
    int64_t since = the(RULE_ACCEPT_QUEUE).since_ns;
    for (int t = 3; t < 10; t++)
        look(queue(t, 0, 0));
    assert_non_null(found(RULE_ACCEPT_QUEUE)); /* still */
    for (int t = 10; t < 13; t++)
        look(queue(t, 11, 0));
    assert_int_equal(the(RULE_ACCEPT_QUEUE).since_ns, since);
    assert_int_equal(now->findings->n_ended, 0);
    for (int t = 13; t < 40; t++)
        look(queue(t, 0, 0));
    assert_null(found(RULE_ACCEPT_QUEUE));
    assert_int_equal(now->findings->n_ended, 1);
    assert_true(now->findings->list[0].ended_wall_ns > now->findings->list[0].since_wall_ns);
    struct snapshot *failed = at(40);
    failed->status = SAMPLE_FAILED;
    look(failed);
    assert_int_equal(now->findings->n_ended, 1); /* told with every sample */
    struct snapshot *other = at(41);
    other->netns_view = 7;
    look(other);
    assert_int_equal(now->findings->n_ended, 0); /* other namespaces, other findings */
}

/* The filter of a finding is one, and passes exactly the rows that it concerns. */
static void rows_concerned(void **state)
{
    struct str text = STR_INIT;
    struct predicate p = {0};
    struct filter_error error;
    struct snapshot *s = NULL;

    (void)state;
    for (int t = 0; t < 3; t++) {
        s = queue(t, 11, 0);
        sample_row(s, "10.0.0.1:81", "0.0.0.0:0", TCP_STATE_LISTEN)->wqueue = 5;
        rows(s, 3, TCP_STATE_SYN_SENT, 60);
        rows(s, 3, TCP_STATE_ESTABLISHED, 60);
        look(s);
    }
    assert_int_equal(now->findings->n, 2 + 2); /* a SYN_SENT for each port */
    for (uint32_t i = 0; i < now->findings->n; i++) {
        const struct finding *f = &now->findings->list[i];
        uint32_t concerned = 0;
        str_clear(&text);
        finding_filter(f, &text);
        assert_int_equal(filter_parse(str_text(&text), &p, &error), 0);
        for (uint32_t row = 0; row < s->n_live; row++) {
            assert_int_equal(predicate_match(&p, s, row), finding_concerns(f, s, row));
            concerned += finding_concerns(f, s, row);
        }
        assert_int_equal(concerned, 1);
        predicate_fini(&p);
        p = (struct predicate){0};
    }
    str_fini(&text);
}

/* Every rule has words in both languages for every figure it may have, and none it never has. */
static void words(void **state)
{
    struct finding f = {.valid = 0x7f};
    struct finding_words set;

    (void)state;
    for (unsigned language = 0; language < LANG_COUNT; language++) {
        text_use((enum language)language);
        for (unsigned rule = 0; rule < RULE_COUNT; rule++) {
            f.rule = (uint8_t)rule;
            f.concern.ends.family = AF_INET;
            for (unsigned known = 0; known < 2; known++) {
                struct str out = STR_INIT;
                f.valid = known ? 0x7f : 0;
                for (unsigned part = 0; part < PART_KINDS; part++)
                    finding_part(&f, (enum finding_part)part, &out);
                assert_null(strpbrk(str_text(&out), "[]"));
                assert_null(strstr(str_text(&out), "{"));
                str_fini(&out);
                assert_int_equal(finding_set(&set, &f, 30), 0);
                finding_words_fini(&set);
            }
        }
    }
    text_use(LANG_EN);
}

/* Figures are asked for now and then, all things by the eager one. */
static void needs(void **state)
{
    struct limits limits;

    (void)state;
    assert_int_equal(doctor->needs(doctor, NS_PER_S * 1000), 0); /* the first sample is quick */
    struct snapshot *s = at(0);
    s->needs = 0;
    look(s);
    assert_int_equal(doctor->needs(doctor, NS_PER_S * 1001), NEED_FLOW);
    look(at(1));
    assert_int_equal(doctor->needs(doctor, NS_PER_S * 1002), 0);
    assert_int_equal(doctor->needs(doctor, NS_PER_S * 1011), NEED_FLOW);
    limits_init(&limits);
    struct examiner *eager = doctor_new(&limits, true, 0.25);
    assert_int_equal(eager->needs(eager, 0), NEED_FLOW | NEED_OWNER | NEED_BOUND);
    eager->free(eager);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(leaks),
        TEST(no_leaks),
        TEST(a_crowd),
        TEST(accept_queues),
        TEST(syn_backlogs),
        TEST(ephemeral_ports),
        TEST(ports_of_no_client),
        TEST(tables),
        TEST(fin_wait2),
        TEST(syn_sent),
        TEST(closings),
        TEST(retransmission),
        TEST(flows),
        TEST(windows),
        TEST(keepalive),
        TEST(resets),
        TEST(bound),
        TEST(ending),
        TEST(rows_concerned),
        TEST(words),
        TEST(needs),
    };
    return cmocka_run_group_tests_name("doctor", tests, NULL, NULL);
}
