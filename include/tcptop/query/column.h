/* The one table of columns. The screen's table, --columns, the CSV header, JSON keys, filter
 * fields, the menus and the help screen all come from it. */
#ifndef TCPTOP_QUERY_COLUMN_H
#define TCPTOP_QUERY_COLUMN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptop/base/canvas.h"
#include "tcptop/model/sample.h"
#include "tcptop/model/value.h"
#include "tcptop/text/text.h"

struct str;

/* In the order of the screen's table, the atoms behind the composite that shows them; the base
 * columns in this order are those of JSON and CSV. */
enum column_id {
    COL_PROTO,       /* tcp, tcp6 */
    COL_LOCAL,       /* composite, display only: local_addr local_port */
    COL_LOCAL_ADDR,  /* "10.0.2.15", "::1", "fe80::1%eth0" */
    COL_LOCAL_PORT,  /* 0: none */
    COL_REMOTE,      /* composite, display only */
    COL_REMOTE_ADDR, /* LISTEN: the wildcard as the kernel gives it, "0.0.0.0" or "::" */
    COL_REMOTE_PORT, /* LISTEN: 0 */
    COL_STATE,
    COL_LEFT,       /* composite of timer and expires_ms: what the screen calls Left */
    COL_TIMER,      /* off on keepalive timewait persist, as ss says; unknown for other codes */
    COL_EXPIRES_MS, /* until the timer fires, at the time of the sample; absent when it is off */
    COL_RECV_Q,     /* bytes; LISTEN: connections waiting for accept() */
    COL_SEND_Q,     /* bytes; LISTEN: the backlog, absent when read from /proc */
    COL_RTT,        /* rtt_us */
    COL_RETR,       /* share of sent bytes that was sent again, per mille, lifetime */
    COL_TX,         /* bytes acknowledged per second since the sample before, see rate.h */
    COL_RX,         /* bytes received per second */
    COL_RATE,       /* both: who talks most; absent unless both are known */
    COL_RETRANS,    /* unanswered repeats of the running timer */
    COL_UID,        /* absent where no file holds the socket: the kernel says 0 there */
    COL_INODE,
    COL_COOKIE,  /* hex as ss prints it */
    COL_IFINDEX, /* absent when bound to none */
    COL_NETNS,   /* name; absent for tcptop's own namespace, unless rows of several are shown */
    COL_AGE,     /* seconds since it was first seen; absent when older than the first sample */
    COL_MIN_RTT,
    COL_CWND,
    COL_BYTES_ACKED,
    COL_BYTES_RECEIVED,
    COL_BYTES_SENT,    /* payload, with what was sent again */
    COL_BYTES_RETRANS, /* of that, sent again */
    COL_RETRANS_SEGS,  /* lifetime, includes the SYN */
    COL_UNSENT,        /* written, not sent yet */
    COL_DELIVERY,      /* bytes per second when it last sent, does not decay */
    COL_CONGESTION,    /* name of the congestion control */
    COL_BACKLOG,       /* LISTEN: recv_q in per mille of send_q; drawn as used/limit */
    COL_LIMITED_BY,    /* application receiver send_buffer path, see rate.h */
    COL_PID,           /* of the process that holds the socket, or did; the lowest of several */
    COL_PIDS,          /* all of them */
    COL_PROCESS,       /* its name; the screen adds the pid where both fit */
    COL_OWNER,         /* "current", or "former": nobody holds the socket any more */
    COL_CMDLINE,       /* sanitised, with blanks between the arguments */
    COL_USER,          /* name of `uid`; without a file the name of its former process's user */
    COL_CGROUP,        /* what people call it: a unit, a container, a session */
    COL_COUNT
};

enum column_align { ALIGN_LEFT, ALIGN_RIGHT };

enum column_flag {
    COLUMN_DISPLAY = 1,  /* composite: on screen and in text output only, no JSON key, no field */
    COLUMN_SCREEN = 2,   /* may be chosen for the screen's table */
    COLUMN_BASE = 4,     /* in JSON and CSV unless --columns says otherwise */
    COLUMN_GROUP = 8,    /* many rows have a value in common: the menu of groups offers it */
    COLUMN_SUM = 16,     /* its values in a group add up to something */
    COLUMN_LARGEST = 32, /* the large ones are what one looks for: they come first */
};

/* What its values are: how the filter reads them and in which unit. */
enum column_kind {
    KIND_COMPOSITE, /* no value of its own */
    KIND_TEXT,
    KIND_PROTO,
    KIND_STATE,
    KIND_TIMER,
    KIND_ADDRESS,
    KIND_PORT,
    KIND_DEVICE,
    KIND_NUMBER,
    KIND_US,
    KIND_MS,
    KIND_S,
    KIND_PERMILLE,
    KIND_LIST, /* numbers; JSON has an array */
};

/** A part of a row's place in an order: smaller comes first. */
typedef uint64_t (*order_word)(const struct conn *c);

struct column {
    const char *id;            /* JSON key, CSV head, filter field, --columns name: "recv_q" */
    enum msg title;            /* head on the screen */
    enum msg help;             /* one line for help and the chooser */
    uint8_t width[LANG_COUNT]; /* on the screen; 0: sized by content (addresses) */
    uint8_t order;    /* in which the table takes it in while there is room; 0: only when chosen */
    uint8_t align;    /* enum column_align */
    uint8_t flags;    /* enum column_flag */
    uint8_t kind;     /* enum column_kind */
    uint32_t needs;   /* enum need */
    value_getter get; /* typed raw value; NULL for composites */
    /** Append the cell's text for screen and text output: "–" when unknown. */
    void (*format)(const struct sample *s, uint32_t row, struct str *out);
    /** 64-bit sort prefix: smaller sorts first ascending; UINT64_MAX is reserved for "absent". */
    uint64_t (*key)(const struct sample *s, uint32_t row);
    /** How the order goes on among equal prefixes: 64 bits each, up to a NULL; NULL when the prefix
     *  says all. */
    const order_word *words;
    value_each each;   /* where a row may have several values; NULL: get() has them all */
    value_whole whole; /* a text that may be longer than a value's; NULL: get() has it whole */
};

extern const struct column columns[COL_COUNT];

/** The column called `name` (its id or other name, any case, '-' as '_'), -1: there is none. */
int column_find(const char *name, size_t len);

/** Nearest known id for a misspelt name, for messages; NULL when nothing is near. */
const char *column_nearest(const char *name);

/** Parse "proto,local,remote" into ids. Returns the count or -EINVAL with `err`. */
struct err;
int column_parse_list(const char *list, enum column_id *ids, size_t max, struct err *err);

/** Address as netstat writes it, with port: "10.0.2.15:443", "[::1]:3000", "0.0.0.0:*", link-local
 *  with "%eth0". The interface is named as it is called here and now; for rows of a sample
 *  prefer columns[COL_LOCAL].format(), which does not name another host's interfaces. */
void conn_format_local(const struct conn *c, struct str *out);
void conn_format_remote(const struct conn *c, struct str *out);

/** Who limits a connection, as the screen says it; "–" when not known (`limit`: enum send_limit).
 */
const char *limit_word(enum send_limit limit);

/** A row's process for a cell of `width` columns: name and pid where both fit, and how many others
 *  share the socket; else the name, which the cell may cut. A former one is its name alone. */
void process_fit(const struct sample *s, uint32_t row, int width, struct str *out);

/** Role in which a state's name is drawn. */
enum role state_role(unsigned state);

#endif
