/* SPDX-License-Identifier: MIT */
/* A recording is read alike whether a little-endian or a big-endian machine wrote it. The messages
 * are put together byte by byte, so that on every machine one of the two orders is foreign. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/frame_write.h"
#include "lib/sample.h"
#include "tcptop/base/str.h"
#include "tcptop/source/diag.h"
#include "tcptop/source/frame.h"
#include "tcptop/source/source.h"

#define INFO_BYTES  280
#define HEADER      16
#define RECORD      72
#define HERE_IS_BIG (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

static void put(struct str *out, uint64_t value, size_t bytes, bool big)
{
    for (size_t i = 0; i < bytes; i++)
        str_add_char(out, (char)(value >> 8 * (big ? bytes - 1 - i : i) & 0xff));
}

static void put_header(struct str *out, size_t payload, unsigned type, bool big)
{
    put(out, HEADER + payload, 4, big);
    put(out, type, 2, big);
    put(out, NLM_F_MULTI, 2, big);
    put(out, 7, 4, big);
    put(out, 4711, 4, big);
}

static uint64_t figure(unsigned field, size_t bytes)
{
    return (UINT64_C(0x0102030405060708) * (field + 1)) >> (64 - 8 * bytes);
}

/* Every field has a value of its own; the bit fields beside app_limited are set. */
static void put_info(struct str *out, bool app_limited, bool big)
{
    static const struct {
        size_t offset, bytes;
    } fields[] = {
#define FIELD(type, name, offset) {(offset), sizeof(type)},
        TCP_METRICS_FIELDS(FIELD)
#undef FIELD
    };
    char info[INFO_BYTES] = {0};

    for (unsigned i = 0; i < TCP_METRIC_COUNT; i++) {
        struct str number = STR_INIT;

        if (i == METRICS_app_limited)
            put(&number, (big ? 0x60u : 0x06u) | (app_limited ? big ? 0x80u : 0x01u : 0), 1, big);
        else
            put(&number, figure(i, fields[i].bytes), fields[i].bytes, big);
        memcpy(info + fields[i].offset, number.data, number.len);
        str_fini(&number);
    }
    put(out, 4 + INFO_BYTES, 2, big);
    put(out, INET_DIAG_INFO, 2, big);
    str_add_bytes(out, info, sizeof info);
}

