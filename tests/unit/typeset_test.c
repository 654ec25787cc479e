/* SPDX-License-Identifier: MIT */
/* Wrapping: lines break at blanks, a group only when it is wider than the line, a token only then
 * and only behind certain signs; proved on samples and on every text at every width. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/hosts.h"
#include "tcptop/base/utf8.h"
#include "tcptop/explain/expand.h"
#include "tcptop/explain/state_texts.h"
#include "tcptop/explain/typeset.h"

/* The lines that were set, each closed by "|". */
static void finish(struct typeset *ts, const char *expected)
{
    struct explain_text t;
    char out[512] = "";

    assert_int_equal(typeset_finish(ts, &t), 0);
    for (uint32_t i = 0; i < t.n_lines; i++) {
        for (uint32_t r = 0; r < t.lines[i].count; r++)
            strcat(out, t.runs[t.lines[i].first + r].text);
        strcat(out, "|");
    }
    assert_string_equal(out, expected);
    explain_fini(&t);
}

static void expect(const char *text, int width, int indent, const char *expected)
{
    struct typeset ts;

    typeset_init(&ts);
    typeset_paragraphs(&ts, text, ROLE_TEXT, width, indent);
    finish(&ts, expected);
}

static void samples(void **unused)
{
    (void)unused;
    expect("", 24, 2, "");
    expect("one two three", 7, 0, "one two|three|");
    expect("one two three four", 14, 0, "one two|three four|"); /* a short word is not left alone */
    expect("one two three unpronounceable", 21, 0, "one two three|unpronounceable|");
    expect("one two three", 8, 2, "  one|  two|  three|");
    expect("a\n\nb c", 9, 0, "a|b c|");
    expect("상태가 바뀌지 않습니다", 13, 0, "상태가 바뀌지|않습니다|");
    expect("상태가 바뀌지 않습니다", 12, 0, "상태가|바뀌지|않습니다|");
    expect("in 60" NBSP "s it", 7, 0, "in|60 s it|");
    expect("in 60" NBSP "s it", 6, 0, "in|60 s|it|");
    expect("60" NBSP "seconds", 8, 0, "60|seconds|");       /* the group is wider than the line */
    expect("at 60" NBSP "seconds", 8, 0, "at 60|seconds|"); /* it goes on where it stands */
    expect("x [2001:db8::1]:443 y", 9, 0, "x|[2001:|db8::1]:|443 y|");
    expect("call(tcp_tw_reuse)", 13, 0, "call(|tcp_tw_reuse)|");
    expect("unbreakable", 4, 0, "unbr|eaka|ble|"); /* rather cut than beyond the edge */
}

static void expect_table(const char *text, int width, int indent, const char *expected)
{
    struct typeset ts;

    typeset_init(&ts);
    typeset_table(&ts, text, width, indent);
    finish(&ts, expected);
}

static void tables(void **unused)
{
    (void)unused;
    expect_table("", 30, 2, "");
    expect_table("Age\t3 s\nLabel\tone two three", 18, 2,
                 "  Age    3 s|  Label  one|         two three|");
    expect_table("비율\t열두 개\nAge\t–", 20, 0, "비율  열두 개|Age   –|");
    /* where labels take half of the room values come behind them */
    expect_table("Label\tone two three\nAge\t–", 13, 0, "Label one|  two three|Age –|");
}

static void roles(void **unused)
{
    struct typeset ts;
    struct explain_text t;

    (void)unused;
    typeset_init(&ts);
    typeset_paragraphs(&ts, "a " MARK_LIVE "12" NBSP "s" MARK_END " b", ROLE_DIM, 24, 2);
    assert_int_equal(typeset_finish(&ts, &t), 0);
    assert_int_equal(t.n_lines, 1);
    assert_int_equal(t.lines[0].count, 4);
    assert_string_equal(t.runs[0].text, "  ");
    assert_string_equal(t.runs[1].text, "a ");
    assert_int_equal(t.runs[1].role, ROLE_DIM);
    assert_string_equal(t.runs[2].text, "12 s");
    assert_int_equal(t.runs[2].role, ROLE_LIVE);
    assert_string_equal(t.runs[3].text, " b");
    assert_int_equal(t.runs[3].role, ROLE_DIM);
    explain_fini(&t);
}

/* Bytes of the thing that begins at `text` and ends at one of `ends` (NBSP counts as '^'). */
static size_t span(const char *text, const char *ends)
{
    size_t n = 0;

    while (text[n] && !strchr(ends, text[n]) &&
           !(strchr(ends, '^') && strncmp(text + n, NBSP, strlen(NBSP)) == 0))
        n++;
    return n;
}

/* Walk the lines beside the paragraphs they come from, and judge each break. */
static void check_breaks(const char *source, const struct explain_text *t, int width)
{
    const char *p = source, *token = source, *group = source;

    for (uint32_t i = 0; i < t->n_lines; i++) {
        assert_true(t->lines[i].count >= 1);
        const char *line = t->runs[t->lines[i].first].text;
        assert_in_range(utf8_width(line), 1, width);
        while (*line) {
            bool nbsp = strncmp(p, NBSP, strlen(NBSP)) == 0;
            size_t n = nbsp ? strlen(NBSP) : 1;
            assert_int_equal(nbsp ? ' ' : *p, *line++);
            p += n;
            if (p[-1] == ' ' || nbsp)
                token = p;
            if (p[-1] == ' ')
                group = p;
        }
        if (*p == ' ' || *p == '\n' || !*p) {
            group = token = *p ? ++p : p;
        } else if (strncmp(p, NBSP, strlen(NBSP)) == 0) {
            assert_true(utf8_width_n(group, span(group, " \n")) > width);
            token = p += strlen(NBSP);
        } else {
            assert_non_null(strchr("(,/:.", p[-1]));
            assert_true(utf8_width_n(token, span(token, " \n^")) > width);
        }
    }
    assert_int_equal(*p, '\0');
}

static void check_text(const char *text, const struct host *host)
{
    struct str source = STR_INIT;

    expand(&source, text, host);
    for (char *mark = source.data; mark && *mark; mark++) /* roles do not matter here */
        while (*mark > 0 && *mark < '\n')
            memmove(mark, mark + 1, strlen(mark));
    for (int width = 24; width <= 100; width++) {
        struct typeset ts;
        struct explain_text t;
        typeset_init(&ts);
        typeset_paragraphs(&ts, str_text(&source), ROLE_TEXT, width, 0);
        assert_int_equal(typeset_finish(&ts, &t), 0);
        check_breaks(str_text(&source), &t, width);
        explain_fini(&t);
    }
    str_fini(&source);
}

static void every_text_at_every_width(void **unused)
{
    struct sample *s = host_web01();

    (void)unused;
    for (unsigned state = 1; state <= TCP_STATE_BOUND_INACTIVE; state++)
        for (int section = 0; section < SECTION_COUNT; section++)
            for (int l = 0; l < LANG_COUNT; l++) {
                text_use((enum language)l);
                if (section == SECTION_MAP)
                    continue;
                check_text(
                    state_texts_get(state, CONN_PLAIN, (enum section)section, text_language()),
                    &s->host);
                check_text(
                    state_texts_get(state, CONN_PLAIN, (enum section)section, text_language()),
                    NULL);
            }
    text_use(LANG_EN);
    sample_unref(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples),
        cmocka_unit_test(tables),
        cmocka_unit_test(roles),
        cmocka_unit_test(every_text_at_every_width),
    };
    return cmocka_run_group_tests_name("typeset", tests, NULL, NULL);
}
