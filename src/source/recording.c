/* SPDX-License-Identifier: MIT */
/* Replay: recordings of blocks, frame files, and raw dumps that `ss -tan -D FILE` wrote. Read in a
 * stream, so that pipes work and a file costs no more memory than its largest sample. */
#include "tcptop/source/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "block_findings.h"
#include "block_reader.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/privileges.h"
#include "tcptop/source/block.h"
#include "tcptop/source/diag.h"
#include "tcptop/source/frame.h"
#include "tcptop/source/import.h"
#include "tcptop/source/source.h"

#ifndef RECORDING_CHUNK /* tests build it tiny */
#define RECORDING_CHUNK 131072
#endif
#ifndef RECORDING_SEARCH_BYTES /* in which a whole frame is looked for behind a damaged one */
#define RECORDING_SEARCH_BYTES ((uint64_t)256 << 20)
#endif
#ifndef RECORDING_FIFO_WAIT_NS /* tests do not wait so long */
#define RECORDING_FIFO_WAIT_NS (2 * NS_PER_S)
#endif

struct bytes {
    uint8_t *data; /* owned */
    size_t len, cap;
};

struct recording {
    struct source source;
    int fd;
    char *name;                  /* as messages call it; owned */
    struct bytes next;           /* read, not yet replayed */
    size_t taken;                /* so many bytes of `next` are a frame, which was looked at */
    uint64_t frames;             /* replayed so far */
    uint64_t met;                /* frames, with those that could not be read or were not wanted */
    struct sample_reason unread; /* why the first of them that cannot be read is not */
    int64_t last_wall_ns;        /* of the last one that was replayed */
    bool ended;
    bool is_stream;              /* read while it is made: there may be more than has come */
    struct owner_lookup *owners; /* as the last frame told; owned */
    struct block_reader *blocks; /* of a recording of blocks; owned */
    struct episodes episodes;    /* that recording_findings() gave out */
    int64_t begin_ns, end_ns;    /* frames before and after are left out */
};

/* More bytes at the end of `b`, at most to `want` in all. Returns how many came, 0 at the end of
 * the file, or -errno. The buffer grows with what arrives, never by what a file claims. */
static ssize_t read_more(struct recording *r, struct bytes *b, size_t want)
{
    if (b->len == b->cap) {
        size_t cap = b->cap ? b->cap * 2 : RECORDING_CHUNK;
        uint8_t *data = realloc(b->data, cap);
        if (!data)
            return -ENOMEM;
        b->data = data;
        b->cap = cap;
    }
    size_t room = b->cap - b->len;
    if (room > want - b->len)
        room = want - b->len;
    for (;;) {
        int rc = source_wait(&r->source, r->fd);
        if (rc)
            return rc;
        ssize_t got = read(r->fd, b->data + b->len, room);
        if (got >= 0) {
            b->len += (size_t)got;
            return got;
        }
        if (errno != EINTR && errno != EAGAIN)
            return -errno;
    }
}

/* Fill `b` to `want` bytes. 0, -ENODATA when the file ends before, or -errno. */
static int fill(struct recording *r, struct bytes *b, size_t want)
{
    while (b->len < want) {
        ssize_t got = read_more(r, b, want);
        if (got <= 0)
            return got == 0 ? -ENODATA : (int)got;
    }
    return 0;
}

static int read_failed(const struct recording *r, int error, struct sample_reason *why)
{
    return sample_reason_set(why, error, sample_reason_named(REASON_UNREADABLE, error, r->name));
}

/* The file as a whole cannot be played, for a reason that its name is enough to explain. */
static int refused(const struct recording *r, int error, enum sample_reason_code code,
                   struct sample_reason *why)
{
    return sample_reason_set(why, error, sample_reason_named(code, error, r->name));
}

/* Drop the first `n` bytes of `b`. */
static void drop(struct bytes *b, size_t n)
{
    if (n)
        memmove(b->data, b->data + n, b->len - n);
    b->len -= n;
}

