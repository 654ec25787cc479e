/* SPDX-License-Identifier: MIT */
/* A row passes exactly what the filter says: every kind of term, both ends, v4-mapped addresses,
 * absent values, and logic in postfix order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/model_build.h"
#include "lib/sample.h"
#include "tcptop/model/predicate.h"

/* Rows: 0 IPv4, 1 IPv6, 2 v4-mapped, 3 bound-only. */
static struct sample *rows(void)
{
    struct sample *s = sample_make(NULL);

    for (uint64_t i = 0; i < 4; i++) {
        struct conn *c = model_add(s, i + 1, TCP_STATE_ESTABLISHED);
        c->sport = (uint16_t)(1000 + i);
        c->dport = 443;
    }
    s->conn[1].family = s->conn[2].family = AF_INET6;
    inet_pton(AF_INET6, "2001:db8::1", s->conn[1].src);
    inet_pton(AF_INET6, "2001:db8:ffff::1", s->conn[1].dst);
    inet_pton(AF_INET6, "::ffff:10.0.0.1", s->conn[2].src);
    inet_pton(AF_INET6, "::ffff:192.0.2.9", s->conn[2].dst);
    s->conn[2].ifindex = 3;
    s->conn[3].state = TCP_STATE_CLOSE;
    s->conn[3].flags = CONN_BOUND;
    s->conn[3].dport = 0;
    return s;
}

/* The rows that pass, as a text: "02". */
static const char *passing(const struct predicate *p)
{
    static char text[8];
    struct sample *s = rows();
    size_t n = 0;

    assert_true(predicate_depth(p) >= 0);
    for (uint32_t row = 0; row < s->n_live; row++) {
        if (predicate_match(p, s, row))
            text[n++] = (char)('0' + row);
    }
    text[n] = '\0';
    sample_unref(s);
    return text;
}

static const char *passing_term(struct filter_term t)
{
    struct predicate p = {0};
    const char *text;

    assert_int_equal(predicate_term(&p, &t), 0);
    text = passing(&p);
    predicate_fini(&p);
    return text;
}

static struct filter_term addr(enum term_side side, const char *text, uint8_t bits)
{
    struct filter_term t = {.kind = TERM_ADDR, .side = side, .prefix_bits = bits};

    t.family = strchr(text, ':') ? AF_INET6 : AF_INET;
    inet_pton(t.family, text, t.addr);
    return t;
}

/* Known for even rows only. */
static void even_rows(const struct sample *s, uint32_t row, struct value *v)
{
    v->type = row % 2 ? VALUE_NONE : VALUE_NUMBER;
    v->number = s->conn[row].sport;
}

static void words(const struct sample *s, uint32_t row, struct value *v)
{
    static const char *const texts[] = {"Nginx worker", "nginx", "", "sshd"};

    (void)s;
    v->type = row == 2 ? VALUE_NONE : VALUE_TEXT;
    strcpy(v->text, texts[row]);
}

static void every_kind_of_term(void **state)
{
    (void)state;
    assert_string_equal(
        passing_term((struct filter_term){.kind = TERM_STATE, .states = STATE_BIT(1)}), "012");
    assert_string_equal(
        passing_term((struct filter_term){.kind = TERM_STATE, .states = STATE_BIT(13)}), "3");
    assert_string_equal(
        passing_term((struct filter_term){.kind = TERM_STATE, .states = STATE_BIT(7)}), "3");
    assert_string_equal(passing_term((struct filter_term){.kind = TERM_FAMILY, .lo = AF_INET6}),
                        "12");
    assert_string_equal(passing_term((struct filter_term){.kind = TERM_DEV, .lo = 3}), "2");
    assert_string_equal(
        passing_term((struct filter_term){.kind = TERM_PORT, .lo = 1001, .hi = 1002}), "12");
    assert_string_equal(passing_term((struct filter_term){
                            .kind = TERM_PORT, .side = SIDE_LOCAL, .lo = 443, .hi = 443}),
                        "");
    assert_string_equal(passing_term((struct filter_term){
                            .kind = TERM_PORT, .side = SIDE_REMOTE, .lo = 443, .hi = 443}),
                        "012");
    assert_string_equal(passing_term((struct filter_term){
                            .kind = TERM_NUMBER, .get = even_rows, .lo = 1000, .hi = 1001}),
                        "0");
    assert_string_equal(
        passing_term((struct filter_term){.kind = TERM_TEXT, .get = words, .text = strdup("GINX")}),
        "01");
    assert_string_equal(
        passing_term((struct filter_term){
            .kind = TERM_TEXT, .get = words, .text = strdup("NGINX"), .whole = true}),
        "1");
    assert_string_equal(passing_term((struct filter_term){
                            .kind = TERM_TEXT, .get = even_rows, .text = strdup("1")}),
                        "");
}

