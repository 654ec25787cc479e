/* SPDX-License-Identifier: MIT */
/* The state diagram: counts in the boxes, transitions per second on the edges, as samples saw them.
 * It is drawn whole on a canvas of its own, of which the overlay shows the part with the chosen
 * box. The arrows choose the state that the list of states and the pane are about. */
#include <stdio.h>
#include <string.h>

#include "overlay.h"
#include "states.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/utf8.h"
#include "tcptop/query/column.h"

#define DIAGRAM_W 66
#define DIAGRAM_H 20
#define MARGIN    8 /* left of it, where the overlay has room */
#define BOX_W     15
#define LEFT      0 /* where the boxes of the three columns begin */
#define MIDDLE    25
#define RIGHT     50
#define NOTES     2
#define STAY_S    60.0 /* the least that those stay in a state whose transitions are exact */

/* A box per state, in the order of the list of states; and which box is next to it. */
struct box {
    int x, y;
    uint8_t up, down, left, right; /* enum tcp_state; 0: none */
};

#define NEXT(up, down, left, right)                                                                \
    TCP_STATE_##up, TCP_STATE_##down, TCP_STATE_##left, TCP_STATE_##right
#define TCP_STATE_NONE 0
static const struct box boxes[TCP_STATE_COUNT] = {
    [TCP_STATE_LISTEN] = {LEFT, 0, NEXT(NONE, SYN_RECV, NONE, CLOSE)},
    [TCP_STATE_CLOSE] = {RIGHT, 0, NEXT(NONE, SYN_SENT, LISTEN, NONE)},
    [TCP_STATE_SYN_RECV] = {LEFT, 4, NEXT(LISTEN, ESTABLISHED, NONE, SYN_SENT)},
    [TCP_STATE_SYN_SENT] = {RIGHT, 4, NEXT(CLOSE, ESTABLISHED, SYN_RECV, NONE)},
    [TCP_STATE_ESTABLISHED] = {MIDDLE, 7, NEXT(SYN_RECV, CLOSING, FIN_WAIT1, CLOSE_WAIT)},
    [TCP_STATE_FIN_WAIT1] = {LEFT, 11, NEXT(ESTABLISHED, FIN_WAIT2, NONE, CLOSING)},
    [TCP_STATE_CLOSING] = {MIDDLE, 11, NEXT(ESTABLISHED, TIME_WAIT, FIN_WAIT1, CLOSE_WAIT)},
    [TCP_STATE_CLOSE_WAIT] = {RIGHT, 11, NEXT(ESTABLISHED, LAST_ACK, CLOSING, NONE)},
    [TCP_STATE_FIN_WAIT2] = {LEFT, 15, NEXT(FIN_WAIT1, NONE, NONE, TIME_WAIT)},
    [TCP_STATE_TIME_WAIT] = {MIDDLE, 15, NEXT(CLOSING, NONE, FIN_WAIT2, LAST_ACK)},
    [TCP_STATE_LAST_ACK] = {RIGHT, 15, NEXT(CLOSE_WAIT, NONE, TIME_WAIT, NONE)},
};

static unsigned neighbour(unsigned state, int dx, int dy)
{
    const struct box *b = &boxes[state < TCP_STATE_COUNT ? state : 0];
    unsigned next = dy < 0 ? b->up : dy > 0 ? b->down : dx < 0 ? b->left : b->right;

    return next ? next : state;
}

/* The lines between the boxes, without words and numbers. */
static const struct {
    int x, y;
    const char *line;
} lines[] = {
    {7, 2, "┬"},
    {57, 2, "┬"},
    {7, 3, "↓"},
    {57, 3, "↓"},
    {15, 5, "←──────────────────────────────────"},
    {7, 6, "┬"},
    {57, 6, "┬"},
    {7, 7, "│"},
    {57, 7, "│"},
    {7, 8, "└────────────────→"},
    {40, 8, "←────────────────┘"},
    {28, 9, "┬"},
    {36, 9, "┬"},
    {7, 10, "┌────────────────────┘"},
    {36, 10, "└────────────────────┐"},
    {15, 12, "─────────→"},
    {7, 13, "┬"},
    {32, 13, "┬"},
    {57, 13, "┬"},
    {7, 14, "↓"},
    {32, 14, "↓"},
    {57, 14, "↓"},
    {15, 16, "─────────→"},
    {7, 17, "┬"},
    {32, 17, "┬"},
    {57, 17, "┬"},
    {7, 18, "│"},
    {32, 18, "↓"},
    {57, 18, "│"},
    {7, 19, "└───────────────────→"},
    {35, 19, "←─────────────────────┘"},
};

