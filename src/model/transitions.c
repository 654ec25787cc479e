/* SPDX-License-Identifier: MIT */
/* Which transitions two states of a connection, one sample apart, tell of. */
#include "tcptop/model/transitions.h"

#define B(ident) (UINT16_C(1) << TRANSITION_##ident)

_Static_assert(TRANSITION_COUNT <= 16, "a bit per edge");

/* From ESTABLISHED on. A FIN with the ACK of ours passes FIN_WAIT2 in one step
 * (net/ipv4/tcp_input.c tcp_rcv_state_process); CLOSING is only counted where it was seen. */
#define TO_FIN_WAIT1  B(CLOSE_HERE)
#define TO_FIN_WAIT2  (TO_FIN_WAIT1 | B(FIN_ACKED))
#define TO_TIME_WAIT  (TO_FIN_WAIT2 | B(FIN_CAME))
#define TO_CLOSING    (TO_FIN_WAIT1 | B(BOTH_CLOSE))
#define TO_CLOSE_WAIT B(CLOSE_THERE)
#define TO_LAST_ACK   (TO_CLOSE_WAIT | B(CLOSE_AFTER))

#define ONWARD(opened)                                                                             \
    [TCP_STATE_ESTABLISHED] = (opened), [TCP_STATE_FIN_WAIT1] = (opened) | TO_FIN_WAIT1,           \
    [TCP_STATE_FIN_WAIT2] = (opened) | TO_FIN_WAIT2,                                               \
    [TCP_STATE_TIME_WAIT] = (opened) | TO_TIME_WAIT, [TCP_STATE_CLOSING] = (opened) | TO_CLOSING,  \
    [TCP_STATE_CLOSE_WAIT] = (opened) | TO_CLOSE_WAIT,                                             \
    [TCP_STATE_LAST_ACK] = (opened) | TO_LAST_ACK

static const uint16_t ways[TCP_STATE_COUNT][TCP_STATE_COUNT] = {
    [0] = {[TCP_STATE_SYN_SENT] = B(CONNECT), [TCP_STATE_SYN_RECV] = B(SYN), ONWARD(0)},
    [TCP_STATE_SYN_SENT] = {[TCP_STATE_SYN_RECV] = B(BOTH_OPEN), ONWARD(B(ANSWERED))},
    [TCP_STATE_SYN_RECV] = {ONWARD(B(ACCEPTED))},
    [TCP_STATE_ESTABLISHED] = {ONWARD(0)},
    [TCP_STATE_FIN_WAIT1] = {[TCP_STATE_FIN_WAIT2] = B(FIN_ACKED),
                             [TCP_STATE_CLOSING] = B(BOTH_CLOSE),
                             [TCP_STATE_TIME_WAIT] = B(FIN_ACKED) | B(FIN_CAME)},
    [TCP_STATE_FIN_WAIT2] = {[TCP_STATE_TIME_WAIT] = B(FIN_CAME)},
    [TCP_STATE_CLOSING] = {[TCP_STATE_TIME_WAIT] = B(CLOSING_ACKED)},
    [TCP_STATE_CLOSE_WAIT] = {[TCP_STATE_LAST_ACK] = B(CLOSE_AFTER)},
};

static void count(struct transitions *t, uint16_t passed)
{
    for (unsigned transition = 0; passed; transition++, passed >>= 1)
        t->seen[transition] += passed & 1;
}

void transitions_change(struct transitions *t, unsigned from, unsigned to)
{
    if (from < TCP_STATE_COUNT && to < TCP_STATE_COUNT)
        count(t, ways[from][to]);
}

void transitions_end(struct transitions *t, unsigned state, bool by_time)
{
    if (state == TCP_STATE_TIME_WAIT)
        count(t, B(WAIT_OVER));
    else if (state == TCP_STATE_FIN_WAIT2 && by_time)
        count(t, B(ORPHAN_OVER));
    else if (state == TCP_STATE_LAST_ACK)
        count(t, B(LAST_ACKED));
}
