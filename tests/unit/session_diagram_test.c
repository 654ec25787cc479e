/* SPDX-License-Identifier: MIT */
/* The state diagram: every box can be reached by the arrows, strip and pane follow, Enter filters,
 * w explains, Esc and q go back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "lib/stage.h"

static unsigned chosen(const struct stage *st)
{
    return probe_state_list_state(st->session);
}

static void arrows_walk_it(void **state)
{
    (void)state;
    struct stage st;
    stage_open_ports(&st);
    stage_keys(&st, "D");
    assert_string_equal(probe_overlay(st.session), "diagram");
    assert_int_equal(chosen(&st), TCP_STATE_ESTABLISHED); /* of the first row */
    stage_keys(&st, "End");
    assert_int_equal(chosen(&st), TCP_STATE_TIME_WAIT);
    stage_keys(&st, "Up");
    assert_int_equal(chosen(&st), TCP_STATE_CLOSING);
    stage_keys(&st, "k");
    assert_int_equal(chosen(&st), TCP_STATE_ESTABLISHED);
    stage_keys(&st, "Right Down");
    assert_int_equal(chosen(&st), TCP_STATE_LAST_ACK);
    stage_keys(&st, "Down Right"); /* nothing is there */
    assert_int_equal(chosen(&st), TCP_STATE_LAST_ACK);
    assert_int_equal(probe_pane_state(st.session), TCP_STATE_LAST_ACK);
    stage_keys(&st, "Home");
    assert_int_equal(chosen(&st), TCP_STATE_LISTEN);
    stage_keys(&st, "D");
    assert_string_equal(probe_overlay(st.session), "none");
    stage_close(&st);
}

/* The keys that lead to each box from the first one, and where the arrows lead from each. */
struct walk {
    char keys[TCP_STATE_COUNT][64]; /* "": not found yet */
    unsigned next[TCP_STATE_COUNT][4];
};

static void try_arrows(struct stage *st, struct walk *w, unsigned from)
{
    static const char *const arrows[] = {"Up", "Down", "Left", "Right"};
    for (unsigned k = 0; k < 4; k++) {
        stage_keys(st, w->keys[from]);
        assert_int_equal(chosen(st), from);
        stage_keys(st, arrows[k]);
        unsigned to = w->next[from][k] = chosen(st);
        if (w->keys[to][0])
            continue;
        char keys[sizeof w->keys[to]];
        snprintf(keys, sizeof keys, "%.40s %s", w->keys[from], arrows[k]);
        strcpy(w->keys[to], keys);
    }
}

static void walk_all(struct stage *st, struct walk *w)
{
    bool tried[TCP_STATE_COUNT] = {false}, more = true;
    strcpy(w->keys[TCP_STATE_LISTEN], "Home");
    while (more) {
        more = false;
        for (unsigned s = 1; s < TCP_STATE_COUNT; s++) {
            if (tried[s] || !w->keys[s][0])
                continue;
            try_arrows(st, w, s);
            tried[s] = more = true;
        }
    }
}

/* From any box any other can be walked to. */
static void every_box_is_reached(void **state)
{
    (void)state;
    static struct walk w;
    struct stage st;
    stage_open_ports(&st);
    stage_keys(&st, "D");
    walk_all(&st, &w);
    stage_close(&st);
    for (unsigned i = 0; i < STATE_LIST_COUNT; i++) {
        uint32_t reached = STATE_BIT(state_list_order[i]), before = 0;
        while (reached != before) {
            before = reached;
            for (unsigned s = 1; s < TCP_STATE_COUNT; s++)
                for (unsigned k = 0; k < 4 && (before >> s & 1); k++)
                    reached |= STATE_BIT(w.next[s][k]);
        }
        for (unsigned j = 0; j < STATE_LIST_COUNT; j++)
            assert_true(reached >> state_list_order[j] & 1);
    }
}

static void enter_filters_and_w_explains(void **state)
{
    (void)state;
    struct stage st;
    stage_open_ports(&st);
    stage_keys(&st, "D End Up Up Enter");
    assert_string_equal(probe_overlay(st.session), "none");
    assert_string_equal(probe_filter(st.session), "state:ESTABLISHED");
    stage_keys(&st, "D w");
    assert_string_equal(probe_overlay(st.session), "none");
    assert_string_equal(probe_pane(st.session), "wide");
    stage_keys(&st, "Esc D q");
    assert_string_equal(probe_overlay(st.session), "none");
    assert_false(session_quit(st.session));
    assert_string_equal(probe_filter(st.session), "state:ESTABLISHED");
    stage_close(&st);
}

/* The pane is about the row under the cursor again, as with the same filter typed. */
static void the_pane_explains_the_row_again(void **state)
{
    (void)state;
    struct stage st;
    stage_open_ports(&st);
    session_resize(st.session, 120, 34);
    stage_keys(&st, "D");
    assert_false(stage_shows(&st, "this one:"));
    stage_keys(&st, "Enter");
    assert_string_equal(probe_filter(st.session), "state:ESTABLISHED");
    assert_true(stage_shows(&st, "this one:"));
    stage_keys(&st, "D Esc"); /* nothing is chosen; the next step in the table is about its row */
    assert_false(stage_shows(&st, "this one:"));
    stage_keys(&st, "Down");
    assert_true(stage_shows(&st, "this one:"));
    stage_close(&st);
}

static void digits_and_samples_leave_it_open(void **state)
{
    (void)state;
    struct stage st;
    stage_open_ports(&st);
    stage_keys(&st, "D 3");
    stage_samples(&st, 3);
    assert_string_equal(probe_overlay(st.session), "diagram");
    assert_string_equal(probe_filter(st.session), "");
    session_resize(st.session, 40, 10);
    stage_keys(&st, "End Left Up");
    assert_int_equal(chosen(&st), TCP_STATE_FIN_WAIT1);
    stage_keys(&st, "Esc");
    assert_string_equal(probe_overlay(st.session), "none");
    stage_close(&st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrows_walk_it),
        cmocka_unit_test(every_box_is_reached),
        cmocka_unit_test(enter_filters_and_w_explains),
        cmocka_unit_test(the_pane_explains_the_row_again),
        cmocka_unit_test(digits_and_samples_leave_it_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
