/* SPDX-License-Identifier: MIT */
/* Themes: roles keep their contrast against dark and light grounds, trouble is told from calm also
 * by the colour-blind, what the user writes is taken or refused as a whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <string.h>

#include "tcptop/base/theme.h"

/* Relative luminance, WCAG 2. */
static double luminance(uint32_t rgb)
{
    double sum = 0;
    static const double weight[] = {0.2126, 0.7152, 0.0722};

    for (int i = 0; i < 3; i++) {
        double c = (double)(rgb >> (16 - 8 * i) & 0xff) / 255;

        sum += weight[i] * (c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
    }
    return sum;
}

static double contrast(uint32_t a, uint32_t b)
{
    double la = luminance(a), lb = luminance(b);

    return (fmax(la, lb) + 0.05) / (fmin(la, lb) + 0.05);
}

/* What terminals make of the first eight colours, and of them in bold; `black`: the ground is
 * always black. */
static const struct palette {
    const char *name;
    bool black;
    uint32_t plain[8], bold[8];
} palettes[] = {
    {"xterm",
     false,
     {0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5},
     {0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff}},
    {"urxvt",
     false,
     {0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000cd, 0xcd00cd, 0x00cdcd, 0xfaebd7},
     {0x404040, 0xff0000, 0x00ff00, 0xffff00, 0x0000ff, 0xff00ff, 0x00ffff, 0xffffff}},
    {"st",
     false,
     {0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5},
     {0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5}},
    {"the Linux console",
     true,
     {0x000000, 0xaa0000, 0x00aa00, 0xaa5500, 0x0000aa, 0xaa00aa, 0x00aaaa, 0xaaaaaa},
     {0x555555, 0xff5555, 0x55ff55, 0xffff55, 0x5555ff, 0xff55ff, 0x55ffff, 0xffffff}},
};

static uint32_t rgb_of(const struct palette *p, int color, bool bold)
{
    return color >= 16 || color < 0 ? theme_rgb(color) : (bold ? p->bold : p->plain)[color % 8];
}

/* At least 4.5, of what is dimmed 3. `grounds` ends with UINT32_MAX. */
static void check_contrast(const struct palette *p, enum theme_depth depth,
                           enum theme_background background, const uint32_t *grounds)
{
    struct theme t;

    theme_init(&t, depth, background);
    for (unsigned role = 0; role < ROLE_COUNT; role++) {
        const struct style *style = &t.style[role];
        const bool bold = style->attributes & STYLE_BOLD;
        const double least = role == ROLE_RULE || role == ROLE_FLAT ? 3 : 4.5;
        const uint32_t fg = rgb_of(p, style->fg, bold),
                       own[] = {rgb_of(p, style->bg, false), UINT32_MAX};

        for (const uint32_t *on = style->bg >= 0 ? own : grounds;
             style->fg >= 0 && *on != UINT32_MAX; on++)
            if (contrast(fg, *on) < least)
                fail_msg("%s, %s, %d colours, %s on #%06x: %.2f", p->name, theme_name(background),
                         depth == DEPTH_16 ? 16 : 256, canvas_role_key((enum role)role), *on,
                         contrast(fg, *on));
    }
}

static void test_contrast(void **state)
{
    static const uint32_t dark[] = {0x000000, 0x1e1e1e, 0x002b36, 0x300a24, UINT32_MAX};
    static const uint32_t light[] = {0xffffff, 0xfdf6e3, 0xeeeeee, UINT32_MAX};
    static const uint32_t black[] = {0x000000, UINT32_MAX}, white[] = {0xffffff, UINT32_MAX};
    static const uint32_t any[] = {0x000000, 0xffffff, UINT32_MAX};

    (void)state;
    check_contrast(palettes, DEPTH_256, BACKGROUND_DARK, dark);
    check_contrast(palettes, DEPTH_256, BACKGROUND_LIGHT, light);
    check_contrast(palettes, DEPTH_256, BACKGROUND_ANY, any);
    for (size_t i = 0; i < sizeof palettes / sizeof *palettes; i++) {
        check_contrast(&palettes[i], DEPTH_16, BACKGROUND_DARK, black);
        if (!palettes[i].black) {
            check_contrast(&palettes[i], DEPTH_16, BACKGROUND_LIGHT, white);
            check_contrast(&palettes[i], DEPTH_16, BACKGROUND_ANY, any);
        }
    }
}

/* What stands out on a ground that is not known, where there are few colours, has the terminal's
 * own foreground: each of them is lost on black or on white. */
static void test_any_ground(void **state)
{
    struct theme t;

    (void)state;
    theme_init(&t, DEPTH_16, BACKGROUND_ANY);
    for (unsigned role = 0; role < ROLE_COUNT; role++)
        if (t.style[role].fg != -1 || t.style[role].bg != -1)
            fail_msg("%s has colour %d", canvas_role_key((enum role)role), t.style[role].fg);
    for (int i = 0; i < BACKGROUND_COUNT; i++)
        assert_true(strlen(theme_name((enum theme_background)i)) > 2);
}

static void test_depths(void **state)
{
    struct theme t;

    (void)state;
    theme_init(&t, DEPTH_MONO, BACKGROUND_DARK);
    for (unsigned role = 0; role < ROLE_COUNT; role++)
        assert_true(t.style[role].fg == -1 && t.style[role].bg == -1);
    for (unsigned light = 0; light < 2; light++) {
        theme_init(&t, DEPTH_16, (enum theme_background)light);
        for (unsigned role = 0; role < ROLE_COUNT; role++)
            assert_true(t.style[role].fg < 8 && t.style[role].fg != 2);
    }
}

static void test_what_a_user_writes(void **state)
{
    static const struct {
        const char *text;
        struct style style;
    } good[] = {
        {"117 bold", {117, -1, STYLE_BOLD}},       {"yellow", {3, -1, 0}},
        {"White on RED bold", {7, 1, STYLE_BOLD}}, {"default", {-1, -1, 0}},
        {"reverse", {-1, -1, STYLE_REVERSE}},      {"bold dim 0", {0, -1, STYLE_BOLD | STYLE_DIM}},
        {"default on 255", {-1, 255, 0}},
    };
    static const char *const wrong[] = {"",         "256",         "-1",       "on",
                                        "on red",   "red on",      "red blue", "puce",
                                        "1 on 2 3", "red on bold", "on on 1",  "1 on on 2"};
    struct theme t;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(theme_set(&t, ROLE_KEY, good[i].text, DEPTH_256), 0);
        assert_int_equal(t.style[ROLE_KEY].fg, good[i].style.fg);
        assert_int_equal(t.style[ROLE_KEY].bg, good[i].style.bg);
        assert_int_equal(t.style[ROLE_KEY].attributes, good[i].style.attributes);
    }
    theme_init(&t, DEPTH_256, BACKGROUND_DARK);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (theme_set(&t, ROLE_KEY, wrong[i], DEPTH_256) != -EINVAL)
            fail_msg("'%s' was taken", wrong[i]);
        assert_int_equal(t.style[ROLE_KEY].fg, 117);
    }
}

