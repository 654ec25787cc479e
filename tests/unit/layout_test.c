/* SPDX-License-Identifier: MIT */
/* Regions at every size: the rows that the design promises, everything inside the screen, nothing
 * over anything else but an overlay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tcptop/ui/layout.h"

static unsigned lesson; /* steps of the one that is played */

static struct layout at(int w, int h, enum ui_pane pane)
{
    struct layout l;
    struct ui ui;

    ui_init(&ui);
    ui.lesson.steps = lesson;
    ui.w = w;
    ui.h = h;
    ui.pane = pane;
    layout_compute(&l, &ui);
    return l;
}

/* Rows for connections: without title and heads. */
static int rows(const struct layout *l)
{
    return l->table.h - (l->kind == LAYOUT_TINY ? 1 : 2);
}

static void test_the_sizes_of_the_design(void **state)
{
    static const struct {
        int w, h;
        enum layout_kind kind;
        int state_list_h, rows, pane_w, pane_h;
    } sizes[] = {
        {120, 34, LAYOUT_BROAD, 12, 18, 47, 12},   {200, 50, LAYOUT_WIDE, 12, 34, 64, 48},
        {113, 28, LAYOUT_BROAD, 12, 12, 44, 12},   {90, 45, LAYOUT_TALL, 12, 20, 90, 9},
        {51, 40, LAYOUT_TALL, 12, 16, 51, 8},      {60, 100, LAYOUT_TALL, 12, 72, 60, 12},
        {100, 30, LAYOUT_NORMAL, 7, 11, 100, 8},   {80, 28, LAYOUT_NORMAL, 7, 9, 80, 8},
        {80, 24, LAYOUT_SHORT, 7, 10, 80, 3},      {112, 22, LAYOUT_SHORT, 7, 8, 112, 3},
        {60, 20, LAYOUT_SMALL, 1, 12, 60, 3},      {79, 24, LAYOUT_SMALL, 1, 16, 79, 3},
        {40, 10, LAYOUT_TINY, 1, 6, 0, 0},         {20, 8, LAYOUT_TINY, 1, 4, 0, 0},
        {20, 7, LAYOUT_TINY, 0, 5, 0, 0},          {20, 5, LAYOUT_TINY, 0, 3, 0, 0},
        {184, 40, LAYOUT_WIDE, 12, 24, 64, 38},    {183, 50, LAYOUT_BROAD, 12, 34, 64, 12},
        {500, 300, LAYOUT_WIDE, 12, 284, 64, 298},
    };

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct layout l = at(sizes[i].w, sizes[i].h, PANE_NORMAL);

        assert_int_equal(l.kind, sizes[i].kind);
        assert_int_equal(l.state_list.h, sizes[i].state_list_h);
        assert_int_equal(rows(&l), sizes[i].rows);
        assert_int_equal(l.pane.h ? l.pane.w : 0, sizes[i].pane_w);
        assert_int_equal(l.pane.h + l.warnings.h, sizes[i].pane_h);
        assert_int_equal(l.warnings.h, l.kind == LAYOUT_WIDE && sizes[i].h >= 44 ? 12 : 0);
    }
    assert_int_equal(at(19, 50, PANE_NORMAL).kind, LAYOUT_NOTICE);
    assert_int_equal(at(500, 4, PANE_NORMAL).kind, LAYOUT_NOTICE);
}

