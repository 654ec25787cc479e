/* The one table of columns, and names of columns as people type them. */
#include "tcptop/query/column.h"

#include <errno.h>
#include <string.h>

#include "cells.h"
#include "tcptop/base/edit_distance.h"
#include "tcptop/base/err.h"
#include "tcptop/base/str.h"
#include "tcptop/base/utf8.h"

#define SHOWN      COLUMN_SCREEN
#define RAW        COLUMN_BASE /* the screen has address and port in one column */
#define BASE       (COLUMN_SCREEN | COLUMN_BASE)
#define COMPOSITE  (COLUMN_SCREEN | COLUMN_DISPLAY)
#define OFTEN      COLUMN_GROUP /* the same value in many rows */
#define ADDS       COLUMN_SUM
#define TOP        COLUMN_LARGEST
#define L          ALIGN_LEFT
#define R          ALIGN_RIGHT
#define PLAIN(f)   get_##f, format_##f, key_##f, NULL
#define ADDRESS(f) get_##f, format_##f, key_##f, words_##f

/* What a column leaves out at the end of its row is NULL. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

/* clang-format off: one column, one row */
#define COLUMN(ident, id, en, ko, order, align, flags, kind, needs, ...)                           \
    [COL_##ident] = {id,   MSG_COL_##ident, MSG_COL_HELP_##ident, {en, ko}, order, align, flags,   \
                     kind, needs,           __VA_ARGS__}
