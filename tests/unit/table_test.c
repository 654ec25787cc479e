/* SPDX-License-Identifier: MIT */
/* The table's columns and rows: in which order columns come in, which never leave, how wide the
 * addresses are and that no sample moves them, rows of two lines, an address broken after a colon,
 * marks and when they lose their colours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/lines.h"
#include "lib/sample.h"
#include "tcptop/ui/screen.h"

static struct sample *s;
static struct rows rows;
static struct ui_settings settings = {.fade_s = 3};
static struct canvas canvas;
static struct ui ui;

static struct view view(void)
{
    return (struct view){.ui = &ui, .settings = &settings, .shown = s, .newest = s, .rows = &rows};
}

static int begin(void **state)
{
    (void)state;
    text_use(LANG_EN);
    keymap_init(&settings.bindings);
    ui_init(&ui);
    ui.focus = FOCUS_TABLE;
    ui.cursor = 1000; /* no row is the cursor's */
    s = sample_make(NULL);
    return !s || canvas_init(&canvas, 1, 1);
}

static int end(void **state)
{
    (void)state;
    rows_fini(&rows);
    canvas_fini(&canvas);
    sample_unref(s);
    return 0;
}

static void add(const char *local, const char *remote)
{
    sample_row(s, local, remote, TCP_STATE_ESTABLISHED);
}

/* All rows, in their order. */
static void draw(int w, int h)
{
    struct view v = view();

    free(rows.row);
    rows.n = rows.matched_live = sample_rows(s);
    rows.row = calloc(rows.n + 1, sizeof *rows.row);
    assert_non_null(rows.row);
    for (uint32_t i = 0; i < rows.n; i++)
        rows.row[i] = i;
    sample_count(s);
    ui.w = w;
    ui.h = h;
    assert_int_equal(canvas_resize(&canvas, w, h), 0);
    screen_draw(&canvas, &v);
}

static const char *drawn_columns(void)
{
    static char text[512];
    enum column_id drawn[COL_COUNT];
    struct view v = view();
    size_t n = table_columns(&v, drawn), len = 0;

    text[0] = '\0';
    for (size_t i = 0; i < n; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", i ? " " : "",
                                columns[drawn[i]].id);
    return text;
}

static void test_columns_come_in_by_their_order(void **state)
{
    static const struct {
        int w;
        const char *columns;
    } steps[] = {
        {150, "proto local remote state timer_left timer recv_q send_q rtt_us retr_permille "
              "tx_bytes_s rx_bytes_s process"},
        {136, "proto local remote state timer_left timer recv_q send_q rtt_us retr_permille "
              "tx_bytes_s rx_bytes_s process"},
        {135, "proto local remote state timer_left recv_q send_q rtt_us retr_permille tx_bytes_s "
              "rx_bytes_s process"},
        {125, "proto local remote state timer_left recv_q send_q rtt_us retr_permille tx_bytes_s "
              "rx_bytes_s process"},
        {124,
         "local remote state timer_left recv_q send_q rtt_us retr_permille tx_bytes_s rx_bytes_s "
         "process"},
        {119,
         "local remote state timer_left recv_q send_q rtt_us retr_permille tx_bytes_s rx_bytes_s "
         "process"},
        {118, "local remote state timer_left recv_q send_q rtt_us tx_bytes_s rx_bytes_s process"},
        {112, "local remote state timer_left recv_q send_q rtt_us tx_bytes_s rx_bytes_s process"},
        {111, "local remote state timer_left recv_q send_q rtt_us tx_bytes_s process"},
        {103, "local remote state timer_left recv_q send_q rtt_us tx_bytes_s process"},
        {102, "local remote state timer_left recv_q send_q rtt_us process"},
        {94, "local remote state timer_left recv_q send_q rtt_us process"},
        {93, "local remote state timer_left recv_q send_q process"},
        {84, "local remote state timer_left recv_q process"},
        {76, "local remote state timer_left recv_q process"},
        {75, "local remote state timer_left process"},
        {67, "local remote state timer_left process"},
        {66, "local remote state process"},
        {60, "local remote state timer_left"}, /* Process alone is passed over */
        {56, "local remote state"},
    };

    (void)state;
    add("10.0.2.15:443", "198.51.100.140:49316");
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        ui.pane = PANE_NONE;
        draw(steps[i].w, 30);
        assert_string_equal(drawn_columns(), steps[i].columns);
    }
}

