/* SPDX-License-Identifier: MIT */
/* The sampling thread: takes a sample at each interval through a sample_pipeline and publishes it
 * as one pointer. Readers take a reference to the newest sample; the lock is held only for that.
 * Of a recording the next sample is read when the last one was taken, so that none is left out. */
#ifndef TCPTOP_SOURCE_SAMPLER_H
#define TCPTOP_SOURCE_SAMPLER_H

#include "tcptop/source/sample_pipeline.h"

struct sampler;

/** Start sampling from `src`, each sample seen by `observer` (may be NULL; both are taken over,
 * also on failure). `wake_fd` is an eventfd to which 1 is added for every published sample (-1:
 * none). `history_len`: points kept. `cpu_budget`: share of one core (0.25) above which the
 * interval is stretched. Returns 0 or -errno with `*why` set. */
int sampler_start(struct sampler **sampler, struct source *src, struct sample_observer *observer,
                  const struct request *req, uint32_t history_len, double cpu_budget, int wake_fd,
                  struct sample_reason *why);

/** A reference to the newest sample, NULL before the first. A failed sample is published too:
 * status FAILED, no rows, with its place in the history. Any thread. */
const struct sample *sampler_latest(struct sampler *sampler);

/** When the sample that is under way or comes next will be late, in ns of the monotonic clock: one
 *  second, and twice what samples have cost, after its time; of a stream three intervals after the
 *  last one. 0: never, since samples are those of a
 *  recording, or have ended. Any thread. */
int64_t sampler_late_ns(struct sampler *sampler);

/** 0 while samples may follow. -ENODATA when a recording was played to its end and every sample was
 *  taken; another -errno, with the cause in `*why`, when it could not be read on, or when there
 *  was no memory for a first sample. `wake_fd` is added to then, too. */
int sampler_ended(struct sampler *sampler, struct sample_reason *why);

/** Change what is asked for; `now`: sample at once. Any thread. */
void sampler_request(struct sampler *sampler, const struct request *req, bool now);

/** Stop and free. Returns within 500 ms also during a slow dump, which then ends by itself. NULL is
 *  accepted. */
void sampler_stop(struct sampler *sampler);

#endif
