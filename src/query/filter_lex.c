/* SPDX-License-Identifier: MIT */
/* The smallest parts of the filter language: words, comparisons, numbers with units, hosts and
 * ports; their errors, and the terms that they become. Nothing here asks DNS. */
#include "filter_parser.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tcptop/base/str.h"
#include "tcptop/base/utf8.h"

bool filter_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void filter_skip_blanks(struct filter_parser *f)
{
    while (filter_is_blank(f->text[f->at]))
        f->at++;
}

struct filter_word filter_peek_word(const struct filter_parser *f, bool whole)
{
    const char *start = f->text + f->at;
    return (struct filter_word){start,
                                strcspn(start, whole ? " \t\r\n()|&\"'" : " \t\r\n()|&\"',<>=!")};
}

bool filter_word_is(struct filter_word w, const char *text)
{
    return strlen(text) == w.len && strncasecmp(w.text, text, w.len) == 0;
}

bool filter_accept_word(struct filter_parser *f, const char *word)
{
    struct filter_word w = filter_peek_word(f, true);
    if (!filter_word_is(w, word))
        return false;
    f->at += w.len;
    return true;
}

/* Longer spellings before those they begin with. */
static const struct {
    const char *spelling;
    enum comparison cmp;
} comparisons[] = {
    {"==", CMP_EQ}, {"!=", CMP_NE},  {"<>", CMP_NE}, {">=", CMP_GE}, {"<=", CMP_LE},
    {"=", CMP_EQ},  {">", CMP_GT},   {"<", CMP_LT},  {"eq", CMP_EQ}, {"neq", CMP_NE},
    {"ne", CMP_NE}, {"geq", CMP_GE}, {"ge", CMP_GE}, {"gt", CMP_GT}, {"leq", CMP_LE},
    {"le", CMP_LE}, {"lt", CMP_LT},
};

enum comparison filter_accept_comparison(struct filter_parser *f, bool words)
{
    size_t start = f->at;
    filter_skip_blanks(f);
    for (size_t i = 0; i < sizeof comparisons / sizeof comparisons[0]; i++) {
        const char *spelling = comparisons[i].spelling;
        bool is_word = spelling[0] >= 'a';
        size_t len = strlen(spelling);
        if (is_word ? !words || !filter_accept_word(f, spelling)
                    : strncmp(f->text + f->at, spelling, len) != 0)
            continue;
        if (!is_word)
            f->at += len;
        filter_skip_blanks(f);
        return comparisons[i].cmp;
    }
    f->at = start;
    return CMP_NONE;
}

int filter_accept_text(struct filter_parser *f, struct filter_word *w, bool *quoted)
{
    char quote = f->text[f->at];
    *quoted = quote == '"' || quote == '\'';
    if (!*quoted) {
        *w = filter_peek_word(f, false);
        f->at += w->len;
        return w->len ? 0 : filter_expected(f, f->at, MSG_FILTER_VALUE);
    }
    const char *start = f->text + f->at + 1, *end = strchr(start, quote);
    if (!end)
        return filter_expected(f, f->at + 1 + strlen(start), MSG_FILTER_QUOTE);
    *w = (struct filter_word){start, (size_t)(end - start)};
    f->at += w->len + 2;
    return 0;
}

int filter_expected(struct filter_parser *f, size_t at, enum msg what)
{
    return filter_refused(f, at, what, (struct filter_word){"", 0}, NULL);
}

int filter_refused(struct filter_parser *f, size_t at, enum msg what, struct filter_word a,
                   const char *b)
{
    if (!f->error)
        return -EINVAL;
    char name[64];
    struct str message = STR_INIT;
    utf8_sanitise_into(name, sizeof name, a.text, a.len);
    text_fill(&message, what, name, b, NULL);
    f->error->at = at;
    const char *said = str_failed(&message) ? text(what) : str_text(&message);
    utf8_sanitise_into(f->error->what, sizeof f->error->what, said, strlen(said));
    str_fini(&message);
    return -EINVAL;
}

