/* SPDX-License-Identifier: MIT */
/* Output of other programs as a sample: what it does not tell is unknown, every line is counted
 * once however the text is cut, a pipe may be slow, and what is no such output is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/source/import_reader.h"
#include "lib/child.h"
#include "lib/sample.h"
#include "tcptop/explain/import_words.h"
#include "tcptop/model/end_text.h"
#include "tcptop/source/source.h"
#include "tcptop/text/text.h"

static char path[64]; /* the file under test; each test writes it anew */

static int make_path(void **state)
{
    (void)state;
    const char *home = getenv("HOME");

    snprintf(path, sizeof(path), "%.40s/import-XXXXXX", home && *home ? home : "/tmp");
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_file(const char *name, const void *bytes, size_t len)
{
    int fd = open(name, O_WRONLY | O_TRUNC | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    close(fd);
}

static struct sample *read_source(struct source *src)
{
    struct request req = {.needs = 0};
    struct sample_reason why = {.code = REASON_NONE};
    struct sample *s = sample_make(NULL);

    assert_non_null(s);
    if (source_sample(src, &req, builder_of(s), &why) != 0)
        fail_msg("%s", reason_words(&why));
    assert_int_equal(s->backend, BACKEND_IMPORT);
    assert_non_null(s->import);
    if (s->needs & NEED_OWNER) {
        assert_int_equal(sample_reserve_owner(builder_of(s), s->n_live), 0);
        owner_lookup_assign(src->ops->owners(src), s, NULL);
    }
    return s;
}

static struct sample *read_path(const char *name)
{
    struct sample_reason why = {.code = REASON_NONE};
    struct source *src;

    if (recording_open(&src, name, &why) != 0)
        fail_msg("%s", reason_words(&why));
    struct sample *s = read_source(src);
    source_close(src);
    return s;
}

/* A text as it would be in a file. */
static struct sample *read_text(const char *text)
{
    write_file(path, text, strlen(text));
    return read_path(path);
}

static void lines_add_up(const struct import *i)
{
    assert_int_equal(i->lines, i->rows + i->continued + i->headings + i->blank + i->skipped);
    assert_int_equal(i->n_listed, i->skipped);
}

static const struct owner *owner_of(const struct sample *s, uint32_t row)
{
    const struct owner_group *g = sample_owner(s, row, NULL);

    return g ? g->member[0] : NULL;
}

#define WINDOWS                                                                                    \
    "  TCP    [::1]:3000             [::]:0                 LISTENING       17240\r\n"             \
    "  TCP    [::1]:3000             [::1]:50211            TIME_WAIT       0\r\n"                 \
    "  TCP    192.0.2.25:50311       198.51.100.9:443       CLOSE_WAIT      9032\r\n"

static void windows_tells_no_queues_no_timers_no_inodes(void **state)
{
    struct sample *s = read_text(WINDOWS);
    const unsigned untold = CONN_UNKNOWN_RECV_Q | CONN_UNKNOWN_SEND_Q | CONN_UNKNOWN_TIMER |
                            CONN_UNKNOWN_INODE | CONN_UNKNOWN_UID;

    (void)state;
    assert_int_equal(s->n_live, 3);
    for (uint32_t row = 0; row < 3; row++)
        assert_int_equal(s->conn[row].unknown, untold);
    assert_true(s->conn[0].flags & CONN_NO_BACKLOG);
    assert_int_equal(s->conn[0].dport, 0);
    assert_int_equal(owner_of(s, 0)->pid, 17240);
    assert_string_equal(owner_of(s, 0)->process, "");
    assert_null(owner_of(s, 1)); /* 0 is no process */
    assert_int_equal(s->conn[1].inode, 0);
    assert_int_equal(conn_kind(&s->conn[1]), CONN_PLAIN);
    assert_int_equal(conn_kind(&s->conn[2]), CONN_PLAIN); /* not "not accepted" */
    assert_int_equal(s->status, SAMPLE_COMPLETE);
    sample_unref(s);
}

static void a_program_is_that_of_the_row_above(void **state)
{
    struct sample *s = read_text("  TCP    0.0.0.0:135  0.0.0.0:0  LISTENING  924\n  RpcSs\n"
                                 " [svchost.exe]\n"
                                 "  UDP    [::1]:62261  *:*  1036\n [other.exe]\n"
                                 "  TCP    0.0.0.0:445  0.0.0.0:0  LISTENING  4\n"
                                 " Can not obtain ownership information\n");

    (void)state;
    assert_string_equal(owner_of(s, 0)->process, "svchost.exe");
    assert_string_equal(owner_of(s, 1)->process, "");
    assert_int_equal(s->import->continued, 3);
    assert_int_equal(s->import->skipped_for[IMPORT_SKIPPED_PROTOCOL], 2);
    lines_add_up(s->import);
    sample_unref(s);
}

/* The kernel would have said 0 where nobody holds a socket; other programs just do not say. */
static void an_inode_that_is_not_told_is_found_by_no_real_one(void **state)
{
    struct sample *s =
        read_text("ESTAB 0 0 192.0.2.9:22 192.0.2.1:1 users:((\"a\",pid=7,fd=3)) ino:1 sk:1\n"
                  "ESTAB 0 0 192.0.2.9:22 192.0.2.1:2 users:((\"b\",pid=8,fd=3))\n"
                  "ESTAB 0 0 192.0.2.9:22 192.0.2.1:3 users:((\"c\",pid=9,fd=3)) ino:2 sk:2\n");

    (void)state;
    assert_int_equal(s->conn[0].inode, 1);
    assert_int_equal(s->conn[2].inode, 2);
    assert_true(s->conn[1].unknown & CONN_UNKNOWN_INODE);
    assert_int_not_equal(s->conn[1].inode, 1);
    assert_int_not_equal(s->conn[1].inode, 2);
    assert_string_equal(owner_of(s, 0)->process, "a");
    assert_string_equal(owner_of(s, 1)->process, "b");
    assert_string_equal(owner_of(s, 2)->process, "c");
    /* one row has no cookie, so none counts: rows with and without are not compared */
    assert_true(s->conn[0].flags & CONN_NO_COOKIE);
    sample_unref(s);
}

static void ss_tells_figures_and_the_cookie(void **state)
{
    struct sample *s = read_text(
        "ESTAB 0 36 192.0.2.9:22 198.51.100.4:51234 users:((\"my "
        "(s\",pid=4,fd=3),(\"b\",pid=3,fd=3))"
        " timer:(on,3.204ms,2) uid:1000 ino:18010 sk:2a cgroup:/system.slice/ssh.service <->\n"
        "\t ts sack cubic wscale:7,7 rto:204 rtt:3.5/1.25 cwnd:10 bytes_sent:5000 bytes_acked:4801 "
        "send 33097142bps lastack:7 delivery_rate 8000000bps app_limited busy:120ms minrtt:2.9\n");
    const struct conn *c = &s->conn[0];
    uint64_t n;

    (void)state;
    assert_int_equal(c->unknown, 0);
    assert_int_equal(c->timer, TIMER_RETRANSMIT);
    assert_int_equal(c->expires_ms, 3204);
    assert_int_equal(c->retrans, 2);
    assert_int_equal(c->uid, 1000);
    assert_int_equal(c->inode, 18010);
    assert_int_equal(c->cookie, 0x2a);
    assert_false(c->flags & CONN_NO_COOKIE);
    assert_string_equal(sample_congestion(s, 0), "cubic");
    assert_true(tcp_metrics_get(s->metrics, METRICS_rtt_us, &n) && n == 3500);
    assert_true(tcp_metrics_get(s->metrics, METRICS_rttvar_us, &n) && n == 1250);
    assert_true(tcp_metrics_get(s->metrics, METRICS_min_rtt_us, &n) && n == 2900);
    assert_true(tcp_metrics_get(s->metrics, METRICS_delivery_bytes_s, &n) && n == 1000000);
    assert_true(tcp_metrics_get(s->metrics, METRICS_busy_us, &n) && n == 120000);
    assert_true(tcp_metrics_get(s->metrics, METRICS_bytes_retrans, &n) && n == 0); /* left out */
    assert_false(tcp_metrics_get(s->metrics, METRICS_last_data_sent_ms, &n));
    const struct owner_group *holders = sample_owner(s, 0, NULL);
    assert_true(holders && holders->n == 2 && strcmp(holders->pids, "3,4") == 0);
    assert_string_equal(owner_of(s, 0)->cgroup, "ssh.service");
    assert_int_equal(s->import->continued, 1);
    sample_unref(s);
}

static void timers_are_off_only_where_they_are_printed(void **state)
{
    struct sample *s = read_text("ESTAB 0 0 192.0.2.9:22 192.0.2.1:1\n");

    (void)state;
    assert_true(s->conn[0].unknown & CONN_UNKNOWN_TIMER);
    sample_unref(s);
    s = read_text("ESTAB 0 0 192.0.2.9:22 192.0.2.1:1\n"
                  "TIME-WAIT 0 0 192.0.2.9:22 192.0.2.1:2 timer:(timewait,1min5sec,0)\n");
    assert_false(s->conn[0].unknown & CONN_UNKNOWN_TIMER);
    assert_int_equal(s->conn[0].timer, TIMER_OFF);
    assert_int_equal(s->conn[1].expires_ms, 65000);
    sample_unref(s);
}

/* A star is both families in a new ss and 0.0.0.0 in an old one. */
static void the_star_of_an_old_ss_is_ipv4(void **state)
{
    struct sample *s = read_text("LISTEN 0 128 *:22 *:*\n");

    (void)state;
    assert_int_equal(s->conn[0].family, AF_INET6);
    sample_unref(s);
    s = read_text("LISTEN 0 128 *:22 *:*\nLISTEN 0 128 :::22 :::*\n");
    assert_int_equal(s->conn[0].family, AF_INET);
    assert_int_equal(s->conn[1].family, AF_INET6);
    sample_unref(s);
}

#define NETSTAT_CUT                                                                                \
    "tcp6       0      0 fe80::7c08:ffff:fe:7000 2001:db8:aaaa:bbb:34149 ESTABLISHED -\n"

static void a_cut_address_is_no_address(void **state)
{
    char address[CONN_ADDRESS_SIZE];
    struct sample *s = read_text(NETSTAT_CUT);
    const struct conn *c = &s->conn[0];

    (void)state;
    assert_true(conn_address_unknown(c, false) && conn_address_unknown(c, true));
    assert_string_equal(conn_address(c, false, address), "fe80::7c08:ffff:fe…");
    assert_string_equal(conn_address(c, true, address), "2001:db8:aaaa:bbb…");
    assert_int_equal(c->sport, 7000);
    assert_int_equal(c->dport, 34149);
    assert_int_equal(s->import->cut, 2);
    sample_unref(s);
    /* with -W a longer one is there, so the first may be what it looks like */
    s = read_text(NETSTAT_CUT
                  "tcp6 0 0 2001:db8:aaaa:bbbb:cccc:dddd:eeee:10:22 ::1:9 TIME_WAIT -\n");
    assert_false(conn_address_unknown(&s->conn[0], false));
    assert_true(conn_address_unknown(&s->conn[0], true)); /* this is none in any case */
    sample_unref(s);
}

static void a_cut_port_is_no_port(void **state)
{
    struct sample *s = read_text("f100020000000004 tcp4       0      0  192.168.200.230.32 "
                                 "192.168.200.230.7000 ESTABLISHED\n"
                                 "f100020000000005 tcp4       0      0  192.168.200.23.322 "
                                 "192.0.2.1.70       ESTABLISHED\n");

    (void)state;
    assert_true(conn_port_unknown(&s->conn[0], false));
    assert_int_equal(s->conn[0].sport, 0);
    assert_string_equal(conn_port_text(&s->conn[0], false), "32…");
    assert_int_equal(s->conn[0].dport, 7000); /* no port has a further digit */
    assert_string_equal(conn_port_text(&s->conn[0], true), "");
    assert_string_equal(conn_port_text(&s->conn[1], false), "322…");
    assert_int_equal(s->conn[1].dport, 70);
    sample_unref(s);
}

static void names_stand_for_themselves(void **state)
{
    char address[CONN_ADDRESS_SIZE];
    struct sample *s = read_text("tcp 0 0 river:32820 198.51.100.54:no-such-service TIME_WAIT\n");

    (void)state;
    assert_string_equal(conn_address(&s->conn[0], false, address), "river");
    assert_int_equal(s->conn[0].sport, 32820);
    assert_string_equal(conn_port_text(&s->conn[0], true), "no-such-service");
    assert_false(conn_is_loopback(&s->conn[0]));
    sample_unref(s);
}

static void both_byte_orders_give_the_same_address(void **state)
{
    char address[CONN_ADDRESS_SIZE];
    struct sample *s = read_text(
        "   0: 0100007F:0050 0501A8C0:C351 01 00000000:00000000 00:00000000 00000000 33 0 7 1 x\n");

    (void)state;
    assert_string_equal(conn_address(&s->conn[0], false, address), "127.0.0.1");
    assert_string_equal(conn_address(&s->conn[0], true, address), "192.168.1.5");
    sample_unref(s);
    s = read_text(
        "   0: 7F000001:0050 C0A80105:C351 01 00000000:00000000 00:00000000 00000000 33 0 7 1 x\n");
    assert_string_equal(conn_address(&s->conn[0], false, address), "127.0.0.1");
    assert_string_equal(conn_address(&s->conn[0], true, address), "192.168.1.5");
    assert_int_equal(s->conn[0].sport, 80);
    assert_int_equal(s->conn[0].uid, 33);
    sample_unref(s);
}

static void what_is_no_output_is_refused(void **state)
{
    struct sample_reason why = {.code = REASON_NONE};
    struct source *src;

    (void)state;
    write_file(path, "Dear reader,\n\nnothing here.\n", 27);
    assert_int_equal(recording_open(&src, path, &why), -EBADMSG);
    assert_int_equal(why.code, REASON_TEXT_FILE);
    write_file(path, "`\n", 2); /* nothing is left of such a line */
    assert_int_equal(recording_open(&src, path, &why), -EBADMSG);
    assert_int_equal(why.code, REASON_TEXT_FILE);
    write_file(path, "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0\76\0", 20);
    assert_int_equal(recording_open(&src, path, &why), -EBADMSG);
    assert_int_equal(why.code, REASON_FOREIGN_FILE);
}

static void what_is_compressed_is_said_to_be(void **state)
{
    static const char *const begins[] = {"\x1f\x8b\x08", "\x28\xb5\x2f\xfd",
                                         ("\xfd"
                                          "7zXZ"),
                                         "PK\3\4"};
    struct sample_reason why = {.code = REASON_NONE};
    struct source *src;

    (void)state;
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
        char bytes[40] = "";
        memcpy(bytes, begins[i], strlen(begins[i]));
        write_file(path, bytes, sizeof bytes);
        assert_int_equal(recording_open(&src, path, &why), -EBADMSG);
        assert_int_equal(why.code, REASON_COMPRESSED);
    }
}

/* A table without a row is an answer: there are no connections. */
static void a_heading_alone_is_an_empty_table(void **state)
{
    struct sample *s =
        read_text("State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n");

    (void)state;
    assert_int_equal(s->n_live, 0);
    assert_int_equal(s->status, SAMPLE_COMPLETE);
    sample_unref(s);
}

static void prose_is_skipped_and_lost_rows_are_told(void **state)
{
    struct sample *s = read_text(WINDOWS "\nTIME_WAIT is a state.\n");

    (void)state;
    assert_int_equal(import_not_understood(s->import), 1);
    assert_int_equal(import_lost(s->import), 0);
    assert_int_equal(s->status, SAMPLE_COMPLETE);
    assert_int_equal(s->import->listed[0].line, 5);
    assert_int_equal(s->import->listed[0].why, IMPORT_SKIPPED_TEXT);
    sample_unref(s);
    s = read_text(WINDOWS "  TCP    192.0.2.25:1  198.51.1\n...\n");
    assert_int_equal(import_lost(s->import), 2);
    assert_int_equal(s->status, SAMPLE_PARTIAL);
    assert_int_equal(s->reason.code, REASON_IMPORT_LOST);
    assert_int_equal(s->reason.number, 2);
    sample_unref(s);
}

/* Prose about connections is not a connection that was lost. */
static void sentences_about_tcp_are_text(void **state)
{
    struct sample *s = read_text("LISTEN 0 128 0.0.0.0:22 0.0.0.0:*\n"
                                 "  Note: see below\n"
                                 "TCP is a protocol\nLISTEN means that it waits\n"
                                 "tcp is spoken here\n" WINDOWS "TCP 연결은 열림(open)\n");

    (void)state;
    assert_int_equal(s->import->skipped_for[IMPORT_SKIPPED_TEXT], 5);
    assert_int_equal(import_lost(s->import), 0);
    assert_int_equal(s->status, SAMPLE_COMPLETE);
    lines_add_up(s->import);
    sample_unref(s);
}

static void the_words_name_lines(void **state)
{
    struct str line = STR_INIT;
    struct sample *s = read_text(WINDOWS "a\nb\n\nc\n  UDP    [::1]:1  *:*  1\n");

    (void)state;
    text_use(LANG_EN);
    import_words_counts(s->import, &line);
    assert_string_equal(str_text(&line), "3 sockets read; left out: other lines 4");
    str_clear(&line);
    assert_true(import_words_skipped(s->import, IMPORT_SKIPPED_TEXT, &line));
    assert_string_equal(str_text(&line), "left out, not output of these programs: line 4–5, 7");
    str_clear(&line);
    assert_false(import_words_skipped(s->import, IMPORT_SKIPPED_LONG, &line));
    text_use(LANG_KO);
    import_words_counts(s->import, &line);
    assert_string_equal(str_text(&line), "소켓 3행 읽음, 제외: 그 밖의 4행");
    text_use(LANG_EN);
    str_fini(&line);
    sample_unref(s);
}

/* What people and their tools put around a table, and before each of its lines, is taken away; a
 * line that has nothing else is no row, and nothing is lost in silence. The local ports count the
 * rows. */
static void what_stands_around_rows_is_taken_away(void **state)
{
    static const struct {
        const char *text;
        uint32_t connections, rows, continued, commands;
        const char *process; /* that of the first row */
    } cases[] = {
        {"[2022/9/23 15:43:47]   TCP  192.0.2.25:1  198.51.100.9:443  CLOSE_WAIT  9032\n"
         "12: tcp 0 0 192.0.2.9:2 198.51.100.4:5 ESTABLISHED\n"
         "| tcp | 0 | 0 | 192.0.2.9:3 | 198.51.100.4:5 | TIME_WAIT |\n"
         "tcp 0 0 192.0.2.9:4 192.0.2.1:5 TIME_WAIT;tcp 0 0 192.0.2.9:5 192.0.2.1:6 TIME_WAIT\n"
         "\x1b[1mtcp 0 0 192.0.2.9:6 192.0.2.1:5 TIME_WAIT\x1b[0m\n"
         "$ netstat -tan\n",
         6, 5, 0, 1, ""},
        {"   7  State Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
         "   8  ESTAB 0 1 192.0.2.9:1 198.51.100.4:5\n"
         "   9  \t cubic rto:204 cwnd:10\n"
         "  10  ESTAB 0 10 192.0.2.9:2 198.51.100.4:5\n"
         "ESTAB 0 0 192.0.2.9:3 198.51.100.4:5\n"
         "  11\n",
         3, 3, 1, 0, NULL},
        {"7:ESTAB 0 1 192.0.2.9:1 198.51.100.4:5\n" /* without the names of columns */
         "8:\t cubic rto:204 cwnd:10\n"
         "9-ESTAB 0 1 192.0.2.9:2 198.51.100.4:5\n"
         "0 0 192.0.2.9:3 198.51.100.4:5\n", /* which begins as a number of a line does */
         3, 3, 1, 0, NULL},
        {"file:sshd 26 root 3u IPv4 7 0t0 TCP 192.0.2.9:1->198.51.100.4:5 (ESTABLISHED)\n"
         "file-sshd 26 root 4u IPv4 8 0t0 TCP 192.0.2.9:2->198.51.100.4:5 (ESTABLISHED)\n",
         2, 2, 0, 0, "sshd"},
        {"COMMAND PID USER FD TYPE DEVICE SIZE/OFF NODE NAME\n"
         "file:sshd 26 root 3u IPv4 7 0t0 TCP 192.0.2.9:1->198.51.100.4:5 (ESTABLISHED)\n",
         1, 1, 0, 0, "file:sshd"}, /* the columns begin here, so it is called so */
        {"Nov 29 10:00:00 web lsof: sshd 26 root 3u IPv4 7 0t0 TCP 192.0.2.9:1 (LISTEN)\n", 1, 1, 0,
         0, "sshd"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sample *s = read_text(cases[i].text);
        assert_int_equal(s->n_live, cases[i].connections);
        for (uint16_t row = 0; row < s->n_live; row++)
            assert_int_equal(s->conn[row].sport, row + 1);
        assert_int_equal(s->import->rows, cases[i].rows);
        assert_int_equal(s->import->continued, cases[i].continued);
        assert_int_equal(s->import->skipped_for[IMPORT_SKIPPED_COMMAND], cases[i].commands);
        if (cases[i].process)
            assert_string_equal(owner_of(s, 0)->process, cases[i].process);
        lines_add_up(s->import);
        sample_unref(s);
    }
}

static void a_line_of_signs_alone_is_text(void **state)
{
    struct sample *s = read_text("```\n| | |\n" WINDOWS "\"\"\"\n```\n");

    (void)state;
    assert_int_equal(s->import->skipped_for[IMPORT_SKIPPED_TEXT], 4);
    lines_add_up(s->import);
    sample_unref(s);
}

static void a_line_that_is_too_long_is_skipped(void **state)
{
    size_t len = 3 * IMPORT_LINE_MAX;
    char *text = malloc(len + sizeof WINDOWS);

    (void)state;
    assert_non_null(text);
    memset(text, 'x', len);
    text[len - 1] = '\n';
    memcpy(text + len, WINDOWS, sizeof WINDOWS);
    struct sample *s = read_text(text);
    assert_int_equal(s->n_live, 3);
    assert_int_equal(s->import->lines, 4);
    assert_int_equal(s->import->skipped_for[IMPORT_SKIPPED_LONG], 1);
    lines_add_up(s->import);
    sample_unref(s);
    free(text);
}

/* However a text is cut: each line is counted once, and no row appears that the whole has not. */
static void every_cut_adds_up(void **state)
{
    static const char text[] =
        "State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
        "ESTAB 0 36 192.0.2.9:22 198.51.100.4:51234 users:((\"a\",pid=4,fd=3)) uid:1 ino:2 sk:3\n"
        "\t cubic rtt:3.5/1.2 retrans:0/2\n" WINDOWS NETSTAT_CUT "tcp46 1863/0/32768 *.80\n"
        "x 26515 root 3u IPv4 6529868 0t0 TCP 192.0.2.1:1->192.0.2.2:2 (CLOSED)\n";

    (void)state;
    for (size_t len = sizeof text - 1; len > 66; len--) {
        write_file(path, text, len);
        struct sample *s = read_path(path);
        lines_add_up(s->import);
        assert_true(s->n_live <= 7);
        assert_true(s->n_live == s->import->rows);
        sample_unref(s);
    }
}

/* Each line of the text behind `pad` blanks, without what a terminal of 80 columns does not show.
 */
static void cut_at_the_edge(const char *text, unsigned pad, char *out)
{
    for (const char *end; *text; text = end + 1) {
        end = strchr(text, '\n');
        int len = (int)(end - text);
        int fits = len + (int)pad > 80 ? 80 - (int)pad : len;
        out += sprintf(out, "%*s%.*s\n", (int)pad, "", fits, text);
    }
}

/* Is it the same row, as far as it is known? */
static bool is_part_of(const struct conn *part, const struct conn *whole)
{
    for (int remote = 0; remote < 2; remote++) {
        const uint16_t port = remote ? part->dport : part->sport;
        const uint8_t *address = remote ? part->dst : part->src;
        if (!conn_port_unknown(part, remote) && port != (remote ? whole->dport : whole->sport))
            return false;
        if (!conn_address_unknown(part, remote) &&
            memcmp(address, remote ? whole->dst : whole->src, 16) != 0)
            return false;
    }
    const unsigned unknown = part->unknown;
    return (unknown & CONN_UNKNOWN_STATE || part->state == whole->state) &&
           (unknown & CONN_UNKNOWN_UID || part->uid == whole->uid) &&
           (unknown & CONN_UNKNOWN_INODE || part->inode == whole->inode) &&
           (unknown & CONN_UNKNOWN_RECV_Q || part->rqueue == whole->rqueue) &&
           (unknown & CONN_UNKNOWN_SEND_Q || part->wqueue == whole->wqueue) &&
           (unknown & CONN_UNKNOWN_TIMER || part->retrans == whole->retrans);
}

/* Wherever a terminal cuts a row: what is there is right, and the row is said to be cut. */
static void what_a_terminal_cuts_is_not_made_up(void **state)
{
    static const char *const texts[] = {
        "Proto Recv-Q Send-Q  Local Address          Foreign Address        (state)\n"
        "tcp4       0     12  192.0.2.9.22           198.51.100.4.5123      ESTABLISHED\n"
        "tcp4       7      0  192.0.2.9.8080         198.51.100.40.443      CLOSE_WAIT\n"
        "tcp6       0      0  2001:db8::9.22         fe80::1%lo0.5123       FIN_WAIT_2\n",
        "TCP: IPv4\n"
        "   Local Address        Remote Address    Swind Send-Q Rwind Recv-Q    State\n"
        "192.0.2.5.22         198.51.100.7.5123    49640      5 49640      1 ESTABLISHED\n"
        "192.0.2.5.8080       198.51.100.7.512     49640      0 49640      0 CLOSE_WAIT\n",
        "COMMAND PID USER FD TYPE DEVICE SIZE/OFF NODE NAME\n"
        "sshd 26 0 3u IPv4 7 0t0 TCP 192.0.2.9:22->198.51.100.4:5123 (ESTABLISHED)\n"
        "sshd 26 0 4u IPv6 8 0t0 TCP [2001:db8::9]:8080->[2001:db8::4]:512 (CLOSE_WAIT)\n",
        "   0: 090200C0:0050 050200C0:C351 01 00000010:00000001 02:00000AF0 00000003  1033 "
        "       4 70123 1 x\n"
        "   1: 090200C0:1F90 050200C0:0351 08 00000000:00000000 00:00000000 00000000    33 "
        "       0 7 1 x\n",
        "   0: B80D0120000000000000000009000000:0016 B80D0120000000000000000004000000:1403 01 "
        "00000010:00000001 00:00000000 00000000  1033 0 70123 1 x\n",
        "tcp6       0      0 2001:db8:1:2:3:4:5:6:22     2001:db8:1:2:3:4:5:7:5123   ESTABLISHED\n",
        "  TCP    [2001:db8:1:2:3:4:5:6]:22   [2001:db8:1:2:3:4:5:7]:5123  ESTABLISHED   12\n",
        "\"LocalAddress\",\"LocalPort\",\"RemoteAddress\",\"RemotePort\",\"State\"\n"
        "\"192.0.2.9\",\"22\",\"198.51.100.4\",\"5123\",\"Established\"\n"};
    char cut[1024];

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct sample *whole = read_text(texts[i]);
        assert_int_equal(whole->import->cut_rows, 0);
        for (unsigned pad = 0; pad < 60; pad++) {
            cut_at_the_edge(texts[i], pad, cut);
            write_file(path, cut, strlen(cut));
            struct sample_reason why = {.code = REASON_NONE};
            struct source *src;
            if (recording_open(&src, path, &why)) /* nothing is left of it */
                continue;
            struct sample *s = read_source(src);
            lines_add_up(s->import);
            assert_true(s->n_live <= whole->n_live);
            for (uint32_t row = 0; row < s->n_live; row++) {
                uint32_t of = 0;
                while (of < whole->n_live && !is_part_of(&s->conn[row], &whole->conn[of]))
                    of++;
                if (of == whole->n_live)
                    fail_msg("a row that was not there behind %u blanks in: %s", pad, texts[i]);
            }
            sample_unref(s);
            source_close(src);
        }
        sample_unref(whole);
    }
}

static void a_slow_pipe_gives_the_same(void **state)
{
    struct sample_reason why = {.code = REASON_NONE};
    struct source *src;
    char name[32];
    int ends[2];

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    if (child_fork(NULL) == 0) {
        for (size_t i = 0; i < sizeof WINDOWS - 1; i++)
            if (write(ends[1], &WINDOWS[i], 1) != 1)
                _exit(1);
        _exit(0);
    }
    close(ends[1]);
    snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
    assert_int_equal(recording_open(&src, name, &why), 0);
    struct sample *s = read_source(src);
    assert_int_equal(s->n_live, 3);
    lines_add_up(s->import);
    sample_unref(s);
    source_close(src);
    close(ends[0]);
}

static void make_directory(const char *root, const char *name)
{
    char full[256];

    snprintf(full, sizeof full, "%s/%s", root, name);
    assert_int_equal(mkdir(full, 0700), 0);
}

static void put(const char *root, const char *name, const char *text)
{
    char full[256];

    snprintf(full, sizeof full, "%s/%s", root, name);
    write_file(full, text, strlen(text));
}

static void a_sosreport_has_rows_of_each_namespace(void **state)
{
    char root[64], full[256];

    (void)state;
    snprintf(root, sizeof root, "%.50s.d", path);
    make_directory(root, "");
    make_directory(root, "sos_commands");
    make_directory(root, "sos_commands/networking");
    make_directory(root, "sos_commands/host");
    put(root, "sos_commands/host/hostname", "web-01\n");
    put(root, "sos_commands/networking/ss_-peaonmi",
        "Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
        "tcp   LISTEN 0 128 0.0.0.0:22 0.0.0.0:* ino:5 sk:1\n");
    /* the same sockets once more, which are not counted twice */
    put(root, "sos_commands/networking/netstat_-W_-neopa",
        "tcp 0 0 0.0.0.0:22 0.0.0.0:* LISTEN 0 5 - off (0.00/0/0)\n");
    put(root, "sos_commands/networking/ip_netns_exec_blue_ss_-peaonmi",
        "tcp   LISTEN 0 128 0.0.0.0:80 0.0.0.0:* ino:6 sk:2\n");
    struct sample *s = read_path(root);
    assert_int_equal(s->n_live, 2);
    assert_string_equal(s->host.name, "web-01");
    assert_string_equal(sample_netns(s, &s->conn[1]), "blue");
    assert_int_equal(s->conn[1].sport, 80);
    assert_int_equal(s->import->n_files, 2);
    lines_add_up(s->import);
    sample_unref(s);
    snprintf(full, sizeof full, "rm -rf '%s'", root);
    assert_int_equal(system(full), 0);
}

static void other_directories_are_refused(void **state)
{
    struct sample_reason why = {.code = REASON_NONE};
    struct source *src;

    (void)state;
    assert_true(recording_open(&src, "/", &why) < 0);
    assert_int_equal(why.code, REASON_NO_RECORDINGS);
    assert_int_equal(why.error, -EISDIR);
}

static void texts_are_kept_once_and_clean(void **state)
{
    char longest[200], address[16];
    uint32_t one = end_text_add("river", 5);

    (void)state;
    assert_int_not_equal(one, 0);
    assert_int_equal(end_text_add("river", 5), one);
    assert_string_equal(end_text(one), "river");
    assert_int_equal(end_text_add("", 0), 0);
    assert_string_equal(end_text(0), "");
    assert_string_equal(end_text(UINT32_MAX), "");
    assert_string_equal(end_text(end_text_add("a\x1b[2J", 5)), "a\xef\xbf\xbd[2J");
    memset(longest, 'x', sizeof longest);
    const char *cut = end_text(end_text_add(longest, sizeof longest));
    assert_int_equal(strlen(cut), END_TEXT_SIZE - 1);
    assert_string_equal(cut + strlen(cut) - 3, "…");
    end_text_put((uint8_t *)address, one);
    assert_int_equal(end_text_number((uint8_t *)address), one);
}

static void times_of_ss_are_read(void **state)
{
    static const struct {
        const char *text;
        uint32_t ms;
    } times[] = {{"", 0},           {"204ms", 204},        {"59sec", 59000},
                 {"3.204ms", 3204}, {"1min59sec", 119000}, {"12min", 720000}};
    uint32_t ms;

    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        struct import_field f = {times[i].text, strlen(times[i].text)};
        assert_true(import_text_ss_time(&f, &ms));
        assert_int_equal(ms, times[i].ms);
    }
    assert_false(import_text_ss_time(&(struct import_field){"soon", 4}, &ms));
    assert_false(import_text_ss_time(&(struct import_field){"5", 1}, &ms));
}

