/* SPDX-License-Identifier: MIT */
/* The fields of a sample in recordings: the table of tags, and what writes and reads by it. */
#include "tcptop/source/sample_fields.h"

#include <errno.h>
#include <string.h>

#include "member.h"
#include "tcptop/base/bytes.h"
#include "tcptop/base/utf8.h"

#define FIGURE_HEAD 8  /* bytes before the identifier */
#define REASON_HEAD 20 /* bytes before its texts */
#define ERRNO_MAX   4095

struct field_member {
    uint16_t tag, offset, size;
};

#define MEMBER(tag, member)                                                                        \
    {tag, offsetof(struct sample, member), sizeof(((struct sample *)0)->member)},
static const struct field_member numbers[] = {SAMPLE_NUMBERS(MEMBER)};
static const struct field_member texts[] = {SAMPLE_TEXTS(MEMBER)};
#undef MEMBER
_Static_assert(sizeof numbers / sizeof numbers[0] == SAMPLE_NUMBER_COUNT, "see sample_fields.h");

/* Host figures go by identifier, so that a recording outlives a change of the lists. */
#define COUNTER(ident, file, section, name) {#ident, SAMPLE_TAG_COUNTER},
#define GAUGE(ident, name)                  {#ident, SAMPLE_TAG_GAUGE},
#define SYSCTL(ident, path, index)          {#ident, SAMPLE_TAG_SYSCTL},
static const struct {
    const char *ident;
    unsigned tag;
} figures[] = {HOST_COUNTERS(COUNTER) HOST_GAUGES(GAUGE) HOST_SYSCTLS(SYSCTL)};
#undef SYSCTL
#undef GAUGE
#undef COUNTER

unsigned sample_fields_tag(unsigned i)
{
    return numbers[i].tag;
}

int sample_fields_find(unsigned tag)
{
    for (unsigned i = 0; i < SAMPLE_NUMBER_COUNT; i++) {
        if (numbers[i].tag == tag)
            return (int)i;
    }
    return -1;
}

uint64_t sample_fields_get(const struct sample *s, unsigned i)
{
    return member_get((const uint8_t *)s + numbers[i].offset, numbers[i].size);
}

void sample_fields_set(struct sample *s, unsigned i, uint64_t value)
{
    /* A bool is 0 or 1. */
    if (numbers[i].offset == offsetof(struct sample, close_events_known) ||
        numbers[i].offset == offsetof(struct sample, close_stats.lost_vaguely))
        value = value != 0;
    member_set((uint8_t *)s + numbers[i].offset, numbers[i].size, value);
}

bool sample_fields_figure(const struct host *h, unsigned i, uint64_t *value)
{
    if (i < COUNTER_COUNT)
        return host_counter(h, (enum host_counter)i, value);
    i -= COUNTER_COUNT;
    if (i < GAUGE_COUNT)
        return host_gauge(h, (enum host_gauge)i, value);
    return host_sysctl(h, (enum host_sysctl)(i - GAUGE_COUNT), (int64_t *)value);
}

void sample_fields_set_figure(struct host *h, unsigned i, uint64_t value)
{
    if (i < COUNTER_COUNT) {
        h->counter[i] = value;
        h->counter_valid |= UINT32_C(1) << i;
        return;
    }
    i -= COUNTER_COUNT;
    if (i < GAUGE_COUNT) {
        h->gauge[i] = value;
        h->gauge_valid |= UINT32_C(1) << i;
        return;
    }
    i -= GAUGE_COUNT;
    h->sysctl[i] = (int64_t)value;
    h->sysctl_valid |= UINT32_C(1) << i;
}

int sample_fields_figure_place(unsigned tag, const uint8_t *value, size_t len)
{
    if (len < FIGURE_HEAD)
        return -1;
    for (unsigned i = 0; i < SAMPLE_FIGURE_COUNT; i++) {
        size_t ident = strlen(figures[i].ident);
        if (figures[i].tag == tag && ident == len - FIGURE_HEAD &&
            memcmp(figures[i].ident, value + FIGURE_HEAD, ident) == 0)
            return (int)i;
    }
    return -1;
}

/* Writing ------------------------------------------------------------ */

void sample_fields_put(struct str *out, unsigned tag, const void *value, size_t len)
{
    if (len > UINT16_MAX)
        return;
    bytes_put(out, tag, 2);
    bytes_put(out, len, 2);
    str_add_bytes(out, value, len);
}

void sample_fields_write(struct str *out, const struct sample *s)
{
    for (unsigned i = 0; i < SAMPLE_NUMBER_COUNT; i++) {
        uint8_t value[8];
        bytes_set(value, sample_fields_get(s, i), numbers[i].size);
        if (sample_fields_get(s, i))
            sample_fields_put(out, numbers[i].tag, value, numbers[i].size);
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *text = (const char *)s + texts[i].offset;
        sample_fields_put(out, texts[i].tag, text, strlen(text));
    }
}