/* Numbers: decimals with units, compared without losing what the unit rounds away. */

#define FRACTION_DIGITS 9

struct filter_unit {
    const char *name;
    uint64_t factor; /* in the smallest unit of its family */
};

/* In the order in which completion offers them. */
static const struct filter_unit time_units[] = {
    {"us", 1},          {"ms", 1000},    {"s", 1000000},   {"min", 60000000}, {"h", 3600000000},
    {"d", 86400000000}, {"m", 60000000}, {"sec", 1000000}, {NULL, 0}};
static const struct filter_unit byte_units[] = {
    {"k", 1000},      {"M", 1000000},     {"G", 1000000000}, {"kB", 1000},
    {"MB", 1000000},  {"GB", 1000000000}, {"KiB", 1 << 10},  {"MiB", 1 << 20},
    {"GiB", 1 << 30}, {"B", 1},           {NULL, 0}};
static const struct filter_unit count_units[] = {
    {"k", 1000}, {"M", 1000000}, {"G", 1000000000}, {NULL, 0}};
static const struct filter_unit share_units[] = {{"%", 10}, {NULL, 0}};

/* How a kind's numbers are written: its own unit in terms of the smallest, and the others. */
static const struct scale {
    uint64_t own;
    const struct filter_unit *units;
    enum msg wanted;
} scales[] = {
    [KIND_NUMBER] = {1, count_units, MSG_FILTER_UNIT_COUNT},
    [KIND_COUNT] = {1, byte_units, MSG_FILTER_UNIT_BYTES},
    [KIND_BYTES] = {1, byte_units, MSG_FILTER_UNIT_BYTES},
    [KIND_LIST] = {1, count_units, MSG_FILTER_UNIT_COUNT},
    [KIND_US] = {1, time_units, MSG_FILTER_UNIT_TIME},
    [KIND_MS] = {1000, time_units, MSG_FILTER_UNIT_TIME},
    [KIND_S] = {1000000, time_units, MSG_FILTER_UNIT_TIME},
    [KIND_PERMILLE] = {1, share_units, MSG_FILTER_UNIT_SHARE},
};
#define SCALES (sizeof scales / sizeof scales[0])

