/* SPDX-License-Identifier: MIT */
/* The lessons as a table: each state that can be held has one that comes to it, its words are
 * complete in both languages, name the same values and fit beside the rows of a small screen; a
 * step is believed only when a sample lists all that it says. On the screen the words come first,
 * and keys mean the next step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/sample.h"
#include "lib/stage.h"
#include "tcptop/base/utf8.h"
#include "tcptop/explain/expand.h"
#include "tcptop/explain/explain.h"
#include "tcptop/lesson/lesson.h"

#define SMALL_WIDTH 58 /* of the pane at 60 columns */
#define PANE_LINES  7  /* at 80x24, 60x20 */
#define ROWS_MAX    5  /* so many a small screen shows beside them */

static void each_step(void (*check)(unsigned state, const struct lesson_step *step))
{
    for (unsigned state = 0; state < TCP_STATE_COUNT; state++) {
        const struct lesson_script *script = lesson_script(state);
        for (unsigned i = 0; script && i < script->n; i++)
            check(state, &script->steps[i]);
    }
}

static void states_that_can_be_held_have_lessons(void **unused)
{
    (void)unused;
    for (unsigned state = 0; state < TCP_STATE_COUNT; state++) {
        const struct lesson_script *script = lesson_script(state);
        bool comes = false;
        const bool held = strcmp(state_name(state), "?") != 0 && state != TCP_STATE_CLOSE;
        assert_int_equal(script != NULL, held);
        for (unsigned i = 0; held && i < script->n; i++)
            comes = comes || (script->steps[i].about == state && script->steps[i].listed[state]);
        assert_int_equal(comes, held);
        assert_true(!held || script->n >= 3);
    }
    assert_null(lesson_script(TCP_STATE_COUNT));
}

static void check_script(unsigned state, const struct lesson_step *step)
{
    unsigned rows = 0;
    for (unsigned i = 0; i < TCP_STATE_COUNT; i++)
        rows += step->listed[i];
    if (rows == 0 || rows > ROWS_MAX || step->orders[0].op == LESSON_OP_NONE)
        fail_msg("%s, %s: %u rows", state_name(state), text_ident(step->text), rows);
    for (unsigned i = 0; i < LESSON_SIGNS_MAX && step->sign[i].kind != SIGN_NONE; i++)
        assert_true(step->listed[step->sign[i].state] > 0); /* signs are of rows that are there */
}

static void scripts_are_sound(void **unused)
{
    (void)unused;
    each_step(check_script);
}

/* Lines of the step's words, the paragraph that says it is over included. */
static unsigned lines_of(const struct lesson_step *step, int width, bool over)
{
    struct explain_text t;
    unsigned lines = 0;
    const struct explain_subject subject = {.state = step->about,
                                            .row = UINT32_MAX,
                                            .lesson = text(step->text),
                                            .lesson_over = over,
                                            .lesson_keys = MSG_LESSON_KEYS};
    assert_int_equal(explain_layout(&t, &subject, width, 1, false), 0);
    while (lines < t.n_lines && t.runs[t.lines[lines].first].role != ROLE_KEY) { /* below them */
        int w = 0;
        for (uint32_t i = 0; i < t.lines[lines].count; i++)
            w += utf8_width(t.runs[t.lines[lines].first + i].text);
        if (w > width)
            fail_msg("%s in %s: wider than %d", text_ident(step->text),
                     text_language_code(text_language()), width);
        lines++;
    }
    assert_true(lines < t.n_lines);
    explain_fini(&t);
    return lines;
}

static unsigned too_long;

static void check_width(unsigned state, const struct lesson_step *step)
{
    (void)state;
    for (enum language l = 0; l < LANG_COUNT; l++) {
        text_use(l);
        const unsigned lines = lines_of(step, SMALL_WIDTH, false);
        if (lines > PANE_LINES) {
            print_error("%s in %s: %u lines\n", text_ident(step->text), text_language_code(l),
                        lines);
            too_long++;
        }
        assert_true(lines_of(step, SMALL_WIDTH, true) > lines);
        lines_of(step, 24, true);
    }
    text_use(LANG_EN);
}