/* The whole next frame into r->next. -ENODATA: no more frames; -EBADMSG: cut or damaged. */
static int load_frame(struct recording *r)
{
    int error = fill(r, &r->next, FRAME_PRELUDE_BYTES);

    if (error)
        return error == -ENODATA && r->next.len > 0 ? -EBADMSG : error;
    int64_t size = frame_size(r->next.data);
    if (size < 0)
        return (int)size;
    error = fill(r, &r->next, (size_t)size);
    if (!error)
        r->taken = (size_t)size;
    return error == -ENODATA ? -EBADMSG : error;
}

/* Behind a frame that cannot be read: the next sound prelude to the front of r->next. Returns 0,
 * -ENODATA where there is none, or -errno. */
static int find_frame(struct recording *r)
{
    uint64_t passed = 0;
    size_t at = r->next.len ? 1 : 0;

    while (passed < RECORDING_SEARCH_BYTES) {
        for (; at + FRAME_PRELUDE_BYTES <= r->next.len; at++) {
            const uint8_t *from = r->next.data + at;
            const uint8_t *mark =
                memchr(from, FRAME_MARK[0], r->next.len - at - FRAME_PRELUDE_BYTES + 1);
            if (!mark) {
                at = r->next.len - FRAME_PRELUDE_BYTES + 1;
                break;
            }
            at += (size_t)(mark - from);
            int64_t size = frame_size(mark);
            if (size < 0 && size != -EPROTONOSUPPORT)
                continue;
            drop(&r->next, at);
            return 0;
        }
        passed += at;
        drop(&r->next, at);
        at = 0;
        ssize_t got = read_more(r, &r->next, r->next.len + RECORDING_CHUNK);
        if (got <= 0)
            return got == 0 ? -ENODATA : (int)got;
    }
    return -ENODATA;
}

/* Blocks ------------------------------------------------------------ */

static void recording_close(struct source *src);

/* Else it is of another kind of source. */
static bool is_recording(const struct source *src)
{
    return src->ops->close == recording_close;
}

static bool is_damage(const struct sample_reason *r)
{
    return r->code == REASON_DAMAGED_BYTE || r->code == REASON_DAMAGED_PLACES;
}

/* Of a directory: what of it is not played may be of the time asked for. */
static void add_left_out(const struct recording *rec, struct sample_reason *r)
{
    if (!rec->blocks)
        return;
    struct block_reader_faults faults = block_reader_faults(rec->blocks);
    if (!faults.left_out.other_host && !faults.left_out.other_writer)
        return;
    faults.damaged = faults.newer = false;
    struct sample_reason why = block_reader_reason(&faults);
    why.error = r->error;
    why.begin_ns = r->begin_ns;
    why.end_ns = r->end_ns;
    *r = why;
}

struct sample_reason recording_not_then(struct source *src, const char *name,
                                        const struct sample_reason *damage)
{
    const struct recording *rec = (const struct recording *)src;
    struct sample_reason r = sample_reason_named(REASON_NOT_THEN, -EBADMSG, name);
    const struct recording_span *list;
    uint32_t n;

    if (recording_spans(src, &list, &n) || !n)
        return r;
    r.begin_ns = list[0].first_wall_ns;
    r.end_ns = list[n - 1].last_wall_ns;
    const bool then = rec->begin_ns <= r.end_ns && rec->end_ns >= r.begin_ns;
    if (then && is_damage(damage)) {
        r.code = REASON_DAMAGED_THEN;
        r.number = damage->number;
    } else {
        add_left_out(rec, &r);
    }
    return r;
}

struct sample_reason recording_unread(const struct source *src)
{
    const struct recording *r = (const struct recording *)src;

    if (!is_recording(src))
        return (struct sample_reason){.code = REASON_NONE};
    if (!r->blocks)
        return r->unread;
    const struct block_reader_faults faults = block_reader_faults(r->blocks);
    return block_reader_reason(&faults);
}

static int sample_blocks(struct source *src, const struct request *req, struct sample_builder *b,
                         struct sample_reason *why)
{
    struct recording *r = (struct recording *)src;

