/* SPDX-License-Identifier: MIT */
/* The columns of rows in blocks: which member of a row has which identifier, and how its value is
 * stored. FORMAT.md lists them. */
#ifndef TCPTOP_SRC_SOURCE_BLOCK_COLUMNS_H
#define TCPTOP_SRC_SOURCE_BLOCK_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptop/model/conn.h"
#include "tcptop/model/tcp_metrics.h"

#define BLOCK_COLUMN_PLACE   0u   /* the place of a row of a delta */
#define BLOCK_COLUMN_LIKE    26u  /* which row another one is like, plus 1; 0: none */
#define BLOCK_COLUMN_SELF    19u  /* columns before it say which socket it is */
#define BLOCK_COLUMN_METRICS 256u /* then the offset of the figure in struct tcp_info */

/* One row as columns read and write it. */
struct block_row {
    struct conn *conn;
    struct tcp_metrics *metrics; /* NULL: not recorded */
    uint32_t *owner;             /* a word as in a sample; NULL: not recorded */
};

enum block_column_kind {
    BLOCK_COLUMN_PLAIN,
    BLOCK_COLUMN_COUNTDOWN, /* milliseconds until something, which run down between samples */
    BLOCK_COLUMN_AGE,       /* milliseconds since something, which grow between samples */
};

struct block_column {
    uint16_t id;
    uint16_t offset; /* of the member in struct conn or tcp_metrics */
    uint8_t size;
    uint8_t kind; /* enum block_column_kind */
    uint8_t of;   /* enum column_of, see block_columns.c */
    uint8_t metric;
    bool ends; /* told of connections that ended also where metrics are not recorded */
};

extern const struct block_column block_columns[];
extern const size_t block_columns_count;

/** The column with that identifier; NULL: one of a later version. */
const struct block_column *block_column_find(unsigned id);

/** Is it the word of the owner? */
bool block_column_is_owner(const struct block_column *c);

/** Does it belong to what the row has? */
bool block_column_applies(const struct block_column *c, const struct block_row *row);

/** The value as it is stored: figures plus one, 0 where they are not known. */
uint64_t block_column_get(const struct block_column *c, const struct block_row *row);
void block_column_set(const struct block_column *c, const struct block_row *row, uint64_t value);

/* Rows of a sample, member by member, and which of them: those whose numbers are in `at`, or all
 * from `first` on. */
struct block_rows {
    struct conn *conn;
    struct tcp_metrics *metrics; /* NULL: not recorded */
    uint32_t *owner;             /* the same */
    const uint32_t *at;          /* NULL: consecutive rows */
    uint32_t first;
};

/** Like block_column_get() for `n` rows. */
void block_column_get_rows(const struct block_column *c, const struct block_rows *rows, uint32_t n,
                           uint64_t *values);

/** Like block_column_set() for `n` rows. */
void block_column_set_rows(const struct block_column *c, const struct block_rows *rows, uint32_t n,
                           const uint64_t *values);

/** Give a row the columns before BLOCK_COLUMN_SELF of another one. */
void block_columns_copy_self(struct conn *to, const struct conn *from);

/** Do columns that neither run down nor grow differ, flags that are not recorded aside? Without
 *  owners and metrics. */
bool block_columns_conn_differs(const struct conn *a, const struct conn *b);

/** How far a running time may be from where it was expected and still count as that, in ms. */
static inline uint32_t block_columns_tolerance(uint32_t ms)
{
    uint32_t share = 20 + ms / 256;

    return share < 250 ? share : 250;
}

#endif
