/* SPDX-License-Identifier: MIT */
/* Sparklines: levels of cells, colour, title. */
#include "tcptop/ui/spark.h"
#include "draw.h"

#include <stdio.h>
#include <string.h>

#define LEVELS     7
#define FLAT_LEVEL 4 /* of every line that does not move, however large its number */
#define TOP_FLOOR  5 /* one lone connection must not look like a flood */

/* Smallest of 1, 2, 3, 5, 7 × 10ⁿ that holds `max`. */
static uint64_t round_top(uint64_t max)
{
    static const uint64_t steps[] = {1, 2, 3, 5, 7};

    for (uint64_t power = 1; power <= UINT64_MAX / 100; power *= 10) {
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
            if (steps[i] * power >= max)
                return steps[i] * power;
        }
    }
    return max;
}

/* What a point says; SPARK_NONE also of bound-only sockets that nobody asked for. */
static enum spark_kind point_kind(const struct point *p, unsigned state, uint64_t *value)
{
    if (p->status == POINT_MISSED)
        return SPARK_MISSED;
    *value = state ? p->count[state] : p->total;
    if (state == TCP_STATE_CLOSE) {
        *value = p->count[TCP_STATE_BOUND_INACTIVE] + p->count[TCP_STATE_CLOSE];
        if (!p->bound_asked && !p->count[TCP_STATE_CLOSE])
            return SPARK_NONE;
    }
    return p->status == POINT_PARTIAL ? SPARK_PARTIAL : SPARK_VALUE;
}

static bool has_value(const struct spark_point *p)
{
    return p->kind == SPARK_VALUE || p->kind == SPARK_PARTIAL;
}

bool spark_max(const struct spark_series *s, uint64_t *max)
{
    bool known = false;

    *max = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        if (!has_value(&s->point[i]))
            continue;
        known = true;
        *max = s->point[i].value > *max ? s->point[i].value : *max;
    }
    return known;
}

/* Does it move by less than a quarter of its maximum? */
static bool is_flat(const struct spark_series *s, uint64_t max)
{
    uint64_t min = max;

    for (uint32_t i = 0; i < s->n; i++) {
        if (has_value(&s->point[i]) && s->point[i].value < min)
            min = s->point[i].value;
    }
    return max == 0 || (max - min) * 4 < max;
}

/* How high a cell of `value` is. A line that does not move stands at half height, whatever its
 * number: how large that is says the number beside it. */
static uint8_t level_of(uint64_t value, uint64_t top, bool flat)
{
    return (uint8_t)(flat && value ? FLAT_LEVEL : (LEVELS * value + top - 1) / top);
}

void spark_of(struct spark *sp, const struct spark_series *s, int cells)
{
    uint64_t k, top, max;
    bool seen[HISTORY_SHOWN] = {false};

    memset(sp, 0, sizeof *sp);
    sp->cells = cells;
    if (!s->n || cells <= 0)
        return;
    k = (uint64_t)(HISTORY_SHOWN / cells);
    spark_max(s, &max);
    top = round_top(max > s->floor ? max : s->floor);
    sp->flat = is_flat(s, max);
    for (uint32_t n = s->n; n > 0; n--) {
        const struct spark_point *p = &s->point[n - 1];
        int64_t ago = (int64_t)((s->point[s->n - 1].seq - 1) / k) - (int64_t)((p->seq - 1) / k);
        uint8_t level;
        size_t i;

        if (ago < 0 || ago >= cells)
            continue;
        i = (size_t)(cells - 1 - ago);
        if (!has_value(p)) {
            sp->gap[i] |= p->kind == SPARK_MISSED && !seen[i];
            continue;
        }
        seen[i] = true;
        sp->gap[i] = false;
        sp->partial[i] |= p->kind == SPARK_PARTIAL;
        level = level_of(p->value, top, sp->flat);
        if (level > sp->level[i])
            sp->level[i] = level;
    }
}

void spark_make(struct spark *sp, const struct history *h, unsigned state, int cells)
{
    struct spark_series s = {.floor = TOP_FLOOR};
    uint32_t n = h ? h->len : 0;

    for (uint32_t back = n < HISTORY_SHOWN ? n : HISTORY_SHOWN; back > 0; back--) {
        const struct point *p = history_at(h, back - 1);
        struct spark_point *to = &s.point[s.n];

        if (!p)
            continue;
        to->seq = p->seq;
        to->kind = point_kind(p, state, &to->value);
        s.n++;
    }
    spark_of(sp, &s, cells);
}

static const char *const glyphs[LEVELS + 1] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇"};

const char *spark_glyph(uint64_t value, uint64_t most)
{
    const uint64_t top = most > TOP_FLOOR ? most : TOP_FLOOR;

    return glyphs[(LEVELS * (value < top ? value : top) + top - 1) / top];
}

void spark_draw(const struct spark *sp, struct canvas *c, int x, int y, enum role hot)
{
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
    /* the bars' samples and the one before them, as the change beside them is counted */
    const double span = h ? history_span_s(h, HISTORY_SHOWN + 1) : 0;
    const bool several = h && h->len > 1;
    uint64_t seconds = (uint64_t)(span + 0.5);
    enum msg id = MSG_VIEW_LAST_SECONDS;
    char number[24];

    if (seconds >= 7200) {
        id = MSG_VIEW_LAST_HOURS;
        seconds /= 3600;
    } else if (seconds >= 120) {
        id = MSG_VIEW_LAST_MINUTES;
        seconds = (seconds + 30) / 60;
    }
    if (seconds > 0 || !several)
        snprintf(number, sizeof number, "%llu", (unsigned long long)seconds);
    else
        snprintf(number, sizeof number, "%.1f", span);
    draw_fill(out, several ? id : MSG_VIEW_LAST_NONE, number, NULL, NULL);
}
