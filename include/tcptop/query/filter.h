/* The filter language: words of our own and ss expressions, parsed into one predicate.
 *
 *   expr   := and ("or" | "|" | "||") and …        and := not (("and" | "&" | "&&" | blank) not)…
 *   not    := ("not" | "!") not | "(" expr ")" | term
 *   term   := NUMBER                   exact port, local or remote
 *           | FIELD ":" values         port lport rport addr laddr raddr state proto and every
 *                                      atomic column id; lists a,b ranges 1-9 >1024 >=1 <9 !=5
 *           | FIELD op VALUE           op: > >= < <= = != with units us ms s, k M G
 *           | "state" SET | "exclude" SET | ("src" | "dst") [op] HOST[:PORT] | ("sport" |
 *             "dport") op PORT | "dev" [op] NAME          as ss understands them
 *           | WORD | "quoted"          address, process or state contains it
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
 *  candidate words (static storage) and returns how many; `*from` gets the byte offset of the word
 *  they complete. */
size_t filter_complete(const char *text, const char **words, size_t max, size_t *from);

#endif
