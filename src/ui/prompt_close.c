/* SPDX-License-Identifier: MIT */
/* `K`: closes one connection of this host after a question that reads its addresses back whole,
 * over as many of the last rows of the screen as that takes. The answer is for the connection that
 * was drawn when K was pressed, whatever is under the cursor by then. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "overlay.h"
#include "pane.h"
#include "prompt.h"
#include "session_rows.h"
#include "table_columns.h"
#include "table_cursor.h"
#include "tcptop/base/err.h"
#include "tcptop/base/utf8.h"
#include "tcptop/query/column.h"

#define QUESTION_LINES 12
#define LINE_BYTES     512
#define GAP            "   "

struct question {
    char line[QUESTION_LINES][LINE_BYTES];
    int n;
    int keys; /* the line that begins with the key, -1: it stands at the end of the first */
    bool whole;
};

/* What closing does; MSG_COUNT where that is not known for sure. net/ipv4/tcp.c tcp_abort() */
static enum msg effect(const struct conn *c)
{
    static const enum msg effects[TCP_STATE_COUNT] = {
        [TCP_STATE_ESTABLISHED] = MSG_VIEW_CLOSE_RESET,
        [TCP_STATE_CLOSE_WAIT] = MSG_VIEW_CLOSE_RESET,
        [TCP_STATE_FIN_WAIT1] = MSG_VIEW_CLOSE_RESET,
        [TCP_STATE_FIN_WAIT2] = MSG_VIEW_CLOSE_RESET,
        [TCP_STATE_LISTEN] = MSG_VIEW_CLOSE_LISTEN,
        [TCP_STATE_SYN_SENT] = MSG_VIEW_CLOSE_CONNECT,
        [TCP_STATE_SYN_RECV] = MSG_VIEW_CLOSE_ENTRY,
        [TCP_STATE_TIME_WAIT] = MSG_VIEW_CLOSE_ENTRY,
    };
    enum conn_kind kind = conn_kind(c);
    bool certain = kind == CONN_PLAIN || kind == CONN_REQUEST_SOCKET || kind == CONN_NOT_ACCEPTED;

    if (!certain || c->state >= TCP_STATE_COUNT || !effects[c->state])
        return MSG_COUNT;
    return c->state == TCP_STATE_SYN_RECV && kind == CONN_PLAIN ? MSG_COUNT : effects[c->state];
}

/* The next line of `text` within `room` columns: whole words; an address wider than that goes on
 * after a ':'. Returns what is left. */
static const char *next_line(struct question *q, const char *text, int room)
{
    size_t len = strlen(text), fits = utf8_fit(text, len, room, NULL), cut = fits;

    if (fits < len && text[fits] != ' ') {
        while (cut > 0 && text[cut - 1] != ' ')
            cut--;
        if (cut == 0)
            cut = table_columns_break_address(text, room);
    }
    if (q->n == QUESTION_LINES || cut == 0) {
        q->whole = false;
        return "";
    }
    snprintf(q->line[q->n++], sizeof q->line[0], "%.*s", (int)cut, text);
    text += cut;
    return text + strspn(text, " ");
}

static void sentence(const struct ui *ui, struct str *out)
{
    const struct conn *c = &ui->closing;
    struct str local = STR_INIT, remote = STR_INIT;
    char what[FILL_SIZE];

    snprintf(what, sizeof what, "%s%s%s%s%s", state_name(conn_counts_as(c)),
             ui->closing_netns[0] ? ", " : "", ui->closing_netns,
             ui->closing_process[0] ? ", " : "", ui->closing_process);
    column_format_local(NULL, c, &local);
    column_format_remote(NULL, c, &remote);
    if (c->state == TCP_STATE_LISTEN)
        text_fill(out, MSG_VIEW_CLOSE_ASK_LOCAL, str_text(&local), what, NULL);
    else
        text_fill(out, MSG_VIEW_CLOSE_ASK, str_text(&local), str_text(&remote), what, NULL);
    str_fini(&local);
    str_fini(&remote);
}

static void add_after(struct question *q, const char *words, int room)
{
    char *line = q->line[q->n - 1];
    size_t len = strlen(line);

    if (utf8_width(line) + (int)strlen(GAP) + utf8_width(words) <= room)
        snprintf(line + len, sizeof q->line[0] - len, GAP "%s", words);
}

static void question_make(struct question *q, const struct drawing *d)
{
    const struct conn *c = &d->ui->closing;
    const char *keys = text(MSG_VIEW_CLOSE_KEYS), *left;
    enum msg after = effect(c);
    int room = d->ui->w - 2;
    struct str ask = STR_INIT;

    *q = (struct question){.whole = true, .keys = -1};
    sentence(d->ui, &ask);
    for (left = str_text(&ask); *left;)
        left = next_line(q, left, room);
    q->whole = q->whole && q->n > 0 && !str_failed(&ask);
    str_fini(&ask);
    if (!q->whole)
        return;
    int before = (int)strlen(q->line[0]);
    if (q->n == 1)
        add_after(q, keys, room);
    if (q->n > 1 || (int)strlen(q->line[0]) == before) {
        q->keys = q->n;
        for (left = keys; *left;)
            left = next_line(q, left, room);
        if (q->whole && after != MSG_COUNT)
            add_after(q, text(after), room);
    } else if (after != MSG_COUNT && utf8_width(text(after)) <= room) {
        next_line(q, text(after), room);
    }
    q->whole = q->whole && q->n <= d->ui->h;
}

