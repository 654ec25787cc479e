/* SPDX-License-Identifier: MIT */
/* Figures of tcp_info: a field is known exactly when the kernel sent all its bytes and means them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tcptop/model/state.h"
#include "tcptop/model/tcp_metrics.h"

#define INFO_BYTES 280

static const struct {
    const char *name;
    unsigned offset, size;
} fields[TCP_METRIC_COUNT] = {
#define FIELD(type, name, offset) {#name, offset, sizeof(type)},
    TCP_METRICS_FIELDS(FIELD)
#undef FIELD
};

/* The bytes that a field takes; a bit of what came later is nothing before. */
static unsigned end_of(unsigned field)
{
    if (field == METRICS_app_limited)
        field = METRICS_delivery_bytes_s;
    return fields[field].offset + fields[field].size;
}

/* Every byte 1, so each field is 0x01…01. */
static void every_length_gives_whole_fields(void **state)
{
    uint8_t info[INFO_BYTES];
    struct tcp_metrics f;
    uint64_t v;

    (void)state;
    memset(info, 1, sizeof info);
    for (unsigned len = 0; len <= INFO_BYTES; len++) {
        tcp_metrics_read(&f, info, len, TCP_STATE_ESTABLISHED);
        for (unsigned i = 0; i < TCP_METRIC_COUNT; i++) {
            bool there = len >= end_of(i);
            assert_int_equal(tcp_metrics_get(&f, (enum tcp_metric)i, &v), there);
            if (there && i != METRICS_app_limited)
                assert_int_equal(v, UINT64_C(0x0101010101010101) >> (64 - 8 * fields[i].size));
        }
    }
    assert_false(tcp_metrics_get(NULL, METRICS_rtt_us, &v));
}

static void offsets_are_the_kernels(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TCP_METRIC_COUNT; i++)
        assert_int_equal(fields[i].offset % fields[i].size, 0);
    assert_int_equal(fields[METRICS_rtt_us].offset, 68);
    assert_int_equal(fields[METRICS_total_retrans_segs].offset, 100);
    assert_int_equal(fields[METRICS_bytes_acked].offset, 120);
    assert_int_equal(fields[METRICS_snd_wnd_bytes].offset, 228);
}

static void put(uint8_t *info, enum tcp_metric field, uint64_t value)
{
    uint32_t four = (uint32_t)value;

    if (fields[field].size == sizeof(four))
        memcpy(info + fields[field].offset, &four, sizeof(four));
    else
        memcpy(info + fields[field].offset, &value, sizeof(value));
}

static bool known(const uint8_t *info, unsigned tcp_state, enum tcp_metric field)
{
    struct tcp_metrics f;
    uint64_t v;

    tcp_metrics_read(&f, info, INFO_BYTES, tcp_state);
    return tcp_metrics_get(&f, field, &v);
}

static void values_that_say_nothing(void **state)
{
    uint8_t info[INFO_BYTES];

    (void)state;
    memset(info, 1, sizeof info);
    put(info, METRICS_ssthresh_segs, 0x7fffffff);
    put(info, METRICS_min_rtt_us, 0xffffffff);
    put(info, METRICS_rtt_us, 0);
    put(info, METRICS_delivery_bytes_s, 0);
    assert_false(known(info, TCP_STATE_ESTABLISHED, METRICS_ssthresh_segs));
    assert_false(known(info, TCP_STATE_ESTABLISHED, METRICS_min_rtt_us));
    assert_false(known(info, TCP_STATE_ESTABLISHED, METRICS_rtt_us));
    assert_false(known(info, TCP_STATE_ESTABLISHED, METRICS_rttvar_us));
    assert_false(known(info, TCP_STATE_ESTABLISHED, METRICS_delivery_bytes_s));
    assert_true(known(info, TCP_STATE_ESTABLISHED, METRICS_cwnd_segs));
}

static void states_without_meaning(void **state)
{
    uint8_t info[INFO_BYTES];

    (void)state;
    memset(info, 1, sizeof info);
    for (unsigned i = 0; i < TCP_METRIC_COUNT; i++)
        assert_false(known(info, TCP_STATE_LISTEN, (enum tcp_metric)i));
    assert_false(known(info, TCP_STATE_SYN_SENT, METRICS_last_data_recv_ms));
    assert_false(known(info, TCP_STATE_SYN_SENT, METRICS_snd_wnd_bytes));
    assert_true(known(info, TCP_STATE_SYN_SENT, METRICS_rto_us));
    assert_true(known(info, TCP_STATE_CLOSE_WAIT, METRICS_last_ack_recv_ms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_gives_whole_fields),
        cmocka_unit_test(offsets_are_the_kernels),
        cmocka_unit_test(values_that_say_nothing),
        cmocka_unit_test(states_without_meaning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
