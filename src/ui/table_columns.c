/* SPDX-License-Identifier: MIT */
/* Which columns the table has at a width, and where they stand. The addresses come first; other
 * columns come in by a fixed order while there is room; what is left over goes to Process.
 *
 * Addresses are never cut. Their columns take the smallest steps that hold nine of ten rows of the
 * page; a row that does not fit takes two lines. Where that is too narrow, State takes its short
 * names, then Local Address becomes Port, then the remote address gets a line of its own. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "endpoint_names.h"
#include "group_rows.h"
#include "table_columns.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/utf8.h"
#include "tcptop/query/column.h"

#define INDENT        2 /* of rows below their group */
#define STATE_SHORT_W 7 /* of the title with the sign of the order; the states have two letters */
#define PORT_W        5
#define PORT_DIGITS   5
#define NAMES_W       31 /* what names get at most: longer ones are cut */

int table_columns_room(const struct drawing *d)
{
    return d->l.table.w - (layout_beside_table(&d->l) ? 1 : 0);
}

static int indent(const struct drawing *d)
{
    return d->groups ? INDENT : 0;
}

static const int steps[] = {15, 21, 31, 39, 47};
#define STEPS ((int)(sizeof steps / sizeof *steps))

/* Widths of the addresses of a page's rows; the widest local one as with a port of five digits, so
 * that one with a longer port does not move the columns again. */
struct widths {
    int n, max_local;
    int local[512], remote[512];
};

static int local_width(const struct sample *s, const struct conn *c, struct str *buffer)
{
    str_clear(buffer);
    column_format_local(s, c, buffer);
    return utf8_width(str_text(buffer));
}

static int remote_width(const struct sample *s, const struct conn *c, struct str *buffer)
{
    str_clear(buffer);
    column_format_remote(s, c, buffer);
    return utf8_width(str_text(buffer));
}

/* The remote end as it stands in the row: with its names, where they are wanted and known, and
 * never less than its number takes. */
static int shown_remote_width(const struct drawing *d, const struct conn *c, struct str *buffer)
{
    const int number = remote_width(d->s, c, buffer);

    endpoint_name(d, c, true, NAMES_W, buffer);
    const int name = utf8_width(str_text(buffer));
    return name > number ? name : number;
}

static void measure(struct widths *w, const struct drawing *d)
{
    struct str buffer = STR_INIT;
    int lines = d->l.table.h, digits;
    char port[8];

    w->n = w->max_local = 0;
    for (uint32_t i = d->ui->top; i < d->n_rows && w->n < lines && w->n < 512; i++) {
        const struct conn *c;

        if (group_is_line(d, i)) {
            lines--;
            continue;
        }
        c = &d->s->conn[d->rows->row[i]];
        w->local[w->n] = local_width(d->s, c, &buffer);
        w->remote[w->n] = shown_remote_width(d, c, &buffer);
        digits = snprintf(port, sizeof port, "%u", c->sport);
        if (w->local[w->n] + PORT_DIGITS - digits > w->max_local)
            w->max_local = w->local[w->n] + PORT_DIGITS - digits;
        w->n++;
    }
    str_fini(&buffer);
}

static const int process_steps[] = {9, 12, 15, 18, 21, 24};
#define PROCESS_STEPS   ((int)(sizeof process_steps / sizeof *process_steps))
#define PROCESS_UNKNOWN 15 /* before a process is known */

/* The smallest step that holds name and pid of nine of ten rows whose process is known. */
int table_columns_process(const struct drawing *d)
{
    struct str buffer = STR_INIT;
    int known = 0, held[PROCESS_STEPS] = {0}, step = 0;

    for (uint32_t i = d->ui->top; i < d->n_rows && i - d->ui->top < (uint32_t)d->l.table.h; i++) {
        if (group_is_line(d, i))
            continue;
        str_clear(&buffer);
        column_process_fit(d->s, d->rows->row[i], INT_MAX, &buffer);
        const int w = utf8_width(str_text(&buffer));
        if (w == 0 || strcmp(str_text(&buffer), FMT_NONE) == 0)
            continue;
        known++;
        for (int at = 0; at < PROCESS_STEPS; at++)
            held[at] += w <= process_steps[at];
    }
    str_fini(&buffer);
    while (step < PROCESS_STEPS - 1 && held[step] * 10 < known * 9)
        step++;
    return known ? process_steps[step] : PROCESS_UNKNOWN;
}

