/* The frame as a whole, and what is where on it. */
#include "tcptop/ui/screen.h"

#include "parts.h"
#include "tcptop/query/column.h"

/* A screen too small for anything: as much of the notice as fits. */
static void draw_notice(struct canvas *c)
{
    canvas_put(c, 0, 0, c->w, ROLE_TITLE, "tcptop");
    canvas_put(c, 0, 1, c->w, ROLE_TEXT, text(MSG_VIEW_NOTICE));
}

static void draw_overlay(struct drawing *d)
{
    switch (d->ui->overlay) {
    case OVERLAY_HELP:
        draw_help(d);
        break;
    case OVERLAY_DETAILS:
        draw_details(d);
        break;
    case OVERLAY_WARNINGS:
        draw_warnings(d);
        break;
    case OVERLAY_DIAGRAM:
        draw_diagram(d);
        break;
    case OVERLAY_SORT:
    case OVERLAY_COLUMNS:
    case OVERLAY_NAMESPACES:
    case OVERLAY_GROUP:
    case OVERLAY_GROUP_SORT:
        draw_menu(d);
        break;
    case OVERLAY_NONE:
        break;
    }
}

/* While the newest sample has failed, the numbers of the last good one stand dim. */
static bool is_stale(const struct drawing *d)
{
    return d->s && d->v->newest && d->v->newest->status == SAMPLE_FAILED && !d->ui->paused;
}

void view_draw(struct canvas *c, const struct view *v)
{
    struct drawing d;

    canvas_clear(c);
    drawing_init(&d, c, v);
    if (d.l.kind == LAYOUT_NOTICE) {
        draw_notice(c);
    } else {
        draw_state_list(&d);
        draw_table(&d);
        if (is_stale(&d))
            canvas_paint(c, 0, 1, d.l.state_list.w, d.l.state_list.h + d.l.table.h, ROLE_DIM);
        draw_pane(&d);
        draw_warnings_list(&d);
        draw_overlay(&d);
        draw_header(&d);
        draw_footer(&d);
    }
    if (v->ui->ascii)
        canvas_to_ascii(c);
}

/* The position in the list of what is drawn at screen line `y`, or of `position` if that is drawn;
 * UINT32_MAX: neither. `*line`: its first screen line, or -1. */
static uint32_t row_at(const struct view *v, int y, uint32_t position, int *line)
{
    struct drawing d;
    struct table_page p;
    int at;

    drawing_init(&d, NULL, v);
    *line = -1;
    if (d.l.kind == LAYOUT_NOTICE || d.l.table.h <= 0)
        return UINT32_MAX;
    table_page(&d, &p);
    at = p.first_y;
    for (uint32_t i = 0; i < p.drawn; i++) {
        int lines = table_lines(&d, &p, p.top + i);

        if ((y >= at && y < at + lines) || p.top + i == position) {
            *line = at;
            return p.top + i;
        }
        at += lines;
    }
    return UINT32_MAX;
}

uint32_t view_row_at(const struct view *v, int y)
{
    int line;

    return row_at(v, y, UINT32_MAX, &line);
}

int view_row_line(const struct view *v, uint32_t position)
{
    int line;

    row_at(v, -1, position, &line);
    return line;
}

uint32_t view_table_capacity(const struct view *v, uint32_t top)
{
    struct ui ui = *v->ui;
    struct view moved = *v;
    struct drawing d;
    struct table_page p;

    ui.top = top;
    moved.ui = &ui;
    drawing_init(&d, NULL, &moved);
    if (d.l.kind == LAYOUT_NOTICE || d.l.table.h <= 0)
        return 0;
    table_page(&d, &p);
    /* a page that the list does not fill could hold one row a line more */
    if (p.top + p.drawn >= d.n_rows && p.lines > 0) {
        int used = 0;

        for (uint32_t i = 0; i < p.drawn; i++)
            used += table_lines(&d, &p, p.top + i);
        return p.drawn + (used < p.lines ? (uint32_t)(p.lines - used) : 0);
    }
    return p.drawn;
}

size_t view_columns(const struct view *v, enum column_id drawn[COL_COUNT])
{
    struct drawing d;
    struct fit f;

    drawing_init(&d, NULL, v);
    if (d.l.kind == LAYOUT_NOTICE || d.l.table.h <= 0)
        return 0;
    fit_make(&f, &d);
    for (int i = 0; i < f.n; i++)
        drawn[i] = f.column[i].id;
    return (size_t)f.n;
}

unsigned view_pane_state(const struct view *v)
{
    struct explain_subject subject;
    struct drawing d;

    drawing_init(&d, NULL, v);
    return pane_subject(&d, &subject) ? subject.state : 0;
}

unsigned view_numbers_state(const struct view *v)
{
    struct explain_subject subject;
    struct drawing d;

    drawing_init(&d, NULL, v);
    return pane_has_numbers(&d) && pane_subject(&d, &subject) ? subject.state : 0;
}

