/* SPDX-License-Identifier: MIT */
/* What a sink wrote, as text. */
#ifndef TCPTOP_TESTS_CAPTURE_H
#define TCPTOP_TESTS_CAPTURE_H

#include "tcptop/output/output.h"

/** A sink that writes to memory. Aborts when it cannot. */
struct sink *capture_begin(void);

/** Flush and close it; the text is valid until the next capture_end(). */
const char *capture_end(void);

#endif
