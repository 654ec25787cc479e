/* SPDX-License-Identifier: MIT */
/* Parses the fields of the filter: FIELD:values and FIELD op value. */
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "filter_parser.h"
#include "tcptop/base/fmt.h"

struct filter_field {
    const char *name;
    enum column_id id;
    enum term_side side;
    bool unit_wanted; /* the name does not say the unit, so the value must */
};

/* Short names, in the order in which the prompt offers them; every column is a field by its id. */
static const struct filter_field aliases[] = {
    {"port", COL_LOCAL_PORT, SIDE_EITHER, false},
    {"lport", COL_LOCAL_PORT, SIDE_LOCAL, false},
    {"rport", COL_REMOTE_PORT, SIDE_REMOTE, false},
    {"addr", COL_LOCAL_ADDR, SIDE_EITHER, false},
    {"state", COL_STATE, SIDE_EITHER, false},
    {"proto", COL_PROTO, SIDE_EITHER, false},
    {"rtt", COL_RTT, SIDE_EITHER, true},
    {"laddr", COL_LOCAL_ADDR, SIDE_LOCAL, false},
    {"raddr", COL_REMOTE_ADDR, SIDE_REMOTE, false},
    {"expires", COL_EXPIRES_MS, SIDE_EITHER, true},
    {"age", COL_AGE, SIDE_EITHER, true},
    {"retr", COL_RETR, SIDE_EITHER, true},
    {"min_rtt", COL_MIN_RTT, SIDE_EITHER, true},
    {"cwnd", COL_CWND, SIDE_EITHER, false},
    {"tx", COL_TX, SIDE_EITHER, false},
    {"rx", COL_RX, SIDE_EITHER, false},
    {"rate", COL_RATE, SIDE_EITHER, false},
    {"unsent", COL_UNSENT, SIDE_EITHER, false},
    {"backlog", COL_BACKLOG, SIDE_EITHER, true},
    {"dev", COL_IFINDEX, SIDE_EITHER, false},
    {"src", COL_LOCAL_ADDR, SIDE_LOCAL, false},
    {"dst", COL_REMOTE_ADDR, SIDE_REMOTE, false},
    {"sport", COL_LOCAL_PORT, SIDE_LOCAL, false},
    {"dport", COL_REMOTE_PORT, SIDE_REMOTE, false},
    {"ip", COL_LOCAL_ADDR, SIDE_EITHER, false},
    {"host", COL_LOCAL_ADDR, SIDE_EITHER, false},
};
#define ALIASES (sizeof aliases / sizeof aliases[0])

static bool field_find(struct filter_word name, struct filter_field *field)
{
    for (size_t i = 0; i < ALIASES; i++) {
        if (filter_word_is(name, aliases[i].name)) {
            *field = aliases[i];
            return true;
        }
    }
    int id = column_find(name.text, name.len);
    if (id < 0 || columns[id].kind == KIND_COMPOSITE)
        return false;
    bool remote = id == COL_REMOTE_ADDR || id == COL_REMOTE_PORT;
    *field = (struct filter_field){columns[id].id, (enum column_id)id,
                                   remote ? SIDE_REMOTE : SIDE_LOCAL, false};
    return true;
}

enum column_kind filter_field_kind(struct filter_word name)
{
    struct filter_field field;
    return field_find(name, &field) ? (enum column_kind)columns[field.id].kind : KIND_COMPOSITE;
}

static bool is_alias(const char *name)
{
    for (size_t i = 0; i < ALIASES; i++) {
        if (strcmp(aliases[i].name, name) == 0)
            return true;
    }
    return false;
}

size_t filter_field_names(void)
{
    return ALIASES + COL_COUNT;
}

const char *filter_field_name(size_t i)
{
    if (i < ALIASES)
        return aliases[i].name;
    i -= ALIASES;
    return columns[i].kind == KIND_COMPOSITE || is_alias(columns[i].id) ? NULL : columns[i].id;
}

