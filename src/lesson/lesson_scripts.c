/* SPDX-License-Identifier: MIT */
/* The scripts of the lessons: who does what, what the kernel lists then, and the words for it. */
#include "tcptop/lesson/lesson.h"

#define SERVER(op)                                                                                 \
    {                                                                                              \
        WHO_SERVER, LESSON_OP_##op                                                                 \
    }
#define CLIENT(op)                                                                                 \
    {                                                                                              \
        WHO_CLIENT, LESSON_OP_##op                                                                 \
    }

#define ABOUT(words, state) .text = MSG_LESSON_##words, .about = TCP_STATE_##state

/* Rows in a state. */
#define LISTEN(n)      [TCP_STATE_LISTEN] = (n)
#define SYN_SENT(n)    [TCP_STATE_SYN_SENT] = (n)
#define SYN_RECV(n)    [TCP_STATE_SYN_RECV] = (n)
#define ESTABLISHED(n) [TCP_STATE_ESTABLISHED] = (n)
#define FIN_WAIT1(n)   [TCP_STATE_FIN_WAIT1] = (n)
#define FIN_WAIT2(n)   [TCP_STATE_FIN_WAIT2] = (n)
#define CLOSING(n)     [TCP_STATE_CLOSING] = (n)
#define TIME_WAIT(n)   [TCP_STATE_TIME_WAIT] = (n)
#define CLOSE_WAIT(n)  [TCP_STATE_CLOSE_WAIT] = (n)
#define LAST_ACK(n)    [TCP_STATE_LAST_ACK] = (n)
#define BOUND(n)       [TCP_STATE_BOUND_INACTIVE] = (n)

/* What else is said of them. */
#define RECV_Q(state, n)                                                                           \
    {                                                                                              \
        SIGN_RECV_Q, TCP_STATE_##state, (n)                                                        \
    }
#define QUIET(state)                                                                               \
    {                                                                                              \
        SIGN_QUIET, TCP_STATE_##state, 0                                                           \
    }
#define SEND_Q(state)                                                                              \
    {                                                                                              \
        SIGN_SEND_Q, TCP_STATE_##state, 0                                                          \
    }
#define TIMER(state, which)                                                                        \
    {                                                                                              \
        SIGN_TIMER, TCP_STATE_##state, TIMER_##which                                               \
    }
#define OWNED(state)                                                                               \
    {                                                                                              \
        SIGN_OWNED, TCP_STATE_##state, 0                                                           \
    }
#define NOT_OWNED(state)                                                                           \
    {                                                                                              \
        SIGN_NOT_OWNED, TCP_STATE_##state, 0                                                       \
    }

/* An ordinary connection. */
#define PAIR                                                                                       \
    {                                                                                              \
        ABOUT(PAIR, ESTABLISHED), .listed = {LISTEN(1), ESTABLISHED(2)},                           \
                                  .sign = {OWNED(ESTABLISHED)},                                    \
                                  .orders = {SERVER(LISTEN), CLIENT(CONNECT), SERVER(ACCEPT)},     \
    }
/* One with data that the client keeps back. */
#define STUFFED                                                                                    \
    {                                                                                              \
        ABOUT(STUFFED, ESTABLISHED),                                                               \
            .listed = {LISTEN(1), ESTABLISHED(2)}, .sign = {SEND_Q(ESTABLISHED)},                  \
            .orders = {SERVER(LISTEN), CLIENT(CONNECT_SMALL), SERVER(ACCEPT), SERVER(FILL)},       \
    }

