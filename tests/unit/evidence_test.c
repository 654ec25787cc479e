/* SPDX-License-Identifier: MIT */
/* HERE NOW: what is said about each kind of sample, and what is not said because it was not
 * measured. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/hosts.h"
#include "lib/owned.h"
#include "lib/sample.h"
#include "tcptop/explain/evidence.h"
#include "tcptop/explain/sample_summary.h"

static void state_list_marks(char *text)
{
    char *to = text;

    for (; *text; text++)
        if ((unsigned char)*text >= '\n')
            *to++ = *text;
    *to = '\0';
}

/* Facts and verdict as lines, marks dropped, NBSP as blanks; `s` is given back. */
static void expect(struct sample *s, unsigned state, uint32_t row, const char *expected)
{
    struct evidence e;
    const struct explain_subject subject = {.state = state, .sample = s, .row = row};
    char out[1024] = "";

    evidence_collect(&e, &subject);
    assert_false(evidence_failed(&e));
    for (unsigned i = 0; i < e.n_facts; i++) {
        strcat(out, str_text(&e.fact[i]));
        strcat(out, "\n");
    }
    if (e.verdict != VERDICT_NONE) {
        strcat(out, evidence_verdict_word(e.verdict));
        strcat(out, ": ");
        strcat(out, str_text(&e.reason));
    }
    state_list_marks(out);
    for (char *nbsp; (nbsp = strstr(out, "\u00a0")); *nbsp = ' ')
        memmove(nbsp + 1, nbsp + 2, strlen(nbsp + 1));
    assert_string_equal(out, expected);
    evidence_fini(&e);
    sample_unref(s);
}

static struct conn row_in(unsigned state)
{
    return (struct conn){.state = (uint8_t)state, .sport = 443, .inode = 9};
}

static void count(struct sample *s, enum host_counter which, uint64_t value)
{
    s->host.counter[which] = value;
    s->host.counter_valid |= 1u << which;
}

/* A sample of one kind of rows, all through the window. */
static struct sample *only(uint32_t n, struct conn c)
{
    struct sample *s = host_new();

    host_add(s, n, c);
    host_finish(s, c.state, n);
    return s;
}

static void nothing_measured(void **unused)
{
    (void)unused;
    struct sample *s = host_web01();
    s->status = SAMPLE_FAILED;
    expect(s, TCP_STATE_TIME_WAIT, UINT32_MAX, "");
    expect(NULL, TCP_STATE_TIME_WAIT, UINT32_MAX, "");
    expect(host_web01(), 0, UINT32_MAX, "");
    expect(host_web01(), TCP_STATE_CLOSE, UINT32_MAX,
           "not counted: the kernel does not list them\n");
    expect(host_web01(), TCP_STATE_BOUND_INACTIVE, UINT32_MAX,
           "not counted: listed only when asked for\n"
           "NORMAL: No rule found anything wrong.");
}

static void partial(void **unused)
{
    (void)unused;
    struct sample *s = host_web01();
    s->status = SAMPLE_PARTIAL;
    expect(s, TCP_STATE_TIME_WAIT, UINT32_MAX,
           "incomplete sample: there may be more\n"
           "71 closed first here in the last 60 s\n"
           "58 by a server here: no ephemeral port used\n"
           "13 by clients; 9 of 28,232 ports used to 1.0.0.0:8443 (9 in TIME_WAIT)\n"
           "UNKNOWN: An incomplete sample cannot show that all is well.");
}

static void trends(void **unused)
{
    (void)unused;
    struct sample *s = host_new();
    host_add(s, 1, row_in(TCP_STATE_CLOSE_WAIT));
    sample_count(s);
    expect(s, TCP_STATE_CLOSE_WAIT, UINT32_MAX, /* one sample has no trend */
           "1 socket\n1 with Recv-Q 0: read to the end, not closed\n"
           "NORMAL: Too few or too young to be a leak, by [doctor] in tcptop.ini.");
    s = host_new();
    host_add(s, 3, row_in(TCP_STATE_CLOSE_WAIT));
    host_finish(s, TCP_STATE_CLOSE_WAIT, 1);
    expect(s, TCP_STATE_CLOSE_WAIT, UINT32_MAX,
           "3 sockets, 2 more than 60 s ago\n3 with Recv-Q 0: read to the end, not closed\n"
           "NORMAL: Too few or too young to be a leak, by [doctor] in tcptop.ini.");
    s = host_new();
    host_finish(s, TCP_STATE_CLOSE_WAIT, 120);
    expect(s, TCP_STATE_CLOSE_WAIT, UINT32_MAX,
           "0 sockets, 120 fewer than 60 s ago\nNORMAL: No rule found anything wrong.");
}

