/* SPDX-License-Identifier: MIT */
/* The filter of a finding, and the rows and states that findings are about. */
#include "tcptop/doctor/finding_scope.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/model/predicate.h"
#include "tcptop/query/filter.h"

void finding_address(const struct conn *c, bool remote, char out[CONN_ADDRESS_SIZE])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    uint8_t address[16];

    if (conn_address_unknown(c, remote)) {
        conn_address(c, remote, out);
        return;
    }
    conn_plain_address(c, remote, address);
    bool is_ipv4 = memcmp(address, mapped, sizeof mapped) == 0;
    if (!inet_ntop(is_ipv4 ? AF_INET : c->family, is_ipv4 ? address + 12 : address, out,
                   CONN_ADDRESS_SIZE))
        out[0] = '\0';
}

/* What stands before the next term. */
static const char *gap(const struct str *out)
{
    return out->len ? " " : "";
}

/* One end, as far as the filter can name it. */
static void add_end(const struct conn *c, bool remote, bool address, bool port, struct str *out)
{
    char text[CONN_ADDRESS_SIZE];
    char side = remote ? 'r' : 'l';

    if (address && !conn_address_unknown(c, remote)) {
        finding_address(c, remote, text);
        str_addf(out, "%s%caddr:%s", gap(out), side, text);
    }
    if (port && !conn_port_unknown(c, remote))
        str_addf(out, "%s%cport:%u", gap(out), side, remote ? c->dport : c->sport);
}

static void add_states(uint32_t states, struct str *out)
{
    const char *comma = "";

    if (states == (STATE_MASK_LISTED & ~(uint32_t)STATE_BIT(TCP_STATE_LISTEN))) {
        str_addf(out, "%snot state:LISTEN", gap(out));
        return;
    }
    str_addf(out, "%sstate:", gap(out));
    for (unsigned state = 1; state < TCP_STATE_COUNT; state++) {
        if (!(states >> state & 1))
            continue;
        str_addf(out, "%s%s", comma, state_name(state));
        comma = ",";
    }
}

void finding_filter(const struct finding *f, struct str *out)
{
    const struct scope *c = &f->scope;

    if (!c->states)
        return;
    /* A title that is cut loses its end: whom it is about stands first, the states last. */
    add_end(&c->ends, true, c->by & SCOPE_DST, c->by & SCOPE_DPORT, out);
    if (f->namespace[0])
        str_addf(out, "%snetns=\"%s\"", gap(out), f->namespace);
    if (c->by & SCOPE_PID)
        str_addf(out, "%spid:%u", gap(out), c->pid);
    if (c->by & SCOPE_UID)
        str_addf(out, "%suid:%u", gap(out), c->uid);
    if (c->by & SCOPE_SERVICE && !strchr(f->who.service, '"'))
        str_addf(out, "%sservice=\"%s\"", gap(out), f->who.service);
    add_end(&c->ends, false, c->by & SCOPE_SRC, c->by & SCOPE_SPORT, out);
    if (c->by & SCOPE_INODE && !(c->ends.unknown & CONN_UNKNOWN_INODE))
        str_addf(out, "%sinode:%u", gap(out), c->ends.inode);
    if (c->by & (SCOPE_PROBE | SCOPE_TIMELESS))
        str_addf(out, "%stimer:%s", gap(out), c->by & SCOPE_PROBE ? "persist" : "off");
    if (c->by & (SCOPE_OWNED | SCOPE_ORPHAN))
        str_addf(out, "%s%s", gap(out), c->by & SCOPE_OWNED ? "inode>0" : "not inode>0");
    if (c->by & SCOPE_UNREAD)
        str_addf(out, "%srecv_q>=%u", gap(out), c->ends.rqueue);
    add_states(c->states, out);
}

void finding_compile(struct findings *f)
{
    struct str text = STR_INIT;
    struct filter_error error;

    f->rows = calloc(f->n ? f->n : 1, sizeof *f->rows);
    for (uint32_t i = 0; f->rows && i < f->n; i++) {
        str_clear(&text);
        finding_filter(&f->list[i], &text);
        if (text.len && !str_failed(&text))
            (void)filter_parse(str_text(&text), &f->rows[i], &error); /* else it stays empty */
    }
    str_fini(&text);
}
