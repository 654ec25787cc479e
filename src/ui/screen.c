/* SPDX-License-Identifier: MIT */
/* The frame as a whole, and what samples must contain for it. */
#include "tcptop/ui/screen.h"

#include "footer.h"
#include "group_rows.h"
#include "header.h"
#include "overlay.h"
#include "pane.h"
#include "states.h"
#include "table.h"
#include "tcptop/base/program.h"

/* A screen too small for anything: as much of the notice as fits. */
static void draw_notice(struct canvas *c)
{
    canvas_put(c, 0, 0, c->w, ROLE_TITLE, TCPTOP_NAME);
    canvas_put(c, 0, 1, c->w, ROLE_TEXT, text(MSG_VIEW_NOTICE));
}

void screen_draw(struct canvas *c, const struct view *v)
{
    struct drawing d;

    canvas_clear(c);
    draw_init(&d, c, v);
    if (d.l.kind == LAYOUT_NOTICE) {
        draw_notice(c);
    } else {
        states_draw(&d);
        table_draw(&d);
        if (draw_is_stale(&d) && !d.ui->paused) /* the numbers of the last good sample stand dim */
            canvas_paint(c, 0, 1, d.l.state_list.w, d.l.state_list.h + d.l.table.h, ROLE_DIM);
        pane_draw(&d);
        overlay_warnings_draw_list(&d);
        if (overlay_ops(v->ui)->draw)
            overlay_ops(v->ui)->draw(&d);
        header_draw(&d);
        footer_draw(&d);
    }
    if (v->ui->ascii)
        canvas_to_ascii(c);
}

/* Of the groups: their column, the sums that are drawn or sorted by. */
static uint32_t group_needs(const struct view *v)
{
    uint8_t figures[GROUP_SUM + GROUP_SUMS];
    struct grouping how = ui_grouping(v->ui);
    int n = group_figures(v, figures);
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

/* Of the numbers in the pane: by process; in CLOSE_WAIT the time since the peer's FIN; of listeners
 * what they dropped. */
static uint32_t numbers_needs(const struct view *v)
{
    unsigned state = v->shown ? pane_numbers_state(v) : 0;

    if (state == 0)
        return 0;
    if (state == TCP_STATE_LISTEN)
        return NEED_OWNER | NEED_DROPS;
    if (state == TCP_STATE_CLOSE_WAIT && v->shown->total <= METRICS_ROWS_MAX)
        return NEED_OWNER | NEED_TCP_INFO;
    return NEED_OWNER;
}

/* Of a drawn column. Figures that nobody asked for are not read where that would cost too much. */
static uint32_t column_needs(const struct view *v, enum column_id id)
{
    const bool asked = v->ui->n_chosen > 0 || !v->ui->figures_off;

    return asked ? columns[id].needs : columns[id].needs & ~(uint32_t)NEED_METRICS;
}

uint32_t screen_needs(const struct view *v)
{
    enum column_id drawn[COL_COUNT];
    bool grouped = v->ui->group_by >= 0;
    size_t n = grouped && v->ui->n_unfolded == 0 ? 0 : table_columns(v, drawn);
    uint32_t needs = grouped ? group_needs(v) : 0;

    if (!grouped || v->ui->n_unfolded)
        needs |= rows_sort_needs(&v->ui->sort);
    for (size_t i = 0; i < n; i++)
        needs |= column_needs(v, drawn[i]);
    if (v->ui->port) /* the title says who has it */
        needs |= NEED_OWNER;
    return needs | overlay_ops(v->ui)->needs | numbers_needs(v);
}
