/* `K`: closes one connection of this host after a question that reads it back. The answer is for
 * the connection that was drawn when K was pressed, whatever is under the cursor by then. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session_internal.h"
#include "tcptop/base/err.h"

/* Why this row cannot be closed from here; MSG_COUNT when it can. */
static enum msg obstacle(const struct session *s, const struct conn *c, uint32_t row)
{
    const struct sample *shown = s->list->sample;

    if (shown->backend == BACKEND_FRAME || shown->backend == BACKEND_RAW)
        return MSG_CLOSE_RECORDING;
    if (!s->destroy)
        return MSG_CLOSE_NOT_LIVE;
    if (row == UINT32_MAX || sample_row_kind(shown, row) == ROW_CLOSED)
        return MSG_CLOSE_GONE;
    if (c->netns != 0 && !netns_find(shown->namespaces, c->netns))
        return MSG_CLOSE_NAMESPACE;
    if (c->flags & CONN_NO_COOKIE)
        return MSG_CLOSE_NO_COOKIE;
    return c->flags & CONN_BOUND ? MSG_CLOSE_UNREACHABLE : MSG_COUNT;
}

/* A message about one connection; `value` fills {3}. */
static void say_about(struct session *s, enum msg id, const struct conn *c, const char *value)
{
    struct str local = STR_INIT, remote = STR_INIT;

    conn_format_local(c, &local);
    conn_format_remote(c, &remote);
    session_say(s, id, str_text(&local), str_text(&remote), value, NULL);
    str_fini(&local);
    str_fini(&remote);
}

void close_resized(struct session *s)
{
    struct view v = session_view(s);

    if (s->ui.prompt != PROMPT_CLOSE || view_question_fits(&v))
        return;
    s->ui.prompt = PROMPT_NONE;
    session_say(s, MSG_CLOSE_SMALL, NULL);
}

/* Who holds the socket of a row, as the table says it; "" when that is not known. */
static void process_of(const struct sample *s, uint32_t row, char out[UI_PROCESS_MAX])
{
    struct str process = STR_INIT;

    out[0] = '\0';
    if (row != UINT32_MAX && sample_owner(s, row, NULL)) {
        process_fit(s, row, INT_MAX, &process);
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

void close_ask(struct session *s)
{
    struct ui *ui = &s->ui;
    bool details = ui->overlay == OVERLAY_DETAILS;

    if (ui->readonly) {
        session_say(s, MSG_CLOSE_READONLY, NULL);
        return;
    }
    if (ui->overlay != OVERLAY_NONE && !details)
        return;
    if (!details && pane_is_overlay(s)) {
        session_say(s, MSG_CLOSE_COVERED, NULL);
        return;
    }
    const struct conn *c = s->list->sample ? table_subject(s) : NULL;
    if (!c)
        return;
    uint32_t row = details ? ui->details_row : s->selected_row;
    enum msg why = obstacle(s, c, row);
    if (why != MSG_COUNT) {
        say_about(s, why, c, NULL);
        return;
    }
    remember(s, c, row);
    ui->prompt = PROMPT_CLOSE;
    close_resized(s);
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

static void tell(struct session *s, const struct closing *closing)
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
        session_say(s, MSG_CLOSE_NO_ENTRY, closing->netns, err_name(d->error), NULL);
    else if (d->outcome == DESTROY_FAILED)
        session_say(s, MSG_CLOSE_FAILED, err_name(d->error), NULL);
    else if (d->outcome == DESTROY_UNSUPPORTED && mini)
        session_say(s, MSG_CLOSE_UNSUPPORTED_STATE, state_name(c->state), NULL);
    else
        say_about(s, words[d->outcome], c, state_name(d->state));
}

static bool closing_step(struct task *e)
{
    struct closing *c = (struct closing *)e;
    const struct destroy_place place = {.inode = c->inode, .spec = c->spec};
    c->result = c->destroy(&c->conn, c->inode ? &place : NULL);
    return true;
}

static void closing_tell(struct task *e, struct session *s)
{
    s->sample_now = true;
    tell(s, (struct closing *)e);
}

static void closing_free(struct task *e)
{
    free(e);
}

static void close_it(struct session *s)
{
    struct closing *c = calloc(1, sizeof(*c));
    if (!c) {
        session_say(s, MSG_SESSION_NO_MEMORY, NULL);
        return;
    }
    c->task = (struct task){
        .step = closing_step, .tell = closing_tell, .free = closing_free, .waits = true};
    c->destroy = s->destroy;
    c->conn = s->ui.closing;
    c->inode = s->closing_inode;
    memcpy(c->netns, s->ui.closing_netns, sizeof(c->netns));
    memcpy(c->chosen, s->namespaces, sizeof(c->chosen));
    c->spec = c->chosen[0] ? c->chosen : s->settings->netns;
    session_run(s, &c->task, NULL);
}

void close_key(struct session *s, keycode key, bool heard)
{
    struct ui *ui = &s->ui;

    if (prompt_command(s, key) || !heard)
        return;
    ui->prompt = PROMPT_NONE;
    if (key != 'y') {
        say_about(s, MSG_CLOSE_NOT, &ui->closing, NULL);
        return;
    }
    if (!changed_hands(s)) {
        close_it(s);
        return;
    }
    s->sample_now = true;
    say_about(s, MSG_CLOSE_OWNER, &ui->closing, NULL);
}
