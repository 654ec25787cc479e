/* SPDX-License-Identifier: MIT */
/* The list of states: count, change, sparkline and maximum of each, as one column, as two, or as
 * chips on one line; and which of them is chosen. */
#include <stdio.h>

#include "pane.h"
#include "prompt.h"
#include "states.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/utf8.h"
#include "tcptop/query/column.h"

#define ALL         STATE_LIST_COUNT /* the place of "all" */
#define LEFT_STATES 6                /* rows of the left half; the right one has the rest */
#define NAME_W      11
#define GLOSS_W     13
#define MEANING_W   30
#define MAX_W       8
#define HALF_GAP    2
#define WIDE_HALF   47 /* a half this wide has the long number fields */

static unsigned state_at(unsigned index)
{
    return index < STATE_LIST_COUNT ? state_list_order[index] : 0;
}

bool states_count(const struct sample *s, unsigned state, uint64_t *count)
{
    if (!s)
        return false;
    if (state == TCP_STATE_CLOSE) {
        *count = s->count[TCP_STATE_BOUND_INACTIVE] + s->count[TCP_STATE_CLOSE];
        return s->needs & NEED_BOUND || s->count[TCP_STATE_CLOSE]; /* other programs list it */
    }
    *count = state ? s->count[state] : s->total;
    return true;
}

#define CHIP_TEXT 40
struct chip {
    unsigned index;
    int x, w; /* with the blank or bracket on its left */
    char text[CHIP_TEXT];
};

struct chips {
    struct chip chip[STATE_LIST_COUNT + 1];
    int n, left_out, w;
};

/* From the fullest form to the shortest: names, codes, short counts, then states leave. */
enum { CHIPS_FULL, CHIPS_CODES, CHIPS_SHORT, CHIPS_NO_LISTEN, CHIPS_NO_OPEN, CHIPS_NO_DONE };

static bool chip_leaves(uint32_t warned, unsigned state, int form)
{
    if (warned >> state & 1)
        return false;
    return (form >= CHIPS_NO_LISTEN && state == TCP_STATE_LISTEN) ||
           (form >= CHIPS_NO_OPEN && state == TCP_STATE_ESTABLISHED) ||
           (form >= CHIPS_NO_DONE && state == TCP_STATE_TIME_WAIT);
}

/* Put a chip at the end. */
static void add_chip(struct chips *chips, unsigned index, int form, const char *number)
{
    struct chip *chip = &chips->chip[chips->n++];
    unsigned state = state_at(index);

    chip->index = index;
    chip->x = chips->w - 1;
    snprintf(chip->text, sizeof chip->text, "%s %s",
             state == 0           ? text(MSG_VIEW_ALL)
             : form == CHIPS_FULL ? state_name(state)
                                  : state_code(state),
             number);
    chip->w = utf8_width(chip->text) + 1;
    chips->w += chip->w;
}

static void count_text(char number[FMT_SIZE], uint64_t count, int form)
{
    fmt_count_fit(number, FMT_SIZE, count, form >= CHIPS_SHORT ? 5 : 12);
}

static void chips_fill(const struct drawing *d, struct chips *chips, int form)
{
    *chips = (struct chips){.w = 1};
    for (unsigned i = 0; i <= STATE_LIST_COUNT; i++) {
        bool chosen = d->ui->state_list == i && d->ui->focus == FOCUS_STATES;
        unsigned state = state_at(i);
        char number[FMT_SIZE] = FMT_NONE;
        uint64_t count = 0;
        bool known = states_count(d->s, state, &count);

        if (!chosen && (!known || count == 0 || state == 0))
            continue;
        if (!chosen && chip_leaves(draw_warned_states(d), state, form)) {
            chips->left_out++;
            continue;
        }
        if (known)
            count_text(number, count, form);
        add_chip(chips, i, form, number);
    }
}

#define MORE_W 2 /* " …" */

static bool chips_fit(const struct chips *chips, int room)
{
    return chips->w + (chips->left_out ? MORE_W : 0) <= room;
}

/* How many states are left out, where there is room for that. */
static void draw_left_out(struct canvas *c, int x, int y, int room, unsigned n)
{
    char number[16], words[FILL_SIZE];

    if (!n)
        return;
    snprintf(number, sizeof number, "%u", n);
    draw_fill(words, MSG_VIEW_STATES_MORE, number, NULL, NULL);
    canvas_put(c, x, y, room, ROLE_DIM, utf8_width(words) <= room ? words : "…");
}