static void words_fit(void **unused)
{
    (void)unused;
    each_step(check_width);
    assert_int_equal(too_long, 0);
}

/* The names in {} of a text, in their order. */
static void values_of(const char *text, struct str *out)
{
    for (const char *at = text; (at = strchr(at, '{')); at++) {
        const size_t len = strcspn(at + 1, "}");
        if (!expand_knows(at + 1, len))
            fail_msg("'%.*s' is no value", (int)len, at + 1);
        str_addf(out, "%.*s ", (int)len, at + 1);
    }
}

static unsigned paragraphs(const char *text)
{
    unsigned n = 1;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static void check_words(unsigned state, const struct lesson_step *step)
{
    struct str values[LANG_COUNT] = {STR_INIT, STR_INIT};
    (void)state;
    for (enum language l = 0; l < LANG_COUNT; l++) {
        const char *words = text_in(l, step->text), *end = words + strlen(words);
        if (paragraphs(words) != 3 || strstr(words, "\n\n") || end[-1] != '.')
            fail_msg("%s in %s: three paragraphs of sentences", text_ident(step->text),
                     text_language_code(l));
        values_of(words, &values[l]);
    }
    assert_string_equal(str_text(&values[LANG_EN]), str_text(&values[LANG_KO]));
    /* 합니다 style */
    for (const char *at = text_in(LANG_KO, step->text); (at = strchr(at, '.')); at++) {
        const bool ends = at[1] == '\0' || at[1] == '\n' || at[1] == ' ';
        if (ends && strncmp(at - 3, "다", 3) != 0)
            fail_msg("%s: a sentence that does not end in 다", text_ident(step->text));
    }
    str_fini(&values[LANG_EN]);
    str_fini(&values[LANG_KO]);
}

static void words_are_complete(void **unused)
{
    (void)unused;
    each_step(check_words);
}

/* A sample of the rows that a step lists, with each of its signs. */
static struct sample *listed(const struct lesson_step *step)
{
    struct sample *s = sample_make(NULL);
    for (unsigned state = 0; state < TCP_STATE_COUNT; state++) {
        for (unsigned i = 0; i < step->listed[state]; i++) {
            struct conn *c = sample_row(s, "127.0.0.1:3000", "127.0.0.1:40000", state);
            if (state == TCP_STATE_BOUND_INACTIVE) {
                c->state = TCP_STATE_CLOSE;
                c->flags |= CONN_BOUND;
            }
            for (unsigned k = 0; k < LESSON_SIGNS_MAX; k++) {
                const struct lesson_sign *sign = &step->sign[k];
                if (sign->state != state)
                    continue;
                if (sign->kind == SIGN_RECV_Q)
                    c->rqueue = sign->value;
                if (sign->kind == SIGN_SEND_Q)
                    c->wqueue = 1;
                if (sign->kind == SIGN_TIMER)
                    c->timer = sign->value;
                if (sign->kind == SIGN_NOT_OWNED)
                    c->inode = 0;
            }
        }
    }
    sample_count(s);
    return s;
}

/* Any row more or less, and any sign that is missing, is seen. */
static void check_listed(unsigned state, const struct lesson_step *step)
{
    struct sample *s = listed(step);
    if (!lesson_listed(step, s))
        fail_msg("%s, %s: not seen", state_name(state), text_ident(step->text));
    for (unsigned i = 1; i < TCP_STATE_COUNT; i++) {
        s->count[i]++;
        assert_false(lesson_listed(step, s));
        s->count[i] -= 2;
        assert_false(lesson_listed(step, s));
        s->count[i]++;
    }
    for (unsigned k = 0; k < LESSON_SIGNS_MAX && step->sign[k].kind != SIGN_NONE; k++) {
        struct sample *wrong = listed(step);
        for (uint32_t i = 0; i < wrong->n_live; i++) {
            struct conn *c = &wrong->conn[i];
            if (c->state != step->sign[k].state)
                continue;
            switch (step->sign[k].kind) {
            case SIGN_RECV_Q:
            case SIGN_QUIET:
                c->rqueue = step->sign[k].value + 1U;
                break;
            case SIGN_SEND_Q:
                c->wqueue = 0;
                break;
            case SIGN_TIMER:
                c->timer = TIMER_DELACK;
                break;
            case SIGN_OWNED:
                c->inode = 0;
                break;
            case SIGN_NOT_OWNED:
                c->inode = 77;
                break;
            case SIGN_NONE:
                break;
            }
        }
        if (lesson_listed(step, wrong))
            fail_msg("%s: sign %u is not looked at", text_ident(step->text), k);
        sample_unref(wrong);
    }
    sample_unref(s);
}

static void only_what_is_listed_is_said(void **unused)
{
    (void)unused;
    each_step(check_listed);
}

/* The words stand in the pane, above the state's own, at each size that has one. */
static void words_are_on_the_screen(void **unused)
{
    static const int sizes[][2] = {{80, 24}, {120, 34}, {200, 50}, {100, 30}, {60, 20}, {60, 45}};
    (void)unused;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct stage st;
        stage_open(&st, sizes[i][0], sizes[i][1], -1);
        stage_add(&st, TCP_STATE_TIME_WAIT, 3000, 40000);
        stage_sample(&st);
        assert_false(stage_shows(&st, "DONE"));
        assert_false(stage_shows(&st, "/lesson"));
        probe_set_lesson(st.session, 4, 0, MSG_LESSON_TIME_WAIT_3, false);
        assert_true(stage_shows(&st, "/lesson"));
        assert_true(stage_shows(&st, "the lesson is being prepared"));
        assert_false(stage_shows(&st, "DONE"));
        probe_set_lesson(st.session, 4, 3, MSG_LESSON_TIME_WAIT_3, false);
        assert_true(stage_shows(&st, "lesson, step 3 of 4"));
        assert_true(stage_shows(&st, " DONE  The client closed as well."));
        assert_true(stage_shows(&st, " LOOK  Only the end at port 3000"));
        assert_true(stage_shows(&st, " LEARN  The end that closed first"));
        assert_true(stage_shows(&st, "Space next step"));
        assert_false(stage_shows(&st, "These rows have changed"));
        probe_set_lesson(st.session, 4, 3, MSG_LESSON_TIME_WAIT_3, true);
        assert_true(stage_shows(&st, "Space start again"));
        if (sizes[i][1] > 30)
            assert_true(stage_shows(&st, "These rows have changed"));
        if (sizes[i][0] > 100) {
            int x, y;
            stage_find(&st, "Space next step   Backspace step back", &x, &y);
            assert_in_range(y, 1, sizes[i][1] - 3); /* in the pane, and a rule below it */
            assert_non_null(strstr(stage_text(&st, y + 1), "────────────────────────"));
        }
        probe_set_lesson(st.session, 4, 4, MSG_LESSON_TIME_WAIT_3, false);
        assert_false(stage_shows(&st, "Space next step"));
        assert_true(stage_shows(&st, "Backspace step back"));
        if (sizes[i][0] > 100)
            assert_true(stage_shows(&st, "last step   q ends it   Backspace step back"));
        stage_keys(&st, "?");
        if (!stage_shows(&st, "lesson: next step"))
            fail_msg("%dx%d: not in help", sizes[i][0], sizes[i][1]);
        stage_close(&st);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_that_can_be_held_have_lessons),
        cmocka_unit_test(scripts_are_sound),
        cmocka_unit_test(words_are_complete),
        cmocka_unit_test(words_fit),
        cmocka_unit_test(only_what_is_listed_is_said),
        cmocka_unit_test(words_are_on_the_screen),
    };
    return cmocka_run_group_tests_name("lesson", tests, NULL, NULL);
}
