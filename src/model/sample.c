/* The arrays of one sample. */
#include "tcptop/model/sample.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ROWS_MIN    256u             /* first size of the arrays */
#define LARGE_BYTES (4u << 20)       /* arrays that are worth huge pages */
#define LOAN        1024u            /* rows by which a borrowed array grows */
#define ROWS_MAX    (UINT32_MAX / 2) /* so that no sum of counts overflows */

/* At least half as much again: growth by mremap() costs no copy, and what is not touched no memory.
 */
static uint32_t grown_cap(uint32_t cap, uint32_t rows)
{
    uint32_t next = cap + cap / 2;

    return next > rows ? next : rows > ROWS_MIN ? rows : ROWS_MIN;
}

/* In huge pages a large array costs few page faults. Only a new one: in one that grows the kernel
 * would have to take them apart. */
static void *new_array(size_t bytes)
{
    void *array = malloc(bytes);
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

    if (array && bytes >= LARGE_BYTES) {
        uintptr_t begin = ((uintptr_t)array + page - 1) & ~(page - 1);
        (void)madvise((void *)begin, bytes - page, MADV_HUGEPAGE);
    }
    return array;
}

/* The array with room for `bytes` bytes, and what is in it when `kept`. NULL: it is as it was. */
static void *enlarged(void *array, size_t bytes, bool kept)
{
    void *larger = kept ? realloc(array, bytes) : new_array(bytes);

    if (larger && !kept)
        free(array);
    return larger;
}

/* More rows of the lender's for one half, while there are any. */
static int borrow_more(struct sample *s)
{
    uint32_t room = atomic_load_explicit(&s->lender->room, memory_order_relaxed);

    do {
        if (room < LOAN)
            return -ENOMEM;
    } while (!atomic_compare_exchange_weak_explicit(&s->lender->room, &room, room - LOAN,
                                                    memory_order_relaxed, memory_order_relaxed));
    s->cap += LOAN;
    return 0;
}

/* Figures for as many rows as there is room for. */
static int reserve_metrics(struct sample *s)
{
    if (s->cap > s->metrics_cap) {
        void *larger =
            enlarged(s->metrics_store, s->cap * sizeof *s->metrics, s->metrics && s->n_live);
        if (!larger)
            return -ENOMEM;
        s->metrics_store = larger;
        s->metrics_cap = s->cap;
    }
    for (uint32_t row = 0; !s->metrics && row < s->n_live;
         row++) /* rows from before it was asked */
        tcp_metrics_clear(&s->metrics_store[row]);
    s->metrics = s->metrics_store;
    return 0;
}

int sample_reserve(struct sample *s, uint32_t rows)
{
    bool kept = sample_rows(s) > 0;
    uint32_t cap;
    void *larger;

    if (rows <= s->cap)
        return 0;
    if (s->lender)
        return borrow_more(s);
    if (rows > ROWS_MAX)
        return -ENOMEM;
    cap = grown_cap(kept ? s->cap : 0, rows);
    larger = enlarged(s->conn, cap * sizeof *s->conn, kept);
    if (!larger)
        return -ENOMEM;
    s->conn = larger;
    larger = enlarged(s->times, cap * sizeof *s->times, kept);
    if (!larger)
        return -ENOMEM;
    s->times = larger;
    s->cap = cap;
    return s->metrics ? reserve_metrics(s) : 0;
}

int sample_reserve_rates(struct sample *s, uint32_t had, uint32_t rows)
{
    static const struct rate unknown = {RATE_UNKNOWN, RATE_UNKNOWN};

    if (s->cap > s->rate_cap) {
        void *larger = enlarged(s->rate_store, s->cap * sizeof *s->rate, had > 0);
        if (!larger)
            return -ENOMEM;
        s->rate_store = larger;
        s->rate_cap = s->cap;
    }
    s->rate = s->rate_store;
    for (uint32_t row = had; row < rows; row++)
        s->rate[row] = unknown;
    return 0;
}

int sample_reserve_owner(struct sample *s, uint32_t rows)
{
    uint32_t had = s->owner ? s->owner_cap : 0;

    if (rows > s->owner_cap || !s->owner_store) {
        uint32_t cap = grown_cap(s->owner ? s->owner_cap : 0, rows);
        void *larger = enlarged(s->owner_store, cap * sizeof *s->owner, s->owner);
        if (!larger)
            return -ENOMEM;
        s->owner_store = larger;
        s->owner_cap = cap;
    }
    s->owner = s->owner_store;
    if (s->owner_cap > had)
        memset(s->owner + had, 0, (s->owner_cap - had) * sizeof *s->owner);
    return 0;
}

