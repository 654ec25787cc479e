/* SPDX-License-Identifier: MIT */
/* Any bytes as a recording of blocks, as they are and with the checksums of every block made true:
 * always an end, a bounded number of samples and rows, rows that the kernel could have told, and
 * texts that were sanitised; played from front to back, from the end, and from the middle; judged,
 * drawn and printed. */
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include "lib/changing_host.h"
#include "lib/fuzz.h"
#include "lib/hostile.h"
#include "lib/sample.h"
#include "tcptop/base/bytes.h"
#include "tcptop/base/hash.h"
#include "tcptop/base/utf8.h"
#include "tcptop/doctor/doctor.h"
#include "tcptop/explain/finding_text.h"
#include "tcptop/source/block.h"
#include "tcptop/source/recorder.h"
#include "tcptop/source/recording.h"
#include "tcptop/source/sample_pipeline.h"

#define SEEDS        2
#define SEED_BYTES   65536
#define ROWS_FREE    65536u /* FORMAT.md: rows that a complete sample may have without bytes … */
#define ROWS_A_BYTE  1024u  /* … and with each */
#define SAMPLES_PLAY 50     /* joined with one another: the pipeline is the slow part */
#define DRAWN        4      /* one of so many inputs, by chance: it takes as long as all else */

static void demand(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "block_fuzz: %s\n", what);
        abort();
    }
}

static const char *rule_name(unsigned rule)
{
    return rule < RULE_COUNT ? rules[rule].name : NULL;
}

/* Rules that find something in a few samples. */
static struct sample_observer *easily_alarmed(void)
{
    struct limits limits;

    rules_limits_init(&limits);
    limits.value[THRESHOLD_CLOSE_WAIT_COUNT] = limits.value[THRESHOLD_CLOSE_WAIT_AGE] = 1;
    limits.value[THRESHOLD_FIN_WAIT2_ORPHANS] = 1;
    return doctor_new(&limits, true, 0.25);
}

/* Record a host into a memory file. */
static size_t make_seed(const struct changing_host *how, uint8_t bytes[SEED_BYTES])
{
    const struct request req = {.fade_ds = 30, .keep_close_events = true};
    struct sample_pipeline *p = sample_pipeline_new(changing_host_open(how), 60);
    const struct sample *s = NULL;
    struct recorder *r;
    char path[64];
    int fd = memfd_create("recording", MFD_CLOEXEC);

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const struct recorder_options options = {
        .path = path, .force = true, .metrics = how->metrics, .rule_name = rule_name, .judge = 1};
    if (p)
        sample_pipeline_observe(p, easily_alarmed());
    demand(p && recorder_open(&r, &options) == 0, "no seed");
    while (sample_pipeline_next(p, &req, &s, NULL) == 0)
        demand(recorder_add(r, s) == 0, "no sample");
    demand(recorder_close(r) == 0, "no end");
    sample_unref(s);
    sample_pipeline_free(p);
    ssize_t n = pread(fd, bytes, SEED_BYTES, 0);
    close(fd);
    return n > 0 ? (size_t)n : 0;
}

/* The same blocks without compression, so that a change reaches what it means. Returns the length.
 */
static size_t expand(const uint8_t *from, size_t len, uint8_t to[SEED_BYTES])
{
    size_t out = 0;

    for (size_t at = 0; at < len;) {
        struct block_head head;
        demand(block_head_read(&head, from + at) == 0, "no block");
        const uint8_t *payload = from + at + BLOCK_HEAD_BYTES;
        at += BLOCK_HEAD_BYTES + head.stored;
        demand(out + BLOCK_HEAD_BYTES + head.raw <= SEED_BYTES, "the seed is too long");
        if (head.flags & BLOCK_COMPRESSED)
            demand(ZSTD_decompress(to + out + BLOCK_HEAD_BYTES, head.raw, payload, head.stored) ==
                       head.raw,
                   "not compressed");
        else
            memcpy(to + out + BLOCK_HEAD_BYTES, payload, head.raw);
        head.flags = 0;
        head.stored = head.raw;
        head.payload_crc = hash_crc32(0, to + out + BLOCK_HEAD_BYTES, head.raw);
        block_head_write(to + out, &head);
        out += BLOCK_HEAD_BYTES + head.raw;
    }
    return out;
}

const struct fuzz_seed *fuzz_seeds(size_t *n)
{
    static const struct changing_host hosts[SEEDS] = {
        {.rows = 6, .samples = 7, .churn = 200, .metrics = true, .ends = true},
        {.rows = 9, .samples = 9, .churn = 300, .new_netns = true, .ends = true, .groups = true},
    };
    static uint8_t bytes[SEEDS + 1][SEED_BYTES];
    static struct fuzz_seed list[SEEDS + 1];

    for (size_t i = 0; i < SEEDS && !list[SEEDS].len; i++) {
        list[i].bytes = bytes[i];
        list[i].len = expand(bytes[SEEDS], make_seed(&hosts[i], bytes[SEEDS]), bytes[i]);
    }
    if (!list[SEEDS].len) /* as it is written */
        list[SEEDS] = (struct fuzz_seed){bytes[SEEDS], make_seed(&hosts[0], bytes[SEEDS])};
    *n = SEEDS + 1;
    return list;
}

static bool is_clean(const char *text)
{
    char clean[2048];

    utf8_sanitise_into(clean, sizeof clean, text, strlen(text));
    return strcmp(text, clean) == 0;
}

