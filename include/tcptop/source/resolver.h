/* SPDX-License-Identifier: MIT */
/* Asks for names on a thread of its own: of addresses by reverse DNS (and /etc/hosts) through
 * c-ares, of ports from the system's list of services. Nobody waits for it. */
#ifndef TCPTOP_SOURCE_RESOLVER_H
#define TCPTOP_SOURCE_RESOLVER_H

#include "tcptop/base/err.h"
#include "tcptop/model/names.h"

#define RESOLVER_WAITING 512 /* questions and answers kept */
#define RESOLVER_ASKED   16  /* questions to DNS under way at a time */

struct resolver;

/** `wake_fd` (-1: none): eventfd that gets 1 added for answers. `servers`: NULL for those of the
 *  system, else "ADDRESS:PORT". Returns 0 or -errno with `err` filled. */
int resolver_start(struct resolver **r, int wake_fd, const char *servers, struct err *err);

/** Ask. False when too many questions wait. */
bool resolver_ask(struct resolver *r, const struct name_key *k);

/** The next answer; false when there is none. */
bool resolver_take(struct resolver *r, struct name_answer *a);

/** Wait until there is one, or until the monotonic time `until_ns`. */
void resolver_wait(struct resolver *r, int64_t until_ns);

/** Forget what is under way and end. Returns within 100 ms, also when the list of services is slow,
 *  which then ends by itself; `wake_fd` is not touched any more. NULL is accepted. */
void resolver_stop(struct resolver *r);

#endif
