/* SPDX-License-Identifier: MIT */
/* Hostile recordings of frames, played, judged, drawn and printed: every screen, the doctor, every
 * writer.
 *
 * The input says what a forged recording holds (numbers at the ends of their ranges, any state,
 * timer and tcp_info, hostile texts), or is the body of a frame itself; both get true checksums, so
 * that nothing is refused at the door for them. Then it says which keys are pressed on which size
 * of screen. */
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/diag_build.h"
#include "lib/frame_write.h"
#include "lib/fuzz.h"
#include "lib/hostile.h"
#include "lib/owned.h"
#include "lib/sample.h"
#include "tcptop/base/hash.h"
#include "tcptop/source/frame.h"

#define FRAMES_MAX  4
#define RECORDS_MAX 12

static uint64_t take_bytes(struct hostile_bytes *in, unsigned n)
{
    uint64_t value = 0;

    while (n--)
        value = value << 8 | hostile_take(in);
    return value;
}

/* A number of at most `bits`: one at the end of a range as often as any other. */
static uint64_t take_number(struct hostile_bytes *in, unsigned bits)
{
    const uint64_t most = UINT64_MAX >> (64 - bits);
    const unsigned kind = hostile_take(in);

    switch (kind % 10) {
    case 0:
        return 0;
    case 1:
        return most;
    case 2:
        return most / 2;
    case 3:
        return most / 2 + 1;
    case 4:
        return hostile_take(in);
    case 5:
        return UINT64_C(1000000000) * hostile_take(in) & most;
    case 6:
        return UINT64_C(1) << hostile_take(in) % bits;
    case 7:
        return most / 1000;
    default:
        return take_bytes(in, 8) & most;
    }
}

static void take_text(struct hostile_bytes *in, char *out, size_t size)
{
    size_t n = hostile_take(in) % size;

    for (size_t i = 0; i < n; i++) {
        uint8_t c = hostile_take(in);
        out[i] = (char)(c ? c : 0x1b);
    }
    out[n] = '\0';
}

static void take_conn(struct hostile_bytes *in, struct conn *c)
{
    *c = build_plain(hostile_take(in) % 16, (uint16_t)take_number(in, 16),
                     (uint16_t)take_number(in, 16), take_number(in, 64));
    if (hostile_take(in) % 2) {
        c->family = AF_INET6;
        for (unsigned i = 0; i < sizeof c->src; i++) {
            c->src[i] = (uint8_t)take_number(in, 8);
            c->dst[i] = (uint8_t)take_number(in, 8);
        }
    }
    c->timer = hostile_take(in) % 7;
    c->retrans = hostile_take(in);
    c->expires_ms = (uint32_t)take_number(in, 32);
    c->rqueue = (uint32_t)take_number(in, 32);
    c->wqueue = (uint32_t)take_number(in, 32);
    c->inode = hostile_take(in) % 4 ? hostile_take(in) % 16 : (uint32_t)take_number(in, 32);
    c->uid = (uint32_t)take_number(in, 32);
    c->ifindex = (uint32_t)take_number(in, 32);
    c->flags = hostile_take(in) & CONN_BOUND;
}

static void take_records(struct hostile_bytes *in, struct str *messages, struct sample *s)
{
    const unsigned n = hostile_take(in) % (RECORDS_MAX + 1);

    for (unsigned i = 0; i < n; i++) {
        uint8_t info[BUILD_INFO_BYTES];
        struct conn c, *row;
        take_conn(in, &c);
        for (unsigned at = 0; at + 8 <= sizeof info; at += 8) {
            uint64_t value = take_number(in, 64);
            memcpy(info + at, &value, 8);
        }
        build_conn(messages, &c, info, hostile_take(in) % 2 ? sizeof info : hostile_take(in));
        row = sample_add(builder_of(s), NULL);
        hostile_demand(row != NULL, "out of memory");
        *row = c;
    }
    build_done(messages, hostile_take(in) % 8 ? 0 : -(int)hostile_take(in));
}

static void take_owners(struct hostile_bytes *in, struct sample *s)
{
    struct owner_lookup *lookup = owner_lookup_new();
    const unsigned n = hostile_take(in) % 4;

    hostile_demand(lookup != NULL, "out of memory");
    for (unsigned i = 0; i < n; i++) {
        char name[32], line[200], cgroup[120];
        uint32_t inodes[] = {1 + hostile_take(in) % 15, 1 + hostile_take(in) % 15, 0};
        take_text(in, name, sizeof name);
        take_text(in, line, sizeof line);
        take_text(in, cgroup, sizeof cgroup);
        owned_put(lookup, (uint32_t)take_number(in, 32), (uint32_t)take_number(in, 32),
                  (const char *const[]){name, line, cgroup}, inodes);
    }
    owned_assign(lookup, s);
    owner_lookup_free(lookup);
}

