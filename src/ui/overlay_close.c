/* The question before a connection is closed: over the last rows of the screen, as many as it takes
 * to read the addresses back whole. */
#include <stdio.h>
#include <string.h>

#include "parts.h"
#include "tcptop/base/utf8.h"
#include "tcptop/query/column.h"

#define QUESTION_LINES 12
#define GAP            "   "

struct question {
    char line[QUESTION_LINES][RUN_TEXT * 4];
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
            cut = fit_address_line(text, room);
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

    snprintf(what, sizeof what, "%s%s%s%s%s", state_name(c->state),
             ui->closing_netns[0] ? ", " : "", ui->closing_netns,
             ui->closing_process[0] ? ", " : "", ui->closing_process);
    column_format_local(c, &local);
    column_format_remote(c, &remote);
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

bool view_question_fits(const struct view *v)
{
    struct drawing d;
    struct question q;

    drawing_init(&d, NULL, v);
    question_make(&q, &d);
    return q.whole;
}

void draw_question(struct drawing *d)
{
    struct question q;
    int h = d->ui->h, w = d->ui->w;

    question_make(&q, d);
    int rows = q.n < 2 ? 2 : q.n, y = h - rows > 0 ? h - rows : 0;
    canvas_fill(d->c, 0, y, w, rows, ROLE_TEXT, " ");
    for (int i = 0; i < q.n; i++)
        canvas_put(d->c, 1, y + i, w - 2, q.keys < 0 || i < q.keys ? ROLE_TEXT : ROLE_DIM,
                   q.line[i]);
    if (q.keys >= 0)
        canvas_paint(d->c, 1, y + q.keys, 1, 1, ROLE_KEY);
}
