/* SPDX-License-Identifier: MIT */
/* Samples as blocks.
 *
 * A delta names rows by their place in what a reader has in memory. The encoder does not keep that:
 * it keeps the place of each row of the last sample, and what a reader expects of the times that
 * run. Rows of two samples are paired as the join of samples does it: in the order of the dump, and
 * by a hash of their cookies where that order has changed. */
#include "block_encode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "block_columns.h"
#include "tcptop/base/array.h"
#include "tcptop/base/bytes.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/hash_table.h"
#include "tcptop/source/sample_fields.h"

#define NO_ROW     UINT32_MAX
#define LOOK_AHEAD 16u /* rows that may have gone between two neighbours */
#define AGES       3   /* columns that grow */
/* Rows that deltas may tell of before a key is written for the sake of a reader who seeks: about a
 * tenth of a second of his time. */
#define DELTA_ROWS_MIN (1u << 18)

/* What is kept of each row of a sample. */
struct place {
    uint32_t at;         /* its place in the reader's memory */
    uint32_t owner;      /* its word, with numbers of the recording */
    uint32_t expires_ms; /* as the reader has it */
    uint32_t age_ms[AGES];
};

struct place_list {
    struct place *at; /* owned */
    uint32_t n, cap;
};

/* A group of processes that has a number in the recording. */
struct numbered {
    struct owner_group *group; /* a reference; NULL: the number is free */
    uint32_t key;              /* it was last in use when so many keys were written */
    bool fresh;                /* not written yet */
};

struct block_encoder {
    struct block_encode_options options;
    const struct sample *last; /* a reference; NULL: the next one is a key */
    struct place_list places, next_places;
    struct u32_list from; /* of each row: its row in the last sample, or NO_ROW */
    struct u32_list gone, fresh, changed, moved;
    struct u32_list like;        /* of each row of a part: what it is like, plus 1; 0: nothing */
    struct hash_table by_cookie; /* hash of a connection → row of the last sample */
    struct hash_table by_group;  /* hash of a group → number */
    struct numbered *group;      /* by number; owned */
    uint32_t n_groups, cap_groups;
    const struct owner_table *table; /* a reference: whose numbers `number` translates */
    uint32_t *number;                /* by the table's number: the recording's plus 1, 0: none */
    uint32_t n_users;                /* that were written */
    uint32_t keys;
    uint64_t key_seq;
    int64_t key_mono_ns, key_wall_ns;
    size_t key_bytes;    /* of the last key */
    uint64_t delta_rows; /* that all deltas since tell of */
    struct u32_list
        cgroups; /* by number: 0 the reader does not know it; 1 it does; 2 it must be told */
    const struct cgroup_table *cgroup_table; /* a reference: what it knows them as */
    uint64_t *values, *before;               /* of one column of one part; owned */
    uint32_t *old_row;                       /* of each row of a part; owned */
    struct str item, netns;                  /* the second as it was written last */
    bool has_metrics, has_owners;            /* of the last sample */
};

struct block_encoder *block_encoder_new(const struct block_encode_options *options)
{
    struct block_encoder *e = calloc(1, sizeof *e);

    if (!e)
        return NULL;
    e->options = *options;
    hash_table_init(&e->by_cookie, sizeof(uint64_t), sizeof(uint32_t));
    hash_table_init(&e->by_group, sizeof(uint64_t), sizeof(uint32_t));
    e->values = malloc(BLOCK_PART_ROWS * sizeof *e->values);
    e->before = malloc(BLOCK_PART_ROWS * sizeof *e->before);
    e->old_row = malloc(BLOCK_PART_ROWS * sizeof *e->old_row);
    if (e->values && e->before && e->old_row)
        return e;
    block_encoder_free(e);
    return NULL;
}

void block_encoder_free(struct block_encoder *e)
{
    if (!e)
        return;
    sample_unref(e->last);
    free(e->places.at);
    free(e->next_places.at);
    array_u32_fini(&e->from);
    array_u32_fini(&e->gone);
    array_u32_fini(&e->fresh);
    array_u32_fini(&e->changed);
    array_u32_fini(&e->moved);
    array_u32_fini(&e->like);
    hash_table_fini(&e->by_cookie);
    hash_table_fini(&e->by_group);
    for (uint32_t i = 0; i < e->n_groups; i++)
        owner_group_unref(e->group[i].group);
    free(e->group);
    owner_table_unref(e->table);
    array_u32_fini(&e->cgroups);
    cgroups_unref(e->cgroup_table);
    free(e->number);
    free(e->values);
    free(e->before);
    free(e->old_row);
    str_fini(&e->item);
    str_fini(&e->netns);
    free(e);
}

static int64_t ms_of(int64_t ns)
{
    return ns / NS_PER_MS;
}

/* Owners ------------------------------------------------------------ */

static uint64_t group_hash(const struct owner_group *g)
{
    uint64_t hash = g->n;

    for (uint32_t i = 0; i < g->n; i++) {
        const struct owner *o = g->member[i];
        hash = hash_u64(hash ^ o->pid) ^ hash_u64(o->start_ticks);
        hash = hash_bytes(o->process, strlen(o->process), hash);
    }
    return hash;
}

/* A number that no group has; UINT32_MAX: out of memory. */
static uint32_t free_number(struct block_encoder *e)
{
    for (uint32_t i = 0; i < e->n_groups; i++) {
        if (!e->group[i].group)
            return i;
    }
    struct numbered *larger =
        array_room(e->group, e->n_groups, &e->cap_groups, 16, sizeof *e->group);
    if (!larger)
        return UINT32_MAX;
    e->group = larger;
    e->group[e->n_groups] = (struct numbered){NULL, 0, false};
    return e->n_groups++;
}

/* The number of a group in the recording, a new one where it has none. */
static uint32_t number_group(struct block_encoder *e, struct owner_group *group)
{
    uint64_t hash = group_hash(group);
    uint32_t at = 0, *found, number;

    while ((found = hash_table_each(&e->by_group, &hash, &at))) {
        if (owner_group_equal(e->group[*found].group, group))
            return *found;
    }
    number = free_number(e);
    found = number == UINT32_MAX ? NULL : hash_table_add_another(&e->by_group, &hash);
    if (!found)
        return UINT32_MAX;
    *found = number;
    e->group[number] = (struct numbered){owner_group_ref(group), e->keys, true};
    return number;
}

