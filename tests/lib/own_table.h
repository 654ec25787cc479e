/* SPDX-License-Identifier: MIT */
/* A network namespace whose sockets are in a hash table of its own. */
#ifndef TESTS_LIB_OWN_TABLE_H
#define TESTS_LIB_OWN_TABLE_H

/** Move the calling thread from its namespace into a new one, with the loopback device up. Where
 *  the kernel can, the table has `entries` buckets and a dump walks no others; else it is shared
 *  with the whole host. The namespace that is left keeps its settings. Returns 0 or -1. */
int own_table(unsigned entries);

#endif
