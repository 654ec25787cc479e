/* SPDX-License-Identifier: MIT */
/* A frame comes back as it was written; one that is cut, flipped in any byte, of another version or
 * of absurd size is refused before anything is allocated for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/diag_build.h"
#include "lib/figures.h"
#include "lib/frame_write.h"
#include "lib/sample.h"
#include "tcptop/base/hash.h"
#include "tcptop/source/frame.h"
#include "tcptop/text/text.h"

static struct sample *new_sample(void)
{
    struct sample *s = sample_make(NULL);

    assert_non_null(s);
    return s;
}

static struct sample *written_sample(void)
{
    struct sample *s = new_sample();

    s->mono_ns = INT64_C(0x0123456789abcdef);
    s->wall_ns = INT64_C(0x1122334455667788);
    s->cost_ns = 17;
    s->cpu_ns = 18;
    s->interval_ms = 1000;
    s->asked_interval_ms = 500;
    s->needs = NEED_TCP_INFO | NEED_BOUND;
    s->status = SAMPLE_PARTIAL;
    sample_say(s, "why not");
    strcpy(s->netns, "blue");
    strcpy(s->host.name, "web-01");
    strcpy(s->host.kernel, "6.18.0");
    s->host.counter_valid = 1u << COUNTER_TW;
    s->host.counter[COUNTER_TW] = INT64_MAX;
    s->host.gauge_valid = 1u << GAUGE_MEM_PAGES | 1u << GAUGE_INUSE;
    s->host.gauge[GAUGE_MEM_PAGES] = 12;
    s->host.sysctl_valid = 1u << SYSCTL_PORT_HIGH | 1u << SYSCTL_FIN_TIMEOUT;
    s->host.sysctl[SYSCTL_PORT_HIGH] = 60999;
    s->host.sysctl[SYSCTL_FIN_TIMEOUT] = -1;
    return s;
}

static void write_messages(struct str *out)
{
    struct tcp_metrics f = {0};
    uint8_t info[BUILD_INFO_BYTES];
    struct conn c[] = {build_plain(TCP_STATE_ESTABLISHED, 3000, 50000, 1),
                       build_plain(TCP_STATE_CLOSE, 4000, 0, 2)};

    figure_set(&f, METRICS_rtt_us, 20200);
    build_info(info, &f);
    build_conn(out, &c[0], info, sizeof(info));
    build_done(out, 0);
    build_conn(out, &c[1], NULL, 0);
    build_done(out, 0);
}

static void write_frame(struct str *out)
{
    struct sample *s = written_sample();
    struct str messages = STR_INIT;

    write_messages(&messages);
    frame_write(out, s, messages.data, messages.len);
    assert_false(str_failed(out));
    str_fini(&messages);
    sample_unref(s);
}

/* Read an exact copy. */
static int64_t read_frame(const void *bytes, size_t len, struct sample *s)
{
    void *copy = malloc(len ? len : 1);
    struct sample_reason err = {.code = REASON_NONE};

    assert_non_null(copy);
    if (len)
        memcpy(copy, bytes, len);
    int64_t result = frame_read(copy, len, builder_of(s), NULL, &err);
    free(copy);
    if (result < 0)
        assert_true(strlen(reason_words(&err)) > 0);
    return result;
}

static int64_t read_once(const void *bytes, size_t len)
{
    struct sample *s = new_sample();
    int64_t result = read_frame(bytes, len, s);

    sample_unref(s);
    return result;
}

static void comes_back_as_written(void **state)
{
    (void)state;
    struct str frame = STR_INIT;
    struct sample *wrote = written_sample(), *s = new_sample();
    uint64_t rtt;

    write_frame(&frame);
    size_t one = frame.len;
    str_add(&frame, "the next frame");
    assert_int_equal(read_frame(frame.data, frame.len, s), one);
    assert_true(s->mono_ns == wrote->mono_ns && s->wall_ns == wrote->wall_ns);
    assert_true(s->cost_ns == 17 && s->cpu_ns == 18);
    assert_true(s->interval_ms == 1000 && s->asked_interval_ms == 500);
    assert_int_equal(s->needs, wrote->needs);
    assert_int_equal(s->status, SAMPLE_PARTIAL);
    assert_int_equal(s->backend, BACKEND_FRAME);
    assert_string_equal(reason_words(&s->reason), "why not");
    assert_string_equal(s->netns, "blue");
    assert_memory_equal(&s->host, &wrote->host, sizeof(s->host));
    assert_int_equal(s->n_live, 2);
    assert_int_equal(s->conn[0].sport, 3000);
    assert_true(tcp_metrics_get(sample_metrics(s, 0), METRICS_rtt_us, &rtt) && rtt == 20200);
    assert_int_equal(s->conn[1].flags, CONN_BOUND);
    sample_unref(s);
    sample_unref(wrote);
    str_fini(&frame);
}

