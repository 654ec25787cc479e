/* SPDX-License-Identifier: MIT */
/* Rules about the states that connections stay in find what they are about, and not what only looks
 * like it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "lib/figures.h"
#include "lib/patient.h"
#include "lib/sample.h"

/* CLOSE_WAIT: quiet for that long, after data was sent `sent` ago, of which `acked` came. */
static struct sample *close_wait(double t, unsigned n, double age, double quiet, double sent,
                                 uint64_t acked)
{
    struct sample *s = patient_sample(t);

    patient_rows(s, n, TCP_STATE_CLOSE_WAIT, age);
    for (unsigned i = 0; i < n; i++) {
        figure_set(&s->metrics[i], METRICS_last_ack_recv_ms, (uint64_t)(quiet * 1000));
        figure_set(&s->metrics[i], METRICS_last_data_sent_ms, (uint64_t)(sent * 1000));
        figure_set(&s->metrics[i], METRICS_bytes_acked, acked);
    }
    return s;
}

static void leaks(void **state)
{
    (void)state;
    /* there since before us, so no process is known, and by figures alone for over a minute */
    for (int t = 0; t < 10; t++) {
        struct sample *s = close_wait(t, 25, 0, 61 + t, 90, 1000);
        patient_watched(s, t);
        patient_look(s);
        if (t < 2)
            assert_null(patient_found(RULE_CLOSE_WAIT)); /* not three looks yet */
    }
    struct finding f = patient_finding(RULE_CLOSE_WAIT);
    assert_int_equal(f.severity, SEVERITY_WARNING);
    assert_int_equal((int)patient_value(RULE_CLOSE_WAIT, FIGURE_CLOSE_WAIT_LEAKED), 25);
    assert_in_range((int)patient_value(RULE_CLOSE_WAIT, FIGURE_CLOSE_WAIT_OLDEST), 68, 72);
    assert_true(patient_says(&f, PART_SEEN, "25 of 25 connections in CLOSE_WAIT for over 60 s"));
    assert_true(patient_says(&f, PART_SEEN, "the oldest for at least 70 s"));
    assert_false(f.has_peer); /* each has another port */
    assert_true(patient_says(&f, PART_DO, "find the missing close(); a restart"));
    assert_int_equal(patient.now->findings->warnings, 1);
    assert_int_equal(patient.now->findings->states, STATE_BIT(TCP_STATE_CLOSE_WAIT));
}

/* Of how many the peer is told: of the leaked ones, not of what else the process has. */
static void the_peer_of_the_leaked_ones(void **state)
{
    (void)state;
    for (int t = 0; t < 10; t++) {
        struct sample *s = close_wait(t, 25, 90 + t, 61 + t, 90, 1000);
        patient_rows(s, 3, TCP_STATE_FIN_WAIT2, 90 + t);
        struct conn *c = patient_rows(s, 2, TCP_STATE_ESTABLISHED, 90 + t);
        c->rqueue = 1 << 20;
        for (uint32_t row = 0; row < s->n_live; row++)
            s->conn[row].dport = 443;
        patient_look(s);
    }
    assert_int_equal((int)patient_value(RULE_CLOSE_WAIT, FIGURE_CLOSE_WAIT_LEAKED), 25);
    assert_int_equal((int)patient_value(RULE_CLOSE_WAIT, FIGURE_CLOSE_WAIT_PEER), 25);
}

static void no_leaks(void **state)
{
    (void)state;
    for (int t = 0; t < 10; t++) /* young */
        patient_look(close_wait(t, 25, 20 + t, 20 + t, 20 + t, 1000));
    assert_null(patient_found(RULE_CLOSE_WAIT));
    for (int t = 10; t < 20; t++) /* old, but data flows */
        patient_look(close_wait(t, 25, 100 + t, 0, 0.5, 1000 + (uint64_t)t * 100));
    assert_null(patient_found(RULE_CLOSE_WAIT));
    for (int t = 20; t < 30; t++) { /* not accepted */
        struct sample *s = close_wait(t, 25, 100 + t, 100, 100, 1000);
        for (unsigned i = 0; i < 25; i++)
            s->conn[i].inode = 0;
        patient_look(s);
    }
    assert_null(patient_found(RULE_CLOSE_WAIT));
    for (int t = 30; t < 40; t++) /* a pool that is being emptied */
        patient_look(close_wait(t, 60 - (unsigned)t, 100 + t, 100, 100, 1000));
    assert_null(patient_found(RULE_CLOSE_WAIT));
    assert_int_equal(patient.now->findings->skip[RULE_CLOSE_WAIT], LOOKED);
}

