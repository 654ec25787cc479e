/* The sampling thread: takes a sample at each interval, joins it with the last, keeps the history,
 * publishes one pointer. Nobody waits for anybody. */
#ifndef TCPTOP_SOURCE_SAMPLER_H
#define TCPTOP_SOURCE_SAMPLER_H

#include "tcptop/source/source.h"

struct sampler;

/** Start sampling from `src` (taken over, also on failure). `wake_fd` is an eventfd that gets 1
 *  added for every published sample. `history_len`: points kept. `cpu_budget`: share of one core
 *  (0.25) above which the interval stretches. Returns 0 or -errno. */
int sampler_start(struct sampler **sampler, struct source *src, const struct request *req,
                  uint32_t history_len, double cpu_budget, int wake_fd, struct err *err);

/** A reference to the newest sample, NULL before the first. A failed sample is published too:
 *  status FAILED, no rows, with its place in the history. */
struct snapshot *sampler_latest(struct sampler *sampler);

/** Change what is asked for; `now`: sample at once. */
void sampler_request(struct sampler *sampler, const struct request *req, bool now);

/** Stop and free. Returns within 500 ms also during a slow dump. NULL is accepted. */
void sampler_stop(struct sampler *sampler);

/** The same work without a thread, for --once, batch and replay: sample, join with `*last`, append
 *  to the history, and replace `*last` (its reference is given back). */
struct stepper;
struct stepper *stepper_new(struct source *src, uint32_t history_len); /* takes over src */
void stepper_free(struct stepper *st);
int stepper_next(struct stepper *st, const struct request *req, struct snapshot **last,
                 struct err *err);

#endif
