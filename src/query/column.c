/* SPDX-License-Identifier: MIT */
/* The columns of columns.def: how the value of each is read from a row, how it is shown and how
 * rows are ordered by it; and names of columns as people type them.
 *
 * A row that the last dump did not have keeps its identity and its last state; what changes (timer,
 * queues, figures) is not known for it. Nor are timer and queues of one that no dump ever had. */
#include "tcptop/query/column.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "endpoint.h"
#include "tcptop/base/edit_distance.h"
#include "tcptop/base/err.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/str.h"
#include "tcptop/base/utf8.h"

/* Counts fill their column, the two of a backlog half of theirs. */
#define COUNT_COLUMNS   8
#define BACKLOG_COLUMNS 5

#define CELL_COLUMNS 120 /* of the longest cell; scripts get all */
#define ELLIPSIS     "…"

/* NUMBER(name) is followed by the body of read_NAME(), which puts the value of a row into `*n` and
 * returns whether it is known. */
#define NUMBER(name)                                                                               \
    static bool read_##name(const struct sample *s, uint32_t row, uint64_t *n);                    \
    static void get_##name(const struct sample *s, uint32_t row, struct value *v)                  \
    {                                                                                              \
        v->type = read_##name(s, row, &v->number) ? VALUE_NUMBER : VALUE_NONE;                     \
    }                                                                                              \
    static bool read_##name(const struct sample *s, uint32_t row, uint64_t *n)

/* LAST_NUMBER(name) is followed by the body of last_NAME(), which does the same also for a row that
 * is missing: what it had last gives it its place in an order, but is not known of it now. */
#define LAST_NUMBER(name)                                                                          \
    static bool last_##name(const struct sample *s, uint32_t row, uint64_t *n);                    \
    static void get_##name(const struct sample *s, uint32_t row, struct value *v)                  \
    {                                                                                              \
        bool now = sample_row_kind(s, row) != ROW_MISSING;                                         \
        v->type = now && last_##name(s, row, &v->number) ? VALUE_NUMBER : VALUE_NONE;              \
    }                                                                                              \
    static uint64_t key_##name(const struct sample *s, uint32_t row)                               \
    {                                                                                              \
        uint64_t n;                                                                                \
        return last_##name(s, row, &n) ? key_below_absent(n) : KEY_ABSENT;                         \
    }                                                                                              \
    static bool last_##name(const struct sample *s, uint32_t row, uint64_t *n)

