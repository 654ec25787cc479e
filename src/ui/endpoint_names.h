/* SPDX-License-Identifier: MIT */
/* Names of hosts and services in the place of addresses and ports. */
#ifndef TCPTOP_SRC_UI_ENDPOINT_NAMES_H
#define TCPTOP_SRC_UI_ENDPOINT_NAMES_H

#include "draw.h"
#include "session_state.h"

/* Which names ends of connections have. */
struct naming {
    const struct names *names; /* may be NULL */
    bool hosts, services;      /* which of them are wanted */
};

/** Append an end of a connection by its names, "far.example:https"; what has none stands as its
 *  number. False, and nothing appended, where neither is known. */
bool endpoint_by_name(const struct naming *n, const struct conn *c, bool remote, struct str *out);

/** `text` is an end as netstat writes it; put the names that are wanted and known in the place of
 *  address and port, within `room` columns. */
void endpoint_name(const struct drawing *d, const struct conn *c, bool remote, int room,
                   struct str *text);

/** Show names of hosts, of services, or no longer. */
unsigned endpoint_toggle_hosts(struct session *s);
unsigned endpoint_toggle_services(struct session *s);

/** The names that are shown now, none where none are wanted. */
struct naming endpoint_naming(const struct session *s);

/** Ask for the names of the rows in view that are wanted and not known; without a wake_fd nothing.
 */
void endpoint_settle_names(struct session *s);

/** Ask for them, and wait for the answers until the monotonic time `until_ns`; false: none came. */
bool endpoint_await_names(struct session *s, int64_t until_ns);

/** Take the answers that have come; false: none has. */
bool endpoint_take_names(struct session *s);
void endpoint_fini_names(struct session *s);

#endif
