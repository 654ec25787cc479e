/* SPDX-License-Identifier: MIT */
/* A line of /proc/net/tcp or tcp6 becomes the row that it describes; every other line is refused
 * and counted, once however long it is, also one that is cut. A host without IPv6 has no second
 * file; a first one without its titles, as WSL 1 has it, tells nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/sample.h"
#include "tcptop/base/str.h"
#include "tcptop/source/proc_tcp.h"

/* What the two files hold; NULL: open() fails with the error. */
static struct {
    const char *text;
    int error;
    bool breaks_off; /* behind the text reading fails with the error */
} tcp, tcp6;
static struct source program; /* whose end the reading looks at */
static unsigned rows_left;    /* before memory is out */
static bool ends_meanwhile;   /* the program, while the first file is read */

static int fake_open(const char *path, int flags)
{
    const bool first = strcmp(path, "/proc/thread-self/net/tcp") == 0;
    const char *text = first ? tcp.text : tcp6.text;

    (void)flags;
    if (!text) {
        errno = first ? tcp.error : tcp6.error;
        return -1;
    }
    int fd = memfd_create("tcp", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static ssize_t fake_read(int fd, void *buffer, size_t size)
{
    const ssize_t got = read(fd, buffer, size);

    if (ends_meanwhile)
        source_cancel(&program);
    if (got != 0 || !(tcp.breaks_off || tcp6.breaks_off))
        return got;
    errno = EIO;
    return -1;
}

static struct conn *fake_add(struct sample_builder *b, struct tcp_metrics **metrics)
{
    return rows_left ? rows_left--, sample_add(b, metrics) : NULL;
}

#define open(path, flags)      fake_open(path, flags)
#define read(fd, buffer, size) fake_read(fd, buffer, size)
#define sample_add             fake_add
#include "../../src/source/proc_tcp.c"

/* Addresses as the kernel prints them: each four bytes as one number of the host. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LOOPBACK  "0100007F"
#define PEER      "0200000A"
#define LAST_WORD "01000000"
#else
#define LOOPBACK  "7F000001"
#define PEER      "0A000002"
#define LAST_WORD "00000001"
#endif

#define ESTABLISHED                                                                                \
    "  12: " LOOPBACK ":0BB8 " PEER                                                                \
    ":C350 01 00000014:00000006 01:00000010 00000003  1000        0 "                              \
    "4711 1 0000000058c41824 100 0 0 10 0"
#define LISTEN6                                                                                    \
    "   0: 000000000000000000000000" LAST_WORD ":1F90 00000000000000000000000000000000:0000 0A "   \
    "00000000:00000002 00:00000000 00000000     0        0 99 1 0000000000000000 100 0 0 10 -1"
#define PROBING                                                                                    \
    "  12: " LOOPBACK ":0BB8 " PEER                                                                \
    ":C350 01 00000014:00000006 04:00000010 00000003  1000        7 "                              \
    "4711 1 0000000058c41824 100 0 0 10 0"
#define TIME_WAIT                                                                                  \
    "   1: " LOOPBACK ":0BB8 " LOOPBACK                                                            \
    ":CA5C 06 00000000:00000000 03:00001294 00000000     0        0 "                              \
    "0 3 00000000969e6e6b"

/* Read an exact copy; the sample is the caller's. */
static struct sample *read_line(uint8_t family, const char *line, size_t len)
{
    struct sample *s = sample_make(NULL);
    char *copy = malloc(len ? len : 1);

    assert_non_null(s);
    assert_non_null(copy);
    memcpy(copy, line, len);
    assert_int_equal(proc_tcp_line(builder_of(s), family, copy, len), 0);
    free(copy);
    return s;
}

static void ipv4(void **state)
{
    (void)state;
    static const uint8_t local[16] = {127, 0, 0, 1}, remote[16] = {10, 0, 0, 2};
    struct sample *s = read_line(AF_INET, ESTABLISHED, strlen(ESTABLISHED));
    const struct conn *c = &s->conn[0];

    assert_int_equal(s->n_live, 1);
    assert_memory_equal(c->src, local, 16);
    assert_memory_equal(c->dst, remote, 16);
    assert_int_equal(c->sport, 3000);
    assert_int_equal(c->dport, 50000);
    assert_int_equal(c->state, TCP_STATE_ESTABLISHED);
    assert_int_equal(c->wqueue, 20);
    assert_int_equal(c->rqueue, 6);
    assert_int_equal(c->timer, TIMER_RETRANSMIT);
    assert_int_equal(c->expires_ms, 160);
    assert_int_equal(c->retrans, 3);
    assert_int_equal(c->uid, 1000);
    assert_int_equal(c->inode, 4711);
    assert_int_equal(c->flags, CONN_NO_COOKIE | CONN_ROUNDED_TIMER);
    sample_unref(s);
}

static void ipv6_listener(void **state)
{
    (void)state;
    static const uint8_t local[16] = {[15] = 1};
    struct sample *s = read_line(AF_INET6, LISTEN6, strlen(LISTEN6));
    const struct conn *c = &s->conn[0];

    assert_int_equal(s->n_live, 1);
    assert_memory_equal(c->src, local, 16);
    assert_int_equal(c->sport, 8080);
    assert_int_equal(c->state, TCP_STATE_LISTEN);
    assert_int_equal(c->rqueue, 2);
    assert_int_equal(c->flags, CONN_NO_COOKIE | CONN_ROUNDED_TIMER | CONN_NO_BACKLOG);
    sample_unref(s);
}

static void probes_go_with_their_timer(void **state)
{
    (void)state;
    struct sample *s = read_line(AF_INET, PROBING, strlen(PROBING));

    assert_int_equal(s->conn[0].timer, TIMER_PROBE);
    assert_int_equal(s->conn[0].retrans, 7);
    sample_unref(s);
}

static void time_wait(void **state)
{
    (void)state;
    struct sample *s = read_line(AF_INET, TIME_WAIT, strlen(TIME_WAIT));

    assert_int_equal(s->conn[0].timer, TIMER_TIMEWAIT);
    assert_int_equal(s->conn[0].expires_ms, 47560);
    assert_int_equal(s->conn[0].flags, CONN_NO_COOKIE | CONN_ROUNDED_TIMER | CONN_NO_OWNER);
    sample_unref(s);
}

/* The inode is the last number that is read: before its last digit no cut line is taken for one. */
static void cut_lines(void **state)
{
    (void)state;
    size_t end = (size_t)(strstr(ESTABLISHED, "4711") - ESTABLISHED);

    for (size_t len = 0; len <= end; len++) {
        struct sample *s = read_line(AF_INET, ESTABLISHED, len);
        assert_int_equal(s->n_live, 0);
        assert_int_equal(s->rejected, 1);
        sample_unref(s);
    }
}

static void lines_that_are_none(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "hello",
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid",
        "0: 0100007F:0BB8 0200000A:C350 00 0:0 0:0 0 0 0 1",  /* no state 0 */
        "0: 0100007F:0BB8 0200000A:C350 0C 0:0 0:0 0 0 0 1",  /* never shown */
        "0: 0100007F:0BB8 0200000A:C350 01 0:0 06:0 0 0 0 1", /* no timer 6 */
        "0: 0100007F:10BB8 0200000A:C350 01 0:0 0:0 0 0 0 1",
        "0: 0100007F:0BB8 0200000A:C350 01 100000000:0 0:0 0 0 0 1",
        "0: 0100007F:0BB8 0200000A:C350 01 0:0 100:0 0 0 0 1",
        "0: 0100007F:0BB8 0200000A:C350 01 0:0 0:0 0 99999999999999999999999 0 1",
        "0: 0100007F:0BB8 0200000A:C350 01 0:0 0:0 0 0 0 4294967296",
        "0: 010000G0:0BB8 0200000A:C350 01 0:0 0:0 0 0 0 1",
    };

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct sample *s = read_line(AF_INET, lines[i], strlen(lines[i]));
        assert_int_equal(s->n_live, 0);
        assert_int_equal(s->rejected, 1);
        sample_unref(s);
    }
}

