/* Frames: the header from and to a sample's fields by one table, the messages as they are. */
#include "tcptop/source/frame.h"

#include <errno.h>
#include <string.h>

#include "frame_internal.h"
#include "tcptop/base/hash.h"
#include "tcptop/base/utf8.h"
#include "tcptop/source/diag.h"
#include "tcptop/source/source_error.h"

#define MARK         "FRAM"
#define FIELD_HEAD   4
#define CRC_BYTES    4
#define HEADER_LIMIT (UINT32_C(1) << 26) /* with the owners of some million sockets */

enum field_kind { FIELD_NUMBER, FIELD_TEXT };

/* Numbers and texts of the sample. A tag is never given to something else. */
static const struct {
    uint16_t tag;
    uint16_t offset;
    uint16_t size;
    uint8_t kind; /* enum field_kind */
} fields[] = {
#define NUMBER(tag, member)                                                                        \
    {                                                                                              \
        tag, offsetof(struct sample, member), sizeof(((struct sample *)0)->member), FIELD_NUMBER   \
    }
#define TEXT(tag, member)                                                                          \
    {                                                                                              \
        tag, offsetof(struct sample, member), sizeof(((struct sample *)0)->member), FIELD_TEXT     \
    }
    NUMBER(1, mono_ns), NUMBER(2, wall_ns),     NUMBER(3, cost_ns),
    NUMBER(4, cpu_ns),  NUMBER(5, interval_ms), NUMBER(6, asked_interval_ms),
    NUMBER(7, needs),   NUMBER(8, status),      TEXT(16, why[LANG_EN]),
    TEXT(17, netns),    TEXT(18, host.name),    TEXT(19, host.kernel),
#undef TEXT
#undef NUMBER
};

#define TAG_COUNTER 32
#define TAG_GAUGE   33
#define TAG_SYSCTL  34

/* Host figures go by identifier, so that a recording outlives a change of the lists. */
#define COUNTER(ident, file, section, name) #ident,
#define GAUGE(ident, name)                  #ident,
#define SYSCTL(ident, path, index)          #ident,
static const char *const counter_ident[] = {HOST_COUNTERS(COUNTER)};
static const char *const gauge_ident[] = {HOST_GAUGES(GAUGE)};
static const char *const sysctl_ident[] = {HOST_SYSCTLS(SYSCTL)};
#undef SYSCTL
#undef GAUGE
#undef COUNTER

/* A member of the sample as a number and back; its size is 1, 4 or 8. */
static uint64_t member_get(const uint8_t *at, size_t size)
{
    uint32_t four;
    uint64_t eight;

    if (size == 1)
        return *at;
    if (size == 4)
        return memcpy(&four, at, 4), four;
    return memcpy(&eight, at, 8), eight;
}

static void member_set(uint8_t *at, size_t size, uint64_t value)
{
    uint32_t four = (uint32_t)value;

    if (size == 1)
        *at = (uint8_t)value;
    else if (size == 4)
        memcpy(at, &four, 4);
    else
        memcpy(at, &value, 8);
}

void frame_begin(struct str *out)
{
    str_add_bytes(out, FRAME_MAGIC, FRAME_MAGIC_BYTES);
}

static void write_figure(struct str *out, unsigned tag, uint64_t value, const char *ident)
{
    size_t len = strlen(ident);

    put_le(out, tag, 2);
    put_le(out, 8 + len, 2);
    put_le(out, value, 8);
    str_add_bytes(out, ident, len);
}

static void write_host(struct str *out, const struct host *h)
{
    for (unsigned i = 0; i < COUNTER_COUNT; i++) {
        if (h->counter_valid & UINT32_C(1) << i)
            write_figure(out, TAG_COUNTER, h->counter[i], counter_ident[i]);
    }
    for (unsigned i = 0; i < GAUGE_COUNT; i++) {
        if (h->gauge_valid & UINT32_C(1) << i)
            write_figure(out, TAG_GAUGE, h->gauge[i], gauge_ident[i]);
    }
    for (unsigned i = 0; i < SYSCTL_COUNT; i++) {
        if (h->sysctl_valid & UINT32_C(1) << i)
            write_figure(out, TAG_SYSCTL, (uint64_t)h->sysctl[i], sysctl_ident[i]);
    }
}

