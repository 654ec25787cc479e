/* SPDX-License-Identifier: MIT */
/* The bytes of one block. What fits into the stage is compressed at once, for then the compressor
 * knows how little it is and sets up little; what is larger is compressed as it comes. */
#include "block_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/base/bytes.h"
#include "tcptop/base/hash.h"

#define LEVEL       3
#define STAGE_BYTES (256u << 10)
#define CHUNK       (64u << 10) /* bytes that are read, and decompressed, at a time */

/* Writing ------------------------------------------------------------ */

void block_out_fini(struct block_out *o)
{
    str_fini(&o->block);
    ZSTD_freeCCtx(o->zstd);
    free(o->stage);
    *o = (struct block_out){.zstd = NULL};
}

static int prepare(struct block_out *o)
{
    if (!o->stage)
        o->stage = malloc(STAGE_BYTES);
    if (!o->zstd)
        o->zstd = ZSTD_createCCtx();
    if (!o->stage || !o->zstd)
        return -ENOMEM;
    ZSTD_CCtx_reset(o->zstd, ZSTD_reset_session_and_parameters);
    ZSTD_CCtx_setParameter(o->zstd, ZSTD_c_compressionLevel, LEVEL);
    ZSTD_CCtx_setParameter(o->zstd, ZSTD_c_windowLog, BLOCK_WINDOW_LOG);
    return 0;
}

void block_out_begin(struct block_out *o)
{
    static const char head[BLOCK_HEAD_BYTES];

    str_clear(&o->block);
    str_add_bytes(&o->block, head, sizeof head);
    o->staged = 0;
    o->raw = 0;
    o->streaming = false;
    o->error = prepare(o);
}

/* Compress what is staged, and, at the end, all that the compressor holds back. */
static void compress(struct block_out *o, ZSTD_EndDirective end)
{
    ZSTD_inBuffer in = {o->stage, o->staged, 0};
    size_t left = 1;

    while (!o->error && (in.pos < in.size || (end == ZSTD_e_end && left))) {
        char chunk[4096];
        ZSTD_outBuffer out = {chunk, sizeof chunk, 0};
        left = ZSTD_compressStream2(o->zstd, &out, &in, end);
        if (ZSTD_isError(left))
            o->error = -ENOMEM;
        else
            str_add_bytes(&o->block, chunk, out.pos);
    }
    o->staged = 0;
}

void block_out_put(struct block_out *o, const void *bytes, size_t len)
{
    const uint8_t *p = bytes;

    o->raw += len;
    while (len && !o->error) {
        size_t n = STAGE_BYTES - o->staged < len ? STAGE_BYTES - o->staged : len;
        memcpy(o->stage + o->staged, p, n);
        o->staged += n;
        p += n;
        len -= n;
        if (!len)
            break;
        o->streaming = true;
        compress(o, ZSTD_e_continue);
    }
}

void block_out_varint(struct block_out *o, uint64_t value)
{
    uint8_t bytes[BYTES_VARINT_MAX];

    block_out_put(o, bytes, bytes_set_varint(bytes, value));
}

void block_out_item(struct block_out *o, unsigned id, const void *bytes, size_t len)
{
    block_out_varint(o, id);
    block_out_varint(o, len);
    block_out_put(o, bytes, len);
}

int block_out_end(struct block_out *o, enum block_type type, bool compressed)
{
    struct block_head head = {.type = (uint8_t)type, .raw = (uint32_t)o->raw};

    if (!o->error && (compressed || o->streaming)) {
        head.flags = BLOCK_COMPRESSED;
        if (!o->streaming)
            ZSTD_CCtx_setPledgedSrcSize(o->zstd, o->staged);
        compress(o, ZSTD_e_end);
    } else if (!o->error) {
        str_add_bytes(&o->block, o->stage, o->staged);
    }
    if (!o->error && str_failed(&o->block))
        o->error = -ENOMEM;
    if (!o->error && (o->raw > BLOCK_MAX_BYTES || o->block.len > BLOCK_MAX_BYTES))
        o->error = -EFBIG;
    if (o->error)
        return o->error;
    head.stored = (uint32_t)(o->block.len - BLOCK_HEAD_BYTES);
    head.payload_crc = hash_crc32(0, o->block.data + BLOCK_HEAD_BYTES, head.stored);
    block_head_write((uint8_t *)o->block.data, &head);
    return 0;
}

/* Reading ------------------------------------------------------------ */

void block_in_fini(struct block_in *in)
{
    ZSTD_freeDCtx(in->zstd);
    free(in->memory);
    *in = (struct block_in){.input = NULL};
}

