/* SPDX-License-Identifier: MIT */
/* Writes samples to a file, to the files of a directory, or to standard output, as recordings that
 * recording_open() reads. For one thread at a time.
 *
 * A block is one write(); at each complete sample the file is brought to the disk. A file that was
 * not ended, because the process or the machine was, can be played to its last whole block. Where a
 * block cannot be written the file is cut back to the last whole one, and recording stands still:
 * of a file for good, of a directory until its next file is due. */
#ifndef TCPTOP_SOURCE_RECORDER_H
#define TCPTOP_SOURCE_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/sample.h"

struct recorder;
struct block_ring;

struct recorder_options {
    const char *path;        /* a file to make; a directory; "-" for standard output */
    struct block_ring *ring; /* memory in the place of a file; NULL: `path` says where */
    bool force;              /* write over a file that exists, and through a symbolic link */
    int64_t keep_ns; /* files of the directory that are older are removed; 0: none is for that */
    uint64_t
        max_bytes; /* of all recordings in the directory; the oldest are removed; 0: no limit */
    bool redact;   /* addresses and host names become tokens */
    bool metrics;  /* record tcp_info of every connection that has it */
    bool cmdlines; /* record command lines */
    bool is_live;  /* the samples are of this host, now */
    uint64_t interval_ms;                    /* asked for */
    const char *(*rule_name)(unsigned rule); /* of a finding; NULL for a number that is no rule's.
                                                NULL: findings are not recorded */
    uint64_t judge; /* stands for the rules and thresholds by which they are judged; 0: nothing is
                       known of that */
};

/** Is the path that of a directory: does it end in "/", or is there one? */
bool recorder_is_directory(const char *path);

/** Open, with the rights of the caller. Files have mode 0600; without `force` an existing file or a
 *  symbolic link is refused. Returns 0 or -errno: -EEXIST for those, -EBUSY for a file that another
 *  recorder writes. `options` are copied, but for the text of `path`. */
int recorder_open(struct recorder **r, const struct recorder_options *options);

/** Record the sample. Those that were left out since the last one, by their numbers, and those that
 *  failed are recorded as a gap. Returns 0, or -errno while recording stands still: -EPIPE when the
 *  reader has gone. */
int recorder_add(struct recorder *r, const struct sample *s);

/** The file that is, or was last, written, for messages. */
const char *recorder_file(const struct recorder *r);

/** End the file as it was asked to, and free. Returns 0 or -errno when that could not be written.
 *  NULL is accepted. */
int recorder_close(struct recorder *r);

#endif
