/* SPDX-License-Identifier: MIT */
/* Get-NetTCPConnection of PowerShell, as the table that it prints (also of chosen columns) and as
 * Export-Csv writes it: the heading tells where the columns are, and a table without one is not
 * read. Format-List prints each column in a line of its own instead, "Name : value". */
#include <ctype.h>
#include <string.h>
#include <sys/socket.h>

#include "import_reader.h"
#include "tcptop/model/state.h"

enum column { LOCAL_ADDRESS, LOCAL_PORT, REMOTE_ADDRESS, REMOTE_PORT, STATE, PID, COLUMNS };

struct list {
    char value[COLUMNS][IMPORT_NAME]; /* of the connection whose lines are read */
    uint8_t seen;                     /* which of them are there */
    bool is_row;                      /* its ends were, so it is one */
};

struct powershell_memory {
    uint8_t column[COLUMNS]; /* places of the columns, from 1 */
    char separator;          /* of CSV; 0: a table */
    struct list list;
};

static const char *const titles[COLUMNS] = {"LocalAddress", "LocalPort", "RemoteAddress",
                                            "RemotePort",   "State",     "OwningProcess"};

/* The fields of a line of CSV, without their quotation marks. */
static void split_csv(const struct import_line *line, char separator, struct import_line *out)
{
    *out = (struct import_line){.text = line->text, .len = line->len};
    for (size_t at = 0; at < line->len && out->n < IMPORT_FIELDS; at++) {
        const char *end = memchr(line->text + at, separator, line->len - at);
        size_t stop = end ? (size_t)(end - line->text) : line->len;
        struct import_field f = {line->text + at, stop - at};
        if (stop == line->len && f.len && f.at[0] == '"' && (f.len == 1 || f.at[f.len - 1] != '"'))
            break; /* its end is cut off */
        while (f.len && strchr("\" \t", f.at[0]) && f.at[0])
            f.at++, f.len--;
        while (f.len && strchr("\" \t", f.at[f.len - 1]) && f.at[f.len - 1])
            f.len--;
        out->field[out->n++] = f;
        at = stop;
    }
}

/* Is it a word of letters, as the names of all columns are? What else stands before a heading, is
 * before each row, too. */
static bool is_name(const struct import_field *f)
{
    for (size_t i = 0; i < f->len; i++)
        if (!isalpha((unsigned char)f->at[i]))
            return false;
    return f->len > 0;
}

/* Is it the heading? Then where its columns are. */
static bool learn_columns(struct import_reader *r, const struct import_line *line, char separator)
{
    struct powershell_memory *m = r->memory;
    uint8_t place[COLUMNS] = {0};
    unsigned found = 0;

    for (unsigned i = 0; i < line->n && i < UINT8_MAX; i++)
        for (unsigned c = 0; c < COLUMNS; c++)
            if (import_text_is_caseless(&line->field[i], titles[c]) && !place[c]) {
                place[c] = (uint8_t)(i + 1);
                found++;
            } else if (!found && !is_name(&line->field[i])) {
                return false;
            }
    if (found < 3 || !place[LOCAL_ADDRESS] || !place[LOCAL_PORT])
        return false;
    memcpy(m->column, place, sizeof place);
    m->separator = separator;
    return true;
}

static bool is_rule(const struct import_line *line)
{
    for (size_t i = 0; i < line->len; i++)
        if (line->text[i] != '-' && line->text[i] != ' ')
            return false;
    return line->n >= 3;
}

/* A column of the row. AppliedSetting may be empty, which moves what is behind it to the left, so
 * OwningProcess is the number at the end. */
static const struct import_field *column_of(const struct import_reader *r,
                                            const struct import_line *line, enum column column)
{
    const struct powershell_memory *m = r->memory;
    const uint8_t place = m->column[column];

    if (!place)
        return NULL;
    if (column == PID && !m->separator)
        return line->n > 4 ? &line->field[line->n - 1] : NULL;
    return place <= line->n ? &line->field[place - 1] : NULL;
}

