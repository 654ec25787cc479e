/* SPDX-License-Identifier: MIT */
/* Samples in which a doctor found something, a second after each other, and a folder to record them
 * in: for tests of what keeps findings over time. */
#ifndef TESTS_LIB_FOUND_H
#define TESTS_LIB_FOUND_H

#include <stdint.h>

#include "lib/folder.h"
#include "lib/sample.h"

/* Second 0 of them. */
#define FOUND_WALL_S INT64_C(1764417600)
#define FOUND_MONO_S INT64_C(5000)

/** The sample of second `t`, without rows, in which `n` findings, all zero, were found, and every
 *  rule was looked at. */
struct sample *found_sample(int t, uint32_t n);

/** The name of a rule; NULL where there is none of that number. */
const char *found_rule_name(unsigned rule);

/* A folder of the test's own, and a recording in it. */
extern char found_folder[FOLDER_SIZE], found_recording[96];

/** Setup and teardown of a group of tests: make the folder, and remove it. */
int found_make_folder(void **state);
int found_remove_folder(void **state);

#endif
