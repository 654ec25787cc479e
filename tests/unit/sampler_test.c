/* SPDX-License-Identifier: MIT */
/* The sampling thread: many readers at once, wishes, failures, a stretched interval, and a stop
 * that does not wait for a dump without end. Run under TSan. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/fake_source.h"
#include "lib/sample.h"
#include "tcptop/base/clock.h"
#include "tcptop/source/sampler.h"
#include "tcptop/text/text.h"

#define HOUR_MS         UINT64_C(3600000)
#define READERS         4
#define MANY            1000  /* sockets that a brief sample saves something by leaving out */
#define TCP_TIMEOUTS_MS 60000 /* a test that waits longer has failed */

static struct fake fake;
static struct sampler *sampler;
static int wake_fd;

static void start(uint64_t interval_ms)
{
    const struct request req = {.interval_ms = interval_ms, .fade_ds = 50};

    wake_fd = eventfd(0, EFD_CLOEXEC);
    assert_true(wake_fd >= 0);
    assert_int_equal(sampler_start(&sampler, &fake.source, NULL, &req, 60, 0.25, wake_fd, NULL), 0);
}

static void stop(void)
{
    sampler_stop(sampler);
    sampler = NULL;
    close(wake_fd);
}

/* After a check that failed: the next test has the same source. */
static int stop_what_runs(void **state)
{
    (void)state;
    if (sampler)
        stop();
    return 0;
}

/* Wait until a sample is published; returns it. */
static const struct sample *published(void)
{
    struct pollfd p = {.fd = wake_fd, .events = POLLIN};
    uint64_t n;

    assert_int_equal(poll(&p, 1, TCP_TIMEOUTS_MS), 1);
    assert_int_equal(eventfd_read(wake_fd, &n), 0);
    return sampler_latest(sampler);
}

static void wait_for(const atomic_uint *count, unsigned n)
{
    int64_t end = clock_mono_ns() + TCP_TIMEOUTS_MS * NS_PER_MS;

    while (atomic_load(count) < n && clock_mono_ns() < end)
        poll(NULL, 0, 1);
    assert_true(atomic_load(count) >= n);
}

static void samples_at_once_when_wished(void **state)
{
    struct request req = {.interval_ms = HOUR_MS, .needs = NEED_TCP_INFO};
    const struct sample *s;

    (void)state;
    fake_init(&fake);
    start(HOUR_MS);
    s = published();
    assert_int_equal(s->seq, 1);
    assert_int_equal(s->total, 3);
    assert_int_equal(s->interval_ms, HOUR_MS);
    sample_unref(s);
    sampler_request(sampler, &req, true);
    s = published();
    assert_int_equal(s->seq, 2);
    assert_int_equal(s->needs, NEED_TCP_INFO);
    sample_unref(s);
    /* a shorter interval is in force at once, too; a host that makes a sample dear lengthens it */
    req.interval_ms = 10;
    sampler_request(sampler, &req, false);
    s = published();
    assert_in_range(s->interval_ms, 10, HOUR_MS / 100);
    sample_unref(s);
    stop();
    assert_true(fake.closed);
}

static void failures_are_published(void **state)
{
    const struct request req = {.interval_ms = HOUR_MS};
    const struct sample *s;

    (void)state;
    fake_init(&fake);
    fake.fails = -EACCES;
    start(HOUR_MS);
    s = published();
    assert_int_equal(s->status, SAMPLE_FAILED);
    assert_string_equal(reason_words(&s->reason), "the fake fails");
    assert_int_equal(s->asked_interval_ms, HOUR_MS);
    sample_unref(s);
    fake.fails = 0;
    sampler_request(sampler, &req, true);
    s = published();
    assert_int_equal(s->status, SAMPLE_COMPLETE);
    assert_int_equal(history_at(&s->history, 1)->status, POINT_MISSED);
    sample_unref(s);
    stop();
}

