/* SPDX-License-Identifier: MIT */
/* netstat of macOS, FreeBSD and AIX with any of -a -n -A -b -v -W -L -T -P.
 *
 * A dot stands before the port. Without -W an address has at most 16 characters and the column
 * 22 (18 with the addresses of control blocks before it), and what does not fit is cut, the port as
 * well (network_cmds inet.c inetprint(), FreeBSD usr.bin/netstat/inet.c). A port is taken for cut
 * where its column is full and one more digit is possible. */
#include <ctype.h>
#include <string.h>
#include <sys/socket.h>

#include "import_reader.h"
#include "tcptop/model/state.h"

#define ADDRESS_MOST 16 /* characters */
#define NAME_MOST    15 /* a name that ends in a dot loses that, too */
#define WIDTH        22
#define WIDTH_BLOCKS 18 /* with one column before the protocol */
#define WIDTH_TWO    16 /* with two */
#define COUNTERS     3  /* numbers before the ends with -T, which are no queues */
#define COLLAPSED                                                                                  \
    14 /* between the titles of both columns, where one blank stands between words                 \
        */

struct netstat_bsd_memory {
    const char *system; /* NULL: not known */
    uint8_t pid;        /* place of the column behind the state, from 1; 0: there is none */
    bool named_pid;     /* "process:pid" */
    uint16_t width;     /* of the address columns, 0: not known */
};

static bool has(const struct import_line *line, const char *word)
{
    return memmem(line->text, line->len, word, strlen(word)) != NULL;
}

static bool is_tcp(const struct import_field *f)
{
    return import_text_is(f, "tcp4") || import_text_is(f, "tcp6") || import_text_is(f, "tcp46") ||
           import_text_is(f, "tcp64") || import_text_is(f, "tcp");
}

static bool is_other(const struct import_field *f)
{
    static const char *const words[] = {
        "udp4",  "udp6",  "udp46", "udp",    "udl4",   "icm4",  "icm6",   "icm46", "icmp4",
        "icmp6", "ip4",   "ip6",   "ip46",   "raw4",   "raw6",  "unix",   "kevt",  "kctl",
        "div4",  "sctp4", "sctp6", "mptcp4", "mptcp6", "vsock", "stream", "dgram", "seqpac"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (import_text_is(f, words[i]))
            return true;
    return false;
}

/* Headings --------------------------------------------------------------------------------------
 */

static void learn_system(struct netstat_bsd_memory *m, const struct import_line *line)
{
    if (has(line, "PCB/ADDR"))
        m->system = "AIX";
    else if (has(line, "Tcpcb") || has(line, "0-win") || has(line, "qlen/incqlen/maxqlen"))
        m->system = m->system ? m->system : "FreeBSD";
    else if (has(line, "Multipath") || has(line, "LOCAL (UNIX)") || has(line, "rhiwat") ||
             has(line, "rxbytes"))
        m->system = "macOS";
}

/* Where the columns are. */
static void learn_columns(struct netstat_bsd_memory *m, const struct import_line *line)
{
    const char *local = NULL, *foreign = NULL;
    unsigned state = line->n;

    m->pid = 0;
    m->named_pid = false;
    m->width = 0;
    for (unsigned i = 0; i < line->n; i++) {
        const struct import_field *f = &line->field[i];
        if (import_text_is(f, "Local"))
            local = f->at;
        else if (import_text_is(f, "Foreign"))
            foreign = f->at;
        else if (import_text_is(f, "(state)"))
            state = i;
        else if (i > state && import_text_is(f, "pid"))
            m->pid = (uint8_t)(i - state);
        else if (i > state && import_text_is(f, "process:pid"))
            m->pid = (uint8_t)(i - state), m->named_pid = true;
    }
    if (local && foreign && foreign - local > COLLAPSED && foreign - local < 100)
        m->width = (uint16_t)(foreign - local - 1);
}

static enum import_verdict read_heading(struct import_reader *r, const struct import_line *line)
{
    static const char *const titles[] = {"Active Internet connections",
                                         "Active Multipath Internet",
                                         "Active LOCAL (UNIX)",
                                         "Active UNIX domain",
                                         "Active kernel",
                                         "Current listen queue sizes",
                                         "Active NetGraph",
                                         "Netgraph sockets",
                                         "Registered kernel control"};
    static const char *const columns[] = {"Proto",  "Proto/ID", "Tcpcb",    "PCB/ADDR",
                                          "Socket", "Address",  "SADR/PCB", "pcb"};
    const struct import_field *f = line->field;

    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        if (import_text_starts(line->text, line->len, titles[i]))
            return IMPORT_TITLE;
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        if (!import_text_is(&f[0], columns[i]) || line->n < 3)
            continue;
        if (has(line, "Local Address") && !has(line, "State "))
            learn_columns(r->memory, line);
        bool columns_named = has(line, "Local Address") || has(line, "Recv-Q") ||
                             has(line, "Type") || has(line, "Flags");
        return columns_named ? IMPORT_HEADING : IMPORT_NOT_MINE;
    }
    return IMPORT_NOT_MINE;
}

