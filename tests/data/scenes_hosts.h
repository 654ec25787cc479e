/* SPDX-License-Identifier: MIT */
/* The three hosts: a quiet web server, a laptop with a development server, a server with a leak. */
#ifndef TESTS_DATA_SCENES_HOSTS_H
#define TESTS_DATA_SCENES_HOSTS_H

#include <stdio.h>
#include <string.h>

#include "data/scenes.h"
#include "data/scenes_owners.h"
#include "tcptop/model/conn.h"
#include "tcptop/model/state.h"

#define ALWAYS 1, SAMPLES

/* Figures of a connection that has little to tell. */
#define CALM(rtt)                                                                                  \
    {                                                                                              \
        .rtt_us = rtt, .rttvar_us = (rtt) / 4, .min_rtt_us = (rtt) - (rtt) / 8,                    \
        .rto_us = 200000 + (rtt), .cwnd = 10, .window = 64256, .sent = 48200, .received = 12400,   \
        .busy_us = 90000                                                                           \
    }

/* A TIME_WAIT entry lives 60 s, then a new connection takes its place: the generation of the i-th
 * one at sample `t`, and the time it has left. */
static unsigned generation(unsigned i, int t, uint32_t *left_ms)
{
    unsigned age = (i * 37 + (unsigned)t) % 60;

    *left_ms = (60 - age) * 1000 - 500;
    return (i * 37 + (unsigned)t) / 60;
}

/* Its timer; another generation is another socket, also on the same ports. */
static void time_wait(struct row *row, unsigned i, unsigned g, uint32_t left_ms)
{
    row->timer = TIMER_TIMEWAIT;
    row->figures.left_ms = left_ms;
    row->figures.cookie = 0x50000000u + i * 4 + (g - i * 37 / 60);
}

static void place(char local[64], char remote[64], const char *from, unsigned from_port,
                  const char *to, unsigned to_port)
{
    snprintf(local, 64, "%s:%u", from, from_port);
    snprintf(remote, 64, "%s:%u", to, to_port);
}

/* web-01 */

static const struct series web_series[] = {
    {TCP_STATE_LISTEN, 14, 0, NULL, 14, 0},
    {TCP_STATE_SYN_SENT, 0, 1, "000000000000000011010000000000000000000021010000000000000001", 0,
     0},
    {TCP_STATE_SYN_RECV, 0, 1, "000000000000000000000000000000100000000000000000000000000000", 0,
     0},
    {TCP_STATE_ESTABLISHED, 193, 1, "07899abcddddefeddeddccdefghijjjihhiiijjkllllllllmnooqppnonml",
     0, 0},
    {TCP_STATE_CLOSE_WAIT, 0, 1, "111111111111222222222211111111111111111122222222222222222222", 0,
     0},
    {TCP_STATE_LAST_ACK, 0, 1, "000000000000000000000000100000000000000000000000000000000000", 0,
     0},
    {TCP_STATE_FIN_WAIT2, 0, 1, "222222224433222222222222225544332222222222333333333333333333", 0,
     0},
    {TCP_STATE_TIME_WAIT, 0, 0, NULL, 0, 76},
    {0, 0, 0, NULL, 0, 0},
};

#define LISTENER(address)                                                                          \
    {                                                                                              \
        address, "0.0.0.0:*", TCP_STATE_LISTEN, TIMER_OFF, 0, 0, 511, 0, ALWAYS,                   \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }
#define LISTENER6(address)                                                                         \
    {                                                                                              \
        address, "[::]:*", TCP_STATE_LISTEN, TIMER_OFF, 0, 0, 511, 0, ALWAYS,                      \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }

