/* SPDX-License-Identifier: MIT */
/* Names of addresses and of services as far as they are known: a bounded cache of one thread's. The
 * least recently wanted go first; that there is no name is remembered, too, for a while. */
#ifndef TCPTOP_MODEL_NAMES_H
#define TCPTOP_MODEL_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/conn.h"

#define NAMES_MAX    4096 /* entries kept */
#define NAME_BYTES   128  /* longer ones are cut */
#define NAME_SERVICE 255  /* `family` of a port */

/* What has a name: an address, or a port of TCP. */
struct name_key {
    uint8_t family;    /* AF_INET, AF_INET6, NAME_SERVICE */
    uint8_t bytes[16]; /* the address as in struct conn, or the port in host order */
};

/** Of either end of a connection; false when it has none to ask for: the wildcard, a link-local
 *  address, port 0. An IPv4 address that came over IPv6 is an IPv4 address. */
bool names_key_address(struct name_key *k, const struct conn *c, bool remote);
bool names_key_service(struct name_key *k, const struct conn *c, bool remote);

enum name_outcome {
    NAME_FOUND,
    NAME_NONE,   /* there is none */
    NAME_FAILED, /* nobody could say; asked again sooner */
};

struct name_answer {
    struct name_key key;
    enum name_outcome outcome;
    char name[NAME_BYTES]; /* sanitised */
};

struct names;
struct names *names_new(uint32_t max); /* NULL: out of memory */
void names_free(struct names *n);      /* NULL is accepted */

/** What is known now, for another thread. NULL: out of memory, or `n` is NULL. */
struct names *names_copy(const struct names *n);

/** The name, NULL when none is known. One that has grown old stands until its successor comes.
 *  Valid until the next names_want() or names_put(). `n` may be NULL. */
const char *names_find(const struct names *n, const struct name_key *k);

/** It is in view: keep it. True when it should be asked for now: it is not known or too old, and
 *  was not asked for lately. */
bool names_want(struct names *n, const struct name_key *k, int64_t now_ns);

/** It could not be asked for now: the next names_want() says so again. */
void names_unasked(struct names *n, const struct name_key *k);

/** Take an answer. */
void names_put(struct names *n, const struct name_answer *a, int64_t now_ns);

#endif
