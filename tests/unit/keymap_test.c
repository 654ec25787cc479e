/* SPDX-License-Identifier: MIT */
/* Commands and bindings: every default key is a key and means one command, words are complete in
 * both languages, keys can be moved and taken away, Hangul letters count as their Latin key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "tcptop/ui/keymap.h"

static struct bindings b;
static char bad[32];

static int find(const char *name)
{
    keycode key;

    assert_int_equal(key_parse(name, &key), strlen(name));
    return keymap_find(&b, key);
}

static void test_every_default_key_is_bound_once(void **state)
{
    size_t words = 0;

    (void)state;
    keymap_init(&b);
    for (unsigned id = 0; id < COMMAND_COUNT; id++) {
        const char *at = commands[id].keys;

        while (*at) {
            keycode key;
            size_t n = key_parse(at, &key);

            assert_true(n > 0 && (at[n] == ' ' || at[n] == '\0'));
            assert_int_equal(keymap_find(&b, key), id);
            words++;
            at += n + (at[n] == ' ');
        }
    }
    assert_int_equal(b.n, words);
    assert_true(words < BINDING_MAX);
}

static void test_names_and_words(void **state)
{
    (void)state;
    for (unsigned id = 0; id < COMMAND_COUNT; id++) {
        for (unsigned other = 0; other < id; other++)
            assert_string_not_equal(commands[id].name, commands[other].name);
        assert_true(text_in(LANG_EN, commands[id].help)[0]);
        assert_true(text_in(LANG_KO, commands[id].help)[0]);
        assert_true(strspn(commands[id].name, "abcdefghijklmnopqrstuvwxyz_") ==
                    strlen(commands[id].name));
    }
}

static void test_keys_of_later_commands_are_free(void **state)
{
    static const char *const later[] = {"u", "i", "S", "W"};

    (void)state;
    keymap_init(&b);
    for (size_t i = 0; i < sizeof later / sizeof *later; i++)
        assert_int_equal(find(later[i]), -1);
}

static void test_a_key_moves(void **state)
{
    (void)state;
    keymap_init(&b);
    assert_int_equal(keymap_set(&b, COMMAND_PAUSE, "x F5", bad), 0);
    assert_int_equal(find("x"), COMMAND_PAUSE);
    assert_int_equal(find("F5"), COMMAND_PAUSE);
    assert_int_equal(find("p"), -1);
    for (size_t i = 0; i < b.n; i++)
        assert_true(b.list[i].command != COMMAND_EXPORT);
}

static void test_a_wrong_key_changes_nothing(void **state)
{
    (void)state;
    keymap_init(&b);
    assert_int_equal(keymap_set(&b, COMMAND_PAUSE, "x Hyper-q y", bad), -EINVAL);
    assert_string_equal(bad, "Hyper-q");
    assert_int_equal(find("x"), COMMAND_EXPORT);
    assert_int_equal(find("p"), COMMAND_PAUSE);
    assert_int_equal(keymap_set(&b, COMMAND_PAUSE, "averyveryverylongwordthatisnokeyatall", bad),
                     -EINVAL);
    assert_int_equal(strlen(bad), 31);
}

static void test_what_help_shows(void **state)
{
    char shown[64];

    (void)state;
    keymap_init(&b);
    assert_string_equal(keymap_shown(&b, COMMAND_FILTER, shown, sizeof shown), "/ \\ F4");
    assert_string_equal(keymap_shown(&b, COMMAND_REVERSE, shown, sizeof shown), "r I");
    assert_int_equal(keymap_set(&b, COMMAND_FILTER, "^f Space", bad), 0);
    assert_string_equal(keymap_shown(&b, COMMAND_FILTER, shown, sizeof shown), "^f Space");
    assert_int_equal(keymap_set(&b, COMMAND_FILTER, "", bad), 0);
    assert_string_equal(keymap_shown(&b, COMMAND_FILTER, shown, sizeof shown), "");
    keymap_shown(&b, COMMAND_PAGE_DOWN, shown, 3); /* cut, but terminated */
    assert_true(strlen(shown) < 3);
}

static void test_hangul_letters(void **state)
{
    (void)state;
    keymap_init(&b);
    assert_int_equal(keymap_find(&b, 0x3153), COMMAND_DOWN); /* ㅓ: j */
    assert_int_equal(keymap_find(&b, 0x3142), COMMAND_QUIT); /* ㅂ: q */
    assert_int_equal(keymap_find(&b, 0xac00), -1);           /* 가: r, k, told by the caller */
    assert_int_equal(keymap_set(&b, COMMAND_PAUSE, "ㅓ", bad), 0);
    assert_int_equal(keymap_find(&b, 0x3153), COMMAND_PAUSE); /* bound by itself */
}

static void test_shared_keys(void **state)
{
    char key[24] = "";

    (void)state;
    assert_false(keymap_shared("a b", "c", key));
    assert_false(keymap_shared("", "c", key));
    assert_false(keymap_shared("c", "", key));
    assert_true(keymap_shared("a F4 q", "x q", key));
    assert_string_equal(key, "q");
    assert_true(keymap_shared("Enter", "a Enter", key));
    assert_string_equal(key, "Enter");
    keymap_init(&b);
    assert_int_equal(keymap_find_name(&b, "F10"), COMMAND_QUIT);
    assert_int_equal(keymap_find_name(&b, "F12"), -1);
    assert_int_equal(keymap_find_name(&b, "nonsense"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_default_key_is_bound_once),
        cmocka_unit_test(test_names_and_words),
        cmocka_unit_test(test_keys_of_later_commands_are_free),
        cmocka_unit_test(test_a_key_moves),
        cmocka_unit_test(test_a_wrong_key_changes_nothing),
        cmocka_unit_test(test_what_help_shows),
        cmocka_unit_test(test_hangul_letters),
        cmocka_unit_test(test_shared_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