/* A column that is one field of tcp_info. */
#define METRIC(name, field)                                                                        \
    LAST_NUMBER(name)                                                                              \
    {                                                                                              \
        return tcp_metrics_get(sample_last_metrics(s, row), METRICS_##field, n);                   \
    }

/* A key for a value of any size: none of them is taken for one that is not known. */
static inline uint64_t key_below_absent(uint64_t key)
{
    return key < KEY_ABSENT ? key : KEY_ABSENT - 1;
}

/* `text`, cut to the room that a value has; NULL: not known. */
static inline void set_text(struct value *v, const char *text)
{
    size_t len = text ? strlen(text) : 0;
    v->type = text ? VALUE_TEXT : VALUE_NONE;
    if (len >= sizeof v->text) /* cut after a whole character */
        for (len = sizeof v->text - 1; len && ((unsigned char)text[len] & 0xc0) == 0x80;)
            len--;
    memcpy(v->text, text ? text : "", len);
    v->text[len] = '\0';
}

/* The same; an empty text is not known. */
static void set_name(struct value *v, const char *name)
{
    set_text(v, *name ? name : NULL);
}

static void add_count(struct str *out, uint64_t n)
{
    char text[FMT_SIZE];
    str_add(out, fmt_count_fit(text, sizeof text, n, COUNT_COLUMNS));
}

/* Append the text of a cell, shortened where it is very long. */
static void add_text(struct str *out, const char *text)
{
    size_t len = strlen(text), fits;
    if (!*text)
        text = FMT_NONE, len = strlen(text);
    fits = utf8_fit(text, len, CELL_COLUMNS, NULL);
    str_add_bytes(out, text, fits);
    if (fits < len)
        str_add(out, ELLIPSIS);
}

/* Addresses, state and timer. */

/* Was no dump asked for it, or did none tell it? `what`: enum conn_unknown. */
static bool is_untold(const struct sample *s, uint32_t row, unsigned what)
{
    return sample_row_kind(s, row) == ROW_MISSING || s->conn[row].flags & CONN_UNSEEN ||
           s->conn[row].unknown & what;
}

NUMBER(local_port)
{
    *n = s->conn[row].sport;
    return !conn_port_unknown(&s->conn[row], false);
}

NUMBER(remote_port)
{
    *n = s->conn[row].dport;
    return !conn_port_unknown(&s->conn[row], true);
}

/* Of a row that has closed, it runs no more. */
static bool is_timer_untold(const struct sample *s, uint32_t row)
{
    return is_untold(s, row, CONN_UNKNOWN_TIMER) || sample_row_kind(s, row) == ROW_CLOSED;
}

NUMBER(expires_ms)
{
    *n = s->conn[row].expires_ms;
    return s->conn[row].timer != TIMER_OFF && !is_timer_untold(s, row);
}

NUMBER(recv_q)
{
    *n = s->conn[row].rqueue;
    return !is_untold(s, row, CONN_UNKNOWN_RECV_Q);
}

NUMBER(send_q)
{
    *n = s->conn[row].wqueue;
    return !(s->conn[row].flags & CONN_NO_BACKLOG) && !is_untold(s, row, CONN_UNKNOWN_SEND_Q);
}

/* TIME_WAIT repeats nothing. */
NUMBER(retrans)
{
    *n = s->conn[row].retrans;
    return s->conn[row].timer != TIMER_TIMEWAIT && !is_untold(s, row, CONN_UNKNOWN_TIMER);
}

/* Of a socket without a file, kernels before 6.17 name user 0, whoever it was (net/core/sock.c
 * sock_i_uid); later ones name the user. */
NUMBER(uid)
{
    const struct conn *c = &s->conn[row];
    *n = c->uid;
    return !(c->flags & CONN_NO_OWNER) && !(c->unknown & CONN_UNKNOWN_UID) &&
           (c->inode != 0 || c->uid != 0);
}

NUMBER(inode)
{
    *n = s->conn[row].inode;
    return !(s->conn[row].flags & CONN_NO_OWNER) && !(s->conn[row].unknown & CONN_UNKNOWN_INODE);
}

NUMBER(ifindex)
{
    *n = s->conn[row].ifindex;
    return *n != 0 && !(*n & CONN_DEVICE_NAMED);
}

NUMBER(v6only)
{
    enum conn_v6only v6only = conn_v6only(&s->conn[row]);
    *n = v6only == V6ONLY_YES;
    return v6only != V6ONLY_UNKNOWN;
}

/* A closed row has stopped ageing. */
NUMBER(age_s)
{
    if (!s->times || s->times[row].born_ds == 0 || s->conn[row].flags & CONN_UNSEEN)
        return false;
    const struct row_times *times = &s->times[row];
    uint32_t until = sample_row_kind(s, row) == ROW_CLOSED ? times->changed_ds : s->now_ds;
    *n = until > times->born_ds ? (until - times->born_ds) / 10 : 0;
    return true;
}

static void get_proto(const struct sample *s, uint32_t row, struct value *v)
{
    set_text(v, s->conn[row].family == AF_INET6 ? "tcp6" : "tcp");
}

static void get_local_addr(const struct sample *s, uint32_t row, struct value *v)
{
    const struct conn *c = &s->conn[row];
    struct endpoint e = endpoint_local(c);
    v->type = conn_address_missing(c, false) ? VALUE_NONE : VALUE_TEXT;
    endpoint_address(&e, s, v->text);
}

static void get_remote_addr(const struct sample *s, uint32_t row, struct value *v)
{
    const struct conn *c = &s->conn[row];
    struct endpoint e = endpoint_remote(c);
    v->type = conn_address_missing(c, true) ? VALUE_NONE : VALUE_TEXT;
    endpoint_address(&e, s, v->text);
}

/* Order by one end: by address, or by address and port. */
#define END(side)                                                                                  \
    static const order_word words_##side##_addr[] = {endpoint_##side##_middle,                     \
                                                     endpoint_##side##_last, NULL};                \
    static const order_word words_##side[] = {endpoint_##side##_middle,                            \
                                              endpoint_##side##_last_port, NULL};                  \
    static uint64_t key_##side##_addr(const struct sample *s, uint32_t row)                        \
    {                                                                                              \
        return endpoint_##side##_word(&s->conn[row]);                                              \
    }                                                                                              \
    static uint64_t key_##side(const struct sample *s, uint32_t row)                               \
    {                                                                                              \
        return endpoint_##side##_port(&s->conn[row]);                                              \
    }

END(local)
END(remote)

static void get_state(const struct sample *s, uint32_t row, struct value *v)
{
    const struct conn *c = &s->conn[row];
    set_text(v, c->unknown & CONN_UNKNOWN_STATE ? NULL : state_name(conn_counts_as(c)));
}

/* Attention 4 bits, local port 16, the remote end's key 44: IPv4 with most of its port. */
uint64_t column_state_key(const struct conn *c, unsigned state)
{
    uint64_t rank = state_attention(state) & 15;
    return key_below_absent(rank << 60 | (uint64_t)c->sport << 44 | endpoint_remote_port(c) >> 20);
}

static uint64_t key_state(const struct sample *s, uint32_t row)
{
    return column_state_key(&s->conn[row], s->conn[row].state);
}

static const order_word words_state[] = {endpoint_remote_port, endpoint_remote_middle,
                                         endpoint_remote_last_port, NULL};

static void get_mptcp(const struct sample *s, uint32_t row, struct value *v)
{
    unsigned state = conn_mptcp_state(&s->conn[row]);
    bool is_subflow = s->conn[row].flags & CONN_MPTCP;
    set_text(v, state ? state_name(state) : is_subflow ? "subflow" : NULL);
}

static const char *const timer_names[] = {
    [TIMER_OFF] = "off",           [TIMER_RETRANSMIT] = "on", [TIMER_KEEPALIVE] = "keepalive",
    [TIMER_TIMEWAIT] = "timewait", [TIMER_PROBE] = "persist",
};
#define TIMER_NAMES (sizeof timer_names / sizeof timer_names[0])

static void get_timer(const struct sample *s, uint32_t row, struct value *v)
{
    unsigned timer = s->conn[row].timer;
    if (is_timer_untold(s, row))
        v->type = VALUE_NONE;
    else
        set_text(v, timer < TIMER_NAMES ? timer_names[timer] : "unknown");
}

static uint64_t key_timer(const struct sample *s, uint32_t row)
{
    return is_timer_untold(s, row) ? KEY_ABSENT : s->conn[row].timer;
}

static void get_cookie(const struct sample *s, uint32_t row, struct value *v)
{
    static const char digits[] = "0123456789abcdef";
    const struct conn *c = &s->conn[row];
    v->type = c->flags & CONN_NO_COOKIE ? VALUE_NONE : VALUE_TEXT;
    int n = 1;
    while (n < 16 && c->cookie >> (4 * n))
        n++;
    for (int i = 0; i < n; i++)
        v->text[i] = digits[c->cookie >> (4 * (n - 1 - i)) & 15];
    v->text[n] = '\0';
}

static uint64_t key_cookie(const struct sample *s, uint32_t row)
{
    const struct conn *c = &s->conn[row];
    return c->flags & CONN_NO_COOKIE ? KEY_ABSENT : key_below_absent(c->cookie);
}

static void get_netns(const struct sample *s, uint32_t row, struct value *v)
{
    const char *name = sample_netns(s, &s->conn[row]);
    if (name[0])
        set_text(v, name);
    else
        v->type = VALUE_NONE;
}

/* Names stand in the table in their order. */
static uint64_t key_netns(const struct sample *s, uint32_t row)
{
    const struct conn *c = &s->conn[row];
    if (!sample_netns(s, c)[0])
        return KEY_ABSENT;
    return s->namespaces ? (uint64_t)(netns_find(s->namespaces, c->netns) - s->namespaces->list)
                         : 0;
}

/* Figures: from tcp_info, from two samples, and what the queues of a listener say together. */

METRIC(rtt_us, rtt_us)
METRIC(min_rtt_us, min_rtt_us)
METRIC(cwnd_segs, cwnd_segs)
METRIC(bytes_acked, bytes_acked)
METRIC(bytes_received, bytes_received)
METRIC(bytes_sent, bytes_sent)
METRIC(bytes_retrans, bytes_retrans)
METRIC(retrans_segs, total_retrans_segs)
METRIC(notsent_bytes, notsent_bytes)
METRIC(delivery_bytes_s, delivery_bytes_s)

LAST_NUMBER(retr_permille)
{
    uint64_t sent, again;
    const struct tcp_metrics *metrics = sample_last_metrics(s, row);
    if (!tcp_metrics_get(metrics, METRICS_bytes_sent, &sent) ||
        !tcp_metrics_get(metrics, METRICS_bytes_retrans, &again))
        return false;
    if (sent == 0 || again > sent)
        return false;
    *n = again <= UINT64_MAX / 1000 ? again * 1000 / sent : again / (sent / 1000);
    return true;
}

LAST_NUMBER(tx_bytes_s)
{
    *n = s->rate ? s->rate[row].tx_bytes_s : RATE_UNKNOWN;
    return *n != RATE_UNKNOWN;
}

LAST_NUMBER(rx_bytes_s)
{
    *n = s->rate ? s->rate[row].rx_bytes_s : RATE_UNKNOWN;
    return *n != RATE_UNKNOWN;
}

LAST_NUMBER(rate_bytes_s)
{
    uint64_t tx, rx;
    if (!last_tx_bytes_s(s, row, &tx) || !last_rx_bytes_s(s, row, &rx))
        return false;
    *n = tx + rx; /* each is far below half of what fits */
    return true;
}

/* A queue is full beyond its limit, so there may be more than 1000. With a limit of 0 one waits. */
NUMBER(backlog_permille)
{
    const struct conn *c = &s->conn[row];
    uint64_t limit = c->wqueue ? c->wqueue : 1;
    *n = c->rqueue * UINT64_C(1000) / limit;
    return c->state == TCP_STATE_LISTEN && !(c->flags & CONN_NO_BACKLOG) &&
           !(c->unknown & CONN_UNKNOWN_RECV_Q) && sample_row_kind(s, row) != ROW_MISSING;
}

NUMBER(drops)
{
    const struct drop_count *count = drops_find(s, row);
    *n = count ? count->drops : 0;
    return count;
}

/* Rounded up: what drops something has no rate of 0. */
NUMBER(drops_s)
{
    const struct drop_count *count = drops_find(s, row);
    double per_s = count && count->compared ? count->grown * 1e9 / (double)s->drops.span_ns : 0;
    *n = (uint64_t)per_s + ((double)(uint64_t)per_s < per_s);
    return count && count->compared;
}

static void get_congestion(const struct sample *s, uint32_t row, struct value *v)
{
    set_text(v, sample_congestion(s, row));
}

static enum send_limit limit_of(const struct sample *s, uint32_t row)
{
    const struct tcp_metrics *metrics = sample_metrics(s, row);
    return metrics && metrics->limit < LIMIT_COUNT ? (enum send_limit)metrics->limit
                                                   : LIMIT_UNKNOWN;
}

static const char *const limit_words[LIMIT_COUNT] = {
    [LIMIT_APPLICATION] = "application",
    [LIMIT_RECEIVER] = "receiver",
    [LIMIT_SEND_BUFFER] = "send_buffer",
    [LIMIT_PATH] = "path",
};

static void get_limited_by(const struct sample *s, uint32_t row, struct value *v)
{
    set_text(v, limit_words[limit_of(s, row)]);
}

static uint64_t key_limited_by(const struct sample *s, uint32_t row)
{
    enum send_limit limit = limit_of(s, row);
    return limit == LIMIT_UNKNOWN ? KEY_ABSENT : (uint64_t)limit;
}

/* Processes. Where several share a socket the one with the lowest pid stands for all, and the
 * filter looks at each. */

static const struct owner *first_owner(const struct sample *s, uint32_t row)
{
    const struct owner_group *g = sample_owner(s, row, NULL);
    return g ? g->member[0] : NULL;
}

/* Value and values of a text that every process has. */
#define OWNER_TEXT(name)                                                                           \
    static void get_##name(const struct sample *s, uint32_t row, struct value *v)                  \
    {                                                                                              \
        const struct owner *o = first_owner(s, row);                                               \
        set_name(v, o ? o->name : "");                                                             \
    }                                                                                              \
    static bool each_##name(const struct sample *s, uint32_t row, uint32_t nth,                    \
                            struct value_part *p)                                                  \
    {                                                                                              \
        const struct owner_group *g = sample_owner(s, row, NULL);                                  \
        if (!g || nth >= g->n)                                                                     \
            return false;                                                                          \
        p->text = g->member[nth]->name;                                                            \
        return true;                                                                               \
    }

