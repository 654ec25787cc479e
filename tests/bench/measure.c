/* SPDX-License-Identifier: MIT */
/* Run a command with its output in a file and print what it cost:
 *
 *     measure FILE COMMAND [ARG]...   →   wall user sys (microseconds) maxrss (KiB) exit
 *
 * It is ended after LIFE_S. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIFE_S 120u

static long long now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static long long us(struct timeval t)
{
    return (long long)t.tv_sec * 1000000 + t.tv_usec;
}

static void run(const char *path, char **command)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
        _exit(126);
    alarm(LIFE_S); /* goes on in the command */
    execvp(command[0], command);
    _exit(127);
}

int main(int argc, char **argv)
{
    struct rusage usage;
    long long begin = now_us();
    int status;
    pid_t pid;

    if (argc < 3) {
        fputs("usage: measure FILE COMMAND [ARG]...\n", stderr);
        return 2;
    }
    pid = fork();
    if (pid == 0)
        run(argv[1], argv + 2);
    if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
        return 1;
    printf("%lld %lld %lld %ld %d\n", now_us() - begin, us(usage.ru_utime), us(usage.ru_stime),
           usage.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 128);
    return 0;
}
