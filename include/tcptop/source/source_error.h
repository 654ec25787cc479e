/* What a sample says about itself when it is not complete, or not from the best back end. */
#ifndef TCPTOP_SOURCE_SOURCE_ERROR_H
#define TCPTOP_SOURCE_SOURCE_ERROR_H

#include "tcptop/base/err.h"
#include "tcptop/model/sample.h"
#include "tcptop/text/text.h"

/** Set status and why, in every language. The first cause stands: later ones only make the status
 *  worse. `a` and `b` fill {1} and {2}, NULL when there is none. */
void sample_set_status(struct sample *s, enum sample_status status, enum msg id, const char *a,
                       const char *b);

/** The same with the status and cause of `part`, a sample of one namespace: `name` fills {1}, the
 *  cause {2}. */
void note_part(struct sample *s, const struct sample *part, enum msg id, const char *name);

/** FAILED, with the message of the error that ended it. */
void note_failure(struct sample *s, const char *why);

/** PARTIAL when records were refused. */
void sample_set_rejected(struct sample *s);

/** A catalogue message as an error: fills `err` (may be NULL) and returns `code`. */
int source_error(struct err *err, int code, enum msg id, const char *a, const char *b);

#endif