OWNER_TEXT(process)
OWNER_TEXT(cmdline)

#define OWNER_WHOLE(name)                                                                          \
    static const char *whole_##name(const struct sample *s, uint32_t row)                          \
    {                                                                                              \
        const struct owner *o = first_owner(s, row);                                               \
        return o && *o->name ? o->name : NULL;                                                     \
    }

OWNER_WHOLE(cmdline)

#define OWNER_KEY(name, order)                                                                     \
    static uint64_t key_##name(const struct sample *s, uint32_t row)                               \
    {                                                                                              \
        const struct owner *o = first_owner(s, row);                                               \
        if (!o || !*o->name)                                                                       \
            return KEY_ABSENT;                                                                     \
        return owner_table_rank(s->owners, order, s->owner[row] & OWNER_GROUP);                    \
    }

OWNER_KEY(process, OWNER_BY_PROCESS)
OWNER_KEY(cmdline, OWNER_BY_CMDLINE)

/* The control group: the one that the kernel tells for the socket, else that of its process. Rows
 * of the second kind, of which there are some only where the kernel tells none, come behind the
 * others.
 */

static const char *whole_cgroup(const struct sample *s, uint32_t row)
{
    const char *name = sample_cgroup(s, row);
    const struct owner *o = name ? NULL : first_owner(s, row);
    return o && *o->cgroup ? o->cgroup : name;
}

