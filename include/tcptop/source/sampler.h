/* The sampling thread: takes a sample at each interval through a sample_pipeline and publishes it
 * as one pointer. Readers take a reference to the newest sample; the lock is held only for that. */
#ifndef TCPTOP_SOURCE_SAMPLER_H
#define TCPTOP_SOURCE_SAMPLER_H

#include "tcptop/source/sample_pipeline.h"

struct sampler;

/** Start sampling from `src`, each sample seen by `observer` (may be NULL; both are taken over,
 * also on failure). `wake_fd` is an eventfd to which 1 is added for every published sample (-1:
 * none). `history_len`: points kept. `cpu_budget`: share of one core (0.25) above which the
 * interval is stretched. Returns 0 or -errno with `err` filled. */
int sampler_start(struct sampler **sampler, struct source *src, struct sample_observer *observer,
                  const struct request *req, uint32_t history_len, double cpu_budget, int wake_fd,
                  struct err *err);

/** A reference to the newest sample, NULL before the first. A failed sample is published too:
 * status FAILED, no rows, with its place in the history. Any thread. */
const struct sample *sampler_latest(struct sampler *sampler);

/** Change what is asked for; `now`: sample at once. Any thread. */
void sampler_request(struct sampler *sampler, const struct request *req, bool now);

/** Stop and free. Returns within 500 ms also during a slow dump. NULL is accepted. */
void sampler_stop(struct sampler *sampler);

#endif
