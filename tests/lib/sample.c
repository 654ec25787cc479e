/* SPDX-License-Identifier: MIT */
/* Samples made by hand: see sample.h. */
#include "lib/sample.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/explain/reason_text.h"

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
    struct conn *c = sample_add(builder_of(s), NULL);
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

struct sample_reason reason_said(const char *words)
{
    return sample_reason_named(REASON_RECORDED, 0, words);
}

void sample_say(struct sample *s, const char *words)
{
    s->reason = reason_said(words);
}

const char *reason_words(const struct sample_reason *r)
{
    static char buffer[4][REASON_TEXT_SIZE];
    static unsigned next;

    return reason_text(buffer[next++ % 4], r, text_language());
}
