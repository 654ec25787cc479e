/* SPDX-License-Identifier: MIT */
/* What keys cost the thread that draws, with many sockets: a session on made-up samples, no
 * terminal, no kernel.
 *
 *     keys [ROWS [STATE [ROUNDS]]]     1000000 ESTABLISHED 20
 *
 * For each event, in milliseconds of this thread's own CPU time, which other programs disturb
 * least: until its frame is drawn, and, where the query worker has the rows, what taking its answer
 * costs; and by the wall clock how long the answer took. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/sample.h"
#include "lib/session_probe.h"
#include "tcptop/base/clock.h"
#include "tcptop/model/diff.h"

#define WIDTH          200
#define HEIGHT         50
#define LISTENERS      20u
#define ROUNDS_MAX     200
#define TCP_TIMEOUTS_S 60

/* Events in the order of a round: a key by its name, 'text is typed, wait is 300 ms later. */
static const char *const script[] = {
    "sample", "Tab",    "Down",  "sample", "PgDn",     "G",   "Up",   "sample", "r",  "r",
    "Enter",  "Down",   "Esc",   "e",      "Esc",      "'3",  "wait", "Esc",    "'/", "'4",
    "Esc",    "Space",  "Space", "F3",     "'nowhere", "Esc", "w",    "w",      "w",  "[",
    "p",      "sample", "p",     "Home",   "S-Tab",    "L",   "L",
};
#define EVENTS (sizeof script / sizeof *script)

struct cost {
    double at_once[ROUNDS_MAX], taking[ROUNDS_MAX], answer[ROUNDS_MAX];
    int n, answered;
};

struct bench {
    uint32_t rows;
    unsigned state;
    struct sample_pool *pool;
    struct diff *diff;
    struct sample *last;
    struct session *session;
    struct canvas canvas;
    int wake_fd;
    int64_t skew_ns; /* time that was not waited for */
    struct cost cost[EVENTS];
};

static void fail(const char *what)
{
    fprintf(stderr, "keys: %s\n", what);
    exit(1);
}

/* Connection `n` of a server: one in a hundred moves on to another state with each sample. */
static void make_row(const struct bench *b, struct conn *c, uint32_t n, uint64_t seq)
{
    bool listener = n < LISTENERS, moved = n % 100 == seq % 100;
    *c = (struct conn){
        .src = {10, 0, 2, (uint8_t)(n % 7)},
        .dst = {10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n},
        .cookie = n + 1,
        .inode = b->state == TCP_STATE_TIME_WAIT ? 0 : 100 + n,
        .sport = (uint16_t)(listener ? 3000 + n : 3000 + n % (2 * LISTENERS)),
        .dport = (uint16_t)(listener ? 0 : 1024 + n % 60000),
        .family = AF_INET,
        .state = (uint8_t)(listener ? TCP_STATE_LISTEN
                           : moved  ? TCP_STATE_CLOSE_WAIT
                                    : b->state),
        .timer = b->state == TCP_STATE_TIME_WAIT ? TIMER_TIMEWAIT : TIMER_OFF,
        .expires_ms = n % 60000,
    };
}

static const struct sample *next_sample(struct bench *b)
{
    struct sample *s = sample_make(b->pool);
    if (!s)
        fail("out of memory");
    s->seq = b->last ? b->last->seq + 1 : 1;
    s->mono_ns = clock_mono_ns();
    s->wall_ns = clock_wall_ns();
    s->now_ds = (uint32_t)(s->seq * 10);
    s->interval_ms = s->asked_interval_ms = 1000;
    for (uint32_t n = 0; n < b->rows; n++) {
        struct conn *c = sample_add(builder_of(s), NULL);
        if (!c)
            fail("out of memory");
        make_row(b, c, n, s->seq);
    }
    sample_count(s);
    if (diff_join(b->diff, builder_of(s), b->last, 30))
        fail("out of memory");
    sample_unref(b->last);
    b->last = s;
    return sample_ref(s);
}

static int64_t now(const struct bench *b)
{
    return clock_mono_ns() + b->skew_ns;
}

static void draw(struct bench *b)
{
    session_draw(b->session, &b->canvas, now(b));
}