static const struct row web_rows[] = {
    {"10.0.2.15:47122", "10.0.5.8:8443", TCP_STATE_CLOSE_WAIT, TIMER_OFF, 0, 1, 0, 1000, ALWAYS,
     CALM(2100)},
    {"10.0.2.15:47160", "10.0.5.8:8443", TCP_STATE_CLOSE_WAIT, TIMER_OFF, 0, 1, 0, 1000, 41,
     SAMPLES, CALM(2100)},
    {"10.0.2.15:51514",
     "198.51.100.9:443",
     TCP_STATE_SYN_SENT,
     TIMER_RETRANSMIT,
     750,
     0,
     1,
     1000,
     60,
     SAMPLES,
     {.rto_us = 1000000}},
    {"10.0.2.15:443", "203.0.113.60:50712", TCP_STATE_ESTABLISHED, TIMER_OFF, 0, 0, 0, 33, 1, 30,
     CALM(40300)},
    {"10.0.2.15:443", "203.0.113.61:50990", TCP_STATE_ESTABLISHED, TIMER_OFF, 0, 0, 0, 33, 1, 43,
     CALM(41700)},
    {"10.0.2.15:443",
     "203.0.113.60:50712",
     TCP_STATE_FIN_WAIT2,
     TIMER_TIMEWAIT,
     31500,
     0,
     0,
     0,
     31,
     SAMPLES,
     {0}},
    {"10.0.2.15:443",
     "203.0.113.61:50990",
     TCP_STATE_FIN_WAIT2,
     TIMER_TIMEWAIT,
     44500,
     0,
     0,
     0,
     44,
     SAMPLES,
     {0}},
    {"10.0.2.15:443",
     "198.51.100.23:40222",
     TCP_STATE_FIN_WAIT2,
     TIMER_TIMEWAIT,
     52500,
     0,
     0,
     0,
     52,
     SAMPLES,
     {0}},
    {"10.0.2.15:22", "192.0.2.44:60122", TCP_STATE_ESTABLISHED, TIMER_KEEPALIVE, 5610000, 0, 0, 0,
     ALWAYS, CALM(31400)},
    {"10.0.2.15:443", "198.51.100.140:49316", TCP_STATE_ESTABLISHED, TIMER_OFF, 0, 0, 0, 33, ALWAYS,
     CALM(18700)},
    {"10.0.2.15:443", "198.51.100.140:49318", TCP_STATE_ESTABLISHED, TIMER_OFF, 0, 0, 0, 33, ALWAYS,
     CALM(18900)},
    {"10.0.2.15:443", "198.51.100.203:56080", TCP_STATE_ESTABLISHED, TIMER_OFF, 0, 0, 0, 33, 1, 58,
     CALM(22300)},
    {"10.0.2.15:443",
     "198.51.100.203:56080",
     TCP_STATE_TIME_WAIT,
     TIMER_TIMEWAIT,
     58500,
     0,
     0,
     0,
     59,
     SAMPLES,
     {0}},
    {"10.0.2.15:443",
     "203.0.113.77:51422",
     TCP_STATE_ESTABLISHED,
     TIMER_RETRANSMIT,
     250,
     0,
     8688,
     33,
     ALWAYS,
     {.rtt_us = 52100,
      .rttvar_us = 7300,
      .min_rtt_us = 41000,
      .rto_us = 268000,
      .cwnd = 6,
      .ssthresh = 6,
      .window = 64256,
      .sent = 121000000,
      .again = 5930000,
      .received = 251000,
      .busy_us = 130340000,
      .tx = 162000,
      .rx = 1910,
      .busy_permille = 980,
      .again_permille = 130,
      .cookie = 0x5f21,
      .tx_course = {1840000, "jkpquvzzzzuvpquvpqjkefefefjkjkjkuvuvzzzzuvuvpqpqef8a8a343434"},
      .rx_course = {2620, "wxwxwxwxwxwxqrqrqrqrklklklklklqrwxqrwxwxwxzzqrqrqrklqrklklqr"},
      .rtt_course = {66000, "opopopopopopopopopopopopopopopopopopopopopopoptuzzzzzztututu"},
      .again_course = {220, "0000000000004545bcbchjbchjbchjhjhjbchjhjbchjhjhjoqvwzzvwoqoq"}}},
    {"10.0.2.15:443", "203.0.113.77:51423", TCP_STATE_ESTABLISHED, TIMER_OFF, 0, 0, 0, 33, ALWAYS,
     CALM(41900)},
    {"10.0.2.15:443", "203.0.113.77:51425", TCP_STATE_ESTABLISHED, TIMER_OFF, 0, 0, 0, 33, 59,
     SAMPLES, CALM(42300)},
    {"10.0.2.15:443", "203.0.113.114:33012", TCP_STATE_ESTABLISHED, TIMER_OFF, 0, 0, 0, 33, ALWAYS,
     CALM(64800)},
    {"10.0.2.15:443", "203.0.113.209:61877", TCP_STATE_ESTABLISHED, TIMER_OFF, 0, 0, 0, 33, 1, 58,
     CALM(38100)},
    {"127.0.0.1:5432", "127.0.0.1:40112", TCP_STATE_ESTABLISHED, TIMER_KEEPALIVE, 5310000, 0, 0, 70,
     ALWAYS, CALM(64)},
    {"127.0.0.1:5432", "127.0.0.1:40116", TCP_STATE_ESTABLISHED, TIMER_KEEPALIVE, 5310000, 0, 0, 70,
     ALWAYS, CALM(72)},
    {"127.0.0.1:5432", "127.0.0.1:40124", TCP_STATE_ESTABLISHED, TIMER_KEEPALIVE, 1050000, 0, 0, 70,
     ALWAYS, CALM(80)},
    LISTENER("0.0.0.0:22"),
    LISTENER("0.0.0.0:80"),
    LISTENER("0.0.0.0:443"),
    LISTENER("127.0.0.1:5432"),
    LISTENER("127.0.0.1:6379"),
    LISTENER("127.0.0.1:8080"),
    LISTENER("127.0.0.1:9000"),
    LISTENER("127.0.0.1:9090"),
    LISTENER("0.0.0.0:9100"),
    LISTENER("127.0.0.53:53"),
    LISTENER6("[::]:22"),
    LISTENER6("[::]:80"),
    LISTENER6("[::]:443"),
    LISTENER6("[::]:9100"),
    {NULL, NULL, 0, 0, 0, 0, 0, 0, 0, 0, {0}},
};

