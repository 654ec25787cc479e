/* What is remembered of groups: their counts in the last samples, for the change.
 *
 * A group that has gone is remembered until no sample with a row of it is left, so that one that
 * comes back is compared with what it was. Of very many groups only the largest are remembered. */
#include <errno.h>
#include <stdlib.h>

#include "groups_internal.h"

#define REMEMBERED 4096u /* groups, 240 bytes each */
#define UNKNOWN    UINT32_MAX
#define WINDOW     (UINT64_MAX >> (64 - HISTORY_SHOWN))

_Static_assert(HISTORY_SHOWN <= 64, "a bit per sample");

static uint32_t *counts_of(const struct group_past *past, uint32_t slot)
{
    return past->count + (size_t)slot * HISTORY_SHOWN;
}

/* Where the count of so many samples ago is. */
static unsigned place(const struct group_past *past, unsigned back)
{
    return (unsigned)((past->seq + HISTORY_SHOWN - back) % HISTORY_SHOWN);
}

/* A new place for the group, with the counts of `from` (NULL: it had no row, where that can be
 * told). */
static void give_place(struct grouper *b, uint32_t group, const uint32_t *from)
{
    struct group_past *past = &b->g.past;
    uint32_t *to = counts_of(past, past->n);
    for (unsigned back = 0; back < HISTORY_SHOWN; back++) {
        unsigned at = place(past, back);
        to[at] = from ? from[at] : past->whole >> back & 1 ? 0 : UNKNOWN;
    }
    if (past->known & 1)
        to[place(past, 0)] = b->g.group[group].count;
    b->g.group[group].past = past->n++;
}

/* The samples in which it had rows, of those that still count. */
static uint64_t with_rows(const struct group_past *past, const uint32_t *counts)
{
    uint64_t samples = 0;
    for (unsigned back = 1; back < HISTORY_SHOWN; back++) {
        uint32_t count = counts[place(past, back)];
        if (past->known >> back & 1 && count != UNKNOWN && count > 0)
            samples |= UINT64_C(1) << back;
    }
    return samples;
}

/* The group without rows. */
static int add_gone(struct grouper *b, const struct groups *before, uint32_t old)
{
    int r = grouper_reserve(b);
    if (r)
        return r;
    uint32_t i = b->g.n + b->g.n_gone;
    const struct group *was = &before->group[old];
    b->g.group[i] = (struct group){
        .hash = was->hash, .number = was->number, .row = GROUP_NONE, .type = was->type};
    if (was->type == VALUE_TEXT)
        r = grouper_text(b, before->arena + was->number, &b->g.group[i].number);
    if (!r) {
        b->g.n_gone++;
        give_place(b, i, counts_of(&before->past, was->past));
    }
    return r;
}

/* The group of now that is the remembered `old` one. */
static uint32_t find_again(const struct grouper *b, const struct groups *before, uint32_t old)
{
    struct value v;
    groups_value(before, old, &v);
    return grouper_find(b, &v, before->group[old].hash);
}

static void take_over_living(struct grouper *b, const struct groups *before)
{
    for (uint32_t old = 0; old < before->n + before->n_gone; old++) {
        uint32_t slot = before->group[old].past;
        uint32_t now = slot == GROUP_NONE ? GROUP_NONE : find_again(b, before, old);
        if (now != GROUP_NONE)
            give_place(b, now, counts_of(&before->past, slot));
    }
}

/* Those for which there is no room make the samples in which they had rows incomplete. */
static int take_over_gone(struct grouper *b, const struct groups *before)
{
    for (uint32_t old = 0; old < before->n + before->n_gone; old++) {
        uint32_t slot = before->group[old].past;
        if (slot == GROUP_NONE || find_again(b, before, old) != GROUP_NONE)
            continue;
        uint64_t samples = with_rows(&b->g.past, counts_of(&before->past, slot));
        if (samples && b->g.past.n == REMEMBERED) {
            b->g.past.whole &= ~samples;
        } else if (samples) {
            int r = add_gone(b, before, old);
            if (r)
                return r;
        }
    }
    return 0;
}

/* Groups that were not remembered: the largest, where there is not room for all. */
static int take_new(struct grouper *b)
{
    struct groups *g = &b->g;
    bool some = g->n > REMEMBERED;
    int r = some ? groups_order(g, b->s, &(struct group_sort){GROUP_COUNT, true}) : 0;
    if (r)
        return r;
    uint64_t now = g->past.known & 1;
    for (uint32_t k = 0; k < g->n; k++) {
        uint32_t i = some ? g->order[k] : k;
        if (g->group[i].past != GROUP_NONE)
            continue;
        if (g->past.n < REMEMBERED)
            give_place(b, i, NULL);
        else
            now = 0;
    }
    g->past.whole |= now;
    return 0;
}

/* The samples of `before` as seen from this one. */
static void shift_samples(struct group_past *past, const struct group_past *before)
{
    if (past->seq < before->seq || past->seq - before->seq >= HISTORY_SHOWN)
        return;
    uint64_t older = WINDOW & ~UINT64_C(1), shift = past->seq - before->seq;
    past->known |= before->known << shift & older;
    past->whole = before->whole << shift & older;
}

int grouper_remember(struct grouper *b, const struct groups *before)
{
    struct group_past *past = &b->g.past;
    past->seq = b->s->seq;
    past->known = b->s->status == SAMPLE_COMPLETE;
    if (before)
        shift_samples(past, &before->past);
    if (!(past->known & ~UINT64_C(1)))
        before = NULL;
    uint64_t most = (uint64_t)b->g.n + (before ? before->past.n : 0);
    most = most < REMEMBERED ? most : REMEMBERED;
    past->count = malloc((size_t)(most ? most : 1) * HISTORY_SHOWN * sizeof *past->count);
    if (!past->count)
        return -ENOMEM;
    if (before)
        take_over_living(b, before);
    int r = take_new(b);
    return r || !before ? r : take_over_gone(b, before);
}

bool groups_change(const struct groups *g, uint32_t group, int64_t *change)
{
    const struct group_past *past = &g->past;
    if (g->group[group].past == GROUP_NONE || !(past->known & 1))
        return false;
    const uint32_t *counts = counts_of(past, g->group[group].past);
    for (unsigned back = HISTORY_SHOWN - 1; back > 0; back--) {
        uint32_t then = counts[place(past, back)];
        if (!(past->known >> back & 1) || then == UNKNOWN)
            continue;
        *change = (int64_t)counts[place(past, 0)] - (int64_t)then;
        return true;
    }
    return false;
}
