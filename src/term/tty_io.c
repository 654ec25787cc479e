/* SPDX-License-Identifier: MIT */
/* Writes to the terminal without blocking. A terminal can be stopped (^S), slow or gone, and the
 * program must still end at once when it is told to. So the terminal is opened a second time with
 * O_NONBLOCK, and bytes that it does not take are kept here until it does. */
#include "tty_io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tcptop/base/clock.h"

/* O_NONBLOCK belongs to the description, which the shell shares: only an own one may have it. */
static int reopen(int fd)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const int flags = O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
    int own = open(path, flags);
    if (own < 0 && tcgetpgrp(fd) >= 0) /* its controlling terminal, if perhaps not its owner */
        own = open("/dev/tty", flags);
    return own >= 0 ? own : fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

int tty_io_open(struct tty_io *io, int in_fd, int out_fd)
{
    *io = (struct tty_io){.in = -1, .out = -1};
    if (tcgetattr(in_fd, &io->found))
        return -errno;
    io->in = reopen(in_fd);
    io->out = reopen(out_fd);
    if (io->in >= 0 && io->out >= 0)
        return 0;
    const int rc = -errno;
    tty_io_close(io);
    return rc;
}

void tty_io_close(struct tty_io *io)
{
    if (io->in >= 0)
        close(io->in);
    if (io->out >= 0)
        close(io->out);
    io->in = io->out = -1;
    str_fini(&io->pending);
}

int tty_io_raw(struct tty_io *io)
{
    struct termios raw = io->found;
    cfmakeraw(&raw);
    raw.c_cflag = io->found.c_cflag; /* a serial line keeps its parity */
    return tcsetattr(io->in, TCSANOW, &raw) ? -errno : 0;
}

void tty_io_cooked(struct tty_io *io)
{
    tcsetattr(io->in, TCSANOW, &io->found); /* TCSADRAIN would wait for a stopped terminal */
}

void tty_io_send(struct tty_io *io, const void *bytes, size_t len)
{
    str_add_bytes(&io->pending, bytes, len);
    tty_io_flush(io);
}

void tty_io_flush(struct tty_io *io)
{
    size_t sent = 0;
    while (!io->gone && sent < io->pending.len) {
        const ssize_t n = write(io->out, io->pending.data + sent, io->pending.len - sent);
        if (n >= 0)
            sent += (size_t)n;
        else if (errno == EAGAIN)
            break;
        else if (errno != EINTR)
            io->gone = true;
    }
    if (io->gone || sent == io->pending.len) {
        str_clear(&io->pending);
    } else if (sent) {
        memmove(io->pending.data, io->pending.data + sent, io->pending.len - sent);
        str_truncate(&io->pending, io->pending.len - sent);
    }
}

bool tty_io_drain(struct tty_io *io, int ms)
{
    const int64_t end = clock_mono_ns() + ms * NS_PER_MS;
    tty_io_flush(io);
    while (io->pending.len) {
        const int64_t left = (end - clock_mono_ns()) / NS_PER_MS;
        struct pollfd out = {.fd = io->out, .events = POLLOUT};
        if (left <= 0 || poll(&out, 1, (int)left) < 1)
            return false;
        tty_io_flush(io);
    }
    return true;
}

void tty_io_force(struct tty_io *io, const char *bytes, int ms)
{
    tcflow(io->out, TCOON);
    if (tty_io_drain(io, ms))
        return;
    tcflush(io->out, TCOFLUSH);
    str_clear(&io->pending);
    tty_io_send(io, bytes, strlen(bytes));
    tty_io_drain(io, ms);
    str_clear(&io->pending);
}

size_t tty_io_read(struct tty_io *io, void *buffer, size_t size)
{
    if (io->gone || !size)
        return 0;
    const ssize_t n = read(io->in, buffer, size);
    if (n > 0)
        return (size_t)n;
    if (n == 0 || (errno != EAGAIN && errno != EINTR)) /* hung up: end of input, or EIO */
        io->gone = true;
    return 0;
}

bool tty_io_wait(struct tty_io *io, int ms)
{
    struct pollfd in = {.fd = io->in, .events = POLLIN};
    return poll(&in, 1, ms) > 0;
}
