/* SPDX-License-Identifier: MIT */
/* Runs tests/data/states beside the test, in the test's own network namespace. */
#include "lib/held.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PORTS_MAX 32

static void become_states(const char *argv0, const char *const *ports, int in, int out)
{
    char path[4096];
    char *argv[PORTS_MAX + 2] = {path};
    const char *slash = strrchr(argv0, '/');

    snprintf(path, sizeof(path), "%.*s/../data/states", slash ? (int)(slash - argv0) : 1,
             slash ? argv0 : ".");
    for (int i = 0; ports && ports[i] && i < PORTS_MAX; i++)
        argv[i + 1] = strdup(ports[i]);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    execv(path, argv);
    perror(path);
    _exit(127);
}

int held_start(struct held *h, const char *argv0, const char *const *ports)
{
    int in[2], out[2];
    char answer[6] = "";

    if (pipe(in) != 0 || pipe(out) != 0)
        return -1;
    h->hold = in[1];
    h->pid = fork();
    if (h->pid == 0) {
        close(in[1]);
        close(out[0]);
        become_states(argv0, ports, in[0], out[1]);
    }
    close(in[0]);
    close(out[1]);
    ssize_t got = h->pid < 0 ? -1 : read(out[0], answer, sizeof(answer) - 1);
    close(out[0]);
    return got == 5 && strcmp(answer, "ready") == 0 ? 0 : -1;
}

void held_stop(struct held *h)
{
    close(h->hold);
    waitpid(h->pid, NULL, 0);
}