    (void)req; /* a recording holds what it holds */
    if (r->ended)
        return -ENODATA;
    int rc = block_reader_next(r->blocks, b);
    if (rc == 0) {
        struct recording_head head;
        b->sample.redacted = !block_reader_head(r->blocks, &head) && head.redacted;
        r->frames++;
        return 0;
    }
    if (rc != -ENODATA && rc != -EPROTONOSUPPORT)
        return read_failed(r, rc, why);
    if (r->is_stream) /* who reads it knows why it has ended */
        return rc;
    const struct block_reader_faults faults = block_reader_faults(r->blocks);
    const struct sample_reason damage = block_reader_reason(&faults);
    r->ended = true;
    if (r->frames)
        return -ENODATA;
    if (faults.newer)
        return refused(r, -EPROTONOSUPPORT, REASON_NEWER_FILE, why);
    if (r->begin_ns > INT64_MIN || r->end_ns < INT64_MAX)
        return sample_reason_set(why, -EBADMSG, recording_not_then(src, r->name, &damage));
    if (!faults.damaged)
        return refused(r, -EBADMSG, REASON_NO_SAMPLE, why);
    struct sample_reason damaged = sample_reason_named(REASON_ALL_DAMAGED, -EBADMSG, r->name);
    damaged.number = faults.damaged_at;
    return sample_reason_set(why, -EBADMSG, damaged);
}

static void assign_block_owners(struct source *src, struct sample *s, const struct sample *prev)
{
    (void)src;
    block_reader_owners(s, prev);
}

/* Frames ------------------------------------------------------------ */

/* Was the frame in r->next taken in the time asked for? Of one that cannot be read that is for the
 * caller to find out. */
static int compare_times(struct recording *r)
{
    struct sample_builder *b = sample_builder_new(NULL);
    struct sample_reason why;
    int order = 0;

    if (!b)
        return 0;
    if (frame_read(r->next.data, r->taken, b, NULL, &why) > 0)
        order = b->sample.wall_ns < r->begin_ns ? -1 : b->sample.wall_ns > r->end_ns;
    sample_discard(b);
    return order;
}

/* The whole next frame that was taken in the time asked for. */
static int load_wanted(struct recording *r)
{
    bool all = r->begin_ns == INT64_MIN && r->end_ns == INT64_MAX;

    for (;;) {
        drop(&r->next, r->taken);
        r->taken = 0;
        int error = load_frame(r);
        r->met += error != -ENODATA;
        int order = error || all ? 0 : compare_times(r);
        if (order > 0)
            return -ENODATA;
        if (order == 0)
            return error;
    }
}

/* The next frame that can be read into `b`: others are left out. */
static int next_frame(struct recording *r, struct sample_builder *b, struct sample_reason *why)
{
    for (;;) {
        int error = load_wanted(r);
        int64_t taken = error ? 0 : frame_read(r->next.data, r->taken, b, r->owners, why);
        if (taken < 0)
            error = (int)taken;
        if (error != -EBADMSG && error != -EPROTONOSUPPORT)
            return error;
        if (r->unread.code == REASON_NONE)
            r->unread = (struct sample_reason){.code = error == -EBADMSG ? REASON_DAMAGED_FRAME
                                                                         : REASON_NEWER_FRAME,
                                               .error = error,
                                               .number = r->met,
                                               .begin_ns = r->last_wall_ns};
        else if (r->unread.end_ns)
            r->unread.begin_ns = 0; /* once more: samples are missing in several places */
        block_reader_empty(b);
        r->taken = 0;
        error = find_frame(r);
        if (error)
            return error;
    }
}

static int end_of_frames(struct recording *r, struct sample_reason *why)
{
    r->ended = true;
    if (r->frames)
        return -ENODATA;
    if (r->unread.code == REASON_NEWER_FRAME)
        return refused(r, -EPROTONOSUPPORT, REASON_NEWER_FILE, why);
    if (r->unread.code != REASON_NONE)
        return sample_reason_set(why, -EBADMSG, r->unread);
    return refused(r, -EBADMSG, REASON_NO_SAMPLE, why);
}

