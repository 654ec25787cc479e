/* What the parts of a frame share: little-endian numbers, and the fields about owners
 * (frame_owners.c). */
#ifndef TCPTOP_SRC_SOURCE_FRAME_INTERNAL_H
#define TCPTOP_SRC_SOURCE_FRAME_INTERNAL_H

#include "tcptop/base/str.h"
#include "tcptop/owner/process.h"
#include "tcptop/source/frame.h"

static inline void put_le(struct str *out, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        str_add_char(out, (char)(value >> 8 * i & 0xff));
}

static inline uint64_t get_le(const uint8_t *p, size_t bytes)
{
    uint64_t value = 0;

    for (size_t i = 0; i < bytes; i++)
        value |= (uint64_t)p[i] << 8 * i;
    return value;
}

/** Append the fields about the owners of the live rows of `s`; nothing where none were asked for.
 */
void frame_write_owners(struct str *out, const struct sample *s);

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

/** What the frame before said does not count any more. */
void frame_owners_begin(struct frame_owners *o, struct owner_lookup *lookup);

/** A field; others than those about owners are passed over. */
void frame_owners_field(struct frame_owners *o, unsigned tag, const uint8_t *value, size_t len);

/** Make the lookup's next index of all that was read. Returns 0 or -ENOMEM. */
int frame_owners_end(struct frame_owners *o);

#endif
