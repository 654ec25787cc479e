/* HERE NOW: what this host's numbers say about a state, as facts and a verdict. */
#ifndef TCPTOP_EXPLAIN_EVIDENCE_H
#define TCPTOP_EXPLAIN_EVIDENCE_H

#include <stdbool.h>

#include "tcptop/base/str.h"
#include "tcptop/explain/explain.h"

enum verdict { VERDICT_NONE, VERDICT_NORMAL, VERDICT_WATCH, VERDICT_PROBLEM };

#define EVIDENCE_FACTS 6 /* one of them about the selected connection */

/* Texts hold the marks of typeset.h. What was not measured is not there. */
struct evidence {
    struct str fact[EVIDENCE_FACTS];
    unsigned n_facts;
    enum verdict verdict;        /* NONE: nothing measured allows one */
    struct str reason;           /* the verdict's sentences */
    const struct finding *found; /* of the doctor, which the verdict is by; NULL: none */
    bool act;                    /* there is something to do even without a verdict */
    struct str spare;            /* takes facts for which there is no room */
};

/** Look at the subject's sample (none: no facts). Passes over its rows only where the subject has
 *  no survey. */
void evidence_collect(struct evidence *e, const struct explain_subject *subject);

/** True when memory ran out: the texts are incomplete. */
bool evidence_failed(const struct evidence *e);

void evidence_fini(struct evidence *e);

/** The verdict that a finding of the doctor's comes to. */
enum verdict verdict_by(const struct finding *f);

/** The verdict's word in the language in force, "" for NONE, and the mark of its role. */
const char *verdict_word(enum verdict v);
const char *verdict_mark(enum verdict v);

#endif
