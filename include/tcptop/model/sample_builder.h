/* SPDX-License-Identifier: MIT */
/* What fills a sample: memory, and what is needed only until the sample is published.
 *
 * One thread owns a builder from sample_builder_new() to sample_publish() or sample_discard(), and
 * only it writes: the source adds live rows with sample_add(), straight from the receive buffer;
 * the pipeline then joins the sample with the one before (diff.h). A parallel dump lends the arrays
 * to two threads for a while: sample_split(), sample_unite().
 *
 * The sample is the builder's first member, so publishing copies nothing: readers get its address.
 * The builder stays behind as the owner of the arrays until the last reference is gone; then the
 * pool keeps it, with its memory, for the next sample. */
#ifndef TCPTOP_MODEL_SAMPLE_BUILDER_H
#define TCPTOP_MODEL_SAMPLE_BUILDER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptop/model/sample.h"

struct predicate;
struct row_stream;
struct sample_pool;

struct sample_builder {
    struct sample sample; /* what is being filled; first member */

    /* Capacities of its arrays, and arrays that are kept while the sample does without them
       (sample.metrics, .rate or .owner is NULL). */
    uint32_t row_cap; /* conn and times */
    struct tcp_metrics *metrics_memory;
    uint32_t metrics_cap;
    struct rate *rate_memory;
    uint32_t rate_cap;
    uint32_t *owner_memory;
    uint32_t owner_cap, owner_rows; /* room, and how many words are set while there is .owner */
    uint32_t watch_cap;

    /* While the source fills it. */
    struct row_stream *row_stream; /* judges the rows while they arrive; NULL: all are kept */

    struct cgroup_ids cgroup_ids; /* numbers of control groups, for conn.cgroup; also for the table
                                     that is made of them after the join */

    /* Until the join. */
    const struct sample *close_events;  /* sockets that the kernel reported closed, as live rows in
                                           order of time; a reference, NULL: none */
    uint32_t events_before_dump;        /* so many of them were reported before the dump began */
    const struct predicate *count_only; /* close_stats counts only what passes; NULL: everything */
    struct sample_builder *gathering;   /* rows of the states that the dump left out, which are read
                                           meanwhile; NULL: none are. Not owned */
    bool gathered;     /* these are all: they are part of this sample, which so is a full one */
    bool owners_known; /* the words of live rows are final, and not to be inherited */

    /* While two threads fill the halves of one sample, see sample_split(). */
    struct sample_builder *lender; /* whose arrays these are; NULL: its own */
    bool downwards;                /* rows lie before `conn`, the last one first */
    atomic_uint room;              /* the lender's: rows that no half has taken yet */

    atomic_uint refs; /* of the sample */
    struct sample_pool *pool;
};

/** A pool keeps the builder of the last sample that was given back, for the next one. Returns NULL
 *  when there is no memory. */
struct sample_pool *sample_pool_new(void);

/** No more samples will be taken from the pool; those that readers hold stay valid. NULL is
 *  accepted. */
void sample_pool_free(struct sample_pool *pool);

/** A builder with an empty sample. `pool` may be NULL. Returns NULL when there is no memory. */
struct sample_builder *sample_builder_new(struct sample_pool *pool);

/** End the filling: the sample, with one reference, which nobody changes any more. */
const struct sample *sample_publish(struct sample_builder *b);

/** Give up a sample that was not published. NULL is accepted. */
void sample_discard(struct sample_builder *b);

/** Make room for `rows` rows of all kinds. A large array that is reserved while the sample has no
 *  row is cheaper to fill than one that grows. Returns 0 or -ENOMEM. */
int sample_reserve(struct sample_builder *b, uint32_t rows);

/** Have metrics for as many rows as sample_reserve() made room for; rows that came without have
 * none that are known. Returns 0 or -ENOMEM. */
int sample_reserve_metrics(struct sample_builder *b);

/** Make room for the owner words of `rows` rows; new ones are OWNER_UNKNOWN. Returns 0 or -ENOMEM.
 */
int sample_reserve_owner(struct sample_builder *b, uint32_t rows);

/** Make room for the rates of `rows` rows, for which sample_reserve() made room; those from `had`
 * on are unknown. Returns 0 or -ENOMEM. */
int sample_reserve_rates(struct sample_builder *b, uint32_t had, uint32_t rows);

/** Add a live row, zeroed, for the caller to write to. `*metrics` (`metrics` may be NULL) is where
 *  its metrics go, NULL unless NEED_TCP_INFO was asked for. Returns NULL when there is no memory.
 */
struct conn *sample_add(struct sample_builder *b, struct tcp_metrics **metrics);

/** Take back the row that was added last. */
void sample_drop_last(struct sample_builder *b);

/** Take back all live rows. */
void sample_drop_all(struct sample_builder *b);

/** Put the live row `from` in the place of the live row `to`, which is lost. */
void sample_move(struct sample_builder *b, uint32_t to, uint32_t from);

/** Add a closed row, for which there must be room. `final` (may be NULL) are its last metrics; they
 *  are left out when there is no memory for them. */
void sample_add_closed(struct sample_builder *b, const struct conn *c, struct row_times times,
                       const struct tcp_metrics *final);

/** The number of a congestion control's name, of `len` bytes, for tcp_metrics.congestion; 0: there
 *  is no room for it. */
uint8_t sample_add_congestion(struct sample_builder *b, const char *name, size_t len);

/** Call before filling: number the names as the sample before did, since closed rows keep metrics
 * of it. */
void sample_keep_congestion(struct sample_builder *b, const struct sample *before);

/** Lend the arrays of the empty `b`, with room for `rows` rows, to two builders that two threads
 *  fill at the same time, one from each end. Together they can have no more rows. Returns 0 or
 *  -ENOMEM. */
int sample_split(struct sample_builder *b, uint32_t rows, struct sample_builder half[2]);

/** Take the rows of both halves as those of `b`, moving no more of them than there was room left,
 *  and the sum of their rejected records and the worse status. */
void sample_unite(struct sample_builder *b, struct sample_builder half[2]);

/** Free what the halves have of their own, where they are not united. */
void sample_split_fini(struct sample_builder half[2]);

/** Add the live rows of another sample that is being filled, their metrics where they are known,
 * and its counts. Returns 0 or -ENOMEM. */
int sample_append(struct sample_builder *b, const struct sample_builder *other);

/** Put the live rows of `first`, and their metrics where they are known, before those of `b`. It
 *  costs a copy of the rows that `b` has, whose arrays `first` has then, empty. Returns 0 or
 *  -ENOMEM. */
int sample_prepend(struct sample_builder *b, struct sample_builder *first);

/** Make the status no better than `status`, and `why` the reason unless there is one already. */
void sample_set_status(struct sample *s, enum sample_status status, struct sample_reason why);

/** PARTIAL when records were refused, see sample.rejected. */
void sample_set_rejected(struct sample *s);

/** Complete, for no reason: before another try to fill it. */
void sample_clear_status(struct sample *s);

/** Count the states of the live rows and set `total`. */
void sample_count(struct sample *s);

static inline void sample_count_row(struct sample *s, const struct conn *c)
{
    unsigned state = c->flags & CONN_BOUND ? TCP_STATE_BOUND_INACTIVE : c->state;

    if (state < TCP_STATE_COUNT)
        s->count[state]++;
}

#endif
