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
struct end {
    const uint8_t *addr;
    uint16_t port;
    uint8_t family;
    uint32_t ifindex;
    const struct conn *conn; /* whose end it is */
};
struct end end_local(const struct conn *c);
struct end end_remote(const struct conn *c);

/** The address without brackets. A link-local one gets its scope: the interface's name where `s`
 *  was sampled on this host (or is NULL) and the connection is of tcptop's own namespace, else its
 *  number. Allocates nothing. */
void end_address(const struct end *e, const struct snapshot *s, char out[ADDRESS_SIZE]);

/** Address and port as netstat writes them. */
void end_netstat(const struct end *e, const struct snapshot *s, struct str *out);

/** The order by address, IPv4 before IPv6, each by its bytes, in three words. The first leaves bits
 *  30 to 15 free in an IPv4 address, and is never UINT64_MAX; the second is 0 there. */
uint64_t end_word(const struct end *e);
uint64_t end_word_middle(const struct end *e);
uint8_t end_word_last(const struct end *e);

#endif
