/* SPDX-License-Identifier: MIT */
/* The files of a directory of recordings: which of them are played, and in which order. */
#ifndef TCPTOP_SRC_SOURCE_BLOCK_DIRECTORY_H
#define TCPTOP_SRC_SOURCE_BLOCK_DIRECTORY_H

#include <stdbool.h>
#include <stdint.h>

struct source;

#define BLOCK_DIRECTORY_SUFFIX ".tcptop" /* of the files */

/* Starts as zero; without a path it is no directory. */
struct block_directory {
    char *path;  /* owned */
    char **name; /* of the files, in the order in which they are played; owned */
    uint32_t n;
};

/** The files that are not played, since they cannot be one recording with the others. */
struct block_left_out {
    uint32_t other_host;   /* so many are of another host */
    uint32_t other_writer; /* and so many were written at the same time as others of this host */
    char name[256];        /* one of them, with its host where that is why; sanitised */
};

/** Say when the samples of file `i` of the directory begin and end. False: it has none. */
typedef bool block_directory_times(void *context, uint32_t i, int64_t *first_wall_ns,
                                   int64_t *last_wall_ns);

/** List the files of the directory `path` in the order of their names. Returns 0 or -errno: -ENOENT
 *  when it has none. End with block_directory_fini(), also after a failure. */
int block_directory_list(struct block_directory *d, const char *path);
void block_directory_fini(struct block_directory *d);

/** Open file `i`. Returns its descriptor, or -errno: -EINVAL for what is no regular file. */
int block_directory_open(const struct block_directory *d, uint32_t i);

/** Arrange the files of several runs of a recorder, which their HEAD blocks tell apart, in order of
 *  time, and take out of `d` those that are not played: runs of another host than the first one,
 *  and those that begin before a run ahead of them has ended. `*left_out`, which is zero, counts
 *  them. Files of one run stay as they are listed. `owner` is that of struct block_file; where
 *  there are several runs, `times` is called with `context` for each file. Returns 0 or -ENOMEM. */
int block_directory_arrange(struct block_directory *d, const struct source *owner,
                            block_directory_times *times, void *context,
                            struct block_left_out *left_out);

#endif
