/* SPDX-License-Identifier: MIT */
/* What the options of the command line and the keys of the configuration file do. */
#ifndef TCPTOP_SRC_APP_OPTIONS_H
#define TCPTOP_SRC_APP_OPTIONS_H

#include "arguments.h"
#include "tcptop/app/settings.h"
#include "tcptop/base/str.h"

enum setting_id {
#define GROUP(ident)
#define ARGUMENT(ident, ...)
#define KEY(ident, ...)    SETTING_##ident,
#define OPTION(ident, ...) SETTING_##ident,
#include "options.def"
    SETTING_ROLES,                                 /* then one key per role in [colors] … */
    SETTING_KEYS = SETTING_ROLES + ROLE_COUNT,     /* … one per command in [keys] … */
    SETTING_LIMITS = SETTING_KEYS + COMMAND_COUNT, /* … and one per threshold in [doctor] */
    SETTING_COUNT = SETTING_LIMITS + THRESHOLD_COUNT
};

/* An option as a bit of those that were given. */
#define OPT(ident) (UINT64_C(1) << ARGUMENT_##ident)
_Static_assert(ARGUMENT_OPERAND < 64, "a bit for each");

/* The command line as far as it has been read: what cannot be put into the settings before all of
 * it is known stands beside them. */
struct command_line {
    struct settings *s;
    uint64_t given;            /* options, OPT() of each; of OPERAND: a COUNT that goes on */
    enum mode asked;           /* the mode that an option names; MODE_LIVE: none does */
    enum argument_id asked_by; /* the option */
    enum argument_id rival;    /* one that names another mode; ARGUMENT_COUNT: none */
    uint32_t states;           /* --state, -l: bits */
    bool ipv4, ipv6;
    struct str ports;     /* "3000,4000" */
    struct str pids;      /* the same of -p */
    bool pid_missing;     /* -p without a number, as ss has it */
    struct str words;     /* operands that are an expression of ss */
    const char *filter;   /* the last -f */
    const char *sort;     /* the last -s */
    const char *interval; /* operands */
    const char *count;
};

/** Take in an option of the command line. Returns 0 or -EINVAL with `err`. */
int option_argument(struct command_line *c, enum argument_id id, const char *value,
                    struct err *err);

/** Put the checked value of a key into force. Returns 0 or -EINVAL with `err`; then nothing has
 *  changed. */
int option_setting(struct settings *s, enum setting_id id, const struct option_value *value,
                   struct err *err);

/** The same from text, which is checked first. An error begins with `name` unless that is NULL. */
int option_setting_text(struct settings *s, enum setting_id id, const char *name, const char *text,
                        struct err *err);

/** The values that an option takes where they are words of a list, separated by blanks or by ", ";
 *  NULL: any other value, or none. Static storage. */
const char *option_choices(enum argument_id id);

/** The key of the configuration that the option is as well, among options_keys(); -1: none. */
int option_key(enum argument_id id);

/** Is `text` a filter? Returns 0 or -EINVAL with `err`. */
int option_check_filter(const char *text, struct err *err);

/** One more port for the filter, as -P takes it. */
int option_port(struct command_line *c, const char *value, struct err *err);

/** The host whose samples are wanted, as --host takes it. */
int option_host(struct command_line *c, const char *value, struct err *err);

/** Choose the mode of a command line that has been read whole, and refuse options that do not go
 *  together; it stands in combinations.c. Returns 0 or -EINVAL with `err`. */
int combinations_check(struct command_line *c, struct err *err);

/** Whole number of `text` from `min` to `max`. Returns 0 or -EINVAL. */
int option_number(const char *text, unsigned long min, unsigned long max, unsigned long *n);

/** "NAME[:asc|:desc]" for groups: "count", "change", the column they are made by, or one that is
 *  summed. Returns 0; -ENOENT when it names none of these; -EINVAL with `err`. */
int option_group_sort(struct group_sort *sort, const struct grouping *how, const char *text,
                      struct err *err);

#endif
