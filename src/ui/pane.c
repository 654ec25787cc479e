/* SPDX-License-Identifier: MIT */
/* The pane: the words and numbers about one state, beside the table, below it, in brief, or over
 * the body. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "footer.h"
#include "group_rows.h"
#include "pane.h"
#include "session_rows.h"
#include "tcptop/base/utf8.h"

#define COLUMN_GAP 4

/* What the text depends on, beside the rows of the sample and what is made of them. */
struct text_key {
    struct explain_subject subject;
    enum language language;
    enum pane_form form;
    bool page;
    int width, capacity; /* in lines */
};

/* The text as it was laid out last: each key and each frame asks for it several times. */
struct pane_kept {
    bool valid;
    struct text_key key;
    struct explain_text text;
};

/* Where the text goes: `columns` columns of `width`, each `lines` high. */
struct pane_text {
    const struct explain_text *text;
    struct explain_text own; /* where none is kept */
    int x, y, width, lines, columns;
    uint32_t top, shown; /* lines of the text */
};

struct pane_kept *pane_kept_new(void)
{
    return calloc(1, sizeof(struct pane_kept));
}

void pane_kept_free(struct pane_kept *kept)
{
    if (kept)
        explain_fini(&kept->text);
    free(kept);
}

void pane_forget(struct session *s)
{
    if (s->pane_kept)
        s->pane_kept->valid = false;
}

/* The state of the group under the cursor: that by which it is grouped, else the one that most of
 * its rows are in; 0: no group is there, or it has no rows. */
static unsigned group_state(const struct drawing *d)
{
    const uint32_t group = group_of_cursor(d);
    unsigned most = 0;
    struct value v;

    if (group == GROUP_NONE)
        return 0;
    if (d->groups->how.by == COL_STATE) {
        groups_value(d->groups, group, &v);
        return state_parse(v.text, strlen(v.text));
    }
    const uint32_t *count = d->groups->group[group].state;
    for (unsigned state = 1; state < TCP_STATE_COUNT; state++)
        if (count[state] > (most ? count[most] : 0))
            most = state;
    return most;
}

static enum msg lesson_keys(const struct ui_lesson *lesson)
{
    return lesson->step == 1               ? MSG_LESSON_KEYS_FIRST
           : lesson->step == lesson->steps ? MSG_LESSON_KEYS_LAST
                                           : MSG_LESSON_KEYS;
}

/* What the pane is about; false when about no state. */
static bool subject_of(const struct drawing *d, struct explain_subject *subject)
{
    uint32_t row = draw_cursor_row(d);
    unsigned state = ui_state_list_state(d->ui);
    bool of_row = d->ui->subject == FOCUS_TABLE && row != UINT32_MAX;

    if (state == TCP_STATE_CLOSE && d->s && (d->s->needs & NEED_BOUND) &&
        !d->s->count[TCP_STATE_CLOSE]) /* what its row counts */
        state = TCP_STATE_BOUND_INACTIVE;
    *subject = (struct explain_subject){.sample = d->s,
                                        .summary = d->v->summary,
                                        .breakdown = d->v->breakdown,
                                        .row = UINT32_MAX,
                                        .state = state};
    if (d->ui->lesson.step) {
        subject->lesson = text(d->ui->lesson.text);
        subject->lesson_over = d->ui->lesson.over;
        subject->lesson_keys = lesson_keys(&d->ui->lesson);
    }
    if (of_row || (state == 0 && row != UINT32_MAX)) {
        subject->state = conn_counts_as(&d->s->conn[row]);
        subject->row = of_row ? row : UINT32_MAX;
    } else if (d->ui->subject == FOCUS_TABLE && group_state(d)) {
        subject->state = group_state(d);
    }
    return subject->state != 0;
}

/* Is there room for numbers? */
static bool has_numbers(const struct drawing *d)
{
    return d->l.pane.h > 1 && d->l.pane_form != PANE_FORM_BRIEF && d->l.pane_form != PANE_FORM_NONE;
}

