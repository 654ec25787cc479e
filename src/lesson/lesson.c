/* SPDX-License-Identifier: MIT */
/* Plays a lesson. The operations of a step are sent to the peers one by one, each after the reply
 * to the one before; then samples are taken until one contains the sockets that the step announces.
 */
#include "tcptop/lesson/lesson.h"

#include <errno.h>

#include "tcptop/base/clock.h"
#include "tcptop/source/destroy.h"

#define ANSWER_EVERY_NS (2 * NS_PER_MS) /* how often to ask for it */
#define LOOK_EVERY_NS   (20 * NS_PER_MS)
#define ANSWER_WITHIN   (5 * NS_PER_S) /* an order has 2 s for each of its waits */
#define LISTED_WITHIN   (3 * NS_PER_S) /* one that takes a second to sample is fast enough */
#define LACKING_IS_OVER 2              /* a single dump may have a gap */

/* Before the first step of a scene that is set up again. */
static const struct lesson_step clear_away = {
    .orders = {{WHO_CLIENT, LESSON_OP_ABANDON}, {WHO_SERVER, LESSON_OP_ABANDON}},
};

int lesson_init(struct lesson *l, unsigned state)
{
    *l = (struct lesson){.state = state, .script = lesson_script(state)};
    return l->script ? lesson_net_start(&l->lesson_net) : -EINVAL;
}

void lesson_fini(struct lesson *l)
{
    lesson_net_end(&l->lesson_net);
}

/* The step under way. */
static const struct lesson_step *current(const struct lesson *l)
{
    return l->clearing ? &clear_away : &l->script->steps[l->taken];
}

const struct lesson_step *lesson_shown(const struct lesson *l)
{
    return l->shown ? &l->script->steps[l->shown - 1] : NULL;
}

bool lesson_is_over(const struct lesson *l)
{
    return l->phase == LESSON_STANDS && l->shown && l->lacking >= LACKING_IS_OVER;
}

static void enter(struct lesson *l, enum lesson_phase phase, int64_t now_ns)
{
    l->phase = phase;
    l->since_ns = now_ns;
    l->look_ns = 0;
}

/* Where it stands now is not known: the next try begins anew. */
static void fail(struct lesson *l, int error, int64_t now_ns)
{
    l->error = error;
    l->incomplete = true;
    l->news = true;
    if (error == -EPIPE || error == -ETIMEDOUT)
        lesson_net_end(&l->lesson_net);
    enter(l, LESSON_STANDS, now_ns);
}

/* Give the next order of the step under way; after the last, wait for the sample. */
static void go_on(struct lesson *l, int64_t now_ns)
{
    const struct lesson_order *order = &current(l)->orders[l->orders];
    if (l->orders == LESSON_ORDERS_MAX || order->op == LESSON_OP_NONE) {
        enter(l, LESSON_AWAITS, now_ns);
        return;
    }
    l->orders++;
    const int rc = lesson_net_tell(&l->lesson_net, order->who, order->op);
    if (rc)
        fail(l, rc, now_ns);
    else
        enter(l, LESSON_ORDERED, now_ns);
}

static void begin(struct lesson *l, int64_t now_ns)
{
    l->orders = 0;
    go_on(l, now_ns);
}

/* Both processes, anew where one has gone: then the scene begins from nothing. */
static int need_lesson_net(struct lesson *l, bool *again)
{
    if (lesson_net_stands(&l->lesson_net))
        return 0;
    *again = *again || l->taken > 0;
    lesson_net_end(&l->lesson_net);
    return lesson_net_start(&l->lesson_net);
}

/* Go to a step; `again`: from an empty scene. */
static void go_to(struct lesson *l, unsigned step, bool again, int64_t now_ns)
{
    l->wanted = step;
    l->error = 0;
    const int rc = need_lesson_net(l, &again);
    l->clearing = again;
    l->incomplete = false;
    l->lacking = 0;
    if (again)
        l->taken = 0;
    if (rc)
        fail(l, rc, now_ns);
    else
        begin(l, now_ns);
}

bool lesson_next(struct lesson *l, int64_t now_ns)
{
    const bool again = l->incomplete || l->lacking;

    if (l->phase != LESSON_STANDS || (l->shown == l->script->n && !again))
        return false;
    go_to(l, l->shown == l->script->n ? l->shown : l->shown + 1, again, now_ns);
    return true;
}

bool lesson_back(struct lesson *l, int64_t now_ns)
{
    if (l->phase != LESSON_STANDS || l->shown < 2)
        return false;
    go_to(l, l->shown - 1, true, now_ns);
    return true;
}

