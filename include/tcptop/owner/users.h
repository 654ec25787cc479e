/* SPDX-License-Identifier: MIT */
/* Names of users. Whoever meets a user asks for the name here; a thread that may wait looks it up,
 * since the system may ask a directory in the network. Any thread may call any of these. */
#ifndef TCPTOP_OWNER_USERS_H
#define TCPTOP_OWNER_USERS_H

#include "tcptop/model/owner.h"

struct user_names;
struct user_names *user_names_new(void);        /* NULL: out of memory */
void user_names_free(struct user_names *names); /* NULL is accepted */

/** Ask for a user's name. Without memory nothing happens: ask again. */
void user_names_want(struct user_names *names, uint32_t uid);

/** A user whose name was asked for and is not known; false: there is none. */
bool user_names_wanted(struct user_names *names, uint32_t *uid);

/** Set the name, which is sanitised here. "": the host knows no name, so the number stands for it.
 */
void user_names_set(struct user_names *names, uint32_t uid, const char *name);

/** Ask the system for the name and set it. May take long. */
void user_names_look_up(struct user_names *names, uint32_t uid);

/** All names that are known: a reference, the same object until there is another name. NULL: out of
 *  memory. */
struct owner_users *user_names_known(struct user_names *names);

#endif
