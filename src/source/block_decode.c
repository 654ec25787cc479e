/* SPDX-License-Identifier: MIT */
/* Blocks as samples.
 *
 * What is read lies in the builder itself, so that many deltas in a row cost no copy of the rows
 * that stay. Times that run are kept as they were at one moment, the anchor, until the sample is
 * complete: so a row that only waits is not touched by a delta. */
#include "block_decode.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "block_columns.h"
#include "tcptop/base/array.h"
#include "tcptop/base/bytes.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/utf8.h"
#include "tcptop/owner/process.h"
#include "tcptop/source/sample_fields.h"

#define ITEM_MAX    (1u << 26) /* bytes of an item that is read as a whole */
#define FIGURES_MAX 1024u      /* that a key may list */
#define GROUPS_MAX  (1u << 20)
#define ENDS_MAX    (1u << 17)
#define NETNS_MAX   65535u
#define ROWS_FREE   65536u /* rows that need no bytes … */
#define ROWS_A_BYTE 1024u  /* … and how many more each stored byte may stand for */

/* The rows whose columns are being read. */
struct part {
    unsigned kind; /* enum block_part */
    uint32_t n;
    bool open; /* their places are known */
};

struct block_decoder {
    uint64_t seq; /* of the sample that was read last; 0: none counts */
    uint64_t key_seq;
    int64_t key_mono_ns, key_wall_ns;
    int64_t anchor_ms, now_ms;
    int16_t figure[FIGURES_MAX]; /* place of each figure that the key lists; -1: not known here */
    unsigned n_figures;
    struct owner_table *owners;   /* a reference; NULL: none */
    struct cgroup_table *cgroups; /* the same */
    struct part part;
    uint64_t *values;     /* of a column; owned */
    uint32_t *place;      /* of the rows of the part; owned */
    struct u32_list gone; /* places, ascending */
    uint32_t n_new;
    struct sample_builder *ends; /* being read; owned */
    struct sample_pool *ends_pool;
    struct str item;
};

struct block_decoder *block_decoder_new(void)
{
    struct block_decoder *d = calloc(1, sizeof *d);

    if (!d)
        return NULL;
    d->values = malloc(BLOCK_PART_ROWS * sizeof *d->values);
    d->place = malloc(BLOCK_PART_ROWS * sizeof *d->place);
    d->ends_pool = sample_pool_new();
    if (d->values && d->place && d->ends_pool)
        return d;
    block_decoder_free(d);
    return NULL;
}

void block_decode_forget(struct block_decoder *d)
{
    d->seq = 0;
    owner_table_unref(d->owners);
    d->owners = NULL;
    cgroups_unref(d->cgroups);
    d->cgroups = NULL;
}

void block_decoder_free(struct block_decoder *d)
{
    if (!d)
        return;
    block_decode_forget(d);
    sample_discard(d->ends);
    sample_pool_free(d->ends_pool);
    free(d->values);
    free(d->place);
    array_u32_fini(&d->gone);
    str_fini(&d->item);
    free(d);
}

static int64_t ms_of(int64_t ns)
{
    return ns / NS_PER_MS;
}

/* Which sample ------------------------------------------------------------ */

static int take_item(struct block_decoder *d, struct block_in *in, uint32_t len)
{
    char chunk[4096];
    int rc = len > ITEM_MAX ? -EBADMSG : 0;

    str_clear(&d->item);
    while (len && !rc) {
        uint32_t n = len < sizeof chunk ? len : (uint32_t)sizeof chunk;
        rc = block_in_take(in, chunk, n);
        if (!rc)
            str_add_bytes(&d->item, chunk, n);
        len -= n;
    }
    return rc ? rc : str_failed(&d->item) ? -ENOMEM : 0;
}

/* What is left of an item that is taken apart. */
struct cursor {
    const uint8_t *at;
    size_t left;
    bool bad; /* something was not there */
};

static struct cursor cursor_of(const struct block_decoder *d)
{
    return (struct cursor){(const uint8_t *)d->item.data, d->item.len, false};
}

static uint64_t take(struct cursor *c)
{
    uint64_t value = 0;

    if (c->bad || !bytes_take_varint(&c->at, &c->left, &value))
        c->bad = true;
    return c->bad ? 0 : value;
}

/* A number up to `max`. */
static uint32_t take_below(struct cursor *c, uint32_t max)
{
    uint64_t value = take(c);

    c->bad |= value > max;
    return c->bad ? 0 : (uint32_t)value;
}

static int64_t take_signed(struct cursor *c)
{
    return (int64_t)bytes_unzigzag(take(c));
}

static void take_text(struct cursor *c, char *out, size_t size)
{
    uint64_t len = take(c);

    *out = '\0';
    if (c->bad || len > c->left) {
        c->bad = true;
        return;
    }
    utf8_sanitise_into(out, size, c->at, (size_t)len);
    c->at += len;
    c->left -= (size_t)len;
}

