/* SPDX-License-Identifier: MIT */
/* Addresses of connections as text, and how they sort. IPv4 is written by hand: a dump of 300,000
 * rows as JSON spends most of its time here. */
#include "endpoint.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "tcptop/base/fmt.h"
#include "tcptop/base/str.h"
#include "tcptop/base/utf8.h"
#include "tcptop/model/end_text.h"

struct endpoint endpoint_local(const struct conn *c)
{
    return (struct endpoint){c->src, c->sport, c->family, c->ifindex, c};
}

struct endpoint endpoint_remote(const struct conn *c)
{
    return (struct endpoint){c->dst, c->dport, c->family, c->ifindex, c};
}

static char *write_octet(char *p, unsigned octet)
{
    if (octet >= 100)
        *p++ = (char)('0' + octet / 100);
    if (octet >= 10)
        *p++ = (char)('0' + octet / 10 % 10);
    *p++ = (char)('0' + octet % 10);
    return p;
}

static void write_ipv4(char *p, const uint8_t *addr)
{
    for (int i = 0; i < 4; i++) {
        p = write_octet(p, addr[i]);
        *p++ = i < 3 ? '.' : '\0';
    }
}

/* Names of interfaces, looked up once per sample and thread: each look-up is a system call. */
struct scope_name {
    uint64_t seq;
    uint32_t ifindex;
    char name[24]; /* fits behind the longest IPv6 address */
};

static void look_up_scope(struct scope_name *n)
{
    char raw[IF_NAMESIZE];
    if (if_indextoname(n->ifindex, raw))
        utf8_sanitise_into(n->name, sizeof n->name, raw, strlen(raw));
    else
        snprintf(n->name, sizeof n->name, "%u", n->ifindex);
}

static const char *scope_name(uint32_t ifindex, const struct sample *s)
{
    static _Thread_local struct scope_name cache[16];
    struct scope_name *n = &cache[ifindex % 16];
    if (!s || n->seq != s->seq || n->ifindex != ifindex) {
        *n = (struct scope_name){.seq = s ? s->seq : 0, .ifindex = ifindex};
        look_up_scope(n);
    }
    return n->name;
}

/* A recording's interfaces are another host's, or at least another day's; and each namespace has
 * its own. */
static bool sampled_here(const struct sample *s, const struct conn *c)
{
    return !s || (!sample_is_recorded(s) && sample_is_own_netns(s, c));
}

static bool is_remote(const struct endpoint *e)
{
    return e->addr == e->conn->dst;
}

static bool is_link_local(const struct endpoint *e)
{
    return e->family == AF_INET6 && e->addr[0] == 0xfe && (e->addr[1] & 0xc0) == 0x80;
}

/* Append "%" and the name of a device to `text`. A name of an imported dump may be too long: it is
 * cut at a character, and the cut shows. */
static void add_device_name(char text[ADDRESS_SIZE], const char *name)
{
    static const char ellipsis[] = "…";
    const size_t len = strlen(text), room = ADDRESS_SIZE - len - 1;
    const bool fits = strlen(name) < room;

    text[len] = '%';
    utf8_sanitise_into(text + len + 1, fits ? room : room - strlen(ellipsis), name, strlen(name));
    if (!fits)
        strcat(text, ellipsis);
}

/* Append "%" and the device to `text`. */
static void add_device(const struct conn *c, const struct sample *s, char text[ADDRESS_SIZE])
{
    size_t len = strlen(text);
    if (c->ifindex & CONN_DEVICE_NAMED)
        add_device_name(text, end_text(c->ifindex & ~CONN_DEVICE_NAMED));
    else if (sampled_here(s, c))
        add_device_name(text, scope_name(c->ifindex, s));
    else
        snprintf(text + len, ADDRESS_SIZE - len, "%%%u", c->ifindex);
}

void endpoint_address(const struct endpoint *e, const struct sample *s, char out[ADDRESS_SIZE])
{
    if (conn_address_unknown(e->conn, is_remote(e))) {
        conn_address(e->conn, is_remote(e), out);
        return;
    }
    if (e->family == AF_INET) {
        write_ipv4(out, e->addr);
        return;
    }
    if (!inet_ntop(AF_INET6, e->addr, out, ADDRESS_SIZE))
        out[0] = '\0';
    if (e->ifindex && is_link_local(e))
        add_device(e->conn, s, out);
}

