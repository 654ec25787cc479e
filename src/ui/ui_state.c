/* SPDX-License-Identifier: MIT */
/* The user interface as it is at the start. */
#include "tcptop/ui/ui_state.h"

#include <string.h>

#include "tcptop/model/state.h"

unsigned ui_state_list_state(const struct ui *ui)
{
    return ui->state_list < STATE_LIST_COUNT ? state_list_order[ui->state_list] : 0;
}

struct grouping ui_grouping(const struct ui *ui)
{
    struct grouping how = {.by = (enum column_id)ui->group_by, .sort = ui->group_sort};

    groups_choose_sums(&how, ui->chosen, ui->n_chosen, true);
    if (how.sort.figure >= GROUP_SUM + how.n_sums) /* the column was taken out */
        how.sort = (struct group_sort){.figure = GROUP_COUNT, .descending = true};
    return how;
}

void ui_init(struct ui *ui)
{
    memset(ui, 0, sizeof *ui);
    ui->w = 80;
    ui->h = 24;
    ui->focus = FOCUS_TABLE;
    ui->subject = FOCUS_TABLE;
    ui->follow = true;
    ui->sort = (struct sort){.column = COL_STATE};
    ui->group_by = -1;
    ui->group_sort = (struct group_sort){.figure = GROUP_COUNT, .descending = true};
    ui->utf8 = true;
    ui->progress = -1;
    for (unsigned i = 0; i < STATE_LIST_COUNT; i++) {
        if (state_list_order[i] == TCP_STATE_TIME_WAIT)
            ui->state_list = i;
    }
}
