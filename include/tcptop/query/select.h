/* SPDX-License-Identifier: MIT */
/* Expressions of other tools that select one connection. */
#ifndef TCPTOP_QUERY_SELECT_H
#define TCPTOP_QUERY_SELECT_H

#include "tcptop/model/conn.h"

struct str;

/* All append nothing for a row of which neither an address nor a port is known. */

/** Append the filter of ss: "src 10.0.2.15:443 and dst 203.0.113.77:51422"; of a listener only its
 *  own end. */
void select_ss(const struct conn *c, struct str *out);

/** Append the filter of tcpdump: "tcp and host 10.0.2.15 and 203.0.113.77 and port 443 and
 *  51422"; v4-mapped addresses as the IPv4 that is on the wire. */
void select_tcpdump(const struct conn *c, struct str *out);

/** Append the whole command, quoted for a shell. */
void select_ss_command(const struct conn *c, struct str *out);
void select_tcpdump_command(const struct conn *c, struct str *out);

#endif
