/* SPDX-License-Identifier: MIT */
/* UTF-8: decoding, display width, and the one sanitiser for text of foreign origin.
 *
 * Widths are ours, independent of the locale and of the C library's table: Hangul, CJK and
 * fullwidth forms 2 (East Asian Width W and F, Unicode 15), combining marks and Hangul medial and
 * final jamo 0, all else 1. East Asian Ambiguous counts 1; the glyph choice handles terminals
 * that differ. */
#ifndef TCPTOP_BASE_UTF8_H
#define TCPTOP_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_BAD UINT32_MAX

/** Decode one character of at most `len` bytes into `*cp`. Returns the bytes taken, 0 only when
 *  `len` is 0. A malformed sequence (overlong, surrogate, > U+10FFFF, cut) takes one byte and
 *  yields UTF8_BAD. */
size_t utf8_decode(const char *text, size_t len, uint32_t *cp);

/** Encode `cp` (a Unicode scalar value) into `out`; returns the bytes written, 1 to 4. */
size_t utf8_encode(uint32_t cp, char out[4]);

/** Columns of one character: 0, 1 or 2. Control characters count 0. */
int utf8_cp_width(uint32_t cp);

/** Columns of a NUL-terminated text. Bad bytes count 1. */
int utf8_width(const char *text);
int utf8_width_n(const char *text, size_t len);

/** How many bytes of `text` fit into `columns` without splitting a character or separating a
 *  combining mark from its base; `*used` (may be NULL) gets the columns they take. */
size_t utf8_fit(const char *text, size_t len, int columns, int *used);

/** The door for text from other processes, the network, files and the environment: `bytes` into a
 *  buffer of `size` bytes, cut at a character and always terminated, with every C0 and C1 control,
 *  DEL, bidi and other format character (Cf), line and paragraph separator, zero-width mark and
 *  invalid byte replaced by U+FFFD. What comes out is valid UTF-8 that cannot move a cursor. */
void utf8_sanitise_into(char *out, size_t size, const void *bytes, size_t len);

#endif
