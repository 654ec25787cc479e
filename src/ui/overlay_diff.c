/* SPDX-License-Identifier: MIT */
/* What has changed between two moments. A key notes the sample shown as A; the same key at another
 * moment opens the list of what differs. B is the sample shown, also while one travels and while
 * live samples come. Of a large sample the worker makes the comparison. */
#include "overlay_diff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "overlay.h"
#include "prompt.h"
#include "session_rows.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/fmt.h"
#include "tcptop/doctor/finding_scope.h"
#include "tcptop/explain/comparison_words.h"
#include "tcptop/explain/typeset.h"
#include "tcptop/query/comparison.h"
#include "travel.h"

#define NUMBER_W   8
#define STATE_W    11
#define MOVE_W     25 /* "ESTABLISHED → CLOSE_WAIT" */
#define PROCESS_W  24
#define WIDE_FROM  60 /* columns from which both counts and both states are there */
#define DAY_NS     (86400 * NS_PER_S)
#define TITLE_SIZE (2 * FILL_SIZE)

struct comparing {
    struct task task;                              /* first: they are cast */
    const struct sample *sample[COMPARISON_SIDES]; /* references */
    bool cookies;
    struct predicate filter;
    char text[UI_FILTER_MAX]; /* of the filter */
    struct comparison made;
    int rc;
};

struct noted {
    const struct sample *base; /* a reference */
    struct recording_head head;
    struct comparing *task;     /* under way; NULL: none */
    struct comparison made;     /* with references of its samples; NULL: none was made yet */
    char filter[UI_FILTER_MAX]; /* that it was made with */
};

/* Comparing ------------------------------------------------------------ */

static void forget(struct comparison *made)
{
    for (unsigned side = 0; side < COMPARISON_SIDES; side++)
        sample_unref(made->sample[side]);
    comparison_fini(made);
}

static bool compare_step(struct task *task)
{
    struct comparing *t = (struct comparing *)task;

    if (!task->cancelled)
        t->rc = comparison_make(&t->made, t->sample[COMPARISON_A], t->sample[COMPARISON_B],
                                t->cookies, *t->text ? &t->filter : NULL);
    return true;
}

static void compare_free(struct task *task)
{
    struct comparing *t = (struct comparing *)task;

    for (unsigned side = 0; side < COMPARISON_SIDES; side++)
        sample_unref(t->sample[side]);
    comparison_fini(&t->made);
    predicate_fini(&t->filter);
    free(t);
}

static unsigned refresh(struct session *s);

static void compare_on_done(struct task *task, struct session *s)
{
    struct comparing *t = (struct comparing *)task;
    struct noted *n = s->noted;

    n->task = NULL;
    if (t->rc) {
        session_say(s, MSG_SESSION_NO_MEMORY, NULL);
        return;
    }
    forget(&n->made);
    n->made = t->made;
    memcpy(n->filter, t->text, sizeof n->filter);
    t->made = (struct comparison){.n_rows = 0};
    t->sample[COMPARISON_A] = t->sample[COMPARISON_B] = NULL;
    if (s->ui.overlay == OVERLAY_DIFF) /* another sample may be shown since */
        (void)refresh(s);
}

/* Are both samples of one boot of one host, so that their cookies mean the same? What was sampled
 * here, or through ssh, is of one boot for as long as it runs. */
static bool same_boot(const struct session *s)
{
    const struct recording_head *a = &s->noted->head;
    struct recording_head b;

    if (!s->settings->read_path)
        return true;
    travel_head(s, &b);
    return (a->run && a->run == b.run) || (*a->boot && strcmp(a->boot, b.boot) == 0);
}

/* The earlier one, whichever was noted: time goes from A to B, and what has grown counts up. */
static const struct sample *first_of(const struct sample *base, const struct sample *shown)
{
    return shown->wall_ns < base->wall_ns ? shown : base;
}

