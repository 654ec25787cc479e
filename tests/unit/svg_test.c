/* SPDX-License-Identifier: MIT */
/* The canvas as text and as SVG: placed by columns, escaped, deterministic, in the theme's colours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lib/capture.h"

static struct canvas c;
static struct theme theme;

static int set_up(void **state)
{
    (void)state;
    theme_init(&theme, DEPTH_256, BACKGROUND_DARK);
    return canvas_init(&c, 20, 2);
}

static int tear_down(void **state)
{
    (void)state;
    canvas_fini(&c);
    return 0;
}

static const char *drawn(enum theme_background background)
{
    svg_print(capture_begin(), &c, &theme, background);
    return capture_end();
}

static void as_text(void **state)
{
    (void)state;
    canvas_put(&c, 1, 0, 20, ROLE_TEXT, "한글 e\u0301 <&>");
    print_canvas(capture_begin(), &c);
    assert_string_equal(capture_end(), " 한글 e\u0301 <&>         \n                    \n");
}

static void has(const char *svg, const char *part)
{
    if (!strstr(svg, part)) {
        fail_msg("%s\nis not in\n%s", part, svg);
    }
}

static void words_by_column(void **state)
{
    (void)state;
    canvas_put(&c, 0, 0, 20, ROLE_TEXT, "ab 한글 xéy");
    canvas_put(&c, 0, 1, 20, ROLE_ST_STUCK, "<&>\"");
    canvas_put(&c, 6, 1, 20, ROLE_TEXT, "한é");
    const char *svg = drawn(BACKGROUND_DARK);
    has(svg, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"176\" height=\"54\"");
    has(svg, "x=\"8\" y=\"22\" textLength=\"16\">ab</text>");
    has(svg, "x=\"32\" y=\"22\" textLength=\"32\" font-size=\"16\">한글</text>");
    has(svg, "x=\"72\" y=\"22\" textLength=\"8\">x</text>");
    has(svg, "x=\"80\" y=\"22\" textLength=\"8\">é</text>");
    has(svg, "x=\"8\" y=\"41\" textLength=\"32\" fill=\"#ff8700\" "
             "font-weight=\"bold\">&lt;&amp;&gt;\"</text>");
    has(svg, "x=\"56\" y=\"41\" textLength=\"16\" font-size=\"16\">한</text>");
}

/* librsvg and others do not obey textLength: there a word is as wide as its font makes it. */
static void words_stay_in_their_cells(void **state)
{
    (void)state;
    canvas_put(&c, 0, 0, 20, ROLE_TEXT, "many words here");
    const char *size = strstr(drawn(BACKGROUND_DARK), "font-size=\"");
    assert_non_null(size);
    const double advance = strtod(size + strlen("font-size=\""), NULL) * 0.603;
    assert_true(advance > 7 && advance <= 8);
}

static void shapes_without_a_font(void **state)
{
    (void)state;
    canvas_put(&c, 0, 0, 20, ROLE_TEXT, "───┬━━");
    canvas_put(&c, 0, 1, 20, ROLE_TEXT, "▁▇▇▸▹–");
    const char *svg = drawn(BACKGROUND_LIGHT);
    assert_null(strstr(svg, "<text"));
    has(svg, "<rect x=\"8\" y=\"17\" width=\"24\" height=\"1\" fill=\"#1c1c1c\"/>"); /* ─── */
    has(svg, "<rect x=\"36\" y=\"17\" width=\"1\" height=\"10\" fill=\"#1c1c1c\"/>"); /* ┬ down */
    has(svg, "<rect x=\"40\" y=\"17\" width=\"16\" height=\"2\" fill=\"#1c1c1c\"/>"); /* ━━ */
    has(svg, "<rect x=\"8\" y=\"44\" width=\"8\" height=\"2\" fill=\"#1c1c1c\"/>");   /* ▁ */
    has(svg, "<rect x=\"16\" y=\"29\" width=\"16\" height=\"17\" fill=\"#1c1c1c\"/>"); /* ▇▇ */
    has(svg, "<path transform=\"translate(32 27)\" d=\"M1.5 5l5 4.5l-5 4.5z\" fill=\"#1c1c1c\"/>");
    has(svg, "d=\"M1.5 5.5l4.5 4l-4.5 4z\" fill=\"none\" stroke=\"#1c1c1c\"/>");
}

static void reversed(void **state)
{
    (void)state;
    canvas_put(&c, 0, 0, 20, ROLE_CURSOR, "ab  ");
    canvas_at(&c, 5, 0)->role = ROLE_CURSOR;
    const char *svg = drawn(BACKGROUND_DARK);
    has(svg, "<rect x=\"8\" y=\"8\" width=\"32\" height=\"19\" fill=\"#d8d8d8\"/>");
    has(svg, "<rect x=\"48\" y=\"8\" width=\"8\" height=\"19\" fill=\"#d8d8d8\"/>");
    has(svg, "fill=\"#1e1e1e\">ab</text>");
}

static void dim_without_colors(void **state)
{
    (void)state;
    theme_init(&theme, DEPTH_MONO, BACKGROUND_LIGHT);
    canvas_put(&c, 0, 0, 20, ROLE_DIM, "x");
    has(drawn(BACKGROUND_LIGHT), " fill=\"#727272\">x</text>");
}

static void deterministic(void **state)
{
    (void)state;
    canvas_put(&c, 0, 0, 20, ROLE_BADGE, " PAUSED 가");
    char *first = strdup(drawn(BACKGROUND_DARK));
    assert_string_equal(drawn(BACKGROUND_DARK), first);
    free(first);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(as_text),
        TEST(words_by_column),
        TEST(words_stay_in_their_cells),
        TEST(shapes_without_a_font),
        TEST(reversed),
        TEST(dim_without_colors),
        TEST(deterministic),
    };
    return cmocka_run_group_tests_name("svg", tests, NULL, NULL);
}
