/* SPDX-License-Identifier: MIT */
/* A session on a stage of made-up connections: samples, keys and time come when a test says so. */
#ifndef TCPTOP_TESTS_LIB_STAGE_H
#define TCPTOP_TESTS_LIB_STAGE_H

#include "lib/session_probe.h"
#include "tcptop/base/clock.h"
#include "tcptop/model/diff.h"
#include "tcptop/ui/session.h"

#define STAGE_MAX 64

struct stage {
    struct ui_settings settings;
    struct session *session;
    int wake_fd;
    struct conn conn[STAGE_MAX]; /* what the next sample will see */
    unsigned n;
    uint64_t next_cookie;
    uint64_t lost; /* death events, so far */
    struct sample *last;
    struct diff *diff;
    int64_t now_ns;
};

/** A screen of w × h; the samples' clock starts at 100 s. `wake_fd` as for session_new(). */
void stage_open(struct stage *st, int w, int h, int wake_fd);

/** 80 × 24, twenty connections on the ports 100, 110 … 290, the focus on the table. */
void stage_open_twenty(struct stage *st);

/** 80 × 24, ports 22 (listening), 30, 300, 3000 and 3000 again in TIME_WAIT. */
void stage_open_ports(struct stage *st);
void stage_close(struct stage *st);

/** 10.0.0.1:local to 192.0.2.1:remote from now on. */
void stage_add(struct stage *st, unsigned state, unsigned local, unsigned remote);

/** The connection with that local port ends, or changes its state. */
void stage_remove(struct stage *st, unsigned local);
void stage_change(struct stage *st, unsigned local, unsigned state);

/** One second later a sample arrives; the n-th of these several. */
void stage_sample(struct stage *st);
void stage_samples(struct stage *st, unsigned count);
void stage_fail(struct stage *st);

/** Keys by name, blank-separated: "Tab Down ^u". */
void stage_keys(struct stage *st, const char *names);

/** Text, character by character. */
void stage_type(struct stage *st, const char *text);
void stage_wait(struct stage *st, int ms);
void stage_mouse(struct stage *st, int x, int y, int what);

/* The screen as it is drawn now. */

/** Are these words in one of its lines? */
bool stage_shows(struct stage *st, const char *words);

/** Are they in the last line, where messages and the keys that do something are? */
bool stage_says(struct stage *st, const char *words);

/** The text of a line, -1 is the last one. Until the next call. */
const char *stage_text(struct stage *st, int y);

/** Where these words are first drawn; the test fails where they are not. */
void stage_find(struct stage *st, const char *words, int *x, int *y);

/** Wait, a minute at most, until the worker has got on with it; needs a wake_fd. */
void stage_let_work(struct stage *st);

#endif
