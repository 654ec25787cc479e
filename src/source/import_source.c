/* SPDX-License-Identifier: MIT */
/* The source of one sample that is read from the text of another program: a file, a pipe or the
 * files of a sosreport. Read in a stream; opening reads as far as the first connection, so that
 * what is no dump is refused at once. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "import_reader.h"
#include "import_sosreport.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/privileges.h"
#include "tcptop/source/import.h"

#ifndef IMPORT_CHUNK /* tests build it tiny */
#define IMPORT_CHUNK 65536
#endif
#define POLL_SLICE_MS 100
#define UTF16_BYTES   64 /* that tell whether it is UTF-16 */

struct import_source {
    struct source source;
    struct import_reader reader;
    int fd;
    char *name; /* as messages call it; owned */

    struct str bytes;   /* read and not yet converted */
    struct str pending; /* UTF-8, or of a code page, from the beginning of a line */
    int utf16;          /* see import_encoding_utf16() */
    uint32_t high;
    bool begun;    /* the first bytes of the file have been looked at */
    bool skipping; /* the rest of a line that is too long */
    bool at_end, ended;

    struct import_sosreport *files; /* owned; NULL: one file */
    uint32_t file;                  /* the next one */
    struct netns_table *namespaces; /* a reference; NULL: one */
};

static void import_close(struct source *src)
{
    struct import_source *im = (struct import_source *)src;

    if (im->fd > STDIN_FILENO)
        close(im->fd);
    if (im->files)
        import_sosreport_fini(im->files);
    free(im->files);
    netns_table_unref(im->namespaces);
    import_reader_fini(&im->reader);
    str_fini(&im->bytes);
    str_fini(&im->pending);
    free(im->name);
    free(im);
}

/* Reading ---------------------------------------------------------------------------------------
 */

/* Bytes that have come are added to im->bytes. Returns how many, 0 at the end, or -errno. */
static ssize_t read_more(struct import_source *im)
{
    struct pollfd fd = {.fd = im->fd, .events = POLLIN};
    char chunk[IMPORT_CHUNK];

    for (;;) {
        if (source_cancelled(&im->source))
            return -ECANCELED;
        int ready = poll(&fd, 1, POLL_SLICE_MS);
        if (ready == 0 || (ready < 0 && errno == EINTR))
            continue;
        ssize_t got = read(im->fd, chunk, sizeof chunk);
        if (got >= 0) {
            str_add_bytes(&im->bytes, chunk, (size_t)got);
            return str_failed(&im->bytes) ? -ENOMEM : got;
        }
        if (errno != EINTR && errno != EAGAIN)
            return -errno;
    }
}

static void drop_front(struct str *s, size_t len)
{
    if (!len)
        return;
    memmove(s->data, s->data + len, s->len - len);
    str_truncate(s, s->len - len);
}

/* Move what has come to im->pending, converted. */
static void convert(struct import_source *im)
{
    struct str *b = &im->bytes;
    size_t taken = b->len;

    if (im->utf16) {
        taken = b->len / 2 * 2;
        import_encoding_add(&im->pending, (const uint8_t *)str_text(b), taken / 2, im->utf16 == 2,
                            &im->high);
    } else {
        str_add_bytes(&im->pending, str_text(b), taken);
    }
    drop_front(b, taken);
}

static void give_line(struct import_source *im, const char *line, size_t len)
{
    if (!im->skipping)
        import_reader_line(&im->reader, line, len);
    im->skipping = false;
}

/* The whole lines of im->pending; a part of one that is already too long. */
static void take_lines(struct import_source *im)
{
    const char *text = str_text(&im->pending), *newline;
    size_t at = 0, len = im->pending.len;

    while ((newline = memchr(text + at, '\n', len - at))) {
        give_line(im, text + at, (size_t)(newline - text) - at);
        at = (size_t)(newline - text) + 1;
    }
    if (len - at >= IMPORT_LINE_MAX) {
        give_line(im, text + at, len - at);
        im->skipping = true;
        at = len;
    }
    drop_front(&im->pending, at);
}

