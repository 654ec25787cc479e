/* SPDX-License-Identifier: MIT */
/* The tests of recordings once more, read in pieces of 64 bytes: every boundary of growth is met.
 */
#define RECORDING_CHUNK 64
#include "../../src/source/recording.c"
#include "recording_test.c"
