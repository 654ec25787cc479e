/* SPDX-License-Identifier: MIT */
/* A driver for fuzzers. Each tests/fuzz/NAME_fuzz.c includes this, names its seeds,
 *
 *     FUZZ_SEEDS(FUZZ_SEED("[general]\ninterval = 2\n"), FUZZ_SEED(""))
 *
 * (or, where seeds are made at run time, defines fuzz_seeds() itself) and defines
 * LLVMFuzzerTestOneInput(). Without -DLIBFUZZER there is a main() here that runs every seed, then
 * mutates them for FUZZ_SECONDS (2) from the printed FUZZ_SEED (1), and says so as TAP. With it
 * libFuzzer's main() is linked and starts from the same seeds: see fuzz.sh. */
#ifndef TCPTOP_TESTS_FUZZ_H
#define TCPTOP_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct fuzz_seed {
    const void *bytes;
    size_t len;
};

/* clang-format off */
#define FUZZ_SEED(literal) {literal, sizeof(literal) - 1}
#define FUZZ_SEEDS(...)                                                                            \
    const struct fuzz_seed *fuzz_seeds(size_t *n)                                                  \
    {                                                                                              \
        static const struct fuzz_seed list[] = {__VA_ARGS__};                                      \
        *n = sizeof(list) / sizeof(list[0]);                                                       \
        return list;                                                                               \
    }
/* clang-format on */

const struct fuzz_seed *fuzz_seeds(size_t *n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#ifdef LIBFUZZER

/* libFuzzer reads its corpus from files; the seeds are written there once, before the run. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    const char *dir = getenv("FUZZ_CORPUS");
    size_t n = 0;
    const struct fuzz_seed *seeds = fuzz_seeds(&n);
    for (size_t i = 0; dir && i < n; i++) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/seed-%zu", dir, i);
        FILE *f = fopen(path, "w");
        if (f) {
            fwrite(seeds[i].bytes, 1, seeds[i].len, f);
            fclose(f);
        }
    }
    return 0;
}

#else

#define FUZZ_MAX 65536

static uint64_t fuzz_state;

static uint64_t fuzz_random(void) /* xorshift64 */
{
    fuzz_state ^= fuzz_state << 13;
    fuzz_state ^= fuzz_state >> 7;
    fuzz_state ^= fuzz_state << 17;
    return fuzz_state;
}

static size_t fuzz_below(size_t n)
{
    return n ? (size_t)(fuzz_random() % n) : 0;
}

/* One change: flip, set, cut, drop, double, or splice a piece of another seed in. */
static size_t fuzz_mutate(uint8_t *data, size_t len)
{
    static const uint8_t telling[] = {0, 1, 0x7f, 0x80, 0xff, '\n', '"', '[', ']', '=', ';', '\\'};
    size_t at = fuzz_below(len), n = fuzz_below(16) + 1;
    n = n > len - at ? len - at : n;
    switch (fuzz_below(6)) {
    case 0:
        if (len > 0) {
            data[at] ^= (uint8_t)(1u << fuzz_below(8));
        }
        return len;
    case 1:
        if (len > 0) {
            data[at] = telling[fuzz_below(sizeof(telling))];
        }
        return len;
    case 2:
        return at;
    case 3:
        memmove(data + at, data + at + n, len - at - n);
        return len - n;
    case 4:
        if (len + n > FUZZ_MAX) {
            return len;
        }
        memmove(data + at + n, data + at, len - at);
        return len + n;
    default: {
        size_t n_seeds = 0;
        const struct fuzz_seed *seeds = fuzz_seeds(&n_seeds);
        const struct fuzz_seed *seed = &seeds[fuzz_below(n_seeds)];
        size_t from = fuzz_below(seed->len), piece = fuzz_below(seed->len - from + 1);
        piece = piece > FUZZ_MAX - at ? FUZZ_MAX - at : piece;
        memcpy(data + at, (const uint8_t *)seed->bytes + from, piece);
        return at + piece > len ? at + piece : len;
    }
    }
}

/* Exactly as long as the input, so that a sanitizer sees one byte too many. */
static void fuzz_run(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    if (copy) {
        memcpy(copy, data, len);
        LLVMFuzzerTestOneInput(copy, len);
        free(copy);
    }
}

int main(void)
{
    const char *seconds = getenv("FUZZ_SECONDS"), *seed = getenv("FUZZ_SEED");
    double budget = seconds ? atof(seconds) : 2;
    fuzz_state = seed ? strtoull(seed, NULL, 0) : 1;
    fuzz_state = fuzz_state ? fuzz_state : 1;
    printf("# FUZZ_SEED=%llu FUZZ_SECONDS=%g\n", (unsigned long long)fuzz_state, budget);
    fflush(stdout);
    size_t n_seeds = 0;
    const struct fuzz_seed *seeds = fuzz_seeds(&n_seeds);
    for (size_t i = 0; i < n_seeds; i++) {
        fuzz_run(seeds[i].bytes, seeds[i].len);
    }
    static uint8_t data[FUZZ_MAX];
    unsigned long runs = 0;
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    do {
        for (int burst = 0; burst < 100; burst++, runs++) {
            const struct fuzz_seed *from = &seeds[fuzz_below(n_seeds)];
            size_t len = from->len < FUZZ_MAX ? from->len : FUZZ_MAX;
            memcpy(data, from->bytes, len);
            for (size_t changes = fuzz_below(8) + 1; changes > 0; changes--) {
                len = fuzz_mutate(data, len);
            }
            fuzz_run(data, len);
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((double)(now.tv_sec - start.tv_sec) + (double)(now.tv_nsec - start.tv_nsec) / 1e9 <
             budget);
    printf("1..1\nok 1 - %zu seeds, %lu mutations survived\n", n_seeds, runs);
    return 0;
}

#endif
#endif