void sample_fields_write_reason(struct str *out, const struct sample *s)
{
    const struct sample_reason *r = &s->reason;
    struct str value = STR_INIT;

    bytes_put(&value, (uint64_t)r->code, 4);
    bytes_put(&value, (uint64_t)(int64_t)r->error, 4);
    bytes_put(&value, (uint64_t)(int64_t)r->sock_diag_error, 4);
    bytes_put(&value, r->number, 8);
    str_add_bytes(&value, r->text, strlen(r->text) + 1);
    str_add_bytes(&value, r->netns, strlen(r->netns) + 1);
    sample_fields_put(out, SAMPLE_TAG_REASON, value.data, value.len);
    out->failed |= str_failed(&value);
    str_fini(&value);
}

void sample_fields_write_host(struct str *out, const struct host *h)
{
    uint64_t value;

    for (unsigned i = 0; i < SAMPLE_FIGURE_COUNT; i++) {
        if (!sample_fields_figure(h, i, &value))
            continue;
        bytes_put(out, figures[i].tag, 2);
        bytes_put(out, FIGURE_HEAD + strlen(figures[i].ident), 2);
        bytes_put(out, value, FIGURE_HEAD);
        str_add(out, figures[i].ident);
    }
}

/* Reading ------------------------------------------------------------ */

bool sample_fields_next(const uint8_t **p, size_t *len, unsigned *tag, const uint8_t **value,
                        size_t *value_len)
{
    if (*len < SAMPLE_FIELD_HEAD)
        return false;
    *tag = (unsigned)bytes_get(*p, 2);
    *value_len = (size_t)bytes_get(*p + 2, 2);
    if (*value_len > *len - SAMPLE_FIELD_HEAD)
        return false;
    *value = *p + SAMPLE_FIELD_HEAD;
    *p += SAMPLE_FIELD_HEAD + *value_len;
    *len -= SAMPLE_FIELD_HEAD + *value_len;
    return true;
}

static int read_error(const uint8_t *value)
{
    int32_t error = (int32_t)bytes_get(value, 4);

    return error < -ERRNO_MAX || error > ERRNO_MAX ? EBADMSG : error;
}

/* A reason of a later version is told by its error alone. */
static void read_reason(struct sample_reason *r, const uint8_t *value, size_t len)
{
    if (len < REASON_HEAD)
        return;
    const uint8_t *text = value + REASON_HEAD;
    const uint8_t *end = memchr(text, '\0', len - REASON_HEAD);
    uint64_t code = bytes_get(value, 4);

    *r = (struct sample_reason){
        .code = code < REASON_COUNT ? (enum sample_reason_code)code : REASON_ERROR,
        .error = read_error(value + 4),
        .sock_diag_error = read_error(value + 8),
        .number = bytes_get(value + 12, 8),
    };
    if (!end)
        return;
    utf8_sanitise_into(r->text, sizeof r->text, text, (size_t)(end - text));
    size_t left = len - REASON_HEAD - (size_t)(end + 1 - text);
    const uint8_t *netns_end = left ? memchr(end + 1, '\0', left) : NULL;
    if (netns_end)
        utf8_sanitise_into(r->netns, sizeof r->netns, end + 1, (size_t)(netns_end - end - 1));
}

void sample_fields_read_figure(struct host *h, unsigned tag, const uint8_t *value, size_t len)
{
    int i = sample_fields_figure_place(tag, value, len);

    if (i >= 0)
        sample_fields_set_figure(h, (unsigned)i, bytes_get(value, FIGURE_HEAD));
}

void sample_fields_read(struct sample *s, unsigned tag, const uint8_t *value, size_t len)
{
    int i = sample_fields_find(tag);

    if (i >= 0) {
        if (len == numbers[i].size)
            sample_fields_set(s, (unsigned)i, bytes_get(value, len));
        return;
    }
    for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++) {
        if (texts[t].tag == tag)
            utf8_sanitise_into((char *)s + texts[t].offset, texts[t].size, value, len);
    }
    if (tag == SAMPLE_TAG_REASON_TEXT)
        utf8_sanitise_into(s->reason.text, sizeof s->reason.text, value, len);
    else if (tag == SAMPLE_TAG_REASON)
        read_reason(&s->reason, value, len);
    else
        sample_fields_read_figure(&s->host, tag, value, len);
}

bool sample_fields_check(struct sample *s)
{
    bool sound = s->status <= SAMPLE_FAILED && sample_has_possible_times(s) &&
                 s->owner_error <= 0 && s->owner_error >= -ERRNO_MAX;

    if (!sound)
        s->status = SAMPLE_FAILED;
    return sound;
}
