/* SPDX-License-Identifier: MIT */
/* Samples whose connections are told apart by their local port, and their groups. */
#ifndef TESTS_LIB_PORTS_H
#define TESTS_LIB_PORTS_H

#include "tcptop/query/groups.h"

/* The most connections first. */
static const struct grouping by_port = {.by = COL_LOCAL_PORT, .sort = {GROUP_COUNT, true}};

struct port_count {
    unsigned port, rows;
};

/** A sample whose ports have so many connections each: PORTS(seq, {443, 2}, {22, 1}). */
struct sample *ports_sample(uint64_t seq, const struct port_count *list, size_t n);
#define PORTS(seq, ...)                                                                            \
    ports_sample(seq, (struct port_count[]){__VA_ARGS__},                                          \
                 sizeof((struct port_count[]){__VA_ARGS__}) / sizeof(struct port_count))

/** The group of a port, GROUP_NONE when there is none. */
uint32_t ports_find(const struct groups *g, unsigned port);

#endif
