/* SPDX-License-Identifier: MIT */
/* Host counters, gauges and sysctls from /proc, every one found by its name. */
#include "tcptop/source/host_stats.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "tcptop/base/clock.h"
#include "tcptop/base/utf8.h"

#define FILE_BYTES      16384 /* netstat is 5 KiB on Linux 6.18 */
#define SYSCTL_EVERY_NS (5 * NS_PER_S)

enum { FILE_SNMP, FILE_NETSTAT, FILE_SOCKSTAT, FILE_SOCKSTAT6, FILE_COUNT };

static const char *const file_path[FILE_COUNT] = {
    [FILE_SNMP] = "/proc/thread-self/net/snmp",
    [FILE_NETSTAT] = "/proc/thread-self/net/netstat",
    [FILE_SOCKSTAT] = "/proc/thread-self/net/sockstat",
    [FILE_SOCKSTAT6] = "/proc/thread-self/net/sockstat6",
};

struct host_stats {
    int fd[FILE_COUNT];
    int64_t sysctls_read_ns; /* 0: never */
    struct host last;        /* of which the sysctls are kept */
    char buffer[FILE_BYTES];
};

/* A part of a text: words and lines are cut off its front. */
struct text_span {
    const char *at;
    size_t len;
};

static struct text_span cut_line(struct text_span *text)
{
    const char *newline = memchr(text->at, '\n', text->len);
    struct text_span line = {text->at, newline ? (size_t)(newline - text->at) : text->len};
    size_t step = line.len + (newline ? 1 : 0);

    text->at += step;
    text->len -= step;
    return line;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The next word; len 0 at the end of the line. */
static struct text_span cut_word(struct text_span *line)
{
    struct text_span word;

    while (line->len && blank(*line->at)) {
        line->at++;
        line->len--;
    }
    word = (struct text_span){line->at, 0};
    while (word.len < line->len && !blank(word.at[word.len]))
        word.len++;
    line->at += word.len;
    line->len -= word.len;
    return word;
}

static bool same(struct text_span a, const char *text)
{
    return strlen(text) == a.len && memcmp(a.at, text, a.len) == 0;
}

/* "TcpExt:" of the section "TcpExt" */
static bool is_section(struct text_span word, const char *section)
{
    return word.len && word.at[word.len - 1] == ':' &&
           same((struct text_span){word.at, word.len - 1}, section);
}

static bool unsigned_of(struct text_span word, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < word.len; i++) {
        if (word.at[i] < '0' || word.at[i] > '9')
            return false;
        unsigned next = (unsigned)(word.at[i] - '0');
        if (*value > (UINT64_MAX - next) / 10)
            return false;
        *value = *value * 10 + next;
    }
    return word.len > 0;
}

static bool signed_of(struct text_span word, int64_t *value)
{
    bool minus = word.len && *word.at == '-';
    uint64_t size;

    if (minus) {
        word.at++;
        word.len--;
    }
    if (!unsigned_of(word, &size) || size > INT64_MAX)
        return false;
    *value = minus ? -(int64_t)size : (int64_t)size;
    return true;
}

static const struct {
    const char *file, *section, *name;
} counters[COUNTER_COUNT] = {
#define COUNTER(ident, file, section, name) {file, section, name},
    HOST_COUNTERS(COUNTER)
#undef COUNTER
};

static void take_counter(struct host *h, const char *file, struct text_span section,
                         struct text_span name, struct text_span value)
{
    for (unsigned i = 0; i < COUNTER_COUNT; i++) {
        if (same(name, counters[i].name) && is_section(section, counters[i].section) &&
            strcmp(file, counters[i].file) == 0 && unsigned_of(value, &h->counter[i]))
            h->counter_valid |= UINT32_C(1) << i;
    }
}

void host_stats_counters(struct host *h, const char *file, const char *bytes, size_t len)
{
    struct text_span text = {bytes, len};

    while (text.len) {
        struct text_span names = cut_line(&text), values = cut_line(&text);
        struct text_span section = cut_word(&names), twin = cut_word(&values);

        if (section.len != twin.len || memcmp(section.at, twin.at, twin.len) != 0)
            return; /* out of step: what follows would go by wrong names */
        for (;;) {
            struct text_span name = cut_word(&names), value = cut_word(&values);
            if (name.len == 0 || value.len == 0)
                break;
            take_counter(h, file, section, name, value);
        }
    }
}