/* Is a file that begins so no text at all? What moves a terminal's cursor may be in one. */
static bool is_binary(const struct str *b)
{
    for (size_t i = 0; i < b->len; i++) {
        const uint8_t byte = (uint8_t)b->data[i];
        if (byte < ' ' && !(byte && strchr("\a\b\t\n\v\f\r\x1b", byte)))
            return true;
    }
    return false;
}

/* Is it compressed, or an archive, by the first bytes? */
static bool is_compressed(const struct str *b)
{
    static const struct {
        const char *bytes;
        size_t len;
    } signs[] = {{"\x1f\x8b", 2},
                 {"\x28\xb5\x2f\xfd", 4},
                 {"\xfd"
                  "7zXZ",
                  5},
                 {"BZh", 3},
                 {"PK\3\4", 4}};

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (b->len >= signs[i].len && memcmp(b->data, signs[i].bytes, signs[i].len) == 0)
            return true;
    return false;
}

static int open_next_file(struct import_source *im)
{
    const struct import_sosreport *files = im->files;

    if (im->fd > STDIN_FILENO)
        close(im->fd);
    im->fd = privileges_open(files->file[im->file].path,
                             O_RDONLY | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK, 0);
    if (im->fd < 0)
        return im->fd;
    im->begun = false;
    im->reader.rows->sample.netns_id = files->file[im->file].netns_id;
    return import_reader_file(&im->reader, files->file[im->file++].path);
}

/* The file has no more: its last line may have no end. */
static int end_file(struct import_source *im)
{
    if (im->bytes.len) /* half a unit of UTF-16 */
        str_clear(&im->bytes);
    if (im->pending.len || im->skipping)
        give_line(im, str_text(&im->pending), im->pending.len);
    str_clear(&im->pending);
    im->utf16 = 0;
    im->high = 0;
    if (im->files && im->file < im->files->n)
        return open_next_file(im);
    im->at_end = true;
    return 0;
}

/* Read and take some lines. Returns 0, -EBADMSG when it is no text, or another -errno. */
static int step(struct import_source *im)
{
    ssize_t got = read_more(im);

    if (got < 0)
        return (int)got;
    if (!im->begun && got && im->bytes.len < UTF16_BYTES)
        return 0;
    if (!im->begun) {
        im->begun = true;
        im->utf16 = import_encoding_utf16((const uint8_t *)str_text(&im->bytes), im->bytes.len);
        if (!im->utf16 && is_binary(&im->bytes))
            return -EBADMSG;
    }
    convert(im);
    if (str_failed(&im->pending))
        return -ENOMEM;
    take_lines(im);
    return got ? 0 : end_file(im);
}

static bool has_rows(const struct import_source *im)
{
    return im->reader.has_row || im->reader.rows->sample.n_live;
}

/* The sample ------------------------------------------------------------------------------------
 */

static void set_facts(struct import_source *im, struct sample *s)
{
    struct import_reader *r = &im->reader;

    s->backend = BACKEND_IMPORT;
    s->import = import_ref(r->report);
    s->mono_ns = clock_mono_ns();
    s->needs = r->rows->sample.needs;
    s->namespaces = netns_table_ref(im->namespaces);
    if (im->namespaces)
        strcpy(s->netns, "all");
    if (im->files) {
        strcpy(s->host.name, im->files->host);
        strcpy(s->host.kernel, im->files->kernel);
    }
    uint32_t lost = import_lost(r->report), unknown = import_not_understood(r->report);
    if (unknown && !lost)
        sample_set_status(s, SAMPLE_COMPLETE,
                          (struct sample_reason){.code = REASON_IMPORT_TEXT, .number = unknown});
    if (lost)
        sample_set_status(s, SAMPLE_PARTIAL,
                          (struct sample_reason){.code = REASON_IMPORT_LOST, .number = lost});
}

static int import_sample(struct source *src, const struct request *req, struct sample_builder *b,
                         struct sample_reason *why)
{
    struct import_source *im = (struct import_source *)src;
    int rc = 0;

    (void)req; /* a dump holds what it holds */
    if (im->ended)
        return -ENODATA;
    im->ended = true;
    while (!im->at_end && !rc)
        rc = step(im);
    if (!rc)
        rc = import_reader_end(&im->reader);
    if (rc)
        return sample_reason_set(why, rc, sample_reason_named(REASON_UNREADABLE, rc, im->name));
    b->sample.needs = im->reader.rows->sample.needs;
    rc = sample_append(b, im->reader.rows);
    if (rc)
        return sample_reason_error(why, rc);
    set_facts(im, &b->sample);
    sample_discard(im->reader.rows);
    im->reader.rows = NULL;
    return 0;
}

