/* The breakdown of the state that the pane tells about: made for each sample shown, by the worker
 * where it is large; nothing while the pane shows no numbers. The one before stands meanwhile. */
#include <stdlib.h>

#include "session_internal.h"

#define STEP_ROWS 65536u

struct breaking {
    struct task task;      /* first: they are cast */
    struct row_view *list; /* a reference: its sample and survey */
    struct breakdown_work work;
    struct breakdown breakdown;
    bool done;
};

static bool breaking_step(struct task *e)
{
    struct breaking *b = (struct breaking *)e;
    if (!breakdown_step(&b->work, STEP_ROWS) && !e->cancelled)
        return false;
    breakdown_finish(&b->work);
    b->done = true;
    return true;
}

static void breaking_tell(struct task *e, struct session *s)
{
    struct breaking *b = (struct breaking *)e;
    s->breakdown = b->breakdown;
    s->breaking = NULL;
}

static void breaking_free(struct task *e)
{
    struct breaking *b = (struct breaking *)e;
    if (!b->done)
        breakdown_finish(&b->work);
    row_view_unref(b->list);
    free(b);
}

static struct breaking *breaking_new(const struct session *s, unsigned state)
{
    struct breaking *b = calloc(1, sizeof *b);
    if (!b)
        return NULL;
    b->task = (struct task){.step = breaking_step, .tell = breaking_tell, .free = breaking_free};
    if (breakdown_begin(&b->work, &b->breakdown, s->list->sample, &s->list->summary, state)) {
        free(b);
        return NULL;
    }
    b->list = row_view_ref(s->list);
    return b;
}

static bool is_current(const struct breakdown *b, const struct sample *shown)
{
    return b->state && b->of == shown && b->seq == shown->seq;
}

void breakdown_settle(struct session *s)
{
    struct view v = session_view(s);
    unsigned state = v.shown ? view_numbers_state(&v) : 0;
    if (s->breaking && s->breaking_state != state) { /* nobody waits for it any more */
        s->breaking->cancelled = true;
        s->breaking = NULL;
    }
    if (s->breakdown.state != state)
        s->breakdown.state = 0;
    if (state == 0 || s->breaking || is_current(&s->breakdown, v.shown))
        return;
    struct breaking *b = breaking_new(s, state);
    if (!b)
        return;
    s->breaking = &b->task;
    s->breaking_state = state;
    session_run(s, &b->task, b->list->sample);
}
