/* SPDX-License-Identifier: MIT */
/* The values that the details of a connection show. */
#ifndef TCPTOP_SRC_UI_DETAILS_FIELDS_H
#define TCPTOP_SRC_UI_DETAILS_FIELDS_H

#include "endpoint_names.h"
#include "tcptop/explain/explain.h"
#include "tcptop/explain/sample_summary.h"

#define FIELDS_MAX 16 /* of each side */
#define TRACES     4  /* lines of figures over time */

#define DETAILS_LABEL 13        /* columns of what stands before a value */
#define DETAILS_VALUE FILL_SIZE /* bytes of one */

struct field {
    enum msg label;
    char value[96];
};

struct details {
    const struct sample *s;
    const struct conn *c;
    const struct tcp_metrics *metrics;
    const struct watch *watch;            /* NULL: nobody has followed it yet */
    const struct sample_summary *summary; /* may be NULL */
    uint32_t row;                         /* UINT32_MAX: gone from the sample */
    struct naming naming;
    struct field left[FIELDS_MAX], right[FIELDS_MAX];
    int n_left, n_right; /* equal, but that a listener has the left side only */
    int n_upper;         /* of the left side, those in the upper block */
    bool listens;
    uint32_t clients[TCP_STATE_COUNT]; /* of a listener: connections on its port, by state */
    const struct finding *found;       /* what the doctor says of it; NULL: nothing */
    struct explain_text verdict;       /* the same in lines */
};

/** Fill both sides. */
void details_fields(struct details *t);

/** Has it closed, or gone from the sample? */
bool details_gone(const struct details *t);

/** Text that is cut where it does not fit says so. */
void details_put_cut(struct drawing *d, int x, int y, int w, enum role role, const char *value);

/** The command line of its process, "" where that is not known. */
const char *details_command(const struct details *t);

/** How many lines say who shares the socket, 0 where nobody does; and the i-th of them. */
int details_holders(const struct details *t);
void details_holder(struct drawing *d, const struct details *t, int i, int x, int y, int w);

/** The head of the traces, and the i-th of them, in `w` columns from (x, y) on. */
void details_trace_head(struct drawing *d, const struct details *t, int x, int y, int w);
void details_trace(struct drawing *d, const struct details *t, int i, int x, int y, int w);

#endif
