/* SPDX-License-Identifier: MIT */
/* Reads one recorded frame: the fields of its header, who had its sockets open, its messages. */
#include "tcptop/source/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/base/bytes.h"
#include "tcptop/base/hash.h"
#include "tcptop/base/utf8.h"
#include "tcptop/owner/process.h"
#include "tcptop/source/diag.h"
#include "tcptop/source/sample_fields.h"

#define CRC_BYTES    4
#define HEADER_LIMIT (UINT32_C(1) << 26) /* with the owners of some million sockets */

int64_t frame_size(const uint8_t prelude[FRAME_PRELUDE_BYTES])
{
    size_t crc_at = FRAME_PRELUDE_BYTES - CRC_BYTES;
    uint64_t header = bytes_get(prelude + 8, 4), messages = bytes_get(prelude + 12, 8);

    if (memcmp(prelude, FRAME_MARK, 4) != 0 ||
        bytes_get(prelude + crc_at, CRC_BYTES) != hash_crc32(0, prelude, crc_at))
        return -EBADMSG;
    if (bytes_get(prelude + 4, 4) != FRAME_VERSION)
        return -EPROTONOSUPPORT;
    if (header > HEADER_LIMIT || messages > FRAME_MAX_BYTES)
        return -EBADMSG;
    return (int64_t)(FRAME_PRELUDE_BYTES + header + messages + CRC_BYTES);
}

/* Owners ------------------------------------------------------------ */

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
            ((uint64_t *)list->value)[list->n] = bytes_get(value + i * bytes, bytes);
        else
            ((uint32_t *)list->value)[list->n] = (uint32_t)bytes_get(value + i * bytes, bytes);
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
    o->pid = (uint32_t)bytes_get(value, 4);
    o->uid = (uint32_t)bytes_get(value + 4, 4);
    o->start_ticks = bytes_get(value + 8, 8);
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
    user_names_set(o->lookup->users, (uint32_t)bytes_get(value, 4), name);
}

static void owners_field(struct frame_owners *o, unsigned tag, const uint8_t *value, size_t len)
{
    switch (tag) {
    case SAMPLE_TAG_LACKS:
        if (len == 4)
            o->lookup->lacks = (uint32_t)bytes_get(value, 4) & OWNER_LACKS;
        break;
    case SAMPLE_TAG_PROCESS:
        put_process(o);
        if (len >= PROCESS_HEAD)
            read_process(o, value, len);
        break;
    case SAMPLE_TAG_HELD:
        collect(o, &o->held, value, len, 4);
        break;
    case SAMPLE_TAG_FORMER:
        collect(o, &o->former, value, len, 8);
        break;
    case SAMPLE_TAG_NOBODY:
        read_nobody(o, value, len);
        break;
    case SAMPLE_TAG_USER:
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
    const uint8_t *value;
    size_t value_len;
    unsigned tag;

    while (sample_fields_next(&p, &len, &tag, &value, &value_len)) {
        sample_fields_read(s, tag, value, value_len);
        if (owners->lookup)
            owners_field(owners, tag, value, value_len);
    }
    s->reason.code = s->reason.text[0] ? REASON_RECORDED : REASON_NONE;
    bool sound = sample_fields_check(s) && len == 0;
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
    size_t header_len = (size_t)bytes_get(p + 8, 4), message_len = (size_t)bytes_get(p + 12, 8);
    uint32_t crc = hash_crc32(0, header, header_len + message_len);

    if (crc != bytes_get(header + header_len + message_len, CRC_BYTES))
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