static void a_dear_sample_stretches_the_interval(void **state)
{
    struct request req = {.interval_ms = 2000};
    const struct sample *s;

    (void)state;
    fake_init(&fake);
    fake.cpu_ns = NS_PER_S;
    start(1000);
    s = published();
    assert_in_range(s->interval_ms, 4000, 4200); /* a quarter of a core */
    assert_int_equal(s->asked_interval_ms, 1000);
    sample_unref(s);
    fake.cpu_ns = NS_PER_S * 9 / 10; /* a little less changes nothing */
    sampler_request(sampler, &req, true);
    s = published();
    assert_in_range(s->interval_ms, 4000, 4200);
    assert_int_equal(s->asked_interval_ms, 2000);
    sample_unref(s);
    req.interval_ms = 1000;
    fake.cpu_ns = 1; /* much less does, as soon as it is more than a lucky moment */
    for (int i = 0; i < 3; i++) {
        sampler_request(sampler, &req, true);
        sample_unref(published());
    }
    s = sampler_latest(sampler);
    assert_in_range(s->interval_ms, 1500, 2500);
    sample_unref(s);
    req.interval_ms = 60000; /* within the budget */
    sampler_request(sampler, &req, true);
    s = published();
    assert_int_equal(s->interval_ms, 60000);
    sample_unref(s);
    stop();
}

/* On a busy host a sample that costs little takes long. The interval in force is the one in which
 * it is finished, in steps; the budget, which is of CPU time, stretches it no further. */
static void a_slow_sample_stretches_the_interval(void **state)
{
    struct request req = {.interval_ms = 5000};
    const struct sample *s;

    (void)state;
    fake_init(&fake);
    fake.cpu_ns = NS_PER_S / 100;
    fake.cost_ns = NS_PER_S * 21 / 10;
    start(1000);
    s = published();
    assert_in_range(s->interval_ms, 2200, 2300);
    assert_int_equal(s->asked_interval_ms, 1000);
    sample_unref(s);
    sampler_request(sampler, &req, true); /* longer than it takes */
    s = published();
    assert_int_equal(s->interval_ms, 5000);
    sample_unref(s);
    stop();
}

/* A source that counts is asked for brief samples in between, as often as was asked for; a full one
 * comes as often as the budget allows. */
static void brief_samples_keep_the_interval(void **state)
{
    struct request req = {.interval_ms = 100, .fade_ds = 50, .two_tempos = true};
    unsigned n_brief = 0;
    bool more = false;
    uint64_t every = 0;
    int64_t full_ns = 0;
    const struct sample *s;

    (void)state;
    fake_init(&fake);
    fake.counted = MANY + 1;
    fake.rows = MANY;
    fake.cpu_ns = 60 * NS_PER_MS;
    fake.cost_ns = fake.brief_cpu_ns = NS_PER_MS;
    wake_fd = eventfd(0, EFD_CLOEXEC);
    assert_int_equal(sampler_start(&sampler, &fake.source, NULL, &req, 60, 0.25, wake_fd, NULL), 0);
    while (!n_brief || every == 0 || !more) {
        s = published();
        assert_int_equal(s->interval_ms, 100);
        assert_in_range(s->full_interval_ms, 240, 1500); /* 60 ms of a quarter, less the rest */
        assert_int_equal(s->n_live, MANY);
        assert_int_equal(s->n_missing + s->n_closed, 0);
        assert_true(s->total == MANY || (s->left_out && s->total == MANY + 4));
        more |= s->total == MANY + 4;
        assert_int_equal(s->count[TCP_STATE_ESTABLISHED], s->total);
        assert_int_equal(history_at(&s->history, 0)->count[TCP_STATE_ESTABLISHED], s->total);
        if (s->left_out) {
            n_brief++;
            fake.counted = MANY + 5; /* four more, of which no full sample has told yet */
            assert_true(s->carried_ns >= full_ns);
            full_ns = s->carried_ns; /* a full one may have been replaced before it was seen */
        } else {
            every = full_ns ? (uint64_t)(s->mono_ns - full_ns) : 0;
            full_ns = s->mono_ns;
        }
        sample_unref(s);
    }
    assert_true(every >= 200 * NS_PER_MS);
    sampler_request(sampler, &req, true); /* a wish for a sample is one for all of it */
    for (bool full = false; !full;) {
        s = published();
        full = !s->left_out;
        assert_true(full || s->mono_ns - full_ns < 500 * NS_PER_MS || s->seq > 1000);
        sample_unref(s);
    }
    stop();
}

