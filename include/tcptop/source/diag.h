/* SPDX-License-Identifier: MIT */
/* The parser of inet_diag messages: one for live, recorded and fuzzed input. Pure; every length is
 * checked; nothing is read beyond `len`. linux/inet_diag.h, linux/netlink.h. */
#ifndef TCPTOP_SOURCE_DIAG_H
#define TCPTOP_SOURCE_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptop/model/sample_builder.h"

#define DIAG_MESSAGE_MAX 65536u /* a longer message is damage: the kernel's are under 1 KiB */

enum diag_result {
    DIAG_MORE,  /* all messages taken, the dump goes on */
    DIAG_DONE,  /* NLMSG_DONE without error */
    DIAG_ERROR, /* NLMSG_ERROR or DONE with an errno: see diag->error */
    DIAG_NO_MEMORY,
    DIAG_STOPPED /* a message too damaged to find the next one */
};

struct diag {
    struct sample_builder *builder; /* rows go here */
    uint32_t seq, portid;           /* accept only these; 0 accepts any (recordings) */
    uint32_t states;                /* mask of states to keep */
    bool destroyed;   /* the messages tell of sockets that were destroyed: all are in state CLOSE */
    bool swapped;     /* the messages are in the other byte order, see diag_is_swapped() */
    int error;        /* -errno of DIAG_ERROR */
    uint32_t foreign; /* messages of another seq or portid, skipped */
    uint32_t interrupted; /* messages flagged NLM_F_DUMP_INTR */
    size_t used;          /* bytes taken by the last diag_parse() */
};

/** Parse a run of netlink messages into rows; where d->swapped, each is converted first. Malformed
 * records are counted in sample.rejected. A socket that the kernel was destroying while it listed
 * it makes no row, unless d->destroyed: its own notification tells of it. Message types 18
 * (TCPDIAG_GETSOCK) and 20 (SOCK_DIAG_BY_FAMILY). Returns after the message that ends the dump:
 * what follows in a recording begins at d->used. */
enum diag_result diag_parse(struct diag *d, const void *bytes, size_t len);

/** Did a machine of the other byte order write these messages? Netlink is in the order of the host,
 *  and no message is as long as 64 KiB, so the length of the first one shows it. */
bool diag_is_swapped(const void *bytes, size_t len);

/** How many of the first bytes are whole messages: for input that arrives in pieces. Stops before
 *  a message that is cut; `*damaged` (may be NULL): its length cannot be true. `swapped`: they are
 *  in the other byte order. */
size_t diag_whole(const void *bytes, size_t len, bool swapped, bool *damaged);

/** Flag mini-sockets, which have no owner to tell: request sockets, TIME_WAIT, orphan FIN_WAIT2
 *  (inet_req_diag_fill, inet_twsk_diag_fill). */
void diag_mark_owner(struct conn *c);

#endif
