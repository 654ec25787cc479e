/* SPDX-License-Identifier: MIT */
/* Reads one recorded frame: the fields of its header, who had its sockets open, its messages. */
#include "tcptop/source/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/base/hash.h"
#include "tcptop/base/utf8.h"
#include "tcptop/owner/process.h"
#include "tcptop/source/diag.h"

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
    NUMBER(7, needs),   NUMBER(8, status),      TEXT(16, reason.text),
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

static uint64_t get_le(const uint8_t *p, size_t bytes)
{
    uint64_t value = 0;

    for (size_t i = 0; i < bytes; i++)
        value |= (uint64_t)p[i] << 8 * i;
    return value;
}

/* Set a member of the sample, of 1, 4 or 8 bytes. */
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

/* Owners ------------------------------------------------------------ */

#define TAG_LACKS   48
#define TAG_PROCESS 49
#define TAG_HELD    50
#define TAG_FORMER  51
#define TAG_NOBODY  52
#define TAG_USER    53

#define PROCESS_HEAD 16 /* bytes before its texts */

/* A list of numbers in the making. */
struct frame_list {
    void *value; /* owned */
    uint32_t n, cap;
};

/* The fields about owners while they are read: all that is known of one process is put at once. */
struct frame_owners {
    struct owner_lookup *lookup; /* NULL: nobody wants to know */
    struct owner_changes changes;
    uint32_t pid, uid; /* pid 0: no process yet, or one that cannot be */
    uint64_t start_ticks;
    char name[PROCESS_NAME], cmdline[PROCESS_CMDLINE], cgroup[PROCESS_CGROUP];
    struct frame_list held;   /* inodes, uint32_t */
    struct frame_list former; /* cookies, uint64_t */
    int error;                /* 0 or -ENOMEM */
};

static void owners_begin(struct frame_owners *o, struct owner_lookup *lookup)
{
    *o = (struct frame_owners){.lookup = lookup};
}

/* Add the whole numbers of a field to a list of the same. */
static void collect(struct frame_owners *o, struct frame_list *list, const uint8_t *value,
                    size_t len, size_t bytes)
{
    uint32_t more = (uint32_t)(len / bytes);

    if (list->cap - list->n < more) {
        uint32_t cap = list->cap * 2 + more;
        void *larger = realloc(list->value, cap * bytes);
        if (!larger) {
            o->error = -ENOMEM;
            return;
        }
        list->value = larger;
        list->cap = cap;
    }
    for (uint32_t i = 0; i < more; i++, list->n++) {
        if (bytes == sizeof(uint64_t))
            ((uint64_t *)list->value)[list->n] = get_le(value + i * bytes, bytes);
        else
            ((uint32_t *)list->value)[list->n] = (uint32_t)get_le(value + i * bytes, bytes);
    }
}

/* All is known of the last process. */
static void put_process(struct frame_owners *o)
{
    struct owner_facts facts = {o->pid, o->uid, o->start_ticks, o->name, o->cmdline, o->cgroup};
    struct owner *owner = o->pid && !o->error ? owner_new(&facts) : NULL;

    if (o->pid && !o->error)
        o->error =
            owner ? owner_changes_put(&o->changes, owner, o->held.value, o->held.n) : -ENOMEM;
    if (o->pid && !o->error)
        o->error = owner_changes_former(&o->changes, o->former.value, o->former.n);
    owner_unref(owner);
    o->pid = o->held.n = o->former.n = 0;
}

/* The text up to the next NUL, sanitised. False: there is none. */
static bool take_text(const uint8_t **at, size_t *left, char *out, size_t size)
{
    const uint8_t *end = *left ? memchr(*at, '\0', *left) : NULL;

    if (!end)
        return false;
    size_t len = (size_t)(end - *at);
    utf8_sanitise_into(out, size, *at, len);
    *at += len + 1;
    *left -= len + 1;
    return true;
}

static void read_process(struct frame_owners *o, const uint8_t *value, size_t len)
{
    const uint8_t *at = value + PROCESS_HEAD;
    size_t left = len - PROCESS_HEAD;

    if (!take_text(&at, &left, o->name, sizeof o->name) ||
        !take_text(&at, &left, o->cmdline, sizeof o->cmdline) ||
        !take_text(&at, &left, o->cgroup, sizeof o->cgroup))
        return;
    o->pid = (uint32_t)get_le(value, 4);
    o->uid = (uint32_t)get_le(value + 4, 4);
    o->start_ticks = get_le(value + 8, 8);
}

