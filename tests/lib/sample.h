/* SPDX-License-Identifier: MIT */
/* Snapshots made by hand, for tests of what reads them. */
#ifndef TCPTOP_TESTS_SAMPLE_H
#define TCPTOP_TESTS_SAMPLE_H

#include "tcptop/model/sample.h"

/** A live row between "10.0.0.1:80" or "[::1]:80" and the same; its cookie is its number from 1,
 *  its inode 1000 more, its uid 7. Aborts when it cannot. */
struct conn *sample_row(struct sample *s, const char *local, const char *remote, unsigned state);

/** The live rows from `live` on become missing, those from `missing` on closed. */
void sample_mark_rows(struct sample *s, uint32_t live, uint32_t missing);

#endif
