/* SPDX-License-Identifier: MIT */
/* The text of another program tells only some of what rules look at: a rule that wants more of a
 * row that is there is not called checked, and one that has all that it wants is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/patient.h"
#include "tcptop/doctor/doctor.h"
#include "tcptop/model/import.h"

/* The doctor looks at one row of an import that lacks `unknown` (enum conn_unknown), and has
 * figures or none. Returns whether the rule was looked at, and else why not. */
static unsigned look(enum rule_id rule, unsigned state, unsigned unknown, bool figures)
{
    struct sample *s = patient_sample(1);
    struct conn *c = patient_rows(s, 1, state, 1);

    c->wqueue = state == TCP_STATE_LISTEN ? 128 : 0;
    c->unknown = (uint16_t)unknown;
    s->backend = BACKEND_IMPORT;
    s->import = import_new();
    assert_non_null(s->import);
    if (!figures) {
        s->metrics = NULL;
        s->needs = 0;
    }
    patient_tear_down(NULL);
    assert_int_equal(patient_set_up(NULL), 0);
    patient_look(s);
    return s->findings->skip[rule];
}

static void what_a_row_does_not_tell(void **state)
{
    static const struct {
        enum rule_id rule;
        unsigned state;
        uint16_t lacks[4];
    } cases[] = {
        {RULE_ACCEPT_STALLED, TCP_STATE_LISTEN, {CONN_UNKNOWN_RECV_Q, CONN_UNKNOWN_INODE}},
        {RULE_ACCEPT_QUEUE, TCP_STATE_LISTEN, {CONN_UNKNOWN_RECV_Q, CONN_UNKNOWN_SEND_Q}},
        {RULE_SYN_BACKLOG, TCP_STATE_SYN_RECV, {CONN_UNKNOWN_SEND_Q}},
        {RULE_FIN_WAIT2, TCP_STATE_FIN_WAIT2, {CONN_UNKNOWN_INODE}},
        {RULE_SYN_SENT, TCP_STATE_SYN_SENT, {CONN_UNKNOWN_TIMER}},
        {RULE_LAST_ACK, TCP_STATE_LAST_ACK, {CONN_UNKNOWN_TIMER}},
        {RULE_LAST_ACK, TCP_STATE_CLOSING, {CONN_UNKNOWN_TIMER}},
        {RULE_FIN_WAIT1, TCP_STATE_FIN_WAIT1, {CONN_UNKNOWN_INODE, CONN_UNKNOWN_SEND_Q}},
        {RULE_ZERO_WINDOW, TCP_STATE_ESTABLISHED, {CONN_UNKNOWN_TIMER, CONN_UNKNOWN_SEND_Q}},
        {RULE_SLOW_READER, TCP_STATE_ESTABLISHED, {CONN_UNKNOWN_RECV_Q}},
        {RULE_SELF_CONNECT,
         TCP_STATE_ESTABLISHED,
         {CONN_UNKNOWN_LOCAL_ADDR, CONN_UNKNOWN_REMOTE_ADDR, CONN_UNKNOWN_LOCAL_PORT,
          CONN_UNKNOWN_REMOTE_PORT}},
        {RULE_KEEPALIVE, TCP_STATE_ESTABLISHED, {CONN_UNKNOWN_TIMER, CONN_UNKNOWN_SEND_Q}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(look(cases[i].rule, cases[i].state, 0, true), LOOKED);
        for (unsigned k = 0; k < 4 && cases[i].lacks[k]; k++) {
            const unsigned why = look(cases[i].rule, cases[i].state, cases[i].lacks[k], true);
            if (why != SKIP_UNTOLD)
                fail_msg("%s without %#x: %u", rules[cases[i].rule].name, cases[i].lacks[k], why);
        }
    }
}

/* How long a row has been so is known from figures alone. */
static void how_long_it_has_been_so(void **state)
{
    static const struct {
        enum rule_id rule;
        unsigned state;
    } cases[] = {{RULE_CLOSE_WAIT, TCP_STATE_CLOSE_WAIT},
                 {RULE_FIN_WAIT2, TCP_STATE_FIN_WAIT2},
                 {RULE_KEEPALIVE, TCP_STATE_ESTABLISHED}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(look(cases[i].rule, cases[i].state, 0, true), LOOKED);
        assert_int_equal(look(cases[i].rule, cases[i].state, 0, false), SKIP_UNTOLD);
    }
}

/* What no rule lacks does not count, nor what is lacking of a row that the rule does not look at.
 */
static void what_is_told_is_checked(void **state)
{
    (void)state;
    assert_int_equal(look(RULE_SYN_SENT, TCP_STATE_SYN_SENT, CONN_UNKNOWN_RECV_Q, true), LOOKED);
    assert_int_equal(look(RULE_LAST_ACK, TCP_STATE_LAST_ACK, CONN_UNKNOWN_UID, true), LOOKED);
    assert_int_equal(look(RULE_SYN_SENT, TCP_STATE_LAST_ACK, CONN_UNKNOWN_TIMER, true), LOOKED);
    assert_int_equal(look(RULE_SLOW_READER, TCP_STATE_ESTABLISHED, CONN_UNKNOWN_SEND_Q, true),
                     LOOKED);
    assert_int_equal(look(RULE_SELF_CONNECT, TCP_STATE_ESTABLISHED, CONN_UNKNOWN_INODE, true),
                     LOOKED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, patient_set_up, patient_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_a_row_does_not_tell),
        TEST(how_long_it_has_been_so),
        TEST(what_is_told_is_checked),
    };

    return cmocka_run_group_tests_name("doctor_import", tests, NULL, NULL);
}
