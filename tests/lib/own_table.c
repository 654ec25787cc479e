/* SPDX-License-Identifier: MIT */
/* net.ipv4.tcp_child_ehash_entries (Linux 6.1) of the outer namespace makes the inner one's table.
 */
#include "lib/own_table.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

int own_table(unsigned entries)
{
    struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int setting = open("/proc/sys/net/ipv4/tcp_child_ehash_entries", O_RDWR | O_CLOEXEC);
    char before[16], wanted[16];
    ssize_t len = setting < 0 ? -1 : pread(setting, before, sizeof(before), 0);
    int fd, rc;

    snprintf(wanted, sizeof(wanted), "%u\n", entries);
    bool set = len > 0 && pwrite(setting, wanted, strlen(wanted), 0) > 0;
    rc = unshare(CLONE_NEWNET);
    /* The file is still that of the outer namespace, which is left as it was. */
    if (set && pwrite(setting, before, (size_t)len, 0) != len)
        rc = -1;
    if (setting >= 0)
        close(setting);
    if (rc != 0)
        return -1;
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    rc = ioctl(fd, SIOCSIFFLAGS, &up);
    close(fd);
    return rc;
}
