/* SPDX-License-Identifier: MIT */
/* netstat of Solaris and illumos with any of -a -n -v -u -f -P.
 *
 * No protocol stands in a row: the title of its table has it, "TCP: IPv6". A dot stands before the
 * port. Behind two ends come, with -u, who has it; then the windows and queues of both directions,
 * four numbers, and the state, as in the source of illumos. */
#include <ctype.h>
#include <string.h>
#include <sys/socket.h>

#include "import_reader.h"
#include "tcptop/model/state.h"

#define NUMBERS 4

struct netstat_solaris_memory {
    bool other; /* the table is of another protocol */
};

static bool has(const struct import_line *line, const char *word)
{
    return memmem(line->text, line->len, word, strlen(word)) != NULL;
}

static bool is_mine(const struct import_reader *r)
{
    return r->format == &import_netstat_solaris;
}

/* "TCP: IPv4", "UDP: IPv6", "SCTP:". */
static bool is_title(const struct import_line *line)
{
    const struct import_field *f = line->field;
    const bool named = import_text_is(&f[0], "TCP:") || import_text_is(&f[0], "UDP:") ||
                       import_text_is(&f[0], "SCTP:");

    return named &&
           (line->n == 1 || (line->n == 2 && import_text_starts(f[1].at, f[1].len, "IPv")));
}

/* The line of dashes below the names of the columns. */
static bool is_underlined(const struct import_line *line)
{
    for (unsigned i = 0; i < line->n; i++)
        for (size_t k = 0; k < line->field[i].len; k++)
            if (line->field[i].at[k] != '-')
                return false;
    return line->n > 1;
}

static enum import_verdict read_heading(struct import_reader *r, const struct import_line *line)
{
    if (is_title(line)) {
        ((struct netstat_solaris_memory *)r->memory)->other =
            !import_text_is(&line->field[0], "TCP:");
        return IMPORT_TITLE;
    }
    if ((has(line, "Swind") && has(line, "Rwind")) ||
        (is_mine(r) && has(line, "Local Address") && (has(line, "State") || r->full)))
        return IMPORT_HEADING;
    return is_mine(r) && r->last == IMPORT_HEADING && is_underlined(line) ? IMPORT_TITLE
                                                                          : IMPORT_NOT_MINE;
}

static bool ends_with_port(const struct import_field *f)
{
    const char *dot = memrchr(f->at, '.', f->len);

    return dot && dot > f->at && dot + 1 < f->at + f->len;
}

/* Its words for what no other system lists: a socket that is not bound, and one that only is. */
static unsigned state_of(const struct import_field *f)
{
    if (import_text_is(f, "IDLE"))
        return TCP_STATE_CLOSE;
    return import_text_is(f, "BOUND") ? TCP_STATE_BOUND_INACTIVE : import_text_state(f);
}

/* The place of the four numbers, behind which the state stands; 0: there are none. */
static unsigned find_numbers(const struct import_reader *r, const struct import_line *line,
                             uint64_t n[NUMBERS], unsigned *state)
{
    for (unsigned at = 2; at + NUMBERS < line->n; at++) {
        unsigned k = 0;
        while (k < NUMBERS && import_text_number(&line->field[at + k], UINT32_MAX, &n[k]))
            k++;
        const struct import_field *word = &line->field[at + NUMBERS];
        *state = import_cut_is(r, line, at + NUMBERS) ? import_cut_state(word) : state_of(word);
        if (k == NUMBERS && *state)
            return at;
    }
    return 0;
}

/* With -u: user, process id, command. */
static void read_owner(struct import_row *row, const struct import_line *line, unsigned end)
{
    uint64_t pid;

    if (end < 5 || !import_text_number(&line->field[3], INT32_MAX, &pid) || !pid)
        return;
    const char *name = line->field[4].at;
    const struct import_field *last = &line->field[end - 1];
    import_text_process(row, (uint32_t)pid, name, (size_t)(last->at + last->len - name));
    import_text_copy(row->user, sizeof row->user, line->field[2].at, line->field[2].len);
}

/* Do numbers follow two ends, up to the end of the line? */
static bool is_rest(const struct import_line *line)
{
    uint64_t n;

    for (unsigned i = 2; i < line->n; i++)
        if (!import_text_number(&line->field[i], UINT32_MAX, &n))
            return false;
    return line->n > 2 && ends_with_port(&line->field[1]);
}

/* A row without its state, which is cut off; then nothing but the ends tells what the rest is. */
static enum import_verdict read_cut(struct import_reader *r, const struct import_line *line)
{
    const struct import_field *f = line->field;
    struct import_end local, remote;

    if (!import_text_end(&f[0], '.', false, false, &local))
        return IMPORT_BROKEN;
    if (line->n == 2)
        import_cut_end(&f[1], '.', &remote);
    else if (!ends_with_port(&f[1]) || !import_text_end(&f[1], '.', false, false, &remote))
        return IMPORT_BROKEN;
    r->next->cut = true;
    import_text_set_ends(r, &r->next->conn, 0, &local, &remote);
    return IMPORT_ROW;
}

static enum import_verdict read_row(struct import_reader *r, const struct import_line *line)
{
    const struct import_field *f = line->field;
    struct conn *c = &r->next->conn;
    struct import_end local, remote;
    uint64_t n[NUMBERS];
    unsigned state;
    const unsigned at = find_numbers(r, line, n, &state);

    if (!at && is_mine(r) && line->n > 1 && ends_with_port(&f[0]) && (r->full || is_rest(line)))
        return read_cut(r, line);
    if (!at || !ends_with_port(&f[0]) || !ends_with_port(&f[1]))
        return is_mine(r) && line->n > 4 && ends_with_port(&f[0]) && ends_with_port(&f[1])
                   ? IMPORT_BROKEN
                   : IMPORT_NOT_MINE;
    if (!import_text_end(&f[0], '.', false, false, &local) ||
        !import_text_end(&f[1], '.', false, false, &remote))
        return IMPORT_BROKEN;
    import_text_set_ends(r, c, 0, &local, &remote);
    import_text_set_state(c, state);
    if (state != TCP_STATE_LISTEN) /* of which it is no accept queue */
        import_text_queues(c, n[3], n[1]);
    read_owner(r->next, line, at);
    return IMPORT_ROW;
}

/* "*.111   Idle", in a table of UDP or SCTP. */
static bool is_other(const struct import_reader *r, const struct import_line *line)
{
    const struct netstat_solaris_memory *m = r->memory;

    return is_mine(r) && m->other && line->n > 1 && ends_with_port(&line->field[0]);
}

static enum import_verdict netstat_solaris_read(struct import_reader *r,
                                                const struct import_line *line)
{
    const enum import_verdict v = read_heading(r, line);

    if (v != IMPORT_NOT_MINE)
        return v;
    return is_other(r, line) ? IMPORT_PROTOCOL : read_row(r, line);
}

static const char *const names[] = {"Local", NULL};

const struct import_format import_netstat_solaris = {.tool = "netstat",
                                                     .system = "Solaris",
                                                     .names = names,
                                                     .memory =
                                                         sizeof(struct netstat_solaris_memory),
                                                     .read = netstat_solaris_read};
