/* SPDX-License-Identifier: MIT */
/* Duplicates within a dump: a bitmap finds the few cookies that may be there twice, a second pass
 * looks only at rows with those. */
#include "tcptop/model/dedupe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/base/array.h"

#define BITS_PER_ROW 8u
#define WORDS_MIN    64u

struct suspect {
    uint64_t cookie;
    uint16_t netns;
    bool met; /* a row with it has been kept */
};

void dedupe_fini(struct dedupe *d)
{
    free(d->seen);
    free(d->suspects);
    *d = (struct dedupe){0};
}

static int clear_seen(struct dedupe *d, uint32_t rows)
{
    size_t words = WORDS_MIN;

    while ((uint64_t)words * 64 < (uint64_t)rows * BITS_PER_ROW)
        words *= 2;
    if (words != d->words) {
        free(d->seen);
        d->seen = malloc(words * sizeof *d->seen);
        d->words = d->seen ? words : 0;
    }
    if (!d->seen)
        return -ENOMEM;
    memset(d->seen, 0, words * sizeof *d->seen);
    return 0;
}

/* Marks the cookie; was it, or another one with the same bit, marked before? Cookies are handed out
 * one after the other, most of them by the dump itself: so neighbours share a word, and only those
 * from long ago share a bit. */
static bool mark(struct dedupe *d, uint64_t cookie)
{
    uint64_t *word = &d->seen[cookie / 64 & (d->words - 1)], bit = UINT64_C(1) << cookie % 64;
    bool before = *word & bit;

    *word |= bit;
    return before;
}

static bool is_marked(const struct dedupe *d, uint64_t cookie)
{
    return d->seen[cookie / 64 & (d->words - 1)] >> cookie % 64 & 1;
}

static int add_suspect(struct dedupe *d, const struct conn *c)
{
    struct suspect *list = array_room(d->suspects, d->n, &d->cap, 64, sizeof *list);

    if (!list)
        return -ENOMEM;
    d->suspects = list;
    d->suspects[d->n++] = (struct suspect){.cookie = c->cookie, .netns = c->netns};
    return 0;
}

static bool has_cookie(const struct conn *c)
{
    return !(c->flags & CONN_NO_COOKIE);
}

/* One pass, since a million rows do not stay in the cache for a second one. */
static int find_suspects_and_count(struct dedupe *d, struct sample *s)
{
    d->n = 0;
    memset(s->count, 0, sizeof s->count);
    s->total = s->n_live;
    for (uint32_t row = 0; row < s->n_live; row++) {
        const struct conn *c = &s->conn[row];
        if (has_cookie(c) && mark(d, c->cookie) && add_suspect(d, c))
            return -ENOMEM;
        sample_count_row(s, c);
    }
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct suspect *x = a, *y = b;

    if (x->cookie != y->cookie)
        return x->cookie < y->cookie ? -1 : 1;
    return x->netns - y->netns;
}

/* Sort the suspects, each once, and leave only their bits. */
static void prepare_suspects(struct dedupe *d)
{
    uint32_t kept = 0;

    qsort(d->suspects, d->n, sizeof *d->suspects, compare);
    memset(d->seen, 0, d->words * sizeof *d->seen);
    for (uint32_t i = 0; i < d->n; i++) {
        if (kept && compare(&d->suspects[kept - 1], &d->suspects[i]) == 0)
            continue;
        d->suspects[kept++] = d->suspects[i];
        mark(d, d->suspects[i].cookie);
    }
    d->n = kept;
}

/* Has an earlier row this cookie? Notes that one has now. */
static bool met_before(struct dedupe *d, const struct conn *c)
{
    struct suspect key = {.cookie = c->cookie, .netns = c->netns}, *s;
    bool met;

    if (!has_cookie(c) || !is_marked(d, c->cookie))
        return false;
    s = bsearch(&key, d->suspects, d->n, sizeof key, compare);
    if (!s)
        return false;
    met = s->met;
    s->met = true;
    return met;
}

int dedupe_rows(struct dedupe *d, struct sample_builder *b)
{
    struct sample *s = &b->sample;
    uint32_t kept = 0;

    if (clear_seen(d, s->n_live) || find_suspects_and_count(d, s))
        return -ENOMEM;
    if (!d->n)
        return 0;
    prepare_suspects(d);
    for (uint32_t row = 0; row < s->n_live; row++) {
        if (met_before(d, &s->conn[row]))
            continue;
        if (kept != row)
            sample_move(b, kept, row);
        kept++;
    }
    s->duplicates += s->n_live - kept;
    s->n_live = kept;
    sample_count(s);
    return 0;
}