/* Where an edge has its words. BESIDE: they end before the line at `x`, the rate follows it; IN: on
 * the line from `x` on, both together, in at most `room` columns. */
enum place { BESIDE, IN };

#define SYSCTL_SECONDS  "\1" /* stands for the live tcp_fin_timeout */
#define TIMEWAIT_LENGTH "60" /* include/net/tcp.h TCP_TIMEWAIT_LEN: no setting changes it */

static const struct {
    enum state_transition transition;
    enum place place;
    int x, y, room;
    enum msg words;
    const char *value;
} labels[] = {
    {TRANSITION_SYN, BESIDE, 7, 3, 0, MSG_DIAGRAM_SYN, NULL},
    {TRANSITION_CONNECT, BESIDE, 57, 3, 0, MSG_DIAGRAM_CONNECT, NULL},
    {TRANSITION_BOTH_OPEN, IN, 26, 5, 23, MSG_DIAGRAM_BOTH_OPEN, NULL},
    {TRANSITION_ACCEPTED, BESIDE, 7, 7, 0, MSG_DIAGRAM_ACK, NULL},
    {TRANSITION_ANSWERED, BESIDE, 57, 7, 0, MSG_DIAGRAM_SYN_ACK, NULL},
    {TRANSITION_CLOSE_HERE, IN, 10, 10, 17, MSG_DIAGRAM_CLOSE, NULL},
    {TRANSITION_CLOSE_THERE, IN, 39, 10, 17, MSG_DIAGRAM_FIN, NULL},
    {TRANSITION_BOTH_CLOSE, IN, 16, 12, 8, MSG_DIAGRAM_FIN, NULL},
    {TRANSITION_FIN_ACKED, BESIDE, 7, 14, 0, MSG_DIAGRAM_ACK, NULL},
    {TRANSITION_CLOSING_ACKED, BESIDE, 32, 14, 0, MSG_DIAGRAM_ACK, NULL},
    {TRANSITION_CLOSE_AFTER, BESIDE, 57, 14, 0, MSG_DIAGRAM_CLOSE, NULL},
    {TRANSITION_FIN_CAME, IN, 16, 16, 8, MSG_DIAGRAM_FIN, NULL},
    {TRANSITION_ORPHAN_OVER, BESIDE, 7, 18, 0, MSG_DIAGRAM_AFTER, SYSCTL_SECONDS},
    {TRANSITION_WAIT_OVER, BESIDE, 32, 18, 0, MSG_DIAGRAM_AFTER, TIMEWAIT_LENGTH},
    {TRANSITION_LAST_ACKED, BESIDE, 57, 18, 0, MSG_DIAGRAM_ACK, NULL},
};

/* What the rates are made from. */
struct rates {
    const struct history *history; /* NULL: none */
    struct transition_span span;
    bool known; /* there are two samples */
};

static void rates_init(struct rates *r, const struct drawing *d)
{
    *r = (struct rates){.history = draw_history(d)};
    r->known = r->history && history_transitions(r->history, d->v->settings->history_s, &r->span);
}

/* Nobody misses what comes into a state that outlives the interval, nor its end. */
static bool is_exact(const struct rates *r, enum state_transition transition)
{
    return (transition == TRANSITION_FIN_CAME || transition == TRANSITION_WAIT_OVER) &&
           r->span.whole && r->span.longest_ns < (int64_t)(STAY_S * (double)NS_PER_S);
}

/* "1.2", "0.02+", "1.2k"; "0" for none, "–" where samples saw none and may have missed some; ""
 * where there are no rates. */
