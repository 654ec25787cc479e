/* SPDX-License-Identifier: MIT */
/* Any bytes as the output of another program: always an end, every line counted once, no more
 * connections than the text has room for, no text that has not been sanitised, and nothing left of
 * what is only decided at the end; judged, drawn and printed. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/fuzz.h"
#include "lib/hostile.h"
#include "lib/sample.h"
#include "tcptop/base/hash.h"
#include "tcptop/base/utf8.h"
#include "tcptop/owner/lookup.h"
#include "tcptop/source/source.h"

#define ROW_BYTES 8 /* the shortest line that is a connection is longer */
#define DRAWN     4 /* one of so many inputs, by chance: it takes longer than all else */

FUZZ_SEEDS(
    FUZZ_SEED("State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
              "ESTAB 0 36 192.0.2.9:22 198.51.100.4:51234 users:((\"a b\",pid=4444,fd=3)) "
              "timer:(on,3.204ms,1) uid:1000 ino:18010 sk:3 cgroup:/system.slice/a.service <->\n"
              "\t ts sack cubic rto:204 rtt:3.5/1.2 cwnd:10 bytes_sent:5000 bytes_retrans:100 "
              "bytes_acked:4801 delivery_rate 8000000bps busy:120ms retrans:0/2 minrtt:2.9\n"
              "LISTEN 0 128 *:22 *:* users:((\"sshd\",1215,4))\n"
              "LISTEN 0 1 [fe80::1]%eth0:7000 [::]:*\n"
              "ESTAB 0 0 192.0.2.9:22\n   198.51.100.4:51235\n"),
    FUZZ_SEED("Active Internet connections (servers and established)\n"
              "Proto Recv-Q Send-Q Local Address Foreign Address State User Inode PID/Program name "
              "Timer\n"
              "tcp6 0 0 fe80::7c08:ffff:f:32972 2001:db8:aaaa:bbb:34149 ESTABLISHED www 5 "
              "6492/sshd: u keepalive (7199.1/0/3)\n"
              "tcp 0 0 host:ssh 192.0.2.1:* LISTEN -\nunix 3 [ ] STREAM\n"),
    FUZZ_SEED("\r\n  Proto  Local Address  Foreign Address  State  PID\r\n"
              "  TCP    [fe80::1%12]:49700 [fe80::aa:bb%12]:445 SYN_SENT 4\r\n [a b.exe]\r\n"
              "  TCP    0.0.0.0:135 0.0.0.0:0 ABH\x99REN\r\n"
              "  \xc7\xc1\xb7\xce\xc5\xe4\xc4\xdd  \xb7\xce\xc4\xc3 \xc1\xd6\xbc\xd2\r\n"
              "  UDP    [::1]:1900 *:* 5120\r\n"),
    FUZZ_SEED("Active Internet connections\n"
              "Proto Recv-Q Send-Q  Local Address          Foreign Address        (state)     "
              "rxbytes txbytes rhiwat shiwat process:pid state\n"
              "tcp6 0 0 2001:db8:bab0:d.62494 2001:db8:4003:c.993 ESTABLISHED 1 2 3 4 G C:5 1\n"
              "f100020000000004 tcp4 0 0 192.168.200.230.32 192.168.200.230.70 ESTABLISHED\n"
              "tcp46 1863/0/32768 *.80\n"),
    FUZZ_SEED("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt uid\n"
              "   0: 0100007F:24E3 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 5\n"
              "   1: 00000000000000000000000001000000:0016 0000000000000000FFFF0000076433C6:8431 "
              "01 00000000:00000000 02:0000172C 00000000 0 0 6529885 1 0 20 0 0 10 -1\n"),
    FUZZ_SEED("COMMAND PID USER FD TYPE DEVICE SIZE/OFF NODE NAME\n"
              "my\\x20srv 26515 root 3u IPv4 6529868 0t0 TCP 192.0.2.1:1->192.0.2.2:2 (CLOSED)\n"
              "my\\x20srv 26516 www 3u IPv4 6529868 0t0 TCP 192.0.2.1:1->192.0.2.2:2 (CLOSED)\n"),
    FUZZ_SEED("LocalAddress LocalPort RemoteAddress RemotePort State OwningProcess\n---- -- ---\n"
              ":: 49668 :: 0 Listen 1234\nfe80::1c2d... 5 ::1 0 Bound 7\n"
              "\"LocalAddress\",\"LocalPort\",\"State\"\n\"::\",\"1\",\"TimeWait\"\n"),
    FUZZ_SEED(
        "```\n2026-11-29 03:12:01 web: <td>Proto  Local Address  Foreign Address  State</td>\n"
        "2026-11-29 03:12:02 web:   TCP    0.0.0.0:135  0.0.0.0:0  LISTENING<br>\n```\n"
        "\"State Recv-Q Send-Q Local Address:Port Peer Address:Port\"\n"
        "\"ESTAB 0 36 192.0.2.9:22 198.51.100.4:5 users:((\\\"a\\\",pid=4,fd=3)) -&gt;\"\n"),
    FUZZ_SEED("\xff\xfe\x20\x00T\x00"
              "C\x00P\x00 \x00:\x00:\x00\n\x00=\xd8\x00\xde"),
    FUZZ_SEED("| tcp | 0 | 0 | 192.0.2.9:22 | 198.51.100.4:51239 | ESTABLISHED |\n"
              "[2022/9/23 15:43:47] TCP 192.0.2.25:1 198.51.100.9:443 CLOSE_WAIT 9032\n"
              "tcp 0 0 192.0.2.9:1 192.0.2.9:2 TIME_WAIT;tcp 0 0 192.0.2.9:1 192.0.2.9:3 "
              "TIME_WAIT\n...\n# ss -tan\n\x1b[1mtcp 0 0 192.0.2.9:1 192.0.2.9:\n"))

