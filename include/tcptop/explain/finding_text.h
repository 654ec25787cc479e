/* SPDX-License-Identifier: MIT */
/* Findings in words, in the language in force. */
#ifndef TCPTOP_EXPLAIN_FINDING_TEXT_H
#define TCPTOP_EXPLAIN_FINDING_TEXT_H

#include "tcptop/base/fmt.h"
#include "tcptop/base/str.h"
#include "tcptop/doctor/doctor.h"
#include "tcptop/explain/typeset.h"

/** "CLOSE_WAIT leak likely: java (2841)" */
void finding_title(const struct finding *f, struct str *out);

/* The parts of a finding, each under a label. */
enum finding_part {
    PART_SEEN,
    PART_WHO,   /* the process, and how it is */
    PART_CAUSE, /* what it follows from */
    PART_PEER,  /* the process at the other end, where that is on this host */
    PART_LEADS, /* what follows from it */
    PART_MEANS,
    PART_DO,
    PART_HARMLESS,
    PART_CHECK,
    PART_KINDS
};

/** Append a part: a sentence, or commands, one per line; nothing where there is nothing to say. */
void finding_part(const struct finding *f, enum finding_part part, struct str *out);

/** The same where no label stands before it: from its capital to its full stop. */
void finding_sentence(const struct finding *f, enum finding_part part, struct str *out);

/** Append figure `which`, which must be known, with its unit; said to be a lower bound where it is
 * one, or where `at_least` says that it may have been more. */
void finding_figure(const struct finding *f, unsigned which, bool at_least, struct str *out);

/** The same with the noun for what it counts: "17,188 ports". */
void finding_measure(const struct finding *f, unsigned which, bool at_least, struct str *out);

/** When it was seen last, by the clock of the sample that carries it. Returns out. */
const char *finding_seen_clock(const struct finding *f, const struct sample *s, char out[FMT_SIZE]);

/** Of one that is passing: that it is no longer found, and when it was seen last, as a sentence
 * with a blank behind it. Nothing of any other. */
void finding_last_seen(const struct finding *f, const struct sample *s, struct str *out);

/** Title, what was seen, the process and the cause, as sentences. */
void finding_story(const struct finding *f, struct str *out);

/** Its label: "Seen". */
const char *finding_label(enum finding_part part);

/** "!!", "!", "i" */
const char *finding_severity_mark(unsigned severity);
enum role finding_severity_role(unsigned severity);

/** "stopped", "traced", "frozen", "waiting": how a process that does not run is called in JSON;
 * NULL: it runs (enum halt). */
const char *finding_halt_name(unsigned halt);

/** "WARNING" */
const char *finding_severity_word(unsigned severity);

/** Why a rule was not looked at. */
const char *finding_skip_words(unsigned why);

/** Append the names of the rules that were not looked at, and why, in one line; only of those that
 * judge one of `states`, STATE_BIT()s (0: of all). `f` NULL: nothing was looked at. */
void findings_not_looked(const struct findings *f, uint32_t states, struct str *out);

/** How many rules were not looked at, whatever the reason, where one of them leaves the verdict of
 * one of `states` open; else 0: those about the host alone are told in the list of warnings only.
 */
unsigned findings_unchecked(const struct findings *f, uint32_t states);

/** Append the names of the rules that were looked at, after each other, or of those that were not,
 * with a line for each reason. Returns how many rules. */
unsigned findings_rule_lines(const struct findings *f, bool looked_at, struct str *out);

/* A finding set into lines; a label stands left of the first line of each part. */
struct finding_words {
    struct explain_text text;
    uint32_t first[PART_KINDS]; /* UINT32_MAX: nothing to say */
};

/** Set the parts `width` columns wide. Returns 0 or -ENOMEM (then empty). */
int finding_set(struct finding_words *w, const struct finding *f, int width);
void finding_words_fini(struct finding_words *w);

/** The label that stands left of that line, NULL for none. */
const char *finding_label_at(const struct finding_words *w, uint32_t line);

#endif
