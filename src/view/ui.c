/* The user interface as it is at the start. */
#include "tcptop/view/ui.h"

#include <string.h>

#include "tcptop/model/state.h"

unsigned ui_strip_state(const struct ui *ui)
{
    return ui->strip < STATE_STRIP_COUNT ? state_strip_order[ui->strip] : 0;
}

void ui_init(struct ui *ui)
{
    memset(ui, 0, sizeof *ui);
    ui->w = 80;
    ui->h = 24;
    ui->focus = FOCUS_STATES;
    ui->subject = FOCUS_STATES;
    ui->follow = true;
    ui->sort = (struct sort){.column = COL_STATE};
    ui->utf8 = true;
    ui->fade_ds = 30;
    for (unsigned i = 0; i < STATE_STRIP_COUNT; i++) {
        if (state_strip_order[i] == TCP_STATE_TIME_WAIT)
            ui->strip = i;
    }
}