static void leave_out(struct chips *chips, int i)
{
    int w = chips->chip[i].w;

    for (int j = i + 1; j < chips->n; j++) {
        chips->chip[j - 1] = chips->chip[j];
        chips->chip[j - 1].x -= w;
    }
    chips->n--;
    chips->left_out++;
    chips->w -= w;
}

static void chips_make(const struct drawing *d, struct chips *chips)
{
    for (int form = CHIPS_FULL; form <= CHIPS_NO_DONE; form++) {
        chips_fill(d, chips, form);
        if (chips_fit(chips, d->l.state_list.w))
            return;
    }
    /* even so too narrow: the last ones leave, but never the chosen one */
    for (int i = chips->n - 1; i >= 0 && !chips_fit(chips, d->l.state_list.w); i--) {
        if (chips->chip[i].index == d->ui->state_list && d->ui->focus == FOCUS_STATES)
            continue;
        if (draw_warned_states(d) >> state_at(chips->chip[i].index) & 1)
            continue;
        leave_out(chips, i);
    }
}

static void draw_chips(struct drawing *d)
{
    const struct rect *r = &d->l.state_list;
    struct chips chips;

    chips_make(d, &chips);
    for (int i = 0; i < chips.n; i++) {
        const struct chip *chip = &chips.chip[i];
        bool chosen = d->ui->state_list == chip->index && d->ui->focus == FOCUS_STATES;
        unsigned state = state_at(chip->index);

        canvas_put(d->c, r->x + chip->x + 1, r->y, r->w - chip->x - 1,
                   chosen  ? ROLE_CURSOR
                   : state ? column_state_role(state)
                           : ROLE_TEXT,
                   chip->text);
        if (state && draw_warned_states(d) >> state & 1)
            canvas_put(d->c, r->x + chip->x, r->y, 1, ROLE_WARN, "!");
        if (chosen) {
            canvas_put(d->c, r->x + chip->x, r->y, 1, ROLE_CURSOR, "[");
            canvas_put(d->c, r->x + chip->x + chip->w, r->y, 1, ROLE_CURSOR, "]");
        }
    }
    draw_left_out(d->c, r->x + chips.w, r->y, r->w - chips.w, (unsigned)chips.left_out);
}

static int chip_at(const struct drawing *d, int x)
{
    int from = d->l.state_list.x;
    struct chips chips;

    chips_make(d, &chips);
    for (int i = 0; i < chips.n; i++) {
        if (x > from + chips.chip[i].x && x <= from + chips.chip[i].x + chips.chip[i].w)
            return (int)chips.chip[i].index;
    }
    return -1;
}

static void counts_fill(struct chips *chips, const uint32_t count[TCP_STATE_COUNT], int form)
{
    *chips = (struct chips){.w = 0};
    for (unsigned i = 0; i < STATE_LIST_COUNT; i++) {
        unsigned state = state_at(i);
        uint64_t n =
            count[state] + (state == TCP_STATE_CLOSE ? count[TCP_STATE_BOUND_INACTIVE] : 0);
        char number[FMT_SIZE];

        if (n == 0)
            continue;
        count_text(number, n, form);
        add_chip(chips, i, form, number);
    }
}

/* Index of the chip whose state has the fewest, the last of equals. */
static int fewest(const struct chips *chips, const uint32_t count[TCP_STATE_COUNT])
{
    int least = 0;

    for (int i = 1; i < chips->n; i++)
        if (count[state_at(chips->chip[i].index)] <= count[state_at(chips->chip[least].index)])
            least = i;
    return least;
}

int states_chips_form(const uint32_t count[TCP_STATE_COUNT], int room)
{
    struct chips chips;

    for (int form = CHIPS_FULL; form < CHIPS_SHORT; form++) {
        counts_fill(&chips, count, form);
        if (chips_fit(&chips, room + 1)) /* none has a bracket on its left */
            return form;
    }
    return CHIPS_SHORT;
}

void states_draw_chips(struct canvas *c, int x, int y, int room,
                       const uint32_t count[TCP_STATE_COUNT], int form, enum role role)
{
    struct chips chips;

    counts_fill(&chips, count, form);
    while (chips.n > 0 && !chips_fit(&chips, room + 1))
        leave_out(&chips, fewest(&chips, count));
    for (int i = 0; i < chips.n; i++) {
        unsigned state = state_at(chips.chip[i].index);

        canvas_put(c, x + chips.chip[i].x + 1, y, room,
                   role == ROLE_TEXT ? column_state_role(state) : role, chips.chip[i].text);
    }
    draw_left_out(c, x + chips.w, y, room - chips.w, (unsigned)chips.left_out);
}

