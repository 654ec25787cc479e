/* SPDX-License-Identifier: MIT */
/* Messages keep the code, stay one line and are cut between characters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "tcptop/base/err.h"
#include "tcptop/base/utf8.h"

static void returns_code(void **state)
{
    (void)state;
    struct err err;
    assert_int_equal(err_set(&err, -EPERM, "%s:%d", "file", 12), -EPERM);
    assert_string_equal(err.msg, "file:12");
    assert_int_equal(err_set(NULL, -EPERM, "nobody listens"), -EPERM);
}

static void one_line(void **state)
{
    (void)state;
    struct err err;
    err_set(&err, -1, "a\nb\n");
    assert_string_equal(err.msg, "a b ");
}

static void cut_between_characters(void **state)
{
    (void)state;
    char text[1000];
    for (size_t shift = 0; shift < 3; shift++) {
        memset(text, 'x', shift);
        text[shift] = '\0';
        while (strlen(text) < 990) {
            strcat(text, "가");
        }
        struct err err;
        err_set(&err, -1, "%s", text);
        assert_true(strlen(err.msg) > sizeof(err.msg) - 4);
        for (size_t at = 0; at < strlen(err.msg);) {
            uint32_t cp = 0;
            at += utf8_decode(err.msg + at, strlen(err.msg) - at, &cp);
            assert_int_not_equal(cp, UTF8_BAD);
        }
    }
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(err_name(-ENOENT), strerror(ENOENT));
    assert_string_equal(err_name(ENOENT), strerror(ENOENT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(returns_code),
        cmocka_unit_test(one_line),
        cmocka_unit_test(cut_between_characters),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
