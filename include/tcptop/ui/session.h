/* SPDX-License-Identifier: MIT */
/* One person at one screen: turns keys, samples and time into UI state. Knows no terminal, so the
 * live screen, --dump and the tests drive it alike. */
#ifndef TCPTOP_UI_SESSION_H
#define TCPTOP_UI_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/base/theme.h"
#include "tcptop/source/destroy.h"
#include "tcptop/source/recording.h"
#include "tcptop/source/source.h"
#include "tcptop/ui/screen.h"
#include "tcptop/ui/ui_settings.h"

struct session;

/** A session with the user's settings, which stay the caller's and outlive it; `wake_fd` (-1: none)
 * is told when the query worker has an answer; without one everything is computed at once. Returns
 * 0 or -errno.
 *
 *  session_free() waits for what is under way on other threads: see query_worker_stop(). */
int session_new(struct session **s, const struct ui_settings *settings, int wake_fd, bool utf8,
                bool ascii);
void session_free(struct session *s);

/** Draw in ASCII or not, once the terminal is known. */
void session_use_ascii(struct session *s, bool ascii);

/** The theme in use, once the terminal is known; a key chooses another one. */
void session_use_theme(struct session *s, enum theme_background background);
enum theme_background session_theme(const struct session *s);

/** The terminal's font has no Hangul: Korean is not offered, unless it was asked for. */
void session_without_hangul(struct session *s);

/** What closes a connection, on the live screen of this host; without it none can be closed. With a
 *  query worker it is called on a thread of its own. */
void session_use_destroy(struct session *s,
                         struct destroyed (*destroy)(const struct conn *c,
                                                     const struct destroy_place *place),
                         bool may);

struct lesson;

/** Play a lesson from now on; it stays the caller's and outlives the session. */
void session_use_lesson(struct session *s, struct lesson *lesson);

/* Events. `now_ns` is monotonic. Keys mean what was drawn last: those that are there already are
 * handed over before the next sample. */
void session_input(struct session *s, const struct input *in, int64_t now_ns);
void session_sample(struct session *s, const struct sample *newest,
                    int64_t now_ns); /* takes the ref */
void session_recorded(struct session *s,
                      const struct recording_head *head); /* who recorded these samples */
void session_late(struct session *s, bool late);        /* the next sample should be there by now */
void session_tell(struct session *s, const char *line); /* in the footer, for a while */
void session_resize(struct session *s, int w, int h);
void session_tick(struct session *s, int64_t now_ns); /* timers, worker answers */

/** Play the recording of the settings again, following what `req` names, and show its last sample
 * as session_sample() does: the connections that a key has opened or pinned were not followed when
 * it was played first. The query worker does it, where there is one; an earlier one still under way
 * is given up. Nothing happens when the recording is no file that can be read twice. */
void session_replay(struct session *s, const struct request *req, uint32_t history_len);

/** Show a recording that one can move in, from where the settings say; nothing else comes then. */
void session_read(struct session *s);

/** -errno with `*why` when there was nothing of it to show, 0 else. */
int session_failed(const struct session *s, struct sample_reason *why);

/** Where there is no wake_fd: look up the names that are wanted of the rows in view, which may take
 *  until the monotonic time `until_ns`; what has none by then stays a number. */
void session_await_names(struct session *s, int64_t until_ns);

/** No input was waiting at `at_ns`: a question takes a key only after 300 ms of this, so that it is
 *  not answered by what was typed or pasted before it could be read. */
void session_quiet(struct session *s, int64_t at_ns);

/** Milliseconds until session_tick() has something to do, -1: nothing. */
int session_timeout_ms(const struct session *s, int64_t now_ns);

void session_draw(struct session *s, struct canvas *c, int64_t now_ns);

/* What the outside must do after an event. */
bool session_quit(const struct session *s);
bool session_redraw_wanted(struct session *s); /* ^L; read once */
/** The request in force; true when it changed since the last call. `now`: sample at once. */
bool session_request(struct session *s, struct request *req, bool *now);
/** Text to copy to the clipboard, NULL when none; read once. */
const char *session_copy(struct session *s);
/** The config line that the column chooser prints at the end, NULL when none. */
const char *session_exit_message(const struct session *s);

#endif
