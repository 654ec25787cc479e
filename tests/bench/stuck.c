/* SPDX-License-Identifier: MIT */
/* Make what a screen should show soon, and say when it was there.
 *
 * Each line of standard input is an order; each is answered by a line, µs of the monotonic clock,
 * or ends the program where that fails.
 *
 *     wait     a connection of 127.7.7.7 whose peer has closed: CLOSE_WAIT
 *     queue    a connection of 127.7.7.7 that nobody accepts, in the queue of 127.7.7.8:7778
 *     clear    end it
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct sockaddr_in address(const char *host, uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};

    inet_pton(AF_INET, host, &a.sin_addr);
    return a;
}

/* Without SO_LINGER its end would stay in TIME_WAIT. */
static void end(int fd)
{
    const struct linger at_once = {.l_onoff = 1};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
}

int main(void)
{
    struct sockaddr_in at = address("127.7.7.8", 7778), from = address("127.7.7.7", 0);
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = -1, accepted = -1, one = 1;
    struct timespec now;
    char line[64];

    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 4)) {
        fprintf(stderr, "stuck: %s\n", strerror(errno));
        return 1;
    }
    while (fgets(line, sizeof line, stdin)) {
        bool closes = strcmp(line, "wait\n") == 0;
        if (strcmp(line, "clear\n") == 0) {
            accepted = accepted < 0 ? accept(listener, NULL, NULL) : accepted;
            end(client);
            end(accepted);
            client = accepted = -1;
        } else {
            client = socket(AF_INET, SOCK_STREAM, 0);
            if (bind(client, (struct sockaddr *)&from, sizeof from) ||
                connect(client, (struct sockaddr *)&at, sizeof at))
                return 1;
            accepted = closes ? accept(listener, NULL, NULL) : -1;
            if (closes)
                shutdown(accepted, SHUT_WR);
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
        printf("%lld\n", (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
        fflush(stdout);
    }
    return 0;
}
