/* SPDX-License-Identifier: MIT */
/* The last line: the keys that do something here, a message, or the reason why the sample is not
 * what was asked for. */
#include <stdio.h>

#include "footer.h"
#include "group_rows.h"
#include "overlay.h"
#include "pane.h"
#include "prompt.h"
#include "tcptop/base/utf8.h"
#include "tcptop/explain/reason_text.h"

#define WIDE_GAP_FROM_W 96
#define HELP_IN_HEADER  110 /* from this width the header has the key for help */

void footer_add(struct key_items *k, int command, enum msg word, bool there, int rank)
{
    k->item[k->n++] =
        (struct key_item){.command = command, .word = word, .there = there, .rank = rank};
}

void footer_add_keys(struct key_items *k, const char *keys, enum msg word, int rank)
{
    k->item[k->n++] = (struct key_item){-1, keys, word, true, rank};
}

enum msg footer_pane_word(const struct drawing *d)
{
    return d->ui->pane == PANE_WIDE                   ? MSG_VIEW_KEY_PANE_HIDE
           : d->ui->pane == PANE_NONE || !d->l.pane.h ? MSG_VIEW_KEY_PANE
                                                      : MSG_VIEW_KEY_PANE_WIDE;
}

enum msg footer_pause_word(const struct drawing *d)
{
    const struct ui *ui = d->ui;

    if (d->v->is_recording || ui->past)
        return ui->playing ? MSG_VIEW_KEY_PAUSE : MSG_VIEW_KEY_PLAY;
    return ui->paused ? MSG_VIEW_KEY_RESUME : MSG_VIEW_KEY_PAUSE;
}

/* Does Tab reach the pane? Only when it has more lines than it shows. */
static bool pane_reachable(const struct drawing *d)
{
    uint32_t lines, shown;

    pane_extent(d->v, &lines, &shown);
    return lines > shown && d->l.pane_form != PANE_FORM_BRIEF;
}

static enum msg next_region(const struct drawing *d)
{
    if (d->ui->focus == FOCUS_STATES)
        return MSG_VIEW_KEY_TABLE;
    return d->ui->focus == FOCUS_TABLE && pane_reachable(d) ? MSG_VIEW_KEY_TO_PANE
                                                            : MSG_VIEW_KEY_STATES;
}

/* What Enter does: nothing on "all" where no filter is to be taken off, nor in an empty table. */
static void add_open(const struct drawing *d, struct key_items *k, bool state_list)
{
    bool all = state_list && ui_state_list_state(d->ui) == 0;
    uint32_t group = d->ui->focus == FOCUS_TABLE ? group_of_cursor(d) : GROUP_NONE;

    if (group != GROUP_NONE) {
        bool unfolded = group_unfolded(d, group);

        footer_add(k, COMMAND_OPEN, MSG_VIEW_KEY_ONLY_GROUP, true, 3);
        footer_add(k, unfolded ? COMMAND_LEFT : COMMAND_RIGHT,
                   unfolded ? MSG_VIEW_KEY_FOLD : MSG_VIEW_KEY_UNFOLD, true, 3);
        return;
    }
    footer_add(k, COMMAND_OPEN,
               all          ? MSG_VIEW_KEY_EVERY_STATE
               : state_list ? MSG_VIEW_KEY_ONLY_STATE
                            : MSG_VIEW_KEY_DETAILS,
               all          ? d->ui->filter[0] != '\0'
               : state_list ? d->ui->lesson.steps == 0 /* Enter means the next step there */
                            : d->ui->focus == FOCUS_TABLE && d->n_rows > 0,
               6);
}

/* What Esc takes back. */
static void add_back(const struct drawing *d, struct key_items *k)
{
    const struct ui *ui = d->ui;

    footer_add(k, COMMAND_BACK,
               ui->opened      ? MSG_VIEW_KEY_TO_GROUPS
               : ui->filter[0] ? MSG_VIEW_KEY_CLEAR
                               : MSG_VIEW_KEY_UNGROUP,
               ui->opened || ui->filter[0] || ui->group_by >= 0, ui->opened ? 2 : 7);
}

