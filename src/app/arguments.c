/* SPDX-License-Identifier: MIT */
/* Splits the command line with getopt_long(). It is a file of its own because <getopt.h> and the
 * configuration both define a `struct option`. */
#include "arguments.h"

#include <getopt.h>
#include <stdio.h>

#include "cli_error.h"

const struct argument_row argument_rows[ARGUMENT_COUNT] = {
#define GROUP(ident)
#define ARGUMENT(ident, letter, name, value, ...) {letter, name, value, MSG_OPT_##ident},
#define KEY(...)
#define OPTION(ident, letter, name, value, ...) {letter, name, value, MSG_OPT_##ident},
#include "options.def"
};

/* getopt's long option `i` is reported as LONG_BASE + the row, so no letter is needed. */
#define LONG_BASE 256

static void describe(char letters[2 * ARGUMENT_COUNT + 2], struct option long_options[])
{
    size_t n = 0, at = 0;
    letters[at++] = ':'; /* a missing argument is told apart from an unknown option */
    for (int i = 0; i < ARGUMENT_COUNT; i++) {
        const struct argument_row *row = &argument_rows[i];
        if (row->letter) {
            letters[at++] = row->letter;
            if (row->value)
                letters[at++] = ':';
        }
        if (row->name)
            long_options[n++] = (struct option){
                row->name, row->value ? required_argument : no_argument, NULL, LONG_BASE + i};
    }
    letters[at] = '\0';
    long_options[n] = (struct option){NULL, 0, NULL, 0};
}

static int row_of(int found)
{
    if (found >= LONG_BASE)
        return found - LONG_BASE;
    for (int i = 0; i < ARGUMENT_COUNT; i++)
        if (argument_rows[i].letter == found)
            return i;
    return -1;
}

const char *argument_name(enum argument_id id, char *out, size_t size)
{
    const struct argument_row *row = &argument_rows[id];
    if (row->name)
        snprintf(out, size, "--%s", row->name);
    else
        snprintf(out, size, "-%c", row->letter);
    return out;
}

static int refuse_option(int found, char **argv, struct err *err)
{
    char name[64];
    const int row = optopt ? row_of(optopt) : -1;
    if (row >= 0) /* a known one: its argument is missing, or it was given one it does not take */
        return cli_error_usage(err, found == ':' ? MSG_ARG_NEEDS_VALUE : MSG_ARG_TAKES_NO_VALUE,
                               argument_name((enum argument_id)row, name, sizeof name), NULL);
    if (optopt) {
        snprintf(name, sizeof name, "-%c", optopt);
        return cli_error_usage(err, MSG_ARG_UNKNOWN, name, NULL);
    }
    return cli_error_usage(err, MSG_ARG_UNKNOWN, argv[optind - 1], NULL);
}

int arguments_walk(int argc, char **argv,
                   int (*take)(void *context, enum argument_id id, const char *value,
                               struct err *err),
                   void *context, struct err *err)
{
    char letters[2 * ARGUMENT_COUNT + 2];
    struct option long_options[ARGUMENT_COUNT + 1];
    describe(letters, long_options);
    opterr = 0;
    optind = 0; /* glibc: start afresh, since one command line is walked more than once */
    int found, rc = 0;
    while (!rc && (found = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
        if (found == '?' || found == ':')
            return refuse_option(found, argv, err);
        rc = take(context, (enum argument_id)row_of(found), optarg, err);
    }
    for (int i = optind; !rc && i < argc; i++)
        rc = take(context, ARGUMENT_OPERAND, argv[i], err);
    return rc;
}