/* Numbers that no row has had since the key before the last one are given to others. */
static int drop_groups(struct block_encoder *e)
{
    bool any = false;

    for (uint32_t i = 0; i < e->n_groups; i++) {
        struct numbered *g = &e->group[i];
        if (g->group && g->key + 1 < e->keys) {
            owner_group_unref(g->group);
            g->group = NULL;
            any = true;
        }
    }
    if (!any)
        return 0;
    hash_table_clear(&e->by_group);
    owner_table_unref(e->table); /* what it translated to may be gone */
    e->table = NULL;
    for (uint32_t i = 0; i < e->n_groups; i++) {
        uint64_t hash = e->group[i].group ? group_hash(e->group[i].group) : 0;
        uint32_t *value = e->group[i].group ? hash_table_add_another(&e->by_group, &hash) : NULL;
        if (e->group[i].group && !value)
            return -ENOMEM;
        if (value)
            *value = i;
    }
    return 0;
}

static int use_table(struct block_encoder *e, const struct owner_table *t)
{
    if (e->table == t)
        return 0;
    uint32_t *number = calloc(t->n + 1, sizeof *number);
    if (!number)
        return -ENOMEM;
    free(e->number);
    e->number = number;
    owner_table_unref(e->table);
    e->table = owner_table_ref(t);
    return 0;
}

/* The word of a row with the number of the recording. */
static int translate(struct block_encoder *e, uint32_t word, uint32_t *out)
{
    uint32_t group = owner_word_group(word);

    *out = group;
    if (group < OWNER_FIRST)
        return 0;
    *out = OWNER_UNKNOWN;
    if (group >= e->table->n)
        return 0;
    if (!e->number[group]) {
        if (!e->table->group[group])
            return 0;
        uint32_t number = number_group(e, e->table->group[group]);
        if (number == UINT32_MAX)
            return -ENOMEM;
        e->number[group] = number + 1;
    }
    e->group[e->number[group] - 1].key = e->keys;
    *out = (OWNER_FIRST + e->number[group] - 1) | (word & OWNER_FORMER);
    return 0;
}

static void put_text(struct str *out, const char *text)
{
    size_t len = strlen(text);

    bytes_put_varint(out, len);
    str_add_bytes(out, text, len);
}

static void put_group(const struct block_encoder *e, struct str *out, uint32_t number)
{
    const struct owner_group *g = e->group[number].group;

    bytes_put_varint(out, number);
    bytes_put_varint(out, g->n);
    for (uint32_t i = 0; i < g->n; i++) {
        const struct owner *o = g->member[i];
        bytes_put_varint(out, o->pid);
        bytes_put_varint(out, o->uid);
        bytes_put_varint(out, o->start_ticks);
        put_text(out, o->process);
        put_text(out, e->options.cmdlines ? o->cmdline : "");
        put_text(out, o->cgroup);
    }
}

/* Groups that are new, or all of them, and users. */
static void write_owners(struct block_encoder *e, const struct sample *s, bool key,
                         struct block_out *out)
{
    const struct owner_users *users = s->owners->users;
    uint32_t n = 0, n_users = users && (key || users->n != e->n_users) ? users->n : 0;
    bool same_lacks = e->last && e->last->owners && e->last->owners->lacks == s->owners->lacks;

    for (uint32_t i = 0; i < e->n_groups; i++)
        n += e->group[i].group && (key || e->group[i].fresh);
    if (!key && !n && !n_users && same_lacks)
        return;
    str_clear(&e->item);
    bytes_put_varint(&e->item, s->owners->lacks);
    bytes_put_varint(&e->item, n);
    for (uint32_t i = 0; i < e->n_groups; i++) {
        if (e->group[i].group && (key || e->group[i].fresh))
            put_group(e, &e->item, i);
        e->group[i].fresh = false;
    }
    bytes_put_varint(&e->item, n_users);
    for (uint32_t i = 0; i < n_users; i++) {
        bytes_put_varint(&e->item, users->user[i].uid);
        put_text(&e->item, users->user[i].name);
    }
    e->n_users = users ? users->n : 0;
    block_out_item(out, BLOCK_ITEM_OWNERS, e->item.data, e->item.len);
}

/* Control groups ------------------------------------------------------------ */

/* What the reader knows of groups that are others by now, or that a key is to tell anew, is void.
 */
static int begin_cgroups(struct block_encoder *e, const struct sample *s, bool key)
{
    const struct cgroup_table *was = e->cgroup_table, *now = s->cgroups;
    uint32_t n = now ? now->n : 0;
    int rc = 0;

    while (e->cgroups.n < n && !rc)
        rc = array_u32_add(&e->cgroups, 0);
    for (uint32_t i = 0; i < e->cgroups.n; i++) {
        bool same =
            was == now || (was && i < was->n && i < n && was->cgroup[i].id == now->cgroup[i].id &&
                           strcmp(was->cgroup[i].name, now->cgroup[i].name) == 0);
        if (key || !same)
            e->cgroups.at[i] = 0;
    }
    if (was != now) {
        cgroups_unref(was);
        e->cgroup_table = now ? cgroups_ref(now) : NULL;
    }
    return rc;
}

/* The groups that rows of the sample name and the reader does not know. */
static int write_cgroups(struct block_encoder *e, const struct sample *s, bool key,
                         struct block_out *out)
{
    int rc = begin_cgroups(e, s, key);
    uint32_t n = 0;

    for (uint32_t row = 0; row < s->n_live && s->cgroups && !rc; row++) {
        uint32_t number = s->conn[row].cgroup;
        if (!number || number >= s->cgroups->n || e->cgroups.at[number])
            continue;
        e->cgroups.at[number] = 2;
        n++;
    }
    if (!n || rc)
        return rc;
    str_clear(&e->item);
    bytes_put_varint(&e->item, n);
    for (uint32_t i = 0; i < s->cgroups->n; i++) {
        if (e->cgroups.at[i] != 2)
            continue;
        bytes_put_varint(&e->item, i);
        bytes_put_varint(&e->item, s->cgroups->cgroup[i].id);
        put_text(&e->item, s->cgroups->cgroup[i].name);
        e->cgroups.at[i] = 1;
    }
    block_out_item(out, BLOCK_ITEM_CGROUPS, e->item.data, e->item.len);
    return str_failed(&e->item) ? -ENOMEM : 0;
}

/* Drops of listeners ------------------------------------------------------------ */

