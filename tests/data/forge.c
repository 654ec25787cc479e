/* SPDX-License-Identifier: MIT */
/* Makes of a recording on standard input, block by block as they come, one of another version:
 * "forge program TEXT" says that TEXT has recorded it, "forge version N" gives each block the
 * version N of the head. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tcptop/base/bytes.h"
#include "tcptop/base/hash.h"
#include "tcptop/source/block.h"

#define TAG_PROGRAM 2
#define FIELD_HEAD  4

static bool get(void *to, size_t len)
{
    return fread(to, 1, len, stdin) == len;
}

static void put(const void *bytes, size_t len)
{
    const char *p = bytes;

    while (len) {
        ssize_t n = write(STDOUT_FILENO, p, len);
        if (n <= 0)
            exit(1);
        p += n;
        len -= (size_t)n;
    }
}

/* The fields of a HEAD, with another program. Returns their length. */
static uint32_t other_program(const uint8_t *from, uint32_t len, const char *program, uint8_t *to)
{
    uint32_t at = 0;

    while (len >= FIELD_HEAD) {
        uint32_t tag = (uint32_t)bytes_get(from, 2), size = (uint32_t)bytes_get(from + 2, 2);
        uint32_t out = tag == TAG_PROGRAM ? (uint32_t)strlen(program) : size;
        if (size > len - FIELD_HEAD)
            exit(1);
        bytes_set(to + at, tag, 2);
        bytes_set(to + at + 2, out, 2);
        memcpy(to + at + FIELD_HEAD,
               tag == TAG_PROGRAM ? (const uint8_t *)program : from + FIELD_HEAD, out);
        at += FIELD_HEAD + out;
        from += FIELD_HEAD + size;
        len -= FIELD_HEAD + size;
    }
    return at;
}

int main(int argc, char **argv)
{
    bool program = argc == 3 && strcmp(argv[1], "program") == 0;
    uint8_t bytes[BLOCK_HEAD_BYTES];
    struct block_head head;

    if (argc != 3 || strlen(argv[2]) > 1000)
        return 2;
    while (get(bytes, sizeof bytes) && block_head_read(&head, bytes) == 0) {
        uint8_t *payload = malloc(head.stored + 1), *forged = malloc(head.stored + 1000);
        if (!payload || !forged || !get(payload, head.stored))
            return 1;
        if (program && head.type == BLOCK_HEAD) {
            head.stored = head.raw = other_program(payload, head.stored, argv[2], forged);
            head.payload_crc = hash_crc32(0, forged, head.stored);
            block_head_write(bytes, &head);
        } else {
            memcpy(forged, payload, head.stored);
        }
        if (!program) {
            bytes[4] = (uint8_t)atoi(argv[2]);
            bytes_set(bytes + sizeof bytes - 4, hash_crc32(0, bytes, sizeof bytes - 4), 4);
        }
        put(bytes, sizeof bytes);
        put(forged, head.stored);
        free(payload);
        free(forged);
    }
    return 0;
}
