/* SPDX-License-Identifier: MIT */
/* A child process that does first what may end its process. */
#include "tcptop/base/rehearsal.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define CAME_BACK 77 /* exit code of the child; no library ends with it */

int rehearsal_run(void (*run)(void *arg), void *arg)
{
    int status;
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