static int prepare_in(struct block_in *in)
{
    if (!in->memory)
        in->memory = malloc(2 * (size_t)CHUNK);
    if (!in->zstd)
        in->zstd = ZSTD_createDCtx();
    if (!in->memory || !in->zstd)
        return -ENOMEM;
    ZSTD_DCtx_reset(in->zstd, ZSTD_reset_session_and_parameters);
    ZSTD_DCtx_setParameter(in->zstd, ZSTD_d_windowLogMax, BLOCK_WINDOW_LOG);
    return 0;
}

int block_in_verify(struct block_in *in, struct block_input *input, const struct block_head *head,
                    uint64_t at)
{
    uint32_t crc = 0;
    int rc = prepare_in(in);

    for (uint32_t left = head->stored; !rc && left;) {
        uint32_t n = left < CHUNK ? left : CHUNK;
        rc = input->read(input, at, in->memory, n);
        if (!rc)
            crc = hash_crc32(crc, in->memory, n);
        at += n;
        left -= n;
    }
    return rc ? rc : crc == head->payload_crc ? 0 : -EBADMSG;
}

int block_in_begin(struct block_in *in, struct block_input *input, const struct block_head *head,
                   uint64_t at)
{
    in->input = input;
    in->at = at;
    in->stored = head->stored;
    in->raw = head->raw;
    in->compressed = head->flags & BLOCK_COMPRESSED;
    in->in_at = in->in_len = in->out_at = in->out_len = 0;
    return prepare_in(in);
}

/* More stored bytes into the first buffer. */
static int read_stored(struct block_in *in)
{
    uint32_t n = in->stored < CHUNK ? in->stored : CHUNK;

    if (!n)
        return -EBADMSG;
    int rc = in->input->read(in->input, in->at, in->memory, n);
    in->at += n;
    in->stored -= n;
    in->in_at = 0;
    in->in_len = n;
    return rc == -ENODATA ? -EBADMSG : rc; /* it was there when it was verified */
}

/* More bytes of the payload into the second buffer. */
static int refill(struct block_in *in)
{
    ZSTD_outBuffer out = {in->memory + CHUNK, CHUNK, 0};

    while (out.pos == 0) {
        if (in->in_at == in->in_len) {
            int rc = read_stored(in);
            if (rc)
                return rc;
        }
        if (in->compressed) {
            ZSTD_inBuffer from = {in->memory, in->in_len, in->in_at};
            if (ZSTD_isError(ZSTD_decompressStream(in->zstd, &out, &from)))
                return -EBADMSG;
            in->in_at = from.pos;
        } else {
            out.pos = in->in_len - in->in_at;
            memcpy(in->memory + CHUNK, in->memory + in->in_at, out.pos);
            in->in_at = in->in_len;
        }
    }
    in->out_at = 0;
    in->out_len = out.pos;
    return 0;
}

int block_in_take(struct block_in *in, void *to, size_t len)
{
    uint8_t *p = to;

    if (len > in->raw)
        return -EBADMSG;
    in->raw -= (uint32_t)len;
    while (len) {
        int rc = in->out_at == in->out_len ? refill(in) : 0;
        if (rc)
            return rc;
        size_t n = in->out_len - in->out_at < len ? in->out_len - in->out_at : len;
        if (p) {
            memcpy(p, in->memory + CHUNK + in->out_at, n);
            p += n;
        }
        in->out_at += n;
        len -= n;
    }
    return 0;
}

int block_in_varint(struct block_in *in, uint64_t *value)
{
    *value = 0;
    for (unsigned i = 0; i < BYTES_VARINT_MAX; i++) {
        uint8_t byte;
        int rc = block_in_take(in, &byte, 1);
        if (rc)
            return rc;
        *value |= (uint64_t)(byte & 0x7f) << 7 * i;
        if (!(byte & 0x80))
            return 0;
    }
    return -EBADMSG;
}

int block_in_item(struct block_in *in, unsigned *id, uint32_t *len)
{
    uint64_t wide_id, wide_len;

    if (in->raw == 0)
        return -ENODATA;
    int rc = block_in_varint(in, &wide_id);
    if (!rc)
        rc = block_in_varint(in, &wide_len);
    if (rc)
        return rc;
    if (wide_len > in->raw)
        return -EBADMSG;
    *id = wide_id > UINT32_MAX ? UINT32_MAX : (unsigned)wide_id;
    *len = (uint32_t)wide_len;
    return 0;
}