static bool is_note(const struct import_line *line)
{
    return import_text_starts(line->text, line->len, "Some tcp sockets may have been");
}

/* Ends ------------------------------------------------------------------------------------------
 */

/* Does only one blank follow? A field that is shorter than its column has more. */
static bool fills_column(const struct import_line *line, const struct import_field *f)
{
    const char *end = f->at + f->len, *stop = line->text + line->len;

    return stop - end < 2 || end[1] != ' ';
}

/* `before`: how many columns stand before the protocol. */
static bool read_end(struct import_reader *r, const struct import_line *line,
                     const struct import_field *f, unsigned before, struct import_end *end,
                     bool *may_be_cut)
{
    static const uint8_t widths[] = {WIDTH, WIDTH_BLOCKS, WIDTH_TWO};
    const struct netstat_bsd_memory *m = r->memory;
    size_t width = before < 2 && m->width ? m->width : widths[before];
    bool port_cut = f->len >= width && !r->wide && (before == 2 || fills_column(line, f));
    const char *dot = memrchr(f->at, '.', f->len);
    size_t address = dot ? (size_t)(dot - f->at) : 0;

    *may_be_cut = false;
    if (f->len > width && f->len > WIDTH)
        r->wide = true;
    if (port_cut && dot && address + 1 == f->len)
        return import_text_end(f, '.', address >= ADDRESS_MOST, true, end);
    if (!import_text_end(f, '.', false, port_cut, end))
        return false;
    *may_be_cut = (end->family == AF_INET6 && address >= ADDRESS_MOST) ||
                  (end->address_text && address >= NAME_MOST);
    return true;
}

/* Rows ------------------------------------------------------------------------------------------
 */

/* macOS 14: "NAME:pid", where the name may have blanks and colons. */
static void read_named_pid(struct import_row *row, const struct import_line *line, unsigned from)
{
    for (unsigned i = line->n; i > from; i--) {
        const struct import_field *f = &line->field[i - 1];
        const char *colon = memrchr(f->at, ':', f->len);
        uint64_t pid;
        if (!colon || !import_text_number(
                          &(struct import_field){colon + 1, (size_t)(f->at + f->len - colon) - 1},
                          INT32_MAX, &pid))
            continue;
        if (pid)
            import_text_process(row, (uint32_t)pid, line->field[from].at,
                                (size_t)(colon - line->field[from].at));
        return;
    }
}

static void read_pid(struct import_reader *r, const struct import_line *line, unsigned state)
{
    const struct netstat_bsd_memory *m = r->memory;
    const unsigned at = state + m->pid;
    uint64_t pid;

    r->next->cut = m->pid && r->full && at >= line->n;
    if (!m->pid || at >= line->n)
        return;
    if (import_cut_is(r, line, line->n - 1)) {
        r->next->cut = true;
        return;
    }
    if (m->named_pid)
        read_named_pid(r->next, line, at);
    else if (import_text_number(&line->field[at], INT32_MAX, &pid) && pid)
        import_text_process(r->next, (uint32_t)pid, "", 0);
}

