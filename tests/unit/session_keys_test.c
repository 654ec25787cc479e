/* SPDX-License-Identifier: MIT */
/* A quarter million random keys, mouse events, pastes and resizes, with samples between: no crash,
 * every invariant of the cursor holds, every frame can be drawn, the pane's text is never an old
 * one, no file is made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/stage.h"

#define EVENTS     (1u << 18)
#define DRAW_EVERY 64

/* A thread that is alone has no races: the thread sanitizer, which makes it ten times as slow, sees
 * fewer of its events. */
#ifdef __SANITIZE_THREAD__
#define EVENTS_ALONE (EVENTS / 16)
#else
#define EVENTS_ALONE EVENTS
#endif

static uint64_t seed = 0x9e3779b97f4a7c15;

static uint32_t dice(uint32_t sides)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 32) % sides;
}

/* Mostly keys that mean something; now and then any code at all. */
static keycode any_key(void)
{
    switch (dice(8)) {
    case 0:
        return KEY_CODE_SPECIAL + 1 + dice(KEY_CODE_PASTE_END - KEY_CODE_SPECIAL);
    case 4: /* pastes are short */
        return dice(4) ? ' ' + dice(96) : KEY_CODE_PASTE_END;
    case 1:
        return dice(32);
    case 2:
        return dice(0x110000);
    case 3:
        return (keycode) "\r\x1b\t jkGg"[dice(8)];
    default:
        return ' ' + dice(96);
    }
}

static void change_world(struct stage *st)
{
    if (st->n < STAGE_MAX && dice(2))
        stage_add(st, 1 + dice(11), 1 + dice(4000), dice(65536));
    else if (st->n > 0)
        stage_remove(st, st->conn[dice(st->n)].sport);
    if (st->n > 0)
        stage_change(st, st->conn[dice(st->n)].sport, 1 + dice(11));
    if (dice(8) == 0)
        stage_fail(st);
    else
        stage_sample(st);
}

/* Closes the stage, too: an export on a thread of its own may begin as late as that. */
static void throw_events(struct stage *st, unsigned events)
{
    struct canvas canvas;
    char bad[32];
    keymap_set(&st->settings.bindings, COMMAND_QUIT, "", bad);
    keymap_set(&st->settings.bindings, COMMAND_QUIT_NOW, "", bad);
    assert_int_equal(canvas_init(&canvas, 80, 24), 0);
    for (unsigned i = 0; i < events; i++) {
        struct input in = {.key = any_key()};
        in.mouse = (struct mouse){.x = (int)dice(300) - 5, .y = (int)dice(100) - 5};
        in.mouse.what = dice(3);
        session_input(st->session, &in, st->now_ns);
        st->now_ns += dice(100) * NS_PER_MS;
        if (dice(16) == 0)
            session_tick(st->session, st->now_ns);
        if (dice(64) == 0)
            change_world(st);
        if (dice(256) == 0)
            session_resize(st->session, (int)dice(300), (int)dice(100));
        if (dice(DRAW_EVERY) == 0)
            session_draw(st->session, &canvas, st->now_ns);
        if (dice(8 * DRAW_EVERY) == 0)
            probe_check_pane(st->session);
        probe_check(st->session);
        assert_false(session_quit(st->session));
    }
    text_use(LANG_EN);
    canvas_fini(&canvas);
}

/* Export must fail before it makes a file, until the worker has ended. */
static void allow_files(bool allowed)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = allowed ? limit.rlim_max : 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void random_events(void **state)
{
    (void)state;
    struct stage st;
    stage_open(&st, 80, 24, -1);
    allow_files(false);
    throw_events(&st, EVENTS_ALONE);
    stage_close(&st);
    allow_files(true);
}

/* The same while the worker lists, finds and writes, whenever it gets round to it. */
static void random_events_with_the_worker(void **state)
{
    (void)state;
    struct stage st;
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    stage_open(&st, 80, 24, fd);
    probe_set_large(st.session, 8, 16);
    allow_files(false);
    throw_events(&st, EVENTS / 4);
    stage_close(&st);
    allow_files(true);
    close(fd);
}

/* A folder of the test alone, so that a file with a random name would be found there. */
static char folder[] = "/tmp/tcptop-keys-XXXXXX";

static int enter_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? chdir(folder) : -1;
}

/* Only an empty folder can be removed. */
static void no_file_was_made(void **state)
{
    (void)state;
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_events),
        cmocka_unit_test(random_events_with_the_worker),
        cmocka_unit_test(no_file_was_made),
    };
    return cmocka_run_group_tests(tests, enter_folder, NULL);
}
