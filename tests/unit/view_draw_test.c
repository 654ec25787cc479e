/* SPDX-License-Identifier: MIT */
/* A frame at every kind of size, in both languages, with every overlay, prompt, focus and pane:
 * whole cells, an unbroken separator, and answers about places that agree with what is drawn. Also
 * without a sample, with a failed one, with rows marked, missing and closed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "lib/hosts.h"
#include "lib/lines.h"
#include "lib/owned.h"
#include "lib/sample.h"
#include "tcptop/base/clock.h"
#include "tcptop/text/text.h"
#include "tcptop/ui/screen.h"

static const int widths[] = {1,   2,   5,   19,  20,  21,  24,  31,  35,  36,  40,  47,  50,  51,
                             59,  60,  63,  64,  79,  80,  81,  91,  92,  95,  96,  100, 101, 109,
                             110, 112, 113, 120, 121, 133, 160, 179, 180, 200, 255, 500};
static const int heights[] = {1,  2,  4,  5,  6,  7,  8,  9,  10, 15, 16, 17, 21,  22,
                              23, 24, 27, 28, 29, 30, 31, 34, 39, 40, 44, 50, 100, 300};
#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct sample *full, *failed;
static struct rows rows;
static struct ui_settings settings = {.fade_s = 3};
static struct canvas canvas;

/* The same rows in groups, some of them unfolded. */
static struct grouped {
    enum column_id by;
    struct groups groups;
    struct rows lines;
    struct value unfolded[2];
} grouped[] = {{.by = COL_REMOTE_ADDR},
               {.by = COL_STATE},
               {.by = COL_NETNS},
               {.by = COL_LOCAL_PORT},
               {.by = COL_UID}};

/* More processes share the listeners than the details list. */
static void add_owners(void)
{
    struct owner_lookup *lookup = owner_lookup_new();

    for (uint32_t pid = 100; pid < 125; pid++)
        owned_put(lookup, pid, 33,
                  (const char *const[]){"긴 이름의 프로세스", "httpd -f", "httpd.service"},
                  (const uint32_t[]){1, pid == 110 ? 2 : 0, 0});
    user_names_set(lookup->users, 33, "www-data");
    owned_assign(lookup, full);
    owner_lookup_free(lookup);
}

static int group_rows(struct grouped *g)
{
    const struct sort sort = {.column = COL_STATE};
    struct grouping how = {.by = g->by,
                           .sum = {COL_BYTES_ACKED, COL_BYTES_RECEIVED},
                           .n_sums = 2,
                           .sort = {.figure = GROUP_COUNT, .descending = true}};

    if (groups_build(&g->groups, full, NULL, &how, NULL))
        return -1;
    for (uint32_t i = 0; i < 2; i++)
        groups_value(&g->groups, g->groups.order[i % g->groups.n], &g->unfolded[i]);
    return groups_lines(&g->lines, &g->groups, full, NULL, &sort, 30, g->unfolded,
                        g->groups.n > 1 ? 2 : 1);
}

static int begin(void **state)
{
    const struct sort sort = {.column = COL_STATE};

    (void)state;
    full = host_web01();
    sample_row(full, "[2001:db8:4:12:5c3e:91ff:fe02:7a1d]:443",
               "[2001:db8:beef:40:a1f3:77c2:9d04:6be8]:51442", TCP_STATE_CLOSE_WAIT);
    sample_row(full, "[fe80::42:acff:fe11:2]:22", "[fe80::1]:60000", TCP_STATE_SYN_SENT);
    full->conn[full->n_live - 1].ifindex = 1;
    sample_row(full, "255.255.255.255:65535", "255.255.255.254:65534", TCP_STATE_LAST_ACK);
    sample_count(full);
    sample_mark_rows(full, full->n_live - 4, full->n_live - 2);
    add_owners();
    failed = host_new();
    failed->status = SAMPLE_FAILED;
    sample_say(failed, "netlink: no buffer space available");
    keymap_init(&settings.bindings);
    for (size_t i = 0; i < COUNT(grouped); i++) {
        if (group_rows(&grouped[i]))
            return -1;
    }
    return rows_build(&rows, full, NULL, &sort, 30) || canvas_init(&canvas, 1, 1);
}

static int end(void **state)
{
    (void)state;
    rows_fini(&rows);
    for (size_t i = 0; i < COUNT(grouped); i++) {
        rows_fini(&grouped[i].lines);
        groups_fini(&grouped[i].groups);
    }
    canvas_fini(&canvas);
    sample_unref(full);
    sample_unref(failed);
    text_use(LANG_EN);
    return 0;
}