static void time_wait_by_port(void **unused)
{
    (void)unused;
    expect(host_devbox(), TCP_STATE_TIME_WAIT, 32, /* the first of the 16 */
           "this one: 12 s left\n"
           "16 closed first here in the last 60 s\n"
           "the server closed first: local port 3000\n"
           "0 ephemeral ports used; entries expire in 12 to 49 s\n"
           "NORMAL: Neither ports nor the table run short; each entry expires by itself.");

    struct sample *s = host_devbox(); /* the range is not known: who else closed is not, either */
    s->host.sysctl_valid = 0;
    host_add(s, 1, (struct conn){.state = TCP_STATE_TIME_WAIT, .dport = 80});
    sample_count(s);
    expect(s, TCP_STATE_TIME_WAIT, UINT32_MAX,
           "17 closed first here in the last 60 s\n16 by a server here: no ephemeral port "
           "used\n"
           "NORMAL: Neither ports nor the table run short; each entry expires by itself.");

    s = host_devbox(); /* its listener is gone, and the port is none that the kernel chose */
    host_add(s, 2, (struct conn){.state = TCP_STATE_TIME_WAIT, .sport = 8080});
    sample_count(s);
    expect(s, TCP_STATE_TIME_WAIT, UINT32_MAX,
           "18 closed first here in the last 60 s\n"
           "16 by a server here: no ephemeral port used\n"
           "2 with a local port where nothing listens now\n"
           "NORMAL: Neither ports nor the table run short; each entry expires by itself.");
}

/* 61 ports of a range of 100 are in use towards one peer. */
static void time_wait_ports(void **unused)
{
    (void)unused;
    struct sample *s = host_new();
    struct conn c = {
        .state = TCP_STATE_TIME_WAIT, .dport = 5432, .dst = {10, 0, 3, 21}, .inode = 7};

    host_add(s, 50, c);
    c.state = TCP_STATE_ESTABLISHED;
    host_add(s, 11, c);
    host_sysctl_set(s, SYSCTL_PORT_LOW, 40001);
    host_sysctl_set(s, SYSCTL_PORT_HIGH, 40100);
    host_finish(s, TCP_STATE_TIME_WAIT, 50);
    expect(s, TCP_STATE_TIME_WAIT, UINT32_MAX,
           "50 closed first here in the last 60 s, steady\n"
           "50 by clients; 61 of 100 ports used to 10.0.3.21:5432 (50 in TIME_WAIT)\n"
           "NORMAL: Neither ports nor the table run short; each entry expires by itself.");
}

/* One summary serves every state; ports of closed rows are among the used, not the listening ones.
 */
static void summary_of_all_states(void **unused)
{
    (void)unused;
    struct sample *s = host_new();
    struct sample_summary v;
    host_add(s, 3, (struct conn){.state = TCP_STATE_CLOSE_WAIT, .sport = 443, .rqueue = 1});
    host_add(s, 1, (struct conn){.state = TCP_STATE_LISTEN, .sport = 80, .wqueue = 5});
    host_add(s, 2, (struct conn){.state = TCP_STATE_CLOSE, .sport = 81, .flags = CONN_BOUND});
    host_add(s, 1, (struct conn){.state = 99, .sport = 82}); /* of a kernel to come */
    host_add(s, 1, (struct conn){.state = TCP_STATE_LISTEN, .sport = 83});
    s->n_live--;
    s->n_closed++;
    sample_summary_make(&v, s);
    assert_int_equal(v.state_counts[TCP_STATE_CLOSE_WAIT].rows, 3);
    assert_int_equal(v.state_counts[TCP_STATE_CLOSE_WAIT].unread[1], 3);
    assert_int_equal(v.state_counts[TCP_STATE_LISTEN].rows, 1);
    assert_int_equal(v.state_counts[TCP_STATE_LISTEN].fullest, 3);
    assert_int_equal(v.state_counts[TCP_STATE_BOUND_INACTIVE].rows, 2);
    assert_int_equal(v.state_counts[TCP_STATE_CLOSE].rows, 0);
    assert_true(port_set_has(&v.listening, 80) && !port_set_has(&v.listening, 443));
    assert_true(!port_set_has(&v.listening, 83) && port_set_has(&v.used, 83));
    assert_true(port_set_has(&v.used, 82) && !port_set_has(&v.used, 84));
    sample_unref(s);
}

