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

#include "tcptop/model/findings.h"
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

/* A place in a recording. Places of one recording are in the order of their members. */
struct recording_place {
    uint32_t file;
    uint64_t at;  /* of the span's first sample */
    uint64_t seq; /* number of the sample */
};

/* What a span holds. */
struct recording_moment {
    uint64_t seq;
    int64_t mono_ns, wall_ns;
};

struct recording_note {
    bool ended;             /* else it began, or became more or less grave */
    uint8_t severity;       /* enum severity */
    uint32_t sample;        /* which of the span's samples it was found in */
    uint64_t key;           /* the same finding later */
    int64_t wall_ns;        /* since when it holds, or when it ended */
    char rule[32];          /* its name as in JSON */
    struct finding finding; /* what its title says: subject, ends, process, figures; not its rule */
};

struct recording_content {
    struct recording_moment *moment;
    struct recording_note *note;
    uint32_t n_moments, n_notes, cap_moments, cap_notes;
};

/** Can it move? Not what can only be read from front to back. */
bool recording_moves(const struct source *src);

/** Where the last sample is. Returns 0, -ENODATA before the first, -ESPIPE as above. */
int recording_where(struct source *src, struct recording_place *place);

/** Make the next sample the first one of the span. Returns 0 or -errno. */
int recording_go(struct source *src, const struct recording_span *span);

/** Look into a span without playing it. `*content` is the source's until the next call. Returns 0
 *  or -errno: -ESTALE when it is kept no more. */
int recording_look(struct source *src, const struct recording_span *span,
                   const struct recording_content **content);

struct block_ring;

/** Open what a recorder keeps in memory. Closed before the ring is. Returns 0 or -ENOMEM. */
int recording_open_ring(struct source **src, struct block_ring *ring);

/** Which spans the recording has, in order of time, until the source is closed. Reads them when it
 *  is called first; what a recorder has added to a file since is not among them. Returns 0, or
 * -errno: -ESPIPE for one that can only be read from front to back, -ENOMEM. */
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
