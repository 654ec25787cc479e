/* SPDX-License-Identifier: MIT */
/* Plays a recording of blocks. */
#include "block_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "block_decode.h"
#include "block_directory.h"
#include "block_file.h"
#include "block_index.h"
#include "block_ring.h"
#include "tcptop/base/array.h"
#include "tcptop/base/bytes.h"
#include "tcptop/source/sample_fields.h"

#define BEYOND 1 /* a sample was met that is not wanted any more */

/* How far to play before a sample is handed out. */
struct limits_of_play {
    int64_t wall_ns; /* of the last one wanted */
    uint64_t seq;    /* the same by its number */
    bool to_key;     /* stop before the next key */
};

struct block_reader {
    const struct source *owner;
    struct block_directory directory; /* without a path: one file; owned */
    uint32_t file;                    /* which one of it is open */
    struct block_file in;
    bool open;
    struct block_decoder *decoder;
    struct block_in payload;
    uint64_t at;                /* the next block */
    struct recording_head head; /* of the last sample */
    bool follows;               /* see block_reader_follow() */
    uint32_t runs;              /* that were met: samples of different ones are not compared */
    const struct sample *last;  /* a reference */
    uint32_t key_file;
    uint64_t key_at; /* the key that the last sample counts from */
    uint64_t key_seq;
    int64_t played_wall_ns;      /* when that was read without a jump since; 0: none was */
    bool loaded;                 /* the builder holds what was read last */
    struct recording_span *span; /* owned */
    uint32_t n_spans, cap_spans;
    bool indexed;
    struct recording_content content; /* of the span that was looked into last; owned */
    bool jumps;                       /* to `target` with the next sample */
    struct recording_span target;
    struct limits_of_play until;
    int64_t begin_ns, end_ns;
    struct block_reader_faults faults;
};

static int new_reader(struct block_reader **out, const struct source *owner)
{
    struct block_reader *r = calloc(1, sizeof *r);

    if (!r)
        return -ENOMEM;
    r->owner = owner;
    r->in.fd = -1;
    r->begin_ns = INT64_MIN;
    r->end_ns = INT64_MAX;
    r->decoder = block_decoder_new();
    *out = r;
    if (r->decoder)
        return 0;
    block_reader_close(r);
    return -ENOMEM;
}

void block_reader_close(struct block_reader *r)
{
    if (!r)
        return;
    if (r->open)
        block_file_close(&r->in);
    block_decoder_free(r->decoder);
    block_in_fini(&r->payload);
    sample_unref(r->last);
    block_directory_fini(&r->directory);
    free(r->span);
    free(r->content.moment);
    free(r);
}

int block_reader_open(struct block_reader **out, const struct source *owner, int fd,
                      const void *first, size_t n)
{
    struct block_reader *r;
    int rc = new_reader(&r, owner);

    if (rc) {
        if (fd > STDIN_FILENO)
            close(fd);
        return rc;
    }
    rc = block_file_open(&r->in, owner, fd, first, n);
    r->open = rc == 0;
    if (rc)
        block_reader_close(r);
    else
        *out = r;
    return rc;
}

int block_reader_open_ring(struct block_reader **out, const struct source *owner,
                           struct block_ring *ring)
{
    struct block_reader *r;
    int rc = new_reader(&r, owner);

    if (rc)
        return rc;
    rc = block_file_open_ring(&r->in, owner, ring);
    r->open = rc == 0;
    if (rc)
        block_reader_close(r);
    else
        *out = r;
    return rc;
}

void block_reader_owners(struct sample *s, const struct sample *prev)
{
    block_decode_owners(s, prev);
}

void block_reader_follow(struct block_reader *r)
{
    r->follows = true;
}

struct block_reader_faults block_reader_faults(const struct block_reader *r)
{
    return r->faults;
}

