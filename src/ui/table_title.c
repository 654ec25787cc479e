/* SPDX-License-Identifier: MIT */
/* The words of the table's title line. */
#include "table_title.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "overlay.h"
#include "overlay_menu.h"
#include "tcptop/base/fmt.h"
#include "tcptop/query/column.h"

#define HOLDERS_SHOWN 3

/* "   12 groups by State, change in 59 s", "" where there are none. */
static void groups_words(char out[FILL_SIZE], const struct drawing *d)
{
    char number[FMT_SIZE], words[FILL_SIZE], over[FILL_SIZE], whole[FILL_SIZE];

    out[0] = '\0';
    if (!d->groups)
        return;
    fmt_count(number, sizeof number, d->groups->n);
    draw_fill(words, MSG_VIEW_GROUPS, number, text(columns[d->groups->how.by].title), NULL);
    const double seconds = groups_change_seconds(d->groups);
    draw_duration(over, seconds > 0 ? (uint64_t)(seconds + 0.5) : 0);
    draw_fill(whole,
              seconds > 0    ? MSG_VIEW_GROUPS_CHANGE
              : seconds == 0 ? MSG_VIEW_GROUPS_CHANGE_LATER
                             : MSG_SESSION_NOTE,
              words, over, NULL);
    snprintf(out, FILL_SIZE, "   %.*s", FILL_SIZE - 4, whole);
}

/* The processes that hold the port, each once, "node 4127, java 99"; "" where none is visible. */
static void holder_names(const struct drawing *d, struct str *out)
{
    const struct ui_port_holders *h = &d->ui->holders;
    struct str one = STR_INIT;
    unsigned shown = 0;

    for (uint32_t i = 0; i < h->n; i++) {
        str_clear(&one);
        if (h->row[i] < sample_rows(d->s))
            column_process_fit(d->s, h->row[i], INT_MAX, &one);
        if (!one.len || strcmp(str_text(&one), FMT_NONE) == 0 ||
            strstr(str_text(out), str_text(&one)))
            continue;
        if (shown++ == HOLDERS_SHOWN) {
            str_add(out, ", …");
            break;
        }
        str_addf(out, "%s%s", out->len ? ", " : "", str_text(&one));
    }
    str_fini(&one);
}

/* Is the process of one that holds the port still looked for? */
static bool holders_sought(const struct drawing *d)
{
    const struct ui_port_holders *h = &d->ui->holders;
    const struct sample *s = d->s;

    for (uint32_t i = 0; i < h->n && s->owner && !sample_is_recorded(s); i++) {
        uint32_t row = h->row[i];
        if (row < s->n_live && s->conn[row].inode &&
            owner_word_group(s->owner[row]) == OWNER_UNKNOWN)
            return true;
    }
    return false;
}

/* "port 3000: node 4127", "" when nothing holds the port that the filter chooses. */
static void holder_words(char out[FILL_SIZE], const struct drawing *d)
{
    const struct ui_port_holders *h = &d->ui->holders;
    struct str names = STR_INIT;
    char port[8];

    out[0] = '\0';
    if (!d->s || !h->n || d->ui->updating)
        return;
    holder_names(d, &names);
    snprintf(port, sizeof port, "%u", d->ui->port);
    draw_fill(out, h->bound_only ? MSG_VIEW_PORT_BOUND : MSG_VIEW_PORT_HOLDER, port,
              names.len ? str_text(&names)
                        : text(holders_sought(d) ? MSG_VIEW_SOUGHT : MSG_VIEW_PORT_HIDDEN),
              NULL);
    str_fini(&names);
}

/* "1-18"; where rows of ended connections are among them, which the count of connections has not:
 * "1-18 / 402, 41 of them closed". A row that the last sample missed may have ended. */
static void view_words(char out[FILL_SIZE], const struct drawing *d, uint32_t top, uint32_t shown)
{
    const struct rows *rows = d->rows;
    char range[64], all[FMT_SIZE], others[FMT_SIZE];

    draw_range(range, sizeof range, top, shown);
    draw_copy_text(out, FILL_SIZE, range);
    if (d->groups || rows->matched <= rows->matched_live)
        return;
    const uint32_t n = rows->matched - rows->matched_live;
    fmt_count(all, sizeof all, rows->matched);
    fmt_count(others, sizeof others, n);
    draw_fill(out,
              !rows->matched_missed       ? MSG_VIEW_WITH_CLOSED
              : rows->matched_missed == n ? MSG_VIEW_WITH_MISSED
                                          : MSG_VIEW_WITH_BOTH,
              range, all, others);
}

void table_title_draw(struct drawing *d, uint32_t top, uint32_t shown)
{
    char all[FMT_SIZE] = FMT_NONE, matched[FMT_SIZE], more[4 * FILL_SIZE + UI_FILTER_MAX];
    char count[FILL_SIZE], view[FILL_SIZE] = "", groups[FILL_SIZE], holder[FILL_SIZE];
    const char *filter = d->ui->filter;

    if (d->s)
        fmt_count(all, sizeof all, d->s->total);
    if (*filter && d->rows) {
        if (d->ui->updating)
            draw_copy_text(matched, sizeof matched, FMT_NONE);
        else
            fmt_count(matched, sizeof matched, d->rows->matched_live);
        draw_fill(count, MSG_VIEW_SHOWN_OF, matched, all, NULL);
    } else {
        draw_fill(count, MSG_VIEW_SHOWN_ALL, all, NULL, NULL);
    }
    groups_words(groups, d);
    holder_words(holder, d);
    if (*holder && !strchr(filter, ' ')) /* it names the port, too */
        filter = "";
    snprintf(more, sizeof more, "%s%s%s%s%s%s%s%s%s%s", count, *filter ? "   " : "", filter,
             *holder ? "   " : "", holder, groups, d->ui->follow ? "" : "   ",
             d->ui->follow ? "" : text(MSG_VIEW_FOLLOW_OFF), d->ui->updating ? "   " : "",
             d->ui->updating ? text(MSG_VIEW_UPDATING) : "");
    if (shown)
        view_words(view, d, top, shown);
    if (overlay_ops(d->ui)->extent == overlay_menu_extent) /* it covers the first words */
        more[0] = '\0';
    draw_title(d->c, &d->l.table, d->ui->focus == FOCUS_TABLE, text(MSG_VIEW_TABLE), more, view);
}
