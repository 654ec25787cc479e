/* SPDX-License-Identifier: MIT */
/* Optimal string alignment distance, computed with three rows of the matrix. */
#include "tcptop/base/edit_distance.h"

#include <limits.h>
#include <string.h>

#define NAME_MAX_LEN 63

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned edit_distance(const char *a, const char *b)
{
    size_t len_a = strlen(a), len_b = strlen(b);
    if (len_a > NAME_MAX_LEN || len_b > NAME_MAX_LEN) {
        return UINT_MAX;
    }
    unsigned rows[3][NAME_MAX_LEN + 1];
    for (unsigned j = 0; j <= len_b; j++) {
        rows[0][j] = j;
    }
    for (unsigned i = 1; i <= len_a; i++) {
        unsigned *now = rows[i % 3];
        const unsigned *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        now[0] = i;
        for (unsigned j = 1; j <= len_b; j++) {
            char x = lower(a[i - 1]), y = lower(b[j - 1]);
            now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == lower(b[j - 2]) && y == lower(a[i - 2])) {
                now[j] = least(now[j], before[j - 2] + 1);
            }
        }
    }
    return rows[len_a % 3][len_b];
}

unsigned edit_distance_limit(const char *name)
{
    size_t len = strlen(name);
    return len < 6 ? 1 : (unsigned)(len / 3);
}
