/* SPDX-License-Identifier: MIT */
/* The text of /proc/net/tcp and tcp6, also of a host with the other byte order, and lines that were
 * cut behind the inode. The kernel prints each 32 bits of an address as a number of its own order;
 * which that is, is seen from addresses that only one order makes sense of. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "import_reader.h"
#include "tcptop/source/proc_tcp.h"

#define SURE     10
#define PROBABLE 3

#define LINE_MOST 512 /* bytes; the kernel writes 150 and more */

struct proc_memory {
    int big, little; /* what speaks for either order of bytes */
};

static bool is_heading(const struct import_line *line)
{
    return line->n >= 2 && import_text_is(&line->field[0], "sl") &&
           import_text_is(&line->field[1], "local_address");
}

/* "0A0200C0:24E3": as many digits before the colon. */
static bool is_end(const struct import_field *f, size_t digits)
{
    struct import_field address = {f->at, digits}, port = {f->at + digits + 1, 4};

    return f->len == digits + 5 && f->at[digits] == ':' && import_text_hex(&address, digits) &&
           import_text_hex(&port, 4);
}

/* How much an address speaks for the order of its bytes: loopback and private ones do; with the
 * bytes turned round they would end in .0.0.127 or .168.192. */
static int likely(uint8_t family, const uint8_t a[16])
{
    static const uint8_t one[16] = {[15] = 1}, mapped[12] = {[10] = 0xff, [11] = 0xff};

    if (family == AF_INET6) {
        if (memcmp(a, one, 16) == 0 || memcmp(a, mapped, 12) == 0)
            return SURE;
        return (a[0] == 0xfe && (a[1] & 0xc0) == 0x80) || (a[0] == 0x20 && a[1] < 0x10) ||
                       (a[0] & 0xfe) == 0xfc
                   ? PROBABLE
                   : 0;
    }
    if ((a[0] == 127 && a[1] == 0 && a[2] == 0) || (a[0] == 192 && a[1] == 168) ||
        (a[0] == 172 && (a[1] & 0xf0) == 16))
        return SURE;
    if (a[0] == 0 || a[0] >= 224)
        return -PROBABLE; /* no connection has such an end */
    return a[0] == 10 && a[1] == 0 ? PROBABLE : 0;
}

static void judge(struct proc_memory *m, uint8_t family, const uint8_t address[16])
{
    static const uint8_t any[16];
    uint8_t swapped[16];
    bool little_here = htonl(1) != 1;

    if (memcmp(address, any, 16) == 0)
        return;
    for (int i = 0; i < 16; i++)
        swapped[i] = address[(i & ~3) + 3 - (i & 3)];
    int as_here = likely(family, address), other = likely(family, swapped);
    m->little += little_here ? as_here : other;
    m->big += little_here ? other : as_here;
}

/* The line with a space where a tab has come between. */
static bool read_plain(struct conn *c, uint8_t family, const char *text, size_t len)
{
    char copy[LINE_MOST];

    if (!memchr(text, '\t', len) || len > sizeof copy)
        return proc_tcp_read(c, family, text, len);
    for (size_t i = 0; i < len; i++)
        copy[i] = text[i] == '\t' ? ' ' : text[i];
    return proc_tcp_read(c, family, copy, len);
}

/* How many of the fields behind the ends are there for certain: the last one only when it has the
 * width that the kernel gives it. */
static unsigned whole_fields(const struct import_line *line, size_t digits)
{
    static const uint8_t widths[] = {2, 17, 11, 8}; /* state, queues, timer, retransmissions */
    const unsigned last = line->n - 1;

    if (last == 2)
        return is_end(&line->field[2], digits) ? 3 : 2;
    if (last >= 3 && last - 3 < sizeof widths && line->field[last].len == widths[last - 3])
        return line->n;
    return last;
}