/* The whole numbers that satisfy the comparison; lo > hi when there are none. */
static void bounds(enum comparison cmp, const struct quantity *q, uint64_t *lo, uint64_t *hi)
{
    bool none = false;
    *lo = 0;
    *hi = UINT64_MAX;
    switch (cmp) {
    case CMP_GT:
        none = q->value == UINT64_MAX;
        *lo = q->value + 1;
        break;
    case CMP_GE:
        *lo = q->value + !q->exact;
        break;
    case CMP_LT:
        none = q->value == 0 && q->exact;
        *hi = q->value - q->exact;
        break;
    case CMP_LE:
        *hi = q->value;
        break;
    case CMP_NONE:
    case CMP_EQ:
    case CMP_NE:
        none = !q->exact;
        *lo = *hi = q->value;
        break;
    }
    if (none) {
        *lo = 1;
        *hi = 0;
    }
}

static bool is_equality(enum comparison cmp)
{
    return cmp == CMP_NONE || cmp == CMP_EQ || cmp == CMP_NE;
}

static int parse_port(struct filter_parser *f, struct filter_word w, size_t offset,
                      struct quantity *q)
{
    long port = filter_parse_port((struct filter_word){w.text + offset, w.len - offset});
    *q = (struct quantity){(uint64_t)port, true};
    return port < 0 ? filter_expected(f, f->at + offset, MSG_FILTER_PORT) : 0;
}

/* Ports and ranges of ports. A name may hold a dash too, so only digits begin a range. */
static int ports_item(struct filter_parser *f, const struct filter_field *field,
                      enum comparison cmp)
{
    struct filter_word w = filter_peek_word(f, false), first = w;
    const char *dash = memchr(w.text, '-', w.len);
    struct quantity low, high;
    uint64_t lo, hi;
    if (w.len && w.text[0] <= '9' && dash && is_equality(cmp))
        first.len = (size_t)(dash - w.text);
    int result = parse_port(f, first, 0, &low);
    if (result)
        return result;
    bounds(cmp, &low, &lo, &hi);
    if (first.len < w.len) {
        result = parse_port(f, w, first.len + 1, &high);
        if (result)
            return result;
        hi = high.value;
        if (hi < lo)
            return filter_expected(f, f->at + first.len + 1, MSG_FILTER_RANGE);
    }
    f->at += w.len;
    if (field->side != SIDE_REMOTE && (cmp == CMP_NONE || cmp == CMP_EQ))
        f->p->needs |= NEED_BOUND; /* who holds the port may have bound it only */
    result = filter_emit_ports(f, field->side, lo, hi);
    return result ? result : filter_emit_negation(f, cmp);
}

static int emit_range(struct filter_parser *f, enum column_id id, uint64_t lo, uint64_t hi)
{
    f->p->needs |= columns[id].needs;
    return filter_emit(f, &(struct filter_term){.kind = TERM_NUMBER,
                                                .lo = lo,
                                                .hi = hi,
                                                .get = columns[id].get,
                                                .each = columns[id].each});
}

/* For a field with several values: there is at least one, and none is in the range. */
static int emit_none_of(struct filter_parser *f, enum column_id id, uint64_t lo, uint64_t hi)
{
    int result = emit_range(f, id, 0, UINT64_MAX);
    if (!result)
        result = emit_range(f, id, lo, hi);
    if (!result)
        result = predicate_op(f->p, PRED_NOT);
    return result ? result : predicate_op(f->p, PRED_AND);
}

/* A value that is not known must not match, so "not in the range" is the ranges below and above it.
 */
static int emit_outside(struct filter_parser *f, enum column_id id, uint64_t lo, uint64_t hi)
{
    if (lo > hi)
        return emit_range(f, id, 0, UINT64_MAX);
    if (columns[id].each)
        return emit_none_of(f, id, lo, hi);
    int result = lo > 0 ? emit_range(f, id, 0, lo - 1) : emit_range(f, id, 1, 0);
    if (!result)
        result = hi < UINT64_MAX ? emit_range(f, id, hi + 1, UINT64_MAX) : emit_range(f, id, 1, 0);
    return result ? result : predicate_op(f->p, PRED_OR);
}

