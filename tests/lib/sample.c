/* SPDX-License-Identifier: MIT */
/* Snapshots made by hand: see sample.h. */
#include "lib/sample.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static void read_end(const char *text, uint8_t addr[16], uint16_t *port, uint8_t *family)
{
    char copy[64];
    const char *colon = strrchr(text, ':');
    if (!colon || strlen(text) >= sizeof copy)
        abort();
    *family = text[0] == '[' ? AF_INET6 : AF_INET;
    size_t skip = text[0] == '[', len = (size_t)(colon - text) - 2 * skip;
    memcpy(copy, text + skip, len);
    copy[len] = '\0';
    if (inet_pton(*family, copy, addr) != 1)
        abort();
    *port = (uint16_t)atoi(colon + 1);
}

struct conn *sample_row(struct sample *s, const char *local, const char *remote, unsigned state)
{
    uint32_t row = s->n_live;
    struct conn *c = sample_add(s, NULL);
    if (!c)
        abort();
    read_end(local, c->src, &c->sport, &c->family);
    read_end(remote, c->dst, &c->dport, &c->family);
    c->state = (uint8_t)state;
    c->cookie = row + 1;
    c->inode = row + 1001;
    c->uid = 7;
    return c;
}

void sample_mark_rows(struct sample *s, uint32_t live, uint32_t missing)
{
    uint32_t total = s->n_live;
    s->n_live = live;
    s->n_missing = missing - live;
    s->n_closed = total - missing;
}