int block_decode_moment(struct block_decoder *d, struct block_in *in, bool key, uint32_t stored,
                        struct block_moment *m)
{
    unsigned id;
    uint32_t len;
    int rc = block_in_item(in, &id, &len);

    if (!rc && id == BLOCK_ITEM_SAMPLE)
        rc = take_item(d, in, len);
    if (rc || id != BLOCK_ITEM_SAMPLE)
        return rc == -ENOMEM ? rc : -EBADMSG;
    struct cursor c = cursor_of(d);
    *m = (struct block_moment){.seq = take(&c)};
    m->mono_ns = take_signed(&c);
    m->wall_ns = take_signed(&c);
    m->rows = take_below(&c, BLOCK_ROWS_MAX);
    uint64_t flags = take(&c);
    m->metrics = flags & 1;
    m->owners = flags & 2;
    m->ends_metrics = flags & 4;
    m->ends = take_below(&c, ENDS_MAX);
    m->before_dump = take_below(&c, ENDS_MAX);
    if (!key) {
        m->key_seq = take(&c);
        uint64_t step = take(&c);
        m->seq += m->key_seq;
        m->base = m->seq - step;
        m->wall_ns =
            (int64_t)((uint64_t)d->key_wall_ns + (uint64_t)m->wall_ns + (uint64_t)m->mono_ns);
        m->mono_ns = (int64_t)((uint64_t)d->key_mono_ns + (uint64_t)m->mono_ns);
    }
    if (c.bad || m->seq == 0 || m->mono_ns < 0)
        return -EBADMSG;
    /* A few bytes cannot make a million rows. */
    return key && m->rows > ROWS_FREE + (uint64_t)stored * ROWS_A_BYTE ? -EBADMSG : 0;
}

bool block_decode_follows(const struct block_decoder *d, const struct block_moment *m)
{
    return d->seq && m->base == d->seq && m->key_seq == d->key_seq && m->seq > m->base &&
           ms_of(m->mono_ns) >= d->now_ms;
}

/* Items ------------------------------------------------------------ */

static void read_fields(struct block_decoder *d, struct sample *s, bool key)
{
    struct cursor c = cursor_of(d);
    const uint8_t *value;
    size_t len;
    unsigned tag;

    while (sample_fields_next(&c.at, &c.left, &tag, &value, &len)) {
        sample_fields_read(s, tag, value, len);
        if (key && tag >= SAMPLE_TAG_COUNTER && tag <= SAMPLE_TAG_SYSCTL &&
            d->n_figures < FIGURES_MAX)
            d->figure[d->n_figures++] = (int16_t)sample_fields_figure_place(tag, value, len);
    }
}

static int read_numbers(struct block_decoder *d, struct sample *s)
{
    struct cursor c = cursor_of(d);

    while (c.left && !c.bad) {
        uint64_t what = take(&c), difference = bytes_unzigzag(take(&c)), value;
        if (c.bad)
            break;
        if (what & 1) {
            int i = what >> 1 < d->n_figures ? d->figure[what >> 1] : -1;
            if (i >= 0 && sample_fields_figure(&s->host, (unsigned)i, &value))
                sample_fields_set_figure(&s->host, (unsigned)i, value + difference);
        } else {
            int i = what >> 1 < UINT16_MAX ? sample_fields_find((unsigned)(what >> 1)) : -1;
            if (i >= 0)
                sample_fields_set(s, (unsigned)i, sample_fields_get(s, (unsigned)i) + difference);
        }
    }
    return c.bad ? -EBADMSG : 0;
}

static void take_host(struct cursor *c, struct host *h)
{
    uint64_t len = take(c);
    const uint8_t *value;
    size_t value_len, left;
    unsigned tag;

    if (c->bad || len > c->left) {
        c->bad = true;
        return;
    }
    left = (size_t)len;
    while (sample_fields_next(&c->at, &left, &tag, &value, &value_len)) {
        sample_fields_read_figure(h, tag, value, value_len);
        c->left -= SAMPLE_FIELD_HEAD + value_len;
    }
    c->at += left;
    c->left -= left;
}

static void take_netns(struct cursor *c, struct netns *ns)
{
    take_text(c, ns->name, sizeof ns->name);
    if (!*ns->name)
        strcpy(ns->name, "?");
    ns->inode = take(c);
    ns->id = (uint16_t)take_below(c, UINT16_MAX);
    uint64_t flags = take(c);
    ns->own = flags & 1;
    ns->shown = flags & 2;
    ns->gone = flags & 4;
    ns->counted = flags & 8;
    ns->sockets = take(c);
    ns->error = -(int)take_below(c, 4095);
    take_host(c, &ns->host);
}

