/* SPDX-License-Identifier: MIT */
/* A child process that does first what may end its process. */
#include "tcptop/base/rehearsal.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define CAME_BACK 77 /* exit code of the child; no library ends with it */

/* A sanitizer's allocator may be locked by another thread at the time of fork(): the child would
 * wait for ever. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CHILD_MAY_HANG 1
#else
#define CHILD_MAY_HANG 0
#endif

int rehearsal_run(void (*run)(void *arg), void *arg)
{
    int status;
    if (CHILD_MAY_HANG)
        return 0;
    const pid_t child = fork();
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0});
        run(arg);
        _exit(CAME_BACK); /* lint: exits, the child */
    }
    if (child < 0)
        return 0;
    while (waitpid(child, &status, 0) != child)
        if (errno != EINTR)
            return 0;
    return WIFEXITED(status) && WEXITSTATUS(status) == CAME_BACK ? 0 : -ENOMEM;
}