const char *filter_unit_name(enum column_kind kind, size_t i)
{
    const struct filter_unit *units = (size_t)kind < SCALES ? scales[kind].units : NULL;
    for (size_t n = 0; units && units[n].name; n++) {
        if (n == i)
            return units[n].name;
    }
    return NULL;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits with an optional fraction as `*n` / `*scale`. */
static int read_decimal(struct filter_parser *f, uint64_t *n, uint64_t *scale)
{
    size_t start = f->at, fraction = 0;
    bool in_fraction = false;
    *n = 0;
    *scale = 1;
    if (!is_digit(f->text[f->at]))
        return filter_expected(f, f->at, MSG_FILTER_NUMBER);
    for (;; f->at++) {
        char c = f->text[f->at];
        if (c == '.' && !in_fraction && is_digit(f->text[f->at + 1])) {
            in_fraction = true;
            continue;
        }
        if (!is_digit(c))
            return 0;
        fraction += in_fraction;
        if (fraction > FRACTION_DIGITS || __builtin_mul_overflow(*n, 10, n) ||
            __builtin_add_overflow(*n, (uint64_t)(c - '0'), n))
            return filter_expected(f, start, MSG_FILTER_TOO_LARGE);
        if (in_fraction)
            *scale *= 10;
    }
}

static bool ends_value(char c)
{
    return !c || filter_is_blank(c) || strchr("()|&\"',-", c);
}

/* Where `word` stops being the beginning of any unit: that byte is the wrong one. */
static size_t wrong_byte(const struct filter_unit *units, const char *word)
{
    size_t longest = 0;
    for (const struct filter_unit *u = units; u->name; u++) {
        size_t same = 0;
        while (u->name[same] && strncasecmp(u->name, word, same + 1) == 0)
            same++;
        longest = same > longest ? same : longest;
    }
    return longest;
}

/* `*factor` of the unit that stands here, `own` without one. */
static int read_unit(struct filter_parser *f, const struct scale *scale, bool wanted,
                     uint64_t *factor)
{
    const char *word = f->text + f->at;
    *factor = scale->own;
    if (ends_value(*word) && !wanted)
        return 0;
    for (const struct filter_unit *u = scale->units; u->name; u++) {
        size_t len = strlen(u->name);
        if (strncasecmp(word, u->name, len) == 0 && ends_value(word[len])) {
            *factor = u->factor;
            f->at += len;
            return 0;
        }
    }
    return filter_expected(f, f->at + wrong_byte(scale->units, word), scale->wanted);
}

int filter_parse_number(struct filter_parser *f, enum column_kind kind, bool unit_wanted,
                        struct quantity *q)
{
    const struct scale *scale = &scales[kind];
    size_t start = f->at;
    uint64_t n, parts, factor;
    int result = read_decimal(f, &n, &parts);
    if (!result)
        result = read_unit(f, scale, unit_wanted, &factor);
    if (result)
        return result;
    if (__builtin_mul_overflow(n, factor, &n))
        return filter_expected(f, start, MSG_FILTER_TOO_LARGE);
    uint64_t divisor = parts * scale->own;
    *q = (struct quantity){n / divisor, n % divisor == 0};
    return 0;
}

/* Hosts, ports and devices. */

/* Longest word that can be an address with its scope, a service or a device. */
#define WORD_MAX 128

static bool copy_word(struct filter_word w, char out[WORD_MAX])
{
    if (w.len >= WORD_MAX)
        return false;
    memcpy(out, w.text, w.len);
    out[w.len] = '\0';
    return true;
}

/* Digits only, at most `max`; -1 when it is not. */
static long decimal(struct filter_word w, long max)
{
    long n = 0;
    for (size_t i = 0; i < w.len; i++) {
        if (w.text[i] < '0' || w.text[i] > '9' || (n = n * 10 + (w.text[i] - '0')) > max)
            return -1;
    }
    return w.len ? n : -1;
}

long filter_parse_port(struct filter_word w)
{
    long port = decimal(w, UINT16_MAX);
    char name[WORD_MAX], buffer[1024];
    struct servent entry, *found = NULL;
    if (port >= 0 || !copy_word(w, name) || name[0] < 'A')
        return port;
    if (getservbyname_r(name, "tcp", &entry, buffer, sizeof buffer, &found) != 0 || !found)
        return -1;
    return ntohs((uint16_t)entry.s_port);
}

uint8_t filter_split_family(struct filter_word *w)
{
    static const struct {
        const char *prefix;
        uint8_t family;
    } families[] = {{"inet:", AF_INET}, {"inet6:", AF_INET6}};
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        size_t len = strlen(families[i].prefix);
        if (w->len < len || strncasecmp(w->text, families[i].prefix, len) != 0)
            continue;
        *w = (struct filter_word){w->text + len, w->len - len};
        return families[i].family;
    }
    return 0;
}

/* ss reads numbers as C does: 0x16 and 026 are 22. */
long filter_parse_ss_port(struct filter_word w)
{
    char text[16], *end;
    if (filter_word_is(w, "-1"))
        return FILTER_PORT_ANY;
    if (w.len == 0 || w.len >= sizeof text || w.text[0] < '0' || w.text[0] > '9') {
        long port = filter_parse_port(w);
        return port < 0 ? FILTER_PORT_WRONG : port;
    }
    memcpy(text, w.text, w.len);
    text[w.len] = '\0';
    errno = 0;
    long port = strtol(text, &end, 0);
    if (*end || errno || port > INT32_MAX)
        return FILTER_PORT_WRONG;
    return port > UINT16_MAX ? FILTER_PORT_NONE : port;
}

