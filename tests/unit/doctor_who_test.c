/* SPDX-License-Identifier: MIT */
/* That nothing is accepted needs proof, which a busy server never gives; what follows from another
 * finding stands behind it; a finding's process, listener and filter are the right ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/figures.h"
#include "lib/owned.h"
#include "lib/patient.h"
#include "lib/sample.h"
#include "tcptop/doctor/finding_scope.h"
#include "tcptop/doctor/listeners.h"
#include "tcptop/explain/sample_summary.h"

static const char LISTENER[] = "10.0.0.1:80";

static struct conn *listener(struct sample *s, const char *local, uint64_t cookie, uint32_t queue)
{
    struct conn *c =
        sample_row(s, local, strchr(local, '[') ? "[::]:0" : "0.0.0.0:0", TCP_STATE_LISTEN);

    c->cookie = cookie;
    c->inode = (uint32_t)cookie;
    c->rqueue = queue;
    c->wqueue = 100;
    return c;
}

/* Connections `from` to `to` wait. */
static void waiting(struct sample *s, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        char remote[32];
        snprintf(remote, sizeof remote, "10.0.0.2:%u", 20000 + i);
        struct conn *c = sample_row(s, LISTENER, remote, TCP_STATE_ESTABLISHED);
        c->cookie = 1000 + i;
        c->inode = 0;
    }
}

/* One look at a queue that holds these; `hidden` more have been reset. */
static void look(int t, unsigned from, unsigned to, unsigned hidden, uint64_t opens)
{
    struct sample *s = patient_sample(t);

    listener(s, LISTENER, 1, to - from + hidden);
    waiting(s, from, to);
    patient_counter(s, COUNTER_PASSIVE_OPENS, opens);
    patient_look(s);
}

static double stalled_s(void)
{
    return patient_value(RULE_ACCEPT_STALLED, FIGURE_ACCEPT_STALLED_STALLED);
}

static void nothing_is_accepted(void **state)
{
    (void)state;
    for (int t = 0; t <= 9; t++)
        look(t, 0, 5, 0, 100u * (unsigned)t); /* other servers of the host are busy */
    assert_null(patient_found(RULE_ACCEPT_STALLED));
    assert_int_equal(patient.now->findings->skip[RULE_ACCEPT_STALLED], SKIP_UNDECIDED);
    for (int t = 10; t <= 12; t++)
        look(t, 0, 5 + (unsigned)t, 0, 1000); /* more come */
    assert_int_equal(stalled_s(), 12);
    struct finding f = patient_finding(RULE_ACCEPT_STALLED);
    assert_true(patient_says(&f, PART_SEEN,
                             "17 wait in the accept queue, limit 100; none was "
                             "accepted for at least 12 s"));
    assert_true(patient_says(&f, PART_CHECK, "grep -w ino:1"));
}

/* Each keeps the queue as long as it was. */
static void a_busy_server(void **state)
{
    (void)state;
    for (unsigned t = 0; t < 40; t++) /* one accepted, one comes */
        look((int)t, t, t + 5, 0, 1000 + t);
    assert_null(patient_found(RULE_ACCEPT_STALLED));
    for (unsigned t = 40; t < 80; t++) /* all are accepted between two looks */
        look((int)t, 10 * t, 10 * t + 3, 0, 2000 + 10 * t);
    assert_null(patient_found(RULE_ACCEPT_STALLED));
    for (unsigned t = 80; t < 120; t++) /* one in five seconds, and more come */
        look((int)t, 2000 + t / 5, 2000 + 2 * t, 0, 10000 + 2 * t);
    assert_null(patient_found(RULE_ACCEPT_STALLED));
    for (unsigned t = 120; t < 160; t++) /* a queue of clients that reset at once */
        look((int)t, 0, 0, 3, 20000 + 10 * t);
    assert_null(patient_found(RULE_ACCEPT_STALLED));
    for (unsigned t = 160; t < 200; t++) /* which gets shorter, however slowly */
        look((int)t, 5000, 5010, 20 - t / 10, 30000);
    assert_null(patient_found(RULE_ACCEPT_STALLED));
}

/* Reset connections keep their place in the queue, although nobody lists them. */
static void resets_are_no_accept(void **state)
{
    (void)state;
    for (unsigned t = 0; t < 12; t++)
        look((int)t, t / 2, 10 + t, t / 2, 1000 * t);
    assert_int_equal(stalled_s(), 11);
    for (unsigned t = 12; t < 60; t++) /* all are gone, and no other ones come */
        look((int)t, 0, 0, 21 - 6 + 5, 50000);
    assert_in_range((int)stalled_s(), 40, 48);
}

/* With SO_REUSEPORT nobody knows which of several a connection waits for. */
static void beside_a_healthy_one(void **state)
{
    (void)state;
    for (unsigned t = 0; t < 12; t++) {
        struct sample *s = patient_sample(t);
        listener(s, LISTENER, 1, 4);
        listener(s, LISTENER, 2, 0);
        waiting(s, 0, 4);
        waiting(s, 100 + t, 101 + t); /* accepted at once by the other one */
        patient_counter(s, COUNTER_PASSIVE_OPENS, 10 * t);
        patient_look(s);
    }
    struct finding f = patient_finding(RULE_ACCEPT_STALLED);
    struct str filter = STR_INIT;
    finding_filter(&f, &filter);
    assert_string_equal(str_text(&filter), "laddr:10.0.0.1 lport:80 inode:1 state:LISTEN");
    str_fini(&filter);
    assert_true(finding_concerns(patient.now, 0, 0));
    assert_false(finding_concerns(patient.now, 0, 1));
}

