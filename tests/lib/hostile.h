/* SPDX-License-Identifier: MIT */
/* For fuzzers of recordings: what one shows and prints is judged. */
#ifndef TESTS_LIB_HOSTILE_H
#define TESTS_LIB_HOSTILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Abort with these words, unless it holds. */
void hostile_demand(bool holds, const char *what);

/* The input of a fuzzer, read from its beginning; zeros behind its end. */
struct hostile_bytes {
    const uint8_t *at;
    size_t left;
};

uint8_t hostile_take(struct hostile_bytes *in);

/** Play the recording: every sample is judged by the doctor and drawn, and so is every screen that
 *  the keys lead to which `in` says; the last one is printed by every writer. No control byte may
 *  come out anywhere, and jansson must accept every line of JSON. */
void hostile_play(struct hostile_bytes *in, const void *recording, size_t len);

#endif
