/* SPDX-License-Identifier: MIT */
/* What a NOTE says. */
#include "block_note.h"

#include <math.h>
#include <string.h>

#include "block_columns.h"
#include "tcptop/base/bytes.h"
#include "tcptop/base/utf8.h"
#include "tcptop/source/sample_fields.h"

#define FIGURE_MOST 1e18 /* fits into 64 bits */

enum note_tag {
    NOTE_KIND = 1,
    NOTE_KEY = 2,
    NOTE_SEVERITY = 3,
    NOTE_RULE = 4,
    NOTE_PROCESS = 5,
    NOTE_NETNS = 6,
    NOTE_BEGIN_WALL = 7,
    NOTE_BEGIN = 8,
    NOTE_END_WALL = 10,
    NOTE_END = 11,
    NOTE_WORST_WALL = 12,
    NOTE_WORST = 13,
    NOTE_FIGURES = 14,
    NOTE_NUMBERS = 15,
    NOTE_WINDOW = 16,
    NOTE_ENDS = 17,
    NOTE_PEER = 18,
    NOTE_SERVICE = 19,
    NOTE_CAUSE = 20,
    NOTE_CAUSE_ENDS = 21,
    NOTE_CAUSE_PROCESS = 22,
    NOTE_SKIP = 23,
    NOTE_CAUSE_SERVICE = 24,
};

/* The numbers of a finding, in the order in which they are stored. */
#define NOTE_NUMBER_LIST(N)                                                                        \
    N(subject)                                                                                     \
    N(advice)                                                                                      \
    N(follow)                                                                                      \
    N(marks)                                                                                       \
    N(absent_sysctls)                                                                              \
    N(has_peer)                                                                                    \
    N(peer_port)                                                                                   \
    N(scope.states)                                                                                \
    N(scope.by)                                                                                    \
    N(scope.pid)                                                                                   \
    N(scope.uid)                                                                                   \
    N(who.pid) N(who.others) N(who.halt) N(who.files) N(who.files_max) N(who.uid) N(who.unseen)

/* Writing ------------------------------------------------------------ */

static void put_number(struct str *out, unsigned tag, uint64_t value, size_t size)
{
    uint8_t bytes[8];

    bytes_set(bytes, value, size);
    sample_fields_put(out, tag, bytes, size);
}

static void put_text(struct str *out, unsigned tag, const char *text)
{
    if (*text)
        sample_fields_put(out, tag, text, strlen(text));
}