static bool same_drops(const struct drop_counts *a, const struct drop_counts *b)
{
    bool same = a->n == b->n;

    for (uint32_t i = 0; i < a->n && same; i++)
        same = a->at[i].cookie == b->at[i].cookie && a->at[i].netns == b->at[i].netns &&
               a->at[i].drops == b->at[i].drops;
    return same;
}

static void write_drops(struct block_encoder *e, const struct sample *s, bool key,
                        struct block_out *out)
{
    const struct drop_counts *list = &s->drops;

    if (key ? !list->n : same_drops(list, &e->last->drops))
        return;
    str_clear(&e->item);
    bytes_put_varint(&e->item, list->n);
    for (uint32_t i = 0; i < list->n; i++) {
        bytes_put_varint(&e->item, list->at[i].cookie);
        bytes_put_varint(&e->item, list->at[i].netns);
        bytes_put_varint(&e->item, list->at[i].drops);
    }
    block_out_item(out, BLOCK_ITEM_DROPS, e->item.data, e->item.len);
}

/* Times that run ------------------------------------------------------------ */

static const enum tcp_metric ages[AGES] = {METRICS_last_data_sent_ms, METRICS_last_data_recv_ms,
                                           METRICS_last_ack_recv_ms};

static uint32_t age_of(const struct tcp_metrics *m, int i)
{
    return ages[i] == METRICS_last_data_sent_ms   ? m->last_data_sent_ms
           : ages[i] == METRICS_last_data_recv_ms ? m->last_data_recv_ms
                                                  : m->last_ack_recv_ms;
}

static bool is_near(uint32_t value, uint32_t expected)
{
    uint32_t distance = value > expected ? value - expected : expected - value;

    return distance <= block_columns_tolerance(value);
}

/* What a reader expects of a time that runs down. */
static uint32_t expected_left(const struct conn *c, uint32_t had, int64_t elapsed_ms)
{
    if (c->timer == TIMER_OFF)
        return had;
    return elapsed_ms < 0 || elapsed_ms >= had ? 0 : had - (uint32_t)elapsed_ms;
}

/* Begin the place of row `i`, which was row `j`: what the reader will have of its times. Returns
 * true when one of them is not as the reader expects it. */
static bool carry_times(struct block_encoder *e, const struct sample *s, uint32_t i, uint32_t j,
                        int64_t elapsed_ms)
{
    const struct conn *c = &s->conn[i], *before = &e->last->conn[j];
    const struct place *had = &e->places.at[j];
    struct place *now = &e->next_places.at[i];
    bool differs = false;

    *now = *had;
    now->expires_ms = expected_left(before, had->expires_ms, elapsed_ms);
    if (c->timer != before->timer || !is_near(c->expires_ms, now->expires_ms) ||
        (c->timer == TIMER_OFF && c->expires_ms != now->expires_ms)) {
        differs |= c->expires_ms != now->expires_ms;
        now->expires_ms = c->expires_ms;
    }
    for (int a = 0; e->options.metrics && s->metrics && a < AGES; a++) {
        const struct tcp_metrics *m = &s->metrics[i];
        uint32_t bit = UINT32_C(1) << ages[a];
        bool runs = e->last->metrics[j].valid & m->valid & bit;
        now->age_ms[a] = runs ? had->age_ms[a] + (uint32_t)elapsed_ms : 0;
        if (m->valid & bit && (!runs || !is_near(age_of(m, a), now->age_ms[a]))) {
            now->age_ms[a] = age_of(m, a);
            differs = true;
        }
    }
    return differs;
}

static bool metrics_differ(const struct tcp_metrics *a, const struct tcp_metrics *b)
{
    struct block_row x = {.metrics = (struct tcp_metrics *)(uintptr_t)a};
    struct block_row y = {.metrics = (struct tcp_metrics *)(uintptr_t)b};

    if (a->valid != b->valid || a->congestion != b->congestion)
        return true;
    for (size_t i = 0; i < block_columns_count; i++) {
        const struct block_column *c = &block_columns[i];
        if (c->id >= BLOCK_COLUMN_METRICS && c->kind == BLOCK_COLUMN_PLAIN &&
            block_column_get(c, &x) != block_column_get(c, &y))
            return true;
    }
    return false;
}

/* Row `i` is row `j` of the last sample, whose place is copied. OWNER_PENDING in its word says,
 * until owners are looked at, that something else of it differs. */
static void carry_row(struct block_encoder *e, const struct sample *s, uint32_t i, uint32_t j,
                      int64_t elapsed_ms)
{
    bool differs = carry_times(e, s, i, j, elapsed_ms);

    e->from.at[i] = j;
    differs |= block_columns_conn_differs(&s->conn[i], &e->last->conn[j]);
    if (e->options.metrics && s->metrics && !differs)
        differs = metrics_differ(&s->metrics[i], &e->last->metrics[j]);
    if (differs)
        e->next_places.at[i].owner |= OWNER_PENDING;
}

/* Pairs ------------------------------------------------------------ */

static int room_for(struct place_list *list, uint32_t n)
{
    if (n > list->cap) {
        uint32_t cap = n + n / 8 + 64;
        struct place *larger = realloc(list->at, cap * sizeof *larger);
        if (!larger)
            return -ENOMEM;
        list->at = larger;
        list->cap = cap;
    }
    list->n = n;
    return 0;
}

/* Pair rows by the order of the dump, and compare them while they are at hand; the rest goes to the
 * lists. */
static int pair_by_order(struct block_encoder *e, const struct sample *s, int64_t elapsed_ms)
{
    const struct sample *last = e->last;
    uint32_t expected = 0;
    int rc = 0;

    for (uint32_t i = 0; i < s->n_live && !rc; i++) {
        uint32_t left = last->n_live - expected;
        uint32_t end = expected + (left > LOOK_AHEAD ? LOOK_AHEAD : left), j = expected;
        while (j < end && !conn_same(&s->conn[i], &last->conn[j]))
            j++;
        if (j == end) {
            e->from.at[i] = NO_ROW;
            rc = array_u32_add(&e->fresh, i);
            continue;
        }
        carry_row(e, s, i, j, elapsed_ms);
        for (; expected < j && !rc; expected++)
            rc = array_u32_add(&e->gone, expected);
        expected = j + 1;
    }
    for (; expected < last->n_live && !rc; expected++)
        rc = array_u32_add(&e->gone, expected);
    return rc;
}