static int read_netns(struct block_decoder *d, struct sample *s)
{
    struct cursor c = cursor_of(d);
    bool several = take(&c);
    uint32_t missing = take_below(&c, UINT32_MAX), n = take_below(&c, NETNS_MAX);

    if (c.bad || n > c.left / 7) /* bytes that each takes at least */
        return -EBADMSG;
    struct netns_table *t = netns_table_new(n);
    if (!t)
        return -ENOMEM;
    t->several = several;
    t->missing = missing;
    for (uint32_t i = 0; i < n; i++) {
        take_netns(&c, &t->list[i]);
        t->shown += t->list[i].shown;
    }
    netns_table_sort(t);
    for (uint32_t i = 1; i < n; i++)
        c.bad |= t->list[t->by_id[i]].id == t->list[t->by_id[i - 1]].id;
    if (c.bad) {
        netns_table_unref(t);
        return -EBADMSG;
    }
    netns_table_unref(s->namespaces);
    s->namespaces = t;
    return 0;
}

static int read_congestion(struct block_decoder *d, struct sample *s)
{
    struct cursor c = cursor_of(d);
    uint32_t n = take_below(&c, CONGESTION_MAX);

    memset(s->congestion, 0, sizeof s->congestion);
    s->n_congestion = (uint8_t)n;
    for (uint32_t i = 0; i < n; i++)
        take_text(&c, s->congestion[i], sizeof s->congestion[i]);
    return c.bad ? -EBADMSG : 0;
}

/* A table with what was known before and what is told now: samples keep theirs. Numbers that
 * another group has now are those of rows that have gone. */
static int read_cgroups(struct block_decoder *d)
{
    struct cursor c = cursor_of(d), first;
    const struct cgroup_table *was = d->cgroups;
    uint32_t n = take_below(&c, CGROUPS_MAX), most = was ? was->n : 0;
    char name[CGROUP_NAME];

    first = c;
    for (uint32_t i = 0; i < n && !c.bad; i++) {
        uint32_t number = take_below(&c, CGROUP_MASK);
        most = number >= most ? number + 1 : most;
        (void)take(&c);
        take_text(&c, name, sizeof name);
    }
    struct cgroup_table *t = c.bad ? NULL : cgroups_new(most);
    if (!t)
        return c.bad ? -EBADMSG : -ENOMEM;
    if (was)
        memcpy(t->cgroup, was->cgroup, was->n * sizeof t->cgroup[0]);
    for (uint32_t i = 0; i < n; i++) {
        struct cgroup *g = &t->cgroup[take_below(&first, CGROUP_MASK)];
        g->id = take(&first);
        g->looked_for = true;
        take_text(&first, g->name, sizeof g->name);
    }
    cgroups_unref(was);
    d->cgroups = t;
    return 0;
}

static int read_drops(struct block_decoder *d, struct sample *s)
{
    struct cursor c = cursor_of(d);
    uint32_t n = take_below(&c, BLOCK_ROWS_MAX);

    s->drops.n = 0;
    for (uint32_t i = 0; i < n && !c.bad; i++) {
        uint64_t cookie = take(&c);
        uint16_t netns = (uint16_t)take_below(&c, UINT16_MAX);
        uint32_t drops = take_below(&c, UINT32_MAX);
        if (!c.bad)
            drops_add(&s->drops, cookie, netns, drops);
    }
    return c.bad ? -EBADMSG : 0;
}

/* Owners ------------------------------------------------------------ */

static struct owner *take_owner(struct cursor *c)
{
    char name[PROCESS_NAME], cmdline[PROCESS_CMDLINE], cgroup[PROCESS_CGROUP];
    struct owner_facts facts = {.process = name, .cmdline = cmdline, .cgroup = cgroup};

    facts.pid = take_below(c, UINT32_MAX);
    facts.uid = take_below(c, UINT32_MAX);
    facts.start_ticks = take(c);
    take_text(c, name, sizeof name);
    take_text(c, cmdline, sizeof cmdline);
    take_text(c, cgroup, sizeof cgroup);
    return c->bad ? NULL : owner_new(&facts);
}

/* The group of `n` processes that comes next. NULL: damaged, or no memory. */
static struct owner_group *take_group(struct cursor *c, uint32_t n)
{
    struct owner **member = malloc(n * sizeof *member);
    struct owner_group *group = NULL;
    uint32_t got = 0;

    while (member && got < n && (member[got] = take_owner(c)))
        got++;
    if (member && got == n)
        group = owner_group_new(member, n);
    for (uint32_t i = 0; member && i < got; i++)
        owner_unref(member[i]);
    free(member);
    return group;
}

static int take_users(struct cursor *c, struct owner_table *t)
{
    uint32_t n = take_below(c, UINT32_MAX);
    int rc = 0;

    if (c->bad || n > c->left / 2)
        return -EBADMSG;
    if (!n)
        return 0;
    struct owner_user *user = calloc(n, sizeof *user);
    if (!user)
        return -ENOMEM;
    for (uint32_t i = 0; i < n; i++) {
        user[i].uid = take_below(c, UINT32_MAX);
        take_text(c, user[i].name, sizeof user[i].name);
        c->bad |= i && user[i].uid <= user[i - 1].uid;
    }
    if (!c->bad) {
        owner_users_unref(t->users);
        t->users = owner_users_new(user, n);
        rc = t->users ? 0 : -ENOMEM;
    }
    free(user);
    return c->bad ? -EBADMSG : rc;
}