bool filter_parse_device(struct filter_word w, struct filter_term *t)
{
    char name[WORD_MAX];
    if (!copy_word(w, name))
        return false;
    uint32_t index = if_nametoindex(name);
    long number = index ? 0 : decimal(w, INT32_MAX);
    *t = (struct filter_term){.kind = TERM_DEV, .own_netns = index != 0};
    t->lo = t->hi = number > 0 ? (uint64_t)number : index;
    return t->lo != 0;
}

/* "10.0.2" counts its octets from the left, as in ss: 10.0.2.0. */
static bool parse_ipv4(struct filter_word w, bool may_be_short, struct host_term *h)
{
    int octets = 0;
    for (size_t from = 0;; octets++) {
        const char *dot = memchr(w.text + from, '.', w.len - from);
        size_t to = dot ? (size_t)(dot - w.text) : w.len;
        long octet = decimal((struct filter_word){w.text + from, to - from}, UINT8_MAX);
        if (octet < 0 || octets == 4)
            return false;
        h->addr[octets] = (uint8_t)octet;
        if (!dot) {
            h->family = AF_INET;
            return may_be_short || octets == 3;
        }
        from = to + 1;
    }
}

static bool parse_ipv6(struct filter_word w, struct host_term *h)
{
    char text[WORD_MAX];
    if (!copy_word(w, text))
        return false;
    char *scope = strchr(text, '%');
    if (scope) {
        *scope++ = '\0';
        if (!filter_parse_device((struct filter_word){scope, strlen(scope)}, &h->scope))
            return false;
    }
    h->family = AF_INET6;
    return inet_pton(AF_INET6, text, h->addr) == 1;
}

/* An address with an optional /BITS. */
static bool parse_address(struct filter_word w, bool short_ipv4, struct host_term *h)
{
    const char *slash = memchr(w.text, '/', w.len);
    struct filter_word address = {w.text, slash ? (size_t)(slash - w.text) : w.len};
    if (!parse_ipv4(address, short_ipv4 || slash, h) && !parse_ipv6(address, h))
        return false;
    long max = h->family == AF_INET ? 32 : 128;
    long bits =
        slash ? decimal((struct filter_word){slash + 1, w.len - address.len - 1}, max) : max;
    h->prefix_bits = (uint8_t)bits;
    return bits >= 0;
}

static bool names_any(struct filter_word w)
{
    static const char *const any[] = {"", "*", "any", "all", "default"};
    for (size_t i = 0; i < sizeof any / sizeof any[0]; i++) {
        if (filter_word_is(w, any[i]))
            return true;
    }
    return false;
}

/* "[::1]:443", "[::1/64]", "[::1]/64": address without brackets into `text`, what follows into
 * `rest`. */
static bool split_brackets(struct filter_word w, char text[WORD_MAX], struct filter_word *rest)
{
    const char *close = memchr(w.text, ']', w.len);
    if (!close || !copy_word((struct filter_word){w.text + 1, (size_t)(close - w.text) - 1}, text))
        return false;
    *rest = (struct filter_word){close + 1, w.len - (size_t)(close + 1 - w.text)};
    size_t bits = rest->len && rest->text[0] == '/' ? strcspn(rest->text, ":") : 0;
    bits = bits < rest->len ? bits : rest->len;
    size_t len = strlen(text);
    if (len + bits >= WORD_MAX)
        return false;
    memcpy(text + len, rest->text, bits);
    text[len + bits] = '\0';
    *rest = (struct filter_word){rest->text + bits, rest->len - bits};
    return true;
}

/* Where the colon before the port is: the last one, behind a "/BITS" if there is one. */
static size_t port_colon(struct filter_word w)
{
    for (size_t i = w.len; i > 0; i--) {
        if (w.text[i - 1] == ':')
            return i - 1;
        if (w.text[i - 1] == '/')
            break;
    }
    return w.len;
}