/* "tcp46" is a listener of both families. */
static void set_v6only(struct conn *c, const struct import_field *proto)
{
    if (c->state == TCP_STATE_LISTEN && c->family == AF_INET6 &&
        (import_text_is(proto, "tcp46") || import_text_is(proto, "tcp64")))
        c->extra = V6ONLY_NO;
}

/* "tcp46 1863/0/32768  *.80": the queue of a listener, the part of it whose handshakes go on, and
 * the limit. */
static bool read_listen_queue(struct import_reader *r, const struct import_line *line, unsigned at)
{
    const struct import_field *f = &line->field[at + 1];
    const char *first = memchr(f->at, '/', f->len), *second;
    struct import_end local, any = {.any = true, .port_known = true};
    struct conn *c = &r->next->conn;
    uint64_t queue, limit;
    bool cut;

    second = first ? memchr(first + 1, '/', (size_t)(f->at + f->len - first) - 1) : NULL;
    if (!second || at + 2 >= line->n ||
        !import_text_number(&(struct import_field){f->at, (size_t)(first - f->at)}, UINT32_MAX,
                            &queue) ||
        !import_text_number(
            &(struct import_field){second + 1, (size_t)(f->at + f->len - second) - 1}, UINT32_MAX,
            &limit) ||
        !read_end(r, line, &line->field[at + 2], 0, &local, &cut))
        return false;
    import_text_set_ends(r, c, import_text_is(&line->field[at], "tcp4") ? AF_INET : AF_INET6,
                         &local, &any);
    c->unknown |= cut ? IMPORT_CUT_LOCAL : 0;
    import_text_set_state(c, TCP_STATE_LISTEN);
    set_v6only(c, &line->field[at]);
    import_text_queues(c, queue, limit);
    return true;
}

/* AIX prints "tcp" for sockets of both families. */
static int family_of(const struct import_field *proto, const struct import_end *local,
                     const struct import_end *remote)
{
    if (import_text_is(proto, "tcp4"))
        return AF_INET;
    return import_text_is(proto, "tcp") && (local->family || remote->family)
               ? (local->family == AF_INET6 || remote->family == AF_INET6 ? AF_INET6 : AF_INET)
               : AF_INET6;
}

/* Both ends. Behind two queues a state follows them in each row, so where it does not, they may be
 * cut; behind the three counters of -T it does not. */
static bool read_ends(struct import_reader *r, const struct import_line *line, unsigned from,
                      unsigned before, struct import_end end[2], bool may_be_cut[2])
{
    const struct import_field *f = &line->field[from];

    may_be_cut[0] = may_be_cut[1] = false;
    if (r->full && from + 1 == line->n) {
        import_cut_missing(&end[1]);
        if (!r->blank_end)
            import_cut_end(f, '.', &end[0]);
        return r->blank_end ? read_end(r, line, f, before, &end[0], &may_be_cut[0]) : true;
    }
    if (from + 2 > line->n || !read_end(r, line, f, before, &end[0], &may_be_cut[0]))
        return false;
    const bool counters = from == before + 1 + COUNTERS && !import_cut_is(r, line, from + 1);
    if (counters || from + 2 < line->n)
        return read_end(r, line, f + 1, before, &end[1], &may_be_cut[1]);
    import_cut_end(f + 1, '.', &end[1]);
    return true;
}