struct conn *sample_add(struct sample *s, struct tcp_metrics **metrics)
{
    ptrdiff_t at = s->downwards ? -(ptrdiff_t)s->n_live - 1 : (ptrdiff_t)s->n_live;

    if (sample_reserve(s, s->n_live + 1))
        return NULL;
    if (metrics)
        *metrics = NULL;
    if (s->needs & NEED_TCP_INFO) {
        if (!s->lender && reserve_metrics(s))
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

void sample_drop_last(struct sample *s)
{
    s->n_live--;
}

void sample_add_closed(struct sample *s, const struct conn *c, struct row_times times,
                       const struct tcp_metrics *final)
{
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

void sample_move(struct sample *s, uint32_t to, uint32_t from)
{
    s->conn[to] = s->conn[from];
    s->times[to] = s->times[from];
    if (s->metrics)
        s->metrics[to] = s->metrics[from];
}

/* The arrays of `s` from row `at` on, or down from there. */
static struct sample borrower(struct sample *s, uint32_t at, bool downwards)
{
    return (struct sample){
        .conn = s->conn + at,
        .times = s->times + at,
        .metrics = s->metrics ? s->metrics + at : NULL,
        .needs = s->needs,
        .netns_id = s->netns_id,
        .lender = s,
        .downwards = downwards,
    };
}

int sample_split(struct sample *s, uint32_t rows, struct sample half[2])
{
    if (sample_reserve(s, rows) || (s->needs & NEED_TCP_INFO && reserve_metrics(s)))
        return -ENOMEM;
    atomic_store(&s->room, rows);
    half[0] = borrower(s, 0, false);
    half[1] = borrower(s, rows, true);
    return 0;
}

static void say_the_same(struct sample *s, const struct sample *half)
{
    s->rejected += half->rejected;
    if (half->status <= s->status)
        return;
    s->status = half->status;
    memcpy(s->why, half->why, sizeof s->why);
}

/* The rows at the end of the arrays fill what was left between both halves. */
void sample_unite(struct sample *s, const struct sample half[2])
{
    uint32_t lower = half[0].n_live, upper = half[1].n_live;
    uint32_t rows = (uint32_t)(half[1].conn - s->conn), gap = rows - lower - upper;
    uint32_t moved = upper < gap ? upper : gap, from = rows - moved;

    memcpy(s->conn + lower, s->conn + from, moved * sizeof *s->conn);
    memcpy(s->times + lower, s->times + from, moved * sizeof *s->times);
    if (s->metrics)
        memcpy(s->metrics + lower, s->metrics + from, moved * sizeof *s->metrics);
    s->n_live = lower + upper;
    sample_merge_congestion(s, &half[0], 0, lower);
    sample_merge_congestion(s, &half[1], lower, s->n_live);
    say_the_same(s, &half[0]);
    say_the_same(s, &half[1]);
}

int sample_append(struct sample *s, const struct sample *part)
{
    uint32_t from = s->n_live, rows = part->n_live;

    if (sample_reserve(s, from + rows) || ((s->metrics || part->metrics) && reserve_metrics(s)))
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
    sample_merge_congestion(s, part, from, s->n_live);
    for (int state = 0; state < TCP_STATE_COUNT; state++)
        s->count[state] += part->count[state];
    s->total += part->total;
    return 0;
}

void sample_count(struct sample *s)
{
    memset(s->count, 0, sizeof s->count);
    for (uint32_t row = 0; row < s->n_live; row++)
        sample_count_row(s, &s->conn[row]);
    s->total = s->n_live;
}

/* Among the rows from `from` to `to`, from `hint` outwards. */
static uint32_t find_near(const struct sample *s, const struct conn *c, uint32_t from, uint32_t to,
                          uint32_t hint)
{
    uint32_t above = hint < from ? from : hint > to ? to : hint, below = above;

    while (below > from || above < to) {
        if (above < to && conn_same(&s->conn[above++], c))
            return above - 1;
        if (below > from && conn_same(&s->conn[--below], c))
            return below;
    }
    return UINT32_MAX;
}

uint32_t sample_find(const struct sample *s, const struct conn *c, uint32_t hint)
{
    uint32_t rows = sample_rows(s), found = UINT32_MAX;
    /* by cookies no two rows are alike: the few that are not live can come first then */
    bool unlike = rows && !((c->flags | s->conn[0].flags) & CONN_NO_COOKIE);

    if (unlike)
        found = find_near(s, c, s->n_live, rows, hint);
    if (found == UINT32_MAX)
        found = find_near(s, c, 0, s->n_live, hint);
    if (found == UINT32_MAX && !unlike)
        found = find_near(s, c, s->n_live, rows, hint);
    return found;
}
