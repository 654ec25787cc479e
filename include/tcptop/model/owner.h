/* SPDX-License-Identifier: MIT */
/* The processes that hold the sockets of a sample: the values that a sample keeps and that columns,
 * filters and details read. Objects do not change once they are made and are counted by references,
 * so that a sample keeps the names of its time; any thread may read them and take or give back
 * references. Who finds the processes: see tcptop/owner/. */
#ifndef TCPTOP_MODEL_OWNER_H
#define TCPTOP_MODEL_OWNER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A row of a sample names its processes by a word of 4 bytes: the number of a group in the sample's
 * table, or one of two values that are no group, and flags. */
#define OWNER_UNKNOWN UINT32_C(0)         /* not looked for yet, or nothing to look for */
#define OWNER_NOBODY  UINT32_C(1)         /* no process that we may look at holds the socket */
#define OWNER_FIRST   UINT32_C(2)         /* numbers of groups begin here */
#define OWNER_FORMER  (UINT32_C(1) << 31) /* flag: the group held the socket, nobody does now */
#define OWNER_PENDING                                                                              \
    (UINT32_C(1) << 30) /* flag: the number is a row of the sample before; only                    \
                           between the join and the last step of a sample */
#define OWNER_ASKED                                                                                \
    (UINT32_C(1) << 29)                /* flag: unknown; the number counts the samples up to the   \
                                          one that first asked a scan for it */
#define OWNER_GROUP (OWNER_ASKED - 1u) /* mask of the number */

/** The group's number in a row's word, OWNER_NOBODY, or OWNER_UNKNOWN. */
static inline uint32_t owner_word_group(uint32_t word)
{
    return word & (OWNER_PENDING | OWNER_ASKED) ? OWNER_UNKNOWN : word & OWNER_GROUP;
}

/* A process. Pid and start time are its identity: pids are used again. */
struct owner {
    atomic_uint refs;
    uint32_t pid;
    uint32_t uid;         /* effective */
    uint64_t start_ticks; /* after boot: field 22 of /proc/PID/stat */
    /* Sanitised, "" when not known. */
    const char *process; /* the name that the kernel has for it: comm */
    const char *cmdline; /* with blanks between the arguments; a long one ends in "…" */
    const char *cgroup;  /* what people call it: a unit, a container, a session */
    char texts[];
};

/* What to make one of. Texts are copied. */
struct owner_facts {
    uint32_t pid, uid;
    uint64_t start_ticks;
    const char *process, *cmdline, *cgroup;
};

/** NULL: out of memory. */
struct owner *owner_new(const struct owner_facts *facts);
struct owner *owner_ref(struct owner *o);
void owner_unref(struct owner *o); /* NULL is accepted */

/** Order by identity: pid, then start time. Less than, equal to or greater than 0. */
int owner_compare(const struct owner *a, const struct owner *b);

/** Has the process these texts and this user? */
bool owner_is_as(const struct owner *o, const struct owner_facts *facts);

/* Processes that share sockets, by identity, so the lowest pid is the first; most have one member.
 */
struct owner_group {
    atomic_uint refs;
    uint32_t n;
    const char *pids; /* all of them: "1184,1185" */
    struct owner *member[];
};

/** Takes a reference to each of the `n` > 0 members, in any order. NULL: out of memory. */
struct owner_group *owner_group_new(struct owner *const *members, uint32_t n);
struct owner_group *owner_group_ref(struct owner_group *g);
void owner_group_unref(struct owner_group *g); /* NULL is accepted */

/** Order groups by their members' identities. `members` are `n`, by identity. */
int owner_group_compare(const struct owner_group *g, struct owner *const *members, uint32_t n);

/** Have both the same processes, with the same texts and users? */
bool owner_group_equal(const struct owner_group *a, const struct owner_group *b);

/* Names of users, by ascending uid; sanitised, the number itself where the host has no name. */
struct owner_user {
    uint32_t uid;
    uint32_t rank; /* its place by name */
    char name[64];
};

struct owner_users {
    atomic_uint refs;
    uint32_t n;
    struct owner_user user[];
};

/** Of `n` users by ascending uid; ranks are set here. NULL: out of memory. */
struct owner_users *owner_users_new(const struct owner_user *users, uint32_t n);
struct owner_users *owner_users_ref(struct owner_users *u);
void owner_users_unref(struct owner_users *u); /* NULL is accepted */

/* What is missing to see the sockets of all processes. */
enum owner_lack {
    OWNER_LACK_PTRACE = 1,    /* CAP_SYS_PTRACE … */
    OWNER_LACK_SEARCH = 2,    /* … and CAP_DAC_READ_SEARCH: for other users' processes */
    OWNER_LACK_PROCESSES = 4, /* /proc shows those of one pid namespace, and there are others */
    OWNER_LACKS = 7,
};

enum owner_order { OWNER_BY_PROCESS, OWNER_BY_CMDLINE, OWNER_BY_CGROUP, OWNER_ORDERS };

/* All groups that the rows of a sample name, by their numbers. */
struct owner_table {
    atomic_uint refs;
    uint64_t generation; /* of the index whose groups these are, see owner/index.h */
    uint32_t lacks;      /* enum owner_lack */
    uint32_t n;          /* numbers below it may be in use */
    struct owner_users *users;
    _Atomic(uint32_t *) ranks[OWNER_ORDERS]; /* made when first asked for */
    struct owner_group *group[];             /* NULL: not in use */
};

/** A table of `n` numbers, none in use; the maker fills in the rest. NULL: out of memory. */
struct owner_table *owner_table_new(uint32_t n);
struct owner_table *owner_table_ref(const struct owner_table *t);
void owner_table_unref(const struct owner_table *t); /* NULL is accepted */

/** The group with that number; NULL when there is none. */
static inline const struct owner_group *owner_table_group(const struct owner_table *t,
                                                          uint32_t number)
{
    return t && number < t->n ? t->group[number] : NULL;
}

/** The place of a group by the texts of its first member, then by pid. Any thread. */
uint32_t owner_table_rank(const struct owner_table *t, enum owner_order order, uint32_t number);

/** The user with that uid; NULL: not looked up yet. */
const struct owner_user *owner_table_user(const struct owner_table *t, uint32_t uid);

#endif
