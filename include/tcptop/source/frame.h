/* The frame: one recorded sample, the unit of replay, tests and screenshots.
 *
 * File: 8 bytes magic, then frames. Frame: header (version, lengths, host, times, namespace, cost,
 * sysctls, counters, as tagged fields so that later versions can add), the raw netlink messages of
 * the dump, CRC-32 over both. All numbers little-endian. */
#ifndef TCPTOP_SOURCE_FRAME_H
#define TCPTOP_SOURCE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "tcptop/base/err.h"
#include "tcptop/base/str.h"
#include "tcptop/model/snapshot.h"

#define FRAME_MAGIC     "tcptopF1"
#define FRAME_MAX_BYTES (UINT64_C(1) << 30) /* a longer one is damage */

/** Append the file's magic. */
void frame_begin(struct str *out);

/** Append one frame: the header from `s` (host, times, status, cost), then `messages`. */
void frame_write(struct str *out, const struct snapshot *s, const void *messages, size_t len);

/** Read the frame at `bytes` into the empty `s`. Returns the bytes it takes, 0 when `len` is 0,
 *  or -EBADMSG with `err` filled when it is damaged or of an unknown version. */
int64_t frame_read(const void *bytes, size_t len, struct snapshot *s, struct err *err);

#endif
