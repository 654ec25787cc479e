/* The sampling thread: takes a sample at each interval, joins it with the last, keeps the history,
 * publishes one pointer. Nobody waits for anybody, except that the thread reads the next sample of
 * a recording when the last one was taken: none is left out. */
#ifndef TCPTOP_SOURCE_SAMPLER_H
#define TCPTOP_SOURCE_SAMPLER_H

#include "tcptop/source/sample_observer.h"
#include "tcptop/source/source.h"

struct sampler;

/** Start sampling from `src`, each sample seen by `examiner` (may be NULL; both are taken over,
 * also on failure). `wake_fd` is an eventfd that gets 1 added for every published sample (-1:
 * none). `history_len`: points kept. `cpu_budget`: share of one core (0.25) above which the
 * interval stretches. Returns 0 or -errno. */
int sampler_start(struct sampler **sampler, struct source *src, struct sample_observer *observer,
                  const struct request *req, uint32_t history_len, double cpu_budget, int wake_fd,
                  struct err *err);

/** A reference to the newest sample, NULL before the first. A failed sample is published too:
 *  status FAILED, no rows, with its place in the history. */
struct sample *sampler_latest(struct sampler *sampler);

/** 0 while samples may follow. -ENODATA when a recording was played to its end and every sample was
 *  taken; another -errno, with the cause in `err`, when it could not be read on. `wake_fd` tells of
 *  it, too. */
int sampler_ended(struct sampler *sampler, struct err *err);

/** Change what is asked for; `now`: sample at once. */
void sampler_request(struct sampler *sampler, const struct request *req, bool now);

/** Stop and free. Returns within 500 ms also during a slow dump, which then ends by itself. NULL is
 *  accepted. */
void sampler_stop(struct sampler *sampler);

/* The same work without a thread, for --once, batch and replay. */
struct sample_pipeline;

/** Takes over `src`, also on failure. NULL: out of memory. Owners, where they are asked for, are
 *  looked for as part of a sample, unless sample_pipeline_scan_apart() was called. */
struct sample_pipeline *sample_pipeline_new(struct source *src, uint32_t history_len);
void sample_pipeline_free(struct sample_pipeline *st); /* NULL is accepted */

/** From now on every sample is seen by `examiner` (taken over; NULL: by nobody). */
void sample_pipeline_observe(struct sample_pipeline *st, struct sample_observer *observer);

/** Look for owners on a thread, see owners_start(); what it finds is told by later samples. */
void sample_pipeline_scan_apart(struct sample_pipeline *st, double share,
                                void (*answered)(void *context), void *context);

/** Sample, join with the last one that did not fail, append to the history, and replace `*last`
 * (its reference is given back). Returns 0; -ENODATA when a recording is at its end; else -errno
 * with `err` filled. On failure `*last` stays. */
int sample_pipeline_next(struct sample_pipeline *st, const struct request *req,
                         struct sample **last, struct err *err);

/** After sample_pipeline_next() failed with `err`: a sample that says so, status FAILED, without
 * rows, and the history with its gap. NULL: out of memory. */
struct sample *sample_pipeline_failure(struct sample_pipeline *st, const struct request *req,
                                       const struct err *err);

#endif
