/* SPDX-License-Identifier: MIT */
/* Matches sockets that the kernel reported closed (events) with the rows of two samples.
 *
 * An event comes once, with the socket's cookie. It may come before the dump that misses the
 * socket, after it, or much later, since the kernel reports from a queue that a busy host leaves
 * waiting:
 *  - Its row was in the sample before and is not in this one: it is closed, no second miss needed.
 *  - Its row is still there: the dump was earlier, so the event waits for the next sample.
 *  - Its row is now a timewait record: the connection goes on as that row. A record whose socket no
 *    sample had has a cookie of its own, and is matched by its endpoints.
 *  - Its timewait record was in samples before, and has gone: it was counted as that row.
 *  - A sample had the request socket of its handshake: see conn_is_request().
 *  - No sample has or had it: it opened and closed between two samples. If it was reported during
 * the dump, only the next sample can show that, since the dump may have passed the place where its
 *    timewait record is now.
 * A socket that was reset with SO_LINGER 0, refused or never connected is reported without a
 * connection: remote port 0, addresses and metrics wiped (tcp_disconnect). Its cookie is still
 * right. */
#ifndef TCPTOP_SRC_MODEL_CLOSE_MATCH_H
#define TCPTOP_SRC_MODEL_CLOSE_MATCH_H

#include "slots.h"
#include "tcptop/base/array.h"
#include "tcptop/model/sample_builder.h"

#define CLOSE_EVENT_NONE UINT32_MAX

/* A socket that was taken for closed because two samples missed it, while its event had not come.
 * The event of a request socket has another cookie, so its endpoints are compared as well, for some
 * time. */
struct presumed {
    uint64_t cookie;
    uint64_t ends; /* hash of the ends of a request socket */
    uint32_t at_ds;
    uint16_t netns;
    bool request; /* and no event has matched it */
};

/* What is still to come of a pair of ends, by a hash of them. Of a timewait record and the event of
 * its socket the kernel may show either first, by any number of samples, and the record may have
 * made way for a new connection by then (tcp_tw_reuse, net/ipv4/tcp_ipv4.c tcp_twsk_unique). The
 * one that comes second is not counted again. */
struct ends_ledger {
    uint64_t ends;
    uint64_t acked, received; /* of the event that was counted last */
    uint32_t at_ds;           /* when it changed last */
    int32_t balance;          /* records that were closed and whose events are still to come; below
                                 0: events that were counted and whose records may still come */
};

/* Memory that is kept between joins; starts as zero. */
struct close_match {
    struct sample_builder *waiting; /* events that the sample before could not decide; owned */
    const struct sample *events;    /* in this join */
    uint32_t n_waiting, n;          /* events: those that waited, then the new ones */
    uint32_t n_before;              /* of the new ones: reported before the dump */
    uint8_t *mark;                  /* enum close_event_mark; owned */
    uint32_t cap;
    struct slots by_cookie, by_endpoints;
    bool has_endpoints;         /* by_endpoints is of this join */
    struct presumed *presumed;  /* a ring of the last; NULL: none so far; owned */
    uint32_t n_presumed;        /* ever */
    struct ends_ledger *ledger; /* LEDGER_MAX places; NULL: none so far; owned */
    struct close_stats owed;    /* counted too often, and not taken back yet */
};

void close_match_fini(struct close_match *e);

/** Begin a join of the sample of `b`: take its close_events and those that waited. Returns 0 or
 *  -ENOMEM. */
int close_match_begin(struct close_match *e, struct sample_builder *b);

/** Rows of `prev` that found no partner; CLOSE_EVENT_NONE (as a row) is skipped. */
void close_match_missing(struct close_match *e, struct sample *next, const struct sample *prev,
                         const uint32_t *rows, uint32_t n);

/** Events that the sample before could not decide, as live rows; NULL: there are none. */
const struct sample *close_match_waiting(const struct close_match *e);

/** All live rows of `next`, but of its carried rows only those in `carried`. Returns 0 or -ENOMEM.
 */
int close_match_live(struct close_match *e, struct sample *next, const struct u32_list *carried);

/** The event of the socket that this row of the sample before was, CLOSE_EVENT_NONE when there is
 * none. A timewait record has none. */
uint32_t close_match_find(const struct close_match *e, const struct conn *c);

/** The metrics that came with an event, NULL when they mean nothing. */
const struct tcp_metrics *close_match_metrics(const struct close_match *e, uint32_t close_event);

/** The row is taken for closed without an event: if one comes later, it is not of an unseen
 * connection. For request sockets close_match_missing() does this, when they are first missed. */
void close_match_presume(struct close_match *e, const struct conn *c, uint32_t now_ds);

/** A timewait record of the sample before that is not in this one, and whose socket was not
 * reported so far (CONN_CLOSE_REPORTED). True: it has been now, and that event is not one of an
 * unseen connection. Call after close_match_live(). */
bool close_match_gone(struct close_match *e, const struct conn *c);

/** Such a record is taken for closed and counted before its socket was reported: the event, when it
 *  comes, is not counted. */
void close_match_expect(struct close_match *e, const struct conn *c, uint32_t now_ds);

/** A timewait record that no sample had before, without an event. Where its event was counted as an
 *  unseen connection before, since a dump had missed the record, the record gets
 *  CONN_CLOSE_REPORTED and the count is taken back. */
void close_match_appeared(struct close_match *e, struct conn *c, uint32_t now_ds);

/** A row of the sample before that was counted as closed has come back: the count is taken back.
 * The row of an unseen connection (CONN_UNSEEN) comes back as its TIME_WAIT record, which two dumps
 * missed: it is not counted as unseen any more. `metrics`: of the row, NULL when there are none. */
void close_match_returned(struct close_match *e, const struct conn *c,
                          const struct tcp_metrics *metrics, uint32_t now_ds);

/** Count the connections that opened and closed between two samples, and add the newest as closed
 * rows, for which there must be room: close_match_unseen_rows(). */
uint32_t close_match_unseen_rows(const struct close_match *e);
void close_match_add_unseen(struct close_match *e, struct sample_builder *b);

/** Keep the events that wait for the next join, drop the rest. Those without room count as lost.
 *  What was counted too often before is taken off this sample's counts, as far as they reach. */
void close_match_finish(struct close_match *e, struct sample *next);

#endif