/* Room for groups up to `number`: the table is new, and not published yet. */
static struct owner_table *table_with(struct owner_table *t, uint32_t number)
{
    if (OWNER_FIRST + number < t->n)
        return t;
    uint32_t n = OWNER_FIRST + number + 1 + number / 8;
    struct owner_table *larger = owner_table_new(n);
    if (!larger)
        return NULL;
    larger->lacks = t->lacks;
    larger->users = owner_users_ref(t->users);
    for (uint32_t i = OWNER_FIRST; i < t->n; i++)
        larger->group[i] = t->group[i] ? owner_group_ref(t->group[i]) : NULL;
    owner_table_unref(t);
    return larger;
}

/* Put a group in its place; the one that is there stays if it is the same, so that rows of the
 * sample before still have it. */
static void put_group(struct owner_group **at, struct owner_group *group)
{
    struct owner_group *other = *at && owner_group_equal(*at, group) ? group : *at;

    if (other == *at)
        *at = group;
    owner_group_unref(other);
}

static int take_groups(struct cursor *c, struct owner_table **t)
{
    uint32_t n = take_below(c, GROUPS_MAX);

    for (uint32_t i = 0; i < n && !c->bad; i++) {
        uint32_t number = take_below(c, GROUPS_MAX), members = take_below(c, GROUPS_MAX);
        if (c->bad || !members || members > c->left / 6) /* bytes that each takes at least */
            return -EBADMSG;
        struct owner_group *group = take_group(c, members);
        if (!group)
            return c->bad ? -EBADMSG : -ENOMEM;
        struct owner_table *larger = table_with(*t, number);
        if (!larger) {
            owner_group_unref(group);
            return -ENOMEM;
        }
        *t = larger;
        put_group(&larger->group[OWNER_FIRST + number], group);
    }
    return c->bad ? -EBADMSG : 0;
}

/* A table with what was known before and what is told now: samples keep theirs. */
static int read_owners(struct block_decoder *d)
{
    struct cursor c = cursor_of(d);
    struct owner_table *was = d->owners, *t = owner_table_new(was ? was->n : OWNER_FIRST);

    if (!t)
        return -ENOMEM;
    t->lacks = take_below(&c, OWNER_LACKS);
    t->users = was && was->users ? owner_users_ref(was->users) : owner_users_new(NULL, 0);
    for (uint32_t i = OWNER_FIRST; was && i < was->n; i++)
        t->group[i] = was->group[i] ? owner_group_ref(was->group[i]) : NULL;
    int rc = t->users ? take_groups(&c, &t) : -ENOMEM;
    if (!rc)
        rc = take_users(&c, t);
    if (rc) {
        owner_table_unref(t);
        return rc;
    }
    owner_table_unref(was);
    d->owners = t;
    return 0;
}

void block_decode_owners(struct sample *s, const struct sample *prev)
{
    uint32_t rows = sample_rows(s);

    s->ownerless = 0;
    for (uint32_t row = 0; row < rows; row++) {
        uint32_t group = owner_word_group(s->owner[row]);
        bool named = group >= OWNER_FIRST;
        s->ownerless += row < s->n_live && group == OWNER_NOBODY;
        if (s->owner[row] & OWNER_PENDING || (named && !owner_table_group(s->owners, group)))
            s->owner[row] = OWNER_UNKNOWN;
        else if (named && row >= s->n_live &&
                 (!prev ||
                  owner_table_group(prev->owners, group) != owner_table_group(s->owners, group)))
            s->owner[row] = OWNER_UNKNOWN; /* the number is another group's by now */
    }
}

/* Rows ------------------------------------------------------------ */

static uint32_t less(uint32_t value, int64_t ms)
{
    return ms >= value ? 0 : value - (uint32_t)ms;
}

static uint32_t more(uint32_t value, int64_t ms)
{
    return ms >= UINT32_MAX - (int64_t)value ? UINT32_MAX : value + (uint32_t)ms;
}

/* Bring the running times of a row from the anchor to `ms` after it, or back. */
static void run_times(struct sample *s, uint32_t row, int64_t ms, bool forth)
{
    struct conn *c = &s->conn[row];
    struct tcp_metrics *m = s->metrics ? &s->metrics[row] : NULL;
    uint32_t by = forth ? (uint32_t)ms : 0 - (uint32_t)ms;

    if (c->timer != TIMER_OFF)
        c->expires_ms = forth ? less(c->expires_ms, ms) : more(c->expires_ms, ms);
    if (m && m->valid >> METRICS_last_data_sent_ms & 1)
        m->last_data_sent_ms += by;
    if (m && m->valid >> METRICS_last_data_recv_ms & 1)
        m->last_data_recv_ms += by;
    if (m && m->valid >> METRICS_last_ack_recv_ms & 1)
        m->last_ack_recv_ms += by;
}

static bool is_ends(const struct block_decoder *d)
{
    return d->part.kind == BLOCK_PART_ENDS || d->part.kind == BLOCK_PART_ENDS_LIKE;
}

