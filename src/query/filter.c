/* SPDX-License-Identifier: MIT */
/* The grammar of the filter: terms and how they are joined, the words of ss, and what may follow
 * what has been typed.
 *
 * As in ss, "and" and "or" bind alike, from left to right: a or b and c is (a or b) and c. */
#include "tcptop/query/filter.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "filter_parser.h"

/* The words of ss: state and exclude with their sets, src, dst, sport, dport, dev. The grammar is
 * that of iproute2's misc/ssfilter.y; what ss has beyond it is refused by name. */

/* Sets as misc/ss.c defines them. A request socket is SYN_RECV to everyone outside the kernel. */
#define ALL       (STATE_MASK_LISTED | STATE_BIT(TCP_STATE_BOUND_INACTIVE))
#define OPENING   (STATE_BIT(TCP_STATE_SYN_RECV) | STATE_BIT(TCP_STATE_NEW_SYN_RECV))
#define CLOSED    (STATE_BIT(TCP_STATE_CLOSE) | STATE_BIT(TCP_STATE_BOUND_INACTIVE))
#define BUCKET    (OPENING | STATE_BIT(TCP_STATE_TIME_WAIT))
#define ANY_STATE UINT32_MAX
#define CONNECTED (ALL & ~(CLOSED | STATE_BIT(TCP_STATE_LISTEN)))

static const struct {
    const char *name;
    uint32_t states;
} state_sets[] = {
    {"all", ALL},
    {"connected", CONNECTED},
    {"synchronized", CONNECTED & ~STATE_BIT(TCP_STATE_SYN_SENT)},
    {"bucket", BUCKET},
    {"big", ALL & ~BUCKET},
    {"closed", CLOSED},
    {"unconnected", CLOSED},
    {"syn-rcv", OPENING},
};
#define STATE_SETS (sizeof state_sets / sizeof state_sets[0])

static const char *state_set_name(size_t i)
{
    return i < STATE_SETS ? state_sets[i].name : NULL;
}

uint32_t filter_state_set(struct filter_parser *f, struct filter_word w)
{
    for (size_t i = 0; i < STATE_SETS; i++) {
        if (filter_word_is(w, state_sets[i].name))
            return state_sets[i].states;
    }
    unsigned state = state_parse(w.text, w.len);
    if (state == TCP_STATE_BOUND_INACTIVE)
        f->p->needs |= NEED_BOUND;
    return state ? STATE_BIT(state) : 0;
}

static bool is_exclude(struct filter_word w)
{
    return filter_word_is(w, "exclude") || filter_word_is(w, "excl");
}

static bool ss_states(struct filter_word w)
{
    return filter_word_is(w, "state") || is_exclude(w);
}

/* A run of state and exclude is one set, as on the command line of ss: states add up, exclude
 * takes away, from all of them if it comes first. */
static int parse_states(struct filter_parser *f)
{
    uint32_t states = 0;
    for (bool first = true;; first = false) {
        size_t start = f->at;
        filter_skip_blanks(f);
        struct filter_word w = filter_peek_word(f, false);
        bool exclude = is_exclude(w);
        if (!ss_states(w)) {
            f->at = first ? f->at : start;
            return filter_emit_states(f, states);
        }
        f->at += w.len;
        filter_skip_blanks(f);
        struct filter_word name = filter_peek_word(f, true);
        uint32_t set = filter_state_set(f, name);
        if (!set)
            return filter_expected(f, f->at, MSG_FILTER_STATE_SET);
        f->at += name.len;
        if (exclude)
            states = (first ? ALL : states) & ~set;
        else
            states |= set;
    }
}

/* Read an optional = or !=; any other comparison is an error. */
static int parse_equality(struct filter_parser *f, enum comparison *cmp)
{
    size_t start = f->at;
    *cmp = filter_accept_comparison(f, true);
    if (*cmp == CMP_NONE || *cmp == CMP_EQ || *cmp == CMP_NE) {
        filter_skip_blanks(f);
        return 0;
    }
    f->at = start;
    filter_skip_blanks(f);
    return filter_expected(f, f->at, MSG_FILTER_EQUALITY);
}

/* "inet:" and "inet6:" are about the socket, also of a comparison that is negated: ss then asks for
 * those of that family alone. */
