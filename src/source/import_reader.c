/* SPDX-License-Identifier: MIT */
/* The core that reads other programs' output: it converts and cuts each line, asks the formats what
 * it is, counts it, and keeps rows and processes. See import_reader.h.
 *
 * The format of the line before is asked first. Lines that nobody knows as they are, are tried once
 * more without what people and their tools put around a table: log time stamps, line numbers, names
 * of files, quotation marks, the bars of a Markdown table, several rows joined by semicolons. */
#include "import_reader.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/base/array.h"
#include "tcptop/base/utf8.h"
#include "tcptop/model/end_text.h"
#include "tcptop/owner/cgroup.h"

#define BEGUN_MAX    8192 /* bytes of a row that goes on over several lines */
#define BEGUN_LINES  4
#define DROPPED_MOST 8 /* fields before a row that do not belong to it */
#define ROW_WITHIN   4 /* the first fields, among which a row may begin behind something */
#define FIRST_USER   (UINT32_MAX - END_TEXTS)
#define ALL_UNKNOWN                                                                                \
    (CONN_UNKNOWN_RECV_Q | CONN_UNKNOWN_SEND_Q | CONN_UNKNOWN_TIMER | CONN_UNKNOWN_INODE |         \
     CONN_UNKNOWN_UID | CONN_UNKNOWN_STATE)

const struct import_format *const import_reader_formats[IMPORT_FORMAT_COUNT] = {
#define FORMAT(name) &import_##name,
    IMPORT_FORMATS(FORMAT)
#undef FORMAT
};

/* A process, and which rows it holds. */
struct import_holder {
    uint32_t pid;
    uint32_t uid;
    char name[IMPORT_NAME];
    char cgroup[IMPORT_FILE];
};

struct import_hold {
    uint32_t process, row;
};

/* Life ------------------------------------------------------------------------------------------
 */

/* Empty: what lies behind a count or the end of a text does not matter. */
static void clear_row(struct import_row *row)
{
    row->conn = (struct conn){.flags = CONN_NO_COOKIE, .unknown = ALL_UNKNOWN};
    tcp_metrics_clear(&row->metrics);
    row->has_metrics = row->nobody = row->cut = false;
    row->congestion[0] = row->user[0] = row->cgroup[0] = '\0';
    row->n_processes = 0;
    row->same = 0;
}

int import_reader_init(struct import_reader *r)
{
    *r = (struct import_reader){.format = NULL};
    r->row = &r->two[0];
    r->next = &r->two[1];
    clear_row(r->row);
    clear_row(r->next);
    hash_table_init(&r->by_pid, sizeof(uint32_t), sizeof(uint32_t));
    hash_table_init(&r->by_user, IMPORT_NAME, sizeof(uint32_t));
    hash_table_init(&r->by_same, sizeof(uint64_t), sizeof(uint32_t));
    import_repeats_init(&r->repeats);
    r->report = import_new();
    r->rows = sample_builder_new(NULL);
    r->owners = owner_lookup_new();
    for (unsigned f = 0; f < IMPORT_FORMAT_COUNT; f++) {
        const size_t size = import_reader_formats[f]->memory;
        r->memories[f] = size ? calloc(1, size) : NULL;
        if (size && !r->memories[f])
            return -ENOMEM;
    }
    return r->report && r->rows && r->owners ? 0 : -ENOMEM;
}

void import_reader_fini(struct import_reader *r)
{
    import_unref(r->report);
    if (r->rows)
        sample_discard(r->rows);
    owner_lookup_free(r->owners);
    hash_table_fini(&r->by_pid);
    hash_table_fini(&r->by_user);
    hash_table_fini(&r->by_same);
    import_repeats_fini(&r->repeats);
    free(r->process);
    free(r->holds);
    for (unsigned f = 0; f < IMPORT_FORMAT_COUNT; f++)
        free(r->memories[f]);
    str_fini(&r->begun);
    *r = (struct import_reader){.format = NULL};
}

/* Processes and users --------------------------------------------------------------------------
 */

