/* SPDX-License-Identifier: MIT */
/* The command line as a row of options and operands, before it means anything. */
#ifndef TCPTOP_SRC_APP_ARGUMENTS_H
#define TCPTOP_SRC_APP_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "tcptop/base/err.h"
#include "tcptop/text/text.h"

enum argument_id {
#define GROUP(ident)
#define ARGUMENT(ident, ...) ARGUMENT_##ident,
#define KEY(...)
#define OPTION(ident, ...) ARGUMENT_##ident,
#include "options.def"
    ARGUMENT_COUNT,
    ARGUMENT_OPERAND = ARGUMENT_COUNT
};

/* A row of the table: what getopt must know and what --help shows. */
struct argument_row {
    char letter;       /* 0: none */
    const char *name;  /* long name, NULL: none */
    const char *value; /* how help calls the option's argument, NULL: takes none */
    enum msg help;
};

extern const struct argument_row argument_rows[ARGUMENT_COUNT];

/** Walk argv and hand each option and operand, operands last, to `take`; what it returns other than
 *  0 ends the walk. `value` points into argv, NULL when the option takes none. Returns 0, what
 *  `take` returned, or -EINVAL with `err` filled. */
int arguments_walk(int argc, char **argv,
                   int (*take)(void *context, enum argument_id id, const char *value,
                               struct err *err),
                   void *context, struct err *err);

/** The option as an error message names it: "--once", "-4". */
const char *argument_name(enum argument_id id, char *out, size_t size);

/** Refuse an option that lacks its argument, and say which there are; it stands in options.c, which
 *  knows what the arguments are. Returns -EINVAL with `err`. */
int option_needs_value(enum argument_id id, const char *name, struct err *err);

#endif
