/* SPDX-License-Identifier: MIT */
/* What the rows of one state have in common: processes, peers, ports, ages, queues, ends; in parts
 * as at once, and exactly those of the state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>

#include "lib/hosts.h"
#include "lib/owned.h"
#include "lib/sample.h"
#include "tcptop/explain/breakdown.h"
#include "tcptop/explain/sample_summary.h"

static void make(struct breakdown *b, struct sample *s, unsigned state)
{
    struct sample_summary v;

    sample_count(s);
    sample_summary_make(&v, s);
    assert_int_equal(breakdown_make(b, s, &v, state), 0);
    assert_int_equal(b->state, state);
    assert_ptr_equal(b->of, s);
}

static void range(struct sample *s)
{
    host_sysctl_set(s, SYSCTL_PORT_LOW, 32768);
    host_sysctl_set(s, SYSCTL_PORT_HIGH, 60999);
}

static void processes(void **unused)
{
    static const char *const java[] = {"java", "", ""}, *const sh[] = {"sh", "", ""};
    struct owner_lookup *lookup = owner_lookup_new();
    struct sample *s = host_new();
    struct breakdown b;

    (void)unused;
    for (uint32_t inode = 11; inode <= 17; inode++)
        host_add(s, 1, (struct conn){.state = TCP_STATE_CLOSE_WAIT, .inode = inode, .sport = 80});
    host_add(s, 1, (struct conn){.state = TCP_STATE_CLOSE_WAIT, .sport = 80});
    host_add(s, 9, (struct conn){.state = TCP_STATE_ESTABLISHED, .inode = 11, .sport = 80});
    make(&b, s, TCP_STATE_CLOSE_WAIT);
    assert_false(b.owners_known);
    assert_int_equal(b.n_processes, 0);
    owned_put(lookup, 2841, 0, java, (const uint32_t[]){11, 12, 13, 14, 0});
    owned_put(lookup, 7, 0, sh, (const uint32_t[]){15, 16, 0});
    owned_assign(lookup, s);
    make(&b, s, TCP_STATE_CLOSE_WAIT);
    assert_true(b.owners_known);
    assert_int_equal(b.rows, 8);
    assert_int_equal(b.n_processes, 2);
    assert_string_equal(b.process[0].name, "java");
    assert_int_equal(b.process[0].pid, 2841);
    assert_int_equal(b.process[0].count, 4);
    assert_false(b.process[0].former);
    assert_int_equal(b.process[1].count, 2);
    assert_int_equal(b.other_processes, 0);
    assert_int_equal(b.ownerless, 2); /* one that nobody was found for, one without a file */

    s->owner[0] |= OWNER_FORMER; /* those before are told apart */
    make(&b, s, TCP_STATE_CLOSE_WAIT);
    assert_int_equal(b.n_processes, 3);
    assert_int_equal(b.process[2].count, 1);
    assert_true(b.process[2].former);
    sample_unref(s);
    owner_lookup_free(lookup);
}

/* A server's clients count by address and local port, a client's peers by address and port. */
static void places(void **unused)
{
    struct sample *s = host_new();
    struct conn c = {.state = TCP_STATE_ESTABLISHED, .sport = 443, .dst = {1}, .inode = 1};
    struct breakdown b;

    (void)unused;
    range(s);
    host_add(s, 1, (struct conn){.state = TCP_STATE_LISTEN, .sport = 443, .inode = 1});
    host_add(s, 5, c); /* five ports of one client */
    c.dst[0] = 2;
    host_add(s, 2, c);
    c = (struct conn){.state = TCP_STATE_ESTABLISHED, .dport = 5432, .dst = {9}, .inode = 1};
    host_add(s, 6, c);
    c.dport = 80;
    host_add(s, 1, c);
    c = (struct conn){.state = TCP_STATE_ESTABLISHED, .sport = 8080, .dst = {1}, .inode = 1};
    host_add(s, 1, c); /* its listener has gone, but the port is none that the kernel chooses */
    make(&b, s, TCP_STATE_ESTABLISHED);
    assert_int_equal(b.peers.distinct, 4);
    assert_int_equal(b.peers.n, 3);
    assert_int_equal(b.peers.entry[0].count, 6); /* 1, from two ports here */
    assert_false(b.peers.entry[0].by_port);
    assert_int_equal(b.peers.entry[1].count, 6); /* 9:5432 */
    assert_true(b.peers.entry[1].by_port);
    assert_int_equal(b.peers.entry[1].conn.dport, 5432);
    assert_int_equal(b.peers.entry[2].count, 2);
    assert_int_equal(b.ports.distinct, 4);
    assert_int_equal(b.ports.entry[0].count, 7);
    assert_false(b.ports.entry[0].by_port);
    assert_int_equal(b.ports.entry[0].conn.sport, 443);
    assert_int_equal(b.ports.entry[1].count, 6);
    assert_true(b.ports.entry[1].by_port);
    assert_int_equal(b.ports.n, 2); /* of the rest each is there once: none of them leads */
    sample_unref(s);
}