struct sample_reason block_reader_reason(const struct block_reader_faults *faults)
{
    if (faults->damaged)
        return (struct sample_reason){.code = faults->again ? REASON_DAMAGED_PLACES
                                                            : REASON_DAMAGED_BYTE,
                                      .number = faults->damaged_at,
                                      .begin_ns = faults->begin_ns,
                                      .end_ns = faults->end_ns};
    if (faults->newer)
        return (struct sample_reason){.code = REASON_NEWER_FRAME};
    const struct block_left_out *rest = &faults->left_out;
    if (!rest->other_host && !rest->other_writer)
        return (struct sample_reason){.code = REASON_NONE};
    struct sample_reason why = sample_reason_named(!rest->other_writer ? REASON_OTHER_HOST
                                                   : rest->other_host  ? REASON_OTHER_FILES
                                                                       : REASON_OTHER_WRITER,
                                                   0, rest->name);
    why.number = (uint64_t)rest->other_host + rest->other_writer;
    return why;
}

/* Files ------------------------------------------------------------ */

static bool is_directory(const struct block_reader *r)
{
    return r->directory.path != NULL;
}

static uint32_t files_of(const struct block_reader *r)
{
    return is_directory(r) ? r->directory.n : 1;
}

/* Open file `i` of the directory in the place of the one that is open. Returns 0 or -errno. */
static int open_file(struct block_reader *r, uint32_t i)
{
    r->at = 0;
    if (i == r->file && r->open)
        return 0;
    int fd = block_directory_open(&r->directory, i);
    if (fd < 0)
        return fd;
    if (r->open)
        block_file_close(&r->in);
    r->file = i;
    int rc = block_file_open(&r->in, r->owner, fd, NULL, 0);
    r->open = rc == 0;
    return rc;
}

/* Blocks ------------------------------------------------------------ */

/* Is the place behind the last damage? */
static bool is_behind(const struct block_reader_faults *faults, uint32_t file, uint64_t at)
{
    return file > faults->last_file || (file == faults->last_file && at > faults->last_at);
}

/* Damage in a file at `at`; the last sample before it that can be played is of `before_ns`. What is
 * played once more is known already. */
static void note_at(struct block_reader_faults *faults, uint32_t file, uint64_t at,
                    int64_t before_ns)
{
    if (faults->damaged && !is_behind(faults, file, at))
        return;
    faults->last_file = file;
    faults->last_at = at;
    if (!faults->damaged) {
        faults->damaged_at = at;
        faults->begin_ns = before_ns;
    }
    faults->again |= faults->damaged && !faults->in_gap;
    faults->damaged = faults->in_gap = true;
    faults->end_ns = 0;
}

/* The sample of `wall_ns` there can be played. */
static void note_whole(struct block_reader_faults *faults, uint32_t file, uint64_t at,
                       int64_t wall_ns)
{
    if (!faults->in_gap || !is_behind(faults, file, at))
        return;
    faults->end_ns = wall_ns;
    faults->in_gap = false;
}

static void note_damage(struct block_reader *r)
{
    note_at(&r->faults, r->file, r->at, r->played_wall_ns);
    block_decode_forget(r->decoder);
}

/* A jump goes to a key, behind its head: then the first one of the file tells the same. */
int block_reader_head(struct block_reader *r, struct recording_head *head)
{
    *head = r->head;
    if (r->runs)
        return 0;
    if (!r->open || !r->in.seekable || !block_file_first_head(&r->in, &r->payload, head))
        return -ENODATA;
    return 0;
}

/* The payload of the head at r->at. */
static void take_head(struct block_reader *r, const struct block_head *head)
{
    uint8_t bytes[BLOCK_FILE_SMALL];
    size_t len;
    uint64_t before = r->head.run;

    if (block_file_payload(&r->in, &r->payload, r->at, head, bytes, &len))
        return;
    block_index_read_head(bytes, len, &r->head);
    if (r->runs && r->head.run == before)
        return;
    r->runs++;
    block_decode_forget(r->decoder);
}

void block_reader_empty(struct sample_builder *b)
{
    struct sample *s = &b->sample;

    sample_drop_all(b);
    sample_clear_status(s);
    for (unsigned i = 0; i < SAMPLE_NUMBER_COUNT; i++)
        sample_fields_set(s, i, 0);
    s->host = (struct host){.name = ""};
    *s->netns = '\0';
    s->n_congestion = 0;
    netns_table_unref(s->namespaces);
    s->namespaces = NULL;
    owner_table_unref(s->owners);
    s->owners = NULL;
    cgroups_unref(s->cgroups);
    s->cgroups = NULL;
    s->owner = NULL;
    s->metrics = NULL;
    sample_unref(b->close_events);
    b->close_events = NULL;
    b->owners_known = false;
}

