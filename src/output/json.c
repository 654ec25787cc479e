/* SPDX-License-Identifier: MIT */
/* JSON, one object per line. */
#include <stdio.h>

#include "print.h"

#include "tcptop/base/clock.h"
#include "tcptop/base/fmt.h"
#include "tcptop/explain/owner_rights_note.h"
#include "tcptop/explain/reason_text.h"

/* Bytes that stand for themselves in a JSON string: no control, quote or backslash. DEL and what is
 * beyond ASCII may stand too: the text is UTF-8. */
static inline bool stands(unsigned char c)
{
    return c >= 0x20 && c != '"' && c != '\\';
}

static char *put_escaped(char *p, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    if (c == '"' || c == '\\') {
        *p++ = '\\';
        *p++ = (char)c;
        return p;
    }
    p = put_bytes(p, "\\u00", 4);
    *p++ = hex[c >> 4];
    *p++ = hex[c & 15];
    return p;
}

/* A quoted string; six bytes of room for each of `text`, and two. */
static char *put_string(char *p, const char *text)
{
    *p++ = '"';
    for (; *text; text++) {
        if (stands((unsigned char)*text)) {
            *p++ = *text;
        } else {
            p = put_escaped(p, (unsigned char)*text);
        }
    }
    *p++ = '"';
    return p;
}

bool json_has(const struct value *v)
{
    return v->type == VALUE_TEXT || (v->type == VALUE_NUMBER && v->number <= INT64_MAX);
}

char *json_append_value(char *p, const struct value *v)
{
    return v->type == VALUE_NUMBER ? append_uint(p, v->number) : put_string(p, v->text);
}

void json_print_string(struct sink *out, const char *text)
{
    sink_add_bytes(out, "\"", 1);
    for (; *text; text++) {
        char *p = sink_room(out);
        if (stands((unsigned char)*text)) {
            *p++ = *text;
        } else {
            p = put_escaped(p, (unsigned char)*text);
        }
        sink_took(out, p);
    }
    sink_add_bytes(out, "\"", 1);
}

/* A column with its key as it stands in every record. */
struct json_field {
    value_getter get;
    value_whole whole;
    bool list;
    size_t len;
    char key[40]; /* ,"recv_q": */
};

static size_t collect_fields(struct json_field *fields, const enum column_id *ids, size_t n_ids)
{
    size_t n = 0;
    for (size_t i = 0; i < n_ids; i++) {
        const struct column *column = &columns[ids[i]];
        if (column->get && n < COL_COUNT) {
            struct json_field *f = &fields[n++];
            f->get = column->get;
            f->whole = column->whole;
            f->list = column->kind == KIND_LIST;
            f->len = (size_t)snprintf(f->key, sizeof(f->key), ",\"%s\":", column->id);
        }
    }
    return n;
}

#define SHORT_LIST 64

/* A text of any length, or numbers and commas as an array. */
static void print_whole(struct sink *out, const struct json_field *f, const struct sample *s,
                        uint32_t row)
{
    const char *text = f->whole(s, row);
    if (!text) {
        return;
    }
    size_t len = strlen(text);
    if (f->list && len < SHORT_LIST) {
        char *p = put_bytes(sink_room(out), f->key, f->len);
        *p++ = '[';
        p = put_bytes(p, text, len);
        *p++ = ']';
        sink_took(out, p);
        return;
    }
    sink_add_bytes(out, f->key, f->len);
    if (f->list) {
        sink_add_bytes(out, "[", 1);
        sink_add_bytes(out, text, len);
        sink_add_bytes(out, "]", 1);
    } else {
        json_print_string(out, text);
    }
}

static void print_field(struct sink *out, const struct json_field *f, const struct sample *s,
                        uint32_t row)
{
    struct value v;
    if (f->whole) {
        print_whole(out, f, s, row);
        return;
    }
    f->get(s, row, &v);
    if (!json_has(&v)) {
        return;
    }
    char *p = put_bytes(sink_room(out), f->key, f->len);
    sink_took(out, json_append_value(p, &v));
}

