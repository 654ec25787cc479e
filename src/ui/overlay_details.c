/* SPDX-License-Identifier: MIT */
/* Everything known about one connection: what it is, its figures, how they went, what the doctor
 * found, and what other tools select it by. A field that was not measured shows "–" in its place.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "details_listener.h"
#include "overlay.h"
#include "states.h"
#include "table_cursor.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/utf8.h"
#include "tcptop/doctor/state_age.h"
#include "tcptop/explain/evidence.h"
#include "tcptop/explain/finding_text.h"
#include "tcptop/explain/typeset.h"
#include "tcptop/query/column.h"
#include "tcptop/query/select.h"

#define LABEL_W     DETAILS_LABEL
#define RIGHT_LABEL 11
#define TWO_FROM_W  66 /* two columns of fields */
#define FULL_W      76 /* … the right one from here where there is room */
#define RIGHT_X     42
#define LEFT_VALUE  19 /* else the left one has this room for values */
#define LINES_MAX   96
#define DS_PER_S    10

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
    LINE_CLIENTS,
    LINE_PEER,  /* the i-th of those that say who is connected to a listener */
    LINE_OTHER, /* the same of the other listeners on its port */
    LINE_SETTINGS,
    LINE_VERDICT, /* the i-th of those that say what the doctor found */
    LINE_SS,
    LINE_TCPDUMP,
    LINE_COMMAND,
};

struct details_line {
    enum line_kind kind;
    int i;
};

struct lines {
    struct details_line line[LINES_MAX];
    uint32_t n;
    bool two;
};

static bool was_in(const struct details *t, unsigned state)
{
    for (uint32_t i = 0; t->watch && i < t->watch->n_changes; i++) {
        if (t->watch->change[i].state == state)
            return true;
    }
    return t->c->state == state || t->c->was_state == state;
}

/* By its states, or by a listener on one of the ports; on both ports it tells nothing. */
static const char *direction(const struct details *t)
{
    const struct conn *c = t->c;
    bool here, there;

    if (c->state == TCP_STATE_LISTEN || c->flags & CONN_BOUND)
        return " ";
    if (was_in(t, TCP_STATE_SYN_SENT))
        return "→";
    if (was_in(t, TCP_STATE_SYN_RECV))
        return "←";
    here = t->summary && listeners_on_port_of(t->s, &t->summary->listening, c);
    there = t->summary && t->watch && t->watch->has_peer &&
            listeners_on_port_of(t->s, &t->summary->listening, &t->watch->peer);
    return here == there ? " " : here ? "←" : "→";
}

/* The wall clock of a moment on the clock of struct row_times. */
static void clock_of(const struct details *t, uint32_t when_ds, char out[FMT_SIZE])
{
    int64_t ago = (int64_t)(t->s->now_ds - when_ds);

    fmt_clock(out, FMT_SIZE, t->s->wall_ns - ago * (NS_PER_S / DS_PER_S));
}

static void say_state(const struct sample *s, uint32_t row, char out[FILL_SIZE])
{
    const struct state_age age = state_age_of(s, row);
    char words[FILL_SIZE];

    if (s->import) { /* of one moment */
        snprintf(out, FILL_SIZE, "%s",
                 s->conn[row].unknown & CONN_UNKNOWN_STATE ? FMT_NONE
                                                           : state_name(s->conn[row].state));
        return;
    }
    if (sample_row_kind(s, row) == ROW_MISSING) {
        draw_fill(out, MSG_VIEW_STATE_MISSED, state_name(conn_counts_as(&s->conn[row])), NULL,
                  NULL);
        return;
    }
    draw_duration(words, age.ms / 1000);
    draw_fill(out, age.exact ? MSG_VIEW_STATE_FOR : MSG_VIEW_STATE_AT_LEAST,
              state_name(conn_counts_as(&s->conn[row])), words, NULL);
}

static void state_text(const struct details *t, char out[FILL_SIZE])
{
    char clock[FMT_SIZE];

    if (!details_gone(t) && t->s->times) {
        say_state(t->s, t->row, out);
        return;
    }
    clock[0] = '\0';
    if (t->watch && t->watch->closed_ns)
        fmt_clock(clock, sizeof clock, t->watch->closed_ns);
    else if (t->row != UINT32_MAX && t->s->times)
        clock_of(t, t->s->times[t->row].changed_ds, clock);
    draw_fill(out, *clock ? MSG_VIEW_CLOSED_AT : MSG_VIEW_CLOSED, clock, NULL, NULL);
}

