/* One namespace's socket for the ends of sockets; see close_monitor.h. */
#ifndef TCPTOP_SRC_SOURCE_CLOSE_MONITOR_SOCKET_H
#define TCPTOP_SRC_SOURCE_CLOSE_MONITOR_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

struct close_socket {
    int fd; /* -1: never opened */
    uint16_t netns;
    bool failed;       /* it failed, or was never opened: nothing comes from it */
    bool counts_drops; /* the kernel says how many were lost: Linux 4.12 */
    bool roomy;        /* it got a large buffer */
    uint32_t drops;    /* as counted at the last look */
};

/** Open it in the namespace of the calling thread. Returns 0 or -errno, -EMFILE also when few
 *  descriptors would be left. */
int close_socket_open(struct close_socket *close_socket, uint16_t netns);
void close_socket_close(struct close_socket *close_socket);

/** How many messages the kernel has dropped so far; wraps. False when it does not say. */
bool close_socket_drops(const struct close_socket *close_socket, uint32_t *drops);

#endif
