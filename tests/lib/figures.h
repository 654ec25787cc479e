/* SPDX-License-Identifier: MIT */
/* Figures of tcp_info made by hand, for tests and recorded scenes. */
#ifndef TESTS_LIB_FIGURES_H
#define TESTS_LIB_FIGURES_H

#include "tcptop/model/tcp_metrics.h"

/** The field is `value`, and known. */
void figure_set(struct tcp_metrics *f, enum tcp_metric field, uint64_t value);

#endif