static void states_are_known_in_other_languages(void **state)
{
    static const struct {
        const char *word;
        unsigned is;
    } words[] = {{"ABHÖREN", TCP_STATE_LISTEN},
                 {"ABH\x99REN", TCP_STATE_LISTEN},
                 {"ABH™REN", TCP_STATE_LISTEN},
                 {"ABH.REN", TCP_STATE_LISTEN},
                 {"ABHREN", 0},
                 {"WARTEND", TCP_STATE_TIME_WAIT},
                 {"FIN_WARTEN_2", TCP_STATE_FIN_WAIT2},
                 {"ÉTABLIE", TCP_STATE_ESTABLISHED},
                 {"TimeWait", TCP_STATE_TIME_WAIT},
                 {"FIN_WAIT_1", TCP_STATE_FIN_WAIT1},
                 {"ES", 0},
                 {"TW", 0}};

    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct import_field f = {words[i].word, strlen(words[i].word)};
        assert_int_equal(import_text_state(&f), words[i].is);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_path, remove_path)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(windows_tells_no_queues_no_timers_no_inodes),
        TEST(a_program_is_that_of_the_row_above),
        TEST(an_inode_that_is_not_told_is_found_by_no_real_one),
        TEST(ss_tells_figures_and_the_cookie),
        TEST(timers_are_off_only_where_they_are_printed),
        TEST(the_star_of_an_old_ss_is_ipv4),
        TEST(a_cut_address_is_no_address),
        TEST(a_cut_port_is_no_port),
        TEST(names_stand_for_themselves),
        TEST(both_byte_orders_give_the_same_address),
        TEST(what_is_no_output_is_refused),
        TEST(what_is_compressed_is_said_to_be),
        TEST(a_heading_alone_is_an_empty_table),
        TEST(prose_is_skipped_and_lost_rows_are_told),
        TEST(sentences_about_tcp_are_text),
        TEST(the_words_name_lines),
        TEST(what_stands_around_rows_is_taken_away),
        TEST(a_line_that_is_too_long_is_skipped),
        TEST(every_cut_adds_up),
        TEST(what_a_terminal_cuts_is_not_made_up),
        TEST(a_slow_pipe_gives_the_same),
        TEST(a_sosreport_has_rows_of_each_namespace),
        TEST(other_directories_are_refused),
        TEST(a_line_of_signs_alone_is_text),
        cmocka_unit_test(texts_are_kept_once_and_clean),
        cmocka_unit_test(times_of_ss_are_read),
        cmocka_unit_test(states_are_known_in_other_languages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
