/* SPDX-License-Identifier: MIT */
/* Buffered writing: few system calls, and one place that knows how writing fails. */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "append.h"
#include "tcptop/output/output.h"

#define SINK_SIZE 65536

int sink_init(struct sink *s, int fd)
{
    *s = (struct sink){.fd = fd, .buffer = malloc(SINK_SIZE)};
    s->cap = s->buffer ? SINK_SIZE : 0;
    return s->buffer ? 0 : -ENOMEM;
}

void sink_fini(struct sink *s)
{
    free(s->buffer);
    *s = (struct sink){.fd = -1};
}

/* A pipe that somebody set non-blocking is waited for. */
static int write_some(int fd, const char *bytes, size_t len, size_t *written)
{
    ssize_t n = write(fd, bytes, len);
    if (n >= 0) {
        *written += (size_t)n;
        return 0;
    }
    if (errno == EAGAIN) {
        struct pollfd ready = {.fd = fd, .events = POLLOUT};
        return poll(&ready, 1, -1) < 0 && errno != EINTR ? -errno : 0;
    }
    return errno == EINTR ? 0 : -errno;
}

static void write_all(struct sink *s, const char *bytes, size_t len)
{
    for (size_t written = 0; written < len && s->error == 0;) {
        s->error = write_some(s->fd, bytes + written, len - written, &written);
    }
}

int sink_flush(struct sink *s)
{
    write_all(s, s->buffer, s->len);
    s->len = 0;
    return s->error;
}

void sink_add(struct sink *s, const char *text)
{
    sink_add_bytes(s, text, strlen(text));
}

void sink_add_bytes(struct sink *s, const void *bytes, size_t len)
{
    if (len > s->cap - s->len) {
        sink_flush(s);
    }
    if (len > s->cap) {
        write_all(s, bytes, len);
    } else if (len > 0) {
        memcpy(s->buffer + s->len, bytes, len);
        s->len += len;
    }
}

void sink_add_many(struct sink *s, char c, size_t count)
{
    while (count > 0) {
        size_t n = count < APPEND_MAX ? count : APPEND_MAX;
        char *p = sink_room(s);
        memset(p, c, n);
        sink_took(s, p + n);
        count -= n;
    }
}

void sink_add_uint(struct sink *s, unsigned long long n)
{
    sink_took(s, append_uint(sink_room(s), n));
}

void sink_addf(struct sink *s, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(sink_room(s), APPEND_MAX, fmt, args);
    va_end(args);
    s->len += n < 0 ? 0 : n < APPEND_MAX ? (size_t)n : APPEND_MAX - 1;
}
