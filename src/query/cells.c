/* Values of a row: how each is read from the record, and when it is not known. A row that the last
 * dump did not have keeps its identity and its last state; what moves (timer, queues, figures) is
 * not known for it. Nor are timer and queues of one that no dump ever had. */
#include "cells.h"

#include <arpa/inet.h>

#include "endpoint.h"

static bool is_unsampled(const struct sample *s, uint32_t row)
{
    return sample_row_kind(s, row) == ROW_MISSING || s->conn[row].flags & CONN_UNSEEN;
}

static bool read_local_port(const struct sample *s, uint32_t row, uint64_t *n)
{
    *n = s->conn[row].sport;
    return true;
}

static bool read_remote_port(const struct sample *s, uint32_t row, uint64_t *n)
{
    *n = s->conn[row].dport;
    return true;
}

static bool read_expires_ms(const struct sample *s, uint32_t row, uint64_t *n)
{
    *n = s->conn[row].expires_ms;
    return s->conn[row].timer != TIMER_OFF && !is_unsampled(s, row);
}

static bool read_recv_q(const struct sample *s, uint32_t row, uint64_t *n)
{
    *n = s->conn[row].rqueue;
    return !is_unsampled(s, row);
}

static bool read_send_q(const struct sample *s, uint32_t row, uint64_t *n)
{
    *n = s->conn[row].wqueue;
    return !(s->conn[row].flags & CONN_NO_BACKLOG) && !is_unsampled(s, row);
}

/* TIME_WAIT repeats nothing. */
static bool read_retrans(const struct sample *s, uint32_t row, uint64_t *n)
{
    *n = s->conn[row].retrans;
    return s->conn[row].timer != TIMER_TIMEWAIT && !is_unsampled(s, row);
}

/* Without a file the kernel names user 0 for whoever it was. */
static bool read_uid(const struct sample *s, uint32_t row, uint64_t *n)
{
    const struct conn *c = &s->conn[row];
    *n = c->uid;
    return !(c->flags & CONN_NO_OWNER) && c->inode != 0;
}

static bool read_inode(const struct sample *s, uint32_t row, uint64_t *n)
{
    *n = s->conn[row].inode;
    return !(s->conn[row].flags & CONN_NO_OWNER);
}

static bool read_ifindex(const struct sample *s, uint32_t row, uint64_t *n)
{
    *n = s->conn[row].ifindex;
    return *n != 0;
}

/* A closed row has stopped ageing. */
static bool read_age_s(const struct sample *s, uint32_t row, uint64_t *n)
{
    if (!s->times || s->times[row].born_ds == 0 || s->conn[row].flags & CONN_UNSEEN)
        return false;
    const struct row_times *times = &s->times[row];
    uint32_t until = sample_row_kind(s, row) == ROW_CLOSED ? times->changed_ds : s->now_ds;
    *n = until > times->born_ds ? (until - times->born_ds) / 10 : 0;
    return true;
}

NUMBER_CELL(local_port)
NUMBER_CELL(remote_port)
NUMBER_CELL(expires_ms)
NUMBER_CELL(recv_q)
NUMBER_CELL(send_q)
NUMBER_CELL(retrans)
NUMBER_CELL(uid)
NUMBER_CELL(inode)
NUMBER_CELL(ifindex)
NUMBER_CELL(age_s)

void get_proto(const struct sample *s, uint32_t row, struct value *v)
{
    value_set_text(v, s->conn[row].family == AF_INET6 ? "tcp6" : "tcp");
}

uint64_t key_proto(const struct sample *s, uint32_t row)
{
    return s->conn[row].family == AF_INET6;
}

void get_local_addr(const struct sample *s, uint32_t row, struct value *v)
{
    struct endpoint e = endpoint_local(&s->conn[row]);
    v->type = VALUE_TEXT;
    endpoint_address(&e, s, v->text);
}

void get_remote_addr(const struct sample *s, uint32_t row, struct value *v)
{
    struct endpoint e = endpoint_remote(&s->conn[row]);
    v->type = VALUE_TEXT;
    endpoint_address(&e, s, v->text);
}

/* An IPv4 address leaves room for its port. */
static uint64_t end_word_with_port(const struct endpoint *e)
{
    return endpoint_word(e) | (e->family == AF_INET ? (uint64_t)e->port << 15 : 0);
}

static uint64_t end_word_last_with_port(const struct endpoint *e)
{
    return (uint64_t)endpoint_word_last(e) << 16 | e->port;
}