/* Is there room to read back what is asked about, addresses whole? */
static bool question_fits(const struct view *v)
{
    struct drawing d;
    struct question q;

    draw_init(&d, NULL, v);
    question_make(&q, &d);
    return q.whole;
}

static void draw_question(struct drawing *d)
{
    struct question q;
    int h = d->ui->h, w = d->ui->w;

    question_make(&q, d);
    int rows = q.n < 2 ? 2 : q.n, y = h - rows > 0 ? h - rows : 0;
    canvas_fill(d->c, 0, y, w, rows, ROLE_BADGE, " "); /* what cannot be undone must be seen */
    for (int i = 0; i < q.n; i++)
        canvas_put(d->c, 1, y + i, w - 2, ROLE_BADGE, q.line[i]);
}

/* Why this row cannot be closed from here; MSG_COUNT when it can. */
static enum msg obstacle(const struct session *s, const struct conn *c, uint32_t row)
{
    const struct sample *shown = s->list->sample;

    if (shown->backend == BACKEND_REMOTE)
        return MSG_CLOSE_REMOTE;
    if (sample_is_recorded(shown))
        return s->ui.past && !s->settings->past.whole ? MSG_CLOSE_PAST : MSG_CLOSE_RECORDING;
    if (!s->destroy)
        return MSG_CLOSE_NOT_LIVE;
    if (row == UINT32_MAX || sample_row_kind(shown, row) == ROW_CLOSED)
        return MSG_CLOSE_GONE;
    if (c->netns != 0 && !netns_find(shown->namespaces, c->netns))
        return MSG_CLOSE_NAMESPACE;
    if (c->netns == 0 && !s->may_destroy)
        return MSG_CLOSE_DENIED;
    if (c->flags & CONN_NO_COOKIE)
        return MSG_CLOSE_NO_COOKIE;
    return c->flags & CONN_BOUND ? MSG_CLOSE_UNREACHABLE : MSG_COUNT;
}

/* A message about one connection; `value` fills {3}. */
static void say_about(struct session *s, enum msg id, const struct conn *c, const char *value)
{
    struct str local = STR_INIT, remote = STR_INIT;

    column_format_local(s->list->sample, c, &local);
    column_format_remote(s->list->sample, c, &remote);
    session_say(s, id, str_text(&local), str_text(&remote), value, NULL);
    str_fini(&local);
    str_fini(&remote);
}

/* A question that can no longer be read is taken back. */
static unsigned resized(struct session *s)
{
    struct view v = session_view(s);

    if (question_fits(&v))
        return REACT_NOTHING;
    session_say(s, MSG_CLOSE_SMALL, NULL);
    return REACT_CLOSE;
}

/* Who holds the socket of a row, as the table says it; "" when that is not known. */
static void process_of(const struct sample *s, uint32_t row, char out[UI_PROCESS_MAX])
{
    struct str process = STR_INIT;

    out[0] = '\0';
    if (row != UINT32_MAX && sample_owner(s, row, NULL)) {
        column_process_fit(s, row, INT_MAX, &process);
        snprintf(out, UI_PROCESS_MAX, "%s", str_text(&process));
    }
    str_fini(&process);
}

/* Has it gone to another process since it was asked about? That nobody is known by now is no
 * answer: the kernel is asked in any case. */
static bool changed_hands(const struct session *s)
{
    const struct ui *ui = &s->ui;
    char now[UI_PROCESS_MAX];

    process_of(s->good, sample_find(s->good, &ui->closing, s->selected_row), now);
    return ui->closing_process[0] && now[0] && strcmp(now, ui->closing_process) != 0;
}

static void remember(struct session *s, const struct conn *c, uint32_t row)
{
    const struct sample *shown = s->list->sample;
    const struct netns *ns = c->netns ? netns_find(shown->namespaces, c->netns) : NULL;

    s->ui.closing = *c;
    s->closing_inode = ns ? ns->inode : 0;
    snprintf(s->ui.closing_netns, sizeof(s->ui.closing_netns), "%s", ns ? ns->name : "");
    process_of(shown, row, s->ui.closing_process);
}

