/* SPDX-License-Identifier: MIT */
/* Rows under titles, as ss and netstat print them: every column as wide as its widest cell. All
 * cells are formatted once into memory, then laid out. */
#include <errno.h>
#include <stdlib.h>

#include "print.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/str.h"
#include "tcptop/base/utf8.h"

#define COLUMN_GAP 1

#define CELL_MAX 160 /* bytes; longer ones are cut: no address or number comes near */
_Static_assert(APPEND_MAX > COLUMN_GAP + 2 * CELL_MAX + 2 * ESCAPE_SIZE + 32, "a cell fits");

struct text_cell {
    uint8_t bytes, columns;
};

struct sheet {
    const struct print *p;
    size_t n_columns;
    struct str text;         /* all cells, row by row */
    struct text_cell *cells; /* the same; owned */
    size_t n_cells;
    int width[COL_COUNT];
    bool right[COL_COUNT];
};

/* Whether all bytes are ASCII, looked at eight at a time. */
static bool is_ascii(const char *text, size_t len)
{
    uint64_t all = 0, word;
    size_t i = 0;
    for (; i + sizeof(word) <= len; i += sizeof(word)) {
        memcpy(&word, text + i, sizeof(word));
        all |= word;
    }
    for (; i < len; i++) {
        all |= (unsigned char)text[i];
    }
    return (all & UINT64_C(0x8080808080808080)) == 0;
}

/* The end of the last whole character before `end`. */
static size_t character_before(const char *text, size_t end)
{
    while (end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80) {
        end--;
    }
    return end;
}

static void add_cell(struct sheet *sheet, size_t column, uint32_t row)
{
    const struct print *p = sheet->p;
    size_t start = sheet->text.len;
    column_format_whole(p->columns[column], p->sample, row, &sheet->text);
    const char *text = str_text(&sheet->text) + start;
    size_t len = sheet->text.len - start;
    if (p->ascii && len == sizeof(FMT_NONE) - 1 && memcmp(text, FMT_NONE, len) == 0) {
        str_truncate(&sheet->text, start);
        str_add_char(&sheet->text, '-');
        text = str_text(&sheet->text) + start;
        len = 1;
    }
    if (len > CELL_MAX) {
        len = character_before(text, CELL_MAX);
        str_truncate(&sheet->text, start + len);
    }
    int wide = is_ascii(text, len) ? (int)len : utf8_width_n(text, len);
    sheet->cells[sheet->n_cells++] = (struct text_cell){(uint8_t)len, (uint8_t)wide};
    if (wide > sheet->width[column]) {
        sheet->width[column] = wide;
    }
}

/* Copying SHORT bytes takes two instructions, copying the right number takes a call: where that
 * many may be read and written, what is too much is overwritten by what follows. */
#define SHORT 32

static char *put_blanks(char *p, int count)
{
    if (count <= SHORT) {
        memcpy(p, "                                ", SHORT);
    } else {
        memset(p, ' ', (size_t)count);
    }
    return p + count;
}

static char *put_cell(char *p, const char *text, size_t len)
{
    memcpy(p, text, len <= SHORT ? SHORT : CELL_MAX);
    return p + len;
}

/* One cell; a left-aligned last one is not followed by blanks. */
static void print_cell(struct sink *out, const struct sheet *sheet, size_t column, const char *text,
                       struct text_cell cell, const char *color)
{
    int free_columns = sheet->width[column] - cell.columns;
    int gap = column > 0 ? COLUMN_GAP : 0;
    bool last = column + 1 == sheet->n_columns;
    char *p = sink_room(out);
    p = put_blanks(p, sheet->right[column] ? gap + free_columns : gap);
    if (color) {
        p = put_bytes(p, color, strlen(color));
    }
    p = put_cell(p, text, cell.bytes);
    if (color) {
        p = put_bytes(p, ESCAPE_RESET, sizeof(ESCAPE_RESET) - 1);
    }
    if (!sheet->right[column] && !last) {
        p = put_blanks(p, free_columns);
    }
    sink_took(out, p);
}

static void print_head(struct sink *out, const struct sheet *sheet)
{
    const struct print *p = sheet->p;
    char color[ESCAPE_SIZE];
    for (size_t i = 0; i < sheet->n_columns; i++) {
        const char *title = text(columns[p->columns[i]].title);
        char padded[CELL_MAX] = "";
        struct text_cell cell = {(uint8_t)strlen(title), (uint8_t)utf8_width(title)};
        memcpy(padded, title, cell.bytes);
        print_cell(out, sheet, i, padded, cell,
                   p->color ? print_escape(color, p->theme, ROLE_TITLE) : NULL);
    }
    sink_add(out, "\n");
}

