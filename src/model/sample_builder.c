/* SPDX-License-Identifier: MIT */
/* Filling a sample: its rows and their arrays. */
#include "tcptop/model/sample_builder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tcptop/base/utf8.h"

#define ROWS_MIN    256u             /* first size of the arrays */
#define LARGE_BYTES (4u << 20)       /* arrays that are worth huge pages */
#define LOAN        1024u            /* rows by which a borrowed array grows */
#define ROWS_MAX    (UINT32_MAX / 2) /* so that no sum of counts overflows */

/* At least half as much again: mremap() grows an array without a copy, and memory that is not
 * touched costs nothing. */
static uint32_t grown_cap(uint32_t cap, uint32_t rows)
{
    uint32_t next = cap + cap / 2;

    return next > rows ? next : rows > ROWS_MIN ? rows : ROWS_MIN;
}

/* In huge pages a large array costs few page faults. Only for a new array: when one grows, the
 * kernel would have to split them. The page in which malloc() keeps the length of the array is
 * included: else it would be a mapping of its own, and mremap(), by which realloc() enlarges an
 * array without a copy, refuses memory of two mappings. */
static void *new_array(size_t bytes)
{
    void *array = malloc(bytes);
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

    if (array && bytes >= LARGE_BYTES) {
        uintptr_t begin = (uintptr_t)array & ~(page - 1);
        (void)madvise((void *)begin, (uintptr_t)array + bytes - begin, MADV_HUGEPAGE);
    }
    return array;
}

/* The array with room for `bytes` bytes, with its contents when `kept`. On failure NULL, and the
 * array is as it was. */
static void *enlarged(void *array, size_t bytes, bool kept)
{
    void *larger = kept ? realloc(array, bytes) : new_array(bytes);

    if (larger && !kept)
        free(array);
    return larger;
}

/* More of the lender's rows for one half, while there are any. */
static int borrow_more(struct sample_builder *b)
{
    uint32_t room = atomic_load_explicit(&b->lender->room, memory_order_relaxed);

    do {
        if (room < LOAN)
            return -ENOMEM;
    } while (!atomic_compare_exchange_weak_explicit(&b->lender->room, &room, room - LOAN,
                                                    memory_order_relaxed, memory_order_relaxed));
    b->row_cap += LOAN;
    return 0;
}

int sample_reserve_metrics(struct sample_builder *b)
{
    struct sample *s = &b->sample;

    if (b->row_cap > b->metrics_cap) {
        void *larger =
            enlarged(b->metrics_memory, b->row_cap * sizeof *s->metrics, s->metrics && s->n_live);
        if (!larger)
            return -ENOMEM;
        b->metrics_memory = larger;
        b->metrics_cap = b->row_cap;
    }
    for (uint32_t row = 0; !s->metrics && row < s->n_live; row++) /* rows that came without */
        tcp_metrics_clear(&b->metrics_memory[row]);
    s->metrics = b->metrics_memory;
    return 0;
}

int sample_reserve(struct sample_builder *b, uint32_t rows)
{
    struct sample *s = &b->sample;
    bool kept = sample_rows(s) > 0;
    uint32_t cap;
    void *larger;

    if (rows <= b->row_cap)
        return 0;
    if (b->lender)
        return borrow_more(b);
    if (rows > ROWS_MAX)
        return -ENOMEM;
    cap = grown_cap(kept ? b->row_cap : 0, rows);
    larger = enlarged(s->conn, cap * sizeof *s->conn, kept);
    if (!larger)
        return -ENOMEM;
    s->conn = larger;
    larger = enlarged(s->times, cap * sizeof *s->times, kept);
    if (!larger)
        return -ENOMEM;
    s->times = larger;
    b->row_cap = cap;
    return s->metrics ? sample_reserve_metrics(b) : 0;
}

