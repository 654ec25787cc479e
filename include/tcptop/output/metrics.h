/* SPDX-License-Identifier: MIT */
/* A sample as metrics for Prometheus, by the table metrics.def: the text format 0.0.4, which the
 * textfile collector of node_exporter takes, and OpenMetrics 1.0.0.
 *
 * The number of series is bounded whatever the host does: an address or port of another host, or
 * the name of a process, is a label only of the worst findings of a rule, and listening ports are
 * labels up to METRICS_LISTENERS. What is left out is counted. No pid is a label. What is not known
 * has no series. */
#ifndef TCPTOP_OUTPUT_METRICS_H
#define TCPTOP_OUTPUT_METRICS_H

#include <stdbool.h>

#include "tcptop/base/str.h"
#include "tcptop/doctor/doctor.h"
#include "tcptop/model/sample.h"
#include "tcptop/output/output.h"

#define METRICS_LISTENERS 200 /* listening addresses and ports that have series */
#define METRICS_FINDINGS  10  /* findings of a rule whose figures have series */

/* What the samples so far amount to. */
struct metrics;

/** `resident`: sample follows sample, so that counters are told which need that. `services`: a
 *  label says in which service, container or session a listener or a finding's process is. NULL:
 *  out of memory. */
struct metrics *metrics_new(bool resident, bool services);
void metrics_free(struct metrics *m); /* NULL is accepted */

/** Take over what a sample says. Each one passes here once, in order, also one that failed. Returns
 *  0 or -ENOMEM. */
int metrics_take(struct metrics *m, const struct sample *s);

/** Append `s`, the sample that metrics_take() had last, as text: FORMAT_PROMETHEUS or
 *  FORMAT_OPENMETRICS, in no language. */
void metrics_print(const struct metrics *m, const struct sample *s, enum format format,
                   struct str *out);

/** So many series a host can have at most. */
unsigned metrics_most(void);

/** Append the table: for each metric its name and labels, type, the most series it has, and its
 *  help; then how many series there can be of all. */
void metrics_explain(struct str *out);

/** Append the name that a figure of a rule has as a metric: "tcptop_finding_ephemeral_used_ratio".
 */
void metrics_figure_name(enum rule_id rule, unsigned which, struct str *out);

#endif