/* The n-th of many states of the interface; each choice turns at a pace of its own. */
static void choose(struct ui *ui, unsigned n)
{
    ui_init(ui);
    ui->focus = (enum ui_focus)(n % 3);
    ui->subject = n % 2 ? FOCUS_TABLE : FOCUS_STATES;
    ui->pane = (enum ui_pane)(n / 2 % 3);
    ui->overlay = n % 4 == 1 ? (enum ui_overlay)(n / 4 % (OVERLAY_COLUMNS + 1)) : OVERLAY_NONE;
    ui->prompt = n % 5 == 2 ? (enum ui_prompt)(n / 5 % 5) : PROMPT_NONE;
    ui->state_list = n / 7 % (STATE_LIST_COUNT + 1);
    ui->top = n % 11 * 5;
    ui->cursor = ui->top + n % 3;
    ui->paused = n % 13 == 0;
    ui->ascii = n % 17 == 0;
    ui->follow = n % 9 != 0;
    ui->column_scroll = n % 6;
    ui->overlay_top = n % 8 * 9;
    ui->overlay_cursor = n % 26;
    ui->details_row = n % 3 ? n % sample_rows(full) : UINT32_MAX;
    ui->details = full->conn[n % sample_rows(full)];
    ui->details_place = n % 5;
    ui->updating = n % 16 == 3;
    ui->searching = n % 18 == 5;
    for (ui->n_menu = 0; ui->n_menu < COL_COUNT; ui->n_menu++)
        ui->menu[ui->n_menu] = (enum column_id)ui->n_menu;
    ui->sort = (struct sort){.column = (enum column_id)(n % COL_COUNT), .descending = n % 2};
    if (n % 10 == 7) {
        for (unsigned i = 0; i < COL_COUNT; i += 2)
            ui->chosen[ui->n_chosen++] = (enum column_id)i;
    }
    if (n % 4 == 3) {
        snprintf(ui->line.text, sizeof ui->line.text, "%s", "주소 상태:닫기 rtt>100x and state:es");
        ui->line.len = ui->line.cursor = (uint32_t)strlen(ui->line.text);
        ui->line_bad = n % 8 == 3;
        ui->error.at = ui->line.len - 12;
        snprintf(ui->error.what, sizeof ui->error.what, "%s", "expected a unit: us, ms or s");
        snprintf(ui->filter, sizeof ui->filter, "%s", "port:3000 or state:tw");
    }
    if (n % 12 == 5)
        snprintf(ui->digits, sizeof ui->digits, "%s", "3000");
    if (n % 14 == 6)
        snprintf(ui->message, sizeof ui->message, "%s", "필터 해제   / ↑ 되돌리기");
}

/* Now and then there are groups, the cursor on one or on a row below it; and their menus. */
static void choose_groups(struct ui *ui, struct view *v, unsigned n)
{
    const struct grouped *g = &grouped[n / 3 % COUNT(grouped)];

    if (n % 8 == 5)
        ui->overlay = OVERLAY_DIAGRAM;
    if (n % 3)
        return;
    v->groups = &g->groups;
    v->rows = &g->lines;
    ui->group_by = (int)g->by;
    ui->group_sort = (struct group_sort){(uint8_t)(n % (GROUP_SUM + 2)), n % 2};
    ui->chosen[0] = COL_BYTES_ACKED;
    ui->chosen[1] = COL_BYTES_RECEIVED;
    ui->n_chosen = n % 5 == 4 ? 2 : ui->n_chosen;
    ui->n_unfolded = g->groups.n > 1 ? 2 : 1;
    memcpy(ui->unfolded, g->unfolded, sizeof g->unfolded);
    ui->opened = n % 7 == 3;
    ui->overlay = n % 8 == 7 ? OVERLAY_GROUP : n % 8 == 3 ? OVERLAY_GROUP_SORT : ui->overlay;
    if (ui->overlay == OVERLAY_GROUP_SORT)
        ui->n_menu = GROUP_SUM + ui_grouping(ui).n_sums;
    else if (ui->overlay == OVERLAY_GROUP)
        ui->menu[0] = COL_COUNT;
}

