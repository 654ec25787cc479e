/* SPDX-License-Identifier: MIT */
/* What an INDEX, an END and a HEAD say. */
#include "block_index.h"

#include <errno.h>

#include "tcptop/base/bytes.h"
#include "tcptop/base/utf8.h"
#include "tcptop/model/findings.h"
#include "tcptop/source/sample_fields.h"

#define INDEX_BYTES 61 /* before the counts */

void block_index_write(struct str *out, const struct recording_span *span, uint64_t previous)
{
    unsigned states = 0;

    bytes_put(out, previous, 8);
    bytes_put(out, span->at, 8);
    bytes_put(out, span->seq, 8);
    bytes_put(out, (uint64_t)span->first_mono_ns, 8);
    bytes_put(out, (uint64_t)span->last_mono_ns, 8);
    bytes_put(out, (uint64_t)span->first_wall_ns, 8);
    bytes_put(out, (uint64_t)span->last_wall_ns, 8);
    bytes_put(out, span->samples, 4);
    bytes_put(out, span->worst, 1);
    bytes_put_varint(out, span->most_total);
    for (unsigned state = 0; state < TCP_STATE_COUNT; state++)
        states += span->most[state] > 0;
    bytes_put_varint(out, states);
    for (unsigned state = 0; state < TCP_STATE_COUNT; state++) {
        if (!span->most[state])
            continue;
        bytes_put_varint(out, state);
        bytes_put_varint(out, span->most[state]);
    }
}

static int read_counts(const uint8_t *p, size_t len, struct recording_span *span)
{
    uint64_t states, state, most;

    if (!bytes_take_varint(&p, &len, &most) || !bytes_take_varint(&p, &len, &states) ||
        most > UINT32_MAX)
        return -EBADMSG;
    span->most_total = (uint32_t)most;
    for (; states; states--) {
        if (!bytes_take_varint(&p, &len, &state) || !bytes_take_varint(&p, &len, &most) ||
            most > UINT32_MAX)
            return -EBADMSG;
        if (state < TCP_STATE_COUNT)
            span->most[state] = (uint32_t)most;
    }
    return 0;
}

int block_index_read(const uint8_t *bytes, size_t len, struct recording_span *span,
                     uint64_t *previous)
{
    if (len < INDEX_BYTES)
        return -EBADMSG;
    *previous = bytes_get(bytes, 8);
    *span = (struct recording_span){
        .file = span->file,
        .at = bytes_get(bytes + 8, 8),
        .seq = bytes_get(bytes + 16, 8),
        .first_mono_ns = (int64_t)bytes_get(bytes + 24, 8),
        .last_mono_ns = (int64_t)bytes_get(bytes + 32, 8),
        .first_wall_ns = (int64_t)bytes_get(bytes + 40, 8),
        .last_wall_ns = (int64_t)bytes_get(bytes + 48, 8),
        .samples = (uint32_t)bytes_get(bytes + 56, 4),
        .worst = bytes[60] <= SEVERITY_CRITICAL ? bytes[60] : SEVERITY_CRITICAL,
        .counted = true,
    };
    return read_counts(bytes + INDEX_BYTES, len - INDEX_BYTES, span);
}

void block_index_write_end(uint8_t out[BLOCK_END_BYTES], uint64_t last_index, uint64_t samples,
                           enum block_end why)
{
    bytes_set(out, last_index, 8);
    bytes_set(out + 8, samples, 8);
    bytes_set(out + 16, why, 4);
    bytes_set(out + 20, 0, 4);
}

void block_index_read_head(const uint8_t *bytes, size_t len, struct recording_head *head)
{
    const uint8_t *p = bytes, *value;
    size_t value_len;
    unsigned tag;

    *head = (struct recording_head){.program = ""};
    while (sample_fields_next(&p, &len, &tag, &value, &value_len)) {
        if (tag == BLOCK_HEAD_RUN && value_len == 8)
            head->run = bytes_get(value, 8);
        else if (tag == BLOCK_HEAD_PROGRAM)
            utf8_sanitise_into(head->program, sizeof head->program, value, value_len);
        else if (tag == BLOCK_HEAD_HOST)
            utf8_sanitise_into(head->host, sizeof head->host, value, value_len);
        else if (tag == BLOCK_HEAD_BOOT)
            utf8_sanitise_into(head->boot, sizeof head->boot, value, value_len);
        else if (tag == BLOCK_HEAD_REDACTED && value_len == 1)
            head->redacted = *value;
    }
}
