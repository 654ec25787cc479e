/* SPDX-License-Identifier: MIT */
/* netstat of Linux (net-tools, and BusyBox) with any of -t -a -n -p -e -o -W, in any language.
 *
 * Without -W it prints an address and a port in 22 characters and a colon, of which the port has as
 * many as it needs: a longer address is cut on the right (netstat.c addr_do_one()). What is left of
 * an IPv6 address may be one, too, so every one that fills the column counts as cut, unless there
 * is a longer one in the text. */
#include <ctype.h>
#include <string.h>
#include <sys/socket.h>

#include "import_reader.h"
#include "tcptop/model/state.h"

#define SHORT_END   23   /* address, colon and port of a column that is full */
#define TICKS_SCALE 1000 /* seconds to milliseconds */

struct netstat_linux_memory {
    bool programs; /* there is a column of programs */
    bool bare;     /* the last row ended with its state */
};

/* The names of columns that a terminal of 80 columns moves to a line of its own. */
static bool is_heading_end(const struct import_reader *r, const struct import_line *line)
{
    return r->format == &import_netstat_linux && r->last == IMPORT_HEADING &&
           (import_text_is(&line->field[0], "PID/Program") ||
            (import_text_is(&line->field[0], "User") && line->n > 1 &&
             import_text_is(&line->field[1], "Inode")));
}

static enum import_verdict read_heading(const struct import_line *line)
{
    const struct import_field *f = line->field;
    const char *titles[] = {"Active Internet",
                            "Connexions Internet actives",
                            "Active UNIX",
                            "Active Bluetooth",
                            "Aktive Internet",
                            "Aktive Sockets",
                            "Sockets du domaine UNIX",
                            "Conexiones activas de Internet",
                            "Conexões Internet Ativas",
                            "Active IPX",
                            "Active AX.25",
                            "활성화된 인터넷",
                            "稼働中のインターネット接続"};

    if (memmem(line->text, line->len, "(including servers)", 19) ||
        memmem(line->text, line->len, "(state)", 7) ||
        (line->n == 3 && import_text_is(&f[2], "connections")))
        return IMPORT_NOT_MINE; /* of BSD */
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        if (import_text_starts(line->text, line->len, titles[i]))
            return IMPORT_TITLE;
    return line->n >= 4 && import_text_is(&f[0], "Proto") &&
                   (import_text_is(&f[1], "Recv-Q") || import_text_is(&f[1], "RefCnt") ||
                    import_text_is(&f[1], "RefCpt") || import_text_is(&f[1], "RefZäh"))
               ? IMPORT_HEADING
               : IMPORT_NOT_MINE;
}

/* The notes that stand above the table or come on the error output. */
static bool is_note(const struct import_line *line)
{
    return import_text_starts(line->text, line->len, "(Not all processes could be identified") ||
           import_text_starts(line->text, line->len, " will not be shown, you would have to be") ||
           import_text_starts(line->text, line->len, "will not be shown, you would have to be") ||
           import_text_starts(line->text, line->len, "(No info could be read for \"-p\"") ||
           import_text_starts(line->text, line->len, "netstat: ") ||
           import_text_starts(line->text, line->len, "(Tous les processus") ||
           import_text_starts(line->text, line->len, "(Es konnten nicht alle Prozesse");
}

/* Does the line begin a socket of another kind? */
static bool is_other(const struct import_line *line)
{
    static const char *const words[] = {"udp",   "udp6", "udpl",  "udplite", "udplite6", "udpl6",
                                        "raw",   "raw6", "unix",  "sctp",    "sctp6",    "icmp",
                                        "icmp6", "igmp", "l2cap", "rfcomm",  "ax25",     "dccp"};
    bool numbers = line->n >= 3 && (isdigit((unsigned char)line->field[1].at[0]));

    for (size_t i = 0; i < sizeof words / sizeof words[0] && numbers; i++)
        if (import_text_is(&line->field[0], words[i]))
            return true;
    return false;
}

/* Ends ----------------------------------------------------------------------------------------- */

struct netstat_end {
    struct import_end end;
    bool may_be_cut; /* an address, or what looks like one, that fills its column */
};

static bool read_end(struct import_reader *r, const struct import_field *f, struct netstat_end *e)
{
    bool full = f->len == SHORT_END;
    struct import_field plain = *f;

    if (!import_text_end(&plain, ':', false, false, &e->end))
        return false;
    /* "domain" of "[::]:domain" or of an IPv4 address is never cut */
    e->may_be_cut = full && e->end.family != AF_INET;
    if (f->len > SHORT_END && e->end.family != AF_INET)
        r->wide = true;
    return true;
}

/* A name that fills the column is cut, too; when it is, nothing more is known of it. */
static void note_cut(struct conn *c, const struct netstat_end *e, bool remote)
{
    if (e->may_be_cut)
        c->unknown |= remote ? IMPORT_CUT_REMOTE : IMPORT_CUT_LOCAL;
}

