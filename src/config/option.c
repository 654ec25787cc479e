/* SPDX-License-Identifier: MIT */
/* One value of the configuration: strict, independent of the locale, never echoed. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "config_error.h"
#include "tcptop/base/str.h"
#include "tcptop/base/utf8.h"
#include "tcptop/config/ini.h"

/* A plain decimal number at the start of `text`: no exponent, no hex, no locale. Returns the bytes
 * taken, 0 when there is none. */
static size_t parse_decimal(const char *text, double *number)
{
    const char *p = text;
    bool negative = *p == '-';
    p += negative;
    double value = 0, scale = 1;
    size_t digits = 0;
    for (; *p >= '0' && *p <= '9' && digits < 18; p++, digits++) {
        value = value * 10 + (*p - '0');
    }
    if (*p == '.' && digits > 0) {
        p++;
        size_t whole = digits;
        for (; *p >= '0' && *p <= '9' && digits < 18; p++, digits++) {
            value = value * 10 + (*p - '0');
            scale *= 10;
        }
        if (digits == whole) {
            return 0;
        }
    }
    if (digits == 0) {
        return 0;
    }
    *number = (negative ? -value : value) / scale;
    return (size_t)(p - text);
}

static int out_of_range(const struct option *row, struct err *err, enum msg id)
{
    char min[32], max[32];
    snprintf(min, sizeof min, "%.12g", row->min);
    snprintf(max, sizeof max, "%.12g", row->max);
    return config_error(err, -EINVAL, id, row->key, min, max);
}

static int parse_bool(const struct option *row, const char *text, struct option_value *value,
                      struct err *err)
{
    static const char *const words[][2] = {
        {"no", "yes"}, {"false", "true"}, {"off", "on"}, {"0", "1"}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        for (int yes = 0; yes < 2; yes++) {
            if (strcasecmp(text, words[i][yes]) == 0) {
                value->number = yes;
                return 0;
            }
        }
    }
    return config_error(err, -EINVAL, MSG_OPTION_NOT_BOOL, row->key, NULL, NULL);
}

static int parse_number(const struct option *row, const char *text, struct option_value *value,
                        struct err *err)
{
    double number = 0;
    size_t taken = parse_decimal(text, &number);
    bool whole = row->type != OPTION_NUMBER || !memchr(text, '.', taken);
    if (taken == 0 || text[taken] != '\0' || !whole || number < row->min || number > row->max) {
        return out_of_range(
            row, err, row->type == OPTION_NUMBER ? MSG_OPTION_NOT_WHOLE : MSG_OPTION_NOT_NUMBER);
    }
    value->number = number;
    return 0;
}

static int parse_duration(const struct option *row, const char *text, struct option_value *value,
                          struct err *err)
{
    static const struct {
        const char *name;
        double per_s, seconds; /* exact either way: 250 ms is 250 / 1000 */
    } units[] = {
        {"", 1, 1},   {"s", 1, 1},    {"sec", 1, 1},  {"ms", 1000, 1}, {"us", 1000000, 1},
        {"m", 1, 60}, {"min", 1, 60}, {"h", 1, 3600}, {"d", 1, 86400},
    };
    double number = 0;
    size_t taken = parse_decimal(text, &number);
    const char *unit = text + taken;
    unit += strspn(unit, " \t");
    for (size_t i = 0; taken > 0 && i < sizeof(units) / sizeof(units[0]); i++) {
        double s = number * units[i].seconds / units[i].per_s;
        if (strcasecmp(unit, units[i].name) == 0 && s >= row->min && s <= row->max) {
            value->number = s;
            return 0;
        }
    }
    return out_of_range(row, err, MSG_OPTION_NOT_TIME);
}

/* The words with commas, as every list of words has them. */
static int refuse_choice(const struct option *row, const char *text, struct err *err)
{
    struct str words = STR_INIT;
    for (const char *at = row->choices; *at; at++)
        str_add(&words, *at == ' ' ? ", " : (char[]){*at, '\0'});
    int rc = config_error(err, -EINVAL, MSG_OPTION_NOT_CHOICE, row->key, str_text(&words), text);
    str_fini(&words);
    return rc;
}

static int parse_choice(const struct option *row, const char *text, struct option_value *value,
                        struct err *err)
{
    size_t len = strlen(text);
    const char *word = row->choices;
    for (int index = 0; *word; index++) {
        size_t n = strcspn(word, " ");
        if (n == len && strncasecmp(word, text, n) == 0) {
            value->number = index;
            snprintf(value->text, sizeof(value->text), "%.*s", (int)n, word);
            return 0;
        }
        word += n;
        word += strspn(word, " ");
    }
    return refuse_choice(row, text, err);
}

static int parse_text(const struct option *row, const char *text, struct option_value *value,
                      struct err *err)
{
    size_t len = strlen(text);
    size_t max = row->max > 0 && row->max < sizeof(value->text) - 1 ? (size_t)row->max
                                                                    : sizeof(value->text) - 1;
    if (len > max) {
        char bytes[24];
        snprintf(bytes, sizeof bytes, "%zu", max);
        return config_error(err, -EINVAL, MSG_OPTION_LONG, row->key, bytes, NULL);
    }
    for (size_t at = 0; at < len;) {
        uint32_t cp = 0;
        at += utf8_decode(text + at, len - at, &cp);
        if (cp == UTF8_BAD || cp < 0x20 || (cp >= 0x7f && cp < 0xa0)) {
            return config_error(err, -EINVAL, MSG_OPTION_NOT_TEXT, row->key, NULL, NULL);
        }
    }
    return 0;
}

int option_parse(const struct option *row, const char *text, struct option_value *value,
                 struct err *err)
{
    static int (*const parse[])(const struct option *, const char *, struct option_value *,
                                struct err *) = {
        [OPTION_BOOL] = parse_bool,      [OPTION_NUMBER] = parse_number,
        [OPTION_DECIMAL] = parse_number, [OPTION_DURATION] = parse_duration,
        [OPTION_CHOICE] = parse_choice,  [OPTION_TEXT] = parse_text,
    };
    struct option_value parsed = {.set = true};
    snprintf(parsed.text, sizeof(parsed.text), "%s", text);
    int rc = parse[row->type](row, text, &parsed, err);
    if (rc == 0) {
        *value = parsed;
    }
    return rc;
}
