/* SPDX-License-Identifier: MIT */
/* Which listeners have dropped something lately. The counters of the host tell that connections
 * were turned away, that of each listener (model/drops.h) by which of them. */
#ifndef TCPTOP_SRC_DOCTOR_LISTENER_DROPS_H
#define TCPTOP_SRC_DOCTOR_LISTENER_DROPS_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/conn.h"

struct check;
struct doctor;

#define LOSING_MAX   64
#define LOSING_TIMES 16

/* A listener that has dropped something within the window. */
struct losing {
    uint64_t cookie;
    uint16_t netns;
    uint32_t row; /* in the sample being checked; UINT32_MAX: not there */
    uint32_t n;   /* times in use, the oldest first */
    struct {
        int64_t ns;
        uint64_t dropped;
    } time[LOSING_TIMES];
};

/* Starts as zero. */
struct listener_drops {
    struct losing one[LOSING_MAX]; /* further ones are not watched */
    uint32_t n;
    bool known;        /* the sample being checked compares them with the one before */
    int64_t since_ns;  /* since when each sample does, if it is known */
    int64_t wanted_ns; /* when the host last counted something dropped; 0: never */
};

/** Begin a check: take over what the sample says. */
void listener_drops_look(struct check *l);

/** What samples must have for it: nothing unless something is being dropped somewhere. */
uint32_t listener_drops_needs(const struct doctor *d, int64_t now_ns);

/** How much a listener has dropped within the window, as far as that was watched. */
uint64_t listener_drops_of(const struct check *l, const struct conn *c);

/** Was all that listeners dropped over the last seconds seen? */
bool listener_drops_watched(const struct check *l, double seconds);

/** Is it known that the listener has dropped nothing, as far as that was watched? */
bool listener_drops_none(const struct check *l, const struct conn *c);

/** Say in the findings of RULE_ACCEPT_QUEUE how much each listener dropped; where connections were
 *  turned away and no queue is full now, find the listener by what it dropped. */
void listener_drops_name(struct check *l);

#endif