/* One accepts nothing; another one is busy, so that its queue is never empty. `local`: where that
 * one listens. */
static void hung_and_busy(const char *local)
{
    for (unsigned t = 0; t < 14; t++) {
        struct sample *s = patient_sample(t);
        listener(s, LISTENER, 1, 5);
        listener(s, local, 2, 2);
        waiting(s, 0, 5);
        waiting(s, 100 + 10 * t, 102 + 10 * t);
        for (uint32_t row = 7; row < 9; row++) /* of the address that the connection is to */
            if (strcmp(local, LISTENER) != 0)
                s->conn[row].src[3] = 9;
        patient_counter(s, COUNTER_PASSIVE_OPENS, 10 * t);
        patient_look(s);
    }
    for (uint32_t i = 0; i < patient.now->findings->n; i++) {
        const struct finding *f = &patient.now->findings->list[i];
        assert_true(f->rule != RULE_ACCEPT_STALLED || f->scope.ends.inode == 1);
    }
    assert_int_equal(patient_finding(RULE_ACCEPT_STALLED).scope.ends.inode, 1);
}

static void beside_a_busy_one(void **state)
{
    (void)state;
    hung_and_busy(LISTENER);
    patient_tear_down(NULL);
    patient_set_up(NULL);
    hung_and_busy("0.0.0.0:80");
}

/* A full queue is one finding, which says for how long nothing was accepted. */
static void a_full_queue_is_found_once(void **state)
{
    (void)state;
    for (unsigned t = 0; t < 15; t++) {
        struct sample *s = patient_sample(t);
        listener(s, LISTENER, 1, 5)->wqueue = 4;
        waiting(s, 0, 5);
        patient_look(s);
    }
    assert_null(patient_found(RULE_ACCEPT_STALLED));
    struct finding f = patient_finding(RULE_ACCEPT_QUEUE);
    assert_true(patient_says(&f, PART_SEEN, "none was accepted for at least 14 s"));
    assert_true(patient_says(&f, PART_DO, "what the process waits for"));
}

static void look_at_queue(int t, uint32_t queue, uint64_t overflows, int64_t somaxconn)
{
    struct sample *s = patient_queue(t, queue, overflows);

    patient_setting(s, SYSCTL_SOMAXCONN, somaxconn);
    patient_look(s);
}

/* Where nothing was accepted for seconds the words say so, and the advice is about that. */
static void a_full_queue_that_nobody_takes_from(void **state)
{
    (void)state;
    for (int t = 0; t <= 4; t++) {
        struct sample *s = patient_sample(t);

        listener(s, LISTENER, 1, 5)->wqueue = 4;
        waiting(s, 0, 5);
        patient_counter(s, COUNTER_PASSIVE_OPENS, 1000);
        patient_look(s);
    }
    struct finding f = patient_finding(RULE_ACCEPT_QUEUE);
    assert_true(patient_says(&f, PART_SEEN, "none was accepted for at least 4 s"));
    assert_true(patient_says(&f, PART_DO, "find out what the process waits for"));
}

/* A larger backlog helps against a rush that is over, and not where the queue stays full. At the
 * first look at a full queue nobody knows which of the two it is. */
static void a_rush(void **state)
{
    static const struct {
        uint32_t before, after;
        int64_t somaxconn;
        enum advice at_once, later;
    } list[] = {{0, 0, 4096, ADVICE_RULE, ADVICE_BACKLOG},
                {0, 0, 10, ADVICE_RULE, ADVICE_SOMAXCONN},
                {0, 10, 4096, ADVICE_RULE, ADVICE_RULE}, /* no longer full, and not empty either */
                {0, 11, 4096, ADVICE_RULE, ADVICE_SOONER},
                {11, 0, 4096, ADVICE_SOONER, ADVICE_SOONER}};

    (void)state;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        patient_tear_down(NULL);
        patient_set_up(NULL);
        look_at_queue(0, list[i].before, 0, list[i].somaxconn);
        look_at_queue(1, 11, 7, list[i].somaxconn);
        assert_int_equal(patient_finding(RULE_ACCEPT_QUEUE).advice, list[i].at_once);
        look_at_queue(2, list[i].after, 7, list[i].somaxconn);
        assert_int_equal(patient_finding(RULE_ACCEPT_QUEUE).advice, list[i].later);
        look_at_queue(4, 11, 9, list[i].somaxconn);
        if (list[i].later == ADVICE_BACKLOG) /* a rush, and another one */
            assert_int_equal(patient_finding(RULE_ACCEPT_QUEUE).advice, ADVICE_BACKLOG);
    }
}

/* Attempts to a listener whose queue is full, or not. */
static void attempts(int t, const char *local, const char *remote, uint32_t queue)
{
    struct sample *s = patient_sample(t);

    listener(s, local, 1, queue)->wqueue = 4;
    struct conn *c = sample_row(s, strchr(remote, '[') ? "[::1]:50000" : "127.0.0.1:50000", remote,
                                TCP_STATE_SYN_SENT);
    c->retrans = 4;
    patient_look(s);
}