/* More than can be watched one by one: a lower bound, in no more time. */
static void a_crowd(void **state)
{
    (void)state;
    for (int t = 0; t < 10; t++) {
        struct sample *s = patient_sample(t * 10);
        patient_rows(s, 120000, TCP_STATE_CLOSE_WAIT, 100 + t);
        for (unsigned i = 0; i < 120000; i++) {
            figure_set(&s->metrics[i], METRICS_bytes_acked, 7);
            figure_set(&s->metrics[i], METRICS_last_data_sent_ms, 90000);
        }
        patient_look(s);
    }
    assert_in_range((int)patient_value(RULE_CLOSE_WAIT, FIGURE_CLOSE_WAIT_LEAKED), 90000, 120000);
    assert_int_equal((int)patient_value(RULE_CLOSE_WAIT, FIGURE_CLOSE_WAIT_ALL), 120000);
}

static void fin_wait2(void **state)
{
    (void)state;
    struct sample *s = patient_sample(0);
    patient_rows(s, 999, TCP_STATE_FIN_WAIT2, 5);
    for (unsigned i = 0; i < 999; i++)
        s->conn[i].inode = 0;
    patient_rows(s, 3, TCP_STATE_FIN_WAIT2, 500); /* kept, for a while */
    patient_look(s);
    assert_null(patient_found(RULE_FIN_WAIT2));
    s = patient_sample(1);
    patient_rows(s, 1000, TCP_STATE_FIN_WAIT2, 5);
    for (unsigned i = 0; i < 1000; i++)
        s->conn[i].inode = 0;
    patient_look(s);
    assert_int_equal(patient_finding(RULE_FIN_WAIT2).severity, SEVERITY_WARNING);
    for (int t = 2; t < 40; t++) {
        s = patient_sample(t);
        patient_rows(s, 3, TCP_STATE_FIN_WAIT2, 700);
        patient_look(s);
    }
    assert_int_equal(patient_finding(RULE_FIN_WAIT2).severity, SEVERITY_INFO); /* may be meant */
    assert_int_equal(patient.now->findings->warnings, 0);
}

static void syn_sent(void **state)
{
    (void)state;
    struct sample *s = patient_sample(0);
    patient_rows(s, 1, TCP_STATE_SYN_SENT, 2)->retrans = 1;
    patient_look(s);
    assert_null(patient_found(RULE_SYN_SENT));
    s = patient_sample(1);
    patient_rows(s, 1, TCP_STATE_SYN_SENT, 2)->retrans = 3;
    patient_look(s);
    assert_non_null(patient_found(RULE_SYN_SENT));
    assert_int_equal((int)patient_value(RULE_SYN_SENT, FIGURE_SYN_SENT_REPEATS), 3);
    for (int t = 2; t < 40; t++) { /* IPv6, while the same user has a connection by IPv4 */
        s = patient_sample(t);
        sample_row(s, "[2001:db8::1]:40000", "[2001:db8::2]:443", TCP_STATE_SYN_SENT)->retrans = 5;
        sample_row(s, "10.0.0.1:40001", "10.0.0.2:443", TCP_STATE_ESTABLISHED);
        patient_look(s);
    }
    assert_null(patient_found(RULE_SYN_SENT));
}

/* That IPv4 works does not explain more attempts by IPv6 than there are connections, nor one that
 * was begun when the connection had long been there. */
