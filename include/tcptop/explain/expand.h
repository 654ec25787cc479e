/* SPDX-License-Identifier: MIT */
/* From the catalogue's signs to text: ties, values of this host, parts that need a value. */
#ifndef TCPTOP_EXPLAIN_EXPAND_H
#define TCPTOP_EXPLAIN_EXPAND_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/base/str.h"
#include "tcptop/model/host.h"
#include "tcptop/text/text.h"

#define EXPAND_SIZE 256 /* bytes enough for any message of this layer with its ties */

/** `template` with each `^` as a no-break blank; at most `EXPAND_SIZE` bytes. */
const char *expand_ties(char out[EXPAND_SIZE], const char *template);

/** Append `template`. {name} is
 *  - a sysctl: "tcp_fin_timeout = 60", the value marked live; the name alone when not known;
 *  - syn_limit, synack_limit, data_limit, orphan_limit, fin_limit, keepalive_limit: how long the
 *    kernel tries, as its sysctls make it; tw_reuse: what the value of tcp_tw_reuse means.
 *  A part in [ ] is left out when a value in it is not known. `host` NULL: none is. */
void expand(struct str *out, const char *template, const struct host *host);

/** Is `name` of `len` bytes one of the values above? */
bool expand_knows(const char *name, size_t len);

/** Append a length of time in words, "75 s", "3 min 52 s", in the language in force. */
void expand_duration(struct str *out, uint64_t seconds);

/** Append an amount of data, "1.07 MB". */
void expand_bytes(struct str *out, uint64_t bytes);

#endif