/* Columns behind the state ----------------------------------------------------------------------
 */

/* "(58.02/0/0)": seconds, retransmissions, probes. */
static bool read_timer_figures(const struct import_field *f, uint64_t *ms, uint64_t *retrans,
                               uint64_t *probes)
{
    const char *at = f->at + 1, *end = f->at + f->len - 1;
    uint64_t seconds = 0, hundredths = 0;
    unsigned places = 0;

    if (f->len < 7 || f->at[0] != '(' || *end != ')')
        return false;
    const char *slash = memchr(at, '/', (size_t)(end - at));
    const char *second = slash ? memchr(slash + 1, '/', (size_t)(end - slash) - 1) : NULL;
    if (!second)
        return false;
    for (; at < slash && isdigit((unsigned char)*at) && seconds < UINT32_MAX; at++)
        seconds = seconds * 10 + (uint64_t)(*at - '0');
    if (at < slash && (*at == '.' || *at == ',')) /* as the language writes it */
        for (at++; at < slash && isdigit((unsigned char)*at) && places < 3; at++, places++)
            hundredths = hundredths * 10 + (uint64_t)(*at - '0');
    if (at != slash)
        return false;
    *ms = seconds * TICKS_SCALE + hundredths * (places == 1 ? 100 : places == 2 ? 10 : 1);
    return import_text_number(&(struct import_field){slash + 1, (size_t)(second - slash) - 1},
                              UINT32_MAX, retrans) &&
           import_text_number(&(struct import_field){second + 1, (size_t)(end - second) - 1},
                              UINT32_MAX, probes);
}

/* The timer, whose two fields end the line. Returns how many fields are left before it. */
static unsigned read_timer(struct conn *c, const struct import_line *line, unsigned from)
{
    static const struct {
        const char *name;
        uint8_t timer;
    } names[] = {{"off", TIMER_OFF},
                 {"on", TIMER_RETRANSMIT},
                 {"keepalive", TIMER_KEEPALIVE},
                 {"timewait", TIMER_TIMEWAIT},
                 {"probe", TIMER_PROBE}};
    uint64_t ms, retrans, probes;
    unsigned n = line->n;

    if (n < from + 2 || !read_timer_figures(&line->field[n - 1], &ms, &retrans, &probes))
        return n;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!import_text_is(&line->field[n - 2], names[i].name))
            continue;
        bool counts_probes = names[i].timer == TIMER_KEEPALIVE || names[i].timer == TIMER_PROBE;
        uint64_t repeats = counts_probes ? probes : retrans;
        c->timer = names[i].timer;
        c->expires_ms = names[i].timer == TIMER_OFF ? 0
                        : ms < UINT32_MAX           ? (uint32_t)ms
                                                    : UINT32_MAX;
        c->retrans = repeats < UINT8_MAX ? (uint8_t)repeats : UINT8_MAX;
        c->flags |= CONN_ROUNDED_TIMER;
        c->unknown &= (uint16_t)~CONN_UNKNOWN_TIMER;
    }
    return n - 2;
}

/* "123/name with blanks", or "-". */
static bool read_process(struct import_row *row, const struct import_line *line, unsigned at,
                         unsigned end)
{
    const struct import_field *f = &line->field[at];
    const char *slash = memchr(f->at, '/', f->len);
    uint64_t pid;

    if (import_text_is(f, "-"))
        return true;
    if (!slash || !import_text_number(&(struct import_field){f->at, (size_t)(slash - f->at)},
                                      UINT32_MAX, &pid))
        return false;
    const struct import_field *last = &line->field[end - 1];
    size_t len = (size_t)(last->at + last->len - slash) - 1;
    import_text_process(row, (uint32_t)pid, slash + 1, len);
    return true;
}

/* User and inode. Returns how many fields that were. */
static unsigned read_user(struct import_row *row, const struct import_line *line, unsigned at,
                          unsigned end)
{
    struct conn *c = &row->conn;
    uint64_t uid, inode;

    if (at + 2 > end || memchr(line->field[at].at, '/', line->field[at].len) ||
        import_text_is(&line->field[at], "-") ||
        !import_text_number(&line->field[at + 1], UINT32_MAX, &inode))
        return 0;
    c->inode = (uint32_t)inode;
    c->unknown &= (uint16_t)~CONN_UNKNOWN_INODE;
    if (import_text_number(&line->field[at], UINT32_MAX, &uid)) {
        c->uid = (uint32_t)uid;
        c->unknown &= (uint16_t)~CONN_UNKNOWN_UID;
    } else {
        import_text_copy(row->user, sizeof row->user, line->field[at].at, line->field[at].len);
    }
    return 2;
}

/* What stands behind the state, from field `at` on. False: nothing that belongs there. */
static bool read_tail(struct import_row *row, const struct import_line *line, unsigned at)
{
    const unsigned end = read_timer(&row->conn, line, at), user = read_user(row, line, at, end);
    const bool program = at + user < end && read_process(row, line, at + user, end);

    return end < line->n || user || program;
}