static void addresses(void **state)
{
    (void)state;
    assert_string_equal(passing_term(addr(SIDE_EITHER, "10.0.0.0", 8)), "023");
    assert_string_equal(passing_term(addr(SIDE_EITHER, "10.0.0.2", 32)), "03");
    assert_string_equal(passing_term(addr(SIDE_LOCAL, "10.0.0.0", 31)), "023");
    assert_string_equal(passing_term(addr(SIDE_LOCAL, "10.0.0.0", 32)), "");
    assert_string_equal(passing_term(addr(SIDE_REMOTE, "192.0.2.0", 24)), "2");
    assert_string_equal(passing_term(addr(SIDE_EITHER, "2001:db8::", 48)), "1");
    assert_string_equal(passing_term(addr(SIDE_REMOTE, "2001:db8::", 48)), "");
    assert_string_equal(passing_term(addr(SIDE_REMOTE, "2001:db8:8000::", 33)), "1");
    assert_string_equal(passing_term(addr(SIDE_EITHER, "::ffff:10.0.0.1", 128)), "2");
    assert_string_equal(passing_term(addr(SIDE_EITHER, "::", 0)), "12");
    assert_string_equal(passing_term((struct filter_term){.kind = TERM_ADDR}), "0123"); /* any */
}

static void term(struct predicate *p, uint16_t port)
{
    struct filter_term t = {.kind = TERM_PORT, .lo = port, .hi = port};

    assert_int_equal(predicate_term(p, &t), 0);
}

static void op(struct predicate *p, enum pred_op op)
{
    assert_int_equal(predicate_op(p, op), 0);
}

static void logic(void **state)
{
    struct predicate p = {0};

    (void)state;
    assert_string_equal(passing(&p), "0123");
    assert_true(predicate_match(NULL, NULL, 0));
    term(&p, 1000); /* 1000 or 1001 … */
    term(&p, 1001);
    op(&p, PRED_OR);
    assert_string_equal(passing(&p), "01");
    term(&p, 1001); /* … and not 1001 … */
    op(&p, PRED_NOT);
    op(&p, PRED_AND);
    assert_string_equal(passing(&p), "0");
    op(&p, PRED_NOT); /* … and that the other way round */
    assert_string_equal(passing(&p), "123");
    assert_int_equal(predicate_depth(&p), 2);
    predicate_fini(&p);
}

static void absent_is_no_match_and_its_negation_is(void **state)
{
    struct filter_term t = {.kind = TERM_NUMBER, .get = even_rows, .lo = 0, .hi = UINT64_MAX};
    struct predicate p = {0};

    (void)state;
    assert_int_equal(predicate_term(&p, &t), 0);
    assert_string_equal(passing(&p), "02");
    op(&p, PRED_NOT);
    assert_string_equal(passing(&p), "13");
    predicate_fini(&p);
}

static void depth_is_bounded(void **state)
{
    struct predicate p = {0};

    (void)state;
    op(&p, PRED_NOT);
    assert_true(predicate_depth(&p) < 0);
    predicate_fini(&p);
    for (uint16_t i = 0; i < PREDICATE_DEPTH_MAX; i++)
        term(&p, (uint16_t)(1000 + i));
    assert_true(predicate_depth(&p) < 0); /* many results instead of one */
    for (int i = 1; i < PREDICATE_DEPTH_MAX; i++)
        op(&p, i % 2 ? PRED_OR : PRED_AND);
    assert_int_equal(predicate_depth(&p), PREDICATE_DEPTH_MAX);
    predicate_fini(&p);
    for (uint16_t i = 0; i <= PREDICATE_DEPTH_MAX; i++)
        term(&p, 1000);
    for (int i = 0; i < PREDICATE_DEPTH_MAX; i++)
        op(&p, PRED_OR);
    assert_true(predicate_depth(&p) < 0);
    p.n_steps = 1;
    p.steps[0].term = 65;
    assert_true(predicate_depth(&p) < 0); /* no such term */
    predicate_fini(&p);
}

/* The deepest program: the first result must survive 63 others on the stack. */
static void deepest_program(void **state)
{
    struct predicate p = {0};

    (void)state;
    for (int i = 0; i < PREDICATE_DEPTH_MAX; i++)
        term(&p, i ? 7 : 1002);
    for (int i = 1; i < PREDICATE_DEPTH_MAX; i++)
        op(&p, PRED_OR);
    assert_string_equal(passing(&p), "2");
    predicate_fini(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_term),
        cmocka_unit_test(addresses),
        cmocka_unit_test(logic),
        cmocka_unit_test(absent_is_no_match_and_its_negation_is),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(deepest_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