static void compare(struct session *s, const struct sample *shown)
{
    struct noted *n = s->noted;
    struct comparing *t = calloc(1, sizeof *t);

    if (!t || predicate_copy(&t->filter, &s->predicate)) {
        free(t);
        session_say(s, MSG_SESSION_NO_MEMORY, NULL);
        return;
    }
    t->task = (struct task){.step = compare_step, .on_done = compare_on_done, .free = compare_free};
    t->sample[COMPARISON_A] = sample_ref(first_of(n->base, shown));
    t->sample[COMPARISON_B] = sample_ref(first_of(n->base, shown) == shown ? n->base : shown);
    t->cookies = same_boot(s);
    memcpy(t->text, s->ui.filter, sizeof t->text);
    n->task = t;
    session_run(s, &t->task, n->base->n_live > shown->n_live ? n->base : shown);
}

static bool same_place(const struct sample *a, const struct sample *b)
{
    return strcmp(a->netns, b->netns) == 0;
}

/* Compare with the sample that is shown now, if that has not been done. */
static unsigned refresh(struct session *s)
{
    const struct noted *n = s->noted;
    const struct sample *shown = s->list->sample;

    if (!same_place(n->base, shown)) {
        session_say(s, MSG_DIFF_OTHER_PLACE, NULL);
        return REACT_CLOSE;
    }
    const struct sample *first = first_of(n->base, shown);

    if (!n->task && (n->made.sample[COMPARISON_A] != first ||
                     n->made.sample[COMPARISON_B] != (first == shown ? n->base : shown) ||
                     strcmp(n->filter, s->ui.filter) != 0))
        compare(s, shown);
    return REACT_NOTHING;
}

const struct comparison *overlay_diff_made(const struct session *s)
{
    return s->noted && s->noted->made.sample[COMPARISON_A] ? &s->noted->made : NULL;
}

void overlay_diff_fini(struct session *s)
{
    if (!s->noted)
        return;
    forget(&s->noted->made);
    sample_unref(s->noted->base);
    free(s->noted);
    s->noted = NULL;
}

/* Drawing ------------------------------------------------------------ */

enum diff_section { SUMS, GROUPS, MOVES, ROWS, NOTES, SECTIONS };

struct diff_page {
    const struct comparison *c;
    struct rect r;
    struct explain_text notes;
    uint32_t lines[SECTIONS], n; /* of each, of all */
    uint32_t cursor_line;        /* UINT32_MAX: there is nothing to stand on */
};

/* Groups, changes of states, connections: the cursor stands on one of them. */
static uint32_t count_items(const struct comparison *c)
{
    return c ? c->n_groups + c->n_moved + c->n_rows : 0;
}

/* The section of an item, whose place in it is left in `*item`. */
static enum diff_section section_of(const struct comparison *c, uint32_t *item)
{
    if (*item < c->n_groups)
        return GROUPS;
    *item -= c->n_groups;
    if (*item < c->n_moved)
        return MOVES;
    *item -= c->n_moved;
    return ROWS;
}

/* A heading before them, and a blank line behind. */
static uint32_t list_lines(uint32_t n)
{
    return n ? n + 2 : 0;
}

static void set_notes(struct diff_page *p, const char *filter)
{
    struct str notes = STR_INIT;
    struct typeset ts;

    if (*filter) {
        text_fill(&notes, MSG_DIFF_FILTERED, filter, NULL);
        str_add(&notes, "\n");
    }
    comparison_words_notes(p->c, &notes);
    if (notes.len)
        str_truncate(&notes, notes.len - 1);
    typeset_init(&ts);
    typeset_paragraphs(&ts, str_text(&notes), ROLE_DIM, p->r.w - 1, 1);
    if (typeset_finish(&ts, &p->notes) == 0)
        p->lines[NOTES] = p->notes.n_lines;
    str_fini(&notes);
}

static void page_make(struct diff_page *p, const struct drawing *d, struct overlay_area *a)
{
    overlay_area(d, a);
    *p = (struct diff_page){.c = d->v->comparison, .r = a->inner};
    if (!p->c)
        return;
    p->lines[SUMS] = 2;
    p->lines[GROUPS] = list_lines(p->c->n_groups);
    p->lines[MOVES] = list_lines(p->c->n_moved);
    p->lines[ROWS] = list_lines(p->c->n_rows);
    set_notes(p, d->ui->filter);
    p->cursor_line = UINT32_MAX;
    uint32_t item = d->ui->overlay_cursor, items = count_items(p->c);
    if (item >= items)
        item = items - 1;
    const enum diff_section section = items ? section_of(p->c, &item) : SECTIONS;
    for (unsigned i = 0; i < SECTIONS; i++) {
        if (i == section)
            p->cursor_line = p->n + 1 + item;
        p->n += p->lines[i];
    }
}