static void add_change(struct str *out, unsigned state, int64_t wall_ns)
{
    char clock[FMT_SIZE];

    str_add(out, out->len ? ", " : "");
    str_add(out, state_name(state));
    if (wall_ns) {
        str_add_char(out, ' ');
        str_add(out, fmt_clock(clock, sizeof clock, wall_ns));
    }
}

/* The changes of state, as many of the last ones as there is room for. */
static void say_changes(const struct watch *w, int width, char out[FILL_SIZE])
{
    struct str list = STR_INIT;
    uint32_t from = 0;

    do {
        str_clear(&list);
        for (uint32_t i = from; i < w->n_changes; i++)
            add_change(&list, w->change[i].state, w->change[i].wall_ns);
        draw_fill(out, MSG_VIEW_SEEN, str_text(&list), NULL, NULL);
    } while (utf8_width(out) > width && ++from < w->n_changes);
    str_fini(&list);
}

static void seen(const struct details *t, int w, char out[FILL_SIZE])
{
    char born[FMT_SIZE], changed[FMT_SIZE];
    const struct row_times *times;

    out[0] = '\0';
    if (t->s && t->s->import) {
        draw_copy_text(out, FILL_SIZE, text(MSG_VIEW_SEEN_IMPORT));
        return;
    }
    if (t->c->flags & CONN_UNSEEN) {
        draw_copy_text(out, FILL_SIZE, text(MSG_VIEW_SEEN_NEVER));
        return;
    }
    if (t->watch && t->watch->n_changes &&
        (t->watch->n_changes > 1 || t->watch->change[0].wall_ns)) {
        say_changes(t->watch, w, out);
        return;
    }
    if (t->row == UINT32_MAX || !t->s->times || !t->s->wall_ns) /* the text may tell no time */
        return;
    times = &t->s->times[t->row];
    clock_of(t, times->born_ds, born);
    clock_of(t, times->changed_ds, changed);
    if (!details_gone(t) && t->c->was_state && times->changed_ds)
        draw_fill(out, MSG_VIEW_SEEN_CHANGE, state_name(t->c->was_state), state_name(t->c->state),
                  changed);
    else
        draw_fill(out, times->born_ds ? MSG_VIEW_SEEN_SINCE : MSG_VIEW_SEEN_BEFORE, born, NULL,
                  NULL);
}

/* "FIN_WAIT2 for 12 s, node 4127": the process where the column of processes knows it. */
static void other_end(const struct details *t, char out[FILL_SIZE])
{
    const struct watch *w = t->watch;
    char words[FILL_SIZE];
    struct str owner = STR_INIT;
    uint32_t row;

    out[0] = '\0';
    if (!w || !w->has_peer)
        return;
    row = w->peer_row == UINT32_MAX ? UINT32_MAX : sample_find(t->s, &w->peer, w->peer_row);
    if (row == UINT32_MAX || sample_row_kind(t->s, row) == ROW_CLOSED) {
        draw_fill(out, MSG_VIEW_OTHER_END, state_name(w->peer.state), text(MSG_VIEW_CLOSED), NULL);
        return;
    }
    say_state(t->s, row, words);
    column_process_fit(t->s, row, INT_MAX, &owner);
    if (owner.len && strcmp(str_text(&owner), FMT_NONE) != 0)
        draw_fill(out, MSG_VIEW_OTHER_END, words, str_text(&owner), NULL);
    else
        draw_copy_text(out, FILL_SIZE, words);
    str_fini(&owner);
}

#define WORD_GAP 2

/* Columns before the words; those below the first line begin there, too. */
static int word_width(const struct details *t)
{
    return utf8_width(evidence_verdict_word(t->word)) + WORD_GAP;
}

