/* SPDX-License-Identifier: MIT */
/* The tests' DNS server on port 53 of the loopback, for the scripts; says "ready". */
#include <stdio.h>

#include "lib/dns.h"

int main(void)
{
    unsigned short port = 53;
    int fd = dns_open(&port);

    if (fd < 0) {
        perror("port 53");
        return 1;
    }
    puts("ready");
    fflush(stdout);
    dns_serve(fd);
    return 0;
}