static int sample_frame(struct source *src, const struct request *req, struct sample_builder *b,
                        struct sample_reason *why)
{
    struct recording *r = (struct recording *)src;
    int error;

    (void)req; /* a recording holds what it holds */
    if (r->ended)
        return -ENODATA;
    error = next_frame(r, b, why);
    if (error == -ENODATA)
        return end_of_frames(r, why);
    if (error)
        return read_failed(r, error, why);
    r->frames++;
    r->last_wall_ns = b->sample.wall_ns;
    if (r->unread.code != REASON_NONE && !r->unread.end_ns)
        r->unread.end_ns = r->last_wall_ns;
    return 0;
}

/* Parse the whole messages at the front of r->next and drop them. Returns the bytes they took or
 * -ENOMEM. `*open`: the last one does not end its dump. */
static int take_messages(struct recording *r, struct diag *d, bool *damaged, bool *open)
{
    size_t whole = diag_whole(r->next.data, r->next.len, d->swapped, damaged);

    for (size_t at = 0; at < whole; at += d->used) {
        enum diag_result result = diag_parse(d, r->next.data + at, whole - at);

        if (result == DIAG_NO_MEMORY)
            return -ENOMEM;
        if (result == DIAG_ERROR)
            sample_set_status(&d->builder->sample, SAMPLE_PARTIAL,
                              (struct sample_reason){.code = REASON_BROKE_OFF, .error = d->error});
        *open = result != DIAG_DONE && result != DIAG_ERROR;
    }
    memmove(r->next.data, r->next.data + whole, r->next.len - whole);
    r->next.len -= whole;
    return (int)whole;
}

/* Bound-only sockets were asked for if one is there; otherwise nobody knows. */
static void note_bound(struct sample *s)
{
    s->needs &= ~(uint32_t)NEED_BOUND;
    for (uint32_t i = 0; i < s->n_live; i++) {
        if (s->conn[i].flags & CONN_BOUND)
            s->needs |= NEED_BOUND;
    }
}

/* All dumps of the file are one sample: ss asks for IPv4, then IPv6, each with its own end. */
static int sample_raw(struct source *src, const struct request *req, struct sample_builder *b,
                      struct sample_reason *why)
{
    struct sample *s = &b->sample;
    struct recording *r = (struct recording *)src;
    struct diag d = {.builder = b,
                     .states = STATE_MASK_LISTED | STATE_BIT(TCP_STATE_BOUND_INACTIVE),
                     .swapped = diag_is_swapped(r->next.data, r->next.len)};
    uint64_t offset = 0;
    bool damaged = false, open = true;
    ssize_t got = 1;

    if (r->ended)
        return -ENODATA;
    r->ended = true;
    s->backend = BACKEND_RAW;
    s->needs = req->needs;
    while (got > 0 && !damaged) {
        int taken = take_messages(r, &d, &damaged, &open);
        if (taken < 0)
            return read_failed(r, taken, why);
        offset += (uint64_t)taken;
        if (!damaged)
            got = read_more(r, &r->next, DIAG_MESSAGE_MAX + r->next.len);
    }
    if (got < 0)
        return read_failed(r, (int)got, why);
    if (damaged || r->next.len > 0)
        sample_set_status(s, SAMPLE_PARTIAL,
                          (struct sample_reason){.code = REASON_DAMAGED_BYTE, .number = offset});
    else if (open)
        sample_set_status(s, SAMPLE_PARTIAL, (struct sample_reason){.code = REASON_CUT});
    sample_set_rejected(s);
    note_bound(s);
    s->mono_ns = clock_mono_ns();
    return 0;
}

static void recording_close(struct source *src)
{
    struct recording *r = (struct recording *)src;

    if (r->fd > STDIN_FILENO)
        close(r->fd);
    owner_lookup_free(r->owners);
    block_reader_close(r->blocks);
    episodes_fini(&r->episodes);
    free(r->name);
    free(r->next.data);
    free(r);
}

static struct owner_lookup *recording_owners(struct source *src)
{
    return ((struct recording *)src)->owners;
}

