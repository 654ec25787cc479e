/* Sparklines: levels of cells, colour, title. */
#include "tcptop/view/spark.h"

#include <stdio.h>
#include <string.h>

#include "parts.h"

#define LEVELS    7
#define TOP_FLOOR 5 /* one lone connection must not look like a flood */

/* Smallest of 1, 2, 3, 5, 7 × 10ⁿ that holds `max`. */
static uint64_t round_top(uint64_t max)
{
    static const uint64_t steps[] = {1, 2, 3, 5, 7};
    uint64_t power = 1;

    if (max < TOP_FLOOR)
        max = TOP_FLOOR;
    for (;; power *= 10) {
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
            if (steps[i] * power >= max)
                return steps[i] * power;
        }
    }
}

/* The value of a point; false when it has none. */
static bool point_value(const struct point *p, unsigned state, uint64_t *value)
{
    if (p->status == POINT_MISSED)
        return false;
    if (state == TCP_STATE_CLOSE) {
        *value = p->count[TCP_STATE_BOUND_INACTIVE];
        return p->bound_asked;
    }
    *value = state ? p->count[state] : p->total;
    return true;
}

struct extremes {
    uint64_t min, max;
};

static struct extremes find_extremes(const struct history *h, unsigned state)
{
    struct extremes e = {UINT64_MAX, 0};
    const struct point *p;
    uint64_t value;

    for (uint32_t back = 0; back < HISTORY_STRIP && (p = history_at(h, back)); back++) {
        if (!point_value(p, state, &value))
            continue;
        e.min = value < e.min ? value : e.min;
        e.max = value > e.max ? value : e.max;
    }
    return e;
}

void spark_make(struct spark *sp, const struct history *h, unsigned state, int cells)
{
    const struct point *newest = h ? history_at(h, 0) : NULL, *p;
    struct extremes e;
    uint64_t k, top;
    bool seen[HISTORY_STRIP] = {false};

    memset(sp, 0, sizeof *sp);
    sp->cells = cells;
    if (!newest || cells <= 0)
        return;
    k = (uint64_t)(HISTORY_STRIP / cells);
    e = find_extremes(h, state);
    top = round_top(e.max);
    sp->flat = e.max == 0 || (e.max - e.min) * 4 < e.max;
    for (uint32_t back = 0; back < HISTORY_STRIP && (p = history_at(h, back)); back++) {
        int64_t ago = (int64_t)((newest->seq - 1) / k) - (int64_t)((p->seq - 1) / k);
        uint64_t value;
        uint8_t level;
        size_t i;

        if (ago < 0 || ago >= cells)
            continue;
        i = (size_t)(cells - 1 - ago);
        if (!point_value(p, state, &value)) {
            sp->gap[i] |= p->status == POINT_MISSED && !seen[i];
            continue;
        }
        seen[i] = true;
        sp->gap[i] = false;
        sp->partial[i] |= p->status == POINT_PARTIAL;
        level = (uint8_t)((LEVELS * value + top - 1) / top);
        if (level > sp->level[i])
            sp->level[i] = level;
    }
}

void spark_draw(const struct spark *sp, struct canvas *c, int x, int y, enum role hot)
{
    static const char *const glyphs[LEVELS + 1] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇"};

    for (int i = 0; i < sp->cells; i++) {
        enum role role = sp->partial[i] || sp->gap[i] ? ROLE_DIM : sp->flat ? ROLE_FLAT : hot;
        struct cell *cell;

        canvas_put(c, x + i, y, 1, role, sp->gap[i] ? "·" : glyphs[sp->level[i]]);
        cell = canvas_at(c, x + i, y);
        if (cell && i == sp->cells - 1 && sp->level[i])
            cell->bold = 1;
    }
}

void spark_title(char out[FILL_SIZE], const struct history *h)
{
    uint32_t n = h ? h->len : 0;
    uint64_t seconds = 0;
    enum msg id = MSG_VIEW_LAST_SECONDS;
    char number[24];

    if (n > HISTORY_STRIP)
        n = HISTORY_STRIP;
    /* n samples stand for n intervals, of which the span covers all but the first */
    if (n > 1)
        seconds = (uint64_t)(history_span_s(h, n) * n / (n - 1) + 0.5);
    if (seconds >= 7200) {
        id = MSG_VIEW_LAST_HOURS;
        seconds /= 3600;
    } else if (seconds >= 120) {
        id = MSG_VIEW_LAST_MINUTES;
        seconds = (seconds + 30) / 60;
    }
    snprintf(number, sizeof number, "%llu", (unsigned long long)seconds);
    fill(out, n > 1 ? id : MSG_VIEW_LAST_NONE, number, NULL, NULL);
}