/* `ss`: ports as ss reads them. */
static bool parse_port_part(struct filter_word w, bool ss, struct host_term *h, size_t *bad,
                            size_t at)
{
    if (w.len == 0)
        return true;
    struct filter_word name = {w.text + 1, w.len - 1};
    *bad = at + 1;
    if (w.text[0] != ':')
        return false;
    if (filter_word_is(name, "*") || name.len == 0)
        return name.len != 0;
    long port = ss ? filter_parse_ss_port(name) : filter_parse_port(name);
    h->has_port = port >= 0;
    h->nobody = ss && port == FILTER_PORT_NONE;
    h->port = (uint16_t)port;
    return port >= 0 || (ss && port != FILTER_PORT_WRONG);
}

bool filter_parse_host(struct filter_word w, bool short_ipv4, struct host_term *h, size_t *bad)
{
    size_t ignored;
    if (!bad)
        bad = &ignored;
    *bad = 0;
    *h = (struct host_term){0};
    if (w.len && w.text[0] == '[') {
        char text[WORD_MAX];
        struct filter_word rest;
        if (!split_brackets(w, text, &rest))
            return false;
        return parse_address((struct filter_word){text, strlen(text)}, false, h) &&
               h->family == AF_INET6 &&
               parse_port_part(rest, short_ipv4, h, bad, (size_t)(rest.text - w.text));
    }
    if (parse_address(w, short_ipv4, h))
        return true;
    *h = (struct host_term){0};
    size_t colon = port_colon(w);
    struct filter_word address = {w.text, colon}, rest = {w.text + colon, w.len - colon};
    h->any_address = names_any(address);
    if (!h->any_address && (!parse_address(address, short_ipv4, h) || h->family != AF_INET))
        return false;
    return parse_port_part(rest, short_ipv4, h, bad, colon);
}

/* Terms on their way into the predicate. */

int filter_emit(struct filter_parser *f, const struct filter_term *t)
{
    return predicate_term(f->p, t);
}

int filter_emit_states(struct filter_parser *f, uint32_t states)
{
    return filter_emit(f, &(struct filter_term){.kind = TERM_STATE, .states = states});
}

int filter_emit_ports(struct filter_parser *f, enum term_side side, uint64_t lo, uint64_t hi)
{
    return filter_emit(f,
                       &(struct filter_term){.kind = TERM_PORT, .side = side, .lo = lo, .hi = hi});
}

int filter_emit_text(struct filter_parser *f, enum column_id id, struct filter_word w, bool whole)
{
    char *text = strndup(w.text, w.len);
    if (!text)
        return -ENOMEM;
    f->p->needs |= columns[id].needs;
    return filter_emit(f, &(struct filter_term){.kind = TERM_TEXT,
                                                .text = text,
                                                .whole = whole,
                                                .get = columns[id].get,
                                                .each = columns[id].each});
}

int filter_emit_negation(struct filter_parser *f, enum comparison cmp)
{
    return cmp == CMP_NE ? predicate_op(f->p, PRED_NOT) : 0;
}

static int emit_end(struct filter_parser *f, enum term_side side, const struct host_term *h)
{
    struct filter_term t = {.kind = TERM_ADDR,
                            .side = side,
                            .family = h->any_address ? 0 : h->family,
                            .prefix_bits = h->prefix_bits};
    memcpy(t.addr, h->addr, sizeof t.addr);
    int result = filter_emit(f, &t);
    if (!result && (h->has_port || h->nobody)) {
        result = h->nobody ? filter_emit_ports(f, side, UINT64_MAX, UINT16_MAX)
                           : filter_emit_ports(f, side, h->port, h->port);
        if (!result)
            result = predicate_op(f->p, PRED_AND);
    }
    if (!result && h->scope.lo) {
        result = filter_emit(f, &h->scope);
        if (!result)
            result = predicate_op(f->p, PRED_AND);
    }
    return result;
}

/* Address and port must be of the same end. */
int filter_emit_host(struct filter_parser *f, enum term_side side, const struct host_term *h)
{
    if (side != SIDE_EITHER)
        return emit_end(f, side, h);
    int result = emit_end(f, SIDE_LOCAL, h);
    if (!result)
        result = emit_end(f, SIDE_REMOTE, h);
    return result ? result : predicate_op(f->p, PRED_OR);
}
