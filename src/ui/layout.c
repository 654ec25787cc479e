/* SPDX-License-Identifier: MIT */
/* Where the regions are. The first kind of layout that fits the size decides; what the user chose
 * only moves the line between table and pane. */
#include "tcptop/ui/layout.h"

#include <string.h>

#define PANE_RIGHT_MIN   44
#define PANE_RIGHT_MAX   64
#define PANE_BOTTOM      8
#define PANE_BOTTOM_MAX  12
#define PANE_BRIEF       3
#define LESSON_TABLE     7  /* title, heads, and the five rows that a lesson has at most */
#define PANE_TWO_COLUMNS 92 /* a bottom pane this wide runs in two columns */
#define WARNINGS_FROM_H  44
#define WARNINGS_LIST    12 /* two findings, what is seen and what to do in two lines each */
#define FOOTER_FROM_H    8  /* a tiny screen below this has neither chips nor footer */

/* Smallest sizes, in the order in which they are tried. Beside a pane over the whole height the
 * table has queues, round-trip time, rates and pids from WIDE on. */
static const struct {
    int w, h;
    enum state_list_form state_list_form;
    enum pane_form pane_form;
    int state_list_h;
} kinds[] = {
    [LAYOUT_WIDE] = {184, 28, STATE_LIST_ONE_COLUMN, PANE_FORM_RIGHT, 12},
    [LAYOUT_BROAD] = {113, 28, STATE_LIST_ONE_COLUMN, PANE_FORM_BESIDE, 12},
    [LAYOUT_TALL] = {51, 40, STATE_LIST_ONE_COLUMN, PANE_FORM_BOTTOM, 12},
    [LAYOUT_NORMAL] = {80, 28, STATE_LIST_TWO_COLUMNS, PANE_FORM_BOTTOM, 7},
    [LAYOUT_SHORT] = {80, 22, STATE_LIST_TWO_COLUMNS, PANE_FORM_BRIEF, 7},
    [LAYOUT_SMALL] = {60, 16, STATE_LIST_CHIPS, PANE_FORM_BRIEF, 1},
    [LAYOUT_TINY] = {20, 5, STATE_LIST_CHIPS, PANE_FORM_NONE, 1},
    [LAYOUT_NOTICE] = {0, 0, STATE_LIST_NONE, PANE_FORM_NONE, 0},
};

static enum layout_kind kind_of(int w, int h)
{
    unsigned kind = LAYOUT_WIDE;

    while (kind < LAYOUT_NOTICE && (w < kinds[kind].w || h < kinds[kind].h))
        kind++;
    return (enum layout_kind)kind;
}

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

/* A lesson has few rows and words that are its point: the pane is tall, or not brief at least. A
 * wide pane is beside the table. */
static enum pane_form pane_form_of(enum layout_kind kind, const struct ui *ui)
{
    enum ui_pane choice = ui->pane;
    enum pane_form form = kinds[kind].pane_form;

    if (choice == PANE_NONE)
        return PANE_FORM_NONE;
    if (choice == PANE_WIDE && (form == PANE_FORM_BRIEF || form == PANE_FORM_NONE))
        return PANE_FORM_OVERLAY;
    if (form == PANE_FORM_BESIDE && (choice == PANE_WIDE || ui->lesson.steps))
        return PANE_FORM_RIGHT;
    return form == PANE_FORM_BRIEF && ui->lesson.steps ? PANE_FORM_BOTTOM : form;
}

static int pane_height(const struct layout *l, const struct ui *ui)
{
    switch (l->pane_form) {
    case PANE_FORM_BOTTOM:
        if (ui->pane == PANE_WIDE)
            return ui->h / 2;
        if (kinds[l->kind].pane_form == PANE_FORM_BRIEF)
            return clamp(ui->h - kinds[l->kind].state_list_h - 2 - LESSON_TABLE, PANE_BRIEF,
                         PANE_BOTTOM);
        return l->kind == LAYOUT_TALL ? clamp(ui->h / 5, PANE_BOTTOM, PANE_BOTTOM_MAX)
                                      : PANE_BOTTOM;
    case PANE_FORM_BRIEF:
        return PANE_BRIEF;
    case PANE_FORM_OVERLAY: /* the brief pane that it covers keeps its place */
        return kinds[l->kind].pane_form == PANE_FORM_BRIEF ? PANE_BRIEF : 0;
    case PANE_FORM_NONE:
    case PANE_FORM_RIGHT:
    case PANE_FORM_BESIDE:
        break;
    }
    return 0;
}

/* A pane at the right: where it stands in this kind anyway, a wide one has more columns. */
static void place_right(struct layout *l, const struct ui *ui)
{
    int w = ui->w, h = ui->h;
    bool wider = ui->pane == PANE_WIDE && (l->kind == LAYOUT_WIDE || ui->lesson.steps);
    int pane_w =
        wider ? (w * 6 + 5) / 10 : clamp((w * 39 + 50) / 100, PANE_RIGHT_MIN, PANE_RIGHT_MAX);

    l->separator_x = w - 1 - pane_w;
    l->pane = (struct rect){l->separator_x + 1, 1, pane_w,
                            layout_beside_table(l) ? h - 2 : kinds[l->kind].state_list_h};
    l->separator_h = l->pane.h;
    if (layout_beside_table(l) && h >= WARNINGS_FROM_H && !ui->lesson.steps) {
        l->pane.h -= WARNINGS_LIST;
        l->warnings = (struct rect){l->pane.x, 1 + l->pane.h, pane_w, WARNINGS_LIST};
    }
}

void layout_compute(struct layout *l, const struct ui *ui)
{
    int w = ui->w, h = ui->h, left, below, state_list_h;
    bool footer;

    memset(l, 0, sizeof *l);
    l->separator_x = -1;
    l->kind = kind_of(w, h);
    l->state_list_form = kinds[l->kind].state_list_form;
    if (l->kind == LAYOUT_NOTICE)
        return;
    l->pane_form = pane_form_of(l->kind, ui);
    footer = l->kind != LAYOUT_TINY || h >= FOOTER_FROM_H;
    state_list_h = footer ? kinds[l->kind].state_list_h : 0;
    if (state_list_h == 0)
        l->state_list_form = STATE_LIST_NONE;
    if (l->pane_form == PANE_FORM_RIGHT || l->pane_form == PANE_FORM_BESIDE)
        place_right(l, ui);
    left = l->separator_x >= 0 ? l->separator_x : w;
    below = pane_height(l, ui);
    l->header = (struct rect){0, 0, w, 1};
    l->footer = (struct rect){0, h - 1, w, footer ? 1 : 0};
    l->state_list = (struct rect){0, 1, left, state_list_h};
    l->table = (struct rect){0, 1 + state_list_h, layout_beside_table(l) ? left : w,
                             h - 1 - state_list_h - below - l->footer.h};
    if (l->pane_form == PANE_FORM_BOTTOM || l->pane_form == PANE_FORM_BRIEF)
        l->pane = (struct rect){0, h - below - l->footer.h, w, below};
    else if (l->pane_form == PANE_FORM_OVERLAY)
        l->pane = (struct rect){0, 1, w, h - 1 - l->footer.h};
    l->pane_two_columns = l->pane_form == PANE_FORM_BOTTOM && w >= PANE_TWO_COLUMNS;
}
