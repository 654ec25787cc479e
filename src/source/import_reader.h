/* SPDX-License-Identifier: MIT */
/* What reads the text of another program: the core (import_reader.c) cuts it into lines and fields
 * and gives each line to the formats, one file import_NAME.c for each family of programs. A format
 * is a constant of functions; a new one is its file and its word in IMPORT_FORMATS. */
#ifndef TCPTOP_SRC_SOURCE_IMPORT_READER_H
#define TCPTOP_SRC_SOURCE_IMPORT_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptop/base/hash_table.h"
#include "tcptop/base/str.h"
#include "tcptop/model/import.h"
#include "tcptop/model/sample_builder.h"
#include "tcptop/owner/lookup.h"

#define IMPORT_LINE_MAX  65536 /* bytes; a longer line is skipped */
#define IMPORT_FIELDS    64    /* of a line; further ones are only in its text */
#define IMPORT_PROCESSES 32    /* that share one socket */
#define IMPORT_NAME      64
#define IMPORT_HEADINGS  16 /* different ones that are remembered */
#define IMPORT_EDGE      80 /* columns of a terminal that may have cut a line */
#define IMPORT_PREFIX    96 /* bytes before a line that can be remembered */

struct import_reader;

/* A piece of a line, between blanks. Not terminated. */
struct import_field {
    const char *at;
    size_t len;
};

struct import_line {
    const char *text; /* UTF-8 where it could be converted; not terminated; without the newline and
                         without blanks at its end */
    size_t len;
    bool indented; /* begins with a blank */
    unsigned n;
    struct import_field field[IMPORT_FIELDS];
};

struct import_process {
    uint32_t pid;
    char name[IMPORT_NAME]; /* "" where only the number is known; not sanitised */
};

/* A connection while its lines are read. */
struct import_row {
    struct conn conn; /* everything is unknown that no reader has set */
    struct tcp_metrics metrics;
    bool has_metrics;
    char congestion[CONGESTION_NAME];
    struct import_process process[IMPORT_PROCESSES];
    unsigned n_processes;
    bool nobody;            /* certainly no process holds it */
    char user[IMPORT_NAME]; /* its user's name; "" */
    char cgroup[IMPORT_FILE];
    uint64_t same; /* not 0: rows with the same number are one socket */
    bool cut;      /* some of it may be missing, since its line ends at a terminal's edge */
};

/* Bits of conn.unknown that are decided when the whole text has been read. */
enum import_undecided {
    IMPORT_TIMER_OFF = 0x0400,   /* no timer runs, if the program printed timers at all */
    IMPORT_ANY_IS_IPV4 = 0x0800, /* "*" is 0.0.0.0, if an old ss printed it */
    IMPORT_CUT_LOCAL = 0x1000,   /* the address may be cut, if nothing longer was printed */
    IMPORT_CUT_REMOTE = 0x2000,  /* the same */
    IMPORT_HEX_WORDS = 0x4000,   /* the words may be of the other byte order */
    IMPORT_HAS_COOKIE = 0x8000,  /* the cookie is known */
    IMPORT_UNDECIDED_BITS = 0xfc00,
};

enum import_verdict {
    IMPORT_NOT_MINE,
    IMPORT_ROW,       /* begins a connection, which is in reader->next */
    IMPORT_CONTINUED, /* tells more of reader->row, the last connection */
    IMPORT_BEGUN,     /* begins a row that goes on in the next line */
    IMPORT_TITLE,     /* what stands above the columns' names */
    IMPORT_HEADING,   /* the columns' names */
    IMPORT_PROTOCOL,  /* another protocol */
    IMPORT_NOTE,      /* a message of the program */
    IMPORT_BROKEN,    /* begins like a row of this program, but cannot be one */
};

/* The formats, each `import_NAME` in its file, in the order in which they are asked. */
#define IMPORT_FORMATS(FORMAT)                                                                     \
    FORMAT(proc)                                                                                   \
    FORMAT(lsof)                                                                                   \
    FORMAT(ss)                                                                                     \
    FORMAT(netstat_windows)                                                                        \
    FORMAT(netstat_linux)                                                                          \
    FORMAT(netstat_bsd)                                                                            \
    FORMAT(netstat_solaris)                                                                        \
    FORMAT(powershell)

struct import_format {
    const char *tool, *system;
    /** The words with which a line of its columns' names begins, up to a NULL. */
    const char *const *names;
    /** How many bytes it remembers of a text. Its functions find them in r->memory; they are 0 at
     *  the beginning of the text. */
    size_t memory;
    /** Names the system after its text has been read; NULL: it is always `system`. */
    const char *(*system_of)(const void *memory);
    /** What a line is to this program. A row is filled into r->next, which is empty before; it must
     *  leave r->row alone then, and change nothing else unless the line is certainly its own. */
    enum import_verdict (*read)(struct import_reader *r, const struct import_line *line);
    /** The same of a line that read() does not know, where the line before is a row of this program
     *  or belongs to one, and no row begins in this line. What belongs to a row of another protocol
     *  (r->last says so) is IMPORT_PROTOCOL, too. NULL: each row is one line. */
    enum import_verdict (*more)(struct import_reader *r, const struct import_line *line);
    /** The whole text has been read: decide which of the bits `open` of enum import_undecided, that
     *  only this program sets, mean what for the row. NULL: it sets none. */
    void (*decide)(const void *memory, struct conn *c, unsigned open);
};

