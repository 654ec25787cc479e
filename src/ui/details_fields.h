/* SPDX-License-Identifier: MIT */
/* The values that the details of a connection show. */
#ifndef TCPTOP_SRC_UI_DETAILS_FIELDS_H
#define TCPTOP_SRC_UI_DETAILS_FIELDS_H

#include "endpoint_names.h"
#include "tcptop/explain/evidence.h"
#include "tcptop/explain/explain.h"
#include "tcptop/explain/sample_summary.h"

#define FIELDS_MAX 16 /* of each side */

#define DETAILS_LABEL 13        /* columns of what stands before a value */
#define DETAILS_VALUE FILL_SIZE /* bytes of one */

struct field {
    enum msg label;
    char value[96];
};

#define LISTENER_PEERS    8 /* lines about clients */
#define LISTENER_OTHERS   8
#define LISTENER_ROWS_MAX 100000u /* in larger samples clients are not told apart */

/* An address from which connections have come. */
struct listener_peer {
    uint32_t row; /* one of them */
    uint32_t state[TCP_STATE_COUNT];
};

/* What surrounds a listener. */
struct listener_view {
    uint32_t state[TCP_STATE_COUNT];           /* connections that came by it */
    struct listener_peer peer[LISTENER_PEERS]; /* the addresses with the most of them */
    unsigned n_peers;
    uint32_t addresses; /* how many there are, or more if `at_least` */
    bool at_least;
    bool unknown;                    /* nobody looked: there are too many rows, or no memory */
    uint32_t other[LISTENER_OTHERS]; /* rows that listen on its port, too, the first of … */
    uint32_t n_others;               /* … so many */
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
    int n_left, n_right; /* of a listener the right side is shorter, else they are equal */
    int n_upper;         /* of the left side, those in the upper block */
    bool listens;
    struct listener_view listener; /* if so */
    const struct finding *found;   /* what the doctor says of it; NULL: nothing */
    enum verdict word;             /* and in a word */
    struct explain_text verdict;   /* the same in lines */
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

/** How many lines show figures over time, their head, and the i-th of them, in `w` columns from
 *  (x, y) on. */
int details_traces(const struct details *t);
void details_trace_head(struct drawing *d, const struct details *t, int x, int y, int w);
void details_trace(struct drawing *d, const struct details *t, int i, int x, int y, int w);

#endif
