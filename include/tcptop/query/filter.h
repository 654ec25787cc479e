/* SPDX-License-Identifier: MIT */
/* The filter language: words of our own and ss expressions, parsed into one predicate.
 *
 *   expr   := factor (["and" | "&" | "&&" | "or" | "|" | "||"] factor)…
 *   factor := ("not" | "!") factor | "(" expr ")" | term
 *   term   := NUMBER | NUMBER-NUMBER   port or range, local or remote
 *           | HOST[/BITS][:PORT]       address of either end
 *           | FIELD ":" values         port lport rport addr laddr raddr state proto rtt age … and
 *                                      every atomic column id
 *           | FIELD op value           op: > >= < <= = == != <> or gt ge geq lt le leq eq ne neq
 *           | "state" SET | "exclude" SET | ("src" | "dst") [op] HOST[:PORT]
 *           | ("sport" | "dport") [op] PORT | "dev" [op] NAME       as ss understands them
 *           | WORD | "quoted"          address, process or state contains it
 *   values := value ("," value)…       value: X, X-Y, op X, or - for what is not known; from left
 *                                      to right != takes away and all else adds
 *
 * "and", which may be left out, and "or" bind alike, from left to right, since they do in ss:
 * a or b and c is (a or b) and c; "state" and "exclude" in front of an expression hold
 * for all of it: state X a or b is state X and (a or b). "not" belongs to the next factor only.
 * Times take us ms s, sizes and counts k M G, shares %; a field whose name does not say the unit
 * (rtt, age) demands one. Ports may be names of services; hosts are never looked up. A value that
 * is not known satisfies no comparison, != included, but is found by "-".
 *
 * Errors say the position (byte offset) and what was expected there. */
#ifndef TCPTOP_QUERY_FILTER_H
#define TCPTOP_QUERY_FILTER_H

#include <stddef.h>

#include "tcptop/model/predicate.h"

struct filter_error {
    size_t at;      /* byte offset of the first byte that cannot be right */
    char what[160]; /* "expected a unit: us, ms or s" in the language in force */
};

/** Parse `text` into `*p` (initialised to zero; NULL only checks). Returns 0, -EINVAL with
 *  `*error` filled, or -ENOMEM. An empty text passes every row. */
int filter_parse(const char *text, struct predicate *p, struct filter_error *error);

/** What may follow at the end of `text`, for the prompt's second row and Tab: writes up to `max`
 *  candidate words (static storage, without a colon behind fields) and returns how many; `*from`
 *  gets the byte offset of what they complete. */
size_t filter_complete(const char *text, const char **words, size_t max, size_t *from);

#endif