static void print_rows(struct sink *out, const struct print *p)
{
    struct json_field fields[COL_COUNT];
    size_t n = collect_fields(fields, p->columns, p->n_columns);
    char start[64];
    size_t start_len = (size_t)snprintf(
        start, sizeof(start), "{\"type\":\"connection\",\"sample\":%llu", p->sample_number);
    for (uint32_t i = 0; i < p->rows->n && out->error == 0; i++) {
        uint32_t row = p->rows->row[i];
        print_prefetch(p, i);
        if (sample_row_kind(p->sample, row) != ROW_LIVE) {
            continue;
        }
        sink_add_bytes(out, start, start_len);
        for (size_t f = 0; f < n; f++) {
            print_field(out, &fields[f], p->sample, row);
        }
        sink_add_bytes(out, "}\n", 2);
    }
}

/* The columns that were asked for, and behind them those that are told of a connection that has
 * ended, whatever was asked for. */
static size_t collect_closed_fields(struct json_field *fields, const struct print *p)
{
    bool asked[COL_COUNT] = {false};
    enum column_id others[COL_COUNT];
    size_t n_others = 0;
    for (size_t i = 0; i < p->n_columns; i++) {
        asked[p->columns[i]] = true;
    }
    for (int id = 0; id < COL_COUNT; id++) {
        if (columns[id].flags & COLUMN_ENDED && !asked[id]) {
            others[n_others++] = (enum column_id)id;
        }
    }
    const size_t n = collect_fields(fields, p->columns, p->n_columns);
    return n + collect_fields(fields + n, others, n_others);
}

/* In the order of the sample: the rows that were known, then what no sample had, newest first. */
static void print_closed(struct sink *out, const struct print *p)
{
    const struct sample *s = p->sample;
    struct json_field fields[2 * COL_COUNT];
    size_t n = collect_closed_fields(fields, p);
    for (uint32_t row = s->n_live + s->n_missing; row < sample_rows(s) && out->error == 0; row++) {
        if (!predicate_match(p->filter, s, row)) {
            continue;
        }
        sink_addf(out, "{\"type\":\"closed\",\"sample\":%llu", p->sample_number);
        sink_add(out, s->conn[row].flags & CONN_UNSEEN ? ",\"unseen\":true" : "");
        for (size_t f = 0; f < n; f++) {
            print_field(out, &fields[f], s, row);
        }
        sink_add_bytes(out, "}\n", 2);
    }
}

/* Absent where the kernel did not report closed sockets: not known is not 0. */
static void print_close_stats(struct sink *out, const struct print *p)
{
    const struct close_stats *d = &p->sample->close_stats;
    if (!p->close_stats || !p->sample->close_events_known) {
        return;
    }
    sink_addf(out, ",\"closed\":%llu,\"died_unseen\":%llu", (unsigned long long)d->closed,
              (unsigned long long)d->unseen);
    sink_addf(out, ",\"died_unseen_bytes_acked\":%llu,\"died_unseen_bytes_received\":%llu",
              (unsigned long long)d->unseen_acked, (unsigned long long)d->unseen_received);
    sink_addf(out, ",\"%s\":%llu", d->lost_vaguely ? "events_lost_at_least" : "events_lost",
              (unsigned long long)d->lost);
}

static void print_counts(struct sink *out, const struct print *p)
{
    struct counts counts = print_counts_of(p);
    if (counts.measured == 0) {
        return;
    }
    sink_addf(out, ",\"total\":%llu,\"states\":{", (unsigned long long)counts.total);
    const char *comma = "";
    for (int i = 0; print_counts_state(i); i++) {
        unsigned state = print_counts_state(i);
        if (counts.measured & STATE_BIT(state)) {
            sink_addf(out, "%s\"%s\":%llu", comma, state_name(state),
                      (unsigned long long)counts.state[state]);
            comma = ",";
        }
    }
    sink_add(out, "}");
}

/* Of a brief sample: which states were not dumped, how many of their rows are of an earlier dump,
 * and how old those are. */
