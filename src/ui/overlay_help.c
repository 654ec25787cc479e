/* SPDX-License-Identifier: MIT */
/* The help screen, made from the tables of commands and columns. */
#include <stdio.h>
#include <string.h>

#include "overlay.h"
#include "tcptop/base/utf8.h"

#define KEYS_W     13
#define ID_W       16 /* of a column */
#define HALF_LEAST 38 /* two columns from twice this */

struct help_line {
    bool heading;
    char keys[40];
    const char *text;
};

#define HELP_MAX 96
struct help {
    struct help_line left[HELP_MAX], right[HELP_MAX];
    uint32_t n_left, n_right, n; /* lines of each column, lines in all */
    bool two;
};

/* Commands that share a row with the next ones: how many, and what they do together. */
static const struct {
    enum command_id first;
    unsigned count;
    enum msg help;
} shared[] = {
    {COMMAND_UP, 2, MSG_VIEW_HELP_ROWS},
    {COMMAND_PAGE_UP, 2, MSG_VIEW_HELP_PAGES},
    {COMMAND_HALF_UP, 2, MSG_VIEW_HELP_HALVES},
    {COMMAND_FIRST, 2, MSG_VIEW_HELP_ENDS},
    {COMMAND_LEFT, 2, MSG_VIEW_HELP_SIDES},
    {COMMAND_NEXT_REGION, 2, MSG_VIEW_HELP_REGIONS},
    {COMMAND_ALL, 4, MSG_VIEW_HELP_STATE_SETS},
    {COMMAND_SORT_PREVIOUS, 2, MSG_VIEW_HELP_SORT_STEP},
    {COMMAND_EARLIER, 2, MSG_VIEW_HELP_SAMPLE_STEP},
    {COMMAND_MINUTE_EARLIER, 2, MSG_VIEW_HELP_MINUTE_STEP},
    {COMMAND_NEXT_FINDING, 2, MSG_VIEW_HELP_FINDING_STEP},
    {COMMAND_FASTER, 2, MSG_VIEW_HELP_INTERVAL_STEP},
    {COMMAND_PANE_UP, 2, MSG_VIEW_HELP_PANE_SCROLL},
    {COMMAND_HOST_NAMES, 2, MSG_VIEW_HELP_NAMES},
    {COMMAND_COPY, 2, MSG_VIEW_HELP_TAKE_OUT},
    {COMMAND_QUIT, 2, MSG_VIEW_HELP_QUIT},
};

static const struct {
    enum command_group group;
    enum msg title;
    bool right;
} groups[] = {
    {GROUP_MOVE, MSG_VIEW_GROUP_MOVE, false}, {GROUP_FILTER, MSG_VIEW_GROUP_FILTER, false},
    {GROUP_SORT, MSG_VIEW_GROUP_SORT, false}, {GROUP_TIME, MSG_VIEW_GROUP_TIME, true},
    {GROUP_SEE, MSG_VIEW_GROUP_SEE, true},    {GROUP_ACT, MSG_VIEW_GROUP_ACT, true},
};

static const struct {
    const char *keys;
    enum msg text;
} marks[] = {
    {"i ! !!", MSG_VIEW_MARK_WARNING}, {"+ * -", MSG_VIEW_MARKS_CHANGES},
    {"?", MSG_VIEW_MARK_MISSED},       {"^", MSG_VIEW_MARK_PINNED},
    {"(name)", MSG_VIEW_MARK_FORMER},  {"+N", MSG_VIEW_MARK_SHARED},
    {"–", MSG_VIEW_MARK_UNKNOWN},      {"▸ ▹", MSG_VIEW_MARK_CURSOR},
    {"▾ ▴", MSG_VIEW_MARK_SORTED},     {"▁ ▇", MSG_VIEW_MARK_BARS},
    {"▄▄▄", MSG_VIEW_MARK_BARS_LEVEL},
};

static void add(struct help *h, bool right, const struct help_line *line)
{
    uint32_t *n = right && h->two ? &h->n_right : &h->n_left;

    if (*n < HELP_MAX)
        (right && h->two ? h->right : h->left)[(*n)++] = *line;
}

static void add_heading(struct help *h, bool right, enum msg title)
{
    add(h, right, &(struct help_line){.heading = true, .text = text(title)});
}

static void add_line(struct help *h, bool right, const char *keys, const char *words)
{
    struct help_line line = {.text = words};

    draw_copy_text(line.keys, sizeof line.keys, keys);
    add(h, right, &line);
}

