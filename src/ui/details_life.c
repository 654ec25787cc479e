/* Details: the lines about the connection as a whole. */
#include <limits.h>
#include <string.h>

#include "overlay_details.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/utf8.h"
#include "tcptop/query/column.h"

#define DS_PER_S 10

bool details_gone(const struct details *t)
{
    return t->row == UINT32_MAX || sample_row_kind(t->s, t->row) == ROW_CLOSED;
}

static bool was_in(const struct details *t, unsigned state)
{
    for (uint32_t i = 0; t->watch && i < t->watch->n_changes; i++) {
        if (t->watch->change[i].state == state)
            return true;
    }
    return t->c->state == state || t->c->was_state == state;
}

/* By its states, or by a listener on one of the ports; on both ports it tells nothing. */
const char *details_direction(const struct details *t)
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
    const struct row_times *times = &s->times[row];
    char words[FILL_SIZE];

    duration_words(words, (s->now_ds - times->changed_ds) / DS_PER_S);
    fill(out, times->changed_ds ? MSG_VIEW_STATE_FOR : MSG_VIEW_STATE_AT_LEAST,
         state_name(s->conn[row].state), words, NULL);
}

void details_state(const struct details *t, char out[FILL_SIZE])
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
    fill(out, *clock ? MSG_VIEW_CLOSED_AT : MSG_VIEW_CLOSED, clock, NULL, NULL);
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
        fill(out, MSG_VIEW_SEEN, str_text(&list), NULL, NULL);
    } while (utf8_width(out) > width && ++from < w->n_changes);
    str_fini(&list);
}

void details_seen(const struct details *t, int w, char out[FILL_SIZE])
{
    char born[FMT_SIZE], changed[FMT_SIZE];
    const struct row_times *times;

    out[0] = '\0';
    if (t->c->flags & CONN_UNSEEN) {
        copy_text(out, FILL_SIZE, text(MSG_VIEW_SEEN_NEVER));
        return;
    }
    if (t->watch && t->watch->n_changes &&
        (t->watch->n_changes > 1 || t->watch->change[0].wall_ns)) {
        say_changes(t->watch, w, out);
        return;
    }
    if (t->row == UINT32_MAX || !t->s->times)
        return;
    times = &t->s->times[t->row];
    clock_of(t, times->born_ds, born);
    clock_of(t, times->changed_ds, changed);
    if (!details_gone(t) && t->c->was_state && times->changed_ds)
        fill(out, MSG_VIEW_SEEN_CHANGE, state_name(t->c->was_state), state_name(t->c->state),
             changed);
    else
        fill(out, times->born_ds ? MSG_VIEW_SEEN_SINCE : MSG_VIEW_SEEN_BEFORE, born, NULL, NULL);
}

/* "FIN_WAIT2 for 12 s, node 4127": the process where the column of processes knows it. */
void details_other_end(const struct details *t, char out[FILL_SIZE])
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
        fill(out, MSG_VIEW_OTHER_END, state_name(w->peer.state), text(MSG_VIEW_CLOSED), NULL);
        return;
    }
    say_state(t->s, row, words);
    column_process_fit(t->s, row, INT_MAX, &owner);
    if (owner.len && strcmp(str_text(&owner), FMT_NONE) != 0)
        fill(out, MSG_VIEW_OTHER_END, words, str_text(&owner), NULL);
    else
        copy_text(out, FILL_SIZE, words);
    str_fini(&owner);
}