static void ages(void **unused)
{
    struct sample *s = host_new();
    struct breakdown b;

    (void)unused;
    host_add(s, 3, (struct conn){.state = TCP_STATE_CLOSE_WAIT, .inode = 1});
    s->times[0].changed_ds = 550; /* of 600 */
    s->times[1].changed_ds = 1;
    s->times[2].changed_ds = 480;
    make(&b, s, TCP_STATE_CLOSE_WAIT);
    assert_false(b.ages_vague);
    assert_int_equal(b.oldest_ms, 59900);
    assert_int_equal(b.aged[0], 2);
    assert_int_equal(b.aged[1], 0);
    s->times[1].changed_ds = 0; /* was there before us */
    make(&b, s, TCP_STATE_CLOSE_WAIT);
    assert_true(b.ages_vague);
    assert_int_equal(b.oldest_ms, 60000);
    assert_int_equal(b.aged[1], 1);
    sample_unref(s);
}

/* FIN and SYN, which the kernel counts as a byte, are no data. */
static void queues(void **unused)
{
    struct sample *s = host_new();
    struct breakdown b;

    (void)unused;
    host_add(s, 4, (struct conn){.state = TCP_STATE_CLOSE_WAIT, .rqueue = 1});
    host_add(s, 1, (struct conn){.state = TCP_STATE_CLOSE_WAIT, .rqueue = 101, .wqueue = 7});
    host_add(s, 2, (struct conn){.state = TCP_STATE_FIN_WAIT1, .wqueue = 1, .timer = 1});
    host_add(s, 1,
             (struct conn){.state = TCP_STATE_FIN_WAIT1, .wqueue = 41, .timer = 1, .retrans = 4});
    make(&b, s, TCP_STATE_CLOSE_WAIT);
    assert_int_equal(b.received.rows, 1);
    assert_int_equal(b.received.bytes, 100);
    assert_int_equal(b.sent.bytes, 7);
    assert_int_equal(b.fin_only, 0);
    make(&b, s, TCP_STATE_FIN_WAIT1);
    assert_int_equal(b.sent.rows, 1);
    assert_int_equal(b.sent.bytes, 40);
    assert_int_equal(b.fin_only, 2);
    assert_int_equal(b.repeats[0], 2);
    assert_int_equal(b.repeats[2], 1);
    assert_int_equal(b.most_repeats, 4);
    sample_unref(s);
}

static void ends(void **unused)
{
    struct sample *s = host_new();
    struct conn c = {.state = TCP_STATE_FIN_WAIT2, .timer = TIMER_TIMEWAIT, .expires_ms = 9000};
    struct breakdown b;

    (void)unused;
    host_add(s, 1, c);
    c.expires_ms = 51000;
    host_add(s, 1, c);
    host_add(s, 1, (struct conn){.state = TCP_STATE_FIN_WAIT2, .inode = 5}); /* no end */
    c = (struct conn){.state = TCP_STATE_SYN_SENT, .timer = TIMER_RETRANSMIT, .expires_ms = 600};
    host_add(s, 1, c);
    make(&b, s, TCP_STATE_SYN_SENT);
    assert_int_equal(b.close_event, 0); /* no sysctl is known */
    host_sysctl_set(s, SYSCTL_SYN_RETRIES, 6);
    make(&b, s, TCP_STATE_SYN_SENT);
    assert_int_equal(b.close_event, 1);
    assert_int_equal(b.first_end_ms, 126600);
    make(&b, s, TCP_STATE_FIN_WAIT2);
    assert_int_equal(b.close_event, 2);
    assert_int_equal(b.first_end_ms, 9000);
    assert_int_equal(b.last_end_ms, 51000);
    sample_unref(s);
}