static void nothing_is_no_frame(void **state)
{
    (void)state;
    assert_int_equal(read_once("", 0), 0);
}

static void cut_at_every_byte(void **state)
{
    (void)state;
    struct str frame = STR_INIT;

    write_frame(&frame);
    for (size_t len = 1; len < frame.len; len++)
        assert_int_equal(read_once(frame.data, len), -EBADMSG);
    str_fini(&frame);
}

static void every_byte_flipped(void **state)
{
    (void)state;
    struct str frame = STR_INIT;

    write_frame(&frame);
    for (size_t at = 0; at < frame.len; at++) {
        for (int bit = 0; bit < 8; bit += 7) {
            frame.data[at] = (char)(frame.data[at] ^ 1 << bit);
            assert_int_equal(read_once(frame.data, frame.len), -EBADMSG);
            frame.data[at] = (char)(frame.data[at] ^ 1 << bit);
        }
    }
    assert_int_equal(read_once(frame.data, frame.len), frame.len);
    str_fini(&frame);
}

/* A number as a frame holds it, whatever the byte order of this machine. */
static void put_le(char *at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] = (char)(value >> 8 * i & 0xff);
}

/* Make the frame's checksums true again after its bytes were changed. */
static void seal(struct str *frame)
{
    uint32_t crc = hash_crc32(0, frame->data, FRAME_PRELUDE_BYTES - 4);
    size_t body = frame->len - FRAME_PRELUDE_BYTES - 4;

    put_le(frame->data + FRAME_PRELUDE_BYTES - 4, crc, 4);
    crc = hash_crc32(0, frame->data + FRAME_PRELUDE_BYTES, body);
    put_le(frame->data + frame->len - 4, crc, 4);
}

static void other_versions_are_named(void **state)
{
    (void)state;
    struct str frame = STR_INIT;

    write_frame(&frame);
    frame.data[4] = 2;
    seal(&frame);
    assert_int_equal(read_once(frame.data, frame.len), -EPROTONOSUPPORT);
    str_fini(&frame);
}

static void absurd_lengths(void **state)
{
    (void)state;
    static const uint64_t lengths[] = {FRAME_MAX_BYTES, FRAME_MAX_BYTES + 1, INT64_MAX, UINT64_MAX};
    struct str frame = STR_INIT;

    write_frame(&frame);
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        put_le(frame.data + 12, lengths[i], 8);
        seal(&frame);
        assert_int_equal(read_once(frame.data, frame.len), -EBADMSG);
        int64_t size = frame_size((const uint8_t *)frame.data);
        assert_true(lengths[i] <= FRAME_MAX_BYTES ? size > 0 : size == -EBADMSG);
    }
    memset(frame.data + 12, 0, 8);
    put_le(frame.data + 8, UINT32_MAX, 4);
    seal(&frame);
    assert_int_equal(frame_size((const uint8_t *)frame.data), -EBADMSG);
    assert_int_equal(read_once(frame.data, frame.len), -EBADMSG);
    str_fini(&frame);
}

/* Sound checksums around a header that cannot be: written by hand, so by an enemy. */
static void hostile_headers(void **state)
{
    (void)state;
    struct str frame = STR_INIT;

    write_frame(&frame);
    for (size_t at = FRAME_PRELUDE_BYTES; at < frame.len - 4; at++) {
        char was = frame.data[at];
        frame.data[at] = (char)0xff;
        seal(&frame);
        int64_t result = read_once(frame.data, frame.len);
        assert_true(result == -EBADMSG || result == (int64_t)frame.len);
        frame.data[at] = was;
    }
    str_fini(&frame);
}

/* Differences of times must not overflow: the clock of a recording starts at 0. */
static void times_before_the_clock_are_damage(void **state)
{
    (void)state;
    struct str frame = STR_INIT;
    struct sample *wrote = new_sample();

    wrote->mono_ns = -1;
    frame_write(&frame, wrote, "", 0);
    assert_int_equal(read_once(frame.data, frame.len), -EBADMSG);
    sample_unref(wrote);
    str_fini(&frame);
}

