/* Figures and rates of rows, where two samples are joined. */
#ifndef TCPTOP_SRC_MODEL_FIGURES_H
#define TCPTOP_SRC_MODEL_FIGURES_H

#include "tcptop/model/sample.h"

/** Are rates wanted of `next`, and have both samples figures to make them of? */
bool rates_are_possible(const struct sample *next, const struct sample *prev);

/** Row `i` of `next` is row `j` of `prev`: what both say together. Only where they are rated. */
void rates_compute(struct sample *next, uint32_t i, const struct sample *prev, uint32_t j);

/** Row `to` of `next`, which its dump had not, keeps what `row` had last, and so its place in an
 *  order. The figures of closed rows are kept by sample_add_closed(). */
void rates_keep(struct sample *next, uint32_t to, const struct sample *prev, uint32_t row);

#endif
