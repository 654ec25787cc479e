/* SPDX-License-Identifier: MIT */
/* Runs tests/data/states beside the test, in the test's own network namespace. */
#ifndef TESTS_LIB_HELD_H
#define TESTS_LIB_HELD_H

#include <sys/types.h>

struct held {
    pid_t pid;
    int hold; /* closing it ends the program */
};

/** Start the program that lies beside `argv0`'s directory, in ../data; `ports` (ended by NULL, or
 *  NULL for all) chooses recipes. Returns 0 once all sockets stand, -1 when that failed. */
int held_start(struct held *h, const char *argv0, const char *const *ports);

/** Let it go and wait for its end. */
void held_stop(struct held *h);

#endif
