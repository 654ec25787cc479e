/* SPDX-License-Identifier: MIT */
/* Builds netlink messages as the kernel would send them, for tests and recorded scenes. */
#ifndef TESTS_LIB_DIAG_BUILD_H
#define TESTS_LIB_DIAG_BUILD_H

#include <stddef.h>
#include <stdint.h>

#include "tcptop/base/str.h"
#include "tcptop/model/conn.h"
#include "tcptop/model/tcp_metrics.h"

#define BUILD_INFO_BYTES 280 /* struct tcp_info of Linux 6.18 */
#define BUILD_SEQ        7u
#define BUILD_PORTID     4711u

/** Append one message of any type, padded to four bytes. */
void build_message(struct str *out, uint16_t type, uint16_t flags, const void *payload, size_t len);

/** Append the record of `c` (type 20), with the first `info_len` bytes of `info` as tcp_info when
 *  `info` is not NULL. CONN_BOUND, CONN_MPTCP, v6only and an unknown cookie are written as the
 * kernel writes them. */
void build_conn(struct str *out, const struct conn *c, const void *info, size_t info_len);

/** The same with the name of a congestion control (NULL: none). */
void build_conn_with(struct str *out, const struct conn *c, const void *info, size_t info_len,
                     const char *congestion);

/** The record of `c` with one attribute, of at most 1,024 bytes, behind it. */
void build_conn_attr(struct str *out, const struct conn *c, uint16_t type, const void *value,
                     size_t len);

/** Append NLMSG_DONE with 0 or -errno. */
void build_done(struct str *out, int error);

/** Put the valid fields of `f` at their places in a tcp_info, the rest 0. */
void build_info(uint8_t info[BUILD_INFO_BYTES], const struct tcp_metrics *f);

/** A plain IPv4 record: 10.0.0.1:sport → 10.0.0.2:dport. */
struct conn build_plain(unsigned state, uint16_t sport, uint16_t dport, uint64_t cookie);

#endif
