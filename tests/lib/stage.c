/* SPDX-License-Identifier: MIT */
/* See stage.h. */
#include "lib/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "lib/lines.h"
#include "lib/sample.h"
#include "tcptop/base/utf8.h"

void stage_open(struct stage *st, int w, int h, int wake_fd)
{
    *st = (struct stage){.next_cookie = 1, .wake_fd = wake_fd, .now_ns = 100 * NS_PER_S};
    st->settings.interval_ms = 1000;
    st->settings.fade_s = 3;
    st->settings.history_s = 60;
    st->settings.group_by = -1;
    st->settings.group_sort = (struct group_sort){.figure = GROUP_COUNT, .descending = true};
    st->settings.width = w;
    st->settings.height = h;
    keymap_init(&st->settings.bindings);
    st->diff = diff_new();
    assert_non_null(st->diff);
    assert_int_equal(session_new(&st->session, &st->settings, wake_fd, true, false), 0);
    text_use(LANG_EN);
}

void stage_close(struct stage *st)
{
    session_free(st->session);
    sample_unref(st->last);
    diff_free(st->diff);
}

void stage_add(struct stage *st, unsigned state, unsigned local, unsigned remote)
{
    assert_true(st->n < STAGE_MAX);
    struct conn *c = &st->conn[st->n++];
    *c = (struct conn){
        .src = {10, 0, 0, 1},
        .dst = {192, 0, 2, 1},
        .cookie = st->next_cookie++,
        .inode = 1000 + local,
        .sport = (uint16_t)local,
        .dport = (uint16_t)remote,
        .family = AF_INET,
        .state = (uint8_t)state,
    };
}

static unsigned index_of(const struct stage *st, unsigned local)
{
    unsigned i = 0;
    while (i < st->n && st->conn[i].sport != local)
        i++;
    assert_true(i < st->n);
    return i;
}

void stage_remove(struct stage *st, unsigned local)
{
    unsigned i = index_of(st, local);
    st->n--;
    memmove(&st->conn[i], &st->conn[i + 1], (st->n - i) * sizeof(st->conn[0]));
}

void stage_change(struct stage *st, unsigned local, unsigned state)
{
    st->conn[index_of(st, local)].state = (uint8_t)state;
}

static struct sample *blank(struct stage *st)
{
    struct sample *s = sample_make(NULL);
    assert_non_null(s);
    st->now_ns += NS_PER_S;
    s->seq = st->last ? st->last->seq + 1 : 1;
    s->mono_ns = st->now_ns;
    s->now_ds = (uint32_t)(st->now_ns / (NS_PER_S / 10));
    s->interval_ms = s->asked_interval_ms = 1000;
    return s;
}

void stage_sample(struct stage *st)
{
    struct sample *s = blank(st);
    for (unsigned i = 0; i < st->n; i++) {
        struct conn *c = sample_add(builder_of(s), NULL);
        assert_non_null(c);
        *c = st->conn[i];
    }
    assert_int_equal(
        diff_join(st->diff, builder_of(s), st->last, ui_settings_fade_ds(&st->settings)), 0);
    sample_count(s);
    s->close_stats_total.lost = st->lost;
    sample_unref(st->last);
    st->last = s;
    session_sample(st->session, sample_ref(s), st->now_ns);
}

void stage_samples(struct stage *st, unsigned count)
{
    while (count-- > 0)
        stage_sample(st);
}

void stage_fail(struct stage *st)
{
    struct sample *s = blank(st);
    s->status = SAMPLE_FAILED;
    session_sample(st->session, s, st->now_ns);
}

static void press(struct stage *st, keycode key)
{
    session_input(st->session, &(struct input){.key = key}, st->now_ns);
}

void stage_keys(struct stage *st, const char *names)
{
    while (*(names += strspn(names, " "))) {
        char name[32];
        keycode key = 0;
        size_t len = strcspn(names, " ");
        snprintf(name, sizeof(name), "%.*s", (int)len, names);
        assert_int_equal(key_parse(name, &key), len);
        press(st, key);
        names += len;
    }
}

void stage_type(struct stage *st, const char *text)
{
    uint32_t cp;
    for (size_t n; (n = utf8_decode(text, strlen(text), &cp)) > 0; text += n)
        press(st, cp);
}

void stage_wait(struct stage *st, int ms)
{
    st->now_ns += ms * NS_PER_MS;
    session_quiet(st->session, st->now_ns);
    session_tick(st->session, st->now_ns);
}

void stage_mouse(struct stage *st, int x, int y, int what)
{
    struct input in = {.key = KEY_CODE_MOUSE, .mouse = {.x = x, .y = y}};
    in.mouse.what = (unsigned)what;
    session_input(st->session, &in, st->now_ns);
}

/* Draw the screen, at its size. The caller gives the canvas back. */
static void draw(struct stage *st, struct canvas *c)
{
    assert_int_equal(canvas_init(c, 1, 1), 0);
    session_draw(st->session, c, st->now_ns);
}

/* The first line that contains the words, -1: none. `*before` gets how many bytes stand before. */
static int line_with(const struct canvas *c, const char *words, size_t *before)
{
    for (int y = 0; y < c->h; y++) {
        const char *line = line_text(c, y), *at = strstr(line, words);
        if (at) {
            *before = (size_t)(at - line);
            return y;
        }
    }
    return -1;
}

bool stage_shows(struct stage *st, const char *words)
{
    struct canvas c;
    size_t before;
    draw(st, &c);
    bool found = line_with(&c, words, &before) >= 0;
    canvas_fini(&c);
    return found;
}

bool stage_says(struct stage *st, const char *words)
{
    return strstr(stage_text(st, -1), words) != NULL;
}

const char *stage_text(struct stage *st, int y)
{
    struct canvas c;
    draw(st, &c);
    const char *line = line_text(&c, y < 0 ? c.h + y : y);
    canvas_fini(&c);
    return line;
}

void stage_find(struct stage *st, const char *words, int *x, int *y)
{
    struct canvas c;
    size_t before = 0, passed = 0;
    draw(st, &c);
    *y = line_with(&c, words, &before);
    assert_true(*y >= 0);
    for (*x = 0; passed < before; ++*x)
        passed += strlen(canvas_at(&c, *x, *y)->text);
    canvas_fini(&c);
}

void stage_let_work(struct stage *st)
{
    struct pollfd fd = {.fd = st->wake_fd, .events = POLLIN};
    eventfd_t count;
    assert_int_equal(poll(&fd, 1, 60000), 1);
    assert_int_equal(eventfd_read(fd.fd, &count), 0);
    session_tick(st->session, st->now_ns);
}

void stage_open_twenty(struct stage *st)
{
    stage_open(st, 80, 24, -1);
    for (unsigned i = 0; i < 20; i++)
        stage_add(st, TCP_STATE_ESTABLISHED, 100 + 10 * i, 40000 + i);
    stage_sample(st);
    assert_string_equal(probe_focus(st->session), "table");
}

void stage_open_ports(struct stage *st)
{
    stage_open(st, 80, 24, -1);
    stage_add(st, TCP_STATE_LISTEN, 22, 0);
    stage_add(st, TCP_STATE_ESTABLISHED, 30, 40001);
    stage_add(st, TCP_STATE_ESTABLISHED, 300, 40002);
    stage_add(st, TCP_STATE_ESTABLISHED, 3000, 40003);
    stage_add(st, TCP_STATE_TIME_WAIT, 3000, 40004);
    stage_sample(st);
}