enum import_format_place {
#define FORMAT(name) IMPORT_FORMAT_##name,
    IMPORT_FORMATS(FORMAT)
#undef FORMAT
        IMPORT_FORMAT_COUNT
};

#define FORMAT(name) extern const struct import_format import_##name;
IMPORT_FORMATS(FORMAT)
#undef FORMAT

extern const struct import_format *const import_reader_formats[IMPORT_FORMAT_COUNT];

/* What stands before each line of the table (import_prefix.c). */
struct import_prefix {
    char shape[IMPORT_PREFIX]; /* "": nothing */
    char text[IMPORT_PREFIX];  /* where it was learnt, without blanks around it */
    size_t blanks;             /* at its end, at most */
};

/* Lists that come more than once (import_repeats.c). */
struct import_repeats {
    uint64_t heading[IMPORT_HEADINGS]; /* hashes of those that were met */
    uint32_t rows[IMPORT_HEADINGS];    /* lines that were rows when it was met last */
    unsigned n_headings;
    uint32_t list;             /* how often a list has come again */
    struct hash_table by_ends; /* of all rows, once one has */
};

struct import_reader {
    struct import *report;       /* owned until it is taken */
    struct sample_builder *rows; /* owned until it is taken */
    struct owner_lookup *owners; /* owned until it is taken; NULL: no process was named */

    const struct import_format *format; /* of the last line that was understood; NULL: none */
    struct import_row *row, *next;      /* of `two` */
    struct import_row two[2];
    bool has_table;           /* the names of columns were there */
    bool has_row;             /* `row` is a connection that may go on */
    enum import_verdict last; /* of the last line that was not blank */
    void *memory;             /* of the format that is asked; its `memory` bytes */
    void *memories[IMPORT_FORMAT_COUNT];
    bool wide; /* an address was longer than the column of netstat, so none is cut */
    struct import_prefix prefix;
    struct import_repeats repeats;

    struct str begun;    /* a row that goes on in the next line; "" none */
    uint32_t begun_from; /* its first line */
    uint32_t begun_lines;
    uint32_t line;  /* number in the file */
    bool full;      /* the line ends where a terminal of IMPORT_EDGE columns would cut it */
    bool blank_end; /* it ends with a blank, so that its last field is whole */
    char page[12];  /* the code page in force; "" none */

    /* Who holds what. */
    struct hash_table by_pid;  /* its place in `process` */
    struct hash_table by_user; /* the uid that stands for a name */
    struct hash_table by_same; /* the row */
    struct import_holder *process;
    uint32_t n_processes, cap_processes;
    struct import_hold *holds;
    uint32_t n_holds, cap_holds;
    bool failed;                       /* out of memory */
    uint8_t seen[IMPORT_FORMAT_COUNT]; /* places of the formats that had rows */
    unsigned n_seen;
};

/** Returns 0 or -ENOMEM. */
int import_reader_init(struct import_reader *r);
void import_reader_fini(struct import_reader *r);

/** Read one line of `len` bytes, without its newline, in any encoding but UTF-16. */
void import_reader_line(struct import_reader *r, const char *bytes, size_t len);

/** The next file begins: lines count from 1 again. Returns 0 or -ENOMEM. */
int import_reader_file(struct import_reader *r, const char *name);

/** All lines were read: decide what was left open. Returns 0 or -ENOMEM. */
int import_reader_end(struct import_reader *r);

/* What stands before each line (import_prefix.c) */

/** The names of columns, or a row, stand behind the first `len` bytes of their line: what these
 *  look like. */
void import_prefix_learn(struct import_prefix *p, const char *text, size_t len);

/** How many bytes of the line are what was learnt to stand before each; 0: it does not begin so. */
size_t import_prefix_len(const struct import_prefix *p, const char *text, size_t len);

/** The next place from `from` on where a word begins that is the first of a table's names of
 *  columns; the line's length: there is none. */
size_t import_prefix_names(const struct import_line *line, size_t from);

/* Lists that come again (import_repeats.c) */

void import_repeats_init(struct import_repeats *p);
void import_repeats_fini(struct import_repeats *p);

/** The names of columns stand in this line; before it were so many `rows`, those in `s` and perhaps
 *  one more that is not there yet. Returns 0, or -1 without memory. */
int import_repeats_heading(struct import_repeats *p, const struct import_line *line,
                           const struct sample *s, uint32_t rows);

/** Which row of the sample the connection is: one that an earlier list has, or `next`. Returns 0,
 * or -1 without memory. */
int import_repeats_row(struct import_repeats *p, const struct conn *c, uint16_t netns,
                       uint32_t next, uint32_t *row);