static int emit_family(struct filter_parser *f, uint8_t family)
{
    int result = filter_emit(f, &(struct filter_term){.kind = TERM_FAMILY, .lo = family});
    return result ? result : predicate_op(f->p, PRED_AND);
}

static int parse_end(struct filter_parser *f, enum term_side side)
{
    enum comparison cmp;
    struct host_term h;
    size_t bad;
    int result = parse_equality(f, &cmp);
    if (result)
        return result;
    struct filter_word w = filter_peek_word(f, true), host = w;
    uint8_t family = filter_split_family(&host);
    size_t at = (size_t)(host.text - f->text);
    if (!w.len || !filter_parse_host(host, true, &h, &bad))
        return filter_expected(f, w.len ? at + bad : at, MSG_FILTER_HOST);
    if (family && !h.any_address && h.family != family)
        return filter_expected(f, at, MSG_FILTER_HOST);
    f->at += w.len;
    result = filter_emit_host(f, side, &h);
    if (!result)
        result = filter_emit_negation(f, cmp);
    return result || !family ? result : emit_family(f, family);
}

static int parse_src(struct filter_parser *f)
{
    return parse_end(f, SIDE_LOCAL);
}

static int parse_dst(struct filter_parser *f)
{
    return parse_end(f, SIDE_REMOTE);
}

static int emit_port_comparison(struct filter_parser *f, enum term_side side, enum comparison cmp,
                                long port, uint8_t family)
{
    uint64_t lo = 0, hi = UINT16_MAX, at = (uint64_t)port;
    if (port == FILTER_PORT_NONE || (cmp == CMP_LT && port == 0))
        lo = UINT64_MAX;
    else if (cmp == CMP_GT || cmp == CMP_GE)
        lo = at + (cmp == CMP_GT);
    else if (cmp == CMP_LE)
        hi = at;
    else if (cmp == CMP_LT)
        hi = at - 1;
    else if (port != FILTER_PORT_ANY)
        lo = hi = at;
    int result = filter_emit_ports(f, side, lo, hi);
    if (!result)
        result = filter_emit_negation(f, cmp);
    return result || !family ? result : emit_family(f, family);
}

static int parse_port_end(struct filter_parser *f, enum term_side side)
{
    enum comparison cmp = filter_accept_comparison(f, true);
    filter_skip_blanks(f);
    struct filter_word w = filter_peek_word(f, true), name = w;
    uint8_t family = filter_split_family(&name);
    if (name.len && name.text[0] == ':')
        name = (struct filter_word){name.text + 1, name.len - 1};
    bool equal = cmp == CMP_NONE || cmp == CMP_EQ, compared = equal || cmp == CMP_NE;
    bool any = equal && (filter_word_is(name, "*") || (family && name.len == 0));
    long port = any ? FILTER_PORT_ANY : filter_parse_ss_port(name);
    if (port == FILTER_PORT_WRONG || (port < 0 && !compared))
        return filter_expected(f, (size_t)(name.text - f->text), MSG_FILTER_PORT);
    f->at += w.len;
    return emit_port_comparison(f, side, cmp, port, family);
}

static int parse_sport(struct filter_parser *f)
{
    return parse_port_end(f, SIDE_LOCAL);
}

static int parse_dport(struct filter_parser *f)
{
    return parse_port_end(f, SIDE_REMOTE);
}

static int parse_dev(struct filter_parser *f)
{
    enum comparison cmp;
    int result = parse_equality(f, &cmp);
    if (result)
        return result;
    struct filter_word w = filter_peek_word(f, true);
    struct filter_term device;
    if (!filter_parse_device(w, &device))
        return filter_refused(f, f->at, w.len ? MSG_FILTER_DEVICE : MSG_FILTER_VALUE, w, NULL);
    f->at += w.len;
    result = filter_emit(f, &device);
    return result ? result : filter_emit_negation(f, cmp);
}

