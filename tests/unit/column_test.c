/* SPDX-License-Identifier: MIT */
/* The column table: names, titles, values, texts and keys of every column, for rows of every kind;
 * what is not known is absent and reads "–". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "lib/cells.h"
#include "lib/sample.h"
#include "tcptop/base/err.h"
#include "tcptop/base/str.h"
#include "tcptop/base/utf8.h"
#include "tcptop/model/end_text.h"
#include "tcptop/query/column.h"

#define LOOPBACK 1 /* ifindex of lo, in every namespace */

#define ID_COLUMNS   16 /* what the help has room for */
#define HELP_COLUMNS 43 /* what the help has room for beside the ids on 113x28 */

static void every_column_is_whole(void **state)
{
    (void)state;
    for (int id = 0; id < COL_COUNT; id++) {
        const struct column *c = &columns[id];
        assert_non_null(c->id);
        assert_int_equal(column_find(c->id, strlen(c->id)), id);
        assert_true(strlen(c->id) <= ID_COLUMNS);
        assert_true(c->get || (c->format && c->key));
        assert_int_equal(!c->get, (c->flags & COLUMN_DISPLAY) != 0);
        assert_int_equal(c->kind == KIND_COMPOSITE, (c->flags & COLUMN_DISPLAY) != 0);
        for (enum language l = LANG_EN; l < LANG_COUNT; l++) {
            assert_true(strlen(text_in(l, c->title)) > 0);
            assert_true(strlen(text_in(l, c->help)) > 0);
            assert_true(utf8_width(text_in(l, c->help)) <= HELP_COLUMNS);
            assert_true(!c->width[l] || utf8_width(text_in(l, c->title)) <= c->width[l]);
        }
    }
}

/* What scripts rely on: the base columns, in this order. */
static void base_columns(void **state)
{
    (void)state;
    struct str list = STR_INIT;
    for (int id = 0; id < COL_COUNT; id++) {
        if (columns[id].flags & COLUMN_BASE) {
            str_add(&list, columns[id].id);
            str_add_char(&list, ' ');
        }
    }
    assert_string_equal(
        str_text(&list),
        "proto local_addr local_port remote_addr remote_port state timer "
        "expires_ms recv_q send_q uid inode cookie ifindex v6only mptcp netns pid pids process "
        "owner cgroup ");
    str_fini(&list);
}

/* The order in which the table takes its columns in. */
static void screen_order(void **state)
{
    (void)state;
    static const enum column_id order[] = {
        [1] = COL_LOCAL,  [2] = COL_REMOTE, [3] = COL_STATE, [4] = COL_PROCESS, [5] = COL_LEFT,
        [6] = COL_RECV_Q, [7] = COL_SEND_Q, [8] = COL_RTT,   [9] = COL_TX,      [10] = COL_RX,
        [11] = COL_RETR,  [12] = COL_PROTO, [13] = COL_TIMER};
    for (int id = 0; id < COL_COUNT; id++) {
        if (columns[id].rank) {
            assert_in_range(columns[id].rank, 1, sizeof order / sizeof order[0] - 1);
            assert_int_equal(order[columns[id].rank], id);
        }
    }
}

static void names(void **state)
{
    (void)state;
    assert_int_equal(column_find("recv-q", 6), COL_RECV_Q);
    assert_int_equal(column_find("RECV_Q", 6), COL_RECV_Q);
    assert_int_equal(column_find("talkers", 7), COL_RATE);
    assert_int_equal(column_find("rate-bytes-s", 12), COL_RATE);
    assert_int_equal(column_find("left", 4), COL_LEFT); /* its name in the past */
    assert_int_equal(column_find("recv_qq", 7), -1);
    assert_int_equal(column_find("recv_", 5), -1);
    assert_int_equal(column_find("", 0), -1);
    assert_string_equal(column_nearest("stat"), "state");
    assert_string_equal(column_nearest("remote_prot"), "remote_port");
    assert_string_equal(column_nearest("rtt"), "rtt_us");
    assert_string_equal(column_nearest("Min-RTT"), "min_rtt_us");
    assert_string_equal(column_nearest("cwnd"), "cwnd_segs");
    assert_null(column_nearest("weather"));
    assert_null(column_nearest("pid"));
    assert_null(column_nearest(""));
}