static void what_follows(void **state)
{
    static const struct {
        const char *local, *remote;
        uint32_t queue;
        bool follows;
    } list[] = {
        {"127.0.0.1:80", "127.0.0.1:80", 5, true},
        {"0.0.0.0:80", "127.0.0.1:80", 5, true},
        {"[::]:80", "127.0.0.1:80", 5, true},
        {"[::1]:80", "[::1]:80", 5, true},
        {"[::]:80", "[::1]:80", 5, true},
        {"127.0.0.1:80", "[::ffff:127.0.0.1]:80", 5, true},
        {"127.0.0.1:80", "127.0.0.1:80", 2, false},
        {"127.0.0.1:81", "127.0.0.1:80", 5, false},
        {"127.0.0.2:80", "127.0.0.1:80", 5, false},
        {"0.0.0.0:80", "[::1]:80", 5, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        patient_tear_down(NULL);
        patient_set_up(NULL);
        for (int t = 0; t < 4; t++) {
            attempts(t, list[i].local, list[i].remote, list[i].queue);
            /* a queue is full at two looks: after the first one the cause may yet be found */
            if (patient_found(RULE_SYN_SENT) && t == 0)
                assert_int_equal(doctor_cause_open(patient.now->findings, TCP_STATE_SYN_SENT),
                                 list[i].queue > 2);
        }
        struct finding f = patient_finding(RULE_SYN_SENT);
        assert_false(list[i].follows &&
                     doctor_cause_open(patient.now->findings, TCP_STATE_SYN_SENT));
        if (list[i].follows != (f.cause.key != 0))
            fail_msg("%s to %s", list[i].remote, list[i].local);
        assert_int_equal(f.severity, list[i].follows ? SEVERITY_INFO : SEVERITY_WARNING);
        if (!list[i].follows)
            continue;
        assert_int_equal(patient.now->findings->list[0].rule, RULE_ACCEPT_QUEUE);
        assert_int_equal(patient.now->findings->list[0].follow, 1);
        assert_true(patient_says(&f, PART_CAUSE, "the full accept queue of "));
        assert_true(patient_says(&f, PART_DO, "remove the cause"));
        assert_int_equal(patient.now->findings->warnings, 1);
    }
}

/* A host elsewhere may have the same port: a listener of any address explains it only if the
 * address is this host's. */
static void elsewhere(void **state)
{
    (void)state;
    for (int round = 0; round < 2; round++) {
        for (int t = 0; t < 4; t++) {
            struct sample *s = patient_sample(20 * round + t);
            listener(s, "0.0.0.0:80", 1, 5)->wqueue = 4;
            sample_row(s, "10.0.0.1:50000", "10.0.0.9:80", TCP_STATE_SYN_SENT)->retrans = 4;
            if (round) /* another connection has that address at this end */
                sample_row(s, "10.0.0.9:22", "10.0.0.7:5000", TCP_STATE_ESTABLISHED);
            patient_look(s);
        }
        assert_int_equal(patient_finding(RULE_SYN_SENT).cause.key != 0, round == 1);
    }
}

/* Behind its cause, and both where the graver one stood. */
static void in_order(void **state)
{
    (void)state;
    for (int t = 0; t < 40; t++) {
        struct sample *s = patient_sample(t);
        listener(s, "127.0.0.1:80", 1, 5)->wqueue = 4;
        sample_row(s, "127.0.0.1:50000", "127.0.0.1:80", TCP_STATE_SYN_SENT)->retrans = 4;
        sample_row(s, "10.0.0.1:50000", "10.0.0.9:80", TCP_STATE_SYN_SENT)->retrans = 4;
        patient_look(s);
    }
    const struct findings *f = patient.now->findings;
    assert_int_equal(f->n, 3);
    assert_int_equal(f->list[0].rule, RULE_ACCEPT_QUEUE); /* critical by now */
    assert_true(f->list[1].cause.key == f->list[0].key);
    assert_true(f->list[2].cause.key == 0);
    assert_int_equal(f->list[2].severity, SEVERITY_WARNING);
}

/* The process is named where it is known, and asked for where it is not. */
static void the_process(void **state)
{
    struct owner_lookup *lookup = owner_lookup_new();

    (void)state;
    owned_put(lookup, 812, 0, (const char *const[]){"nginx", "nginx", "nginx.service"},
              (const uint32_t[]){1, 0});
    for (int t = 0; t < 3; t++) {
        struct sample *s = patient_queue(t, 11, 0);
        s->conn[0].inode = 1;
        if (t > 1)
            owned_assign(lookup, s);
        patient_look(s);
        assert_true(t == 0 || patient.doctor->needs(patient.doctor, s->mono_ns) & NEED_OWNER);
    }
    struct finding f = patient_finding(RULE_ACCEPT_QUEUE);
    struct str title = STR_INIT;
    finding_title(&f, &title);
    assert_string_equal(str_text(&title), "Accept queue full: 10.0.0.1:80, nginx (812)");
    str_fini(&title);
    assert_true(patient_says(&f, PART_WHO, "nginx (812); cgroup nginx.service"));
    sample_unref(patient.now); /* before the users that it names */
    patient.now = NULL;
    owner_lookup_free(lookup);
}

/* Handshakes that do not finish: whose -------------------------------------------------------- */

/* `n` requests to that address and port, from 10.0.0.2. */
static void requests(struct sample *s, const char *local, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        char remote[32];
        snprintf(remote, sizeof remote, "10.0.0.2:%u", 30000 + i);
        struct conn *c = sample_row(s, local, remote, TCP_STATE_SYN_RECV);
        c->cookie = 5000 + s->n_live;
        c->inode = 0;
    }
}

/* Cookies are sent at `t`: a small backlog is full, and a large one holds more. The owners of the
 * listeners, whose inodes are 1 to 3, are those of `lookup`. */