/* Both ends of connections inside the host, in turn: to the database and to the application. */
static void web_established(unsigned i, char local[64], char remote[64])
{
    unsigned port = 40130 + i / 4 * 4;

    switch (i % 4) {
    case 0:
        place(local, remote, "127.0.0.1", 5432, "127.0.0.1", port);
        break;
    case 1:
        place(local, remote, "127.0.0.1", port, "127.0.0.1", 5432);
        break;
    case 2:
        place(local, remote, "127.0.0.1", 8080, "127.0.0.1", port + 2);
        break;
    default:
        place(local, remote, "127.0.0.1", port + 2, "127.0.0.1", 8080);
        break;
    }
}

#define WEB_CLIENT_WAITS 13 /* TIME_WAIT entries of connections that this host opened */
#define WEB_WAITS_ALWAYS 65 /* slots that always have an entry */
#define WEB_ONE_PEER     7  /* of them to the peer of the two in CLOSE_WAIT */

/* Is there an entry in the i-th slot? Each stays for its 60 s: only when one has expired may its
 * slot be empty or not be empty any more. */
static bool web_waits(unsigned i, unsigned g)
{
    static const char *const slots[2] = {"..#.#..#.#.", ".#.#.##...#"};

    return i < WEB_WAITS_ALWAYS || slots[g > i * 37 / 60][i - WEB_WAITS_ALWAYS] == '#';
}

static bool web_time_wait(unsigned i, int t, struct row *row, char local[64], char remote[64])
{
    uint32_t left;
    unsigned g = generation(i, t, &left);
    char peer[32];

    if (!web_waits(i, g))
        return false;
    time_wait(row, i, g, left);
    if (i < WEB_ONE_PEER) {
        place(local, remote, "10.0.2.15", 47200 + i * 6 + g % 3, "10.0.5.8", 8443);
    } else if (i < WEB_CLIENT_WAITS) {
        snprintf(peer, sizeof peer, "10.0.5.%u", 20 + i);
        place(local, remote, "10.0.2.15", 52000 + i * 8 + g % 7, peer, 6379);
    } else {
        snprintf(peer, sizeof peer, "198.51.100.%u", 1 + i * 3 % 250);
        place(local, remote, "10.0.2.15", 443, peer, 40000 + i * 53 + g);
    }
    return true;
}