/* The row of the last sample that is the same connection, of those that were left over. */
static uint32_t adopt(struct block_encoder *e, const struct conn *c)
{
    uint64_t hash = conn_hash(c);
    uint32_t at = 0, *entry;

    while ((entry = hash_table_each(&e->by_cookie, &hash, &at))) {
        uint32_t row = *entry;
        if (row == NO_ROW || !conn_same(c, &e->last->conn[row]))
            continue;
        *entry = NO_ROW;
        return row;
    }
    return NO_ROW;
}

/* Pair what is left over by cookies. Afterwards `gone` and `fresh` have only rows without a
 * partner, in ascending order. */
static int pair_by_hash(struct block_encoder *e, const struct sample *s, int64_t elapsed_ms)
{
    uint32_t kept = 0;

    if (!e->gone.n || !e->fresh.n)
        return 0;
    hash_table_clear(&e->by_cookie);
    for (uint32_t i = 0; i < e->gone.n; i++) {
        uint64_t hash = conn_hash(&e->last->conn[e->gone.at[i]]);
        uint32_t *value = hash_table_add_another(&e->by_cookie, &hash);
        if (!value)
            return -ENOMEM;
        *value = e->gone.at[i];
    }
    for (uint32_t i = 0; i < e->fresh.n; i++) {
        uint32_t row = e->fresh.at[i], was = adopt(e, &s->conn[row]);
        if (was == NO_ROW) {
            e->fresh.at[kept++] = row;
            continue;
        }
        carry_row(e, s, row, was, elapsed_ms);
        e->places.at[was].owner |= OWNER_PENDING; /* has a partner: see below */
    }
    e->fresh.n = kept;
    kept = 0;
    for (uint32_t i = 0; i < e->gone.n; i++) {
        struct place *place = &e->places.at[e->gone.at[i]];
        if (place->owner & OWNER_PENDING)
            place->owner &= ~OWNER_PENDING;
        else
            e->gone.at[kept++] = e->gone.at[i];
    }
    e->gone.n = kept;
    return 0;
}

/* Columns ------------------------------------------------------------ */

/* One row of a sample as columns are to see it. */
struct seen_row {
    struct conn conn;
    struct tcp_metrics metrics;
    uint32_t owner;
};

static void see(const struct block_encoder *e, const struct sample *s, uint32_t row,
                const struct place *place, bool metrics, struct seen_row *v)
{
    v->conn = s->conn[row];
    v->owner = place ? place->owner : OWNER_UNKNOWN;
    if (place)
        v->conn.expires_ms = place->expires_ms;
    if (metrics)
        v->metrics = s->metrics[row];
    if (metrics && place) {
        v->metrics.last_data_sent_ms = place->age_ms[0];
        v->metrics.last_data_recv_ms = place->age_ms[1];
        v->metrics.last_ack_recv_ms = place->age_ms[2];
    }
    if (e->options.redact)
        redact_conn(e->options.redact, &v->conn);
}

/* The values of a column as planes of bytes, the lowest first: so equal high bytes lie together. */
static void put_column(struct block_out *out, unsigned id, const uint64_t *values, uint32_t n)
{
    uint8_t plane[4096];
    uint64_t all = 0;
    unsigned width = 0;

    for (uint32_t i = 0; i < n; i++)
        all |= values[i];
    for (; all; all >>= 8)
        width++;
    if (!width)
        return;
    block_out_varint(out, BLOCK_ITEM_COLUMN + id);
    block_out_varint(out, (uint64_t)n * width);
    for (unsigned k = 0; k < width; k++) {
        for (uint32_t i = 0; i < n; i += sizeof plane) {
            uint32_t m = n - i < sizeof plane ? n - i : sizeof plane;
            for (uint32_t p = 0; p < m; p++)
                plane[p] = (uint8_t)(values[i + p] >> 8 * k);
            block_out_put(out, plane, m);
        }
    }
}

static void put_part(struct block_out *out, enum block_part part, uint32_t n)
{
    uint8_t value[2 * BYTES_VARINT_MAX];
    size_t len = bytes_set_varint(value, part);

    len += bytes_set_varint(value + len, n);
    block_out_item(out, BLOCK_ITEM_PART, value, len);
}

/* Rows that are told in full: `rows` of a sample, or all from `first` on. */
struct full_rows {
    const struct sample *s;
    const struct place *places; /* NULL: rows without */
    const uint32_t *rows;       /* NULL: consecutive ones */
    bool metrics, owners, ends;
    const struct sample
        *like;                /* whose rows those in e->like are; NULL: rows are told as they are */
    const uint32_t *like_row; /* by the number in e->like less 1; NULL: that is the row */
};

static uint32_t row_of(const struct full_rows *f, uint32_t i)
{
    return f->rows ? f->rows[i] : i;
}

/* What column `c` of row `i` has in the row that it is like. */
static uint64_t like_value(const struct block_encoder *e, const struct full_rows *f,
                           const struct block_column *c, uint32_t i)
{
    uint32_t like = e->like.at[i];
    struct seen_row v;
    const struct block_row row = {.conn = &v.conn};

    if (!like)
        return 0;
    see(e, f->like, f->like_row ? f->like_row[i] : like - 1, NULL, false, &v);
    return block_column_get(c, &row);
}

/* One of the columns that a reader has otherwise than the sample: with times as they run, numbers
 * of the recording, and other addresses where they are not to be told. */
static bool is_seen(const struct block_encoder *e, const struct block_column *c, bool places)
{
    return (places && (c->kind != BLOCK_COLUMN_PLAIN || block_column_is_owner(c))) ||
           (e->options.redact && c->id < BLOCK_COLUMN_SELF);
}

static void put_full(struct block_encoder *e, const struct full_rows *f, enum block_part part,
                     uint32_t first, uint32_t n, struct block_out *out)
{
    const struct block_rows rows = {.conn = f->s->conn,
                                    .metrics = f->metrics ? f->s->metrics : NULL,
                                    .owner = f->owners ? f->s->owner : NULL,
                                    .at = f->rows ? f->rows + first : NULL,
                                    .first = first};
    struct seen_row v;
    struct block_row row = {&v.conn, f->metrics ? &v.metrics : NULL, f->owners ? &v.owner : NULL};

    put_part(out, part, n);
    for (uint32_t i = 0; i < n && f->like; i++)
        e->values[i] = e->like.at[first + i];
    if (f->like)
        put_column(out, BLOCK_COLUMN_LIKE, e->values, n);
    for (size_t k = 0; k < block_columns_count; k++) {
        const struct block_column *c = &block_columns[k];
        if (!block_column_applies(c, &row) ||
            (f->ends && c->id >= BLOCK_COLUMN_METRICS && !c->ends && !e->options.metrics))
            continue;
        const bool seen = is_seen(e, c, f->places);
        if (!seen)
            block_column_get_rows(c, &rows, n, e->values);
        for (uint32_t i = 0; seen && i < n; i++) {
            uint32_t at = row_of(f, first + i);
            see(e, f->s, at, f->places ? &f->places[at] : NULL, f->metrics, &v);
            e->values[i] = block_column_get(c, &row);
        }
        for (uint32_t i = 0; f->like && c->id < BLOCK_COLUMN_SELF && i < n; i++)
            e->values[i] = bytes_zigzag(e->values[i] - like_value(e, f, c, first + i));
        put_column(out, c->id, e->values, n);
    }
}

