/* The filter's grammar: terms, and how they are joined.
 *
 * As in ss, "and" and "or" bind alike, from left to right: a or b and c is (a or b) and c. */
#include "tcptop/query/filter.h"

#include <string.h>

#include "parser.h"

/* Parentheses and negations around one place; the evaluation stack has room for as many. */
#define NESTING_MAX 32

static int parse_expression(struct parser *f);

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
static struct word field_before_colon(struct word w)
{
    size_t len = 0;
    bool hex = true;
    for (; len < w.len && w.text[len] != ':'; len++) {
        char c = w.text[len];
        if (!is_letter(c) && (len == 0 || (!is_digit(c) && c != '_' && c != '-')))
            return (struct word){w.text, 0};
        hex = hex && (is_digit(c) || (c | 0x20) <= 'f');
    }
    struct word name = {w.text, len};
    bool group = hex && len <= 4 && field_kind(name) == KIND_COMPOSITE;
    return len < w.len && !group ? name : (struct word){w.text, 0};
}

static bool comparison_follows(struct parser *f, size_t len, bool words)
{
    struct parser ahead = *f;
    ahead.at += len;
    return accept_comparison(&ahead, words) != CMP_NONE;
}

/* 3000, 8000-8100 */
static int parse_port_number(struct parser *f, struct word w)
{
    const char *dash = memchr(w.text, '-', w.len);
    size_t len = dash ? (size_t)(dash - w.text) : w.len;
    long lo = port_parse((struct word){w.text, len});
    long hi = dash ? port_parse((struct word){dash + 1, w.len - len - 1}) : lo;
    if (lo < 0 || hi < lo)
        return expected(f, lo < 0 ? f->at : f->at + len + 1, MSG_FILTER_PORT);
    f->at += w.len;
    return emit_ports(f, SIDE_EITHER, (uint64_t)lo, (uint64_t)hi);
}

static bool is_port_number(struct word w)
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
static uint32_t states_named(struct word w)
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

/* A word that is no more than text: an address or a process's name holds it, or the state is called
 * so. */
static int emit_bare(struct parser *f, struct word w)
{
    int result = emit_text(f, COL_LOCAL_ADDR, w, false);
    if (!result)
        result = emit_text(f, COL_REMOTE_ADDR, w, false);
    if (!result)
        result = predicate_op(f->p, PRED_OR);
    if (!result)
        result = emit_text(f, COL_PROCESS, w, false);
    if (!result)
        result = predicate_op(f->p, PRED_OR);
    if (!result)
        result = emit_states(f, states_named(w));
    return result ? result : predicate_op(f->p, PRED_OR);
}

static int parse_bare(struct parser *f)
{
    struct word w;
    struct host_term h;
    bool quoted;
    int result = accept_text(f, &w, &quoted);
    if (result)
        return result;
    if (!quoted && host_parse(w, false, &h, NULL))
        return emit_host(f, SIDE_EITHER, &h);
    return emit_bare(f, w);
}

static int parse_term(struct parser *f)
{
    struct word w = peek_word(f, false);
    bool quoted = f->text[f->at] == '"' || f->text[f->at] == '\'';
    if (quoted)
        return parse_bare(f);
    if (!w.len || word_is(w, "and") || word_is(w, "or"))
        return expected(f, f->at, MSG_FILTER_TERM);
    struct word name = field_before_colon(w);
    if (name.len && !host_parse(w, false, &(struct host_term){0}, NULL))
        return field_parse(f, name, f->at);
    bool compared = comparison_follows(f, w.len, field_kind(w) != KIND_COMPOSITE);
    if (ss_known(w) && !(word_is(w, "state") && compared))
        return ss_parse(f, w);
    if (compared)
        return field_parse(f, w, f->at);
    if (is_port_number(w))
        return parse_port_number(f, w);
    return parse_bare(f);
}

static int parse_parenthesis(struct parser *f)
{
    f->at++;
    int result = parse_expression(f);
    if (result)
        return result;
    if (f->text[f->at] != ')')
        return expected(f, f->at, MSG_FILTER_CLOSE);
    f->at++;
    return 0;
}

static int parse_factor(struct parser *f)
{
    skip_blanks(f);
    size_t start = f->at;
    bool sign = f->text[f->at] == '!' && f->text[f->at + 1] != '=';
    bool negated = sign || accept_word(f, "not");
    if (!negated && f->text[f->at] != '(')
        return parse_term(f);
    if (f->depth == NESTING_MAX)
        return expected(f, start, MSG_FILTER_DEEP);
    f->depth++;
    f->at += sign;
    int result = negated ? parse_factor(f) : parse_parenthesis(f);
    f->depth--;
    return result || !negated ? result : predicate_op(f->p, PRED_NOT);
}

/* "and", "or" or nothing, which means "and". */
static enum pred_op accept_operator(struct parser *f)
{
    static const char signs[] = "|&";
    const char *sign = f->text[f->at] ? strchr(signs, f->text[f->at]) : NULL;
    if (sign) {
        f->at += f->text[f->at + 1] == *sign ? 2 : 1;
        return *sign == '|' ? PRED_OR : PRED_AND;
    }
    if (accept_word(f, "or"))
        return PRED_OR;
    accept_word(f, "and");
    return PRED_AND;
}

/* What follows the first factor, to the end of the expression. */
static int parse_rest(struct parser *f)
{
    for (;;) {
        skip_blanks(f);
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

static bool states_lead(struct parser *f)
{
    struct word w = peek_word(f, false);
    return ss_states(w) && !comparison_follows(f, w.len, true);
}

static bool operator_follows(const struct parser *f)
{
    struct word w = peek_word(f, true);
    return word_is(w, "and") || word_is(w, "or") || strchr("|&)", f->text[f->at]);
}

/* States in front hold for all that follows, as on the command line of ss: state X a or b is
 * state X and (a or b). */
static int parse_expression(struct parser *f)
{
    skip_blanks(f);
    bool leading = states_lead(f);
    int result = parse_factor(f);
    skip_blanks(f);
    if (result || !leading || !f->text[f->at] || operator_follows(f))
        return result ? result : parse_rest(f);
    result = parse_expression(f);
    return result ? result : predicate_op(f->p, PRED_AND);
}

static int parse_all(struct parser *f)
{
    skip_blanks(f);
    if (!f->text[f->at])
        return 0;
    int result = parse_expression(f);
    if (!result && f->text[f->at])
        result = expected(f, f->at, MSG_FILTER_OPEN);
    if (!result && predicate_depth(f->p) < 0)
        result = expected(f, 0, MSG_FILTER_DEEP);
    return result;
}

int filter_parse(const char *text, struct predicate *p, struct filter_error *error)
{
    struct predicate built = {0};
    struct parser f = {.text = text, .p = &built, .error = error};
    int result = parse_all(&f);
    if (result || !p)
        predicate_fini(&built);
    if (!result && p)
        *p = built;
    return result;
}