static enum import_verdict read_row(struct import_reader *r, const struct import_line *line,
                                    unsigned at)
{
    const struct import_field *f = line->field;
    struct conn *c = &r->next->conn;
    struct import_end end[2];
    unsigned numbers = 0, state = 0;
    bool may_be_cut[2];
    uint64_t n[4] = {0};

    while (numbers < 4 && at + 1 + numbers < line->n &&
           import_text_number(&f[at + 1 + numbers], UINT32_MAX, &n[numbers]))
        numbers++;
    unsigned from = at + 1 + numbers;
    if (numbers < 2 || numbers > COUNTERS || !read_ends(r, line, from, at, end, may_be_cut))
        return IMPORT_BROKEN;
    import_text_set_ends(r, c, family_of(&f[at], &end[0], &end[1]), &end[0], &end[1]);
    c->unknown |= (uint16_t)((may_be_cut[0] ? IMPORT_CUT_LOCAL : 0) |
                             (may_be_cut[1] ? IMPORT_CUT_REMOTE : 0));
    if (from + 2 < line->n)
        state = import_cut_is(r, line, from + 2) ? import_cut_state(&f[from + 2])
                                                 : import_text_state(&f[from + 2]);
    if (state)
        import_text_set_state(c, state);
    set_v6only(c, &f[at]);
    if (!state)
        r->next->cut = r->full || (numbers < COUNTERS && from + 2 >= line->n);
    if (numbers < COUNTERS && state && state != TCP_STATE_LISTEN)
        import_text_queues(c, n[0], n[1]);
    if (state)
        read_pid(r, line, from + 2);
    return IMPORT_ROW;
}

/* The place of the protocol: behind at most two addresses of control blocks. */
static bool find_proto(const struct import_line *line, unsigned *at)
{
    for (*at = 0; *at < 3 && *at < line->n; ++*at) {
        const struct import_field *f = &line->field[*at];
        if (is_tcp(f) || is_other(f))
            return true;
        if (!import_text_hex(f, 6))
            return false;
    }
    return false;
}

/* Does BSD print the port so, and not Linux? */
static bool has_dot(const struct import_field *f)
{
    const char *dot = memrchr(f->at, '.', f->len), *colon = memrchr(f->at, ':', f->len);

    return dot && (!colon || dot > colon);
}

static bool is_queue(const struct import_field *f)
{
    return f->len >= 5 && isdigit((unsigned char)*f->at) && memchr(f->at, '/', f->len);
}

static enum import_verdict netstat_bsd_read(struct import_reader *r, const struct import_line *line)
{
    const struct import_field *f = line->field;
    unsigned at;

    enum import_verdict heading = read_heading(r, line);
    if (heading != IMPORT_NOT_MINE) {
        learn_system(r->memory, line);
        return heading;
    }
    if (is_note(line))
        return IMPORT_NOTE;
    if (!find_proto(line, &at) || line->n < at + 3)
        return IMPORT_NOT_MINE;
    if (is_other(&f[at]))
        return at > 0 || has_dot(&f[line->n - 1]) || isdigit((unsigned char)f[at + 1].at[0]) ||
                       has_dot(&f[at + 1])
                   ? IMPORT_PROTOCOL
                   : IMPORT_NOT_MINE;
    if (is_queue(&f[at + 1]))
        return read_listen_queue(r, line, at) ? IMPORT_ROW : IMPORT_BROKEN;
    if (!isdigit((unsigned char)f[at + 1].at[0]) || line->n < at + 4 ||
        (import_text_is(&f[at], "tcp") && !has_dot(&f[at + 3])) ||
        (import_text_is(&f[at], "tcp6") && memchr(f[at + 3].at, ':', f[at + 3].len) &&
         !has_dot(&f[at + 3])))
        return IMPORT_NOT_MINE;
    return read_row(r, line, at);
}

/* The second line of a socket of AIX. */
static enum import_verdict netstat_bsd_more(struct import_reader *r, const struct import_line *line)
{
    return r->last == IMPORT_PROTOCOL && line->n == 1 && import_text_hex(&line->field[0], 8)
               ? IMPORT_PROTOCOL
               : IMPORT_NOT_MINE;
}

static const char *netstat_bsd_system(const void *memory)
{
    const struct netstat_bsd_memory *m = memory;

    return m->system ? m->system : "BSD";
}

static const char *const names[] = {"Proto", "PCB/ADDR", "Tcpcb", "Socket", "Address", NULL};

const struct import_format import_netstat_bsd = {.tool = "netstat",
                                                 .system = "BSD",
                                                 .names = names,
                                                 .memory = sizeof(struct netstat_bsd_memory),
                                                 .system_of = netstat_bsd_system,
                                                 .read = netstat_bsd_read,
                                                 .more = netstat_bsd_more};