static const struct {
    const char *name;
    int (*parse)(struct filter_parser *f); /* NULL: refused */
    bool keeps_word;                       /* parse() reads the word itself */
} ss_words[] = {
    {"state", parse_states, true}, {"exclude", parse_states, true}, {"excl", parse_states, true},
    {"src", parse_src, false},     {"dst", parse_dst, false},       {"sport", parse_sport, false},
    {"dport", parse_dport, false}, {"dev", parse_dev, false},       {"autobound", NULL, false},
    {"fwmark", NULL, false},       {"cgroup", NULL, false},
};
#define SS_WORDS (sizeof ss_words / sizeof ss_words[0])

static bool ss_known(struct filter_word w)
{
    for (size_t i = 0; i < SS_WORDS; i++) {
        if (filter_word_is(w, ss_words[i].name))
            return true;
    }
    return false;
}

static int ss_parse(struct filter_parser *f, struct filter_word w)
{
    for (size_t i = 0; i < SS_WORDS; i++) {
        if (!filter_word_is(w, ss_words[i].name))
            continue;
        if (!ss_words[i].parse)
            return filter_refused(f, f->at,
                                  filter_word_is(w, columns[COL_CGROUP].id)
                                      ? MSG_FILTER_CGROUP
                                      : MSG_FILTER_UNSUPPORTED,
                                  w, NULL);
        f->at += ss_words[i].keeps_word ? 0 : w.len;
        return ss_words[i].parse(f);
    }
    return -EINVAL;
}

/* Terms and expressions. */

/* How deep parentheses and negations may be nested; the stack of the evaluation is as deep. */
#define NESTING_MAX 32

static int parse_expression(struct filter_parser *f);

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* FIELD of "FIELD:values"; of length 0 when the word is none, such as the beginning of an IPv6
 * address. */
static struct filter_word field_before_colon(struct filter_word w)
{
    size_t len = 0;
    bool hex = true;
    for (; len < w.len && w.text[len] != ':'; len++) {
        char c = w.text[len];
        if (!is_letter(c) && (len == 0 || (!is_digit(c) && c != '_' && c != '-')))
            return (struct filter_word){w.text, 0};
        hex = hex && (is_digit(c) || (c | 0x20) <= 'f');
    }
    struct filter_word name = {w.text, len};
    bool group = hex && len <= 4 && filter_field_kind(name) == KIND_COMPOSITE;
    return len < w.len && !group ? name : (struct filter_word){w.text, 0};
}

static bool comparison_follows(struct filter_parser *f, size_t len, bool words)
{
    struct filter_parser ahead = *f;
    ahead.at += len;
    return filter_accept_comparison(&ahead, words) != CMP_NONE;
}

/* 3000, 8000-8100 */
static int parse_port_number(struct filter_parser *f, struct filter_word w)
{
    const char *dash = memchr(w.text, '-', w.len);
    size_t len = dash ? (size_t)(dash - w.text) : w.len;
    long lo = filter_parse_port((struct filter_word){w.text, len});
    long hi = dash ? filter_parse_port((struct filter_word){dash + 1, w.len - len - 1}) : lo;
    if (lo < 0 || hi < lo)
        return filter_expected(f, lo < 0 ? f->at : f->at + len + 1, MSG_FILTER_PORT);
    f->at += w.len;
    f->p->needs |= NEED_BOUND; /* who holds the port may have bound it only */
    return filter_emit_ports(f, SIDE_EITHER, (uint64_t)lo, (uint64_t)hi);
}

static bool is_port_number(struct filter_word w)
{
    size_t digits = 0;
    for (size_t i = 0; i < w.len; i++) {
        if (!is_digit(w.text[i]) && (w.text[i] != '-' || i == 0))
            return false;
        digits += is_digit(w.text[i]);
    }
    return digits > 0 && digits + 1 >= w.len;
}

/* States whose name holds the word ("wait"), or that it is another name of ("tw"). */
static uint32_t states_named(struct filter_word w)
{
    uint32_t found = 0;
    for (unsigned state = 1; state < TCP_STATE_COUNT; state++) {
        const char *name = state_name(state);
        for (const char *p = name; w.len && strlen(p) >= w.len; p++) {
            size_t same = 0;
            while (same < w.len && ((p[same] | 0x20) == (w.text[same] | 0x20) ||
                                    (p[same] == '_' && w.text[same] == '-')))
                same++;
            if (same == w.len)
                found |= STATE_BIT(state);
        }
    }
    unsigned exact = state_parse(w.text, w.len);
    return exact ? found | STATE_BIT(exact) : found;
}

