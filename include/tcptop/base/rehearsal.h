/* SPDX-License-Identifier: MIT */
/* Libraries that crash, or end the process, where they find no memory: a child goes first. */
#ifndef TCPTOP_BASE_REHEARSAL_H
#define TCPTOP_BASE_REHEARSAL_H

/** Run `run(arg)` in a child process, whose changes are lost, and wait for it. Returns 0 when it
 * came back, also where there can be no child and so nothing is known; -ENOMEM when the child ended
 *  before: to do the same here would end the program. */
int rehearsal_run(void (*run)(void *arg), void *arg);

#endif
