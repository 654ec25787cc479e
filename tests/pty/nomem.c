/* SPDX-License-Identifier: MIT */
/* Preloaded into the real program: its NOMEM_AT-th allocation finds no memory, and NOMEM_TERM
 * allocations later the process is asked to end. What curses allocates is spared, strdup() too:
 * ncurses 6.4 uses both unchecked while it sets up, before the terminal is touched. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);

static atomic_long calls;
static long at, end;

static long number(const char *name)
{
    const char *value = getenv(name);
    return value ? strtol(value, NULL, 10) : 0;
}

__attribute__((constructor)) static void start(void)
{
    end = number("NOMEM_TERM");
    at = number("NOMEM_AT");
}

static bool curses(const void *caller)
{
    Dl_info from;
    return dladdr(caller, &from) &&
           (strstr(from.dli_fname, "tinfo") || strstr(from.dli_fname, "curses"));
}

static bool denied(const void *caller)
{
    const long n = ++calls;
    if (end && n == at + end)
        kill(getpid(), SIGTERM);
    if (n != at || curses(caller))
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return denied(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return denied(__builtin_return_address(0)) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    return denied(__builtin_return_address(0)) ? NULL : __libc_realloc(p, size);
}

char *strdup(const char *s)
{
    char *copy = __libc_malloc(strlen(s) + 1);
    return copy ? strcpy(copy, s) : NULL;
}