/* A line that a terminal has cut before the inode: what is missing is filled up, and unknown. */
static bool read_cut(struct import_reader *r, const struct import_line *line, uint8_t family,
                     struct conn *c)
{
    static const char *const rest[] = {
        "01", "00000000:00000000", "00:00000000", "00000000", "0", "0", "0"};
    static const uint16_t untold[] = {CONN_UNKNOWN_STATE, CONN_UNKNOWN_RECV_Q | CONN_UNKNOWN_SEND_Q,
                                      CONN_UNKNOWN_TIMER, CONN_UNKNOWN_TIMER,
                                      CONN_UNKNOWN_UID,   CONN_UNKNOWN_TIMER,
                                      CONN_UNKNOWN_INODE};
    const size_t digits = family == AF_INET ? 8 : 32;
    const unsigned whole = whole_fields(line, digits);
    const struct import_field *remote = &line->field[2];
    const bool has_address = remote->len > digits && remote->at[digits] == ':';
    char text[LINE_MOST];
    int n = snprintf(text, sizeof text, "0: %.*s %.*s%.*s", (int)line->field[1].len,
                     line->field[1].at, (int)(whole > 2 || has_address ? digits : 0), remote->at,
                     (int)(whole > 2 ? 5 : 0), remote->at + (whole > 2 ? digits : 0));

    if (whole == 2)
        n += snprintf(text + n, sizeof text - (size_t)n, "%.*s:0000",
                      (int)(has_address ? 0 : digits), "00000000000000000000000000000000");
    for (unsigned f = 3; f < 3 + sizeof rest / sizeof rest[0]; f++) {
        const bool known = f < whole;
        n += snprintf(text + n, sizeof text - (size_t)n, " %.*s",
                      known ? (int)line->field[f].len : (int)strlen(rest[f - 3]),
                      known ? line->field[f].at : rest[f - 3]);
        if ((size_t)n >= sizeof text)
            return false;
    }
    if (!proc_tcp_read(c, family, text, (size_t)n))
        return false;
    c->unknown = 0;
    for (unsigned f = whole; f < 3 + sizeof untold / sizeof untold[0]; f++)
        c->unknown |= f < 3 ? CONN_UNKNOWN_REMOTE_PORT : untold[f - 3];
    if (whole == 2 && !has_address)
        c->unknown |= CONN_UNKNOWN_REMOTE_ADDR;
    if (whole > 6 && c->timer != TIMER_KEEPALIVE && c->timer != TIMER_PROBE)
        c->unknown &= (uint16_t)~CONN_UNKNOWN_TIMER; /* only these count what is behind the uid */
    if (c->unknown & CONN_UNKNOWN_STATE)
        c->state = 0;
    r->next->cut = true;
    return true;
}

static enum import_verdict proc_read(struct import_reader *r, const struct import_line *line)
{
    const struct import_field *f = line->field;
    struct conn *c = &r->next->conn;
    struct conn read;
    uint8_t family;

    if (is_heading(line))
        return IMPORT_HEADING;
    if (line->n < 3 || f[0].at[f[0].len - 1] != ':')
        return IMPORT_NOT_MINE;
    if (is_end(&f[1], 8) && (is_end(&f[2], 8) || line->n == 3))
        family = AF_INET;
    else if (is_end(&f[1], 32) && (is_end(&f[2], 32) || line->n == 3))
        family = AF_INET6;
    else
        return IMPORT_NOT_MINE;
    if (line->n < 10
            ? !read_cut(r, line, family, &read)
            : !read_plain(&read, family, f[0].at, (size_t)(line->text + line->len - f[0].at)))
        return IMPORT_BROKEN;
    judge(r->memory, family, read.src);
    if (!(read.unknown & CONN_UNKNOWN_REMOTE_ADDR))
        judge(r->memory, family, read.dst);
    *c = read;
    c->unknown |= IMPORT_HEX_WORDS;
    if (line->n == 10 && c->inode) /* the line may have been cut within the number */
        c->unknown |= CONN_UNKNOWN_INODE;
    return IMPORT_ROW;
}

static void swap_words(uint8_t address[16])
{
    for (int i = 0; i < 16; i += 4) {
        uint32_t word;
        memcpy(&word, address + i, 4);
        word = __builtin_bswap32(word);
        memcpy(address + i, &word, 4);
    }
}

static void proc_decide(const void *memory, struct conn *c, unsigned open)
{
    const struct proc_memory *m = memory;

    if (open & IMPORT_HEX_WORDS && m->big != m->little && (m->big > m->little) == (htonl(1) != 1)) {
        swap_words(c->src);
        swap_words(c->dst);
    }
}

static const char *const names[] = {"sl", NULL};

const struct import_format import_proc = {.tool = "/proc/net/tcp",
                                          .system = "Linux",
                                          .names = names,
                                          .memory = sizeof(struct proc_memory),
                                          .read = proc_read,
                                          .decide = proc_decide};