static void test_the_sorted_and_the_chosen_stay(void **state)
{
    (void)state;
    add("10.0.2.15:443", "198.51.100.140:49316");
    ui.sort.column = COL_RTT;
    draw(60, 20);
    assert_string_equal(drawn_columns(), "local remote state rtt_us");
    ui.sort.column = COL_STATE;
    ui.n_chosen = 3;
    ui.chosen[0] = COL_STATE;
    ui.chosen[1] = COL_REMOTE;
    ui.chosen[2] = COL_UID;
    draw(80, 24);
    assert_string_equal(drawn_columns(), "state remote uid");
}

/* Whatever column is sorted by, in whatever language: its head stands apart from its neighbours. */
static void test_the_sort_mark_touches_no_neighbour(void **state)
{
    (void)state;
    add("10.0.2.15:443", "198.51.100.140:49316");
    ui.pane = PANE_NONE;
    for (unsigned id = 0; id < COL_COUNT; id++) {
        if (!(columns[id].flags & COLUMN_SCREEN))
            continue;
        ui.sort.column = (enum column_id)id;
        for (enum language l = LANG_EN; l < LANG_COUNT; l++) {
            char head[128];

            text_use(l);
            snprintf(head, sizeof head, " %s", text(columns[id].title));
            draw(200, 30);
            const char *at = strstr(line_words(&canvas, 14), head);
            if (!at || (strncmp(at += strlen(head), "▴", 3) && strncmp(at, "▾", 3) &&
                        strncmp(at, " ▴", 4) && strncmp(at, " ▾", 4)))
                fail_msg("%s: '%s'", columns[id].id, line_words(&canvas, 14));
            at += 3 + (*at == ' ');
            assert_true(*at == '\0' || *at == ' ');
        }
    }
    text_use(LANG_EN);
}

static void test_arrows_bring_hidden_columns(void **state)
{
    (void)state;
    add("10.0.2.15:443", "198.51.100.140:49316");
    ui.column_scroll = 2;
    draw(80, 24);
    assert_string_equal(drawn_columns(), "local remote state send_q rtt_us process");
    ui.column_scroll = 100;
    draw(80, 24);
    assert_string_equal(drawn_columns(), "local remote state process");
}

static void test_widths_hold_nine_of_ten(void **state)
{
    struct view v = view();

    (void)state;
    for (int i = 0; i < 9; i++)
        add("10.0.2.15:443", "10.0.5.8:8443");
    add("10.0.2.15:443", "198.51.100.140:49316");
    draw(80, 24);
    table_choose_widths(&ui, &v);
    assert_int_equal(ui.local_width, 15);
    assert_int_equal(ui.remote_width, 15);
    add("10.0.2.15:443", "198.51.100.140:49317");
    draw(80, 24);
    assert_int_equal(ui.remote_width, 15); /* a sample moves nothing */
    ui.remote_width = ui.local_width = 0;
    ui.top = 1; /* ten rows in view, two of them wide */
    table_choose_widths(&ui, &v);
    assert_int_equal(ui.remote_width, 21);
}

static void test_a_wide_row_takes_two_lines(void **state)
{
    (void)state;
    add("10.0.2.15:443", "10.0.5.8:8443");
    add("[2001:db8:4:12:5c3e:91ff:fe02:7a1d]:443", "[2001:db8:beef:40:a1f3:77c2:9d04:6be8]:51442");
    add("10.0.2.15:443", "10.0.5.9:8443");
    ui.local_width = ui.remote_width = 15;
    draw(80, 24);
    assert_string_equal(line_words(&canvas, 10),
                        "  10.0.2.15:443   10.0.5.8:8443             ESTABLISHED     –        0 –");
    assert_string_equal(line_words(&canvas, 11),
                        "  [2001:db8:4:12:5c3e:91ff:fe02:7a1d]:443   ESTABLISHED     –        0 –");
    assert_string_equal(line_words(&canvas, 12),
                        "  ─→[2001:db8:beef:40:a1f3:77c2:9d04:6be8]:51442");
    assert_memory_equal(line_words(&canvas, 13), "  10.0.2.15:443   10.0.5.9:8443", 31);

    struct view v = view();
    assert_int_equal(table_row_at(&v, 11), 1);
    assert_int_equal(table_row_at(&v, 12), 1);
    assert_int_equal(table_row_at(&v, 13), 2);
    assert_int_equal(table_row_line(&v, 2), 13);
    assert_int_equal(table_capacity(&v, 0), 9);
}