static void half_open(double t, struct owner_lookup *lookup, const char *small, const char *large)
{
    struct sample *s = patient_sample(t);

    listener(s, large, 1, 0)->wqueue = 4096;
    listener(s, small, 2, 0)->wqueue = 8;
    listener(s, "10.0.0.1:443", 3, 0)->wqueue = 8;
    requests(s, "10.0.0.1:80", 9);
    requests(s, "10.0.0.9:80", 300);
    requests(s, "10.0.0.1:443", 2);
    patient_counter(s, COUNTER_SYNCOOKIES_SENT, (uint64_t)(t * 10));
    patient_counter(s, COUNTER_REQQ_FULL_DROP, 0);
    patient_setting(s, SYSCTL_SYNCOOKIES, 1);
    owned_assign(lookup, s);
    patient_look(s);
}

static struct owner_lookup *servers(void)
{
    struct owner_lookup *lookup = owner_lookup_new();

    owned_put(lookup, 11, 0, (const char *const[]){"many", "many", "many.service"},
              (const uint32_t[]){1, 0});
    owned_put(lookup, 22, 0, (const char *const[]){"few", "few", "few.service"},
              (const uint32_t[]){2, 0});
    owned_put(lookup, 33, 0, (const char *const[]){"other", "other", "other.service"},
              (const uint32_t[]){3, 0});
    return lookup;
}

static void forget(struct owner_lookup *lookup)
{
    sample_unref(patient.now); /* before the users that it names */
    patient.now = NULL;
    owner_lookup_free(lookup);
}

/* The backlog is a listener's own, so it is the one that has used its up; not the one with most
 * requests, nor all of its port. */
static void whose_requests(void **state)
{
    static const char *const large[] = {"10.0.0.9:80", "0.0.0.0:80", "[::]:80"};
    struct owner_lookup *lookup = servers();

    (void)state;
    for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
        patient_tear_down(NULL);
        patient_set_up(NULL);
        for (int t = 0; t < 4; t++)
            half_open(t, lookup, "10.0.0.1:80", large[i]);
        assert_int_equal(patient.now->findings->n, 1);
        struct finding f = patient_finding(RULE_SYN_BACKLOG);
        struct str words = STR_INIT;
        finding_title(&f, &words);
        assert_string_equal(str_text(&words), "Many half-open connections: 10.0.0.1:80, few (22)");
        assert_true(patient_says(&f, PART_WHO, "few (22); cgroup few.service"));
        assert_true(patient_says(&f, PART_SEEN, "9 in SYN_RECV, limit 8"));
        str_clear(&words);
        finding_filter(&f, &words);
        assert_string_equal(str_text(&words), "laddr:10.0.0.1 lport:80 state:SYN_RECV,LISTEN");
        str_fini(&words);
    }
    forget(lookup);
}

/* Cookies were sent, and nobody's backlog is used up any more. Of several listeners none is
 * accused; the only one is meant. */
static void nobodys_requests(void **state)
{
    struct owner_lookup *lookup = servers();

    (void)state;
    for (unsigned n = 1; n <= 2; n++) {
        patient_tear_down(NULL);
        patient_set_up(NULL);
        for (int t = 0; t < 4; t++) {
            struct sample *s = patient_sample(t);
            listener(s, "10.0.0.1:80", 2, 0);
            if (n == 2)
                listener(s, "10.0.0.1:443", 3, 0);
            requests(s, "10.0.0.1:80", 5);
            patient_counter(s, COUNTER_SYNCOOKIES_SENT, (uint64_t)t * 10);
            patient_counter(s, COUNTER_REQQ_FULL_DROP, 0);
            patient_setting(s, SYSCTL_SYNCOOKIES, 1);
            owned_assign(lookup, s);
            patient_look(s);
        }
        struct finding f = patient_finding(RULE_SYN_BACKLOG);
        assert_int_equal(f.subject, n == 1 ? SUBJECT_LISTENER : SUBJECT_HOST);
        assert_int_equal(f.who.pid, n == 1 ? 22 : 0);
    }
    forget(lookup);
}

/* Found of nobody, then of one, then of nobody again: it stays one finding. */
static void whose_requests_in_the_end(void **state)
{
    struct owner_lookup *lookup = servers();

    (void)state;
    for (int t = 0; t < 12; t++) {
        struct sample *s = patient_sample(t);
        listener(s, "10.0.0.1:80", 2, 0)->wqueue = 8;
        listener(s, "10.0.0.1:443", 3, t == 4 || t == 5 ? 101 : 0);
        requests(s, "10.0.0.1:80", t < 4 ? 1 : t < 8 ? 9 : 0);
        patient_counter(s, COUNTER_SYNCOOKIES_SENT, (uint64_t)t * 10);
        patient_counter(s, COUNTER_REQQ_FULL_DROP, 0);
        patient_counter(s, COUNTER_LISTEN_OVERFLOWS, (uint64_t)t * 10);
        patient_setting(s, SYSCTL_SYNCOOKIES, 1);
        owned_assign(lookup, s);
        patient_look(s);
        if (!t)
            continue;
        assert_int_equal(patient.now->findings->n, 2);
        assert_int_equal(patient_finding(RULE_SYN_BACKLOG).who.pid, t < 4 ? 0 : 22);
        assert_int_equal(patient_finding(RULE_ACCEPT_QUEUE).who.pid, t < 4 ? 0 : 33);
    }
    forget(lookup);
}

/* Two workers share a port (SO_REUSEPORT): a request does not say whose it is. Together they have
 * room for twice as many. */
