/* SPDX-License-Identifier: MIT */
/* See ports.h. */
#include "lib/ports.h"

#include <stdio.h>

#include "lib/sample.h"

struct sample *ports_sample(uint64_t seq, const struct port_count *list, size_t n)
{
    struct sample *s = sample_make(NULL);
    s->seq = seq;
    for (size_t i = 0; i < n; i++) {
        for (unsigned row = 0; row < list[i].rows; row++) {
            char local[32];
            snprintf(local, sizeof local, "10.0.0.1:%u", list[i].port);
            sample_row(s, local, "10.0.0.2:9", TCP_STATE_ESTABLISHED);
        }
    }
    return s;
}

uint32_t ports_find(const struct groups *g, unsigned port)
{
    return groups_find(g, &(struct value){.type = VALUE_NUMBER, .number = port});
}
