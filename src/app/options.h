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

/* The command line as far as it has been read: what cannot be put into the settings before all of
 * it is known stands beside them. */
struct command_line {
    struct settings *s;
    bool once, batch, dump;
    bool prints;     /* an option was given that only printing has */
    enum mode asked; /* the mode that an option names; MODE_LIVE: none does */
    uint32_t states; /* --state, -l: bits */
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

/** The option that names this mode, where it is one of those of which only one can be meant; else
 *  NULL. */
const char *option_report(enum mode mode);

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

/** Whole number of `text` from `min` to `max`. Returns 0 or -EINVAL. */
int option_number(const char *text, unsigned long min, unsigned long max, unsigned long *n);

/** "NAME[:asc|:desc]" for groups: "count", "change", the column they are made by, or one that is
 *  summed. Returns 0; -ENOENT when it names none of these; -EINVAL with `err`. */
int option_group_sort(struct group_sort *sort, const struct grouping *how, const char *text,
                      struct err *err);

#endif