#define TITLES "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
#define TITLES6                                                                                    \
    "  sl  local_address                         remote_address                        st\n"

/* Both files: how many rows, how many lines that are none, with which status, the error. */
static void expect_lines(unsigned rows, unsigned rejected, enum sample_status status, int error)
{
    struct sample *s = sample_make(NULL);

    assert_int_equal(proc_tcp_take(builder_of(s), &program), error);
    assert_int_equal(s->n_live, rows);
    assert_int_equal(s->rejected, rejected);
    assert_int_equal(s->status, status);
    sample_unref(s);
}

static void expect_taken(unsigned rows, enum sample_status status, int error)
{
    expect_lines(rows, 0, status, error);
}

static void hosts_without_ipv6(void **state)
{
    (void)state;
    tcp.text = TITLES ESTABLISHED "\n" TIME_WAIT "\n";
    tcp6.text = NULL;
    tcp6.error = ENOENT;
    expect_taken(2, SAMPLE_COMPLETE, 0);
    tcp6.error = EACCES;
    expect_taken(2, SAMPLE_PARTIAL, 0);
    tcp6.text = TITLES6 LISTEN6 "\n";
    expect_taken(3, SAMPLE_COMPLETE, 0);
}

static void files_without_titles(void **state)
{
    (void)state;
    tcp.text = TITLES;
    tcp6.text = TITLES6;
    expect_taken(0, SAMPLE_COMPLETE, 0);
    tcp6.text = "";
    expect_taken(0, SAMPLE_PARTIAL, 0);
    tcp.text = "";
    expect_taken(0, SAMPLE_COMPLETE, -EOPNOTSUPP);
    tcp.text = "  sl"; /* cut */
    expect_taken(0, SAMPLE_COMPLETE, -EOPNOTSUPP);
    tcp.text = NULL;
    tcp.error = ENOENT;
    expect_taken(0, SAMPLE_COMPLETE, -ENOENT);
}