/* Read the payload of a key or delta at r->at. Returns 0; BEYOND when it is not wanted any more;
 * -EBADMSG when it cannot be read; or another -errno. */
static int decode(struct block_reader *r, const struct block_head *head,
                  const struct limits_of_play *until, struct sample_builder *b)
{
    const uint64_t payload = r->at + BLOCK_HEAD_BYTES;
    bool key = head->type == BLOCK_KEY;
    struct block_moment m;
    int rc = block_in_begin(&r->payload, &r->in.input, head, payload);

    if (!rc)
        rc = block_decode_moment(r->decoder, &r->payload, key, head->stored, &m);
    if (!rc && !key && !block_decode_follows(r->decoder, &m))
        rc = -EBADMSG;
    if (rc)
        return rc;
    if (m.wall_ns > until->wall_ns || m.seq > until->seq) {
        note_whole(&r->faults, r->file, r->at, m.wall_ns);
        return BEYOND;
    }
    if (key || !r->loaded)
        block_reader_empty(b);
    if (key)
        rc = block_decode_key(r->decoder, &r->payload, &m, b);
    else if (!r->loaded)
        rc = r->last ? block_decode_begin(r->decoder, r->last, m.rows, b) : -EBADMSG;
    if (!rc && !key)
        rc = block_decode_delta(r->decoder, &r->payload, &m, b);
    r->loaded = rc == 0;
    if (!rc && key) {
        r->key_at = r->at;
        r->key_file = r->file;
        r->key_seq = m.seq;
    }
    if (rc) {
        block_reader_empty(b);
        return rc;
    }
    note_whole(&r->faults, r->file, r->at, m.wall_ns);
    r->played_wall_ns = m.wall_ns;
    return 0;
}

/* The next file of a directory. Returns 0, -ENODATA when there is none, or -errno. Files that
 * cannot be read are left out. */
static int next_file(struct block_reader *r)
{
    while (r->file + 1 < files_of(r)) {
        int rc = open_file(r, r->file + 1);
        if (!rc || rc == -ENOMEM || rc == -ECANCELED)
            return rc;
        r->file++;
        if (rc != -ENOENT) /* it was rotated away */
            note_damage(r);
    }
    return -ENODATA;
}

/* No sound block is at r->at: go to the next one. */
static int resynchronise(struct block_reader *r)
{
    uint64_t at = r->at + 1;
    int rc;

    note_damage(r);
    rc = block_file_find(&r->in, &at);
    r->at = at;
    return rc;
}

/* Does a jump end where something other than a delta comes? */
static bool is_wanted(const struct block_reader *r, const struct limits_of_play *until)
{
    return until->to_key && r->loaded;
}

/* Take the block at r->at, whose head is sound. Returns 0 when it is a sample, now in `b`; -EAGAIN
 * when it is something else; BEYOND; or -errno. */
static int take_block(struct block_reader *r, const struct block_head *head,
                      const struct limits_of_play *until, struct sample_builder *b)
{
    bool is_sample = head->type == BLOCK_KEY || head->type == BLOCK_DELTA;
    int rc = 0;

    if ((head->type == BLOCK_KEY || head->type == BLOCK_HEAD) && is_wanted(r, until))
        return BEYOND;
    rc = block_in_verify(&r->payload, &r->in.input, head, r->at + BLOCK_HEAD_BYTES);
    if ((rc == -ENODATA || rc == -EBADMSG) && is_wanted(r, until))
        return BEYOND; /* what was played so far is what is wanted; the damage is met again */
    if (!rc && is_sample)
        rc = decode(r, head, until, b);
    else if (!rc && head->type == BLOCK_HEAD)
        take_head(r, head);
    if (rc == BEYOND || rc == -ENOMEM || rc == -ECANCELED)
        return rc;
    if (rc == -ENODATA) { /* the file ends within the block */
        note_damage(r);
        r->loaded = false;
        return rc;
    }
    if (rc) {
        if (rc != -EBADMSG)
            return rc;
        note_damage(r);
        r->loaded = false;
    }
    r->at += (uint64_t)BLOCK_HEAD_BYTES + head->stored;
    return is_sample && !rc ? 0 : -EAGAIN;
}