static uint64_t bits_of(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Both ends, and what else is known of the row: varint column, varint value, where it is not 0. */
static void put_conn(struct str *out, unsigned tag, const struct conn *conn,
                     const struct redact *redact)
{
    struct conn c = *conn;
    struct block_row row = {.conn = &c};
    struct str value = STR_INIT;

    c.cgroup = 0; /* a number of the sample's */

    if (redact)
        redact_conn(redact, &c);
    for (size_t i = 0; i < block_columns_count; i++) {
        const struct block_column *column = &block_columns[i];
        uint64_t number = block_column_applies(column, &row) ? block_column_get(column, &row) : 0;
        if (!number)
            continue;
        bytes_put_varint(&value, column->id);
        bytes_put_varint(&value, number);
    }
    if (value.len)
        sample_fields_put(out, tag, value.data, value.len);
    out->failed = out->failed || str_failed(&value);
    str_fini(&value);
}

static void put_figures(struct str *out, const struct finding *f)
{
    uint8_t value[2 + 8 * FINDING_VALUES] = {f->valid, f->at_least};

    for (unsigned i = 0; i < FINDING_VALUES; i++)
        bytes_set(value + 2 + 8 * i, f->valid >> i & 1 ? bits_of(f->value[i]) : 0, 8);
    sample_fields_put(out, NOTE_FIGURES, value, sizeof value);
    if (f->window_s > 0)
        put_number(out, NOTE_WINDOW, bits_of(f->window_s), 8);
}

static void put_numbers(struct str *out, const struct finding *f)
{
    struct str value = STR_INIT;

#define N(member) bytes_put_varint(&value, (uint64_t)f->member);
    NOTE_NUMBER_LIST(N)
#undef N
    sample_fields_put(out, NOTE_NUMBERS, value.data, value.len);
    out->failed = out->failed || str_failed(&value);
    str_fini(&value);
}

static void put_cause(struct str *out, const struct finding_cause *c,
                      const char *(*rule_name)(unsigned), const struct redact *redact)
{
    struct str value = STR_INIT;

    bytes_put(&value, redact ? redact_number(redact, c->key) : c->key, 8);
    str_add(&value, rule_name(c->rule));
    sample_fields_put(out, NOTE_CAUSE, value.data, value.len);
    str_clear(&value);
    bytes_put_varint(&value, c->who.pid);
    str_add(&value, c->who.name);
    sample_fields_put(out, NOTE_CAUSE_PROCESS, value.data, value.len);
    str_clear(&value);
    bytes_put_varint(&value, c->who.uid);
    bytes_put_varint(&value, c->who.unseen);
    str_add(&value, c->who.service);
    sample_fields_put(out, NOTE_CAUSE_SERVICE, value.data, value.len);
    put_conn(out, NOTE_CAUSE_ENDS, &c->ends, redact);
    out->failed = out->failed || str_failed(&value);
    str_fini(&value);
}

void block_note_write(struct str *out, const struct episode *e, const char *(*rule_name)(unsigned),
                      const struct redact *redact)
{
    const struct finding *f = &e->worst;

    put_number(out, NOTE_KIND, e->holds ? BLOCK_NOTE_HOLDS : BLOCK_NOTE_ENDED, 1);
    put_number(out, NOTE_KEY, redact ? redact_number(redact, f->key) : f->key, 8);
    put_number(out, NOTE_SEVERITY, f->severity, 1);
    put_text(out, NOTE_RULE, rule_name(f->rule));
    put_number(out, NOTE_BEGIN_WALL, (uint64_t)e->begin_wall_ns, 8);
    put_number(out, NOTE_BEGIN, (uint64_t)e->begin_ns, 8);
    put_number(out, NOTE_END_WALL, (uint64_t)e->end_wall_ns, 8);
    put_number(out, NOTE_END, (uint64_t)e->end_ns, 8);
    put_number(out, NOTE_WORST_WALL, (uint64_t)e->worst_wall_ns, 8);
    put_number(out, NOTE_WORST, (uint64_t)e->worst_ns, 8);
    put_figures(out, f);
    put_numbers(out, f);
    put_text(out, NOTE_PROCESS, f->who.name);
    put_text(out, NOTE_SERVICE, f->who.service);
    put_text(out, NOTE_NETNS, f->namespace);
    put_conn(out, NOTE_ENDS, &f->scope.ends, redact);
    if (f->has_peer)
        put_conn(out, NOTE_PEER, &f->peer, redact);
    if (f->cause.key || f->cause.who.pid || f->cause.who.service[0])
        put_cause(out, &f->cause, rule_name, redact);
}

void block_note_write_checked(struct str *out, const uint8_t skip[RECORDING_RULES], int64_t wall_ns,
                              const char *(*rule_name)(unsigned))
{
    struct str value = STR_INIT;
    const char *name;

    put_number(out, NOTE_KIND, BLOCK_NOTE_CHECKED, 1);
    put_number(out, NOTE_END_WALL, (uint64_t)wall_ns, 8);
    for (unsigned i = 0; i < RECORDING_RULES && (name = rule_name(i)); i++) {
        str_clear(&value);
        bytes_put(&value, skip[i], 1);
        str_add(&value, name);
        sample_fields_put(out, NOTE_SKIP, value.data, value.len);
    }
    out->failed = out->failed || str_failed(&value);
    str_fini(&value);
}

/* Reading ------------------------------------------------------------ */

/* A note that is taken apart. */
struct note {
    struct episode e;
    unsigned kind;
    bool rule_known, bad;
    int (*rule_number)(const char *name);
    uint8_t *skip;
};

static int number_of(const struct note *n, const uint8_t *name, size_t len)
{
    char text[64];

    if (len >= sizeof text)
        return -1;
    memcpy(text, name, len);
    text[len] = '\0';
    int rule = n->rule_number(text);
    return rule < RECORDING_RULES ? rule : -1;
}

static double double_of(const uint8_t *p, bool *sound)
{
    uint64_t bits = bytes_get(p, 8);
    double value;

    memcpy(&value, &bits, sizeof value);
    *sound = isfinite(value) && value >= 0 && value < FIGURE_MOST;
    return *sound ? value : 0;
}

static void read_figures(struct note *n, const uint8_t *p, size_t len)
{
    struct finding *f = &n->e.worst;

    if (len < 2)
        return;
    f->at_least = p[1];
    for (unsigned i = 0; i < FINDING_VALUES && 2 + 8 * (size_t)(i + 1) <= len; i++) {
        bool sound;
        f->value[i] = double_of(p + 2 + 8 * i, &sound);
        if (p[0] >> i & 1 && sound)
            f->valid |= (uint8_t)(1u << i);
    }
}

static void read_numbers(struct note *n, const uint8_t *p, size_t len)
{
    struct finding *f = &n->e.worst;
    uint64_t value;

#define N(member)                                                                                  \
    if (!bytes_take_varint(&p, &len, &value))                                                      \
        return;                                                                                    \
    f->member = (__typeof__(f->member))value;
    NOTE_NUMBER_LIST(N)
#undef N
}

static void read_conn(struct note *n, struct conn *c, const uint8_t *p, size_t len)
{
    struct block_row row = {.conn = c};
    uint64_t id, value;

    while (bytes_take_varint(&p, &len, &id) && bytes_take_varint(&p, &len, &value)) {
        const struct block_column *column =
            id < BLOCK_COLUMN_METRICS ? block_column_find((unsigned)id) : NULL;
        if (column && block_column_applies(column, &row))
            block_column_set(column, &row, value);
    }
    n->bad |= c->state >= TCP_STATE_COUNT;
}

static void read_cause(struct note *n, const uint8_t *p, size_t len)
{
    struct finding_cause *c = &n->e.worst.cause;
    int rule = len > 8 ? number_of(n, p + 8, len - 8) : -1;

    if (rule < 0)
        return;
    c->key = bytes_get(p, 8);
    c->rule = (uint8_t)rule;
}

static void read_cause_process(struct note *n, const uint8_t *p, size_t len)
{
    struct finding_process *w = &n->e.worst.cause.who;
    uint64_t pid;

    if (!bytes_take_varint(&p, &len, &pid))
        return;
    w->pid = (uint32_t)pid;
    utf8_sanitise_into(w->name, sizeof w->name, p, len);
}

static void read_cause_service(struct note *n, const uint8_t *p, size_t len)
{
    struct finding_process *w = &n->e.worst.cause.who;
    uint64_t uid, unseen;

    if (!bytes_take_varint(&p, &len, &uid) || !bytes_take_varint(&p, &len, &unseen))
        return;
    w->uid = (uint32_t)uid;
    w->unseen = (uint8_t)unseen;
    utf8_sanitise_into(w->service, sizeof w->service, p, len);
}

static void read_skip(struct note *n, const uint8_t *p, size_t len)
{
    int rule = len > 1 ? number_of(n, p + 1, len - 1) : -1;

    if (rule >= 0)
        n->skip[rule] = p[0];
}

/* The place of a time, or of the key, by its tag. NULL: another tag. */
static int64_t *time_of(struct episode *e, unsigned tag)
{
    switch (tag) {
    case NOTE_BEGIN_WALL:
        return &e->begin_wall_ns;
    case NOTE_BEGIN:
        return &e->begin_ns;
    case NOTE_END_WALL:
        return &e->end_wall_ns;
    case NOTE_END:
        return &e->end_ns;
    case NOTE_WORST_WALL:
        return &e->worst_wall_ns;
    case NOTE_WORST:
        return &e->worst_ns;
    default:
        return NULL;
    }
}

static void read_text(struct finding *f, unsigned tag, const uint8_t *value, size_t len)
{
    if (tag == NOTE_PROCESS)
        utf8_sanitise_into(f->who.name, sizeof f->who.name, value, len);
    else if (tag == NOTE_SERVICE)
        utf8_sanitise_into(f->who.service, sizeof f->who.service, value, len);
    else if (tag == NOTE_NETNS)
        utf8_sanitise_into(f->namespace, sizeof f->namespace, value, len);
}

static void read_rule(struct note *n, const uint8_t *value, size_t len)
{
    int rule = number_of(n, value, len);

    n->rule_known = rule >= 0;
    n->e.worst.rule = rule >= 0 ? (uint8_t)rule : 0;
}

/* Fields of a fixed length. */
static void read_fixed(struct note *n, unsigned tag, const uint8_t *value, size_t len)
{
    struct finding *f = &n->e.worst;
    int64_t *time = time_of(&n->e, tag);
    bool sound;

    if (time && len == 8)
        *time = (int64_t)bytes_get(value, 8);
    else if (tag == NOTE_KIND && len == 1)
        n->kind = *value;
    else if (tag == NOTE_KEY && len == 8)
        f->key = bytes_get(value, 8);
    else if (tag == NOTE_SEVERITY && len == 1)
        f->severity = *value;
    else if (tag == NOTE_WINDOW && len == 8)
        f->window_s = double_of(value, &sound);
}

static void read_field(struct note *n, unsigned tag, const uint8_t *value, size_t len)
{
    struct finding *f = &n->e.worst;

    switch (tag) {
    case NOTE_RULE:
        read_rule(n, value, len);
        break;
    case NOTE_FIGURES:
        read_figures(n, value, len);
        break;
    case NOTE_NUMBERS:
        read_numbers(n, value, len);
        break;
    case NOTE_ENDS:
        read_conn(n, &f->scope.ends, value, len);
        break;
    case NOTE_PEER:
        read_conn(n, &f->peer, value, len);
        break;
    case NOTE_CAUSE:
        read_cause(n, value, len);
        break;
    case NOTE_CAUSE_ENDS:
        read_conn(n, &f->cause.ends, value, len);
        break;
    case NOTE_CAUSE_SERVICE:
        read_cause_service(n, value, len);
        break;
    case NOTE_CAUSE_PROCESS:
        read_cause_process(n, value, len);
        break;
    case NOTE_SKIP:
        read_skip(n, value, len);
        break;
    default:
        read_text(f, tag, value, len);
        read_fixed(n, tag, value, len);
    }
}

/* Can the times be those of samples, in this order? */
static bool is_possible(const struct episode *e)
{
    return e->worst.severity > SEVERITY_OK && e->worst.severity <= SEVERITY_CRITICAL &&
           e->begin_ns >= 0 && e->begin_ns <= e->worst_ns && e->worst_ns <= e->end_ns &&
           e->begin_wall_ns >= 0 && e->end_wall_ns >= 0 && e->worst_wall_ns >= 0;
}

enum block_note_kind block_note_read(const uint8_t *bytes, size_t len,
                                     int (*rule_number)(const char *name), struct episode *e,
                                     uint8_t skip[RECORDING_RULES])
{
    struct note n = {.rule_number = rule_number, .skip = skip};
    const uint8_t *value;
    size_t value_len;
    unsigned tag;

    while (sample_fields_next(&bytes, &len, &tag, &value, &value_len))
        read_field(&n, tag, value, value_len);
    if (n.kind == BLOCK_NOTE_CHECKED) {
        e->end_wall_ns = n.e.end_wall_ns;
        return BLOCK_NOTE_CHECKED;
    }
    if ((n.kind != BLOCK_NOTE_HOLDS && n.kind != BLOCK_NOTE_ENDED) || !n.rule_known || n.bad ||
        !is_possible(&n.e))
        return 0;
    n.e.holds = n.kind == BLOCK_NOTE_HOLDS;
    n.e.worst.since_ns = n.e.begin_ns;
    n.e.worst.since_wall_ns = n.e.begin_wall_ns;
    n.e.worst.seen_ns = n.e.worst_ns;
    *e = n.e;
    return (enum block_note_kind)n.kind;
}
