/* SPDX-License-Identifier: MIT */
/* The source's tests once more with a receive buffer of 4 KiB, the least that holds the kernel's
 * first batch: every dump comes in many pieces. */
#define NETLINK_BUFFER 4096
#include "../../src/source/netlink.c"
#define PROC_TCP_BUFFER 256
#include "../../src/source/proc_tcp.c"
#include "source_test.c"
