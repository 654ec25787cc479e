/* SPDX-License-Identifier: MIT */
/* Sets paragraphs into lines of runs: wrapping by the rules of Korean and English, and roles. */
#ifndef TCPTOP_EXPLAIN_TYPESET_H
#define TCPTOP_EXPLAIN_TYPESET_H

#include <stdbool.h>

#include "tcptop/base/str.h"
#include "tcptop/explain/explain.h"

/* Signs inside a paragraph: what follows has this role, up to MARK_END. They are control
 * characters, which no sanitised text holds. */
#define MARK_LIVE "\x01"
#define MARK_OK   "\x02"
#define MARK_WARN "\x03"
#define MARK_CRIT "\x04"
#define MARK_END  "\x05"
#define MARK_HEAD "\x06"

/* A blank that does not break; set as an ordinary one. */
#define NBSP "\u00a0"

/** Make every NBSP a plain blank, where text is not set but shown or told as it is. */
void typeset_untie(char *text);

struct typeset_run {
    size_t at; /* in `bytes` */
    enum role role;
};

struct typeset {
    struct str bytes; /* the texts of all runs, each with its NUL */
    struct typeset_run *runs;
    struct explain_line *lines;
    uint32_t n_runs, cap_runs, n_lines, cap_lines;
    bool failed; /* out of memory */

    int width, indent; /* of the paragraph being set */
    enum role base, role;
    int col;   /* columns of the line so far, without its indent */
    bool open; /* a run is being added to */
};

void typeset_init(struct typeset *ts);
void typeset_fini(struct typeset *ts);

/** Begin a line. */
void typeset_line(struct typeset *ts);

/** Set each of the texts between newlines as a paragraph of lines `width` columns wide, the
 *  indent included. Breaks at blanks; a group joined by NBSP breaks at these only when it is
 *  wider than the line; what is still wider breaks after ( , / : or . */
void typeset_paragraphs(struct typeset *ts, const char *text, enum role base, int width,
                        int indent);

/** Set lines of "label\tvalue": labels dim in a column of their own, values wrapped beside them;
 *  where that leaves values less than half of the width, behind the label. */
void typeset_table(struct typeset *ts, const char *text, int width, int indent);

/** Set the lines of `text` as they are: marks are obeyed, nothing is wrapped. */
void typeset_verbatim(struct typeset *ts, const char *text);

/** Hand the lines over to `t`; `ts` is empty afterwards. Returns 0 or -ENOMEM (then `t` is
 *  empty). */
int typeset_finish(struct typeset *ts, struct explain_text *t);

#endif