/* Are they told as what differs from other rows? */
static bool is_like(const struct block_decoder *d)
{
    return d->part.kind == BLOCK_PART_ENDS_LIKE || d->part.kind == BLOCK_PART_NEW_LIKE;
}

static struct sample_builder *builder_of_part(const struct block_decoder *d,
                                              struct sample_builder *b)
{
    return is_ends(d) ? d->ends : b;
}

static struct block_row row_at(struct sample *s, uint32_t i)
{
    return (struct block_row){&s->conn[i], s->metrics ? &s->metrics[i] : NULL,
                              s->owner ? &s->owner[i] : NULL};
}

/* Add a row at the end; its place is that of row `i` of the part. */
static int add_row(struct block_decoder *d, struct sample_builder *b, uint32_t i)
{
    struct conn *c = sample_add(b, NULL);

    if (!c)
        return -ENOMEM;
    c->netns = 0;
    d->place[i] = b->sample.n_live - 1;
    if (b->sample.owner && sample_reserve_owner(b, b->sample.n_live))
        return -ENOMEM;
    if (b->sample.owner)
        b->sample.owner[d->place[i]] = OWNER_UNKNOWN;
    return 0;
}

static void clear_row(struct sample *s, uint32_t at)
{
    memset(&s->conn[at], 0, sizeof s->conn[at]);
    if (s->metrics)
        tcp_metrics_clear(&s->metrics[at]);
    if (s->owner)
        s->owner[at] = OWNER_UNKNOWN;
}

/* The places of rows that are new: those of rows that have gone, then the end. */
static int open_new(struct block_decoder *d, struct sample_builder *b)
{
    int rc = 0;

    for (uint32_t i = 0; i < d->part.n && !rc; i++, d->n_new++) {
        if (d->n_new < d->gone.n) {
            d->place[i] = d->gone.at[d->n_new];
            clear_row(&b->sample, d->place[i]);
        } else {
            rc = add_row(d, b, i);
        }
    }
    return rc;
}

/* The places of rows that have gone or changed were read as differences, into d->values. */
static int open_places(struct block_decoder *d, struct sample_builder *b)
{
    bool gone = d->part.kind == BLOCK_PART_GONE;
    uint64_t at = gone && d->gone.n ? d->gone.at[d->gone.n - 1] : 0;
    int rc = 0;

    if (!gone && d->part.n)
        at = d->place[0]; /* the last one of the part before, see end_part() */
    for (uint32_t i = 0; i < d->part.n && !rc; i++) {
        uint64_t was = at;
        at += bytes_unzigzag(d->values[i]);
        if (at >= b->sample.n_live || (gone && d->gone.n && at <= was))
            return -EBADMSG;
        d->place[i] = (uint32_t)at;
        if (gone)
            rc = array_u32_add(&d->gone, (uint32_t)at);
        else
            run_times(&b->sample, (uint32_t)at, d->now_ms - d->anchor_ms, true);
    }
    return rc;
}

/* Know the rows of the part. Called before its first column but that of places is read, and at its
 * end. */
static int open_part(struct block_decoder *d, struct sample_builder *b)
{
    struct sample_builder *to = builder_of_part(d, b);
    int rc = 0;

    if (d->part.open)
        return 0;
    d->part.open = true;
    switch (d->part.kind) {
    case BLOCK_PART_ROWS_KEY:
    case BLOCK_PART_ENDS:
    case BLOCK_PART_ENDS_LIKE:
        for (uint32_t i = 0; i < d->part.n && !rc; i++)
            rc = add_row(d, to, i);
        return rc;
    case BLOCK_PART_NEW:
    case BLOCK_PART_NEW_LIKE:
        return open_new(d, b);
    case BLOCK_PART_GONE:
    case BLOCK_PART_CHANGED:
        return open_places(d, b);
    default: /* of a later version: its columns are skipped */
        return 0;
    }
}

static bool has_rows(const struct block_decoder *d)
{
    return d->part.kind <= BLOCK_PART_NEW_LIKE && d->part.kind != BLOCK_PART_GONE;
}

/* Could the kernel have told this row? Puts right what would mislead. */
static bool check_row(const struct block_decoder *d, struct sample *s, uint32_t at)
{
    struct conn *c = &s->conn[at];

    if ((c->family != AF_INET && c->family != AF_INET6) || c->state < TCP_STATE_ESTABLISHED ||
        c->state > TCP_STATE_CLOSING || c->timer > TIMER_DELACK)
        return false;
    if (c->family == AF_INET) {
        memset(c->src + 4, 0, sizeof c->src - 4);
        memset(c->dst + 4, 0, sizeof c->dst - 4);
    }
    if (!d->cgroups || c->cgroup >= d->cgroups->n)
        c->cgroup = 0;
    if (s->metrics && s->metrics[at].congestion > s->n_congestion)
        s->metrics[at].congestion = 0;
    if (s->owner && owner_word_group(s->owner[at]) >= OWNER_FIRST &&
        !owner_table_group(d->owners, owner_word_group(s->owner[at])))
        s->owner[at] = OWNER_UNKNOWN;
    return true;
}

