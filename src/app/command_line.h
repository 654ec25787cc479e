/* What the command line says, put into the settings. */
#ifndef TCPTOP_SRC_APP_COMMAND_LINE_H
#define TCPTOP_SRC_APP_COMMAND_LINE_H

#include "tcptop/app/settings.h"

/** First walk: what must be known before the configuration file is read (--config, --no-config,
 *  --lang). Also finds every unknown option. Returns 0 or -EINVAL with `err`. */
int command_line_early(struct settings *s, int argc, char **argv, struct err *err);

/** Second walk: all the rest, over what the file said. */
int command_line_apply(struct settings *s, int argc, char **argv, struct err *err);

#endif
