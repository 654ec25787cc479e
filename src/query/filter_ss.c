/* The words of ss: state and exclude with their sets, src, dst, sport, dport, dev. The grammar is
 * that of iproute2's misc/ssfilter.y; what ss has beyond it is refused by name. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parser.h"

/* Sets as misc/ss.c defines them. A request socket is SYN_RECV to everyone outside the kernel. */
#define ALL       (STATE_MASK_LISTED | STATE_BIT(TCP_STATE_BOUND_INACTIVE))
#define OPENING   (STATE_BIT(TCP_STATE_SYN_RECV) | STATE_BIT(TCP_STATE_NEW_SYN_RECV))
#define CLOSED    (STATE_BIT(TCP_STATE_CLOSE) | STATE_BIT(TCP_STATE_BOUND_INACTIVE))
#define BUCKET    (OPENING | STATE_BIT(TCP_STATE_TIME_WAIT))
#define CONNECTED (ALL & ~(CLOSED | STATE_BIT(TCP_STATE_LISTEN)))

static const struct {
    const char *name;
    uint32_t states;
} sets[] = {
    {"all", ALL},
    {"connected", CONNECTED},
    {"synchronized", CONNECTED & ~STATE_BIT(TCP_STATE_SYN_SENT)},
    {"bucket", BUCKET},
    {"big", ALL & ~BUCKET},
    {"closed", CLOSED},
    {"unconnected", CLOSED},
    {"syn-rcv", OPENING},
};
#define SETS (sizeof sets / sizeof sets[0])

const char *state_set_name(size_t i)
{
    return i < SETS ? sets[i].name : NULL;
}

uint32_t state_set(struct parser *f, struct word w)
{
    for (size_t i = 0; i < SETS; i++) {
        if (word_is(w, sets[i].name))
            return sets[i].states;
    }
    unsigned state = state_parse(w.text, w.len);
    if (state == TCP_STATE_BOUND_INACTIVE)
        f->p->needs |= NEED_BOUND;
    return state ? STATE_BIT(state) : 0;
}

static bool is_exclude(struct word w)
{
    return word_is(w, "exclude") || word_is(w, "excl");
}

bool ss_states(struct word w)
{
    return word_is(w, "state") || is_exclude(w);
}

/* A run of state and exclude is one set, as on the command line of ss: states add up, exclude
 * takes away, from all of them if it comes first. */
static int parse_states(struct parser *f)
{
    uint32_t states = 0;
    for (bool first = true;; first = false) {
        size_t start = f->at;
        skip_blanks(f);
        struct word w = peek_word(f, false);
        bool exclude = is_exclude(w);
        if (!ss_states(w)) {
            f->at = first ? f->at : start;
            return emit_states(f, states);
        }
        f->at += w.len;
        skip_blanks(f);
        struct word name = peek_word(f, true);
        uint32_t set = state_set(f, name);
        if (!set)
            return expected(f, f->at, MSG_FILTER_STATE_SET);
        f->at += name.len;
        if (exclude)
            states = (first ? ALL : states) & ~set;
        else
            states |= set;
    }
}

/* An optional = or !=; anything else is wrong here. */
static int parse_equality(struct parser *f, enum comparison *cmp)
{
    size_t start = f->at;
    *cmp = accept_comparison(f, true);
    if (*cmp == CMP_NONE || *cmp == CMP_EQ || *cmp == CMP_NE) {
        skip_blanks(f);
        return 0;
    }
    f->at = start;
    skip_blanks(f);
    return expected(f, f->at, MSG_FILTER_EQUALITY);
}

static int parse_end(struct parser *f, enum term_side side)
{
    enum comparison cmp;
    struct host_term h;
    size_t bad;
    int result = parse_equality(f, &cmp);
    if (result)
        return result;
    struct word w = peek_word(f, true);
    if (!w.len || !host_parse(w, true, &h, &bad))
        return expected(f, w.len ? f->at + bad : f->at, MSG_FILTER_HOST);
    f->at += w.len;
    result = emit_host(f, side, &h);
    return result ? result : emit_negation(f, cmp);
}

