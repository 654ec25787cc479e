/* SPDX-License-Identifier: MIT */
/* The catalogue of what there is to say about each state, English and Korean side by side.
 *
 * The texts are text/states/<state>.def. In them `^` is a blank that never breaks, a newline
 * starts a paragraph, {name} stands for a value of this host (see expand.h), and what is in [ ]
 * is left out when a value in it is not known. TEXT() rows are the short form, PARAGRAPH() and
 * BELIEF() rows the page for who wants to learn. */
#ifndef TCPTOP_EXPLAIN_STATE_TEXTS_H
#define TCPTOP_EXPLAIN_STATE_TEXTS_H

#include "tcptop/model/conn.h"
#include "tcptop/text/text.h"

enum section {
    SECTION_STATE_LIST, /* English: the meaning, at most 30 columns; Korean: the gloss, at most 13
                         */
    SECTION_LEAD,       /* the first sentence fits into 78 columns */
    SECTION_MAP,        /* lines of at most 43 columns, counts go under the names of states */
    SECTION_DO,
    SECTION_ALARM, /* when it is harmless, each a paragraph; "" where there is nothing to say */
    SECTION_WHY,
    SECTION_UNTIL,
    SECTION_MYTHS, /* each a paragraph: what is believed in quotes, a colon, what is true */
    SECTION_SOURCE,
    SECTION_COUNT
};

/** The text of a section; where a connection of this `kind` deserves words of its own, those.
 *  "" for what does not exist; never NULL. */
const char *state_texts_get(unsigned state, enum conn_kind kind, enum section section,
                            enum language language);

#define PAGE_PARAGRAPHS 6 /* at most */
#define PAGE_BELIEFS    6

/** Paragraph `n`, from 0, of the state's page: prose that stands in the place of WHY and UNTIL.
 * NULL behind the last, and for what is no state. */
const char *state_texts_paragraph(unsigned state, unsigned n, enum language language);

/** Sentence `n`, from 0, that is believed of the state and false, without quotes; *`answer` is what
 *  is true, as it goes on behind "No:". NULL behind the last, and for what is no state. */
const char *state_texts_belief(unsigned state, unsigned n, enum language language,
                               const char **answer);

#endif
