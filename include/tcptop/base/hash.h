/* SPDX-License-Identifier: MIT */
/* A 64-bit hash that is the same in every run, a secret that makes it another one in each run, and
 * CRC-32 for frames (IEEE 802.3, reflected, as zlib computes it). */
#ifndef TCPTOP_BASE_HASH_H
#define TCPTOP_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/** The hash of a number. Different numbers have different hashes. The finaliser of SplitMix64:
 * every bit of the number reaches every bit of the hash. */
static inline uint64_t hash_u64(uint64_t x)
{
    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/** The hash of `len` bytes. Whoever knows `seed` can find bytes that have the same hash: where
 *  others choose the bytes and collisions cost time, `seed` is hash_secret()->seed. */
uint64_t hash_bytes(const void *bytes, size_t len, uint64_t seed);

/* Random numbers of this process. */
struct hash_secret {
    uint64_t seed, odd; /* `odd` is odd */
};

/** The secret, made by the first call. Any thread may call it. */
const struct hash_secret *hash_secret(void);

/** CRC-32 of `bytes` continued from `crc` (0 at the start). */
uint32_t hash_crc32(uint32_t crc, const void *bytes, size_t len);

#endif