static void syn_sent_beside_ipv4(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= 2; n++) {
        for (unsigned older = 0; older <= 1; older++) {
            patient_tear_down(NULL);
            patient_set_up(NULL);
            struct sample *s = patient_sample(0);
            for (unsigned i = 0; i < n; i++) {
                char local[32];
                snprintf(local, sizeof local, "[2001:db8::1]:%u", 40000 + i);
                sample_row(s, local, "[2001:db8::2]:443", TCP_STATE_SYN_SENT)->retrans = 5;
                s->times[i].changed_ds = s->now_ds - 100;
            }
            sample_row(s, "10.0.0.1:40009", "10.0.0.2:443", TCP_STATE_ESTABLISHED);
            s->times[n].changed_ds = s->now_ds - (older ? 5000 : 100);
            patient_look(s);
            assert_int_equal(patient_found(RULE_SYN_SENT) != NULL, n > 1 || older);
        }
    }
}

static struct sample *closing(double t, unsigned state, double age, unsigned repeats,
                              uint32_t unsent)
{
    struct sample *s = patient_sample(t);
    struct conn *c = patient_rows(s, 1, state, age);

    c->inode = 0;
    c->wqueue = unsent;
    c->timer = TIMER_RETRANSMIT;
    c->retrans = (uint8_t)repeats;
    return s;
}

static void closings(void **state)
{
    (void)state;
    patient_look(closing(0, TCP_STATE_LAST_ACK, 20, 0, 1)); /* a long path: nothing was repeated */
    assert_null(patient_found(RULE_LAST_ACK));
    patient_look(closing(1, TCP_STATE_LAST_ACK, 20, 2, 1));
    assert_int_equal(patient_finding(RULE_LAST_ACK).severity, SEVERITY_INFO);
    for (int t = 2; t < 10; t++)
        /* drains */
        patient_look(closing(t, TCP_STATE_FIN_WAIT1, 40 + t, 3, 5000 - (uint32_t)t * 100));
    assert_null(patient_found(RULE_FIN_WAIT1));
    for (int t = 10; t < 45; t++)
        patient_look(closing(t, TCP_STATE_FIN_WAIT1, 40 + t, 3, 4000));
    assert_int_equal(patient_finding(RULE_FIN_WAIT1).severity, SEVERITY_WARNING);
    struct sample *s = patient_sample(45);
    patient_gauge(s, GAUGE_ORPHAN, 30);
    patient_setting(s, SYSCTL_MAX_ORPHANS, 100);
    patient_look(s);
    assert_true(patient_says(&(struct finding[]){patient_finding(RULE_FIN_WAIT1)}[0], PART_CHECK,
                             "tcp_max_orphans"));
}

static void connected_to_itself(void **state)
{
    (void)state;
    for (int t = 0; t < 10; t++) {
        struct sample *s = patient_sample(t);
        (void)sample_row(s, "127.0.0.1:40001", "127.0.0.1:40002", TCP_STATE_ESTABLISHED);
        (void)sample_row(s, "127.0.0.1:40002", "127.0.0.1:40001", TCP_STATE_ESTABLISHED);
        (void)sample_row(s, "127.0.0.1:40003", "127.0.0.2:40003", TCP_STATE_ESTABLISHED);
        (void)sample_row(s, "127.0.0.1:40004", "127.0.0.1:40004", TCP_STATE_TIME_WAIT);
        patient_look(s);
    }
    assert_null(patient_found(RULE_SELF_CONNECT));
    assert_int_equal(patient.now->findings->skip[RULE_SELF_CONNECT], LOOKED);
    for (int t = 10; t < 20; t++) { /* text that leaves the ports open: both are 0 then */
        struct sample *s = patient_sample(t);
        struct conn *c = sample_row(s, "10.0.0.1:0", "10.0.0.1:0", TCP_STATE_ESTABLISHED);
        c->unknown = CONN_UNKNOWN_LOCAL_PORT | CONN_UNKNOWN_REMOTE_PORT;
        patient_look(s);
    }
    assert_null(patient_found(RULE_SELF_CONNECT));
    for (int t = 20; t < 30; t++) {
        struct sample *s = patient_sample(t);
        (void)sample_row(s, "[::ffff:127.0.0.1]:40005", "[::ffff:127.0.0.1]:40005",
                         TCP_STATE_ESTABLISHED);
        patient_look(s);
    }
    struct finding f = patient_finding(RULE_SELF_CONNECT);
    assert_int_equal(f.severity, SEVERITY_WARNING);
    assert_true(patient_says(&f, PART_SEEN, "at both ends, 127.0.0.1:40005"));
    assert_true(
        patient_says(&f, PART_CHECK, "'src 127.0.0.1 and sport = :40005 and dport = :40005'"));
}

