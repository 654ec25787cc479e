/* SPDX-License-Identifier: MIT */
/* /proc/net/tcp and tcp6, the last resort: no cookie, no backlog, timers in clock ticks, twice the
 * cost. net/ipv4/tcp_ipv4.c tcp4_seq_show(), net/ipv6/tcp_ipv6.c tcp6_seq_show(). */
#ifndef TCPTOP_SOURCE_PROC_TCP_H
#define TCPTOP_SOURCE_PROC_TCP_H

#include "tcptop/source/source.h"

/** Read one line of the table (without its newline), of which what follows the inode may be
 * missing, into `*c`; addresses as a host of this byte order prints them. False: it is none. */
bool proc_tcp_read(struct conn *c, uint8_t family, const char *line, size_t len);

/** Append one line of the table (without its newline) as a row. Returns 0, or -ENOMEM; a line that
 *  is none is counted in s->rejected. `family` says which of the two files it is from. */
int proc_tcp_line(struct sample_builder *b, uint8_t family, const char *line, size_t len);

/** Read both files of the calling thread's namespace into the empty `s`. Returns 0 or -errno:
 *  nothing can be read. No tcp6 file means no IPv6. */
int proc_tcp_take(struct sample_builder *b, const struct source *stop);

#endif