/* Ask about the connection that actions mean, or say why that cannot be. */
static unsigned open(struct session *s)
{
    struct ui *ui = &s->ui;
    const struct conn *of_overlay = overlay_subject(ui), *c;
    char key[16];

    if (s->settings->readonly) {
        session_say(s, MSG_CLOSE_READONLY, NULL);
        return REACT_NOT_MINE;
    }
    if (ui->overlay != OVERLAY_NONE && !of_overlay)
        return REACT_NOT_MINE;
    if (!of_overlay && pane_covers(s)) {
        session_say(s, MSG_CLOSE_COVERED, NULL);
        return REACT_NOT_MINE;
    }
    c = s->list->sample ? table_subject(s) : NULL;
    if (!c)
        return REACT_NOT_MINE;
    uint32_t row = of_overlay ? ui->details_row : s->selected_row;
    enum msg why = obstacle(s, c, row);
    if (why == MSG_CLOSE_PAST) {
        session_say(s, why, session_key(s, COMMAND_LIVE, key), NULL);
        return REACT_NOT_MINE;
    }
    if (why != MSG_COUNT) {
        say_about(s, why, c, NULL);
        return REACT_NOT_MINE;
    }
    remember(s, c, row);
    return resized(s) == REACT_NOTHING ? REACT_NOTHING : REACT_NOT_MINE;
}

/* One connection being closed. In another namespace that takes a walk through /proc. */
struct closing {
    struct task task; /* first: they are cast */
    struct destroyed (*destroy)(const struct conn *c, const struct destroy_place *place);
    struct conn conn;
    uint64_t inode;          /* of its namespace, 0: tcptop's own */
    char netns[NETNS_NAME];  /* the name of that */
    char chosen[NETNS_NAME]; /* in the menu of namespaces */
    const char *spec;        /* that, or what the command line names */
    struct destroyed result;
};

static void say_result(struct session *s, const struct closing *closing)
{
    static const enum msg words[] = {
        [DESTROY_DONE] = MSG_CLOSE_DONE,
        [DESTROY_STATE] = MSG_CLOSE_STATE,
        [DESTROY_OWNER] = MSG_CLOSE_OWNER,
        [DESTROY_GONE] = MSG_CLOSE_GONE,
        [DESTROY_DENIED] = MSG_CLOSE_DENIED,
        [DESTROY_UNSUPPORTED] = MSG_CLOSE_UNSUPPORTED,
        [DESTROY_UNREACHABLE] = MSG_CLOSE_UNREACHABLE,
        [DESTROY_NAMELESS] = MSG_CLOSE_NO_COOKIE,
        [DESTROY_NO_ENTRY] = MSG_CLOSE_NO_ENTRY,
        [DESTROY_FAILED] = MSG_CLOSE_FAILED,
    };
    const struct destroyed *d = &closing->result;
    const struct conn *c = &closing->conn;
    bool mini = (c->flags & CONN_NO_OWNER) != 0; /* which older kernels do not end */

    if (d->outcome == DESTROY_NO_ENTRY)
        session_say(s, MSG_CLOSE_NO_ENTRY, closing->netns, text_error(d->error), NULL);
    else if (d->outcome == DESTROY_FAILED)
        session_say(s, MSG_CLOSE_FAILED, text_error(d->error), NULL);
    else if (d->outcome == DESTROY_UNSUPPORTED && mini)
        session_say(s, MSG_CLOSE_UNSUPPORTED_STATE, state_name(conn_counts_as(c)), NULL);
    else
        say_about(s, words[d->outcome], c, state_name(d->state));
}

static bool closing_step(struct task *task)
{
    struct closing *c = (struct closing *)task;
    const struct destroy_place place = {.inode = c->inode, .spec = c->spec};
    c->result = c->destroy(&c->conn, c->inode ? &place : NULL);
    return true;
}

static void closing_on_done(struct task *task, struct session *s)
{
    s->sample_now = true;
    say_result(s, (struct closing *)task);
}

static void closing_free(struct task *task)
{
    free(task);
}

static void close_it(struct session *s)
{
    struct closing *c = calloc(1, sizeof(*c));
    if (!c) {
        session_say(s, MSG_SESSION_NO_MEMORY, NULL);
        return;
    }
    c->task = (struct task){
        .step = closing_step, .on_done = closing_on_done, .free = closing_free, .waits = true};
    c->destroy = s->destroy;
    c->conn = s->ui.closing;
    c->inode = s->closing_inode;
    memcpy(c->netns, s->ui.closing_netns, sizeof(c->netns));
    memcpy(c->chosen, s->namespaces, sizeof(c->chosen));
    c->spec = c->chosen[0] ? c->chosen : s->settings->netns;
    session_run(s, &c->task, NULL);
}

static unsigned key(struct session *s, keycode key)
{
    struct ui *ui = &s->ui;

    if (!s->input_was_quiet)
        return REACT_NOTHING;
    if (key != 'y') {
        say_about(s, MSG_CLOSE_NOT, &ui->closing, NULL);
        return REACT_CLOSE;
    }
    if (!changed_hands(s)) {
        close_it(s);
        return REACT_CLOSE;
    }
    say_about(s, MSG_CLOSE_OWNER, &ui->closing, NULL);
    return REACT_CLOSE | REACT_SAMPLE;
}

const struct prompt_ops prompt_close = {
    .opened_by = COMMAND_CLOSE,
    .open = open,
    .key = key,
    .resized = resized,
    .draw_question = draw_question,
};
