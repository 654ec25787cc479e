/* Values of the table IN NUMBERS: each appends one, or nothing where it is not known.
 * numbers_common.c has those of all states, numbers_states.c the others. */
#ifndef TCPTOP_SRC_EXPLAIN_NUMBERS_PARTS_H
#define TCPTOP_SRC_EXPLAIN_NUMBERS_PARTS_H

#include "tcptop/explain/state_facts.h"
#include "tcptop/text/text.h"

/** Append a message with its values, closed by NULL. */
#define SAY(out, id, ...) fact_fill(out, id, __VA_ARGS__)

void number_this_one(struct str *out, const struct state_facts *t);
void number_share(struct str *out, const struct state_facts *t);
void number_trend(struct str *out, const struct state_facts *t);
void number_moves(struct str *out, const struct state_facts *t);
void number_age(struct str *out, const struct state_facts *t);
void number_next_count(struct str *out, const struct state_facts *t);
void number_processes(struct str *out, const struct state_facts *t);
void number_peers(struct str *out, const struct state_facts *t);
void number_ports(struct str *out, const struct state_facts *t);
void number_kernel(struct str *out, const struct state_facts *t);

void number_opens(struct str *out, const struct state_facts *t);
void number_resets(struct str *out, const struct state_facts *t);
void number_left(struct str *out, const struct state_facts *t);
void number_next_waits(struct str *out, const struct state_facts *t);
void number_next_end(struct str *out, const struct state_facts *t);
void number_next_orphans(struct str *out, const struct state_facts *t);
void number_queues(struct str *out, const struct state_facts *t);
void number_overflows(struct str *out, const struct state_facts *t);
void number_cookies(struct str *out, const struct state_facts *t);
void number_repeats(struct str *out, const struct state_facts *t);
void number_received(struct str *out, const struct state_facts *t);
void number_sent(struct str *out, const struct state_facts *t);
void number_files(struct str *out, const struct state_facts *t);
void number_idle(struct str *out, const struct state_facts *t);
void number_ephemeral(struct str *out, const struct state_facts *t);
void number_table(struct str *out, const struct state_facts *t);
void number_orphans(struct str *out, const struct state_facts *t);

#endif