static int state_width(void)
{
    return columns[COL_STATE].width[text_language()];
}

/* The narrowest table with these address columns, State included. */
static int base_width(enum fit_level level, int local, int remote)
{
    switch (level) {
    case FIT_FULL:
        return GUTTER + local + 1 + remote + 1 + state_width();
    case FIT_SHORT_STATE:
        return GUTTER + local + 1 + remote + 1 + STATE_SHORT_W;
    case FIT_PORT:
        return GUTTER + PORT_W + 1 + remote + 1 + STATE_SHORT_W;
    case FIT_OWN_LINE:
        break;
    }
    return 0;
}

/* How many rows have both addresses within these widths. */
static int rows_held(const struct widths *w, int local, int remote)
{
    int held = 0;

    for (int i = 0; i < w->n; i++)
        held += (local == 0 || w->local[i] <= local) && w->remote[i] <= remote;
    return held;
}

/* The smallest step that holds nine of ten of the `n` widths. */
static int step_for(const int *width, int n)
{
    for (int i = 0; i < STEPS - 1; i++) {
        int held = 0;

        for (int j = 0; j < n; j++)
            held += width[j] <= steps[i];
        if (held * 10 >= n * 9)
            return steps[i];
    }
    return steps[STEPS - 1];
}

/* The pair of steps that fits the room and holds most rows, the narrower of equals, so that other
 * columns get what is left. False when no pair fits. */
static bool best_pair(const struct widths *w, enum fit_level level, int room, int *local,
                      int *remote)
{
    int best = -1, n_local = level == FIT_PORT ? 1 : STEPS;

    for (int i = 0; i < n_local; i++) {
        for (int j = 0; j < STEPS; j++) {
            int l = level == FIT_PORT ? 0 : steps[i], r = steps[j], held = rows_held(w, l, r);
            bool narrower = l + r < *local + *remote;

            if (base_width(level, l, r) > room || (level != FIT_PORT && l + 1 + r < w->max_local))
                continue;
            if (held > best || (held == best && narrower)) {
                best = held;
                *local = l ? l : PORT_W;
                *remote = r;
            }
        }
    }
    return best >= 0;
}

/* The remote column, grown so that every local address has room over both. */
static int grown(const struct widths *w, int local, int remote)
{
    return local + 1 + remote < w->max_local ? w->max_local - 1 - local : remote;
}

void table_columns_choose(const struct drawing *d, int *local, int *remote)
{
    struct widths w;
    int room = table_columns_room(d) - indent(d);

    measure(&w, d);
    *local = step_for(w.local, w.n);
    *remote = step_for(w.remote, w.n);
    if (base_width(FIT_FULL, *local, grown(&w, *local, *remote)) <= room)
        return;
    if (best_pair(&w, FIT_FULL, room, local, remote) ||
        best_pair(&w, FIT_SHORT_STATE, room, local, remote))
        return;
    if (!best_pair(&w, FIT_PORT, room, local, remote)) {
        *local = PORT_W;
        *remote = steps[0];
    }
}

/* The address widths in force, grown at once where a local address is wider than both columns. */
static void take_widths(struct fit *f, const struct drawing *d)
{
    struct widths w;

    f->local = d->ui->local_width;
    f->remote = d->ui->remote_width;
    if (f->local <= 0 || f->remote <= 0)
        table_columns_choose(d, &f->local, &f->remote);
    if (f->local == PORT_W)
        return;
    measure(&w, d);
    f->remote = grown(&w, f->local, f->remote);
}

static void take_level(struct fit *f)
{
    f->level = f->local == PORT_W ? FIT_PORT : FIT_FULL;
    if (f->level == FIT_FULL && base_width(FIT_FULL, f->local, f->remote) > f->room)
        f->level = FIT_SHORT_STATE;
    if (f->level == FIT_SHORT_STATE && base_width(FIT_SHORT_STATE, f->local, f->remote) > f->room)
        f->level = FIT_PORT;
    if (f->level == FIT_PORT) {
        f->local = PORT_W;
        for (int i = STEPS - 1; i > 0 && base_width(FIT_PORT, 0, f->remote) > f->room; i--)
            f->remote = f->remote > steps[i - 1] ? steps[i - 1] : f->remote;
        if (base_width(FIT_PORT, 0, f->remote) > f->room)
            f->level = FIT_OWN_LINE;
    }
}

