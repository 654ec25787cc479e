/* SPDX-License-Identifier: MIT */
/* The output of ss, iproute2 2.6.32 until now: with any of -p -o -i -e -m -O -H -M, with or without
 * the columns Netid and State. What it prints: misc/ss.c of iproute2. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "import_reader.h"
#include "tcptop/model/state.h"

struct ss_memory {
    bool timers; /* it printed timers */
    bool old;    /* of a version that prints 0.0.0.0 as "*" */
};

static bool is_state(const struct import_field *f, unsigned *state)
{
    static const char *const words[] = {"ESTAB",      "SYN-SENT",  "SYN-RECV", "FIN-WAIT-1",
                                        "FIN-WAIT-2", "TIME-WAIT", "UNCONN",   "CLOSE-WAIT",
                                        "LAST-ACK",   "LISTEN",    "CLOSING"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (import_text_is(f, words[i])) {
            *state = state_parse(f->at, f->len);
            return true;
        }
    return false;
}

/* Families of sockets that ss prints in the column Netid, without tcp. */
static bool is_other_netid(const struct import_field *f)
{
    static const char *const words[] = {"nl",    "u_str", "u_dgr",   "u_seq", "p_raw", "p_dgr",
                                        "udp",   "raw",   "icmp6",   "mptcp", "sctp",  "v_str",
                                        "v_dgr", "tipc",  "ti_rd",   "ti_dg", "ti_sq", "ti_st",
                                        "xdp",   "dccp",  "UNKNOWN", "???"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (import_text_is(f, words[i]))
            return true;
    return false;
}

static bool is_heading(const struct import_line *line)
{
    unsigned words = 0;

    if (memmem(line->text, line->len, "Foreign", 7)) /* of netstat, without the line above it */
        return false;
    for (unsigned i = 0; i < line->n; i++) {
        const struct import_field *f = &line->field[i];
        words += import_text_is(f, "Netid") || import_text_is(f, "State") ||
                 import_text_is(f, "Recv-Q") || import_text_is(f, "Send-Q") ||
                 import_text_starts(f->at, f->len, "Address:Port") ||
                 import_text_is(f, "Process") || import_text_is(f, "Local") ||
                 import_text_is(f, "Peer");
    }
    return words >= 3 && (memmem(line->text, line->len, "Address:Port", 12) || words >= 4);
}

/* What is left of a heading on a narrow terminal: nothing but its last words. */
static bool is_heading_end(const struct import_reader *r, const struct import_line *line)
{
    static const char *const words[] = {"Peer", "Address:Port", "Address:PortProcess", "Process"};

    if (r->format != &import_ss || r->last != IMPORT_HEADING)
        return false;
    for (unsigned i = 0, k; i < line->n; i++) {
        for (k = 0; k < sizeof words / sizeof words[0]; k++)
            if (import_text_is(&line->field[i], words[k]))
                break;
        if (k == sizeof words / sizeof words[0])
            return false;
    }
    return true;
}

/* tcp_info ------------------------------------------------------------------------------------ */

static void set_metric(struct import_row *row, enum tcp_metric which)
{
    row->metrics.valid |= UINT32_C(1) << which;
    row->has_metrics = true;
}

#define SET(row, field, value)                                                                     \
    do {                                                                                           \
        (row)->metrics.field = value;                                                              \
        set_metric(row, METRICS_##field);                                                          \
    } while (0)

static bool read_double(const char *text, size_t len, double *value, size_t *used)
{
    char copy[32], *end;

    if (len == 0 || !isdigit((unsigned char)*text))
        return false;
    import_text_copy(copy, sizeof copy, text, len);
    copy[strspn(copy, "0123456789.")] = '\0';
    *value = strtod(copy, &end);
    *used = (size_t)(end - copy);
    return true;
}

static uint32_t to_u32(double value)
{
    return value < 0 ? 0 : value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

/* "rtt:0.02/0.01": milliseconds, and how they vary. */
static void read_rtt(struct import_row *row, const char *text, size_t len)
{
    double rtt, varies;
    size_t used, more;

    if (!read_double(text, len, &rtt, &used))
        return;
    SET(row, rtt_us, to_u32(rtt * 1000 + 0.5));
    if (used < len && text[used] == '/' &&
        read_double(text + used + 1, len - used - 1, &varies, &more))
        SET(row, rttvar_us, to_u32(varies * 1000 + 0.5));
}

/* "retrans:0/5": not answered now, and in all. */
static void read_retrans(struct import_row *row, const char *text, size_t len)
{
    const char *slash = memchr(text, '/', len);
    uint64_t n;

    if (slash &&
        import_text_number(&(struct import_field){slash + 1, (size_t)(text + len - slash) - 1},
                           UINT32_MAX, &n))
        SET(row, total_retrans_segs, (uint32_t)n);
}

/* Numbers after a colon; `scale` makes the unit of the member of them. */
static const struct number_token {
    const char *name;
    enum tcp_metric which;
    uint16_t offset;
    uint8_t size;
    double scale;
} numbers[] = {
#define TOKEN(name, field, scale)                                                                  \
    {                                                                                              \
        name, METRICS_##field, offsetof(struct tcp_metrics, field),                                \
            sizeof(((struct tcp_metrics *)0)->field), scale                                        \
    }
    TOKEN("rto:", rto_us, 1000),
    TOKEN("cwnd:", cwnd_segs, 1),
    TOKEN("ssthresh:", ssthresh_segs, 1),
    TOKEN("bytes_sent:", bytes_sent, 1),
    TOKEN("bytes_retrans:", bytes_retrans, 1),
    TOKEN("bytes_acked:", bytes_acked, 1),
    TOKEN("bytes_received:", bytes_received, 1),
    TOKEN("lastsnd:", last_data_sent_ms, 1),
    TOKEN("lastrcv:", last_data_recv_ms, 1),
    TOKEN("lastack:", last_ack_recv_ms, 1),
    TOKEN("notsent:", notsent_bytes, 1),
    TOKEN("minrtt:", min_rtt_us, 1000),
    TOKEN("snd_wnd:", snd_wnd_bytes, 1),
    TOKEN("busy:", busy_us, 1000),
    TOKEN("rwnd_limited:", rwnd_limited_us, 1000),
    TOKEN("sndbuf_limited:", sndbuf_limited_us, 1000),
#undef TOKEN
};

static bool read_number_token(struct import_row *row, const char *text, size_t len)
{
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const struct number_token *t = &numbers[i];
        size_t name = strlen(t->name), used;
        double value;
        if (!import_text_starts(text, len, t->name))
            continue;
        if (!read_double(text + name, len - name, &value, &used))
            return true;
        uint8_t *member = (uint8_t *)&row->metrics + t->offset;
        double scaled = value * t->scale + (t->scale > 1 ? 0.5 : 0);
        if (t->size == 4) {
            uint32_t n = to_u32(scaled);
            memcpy(member, &n, sizeof n);
        } else {
            uint64_t n = scaled < 9e18 ? (uint64_t)scaled : INT64_MAX;
            memcpy(member, &n, sizeof n);
        }
        set_metric(row, t->which);
        return true;
    }
    return false;
}

/* Words of tcp_info without a colon that are no name of a congestion control. */
static bool is_flag(const char *text, size_t len)
{
    static const char *const flags[] = {
        "ts",          "sack", "ecn",         "ecnseen",       "fastopen",
        "app_limited", "send", "pacing_rate", "delivery_rate", "tcp-ulp-mptcp",
        "remote_key",  "<->",  "-->",         "<--",           "---"};

    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (strlen(flags[i]) == len && memcmp(text, flags[i], len) == 0)
            return true;
    return false;
}

/* ss leaves out what is 0: these it would have printed beside what it has printed. */
static void add_zeros(struct import_row *row)
{
    if (!row->has_metrics || !(row->metrics.valid >> METRICS_rtt_us & 1))
        return;
    if (!(row->metrics.valid >> METRICS_total_retrans_segs & 1))
        SET(row, total_retrans_segs, 0);
    if (row->metrics.valid >> METRICS_bytes_sent & 1 &&
        !(row->metrics.valid >> METRICS_bytes_retrans & 1))
        SET(row, bytes_retrans, 0);
}

/* Owner, timer and the like ------------------------------------------------------------------ */

/* One process: ("NAME",pid=1,fd=3), or ("NAME",1,3) of old versions. The name is not escaped.
 * Returns the bytes it takes, 0 when it is none. */
static size_t read_process(struct import_reader *r, struct import_row *row, const char *text,
                           size_t len)
{
    if (!import_text_starts(text, len, "(\""))
        return 0;
    for (size_t at = 2; at + 1 < len; at++) {
        if (text[at] != '"' || text[at + 1] != ',')
            continue;
        size_t name = at - 2;
        const char *number = text + at + 2;
        size_t left = len - at - 2;
        bool old = !import_text_starts(number, left, "pid=");
        if (!old)
            number += 4, left -= 4;
        size_t digits = 0;
        while (digits < left && isdigit((unsigned char)number[digits]))
            digits++;
        uint64_t pid;
        if (digits == left || number[digits] != ',' ||
            !import_text_number(&(struct import_field){number, digits}, UINT32_MAX, &pid))
            continue;
        const char *end = memchr(number, ')', left);
        if (!end)
            return 0;
        import_text_process(row, (uint32_t)pid, text + 2, name);
        ((struct ss_memory *)r->memory)->old |= old;
        return (size_t)(end - text) + 1;
    }
    return 0;
}

/* users:((…),(…)). Returns the bytes it takes. */
static size_t read_users(struct import_reader *r, struct import_row *row, const char *text,
                         size_t len)
{
    size_t at = strlen("users:("), one;

    while (at < len && (one = read_process(r, row, text + at, len - at)) > 0) {
        at += one;
        if (at < len && text[at] == ',')
            at++;
    }
    return at < len && text[at] == ')' ? at + 1 : at;
}

/* timer:(keepalive,1min59sec,0) */
static void read_timer(struct import_reader *r, struct conn *c, const char *text, size_t len)
{
    static const struct {
        const char *name;
        uint8_t timer;
    } names[] = {{"on", TIMER_RETRANSMIT},     {"keepalive", TIMER_KEEPALIVE},
                 {"timewait", TIMER_TIMEWAIT}, {"persist", TIMER_PROBE},
                 {"off", TIMER_OFF},           {"unknown", TIMER_DELACK}};
    const char *first = memchr(text, ',', len);
    const char *second = first ? memchr(first + 1, ',', (size_t)(text + len - first) - 1) : NULL;
    const char *end = second ? memchr(second, ')', (size_t)(text + len - second)) : NULL;
    uint64_t retrans;
    uint32_t ms;

    if (!end ||
        !import_text_ss_time(&(struct import_field){first + 1, (size_t)(second - first) - 1},
                             &ms) ||
        !import_text_number(&(struct import_field){second + 1, (size_t)(end - second) - 1},
                            UINT32_MAX, &retrans))
        return;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!import_text_is(&(struct import_field){text, (size_t)(first - text)}, names[i].name))
            continue;
        c->timer = names[i].timer;
        c->expires_ms = ms;
        c->retrans = retrans < UINT8_MAX ? (uint8_t)retrans : UINT8_MAX;
        c->flags |= CONN_ROUNDED_TIMER;
        c->unknown &= (uint16_t) ~((unsigned)CONN_UNKNOWN_TIMER | IMPORT_TIMER_OFF);
        ((struct ss_memory *)r->memory)->timers = true;
    }
}

static void read_inode(struct conn *c, const char *text, size_t len)
{
    uint64_t n;

    if (!import_text_number(&(struct import_field){text, len}, UINT32_MAX, &n))
        return;
    c->inode = (uint32_t)n;
    c->unknown &= (uint16_t)~CONN_UNKNOWN_INODE;
    if (c->unknown & CONN_UNKNOWN_UID) { /* ss -e prints every uid but 0 */
        c->uid = 0;
        c->unknown &= (uint16_t)~CONN_UNKNOWN_UID;
    }
}

static void read_uid(struct conn *c, const char *text, size_t len)
{
    uint64_t n;

    if (!import_text_number(&(struct import_field){text, len}, UINT32_MAX, &n))
        return;
    c->uid = (uint32_t)n;
    c->unknown &= (uint16_t)~CONN_UNKNOWN_UID;
}

static void read_cookie(struct conn *c, const char *text, size_t len)
{
    uint64_t n = 0;

    if (len == 0 || len > 16 || !import_text_hex(&(struct import_field){text, len}, 1) ||
        c->unknown & (CONN_UNKNOWN_LOCAL_PORT | CONN_UNKNOWN_REMOTE_PORT))
        return;
    for (size_t i = 0; i < len; i++)
        n = n << 4 | (uint64_t)(isdigit((unsigned char)text[i])
                                    ? text[i] - '0'
                                    : tolower((unsigned char)text[i]) - 'a' + 10);
    if (!n)
        return;
    c->cookie = n;
    c->unknown |= IMPORT_HAS_COOKIE;
}

static void read_rate(struct import_row *row, const char *text, size_t len)
{
    double bits;
    size_t used;

    if (read_double(text, len, &bits, &used))
        SET(row, delivery_bytes_s, bits < 9e18 ? (uint64_t)(bits / 8) : INT64_MAX);
}

static bool read_owner_token(struct import_reader *r, struct import_row *row, const char *text,
                             size_t len)
{
    struct conn *c = &row->conn;

    if (import_text_starts(text, len, "timer:("))
        read_timer(r, c, text + 7, len - 7);
    else if (import_text_starts(text, len, "uid:"))
        read_uid(c, text + 4, len - 4);
    else if (import_text_starts(text, len, "ino:"))
        read_inode(c, text + 4, len - 4);
    else if (import_text_starts(text, len, "sk:"))
        read_cookie(c, text + 3, len - 3);
    else if (import_text_starts(text, len, "v6only:") && len == 8 && c->family == AF_INET6 &&
             c->state == TCP_STATE_LISTEN)
        c->extra = text[7] == '0' ? V6ONLY_NO : V6ONLY_YES;
    else if (import_text_starts(text, len, "cgroup:"))
        import_text_copy(row->cgroup, sizeof row->cgroup, text + 7, len - 7);
    else
        return false;
    return true;
}

/* `before`: the word before it, which may name what this one is. */
static void read_token(struct import_reader *r, struct import_row *row, const char *text,
                       size_t len, const char *before, size_t before_len)
{
    if (read_owner_token(r, row, text, len) || row->conn.state == TCP_STATE_LISTEN) {
        if (row->conn.state == TCP_STATE_LISTEN && !memchr(text, ':', len) && !row->congestion[0] &&
            !is_flag(text, len) && isalpha((unsigned char)*text)) {
            import_text_copy(row->congestion, sizeof row->congestion, text, len);
            row->has_metrics = true;
        }
        return;
    }
    if (import_text_starts(text, len, "rtt:"))
        read_rtt(row, text + 4, len - 4);
    else if (import_text_starts(text, len, "retrans:"))
        read_retrans(row, text + 8, len - 8);
    else if (before_len == 13 && memcmp(before, "delivery_rate", 13) == 0)
        read_rate(row, text, len);
    else if (import_text_starts(text, len, "delivery_rate:"))
        read_rate(row, text + 14, len - 14);
    else if (import_text_starts(text, len, "app_limited"))
        SET(row, app_limited, 1);
    else if (!read_number_token(row, text, len) && !memchr(text, ':', len) && !row->congestion[0] &&
             !row->metrics.valid && !is_flag(text, len) && isalpha((unsigned char)*text)) {
        import_text_copy(row->congestion, sizeof row->congestion, text, len);
        row->has_metrics = true;
    }
}

/* Everything behind the addresses, or in a line of its own. */
static void read_rest(struct import_reader *r, struct import_row *row, const char *text, size_t len)
{
    const char *before = "";
    size_t before_len = 0;

    for (size_t at = 0; at < len;) {
        if (isspace((unsigned char)text[at])) {
            at++;
            continue;
        }
        if (import_text_starts(text + at, len - at, "users:(")) {
            at += read_users(r, row, text + at, len - at);
            continue;
        }
        size_t start = at;
        while (at < len && !isspace((unsigned char)text[at]))
            at++;
        read_token(r, row, text + start, at - start, before, before_len);
        before = text + start;
        before_len = at - start;
    }
    add_zeros(row);
}

/* Rows ----------------------------------------------------------------------------------------- */

/* An end; a wildcard may stand for either family. */
static bool read_end(const struct import_field *f, struct import_end *end)
{
    return import_text_end(f, ':', false, false, end);
}

/* The family of two ends where one is "*": a listener of both families prints "*" on both sides,
 * old versions, before 4.13, print 0.0.0.0 so. */
static int family_of(struct import_reader *r, struct conn *c, const struct import_field *local,
                     const struct import_end *a, const struct import_end *b)
{
    if (import_text_starts(local->at, local->len, ":::"))
        ((struct ss_memory *)r->memory)->old = true; /* new versions print [::] */
    if (!a->any || a->family || b->family)
        return a->address_text && local->at[0] == '[' ? AF_INET6 : 0;
    c->unknown |= IMPORT_ANY_IS_IPV4;
    return AF_INET6;
}

/* A device is printed on the local side only. */
static enum import_verdict read_row(struct import_reader *r, const struct import_line *line,
                                    unsigned at, unsigned state, bool queues)
{
    struct conn *c = &r->next->conn;
    struct import_end local, remote;
    uint64_t receive, send;

    if (at + 2 > line->n || !import_text_number(&line->field[at], UINT32_MAX, &receive) ||
        !import_text_number(&line->field[at + 1], UINT32_MAX, &send))
        return IMPORT_NOT_MINE;
    if (at + 2 == line->n)
        return queues ? IMPORT_BEGUN : IMPORT_NOT_MINE;
    const struct import_field *first = &line->field[at + 2];
    if (!read_end(first, &local))
        return queues ? IMPORT_BROKEN : IMPORT_NOT_MINE;
    if (at + 3 == line->n)
        return queues ? IMPORT_BEGUN : IMPORT_NOT_MINE;
    const struct import_field *second = first + 1;
    if (!read_end(second, &remote))
        return queues ? IMPORT_BROKEN : IMPORT_NOT_MINE;
    if (!queues && at + 4 < line->n && import_text_state(second + 1))
        return IMPORT_NOT_MINE; /* what stands before the state is of netstat */
    import_text_set_ends(r, c, family_of(r, c, first, &local, &remote), &local, &remote);
    import_text_queues(c, receive, send);
    if (state)
        import_text_set_state(c, state);
    c->unknown |= IMPORT_TIMER_OFF;
    if (state == TCP_STATE_LISTEN && import_text_starts(first->at, first->len, "[::]:"))
        c->extra = V6ONLY_YES; /* versions that print it so print "*" for both families */
    const char *rest = second->at + second->len;
    read_rest(r, r->next, rest, (size_t)(line->text + line->len - rest));
    return IMPORT_ROW;
}

/* Does it have a word like "rto:204"? Without one it must begin as ss begins the line, with a tab.
 */
static bool looks_like_info(const struct import_line *line)
{
    for (unsigned i = 0; i < line->n; i++) {
        const struct import_field *f = &line->field[i];
        const char *colon = memchr(f->at, ':', f->len);
        if (colon && colon > f->at && colon + 1 < f->at + f->len && islower((unsigned char)*f->at))
            return true;
    }
    return line->n <= 3 && line->text[0] == '\t';
}

/* A line of its own about the row above: it begins with a tab, or with what only ss prints. */
static enum import_verdict ss_more(struct import_reader *r, const struct import_line *line)
{
    const bool begins = line->indented || import_text_starts(line->text, line->len, "users:((") ||
                        import_text_starts(line->text, line->len, "timer:(");

    if (!begins || !looks_like_info(line))
        return IMPORT_NOT_MINE;
    if (r->last == IMPORT_PROTOCOL)
        return IMPORT_PROTOCOL;
    read_rest(r, r->row, line->text, line->len);
    return IMPORT_CONTINUED;
}

static enum import_verdict ss_read(struct import_reader *r, const struct import_line *line)
{
    const struct import_field *f = line->field;
    unsigned state = 0, at = 0;

    if (is_heading(line) || is_heading_end(r, line))
        return IMPORT_HEADING;
    if (line->n >= 4 && is_other_netid(&f[0]) && is_state(&f[1], &state))
        return IMPORT_PROTOCOL;
    bool netid = import_text_is(&f[0], "tcp");
    if (netid && line->n > 1 && is_state(&f[1], &state))
        return read_row(r, line, 2, state, true);
    if (is_state(&f[0], &state))
        return read_row(r, line, 1, state, true);
    /* one state was asked for, so it is not printed */
    at = netid ? 1 : 0;
    if ((netid && r->format != &import_ss) || line->n < at + 4)
        return IMPORT_NOT_MINE;
    return read_row(r, line, at, 0, false);
}

/* An address that came from a short list is a wildcard in the other family. */
static void make_ipv4(struct conn *c)
{
    static const uint8_t any[16];

    if (c->family == AF_INET6 && memcmp(c->src, any, 16) == 0 && memcmp(c->dst, any, 16) == 0)
        c->family = AF_INET;
}

static void ss_decide(const void *memory, struct conn *c, unsigned open)
{
    const struct ss_memory *m = memory;

    if (open & IMPORT_TIMER_OFF && m->timers)
        c->unknown &= (uint16_t)~CONN_UNKNOWN_TIMER;
    if (open & IMPORT_ANY_IS_IPV4 && m->old)
        make_ipv4(c);
    else if (open & IMPORT_ANY_IS_IPV4 && c->state == TCP_STATE_LISTEN)
        c->extra = V6ONLY_NO;
}

static const char *const names[] = {"State", "Netid", "Recv-Q", NULL};

const struct import_format import_ss = {.tool = "ss",
                                        .system = "Linux",
                                        .names = names,
                                        .memory = sizeof(struct ss_memory),
                                        .read = ss_read,
                                        .more = ss_more,
                                        .decide = ss_decide};
