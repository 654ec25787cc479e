/* SPDX-License-Identifier: MIT */
/* Groups instead of rows, in all formats. Like rows, only those are printed that the last dump had
 * something of. */
#include "print.h"

#include <errno.h>

#include "tcptop/base/str.h"
#include "tcptop/base/utf8.h"

#define GAP 2

/* The groups that are printed, one after the other. */
struct walk {
    const struct print *p;
    uint32_t at, printed;
    uint32_t group; /* the one under way */
};

static bool walk_next(struct walk *w)
{
    const struct groups *g = w->p->groups;
    while (w->at < g->n && (!w->p->limit || w->printed < w->p->limit)) {
        w->group = g->order[w->at++];
        if (g->group[w->group].count) {
            w->printed++;
            return true;
        }
    }
    return false;
}

static enum column_id sum_column(const struct print *p, unsigned k)
{
    return p->groups->how.sum[k];
}

/* Text. */

struct group_sheet {
    const struct print *p;
    struct str text;
    int key, count, sum[GROUP_SUMS]; /* widths */
    int state[TCP_STATE_COUNT];      /* 0: in no group, left out */
};

static const char *key_text(struct group_sheet *sheet, uint32_t i)
{
    const struct print *p = sheet->p;
    str_clear(&sheet->text);
    groups_format(p->groups, p->sample, i, &sheet->text);
    return p->ascii && strcmp(str_text(&sheet->text), FMT_NONE) == 0 ? "-" : str_text(&sheet->text);
}

static const char *sum_text(const struct group_sheet *sheet, uint32_t i, unsigned k,
                            char out[FMT_SIZE])
{
    const char *text = groups_format_sum(sheet->p->groups, i, k, out);
    return sheet->p->ascii && strcmp(text, FMT_NONE) == 0 ? "-" : text;
}

static void widen(int *width, const char *text)
{
    int wide = utf8_width(text);
    if (wide > *width) {
        *width = wide;
    }
}

static void widen_count(int *width, uint64_t count)
{
    char text[FMT_SIZE];
    widen(width, fmt_count(text, sizeof(text), count));
}

static void measure(struct group_sheet *sheet)
{
    const struct groups *g = sheet->p->groups;
    char sum[FMT_SIZE];
    sheet->key = utf8_width(text(columns[g->how.by].title));
    sheet->count = utf8_width(text(MSG_GROUP_COUNT));
    for (unsigned k = 0; k < g->how.n_sums; k++) {
        sheet->sum[k] = utf8_width(text(columns[sum_column(sheet->p, k)].title));
    }
    for (struct walk w = {.p = sheet->p}; walk_next(&w);) {
        uint32_t i = w.group;
        widen(&sheet->key, key_text(sheet, i));
        widen_count(&sheet->count, g->group[i].count);
        for (unsigned k = 0; k < g->how.n_sums; k++) {
            widen(&sheet->sum[k], sum_text(sheet, i, k, sum));
        }
        for (unsigned state = 1; state < TCP_STATE_COUNT; state++) {
            if (g->group[i].state[state]) {
                widen(&sheet->state[state], state_name(state));
                widen_count(&sheet->state[state], g->group[i].state[state]);
            }
        }
    }
}

/* A cell with the gap before it. */
static void add_right(struct sink *out, int width, const char *text, const char *color)
{
    sink_add_many(out, ' ', (size_t)(GAP + width - utf8_width(text)));
    sink_add(out, color ? color : "");
    sink_add(out, text);
    sink_add(out, color ? ESCAPE_RESET : "");
}

static void add_key(struct sink *out, const struct group_sheet *sheet, const char *text,
                    const char *color)
{
    bool right = columns[sheet->p->groups->how.by].align == ALIGN_RIGHT;
    size_t padding = (size_t)(sheet->key - utf8_width(text));
    sink_add_many(out, ' ', right ? padding : 0);
    sink_add(out, color ? color : "");
    sink_add(out, text);
    sink_add(out, color ? ESCAPE_RESET : "");
    sink_add_many(out, ' ', right ? 0 : padding);
}

static void print_heads(struct sink *out, const struct group_sheet *sheet)
{
    const struct print *p = sheet->p;
    char buffer[ESCAPE_SIZE];
    const char *color = p->color ? print_escape(buffer, p->theme, ROLE_TITLE) : NULL;
    add_key(out, sheet, text(columns[p->groups->how.by].title), color);
    add_right(out, sheet->count, text(MSG_GROUP_COUNT), color);
    for (unsigned k = 0; k < p->groups->how.n_sums; k++) {
        add_right(out, sheet->sum[k], text(columns[sum_column(p, k)].title), color);
    }
    for (int s = 0; print_counts_state(s); s++) {
        unsigned state = print_counts_state(s);
        if (sheet->state[state]) {
            add_right(out, sheet->state[state], state_name(state), color);
        }
    }
    sink_add(out, "\n");
}

