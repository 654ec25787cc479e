/* Which columns the table has at a width, and where they stand. The addresses come first
 * (addresses_fit.c); other columns come in by a fixed order while there is room; what is left over
 * goes to Process. */
#include <string.h>

#include "parts.h"
#include "tcptop/base/utf8.h"
#include "tcptop/query/column.h"

#define INDENT 2

int table_room(const struct drawing *d)
{
    return d->l.table.w - (d->l.separator_x >= 0 ? 1 : 0);
}

int fit_indent(const struct drawing *d)
{
    return d->groups ? INDENT : 0;
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

/* Is Process a column that nobody had to ask for? A recording may not tell it. */
static bool process_by_default(const struct drawing *d)
{
    bool recorded = d->s && (d->s->backend == BACKEND_FRAME || d->s->backend == BACKEND_RAW);

    return d->ui->n_chosen == 0 && !(recorded && !d->s->owner);
}

/* Where rows are of several namespaces, each says of which. */
static bool names_namespaces(const struct drawing *d)
{
    return d->ui->n_chosen == 0 && d->s && d->s->namespaces && d->s->namespaces->several;
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
    for (unsigned order = 1; order <= COL_COUNT; order++) {
        for (unsigned id = 0; id < COL_COUNT; id++) {
            if (columns[id].order != order || base_column((enum column_id)id) || id == COL_PROCESS)
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

void fit_make(struct fit *f, const struct drawing *d)
{
    enum column_id wanted[COL_COUNT], order[COL_COUNT];
    bool in[COL_COUNT] = {false};
    int used = GUTTER, n, x = GUTTER + fit_indent(d);

    *f = (struct fit){.indent = fit_indent(d), .room = table_room(d) - fit_indent(d)};
    f->sorted = d->ui->sort.column;
    fit_addresses(f, d);
    for (unsigned id = 0; id < COL_COUNT; id++) {
        if (base_column((enum column_id)id) && chosen(d->ui, (enum column_id)id))
            take(f, in, &used, (enum column_id)id, true);
    }
    if (sortable_on_screen(d->ui->sort.column))
        take(f, in, &used, d->ui->sort.column, false);
    if (names_namespaces(d) && d->ui->column_scroll == 0) /* before who, where */
        take(f, in, &used, COL_NETNS, false);
    if (process_by_default(d))
        take(f, in, &used, COL_PROCESS, false);
    n = wanted_columns(d, wanted);
    for (int i = 0; i < n && take(f, in, &used, wanted[i], false); i++)
        ;
    n = screen_order(d->ui, in, order);
    for (int i = 0; i < n; i++) {
        int w = width_of(f, order[i]);

        if (order[i] == COL_PROCESS && used < f->room)
            w += f->room - used;
        if (f->level == FIT_OWN_LINE && order[i] == COL_REMOTE)
            continue;
        f->column[f->n++] = (struct fit_column){order[i], x, w};
        x += w + 1;
    }
}

const struct fit_column *fit_find(const struct fit *f, enum column_id id)
{
    for (int i = 0; i < f->n; i++) {
        if (f->column[i].id == id)
            return &f->column[i];
    }
    return NULL;
}

int fit_remote_x(const struct fit *f)
{
    const struct fit_column *local = fit_find(f, COL_LOCAL);

    return local ? local->x : GUTTER + f->indent;
}

size_t fit_address_line(const char *text, int room)
{
    size_t len = strlen(text), fits = utf8_fit(text, len, room, NULL), cut;

    if (fits == len)
        return len;
    for (cut = fits; cut > 0 && text[cut - 1] != ':'; cut--)
        ;
    return cut ? cut : fits ? fits : len;
}

int fit_row_lines(const struct fit *f, const struct conn *c)
{
    struct str buffer = STR_INIT;
    int lines = 1, remote = fit_remote_width(c, &buffer),
        room = f->room + f->indent - fit_remote_x(f);
    const char *at = str_text(&buffer);

    if (f->level == FIT_OWN_LINE || (remote > f->remote && fit_find(f, COL_REMOTE))) {
        for (; *at; at += fit_address_line(at, room))
            lines++;
    } else if (f->level != FIT_PORT && fit_find(f, COL_LOCAL) &&
               fit_local_width(c, &buffer) > f->local) {
        lines = 2;
    }
    str_fini(&buffer);
    return lines;
}