/* A line that ends with the file has lost nobody knows what. */
static void lines_that_the_end_has_cut(void **state)
{
    (void)state;
    tcp.text = TITLES ESTABLISHED "\n" TIME_WAIT;
    tcp6.text = TITLES6 LISTEN6 "\n";
    expect_lines(2, 1, SAMPLE_PARTIAL, 0);
    tcp.text = TITLES ESTABLISHED "\n";
    tcp6.text = TITLES6 "   0: 0000";
    expect_lines(1, 1, SAMPLE_PARTIAL, 0);
}

/* No kernel writes a line longer than the buffer: it is one, whatever its end looks like. */
static void lines_without_end(void **state)
{
    (void)state;
    struct str text = STR_INIT, titles = STR_INIT;

    tcp6.text = TITLES6;
    str_add(&text, TITLES ESTABLISHED "\n");
    str_add_many(&text, '0', 3 * PROC_TCP_BUFFER);
    str_add(&text, ESTABLISHED "\n" TIME_WAIT "\n");
    tcp.text = str_text(&text);
    expect_lines(2, 1, SAMPLE_PARTIAL, 0);
    str_clear(&text);
    str_add(&text, TITLES ESTABLISHED "\n");
    str_add_many(&text, '0', 2 * PROC_TCP_BUFFER + 7); /* and then the file ends */
    tcp.text = str_text(&text);
    expect_lines(1, 1, SAMPLE_PARTIAL, 0);
    str_add_many(&titles, ' ', PROC_TCP_BUFFER + 1);
    tcp.text = str_text(&titles);
    expect_lines(0, 0, SAMPLE_COMPLETE, -EOPNOTSUPP);
    str_add(&titles, "sl\n" ESTABLISHED "\n");
    tcp.text = str_text(&titles);
    expect_lines(1, 0, SAMPLE_COMPLETE, 0);
    str_fini(&text);
    str_fini(&titles);
}

/* Where lines fall over the end of the buffer, every one is read once. */
static void many_lines(void **state)
{
    (void)state;
    struct str text = STR_INIT;

    str_add(&text, TITLES);
    for (unsigned i = 0; i < 3000; i++) {
        str_add(&text, i % 2 ? ESTABLISHED : TIME_WAIT);
        str_add_many(&text, ' ', i % 7);
        str_add(&text, "\n");
    }
    assert_true(text.len > 4 * PROC_TCP_BUFFER);
    tcp.text = str_text(&text);
    tcp6.text = TITLES6;
    expect_taken(3000, SAMPLE_COMPLETE, 0);
    str_fini(&text);
}

static void files_that_break_off(void **state)
{
    (void)state;
    tcp.text = TITLES ESTABLISHED "\n";
    tcp6.text = TITLES6 LISTEN6 "\n";
    tcp.breaks_off = true;
    expect_taken(1, SAMPLE_COMPLETE, -EIO); /* whoever asked has another error than rows */
}

static void memory_that_runs_out(void **state)
{
    (void)state;
    tcp.text = TITLES ESTABLISHED "\n" TIME_WAIT "\n";
    tcp6.text = TITLES6 LISTEN6 "\n";
    rows_left = 1;
    expect_taken(1, SAMPLE_COMPLETE, -ENOMEM);
    rows_left = 2; /* the second file is not unreadable */
    expect_taken(2, SAMPLE_COMPLETE, -ENOMEM);
}

static void whoever_ends_does_not_read_on(void **state)
{
    (void)state;
    tcp.text = TITLES ESTABLISHED "\n";
    tcp6.text = TITLES6 LISTEN6 "\n";
    ends_meanwhile = true;
    struct sample *s = sample_make(NULL);
    assert_int_equal(proc_tcp_take(builder_of(s), &program), -ECANCELED);
    assert_int_equal(s->n_live, 1); /* the second file was not read */
    sample_unref(s);
}

static int prepare(void **state)
{
    (void)state;
    memset(&tcp, 0, sizeof tcp);
    memset(&tcp6, 0, sizeof tcp6);
    program = (struct source){.part_of = NULL};
    rows_left = UINT32_MAX;
    ends_meanwhile = false;
    return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, prepare)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ipv4),
        TEST(ipv6_listener),
        TEST(time_wait),
        TEST(cut_lines),
        TEST(lines_that_are_none),
        TEST(probes_go_with_their_timer),
        TEST(hosts_without_ipv6),
        TEST(files_without_titles),
        TEST(lines_that_the_end_has_cut),
        TEST(lines_without_end),
        TEST(many_lines),
        TEST(files_that_break_off),
        TEST(memory_that_runs_out),
        TEST(whoever_ends_does_not_read_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
