/* SPDX-License-Identifier: MIT */
/* A small scene of TCP on the loopback of a network namespace of its own: a server and a client,
 * each a process that does what it is told over a pipe of its own. Both end with the process that
 * started them, however that ends, and the namespace ends with the last of the three. */
#ifndef TCPTOP_LESSON_LESSON_NET_H
#define TCPTOP_LESSON_LESSON_NET_H

#include <stdbool.h>
#include <sys/types.h>

#include "tcptop/lesson/lesson_peer.h"

enum who { WHO_SERVER, WHO_CLIENT, WHO_COUNT };

struct lesson_net {
    pid_t pid[WHO_COUNT]; /* 0: not there */
    int fd[WHO_COUNT];    /* -1: not there */
    int asked;            /* enum who: of whom an answer is due; -1: nobody */
};

/** Go to a network namespace of the process's own with the loopback up; who may not do that goes to
 *  a user namespace first. Only before the first thread is started. Returns 0 or -errno. */
int lesson_net_enter(void);

/** Is the namespace of the process one that lesson_net_enter() made, so that nothing in it is
 * anybody else's? */
bool lesson_net_entered(void);

/** Start both, in the namespace of the process. Returns 0 or -errno, then there is none. */
int lesson_net_start(struct lesson_net *net);

/** End both and wait for them. */
void lesson_net_end(struct lesson_net *net);

/** Are both there? */
bool lesson_net_stands(const struct lesson_net *net);

/** Tell one of them what to do, while no answer is due. Returns 0 or -errno, -EPIPE: has gone. */
int lesson_net_tell(struct lesson_net *net, enum who who, enum lesson_op op);

/** The answer to that: 0 or -errno as lesson_peer_do() has it; -EAGAIN: not yet; -EPIPE: has gone.
 */
int lesson_net_answer(struct lesson_net *net);

#endif