static void get_cgroup(const struct sample *s, uint32_t row, struct value *v)
{
    const char *name = whole_cgroup(s, row);
    set_name(v, name ? name : "");
}

/* The filter looks at both, and at each process. */
static bool each_cgroup(const struct sample *s, uint32_t row, uint32_t nth, struct value_part *p)
{
    const struct owner_group *g = sample_owner(s, row, NULL);
    const char *name = sample_cgroup(s, row);
    if (name && nth == 0) {
        p->text = name;
        return true;
    }
    nth -= name ? 1 : 0;
    if (!g || nth >= g->n)
        return false;
    p->text = g->member[nth]->cgroup;
    return true;
}

#define KEY_SECOND (UINT64_C(1) << 32) /* above every rank */

static uint64_t key_cgroup(const struct sample *s, uint32_t row)
{
    const struct owner *o = first_owner(s, row);
    if (sample_cgroup(s, row))
        return cgroups_rank(s->cgroups, s->conn[row].cgroup);
    if (!o || !*o->cgroup)
        return KEY_ABSENT;
    return KEY_SECOND + owner_table_rank(s->owners, OWNER_BY_CGROUP, s->owner[row] & OWNER_GROUP);
}

/* By the process; rows whose process is hidden by what stands in its place. */
static uint64_t key_process_cell(const struct sample *s, uint32_t row)
{
    uint64_t key = key_process(s, row);
    if (key == KEY_ABSENT && sample_cgroup(s, row))
        key = KEY_SECOND + cgroups_rank(s->cgroups, s->conn[row].cgroup);
    return key;
}

