/* What the parts of the view share; nobody else's business. */
#ifndef TCPTOP_SRC_UI_PARTS_H
#define TCPTOP_SRC_UI_PARTS_H

#include "tcptop/base/str.h"
#include "tcptop/explain/explain.h"
#include "tcptop/text/text.h"
#include "tcptop/ui/screen.h"
#include "tcptop/ui/spark.h"

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

void drawing_init(struct drawing *d, struct canvas *c, const struct view *v);

/** The sample row under the cursor, UINT32_MAX when there is none: the list is empty, or a group
 *  is there. */
uint32_t drawing_cursor_row(const struct drawing *d);

/** The history that the strip shows: that of the rows, or with the gap of a newest sample that
 *  failed, unless paused. NULL without a sample. */
const struct history *drawing_history(const struct drawing *d);

/** What the doctor found in the newest sample, paused or not; NULL: nobody looked. */
const struct findings *drawing_findings(const struct drawing *d);

/** States and rows of the sample shown that warnings are about: STATE_BIT()s; enum severity, OK for
 *  none. */
uint32_t drawing_warned_states(const struct drawing *d);
unsigned drawing_row_severity(const struct drawing *d, uint32_t row);

/* A line of text in several roles, measured before it is put. */
#define RUN_MAX  48
#define RUN_TEXT 128
struct runs {
    struct {
        char text[RUN_TEXT];
        enum role role;
    } run[RUN_MAX];
    int n, w;
};

