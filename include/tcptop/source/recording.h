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

#include "tcptop/model/episodes.h"
#include "tcptop/model/sample_reason.h"
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

struct recording_content {
    struct recording_moment *moment; /* of its samples */
    uint32_t n_moments, cap_moments;
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

/* Who recorded. */
struct recording_head {
    char program[64]; /* "tcptop 1.0.0", sanitised */
    char host[65];    /* its name, sanitised; "": not told; a token where `redacted` */
    char boot[64]; /* the host's boot id, sanitised; "": the samples were not of the recorder's host
                    */
    uint64_t run;  /* of the recorder: recordings with the same go on from one another */
    bool redacted; /* addresses are tokens, which mean nothing in another run */
};

/** Who recorded the last sample. Returns 0, or -ENODATA for a recording that does not say. */
int recording_head(struct source *src, struct recording_head *head);

/** Read blocks from the pipe `fd` (taken over, also on failure) while they are written. `first` are
 *  the first `n` bytes, read already; `name` is for messages. `whole`, which outlives it, is the
 *  source that uses it. Its samples end with -ENODATA, or with -EPROTONOSUPPORT at a block of
 * another version; then `*why` is not set. Returns 0 or -ENOMEM. */
int recording_open_stream(struct source **src, const struct source *whole, int fd, const char *name,
                          const void *first, size_t n, struct sample_reason *why);

/** Which spans the recording has, in order of time, until the source is closed. Reads them when it
 *  is called first; what a recorder has added to a file since is not among them. Returns 0, or
 * -errno: -ESPIPE for one that can only be read from front to back, -ENOMEM. */
int recording_spans(struct source *src, const struct recording_span **list, uint32_t *n);

#define RECORDING_RULES 32 /* that can be told of: as many as struct findings.skip has */

/* What was found while it was recorded, and how that can be believed. */
struct recording_findings {
    const struct episode *list; /* in the order in which they began; the source's, until the next
                                   call or until it is closed */
    uint32_t n;
    uint32_t lost;  /* how many more there are */
    uint64_t judge; /* by which rules and thresholds all of it was judged: what the recorder
                       was given as recorder_options.judge; 0: by different ones, or not */
    struct sample_reason reason; /* why not all of it could be read; REASON_NONE: it could */
    uint64_t samples;            /* how many there are; counted where `count_samples` */
    int64_t first_wall_ns, last_wall_ns; /* of these, the first and the last */
    int64_t first_mono_ns, last_mono_ns;
    uint8_t skip[RECORDING_RULES]; /* enum skip, by rule: how each of them could look by the end of
                                      the time that the recording is limited to */
    int64_t looked_wall_ns[RECORDING_RULES]; /* when a rule that is LOOKED could look first; 0: not
                                                known */
};

/** The findings that the recorder noted, with begin, end and worst moment, without judging any
 *  sample anew; of a recording that was limited those that held in that time. `rule_number` gives
 *  the number of the rule with that name, -1 where there is none. `count_samples`: read all samples
 *  as far as to count them, and verify their checksums; else only the heads of blocks are read.
 *  Returns 0 or -errno: -ESPIPE for what can only be read from front to back, also frame files. */
int recording_findings(struct source *src, int (*rule_number)(const char *name), bool count_samples,
                       struct recording_findings *out);

/** The reason that the recording, called `name`, has no sample of the time that it is limited to.
 *  `damage`: what recording_unread() or recording_findings() says of it. */
struct sample_reason recording_not_then(struct source *src, const char *name,
                                        const struct sample_reason *damage);

/** Why not all of what was played so far could be read, or was of it; REASON_NONE: all was. Known
 *  when it has come to its end. Samples beside what is damaged are whole. Of any source: one that
 * is no recording has read all. */
struct sample_reason recording_unread(const struct source *src);

/** Make the next sample the last one taken at `wall_ns` or before, or the first of all. Returns 0,
 *  or -errno as recording_spans() does. */
int recording_seek(struct source *src, int64_t wall_ns);

/** Make the next sample the one before the last. Returns 0, -ENODATA when that was the first, or
 *  -errno as recording_spans() does. */
int recording_step_back(struct source *src);

/** Play only samples taken from `begin_ns` to `end_ns` (wall clock), both included; where it can,
 * it jumps there. INT64_MIN and INT64_MAX: no limit. Returns 0, -ENOMEM, or -ESPIPE for the text of
 * another program, which has no times. */
int recording_limit(struct source *src, int64_t begin_ns, int64_t end_ns);

#endif
