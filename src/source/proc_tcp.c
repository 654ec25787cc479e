/* SPDX-License-Identifier: MIT */
/* Rows from the text of /proc/net/tcp{,6}, read in pieces with one bounded buffer. */
#include "tcptop/source/proc_tcp.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tcptop/source/diag.h"

#ifndef PROC_TCP_BUFFER /* tests build it tiny */
#define PROC_TCP_BUFFER 65536
#endif
#define LINE_MAX_BYTES 256 /* a line of the kernel's is 150 or 180 bytes */
#define TICK_MS        10  /* /proc counts in USER_HZ, 100 on every architecture Linux supports */

_Static_assert(PROC_TCP_BUFFER >= LINE_MAX_BYTES, "a whole line fits");

/* A cursor over one line. Every take_* returns false where the line is not as expected. */
struct proc_line {
    const char *at, *end;
};

static void skip_blanks(struct proc_line *l)
{
    while (l->at < l->end && *l->at == ' ')
        l->at++;
}

static bool take_char(struct proc_line *l, char c)
{
    if (l->at == l->end || *l->at != c)
        return false;
    l->at++;
    return true;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

static bool take_number(struct proc_line *l, unsigned base, uint64_t *value)
{
    const char *start = l->at;

    *value = 0;
    while (l->at < l->end && (unsigned)digit(*l->at) < base) {
        if (*value > (UINT64_MAX - 15) / 16)
            return false;
        *value = *value * base + (unsigned)digit(*l->at++);
    }
    return l->at > start;
}

static bool take_hex(struct proc_line *l, uint64_t *value)
{
    return take_number(l, 16, value);
}

/* Words of eight hex digits as the host stores them ("%08X" of a __be32), then ":PORT". */
static bool take_end(struct proc_line *l, uint8_t family, uint8_t addr[16], uint16_t *port)
{
    unsigned words = family == AF_INET ? 1 : 4;
    uint64_t value;

    for (unsigned i = 0; i < words; i++) {
        if (l->end - l->at < 8)
            return false;
        struct proc_line word = {l->at, l->at + 8};
        if (!take_hex(&word, &value) || word.at != word.end)
            return false;
        uint32_t raw = (uint32_t)value;
        memcpy(addr + (size_t)i * 4, &raw, 4);
        l->at += 8;
    }
    if (!take_char(l, ':') || !take_hex(l, &value) || value > UINT16_MAX)
        return false;
    *port = (uint16_t)value;
    skip_blanks(l);
    return true;
}

/* "tx_queue:rx_queue", "tr:tm->when", retransmits */
static bool take_queues(struct proc_line *l, struct conn *c)
{
    uint64_t tx, rx, timer, when, retrans;

    if (!take_hex(l, &tx) || !take_char(l, ':') || !take_hex(l, &rx))
        return false;
    skip_blanks(l);
    if (!take_hex(l, &timer) || !take_char(l, ':') || !take_hex(l, &when))
        return false;
    skip_blanks(l);
    if (!take_hex(l, &retrans) || tx > UINT32_MAX || rx > UINT32_MAX || timer > TIMER_DELACK)
        return false;
    skip_blanks(l);
    c->wqueue = (uint32_t)tx;
    c->rqueue = (uint32_t)rx;
    c->timer = (uint8_t)timer;
    c->expires_ms = when < UINT32_MAX / TICK_MS ? (uint32_t)(when * TICK_MS) : UINT32_MAX;
    c->retrans = retrans < UINT8_MAX ? (uint8_t)retrans : UINT8_MAX;
    return true;
}

/* uid, unanswered probes, inode. The kernel prints retransmits and probes side by side; sock_diag
 * tells the one that goes with the timer. */
static bool take_owner(struct proc_line *l, struct conn *c)
{
    uint64_t uid, probes, inode;

    if (!take_number(l, 10, &uid))
        return false;
    skip_blanks(l);
    if (!take_number(l, 10, &probes))
        return false;
    skip_blanks(l);
    if (!take_number(l, 10, &inode) || uid > UINT32_MAX || inode > UINT32_MAX)
        return false;
    if (c->timer == TIMER_KEEPALIVE || c->timer == TIMER_PROBE)
        c->retrans = probes < UINT8_MAX ? (uint8_t)probes : UINT8_MAX;
    c->uid = (uint32_t)uid;
    c->inode = (uint32_t)inode;
    return true;
}

static bool line_read(struct proc_line *l, struct conn *c)
{
    uint64_t value;

    skip_blanks(l);
    if (!take_number(l, 10, &value) || !take_char(l, ':'))
        return false;
    skip_blanks(l);
    if (!take_end(l, c->family, c->src, &c->sport) || !take_end(l, c->family, c->dst, &c->dport) ||
        !take_hex(l, &value) || value < TCP_STATE_ESTABLISHED || value > TCP_STATE_CLOSING)
        return false;
    c->state = (uint8_t)value;
    skip_blanks(l);
    return take_queues(l, c) && take_owner(l, c);
}

bool proc_tcp_read(struct conn *c, uint8_t family, const char *line, size_t len)
{
    *c = (struct conn){.family = family, .flags = CONN_NO_COOKIE | CONN_ROUNDED_TIMER};
    if (!line_read(&(struct proc_line){line, line + len}, c))
        return false;
    if (c->state == TCP_STATE_LISTEN)
        c->flags |= CONN_NO_BACKLOG;
    diag_mark_owner(c);
    return true;
}

int proc_tcp_line(struct sample_builder *b, uint8_t family, const char *line, size_t len)
{
    struct sample *s = &b->sample;
    struct conn read;

    if (!proc_tcp_read(&read, family, line, len)) {
        s->rejected++;
        return 0;
    }
    read.netns = s->netns_id;
    struct conn *c = sample_add(b, NULL);
    if (!c)
        return -ENOMEM;
    *c = read;
    return 0;
}

/* Every whole line of the buffer becomes a row, but the first one where `*no_row`: that holds the
 * titles, or is the end of a line that was too long. Returns the bytes they take, or -ENOMEM. */
static ssize_t take_lines(struct sample_builder *b, uint8_t family, const char *bytes, size_t len,
                          bool *no_row)
{
    size_t taken = 0;
    const char *newline;

    while ((newline = memchr(bytes + taken, '\n', len - taken))) {
        size_t line_len = (size_t)(newline - bytes) - taken;

        if (*no_row)
            *no_row = false;
        else if (proc_tcp_line(b, family, bytes + taken, line_len))
            return -ENOMEM;
        taken += line_len + 1;
    }
    return (ssize_t)taken;
}

/* Returns 0 or -errno; -EOPNOTSUPP: it has no titles, so that no kernel of Linux wrote it. */
static int read_file(struct sample_builder *b, uint8_t family, const char *path,
                     const struct source *stop)
{
    struct sample *s = &b->sample;
    char buffer[PROC_TCP_BUFFER];
    size_t len = 0;
    bool titles = false, no_row = true;
    ssize_t got = 1, taken = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    while (got > 0 && taken >= 0 && !source_cancelled(stop)) {
        got = read(fd, buffer + len, sizeof(buffer) - len);
        if (got < 0)
            break;
        len += (size_t)got;
        taken = take_lines(b, family, buffer, len, &no_row);
        if (taken < 0)
            break;
        titles |= taken > 0;
        if (taken == 0 && len == sizeof(buffer)) {
            s->rejected += !no_row; /* no line is so long */
            no_row = true;
            taken = (ssize_t)len;
        }
        len -= (size_t)taken;
        memmove(buffer, buffer + taken, len);
    }
    int error = got < 0 ? -errno : taken < 0 ? -ENOMEM : titles ? 0 : -EOPNOTSUPP;
    close(fd);
    if (got == 0 && len > 0)
        s->rejected += !no_row; /* a line that is cut may have lost digits of its inode */
    return error;
}

int proc_tcp_take(struct sample_builder *b, const struct source *stop)
{
    struct sample *s = &b->sample;
    int error = read_file(b, AF_INET, "/proc/thread-self/net/tcp", stop);

    if (!error) {
        error = read_file(b, AF_INET6, "/proc/thread-self/net/tcp6", stop);
        if (error && error != -ENOENT && error != -ENOMEM) {
            sample_set_status(s, SAMPLE_PARTIAL,
                              sample_reason_named(REASON_UNREADABLE, error, "/proc/net/tcp6"));
        }
        error = error == -ENOMEM ? error : 0;
    }
    if (source_cancelled(stop))
        return -ECANCELED;
    sample_set_rejected(s);
    return error;
}