static void rate_text(char out[FMT_SIZE], const struct rates *r, enum state_transition transition)
{
    double per_s = 0;
    bool exact = false;

    out[0] = '\0';
    if (!r->known)
        return;
    per_s = history_transition_rate(r->history, &r->span, transition, &exact);
    exact = exact || is_exact(r, transition);
    if (per_s <= 0) {
        snprintf(out, FMT_SIZE - 1, "%s", exact ? "0" : FMT_NONE);
        return;
    }
    if (!exact && per_s < 1000) /* a lower bound is not rounded up */
        fmt_rate_least(out, FMT_SIZE - 1, per_s);
    else if (per_s < 0.095)
        snprintf(out, FMT_SIZE - 1, "%.2f", per_s < 0.01 ? 0.01 : per_s);
    else if (per_s < 1000)
        fmt_rate(out, FMT_SIZE - 1, per_s);
    else
        fmt_count_fit(out, FMT_SIZE - 1, (uint64_t)(per_s + 0.5), 4);
    if (!exact)
        strcat(out, "+");
}

static void label_words(char out[FILL_SIZE], const struct drawing *d, size_t i)
{
    char number[FMT_SIZE];
    int64_t seconds;

    out[0] = '\0';
    if (!labels[i].value) {
        draw_copy_text(out, FILL_SIZE, text(labels[i].words));
        return;
    }
    if (strcmp(labels[i].value, SYSCTL_SECONDS) != 0)
        draw_copy_text(number, sizeof number, labels[i].value);
    else if (d->s && host_sysctl(&d->s->host, SYSCTL_FIN_TIMEOUT, &seconds))
        snprintf(number, sizeof number, "%lld", (long long)seconds);
    else
        return; /* how long it takes is not known */
    draw_fill(out, labels[i].words, number, NULL, NULL);
}

/* On a line: " close() 1.2+ ", without blanks where room is short, at last the rate alone. */
static void put_in(struct canvas *c, size_t i, const char *words, const char *rate)
{
    int x = labels[i].x, room = labels[i].room;
    bool wide = room > 8;
    char all[2 * FILL_SIZE];

    snprintf(all, sizeof all, "%s%s%s%s%s", wide ? " " : "", words, *rate ? " " : "", rate,
             wide ? " " : "");
    if (utf8_width(all) == room + 1 && !wide) { /* up to the box */
        x--;
        room++;
    }
    if (utf8_width(all) > room)
        snprintf(all, sizeof all, "%s", *rate ? rate : words);
    canvas_put(c, x, labels[i].y, room, ROLE_TEXT, all);
}

static void draw_labels(struct canvas *c, const struct drawing *d)
{
    struct rates r;

    rates_init(&r, d);
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        char words[FILL_SIZE], rate[FMT_SIZE + 2];
        int x = labels[i].x, y = labels[i].y;

        label_words(words, d, i);
        rate_text(rate, &r, labels[i].transition);
        if (labels[i].place == IN) {
            put_in(c, i, words, rate);
            continue;
        }
        canvas_put(c, x - 1 - utf8_width(words), y, utf8_width(words), ROLE_DIM, words);
        canvas_put(c, x + 2, y, 8, ROLE_TEXT, rate);
    }
}

static void draw_box(struct canvas *c, const struct drawing *d, unsigned state)
{
    const struct box *b = &boxes[state];
    bool chosen = ui_state_list_state(d->ui) == state, known;
    enum role role = chosen ? ROLE_CURSOR : column_state_role(state);
    char number[FMT_SIZE] = FMT_NONE;
    uint64_t count = 0;

    known = states_count(d->s, state, &count);
    if (known)
        fmt_count_fit(number, sizeof number, count, BOX_W - 4);
    canvas_put(c, b->x, b->y, BOX_W, ROLE_RULE, "┌─────────────┐");
    canvas_put(c, b->x, b->y + 1, BOX_W, ROLE_RULE, "│             │");
    canvas_put(c, b->x, b->y + 2, BOX_W, ROLE_RULE, "└─────────────┘");
    canvas_put(c, b->x + 2, b->y, BOX_W - 3, role, state_name(state));
    canvas_put_right(c, b->x + 1, b->y + 1, BOX_W - 3, known && count ? role : ROLE_DIM, number);
    if (!chosen)
        return;
    canvas_put(c, b->x + 1, b->y, 1, ROLE_CURSOR, "▸");
    canvas_paint(c, b->x + 1, b->y + 1, BOX_W - 2, 1, ROLE_CURSOR);
}

