/* SPDX-License-Identifier: MIT */
/* The texts of the states as one table; each state's file holds its rows. */
#include "tcptop/explain/state_texts.h"

#include "tcptop/explain/explain.h"
#include "tcptop/model/state.h"

struct words {
    const char *text[SECTION_COUNT][LANG_COUNT];
    enum conn_kind kind; /* the kind of connection that has words of its own */
    const char *variant[SECTION_COUNT][LANG_COUNT]; /* those; the rest as above */
    const char *page[PAGE_PARAGRAPHS][LANG_COUNT];
    const char *belief[PAGE_BELIEFS][LANG_COUNT], *answer[PAGE_BELIEFS][LANG_COUNT];
};

/* A state's file: TEXT() for all, VARIANT() for connections of the kind that KIND() names; the
 * page is counted from 1. */
#define TEXT(section, en, ko)    .text[SECTION_##section] = {en, ko},
#define KIND(which)              .kind = CONN_##which,
#define VARIANT(section, en, ko) .variant[SECTION_##section] = {en, ko},
#define PARAGRAPH(n, en, ko)     .page[(n)-1] = {en, ko},
#define BELIEF(n, en, en_answer, ko, ko_answer)                                                    \
    .belief[(n)-1] = {en, ko}, .answer[(n)-1] = {en_answer, ko_answer},

static const struct words words[TCP_STATE_COUNT] = {
    [TCP_STATE_LISTEN] =
        {
#include "tcptop/text/states/listen.def"
        },
    [TCP_STATE_SYN_SENT] =
        {
#include "tcptop/text/states/syn_sent.def"
        },
    [TCP_STATE_SYN_RECV] =
        {
#include "tcptop/text/states/syn_recv.def"
        },
    [TCP_STATE_ESTABLISHED] =
        {
#include "tcptop/text/states/established.def"
        },
    [TCP_STATE_CLOSE_WAIT] =
        {
#include "tcptop/text/states/close_wait.def"
        },
    [TCP_STATE_LAST_ACK] =
        {
#include "tcptop/text/states/last_ack.def"
        },
    [TCP_STATE_FIN_WAIT1] =
        {
#include "tcptop/text/states/fin_wait1.def"
        },
    [TCP_STATE_FIN_WAIT2] =
        {
#include "tcptop/text/states/fin_wait2.def"
        },
    [TCP_STATE_CLOSING] =
        {
#include "tcptop/text/states/closing.def"
        },
    [TCP_STATE_TIME_WAIT] =
        {
#include "tcptop/text/states/time_wait.def"
        },
    [TCP_STATE_CLOSE] =
        {
#include "tcptop/text/states/close.def"
        },
    [TCP_STATE_BOUND_INACTIVE] =
        {
#include "tcptop/text/states/bound_inactive.def"
        },
};

const char *state_texts_get(unsigned state, enum conn_kind kind, enum section section,
                            enum language language)
{
    const struct words *w = &words[state < TCP_STATE_COUNT ? state : 0];
    const char *text = NULL;

    if (kind != CONN_PLAIN && kind == w->kind)
        text = w->variant[section][language];
    if (!text)
        text = w->text[section][language];
    return text ? text : "";
}

const char *state_texts_paragraph(unsigned state, unsigned n, enum language language)
{
    const bool there = state < TCP_STATE_COUNT && n < PAGE_PARAGRAPHS;

    return there ? words[state].page[n][language] : NULL;
}

const char *state_texts_belief(unsigned state, unsigned n, enum language language,
                               const char **answer)
{
    const bool there = state < TCP_STATE_COUNT && n < PAGE_BELIEFS;

    *answer = there ? words[state].answer[n][language] : NULL;
    return there ? words[state].belief[n][language] : NULL;
}

const char *explain_gloss(unsigned state, enum language language)
{
    return language == LANG_KO ? state_texts_get(state, CONN_PLAIN, SECTION_STATE_LIST, language)
                               : "";
}

const char *explain_meaning(unsigned state, enum language language)
{
    return language == LANG_EN ? state_texts_get(state, CONN_PLAIN, SECTION_STATE_LIST, language)
                               : "";
}
