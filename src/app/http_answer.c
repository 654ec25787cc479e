/* SPDX-License-Identifier: MIT */
/* Reads the request of one client and writes the answer. */
#include "http_answer.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tcptop/base/clock.h"

#define METRICS_PATH "/metrics"
#define DRAIN_MS     1000
#define DRAIN_BYTES  65536

/* Wait for `events`. Returns 0, -ETIMEDOUT at `due` or -errno. */
static int wait_for(int fd, short events, int64_t due)
{
    for (;;) {
        const int64_t left = due - clock_mono_ns();
        struct pollfd p = {.fd = fd, .events = events};
        if (left <= 0)
            return -ETIMEDOUT;
        const int n = poll(&p, 1, (int)((left + NS_PER_MS - 1) / NS_PER_MS));
        if (n > 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return -errno;
    }
}

static int64_t due_in(int ms)
{
    return clock_mono_ns() + ms * NS_PER_MS;
}

/* A descriptor that is ready may block all the same: for more bytes than there is room. */
static void unblock(int fd)
{
    const int flags = fcntl(fd, F_GETFL);

    if (flags >= 0)
        (void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

/* What a client does not read the kernel would keep, and offer again and again, for minutes after
 * the socket is closed. */
static void forget_after(int fd, int ms)
{
    const unsigned timeout = (unsigned)ms;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof timeout);
}

/* The first word of a line, up to a single blank. Returns its length, 0 when there is none. */
static size_t word_len(const char *at, const char *end)
{
    const char *blank = memchr(at, ' ', (size_t)(end - at));

    return blank ? (size_t)(blank - at) : 0;
}

static bool is(const char *at, size_t len, const char *word)
{
    return len == strlen(word) && memcmp(at, word, len) == 0;
}

/* Bytes that may stand in the first line and in a header (RFC 9110 section 5.5). */
static bool is_text(const char *at, const char *end)
{
    for (; at < end; at++)
        if ((unsigned char)*at < 0x20 && *at != '\t')
            return false;
    return true;
}

/* The line that begins at `at`, without what ends it; `*next` is the one behind it. NULL: none. */
static const char *line_end(const char *at, const char *end, const char **next)
{
    const char *newline = memchr(at, '\n', (size_t)(end - at));

    if (!newline)
        return NULL;
    *next = newline + 1;
    return newline > at && newline[-1] == '\r' ? newline - 1 : newline;
}

/* "GET /metrics HTTP/1.1" */
static void parse_first(const char *at, const char *end, struct http_request *r)
{
    const size_t method = word_len(at, end);
    const char *target = at + method + 1;
    const size_t target_len = method ? word_len(target, end) : 0;
    const char *version = target + target_len + 1;
    const char *query = target_len ? memchr(target, '?', target_len) : NULL;

    r->status = 400;
    if (!target_len || end - version != 8 || memcmp(version, "HTTP/1.", 7) != 0 ||
        version[7] < '0' || version[7] > '9' || strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != method)
        return;
    if (!is(target, query ? (size_t)(query - target) : target_len, METRICS_PATH))
        r->status = 404;
    else if (!is(at, method, "GET") && !is(at, method, "HEAD"))
        r->status = 405;
    else
        r->status = 200;
    r->head = is(at, method, "HEAD");
}

static bool contains(const char *at, const char *end, const char *word)
{
    const size_t len = strlen(word);

    for (; (size_t)(end - at) >= len; at++)
        if (strncasecmp(at, word, len) == 0)
            return true;
    return false;
}

struct http_request http_answer_parse(const char *bytes, size_t len)
{
    static const char accept[] = "Accept:";
    const size_t accept_len = strlen(accept);
    struct http_request r = {.status = 400};
    const char *const all = bytes + len;
    const char *next = all, *end = line_end(bytes, all, &next);

    if (!end || !is_text(bytes, end))
        return r;
    parse_first(bytes, end, &r);
    for (const char *at = next; (end = line_end(at, all, &next)) && end > at; at = next) {
        const char *colon = memchr(at, ':', (size_t)(end - at));
        if (!is_text(at, end) || !colon || colon == at)
            r.status = 400;
        else if ((size_t)(end - at) >= accept_len && strncasecmp(at, accept, accept_len) == 0)
            r.openmetrics |= contains(colon, end, "application/openmetrics-text");
    }
    return r;
}

/* Behind the empty line that ends the header; NULL: it has not come yet. */
static const char *header_end(const char *bytes, size_t len)
{
    for (size_t i = 0; i + 1 < len; i++) {
        if (bytes[i] != '\n')
            continue;
        if (bytes[i + 1] == '\n')
            return bytes + i + 2;
        if (i + 2 < len && bytes[i + 1] == '\r' && bytes[i + 2] == '\n')
            return bytes + i + 3;
    }
    return NULL;
}

struct http_request http_answer_read(int fd, int ms)
{
    char bytes[HTTP_ANSWER_REQUEST_MAX];
    const int64_t due = due_in(ms);
    size_t len = 0;

    unblock(fd);
    while (len < sizeof bytes) {
        int rc = wait_for(fd, POLLIN, due);
        if (rc)
            return (struct http_request){.status = rc == -ETIMEDOUT ? 408 : 0};
        const ssize_t n = read(fd, bytes + len, sizeof bytes - len);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (n <= 0)
            return (struct http_request){.status = n == 0 && len ? 400 : 0};
        len += (size_t)n;
        const char *end = header_end(bytes, len);
        if (end)
            return http_answer_parse(bytes, (size_t)(end - bytes));
    }
    return (struct http_request){.status = 400};
}

static int write_until(int fd, const char *bytes, size_t len, int64_t due)
{
    while (len) {
        int rc = wait_for(fd, POLLOUT, due);
        if (rc)
            return rc;
        const ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return -errno;
        bytes += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* A socket that is closed while bytes lie in it unread is reset, and the answer with it. */
static void drain(int fd)
{
    const int64_t due = due_in(DRAIN_MS);
    char bytes[4096];

    if (shutdown(fd, SHUT_WR))
        return; /* no socket */
    for (size_t all = 0; all < DRAIN_BYTES && wait_for(fd, POLLIN, due) == 0;) {
        const ssize_t n = read(fd, bytes, sizeof bytes);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
            return;
        all += n > 0 ? (size_t)n : 0;
    }
}

static const char *phrase(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 400:
        return "Bad Request";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 408:
        return "Request Timeout";
    default:
        return "Service Unavailable";
    }
}

int http_answer_write(int fd, const struct http_request *request, const char *type,
                      const void *body, size_t len, int ms)
{
    const int64_t due = due_in(ms);
    const bool good = request->status == 200;
    char head[512], line[128];

    if (!good) {
        len = (size_t)snprintf(line, sizeof line, "%d %s: ask for GET " METRICS_PATH "\n",
                               request->status, phrase(request->status));
        body = line;
        type = "text/plain; charset=utf-8";
    }
    const int n = snprintf(head, sizeof head,
                           "HTTP/1.1 %d %s\r\n"
                           "Content-Type: %s\r\n"
                           "Content-Length: %zu\r\n"
                           "Cache-Control: no-store\r\n"
                           "%sConnection: close\r\n\r\n",
                           request->status, phrase(request->status), type, len,
                           request->status == 405 ? "Allow: GET, HEAD\r\n" : "");
    unblock(fd);
    forget_after(fd, ms);
    int rc = write_until(fd, head, (size_t)n, due);
    if (!rc && !request->head)
        rc = write_until(fd, body, len, due);
    if (!rc)
        drain(fd);
    return rc;
}