static void extent(const struct drawing *d, uint32_t *lines, uint32_t *shown)
{
    struct overlay_area a;
    struct diff_page p;

    page_make(&p, d, &a);
    *lines = p.n;
    *shown = overlay_shown(&a, p.n);
    explain_fini(&p.notes);
}

static bool is_wide(const struct diff_page *p)
{
    return p->r.w >= WIDE_FROM;
}

/* From `x` to the end of the line. */
static void put_rest(struct drawing *d, const struct diff_page *p, int x, int y, enum role role,
                     const char *words)
{
    if (p->r.x + p->r.w - 1 > x)
        draw_name(d->c, x, y, p->r.x + p->r.w - 1 - x, role, words);
}

static int put_count(struct drawing *d, int x, int y, uint32_t n)
{
    char number[FMT_SIZE];

    fmt_count_fit(number, sizeof number, n, NUMBER_W - 1);
    canvas_put_right(d->c, x, y, NUMBER_W, ROLE_DIM, number);
    return x + NUMBER_W;
}

static void draw_ends(struct drawing *d, const struct diff_page *p,
                      const struct comparison_key *key, int x, int y)
{
    struct str ends = STR_INIT;

    comparison_words_ends(key, &ends);
    put_rest(d, p, x, y, ROLE_TEXT, str_text(&ends));
    str_fini(&ends);
}

static void draw_groups_head(struct drawing *d, const struct diff_page *p, int y)
{
    int x = p->r.x;

    canvas_put_right(d->c, x, y, NUMBER_W, ROLE_TITLE, text(MSG_DIFF_CHANGE));
    x += NUMBER_W;
    for (unsigned side = 0; side < COMPARISON_SIDES && is_wide(p); side++, x += NUMBER_W)
        canvas_put_right(d->c, x, y, NUMBER_W, ROLE_TITLE, comparison_words_side[side]);
    canvas_put(d->c, x + 2, y, STATE_W, ROLE_TITLE, text(MSG_COL_STATE));
    put_rest(d, p, x + 2 + STATE_W + 2, y, ROLE_TITLE, text(MSG_DIFF_ENDS));
}

static void draw_group(struct drawing *d, const struct diff_page *p,
                       const struct comparison_group *g, int y)
{
    char change[FMT_SIZE];
    struct str ends = STR_INIT;
    int x = p->r.x;

    fmt_change(change, sizeof change, comparison_change(g), NUMBER_W - 1);
    canvas_put_right(d->c, x, y, NUMBER_W, ROLE_TEXT, *change ? change : "0");
    x += NUMBER_W;
    for (unsigned side = 0; side < COMPARISON_SIDES && is_wide(p); side++)
        x = put_count(d, x, y, g->count[side]);
    draw_name(d->c, x + 2, y, STATE_W, column_state_role(g->key.state),
              comparison_words_state(g->key.state));
    comparison_words_group(g, &ends);
    put_rest(d, p, x + 2 + STATE_W + 2, y, ROLE_TEXT, str_text(&ends));
    str_fini(&ends);
}

/* "ESTABLISHED → CLOSE_WAIT", where there is room for both. Returns where the next word begins. */
static int put_states(struct drawing *d, const struct diff_page *p,
                      const struct comparison_key *key, int x, int y)
{
    const int w = is_wide(p) ? MOVE_W : STATE_W;
    struct str move = STR_INIT;

    comparison_words_move(key, &move);
    draw_name(d->c, x, y, w, column_state_role(key->state),
              is_wide(p) ? str_text(&move) : comparison_words_state(key->state));
    str_fini(&move);
    return x + w + 2;
}

static void draw_move(struct drawing *d, const struct diff_page *p,
                      const struct comparison_group *g, int y)
{
    int x = put_count(d, p->r.x, y, g->count[COMPARISON_B]);

    x = put_states(d, p, &g->key, x + 2, y);
    draw_ends(d, p, &g->key, x, y);
}

