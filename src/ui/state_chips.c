/* The states as chips on one line: names, then codes, then short counts, then states leave. */
#include <stdio.h>

#include "parts.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/utf8.h"
#include "tcptop/query/column.h"

#define CHIP_TEXT 40
struct chip {
    unsigned index;
    int x, w; /* with the blank or bracket on its left */
    char text[CHIP_TEXT];
};

struct chips {
    struct chip chip[STATE_STATE_LIST_COUNT + 1];
    int n, left_out, w;
};

/* From the fullest form to the shortest: names, codes, short counts, then states leave. */
enum { CHIPS_NAMES, CHIPS_CODES, CHIPS_SHORT, CHIPS_NO_LISTEN, CHIPS_NO_OPEN, CHIPS_NO_DONE };

static bool chip_leaves(uint32_t warned, unsigned state, int form)
{
    if (warned >> state & 1)
        return false;
    return (form >= CHIPS_NO_LISTEN && state == TCP_STATE_LISTEN) ||
           (form >= CHIPS_NO_OPEN && state == TCP_STATE_ESTABLISHED) ||
           (form >= CHIPS_NO_DONE && state == TCP_STATE_TIME_WAIT);
}

/* Put a chip at the end. */
static void add_chip(struct chips *chips, unsigned index, int form, const char *number)
{
    struct chip *chip = &chips->chip[chips->n++];
    unsigned state = state_list_state(index);

    chip->index = index;
    chip->x = chips->w - 1;
    snprintf(chip->text, sizeof chip->text, "%s %s",
             state == 0            ? text(MSG_VIEW_ALL)
             : form == CHIPS_NAMES ? state_short_name(state)
                                   : state_code(state),
             number);
    chip->w = utf8_width(chip->text) + 1;
    chips->w += chip->w;
}

static void count_text(char number[FMT_SIZE], uint64_t count, int form)
{
    fmt_count_fit(number, FMT_SIZE, count, form >= CHIPS_SHORT ? 5 : 12);
}

static void chips_fill(const struct drawing *d, struct chips *chips, int form)
{
    *chips = (struct chips){.w = 1};
    for (unsigned i = 0; i <= STATE_STATE_LIST_COUNT; i++) {
        bool chosen = d->ui->state_list == i && d->ui->focus == FOCUS_STATES;
        unsigned state = state_list_state(i);
        char number[FMT_SIZE] = FMT_NONE;
        uint64_t count = 0;
        bool known = state_list_count(d->s, state, &count);

        if (!chosen && (!known || count == 0 || state == 0))
            continue;
        if (!chosen && chip_leaves(drawing_warned_states(d), state, form)) {
            chips->left_out++;
            continue;
        }
        if (known)
            count_text(number, count, form);
        add_chip(chips, i, form, number);
    }
}

#define MORE_W 3 /* " +n" */

static bool chips_fit(const struct chips *chips, int room)
{
    return chips->w + (chips->left_out ? MORE_W : 0) <= room;
}

static void chips_make(const struct drawing *d, struct chips *chips)
{
    for (int form = CHIPS_NAMES; form <= CHIPS_NO_DONE; form++) {
        chips_fill(d, chips, form);
        if (chips_fit(chips, d->l.state_list.w))
            return;
    }
    /* even so too narrow: the last ones leave, but never the chosen one */
    for (int i = chips->n - 1; i >= 0 && !chips_fit(chips, d->l.state_list.w); i--) {
        int w = chips->chip[i].w;

        if (chips->chip[i].index == d->ui->state_list && d->ui->focus == FOCUS_STATES)
            continue;
        if (drawing_warned_states(d) >> state_list_state(chips->chip[i].index) & 1)
            continue;
        for (int j = i + 1; j < chips->n; j++) {
            chips->chip[j - 1] = chips->chip[j];
            chips->chip[j - 1].x -= w;
        }
        chips->n--;
        chips->left_out++;
        chips->w -= w;
    }
}

void draw_chips(struct drawing *d)
{
    const struct rect *r = &d->l.state_list;
    struct chips chips;
    char more[16];

    chips_make(d, &chips);
    for (int i = 0; i < chips.n; i++) {
        const struct chip *chip = &chips.chip[i];
        bool chosen = d->ui->state_list == chip->index && d->ui->focus == FOCUS_STATES;
        unsigned state = state_list_state(chip->index);

        canvas_put(d->c, r->x + chip->x + 1, r->y, r->w - chip->x - 1,
                   chosen  ? ROLE_CURSOR
                   : state ? column_state_role(state)
                           : ROLE_TEXT,
                   chip->text);
        if (state && drawing_warned_states(d) >> state & 1)
            canvas_put(d->c, r->x + chip->x, r->y, 1, ROLE_WARN, "!");
        if (chosen) {
            canvas_put(d->c, r->x + chip->x, r->y, 1, ROLE_CURSOR, "[");
            canvas_put(d->c, r->x + chip->x + chip->w, r->y, 1, ROLE_CURSOR, "]");
        }
    }
    if (chips.left_out) {
        snprintf(more, sizeof more, "+%d", chips.left_out);
        canvas_put(d->c, r->x + chips.w, r->y, r->w - chips.w, ROLE_DIM, more);
    }
}

int chip_at(const struct drawing *d, int x)
{
    int from = d->l.state_list.x;
    struct chips chips;

    chips_make(d, &chips);
    for (int i = 0; i < chips.n; i++) {
        if (x > from + chips.chip[i].x && x <= from + chips.chip[i].x + chips.chip[i].w)
            return (int)chips.chip[i].index;
    }
    return -1;
}

static void counts_fill(struct chips *chips, const uint32_t count[TCP_STATE_COUNT], int form)
{
    *chips = (struct chips){.w = 0};
    for (unsigned i = 0; i < STATE_STATE_LIST_COUNT; i++) {
        unsigned state = state_list_state(i);
        uint64_t n =
            count[state] + (state == TCP_STATE_CLOSE ? count[TCP_STATE_BOUND_INACTIVE] : 0);
        char number[FMT_SIZE];

        if (n == 0)
            continue;
        if (chip_leaves(0, state, form)) {
            chips->left_out++;
            continue;
        }
        count_text(number, n, form);
        add_chip(chips, i, form, number);
    }
}

void draw_count_chips(struct canvas *c, int x, int y, int room,
                      const uint32_t count[TCP_STATE_COUNT], enum role role)
{
    struct chips chips;
    char more[16];

    for (int form = CHIPS_NAMES; form <= CHIPS_NO_DONE; form++) {
        counts_fill(&chips, count, form);
        if (chips_fit(&chips, room + 1)) /* none has a bracket on its left */
            break;
    }
    while (chips.n > 0 && !chips_fit(&chips, room + 1)) {
        chips.w -= chips.chip[--chips.n].w;
        chips.left_out++;
    }
    for (int i = 0; i < chips.n; i++) {
        unsigned state = state_list_state(chips.chip[i].index);

        canvas_put(c, x + chips.chip[i].x + 1, y, room,
                   role == ROLE_TEXT ? column_state_role(state) : role, chips.chip[i].text);
    }
    if (chips.left_out) {
        snprintf(more, sizeof more, "+%d", chips.left_out);
        canvas_put(c, x + chips.w, y, room - chips.w, ROLE_DIM, more);
    }
}
