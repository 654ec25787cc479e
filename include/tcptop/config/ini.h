/* SPDX-License-Identifier: MIT */
/* A generic ini engine over iniparser: layers register the keys they know, app wires them.
 *
 * iniparser loses line numbers, drops a whole file for one bad line and crashes on some (see the
 * checks in ini.c), so every line is looked at here first and the good ones are handed over through
 * a memfd. Nothing of a file's contents is ever echoed but key names, sanitised. */
#ifndef TCPTOP_CONFIG_INI_H
#define TCPTOP_CONFIG_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "tcptop/base/err.h"
#include "tcptop/base/program.h"

enum option_type {
    OPTION_BOOL,     /* yes no true false on off 1 0 */
    OPTION_NUMBER,   /* min … max, whole */
    OPTION_DECIMAL,  /* min … max */
    OPTION_DURATION, /* seconds, min … max; "250 ms", "1 s", "5 min", a bare number is seconds */
    OPTION_CHOICE,   /* one of `choices`, blank-separated */
    OPTION_TEXT,     /* any text of at most `max` bytes */
};

/* One key that may stand in the file. */
struct option {
    const char *section; /* lower case */
    const char *key;     /* lower case */
    enum option_type type;
    double min, max;
    const char *choices;
    const char *initial;  /* the default as it would stand in the file */
    const char *help;     /* English, one line: the comment in config/tcptop.ini */
    const char *help_ko;  /* the same in Korean */
    const char *argument; /* its name on the command line; NULL: it is not there */
};

struct option_value {
    bool set;      /* from the file; false: the default */
    unsigned line; /* of the file, where it is from there */
    double number; /* bool 0/1, number, decimal, duration in seconds, index of a choice */
    char text[1024];
};

/* Problems found, one line each: "FILE:12: unknown key 'intervall', did you mean 'interval'?" */
struct ini_problems {
    struct err *list; /* owned; in the order of the lines */
    unsigned *line;   /* of each; owned */
    size_t n;
};

/** Put one into its place. `what` is said of the line of `file`. Returns 0 or -ENOMEM. */
int ini_problems_add(struct ini_problems *p, const char *file, unsigned line, const char *what);
void ini_problems_fini(struct ini_problems *p);

/* The configuration of the host. It is read with the rights of the process, every other file with
 * those of its caller, see tcptop/base/privileges.h. */
#define INI_SYSTEM_PATH "/etc/" TCPTOP_NAME ".ini"

/** Read `path` against the `n` rows into values[n] (defaults filled first, always). Returns 0 when
 *  the file was read (problems may still be listed), -ENOENT when there is none, or -errno with
 *  `err` filled when it is not a readable regular file of sane size. */
int ini_load(const char *path, const struct option *rows, size_t n, struct option_value *values,
             struct ini_problems *problems, struct err *err);

/** Check and convert one text as the file would hold it. Returns 0 or -EINVAL with `err`. */
int option_parse(const struct option *row, const char *text, struct option_value *value,
                 struct err *err);

/** Where the configuration is looked for when --config does not say: the first existing of
 *  $XDG_CONFIG_HOME/tcptop/tcptop.ini, $HOME/.config/tcptop/tcptop.ini, /etc/tcptop.ini. Unset,
 *  empty and relative HOME or XDG_CONFIG_HOME are skipped. Returns 0, -ENOENT when none exists. */
int ini_find(char *path, size_t size);

#endif
