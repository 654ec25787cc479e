/* SPDX-License-Identifier: MIT */
/* From samples to the rows on screen: at once, or by the query worker while the rows before stand.
 */
#ifndef TCPTOP_SRC_UI_SESSION_ROWS_H
#define TCPTOP_SRC_UI_SESSION_ROWS_H

#include "session_state.h"

/** List anew. `user_initiated`: not only for a sample. */
void session_rebuild(struct session *s, bool user_initiated);

/** Take what the worker has done, when there is something. */
void session_take_answers(struct session *s);

/** Ask for the whole order when only the first rows were listed and more are wanted. */
void session_settle_rows(struct session *s);

/** How `sample` is listed now. Returns 0 or -ENOMEM. */
int session_job(const struct session *s, const struct sample *sample, struct row_view_job *job);

/** Run a task, by the worker where it may have to wait or is about a large sample (else `about` may
 *  be NULL). Takes it. Returns whether it is still under way. */
bool session_run(struct session *s, struct task *task, const struct sample *about);

#endif
