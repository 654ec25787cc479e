/* SPDX-License-Identifier: MIT */
/* CRC-32 against its published check value; the hash sees every byte, the length and the seed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tcptop/base/hash.h"

static void crc(void **state)
{
    (void)state;
    assert_int_equal(hash_crc32(0, "123456789", 9), 0xcbf43926);
    assert_int_equal(hash_crc32(0, "", 0), 0);
    uint32_t parts = hash_crc32(0, "1234", 4);
    assert_int_equal(hash_crc32(parts, "56789", 5), 0xcbf43926);
}

/* Division by the polynomial, bit by bit. */
static uint32_t crc_by_bits(const unsigned char *bytes, size_t len)
{
    uint32_t crc = ~0u;

    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static void crc_of_every_length_and_place(void **state)
{
    unsigned char bytes[64];

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(i * 151 + 7);
    for (size_t at = 0; at < 9; at++) {
        for (size_t len = 0; at + len <= sizeof(bytes); len++)
            assert_int_equal(hash_crc32(0, bytes + at, len), crc_by_bits(bytes + at, len));
    }
}

static void every_byte_counts(void **state)
{
    (void)state;
    unsigned char bytes[40] = {0};
    for (size_t len = 1; len <= sizeof(bytes); len++) {
        uint64_t plain = hash_bytes(bytes, len, 1);
        assert_true(plain != hash_bytes(bytes, len - 1, 1));
        assert_true(plain != hash_bytes(bytes, len, 2));
        for (size_t i = 0; i < len; i++) {
            bytes[i] ^= 1;
            assert_true(plain != hash_bytes(bytes, len, 1));
            bytes[i] ^= 1;
        }
        assert_true(plain == hash_bytes(bytes, len, 1));
    }
}

static void low_bits_spread(void **state)
{
    (void)state;
    unsigned buckets[256] = {0};
    for (uint64_t i = 0; i < 256 * 64; i++) {
        buckets[hash_u64(i << 12) & 255]++;
    }
    for (size_t i = 0; i < 256; i++) {
        assert_in_range(buckets[i], 20, 140); /* 64 expected */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc),
        cmocka_unit_test(crc_of_every_length_and_place),
        cmocka_unit_test(every_byte_counts),
        cmocka_unit_test(low_bits_spread),
    };
    return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
