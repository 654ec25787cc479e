/* SPDX-License-Identifier: MIT */
/* The network namespaces that a sample knows: whose rows it holds, and what else there is. */
#ifndef TCPTOP_MODEL_NETNS_H
#define TCPTOP_MODEL_NETNS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/host.h"

#define NETNS_NAME 64 /* bytes of a name, NUL included */

struct netns {
    char name[NETNS_NAME]; /* sanitised, never "", unlike every other of the table */
    uint64_t inode;        /* of its file in /proc/PID/ns: what `ls -l` shows as net:[INODE] */
    uint16_t id;           /* conn.netns of its rows; the same for as long as it lives */
    bool own;              /* the one tcptop was started in */
    bool shown;            /* its rows are in the sample */
    bool gone;             /* only its name is left, for rows that fade */
    bool counted;          /* `sockets` is known */
    uint64_t sockets;      /* rows when shown; else what the kernel counts, without SYN_RECV */
    int error;             /* -errno: it could not be entered; 0: it could, or nobody tried */
    struct host host;      /* its counters and settings, when shown */
};

/* Immutable once a sample carries it. */
struct netns_table {
    atomic_uint refs;
    bool several;     /* those of all namespaces are wanted: rows say where they are from */
    uint32_t shown;   /* how many are shown */
    uint32_t missing; /* … are there, or may be, but could not be entered */
    uint32_t n;
    uint16_t *by_id;     /* places in the list, by id */
    struct netns list[]; /* the own one, then by name; those that are gone at the end */
};

/** Room for `n`, zeroed, with one reference; NULL: out of memory. Fill the list, then
 *  netns_table_sort(). */
struct netns_table *netns_table_new(uint32_t n);
void netns_table_sort(struct netns_table *t);

struct netns_table *netns_table_ref(struct netns_table *t); /* NULL is accepted */
void netns_table_unref(struct netns_table *t);              /* NULL is accepted */

/** The namespace with that id, NULL when it is not known (any more). */
const struct netns *netns_find(const struct netns_table *t, uint16_t id);

/** What is true of all that are shown, as one: sums of counters and of what each counts for itself;
 *  settings that do not differ where they exist. The rest is not valid. */
void netns_host(const struct netns_table *t, struct host *h);

#endif
