/* SPDX-License-Identifier: MIT */
/* Which files of a sosreport tell of connections. */
#ifndef TCPTOP_SRC_SOURCE_IMPORT_SOSREPORT_H
#define TCPTOP_SRC_SOURCE_IMPORT_SOSREPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/netns.h"

#define IMPORT_SOSREPORT_FILES 16384u    /* hosts of OpenStack have thousands of namespaces */
#define IMPORT_SOSREPORT_OWN   "default" /* the name of the host's own where there are others */

struct import_sosreport {
    struct import_sosreport_file {
        char *path;             /* owned */
        char *whole;            /* owned: the name of its namespace, as the report writes it */
        char netns[NETNS_NAME]; /* as it is shown: sanitised, cut, unique; "" the host's own */
        uint16_t netns_id;      /* 0 the host's own, the others from 1 on, in the order of files */
    } * file;                   /* owned */
    uint32_t n, cap;
    uint16_t others;           /* how many namespaces besides the host's own */
    char host[65], kernel[65]; /* sanitised; "" not known */
};

/** Find them below the directory `path`, which may also be that of the plugin itself: of each
 *  namespace what ss printed, else netstat, else /proc/net/tcp and tcp6. Returns 0, -ENOENT when it
 *  is no sosreport, -E2BIG: more files than above, or another -errno, also where one of them may
 *  not be read. */
int import_sosreport_find(struct import_sosreport *s, const char *path);

void import_sosreport_fini(struct import_sosreport *s);

#endif