static bool web_maker(unsigned state, unsigned i, int t, struct row *row, char local[64],
                      char remote[64])
{
    static const struct figures calm = CALM(90);

    if (state == TCP_STATE_TIME_WAIT)
        return web_time_wait(i, t, row, local, remote);
    if (state == TCP_STATE_ESTABLISHED) {
        row->figures = calm;
        web_established(i, local, remote);
    } else if (state == TCP_STATE_SYN_SENT) {
        place(local, remote, "10.0.2.15", 51300 + i * 64 + (unsigned)t, "198.51.100.9", 443);
    } else if (state == TCP_STATE_CLOSE_WAIT) {
        place(local, remote, "10.0.2.15", 47010 + i, "10.0.5.8", 8443);
    } else {
        if (state == TCP_STATE_FIN_WAIT2) {
            row->timer = TIMER_TIMEWAIT;
            row->expires_ms = 900;
            t = 0;
        }
        place(local, remote, "10.0.2.15", 443, "192.0.2.60",
              50100 + i + 10 * state + 200 * (unsigned)t);
    }
    return true;
}

static const struct scene web_01 = {
    .name = "web-01",
    .series = web_series,
    .rows = web_rows,
    .maker = web_maker,
    .processes = web_processes,
    .holdings = web_holdings,
    .cost_ns = 3000000,
    .port_low = 32768,
    .port_high = 60999,
    .opened = 0.3,
    .accepted = 1.4,
    .resets = 0.1,
    .sent = 420,
    .again = 1.6,
};

/* devbox */

static const struct series dev_series[] = {
    {TCP_STATE_LISTEN, 11, 0, NULL, 11, 0},
    {TCP_STATE_ESTABLISHED, 21, 1, "000000000009000000000000000000000000000000000007000000000000",
     0, 0},
    {TCP_STATE_TIME_WAIT, 0, 1, "000000000000599999999999999999999999999999999999dggggggggggg", 0,
     0},
    {0, 0, 0, NULL, 0, 0},
};

/* A page load: the connection is open in one sample and waits from the next on. */
#define LOAD(port, open_at, wait_from, left)                                                       \
    {"[::1]:3000", "[::1]:" port, TCP_STATE_ESTABLISHED, TIMER_OFF, 0, 0, 0, 1000, open_at,        \
     open_at,      CALM(48)},                                                                      \
    {                                                                                              \
        "[::1]:3000", "[::1]:" port, TCP_STATE_TIME_WAIT, TIMER_TIMEWAIT, left, 0, 0, 0,           \
            wait_from, SAMPLES,                                                                    \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }

static const struct row dev_rows[] = {
    LOAD("63637", 12, 13, 12100), LOAD("63638", 12, 13, 12200),
    LOAD("63639", 12, 13, 12300), LOAD("63642", 12, 13, 12400),
    LOAD("63643", 12, 13, 12500), LOAD("63644", 12, 14, 13100),
    LOAD("63650", 12, 14, 13200), LOAD("63651", 12, 14, 13300),
    LOAD("63652", 12, 14, 13400), LOAD("63824", 48, 49, 48100),
    LOAD("63825", 48, 49, 48200), LOAD("63826", 48, 49, 48300),
    LOAD("63827", 48, 49, 48400), LOAD("63831", 48, 50, 49100),
    LOAD("63832", 48, 50, 49200), LOAD("63834", 48, 50, 49300),
    LISTENER6("[::1]:3000"),      LISTENER6("[::1]:631"),
    LISTENER6("[::]:22"),         LISTENER6("[::1]:6010"),
    LISTENER("0.0.0.0:22"),       LISTENER("127.0.0.1:631"),
    LISTENER("127.0.0.1:5432"),   LISTENER("127.0.0.53:53"),
    LISTENER("127.0.0.54:53"),    LISTENER("127.0.0.1:6010"),
    LISTENER("127.0.0.1:9229"),   {NULL, NULL, 0, 0, 0, 0, 0, 0, 0, 0, {0}},
};

static bool dev_maker(unsigned state, unsigned i, int t, struct row *row, char local[64],
                      char remote[64])
{
    static const struct figures calm = CALM(8200);
    char peer[32];

    (void)state;
    (void)t;
    row->uid = 1000;
    row->figures = calm;
    snprintf(peer, sizeof peer, "203.0.113.%u", 10 + i * 7);
    place(local, remote, "192.168.0.24", 50210 + i * 31, peer, 443);
    return true;
}