/* A full sample that takes long is gathered between brief ones, which come meanwhile; what the last
 * of them shows does not wait for it. What the other full ones were asked for at once is only the
 * first, and a wish. */
static void brief_samples_come_while_a_full_one_is_gathered(void **state)
{
    struct request req = {.interval_ms = 100, .fade_ds = 50, .two_tempos = true};
    const struct sample *s;
    unsigned n_full = 0;

    (void)state;
    fake_init(&fake);
    fake.counted = fake.rows = MANY;
    fake.pieces = 15; /* of 20 ms each at most */
    fake.cpu_ns = 60 * NS_PER_MS;
    fake.cost_ns = fake.brief_cpu_ns = NS_PER_MS;
    wake_fd = eventfd(0, EFD_CLOEXEC);
    assert_int_equal(sampler_start(&sampler, &fake.source, NULL, &req, 60, 0.25, wake_fd, NULL), 0);
    while (n_full < 4) {
        s = published();
        assert_int_equal(s->n_live, MANY);
        assert_int_equal(s->count[TCP_STATE_ESTABLISHED], MANY);
        assert_int_equal(s->n_missing + s->n_closed, 0);
        assert_int_equal(s->n_carried, s->left_out ? MANY : 0);
        if (!s->left_out && n_full++) {
            /* a brief one came before each but the first */
            assert_true(fake.gathered + 1 >= n_full);
            assert_true(fake.kept + 1 >= n_full);
            assert_true(s->cpu_ns >= 60 * NS_PER_MS);
        }
        sample_unref(s);
    }
    assert_int_equal(fake.whole, 1);
    sampler_request(sampler, &req, true);
    wait_for(&fake.whole, 2);
    stop();
}

/* Brief samples are not for a source whose counters say nothing, or something else, nor where there
 * is little to leave out: what makes a sample dear there is something else. */
static void where_a_brief_sample_is_no_use_all_are_full(void **state)
{
    const struct {
        unsigned counted, rows;
    } cases[] = {{0, MANY}, {5 * MANY, MANY}, {MANY - 1, MANY - 1}};
    const struct request req = {.interval_ms = 20, .fade_ds = 50, .two_tempos = true};
    const struct sample *s;

    (void)state;
    for (size_t at = 0; at < sizeof(cases) / sizeof(*cases); at++) {
        fake_init(&fake);
        fake.counted = cases[at].counted;
        fake.rows = cases[at].rows;
        fake.cpu_ns = 50 * NS_PER_MS;
        fake.cost_ns = fake.brief_cpu_ns = NS_PER_MS;
        wake_fd = eventfd(0, EFD_CLOEXEC);
        assert_int_equal(sampler_start(&sampler, &fake.source, NULL, &req, 60, 0.25, wake_fd, NULL),
                         0);
        for (int i = 0; i < 4; i++) {
            s = published();
            assert_int_equal(s->left_out, 0);
            assert_int_equal(s->full_interval_ms, 0);
            assert_in_range(s->interval_ms, 200, 300);
            assert_int_equal(s->total, cases[at].rows);
            sample_unref(s);
        }
        stop();
    }
}

static void *reader(void *arg)
{
    (void)arg;
    while (atomic_load(&fake.taken) < 100) {
        const struct sample *s = sampler_latest(sampler);
        if (!s)
            continue;
        for (uint32_t row = 0; row < s->n_live; row++)
            assert_int_equal(s->conn[row].cookie, row + 1);
        assert_true(s->history.len > 0);
        sample_unref(s);
    }
    return NULL;
}

static void many_readers(void **state)
{
    struct request req = {.interval_ms = 10};
    pthread_t threads[READERS];

    (void)state;
    fake_init(&fake);
    start(10);
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, reader, NULL), 0);
    for (unsigned i = 0; atomic_load(&fake.taken) < 100; i++) {
        req.needs = i % 2 ? NEED_TCP_INFO : 0;
        fake.rows = i % 700;
        sampler_request(sampler, &req, true);
        poll(NULL, 0, 1);
    }
    for (int i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    stop();
}

