/* Everything known about one connection: what it is, its figures, how they went, and what other
 * tools select it by. A field that was not measured shows "–" in its place. */
#include <stdio.h>
#include <string.h>

#include "overlay_details.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/utf8.h"
#include "tcptop/query/column.h"
#include "tcptop/query/select.h"

#define LABEL_W     DETAILS_LABEL
#define RIGHT_LABEL 11
#define TWO_FROM_W  66 /* two columns of fields */
#define FULL_W      76 /* … the right one from here where there is room */
#define RIGHT_X     42
#define LEFT_VALUE  19 /* else the left one has this room for values */
#define LINES_MAX   64

/* What a line of the overlay shows. */
enum line_kind {
    LINE_BLANK,
    LINE_ENDS,
    LINE_STATE, /* where it has no room beside the ends */
    LINE_SEEN,
    LINE_NAMES, /* where they are wanted, known or not */
    LINE_OTHER_END,
    LINE_FIELDS, /* the i-th of the left side, with that of the right one where there are two */
    LINE_RIGHT,  /* the i-th of the right side alone */
    LINE_HOLDER, /* the i-th of those who share the socket */
    LINE_TRACE_HEAD,
    LINE_TRACE,
    LINE_VERDICT, /* the i-th of those that say what the doctor found */
    LINE_SS,
    LINE_TCPDUMP,
    LINE_COMMAND,
};

struct line {
    enum line_kind kind;
    int i;
};

struct lines {
    struct line line[LINES_MAX];
    uint32_t n;
    bool two;
};

static void add_line(struct lines *l, enum line_kind kind, int i)
{
    if (l->n < LINES_MAX)
        l->line[l->n++] = (struct line){kind, i};
}

static void add_fields(struct lines *l, int from, int to)
{
    for (int i = from; i < to; i++)
        add_line(l, LINE_FIELDS, i);
    for (int i = from; i < to && !l->two; i++)
        add_line(l, LINE_RIGHT, i);
}

static void ends_text(const struct details *t, struct str *out)
{
    column_format_local(t->c, out);
    str_add_char(out, ' ');
    str_add(out, details_direction(t));
    str_add_char(out, ' ');
    column_format_remote(t->c, out);
}

/* Both ends by their names, "" where none is known. */
static void names_text(const struct details *t, struct str *out)
{
    bool known = endpoint_by_name(&t->naming, t->c, false, out);

    if (!known)
        column_format_local(t->c, out);
    str_add_char(out, ' ');
    str_add(out, details_direction(t));
    str_add_char(out, ' ');
    if (endpoint_by_name(&t->naming, t->c, true, out))
        known = true;
    else
        column_format_remote(t->c, out);
    if (!known)
        str_clear(out);
}

static bool state_beside(const struct details *t, int w)
{
    struct str ends = STR_INIT;
    char state[FILL_SIZE];
    bool fits;

    ends_text(t, &ends);
    details_state(t, state);
    fits = utf8_width(str_text(&ends)) + 2 + utf8_width(state) <= w;
    str_fini(&ends);
    return fits;
}

static void make_lines(struct lines *l, const struct details *t, int w)
{
    char other[FILL_SIZE];

    *l = (struct lines){.two = w >= TWO_FROM_W};
    details_other_end(t, other);
    add_line(l, LINE_ENDS, 0);
    if (!state_beside(t, w - 2))
        add_line(l, LINE_STATE, 0);
    add_line(l, LINE_SEEN, 0);
    if (t->naming.hosts || t->naming.services)
        add_line(l, LINE_NAMES, 0);
    add_line(l, *other ? LINE_OTHER_END : LINE_BLANK, 0);
    add_fields(l, 0, FIELDS);
    for (int i = 0; i < details_holders(t); i++)
        add_line(l, LINE_HOLDER, i);
    add_line(l, LINE_BLANK, 0);
    add_line(l, LINE_TRACE_HEAD, 0);
    for (int i = 0; i < TRACES; i++)
        add_line(l, LINE_TRACE, i);
    add_line(l, LINE_BLANK, 0);
    for (uint32_t i = 0; i < t->verdict.n_lines; i++)
        add_line(l, LINE_VERDICT, (int)i);
    if (t->verdict.n_lines)
        add_line(l, LINE_BLANK, 0);
    add_line(l, LINE_SS, 0);
    add_line(l, LINE_TCPDUMP, 0);
    add_line(l, LINE_BLANK, 0);
    add_fields(l, FIELDS, FIELDS_MAX);
    add_line(l, LINE_COMMAND, 0);
}

