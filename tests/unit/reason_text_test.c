/* SPDX-License-Identifier: MIT */
/* The words for reasons: each code has some in each language, with every argument in its place. */
#include "tcptop/explain/reason_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/sample.h"
#include "tcptop/base/err.h"
#include "tcptop/base/fmt.h"

static void every_code_has_words(void **state)
{
    char words[REASON_TEXT_SIZE];

    (void)state;
    for (int code = REASON_NONE + 1; code < REASON_COUNT; code++) {
        struct sample_reason r =
            sample_reason_named((enum sample_reason_code)code, ENOBUFS, "name");
        r.sock_diag_error = EPERM;
        r.number = 7;
        if (code == REASON_NETNS_NONE_NEAR)
            strcpy(r.netns, "near");
        for (int language = 0; language < LANG_COUNT; language++) {
            assert_ptr_equal(reason_text(words, &r, (enum language)language), words);
            assert_true(strlen(words) > 3);
            assert_null(strchr(words, '{'));
            assert_null(strstr(words, FMT_NONE)); /* a placeholder without a value */
        }
    }
}

static void expect(struct sample_reason r, const char *english)
{
    char words[REASON_TEXT_SIZE];

    assert_string_equal(reason_text(words, &r, LANG_EN), english);
}

static void arguments_are_in_their_places(void **state)
{
    struct sample_reason r = {.code = REASON_BROKE_OFF, .error = -ENOBUFS};
    char expected[200];

    (void)state;
    expect((struct sample_reason){.code = REASON_NONE}, "");
    expect((struct sample_reason){.code = REASON_REJECTED, .number = 1000},
           "1,000 damaged records left out");
    snprintf(expected, sizeof expected, "the kernel's answer broke off: %s", err_name(ENOBUFS));
    expect(r, expected);
    strcpy(r.netns, "web");
    snprintf(expected, sizeof expected, "namespace web: the kernel's answer broke off: %s",
             err_name(ENOBUFS));
    expect(r, expected);
    expect((struct sample_reason){.code = REASON_DAMAGED_FRAME, .number = 3}, "damaged at frame 3");
    expect((struct sample_reason){.code = REASON_DAMAGED_FRAME}, "the frame is damaged");
    snprintf(expected, sizeof expected,
             "cannot enter the network namespace web: %s; CAP_SYS_ADMIN required", err_name(EPERM));
    expect(sample_reason_named(REASON_NETNS_CLOSED, -EPERM, "web"), expected);
}

/* The first reason stands, and the worst status. */
static void the_first_reason_stands(void **state)
{
    struct sample *s = sample_make(NULL);

    (void)state;
    sample_set_status(s, SAMPLE_PARTIAL, (struct sample_reason){.code = REASON_CUT});
    sample_set_status(s, SAMPLE_COMPLETE, (struct sample_reason){.code = REASON_INTERRUPTED});
    assert_int_equal(s->status, SAMPLE_PARTIAL);
    assert_int_equal(s->reason.code, REASON_CUT);
    sample_clear_status(s);
    assert_int_equal(s->status, SAMPLE_COMPLETE);
    assert_string_equal(reason_words(&s->reason), "");
    sample_unref(s);
}

static void foreign_text_is_sanitised(void **state)
{
    (void)state;
    expect(sample_reason_named(REASON_EMPTY_FILE, 0, "a\x1b[2J\nb"), "a\xef\xbf\xbd[2J\xef\xbf\xbd"
                                                                     "b is empty");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_words),
        cmocka_unit_test(arguments_are_in_their_places),
        cmocka_unit_test(the_first_reason_stands),
        cmocka_unit_test(foreign_text_is_sanitised),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