static void write_header(struct str *out, const struct sample *s)
{
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        const uint8_t *at = (const uint8_t *)s + fields[i].offset;
        size_t len = fields[i].kind == FIELD_TEXT ? strnlen((const char *)at, fields[i].size)
                                                  : fields[i].size;

        put_le(out, fields[i].tag, 2);
        put_le(out, len, 2);
        if (fields[i].kind == FIELD_TEXT)
            str_add_bytes(out, at, len);
        else
            put_le(out, member_get(at, len), len);
    }
    write_host(out, &s->host);
    frame_write_owners(out, s);
}

void frame_write(struct str *out, const struct sample *s, const void *messages, size_t len)
{
    struct str header = STR_INIT, prelude = STR_INIT;

    write_header(&header, s);
    str_add(&prelude, MARK);
    put_le(&prelude, FRAME_VERSION, 4);
    put_le(&prelude, header.len, 4);
    put_le(&prelude, len, 8);
    put_le(&prelude, hash_crc32(0, prelude.data, prelude.len), CRC_BYTES);
    if (str_failed(&header) || str_failed(&prelude)) {
        out->failed = true;
    } else {
        str_add_bytes(out, prelude.data, prelude.len);
        str_add_bytes(out, header.data, header.len);
        str_add_bytes(out, messages, len);
        put_le(out, hash_crc32(hash_crc32(0, header.data, header.len), messages, len), CRC_BYTES);
    }
    str_fini(&prelude);
    str_fini(&header);
}

int64_t frame_size(const uint8_t prelude[FRAME_PRELUDE_BYTES])
{
    size_t crc_at = FRAME_PRELUDE_BYTES - CRC_BYTES;
    uint64_t header = get_le(prelude + 8, 4), messages = get_le(prelude + 12, 8);

    if (memcmp(prelude, MARK, 4) != 0 ||
        get_le(prelude + crc_at, CRC_BYTES) != hash_crc32(0, prelude, crc_at))
        return -EBADMSG;
    if (get_le(prelude + 4, 4) != FRAME_VERSION)
        return -EPROTONOSUPPORT;
    if (header > HEADER_LIMIT || messages > FRAME_MAX_BYTES)
        return -EBADMSG;
    return (int64_t)(FRAME_PRELUDE_BYTES + header + messages + CRC_BYTES);
}

/* The index of an identifier in its list, -1: one that a later version added. */
static int ident_index(const char *const *list, unsigned count, const uint8_t *name, size_t len)
{
    for (unsigned i = 0; i < count; i++) {
        if (strlen(list[i]) == len && memcmp(list[i], name, len) == 0)
            return (int)i;
    }
    return -1;
}

static void read_figure(struct host *h, unsigned tag, const uint8_t *value, size_t len)
{
    uint64_t number = get_le(value, 8);
    const uint8_t *name = value + 8;
    int i;

    len -= 8;
    if (tag == TAG_COUNTER && (i = ident_index(counter_ident, COUNTER_COUNT, name, len)) >= 0) {
        h->counter[i] = number;
        h->counter_valid |= UINT32_C(1) << i;
    } else if (tag == TAG_GAUGE && (i = ident_index(gauge_ident, GAUGE_COUNT, name, len)) >= 0) {
        h->gauge[i] = number;
        h->gauge_valid |= UINT32_C(1) << i;
    } else if (tag == TAG_SYSCTL && (i = ident_index(sysctl_ident, SYSCTL_COUNT, name, len)) >= 0) {
        h->sysctl[i] = (int64_t)number;
        h->sysctl_valid |= UINT32_C(1) << i;
    }
}

