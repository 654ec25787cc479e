/* SPDX-License-Identifier: MIT */
/* A typed raw value of one field of one row, or its absence. */
#ifndef TCPTOP_MODEL_VALUE_H
#define TCPTOP_MODEL_VALUE_H

#include <stdbool.h>
#include <stdint.h>

struct sample;

enum value_type { VALUE_NONE, VALUE_NUMBER, VALUE_TEXT };

struct value {
    enum value_type type;
    uint64_t number;
    char text[64]; /* sanitised; an IPv6 address with scope fits */
};

/** Fill `*v` for row `row` of `s`; VALUE_NONE when it is not known. */
typedef void (*value_getter)(const struct sample *s, uint32_t row, struct value *v);

/* One of several values that a field of a row may have. */
struct value_part {
    uint64_t number;
    const char *text; /* as long as the sample; "": not known */
};

/** Fill the number or the text of `*p` with the `nth`; false behind the last. */
typedef bool (*value_each)(const struct sample *s, uint32_t row, uint32_t nth,
                           struct value_part *p);

/** A text of any length, as long as the sample; NULL when it is not known. */
typedef const char *(*value_whole)(const struct sample *s, uint32_t row);

#endif
