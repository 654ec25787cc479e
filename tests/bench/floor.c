/* The floor of a sample: what the kernel's own dump costs. Sends the request that tcptop sends (one
 * walk for both families, all listed states) and only receives. */
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_BYTES 32768
#define LISTED       0x1fffu /* without BOUND_INACTIVE */

static int ask(int fd)
{
    struct {
        struct nlmsghdr head;
        struct inet_diag_req req;
    } request = {
        .head = {.nlmsg_len = sizeof request,
                 .nlmsg_type = TCPDIAG_GETSOCK,
                 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .req = {.idiag_states = LISTED},
    };

    return send(fd, &request, sizeof request, 0) == (ssize_t)sizeof request ? 0 : -1;
}

/* The end of the dump is the last message of a datagram. */
static int is_last(const char *buffer, ssize_t len)
{
    struct nlmsghdr last;
    ssize_t at = len - (ssize_t)NLMSG_SPACE(sizeof(int));

    if (at < 0)
        return 1;
    memcpy(&last, buffer + at, sizeof last);
    return last.nlmsg_type == NLMSG_DONE && last.nlmsg_len == NLMSG_LENGTH(sizeof(int));
}

int main(void)
{
    static char buffer[BUFFER_BYTES];
    unsigned long long bytes = 0;
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

    if (fd < 0 || ask(fd)) {
        perror("floor");
        return 1;
    }
    for (;;) {
        ssize_t len = recv(fd, buffer, sizeof buffer, 0);
        if (len <= 0) {
            perror("floor: recv");
            return 1;
        }
        bytes += (unsigned long long)len;
        if (is_last(buffer, len))
            break;
    }
    printf("%llu bytes\n", bytes);
    close(fd);
    return 0;
}