static bool is_dump(const uint8_t *p, size_t len)
{
    struct nlmsghdr h;

    if (len < sizeof(h))
        return false;
    memcpy(&h, p, sizeof(h));
    if (diag_is_swapped(p, len)) {
        h.nlmsg_len = __builtin_bswap32(h.nlmsg_len);
        h.nlmsg_type = __builtin_bswap16(h.nlmsg_type);
    }
    return h.nlmsg_len >= sizeof(h) && h.nlmsg_len <= DIAG_MESSAGE_MAX &&
           (h.nlmsg_type == TCPDIAG_GETSOCK || h.nlmsg_type == SOCK_DIAG_BY_FAMILY ||
            h.nlmsg_type == NLMSG_DONE || h.nlmsg_type == NLMSG_ERROR);
}

enum kind { KIND_EMPTY, KIND_BLOCKS, KIND_FRAMES, KIND_NEWER, KIND_RAW, KIND_OTHER };

/* What kind of file begins with these bytes: as many as a netlink message has, or all. */
static enum kind recognise(const uint8_t *p, size_t len)
{
    size_t head = len < FRAME_MAGIC_BYTES ? len : FRAME_MAGIC_BYTES;

    if (len == 0)
        return KIND_EMPTY;
    if (len >= BLOCK_MARK_BYTES && memcmp(p, BLOCK_MARK, BLOCK_MARK_BYTES) == 0)
        return KIND_BLOCKS;
    if (memcmp(p, FRAME_MAGIC, head) == 0)
        return KIND_FRAMES;
    if (head == FRAME_MAGIC_BYTES && memcmp(p, FRAME_MAGIC, head - 1) == 0)
        return KIND_NEWER;
    return is_dump(p, len) ? KIND_RAW : KIND_OTHER;
}

static const struct source_ops block_ops = {.name = "blocks",
                                            .is_recording = true,
                                            .sample = sample_blocks,
                                            .close = recording_close,
                                            .assign_owners = assign_block_owners};

/* Hand the file over to the reader of blocks. */
static int open_blocks(struct recording *r, struct sample_reason *why)
{
    int fd = r->fd;

    r->source.ops = &block_ops;
    r->fd = -1;
    int rc = block_reader_open(&r->blocks, &r->source, fd, r->next.data, r->next.len);
    r->next.len = 0;
    return rc ? read_failed(r, rc, why) : 0;
}

int recording_open_stream(struct source **src, const struct source *whole, int fd, const char *name,
                          const void *first, size_t n, struct sample_reason *why)
{
    struct recording *r = calloc(1, sizeof *r);
    int rc = r && (r->name = strdup(name)) ? 0 : -ENOMEM;

    if (rc) {
        close(fd);
        free(r);
        return sample_reason_error(why, rc);
    }
    r->source.ops = &block_ops;
    r->source.part_of = whole;
    r->fd = -1;
    r->is_stream = true;
    r->begin_ns = INT64_MIN;
    r->end_ns = INT64_MAX;
    rc = block_reader_open(&r->blocks, &r->source, fd, first, n);
    if (rc) {
        recording_close(&r->source);
        return sample_reason_error(why, rc);
    }
    block_reader_follow(r->blocks);
    *src = &r->source;
    return 0;
}

/* `*src` is the recording, or, after a failure, it is closed. Returns `rc`. */
static int opened(struct source **src, struct recording *r, int rc)
{
    if (rc)
        recording_close(&r->source);
    else
        *src = &r->source;
    return rc;
}

/* The text of another program: the recording is given up for it. */
static int open_import(struct source **src, struct recording *r, struct sample_reason *why)
{
    int fd = r->fd;

    r->fd = -1; /* handed over */
    int rc = import_open(src, fd, r->next.data, r->next.len, r->name, why);
    recording_close(&r->source);
    return rc;
}

