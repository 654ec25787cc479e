/* SPDX-License-Identifier: MIT */
/* Which columns the table has, where they stand, and how wide they are. */
#ifndef TCPTOP_SRC_UI_TABLE_COLUMNS_H
#define TCPTOP_SRC_UI_TABLE_COLUMNS_H

#include "draw.h"

/* How far columns have given way to the addresses. */
enum fit_level {
    FIT_FULL,
    FIT_SHORT_STATE,
    FIT_PORT,    /* Port instead of Local Address */
    FIT_OWN_LINE /* the remote address always on a line of its own */
};

struct fit_column {
    enum column_id id;
    int x, w;
};

struct fit {
    enum fit_level level;
    enum column_id sorted;
    int indent;        /* of rows below their group */
    int room;          /* columns of the table, without the indent */
    int local, remote; /* widths of the address columns */
    int process;       /* what Process has at least */
    int n;
    struct fit_column column[COL_COUNT];
};

/** Columns that the table's lines may use: beside a pane the last one stays blank. */
int table_columns_room(const struct drawing *d);

/** Columns for the table as it stands, address widths as the ui has them. */
void table_columns_fit(struct fit *f, const struct drawing *d);

/** The address widths that suit the rows in view. */
void table_columns_choose(const struct drawing *d, int *local, int *remote);

/** The columns that names and pids of the rows in view take. */
int table_columns_process(const struct drawing *d);

/** The column `id` where it stands, NULL when it is not drawn. */
const struct fit_column *table_columns_find(const struct fit *f, enum column_id id);

/** Lines that a row takes. */
int table_columns_row_lines(const struct sample *s, const struct fit *f, const struct conn *c);

#define ARROW_W 2 /* before a remote address on its own line */

/** Where the remote address begins on its own line, behind the arrow. */
int table_columns_remote_x(const struct fit *f);

/** Bytes of an address that go on one line of `room` columns: all, or up to a ':'. */
size_t table_columns_break_address(const char *text, int room);

#endif
