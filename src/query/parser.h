/* What the parts of the filter's parser share: a place in the text, the predicate under
 * construction, and errors that know where they are. Functions return 0, -EINVAL with the error
 * filled, or -ENOMEM. */
#ifndef TCPTOP_SRC_QUERY_PARSER_H
#define TCPTOP_SRC_QUERY_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptop/query/column.h"
#include "tcptop/query/filter.h"

struct parser {
    const char *text;
    size_t at;
    int depth; /* of parentheses and negations around this place */
    struct predicate *p;
    struct filter_error *error; /* NULL: nobody asks */
};

/* A piece of the text. */
struct word {
    const char *text;
    size_t len;
};

enum comparison { CMP_NONE, CMP_EQ, CMP_NE, CMP_GT, CMP_GE, CMP_LT, CMP_LE };

/* filter_lex.c */
void skip_blanks(struct parser *f);
bool is_blank(char c);
/** The word at this place, up to a blank, parenthesis, quote, | & or, unless `whole`, up to a
 *  comparison or comma. The place stays. */
struct word peek_word(const struct parser *f, bool whole);
bool word_is(struct word w, const char *text); /* ASCII case ignored */
/** Step over `word` if it stands here and ends here. */
bool accept_word(struct parser *f, const char *word);
/** Step over a comparison, its blanks included: = == != <> < <= > >= and, where `words`, eq ne neq
 *  gt ge geq lt le leq. */
enum comparison accept_comparison(struct parser *f, bool words);
/** A word, or a text in quotes, at this place; steps over it. */
int accept_text(struct parser *f, struct word *w, bool *quoted);
/** -EINVAL with the message; refused() fills {1} and {2} from `a` and `b` (may be NULL). */
int expected(struct parser *f, size_t at, enum msg what);
int refused(struct parser *f, size_t at, enum msg what, struct word a, const char *b);

/* filter_emit.c: terms into the predicate */
int emit(struct parser *f, const struct filter_term *t);
int emit_states(struct parser *f, uint32_t states);
int emit_ports(struct parser *f, enum term_side side, uint64_t lo, uint64_t hi);
int emit_text(struct parser *f, enum column_id id, struct word w, bool whole);
/** A comparison's negative form is made of the positive one. */
int emit_negation(struct parser *f, enum comparison cmp);

/* filter_host.c */
struct host_term {
    bool any_address;
    uint8_t family;
    uint8_t addr[16];
    uint8_t prefix_bits;
    struct filter_term scope; /* interface of a link-local address; lo 0: not given */
    bool has_port;
    uint16_t port;
};
/** Read `w` as HOST[/BITS][:PORT]. False when it is none; `*bad` (may be NULL) gets the offset of
 *  the part that is wrong. `short_ipv4`: missing octets are 0 (10/8), as in ss. */
bool host_parse(struct word w, bool short_ipv4, struct host_term *h, size_t *bad);
int emit_host(struct parser *f, enum term_side side, const struct host_term *h);
/** A port number or the name of a TCP service; -1 when it is none. */
long port_parse(struct word w);
/** An interface by name or number; false when there is none. */
bool device_parse(struct word w, struct filter_term *t);

/* filter_number.c */
/* A number with its unit as a fraction, so that 1.5ms and 1500us are the same. */
struct quantity {
    uint64_t value; /* rounded down, in the column's unit */
    bool exact;     /* nothing was rounded */
};
/** Read a number with an optional unit of the column's kind; `unit_wanted`: the unit must be
 *  there. Steps over it. */
int number_parse(struct parser *f, enum column_kind kind, bool unit_wanted, struct quantity *q);

/* filter_field.c */
/** The kind of the values of the field called `name`; KIND_COMPOSITE when there is none. */
enum column_kind field_kind(struct word name);
/** FIELD has been read and stands at `start`; parse the values behind it. */
int field_parse(struct parser *f, struct word name, size_t start);
/** The `i`th field's name for completion; NULL behind the last. */
const char *field_name(size_t i);

/* filter_ss.c */
/** States by any name or set of ss (all, connected, …); 0 when it is none. The kernel lists
 * bound-only sockets only when asked, so naming them notes the need. */
uint32_t state_set(struct parser *f, struct word w);
/** The `i`th set's name for completion; NULL behind the last. */
const char *state_set_name(size_t i);
/** Is it a word that belongs to ss: state, src, autobound, …? */
bool ss_known(struct word w);
/** Is it state or exclude? */
bool ss_states(struct word w);
int ss_parse(struct parser *f, struct word w);

/** A name for completion: fields, timers, sets of ss, units of a kind; NULL behind the last. */
const char *timer_name(size_t i);
const char *unit_name(enum column_kind kind, size_t i);

#endif
