/* SPDX-License-Identifier: MIT */
/* The findings that a recording of blocks notes, put together from its NOTE blocks. */
#ifndef TCPTOP_SRC_SOURCE_BLOCK_FINDINGS_H
#define TCPTOP_SRC_SOURCE_BLOCK_FINDINGS_H

#include "block_reader.h"

/** See recording_findings(). The episodes replace those in `all`, which `out` then points to. */
int block_findings(struct block_reader *r, struct episodes *all,
                   int (*rule_number)(const char *name), bool count_samples,
                   struct recording_findings *out);

#endif
