/* SPDX-License-Identifier: MIT */
/* What every part of the screen draws with: the frame in the making, title lines, names, messages
 * in fixed buffers. Drawing only reads the user interface's state. */
#ifndef TCPTOP_SRC_UI_DRAW_H
#define TCPTOP_SRC_UI_DRAW_H

#include "tcptop/base/str.h"
#include "tcptop/explain/explain.h"
#include "tcptop/text/text.h"
#include "tcptop/ui/screen.h"
#include "tcptop/ui/spark.h"

#define GUTTER 2 /* columns before the cells of a row: the cursor, the row's mark */

/* One frame in the making. */
struct drawing {
    struct canvas *c; /* NULL while only measuring */
    const struct view *v;
    const struct ui *ui;
    const struct sample *s;      /* the rows on screen; may be NULL */
    const struct rows *rows;     /* may be NULL */
    const struct groups *groups; /* that lines of `rows` stand for; NULL: none */
    uint32_t n_rows;
    struct layout l;
};

void draw_init(struct drawing *d, struct canvas *c, const struct view *v);

/** The sample row under the cursor, UINT32_MAX when there is none: the list is empty, or a group
 *  is there. */
uint32_t draw_cursor_row(const struct drawing *d);

/** Is a key offered that closes connections? Not those of another host, of a recording or of the
 *  past, and not where nothing may be changed. */
bool draw_may_close(const struct drawing *d);

/** Are the rows on screen older than they should be: the newest sample has failed, or is late? */
bool draw_is_stale(const struct drawing *d);

/** The history that the states show: that of the rows, or with the gap of a newest sample that
 *  failed, unless paused. NULL without a sample. */
const struct history *draw_history(const struct drawing *d);

/** What the doctor found in the newest sample, paused or not; NULL: no doctor looked at it. */
const struct findings *draw_findings(const struct drawing *d);

/** Does it mean that all is well where that found nothing? Not of an import, which tells little, of
 *  a sample that is not whole, nor of the first one, since many rules compare two. */
bool draw_all_checked(const struct drawing *d);

/** States (STATE_BIT()s) and rows of the sample shown that findings are about; the latter as enum
 *  severity, SEVERITY_OK for none. */
uint32_t draw_warned_states(const struct drawing *d);
unsigned draw_row_severity(const struct drawing *d, uint32_t row);

/** A line of words that the explain layer has set, in `width` columns. */
void draw_explained(struct canvas *c, const struct explain_text *t, uint32_t line, int x, int y,
                    int width);

/* Between what stands at the right end of a title: where there is no room, what is behind it stays.
 */
#define DRAW_GAP "   "

/** A region's title line: rule, name, what follows it, and the text at the right end, or its end
 *  where all of it has no room. `more` and `right` may be NULL. */
void draw_title(struct canvas *c, const struct rect *r, bool focused, const char *name,
                const char *more, const char *right);

/** The cursor's row: reversed where the region has the focus; else its plain cells stand out, and
 *  marks and states keep their colours. */
void draw_cursor(struct canvas *c, int x, int y, int w, bool focused);

/** "1-14": so many lines from `top` on. */
void draw_range(char *out, size_t size, uint32_t top, uint32_t shown);

/** "1-14 / 1,027" for a list that does not show all, "" else. */
void draw_scroll_mark(char *out, size_t size, uint32_t top, uint32_t shown, uint32_t lines);

/** Keys as the screen shows them: without arrows where it has only ASCII. Returns `out`. */
const char *draw_key_words(const struct drawing *d, const char *keys, char *out, size_t size);

/** Copy `text` into `size` bytes, cut at a character. */
void draw_copy_text(char *out, size_t size, const char *text);

/** A length of time in words, as the pane has it: "52 s", "3 min 5 s", "2 h 1 min". */
void draw_duration(char out[FILL_SIZE], uint64_t seconds);

/** Put a name or a message into `room` columns, with "…" where it is cut. Returns the columns
 *  taken. */
int draw_name(struct canvas *c, int x, int y, int room, enum role role, const char *name);

/** The column behind what is drawn in `w` columns from (x, y) on, blanks at the end not counted. */
int draw_end(const struct canvas *c, int x, int y, int w);

/** A message with values filled in, into a fixed buffer. Values may be NULL. */
void draw_fill(char out[FILL_SIZE], enum msg id, const char *one, const char *two,
               const char *three);

#endif
