/* SPDX-License-Identifier: MIT */
/* The doctor: rules that say what is wrong with a host, by its connections, counters and limits.
 *
 * Each rule is a row of rules.def and a predicate. Counters are looked at in every sample; rows in
 * every sample of a small host, in every `info_every` of a large one; figures (tcp_info) are asked
 * for every `info_every`, less often where that would cost more than its share of the budget. A
 * finding ends when it did not hold for some time. */
#ifndef TCPTOP_DOCTOR_DOCTOR_H
#define TCPTOP_DOCTOR_DOCTOR_H

#include <stdbool.h>

#include "tcptop/model/findings.h"
#include "tcptop/model/sample.h"
#include "tcptop/source/recording.h"
#include "tcptop/source/sample_pipeline.h"
#include "tcptop/text/text.h"

enum rule_id {
#define RULE(ident, name, states, judges, wants, per_row, commands) RULE_##ident,
#define LIMIT(rule, field, key, kind, min, max, number, initial, help)
#define FIGURE(rule, field, key, kind)
#include "tcptop/doctor/rules.def"
    RULE_COUNT
};

enum limit_id {
#define RULE(ident, name, states, judges, wants, per_row, commands)
#define LIMIT(rule, field, key, kind, min, max, number, initial, help) THRESHOLD_##rule##_##field,
#define FIGURE(rule, field, key, kind)
#include "tcptop/doctor/rules.def"
    THRESHOLD_COUNT
};