/* All columns of the part were read. */
static int end_part(struct block_decoder *d, struct sample_builder *b)
{
    struct sample *s = &builder_of_part(d, b)->sample;
    bool timed = d->part.kind == BLOCK_PART_CHANGED || d->part.kind == BLOCK_PART_NEW ||
                 d->part.kind == BLOCK_PART_NEW_LIKE;
    int rc = open_part(d, b);

    for (uint32_t i = 0; i < d->part.n && !rc && has_rows(d); i++) {
        if (!check_row(d, s, d->place[i]))
            return -EBADMSG;
        if (timed)
            run_times(s, d->place[i], d->now_ms - d->anchor_ms, false);
    }
    if (d->part.n && d->part.kind == BLOCK_PART_CHANGED)
        d->place[0] = d->place[d->part.n - 1]; /* the next part counts on from there */
    d->part.n = 0;
    return rc;
}

static int begin_part(struct block_decoder *d, const struct block_moment *m, bool key,
                      struct sample_builder *b)
{
    struct cursor c = cursor_of(d);
    unsigned before = d->part.kind;
    int rc = end_part(d, b);

    d->part =
        (struct part){.kind = take_below(&c, UINT32_MAX), .n = take_below(&c, BLOCK_PART_ROWS)};
    if (d->part.kind == BLOCK_PART_CHANGED && before != BLOCK_PART_CHANGED)
        d->place[0] = 0;
    memset(d->values, 0, d->part.n * sizeof *d->values);
    bool is_new = d->part.kind == BLOCK_PART_NEW || d->part.kind == BLOCK_PART_NEW_LIKE;
    if (is_ends(d))
        c.bad |= !d->ends || d->part.n > m->ends - d->ends->sample.n_live;
    else if (d->part.kind == BLOCK_PART_ROWS_KEY)
        c.bad |= !key || d->part.n > m->rows - b->sample.n_live;
    else if (d->part.kind <= BLOCK_PART_NEW || is_new)
        c.bad |= key || (is_new && b->sample.n_live + (uint64_t)d->part.n > BLOCK_ROWS_MAX);
    return rc ? rc : c.bad ? -EBADMSG : 0;
}

/* The values of a column of the part, planes of bytes. */
static int take_values(struct block_decoder *d, struct block_in *in, uint32_t len)
{
    uint32_t n = d->part.n;
    uint8_t plane[4096];
    int rc = 0;

    if (!n || len % n || len / n > sizeof(uint64_t))
        return -EBADMSG;
    for (uint32_t k = 0; k < len / n; k++) {
        for (uint32_t i = 0; i < n; i += sizeof plane) {
            uint32_t some = n - i < sizeof plane ? n - i : (uint32_t)sizeof plane;
            rc = block_in_take(in, plane, some);
            if (rc)
                return rc;
            for (uint32_t p = 0; p < some && k; p++)
                d->values[i + p] |= (uint64_t)plane[p] << 8 * k;
            for (uint32_t p = 0; p < some && !k; p++)
                d->values[i + p] = plane[p];
        }
    }
    return rc;
}

/* Begin rows as the ones that they are like: which are those, was read into d->values. */
static int copy_alike(struct block_decoder *d, struct sample_builder *b)
{
    struct sample *to = &builder_of_part(d, b)->sample;
    struct sample *from = is_ends(d) ? &b->sample : d->ends ? &d->ends->sample : NULL;
    uint32_t n = from ? from->n_live : 0;

    for (uint32_t i = 0; i < d->part.n; i++) {
        if (d->values[i] > n)
            return -EBADMSG;
        if (!d->values[i])
            continue;
        block_columns_copy_self(&to->conn[d->place[i]], &from->conn[d->values[i] - 1]);
    }
    return 0;
}

/* The values that were read are differences: to those that the rows have. Most of them have none.
 */
static void add_changes(const struct block_decoder *d, const struct block_column *c,
                        const struct block_rows *rows)
{
    for (uint32_t i = 0; i < d->part.n; i++) {
        const uint32_t at = d->place[i];
        struct block_row row = {&rows->conn[at], rows->metrics ? &rows->metrics[at] : NULL,
                                rows->owner ? &rows->owner[at] : NULL};
        if (d->values[i])
            block_column_set(c, &row, block_column_get(c, &row) + bytes_unzigzag(d->values[i]));
    }
}

static int read_column(struct block_decoder *d, struct block_in *in, unsigned id, uint32_t len,
                       struct sample_builder *b)
{
    const struct block_column *c = block_column_find(id);
    struct sample *s = &builder_of_part(d, b)->sample;
    int rc;