/* The name as it is, in parentheses once nobody holds the socket any more. Where no process is
 * known the control group in brackets: the service or container whose process it is. Only an import
 * may know a process without its name. */
static void format_process(const struct sample *s, uint32_t row, struct str *out)
{
    bool former;
    const struct owner_group *g = sample_owner(s, row, &former);
    const char *cgroup = g ? NULL : sample_cgroup(s, row);
    if (g && !*g->member[0]->process)
        str_add(out, FMT_NONE);
    else if (g)
        str_addf(out, former ? "(%s)" : "%s", g->member[0]->process);
    else if (cgroup)
        str_addf(out, conn_is_let_go(&s->conn[row]) ? "([%s])" : "[%s]", cgroup);
    else
        str_add(out, FMT_NONE);
}

void column_process_fit(const struct sample *s, uint32_t row, int width, struct str *out)
{
    bool former;
    const struct owner_group *g = sample_owner(s, row, &former);
    size_t start = out->len;
    bool named = !g || *g->member[0]->process;
    if (named)
        format_process(s, row, out);
    if (!g || former)
        return;
    size_t name_end = out->len;
    str_addf(out, named ? " %u" : "%u", g->member[0]->pid);
    size_t pid_end = out->len;
    if (utf8_width(str_text(out) + start) > width) {
        str_truncate(out, name_end);
        return;
    }
    if (g->n > 1)
        str_addf(out, " +%u", g->n - 1);
    if (utf8_width(str_text(out) + start) > width)
        str_truncate(out, pid_end);
}

static void get_pid(const struct sample *s, uint32_t row, struct value *v)
{
    const struct owner *o = first_owner(s, row);
    v->type = o ? VALUE_NUMBER : VALUE_NONE;
    v->number = o ? o->pid : 0;
}

static bool each_pid(const struct sample *s, uint32_t row, uint32_t nth, struct value_part *p)
{
    const struct owner_group *g = sample_owner(s, row, NULL);
    if (!g || nth >= g->n)
        return false;
    p->number = g->member[nth]->pid;
    return true;
}

/* "1184", "1184 +3" where four share the socket. */
static void format_pid(const struct sample *s, uint32_t row, struct str *out)
{
    const struct owner_group *g = sample_owner(s, row, NULL);
    if (!g)
        str_add(out, FMT_NONE);
    else if (g->n == 1)
        str_add_uint(out, g->member[0]->pid);
    else
        str_addf(out, "%u +%u", g->member[0]->pid, g->n - 1);
}

/* The pids as they stand, cut after a whole one where there are too many for `size` bytes. */
static size_t pids_fit(const char *pids, size_t size)
{
    size_t len = strlen(pids);
    if (len < size)
        return len;
    for (len = size - 1; len > 0 && pids[len] != ','; len--)
        ;
    return len;
}

static void get_pids(const struct sample *s, uint32_t row, struct value *v)
{
    const struct owner_group *g = sample_owner(s, row, NULL);
    size_t len = g ? pids_fit(g->pids, sizeof v->text) : 0;
    v->type = g ? VALUE_TEXT : VALUE_NONE;
    memcpy(v->text, g ? g->pids : "", len);
    v->text[len] = '\0';
}

static const char *whole_pids(const struct sample *s, uint32_t row)
{
    const struct owner_group *g = sample_owner(s, row, NULL);
    return g ? g->pids : NULL;
}

/* By the lowest, which is the first. */
static uint64_t key_pids(const struct sample *s, uint32_t row)
{
    const struct owner *o = first_owner(s, row);
    return o ? o->pid : KEY_ABSENT;
}

static void format_pids(const struct sample *s, uint32_t row, struct str *out)
{
    const char *pids = whole_pids(s, row);
    size_t len = pids ? pids_fit(pids, CELL_COLUMNS) : 0;
    str_add_bytes(out, pids ? pids : FMT_NONE, pids ? len : strlen(FMT_NONE));
    if (pids && pids[len])
        str_add(out, "," ELLIPSIS);
}

static bool is_former(const struct sample *s, uint32_t row)
{
    bool former;
    return sample_owner(s, row, &former) && former;
}

/* A connection that waits in an accept queue has no process; its listener has. */
static bool is_waiting(const struct sample *s, uint32_t row)
{
    return s->owner && row < s->n_live && conn_kind(&s->conn[row]) == CONN_NOT_ACCEPTED &&
           !(s->conn[row].flags & CONN_NO_OWNER);
}

enum { WORD_CURRENT, WORD_FORMER, WORD_WAITING, OWNER_WORDS };
static const char *const owner_words[OWNER_WORDS] = {"current", "former", "waiting"};