/* One row for the command at `id` and those that share it; returns how many. */
static unsigned add_command(struct help *h, const struct drawing *d, bool right, unsigned id)
{
    unsigned count = 1;
    enum msg help = commands[id].help;
    char keys[96] = "", words[96], one[64];

    if ((id == COMMAND_CLOSE && !draw_may_close(d)) ||
        (id == COMMAND_EXPORT && d->v->settings->readonly))
        return count;
    if (id == COMMAND_PIN && d->ui->lesson.steps) /* its key has another meaning there */
        return count;
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++) {
        if ((unsigned)shared[i].first == id) {
            count = shared[i].count;
            help = shared[i].help;
        }
    }
    for (unsigned i = 0; i < count; i++) {
        size_t len = strlen(keys);

        keymap_shown(&d->v->settings->bindings, (enum command_id)(id + i), one, sizeof one);
        snprintf(keys + len, sizeof keys - len, "%s%s", len && *one ? " " : "", one);
    }
    if (*keys)
        add_line(h, right, draw_key_words(d, keys, words, sizeof words), text(help));
    return count;
}

static void make_groups(struct help *h, const struct drawing *d)
{
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        add_heading(h, groups[g].right, groups[g].title);
        if (g == 0 && d->ui->lesson.steps) {
            add_line(h, groups[g].right, "Space Enter", text(MSG_VIEW_HELP_NEXT_STEP));
            add_line(h, groups[g].right, "Backspace", text(MSG_VIEW_HELP_STEP_BACK));
        }
        if (groups[g].group == GROUP_FILTER)
            add_line(h, groups[g].right, "0-9", text(MSG_VIEW_HELP_DIGITS));
        for (unsigned id = 0; id < COMMAND_COUNT;) {
            if (commands[id].group == groups[g].group)
                id += add_command(h, d, groups[g].right, id);
            else
                id++;
        }
        if (groups[g].group == GROUP_MOVE) {
            add_line(h, groups[g].right, text(MSG_VIEW_HELP_CLICK_KEY), text(MSG_VIEW_HELP_CLICK));
            add_line(h, groups[g].right, text(MSG_VIEW_HELP_DRAG_KEY), text(MSG_VIEW_HELP_DRAG));
        }
    }
    add_heading(h, true, MSG_VIEW_GROUP_MARKS);
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        add_line(h, true, marks[i].keys, text(marks[i].text));
    add_line(h, true, text(MSG_VIEW_BADGE_REPLAY), text(MSG_VIEW_MARK_REPLAY));
    add_line(h, true, text(MSG_VIEW_BADGE_REDACTED), text(MSG_VIEW_MARK_REDACTED));
    add_line(h, true, text(MSG_VIEW_BADGE_PAST), text(MSG_VIEW_MARK_PAST));
    add_line(h, true, text(MSG_VIEW_PAUSED), text(MSG_VIEW_MARK_PAUSED));
    add_line(h, true, text(MSG_VIEW_IMPORTED), text(MSG_VIEW_MARK_IMPORT));
    add_line(h, true, "SSH", text(MSG_VIEW_MARK_SSH));
    add_line(h, true, text(MSG_VIEW_BADGE_PARTIAL), text(MSG_VIEW_MARK_PARTIAL));
    add_line(h, true, text(MSG_VIEW_STALE), text(MSG_VIEW_MARK_STALE));
    add_line(h, true, text(MSG_VIEW_MARK_CHANGE_KEY), text(MSG_VIEW_MARK_CHANGE));
    add_line(h, true, text(MSG_VIEW_COST), text(MSG_VIEW_MARKS_COST));
    add_line(h, true, "LI SS SR ES", text(MSG_VIEW_MARKS_SHORT_1));
    add_line(h, true, "CW LA", text(MSG_VIEW_MARKS_SHORT_2));
    add_line(h, true, "F1 F2 CG TW", text(MSG_VIEW_MARKS_SHORT_3));
    add_heading(h, true, MSG_VIEW_GROUP_LESSONS);
    add_line(h, true, text(MSG_VIEW_HELP_LEARN_KEY), text(MSG_VIEW_HELP_LEARN));
}

static void help_make(struct help *h, const struct drawing *d, int width)
{
    h->n_left = h->n_right = 0;
    h->two = width >= 2 * HALF_LEAST;
    make_groups(h, d);
    h->n = h->n_left > h->n_right ? h->n_left : h->n_right;
}

/* What one of the columns below takes whose words are not cut. */
static int column_width(void)
{
    int widest = 0;

    for (unsigned id = 0; id < COL_COUNT; id++) {
        const int w = utf8_width(text(columns[id].help));
        widest = w > widest ? w : widest;
    }
    return ID_W + 3 + widest;
}