/* Nor may sums and products: the longest interval in ms, times 10,000, once was 0, a divisor. */
static void impossible_times_are_damage(void **state)
{
    static const struct {
        size_t offset;
        uint64_t value;
    } cases[] = {
        {offsetof(struct sample, mono_ns), INT64_MAX},
        {offsetof(struct sample, wall_ns), INT64_MAX},
        {offsetof(struct sample, cost_ns), UINT64_MAX},
        {offsetof(struct sample, cpu_ns), INT64_MAX},
        {offsetof(struct sample, interval_ms), UINT64_C(1) << 60},
        {offsetof(struct sample, asked_interval_ms), UINT64_MAX},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct str frame = STR_INIT;
        struct sample *wrote = new_sample();
        memcpy((char *)wrote + cases[i].offset, &cases[i].value, sizeof cases[i].value);
        frame_write(&frame, wrote, "", 0);
        assert_int_equal(read_once(frame.data, frame.len), -EBADMSG);
        sample_unref(wrote);
        str_fini(&frame);
    }
}

static void a_failed_sample_has_no_rows(void **state)
{
    (void)state;
    struct str frame = STR_INIT, messages = STR_INIT;
    struct sample *wrote = new_sample(), *s = new_sample();

    wrote->status = SAMPLE_FAILED;
    write_messages(&messages);
    frame_write(&frame, wrote, messages.data, messages.len);
    assert_int_equal(read_frame(frame.data, frame.len, s), frame.len);
    assert_int_equal(s->status, SAMPLE_FAILED);
    assert_int_equal(s->n_live, 0);
    sample_unref(s);
    sample_unref(wrote);
    str_fini(&messages);
    str_fini(&frame);
}

static size_t header_bytes(const struct str *frame)
{
    const uint8_t *p = (const uint8_t *)frame->data + 8;

    return p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24;
}

static void unknown_fields_are_skipped(void **state)
{
    (void)state;
    static const char field[] = "\xf0\x00\x09\x00hereafter";
    struct str frame = STR_INIT, longer = STR_INIT;
    struct sample *s = new_sample();

    write_frame(&frame);
    str_add_bytes(&longer, frame.data, FRAME_PRELUDE_BYTES);
    str_add_bytes(&longer, field, sizeof(field) - 1);
    str_add_bytes(&longer, frame.data + FRAME_PRELUDE_BYTES, frame.len - FRAME_PRELUDE_BYTES);
    put_le(longer.data + 8, header_bytes(&frame) + sizeof(field) - 1, 4);
    seal(&longer);
    assert_int_equal(read_frame(longer.data, longer.len, s), longer.len);
    assert_string_equal(s->host.name, "web-01");
    sample_unref(s);
    str_fini(&longer);
    str_fini(&frame);
}

static void damaged_records_make_it_partial(void **state)
{
    (void)state;
    struct str frame = STR_INIT, messages = STR_INIT;
    struct sample *wrote = new_sample(), *s = new_sample();

    write_messages(&messages);
    frame_write(&frame, wrote, messages.data, messages.len - 4);
    assert_int_equal(read_frame(frame.data, frame.len, s), frame.len);
    assert_int_equal(s->status, SAMPLE_PARTIAL);
    assert_int_equal(s->rejected, 1);
    assert_true(strlen(reason_words(&s->reason)) > 0);
    sample_unref(s);
    sample_unref(wrote);
    str_fini(&messages);
    str_fini(&frame);
}

static void texts_are_sanitised(void **state)
{
    (void)state;
    struct str frame = STR_INIT;
    struct sample *wrote = new_sample(), *s = new_sample();

    strcpy(wrote->host.name, "a\x1b[2Jb");
    frame_write(&frame, wrote, "", 0);
    assert_int_equal(read_frame(frame.data, frame.len, s), frame.len);
    assert_null(strchr(s->host.name, '\x1b'));
    sample_unref(s);
    sample_unref(wrote);
    str_fini(&frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_as_written),
        cmocka_unit_test(nothing_is_no_frame),
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(every_byte_flipped),
        cmocka_unit_test(other_versions_are_named),
        cmocka_unit_test(absurd_lengths),
        cmocka_unit_test(hostile_headers),
        cmocka_unit_test(times_before_the_clock_are_damage),
        cmocka_unit_test(impossible_times_are_damage),
        cmocka_unit_test(a_failed_sample_has_no_rows),
        cmocka_unit_test(unknown_fields_are_skipped),
        cmocka_unit_test(damaged_records_make_it_partial),
        cmocka_unit_test(texts_are_sanitised),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
