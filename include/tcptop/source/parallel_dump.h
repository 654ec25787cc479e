/* SPDX-License-Identifier: MIT */
/* One dump taken by two threads, each with the sockets of half the ports. On a host with very many
 * sockets it takes three quarters of the time, and a quarter more CPU time. */
#ifndef TCPTOP_SOURCE_PARALLEL_DUMP_H
#define TCPTOP_SOURCE_PARALLEL_DUMP_H

#include "tcptop/source/netlink.h"

/* Where the ports are divided: `lower` of `of` sockets have their port of `side` at or below
 * `port`. */
struct port_split {
    enum term_side side;
    uint16_t port;
    uint32_t lower, of; /* of 0: not known */
};

struct parallel_dump {
    struct netlink upper;    /* the second thread's */
    struct port_split split; /* of the last dump, for the next */
};

int parallel_dump_init(struct parallel_dump *h, const struct source *stop); /* 0 or -ENOMEM */
void parallel_dump_fini(struct parallel_dump *h);

/** Dump what passes `filter`, about `expected` rows, into the empty sample of `b` by legacy
 * requests. The calling thread takes the lower half with `n`. Where `b` has a row_stream, `upper`
 * is that of the other half. Adds the other thread's CPU time to sample.cpu_ns. Returns 0;
 * -ECANCELED; or another -errno, after which the sample is empty and a single dump is to be tried:
 * -ERANGE when there is no good split, -ENOMEM when there are more rows than room for them. */
int parallel_dump_take(struct parallel_dump *h, struct netlink *n,
                       const struct kernel_filter *filter, uint64_t expected,
                       struct row_stream *upper, struct sample_builder *b);

/** The split that comes nearest to halves of the rows of `s`, by remote ports where that is good
 *  enough. */
struct port_split parallel_dump_split(const struct sample *s);

#endif