/* Encodings (import_encoding.c) */

/** Convert a line that is not UTF-8 from the code page that makes words of a heading of it, else
 *  the one that was found before (`page`, 12 bytes). Returns true with the text in `out`. `missing`
 *  (16 bytes) gets the name of a code page without a converter. */
bool import_encoding_line(char *page, char *missing, const char *bytes, size_t len,
                          struct str *out);

/** Does the text begin like UTF-16? 1: little-endian, 2: big-endian, 0: no. */
int import_encoding_utf16(const uint8_t *bytes, size_t len);

/** Append `units` units of 2 bytes as UTF-8. `*high`: a high surrogate that waits for its low one;
 *  0 at the beginning. */
void import_encoding_add(struct str *out, const uint8_t *bytes, size_t units, bool big,
                         uint32_t *high);

/** Is it text without a byte that cannot be in one? */
bool import_encoding_is_utf8(const char *bytes, size_t len);

/* A line as its program printed it (import_plain.c). Both return the text in `*len` bytes, which
 * may be in `copy`; that has room for as many as came, and may be where the text is. */

/** Without what moves a terminal's cursor or changes its colours. */
const char *import_plain_escapes(char *copy, const char *text, size_t *len);

/** Without the marks of web pages and logs, and with ASCII's blanks and hyphens, of UTF-8. */
const char *import_plain_text(char *copy, const char *text, size_t *len);

/* Pieces of a line (import_text.c) */

void import_text_split(struct import_line *line, const char *text, size_t len);

bool import_text_is(const struct import_field *f, const char *word);          /* equal */
bool import_text_is_caseless(const struct import_field *f, const char *word); /* ASCII case */
bool import_text_starts(const char *text, size_t len, const char *prefix);
bool import_text_number(const struct import_field *f, uint64_t most, uint64_t *n);
bool import_text_hex(const struct import_field *f, size_t least); /* only hex digits */

/** Is it a line that Unix tools print among their tables, and no table: a prompt with a command, an
 *  ellipsis? Returns true with the reason. */
bool import_text_is_known(const struct import_line *line, enum import_skipped_for *why);

/** The state of a word in any spelling, also as one word (TimeWait) and in the languages that
 *  Windows prints; 0: none. */
unsigned import_text_state(const struct import_field *f);

/** Set the state; one that is only bound gets its flag. */
void import_text_set_state(struct conn *c, unsigned state);

/* One end as it is written. */
struct import_end {
    int family; /* AF_INET, AF_INET6; 0: a wildcard or a text */
    uint8_t address[16];
    bool any;              /* "*" */
    uint32_t address_text; /* the number of a text in the place of an address; 0: none */
    uint32_t port_text;    /* the same of a port */
    uint16_t port;         /* 0: any */
    bool port_known;
    bool cut;       /* some of it is known to be cut */
    bool missing;   /* nothing is known of it */
    uint32_t scope; /* ifindex, or a text with `scope_named` */
    bool scope_named;
};

/** Read ADDRESS and port, between which is the last `separator`. `address_cut`: what follows the
 *  address was cut off. `port_cut`: there may be further digits of the port. False: it is no end.
 */
bool import_text_end(const struct import_field *f, char separator, bool address_cut, bool port_cut,
                     struct import_end *end);

/** The number of a text in the place of an address or a port (see end_text.h), marked as cut. */
uint32_t import_text_marked(const char *text, size_t len);

/** Read an address without a port. */
bool import_text_address(const char *text, size_t len, bool cut, struct import_end *end);

/** Give the row both ends; `family` is the protocol's, 0: follows from the ends. */
void import_text_set_ends(struct import_reader *r, struct conn *c, int family,
                          const struct import_end *local, const struct import_end *remote);

/** Replace an address by the text of what was printed of it, marked as cut. */
void import_text_cut(struct conn *c, bool remote);

/** "59sec", "1min59sec", "3.204ms" as ss prints a time. */
bool import_text_ss_time(const struct import_field *f, uint32_t *ms);

/** Copy at most `size` − 1 bytes. */
void import_text_copy(char *out, size_t size, const char *text, size_t len);

/** Add a process to the row; the name may be empty. */
void import_text_process(struct import_row *row, uint32_t pid, const char *name, size_t len);

/** Set the queues, which then are known. */
void import_text_queues(struct conn *c, uint64_t receive, uint64_t send);

/* Rows that end in the midst of a field (import_cut.c) */

/** Is the field the line's last, and at the edge of a terminal, so that more of it may be missing?
 */
bool import_cut_is(const struct import_reader *r, const struct import_line *line, unsigned field);

/** An end of which only the first characters may be there: the address is known where the separator
 *  of the port certainly follows it, the port where it can have no further digit. */
void import_cut_end(const struct import_field *f, char separator, struct import_end *end);

/** An end of which nothing is there. */
void import_cut_missing(struct import_end *end);

/** The state whose word begins so, if there is but one; 0: there is none, or several. */
unsigned import_cut_state(const struct import_field *f);

#endif
