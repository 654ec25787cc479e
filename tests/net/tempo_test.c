/* SPDX-License-Identifier: MIT */
/* Brief samples of real sockets: what opens, closes or waits is in the next one; ESTABLISHED and
 * TIME_WAIT are counted as a full dump counts them; nothing that lives is called closed, while
 * thousands of connections a second come and go, too; a sampler keeps its interval by them.
 *
 * With TEMPO_AMONG in the environment it stays in the namespace it is started in, among what is
 * there, and only the storm is tried, for so many seconds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/own_table.h"
#include "lib/sample.h"
#include "lib/wait.h"
#include "tcptop/base/clock.h"
#include "tcptop/source/sample_pipeline.h"
#include "tcptop/source/sampler.h"

#define HELD       1000u /* connections, two sockets each */
#define PER_SECOND 5000

static int seconds = 2; /* of the storm */
static uint32_t others; /* sockets that were there */
static struct sockaddr_in server;
static int listener;
static int near_end[HELD], far_end[HELD];

static void connect_one(int *client, int *accepted)
{
    *client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(*client, (struct sockaddr *)&server, sizeof server), 0);
    *accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    assert_true(*accepted >= 0);
}

static int hold(void **state)
{
    socklen_t len = sizeof server;

    (void)state;
    server = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (!getenv("TEMPO_AMONG") && own_table(4096))
        return -1;
    close(listener); /* of the namespace before */
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bind(listener, (struct sockaddr *)&server, sizeof server);
    listen(listener, 128);
    getsockname(listener, (struct sockaddr *)&server, &len);
    for (unsigned i = 0; i < HELD; i++)
        connect_one(&near_end[i], &far_end[i]);
    return 0;
}

static void reset(int fd)
{
    const struct linger at_once = {.l_onoff = 1};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
}

static int let_go(void **state)
{
    (void)state;
    for (unsigned i = 0; i < HELD; i++) {
        reset(near_end[i]);
        reset(far_end[i]);
    }
    close(listener);
    return 0;
}

struct watcher {
    struct sample_pipeline *st;
    struct request req;
    const struct sample *last;
};

static struct watcher watch(void)
{
    struct watcher w = {
        .req = {.host_facts = true, .count_states = true, .close_stats = 1, .fade_ds = 50}};
    struct source *src;

    assert_int_equal(multi_netns_open(&src, "", NULL), 0);
    w.st = sample_pipeline_new(src, 60);
    assert_non_null(w.st);
    return w;
}

static void watch_end(struct watcher *w)
{
    sample_unref(w->last);
    sample_pipeline_free(w->st);
}

static const struct sample *look(struct watcher *w, bool brief)
{
    w->req.brief = brief;
    assert_int_equal(sample_pipeline_next(w->st, &w->req, &w->last, NULL), 0);
    assert_int_equal(w->last->status, SAMPLE_COMPLETE);
    assert_int_equal(w->last->left_out, brief ? BRIEF_LEFT_OUT : 0);
    return w->last;
}

/* The row of the socket that has the port of `fd`, on this side; UINT32_MAX: none. */
static uint32_t row_of(const struct sample *s, uint16_t local, uint16_t remote)
{
    for (uint32_t row = 0; row < sample_rows(s); row++)
        if (s->conn[row].sport == local && s->conn[row].dport == remote)
            return row;
    return UINT32_MAX;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_in a = {.sin_port = 0};
    socklen_t len = sizeof a;

    getsockname(fd, (struct sockaddr *)&a, &len);
    return ntohs(a.sin_port);
}

static void assert_counts(const struct sample *s, uint32_t established, uint32_t timewait)
{
    assert_int_equal(s->count[TCP_STATE_ESTABLISHED], established);
    assert_int_equal(s->count[TCP_STATE_TIME_WAIT], timewait);
}