/* Wait for the worker, and take its answer. */
static void take_answer(struct bench *b, struct cost *c)
{
    const void *before = probe_list(b->session);
    struct pollfd fd = {.fd = b->wake_fd, .events = POLLIN};
    int64_t wall = clock_mono_ns(), cpu = 0;
    uint64_t count;
    while (probe_list(b->session) == before) {
        if (poll(&fd, 1, TCP_TIMEOUTS_S * 1000) != 1 || read(b->wake_fd, &count, sizeof count) < 0)
            fail("no answer");
        c->answer[c->answered] = (double)(clock_mono_ns() - wall) / 1e6;
        cpu = clock_thread_cpu_ns();
        session_tick(b->session, now(b));
    }
    draw(b);
    c->taking[c->answered++] = (double)(clock_thread_cpu_ns() - cpu) / 1e6;
}

static void press(struct bench *b, keycode key)
{
    session_input(b->session, &(struct input){.key = key}, now(b));
}

static void act(struct bench *b, const char *event)
{
    keycode key = 0;
    if (strcmp(event, "wait") == 0) {
        b->skew_ns += 300 * NS_PER_MS;
        session_tick(b->session, now(b));
    } else if (event[0] == '\'') {
        for (event++; *event; event++)
            press(b, (keycode)*event);
    } else {
        key_parse(event, &key);
        press(b, key);
    }
}

static void run_event(struct bench *b, size_t i)
{
    struct cost *c = &b->cost[i];
    const struct sample *fresh = strcmp(script[i], "sample") ? NULL : next_sample(b);
    uint64_t asked = probe_last_job(b->session);
    int64_t cpu = clock_thread_cpu_ns();
    if (fresh)
        session_sample(b->session, fresh, now(b));
    else
        act(b, script[i]);
    draw(b);
    c->at_once[c->n++] = (double)(clock_thread_cpu_ns() - cpu) / 1e6;
    if (probe_last_job(b->session) != asked)
        take_answer(b, c);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Two columns: the median and the 99th percentile; the largest where there are fewer than 100. */
static void print_two(double *list, int n)
{
    if (n == 0) {
        printf(" – | – |");
        return;
    }
    qsort(list, (size_t)n, sizeof *list, compare);
    printf(" %.2f | %.2f |", list[n / 2], list[(n * 99 + 99) / 100 - 1]);
}

static void print_costs(struct bench *b)
{
    puts("| event | frame p50 | p99 | taking p50 | p99 | answer p50 | p99 |");
    puts("|---|---:|---:|---:|---:|---:|---:|");
    for (size_t i = 0; i < EVENTS; i++) {
        struct cost *c = &b->cost[i];
        printf("| %s |", script[i]);
        print_two(c->at_once, c->n);
        print_two(c->taking, c->answered);
        print_two(c->answer, c->answered);
        puts("");
    }
}

int main(int argc, char **argv)
{
    static struct bench b;
    static struct ui_settings settings = {.interval_ms = 1000,
                                          .fade_s = 3,
                                          .history_s = 60,
                                          .width = WIDTH,
                                          .height = HEIGHT,
                                          .group_by = -1};
    unsigned state = argc > 2 ? state_parse(argv[2], strlen(argv[2])) : TCP_STATE_ESTABLISHED;
    int rounds = argc > 3 ? atoi(argv[3]) : 20;
    b.rows = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
    b.state = state;
    if (b.rows < LISTENERS || rounds < 1 || rounds > ROUNDS_MAX || !state) {
        fputs("usage: keys [ROWS [STATE [ROUNDS]]]\n", stderr);
        return 2;
    }
    keymap_init(&settings.bindings);
    b.pool = sample_pool_new();
    b.diff = diff_new();
    b.wake_fd = eventfd(0, EFD_CLOEXEC);
    if (!b.pool || !b.diff || canvas_init(&b.canvas, WIDTH, HEIGHT) ||
        session_new(&b.session, &settings, b.wake_fd, true, false))
        fail("cannot start");
    for (int round = 0; round < rounds; round++)
        for (size_t i = 0; i < EVENTS; i++)
            run_event(&b, i);
    print_costs(&b);
    session_free(b.session);
    sample_unref(b.last);
    sample_pool_free(b.pool);
    diff_free(b.diff);
    canvas_fini(&b.canvas);
    close(b.wake_fd);
    return 0;
}