static int numbers_item(struct filter_parser *f, const struct filter_field *field,
                        enum comparison cmp)
{
    enum column_kind kind = columns[field->id].kind;
    struct quantity low, high;
    uint64_t lo, hi;
    int result = filter_parse_number(f, kind, field->unit_wanted, &low);
    if (result)
        return result;
    bounds(cmp, &low, &lo, &hi);
    if (f->text[f->at] == '-' && is_equality(cmp)) {
        size_t start = ++f->at;
        result = filter_parse_number(f, kind, field->unit_wanted, &high);
        if (result)
            return result;
        lo = low.value + !low.exact;
        hi = high.value;
        if (high.value < low.value)
            return filter_expected(f, start, MSG_FILTER_RANGE);
    }
    return cmp == CMP_NE ? emit_outside(f, field->id, lo, hi) : emit_range(f, field->id, lo, hi);
}

static int states_item(struct filter_parser *f, const struct filter_field *field,
                       enum comparison cmp)
{
    (void)field;
    struct filter_word w = filter_peek_word(f, false);
    uint32_t states = filter_state_set(f, w);
    if (!states)
        return filter_expected(f, f->at, MSG_FILTER_STATE);
    f->at += w.len;
    if (states == STATE_BIT(TCP_STATE_CLOSE))
        f->p->needs |= NEED_BOUND; /* the kernel's name for bound-only sockets */
    return filter_emit_states(f, cmp == CMP_NE ? ~states : states);
}

static int protos_item(struct filter_parser *f, const struct filter_field *field,
                       enum comparison cmp)
{
    (void)field;
    struct filter_word w = filter_peek_word(f, false);
    bool v4 = filter_word_is(w, "tcp") || filter_word_is(w, "tcp4");
    bool mptcp = filter_word_is(w, "mptcp"); /* of either family */
    if (!v4 && !mptcp && !filter_word_is(w, "tcp6"))
        return filter_expected(f, f->at, MSG_FILTER_PROTO);
    f->at += w.len;
    if (mptcp) {
        int result = filter_emit_text(f, COL_MPTCP, (struct filter_word){"", 0}, false);
        return result ? result : filter_emit_negation(f, cmp);
    }
    bool wants_v4 = v4 == (cmp != CMP_NE);
    return filter_emit(
        f, &(struct filter_term){.kind = TERM_FAMILY, .lo = wants_v4 ? AF_INET : AF_INET6});
}

const char *filter_timer_name(size_t i)
{
    static const char *const names[] = {"off", "on", "keepalive", "timewait", "persist", "unknown"};
    return i < sizeof names / sizeof names[0] ? names[i] : NULL;
}

static int timers_item(struct filter_parser *f, const struct filter_field *field,
                       enum comparison cmp)
{
    struct filter_word w = filter_peek_word(f, false);
    for (size_t i = 0; filter_timer_name(i); i++) {
        if (!filter_word_is(w, filter_timer_name(i)))
            continue;
        f->at += w.len;
        int result = filter_emit_text(f, field->id, w, true);
        return result ? result : filter_emit_negation(f, cmp);
    }
    return filter_expected(f, f->at, MSG_FILTER_TIMER);
}

static int addresses_item(struct filter_parser *f, const struct filter_field *field,
                          enum comparison cmp)
{
    struct filter_word w = filter_peek_word(f, false);
    struct host_term h;
    size_t bad;
    if (!w.len || !filter_parse_host(w, false, &h, &bad))
        return filter_expected(f, w.len ? f->at + bad : f->at, MSG_FILTER_ADDRESS);
    f->at += w.len;
    int result = filter_emit_host(f, field->side, &h);
    return result ? result : filter_emit_negation(f, cmp);
}