/* Read blocks until one sample more is in `b`. Returns 0, BEYOND, -ENODATA at the end, or -errno.
 */
static int advance(struct block_reader *r, const struct limits_of_play *until,
                   struct sample_builder *b)
{
    for (;;) {
        struct block_head head;
        int rc = r->open ? 0 : open_file(r, r->file);
        if (rc)
            return rc;
        block_file_keep(&r->in, r->at);
        rc = block_file_head(&r->in, r->at, &head);
        if (rc == -EPROTONOSUPPORT) { /* its length can be trusted: its checksum is right */
            r->faults.newer = true;
            if (r->follows)
                return rc;
            r->at += (uint64_t)BLOCK_HEAD_BYTES + head.stored;
            continue;
        }
        if (rc == -EBADMSG) {
            if (is_wanted(r, until))
                return BEYOND;
            r->loaded = false;
            rc = resynchronise(r);
        } else if (!rc) {
            rc = take_block(r, &head, until, b);
        }
        if (rc == -ENODATA && is_wanted(r, until))
            return BEYOND; /* a jump ends with its file: damage behind that forgets the sample */
        if (rc == -ENODATA)
            rc = next_file(r);
        else if (rc != -EAGAIN && (rc || r->loaded))
            return rc;
        if (rc && rc != -EAGAIN)
            return rc;
    }
}

/* Hand out what is in `b`. */
static void finish(struct block_reader *r, struct sample_builder *b)
{
    block_decode_end(r->decoder, b);
    b->sample.netns_view = r->runs;
    b->sample.seq = block_decode_seq(r->decoder);
    sample_unref(r->last);
    r->last = sample_ref(&b->sample);
}

int block_reader_go(struct block_reader *r, const struct recording_span *span)
{
    struct block_head head;
    int rc = is_directory(r) ? open_file(r, span->file) : 0;

    r->jumps = false;
    r->played_wall_ns = 0;
    block_decode_forget(r->decoder);
    if (!rc) { /* a file is of one run, memory of one after the other */
        r->at = r->in.ring ? block_ring_head(r->in.ring, span->at) : 0;
        if (block_file_head(&r->in, r->at, &head) == 0 && head.type == BLOCK_HEAD)
            take_head(r, &head);
    }
    r->at = span->at;
    return rc;
}

/* Play from the target up to the limit. */
static int jump(struct block_reader *r, struct sample_builder *b)
{
    struct limits_of_play first = {INT64_MAX, UINT64_MAX, false};
    int rc = block_reader_go(r, &r->target);

    if (!rc)
        rc = advance(r, &first, b);
    while (!rc)
        rc = advance(r, &r->until, b);
    if (rc == BEYOND && !r->loaded) /* what is wanted is damaged: the next one there is */
        rc = advance(r, &first, b);
    return (rc == BEYOND || rc == -ENODATA) && r->loaded ? 0 : rc;
}

int block_reader_next(struct block_reader *r, struct sample_builder *b)
{
    const struct limits_of_play all = {r->end_ns, UINT64_MAX, false};
    bool jumps = r->jumps;
    int rc;

    r->loaded = false;
    rc = jumps ? jump(r, b) : advance(r, &all, b);
    while (!rc && !jumps && b->sample.wall_ns < r->begin_ns)
        rc = advance(r, &all, b);
    if (rc)
        return rc == BEYOND ? -ENODATA : rc;
    finish(r, b);
    return 0;
}

/* Spans ------------------------------------------------------------ */

static int add_span(struct block_reader *r, const struct recording_span *span)
{
    struct recording_span *larger =
        array_room(r->span, r->n_spans, &r->cap_spans, 64, sizeof *r->span);

    if (!larger)
        return -ENOMEM;
    r->span = larger;
    r->span[r->n_spans++] = *span;
    return 0;
}