static void test_a_poorer_terminal_takes_what_it_can(void **state)
{
    struct theme t;

    (void)state;
    theme_init(&t, DEPTH_MONO, BACKGROUND_DARK);
    assert_int_equal(theme_set(&t, ROLE_TEXT, "red bold", DEPTH_MONO), 0);
    assert_int_equal(t.style[ROLE_TEXT].fg, -1);
    assert_int_equal(t.style[ROLE_TEXT].attributes, STYLE_BOLD);
    theme_init(&t, DEPTH_16, BACKGROUND_DARK);
    assert_int_equal(theme_set(&t, ROLE_NEW, "208", DEPTH_16), 0);
    assert_int_equal(t.style[ROLE_NEW].fg, 6);
}

static void test_xterm_colors(void **state)
{
    (void)state;
    assert_int_equal(theme_rgb(16), 0x000000);
    assert_int_equal(theme_rgb(231), 0xffffff);
    assert_int_equal(theme_rgb(208), 0xff8700);
    assert_int_equal(theme_rgb(117), 0x87d7ff);
    assert_int_equal(theme_rgb(232), 0x080808);
    assert_int_equal(theme_rgb(255), 0xeeeeee);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contrast),
        cmocka_unit_test(test_any_ground),
        cmocka_unit_test(test_depths),
        cmocka_unit_test(test_what_a_user_writes),
        cmocka_unit_test(test_a_poorer_terminal_takes_what_it_can),
        cmocka_unit_test(test_xterm_colors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
