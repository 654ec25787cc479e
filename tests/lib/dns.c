/* SPDX-License-Identifier: MIT */
/* See dns.h. RFC 1035, section 4. */
#include "lib/dns.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HEADER   12
#define NXDOMAIN 3

int dns_open(unsigned short *port)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(*port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        return -1;
    *port = ntohs(at.sin_port);
    return fd;
}

/* What is too short for a question ends the service. */
void dns_end(unsigned short port)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    sendto(fd, "", 1, 0, (struct sockaddr *)&at, sizeof(at));
    close(fd);
}

/* The name of the answer in DNS's labels; returns its length. */
static size_t labels(uint8_t *out, int n)
{
    static const char hostile[] = "\033[2J\x9b\x31m\xe2\x80\xae\xff x";
    char name[16];
    size_t len = 0;

    if (n == 52) {
        for (int i = 0; i < 3; i++) {
            out[len++] = 63;
            memset(out + len, 'a', 63);
            len += 63;
        }
    } else if (n == 51) {
        out[len++] = sizeof(hostile) - 1;
        memcpy(out + len, hostile, sizeof(hostile) - 1);
        len += sizeof(hostile) - 1;
    } else {
        int size = snprintf(name, sizeof(name), "host-%d", n);
        out[len++] = (uint8_t)size;
        memcpy(out + len, name, (size_t)size);
        len += (size_t)size;
    }
    memcpy(out + len, "\7example", 9);
    return len + 9;
}

void dns_serve(int fd)
{
    uint8_t q[1500];
    struct sockaddr_storage from;
    socklen_t from_len = sizeof(from);
    ssize_t got;

    while ((got = recvfrom(fd, q, 512, 0, (struct sockaddr *)&from, &from_len)) > HEADER) {
        size_t end = HEADER, n_labels;
        int n = atoi((char *)q + HEADER + 1);

        while (end < (size_t)got && q[end])
            end += q[end] + 1u;
        end += 5; /* the root, type, class */
        if (end <= (size_t)got && n <= 53) {
            if (n == 53)
                nanosleep(&(struct timespec){.tv_nsec = 400000000}, NULL);
            q[2] |= 0x80;
            q[3] = n == 50 ? NXDOMAIN : 0;
            memset(q + 6, 0, 6);
            if (n != 50) { /* one answer: name, PTR, IN, 60 s, length, labels */
                static const uint8_t record[] = {0xc0, HEADER, 0, 12, 0, 1, 0, 0, 0, 60, 0};
                q[7] = 1;
                memcpy(q + end, record, sizeof(record));
                end += sizeof(record) + 1;
                n_labels = labels(q + end, n);
                q[end - 1] = (uint8_t)n_labels;
                end += n_labels;
            }
            sendto(fd, q, end, 0, (struct sockaddr *)&from, from_len);
        }
        from_len = sizeof(from);
    }
}
