/* SPDX-License-Identifier: MIT */
/* The payload of a NOTE: a finding began, changed or ended. FORMAT.md lists its fields. */
#ifndef TCPTOP_SRC_SOURCE_BLOCK_NOTES_H
#define TCPTOP_SRC_SOURCE_BLOCK_NOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptop/source/recording.h"

enum block_notes_tag {
    BLOCK_NOTES_KIND = 1,
    BLOCK_NOTES_KEY = 2,
    BLOCK_NOTES_SEVERITY = 3,
    BLOCK_NOTES_RULE = 4,
    BLOCK_NOTES_PROCESS = 5,
    BLOCK_NOTES_NETNS = 6,
    BLOCK_NOTES_WALL = 7,
    BLOCK_NOTES_MONO = 8,
    BLOCK_NOTES_VALUES = 9,
    BLOCK_NOTES_SUBJECT = 10,
    BLOCK_NOTES_ENDS = 11,
    BLOCK_NOTES_OWNER = 12,
};
#define BLOCK_NOTES_ENDS_BYTES  37 /* family, both addresses, both ports */
#define BLOCK_NOTES_OWNER_BYTES 8  /* pid, uid */
enum block_notes_kind { BLOCK_NOTES_BEGAN = 1, BLOCK_NOTES_ENDED = 2 };

/** Write whom the finding is about, as the last two fields have it. */
void block_notes_write_ends(uint8_t out[BLOCK_NOTES_ENDS_BYTES], const struct conn *ends);

/** Read it; `sample` is left. False when it is no note that this version knows. */
bool block_notes_read(const uint8_t *bytes, size_t len, struct recording_note *note);

#endif
