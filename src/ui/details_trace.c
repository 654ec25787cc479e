/* Details: what a connection sent, got, waited and repeated, over the last samples. */
#include <stdio.h>

#include "overlay_details.h"

#include "tcptop/base/clock.h"
#include "tcptop/base/fmt.h"

#define LABEL_W  13
#define FIGURE_W 13 /* of the largest and the newest value; less where there is less room */
#define LEAST_W  11

struct columns {
    int cells, figure_w;
};

static struct columns columns_of(int w)
{
    static const int sizes[] = {30, 20, 15, 10};
    struct columns c = {.figure_w = w >= LABEL_W + 30 + 2 * FIGURE_W ? FIGURE_W : LEAST_W};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes && !c.cells; i++) {
        if (LABEL_W + sizes[i] + 2 * c.figure_w <= w)
            c.cells = sizes[i];
    }
    return c;
}

typedef bool (*trace_value)(const struct watch *w, uint32_t back, uint64_t *value);

static bool tx(const struct watch *w, uint32_t back, uint64_t *value)
{
    struct span span;

    *value = watch_span(w, back, &span) ? rate_between(&span).tx_bytes_s : RATE_UNKNOWN;
    return *value != RATE_UNKNOWN;
}

static bool rx(const struct watch *w, uint32_t back, uint64_t *value)
{
    struct span span;

    *value = watch_span(w, back, &span) ? rate_between(&span).rx_bytes_s : RATE_UNKNOWN;
    return *value != RATE_UNKNOWN;
}

static bool rtt(const struct watch *w, uint32_t back, uint64_t *value)
{
    return tcp_metrics_get(&watch_at(w, back)->metrics, METRICS_rtt_us, value);
}

static bool again(const struct watch *w, uint32_t back, uint64_t *value)
{
    struct span span;

    return watch_span(w, back, &span) && rate_again(&span, value);
}

static void per_second(char out[FILL_SIZE], uint64_t value)
{
    char bytes[FMT_SIZE];

    fmt_bytes(bytes, sizeof bytes, value);
    snprintf(out, FILL_SIZE, "%s/s", bytes);
}

static void latency(char out[FILL_SIZE], uint64_t value)
{
    fmt_latency(out, FILL_SIZE, value);
}

static void share(char out[FILL_SIZE], uint64_t value)
{
    fmt_percent(out, FILL_SIZE, value, 1000);
}

static const struct {
    enum msg label;
    trace_value value;
    void (*format)(char out[FILL_SIZE], uint64_t value);
    enum role role;
} traces[TRACES] = {
    {MSG_VIEW_TRACE_TX, tx, per_second, ROLE_LIVE},
    {MSG_VIEW_TRACE_RX, rx, per_second, ROLE_LIVE},
    {MSG_VIEW_DETAIL_RTT, rtt, latency, ROLE_LIVE},
    {MSG_VIEW_DETAIL_SENT_AGAIN, again, share, ROLE_WARN},
};

/* The points of the watch, oldest first; samples that failed are missed ones. */
static void collect(struct spark_series *s, const struct watch *w, trace_value value)
{
    *s = (struct spark_series){.floor = 1};
    for (uint32_t back = w->len; back > 0; back--) {
        const struct watch_point *p = watch_at(w, back - 1), *next = watch_at(w, back - 2);
        struct spark_point *to = &s->point[s->n++];

        to->seq = p->seq;
        to->kind = !p->there                        ? SPARK_MISSED
                   : value(w, back - 1, &to->value) ? SPARK_VALUE
                                                    : SPARK_NONE;
        for (uint64_t seq = p->seq + 1; back > 1 && next && seq < next->seq; seq++) {
            if (s->n + back - 1 >= HISTORY_SHOWN)
                break;
            s->point[s->n++] = (struct spark_point){.seq = seq, .kind = SPARK_MISSED};
        }
    }
}

void details_trace_head(struct drawing *d, const struct details *t, int x, int y, int w)
{
    struct columns c = columns_of(w);
    int max_x = x + LABEL_W + c.cells, now_x = max_x + c.figure_w;
    char title[FILL_SIZE] = "";
    const char *max = text(MSG_VIEW_TRACE_MAX), *now = text(MSG_VIEW_TRACE_NOW);
    struct span span;

    if (t->watch && watch_whole(t->watch, &span)) {
        char seconds[24];
        double covered = (double)span.ns * t->watch->len / (t->watch->len - 1); /* as the strip */

        snprintf(seconds, sizeof seconds, "%.0f", covered / (double)NS_PER_S);
        fill(title, MSG_VIEW_LAST_SECONDS, seconds, NULL, NULL);
    }
    canvas_put(d->c, x + LABEL_W, y, c.cells, ROLE_DIM, title);
    canvas_put_right(d->c, max_x, y, c.figure_w, ROLE_DIM, max);
    canvas_put_right(d->c, now_x, y, c.figure_w, ROLE_DIM, now);
}

void details_trace(struct drawing *d, const struct details *t, int i, int x, int y, int w)
{
    struct columns c = columns_of(w);
    int max_x = x + LABEL_W + c.cells, now_x = max_x + c.figure_w;
    struct spark_series s = {.n = 0};
    struct spark spark;
    char max_text[FILL_SIZE] = FMT_NONE, now_text[FILL_SIZE] = FMT_NONE;
    uint64_t max;

    if (t->watch)
        collect(&s, t->watch, traces[i].value);
    if (spark_max(&s, &max))
        traces[i].format(max_text, max);
    if (s.n && s.point[s.n - 1].kind == SPARK_VALUE && !details_gone(t))
        traces[i].format(now_text, s.point[s.n - 1].value);
    canvas_put(d->c, x, y, LABEL_W - 1, ROLE_DIM, text(traces[i].label));
    spark_of(&spark, &s, c.cells);
    spark_draw(&spark, d->c, x + LABEL_W, y, traces[i].role);
    canvas_put_right(d->c, max_x, y, c.figure_w, ROLE_DIM, max_text);
    canvas_put_right(d->c, now_x, y, c.figure_w, ROLE_TEXT, now_text);
}