/* Of the process; where none is known, of the control group. */
static const char *owner_word(const struct sample *s, uint32_t row)
{
    if (sample_owner(s, row, NULL))
        return owner_words[is_former(s, row) ? WORD_FORMER : WORD_CURRENT];
    if (is_waiting(s, row))
        return owner_words[WORD_WAITING];
    return !sample_cgroup(s, row)
               ? ""
               : owner_words[conn_is_let_go(&s->conn[row]) ? WORD_FORMER : WORD_CURRENT];
}

const char *column_word(enum column_id id, unsigned n)
{
    if (id == COL_OWNER)
        return n < OWNER_WORDS ? owner_words[n] : NULL;
    if (id == COL_LIMITED_BY)
        return n + 1 < LIMIT_COUNT ? limit_words[n + 1] : NULL; /* the first is that of no limit */
    return NULL;
}

static void get_owner(const struct sample *s, uint32_t row, struct value *v)
{
    set_name(v, owner_word(s, row));
}

/* The same in the language of the screen. */
static void format_owner(const struct sample *s, uint32_t row, struct str *out)
{
    const char *word = owner_word(s, row);

    if (!*word)
        str_add(out, FMT_NONE);
    else
        str_add(out, text(*word == 'f'   ? MSG_OWNER_FORMER
                          : *word == 'w' ? MSG_OWNER_WAITING
                                         : MSG_OWNER_CURRENT));
}

/* The user that the kernel tells for the socket; of one without a file, that of its former process.
 */
static const struct owner_user *user_of(const struct sample *s, uint32_t row)
{
    const struct conn *c = &s->conn[row];
    const struct owner *o = first_owner(s, row);
    if (c->inode && !(c->flags & CONN_NO_OWNER))
        return owner_table_user(s->owners, c->uid);
    return o ? owner_table_user(s->owners, o->uid) : NULL;
}

static void get_user(const struct sample *s, uint32_t row, struct value *v)
{
    const struct owner_user *user = user_of(s, row);
    set_name(v, user ? user->name : "");
}

static uint64_t key_user(const struct sample *s, uint32_t row)
{
    const struct owner_user *user = user_of(s, row);
    return user ? user->rank : KEY_ABSENT;
}

/* Cells of columns whose kind does not say how they are shown. */

static void format_local(const struct sample *s, uint32_t row, struct str *out)
{
    column_format_local(s, &s->conn[row], out);
}

static void format_remote(const struct sample *s, uint32_t row, struct str *out)
{
    column_format_remote(s, &s->conn[row], out);
}

/* A subflow of MPTCP is marked on the screen; the value stays the protocol that filters know. */
static void format_proto(const struct sample *s, uint32_t row, struct str *out)
{
    struct value v;
    get_proto(s, row, &v);
    str_add(out, s->conn[row].flags & CONN_MPTCP ? "mptcp" : v.text);
}

static void format_ifindex(const struct sample *s, uint32_t row, struct str *out)
{
    const struct conn *c = &s->conn[row];
    if (c->ifindex)
        endpoint_device(c, s, out);
    else
        str_add(out, FMT_NONE);
}

static void add_duration_ms(struct str *out, uint64_t ms)
{
    char text[FMT_SIZE];
    str_add(out, text_duration(text, sizeof text, ms));
}

static void format_left(const struct sample *s, uint32_t row, struct str *out)
{
    uint64_t ms;
    if (read_expires_ms(s, row, &ms))
        add_duration_ms(out, ms);
    else
        str_add(out, FMT_NONE);
}

static uint64_t key_left(const struct sample *s, uint32_t row)
{
    return column_key(COL_EXPIRES_MS, s, row);
}

/* In digits like the queues beside it; a sum of many is shown in bytes. */
static void format_notsent_bytes(const struct sample *s, uint32_t row, struct str *out)
{
    struct value v;
    get_notsent_bytes(s, row, &v);
    if (v.type == VALUE_NUMBER)
        add_count(out, v.number);
    else
        str_add(out, FMT_NONE);
}

/* How much of its backlog a listener uses: "3/511". */
static void put_backlog(const struct sample *s, uint32_t row, struct str *out,
                        void (*add)(struct str *out, uint64_t n))
{
    struct value v;
    get_backlog_permille(s, row, &v);
    if (v.type != VALUE_NUMBER) {
        str_add(out, FMT_NONE);
        return;
    }
    add(out, s->conn[row].rqueue);
    str_add_char(out, '/');
    add(out, s->conn[row].wqueue);
}

static void add_short(struct str *out, uint64_t n)
{
    char text[FMT_SIZE];
    str_add(out, fmt_count_fit(text, sizeof text, n, BACKLOG_COLUMNS));
}

static void format_backlog_permille(const struct sample *s, uint32_t row, struct str *out)
{
    put_backlog(s, row, out, add_short);
}