static void demand(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "import_fuzz: %s\n", what);
        abort();
    }
}

static bool is_clean(const char *text)
{
    char clean[2048];

    utf8_sanitise_into(clean, sizeof(clean), text, strlen(text));
    return strcmp(text, clean) == 0;
}

static void check_rows(const struct sample *s)
{
    char address[CONN_ADDRESS_SIZE];

    for (uint32_t row = 0; row < s->n_live; row++) {
        const struct conn *c = &s->conn[row];
        demand(c->unknown < 0x400, "something is undecided");
        demand(c->state < TCP_STATE_COUNT, "a state that is none");
        demand(c->timer <= TIMER_DELACK, "a timer that is none");
        for (int remote = 0; remote < 2; remote++) {
            demand(is_clean(conn_address(c, remote, address)), "an address that is not clean");
            demand(is_clean(conn_port_text(c, remote)), "a port that is not clean");
        }
        demand(!conn_port_unknown(c, false) || c->sport == 0, "an unknown port with a number");
    }
}

static void check_lines(const struct import *i)
{
    uint32_t reasons = 0;

    for (int why = 0; why < IMPORT_SKIPPED_COUNT; why++)
        reasons += i->skipped_for[why];
    demand(reasons == i->skipped, "skipped lines without a reason");
    demand(i->lines == i->rows + i->continued + i->headings + i->blank + i->skipped,
           "lines that are not counted once");
    demand(i->n_listed == (i->skipped < IMPORT_LISTED ? i->skipped : IMPORT_LISTED),
           "skipped lines that are not listed");
    demand(is_clean(i->tool) && is_clean(i->system), "a name that is not clean");
}

static void check_owners(struct source *src, struct sample *s)
{
    if (!(s->needs & NEED_OWNER) || sample_reserve_owner(builder_of(s), s->n_live))
        return;
    owner_lookup_assign(src->ops->owners(src), s, NULL);
    for (uint32_t row = 0; row < s->n_live; row++) {
        const struct owner_group *g = sample_owner(s, row, NULL);
        for (uint32_t i = 0; g && i < g->n; i++)
            demand(is_clean(g->member[i]->process) && is_clean(g->member[i]->cgroup),
                   "a process that is not clean");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct request req = {.needs = NEED_TCP_INFO};
    struct sample_reason why = {.code = REASON_NONE};
    struct source *src;
    char path[64];
    int fd = memfd_create("import", MFD_CLOEXEC);

    if (fd < 0 || write(fd, data, len) != (ssize_t)len)
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (recording_open(&src, path, &why) == 0) {
        struct sample *s = sample_make(NULL);
        if (!s)
            abort();
        if (source_sample(src, &req, builder_of(s), &why) == 0 && s->import) {
            demand(s->n_live <= len / ROW_BYTES, "more rows than text");
            check_rows(s);
            check_lines(s->import);
            check_owners(src, s);
        }
        sample_unref(s);
        source_close(src);
    }
    if (hash_crc32(0, data, len) % DRAWN == 0)
        hostile_play(&(struct hostile_bytes){data, len}, data, len);
    close(fd);
    return 0;
}
