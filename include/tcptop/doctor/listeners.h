/* SPDX-License-Identifier: MIT */
/* On which ports something listens: the end of a connection that has such a port is the server's.
 */
#ifndef TCPTOP_DOCTOR_LISTENERS_H
#define TCPTOP_DOCTOR_LISTENERS_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/sample.h"

struct port_set {
    uint64_t bits[65536 / 64];
};

static inline void port_set_add(struct port_set *set, uint16_t port)
{
    set->bits[port / 64] |= UINT64_C(1) << port % 64;
}

static inline bool port_set_has(const struct port_set *set, uint16_t port)
{
    return set->bits[port / 64] >> port % 64 & 1;
}

struct listeners {
    const struct port_set *ports;
    uint32_t *by_netns; /* namespace and port, sorted; NULL: there is one namespace; owned */
    uint32_t n;
};

/** Are there rows of several namespaces? */
bool listeners_several(const struct sample *s);

/** `ports`: where something listens in any namespace. Returns 0 or -ENOMEM. */
int listeners_init(struct listeners *l, const struct sample *s, const struct port_set *ports);
void listeners_fini(struct listeners *l);

/** Do two listeners have one address, port and device, as SO_REUSEPORT allows? */
bool listeners_share_port(const struct conn *a, const struct conn *b);

/** Does the listener take connections to that address and port: to the local end of `c`, or to its
 *  remote one, which the caller knows to be an address of this host? One of any IPv6 address takes
 *  IPv4, too, unless the kernel says that it does not (conn_v6only()). */
bool listeners_takes(const struct conn *listener, const struct conn *c, bool remote);

/** The live row that listens for connections to the local end of `c`, as the kernel chooses: one of
 *  that very address before one of any, one of its device or of IPv4 before others, and among
 *  several the one with the longest queue. `*n` (may be NULL) gets how many there are like it
 *  (SO_REUSEPORT). UINT32_MAX: none. */
uint32_t listeners_find(const struct sample *s, const struct conn *c, uint32_t *n);

/** Is it certain whose queue a connection waits in that listeners_find() says belongs to the live
 * row `listener`? Not where another process has one that shares its port and has a queue, too. */
bool listeners_is_certain(const struct sample *s, uint32_t listener);

/** Does something listen on the local port of `c`, in its namespace? */
bool listeners_have(const struct listeners *l, const struct conn *c);

/** The same for a single question: looks at all rows where there are several namespaces. */
bool listeners_on_port_of(const struct sample *s, const struct port_set *listening,
                          const struct conn *c);

#endif
