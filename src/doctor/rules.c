/* SPDX-License-Identifier: MIT */
/* The rules as rows, and the defaults of their thresholds. */
#include <stddef.h>
#include <string.h>

#include "tcptop/base/hash.h"
#include "tcptop/doctor/doctor.h"

const struct rule rules[RULE_COUNT] = {
#define RULE(ident, key, mask, judged, wanted, per_row, lines)                                     \
    [RULE_##ident] = {.name = #key,                                                                \
                      .states = (mask),                                                            \
                      .judges = (judged),                                                          \
                      .wants = (wanted),                                                           \
                      .label = MSG_RULE_##ident##_NAME,                                            \
                      .title = MSG_RULE_##ident##_TITLE,                                           \
                      .seen = MSG_RULE_##ident##_SEEN,                                             \
                      .means = MSG_RULE_##ident##_MEANS,                                           \
                      .act = MSG_RULE_##ident##_DO,                                                \
                      .harmless = MSG_RULE_##ident##_HARMLESS,                                     \
                      .commands = (lines)},
#define LIMIT(rule, field, key, kind, min, max, number, initial, help)
#define FIGURE(rule, field, key, kind)
#include "tcptop/doctor/rules.def"
};

/* A kind of its own only in rules.def. */
#define KIND_OF_COUNT_OF(word) KIND_OF_COUNT, .words = MSG_MEASURE_##word

static const struct {
    uint8_t rule, which;
    struct rule_figure figure;
} figures[] = {
#define RULE(ident, key, mask, judged, wanted, per_row, lines)
#define LIMIT(rule, field, key, kind, min, max, number, initial, help)
#define FIGURE(rule, field, key_, kind_)                                                           \
    {RULE_##rule, FIGURE_##rule##_##field, {.key = key_, .kind = KIND_OF_##kind_}},
#include "tcptop/doctor/rules.def"
};

const struct rule_figure *rule_figure(unsigned rule, unsigned which)
{
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        if (figures[i].rule == rule && figures[i].which == which)
            return &figures[i].figure;
    return NULL;
}

bool rules_judge_state(unsigned state)
{
    for (unsigned i = 0; i < RULE_COUNT; i++)
        if (rules[i].judges >> state & 1)
            return true;
    return false;
}

void rules_limits_init(struct limits *limits)
{
    *limits = (struct limits){
        .value =
            {
#define RULE(ident, key, mask, judged, wanted, per_row, lines)
#define LIMIT(rule, field, key, kind, min, max, number, initial, help)                             \
    [THRESHOLD_##rule##_##field] = (number),
#define FIGURE(rule, field, key, kind)
#include "tcptop/doctor/rules.def"
            },
    };
}

int rules_number(const char *name)
{
    for (int i = 0; i < RULE_COUNT; i++) {
        if (strcmp(rules[i].name, name) == 0)
            return i;
    }
    return -1;
}

uint64_t rules_digest(const struct limits *limits)
{
    static const char version[] = TCPTOP_VERSION;
    uint64_t hash = hash_bytes(version, sizeof version, 1), bits;

    for (unsigned i = 0; i < RULE_COUNT; i++) {
        const struct rule_figure *figure;

        hash = hash_bytes(rules[i].name, strlen(rules[i].name), hash);
        for (unsigned k = 0; (figure = rule_figure(i, k)); k++)
            hash = hash_bytes(figure->key, strlen(figure->key), hash);
    }
    for (unsigned i = 0; i < THRESHOLD_COUNT; i++) {
        memcpy(&bits, &limits->value[i], sizeof bits);
        hash = hash_u64(hash ^ bits);
    }
    return hash ? hash : 1;
}