/* The mark, and the states of a connection; the signs are those of the table. */
static int draw_what(struct drawing *d, const struct diff_page *p,
                     const struct conn *const conn[COMPARISON_SIDES], int y)
{
    static const enum role roles[] = {ROLE_CLOSED, ROLE_NEW};
    const unsigned side = conn[COMPARISON_B] ? COMPARISON_B : COMPARISON_A;
    const unsigned state = conn_counts_as(conn[side]);
    int x = p->r.x + 1;

    if (conn[COMPARISON_A] && conn[COMPARISON_B]) {
        const struct comparison_key key = {.from = (uint8_t)conn_counts_as(conn[COMPARISON_A]),
                                           .state = (uint8_t)state};
        canvas_put(d->c, x, y, 1, ROLE_CHANGED, "*");
        return put_states(d, p, &key, x + 2, y);
    }
    canvas_put(d->c, x, y, 1, roles[side], side == COMPARISON_A ? "-" : "+");
    draw_name(d->c, x + 2, y, STATE_W, column_state_role(state), comparison_words_state(state));
    return x + 2 + STATE_W + 2;
}

static void draw_row(struct drawing *d, const struct diff_page *p, const struct comparison_row *r,
                     int y)
{
    const struct conn *conn[COMPARISON_SIDES] = {NULL};
    struct str words = STR_INIT;

    for (unsigned side = 0; side < COMPARISON_SIDES; side++)
        if (r->row[side] != UINT32_MAX)
            conn[side] = &p->c->sample[side]->conn[r->row[side]];
    const unsigned side = conn[COMPARISON_B] ? COMPARISON_B : COMPARISON_A;
    const struct sample *s = p->c->sample[side];
    int x = draw_what(d, p, conn, y);
    column_format_local(s, conn[side], &words);
    str_add(&words, "  ");
    column_format_remote(s, conn[side], &words);
    if (sample_owner(s, r->row[side], NULL)) {
        str_add(&words, "  ");
        column_process_fit(s, r->row[side], PROCESS_W, &words);
    }
    put_rest(d, p, x, y, side == COMPARISON_A ? ROLE_CLOSED : ROLE_TEXT, str_text(&words));
    str_fini(&words);
}

/* Line `i` of a section, at screen line `y`. */
static void draw_line(struct drawing *d, const struct diff_page *p, enum diff_section section,
                      uint32_t i, int y)
{
    const struct comparison *c = p->c;
    struct str words = STR_INIT;

    switch (section) {
    case SUMS:
        if (i == 0)
            comparison_words_sums(c, &words);
        put_rest(d, p, p->r.x + 1, y, ROLE_TEXT, str_text(&words));
        break;
    case GROUPS:
        if (i == 0)
            draw_groups_head(d, p, y);
        else if (i <= c->n_groups)
            draw_group(d, p, &c->group[i - 1], y);
        break;
    case MOVES:
        if (i == 0)
            put_rest(d, p, p->r.x + 1, y, ROLE_TITLE, text(MSG_DIFF_MOVED));
        else if (i <= c->n_moved)
            draw_move(d, p, &c->moved[i - 1], y);
        break;
    case ROWS:
        if (i == 0)
            put_rest(d, p, p->r.x + 1, y, ROLE_TITLE, text(MSG_DIFF_MARKS));
        else if (i <= c->n_rows)
            draw_row(d, p, &c->row[i - 1], y);
        break;
    case NOTES:
    case SECTIONS:
        draw_explained(d->c, &p->notes, i, p->r.x, y, p->r.w - 1);
    }
    str_fini(&words);
}

static void draw_page(struct drawing *d, const struct diff_page *p, uint32_t top, uint32_t shown)
{
    uint32_t at = 0;

    for (unsigned section = 0; section < SECTIONS; section++) {
        const uint32_t from = top > at ? top - at : 0;
        for (uint32_t i = from; i < p->lines[section] && at + i < top + shown; i++) {
            const int y = p->r.y + (int)(at + i - top);
            draw_line(d, p, (enum diff_section)section, i, y);
            if (at + i != p->cursor_line)
                continue;
            canvas_put(d->c, p->r.x, y, 1, ROLE_TEXT, "▸");
            draw_cursor(d->c, p->r.x, y, p->r.w, true);
        }
        at += p->lines[section];
    }
}