static void namespace_set(struct netns *ns, unsigned id, int64_t low, int64_t high)
{
    *ns = (struct netns){.name = {(char)('a' + id)}, .id = (uint16_t)id, .own = id == 0};
    ns->shown = true;
    ns->host.sysctl[SYSCTL_PORT_LOW] = low;
    ns->host.sysctl[SYSCTL_PORT_HIGH] = high;
    ns->host.sysctl_valid = 1u << SYSCTL_PORT_LOW | 1u << SYSCTL_PORT_HIGH;
}

/* What listens in one namespace serves nobody in another, and each has its own ephemeral ports. */
static void active_close_by_namespace(void **unused)
{
    (void)unused;
    struct sample *s = host_new();
    struct conn c = {.state = TCP_STATE_TIME_WAIT, .sport = 3000};
    struct sample_summary v;
    const struct active_close *found = &v.active_close;

    s->namespaces = netns_table_new(2);
    assert_non_null(s->namespaces);
    s->namespaces->several = true;
    namespace_set(&s->namespaces->list[0], 0, 32768, 60999);
    namespace_set(&s->namespaces->list[1], 1, 2000, 3999);
    netns_table_sort(s->namespaces);
    host_add(s, 1, (struct conn){.state = TCP_STATE_LISTEN, .sport = 3000});
    host_add(s, 5, c); /* where it listens */
    c.netns = 1;
    c.sport = 0;
    host_add(s, 7, c);                 /* ports from 40007 on: not of the range there */
    for (uint32_t i = 0; i < 4; i++) { /* and of the range, one of them 3000 */
        host_add(s, 1, (struct conn){.state = TCP_STATE_TIME_WAIT, .sport = (uint16_t)(2999 + i)});
        s->conn[s->n_live - 1].netns = 1;
        s->conn[s->n_live - 1].dport = 80;
    }
    sample_count(s);
    sample_summary_make(&v, s);
    assert_true(found->range_known);
    assert_int_equal(found->server, 5);
    assert_int_equal(found->server_port, 3000);
    assert_int_equal(found->other, 7);
    assert_int_equal(found->client, 4);
    assert_int_equal(found->peer_ports, 4);
    assert_int_equal(found->range, 2000);
    assert_true(listeners_on_port_of(s, &v.listening, &s->conn[1]));
    assert_false(listeners_on_port_of(s, &v.listening, &s->conn[s->n_live - 3]));
    assert_int_equal(s->conn[s->n_live - 3].sport, 3000);

    s->namespaces->list[1].host.sysctl_valid = 0;
    sample_summary_make(&v, s);
    assert_false(found->range_known);
    assert_int_equal(found->server, 5);
    assert_int_equal(found->client + found->other, 0);
    sample_unref(s);
}

