/* What the column table points to: for each column its value, its text and its place in the order.
 * CELL(name) declares get_name() and key_name() of a column that is one number. */
#ifndef TCPTOP_QUERY_CELLS_H
#define TCPTOP_QUERY_CELLS_H

#include "tcptop/model/snapshot.h"
#include "tcptop/model/value.h"
#include "tcptop/query/column.h"

struct str;

#define KEY_ABSENT UINT64_MAX

#define CELL(name)                                                                                 \
    void get_##name(const struct snapshot *s, uint32_t row, struct value *v);                      \
    uint64_t key_##name(const struct snapshot *s, uint32_t row);
#define CELL_FORMAT(name)                                                                          \
    void format_##name(const struct snapshot *s, uint32_t row, struct str *out);

/* Numbers. */
CELL(local_port)
CELL(remote_port)
CELL(expires_ms)
CELL(recv_q)
CELL(send_q)
CELL(rtt_us)
CELL(retr_permille)
CELL(retrans)
CELL(uid)
CELL(inode)
CELL(ifindex)
CELL(age_s)
CELL(min_rtt_us)
CELL(cwnd_segs)
CELL(bytes_acked)
CELL(bytes_received)

/* Texts; where the key does not say all the words go on. */
CELL(proto)
CELL(local_addr)
CELL(remote_addr)
CELL(state)
CELL(timer)
CELL(cookie)
CELL(netns)
uint64_t key_local(const struct snapshot *s, uint32_t row);
uint64_t key_remote(const struct snapshot *s, uint32_t row);
extern const order_word words_local[], words_remote[], words_local_addr[], words_remote_addr[],
    words_state[];

CELL_FORMAT(proto)
CELL_FORMAT(local)
CELL_FORMAT(local_addr)
CELL_FORMAT(local_port)
CELL_FORMAT(remote)
CELL_FORMAT(remote_addr)
CELL_FORMAT(remote_port)
CELL_FORMAT(state)
CELL_FORMAT(left)
CELL_FORMAT(timer)
CELL_FORMAT(expires_ms)
CELL_FORMAT(recv_q)
CELL_FORMAT(send_q)
CELL_FORMAT(rtt_us)
CELL_FORMAT(retr_permille)
CELL_FORMAT(retrans)
CELL_FORMAT(uid)
CELL_FORMAT(inode)
CELL_FORMAT(cookie)
CELL_FORMAT(ifindex)
CELL_FORMAT(netns)
CELL_FORMAT(age_s)
CELL_FORMAT(min_rtt_us)
CELL_FORMAT(cwnd_segs)
CELL_FORMAT(bytes_acked)
CELL_FORMAT(bytes_received)

/** The place of `c` in the default order if its state were `state`: attention, local port,
 *  foreign address. */
uint64_t state_order_key(const struct conn *c, unsigned state);

#undef CELL
#undef CELL_FORMAT

#endif
