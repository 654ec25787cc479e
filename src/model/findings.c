/* SPDX-License-Identifier: MIT */
/* Lists of findings. */
#include "tcptop/model/findings.h"

#include <stdlib.h>

struct findings *findings_new(uint32_t n)
{
    return calloc(1, sizeof(struct findings) + n * sizeof(struct finding));
}

void findings_free(struct findings *f)
{
    free(f);
}
