/* SPDX-License-Identifier: MIT */
/* Numbers as the screen shows them: fixed width, unit symbols, the same in both languages.
 * Each writes at most `size` bytes, terminated, and returns `out`. */
#ifndef TCPTOP_BASE_FMT_H
#define TCPTOP_BASE_FMT_H

#include <stddef.h>
#include <stdint.h>

#define FMT_NONE "–" /* not measured */
#define FMT_SIZE 32  /* enough for any result below */

/** The decimal digits of `n`, up to 20 and not terminated; returns how many. Rows are printed by
 * the million: printf() would take longer for one number than the kernel took to list the row. */
size_t fmt_digits(char out[20], uint64_t n);

/** 18204 → "18,204". */
char *fmt_count(char *out, size_t size, uint64_t n);

/** fmt_count() where it fits into `columns`, else three digits and k, M or G: "1.04M". */
char *fmt_count_fit(char *out, size_t size, uint64_t n, int columns);

/** Signed with commas, "+108", "-3", "" for 0; in at most `columns` as above. */
char *fmt_change(char *out, size_t size, int64_t n, int columns);

/** A duration in at most 5 columns: "0.7 s" under 10 s, "48 s" under 100 s, "93min" under 100 min,
 *  "47 h" under 100 h, then "12 d". Rounds down, except that 0.7 s keeps its tenth. */
char *fmt_duration(char *out, size_t size, uint64_t ms);

/** A time as measured, two or three digits: "12 us", "0.32 ms", "8.5 ms", "20.2 ms", "201 ms",
 *  "1.20 s". */
char *fmt_latency(char *out, size_t size, uint64_t us);

/** The wall time of a sample, two digits: "3 ms", "180 ms", "1.1 s". */
char *fmt_cost(char *out, size_t size, int64_t ns);

/** An interval: "1.0 s", "0.1 s", "4.4 s", "30 s", "60 s". */
char *fmt_interval(char *out, size_t size, uint64_t ms);

/** Bytes, powers of 1000, three digits: "507 B", "82.0 kB", "1.40 MB". */
char *fmt_bytes(char *out, size_t size, uint64_t bytes);

/** Parts of a whole in per cent with one decimal: "0.3%", "100%". `whole` 0 gives "–". */
char *fmt_percent(char *out, size_t size, uint64_t part, uint64_t whole);

/** A rate per second: "1.8", "17", "1,204"; one decimal under 10. */
char *fmt_rate(char *out, size_t size, double per_s);

/** The same of a lower bound, which is rounded down: two decimals under 0.1. */
char *fmt_rate_least(char *out, size_t size, double per_s);

/** Local wall time "14:03:22". */
char *fmt_clock(char *out, size_t size, int64_t wall_ns);

/** The same with its date "2026-11-22 14:03:22". */
char *fmt_local(char *out, size_t size, int64_t wall_ns);

/** The same as one word with milliseconds, as options take it: "2026-11-22T14:03:22.000". */
char *fmt_moment(char *out, size_t size, int64_t wall_ns);

/** RFC 3339 in UTC with milliseconds: "2026-11-22T14:03:22.000Z". */
char *fmt_rfc3339(char *out, size_t size, int64_t wall_ns);

#endif
