/* SPDX-License-Identifier: MIT */
/* The rows of a sample put together by the value of one column: how many, in which states, how
 * that changed, and sums of what can be added up. Immutable. */
#ifndef TCPTOP_QUERY_GROUPS_H
#define TCPTOP_QUERY_GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptop/model/predicate.h"
#include "tcptop/query/column.h"
#include "tcptop/query/rows.h"

struct str;

#define GROUP_NONE UINT32_MAX
#define GROUP_SUMS 12 /* columns that can be summed at once */

/* What the groups can be put in order by. */
enum group_figure {
    GROUP_KEY,    /* the value that they have in common */
    GROUP_COUNT,  /* live rows */
    GROUP_CHANGE, /* of the count, over the samples that are remembered */
    GROUP_SUM     /* of the first summed column; the next ones follow */
};

struct group_sort {
    uint8_t figure; /* enum group_figure, GROUP_SUM + index */
    bool descending;
};

struct grouping {
    enum column_id by; /* any column with a value of its own */
    enum column_id sum[GROUP_SUMS];
    uint8_t n_sums;
    struct group_sort sort; /* absent values last either way; among equals by key, ascending */
};

struct group {
    uint64_t hash;                   /* of the value */
    uint64_t number;                 /* the value; of a text where it begins in the arena */
    uint32_t row;                    /* one of its rows, a live one where it has any; GROUP_NONE:
                                        it has gone and is only remembered */
    uint32_t count;                  /* live rows */
    uint32_t state[TCP_STATE_COUNT]; /* of them; BOUND_INACTIVE apart from CLOSE */
    uint32_t born_ds; /* of the oldest live row; 0: was there at the first sample, or no live row */
    uint32_t past;    /* its place among those whose counts are remembered, or GROUP_NONE */
    uint8_t type;     /* enum value_type; NONE: the rows that have no value */
    bool warned;      /* of a live row a finding that is no note holds */
};

/* The counts of groups in the samples before: one number per group for each of the
 * last HISTORY_SHOWN samples. */
struct group_past {
    uint64_t seq;   /* of the newest sample */
    uint64_t known; /* a bit for each of the last HISTORY_SHOWN samples, the newest lowest: were
                       the counts measured? */
    uint64_t whole; /* likewise: is every group remembered that had rows then? */
    int64_t mono_ns[HISTORY_SHOWN]; /* when, at seq % HISTORY_SHOWN; of those that are known */
    uint32_t *count;                /* HISTORY_SHOWN of each group, likewise; owned */
    uint32_t n;
};

struct groups {
    struct grouping how;
    struct group *group; /* n of them, then n_gone that are only remembered; owned, as all here */
    uint32_t n, n_gone;
    uint32_t *order;                /* n indices */
    uint64_t *sum;                  /* n × how.n_sums; UINT64_MAX: of no row known */
    char *arena;                    /* texts, each with its NUL */
    uint32_t matched, matched_live; /* rows that pass the filter */
    struct group_past past;
};

/** Sum those of the `chosen` columns that can be summed; where none was chosen and `by_default`,
 *  those that the table takes in by itself. */
void groups_choose_sums(struct grouping *how, const enum column_id *chosen, size_t n,
                        bool by_default);

/** Group the rows that pass, in linear time; what `g` (initialised to zero) held is freed. Missing
 *  and closed rows make a group but are not counted in it. `before` (may be NULL): the groups of an
 *  earlier sample by the same column and filter, for the changes. Nothing is allocated per row, 96
 *  bytes and the text per group. Returns 0 or -ENOMEM (then `g` is unchanged). */
int groups_build(struct groups *g, const struct sample *s, const struct predicate *p,
                 const struct grouping *how, const struct groups *before);
void groups_fini(struct groups *g);

/** What the rows of a group have in common; of processes without a name, their pid, a number. */
void groups_value(const struct groups *g, uint32_t group, struct value *v);

/** The group with that value, GROUP_NONE when there is none. Looks at every group. */
uint32_t groups_find(const struct groups *g, const struct value *v);

/** Change of the count since the oldest sample remembered, of the last HISTORY_SHOWN; false when
 *  there is none to compare with. */
bool groups_change(const struct groups *g, uint32_t group, int64_t *change);

/** Over how many seconds changes are told: since the oldest sample that is remembered, at most. 0:
 *  only what comes will be compared with this sample; less than 0: this one was not measured. */
double groups_change_seconds(const struct groups *g);

/** The sum of the i-th column, at most INT64_MAX; false when it is known of no row. */
bool groups_sum(const struct groups *g, uint32_t group, unsigned i, uint64_t *sum);

/** The sum as the screen shows it, in at most 8 columns: "1.40 MB", "1,204", "–". `out` has
 * FMT_SIZE bytes. */
const char *groups_format_sum(const struct groups *g, uint32_t group, unsigned i, char *out);

/** Append the value as the column shows it, "–" where the rows have none. */
void groups_format(const struct groups *g, const struct sample *s, uint32_t group, struct str *out);

/** Append a term of the filter language that passes the rows with this value and no others, but
 *  for the case of letters. False when there is none: a text with both kinds of quotes. */
bool groups_term(enum column_id by, const struct value *v, struct str *out);

bool groups_same_value(const struct value *a, const struct value *b);

/* A listing of groups has lines: a group is a number with ROW_GROUP, else it is a row. */
#define ROW_GROUP UINT32_C(0x80000000)

static inline bool groups_line_is_group(uint32_t line)
{
    return line & ROW_GROUP && line != UINT32_MAX;
}

static inline uint32_t groups_line_group(uint32_t line)
{
    return line & ~ROW_GROUP;
}

#define GROUPS_UNFOLDED_MAX 32

/** The groups in order as lines of `r`, and below each that is among the `n_unfolded` (at most
 *  GROUPS_UNFOLDED_MAX, none twice) its rows, filtered and sorted as
 *  rows_build() does. Returns 0 or -ENOMEM (then `r` is unchanged). */
int groups_lines(struct rows *r, const struct groups *g, const struct sample *s,
                 const struct predicate *p, const struct sort *sort, uint32_t mark_ds,
                 const struct value *unfolded, uint32_t n_unfolded);

#endif