int sample_reserve_rates(struct sample_builder *b, uint32_t had, uint32_t rows)
{
    static const struct rate unknown = {RATE_UNKNOWN, RATE_UNKNOWN};
    struct sample *s = &b->sample;

    if (b->row_cap > b->rate_cap) {
        void *larger = enlarged(b->rate_memory, b->row_cap * sizeof *s->rate, had > 0);
        if (!larger)
            return -ENOMEM;
        b->rate_memory = larger;
        b->rate_cap = b->row_cap;
    }
    s->rate = b->rate_memory;
    for (uint32_t row = had; row < rows; row++)
        s->rate[row] = unknown;
    return 0;
}

int sample_reserve_owner(struct sample_builder *b, uint32_t rows)
{
    struct sample *s = &b->sample;
    uint32_t had = s->owner ? b->owner_rows : 0;

    if (rows > b->owner_cap || !b->owner_memory) {
        uint32_t cap = grown_cap(had, rows);
        void *larger = enlarged(b->owner_memory, cap * sizeof *s->owner, s->owner);
        if (!larger)
            return -ENOMEM;
        b->owner_memory = larger;
        b->owner_cap = cap;
    }
    s->owner = b->owner_memory;
    b->owner_rows = rows > had ? rows : had;
    memset(s->owner + had, 0, (b->owner_rows - had) * sizeof *s->owner);
    return 0;
}

struct conn *sample_add(struct sample_builder *b, struct tcp_metrics **metrics)
{
    struct sample *s = &b->sample;
    ptrdiff_t at = b->downwards ? -(ptrdiff_t)s->n_live - 1 : (ptrdiff_t)s->n_live;

    if (sample_reserve(b, s->n_live + 1))
        return NULL;
    if (metrics)
        *metrics = NULL;
    if (s->needs & NEED_TCP_INFO) {
        if (!b->lender && sample_reserve_metrics(b))
            return NULL;
        tcp_metrics_clear(&s->metrics[at]);
        if (metrics)
            *metrics = &s->metrics[at];
    }
    memset(&s->conn[at], 0, sizeof *s->conn);
    s->conn[at].netns = s->netns_id;
    s->times[at] = (struct row_times){0};
    s->n_live++;
    return &s->conn[at];
}

void sample_drop_last(struct sample_builder *b)
{
    b->sample.n_live--;
}

void sample_drop_all(struct sample_builder *b)
{
    b->sample.drops.n = 0;
    b->sample.n_live = 0;
}

void sample_add_closed(struct sample_builder *b, const struct conn *c, struct row_times times,
                       const struct tcp_metrics *final)
{
    struct sample *s = &b->sample;
    uint32_t to = sample_rows(s);

    if (!s->final && final && final->valid)
        s->final = calloc(SAMPLE_CLOSED_MAX, sizeof *s->final);
    if (s->final && final)
        s->final[s->n_closed] = *final;
    else if (s->final)
        s->final[s->n_closed].valid = 0;
    s->conn[to] = *c;
    s->times[to] = times;
    s->n_closed++;
}

void sample_move(struct sample_builder *b, uint32_t to, uint32_t from)
{
    struct sample *s = &b->sample;

    s->conn[to] = s->conn[from];
    s->times[to] = s->times[from];
    if (s->metrics)
        s->metrics[to] = s->metrics[from];
    if (s->owner)
        s->owner[to] = s->owner[from];
}

/* A builder that fills the arrays of `b` from row `at` on, or down from there. */
static struct sample_builder borrower(struct sample_builder *b, uint32_t at, bool downwards)
{
    struct sample *s = &b->sample;

    return (struct sample_builder){
        .sample = {.conn = s->conn + at,
                   .times = s->times + at,
                   .metrics = s->metrics ? s->metrics + at : NULL,
                   .needs = s->needs,
                   .netns_id = s->netns_id},
        .lender = b,
        .downwards = downwards,
    };
}

int sample_split(struct sample_builder *b, uint32_t rows, struct sample_builder half[2])
{
    if (sample_reserve(b, rows) || (b->sample.needs & NEED_TCP_INFO && sample_reserve_metrics(b)))
        return -ENOMEM;
    atomic_store(&b->room, rows);
    half[0] = borrower(b, 0, false);
    half[1] = borrower(b, rows, true);
    return 0;
}

