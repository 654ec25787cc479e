/* SPDX-License-Identifier: MIT */
/* What --doctor says of a recording: findings over its whole time. */
#ifndef TCPTOP_OUTPUT_REPORT_OVER_H
#define TCPTOP_OUTPUT_REPORT_OVER_H

#include "tcptop/model/episodes.h"
#include "tcptop/model/sample_reason.h"

struct report_over {
    const char *path;           /* of the recording, for commands */
    const struct episode *list; /* in the order in which they began */
    uint32_t n, lost;           /* the second: how many more there are */
    uint64_t samples;           /* that it has */
    double seconds;             /* that these span, by the monotonic clock */
    int64_t first_wall_ns, last_wall_ns;
    const struct findings *checked; /* without findings: `skip` says how each rule could look */
    struct sample_reason reason;    /* what of it could not be read; REASON_NONE: all was */
};

#endif
