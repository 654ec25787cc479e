/* The state diagram: its arrows choose the state that strip and pane are about. */
#include "session_internal.h"

static void choose(struct session *s, unsigned state)
{
    for (unsigned i = 0; i < STATE_STATE_LIST_COUNT; i++)
        if (state_state_list_order[i] == state)
            s->ui.state_list = i;
}

void diagram_open(struct session *s)
{
    if (ui_state_list_state(&s->ui) == 0)
        choose(s, TCP_STATE_ESTABLISHED);
    s->ui.subject = FOCUS_STATES;
    overlay_open(s, OVERLAY_DIAGRAM);
}

void diagram_move(struct session *s, enum move_unit unit, int sign)
{
    unsigned state = ui_state_list_state(&s->ui);
    if (unit == MOVE_END)
        choose(s, sign < 0 ? TCP_STATE_LISTEN : TCP_STATE_TIME_WAIT);
    else
        choose(s, diagram_neighbour(state, 0, sign));
}

void diagram_sideways(struct session *s, int sign)
{
    choose(s, diagram_neighbour(ui_state_list_state(&s->ui), sign, 0));
}

void diagram_explain(struct session *s)
{
    s->ui.overlay = OVERLAY_NONE;
    s->ui.pane = PANE_WIDE;
    table_forget_widths(s);
}
