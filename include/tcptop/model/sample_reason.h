/* SPDX-License-Identifier: MIT */
/* Why a sample is incomplete, degraded or failed, and why a source cannot be opened: a code with
 * its arguments, in no language. reason_text() (explain/reason_text.h) makes the words where they
 * are printed. A value without pointers, copied freely. */
#ifndef TCPTOP_MODEL_SAMPLE_REASON_H
#define TCPTOP_MODEL_SAMPLE_REASON_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/netns.h"

/* With each code the members that it uses. Recordings hold the numbers: new codes come last. */
enum sample_reason_code {
    REASON_NONE,
    REASON_ERROR,    /* error */
    REASON_RECORDED, /* text, in English: the reason that the sample had when it was recorded */

    REASON_REJECTED,       /* number of damaged records that were left out */
    REASON_INTERRUPTED,    /* the table of sockets changed during each try to read it */
    REASON_BROKE_OFF,      /* error with which the kernel's answer ended */
    REASON_FROM_PROC,      /* error of sock_diag; the rows are from /proc/net/tcp */
    REASON_NO_CONNECTIONS, /* sock_diag_error, and error of /proc/net/tcp */
    REASON_NO_OWNERS,      /* error with which /proc cannot be searched for processes */
    REASON_NO_BOUND,       /* no others than bound-only sockets are wanted, which are not listed */
    REASON_BOUND_UNRECORDED, /* the same of a recording, which does not hold them */

    REASON_UNREADABLE,    /* text: a file; error */
    REASON_EMPTY_FILE,    /* text: a file */
    REASON_NO_SAMPLE,     /* text: a file without a frame */
    REASON_FOREIGN_FILE,  /* text: a file that is no recording and no text */
    REASON_TEXT_FILE,     /* text: a text in which no program that is known lists connections */
    REASON_NEWER_FILE,    /* text: a file of a format that this program does not know */
    REASON_NEWER_FRAME,   /* number of the frame of such a format, 0: not known */
    REASON_DAMAGED_FRAME, /* number of the frame, 0: not known; times as below */
    REASON_DAMAGED_BYTE, /* number of the byte where the damage begins; begin_ns and end_ns: between
                            which samples some may be missing, 0: there is none, or not known */
    REASON_ALL_DAMAGED,  /* text: a recording of which no whole sample is left; the same number */
    REASON_CUT,          /* the dump ends before its last message */
    REASON_IMPORT_LOST,  /* number of lines of another program's text that are connections, or
                            stand for some, and cannot be read */
    REASON_IMPORT_TEXT,  /* number of lines that no program which is known prints */

    REASON_NETNS_NONE,           /* text: a name that no namespace has */
    REASON_NETNS_NONE_NEAR,      /* the same; netns: the name that comes nearest */
    REASON_NETNS_NO_PROCESS,     /* text: a process id */
    REASON_NETNS_OF_PROCESS,     /* text: a process id; error */
    REASON_NETNS_NO_PATH,        /* text: a path to something else */
    REASON_NETNS_UNREADABLE,     /* error with which /proc does not tell namespaces */
    REASON_NETNS_CLOSED,         /* text: a namespace that cannot be entered; error */
    REASON_NETNS_GONE,           /* text: a namespace that was there */
    REASON_NETNS_MISSING,        /* some cannot be entered without CAP_SYS_ADMIN */
    REASON_NETNS_MISSING_OTHERS, /* the same of all but the own one */
    REASON_NETNS_MISSING_ERROR,  /* error with which some cannot be entered */

    REASON_NOT_THEN,     /* text: a recording that has no sample of the time asked for; begin_ns and
                            end_ns: from when to when it is, 0: not known */
    REASON_OTHER_WRITER, /* number of files that were written at the same time as others, and are
                            left out; text: one of them */
    REASON_NO_RECORDINGS, /* text: a directory in which there are none */
    REASON_NO_WRITER,     /* text: a FIFO that nobody writes to */

    REASON_REMOTE_NO_TCPTOP, /* text: a host where the shell does not find tcptop */
    REASON_REMOTE_SSH,       /* text: a host; ssh could not connect, or lost the connection */
    REASON_REMOTE_ENDED,     /* text: a host; number: the exit code with which tcptop ended there */
    REASON_REMOTE_KILLED,    /* text: a host; number of the signal that ended ssh */
    REASON_REMOTE_CLOSED,    /* text: a host; its output has ended, ssh has not */
    REASON_REMOTE_FOREIGN,   /* text: a host that sent something else */
    REASON_REMOTE_NEWER,     /* text: a host that sent what a later version writes */
    REASON_COMPRESSED,       /* text: a file that is compressed, or an archive */
    REASON_ENDS_BEFORE, /* begin_ns and end_ns that were asked for, of which the first is later */
    REASON_OTHER_HOST,  /* number of files of another host than what is played, which are left out;
                           text: one of them, with its host */
    REASON_OTHER_FILES, /* number of files left out for either reason; text: one of them. With
                           end_ns, OTHER_WRITER, OTHER_HOST and OTHER_FILES say why the time asked
                           for is not in what is played, which is from begin_ns to end_ns */
    REASON_FIGURES_UNRECORDED, /* a filter asks for figures that a recording does not hold */
    REASON_FIGURES_UNLISTED,   /* a filter asks for figures that another program's text lacks */
    REASON_VALUES_UNRECORDED,  /* a filter asks for other values that a recording does not hold */
    REASON_VALUES_UNLISTED,    /* the same of another program's text */
    REASON_DAMAGED_PLACES,     /* the same, damaged again after that: from the first to the last */
    REASON_DAMAGED_THEN, /* text: a recording whose samples of the time asked for cannot be read;
                            number of the byte where it is damaged */
    REASON_COUNT
};

struct sample_reason {
    enum sample_reason_code code;
    int error;           /* an errno, positive or negative */
    int sock_diag_error; /* the same */
    uint64_t number;
    int64_t begin_ns, end_ns; /* since 1970 */
    char text[256];           /* sanitised, cut at a character when it is too long */
    char netns[NETNS_NAME]; /* with any code: the reason holds for this namespace alone; else "" */
};

/** A reason about something that has a name: `text` is sanitised. */
struct sample_reason sample_reason_named(enum sample_reason_code code, int error, const char *text);

/** Copy `value` to `why`, which may be NULL, and return `rc`: for a function that fails. */
int sample_reason_set(struct sample_reason *why, int rc, struct sample_reason value);

/** The same with REASON_ERROR and the error `rc`. */
int sample_reason_error(struct sample_reason *why, int rc);

#endif
