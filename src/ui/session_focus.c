/* The parts of the screen: which has the focus, what movement means there, the strip, the pane, the
 * mouse. */
#include "session_internal.h"

#define WHEEL_ROWS      3
#define STATE_LIST_HALF 6 /* rows of the strip's left column when it has two */

static struct layout layout_of(const struct session *s)
{
    struct layout l;
    layout_compute(&l, &s->ui);
    return l;
}

bool pane_is_overlay(const struct session *s)
{
    return layout_of(s).pane_form == PANE_FORM_OVERLAY;
}

/* Lines that the pane has beyond those it shows. */
static uint32_t pane_hidden(const struct session *s)
{
    struct view v = session_view(s);
    uint32_t lines, shown;
    view_pane_extent(&v, &lines, &shown);
    return lines > shown ? lines - shown : 0;
}

static bool has_part(const struct session *s, enum ui_focus part)
{
    switch (part) {
    case FOCUS_STATES:
        return layout_of(s).state_list.h > 0;
    case FOCUS_PANE:
        return pane_hidden(s) > 0;
    case FOCUS_TABLE:
        break;
    }
    return true;
}

void focus_set(struct session *s, enum ui_focus focus)
{
    s->ui.focus = focus;
    if (focus != FOCUS_PANE)
        s->ui.subject = focus;
}

void focus_cycle(struct session *s, int sign)
{
    int next = (int)s->ui.focus;
    if (s->ui.overlay != OVERLAY_NONE)
        return;
    do
        next = (next + sign + 3) % 3;
    while (!has_part(s, (enum ui_focus)next));
    focus_set(s, (enum ui_focus)next);
}

void focus_settle(struct session *s)
{
    struct ui *ui = &s->ui;
    if (ui->focus == FOCUS_PANE && !has_part(s, FOCUS_PANE))
        focus_set(s, ui->subject);
    if (ui->focus == FOCUS_STATES && !has_part(s, FOCUS_STATES))
        focus_set(s, FOCUS_TABLE);
    if (ui->state_list >= STATE_STATE_LIST_COUNT &&
        layout_of(s).state_list_form != STATE_LIST_TWO_COLUMNS)
        ui->state_list = STATE_STATE_LIST_COUNT - 1;
}

static void pane_scroll(struct session *s, int lines)
{
    struct view v = session_view(s);
    unsigned state = view_pane_state(&v);
    if (state >= TCP_STATE_COUNT)
        return;
    int64_t top = (int64_t)s->ui.pane_top[state] + lines;
    int64_t last = pane_hidden(s);
    top = top > last ? last : top;
    s->ui.pane_top[state] = (uint16_t)(top < 0 ? 0 : top);
}

void focus_scroll(struct session *s, int sign)
{
    if (s->ui.overlay != OVERLAY_NONE) {
        overlay_scroll(s, sign);
        return;
    }
    struct view v = session_view(s);
    uint32_t lines, shown;
    view_pane_extent(&v, &lines, &shown);
    pane_scroll(s, sign * (int)((shown + 1) / 2));
}

static void pane_move(struct session *s, enum move_unit unit, int sign)
{
    struct view v = session_view(s);
    uint32_t lines, shown;
    view_pane_extent(&v, &lines, &shown);
    int step = unit == MOVE_LINE   ? 1
               : unit == MOVE_HALF ? (int)(shown + 1) / 2
               : unit == MOVE_PAGE ? (int)shown
                                   : (int)lines;
    pane_scroll(s, sign * step);
}

/* Chips show only states that have connections: the others are passed over. */
static bool state_list_shows(const struct session *s, unsigned index)
{
    enum state_list_form form = layout_of(s).state_list_form;
    if (index >= STATE_STATE_LIST_COUNT)
        return form == STATE_LIST_TWO_COLUMNS;
    const struct sample *shown = s->list->sample;
    return form != STATE_LIST_CHIPS || !shown || shown->count[state_state_list_order[index]] > 0;
}

