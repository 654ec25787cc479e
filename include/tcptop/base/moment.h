/* SPDX-License-Identifier: MIT */
/* A time as people name it, and what it is in a recording. */
#ifndef TCPTOP_BASE_MOMENT_H
#define TCPTOP_BASE_MOMENT_H

#include <stdint.h>

enum moment_kind {
    MOMENT_NONE,     /* not given */
    MOMENT_ABSOLUTE, /* `ns` since 1970 UTC */
    MOMENT_CLOCK,    /* `ns` after midnight, local time */
    MOMENT_BEFORE,   /* `ns` before the end of the recording */
};

struct moment {
    enum moment_kind kind;
    int64_t ns;
    int64_t unit_ns; /* a second, or a millisecond where a part of a second is named */
};

/** Read "14:03", "14:03:10", "2026-11-29 14:03", "2026-11-29T14:03:10Z", "@1764424990" or "-5m".
 *  Times without a Z are local. Returns 0 or -EINVAL. */
int moment_parse(const char *text, struct moment *m);

/** The time in a recording whose samples are from `begin_ns` (INT64_MIN: not known) to `end_ns`,
 *  since 1970. A time of day is the last such one in it; where it has none, one before or after it,
 *  of the days that it is of; where its begin is not known, the last one before its end. */
int64_t moment_resolve(const struct moment *m, int64_t begin_ns, int64_t end_ns);

/** The last time that has the same name: "14:03:10" means all of that second, as the screen writes
 *  the times of samples. */
int64_t moment_resolve_end(const struct moment *m, int64_t begin_ns, int64_t end_ns);

/** Read a duration such as "90s", "5m", "12h", "7d" or "2w" (a plain number: seconds). Returns 0 or
 *  -EINVAL. */
int moment_parse_duration(const char *text, int64_t *ns);

#endif