static void test_an_address_breaks_after_a_colon_only(void **state)
{
    (void)state;
    add("[2001:db8:4:12:5c3e:91ff:fe02:7a1d]:443", "[2001:db8:beef:40:a1f3:77c2:9d04:6be8]:51442");
    draw(20, 10);
    assert_string_equal(line_words(&canvas, 2), "   Port State ▾");
    assert_string_equal(line_words(&canvas, 3), "    443 ES");
    assert_string_equal(line_words(&canvas, 4), "  ─→[2001:db8:beef:");
    assert_string_equal(line_words(&canvas, 5), "    40:a1f3:77c2:");
    assert_string_equal(line_words(&canvas, 6), "    9d04:6be8]:51442");
}

static void test_narrow_tables(void **state)
{
    (void)state;
    add("10.0.2.15:47122", "198.51.100.23:40222");
    ui.pane = PANE_NONE;
    draw(51, 40);
    assert_string_equal(line_words(&canvas, 15),
                        "  10.0.2.15:47122 198.51.100.23:40222   ESTABLISHED");
    draw(42, 10);
    assert_string_equal(line_words(&canvas, 3), "  10.0.2.15:47122                 ES");
    assert_string_equal(line_words(&canvas, 4), "  ─→198.51.100.23:40222");
    draw(40, 10);
    assert_string_equal(line_words(&canvas, 3), "  47122 198.51.100.23:40222   ES");
}

/* The mark of row `i` and the role it has. */
static char mark(int i, enum role *role)
{
    const struct cell *cell = canvas_at(&canvas, 1, 10 + i);

    *role = (enum role)cell->role;
    return cell->text[0];
}

static void test_marks(void **state)
{
    struct row_times times[8] = {{0}}, *own;
    enum role role;

    (void)state;
    for (int i = 0; i < 8; i++)
        add("10.0.2.15:443", "10.0.5.8:8443");
    s->now_ds = 100;
    times[0] = (struct row_times){71, 71};
    times[1] = (struct row_times){70, 70}; /* three seconds old: no longer new */
    times[2] = (struct row_times){20, 80};
    s->conn[2].was_state = TCP_STATE_SYN_RECV;
    sample_mark_rows(s, 7, 7);
    own = s->times;
    s->times = times;
    settings.fade_s = 3;
    draw(80, 24);
    assert_int_equal(mark(0, &role), '+');
    assert_int_equal(role, ROLE_TEXT); /* three of eight are marked: no colours */
    settings.fade_s = 2.5;
    draw(80, 24);
    assert_int_equal(mark(0, &role), ' ');
    assert_int_equal(mark(1, &role), ' ');
    assert_int_equal(mark(2, &role), '*');
    assert_int_equal(role, ROLE_CHANGED);
    assert_int_equal(mark(7, &role), '-');
    assert_int_equal(canvas_at(&canvas, 8, 17)->role, ROLE_CLOSED);
    settings.fade_s = 0; /* still one sample */
    s->now_ds = 71;
    times[2].changed_ds = 20;
    draw(80, 24);
    assert_int_equal(mark(0, &role), '+');
    assert_int_equal(role, ROLE_NEW);
    settings.fade_s = 3;
    s->times = own;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(test_columns_come_in_by_their_order),
        TEST(test_the_sorted_and_the_chosen_stay),
        TEST(test_the_sort_mark_touches_no_neighbour),
        TEST(test_arrows_bring_hidden_columns),
        TEST(test_widths_hold_nine_of_ten),
        TEST(test_a_wide_row_takes_two_lines),
        TEST(test_an_address_breaks_after_a_colon_only),
        TEST(test_narrow_tables),
        TEST(test_marks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
