/* SPDX-License-Identifier: MIT */
/* Every known spelling of every state is understood, and no other word; each state has a name, a
 * short one and a code; the strip shows each listed state once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tcptop/model/state.h"

static const unsigned known[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13};
#define N_KNOWN (sizeof known / sizeof *known)

static unsigned parsed(const char *text)
{
    return state_parse(text, strlen(text));
}

static void own_names_come_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_KNOWN; i++) {
        assert_int_equal(parsed(state_name(known[i])), known[i]);
        assert_int_equal(parsed(state_short_name(known[i])), known[i]);
        assert_int_equal(parsed(state_code(known[i])), known[i]);
        assert_in_range(strlen(state_short_name(known[i])), 1, 7);
        assert_int_equal(strlen(state_code(known[i])), 2);
    }
}

static void names_of_other_tools(void **state)
{
    static const struct {
        const char *text;
        unsigned state;
    } rows[] = {
        {"TCP_ESTABLISHED", 1},
        {"estab", 1},
        {"established", 1},
        {"syn-sent", 2},
        {"SYN-RECEIVED", 3},
        {"Syn_Received", 3},
        {"syn-recv", 3},
        {"fin-wait-1", 4},
        {"FIN_WAIT_2", 5},
        {"FIN-WAIT-2", 5},
        {"SYN_RCVD", 3},
        {"fw1", 4},
        {"FW2", 5},
        {"closewait", 8},
        {"TIMEWAIT", 6},
        {"tcp_close_wait", 8},
        {"time-wait", 6},
        {"TIME_WAIT", 6},
        {"tw", 6},
        {"unconn", 7},
        {"CLOSED", 7},
        {"closed", 7},
        {"Close-Wait", 8},
        {"cw", 8},
        {"last-ack", 9},
        {"LISTENING", 10},
        {"listen", 10},
        {"closing", 11},
        {"bound", 13},
        {"bound-inactive", 13},
        {"TCP_NEW_SYN_RECV", 3},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(parsed(rows[i].text), rows[i].state);
}

static void other_words_are_none(void **state)
{
    static const char *const words[] = {
        "",          "?",   "TCP_", "ESTABLISHEDX",
        "TIME WAIT", "all", "-",    "TIME_WAIT_TIME_WAIT_TIME_WAIT_TIME_WAIT"};

    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_int_equal(parsed(words[i]), 0);
    assert_int_equal(state_parse("LISTENING", 6), 10); /* only `len` bytes count */
    assert_int_equal(state_parse("LISTENING", 7), 0);
    assert_string_equal(state_name(0), "?");
    assert_string_equal(state_name(12), "?");
    assert_string_equal(state_name(255), "?");
}

static void state_list_and_attention(void **state)
{
    uint32_t in_state_list = 0;
    static const unsigned attention[] = {8, 2, 3, 9, 11, 4, 5, 1, 6, 10};

    (void)state;
    for (unsigned i = 0; i < STATE_LIST_COUNT; i++)
        in_state_list |= STATE_BIT(state_list_order[i]);
    assert_int_equal(in_state_list, STATE_MASK_LISTED & ~STATE_BIT(12));
    for (unsigned i = 0; i < sizeof attention / sizeof *attention; i++)
        assert_int_equal(state_attention(attention[i]), i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_names_come_back),
        cmocka_unit_test(names_of_other_tools),
        cmocka_unit_test(other_words_are_none),
        cmocka_unit_test(state_list_and_attention),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