    if (id == BLOCK_COLUMN_PLACE)
        return d->part.open ? -EBADMSG : take_values(d, in, len);
    rc = open_part(d, b);
    if (!rc && id == BLOCK_COLUMN_LIKE && is_like(d)) {
        rc = take_values(d, in, len);
        return rc ? rc : copy_alike(d, b);
    }
    if (rc || !c || !has_rows(d))
        return rc ? rc : block_in_take(in, NULL, len);
    rc = take_values(d, in, len);
    if (rc || !d->part.n)
        return rc;
    struct block_row row = row_at(s, d->place[0]);
    if (!block_column_applies(c, &row))
        return 0;
    const bool consecutive = d->part.kind == BLOCK_PART_ROWS_KEY;
    const struct block_rows rows = {.conn = s->conn,
                                    .metrics = s->metrics,
                                    .owner = s->owner,
                                    .at = consecutive ? NULL : d->place,
                                    .first = d->place[0]};
    if (d->part.kind == BLOCK_PART_CHANGED || (is_like(d) && id < BLOCK_COLUMN_SELF))
        add_changes(d, c, &rows);
    else
        block_column_set_rows(c, &rows, d->part.n, d->values);
    return 0;
}

/* Metrics are there, or not, for all rows of the sample, whatever its fields say. */
static void set_needs(struct sample *s, const struct block_moment *m)
{
    const uint32_t kept =
        NEED_TCP_INFO | NEED_BOUND | NEED_CONGESTION | NEED_OWNER | NEED_USER | NEED_DROPS;

    s->needs &= m->metrics ? kept : kept & ~NEED_METRICS;
    s->needs |= m->metrics ? NEED_TCP_INFO : 0;
}

static int read_item(struct block_decoder *d, struct block_in *in, unsigned id, uint32_t len,
                     const struct block_moment *m, bool key, struct sample_builder *b)
{
    struct sample *s = &b->sample;
    int rc;

    if (id >= BLOCK_ITEM_COLUMN)
        return read_column(d, in, id - BLOCK_ITEM_COLUMN, len, b);
    if (id > BLOCK_ITEM_DROPS)
        return block_in_take(in, NULL, len);
    rc = take_item(d, in, len);
    if (rc)
        return rc;
    switch ((enum block_item)id) {
    case BLOCK_ITEM_FIELDS:
        read_fields(d, s, key);
        set_needs(s, m);
        return 0;
    case BLOCK_ITEM_NUMBERS:
        rc = read_numbers(d, s);
        set_needs(s, m);
        return rc;
    case BLOCK_ITEM_NETNS:
        return read_netns(d, s);
    case BLOCK_ITEM_CONGESTION:
        return read_congestion(d, s);
    case BLOCK_ITEM_OWNERS:
        return read_owners(d);
    case BLOCK_ITEM_CGROUPS:
        return read_cgroups(d);
    case BLOCK_ITEM_DROPS:
        return read_drops(d, s);
    case BLOCK_ITEM_PART:
        return begin_part(d, m, key, b);
    case BLOCK_ITEM_SAMPLE:
    case BLOCK_ITEM_COLUMN:
        break;
    }
    return -EBADMSG;
}

/* Samples ------------------------------------------------------------ */

/* Room for the rows of a sample and for some that the next ones add. */
static uint32_t rows_to_come(const struct block_moment *m)
{
    return m->rows + m->rows / 64 + 1;
}

static int begin_sample(struct block_decoder *d, const struct block_moment *m,
                        struct sample_builder *b)
{
    struct sample *s = &b->sample;

    s->backend = BACKEND_FRAME;
    d->now_ms = ms_of(m->mono_ns);
    d->part = (struct part){.kind = BLOCK_PART_ROWS_KEY, .open = true};
    d->n_new = 0;
    array_u32_clear(&d->gone);
    sample_discard(d->ends);
    d->ends = NULL;
    sample_unref(b->close_events);
    b->close_events = NULL;
    if (m->ends) {
        d->ends = sample_builder_new(d->ends_pool);
        if (!d->ends || sample_reserve(d->ends, m->ends))
            return -ENOMEM;
        d->ends->sample.needs = m->ends_metrics ? NEED_TCP_INFO : 0;
    }
    set_needs(s, m);
    if (m->owners && sample_reserve_owner(b, rows_to_come(m)))
        return -ENOMEM;
    b->owners_known = m->owners;
    return 0;
}

static int read_items(struct block_decoder *d, struct block_in *in, const struct block_moment *m,
                      bool key, struct sample_builder *b)
{
    unsigned id;
    uint32_t len;
    int rc;

    while ((rc = block_in_item(in, &id, &len)) == 0) {
        rc = read_item(d, in, id, len, m, key, b);
        if (rc)
            return rc;
    }
    return rc == -ENODATA ? end_part(d, b) : rc;
}

/* The rest that every sample has. */
static int end_sample(struct block_decoder *d, const struct block_moment *m,
                      struct sample_builder *b)
{
    struct sample *s = &b->sample;

