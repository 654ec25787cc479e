/* SPDX-License-Identifier: MIT */
/* A pipe that keeps what is written at once together (pipe(7), O_DIRECT) carries the lines to the
 * thread of the screen. Where it is full, the newest are left out. */
#include "remote_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "cli_error.h"

static atomic_int to_screen = -1;

void remote_lines_say(const char *line)
{
    const int fd = to_screen;

    if (fd < 0) {
        cli_error(line);
    } else {
        const ssize_t n = write(fd, line, strnlen(line, REMOTE_LINE - 1));
        (void)n;
    }
}

int remote_lines_to_screen(void)
{
    int fds[2];

    if (pipe2(fds, O_DIRECT | O_NONBLOCK | O_CLOEXEC) != 0)
        return -errno;
    to_screen = fds[1]; /* open until the program ends: a thread may still write to it */
    return fds[0];
}

bool remote_lines_take(int fd, char line[REMOTE_LINE])
{
    const ssize_t n = fd < 0 ? 0 : read(fd, line, REMOTE_LINE - 1);

    line[n > 0 ? n : 0] = '\0';
    return n > 0;
}