static void state_list_move(struct session *s, enum move_unit unit, int sign)
{
    int at = unit == MOVE_LINE ? (int)s->ui.state_list : sign > 0 ? STATE_STATE_LIST_COUNT + 1 : -1;
    int step = unit == MOVE_LINE ? sign : -sign;
    for (at += step; at >= 0 && at <= STATE_STATE_LIST_COUNT; at += step) {
        if (state_list_shows(s, (unsigned)at)) {
            s->ui.state_list = (unsigned)at;
            return;
        }
    }
}

void focus_move(struct session *s, enum move_unit unit, int sign)
{
    if (s->ui.overlay != OVERLAY_NONE)
        overlay_move(s, unit, sign);
    else if (s->ui.focus == FOCUS_PANE || pane_is_overlay(s))
        pane_move(s, unit, sign);
    else if (s->ui.focus == FOCUS_STATES)
        state_list_move(s, unit, sign);
    else
        table_move(s, unit, sign);
}

/* Scrolling stops where it would show nothing that was hidden. */
static void scroll_columns(struct session *s, int sign)
{
    struct ui *ui = &s->ui;
    if (sign < 0) {
        ui->column_scroll -= ui->column_scroll > 0;
        return;
    }
    struct view v = session_view(s);
    enum column_id before[COL_COUNT], after[COL_COUNT];
    size_t n = view_columns(&v, before);
    ui->column_scroll++;
    size_t m = view_columns(&v, after);
    if (m == 0 || n == 0 || before[n - 1] == after[m - 1])
        ui->column_scroll--;
}

void focus_sideways(struct session *s, int sign)
{
    struct ui *ui = &s->ui;
    if (ui->overlay == OVERLAY_DIAGRAM)
        diagram_sideways(s, sign);
    if (ui->overlay != OVERLAY_NONE)
        return;
    enum state_list_form form = layout_of(s).state_list_form;
    if (ui->focus == FOCUS_STATES && form == STATE_LIST_CHIPS) {
        state_list_move(s, MOVE_LINE, sign);
    } else if (ui->focus == FOCUS_STATES && form == STATE_LIST_TWO_COLUMNS) {
        if (sign > 0 && ui->state_list < STATE_LIST_HALF)
            ui->state_list += STATE_LIST_HALF;
        else if (sign < 0 && ui->state_list >= STATE_LIST_HALF)
            ui->state_list -= STATE_LIST_HALF;
    } else if (ui->focus != FOCUS_TABLE || !group_sideways(s, sign)) {
        scroll_columns(s, sign);
    }
}

static bool inside(const struct rect *r, const struct mouse *m)
{
    return m->x >= r->x && m->x < r->x + r->w && m->y >= r->y && m->y < r->y + r->h;
}

static void wheel(struct session *s, const struct mouse *m)
{
    int rows = m->what == MOUSE_WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS;
    struct layout l = layout_of(s);
    if (s->ui.overlay != OVERLAY_NONE)
        overlay_move(s, MOVE_LINE, rows < 0 ? -1 : 1);
    else if (inside(&l.pane, m))
        pane_scroll(s, rows);
    else
        table_scroll(s, rows);
}

void focus_mouse(struct session *s, const struct mouse *m)
{
    if (s->ui.prompt != PROMPT_NONE)
        return;
    if (m->what != MOUSE_CLICK) {
        wheel(s, m);
        return;
    }
    if (s->ui.overlay != OVERLAY_NONE || pane_is_overlay(s))
        return;
    struct view v = session_view(s);
    int state_list = view_state_list_at(&v, m->x, m->y);
    int head = view_column_head_at(&v, m->x, m->y);
    int figure = view_group_head_at(&v, m->x, m->y);
    uint32_t row = view_row_at(&v, m->y);
    struct layout l = layout_of(s);
    if (state_list >= 0) {
        s->ui.state_list = (unsigned)state_list;
        focus_set(s, FOCUS_STATES);
    } else if (head >= 0) {
        sort_by(s, (enum column_id)head);
    } else if (figure >= 0) {
        sort_groups_by(s, (unsigned)figure);
    } else if (row < s->list->rows.n && inside(&l.table, m)) {
        table_select(s, row);
        focus_set(s, FOCUS_TABLE);
    } else if (inside(&l.pane, m) && has_part(s, FOCUS_PANE)) {
        focus_set(s, FOCUS_PANE);
    }
}