/* In an overlay of `w` columns; free with details_verdict_fini(). */
static void make(struct details *t, const struct drawing *d, int w)
{
    const struct watch_point *last = NULL;

    *t = (struct details){
        .s = d->s,
        .summary = d->v->summary,
        .c = &d->ui->details,
        .row = UINT32_MAX,
        .naming = {d->v->names, d->ui->host_names, d->ui->service_names},
    };
    if (d->s)
        t->watch = watch_find(d->s, t->c);
    if (d->s && d->ui->details_row < sample_rows(d->s)) {
        t->row = d->ui->details_row;
        t->c = &d->s->conn[t->row];
        t->metrics = sample_last_metrics(d->s, t->row);
    }
    for (uint32_t back = 0; !t->metrics && t->watch && (last = watch_at(t->watch, back)); back++)
        t->metrics = last->metrics.valid ? &last->metrics : NULL;
    details_fields(t);
    details_verdict(t, w - 2);
}

void details_put_cut(struct drawing *d, int x, int y, int w, enum role role, const char *value)
{
    canvas_put(d->c, x, y, w, role, value);
    if (w > 0 && utf8_width(value) > w)
        canvas_put(d->c, x + w - 1, y, 1, ROLE_DIM, "…");
}

static void draw_field(struct drawing *d, const struct field *f, int x, int y, int label_w, int w)
{
    enum role role = strcmp(f->value, FMT_NONE) ? ROLE_TEXT : ROLE_DIM;

    canvas_put(d->c, x, y, label_w - 1, ROLE_DIM, text(f->label));
    details_put_cut(d, x + label_w, y, w - label_w, role, f->value);
}

/* The widest label of one side, with a blank. */
static int label_width(const struct field *f, int n)
{
    int widest = 0;

    for (int i = 0; i < n; i++) {
        int w = utf8_width(text(f[i].label));
        widest = w > widest ? w : widest;
    }
    return widest + 1;
}

static void draw_fields(struct drawing *d, const struct details *t, int x, int y, int w, int i,
                        bool two)
{
    int label = LABEL_W, right_label = RIGHT_LABEL, right = RIGHT_X - 1;

    if (!two) {
        draw_field(d, &t->left[i], x, y, LABEL_W, w);
        return;
    }
    if (w + 2 < FULL_W) {
        label = label_width(t->left, t->n_left);
        right_label = label_width(t->right, t->n_right);
        right = label + LEFT_VALUE + 1;
    }
    draw_field(d, &t->left[i], x, y, label, right - 1);
    draw_field(d, &t->right[i], x + right, y, right_label, w - right);
}

static void draw_ends(struct drawing *d, const struct details *t, int x, int y, int w)
{
    struct str ends = STR_INIT;
    char state[FILL_SIZE];
    int state_w;

    ends_text(t, &ends);
    canvas_put(d->c, x, y, w, ROLE_LIVE, str_text(&ends));
    details_state(t, state);
    state_w = utf8_width(state);
    if (utf8_width(str_text(&ends)) + 2 + state_w <= w)
        canvas_put_right(d->c, x + w - state_w, y, state_w,
                         details_gone(t) ? ROLE_CLOSED : column_state_role(t->c->state), state);
    str_fini(&ends);
}

/* The key that copies it, whose it is, and the expression. */
static void draw_select(struct drawing *d, const struct details *t, int x, int y, int w, bool ss)
{
    struct str expression = STR_INIT;

    if (ss)
        select_ss(t->c, &expression);
    else
        select_tcpdump(t->c, &expression);
    canvas_put(d->c, x, y, 1, ROLE_KEY, ss ? "s" : "t");
    canvas_put(d->c, x + 2, y, LABEL_W - 3, ROLE_DIM, ss ? "ss" : "tcpdump");
    details_put_cut(d, x + LABEL_W, y, w - LABEL_W, ROLE_TEXT, str_text(&expression));
    str_fini(&expression);
}

static void draw_labelled(struct drawing *d, int x, int y, int w, enum msg label, const char *value)
{
    canvas_put(d->c, x, y, LABEL_W - 1, ROLE_DIM, text(label));
    if (*value)
        details_put_cut(d, x + LABEL_W, y, w - LABEL_W, ROLE_TEXT, value);
    else
        canvas_put(d->c, x + LABEL_W, y, w - LABEL_W, ROLE_DIM, FMT_NONE);
}

