/* SPDX-License-Identifier: MIT */
/* Overlays: what covers the body, one at a time. A new one is its file with its overlay_ops, its
 * line in OVERLAYS (ui_state.h) and the row of the command that opens it (keymap.h). */
#ifndef TCPTOP_SRC_UI_OVERLAY_H
#define TCPTOP_SRC_UI_OVERLAY_H

#include "draw.h"
#include "footer.h"
#include "session_state.h"

/* Functions that an overlay has no use for are NULL. Masks are of enum reaction. */
struct overlay_ops {
    enum command_id opened_by; /* COMMAND_COUNT: none. Where several are, the first that opens */

    /* Begin: the cursor stands on the first line. REACT_NOT_MINE when it cannot open now. */
    unsigned (*open)(struct session *s);

    /* A command. Movement, Enter, [ and ] that it answers with REACT_NOT_MINE do nothing, Esc and q
     * close it; all others are run as if it were not open. */
    unsigned (*command)(struct session *s, enum command_id command);

    /* A key, before it is looked up among the commands. */
    unsigned (*key)(struct session *s, keycode key);

    /* A click on a cell. NULL: none does anything. */
    unsigned (*click)(struct session *s, int x, int y);

    /* s->newest has come, or the overlay has just opened. */
    unsigned (*on_sample)(struct session *s);

    /* Other rows are listed. */
    unsigned (*on_list)(struct session *s);

    /* Draw it over what is there. */
    void (*draw)(struct drawing *d);

    /* Lines it has, and how many of them fit. NULL: it does not scroll. */
    void (*extent)(const struct drawing *d, uint32_t *lines, uint32_t *shown);

    /* The keys that the footer names. */
    void (*footer)(const struct drawing *d, struct key_items *k);

    /* The connection that it is about, and that actions mean. NULL: that under the cursor. */
    const struct conn *(*subject)(const struct ui *ui);

    uint32_t needs;        /* what samples must contain for it (enum need) */
    bool lists_namespaces; /* they must list all namespaces */
};

/** Those of the open overlay; when none is open they are empty. */
const struct overlay_ops *overlay_ops(const struct ui *ui);

/** Open the overlay that a command opens; REACT_NOT_MINE when there is none, or none can open. */
unsigned overlay_open_by(struct session *s, enum command_id command);

/** A command while an overlay is open; REACT_NOT_MINE: run it as if none were. */
unsigned overlay_command(struct session *s, enum command_id command);
unsigned overlay_key(struct session *s, keycode key);
unsigned overlay_on_sample(struct session *s);
unsigned overlay_click(struct session *s, int x, int y);
unsigned overlay_on_list(struct session *s);

/** The connection that the open overlay is about, NULL when it is about none. */
const struct conn *overlay_subject(const struct ui *ui);

/** Has the open overlay, which has an extent, more lines than it shows? */
bool overlay_scrolls(const struct drawing *d);

/** Scroll by so many lines, as far as there are lines. */
void overlay_scroll(struct session *s, int64_t lines);

/** Does a command move in an overlay? [ and ] do, by half of what is shown. */
bool overlay_movement(enum command_id command, enum move_unit *unit, int *sign);

/* The area that an overlay covers, and what is inside its frame. */
struct overlay_area {
    struct rect outer, inner; /* inner: without the title line and the border */
    bool box;
};
void overlay_area(const struct drawing *d, struct overlay_area *a);

/* The same for what needs no more than so many columns and lines: a box is no larger then. */
void overlay_area_for(const struct drawing *d, struct overlay_area *a, int w, int h);
void overlay_frame(struct drawing *d, const struct overlay_area *a, const char *name,
                   const char *right);

/** How many of `lines` the area shows. */
uint32_t overlay_shown(const struct overlay_area *a, uint32_t lines);

/** The last lines of a tall pane: the first of the list of warnings. */
void overlay_warnings_draw_list(struct drawing *d);

#endif
