/* SPDX-License-Identifier: MIT */
/* Writes recordings: files, their rotation, and what stands between samples. */
#include "tcptop/source/recorder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "block_directory.h"
#include "block_encode.h"
#include "block_index.h"
#include "block_note.h"
#include "block_ring.h"
#include "tcptop/base/array.h"
#include "tcptop/base/bytes.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/privileges.h"
#include "tcptop/source/sample_fields.h"

#define SPAN_SAMPLES   60
#define SPAN_NS        (600 * NS_PER_S)
#define FILE_NS        (3600 * NS_PER_S)
#define FILE_BYTES_MIN 65536u
#define PARTS          4  /* files into which what may be kept is divided at least */
#define NAME_DIGITS    16 /* of "20261129T140000Z" */
#define SUSPENDED_NS   NS_PER_S
#define PATH_BYTES     4096

/* Fields of a GAP, as FORMAT.md lists them. */
enum gap_tag { GAP_WHY = 1, GAP_SAMPLES = 2, GAP_FROM = 3, GAP_TO = 4, GAP_SLEPT = 5 };

struct recorder {
    struct recorder_options options;
    struct redact redact;
    bool is_directory, is_regular;
    uint64_t run;
    char boot[64];
    int fd;                /* -1: recording stands still */
    char file[PATH_BYTES]; /* which one */
    uint64_t size;         /* of whole blocks */
    int64_t file_wall_ns;  /* when it is due to be followed by another; see next_due() */
    int64_t name_s;        /* the time in its name */
    int error;             /* -errno for which recording stands still */
    struct block_encoder *encoder;
    struct block_out out, small; /* the sample; other blocks */
    struct str payload;
    struct recording_span span; /* of the last key; no samples: none */
    uint64_t last_index, samples, last_seq, last_brief;
    uint32_t netns_view; /* of the last sample */
    int64_t last_mono_ns, slept_ns, noted_ns;
    struct episodes episodes;      /* findings that hold */
    uint8_t skip[RECORDING_RULES]; /* how rules could look, as it was noted last */
};

bool recorder_is_directory(const char *path)
{
    struct stat st;
    size_t len = strlen(path);

    if (len && path[len - 1] == '/')
        return true;
    int fd = privileges_open(path, O_PATH, 0);
    bool is = fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
    if (fd >= 0)
        close(fd);
    return is;
}

const char *recorder_file(const struct recorder *r)
{
    return r->file;
}

/* Writing ------------------------------------------------------------ */

/* The file as it was before the block that could not be written. */
static void cut_back(struct recorder *r)
{
    if (r->is_regular && ftruncate(r->fd, (off_t)r->size) == 0)
        (void)lseek(r->fd, (off_t)r->size, SEEK_SET);
}

/* A pipe that somebody set non-blocking is waited for. */
static bool wait_for_room(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLOUT};

    return poll(&ready, 1, -1) >= 0 || errno == EINTR;
}

static int write_block(struct recorder *r, const struct block_out *out)
{
    const char *p = out->block.data;
    size_t left = out->block.len;

    if (r->options.ring) {
        int rc = block_ring_append(r->options.ring, p, left);
        r->size += rc ? 0 : left;
        return rc;
    }
    while (left) {
        ssize_t n = write(r->fd, p, left);
        if (n < 0 && errno == EAGAIN && wait_for_room(r->fd))
            continue;
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            int error = n < 0 ? -errno : -EIO;
            cut_back(r);
            return error;
        }
        p += n;
        left -= (size_t)n;
    }
    r->size += out->block.len;
    return 0;
}

/* A block of its own, with the payload r->payload. */
static int write_small(struct recorder *r, enum block_type type)
{
    block_out_begin(&r->small);
    block_out_put(&r->small, r->payload.data, r->payload.len);
    int rc = str_failed(&r->payload) ? -ENOMEM : block_out_end(&r->small, type, false);
    return rc ? rc : write_block(r, &r->small);
}

static void put_number(struct recorder *r, unsigned tag, uint64_t value, size_t size)
{
    uint8_t bytes[8];

    bytes_set(bytes, value, size);
    sample_fields_put(&r->payload, tag, bytes, size);
}