/* "A 14:02:03  B 14:05:10", with the dates where a day or more is between them. */
static void moments(const struct comparison *c, char out[FILL_SIZE])
{
    const int64_t a = c->sample[COMPARISON_A]->wall_ns, b = c->sample[COMPARISON_B]->wall_ns;
    char *(*const clock)(char *, size_t, int64_t) =
        a - b < DAY_NS && b - a < DAY_NS ? fmt_clock : fmt_local;
    char from[FMT_SIZE], to[FMT_SIZE];

    snprintf(out, FILL_SIZE, "%s %s  %s %s", comparison_words_side[COMPARISON_A],
             clock(from, sizeof from, a), comparison_words_side[COMPARISON_B],
             clock(to, sizeof to, b));
}

static void draw(struct drawing *d)
{
    struct overlay_area a;
    struct diff_page p;
    char right[TITLE_SIZE] = "", when[FILL_SIZE], scroll[64];
    uint32_t top = d->ui->overlay_top;

    page_make(&p, d, &a);
    const uint32_t shown = overlay_shown(&a, p.n);
    if (top > p.n - shown)
        top = p.n - shown;
    if (p.c) {
        moments(p.c, when);
        draw_scroll_mark(scroll, sizeof scroll, top, shown, p.n);
        snprintf(right, sizeof right, "%s%s%s", when, *scroll ? DRAW_GAP : "", scroll);
    }
    overlay_frame(d, &a, text(MSG_DIFF_TITLE), right);
    if (p.c)
        draw_page(d, &p, top, shown);
    else
        put_rest(d, &p, p.r.x + 1, p.r.y, ROLE_DIM, text(MSG_DIFF_COMPARING));
    explain_fini(&p.notes);
}

/* What keys do ------------------------------------------------------------ */

/* The sample shown is A from now on. */
static void note(struct session *s, const struct sample *shown)
{
    char clock[FMT_SIZE], key[16];
    struct noted *n = s->noted ? s->noted : calloc(1, sizeof *n);

    if (!n) {
        session_say(s, MSG_SESSION_NO_MEMORY, NULL);
        return;
    }
    s->noted = n;
    if (n->task)
        n->task->task.cancelled = true;
    n->task = NULL;
    sample_unref(n->base);
    n->base = sample_ref(shown);
    travel_head(s, &n->head);
    session_say(s, MSG_DIFF_NOTED, fmt_clock(clock, sizeof clock, shown->wall_ns),
                session_key(s, COMMAND_DIFF, key), NULL);
}

static bool same_moment(const struct sample *a, const struct sample *b)
{
    return a->seq == b->seq && a->wall_ns == b->wall_ns && a->mono_ns == b->mono_ns;
}

static unsigned open(struct session *s)
{
    const struct sample *shown = s->list->sample;

    if (!shown) {
        session_say(s, MSG_SESSION_NO_SAMPLE, NULL);
    } else if (shown->import) {
        session_say(s, MSG_DIFF_ONE_MOMENT, NULL);
    } else if (!s->noted || same_moment(s->noted->base, shown) ||
               !same_place(s->noted->base, shown)) {
        note(s, shown);
    } else {
        return REACT_NOTHING; /* refresh() comes next */
    }
    return REACT_NOT_MINE;
}

/* The line under the cursor is shown, with the first one what stands above it, too, with the last
 * one what stands below. */
static void show_cursor(struct session *s, uint32_t items)
{
    struct view v = session_view(s);
    struct overlay_area a;
    struct diff_page p;
    struct drawing d;
    int64_t top = s->ui.overlay_top;

    draw_init(&d, NULL, &v);
    page_make(&p, &d, &a);
    const uint32_t shown = overlay_shown(&a, p.n);
    if (s->ui.overlay_cursor == 0)
        top = 0;
    else if (s->ui.overlay_cursor + 1 >= items)
        top = p.n - shown;
    else if (p.cursor_line < top)
        top = p.cursor_line;
    else if (p.cursor_line >= top + shown)
        top = (int64_t)p.cursor_line - shown + 1;
    explain_fini(&p.notes);
    overlay_scroll(s, top - (int64_t)s->ui.overlay_top);
}