static void place_text(const struct drawing *d, struct pane_text *p)
{
    const struct rect *r = &d->l.pane;

    p->x = r->x + 1;
    p->y = r->y + 1;
    p->lines = r->h - 1;
    p->columns = d->l.pane_two_columns ? 2 : 1;
    p->width = p->columns == 2         ? (r->w - 2 - COLUMN_GAP) / 2
               : d->l.separator_x >= 0 ? r->w - 1
                                       : r->w - 2;
}

/* Of one sample, with the same numbers: pane_forget() says where that ends. */
static bool is_same(const struct text_key *a, const struct text_key *b)
{
    const struct explain_subject *one = &a->subject, *other = &b->subject;

    return one->state == other->state && one->sample == other->sample && one->row == other->row &&
           one->lesson == other->lesson && one->lesson_over == other->lesson_over &&
           one->lesson_keys == other->lesson_keys && a->language == b->language &&
           a->form == b->form && a->page == b->page && a->width == b->width &&
           a->capacity == b->capacity;
}

static int set_text(struct explain_text *t, const struct text_key *key)
{
    if (key->form == PANE_FORM_BRIEF)
        return explain_brief(t, &key->subject, key->width);
    if (key->page)
        return explain_page(t, &key->subject, key->width);
    return explain_layout(t, &key->subject, key->width, key->capacity,
                          key->form != PANE_FORM_BOTTOM && key->form != PANE_FORM_BESIDE);
}

/* The text that is kept, if it is this one; else it is laid out. */
static int text_of(const struct drawing *d, struct pane_text *p, const struct text_key *key)
{
    struct pane_kept *kept = d->v->pane_kept;
    int rc = 0;

    p->text = kept ? &kept->text : &p->own;
    if (!kept)
        return set_text(&p->own, key);
    if (!kept->valid || !is_same(&kept->key, key)) {
        explain_fini(&kept->text);
        rc = set_text(&kept->text, key);
        kept->key = *key;
        kept->valid = rc == 0;
    }
    return rc;
}

/* Lay the text out for the pane as it stands; false when there is none. Free with
 * explain_fini(&p->own). */
static bool lay_out(const struct drawing *d, struct pane_text *p)
{
    struct text_key key = {.language = text_language(),
                           .form = d->l.pane_form,
                           .page = d->ui->pane == PANE_WIDE && !d->ui->lesson.steps};

    *p = (struct pane_text){0};
    if (d->l.pane.h <= 1 || !subject_of(d, &key.subject))
        return false;
    place_text(d, p);
    key.width = p->width;
    key.capacity = p->lines * p->columns;
    if (text_of(d, p, &key) < 0)
        return false;
    const uint32_t lines = p->text->n_lines, capacity = (uint32_t)key.capacity;
    p->top = d->ui->pane_top[key.subject.state];
    p->shown = lines < capacity ? lines : capacity;
    if (p->top > lines - p->shown)
        p->top = lines - p->shown;
    return true;
}

static void draw_text(struct drawing *d, const struct pane_text *p)
{
    for (uint32_t i = 0; i < p->shown; i++) {
        int column = (int)i / p->lines, y = p->y + (int)i % p->lines;

        draw_explained(d->c, p->text, p->top + i, p->x + column * (p->width + COLUMN_GAP), y,
                       p->width);
    }
}

/* Beside the state's name: its gloss, or how far the lesson is. */
static void title_words(const struct drawing *d, unsigned state, char out[FILL_SIZE])
{
    const struct ui_lesson *lesson = &d->ui->lesson;
    char step[16], steps[16];

    draw_copy_text(out, FILL_SIZE, state ? explain_gloss(state, text_language()) : "");
    if (!lesson->steps)
        return;
    snprintf(step, sizeof step, "%u", lesson->step);
    snprintf(steps, sizeof steps, "%u", lesson->steps);
    draw_fill(out, lesson->step ? MSG_VIEW_LESSON : MSG_VIEW_LESSON_BEGINS, step, steps, NULL);
}