static void read_field(struct sample *s, unsigned tag, const uint8_t *value, size_t len)
{
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        uint8_t *at = (uint8_t *)s + fields[i].offset;

        if (fields[i].tag != tag)
            continue;
        if (fields[i].kind == FIELD_TEXT)
            utf8_sanitise_into((char *)at, fields[i].size, value, len);
        else if (len == fields[i].size)
            member_set(at, len, get_le(value, len));
        return;
    }
    if (len >= 8)
        read_figure(&s->host, tag, value, len);
}

/* False: the fields do not fill the header exactly, or say what cannot be. */
static bool read_header(struct sample *s, struct frame_owners *owners, const uint8_t *p, size_t len)
{
    uint32_t kept = NEED_TCP_INFO | NEED_BOUND | NEED_CONGESTION;

    while (len >= FIELD_HEAD) {
        size_t value_len = (size_t)get_le(p + 2, 2);

        if (value_len > len - FIELD_HEAD)
            break;
        read_field(s, (unsigned)get_le(p, 2), p + FIELD_HEAD, value_len);
        if (owners->lookup)
            frame_owners_field(owners, (unsigned)get_le(p, 2), p + FIELD_HEAD, value_len);
        p += FIELD_HEAD + value_len;
        len -= FIELD_HEAD + value_len;
    }
    for (int l = 0; l < LANG_COUNT; l++) /* a recording holds the English one */
        if (l != LANG_EN)
            memcpy(s->why[l], s->why[LANG_EN], sizeof s->why[l]);
    bool sound = len == 0 && s->status <= SAMPLE_FAILED && s->mono_ns >= 0;
    if (!sound)
        s->status = SAMPLE_FAILED;
    if (owners->lookup && s->needs & NEED_OWNER)
        kept |= NEED_OWNER | NEED_USER;
    s->needs &= kept;
    s->backend = BACKEND_FRAME;
    return sound;
}

static int read_messages(struct sample *s, const uint8_t *p, size_t len)
{
    struct diag d = {.sample = s, .states = STATE_MASK_LISTED, .swapped = diag_is_swapped(p, len)};

    if (s->needs & NEED_BOUND)
        d.states |= STATE_BIT(TCP_STATE_BOUND_INACTIVE);
    for (size_t at = 0; at < len; at += d.used) {
        enum diag_result result = diag_parse(&d, p + at, len - at);

        if (result == DIAG_NO_MEMORY)
            return -ENOMEM;
        if (result == DIAG_STOPPED)
            break;
    }
    sample_set_rejected(s);
    return 0;
}

int64_t frame_read(const void *bytes, size_t len, struct sample *s, struct owner_lookup *lookup,
                   struct err *err)
{
    struct frame_owners owners = {.lookup = NULL};
    const uint8_t *p = bytes;
    int64_t size = len < FRAME_PRELUDE_BYTES ? -EBADMSG : frame_size(p);

    if (len == 0)
        return 0;
    if (size == -EPROTONOSUPPORT)
        return source_error(err, -EPROTONOSUPPORT, MSG_SOURCE_NEWER, NULL, NULL);
    if (size < 0 || (uint64_t)size > len)
        return source_error(err, -EBADMSG, MSG_SOURCE_FRAME_DAMAGED, NULL, NULL);

    const uint8_t *header = p + FRAME_PRELUDE_BYTES;
    size_t header_len = (size_t)get_le(p + 8, 4), message_len = (size_t)get_le(p + 12, 8);
    uint32_t crc = hash_crc32(0, header, header_len + message_len);

    if (crc != get_le(header + header_len + message_len, CRC_BYTES))
        return source_error(err, -EBADMSG, MSG_SOURCE_FRAME_DAMAGED, NULL, NULL);
    if (lookup)
        frame_owners_begin(&owners, lookup);
    bool sound = read_header(s, &owners, header, header_len);
    if (lookup && frame_owners_end(&owners))
        return -ENOMEM;
    if (!sound)
        return source_error(err, -EBADMSG, MSG_SOURCE_FRAME_DAMAGED, NULL, NULL);
    if (s->status == SAMPLE_FAILED) /* has no rows, whatever follows */
        return size;
    return read_messages(s, header + header_len, message_len) ? -ENOMEM : size;
}