/* Cells are whole: a wide character has both halves, and nothing is empty. */
static void check_cells(const struct ui *ui)
{
    for (int y = 0; y < canvas.h; y++) {
        for (int x = 0; x < canvas.w; x++) {
            const struct cell *cell = canvas_at(&canvas, x, y);
            const struct cell *next = canvas_at(&canvas, x + 1, y);

            if (cell->width == 2 && (!next || next->width != 0))
                fail_msg("%dx%d: half a character at %d,%d", ui->w, ui->h, x, y);
            if (cell->width == 0 && (x == 0 || canvas_at(&canvas, x - 1, y)->width != 2))
                fail_msg("%dx%d: a second half alone at %d,%d", ui->w, ui->h, x, y);
            if (cell->width > 0 && cell->text[0] == '\0')
                fail_msg("%dx%d: an empty cell at %d,%d", ui->w, ui->h, x, y);
            if (cell->role >= ROLE_COUNT)
                fail_msg("%dx%d: no such role at %d,%d", ui->w, ui->h, x, y);
        }
    }
}

/* Nothing was drawn over the line between table and pane. */
static void check_separator(const struct ui *ui)
{
    static const char joints[] = "│┤┥┬┭┮|+";
    struct layout l;

    layout_compute(&l, ui);
    if (l.separator_x < 0 || ui->overlay != OVERLAY_NONE) /* which may cover it */
        return;
    for (int y = l.pane.y; y < l.pane.y + l.pane.h; y++) {
        const struct cell *cell = canvas_at(&canvas, l.separator_x, y);

        if ((ui->prompt == PROMPT_NONE && !ui->digits[0]) || y < ui->h - 2) {
            if (!strstr(joints, cell->text))
                fail_msg("%dx%d: '%s' in the separator, line %d", ui->w, ui->h, cell->text, y);
        }
    }
}

/* What is said about places is inside and agrees with itself. */
static void check_places(const struct view *v)
{
    uint32_t lines, shown;
    int line = -1;

    for (int y = 0; y < v->ui->h; y++) {
        uint32_t row = table_row_at(v, y);

        if (row != UINT32_MAX) {
            assert_true(row >= v->ui->top && row < v->rows->n);
            assert_true(table_row_line(v, row) <= y && table_row_line(v, row) >= line);
            line = table_row_line(v, row);
        }
        assert_true(states_at(v, v->ui->w / 2, y) <= STATE_LIST_COUNT);
        assert_true(table_head_at(v, v->ui->w / 3, y) < COL_COUNT);
        assert_true(group_head_at(v, v->ui->w / 3, y) < GROUP_SUM + GROUP_SUMS);
    }
    pane_extent(v, &lines, &shown);
    assert_true(shown <= lines);
    overlay_extent(v, &lines, &shown);
    assert_true(shown <= lines);
    assert_true(table_capacity(v, v->ui->top) <= (uint32_t)v->ui->h);
}

static void check(const struct view *v)
{
    assert_int_equal(canvas_resize(&canvas, v->ui->w, v->ui->h), 0);
    screen_draw(&canvas, v);
    check_cells(v->ui);
    check_separator(v->ui);
}

static void test_every_kind_of_size(void **state)
{
    unsigned n = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(widths); i++) {
        for (size_t j = 0; j < COUNT(heights); j++, n++) {
            struct ui ui;
            struct view v = {.ui = &ui,
                             .settings = &settings,
                             .shown = full,
                             .newest = full,
                             .rows = &rows,
                             .now_ns = full->mono_ns};

            choose(&ui, n);
            choose_groups(&ui, &v, n);
            ui.w = widths[i];
            ui.h = heights[j];
            text_use(n % 2 ? LANG_KO : LANG_EN);
            check(&v);
            if (ui.h <= 50)
                check_places(&v);
        }
    }
}

static void test_the_usual_sizes_in_all_states(void **state)
{
    static const struct {
        int w, h;
    } usual[] = {{120, 34}, {80, 24}, {60, 20}, {40, 10}, {100, 30}, {20, 6}, {90, 45}};

    (void)state;
    for (unsigned n = 0; n < 1200; n++) {
        struct ui ui;
        struct view v = {.ui = &ui,
                         .settings = &settings,
                         .shown = full,
                         .newest = n % 19 ? full : failed,
                         .rows = &rows,
                         .now_ns = full->mono_ns};

        choose(&ui, n);
        choose_groups(&ui, &v, n);
        ui.w = usual[n % COUNT(usual)].w;
        ui.h = usual[n % COUNT(usual)].h;
        text_use(n / 2 % 2 ? LANG_KO : LANG_EN);
        table_choose_widths(&ui, &v);
        check(&v);
        check_places(&v);
    }
}

