/* SPDX-License-Identifier: MIT */
/* The growable string: contents, growth, failure; str_tiny_test runs this with a first buffer of 1
 * byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tcptop/base/str.h"

static void empty(void **state)
{
    (void)state;
    struct str s = STR_INIT;
    assert_string_equal(str_text(&s), "");
    str_add(&s, "");
    assert_string_equal(str_text(&s), "");
    str_truncate(&s, 0);
    str_clear(&s);
    str_fini(&s);
    str_fini(NULL);
}

static void every_length(void **state)
{
    (void)state;
    char expected[300] = "";
    struct str s = STR_INIT;
    for (size_t i = 0; i < sizeof(expected) - 1; i++) {
        expected[i] = (char)('a' + i % 26);
        expected[i + 1] = '\0';
        str_add_char(&s, expected[i]);
        assert_int_equal(s.len, i + 1);
        assert_true(s.cap > s.len);
        assert_string_equal(str_text(&s), expected);
    }
    str_fini(&s);
    assert_null(s.data);
}

static void all_ways(void **state)
{
    (void)state;
    struct str s = STR_INIT;
    str_add(&s, "one");
    str_add_bytes(&s, " two", 4);
    str_add_many(&s, '.', 3);
    str_addf(&s, "%d%s", 42, "!");
    str_addf(&s, "%s", "");
    assert_string_equal(str_text(&s), "one two...42!");
    str_truncate(&s, 100);
    assert_int_equal(s.len, 13);
    str_truncate(&s, 3);
    assert_string_equal(str_text(&s), "one");
    str_add_bytes(&s, "a\0b", 3);
    assert_int_equal(s.len, 6);
    assert_memory_equal(s.data, "onea\0b", 7);
    str_clear(&s);
    assert_string_equal(str_text(&s), "");
    str_fini(&s);
}

static void failure_is_remembered(void **state)
{
    (void)state;
    struct str s = STR_INIT;
    str_add(&s, "kept");
    assert_false(str_failed(&s));
    str_add_many(&s, 'x', SIZE_MAX);
    assert_true(str_failed(&s));
    str_add(&s, " and no more");
    assert_string_equal(str_text(&s), "kept");
    str_clear(&s);
    str_add(&s, "kept");
    str_add_many(&s, 'x', PTRDIFF_MAX);
    assert_true(str_failed(&s));
    str_clear(&s);
    assert_false(str_failed(&s));
    str_add(&s, "again");
    assert_string_equal(str_text(&s), "again");
    str_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty),
        cmocka_unit_test(every_length),
        cmocka_unit_test(all_ways),
        cmocka_unit_test(failure_is_remembered),
    };
    return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
