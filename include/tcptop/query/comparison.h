/* SPDX-License-Identifier: MIT */
/* What differs between two samples, A and B, which may be hours apart, of different hosts, or read
 * from what different programs printed: which connections only one of them has, and which are in
 * another state in B. Summed up by process, peer and state.
 *
 * Rows are the same connection where their addresses and ports are; where both samples are of one
 * boot of one host, the kernel's cookie tells later connections of the same ports apart. What one
 * side does not know is not compared, and said in the members of struct comparison. */
#ifndef TCPTOP_QUERY_COMPARISON_H
#define TCPTOP_QUERY_COMPARISON_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/base/str.h"
#include "tcptop/model/predicate.h"
#include "tcptop/model/sample.h"

enum { COMPARISON_A, COMPARISON_B, COMPARISON_SIDES };

#define COMPARISON_PROCESS 48 /* bytes of a process's name, NUL included */

/* A connection that differs: the rows that it is in A and B. */
struct comparison_row {
    uint32_t row[COMPARISON_SIDES]; /* UINT32_MAX: there is none */
};

/* Who is at both ends: the process here, and the peer. Of a connection to a port on which something
 * listens the local port says what it is for, of others the remote one. No padding. */
struct comparison_key {
    char process[COMPARISON_PROCESS]; /* "": not known, or nobody */
    uint8_t remote[16];               /* as IPv6, see conn_plain_address(); LISTEN: 0 */
    uint16_t remote_port;             /* 0: a peer of the local port */
    uint16_t local_port;              /* 0: a peer's port is there */
    uint8_t state;                    /* enum tcp_state; in B of one that changed */
    uint8_t from;                     /* state in A of those that changed it; 0: of all rows */
    uint8_t former;                   /* the process had them open, nobody has now */
    uint8_t reserved;                 /* 0 */
};

struct comparison_group {
    struct comparison_key key;
    uint32_t count[COMPARISON_SIDES]; /* rows; of those with key.from count[B] alone */
    uint32_t only[COMPARISON_SIDES];  /* of these, connections that the other side does not have */
};

struct comparison {
    const struct sample *sample[COMPARISON_SIDES]; /* the caller's, which outlive it */
    struct comparison_group *group;                /* owned; the largest change first */
    uint32_t n_groups;
    struct comparison_group *moved; /* with key.from, the largest first; owned */
    uint32_t n_moved;
    struct comparison_row *row; /* those that differ: only in A, only in B, changed; owned */
    uint32_t n_rows, cap_rows;
    uint32_t total[COMPARISON_SIDES]; /* rows that were compared and pass the filter */
    uint32_t only[COMPARISON_SIDES];
    uint32_t changed, same;

    bool knows_process[COMPARISON_SIDES]; /* where one does not, processes are in no key */
    bool cookies;                         /* both are of one boot: see above */
    uint32_t cut[COMPARISON_SIDES]; /* rows with an address or port that is not known: left out */
    uint32_t unlisted[COMPARISON_SIDES]; /* STATE_BIT() of states that this side did not list, so
                                            that those of the other side are left out */
};

/** Compare the live rows of two samples. `cookies`: they are of one boot of one host. `filter` (may
 *  be NULL): only connections of which a row passes it. Returns 0 or -ENOMEM; then `c` is empty. */
int comparison_make(struct comparison *c, const struct sample *a, const struct sample *b,
                    bool cookies, const struct predicate *filter);
void comparison_fini(struct comparison *c);

/** Is a peer at the other end? */
static inline bool comparison_has_peer(const struct comparison_key *key)
{
    return key->state != TCP_STATE_LISTEN && key->state != TCP_STATE_BOUND_INACTIVE;
}

/** The remote address of a key that has a peer. */
void comparison_address(const struct comparison_key *key, char out[CONN_ADDRESS_SIZE]);

/** Append the text of a filter that passes the rows of a group. */
void comparison_filter(const struct comparison_key *key, struct str *out);

/** How many more rows B has. */
static inline int64_t comparison_change(const struct comparison_group *g)
{
    return (int64_t)g->count[COMPARISON_B] - (int64_t)g->count[COMPARISON_A];
}

#endif
