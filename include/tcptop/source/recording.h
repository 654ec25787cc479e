/* SPDX-License-Identifier: MIT */
/* What a recording can do besides being played as a source: to jump, to step back, and to tell what
 * there is when without being played. All calls come from the thread that samples.
 *
 * A call that moves takes effect with the next sample. A sample that is not the successor of the
 * last one is not compared with it: rates and missing rows begin anew. */
#ifndef TCPTOP_SOURCE_RECORDING_H
#define TCPTOP_SOURCE_RECORDING_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/state.h"
#include "tcptop/source/source.h"

/* A run of samples that begins with a complete one: about a minute. */
struct recording_span {
    uint32_t file;    /* of a directory, counted from 0 */
    uint64_t at;      /* where in the file its first sample is, in bytes */
    uint64_t seq;     /* number of its first sample */
    uint32_t samples; /* how many */
    int64_t first_mono_ns, last_mono_ns;
    int64_t first_wall_ns, last_wall_ns;
    bool counted;                   /* what follows is known: not of the last one of a file that
                                       was cut or is still being written */
    uint32_t most[TCP_STATE_COUNT]; /* the largest count of each state in one of the samples */
    uint32_t most_total;
    uint8_t worst; /* enum severity of the gravest finding while it was recorded */
};

/** Which spans the recording has, in order of time, until the source is closed. Reads them when it
 *  is called first; what a recorder has added since is not among them. Returns 0, or -errno:
 *  -ESPIPE for one that can only be read from front to back, -ENOMEM. */
int recording_spans(struct source *src, const struct recording_span **list, uint32_t *n);

/** Make the next sample the last one taken at `wall_ns` or before, or the first of all. Returns 0,
 *  or -errno as recording_spans() does. */
int recording_seek(struct source *src, int64_t wall_ns);

/** Make the next sample the one before the last. Returns 0, -ENODATA when that was the first, or
 *  -errno as recording_spans() does. */
int recording_step_back(struct source *src);

/** Play only samples taken from `begin_ns` to `end_ns` (wall clock), both included; where it can,
 * it jumps there. INT64_MIN and INT64_MAX: no limit. Returns 0 or -ENOMEM. */
int recording_limit(struct source *src, int64_t begin_ns, int64_t end_ns);

#endif
