/* SPDX-License-Identifier: MIT */
/* Lists that follow each other in one text: of `netstat -c`, of a loop, of several looks. The same
 * line of columns' names begins each. A connection that a later list has again is one connection,
 * and as the later list says; what only an earlier one has stays, since a later list may be one of
 * other states or of another host.
 *
 * A list may have several sockets with the same ends, such as listeners that share a port: the n-th
 * of them is the n-th of the later list. */
#include <string.h>

#include "import_reader.h"
#include "tcptop/base/hash.h"

/* No padding. */
struct import_repeats_key {
    uint8_t src[16], dst[16];
    uint32_t port[2]; /* with the highest bit set: the number of a text */
    uint32_t nth;
    uint16_t netns;
    uint8_t family, listens;
};

/* Where a connection is, and in which list it was last. */
struct import_repeats_place {
    uint32_t row, list;
};

void import_repeats_init(struct import_repeats *p)
{
    *p = (struct import_repeats){.list = 0};
    hash_table_init(&p->by_ends, sizeof(struct import_repeats_key),
                    sizeof(struct import_repeats_place));
}

void import_repeats_fini(struct import_repeats *p)
{
    hash_table_fini(&p->by_ends);
}

static void set_port(struct import_repeats_key *key, const struct conn *c, bool remote)
{
    key->port[remote] = conn_port_unknown(c, remote) ? c->port_text[remote] | UINT32_C(0x80000000)
                        : remote                     ? c->dport
                                                     : c->sport;
}

/* The place of the first socket with these ends that this list has not named yet. NULL: without
 * memory. */
static struct import_repeats_place *place_of(struct import_repeats *p, const struct conn *c,
                                             uint16_t netns, bool *is_new)
{
    struct import_repeats_key key;
    struct import_repeats_place *place;

    memset(&key, 0, sizeof key);
    memcpy(key.src, c->src, sizeof key.src);
    memcpy(key.dst, c->dst, sizeof key.dst);
    set_port(&key, c, false);
    set_port(&key, c, true);
    key.netns = netns;
    key.family = c->family;
    key.listens = c->state == TCP_STATE_LISTEN;
    do {
        place = hash_table_add(&p->by_ends, &key, is_new);
        key.nth++;
    } while (place && !*is_new && place->list == p->list);
    return place;
}

/* Note the rows that were read before it was known that a list would come again. */
static int note_rows(struct import_repeats *p, const struct sample *s)
{
    for (uint32_t row = 0; row < s->n_live; row++) {
        bool is_new;
        struct import_repeats_place *place =
            place_of(p, &s->conn[row], s->conn[row].netns, &is_new);
        if (!place)
            return -1;
        *place = (struct import_repeats_place){row, p->list};
    }
    return 0;
}

/* The names of the columns: what stands before them in a log is another time in each list. */
static struct import_field names_of(const struct import_line *line)
{
    const size_t at = import_prefix_names(line, 0), from = at < line->len ? at : 0;

    return (struct import_field){line->text + from, line->len - from};
}

/* Is the line the beginning of a list that was read before, and had rows? */
static bool comes_again(struct import_repeats *p, const struct import_line *line, uint32_t rows)
{
    const struct import_field names = names_of(line);
    const uint64_t heading = hash_bytes(names.at, names.len, 0);

    for (unsigned i = 0; i < p->n_headings; i++) {
        if (p->heading[i] != heading)
            continue;
        const bool had_rows = rows > p->rows[i];
        p->rows[i] = rows;
        return had_rows;
    }
    if (p->n_headings < IMPORT_HEADINGS) {
        p->heading[p->n_headings] = heading;
        p->rows[p->n_headings++] = rows;
    }
    return false;
}

int import_repeats_heading(struct import_repeats *p, const struct import_line *line,
                           const struct sample *s, uint32_t rows)
{
    if (!comes_again(p, line, rows))
        return 0;
    if (!p->list && note_rows(p, s))
        return -1;
    p->list++;
    return 0;
}

int import_repeats_row(struct import_repeats *p, const struct conn *c, uint16_t netns,
                       uint32_t next, uint32_t *row)
{
    bool is_new;

    *row = next;
    if (!p->list)
        return 0;
    struct import_repeats_place *place = place_of(p, c, netns, &is_new);
    if (!place)
        return -1;
    if (is_new)
        place->row = next;
    place->list = p->list;
    *row = place->row;
    return 0;
}