/* Of a listener also that nothing is wrong with it. */
static void add_normal(struct details *t, struct str *words)
{
    const struct explain_subject subject = {
        .state = TCP_STATE_LISTEN, .sample = t->s, .row = t->row, .summary = t->summary};
    struct evidence e;

    if (!t->listens)
        return;
    evidence_collect(&e, &subject);
    if (e.verdict == VERDICT_NORMAL) {
        t->word = e.verdict;
        str_add(words, str_text(&e.reason));
    }
    evidence_fini(&e);
}

static void find_verdict(struct details *t, int w)
{
    struct str words = STR_INIT;
    struct typeset ts;

    if (t->row == UINT32_MAX || details_gone(t))
        return;
    t->found = finding_about(t->s, conn_counts_as(t->c), t->row);
    if (t->found) {
        t->word = evidence_verdict_of(t->found);
        finding_last_seen(t->found, t->s, &words);
        finding_story(t->found, &words);
        str_add_char(&words, ' ');
        finding_sentence(t->found, PART_DO, &words);
    } else {
        add_normal(t, &words);
    }
    if (words.len) {
        typeset_init(&ts);
        typeset_paragraphs(&ts, str_text(&words), ROLE_TEXT, w - word_width(t), 0);
        (void)typeset_finish(&ts, &t->verdict); /* without memory there are no lines */
    }
    str_fini(&words);
}

static void verdict_fini(struct details *t)
{
    explain_fini(&t->verdict);
}

static void verdict_line(struct drawing *d, const struct details *t, int i, int x, int y, int w)
{
    int word = word_width(t);

    if (i == 0)
        canvas_put(d->c, x, y, word, t->found ? finding_severity_role(t->found->severity) : ROLE_OK,
                   evidence_verdict_word(t->word));
    draw_explained(d->c, &t->verdict, (uint32_t)i, x + word, y, w - word);
}

static void add_line(struct lines *l, enum line_kind kind, int i)
{
    if (l->n < LINES_MAX)
        l->line[l->n++] = (struct details_line){kind, i};
}

static void add_fields(struct lines *l, const struct details *t, int from, int to)
{
    for (int i = from; i < to; i++)
        add_line(l, LINE_FIELDS, i);
    for (int i = from; i < to && i < t->n_right && !l->two; i++)
        add_line(l, LINE_RIGHT, i);
}

/* How its figures went. */
static void add_course(struct lines *l, const struct details *t)
{
    add_line(l, LINE_BLANK, 0);
    add_line(l, LINE_TRACE_HEAD, 0);
    for (int i = 0; i < details_traces(t); i++)
        add_line(l, LINE_TRACE, i);
}

/* Of a listener: who is connected to it, and what listens beside it. */
static void add_around(struct lines *l, const struct details *t)
{
    add_line(l, LINE_BLANK, 0);
    add_line(l, LINE_CLIENTS, 0);
    for (int i = 0; i < details_listener_peers(t); i++)
        add_line(l, LINE_PEER, i);
    for (int i = 0; i < details_listener_others(t); i++)
        add_line(l, LINE_OTHER, i);
}

static void ends_text(const struct details *t, struct str *out)
{
    column_format_local(t->s, t->c, out);
    str_add_char(out, ' ');
    str_add(out, direction(t));
    str_add_char(out, ' ');
    column_format_remote(t->s, t->c, out);
}

/* Both ends by their names, "" where none is known. */
static void names_text(const struct details *t, struct str *out)
{
    bool known = endpoint_by_name(&t->naming, t->c, false, out);

    if (!known)
        column_format_local(t->s, t->c, out);
    str_add_char(out, ' ');
    str_add(out, direction(t));
    str_add_char(out, ' ');
    if (endpoint_by_name(&t->naming, t->c, true, out))
        known = true;
    else
        column_format_remote(t->s, t->c, out);
    if (!known)
        str_clear(out);
}

static bool state_beside(const struct details *t, int w)
{
    struct str ends = STR_INIT;
    char state[FILL_SIZE];
    bool fits;

    ends_text(t, &ends);
    state_text(t, state);
    fits = utf8_width(str_text(&ends)) + 2 + utf8_width(state) <= w;
    str_fini(&ends);
    return fits;
}

