/* SPDX-License-Identifier: MIT */
/* Whom a finding is about: namespaces, processes, peers; and what is known of a row. */
#ifndef TCPTOP_SRC_DOCTOR_SUBJECTS_H
#define TCPTOP_SRC_DOCTOR_SUBJECTS_H

#include "check.h"
#include "tcptop/doctor/state_age.h"

#define FIGURES_MOST 250000u /* rows; tcp_info of more would take more memory than the rows */
#define REPORTS_MAX  8       /* findings of one rule, the largest buckets */

/** Note which namespaces the sample has, with what they say about themselves. */
void subjects_take_namespaces(struct doctor *d, const struct sample *s);

/** The namespace of a row. */
struct netns_ctx *subjects_netns_of(struct check *l, const struct conn *c);

/** A key for the process of a row, or for its user and service where no process is known;
 * `*unowned` where one may become known yet. At most 63 bits. */
uint64_t subjects_owner_key(struct check *l, uint32_t row, bool *unowned);

/** Make the finding one about the process of the row. */
void subjects_name_owner(struct check *l, struct finding *f, uint32_t row);

/** Its process, which was looked for when the finding was made, is that of the row. */
void subjects_name_sought(struct check *l, struct finding *f, uint32_t row);

/** Make the finding one about the listener of the row, and of the process that holds it. */
void subjects_name_listener(struct check *l, struct finding *f, uint32_t row);

/** Ask for the owners of the next samples: a finding names a process. */
void subjects_want_owners(struct check *l);

/** Is it too soon to call the process of the bucket unknown? Then owners are asked for, and the
 * rule is undecided. */
bool subjects_await_owner(struct check *l, enum rule_id rule, const struct bucket *bucket);

/** Is it the end of a server here? Its clients have a port of their own each. */
bool subjects_is_served(struct check *l, const struct conn *c);

/** How long the row has been in its state, see state_age.h. What an earlier check proved still
 *  holds: `one` (may be NULL) remembers it by its `since_ns`. */
struct state_age subjects_age(const struct check *l, uint32_t row, struct candidate *one);

/** Seconds from a time on. */
double subjects_since_s(const struct check *l, int64_t since_ns);

/** tcp_info of a row, NULL when not known. */
const struct tcp_metrics *subjects_metrics(const struct check *l, uint32_t row);

/** May tcp_info come with a further sample? */
bool subjects_metrics_possible(const struct check *l);

/** A field in seconds; false when not known. */
bool subjects_metrics_seconds(const struct tcp_metrics *f, enum tcp_metric field, double *seconds);

/** Keys for the row itself and for its peer, whose IPv4 address may be mapped into IPv6. */
uint64_t subjects_conn_key(const struct conn *c);
uint64_t subjects_peer_key(const struct conn *c, bool with_port);

/** The buckets with at least `least` rows, the largest first; returns how many. */
uint32_t subjects_largest(const struct bucket_table *bucket_table, uint32_t least,
                          const struct bucket *bucket[REPORTS_MAX]);

/** Count a row of the bucket, which is the rule's, with those of its peer. */
void subjects_count_peer(struct check *l, enum rule_id rule, struct bucket *bucket, uint32_t row);

/** Name the peer that most rows of the bucket have; false where none has a share worth naming. */
bool subjects_name_peer(struct check *l, struct finding *f, const struct bucket *bucket);

#endif