static bool read_end(const struct import_field *address, const struct import_field *port,
                     struct import_end *end)
{
    struct import_field whole = *address;
    uint64_t n = 0;
    bool cut = false;

    *end = (struct import_end){.port_known = true};
    if (whole.len > 3 && memcmp(whole.at + whole.len - 3, "...", 3) == 0)
        cut = true, whole.len -= 3;
    else if (whole.len > 3 && memcmp(whole.at + whole.len - 3, "…", 3) == 0)
        cut = true, whole.len -= 3;
    if (port && !import_text_number(port, UINT16_MAX, &n))
        return false;
    end->port = (uint16_t)n;
    end->port_known = port != NULL;
    return import_text_address(whole.at, whole.len, cut, end);
}

static enum import_verdict read_row(struct import_reader *r, const struct import_line *line)
{
    const struct import_field *address = column_of(r, line, LOCAL_ADDRESS);
    const struct import_field *port = column_of(r, line, LOCAL_PORT);
    const struct import_field *state = column_of(r, line, STATE), *pid = column_of(r, line, PID);
    const struct powershell_memory *m = r->memory;
    struct import_end local, remote = {.any = true};
    struct conn *c = &r->next->conn;
    uint64_t n;

    if (!address || !port || !read_end(address, port, &local))
        return IMPORT_NOT_MINE;
    address = column_of(r, line, REMOTE_ADDRESS);
    if (address && !read_end(address, column_of(r, line, REMOTE_PORT), &remote))
        return IMPORT_BROKEN;
    if (!address && m->column[REMOTE_ADDRESS])
        import_cut_missing(&remote);
    unsigned s = state ? import_text_state(state) : 0;
    if (state && !s)
        return IMPORT_BROKEN;
    r->next->cut = remote.missing || (!state && m->column[STATE]) || (!pid && m->column[PID]);
    import_text_set_ends(r, c, 0, &local, &remote);
    if (s)
        import_text_set_state(c, s);
    if (pid && import_text_number(pid, UINT32_MAX, &n)) {
        if (n)
            import_text_process(r->next, (uint32_t)n, "", 0);
        r->next->nobody = n == 0;
    }
    return IMPORT_ROW;
}

/* Lists ---------------------------------------------------------------------------------------- */

/* "Name : value", which may be empty. */
static bool split_item(const struct import_line *line, struct import_field *name,
                       struct import_field *value)
{
    if (line->n < 2)
        return false;
    *name = line->field[0];
    const struct import_field *colon = &line->field[1];
    if (colon->len != 1 || *colon->at != ':')
        return false;
    *value = line->n > 2 ? line->field[2] : (struct import_field){colon->at + 1, 0};
    return true;
}

static struct import_field listed(const struct list *l, enum column column)
{
    return (struct import_field){l->value[column], strlen(l->value[column])};
}

static void set_listed_state(struct conn *c, const struct list *l)
{
    const struct import_field f = listed(l, STATE);
    const unsigned state = l->seen >> STATE
    &1 ? import_text_state(&f) : 0;

    if (state)
        import_text_set_state(c, state);
}

static void set_listed_pid(struct import_row *row, const struct list *l)
{
    const struct import_field f = listed(l, PID);
    uint64_t n;

    if (!(l->seen >> PID & 1) || !import_text_number(&f, UINT32_MAX, &n))
        return;
    if (n)
        import_text_process(row, (uint32_t)n, "", 0);
    row->nobody = n == 0;
}

/* Both ends are there: it becomes a row. */
static enum import_verdict begin_listed(struct import_reader *r)
{
    struct list *l = &((struct powershell_memory *)r->memory)->list;
    const struct import_field address[2] = {listed(l, LOCAL_ADDRESS), listed(l, REMOTE_ADDRESS)};
    const struct import_field port[2] = {listed(l, LOCAL_PORT), listed(l, REMOTE_PORT)};
    struct import_end local, remote;

