/* SPDX-License-Identifier: MIT */
/* No wide character is ever half there: at edges, when overwritten, in ASCII; marks stay on their
 * base. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/lines.h"
#include "tcptop/base/canvas.h"
#include "tcptop/base/utf8.h"

static void whole(const struct canvas *c)
{
    for (int y = 0; y < c->h; y++) {
        for (int x = 0; x < c->w; x++) {
            const struct cell *cell = canvas_at(c, x, y), *next = canvas_at(c, x + 1, y);
            assert_int_equal(utf8_width(cell->text), cell->width);
            assert_true((cell->width == 2) == (next && next->width == 0));
        }
    }
}

static struct canvas make(int w, int h)
{
    struct canvas c;
    assert_int_equal(canvas_init(&c, w, h), 0);
    return c;
}

static void starts_blank(void **state)
{
    (void)state;
    struct canvas c = make(3, 2);
    assert_string_equal(line_text(&c, 0), "   ");
    assert_int_equal(c.cursor_x, -1);
    assert_null(canvas_at(&c, 3, 0));
    assert_null(canvas_at(&c, 0, 2));
    assert_null(canvas_at(&c, -1, 0));
    canvas_put(&c, 0, 0, 3, ROLE_WARN, "abc");
    c.cursor_x = 1;
    assert_int_equal(canvas_resize(&c, 5, 1), 0);
    assert_string_equal(line_text(&c, 0), "     ");
    assert_int_equal(canvas_at(&c, 0, 0)->role, ROLE_TEXT);
    assert_int_equal(c.cursor_x, -1);
    assert_int_equal(canvas_resize(&c, 0, -4), 0);
    assert_int_equal(c.w, 1);
    assert_int_equal(c.h, 1);
    canvas_fini(&c);
    canvas_fini(NULL);
}

static void put(void **state)
{
    (void)state;
    struct canvas c = make(6, 1);
    assert_int_equal(canvas_put(&c, 1, 0, 9, ROLE_KEY, "가b"), 3);
    assert_string_equal(line_text(&c, 0), " 가b  ");
    assert_int_equal(canvas_at(&c, 1, 0)->role, ROLE_KEY);
    assert_int_equal(canvas_at(&c, 2, 0)->role, ROLE_KEY);
    assert_int_equal(canvas_at(&c, 2, 0)->width, 0);
    assert_int_equal(canvas_put(&c, 0, 0, 3, ROLE_TEXT, "abcdef"), 3);
    assert_int_equal(canvas_put(&c, 0, 5, 3, ROLE_TEXT, "abc"), 0);
    assert_int_equal(canvas_put(&c, 0, 0, 0, ROLE_TEXT, "x"), 0);
    assert_int_equal(canvas_put(&c, 6, 0, 4, ROLE_TEXT, "x"), 0);
    assert_string_equal(line_text(&c, 0), "abcb  ");
    canvas_fini(&c);
}

static void transitions(void **state)
{
    (void)state;
    struct canvas c = make(4, 1);
    canvas_put(&c, 0, 0, 4, ROLE_TEXT, "a가나");
    assert_string_equal(line_text(&c, 0), "a가 ");
    whole(&c);
    canvas_clear(&c);
    assert_int_equal(canvas_put(&c, 0, 0, 3, ROLE_TEXT, "가나"), 3); /* columns end amid 나 */
    assert_string_equal(line_text(&c, 0), "가  ");
    canvas_clear(&c);
    canvas_put(&c, -1, 0, 9, ROLE_TEXT, "가나다"); /* 가 is cut by the left edge, 다 by the right */
    assert_string_equal(line_text(&c, 0), " 나 ");
    whole(&c);
    canvas_fini(&c);
    c = make(1, 1);
    canvas_put(&c, 0, 0, 1, ROLE_TEXT, "가");
    assert_string_equal(line_text(&c, 0), " ");
    canvas_fini(&c);
}

static void overwriting_half(void **state)
{
    (void)state;
    struct canvas c = make(6, 1);
    canvas_put(&c, 0, 0, 6, ROLE_TEXT, "가나다");
    canvas_put(&c, 1, 0, 1, ROLE_TEXT, "x");
    assert_string_equal(line_text(&c, 0), " x나다");
    canvas_put(&c, 2, 0, 1, ROLE_TEXT, "y");
    assert_string_equal(line_text(&c, 0), " xy 다");
    canvas_put(&c, 3, 0, 2, ROLE_TEXT, "라");
    assert_string_equal(line_text(&c, 0), " xy라 ");
    whole(&c);
    canvas_put(&c, 0, 0, 6, ROLE_TEXT, "가나다");
    canvas_fill(&c, 1, 0, 4, 1, ROLE_RULE, "─");
    assert_string_equal(line_text(&c, 0), " ──── ");
    whole(&c);
    canvas_fini(&c);
}

