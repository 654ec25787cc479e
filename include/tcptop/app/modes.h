/* The modes: each runs to its end and returns the exit code. */
#ifndef TCPTOP_APP_MODES_H
#define TCPTOP_APP_MODES_H

#include "tcptop/app/settings.h"

int mode_live(const struct settings *s, bool utf8);
int mode_batch(const struct settings *s, bool utf8); /* --once is a batch of one */
int mode_learn(const struct settings *s, bool utf8);
int mode_explain(const struct settings *s, bool utf8);
int mode_doctor(const struct settings *s, bool utf8);
int mode_dump(const struct settings *s, bool utf8); /* --size --keys --dump */
int mode_help(void);
int mode_version(void);

/** Keep only the capabilities that the mode of these settings uses, see privileges_keep(). For all
 *  modes but MODE_LEARN the program calls it before the mode; mode_learn() does it itself. */
void mode_keep_privileges(const struct settings *s);

#endif