static int read_index(struct block_reader *r, uint64_t at, uint32_t file,
                      struct recording_span *span, uint64_t *previous)
{
    struct block_head head;
    uint8_t bytes[BLOCK_FILE_SMALL];
    size_t len;
    int rc = block_file_head(&r->in, at, &head);

    if (!rc && head.type != BLOCK_INDEX)
        rc = -EBADMSG;
    if (!rc)
        rc = block_file_payload(&r->in, &r->payload, at, &head, bytes, &len);
    if (!rc)
        rc = block_index_read(bytes, len, span, previous);
    span->file = file;
    return rc;
}

/* Where the last INDEX of a file that was ended is. Returns 0, or -errno when it was not. */
static int find_last_index(struct block_reader *r, uint64_t *at)
{
    const uint64_t bytes = BLOCK_HEAD_BYTES + BLOCK_END_BYTES;
    struct block_head head;
    uint8_t payload[BLOCK_FILE_SMALL];
    size_t len;
    off_t size = lseek(r->in.fd, 0, SEEK_END);

    if (size < (off_t)bytes)
        return -EBADMSG;
    uint64_t end = (uint64_t)size - bytes;
    int rc = block_file_head(&r->in, end, &head);
    if (!rc && (head.type != BLOCK_END || head.stored != BLOCK_END_BYTES))
        rc = -EBADMSG;
    if (!rc)
        rc = block_file_payload(&r->in, &r->payload, end, &head, payload, &len);
    if (!rc)
        *at = bytes_get(payload, 8);
    return rc == -ENODATA ? -EBADMSG : rc;
}

static void reverse(struct recording_span *span, uint32_t n)
{
    for (uint32_t i = 0; i < n / 2; i++) {
        struct recording_span one = span[i];
        span[i] = span[n - 1 - i];
        span[n - 1 - i] = one;
    }
}

/* Follow the chain of INDEX blocks back from the end. */
static int follow_chain(struct block_reader *r, uint32_t file)
{
    uint32_t first = r->n_spans;
    uint64_t at, before = BLOCK_NOWHERE;
    int rc = find_last_index(r, &at);

    while (!rc && at != BLOCK_NOWHERE) {
        struct recording_span span;
        rc = at < before ? read_index(r, at, file, &span, &before) : -EBADMSG;
        if (!rc && (before != BLOCK_NOWHERE && before >= at))
            rc = -EBADMSG;
        if (!rc)
            rc = add_span(r, &span);
        uint64_t next = before;
        before = at;
        at = next;
    }
    if (rc)
        r->n_spans = first;
    else
        reverse(r->span + first, r->n_spans - first);
    return rc;
}

/* The moment of the sample at `at`. Times of deltas count from the key. */
static int peek(struct block_reader *r, uint64_t at, const struct block_head *head,
                struct block_decoder *d, struct block_moment *m)
{
    int rc = block_in_verify(&r->payload, &r->in.input, head, at + BLOCK_HEAD_BYTES);

    if (!rc)
        rc = block_in_begin(&r->payload, &r->in.input, head, at + BLOCK_HEAD_BYTES);
    return rc ? rc : block_decode_moment(d, &r->payload, head->type == BLOCK_KEY, head->stored, m);
}

/* What the blocks of a file say, from its beginning: of one that was cut, or is being written. */
static int scan_file(struct block_reader *r, uint32_t file, struct block_decoder *d)
{
    struct recording_span *now = NULL;
    uint64_t at = 0, previous;
    int rc = 0;

    while (!rc) {
        struct block_head head;
        struct block_moment m;
        rc = block_file_head(&r->in, at, &head);
        if (rc == -EBADMSG) {
            at++;
            rc = block_file_find(&r->in, &at);
            continue;
        }
        if (rc && rc != -EPROTONOSUPPORT)
            break;
        rc = 0;
        if (head.type == BLOCK_KEY && peek(r, at, &head, d, &m) == 0) {
            struct recording_span span = {.file = file,
                                          .at = at,
                                          .seq = m.seq,
                                          .samples = 1,
                                          .first_mono_ns = m.mono_ns,
                                          .last_mono_ns = m.mono_ns,
                                          .first_wall_ns = m.wall_ns,
                                          .last_wall_ns = m.wall_ns};
            rc = add_span(r, &span);
            now = rc ? NULL : &r->span[r->n_spans - 1];
            block_decode_count_from(d, &m);
        } else if (head.type == BLOCK_DELTA && now && peek(r, at, &head, d, &m) == 0) {
            now->samples++;
            now->last_mono_ns = m.mono_ns;
            now->last_wall_ns = m.wall_ns;
        } else if (head.type == BLOCK_INDEX && now) {
            struct recording_span told;
            if (read_index(r, at, file, &told, &previous) == 0 && told.at == now->at)
                *now = told;
        }
        at += (uint64_t)BLOCK_HEAD_BYTES + head.stored;
    }
    return rc == -ENODATA ? 0 : rc;
}

