/* SPDX-License-Identifier: MIT */
/* Which connections a finding is about. The filter that a user may type is the only description of
 * them; the doctor compiles it once for each finding of a sample. */
#ifndef TCPTOP_DOCTOR_FINDING_SCOPE_H
#define TCPTOP_DOCTOR_FINDING_SCOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/base/str.h"
#include "tcptop/model/findings.h"
#include "tcptop/model/sample.h"

/** The address of one end as the filter takes it and people know it: an IPv4 one mapped into IPv6
 *  as IPv4, and what an imported dump has in its place where it is not known. */
void finding_address(const struct conn *c, bool remote, char out[CONN_ADDRESS_SIZE]);

/** Append the filter that shows them; nothing when the finding is about none. */
void finding_filter(const struct finding *f, struct str *out);

/** Compile the filters of the findings that hold. Without memory they are about no row. */
void finding_compile(struct findings *f);

#endif