/* A word that is nothing else: rows match if an address, the name of the process, of the control
 * group or of the state contains it. */
static int emit_bare(struct filter_parser *f, struct filter_word w)
{
    int result = filter_emit_text(f, COL_LOCAL_ADDR, w, false);
    if (!result)
        result = filter_emit_text(f, COL_REMOTE_ADDR, w, false);
    if (!result)
        result = predicate_op(f->p, PRED_OR);
    if (!result)
        result = filter_emit_text(f, COL_PROCESS, w, false);
    if (!result)
        result = predicate_op(f->p, PRED_OR);
    if (!result)
        result = filter_emit_text(f, COL_CGROUP, w, false);
    if (!result)
        result = predicate_op(f->p, PRED_OR);
    if (!result)
        result = filter_emit_states(f, states_named(w));
    return result ? result : predicate_op(f->p, PRED_OR);
}

/* Does it begin with an address and a slash? */
static bool is_prefix(struct filter_word w)
{
    const char *slash = memchr(w.text, '/', w.len);
    struct host_term h;

    return slash && filter_parse_host((struct filter_word){w.text, (size_t)(slash - w.text)}, false,
                                      &h, NULL);
}

/* Does it begin with four numbers and dots between them? */
static bool is_dotted(struct filter_word w)
{
    size_t dots = 0, digits = 0, i = 0;

    for (; i < w.len && (w.text[i] == '.' || isdigit((unsigned char)w.text[i])); i++) {
        if (w.text[i] == '.' && !digits)
            return false;
        dots += w.text[i] == '.';
        digits = w.text[i] == '.' ? 0 : digits + 1;
    }
    return dots == 3 && digits && (i == w.len || w.text[i] == ':' || w.text[i] == '/');
}

static int parse_bare(struct filter_parser *f)
{
    struct filter_word w;
    struct host_term h;
    bool quoted;
    int result = filter_accept_text(f, &w, &quoted);
    if (result)
        return result;
    if (!quoted && filter_parse_host(w, false, &h, NULL))
        return filter_emit_host(f, SIDE_EITHER, &h);
    if (!quoted && (is_prefix(w) || is_dotted(w))) /* a part is too large; quoted, it is a text */
        return filter_expected(f, (size_t)(w.text - f->text), MSG_FILTER_ADDRESS);
    if (!quoted && (filter_word_is(w, "tcp4") || filter_word_is(w, "tcp6"))) /* as Proto has it */
        return filter_emit(
            f, &(struct filter_term){.kind = TERM_FAMILY,
                                     .lo = filter_word_is(w, "tcp4") ? AF_INET : AF_INET6});
    return emit_bare(f, w);
}

static int parse_term(struct filter_parser *f)
{
    struct filter_word w = filter_peek_word(f, false);
    bool quoted = f->text[f->at] == '"' || f->text[f->at] == '\'';
    if (quoted)
        return parse_bare(f);
    if (!w.len || filter_word_is(w, "and") || filter_word_is(w, "or"))
        return filter_expected(f, f->at, MSG_FILTER_TERM);
    struct filter_word name = field_before_colon(w);
    if (name.len && !filter_parse_host(w, false, &(struct host_term){0}, NULL))
        return filter_field_parse(f, name, f->at);
    bool compared = comparison_follows(f, w.len, filter_field_kind(w) != KIND_COMPOSITE);
    if (ss_known(w) && !(filter_word_is(w, "state") && compared))
        return ss_parse(f, w);
    if (compared)
        return filter_field_parse(f, w, f->at);
    if (is_port_number(w))
        return parse_port_number(f, w);
    if (filter_field_kind(w) != KIND_COMPOSITE)
        return filter_expected(f, f->at + w.len, MSG_FILTER_SIGN);
    return parse_bare(f);
}

static int parse_parenthesis(struct filter_parser *f)
{
    f->at++;
    int result = parse_expression(f);
    if (result)
        return result;
    if (f->text[f->at] != ')')
        return filter_expected(f, f->at, MSG_FILTER_CLOSE);
    f->at++;
    return 0;
}

