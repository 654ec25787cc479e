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

/** Address and port as netstat writes them. */
void endpoint_netstat(const struct endpoint *e, const struct sample *s, struct str *out);

/** The order by address, IPv4 before IPv6, each by its bytes, in three words. The first leaves bits
 *  30 to 15 free in an IPv4 address, and is never UINT64_MAX; the second is 0 there. */
uint64_t endpoint_word(const struct endpoint *e);
uint64_t endpoint_word_middle(const struct endpoint *e);
uint8_t endpoint_word_last(const struct endpoint *e);

#endif
