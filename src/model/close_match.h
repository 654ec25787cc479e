/* What the kernel told of the ends of sockets, joined with the rows of two samples.
 *
 * An end is told once, by the cookie, and may come before the dump that misses the socket, after
 * it, or much later, since the kernel tells from a queue that a busy host leaves waiting:
 *  - its row was in the sample before and is not in this one: it is dead, no second miss needed;
 *  - its row is still there: the dump was sooner, so the end waits for the next sample;
 *  - what is there is the remnant, TIME_WAIT: the connection goes on as that row. A remnant whose
 *    socket no sample had has got a cookie of its own, and is known by its ends;
 *  - what a sample had was the request socket of its handshake: see conn_is_request();
 *  - no sample has or had it: it died unseen. Of an end that was told while the dump was under way
 *    only the next sample can tell, since the dump may have passed before its remnant was there.
 * A socket that was reset by SO_LINGER 0, refused or never connected tells of no connection: remote
 * port 0, addresses and figures wiped (tcp_disconnect). Its cookie is still right. */
#ifndef TCPTOP_SRC_MODEL_CLOSE_MATCH_H
#define TCPTOP_SRC_MODEL_CLOSE_MATCH_H

#include "slots.h"
#include "tcptop/model/sample_builder.h"

#define CLOSE_EVENT_NONE UINT32_MAX

/* A socket that was closed by being missed, while its end was not told yet. What is told of a
 * request socket bears another cookie, so its ends count as well, for some time. */
struct presumed {
    uint64_t cookie;
    uint64_t ends; /* hash of the ends of a request socket */
    uint32_t at_ds;
    uint16_t netns;
    bool request; /* and no end has met it */
};

/* Memory that is kept between joins; starts as zero. */
struct close_match {
    struct sample_builder *waiting; /* ends that the sample before could not settle; owned */
    const struct sample *events;    /* in this join */
    uint32_t n_waiting, n;          /* ends: those that waited, then the told ones */
    uint32_t n_before;              /* of the told ones: before the dump */
    uint8_t *mark;                  /* enum close_event_mark; owned */
    uint32_t cap;
    struct slots by_cookie, by_ends;
    struct presumed *presumed; /* a ring of the last; NULL: none so far; owned */
    uint32_t n_presumed;       /* ever */
};

void close_match_fini(struct close_match *e);

/** Begin a join of the sample of `b`: take its close_events and those that waited. Returns 0 or
 *  -ENOMEM. */
int close_match_begin(struct close_match *e, struct sample_builder *b);

/** Rows of `prev` that found no partner; CLOSE_EVENT_NONE (as a row) is skipped. */
void close_match_missing(struct close_match *e, struct sample *next, const struct sample *prev,
                         const uint32_t *rows, uint32_t n);

/** All live rows of `next`. Returns 0 or -ENOMEM. */
int close_match_live(struct close_match *e, struct sample *next);

/** The end of the socket that this row of the sample before was, CLOSE_EVENT_NONE when it was not
 * told. A remnant has none. */
uint32_t close_match_find(const struct close_match *e, const struct conn *c);

/** The figures told with an end, NULL when they say nothing. */
const struct tcp_metrics *close_match_metrics(const struct close_match *e, uint32_t close_event);

/** The row is closed without having been told: should that come after all, it is not of one unseen.
 *  Request sockets are given up by close_match_missing(), when they are first missed. */
void close_match_presume(struct close_match *e, const struct conn *c, uint32_t now_ds);

/** Count what died unseen, and bury the newest of it; there must be room for
 *  close_match_unseen_rows(). */
uint32_t close_match_unseen_rows(const struct close_match *e);
void close_match_add_unseen(struct close_match *e, struct sample_builder *b);

/** Keep what waits for the next join, forget the rest. What there is no room for counts as lost. */
void close_match_finish(struct close_match *e, struct sample *next);

#endif