static void take_host(struct hostile_bytes *in, struct host *h)
{
    take_text(in, h->name, sizeof h->name);
    take_text(in, h->kernel, sizeof h->kernel);
    h->counter_valid = (uint32_t)take_number(in, COUNTER_COUNT);
    h->gauge_valid = (uint32_t)take_number(in, GAUGE_COUNT);
    h->sysctl_valid = (uint32_t)take_number(in, SYSCTL_COUNT);
    for (unsigned i = 0; i < COUNTER_COUNT; i++)
        h->counter[i] = take_number(in, 64);
    for (unsigned i = 0; i < GAUGE_COUNT; i++)
        h->gauge[i] = take_number(in, 64);
    for (unsigned i = 0; i < SYSCTL_COUNT; i++)
        h->sysctl[i] = (int64_t)take_number(in, 64);
}

static void forge(struct hostile_bytes *in, struct str *out)
{
    const unsigned frames = 1 + hostile_take(in) % FRAMES_MAX;
    uint64_t mono_ns = take_number(in, 63);

    frame_begin(out);
    for (unsigned i = 0; i < frames; i++) {
        struct sample *s = sample_make(NULL);
        struct str messages = STR_INIT;
        hostile_demand(s != NULL, "out of memory");
        mono_ns += take_number(in, 40);
        s->mono_ns = (int64_t)mono_ns;
        s->wall_ns = (int64_t)take_number(in, 64);
        s->cost_ns = (int64_t)take_number(in, 64);
        s->cpu_ns = (int64_t)take_number(in, 64);
        s->interval_ms = take_number(in, 64);
        s->asked_interval_ms = take_number(in, 64);
        s->needs = (uint32_t)take_number(in, 32);
        s->status = hostile_take(in) % 8 ? SAMPLE_COMPLETE : hostile_take(in) % 4;
        take_host(in, &s->host);
        take_records(in, &messages, s);
        take_owners(in, s);
        frame_write(out, s, messages.data, messages.len);
        str_fini(&messages);
        sample_unref(s);
    }
}

/* The input as the one frame of a recording, with checksums made true. */
static void seal(const struct hostile_bytes *in, struct str *out)
{
    uint8_t *frame;
    uint32_t sum;

    frame_begin(out);
    str_add_bytes(out, in->at, in->left);
    if (out->len < FRAME_MAGIC_BYTES + FRAME_PRELUDE_BYTES + sizeof sum)
        return;
    frame = (uint8_t *)out->data + FRAME_MAGIC_BYTES;
    sum = hash_crc32(0, frame, FRAME_PRELUDE_BYTES - sizeof sum);
    memcpy(frame + FRAME_PRELUDE_BYTES - sizeof sum, &sum, sizeof sum);
    sum = hash_crc32(0, frame + FRAME_PRELUDE_BYTES, in->left - FRAME_PRELUDE_BYTES - sizeof sum);
    memcpy(frame + in->left - sizeof sum, &sum, sizeof sum);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct hostile_bytes in = {data, len};
    struct str recording = STR_INIT;

    if (hostile_take(&in) % 4) {
        forge(&in, &recording);
        hostile_play(&in, recording.data, recording.len);
    } else {
        seal(&in, &recording);
        hostile_play(&in, recording.data, recording.len);
    }
    str_fini(&recording);
    return 0;
}

/* Noise of several lengths, and a plain frame. */
const struct fuzz_seed *fuzz_seeds(size_t *n)
{
    static uint8_t noise[4][8192];
    static struct str plain;
    static struct fuzz_seed list[5];
    uint64_t x = 88172645463325252;

    if (!plain.len) {
        struct hostile_bytes none = {noise[0], 0};
        str_add_char(&plain, 0);
        struct str file = STR_INIT;
        forge(&none, &file);
        str_add_bytes(&plain, file.data + FRAME_MAGIC_BYTES, file.len - FRAME_MAGIC_BYTES);
        str_fini(&file);
        for (size_t i = 0; i < sizeof noise; i++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            noise[i / sizeof noise[0]][i % sizeof noise[0]] = (uint8_t)(x >> 32);
        }
    }
    for (size_t i = 0; i < 4; i++) {
        noise[i][0] = 1;
        list[i] = (struct fuzz_seed){noise[i], sizeof noise[0] >> i};
    }
    list[4] = (struct fuzz_seed){plain.data, plain.len};
    *n = 5;
    return list;
}