/* Which figure of its rule: FIGURE_CLOSE_WAIT_LEAKED. */
#define LIMIT(rule, field, key, kind, min, max, number, initial, help)
#define RULE(ident, name, states, judges, wants, per_row, commands)                                \
    }                                                                                              \
    ;                                                                                              \
    enum figure_of_##ident                                                                         \
    {
#define FIGURE(rule, field, key, kind) FIGURE_##rule##_##field,
enum figure_of_none {
    FIGURE_NONE,
#include "tcptop/doctor/rules.def"
};

/* Thresholds in seconds, per cent, numbers. */
struct limits {
    double value[THRESHOLD_COUNT];
};

/** The defaults. */
void rules_limits_init(struct limits *limits);

enum figure_kind {
    KIND_OF_COUNT,
    KIND_OF_SECONDS,
    KIND_OF_AGE, /* seconds that something has lasted */
    KIND_OF_PERCENT,
    KIND_OF_RATE,
    KIND_OF_BYTES,
};

/* Whom a finding is about, for its title. */
enum subject {
    SUBJECT_HOST,        /* nobody in particular */
    SUBJECT_PROCESS,     /* concern.pid, or only concern.uid is known */
    SUBJECT_LISTENER,    /* local address and port */
    SUBJECT_DESTINATION, /* remote address and port */
    SUBJECT_PEER,        /* remote address */
    SUBJECT_ROUTE,       /* local address to remote address and port */
};

/* What to do, where that is not what the rule says for every case. */
enum advice {
    ADVICE_RULE,
    ADVICE_CONTINUE,   /* the process is stopped */
    ADVICE_DEBUGGER,   /* … by a debugger */
    ADVICE_THAW,       /* its control group is frozen */
    ADVICE_WAITS,      /* it is in state D */
    ADVICE_FILES,      /* it has no descriptor left */
    ADVICE_ACCEPT,     /* it runs, and does not accept */
    ADVICE_SOONER,     /* it accepts too slowly */
    ADVICE_BACKLOG,    /* a rush was larger than the backlog */
    ADVICE_SOMAXCONN,  /* … which the sysctl cuts */
    ADVICE_OPEN,       /* ports of connections that stay open */
    ADVICE_REUSE,      /* ports in TIME_WAIT that connect() may not take over */
    ADVICE_TIMESTAMPS, /* … since timestamps are off */
    ADVICE_POOL,       /* ports in TIME_WAIT that connect() may take over */
    ADVICE_CAUSE,      /* it follows from another finding */
    ADVICE_READER,     /* a process of this host has the other end */
};

struct rule_figure {
    const char *key; /* in JSON */
    enum figure_kind kind;
    enum msg words; /* what a KIND_OF_COUNT counts, where it says how bad a finding is; else 0 */
};

/* What a rule wants to know of a row. */
enum rule_wants {
    WANTS_NOTHING = 0, /* that an import could lack: counters, the rows' states, tcp_info */
    WANTS_RECV_Q = CONN_UNKNOWN_RECV_Q,
    WANTS_SEND_Q = CONN_UNKNOWN_SEND_Q,
    WANTS_TIMER = CONN_UNKNOWN_TIMER,
    WANTS_INODE = CONN_UNKNOWN_INODE,
    WANTS_ENDS = CONN_UNKNOWN_LOCAL_ADDR | CONN_UNKNOWN_REMOTE_ADDR | CONN_UNKNOWN_LOCAL_PORT |
                 CONN_UNKNOWN_REMOTE_PORT,
    WANTS_AGE = 0x8000, /* of an import known from tcp_info alone, since no sample came before */
};

struct rule {
    const char *name;
    uint32_t states; /* STATE_BIT()s of the rows that its findings concern */
    uint32_t judges; /* STATE_BIT()s of the states whose verdict depends on it */
    uint16_t wants;  /* enum rule_wants */
    enum msg title, seen, means, act, harmless;
    enum msg label;       /* what it looks at */
    const char *commands; /* to check further, one per line, with {pid}, {laddr} … */
};

extern const struct rule rules[RULE_COUNT];

/** Does the verdict on the state depend on any rule? */
bool rules_judge_state(unsigned state);

/** The number of the rule with that name, -1 when there is none. */
int rules_number(const char *name);

/** A number that stands for these thresholds and the rules of this version: what was judged under
 * the same one would be judged the same again. Never 0. */
uint64_t rules_digest(const struct limits *limits);

/** A figure of a rule, NULL when it has no such one. */
const struct rule_figure *rule_figure(unsigned rule, unsigned which);

/** The doctor, for a sample_pipeline or sampler, which takes it over. `eager`: look at everything
 * in every sample. `share` of one core is what figures may cost. NULL: out of memory. */
struct sample_observer *doctor_new(const struct limits *limits, bool eager, double share);

/* What the recorder of a recording found in it, where it judged by the same rules and thresholds.
 */
struct doctor_notes {
    struct episode *list; /* owned */
    uint32_t n;
    uint64_t judge; /* rules_digest() of the recorder; 0: there is nothing to take over */
    uint8_t skip[RECORDING_RULES];           /* enum skip, by rule: how it could look */
    int64_t looked_wall_ns[RECORDING_RULES]; /* LOOKED: since when it could; 0: not known */
    bool own; /* of what this program keeps of its own host: why a rule could not look is said as of
                 the host, not of a recording */
};

/** Read them from the recording, or the part of it that it is limited to, without moving in it.
 * What has none, such as text or a pipe, gives none. Returns 0, or -ENOMEM with none. */
int doctor_notes_read(struct doctor_notes *notes, struct source *src);
void doctor_notes_fini(struct doctor_notes *notes);

/** Have the doctor, which looks at samples of that recording, take them over: what held at the time
 *  of a sample and is not found in it is told with its figures at their worst
 * (finding.told_wall_ns), what is found has held since when the recorder saw it first, and a rule
 * counts as looked at where the recorder could look. Nothing is taken over where the recorder had
 * other thresholds. The notes are copied. Returns 0 or -ENOMEM. */
int doctor_believe(struct sample_observer *doctor, const struct doctor_notes *notes);

/** Could another sample show from what a finding about the state follows? */
bool doctor_cause_open(const struct findings *f, unsigned state);

/** Would another sample decide something? */
bool doctor_pending(const struct sample_observer *doctor);

#endif