    if (!read_end(&address[0], &port[0], &local) || !read_end(&address[1], &port[1], &remote)) {
        l->seen = 0; /* what follows belongs to nothing */
        return IMPORT_BROKEN;
    }
    l->is_row = true;
    import_text_set_ends(r, &r->next->conn, 0, &local, &remote);
    set_listed_state(&r->next->conn, l);
    set_listed_pid(r->next, l);
    return IMPORT_ROW;
}

/* What comes behind the ends belongs to the row. */
static void go_on_listed(struct import_row *row, const struct list *l, enum column column)
{
    if (column == STATE)
        set_listed_state(&row->conn, l);
    else if (column == PID)
        set_listed_pid(row, l);
}

static enum import_verdict read_item(struct import_reader *r, const struct import_line *line)
{
    static const uint8_t ends =
        1 << LOCAL_ADDRESS | 1 << LOCAL_PORT | 1 << REMOTE_ADDRESS | 1 << REMOTE_PORT;
    struct list *l = &((struct powershell_memory *)r->memory)->list;
    struct import_field name, value;
    unsigned column = 0;

    if (!split_item(line, &name, &value))
        return IMPORT_NOT_MINE;
    while (column < COLUMNS && !import_text_is(&name, titles[column]))
        column++;
    const bool goes_on = r->format == &import_powershell && l->seen;
    if (column == COLUMNS)
        return goes_on ? IMPORT_CONTINUED : IMPORT_NOT_MINE;
    if (!goes_on && column != LOCAL_ADDRESS && (column != STATE || !import_text_state(&value)))
        return IMPORT_NOT_MINE;
    if (!goes_on || l->seen >> column & 1) /* the next connection */
        *l = (struct list){.seen = 0};
    l->seen |= (uint8_t)(1 << column);
    import_text_copy(l->value[column], sizeof l->value[column], value.at, value.len);
    if (l->is_row)
        go_on_listed(r->row, l, (enum column)column);
    return !l->is_row && (l->seen & ends) == ends ? begin_listed(r) : IMPORT_CONTINUED;
}

/* In German CSV has semicolons. */
static enum import_verdict read_csv(struct import_reader *r, const struct import_line *line,
                                    char separator)
{
    const struct powershell_memory *m = r->memory;
    struct import_line csv;

    if (!memchr(line->text, separator, line->len))
        return IMPORT_NOT_MINE;
    split_csv(line, separator, &csv);
    if (learn_columns(r, &csv, separator))
        return IMPORT_HEADING;
    return r->format == &import_powershell && m->separator == separator ? read_row(r, &csv)
                                                                        : IMPORT_NOT_MINE;
}

static enum import_verdict powershell_read(struct import_reader *r, const struct import_line *line)
{
    const struct powershell_memory *m = r->memory;
    bool mine = r->format == &import_powershell;
    enum import_verdict v = IMPORT_NOT_MINE;

    if (learn_columns(r, line, '\0'))
        return IMPORT_HEADING;
    for (const char *separator = ",;"; *separator && v == IMPORT_NOT_MINE; separator++)
        v = read_csv(r, line, *separator);
    if (v == IMPORT_NOT_MINE)
        v = read_item(r, line);
    if (v != IMPORT_NOT_MINE)
        return v;
    if (!mine || m->separator)
        return import_text_starts(line->text, line->len, "#TYPE ") ? IMPORT_HEADING
                                                                   : IMPORT_NOT_MINE;
    return is_rule(line) ? IMPORT_HEADING : read_row(r, line);
}

static const char *const names[] = {"LocalAddress", "\"LocalAddress\"", NULL};

const struct import_format import_powershell = {.tool = "Get-NetTCPConnection",
                                                .system = "Windows",
                                                .names = names,
                                                .memory = sizeof(struct powershell_memory),
                                                .read = powershell_read};
