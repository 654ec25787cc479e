/* SPDX-License-Identifier: MIT */
/* Values inside facts: values marked as live, formatted in the language in force. */
#ifndef TCPTOP_EXPLAIN_LIVE_VALUE_H
#define TCPTOP_EXPLAIN_LIVE_VALUE_H

#include "tcptop/explain/expand.h"
#include "tcptop/model/conn.h"

#define LIVE_SIZE 144 /* bytes of a value with its marks; two texts of END_TEXT_SIZE fit */

/** Each writes a value with its marks into `out` and returns it. */
const char *live_count(char out[LIVE_SIZE], uint64_t n);
const char *live_change(char out[LIVE_SIZE], int64_t n);
const char *live_rate(char out[LIVE_SIZE], double per_s);
const char *live_rate_least(char out[LIVE_SIZE], double per_s); /* of a lower bound */
const char *live_port(char out[LIVE_SIZE], uint16_t port);
const char *live_seconds(char out[LIVE_SIZE], uint64_t ms); /* the number alone */
const char *live_time(char out[LIVE_SIZE], uint64_t ms);    /* with its unit */
const char *live_bytes(char out[LIVE_SIZE], uint64_t bytes);
const char *live_percent(char out[LIVE_SIZE], double part); /* 0.61 → 61%, 0.003 → 0.3% */
const char *live_remote(char out[LIVE_SIZE], const struct conn *c);

/** The address of an end without its port. */
const char *live_address(char out[LIVE_SIZE], const struct conn *c, bool remote);

/** A length of time that is no figure of this host's: "60 s". */
const char *live_unmarked_time(char out[LIVE_SIZE], double seconds);

/** A length of time that was watched: whole seconds, or tenths of less than one. Unmarked. */
const char *live_window(char out[LIVE_SIZE], double seconds);

/* The same with storage until the end of the block. */
#define LIVE                                                                                       \
    (char[LIVE_SIZE])                                                                              \
    {                                                                                              \
        0                                                                                          \
    }
#define COUNT(n) live_count(LIVE, n)
#define TIME(ms) live_time(LIVE, ms)

/** Append a message with its values, closed by NULL. */
#define fact_fill(out, id, ...)                                                                    \
    text_fill_template(out, expand_ties((char[EXPAND_SIZE]){0}, text(id)), __VA_ARGS__, (char *)0)

#endif
