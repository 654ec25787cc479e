/* SPDX-License-Identifier: MIT */
/* The pane's text is laid out once for what it is about, not for each key and frame: keys in the
 * pane that only scroll it, and frames that show the same, allocate nothing for it. A new sample,
 * another row, size or language lay it out anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/own_allocator.h"
#include "lib/stage.h"

static unsigned long calls;

#if OWN_ALLOCATOR
void *malloc(size_t size)
{
    calls++;
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    calls++;
    return __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    calls++;
    return __libc_realloc(p, size);
}
#endif

static struct canvas canvas;

/* Allocations for a key, and the frame behind it. */
static unsigned long cost(struct stage *st, const char *key)
{
    calls = 0;
    stage_keys(st, key);
    session_draw(st->session, &canvas, st->now_ns);
    return calls;
}

static void open_pane(struct stage *st)
{
    stage_open(st, 120, 34, -1);
    stage_add(st, TCP_STATE_TIME_WAIT, 100, 200);
    stage_add(st, TCP_STATE_TIME_WAIT, 101, 200);
    stage_sample(st);
    stage_keys(st, "Tab");
    assert_string_equal(probe_focus(st->session), "pane");
    session_draw(st->session, &canvas, st->now_ns);
}

static void scrolling_lays_nothing_out(void **state)
{
    (void)state;
#if OWN_ALLOCATOR
    struct stage st;
    open_pane(&st);
    cost(&st, "Down");
    const unsigned long one = cost(&st, "Down"), anew = cost(&st, "L");
    cost(&st, "L");
    if (one > anew / 4) /* what is drawn besides takes a few */
        fail_msg("a key that scrolls takes %lu allocations, a layout %lu", one, anew);
    stage_close(&st);
#else
    skip();
#endif
}

static void what_is_kept_is_never_old(void **state)
{
    (void)state;
    struct stage st;
    open_pane(&st);
    probe_check_pane(st.session);
    stage_add(&st, TCP_STATE_TIME_WAIT, 102, 200); /* another sample */
    stage_sample(&st);
    probe_check_pane(st.session);
    stage_add(&st, TCP_STATE_ESTABLISHED, 103, 201);
    stage_sample(&st);
    stage_keys(&st, "Tab Tab"); /* another row */
    for (int i = 0; i < 4; i++) {
        stage_keys(&st, "Down");
        probe_check_pane(st.session);
    }
    stage_keys(&st, "L"); /* another language */
    probe_check_pane(st.session);
    assert_true(stage_shows(&st, "할 일"));
    stage_keys(&st, "L w"); /* the page */
    probe_check_pane(st.session);
    assert_true(stage_shows(&st, "IN DETAIL"));
    session_resize(st.session, 200, 50);
    probe_check_pane(st.session);
    stage_keys(&st, "w w");
    probe_check_pane(st.session);
    stage_close(&st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scrolling_lays_nothing_out),
        cmocka_unit_test(what_is_kept_is_never_old),
    };
    if (canvas_init(&canvas, 120, 34) < 0)
        return 1;
    const int failed = cmocka_run_group_tests_name("pane_kept", tests, NULL, NULL);
    canvas_fini(&canvas);
    return failed;
}