static void put_text(struct recorder *r, unsigned tag, const char *text)
{
    sample_fields_put(&r->payload, tag, text, strlen(text));
}

static int write_head(struct recorder *r, const struct sample *s)
{
    static const char program[] = "tcptop " TCPTOP_VERSION;
    char host[sizeof s->host.name];

    snprintf(host, sizeof host, "%s", s->host.name);
    if (r->options.redact)
        redact_name(&r->redact, s->host.name, host, sizeof host);
    str_clear(&r->payload);
    put_number(r, BLOCK_HEAD_RUN, r->run, 8);
    put_text(r, BLOCK_HEAD_PROGRAM, program);
    put_text(r, BLOCK_HEAD_HOST, host);
    put_text(r, BLOCK_HEAD_KERNEL, s->host.kernel);
    put_text(r, BLOCK_HEAD_BOOT, r->boot);
    put_number(r, BLOCK_HEAD_WALL, (uint64_t)s->wall_ns, 8);
    put_number(r, BLOCK_HEAD_MONO, (uint64_t)s->mono_ns, 8);
    put_number(r, BLOCK_HEAD_INTERVAL, r->options.interval_ms, 8);
    put_number(r, BLOCK_HEAD_REDACTED, r->options.redact, 1);
    put_number(r, BLOCK_HEAD_JUDGE, r->options.judge, 8);
    return write_small(r, BLOCK_HEAD);
}

/* A finding as it stands. */
static int write_note(struct recorder *r, const struct episode *e)
{
    str_clear(&r->payload);
    block_note_write(&r->payload, e, r->options.rule_name, r->options.redact ? &r->redact : NULL);
    return write_small(r, BLOCK_NOTE);
}

/* The index of the span that ends here. A stream has none. */
static int write_index(struct recorder *r)
{
    uint64_t at = r->size;

    if (!r->span.samples || !r->is_regular)
        return 0;
    str_clear(&r->payload);
    block_index_write(&r->payload, &r->span, r->last_index);
    int rc = write_small(r, BLOCK_INDEX);
    if (!rc)
        r->last_index = at;
    r->span.samples = 0;
    return rc;
}

/* End the file, for a reader that finds its way from the end. Returns 0 or -errno. */
static int end_file(struct recorder *r, enum block_end why)
{
    uint8_t end[BLOCK_END_BYTES];
    int rc = 0;

    for (uint32_t i = 0; i < r->episodes.n_open && r->samples && !rc; i++)
        rc = write_note(r, &r->episodes.list[i]);
    if (!rc)
        rc = write_index(r);
    if (!rc) {
        block_index_write_end(end, r->last_index, r->samples, why);
        str_clear(&r->payload);
        str_add_bytes(&r->payload, end, sizeof end);
        rc = write_small(r, BLOCK_END);
    }
    if (!rc && r->is_regular && fdatasync(r->fd) != 0)
        rc = -errno;
    if (r->fd > STDERR_FILENO && close(r->fd) != 0 && !rc)
        rc = -errno;
    r->fd = -1;
    return rc;
}

/* Recording stands still for `error`. Whoever waits for room sees whole blocks. */
static int stop(struct recorder *r, int error)
{
    if (r->fd >= 0)
        (void)end_file(r, BLOCK_ENDED_DISK);
    r->span.samples = 0;
    r->error = r->options.ring ? 0 : error; /* memory may be there again for the next sample */
    return error;
}

/* Files ------------------------------------------------------------ */

/* For how long a file of a directory is written. */
static int64_t file_ns(const struct recorder *r)
{
    int64_t share = r->options.keep_ns / PARTS;

    if (!r->options.keep_ns || share > FILE_NS)
        return FILE_NS;
    return share > NS_PER_S ? share : NS_PER_S;
}

/* When the file that begins now is due to be followed: at the next whole hour, or part of it. */
static int64_t next_due(const struct recorder *r, int64_t wall_ns)
{
    int64_t length = file_ns(r);

    return (wall_ns / length + 1) * length;
}

