/* SPDX-License-Identifier: MIT */
/* Processes that a test starts and that never outlive it. */
#ifndef TESTS_LIB_CHILD_H
#define TESTS_LIB_CHILD_H

#include <sys/types.h>

/** fork(), but the child ends with its parent, also with one that has gone before it could ask for
 *  that, and after five minutes in any case. `name`: what the kernel calls it, NULL: as the parent.
 */
pid_t child_fork(const char *name);

#endif