static int parse_factor(struct filter_parser *f)
{
    filter_skip_blanks(f);
    size_t start = f->at;
    bool sign = f->text[f->at] == '!' && f->text[f->at + 1] != '=';
    bool negated = sign || filter_accept_word(f, "not");
    if (!negated && f->text[f->at] != '(')
        return parse_term(f);
    if (f->depth == NESTING_MAX)
        return filter_expected(f, start, MSG_FILTER_DEEP);
    f->depth++;
    f->at += sign;
    int result = negated ? parse_factor(f) : parse_parenthesis(f);
    f->depth--;
    return result || !negated ? result : predicate_op(f->p, PRED_NOT);
}

/* "and", "or" or nothing, which means "and". */
static enum pred_op accept_operator(struct filter_parser *f)
{
    static const char signs[] = "|&";
    const char *sign = f->text[f->at] ? strchr(signs, f->text[f->at]) : NULL;
    if (sign) {
        f->at += f->text[f->at + 1] == *sign ? 2 : 1;
        return *sign == '|' ? PRED_OR : PRED_AND;
    }
    if (filter_accept_word(f, "or"))
        return PRED_OR;
    filter_accept_word(f, "and");
    return PRED_AND;
}

/* What follows the first factor, to the end of the expression. */
static int parse_rest(struct filter_parser *f)
{
    for (;;) {
        filter_skip_blanks(f);
        if (!f->text[f->at] || f->text[f->at] == ')')
            return 0;
        enum pred_op op = accept_operator(f);
        int result = parse_factor(f);
        if (!result)
            result = predicate_op(f->p, op);
        if (result)
            return result;
    }
}

static bool states_lead(struct filter_parser *f)
{
    struct filter_word w = filter_peek_word(f, false);
    return ss_states(w) && !comparison_follows(f, w.len, true);
}

static bool operator_follows(const struct filter_parser *f)
{
    struct filter_word w = filter_peek_word(f, true);
    return filter_word_is(w, "and") || filter_word_is(w, "or") || strchr("|&)", f->text[f->at]);
}

/* States in front hold for all that follows, as on the command line of ss: state X a or b is
 * state X and (a or b). */
static int parse_expression(struct filter_parser *f)
{
    filter_skip_blanks(f);
    bool leading = states_lead(f);
    int result = parse_factor(f);
    filter_skip_blanks(f);
    if (result || !leading || !f->text[f->at] || operator_follows(f))
        return result ? result : parse_rest(f);
    result = parse_expression(f);
    return result ? result : predicate_op(f->p, PRED_AND);
}

/* The states that a row may have which passes, as far as the terms about states tell. */
static uint32_t possible_states(const struct predicate *p)
{
    uint32_t stack[PREDICATE_DEPTH_MAX + 1] = {ANY_STATE}, n = 0;
    for (uint32_t i = 0; i < p->n_steps; i++) {
        const struct filter_term *t = &p->terms[p->steps[i].term];
        switch (p->steps[i].op) {
        case PRED_TERM:
            stack[n++] = t->kind == TERM_STATE ? t->states : ANY_STATE;
            break;
        case PRED_AND:
            n--;
            stack[n - 1] &= stack[n];
            break;
        case PRED_OR:
            n--;
            stack[n - 1] |= stack[n];
            break;
        case PRED_NOT: /* exact where a term about states is all that is negated */
            stack[n - 1] = p->steps[i - 1].op == PRED_TERM && stack[n - 1] != ANY_STATE
                               ? ~stack[n - 1]
                               : ANY_STATE;
            break;
        }
    }
    return stack[0];
}

static int parse_all(struct filter_parser *f)
{
    filter_skip_blanks(f);
    if (!f->text[f->at])
        return 0;
    int result = parse_expression(f);
    if (!result && f->text[f->at])
        result = filter_expected(f, f->at, MSG_FILTER_OPEN);
    if (!result && predicate_depth(f->p) < 0)
        result = filter_expected(f, 0, MSG_FILTER_DEEP);
    if (!result && !(possible_states(f->p) & CLOSED))
        f->p->needs &= ~(uint32_t)NEED_BOUND;
    if (!result && f->p->needs & NEED_BOUND && !(possible_states(f->p) & ~CLOSED))
        f->p->needs |= NEED_ONLY_BOUND;
    return result;
}

