/* How wide the table's addresses are, and what gives way to them.
 *
 * Addresses are never cut. Their columns take the smallest steps that hold nine of ten rows of the
 * page; a row that does not fit takes two lines. Where that is too narrow, State takes its short
 * names, then Local Address becomes Port, then the foreign address gets a line of its own. */
#include <stdio.h>

#include "parts.h"
#include "tcptop/base/utf8.h"

#define PORT_W      5
#define PORT_DIGITS 5
#define NAMES_W     31 /* the step that most names of hosts fit into */

static const int steps[] = {15, 21, 31, 39, 47};
#define STEPS ((int)(sizeof steps / sizeof *steps))

/* Widths of the addresses of a page's rows; the widest local one as with a port of five digits, so
 * that one with a longer port does not move the columns again. */
struct widths {
    int n, max_local;
    int local[512], remote[512];
};

int fit_local_width(const struct conn *c, struct str *buffer)
{
    str_clear(buffer);
    column_format_local(c, buffer);
    return utf8_width(str_text(buffer));
}

int fit_remote_width(const struct conn *c, struct str *buffer)
{
    str_clear(buffer);
    column_format_remote(c, buffer);
    return utf8_width(str_text(buffer));
}

static void measure(struct widths *w, const struct drawing *d)
{
    struct str buffer = STR_INIT;
    int lines = d->l.table.h, digits;
    char port[8];

    w->n = w->max_local = 0;
    for (uint32_t i = d->ui->top; i < d->n_rows && w->n < lines && w->n < 512; i++) {
        const struct conn *c;

        if (drawing_is_group(d, i)) {
            lines--;
            continue;
        }
        c = &d->s->conn[d->rows->row[i]];
        w->local[w->n] = fit_local_width(c, &buffer);
        w->remote[w->n] = fit_remote_width(c, &buffer);
        digits = snprintf(port, sizeof port, "%u", c->sport);
        if (w->local[w->n] + PORT_DIGITS - digits > w->max_local)
            w->max_local = w->local[w->n] + PORT_DIGITS - digits;
        w->n++;
    }
    str_fini(&buffer);
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

/* The foreign column, grown so that every local address has room over both. */
static int grown(const struct widths *w, int local, int remote)
{
    return local + 1 + remote < w->max_local ? w->max_local - 1 - local : remote;
}

void fit_choose(const struct drawing *d, int *local, int *remote)
{
    struct widths w;
    int room = table_room(d) - fit_indent(d);

    measure(&w, d);
    *local = step_for(w.local, w.n);
    *remote = step_for(w.remote, w.n);
    if (base_width(FIT_FULL, *local, grown(&w, *local, *remote)) <= room) {
        if (d->ui->host_names && *remote < NAMES_W && base_width(FIT_FULL, *local, NAMES_W) <= room)
            *remote = NAMES_W;
        return;
    }
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
        fit_choose(d, &f->local, &f->remote);
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

void fit_addresses(struct fit *f, const struct drawing *d)
{
    take_widths(f, d);
    take_level(f);
}