bool lesson_tick(struct lesson *l, int64_t now_ns)
{
    if (l->phase == LESSON_ORDERED) {
        const int rc = lesson_net_answer(&l->lesson_net);
        if (rc == 0)
            go_on(l, now_ns);
        else if (rc != -EAGAIN)
            fail(l, rc, now_ns);
        else if (now_ns - l->since_ns >= ANSWER_WITHIN)
            fail(l, -ETIMEDOUT, now_ns);
    }
    if (l->phase != LESSON_AWAITS || now_ns < l->look_ns)
        return false;
    if (now_ns - l->since_ns >= LISTED_WITHIN)
        fail(l, -ENODATA, now_ns);
    l->look_ns = now_ns + LOOK_EVERY_NS;
    return l->phase == LESSON_AWAITS;
}

int64_t lesson_due(const struct lesson *l, int64_t now_ns)
{
    switch (l->phase) {
    case LESSON_ORDERED:
        return now_ns + ANSWER_EVERY_NS;
    case LESSON_AWAITS:
        return l->look_ns ? l->look_ns : now_ns;
    case LESSON_STANDS:
        break;
    }
    return 0;
}

/* Is the sign there? Signs are of one row, or of all in the state. */
static bool has_sign(const struct sample *s, const struct lesson_sign *sign)
{
    bool one = false, all = true;
    for (uint32_t i = 0; i < s->n_live; i++) {
        const struct conn *c = &s->conn[i];
        if (c->state != sign->state)
            continue;
        one = one || (sign->kind == SIGN_RECV_Q && c->rqueue == sign->value) ||
              (sign->kind == SIGN_SEND_Q && c->wqueue > 0) ||
              (sign->kind == SIGN_NOT_OWNED && c->inode == 0);
        all = all && (sign->kind != SIGN_QUIET || c->rqueue == 0) &&
              (sign->kind != SIGN_TIMER || c->timer == sign->value) &&
              (sign->kind != SIGN_OWNED || c->inode != 0);
    }
    return one || (all && (sign->kind == SIGN_QUIET || sign->kind == SIGN_TIMER ||
                           sign->kind == SIGN_OWNED));
}

/* Are just those rows there, `may_go`: but for states whose rows may have ended? */
static bool has_rows(const struct lesson_step *step, const struct sample *s, unsigned may_go)
{
    for (unsigned state = 0; state < TCP_STATE_COUNT; state++) {
        const bool fewer = (may_go & STATE_BIT(state)) && s->count[state] < step->listed[state];
        if (s->count[state] != step->listed[state] && !fewer)
            return false;
    }
    return true;
}

bool lesson_listed(const struct lesson_step *step, const struct sample *s)
{
    if (!has_rows(step, s, 0))
        return false;
    for (unsigned i = 0; i < LESSON_SIGNS_MAX && step->sign[i].kind != SIGN_NONE; i++)
        if (!has_sign(s, &step->sign[i]))
            return false;
    return true;
}

/* The step that was awaited is there. */
static void take(struct lesson *l, int64_t now_ns)
{
    if (!l->clearing)
        l->taken++;
    l->clearing = false;
    if (l->taken < l->wanted) {
        begin(l, now_ns);
        return;
    }
    l->shown = l->taken;
    l->news = true;
    enter(l, LESSON_STANDS, now_ns);
}

/* What its processes no longer have, TIME_WAIT and orphans, the kernel goes on with by itself. */
static void clear_leftovers(const struct sample *s)
{
    for (uint32_t i = 0; i < s->n_live && lesson_net_entered(); i++)
        destroy_conn(&s->conn[i], NULL);
}

void lesson_sample(struct lesson *l, const struct sample *s, int64_t now_ns)
{
    if (s->status != SAMPLE_COMPLETE)
        return;
    if (l->phase == LESSON_AWAITS) { /* by a dump that began after the last order */
        if (s->mono_ns - s->cost_ns < l->since_ns)
            return;
        if (lesson_listed(current(l), s))
            take(l, now_ns);
        else if (l->clearing)
            clear_leftovers(s);
    } else if (l->phase == LESSON_STANDS && l->shown && !l->error) {
        const struct lesson_step *step = lesson_shown(l);
        l->incomplete = !has_rows(step, s, 0);
        l->lacking = has_rows(step, s, step->may_go) ? 0 : l->lacking + 1;
    }
}

bool lesson_news(struct lesson *l)
{
    const bool news = l->news;
    l->news = false;
    return news;
}
