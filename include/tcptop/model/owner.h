/* Who holds sockets: processes, and groups of processes that share a socket. Everything here is
 * immutable once made and counted by references, so that a sample keeps the names of its time.
 *
 * A row of a sample names its group by a word of 4 bytes (see sample_owner()): the group's number
 * in the sample's table, and whether they hold the socket or did so before. */
#ifndef TCPTOP_MODEL_OWNER_H
#define TCPTOP_MODEL_OWNER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A row's word. */
#define OWNER_UNKNOWN UINT32_C(0)          /* not looked for yet, or nothing to look for */
#define OWNER_NOBODY  UINT32_C(1)          /* looked for, and no process we may look at holds it */
#define OWNER_FIRST   UINT32_C(2)          /* from here on: a group's number */
#define OWNER_FORMER  (UINT32_C(1) << 31)  /* they held it before; its last holder has let it go */
#define OWNER_PENDING (UINT32_C(1) << 30)  /* only in the making: a row of the sample before */
#define OWNER_GROUP   (OWNER_PENDING - 1u) /* mask of the number */

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

/* Processes that hold the same sockets, the lowest pid first; most have one member. */
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

/* What is missing to see the sockets of other users' processes. */
enum owner_lack {
    OWNER_LACK_PTRACE = 1, /* CAP_SYS_PTRACE */
    OWNER_LACK_SEARCH = 2, /* CAP_DAC_READ_SEARCH */
};

enum owner_order { OWNER_BY_PROCESS, OWNER_BY_CMDLINE, OWNER_BY_CGROUP, OWNER_ORDERS };

/* All groups that the rows of a sample may name. */
struct owner_table {
    atomic_uint refs;
    uint64_t generation; /* grows with every change */
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
