/* SPDX-License-Identifier: MIT */
/* Which files of a sosreport tell of connections. */
#ifndef TCPTOP_SRC_SOURCE_IMPORT_SOSREPORT_H
#define TCPTOP_SRC_SOURCE_IMPORT_SOSREPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/netns.h"

#define IMPORT_SOSREPORT_FILES 256u

struct import_sosreport {
    struct {
        char *path;             /* owned */
        char netns[NETNS_NAME]; /* the namespace that it is of; "" the host's own; sanitised */
    } file[IMPORT_SOSREPORT_FILES];
    uint32_t n;
    char host[65], kernel[65]; /* sanitised; "" not known */
};

/** Find them below the directory `path`, which may also be that of the plugin itself: of each
 *  namespace what ss printed, else netstat, else /proc/net/tcp and tcp6. Returns 0, -ENOENT when it
 *  is no sosreport, or another -errno. */
int import_sosreport_find(struct import_sosreport *s, const char *path);

void import_sosreport_fini(struct import_sosreport *s);

#endif