const char *column_limit_word(enum send_limit limit)
{
    static const enum msg words[LIMIT_COUNT] = {
        [LIMIT_APPLICATION] = MSG_LIMIT_APPLICATION,
        [LIMIT_RECEIVER] = MSG_LIMIT_RECEIVER,
        [LIMIT_SEND_BUFFER] = MSG_LIMIT_SEND_BUFFER,
        [LIMIT_PATH] = MSG_LIMIT_PATH,
    };
    return limit > LIMIT_UNKNOWN && limit < LIMIT_COUNT ? text(words[limit]) : FMT_NONE;
}

static void format_limited_by(const struct sample *s, uint32_t row, struct str *out)
{
    const struct tcp_metrics *metrics = sample_metrics(s, row);
    str_add(out, column_limit_word(metrics ? (enum send_limit)metrics->limit : LIMIT_UNKNOWN));
}

void column_format_local(const struct sample *s, const struct conn *c, struct str *out)
{
    struct endpoint e = endpoint_local(c);
    endpoint_netstat(&e, s, out);
}

void column_format_remote(const struct sample *s, const struct conn *c, struct str *out)
{
    struct endpoint e = endpoint_remote(c);
    endpoint_netstat(&e, s, out);
}

/* The table, and what follows from the kind of a column. */

static void add_plain(struct str *out, uint64_t n)
{
    str_add_uint(out, n);
}

static void add_latency(struct str *out, uint64_t us)
{
    char text[FMT_SIZE];
    str_add(out, text_latency(text, sizeof text, us));
}

static void add_duration_s(struct str *out, uint64_t s)
{
    add_duration_ms(out, s * 1000);
}

static void add_bytes(struct str *out, uint64_t bytes)
{
    char text[FMT_SIZE];
    str_add(out, fmt_bytes(text, sizeof text, bytes));
}

static void add_permille(struct str *out, uint64_t n)
{
    char text[FMT_SIZE];
    str_add(out, fmt_percent(text, sizeof text, n, 1000));
}

/* netstat's sign for a port that is none. */
static void add_port(struct str *out, uint64_t port)
{
    if (port)
        add_plain(out, port);
    else
        str_add_char(out, '*');
}

/* How a number of each kind is shown. */
static void (*const add_number[])(struct str *out, uint64_t n) = {
    [KIND_PORT] = add_port,   [KIND_DEVICE] = add_plain, [KIND_NUMBER] = add_plain,
    [KIND_COUNT] = add_count, [KIND_BYTES] = add_bytes,  [KIND_US] = add_latency,
    [KIND_MS] = add_count,    [KIND_S] = add_duration_s, [KIND_PERMILLE] = add_permille,
};

/* Sets of flags as columns.def calls them. */
#define SHOWN COLUMN_SCREEN
#define RAW   COLUMN_BASE /* the screen has address and port in one column */
#define BASE  (COLUMN_SCREEN | COLUMN_BASE)
#define PARTS (COLUMN_SCREEN | COLUMN_DISPLAY)
#define OFTEN COLUMN_GROUP /* the same value in many rows */
#define ADDS  COLUMN_SUM
#define TOP   COLUMN_LARGEST
#define ENDED COLUMN_ENDED

#define READ(name)      .get = get_##name
#define READ_LAST(name) .get = get_##name, .key = key_##name

const struct column columns[COL_COUNT] = {
#define COLUMN(ident, name, en, ko, place, side, set, what, wants, ...)                            \
    [COL_##ident] = {.id = name,                                                                   \
                     .title = MSG_COL_##ident,                                                     \
                     .help = MSG_COL_HELP_##ident,                                                 \
                     .width = {en, ko},                                                            \
                     .rank = place,                                                                \
                     .align = ALIGN_##side,                                                        \
                     .flags = set,                                                                 \
                     .kind = KIND_##what,                                                          \
                     .needs = wants,                                                               \
                     __VA_ARGS__},
#include "tcptop/query/columns.def"
};

void column_format(enum column_id id, const struct sample *s, uint32_t row, struct str *out)
{
    const struct column *c = &columns[id];
    struct value v;
    if (c->format) {
        c->format(s, row, out);
        return;
    }
    if (c->whole) {
        const char *text = c->whole(s, row);
        add_text(out, text ? text : "");
        return;
    }
    c->get(s, row, &v);
    if (v.type == VALUE_NUMBER)
        add_number[c->kind](out, v.number);
    else
        str_add(out, v.type == VALUE_TEXT ? v.text : FMT_NONE);
}

void column_format_whole(enum column_id id, const struct sample *s, uint32_t row, struct str *out)
{
    const struct column *c = &columns[id];
    struct value v;
    if (id == COL_BACKLOG) {
        put_backlog(s, row, out, add_plain);
    } else if (c->kind == KIND_COUNT || c->kind == KIND_MS || id == COL_UNSENT) {
        c->get(s, row, &v);
        if (v.type == VALUE_NUMBER)
            add_plain(out, v.number);
        else
            str_add(out, FMT_NONE);
    } else {
        column_format(id, s, row, out);
    }
}

/* The first eight bytes as a number that is ordered as they are. */
static uint64_t text_key(const char *text)
{
    uint64_t key = 0;
    for (int i = 0; i < 8; i++) {
        key = key << 8 | (uint8_t)*text;
        text += *text != '\0';
    }
    return key_below_absent(key);
}