static void requests_of_two(void **state)
{
    struct owner_lookup *lookup = servers();

    (void)state;
    for (unsigned n = 14; n <= 18; n += 4) {
        patient_tear_down(NULL);
        patient_set_up(NULL);
        for (int t = 0; t < 4; t++) {
            struct sample *s = patient_sample(t);
            listener(s, "0.0.0.0:80", 1, 0)->wqueue = 17;
            listener(s, "0.0.0.0:80", 2, 0)->wqueue = 17;
            requests(s, "10.0.0.1:80", n / 2);
            requests(s, "10.0.0.9:80", n / 2);
            patient_counter(s, COUNTER_SYNCOOKIES_SENT, 0);
            patient_counter(s, COUNTER_REQQ_FULL_DROP, 0);
            patient_setting(s, SYSCTL_SYNCOOKIES, 1);
            owned_assign(lookup, s);
            patient_look(s);
        }
        assert_int_equal(patient_found(RULE_SYN_BACKLOG) != NULL, n == 18);
    }
    struct finding f = patient_finding(RULE_SYN_BACKLOG);
    assert_true(patient_says(&f, PART_WHO, "many (11) and 1 other; cgroup many.service"));
    assert_true(patient_says(&f, PART_SEEN, "18 in SYN_RECV, tcp_syncookies"));
    forget(lookup);
}

/* SYNs are dropped by tcp_max_syn_backlog; `dropped`: by each of two listeners, in a second. */
static void shed(double t, struct owner_lookup *lookup, const unsigned waiting[2],
                 const unsigned dropped[2])
{
    struct sample *s = patient_sample(t);

    drops_add(&s->drops, listener(s, "10.0.0.1:80", 1, 0)->cookie, 0, (uint32_t)t * dropped[0]);
    drops_add(&s->drops, listener(s, "10.0.0.9:80", 2, 0)->cookie, 0, (uint32_t)t * dropped[1]);
    requests(s, "10.0.0.1:80", waiting[0]);
    requests(s, "10.0.0.9:80", waiting[1]);
    patient_counter(s, COUNTER_LISTEN_DROPS, (uint64_t)t * (dropped[0] + dropped[1]));
    patient_counter(s, COUNTER_LISTEN_OVERFLOWS, 0);
    patient_counter(s, COUNTER_REQQ_FULL_DROP, 0);
    patient_setting(s, SYSCTL_SYNCOOKIES, 0);
    patient_setting(s, SYSCTL_MAX_SYN_BACKLOG, 16);
    drops_join(s, patient.now);
    owned_assign(lookup, s);
    patient_look(s);
}

static void whose_syns(void **state)
{
    static const struct {
        unsigned waiting[2], dropped[2];
        uint32_t pid[2]; /* of the findings */
    } list[] = {
        {{3, 13}, {0, 10}, {22, 0}},
        {{13, 13}, {0, 10}, {22, 0}}, /* one is at the limit, and has dropped nothing so far */
        {{14, 13}, {10, 10}, {11, 22}},
        {{9, 9}, {5, 5}, {0, 0}}, /* as many as that together, but not one of them */
    };
    struct owner_lookup *lookup = servers();

    (void)state;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        patient_tear_down(NULL);
        patient_set_up(NULL);
        for (int t = 0; t < 5; t++)
            shed(t, lookup, list[i].waiting, list[i].dropped);
        const struct findings *f = patient.now->findings;
        assert_int_equal(f->n, (list[i].pid[0] != 0) + (list[i].pid[1] != 0));
        uint32_t pids = 0;
        for (uint32_t at = 0; at < f->n; at++) {
            assert_int_equal(f->list[at].rule, RULE_SYN_DROPS);
            assert_true(f->list[at].scope.by & SCOPE_SRC);
            pids += f->list[at].who.pid;
        }
        assert_int_equal(pids, list[i].pid[0] + list[i].pid[1]);
    }
    forget(lookup);
}

/* Orphans belong to nobody: who had them is named as that. */
static void who_had_them(void **state)
{
    static const struct {
        unsigned state;
        enum rule_id rule;
    } list[] = {{TCP_STATE_FIN_WAIT1, RULE_FIN_WAIT1}, {TCP_STATE_LAST_ACK, RULE_LAST_ACK}};
    struct owner_lookup *lookup = servers();

    (void)state;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        patient_tear_down(NULL);
        patient_set_up(NULL);
        for (int t = 0; t < 40; t++) {
            struct sample *s = patient_sample(t);
            struct conn *c = patient_rows(s, 1, list[i].state, 100);
            c->inode = 2;
            c->wqueue = 5000;
            c->timer = TIMER_RETRANSMIT;
            c->retrans = 5;
            owned_assign(lookup, s);
            s->owner[0] |= OWNER_FORMER;
            c->inode = 0;
            patient_look(s);
        }
        struct finding f = patient_finding(list[i].rule);
        assert_true(patient_says(&f, PART_WHO, "former owner few (22); cgroup few.service"));
    }
    forget(lookup);
}