static const struct scene devbox = {
    .name = "devbox",
    .series = dev_series,
    .rows = dev_rows,
    .maker = dev_maker,
    .processes = dev_processes,
    .holdings = dev_holdings,
    .cost_ns = 2000000,
    .port_low = 49152,
    .port_high = 65535,
    .opened = 0.3,
    .accepted = 0.3,
    .resets = 0,
    .sent = 60,
    .again = 0.1,
};

/* api-07 */

static const struct series api_series[] = {
    {TCP_STATE_LISTEN, 23, 0, NULL, 23, 0},
    {TCP_STATE_SYN_SENT, 0, 1, "001200021221111311311113112232112312321222222222233333222222", 0,
     0},
    {TCP_STATE_SYN_RECV, 0, 1, "233645246466425225667323733222434736655653444743565633634445", 0,
     0},
    {TCP_STATE_ESTABLISHED, 2896, 2, "0123434556789a9ababbabcdefgfedefghiijjklmmmlnkllmmmmmlklmmmb",
     0, 0},
    {TCP_STATE_CLOSE_WAIT, 304, 0, NULL, 412, 0},
    {TCP_STATE_LAST_ACK, 0, 1, "121212112211112120110100100020002122111112122211012111102201", 0,
     0},
    {TCP_STATE_FIN_WAIT1, 0, 1, "255545142433345535532343243524352533245654344362333233644334", 0,
     0},
    {TCP_STATE_FIN_WAIT2, 33, 1, "212352220252223245500128353603111332312255405333306525035155", 0,
     0},
    {TCP_STATE_CLOSING, 0, 1, "000000000000000000000010000000000000000000000000000000000000", 0, 0},
    {TCP_STATE_TIME_WAIT, 16917, 0, NULL, 18204, 0},
    {0, 0, 0, NULL, 0, 0},
};

/* A busy connection; `again` is the share of what it sent again, per mille. */
#define NAMED(local, remote, timer, ms, rq, sq, last, rtt, again_share, tx_s, rx_s)                \
    {                                                                                              \
        local, remote, TCP_STATE_ESTABLISHED, timer, ms, rq, sq, 33, 1, last,                      \
        {                                                                                          \
            .rtt_us = rtt, .rttvar_us = (rtt) / 4, .min_rtt_us = (rtt) - (rtt) / 8,                \
            .rto_us = 200000 + (rtt), .cwnd = 10, .window = 64256, .sent = 400000000,              \
            .again = UINT64_C(400000) * (again_share), .received = 62400000, .busy_us = 90000000,  \
            .tx = tx_s, .rx = rx_s, .busy_permille = (sq) ? 1000 : 300                             \
        }                                                                                          \
    }