/* `n` connections to one destination, of which `quiet` have carried no data for a minute. */
static struct sample *clients(double t, unsigned n, unsigned quiet)
{
    struct sample *s = patient_sample(t);

    for (unsigned i = 0; i < n; i++) {
        char local[32];
        uint64_t ms = i < quiet ? 60000 : 100;
        snprintf(local, sizeof local, i % 2 ? "10.0.0.1:%u" : "[::ffff:10.0.0.1]:%u", 40000 + i);
        (void)sample_row(s, local, i % 2 ? "10.0.0.9:5432" : "[::ffff:10.0.0.9]:5432",
                         TCP_STATE_ESTABLISHED);
        figure_set(&s->metrics[i], METRICS_last_data_sent_ms, ms);
        figure_set(&s->metrics[i], METRICS_last_data_recv_ms, ms);
    }
    return s;
}

static void growing(void **state)
{
    (void)state;
    for (unsigned t = 0; t < 26; t++)
        patient_look(clients(t, 10 + t, t));
    assert_int_equal(patient.now->findings->skip[RULE_GROWING], SKIP_SHORT);
    assert_null(patient_found(RULE_GROWING));
    for (unsigned t = 26; t < 45; t++)
        patient_look(clients(t, 10 + t, t));
    struct finding f = patient_finding(RULE_GROWING);
    assert_int_equal(f.severity, SEVERITY_WARNING);
    assert_int_equal(patient.now->findings->skip[RULE_GROWING], LOOKED);
    assert_true(patient_says(&f, PART_SEEN, "54 in ESTABLISHED to 10.0.0.9:5432, 44 more"));
    assert_int_equal(f.marks, STATE_BIT(TCP_STATE_ESTABLISHED));
    for (unsigned t = 45; t < 90; t++) /* it stays as it is */
        patient_look(clients(t, 54, 54));
    assert_null(patient_found(RULE_GROWING));
}

/* Does ESTABLISHED wait for the rule? */
static bool growing_is_open(void)
{
    struct str words = STR_INIT;

    findings_not_looked(patient.now->findings, STATE_BIT(TCP_STATE_ESTABLISHED), &words);
    const bool open = strstr(str_text(&words), "connections whose number only grows");
    str_fini(&words);
    return open;
}

/* Before the window is over ESTABLISHED is not called normal where connections grow as the rule
 * means it, and is where they do not: it is the same for all the looks of the first half minute. */
static void growing_is_suspected(void **state)
{
    (void)state;
    patient_look(clients(0, 10, 0));
    assert_int_equal(patient.now->findings->skip[RULE_GROWING], SKIP_SHORT);
    assert_false(growing_is_open()); /* none was seen to come */
    for (unsigned t = 1; t < 27; t++) {
        patient_look(clients(t, 10 + t, 0));
        assert_true(growing_is_open());
    }
    patient_look(clients(27, 37, 0));
    assert_false(growing_is_open()); /* it has looked: they are in use */
}

static void growing_is_not_suspected(void **state)
{
    (void)state;
    for (unsigned t = 0; t < 25; t++) { /* one comes and goes: for a second it may be the first */
        patient_look(clients(t, 10 + t / 2 % 2, 0));
        assert_true(t % 4 == 2 || !growing_is_open());
        assert_int_equal(patient.now->findings->skip[RULE_GROWING], SKIP_SHORT);
    }
}

