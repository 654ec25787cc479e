/* SPDX-License-Identifier: MIT */
/* Rows for tests of the model. */
#include "lib/model_build.h"
#include "lib/sample.h"

#include <string.h>
#include <sys/socket.h>

#include "tcptop/base/hash.h"

struct conn *model_add(struct sample *s, uint64_t cookie, unsigned state)
{
    struct conn *c = sample_add(builder_of(s), NULL);

    if (!c)
        return NULL;
    memcpy(c->src, (const uint8_t[]){10, 0, 0, 1}, 4);
    memcpy(c->dst, (const uint8_t[]){10, 0, 0, 2}, 4);
    c->sport = (uint16_t)cookie;
    c->dport = (uint16_t)(cookie >> 16);
    c->family = AF_INET;
    c->cookie = cookie;
    c->state = (uint8_t)state;
    return c;
}

uint32_t model_random(uint64_t *seed, uint32_t n)
{
    *seed = hash_u64(*seed + 1);
    return (uint32_t)((*seed >> 32) * n >> 32);
}