static void put_all_full(struct block_encoder *e, const struct full_rows *f, enum block_part part,
                         uint32_t n, struct block_out *out)
{
    for (uint32_t i = 0; i < n; i += BLOCK_PART_ROWS)
        put_full(e, f, part, i, n - i < BLOCK_PART_ROWS ? n - i : BLOCK_PART_ROWS, out);
}

/* Ascending places as differences to the one before. */
static void put_places(struct block_encoder *e, const uint32_t *place, uint32_t first, uint32_t n,
                       struct block_out *out)
{
    for (uint32_t i = 0; i < n; i++)
        e->values[i] =
            bytes_zigzag((uint64_t)place[first + i] - (first + i ? place[first + i - 1] : 0));
    put_column(out, BLOCK_COLUMN_PLACE, e->values, n);
}

/* What a reader expects of the row, which was row `j`. */
static struct place expected_place(const struct block_encoder *e, uint32_t j, int64_t elapsed_ms)
{
    struct place had = e->places.at[j];

    had.expires_ms = expected_left(&e->last->conn[j], had.expires_ms, elapsed_ms);
    for (int a = 0; a < AGES; a++)
        had.age_ms[a] += (uint32_t)elapsed_ms;
    return had;
}

/* The values of column `c` in the rows of a part, and what a reader expects of them. */
static void get_changes(struct block_encoder *e, const struct sample *s, const uint32_t *changed,
                        uint32_t n, int64_t elapsed_ms, const struct block_column *c)
{
    const bool metrics = e->options.metrics && s->metrics;
    const struct block_rows rows = {s->conn, s->metrics, s->owner, changed, 0};
    const struct block_rows old = {e->last->conn, e->last->metrics, e->last->owner, e->old_row, 0};
    struct seen_row v;
    const struct block_row row = {&v.conn, metrics ? &v.metrics : NULL, s->owner ? &v.owner : NULL};

    if (!is_seen(e, c, true)) {
        block_column_get_rows(c, &rows, n, e->values);
        block_column_get_rows(c, &old, n, e->before);
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct place had = expected_place(e, e->old_row[i], elapsed_ms);
        see(e, s, changed[i], &e->next_places.at[changed[i]], metrics, &v);
        e->values[i] = block_column_get(c, &row);
        see(e, e->last, e->old_row[i], &had, metrics, &v);
        e->before[i] = block_column_get(c, &row);
    }
}

/* Differences of changed rows to what the reader expects. */
static void put_changes(struct block_encoder *e, const struct sample *s, uint32_t first, uint32_t n,
                        int64_t elapsed_ms, struct block_out *out)
{
    const bool metrics = e->options.metrics && s->metrics;
    const uint32_t *changed = e->changed.at + first;
    const struct block_row has = {s->conn, metrics ? s->metrics : NULL, s->owner};

    for (uint32_t i = 0; i < n; i++)
        e->old_row[i] = e->from.at[changed[i]];
    for (size_t k = 0; k < block_columns_count; k++) {
        const struct block_column *c = &block_columns[k];
        if (!block_column_applies(c, &has))
            continue;
        get_changes(e, s, changed, n, elapsed_ms, c);
        for (uint32_t i = 0; i < n; i++)
            e->values[i] = bytes_zigzag(e->values[i] - e->before[i]);
        put_column(out, c->id, e->values, n);
    }
}

/* The rest of a sample ------------------------------------------------------------ */

static bool records_metrics(const struct block_encoder *e, const struct sample *s)
{
    return e->options.metrics && s->metrics;
}

static bool records_owners(const struct sample *s)
{
    return s->owner && s->owners;
}

static void write_sample(struct block_encoder *e, const struct sample *s, bool key,
                         struct block_out *out)
{
    const struct sample *ends = s->close_events;
    int64_t mono = key ? s->mono_ns : s->mono_ns - e->key_mono_ns;
    int64_t wall = key ? s->wall_ns : s->wall_ns - e->key_wall_ns - mono;

    str_clear(&e->item);
    bytes_put_varint(&e->item, key ? s->seq : s->seq - e->key_seq);
    bytes_put_varint(&e->item, bytes_zigzag((uint64_t)mono));
    bytes_put_varint(&e->item, bytes_zigzag((uint64_t)wall));
    bytes_put_varint(&e->item, s->n_live);
    bytes_put_varint(&e->item, (uint64_t)(records_metrics(e, s) | records_owners(s) << 1 |
                                          (ends && ends->metrics) << 2));
    bytes_put_varint(&e->item, ends ? ends->n_live : 0);
    bytes_put_varint(&e->item, ends ? s->events_before_dump : 0);
    if (!key) {
        bytes_put_varint(&e->item, e->key_seq);
        bytes_put_varint(&e->item, s->seq - e->last->seq);
    }
    block_out_item(out, BLOCK_ITEM_SAMPLE, e->item.data, e->item.len);
}

/* The sample with what is not recorded left out. */
static void redacted(const struct block_encoder *e, const struct sample *s, struct sample *copy)
{
    *copy = *s;
    copy->needs &=
        NEED_TCP_INFO | NEED_BOUND | NEED_CONGESTION | NEED_OWNER | NEED_USER | NEED_DROPS;
    if (!records_metrics(e, s))
        copy->needs &= ~NEED_METRICS;
    if (!records_owners(s))
        copy->needs &= ~(uint32_t)(NEED_OWNER | NEED_USER);
    if (e->options.redact)
        redact_name(e->options.redact, s->host.name, copy->host.name, sizeof copy->host.name);
}