/* A finding about a peer says whose connections to it they are. */
static void who_sends(void **state)
{
    struct owner_lookup *lookup = servers();

    (void)state;
    for (int t = 0; t < 8; t++) {
        struct sample *s = patient_sample(t);
        patient_rows(s, 5, TCP_STATE_ESTABLISHED, 100);
        for (uint32_t row = 0; row < 5; row++) {
            s->conn[row].inode = row < 4 ? 2 + (row > 1) : 0; /* the fifth is an orphan's */
            s->conn[row].timer = TIMER_PROBE;
            s->conn[row].wqueue = 5000;
            figure_set(&s->metrics[row], METRICS_bytes_acked, 7000);
            figure_set(&s->metrics[row], METRICS_snd_wnd_bytes, 0);
        }
        s->conn[1].inode = 3;
        owned_assign(lookup, s);
        patient_look(s);
    }
    struct finding f = patient_finding(RULE_ZERO_WINDOW);
    assert_int_equal(f.subject, SUBJECT_PEER);
    assert_int_equal(f.value[FIGURE_ZERO_WINDOW_SHUT], 5);
    assert_true(patient_says(&f, PART_WHO, "other (33); cgroup other.service"));
    assert_true(patient.doctor->needs(patient.doctor, patient.now->mono_ns) & NEED_OWNER);
    forget(lookup);
}

/* The peer is a process of this host: it is named before it is a finding of its own. */
static void the_reader_is_here(void **state)
{
    (void)state;
    struct owner_lookup *lookup = owner_lookup_new();

    owned_put(lookup, 44, 0, (const char *const[]){"reader", "reader", ""},
              (const uint32_t[]){9, 0});
    for (int t = 0; t < 8; t++) {
        struct sample *s = patient_sample(t);
        patient_rows(s, 2, TCP_STATE_ESTABLISHED, 100);
        struct conn *from = &s->conn[0], *to = &s->conn[1];
        from->sport = to->dport = 40000;
        from->dport = to->sport = 80;
        memcpy(to->src, from->dst, sizeof to->src);
        memcpy(to->dst, from->src, sizeof to->dst);
        from->timer = TIMER_PROBE;
        from->wqueue = 5000;
        to->rqueue = 100;
        to->inode = 9;
        figure_set(&s->metrics[0], METRICS_bytes_acked, 7000);
        figure_set(&s->metrics[0], METRICS_snd_wnd_bytes, 0);
        owned_assign(lookup, s);
        patient_look(s);
    }
    struct finding f = patient_finding(RULE_ZERO_WINDOW);
    assert_int_equal(f.severity, SEVERITY_WARNING);
    assert_true(patient_says(&f, PART_PEER, "reader (44), on this host"));
    assert_true(patient_says(&f, PART_DO, "it is on this host"));
    forget(lookup);
}

/* Leaks of two services of one user, whose processes an ordinary user may not look at. */
static struct sample *leaks_of_services(int t, const char *const names[2])
{
    struct sample *s = patient_sample(t);
    struct owner_lookup *lookup = owner_lookup_new();

    patient_rows(s, 60, TCP_STATE_CLOSE_WAIT, 100);
    for (uint32_t row = 0; row < 60; row++) {
        figure_set(&s->metrics[row], METRICS_last_data_sent_ms, 90000);
        figure_set(&s->metrics[row], METRICS_bytes_acked, 1000);
    }
    s->cgroups = cgroups_new(3);
    for (uint32_t i = 0; i < 2; i++) {
        s->cgroups->cgroup[i + 1] = (struct cgroup){.id = i + 1, .looked_for = true};
        strcpy(s->cgroups->cgroup[i + 1].name, names[i]);
    }
    for (uint32_t row = 0; row < 60; row++)
        s->conn[row].cgroup = row < 25 ? 1 : 2;
    owned_searched(lookup);
    owned_assign(lookup, s);
    for (uint32_t row = 0; row < 60; row++)
        s->owner[row] = OWNER_NOBODY;
    s->owners->lacks = OWNER_LACK_PTRACE;
    owner_lookup_free(lookup);
    return s;
}

static uint32_t rows_of(const struct findings *f, uint32_t i)
{
    uint32_t n = 0;

    for (uint32_t row = 0; row < patient.now->n_live; row++)
        n += f->list[i].rule == RULE_CLOSE_WAIT && finding_concerns(patient.now, i, row);
    return n;
}

static void a_hidden_process_has_a_service(void **state)
{
    static const char *const names[2][2] = {{"a.service", "b.service"},
                                            {"a\" or uid>0", "b.service"}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        patient_tear_down(NULL);
        patient_set_up(NULL);
        for (int t = 0; t < 4; t++)
            patient_look(leaks_of_services(t, names[i]));
        const struct findings *f = patient.now->findings;
        struct str words = STR_INIT;
        assert_int_equal(f->n, 2);
        uint32_t a = f->list[0].value[FIGURE_CLOSE_WAIT_LEAKED] > 30 ? 1 : 0;
        assert_int_equal(f->list[a].value[FIGURE_CLOSE_WAIT_LEAKED], 25);
        assert_int_equal(f->list[1 - a].value[FIGURE_CLOSE_WAIT_LEAKED], 35);
        assert_true(patient_says(&f->list[a], PART_WHO, names[i][0]));
        finding_title(&f->list[1 - a], &words);
        assert_string_equal(str_text(&words), "CLOSE_WAIT leak likely: b.service (user 7; its "
                                              "process is not visible here)");
        assert_int_equal(rows_of(f, 1 - a), 35);
        assert_int_equal(rows_of(f, a),
                         i == 0 ? 25 : 60); /* a name that ends its quotes is left out */
        str_fini(&words);
    }
}