static void fit_addresses(struct fit *f, const struct drawing *d)
{
    take_widths(f, d);
    take_level(f);
}

static int width_of(const struct fit *f, enum column_id id)
{
    int w = columns[id].width[text_language()], head = utf8_width(text(columns[id].title)) + 1;

    if (id == COL_LOCAL)
        return f->local;
    if (id == COL_REMOTE)
        return f->level == FIT_OWN_LINE ? 0 : f->remote;
    if (id == COL_STATE && f->level != FIT_FULL)
        return STATE_SHORT_W;
    if (id == COL_PROCESS && f->process > w)
        return f->process;
    return id == f->sorted && w > 0 && head > w ? head : w; /* room for the mark of the sort */
}

static bool base_column(enum column_id id)
{
    return id == COL_LOCAL || id == COL_REMOTE || id == COL_STATE;
}

/* Did the user leave the choice open, or choose this one? */
static bool chosen(const struct ui *ui, enum column_id id)
{
    for (unsigned i = 0; i < ui->n_chosen; i++) {
        if (ui->chosen[i] == id)
            return true;
    }
    return ui->n_chosen == 0;
}

/* Take a column in if it fits or `must` be there. */
static bool take(const struct fit *f, bool in[COL_COUNT], int *used, enum column_id id, bool must)
{
    int w = width_of(f, id);

    if (in[id] || w == 0)
        return true;
    if (!must && *used + 1 + w > f->room)
        return false;
    *used += (*used > GUTTER ? 1 : 0) + w;
    in[id] = true;
    return true;
}

/* Process with name and pid, or with the name alone where there is no more room. */
static bool take_process(struct fit *f, bool in[COL_COUNT], int *used)
{
    const int whole = f->process;

    if (take(f, in, used, COL_PROCESS, false))
        return true;
    f->process = 0;
    if (take(f, in, used, COL_PROCESS, false))
        return true;
    f->process = whole;
    return false;
}

/* Is Process a column that nobody had to ask for? A recording may not have it. */
static bool process_by_default(const struct drawing *d)
{
    bool recorded = d->s && sample_is_recorded(d->s);

    return d->ui->n_chosen == 0 && !(recorded && !d->s->owner);
}

/* Where rows are of several namespaces, each says of which. */
static bool names_namespaces(const struct drawing *d)
{
    return d->ui->n_chosen == 0 && d->s && d->s->namespaces && d->s->namespaces->several;
}

/* Is it a figure that no row of a recording or an import can have? */
static bool lacks_figures(const struct drawing *d, enum column_id id)
{
    return d->s && sample_lacks_figures(d->s) && columns[id].needs & NEED_METRICS;
}

/* The optional columns in the order in which they come in, after those that ← and → have hidden;
 * without Process, which stays where it is as the addresses do. Returns how many. */
static int wanted_columns(const struct drawing *d, enum column_id wanted[COL_COUNT])
{
    const struct ui *ui = d->ui;
    unsigned skip = ui->column_scroll;
    bool namespaces = names_namespaces(d);
    int n = 0;

    if (ui->n_chosen) {
        for (unsigned i = 0; i < ui->n_chosen; i++) {
            if (base_column(ui->chosen[i]))
                continue;
            if (skip > 0)
                skip--;
            else
                wanted[n++] = ui->chosen[i];
        }
        return n;
    }
    if (namespaces && skip > 0)
        skip--;
    else if (namespaces)
        wanted[n++] = COL_NETNS;
    for (unsigned rank = 1; rank <= COL_COUNT; rank++) {
        for (unsigned id = 0; id < COL_COUNT; id++) {
            if (columns[id].rank != rank || base_column((enum column_id)id) || id == COL_PROCESS ||
                lacks_figures(d, (enum column_id)id))
                continue;
            if (skip > 0)
                skip--;
            else
                wanted[n++] = (enum column_id)id;
        }
    }
    return n;
}