static void test_before_the_first_sample(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 400; n++) {
        struct ui ui;
        struct view v = {.ui = &ui, .settings = &settings, .newest = n % 2 ? failed : NULL};

        choose(&ui, n);
        ui.w = widths[n % COUNT(widths)];
        ui.h = heights[n % COUNT(heights)];
        text_use(n % 3 ? LANG_KO : LANG_EN);
        check(&v);
        assert_true(table_row_at(&v, ui.h / 2) == UINT32_MAX);
    }
}

/* Right of the separator stands what would stand there without any table. */
static void test_the_table_stays_left_of_the_pane(void **state)
{
    static struct rows none;
    struct canvas bare;

    (void)state;
    assert_int_equal(canvas_init(&bare, 1, 1), 0);
    for (int w = 113; w < 260; w += 7) {
        for (unsigned sort = 0; sort < COL_COUNT; sort++) {
            struct ui ui;
            struct view v = {.ui = &ui,
                             .settings = &settings,
                             .shown = full,
                             .newest = full,
                             .rows = &rows,
                             .now_ns = full->mono_ns};
            struct layout l;

            ui_init(&ui);
            ui.w = w;
            ui.h = 30;
            ui.pane = sort % 2 ? PANE_WIDE : PANE_NORMAL;
            ui.subject = FOCUS_STATES;
            ui.sort.column = (enum column_id)sort;
            text_use(sort % 2 ? LANG_KO : LANG_EN);
            check(&v);
            v.rows = &none;
            assert_int_equal(canvas_resize(&bare, w, ui.h), 0);
            screen_draw(&bare, &v);
            layout_compute(&l, &ui);
            for (int y = l.pane.y; y < l.pane.y + l.separator_h; y++) {
                for (int x = l.separator_x; x < w; x++)
                    assert_string_equal(canvas_at(&canvas, x, y)->text,
                                        canvas_at(&bare, x, y)->text);
            }
        }
    }
    canvas_fini(&bare);
}

static void test_a_failed_sample_leaves_the_last_dim_and_says_so(void **state)
{
    struct ui ui;
    struct view v = {.ui = &ui,
                     .settings = &settings,
                     .shown = full,
                     .newest = failed,
                     .rows = &rows,
                     .now_ns = full->mono_ns + 12 * NS_PER_S};

    (void)state;
    text_use(LANG_EN);
    ui_init(&ui);
    check(&v);
    assert_non_null(strstr(line_text(&canvas, 0), " STALE 12 s "));
    assert_non_null(strstr(line_text(&canvas, 23), "no buffer space available; trying again"));
    assert_int_equal(canvas_at(&canvas, 3, 10)->role, ROLE_DIM);
}

static void test_a_partial_sample_says_at_least(void **state)
{
    struct ui ui;
    struct view v = {.ui = &ui,
                     .settings = &settings,
                     .shown = full,
                     .newest = full,
                     .rows = &rows,
                     .now_ns = full->mono_ns};

    (void)state;
    text_use(LANG_EN);
    ui_init(&ui);
    full->status = SAMPLE_PARTIAL;
    sample_say(full, "dump interrupted three times");
    check(&v);
    assert_non_null(strstr(line_text(&canvas, 0), "at least"));
    assert_non_null(strstr(line_text(&canvas, 0), " PARTIAL "));
    assert_non_null(
        strstr(line_text(&canvas, 23), "dump interrupted three times; there may be more"));
    full->status = SAMPLE_COMPLETE;
    sample_clear_status(full);
}

static void test_first_frame(void **state)
{
    struct ui ui;
    struct view v = {.ui = &ui, .settings = &settings};

    (void)state;
    text_use(LANG_EN);
    ui_init(&ui);
    check(&v);
    assert_non_null(strstr(line_text(&canvas, 0), "–"));
    assert_null(strstr(line_text(&canvas, 0), "0"));
    assert_non_null(strstr(line_text(&canvas, 10), "no sample yet"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_of_size),
        cmocka_unit_test(test_the_usual_sizes_in_all_states),
        cmocka_unit_test(test_the_table_stays_left_of_the_pane),
        cmocka_unit_test(test_before_the_first_sample),
        cmocka_unit_test(test_a_failed_sample_leaves_the_last_dim_and_says_so),
        cmocka_unit_test(test_a_partial_sample_says_at_least),
        cmocka_unit_test(test_first_frame),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