/* The words of one end: word_local_middle() and so on. */
#define END_WORD(side, name, word)                                                                 \
    static uint64_t word_##side##_##name(const struct conn *c)                                     \
    {                                                                                              \
        struct endpoint e = endpoint_##side(c);                                                    \
        return word(&e);                                                                           \
    }
#define END_WORDS(side)                                                                            \
    END_WORD(side, middle, endpoint_word_middle)                                                   \
    END_WORD(side, last, endpoint_word_last)                                                       \
    END_WORD(side, last_with_port, end_word_last_with_port)                                        \
    const order_word words_##side##_addr[] = {word_##side##_middle, word_##side##_last, NULL};     \
    const order_word words_##side[] = {word_##side##_middle, word_##side##_last_with_port, NULL};  \
    uint64_t key_##side##_addr(const struct sample *s, uint32_t row)                               \
    {                                                                                              \
        struct endpoint e = endpoint_##side(&s->conn[row]);                                        \
        return endpoint_word(&e);                                                                  \
    }                                                                                              \
    uint64_t key_##side(const struct sample *s, uint32_t row)                                      \
    {                                                                                              \
        struct endpoint e = endpoint_##side(&s->conn[row]);                                        \
        return end_word_with_port(&e);                                                             \
    }

END_WORDS(local)
END_WORDS(remote)

void get_state(const struct sample *s, uint32_t row, struct value *v)
{
    value_set_text(v, state_name(s->conn[row].state));
}

/* Attention 4 bits, local port 16, the foreign end's key 44: IPv4 with most of its port. */
uint64_t state_order_key(const struct conn *c, unsigned state)
{
    struct endpoint e = endpoint_remote(c);
    uint64_t rank = state_attention(state) & 15;
    return key_below_absent(rank << 60 | (uint64_t)c->sport << 44 | end_word_with_port(&e) >> 20);
}

uint64_t key_state(const struct sample *s, uint32_t row)
{
    return state_order_key(&s->conn[row], s->conn[row].state);
}

END_WORD(remote, with_port, end_word_with_port)
const order_word words_state[] = {word_remote_with_port, word_remote_middle,
                                  word_remote_last_with_port, NULL};

static const char *const timer_names[] = {
    [TIMER_OFF] = "off",           [TIMER_RETRANSMIT] = "on", [TIMER_KEEPALIVE] = "keepalive",
    [TIMER_TIMEWAIT] = "timewait", [TIMER_PROBE] = "persist",
};
#define TIMER_NAMES (sizeof timer_names / sizeof timer_names[0])

void get_timer(const struct sample *s, uint32_t row, struct value *v)
{
    unsigned timer = s->conn[row].timer;
    if (is_unsampled(s, row))
        v->type = VALUE_NONE;
    else
        value_set_text(v, timer < TIMER_NAMES ? timer_names[timer] : "unknown");
}

uint64_t key_timer(const struct sample *s, uint32_t row)
{
    return is_unsampled(s, row) ? KEY_ABSENT : s->conn[row].timer;
}

void get_cookie(const struct sample *s, uint32_t row, struct value *v)
{
    static const char digits[] = "0123456789abcdef";
    const struct conn *c = &s->conn[row];
    v->type = c->flags & CONN_NO_COOKIE ? VALUE_NONE : VALUE_TEXT;
    int n = 1;
    while (n < 16 && c->cookie >> (4 * n))
        n++;
    for (int i = 0; i < n; i++)
        v->text[i] = digits[c->cookie >> (4 * (n - 1 - i)) & 15];
    v->text[n] = '\0';
}

uint64_t key_cookie(const struct sample *s, uint32_t row)
{
    const struct conn *c = &s->conn[row];
    return c->flags & CONN_NO_COOKIE ? KEY_ABSENT : key_below_absent(c->cookie);
}

void get_netns(const struct sample *s, uint32_t row, struct value *v)
{
    const char *name = sample_netns(s, &s->conn[row]);
    if (name[0])
        value_set_text(v, name);
    else
        v->type = VALUE_NONE;
}

/* Names stand in the table in their order. */
uint64_t key_netns(const struct sample *s, uint32_t row)
{
    const struct conn *c = &s->conn[row];
    if (!sample_netns(s, c)[0])
        return KEY_ABSENT;
    return s->namespaces ? (uint64_t)(netns_find(s->namespaces, c->netns) - s->namespaces->list)
                         : 0;
}