/* Far more destinations than slots: the most used one is found and counted exactly. */
static void most_used_peer(void **unused)
{
    (void)unused;
    struct sample *s = host_new();
    struct conn c = {.state = TCP_STATE_TIME_WAIT, .dport = 80};
    struct sample_summary summary;
    const struct active_close *found = &summary.active_close;

    for (uint16_t i = 0; i < 1000; i++) {
        c.dst[1] = (uint8_t)(i >> 8);
        c.dst[2] = (uint8_t)i;
        c.dst[0] = 10;
        host_add(s, 1, c);
        if (i % 8 == 0) {
            c.dst[0] = 9;
            c.dst[1] = c.dst[2] = 0;
            host_add(s, 1, c);
        }
    }
    host_sysctl_set(s, SYSCTL_PORT_LOW, 32768);
    host_sysctl_set(s, SYSCTL_PORT_HIGH, 60999);
    host_finish(s, TCP_STATE_TIME_WAIT, 0);
    sample_summary_make(&summary, s);
    assert_int_equal(found->client, 1125);
    assert_int_equal(s->conn[found->peer].dst[0], 9);
    assert_int_equal(found->peer_ports, 125);
    sample_unref(s);
}

static void listen_queues(void **unused)
{
    (void)unused;
    struct conn c = {.state = TCP_STATE_LISTEN, .sport = 80, .inode = 1, .wqueue = 511};
    struct sample *s = host_new();
    host_add(s, 1, c);
    c.sport = 443;
    c.rqueue = 3;
    host_add(s, 1, c);
    count(s, COUNTER_LISTEN_OVERFLOWS, 0);
    host_finish(s, TCP_STATE_LISTEN, 2);
    expect(s, TCP_STATE_LISTEN, 1,
           "this one: 3 of 511 in the accept queue\n"
           "2 sockets, as many as 60 s ago\n"
           "3 of 511 in the fullest queue, port 443\n"
           "0 overflows in the last 60 s\n"
           "NORMAL: No rule found anything wrong.");
    c.rqueue = 3; /* the kernel lets one more in than the limit says */
    c.wqueue = 2;
    expect(only(1, c), TCP_STATE_LISTEN, 0,
           "this one: 3 in the accept queue, limit 2: full (the kernel lets one more in)\n"
           "1 socket, as many as 60 s ago\n"
           "3 in the fullest queue, port 443, limit 2: full (the kernel lets one more in)\n"
           "NORMAL: No rule found anything wrong.");
    c.rqueue = c.wqueue = 0;
    c.flags = CONN_NO_BACKLOG; /* the limit is not known: neither full nor not */
    expect(only(1, c), TCP_STATE_LISTEN, 0,
           "1 socket, as many as 60 s ago\nNORMAL: No rule found anything wrong.");

    s = host_new();
    c.flags = 0;
    host_add(s, 1, c);
    count(s, COUNTER_LISTEN_OVERFLOWS, 59);
    host_finish(s, TCP_STATE_LISTEN, 1);
    expect(s, TCP_STATE_LISTEN, UINT32_MAX,
           "1 socket, as many as 60 s ago\n"
           "all accept queues are empty\n"
           "59 overflows in the last 60 s\n"
           "NORMAL: No rule found anything wrong.");
}

static void opening(void **unused)
{
    (void)unused;
    struct conn c = {.state = TCP_STATE_SYN_SENT,
                     .inode = 1,
                     .timer = TIMER_RETRANSMIT,
                     .retrans = 2,
                     .expires_ms = 700};
    expect(only(1, c), TCP_STATE_SYN_SENT, 0,
           "this one: retransmitted 2 times without an ACK, again in 0.7 s\n"
           "1 socket, as many as 60 s ago\n"
           "1 retransmitting without an answer\n"
           "NORMAL: No rule found anything wrong.");
    c.retrans = 0;
    expect(only(1, c), TCP_STATE_SYN_SENT, 0,
           "this one: awaits an ACK, retransmits in 0.7 s without it\n"
           "1 socket, as many as 60 s ago\n"
           "NORMAL: No rule found anything wrong.");
    expect(only(1, c), TCP_STATE_SYN_SENT, UINT32_MAX,
           "1 socket, as many as 60 s ago\n"
           "NORMAL: No rule found anything wrong.");

    c.state = TCP_STATE_SYN_RECV;
    c.inode = 0;
    struct sample *s = host_new();
    count(s, COUNTER_REQQ_FULL_DROP, 118);
    count(s, COUNTER_SYNCOOKIES_SENT, 0);
    host_finish(s, TCP_STATE_SYN_RECV, 0);
    expect(s, TCP_STATE_SYN_RECV, UINT32_MAX,
           "0 requests\n"
           "0 answered by SYN cookie in the last 60 s\n"
           "118 dropped at a full queue in the last 60 s\n"
           "NORMAL: No rule found anything wrong.");
}

