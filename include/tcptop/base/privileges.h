/* SPDX-License-Identifier: MIT */
/* The rights of the process: which capabilities it keeps, when a thread uses them, and on whose
 * behalf files are opened.
 *
 * After privileges_begin() no capability is effective. A thread makes one effective for as long as
 * it needs it, with privileges_raise() and privileges_restore(); that is the thread's own matter,
 * and threads that it starts meanwhile have it too. See capabilities(7). */
#ifndef TCPTOP_BASE_PRIVILEGES_H
#define TCPTOP_BASE_PRIVILEGES_H

#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PRIVILEGE(cap) (UINT64_C(1) << (cap))

/* Looking into the processes of other users. */
#define PRIVILEGE_PROCESSES (PRIVILEGE(CAP_SYS_PTRACE) | PRIVILEGE(CAP_DAC_READ_SEARCH))
/* Closing sockets, and large buffers for what the kernel tells. */
#define PRIVILEGE_NET PRIVILEGE(CAP_NET_ADMIN)
/* Entering network namespaces. */
#define PRIVILEGE_NAMESPACES PRIVILEGE(CAP_SYS_ADMIN)

/** Call at the start of the program, before it has threads or opens files. Finds out who the caller
 *  is: the real user and group, and below sudo those that SUDO_UID and SUDO_GID name. The caller
 *  becomes the real user, so that the process can open files as the caller later without a
 *  capability. Then no capability is effective any more. */
void privileges_begin(void);

/** Has the process rights that its caller does not have? True below sudo and wherever AT_SECURE
 *  (getauxval(3)) says so: capabilities of the file, or its set-user-ID bit. */
bool privileges_are_borrowed(void);

/** Give up for good every capability but those of the set `kept` that the process has: none of them
 *  is effective, and none can be had again by executing a program. Then forbid the system calls
 *  that tcptop never makes (seccomp(2)); they fail with EPERM. Call it before other threads are
 *  started. What the kernel does not allow or does not have is left out. */
void privileges_keep(uint64_t kept);

/** Has the process all capabilities of the set `wanted`, effective or not? */
bool privileges_permit(uint64_t wanted);

/** Make the capabilities of the set `wanted` effective for the calling thread, as far as it has
 *  them. Returns what was effective before, for privileges_restore(). */
uint64_t privileges_raise(uint64_t wanted);

/** Make effective again what privileges_raise() returned. */
void privileges_restore(uint64_t before);

/** open(2) with the rights of the caller, and O_CLOEXEC. Returns the descriptor or -errno. */
int privileges_open(const char *path, int flags, mode_t mode);

/** unlink(2) with the rights of the caller. Returns 0 or -errno. */
int privileges_unlink(const char *path);

/** rename(2) with the rights of the caller. Returns 0 or -errno. */
int privileges_rename(const char *from, const char *to);

#endif
