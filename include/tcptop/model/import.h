/* SPDX-License-Identifier: MIT */
/* What the output of another program was, from which a sample was read: whose it is, and what
 * became of each of its lines. Immutable once a sample carries it. */
#ifndef TCPTOP_MODEL_IMPORT_H
#define TCPTOP_MODEL_IMPORT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define IMPORT_TOOL   48
#define IMPORT_SYSTEM 24
#define IMPORT_FILE   128
#define IMPORT_LISTED 10000u /* skipped lines that are listed; further ones are only counted */

/* Why a line was skipped: SKIPPED(IDENT, "word in JSON", may a connection be lost with it?) */
#define IMPORT_SKIPPED(SKIPPED)                                                                    \
    SKIPPED(PROTOCOL, "other protocol", false) /* a socket of another protocol */                  \
    SKIPPED(NOTE, "note", false)               /* the program says something */                    \
    SKIPPED(COMMAND, "command", false)         /* the command that printed the rest */             \
    SKIPPED(TEXT, "text", true)                /* nothing that any of the programs prints */       \
    SKIPPED(OMITTED, "omitted", true)          /* says that lines were left out here */            \
    SKIPPED(UNREADABLE, "unreadable", true)    /* begins like a row, but cannot be one */          \
    SKIPPED(LONG, "too long", true)

enum import_skipped_for {
#define SKIPPED(ident, word, loss) IMPORT_SKIPPED_##ident,
    IMPORT_SKIPPED(SKIPPED)
#undef SKIPPED
        IMPORT_SKIPPED_COUNT
};

struct import_skipped_line {
    uint32_t line; /* from 1 */
    uint16_t file; /* place in the list of files */
    uint8_t why;   /* enum import_skipped_for */
};

/* Every line is counted once: lines = rows + continued + headings + blank + skipped. */
struct import {
    atomic_uint refs;
    char tool[IMPORT_TOOL];     /* "netstat"; several with commas */
    char system[IMPORT_SYSTEM]; /* "Windows"; "" when it is not known */
    uint32_t lines;
    uint32_t rows;      /* lines that begin a connection */
    uint32_t continued; /* further lines of one */
    uint32_t headings;
    uint32_t blank;
    uint32_t skipped;
    uint32_t skipped_for[IMPORT_SKIPPED_COUNT];
    struct import_skipped_line *listed; /* the first IMPORT_LISTED skipped lines; owned */
    uint32_t n_listed, cap_listed;
    char (*files)[IMPORT_FILE]; /* names, sanitised; owned */
    uint32_t n_files, cap_files;
    uint32_t again;        /* rows of connections that an earlier list of the text has, too */
    uint32_t cut;          /* ends of which a part of the address or port was cut off */
    uint32_t cut_rows;     /* rows of which a terminal may have cut off more */
    char no_converter[16]; /* a code page that the C library has no converter for; "": none */
};

/** One reference; NULL: out of memory. */
struct import *import_new(void);
struct import *import_ref(struct import *i); /* NULL is accepted */
void import_unref(struct import *i);         /* NULL is accepted */

/** Note a file whose lines come next. Returns 0 or -ENOMEM. */
int import_add_file(struct import *i, const char *name);

/** Note that line `line` of the last file was skipped. Without memory it is only counted. */
void import_skip(struct import *i, uint32_t line, enum import_skipped_for why);

/** The word of JSON for a reason. */
const char *import_skipped_word(enum import_skipped_for why);

/** Lines that no reader understood, so that connections may be missing. */
uint32_t import_not_understood(const struct import *i);

/** Lines that certainly are, or stand for, connections which are missing. */
uint32_t import_lost(const struct import *i);

#endif
