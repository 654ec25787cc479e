/* SPDX-License-Identifier: MIT */
/* The fields of a sample in recordings of every format: which value has which tag, and how it is
 * written and read. The one table of tags.
 *
 * A field is 2 bytes tag, 2 bytes length, value; numbers are little-endian. A tag is never given to
 * something else, and readers skip those that they do not know. */
#ifndef TCPTOP_SOURCE_SAMPLE_FIELDS_H
#define TCPTOP_SOURCE_SAMPLE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptop/base/str.h"
#include "tcptop/model/sample.h"

#define SAMPLE_FIELD_HEAD 4 /* bytes of tag and length */

/* NUMBER(tag, member of struct sample), of the member's size: 1, 2, 4 or 8 bytes. */
#define SAMPLE_NUMBERS(NUMBER)                                                                     \
    NUMBER(1, mono_ns)                                                                             \
    NUMBER(2, wall_ns)                                                                             \
    NUMBER(3, cost_ns)                                                                             \
    NUMBER(4, cpu_ns)                                                                              \
    NUMBER(5, interval_ms)                                                                         \
    NUMBER(6, asked_interval_ms)                                                                   \
    NUMBER(7, needs)                                                                               \
    NUMBER(8, status)                                                                              \
    NUMBER(9, owner_error)                                                                         \
    NUMBER(10, rejected)                                                                           \
    NUMBER(11, netns_id)                                                                           \
    NUMBER(12, close_events_known)                                                                 \
    NUMBER(13, close_stats.lost)                                                                   \
    NUMBER(14, close_stats.lost_vaguely)                                                           \
    NUMBER(15, full_interval_ms)

/* TEXT(tag, member): UTF-8 without NUL. Tag 16 is what a frame says of its reason in English. */
#define SAMPLE_TEXTS(TEXT)                                                                         \
    TEXT(17, netns)                                                                                \
    TEXT(18, host.name)                                                                            \
    TEXT(19, host.kernel)

enum sample_tag {
    SAMPLE_TAG_REASON_TEXT = 16,
    SAMPLE_TAG_REASON = 20,  /* 4 bytes enum sample_reason_code, 4 error, 4 sock_diag_error, 8
                                number, then text and netns, each with a NUL */
    SAMPLE_TAG_COUNTER = 32, /* 8 bytes value, then the identifier in model/host.h: "TW" */
    SAMPLE_TAG_GAUGE = 33,   /* the same */
    SAMPLE_TAG_SYSCTL = 34,  /* the same */

    /* Owners, in frames: see frame.h. */
    SAMPLE_TAG_LACKS = 48,
    SAMPLE_TAG_PROCESS = 49,
    SAMPLE_TAG_HELD = 50,
    SAMPLE_TAG_FORMER = 51,
    SAMPLE_TAG_NOBODY = 52,
    SAMPLE_TAG_USER = 53,
};

/* A number of the sample by its place in SAMPLE_NUMBERS. */
#define SAMPLE_NUMBER_COUNT 15u
/* A counter, gauge or sysctl of a host by its place: first counters, then gauges, then sysctls. */
#define SAMPLE_FIGURE_COUNT ((unsigned)COUNTER_COUNT + GAUGE_COUNT + SYSCTL_COUNT)

/** The tag of number `i`. */
unsigned sample_fields_tag(unsigned i);

/** The number with that tag, by its place; -1: none. */
int sample_fields_find(unsigned tag);

uint64_t sample_fields_get(const struct sample *s, unsigned i);
void sample_fields_set(struct sample *s, unsigned i, uint64_t value);

/** A figure of the host; false: it is not known. */
bool sample_fields_figure(const struct host *h, unsigned i, uint64_t *value);
void sample_fields_set_figure(struct host *h, unsigned i, uint64_t value);

/** The place of the figure that a field with `tag` and `len` bytes of value tells of; -1: none, or
 *  one that this program does not know. */
int sample_fields_figure_place(unsigned tag, const uint8_t *value, size_t len);

/** Append one field. Values that are longer than a field can be are left out. */
void sample_fields_put(struct str *out, unsigned tag, const void *value, size_t len);

/** Append the numbers of the sample, but for those that are 0, and its texts. */
void sample_fields_write(struct str *out, const struct sample *s);

/** Append the reason of the sample, as SAMPLE_TAG_REASON. */
void sample_fields_write_reason(struct str *out, const struct sample *s);

/** Append the known figures of a host. */
void sample_fields_write_host(struct str *out, const struct host *h);

/** Put the value of a field of any of the above into the sample; others are ignored. Texts are
 *  sanitised. */
void sample_fields_read(struct sample *s, unsigned tag, const uint8_t *value, size_t len);

/** The same for the figures of a host. */
void sample_fields_read_figure(struct host *h, unsigned tag, const uint8_t *value, size_t len);

/** Can these numbers be? Makes a sample FAILED that says what cannot be, and returns false. */
bool sample_fields_check(struct sample *s);

/** Take the next field from the `*len` bytes at `*p` and move both behind it: tag, value, length.
 *  Returns false at the end, or where a field does not fit. */
bool sample_fields_next(const uint8_t **p, size_t *len, unsigned *tag, const uint8_t **value,
                        size_t *value_len);

#endif
