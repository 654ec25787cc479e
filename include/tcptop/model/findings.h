/* SPDX-License-Identifier: MIT */
/* What is wrong with a host as a sample shows it: numbers, whom they concern, since when. The words
 * are made where somebody reads them (explain/finding_text.h), in the language in force then. */
#ifndef TCPTOP_MODEL_FINDINGS_H
#define TCPTOP_MODEL_FINDINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/conn.h"

enum severity { SEVERITY_OK, SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_CRITICAL };

/* Why a rule was not looked at. */
enum skip {
    LOOKED,
    SKIP_YET,        /* its turn has not come */
    SKIP_COUNTERS,   /* counters of /proc/net/netstat, snmp or sockstat cannot be read */
    SKIP_SYSCTL,     /* a limit of the kernel is not known in this namespace */
    SKIP_FIGURES,    /* no tcp_info */
    SKIP_BOUND,      /* bound-only sockets were not asked for, or the kernel has no such answer */
    SKIP_BACKLOG,    /* the backlog of listeners is not known */
    SKIP_UNTOLD,     /* the text that the sample was read from does not tell what it takes */
    SKIP_SHORT,      /* needs samples over a longer time */
    SKIP_MPTCP,      /* of MPTCP connections, whose subflows do not show how they close */
    SKIP_UNDECIDED,  /* something exceeds its thresholds, which further samples must confirm */
    SKIP_MINUTE,     /* needs samples over a minute */
    SKIP_NO_BOUND,   /* bound-only sockets were asked for, and the kernel does not list them */
    SKIP_UNRECORDED, /* the recording does not hold what it takes */
    SKIP_COUNT,
};

/* What of `ends` the rows must have in common with it, besides their state. */
enum scope_by {
    SCOPE_SRC = 1,
    SCOPE_DST = 2,
    SCOPE_SPORT = 4,
    SCOPE_DPORT = 8,
    SCOPE_PID = 16,
    SCOPE_UID = 32,
    SCOPE_PROBE = 64,      /* the timer probes a closed window */
    SCOPE_OWNED = 128,     /* has a file */
    SCOPE_ORPHAN = 256,    /* has none */
    SCOPE_UNREAD = 512,    /* Recv-Q of ends.rqueue or more */
    SCOPE_TIMELESS = 1024, /* no timer */
    SCOPE_INODE = 2048,    /* of several on one address and port just this */
    SCOPE_SERVICE = 4096,  /* the service is finding.who's */
};

/* Which rows a finding is about. */
struct scope {
    uint32_t states; /* STATE_BIT()s; 0: no rows */
    uint32_t by;     /* enum scope_by */
    uint32_t pid, uid;
    struct conn ends; /* netns counts where samples are of several */
};

#define FINDING_VALUES 7
#define FINDING_NAME   96

/* Why a process does not run. */
enum halt {
    HALT_NONE,
    HALT_STOPPED, /* by a signal: state T */
    HALT_TRACED,  /* by a debugger: state t */
    HALT_FROZEN,  /* with its control group */
    HALT_WAITS,   /* uninterruptibly, in this sample and the one before: state D */
};

/* Why no process is known, or that the one that is known has closed the socket. */
enum unseen {
    UNSEEN_YET,    /* it was not looked for, or the search has not ended */
    UNSEEN_HIDDEN, /* not all processes may be looked at */
    UNSEEN_NOBODY, /* all were looked at: the socket is the kernel's, or on its way to a process */
    UNSEEN_FORMER, /* what is named, process or service, had the socket, and has closed it */
    UNSEEN_UNTOLD, /* the sample is text that names neither a process nor a user */
    UNSEEN_UNRECORDED, /* the sample is a recording or text that names no process of this socket */
};

/* The process that a finding names, as it was when that was found. Where none may be looked at the
 * kernel still tells whose socket it is, to every user: its uid, and the control group that made it
 * (model/cgroups.h). */
struct finding_process {
    uint32_t pid;               /* 0: none is known */
    uint32_t others;            /* that hold the same socket, or one that shares its port */
    uint32_t uid;               /* of the socket; where no process is known */
    uint8_t unseen;             /* enum unseen; UNSEEN_YET where the process is known */
    uint8_t halt;               /* enum halt */
    uint64_t files, files_max;  /* open descriptors, and how many may be; 0: not known */
    char name[FINDING_NAME];    /* sanitised, as the next one */
    char service[FINDING_NAME]; /* what people call its control group; "" when not known */
};