/* Is `id` a column that the table can show for the sort? */
static bool sortable_on_screen(enum column_id id)
{
    return columns[id].flags & COLUMN_SCREEN;
}

/* Columns in their order on screen: as the user set them, else as the table of columns has them. */
static int screen_order(const struct ui *ui, const bool in[COL_COUNT],
                        enum column_id out[COL_COUNT])
{
    bool done[COL_COUNT] = {false};
    int n = 0;

    for (unsigned i = 0; i < ui->n_chosen; i++) {
        if (in[ui->chosen[i]] && !done[ui->chosen[i]]) {
            done[ui->chosen[i]] = true;
            out[n++] = ui->chosen[i];
        }
    }
    for (unsigned id = 0; id < COL_COUNT; id++) {
        if (in[id] && !done[id])
            out[n++] = (enum column_id)id;
    }
    return n;
}

void table_columns_fit(struct fit *f, const struct drawing *d)
{
    enum column_id wanted[COL_COUNT], order[COL_COUNT];
    bool in[COL_COUNT] = {false};
    int used = GUTTER, n, x = GUTTER + indent(d);

    *f = (struct fit){.indent = indent(d), .room = table_columns_room(d) - indent(d)};
    f->sorted = d->ui->sort.column;
    f->process = d->ui->process_width;
    fit_addresses(f, d);
    for (unsigned id = 0; id < COL_COUNT; id++) {
        if (base_column((enum column_id)id) && chosen(d->ui, (enum column_id)id))
            take(f, in, &used, (enum column_id)id, true);
    }
    if (sortable_on_screen(d->ui->sort.column))
        take(f, in, &used, d->ui->sort.column, false);
    if (names_namespaces(d) &&
        d->ui->column_scroll == 0) /* the namespace comes before the process */
        take(f, in, &used, COL_NETNS, false);
    if (process_by_default(d))
        take_process(f, in, &used);
    n = wanted_columns(d, wanted);
    for (int i = 0; i < n; i++)
        if (wanted[i] == COL_PROCESS ? !take_process(f, in, &used)
                                     : !take(f, in, &used, wanted[i], false))
            break;
    n = screen_order(d->ui, in, order);
    for (int i = 0; i < n; i++) {
        int w = width_of(f, order[i]);

        if (i == n - 1 && columns[order[i]].kind == KIND_TEXT && used < f->room)
            w += f->room - used; /* what is left over stands behind a text, not between columns */
        if (f->level == FIT_OWN_LINE && order[i] == COL_REMOTE)
            continue;
        f->column[f->n++] = (struct fit_column){order[i], x, w};
        x += w + 1;
    }
}

const struct fit_column *table_columns_find(const struct fit *f, enum column_id id)
{
    for (int i = 0; i < f->n; i++) {
        if (f->column[i].id == id)
            return &f->column[i];
    }
    return NULL;
}

int table_columns_remote_x(const struct fit *f)
{
    const struct fit_column *local = table_columns_find(f, COL_LOCAL);

    return (local ? local->x : GUTTER + f->indent) + ARROW_W;
}

size_t table_columns_break_address(const char *text, int room)
{
    size_t len = strlen(text), fits = utf8_fit(text, len, room, NULL), cut;

    if (fits == len)
        return len;
    for (cut = fits; cut > 0 && text[cut - 1] != ':'; cut--)
        ;
    return cut ? cut : fits ? fits : len;
}

int table_columns_row_lines(const struct sample *s, const struct fit *f, const struct conn *c)
{
    struct str buffer = STR_INIT;
    int lines = 1, remote = remote_width(s, c, &buffer),
        room = f->room + f->indent - table_columns_remote_x(f);
    const char *at = str_text(&buffer);

    if (f->level == FIT_OWN_LINE || (remote > f->remote && table_columns_find(f, COL_REMOTE))) {
        for (; *at; at += table_columns_break_address(at, room))
            lines++;
    } else if (f->level != FIT_PORT && table_columns_find(f, COL_LOCAL) &&
               local_width(s, c, &buffer) > f->local) {
        lines = 2;
    }
    str_fini(&buffer);
    return lines;
}