/* Of the kernel's lists and of its counters the same comes out, where nothing changes. */
static void counts_are_those_of_a_full_dump(void **state)
{
    struct watcher w = watch();
    const struct sample *s;
    int client, accepted;

    (void)state;
    s = look(&w, false);
    assert_counts(s, 2 * HELD, 0);
    assert_true(s->counters.valid);
    s = look(&w, true);
    assert_counts(s, 2 * HELD, 0);
    assert_int_equal(s->count[TCP_STATE_LISTEN], 1);
    assert_int_equal(s->n_carried, 2 * HELD);
    assert_int_equal(s->total, 2 * HELD + 1);
    connect_one(&client, &accepted); /* new ones are counted, not invented */
    s = look(&w, true);
    assert_counts(s, 2 * HELD + 2, 0);
    assert_int_equal(s->n_carried, 2 * HELD);
    close(client);
    close(accepted);
    for (struct wait more = {0}; s->count[TCP_STATE_TIME_WAIT] != 1 && wait_more(&more);)
        s = look(&w, true);
    assert_counts(s, 2 * HELD, 1);
    s = look(&w, false);
    assert_counts(s, 2 * HELD, 1);
    assert_counts(look(&w, true), 2 * HELD, 1);
    watch_end(&w);
}

static void what_changes_is_in_the_next_brief_sample(void **state)
{
    struct watcher w = watch();
    uint16_t near, far = ntohs(server.sin_port);
    const struct sample *s;
    int client, accepted;
    uint32_t row;

    (void)state;
    connect_one(&client, &accepted);
    near = port_of(client);
    look(&w, false);
    look(&w, true);
    shutdown(client, SHUT_WR); /* loopback: the other end has it before this returns */
    s = look(&w, true);
    row = row_of(s, far, near);
    assert_int_equal(s->conn[row].state, TCP_STATE_CLOSE_WAIT);
    assert_int_equal(s->conn[row].was_state, TCP_STATE_ESTABLISHED);
    assert_true(sample_is_dumped(s, row));
    row = row_of(s, near, far);
    assert_in_range(s->conn[row].state, TCP_STATE_FIN_WAIT1, TCP_STATE_FIN_WAIT2);
    assert_int_equal(s->count[TCP_STATE_CLOSE_WAIT], 1);
    assert_int_equal(s->count[TCP_STATE_ESTABLISHED], 2 * HELD);
    assert_int_equal(s->n_carried, 2 * HELD + s->count[TCP_STATE_TIME_WAIT]);
    assert_int_equal(s->n_missing + s->n_closed, 0);
    for (struct wait more = {0}; s->conn[row].state != TCP_STATE_FIN_WAIT2 && wait_more(&more);) {
        s = look(&w, true);
        row = row_of(s, near, far);
    }
    close(accepted);
    for (int i = 0; i < 3; i++) { /* its record is in TIME_WAIT, which is not asked for */
        s = look(&w, true);
        assert_int_equal(sample_row_kind(s, row_of(s, near, far)), ROW_MISSING);
    }
    s = look(&w, false);
    row = row_of(s, near, far);
    assert_int_equal(sample_row_kind(s, row), ROW_LIVE);
    assert_int_equal(s->conn[row].was_state, TCP_STATE_FIN_WAIT2);
    close(client);
    watch_end(&w);
}

/* A queue of a listener, and a socket whose end the kernel reports. */
static void queues_and_ends_are_in_the_next_brief_sample(void **state)
{
    struct watcher w = watch();
    uint16_t near, far = ntohs(server.sin_port);
    const struct sample *s;
    int client, accepted, waiting;
    uint32_t row;

    (void)state;
    connect_one(&client, &accepted);
    near = port_of(client);
    look(&w, false);
    waiting = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(waiting, (struct sockaddr *)&server, sizeof server), 0);
    s = look(&w, true);
    row = row_of(s, far, 0);
    assert_int_equal(s->conn[row].rqueue, 1);
    close(accept(listener, NULL, NULL));
    close(waiting);
    reset(client);
    close(accepted);
    s = look(&w, true);
    row = row_of(s, near, far);
    for (struct wait more = {0}; s->close_events_known && row < s->n_live && wait_more(&more);) {
        s = look(&w, true); /* the kernel reports from a queue */
        row = row_of(s, near, far);
    }
    assert_true(!s->close_events_known || row == UINT32_MAX ||
                sample_row_kind(s, row) == ROW_MISSING);
    for (int i = 0; i < 2; i++)
        s = look(&w, false);
    row = row_of(s, near, far);
    assert_true(row == UINT32_MAX || sample_row_kind(s, row) == ROW_CLOSED);
    watch_end(&w);
}

