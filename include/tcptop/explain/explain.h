/* SPDX-License-Identifier: MIT */
/* The words about a state, with this host's own numbers: what the pane and --explain show.
 * Three forms: the page, the short form, two lines. */
#ifndef TCPTOP_EXPLAIN_EXPLAIN_H
#define TCPTOP_EXPLAIN_EXPLAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/base/canvas.h"
#include "tcptop/model/sample.h"
#include "tcptop/text/text.h"

struct str;
struct sample_summary;
struct breakdown;

/* What to explain. */
struct explain_subject {
    unsigned state;              /* enum tcp_state, BOUND_INACTIVE included */
    const struct sample *sample; /* NULL: no live values (--explain without a sample) */
    uint32_t row;                /* the selected connection; UINT32_MAX: the state as such */
    const struct sample_summary *summary; /* of the sample; NULL: made when it is needed */
    const struct breakdown *breakdown;    /* for the table IN NUMBERS: of another state, or of none,
                                             what takes it is "–"; NULL: no table */
    bool alone; /* nothing else says of which moment the sample is: of a recording the page does */
    const char *lesson; /* the words of a lesson's step, three paragraphs that come before all else;
                           NULL: none */
    bool lesson_over;   /* what they say has ended since */
    enum msg lesson_keys; /* below them: what to press */
};

/* One screen line: runs of text with roles. Storage belongs to struct explain_text. */
struct explain_run {
    const char *text;
    enum role role;
};

struct explain_line {
    uint32_t first, count; /* runs */
};

struct explain_text {
    struct explain_line *lines;
    uint32_t n_lines;
    struct explain_run *runs;
    uint32_t n_runs;
    char *bytes;
};

/** Lay the whole text out `width` columns wide (24 and more; less is treated as 24), by the rules
 *  of wrapping: at blanks only, never inside a Korean word, never between a number and its unit.
 *  `map`: with the state diagram where it fits (43 columns). The words come first, the table IN
 *  NUMBERS behind them. Blank lines between sections exist where they push nothing out of `height`
 *  that would fit (0: always), under 32 columns always.
 *  In the language in force. Returns 0 or -ENOMEM (then empty). */
int explain_layout(struct explain_text *t, const struct explain_subject *subject, int width,
                   int height, bool map);

/** The page for who wants to learn, laid out by the same rules: the short form's words about this
 *  host, then the state explained in paragraphs, and what is believed of it with the answers. With
 *  blank lines, and the state diagram where it fits. Returns 0 or -ENOMEM (then empty). */
int explain_page(struct explain_text *t, const struct explain_subject *subject, int width);

/** The brief pane: two lines of at most `width` columns: lead; verdict, first live line, what to
 *  do. Where the lead does not fit on one line the verdict takes both lines. */
int explain_brief(struct explain_text *t, const struct explain_subject *subject, int width);

void explain_fini(struct explain_text *t);

/** The state's gloss, at most 13 columns: "종료 후 대기"; English "" (it has none). */
const char *explain_gloss(unsigned state, enum language language);

/** The state's meaning in at most 30 columns: "closed first here, waits 60 s"; English only, the
 *  Korean list of states shows the gloss. */
const char *explain_meaning(unsigned state, enum language language);

#endif