static const struct lesson_step listen_steps[] = {
    {ABOUT(LISTEN_1, LISTEN), .listed = {LISTEN(1)}, .sign = {TIMER(LISTEN, OFF)},
     .orders = {SERVER(LISTEN)}},
    {ABOUT(LISTEN_2, LISTEN), .listed = {LISTEN(1), ESTABLISHED(2)},
     .sign = {RECV_Q(LISTEN, 1), NOT_OWNED(ESTABLISHED)}, .orders = {CLIENT(CONNECT)}},
    {ABOUT(LISTEN_3, LISTEN), .listed = {LISTEN(1), ESTABLISHED(2)},
     .sign = {QUIET(LISTEN), OWNED(ESTABLISHED)}, .orders = {SERVER(ACCEPT)}},
    {ABOUT(LISTEN_4, ESTABLISHED), .listed = {ESTABLISHED(2)}, .orders = {SERVER(CLOSE_LISTENER)}},
};
static const struct lesson_step syn_sent_steps[] = {
    {ABOUT(SYN_SENT_1, LISTEN), .listed = {LISTEN(1), ESTABLISHED(2)}, .sign = {RECV_Q(LISTEN, 1)},
     .orders = {SERVER(LISTEN_FULL), CLIENT(CONNECT)}},
    {ABOUT(SYN_SENT_2, SYN_SENT), .listed = {LISTEN(1), ESTABLISHED(2), SYN_SENT(1)},
     .sign = {TIMER(SYN_SENT, RETRANSMIT)}, .orders = {CLIENT(CONNECT_UNANSWERED)}},
    {ABOUT(SYN_SENT_3, SYN_SENT), .listed = {LISTEN(1), ESTABLISHED(2)},
     .orders = {CLIENT(CLOSE_SECOND)}},
};
static const struct lesson_step syn_recv_steps[] = {
    {ABOUT(SYN_RECV_1, LISTEN), .listed = {LISTEN(1)}, .orders = {SERVER(LISTEN_DEFERRING)}},
    {ABOUT(SYN_RECV_2, SYN_RECV), .listed = {LISTEN(1), SYN_RECV(1), ESTABLISHED(1)},
     .sign = {NOT_OWNED(SYN_RECV)}, .orders = {CLIENT(CONNECT)}},
    {ABOUT(SYN_RECV_3, ESTABLISHED), .listed = {LISTEN(1), ESTABLISHED(2)},
     .sign = {RECV_Q(ESTABLISHED, LESSON_PEER_BYTES), NOT_OWNED(ESTABLISHED)},
     .orders = {CLIENT(WRITE)}},
};
static const struct lesson_step established_steps[] = {
    {ABOUT(ESTABLISHED_1, ESTABLISHED), .listed = {LISTEN(1), ESTABLISHED(2)},
     .sign = {TIMER(ESTABLISHED, OFF)},
     .orders = {SERVER(LISTEN), CLIENT(CONNECT), SERVER(ACCEPT)}},
    {ABOUT(ESTABLISHED_2, ESTABLISHED), .listed = {LISTEN(1), ESTABLISHED(2)},
     .sign = {RECV_Q(ESTABLISHED, LESSON_PEER_BYTES)}, .orders = {SERVER(WRITE)}},
    {ABOUT(ESTABLISHED_3, ESTABLISHED), .listed = {LISTEN(1)}, .orders = {CLIENT(CLOSE)}},
};
static const struct lesson_step fin_wait1_steps[] = {
    STUFFED,
    {ABOUT(FIN_WAIT1_2, FIN_WAIT1), .listed = {LISTEN(1), FIN_WAIT1(1), ESTABLISHED(1)},
     .sign = {SEND_Q(FIN_WAIT1)}, .orders = {SERVER(SHUT)}},
    {ABOUT(FIN_WAIT1_3, FIN_WAIT2), .listed = {LISTEN(1), FIN_WAIT2(1), CLOSE_WAIT(1)},
     .orders = {CLIENT(READ_ALL)}},
};
static const struct lesson_step fin_wait2_steps[] = {
    PAIR,
    {ABOUT(FIN_WAIT2_2, FIN_WAIT2), .listed = {LISTEN(1), FIN_WAIT2(1), CLOSE_WAIT(1)},
     .sign = {TIMER(FIN_WAIT2, OFF), OWNED(FIN_WAIT2)}, .orders = {SERVER(SHUT)}},
    {ABOUT(FIN_WAIT2_3, FIN_WAIT2), .listed = {LISTEN(1), FIN_WAIT2(1), CLOSE_WAIT(1)},
     .sign = {TIMER(FIN_WAIT2, TIMEWAIT), NOT_OWNED(FIN_WAIT2)}, .orders = {SERVER(CLOSE)}},
    {ABOUT(FIN_WAIT2_4, TIME_WAIT), .listed = {LISTEN(1), TIME_WAIT(1)}, .orders = {CLIENT(CLOSE)}},
};
static const struct lesson_step closing_steps[] = {
    STUFFED,
    {ABOUT(CLOSING_2, FIN_WAIT1), .listed = {LISTEN(1), FIN_WAIT1(1), ESTABLISHED(1)},
     .sign = {SEND_Q(FIN_WAIT1)}, .orders = {SERVER(SHUT)}},
    {ABOUT(CLOSING_3, CLOSING), .listed = {LISTEN(1), CLOSING(1), FIN_WAIT2(1)},
     .sign = {SEND_Q(CLOSING)}, .orders = {CLIENT(SHUT)}},
    {ABOUT(CLOSING_4, TIME_WAIT), .listed = {LISTEN(1), TIME_WAIT(2)},
     .orders = {CLIENT(READ_ALL)}},
};
static const struct lesson_step time_wait_steps[] = {
    PAIR,
    {ABOUT(TIME_WAIT_2, FIN_WAIT2), .listed = {LISTEN(1), FIN_WAIT2(1), CLOSE_WAIT(1)},
     .orders = {SERVER(CLOSE)}},
    {ABOUT(TIME_WAIT_3, TIME_WAIT), .listed = {LISTEN(1), TIME_WAIT(1)},
     .sign = {TIMER(TIME_WAIT, TIMEWAIT), NOT_OWNED(TIME_WAIT)}, .orders = {CLIENT(CLOSE)}},
    {ABOUT(TIME_WAIT_4, ESTABLISHED), .listed = {LISTEN(1), ESTABLISHED(2)},
     .sign = {OWNED(ESTABLISHED)}, .orders = {CLIENT(CONNECT_AGAIN), SERVER(ACCEPT)}},
};
static const struct lesson_step close_wait_steps[] = {
    PAIR,
    {ABOUT(CLOSE_WAIT_2, CLOSE_WAIT), .listed = {LISTEN(1), FIN_WAIT2(1), CLOSE_WAIT(1)},
     .sign = {RECV_Q(CLOSE_WAIT, 1)}, .may_go = STATE_BIT(TCP_STATE_FIN_WAIT2),
     .orders = {CLIENT(CLOSE)}},
    {ABOUT(CLOSE_WAIT_3, CLOSE_WAIT), .listed = {LISTEN(1), FIN_WAIT2(1), CLOSE_WAIT(1)},
     .sign = {QUIET(CLOSE_WAIT), TIMER(CLOSE_WAIT, OFF)}, .may_go = STATE_BIT(TCP_STATE_FIN_WAIT2),
     .orders = {SERVER(READ_ALL)}},
    {ABOUT(CLOSE_WAIT_4, TIME_WAIT), .listed = {LISTEN(1), TIME_WAIT(1)},
     .orders = {SERVER(CLOSE)}},
};
static const struct lesson_step last_ack_steps[] = {
    STUFFED,
    {ABOUT(LAST_ACK_2, CLOSE_WAIT), .listed = {LISTEN(1), FIN_WAIT2(1), CLOSE_WAIT(1)},
     .sign = {SEND_Q(CLOSE_WAIT)}, .orders = {CLIENT(SHUT)}},
    {ABOUT(LAST_ACK_3, LAST_ACK), .listed = {LISTEN(1), FIN_WAIT2(1), LAST_ACK(1)},
     .sign = {SEND_Q(LAST_ACK)}, .orders = {SERVER(SHUT)}},
    {ABOUT(LAST_ACK_4, TIME_WAIT), .listed = {LISTEN(1), TIME_WAIT(1)},
     .orders = {CLIENT(READ_ALL)}},
};
static const struct lesson_step bound_steps[] = {
    {ABOUT(BOUND_1, BOUND_INACTIVE), .listed = {BOUND(1)}, .orders = {SERVER(BIND)}},
    {ABOUT(BOUND_2, BOUND_INACTIVE), .listed = {BOUND(1)}, .orders = {SERVER(BIND_TWICE)}},
    {ABOUT(BOUND_3, LISTEN), .listed = {LISTEN(1)}, .orders = {SERVER(LISTEN_BOUND)}},
};

