/* SPDX-License-Identifier: MIT */
/* What the bytes of a recording are: `anatomy FILE` prints for each type of block how many there
 * are and how long, then for KEY and DELTA each item and column: its bytes, and about how many of
 * them are left when it is compressed alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "tcptop/base/bytes.h"
#include "tcptop/source/block.h"

#define LEVEL   3
#define PARTS   8
#define COLUMNS 1024

struct tally {
    unsigned long n, bytes, packed;
};

static struct tally types[256], items[2][64], columns[2][PARTS][COLUMNS];

static size_t packed_size(const void *bytes, size_t len)
{
    size_t room = ZSTD_compressBound(len);
    char *to = malloc(room + 1);
    size_t n = to ? ZSTD_compress(to, room, bytes, len, LEVEL) : 0;

    free(to);
    return ZSTD_isError(n) ? len : n > 12 ? n - 12 : n; /* without what frames it */
}

static void count(struct tally *t, const uint8_t *bytes, size_t len)
{
    t->n++;
    t->bytes += len;
    t->packed += packed_size(bytes, len);
}

static void take_payload(bool delta, const uint8_t *p, size_t left)
{
    uint64_t part = 0, id, len;

    while (bytes_take_varint(&p, &left, &id) && bytes_take_varint(&p, &left, &len) && len <= left) {
        const uint8_t *value = p;
        size_t value_len = (size_t)len;
        if (id == BLOCK_ITEM_PART)
            bytes_take_varint(&value, &value_len, &part);
        if (id < BLOCK_ITEM_COLUMN)
            count(&items[delta][id], p, (size_t)len);
        else if (id - BLOCK_ITEM_COLUMN < COLUMNS && part < PARTS)
            count(&columns[delta][part][id - BLOCK_ITEM_COLUMN], p, (size_t)len);
        p += len;
        left -= (size_t)len;
    }
}

static void take_block(const struct block_head *head, const uint8_t *stored)
{
    uint8_t *raw = malloc(head->raw + 1u);

    types[head->type].n++;
    types[head->type].bytes += BLOCK_HEAD_BYTES + head->raw;
    types[head->type].packed += BLOCK_HEAD_BYTES + head->stored;
    if (raw && (head->type == BLOCK_KEY || head->type == BLOCK_DELTA) &&
        !ZSTD_isError(ZSTD_decompress(raw, head->raw, stored, head->stored)))
        take_payload(head->type == BLOCK_DELTA, raw, head->raw);
    free(raw);
}

static void print(const char *what, unsigned part, unsigned id, const struct tally *t)
{
    if (t->n)
        printf("%-7s %4u %4u %8lu times %10lu bytes %10lu packed\n", what, part, id, t->n, t->bytes,
               t->packed);
}

int main(int argc, char **argv)
{
    static uint8_t bytes[1u << 26];
    FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
    size_t n = f ? fread(bytes, 1, sizeof bytes, f) : 0, at = 0;
    struct block_head head;

    while (at + BLOCK_HEAD_BYTES <= n && block_head_read(&head, bytes + at) == 0 &&
           head.stored <= n - at - BLOCK_HEAD_BYTES) {
        take_block(&head, bytes + at + BLOCK_HEAD_BYTES);
        at += BLOCK_HEAD_BYTES + head.stored;
    }
    for (unsigned type = 0; type < 256; type++)
        print("block", 0, type, &types[type]);
    for (unsigned delta = 0; delta < 2; delta++) {
        for (unsigned id = 0; id < 64; id++)
            print(delta ? "delta" : "key", 99, id, &items[delta][id]);
        for (unsigned part = 0; part < PARTS; part++)
            for (unsigned id = 0; id < COLUMNS; id++)
                print(delta ? "delta" : "key", part, id, &columns[delta][part][id]);
    }
    return n && at == n ? 0 : 1;
}