static void print_carried(struct sink *out, const struct sample *s)
{
    const char *comma = "";

    if (!s->left_out) {
        return;
    }
    sink_add(out, ",\"carried\":{\"states\":[");
    for (unsigned state = 0; state < TCP_STATE_COUNT; state++) {
        if (s->left_out & STATE_BIT(state)) {
            sink_addf(out, "%s\"%s\"", comma, state_name(state));
            comma = ",";
        }
    }
    sink_addf(out, "],\"rows\":%u,\"age_ms\":%lld}", s->n_carried,
              (long long)((s->mono_ns - s->carried_ns) / NS_PER_MS));
}

static void print_text_field(struct sink *out, const char *key, const char *text)
{
    if (text[0]) {
        sink_addf(out, ",\"%s\":", key);
        json_print_string(out, text);
    }
}

void json_print_import(struct sink *out, const struct import *i)
{
    const char *comma = "";

    sink_add(out, ",\"import\":{\"tool\":");
    json_print_string(out, i->tool);
    sink_add(out, ",\"system\":");
    json_print_string(out, i->system);
    sink_addf(out, ",\"lines\":%u,\"rows\":%u,\"continued\":%u,\"headings\":%u,\"blank\":%u",
              i->lines, i->rows, i->continued, i->headings, i->blank);
    sink_addf(out, ",\"skipped\":%u,\"not_understood\":%u,\"cut\":%u,\"cut_rows\":%u", i->skipped,
              import_not_understood(i), i->cut, i->cut_rows);
    if (i->again)
        sink_addf(out, ",\"listed_again\":%u", i->again);
    if (*i->no_converter)
        print_text_field(out, "no_converter", i->no_converter);
    sink_add(out, ",\"skipped_lines\":[");
    for (uint32_t n = 0; n < i->n_listed; n++) {
        sink_addf(out, "%s{\"line\":%u,\"why\":", comma, i->listed[n].line);
        json_print_string(out, import_skipped_word((enum import_skipped_for)i->listed[n].why));
        if (i->n_files > 1)
            print_text_field(out, "file", i->files[i->listed[n].file]);
        sink_add(out, "}");
        comma = ",";
    }
    sink_add(out, "]}");
}

/* Scripts get the same bytes whatever language the person reads. */
static void print_hidden(struct sink *out, const struct sample *s)
{
    const enum language shown = text_language();
    struct str why = STR_INIT;
    text_use(LANG_EN);
    (void)owner_rights_note(s, &why);
    text_use(shown);
    print_text_field(out, "reason", str_text(&why));
    str_fini(&why);
}

static void print_summary(struct sink *out, const struct print *p)
{
    const struct sample *s = p->sample;
    char why[REASON_TEXT_SIZE];
    char time[FMT_SIZE] = "";
    if (s->wall_ns != 0) {
        fmt_rfc3339(time, sizeof(time), s->wall_ns);
    }
    sink_addf(out, "{\"type\":\"summary\",\"sample\":%llu", p->sample_number);
    print_counts(out, p);
    print_carried(out, s);
    print_close_stats(out, p);
    const bool whole = sample_is_whole(s);
    sink_addf(out, ",\"complete\":%s", whole && !p->owners_hidden ? "true" : "false");
    print_text_field(out, "reason", reason_text(why, &s->reason, LANG_EN));
    if (whole && p->owners_hidden) {
        print_hidden(out, s);
    }
    print_text_field(out, "time", time);
    print_text_field(out, "host", s->host.name);
    print_text_field(out, "netns", s->netns);
    if (s->namespaces && s->namespaces->several) {
        sink_addf(out, ",\"namespaces\":%u", s->namespaces->shown);
    }
    if (s->import)
        json_print_import(out, s->import);
    print_text_field(out, "version", TCPTOP_VERSION);
    sink_add(out, "}\n");
}

void json_print(struct sink *out, const struct print *p)
{
    if (p->groups && !p->summary) {
        group_print_json(out, p);
    } else if (!p->summary) {
        print_rows(out, p);
    }
    if (!p->summary && !p->groups && p->close_stats) {
        print_closed(out, p);
    }
    print_summary(out, p);
}