void sample_split_fini(struct sample_builder half[2])
{
    for (int i = 0; i < 2; i++) {
        cgroups_fini(&half[i].cgroup_ids);
        free(half[i].sample.drops.at);
        half[i].sample.drops = (struct drop_counts){.at = NULL};
    }
}

static void unite_status(struct sample *s, const struct sample *half)
{
    drops_append(&s->drops, &half->drops);
    s->rejected += half->rejected;
    s->has_mptcp |= half->has_mptcp;
    if (half->status <= s->status)
        return;
    s->status = half->status;
    s->reason = half->reason;
}

/* Make the rows from `from` to `to`, copied from `part`, point to the names of `s`. */
static void merge_congestion(struct sample_builder *b, const struct sample *part, uint32_t from,
                             uint32_t to)
{
    uint8_t as[CONGESTION_MAX + 1] = {0};
    struct sample *s = &b->sample;
    bool same = true;

    for (uint8_t i = 0; i < part->n_congestion; i++) {
        as[i + 1] = sample_add_congestion(b, part->congestion[i], CONGESTION_NAME);
        same = same && as[i + 1] == i + 1;
    }
    for (uint32_t row = from; row < to && s->metrics && !same; row++)
        s->metrics[row].congestion = as[s->metrics[row].congestion];
}

/* The same for the numbers of control groups, which the halves gave by themselves. */
static void merge_cgroups(struct sample_builder *b, const struct sample_builder *part,
                          uint32_t from, uint32_t to)
{
    if (from < to)
        cgroups_renumber(&b->cgroup_ids, &part->cgroup_ids, &b->sample.conn[from], to - from);
}

/* Rows from the end of the arrays fill the gap that is left between both halves. */
void sample_unite(struct sample_builder *b, struct sample_builder half[2])
{
    struct sample *s = &b->sample;
    uint32_t lower = half[0].sample.n_live, upper = half[1].sample.n_live;
    uint32_t rows = (uint32_t)(half[1].sample.conn - s->conn), gap = rows - lower - upper;
    uint32_t moved = upper < gap ? upper : gap, from = rows - moved;

    memcpy(s->conn + lower, s->conn + from, moved * sizeof *s->conn);
    memcpy(s->times + lower, s->times + from, moved * sizeof *s->times);
    if (s->metrics)
        memcpy(s->metrics + lower, s->metrics + from, moved * sizeof *s->metrics);
    s->n_live = lower + upper;
    merge_congestion(b, &half[0].sample, 0, lower);
    merge_congestion(b, &half[1].sample, lower, s->n_live);
    merge_cgroups(b, &half[0], 0, lower);
    merge_cgroups(b, &half[1], lower, s->n_live);
    unite_status(s, &half[0].sample);
    unite_status(s, &half[1].sample);
    sample_split_fini(half);
}

/* Add copies of the live rows of `part`, whose numbers of names and groups stay as they are. */
static int copy_rows(struct sample_builder *b, const struct sample *part)
{
    struct sample *s = &b->sample;
    uint32_t from = s->n_live, rows = part->n_live;

    if (sample_reserve(b, from + rows) ||
        ((s->metrics || part->metrics) && sample_reserve_metrics(b)))
        return -ENOMEM;
    if (rows) { /* an empty one has no arrays */
        memcpy(s->conn + from, part->conn, rows * sizeof *s->conn);
        memset(s->times + from, 0, rows * sizeof *s->times);
    }
    if (rows && part->metrics)
        memcpy(s->metrics + from, part->metrics, rows * sizeof *s->metrics);
    for (uint32_t row = from; row < from + rows && s->metrics && !part->metrics; row++)
        tcp_metrics_clear(&s->metrics[row]);
    s->n_live += rows;
    return 0;
}