static bool is_due(const struct recorder *r, int64_t wall_ns)
{
    uint64_t most = r->options.max_bytes / PARTS;

    if (!r->is_directory)
        return false;
    if (wall_ns >= r->file_wall_ns || wall_ns < r->file_wall_ns - 2 * file_ns(r))
        return true; /* the second: the clock was set back */
    return r->fd >= 0 && most && r->size >= (most > FILE_BYTES_MIN ? most : FILE_BYTES_MIN);
}

/* A directory with the set-group-ID bit is one that its group shares: where the group may look into
 * it, it may read what is recorded there, and nobody else may. A file that stays private is no
 * error. */
static void share_with_group(const struct recorder *r, const struct stat *file)
{
    struct stat dir;

    if (r->is_directory && stat(r->options.path, &dir) == 0 && dir.st_mode & S_ISGID &&
        dir.st_mode & S_IRGRP && dir.st_gid == file->st_gid)
        (void)fchmod(r->fd, S_IRUSR | S_IWUSR | S_IRGRP);
}

/* Open `r->file`, which nobody else may write at the same time. Returns 0 or -errno. */
static int open_path(struct recorder *r)
{
    const int make = O_WRONLY | O_CREAT | O_NOCTTY;
    struct stat st;
    int fd = privileges_open(r->file, make | O_EXCL | O_NOFOLLOW, 0600);

    if (fd == -EEXIST && r->options.force && !r->is_directory)
        fd = privileges_open(r->file, make, 0600);
    if (fd < 0)
        return fd;
    int rc = fstat(fd, &st) == 0 ? 0 : -errno;
    r->is_regular = !rc && S_ISREG(st.st_mode);
    if (r->is_regular && flock(fd, LOCK_EX | LOCK_NB) != 0)
        rc = -EBUSY;
    if (!rc && r->is_regular && ftruncate(fd, 0) != 0)
        rc = -errno;
    if (rc) {
        close(fd);
        return rc;
    }
    r->fd = fd;
    share_with_group(r, &st);
    return 0;
}

/* "DIRECTORY/20261129T140000Z-1a2b3c.tcptop": names of one recorder sort by time even where the
 * clock was set back. */
static int name_file(struct recorder *r, int64_t wall_ns, unsigned try)
{
    time_t s = (time_t)(wall_ns / NS_PER_S);
    struct tm tm;
    char when[32];

    if (s <= r->name_s)
        s = (time_t)r->name_s + 1;
    if (!gmtime_r(&s, &tm) || !strftime(when, sizeof when, "%Y%m%dT%H%M%SZ", &tm))
        return -ERANGE;
    size_t len = strlen(r->options.path);
    const char *slash = len && r->options.path[len - 1] == '/' ? "" : "/";
    int n = snprintf(r->file, sizeof r->file, "%s%s%s-%06x%s", r->options.path, slash, when,
                     (unsigned)((r->run + try) & 0xffffff), BLOCK_DIRECTORY_SUFFIX);
    r->name_s = s;
    return n < (int)sizeof r->file ? 0 : -ENAMETOOLONG;
}

static int open_next(struct recorder *r, int64_t wall_ns)
{
    int rc = 0;

    r->size = 0;
    r->samples = 0;
    r->last_index = BLOCK_NOWHERE;
    r->span.samples = 0;
    r->file_wall_ns = next_due(r, wall_ns);
    if (!r->is_directory) {
        rc = open_path(r);
    } else {
        rc = -EEXIST;
        for (unsigned try = 0; try < 3 && rc == -EEXIST; try++) {
            rc = name_file(r, wall_ns, try);
            if (!rc)
                rc = open_path(r);
        }
    }
    r->error = rc;
    return rc;
}

/* Limits ------------------------------------------------------------ */

struct kept {
    char name[64];
    uint64_t bytes;
    int64_t changed_ns;
};

/* "20261129T140000Z-1a2b3c.tcptop" */
static bool is_ours(const char *name)
{
    size_t digits = strspn(name, "0123456789TZ");

    return digits == NAME_DIGITS && name[8] == 'T' && name[15] == 'Z' && name[16] == '-' &&
           strspn(name + 17, "0123456789abcdef") == 6 &&
           strcmp(name + 23, BLOCK_DIRECTORY_SUFFIX) == 0;
}

