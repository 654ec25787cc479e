/* One dump taken by two threads, each with the sockets of half the ports: on a host with very many
 * it takes three quarters of the time, at a quarter more CPU. */
#ifndef TCPTOP_SOURCE_PARALLEL_DUMP_H
#define TCPTOP_SOURCE_PARALLEL_DUMP_H

#include "tcptop/source/netlink.h"

/* Where the ports are cut in two: `lower` of `of` sockets have theirs of `side` at or below. */
struct port_split {
    enum term_side side;
    uint16_t port;
    uint32_t lower, of; /* of 0: not known */
};

struct parallel_dump {
    struct netlink upper;  /* the second thread's */
    struct port_split cut; /* of the last dump, for the next */
};

int parallel_dump_init(struct parallel_dump *h, const struct source *stop); /* 0 or -ENOMEM */
void parallel_dump_fini(struct parallel_dump *h);

/** Dump what passes `filter`, about `expected` rows, into the empty `s` by legacy requests: the
 *  calling thread with `n` the lower half. Where `s` has a sieve `upper` is that of the other half.
 *  Adds the other's CPU time to s->cpu_ns. Returns 0;
 *  -ECANCELED; or another -errno: there is no good cut (-ERANGE), more rows than room for them
 *  (-ENOMEM), …, `s` is empty and one dump is to be tried. */
int parallel_dump_take(struct parallel_dump *h, struct netlink *n,
                       const struct kernel_filter *filter, uint64_t expected,
                       struct row_stream *upper, struct sample_builder *b);

/** The cut that comes near to halves of the rows of `s`: of the remote ports if it can be. */
struct port_split parallel_dump_split(const struct sample *s);

#endif
