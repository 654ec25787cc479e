/* SPDX-License-Identifier: MIT */
/* Samples that follow each other, with what the kernel told of the ends of sockets between them. */
#ifndef TESTS_LIB_TOLD_H
#define TESTS_LIB_TOLD_H

#include "lib/run.h"

#define NONE UINT32_MAX

/* Before and after each test, whose state is a struct run. */
int told_setup(void **state);
int told_teardown(void **state);

/** A new sample to fill, in which the sockets with the cookies 1 to `open` are established; the
 *  kernel has told nothing so far. */
struct sample *told_sample(struct run *r, unsigned open);

/** The sockets that the kernel reports closed, to be filled. */
struct sample *told_events(struct run *r);

/** One row more. */
void told_row(struct run *r, uint64_t cookie, unsigned state);

/** The kernel tells the end of the socket with this cookie, which sent and got so much. */
struct conn *told_end(struct run *r, uint64_t cookie, uint64_t acked, uint64_t received);

/** The same of a socket that was reset with SO_LINGER 0: wiped, but for a wrong queue. */
void told_nameless(struct run *r, uint64_t cookie);

/** The sample is filled; returns it. */
struct sample *told_join(struct run *r);

/** A first sample of two established connections, joined. */
void told_two(struct run *r);

/* Of the socket with that cookie: its row, NONE if it has none; is that of this kind; a figure. */
uint32_t told_row_of(const struct sample *s, uint64_t cookie);
bool told_is(const struct sample *s, uint64_t cookie, enum row_kind kind);
uint64_t told_figure(const struct sample *s, uint64_t cookie, enum tcp_metric field);

#endif