static void marks(void **state)
{
    (void)state;
    struct canvas c = make(4, 1);
    assert_int_equal(canvas_put(&c, 0, 0, 4, ROLE_TEXT, "\u1112\u1161\u11abe\u0301x"), 4);
    assert_string_equal(canvas_at(&c, 0, 0)->text, "\u1112\u1161\u11ab");
    assert_int_equal(canvas_at(&c, 0, 0)->width, 2);
    assert_string_equal(canvas_at(&c, 2, 0)->text, "e\u0301");
    /* more marks than a cell holds are left out, whole */
    canvas_put(&c, 0, 0, 4, ROLE_TEXT,
               "a\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309\u030a");
    assert_string_equal(canvas_at(&c, 0, 0)->text, "a\u0301\u0302\u0303\u0304\u0305\u0306\u0307");
    /* and none after the first that was left out */
    canvas_put(&c, 0, 0, 4, ROLE_TEXT, "a\u0301\u0302\u0303\u0304\u0305\u0306\u20d0\u0307");
    assert_string_equal(canvas_at(&c, 0, 0)->text, "a\u0301\u0302\u0303\u0304\u0305\u0306");
    canvas_clear(&c);
    /* one without a base is dropped, a control or a bad byte shows */
    assert_int_equal(canvas_put(&c, 0, 0, 4, ROLE_TEXT,
                                "\u0301\x1b\xff"
                                "b"),
                     3);
    assert_string_equal(line_text(&c, 0), "\ufffd\ufffd"
                                          "b ");
    whole(&c);
    canvas_fini(&c);
}

static void right(void **state)
{
    (void)state;
    struct canvas c = make(6, 1);
    canvas_fill(&c, 0, 0, 6, 1, ROLE_TEXT, "#");
    canvas_put_right(&c, 1, 0, 4, ROLE_DIM, "42");
    assert_string_equal(line_text(&c, 0), "#  42#");
    assert_int_equal(canvas_at(&c, 1, 0)->role, ROLE_DIM);
    canvas_put_right(&c, 1, 0, 3, ROLE_DIM, "가나");
    assert_string_equal(line_text(&c, 0), "# 가2#");
    canvas_put_right(&c, 4, 0, 4, ROLE_DIM, "1234");
    assert_string_equal(line_text(&c, 0), "# 가12");
    canvas_fini(&c);
}

static void fill_and_paint_clip(void **state)
{
    (void)state;
    struct canvas c = make(3, 3);
    canvas_fill(&c, -5, -5, 7, 6, ROLE_RULE, "x");
    assert_string_equal(line_text(&c, 0), "xx ");
    assert_string_equal(line_text(&c, 1), "   ");
    canvas_fill(&c, 1, 1, 1 << 30, 1 << 30, ROLE_RULE, "y");
    assert_string_equal(line_text(&c, 1), " yy");
    assert_string_equal(line_text(&c, 2), " yy");
    canvas_paint(&c, 0, 0, 2, 9, ROLE_CURSOR);
    assert_int_equal(canvas_at(&c, 1, 2)->role, ROLE_CURSOR);
    assert_int_equal(canvas_at(&c, 2, 2)->role, ROLE_RULE);
    assert_string_equal(line_text(&c, 0), "xx ");
    canvas_fini(&c);
}

static void ascii(void **state)
{
    (void)state;
    static const char *const twins[][2] = {
        {"─━│┬┤├┴┼┌┐└┘┭┮┥┝", "-=|+++++++++++++"},
        {"▁▂▃▄▅▆▇", "__--==#"},
        {"▸▹▴▾–…·→←↑↓", ">.^v-~.><^v"},
        {"가 é a", "가 é a"},
    };
    struct canvas c = make(20, 1);
    for (size_t i = 0; i < sizeof(twins) / sizeof(twins[0]); i++) {
        canvas_clear(&c);
        int used = canvas_put(&c, 0, 0, 20, ROLE_TEXT, twins[i][0]);
        canvas_to_ascii(&c);
        assert_memory_equal(line_text(&c, 0), twins[i][1], strlen(twins[i][1]));
        assert_int_equal(used, utf8_width(twins[i][1]));
        whole(&c);
    }
    canvas_fini(&c);
    assert_string_equal(canvas_glyph_ascii("–"), "-");
    const char *text = "long text";
    assert_ptr_equal(canvas_glyph_ascii(text), text);
}

static void sameness(void **state)
{
    (void)state;
    struct canvas a = make(3, 1), b = make(3, 1);
    assert_true(canvas_same(&a, &b));
    canvas_put(&a, 0, 0, 3, ROLE_TEXT, "x");
    assert_false(canvas_same(&a, &b));
    canvas_put(&b, 0, 0, 3, ROLE_KEY, "x");
    assert_false(canvas_same(&a, &b));
    canvas_paint(&b, 0, 0, 1, 1, ROLE_TEXT);
    assert_true(canvas_same(&a, &b));
    canvas_at(&a, 0, 0)->bold = 1;
    assert_false(canvas_same(&a, &b));
    canvas_fini(&a);
    canvas_fini(&b);
}

static void role_names(void **state)
{
    (void)state;
    assert_string_equal(canvas_role_key(ROLE_TEXT), "text");
    assert_string_equal(canvas_role_key(ROLE_ST_STUCK), "st_stuck");
    assert_string_equal(canvas_role_key(ROLE_BADGE), "badge");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_blank),
        cmocka_unit_test(put),
        cmocka_unit_test(transitions),
        cmocka_unit_test(overwriting_half),
        cmocka_unit_test(marks),
        cmocka_unit_test(right),
        cmocka_unit_test(fill_and_paint_clip),
        cmocka_unit_test(ascii),
        cmocka_unit_test(sameness),
        cmocka_unit_test(role_names),
    };
    return cmocka_run_group_tests_name("canvas", tests, NULL, NULL);
}