/* In the past the keys that lead out of it come first. */
static void add_time(const struct drawing *d, struct key_items *k)
{
    const struct ui *ui = d->ui;

    footer_add(k, COMMAND_PAUSE, footer_pause_word(d), true, ui->past ? 2 : 8);
    footer_add(k, COMMAND_LIVE, MSG_VIEW_KEY_LIVE, ui->past && !d->v->is_recording, 2);
    footer_add_keys(k, ", .", MSG_VIEW_KEY_SAMPLE, ui->past ? 2 : KEY_ITEMS_MAX);
    footer_add(k, COMMAND_TIMELINE, MSG_VIEW_KEY_TIMELINE, true, ui->past ? 3 : KEY_ITEMS_MAX);
}

/* The main screen: in their order from left to right. */
static void main_items(const struct drawing *d, struct key_items *k)
{
    const struct ui *ui = d->ui;
    const struct findings *f = draw_findings(d);
    const bool warned = f && f->warnings;
    bool state_list = ui->focus == FOCUS_STATES && d->l.state_list.h > 0;
    bool header_help = ui->w >= HELP_IN_HEADER;

    if (ui->lesson.steps && (ui->lesson.step < ui->lesson.steps || ui->lesson.over))
        footer_add_keys(k, "Space", ui->lesson.over ? MSG_VIEW_KEY_SET_UP : MSG_VIEW_KEY_NEXT_STEP,
                        0);
    if (ui->lesson.step > 1)
        footer_add_keys(k, "Backspace", MSG_VIEW_KEY_STEP_BACK, 1);
    footer_add(k, COMMAND_FILTER, MSG_VIEW_KEY_FILTER, true, 1);
    footer_add_keys(k, "0-9", MSG_VIEW_KEY_PORT, 2);
    add_open(d, k, state_list);
    footer_add(k, COMMAND_NEXT_REGION, next_region(d), d->l.state_list.h > 0, warned ? 9 : 5);
    footer_add(k, COMMAND_SORT, MSG_VIEW_KEY_SORT, true, 4);
    footer_add(k, COMMAND_GROUP, MSG_VIEW_KEY_GROUP, true, ui->group_by >= 0 ? 7 : 13);
    footer_add_keys(k, "a l e o", MSG_VIEW_KEY_STATES_ALL, 12);
    add_time(d, k);
    if (d->l.pane_form == PANE_FORM_OVERLAY || pane_reachable(d))
        footer_add_keys(k, "[ ]", MSG_VIEW_KEY_SCROLL,
                        d->l.pane_form == PANE_FORM_OVERLAY ? 2 : 11);
    footer_add(k, COMMAND_DIAGRAM, MSG_VIEW_KEY_DIAGRAM, d->l.pane_form != PANE_FORM_OVERLAY, 10);
    /* their rows may be on no page that is looked at */
    footer_add(k, COMMAND_WARNINGS, MSG_VIEW_KEY_WARNINGS, true, warned ? 6 : 12);
    footer_add(k, COMMAND_PANE, footer_pane_word(d), true,
               ui->lesson.steps && d->l.pane.h == 0  ? 0 /* the words are there */
               : d->l.pane_form == PANE_FORM_OVERLAY ? 1
                                                     : 9);
    footer_add(k, COMMAND_COPY, MSG_VIEW_KEY_COPY, d->n_rows > 0, 14);
    footer_add(k, COMMAND_EXPORT, MSG_VIEW_KEY_EXPORT, d->n_rows > 0 && !d->v->settings->readonly,
               15);
    add_back(d, k);
    footer_add(k, COMMAND_HELP, MSG_VIEW_KEY_HELP, true, header_help ? 16 : 3);
    footer_add(k, COMMAND_QUIT, MSG_VIEW_KEY_QUIT, true, 0);
}

static void item_text(const struct drawing *d, const struct key_item *item, char key[24])
{
    char name[24];

    if (item->keys)
        snprintf(name, sizeof name, "%s", item->keys);
    else
        keymap_first_key(&d->v->settings->bindings, (enum command_id)item->command, name);
    draw_key_words(d, name, key, 24);
}

static int item_width(const struct drawing *d, const struct key_item *item)
{
    char key[24];

    item_text(d, item, key);
    return utf8_width(key) + 1 + utf8_width(text(item->word));
}