static void established(void **unused)
{
    (void)unused;
    struct sample *s = host_new();
    struct conn c = row_in(TCP_STATE_ESTABLISHED);
    host_add(s, 2, c);
    c.timer = TIMER_PROBE;
    c.wqueue = 1448;
    c.expires_ms = 61000;
    host_add(s, 1, c);
    c.timer = TIMER_KEEPALIVE;
    c.inode = 0;
    host_add(s, 1, c);
    count(s, COUNTER_RETRANS_SEGS, 60);
    count(s, COUNTER_SYN_RETRANS, 10);
    count(s, COUNTER_ORIG_DATA_SENT, 10000);
    count(s, COUNTER_DSACK_RECV, 20); /* so many of the 50 were not lost */
    host_finish(s, TCP_STATE_ESTABLISHED, 4);
    expect(s, TCP_STATE_ESTABLISHED, UINT32_MAX,
           "4 sockets, as many as 60 s ago\n"
           "1 not accepted yet, so no process has them\n"
           "1 probing a window that is closed or too small\n"
           "2 with nothing in flight and no keepalive\n"
           "0.3% of segments retransmitted in the last 60 s\n"
           "NORMAL: No rule found anything wrong.");
}

static void closing_here(void **unused)
{
    (void)unused;
    struct conn c = {.state = TCP_STATE_FIN_WAIT1, .sport = 443, .wqueue = 1449};
    struct sample *s = only(1, c);
    expect(s, TCP_STATE_FIN_WAIT1, UINT32_MAX, /* for a minute at least */
           "1 socket, as many as 60 s ago\n"
           "1 orphaned: the kernel finishes the rest\n"
           "1 with Send-Q above 1: data unacknowledged\n"
           "NORMAL: The kernel cleans up orphans by itself.");

    s = host_new();
    c = (struct conn){
        .state = TCP_STATE_FIN_WAIT2, .sport = 443, .timer = TIMER_TIMEWAIT, .expires_ms = 31400};
    host_add(s, 2, c);
    c.inode = 5;
    c.timer = TIMER_OFF;
    host_add(s, 1, c);
    host_finish(s, TCP_STATE_FIN_WAIT2, 3);
    expect(s, TCP_STATE_FIN_WAIT2, 0,
           "this one: 31 s left\n"
           "3 sockets, as many as 60 s ago\n"
           "2 orphaned, at most 31 s left\n"
           "1 with an owner: no time limit\n"
           "NORMAL: No rule found anything wrong.");

    c = (struct conn){.state = TCP_STATE_LAST_ACK, .sport = 443};
    expect(only(1, c), TCP_STATE_LAST_ACK, UINT32_MAX,
           "1 socket, as many as 60 s ago\n"
           "1 orphaned: the kernel finishes the rest\n"
           "NORMAL: The kernel cleans up orphans by itself.");
}

/* Sixty points with ends of connections: ten a second, half of them unseen. */
static struct sample *dying(unsigned state, uint64_t lost)
{
    struct sample *s = only(3, row_in(state));
    struct history *h = &s->history;

    for (uint32_t back = 0; back < h->len; back++) {
        struct point *p = &h->points[(h->head + h->len - 1 - back) % h->cap];
        p->close_events_known = true;
        p->close_stats = (struct close_stats){
            .ended = 1000 - 10 * back, .unseen = 500 - 5 * back, .lost = back ? 0 : lost};
    }
    return s;
}

