/* SPDX-License-Identifier: MIT */
/* Get-NetTCPConnection of PowerShell, as the table that it prints (also of chosen columns) and as
 * Export-Csv writes it. The heading tells where the columns are; a table without one is not read.
 */
#include <string.h>
#include <sys/socket.h>

#include "import_reader.h"
#include "tcptop/model/state.h"

enum column { LOCAL_ADDRESS, LOCAL_PORT, REMOTE_ADDRESS, REMOTE_PORT, STATE, PID, COLUMNS };

static const char *const titles[COLUMNS] = {"LocalAddress", "LocalPort", "RemoteAddress",
                                            "RemotePort",   "State",     "OwningProcess"};

/* The fields of a line of CSV, without their quotation marks. */
static void split_csv(const struct import_line *line, struct import_line *out)
{
    *out = (struct import_line){.text = line->text, .len = line->len};
    for (size_t at = 0; at < line->len && out->n < IMPORT_FIELDS; at++) {
        const char *end = memchr(line->text + at, ',', line->len - at);
        size_t stop = end ? (size_t)(end - line->text) : line->len;
        struct import_field f = {line->text + at, stop - at};
        if (f.len >= 2 && f.at[0] == '"' && f.at[f.len - 1] == '"')
            f.at++, f.len -= 2;
        out->field[out->n++] = f;
        at = stop;
    }
}

/* Is it the heading? Then where its columns are. */
static bool learn_columns(struct import_reader *r, const struct import_line *line, bool csv)
{
    uint8_t place[sizeof r->learnt.shell_column] = {0};
    unsigned found = 0;

    for (unsigned i = 0; i < line->n && i < UINT8_MAX; i++)
        for (unsigned c = 0; c < COLUMNS; c++)
            if (import_text_is_caseless(&line->field[i], titles[c]) && !place[c]) {
                place[c] = (uint8_t)(i + 1);
                found++;
            }
    if (found < 3 || !place[LOCAL_ADDRESS] || !place[LOCAL_PORT])
        return false;
    memcpy(r->learnt.shell_column, place, sizeof place);
    r->learnt.shell_csv = csv;
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
    uint8_t place = r->learnt.shell_column[column];

    if (!place)
        return NULL;
    if (column == PID && !r->learnt.shell_csv)
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
    struct import_end local, remote = {.any = true};
    struct conn *c = &r->next->conn;
    uint64_t n;

    if (!address || !port || !read_end(address, port, &local))
        return IMPORT_NOT_MINE;
    address = column_of(r, line, REMOTE_ADDRESS);
    if (address && !read_end(address, column_of(r, line, REMOTE_PORT), &remote))
        return IMPORT_BROKEN;
    unsigned s = state ? import_text_state(state) : 0;
    if (state && !s)
        return IMPORT_BROKEN;
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

static enum import_verdict powershell_read(struct import_reader *r, const struct import_line *line)
{
    struct import_line csv;
    bool mine = r->format == &import_powershell;

    if (learn_columns(r, line, false))
        return IMPORT_HEADING;
    if (memchr(line->text, ',', line->len)) {
        split_csv(line, &csv);
        if (learn_columns(r, &csv, true))
            return IMPORT_HEADING;
        return mine && r->learnt.shell_csv ? read_row(r, &csv) : IMPORT_NOT_MINE;
    }
    if (!mine || r->learnt.shell_csv)
        return import_text_starts(line->text, line->len, "#TYPE ") ? IMPORT_HEADING
                                                                   : IMPORT_NOT_MINE;
    return is_rule(line) ? IMPORT_HEADING : read_row(r, line);
}

const struct import_format import_powershell = {
    .tool = "Get-NetTCPConnection", .system = "Windows", .read = powershell_read};
