/* SPDX-License-Identifier: MIT */
/* Users in the order in which they were met, found by their number: those whose name is asked for
 * have none yet. A recording may name any number of them in any order. */
#include "tcptop/owner/users.h"

#include <errno.h>
#include <pthread.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/base/array.h"
#include "tcptop/base/hash_table.h"
#include "tcptop/base/utf8.h"

#define FIRST_ROOM 16u
#define BUFFER_MAX (1u << 20) /* bytes that an entry of the system's may take */

struct user_names {
    pthread_mutex_t lock;      /* of all the rest */
    struct owner_user *user;   /* name "": wanted; owned */
    struct hash_table by_uid;  /* uint32_t: the index in `user` */
    uint32_t n, cap, named;    /* the first `named` have a name */
    struct owner_users *known; /* a reference; NULL: to be made */
};

struct user_names *user_names_new(void)
{
    struct user_names *names = calloc(1, sizeof *names);

    if (!names)
        return NULL;
    pthread_mutex_init(&names->lock, NULL);
    hash_table_init(&names->by_uid, sizeof(uint32_t), sizeof(uint32_t));
    return names;
}

void user_names_free(struct user_names *names)
{
    if (!names)
        return;
    owner_users_unref(names->known);
    pthread_mutex_destroy(&names->lock);
    hash_table_fini(&names->by_uid);
    free(names->user);
    free(names);
}

/* The user, who is added where that is new. NULL: out of memory. Needs the lock. */
static struct owner_user *user_at(struct user_names *names, uint32_t uid)
{
    struct owner_user *user =
        array_room(names->user, names->n, &names->cap, FIRST_ROOM, sizeof *user);
    bool added;

    if (!user)
        return NULL;
    names->user = user;
    uint32_t *at = hash_table_add(&names->by_uid, &uid, &added);
    if (!at)
        return NULL;
    if (added) {
        *at = names->n++;
        user[*at] = (struct owner_user){.uid = uid};
    }
    return &user[*at];
}

void user_names_want(struct user_names *names, uint32_t uid)
{
    pthread_mutex_lock(&names->lock);
    (void)user_at(names, uid);
    pthread_mutex_unlock(&names->lock);
}

bool user_names_wanted(struct user_names *names, uint32_t *uid)
{
    pthread_mutex_lock(&names->lock);
    while (names->named < names->n && names->user[names->named].name[0])
        names->named++; /* who has a name keeps one */
    bool wanted = names->named < names->n;
    if (wanted)
        *uid = names->user[names->named].uid;
    pthread_mutex_unlock(&names->lock);
    return wanted;
}

void user_names_set(struct user_names *names, uint32_t uid, const char *name)
{
    struct owner_user *user;

    pthread_mutex_lock(&names->lock);
    user = user_at(names, uid);
    if (user) {
        utf8_sanitise_into(user->name, sizeof user->name, name, strlen(name));
        if (!user->name[0])
            snprintf(user->name, sizeof user->name, "%u", uid);
        owner_users_unref(names->known);
        names->known = NULL;
    }
    pthread_mutex_unlock(&names->lock);
}

void user_names_look_up(struct user_names *names, uint32_t uid)
{
    struct passwd entry, *found = NULL;
    char *buffer = NULL;
    int error = ERANGE;

    for (size_t size = 1024; error == ERANGE && size <= BUFFER_MAX; size *= 4) {
        char *larger = realloc(buffer, size);
        if (!larger)
            break;
        buffer = larger;
        error = getpwuid_r(uid, &entry, buffer, size, &found);
    }
    user_names_set(names, uid, found ? found->pw_name : "");
    free(buffer);
}

static int by_uid(const void *a, const void *b)
{
    const struct owner_user *x = a, *y = b;

    return (x->uid > y->uid) - (x->uid < y->uid);
}

/* Needs the lock. */
static struct owner_users *make_known(const struct user_names *names)
{
    struct owner_user *named = malloc((names->n + 1) * sizeof *named);
    struct owner_users *known;
    uint32_t n = 0;

    for (uint32_t i = 0; named && i < names->n; i++) {
        if (names->user[i].name[0])
            named[n++] = names->user[i];
    }
    if (named)
        qsort(named, n, sizeof *named, by_uid);
    known = named ? owner_users_new(named, n) : NULL;
    free(named);
    return known;
}

struct owner_users *user_names_known(struct user_names *names)
{
    struct owner_users *known;

    pthread_mutex_lock(&names->lock);
    if (!names->known)
        names->known = make_known(names);
    known = names->known ? owner_users_ref(names->known) : NULL;
    pthread_mutex_unlock(&names->lock);
    return known;
}
