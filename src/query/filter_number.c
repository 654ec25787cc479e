/* Numbers of the filter: decimals with units, compared without losing what the unit rounds away. */
#include <string.h>
#include <strings.h>

#include "parser.h"

#define FRACTION_DIGITS 9

struct unit {
    const char *name;
    uint64_t factor; /* in the smallest unit of its family */
};

static const struct unit time_units[] = {{"us", 1}, {"ms", 1000}, {"s", 1000000}, {NULL, 0}};
static const struct unit count_units[] = {
    {"k", 1000}, {"M", 1000000}, {"G", 1000000000}, {NULL, 0}};
static const struct unit share_units[] = {{"%", 10}, {NULL, 0}};

/* How a kind's numbers are written: its own unit in terms of the smallest, and the others. */
static const struct scale {
    uint64_t own;
    const struct unit *units;
    enum msg wanted;
} scales[] = {
    [KIND_NUMBER] = {1, count_units, MSG_FILTER_UNIT_COUNT},
    [KIND_COUNT] = {1, count_units, MSG_FILTER_UNIT_COUNT},
    [KIND_BYTES] = {1, count_units, MSG_FILTER_UNIT_COUNT},
    [KIND_LIST] = {1, count_units, MSG_FILTER_UNIT_COUNT},
    [KIND_US] = {1, time_units, MSG_FILTER_UNIT_TIME},
    [KIND_MS] = {1000, time_units, MSG_FILTER_UNIT_TIME},
    [KIND_S] = {1000000, time_units, MSG_FILTER_UNIT_TIME},
    [KIND_PERMILLE] = {1, share_units, MSG_FILTER_UNIT_SHARE},
};
#define SCALES (sizeof scales / sizeof scales[0])

const char *unit_name(enum column_kind kind, size_t i)
{
    const struct unit *units = (size_t)kind < SCALES ? scales[kind].units : NULL;
    for (size_t n = 0; units && units[n].name; n++) {
        if (n == i)
            return units[n].name;
    }
    return NULL;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits with an optional fraction as `*n` / `*scale`. */
static int read_decimal(struct parser *f, uint64_t *n, uint64_t *scale)
{
    size_t start = f->at, fraction = 0;
    bool in_fraction = false;
    *n = 0;
    *scale = 1;
    if (!is_digit(f->text[f->at]))
        return expected(f, f->at, MSG_FILTER_NUMBER);
    for (;; f->at++) {
        char c = f->text[f->at];
        if (c == '.' && !in_fraction && is_digit(f->text[f->at + 1])) {
            in_fraction = true;
            continue;
        }
        if (!is_digit(c))
            return 0;
        fraction += in_fraction;
        if (fraction > FRACTION_DIGITS || __builtin_mul_overflow(*n, 10, n) ||
            __builtin_add_overflow(*n, (uint64_t)(c - '0'), n))
            return expected(f, start, MSG_FILTER_TOO_LARGE);
        if (in_fraction)
            *scale *= 10;
    }
}

static bool ends_value(char c)
{
    return !c || is_blank(c) || strchr("()|&\"',-", c);
}

/* Where `word` stops being the beginning of any unit: that byte is the wrong one. */
static size_t wrong_byte(const struct unit *units, const char *word)
{
    size_t longest = 0;
    for (const struct unit *u = units; u->name; u++) {
        size_t same = 0;
        while (u->name[same] && strncasecmp(u->name, word, same + 1) == 0)
            same++;
        longest = same > longest ? same : longest;
    }
    return longest;
}

/* `*factor` of the unit that stands here, `own` without one. */
static int read_unit(struct parser *f, const struct scale *scale, bool wanted, uint64_t *factor)
{
    const char *word = f->text + f->at;
    *factor = scale->own;
    if (ends_value(*word) && !wanted)
        return 0;
    for (const struct unit *u = scale->units; u->name; u++) {
        size_t len = strlen(u->name);
        if (strncasecmp(word, u->name, len) == 0 && ends_value(word[len])) {
            *factor = u->factor;
            f->at += len;
            return 0;
        }
    }
    return expected(f, f->at + wrong_byte(scale->units, word), scale->wanted);
}

int number_parse(struct parser *f, enum column_kind kind, bool unit_wanted, struct quantity *q)
{
    const struct scale *scale = &scales[kind];
    size_t start = f->at;
    uint64_t n, parts, factor;
    int result = read_decimal(f, &n, &parts);
    if (!result)
        result = read_unit(f, scale, unit_wanted, &factor);
    if (result)
        return result;
    if (__builtin_mul_overflow(n, factor, &n))
        return expected(f, start, MSG_FILTER_TOO_LARGE);
    uint64_t divisor = parts * scale->own;
    *q = (struct quantity){n / divisor, n % divisor == 0};
    return 0;
}
