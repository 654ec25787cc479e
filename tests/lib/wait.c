/* SPDX-License-Identifier: MIT */
#include "lib/wait.h"

#include <time.h>

#include "tcptop/base/clock.h"

bool wait_more(struct wait *w)
{
    const int64_t now = clock_mono_ns();

    if (w->end_ns == 0)
        w->end_ns = now + WAIT_S * NS_PER_S;
    if (now >= w->end_ns)
        return false;
    nanosleep(&(struct timespec){.tv_nsec = 10 * NS_PER_MS}, NULL);
    return true;
}
