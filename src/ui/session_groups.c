/* Groups on the screen: chosen from a menu, unfolded in place, opened as filters and gone back to.
 */
#include <stdlib.h>
#include <string.h>

#include "session_internal.h"

bool group_under_cursor(const struct session *s, uint32_t *group)
{
    const struct row_view *l = s->list;
    if (!l->grouped || s->ui.cursor >= l->rows.n ||
        !groups_line_is_group(l->rows.row[s->ui.cursor]))
        return false;
    *group = groups_line_group(l->rows.row[s->ui.cursor]);
    return true;
}

void group_text(const struct session *s, uint32_t group, struct str *out)
{
    const struct groups *g = &s->list->groups;
    groups_format(g, s->list->sample, group, out);
    str_addf(out, "  %u", g->group[group].count);
    for (unsigned i = 0; i < STATE_STATE_LIST_COUNT; i++) {
        unsigned state = state_state_list_order[i];
        if (g->group[group].state[state])
            str_addf(out, "  %s %u", state_name(state), g->group[group].state[state]);
    }
}

/* Lines of another kind: what was chosen and looked at among those of before means nothing. */
static void regroup(struct session *s, int by)
{
    s->ui.group_by = by;
    if (by < 0 && s->ui.overlay == OVERLAY_GROUP_SORT) /* there is nothing left to sort */
        overlay_close(s);
    s->ui.n_unfolded = 0;
    s->question++;
    table_forget_widths(s);
}

void group_choose_by(struct session *s, int by)
{
    if (by == s->ui.group_by)
        return;
    regroup(s, by);
    if (by >= 0)
        table_park(s);
    session_rebuild(s, true);
    if (by >= 0)
        focus_set(s, FOCUS_TABLE);
}

/* Are the groups shown those that were asked for? Others may stand until the worker has answered.
 */
static bool in_step(const struct session *s)
{
    return s->list->grouped && s->ui.group_by == (int)s->list->groups.how.by;
}

static int unfolded_at(const struct ui *ui, const struct value *v)
{
    for (uint32_t i = 0; i < ui->n_unfolded; i++) {
        if (groups_same_value(&ui->unfolded[i], v))
            return (int)i;
    }
    return -1;
}

void group_fold(struct session *s, uint32_t group, bool fold)
{
    struct ui *ui = &s->ui;
    struct value v;
    if (!in_step(s))
        return;
    groups_value(&s->list->groups, group, &v);
    int at = unfolded_at(ui, &v);
    if (fold == (at < 0))
        return;
    if (!fold && ui->n_unfolded == GROUPS_UNFOLDED_MAX) {
        session_say(s, MSG_SESSION_UNFOLDED_FULL, NULL);
        return;
    }
    if (fold)
        memmove(&ui->unfolded[at], &ui->unfolded[at + 1],
                (--ui->n_unfolded - (uint32_t)at) * sizeof(ui->unfolded[0]));
    else
        ui->unfolded[ui->n_unfolded++] = v;
    table_bind(s); /* it stays under the cursor while rows come and go above it */
    session_rebuild(s, true);
}

void group_toggle(struct session *s, uint32_t group)
{
    struct value v;
    groups_value(&s->list->groups, group, &v);
    group_fold(s, group, unfolded_at(&s->ui, &v) >= 0);
}

bool group_sideways(struct session *s, int sign)
{
    uint32_t group, at = s->ui.cursor;
    if (group_under_cursor(s, &group)) {
        group_fold(s, group, sign < 0);
        return true;
    }
    if (!s->list->grouped || sign > 0 || s->ui.column_scroll > 0 || at >= s->list->rows.n)
        return false;
    while (at > 0 && !groups_line_is_group(s->list->rows.row[at]))
        at--;
    table_select(s, at);
    return true;
}

/* Groups that were opened, to go back to: what the screen was like then. */
void group_open(struct session *s, uint32_t group)
{
    struct ui *ui = &s->ui;
    struct str term = STR_INIT;
    char filter[UI_FILTER_MAX];
    struct value v;
    if (!in_step(s))
        return;
    groups_value(&s->list->groups, group, &v);
    if (ui->opened == OPENED_MAX || !groups_term(s->list->groups.how.by, &v, &term)) {
        session_say(s, ui->opened == OPENED_MAX ? MSG_SESSION_OPENED_FULL : MSG_SESSION_NO_TERM,
                    NULL);
    } else if (str_failed(&term) ||
               !choice_replace(filter, ui->filter, CHOICE_MORE, str_text(&term))) {
        session_say(s, MSG_SESSION_FILTER_TOO_LONG, NULL);
    } else {
        struct opened *o = &s->opened[ui->opened];
        *o = (struct opened){.group_by = ui->group_by,
                             .group = v,
                             .n_unfolded = ui->n_unfolded,
                             .offset = ui->cursor - ui->top};
        memcpy(o->filter, ui->filter, sizeof(o->filter));
        memcpy(o->unfolded, ui->unfolded, sizeof(o->unfolded));
        ui->opened++;
        regroup(s, -1);
        table_park(s);
        ui->on_group = false;
        if (filter_apply(s, filter, NULL) < 0) {
            group_back(s);
            session_say(s, MSG_SESSION_NO_TERM, NULL);
        }
    }
    str_fini(&term);
}

bool group_back(struct session *s)
{
    struct ui *ui = &s->ui;
    if (ui->opened == 0)
        return false;
    const struct opened *o = &s->opened[--ui->opened];
    filter_remember(s, ui->filter);
    regroup(s, o->group_by);
    ui->n_unfolded = o->n_unfolded;
    memcpy(ui->unfolded, o->unfolded, sizeof(ui->unfolded));
    table_park(s);
    ui->group = o->group;
    ui->on_group = s->selection_waiting = true;
    s->waiting_offset = o->offset;
    if (strcmp(o->filter, ui->filter) == 0 || filter_apply(s, o->filter, NULL) < 0)
        session_rebuild(s, true);
    return true;
}