/* The place of a process; UINT32_MAX without memory. */
static uint32_t process_of(struct import_reader *r, const struct import_process *p)
{
    bool added = false;
    uint32_t *at = hash_table_add(&r->by_pid, &p->pid, &added);
    struct import_holder *all;

    if (!at)
        return UINT32_MAX;
    if (!added)
        return *at;
    all = array_room(r->process, r->n_processes, &r->cap_processes, 64, sizeof *all);
    if (!all) {
        (void)hash_table_remove(&r->by_pid, &p->pid);
        return UINT32_MAX;
    }
    r->process = all;
    *at = r->n_processes++;
    all[*at] = (struct import_holder){.pid = p->pid};
    return *at;
}

static void hold(struct import_reader *r, const struct import_row *row,
                 const struct import_process *p, uint32_t at)
{
    uint32_t process = process_of(r, p);
    struct import_hold *all = array_room(r->holds, r->n_holds, &r->cap_holds, 64, sizeof *r->holds);

    if (all)
        r->holds = all;
    if (!all || process == UINT32_MAX) {
        r->failed = true;
        return;
    }
    r->holds[r->n_holds++] = (struct import_hold){process, at};
    struct import_holder *h = &r->process[process];
    if (!h->name[0])
        utf8_sanitise_into(h->name, sizeof h->name, p->name, strlen(p->name));
    if (!h->cgroup[0] && row->cgroup[0])
        cgroup_label(row->cgroup, h->cgroup, sizeof h->cgroup);
    h->uid = row->conn.uid;
}

/* The number that stands for a user's name: root's is known everywhere. */
static uint32_t user_of(struct import_reader *r, const char *name)
{
    char key[IMPORT_NAME] = "";
    bool added = false;

    if (strcmp(name, "root") == 0) {
        user_names_set(r->owners->users, 0, name);
        return 0;
    }
    import_text_copy(key, sizeof key, name, strlen(name));
    uint32_t *uid = hash_table_add(&r->by_user, key, &added);
    if (!uid) {
        r->failed = true;
        return FIRST_USER;
    }
    if (added) {
        *uid = FIRST_USER + r->by_user.n % END_TEXTS;
        user_names_set(r->owners->users, *uid, name);
    }
    return *uid;
}

/* Rows ------------------------------------------------------------------------------------------
 */

static void set_user(struct import_reader *r, struct import_row *row)
{
    struct conn *c = &row->conn;

    if (!row->user[0])
        return;
    c->uid = user_of(r, row->user);
    if (c->uid == 0)
        c->unknown &= (uint16_t)~CONN_UNKNOWN_UID;
}

/* A timewait socket, and a request, has no owner; see conn_timewait(), conn_request(). */
static void settle_conn(struct conn *c)
{
    if (c->state == TCP_STATE_LISTEN && c->unknown & CONN_UNKNOWN_SEND_Q)
        c->flags |= CONN_NO_BACKLOG;
    if (!(c->unknown & CONN_UNKNOWN_INODE) && c->inode == 0 &&
        (conn_is_timewait(c) || conn_is_request(c)))
        c->flags |= CONN_NO_OWNER;
}

/* A place for the row: its own, or that of the same connection in an earlier list. NULL: without
 * memory. */
static struct conn *place_for(struct import_reader *r, const struct import_row *row, uint32_t *at,
                              struct tcp_metrics **metrics)
{
    struct sample *s = &r->rows->sample;

    *metrics = NULL;
    if (import_repeats_row(&r->repeats, &row->conn, s->netns_id, s->n_live, at))
        return NULL;
    if (*at == s->n_live)
        return sample_add(r->rows, metrics);
    r->report->again++;
    if (s->needs & NEED_TCP_INFO && s->metrics)
        *metrics = &s->metrics[*at];
    return &s->conn[*at];
}

