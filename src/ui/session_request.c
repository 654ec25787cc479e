/* What the session asks of whoever samples: only what the screen shows, sorts, filters or follows.
 */
#include <string.h>

#include "session_internal.h"

/* The pinned connections and the opened one are followed closely. */
static void watch(const struct session *s, struct request *r)
{
    const struct ui *ui = &s->ui;
    for (uint32_t i = 0; i < ui->n_pinned && r->n_watched < WATCH_MAX; i++)
        r->watched[r->n_watched++] = ui->pinned[i];
    for (uint32_t i = 0; i < r->n_watched; i++)
        if (conn_same(&r->watched[i], &ui->details))
            return;
    if (ui->overlay == OVERLAY_DETAILS && r->n_watched < WATCH_MAX)
        r->watched[r->n_watched++] = ui->details;
}

static bool same_watched(const struct request *a, const struct request *b)
{
    if (a->n_watched != b->n_watched)
        return false;
    for (uint32_t i = 0; i < a->n_watched; i++)
        if (!conn_same(&a->watched[i], &b->watched[i]))
            return false;
    return true;
}

bool session_request(struct session *s, struct request *req, bool *now)
{
    struct view v = session_view(s);
    struct request r = {
        .needs = view_needs(&v) | s->predicate.needs | lesson_needs(s),
        .interval_ms = s->interval_ms,
        .fade_ds = s->ui.fade_ds,
        .host_facts = true,
        .list_namespaces = s->ui.overlay == OVERLAY_NAMESPACES,
        .close_stats = s->settings->close_stats,
    };
    watch(s, &r);
    if (r.n_watched) /* their figures make the history */
        r.needs |= NEED_TCP_INFO;
    memcpy(r.namespaces, s->namespaces, sizeof(r.namespaces));
    const struct request *old = &s->asked;
    bool changed = !s->asked_once || r.needs != old->needs || r.interval_ms != old->interval_ms ||
                   r.fade_ds != old->fade_ds || r.list_namespaces != old->list_namespaces ||
                   strcmp(r.namespaces, old->namespaces) != 0 || !same_watched(&r, old);
    /* What was not sampled so far is wanted on the screen now, not in an interval. */
    *now = s->sample_now || (s->asked_once && ((r.needs & ~old->needs) != 0 ||
                                               (r.list_namespaces && !old->list_namespaces)));
    s->sample_now = false;
    s->asked = *req = r;
    s->asked_once = true;
    return changed || *now;
}
