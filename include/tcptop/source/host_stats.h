/* SPDX-License-Identifier: MIT */
/* What /proc says about the host: names, TCP counters, socket totals, sysctls. Whatever cannot be
 * read is not valid; nothing here ever fails a sample. */
#ifndef TCPTOP_SOURCE_HOST_STATS_H
#define TCPTOP_SOURCE_HOST_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptop/model/host.h"
#include "tcptop/model/state_counters.h"

struct host_stats;
struct host_stats *host_stats_new(void); /* NULL: out of memory */
void host_stats_free(struct host_stats *f);

/** Fill `*h` for the namespace of the calling thread; always the same thread, since the files stay
 *  open. Counters and gauges are read each time, sysctls every few seconds. */
void host_stats_read(struct host_stats *f, struct host *h);

/** How many sockets of both families the kernel counts, TIME_WAIT entries apart: 20 µs instead of a
 *  dump. Neither request sockets nor bound-only ones are among them. False: it does not say. */
bool host_stats_sockets(struct host_stats *f, uint64_t *inuse, uint64_t *tw);

/** What the kernel counts of connections in ESTABLISHED and TIME_WAIT. False: it does not say. */
bool host_stats_states(struct host_stats *f, struct state_reading *r);

/* The readers of the files' contents, for tests. Each takes what it knows by name. */

/** /proc/net/snmp or netstat ("snmp", "netstat"): a line of names, a line of values. */
void host_stats_counters(struct host *h, const char *file, const char *bytes, size_t len);

/** /proc/net/sockstat: the line "TCP:" of names and values in turn. */
void host_stats_gauges(struct host *h, const char *bytes, size_t len);

/** The number at place `index` of a sysctl's line; false when there is none. */
bool host_stats_sysctl(const char *bytes, size_t len, unsigned index, int64_t *value);

/** How many ports from `low` to `high` a list such as "8080,9000-9100" names; an empty list is 0.
 *  False when it is no such list. */
bool host_stats_ports(const char *bytes, size_t len, int64_t low, int64_t high, int64_t *count);

#endif
