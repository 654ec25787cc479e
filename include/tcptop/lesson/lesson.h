/* SPDX-License-Identifier: MIT */
/* Lessons: a state comes about step by step, with real sockets, each step with its words. A step
 * is taken only when a sample lists just what its words say; until then the last one's stand. */
#ifndef TCPTOP_LESSON_LESSON_H
#define TCPTOP_LESSON_LESSON_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/lesson/lesson_net.h"
#include "tcptop/model/sample.h"
#include "tcptop/query/column.h"
#include "tcptop/text/text.h"

/* What one of the two processes is told to do. */
struct lesson_order {
    enum who who;
    enum lesson_op op;
};

/* What the words say of rows in a state, beside that they are there. */
enum lesson_sign_kind {
    SIGN_NONE,
    SIGN_RECV_Q,   /* one has so many in its receive queue */
    SIGN_QUIET,    /* all have nothing in it */
    SIGN_SEND_Q,   /* one has something in its send queue */
    SIGN_TIMER,    /* all have this timer (enum conn_timer) */
    SIGN_OWNED,    /* a file refers to each */
    SIGN_NOT_OWNED /* none refers to one of them */
};
struct lesson_sign {
    enum lesson_sign_kind kind;
    uint8_t state, value;
};

#define LESSON_ORDERS_MAX 4
#define LESSON_SIGNS_MAX  2

struct lesson_step {
    enum msg text;                                 /* three paragraphs */
    uint8_t about;                                 /* the state that they are about */
    uint8_t listed[TCP_STATE_COUNT];               /* rows in each state, all others have none */
    uint16_t may_go;                               /* states whose rows may end while it stands */
    struct lesson_sign sign[LESSON_SIGNS_MAX];     /* up to SIGN_NONE */
    struct lesson_order orders[LESSON_ORDERS_MAX]; /* up to LESSON_OP_NONE */
};

struct lesson_script {
    const struct lesson_step *steps;
    uint8_t n;
    uint8_t queue; /* enum column_id: the one of both queues to look at */
};

/** The lesson about a state (enum tcp_state), NULL: there is none. */
const struct lesson_script *lesson_script(unsigned state);

enum lesson_phase {
    LESSON_STANDS,  /* the user reads; a key begins the next step */
    LESSON_ORDERED, /* a peer carries out an order of the next step */
    LESSON_AWAITS   /* all is done; a sample must list what the step announces */
};

struct lesson {
    unsigned state;
    const struct lesson_script *script;
    unsigned shown;  /* the step whose words stand, from 1; 0: none yet */
    unsigned taken;  /* steps of the scene as it stands */
    unsigned wanted; /* to be taken */
    enum lesson_phase phase;
    unsigned orders;  /* of the step under way, told so far */
    int64_t since_ns; /* of the phase; monotonic, like all times here */
    int64_t look_ns;  /* when to look again */
    int error;        /* of the last try: -errno, -ENODATA when the kernel does not list it */
    unsigned lacking; /* samples in a row that lacked something of the step that stands */
    bool incomplete;  /* the last sample lacked something: the scene cannot go on from here */
    bool clearing;    /* what there is goes first */
    bool news;
    struct lesson_net lesson_net;
};

/** Starts the scene, in the namespace of the process. Returns 0 or -errno. */
int lesson_init(struct lesson *l, unsigned state);
void lesson_fini(struct lesson *l);

/** Go to the next step, setting the scene up again where the last one no longer stands. False when
 *  that was the last, or one is under way. */
bool lesson_next(struct lesson *l, int64_t now_ns);

/** Go to the step before: the scene is set up again as far as that. False at the first step, or
 * when one is under way. */
bool lesson_back(struct lesson *l, int64_t now_ns);

/** Go on with what is under way; true: sample now. */
bool lesson_tick(struct lesson *l, int64_t now_ns);

/** When lesson_tick() has something to do; 0: nothing. */
int64_t lesson_due(const struct lesson *l, int64_t now_ns);

/** A sample has come. */
void lesson_sample(struct lesson *l, const struct sample *s, int64_t now_ns);

/** Has a step been taken, or failed (`error`), since the last call? */
bool lesson_news(struct lesson *l);

/** Has something of what the words say ended since? */
bool lesson_is_over(const struct lesson *l);

/** The step whose words stand; NULL before the first. */
const struct lesson_step *lesson_shown(const struct lesson *l);

/** Does the sample list just what the step says? For tests. */
bool lesson_listed(const struct lesson_step *step, const struct sample *s);

#endif