static int devices_item(struct filter_parser *f, const struct filter_field *field,
                        enum comparison cmp)
{
    (void)field;
    struct filter_word w = filter_peek_word(f, false);
    struct filter_term device;
    if (!filter_parse_device(w, &device))
        return filter_refused(f, f->at, MSG_FILTER_DEVICE, w, NULL);
    f->at += w.len;
    int result = filter_emit(f, &device);
    return result ? result : filter_emit_negation(f, cmp);
}

/* Can the column have a word that holds this one? Where its words are few, one that is mistyped
 * would be found nowhere. */
static bool can_be(const struct filter_field *field, struct filter_word w)
{
    const char *word;

    for (unsigned n = 0; (word = column_word(field->id, n)); n++)
        for (; strlen(word) >= w.len; word++)
            if (strncasecmp(word, w.text, w.len) == 0)
                return true;
    return !column_word(field->id, 0);
}

static int texts_item(struct filter_parser *f, const struct filter_field *field,
                      enum comparison cmp)
{
    struct filter_word w;
    bool quoted;
    size_t start = f->at;
    int result = filter_accept_text(f, &w, &quoted);
    if (!result && !can_be(field, w))
        result =
            filter_expected(f, start, field->id == COL_OWNER ? MSG_FILTER_OWNER : MSG_FILTER_LIMIT);
    if (!result)
        result = filter_emit_text(f, field->id, w, cmp != CMP_NONE);
    return result ? result : filter_emit_negation(f, cmp);
}

/* Is the word "-", which matches rows whose value is not known? Some kinds are always known. */
static bool names_absence(enum column_kind kind, struct filter_word w)
{
    switch (kind) {
    case KIND_COMPOSITE:
    case KIND_PROTO:
    case KIND_STATE:
    case KIND_ADDRESS:
    case KIND_PORT:
        return false;
    case KIND_TEXT:
    case KIND_TIMER:
    case KIND_DEVICE:
    case KIND_NUMBER:
    case KIND_COUNT:
    case KIND_BYTES:
    case KIND_US:
    case KIND_MS:
    case KIND_S:
    case KIND_PERMILLE:
    case KIND_LIST:
        break;
    }
    return filter_word_is(w, "-") || filter_word_is(w, FMT_NONE);
}

static int absence_item(struct filter_parser *f, const struct filter_field *field,
                        enum comparison cmp)
{
    enum column_kind kind = columns[field->id].kind;
    bool is_text = kind == KIND_TEXT || kind == KIND_TIMER;
    f->at += filter_peek_word(f, false).len;
    int result = is_text ? filter_emit_text(f, field->id, (struct filter_word){"", 0}, false)
                         : emit_range(f, field->id, 0, UINT64_MAX);
    return result || cmp == CMP_NE ? result : predicate_op(f->p, PRED_NOT);
}

static const struct item_parser {
    int (*parse)(struct filter_parser *f, const struct filter_field *field, enum comparison cmp);
    bool ordered; /* < and > mean something */
} item_parsers[] = {
    [KIND_TEXT] = {texts_item, false},        [KIND_PROTO] = {protos_item, false},
    [KIND_STATE] = {states_item, false},      [KIND_TIMER] = {timers_item, false},
    [KIND_ADDRESS] = {addresses_item, false}, [KIND_PORT] = {ports_item, true},
    [KIND_DEVICE] = {devices_item, false},    [KIND_NUMBER] = {numbers_item, true},
    [KIND_COUNT] = {numbers_item, true},      [KIND_BYTES] = {numbers_item, true},
    [KIND_US] = {numbers_item, true},         [KIND_MS] = {numbers_item, true},
    [KIND_S] = {numbers_item, true},          [KIND_PERMILLE] = {numbers_item, true},
    [KIND_LIST] = {numbers_item, true},
};

