/* Figures of tcp_info made by hand. */
#include "lib/figures.h"

#include <stdlib.h>

void figure_set(struct flow *f, enum flow_field field, uint64_t value)
{
    f->valid |= UINT32_C(1) << field;
    switch (field) {
#define FIELD(type, name, offset)                                                                  \
    case FLOW_##name:                                                                              \
        f->name = (type)value;                                                                     \
        return;
        FLOW_FIELDS(FIELD)
#undef FIELD
    case FLOW_FIELD_COUNT:
        break;
    }
    abort();
}
