/* A typed raw value of one field of one row, or its absence. */
#ifndef TCPTOP_MODEL_VALUE_H
#define TCPTOP_MODEL_VALUE_H

#include <stdbool.h>
#include <stdint.h>

struct snapshot;

enum value_type { VALUE_NONE, VALUE_NUMBER, VALUE_TEXT };

struct value {
    enum value_type type;
    uint64_t number;
    char text[64]; /* sanitised; an IPv6 address with scope fits */
};

/** Fill `*v` for row `row` of `s`; VALUE_NONE when it is not known. */
typedef void (*value_getter)(const struct snapshot *s, uint32_t row, struct value *v);

#endif