static const struct row api_rows[] = {
    NAMED("10.0.2.15:443", "192.0.2.221:52015", TIMER_RETRANSMIT, 250, 0, 733161, SAMPLES, 201000,
          4, 4370000, 170000),
    NAMED("10.0.2.15:443", "192.0.2.210:55490", TIMER_RETRANSMIT, 150, 0, 47816, SAMPLES, 20200, 0,
          3530000, 82000),
    NAMED("10.0.2.15:443", "203.0.113.162:33259", TIMER_RETRANSMIT, 150, 0, 363538, SAMPLES, 144000,
          19, 2780000, 135000),
    NAMED("[2001:db8:4:12:5c3e:91ff:fe02:7a1d]:443", "[2001:db8:beef:40:a1f3:77c2:9d04:6be8]:51442",
          TIMER_RETRANSMIT, 350, 0, 118736, SAMPLES, 74200, 2, 2310000, 51300),
    NAMED("10.0.2.15:443", "198.51.100.154:60372", TIMER_RETRANSMIT, 250, 0, 56689, SAMPLES, 31600,
          4, 2160000, 54100),
    NAMED("10.0.2.15:443", "198.51.100.107:50831", TIMER_RETRANSMIT, 150, 0, 192066, SAMPLES,
          126000, 0, 1840000, 38500),
    NAMED("10.0.2.15:443", "203.0.113.105:36300", TIMER_RETRANSMIT, 350, 0, 27723, SAMPLES, 31100,
          0, 1400000, 41000),
    NAMED("10.0.2.15:443", "192.0.2.104:46523", TIMER_RETRANSMIT, 150, 0, 8695, SAMPLES, 8500, 0,
          1230000, 29400),
    NAMED("10.0.2.15:443", "198.51.100.197:36634", TIMER_RETRANSMIT, 250, 0, 31447, SAMPLES, 46400,
          0, 884000, 31200),
    NAMED("10.0.2.15:443", "192.0.2.51:47429", TIMER_RETRANSMIT, 250, 0, 4290, 58, 8900, 0, 697000,
          11700),
    NAMED("10.0.2.15:443", "198.51.100.57:32783", TIMER_RETRANSMIT, 350, 0, 38180, SAMPLES, 94600,
          31, 613000, 11300),
    NAMED("10.0.2.15:443", "198.51.100.221:52494", TIMER_RETRANSMIT, 150, 0, 18757, SAMPLES, 52800,
          0, 504000, 25500),
    NAMED("10.0.2.15:443", "198.51.100.101:35173", TIMER_RETRANSMIT, 150, 0, 43323, SAMPLES, 133000,
          4, 359000, 16500),
    NAMED("10.0.2.15:443", "198.51.100.35:52011", TIMER_RETRANSMIT, 450, 0, 6729, SAMPLES, 28000, 0,
          306000, 5780),
    NAMED("10.0.2.15:443", "203.0.113.212:52771", TIMER_RETRANSMIT, 250, 0, 14941, SAMPLES, 86200,
          0, 230000, 4740),
    NAMED("10.0.2.15:443", "198.51.100.157:35340", TIMER_OFF, 0, 0, 0, SAMPLES, 177000, 0, 184000,
          5160),
    NAMED("10.0.2.15:443", "203.0.113.192:55855", TIMER_OFF, 0, 0, 0, SAMPLES, 9000, 0, 146000,
          4240),
    NAMED("10.0.2.15:443", "192.0.2.20:36909", TIMER_OFF, 0, 0, 0, SAMPLES, 134000, 0, 122000,
          4440),
    NAMED("10.0.2.15:443", "192.0.2.7:35034", TIMER_OFF, 0, 0, 0, SAMPLES, 13400, 0, 99900, 3410),
    NAMED("10.0.2.15:58672", "10.0.3.21:5432", TIMER_RETRANSMIT, 250, 1448, 312, SAMPLES, 320, 0,
          90200, 587000),
    NAMED("10.0.2.15:443", "198.51.100.138:51516", TIMER_OFF, 0, 0, 0, SAMPLES, 8200, 0, 78700,
          1340),
    NAMED("10.0.2.15:54469", "10.0.3.21:5432", TIMER_RETRANSMIT, 250, 0, 312, SAMPLES, 430, 0,
          71000, 491000),
    NAMED("10.0.2.15:35396", "10.0.3.21:5432", TIMER_KEEPALIVE, 1890000, 0, 0, SAMPLES, 510, 0,
          61900, 555000),
    NAMED("10.0.2.15:443", "192.0.2.190:55417", TIMER_OFF, 0, 0, 0, SAMPLES, 23700, 0, 59800, 1500),
    NAMED("10.0.2.15:443", "198.51.100.182:42985", TIMER_OFF, 0, 0, 0, SAMPLES, 9800, 0, 53900,
          922),
    NAMED("10.0.2.15:56629", "10.0.3.21:5432", TIMER_KEEPALIVE, 3750000, 0, 0, SAMPLES, 430, 0,
          52100, 400000),
    NAMED("10.0.2.15:47203", "10.0.3.21:5432", TIMER_KEEPALIVE, 4770000, 0, 0, SAMPLES, 570, 0,
          41500, 183000),
    NAMED("10.0.2.15:443", "198.51.100.84:37244", TIMER_OFF, 0, 0, 0, SAMPLES, 14000, 2, 37900,
          631),
    NAMED("10.0.2.15:33744", "10.0.3.21:5432", TIMER_KEEPALIVE, 3570000, 0, 0, SAMPLES, 500, 0,
          34600, 221000),
    NAMED("10.0.2.15:443", "192.0.2.191:55826", TIMER_OFF, 0, 0, 0, SAMPLES, 183000, 0, 30500,
          1300),
    NAMED("10.0.2.15:443", "198.51.100.233:35313", TIMER_OFF, 0, 0, 0, SAMPLES, 65000, 2, 27700,
          507),
    NAMED("10.0.2.15:55651", "10.0.3.21:5432", TIMER_KEEPALIVE, 2070000, 0, 0, SAMPLES, 460, 0,
          26900, 190000),
    NAMED("10.0.2.15:41151", "10.0.3.21:5432", TIMER_KEEPALIVE, 1290000, 0, 0, SAMPLES, 420, 0,
          23600, 111000),
    LISTENER("0.0.0.0:22"),
    LISTENER("0.0.0.0:443"),
    LISTENER("127.0.0.1:8080"),
    {NULL, NULL, 0, 0, 0, 0, 0, 0, 0, 0, {0}},
};

