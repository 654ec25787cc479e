/* SPDX-License-Identifier: MIT */
/* The tests of recordings once more, read in pieces of 64 bytes: every boundary of growth is met.
 */
#define RECORDING_CHUNK        64
#define RECORDING_SEARCH_BYTES ((uint64_t)64 << 10)
#define RECORDING_FIFO_WAIT_NS (100 * NS_PER_MS) /* and a FIFO is not waited for as long */
#include "../../src/source/recording.c"
#include "recording_test.c"