static void print_line(struct sink *out, struct group_sheet *sheet, uint32_t i)
{
    const struct print *p = sheet->p;
    const struct group *group = &p->groups->group[i];
    char number[FMT_SIZE], buffer[ESCAPE_SIZE];
    add_key(out, sheet, key_text(sheet, i), NULL);
    add_right(out, sheet->count, fmt_count(number, sizeof(number), group->count), NULL);
    for (unsigned k = 0; k < p->groups->how.n_sums; k++) {
        add_right(out, sheet->sum[k], sum_text(sheet, i, k, number), NULL);
    }
    for (int s = 0; print_counts_state(s); s++) {
        unsigned state = print_counts_state(s);
        bool colored = p->color && group->state[state];
        if (sheet->state[state]) {
            add_right(out, sheet->state[state],
                      fmt_count(number, sizeof(number), group->state[state]),
                      colored ? print_escape(buffer, p->theme, column_state_role(state)) : NULL);
        }
    }
    sink_add(out, "\n");
}

void group_print_text(struct sink *out, const struct print *p)
{
    struct group_sheet sheet = {.p = p};
    measure(&sheet);
    if (p->head) {
        print_heads(out, &sheet);
    }
    for (struct walk w = {.p = p}; out->error == 0 && walk_next(&w);) {
        print_line(out, &sheet, w.group);
    }
    if (str_failed(&sheet.text)) {
        out->error = out->error ? out->error : -ENOMEM;
    }
    str_fini(&sheet.text);
}

/* CSV: one column per state that can be measured or not, so that samples have the same columns. */

void group_print_csv(struct sink *out, const struct print *p)
{
    const struct groups *g = p->groups;
    uint32_t measured = print_measured_states(p->sample);
    if (p->head) {
        sink_addf(out, "%s,total", columns[g->how.by].id);
        for (int s = 0; print_counts_state(s); s++) {
            sink_addf(out, ",%s", state_name(print_counts_state(s)));
        }
        for (unsigned k = 0; k < g->how.n_sums; k++) {
            sink_addf(out, ",%s", columns[sum_column(p, k)].id);
        }
        sink_add(out, "\n");
    }
    for (struct walk w = {.p = p}; out->error == 0 && walk_next(&w);) {
        uint32_t i = w.group;
        struct value v;
        uint64_t sum;
        groups_value(g, i, &v);
        sink_took(out, csv_append_value(sink_room(out), &v));
        sink_addf(out, ",%u", g->group[i].count);
        for (int s = 0; print_counts_state(s); s++) {
            sink_add(out, ",");
            if (measured & STATE_BIT(print_counts_state(s))) {
                sink_add_uint(out, g->group[i].state[print_counts_state(s)]);
            }
        }
        for (unsigned k = 0; k < g->how.n_sums; k++) {
            sink_add(out, ",");
            if (groups_sum(g, i, k, &sum)) {
                sink_add_uint(out, sum);
            }
        }
        sink_add(out, "\n");
    }
}

void group_print_json(struct sink *out, const struct print *p)
{
    const struct groups *g = p->groups;
    uint32_t measured = print_measured_states(p->sample);
    for (struct walk w = {.p = p}; out->error == 0 && walk_next(&w);) {
        uint32_t i = w.group;
        struct value v;
        uint64_t sum;
        groups_value(g, i, &v);
        sink_addf(out, "{\"type\":\"group\",\"sample\":%llu,\"by\":\"%s\"", p->sample_number,
                  columns[g->how.by].id);
        if (json_has(&v)) {
            sink_add(out, ",\"key\":");
            sink_took(out, json_append_value(sink_room(out), &v));
        }
        sink_addf(out, ",\"total\":%u,\"states\":{", g->group[i].count);
        const char *comma = "";
        for (int s = 0; print_counts_state(s); s++) {
            unsigned state = print_counts_state(s);
            if (measured & STATE_BIT(state)) {
                sink_addf(out, "%s\"%s\":%u", comma, state_name(state), g->group[i].state[state]);
                comma = ",";
            }
        }
        sink_add(out, "}");
        for (unsigned k = 0; k < g->how.n_sums; k++) {
            if (groups_sum(g, i, k, &sum) && sum <= INT64_MAX) {
                sink_addf(out, ",\"%s\":%llu", columns[sum_column(p, k)].id,
                          (unsigned long long)sum);
            }
        }
        sink_add(out, "}\n");
    }
}