/* Leaks of one user, whose processes are not known before second `from`; `two`: they are two. */
static void look_while_sought(int t, int from, bool two)
{
    struct sample *s = patient_sample(t);
    struct owner_lookup *lookup = owner_lookup_new();
    uint32_t inodes[2][61] = {{0}}, n[2] = {0};

    patient_rows(s, 60, TCP_STATE_CLOSE_WAIT, 100);
    for (uint32_t row = 0; row < 60; row++) {
        const uint32_t which = two && row >= 30;
        figure_set(&s->metrics[row], METRICS_last_data_sent_ms, 90000);
        figure_set(&s->metrics[row], METRICS_bytes_acked, 1000);
        inodes[which][n[which]++] = s->conn[row].inode = 100 + row;
    }
    if (t >= from)
        owned_put(lookup, 44, 0, (const char *const[]){"one", "one", ""}, inodes[0]);
    if (t >= from && two)
        owned_put(lookup, 45, 0, (const char *const[]){"two", "two", ""}, inodes[1]);
    owned_assign(lookup, s);
    patient_look(s);
    owner_lookup_free(lookup);
}

/* While processes are looked for that is said; as soon as one is known it has the name, and nothing
 * is told of a process that is not visible. */
static void a_process_is_looked_for(void **state)
{
    struct str words = STR_INIT;

    (void)state;
    for (int t = 0; t < 10; t++)
        look_while_sought(t, 10, false);
    struct finding f = patient_finding(RULE_CLOSE_WAIT);
    const int64_t since = f.since_ns;
    finding_title(&f, &words);
    assert_string_equal(
        str_text(&words),
        "CLOSE_WAIT leak likely: a process of user 7 that is still being looked for");
    for (int t = 10; t < 16; t++) {
        look_while_sought(t, 10, false);
        f = patient_finding(RULE_CLOSE_WAIT);
        assert_int_equal(patient.now->findings->n, 1);
        assert_int_equal(f.who.pid, 44);
        assert_true(f.scope.by & SCOPE_PID && !(f.scope.by & SCOPE_UID));
        assert_true(f.since_ns == since);
    }
    assert_int_equal(patient.now->findings->n_ended, 0);
    str_fini(&words);
}

/* Rows whose process is still looked for two seconds after they came are counted: the header says
 * why they have no name. */
static void names_that_are_late(void **state)
{
    struct sample_summary v;

    (void)state;
    look_while_sought(0, 10, false);
    sample_summary_make(&v, patient.now);
    assert_int_equal(v.sought, 60);
    for (uint32_t row = 0; row < 30; row++) /* these are new */
        patient.now->times[row].born_ds = patient.now->now_ds - 10;
    sample_summary_make(&v, patient.now);
    assert_int_equal(v.sought, 30);
    look_while_sought(10, 10, false);
    sample_summary_make(&v, patient.now);
    assert_int_equal(v.sought, 0);
}

/* What was counted together is not that of one of them. */
static void two_processes_are_looked_for(void **state)
{
    (void)state;
    for (int t = 0; t < 10; t++)
        look_while_sought(t, 10, true);
    assert_int_equal(patient_finding(RULE_CLOSE_WAIT).value[FIGURE_CLOSE_WAIT_LEAKED], 60);
    look_while_sought(10, 10, true);
    assert_int_equal(patient.now->findings->n, 0);
    for (int t = 11; t < 16; t++)
        look_while_sought(t, 10, true);
    assert_int_equal(patient.now->findings->n, 2);
    assert_int_equal(patient_finding(RULE_CLOSE_WAIT).value[FIGURE_CLOSE_WAIT_LEAKED], 30);
    assert_int_equal(patient.now->findings->n_ended, 0);
}

/* Of a recording nobody looks for a process any more. */
static void a_recording_names_no_process(void **state)
{
    struct finding f = {.rule = RULE_CLOSE_WAIT,
                        .subject = SUBJECT_PROCESS,
                        .who = {.uid = 33, .unseen = UNSEEN_UNRECORDED}};
    struct str words = STR_INIT;

    (void)state;
    finding_title(&f, &words);
    assert_string_equal(
        str_text(&words),
        "CLOSE_WAIT leak likely: a process of user 33 that this input does not name");
    str_fini(&words);
}

/* Nobody has it open, and all processes were looked at. */
static void no_process(void **state)
{
    struct finding f = {.rule = RULE_CLOSE_WAIT,
                        .subject = SUBJECT_PROCESS,
                        .who = {.uid = 33, .unseen = UNSEEN_NOBODY}};

    (void)state;
    assert_true(patient_says(
        &f, PART_WHO,
        "no process: a socket of the kernel, or one being passed to a process (user 33)"));
    f.who.unseen = UNSEEN_HIDDEN;
    assert_true(patient_says(&f, PART_WHO, "a process of user 33 that is not visible here"));
    strcpy(f.who.service, "a.service");
    assert_true(patient_says(&f, PART_WHO, "a.service (user 33; its process is not visible here)"));
}

/* What the words say of a process, by what is known of it. */
static void how_it_is(void **state)
{
    struct finding f = {.rule = RULE_ACCEPT_QUEUE,
                        .subject = SUBJECT_LISTENER,
                        .who = {.pid = 7, .name = "a", .others = 3, .files = 9, .files_max = 100}};

    (void)state;
    assert_true(patient_says(&f, PART_WHO, "a (7) and 3 others; 9 of 100 descriptors open"));
    f.who.files = 95;
    assert_true(patient_says(&f, PART_WHO, "95 of 100 descriptors open: nearly full"));
    f.who.files = 100;
    assert_true(patient_says(&f, PART_WHO, "100 of 100 descriptors open: full"));
    f.who.halt = HALT_STOPPED;
    f.advice = ADVICE_CONTINUE;
    assert_true(patient_says(&f, PART_WHO, "; stopped by a signal (state T); "));
    assert_true(patient_says(&f, PART_DO, "kill -CONT 7"));
    f.who.pid = 0;
    struct str nothing = STR_INIT;
    finding_part(&f, PART_WHO, &nothing);
    assert_int_equal(nothing.len, 0);
    str_fini(&nothing);
}