#define SCRIPT(list, queue)                                                                        \
    {                                                                                              \
        list, sizeof(list) / sizeof((list)[0]), COL_##queue                                        \
    }

static const struct lesson_script scripts[TCP_STATE_COUNT] = {
    [TCP_STATE_LISTEN] = SCRIPT(listen_steps, RECV_Q),
    [TCP_STATE_SYN_SENT] = SCRIPT(syn_sent_steps, RECV_Q),
    [TCP_STATE_SYN_RECV] = SCRIPT(syn_recv_steps, RECV_Q),
    [TCP_STATE_ESTABLISHED] = SCRIPT(established_steps, RECV_Q),
    [TCP_STATE_FIN_WAIT1] = SCRIPT(fin_wait1_steps, SEND_Q),
    [TCP_STATE_FIN_WAIT2] = SCRIPT(fin_wait2_steps, RECV_Q),
    [TCP_STATE_CLOSING] = SCRIPT(closing_steps, SEND_Q),
    [TCP_STATE_TIME_WAIT] = SCRIPT(time_wait_steps, RECV_Q),
    [TCP_STATE_CLOSE_WAIT] = SCRIPT(close_wait_steps, RECV_Q),
    [TCP_STATE_LAST_ACK] = SCRIPT(last_ack_steps, SEND_Q),
    [TCP_STATE_BOUND_INACTIVE] = SCRIPT(bound_steps, RECV_Q),
};

const struct lesson_script *lesson_script(unsigned state)
{
    return state < TCP_STATE_COUNT && scripts[state].n ? &scripts[state] : NULL;
}
