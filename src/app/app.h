/* SPDX-License-Identifier: MIT */
/* What the modes share and nobody else needs. */
#ifndef TCPTOP_SRC_APP_APP_H
#define TCPTOP_SRC_APP_APP_H

#include <stdbool.h>
#include <stdint.h>

#include "cli_error.h"
#include "tcptop/app/settings.h"
#include "tcptop/output/output.h"
#include "tcptop/source/sample_pipeline.h"

/** The recording or the other host that was named, else this host. Returns 0 or -errno with `err`.
 */
int app_open_source(struct source **src, const struct settings *s, struct err *err);

/** sample_pipeline_next(), with the words for what went wrong in `err` (may be NULL). */
int app_next_sample(struct sample_pipeline *pipeline, const struct request *req,
                    const struct sample **last, struct err *err);

/** Is the sample not all that was asked for, or from /proc/net/tcp, which tells less, or from a
 * text of which some lines were not understood? Then the exit code is EXIT_PARTIAL. */
bool app_is_partial(const struct sample *s);

/** Say on stderr why the sample is partial, where `said`, of REASON_TEXT_SIZE bytes and empty at
 *  first, has another cause. Returns whether it is. */
bool app_tell_partial(const struct sample *s, char *said);

/** Say on stderr why not all of a recording could be read, after app_next_sample() has returned
 *  -ENODATA. Returns whether there was something to say. */
bool app_tell_unread(const struct sample_pipeline *pipeline);

/** Is it a sample of another host whose processes are still being looked up there? One of the next
 *  has them. */
bool app_awaits_owners(const struct sample *s);

/** Who looks at the samples of a screen; NULL: no memory for it. */
struct sample_observer *app_doctor(const struct settings *s);

/** Have the doctor (NULL is accepted) believe what is noted in the recording, `src`:
 * doctor_believe(). Returns 0 or -ENOMEM. */
int app_believe(struct sample_observer *doctor, struct source *src);

/** The recording that `settings` name (struct settings), from its beginning, with a doctor and a
 *  history of so many points; NULL when it cannot be opened. Called by any thread. */
struct sample_pipeline *app_open_recording(const void *settings, uint32_t history_len);

/** Let the screen travel in the recording that the settings name, where one can move in `src`,
 * which was opened from them. `history_len`: points kept. Returns whether it can. */
bool app_travel(const struct settings *s, const struct source *src, uint32_t history_len,
                struct ui_settings *ui);

/** The name of a rule, for recordings. */
const char *app_rule_name(unsigned rule);

/** Who looks at samples of the past; `settings` are struct settings. NULL: no memory for it. */
struct sample_observer *app_past_doctor(const void *settings);

/** Wait until `due` (clock_mono_ns()). False when the reader of standard output has gone meanwhile:
 *  what would be printed then has nobody. */
bool app_wait(int64_t due);

/** Write what is left and free the sink. Returns `code`, or EXIT_FAILED after saying why when it
 *  could not be written; a reader that went away is no failure. */
int app_finish(struct sink *out, int code);

#endif
