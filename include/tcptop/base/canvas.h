/* SPDX-License-Identifier: MIT */
/* A rectangle of character cells with roles. The screen is drawn on it, the terminal shows it,
 * tests and --dump print it, the SVG writer draws it. It knows nothing of colours: a role says what
 * a cell means, a theme says how that looks. */
#ifndef TCPTOP_BASE_CANVAS_H
#define TCPTOP_BASE_CANVAS_H

#include <stdbool.h>
#include <stdint.h>

/* What a cell means; the order is that of the theme table. ROLE(ident, config key). */
#define ROLES(ROLE)                                                                                \
    ROLE(TEXT, "text")             /* all else */                                                  \
    ROLE(DIM, "dim")               /* units, zero rows, "–", sources, hints */                   \
    ROLE(RULE, "rule")             /* rules, separator, box lines */                               \
    ROLE(FLAT, "flat")             /* sparkline without news */                                    \
    ROLE(TITLE, "title")           /* region titles, column heads */                               \
    ROLE(FOCUS, "focus")           /* title and rule of the focused region */                      \
    ROLE(KEY, "key")               /* keys in header, footer, help */                              \
    ROLE(CURSOR, "cursor")         /* cursor row of the focused region */                          \
    ROLE(CURSOR_OFF, "cursor_off") /* cursor row of another region */                              \
    ROLE(LIVE, "live")             /* this host's numbers in the pane */                           \
    ROLE(HEAD, "head")             /* headings in the pane */                                      \
    ROLE(ST_LISTEN, "st_listen")                                                                   \
    ROLE(ST_OPEN, "st_open")                                                                       \
    ROLE(ST_OPENING, "st_opening")                                                                 \
    ROLE(ST_CLOSING, "st_closing")                                                                 \
    ROLE(ST_DONE, "st_done")                                                                       \
    ROLE(ST_STUCK, "st_stuck")                                                                     \
    ROLE(OK, "ok")           /* verdict NORMAL */                                                  \
    ROLE(WARN, "warn")       /* WARNING, "!", prompt errors */                                     \
    ROLE(CRIT, "crit")       /* CRITICAL */                                                        \
    ROLE(NEW, "new")         /* "+" rows */                                                        \
    ROLE(CHANGED, "changed") /* "*" and its State cell */                                          \
    ROLE(CLOSED, "closed")   /* "-" rows */                                                        \
    ROLE(BADGE, "badge")     /* PAUSED, STALE, PARTIAL, REPLAY */

enum role {
#define ROLE(ident, key) ROLE_##ident,
    ROLES(ROLE)
#undef ROLE
        ROLE_COUNT
};

/** The role's name in the configuration file. */
const char *canvas_role_key(enum role role);

#define CELL_BYTES 15 /* one base character with a few combining marks */

struct cell {
    char text[CELL_BYTES + 1]; /* UTF-8, terminated; "" in the second half of a wide character */
    uint8_t width;             /* 1, 2, or 0 for that second half */
    uint8_t role;              /* enum role */
    uint8_t bold;              /* 1: emphasised beyond the role (newest spark cell) */
};

struct canvas {
    int w, h;
    struct cell *cells;     /* h rows of w cells; owned */
    int cursor_x, cursor_y; /* where the terminal's cursor belongs; -1: hidden */
};

/** An all-blank canvas of `w` × `h` cells, each at least 1. Returns 0 or -ENOMEM. */
int canvas_init(struct canvas *c, int w, int h);
void canvas_fini(struct canvas *c);

/** Blank every cell, hide the cursor. */
void canvas_clear(struct canvas *c);

/** Change the size; the contents are blanked. Returns 0 or -ENOMEM (then unchanged). */
int canvas_resize(struct canvas *c, int w, int h);

struct cell *canvas_at(const struct canvas *c, int x, int y); /* NULL outside */

/** Put `text` at (x, y), at most `columns` of it (and never beyond the canvas). Wide characters
 *  never straddle an edge: a blank stands where only half would fit, and half-overwritten wide
 *  characters become blanks. Returns the columns taken. Outside is clipped, not an error. */
int canvas_put(struct canvas *c, int x, int y, int columns, enum role role, const char *text);

/** Like canvas_put(), right-aligned in exactly `columns`, blank-padded on the left. */
void canvas_put_right(struct canvas *c, int x, int y, int columns, enum role role,
                      const char *text);

/** Fill a rectangle with one single-width character. */
void canvas_fill(struct canvas *c, int x, int y, int w, int h, enum role role, const char *glyph);

/** Set the role of existing cells without touching their text. */
void canvas_paint(struct canvas *c, int x, int y, int w, int h, enum role role);

/** Replace every cell's glyph by its ASCII twin of one column (box drawing, sparks, triangles, –,
 *  …, ·, arrows); Hangul and other text stay. Called last, for --glyphs ascii. */
void canvas_to_ascii(struct canvas *c);

/** The ASCII twin of one cell's text, or the text itself. */
const char *canvas_glyph_ascii(const char *text);

bool canvas_same(const struct canvas *a, const struct canvas *b);

#endif