void runs_add(struct runs *r, enum role role, const char *text);
void runs_addf(struct runs *r, enum role role, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int runs_put(const struct runs *r, struct canvas *c, int x, int y, int room);

/** A line of words that the explain layer has set, in `width` columns. */
void draw_explained(struct canvas *c, const struct explain_text *t, uint32_t line, int x, int y,
                    int width);

/** A region's title line: rule, name, what follows it, and the text at the right end. `more` and
 *  `right` may be NULL. */
void draw_title(struct canvas *c, const struct rect *r, bool focused, const char *name,
                const char *more, const char *right);

/** The cursor's row: reversed where the region has the focus; else its plain cells stand out, and
 *  marks and states keep their colours. */
void draw_cursor(struct canvas *c, int x, int y, int w, bool focused);

/** "1-14 / 27" for a list that does not show all, "" else. */
void scroll_mark(char *out, size_t size, uint32_t top, uint32_t shown, uint32_t lines);

/** Copy `text` into `size` bytes, cut at a character. */
void copy_text(char *out, size_t size, const char *text);

/** Put a name into `room` columns, with "…" where it is cut: nothing else ever is. */
void put_name(struct canvas *c, int x, int y, int room, enum role role, const char *name);

/** A message with values filled in, into a fixed buffer. */
void fill(char out[FILL_SIZE], enum msg id, const char *one, const char *two, const char *three);

/** Seconds in two parts: "3 min 52 s", "3분 52초". */
void duration_words(char out[FILL_SIZE], uint64_t seconds);

/** The first key of a command as help writes it: "/" of "/ \ F4". */
void first_key(const struct view *v, enum command_id command, char out[24]);

/* The regions, what takes the footer's place, the overlays. */
void draw_header(struct drawing *d);
void draw_state_list(struct drawing *d);
void draw_table(struct drawing *d);
void draw_pane(struct drawing *d);
void draw_footer(struct drawing *d);
void draw_prompt(struct drawing *d);   /* a line that is typed */
void draw_question(struct drawing *d); /* yes or no */
void draw_help(struct drawing *d);
void draw_details(struct drawing *d);
void draw_menu(struct drawing *d);
void draw_warnings(struct drawing *d);
void draw_warnings_list(struct drawing *d);
void draw_diagram(struct drawing *d);

/** The state at an index of the strip, 0 for "all". */
unsigned state_list_state(unsigned index);

/** The count of a state (0: all) as it is known: false for CLOSE unless bound-only sockets were
 *  asked for. */
bool state_list_count(const struct sample *s, unsigned state, uint64_t *count);

void draw_chips(struct drawing *d);

/** Counts by state as chips from (x, y) on; what does not fit is told by number. */
void draw_count_chips(struct canvas *c, int x, int y, int room,
                      const uint32_t count[TCP_STATE_COUNT], enum role role);

/** Index in the strip of the chip at column `x`, -1 for none. */
int chip_at(const struct drawing *d, int x);

/** Index in the strip at (x, y), -1 for none. */
int state_list_at(const struct drawing *d, int x, int y);

/* columns_fit.c, addresses_fit.c: which columns the table has, where, and how wide. */
enum fit_level {
    FIT_FULL,
    FIT_SHORT_STATE,
    FIT_PORT,    /* Port instead of Local Address */
    FIT_OWN_LINE /* the foreign address always on a line of its own */
};

struct fit_column {
    enum column_id id;
    int x, w;
};

struct fit {
    enum fit_level level;
    enum column_id sorted;
    int indent;        /* of rows below their group */
    int room;          /* columns of the table, without the indent */
    int local, remote; /* widths of the address columns */
    int n;
    struct fit_column column[COL_COUNT];
};

#define GUTTER        2
#define STATE_SHORT_W 7 /* of its short names */

/** Columns that the table's lines may use: beside a pane the last one stays blank. */
int table_room(const struct drawing *d);

/** Columns for the table as it stands, address widths as the ui has them. */
void fit_make(struct fit *f, const struct drawing *d);

/** The address widths that suit the rows in view. */
void fit_choose(const struct drawing *d, int *local, int *remote);

/** The widths in force, and how far State and the local address give way to them in the room that
 *  the table has: sets local, remote and level. */
void fit_addresses(struct fit *f, const struct drawing *d);

/** Columns that an end takes as it is written; `buffer` is scratch, and holds it then. */
int fit_local_width(const struct conn *c, struct str *buffer);
int fit_remote_width(const struct conn *c, struct str *buffer);

/** How far right of the others rows stand that are below their group. */
int fit_indent(const struct drawing *d);

/** The column `id` where it stands, NULL when it is not drawn. */
const struct fit_column *fit_find(const struct fit *f, enum column_id id);

/** Lines that a row takes. */
int fit_row_lines(const struct fit *f, const struct conn *c);

/** Where the foreign address begins on its own line. */
int fit_remote_x(const struct fit *f);

/** Bytes of an address that go on one line of `room` columns: all, or up to a ':'. */
size_t fit_address_line(const char *text, int room);

/* group_rows.c */
struct group_fit {
    int room;
    int key_x, key_w, count_x, count_w; /* counted from the table's first column */
    int change_x;                       /* 0: not there */
    int sum_x[GROUP_SUMS];
    unsigned n_sums;
    int states_x, states_w; /* w 0: not there */
    bool own_line;          /* the value stands in a line, or more, before the figures */
};

bool drawing_is_group(const struct drawing *d, uint32_t position);

/** The group under the cursor, GROUP_NONE when there is none. */
uint32_t drawing_cursor_group(const struct drawing *d);

/** Do the heads tell of groups? They tell of what the line under the cursor is. */
bool group_heads(const struct drawing *d);

/** The title of a figure. */
const char *group_title(const struct grouping *how, unsigned figure);

/** The width that suits the values in view. */
int group_choose(const struct drawing *d);

/* Only where there are groups: */
void group_fit_make(struct group_fit *f, const struct drawing *d);
int group_lines(const struct drawing *d, const struct group_fit *f, uint32_t group);
bool group_unfolded(const struct drawing *d, uint32_t group);
void draw_group(struct drawing *d, const struct group_fit *f, int y, uint32_t group,
                enum role role);
void draw_group_heads(struct drawing *d, const struct group_fit *f, int y);

/** The figures that are drawn, left to right; returns how many. */
int group_figures(const struct group_fit *f, uint8_t figures[GROUP_SUM + GROUP_SUMS]);

/** The figure whose head is at column `x`, -1 when there is none. */
int group_head_at(const struct drawing *d, const struct group_fit *f, int x);

/* endpoint_text.c */

/** `text` is an end as netstat writes it; put the names that are wanted and known in the place of
 *  address and port, within `room` columns. */
void endpoint_name(const struct drawing *d, const struct conn *c, bool remote, int room,
                   struct str *text);

/* table.c */
struct table_page {
    struct fit fit;
    struct group_fit groups;    /* where there are any */
    int head_y, first_y, lines; /* screen lines: column heads, first row, how many rows' lines */
    uint32_t top, drawn;        /* positions */
};
void table_page(const struct drawing *d, struct table_page *p);

/** Screen lines that the line of the list at `position` takes. */
int table_lines(const struct drawing *d, const struct table_page *p, uint32_t position);

/* pane.c */
bool pane_subject(const struct drawing *d, struct explain_subject *subject);
bool pane_has_numbers(const struct drawing *d);
void pane_extent(const struct drawing *d, uint32_t *lines, uint32_t *shown);

/* Overlays: the area that one covers, and what is inside its frame. */
struct overlay_area {
    struct rect outer, inner; /* inner: without the title line and the border */
    bool box;
};
void overlay_area(const struct drawing *d, struct overlay_area *a);
void overlay_frame(struct drawing *d, const struct overlay_area *a, const char *name,
                   const char *right);

void help_extent(const struct drawing *d, uint32_t *lines, uint32_t *shown);
void warnings_extent(const struct drawing *d, uint32_t *lines, uint32_t *shown);
void warnings_entry(const struct drawing *d, uint32_t index, uint32_t *first, uint32_t *lines);
void details_extent(const struct drawing *d, uint32_t *lines, uint32_t *shown);
void menu_extent(const struct drawing *d, uint32_t *lines, uint32_t *shown);

#endif