/* After the keys: every column of the table, with the name it has in filters and options; side by
 * side where there is room for two. */
static uint32_t column_lines(int width)
{
    return 2 +
           (width / 2 - 1 > column_width() ? ((uint32_t)COL_COUNT + 1) / 2 : (uint32_t)COL_COUNT);
}

static void draw_help_line(struct drawing *d, const struct help_line *line, int x, int y, int w)
{
    int keys = utf8_width(line->keys), at = 2 + (keys > KEYS_W ? keys : KEYS_W) + 1;

    if (line->heading) {
        canvas_put(d->c, x, y, w, ROLE_HEAD, line->text);
        return;
    }
    canvas_put(d->c, x + 2, y, w - 2, ROLE_KEY, line->keys);
    draw_name(d->c, x + at, y, w - at, ROLE_TEXT, line->text);
}

static void draw_column(struct drawing *d, uint32_t id, int x, int y, int w)
{
    if (id >= COL_COUNT)
        return;
    canvas_put(d->c, x + 2, y, ID_W, ROLE_KEY, columns[id].id);
    draw_name(d->c, x + 2 + ID_W + 1, y, w - ID_W - 3, ROLE_TEXT, text(columns[id].help));
}

static void draw_column_line(struct drawing *d, uint32_t i, int x, int y, int w)
{
    const uint32_t rows = column_lines(w + 2) - 2;

    if (i < 2) {
        if (i == 1)
            canvas_put(d->c, x, y, w, ROLE_HEAD, text(MSG_VIEW_GROUP_COLUMNS));
        return;
    }
    if (rows == COL_COUNT) {
        draw_column(d, i - 2, x, y, w);
        return;
    }
    draw_column(d, i - 2, x, y, w / 2 - 1);
    draw_column(d, i - 2 + rows, x + w / 2, y, w / 2);
}

static int half_of(const struct help *h, int width)
{
    return h->two ? width / 2 : width;
}

static void extent(const struct drawing *d, uint32_t *lines, uint32_t *shown)
{
    struct help h;
    struct overlay_area a;

    overlay_area(d, &a);
    help_make(&h, d, a.inner.w);
    *lines = h.n + column_lines(a.inner.w);
    *shown = overlay_shown(&a, *lines);
}

static void draw(struct drawing *d)
{
    struct help h;
    struct overlay_area a;
    uint32_t lines, shown, top = d->ui->overlay_top;
    char right[FILL_SIZE];

    overlay_area(d, &a);
    extent(d, &lines, &shown);
    help_make(&h, d, a.inner.w);
    if (top > lines - shown)
        top = lines - shown;
    draw_scroll_mark(right, sizeof right, top, shown, lines);
    overlay_frame(d, &a, text(MSG_VIEW_HELP_TITLE), right);
    for (uint32_t i = 0; i < shown; i++) {
        uint32_t line = top + i;
        int y = a.inner.y + (int)i, half = half_of(&h, a.inner.w), x = a.inner.x + 1;

        if (line < h.n_left)
            draw_help_line(d, &h.left[line], x, y, half - 1);
        if (h.two && line < h.n_right)
            draw_help_line(d, &h.right[line], x + half, y, a.inner.w - half - 1);
        if (line >= h.n)
            draw_column_line(d, line - h.n, x, y, a.inner.w - 2);
    }
}

static unsigned command(struct session *s, enum command_id command)
{
    struct view v = session_view(s);
    uint32_t lines, shown;
    enum move_unit unit;
    int sign;

    if (command == COMMAND_HELP)
        return REACT_CLOSE;
    if (!overlay_movement(command, &unit, &sign))
        return REACT_NOT_MINE;
    overlay_extent(&v, &lines, &shown);
    overlay_scroll(s, sign * session_step(unit, lines, shown));
    return REACT_NOTHING;
}

static void footer(const struct drawing *d, struct key_items *k)
{
    footer_add(k, COMMAND_BACK, MSG_VIEW_KEY_BACK, true, 0);
    if (overlay_scrolls(d))
        footer_add_keys(k, "↑ ↓", MSG_VIEW_KEY_SCROLL, 1);
    footer_add(k, COMMAND_QUIT_NOW, MSG_VIEW_KEY_QUIT, true, 2);
}

const struct overlay_ops overlay_help = {
    .opened_by = COMMAND_HELP,
    .command = command,
    .draw = draw,
    .extent = extent,
    .footer = footer,
};
