/* SPDX-License-Identifier: MIT */
/* What the details show of a listener besides its own values: who is connected to it, what else
 * listens on its port, which settings of the kernel limit it. */
#ifndef TCPTOP_SRC_UI_DETAILS_LISTENER_H
#define TCPTOP_SRC_UI_DETAILS_LISTENER_H

#include "details_fields.h"

/** Look for the connections and the other listeners of `t`, which is a listener, in its sample.
 *  Passes over its rows; of more than LISTENER_ROWS_MAX the clients are not told apart. */
void details_listener_look(struct details *t);

/** To which addresses of the host clients may connect: "all IPv4 addresses". */
const char *details_listener_reach(const struct conn *c);

/** How many lines say who the clients are, the last of them how many more there are; and the i-th
 * of them. */
int details_listener_peers(const struct details *t);
void details_listener_peer(struct drawing *d, const struct details *t, int i, int x, int y, int w);

/** The same of the other listeners on the port. */
int details_listener_others(const struct details *t);
void details_listener_other(struct drawing *d, const struct details *t, int i, int x, int y, int w);

/** The settings that limit it: "somaxconn 4096, tcp_max_syn_backlog 512"; "" where none is known.
 */
void details_listener_settings(const struct details *t, char out[DETAILS_VALUE]);

#endif
