/* SPDX-License-Identifier: MIT */
/* Addresses of connections as text, and how they sort. */
#ifndef TCPTOP_SRC_QUERY_ENDPOINT_H
#define TCPTOP_SRC_QUERY_ENDPOINT_H

#include <stddef.h>
#include <stdint.h>

#include "tcptop/model/sample.h"

struct str;

/* An IPv6 address, "%", an interface name. */
#define ADDRESS_SIZE 64

/** One end of a connection. */
struct endpoint {
    const uint8_t *addr;
    uint16_t port;
    uint8_t family;
    uint32_t ifindex;
    const struct conn *conn; /* whose end it is */
};
struct endpoint endpoint_local(const struct conn *c);
struct endpoint endpoint_remote(const struct conn *c);

/** The address without brackets. A link-local one gets its scope: the interface's name where `s`
 *  was sampled on this host (or is NULL) and the connection is of tcptop's own namespace, else its
 *  number. Allocates nothing. */
void endpoint_address(const struct endpoint *e, const struct sample *s, char out[ADDRESS_SIZE]);

/** The device that a socket is bound to, ifindex not 0: its name, or its number where `s` was not
 *  sampled here. */
void endpoint_device(const struct conn *c, const struct sample *s, struct str *out);

/** Address and port as column_format_local() has them. */
void endpoint_netstat(const struct endpoint *e, const struct sample *s, struct str *out);

/** The order of one end by address, IPv4 before IPv6, each by its bytes, in three words. The first
 *  leaves bits 30 to 15 free in an IPv4 address, and is never UINT64_MAX; the others are 0 there.
 */
uint64_t endpoint_local_word(const struct conn *c);
uint64_t endpoint_local_middle(const struct conn *c);
uint64_t endpoint_local_last(const struct conn *c);
uint64_t endpoint_remote_word(const struct conn *c);
uint64_t endpoint_remote_middle(const struct conn *c);
uint64_t endpoint_remote_last(const struct conn *c);

/** The first and the last word with the port behind the address; an IPv6 one has it in the last. */
uint64_t endpoint_local_port(const struct conn *c);
uint64_t endpoint_local_last_port(const struct conn *c);
uint64_t endpoint_remote_port(const struct conn *c);
uint64_t endpoint_remote_last_port(const struct conn *c);

#endif