/* A pool that has filled is no longer suspected once it has stayed as it is for a third. */
static void growing_is_suspected_no_more(void **state)
{
    (void)state;
    for (unsigned t = 0; t < 20; t++) {
        patient_look(clients(t, t < 5 ? 10 + 10 * t : 50, 0));
        assert_int_equal(growing_is_open(), t > 0 && t < 14);
    }
}

/* What a live screen has: tcp_info now and then, and rows in between. */
static void growing_is_suspected_between_figures(void **state)
{
    (void)state;
    for (unsigned t = 0; t < 8; t++) {
        struct sample *s = clients(t, 10 + t, 0);
        if (t != 1) {
            s->needs = 0;
            s->metrics = NULL;
        }
        patient_look(s);
        assert_int_equal(growing_is_open(), t > 0);
    }
}

static void growing_for_a_reason(void **state)
{
    (void)state;
    for (unsigned t = 0; t < 60; t++) /* a pool that fills within ten seconds */
        patient_look(clients(t, t < 10 ? 10 * t + 1 : 100, 90));
    assert_null(patient_found(RULE_GROWING));
    for (unsigned t = 60; t < 120; t++) /* a load test that takes a minute to start */
        patient_look(clients(t, 40 + t, 0));
    assert_null(patient_found(RULE_GROWING));
    for (unsigned t = 120; t < 180; t++) /* up and down */
        patient_look(clients(t, 100 + t / 10 % 2 * 50, 100));
    assert_null(patient_found(RULE_GROWING));
    for (unsigned t = 180; t < 240; t++) { /* the clients of a server here */
        struct sample *s = clients(t, t, t);
        for (unsigned i = 0; i < s->n_live; i++) {
            s->conn[i].dport = s->conn[i].sport;
            s->conn[i].sport = 80;
        }
        (void)sample_row(s, "10.0.0.1:80", "0.0.0.0:0", TCP_STATE_LISTEN);
        tcp_metrics_clear(&s->metrics[s->n_live - 1]);
        patient_look(s);
    }
    assert_null(patient_found(RULE_GROWING));
}

/* A SYN that is repeated since before we looked: the repeats prove more than what was watched. */
static void older_than_we(void **state)
{
    (void)state;
    for (int t = 0; t < 4; t++) {
        struct sample *s = patient_sample(t);
        struct conn *c = patient_rows(s, 1, TCP_STATE_SYN_SENT, 0);
        c->timer = TIMER_RETRANSMIT;
        c->retrans = 9;
        c->wqueue = 1;
        if (t == 0) { /* later samples come without tcp_info */
            figure_set(s->metrics, METRICS_backoff, 5);
            figure_set(s->metrics, METRICS_rto_us, 32000000);
            figure_set(s->metrics, METRICS_rto_episodes, 1);
            figure_set(s->metrics, METRICS_rto_time_ms, 34000);
        }
        patient_watched(s, t);
        patient_look(s);
        assert_int_equal((int)patient_value(RULE_SYN_SENT, FIGURE_SYN_SENT_OLDEST), 35 + t);
    }
    struct finding f = patient_finding(RULE_SYN_SENT);
    assert_true(patient_says(&f, PART_SEEN, "the longest for at least 38 s"));
    assert_int_equal(f.at_least, 1u << FIGURE_SYN_SENT_OLDEST);
    text_use(LANG_KO);
    assert_true(patient_says(&f, PART_SEEN, "가장 긴 것 38초 이상"));
    text_use(LANG_EN);
    assert_true(patient_says(&f, PART_SEEN, "; SYN retransmitted up to "));
    f.value[FIGURE_SYN_SENT_REPEATS] = 0;
    assert_false(patient_says(&f, PART_SEEN, "retransmitted")); /* "up to 0 times" tells nothing */
    (void)patient_tear_down(NULL);
    (void)patient_set_up(NULL);
    struct sample *s = patient_sample(0);
    patient_rows(s, 1, TCP_STATE_SYN_SENT, 12)->retrans = 6; /* we saw it begin */
    patient_look(s);
    f = patient_finding(RULE_SYN_SENT);
    assert_int_equal(f.at_least, 0);
    assert_true(patient_says(&f, PART_SEEN, "the longest for 12 s"));
}

