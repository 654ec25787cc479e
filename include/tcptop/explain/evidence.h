/* SPDX-License-Identifier: MIT */
/* HERE NOW: what this host's numbers say about a state, as facts, and the verdict of the doctor. */
#ifndef TCPTOP_EXPLAIN_EVIDENCE_H
#define TCPTOP_EXPLAIN_EVIDENCE_H

#include <stdbool.h>

#include "tcptop/base/str.h"
#include "tcptop/explain/explain.h"

/* The verdict on a state, or on a connection in it, is that of the doctor's worst finding about it.
 * Without one it is NORMAL if the doctor has looked at every rule about the state in a complete
 * sample, else UNKNOWN. NONE: there is no sample, or no rule about the state. */
enum verdict {
    VERDICT_NONE,
    VERDICT_UNKNOWN,
    VERDICT_NORMAL,
    VERDICT_NOTE,
    VERDICT_WATCH,
    VERDICT_PROBLEM,
};

#define EVIDENCE_FACTS 8 /* two of them about the selected connection */

/* Texts hold the marks of typeset.h. What was not measured is not there. */
struct evidence {
    struct str fact[EVIDENCE_FACTS];
    unsigned n_facts;
    enum verdict verdict;
    struct str reason;            /* the verdict's sentences */
    const struct finding *found;  /* which the verdict is by, of the sample; NULL: none */
    const struct finding *others; /* where there is none: what is found of others in the state */
    struct str spare;             /* takes facts for which there is no room */
};

/** The system whose output the sample was read from, where that is not Linux, which the texts are
 *  about; else NULL. */
const char *evidence_other_system(const struct sample *s);

/** Look at the subject's sample (none: no facts). Passes over its rows only where the subject has
 *  no summary. Free with evidence_fini(). */
void evidence_collect(struct evidence *e, const struct explain_subject *subject);

/** True when memory ran out: the texts are incomplete. */
bool evidence_failed(const struct evidence *e);

void evidence_fini(struct evidence *e);

/** The verdict that a finding comes to. */
enum verdict evidence_verdict_of(const struct finding *f);

/** The verdict's word in the language in force, "" for NONE, and the mark of its role. */
const char *evidence_verdict_word(enum verdict v);
const char *evidence_verdict_mark(enum verdict v);

#endif
