/* What the parts of the owner map share: owner_map.c has the processes and what each holds,
 * owner_inodes.c the table from inode to group, owner_groups.c the groups, each of which exists
 * once; owner_told.c puts in what is known all at once, owner_assign.c gives rows their owners. */
#ifndef TCPTOP_SRC_MODEL_OWNER_INTERNAL_H
#define TCPTOP_SRC_MODEL_OWNER_INTERNAL_H

#include "tcptop/model/owner_map.h"

#define NONE UINT32_MAX

/* A process that holds sockets, or held those of a row that is still there. */
struct holder {
    struct owner *owner; /* a reference; NULL: this place is free */
    uint32_t *inodes;    /* ascending; owned */
    uint32_t n;
    uint32_t groups; /* that it belongs to */
    uint32_t next;   /* of the same hash by pid, or free place */
    bool alive;      /* among those that owner_map_put() knows */
    bool put;        /* since the last owner_map_renew() */
};

/* The processes that hold a socket. */
struct group {
    uint32_t *holder; /* places of holders, ascending; owned, NULL: this number is free */
    uint32_t n;
    uint32_t inodes; /* entries of the table with its number */
    uint32_t next;   /* of the same hash, or free number */
    bool listed;     /* in a table that was published: rows may have its number */
    uint64_t hash;
    uint64_t touched;         /* generation in which an inode went from it to another */
    uint64_t seen;            /* assignment in which a row had it, where that mattered */
    struct owner_group *made; /* a reference; NULL: to be made */
};

/* Entries of the table: the number of the inode's group, with LEFT once the last member has let it
 * go (rows that had it need the name a while longer); or NOBODY and the assignment that first asked
 * for it, and with SEARCHED, once everything was looked at in vain, the one that met it last. */
#define ENTRY_NOBODY   (UINT32_C(1) << 31)
#define ENTRY_LEFT     (UINT32_C(1) << 30)
#define ENTRY_SEARCHED (UINT32_C(1) << 30)
#define ENTRY_NUMBER   (ENTRY_LEFT - 1u) /* the group or the assignment */

struct entry {
    uint32_t inode; /* 0: free */
    uint32_t value;
};

struct inode_table {
    struct entry *entry; /* owned */
    uint32_t cap, n;
};

void inodes_fini(struct inode_table *t);

/** Room for `more` entries. Returns 0 or -ENOMEM. */
int inodes_reserve(struct inode_table *t, uint32_t more);

/** The entry of an inode, NULL when there is none; valid until the table changes. */
struct entry *inodes_find(const struct inode_table *t, uint32_t inode);

/** The entry of an inode that has none; there must be room. */
struct entry *inodes_add(struct inode_table *t, uint32_t inode);

/** Take an entry out. The ones behind it may move. */
void inodes_remove(struct inode_table *t, struct entry *e);

/* A connection that nobody holds any more. */
struct former {
    uint64_t cookie;
    uint32_t owner; /* place of a holder; once all are told, its group */
};

struct owner_map {
    struct inode_table inodes;

    struct former *former; /* as they are told; then one for each cookie, ascending; owned */
    uint32_t n_former, cap_former;

    struct holder *holder; /* owned */
    uint32_t n_holders, cap_holders, free_holder;
    uint32_t *by_pid; /* heads of chains; owned */

    struct group *group; /* owned; numbers below OWNER_FIRST are not used */
    uint32_t n_groups, cap_groups, free_group;
    uint32_t *by_members; /* heads of chains; owned */
    uint32_t *scratch;    /* members in the making; owned */
    uint32_t cap_scratch;
    struct {
        uint32_t group, holder, with; /* the last step made: many inodes take the same */
    } last;
    uint32_t dead; /* listed groups that hold nothing */

    struct owner_table *table; /* the last one made; a reference */
    uint64_t generation;       /* of the next one */
    bool changed;              /* the table is not up to date */
    uint64_t nobody_touched;   /* generation in which one of nobody's may have got an owner */
    uint32_t lacks;

    uint64_t pass;          /* assignments */
    uint64_t begun_pass;    /* those when the last scan began */
    uint64_t searched_pass; /* those when the last complete search ended */
    uint32_t fresh, missed;

    struct owner_user *user; /* ascending by uid; name "": wanted; owned */
    uint32_t n_users, cap_users, unnamed;
    struct owner_users *users; /* the named ones as tables share them; NULL: to be made */
};

#define CHAINS 1024u /* heads of the chains by pid and by members; a power of two */

/* owner_groups.c */

/** The group of `group`'s members and `holder`; OWNER_UNKNOWN as `group`: of it alone. NONE: out
 *  of memory. */
uint32_t group_with(struct owner_map *map, uint32_t group, uint32_t holder);

/** The group without that member; OWNER_UNKNOWN: nobody is left. NONE: out of memory. */
uint32_t group_without(struct owner_map *map, uint32_t group, uint32_t holder);

bool group_has(const struct owner_map *map, uint32_t group, uint32_t holder);

/** An inode comes to the group, or leaves it; one that nothing refers to any more is freed. */
void group_take(struct owner_map *map, uint32_t group);
void group_leave(struct owner_map *map, uint32_t group);

/** Rows with this number are to be looked up again. */
void group_touch(struct owner_map *map, uint32_t group);

/** A member is not what it was: its groups are to be made anew. */
void group_remake(struct owner_map *map, uint32_t holder);

/** Free the groups that neither an inode nor a row of the last assignment refers to. */
void group_reap(struct owner_map *map);

/** Make what tables need of a group. Returns 0 or -ENOMEM. */
int group_make(struct owner_map *map, uint32_t group);

/* owner_map.c */

/** Free the place of a holder that is neither alive nor in a group. */
void holder_release(struct owner_map *map, uint32_t holder);

/** The place of a process that is there, NONE when it is not. */
uint32_t holder_find(struct owner_map *map, uint32_t pid);

/* owner_told.c */

/** The group that held the connection with that cookie; OWNER_UNKNOWN: nobody told. */
uint32_t former_find(const struct owner_map *map, uint64_t cookie);

#endif