const struct column columns[COL_COUNT] = {
    COLUMN(PROTO, "proto", 5, 8, 6, L, BASE | OFTEN, KIND_PROTO, 0, PLAIN(proto)),
    COLUMN(LOCAL, "local", 0, 0, 1, L, COMPOSITE, KIND_COMPOSITE, 0, NULL, format_local, key_local,
           words_local),
    COLUMN(LOCAL_ADDR, "local_addr", 0, 0, 0, L, RAW | OFTEN, KIND_ADDRESS, 0, ADDRESS(local_addr)),
    COLUMN(LOCAL_PORT, "local_port", 5, 9, 0, R, BASE | OFTEN, KIND_PORT, 0, PLAIN(local_port)),
    COLUMN(REMOTE, "remote", 0, 0, 2, L, COMPOSITE, KIND_COMPOSITE, 0, NULL, format_remote,
           key_remote, words_remote),
    COLUMN(REMOTE_ADDR, "remote_addr", 0, 0, 0, L, RAW | OFTEN, KIND_ADDRESS, 0,
           ADDRESS(remote_addr)),
    COLUMN(REMOTE_PORT, "remote_port", 5, 9, 0, R, BASE | OFTEN, KIND_PORT, 0, PLAIN(remote_port)),
    COLUMN(STATE, "state", 11, 11, 3, L, BASE | OFTEN, KIND_STATE, 0, get_state, format_state,
           key_state, words_state),
    COLUMN(LEFT, "left", 5, 5, 5, R, COMPOSITE, KIND_COMPOSITE, 0, NULL, format_left,
           key_expires_ms, NULL),
    COLUMN(TIMER, "timer", 9, 9, 0, L, BASE | OFTEN, KIND_TIMER, 0, PLAIN(timer)),
    COLUMN(EXPIRES_MS, "expires_ms", 8, 9, 0, R, BASE, KIND_MS, 0, PLAIN(expires_ms)),
    COLUMN(RECV_Q, "recv_q", 8, 8, 7, R, BASE | TOP, KIND_NUMBER, 0, PLAIN(recv_q)),
    COLUMN(SEND_Q, "send_q", 8, 8, 8, R, BASE | TOP, KIND_NUMBER, 0, PLAIN(send_q)),
    COLUMN(RTT, "rtt_us", 8, 8, 9, R, SHOWN | TOP, KIND_US, NEED_TCP_INFO, PLAIN(rtt_us)),
    COLUMN(RETR, "retr_permille", 6, 6, 10, R, SHOWN | TOP, KIND_PERMILLE, NEED_TCP_INFO,
           PLAIN(retr_permille)),
    COLUMN(TX, "tx_bytes_s", 8, 8, 11, R, SHOWN | ADDS | TOP, KIND_NUMBER, NEED_RATES,
           PLAIN(tx_bytes_s)),
    COLUMN(RX, "rx_bytes_s", 8, 8, 12, R, SHOWN | ADDS | TOP, KIND_NUMBER, NEED_RATES,
           PLAIN(rx_bytes_s)),
    COLUMN(RATE, "rate_bytes_s", 8, 8, 0, R, SHOWN | ADDS | TOP, KIND_NUMBER, NEED_RATES,
           PLAIN(rate_bytes_s)),
    COLUMN(RETRANS, "retrans", 5, 6, 0, R, SHOWN | TOP, KIND_NUMBER, 0, PLAIN(retrans)),
    COLUMN(UID, "uid", 10, 10, 0, R, BASE | OFTEN, KIND_NUMBER, 0, PLAIN(uid)),
    COLUMN(INODE, "inode", 10, 10, 0, R, BASE, KIND_NUMBER, 0, PLAIN(inode)),
    COLUMN(COOKIE, "cookie", 16, 16, 0, R, BASE, KIND_TEXT, 0, PLAIN(cookie)),
    COLUMN(IFINDEX, "ifindex", 5, 5, 0, R, BASE | OFTEN, KIND_DEVICE, 0, PLAIN(ifindex)),
    COLUMN(NETNS, "netns", 16, 16, 0, L, BASE | OFTEN, KIND_TEXT, 0, PLAIN(netns)),
    COLUMN(AGE, "age_s", 5, 5, 0, R, SHOWN | TOP, KIND_S, 0, PLAIN(age_s)),
    COLUMN(MIN_RTT, "min_rtt_us", 8, 8, 0, R, SHOWN | TOP, KIND_US, NEED_TCP_INFO,
           PLAIN(min_rtt_us)),
    COLUMN(CWND, "cwnd_segs", 8, 9, 0, R, SHOWN | TOP, KIND_NUMBER, NEED_TCP_INFO,
           PLAIN(cwnd_segs)),
    COLUMN(BYTES_ACKED, "bytes_acked", 8, 8, 0, R, SHOWN | ADDS | TOP, KIND_NUMBER, NEED_TCP_INFO,
           PLAIN(bytes_acked)),
    COLUMN(BYTES_RECEIVED, "bytes_received", 8, 8, 0, R, SHOWN | ADDS | TOP, KIND_NUMBER,
           NEED_TCP_INFO, PLAIN(bytes_received)),
    COLUMN(BYTES_SENT, "bytes_sent", 8, 8, 0, R, SHOWN | ADDS | TOP, KIND_NUMBER, NEED_TCP_INFO,
           PLAIN(bytes_sent)),
    COLUMN(BYTES_RETRANS, "bytes_retrans", 8, 8, 0, R, SHOWN | ADDS | TOP, KIND_NUMBER,
           NEED_TCP_INFO, PLAIN(bytes_retrans)),
    COLUMN(RETRANS_SEGS, "retrans_segs", 8, 11, 0, R, SHOWN | ADDS | TOP, KIND_NUMBER,
           NEED_TCP_INFO, PLAIN(retrans_segs)),
    COLUMN(UNSENT, "notsent_bytes", 8, 8, 0, R, SHOWN | ADDS | TOP, KIND_NUMBER, NEED_TCP_INFO,
           PLAIN(notsent_bytes)),
    COLUMN(DELIVERY, "delivery_bytes_s", 10, 9, 0, R, SHOWN | TOP, KIND_NUMBER, NEED_TCP_INFO,
           PLAIN(delivery_bytes_s)),
    COLUMN(CONGESTION, "congestion", 10, 9, 0, L, SHOWN | OFTEN, KIND_TEXT, NEED_CONGESTION,
           PLAIN(congestion)),
    COLUMN(BACKLOG, "backlog_permille", 11, 11, 0, R, SHOWN | TOP, KIND_PERMILLE, 0,
           PLAIN(backlog_permille)),
    COLUMN(LIMITED_BY, "limited_by", 11, 9, 0, L, SHOWN | OFTEN, KIND_TEXT, NEED_RATES,
           PLAIN(limited_by)),
    COLUMN(PID, "pid", 10, 10, 0, R, BASE | OFTEN, KIND_NUMBER, NEED_OWNER, PLAIN(pid),
           .each = each_pid),
    COLUMN(PIDS, "pids", 12, 12, 0, L, RAW, KIND_LIST, NEED_OWNER, get_pids, format_pids, key_pid,
           NULL, .each = each_pid, .whole = whole_pids),
    COLUMN(PROCESS, "process", 9, 9, 4, L, BASE | OFTEN, KIND_TEXT, NEED_OWNER, PLAIN(process),
           .each = each_process),
    COLUMN(OWNER, "owner", 7, 7, 0, L, BASE | OFTEN, KIND_TEXT, NEED_OWNER, PLAIN(owner)),
    COLUMN(CMDLINE, "cmdline", 24, 24, 0, L, SHOWN, KIND_TEXT, NEED_OWNER, PLAIN(cmdline),
           .each = each_cmdline, .whole = whole_cmdline),
    COLUMN(USER, "user", 10, 10, 0, L, SHOWN | OFTEN, KIND_TEXT, NEED_USER, PLAIN(user)),
    COLUMN(CGROUP, "cgroup", 20, 20, 0, L, SHOWN | OFTEN, KIND_TEXT, NEED_OWNER, PLAIN(cgroup),
           .each = each_cgroup, .whole = whole_cgroup),
};
/* clang-format on */

/* What people call a column, beside its id. */
static const struct {
    const char *name;
    enum column_id id;
} nicknames[] = {{"talkers", COL_RATE}};

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

enum role state_role(unsigned state)
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