/** Has the process no descriptor left? With a tenth or less it is nearly so. */
static inline bool finding_files_full(const struct finding_process *w)
{
    return w->files_max && w->files >= w->files_max;
}

static inline bool finding_files_nearly_full(const struct finding_process *w)
{
    return w->files_max && w->files >= w->files_max - w->files_max / 10;
}

/* What a finding follows from. */
struct finding_cause {
    uint64_t key; /* of that finding; 0: it follows from none, and then `who`, where one is known,
                     is the process of this host at the other end, which is to be looked at */
    uint8_t rule;
    struct conn ends; /* of its scope */
    struct finding_process who;
};

struct finding {
    uint64_t key; /* of rule, namespace and subject: the same finding in the next sample */
    uint8_t rule; /* enum rule_id, doctor/doctor.h */
    uint8_t severity;
    uint8_t subject;                      /* enum subject, doctor/doctor.h */
    uint8_t valid;                        /* bit per value */
    uint8_t at_least;                     /* bit per value that is a lower bound */
    uint8_t ages;                         /* bit per value that is an age */
    int64_t since_ns, seen_ns;            /* monotonic: first and last seen to hold */
    int64_t since_wall_ns, ended_wall_ns; /* the second: seen last, of one that has ended; else 0 */
    int64_t told_wall_ns; /* of a recording: the recorder found it, and this is when it was as the
                             figures say; 0: it was found in this sample */
    double value[FINDING_VALUES];
    double window_s; /* that was watched, of what the rule counts; 0: none */
    struct finding_process who;
    struct finding_cause cause;
    uint32_t follow; /* connections that are found to suffer from it, by findings of their own */
    uint8_t advice;  /* enum advice, doctor/doctor.h */
    char namespace[FINDING_NAME]; /* "" where there is one */
    bool passing;                 /* two looks have not found it any more; it may come again. After
                                     one it holds: what comes and goes stays on the screen */
    bool sought;                  /* when it was found last, its process was still looked for */
    bool has_peer, peer_port;     /* the second: its port counts, too */
    struct conn peer;             /* the other end that counts most */
    struct scope scope;
    uint32_t marks;          /* STATE_BIT()s that stand out for it */
    uint32_t absent_sysctls; /* bit per enum host_sysctl: its namespace has no such setting */
};

/** It has ended, and was seen last at `wall_ns`. Figures of its last moment, which say nothing of
 * the whole, are taken away. */
void finding_end(struct finding *f, int64_t wall_ns);

struct predicate;
struct sample;

/* The findings of a sample, its own; immutable once it carries them. */
struct findings {
    uint32_t n;             /* those that hold, first in the list: worst first, then oldest; what
                               follows from another one stands behind that */
    uint32_t n_ended;       /* then those that have ended, newest first */
    uint32_t warnings;      /* of those that hold, warnings and worse that were found now … */
    uint32_t passing;       /* … and those that are passing */
    uint8_t worst;          /* enum severity of those that hold */
    uint8_t skip[32];       /* enum skip, by rule */
    uint32_t spared[32];    /* STATE_BIT()s: what kept the rule from looking is not about them */
    uint32_t states;        /* that warnings found now are about: STATE_BIT()s */
    struct predicate *rows; /* for each that holds, which rows it is about; owned, may be NULL */
    struct finding list[];
};

/** Add how rules could look in one sample to how they could in those before, which starts as
 * SKIP_YET for each: what kept one from looking for good is said; what only a few more samples have
 * cured is not. */
void findings_add_skip(uint8_t *all, const uint8_t *skip);

/** Of a recording: what the recorder could not read, or was not asked for, is not recorded. */
void findings_skip_recorded(uint8_t *skip);

/** Has a rule looked, or can it never look, by `skip`, that by `before` had needed more samples? */
bool findings_skip_settles(const uint8_t *before, const uint8_t *skip);

/** Room for `n` findings, zeroed. NULL: out of memory. */
struct findings *findings_new(uint32_t n);
void findings_free(struct findings *f); /* NULL is accepted */

/** Is row `row` of the sample one of those that its finding number `i` is about? */
bool finding_concerns(const struct sample *s, uint32_t i, uint32_t row);

/** The worst finding that holds of the state, notes included; of a row (UINT32_MAX: of the state as
 *  such) only what is about it. One that is passing only where there is no other. NULL: none.
 *  Belongs to the sample. */
const struct finding *finding_about(const struct sample *s, unsigned state, uint32_t row);

#endif