static void put_record(struct str *out, bool app_limited, bool big)
{
    static const char congestion[8] = "cubic";

    put_header(out, RECORD + 4 + INFO_BYTES + 4 + sizeof congestion, SOCK_DIAG_BY_FAMILY, big);
    str_add_bytes(out, "\x02\x01\x01\x05", 4); /* family, state, timer, retransmits */
    put(out, 3000, 2, true);
    put(out, 50000, 2, true);
    str_add_bytes(out, "\x0a\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    str_add_bytes(out, "\x0a\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    put(out, 3, 4, big);
    put(out, 0x55667788, 4, big); /* cookie, its lower half first */
    put(out, 0x11223344, 4, big);
    put(out, 201, 4, big);
    put(out, 70000, 4, big);
    put(out, 80000, 4, big);
    put(out, 1000, 4, big);
    put(out, 4000000000, 4, big);
    put_info(out, app_limited, big);
    put(out, 4 + sizeof congestion, 2, big);
    put(out, INET_DIAG_CONG, 2, big);
    str_add_bytes(out, congestion, sizeof congestion);
}

static void put_done(struct str *out, int error, bool big)
{
    put_header(out, 4, NLMSG_DONE, big);
    put(out, (uint32_t)error, 4, big);
}

static void put_dump(struct str *out, bool big)
{
    put_record(out, true, big);
    put_record(out, false, big);
    put_done(out, 0, big);
    assert_false(str_failed(out));
}

static struct sample *new_sample(void)
{
    struct sample *s = sample_make(NULL);

    assert_non_null(s);
    s->needs = NEED_TCP_INFO | NEED_CONGESTION;
    return s;
}

static void expect_dump(const struct sample *s)
{
    static const struct conn expected = {.src = {10, 0, 0, 1},
                                         .dst = {10, 0, 0, 2},
                                         .cookie = UINT64_C(0x1122334455667788),
                                         .inode = 4000000000,
                                         .uid = 1000,
                                         .ifindex = 3,
                                         .expires_ms = 201,
                                         .rqueue = 70000,
                                         .wqueue = 80000,
                                         .sport = 3000,
                                         .dport = 50000,
                                         .family = AF_INET,
                                         .state = TCP_STATE_ESTABLISHED,
                                         .timer = TIMER_RETRANSMIT,
                                         .retrans = 5};
    static const size_t bytes[] = {
#define FIELD(type, name, offset) sizeof(type),
        TCP_METRICS_FIELDS(FIELD)
#undef FIELD
    };
    uint64_t value;

    assert_int_equal(s->n_live, 2);
    assert_int_equal(s->rejected, 0);
    for (uint32_t row = 0; row < 2; row++) {
        assert_memory_equal(&s->conn[row], &expected, sizeof expected);
        assert_string_equal(sample_congestion(s, row), "cubic");
        for (unsigned i = 0; i < TCP_METRIC_COUNT; i++) {
            assert_true(tcp_metrics_get(sample_metrics(s, row), (enum tcp_metric)i, &value));
            assert_true(value == (i == METRICS_app_limited ? row == 0 : figure(i, bytes[i])));
        }
    }
}

static void messages(void **state)
{
    (void)state;
    for (int big = 0; big < 2; big++) {
        struct sample *s = new_sample();
        struct str in = STR_INIT;

        put_dump(&in, big);
        struct diag d = {
            .builder = builder_of(s), .states = STATE_MASK_LISTED, .seq = 7, .portid = 4711};
        d.swapped = diag_is_swapped(in.data, in.len);
        assert_int_equal(d.swapped, big != HERE_IS_BIG);
        assert_int_equal(diag_whole(in.data, in.len - 1, d.swapped, NULL), in.len - 20);
        assert_int_equal(diag_parse(&d, in.data, in.len), DIAG_DONE);
        assert_int_equal(d.used, in.len);
        expect_dump(s);
        sample_unref(s);
        str_fini(&in);
    }
}

static void errors(void **state)
{
    (void)state;
    for (int big = 0; big < 2; big++) {
        struct sample *s = new_sample();
        struct str in = STR_INIT;

        put_done(&in, -EPERM, big);
        struct diag d = {.builder = builder_of(s), .swapped = diag_is_swapped(in.data, in.len)};
        assert_int_equal(diag_parse(&d, in.data, in.len), DIAG_ERROR);
        assert_int_equal(d.error, -EPERM);
        sample_unref(s);
        str_fini(&in);
    }
}

static void frames(void **state)
{
    (void)state;
    for (int big = 0; big < 2; big++) {
        struct sample *wrote = new_sample(), *s = new_sample();
        struct str in = STR_INIT, frame = STR_INIT;
        struct sample_reason err = {.code = REASON_NONE};

        put_dump(&in, big);
        frame_write(&frame, wrote, in.data, in.len);
        assert_int_equal(frame_read(frame.data, frame.len, builder_of(s), NULL, &err), frame.len);
        expect_dump(s);
        sample_unref(s);
        sample_unref(wrote);
        str_fini(&frame);
        str_fini(&in);
    }
}

/* What `ss -D FILE` wrote has no header: the messages alone say what it is. */
static void raw_dumps(void **state)
{
    (void)state;
    for (int big = 0; big < 2; big++) {
        char path[] = "/tmp/byte-order-XXXXXX";
        int fd = mkstemp(path);
        struct sample *s = new_sample();
        struct source *source = NULL;
        struct str in = STR_INIT;
        struct sample_reason err = {.code = REASON_NONE};

        assert_true(fd >= 0);
        put_dump(&in, big);
        assert_int_equal(write(fd, in.data, in.len), in.len);
        close(fd);
        assert_int_equal(recording_open(&source, path, &err), 0);
        unlink(path);
        const struct request req = {.needs = s->needs};
        assert_int_equal(source_sample(source, &req, builder_of(s), &err), 0);
        assert_int_equal(s->status, SAMPLE_COMPLETE);
        expect_dump(s);
        source_close(source);
        sample_unref(s);
        str_fini(&in);
    }
}

/* Damage of either order: cut anywhere, a byte changed anywhere, nothing is read beyond the end. */
static void damage(void **state)
{
    (void)state;
    struct str in = STR_INIT;

    put_dump(&in, !HERE_IS_BIG);
    for (size_t at = 0; at < in.len; at++) {
        struct sample *s = new_sample();
        struct diag d = {.builder = builder_of(s), .states = STATE_MASK_LISTED, .swapped = true};
        uint8_t *copy = malloc(in.len);

        assert_non_null(copy);
        memcpy(copy, in.data, in.len);
        copy[at] = 0xff;
        diag_parse(&d, copy, in.len);
        assert_true(s->n_live <= 2 && d.used <= in.len);
        free(copy);
        copy = malloc(at + 1);
        assert_non_null(copy);
        memcpy(copy, in.data, at + 1);
        diag_parse(&d, copy, at + 1);
        assert_true(s->n_live <= 4 && d.used <= at + 1);
        free(copy);
        sample_unref(s);
    }
    str_fini(&in);
}

/* A message longer than any of the kernel's is passed over, the next one is read. */
static void long_messages_are_rejected(void **state)
{
    (void)state;
    struct sample *s = new_sample();
    struct str in = STR_INIT;

    put_header(&in, 8000, SOCK_DIAG_BY_FAMILY, !HERE_IS_BIG);
    str_add_many(&in, '\0', 8000);
    put_record(&in, true, !HERE_IS_BIG);
    struct diag d = {.builder = builder_of(s), .states = STATE_MASK_LISTED, .swapped = true};
    assert_int_equal(diag_parse(&d, in.data, in.len), DIAG_MORE);
    assert_int_equal(s->rejected, 1);
    assert_int_equal(s->n_live, 1);
    sample_unref(s);
    str_fini(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages), cmocka_unit_test(errors),
        cmocka_unit_test(frames),   cmocka_unit_test(raw_dumps),
        cmocka_unit_test(damage),   cmocka_unit_test(long_messages_are_rejected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
