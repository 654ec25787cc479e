/* One 64-bit hash for tables in memory (not for untrusted, adversarial bucket counts), CRC-32 for
 * frames (IEEE 802.3, reflected, as zlib computes it). */
#ifndef TCPTOP_BASE_HASH_H
#define TCPTOP_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_u64(uint64_t x);
uint64_t hash_bytes(const void *bytes, size_t len, uint64_t seed);

/** CRC-32 of `bytes` continued from `crc` (0 at the start). */
uint32_t crc32_update(uint32_t crc, const void *bytes, size_t len);

#endif