    s->mono_ns = m->mono_ns;
    s->wall_ns = m->wall_ns;
    if (!m->owners || !d->owners)
        s->needs &= ~(uint32_t)(NEED_OWNER | NEED_USER);
    if (!(s->needs & NEED_OWNER))
        s->owner = NULL;
    if (s->n_live != m->rows || !sample_fields_check(s) || s->status == SAMPLE_FAILED)
        return -EBADMSG;
    if (d->ends) {
        if (d->ends->sample.n_live != m->ends || m->before_dump > m->ends)
            return -EBADMSG;
        b->close_events = sample_publish(d->ends);
        b->events_before_dump = m->before_dump;
        d->ends = NULL;
    }
    d->seq = m->seq;
    return 0;
}

void block_decode_count_from(struct block_decoder *d, const struct block_moment *m)
{
    d->key_seq = m->seq;
    d->key_mono_ns = m->mono_ns;
    d->key_wall_ns = m->wall_ns;
}

uint64_t block_decode_seq(const struct block_decoder *d)
{
    return d->seq;
}

int block_decode_key(struct block_decoder *d, struct block_in *in, const struct block_moment *m,
                     struct sample_builder *b)
{
    int rc;

    d->seq = 0;
    d->n_figures = 0;
    b->sample.n_congestion = 0;
    rc = begin_sample(d, m, b);
    d->anchor_ms = d->now_ms;
    if (!rc)
        rc = sample_reserve(b, rows_to_come(m));
    if (!rc)
        rc = read_items(d, in, m, true, b);
    if (!rc)
        rc = end_sample(d, m, b);
    if (rc)
        return rc;
    block_decode_count_from(d, m);
    return 0;
}

int block_decode_begin(struct block_decoder *d, const struct sample *last, uint32_t rows,
                       struct sample_builder *b)
{
    const uint32_t most = last->n_live + BLOCK_PART_ROWS;
    const struct sample_builder *builder =
        (const struct sample_builder *)last; /* its first member */
    struct sample *s = &b->sample;

    s->needs = last->needs;
    for (unsigned i = 0; i < SAMPLE_NUMBER_COUNT; i++)
        sample_fields_set(s, i, sample_fields_get(last, i));
    s->needs &= ~(uint32_t)NEED_RATES;
    s->host = last->host;
    memcpy(s->netns, last->netns, sizeof s->netns);
    s->reason = last->reason;
    s->namespaces = netns_table_ref(last->namespaces);
    s->n_congestion = 0;
    rows = rows < most ? rows : most;
    if (sample_reserve(b, rows > last->n_live ? rows : last->n_live) || sample_append(b, builder))
        return -ENOMEM;
    memset(s->count, 0, sizeof s->count);
    s->total = 0;
    memcpy(s->congestion, last->congestion, sizeof s->congestion);
    s->n_congestion = last->n_congestion;
    if (last->owner) {
        if (sample_reserve_owner(b, last->n_live ? last->n_live : 1))
            return -ENOMEM;
        memcpy(s->owner, last->owner, last->n_live * sizeof *s->owner);
    }
    for (uint32_t row = 0; row < s->n_live; row++) { /* what the join has added */
        s->conn[row].was_state = 0;
        s->conn[row].socket_cookie = 0;
        s->conn[row].cgroup = last->conn[row].cgroup; /* as the recorder numbered them */
        s->conn[row].flags &= (uint8_t)~CONN_CLOSE_REPORTED;
    }
    d->anchor_ms = d->now_ms; /* of `last`, whose own time may have been moved to another clock */
    return 0;
}

/* More rows have gone than are new: the last ones take their places. */
static int close_gaps(struct block_decoder *d, struct sample_builder *b)
{
    uint32_t had = b->sample.n_live, at = d->n_new;

    if (d->gone.n <= d->n_new)
        return 0;
    uint32_t left = had - (d->gone.n - d->n_new), beyond = d->n_new;
    while (beyond < d->gone.n && d->gone.at[beyond] < left)
        beyond++;
    for (uint32_t row = left; row < had; row++) {
        if (beyond < d->gone.n && d->gone.at[beyond] == row) {
            beyond++;
            continue;
        }
        if (at >= d->gone.n || d->gone.at[at] >= left)
            return -EBADMSG;
        sample_move(b, d->gone.at[at++], row);
    }
    while (b->sample.n_live > left)
        sample_drop_last(b);
    return 0;
}

int block_decode_delta(struct block_decoder *d, struct block_in *in, const struct block_moment *m,
                       struct sample_builder *b)
{
    int rc;

    d->seq = 0;
    rc = begin_sample(d, m, b);
    if (!rc)
        rc = read_items(d, in, m, false, b);
    if (!rc)
        rc = close_gaps(d, b);
    return rc ? rc : end_sample(d, m, b);
}

void block_decode_end(struct block_decoder *d, struct sample_builder *b)
{
    struct sample *s = &b->sample;

    for (uint32_t row = 0; row < s->n_live && d->now_ms != d->anchor_ms; row++)
        run_times(s, row, d->now_ms - d->anchor_ms, true);
    d->anchor_ms = d->now_ms;
    owner_table_unref(s->owners);
    s->owners = s->owner ? owner_table_ref(d->owners) : NULL;
    cgroups_unref(s->cgroups);
    s->cgroups = d->cgroups ? cgroups_ref(d->cgroups) : NULL;
}