static void write_fields(struct block_encoder *e, const struct sample *s, struct block_out *out)
{
    str_clear(&e->item);
    sample_fields_write(&e->item, s);
    sample_fields_write_reason(&e->item, s);
    sample_fields_write_host(&e->item, &s->host);
    block_out_item(out, BLOCK_ITEM_FIELDS, e->item.data, e->item.len);
}

/* Numbers and figures that differ from those of the last sample; figures are named by their place
 * among those that the key has. */
static void write_numbers(struct block_encoder *e, const struct sample *s, const struct sample *was,
                          struct block_out *out)
{
    uint64_t value, before;
    unsigned known = 0;

    str_clear(&e->item);
    for (unsigned i = 0; i < SAMPLE_NUMBER_COUNT; i++) {
        unsigned tag = sample_fields_tag(i);
        value = sample_fields_get(s, i) - sample_fields_get(was, i);
        if (!value || tag == 1 || tag == 2) /* the times are in the first item */
            continue;
        bytes_put_varint(&e->item, tag << 1);
        bytes_put_varint(&e->item, bytes_zigzag(value));
    }
    for (unsigned i = 0; i < SAMPLE_FIGURE_COUNT; i++) {
        if (!sample_fields_figure(&s->host, i, &value))
            continue;
        if (sample_fields_figure(&was->host, i, &before) && before != value) {
            bytes_put_varint(&e->item, known << 1 | 1);
            bytes_put_varint(&e->item, bytes_zigzag(value - before));
        }
        known++;
    }
    if (e->item.len)
        block_out_item(out, BLOCK_ITEM_NUMBERS, e->item.data, e->item.len);
}

static bool same_reason(const struct sample_reason *a, const struct sample_reason *b)
{
    return a->code == b->code && a->error == b->error && a->sock_diag_error == b->sock_diag_error &&
           a->number == b->number && strcmp(a->text, b->text) == 0 &&
           strcmp(a->netns, b->netns) == 0;
}

static void write_netns(struct block_encoder *e, const struct sample *s, bool key,
                        struct block_out *out)
{
    const struct netns_table *t = s->namespaces;
    struct str item = STR_INIT, host = STR_INIT;

    bytes_put_varint(&item, t->several);
    bytes_put_varint(&item, t->missing);
    bytes_put_varint(&item, t->n);
    for (uint32_t i = 0; i < t->n; i++) {
        const struct netns *ns = &t->list[i];
        unsigned flags = (unsigned)(ns->own | ns->shown << 1 | ns->gone << 2 | ns->counted << 3);
        str_clear(&host);
        if (ns->shown)
            sample_fields_write_host(&host, &ns->host);
        put_text(&item, ns->name);
        bytes_put_varint(&item, ns->inode);
        bytes_put_varint(&item, ns->id);
        bytes_put_varint(&item, flags);
        bytes_put_varint(&item, ns->sockets);
        bytes_put_varint(&item, (uint64_t)(ns->error < 0 ? -(int64_t)ns->error : 0));
        bytes_put_varint(&item, host.len);
        str_add_bytes(&item, host.data, host.len);
    }
    bool same = item.len == e->netns.len && memcmp(item.data, e->netns.data, item.len) == 0;
    if (key || !same)
        block_out_item(out, BLOCK_ITEM_NETNS, item.data, item.len);
    if (str_failed(&item) || str_failed(&host))
        out->error = -ENOMEM;
    str_fini(&host);
    str_fini(&e->netns);
    e->netns = item;
}

static void write_congestion(struct block_encoder *e, const struct sample *s, struct block_out *out)
{
    str_clear(&e->item);
    bytes_put_varint(&e->item, s->n_congestion);
    for (uint8_t i = 0; i < s->n_congestion; i++)
        put_text(&e->item, s->congestion[i]);
    block_out_item(out, BLOCK_ITEM_CONGESTION, e->item.data, e->item.len);
}

static bool congestion_differs(const struct sample *a, const struct sample *b)
{
    return a->n_congestion != b->n_congestion ||
           memcmp(a->congestion, b->congestion, sizeof a->congestion) != 0;
}

/* Of a key, which has no sample before it. */
static void write_ends(struct block_encoder *e, const struct sample *s, struct block_out *out)
{
    const struct full_rows f = {
        .s = s->close_events, .metrics = s->close_events && s->close_events->metrics, .ends = true};

    if (f.s)
        put_all_full(e, &f, BLOCK_PART_ENDS, f.s->n_live, out);
}

/* Everything that comes before the rows. */
static int write_head(struct block_encoder *e, const struct sample *s, bool key,
                      struct block_out *out)
{
    struct sample now, was;

    write_sample(e, s, key, out);
    redacted(e, s, &now);
    if (key) {
        write_fields(e, &now, out);
    } else {
        redacted(e, e->last, &was);
        write_numbers(e, &now, &was, out);
        if (!same_reason(&now.reason, &was.reason)) {
            str_clear(&e->item);
            sample_fields_write_reason(&e->item, &now);
            block_out_item(out, BLOCK_ITEM_FIELDS, e->item.data, e->item.len);
        }
    }
    if (s->namespaces)
        write_netns(e, s, key, out);
    if (s->n_congestion && records_metrics(e, s) && (key || congestion_differs(s, e->last)))
        write_congestion(e, s, out);
    if (records_owners(s))
        write_owners(e, s, key, out);
    write_drops(e, s, key, out);
    return write_cgroups(e, s, key, out);
}

/* Keys ------------------------------------------------------------ */

static int translate_owners(struct block_encoder *e, const struct sample *s)
{
    int rc = records_owners(s) ? use_table(e, s->owners) : 0;

    for (uint32_t i = 0; i < s->n_live && !rc; i++) {
        e->next_places.at[i].owner = OWNER_UNKNOWN;
        if (records_owners(s))
            rc = translate(e, s->owner[i], &e->next_places.at[i].owner);
    }
    return rc;
}

static int encode_key(struct block_encoder *e, const struct sample *s, struct block_out *out)
{
    struct full_rows f = {.s = s, .metrics = records_metrics(e, s), .owners = records_owners(s)};
    int rc;

    e->keys++;
    rc = drop_groups(e);
    if (!rc)
        rc = room_for(&e->next_places, s->n_live);
    for (uint32_t i = 0; i < s->n_live && !rc; i++) {
        struct place *place = &e->next_places.at[i];
        *place = (struct place){.at = i, .expires_ms = s->conn[i].expires_ms};
        for (int a = 0; f.metrics && a < AGES; a++)
            place->age_ms[a] = age_of(&s->metrics[i], a);
    }
    if (!rc)
        rc = translate_owners(e, s);
    if (rc)
        return rc;
    f.places = e->next_places.at;
    rc = write_head(e, s, true, out);
    put_all_full(e, &f, BLOCK_PART_ROWS_KEY, s->n_live, out);
    write_ends(e, s, out);
    return rc ? rc : out->error;
}

