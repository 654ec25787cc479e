/* SPDX-License-Identifier: MIT */
/* Plays a recording of blocks: one file, the files of a directory one after the other, or a pipe.
 * Blocks that are damaged are left out, and what follows them is played from the next complete
 * sample on. */
#ifndef TCPTOP_SRC_SOURCE_BLOCK_READER_H
#define TCPTOP_SRC_SOURCE_BLOCK_READER_H

#include "block_decode.h"
#include "block_directory.h"
#include "tcptop/source/recording.h"

struct block_ring;

struct block_reader;

/** What of a recording could not be played. */
struct block_reader_faults {
    bool damaged;                   /* a block, or the end of a file */
    bool newer;                     /* a block is of a later version */
    uint64_t damaged_at;            /* where in its file the first damage is, in bytes */
    bool again;                     /* and once more after a sample that can be played */
    bool in_gap;                    /* none can be played since the last damage, which is … */
    uint32_t last_file;             /* … in this file */
    uint64_t last_at;               /* … and there */
    int64_t begin_ns, end_ns;       /* wall clock of the last sample before the first damage and of
                                       the first one after the last that can be played; 0: there is
                                       none, or not known */
    struct block_left_out left_out; /* of a directory */
};

/** Read from the open file `fd`, which is taken over, also on failure. `first` are `n` bytes that
 *  were read from it already. `owner`, whose cancellation ends every wait, outlives it. Returns 0
 * or -ENOMEM. */
int block_reader_open(struct block_reader **r, const struct source *owner, int fd,
                      const void *first, size_t n);

/** Read the files of the directory `path`. Returns 0 or -errno: -ENOENT when it has none. */
int block_reader_open_directory(struct block_reader **r, const struct source *owner,
                                const char *path);

/** Read the ring, which outlives the reader. */
int block_reader_open_ring(struct block_reader **r, const struct source *owner,
                           struct block_ring *ring);

void block_reader_close(struct block_reader *r); /* NULL is accepted */

/** Can it move: is it no pipe? */
bool block_reader_moves(const struct block_reader *r);

/** The input is read while it is written: block_reader_next() ends with -EPROTONOSUPPORT at a block
 *  of another version, since nobody knows whether one will follow that can be read. */
void block_reader_follow(struct block_reader *r);

/** See recording_head(). */
int block_reader_head(struct block_reader *r, struct recording_head *head);

/** Read the next sample into `b`, which is empty. Returns 0, -ENODATA at the end, or -errno. */
int block_reader_next(struct block_reader *r, struct sample_builder *b);

/** Set the owner words of rows that are not live, see struct source_ops. */
void block_reader_owners(struct sample *s, const struct sample *prev);

/** Make `b`, into which a part of a recording was read, empty again. */
void block_reader_empty(struct sample_builder *b);

/** What of that is said: the damage, if there is any. REASON_NONE when all could be played. */
struct sample_reason block_reader_reason(const struct block_reader_faults *faults);

struct block_reader_faults block_reader_faults(const struct block_reader *r);

/* A block as a visitor sees it. */
struct block_visited {
    uint8_t type;         /* enum block_type */
    const uint8_t *bytes; /* payload of a HEAD, NOTE or END, else NULL */
    size_t len;
    const struct block_moment *moment; /* of a KEY or DELTA, where they are asked for and it is
                                          sound, else NULL */
};

/* First member of the struct of whoever visits. */
struct block_visitor {
    /** Take a block. What is not 0 ends the visit, which returns it. */
    int (*visit)(struct block_visitor *v, const struct block_visited *b);
    bool moments; /* tell which samples there are */
    /* For block_reader_visit(): */
    uint64_t key_seq;     /* of the last KEY; 0: what counts from it cannot be played */
    int64_t last_wall_ns; /* of the last sample that can be played; 0: there is none yet */
};

/** Show the visitor the blocks of all files from the beginning, whatever is being played and
 * limited; samples are not decoded. What is damaged, or of a later version, is left out and noted
 * in
 *  `*faults`. Returns 0 or -errno: -ESPIPE for what cannot seek. */
int block_reader_visit(struct block_reader *r, struct block_visitor *v,
                       struct block_reader_faults *faults);

/** The times that block_reader_limit() set. */
void block_reader_limits(const struct block_reader *r, int64_t *begin_ns, int64_t *end_ns);

/* See recording.h. */
int block_reader_spans(struct block_reader *r, const struct recording_span **list, uint32_t *n);
int block_reader_seek(struct block_reader *r, int64_t wall_ns);
int block_reader_step_back(struct block_reader *r);
int block_reader_limit(struct block_reader *r, int64_t begin_ns, int64_t end_ns);
int block_reader_where(const struct block_reader *r, struct recording_place *place);
int block_reader_go(struct block_reader *r, const struct recording_span *span);
int block_reader_look(struct block_reader *r, const struct recording_span *span,
                      const struct recording_content **content);

#endif
