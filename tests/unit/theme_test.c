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

static void check_contrast(enum theme_background background, const uint32_t *grounds, double text,
                           double line)
{
    struct theme t;

    theme_init(&t, DEPTH_256, background);
    for (unsigned role = 0; role < ROLE_COUNT; role++) {
        const struct style *style = &t.style[role];
        double least = role == ROLE_RULE || role == ROLE_FLAT ? line : text;

        if (style->fg < 0)
            continue;
        if (style->bg >= 0) {
            assert_true(contrast(theme_rgb(style->fg), theme_rgb(style->bg)) >= 4.5);
            continue;
        }
        for (int i = 0; grounds[i] != UINT32_MAX; i++) {
            double c = contrast(theme_rgb(style->fg), grounds[i]);

            if (c < least)
                fail_msg("%s on #%06x: %.2f", canvas_role_key((enum role)role), grounds[i], c);
        }
    }
}

static void test_contrast(void **state)
{
    static const uint32_t dark[] = {0x000000, 0x1e1e1e, 0x002b36, 0x300a24, UINT32_MAX};
    static const uint32_t light[] = {0xffffff, 0xfdf6e3, 0xeeeeee, UINT32_MAX};

    (void)state;
    check_contrast(BACKGROUND_DARK, dark, 4.9, 2.6);
    check_contrast(BACKGROUND_LIGHT, light, 4.5, 2.6);
    check_contrast(BACKGROUND_ANY, dark, 3.0, 3.0);
    check_contrast(BACKGROUND_ANY, light, 3.0, 3.0);
}

/* What stands out on a ground that is not known has the terminal's own foreground, or a colour that
 * is neither yellow nor white nor the dark blue that black swallows. */
static void test_any_ground(void **state)
{
    struct theme t;

    (void)state;
    theme_init(&t, DEPTH_16, BACKGROUND_ANY);
    for (unsigned role = 0; role < ROLE_COUNT; role++) {
        const int fg = t.style[role].fg;
        if (fg != -1 && fg != 1 && fg != 5)
            fail_msg("%s has colour %d", canvas_role_key((enum role)role), fg);
    }
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
