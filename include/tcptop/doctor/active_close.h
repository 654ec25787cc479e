/* SPDX-License-Identifier: MIT */
/* Which end closed first: what the local ports of TIME_WAIT tell. */
#ifndef TCPTOP_DOCTOR_ACTIVE_CLOSE_H
#define TCPTOP_DOCTOR_ACTIVE_CLOSE_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/doctor/listeners.h"
#include "tcptop/model/sample.h"

struct active_close {
    uint32_t server;       /* on a port where something listens */
    uint16_t server_port;  /* the only such port, 0 when there are several */
    uint32_t client;       /* on another port of the ephemeral range */
    uint32_t other;        /* neither: the listener is gone, or the program chose the port */
    uint32_t peer;         /* client row whose destination is used most; UINT32_MAX: none */
    uint32_t peer_ports;   /* ephemeral ports towards it in use, any state */
    uint32_t peer_waiting; /* those in TIME_WAIT */
    bool range_known;      /* else `client` and `other` are 0: not known */
    uint32_t range;        /* ports in the range, of the peer's namespace */
};

/** Sort the TIME_WAIT rows by who closed. `listening`: the ports where something listens. */
void active_close_count(struct active_close *c, const struct sample *s,
                        const struct port_set *listening);

#endif
