/* SPDX-License-Identifier: MIT */
/* Time. Monotonic time for durations and rates, wall time only for what a person reads. */
#ifndef TCPTOP_BASE_CLOCK_H
#define TCPTOP_BASE_CLOCK_H

#include <stdint.h>

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)

int64_t clock_mono_ns(void);        /* CLOCK_MONOTONIC */
int64_t clock_wall_ns(void);        /* CLOCK_REALTIME, since 1970 UTC */
int64_t clock_thread_cpu_ns(void);  /* CPU time of the calling thread */
int64_t clock_process_cpu_ns(void); /* CPU time of all threads of the process */

#endif
