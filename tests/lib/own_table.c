/* SPDX-License-Identifier: MIT */
/* net.ipv4.tcp_child_ehash_entries (Linux 6.1) of the outer namespace makes the inner one's table.
 */
#include "lib/own_table.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Says on the standard error what failed, as a detail of TAP. Returns -1. */
static int failed(const char *what)
{
    fprintf(stderr, "# own_table: %s: %s\n", what, strerror(errno));
    return -1;
}

int own_table(unsigned entries)
{
    struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int setting = open("/proc/sys/net/ipv4/tcp_child_ehash_entries", O_RDWR | O_CLOEXEC);
    /* Without a process in it the outer namespace goes, and its settings with it. */
    int outer = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    char before[16], wanted[16];
    ssize_t len = setting < 0 ? -1 : pread(setting, before, sizeof(before), 0);
    int fd, rc = 0;

    snprintf(wanted, sizeof(wanted), "%u\n", entries);
    bool set = len > 0 && pwrite(setting, wanted, strlen(wanted), 0) > 0;
    if (unshare(CLONE_NEWNET) != 0)
        rc = failed("unshare");
    /* The file is still that of the outer namespace, which is left as it was. */
    if (set && pwrite(setting, before, (size_t)len, 0) != len)
        rc = failed("tcp_child_ehash_entries");
    if (setting >= 0)
        close(setting);
    if (outer >= 0)
        close(outer);
    if (rc != 0)
        return rc;
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (ioctl(fd, SIOCSIFFLAGS, &up) != 0)
        rc = failed("loopback up");
    close(fd);
    return rc;
}
