/* SPDX-License-Identifier: MIT */
/* What the running kernel can do where nothing but its version tells. */
#ifndef TCPTOP_BASE_KERNEL_VERSION_H
#define TCPTOP_BASE_KERNEL_VERSION_H

#include <stdbool.h>

/** Is the running kernel, by the release that uname(2) tells, Linux `major`.`minor` or a later one?
 *  False also for a release that begins with no such numbers. */
bool kernel_version_reaches(unsigned major, unsigned minor);

#endif