/* Deltas ------------------------------------------------------------ */

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static int pair(struct block_encoder *e, const struct sample *s, int64_t elapsed_ms)
{
    int rc;

    array_u32_clear(&e->gone);
    array_u32_clear(&e->fresh);
    array_u32_clear(&e->changed);
    rc = room_for(&e->next_places, s->n_live);
    if (!rc)
        rc = array_u32_room(&e->from, s->n_live);
    if (!rc)
        rc = pair_by_order(e, s, elapsed_ms);
    return rc ? rc : pair_by_hash(e, s, elapsed_ms);
}

/* Fill in the places of new rows and the owners of all, and list those rows that have changed. */
static int place_rows(struct block_encoder *e, const struct sample *s)
{
    bool owners = records_owners(s);
    int rc = owners ? use_table(e, s->owners) : 0;

    for (uint32_t i = 0; i < s->n_live && !rc; i++) {
        struct place *place = &e->next_places.at[i];
        const bool is_new = e->from.at[i] == NO_ROW;
        uint32_t owner = OWNER_UNKNOWN, was = is_new ? OWNER_UNKNOWN : place->owner;
        if (is_new) {
            *place = (struct place){.expires_ms = s->conn[i].expires_ms};
            for (int a = 0; records_metrics(e, s) && a < AGES; a++)
                place->age_ms[a] = age_of(&s->metrics[i], a);
        }
        if (owners)
            rc = translate(e, s->owner[i], &owner);
        place->owner = owner;
        bool differs = was & OWNER_PENDING;
        differs |= owners && (was & ~(uint32_t)OWNER_PENDING) != owner;
        if (!is_new && differs && !rc)
            rc = array_u32_add(&e->changed, i);
    }
    return rc;
}

/* Rows that are new take the places of those that have gone; then the last ones close the gaps that
 * are left, or new ones are added at the end. `gone` holds places here. */
static int settle(struct block_encoder *e, const struct sample *s)
{
    uint32_t had = e->last->n_live, n_gone = e->gone.n, at = 0;
    int rc = 0;

    for (uint32_t i = 0; i < e->fresh.n; i++)
        e->next_places.at[e->fresh.at[i]].at = i < n_gone ? e->gone.at[i] : had + i - n_gone;
    if (n_gone <= e->fresh.n)
        return 0;
    array_u32_clear(&e->moved); /* the rows of the places beyond the end, by place */
    for (uint32_t i = s->n_live; i < had && !rc; i++)
        rc = array_u32_add(&e->moved, NO_ROW);
    for (uint32_t i = 0; i < s->n_live && !rc; i++) {
        if (e->next_places.at[i].at >= s->n_live)
            e->moved.at[e->next_places.at[i].at - s->n_live] = i;
    }
    for (uint32_t i = e->fresh.n; i < n_gone && !rc && e->gone.at[i] < s->n_live; i++) {
        while (e->moved.at[at] == NO_ROW)
            at++;
        e->next_places.at[e->moved.at[at++]].at = e->gone.at[i];
    }
    return rc;
}

/* Note a row under a hash. Returns 0 or -ENOMEM. */
static int note_row(struct block_encoder *e, uint64_t hash, uint32_t row)
{
    uint32_t *value = hash_table_add_another(&e->by_cookie, &hash);

    if (!value)
        return -ENOMEM;
    *value = row;
    return 0;
}

/* The row of `s` that was noted under that hash and is `same` as `c`, or NO_ROW. */
static uint32_t noted_row(struct block_encoder *e, uint64_t hash, const struct sample *s,
                          const struct conn *c,
                          bool (*same)(const struct conn *a, const struct conn *b))
{
    uint32_t at = 0, *entry;

    while ((entry = hash_table_each(&e->by_cookie, &hash, &at))) {
        if (same(c, &s->conn[*entry]))
            return *entry;
    }
    return NO_ROW;
}

/* A TIME_WAIT record has not always the cookie of its socket, but its ends. */
static uint64_t hash_ends(const struct conn *c)
{
    return hash_bytes(c->src, sizeof c->src + sizeof c->dst,
                      hash_u64((uint64_t)c->netns << 32 | (uint64_t)c->sport << 16 | c->dport));
}

/* Sockets that ended are rows that have gone, or that have become TIME_WAIT records. `e->moved`
 * gets the rows of the last sample, `e->like` their places. */
static int find_ended(struct block_encoder *e, const struct sample *ends)
{
    int rc = 0;

    hash_table_clear(&e->by_cookie);
    array_u32_clear(&e->like);
    array_u32_clear(&e->moved);
    for (uint32_t i = 0; i < e->gone.n && !rc; i++)
        rc = note_row(e, conn_hash(&e->last->conn[e->gone.at[i]]), e->gone.at[i]);
    for (uint32_t i = 0; i < e->changed.n && !rc; i++) {
        uint32_t row = e->from.at[e->changed.at[i]];
        rc = note_row(e, conn_hash(&e->last->conn[row]), row);
    }
    for (uint32_t i = 0; i < ends->n_live && !rc; i++) {
        const struct conn *c = &ends->conn[i];
        uint32_t row = noted_row(e, conn_hash(c), e->last, c, conn_same);
        rc = array_u32_add(&e->moved, row == NO_ROW ? 0 : row);
        rc = rc ? rc : array_u32_add(&e->like, row == NO_ROW ? 0 : e->places.at[row].at + 1);
    }
    return rc;
}

/* The sockets that ended since the last sample, before `e->gone` becomes places. */
static int write_ends_like(struct block_encoder *e, const struct sample *s, struct block_out *out)
{
    const struct sample *ends = s->close_events;
    int rc = ends ? find_ended(e, ends) : 0;
    const struct full_rows f = {.s = ends,
                                .metrics = ends && ends->metrics,
                                .ends = true,
                                .like = e->last,
                                .like_row = e->moved.at};

    if (ends && !rc)
        put_all_full(e, &f, BLOCK_PART_ENDS_LIKE, ends->n_live, out);
    return rc;
}

/* New rows that are the TIME_WAIT records of sockets that ended: `e->like` gets these. Returns how
 * many there are, or -ENOMEM. */