static void lists(void **state)
{
    (void)state;
    enum column_id ids[3];
    struct err err;
    assert_int_equal(column_parse_list("proto, local,STATE", ids, 3, &err), 3);
    assert_int_equal(ids[0], COL_PROTO);
    assert_int_equal(ids[1], COL_LOCAL);
    assert_int_equal(ids[2], COL_STATE);
    text_use(LANG_EN);
    assert_int_equal(column_parse_list("proto,stat", ids, 3, &err), -EINVAL);
    assert_string_equal(err.msg, "there is no column 'stat'; did you mean 'state'?");
    assert_int_equal(column_parse_list("we\x1b[2Jather", ids, 3, &err), -EINVAL);
    assert_null(strchr(err.msg, '\x1b'));
    assert_int_equal(column_parse_list("proto,proto", ids, 3, &err), -EINVAL);
    assert_string_equal(err.msg, "column 'proto' is named twice");
    assert_int_equal(column_parse_list(" ,", ids, 3, &err), -EINVAL);
    assert_string_equal(err.msg, "no column is named");
    assert_int_equal(column_parse_list("proto,local,state,uid", ids, 3, &err), -EINVAL);
    text_use(LANG_KO);
    column_parse_list("stat", ids, 3, &err);
    assert_string_equal(err.msg, "알 수 없는 열입니다: 'stat'. 비슷한 열: 'state'");
    text_use(LANG_EN);
}

static void addresses(void **state)
{
    (void)state;
    struct sample *s = sample_make(NULL);
    sample_row(s, "10.0.2.15:443", "203.0.113.209:61877", TCP_STATE_ESTABLISHED);
    sample_row(s, "0.0.0.0:22", "0.0.0.0:0", TCP_STATE_LISTEN);
    sample_row(s, "[::]:3000", "[::]:0", TCP_STATE_LISTEN);
    sample_row(s, "[2001:db8:0:1::5]:443", "[::ffff:10.0.0.9]:99", TCP_STATE_ESTABLISHED);
    sample_row(s, "[fe80::1]:22", "[fe80::2]:5000", TCP_STATE_ESTABLISHED)->ifindex = 1;
    assert_cell(s, 0, COL_PROTO, "tcp", "tcp");
    assert_cell(s, 2, COL_PROTO, "tcp6", "tcp6");
    assert_string_equal(cell_shown(s, 0, COL_LOCAL), "10.0.2.15:443");
    assert_string_equal(cell_shown(s, 0, COL_REMOTE), "203.0.113.209:61877");
    assert_string_equal(cell_shown(s, 1, COL_REMOTE), "0.0.0.0:*");
    assert_cell(s, 1, COL_REMOTE_ADDR, "0.0.0.0", "0.0.0.0");
    assert_cell(s, 1, COL_REMOTE_PORT, "0", "*");
    assert_string_equal(cell_shown(s, 2, COL_LOCAL), "[::]:3000");
    assert_string_equal(cell_shown(s, 2, COL_REMOTE), "[::]:*");
    assert_cell(s, 2, COL_REMOTE_ADDR, "::", "::");
    assert_string_equal(cell_shown(s, 3, COL_LOCAL), "[2001:db8:0:1::5]:443");
    assert_string_equal(cell_shown(s, 3, COL_REMOTE), "[::ffff:10.0.0.9]:99");
    assert_cell(s, 3, COL_REMOTE_PORT, "99", "99");
    assert_cell(s, 4, COL_LOCAL_ADDR, "fe80::1%lo", "fe80::1%lo");
    assert_string_equal(cell_shown(s, 4, COL_LOCAL), "[fe80::1%lo]:22");
    s->conn[3].ifindex = 1;
    assert_cell(s, 3, COL_LOCAL_ADDR, "2001:db8:0:1::5", "2001:db8:0:1::5");
    s->backend = BACKEND_FRAME; /* whose interface 1 that was is not known here */
    assert_cell(s, 4, COL_REMOTE_ADDR, "fe80::2%1", "fe80::2%1");
    s->backend = BACKEND_NETLINK;
    s->conn[4].ifindex = 2000000000u;
    assert_cell(s, 4, COL_LOCAL_ADDR, "fe80::1%2000000000", "fe80::1%2000000000");
    char name[60]; /* of a device, in an imported dump: it is cut at a character */
    for (size_t i = 0; i < sizeof name; i += 3)
        memcpy(name + i, "가", 3);
    s->conn[4].ifindex = end_text_add(name, sizeof name) | CONN_DEVICE_NAMED;
    assert_cell(s, 4, COL_LOCAL_ADDR, "fe80::1%가가가가가가가가가가가가가가가가가…",
                "fe80::1%가가가가가가가가가가가가가가가가가…");
    s->conn[0].ifindex = LOOPBACK;
    assert_string_equal(cell_shown(s, 0, COL_LOCAL), "10.0.2.15%lo:443");
    assert_cell(s, 0, COL_LOCAL_ADDR, "10.0.2.15", "10.0.2.15");
    s->conn[0].ifindex = 0;
    s->conn[2].extra = V6ONLY_YES;
    assert_string_equal(cell_shown(s, 2, COL_LOCAL), "[::]:3000");
    assert_cell(s, 2, COL_V6ONLY, "1", "1");
    s->conn[2].extra = V6ONLY_NO;
    assert_string_equal(cell_shown(s, 2, COL_LOCAL), "*:3000");
    assert_string_equal(cell_shown(s, 2, COL_REMOTE), "*:*");
    assert_cell(s, 2, COL_LOCAL_ADDR, "::", "::");
    assert_cell(s, 2, COL_V6ONLY, "0", "0");
    s->conn[2].ifindex = LOOPBACK;
    assert_string_equal(cell_shown(s, 2, COL_LOCAL), "*%lo:3000");
    assert_cell(s, 0, COL_V6ONLY, "absent", "–");
    assert_cell(s, 0, COL_MPTCP, "absent", "–");
    s->conn[0].flags |= CONN_MPTCP;
    assert_cell(s, 0, COL_MPTCP, "subflow", "subflow");
    assert_cell(s, 0, COL_PROTO, "tcp", "mptcp");
    s->conn[0].extra = TCP_STATE_CLOSE_WAIT;
    assert_cell(s, 0, COL_MPTCP, "CLOSE_WAIT", "CLOSE_WAIT");
    s->conn[0].flags &= (uint8_t)~CONN_MPTCP;
    struct str local = STR_INIT;
    column_format_local(NULL, &s->conn[0], &local);
    str_add_char(&local, ' ');
    column_format_remote(NULL, &s->conn[1], &local);
    assert_string_equal(str_text(&local), "10.0.2.15:443 0.0.0.0:*");
    str_fini(&local);
    sample_unref(s);
}

