/* SPDX-License-Identifier: MIT */
/* The modes: each runs to its end and returns the exit code. */
#ifndef TCPTOP_APP_MODES_H
#define TCPTOP_APP_MODES_H

#include "tcptop/app/settings.h"

int live_mode_run(const struct settings *s, bool utf8);
int batch_mode_run(const struct settings *s, bool utf8);   /* --once is a batch of one */
int metrics_mode_run(const struct settings *s, bool utf8); /* --format prometheus, --answer-http */
int metrics_mode_explain(const struct settings *s, bool utf8); /* --explain-metrics */
int learn_mode_run(const struct settings *s, bool utf8);
int explain_mode_run(const struct settings *s, bool utf8);
int diff_mode_run(const struct settings *s, bool utf8); /* --diff, --diff-at */
int doctor_mode_run(const struct settings *s, bool utf8);
int dump_mode_run(const struct settings *s, bool utf8);   /* --size --keys --dump */
int record_mode_run(const struct settings *s, bool utf8); /* --write */
int help_mode_run(const struct settings *s, bool utf8);
int help_mode_version(const struct settings *s, bool utf8);

/** Keep only the capabilities that the mode of these settings uses, see privileges_keep(). The
 *  program calls it before the mode, but for MODE_LEARN and where samples are another host's: then
 * it is called once the namespace is made, or ssh started. */
void mode_keep_privileges(const struct settings *s);

#endif
