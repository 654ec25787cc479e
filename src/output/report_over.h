/* SPDX-License-Identifier: MIT */
/* How findings over the time of a recording are said. */
#ifndef TCPTOP_SRC_OUTPUT_REPORT_OVER_H
#define TCPTOP_SRC_OUTPUT_REPORT_OVER_H

#include "tcptop/base/str.h"
#include "tcptop/output/output.h"
#include "tcptop/output/report_over.h"

/* The same finding, each time that it held. */
struct report_group {
    const struct episode *worst, *begin; /* the second: the first one */
    uint32_t first, n;                   /* in report_groups.episode */
};

struct report_groups {
    const struct episode **episode; /* each group's together, in the order in which they began */
    struct report_group *group;     /* the gravest first, then by begin */
    uint32_t n;
};

/** Put episodes of one finding together. Returns 0 or -ENOMEM. */
int report_over_group(const struct report_over *over, struct report_groups *groups);
void report_over_fini(struct report_groups *groups);

/** From when to when the recording goes: "2026-11-29 13:00:00", "14:00:00". */
void report_over_span(const struct report_over *over, char first[32], char last[32]);

/** Append a line for each time that the group's finding held. */
void report_over_periods(const struct report_over *over, const struct report_groups *groups,
                         const struct report_group *group, struct str *out);

/** Append the command that shows the finding at its worst moment. False, and nothing is appended,
 *  where no sample of that can be read. */
bool report_over_command(const struct report_over *over, const struct episode *e, struct str *out);

/** Keys of JSON: until when it held, when it was at its worst, and the command that shows that. */
void report_over_keys(struct sink *out, const struct report_over *over, const struct episode *e);

#endif
