/* SPDX-License-Identifier: MIT */
/* See child.h. prctl(2) PR_SET_PDEATHSIG */
#include "lib/child.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#define LIFE_S 300

pid_t child_fork(const char *name)
{
    pid_t parent = getpid(), pid = fork();

    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    alarm(LIFE_S);
    if (name)
        prctl(PR_SET_NAME, name);
    return 0;
}
