/* SPDX-License-Identifier: MIT */
/* One open file of blocks. What can seek is read through a window of fixed size; of a pipe as much
 * is kept as the block under way has, and no more is allocated than has arrived. */
#include "block_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "block_index.h"
#include "block_ring.h"

#define WINDOW (64u << 10)

/* More bytes at the end of the cache of a pipe. Returns 0, -ENODATA at its end, or -errno. */
static int read_on(struct block_file *f)
{
    if (f->cache_len == f->cache_cap) {
        uint8_t *larger = realloc(f->cache, f->cache_cap * 2);
        if (!larger)
            return -ENOMEM;
        f->cache = larger;
        f->cache_cap *= 2;
    }
    for (;;) {
        int rc = source_wait(f->owner, f->fd);
        if (rc)
            return rc;
        ssize_t n = read(f->fd, f->cache + f->cache_len, f->cache_cap - f->cache_len);
        if (n > 0)
            f->cache_len += (size_t)n;
        if (n >= 0)
            return n ? 0 : -ENODATA;
        if (errno != EINTR && errno != EAGAIN)
            return -errno;
    }
}

/* As pread(2), of the file or the ring; -errno. */
static ssize_t read_bytes(const struct block_file *f, void *to, size_t len, uint64_t offset)
{
    if (f->ring)
        return block_ring_read(f->ring, offset, to, len);
    ssize_t n = pread(f->fd, to, len, (off_t)offset);
    return n < 0 ? -errno : n;
}

/* The window from `offset` on. Returns 0 or -errno. */
static int read_window(struct block_file *f, uint64_t offset)
{
    f->cache_at = offset;
    f->cache_len = 0;
    while (f->cache_len < f->cache_cap) {
        if (f->owner && source_cancelled(f->owner))
            return -ECANCELED;
        if (offset + f->cache_len > INT64_MAX)
            return -ENODATA;
        ssize_t n = read_bytes(f, f->cache + f->cache_len, f->cache_cap - f->cache_len,
                               offset + f->cache_len);
        if (n < 0 && n != -EINTR)
            return (int)n;
        if (n == 0)
            break;
        if (n > 0)
            f->cache_len += (size_t)n;
    }
    return 0;
}

/* Make bytes from `offset` on be in the cache, at least one. Returns how many there are, or -errno,
 * -ENODATA where the input ends. */
static ssize_t available(struct block_file *f, uint64_t offset)
{
    while (offset < f->cache_at || offset >= f->cache_at + f->cache_len) {
        int rc = 0;
        if (f->seekable) {
            rc = read_window(f, offset);
            if (!rc && f->cache_len == 0)
                rc = -ENODATA;
        } else if (offset < f->cache_at) {
            rc = -ESPIPE;
        } else {
            rc = read_on(f);
        }
        if (rc)
            return rc;
    }
    return (ssize_t)(f->cache_at + f->cache_len - offset);
}

static int read_at(struct block_input *in, uint64_t offset, void *to, size_t len)
{
    struct block_file *f = (struct block_file *)in;
    uint8_t *p = to;

    while (len) {
        ssize_t n = available(f, offset);
        if (n < 0)
            return (int)n;
        size_t some = (size_t)n < len ? (size_t)n : len;
        memcpy(p, f->cache + (offset - f->cache_at), some);
        p += some;
        offset += some;
        len -= some;
    }
    return 0;
}

int block_file_open(struct block_file *f, const struct source *owner, int fd, const void *first,
                    size_t n)
{
    *f = (struct block_file){.input = {read_at}, .owner = owner, .fd = fd};
    f->seekable = lseek(fd, 0, SEEK_SET) == 0;
    f->cache_cap = n > WINDOW ? n : WINDOW;
    f->cache = malloc(f->cache_cap);
    if (!f->cache) {
        block_file_close(f);
        return -ENOMEM;
    }
    if (!f->seekable && n) {
        memcpy(f->cache, first, n);
        f->cache_len = n;
    }
    return 0;
}

int block_file_open_ring(struct block_file *f, const struct source *owner, struct block_ring *ring)
{
    *f = (struct block_file){.input = {read_at}, .owner = owner, .fd = -1, .ring = ring};
    f->seekable = true;
    f->cache_cap = WINDOW;
    f->cache = malloc(f->cache_cap);
    return f->cache ? 0 : -ENOMEM;
}

void block_file_close(struct block_file *f)
{
    if (f->fd > STDIN_FILENO)
        close(f->fd);
    free(f->cache);
    *f = (struct block_file){.fd = -1};
}

void block_file_keep(struct block_file *f, uint64_t at)
{
    f->keep = at;
    if (f->seekable || at <= f->cache_at)
        return;
    const uint64_t behind = at - f->cache_at;
    const size_t dropped = behind < f->cache_len ? (size_t)behind : f->cache_len;
    memmove(f->cache, f->cache + dropped, f->cache_len - dropped);
    f->cache_len -= dropped;
    f->cache_at += dropped;
}

int block_file_head(struct block_file *f, uint64_t at, struct block_head *head)
{
    uint8_t bytes[BLOCK_HEAD_BYTES];
    int rc = read_at(&f->input, at, bytes, 1);

    if (rc)
        return rc;
    rc = read_at(&f->input, at, bytes, sizeof bytes);
    if (rc)
        return rc == -ENODATA ? -EBADMSG : rc;
    return block_head_read(head, bytes);
}

int block_file_find(struct block_file *f, uint64_t *at)
{
    for (;; (*at)++) {
        struct block_head head;
        ssize_t n = available(f, *at);
        if (n < 0)
            return (int)n;
        const uint8_t *from = f->cache + (*at - f->cache_at);
        const uint8_t *mark = memchr(from, (uint8_t)BLOCK_MARK[0], (size_t)n);
        *at += mark ? (uint64_t)(mark - from) : (uint64_t)n - 1;
        block_file_keep(f, *at);
        if (!mark)
            continue;
        int rc = block_file_head(f, *at, &head);
        if (rc == 0 || rc == -EPROTONOSUPPORT)
            return 0;
        if (rc != -EBADMSG)
            return rc;
    }
}

int block_file_payload(struct block_file *f, struct block_in *in, uint64_t at,
                       const struct block_head *head, uint8_t bytes[BLOCK_FILE_SMALL], size_t *len)
{
    int rc = head->raw > BLOCK_FILE_SMALL ? -EBADMSG : 0;

    if (!rc)
        rc = block_in_verify(in, &f->input, head, at + BLOCK_HEAD_BYTES);
    if (!rc)
        rc = block_in_begin(in, &f->input, head, at + BLOCK_HEAD_BYTES);
    *len = head->raw;
    return rc ? rc : block_in_take(in, bytes, *len);
}

bool block_file_first_head(struct block_file *f, struct block_in *in, struct recording_head *who)
{
    struct block_head head;
    uint8_t bytes[BLOCK_FILE_SMALL];
    size_t len;

    if (block_file_head(f, 0, &head) || head.type != BLOCK_HEAD ||
        block_file_payload(f, in, 0, &head, bytes, &len))
        return false;
    block_index_read_head(bytes, len, who);
    return true;
}
