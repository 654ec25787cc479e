/* Addresses of connections as text, and how they sort. */
#ifndef TCPTOP_QUERY_ADDRESS_H
#define TCPTOP_QUERY_ADDRESS_H

#include <stddef.h>
#include <stdint.h>

#include "tcptop/model/snapshot.h"

struct str;

/* An IPv6 address, "%", an interface name. */
#define ADDRESS_SIZE 64

/** One end of a connection. */
struct end {
    const uint8_t *addr;
    uint16_t port;
    uint8_t family;
    uint32_t ifindex;
};
struct end end_local(const struct conn *c);
struct end end_remote(const struct conn *c);

/** The address without brackets. A link-local one gets its scope: the interface's name where `s`
 *  was sampled on this host (or is NULL), else its number. Allocates nothing. */
void end_address(const struct end *e, const struct snapshot *s, char out[ADDRESS_SIZE]);

/** Address and port as netstat writes them. */
void end_netstat(const struct end *e, const struct snapshot *s, struct str *out);

/** 64-bit prefix of the order by address: IPv4 before IPv6, each by its bytes; UINT64_MAX never. */
uint64_t end_key(const struct end *e);

/** The full order by address. */
int end_compare(const struct end *a, const struct end *b);

#endif
