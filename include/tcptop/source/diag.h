/* The parser of inet_diag messages: one for live, recorded and fuzzed input. Pure; every length is
 * checked; nothing is read beyond `len`. linux/inet_diag.h, linux/netlink.h. */
#ifndef TCPTOP_SOURCE_DIAG_H
#define TCPTOP_SOURCE_DIAG_H

#include <stddef.h>
#include <stdint.h>

#include "tcptop/model/snapshot.h"

enum diag_result {
    DIAG_MORE,  /* all messages taken, the dump goes on */
    DIAG_DONE,  /* NLMSG_DONE without error */
    DIAG_ERROR, /* NLMSG_ERROR or DONE with an errno: see diag->error */
    DIAG_NO_MEMORY,
    DIAG_STOPPED /* a message too damaged to find the next one */
};

struct diag {
    struct snapshot *snapshot; /* rows go here */
    uint32_t seq, portid;      /* accept only these; 0 accepts any (recordings) */
    uint32_t states;           /* mask of states to keep */
    int error;                 /* -errno of DIAG_ERROR */
    uint32_t foreign;          /* messages of another seq or portid, skipped */
    uint32_t interrupted;      /* messages flagged NLM_F_DUMP_INTR */
};

/** Parse a run of netlink messages into rows. Malformed records are counted in
 *  snapshot->rejected. Message types 18 (TCPDIAG_GETSOCK) and 20 (SOCK_DIAG_BY_FAMILY). */
enum diag_result diag_parse(struct diag *d, const void *bytes, size_t len);

#endif
