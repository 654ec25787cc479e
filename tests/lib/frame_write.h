/* SPDX-License-Identifier: MIT */
/* Writes recordings: the format is described in tcptop/source/frame.h. */
#ifndef TESTS_LIB_FRAME_WRITE_H
#define TESTS_LIB_FRAME_WRITE_H

#include "tcptop/base/str.h"
#include "tcptop/model/sample.h"

/** Append the file's magic. */
void frame_begin(struct str *out);

/** Append one frame: the header from `s` (host, times, status, cost, owners of its live rows), then
 *  `messages`. */
void frame_write(struct str *out, const struct sample *s, const void *messages, size_t len);

#endif