static void print_rows(struct sink *out, const struct sheet *sheet)
{
    const struct print *p = sheet->p;
    char buffers[TCP_STATE_COUNT][ESCAPE_SIZE];
    const char *colors[TCP_STATE_COUNT] = {NULL};
    for (unsigned state = 0; p->color && state < TCP_STATE_COUNT; state++) {
        colors[state] = print_escape(buffers[state], p->theme, column_state_role(state));
    }
    const char *at = str_text(&sheet->text);
    const struct text_cell *cell = sheet->cells;
    for (uint32_t i = 0; i < p->rows->n && out->error == 0; i++) {
        uint32_t row = p->rows->row[i];
        if (sample_row_kind(p->sample, row) != ROW_LIVE) {
            continue;
        }
        const char *state_color =
            p->color ? colors[p->sample->conn[row].state % TCP_STATE_COUNT] : NULL;
        for (size_t column = 0; column < sheet->n_columns; column++, cell++) {
            const char *color = p->columns[column] == COL_STATE ? state_color : NULL;
            print_cell(out, sheet, column, at, *cell, color);
            at += cell->bytes;
        }
        sink_add_bytes(out, "\n", 1);
    }
}

static int fill_sheet(struct sheet *sheet)
{
    const struct print *p = sheet->p;
    size_t most = (size_t)p->rows->n * sheet->n_columns;
    sheet->cells = malloc((most ? most : 1) * sizeof(*sheet->cells));
    if (!sheet->cells) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < sheet->n_columns; i++) {
        const struct column *column = &columns[p->columns[i]];
        sheet->width[i] = utf8_width(text(column->title));
        sheet->right[i] = column->align == ALIGN_RIGHT;
    }
    for (uint32_t i = 0; i < p->rows->n; i++) {
        uint32_t row = p->rows->row[i];
        print_prefetch(p, i);
        if (sample_row_kind(p->sample, row) == ROW_LIVE) {
            for (size_t column = 0; column < sheet->n_columns; column++) {
                add_cell(sheet, column, row);
            }
        }
    }
    str_add_many(&sheet->text, '\0', CELL_MAX); /* see put_cell() */
    return str_failed(&sheet->text) ? -ENOMEM : 0;
}

static void print_table(struct sink *out, const struct print *p)
{
    struct sheet sheet = {.p = p};
    sheet.n_columns = p->n_columns < COL_COUNT ? p->n_columns : COL_COUNT;
    int rc = fill_sheet(&sheet);
    if (rc != 0) {
        out->error = out->error ? out->error : rc;
    } else {
        if (p->head) {
            print_head(out, &sheet);
        }
        print_rows(out, &sheet);
    }
    free(sheet.cells);
    str_fini(&sheet.text);
}

/* Blanks that make `text` as wide as `wanted` columns. */
static void add_padding(struct sink *out, const char *text, int wanted)
{
    int width = utf8_width(text);
    sink_add_many(out, ' ', width < wanted ? (size_t)(wanted - width) : 0);
}

/* Whose counts, and of when, as far as it is known. */
static void print_origin(struct sink *out, const struct sample *s)
{
    char clock[FMT_SIZE] = "";
    if (s->wall_ns != 0) {
        fmt_clock(clock, sizeof(clock), s->wall_ns);
    }
    if (s->host.name[0] || clock[0]) {
        sink_addf(out, "%s%s%s\n", s->host.name, s->host.name[0] && clock[0] ? "  " : "", clock);
    }
}

/* Counts for a person: whose, of when, state by state. */
static void print_summary(struct sink *out, const struct print *p)
{
    enum { NAME_COLUMNS = 14, COUNT_COLUMNS = 10 };
    const struct sample *s = p->sample;
    struct counts counts = print_counts_of(p);
    const char *none = p->ascii ? "-" : FMT_NONE;
    print_origin(out, s);
    for (int i = 0;; i++) {
        unsigned state = print_counts_state(i);
        bool measured = state ? counts.measured & STATE_BIT(state) : counts.measured != 0;
        if (state == TCP_STATE_BOUND_INACTIVE && !measured) {
            continue;
        }
        bool hidden = p->owners_hidden && p->filter && p->filter->needs & NEED_OWNER;
        bool lower_bound = !state && s->status != SAMPLE_FAILED && (hidden || !sample_is_whole(s));
        const char *name = state         ? state_name(state)
                           : lower_bound ? text(MSG_SUMMARY_AT_LEAST)
                                         : text(MSG_SUMMARY_TOTAL);
        char count[FMT_SIZE];
        fmt_count(count, sizeof(count), state ? counts.state[state] : counts.total);
        const char *shown = measured ? count : none;
        sink_add(out, name);
        add_padding(out, name, NAME_COLUMNS);
        add_padding(out, shown, COUNT_COLUMNS);
        sink_add(out, shown);
        sink_add(out, "\n");
        if (!state) {
            return;
        }
    }
}

void text_print(struct sink *out, const struct print *p)
{
    if (p->summary) {
        print_summary(out, p);
    } else if (p->groups) {
        group_print_text(out, p);
    } else {
        print_table(out, p);
    }
}
