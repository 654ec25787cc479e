/* SPDX-License-Identifier: MIT */
/* The path of a control group → what people call it. */
#ifndef TCPTOP_OWNER_CGROUP_H
#define TCPTOP_OWNER_CGROUP_H

#include <stddef.h>

/** Name a path such as "/system.slice/nginx.service": "nginx.service"; "docker 3f2a09c1d2e4" and
 *  the like for containers, by the first twelve digits of their id, as their tools print it;
 *  "session 3" for logins; else the last part of the path. "" for "/". Sanitised, cut to `size`. */
void cgroup_label(const char *path, char *out, size_t size);

/** The path that matters of /proc/PID/cgroup: that of version 2, else of the service manager's
 *  hierarchy, else the longest. "" when there is none. `out` gets it as it stands. */
void cgroup_path(const char *bytes, size_t len, char *out, size_t size);

#endif