static void listeners(void **unused)
{
    struct sample *s = host_new();
    struct conn c = {.state = TCP_STATE_LISTEN, .inode = 1, .wqueue = 100};
    struct breakdown b;

    (void)unused;
    for (uint16_t port = 80; port < 86; port++) {
        c.sport = port;
        c.rqueue = port % 2 ? port : 0;
        host_add(s, 1, c);
    }
    c.sport = 90;
    c.flags = CONN_NO_BACKLOG; /* its limit is not known */
    c.rqueue = 99;
    host_add(s, 1, c);
    host_add(s, 12, (struct conn){.state = TCP_STATE_SYN_RECV, .sport = 83});
    host_add(s, 3, (struct conn){.state = TCP_STATE_SYN_RECV, .sport = 90});
    make(&b, s, TCP_STATE_LISTEN);
    assert_int_equal(b.rows, 7);
    assert_int_equal(b.n_queues, 3);
    assert_int_equal(b.queue[0].port, 85);
    assert_int_equal(b.queue[1].port, 83);
    assert_int_equal(b.queue[2].length, 81);
    make(&b, s, TCP_STATE_SYN_RECV);
    assert_int_equal(b.n_queues, 1);
    assert_int_equal(b.queue[0].port, 83);
    assert_int_equal(b.queue[0].length, 12);
    assert_int_equal(b.queue[0].limit, 100);
    sample_unref(s);
}

/* A port that several sockets listen on is named once, with the fullest of its queues. */
static void listeners_of_one_port(void **unused)
{
    static const struct breakdown_queue sockets[] = {
        {80, 0, 128},  {443, 5, 512}, {80, 0, 511},   {8080, 40, 128}, {443, 9, 512},
        {443, 7, 512}, {80, 90, 511}, {9000, 1, 128}, {8080, 10, 4096}};
    static const struct breakdown_queue expected[] = {
        {8080, 40, 128}, {80, 90, 511}, {443, 9, 512}};
    const size_t n = sizeof sockets / sizeof *sockets;

    (void)unused;
    for (size_t first = 0; first < n; first++) { /* in whatever order they come */
        struct sample *s = host_new();
        struct breakdown b;
        for (size_t i = 0; i < n; i++) {
            const struct breakdown_queue *q = &sockets[(first + i) % n];
            host_add(s, 1,
                     (struct conn){.state = TCP_STATE_LISTEN,
                                   .family = i % 2 ? AF_INET6 : AF_INET,
                                   .sport = q->port,
                                   .rqueue = q->length,
                                   .wqueue = q->limit,
                                   .inode = 1});
        }
        make(&b, s, TCP_STATE_LISTEN);
        assert_int_equal(b.rows, n);
        assert_int_equal(b.n_queues, 3);
        for (unsigned i = 0; i < 3; i++) {
            assert_int_equal(b.queue[i].port, expected[i].port);
            assert_int_equal(b.queue[i].length, expected[i].length);
            assert_int_equal(b.queue[i].limit, expected[i].limit);
        }
        sample_unref(s);
    }
}

/* Nothing waits in either: the one that overflows first stands for both. */
static void empty_queues_of_one_port(void **unused)
{
    struct sample *s = host_new();
    struct breakdown b;

    (void)unused;
    for (uint32_t limit = 4096; limit >= 128; limit /= 2)
        host_add(s, 1, (struct conn){.state = TCP_STATE_LISTEN, .sport = 22, .wqueue = limit});
    make(&b, s, TCP_STATE_LISTEN);
    assert_int_equal(b.n_queues, 1);
    assert_int_equal(b.queue[0].limit, 128);
    sample_unref(s);
}

static void in_parts(void **unused)
{
    struct sample *s = host_api07();
    struct breakdown whole, parts;
    struct breakdown_work w;
    struct sample_summary v;
    unsigned steps = 1;

    (void)unused;
    make(&whole, s, TCP_STATE_CLOSE_WAIT);
    assert_int_equal(whole.rows, 412);
    sample_summary_make(&v, s);
    assert_int_equal(breakdown_begin(&w, &parts, s, &v, TCP_STATE_CLOSE_WAIT), 0);
    while (!breakdown_step(&w, 100))
        steps++;
    breakdown_finish(&w);
    assert_true(steps > 30);
    assert_memory_equal(&whole, &parts, sizeof whole);
    sample_unref(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(processes),
        cmocka_unit_test(places),
        cmocka_unit_test(ages),
        cmocka_unit_test(queues),
        cmocka_unit_test(ends),
        cmocka_unit_test(listeners),
        cmocka_unit_test(listeners_of_one_port),
        cmocka_unit_test(empty_queues_of_one_port),
        cmocka_unit_test(in_parts),
    };
    return cmocka_run_group_tests_name("breakdown", tests, NULL, NULL);
}
