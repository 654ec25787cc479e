/* One pass over a sample's rows for one state. */
#include "tcptop/explain/breakdown.h"

#include <errno.h>
#include <stdlib.h>

#include "breakdown_parts.h"
#include "tcptop/base/hash.h"
#include "tcptop/doctor/tcp_timeouts.h"
#include "tcptop/explain/sample_summary.h"

#define MS_PER_DS 100

const uint32_t breakdown_age_s[BREAKDOWN_AGES] = {10, 60, 600, 3600};

/* How long it has been in the state at least; `*sure` where that is how long. In CLOSE_WAIT the
 * peer's FIN came before its last ACK, or with it. */
static uint64_t age_ms(const struct sample *s, uint32_t row, bool *sure)
{
    uint32_t since = s->times ? s->times[row].changed_ds : 0;
    uint64_t age = s->times ? (uint64_t)(s->now_ds - since) * MS_PER_DS : 0, ack;

    *sure = since > 0;
    if (s->conn[row].state == TCP_STATE_CLOSE_WAIT &&
        tcp_metrics_get(sample_metrics(s, row), METRICS_last_ack_recv_ms, &ack) && ack > age)
        return ack;
    return age;
}

static void add_age(struct breakdown *b, const struct sample *s, uint32_t row)
{
    bool sure;
    uint64_t age = age_ms(s, row, &sure);

    b->ages_vague |= !sure;
    if (age > b->oldest_ms)
        b->oldest_ms = age;
    for (unsigned i = 0; i < BREAKDOWN_AGES; i++)
        b->aged[i] += age >= UINT64_C(1000) * breakdown_age_s[i];
}

/* A FIN that has come counts as a byte until it is read, one that was sent until it is
 * acknowledged, as a SYN does (net/ipv4/tcp_diag.c tcp_diag_get_info). */
static void add_queues(struct breakdown *b, const struct conn *c)
{
    uint32_t came = c->state == TCP_STATE_CLOSE_WAIT || c->state == TCP_STATE_LAST_ACK ||
                    c->state == TCP_STATE_CLOSING;
    uint32_t went = c->state != TCP_STATE_ESTABLISHED && c->state != TCP_STATE_CLOSE_WAIT;
    uint32_t received = c->rqueue > came ? c->rqueue - came : 0;
    uint32_t sent = c->wqueue > went ? c->wqueue - went : 0;

    b->received.rows += received > 0;
    b->received.bytes += received;
    b->received.most = received > b->received.most ? received : b->received.most;
    b->sent.rows += sent > 0;
    b->sent.bytes += sent;
    b->sent.most = sent > b->sent.most ? sent : b->sent.most;
    b->fin_only += went && c->wqueue == 1;
}

static void add_repeats(struct breakdown *b, const struct conn *c)
{
    uint32_t repeats = c->timer == TIMER_RETRANSMIT || c->timer == TIMER_PROBE ? c->retrans : 0;

    b->keepalive += c->timer == TIMER_KEEPALIVE;
    b->repeats[repeats > 5 ? 3 : repeats > 2 ? 2 : repeats > 0 ? 1 : 0]++;
    if (repeats > b->most_repeats)
        b->most_repeats = repeats;
}

static void add_silence(struct breakdown *b, const struct sample *s, uint32_t row)
{
    const struct tcp_metrics *f = sample_metrics(s, row);
    uint64_t received, sent, silence;

    if (!tcp_metrics_get(f, METRICS_last_data_recv_ms, &received) ||
        !tcp_metrics_get(f, METRICS_last_data_sent_ms, &sent))
        return;
    silence = received < sent ? received : sent;
    b->silent++;
    if (silence > b->silence_ms)
        b->silence_ms = silence;
}

/* When does it go by itself? */
static bool end_of(const struct sample *s, const struct conn *c, uint64_t *ms)
{
    *ms = c->expires_ms;
    if (c->state == TCP_STATE_SYN_SENT || c->state == TCP_STATE_SYN_RECV)
        return tcp_timeouts_left(sample_host(s, c), c, ms);
    return conn_is_timewait(c) && c->timer == TIMER_TIMEWAIT;
}

static void add_end(struct breakdown *b, const struct sample *s, const struct conn *c)
{
    uint64_t ms;

    if (!end_of(s, c, &ms))
        return;
    if (b->close_event++ == 0 || ms < b->first_end_ms)
        b->first_end_ms = ms;
    if (ms > b->last_end_ms)
        b->last_end_ms = ms;
}

static void look_at(struct breakdown_work *w, uint32_t row)
{
    const struct conn *c = &w->s->conn[row];
    struct breakdown *b = w->b;

    b->rows++;
    add_age(b, w->s, row);
    breakdown_add_process(w, row);
    breakdown_add_place(w, row);
    if (b->state == TCP_STATE_LISTEN) {
        if (!(c->flags & CONN_NO_BACKLOG))
            breakdown_add_queue(b, c->sport, c->rqueue, c->wqueue);
        return;
    }
    add_queues(b, c);
    add_repeats(b, c);
    add_silence(b, w->s, row);
    add_end(b, w->s, c);
}

int breakdown_begin(struct breakdown_work *w, struct breakdown *b, const struct sample *s,
                    const struct sample_summary *summary, unsigned state)
{
    uint32_t listening = s->count[TCP_STATE_LISTEN];

    *b = (struct breakdown){.state = 0};
    *w = (struct breakdown_work){.b = b, .s = s, .seed = hash_secret()->seed};
    if (listeners_init(&w->listeners, s, &summary->listening))
        return -ENOMEM;
    if (state == TCP_STATE_SYN_RECV && listening) {
        w->limits = malloc(listening * sizeof *w->limits);
        if (!w->limits) {
            listeners_fini(&w->listeners);
            return -ENOMEM;
        }
    }
    top_k_init(&w->processes, sizeof(uint64_t), BREAKDOWN_KEYS);
    top_k_init(&w->peers, sizeof(uint64_t), BREAKDOWN_KEYS);
    top_k_init(&w->ports, sizeof(uint64_t), BREAKDOWN_KEYS);
    breakdown_take_range(w, &s->host);
    b->state = state;
    b->of = s;
    b->seq = s->seq;
    b->owners_known = s->owner;
    return 0;
}

bool breakdown_step(struct breakdown_work *w, uint32_t rows)
{
    const struct sample *s = w->s;
    uint32_t end = s->n_live - w->row > rows ? w->row + rows : s->n_live;

    for (; w->row < end; w->row++) {
        const struct conn *c = &s->conn[w->row];
        if (conn_counts_as(c) == w->b->state)
            look_at(w, w->row);
        else if (w->limits && c->state == TCP_STATE_LISTEN)
            breakdown_note_limit(w, c);
    }
    return w->row == s->n_live;
}

void breakdown_finish(struct breakdown_work *w)
{
    breakdown_lead(w);
    if (w->processes.failed || w->peers.failed || w->ports.failed)
        *w->b = (struct breakdown){.state = 0};
    top_k_fini(&w->processes);
    top_k_fini(&w->peers);
    top_k_fini(&w->ports);
    listeners_fini(&w->listeners);
    free(w->limits);
}

int breakdown_make(struct breakdown *b, const struct sample *s,
                   const struct sample_summary *summary, unsigned state)
{
    struct breakdown_work w;
    int rc = breakdown_begin(&w, b, s, summary, state);

    if (rc)
        return rc;
    breakdown_step(&w, UINT32_MAX);
    breakdown_finish(&w);
    return b->state ? 0 : -ENOMEM;
}
