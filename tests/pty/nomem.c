/* SPDX-License-Identifier: MIT */
/* Preloaded into the real program: its NOMEM_AT-th allocation finds no memory, and the file
 * NOMEM_MARK is removed then; NOMEM_TERM allocations later the process is asked to end. What hangs
 * is killed after NOMEM_SECONDS. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);

static atomic_long calls;
static long at, end;
static const char *mark;

static long number(const char *name)
{
    const char *value = getenv(name);
    return value ? strtol(value, NULL, 10) : 0;
}

__attribute__((constructor)) static void start(void)
{
    struct sigevent killed = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
    const struct itimerspec after = {.it_value.tv_sec = number("NOMEM_SECONDS")};
    timer_t timer;

    if (timer_create(CLOCK_MONOTONIC, &killed, &timer) == 0)
        timer_settime(timer, 0, &after, NULL);
    calls = 0;
    end = number("NOMEM_TERM");
    at = number("NOMEM_AT");
    mark = getenv("NOMEM_MARK");
}

static bool denied(void)
{
    const long n = ++calls;
    if (end && n == at + end)
        kill(getpid(), SIGTERM);
    if (n != at)
        return false;
    if (mark)
        unlink(mark);
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return denied() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return denied() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    return denied() ? NULL : __libc_realloc(p, size);
}