static void stop_leaves_a_dump_without_end(void **state)
{
    const struct sample *kept;
    int64_t end;

    (void)state;
    fake_init(&fake);
    start(10);
    kept = published();
    pthread_mutex_lock(&fake.gate);
    wait_for(&fake.begun, atomic_load(&fake.passed) + 1); /* one stands before the gate */
    stop(); /* comes back although the sample cannot end */
    assert_false(fake.closed);
    pthread_mutex_unlock(&fake.gate);
    end = clock_mono_ns() + TCP_TIMEOUTS_MS * NS_PER_MS;
    while (!atomic_load(&fake.closed) && clock_mono_ns() < end)
        poll(NULL, 0, 1);
    assert_true(fake.closed); /* the thread has cleared up */
    assert_int_equal(kept->total, 3);
    sample_unref(kept); /* a reader may outlive them all */
}

static void signals_are_the_main_threads(void **state)
{
    (void)state;
    fake_init(&fake);
    start(HOUR_MS);
    sample_unref(published());
    assert_true(sigismember(&fake.blocked, SIGTERM));
    assert_true(sigismember(&fake.blocked, SIGWINCH));
    assert_false(sigismember(&fake.blocked, SIGSEGV)); /* a crash must find its handler */
    stop();
}

/* Wait until no sample will come any more; returns why. */
static int ended(struct sample_reason *err)
{
    int rc;

    while (!(rc = sampler_ended(sampler, err)))
        sample_unref(published());
    return rc;
}

static void a_recording_without_samples_ends(void **state)
{
    struct sample_reason err = {.code = REASON_NONE};

    (void)state;
    fake_init_recording(&fake);
    fake.fails = -ENODATA;
    start(10);
    assert_int_equal(ended(&err), -ENODATA);
    assert_null(sampler_latest(sampler));
    stop();
    assert_int_equal(fake.begun, 1);
    sampler_stop(NULL);
}

/* One sample after the other, none left out, whatever the interval is; each keeps its own. */
static void a_recording_gives_all_its_samples(void **state)
{
    struct sample_reason err = {.code = REASON_NONE};
    const struct sample *s;

    (void)state;
    fake_init_recording(&fake);
    fake.backend = BACKEND_FRAME;
    fake.fails = -ENODATA;
    fake.fails_after = 500;
    start(HOUR_MS);
    for (uint64_t seq = 1; seq <= 500; seq++) {
        s = published();
        assert_int_equal(s->seq, seq);
        assert_int_equal(s->interval_ms, 0);
        assert_true(atomic_load(&fake.begun) <= seq + 1);
        sample_unref(s);
    }
    assert_int_equal(ended(&err), -ENODATA);
    stop();
}

/* Nothing is read before the last sample was taken: a stop in between ends it. */
static void a_recording_that_nobody_takes_stands(void **state)
{
    (void)state;
    fake_init_recording(&fake);
    start(10);
    wait_for(&fake.taken, 1);
    stop();
    assert_int_equal(fake.begun, 1);
    assert_true(fake.closed);
}

static void a_recording_that_cannot_be_read_says_why(void **state)
{
    struct sample_reason err = {.code = REASON_NONE};

    (void)state;
    fake_init_recording(&fake);
    fake.fails = -EIO;
    fake.fails_after = 2;
    start(10);
    assert_int_equal(sampler_ended(sampler, &err), 0);
    assert_int_equal(ended(&err), -EIO);
    assert_string_equal(reason_words(&err), "the fake fails");
    assert_int_equal(fake.taken, 2);
    stop();
}

#define TEST(name) cmocka_unit_test_teardown(name, stop_what_runs)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(samples_at_once_when_wished),
        TEST(failures_are_published),
        TEST(a_dear_sample_stretches_the_interval),
        TEST(brief_samples_keep_the_interval),
        TEST(brief_samples_come_while_a_full_one_is_gathered),
        TEST(where_a_brief_sample_is_no_use_all_are_full),
        TEST(a_slow_sample_stretches_the_interval),
        TEST(many_readers),
        TEST(stop_leaves_a_dump_without_end),
        TEST(signals_are_the_main_threads),
        TEST(a_recording_without_samples_ends),
        TEST(a_recording_gives_all_its_samples),
        TEST(a_recording_that_nobody_takes_stands),
        TEST(a_recording_that_cannot_be_read_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