static void test_the_pane_key(void **state)
{
    struct layout l = at(120, 34, PANE_NORMAL);

    (void)state;
    assert_int_equal(l.pane_form, PANE_FORM_BESIDE);
    assert_int_equal(l.table.w, 120);
    assert_int_equal(l.separator_h, 12);
    l = at(120, 34, PANE_WIDE); /* tall, for reading */
    assert_int_equal(l.pane_form, PANE_FORM_RIGHT);
    assert_int_equal(l.pane.w, 47);
    assert_int_equal(l.pane.h, 32);
    assert_int_equal(l.table.w, 72);
    assert_int_equal(at(200, 50, PANE_WIDE).pane.w, 120);
    assert_int_equal(at(120, 34, PANE_NONE).table.w, 120);
    assert_int_equal(at(120, 34, PANE_NONE).separator_x, -1);
    assert_int_equal(at(100, 30, PANE_WIDE).pane.h, 15);
    assert_int_equal(at(80, 24, PANE_WIDE).pane_form, PANE_FORM_OVERLAY);
    assert_int_equal(at(80, 24, PANE_WIDE).pane.h, 22);
    assert_int_equal(at(40, 10, PANE_WIDE).pane_form, PANE_FORM_OVERLAY);
    l = at(80, 24, PANE_NONE);
    assert_int_equal(rows(&l), 13);
}

/* The words are its point, and its rows are few: five have room wherever a pane has. */
static void test_a_lesson(void **state)
{
    static const struct {
        int w, h, rows, pane_h;
    } sizes[] = {
        {80, 24, 5, 8},  {80, 27, 8, 8}, {80, 22, 5, 6},    {60, 20, 7, 8},    {60, 16, 5, 6},
        {79, 24, 11, 8}, {80, 28, 9, 8}, {120, 34, 18, 32}, {200, 50, 34, 48}, {40, 10, 6, 0},
    };
    struct layout l;

    (void)state;
    lesson = 3;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        l = at(sizes[i].w, sizes[i].h, PANE_NORMAL);
        assert_int_equal(rows(&l), sizes[i].rows);
        assert_int_equal(l.pane.h, sizes[i].pane_h);
    }
    assert_int_equal(at(80, 24, PANE_WIDE).pane_form, PANE_FORM_OVERLAY);
    assert_int_equal(at(80, 24, PANE_NONE).pane_form, PANE_FORM_NONE);
    lesson = 0;
}

static bool inside(const struct rect *r, int w, int h)
{
    return r->h == 0 ||
           (r->x >= 0 && r->y >= 0 && r->w > 0 && r->h > 0 && r->x + r->w <= w && r->y + r->h <= h);
}

static bool apart(const struct rect *a, const struct rect *b)
{
    return a->h == 0 || b->h == 0 || a->x + a->w <= b->x || b->x + b->w <= a->x ||
           a->y + a->h <= b->y || b->y + b->h <= a->y;
}

static void check(int w, int h, enum ui_pane pane)
{
    struct layout l = at(w, h, pane);
    const struct rect *r[] = {&l.header, &l.state_list, &l.table, &l.footer, &l.pane};
    int n = l.pane_form == PANE_FORM_OVERLAY ? 4 : 5;

    for (int i = 0; i < 5; i++) {
        if (!inside(r[i], w, h))
            fail_msg("%dx%d pane %d: region %d is outside", w, h, pane, i);
    }
    for (int i = 0; i < n; i++) {
        for (int j = i + 1; j < n; j++) {
            if (!apart(r[i], r[j]))
                fail_msg("%dx%d pane %d: regions %d and %d overlap", w, h, pane, i, j);
        }
    }
    if (l.kind != LAYOUT_NOTICE && l.table.h < 3)
        fail_msg("%dx%d pane %d: no row for a connection", w, h, pane);
}

static void test_every_size(void **state)
{
    (void)state;
    for (int w = 1; w <= 260; w++) {
        for (int h = 1; h <= 90; h++) {
            for (unsigned pane = PANE_NORMAL; pane <= PANE_NONE; pane++)
                check(w, h, (enum ui_pane)pane);
        }
    }
    lesson = 3;
    for (int w = 1; w <= 130; w++) {
        for (int h = 1; h <= 60; h++) {
            for (unsigned pane = PANE_NORMAL; pane <= PANE_NONE; pane++)
                check(w, h, (enum ui_pane)pane);
        }
    }
    lesson = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_sizes_of_the_design),
        cmocka_unit_test(test_the_pane_key),
        cmocka_unit_test(test_a_lesson),
        cmocka_unit_test(test_every_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
