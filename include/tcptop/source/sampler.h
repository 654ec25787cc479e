/* The sampling thread: takes a sample at each interval, joins it with the last, keeps the history,
 * publishes one pointer. Nobody waits for anybody. */
#ifndef TCPTOP_SOURCE_SAMPLER_H
#define TCPTOP_SOURCE_SAMPLER_H

#include "tcptop/source/sample_observer.h"
#include "tcptop/source/source.h"

struct sampler;

/** Start sampling from `src`, each sample seen by `examiner` (may be NULL; both are taken over,
 * also on failure). `wake_fd` is an eventfd that gets 1 added for every published sample (-1:
 * none). `history_len`: points kept. `cpu_budget`: share of one core (0.25) above which the
 * interval stretches. Returns 0 or -errno. */
int sampler_start(struct sampler **sampler, struct source *src, struct examiner *examiner,
                  const struct request *req, uint32_t history_len, double cpu_budget, int wake_fd,
                  struct err *err);

/** A reference to the newest sample, NULL before the first. A failed sample is published too:
 *  status FAILED, no rows, with its place in the history. */
struct snapshot *sampler_latest(struct sampler *sampler);

/** Change what is asked for; `now`: sample at once. */
void sampler_request(struct sampler *sampler, const struct request *req, bool now);

/** Stop and free. Returns within 500 ms also during a slow dump. NULL is accepted. */
void sampler_stop(struct sampler *sampler);

/* The same work without a thread, for --once, batch and replay. */
struct stepper;

/** Takes over `src`, also on failure. NULL: out of memory. Owners, where they are asked for, are
 *  looked for as part of a sample, unless stepper_scan_apart() was called. */
struct stepper *stepper_new(struct source *src, uint32_t history_len);
void stepper_free(struct stepper *st); /* NULL is accepted */

/** From now on every sample is seen by `examiner` (taken over; NULL: by nobody). */
void stepper_examine(struct stepper *st, struct examiner *examiner);

/** Look for owners on a thread, see owners_start(); what it finds is told by later samples. */
void stepper_scan_apart(struct stepper *st, double share, void (*answered)(void *context),
                        void *context);

/** Sample, join with the last one that did not fail, append to the history, and replace `*last`
 * (its reference is given back). Returns 0; -ENODATA when a recording is at its end; else -errno
 * with `err` filled. On failure `*last` stays. */
int stepper_next(struct stepper *st, const struct request *req, struct snapshot **last,
                 struct err *err);

/** After stepper_next() failed with `err`: a sample that says so, status FAILED, without rows, and
 *  the history with its gap. NULL: out of memory. */
struct snapshot *stepper_failure(struct stepper *st, const struct request *req,
                                 const struct err *err);

#endif