static void move(struct session *s, enum move_unit unit, int sign)
{
    const uint32_t items = count_items(overlay_diff_made(s));
    struct view v = session_view(s);
    uint32_t lines, shown;

    overlay_extent(&v, &lines, &shown);
    if (!items) {
        overlay_scroll(s, sign * session_step(unit, lines, shown));
        return;
    }
    s->ui.overlay_cursor =
        session_clamp(s->ui.overlay_cursor, sign * session_step(unit, items, shown), items - 1);
    show_cursor(s, items);
}

/* The filter of what the cursor stands on. */
static void filter_of(const struct comparison *c, uint32_t item, struct str *out)
{
    const enum diff_section section = section_of(c, &item);

    if (section != ROWS) {
        comparison_filter(section == GROUPS ? &c->group[item].key : &c->moved[item].key, out);
        return;
    }
    const struct comparison_row *r = &c->row[item];
    const unsigned side = r->row[COMPARISON_B] != UINT32_MAX ? COMPARISON_B : COMPARISON_A;
    const struct conn *conn = &c->sample[side]->conn[r->row[side]];
    char address[CONN_ADDRESS_SIZE];
    finding_address(conn, false, address);
    str_addf(out, "laddr:%s lport:%u", address, conn->sport);
    if (conn->state == TCP_STATE_LISTEN)
        return;
    finding_address(conn, true, address);
    str_addf(out, " raddr:%s rport:%u", address, conn->dport);
}

/* The rows of what the cursor stands on, as far as they are there. */
static unsigned accept(struct session *s)
{
    const struct comparison *c = overlay_diff_made(s);
    struct str filter = STR_INIT;
    unsigned reaction = REACT_CLOSE;
    char key[16];

    if (!count_items(c))
        return REACT_NOTHING;
    filter_of(c, session_clamp(s->ui.overlay_cursor, 0, count_items(c) - 1), &filter);
    prompt_filter_remember(s, s->ui.filter);
    if (prompt_filter_apply(s, str_text(&filter), NULL, &reaction) < 0)
        session_say(s, MSG_SESSION_NO_MEMORY, NULL);
    else
        session_say(s, MSG_DIFF_ONLY, session_key(s, COMMAND_BACK, key), NULL);
    str_fini(&filter);
    return reaction;
}

static unsigned command(struct session *s, enum command_id command)
{
    enum move_unit unit;
    int sign;

    if (command == COMMAND_DIFF) {
        note(s, s->list->sample);
        s->ui.overlay_top = s->ui.overlay_cursor = 0;
        return refresh(s);
    }
    if (command == COMMAND_OPEN)
        return accept(s);
    if (!overlay_movement(command, &unit, &sign))
        return REACT_NOT_MINE;
    move(s, unit, sign);
    return REACT_NOTHING;
}

static void footer(const struct drawing *d, struct key_items *k)
{
    footer_add(k, COMMAND_BACK, MSG_VIEW_KEY_BACK, true, 0);
    if (overlay_scrolls(d))
        footer_add_keys(k, "↑ ↓", MSG_VIEW_KEY_SCROLL, 4);
    footer_add(k, COMMAND_OPEN, MSG_VIEW_KEY_THESE, count_items(d->v->comparison), 1);
    footer_add(k, COMMAND_DIFF, MSG_VIEW_KEY_FROM_HERE, true, 2);
    footer_add_keys(k, ", .", MSG_VIEW_KEY_SAMPLE, 3);
    footer_add_keys(k, "{ }", MSG_VIEW_KEY_MINUTE, 4);
    footer_add(k, COMMAND_GO_TO, MSG_VIEW_KEY_GO_TO, true, 5);
}

const struct overlay_ops overlay_diff = {
    .opened_by = COMMAND_DIFF,
    .open = open,
    .command = command,
    .on_sample = refresh,
    .on_list = refresh,
    .draw = draw,
    .extent = extent,
    .footer = footer,
    .needs = NEED_OWNER,
};