static void draw_pane_title(struct drawing *d, const struct pane_text *p, unsigned state)
{
    char right[FILL_SIZE] = "", words[FILL_SIZE], key[24], scroll[64];

    title_words(d, state, words);
    draw_scroll_mark(scroll, sizeof scroll, p->top, p->shown, p->text ? p->text->n_lines : 0);
    if (d->l.pane_form == PANE_FORM_BRIEF || (d->l.pane_form == PANE_FORM_BESIDE && *scroll)) {
        keymap_first_key(&d->v->settings->bindings, COMMAND_PANE, key);
        snprintf(right, sizeof right, "%s %s%s%s", key, text(footer_pane_word(d)),
                 d->l.pane_form == PANE_FORM_BESIDE ? DRAW_GAP : "",
                 d->l.pane_form == PANE_FORM_BESIDE ? scroll : "");
    } else if (!d->ui->lesson.steps || d->ui->lesson.step) { /* else the words need the room */
        draw_copy_text(right, sizeof right, scroll);
    }
    const char *name = state ? state_name(state) : text(MSG_VIEW_NO_STATE);
    const int beside = utf8_width(right) + (*right ? 3 : 0);
    if (!d->ui->lesson.steps && utf8_width(name) + 2 + utf8_width(words) + beside > d->l.pane.w - 4)
        words[0] = '\0'; /* a gloss is there whole or not at all */
    draw_title(d->c, &d->l.pane, d->ui->focus == FOCUS_PANE, name, words, right);
}

/* The line left of the pane, with its joints; it ends at the table's title, or goes on. */
static void draw_separator(struct drawing *d)
{
    int x = d->l.separator_x;
    bool table = d->ui->focus == FOCUS_TABLE, goes_on = layout_beside_table(&d->l);
    const char *top = d->ui->focus == FOCUS_STATES ? "┭" : d->ui->focus == FOCUS_PANE ? "┮" : "┬";
    const char *joint = goes_on ? (table ? "┥" : "┤") : table ? "┷" : "┴";

    canvas_fill(d->c, x, d->l.pane.y, 1, d->l.separator_h, ROLE_RULE, "│");
    canvas_put(d->c, x, d->l.state_list.y, 1, ROLE_RULE, top);
    const struct cell *end = canvas_at(d->c, x, d->l.table.y);
    if (goes_on || !strcmp(end->text, "─") || !strcmp(end->text, "━")) /* no word of the title */
        canvas_put(d->c, x, d->l.table.y, 1, !goes_on && table ? ROLE_FOCUS : ROLE_RULE, joint);
}

void pane_draw(struct drawing *d)
{
    struct explain_subject subject;
    struct pane_text p;

    if (d->l.pane.h <= 0)
        return;
    if (d->l.pane_form == PANE_FORM_OVERLAY)
        canvas_fill(d->c, d->l.pane.x, d->l.pane.y, d->l.pane.w, d->l.pane.h, ROLE_TEXT, " ");
    if (d->l.separator_x >= 0)
        draw_separator(d);
    lay_out(d, &p);
    subject_of(d, &subject);
    draw_pane_title(d, &p, subject.state);
    draw_text(d, &p);
    explain_fini(&p.own);
}

void pane_extent(const struct view *v, uint32_t *lines, uint32_t *shown)
{
    struct drawing d;
    struct pane_text p;

    draw_init(&d, NULL, v);
    lay_out(&d, &p);
    *lines = p.text ? p.text->n_lines : 0;
    *shown = p.shown;
    explain_fini(&p.own);
}

unsigned pane_state(const struct view *v)
{
    struct explain_subject subject;
    struct drawing d;

    draw_init(&d, NULL, v);
    return subject_of(&d, &subject) ? subject.state : 0;
}

unsigned pane_numbers_state(const struct view *v)
{
    struct explain_subject subject;
    struct drawing d;

    draw_init(&d, NULL, v);
    return has_numbers(&d) && subject_of(&d, &subject) ? subject.state : 0;
}

/* The numbers, made for each sample shown, by the worker where it is large. Those before stand
 * meanwhile. */
#define STEP_ROWS 65536u

struct breakdown_task {
    struct task task;      /* first: they are cast */
    struct row_view *list; /* a reference: its sample and summary */
    struct breakdown_work work;
    struct breakdown breakdown;
    bool done;
};

