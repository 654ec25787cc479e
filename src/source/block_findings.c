/* SPDX-License-Identifier: MIT */
/* Notes of one recorder after the other, as episodes. */
#include "block_findings.h"

#include <string.h>

#include "block_index.h"
#include "block_note.h"
#include "tcptop/base/bytes.h"
#include "tcptop/source/sample_fields.h"

struct gatherer {
    struct block_visitor visitor;
    struct episodes *all;
    struct recording_findings *out;
    int (*rule_number)(const char *name);
    int64_t begin_ns, end_ns;
    uint64_t run;
    uint32_t heads;
    bool ended; /* the last block ended its file: nothing is missing behind it */
};

/* What was noted of those that hold may be older than the end of what was recorded. */
static void leave_run(struct gatherer *g)
{
    for (uint32_t i = 0; i < g->all->n_open; i++)
        g->all->list[i].at_least |= !g->ended;
    episodes_cut(g->all);
}

static void take_head(struct gatherer *g, const uint8_t *p, size_t len)
{
    uint64_t run = 0, judge = 0;
    const uint8_t *value;
    size_t value_len;
    unsigned tag;

    while (sample_fields_next(&p, &len, &tag, &value, &value_len)) {
        if (tag == BLOCK_HEAD_RUN && value_len == 8)
            run = bytes_get(value, 8);
        else if (tag == BLOCK_HEAD_JUDGE && value_len == 8)
            judge = bytes_get(value, 8);
    }
    if (g->heads && run != g->run)
        leave_run(g);
    g->out->judge = g->heads == 0 || judge == g->out->judge ? judge : 0;
    g->run = run;
    g->heads++;
}

/* What was checked behind the time that was asked for is of another. */
static void take_checked(struct gatherer *g, const uint8_t *skip, int64_t wall_ns)
{
    struct recording_findings *out = g->out;
    uint8_t before[RECORDING_RULES];

    if (wall_ns > g->end_ns)
        return;
    memcpy(before, out->skip, sizeof before);
    findings_add_skip(out->skip, skip);
    for (unsigned i = 0; i < RECORDING_RULES; i++)
        if (out->skip[i] == LOOKED && before[i] != LOOKED)
            out->looked_wall_ns[i] = wall_ns;
}

static int take_note(struct gatherer *g, const uint8_t *bytes, size_t len)
{
    uint8_t skip[RECORDING_RULES];
    struct episode e;

    memset(skip, UINT8_MAX, sizeof skip);
    switch (block_note_read(bytes, len, g->rule_number, &e, skip)) {
    case BLOCK_NOTE_HOLDS:
    case BLOCK_NOTE_ENDED:
        return episodes_put(g->all, &e);
    case BLOCK_NOTE_CHECKED:
        take_checked(g, skip, e.end_wall_ns);
        break;
    }
    return 0;
}

static void take_sample(struct gatherer *g, const struct block_moment *m)
{
    struct recording_findings *out = g->out;

    if (m->wall_ns < g->begin_ns || m->wall_ns > g->end_ns)
        return;
    if (out->samples++ == 0) {
        out->first_wall_ns = m->wall_ns;
        out->first_mono_ns = m->mono_ns;
    }
    out->last_wall_ns = m->wall_ns;
    out->last_mono_ns = m->mono_ns;
}

static int visit(struct block_visitor *v, const struct block_visited *b)
{
    struct gatherer *g = (struct gatherer *)v;
    int rc = 0;

    switch (b->type) {
    case BLOCK_HEAD:
        take_head(g, b->bytes, b->len);
        break;
    case BLOCK_NOTE:
        rc = take_note(g, b->bytes, b->len);
        break;
    case BLOCK_KEY:
    case BLOCK_DELTA:
        if (b->moment)
            take_sample(g, b->moment);
        break;
    default:
        break;
    }
    g->ended = b->type == BLOCK_END;
    return rc;
}

/* Only those that held in the time that was asked for. */
static void keep_wanted(struct gatherer *g)
{
    struct episodes *all = g->all;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < all->n; i++) {
        const struct episode *e = &all->list[i];
        if (e->begin_wall_ns <= g->end_ns &&
            (e->at_least || e->lasts || e->end_wall_ns >= g->begin_ns))
            all->list[kept++] = *e;
    }
    all->n = kept;
}

int block_findings(struct block_reader *r, struct episodes *all,
                   int (*rule_number)(const char *name), bool count_samples,
                   struct recording_findings *out)
{
    struct gatherer g = {.visitor = {.visit = visit, .moments = count_samples},
                         .all = all,
                         .out = out,
                         .rule_number = rule_number};
    struct block_reader_faults faults;

    episodes_fini(all);
    *out = (struct recording_findings){.list = NULL};
    block_reader_limits(r, &g.begin_ns, &g.end_ns);
    memset(out->skip, SKIP_YET, sizeof out->skip);
    int rc = block_reader_visit(r, &g.visitor, &faults);
    if (rc)
        return rc;
    for (uint32_t i = 0; i < all->n_open; i++)
        all->list[i].lasts = g.ended;
    leave_run(&g);
    keep_wanted(&g);
    episodes_sort(all);
    out->list = all->list;
    out->n = all->n;
    out->lost = all->lost;
    out->reason = block_reader_reason(&faults);
    return 0;
}