static void draw_line(struct drawing *d, const struct details *t, const struct lines *l,
                      const struct line *line, int x, int y, int w)
{
    char words[FILL_SIZE];
    struct str names = STR_INIT;

    switch (line->kind) {
    case LINE_BLANK:
        break;
    case LINE_ENDS:
        draw_ends(d, t, x, y, w);
        break;
    case LINE_STATE:
        details_state(t, words);
        canvas_put(d->c, x, y, w, details_gone(t) ? ROLE_CLOSED : column_state_role(t->c->state),
                   words);
        break;
    case LINE_SEEN:
        details_seen(t, w, words);
        canvas_put(d->c, x, y, w, ROLE_DIM, words);
        break;
    case LINE_NAMES:
        names_text(t, &names);
        draw_labelled(d, x, y, w, MSG_VIEW_DETAIL_NAMES, str_text(&names));
        str_fini(&names);
        break;
    case LINE_OTHER_END:
        details_other_end(t, words);
        draw_labelled(d, x, y, w, MSG_VIEW_DETAIL_OTHER_END, words);
        break;
    case LINE_FIELDS:
        draw_fields(d, t, x, y, w, line->i, l->two);
        break;
    case LINE_RIGHT:
        draw_field(d, &t->right[line->i], x, y, LABEL_W, w);
        break;
    case LINE_HOLDER:
        details_holder(d, t, line->i, x, y, w);
        break;
    case LINE_COMMAND:
        draw_labelled(d, x, y, w, MSG_VIEW_DETAIL_COMMAND, details_command(t));
        break;
    case LINE_TRACE_HEAD:
        details_trace_head(d, t, x, y, w);
        break;
    case LINE_TRACE:
        details_trace(d, t, line->i, x, y, w);
        break;
    case LINE_VERDICT:
        details_verdict_line(d, t, line->i, x, y, w);
        break;
    case LINE_SS:
    case LINE_TCPDUMP:
        draw_select(d, t, x, y, w, line->kind == LINE_SS);
        break;
    }
}

/* How many lines there are, and how many of them fit. */
static uint32_t shown_of(const struct lines *l, const struct overlay_area *a)
{
    return a->inner.h < 0 ? 0 : (uint32_t)a->inner.h < l->n ? (uint32_t)a->inner.h : l->n;
}

void details_extent(const struct drawing *d, uint32_t *lines, uint32_t *shown)
{
    struct details t;
    struct overlay_area a;
    struct lines l;

    overlay_area(d, &a);
    make(&t, d, a.inner.w);
    make_lines(&l, &t, a.inner.w);
    *lines = l.n;
    *shown = shown_of(&l, &a);
    details_verdict_fini(&t);
}

/* "11 of 305": the row's place among those that the total counts; none for a closed one. And which
 * lines are shown. */
static void place_of(char out[FILL_SIZE], const struct drawing *d, const char *scroll)
{
    char at[FMT_SIZE], of[FMT_SIZE], place[FILL_SIZE] = "";

    if (d->rows && d->ui->details_place) {
        fmt_count(at, sizeof at, d->ui->details_place);
        fmt_count(of, sizeof of, d->rows->matched_live);
        fill(place, MSG_VIEW_POSITION, at, of, NULL);
    }
    snprintf(out, FILL_SIZE, "%.120s%s%.60s", place, *place && *scroll ? "   " : "", scroll);
}

void draw_details(struct drawing *d)
{
    struct details t;
    struct overlay_area a;
    struct lines l;
    uint32_t shown, top = d->ui->overlay_top;
    char right[FILL_SIZE], scroll[64];

    overlay_area(d, &a);
    make(&t, d, a.inner.w);
    make_lines(&l, &t, a.inner.w);
    shown = shown_of(&l, &a);
    if (top > l.n - shown)
        top = l.n - shown;
    scroll_mark(scroll, sizeof scroll, top, shown, l.n);
    place_of(right, d, scroll);
    overlay_frame(d, &a, text(MSG_VIEW_DETAILS_TITLE), right);
    for (uint32_t i = 0; i < shown; i++)
        draw_line(d, &t, &l, &l.line[top + i], a.inner.x + 1, a.inner.y + (int)i, a.inner.w - 2);
    if (details_gone(&t))
        canvas_paint(d->c, a.inner.x, a.inner.y, a.inner.w, a.inner.h, ROLE_DIM);
    details_verdict_fini(&t);
}