/* Where the fields of a row are, counted from its first column; w 0: not there. */
struct fields {
    int words_x, words_w; /* gloss or meaning */
    int now_x, now_w, change_x, change_w;
    int spark_x, cells;
    int max_x, max_w;
    unsigned about; /* the state whose line the pane explains, 0: none */
};

/* The largest sparkline of at most `room` cells; all sizes divide 60. */
static int spark_cells(int room)
{
    static const int sizes[] = {60, 30, 20, 15, 12, 10};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (sizes[i] <= room)
            return sizes[i];
    }
    return 0;
}

static struct fields one_column(int width)
{
    struct fields f = {.now_w = 9, .change_w = 7, .max_w = MAX_W};
    int fixed = GUTTER + NAME_W + 1 + f.now_w + 1 + f.change_w + 1 + 1 + f.max_w;
    int words = text_language() == LANG_KO ? GLOSS_W : MEANING_W;
    int least = text_language() == LANG_KO ? 12 : HISTORY_SHOWN;
    int x = GUTTER + NAME_W + 1;

    f.cells = spark_cells(width - fixed - words - 1);
    if (f.cells >= least) {
        f.words_x = x;
        f.words_w = words;
        x += words + 1;
    } else {
        f.cells = spark_cells(width - fixed);
    }
    if (f.cells == 0 && width < fixed) /* too narrow for a sparkline: numbers alone */
        f.max_w = 0;
    f.now_x = x; /* what is left over stands behind it all: a name and its number are close */
    f.change_x = f.now_x + f.now_w + 1;
    f.spark_x = f.change_x + f.change_w + 1;
    f.max_x = f.spark_x + f.cells + 1;
    return f;
}

static struct fields two_columns(int half)
{
    bool wide = half >= WIDE_HALF;
    struct fields f = {.now_w = wide ? 9 : 7, .change_w = wide ? 7 : 5};

    f.now_x = GUTTER + NAME_W + 1;
    f.change_x = f.now_x + f.now_w + 1;
    f.cells = spark_cells(half - f.change_x - f.change_w - 2);
    f.spark_x = half - f.cells;
    return f;
}

static int half_width(const struct drawing *d)
{
    return (d->l.state_list.w - HALF_GAP) / 2;
}

/* Columns that rows may use: beside a pane the last one stays blank. */
static int state_list_width(const struct drawing *d)
{
    return d->l.state_list.w - (d->l.separator_x >= 0 ? 1 : 0);
}

static const char *name_of(unsigned state)
{
    if (state == 0)
        return text(MSG_VIEW_ALL);
    return state == TCP_STATE_CLOSE ? "CLOSE/BOUND" : state_name(state);
}

static void draw_numbers(struct drawing *d, const struct fields *f, int x, int y, unsigned state,
                         enum role role)
{
    const struct history *h = draw_history(d);
    uint64_t count = 0;
    int64_t change;
    char number[FMT_SIZE] = FMT_NONE;
    bool known = states_count(d->s, state, &count);
    bool closed = state == TCP_STATE_CLOSE && d->s && d->s->count[TCP_STATE_CLOSE];
    unsigned counted = state == TCP_STATE_CLOSE && !closed ? TCP_STATE_BOUND_INACTIVE : state;

    if (known)
        fmt_count_fit(number, sizeof number, count, f->now_w);
    canvas_put_right(d->c, x + f->now_x, y, f->now_w, role, number);
    if (known && !closed && h && history_change(h, counted, HISTORY_SHOWN + 1, &change, NULL)) {
        fmt_change(number, sizeof number, change, f->change_w);
        canvas_put_right(d->c, x + f->change_x, y, f->change_w, role, number);
    }
    if (f->max_w == 0)
        return;
    snprintf(number, sizeof number, FMT_NONE);
    if (known && h)
        fmt_count_fit(number, sizeof number,
                      history_max(h, counted, HISTORY_SHOWN) +
                          (closed ? history_max(h, TCP_STATE_BOUND_INACTIVE, HISTORY_SHOWN) : 0),
                      f->max_w);
    canvas_put_right(d->c, x + f->max_x, y, f->max_w, ROLE_DIM, number);
}

