/* SPDX-License-Identifier: MIT */
/* Any bytes as netlink messages: no row beyond the input's length, every row of a known family and
 * state, nothing read beyond the end, and the parser always gets on. The same as messages about
 * ends: each is counted at most once, and rows are bounded. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/diag_build.h"
#include "lib/fuzz.h"
#include "lib/sample.h"
#include "tcptop/model/diff.h"
#include "tcptop/source/diag.h"

#define RECORD_BYTES 88 /* header and inet_diag_msg: the shortest that makes a row */

static void demand(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "diag_fuzz: %s\n", what);
        abort();
    }
}

const struct fuzz_seed *fuzz_seeds(size_t *n)
{
    static struct str dumps[3];
    static struct fuzz_seed list[3];
    uint8_t info[BUILD_INFO_BYTES] = {0};
    struct conn c = build_plain(TCP_STATE_ESTABLISHED, 3000, 50000, 1);

    if (dumps[0].len == 0) {
        build_conn(&dumps[0], &c, info, sizeof(info));
        build_conn(&dumps[0], &c, info, 104);
        build_done(&dumps[0], 0);
        c.family = AF_INET6;
        c.state = TCP_STATE_TIME_WAIT;
        build_conn(&dumps[1], &c, NULL, 0);
        build_done(&dumps[1], -22);
        build_conn(&dumps[2], &c, NULL, 0);
        build_done(&dumps[2], 0);
        build_conn(&dumps[2], &c, NULL, 0);
        build_done(&dumps[2], 0);
    }
    for (size_t i = 0; i < 3; i++)
        list[i] = (struct fuzz_seed){dumps[i].data, dumps[i].len};
    *n = 3;
    return list;
}

static void check_rows(const struct sample *s, size_t len)
{
    demand(s->n_live <= len / RECORD_BYTES, "more rows than records");
    for (uint32_t i = 0; i < s->n_live; i++) {
        const struct conn *c = &s->conn[i];
        demand(c->family == AF_INET || c->family == AF_INET6, "unknown family");
        demand(c->state >= TCP_STATE_ESTABLISHED && c->state <= TCP_STATE_CLOSING, "unknown state");
        demand(c->cookie != 0 || c->flags & CONN_NO_COOKIE, "a cookie of 0");
    }
}

/* Half of the records are in the first sample, what is left of them in the second; the whole is
 * told as ends, of which half came before the second dump, and once more with a third sample. */
static void check_ends(struct sample *told)
{
    struct diff *d = diff_new();
    struct sample *s[3] = {sample_make(NULL), sample_make(NULL), sample_make(NULL)};
    uint32_t n = told->n_live;

    demand(d && s[0] && s[1] && s[2], "no memory");
    for (uint32_t i = 0; i < n; i++) {
        for (unsigned k = 0; k < 3; k++) {
            struct conn *c = (i + k) % 2 ? sample_add(builder_of(s[k]), NULL) : NULL;
            if (c)
                *c = told->conn[i];
        }
    }
    for (unsigned k = 0; k < 3; k++) {
        s[k]->mono_ns = (int64_t)k * 1000000000;
        s[k]->now_ds = 10 * k;
        s[k]->close_events_known = true;
        builder_of(s[k])->close_events = k ? sample_ref(told) : NULL;
        builder_of(s[k])->events_before_dump = n / 2;
        demand(diff_join(d, builder_of(s[k]), k ? s[k - 1] : NULL, 30) == 0,
               "no memory for a join");
        demand(s[k]->close_stats.ended <= n && s[k]->close_stats.unseen <= 2 * (uint64_t)n,
               "counts too many");
        demand(s[k]->n_closed <= SAMPLE_CLOSED_MAX && !builder_of(s[k])->close_events,
               "keeps too much");
    }
    for (unsigned k = 0; k < 3; k++)
        sample_unref(s[k]);
    diff_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct sample *s = sample_make(NULL);
    struct diag d = {.builder = builder_of(s),
                     .states = STATE_MASK_LISTED,
                     .swapped = diag_is_swapped(data, len)};
    bool damaged;

    if (!s)
        return 0;
    s->needs = NEED_TCP_INFO;
    for (size_t at = 0; at < len; at += d.used) {
        enum diag_result result = diag_parse(&d, data + at, len - at);
        demand(d.used <= len - at, "took more than there was");
        demand(result != DIAG_MORE || d.used == len - at, "stopped without a reason");
        demand(result != DIAG_ERROR || d.error < 0, "an error without errno");
        if (result == DIAG_STOPPED)
            break;
        demand(d.used > 0, "does not get on");
    }
    check_rows(s, len);
    check_ends(s);
    demand(diag_whole(data, len, d.swapped, &damaged) <= len, "whole messages beyond the end");
    sample_unref(s);
    return 0;
}