/* Each "host unreachable" takes the doubled wait back, so many repeats come within few seconds. */
static void repeats_without_doubling(void **state)
{
    static const unsigned states[] = {TCP_STATE_LAST_ACK, TCP_STATE_FIN_WAIT1};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        for (int t = 0; t < 8; t++) {
            struct sample *s = closing(50.0 * i + t, states[i], 0, 9, i ? 13938 : 1);
            figure_set(s->metrics, METRICS_backoff, 1);
            figure_set(s->metrics, METRICS_rto_us, 400000);
            patient_watched(s, t);
            patient_look(s);
        }
    }
    assert_null(patient_found(RULE_LAST_ACK));
    assert_null(patient_found(RULE_FIN_WAIT1));
    struct sample *s = closing(100, TCP_STATE_LAST_ACK, 0, 9, 1);
    figure_set(s->metrics, METRICS_backoff, 9); /* none was taken back */
    figure_set(s->metrics, METRICS_rto_us, 102400000);
    patient_watched(s, 0);
    patient_look(s);
    struct finding f = patient_finding(RULE_LAST_ACK);
    assert_true(patient_says(&f, PART_SEEN, "the oldest for at least 1 min 42 s"));
}

/* An orphan before a shut window: its peer answers, so nothing is repeated, and what holds it up is
 * proved by the probes. A FIN in front of such a window is no peer without an answer. */
static void orphans_held_up(void **state)
{
    (void)state;
    struct sample *s = closing(0, TCP_STATE_FIN_WAIT1, 0, 0, 14000);
    s->conn[0].timer = TIMER_PROBE;
    figure_set(s->metrics, METRICS_backoff, 8);
    figure_set(s->metrics, METRICS_last_data_sent_ms, 70000);
    patient_watched(s, 0);
    patient_look(s);
    struct finding f = patient_finding(RULE_FIN_WAIT1);
    assert_true(patient_says(&f, PART_SEEN,
                             "1 with data left, nothing acknowledged, the longest for at "
                             "least 51 s"));
    s = closing(1, TCP_STATE_LAST_ACK, 90, 0, 1);
    s->conn[0].timer = TIMER_PROBE;
    patient_look(s);
    assert_null(patient_found(RULE_LAST_ACK));
}

/* Above 60 s an orphan lasts for twice the excess. */
static void orphans_of_fin_wait2(void **state)
{
    (void)state;
    struct sample *s = patient_sample(0);
    patient_rows(s, 1000, TCP_STATE_FIN_WAIT2, 5);
    for (unsigned i = 0; i < 1000; i++)
        s->conn[i].inode = 0;
    patient_setting(s, SYSCTL_FIN_TIMEOUT, 70);
    patient_look(s);
    struct finding f = patient_finding(RULE_FIN_WAIT2);
    assert_true(patient_says(&f, PART_SEEN, "1,000 orphans, each gone within 20 s"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, patient_set_up, patient_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(leaks),
        TEST(no_leaks),
        TEST(the_peer_of_the_leaked_ones),
        TEST(a_crowd),
        TEST(fin_wait2),
        TEST(syn_sent),
        TEST(syn_sent_beside_ipv4),
        TEST(closings),
        TEST(connected_to_itself),
        TEST(growing),
        TEST(growing_is_suspected),
        TEST(growing_is_not_suspected),
        TEST(growing_is_suspected_no_more),
        TEST(growing_is_suspected_between_figures),
        TEST(growing_for_a_reason),
        TEST(older_than_we),
        TEST(repeats_without_doubling),
        TEST(orphans_held_up),
        TEST(orphans_of_fin_wait2),
    };
    return cmocka_run_group_tests_name("doctor_states", tests, NULL, NULL);
}