static void draw_whole(struct canvas *c, const struct drawing *d)
{
    for (unsigned i = 0; i < STATE_LIST_COUNT; i++)
        draw_box(c, d, state_list_order[i]);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        canvas_put(c, lines[i].x, lines[i].y, DIAGRAM_W, ROLE_RULE, lines[i].line);
    canvas_put(c, 28, 19, 8, ROLE_TEXT, " CLOSE ");
    draw_labels(c, d);
}

/* Where a window of `room` begins so that the chosen stretch is in it, with as much after as
 * before. */
static int window_from(int size, int room, int from, int length)
{
    int at = from - (room - length) / 2;

    if (size <= room || at < 0)
        return 0;
    return at > size - room ? size - room : at;
}

/* Copy a part; of a wide character that the edge cuts nothing is left. */
static void show_part(struct canvas *to, const struct rect *r, const struct canvas *from, int x,
                      int y)
{
    for (int row = 0; row < r->h && y + row < from->h; row++) {
        for (int column = 0; column < r->w && x + column < from->w; column++) {
            const struct cell *cell = canvas_at(from, x + column, y + row);

            if (cell->width > 0)
                canvas_put(to, r->x + column, r->y + row, r->w - column, (enum role)cell->role,
                           cell->text);
        }
    }
}

/* Is there anything in the columns from `x` on of a row? */
static bool has_content(const struct canvas *c, int x, int w, int y)
{
    return draw_end(c, x, y, w) > x;
}

/* "…" at the edges where lines go on. */
static void mark_cuts(struct canvas *to, const struct rect *r, const struct canvas *from, int x,
                      int y)
{
    for (int row = 0; row < r->h && y + row < from->h; row++) {
        const int far = x + r->w;

        if (x > 0 && has_content(from, 0, x, y + row))
            canvas_put(to, r->x, r->y + row, 1, ROLE_DIM, "…");
        if (far < from->w && has_content(from, far, from->w - far, y + row))
            canvas_put(to, r->x + r->w - 1, r->y + row, 1, ROLE_DIM, "…");
    }
}

/* As many of its sentences and parts as fit whole. */
static void put_note(struct canvas *c, int x, int y, int room, const char *note)
{
    char shown[FILL_SIZE];
    size_t len = strlen(note);

    while (len > 0 && utf8_width_n(note, len) > room) {
        do
            len--;
        while (len > 0 && !strchr(".;,", note[len - 1]));
    }
    snprintf(shown, sizeof shown, "%.*s", (int)len, note);
    canvas_put(c, x, y, room, ROLE_DIM, shown);
}

static void draw_notes(struct drawing *d, const struct rect *inner)
{
    static const enum msg notes[NOTES] = {MSG_DIAGRAM_NOT_DRAWN, MSG_DIAGRAM_LINUX};

    for (int i = 0; i < NOTES && DIAGRAM_H + i < inner->h; i++) {
        const bool more = i + 1 < NOTES && DIAGRAM_H + i + 1 >= inner->h;

        put_note(d->c, inner->x + 1, inner->y + DIAGRAM_H + i, inner->w - 2 - 2 * more,
                 text(notes[i]));
        if (more)
            canvas_put(d->c, inner->x + inner->w - 2, inner->y + DIAGRAM_H + i, 1, ROLE_DIM, "…");
    }
}

/* What the numbers are: counts, and rates over how long. */
static void title_words(char out[FILL_SIZE], const struct drawing *d)
{
    struct rates r;
    char seconds[FMT_SIZE];

    rates_init(&r, d);
    if (!r.known) {
        draw_copy_text(out, FILL_SIZE, text(MSG_DIAGRAM_COUNTS));
        return;
    }
    snprintf(seconds, sizeof seconds, "%d", (int)(r.span.seconds + 0.5));
    draw_fill(out, MSG_DIAGRAM_RATES, seconds, NULL, NULL);
}

