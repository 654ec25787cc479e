/* What the column table points to: for each column its value, its text and its place in the order.
 * CELL(name) declares get_name() and key_name() of a column that is one number. */
#ifndef TCPTOP_SRC_QUERY_CELLS_H
#define TCPTOP_SRC_QUERY_CELLS_H

#include <string.h>

#include "tcptop/model/sample.h"
#include "tcptop/model/value.h"
#include "tcptop/query/column.h"

struct str;

#define KEY_ABSENT UINT64_MAX

#define CELL(name)                                                                                 \
    void get_##name(const struct sample *s, uint32_t row, struct value *v);                        \
    uint64_t key_##name(const struct sample *s, uint32_t row);
#define CELL_FORMAT(name) void format_##name(const struct sample *s, uint32_t row, struct str *out);

/** A place in the order for a value of any size. */
static inline uint64_t key_below_absent(uint64_t key)
{
    return key < KEY_ABSENT ? key : KEY_ABSENT - 1;
}

/* get_ and key_ of a column that read_name(s, row, &n) reads. */
#define NUMBER_CELL(name)                                                                          \
    void get_##name(const struct sample *s, uint32_t row, struct value *v)                         \
    {                                                                                              \
        v->type = read_##name(s, row, &v->number) ? VALUE_NUMBER : VALUE_NONE;                     \
    }                                                                                              \
    uint64_t key_##name(const struct sample *s, uint32_t row)                                      \
    {                                                                                              \
        uint64_t n;                                                                                \
        return read_##name(s, row, &n) ? key_below_absent(n) : KEY_ABSENT;                         \
    }

/** `text`, cut to the room that a value has; NULL: not known. */
static inline void value_set_text(struct value *v, const char *text)
{
    size_t len = text ? strlen(text) : 0;
    v->type = text ? VALUE_TEXT : VALUE_NONE;
    if (len >= sizeof v->text)
        len = sizeof v->text - 1;
    memcpy(v->text, text ? text : "", len);
    v->text[len] = '\0';
}

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
CELL(bytes_sent)
CELL(bytes_retrans)
CELL(retrans_segs)
CELL(notsent_bytes)
CELL(delivery_bytes_s)
CELL(tx_bytes_s)
CELL(rx_bytes_s)
CELL(rate_bytes_s)
CELL(backlog_permille)

/* Texts; where the key does not say all the words go on. */
CELL(proto)
CELL(local_addr)
CELL(remote_addr)
CELL(state)
CELL(timer)
CELL(cookie)
CELL(netns)
CELL(congestion)
CELL(limited_by)
uint64_t key_local(const struct sample *s, uint32_t row);
uint64_t key_remote(const struct sample *s, uint32_t row);
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
CELL_FORMAT(bytes_sent)
CELL_FORMAT(bytes_retrans)
CELL_FORMAT(retrans_segs)
CELL_FORMAT(notsent_bytes)
CELL_FORMAT(delivery_bytes_s)
CELL_FORMAT(tx_bytes_s)
CELL_FORMAT(rx_bytes_s)
CELL_FORMAT(rate_bytes_s)
CELL_FORMAT(backlog_permille)
CELL_FORMAT(congestion)
CELL_FORMAT(limited_by)

/* cells_owner.c */
CELL(pid)
CELL(process)
CELL(owner)
CELL(cmdline)
CELL(user)
CELL(cgroup)
void get_pids(const struct sample *s, uint32_t row, struct value *v);
bool each_pid(const struct sample *s, uint32_t row, uint32_t nth, struct value_part *p);
bool each_process(const struct sample *s, uint32_t row, uint32_t nth, struct value_part *p);
bool each_cmdline(const struct sample *s, uint32_t row, uint32_t nth, struct value_part *p);
bool each_cgroup(const struct sample *s, uint32_t row, uint32_t nth, struct value_part *p);
const char *whole_pids(const struct sample *s, uint32_t row);
const char *whole_cmdline(const struct sample *s, uint32_t row);
const char *whole_cgroup(const struct sample *s, uint32_t row);
CELL_FORMAT(pid)
CELL_FORMAT(pids)
CELL_FORMAT(process)
CELL_FORMAT(owner)
CELL_FORMAT(cmdline)
CELL_FORMAT(user)
CELL_FORMAT(cgroup)

/** The place of `c` in the default order if its state were `state`: attention, local port,
 *  foreign address. */
uint64_t state_order_key(const struct conn *c, unsigned state);

#undef CELL
#undef CELL_FORMAT

#endif
