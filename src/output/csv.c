/* SPDX-License-Identifier: MIT */
/* CSV as RFC 4180 has it, but for the line end, which is the one of the system: the columns' ids,
 * then the same raw values as in JSON, absent ones empty. */
#include "print.h"

#include "tcptop/base/fmt.h"

/* A spreadsheet takes a cell that begins so for a formula, and runs it: such a text, which may be
 * the name that a process gave itself, begins with an apostrophe instead. Some take the wide
 * forms of the signs for them, too. Numbers are none of these. */
static bool is_formula(const char *text)
{
    static const char *const wide[] = {"\uff1d", "\uff0b", "\uff0d", "\uff20"}; /* ＝＋－＠ */

    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++)
        if (strncmp(text, wide[i], strlen(wide[i])) == 0)
            return true;
    return *text && strchr("=+-@\t\r", *text);
}

static bool needs_quotes(const char *text)
{
    return strpbrk(text, "\",\r\n");
}

static char *put_quoted(char *p, const char *text)
{
    *p++ = '"';
    if (is_formula(text)) {
        *p++ = '\'';
    }
    for (; *text; text++) {
        if (*text == '"') {
            *p++ = '"';
        }
        *p++ = *text;
    }
    *p++ = '"';
    return p;
}

static char *put_text(char *p, const char *text)
{
    if (needs_quotes(text)) {
        return put_quoted(p, text);
    }
    if (is_formula(text)) {
        *p++ = '\'';
    }
    return put_bytes(p, text, strlen(text));
}

char *csv_append_value(char *p, const struct value *v)
{
    switch (v->type) {
    case VALUE_NUMBER:
        return append_uint(p, v->number);
    case VALUE_TEXT:
        return put_text(p, v->text);
    case VALUE_NONE:
        break;
    }
    return p;
}

/* A text of any length. */
static void print_whole(struct sink *out, const char *text)
{
    const bool quotes = needs_quotes(text);
    sink_add_bytes(out, "\"", quotes);
    sink_add_bytes(out, "'", is_formula(text));
    if (!quotes) {
        sink_add(out, text);
        return;
    }
    for (; *text; text++) {
        sink_add_bytes(out, "\"\"", *text == '"' ? 2 : 0);
        sink_add_bytes(out, text, *text != '"');
    }
    sink_add_bytes(out, "\"", 1);
}

static size_t collect_columns(const struct column **chosen, const struct print *p,
                              struct sink *head)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n_columns; i++) {
        const struct column *column = &columns[p->columns[i]];
        if (!column->get || n == COL_COUNT) {
            continue;
        }
        if (head) {
            sink_addf(head, "%s%s", n > 0 ? "," : "", column->id);
        }
        chosen[n++] = column;
    }
    if (head) {
        sink_add(head, "\n");
    }
    return n;
}

static void print_rows(struct sink *out, const struct print *p)
{
    const struct column *chosen[COL_COUNT];
    size_t n = collect_columns(chosen, p, p->head ? out : NULL);
    for (uint32_t i = 0; i < p->rows->n && out->error == 0; i++) {
        uint32_t row = p->rows->row[i];
        print_prefetch(p, i);
        if (sample_row_kind(p->sample, row) != ROW_LIVE) {
            continue;
        }
        for (size_t g = 0; g < n; g++) {
            struct value v;
            char *at = sink_room(out);
            if (g > 0) {
                *at++ = ',';
            }
            if (chosen[g]->whole) {
                const char *text = chosen[g]->whole(p->sample, row);
                sink_took(out, at);
                print_whole(out, text ? text : "");
                continue;
            }
            chosen[g]->get(p->sample, row, &v);
            sink_took(out, csv_append_value(at, &v));
        }
        sink_add_bytes(out, "\n", 1);
    }
}

/* A line per sample, so that a batch of them is a table over time. */
static void print_summary(struct sink *out, const struct print *p)
{
    struct counts counts = print_counts_of(p);
    if (p->head) {
        sink_add(out, "sample,time,complete,total");
        for (int i = 0; print_counts_state(i); i++) {
            sink_addf(out, ",%s", state_name(print_counts_state(i)));
        }
        sink_add(out, "\n");
    }
    char time[FMT_SIZE] = "";
    if (p->sample->wall_ns != 0) {
        fmt_rfc3339(time, sizeof(time), p->sample->wall_ns);
    }
    sink_addf(out, "%llu,%s,%s,", p->sample_number, time,
              sample_is_whole(p->sample) && !p->owners_hidden ? "true" : "false");
    if (counts.measured) {
        sink_add_uint(out, counts.total);
    }
    for (int i = 0; print_counts_state(i); i++) {
        sink_add(out, ",");
        if (counts.measured & STATE_BIT(print_counts_state(i))) {
            sink_add_uint(out, counts.state[print_counts_state(i)]);
        }
    }
    sink_add(out, "\n");
}

void csv_print(struct sink *out, const struct print *p)
{
    if (p->summary) {
        print_summary(out, p);
    } else if (p->groups) {
        group_print_csv(out, p);
    } else {
        print_rows(out, p);
    }
}
