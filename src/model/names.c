/* SPDX-License-Identifier: MIT */
/* A table of entries that are also in a ring, the last wanted first. */
#include "tcptop/model/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tcptop/base/clock.h"
#include "tcptop/base/hash_table.h"

#define KEEP_NS  (600 * NS_PER_S) /* a name; then it is asked for again */
#define NONE_NS  (120 * NS_PER_S) /* that there is none */
#define AGAIN_NS (30 * NS_PER_S)  /* after a failure, or when no answer ever came */
#define END      UINT32_MAX

struct entry {
    struct name_key key;
    bool found;
    int64_t ask_ns;        /* when to ask (again) */
    uint32_t newer, older; /* in the ring */
    char name[NAME_BYTES];
};

struct names {
    uint32_t max, n;
    uint32_t newest, oldest;
    struct hash_table by_key; /* struct name_key: index of its entry; has room for all */
    struct entry *entries;    /* owned; memory that is not written to is not taken */
};

static bool mapped(const uint8_t addr[16])
{
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

    return memcmp(addr, prefix, sizeof(prefix)) == 0;
}

bool names_key_address(struct name_key *k, const struct conn *c, bool remote)
{
    static const uint8_t any[16];
    const uint8_t *addr = remote ? c->dst : c->src;

    *k = (struct name_key){.family = c->family};
    if (conn_address_unknown(c, remote))
        return false;
    if (c->family == AF_INET6 && mapped(addr)) {
        k->family = AF_INET;
        memcpy(k->bytes, addr + 12, 4);
    } else {
        memcpy(k->bytes, addr, c->family == AF_INET ? 4 : 16);
    }
    if (k->family == AF_INET6 && k->bytes[0] == 0xfe && (k->bytes[1] & 0xc0) == 0x80)
        return false;
    return memcmp(k->bytes, any, sizeof(any)) != 0;
}

bool names_key_service(struct name_key *k, const struct conn *c, bool remote)
{
    uint16_t port = remote ? c->dport : c->sport;

    *k = (struct name_key){.family = NAME_SERVICE};
    memcpy(k->bytes, &port, sizeof(port));
    return port != 0;
}

struct names *names_new(uint32_t max)
{
    struct names *n = calloc(1, sizeof(*n));

    if (!n)
        return NULL;
    *n = (struct names){.max = max, .newest = END, .oldest = END};
    hash_table_init(&n->by_key, sizeof(struct name_key), sizeof(uint32_t));
    n->entries = calloc(max, sizeof(*n->entries));
    if (!n->entries || hash_table_reserve(&n->by_key, max)) {
        names_free(n);
        return NULL;
    }
    return n;
}

void names_free(struct names *n)
{
    if (!n)
        return;
    hash_table_fini(&n->by_key);
    free(n->entries);
    free(n);
}

/* There is room for all, so that this cannot fail. */
static void enter_table(struct names *n, uint32_t i)
{
    uint32_t *index = hash_table_add(&n->by_key, &n->entries[i].key, NULL);

    if (index)
        *index = i;
}

struct names *names_copy(const struct names *n)
{
    struct names *copy = n ? names_new(n->max) : NULL;

    if (!copy)
        return NULL;
    copy->n = n->n;
    copy->newest = n->newest;
    copy->oldest = n->oldest;
    memcpy(copy->entries, n->entries, n->n * sizeof(*n->entries));
    for (uint32_t i = 0; i < n->n; i++)
        enter_table(copy, i);
    return copy;
}

static uint32_t look_up(const struct names *n, const struct name_key *k)
{
    const uint32_t *index = hash_table_find(&n->by_key, k);

    return index ? *index : END;
}

const char *names_find(const struct names *n, const struct name_key *k)
{
    uint32_t i = n ? look_up(n, k) : END;

    return i != END && n->entries[i].found ? n->entries[i].name : NULL;
}

static void leave_ring(struct names *n, uint32_t i)
{
    const struct entry *e = &n->entries[i];

    *(e->newer == END ? &n->newest : &n->entries[e->newer].older) = e->older;
    *(e->older == END ? &n->oldest : &n->entries[e->older].newer) = e->newer;
}

static void enter_ring(struct names *n, uint32_t i)
{
    n->entries[i].newer = END;
    n->entries[i].older = n->newest;
    *(n->newest == END ? &n->oldest : &n->entries[n->newest].newer) = i;
    n->newest = i;
}

/* The entry of `k`, made when there is none, and the newest now. */
static struct entry *touch(struct names *n, const struct name_key *k)
{
    uint32_t i = look_up(n, k);

    if (i != END) {
        leave_ring(n, i);
        enter_ring(n, i);
        return &n->entries[i];
    }
    if (n->n < n->max) {
        i = n->n++;
    } else {
        i = n->oldest;
        leave_ring(n, i);
        (void)hash_table_remove(&n->by_key, &n->entries[i].key);
    }
    n->entries[i] = (struct entry){.key = *k};
    enter_table(n, i);
    enter_ring(n, i);
    return &n->entries[i];
}

bool names_want(struct names *n, const struct name_key *k, int64_t now_ns)
{
    struct entry *e = touch(n, k);

    if (now_ns < e->ask_ns)
        return false;
    e->ask_ns = now_ns + AGAIN_NS;
    return true;
}

void names_unasked(struct names *n, const struct name_key *k)
{
    uint32_t i = look_up(n, k);

    if (i != END)
        n->entries[i].ask_ns = 0;
}

void names_put(struct names *n, const struct name_answer *a, int64_t now_ns)
{
    uint32_t i = look_up(n, &a->key);

    if (i == END) /* gone from view long ago */
        return;
    struct entry *e = &n->entries[i];
    if (a->outcome == NAME_FOUND)
        snprintf(e->name, sizeof(e->name), "%s", a->name);
    if (a->outcome != NAME_FAILED) /* nobody knows better than before */
        e->found = a->outcome == NAME_FOUND;
    e->ask_ns = now_ns + (a->outcome == NAME_FOUND  ? KEEP_NS
                          : a->outcome == NAME_NONE ? NONE_NS
                                                    : AGAIN_NS);
}