/* Take items in by rank; the first that does not fit ends it. */
static void take_items(const struct drawing *d, struct key_items *k, int gap,
                       bool in[KEY_ITEMS_MAX])
{
    int used = 1;

    for (int rank = 0; rank <= KEY_ITEMS_MAX; rank++) {
        for (int i = 0; i < k->n; i++) {
            const struct key_item *item = &k->item[i];
            char key[24];
            int w;

            if (item->rank != rank || !item->there)
                continue;
            item_text(d, item, key);
            if (!*key)
                continue;
            w = item_width(d, item) + (used > 1 ? gap : 0);
            if (used + w > d->ui->w)
                return;
            used += w;
            in[i] = true;
        }
    }
}

/* The reason of a sample that is not complete; "" when there is nothing to say. */
static void reason_words(char out[FILL_SIZE], const struct drawing *d)
{
    const struct sample *s = d->v->newest ? d->v->newest : d->s;

    char why[REASON_TEXT_SIZE];

    out[0] = '\0';
    if (!s || s->reason.code == REASON_NONE)
        return;
    reason_text(why, &s->reason, text_language());
    if (s->status == SAMPLE_FAILED)
        draw_fill(out, MSG_VIEW_TRYING_AGAIN, why, NULL, NULL);
    else if (s->status == SAMPLE_PARTIAL)
        draw_fill(out, MSG_VIEW_LOWER_BOUNDS, why, NULL, NULL);
}

static int gap_of(const struct drawing *d)
{
    return d->ui->w >= WIDE_GAP_FROM_W ? 3 : 2;
}

/* The keys that do something here, and which of them there is room for. */
static void make_items(const struct drawing *d, struct key_items *k, bool in[KEY_ITEMS_MAX])
{
    if (overlay_ops(d->ui)->footer)
        overlay_ops(d->ui)->footer(d, k);
    else
        main_items(d, k);
    take_items(d, k, gap_of(d), in);
}

/* Do keys stand there, or something else? */
static bool shows_keys(const struct drawing *d)
{
    char reason[FILL_SIZE];

    reason_words(reason, d);
    return d->ui->prompt == PROMPT_NONE && !d->ui->digits[0] && d->l.footer.h > 0 &&
           !d->ui->message[0] && !*reason && d->ui->progress < 0;
}

int footer_command_at(const struct view *v, int x)
{
    struct key_items k = {.n = 0};
    bool in[KEY_ITEMS_MAX] = {false};
    struct drawing d;
    int at = 1;

    draw_init(&d, NULL, v);
    if (d.l.kind == LAYOUT_NOTICE || !shows_keys(&d))
        return -1;
    make_items(&d, &k, in);
    for (int i = 0; i < k.n; i++) {
        const int from = at;

        if (!in[i])
            continue;
        at += item_width(&d, &k.item[i]);
        if (x >= from && x < at)
            return k.item[i].keys ? -1 : k.item[i].command;
        at += gap_of(&d);
    }
    return -1;
}

static void draw_keys(struct drawing *d, int y)
{
    struct key_items k = {.n = 0};
    bool in[KEY_ITEMS_MAX] = {false};
    int gap = gap_of(d), x = 1;

    make_items(d, &k, in);
    for (int i = 0; i < k.n; i++) {
        char key[24];

        if (!in[i])
            continue;
        item_text(d, &k.item[i], key);
        x += canvas_put(d->c, x, y, d->ui->w, ROLE_KEY, key) + 1;
        x += canvas_put(d->c, x, y, d->ui->w, ROLE_TEXT, text(k.item[i].word)) + gap;
    }
}

static void draw_progress(struct drawing *d, int y)
{
    char done[16], line[FILL_SIZE];

    snprintf(done, sizeof done, "%d", d->ui->progress);
    draw_fill(line, MSG_VIEW_PROGRESS, done, NULL, NULL);
    canvas_put(d->c, 1, y, d->ui->w - 2, ROLE_TEXT, line);
}

void footer_draw(struct drawing *d)
{
    char reason[FILL_SIZE];
    int y = d->l.footer.y;

    if (d->ui->prompt != PROMPT_NONE || d->ui->digits[0]) {
        prompt_draw(d);
        return;
    }
    if (d->l.footer.h == 0)
        return;
    reason_words(reason, d);
    if (d->ui->message[0])
        draw_name(d->c, 1, y, d->ui->w - 2, ROLE_TEXT, d->ui->message);
    else if (*reason)
        draw_name(d->c, 1, y, d->ui->w - 2, ROLE_WARN, reason);
    else if (d->ui->progress >= 0)
        draw_progress(d, y);
    else
        draw_keys(d, y);
}