/* Set the operations for the kind of file, or give it to whoever reads that kind. */
static int open_kind(struct source **src, struct recording *r, struct sample_reason *why)
{
    static const struct source_ops frame_ops = {.name = "frames",
                                                .is_recording = true,
                                                .sample = sample_frame,
                                                .close = recording_close,
                                                .owners = recording_owners};
    static const struct source_ops raw_ops = {
        .name = "raw", .is_recording = true, .sample = sample_raw, .close = recording_close};
    int rc = 0;

    switch (recognise(r->next.data, r->next.len)) {
    case KIND_BLOCKS:
        rc = open_blocks(r, why);
        break;
    case KIND_FRAMES:
        r->source.ops = &frame_ops;
        r->taken = r->next.len;         /* the magic */
        r->owners = owner_lookup_new(); /* without memory nobody is known */
        break;
    case KIND_RAW:
        r->source.ops = &raw_ops;
        break;
    case KIND_EMPTY:
        rc = refused(r, -EBADMSG, REASON_EMPTY_FILE, why);
        break;
    case KIND_NEWER:
        rc = refused(r, -EPROTONOSUPPORT, REASON_NEWER_FILE, why);
        break;
    case KIND_OTHER:
        return open_import(src, r, why);
    }
    return opened(src, r, rc);
}

/* Does anybody have the pipe open for writing, or left something in it? A FIFO does not tell before
 * it had a writer once. */
static bool has_writer(int fd)
{
    struct pollfd pipe = {.fd = fd, .events = POLLIN};

    return poll(&pipe, 1, 0) == 0 || pipe.revents & POLLIN;
}

/* Of a FIFO that nobody writes to reading would wait, and nobody would know for what. Returns 0, or
 * -ETIMEDOUT when no writer comes. */
static int await_writer(int fd, const char *path)
{
    const struct timespec pause = {.tv_nsec = 20 * NS_PER_MS};
    int64_t until = clock_mono_ns() + RECORDING_FIFO_WAIT_NS;
    int writer = privileges_open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK, 0);

    if (writer < 0) /* whether there is one cannot be told */
        return 0;
    close(writer); /* from now on the end of the last writer is told, with POLLHUP */
    while (!has_writer(fd)) {
        if (clock_mono_ns() > until)
            return -ETIMEDOUT;
        nanosleep(&pause, NULL);
    }
    return 0;
}

static int open_file(struct recording *r, const char *path)
{
    const int flags = O_RDONLY | O_NOCTTY | O_NONBLOCK; /* of a FIFO open() would wait */
    struct stat st;

    r->name = strdup(strcmp(path, "-") == 0 ? "stdin" : path);
    if (!r->name)
        return -ENOMEM;
    r->fd = STDIN_FILENO;
    if (strcmp(path, "-") == 0)
        return fstat(STDIN_FILENO, &st) ? -errno : S_ISDIR(st.st_mode) ? -EISDIR : 0;
    r->fd = privileges_open(path, flags, 0);
    if (r->fd < 0)
        return r->fd;
    if (fstat(r->fd, &st) != 0)
        return -errno;
    if (S_ISDIR(st.st_mode))
        return -EISDIR;
    int rc = S_ISFIFO(st.st_mode) ? await_writer(r->fd, path) : 0;
    if (!rc && fcntl(r->fd, F_SETFL, fcntl(r->fd, F_GETFL) & ~O_NONBLOCK) != 0)
        rc = -errno;
    return rc;
}

/* Recordings in a directory; where there are none, dumps of other programs. */
static int open_directory(struct source **src, struct recording *r, const char *path,
                          struct sample_reason *why)
{
    r->source.ops = &block_ops;
    close(r->fd);
    r->fd = -1;
    int rc = block_reader_open_directory(&r->blocks, &r->source, path);
    if (rc == -ENOENT) {
        recording_close(&r->source);
        return import_open_directory(src, path, why);
    }
    return opened(src, r, rc ? read_failed(r, rc, why) : 0);
}

