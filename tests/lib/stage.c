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
#include "tcptop/base/utf8.h"

void stage_open(struct stage *st, int w, int h, int wake_fd)
{
    *st = (struct stage){.next_cookie = 1, .now_ns = 100 * NS_PER_S};
    st->settings.interval_ms = 1000;
    st->settings.fade_s = 3;
    st->settings.group_by = -1;
    st->settings.group_sort = (struct group_sort){.figure = GROUP_COUNT, .descending = true};
    st->settings.width = w;
    st->settings.height = h;
    bindings_init(&st->settings.bindings);
    st->diff = diff_new();
    assert_non_null(st->diff);
    assert_int_equal(session_new(&st->session, &st->settings, wake_fd, true, false), 0);
    st->ui = &st->session->ui;
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
    struct sample *s = sample_new(NULL);
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
        struct conn *c = sample_add(s, NULL);
        assert_non_null(c);
        *c = st->conn[i];
    }
    assert_int_equal(diff_join(st->diff, s, st->last, st->ui->fade_ds), 0);
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

unsigned stage_port_at(const struct stage *st, uint32_t position)
{
    const struct session *s = st->session;
    assert_true(position < s->list->rows.n);
    return s->list->sample->conn[s->list->rows.row[position]].sport;
}

unsigned stage_port(const struct stage *st)
{
    unsigned port = stage_port_at(st, st->ui->cursor);
    if (st->ui->bound)
        assert_int_equal(port, st->ui->selected.sport);
    return port;
}

bool stage_shows(struct stage *st, const char *words)
{
    struct canvas c;
    bool found = false;
    assert_int_equal(canvas_init(&c, st->ui->w, st->ui->h), 0);
    session_draw(st->session, &c, st->now_ns);
    for (int y = 0; y < c.h && !found; y++)
        found = strstr(line_text(&c, y), words) != NULL;
    canvas_fini(&c);
    return found;
}

void stage_let_work(struct stage *st)
{
    struct pollfd fd = {.fd = st->session->wake_fd, .events = POLLIN};
    eventfd_t count;
    assert_int_equal(poll(&fd, 1, 60000), 1);
    assert_int_equal(eventfd_read(fd.fd, &count), 0);
    session_tick(st->session, st->now_ns);
}

uint32_t stage_line(const struct stage *st)
{
    return st->ui->cursor - st->ui->top;
}

void stage_open_twenty(struct stage *st)
{
    stage_open(st, 80, 24, -1);
    for (unsigned i = 0; i < 20; i++)
        stage_add(st, TCP_STATE_ESTABLISHED, 100 + 10 * i, 40000 + i);
    stage_sample(st);
    stage_keys(st, "Tab");
    assert_int_equal(st->ui->focus, FOCUS_TABLE);
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
