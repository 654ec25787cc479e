/* SPDX-License-Identifier: MIT */
/* What the files of the filter's parser share: the state of the parser, the words, numbers and
 * hosts that it reads, and errors with their position. Functions return 0, -EINVAL with the error
 * filled, or -ENOMEM. */
#ifndef TCPTOP_SRC_QUERY_FILTER_PARSER_H
#define TCPTOP_SRC_QUERY_FILTER_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptop/query/column.h"
#include "tcptop/query/filter.h"

struct filter_parser {
    const char *text;
    size_t at;
    int depth; /* of parentheses and negations around this place */
    struct predicate *p;
    struct filter_error *error; /* NULL: nobody asks */
};

/* A piece of the text. */
struct filter_word {
    const char *text;
    size_t len;
};

enum comparison { CMP_NONE, CMP_EQ, CMP_NE, CMP_GT, CMP_GE, CMP_LT, CMP_LE };

/* filter_lex.c: words. */
void filter_skip_blanks(struct filter_parser *f);
bool filter_is_blank(char c);
/** The word at this place, up to a blank, parenthesis, quote, | & or, unless `whole`, up to a
 *  comparison or comma. The place stays. */
struct filter_word filter_peek_word(const struct filter_parser *f, bool whole);
bool filter_word_is(struct filter_word w, const char *text); /* ASCII case ignored */
/** Step over `word` if it stands here and ends here. */
bool filter_accept_word(struct filter_parser *f, const char *word);
/** Step over a comparison, its blanks included: = == != <> < <= > >= and, where `words`, eq ne neq
 *  gt ge geq lt le leq. */
enum comparison filter_accept_comparison(struct filter_parser *f, bool words);
/** A word, or a text in quotes, at this place; steps over it. */
int filter_accept_text(struct filter_parser *f, struct filter_word *w, bool *quoted);
/** -EINVAL with the message; filter_refused() fills {1} and {2} from `a` and `b` (may be NULL). */
int filter_expected(struct filter_parser *f, size_t at, enum msg what);
int filter_refused(struct filter_parser *f, size_t at, enum msg what, struct filter_word a,
                   const char *b);

/* Terms into the predicate. */
int filter_emit(struct filter_parser *f, const struct filter_term *t);
int filter_emit_states(struct filter_parser *f, uint32_t states);
int filter_emit_ports(struct filter_parser *f, enum term_side side, uint64_t lo, uint64_t hi);
int filter_emit_text(struct filter_parser *f, enum column_id id, struct filter_word w, bool whole);
/** A comparison's negative form is made of the positive one. */
int filter_emit_negation(struct filter_parser *f, enum comparison cmp);

/* Hosts, ports and devices. */
struct host_term {
    bool any_address;
    uint8_t family;
    uint8_t addr[16];
    uint8_t prefix_bits;
    struct filter_term scope; /* interface of a link-local address; lo 0: not given */
    bool has_port;
    bool nobody; /* the port is one that no socket has */
    uint16_t port;
};
/** Read `w` as HOST[/BITS][:PORT]. False when it is none; `*bad` (may be NULL) gets the offset of
 *  the part that is wrong. `short_ipv4`: as ss reads it: missing octets are 0 (10/8), and ports are
 *  those of filter_parse_ss_port(). */
bool filter_parse_host(struct filter_word w, bool short_ipv4, struct host_term *h, size_t *bad);
int filter_emit_host(struct filter_parser *f, enum term_side side, const struct host_term *h);
/** Step over "inet:" or "inet6:" at the beginning of a word of ss; the family, 0: none stands
 * there. */
uint8_t filter_split_family(struct filter_word *w);
/** The same port as ss reads it: also -1, any port, and numbers above 65535, which no socket has.
 */
#define FILTER_PORT_ANY   (-1)
#define FILTER_PORT_NONE  (-2)
#define FILTER_PORT_WRONG (-3)
long filter_parse_ss_port(struct filter_word w);
/** A port number or the name of a TCP service; -1 when it is none. */
long filter_parse_port(struct filter_word w);
/** An interface by name or number; false when there is none. */
bool filter_parse_device(struct filter_word w, struct filter_term *t);

/* A number with its unit as a fraction, so that 1.5ms and 1500us are the same. */
struct quantity {
    uint64_t value; /* rounded down, in the column's unit */
    bool exact;     /* nothing was rounded */
};
/** Read a number with an optional unit of the column's kind; `unit_wanted`: the unit must be
 *  there. Steps over it. */
int filter_parse_number(struct filter_parser *f, enum column_kind kind, bool unit_wanted,
                        struct quantity *q);

/* filter_field.c */
/** The kind of the values of the field called `name`; KIND_COMPOSITE when there is none. */
enum column_kind filter_field_kind(struct filter_word name);
/** FIELD has been read and stands at `start`; parse the values behind it. */
int filter_field_parse(struct filter_parser *f, struct filter_word name, size_t start);
/** How many names filter_field_name() knows. */
size_t filter_field_names(void);
/** The `i`th name of a field for completion; NULL when it is no field, or named by another already.
 */
const char *filter_field_name(size_t i);

/* filter.c */
/** States by any name or set of ss (all, connected, …); 0 when it is none. The kernel lists
 * bound-only sockets only when asked, so naming them notes the need. */
uint32_t filter_state_set(struct filter_parser *f, struct filter_word w);

/** A name for completion: fields, timers, sets of ss, units of a kind; NULL behind the last. */
const char *filter_timer_name(size_t i);
const char *filter_unit_name(enum column_kind kind, size_t i);

#endif
