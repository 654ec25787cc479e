/* The command line as far as it has been read, and what each option adds to it. */
#ifndef TCPTOP_SRC_APP_COMMAND_OPTIONS_H
#define TCPTOP_SRC_APP_COMMAND_OPTIONS_H

#include "arguments.h"
#include "settings_options.h"
#include "tcptop/app/settings.h"
#include "tcptop/base/str.h"

/* What cannot be put into the settings before the whole line is known stands beside them. */
struct command_line {
    struct settings *s;
    bool once, batch, dump;
    bool prints;     /* an option was given that only printing has */
    enum mode asked; /* MODE_HELP, MODE_VERSION, MODE_EXPLAIN, MODE_LEARN; else MODE_LIVE */
    uint32_t states; /* --state, -l: bits */
    bool ipv4, ipv6;
    struct str ports;     /* "3000,4000" */
    struct str pids;      /* the same of -p */
    const char *filter;   /* the last -f */
    const char *sort;     /* the last -s */
    const char *interval; /* operands */
    const char *count;
};

/** Take an option in. Returns 0 or -EINVAL with `err`. */
int command_option(struct command_line *c, enum argument_id id, const char *value, struct err *err);

/** One more port for the filter, as -P takes it. */
int command_port(struct command_line *c, const char *value, struct err *err);

/** Whole number of `text` from `min` to `max`. Returns 0 or -EINVAL. */
int command_number(const char *text, unsigned long min, unsigned long max, unsigned long *n);

/** A value for a key of the configuration; an error names the option `name`. */
int command_setting(struct command_line *c, enum setting_id setting, const char *name,
                    const char *value, struct err *err);

#endif