static void make_lines(struct lines *l, const struct details *t, int w)
{
    char other[FILL_SIZE];

    *l = (struct lines){.two = w >= TWO_FROM_W};
    other_end(t, other);
    add_line(l, LINE_ENDS, 0);
    if (!state_beside(t, w - 2))
        add_line(l, LINE_STATE, 0);
    add_line(l, LINE_SEEN, 0);
    if (t->verdict.n_lines)
        add_line(l, LINE_BLANK, 0);
    for (uint32_t i = 0; i < t->verdict.n_lines; i++)
        add_line(l, LINE_VERDICT, (int)i);
    if (t->verdict.n_lines)
        add_line(l, LINE_BLANK, 0);
    if (t->naming.hosts || t->naming.services)
        add_line(l, LINE_NAMES, 0);
    if (*other || !t->verdict.n_lines)
        add_line(l, *other ? LINE_OTHER_END : LINE_BLANK, 0);
    add_fields(l, t, 0, t->n_upper);
    for (int i = 0; i < details_holders(t); i++)
        add_line(l, LINE_HOLDER, i);
    add_course(l, t);
    if (t->listens)
        add_around(l, t);
    add_line(l, LINE_BLANK, 0);
    add_line(l, LINE_SS, 0);
    add_line(l, LINE_TCPDUMP, 0);
    add_line(l, LINE_BLANK, 0);
    add_fields(l, t, t->n_upper, t->n_left);
    if (t->listens)
        add_line(l, LINE_SETTINGS, 0);
    add_line(l, LINE_COMMAND, 0);
}

/* In an overlay of `w` columns; free with verdict_fini(). */
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
    t->listens = t->c->state == TCP_STATE_LISTEN;
    if (t->listens && t->s)
        details_listener_look(t);
    for (uint32_t back = 0; !t->metrics && t->watch && (last = watch_at(t->watch, back)); back++)
        t->metrics = last->metrics.valid ? &last->metrics : NULL;
    details_fields(t);
    find_verdict(t, w - 2);
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
    int label = LABEL_W, right_label = t->listens ? LABEL_W : RIGHT_LABEL, right = RIGHT_X - 1;

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
    if (i < t->n_right)
        draw_field(d, &t->right[i], x + right, y, right_label, w - right);
}

static void draw_ends(struct drawing *d, const struct details *t, int x, int y, int w)
{
    struct str ends = STR_INIT;
    char state[FILL_SIZE];
    int state_w;

    ends_text(t, &ends);
    canvas_put(d->c, x, y, w, ROLE_LIVE, str_text(&ends));
    state_text(t, state);
    state_w = utf8_width(state);
    if (utf8_width(str_text(&ends)) + 2 + state_w <= w)
        canvas_put_right(d->c, x + w - state_w, y, state_w,
                         details_gone(t) ? ROLE_CLOSED : column_state_role(t->c->state), state);
    str_fini(&ends);
}

