/* Hosts, ports and devices as the filter's text names them. Nothing here asks DNS. */
#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "parser.h"

/* Longest word that can be an address with its scope, a service or a device. */
#define WORD_MAX 128

static bool copy_word(struct word w, char out[WORD_MAX])
{
    if (w.len >= WORD_MAX)
        return false;
    memcpy(out, w.text, w.len);
    out[w.len] = '\0';
    return true;
}

/* Digits only, at most `max`; -1 when it is not. */
static long decimal(struct word w, long max)
{
    long n = 0;
    for (size_t i = 0; i < w.len; i++) {
        if (w.text[i] < '0' || w.text[i] > '9' || (n = n * 10 + (w.text[i] - '0')) > max)
            return -1;
    }
    return w.len ? n : -1;
}

long port_parse(struct word w)
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

bool device_parse(struct word w, struct filter_term *t)
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
static bool parse_ipv4(struct word w, bool may_be_short, struct host_term *h)
{
    int octets = 0;
    for (size_t from = 0;; octets++) {
        const char *dot = memchr(w.text + from, '.', w.len - from);
        size_t to = dot ? (size_t)(dot - w.text) : w.len;
        long octet = decimal((struct word){w.text + from, to - from}, UINT8_MAX);
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

static bool parse_ipv6(struct word w, struct host_term *h)
{
    char text[WORD_MAX];
    if (!copy_word(w, text))
        return false;
    char *scope = strchr(text, '%');
    if (scope) {
        *scope++ = '\0';
        if (!device_parse((struct word){scope, strlen(scope)}, &h->scope))
            return false;
    }
    h->family = AF_INET6;
    return inet_pton(AF_INET6, text, h->addr) == 1;
}

/* An address with an optional /BITS. */
static bool parse_address(struct word w, bool short_ipv4, struct host_term *h)
{
    const char *slash = memchr(w.text, '/', w.len);
    struct word address = {w.text, slash ? (size_t)(slash - w.text) : w.len};
    if (!parse_ipv4(address, short_ipv4 || slash, h) && !parse_ipv6(address, h))
        return false;
    long max = h->family == AF_INET ? 32 : 128;
    long bits = slash ? decimal((struct word){slash + 1, w.len - address.len - 1}, max) : max;
    h->prefix_bits = (uint8_t)bits;
    return bits >= 0;
}

static bool names_any(struct word w)
{
    static const char *const any[] = {"", "*", "any", "all", "default"};
    for (size_t i = 0; i < sizeof any / sizeof any[0]; i++) {
        if (word_is(w, any[i]))
            return true;
    }
    return false;
}

/* "[::1]:443", "[::1/64]", "[::1]/64": address without brackets into `text`, what follows into
 * `rest`. */
static bool split_brackets(struct word w, char text[WORD_MAX], struct word *rest)
{
    const char *close = memchr(w.text, ']', w.len);
    if (!close || !copy_word((struct word){w.text + 1, (size_t)(close - w.text) - 1}, text))
        return false;
    *rest = (struct word){close + 1, w.len - (size_t)(close + 1 - w.text)};
    size_t bits = rest->len && rest->text[0] == '/' ? strcspn(rest->text, ":") : 0;
    bits = bits < rest->len ? bits : rest->len;
    size_t len = strlen(text);
    if (len + bits >= WORD_MAX)
        return false;
    memcpy(text + len, rest->text, bits);
    text[len + bits] = '\0';
    *rest = (struct word){rest->text + bits, rest->len - bits};
    return true;
}

/* Where the colon before the port is: the last one, behind a "/BITS" if there is one. */
static size_t port_colon(struct word w)
{
    for (size_t i = w.len; i > 0; i--) {
        if (w.text[i - 1] == ':')
            return i - 1;
        if (w.text[i - 1] == '/')
            break;
    }
    return w.len;
}

static bool parse_port_part(struct word w, struct host_term *h, size_t *bad, size_t at)
{
    if (w.len == 0)
        return true;
    struct word name = {w.text + 1, w.len - 1};
    *bad = at + 1;
    if (w.text[0] != ':')
        return false;
    if (word_is(name, "*") || name.len == 0)
        return name.len != 0;
    long port = port_parse(name);
    h->has_port = port >= 0;
    h->port = (uint16_t)port;
    return port >= 0;
}

bool host_parse(struct word w, bool short_ipv4, struct host_term *h, size_t *bad)
{
    size_t ignored;
    if (!bad)
        bad = &ignored;
    *bad = 0;
    *h = (struct host_term){0};
    if (w.len && w.text[0] == '[') {
        char text[WORD_MAX];
        struct word rest;
        if (!split_brackets(w, text, &rest))
            return false;
        return parse_address((struct word){text, strlen(text)}, false, h) &&
               h->family == AF_INET6 && parse_port_part(rest, h, bad, (size_t)(rest.text - w.text));
    }
    if (parse_address(w, short_ipv4, h))
        return true;
    *h = (struct host_term){0};
    size_t colon = port_colon(w);
    struct word address = {w.text, colon}, rest = {w.text + colon, w.len - colon};
    h->any_address = names_any(address);
    if (!h->any_address && (!parse_address(address, short_ipv4, h) || h->family != AF_INET))
        return false;
    return parse_port_part(rest, h, bad, colon);
}