/* Keep the row that has come to its end. */
static void keep_row(struct import_reader *r)
{
    struct tcp_metrics *metrics;
    struct import_row *row = r->row;
    uint32_t at;

    if (!r->has_row)
        return;
    r->has_row = false;
    r->report->cut_rows += row->cut;
    set_user(r, row);
    settle_conn(&row->conn);
    if (row->has_metrics)
        r->rows->sample.needs |= NEED_TCP_INFO | NEED_CONGESTION;
    struct conn *c = place_for(r, row, &at, &metrics);
    if (!c) {
        r->failed = true;
        return;
    }
    row->conn.netns = r->rows->sample.netns_id;
    *c = row->conn;
    if (metrics && row->has_metrics) {
        *metrics = row->metrics;
        metrics->congestion =
            sample_add_congestion(r->rows, row->congestion, strlen(row->congestion));
    }
    if (c->flags & CONN_BOUND)
        r->rows->sample.needs |= NEED_BOUND;
    /* until the end the inode says only whether there may be an owner */
    if (c->unknown & CONN_UNKNOWN_INODE)
        c->inode = row->nobody ? 0 : 1;
    for (unsigned i = 0; i < row->n_processes; i++)
        hold(r, row, &row->process[i], at);
    if (row->same) {
        uint32_t *value = hash_table_add(&r->by_same, &row->same, NULL);
        if (value)
            *value = at + 1;
        else
            r->failed = true;
    }
}

/* A further line about a socket that has a row: only its process is new. */
static bool is_same_socket(struct import_reader *r)
{
    const uint32_t *at;

    if (!r->next->same)
        return false;
    if (r->has_row && r->row->same == r->next->same) {
        for (unsigned i = 0; i < r->next->n_processes; i++)
            import_text_process(r->row, r->next->process[i].pid, r->next->process[i].name,
                                strlen(r->next->process[i].name));
        return true;
    }
    at = hash_table_find(&r->by_same, &r->next->same);
    if (!at)
        return false;
    for (unsigned i = 0; i < r->next->n_processes; i++)
        hold(r, r->next, &r->next->process[i], *at - 1);
    return true;
}

static void note_format(struct import_reader *r, unsigned place)
{
    if (!memchr(r->seen, (int)place, r->n_seen))
        r->seen[r->n_seen++] = (uint8_t)place;
}

/* r->next becomes the row. Returns what its line is. */
static enum import_verdict take_row(struct import_reader *r, unsigned place)
{
    if (is_same_socket(r))
        return IMPORT_CONTINUED;
    keep_row(r);
    struct import_row *last = r->row;
    r->row = r->next;
    r->next = last;
    r->has_row = true;
    note_format(r, place);
    return IMPORT_ROW;
}

/* Lines -----------------------------------------------------------------------------------------
 */

