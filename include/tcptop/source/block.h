/* SPDX-License-Identifier: MIT */
/* The block: the unit of recordings, see src/source/FORMAT.md, which is the promise.
 *
 * A block is a head of BLOCK_HEAD_BYTES and a payload. The checksums of both stand in the head, so
 * that no length is believed, and nothing decompressed, before its checksum. */
#ifndef TCPTOP_SOURCE_BLOCK_H
#define TCPTOP_SOURCE_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLOCK_MARK       "\x89TCB"
#define BLOCK_MARK_BYTES 4
#define BLOCK_VERSION    1
#define BLOCK_HEAD_BYTES 32
#define BLOCK_MAX_BYTES  (UINT32_C(1) << 30) /* of a payload, also when it is decompressed */
#define BLOCK_ROWS_MAX   (UINT32_C(1) << 24) /* of a sample */
#define BLOCK_PART_ROWS  65536u              /* of which columns are stored together */
#define BLOCK_WINDOW_LOG 20                  /* of the compression: 1 MiB */
#define BLOCK_END_BYTES  24                  /* payload of the block that ends a file */

enum block_type {
    BLOCK_HEAD = 1,  /* who recorded what, on which host; before each key */
    BLOCK_KEY = 2,   /* a sample, complete in itself */
    BLOCK_DELTA = 3, /* a sample as what differs from the one before */
    BLOCK_GAP = 4,   /* samples that are missing, and why */
    BLOCK_NOTE = 5,  /* a finding began or ended */
    BLOCK_INDEX = 6, /* what the samples from the last key on were */
    BLOCK_END = 7,   /* the file is complete */
};

#define BLOCK_COMPRESSED 1u /* flag: the payload is one zstd frame */

struct block_head {
    uint8_t type; /* enum block_type; readers skip others */
    uint8_t flags;
    uint32_t stored;      /* bytes of the payload in the file */
    uint32_t raw;         /* bytes of it once it is decompressed */
    uint32_t payload_crc; /* CRC-32 of the stored bytes */
};

/** Write the head's BLOCK_HEAD_BYTES to `out`. */
void block_head_write(uint8_t out[BLOCK_HEAD_BYTES], const struct block_head *head);

/** Read them. Returns 0, -EBADMSG when they are no head or a damaged one, or -EPROTONOSUPPORT when
 *  it is a sound one of another version. */
int block_head_read(struct block_head *head, const uint8_t bytes[BLOCK_HEAD_BYTES]);

/* Items of a payload of the types KEY and DELTA: varint identifier, varint length, value. Readers
 * skip identifiers that they do not know. */
enum block_item {
    BLOCK_ITEM_SAMPLE = 1,     /* first item: which sample, when, and of what it is made */
    BLOCK_ITEM_FIELDS = 2,     /* fields, see sample_fields.h */
    BLOCK_ITEM_NUMBERS = 3,    /* of a delta: numbers and figures that differ */
    BLOCK_ITEM_NETNS = 4,      /* network namespaces */
    BLOCK_ITEM_CONGESTION = 5, /* names of congestion controls */
    BLOCK_ITEM_OWNERS = 6,     /* processes that share sockets, and their users */
    BLOCK_ITEM_PART = 7,       /* the columns that follow are of these rows */
    BLOCK_ITEM_CGROUPS = 8,    /* control groups in which sockets were made */
    BLOCK_ITEM_DROPS = 9,      /* what listeners have dropped */
    BLOCK_ITEM_COLUMN = 64,    /* and more: a column */
};

/* What rows of a part are. */
enum block_part {
    BLOCK_PART_ROWS_KEY = 0,  /* rows of a key, in order */
    BLOCK_PART_GONE = 1,      /* of a delta: places of rows that have gone */
    BLOCK_PART_CHANGED = 2,   /* places of rows that differ, and how */
    BLOCK_PART_NEW = 3,       /* new rows */
    BLOCK_PART_ENDS = 4,      /* sockets that the kernel reported closed */
    BLOCK_PART_ENDS_LIKE = 5, /* of a delta: the same, first of all parts, as what differs from rows
                                 that the sample before had */
    BLOCK_PART_NEW_LIKE = 6,  /* new rows, as what differs from sockets that were reported closed */
};

/* Why samples are missing. */
enum block_gap {
    BLOCK_GAP_LATE = 1,      /* the disk or the host was too slow to take or to write them */
    BLOCK_GAP_FAILED = 2,    /* the kernel's table could not be read */
    BLOCK_GAP_SUSPENDED = 3, /* the machine slept */
    BLOCK_GAP_DISK = 4,      /* they could not be written */
};

/* Why a file ends. */
enum block_end {
    BLOCK_ENDED = 1,      /* as it was asked to */
    BLOCK_ENDED_NEXT = 2, /* the recording goes on in the next file */
    BLOCK_ENDED_DISK = 3, /* no more could be written */
};

#endif
