/* Whom a finding concerns, twice: as a filter to type, and as a test of one row. Both say the same.
 * And the reverse: which finding is about a state or a row. */
#include "tcptop/explain/finding_scope.h"

#include <string.h>

#include "tcptop/explain/finding_text.h"

static void add_states(uint32_t states, struct str *out)
{
    const char *comma = "";

    if (states == (STATE_MASK_LISTED & ~(uint32_t)STATE_BIT(TCP_STATE_LISTEN))) {
        str_add(out, "!state:LISTEN");
        return;
    }
    str_add(out, "state:");
    for (unsigned state = 1; state < TCP_STATE_COUNT; state++) {
        if (!(states >> state & 1))
            continue;
        str_addf(out, "%s%s", comma, state_name(state));
        comma = ",";
    }
}

void finding_filter(const struct finding *f, struct str *out)
{
    const struct scope *c = &f->scope;
    char address[64];

    if (!c->states)
        return;
    add_states(c->states, out);
    if (f->namespace[0])
        str_addf(out, " netns:\"%s\"", f->namespace);
    if (c->by & SCOPE_PID)
        str_addf(out, " pid:%u", c->pid);
    if (c->by & SCOPE_UID)
        str_addf(out, " uid:%u", c->uid);
    finding_address(&c->ends, false, address);
    if (c->by & SCOPE_SRC)
        str_addf(out, " laddr:%s", address);
    if (c->by & SCOPE_SPORT)
        str_addf(out, " lport:%u", c->ends.sport);
    finding_address(&c->ends, true, address);
    if (c->by & SCOPE_DST)
        str_addf(out, " raddr:%s", address);
    if (c->by & SCOPE_DPORT)
        str_addf(out, " rport:%u", c->ends.dport);
    if (c->by & (SCOPE_PROBE | SCOPE_TIMELESS))
        str_addf(out, " timer:%s", c->by & SCOPE_PROBE ? "persist" : "off");
    if (c->by & (SCOPE_OWNED | SCOPE_ORPHAN))
        str_add(out, c->by & SCOPE_OWNED ? " inode>0" : " !inode>0");
    if (c->by & SCOPE_UNREAD)
        str_addf(out, " recv_q>=%u", c->ends.rqueue);
}

static bool has_pid(const struct sample *s, uint32_t row, uint32_t pid)
{
    const struct owner_group *group = sample_owner(s, row, NULL);

    for (uint32_t i = 0; group && i < group->n; i++)
        if (group->member[i]->pid == pid)
            return true;
    return false;
}

static bool same_ends(const struct scope *c, const struct conn *row)
{
    const struct conn *e = &c->ends;

    return (!(c->by & SCOPE_SRC) ||
            (e->family == row->family && memcmp(e->src, row->src, sizeof e->src) == 0)) &&
           (!(c->by & SCOPE_DST) ||
            (e->family == row->family && memcmp(e->dst, row->dst, sizeof e->dst) == 0)) &&
           (!(c->by & SCOPE_SPORT) || e->sport == row->sport) &&
           (!(c->by & SCOPE_DPORT) || e->dport == row->dport);
}

bool finding_concerns(const struct finding *f, const struct sample *s, uint32_t row)
{
    const struct scope *c = &f->scope;
    const struct conn *conn = &s->conn[row];
    unsigned state = conn->flags & CONN_BOUND ? TCP_STATE_BOUND_INACTIVE : conn->state;

    if (!(c->states >> state & 1) || (f->namespace[0] && c->ends.netns != conn->netns))
        return false;
    return same_ends(c, conn) && (!(c->by & SCOPE_PID) || has_pid(s, row, c->pid)) &&
           (!(c->by & SCOPE_UID) || conn->uid == c->uid) &&
           (!(c->by & SCOPE_PROBE) || conn->timer == TIMER_PROBE) &&
           (!(c->by & SCOPE_TIMELESS) || conn->timer == TIMER_OFF) &&
           (!(c->by & SCOPE_OWNED) || conn->inode) && (!(c->by & SCOPE_ORPHAN) || !conn->inode) &&
           (!(c->by & SCOPE_UNREAD) || conn->rqueue >= c->ends.rqueue);
}

const struct finding *finding_about(const struct sample *s, unsigned state, uint32_t row)
{
    const struct findings *f = s->findings;

    for (uint32_t i = 0; f && i < f->n && f->list[i].severity >= SEVERITY_WARNING; i++)
        if (f->list[i].marks >> state & 1 &&
            (row == UINT32_MAX || finding_concerns(&f->list[i], s, row)))
            return &f->list[i];
    return NULL;
}
