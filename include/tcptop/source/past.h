/* SPDX-License-Identifier: MIT */
/* The last minutes of a screen, kept in memory in the blocks of a recording (src/source/FORMAT.md).
 * A thread of its own encodes each sample; where it does not keep up, samples are left out and
 * recorded as a gap. Figures of tcp_info are kept where samples have them. */
#ifndef TCPTOP_SOURCE_PAST_H
#define TCPTOP_SOURCE_PAST_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/sample.h"
#include "tcptop/source/source.h"

struct past;

struct past_options {
    uint64_t max_bytes; /* of blocks */
    double share;       /* of one core that encoding may take */
    bool cmdlines;      /* keep command lines */
    bool is_live;       /* the samples are of this host, now */
    uint64_t interval_ms;
    const char *(*rule_name)(unsigned rule);
};

/** Begin to keep. Returns 0 or -errno: -EAGAIN when there are too many threads. */
int past_open(struct past **past, const struct past_options *options);

/** Keep the sample, with a reference of its own. Does not wait. For one thread. */
void past_add(struct past *past, const struct sample *s);

/** Wait until every sample that was added is kept. */
void past_settle(struct past *past);

/** Open what is kept, as a recording that can move (recording.h). Any thread; the source is closed
 *  before past_close(). Returns 0 or -ENOMEM. */
int past_source(struct past *past, struct source **src);

/** Write what is kept to the open file `fd`, as a recording that recording_open() reads. Any
 *  thread. `*samples` is how many. Returns 0, -ENODATA when nothing is kept, or -errno. */
int past_save(struct past *past, int fd, uint32_t *samples);

/** End the thread and forget what was kept. NULL is accepted. */
void past_close(struct past *past);

#endif
