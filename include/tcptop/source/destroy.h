/* SPDX-License-Identifier: MIT */
/* Ends one socket by SOCK_DESTROY, as `ss -K` does, but only while it is still what the user saw.
 * net/ipv4/inet_diag.c inet_diag_cmd_exact(), net/ipv4/tcp.c tcp_abort(). */
#ifndef TCPTOP_SOURCE_DESTROY_H
#define TCPTOP_SOURCE_DESTROY_H

#include "tcptop/model/conn.h"

struct mnl_socket;

enum destroy_outcome {
    DESTROY_DONE,
    DESTROY_STATE,       /* it is in another state by now: nothing was touched */
    DESTROY_OWNER,       /* its user or its file is another by now: nothing was touched */
    DESTROY_GONE,        /* no socket has this identity any more */
    DESTROY_DENIED,      /* CAP_NET_ADMIN is missing in the namespace */
    DESTROY_UNSUPPORTED, /* the kernel was built without CONFIG_INET_DIAG_DESTROY, or is too old to
                            end a socket in this state */
    DESTROY_UNREACHABLE, /* it is there, but the kernel's lookup cannot name it */
    DESTROY_NAMELESS,    /* `c` has no cookie: another socket might have its addresses by now */
    DESTROY_NO_ENTRY,    /* its network namespace cannot be entered: see error */
    DESTROY_FAILED,      /* see error */
};

struct destroyed {
    enum destroy_outcome outcome;
    unsigned state; /* with STATE: the one it is in now, enum tcp_state */
    int error;      /* with NO_ENTRY and FAILED: -errno */
};

/* A network namespace other than that of the calling thread. */
struct destroy_place {
    uint64_t inode;   /* of its file in /proc/PID/ns */
    const char *spec; /* how the user called it, which may be a path to it; NULL: not at all */
};

/** End the socket that `c` is the record of, in the namespace that `socket` was opened in; it must
 *  be of NETLINK_SOCK_DIAG, bound, and have no answer under way. The cookie makes sure that it is
 *  that one; state, user and inode are compared with those of `c` first. Each answer is waited for
 *  half a second at most. */
struct destroyed destroy_by(struct mnl_socket *socket, const struct conn *c);

/** The same in the namespace of the calling thread (`place` NULL), or in another, by a thread that
 *  lives only for that. */
struct destroyed destroy_conn(const struct conn *c, const struct destroy_place *place);

#endif