static void draw_state(struct drawing *d, const struct fields *f, int x, int y, int w,
                       unsigned index)
{
    unsigned state = state_at(index);
    bool focused = d->ui->focus == FOCUS_STATES;
    bool chosen = focused ? d->ui->state_list == index : state && f->about == state;
    uint64_t count = 0;
    bool known = states_count(d->s, state, &count), zero = !known || count == 0;
    enum role name = zero ? ROLE_DIM : state ? column_state_role(state) : ROLE_TEXT;
    bool warned = state && draw_warned_states(d) >> state & 1;
    struct spark spark;

    if (warned)
        canvas_put(d->c, x + 1, y, 1, ROLE_WARN, "!");
    canvas_put(d->c, x + GUTTER, y, NAME_W, name, name_of(state));
    if (f->words_w && state) {
        enum language language = text_language();

        canvas_put(d->c, x + f->words_x, y, f->words_w, ROLE_DIM,
                   language == LANG_KO ? explain_gloss(state, language)
                                       : explain_meaning(state, language));
    }
    draw_numbers(d, f, x, y, state, zero ? ROLE_DIM : ROLE_TEXT);
    if (chosen) {
        canvas_put(d->c, x, y, 1, ROLE_TEXT, focused ? "▸" : "▹");
        draw_cursor(d->c, x, y, f->cells ? f->spark_x - 1 : w, focused);
    }
    if (d->s && (d->s->import || (state == TCP_STATE_CLOSE && !known)))
        return; /* no bars for a list of one moment, nor for what is not counted now */
    spark_make(&spark, draw_history(d), state, f->cells);
    spark.flat &= !warned;
    spark_draw(&spark, d->c, x + f->spark_x, y, state ? column_state_role(state) : ROLE_TEXT);
}

/* A head over a field, right-aligned or at its start, with a blank on each side in the rule. */
static void draw_head(struct drawing *d, int x, int w, int y, bool right, enum msg id)
{
    const char *head = text(id);
    int width = utf8_width(head), at = right ? x + w - width : x;

    if (w == 0)
        return;
    canvas_fill(d->c, at - 1, y, width + 2, 1, ROLE_TEXT, " ");
    canvas_put(d->c, at, y, width, ROLE_TITLE, head);
}

static void draw_heads(struct drawing *d, const struct fields *f, int x, int y)
{
    char last[FILL_SIZE];
    int change_end = x + f->change_x + f->change_w;
    enum msg change = f->change_w < 7 ? MSG_VIEW_CHANGE_SHORT : MSG_VIEW_CHANGE;

    draw_head(d, x + f->now_x, f->now_w, y, true, MSG_VIEW_NOW);
    draw_head(d, x + f->change_x, f->change_w, y, true, change);
    if (f->cells && !(d->s && d->s->import)) {
        spark_title(last, draw_history(d));
        canvas_fill(d->c, change_end, y, x + f->spark_x - change_end, 1, ROLE_TEXT, " ");
        canvas_fill(d->c, x + f->spark_x, y, utf8_width(last) + 1, 1, ROLE_TEXT, " ");
        canvas_put(d->c, x + f->spark_x, y, utf8_width(last), ROLE_TITLE, last);
    }
    draw_head(d, x + f->max_x, f->max_w, y, true, MSG_VIEW_MAX);
}

/* The line of the state that the pane explains: the mark of the list stands there while another
 * part has the focus. */
static unsigned about(const struct drawing *d)
{
    const unsigned state = pane_state(d->v);

    return state == TCP_STATE_BOUND_INACTIVE ? TCP_STATE_CLOSE : state;
}

static void draw_one_column(struct drawing *d)
{
    const struct rect *r = &d->l.state_list;
    struct fields f = one_column(state_list_width(d));

    f.about = about(d);

    draw_title(d->c, r, d->ui->focus == FOCUS_STATES, text(MSG_VIEW_STATES), NULL, NULL);
    draw_heads(d, &f, r->x, r->y);
    for (unsigned i = 0; i < STATE_LIST_COUNT; i++)
        draw_state(d, &f, r->x, r->y + 1 + (int)i, state_list_width(d), i);
}

static void draw_two_columns(struct drawing *d)
{
    const struct rect *r = &d->l.state_list;
    int half = half_width(d);
    struct fields f = two_columns(half);

    f.about = about(d);

    draw_title(d->c, r, d->ui->focus == FOCUS_STATES, text(MSG_VIEW_STATES), NULL, NULL);
    for (unsigned i = 0; i <= ALL; i++) {
        int x = r->x + (i < LEFT_STATES ? 0 : half + HALF_GAP);

        if (i % LEFT_STATES == 0)
            draw_heads(d, &f, x, r->y);
        draw_state(d, &f, x, r->y + 1 + (int)(i % LEFT_STATES), half, i);
    }
}

void states_draw(struct drawing *d)
{
    switch (d->l.state_list_form) {
    case STATE_LIST_ONE_COLUMN:
        draw_one_column(d);
        break;
    case STATE_LIST_TWO_COLUMNS:
        draw_two_columns(d);
        break;
    case STATE_LIST_CHIPS:
        draw_chips(d);
        break;
    case STATE_LIST_NONE:
        break;
    }
}

