/* SPDX-License-Identifier: MIT */
/* The payload of a NOTE: what the doctor found while it was recorded. FORMAT.md lists its fields.
 * Rules go by their names, since their numbers change from version to version. */
#ifndef TCPTOP_SRC_SOURCE_BLOCK_NOTE_H
#define TCPTOP_SRC_SOURCE_BLOCK_NOTE_H

#include "redact.h"
#include "tcptop/base/str.h"
#include "tcptop/model/episodes.h"
#include "tcptop/source/recording.h"

enum block_note_kind {
    BLOCK_NOTE_HOLDS = 3,   /* a finding began, became graver, or is as it stands at this time */
    BLOCK_NOTE_ENDED = 4,   /* it has ended */
    BLOCK_NOTE_CHECKED = 5, /* which rules can look, and why others cannot */
};

/** Append the payload for an episode that holds or has ended. `redact`: its addresses become
 *  tokens; NULL: they are kept. */
void block_note_write(struct str *out, const struct episode *e, const char *(*rule_name)(unsigned),
                      const struct redact *redact);

/** Append the payload for what was looked at by the sample of that time: struct findings.skip. */
void block_note_write_checked(struct str *out, const uint8_t skip[RECORDING_RULES], int64_t wall_ns,
                              const char *(*rule_name)(unsigned));

/** Read a payload: an episode, or, of BLOCK_NOTE_CHECKED, `skip` of the rules that it names, and in
 *  `e->end_wall_ns` the time of its sample, 0 where it is not told.
 *  `rule_number` as in recording_findings(). Returns the kind; 0 for what this program does not
 *  know: another kind, a rule of another version, numbers that cannot be. */
enum block_note_kind block_note_read(const uint8_t *bytes, size_t len,
                                     int (*rule_number)(const char *name), struct episode *e,
                                     uint8_t skip[RECORDING_RULES]);

#endif
