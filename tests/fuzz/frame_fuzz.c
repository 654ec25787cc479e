/* SPDX-License-Identifier: MIT */
/* Any bytes as a recording, given as a file and, with the checksums made true, as one frame: always
 * an end, never more rows than bytes, a bounded number of samples, no text about owners that has
 * not been sanitised. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/diag_build.h"
#include "lib/frame_write.h"
#include "lib/fuzz.h"
#include "lib/owned.h"
#include "lib/sample.h"
#include "tcptop/base/hash.h"
#include "tcptop/base/utf8.h"
#include "tcptop/source/frame.h"
#include "tcptop/source/source.h"

#define RECORD_BYTES 88

static void demand(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "frame_fuzz: %s\n", what);
        abort();
    }
}

/* One row has a process, one a process that has let go, and one nobody who can be looked at. */
static void add_owners(struct sample *s, struct str *messages)
{
    struct owner_lookup *lookup = owner_lookup_new();

    for (uint16_t i = 0; i < 3; i++) {
        struct conn c = build_plain(TCP_STATE_ESTABLISHED, 3001 + i, 50000, 2u + i);
        struct conn *row = sample_add(builder_of(s), NULL);
        c.inode = i == 1 ? 0 : 900u + i;
        build_conn(messages, &c, NULL, 0);
        if (!row || !lookup)
            abort();
        *row = c;
        row->inode = 900u + i;
    }
    owned_put(lookup, 1184, 33, (const char *const[]){"nginx", "nginx -g", "nginx.service"},
              (const uint32_t[]){900, 901, 0});
    user_names_set(lookup->users, 33, "www-data");
    owned_assign(lookup, s);
    s->owner[1] |= OWNER_FORMER;
    s->owner[2] = OWNER_NOBODY;
    owner_lookup_free(lookup);
}

static void build_file(struct str *out, int frames)
{
    struct sample *s = sample_make(NULL);
    struct str messages = STR_INIT;
    struct conn c = build_plain(TCP_STATE_ESTABLISHED, 3000, 50000, 1);

    if (!s)
        abort();
    if (frames > 1)
        add_owners(s, &messages);
    else
        build_conn(&messages, &c, NULL, 0);
    build_done(&messages, 0);
    s->host.counter_valid = s->host.gauge_valid = s->host.sysctl_valid = 7;
    strcpy(s->host.name, "host");
    frame_begin(out);
    for (int i = 0; i < frames; i++)
        frame_write(out, s, messages.data, messages.len);
    str_fini(&messages);
    sample_unref(s);
}

const struct fuzz_seed *fuzz_seeds(size_t *n)
{
    static struct str files[3];
    static struct fuzz_seed list[3];

    if (files[0].len == 0) {
        build_file(&files[0], 1);
        build_file(&files[1], 3);
        build_done(&files[2], 0);
        build_done(&files[2], 0);
    }
    for (size_t i = 0; i < 3; i++)
        list[i] = (struct fuzz_seed){files[i].data, files[i].len};
    *n = 3;
    return list;
}

static void play_file(const uint8_t *data, size_t len)
{
    struct request req = {.needs = NEED_TCP_INFO};
    struct source *src;
    struct sample_reason err = {.code = REASON_NONE};
    char path[64];
    int fd = memfd_create("recording", MFD_CLOEXEC), result = 0;

    if (fd < 0 || write(fd, data, len) != (ssize_t)len)
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (recording_open(&src, path, &err) == 0) {
        for (size_t samples = 0; result == 0; samples++) {
            struct sample *s = sample_make(NULL);
            if (!s)
                abort();
            result = source_sample(src, &req, builder_of(s), &err);
            demand(s->n_live <= len / RECORD_BYTES, "more rows than records");
            demand(samples <= len / FRAME_PRELUDE_BYTES + 1, "more samples than frames");
            sample_unref(s);
        }
        source_close(src);
    }
    close(fd);
}

static bool is_clean(const char *text)
{
    char clean[2048];

    utf8_sanitise_into(clean, sizeof(clean), text, strlen(text));
    return strcmp(text, clean) == 0;
}

static void check_owners(const struct sample *s)
{
    for (uint32_t row = 0; row < sample_rows(s); row++) {
        const struct owner_group *g = sample_owner(s, row, NULL);
        demand(g || (s->owner[row] & OWNER_GROUP) < OWNER_FIRST, "a number of no group");
        for (uint32_t i = 0; g && i < g->n; i++)
            demand(is_clean(g->member[i]->process) && is_clean(g->member[i]->cmdline) &&
                       is_clean(g->member[i]->cgroup),
                   "a text that is not clean");
    }
    demand(s->owners->lacks <= OWNER_LACKS, "lacks what there is not");
    for (uint32_t i = 0; s->owners->users && i < s->owners->users->n; i++)
        demand(is_clean(s->owners->users->user[i].name), "a user's name that is not clean");
}

static void read_frame(const uint8_t *frame, size_t len, struct owner_lookup *owners)
{
    struct sample *s = sample_make(NULL);
    struct sample_reason err = {.code = REASON_NONE};

    if (!s)
        abort();
    demand(frame_read(frame, len, builder_of(s), owners, &err) <= (int64_t)len,
           "took more than there was");
    demand(s->n_live <= len / RECORD_BYTES, "more rows than records");
    demand(s->status <= SAMPLE_FAILED, "unknown status");
    if (s->needs & NEED_OWNER) {
        owned_assign(owners, s);
        check_owners(s);
    }
    sample_unref(s);
}

/* Behind true checksums: what only an enemy writes. Once more, on top of what it told. */
static void read_sealed(const uint8_t *data, size_t len)
{
    struct owner_lookup *owners = owner_lookup_new();
    uint8_t *frame = malloc(len);

    if (!owners || !frame)
        abort();
    memcpy(frame, data, len);
    uint32_t prelude = hash_crc32(0, frame, FRAME_PRELUDE_BYTES - 4);
    memcpy(frame + FRAME_PRELUDE_BYTES - 4, &prelude, 4);
    uint32_t body =
        hash_crc32(0, frame + FRAME_PRELUDE_BYTES, len - FRAME_PRELUDE_BYTES - sizeof(body));
    memcpy(frame + len - sizeof(body), &body, sizeof(body));
    read_frame(frame, len, owners);
    read_frame(frame, len, owners);
    owner_lookup_free(owners);
    free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    play_file(data, len);
    if (len >= FRAME_MAGIC_BYTES + FRAME_PRELUDE_BYTES + 4)
        read_sealed(data + FRAME_MAGIC_BYTES, len - FRAME_MAGIC_BYTES);
    return 0;
}
