/* SPDX-License-Identifier: MIT */
/* See session_probe.h. The only file of the tests that knows the session's inside. */
#include "lib/session_probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../../src/ui/overlay.h"
#include "../../src/ui/pane.h"
#include "../../src/ui/prompt.h"
#include "../../src/ui/session_rows.h"
#include "../../src/ui/table_cursor.h"

const char *probe_overlay(const struct session *s)
{
    static const char *const names[] = {
        [OVERLAY_NONE] = "none",
        [OVERLAY_HELP] = "help",
        [OVERLAY_DETAILS] = "details",
        [OVERLAY_WARNINGS] = "warnings",
        [OVERLAY_SORT] = "sort",
        [OVERLAY_COLUMNS] = "columns",
        [OVERLAY_NAMESPACES] = "namespaces",
        [OVERLAY_GROUP] = "group",
        [OVERLAY_DIAGRAM] = "diagram",
        [OVERLAY_GROUP_SORT] = "group sort",
        [OVERLAY_TIMELINE] = "timeline",
        [OVERLAY_DIFF] = "diff",
    };
    return names[s->ui.overlay];
}

const char *probe_prompt(const struct session *s)
{
    static const char *const names[] = {
        [PROMPT_NONE] = "none",         [PROMPT_FILTER] = "filter", [PROMPT_FIND] = "find",
        [PROMPT_INTERVAL] = "interval", [PROMPT_EXPORT] = "export", [PROMPT_CLOSE] = "close",
        [PROMPT_GO_TO] = "go to",
    };
    return names[s->ui.prompt];
}

static const char *part(enum ui_focus focus)
{
    static const char *const names[] = {
        [FOCUS_STATES] = "states", [FOCUS_TABLE] = "table", [FOCUS_PANE] = "pane"};
    return names[focus];
}

const char *probe_focus(const struct session *s)
{
    return part(s->ui.focus);
}

const char *probe_subject(const struct session *s)
{
    return part(s->ui.subject);
}

const char *probe_pane(const struct session *s)
{
    static const char *const names[] = {
        [PANE_NORMAL] = "normal", [PANE_WIDE] = "wide", [PANE_NONE] = "none"};
    return names[s->ui.pane];
}

unsigned probe_pane_state(const struct session *s)
{
    struct view v = session_view(s);
    return pane_state(&v);
}

unsigned probe_pane_top(const struct session *s, unsigned state)
{
    assert_true(state < TCP_STATE_COUNT);
    return s->ui.pane_top[state];
}

unsigned probe_state_list_state(const struct session *s)
{
    return ui_state_list_state(&s->ui);
}

bool probe_paused(const struct session *s)
{
    return s->ui.paused;
}

const char *probe_message(const struct session *s)
{
    return s->ui.message;
}

const char *probe_filter(const struct session *s)
{
    return s->ui.filter;
}

const char *probe_line(const struct session *s)
{
    assert_int_equal(strlen(s->ui.line.text), s->ui.line.len);
    return s->ui.line.text;
}

int probe_line_error(const struct session *s)
{
    return s->ui.line_bad ? (int)s->ui.error.at : -1;
}

const char *probe_digits(const struct session *s)
{
    return s->ui.digits;
}

bool probe_digits_pending(const struct session *s)
{
    return s->ui.digits_pending;
}

bool probe_digits_tried(const struct session *s)
{
    return s->digits_tried;
}

unsigned probe_closing_port(const struct session *s)
{
    return s->ui.closing.sport;
}

uint64_t probe_interval_ms(const struct session *s)
{
    return s->interval_ms;
}

uint32_t probe_rows(const struct session *s)
{
    return s->list->rows.n;
}

uint32_t probe_matched(const struct session *s)
{
    return s->list->rows.matched;
}

bool probe_is_partial(const struct session *s)
{
    return row_view_is_partial(s->list);
}

uint32_t probe_cursor(const struct session *s)
{
    return s->ui.cursor;
}

uint32_t probe_top(const struct session *s)
{
    return s->ui.top;
}

bool probe_is_bound(const struct session *s)
{
    return s->ui.bound;
}

uint32_t probe_cursor_line(const struct session *s)
{
    return s->ui.cursor - s->ui.top;
}

int probe_screen_line(const struct session *s, uint32_t position)
{
    struct view v = session_view(s);
    return table_row_line(&v, position);
}

unsigned probe_port_at(const struct session *s, uint32_t position)
{
    assert_true(position < s->list->rows.n);
    return s->list->sample->conn[s->list->rows.row[position]].sport;
}