static int load_spans(struct block_reader *r, uint32_t file)
{
    int rc = is_directory(r) ? open_file(r, file) : 0;

    if (!rc)
        rc = follow_chain(r, file);
    if (rc != -EBADMSG)
        return rc;
    struct block_decoder *d = block_decoder_new();
    rc = d ? scan_file(r, file, d) : -ENOMEM;
    block_decoder_free(d);
    return rc;
}

/* When the samples of a file begin and end, as block_directory_arrange() asks. */
static bool times_of_file(void *reader, uint32_t i, int64_t *first_ns, int64_t *last_ns)
{
    struct block_reader *r = reader;

    r->n_spans = 0;
    (void)load_spans(r, i);
    if (!r->n_spans)
        return false;
    *first_ns = r->span[0].first_wall_ns;
    *last_ns = r->span[r->n_spans - 1].last_wall_ns;
    r->n_spans = 0;
    return true;
}

int block_reader_open_directory(struct block_reader **out, const struct source *owner,
                                const char *path)
{
    struct block_reader *r;
    int rc = new_reader(&r, owner);

    if (rc)
        return rc;
    rc = block_directory_list(&r->directory, path);
    if (!rc)
        rc = block_directory_arrange(&r->directory, owner, times_of_file, r, &r->faults.left_out);
    if (r->open) /* to see its times */
        block_file_close(&r->in);
    r->open = false;
    r->file = 0;
    r->at = 0;
    if (rc)
        block_reader_close(r);
    else
        *out = r;
    return rc;
}

bool block_reader_moves(const struct block_reader *r)
{
    return is_directory(r) || r->in.seekable;
}

int block_reader_spans(struct block_reader *r, const struct recording_span **list, uint32_t *n)
{
    uint32_t file = r->file;
    uint64_t at = r->at;
    int rc = 0;

    if (!block_reader_moves(r))
        return -ESPIPE;
    if (r->in.ring) {
        rc = block_ring_spans(r->in.ring, &r->span, &r->n_spans, &r->cap_spans);
    } else if (!r->indexed) {
        r->n_spans = 0;
        for (uint32_t i = 0; i < files_of(r) && rc != -ENOMEM && rc != -ECANCELED; i++)
            rc = load_spans(r, i);
        rc = rc == -ENOMEM || rc == -ECANCELED ? rc : 0;
        if (is_directory(r) && open_file(r, file) && !rc)
            r->at = 0;
        r->at = at;
        r->indexed = rc == 0;
    }
    *list = r->span;
    *n = r->n_spans;
    return rc;
}

/* Looking into a span ------------------------------------------------------------ */

static int add_moment(struct recording_content *c, const struct block_moment *m)
{
    struct recording_moment *larger =
        array_room(c->moment, c->n_moments, &c->cap_moments, 64, sizeof *c->moment);

    if (!larger)
        return -ENOMEM;
    c->moment = larger;
    c->moment[c->n_moments++] = (struct recording_moment){m->seq, m->mono_ns, m->wall_ns};
    return 0;
}

/* Take what the block at `at` says of the span. Returns 0, BEYOND where the span has ended, or
 * -errno. */
static int look_at(struct block_reader *r, uint64_t at, const struct block_head *head,
                   struct block_decoder *d)
{
    bool first = r->content.n_moments == 0;
    struct block_moment m;

