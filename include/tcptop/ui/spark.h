/* SPDX-License-Identifier: MIT */
/* Sparklines: the last 60 samples of one state in 60, 30, 20, 15, 12 or 10 cells.
 *
 * Cells are cut at multiples of 60 / cells of the sample number, so a drawn bar stands for the same
 * samples until it leaves; a cell shows the maximum of its samples, so a spike is never averaged
 * away. Each line goes from zero to a round top that holds the maximum; one that moves by less than
 * a quarter of its maximum stands at half height, so that all calm lines look alike. */
#ifndef TCPTOP_UI_SPARK_H
#define TCPTOP_UI_SPARK_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/base/canvas.h"
#include "tcptop/model/history.h"

#define FILL_SIZE 256 /* of texts with values filled in */

struct spark {
    uint8_t level[HISTORY_SHOWN]; /* 0 to 7 */
    bool gap[HISTORY_SHOWN];      /* samples of that time exist, none was measured */
    bool partial[HISTORY_SHOWN];  /* counts are lower bounds */
    bool flat;                    /* moves by less than a quarter of its maximum */
    int cells;
};

/* What a line is made from: the newest point last, numbered by its sample. */
enum spark_kind { SPARK_NONE, SPARK_VALUE, SPARK_PARTIAL, SPARK_MISSED };

struct spark_point {
    uint64_t seq, value;
    enum spark_kind kind; /* NONE: nothing is known, and nothing was missed */
};

struct spark_series {
    struct spark_point point[HISTORY_SHOWN];
    uint32_t n;
    uint64_t floor; /* the top is not below this */
};

void spark_of(struct spark *sp, const struct spark_series *s, int cells);

/** The largest value; false when there is none. */
bool spark_max(const struct spark_series *s, uint64_t *max);

/** The bar for a value in a line whose top is `most`; of nothing it is a blank. */
const char *spark_glyph(uint64_t value, uint64_t most);

/** `state` 0: the total. CLOSE counts bound-only sockets where they were asked for. */
void spark_make(struct spark *sp, const struct history *h, unsigned state, int cells);

/** `hot` is the role of a line that moves. */
void spark_draw(const struct spark *sp, struct canvas *c, int x, int y, enum role hot);

/** The time that the window really covers: "last 60 s". */
void spark_title(char out[FILL_SIZE], const struct history *h);

#endif
