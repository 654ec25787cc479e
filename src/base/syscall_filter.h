/* SPDX-License-Identifier: MIT */
/* Forbids system calls that tcptop never makes. */
#ifndef TCPTOP_SRC_BASE_SYSCALL_FILTER_H
#define TCPTOP_SRC_BASE_SYSCALL_FILTER_H

#include <stdbool.h>

/** From now on the calls of the list in syscall_filter.c fail with EPERM, for this thread and those
 *  that it starts; setns(2) only unless `enters_namespaces`. Needs no_new_privs. Nothing happens
 *  where the kernel, or tcptop for this architecture, has no such filter. */
void syscall_filter_install(bool enters_namespaces);

#endif
