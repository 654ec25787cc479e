/* SPDX-License-Identifier: MIT */
/* What the program is called where it speaks of itself and in the paths of its configuration;
 * `make NAME=…` builds it under another name. Recordings say "tcptop" whatever it is called. */
#ifndef TCPTOP_BASE_PROGRAM_H
#define TCPTOP_BASE_PROGRAM_H

#ifndef TCPTOP_NAME
#define TCPTOP_NAME "tcptop"
#endif

#endif