/* Each namespace counts for itself, and none for all. */
static void several_namespaces_have_one_tempo(void **state)
{
    struct watcher w = watch();

    (void)state;
    strcpy(w.req.namespaces, "all");
    w.req.list_namespaces = w.req.brief = true;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(sample_pipeline_next(w.st, &w.req, &w.last, NULL), 0);
        assert_int_equal(w.last->left_out, 0);
        assert_false(w.last->counters.valid);
        assert_int_equal(w.last->total, w.last->n_live);
    }
    watch_end(&w);
}

/* The rows of a full sample are read piece by piece, with brief samples in between: what changes
 * meanwhile is in these, and the full one does not have it as it was. */
static void a_full_sample_is_gathered_between_brief_ones(void **state)
{
    struct watcher w = watch();
    uint16_t far = ntohs(server.sin_port);
    int client[8], accepted[8], more;
    const struct sample *s;
    uint32_t records;

    (void)state;
    for (int i = 0; i < 8; i++)
        connect_one(&client[i], &accepted[i]);
    records = look(&w, false)->count[TCP_STATE_TIME_WAIT];
    for (int i = 0; i < 8; i++) {
        w.req.brief = true;
        more = sample_pipeline_gather(w.st, &w.req, 0); /* one batch */
        assert_in_range(more, 0, 1);
        assert_true(i || more == 1);
        shutdown(client[i], SHUT_WR);
        assert_int_equal(sample_pipeline_next(w.st, &w.req, &w.last, NULL), 0);
        s = w.last;
        assert_true(i || s->left_out);
        assert_int_equal(s->conn[row_of(s, far, port_of(client[i]))].state, TCP_STATE_CLOSE_WAIT);
        assert_int_equal(s->count[TCP_STATE_CLOSE_WAIT], i + 1);
    }
    while ((more = sample_pipeline_gather(w.st, &w.req, 0)) == 1)
        ;
    assert_int_equal(more, 0);
    assert_int_equal(sample_pipeline_next(w.st, &w.req, &w.last, NULL), 0);
    s = w.last;
    assert_int_equal(s->left_out, 0);
    assert_int_equal(s->status, SAMPLE_COMPLETE);
    assert_counts(s, 2 * HELD, records);
    assert_int_equal(s->n_live, 2 * HELD + 8 + 8 + 1 + records);
    assert_int_equal(s->n_missing + s->n_closed + s->born, 0);
    assert_true(s->counters.valid);
    look(&w, true);
    assert_counts(w.last, 2 * HELD, records);
    for (int i = 0; i < 8; i++) {
        reset(client[i]);
        reset(accepted[i]);
    }
    watch_end(&w);
}

/* Churn ------------------------------------------------------------ */

/* Entries in TIME_WAIT run out after 60 s (TCP_TIMEWAIT_LEN), also between two looks: how many
 * there are is compared before that. */
static bool runs_out(int64_t since_ns)
{
    return clock_mono_ns() - since_ns > 50 * NS_PER_S;
}

#define LOOKS_MIN 6 /* samples that are taken meanwhile */