static void take_gauges(struct host *h, const char *section, const char *bytes, size_t len)
{
    static const char *const gauges[GAUGE_COUNT] = {
#define GAUGE(ident, name) name,
        HOST_GAUGES(GAUGE)
#undef GAUGE
    };
    struct text_span text = {bytes, len};

    while (text.len) {
        struct text_span line = cut_line(&text);

        if (!is_section(cut_word(&line), section))
            continue;
        for (struct text_span name = cut_word(&line); name.len; name = cut_word(&line)) {
            struct text_span value = cut_word(&line);
            for (unsigned i = 0; i < GAUGE_COUNT; i++) {
                if (same(name, gauges[i]) && unsigned_of(value, &h->gauge[i]))
                    h->gauge_valid |= UINT32_C(1) << i;
            }
        }
    }
}

void host_stats_gauges(struct host *h, const char *bytes, size_t len)
{
    take_gauges(h, "TCP", bytes, len);
}

bool host_stats_sysctl(const char *bytes, size_t len, unsigned index, int64_t *value)
{
    struct text_span text = {bytes, len}, line = cut_line(&text), word = cut_word(&line);

    while (index-- && word.len)
        word = cut_word(&line);
    return signed_of(word, value);
}

/* "8080" or "9000-9100" at the front of `list`, with the comma behind it. */
static bool cut_ports(struct text_span *list, uint64_t *from, uint64_t *to)
{
    const char *comma = memchr(list->at, ',', list->len);
    struct text_span item = {list->at, comma ? (size_t)(comma - list->at) : list->len};
    const char *dash = memchr(item.at, '-', item.len);
    size_t first = dash ? (size_t)(dash - item.at) : item.len, step = item.len + (comma ? 1 : 0);
    struct text_span last = {dash ? dash + 1 : item.at, dash ? item.len - first - 1 : item.len};

    list->at += step;
    list->len -= step;
    return unsigned_of((struct text_span){item.at, first}, from) && unsigned_of(last, to) &&
           *from <= *to && *to <= UINT16_MAX;
}

bool host_stats_ports(const char *bytes, size_t len, int64_t low, int64_t high, int64_t *count)
{
    struct text_span text = {bytes, len}, line = cut_line(&text), list = cut_word(&line);

    *count = 0;
    while (list.len) {
        uint64_t from, to;
        if (!cut_ports(&list, &from, &to))
            return false;
        int64_t first = (int64_t)from > low ? (int64_t)from : low;
        int64_t last = (int64_t)to < high ? (int64_t)to : high;
        *count += last >= first ? last - first + 1 : 0;
    }
    return true;
}

struct host_stats *host_stats_new(void)
{
    struct host_stats *f = calloc(1, sizeof(*f));

    for (int i = 0; f && i < FILE_COUNT; i++)
        f->fd[i] = -1;
    return f;
}

void host_stats_free(struct host_stats *f)
{
    for (int i = 0; f && i < FILE_COUNT; i++) {
        if (f->fd[i] >= 0)
            close(f->fd[i]);
    }
    free(f);
}

/* The whole file from its beginning, 0 when it cannot be read or has no end within the buffer. */
static size_t read_all(int fd, char *buffer)
{
    size_t len = 0;
    ssize_t got = 1;

    while (got > 0 && len < FILE_BYTES) {
        got = pread(fd, buffer + len, FILE_BYTES - len, (off_t)len);
        if (got > 0)
            len += (size_t)got;
    }
    return got == 0 ? len : 0;
}

/* One of the files that stay open: a pread from 0 makes the kernel write it anew. */
static size_t read_kept(struct host_stats *f, int which)
{
    size_t len;

    if (f->fd[which] < 0)
        f->fd[which] = open(file_path[which], O_RDONLY | O_CLOEXEC);
    if (f->fd[which] < 0)
        return 0;
    len = read_all(f->fd[which], f->buffer);
    if (len == 0) {
        close(f->fd[which]);
        f->fd[which] = -1;
    }
    return len;
}

/* The list of ports comes after the range that it is counted within. */
_Static_assert(SYSCTL_RESERVED_PORTS > SYSCTL_PORT_HIGH, "order of sysctls");

