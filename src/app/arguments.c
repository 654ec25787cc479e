/* SPDX-License-Identifier: MIT */
/* Splits the command line with getopt_long(). It is a file of its own because <getopt.h> and the
 * configuration both define a `struct option`. */
#include "arguments.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli_error.h"
#include "tcptop/base/edit_distance.h"
#include "tcptop/output/output.h"

const struct argument_row argument_rows[ARGUMENT_COUNT] = {
#define GROUP(ident)
#define ARGUMENT(ident, letter, name, value, ...) {letter, name, value, MSG_OPT_##ident},
#define KEY(...)
#define OPTION(ident, letter, name, value, ...) {letter, name, value, MSG_OPT_##ident},
#include "options.def"
};

/* getopt's long option `i` is reported as LONG_BASE + the row, so no letter is needed. */
#define LONG_BASE 256

static void describe(char letters[2 * ARGUMENT_COUNT + 3], struct option long_options[])
{
    size_t n = 0, at = 0;
    letters[at++] = ':'; /* a missing argument is told apart from an unknown option */
    for (int i = 0; i < ARGUMENT_COUNT; i++) {
        const struct argument_row *row = &argument_rows[i];
        if (row->letter) {
            letters[at++] = row->letter;
            if (row->value)
                letters[at++] = ':';
            if (i == ARGUMENT_PID) /* that it may be missing is for take_pid() */
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

/* The long option that "--NAME" may have meant; "--csv" is a format. */
static bool find_near(const char *typed, char near[64])
{
    static const char *const formats[] = {
#define FORMAT(ident, name) #name,
        PRINTED_FORMATS(FORMAT)
#undef FORMAT
    };
    char name[64];
    const char *nearest = NULL;

    snprintf(name, sizeof name, "%s", typed + strspn(typed, "-"));
    name[strcspn(name, "=")] = '\0';
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (strcmp(name, formats[i]) == 0) {
            snprintf(near, 64, "--format %s", formats[i]);
            return true;
        }
    unsigned least = edit_distance_limit(name) + 1;
    for (int i = 0; i < ARGUMENT_COUNT && strlen(name) > 2; i++) {
        const char *known = argument_rows[i].name;
        const unsigned distance = known ? edit_distance(name, known) : least;
        if (distance < least) {
            least = distance;
            nearest = known;
        }
    }
    snprintf(near, 64, "--%s", nearest ? nearest : "");
    return nearest != NULL;
}

static int refuse_option(int found, char **argv, struct err *err)
{
    char name[64];
    const int row = optopt ? row_of(optopt) : -1;
    if (row >= 0) /* a known one: its argument is missing, or it was given one it does not take */
        argument_name((enum argument_id)row, name, sizeof name);
    if (row >= 0 && found == ':')
        return option_needs_value((enum argument_id)row, name, err);
    if (row >= 0)
        return cli_error_usage(err, MSG_ARG_TAKES_NO_VALUE, name, NULL);
    if (optopt) {
        snprintf(name, sizeof name, "-%c", optopt);
        return cli_error_usage(err, MSG_ARG_UNKNOWN, name, NULL);
    }
    char near[64];
    return cli_error_usage(
        err, find_near(argv[optind - 1], near) ? MSG_ARG_UNKNOWN_NEAR : MSG_ARG_UNKNOWN,
        argv[optind - 1], near);
}

static bool is_number(const char *text)
{
    return *text >= '0' && *text <= '9';
}

/* -p takes a process id. Without one, as in ss's `-tlnp`, it asks for processes, which are shown
 * anyway; then the letters that stand behind it are options. */
static int take_pid(int argc, char **argv, const char *value,
                    int (*take)(void *context, enum argument_id id, const char *value,
                                struct err *err),
                    void *context, struct err *err)
{
    if (!value && optind < argc && is_number(argv[optind]))
        value = argv[optind++];
    if (!value || is_number(value))
        return take(context, ARGUMENT_PID, value, err);
    for (int rc = 0; *value; value++) {
        const int row = row_of(*value);
        if (row < 0 || argument_rows[row].value) {
            char name[3] = {'-', *value, '\0'};
            return cli_error_usage(err, MSG_BAD_PID, row < 0 ? name : value, NULL);
        }
        rc = take(context, (enum argument_id)row, NULL, err);
        if (rc)
            return rc;
    }
    return 0;
}

int arguments_walk(int argc, char **argv,
                   int (*take)(void *context, enum argument_id id, const char *value,
                               struct err *err),
                   void *context, struct err *err)
{
    char letters[2 * ARGUMENT_COUNT + 3];
    struct option long_options[ARGUMENT_COUNT + 1];
    describe(letters, long_options);
    opterr = 0;
    optind = 0; /* glibc: start afresh, since one command line is walked more than once */
    int found, rc = 0;
    while (!rc && (found = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
        if (found == '?' || found == ':')
            return refuse_option(found, argv, err);
        rc = found == 'p' ? take_pid(argc, argv, optarg, take, context, err)
                          : take(context, (enum argument_id)row_of(found), optarg, err);
    }
    for (int i = optind; !rc && i < argc; i++)
        rc = take(context, ARGUMENT_OPERAND, argv[i], err);
    return rc;
}