int sample_append(struct sample_builder *b, const struct sample_builder *other)
{
    const struct sample *part = &other->sample;
    struct sample *s = &b->sample;
    uint32_t from = s->n_live;

    if (copy_rows(b, part))
        return -ENOMEM;
    merge_congestion(b, part, from, s->n_live);
    merge_cgroups(b, other, from, s->n_live);
    drops_append(&s->drops, &part->drops);
    for (int state = 0; state < TCP_STATE_COUNT; state++)
        s->count[state] += part->count[state];
    s->total += part->total;
    return 0;
}

/* The live rows of a builder that is being filled, and where they lie. */
struct row_arrays {
    uint32_t n_live, row_cap, metrics_cap;
    struct conn *conn;
    struct row_times *times;
    struct tcp_metrics *metrics, *metrics_memory;
};

static struct row_arrays arrays_of(const struct sample_builder *b)
{
    const struct sample *s = &b->sample;

    return (struct row_arrays){.n_live = s->n_live,
                               .row_cap = b->row_cap,
                               .metrics_cap = b->metrics_cap,
                               .conn = s->conn,
                               .times = s->times,
                               .metrics = s->metrics,
                               .metrics_memory = b->metrics_memory};
}

static void set_arrays(struct sample_builder *b, const struct row_arrays *arrays)
{
    struct sample *s = &b->sample;

    s->n_live = arrays->n_live;
    b->row_cap = arrays->row_cap;
    b->metrics_cap = arrays->metrics_cap;
    s->conn = arrays->conn;
    s->times = arrays->times;
    s->metrics = arrays->metrics;
    b->metrics_memory = arrays->metrics_memory;
}

int sample_prepend(struct sample_builder *b, struct sample_builder *first)
{
    const struct row_arrays own = arrays_of(b), gathered = arrays_of(first);
    int rc;

    set_arrays(b, &gathered);
    set_arrays(first, &own);
    merge_congestion(b, &first->sample, 0, b->sample.n_live);
    merge_cgroups(b, first, 0, b->sample.n_live);
    rc = copy_rows(b, &first->sample);
    first->sample.n_live = 0;
    first->sample.metrics = NULL;
    return rc;
}

void sample_set_status(struct sample *s, enum sample_status status, struct sample_reason why)
{
    if (status > s->status)
        s->status = (uint8_t)status;
    if (s->reason.code == REASON_NONE)
        s->reason = why;
}

void sample_set_rejected(struct sample *s)
{
    if (s->rejected)
        sample_set_status(s, SAMPLE_PARTIAL,
                          (struct sample_reason){.code = REASON_REJECTED, .number = s->rejected});
}

void sample_clear_status(struct sample *s)
{
    s->status = SAMPLE_COMPLETE;
    s->reason = (struct sample_reason){.code = REASON_NONE};
}

void sample_count(struct sample *s)
{
    memset(s->count, 0, sizeof s->count);
    for (uint32_t row = 0; row < s->n_live; row++)
        sample_count_row(s, &s->conn[row]);
    s->total = s->n_live;
}

void sample_keep_congestion(struct sample_builder *b, const struct sample *before)
{
    memcpy(b->sample.congestion, before->congestion, sizeof before->congestion);
    b->sample.n_congestion = before->n_congestion;
}

uint8_t sample_add_congestion(struct sample_builder *b, const char *name, size_t len)
{
    struct sample *s = &b->sample;
    char clean[CONGESTION_NAME];
    uint8_t i = 0;

    len = strnlen(name, len < CONGESTION_NAME ? len : CONGESTION_NAME - 1);
    while (i < s->n_congestion && (strncmp(s->congestion[i], name, len) || s->congestion[i][len]))
        i++;
    if (i < s->n_congestion || !len)
        return len ? i + 1 : 0;
    utf8_sanitise_into(clean, sizeof clean, name, len);
    for (i = 0; i < s->n_congestion && strcmp(s->congestion[i], clean); i++)
        ;
    if (i == CONGESTION_MAX)
        return 0;
    if (i == s->n_congestion)
        memcpy(s->congestion[s->n_congestion++], clean, sizeof clean);
    return i + 1;
}