static int compare_kept(const void *a, const void *b)
{
    return strcmp(((const struct kept *)a)->name, ((const struct kept *)b)->name);
}

/* The recordings of the directory, the oldest first. Returns how many; `*list` is the caller's. */
static uint32_t list_kept(const struct recorder *r, struct kept **list)
{
    int fd = privileges_open(r->options.path, O_RDONLY | O_DIRECTORY, 0);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    uint32_t n = 0, cap = 0;
    struct stat st;

    *list = NULL;
    if (!dir && fd >= 0)
        close(fd);
    while (dir && (entry = readdir(dir))) {
        if (!is_ours(entry->d_name) ||
            fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(st.st_mode))
            continue;
        struct kept *larger = array_room(*list, n, &cap, 64, sizeof **list);
        if (!larger)
            break;
        *list = larger;
        struct kept *k = &larger[n++];
        memcpy(k->name, entry->d_name, strlen(entry->d_name) + 1);
        k->bytes = (uint64_t)st.st_size;
        k->changed_ns = st.st_mtim.tv_sec * NS_PER_S + st.st_mtim.tv_nsec;
    }
    if (dir)
        closedir(dir);
    if (n > 1)
        qsort(*list, n, sizeof **list, compare_kept);
    return n;
}

/* Remove one, unless a recorder writes it. Returns true when it is gone. */
static bool remove_kept(const struct recorder *r, const char *name)
{
    char path[PATH_BYTES + 64];

    snprintf(path, sizeof path, "%s/%s", r->options.path, name);
    int fd = privileges_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
    if (fd < 0)
        return fd == -ENOENT;
    bool gone = flock(fd, LOCK_EX | LOCK_NB) == 0 && privileges_unlink(path) == 0;
    close(fd);
    return gone;
}

/* Remove what is too old, then the oldest until the rest is small enough. */
static void enforce_limits(struct recorder *r, int64_t wall_ns)
{
    struct kept *list;
    uint64_t bytes = 0;

    if (!r->is_directory || (!r->options.keep_ns && !r->options.max_bytes))
        return;
    uint32_t n = list_kept(r, &list);
    for (uint32_t i = 0; i < n; i++)
        bytes += list[i].bytes;
    for (uint32_t i = 0; i < n; i++) {
        bool old = r->options.keep_ns && list[i].changed_ns < wall_ns - r->options.keep_ns;
        bool large = r->options.max_bytes && bytes > r->options.max_bytes;
        if ((old || large) && remove_kept(r, list[i].name))
            bytes -= list[i].bytes;
    }
    free(list);
}

/* Between samples ------------------------------------------------------------ */

static int64_t slept_ns(void)
{
    struct timespec boot;

    if (clock_gettime(CLOCK_BOOTTIME, &boot) != 0)
        return 0;
    return boot.tv_sec * NS_PER_S + boot.tv_nsec - clock_mono_ns();
}

static int write_gap(struct recorder *r, enum block_gap why, uint64_t samples, int64_t to_ns,
                     int64_t slept)
{
    str_clear(&r->payload);
    put_number(r, GAP_WHY, why, 1);
    put_number(r, GAP_SAMPLES, samples, 8);
    put_number(r, GAP_FROM, (uint64_t)r->last_mono_ns, 8);
    put_number(r, GAP_TO, (uint64_t)to_ns, 8);
    put_number(r, GAP_SLEPT, (uint64_t)slept, 8);
    return write_small(r, BLOCK_GAP);
}

static int write_gaps(struct recorder *r, const struct sample *s)
{
    int64_t slept = r->options.is_live ? slept_ns() : 0, more = slept - r->slept_ns;
    int rc = 0;

    r->slept_ns = slept;
    if (!r->last_seq)
        return 0;
    if (more > SUSPENDED_NS)
        rc = write_gap(r, BLOCK_GAP_SUSPENDED, 0, s->mono_ns, more);
    /* brief samples are none that should be here */
    uint64_t missing = s->seq - r->last_seq, brief = s->n_brief - r->last_brief;
    if (!rc && s->seq > r->last_seq && missing > brief + 1)
        rc = write_gap(r, BLOCK_GAP_LATE, missing - brief - 1, s->mono_ns, 0);
    if (!rc && s->status == SAMPLE_FAILED)
        rc = write_gap(r, BLOCK_GAP_FAILED, 1, s->mono_ns, 0);
    return rc;
}