int recording_open(struct source **src, const char *path, struct sample_reason *why)
{
    struct recording *r = calloc(1, sizeof(*r));
    int error = -ENOMEM;

    if (!r)
        return sample_reason_error(why, -ENOMEM);
    r->begin_ns = INT64_MIN;
    r->end_ns = INT64_MAX;
    error = open_file(r, path);
    if (error == -EISDIR)
        return open_directory(src, r, path, why);
    if (!error)
        error = fill(r, &r->next, FRAME_MAGIC_BYTES);
    if (!error && memcmp(r->next.data, FRAME_MAGIC, FRAME_MAGIC_BYTES) != 0)
        error = fill(r, &r->next, sizeof(struct nlmsghdr));
    if (!error || error == -ENODATA)
        return open_kind(src, r, why);
    recording_close(&r->source);
    enum sample_reason_code code = error == -ETIMEDOUT ? REASON_NO_WRITER : REASON_UNREADABLE;
    return sample_reason_set(why, error, sample_reason_named(code, error, path));
}

int recording_open_ring(struct source **src, struct block_ring *ring)
{
    struct recording *r = calloc(1, sizeof *r);

    if (!r)
        return -ENOMEM;
    r->source.ops = &block_ops;
    r->fd = -1;
    r->begin_ns = INT64_MIN;
    r->end_ns = INT64_MAX;
    r->name = strdup("memory");
    return opened(src, r, r->name ? block_reader_open_ring(&r->blocks, &r->source, ring) : -ENOMEM);
}

/* Moving ------------------------------------------------------------ */

/* The reader of a recording that can move; NULL: it cannot. */
static struct block_reader *reader_of(struct source *src)
{
    return src->ops == &block_ops ? ((struct recording *)src)->blocks : NULL;
}

bool recording_moves(const struct source *src)
{
    return src->ops == &block_ops && block_reader_moves(((const struct recording *)src)->blocks);
}

int recording_head(struct source *src, struct recording_head *head)
{
    struct block_reader *reader = reader_of(src);

    *head = (struct recording_head){.program = ""};
    return reader ? block_reader_head(reader, head) : -ENODATA;
}

/* It goes on from another place. */
static int moved(struct source *src, int rc)
{
    if (!rc)
        ((struct recording *)src)->ended = false;
    return rc;
}

int recording_spans(struct source *src, const struct recording_span **list, uint32_t *n)
{
    struct block_reader *reader = reader_of(src);

    *list = NULL;
    *n = 0;
    return reader ? block_reader_spans(reader, list, n) : -ESPIPE;
}

int recording_findings(struct source *src, int (*rule_number)(const char *name), bool count_samples,
                       struct recording_findings *out)
{
    struct block_reader *reader = reader_of(src);

    *out = (struct recording_findings){.list = NULL};
    return reader ? block_findings(reader, &((struct recording *)src)->episodes, rule_number,
                                   count_samples, out)
                  : -ESPIPE;
}

int recording_seek(struct source *src, int64_t wall_ns)
{
    struct block_reader *reader = reader_of(src);

    return reader ? moved(src, block_reader_seek(reader, wall_ns)) : -ESPIPE;
}

int recording_step_back(struct source *src)
{
    struct block_reader *reader = reader_of(src);

    return reader ? moved(src, block_reader_step_back(reader)) : -ESPIPE;
}

int recording_where(struct source *src, struct recording_place *place)
{
    struct block_reader *reader = reader_of(src);

    return reader ? block_reader_where(reader, place) : -ESPIPE;
}

int recording_go(struct source *src, const struct recording_span *span)
{
    struct block_reader *reader = reader_of(src);

    return reader ? moved(src, block_reader_go(reader, span)) : -ESPIPE;
}

int recording_look(struct source *src, const struct recording_span *span,
                   const struct recording_content **content)
{
    struct block_reader *reader = reader_of(src);

    return reader ? block_reader_look(reader, span, content) : -ESPIPE;
}

int recording_limit(struct source *src, int64_t begin_ns, int64_t end_ns)
{
    struct recording *r = (struct recording *)src;

    if (!is_recording(src)) /* an import: its text has no times */
        return -ESPIPE;
    r->begin_ns = begin_ns;
    r->end_ns = end_ns;
    return reader_of(src) ? block_reader_limit(r->blocks, begin_ns, end_ns) : 0;
}