static bool take_sysctl(const struct host *h, const char *bytes, size_t len, unsigned index,
                        int64_t *value)
{
    int64_t low, high;

    if (index != SYSCTL_IN_RANGE)
        return host_stats_sysctl(bytes, len, index, value);
    return len > 0 && host_sysctl(h, SYSCTL_PORT_LOW, &low) &&
           host_sysctl(h, SYSCTL_PORT_HIGH, &high) &&
           host_stats_ports(bytes, len, low, high, value);
}

static void read_sysctls(struct host_stats *f)
{
    static const struct {
        const char *path;
        unsigned index;
    } sysctls[SYSCTL_COUNT] = {
#define SYSCTL(ident, path, index) {"/proc/sys/" path, index},
        HOST_SYSCTLS(SYSCTL)
#undef SYSCTL
    };
    struct host *h = &f->last;

    h->sysctl_valid = 0;
    for (unsigned i = 0; i < SYSCTL_COUNT; i++) {
        int fd = open(sysctls[i].path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            continue;
        size_t len = read_all(fd, f->buffer);
        close(fd);
        if (take_sysctl(h, f->buffer, len, sysctls[i].index, &h->sysctl[i]))
            h->sysctl_valid |= UINT32_C(1) << i;
    }
}

static void read_names(struct host *h)
{
    struct utsname u;

    if (uname(&u) != 0)
        return;
    utf8_sanitise_into(h->name, sizeof(h->name), u.nodename, strnlen(u.nodename, 64));
    utf8_sanitise_into(h->kernel, sizeof(h->kernel), u.release, strnlen(u.release, 64));
}

void host_stats_read(struct host_stats *f, struct host *h)
{
    int64_t now = clock_mono_ns();

    if (f->sysctls_read_ns == 0 || now - f->sysctls_read_ns >= SYSCTL_EVERY_NS) {
        read_sysctls(f);
        read_names(&f->last);
        f->sysctls_read_ns = now;
    }
    *h = f->last;
    host_stats_counters(h, "snmp", f->buffer, read_kept(f, FILE_SNMP));
    host_stats_counters(h, "netstat", f->buffer, read_kept(f, FILE_NETSTAT));
    host_stats_gauges(h, f->buffer, read_kept(f, FILE_SOCKSTAT));
}

bool host_stats_sockets(struct host_stats *f, uint64_t *inuse, uint64_t *tw)
{
    struct host v4 = {.gauge_valid = 0}, v6 = {.gauge_valid = 0};
    uint64_t inuse6 = 0;

    take_gauges(&v4, "TCP", f->buffer, read_kept(f, FILE_SOCKSTAT));
    size_t len6 = read_kept(f, FILE_SOCKSTAT6); /* there is no such file without IPv6 */
    take_gauges(&v6, "TCP6", f->buffer, len6);
    if (!host_gauge(&v4, GAUGE_INUSE, inuse) || !host_gauge(&v4, GAUGE_TW, tw) ||
        (!host_gauge(&v6, GAUGE_INUSE, &inuse6) && len6))
        return false;
    *inuse += inuse6;
    return true;
}

/* The value of a name in a section of such a file: a line of names, a line of values. */
static bool find_value(const char *bytes, size_t len, const char *section, const char *name,
                       uint64_t *value)
{
    struct text_span text = {bytes, len};

    while (text.len) {
        struct text_span names = cut_line(&text), values = cut_line(&text), word, number;

        if (!is_section(cut_word(&names), section) || !is_section(cut_word(&values), section))
            continue;
        do {
            word = cut_word(&names);
            number = cut_word(&values);
        } while (word.len && !same(word, name));
        if (word.len)
            return unsigned_of(number, value);
    }
    return false;
}

bool host_stats_states(struct host_stats *f, struct state_reading *r)
{
    struct host h = {.gauge_valid = 0};
    uint64_t active, passive;
    size_t len = read_kept(f, FILE_SNMP);
    bool known = find_value(f->buffer, len, "Tcp", "CurrEstab", &r->established) &&
                 find_value(f->buffer, len, "Tcp", "ActiveOpens", &active) &&
                 find_value(f->buffer, len, "Tcp", "PassiveOpens", &passive);

    take_gauges(&h, "TCP", f->buffer, read_kept(f, FILE_SOCKSTAT));
    if (!known || !host_gauge(&h, GAUGE_TW, &r->timewait))
        return false;
    r->opened = active + passive;
    return true;
}