/* The same where the last field may be cut: of a program the number is whole, since the name
 * follows. */
static void read_cut_tail(struct import_row *row, const struct import_line *line, unsigned at)
{
    const struct import_field *last = &line->field[line->n - 1];
    const char *slash = memchr(last->at, '/', last->len);
    struct import_line known = *line;
    uint64_t pid;

    known.n--;
    if (last->at[0] == '(' && last->at[last->len - 1] == ')') /* a whole timer */
        known.n++;
    else if (slash &&
             import_text_number(&(struct import_field){last->at, (size_t)(slash - last->at)},
                                UINT32_MAX, &pid))
        import_text_process(row, (uint32_t)pid, "", 0);
    (void)read_tail(row, &known, at);
}

/* Behind the state a terminal of 80 columns is full, and the rest stands in a line of its own. */
static enum import_verdict netstat_linux_more(struct import_reader *r,
                                              const struct import_line *line)
{
    struct netstat_linux_memory *m = r->memory;
    const bool of_other = r->last == IMPORT_PROTOCOL;
    const bool begins = isdigit((unsigned char)line->text[0]) ||
                        (line->n == 1 && import_text_is(&line->field[0], "-"));

    if (!m->programs || !m->bare || !begins || !read_tail(of_other ? r->next : r->row, line, 0))
        return IMPORT_NOT_MINE;
    m->bare = false;
    return of_other ? IMPORT_PROTOCOL : IMPORT_CONTINUED;
}

static enum import_verdict read_row(struct import_reader *r, const struct import_line *line)
{
    const struct import_field *f = line->field;
    struct conn *c = &r->next->conn;
    struct netstat_end local, remote;
    uint64_t receive, send;
    unsigned state;

    if (line->n < 5 || !import_text_number(&f[1], UINT32_MAX, &receive) ||
        !import_text_number(&f[2], UINT32_MAX, &send) || !read_end(r, &f[3], &local))
        return IMPORT_BROKEN;
    if (import_cut_is(r, line, 4))
        remote.may_be_cut = false, import_cut_end(&f[4], ':', &remote.end);
    else if (!read_end(r, &f[4], &remote))
        return IMPORT_BROKEN;
    state = line->n <= 5                ? 0
            : import_cut_is(r, line, 5) ? import_cut_state(&f[5])
                                        : import_text_state(&f[5]);
    if (!state && !(r->full && line->n <= 6))
        return IMPORT_BROKEN; /* a line that was cut, or of something else */
    r->next->cut = r->full && (!state || line->n > 6);
    import_text_set_ends(r, c, import_text_is(&f[0], "tcp6") ? AF_INET6 : 0, &local.end,
                         &remote.end);
    note_cut(c, &local, false);
    note_cut(c, &remote, true);
    if (state)
        import_text_set_state(c, state);
    import_text_queues(c, receive, send);
    if (!state || state == TCP_STATE_LISTEN)
        c->unknown |= CONN_UNKNOWN_SEND_Q; /* from /proc: it is 0, not the backlog */
    if (import_cut_is(r, line, line->n - 1) && line->n > 6)
        read_cut_tail(r->next, line, 6);
    else
        (void)read_tail(r->next, line, 6);
    ((struct netstat_linux_memory *)r->memory)->bare = line->n == 6;
    return IMPORT_ROW;
}

/* Is the separator of the port that of BSD? Then the row is not of Linux. */
static bool is_bsd(const struct import_field *f)
{
    return f->len && !memchr(f->at, ':', f->len);
}

static enum import_verdict netstat_linux_read(struct import_reader *r,
                                              const struct import_line *line)
{
    const struct import_field *f = line->field;
    bool tcp = import_text_is(&f[0], "tcp") || import_text_is(&f[0], "tcp6");
    struct netstat_linux_memory *m = r->memory;

    if (is_note(line))
        return IMPORT_NOTE;
    if (memmem(line->text, line->len, "PID/Program", 11))
        m->programs = true;
    if (is_heading_end(r, line))
        return IMPORT_HEADING;
    if (!tcp && is_other(line)) {
        m->bare = true; /* whether it is, is not looked at */
        return IMPORT_PROTOCOL;
    }
    if (!tcp)
        return read_heading(line);
    if (line->n < 3 || !isdigit((unsigned char)f[1].at[0]) || (line->n > 3 && is_bsd(&f[3])))
        return IMPORT_NOT_MINE;
    return read_row(r, line);
}

static const char *const names[] = {"Proto", NULL};

const struct import_format import_netstat_linux = {.tool = "netstat",
                                                   .system = "Linux",
                                                   .names = names,
                                                   .memory = sizeof(struct netstat_linux_memory),
                                                   .read = netstat_linux_read,
                                                   .more = netstat_linux_more};