/* Does the field say by itself that a row begins: a protocol or a state? */
static bool names_row(const struct import_field *f)
{
    static const char *const words[] = {"tcp", "tcp4", "tcp6", "tcp46", "TCP",
                                        "udp", "udp4", "udp6", "UDP"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (import_text_is(f, words[i]))
            return true;
    return import_text_state(f) != 0;
}

/* Could a row begin with this field? */
static bool begins_row(const struct import_field *f)
{
    uint64_t n;

    return import_text_number(f, UINT32_MAX, &n) ||
           (f->len > 1 && f->at[f->len - 1] == ':' && f->at[0] >= '0' && f->at[0] <= '9') ||
           names_row(f);
}

/* The next place behind `from` within a field where a row may begin: behind a sign, and with it a
 * name or a number, that was put before each line, as grep and diff do ("12:tcp", "+tcp"). 0: there
 * is none. */
static size_t glued_at(const struct import_field *f, size_t from)
{
    for (size_t at = from + 1; at < f->len; at++) {
        const unsigned char sign = (unsigned char)f->at[at - 1], first = (unsigned char)f->at[at];
        if (ispunct(sign) && !strchr("._/*%[", sign) && (!ispunct(first) || first == '"'))
            return at;
    }
    return 0;
}

/* Is there a place within the field where a row begins for certain? */
static bool glued_row(const struct import_field *f)
{
    for (size_t at = 0; (at = glued_at(f, at)) > 0;)
        if (names_row(&(struct import_field){f->at + at, f->len - at}))
            return true;
    return false;
}

static bool is_nothing(enum import_verdict v)
{
    return v == IMPORT_NOT_MINE || v == IMPORT_BROKEN;
}

static unsigned place_of(const struct import_format *f)
{
    unsigned place = 0;

    while (place < IMPORT_FORMAT_COUNT && import_reader_formats[place] != f)
        place++;
    return place;
}

/* Could the line belong to the row above, for all that is known before the format has seen it? */
static bool may_go_on(const struct import_reader *r, const struct import_line *line)
{
    if (r->last != IMPORT_ROW && r->last != IMPORT_CONTINUED && r->last != IMPORT_PROTOCOL)
        return false;
    for (unsigned i = 0; i < line->n && i < ROW_WITHIN; i++)
        if (names_row(&line->field[i]) || glued_row(&line->field[i]))
            return false;
    return true;
}

static enum import_verdict ask_one(struct import_reader *r, unsigned place,
                                   const struct import_line *line)
{
    const struct import_format *f = import_reader_formats[place];

    clear_row(r->next);
    r->memory = r->memories[place];
    enum import_verdict v = f->read(r, line);
    if (v == IMPORT_NOT_MINE && r->format == f && f->more && may_go_on(r, line))
        v = f->more(r, line);
    if (v == IMPORT_ROW)
        v = take_row(r, place);
    if (v != IMPORT_NOT_MINE && v != IMPORT_BROKEN)
        r->format = f;
    return v;
}

/* What the line is to the first format that knows it. */
static enum import_verdict ask(struct import_reader *r, const struct import_line *line)
{
    const unsigned first = place_of(r->format);
    enum import_verdict v = r->format ? ask_one(r, first, line) : IMPORT_NOT_MINE;
    bool broken = v == IMPORT_BROKEN;

    for (unsigned i = 0; i < IMPORT_FORMAT_COUNT && is_nothing(v); i++) {
        if (i == first)
            continue;
        v = ask_one(r, i, line);
        broken |= v == IMPORT_BROKEN;
    }
    return v == IMPORT_NOT_MINE && broken ? IMPORT_BROKEN : v;
}

/* The same with spaces in the place of the bars of a table and of quotation marks, in a mail also
 * of those before the line. */
static bool without_bars(const struct import_line *line, char *copy, struct import_line *bare)
{
    bool found = false;
    size_t quoted = 0;

    if (line->len >= BEGUN_MAX)
        return false;
    while (quoted < line->len && line->text[quoted] && strchr("> \t\"", line->text[quoted]))
        quoted++;
    const bool in_quotes = memchr(line->text, '"', quoted) != NULL;
    for (size_t i = 0; i < line->len; i++) {
        const char c = line->text[i];
        bool bar = c == '|' || c == '`' || (i < quoted && (c == '>' || c == '"')) ||
                   (in_quotes && i + 1 == line->len && c == '"');
        copy[i] = bar ? ' ' : line->text[i];
        found |= bar;
    }
    if (found)
        import_text_split(bare, copy, line->len);
    return found && bare->n;
}

/* The next of several rows that semicolons join. */
static bool next_piece(const struct import_line *line, size_t *at, struct import_line *piece)
{
    if (*at >= line->len)
        return false;
    const char *end = memchr(line->text + *at, ';', line->len - *at);
    size_t len = end ? (size_t)(end - line->text) - *at : line->len - *at;
    import_text_split(piece, line->text + *at, len);
    *at += len + 1;
    return true;
}

/* Does each piece begin as a row does? A name of a process may have a semicolon, too. */
static bool is_joined(const struct import_line *line)
{
    struct import_line piece;
    unsigned rows = 0;

    for (size_t at = 0; next_piece(line, &at, &piece);) {
        if (piece.n && !begins_row(&piece.field[0]))
            return false;
        rows += piece.n > 0;
    }
    return rows > 0;
}

/* Rows that follow each other in one line. Where one of them cannot be read, the line is said to be
 * unreadable. */
static enum import_verdict ask_joined(struct import_reader *r, const struct import_line *line)
{
    enum import_verdict all = IMPORT_ROW;
    struct import_line piece;

    for (size_t at = 0; next_piece(line, &at, &piece);) {
        enum import_verdict v = piece.n ? ask(r, &piece) : IMPORT_ROW;
        if (v != IMPORT_ROW && v != IMPORT_PROTOCOL)
            all = IMPORT_BROKEN;
    }
    return all;
}

/* Ask about the line from a field on, then from each place within the field where a row may begin;
 * of the first field only these. Only what is certain behind something counts: a row, another
 * protocol, a heading. `*from` is where it begins. */
static enum import_verdict ask_field(struct import_reader *r, const struct import_line *line,
                                     unsigned field, const char **from)
{
    const struct import_field *f = &line->field[field];
    size_t at = field ? 0 : glued_at(f, 0);
    bool more = field || at;

    for (; more; at = glued_at(f, at), more = at > 0) {
        struct import_line rest;
        *from = f->at + at;
        import_text_split(&rest, *from, line->len - (size_t)(*from - line->text));
        rest.indented = line->indented;
        const enum import_verdict v = ask(r, &rest);
        const bool named = names_row(&rest.field[0]);
        if (v == IMPORT_ROW || v == IMPORT_PROTOCOL || v == IMPORT_HEADING ||
            (v == IMPORT_BEGUN && named) || (v == IMPORT_BROKEN && named && at))
            return v;
    }
    return IMPORT_NOT_MINE;
}

/* Has what is left of the line from a field on enough for a row, or is it of CSV? */
static bool is_enough(const struct import_line *line, unsigned field)
{
    const char *from = line->field[field].at;
    const size_t len = line->len - (size_t)(from - line->text);

    return field + 2 < line->n || memchr(from, ',', len) || memchr(from, ';', len);
}

/* What stands around tables is taken away step by step: bars and quotation marks, then one field
 * after the other, and what is glued to a field. `*from` is where the row begins in the line, NULL
 * when that is in a changed copy. */
static enum import_verdict ask_bare(struct import_reader *r, const struct import_line *line,
                                    const char **from)
{
    char copy[BEGUN_MAX];
    struct import_line bare;
    const bool changed = without_bars(line, copy, &bare);

    if (changed) {
        enum import_verdict v = ask(r, &bare);
        if (!is_nothing(v) && v != IMPORT_BEGUN)
            return v;
        line = &bare;
    }
    for (unsigned drop = 0; drop <= DROPPED_MOST && drop < line->n && is_enough(line, drop);
         drop++) {
        if (drop && isalpha((unsigned char)*line->field[drop - 1].at) &&
            begins_row(&line->field[drop - 1]))
            break; /* that is where the row begins, and it cannot be read */
        enum import_verdict v = ask_field(r, line, drop, from);
        if (v != IMPORT_NOT_MINE) {
            *from = changed || v == IMPORT_BROKEN ? NULL : *from;
            return v;
        }
    }
    *from = NULL;
    return IMPORT_NOT_MINE;
}

static void count(struct import_reader *r, enum import_verdict v, const struct import_line *line)
{
    struct import *i = r->report;
    enum import_skipped_for why = IMPORT_SKIPPED_TEXT;

    switch (v) {
    case IMPORT_ROW:
        i->rows++;
        break;
    case IMPORT_CONTINUED:
        i->continued++;
        break;
    case IMPORT_HEADING:
        r->has_table = true;
        i->headings++;
        keep_row(r);
        r->failed |= import_repeats_heading(&r->repeats, line, &r->rows->sample, i->rows) != 0;
        break;
    case IMPORT_TITLE:
        i->headings++;
        break;
    case IMPORT_PROTOCOL:
        import_skip(i, r->line, IMPORT_SKIPPED_PROTOCOL);
        break;
    case IMPORT_NOTE:
        import_skip(i, r->line, IMPORT_SKIPPED_NOTE);
        break;
    case IMPORT_BROKEN:
        import_skip(i, r->line, IMPORT_SKIPPED_UNREADABLE);
        break;
    case IMPORT_NOT_MINE:
    case IMPORT_BEGUN:
        if (!import_text_is_known(line, &why))
            why = IMPORT_SKIPPED_TEXT;
        import_skip(i, r->line, why);
        break;
    }
    r->last = v;
}

/* The lines of a row that never came to its end. */
static void give_up_begun(struct import_reader *r)
{
    for (uint32_t i = 0; i < r->begun_lines; i++)
        import_skip(r->report, r->begun_from + i, IMPORT_SKIPPED_UNREADABLE);
    r->begun_lines = 0;
    str_clear(&r->begun);
}

/* What the row that has begun and the line are together. */
static enum import_verdict ask_together(struct import_reader *r, const struct import_line *line,
                                        const char *between, struct str *joined)
{
    struct import_line whole;

    str_clear(joined);
    str_add(joined, str_text(&r->begun));
    str_add(joined, between);
    str_add_bytes(joined, line->text, line->len);
    import_text_split(&whole, str_text(joined), joined->len);
    return str_failed(joined) || !r->format ? IMPORT_NOT_MINE
                                            : ask_one(r, place_of(r->format), &whole);
}

/* Does the line end the row that has begun, or go on with it? Then all of its lines are counted. A
 * terminal may have broken it within a field. */
static bool end_begun(struct import_reader *r, const struct import_line *line)
{
    struct str joined = STR_INIT;
    enum import_verdict v = ask_together(r, line, " ", &joined);

    if (v != IMPORT_ROW && v != IMPORT_BEGUN && !line->indented)
        v = ask_together(r, line, "", &joined);
    if (v == IMPORT_BEGUN && r->begun_lines < BEGUN_LINES && joined.len < BEGUN_MAX) {
        str_clear(&r->begun);
        str_add(&r->begun, str_text(&joined));
        r->begun_lines++;
        str_fini(&joined);
        return true;
    }
    str_fini(&joined);
    if (v != IMPORT_ROW)
        return false;
    r->report->rows++;
    r->report->continued += r->begun_lines;
    r->last = IMPORT_ROW;
    r->begun_lines = 0;
    str_clear(&r->begun);
    return true;
}

/* Does the text end at the edge of a terminal? */
static bool is_full(const char *text, size_t len)
{
    unsigned bits = 0;

    if (len < IMPORT_EDGE || len > 4 * IMPORT_EDGE)
        return false;
    for (size_t i = 0; i < len; i++)
        bits |= (unsigned char)text[i];
    return bits < 0x80 ? len == IMPORT_EDGE : utf8_width_n(text, len) == IMPORT_EDGE;
}

static void begin(struct import_reader *r, const struct import_line *line)
{
    str_clear(&r->begun);
    str_add_bytes(&r->begun, line->text, line->len);
    r->begun_from = r->line;
    r->begun_lines = 1;
}

/* The names of columns, or the first of a list, behind what may stand before each line. */
static enum import_verdict ask_heading(struct import_reader *r, const struct import_line *line,
                                       const char **from)
{
    struct import_line rest;

    for (size_t at = 0; (at = import_prefix_names(line, at + 1)) < line->len;) {
        import_text_split(&rest, line->text + at, line->len - at);
        enum import_verdict v = ask(r, &rest);
        if (is_nothing(v) || v == IMPORT_BEGUN)
            continue;
        if (v == IMPORT_HEADING || v == IMPORT_CONTINUED)
            *from = line->text + at;
        return v;
    }
    return IMPORT_NOT_MINE;
}

/* What the line is, whatever stands around it. `*from`: where in it what is understood begins, when
 * something stands before it that may stand before other lines, too; else NULL. */
static enum import_verdict ask_any(struct import_reader *r, const struct import_line *line,
                                   const char **from)
{
    enum import_verdict v;

    *from = NULL;
    if (memchr(line->text, ';', line->len) && is_joined(line))
        return ask_joined(r, line);
    v = ask(r, line);
    if (!is_nothing(v))
        return v;
    enum import_verdict bare = ask_bare(r, line, from);
    if (bare != IMPORT_NOT_MINE)
        return bare;
    return v == IMPORT_NOT_MINE ? ask_heading(r, line, from) : v;
}

static void take_line(struct import_reader *r, const char *text, size_t len)
{
    len -= len && text[len - 1] == '\r';
    const size_t before = import_prefix_len(&r->prefix, text, len);
    const char *from;
    struct import_line line;
    enum import_verdict v;

    import_text_split(&line, text + before, len - before);
    if (line.n == 0) {
        r->report->blank++;
        return;
    }
    /* the edge may have been there before something was put before the lines, or behind it */
    r->full =
        !r->begun_lines && (is_full(text, len) || (before && is_full(text + before, len - before)));
    r->blank_end = line.text + line.len < text + len;
    if (r->begun_lines && end_begun(r, &line))
        return;
    if (r->begun_lines)
        give_up_begun(r);
    v = ask_any(r, &line, &from);
    if (before && is_nothing(v)) { /* it may only begin as those that have something before them */
        struct import_line whole;
        import_text_split(&whole, text, len);
        enum import_verdict other = ask_any(r, &whole, &from);
        v = is_nothing(other) ? v : other;
    } else if (!before && from) {
        import_prefix_learn(&r->prefix, text, (size_t)(from - text));
    } else if (!before && v == IMPORT_HEADING) {
        r->prefix.shape[0] = '\0';
    }
    if (v == IMPORT_BEGUN && from)
        import_text_split(&line, from, len - (size_t)(from - text));
    if (v == IMPORT_BEGUN && line.len < BEGUN_MAX)
        begin(r, &line);
    else
        count(r, v, &line);
}

void import_reader_line(struct import_reader *r, const char *bytes, size_t len)
{
    static _Thread_local char copy[IMPORT_LINE_MAX];
    struct str converted = STR_INIT;

    r->line++;
    r->report->lines++;
    if (len >= IMPORT_LINE_MAX) {
        import_skip(r->report, r->line, IMPORT_SKIPPED_LONG);
        return;
    }
    bytes = import_plain_escapes(copy, bytes, &len);
    if (import_encoding_is_utf8(bytes, len)) {
        bytes = import_plain_text(copy, bytes, &len);
        take_line(r, bytes, len);
    } else if (import_encoding_line(r->page, r->report->no_converter, bytes, len, &converted) &&
               !str_failed(&converted)) {
        take_line(r, str_text(&converted), converted.len);
    } else {
        take_line(r, bytes, len);
    }
    str_fini(&converted);
}

int import_reader_file(struct import_reader *r, const char *name)
{
    if (r->begun_lines)
        give_up_begun(r);
    r->line = 0;
    r->format = NULL;
    return import_add_file(r->report, name);
}

/* The end --------------------------------------------------------------------------------------
 */

/* Decide what the whole text has told of each row. */
static void decide(struct import_reader *r, struct conn *c, bool all_cookies)
{
    unsigned open = c->unknown & IMPORT_UNDECIDED_BITS;

    c->unknown &= (uint16_t)~IMPORT_UNDECIDED_BITS;
    for (unsigned f = 0; f < IMPORT_FORMAT_COUNT && open; f++)
        if (import_reader_formats[f]->decide)
            import_reader_formats[f]->decide(r->memories[f], c, open);
    if (open & IMPORT_CUT_LOCAL && !r->wide)
        import_text_cut(c, false);
    if (open & IMPORT_CUT_REMOTE && !r->wide)
        import_text_cut(c, true);
    if (open & IMPORT_HAS_COOKIE && all_cookies)
        c->flags &= (uint8_t)~CONN_NO_COOKIE;
    else if (open & IMPORT_HAS_COOKIE)
        c->cookie = 0;
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static int compare_holds(const void *a, const void *b)
{
    const struct import_hold *x = a, *y = b;

    if (x->process != y->process)
        return x->process < y->process ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

/* Give each row without an inode one of its own that no row of the text has. Returns 0 or -ENOMEM.
 */
static int number_rows(struct sample *s)
{
    struct u32_list known = {.n = 0};
    uint32_t next = 1, at = 0;

    for (uint32_t row = 0; row < s->n_live; row++)
        if (!(s->conn[row].unknown & CONN_UNKNOWN_INODE) && s->conn[row].inode &&
            array_u32_add(&known, s->conn[row].inode)) {
            array_u32_fini(&known);
            return -ENOMEM;
        }
    if (known.n)
        qsort(known.at, known.n, sizeof *known.at, compare_numbers);
    for (uint32_t row = 0; row < s->n_live; row++) {
        struct conn *c = &s->conn[row];
        if (!(c->unknown & CONN_UNKNOWN_INODE) || !c->inode)
            continue;
        while (at < known.n && known.at[at] <= next)
            next += known.at[at++] == next;
        c->inode = next++;
    }
    array_u32_fini(&known);
    return 0;
}

/* Who holds which inode becomes an index. Returns 0 or -ENOMEM. */
static int index_owners(struct import_reader *r)
{
    struct owner_changes changes = {.n = 0};
    struct sample *s = &r->rows->sample;
    struct u32_list inodes = {.n = 0};
    int rc = 0;

    if (r->n_holds)
        qsort(r->holds, r->n_holds, sizeof *r->holds, compare_holds);
    for (uint32_t i = 0; i < r->n_holds && !rc;) {
        const struct import_holder *h = &r->process[r->holds[i].process];
        const struct owner_facts facts = {h->pid, h->uid, 0, h->name, "", h->cgroup};
        uint32_t process = r->holds[i].process;
        array_u32_clear(&inodes);
        for (; i < r->n_holds && r->holds[i].process == process; i++)
            if (s->conn[r->holds[i].row].inode)
                rc = rc ? rc : array_u32_add(&inodes, s->conn[r->holds[i].row].inode);
        struct owner *owner = rc ? NULL : owner_new(&facts);
        rc = owner ? owner_changes_put(&changes, owner, inodes.at, inodes.n) : -ENOMEM;
        owner_unref(owner);
    }
    array_u32_fini(&inodes);
    if (!rc)
        rc = owner_lookup_update(r->owners, &changes, OWNER_ALL);
    owner_changes_fini(&changes);
    return rc;
}

static void name_formats(struct import_reader *r)
{
    struct import *i = r->report;

    for (unsigned f = 0; f < r->n_seen; f++) {
        const struct import_format *format = import_reader_formats[r->seen[f]];
        size_t tool = strlen(i->tool), system = strlen(i->system);
        if (!strstr(i->tool, format->tool))
            snprintf(i->tool + tool, sizeof i->tool - tool, "%s%s", tool ? ", " : "", format->tool);
        const char *name =
            format->system_of ? format->system_of(r->memories[r->seen[f]]) : format->system;
        if (!strstr(i->system, name))
            snprintf(i->system + system, sizeof i->system - system, "%s%s", system ? ", " : "",
                     name);
    }
}

int import_reader_end(struct import_reader *r)
{
    struct sample *s = &r->rows->sample;
    bool all_cookies = true;

    if (r->begun_lines)
        give_up_begun(r);
    keep_row(r);
    for (uint32_t row = 0; row < s->n_live; row++)
        all_cookies = all_cookies && s->conn[row].unknown & IMPORT_HAS_COOKIE;
    for (uint32_t row = 0; row < s->n_live; row++)
        decide(r, &s->conn[row], all_cookies);
    for (uint32_t row = 0; row < s->n_live; row++)
        for (int remote = 0; remote < 2; remote++) {
            char address[CONN_ADDRESS_SIZE];
            const char *cut = conn_address(&s->conn[row], remote, address);
            size_t len = strlen(cut);
            bool marked = len > 3 && strcmp(cut + len - 3, "…") == 0;
            cut = conn_port_text(&s->conn[row], remote);
            len = strlen(cut);
            r->report->cut += marked || (len >= 3 && strcmp(cut + len - 3, "…") == 0);
        }
    name_formats(r);
    int rc = number_rows(s);
    if (!rc && (r->n_holds || r->by_user.n)) {
        s->needs |= NEED_OWNER | NEED_USER;
        rc = index_owners(r);
    }
    return rc || r->failed ? -ENOMEM : 0;
}