/* How rules could look, where that is another than it was noted last: with a key, and as soon as
 * one that had needed more samples has looked. */
static int write_checked(struct recorder *r, const struct sample *s, bool first, bool is_key)
{
    const struct findings *f = s->findings;

    _Static_assert(sizeof r->skip == sizeof f->skip, "as many rules");

    if (!f || (!first && memcmp(r->skip, f->skip, sizeof r->skip) == 0))
        return 0;
    if (!is_key && !findings_skip_settles(r->skip, f->skip))
        return 0;
    memcpy(r->skip, f->skip, sizeof r->skip);
    str_clear(&r->payload);
    block_note_write_checked(&r->payload, r->skip, s->wall_ns, r->options.rule_name);
    return write_small(r, BLOCK_NOTE);
}

/* Which findings began, became graver, or ended with this sample. With a key the others that have
 * become worse since it was noted last; with the first one of a file all, so that it stands alone.
 */
static int write_notes(struct recorder *r, const struct sample *s, bool is_key)
{
    bool first = r->samples == 0 || (is_key && r->options.ring); /* what is before may go */
    int rc;

    if (!r->options.rule_name)
        return 0;
    rc = episodes_add(&r->episodes, s);
    if (!rc)
        rc = write_checked(r, s, first, is_key);
    for (uint32_t i = 0; i < r->episodes.n && !rc; i++) {
        const struct episode *e = &r->episodes.list[i];
        if (e->news != EPISODE_SAME || first || (is_key && e->worst_ns > r->noted_ns))
            rc = write_note(r, e);
    }
    episodes_drop_ended(&r->episodes);
    if (is_key)
        r->noted_ns = s->mono_ns;
    return rc;
}

/* Samples ------------------------------------------------------------ */

static void count_sample(struct recorder *r, const struct sample *s)
{
    struct recording_span *span = &r->span;

    span->samples++;
    span->last_mono_ns = s->mono_ns;
    span->last_wall_ns = s->wall_ns;
    for (unsigned state = 0; state < TCP_STATE_COUNT; state++)
        if (s->count[state] > span->most[state])
            span->most[state] = s->count[state];
    if (s->total > span->most_total)
        span->most_total = s->total;
    if (s->findings && s->findings->worst > span->worst)
        span->worst = s->findings->worst;
    r->samples++;
}

/* A complete sample begins a span: the index of the one before, and who records, come first. */
static int begin_span(struct recorder *r, const struct sample *s)
{
    int rc = r->options.ring ? block_ring_begin(r->options.ring) : write_index(r);

    if (!rc)
        rc = write_head(r, s);
    r->span = (struct recording_span){
        .seq = s->seq, .first_mono_ns = s->mono_ns, .first_wall_ns = s->wall_ns};
    return rc;
}

/* What is on its way is brought to the disk, and old files make room. */
static int secure(struct recorder *r, const struct sample *s)
{
    if (r->is_regular && fdatasync(r->fd) != 0)
        return -errno;
    enforce_limits(r, s->wall_ns);
    return 0;
}

/* Is it time for a complete sample? Rows of other namespaces are those of another run, which are
 * not compared. */
static bool span_is_due(struct recorder *r, const struct sample *s)
{
    bool other = s->netns_view != r->netns_view && !sample_is_recorded(s);

    r->run += other;
    r->netns_view = s->netns_view;
    return other || r->span.samples == 0 || r->span.samples >= SPAN_SAMPLES ||
           s->mono_ns - r->span.first_mono_ns >= SPAN_NS ||
           (r->options.ring && block_ring_wants_span(r->options.ring));
}

