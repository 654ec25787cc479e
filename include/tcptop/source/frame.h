/* SPDX-License-Identifier: MIT */
/* The frame: one recorded sample, the unit of replay, tests and screenshots.
 *
 * A file is FRAME_MAGIC (8 bytes), then frames, each complete in itself, nothing at the end. All
 * numbers are little-endian but those in the messages: these are as the kernel sent them, in the
 * byte order of the machine that wrote the frame. It is seen from the length of the first message,
 * see diag_is_swapped(), and messages of the other order are converted when they are read.
 *
 *   bytes  what
 *       4  mark "FRAM"
 *       4  version of the format, 1
 *       4  H, bytes of the header
 *       8  M, bytes of the messages
 *       4  CRC-32 of the 20 bytes before, so that no damaged length is ever believed
 *       H  header: fields of 2 bytes tag, 2 bytes length n, n bytes value; unknown tags are skipped
 *       M  netlink messages of the dump (types 18 and 20), each NLMSG_DONE included
 *       4  CRC-32 of header and messages
 *
 * Fields: numbers, texts and host figures of the sample, see sample_fields.h.
 *
 * Where owners were looked for, NEED_OWNER among the needs says so, and these fields follow:
 *
 *   tag  what
 *    48  4 bytes enum owner_lack: what was missing to look at all processes
 *    49  a process: 4 bytes pid, 4 uid, 8 start time in ticks after boot, then its name, command
 *        line and control group, each with a NUL behind it
 *    50  inodes of sockets that it (the last process before) holds, 4 bytes each
 *    51  cookies of connections that it held, and nobody does now, 8 bytes each
 *    52  inodes of sockets that nobody holds who could be looked at, 4 bytes each
 *    53  a user: 4 bytes uid, then the name
 *
 * Lists that are longer than a field go on in the next one. An inode in none of them had not been
 * looked for yet. */
#ifndef TCPTOP_SOURCE_FRAME_H
#define TCPTOP_SOURCE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "tcptop/model/sample_builder.h"
#include "tcptop/owner/lookup.h"

#define FRAME_MAGIC         "tcptopF1"
#define FRAME_MAGIC_BYTES   8
#define FRAME_MARK          "FRAM"
#define FRAME_VERSION       1
#define FRAME_PRELUDE_BYTES 24                  /* mark to its CRC */
#define FRAME_MAX_BYTES     (UINT64_C(1) << 30) /* a longer one is damage */

/** The bytes that a frame takes by its first FRAME_PRELUDE_BYTES. -EBADMSG: damaged;
 *  -EPROTONOSUPPORT: sound, but of another version. */
int64_t frame_size(const uint8_t prelude[FRAME_PRELUDE_BYTES]);

/** Read the frame at `bytes` into the empty sample of `b`, and who held its sockets into `owners`,
 * for owner_lookup_assign() (NULL: nobody wants to know). Returns the bytes it takes, 0 when `len`
 * is 0, -ENOMEM, or, with `*why` set, -EBADMSG when it is damaged, -EPROTONOSUPPORT when it is of
 * an unknown version. A frame whose messages hold damaged records is PARTIAL. */
int64_t frame_read(const void *bytes, size_t len, struct sample_builder *b,
                   struct owner_lookup *owners, struct sample_reason *why);

#endif