/* The listener of a connection: the one of its address before one of any. */
static void listeners(void **state)
{
    struct sample *s = patient_sample(0);
    uint32_t n;

    (void)state;
    listener(s, "0.0.0.0:80", 1, 9);
    listener(s, LISTENER, 2, 0);
    listener(s, LISTENER, 3, 4);
    listener(s, "[::]:81", 4, 0);
    listener(s, "10.0.0.1:82", 5, 0)->netns = 3;
    waiting(s, 0, 1);
    sample_row(s, "10.0.0.8:80", "10.0.0.2:1", TCP_STATE_ESTABLISHED);
    sample_row(s, "10.0.0.8:81", "10.0.0.2:1", TCP_STATE_ESTABLISHED);
    sample_row(s, "10.0.0.1:82", "10.0.0.2:1", TCP_STATE_ESTABLISHED);
    sample_count(s);
    assert_int_equal(listeners_find(s, &s->conn[5], &n), 2);
    assert_int_equal(n, 2);
    assert_int_equal(listeners_find(s, &s->conn[6], &n), 0);
    assert_int_equal(n, 1);
    assert_int_equal(listeners_find(s, &s->conn[7], NULL), 3);
    assert_int_equal(listeners_find(s, &s->conn[8], NULL), UINT32_MAX);
    patient_look(s);
}

/* Of workers that share a port (SO_REUSEPORT) nobody tells whose queue a connection waits in, where
 * more than one has a queue. */
static void listeners_that_share(void **state)
{
    struct owner_lookup *lookup = servers();
    struct sample *s = patient_sample(0);

    (void)state;
    listener(s, LISTENER, 1, 0);
    listener(s, LISTENER, 2, 4);
    listener(s, "10.0.0.1:81", 3, 4);
    waiting(s, 0, 1);
    sample_count(s);
    owned_assign(lookup, s);
    assert_int_equal(listeners_find(s, &s->conn[3], NULL), 1);
    assert_true(listeners_is_certain(s, 1));
    s->conn[0].rqueue = 2;
    assert_false(listeners_is_certain(s, 1));
    s->owner[0] = s->owner[1]; /* both of one process */
    assert_true(listeners_is_certain(s, 1));
    patient_look(s);
    forget(lookup);
}

/* One of IPv4 is chosen before one of both families, and one of IPv6 alone takes no IPv4; one that
 * is bound to a device takes what comes through that one, before others. */
static void listeners_of_both_families(void **state)
{
    struct sample *s = patient_sample(0);
    uint32_t n;

    (void)state;
    listener(s, "[::]:80", 1, 0)->extra = V6ONLY_NO;
    listener(s, "0.0.0.0:80", 2, 0);
    listener(s, "[::]:81", 3, 0)->extra = V6ONLY_YES;
    listener(s, "[::]:81", 4, 0)->ifindex = 7;
    sample_row(s, "10.0.0.8:80", "10.0.0.2:1", TCP_STATE_ESTABLISHED);
    sample_row(s, "[2001:db8::1]:80", "[2001:db8::2]:1", TCP_STATE_ESTABLISHED);
    sample_row(s, "10.0.0.8:81", "10.0.0.2:1", TCP_STATE_ESTABLISHED);
    sample_row(s, "[2001:db8::1]:81", "[2001:db8::2]:1", TCP_STATE_ESTABLISHED);
    sample_row(s, "[2001:db8::1]:81", "[2001:db8::2]:1", TCP_STATE_ESTABLISHED)->ifindex = 7;
    sample_count(s);
    assert_int_equal(listeners_find(s, &s->conn[4], &n), 1);
    assert_int_equal(n, 1);
    assert_int_equal(listeners_find(s, &s->conn[5], NULL), 0);
    assert_int_equal(listeners_find(s, &s->conn[6], NULL), UINT32_MAX);
    assert_int_equal(listeners_find(s, &s->conn[7], NULL), 2);
    assert_int_equal(listeners_find(s, &s->conn[8], &n), 3);
    assert_int_equal(n, 1);
    patient_look(s);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, patient_set_up, patient_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_accepted),
        TEST(a_busy_server),
        TEST(resets_are_no_accept),
        TEST(beside_a_healthy_one),
        TEST(beside_a_busy_one),
        TEST(a_full_queue_is_found_once),
        TEST(a_full_queue_that_nobody_takes_from),
        TEST(a_rush),
        TEST(the_reader_is_here),
        TEST(what_follows),
        TEST(elsewhere),
        TEST(in_order),
        TEST(the_process),
        TEST(whose_requests),
        TEST(nobodys_requests),
        TEST(whose_requests_in_the_end),
        TEST(requests_of_two),
        TEST(whose_syns),
        TEST(who_sends),
        TEST(who_had_them),
        TEST(a_hidden_process_has_a_service),
        TEST(a_process_is_looked_for),
        TEST(names_that_are_late),
        TEST(two_processes_are_looked_for),
        TEST(a_recording_names_no_process),
        TEST(no_process),
        TEST(how_it_is),
        TEST(listeners),
        TEST(listeners_that_share),
        TEST(listeners_of_both_families),
    };
    return cmocka_run_group_tests_name("doctor_who", tests, NULL, NULL);
}
