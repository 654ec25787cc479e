/* SPDX-License-Identifier: MIT */
/* Lists of findings. */
#include "tcptop/model/findings.h"

#include <stdlib.h>

#include "tcptop/model/predicate.h"

struct findings *findings_new(uint32_t n)
{
    return calloc(1, sizeof(struct findings) + n * sizeof(struct finding));
}

void findings_free(struct findings *f)
{
    for (uint32_t i = 0; f && f->rows && i < f->n; i++)
        predicate_fini(&f->rows[i]);
    if (f)
        free(f->rows);
    free(f);
}