/* All octets, against the system's own writer. */
static void every_octet(void **state)
{
    (void)state;
    struct sample *s = sample_make(NULL);
    struct conn *c = sample_row(s, "0.0.0.0:1", "0.0.0.0:1", TCP_STATE_LISTEN);
    for (unsigned i = 0; i < 256; i++) {
        char text[INET_ADDRSTRLEN];
        c->src[0] = (uint8_t)i;
        c->src[1] = (uint8_t)(255 - i);
        c->src[2] = (uint8_t)(i ^ 0x55);
        c->src[3] = (uint8_t)(i * 7);
        inet_ntop(AF_INET, c->src, text, sizeof text);
        assert_string_equal(cell_raw(s, 0, COL_LOCAL_ADDR), text);
    }
    sample_unref(s);
}

static void numbers(void **state)
{
    (void)state;
    struct sample *s = sample_make(NULL);
    struct conn *c = sample_row(s, "10.0.0.1:80", "10.0.0.2:5000", TCP_STATE_ESTABLISHED);
    c->rqueue = 12;
    c->wqueue = 1048576;
    c->cookie = 0x1001;
    assert_cell(s, 0, COL_RECV_Q, "12", "12");
    assert_cell(s, 0, COL_SEND_Q, "1048576", "1.05M");
    assert_cell(s, 0, COL_STATE, "ESTABLISHED", "ESTABLISHED");
    assert_cell(s, 0, COL_TIMER, "off", "off");
    assert_cell(s, 0, COL_EXPIRES_MS, "absent", "–");
    assert_string_equal(cell_shown(s, 0, COL_LEFT), "–");
    c->timer = TIMER_TIMEWAIT;
    c->expires_ms = 58700;
    assert_cell(s, 0, COL_TIMER, "timewait", "timewait");
    assert_cell(s, 0, COL_EXPIRES_MS, "58700", "58,700");
    assert_string_equal(cell_shown(s, 0, COL_LEFT), "58 s");
    assert_cell(s, 0, COL_RETRANS, "absent", "–");
    c->timer = TIMER_RETRANSMIT;
    c->retrans = 3;
    assert_cell(s, 0, COL_TIMER, "on", "on");
    assert_cell(s, 0, COL_RETRANS, "3", "3");
    c->timer = TIMER_PROBE;
    assert_cell(s, 0, COL_TIMER, "persist", "persist");
    c->timer = TIMER_KEEPALIVE;
    assert_cell(s, 0, COL_TIMER, "keepalive", "keepalive");
    c->timer = 99;
    assert_cell(s, 0, COL_TIMER, "unknown", "unknown");
    assert_cell(s, 0, COL_UID, "7", "7");
    assert_cell(s, 0, COL_INODE, "1001", "1001");
    assert_cell(s, 0, COL_COOKIE, "1001", "1001");
    c->cookie = UINT64_MAX;
    assert_cell(s, 0, COL_COOKIE, "ffffffffffffffff", "ffffffffffffffff");
    c->cookie = 0;
    assert_cell(s, 0, COL_COOKIE, "0", "0");
    assert_cell(s, 0, COL_IFINDEX, "absent", "–");
    c->ifindex = LOOPBACK;
    assert_cell(s, 0, COL_IFINDEX, "1", "lo");
    s->backend = BACKEND_FRAME; /* its devices are another host's */
    assert_cell(s, 0, COL_IFINDEX, "1", "1");
    s->backend = BACKEND_NETLINK;
    assert_cell(s, 0, COL_NETNS, "absent", "–");
    strcpy(s->netns, "blue");
    assert_cell(s, 0, COL_NETNS, "blue", "blue");
    sample_unref(s);
}

