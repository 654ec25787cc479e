/* SPDX-License-Identifier: MIT */
/* Samples of three imagined hosts, for the texts that quote them. */
#ifndef TESTS_LIB_HOSTS_H
#define TESTS_LIB_HOSTS_H

#include "tcptop/model/sample.h"

/** An empty complete sample, one minute after the start, with a history to fill; the doctor has
 *  looked at it and has found nothing. */
struct sample *host_new(void);

/** Add `n` rows like `c`, each with a port of its own on the remote end, or on the local one. */
void host_add(struct sample *s, uint32_t n, struct conn c);

void host_sysctl_set(struct sample *s, enum host_sysctl which, int64_t value);

/** Count, and give the history 61 samples, a second apart: the first with `was` rows in `state` and
 *  all else as now, counters at 0; the rest as now, with the sample's counters. */
void host_finish(struct sample *s, unsigned state, uint32_t was);

struct sample *host_web01(void);  /* an ordinary host */
struct sample *host_devbox(void); /* a laptop after two page loads on port 3000 */
struct sample *host_api07(void);  /* 412 connections in CLOSE_WAIT */

#endif