int view_column_head_at(const struct view *v, int x, int y)
{
    struct drawing d;
    struct table_page p;

    drawing_init(&d, NULL, v);
    if (d.l.kind == LAYOUT_NOTICE || d.l.table.h <= 0)
        return -1;
    table_page(&d, &p);
    if (y != p.head_y || group_heads(&d))
        return -1;
    for (int i = 0; i < p.fit.n; i++) {
        const struct fit_column *column = &p.fit.column[i];

        if (x >= d.l.table.x + column->x && x < d.l.table.x + column->x + column->w)
            return (int)column->id;
    }
    return -1;
}

int view_group_head_at(const struct view *v, int x, int y)
{
    struct drawing d;
    struct table_page p;

    drawing_init(&d, NULL, v);
    if (d.l.kind == LAYOUT_NOTICE || d.l.table.h <= 0 || !group_heads(&d))
        return -1;
    table_page(&d, &p);
    return y == p.head_y ? group_head_at(&d, &p.groups, x) : -1;
}

int view_group_figures(const struct view *v, uint8_t figures[GROUP_SUM + GROUP_SUMS])
{
    struct drawing d;
    struct group_fit f;

    drawing_init(&d, NULL, v);
    if (d.l.kind == LAYOUT_NOTICE || d.l.table.h <= 0 || !d.groups)
        return 0;
    group_fit_make(&f, &d);
    return group_figures(&f, figures);
}

int view_state_list_at(const struct view *v, int x, int y)
{
    struct drawing d;

    drawing_init(&d, NULL, v);
    return state_list_at(&d, x, y);
}

void view_choose_widths(struct ui *ui, const struct view *v)
{
    struct drawing d;

    drawing_init(&d, NULL, v);
    if (d.l.kind == LAYOUT_NOTICE || d.n_rows == 0)
        return;
    fit_choose(&d, &ui->local_width, &ui->remote_width);
    ui->group_width = d.groups ? group_choose(&d) : 0;
}

void view_pane_extent(const struct view *v, uint32_t *lines, uint32_t *shown)
{
    struct drawing d;

    drawing_init(&d, NULL, v);
    pane_extent(&d, lines, shown);
}

void view_overlay_extent(const struct view *v, uint32_t *lines, uint32_t *shown)
{
    struct drawing d;

    drawing_init(&d, NULL, v);
    *lines = *shown = 0;
    switch (v->ui->overlay) {
    case OVERLAY_HELP:
        help_extent(&d, lines, shown);
        break;
    case OVERLAY_DETAILS:
        details_extent(&d, lines, shown);
        break;
    case OVERLAY_WARNINGS:
        warnings_extent(&d, lines, shown);
        break;
    case OVERLAY_SORT:
    case OVERLAY_COLUMNS:
    case OVERLAY_NAMESPACES:
    case OVERLAY_GROUP:
    case OVERLAY_GROUP_SORT:
        menu_extent(&d, lines, shown);
        break;
    case OVERLAY_DIAGRAM: /* shows the part with the chosen box */
    case OVERLAY_NONE:
        break;
    }
}

void view_warning_extent(const struct view *v, uint32_t index, uint32_t *first, uint32_t *lines)
{
    struct drawing d;

    drawing_init(&d, NULL, v);
    warnings_entry(&d, index, first, lines);
}

/* Of the groups: their column, the sums that are drawn or sorted by. */
static uint32_t group_needs(const struct view *v)
{
    uint8_t figures[GROUP_SUM + GROUP_SUMS];
    struct grouping how = ui_grouping(v->ui);
    int n = view_group_figures(v, figures);
    uint32_t needs = columns[how.by].needs;

    if (how.sort.figure >= GROUP_SUM)
        needs |= columns[how.sum[how.sort.figure - GROUP_SUM]].needs;
    for (int i = 0; i < n; i++) {
        if (figures[i] >= GROUP_SUM)
            needs |= columns[how.sum[figures[i] - GROUP_SUM]].needs;
    }
    return needs;
}

#define METRICS_ROWS_MAX 100000u /* in larger samples figures are not read for the pane alone */

/* Of the numbers in the pane: by process; in CLOSE_WAIT the time since the peer's FIN. */
static uint32_t numbers_needs(const struct view *v)
{
    unsigned state = v->shown ? view_numbers_state(v) : 0;

    if (state == 0)
        return 0;
    if (state == TCP_STATE_CLOSE_WAIT && v->shown->total <= METRICS_ROWS_MAX)
        return NEED_OWNER | NEED_TCP_INFO;
    return NEED_OWNER;
}

uint32_t view_needs(const struct view *v)
{
    enum column_id drawn[COL_COUNT];
    bool grouped = v->ui->group_by >= 0;
    size_t n = grouped && v->ui->n_unfolded == 0 ? 0 : view_columns(v, drawn);
    uint32_t needs = grouped ? group_needs(v) : 0;

    if (!grouped || v->ui->n_unfolded)
        needs |= columns[v->ui->sort.column].needs;
    for (size_t i = 0; i < n; i++)
        needs |= columns[drawn[i]].needs;
    if (v->ui->overlay == OVERLAY_DETAILS)
        needs |= NEED_TCP_INFO | NEED_CONGESTION | NEED_OWNER | NEED_USER;
    return needs | numbers_needs(v);
}