static void draw(struct drawing *d)
{
    const struct box *b = &boxes[ui_state_list_state(d->ui)];
    struct overlay_area a;
    struct canvas whole;
    struct rect part;
    char right[FILL_SIZE];

    overlay_area_for(d, &a, DIAGRAM_W + 2 * MARGIN, DIAGRAM_H + NOTES);
    part = a.inner;
    if (part.w > DIAGRAM_W) {
        int margin = part.w >= MARGIN + DIAGRAM_W ? MARGIN : part.w - DIAGRAM_W;

        part.x += margin;
        part.w -= margin;
    }
    const int from_x = window_from(DIAGRAM_W, part.w, b->x, BOX_W);
    const int from_y = window_from(DIAGRAM_H, part.h, b->y, 3);

    if (part.h > 0 && part.h < DIAGRAM_H)
        draw_scroll_mark(right, sizeof right, (uint32_t)from_y, (uint32_t)part.h, DIAGRAM_H);
    else
        title_words(right, d);
    overlay_frame(d, &a, text(MSG_DIAGRAM_TITLE), right);
    if (canvas_init(&whole, DIAGRAM_W, DIAGRAM_H) < 0)
        return;
    draw_whole(&whole, d);
    show_part(d->c, &part, &whole, from_x, from_y);
    mark_cuts(d->c, &part, &whole, from_x, from_y);
    canvas_fini(&whole);
    draw_notes(d, &a.inner);
}

static unsigned open(struct session *s)
{
    if (ui_state_list_state(&s->ui) == 0)
        s->ui.state_list = states_index(TCP_STATE_ESTABLISHED);
    s->ui.subject = FOCUS_STATES;
    s->ui.state_chosen = true;
    return REACT_NOTHING;
}

/* Choose the box next to the chosen one, or one at an end. */
static unsigned move(struct session *s, enum move_unit unit, int dx, int dy)
{
    unsigned state = ui_state_list_state(&s->ui);

    if (unit == MOVE_END)
        state = dy < 0 ? TCP_STATE_LISTEN : TCP_STATE_TIME_WAIT;
    else
        state = neighbour(state, dx, dy);
    if (state)
        s->ui.state_list = states_index(state);
    return REACT_NOTHING;
}

static unsigned command(struct session *s, enum command_id command)
{
    enum move_unit unit;
    int sign;

    if (overlay_movement(command, &unit, &sign))
        return move(s, unit, 0, sign);
    if (command == COMMAND_LEFT || command == COMMAND_RIGHT)
        return move(s, MOVE_LINE, command == COMMAND_LEFT ? -1 : 1, 0);
    if (command == COMMAND_OPEN) {
        session_focus(s, s->ui.focus); /* its rows are there now: the pane is about them again */
        return states_filter(s) | REACT_CLOSE;
    }
    if (command == COMMAND_DIAGRAM)
        return REACT_CLOSE;
    if (command != COMMAND_PANE)
        return REACT_NOT_MINE;
    s->ui.pane = PANE_WIDE; /* its words in the place of the diagram */
    return REACT_CLOSE | REACT_WIDTHS;
}

static void footer(const struct drawing *d, struct key_items *k)
{
    (void)d;
    footer_add(k, COMMAND_BACK, MSG_VIEW_KEY_BACK, true, 0);
    footer_add_keys(k, text(MSG_DIAGRAM_ARROWS), MSG_DIAGRAM_CHOOSE, 1);
    footer_add(k, COMMAND_OPEN, MSG_VIEW_KEY_ONLY_STATE, true, 2);
    footer_add(k, COMMAND_PANE, MSG_VIEW_KEY_PANE, true, 3);
}

/* No extent: it shows the part with the chosen box. */
const struct overlay_ops overlay_diagram = {
    .opened_by = COMMAND_DIAGRAM,
    .open = open,
    .command = command,
    .draw = draw,
    .footer = footer,
};