static void check_row(const struct sample *s, uint32_t row)
{
    const struct conn *c = &s->conn[row];
    const struct owner_group *g = sample_owner(s, row, NULL);

    demand(c->family == AF_INET || c->family == AF_INET6, "an unknown family");
    demand(c->state >= TCP_STATE_ESTABLISHED && c->state < TCP_STATE_COUNT, "an unknown state");
    demand(c->timer <= TIMER_DELACK, "an unknown timer");
    if (s->metrics && sample_metrics(s, row))
        demand(sample_metrics(s, row)->congestion <= s->n_congestion, "an unknown congestion");
    for (uint32_t i = 0; g && i < g->n; i++)
        demand(is_clean(g->member[i]->process) && is_clean(g->member[i]->cgroup),
               "a text that is not clean");
}

static void check_sample(const struct sample *s, size_t len)
{
    demand(s->n_live <= ROWS_FREE + len * ROWS_A_BYTE, "more rows than the bytes allow");
    demand(s->status == SAMPLE_COMPLETE || s->status == SAMPLE_PARTIAL, "an unknown status");
    demand(is_clean(s->netns) && is_clean(s->host.name) && is_clean(s->reason.text), "a text");
    for (uint32_t row = 0; row < sample_rows(s) && row < 1000; row++)
        check_row(s, row);
}

static struct source *open_bytes(const uint8_t *data, size_t len, int *fd)
{
    struct source *src = NULL;
    struct sample_reason why;
    char path[64];

    *fd = memfd_create("recording", MFD_CLOEXEC);
    if (*fd < 0 || write(*fd, data, len) != (ssize_t)len)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", *fd);
    return recording_open(&src, path, &why) ? NULL : src;
}

/* As the program plays it: each sample joined with the one before. */
static void play_joined(const uint8_t *data, size_t len)
{
    const struct request req = {.fade_ds = 30};
    const struct sample *s = NULL;
    int fd;
    struct source *src = open_bytes(data, len, &fd);

    if (src) {
        struct sample_pipeline *p = sample_pipeline_new(src, 60);
        for (int i = 0; p && i < SAMPLES_PLAY && sample_pipeline_next(p, &req, &s, NULL) == 0; i++)
            check_sample(s, len);
        sample_unref(s);
        sample_pipeline_free(p);
    }
    close(fd);
}

static bool next(struct source *src, size_t len)
{
    const struct request req = {.needs = 0};
    struct sample *s = sample_make(NULL);
    struct sample_reason why;

    demand(s, "no memory");
    int rc = source_sample(src, &req, builder_of(s), &why);
    if (!rc)
        check_sample(s, len);
    sample_unref(s);
    return rc == 0;
}

static void move_about(const uint8_t *data, size_t len)
{
    const struct recording_span *span;
    uint32_t n;
    int fd;
    struct source *src = open_bytes(data, len, &fd);

    if (src && recording_spans(src, &span, &n) == 0 && n) {
        demand(n <= len / BLOCK_HEAD_BYTES, "more spans than blocks");
        for (uint32_t i = 0; i < n && i < 4; i++) {
            if (recording_seek(src, span[n - 1 - i].first_wall_ns) == 0)
                next(src, len);
        }
        for (int i = 0; i < 4 && recording_step_back(src) == 0; i++)
            next(src, len);
        if (recording_seek(src, INT64_MAX) == 0) {
            for (size_t i = 0; next(src, len); i++)
                demand(i <= len / BLOCK_HEAD_BYTES + 1, "more samples than blocks");
        }
    }
    if (src)
        source_close(src);
    close(fd);
}

/* What notes say can be put into words: texts are sound, numbers within what they stand for. */
static void read_findings(const uint8_t *data, size_t len)
{
    struct recording_findings found;
    int fd;
    struct source *src = open_bytes(data, len, &fd);

    if (src && recording_findings(src, rules_number, true, &found) == 0) {
        demand(found.n <= len / BLOCK_HEAD_BYTES, "more findings than blocks");
        for (uint32_t i = 0; i < found.n; i++) {
            const struct finding *f = &found.list[i].worst;
            struct str words = STR_INIT;
            demand(f->rule < RULE_COUNT && f->severity <= SEVERITY_CRITICAL, "no such finding");
            finding_title(f, &words);
            for (unsigned part = 0; part < PART_KINDS; part++)
                finding_part(f, (enum finding_part)part, &words);
            demand(is_clean(f->who.name) && is_clean(f->who.service) && is_clean(f->namespace) &&
                       is_clean(f->cause.who.name),
                   "a text that was not sanitised");
            str_fini(&words);
        }
    }
    if (src)
        source_close(src);
    close(fd);
}

/* Make the checksums of every block true, where its mark and length allow it. */
static void seal(uint8_t *data, size_t len)
{
    for (size_t at = 0; at + BLOCK_HEAD_BYTES <= len;) {
        uint8_t *head = data + at;
        size_t left = len - at - BLOCK_HEAD_BYTES, stored = (size_t)bytes_get(head + 8, 4);
        if (memcmp(head, BLOCK_MARK, BLOCK_MARK_BYTES) != 0) {
            at++;
            continue;
        }
        if (stored > left)
            stored = left;
        bytes_set(head + 8, stored, 4);
        bytes_set(head + 16, hash_crc32(0, head + BLOCK_HEAD_BYTES, stored), 4);
        bytes_set(head + 28, hash_crc32(0, head, 28), 4);
        at += BLOCK_HEAD_BYTES + stored;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);

    if (!copy)
        abort();
    memcpy(copy, data, len);
    play_joined(copy, len);
    seal(copy, len);
    play_joined(copy, len);
    move_about(copy, len);
    read_findings(copy, len);
    if (hash_crc32(0, data, len) % DRAWN == 0)
        hostile_play(&(struct hostile_bytes){data + len / 2, len - len / 2}, copy, len);
    free(copy);
    return 0;
}
