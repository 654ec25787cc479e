/* SPDX-License-Identifier: MIT */
/* Figures of tcp_info made by hand. */
#include "lib/figures.h"

#include <stdlib.h>

void figure_set(struct tcp_metrics *f, enum tcp_metric field, uint64_t value)
{
    f->valid |= UINT32_C(1) << field;
    switch (field) {
#define FIELD(type, name, offset)                                                                  \
    case METRICS_##name:                                                                           \
        f->name = (type)value;                                                                     \
        return;
        TCP_METRICS_FIELDS(FIELD)
#undef FIELD
    case TCP_METRIC_COUNT:
        break;
    }
    abort();
}
