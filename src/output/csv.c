/* CSV as RFC 4180 has it, but for the line end, which is the one of the system: the columns' ids,
 * then the same raw values as in JSON, absent ones empty. */
#include "print.h"

#include "tcptop/base/fmt.h"

static char *put_quoted(char *p, const char *text)
{
    *p++ = '"';
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
    size_t len = strlen(text);
    return strpbrk(text, "\",\r\n") ? put_quoted(p, text) : put_bytes(p, text, len);
}

char *put_csv_value(char *p, const struct value *v)
{
    switch (v->type) {
    case VALUE_NUMBER:
        return put_uint(p, v->number);
    case VALUE_TEXT:
        return put_text(p, v->text);
    case VALUE_NONE:
        break;
    }
    return p;
}

static size_t collect_getters(value_getter *getters, const struct print *p, struct sink *head)
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
        getters[n++] = column->get;
    }
    if (head) {
        sink_add(head, "\n");
    }
    return n;
}

static void print_rows(struct sink *out, const struct print *p)
{
    value_getter getters[COL_COUNT];
    size_t n = collect_getters(getters, p, p->head ? out : NULL);
    for (uint32_t i = 0; i < p->rows->n && out->error == 0; i++) {
        uint32_t row = p->rows->row[i];
        print_prefetch(p, i);
        if (snapshot_row_kind(p->snapshot, row) != ROW_LIVE) {
            continue;
        }
        for (size_t g = 0; g < n; g++) {
            struct value v;
            getters[g](p->snapshot, row, &v);
            char *at = sink_room(out);
            if (g > 0) {
                *at++ = ',';
            }
            sink_took(out, put_csv_value(at, &v));
        }
        sink_add_bytes(out, "\n", 1);
    }
}

/* A line per sample, so that a batch of them is a table over time. */
static void print_summary(struct sink *out, const struct print *p)
{
    struct counts counts = counts_of(p);
    if (p->head) {
        sink_add(out, "sample,time,complete,total");
        for (int i = 0; counts_state(i); i++) {
            sink_addf(out, ",%s", state_name(counts_state(i)));
        }
        sink_add(out, "\n");
    }
    char time[FMT_SIZE] = "";
    if (p->snapshot->wall_ns != 0) {
        fmt_rfc3339(time, sizeof(time), p->snapshot->wall_ns);
    }
    sink_addf(out, "%llu,%s,%s,", p->sample, time,
              snapshot_is_whole(p->snapshot) ? "true" : "false");
    if (counts.measured) {
        sink_add_uint(out, counts.total);
    }
    for (int i = 0; counts_state(i); i++) {
        sink_add(out, ",");
        if (counts.measured & STATE_BIT(counts_state(i))) {
            sink_add_uint(out, counts.state[counts_state(i)]);
        }
    }
    sink_add(out, "\n");
}

void print_csv(struct sink *out, const struct print *p)
{
    if (p->summary) {
        print_summary(out, p);
    } else if (p->groups) {
        print_groups_csv(out, p);
    } else {
        print_rows(out, p);
    }
}
