/* net.ipv4.tcp_child_ehash_entries (Linux 6.1) of the outer namespace makes the inner one's table.
 */
#include "lib/own_table.h"

#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

int own_table(unsigned entries)
{
    struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    FILE *setting = fopen("/proc/sys/net/ipv4/tcp_child_ehash_entries", "w");
    int fd, rc;

    if (setting) {
        fprintf(setting, "%u\n", entries);
        fclose(setting);
    }
    if (unshare(CLONE_NEWNET) != 0)
        return -1;
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    rc = ioctl(fd, SIOCSIFFLAGS, &up);
    close(fd);
    return rc;
}