/* An order where the field has none; of a timer it is probably the time that is meant. */
static int refuse_order(struct filter_parser *f, const struct filter_field *field, size_t at)
{
    const bool timer = columns[field->id].kind == KIND_TIMER;

    return filter_expected(f, at, timer ? MSG_FILTER_TIMER_TIME : MSG_FILTER_EQUALITY);
}

/* The terms from `first` on ask for values of the column. What is absent in most rows by its nature
 * is not asked for in this sense. */
static void mark_asking(struct predicate *p, uint32_t first, enum column_id id)
{
    if (id == COL_MPTCP || id == COL_NETNS || id == COL_V6ONLY || id == COL_IFINDEX)
        return;
    for (uint32_t i = first; i < p->n_terms; i++) {
        struct filter_term *t = &p->terms[i];
        t->asks = (t->kind == TERM_NUMBER || t->kind == TERM_TEXT) && t->get == columns[id].get;
        t->needs = columns[id].needs;
    }
}

/* Items joined by commas, from left to right: != takes away, all else adds. `cmp` stands before
 * the first. */
static int parse_items(struct filter_parser *f, const struct filter_field *field,
                       enum comparison cmp)
{
    const struct item_parser *item = &item_parsers[columns[field->id].kind];
    for (bool first = true;; first = false) {
        size_t start = f->at;
        if (cmp == CMP_NONE)
            cmp = filter_accept_comparison(f, false);
        if (!item->ordered && !is_equality(cmp))
            return refuse_order(f, field, start);
        bool absence =
            is_equality(cmp) && names_absence(columns[field->id].kind, filter_peek_word(f, false));
        uint32_t before = f->p->n_terms;
        int result = absence ? absence_item(f, field, cmp) : item->parse(f, field, cmp);
        if (!absence)
            mark_asking(f->p, before, field->id);
        if (!result && !first)
            result = predicate_op(f->p, cmp == CMP_NE ? PRED_AND : PRED_OR);
        if (result || f->text[f->at] != ',')
            return result;
        f->at++;
        cmp = CMP_NONE;
    }
}

/* The fields for the parts of a column that has several, none of which a filter could mean. */
static const char *parts_of(struct filter_word name)
{
    switch (column_find(name.text, name.len)) {
    case COL_LOCAL:
        return "laddr, lport";
    case COL_REMOTE:
        return "raddr, rport";
    case COL_LEFT:
        return "expires";
    default:
        return NULL;
    }
}

static int refuse_field(struct filter_parser *f, struct filter_word name, size_t start)
{
    if (parts_of(name))
        return filter_refused(f, start, MSG_FILTER_PARTS, name, parts_of(name));
    static const char *const of_ss[] = {"unix", "link", "netlink", "vsock"}; /* families */
    char text[32] = "";
    for (size_t i = 0; i < sizeof of_ss / sizeof of_ss[0]; i++)
        if (filter_word_is(name, of_ss[i]))
            return filter_refused(f, start, MSG_FILTER_UNSUPPORTED, name, NULL);
    if (name.len < sizeof text)
        memcpy(text, name.text, name.len);
    const char *near = column_nearest(text);
    if (near && columns[column_find(near, strlen(near))].kind == KIND_COMPOSITE)
        near = NULL;
    return filter_refused(f, start, near ? MSG_FILTER_FIELD_NEAR : MSG_FILTER_FIELD, name, near);
}

int filter_field_parse(struct filter_parser *f, struct filter_word name, size_t start)
{
    struct filter_field field;
    if (!field_find(name, &field))
        return refuse_field(f, name, start);
    f->at = start + name.len;
    enum comparison cmp = CMP_NONE;
    size_t before = f->at;
    if (f->text[f->at] == ':')
        f->at++;
    else
        cmp = filter_accept_comparison(f, true);
    if (!item_parsers[columns[field.id].kind].ordered && !is_equality(cmp)) {
        f->at = before;
        filter_skip_blanks(f);
        return refuse_order(f, &field, f->at);
    }
    return parse_items(f, &field, cmp);
}