static bool breakdown_task_step(struct task *task)
{
    struct breakdown_task *b = (struct breakdown_task *)task;
    if (!breakdown_step(&b->work, STEP_ROWS) && !task->cancelled)
        return false;
    breakdown_finish(&b->work);
    b->done = true;
    return true;
}

static void breakdown_task_on_done(struct task *task, struct session *s)
{
    struct breakdown_task *b = (struct breakdown_task *)task;
    s->breakdown = b->breakdown;
    s->breakdown_task = NULL;
    pane_forget(s);
}

static void breakdown_task_free(struct task *task)
{
    struct breakdown_task *b = (struct breakdown_task *)task;
    if (!b->done)
        breakdown_finish(&b->work);
    row_view_unref(b->list);
    free(b);
}

static struct breakdown_task *breakdown_task_new(const struct session *s, unsigned state)
{
    struct breakdown_task *b = calloc(1, sizeof *b);
    if (!b)
        return NULL;
    b->task = (struct task){.step = breakdown_task_step,
                            .on_done = breakdown_task_on_done,
                            .free = breakdown_task_free};
    if (breakdown_begin(&b->work, &b->breakdown, s->list->sample, &s->list->summary, state)) {
        free(b);
        return NULL;
    }
    b->list = row_view_ref(s->list);
    return b;
}

/* Of rows that are carried from sample to sample there is nothing new to say. */
static bool is_current(const struct breakdown *b, const struct sample *shown)
{
    if (b->state && b->carried_ns && shown->left_out & STATE_BIT(b->state))
        return b->carried_ns == shown->carried_ns;
    return b->state && b->of == shown && b->seq == shown->seq;
}

void pane_settle_numbers(struct session *s)
{
    struct view v = session_view(s);
    unsigned state = v.shown ? pane_numbers_state(&v) : 0;
    if (s->breakdown_task && s->breakdown_task_state != state) { /* nobody waits for it any more */
        s->breakdown_task->cancelled = true;
        s->breakdown_task = NULL;
    }
    if (s->breakdown.state && s->breakdown.state != state) {
        s->breakdown.state = 0;
        pane_forget(s);
    }
    if (state == 0 || s->breakdown_task || is_current(&s->breakdown, v.shown))
        return;
    struct breakdown_task *b = breakdown_task_new(s, state);
    if (!b)
        return;
    s->breakdown_task = &b->task;
    s->breakdown_task_state = state;
    session_run(s, &b->task, b->list->sample);
}

bool pane_covers(const struct session *s)
{
    struct layout l;

    layout_compute(&l, &s->ui);
    return l.pane_form == PANE_FORM_OVERLAY;
}

/* Lines that the pane has beyond those it shows. */
static uint32_t hidden_lines(const struct session *s)
{
    struct view v = session_view(s);
    uint32_t lines, shown;

    pane_extent(&v, &lines, &shown);
    return lines > shown ? lines - shown : 0;
}

bool pane_scrolls(const struct session *s)
{
    return hidden_lines(s) > 0;
}

void pane_scroll(struct session *s, int lines)
{
    struct view v = session_view(s);
    unsigned state = pane_state(&v);

    if (state < TCP_STATE_COUNT)
        s->ui.pane_top[state] =
            (uint16_t)session_clamp(s->ui.pane_top[state], lines, hidden_lines(s));
}

static void scroll_by(struct session *s, enum move_unit unit, int sign)
{
    struct view v = session_view(s);
    uint32_t lines, shown;

    pane_extent(&v, &lines, &shown);
    pane_scroll(s, sign * (int)session_step(unit, lines, shown));
}

void pane_scroll_half(struct session *s, int sign)
{
    scroll_by(s, MOVE_HALF, sign);
}

unsigned pane_command(struct session *s, enum command_id command)
{
    enum move_unit unit;
    int sign;

    if (session_movement(command, &unit, &sign)) {
        scroll_by(s, unit, sign);
        return REACT_NOTHING;
    }
    if ((command != COMMAND_BACK && command != COMMAND_QUIT) || !pane_covers(s))
        return REACT_NOT_MINE;
    s->ui.pane = PANE_NORMAL;
    return REACT_NOTHING;
}
