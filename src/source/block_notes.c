/* SPDX-License-Identifier: MIT */
/* What a NOTE says. */
#include "block_notes.h"

#include <string.h>
#include <sys/socket.h>

#include "tcptop/base/bytes.h"
#include "tcptop/base/utf8.h"
#include "tcptop/source/sample_fields.h"

void block_notes_write_ends(uint8_t out[BLOCK_NOTES_ENDS_BYTES], const struct conn *ends)
{
    out[0] = ends->family == AF_INET6 ? 6 : 4;
    memcpy(out + 1, ends->src, 16);
    memcpy(out + 17, ends->dst, 16);
    bytes_set(out + 33, ends->sport, 2);
    bytes_set(out + 35, ends->dport, 2);
}

static void read_ends(struct conn *ends, const uint8_t bytes[BLOCK_NOTES_ENDS_BYTES])
{
    ends->family = bytes[0] == 6 ? AF_INET6 : AF_INET;
    memcpy(ends->src, bytes + 1, 16);
    memcpy(ends->dst, bytes + 17, 16);
    ends->sport = (uint16_t)bytes_get(bytes + 33, 2);
    ends->dport = (uint16_t)bytes_get(bytes + 35, 2);
}

/* A figure of a file may be any bytes. */
static void read_values(struct finding *f, const uint8_t *bytes)
{
    f->valid = bytes[0];
    for (unsigned i = 0; i < FINDING_VALUES; i++) {
        uint64_t bits = bytes_get(bytes + 1 + 8 * i, 8);
        memcpy(&f->value[i], &bits, sizeof bits);
        if (!(f->value[i] >= 0 && f->value[i] < 1e15)) {
            f->value[i] = 0;
            f->valid &= (uint8_t) ~(1u << i);
        }
    }
}

/* Whom it is about. */
static void take_subject(struct finding *f, unsigned tag, const uint8_t *value, size_t len)
{
    if (tag == BLOCK_NOTES_PROCESS)
        utf8_sanitise_into(f->who.name, sizeof f->who.name, value, len);
    else if (tag == BLOCK_NOTES_NETNS)
        utf8_sanitise_into(f->namespace, sizeof f->namespace, value, len);
    else if (tag == BLOCK_NOTES_VALUES && len == 1 + 8 * FINDING_VALUES)
        read_values(f, value);
    else if (tag == BLOCK_NOTES_SUBJECT && len == 1)
        f->subject = value[0];
    else if (tag == BLOCK_NOTES_ENDS && len == BLOCK_NOTES_ENDS_BYTES)
        read_ends(&f->scope.ends, value);
    else if (tag == BLOCK_NOTES_OWNER && len == BLOCK_NOTES_OWNER_BYTES) {
        f->who.pid = (uint32_t)bytes_get(value, 4);
        f->scope.uid = (uint32_t)bytes_get(value + 4, 4);
    }
}

static void take_field(struct recording_note *note, unsigned *kind, unsigned tag,
                       const uint8_t *value, size_t len)
{
    if (tag == BLOCK_NOTES_KIND && len == 1)
        *kind = value[0];
    else if (tag == BLOCK_NOTES_KEY && len == 8)
        note->key = bytes_get(value, 8);
    else if (tag == BLOCK_NOTES_SEVERITY && len == 1)
        note->severity = value[0] <= SEVERITY_CRITICAL ? value[0] : SEVERITY_CRITICAL;
    else if (tag == BLOCK_NOTES_RULE)
        utf8_sanitise_into(note->rule, sizeof note->rule, value, len);
    else if (tag == BLOCK_NOTES_WALL && len == 8)
        note->wall_ns = (int64_t)bytes_get(value, 8);
    else
        take_subject(&note->finding, tag, value, len);
}

bool block_notes_read(const uint8_t *bytes, size_t len, struct recording_note *note)
{
    const uint8_t *p = bytes, *value;
    size_t value_len;
    unsigned tag, kind = 0;

    *note = (struct recording_note){.ended = false};
    while (sample_fields_next(&p, &len, &tag, &value, &value_len))
        take_field(note, &kind, tag, value, value_len);
    note->ended = kind == BLOCK_NOTES_ENDED;
    return kind == BLOCK_NOTES_BEGAN || kind == BLOCK_NOTES_ENDED;
}
