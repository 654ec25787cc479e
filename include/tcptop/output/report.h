/* SPDX-License-Identifier: MIT */
/* What --doctor prints: the findings of the last of a few samples, or of all samples of a
 * recording, and what was looked at. */
#ifndef TCPTOP_OUTPUT_REPORT_H
#define TCPTOP_OUTPUT_REPORT_H

#include "tcptop/model/sample.h"
#include "tcptop/output/output.h"
#include "tcptop/output/report_over.h"

/* Exit codes of monitoring plugins (Monitoring Plugins Development Guidelines, return codes). */
enum status { STATUS_OK, STATUS_WARNING, STATUS_CRITICAL, STATUS_UNKNOWN };

struct report {
    enum status status;
    const struct sample *last;      /* what is reported on */
    unsigned samples;               /* taken up to it */
    double seconds;                 /* that they span */
    const struct report_over *over; /* NULL: not of the whole time of a recording */
    const char *hidden; /* text: what is said of owners that cannot be seen; "": nothing */
    bool ascii;         /* text: arrows and dashes as their ASCII twins */
};

/** For a person, at most 79 columns wide, in the language in force. */
void report_print_text(struct sink *out, const struct report *r);

/** A record for each finding, then one that sums up. The words in it are English in every language,
 *  so that the same samples give the same bytes. One thread may print at a time. */
void report_print_json(struct sink *out, const struct report *r);

#endif