#define API_DATABASE_WAITS 17180 /* TIME_WAIT entries towards the database */
#define API_LEAK_PEER      397   /* CLOSE_WAIT: with one peer */
#define API_LEAK_UNREAD    371   /* CLOSE_WAIT: the FIN has not been read */
#define API_LEAK_OLDEST_MS 232000

static void api_time_wait(unsigned i, int t, struct row *row, char local[64], char remote[64])
{
    uint32_t left;
    unsigned g = generation(i, t, &left);
    char peer[32];

    time_wait(row, i, g, left);
    if (i < API_DATABASE_WAITS) {
        unsigned port = 35397 + i;

        port += port >= 41151; /* has a name above */
        port += port >= 47203;
        place(local, remote, "10.0.2.15", port, "10.0.3.21", 5432);
    } else {
        snprintf(peer, sizeof peer, "198.51.%u.%u", 100 + i % 5, 1 + i % 250);
        place(local, remote, "10.0.2.15", 443, peer, 32768 + (i * 7 + g) % 28000);
    }
}

static void api_close_wait(unsigned i, int t, struct row *row, char local[64], char remote[64])
{
    static const struct figures calm = CALM(900);
    uint32_t age = API_LEAK_OLDEST_MS - i * (API_LEAK_OLDEST_MS / 412);
    uint32_t passed = (uint32_t)(SAMPLES - t) * 1000;

    row->uid = 1001;
    row->rqueue = i < API_LEAK_UNREAD;
    row->figures = calm;
    row->figures.ack_ago_ms = age > passed ? age - passed : 0;
    place(local, remote, "10.0.2.15", 38000 + i * 3, i < API_LEAK_PEER ? "10.0.5.8" : "10.0.5.9",
          8443);
}

static bool api_maker(unsigned state, unsigned i, int t, struct row *row, char local[64],
                      char remote[64])
{
    static const struct figures calm = CALM(23000);
    char peer[32];

    if (state == TCP_STATE_TIME_WAIT) {
        api_time_wait(i, t, row, local, remote);
        return true;
    }
    if (state == TCP_STATE_CLOSE_WAIT) {
        api_close_wait(i, t, row, local, remote);
        return true;
    }
    if (state == TCP_STATE_LISTEN) {
        row->wqueue = 511;
        snprintf(local, 64, "127.0.0.1:%u", 9100 + i);
        snprintf(remote, 64, "0.0.0.0:*");
        return true;
    }
    snprintf(peer, sizeof peer, "192.0.%u.%u", 2 + state, 1 + i % 250);
    if (state == TCP_STATE_ESTABLISHED) {
        row->figures = calm;
    }
    if (state == TCP_STATE_SYN_SENT)
        place(local, remote, "10.0.2.15", 60100 + i * 64 + (unsigned)t, "10.0.5.8", 8443);
    else if (state == TCP_STATE_ESTABLISHED || state == TCP_STATE_FIN_WAIT2)
        place(local, remote, "10.0.2.15", 443, peer, 33000 + i * 5);
    else
        place(local, remote, "10.0.2.15", 443, peer, 33000 + i * 5 + 37 * (unsigned)t);
    return true;
}

static const struct scene api_07 = {
    .name = "api-07",
    .series = api_series,
    .rows = api_rows,
    .maker = api_maker,
    .processes = api_processes,
    .holdings = api_holdings,
    .cost_ns = 9000000,
    .port_low = 32768,
    .port_high = 60999,
    .opened = 288,
    .accepted = 17,
    .resets = 0.4,
    .sent = 20000,
    .again = 60,
};

#endif
