/* SPDX-License-Identifier: MIT */
/* Waiting for an event: look, sleep a little, look again. */
#ifndef TESTS_LIB_WAIT_H
#define TESTS_LIB_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#define WAIT_S 120 /* far longer than anything takes, on the busiest machine */

/* Starts zeroed: for (struct wait w = {0}; !condition && wait_more(&w);) look again; */
struct wait {
    int64_t end_ns;
};

/** Sleep for 10 ms and return true, or return false at once when WAIT_S seconds have passed since
 *  the first call. The caller asserts the condition afterwards. */
bool wait_more(struct wait *w);

#endif