    if (head->type == BLOCK_HEAD || (head->type == BLOCK_KEY && !first))
        return BEYOND;
    if (head->type != BLOCK_KEY && (head->type != BLOCK_DELTA || first))
        return 0;
    int rc = peek(r, at, head, d, &m);
    if (rc == -EBADMSG)
        return first ? rc : BEYOND; /* what follows counts from it */
    if (!rc && head->type == BLOCK_KEY)
        block_decode_count_from(d, &m);
    return rc ? rc : add_moment(&r->content, &m);
}

static int look_into(struct block_reader *r, uint64_t at, struct block_decoder *d)
{
    int rc = 0;

    while (!rc) {
        struct block_head head;
        rc = block_file_head(&r->in, at, &head);
        if (rc == -EPROTONOSUPPORT)
            head.type = 0;
        else if (rc)
            break;
        rc = head.type ? look_at(r, at, &head, d) : 0;
        at += (uint64_t)BLOCK_HEAD_BYTES + head.stored;
    }
    /* Damage, or the end of the file, ends a span that has begun. */
    return rc == BEYOND || ((rc == -ENODATA || rc == -EBADMSG) && r->content.n_moments) ? 0 : rc;
}

int block_reader_look(struct block_reader *r, const struct recording_span *span,
                      const struct recording_content **content)
{
    uint32_t file = r->file;
    uint64_t at = r->at;
    struct block_decoder *d = block_decoder_new();
    int rc = !d ? -ENOMEM : is_directory(r) ? open_file(r, span->file) : 0;

    r->content.n_moments = 0;
    *content = &r->content;
    if (!rc)
        rc = look_into(r, span->at, d);
    block_decoder_free(d);
    if (is_directory(r) && open_file(r, file) && !rc)
        at = 0;
    r->at = at;
    return rc;
}

int block_reader_where(const struct block_reader *r, struct recording_place *place)
{
    if (!r->last)
        return -ENODATA;
    *place = (struct recording_place){r->key_file, r->key_at, block_decode_seq(r->decoder)};
    return 0;
}

/* Visiting ------------------------------------------------------------ */

/* Show the block at `at`, whose head is sound. Returns what the visitor does, -EBADMSG where it is
 * damaged, or -ENODATA where the file ends within it. */
static int show(struct block_reader *r, struct block_visitor *v, uint64_t at,
                const struct block_head *head, struct block_decoder *d,
                struct block_reader_faults *faults)
{
    bool is_key = head->type == BLOCK_KEY, is_sample = is_key || head->type == BLOCK_DELTA;
    struct block_visited b = {.type = head->type};
    uint8_t bytes[BLOCK_FILE_SMALL];
    struct block_moment m;
    int rc = 0;

    if (is_sample && v->moments) {
        rc = peek(r, at, head, d, &m);
        if (!rc && is_key)
            block_decode_count_from(d, &m);
        if (is_key)
            v->key_seq = rc ? 0 : m.seq;
        if (!rc && m.key_seq != v->key_seq && !is_key)
            rc = -EBADMSG; /* what it counts from cannot be played, or is not there */
        if (!rc) {
            b.moment = &m;
            note_whole(faults, r->file, at, m.wall_ns);
            v->last_wall_ns = m.wall_ns;
        }
    } else if (head->type == BLOCK_HEAD || head->type == BLOCK_NOTE || head->type == BLOCK_END) {
        rc = block_file_payload(&r->in, &r->payload, at, head, bytes, &b.len);
        b.bytes = bytes;
    } else if (!is_sample) {
        rc = block_in_verify(&r->payload, &r->in.input, head, at + BLOCK_HEAD_BYTES);
    }
    return rc ? rc : v->visit(v, &b);
}

/* Of what is kept in memory the beginning was let go. */
static uint64_t first_block(const struct block_reader *r)
{
    return r->in.ring ? block_ring_first(r->in.ring) : 0;
}

static int visit_file(struct block_reader *r, struct block_visitor *v, struct block_decoder *d,
                      struct block_reader_faults *faults)
{
    uint64_t at = first_block(r);

