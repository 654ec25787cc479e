/* SPDX-License-Identifier: MIT */
/* The control groups in which the sockets of a sample were made.
 *
 * The kernel gives the id of a socket's control group (of version 2) with each full socket, to
 * every user: INET_DIAG_CGROUP_ID, net/ipv4/inet_diag.c inet_diag_msg_attrs_fill(), since
 * Linux 5.9. It is that of the process that called socket(), or listen() for a socket that was
 * accepted (net/core/sock.c cgroup_sk_alloc(), cgroup_sk_clone()), and stays when that process
 * moves on or the socket is passed to another one. Requests and TIME_WAIT records have none.
 *
 * A row holds a small number for it, conn.cgroup. What the numbers mean stands in the sample's
 * table, which is immutable and counted by references: samples with the same groups share one. From
 * one sample to the next a group keeps its number, so that a row can inherit it. */
#ifndef TCPTOP_MODEL_CGROUPS_H
#define TCPTOP_MODEL_CGROUPS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "tcptop/base/hash_table.h"

struct conn;

#define CGROUPS_MAX 32768u /* numbers, what fits into conn.cgroup; 0 is none */
#define CGROUP_MASK (CGROUPS_MAX - 1)
#define CGROUP_NAME 112 /* bytes of a name, with its NUL */

struct cgroup {
    uint64_t id;            /* 0: the number is not in use */
    bool looked_for;        /* the name is known as far as it can be */
    char name[CGROUP_NAME]; /* what people call it, see owner/cgroup.h; sanitised; "": not known, or
                               the root of all */
};

struct cgroup_table {
    atomic_uint refs;
    uint32_t n;                /* numbers below it may be in use */
    _Atomic(uint32_t *) ranks; /* made when first asked for */
    struct cgroup cgroup[];
};

/** A table for `n` numbers, none in use; the maker fills in the rest. NULL: out of memory. */
struct cgroup_table *cgroups_new(uint32_t n);
struct cgroup_table *cgroups_ref(const struct cgroup_table *t);
void cgroups_unref(const struct cgroup_table *t); /* NULL is accepted */

/** The name behind a number; NULL when there is none. `t` may be NULL. */
static inline const char *cgroups_name(const struct cgroup_table *t, uint32_t number)
{
    return t && number < t->n && *t->cgroup[number].name ? t->cgroup[number].name : NULL;
}

/** The place of a name among those of the table, from 0. Any thread. */
uint32_t cgroups_rank(const struct cgroup_table *t, uint32_t number);

/* Numbers for ids, while a sample is filled. Starts as zero, or as cgroups_keep() leaves it; one
 * thread at a time. */
struct cgroup_ids {
    struct hash_table number; /* of each id, a uint32_t */
    uint64_t *id;             /* of each number, 0: free; owned */
    uint32_t n, cap;          /* numbers below `n` have been given */
    uint32_t free;            /* no number below it is free */
    uint64_t last_id;         /* the one asked for last, and its number */
    uint32_t last;
    bool changed; /* an id has got a number since cgroups_keep() */
    bool broken;  /* out of memory: nothing gets a number */
};

void cgroups_fini(struct cgroup_ids *ids);

/** Begin a sample: the numbers of `t` (NULL: none) mean the same in this one. `rows` are the `n` of
 *  the sample that has `t`: where the table has become large, numbers that no row has are free
 *  again. Without memory no id gets a number in this sample. */
void cgroups_keep(struct cgroup_ids *ids, const struct cgroup_table *t, const struct conn *rows,
                  uint32_t n);

/** The number of an id; 0 for id 0, without memory, or when CGROUPS_MAX are in use. */
uint32_t cgroups_number_new(struct cgroup_ids *ids, uint64_t id);

static inline uint32_t cgroups_number(struct cgroup_ids *ids, uint64_t id)
{
    return id == ids->last_id && id ? ids->last : cgroups_number_new(ids, id);
}

/** Rows that were numbered by `from` get the numbers that `to` has for the same ids. */
void cgroups_renumber(struct cgroup_ids *to, const struct cgroup_ids *from, struct conn *rows,
                      uint32_t n);

#endif