static int find_fresh(struct block_encoder *e, const struct sample *s)
{
    const struct sample *ends = s->close_events;
    int rc = 0, found = 0;

    hash_table_clear(&e->by_cookie);
    array_u32_clear(&e->like);
    for (uint32_t i = 0; ends && i < ends->n_live && !rc; i++)
        rc = note_row(e, hash_ends(&ends->conn[i]), i);
    for (uint32_t i = 0; ends && i < e->fresh.n && !rc; i++) {
        const struct conn *c = &s->conn[e->fresh.at[i]];
        uint32_t row = noted_row(e, hash_ends(c), ends, c, conn_same_endpoints);
        rc = array_u32_add(&e->like, row == NO_ROW ? 0 : row + 1);
        found += row != NO_ROW;
    }
    return rc ? rc : found;
}

static int write_rows(struct block_encoder *e, const struct sample *s, int64_t elapsed_ms,
                      struct block_out *out)
{
    int like = find_fresh(e, s);
    const struct full_rows fresh = {.s = s,
                                    .places = e->next_places.at,
                                    .rows = e->fresh.at,
                                    .metrics = records_metrics(e, s),
                                    .owners = records_owners(s),
                                    .like = like > 0 ? s->close_events : NULL};

    for (uint32_t i = 0; i < e->gone.n; i += BLOCK_PART_ROWS) {
        uint32_t n = e->gone.n - i < BLOCK_PART_ROWS ? e->gone.n - i : BLOCK_PART_ROWS;
        put_part(out, BLOCK_PART_GONE, n);
        put_places(e, e->gone.at, i, n, out);
    }
    for (uint32_t i = 0; i < e->changed.n; i += BLOCK_PART_ROWS) {
        uint32_t n = e->changed.n - i < BLOCK_PART_ROWS ? e->changed.n - i : BLOCK_PART_ROWS;
        put_part(out, BLOCK_PART_CHANGED, n);
        for (uint32_t k = 0; k < n; k++) {
            uint32_t at = e->places.at[e->from.at[e->changed.at[i + k]]].at;
            uint32_t before = i + k ? e->places.at[e->from.at[e->changed.at[i + k - 1]]].at : 0;
            e->values[k] = bytes_zigzag((uint64_t)at - before);
        }
        put_column(out, BLOCK_COLUMN_PLACE, e->values, n);
        put_changes(e, s, i, n, elapsed_ms, out);
    }
    put_all_full(e, &fresh, like > 0 ? BLOCK_PART_NEW_LIKE : BLOCK_PART_NEW, e->fresh.n, out);
    return like < 0 ? like : 0;
}

static int encode_delta(struct block_encoder *e, const struct sample *s, struct block_out *out)
{
    int64_t elapsed_ms = ms_of(s->mono_ns) - ms_of(e->last->mono_ns);
    int rc = pair(e, s, elapsed_ms);

    if (!rc)
        rc = place_rows(e, s);
    if (!rc)
        rc = write_head(e, s, false, out);
    if (!rc)
        rc = write_ends_like(e, s, out);
    if (rc)
        return rc;
    for (uint32_t i = 0; i < e->gone.n; i++)
        e->gone.at[i] = e->places.at[e->gone.at[i]].at;
    if (e->gone.n > 1)
        qsort(e->gone.at, e->gone.n, sizeof *e->gone.at, compare_u32);
    rc = settle(e, s);
    if (rc)
        return rc;
    rc = write_rows(e, s, elapsed_ms, out);
    return rc ? rc : out->error;
}

/* Has the sample what the last one had, so that differences say it all? */
static bool can_be_delta(const struct block_encoder *e, const struct sample *s)
{
    const struct sample *last = e->last;

    return last && s->seq > last->seq && s->mono_ns >= last->mono_ns &&
           records_metrics(e, s) == e->has_metrics && records_owners(s) == e->has_owners &&
           s->netns_view == last->netns_view && !s->namespaces == !last->namespaces &&
           s->host.counter_valid == last->host.counter_valid &&
           s->host.gauge_valid == last->host.gauge_valid &&
           s->host.sysctl_valid == last->host.sysctl_valid && strcmp(s->netns, last->netns) == 0 &&
           strcmp(s->host.name, last->host.name) == 0 &&
           strcmp(s->host.kernel, last->host.kernel) == 0;
}

/* It was written: what follows is compared with it. */
static void keep(struct block_encoder *e, const struct sample *s, bool key, size_t bytes)
{
    struct place_list places = e->places;

    e->places = e->next_places;
    e->next_places = places;
    sample_unref(e->last);
    e->last = sample_ref(s);
    e->has_metrics = records_metrics(e, s);
    e->has_owners = records_owners(s);
    if (!key) {
        e->delta_rows += e->gone.n + e->changed.n + e->fresh.n;
        return;
    }
    e->delta_rows = 0;
    e->key_bytes = bytes;
    e->key_seq = s->seq;
    e->key_mono_ns = s->mono_ns;
    e->key_wall_ns = s->wall_ns;
}

static void forget(struct block_encoder *e)
{
    sample_unref(e->last);
    e->last = NULL;
}

/* Would a reader who wants a sample from here on be better served by a key? It has to read the last
 * key and all deltas since. */
static bool deltas_are_long(const struct block_encoder *e)
{
    uint64_t rows = e->last->n_live;

    /* one that tells of every row, as the first with owners does, is not enough */
    return e->delta_rows > DELTA_ROWS_MIN && e->delta_rows > rows + rows / 4;
}

int block_encode_sample(struct block_encoder *e, const struct sample *s, bool key,
                        struct block_out *out, bool *is_key)
{
    int rc = 0;

    *is_key = key || !can_be_delta(e, s) || deltas_are_long(e);
    if (s->n_live > BLOCK_ROWS_MAX)
        rc = -EFBIG;
    block_out_begin(out);
    if (!rc && !*is_key) {
        rc = encode_delta(e, s, out);
        if (!rc)
            rc = block_out_end(out, BLOCK_DELTA, true);
        *is_key = !rc && out->block.len > e->key_bytes / 2 + 1024;
        if (*is_key)
            block_out_begin(out);
    }
    if (!rc && *is_key) {
        rc = encode_key(e, s, out);
        if (!rc)
            rc = block_out_end(out, BLOCK_KEY, true);
    }
    if (rc)
        forget(e);
    else
        keep(e, s, *is_key, out->block.len);
    return rc;
}
