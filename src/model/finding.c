/* Lists of findings, counted by references: samples share what has not changed. */
#include "tcptop/model/finding.h"

#include <stdlib.h>

struct findings *findings_new(uint32_t n)
{
    struct findings *f = calloc(1, sizeof *f + n * sizeof f->list[0]);

    if (f)
        atomic_init(&f->refs, 1);
    return f;
}

struct findings *findings_ref(struct findings *f)
{
    if (f)
        atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
    return f;
}

void findings_unref(struct findings *f)
{
    if (f && atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) == 1)
        free(f);
}