uint64_t column_key(enum column_id id, const struct sample *s, uint32_t row)
{
    const struct column *c = &columns[id];
    struct value v;
    if (c->key)
        return c->key(s, row);
    c->get(s, row, &v);
    return v.type == VALUE_NUMBER ? key_below_absent(v.number)
           : v.type == VALUE_TEXT ? text_key(v.text)
                                  : KEY_ABSENT;
}

/* What people call a column, beside its id. */
static const struct {
    const char *name;
    enum column_id id;
} nicknames[] = {{"talkers", COL_RATE}, {"service", COL_CGROUP}, {"left", COL_LEFT}};

static char fold(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return c == '-' ? '_' : c;
}

static bool is_called(const char *own, const char *name, size_t len)
{
    size_t i = 0;
    while (i < len && own[i] && fold(name[i]) == own[i])
        i++;
    return i == len && !own[i];
}

int column_find(const char *name, size_t len)
{
    for (int id = 0; id < COL_COUNT; id++)
        if (is_called(columns[id].id, name, len))
            return id;
    for (size_t i = 0; i < sizeof nicknames / sizeof nicknames[0]; i++)
        if (is_called(nicknames[i].name, name, len))
            return (int)nicknames[i].id;
    return -1;
}

/* "rtt" of rtt_us: the name without its unit */
static bool lacks_unit(const char *name, const char *id)
{
    size_t len = strlen(name), i = 0;
    while (i < len && fold(name[i]) == id[i])
        i++;
    return i == len && id[i] == '_';
}

const char *column_nearest(const char *name)
{
    const char *nearest = NULL;
    for (int id = 0; id < COL_COUNT; id++)
        if (lacks_unit(name, columns[id].id))
            return columns[id].id;
    unsigned least = edit_distance_limit(name) + 1;
    bool too_short = strlen(name) <= 3; /* one slip from pid to uid is no slip */
    for (int id = 0; id < COL_COUNT && !too_short; id++) {
        unsigned distance = edit_distance(name, columns[id].id);
        if (distance < least) {
            least = distance;
            nearest = columns[id].id;
        }
    }
    return nearest;
}

static int refuse(struct err *err, enum msg id, const char *name, const char *near)
{
    struct str message = STR_INIT;
    text_fill(&message, id, name, near, NULL);
    err_set(err, -EINVAL, "%s", str_text(&message));
    str_fini(&message);
    return -EINVAL;
}

static int refuse_unknown(struct err *err, const char *name, size_t len)
{
    char clean[64];
    utf8_sanitise_into(clean, sizeof clean, name, len);
    const char *near = column_nearest(clean);
    return refuse(err, near ? MSG_COLUMN_UNKNOWN_NEAR : MSG_COLUMN_UNKNOWN, clean, near);
}

int column_parse_list(const char *list, enum column_id *ids, size_t max, struct err *err)
{
    size_t n = 0;
    uint64_t seen = 0;
    for (const char *p = list; *p;) {
        size_t len = strcspn(p, ", \t");
        if (len) {
            int id = column_find(p, len);
            if (id < 0)
                return refuse_unknown(err, p, len);
            if (seen & UINT64_C(1) << id)
                return refuse(err, MSG_COLUMN_TWICE, columns[id].id, NULL);
            if (n == max)
                return refuse(err, MSG_COLUMN_TOO_MANY, NULL, NULL);
            seen |= UINT64_C(1) << id;
            ids[n++] = (enum column_id)id;
        }
        p += len + (p[len] != '\0');
    }
    return n ? (int)n : refuse(err, MSG_COLUMN_NONE, NULL, NULL);
}

enum role column_state_role(unsigned state)
{
    static const enum role roles[TCP_STATE_COUNT] = {
        [TCP_STATE_LISTEN] = ROLE_ST_LISTEN,        [TCP_STATE_ESTABLISHED] = ROLE_ST_OPEN,
        [TCP_STATE_SYN_SENT] = ROLE_ST_OPENING,     [TCP_STATE_SYN_RECV] = ROLE_ST_OPENING,
        [TCP_STATE_NEW_SYN_RECV] = ROLE_ST_OPENING, [TCP_STATE_FIN_WAIT1] = ROLE_ST_CLOSING,
        [TCP_STATE_FIN_WAIT2] = ROLE_ST_CLOSING,    [TCP_STATE_CLOSING] = ROLE_ST_CLOSING,
        [TCP_STATE_LAST_ACK] = ROLE_ST_CLOSING,     [TCP_STATE_TIME_WAIT] = ROLE_ST_DONE,
        [TCP_STATE_CLOSE] = ROLE_ST_DONE,           [TCP_STATE_CLOSE_WAIT] = ROLE_ST_STUCK,
        [TCP_STATE_BOUND_INACTIVE] = ROLE_ST_DONE,
    };
    return state < TCP_STATE_COUNT ? roles[state] : ROLE_TEXT;
}
