/* One dump taken by two threads, each with the sockets of half the ports: on a host with very many
 * it takes three quarters of the time, at a quarter more CPU. */
#ifndef TCPTOP_SOURCE_PARALLEL_DUMP_H
#define TCPTOP_SOURCE_PARALLEL_DUMP_H

#include "tcptop/source/netlink.h"

/* Where the ports are cut in two: `lower` of `of` sockets have theirs of `side` at or below. */
struct cut {
    enum term_side side;
    uint16_t port;
    uint32_t lower, of; /* of 0: not known */
};

struct halves {
    struct netlink upper; /* the second thread's */
    struct cut cut;       /* of the last dump, for the next */
};

int halves_init(struct halves *h, const struct source *stop); /* 0 or -ENOMEM */
void halves_fini(struct halves *h);

/** Dump what passes `filter`, about `expected` rows, into the empty `s` by legacy requests: the
 *  calling thread with `n` the lower half. Where `s` has a sieve `upper` is that of the other half.
 *  Adds the other's CPU time to s->cpu_ns. Returns 0;
 *  -ECANCELED; or another -errno: there is no good cut (-ERANGE), more rows than room for them
 *  (-ENOMEM), …, `s` is empty and one dump is to be tried. */
int halves_take(struct halves *h, struct netlink *n, const struct kernel_filter *filter,
                uint64_t expected, struct sieve *upper, struct snapshot *s);

/** The cut that comes near to halves of the rows of `s`: of the remote ports if it can be. */
struct cut halves_cut(const struct snapshot *s);

#endif