    v->key_seq = 0;
    for (;;) {
        struct block_head head;
        int rc = block_file_head(&r->in, at, &head);
        if (rc == -EBADMSG) {
            note_at(faults, r->file, at++, v->last_wall_ns);
            v->key_seq = 0; /* the samples up to the next key cannot be played */
            rc = block_file_find(&r->in, &at);
            if (!rc)
                continue;
        }
        if (rc == -ENODATA)
            return 0;
        faults->newer |= rc == -EPROTONOSUPPORT;
        if (!rc)
            rc = show(r, v, at, &head, d, faults);
        if (rc == -EBADMSG || rc == -ENODATA) {
            note_at(faults, r->file, at, v->last_wall_ns);
            v->key_seq = 0;
        } else if (rc && rc != -EPROTONOSUPPORT)
            return rc;
        at += (uint64_t)BLOCK_HEAD_BYTES + head.stored;
    }
}

int block_reader_visit(struct block_reader *r, struct block_visitor *v,
                       struct block_reader_faults *faults)
{
    uint32_t file = r->file;
    uint64_t at = r->at;
    struct block_decoder *d = block_decoder_new();
    int rc = d ? 0 : -ENOMEM;

    *faults = (struct block_reader_faults){.left_out = r->faults.left_out};
    if (!block_reader_moves(r))
        rc = -ESPIPE;
    for (uint32_t i = 0; i < files_of(r) && !rc; i++) {
        rc = is_directory(r) ? open_file(r, i) : 0;
        if (!rc)
            rc = visit_file(r, v, d, faults);
        else if (rc != -ENOMEM && rc != -ECANCELED) { /* it is left out, as when it is played */
            if (rc != -ENOENT)
                note_at(faults, i, 0, v->last_wall_ns);
            rc = 0;
        }
    }
    block_decoder_free(d);
    if (is_directory(r) && open_file(r, file))
        at = 0;
    r->at = at;
    return rc;
}

void block_reader_limits(const struct block_reader *r, int64_t *begin_ns, int64_t *end_ns)
{
    *begin_ns = r->begin_ns;
    *end_ns = r->end_ns;
}

/* Jumping ------------------------------------------------------------ */

static void jump_to(struct block_reader *r, uint32_t span, int64_t wall_ns, uint64_t seq)
{
    r->target = r->span[span];
    r->until = (struct limits_of_play){wall_ns, seq, true};
    r->jumps = true;
}

int block_reader_seek(struct block_reader *r, int64_t wall_ns)
{
    const struct recording_span *list;
    uint32_t n, low = 0;
    int rc = block_reader_spans(r, &list, &n);

    if (rc || n == 0)
        return rc ? rc : -ENODATA;
    /* Order is that of the recording: where the clock was set back, the last span that fits. */
    for (uint32_t i = 0; i < n; i++) {
        if (list[i].first_wall_ns <= wall_ns)
            low = i;
    }
    jump_to(r, low, wall_ns, UINT64_MAX);
    return 0;
}

int block_reader_step_back(struct block_reader *r)
{
    const struct recording_span *list;
    uint32_t n, i = 0;
    int rc = block_reader_spans(r, &list, &n);

    if (rc || !r->last)
        return rc ? rc : -ENODATA;
    while (i < n && (list[i].file != r->key_file || list[i].at != r->key_at))
        i++;
    if (i == n)
        return -ENODATA;
    uint64_t seq = block_decode_seq(r->decoder);
    if (seq > r->key_seq)
        jump_to(r, i, INT64_MAX, seq - 1);
    else if (i > 0)
        jump_to(r, i - 1, INT64_MAX, UINT64_MAX);
    return seq > r->key_seq || i > 0 ? 0 : -ENODATA;
}

int block_reader_limit(struct block_reader *r, int64_t begin_ns, int64_t end_ns)
{
    const struct recording_span *list;
    uint32_t n, from = 0;

    r->begin_ns = begin_ns;
    r->end_ns = end_ns;
    if (begin_ns == INT64_MIN || block_reader_spans(r, &list, &n) || n == 0)
        return 0;
    while (from + 1 < n && list[from].last_wall_ns < begin_ns)
        from++;
    return block_reader_go(r, &list[from]) == -ENOMEM ? -ENOMEM : 0;
}
