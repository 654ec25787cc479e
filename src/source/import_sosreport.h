/* SPDX-License-Identifier: MIT */
/* Which files of a sosreport tell of connections. */
#ifndef TCPTOP_SRC_SOURCE_IMPORT_SOSREPORT_H
#define TCPTOP_SRC_SOURCE_IMPORT_SOSREPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/netns.h"

#define IMPORT_SOSREPORT_FILES 16384u /* hosts of OpenStack have thousands of namespaces */

struct import_sosreport {
    struct import_sosreport_file {
        char *path;             /* owned */
        char netns[NETNS_NAME]; /* the namespace that it is of; "" the host's own; sanitised */
    } * file;                   /* owned */
    uint32_t n, cap;
    char host[65], kernel[65]; /* sanitised; "" not known */
};

/** Find them below the directory `path`, which may also be that of the plugin itself: of each
 *  namespace what ss printed, else netstat, else /proc/net/tcp and tcp6. Returns 0, -ENOENT when it
 *  is no sosreport, -E2BIG: more files than above, or another -errno, also where one of them may
 *  not be read. */
int import_sosreport_find(struct import_sosreport *s, const char *path);

void import_sosreport_fini(struct import_sosreport *s);

#endif