/* Whose it is, the key that copies it, and the expression. */
static void draw_select(struct drawing *d, const struct details *t, int x, int y, int w, bool ss)
{
    struct str expression = STR_INIT;

    if (ss)
        select_ss(t->c, &expression);
    else
        select_tcpdump(t->c, &expression);
    canvas_put(d->c, x, y, LABEL_W - 1, ROLE_DIM, ss ? "ss (" : "tcpdump (");
    canvas_put(d->c, x + (ss ? 4 : 9), y, 1, ROLE_KEY, ss ? "s" : "t");
    canvas_put(d->c, x + (ss ? 5 : 10), y, 1, ROLE_DIM, ")");
    if (expression.len)
        details_put_cut(d, x + LABEL_W, y, w - LABEL_W, ROLE_TEXT, str_text(&expression));
    else
        canvas_put(d->c, x + LABEL_W, y, w - LABEL_W, ROLE_DIM, FMT_NONE);
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

/* What surrounds a listener. */
static void draw_around(struct drawing *d, const struct details *t, const struct details_line *line,
                        int x, int y, int w)
{
    char words[FILL_SIZE];

    if (line->kind == LINE_CLIENTS) {
        canvas_put(d->c, x, y, LABEL_W - 1, ROLE_DIM, text(MSG_VIEW_DETAIL_CLIENTS));
        states_draw_chips(d->c, x + LABEL_W, y, w - LABEL_W, t->listener.state,
                          states_chips_form(t->listener.state, w - LABEL_W), ROLE_TEXT);
    } else if (line->kind == LINE_PEER) {
        details_listener_peer(d, t, line->i, x, y, w);
    } else if (line->kind == LINE_OTHER) {
        details_listener_other(d, t, line->i, x, y, w);
    } else {
        details_listener_settings(t, words);
        draw_labelled(d, x, y, w, MSG_VIEW_DETAIL_SETTINGS, words);
    }
}

static void draw_line(struct drawing *d, const struct details *t, const struct lines *l,
                      const struct details_line *line, int x, int y, int w)
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
        state_text(t, words);
        canvas_put(d->c, x, y, w, details_gone(t) ? ROLE_CLOSED : column_state_role(t->c->state),
                   words);
        break;
    case LINE_SEEN:
        seen(t, w, words);
        canvas_put(d->c, x, y, w, ROLE_DIM, words);
        break;
    case LINE_NAMES:
        names_text(t, &names);
        draw_labelled(d, x, y, w, MSG_VIEW_DETAIL_NAMES, str_text(&names));
        str_fini(&names);
        break;
    case LINE_OTHER_END:
        other_end(t, words);
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
    case LINE_CLIENTS:
    case LINE_PEER:
    case LINE_OTHER:
    case LINE_SETTINGS:
        draw_around(d, t, line, x, y, w);
        break;
    case LINE_VERDICT:
        verdict_line(d, t, line->i, x, y, w);
        break;
    case LINE_SS:
    case LINE_TCPDUMP:
        draw_select(d, t, x, y, w, line->kind == LINE_SS);
        break;
    }
}

static void extent(const struct drawing *d, uint32_t *lines, uint32_t *shown)
{
    struct details t;
    struct overlay_area a;
    struct lines l;

    overlay_area(d, &a);
    make(&t, d, a.inner.w);
    make_lines(&l, &t, a.inner.w);
    *lines = l.n;
    *shown = overlay_shown(&a, l.n);
    verdict_fini(&t);
}

/* "11 of 305": the row's place among those that the total counts; none for a closed one. And which
 * lines are shown. */
static void place_of(char out[FILL_SIZE], const struct drawing *d, const char *scroll)
{
    char at[FMT_SIZE], of[FMT_SIZE], place[FILL_SIZE] = "";

    if (d->rows && d->ui->details_place) {
        fmt_count(at, sizeof at, d->ui->details_place);
        fmt_count(of, sizeof of, d->rows->matched_live);
        draw_fill(place, MSG_VIEW_POSITION, at, of, NULL);
    }
    snprintf(out, FILL_SIZE, "%.120s%s%.60s", place, *place && *scroll ? DRAW_GAP : "", scroll);
}

static void draw(struct drawing *d)
{
    struct details t;
    struct overlay_area a;
    struct lines l;
    uint32_t shown, top = d->ui->overlay_top;
    char right[FILL_SIZE], scroll[64];

    overlay_area(d, &a);
    make(&t, d, a.inner.w);
    make_lines(&l, &t, a.inner.w);
    shown = overlay_shown(&a, l.n);
    if (top > l.n - shown)
        top = l.n - shown;
    draw_scroll_mark(scroll, sizeof scroll, top, shown, l.n);
    place_of(right, d, scroll);
    overlay_frame(d, &a, text(MSG_VIEW_DETAILS_TITLE), right);
    for (uint32_t i = 0; i < shown; i++)
        draw_line(d, &t, &l, &l.line[top + i], a.inner.x + 1, a.inner.y + (int)i, a.inner.w - 2);
    if (details_gone(&t))
        canvas_paint(d->c, a.inner.x, a.inner.y, a.inner.w, a.inner.h, ROLE_DIM);
    verdict_fini(&t);
}

static void find_row(struct session *s)
{
    struct ui *ui = &s->ui;
    const struct sample *shown = s->list->sample;
    const struct rows *rows = &s->list->rows;
    uint32_t end = table_position(s, &ui->details, ui->details_row, &ui->details_row);
    bool live = ui->details_row < shown->n_live && end != UINT32_MAX;
    if (ui->details_row != UINT32_MAX)
        ui->details = shown->conn[ui->details_row];
    ui->details_place = live;
    for (uint32_t i = 0; live && i < end; i++)
        ui->details_place += rows->row[i] < shown->n_live;
}