unsigned probe_state_at(const struct session *s, uint32_t position)
{
    assert_true(position < s->list->rows.n);
    return s->list->sample->conn[s->list->rows.row[position]].state;
}

unsigned probe_port(const struct session *s)
{
    unsigned port = probe_port_at(s, s->ui.cursor);
    if (s->ui.bound)
        assert_int_equal(port, s->ui.selected.sport);
    return port;
}

const char *probe_lines(const struct session *s)
{
    static char text[256];
    struct str out = STR_INIT;
    const struct row_view *l = s->list;
    for (uint32_t i = 0; i < l->rows.n; i++) {
        uint32_t line = l->rows.row[i];
        str_add(&out, i ? " " : "");
        if (groups_line_is_group(line))
            groups_format(&l->groups, l->sample, groups_line_group(line), &out);
        else
            str_addf(&out, "%u", l->sample->conn[line].sport);
    }
    snprintf(text, sizeof(text), "%s", str_text(&out));
    str_fini(&out);
    return text;
}

enum column_id probe_sort_column(const struct session *s)
{
    return s->ui.sort.column;
}

bool probe_sort_descending(const struct session *s)
{
    return s->ui.sort.descending;
}

unsigned probe_columns(const struct session *s, enum column_id chosen[COL_COUNT])
{
    memcpy(chosen, s->ui.chosen, sizeof(s->ui.chosen));
    return s->ui.n_chosen;
}

bool probe_is_ticked(const struct session *s, enum column_id column)
{
    return s->ui.chosen_edit[column];
}

int probe_remote_width(const struct session *s)
{
    return s->ui.remote_width;
}

bool probe_host_names(const struct session *s)
{
    return s->ui.host_names;
}

bool probe_service_names(const struct session *s)
{
    return s->ui.service_names;
}

uint32_t probe_pinned(const struct session *s)
{
    return s->ui.n_pinned;
}

uint32_t probe_pinned_rows(const struct session *s)
{
    return s->ui.pinned_rows;
}

bool probe_is_grouped(const struct session *s)
{
    return s->list->grouped;
}

int probe_group_by(const struct session *s)
{
    return s->ui.group_by;
}

unsigned probe_group_figure(const struct session *s)
{
    return s->ui.group_sort.figure;
}

uint32_t probe_unfolded(const struct session *s)
{
    return s->ui.n_unfolded;
}

uint32_t probe_opened(const struct session *s)
{
    return s->ui.opened;
}

unsigned probe_group(const struct session *s)
{
    return s->ui.bound && s->ui.on_group ? (unsigned)s->ui.group.number : 0;
}

bool probe_group_change(const struct session *s, uint64_t number, int64_t *change)
{
    const struct value value = {.type = VALUE_NUMBER, .number = number};
    const struct groups *g = &s->list->groups;
    return groups_change(g, groups_find(g, &value), change);
}

uint32_t probe_overlay_top(const struct session *s)
{
    return s->ui.overlay_top;
}

uint32_t probe_overlay_cursor(const struct session *s)
{
    return s->ui.overlay_cursor;
}

uint32_t probe_overlay_end(const struct session *s)
{
    struct view v = session_view(s);
    uint32_t lines, shown;
    overlay_extent(&v, &lines, &shown);
    return lines - shown;
}

uint32_t probe_menu_lines(const struct session *s)
{
    return s->ui.n_menu;
}

unsigned probe_menu_at(const struct session *s, uint32_t line)
{
    assert_true(line < s->ui.n_menu);
    return s->ui.menu[line];
}

unsigned probe_menu(const struct session *s)
{
    return probe_menu_at(s, s->ui.overlay_cursor);
}

const struct conn *probe_details(const struct session *s)
{
    return &s->ui.details;
}

bool probe_details_gone(const struct session *s)
{
    return s->ui.details_row == UINT32_MAX;
}

const struct sample *probe_newest(const struct session *s)
{
    return s->newest;
}

const struct sample *probe_shown(const struct session *s)
{
    return s->list->sample;
}

const void *probe_list(const struct session *s)
{
    return s->list;
}

uint32_t probe_surveyed(const struct session *s, unsigned state)
{
    assert_true(state < TCP_STATE_COUNT);
    return s->list->summary.state_counts[state].rows;
}

bool probe_updating(const struct session *s)
{
    return s->ui.updating;
}

bool probe_searching(const struct session *s)
{
    return s->ui.searching;
}

uint64_t probe_last_job(const struct session *s)
{
    return s->last_ticket;
}

