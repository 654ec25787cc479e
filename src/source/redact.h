/* SPDX-License-Identifier: MIT */
/* Addresses and host names as tokens: the same one gets the same token within a recording,
 * different ones get different tokens, and nobody without the key, which is never stored, finds the
 * way back.
 *
 * An address stays of its kind: loopback and unspecified ones are left as they are; private,
 * link-local, shared, multicast and global ones become others of the same kind. Ports are kept. */
#ifndef TCPTOP_SRC_SOURCE_REDACT_H
#define TCPTOP_SRC_SOURCE_REDACT_H

#include <stddef.h>
#include <stdint.h>

#include "tcptop/model/conn.h"

struct redact {
    uint64_t key[2];
};

/** Choose a random key. Returns 0 or -errno. */
int redact_init(struct redact *r);

/** Replace both addresses of `c`. */
void redact_conn(const struct redact *r, struct conn *c);

/** The token of a number that was made from addresses; 0 stays 0. */
uint64_t redact_number(const struct redact *r, uint64_t number);

/** The token of a host name, "host-" and eight digits; "" stays "". */
void redact_name(const struct redact *r, const char *name, char *out, size_t size);

#endif