static void close_stats(void **state)
{
    (void)state;
    expect(dying(TCP_STATE_CLOSE, 0), TCP_STATE_CLOSE, UINT32_MAX,
           "not counted: the kernel does not list them\n"
           "this host: 10 sockets closed/s over the last 60 s\n"
           "300 in the last 60 s lived only between two samples\n");
    expect(dying(TCP_STATE_CLOSE, 9), TCP_STATE_CLOSE, UINT32_MAX,
           "not counted: the kernel does not list them\n"
           "this host: at least 10 sockets closed/s over the last 60 s\n"
           "at least 300 in the last 60 s lived only between two samples\n");
    expect(dying(TCP_STATE_ESTABLISHED, 0), TCP_STATE_ESTABLISHED, UINT32_MAX,
           "3 sockets, as many as 60 s ago\n"
           "3 with nothing in flight and no keepalive\n"
           "this host: 10 sockets closed/s over the last 60 s\n"
           "300 in the last 60 s lived only between two samples\n"
           "NORMAL: No rule found anything wrong.");
}

/* A row that has closed is no proof that there is none. */
static void closed_row(void **state)
{
    (void)state;
    struct conn c = row_in(TCP_STATE_CLOSE);
    expect(only(1, c), TCP_STATE_CLOSE, 0,
           "this one: it has closed; the kernel lists it no more\n");
}

/* One that the last sample missed may be there still: nothing is said of its end. */
static void missed_row(void **state)
{
    (void)state;
    struct sample *s = only(1, row_in(TCP_STATE_ESTABLISHED));
    s->n_live = 0;
    s->n_missing = 1;
    expect(s, TCP_STATE_ESTABLISHED, 0,
           "this one: not in the last sample; the next ones tell whether it has closed\n"
           "1 socket, as many as 60 s ago\n"
           "NORMAL: No rule found anything wrong.");
}

/* A connection in an accept queue has no process; the pane says whose queue that is. */
static struct sample *queued(unsigned state, bool listens)
{
    struct sample *s = host_new();

    if (listens)
        host_add(s, 1, (struct conn){.state = TCP_STATE_LISTEN, .sport = 443, .inode = 7});
    host_add(s, 1, (struct conn){.state = (uint8_t)state, .sport = 443, .dport = 9});
    sample_count(s);
    return s;
}

static void whose_queue(void **unused)
{
    struct owner_lookup *lookup = owner_lookup_new();
    struct sample *s = queued(TCP_STATE_CLOSE_WAIT, true);

    (void)unused;
    owned_put(lookup, 812, 0, (const char *const[]){"nginx", "", ""}, (const uint32_t[]){7, 0});
    owned_assign(lookup, s);
    expect(
        s, TCP_STATE_CLOSE_WAIT, 1,
        "this one: waits in the accept queue of port 443, nginx (812)\n"
        "1 socket\n1 with Recv-Q 0: read to the end, not closed\n1 not accepted yet, so no process "
        "has them\n"
        "NORMAL: Too few or too young to be a leak, by [doctor] in tcptop.ini.");
    owner_lookup_free(lookup);
    expect(queued(TCP_STATE_ESTABLISHED, true), TCP_STATE_ESTABLISHED, 1,
           "this one: waits in the accept queue of port 443\n"
           "1 socket\n1 not accepted yet, so no process has them\n1 with nothing in flight and no "
           "keepalive\n"
           "NORMAL: No rule found anything wrong.");
    expect(queued(TCP_STATE_ESTABLISHED, false), TCP_STATE_ESTABLISHED,
           0, /* by what is not known */
           "this one: no timer runs\n"
           "1 socket\n1 not accepted yet, so no process has them\n1 with nothing in flight and no "
           "keepalive\n"
           "NORMAL: No rule found anything wrong.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_measured), cmocka_unit_test(partial),
        cmocka_unit_test(trends),           cmocka_unit_test(time_wait_by_port),
        cmocka_unit_test(time_wait_ports),  cmocka_unit_test(active_close_by_namespace),
        cmocka_unit_test(most_used_peer),   cmocka_unit_test(listen_queues),
        cmocka_unit_test(opening),          cmocka_unit_test(established),
        cmocka_unit_test(closing_here),     cmocka_unit_test(summary_of_all_states),
        cmocka_unit_test(close_stats),      cmocka_unit_test(closed_row),
        cmocka_unit_test(missed_row),       cmocka_unit_test(whose_queue),
    };
    return cmocka_run_group_tests_name("evidence", tests, NULL, NULL);
}
