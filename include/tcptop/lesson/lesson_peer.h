/* One end of a scene: what a server, or a client, does with its few sockets when it is told to. */
#ifndef TCPTOP_LESSON_LESSON_PEER_H
#define TCPTOP_LESSON_LESSON_PEER_H

#include <stdint.h>

#define ACTOR_PORT 3000 /* of the server, on 127.0.0.1 */

enum act {
    ACT_NONE,
    ACT_ABANDON, /* close all at once, without a trace where the kernel allows it */
    ACT_BIND,
    ACT_BIND_TWICE, /* a second socket; done when that failed as it must */
    ACT_LISTEN_BOUND,
    ACT_LISTEN,
    ACT_LISTEN_FULL,      /* an accept queue with room for one */
    ACT_LISTEN_DEFERRING, /* no connection before data comes */
    ACT_ACCEPT,
    ACT_CONNECT,
    ACT_CONNECT_SMALL,      /* with a small receive window */
    ACT_CONNECT_AGAIN,      /* from the same port as last time */
    ACT_CONNECT_UNANSWERED, /* a second socket; done when the SYN is out */
    ACT_WRITE,              /* ACTOR_BYTES; done when they are acknowledged */
    ACT_FILL,               /* until the peer's window is shut */
    ACT_READ_ALL,           /* to the end of file */
    ACT_SHUT,               /* shutdown(), nothing more is sent */
    ACT_CLOSE,
    ACT_CLOSE_SECOND,
    ACT_CLOSE_LISTENER,
    ACT_COUNT
};

#define ACTOR_BYTES 6

struct actor {
    int listener, socket, second; /* -1: not there */
    uint16_t port;                /* of the last connection that was opened */
};

void actor_init(struct actor *a);

/** Returns 0 or -errno; waits two seconds at most for what the other end has to do for it. */
int actor_do(struct actor *a, enum act act);

#endif