void endpoint_device(const struct conn *c, const struct sample *s, struct str *out)
{
    if (c->ifindex & CONN_DEVICE_NAMED)
        str_add(out, end_text(c->ifindex & ~CONN_DEVICE_NAMED));
    else if (sampled_here(s, c))
        str_add(out, scope_name(c->ifindex, s));
    else
        str_add_uint(out, c->ifindex);
}

/* Where one of both is a text. */
static void add_texts(const struct endpoint *e, const struct sample *s, struct str *out)
{
    char address[ADDRESS_SIZE];
    bool remote = is_remote(e),
         brackets = e->family == AF_INET6 && !conn_address_unknown(e->conn, remote);
    const char *port = conn_port_text(e->conn, remote);

    endpoint_address(e, s, address);
    str_addf(out, "%s%s%s:", brackets ? "[" : "", address, brackets ? "]" : "");
    if (conn_port_unknown(e->conn, remote))
        str_add(out, *port ? port : FMT_NONE);
    else if (e->port)
        str_add_uint(out, e->port);
    else
        str_add_char(out, '*');
}

void endpoint_netstat(const struct endpoint *e, const struct sample *s, struct str *out)
{
    char text[ADDRESS_SIZE + 32];
    const bool dual = conn_is_dual_stack(e->conn);
    const bool brackets = e->family == AF_INET6 && !dual;

    if (conn_address_unknown(e->conn, is_remote(e)) || conn_port_unknown(e->conn, is_remote(e))) {
        add_texts(e, s, out);
        return;
    }
    text[0] = '[';
    if (dual)
        strcpy(text, "*");
    else
        endpoint_address(e, s, text + brackets);
    if (e->ifindex && e->addr == e->conn->src && (e->family == AF_INET || !is_link_local(e)))
        add_device(e->conn, s, text + brackets);
    size_t len = strlen(text);
    if (brackets)
        text[len++] = ']';
    text[len++] = ':';
    if (e->port)
        len += fmt_digits(text + len, e->port);
    else
        text[len++] = '*';
    str_add_bytes(out, text, len);
}

static uint64_t read_be(const uint8_t *bytes, int n)
{
    uint64_t x = 0;
    for (int i = 0; i < n; i++)
        x = x << 8 | bytes[i];
    return x;
}

static uint64_t address_word(const uint8_t *addr, unsigned family)
{
    if (family == AF_INET)
        return read_be(addr, 4) << 31;
    uint64_t word = UINT64_C(1) << 63 | read_be(addr, 8) >> 1;
    return word < UINT64_MAX ? word : UINT64_MAX - 1;
}

/* Begins again with the byte whose bits the first word has lost. */
static uint64_t address_middle(const uint8_t *addr, unsigned family)
{
    return family == AF_INET ? 0 : read_be(addr + 7, 8);
}

static uint64_t address_last(const uint8_t *addr, unsigned family)
{
    return family == AF_INET ? 0 : addr[15];
}

/* An IPv4 address leaves room for its port. */
static uint64_t address_port(const uint8_t *addr, unsigned family, unsigned port)
{
    return address_word(addr, family) | (family == AF_INET ? (uint64_t)port << 15 : 0);
}

#define WORDS(side, addr, port)                                                                    \
    uint64_t endpoint_##side##_word(const struct conn *c)                                          \
    {                                                                                              \
        return address_word(c->addr, c->family);                                                   \
    }                                                                                              \
    uint64_t endpoint_##side##_middle(const struct conn *c)                                        \
    {                                                                                              \
        return address_middle(c->addr, c->family);                                                 \
    }                                                                                              \
    uint64_t endpoint_##side##_last(const struct conn *c)                                          \
    {                                                                                              \
        return address_last(c->addr, c->family);                                                   \
    }                                                                                              \
    uint64_t endpoint_##side##_port(const struct conn *c)                                          \
    {                                                                                              \
        return address_port(c->addr, c->family, c->port);                                          \
    }                                                                                              \
    uint64_t endpoint_##side##_last_port(const struct conn *c)                                     \
    {                                                                                              \
        return address_last(c->addr, c->family) << 16 | c->port;                                   \
    }

WORDS(local, src, sport)
WORDS(remote, dst, dport)
