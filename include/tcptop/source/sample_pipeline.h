/* SPDX-License-Identifier: MIT */
/* Takes one sample after the other: dump, join with the last, history, owners, findings. The
 * sampling thread runs it; --once, batch and replay call it directly. For one thread at a time. */
#ifndef TCPTOP_SOURCE_SAMPLE_PIPELINE_H
#define TCPTOP_SOURCE_SAMPLE_PIPELINE_H

#include "tcptop/source/source.h"

/* Looks at every sample before it is published, and adds what it found. First member of the struct
 * of whoever does so. All calls come from the thread that samples. */
struct sample_observer {
    /** What the next sample must have for it: enum need. `now_ns`: monotonic. */
    uint32_t (*needs)(struct sample_observer *e, int64_t now_ns);
    /** Set s->findings. `s` is joined and has its history and owners. */
    void (*observe)(struct sample_observer *e, struct sample *s);
    void (*free)(struct sample_observer *e);
};

struct sample_pipeline;

/** Takes over `src`, also on failure. Returns NULL when there is no memory. Owners, where they are
 *  asked for, are looked up as part of a sample, unless sample_pipeline_scan_apart() was called. */
struct sample_pipeline *sample_pipeline_new(struct source *src, uint32_t history_len);
void sample_pipeline_free(struct sample_pipeline *st); /* NULL is accepted */

/** Have every sample from now on seen by `observer` (taken over; NULL: by nobody). */
void sample_pipeline_observe(struct sample_pipeline *st, struct sample_observer *observer);

/** Look up owners on a thread of their own, see owner_scanner_start(); later samples have what it
 * finds.
 */
void sample_pipeline_scan_apart(struct sample_pipeline *st, double share,
                                void (*answered)(void *context), void *context);

/** Have the intervals of every sample that is not recorded set by `set`, called with the finished
 *  sample; without it, sample.interval_ms is what the request asks for. */
void sample_pipeline_set_interval(struct sample_pipeline *st,
                                  void (*set)(void *context, struct sample *s), void *context);

/** Between two samples, until `until_ns` on the monotonic clock, read rows of the states that brief
 *  samples leave out; brief samples that are taken meanwhile mend what was read so far. When all
 * are there, the next sample that may be brief costs as little, but is a full one. `req` as for
 * that sample. Returns 1: there is more to read, 0: all rows are there, or -errno: the source
 * cannot do so, or could not this time. */
int sample_pipeline_gather(struct sample_pipeline *st, const struct request *req, int64_t until_ns);

/** Where its samples come from; it stays the pipeline's. */
struct source *sample_pipeline_source(const struct sample_pipeline *st);

/** Forget every sample so far, and who looked at them: the next one is as the first. Returns 0 or
 *  -ENOMEM. */
int sample_pipeline_restart(struct sample_pipeline *st);

/** Sample, join with the last sample that did not fail, append to the history, and replace `*last`
 *  (its reference is given back). Returns 0; -ENODATA when a recording is at its end; else -errno
 *  with `*why` set. On failure `*last` stays. */
int sample_pipeline_next(struct sample_pipeline *st, const struct request *req,
                         const struct sample **last, struct sample_reason *why);

/** After sample_pipeline_next() failed with `why`: a sample with that reason, status FAILED,
 * without rows, and the history with its gap. Returns NULL when there is no memory. */
const struct sample *sample_pipeline_failure(struct sample_pipeline *st, const struct request *req,
                                             const struct sample_reason *why);

#endif
