/* SPDX-License-Identifier: MIT */
/* Hashing: 64-bit mixing for tables in memory, CRC-32 for frames. */
#include "tcptop/base/hash.h"

#include <pthread.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>

uint64_t hash_bytes(const void *bytes, size_t len, uint64_t seed)
{
    const unsigned char *p = bytes;
    uint64_t h = hash_u64(seed ^ (len * UINT64_C(0x9e3779b97f4a7c15)));
    for (; len >= 8; len -= 8, p += 8) {
        uint64_t word;
        memcpy(&word, p, sizeof(word));
        h = hash_u64(h ^ word);
    }
    if (len > 0) {
        uint64_t word = 0;
        memcpy(&word, p, len);
        h = hash_u64(h ^ word);
    }
    return h;
}

static struct hash_secret secret;

/* Early in the boot getrandom() has nothing yet; the kernel then gave 16 random bytes with the
 * program's start (getauxval(3)). */
static void make_secret(void)
{
    const void *at_start = (const void *)getauxval(AT_RANDOM);

    if (getrandom(&secret, sizeof secret, GRND_NONBLOCK) != (ssize_t)sizeof secret && at_start)
        memcpy(&secret, at_start, sizeof secret);
    secret.odd |= 1;
}

const struct hash_secret *hash_secret(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, make_secret);
    return &secret;
}

/* CRC-32 takes eight bytes at a time: crc_table[k][b] is what the byte b with k zeros behind it
 * makes. Byte by byte it took 40 % of the time of reading a recording. */
#define CRC_POLYNOMIAL 0xedb88320u /* IEEE 802.3, reflected */
#define CRC_STEP       8

static uint32_t crc_table[CRC_STEP][256];

static void make_crc_table(void)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (crc & 1 ? CRC_POLYNOMIAL : 0);
        crc_table[0][byte] = crc;
    }
    for (int k = 1; k < CRC_STEP; k++) {
        for (uint32_t byte = 0; byte < 256; byte++) {
            uint32_t before = crc_table[k - 1][byte];
            crc_table[k][byte] = (before >> 8) ^ crc_table[0][before & 0xff];
        }
    }
}

static uint32_t crc_word(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The checksum of four bytes with `zeros` bytes behind them. */
static uint32_t crc_of_word(uint32_t word, int zeros)
{
    return crc_table[zeros + 3][word & 0xff] ^ crc_table[zeros + 2][word >> 8 & 0xff] ^
           crc_table[zeros + 1][word >> 16 & 0xff] ^ crc_table[zeros][word >> 24];
}

uint32_t hash_crc32(uint32_t crc, const void *bytes, size_t len)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    const unsigned char *p = bytes;

    pthread_once(&once, make_crc_table);
    crc = ~crc;
    for (; len >= CRC_STEP; len -= CRC_STEP, p += CRC_STEP)
        crc = crc_of_word(crc ^ crc_word(p), 4) ^ crc_of_word(crc_word(p + 4), 0);
    for (; len > 0; len--, p++)
        crc = (crc >> 8) ^ crc_table[0][(crc ^ *p) & 0xff];
    return ~crc;
}
