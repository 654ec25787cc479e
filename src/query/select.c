/* SPDX-License-Identifier: MIT */
/* Expressions of other tools, from addresses alone: nothing in them needs quoting inside. */
#include "tcptop/query/select.h"

#include <arpa/inet.h>
#include <string.h>

#include "tcptop/base/str.h"
#include "tcptop/model/state.h"

static bool has_peer(const struct conn *c)
{
    return c->state != TCP_STATE_LISTEN && !(c->flags & CONN_BOUND);
}

static bool is_wildcard(const struct conn *c, const uint8_t *address)
{
    static const uint8_t zero[16];

    return memcmp(address, zero, c->family == AF_INET ? 4 : 16) == 0;
}

/* The address of one end, where it is one. */
static const uint8_t *address_of(const struct conn *c, bool remote)
{
    if (conn_address_unknown(c, remote))
        return NULL;
    return remote ? c->dst : c->src;
}

static void add_address(const struct conn *c, const uint8_t *address, struct str *out)
{
    char text[INET6_ADDRSTRLEN] = "";

    inet_ntop(c->family, address, text, sizeof text);
    str_add(out, text);
}

/* Nothing is selected by port 0. */
static bool has_port(const struct conn *c, bool remote)
{
    return (remote ? c->dport : c->sport) && !conn_port_unknown(c, remote);
}

/* As far as address and port are known; nothing of an end that has neither. */
static void add_ss_end(const struct conn *c, bool remote, struct str *out)
{
    const uint8_t *address = address_of(c, remote);
    bool v6 = c->family == AF_INET6, port = has_port(c, remote);

    if (!port && (!address || is_wildcard(c, address)))
        return;
    str_add(out, remote && out->len ? " and " : "");
    if (address) {
        str_add(out, remote ? "dst " : "src ");
        str_add(out, v6 ? "[" : "");
        add_address(c, address, out);
        str_add(out, v6 ? "]" : "");
    } else {
        str_add(out, remote ? "dport = " : "sport = ");
    }
    if (port)
        str_addf(out, ":%u", remote ? c->dport : c->sport);
}

void select_ss(const struct conn *c, struct str *out)
{
    struct str ends = STR_INIT;

    add_ss_end(c, false, &ends);
    if (has_peer(c))
        add_ss_end(c, true, &ends);
    str_add(out, str_text(&ends));
    out->failed = out->failed || str_failed(&ends);
    str_fini(&ends);
}

/* As it is on the wire: IPv4 where an IPv6 socket speaks it. */
static void add_host(const struct conn *c, const uint8_t *address, struct str *out)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    const struct conn v4 = {.family = AF_INET};

    if (c->family == AF_INET6 && memcmp(address, mapped, sizeof mapped) == 0)
        add_address(&v4, address + sizeof mapped, out);
    else
        add_address(c, address, out);
}

/* A primitive of tcpdump with one or two values; the second needs no word of its own. */
static void add_word(const char *word, bool first, struct str *out)
{
    str_add(out, " and ");
    str_add(out, first ? word : "");
}

void select_tcpdump(const struct conn *c, struct str *out)
{
    const uint8_t *address[] = {address_of(c, false), address_of(c, true)};
    const uint16_t port[] = {c->sport, c->dport};
    int ends = has_peer(c) ? 2 : 1;
    struct str rest = STR_INIT;
    bool first = true;

    for (int i = 0; i < ends; i++) {
        if (!address[i] || is_wildcard(c, address[i]))
            continue;
        add_word("host ", first, &rest);
        add_host(c, address[i], &rest);
        first = false;
    }
    first = true;
    for (int i = 0; i < ends; i++) {
        if (!has_port(c, i))
            continue;
        add_word("port ", first, &rest);
        str_add_uint(&rest, port[i]);
        first = false;
    }
    if (rest.len)
        str_addf(out, "tcp%s", str_text(&rest));
    out->failed = out->failed || str_failed(&rest);
    str_fini(&rest);
}

/* What runs the expression; nothing where there is none. */
static void add_command(const char *command, const struct str *expression, struct str *out)
{
    if (expression->len)
        str_addf(out, "%s '%s'", command, str_text(expression));
    out->failed = out->failed || str_failed(expression);
}

void select_ss_command(const struct conn *c, struct str *out)
{
    struct str expression = STR_INIT;

    select_ss(c, &expression);
    add_command("ss -tanpi", &expression, out);
    str_fini(&expression);
}

void select_tcpdump_command(const struct conn *c, struct str *out)
{
    struct str expression = STR_INIT;

    select_tcpdump(c, &expression);
    add_command("tcpdump -ni any", &expression, out);
    str_fini(&expression);
}
