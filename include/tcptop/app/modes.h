/* SPDX-License-Identifier: MIT */
/* The modes: each runs to its end and returns the exit code. */
#ifndef TCPTOP_APP_MODES_H
#define TCPTOP_APP_MODES_H

#include "tcptop/app/settings.h"

int live_mode_run(const struct settings *s, bool utf8);
int batch_mode_run(const struct settings *s, bool utf8); /* --once is a batch of one */
int learn_mode_run(const struct settings *s, bool utf8);
int explain_mode_run(const struct settings *s, bool utf8);
int doctor_mode_run(const struct settings *s, bool utf8);
int dump_mode_run(const struct settings *s, bool utf8); /* --size --keys --dump */
int record_mode_run(const struct settings *s);          /* --write */
int help_mode_run(void);
int help_mode_version(void);

/** Keep only the capabilities that the mode of these settings uses, see privileges_keep(). For all
 *  modes but MODE_LEARN the program calls it before the mode; learn_mode_run() does it itself. */
void mode_keep_privileges(const struct settings *s);

#endif
