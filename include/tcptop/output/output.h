/* SPDX-License-Identifier: MIT */
/* Samples and canvases as text that leaves the program. Everything goes through a buffer of
 * bounded size; a closed pipe and a full disk are told apart. */
#ifndef TCPTOP_OUTPUT_OUTPUT_H
#define TCPTOP_OUTPUT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptop/base/canvas.h"
#include "tcptop/base/err.h"
#include "tcptop/base/theme.h"
#include "tcptop/query/groups.h"
#include "tcptop/query/rows.h"

/* A buffered writer on a file descriptor. */
struct sink {
    int fd;
    char *buffer; /* owned */
    size_t len, cap;
    int error; /* -errno of the first failed write; -EPIPE for a closed pipe */
};

int sink_init(struct sink *s, int fd); /* 0 or -ENOMEM */
void sink_add(struct sink *s, const char *text);
void sink_add_bytes(struct sink *s, const void *bytes, size_t len);
void sink_add_many(struct sink *s, char c, size_t count);
void sink_add_uint(struct sink *s, unsigned long long n);
/** At most 500 bytes; longer is cut. */
void sink_addf(struct sink *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int sink_flush(struct sink *s); /* 0 or -errno; -EPIPE is for the caller to be silent about */
void sink_fini(struct sink *s); /* does not flush */

/* FORMAT(ident, name): what print_sample() prints by <name>_print(), in this order the first words
 * that --format takes. */
#define PRINTED_FORMATS(FORMAT)                                                                    \
    FORMAT(TEXT, text)                                                                             \
    FORMAT(JSON, json)                                                                             \
    FORMAT(CSV, csv)

enum format {
#define FORMAT(ident, name) FORMAT_##ident,
    PRINTED_FORMATS(FORMAT)
#undef FORMAT
        FORMAT_PROMETHEUS, /* these two by metrics_print(), output/metrics.h */
    FORMAT_OPENMETRICS
};

/* One sample as text. Only live rows are printed, those that the last dump had; with
 * `close_stats` also the closed ones of a sample that keeps them for no longer than itself. */
struct print {
    enum format format;
    const struct sample *sample;
    const struct rows *rows;
    const struct groups *groups;    /* instead of the rows; NULL: none */
    uint32_t limit;                 /* only so many groups; 0: all */
    const struct predicate *filter; /* what they passed: counts are of what passes; NULL: all */
    const enum column_id *columns;
    size_t n_columns;
    bool head;          /* text, CSV: the line of titles first */
    bool summary;       /* counts only */
    bool close_stats;   /* JSON: also what closed since the sample before */
    bool owners_hidden; /* what was asked for depends on processes that are not seen */
    unsigned long long sample_number; /* number in the JSON records, from 1 */
    bool color;                       /* text: colours by escape sequences */
    bool ascii;                       /* text: "-" for what is not known */
    const struct theme *theme;        /* with `color` */
};

/** Text: rows or groups under titles. JSON: a record for each, then one of counts. CSV: ids, then
 * rows; columns without a value of their own are left out of both. With `summary` only the counts.
 * Running out of memory is an error of the sink. */
void print_sample(struct sink *out, const struct print *p);

struct explain_text;

/** Text; with `ascii` (no UTF-8) lines, arrows and dashes as their ASCII twins. */
void print_glyphs(struct sink *out, const char *text, bool ascii);

/** One of its lines, with a newline. */
void print_words_line(struct sink *out, const struct explain_text *words, uint32_t line,
                      bool ascii);

struct import;

/** A comma and the member "import" of a JSON object: whose output it was, and what became of its
 *  lines. */
void json_print_import(struct sink *out, const struct import *i);

/** A JSON string with quotes; `text` is UTF-8. */
void json_print_string(struct sink *out, const char *text);

/** The canvas as lines of text, blanks at the end kept. */
void print_canvas(struct sink *out, const struct canvas *c);

/** The canvas as an SVG picture: every run of text placed by its column. Same input, same bytes. */
void svg_print(struct sink *out, const struct canvas *c, const struct theme *theme,
               enum theme_background background);

#endif
