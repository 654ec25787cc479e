/* SPDX-License-Identifier: MIT */
/* The one table of columns. The screen's table, --columns, the CSV header, JSON keys, filter
 * fields, the menus and the help screen all come from it. */
#ifndef TCPTOP_QUERY_COLUMN_H
#define TCPTOP_QUERY_COLUMN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptop/base/canvas.h"
#include "tcptop/model/sample.h"
#include "tcptop/model/value.h"
#include "tcptop/text/text.h"

struct str;

enum column_id {
#define COLUMN(ident, ...) COL_##ident,
#include "tcptop/query/columns.def"
    COL_COUNT
};

enum column_align { ALIGN_LEFT, ALIGN_RIGHT };

enum column_flag {
    COLUMN_DISPLAY = 1,  /* composite: on screen and in text output only, no JSON key, no field */
    COLUMN_SCREEN = 2,   /* may be chosen for the screen's table */
    COLUMN_BASE = 4,     /* in JSON and CSV unless --columns says otherwise */
    COLUMN_GROUP = 8,    /* many rows have a value in common: the menu of groups offers it */
    COLUMN_SUM = 16,     /* its values in a group add up to something */
    COLUMN_LARGEST = 32, /* the large ones are what one looks for: they come first */
    COLUMN_ENDED = 64,   /* JSON says it of a connection that has ended, asked for or not */
};

/* What the values of a column are: how the filter reads them and in which unit, how a cell shows
 * them, and how rows are ordered by them. Numbers are ordered by size, texts by their first eight
 * bytes, unless the column has a key of its own. */
enum column_kind {
    KIND_COMPOSITE, /* no value of its own */
    KIND_TEXT,
    KIND_PROTO,
    KIND_STATE,
    KIND_TIMER,
    KIND_ADDRESS,
    KIND_PORT,   /* shown as "*" where it is 0 */
    KIND_DEVICE, /* index of a network device */
    KIND_NUMBER, /* shown in digits */
    KIND_COUNT,  /* shown in at most eight columns: "1,204", "12.3M" */
    KIND_BYTES,  /* "1.40 MB" */
    KIND_US,
    KIND_MS, /* shown as a count, since the heading names the unit */
    KIND_S,
    KIND_PERMILLE,
    KIND_LIST, /* numbers; JSON has an array */
};

/** A part of a row's place in an order: smaller comes first. */
typedef uint64_t (*order_word)(const struct conn *c);

struct column {
    const char *id;            /* JSON key, CSV head, filter field, --columns name: "recv_q" */
    enum msg title;            /* head on the screen */
    enum msg help;             /* one line for help and the chooser */
    uint8_t width[LANG_COUNT]; /* on the screen; 0: sized by content (addresses) */
    uint8_t rank;     /* in which the table takes it in while there is room; 0: only when chosen */
    uint8_t align;    /* enum column_align */
    uint8_t flags;    /* enum column_flag */
    uint8_t kind;     /* enum column_kind */
    uint32_t needs;   /* enum need */
    value_getter get; /* typed raw value; NULL for composites */
    /* The following may be NULL: column_format() and column_key() then go by the kind. */
    void (*format)(const struct sample *s, uint32_t row, struct str *out);
    uint64_t (*key)(const struct sample *s, uint32_t row);
    /** How the order goes on among equal keys: 64 bits each, up to a NULL; NULL when the key says
     *  all. */
    const order_word *words;
    value_each each;   /* where a row may have several values; NULL: get() has them all */
    value_whole whole; /* a text that may be longer than a value's; NULL: get() has it whole */
};

extern const struct column columns[COL_COUNT];

/** Append the cell of `row` as the screen shows it: "–" when it is not known. */
void column_format(enum column_id id, const struct sample *s, uint32_t row, struct str *out);

/** The same as text output shows it, which other programs read: counts, queues and milliseconds in
 *  all their digits, without commas, where the screen shortens them ("3782144", not "3.78M"). */
void column_format_whole(enum column_id id, const struct sample *s, uint32_t row, struct str *out);

#define KEY_ABSENT UINT64_MAX

/** 64-bit key for sorting: the smaller sorts first. KEY_ABSENT stands for what is not known. */
uint64_t column_key(enum column_id id, const struct sample *s, uint32_t row);

/** The key that `c` would have in COL_STATE if its state were `state`: attention, local port,
 *  remote address. */
uint64_t column_state_key(const struct conn *c, unsigned state);

/** The column called `name` (its id or other name, any case, '-' as '_'), -1: there is none. */
int column_find(const char *name, size_t len);

/** The word of this number, from 0 on, of a column whose values are a few words; NULL: it has no
 *  more, or any value. */
const char *column_word(enum column_id id, unsigned n);

/** Nearest known id for a misspelt name, for messages; NULL when nothing is near. */
const char *column_nearest(const char *name);

/** Parse "proto,local,remote" into ids. Returns the count or -EINVAL with `err`. */
struct err;
int column_parse_list(const char *list, enum column_id *ids, size_t max, struct err *err);

/** Address as netstat writes it, with port: "10.0.2.15:443", "[::1]:3000", "0.0.0.0:*"; with the
 *  device behind it where the socket is bound to one, "0.0.0.0%eth0:80"; and "*:80" for [::] that
 *  takes IPv4, too, both as in ss. Where the connection is of another host or namespace than
 *  tcptop's the device is a number; `s` says so, NULL: it is of this one. */
void column_format_local(const struct sample *s, const struct conn *c, struct str *out);
void column_format_remote(const struct sample *s, const struct conn *c, struct str *out);

/** Who limits a connection, as the screen says it; "–" when not known (`limit`: enum send_limit).
 */
const char *column_limit_word(enum send_limit limit);

/** A row's process for a cell of `width` columns: name and pid where both fit, and how many others
 *  share the socket; else the name, which the cell may cut. A former one is its name alone. */
void column_process_fit(const struct sample *s, uint32_t row, int width, struct str *out);

/** Role in which a state's name is drawn. */
enum role column_state_role(unsigned state);

#endif
