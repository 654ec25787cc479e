/* SPDX-License-Identifier: MIT */
/* Tokens for addresses: a keyed permutation of the bits below the prefix that says of which kind an
 * address is. A Feistel network of eight rounds permutes them, with SipHash-2-4 (Aumasson and
 * Bernstein, 2012) as its function; where what comes out would be of another kind it is permuted
 * again, which ends because a permutation comes back to where it began. */
#include "redact.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "tcptop/base/bytes.h"

#define ROUNDS 8

static uint64_t rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static void sip_word(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    sip_round(v);
    v[0] ^= word;
}

/* SipHash-2-4 of `n` whole words. */
static uint64_t sip(const struct redact *r, const uint64_t *words, size_t n)
{
    uint64_t v[4] = {
        r->key[0] ^ UINT64_C(0x736f6d6570736575), r->key[1] ^ UINT64_C(0x646f72616e646f6d),
        r->key[0] ^ UINT64_C(0x6c7967656e657261), r->key[1] ^ UINT64_C(0x7465646279746573)};

    for (size_t i = 0; i < n; i++)
        sip_word(v, words[i]);
    sip_word(v, (uint64_t)(n * 8) << 56);
    v[2] ^= 0xff;
    for (int i = 0; i < 4; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

int redact_init(struct redact *r)
{
    return getrandom(r->key, sizeof r->key, 0) == (ssize_t)sizeof r->key ? 0 : -EIO;
}

/* A number of 128 bits, of which the lowest ones are permuted. */
struct wide {
    uint64_t high, low;
};

static uint64_t mask_of(unsigned bits)
{
    return bits == 0 ? 0 : bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

/* Permute the lowest `bits` of `x`; the rest stays. The halves may differ by one bit, and change
 * places with their lengths in each round. */
static struct wide permute(const struct redact *r, struct wide x, unsigned bits, uint64_t kind)
{
    unsigned left_bits = bits / 2, right_bits = bits - left_bits;
    uint64_t right = x.low & mask_of(right_bits);
    uint64_t shifted = right_bits == 64 ? x.high : x.low >> right_bits;
    uint64_t left;

    if (right_bits < 64 && right_bits)
        shifted |= x.high << (64 - right_bits);
    left = shifted & mask_of(left_bits);
    for (uint64_t round = 0; round < ROUNDS; round++) {
        const uint64_t words[] = {kind << 16 | bits << 8 | round, right};
        uint64_t mixed = (left ^ sip(r, words, 2)) & mask_of(left_bits);
        unsigned was = left_bits;
        left = right;
        left_bits = right_bits;
        right = mixed;
        right_bits = was;
    }
    struct wide out = {0, right & mask_of(right_bits)};
    if (right_bits < 64)
        out.low |= left << right_bits;
    out.high = right_bits == 64 ? left : right_bits ? left >> (64 - right_bits) : 0;
    uint64_t high_mask = bits > 64 ? mask_of(bits - 64) : 0;
    out.low = (x.low & ~mask_of(bits)) | (out.low & mask_of(bits));
    out.high = (x.high & ~high_mask) | (out.high & high_mask);
    return out;
}

/* Kinds of IPv4 addresses: the bits of the prefix, and the prefix. */
static const struct {
    uint32_t prefix;
    unsigned bits;
} kinds4[] = {
    {0x0a000000, 8},  {0xac100000, 12}, {0xc0a80000, 16}, {0xa9fe0000, 16},
    {0x64400000, 10}, {0xe0000000, 4},  {0xf0000000, 4},
};
#define KINDS4 (sizeof kinds4 / sizeof kinds4[0])

/* KINDS4: a global one. */
static size_t kind4(uint32_t a)
{
    for (size_t i = 0; i < KINDS4; i++) {
        if (a >> (32 - kinds4[i].bits) == kinds4[i].prefix >> (32 - kinds4[i].bits))
            return i;
    }
    return KINDS4;
}

static bool kept4(uint32_t a)
{
    return a >> 24 == 0 || a >> 24 == 127 || a == UINT32_MAX;
}

static uint32_t token4(const struct redact *r, uint32_t a)
{
    size_t kind = kind4(a);
    struct wide x = {0, a};

    if (kept4(a))
        return a;
    do
        x = permute(r, x, kind < KINDS4 ? 32 - kinds4[kind].bits : 32, kind);
    while (kind4((uint32_t)x.low) != kind || kept4((uint32_t)x.low));
    return (uint32_t)x.low;
}

/* How many bits of an IPv6 address say of which kind it is, by its first byte: link-local fe80::/10
 * with the 54 bits that are 0; unique local fc00::/7; multicast ff00::/8 with flags and scope; the
 * rest 2000::/3 and what is not assigned. */
static unsigned prefix6(struct wide a)
{
    if (a.high >> 54 == 0x3fa)
        return 64;
    if (a.high >> 57 == 0x7e)
        return 8;
    return a.high >> 56 == 0xff ? 16 : 3;
}

static struct wide token6(const struct redact *r, struct wide a)
{
    unsigned prefix = prefix6(a);
    struct wide x = a;

    do
        x = permute(r, x, 128 - prefix, 64 + prefix);
    while (prefix6(x) != prefix || x.high == 0);
    return x;
}

static void redact_address(const struct redact *r, uint8_t address[16], unsigned family)
{
    struct wide a = {bytes_get_be(address, 8), bytes_get_be(address + 8, 8)};

    if (family == AF_INET) {
        bytes_set_be(address, token4(r, (uint32_t)bytes_get_be(address, 4)), 4);
    } else if (a.high == 0 && a.low >> 32 == 0xffff) { /* v4-mapped: the peer may be listed as v4 */
        bytes_set_be(address + 12, token4(r, (uint32_t)a.low), 4);
    } else if (a.high != 0) { /* ::, ::1 and the like stay */
        a = token6(r, a);
        bytes_set_be(address, a.high, 8);
        bytes_set_be(address + 8, a.low, 8);
    }
}

void redact_conn(const struct redact *r, struct conn *c)
{
    redact_address(r, c->src, c->family);
    redact_address(r, c->dst, c->family);
}

uint64_t redact_number(const struct redact *r, uint64_t number)
{
    return number ? sip(r, &number, 1) : 0;
}

void redact_name(const struct redact *r, const char *name, char *out, size_t size)
{
    uint64_t words[16] = {0};
    size_t len = strlen(name);

    memcpy(words, name, len < sizeof words ? len : sizeof words);
    if (len)
        snprintf(out, size, "host-%08x", (unsigned)(sip(r, words, 16) >> 32));
    else
        *out = '\0';
}
