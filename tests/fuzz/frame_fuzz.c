/* Any bytes as a recording, given as a file and, with the checksums made true, as one frame: always
 * an end, never more rows than bytes, a bounded number of samples. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/diag_build.h"
#include "lib/fuzz.h"
#include "tcptop/base/hash.h"
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

static void build_file(struct str *out, int frames)
{
    struct snapshot *s = snapshot_new(NULL);
    struct str messages = STR_INIT;
    struct conn c = build_plain(TCP_STATE_ESTABLISHED, 3000, 50000, 1);

    if (!s)
        abort();
    build_conn(&messages, &c, NULL, 0);
    build_done(&messages, 0);
    s->host.counter_valid = s->host.gauge_valid = s->host.sysctl_valid = 7;
    strcpy(s->host.name, "host");
    frame_begin(out);
    for (int i = 0; i < frames; i++)
        frame_write(out, s, messages.data, messages.len);
    str_fini(&messages);
    snapshot_unref(s);
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
    struct request req = {.needs = NEED_FLOW};
    struct source *src;
    struct err err;
    char path[64];
    int fd = memfd_create("recording", MFD_CLOEXEC), result = 0;

    if (fd < 0 || write(fd, data, len) != (ssize_t)len)
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (source_open_recording(&src, path, &err) == 0) {
        for (size_t samples = 0; result == 0; samples++) {
            struct snapshot *s = snapshot_new(NULL);
            if (!s)
                abort();
            result = source_sample(src, &req, s, &err);
            demand(s->n_live <= len / RECORD_BYTES, "more rows than records");
            demand(samples <= len / FRAME_PRELUDE_BYTES + 1, "more samples than frames");
            snapshot_unref(s);
        }
        source_close(src);
    }
    close(fd);
}

/* Behind true checksums: what only an enemy writes. */
static void read_sealed(const uint8_t *data, size_t len)
{
    struct snapshot *s = snapshot_new(NULL);
    uint8_t *frame = malloc(len);
    struct err err;

    if (!s || !frame)
        abort();
    memcpy(frame, data, len);
    uint32_t prelude = crc32_update(0, frame, FRAME_PRELUDE_BYTES - 4);
    memcpy(frame + FRAME_PRELUDE_BYTES - 4, &prelude, 4);
    uint32_t body =
        crc32_update(0, frame + FRAME_PRELUDE_BYTES, len - FRAME_PRELUDE_BYTES - sizeof(body));
    memcpy(frame + len - sizeof(body), &body, sizeof(body));
    demand(frame_read(frame, len, s, &err) <= (int64_t)len, "took more than there was");
    demand(s->n_live <= len / RECORD_BYTES, "more rows than records");
    demand(s->status <= SAMPLE_FAILED, "unknown status");
    free(frame);
    snapshot_unref(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    play_file(data, len);
    if (len >= FRAME_MAGIC_BYTES + FRAME_PRELUDE_BYTES + 4)
        read_sealed(data + FRAME_MAGIC_BYTES, len - FRAME_MAGIC_BYTES);
    return 0;
}