uint64_t probe_valid_job(const struct session *s)
{
    return s->valid_ticket;
}

const void *probe_replay(const struct session *s)
{
    return s->replay_task;
}

unsigned probe_breakdown_state(const struct session *s)
{
    return s->breakdown.state;
}

uint32_t probe_breakdown_rows(const struct session *s)
{
    return s->breakdown.rows;
}

const struct sample *probe_breakdown_sample(const struct session *s)
{
    return s->breakdown.of;
}

bool probe_breakdown_awaited(const struct session *s)
{
    return s->breakdown_task != NULL;
}

/* What is selected is what the cursor stands on. */
static void check_selection(const struct session *s)
{
    const struct ui *ui = &s->ui;
    const struct row_view *l = s->list;
    if (l->rows.n == 0) {
        assert_int_equal(ui->cursor, 0);
        assert_false(ui->bound);
        return;
    }
    assert_true(ui->cursor < l->rows.n && ui->top <= ui->cursor);
    uint32_t line = l->rows.row[ui->cursor];
    struct value v;
    if (ui->bound && groups_line_is_group(line)) {
        groups_value(&l->groups, groups_line_group(line), &v);
        assert_true(l->grouped && ui->on_group && groups_same_value(&v, &ui->group));
    } else if (ui->bound) {
        assert_false(ui->on_group);
        assert_true(conn_same(&ui->selected, &l->sample->conn[line]));
    }
}

void probe_check(const struct session *s)
{
    const struct ui *ui = &s->ui;
    assert_true(ui->focus <= FOCUS_PANE && ui->subject <= FOCUS_TABLE && ui->pane <= PANE_NONE);
    assert_true(ui->overlay <= OVERLAY_DIFF && ui->prompt <= PROMPT_CLOSE);
    assert_true(ui->state_list <= STATE_LIST_COUNT);
    assert_true(ui->line.cursor <= ui->line.len && ui->line.len < sizeof(ui->line.text));
    assert_true(ui->n_chosen <= COL_COUNT &&
                (ui->n_menu <= COL_COUNT || ui->overlay == OVERLAY_NAMESPACES));
    assert_true(ui->n_unfolded <= GROUPS_UNFOLDED_MAX && ui->opened <= OPENED_MAX);
    assert_true(ui->n_pinned <= UI_PINS_MAX && ui->pinned_rows <= UI_PINS_MAX);
    assert_int_equal(filter_parse(ui->filter, NULL, &(struct filter_error){0}), 0);
    check_selection(s);
}

void probe_check_pane(const struct session *s)
{
    struct view v = session_view(s);
    struct canvas kept, anew;

    assert_int_equal(canvas_init(&kept, s->ui.w, s->ui.h), 0);
    assert_int_equal(canvas_init(&anew, s->ui.w, s->ui.h), 0);
    screen_draw(&kept, &v);
    v.pane_kept = NULL;
    screen_draw(&anew, &v);
    for (int i = 0; i < kept.w * kept.h; i++) {
        assert_string_equal(kept.cells[i].text, anew.cells[i].text);
        assert_int_equal(kept.cells[i].role, anew.cells[i].role);
    }
    canvas_fini(&kept);
    canvas_fini(&anew);
}

void probe_set_large(struct session *s, uint32_t from, uint32_t first)
{
    s->defer_from = from;
    s->first_rows = first;
}

void probe_set_utf8(struct session *s, bool utf8)
{
    s->ui.utf8 = utf8;
}

void probe_set_columns(struct session *s, const enum column_id *chosen, unsigned n)
{
    assert_true(n <= COL_COUNT);
    memcpy(s->ui.chosen, chosen, n * sizeof(*chosen));
    s->ui.n_chosen = n;
}

void probe_set_lesson(struct session *s, unsigned steps, unsigned step, enum msg words, bool over)
{
    s->ui.lesson = (struct ui_lesson){.steps = steps, .step = step, .text = words, .over = over};
}

void probe_set_names(struct session *s, bool hosts, bool services)
{
    s->ui.host_names = hosts;
    s->ui.service_names = services;
}

struct names *probe_names(struct session *s)
{
    if (!s->names)
        s->names = names_new(16);
    assert_non_null(s->names);
    return s->names;
}

void probe_start_resolver(struct session *s, const char *server)
{
    assert_int_equal(resolver_start(&s->resolver, -1, server, NULL), 0);
}

bool probe_has_resolver(const struct session *s)
{
    return s->resolver != NULL;
}

void probe_forget_widths(struct session *s)
{
    table_forget_widths(s);
}