/* For so many seconds, and until LOOKS_MIN samples were taken. */
static void churn(const atomic_uint *looks)
{
    int64_t start = clock_mono_ns();
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof to;
    int own = socket(AF_INET, SOCK_STREAM, 0);

    bind(own, (struct sockaddr *)&to, sizeof to);
    listen(own, 128);
    getsockname(own, (struct sockaddr *)&to, &len);
    for (int64_t done = 0; done < (int64_t)seconds * PER_SECOND ||
                           (atomic_load(looks) < LOOKS_MIN && !runs_out(start));) {
        if (done >= (clock_mono_ns() - start) * PER_SECOND / NS_PER_S) {
            nanosleep(&(struct timespec){.tv_nsec = NS_PER_MS}, NULL);
            continue;
        }
        int client = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(client, (struct sockaddr *)&to, sizeof to) == 0)
            close(accept(own, NULL, NULL));
        close(client);
        done++;
    }
    _exit(0);
}

static int compare(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* The cookies of the rows from `from` to `to`, in order. */
static uint64_t *cookies(const struct sample *s, uint32_t from, uint32_t to)
{
    uint64_t *at = malloc((to - from + 1) * sizeof *at);

    assert_non_null(at);
    for (uint32_t row = from; row < to; row++)
        at[row - from] = s->conn[row].cookie;
    qsort(at, to - from, sizeof *at, compare);
    return at;
}

/* None of the connections that `s` calls closed is in `full`, a dump that began later. */
static void assert_none_lives(const struct sample *s, const struct sample *full)
{
    uint64_t *live = cookies(full, 0, full->n_live);

    for (uint32_t row = s->n_live + s->n_missing; row < sample_rows(s); row++)
        if (!(s->conn[row].flags & CONN_UNSEEN))
            assert_null(bsearch(&s->conn[row].cookie, live, full->n_live, sizeof *live, compare));
    free(live);
}

static void assert_no_duplicate(const struct sample *s)
{
    uint64_t *live = cookies(s, 0, s->n_live);

    for (uint32_t i = 1; i < s->n_live; i++)
        assert_true(live[i - 1] != live[i]);
    free(live);
}

/* Full samples are taken at once, or gathered between brief ones. */
static const struct sample *look_at_churn(struct watcher *w, bool gathers, unsigned n)
{
    if (!gathers)
        return look(w, n % 5 != 4);
    w->req.brief = true;
    assert_true(sample_pipeline_gather(w->st, &w->req, clock_mono_ns() + NS_PER_MS / 2) >= 0);
    assert_int_equal(sample_pipeline_next(w->st, &w->req, &w->last, NULL), 0);
    return w->last;
}

static void churn_under(bool gathers)
{
    struct watcher w = watch(), control = watch();
    int64_t begin;
    uint32_t held = 2 * HELD;
    uint64_t before = 0, made;
    unsigned n_brief = 0, n_full = 0;
    atomic_uint *looks =
        mmap(NULL, sizeof *looks, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child;
    int status;

    assert_true(looks != MAP_FAILED);
    control.req.close_stats = 0;
    /* those of the storm before; a short one is over before they run out */
    for (struct wait more = {0}; getenv("TEMPO_AMONG") &&
                                 look(&control, false)->count[TCP_STATE_TIME_WAIT] &&
                                 wait_more(&more);)
        ;
    held = look(&w, false)->count[TCP_STATE_ESTABLISHED];
    assert_int_equal(held, 2 * HELD + others);
    begin = clock_mono_ns();
    child = fork();
    if (child == 0)
        churn(looks);
    while (waitpid(child, &status, WNOHANG) == 0) {
        const struct sample *s = look_at_churn(&w, gathers, n_brief), *full;
        n_brief++;
        atomic_store(looks, n_brief);
        n_full += !s->left_out;
        assert_no_duplicate(s);
        full = look(&control, false);
        assert_none_lives(s, full);
        /* the churn has one connection at a time, and each leaves a record in TIME_WAIT */
        assert_in_range(s->count[TCP_STATE_ESTABLISHED], held - 8, held + 8);
        made = s->count[TCP_STATE_TIME_WAIT];
        assert_true(made <= full->count[TCP_STATE_TIME_WAIT] + 8u || runs_out(begin));
        /* those of a gathered one are older */
        assert_true(made + 8u >= before || (gathers && !s->left_out) || runs_out(begin));
        before = full->count[TCP_STATE_TIME_WAIT];
    }
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    /* a slow host may not have gathered all by then */
    for (struct wait more = {0}; gathers && !n_full && wait_more(&more);)
        n_full += !look_at_churn(&w, true, n_brief)->left_out;
    munmap(looks, sizeof *looks);
    assert_true(n_brief >= LOOKS_MIN);
    assert_true(n_full > 0);
    for (int i = 0; i < (gathers ? 3 : 0); i++)
        look(&w, false);
    look(&w, true);
    made = w.last->count[TCP_STATE_TIME_WAIT];
    assert_int_equal(w.last->count[TCP_STATE_ESTABLISHED], held);
    look(&control, false);
    assert_true(control.last->count[TCP_STATE_TIME_WAIT] == made || runs_out(begin));
    for (int i = 0; i < 3; i++) /* what is left over is decided */
        look(&w, false);
    assert_int_equal(w.last->n_live, control.last->n_live);
    watch_end(&w);
    watch_end(&control);
}

static void churn_makes_no_false_row(void **state)
{
    (void)state;
    churn_under(false);
}

static void churn_makes_no_false_row_while_gathering(void **state)
{
    (void)state;
    churn_under(true);
}

/* A sampler with a small budget takes brief samples by itself, and keeps the interval. */
static void a_sampler_keeps_its_interval(void **state)
{
    const struct request req = {
        .interval_ms = 200, .two_tempos = true, .host_facts = true, .fade_ds = 50};
    struct sampler *sampler;
    const struct sample *s = NULL;
    int client, accepted;
    struct source *src;
    uint64_t since;
    uint16_t near;

    (void)state;
    assert_int_equal(multi_netns_open(&src, "", NULL), 0);
    connect_one(&client, &accepted);
    near = port_of(client);
    /* so small that any full sample of thousands of sockets is more than it, and any brief one */
    assert_int_equal(sampler_start(&sampler, src, NULL, &req, 60, 0.003, -1, NULL), 0);
    for (struct wait more = {0}; (!s || !s->left_out) && wait_more(&more);) {
        sample_unref(s);
        s = sampler_latest(sampler);
    }
    assert_true(s->left_out);
    assert_true(s->full_interval_ms > s->interval_ms);
    shutdown(client, SHUT_WR);
    since = s->seq;
    for (struct wait more = {0}; s->seq <= since + 1 && wait_more(&more);) {
        sample_unref(s);
        s = sampler_latest(sampler);
    }
    uint32_t row = row_of(s, ntohs(server.sin_port), near);
    assert_int_equal(s->conn[row].state, TCP_STATE_CLOSE_WAIT);
    assert_true(sample_is_dumped(s, row));
    sample_unref(s);
    sampler_stop(sampler);
    close(accepted);
    close(client);
}

/* Among many: how many there are is known before any of ours is. */
static int hold_among(void **state)
{
    struct watcher w = watch();

    others = look(&w, false)->count[TCP_STATE_ESTABLISHED];
    watch_end(&w);
    return hold(state);
}

int main(void)
{
    const struct CMUnitTest storm[] = {
        cmocka_unit_test(churn_makes_no_false_row),
        cmocka_unit_test(churn_makes_no_false_row_while_gathering),
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_those_of_a_full_dump),
        cmocka_unit_test(what_changes_is_in_the_next_brief_sample),
        cmocka_unit_test(queues_and_ends_are_in_the_next_brief_sample),
        cmocka_unit_test(several_namespaces_have_one_tempo),
        cmocka_unit_test(a_full_sample_is_gathered_between_brief_ones),
        cmocka_unit_test(churn_makes_no_false_row),
        cmocka_unit_test(churn_makes_no_false_row_while_gathering),
        cmocka_unit_test(a_sampler_keeps_its_interval),
    };

    if (getenv("TEMPO_AMONG")) {
        seconds = atoi(getenv("TEMPO_AMONG"));
        return cmocka_run_group_tests(storm, hold_among, let_go);
    }
    return cmocka_run_group_tests(tests, hold, let_go);
}
