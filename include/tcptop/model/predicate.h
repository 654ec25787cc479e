/* SPDX-License-Identifier: MIT */
/* A compiled filter: which rows pass. Made by query/ from text, evaluated here, and, for the terms
 * the kernel knows, translated by the netlink source. */
#ifndef TCPTOP_MODEL_PREDICATE_H
#define TCPTOP_MODEL_PREDICATE_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/sample.h"
#include "tcptop/model/value.h"

enum term_kind {
    TERM_STATE,  /* state in a mask of STATE_BIT() */
    TERM_FAMILY, /* lo is AF_INET or AF_INET6 */
    TERM_PORT,   /* port in a range: either end, local, remote */
    TERM_ADDR,   /* address in a prefix: either end, local, remote */
    TERM_DEV,    /* lo is the ifindex */
    TERM_NUMBER, /* get() in a range */
    TERM_TEXT,   /* get() contains or equals a text, ASCII case ignored */
};

enum term_side { SIDE_EITHER, SIDE_LOCAL, SIDE_REMOTE };

struct filter_term {
    enum term_kind kind;
    enum term_side side;
    uint32_t states;
    uint64_t lo, hi; /* inclusive range */
    uint8_t addr[16];
    uint8_t family;      /* of addr; 0: any address matches */
    uint8_t prefix_bits; /* 0 … 128 */
    bool whole;          /* TERM_TEXT: equals instead of contains */
    bool own_netns;   /* TERM_DEV: named, so only of the namespace where the name was looked up */
    char *text;       /* TERM_TEXT; owned */
    value_getter get; /* TERM_NUMBER, TERM_TEXT; absent never matches */
    value_each each;  /* in its place where a field has several values: one must match */
    bool asks;        /* for a value that each row has where it was recorded or listed at all */
    uint32_t needs;   /* of an asking term: enum need of its column */
};

/* Postfix program over terms. Two-valued: a term whose value is absent does not match, so its
 * negation does ("not rtt_us>100ms" keeps rows without an RTT). IPv4 prefixes match v4-mapped
 * addresses, v4-mapped prefixes only those, as in ss. */
enum pred_op { PRED_TERM, PRED_AND, PRED_OR, PRED_NOT };

struct pred_step {
    enum pred_op op;
    uint32_t term; /* index, PRED_TERM only */
};

struct predicate {
    struct filter_term *terms; /* owned */
    struct pred_step *steps;   /* owned */
    uint32_t n_terms, n_steps; /* no steps: everything passes */
    uint32_t needs;            /* enum need of its columns */
};

#define PREDICATE_DEPTH_MAX 64

void predicate_fini(struct predicate *p);

/** Building, in postfix order; 0 or -ENOMEM. predicate_term() copies *t and takes t->text, also on
 *  failure. */
int predicate_term(struct predicate *p, const struct filter_term *t);
int predicate_op(struct predicate *p, enum pred_op op);

/** Make `to` (initialised to zero) pass what `from` passes. Returns 0 or -ENOMEM (then empty). */
int predicate_copy(struct predicate *to, const struct predicate *from);

/** Deepest evaluation stack; -EINVAL when the program is not well formed or deeper than
 *  PREDICATE_DEPTH_MAX. */
int predicate_depth(const struct predicate *p);

/** What no row of a recorded or imported sample has although a term asks for it: then no row can
 * match that term, whatever the host had. */
enum predicate_lacks {
    LACKS_NOTHING,
    LACKS_FIGURES, /* of tcp_info */
    LACKS_VALUES,  /* others: processes, or what the imported output has no column for */
    LACKS_BOUND,   /* sockets that are only bound, the only ones asked for */
};

/** LACKS_NOTHING also of a sample of this host, of one without rows, and for NULL. */
enum predicate_lacks predicate_lacks(const struct predicate *p, const struct sample *s);

/** Does the row pass? NULL passes everything. */
bool predicate_match(const struct predicate *p, const struct sample *s, uint32_t row);

#endif