static struct owner_lookup *import_owners(struct source *src)
{
    return ((struct import_source *)src)->reader.owners;
}

/* Opening ---------------------------------------------------------------------------------------
 */

static struct import_source *new_source(const char *name)
{
    static const struct source_ops ops = {.name = "import",
                                          .is_recording = true,
                                          .sample = import_sample,
                                          .close = import_close,
                                          .owners = import_owners};
    struct import_source *im = calloc(1, sizeof *im);

    if (!im)
        return NULL;
    im->source.ops = &ops;
    im->fd = -1;
    im->name = strdup(name);
    if (im->name && import_reader_init(&im->reader) == 0)
        return im;
    import_close(&im->source);
    return NULL;
}

/* Read to the first connection. */
static int find_rows(struct import_source *im, struct sample_reason *why)
{
    int rc = 0;

    while (!rc && !im->at_end && !has_rows(im))
        rc = step(im);
    if (rc == -EBADMSG) {
        const enum sample_reason_code code =
            is_compressed(&im->bytes) ? REASON_COMPRESSED : REASON_FOREIGN_FILE;
        return sample_reason_set(why, rc, sample_reason_named(code, rc, im->name));
    }
    if (rc)
        return sample_reason_set(why, rc, sample_reason_named(REASON_UNREADABLE, rc, im->name));
    if (!has_rows(im) && !im->reader.has_table)
        return sample_reason_set(why, -EBADMSG,
                                 sample_reason_named(REASON_TEXT_FILE, -EBADMSG, im->name));
    return 0;
}

static int opened(struct import_source *im, int rc, struct source **src)
{
    if (rc)
        import_close(&im->source);
    else
        *src = &im->source;
    return rc;
}

int import_open(struct source **src, int fd, const void *head, size_t len, const char *name,
                struct sample_reason *why)
{
    struct import_source *im = new_source(name);

    if (!im) {
        if (fd > STDIN_FILENO)
            close(fd);
        return sample_reason_error(why, -ENOMEM);
    }
    im->fd = fd;
    str_add_bytes(&im->bytes, head, len);
    int rc = str_failed(&im->bytes) ? -ENOMEM : import_reader_file(&im->reader, name);
    rc = rc ? sample_reason_error(why, rc) : find_rows(im, why);
    return opened(im, rc, src);
}

/* The namespaces that the files are of, when there are several. */
static int name_namespaces(struct import_source *im)
{
    const uint32_t n = im->files->others;

    if (!n)
        return 0;
    struct netns_table *t = netns_table_new(n + 1);
    if (!t)
        return -ENOMEM;
    t->several = true;
    t->shown = n + 1;
    t->list[0] = (struct netns){.name = IMPORT_SOSREPORT_OWN, .own = true, .shown = true};
    for (uint32_t i = 0; i < im->files->n; i++) {
        const struct import_sosreport_file *file = &im->files->file[i];
        if (!file->netns_id)
            continue;
        struct netns *ns = &t->list[file->netns_id];
        *ns = (struct netns){.id = file->netns_id, .shown = true};
        memcpy(ns->name, file->netns, NETNS_NAME);
    }
    netns_table_sort(t);
    im->namespaces = t;
    return 0;
}

int import_open_directory(struct source **src, const char *path, struct sample_reason *why)
{
    struct import_source *im = new_source(path);
    int rc = -ENOMEM;

    if (!im)
        return sample_reason_error(why, rc);
    im->files = calloc(1, sizeof *im->files);
    if (im->files)
        rc = import_sosreport_find(im->files, path);
    rc = rc == -ENOENT ? -EISDIR : rc;
    if (!rc)
        rc = name_namespaces(im);
    if (!rc)
        rc = open_next_file(im);
    if (rc)
        sample_reason_set(why, rc,
                          sample_reason_named(
                              rc == -EISDIR ? REASON_NO_RECORDINGS : REASON_UNREADABLE, rc, path));
    else
        rc = find_rows(im, why);
    return opened(im, rc, src);
}