static int write_sample(struct recorder *r, const struct sample *s)
{
    bool is_key, due = span_is_due(r, s);
    int rc = block_encode_sample(r->encoder, s, due, &r->out, &is_key);

    if (!rc && is_key)
        rc = begin_span(r, s);
    if (!rc)
        rc = write_gaps(r, s);
    if (!rc && is_key)
        r->span.at = r->size;
    if (!rc)
        rc = write_block(r, &r->out);
    if (!rc && is_key)
        rc = secure(r, s);
    if (!rc)
        rc = write_notes(r, s, is_key);
    if (!rc)
        count_sample(r, s);
    if (!rc && r->options.ring)
        block_ring_describe(r->options.ring, &r->span);
    return rc;
}

/* One that failed is a gap, before the first sample of a file one that is told with that. */
static int write_failed(struct recorder *r, const struct sample *s)
{
    return r->samples ? write_gaps(r, s) : -EAGAIN;
}

/* Go on in the next file when it is due. Returns 0 or -errno. */
static int rotate(struct recorder *r, const struct sample *s)
{
    int rc = 0;

    if (!is_due(r, s->wall_ns))
        return r->fd >= 0 || r->options.ring ? 0 : r->error;
    if (r->fd >= 0)
        rc = end_file(r, BLOCK_ENDED_NEXT);
    if (rc) /* what was written is whole; the next file is tried all the same */
        r->fd = -1;
    enforce_limits(r, s->wall_ns);
    return open_next(r, s->wall_ns);
}

int recorder_add(struct recorder *r, const struct sample *s)
{
    int rc = rotate(r, s);

    if (rc)
        return rc;
    rc = s->status == SAMPLE_FAILED ? write_failed(r, s) : write_sample(r, s);
    if (rc == -EAGAIN)
        return 0;
    r->last_seq = s->seq;
    r->last_brief = s->n_brief;
    r->last_mono_ns = s->mono_ns;
    return rc ? stop(r, rc) : 0;
}

/* The whole ------------------------------------------------------------ */

static void read_boot_id(char *out, size_t size)
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, out, size - 1);

    out[n > 0 ? n : 0] = '\0';
    out[strspn(out, "0123456789abcdef-")] = '\0';
    if (fd >= 0)
        close(fd);
}

static int prepare(struct recorder *r)
{
    struct block_encode_options options = {.metrics = r->options.metrics,
                                           .cmdlines = r->options.cmdlines && !r->options.redact,
                                           .redact = r->options.redact ? &r->redact : NULL};
    int rc = r->options.redact ? redact_init(&r->redact) : 0;

    if (!rc && getrandom(&r->run, sizeof r->run, 0) != (ssize_t)sizeof r->run)
        rc = -EIO;
    if (r->options.is_live)
        read_boot_id(r->boot, sizeof r->boot);
    r->encoder = rc ? NULL : block_encoder_new(&options);
    return rc ? rc : r->encoder ? 0 : -ENOMEM;
}

int recorder_open(struct recorder **out, const struct recorder_options *options)
{
    struct recorder *r = calloc(1, sizeof *r);
    int rc;

    if (!r)
        return -ENOMEM;
    r->options = *options;
    r->fd = -1;
    r->last_index = BLOCK_NOWHERE;
    if (!options->ring) {
        r->is_directory = recorder_is_directory(options->path);
        snprintf(r->file, sizeof r->file, "%s", options->path);
    }
    rc = prepare(r);
    if (rc || options->ring) {
        r->is_directory = false;
    } else if (strcmp(options->path, "-") == 0) {
        r->is_directory = false;
        r->fd = STDOUT_FILENO;
    } else {
        enforce_limits(r, clock_wall_ns());
        if (r->options.is_live || !r->is_directory) /* else the first sample says the time */
            rc = open_next(r, clock_wall_ns());
    }
    if (!rc) {
        r->slept_ns = slept_ns();
        *out = r;
        return 0;
    }
    (void)recorder_close(r);
    return rc;
}

int recorder_close(struct recorder *r)
{
    int rc = 0;

    if (!r)
        return 0;
    if (r->fd >= 0)
        rc = end_file(r, BLOCK_ENDED);
    block_encoder_free(r->encoder);
    block_out_fini(&r->out);
    block_out_fini(&r->small);
    str_fini(&r->payload);
    episodes_fini(&r->episodes);
    free(r);
    return rc;
}
