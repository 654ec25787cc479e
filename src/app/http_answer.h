/* SPDX-License-Identifier: MIT */
/* One request of HTTP on a descriptor, and one answer (RFC 9112), for a socket that somebody else
 * has accepted, as systemd does with Accept=yes.
 *
 * Whoever is at the other end is taken to be hostile: so many bytes are read and no more, and
 * reading and writing end at their times whatever comes or does not come. */
#ifndef TCPTOP_SRC_APP_HTTP_ANSWER_H
#define TCPTOP_SRC_APP_HTTP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#define HTTP_ANSWER_REQUEST_MAX 8192 /* bytes of a request */

struct http_request {
    int status;       /* 200: GET or HEAD of /metrics; 400, 404, 405, 408: what is wrong with it; 0:
                         nobody asks anything */
    bool head;        /* HEAD: without the body */
    bool openmetrics; /* Accept names it */
};

/** Read a request, for at most `ms` milliseconds. */
struct http_request http_answer_read(int fd, int ms);

/** What the `len` bytes up to the end of the header ask for. */
struct http_request http_answer_parse(const char *bytes, size_t len);

/** Write the answer to `request`, for at most `ms` milliseconds: with status 200 the `len` bytes of
 *  that type, else a line that says what is wrong. Returns 0 or -errno, -ETIMEDOUT where the other
 *  end does not read. Then shut down what was written to, and read what is still on its way, for a
 *  moment, lest the answer be lost (RFC 9112 section 9.6). */
int http_answer_write(int fd, const struct http_request *request, const char *type,
                      const void *body, size_t len, int ms);

#endif
