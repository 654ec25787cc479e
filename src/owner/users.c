/* SPDX-License-Identifier: MIT */
/* Users in a sorted array: those whose name is asked for have none yet. */
#include "tcptop/owner/users.h"

#include <errno.h>
#include <pthread.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/base/array.h"
#include "tcptop/base/utf8.h"

#define FIRST_ROOM 16u
#define BUFFER_MAX (1u << 20) /* bytes that an entry of the system's may take */

struct user_names {
    pthread_mutex_t lock;    /* of all the rest */
    struct owner_user *user; /* by ascending uid; name "": wanted; owned */
    uint32_t n, cap, unnamed;
    struct owner_users *known; /* a reference; NULL: to be made */
};

struct user_names *user_names_new(void)
{
    struct user_names *names = calloc(1, sizeof *names);

    if (names)
        pthread_mutex_init(&names->lock, NULL);
    return names;
}

void user_names_free(struct user_names *names)
{
    if (!names)
        return;
    owner_users_unref(names->known);
    pthread_mutex_destroy(&names->lock);
    free(names->user);
    free(names);
}

/* The user, who is added where that is new. NULL: out of memory. Needs the lock. */
static struct owner_user *user_at(struct user_names *names, uint32_t uid)
{
    uint32_t lo = 0, hi = names->n;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (names->user[mid].uid < uid)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo < names->n && names->user[lo].uid == uid)
        return &names->user[lo];
    struct owner_user *user =
        array_room(names->user, names->n, &names->cap, FIRST_ROOM, sizeof *user);
    if (!user)
        return NULL;
    names->user = user;
    memmove(&user[lo + 1], &user[lo], (names->n - lo) * sizeof *user);
    user[lo] = (struct owner_user){.uid = uid};
    names->n++;
    names->unnamed++;
    return &user[lo];
}

void user_names_want(struct user_names *names, uint32_t uid)
{
    pthread_mutex_lock(&names->lock);
    (void)user_at(names, uid);
    pthread_mutex_unlock(&names->lock);
}

bool user_names_wanted(struct user_names *names, uint32_t *uid)
{
    bool wanted = false;

    pthread_mutex_lock(&names->lock);
    for (uint32_t i = 0; names->unnamed && !wanted && i < names->n; i++) {
        wanted = !names->user[i].name[0];
        *uid = names->user[i].uid;
    }
    pthread_mutex_unlock(&names->lock);
    return wanted;
}

void user_names_set(struct user_names *names, uint32_t uid, const char *name)
{
    struct owner_user *user;

    pthread_mutex_lock(&names->lock);
    user = user_at(names, uid);
    if (user) {
        names->unnamed -= !user->name[0];
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