int filter_parse(const char *text, struct predicate *p, struct filter_error *error)
{
    struct predicate built = {0};
    struct filter_parser f = {.text = text, .p = &built, .error = error};
    int result = parse_all(&f);
    if (result || !p)
        predicate_fini(&built);
    if (!result && p)
        *p = built;
    return result;
}

/* Completion: fields and words where a term begins, values behind a field, units behind a number.
 */

struct completion {
    const char **words;
    size_t n, max;
    struct filter_word typed; /* what they must begin with */
};

/* `word` may be NULL. */
static void offer(struct completion *c, const char *word)
{
    if (word && c->n < c->max && strlen(word) > c->typed.len &&
        strncasecmp(word, c->typed.text, c->typed.len) == 0)
        c->words[c->n++] = word;
}

static void offer_states(struct completion *c, bool sets)
{
    for (size_t i = 0; i < STATE_LIST_COUNT; i++)
        offer(c, state_name(state_list_order[i]));
    offer(c, state_name(TCP_STATE_BOUND_INACTIVE));
    for (size_t i = 0; sets && state_set_name(i); i++)
        offer(c, state_set_name(i));
}

static void offer_values(struct completion *c, enum column_kind kind)
{
    if (kind == KIND_STATE) {
        offer_states(c, false);
    } else if (kind == KIND_PROTO) {
        offer(c, "tcp");
        offer(c, "tcp6");
        offer(c, "mptcp");
    } else if (kind == KIND_TIMER) {
        for (size_t i = 0; filter_timer_name(i); i++)
            offer(c, filter_timer_name(i));
    }
}

/* A unit is offered as the completion of the number in front of it. */
static void offer_units(struct completion *c, enum column_kind kind)
{
    size_t digits = strspn(c->typed.text, "0123456789.");
    if (kind == KIND_NUMBER || kind == KIND_LIST) /* who counts processes in thousands? */
        return;
    c->typed = (struct filter_word){c->typed.text + digits, c->typed.len - digits};
    for (size_t i = 0; digits && filter_unit_name(kind, i); i++)
        offer(c, filter_unit_name(kind, i));
}

static void offer_terms(struct completion *c, bool joins)
{
    if (joins) {
        offer(c, "and");
        offer(c, "or");
    }
    for (size_t i = 0; i < filter_field_names(); i++)
        offer(c, filter_field_name(i));
    offer(c, "exclude");
    offer(c, "not");
}

/* The word before `at`, blanks between; of length 0 when a sign stands there. */
static struct filter_word word_before(const char *text, size_t at)
{
    while (at > 0 && filter_is_blank(text[at - 1]))
        at--;
    size_t end = at;
    while (at > 0 && !filter_is_blank(text[at - 1]) && !strchr("()|&!", text[at - 1]))
        at--;
    return (struct filter_word){text + at, end - at};
}

static bool ends_term(struct filter_word before)
{
    return before.len && !filter_word_is(before, "and") && !filter_word_is(before, "or") &&
           !filter_word_is(before, "not");
}

size_t filter_complete(const char *text, const char **words, size_t max, size_t *from)
{
    size_t len = strlen(text), start = len;
    while (start > 0 && !filter_is_blank(text[start - 1]) && !strchr("()|&", text[start - 1]))
        start--;
    struct completion c = {words, 0, max, {text + start, len - start}};
    struct filter_word before = word_before(text, start);
    size_t name = strcspn(c.typed.text, ":<>=!");
    if (name < c.typed.len) {
        enum column_kind kind = filter_field_kind((struct filter_word){c.typed.text, name});
        while (!strchr(",:<>=!", text[len - 1]))
            len--;
        c.typed = (struct filter_word){text + len, strlen(text + len)};
        offer_values(&c, kind);
        offer_units(&c, kind);
    } else if (filter_word_is(before, "state") || filter_word_is(before, "exclude") ||
               filter_word_is(before, "excl")) {
        offer_states(&c, true);
    } else {
        offer_terms(&c, ends_term(before));
    }
    *from = (size_t)(c.typed.text - text);
    return c.n;
}