static void read_nobody(struct frame_owners *o, const uint8_t *value, size_t len)
{
    struct frame_list list = {NULL, 0, 0};

    collect(o, &list, value, len, 4);
    if (!o->error)
        o->error = owner_changes_nobody(&o->changes, list.value, list.n);
    free(list.value);
}

static void read_user(struct frame_owners *o, const uint8_t *value, size_t len)
{
    char name[sizeof(((struct owner_user *)0)->name)];

    if (len < 4)
        return;
    utf8_sanitise_into(name, sizeof name, value + 4, len - 4);
    user_names_set(o->lookup->users, (uint32_t)get_le(value, 4), name);
}

static void owners_field(struct frame_owners *o, unsigned tag, const uint8_t *value, size_t len)
{
    switch (tag) {
    case TAG_LACKS:
        if (len == 4)
            o->lookup->lacks = (uint32_t)get_le(value, 4) & OWNER_LACKS;
        break;
    case TAG_PROCESS:
        put_process(o);
        if (len >= PROCESS_HEAD)
            read_process(o, value, len);
        break;
    case TAG_HELD:
        collect(o, &o->held, value, len, 4);
        break;
    case TAG_FORMER:
        collect(o, &o->former, value, len, 8);
        break;
    case TAG_NOBODY:
        read_nobody(o, value, len);
        break;
    case TAG_USER:
        read_user(o, value, len);
        break;
    default:
        break;
    }
}

static int owners_end(struct frame_owners *o)
{
    put_process(o);
    int rc = owner_lookup_update(o->lookup, &o->changes, OWNER_ALL);

    free(o->held.value);
    free(o->former.value);
    return o->error ? o->error : rc;
}

/* The frame ------------------------------------------------------------ */

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
            owners_field(owners, (unsigned)get_le(p, 2), p + FIELD_HEAD, value_len);
        p += FIELD_HEAD + value_len;
        len -= FIELD_HEAD + value_len;
    }
    s->reason.code = s->reason.text[0] ? REASON_RECORDED : REASON_NONE;
    bool sound = len == 0 && s->status <= SAMPLE_FAILED && sample_has_possible_times(s);
    if (!sound) { /* nothing of it is believed */
        s->status = SAMPLE_FAILED;
        s->mono_ns = s->wall_ns = s->cost_ns = s->cpu_ns = 0;
        s->interval_ms = s->asked_interval_ms = 0;
    }
    if (owners->lookup && s->needs & NEED_OWNER)
        kept |= NEED_OWNER | NEED_USER;
    s->needs &= kept;
    s->backend = BACKEND_FRAME;
    host_drop_impossible(&s->host);
    return sound;
}

static int read_messages(struct sample_builder *b, const uint8_t *p, size_t len)
{
    struct sample *s = &b->sample;
    struct diag d = {.builder = b, .states = STATE_MASK_LISTED, .swapped = diag_is_swapped(p, len)};

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

int64_t frame_read(const void *bytes, size_t len, struct sample_builder *b,
                   struct owner_lookup *lookup, struct sample_reason *why)
{
    struct sample *s = &b->sample;
    struct frame_owners owners = {.lookup = NULL};
    const uint8_t *p = bytes;
    int64_t size = len < FRAME_PRELUDE_BYTES ? -EBADMSG : frame_size(p);

    if (len == 0)
        return 0;
    if (size == -EPROTONOSUPPORT)
        return sample_reason_set(why, -EPROTONOSUPPORT,
                                 (struct sample_reason){.code = REASON_NEWER_FRAME});
    if (size < 0 || (uint64_t)size > len)
        return sample_reason_set(why, -EBADMSG,
                                 (struct sample_reason){.code = REASON_DAMAGED_FRAME});

    const uint8_t *header = p + FRAME_PRELUDE_BYTES;
    size_t header_len = (size_t)get_le(p + 8, 4), message_len = (size_t)get_le(p + 12, 8);
    uint32_t crc = hash_crc32(0, header, header_len + message_len);

    if (crc != get_le(header + header_len + message_len, CRC_BYTES))
        return sample_reason_set(why, -EBADMSG,
                                 (struct sample_reason){.code = REASON_DAMAGED_FRAME});
    if (lookup)
        owners_begin(&owners, lookup);
    bool sound = read_header(s, &owners, header, header_len);
    if (lookup && owners_end(&owners))
        return -ENOMEM;
    if (!sound)
        return sample_reason_set(why, -EBADMSG,
                                 (struct sample_reason){.code = REASON_DAMAGED_FRAME});
    if (s->status == SAMPLE_FAILED) /* has no rows, whatever follows */
        return size;
    return read_messages(b, header + header_len, message_len) ? -ENOMEM : size;
}
