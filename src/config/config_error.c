/* SPDX-License-Identifier: MIT */
/* Words for what is wrong with a configuration. */
#include "config_error.h"

#include "tcptop/base/str.h"

int config_error(struct err *err, int rc, enum msg id, const char *a, const char *b, const char *c)
{
    struct str line = STR_INIT;

    text_fill(&line, id, a, b, c, NULL);
    err_set(err, rc, "%s", str_text(&line));
    str_fini(&line);
    return rc;
}