static int parse_src(struct parser *f)
{
    return parse_end(f, SIDE_LOCAL);
}

static int parse_dst(struct parser *f)
{
    return parse_end(f, SIDE_REMOTE);
}

/* ss reads numbers as C does: 0x16 and 026 are 22. */
static long parse_port_word(struct word w)
{
    char text[8], *end;
    if (w.len < 2 || w.len >= sizeof text || w.text[0] != '0')
        return port_parse(w);
    memcpy(text, w.text, w.len);
    text[w.len] = '\0';
    long port = strtol(text, &end, 0);
    return *end || port > UINT16_MAX ? -1 : port;
}

static int emit_port_comparison(struct parser *f, enum term_side side, enum comparison cmp,
                                uint64_t port)
{
    uint64_t lo = 0, hi = UINT16_MAX;
    if (cmp == CMP_GT || cmp == CMP_GE)
        lo = port + (cmp == CMP_GT);
    else if (cmp == CMP_LE)
        hi = port;
    else if (cmp == CMP_LT && port == 0)
        lo = UINT64_MAX;
    else if (cmp == CMP_LT)
        hi = port - 1;
    else
        lo = hi = port;
    int result = emit_ports(f, side, lo, hi);
    return result ? result : emit_negation(f, cmp);
}

static int parse_port_end(struct parser *f, enum term_side side)
{
    enum comparison cmp = accept_comparison(f, true);
    skip_blanks(f);
    struct word w = peek_word(f, true);
    size_t colon = w.len && w.text[0] == ':';
    struct word name = {w.text + colon, w.len - colon};
    bool any = word_is(name, "*") && (cmp == CMP_NONE || cmp == CMP_EQ);
    long port = any ? 0 : parse_port_word(name);
    if (port < 0)
        return expected(f, f->at + colon, MSG_FILTER_PORT);
    f->at += w.len;
    if (any)
        return emit_ports(f, side, 0, UINT16_MAX);
    return emit_port_comparison(f, side, cmp, (uint64_t)port);
}

static int parse_sport(struct parser *f)
{
    return parse_port_end(f, SIDE_LOCAL);
}

static int parse_dport(struct parser *f)
{
    return parse_port_end(f, SIDE_REMOTE);
}

static int parse_dev(struct parser *f)
{
    enum comparison cmp;
    int result = parse_equality(f, &cmp);
    if (result)
        return result;
    struct word w = peek_word(f, true);
    struct filter_term device;
    if (!device_parse(w, &device))
        return refused(f, f->at, w.len ? MSG_FILTER_DEVICE : MSG_FILTER_VALUE, w, NULL);
    f->at += w.len;
    result = emit(f, &device);
    return result ? result : emit_negation(f, cmp);
}

static const struct {
    const char *name;
    int (*parse)(struct parser *f); /* NULL: refused */
    bool keeps_word;                /* parse() reads the word itself */
} words[] = {
    {"state", parse_states, true}, {"exclude", parse_states, true}, {"excl", parse_states, true},
    {"src", parse_src, false},     {"dst", parse_dst, false},       {"sport", parse_sport, false},
    {"dport", parse_dport, false}, {"dev", parse_dev, false},       {"autobound", NULL, false},
    {"fwmark", NULL, false},       {"cgroup", NULL, false},
};
#define WORDS (sizeof words / sizeof words[0])

bool ss_known(struct word w)
{
    for (size_t i = 0; i < WORDS; i++) {
        if (word_is(w, words[i].name))
            return true;
    }
    return false;
}

int ss_parse(struct parser *f, struct word w)
{
    for (size_t i = 0; i < WORDS; i++) {
        if (!word_is(w, words[i].name))
            continue;
        if (!words[i].parse)
            return refused(f, f->at, MSG_FILTER_UNSUPPORTED, w, NULL);
        f->at += words[i].keeps_word ? 0 : w.len;
        return words[i].parse(f);
    }
    return -EINVAL;
}
