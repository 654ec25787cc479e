/* SPDX-License-Identifier: MIT */
/* A host for the doctor to look at, made up sample by sample. */
#ifndef TESTS_LIB_PATIENT_H
#define TESTS_LIB_PATIENT_H

#include "tcptop/explain/finding_text.h"
#include "tcptop/model/sample.h"
#include "tcptop/source/sample_pipeline.h"

struct patient {
    struct sample_observer *doctor;
    struct sample *now; /* the sample looked at last */
};

extern struct patient patient; /* the test's one */

/* Before and after each test: a doctor with the limits that are the default. */
int patient_set_up(void **state);
int patient_tear_down(void **state);

/** A sample `t` seconds after the first, with figures. */
struct sample *patient_sample(double t);

/** `n` rows of a kind; the ports of the second end differ. Each has been so for `age` seconds.
 *  Returns the last. */
struct conn *patient_rows(struct sample *s, unsigned n, unsigned state, double age);

/** All rows were in their states already at the first sample, which was so many seconds ago. */
void patient_watched(struct sample *s, double seconds);

/** A sample of one listener whose accept queue of 10 holds so many. */
struct sample *patient_queue(double t, uint32_t waiting, uint64_t overflows);

void patient_counter(struct sample *s, enum host_counter which, uint64_t value);
void patient_setting(struct sample *s, enum host_sysctl which, int64_t value);
void patient_gauge(struct sample *s, enum host_gauge which, uint64_t value);

/** The doctor looks at the sample, which is patient.now then. */
void patient_look(struct sample *s);

/** What the rule has found in the last sample, NULL for nothing. */
const struct finding *patient_found(enum rule_id rule);

/** The finding, and one of its figures, that must be there. */
struct finding patient_finding(enum rule_id rule);
double patient_value(enum rule_id rule, unsigned which);

/** Are these words in that part of the finding? */
bool patient_says(const struct finding *f, enum finding_part part, const char *words);

#endif