static int place_at(const struct drawing *d, int x, int y)
{
    const struct rect *r = &d->l.state_list;
    int row = y - r->y - 1;

    if (x < r->x || x >= r->x + r->w || y < r->y || y >= r->y + r->h)
        return -1;
    if (d->l.state_list_form == STATE_LIST_ONE_COLUMN)
        return row >= 0 && row < STATE_LIST_COUNT ? row : -1;
    if (d->l.state_list_form == STATE_LIST_TWO_COLUMNS)
        return row < 0 ? -1 : x < r->x + half_width(d) + HALF_GAP / 2 ? row : LEFT_STATES + row;
    return chip_at(d, x);
}

int states_at(const struct view *v, int x, int y)
{
    struct drawing d;

    draw_init(&d, NULL, v);
    return place_at(&d, x, y);
}

unsigned states_index(unsigned state)
{
    unsigned i = 0;

    while (i < STATE_LIST_COUNT - 1 && state_list_order[i] != state)
        i++;
    return i;
}

/* Is there an entry? Chips show only states that have connections. */
static bool has_entry(const struct session *s, const struct layout *l, unsigned index)
{
    const struct sample *shown = s->list->sample;

    if (index >= STATE_LIST_COUNT)
        return l->state_list_form == STATE_LIST_TWO_COLUMNS;
    return l->state_list_form != STATE_LIST_CHIPS || !shown ||
           shown->count[state_list_order[index]] > 0;
}

/* By a line, or to an end. Entries that are not there are passed over. */
static void move(struct session *s, const struct layout *l, enum move_unit unit, int sign)
{
    int at = unit == MOVE_LINE ? (int)s->ui.state_list : sign > 0 ? STATE_LIST_COUNT + 1 : -1;
    int step = unit == MOVE_LINE ? sign : -sign;

    for (at += step; at >= 0 && at <= STATE_LIST_COUNT; at += step) {
        if (has_entry(s, l, (unsigned)at)) {
            s->ui.state_list = (unsigned)at;
            return;
        }
    }
}

static unsigned sideways(struct session *s, const struct layout *l, int sign)
{
    unsigned *at = &s->ui.state_list;

    if (l->state_list_form == STATE_LIST_CHIPS)
        move(s, l, MOVE_LINE, sign);
    else if (l->state_list_form != STATE_LIST_TWO_COLUMNS)
        return REACT_NOT_MINE;
    else if (sign > 0 && *at < LEFT_STATES)
        *at += LEFT_STATES;
    else if (sign < 0 && *at >= LEFT_STATES)
        *at -= LEFT_STATES;
    return REACT_NOTHING;
}

/* The first state of the list among those that the worst warning stands out in; 0: none is. */
static unsigned warned_state(const struct session *s)
{
    const struct findings *f = s->newest ? s->newest->findings : NULL;

    for (uint32_t i = 0; f && i < f->n; i++) {
        if (f->list[i].severity < SEVERITY_WARNING)
            continue;
        for (unsigned at = 0; at < STATE_LIST_COUNT; at++)
            if (f->list[i].marks & STATE_BIT(state_list_order[at]))
                return state_list_order[at];
    }
    return 0;
}

void states_preselect(struct session *s)
{
    struct view v = session_view(s);
    unsigned state = warned_state(s);
    struct drawing d;

    if (s->ui.state_chosen || s->ui.focus == FOCUS_STATES)
        return;
    draw_init(&d, NULL, &v);
    const uint32_t row = draw_cursor_row(&d);
    if (!state && row != UINT32_MAX)
        state = d.s->conn[row].state;
    if (state)
        s->ui.state_list = states_index(state);
}

unsigned states_filter(struct session *s)
{
    char term[32] = "";
    unsigned state = ui_state_list_state(&s->ui), reaction = REACT_NOTHING;

    if (state)
        snprintf(term, sizeof term, "state:%s", state_name(state));
    prompt_filter_choose_states(s, term, &reaction);
    return reaction;
}

unsigned states_command(struct session *s, enum command_id command)
{
    struct layout l;
    enum move_unit unit;
    int sign;

    layout_compute(&l, &s->ui);
    if (session_movement(command, &unit, &sign) && (unit == MOVE_LINE || unit == MOVE_END))
        move(s, &l, unit, sign);
    else if (command == COMMAND_LEFT || command == COMMAND_RIGHT)
        return sideways(s, &l, command == COMMAND_LEFT ? -1 : 1);
    else if (command == COMMAND_OPEN)
        return states_filter(s);
    else
        return REACT_NOT_MINE;
    return REACT_NOTHING;
}
