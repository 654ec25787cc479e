/* SPDX-License-Identifier: MIT */
/* Reasons as values. */
#include "tcptop/model/sample_reason.h"

#include <string.h>

#include "tcptop/base/utf8.h"

struct sample_reason sample_reason_named(enum sample_reason_code code, int error, const char *text)
{
    struct sample_reason r = {.code = code, .error = error};

    utf8_sanitise_into(r.text, sizeof r.text, text, strlen(text));
    return r;
}

int sample_reason_set(struct sample_reason *why, int rc, struct sample_reason value)
{
    if (why)
        *why = value;
    return rc;
}

int sample_reason_error(struct sample_reason *why, int rc)
{
    return sample_reason_set(why, rc, (struct sample_reason){.code = REASON_ERROR, .error = rc});
}
