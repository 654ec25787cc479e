/* SPDX-License-Identifier: MIT */
/* One end of a scene: what a server, or a client, does with its few sockets when it is told to. */
#ifndef TCPTOP_LESSON_LESSON_PEER_H
#define TCPTOP_LESSON_LESSON_PEER_H

#include <stdint.h>

#define LESSON_PEER_PORT 3000 /* of the server, on 127.0.0.1 */

enum lesson_op {
    LESSON_OP_NONE,
    LESSON_OP_ABANDON, /* close all at once, without a trace where the kernel allows it */
    LESSON_OP_BIND,
    LESSON_OP_BIND_TWICE, /* a second socket; done when that failed as it must */
    LESSON_OP_LISTEN_BOUND,
    LESSON_OP_LISTEN,
    LESSON_OP_LISTEN_FULL,      /* an accept queue with room for one */
    LESSON_OP_LISTEN_DEFERRING, /* no connection before data comes */
    LESSON_OP_ACCEPT,
    LESSON_OP_CONNECT,
    LESSON_OP_CONNECT_SMALL,      /* with a small receive window */
    LESSON_OP_CONNECT_AGAIN,      /* from the same port as last time */
    LESSON_OP_CONNECT_UNANSWERED, /* a second socket; done when the SYN is out */
    LESSON_OP_WRITE,              /* LESSON_PEER_BYTES; done when they are acknowledged */
    LESSON_OP_FILL,               /* until the peer's window is shut */
    LESSON_OP_READ_ALL,           /* to the end of file */
    LESSON_OP_SHUT,               /* shutdown(), nothing more is sent */
    LESSON_OP_CLOSE,
    LESSON_OP_CLOSE_SECOND,
    LESSON_OP_CLOSE_LISTENER,
    LESSON_OP_COUNT
};

#define LESSON_PEER_BYTES 6

struct lesson_peer {
    int listener, socket, second; /* -1: not there */
    uint16_t port;                /* of the last connection that was opened */
};

void lesson_peer_init(struct lesson_peer *peer);

/** Returns 0 or -errno; waits two seconds at most for what the other end has to do for it. */
int lesson_peer_do(struct lesson_peer *peer, enum lesson_op op);

#endif
