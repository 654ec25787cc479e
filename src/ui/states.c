/* The eleven states: count, change, sparkline and maximum; as one column or two. */
#include <stdio.h>

#include "parts.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/utf8.h"
#include "tcptop/query/column.h"

#define ALL         STATE_STATE_LIST_COUNT /* the place of "all" */
#define LEFT_STATES 6                      /* rows of the left half; the right one has the rest */
#define NAME_W      11
#define GLOSS_W     13
#define MEANING_W   30
#define MAX_W       8
#define HALF_GAP    2
#define WIDE_HALF   47 /* a half this wide has the long number fields */

/* Where the fields of a row are, counted from its first column; w 0: not there. */
struct fields {
    int words_x, words_w; /* gloss or meaning */
    int now_x, now_w, change_x, change_w;
    int spark_x, cells;
    int max_x, max_w;
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
    f.max_x = width - f.max_w;
    f.spark_x = f.max_w ? f.max_x - 1 - f.cells : width - f.cells;
    f.change_x = f.spark_x - (f.cells || f.max_w ? 1 : 0) - f.change_w;
    f.now_x = f.change_x - 1 - f.now_w;
    if (f.now_x < x) { /* what is left over stands before the numbers */
        f.now_x = x;
        f.change_x = x + f.now_w + 1;
    }
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

unsigned state_list_state(unsigned index)
{
    return index < STATE_STATE_LIST_COUNT ? state_state_list_order[index] : 0;
}

bool state_list_count(const struct sample *s, unsigned state, uint64_t *count)
{
    if (!s)
        return false;
    if (state == TCP_STATE_CLOSE) {
        *count = s->count[TCP_STATE_BOUND_INACTIVE];
        return s->needs & NEED_BOUND;
    }
    *count = state ? s->count[state] : s->total;
    return true;
}

static const char *name_of(const struct drawing *d, unsigned state)
{
    if (state == 0)
        return text(MSG_VIEW_ALL);
    if (state == TCP_STATE_CLOSE && d->s && d->s->needs & NEED_BOUND)
        return "BOUND";
    return state_name(state);
}

static void draw_numbers(struct drawing *d, const struct fields *f, int x, int y, unsigned state,
                         enum role role)
{
    const struct history *h = drawing_history(d);
    uint64_t count = 0;
    int64_t change;
    char number[FMT_SIZE] = FMT_NONE;
    bool known = state_list_count(d->s, state, &count);
    unsigned counted = state == TCP_STATE_CLOSE ? TCP_STATE_BOUND_INACTIVE : state;

    if (known)
        fmt_count_fit(number, sizeof number, count, f->now_w);
    canvas_put_right(d->c, x + f->now_x, y, f->now_w, role, number);
    if (known && h && history_change(h, counted, HISTORY_SHOWN, &change)) {
        fmt_change(number, sizeof number, change, f->change_w);
        canvas_put_right(d->c, x + f->change_x, y, f->change_w, role, number);
    }
    if (f->max_w == 0)
        return;
    snprintf(number, sizeof number, FMT_NONE);
    if (known && h)
        fmt_count_fit(number, sizeof number, history_max(h, counted, HISTORY_SHOWN), f->max_w);
    canvas_put_right(d->c, x + f->max_x, y, f->max_w, ROLE_DIM, number);
}

static void draw_state(struct drawing *d, const struct fields *f, int x, int y, int w,
                       unsigned index)
{
    unsigned state = state_list_state(index);
    bool chosen = d->ui->state_list == index, focused = d->ui->focus == FOCUS_STATES;
    uint64_t count = 0;
    bool zero = !state_list_count(d->s, state, &count) || count == 0;
    enum role name = zero ? ROLE_DIM : state ? column_state_role(state) : ROLE_TEXT;
    bool warned = state && drawing_warned_states(d) >> state & 1;
    struct spark spark;

    if (warned)
        canvas_put(d->c, x + 1, y, 1, ROLE_WARN, "!");
    canvas_put(d->c, x + GUTTER, y, NAME_W, name, name_of(d, state));
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
    spark_make(&spark, drawing_history(d), state, f->cells);
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
    if (f->cells) {
        spark_title(last, drawing_history(d));
        canvas_fill(d->c, change_end, y, x + f->spark_x - change_end, 1, ROLE_TEXT, " ");
        canvas_fill(d->c, x + f->spark_x, y, utf8_width(last) + 1, 1, ROLE_TEXT, " ");
        canvas_put(d->c, x + f->spark_x, y, utf8_width(last), ROLE_TITLE, last);
    }
    draw_head(d, x + f->max_x, f->max_w, y, true, MSG_VIEW_MAX);
}

static void draw_one_column(struct drawing *d)
{
    const struct rect *r = &d->l.state_list;
    struct fields f = one_column(state_list_width(d));

    draw_title(d->c, r, d->ui->focus == FOCUS_STATES, text(MSG_VIEW_STATES), NULL, NULL);
    draw_heads(d, &f, r->x, r->y);
    for (unsigned i = 0; i < STATE_STATE_LIST_COUNT; i++)
        draw_state(d, &f, r->x, r->y + 1 + (int)i, state_list_width(d), i);
}

static void draw_two_columns(struct drawing *d)
{
    const struct rect *r = &d->l.state_list;
    int half = half_width(d);
    struct fields f = two_columns(half);

    draw_title(d->c, r, d->ui->focus == FOCUS_STATES, text(MSG_VIEW_STATES), NULL, NULL);
    for (unsigned i = 0; i <= ALL; i++) {
        int x = r->x + (i < LEFT_STATES ? 0 : half + HALF_GAP);

        if (i % LEFT_STATES == 0)
            draw_heads(d, &f, x, r->y);
        draw_state(d, &f, x, r->y + 1 + (int)(i % LEFT_STATES), half, i);
    }
}

void draw_state_list(struct drawing *d)
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

int state_list_at(const struct drawing *d, int x, int y)
{
    const struct rect *r = &d->l.state_list;
    int row = y - r->y - 1;

    if (x < r->x || x >= r->x + r->w || y < r->y || y >= r->y + r->h)
        return -1;
    if (d->l.state_list_form == STATE_LIST_ONE_COLUMN)
        return row >= 0 && row < STATE_STATE_LIST_COUNT ? row : -1;
    if (d->l.state_list_form == STATE_LIST_TWO_COLUMNS)
        return row < 0 ? -1 : x < r->x + half_width(d) + HALF_GAP / 2 ? row : LEFT_STATES + row;
    return chip_at(d, x);
}
