/* The connections that a finding is about. */
#ifndef TCPTOP_EXPLAIN_FINDING_SCOPE_H
#define TCPTOP_EXPLAIN_FINDING_SCOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/base/str.h"
#include "tcptop/model/findings.h"
#include "tcptop/model/sample.h"

/** Append the filter that shows them; nothing when it is about none. */
void finding_filter(const struct finding *f, struct str *out);

/** Is row `row` of the sample one of them? */
bool finding_concerns(const struct finding *f, const struct sample *s, uint32_t row);

/** The worst warning that makes the state stand out; of a row (UINT32_MAX: of the state as such)
 * only what is about it. NULL: none. Belongs to the sample. */
const struct finding *finding_about(const struct sample *s, unsigned state, uint32_t row);

#endif