/* An owner is never guessed: no file, no user; a mini-socket has neither. */
static void unknown_values(void **state)
{
    (void)state;
    struct sample *s = sample_make(NULL);
    struct conn *orphan = sample_row(s, "10.0.0.1:80", "10.0.0.2:1", TCP_STATE_FIN_WAIT1);
    orphan->inode = 0;
    orphan->uid = 0;
    struct conn *mini = sample_row(s, "10.0.0.1:80", "10.0.0.2:2", TCP_STATE_TIME_WAIT);
    mini->flags = CONN_NO_OWNER | CONN_NO_COOKIE;
    struct conn *proc = sample_row(s, "10.0.0.1:80", "0.0.0.0:0", TCP_STATE_LISTEN);
    proc->flags = CONN_NO_BACKLOG;
    assert_cell(s, 0, COL_UID, "absent", "–");
    assert_cell(s, 0, COL_INODE, "0", "0");
    assert_cell(s, 1, COL_UID, "absent", "–");
    assert_cell(s, 1, COL_INODE, "absent", "–");
    assert_cell(s, 1, COL_COOKIE, "absent", "–");
    assert_cell(s, 2, COL_SEND_Q, "absent", "–");
    assert_cell(s, 2, COL_RECV_Q, "0", "0");
    assert_cell(s, 2, COL_RTT, "absent", "–");
    assert_cell(s, 2, COL_RETR, "absent", "–");
    sample_unref(s);
}

/* A missing row keeps who it is; what moves is not known. A closed one keeps its last values,
 * but no timer. */
static void missing_and_closed(void **state)
{
    (void)state;
    struct sample *s = sample_make(NULL);
    for (int i = 0; i < 3; i++) {
        struct conn *c = sample_row(s, "10.0.0.1:80", "10.0.0.2:1", TCP_STATE_CLOSE_WAIT);
        c->rqueue = 5;
        c->timer = TIMER_RETRANSMIT;
        c->expires_ms = 900;
        s->times[i] = (struct row_times){.born_ds = 100, .changed_ds = 200};
    }
    s->now_ds = 1259;
    sample_mark_rows(s, 1, 2);
    static const enum column_id moving[] = {COL_TIMER, COL_EXPIRES_MS, COL_RECV_Q, COL_SEND_Q,
                                            COL_RETRANS};
    for (size_t i = 0; i < sizeof moving / sizeof moving[0]; i++) {
        assert_string_not_equal(cell_raw(s, 0, moving[i]), "absent");
        assert_cell(s, 1, moving[i], "absent", "–");
        assert_true(column_key(moving[i], s, 1) == UINT64_MAX);
        if (moving[i] == COL_TIMER || moving[i] == COL_EXPIRES_MS) /* it runs no more */
            assert_cell(s, 2, moving[i], "absent", "–");
        else
            assert_string_not_equal(cell_raw(s, 2, moving[i]), "absent");
    }
    assert_string_equal(cell_shown(s, 2, COL_LEFT), "–");
    assert_string_equal(cell_shown(s, 1, COL_LEFT), "–");
    assert_cell(s, 1, COL_STATE, "CLOSE_WAIT", "CLOSE_WAIT");
    assert_cell(s, 1, COL_UID, "7", "7");
    assert_cell(s, 1, COL_AGE, "115", "1min");
    assert_cell(s, 2, COL_AGE, "10", "10 s");
    s->times[0].born_ds = 0;
    assert_cell(s, 0, COL_AGE, "absent", "–");
    sample_unref(s);
}

static void roles_of_states(void **state)
{
    (void)state;
    assert_int_equal(column_state_role(TCP_STATE_CLOSE_WAIT), ROLE_ST_STUCK);
    assert_int_equal(column_state_role(TCP_STATE_ESTABLISHED), ROLE_ST_OPEN);
    assert_int_equal(column_state_role(TCP_STATE_TIME_WAIT), ROLE_ST_DONE);
    assert_int_equal(column_state_role(200), ROLE_TEXT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_column_is_whole),
        cmocka_unit_test(base_columns),
        cmocka_unit_test(screen_order),
        cmocka_unit_test(names),
        cmocka_unit_test(lists),
        cmocka_unit_test(addresses),
        cmocka_unit_test(every_octet),
        cmocka_unit_test(numbers),
        cmocka_unit_test(unknown_values),
        cmocka_unit_test(missing_and_closed),
        cmocka_unit_test(roles_of_states),
    };
    return cmocka_run_group_tests_name("column", tests, NULL, NULL);
}
