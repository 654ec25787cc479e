/* SPDX-License-Identifier: MIT */
/* The head of a block. */
#include "tcptop/source/block.h"

#include <errno.h>
#include <string.h>

#include "tcptop/base/bytes.h"
#include "tcptop/base/hash.h"

#define CRC_AT (BLOCK_HEAD_BYTES - 4)

void block_head_write(uint8_t out[BLOCK_HEAD_BYTES], const struct block_head *head)
{
    memset(out, 0, BLOCK_HEAD_BYTES);
    memcpy(out, BLOCK_MARK, BLOCK_MARK_BYTES);
    out[4] = BLOCK_VERSION;
    out[5] = head->type;
    out[6] = head->flags;
    bytes_set(out + 8, head->stored, 4);
    bytes_set(out + 12, head->raw, 4);
    bytes_set(out + 16, head->payload_crc, 4);
    bytes_set(out + CRC_AT, hash_crc32(0, out, CRC_AT), 4);
}

int block_head_read(struct block_head *head, const uint8_t bytes[BLOCK_HEAD_BYTES])
{
    if (memcmp(bytes, BLOCK_MARK, BLOCK_MARK_BYTES) != 0 ||
        bytes_get(bytes + CRC_AT, 4) != hash_crc32(0, bytes, CRC_AT))
        return -EBADMSG;
    *head = (struct block_head){
        .type = bytes[5],
        .flags = bytes[6],
        .stored = (uint32_t)bytes_get(bytes + 8, 4),
        .raw = (uint32_t)bytes_get(bytes + 12, 4),
        .payload_crc = (uint32_t)bytes_get(bytes + 16, 4),
    };
    if (head->stored > BLOCK_MAX_BYTES || head->raw > BLOCK_MAX_BYTES)
        return -EBADMSG;
    return bytes[4] == BLOCK_VERSION ? 0 : -EPROTONOSUPPORT;
}
