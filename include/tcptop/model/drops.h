/* SPDX-License-Identifier: MIT */
/* What each listening socket has dropped: SK_MEMINFO_DROPS of INET_DIAG_SKMEMINFO, which the kernel
 * tells every user, but only when it is asked for, at some cost for every socket.
 *
 * The counter of a listener (sk_drops) grows, since Linux 4.8, by one for each SYN and each last
 * ACK of a handshake that it turns away (include/net/tcp.h tcp_listendrop()): because the accept
 * queue is full, the queue of requests is and no cookie is sent, there is no route back, or memory
 * is short. A client repeats what was dropped, and each repeat counts, so it is no number of
 * clients. It also counts other segments that the listener discards (net/ipv4/tcp_ipv4.c
 * tcp_v4_rcv()): those that a socket filter, IPsec, or a missing or wrong signature (TCP-MD5,
 * TCP-AO) refuses. It begins with the socket and wraps at 2^32. Of connections it counts other
 * things, and is not kept. */
#ifndef TCPTOP_MODEL_DROPS_H
#define TCPTOP_MODEL_DROPS_H

#include <stdbool.h>
#include <stdint.h>

struct sample;

struct drop_count {
    uint64_t cookie; /* of the listener */
    uint16_t netns;
    bool compared;  /* the sample before had it, too: `grown` is known */
    uint32_t drops; /* since it listens */
    uint32_t grown; /* of them, since the sample before */
};

/* Of a sample: by namespace and cookie, once it is joined. Starts as zero. */
struct drop_counts {
    struct drop_count *at; /* owned */
    uint32_t n, cap;
    int64_t span_ns; /* from the sample before to this one; 0: there is nothing to compare */
};

/** One more listener. Without memory it is left out. */
void drops_add(struct drop_counts *list, uint64_t cookie, uint16_t netns, uint32_t drops);

/** Add those of `other`. */
void drops_append(struct drop_counts *list, const struct drop_counts *other);

/** Put them in order, and compare them with those of `prev` (NULL: there is none). */
void drops_join(struct sample *next, const struct sample *prev);

/** What the listener of a live row has dropped; NULL where it is not known, or is no listener. */
const struct drop_count *drops_find(const struct sample *s, uint32_t row);

#endif