/* It goes on being followed for a while, so that it has its history when it is opened again. */
static void remember(struct session *s)
{
    uint32_t at = 0;

    while (at < s->n_recent && !conn_same(&s->recent[at], &s->ui.selected))
        at++;
    if (at == RECENT_MAX)
        at = 0;
    if (at < s->n_recent)
        memmove(&s->recent[at], &s->recent[at + 1], (--s->n_recent - at) * sizeof(s->recent[0]));
    s->recent[s->n_recent++] = s->ui.selected;
}

static void show(struct session *s)
{
    remember(s);
    s->ui.details = s->ui.selected;
    s->ui.details_row = s->selected_row;
    find_row(s);
}

static unsigned open(struct session *s)
{
    if (s->ui.focus != FOCUS_TABLE || !table_bind(s) || s->ui.on_group)
        return REACT_NOT_MINE;
    show(s);
    return REACT_NOTHING;
}

/* The next connection of the table. Groups have no details: then the cursor stays. */
static void move(struct session *s, int sign)
{
    uint32_t before = s->ui.cursor;

    table_move(s, MOVE_LINE, sign);
    s->ui.overlay_top = 0;
    if (table_bind(s) && !s->ui.on_group)
        show(s);
    else
        table_select(s, before);
}

static unsigned command(struct session *s, enum command_id command)
{
    struct view v = session_view(s);
    uint32_t lines, shown;
    enum move_unit unit;
    int sign;

    if (command == COMMAND_LEFT || command == COMMAND_RIGHT) {
        move(s, command == COMMAND_LEFT ? -1 : 1);
    } else if (overlay_movement(command, &unit, &sign)) {
        overlay_extent(&v, &lines, &shown);
        overlay_scroll(s, sign * session_step(unit, lines, shown));
    } else {
        return REACT_NOT_MINE;
    }
    return REACT_NOTHING;
}

/* Copy the command of another tool that selects the connection. */
static unsigned key(struct session *s, keycode key)
{
    if (key != 's' && key != 't')
        return REACT_NOT_MINE;
    str_clear(&s->copy);
    if (key == 's')
        select_ss_command(&s->ui.details, &s->copy);
    else
        select_tcpdump_command(&s->ui.details, &s->copy);
    if (s->copy.len || str_failed(&s->copy))
        session_copy_now(s, MSG_SESSION_COPIED_COMMAND);
    else
        session_say(s, MSG_SESSION_NO_COMMAND, NULL);
    return REACT_NOTHING;
}

static unsigned on_list(struct session *s)
{
    find_row(s);
    return REACT_NOTHING;
}

static const struct conn *subject(const struct ui *ui)
{
    return &ui->details;
}

static void footer(const struct drawing *d, struct key_items *k)
{
    footer_add(k, COMMAND_BACK, MSG_VIEW_KEY_BACK, true, 0);
    if (overlay_scrolls(d))
        footer_add_keys(k, "↑ ↓", MSG_VIEW_KEY_SCROLL, 1);
    footer_add_keys(k, "← →", MSG_VIEW_KEY_NEXT, 1);
    footer_add(k, COMMAND_COPY, MSG_VIEW_KEY_COPY, true, 3);
    footer_add_keys(k, "s", MSG_VIEW_KEY_COPY_SS, 6);
    footer_add_keys(k, "t", MSG_VIEW_KEY_COPY_TCPDUMP, 6);
    footer_add(k, COMMAND_EXPORT, MSG_VIEW_KEY_EXPORT, !d->v->settings->readonly, 5);
    footer_add(k, COMMAND_PIN, MSG_VIEW_KEY_PIN, true, 4);
    footer_add(k, COMMAND_CLOSE, MSG_VIEW_KEY_CLOSE, draw_may_close(d), 2);
}

const struct overlay_ops overlay_details = {
    .opened_by = COMMAND_OPEN,
    .open = open,
    .command = command,
    .key = key,
    .on_list = on_list,
    .draw = draw,
    .extent = extent,
    .footer = footer,
    .subject = subject,
    .needs = NEED_TCP_INFO | NEED_CONGESTION | NEED_OWNER | NEED_USER | NEED_DROPS,
};
