/* SPDX-License-Identifier: MIT */
/* The question of `K` reads the connection back whole at every width, in both languages, and where
 * there is no room for that it is not asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/lines.h"
#include "lib/stage.h"

#define QUIET_MS 300

/* Nobody says y here. */
static struct destroyed end(const struct conn *c, const struct destroy_place *place)
{
    (void)c, (void)place;
    fail_msg("something was closed");
    return (struct destroyed){0};
}

/* On the stage's second row, 10.0.0.1:110 to 192.0.2.1:40001. */
static void open_stage(struct stage *st)
{
    stage_open_twenty(st);
    session_use_destroy(st->session, end, true);
    stage_keys(st, "Down");
}

/* The last rows of the screen, blanks at the ends taken off, joined by " | ". */
static const char *last_rows(struct stage *st, int n)
{
    static char out[2048];
    struct canvas c;
    assert_int_equal(canvas_init(&c, 1, 1), 0);
    session_draw(st->session, &c, st->now_ns);
    out[0] = '\0';
    for (int y = c.h - n; y < c.h; y++) {
        const char *row = line_words(&c, y);
        size_t len = strlen(out);
        assert_int_equal(row[0], ' '); /* the first column stays blank */
        snprintf(out + len, sizeof(out) - len, "%s%s", len ? " | " : "", row + 1);
    }
    canvas_fini(&c);
    return out;
}

/* How many rows a text of last_rows() is of. */
static int rows_in(const char *text)
{
    int rows = 1;
    for (const char *at = text; (at = strstr(at, " | ")); at += 3)
        rows++;
    return rows;
}

static void questions(struct stage *st, int w, const char *en, const char *ko)
{
    session_resize(st->session, w, 24);
    for (int l = 0; l < LANG_COUNT; l++) {
        text_use((enum language)l);
        stage_keys(st, "K");
        assert_string_equal(probe_prompt(st->session), "close");
        const char *expected = l == LANG_EN ? en : ko;
        assert_string_equal(last_rows(st, rows_in(expected)), expected);
        stage_wait(st, QUIET_MS);
        stage_keys(st, "n");
    }
    text_use(LANG_EN);
}

static void the_question_fits_every_width(void **state)
{
    (void)state;
    struct stage st;
    open_stage(&st);
    questions(
        &st, 120,
        "Close 10.0.0.1:110 to 192.0.2.1:40001, ESTABLISHED?   y closes it, any other key "
        "cancels | the peer gets RST, unsent data is lost",
        "이 소켓을 닫으시겠습니까? 로컬 10.0.0.1:110, 외부 192.0.2.1:40001, ESTABLISHED   y 닫기, "
        "그 밖의 키 취소 | 상대는 RST를 받고, 남은 송신 데이터는 유실됨");
    questions(&st, 80,
              "Close 10.0.0.1:110 to 192.0.2.1:40001, ESTABLISHED? | "
              "y closes it, any other key cancels   the peer gets RST, unsent data is lost",
              "이 소켓을 닫으시겠습니까? 로컬 10.0.0.1:110, 외부 192.0.2.1:40001, ESTABLISHED | "
              "y 닫기, 그 밖의 키 취소   상대는 RST를 받고, 남은 송신 데이터는 유실됨");
    questions(
        &st, 40,
        "Close 10.0.0.1:110 to 192.0.2.1:40001, | ESTABLISHED? | "
        "y closes it, any other key cancels",
        "이 소켓을 닫으시겠습니까? 로컬 | 10.0.0.1:110, 외부 192.0.2.1:40001, | ESTABLISHED | "
        "y 닫기, 그 밖의 키 취소");
    struct conn *c = &st.conn[1];
    c->family = AF_INET6;
    memset(c->src, 0xfd, sizeof(c->src));
    memset(c->dst, 0xfe, sizeof(c->dst));
    c->dst[1] = 0x10; /* not link-local */
    stage_sample(&st);
    stage_keys(&st, "g");
    while (probe_port(st.session) != 110)
        stage_keys(&st, "Down");
    questions(
        &st, 40,
        "Close | [fdfd:fdfd:fdfd:fdfd:fdfd:fdfd:fdfd: | fdfd]:110 to | "
        "[fe10:fefe:fefe:fefe:fefe:fefe:fefe: | fefe]:40001, ESTABLISHED? | "
        "y closes it, any other key cancels",
        "이 소켓을 닫으시겠습니까? 로컬 | [fdfd:fdfd:fdfd:fdfd:fdfd:fdfd:fdfd: | fdfd]:110, 외부 | "
        "[fe10:fefe:fefe:fefe:fefe:fefe:fefe: | fefe]:40001, ESTABLISHED | y 닫기, 그 밖의 키 "
        "취소");
    stage_close(&st);
}

static void without_room_nothing_is_asked(void **state)
{
    (void)state;
    struct stage st;
    open_stage(&st);
    stage_keys(&st, "K");
    assert_string_equal(probe_prompt(st.session), "close");
    stage_wait(&st, QUIET_MS);
    session_resize(st.session, 20, 6);
    assert_string_equal(probe_prompt(st.session), "close");
    assert_string_equal(last_rows(&st, 6), "Close 10.0.0.1:110 | to | 192.0.2.1:40001, | "
                                           "ESTABLISHED? | y closes it, any | other key cancels");
    session_resize(st.session, 20, 5);
    assert_string_equal(probe_prompt(st.session), "none");
    stage_keys(&st, "y K");
    assert_string_equal(probe_prompt(st.session), "none");
    assert_non_null(strstr(probe_message(st.session), "too small")); /* cut when drawn */
    ;
    stage_close(&st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_question_fits_every_width),
        cmocka_unit_test(without_room_nothing_is_asked),
    };
    return cmocka_run_group_tests_name("session_question", tests, NULL, NULL);
}
