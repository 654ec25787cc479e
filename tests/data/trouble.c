/* SPDX-License-Identifier: MIT */
/* Brings about one kind of trouble, or what only looks like it, with real sockets of the present
 * network namespace: run it under `unshare -n`. `trouble SCENE PORT [N]` prints "ready" when it
 * stands and holds it until standard input ends.
 *
 * Segments are lost by a socket filter that drops them before TCP sees them: no device, no rights.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#define MOST 4096

static int port, count;
static int client[MOST], server[MOST], listener = -1;
static int protocol; /* 0: TCP */
static pid_t worker;
static int report; /* of a worker: a byte here says that it listens */

static void set(int fd, int level, int option, int value)
{
    if (setsockopt(fd, level, option, &value, sizeof(value)) != 0)
        err(1, "setsockopt %d", option);
}

static struct sockaddr_in here(void)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int new_socket(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, protocol);

    if (fd < 0)
        err(1, "socket");
    return fd;
}

static void serve(int backlog)
{
    struct sockaddr_in at = here();

    listener = new_socket();
    set(listener, SOL_SOCKET, SO_REUSEADDR, 1);
    set(listener, SOL_SOCKET, SO_REUSEPORT, 1); /* workers of a scene have one each */
    if (bind(listener, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(listener, backlog) != 0)
        err(1, "listen");
}

/* Of 1000 segments that arrive, drop so many, by chance; 1000: all. */
static void drop(int fd, unsigned permille)
{
    uint32_t kept_from = permille >= 1000 ? UINT32_MAX : UINT32_MAX / 1000 * permille;
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_RANDOM)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kept_from, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

    if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) != 0)
        err(1, "filter");
}

/* Connect without waiting for it. */
static int attempt(void)
{
    struct sockaddr_in at = here();
    int fd = new_socket();

    fcntl(fd, F_SETFL, O_NONBLOCK);
    if (connect(fd, (struct sockaddr *)&at, sizeof(at)) != 0 && errno != EINPROGRESS)
        err(1, "connect");
    return fd;
}

static void join(int n)
{
    struct sockaddr_in at = here();

    for (int i = 0; i < n; i++) {
        client[i] = new_socket();
        if (connect(client[i], (struct sockaddr *)&at, sizeof(at)) != 0)
            err(1, "connect");
        server[i] = accept(listener, NULL, NULL);
        if (server[i] < 0)
            err(1, "accept");
    }
}

static double seconds(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double now_s(void)
{
    return seconds(CLOCK_MONOTONIC);
}

static double day_s(void)
{
    return seconds(CLOCK_REALTIME);
}

static bool ended(int ms)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    char byte;

    return poll(&in, 1, ms) > 0 && read(STDIN_FILENO, &byte, 1) == 0;
}

static void ready(void)
{
    puts("ready");
    fflush(stdout);
}

static void hold(void)
{
    ready();
    while (!ended(-1))
        continue;
}

/* CLOSE_WAIT: nobody closes after the peer. */
static void leak(void)
{
    serve(count);
    join(count);
    for (int i = 0; i < count; i++)
        close(client[i]);
    hold();
}

/* CLOSE_WAIT in which data still flows, to a peer that has only ended its own direction. */
static void half_closed(void)
{
    char data[512] = "", waste[4096];

    serve(count);
    join(count);
    for (int i = 0; i < count; i++) {
        shutdown(client[i], SHUT_WR);
        fcntl(client[i], F_SETFL, O_NONBLOCK);
    }
    ready();
    while (!ended(200)) {
        for (int i = 0; i < count; i++) {
            if (write(server[i], data, sizeof(data)) < 0)
                err(1, "write");
            while (read(client[i], waste, sizeof(waste)) > 0)
                continue;
        }
    }
}

/* CLOSE_WAIT of children that were never accepted. */
static void unaccepted(void)
{
    struct sockaddr_in at = here();

    serve(count + 10);
    for (int i = 0; i < count; i++) {
        client[i] = new_socket();
        if (connect(client[i], (struct sockaddr *)&at, sizeof(at)) != 0)
            err(1, "connect");
        close(client[i]);
    }
    hold();
}

/* An accept queue that nobody empties. */
static void full_queue(void)
{
    serve(3);
    for (int i = 0; i < count; i++)
        client[i] = attempt();
    hold();
}

/* A server that hangs: clients connect, send something and give up. One of them ends by a reset,
 * which takes it out of the kernel's list and leaves it in the queue. */
static void hung(void)
{
    struct sockaddr_in at = here();
    struct linger at_once = {.l_onoff = 1};

    serve(count + 10);
    for (int i = 0; i < count; i++) {
        client[i] = new_socket();
        if (connect(client[i], (struct sockaddr *)&at, sizeof(at)) != 0 ||
            write(client[i], "hello", 5) != 5)
            err(1, "connect");
        if (i == 0)
            (void)setsockopt(client[i], SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
        if (i < count / 2)
            close(client[i]);
    }
    hold();
}

/* A server that accepts one after the other, and for whom as many others come: its queue is always
 * as long, and the clients wait for long. */
static void slow_accept(void)
{
    struct sockaddr_in at = here();

    serve(count + 10);
    for (int i = 0; i < count; i++) {
        client[i] = new_socket();
        if (connect(client[i], (struct sockaddr *)&at, sizeof(at)) != 0)
            err(1, "connect");
    }
    ready();
    for (int i = 0; !ended(700); i = (i + 1) % count) {
        close(accept(listener, NULL, NULL));
        close(client[i]);
        client[i] = new_socket();
        if (connect(client[i], (struct sockaddr *)&at, sizeof(at)) != 0)
            err(1, "connect");
    }
}

static uint32_t queue_of(int fd)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof(info);

    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
        err(1, "TCP_INFO");
    return info.tcpi_unacked; /* of a listener: connections that wait */
}

/* Two listeners on one port, one of which nobody accepts from. The other one serves twenty clients
 * a second, and always has two that wait. */
static void hung_beside_busy(void)
{
    serve(MOST);
    serve(MOST);
    for (int i = 0; i < count; i++)
        client[i] = attempt();
    ready();
    for (int i = count; !ended(50) && i < MOST; i++) {
        client[i] = attempt();
        while (queue_of(listener) > 2)
            close(accept(listener, NULL, NULL));
    }
    hold();
}

/* Start a worker, and say which process it is; `work` returns in it once it listens. */
static void start_worker(void (*work)(void))
{
    int stands[2];
    char byte;

    if (pipe(stands) != 0)
        err(1, "pipe");
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        report = stands[1];
        work();
        if (write(report, "x", 1) != 1)
            _exit(1);
        for (;;) { /* accept for as long as there are descriptors */
            int fd = accept(listener, NULL, NULL);
            if (fd < 0)
                usleep(100000);
        }
    }
    close(stands[1]);
    if (pid < 0 || read(stands[0], &byte, 1) != 1)
        err(1, "worker");
    printf("worker %d\n", pid);
    worker = pid;
}

static void work_on(void)
{
    serve(8);
}

/* Two workers with a listener each: one is stopped. */
static void one_stopped(void)
{
    start_worker(work_on);
    if (kill(worker, SIGSTOP) != 0 || waitpid(worker, NULL, WUNTRACED) != worker)
        err(1, "stop");
    start_worker(work_on);
    for (int i = 0; i < count; i++)
        client[i] = attempt();
    hold();
}

/* Two workers that share the listener of this process, which does not accept; `count` clients. Both
 * workers are stopped, or one. */
static void inherit(void)
{
}

static void prefork(bool both)
{
    pid_t first;

    serve(8);
    start_worker(inherit);
    first = worker;
    start_worker(inherit);
    if (kill(first, SIGSTOP) != 0 || waitpid(first, NULL, WUNTRACED) != first ||
        (both && (kill(worker, SIGSTOP) != 0 || waitpid(worker, NULL, WUNTRACED) != worker)))
        err(1, "stop");
    for (int i = 0; i < count; i++)
        client[i] = attempt();
    hold();
}

static void prefork_stopped(void)
{
    prefork(true);
}

static void prefork_works(void)
{
    prefork(false);
}

/* A worker in uninterruptible sleep: it waits for what it has started by vfork(). */
static void work_and_wait(void)
{
    serve(3);
    if (write(report, "x", 1) != 1)
        _exit(1);
    if (vfork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(listener); /* of the child alone */
        for (;;)
            pause();
    }
}

static void waits(void)
{
    start_worker(work_and_wait);
    for (int i = 0; i < count; i++)
        client[i] = attempt();
    hold();
}

/* A worker that may have 32 files open, and a client for each and more. */
static void work_with_few_files(void)
{
    struct rlimit few = {.rlim_cur = 32, .rlim_max = 32};

    if (setrlimit(RLIMIT_NOFILE, &few) != 0)
        err(1, "setrlimit");
    serve(8);
}

/* Connect one after the other, until one gets no answer, also to repeated SYNs: the queue is full.
 */
static void fill_queue(void)
{
    for (int i = 0; i < count; i++) {
        client[i] = attempt();
        struct pollfd connected = {.fd = client[i], .events = POLLOUT};
        if (poll(&connected, 1, 5000) == 0)
            return;
    }
    errx(1, "the queue is never full");
}

static void no_files(void)
{
    start_worker(work_with_few_files);
    fill_queue();
    hold();
}

/* So many open connections to one destination. */
static void hold_ports(void)
{
    serve(count);
    join(count);
    hold();
}

/* Full for a moment, then emptied, every two and a half seconds: that two samples a second apart
 * meet it, a moment would have to last for a second. */
static void brief_queue(void)
{
    serve(count - 1);
    ready();
    for (unsigned round = 0; !ended(100); round++) {
        int n = round % 20 == 3 ? count : 0;
        for (int i = 0; i < n; i++)
            client[i] = attempt();
        usleep(20000);
        for (int i = 0; i < n; i++) {
            server[i] = accept(listener, NULL, NULL);
            close(server[i]);
            close(client[i]);
        }
    }
}

/* Handshakes that the clients never complete. */
static void half_open_at(int backlog)
{
    struct sockaddr_in at = here();

    serve(backlog);
    ready();
    for (int n = 0; !ended(100);) {
        for (int i = 0; i < 5 && n < count; i++, n++) {
            client[n] = new_socket();
            drop(client[n], 1000);
            fcntl(client[n], F_SETFL, O_NONBLOCK);
            (void)connect(client[n], (struct sockaddr *)&at, sizeof(at));
        }
    }
}

static void half_open(void)
{
    half_open_at(8);
}

/* The same, and beside it one of any address, whose large backlog holds more requests. */
static void half_open_beside(void)
{
    struct sockaddr_in any = here(), at = here();
    int beside = new_socket();

    any.sin_addr.s_addr = htonl(INADDR_ANY);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
    set(beside, SOL_SOCKET, SO_REUSEPORT, 1);
    if (bind(beside, (struct sockaddr *)&any, sizeof(any)) != 0 || listen(beside, MOST) != 0)
        err(1, "listen");
    for (int i = 0; i < count; i++) {
        int fd = new_socket();
        drop(fd, 1000);
        fcntl(fd, F_SETFL, O_NONBLOCK);
        (void)connect(fd, (struct sockaddr *)&at, sizeof(at));
    }
    half_open_at(8);
}

/* The backlog has room for all of them; tcp_max_syn_backlog may not. */
static void shed(void)
{
    half_open_at(MOST);
}

/* Clients that the listener keeps in SYN_RECV on purpose, until they send something. */
static void deferred(void)
{
    serve(count * 2 - 4);
    set(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, 60);
    for (int i = 0; i < count; i++)
        client[i] = attempt();
    hold();
}

/* Attempts that are never answered. */
static void unanswered(void)
{
    struct sockaddr_in at = here();

    serve(MOST);
    for (int i = 0; i < count; i++) {
        client[i] = new_socket();
        drop(client[i], 1000);
        fcntl(client[i], F_SETFL, O_NONBLOCK);
        (void)connect(client[i], (struct sockaddr *)&at, sizeof(at));
    }
    hold();
}

/* An attempt that is never answered, and how long the kernel lets it last. */
static void give_up(void)
{
    struct sockaddr_in at = here();
    double begin = now_s();

    serve(MOST);
    client[0] = new_socket();
    drop(client[0], 1000);
    if (connect(client[0], (struct sockaddr *)&at, sizeof(at)) == 0 || errno != ETIMEDOUT)
        err(1, "connect");
    printf("gave up after %.1f\n", now_s() - begin);
}

/* Open and close `count` connections a second, the client first, until no port is left; says when
 * that was, by the clock of the day. */
static void use_ports(void)
{
    struct sockaddr_in at = here();
    double begin = now_s();

    serve(MOST);
    ready();
    for (unsigned n = 0;; n++) {
        double due = begin + n / (double)count, wait = due - now_s();
        int fd = new_socket();
        if (wait > 0)
            usleep((useconds_t)(wait * 1e6));
        if (connect(fd, (struct sockaddr *)&at, sizeof(at)) != 0) {
            bool none_left = errno == EADDRNOTAVAIL;
            printf("exhausted %.2f %d\n", day_s(), none_left);
            fflush(stdout);
            break;
        }
        int child = accept(listener, NULL, NULL);
        close(fd);
        close(child);
    }
    while (!ended(-1))
        continue;
}

/* So many closed here first. */
static void linger(void)
{
    serve(count);
    join(count);
    for (int i = 0; i < count; i++)
        close(client[i]);
    for (int i = 0; i < count; i++)
        close(server[i]);
    hold();
}

/* Send as much as the socket takes; from then on writing to it does not wait. */
static void send_all(int fd)
{
    static const char data[65536];

    fcntl(fd, F_SETFL, O_NONBLOCK);
    while (write(fd, data, sizeof(data)) > 0)
        continue;
}

/* A peer that takes no data: its window shuts. */
static void shut_window(void)
{
    serve(count);
    join(count);
    for (int i = 0; i < count; i++)
        send_all(server[i]);
    hold();
}

/* A peer whose window shuts for a moment now and then; in between nothing waits. After each time it
 * says for how much of it, in percent, the window was shut: most, where others keep it from
 * reading. */
static void slow_window(void)
{
    char data[65536] = "";
    int dry = 0;
    double begin, full, read_again;

    serve(count);
    join(count);
    fcntl(server[0], F_SETFL, O_NONBLOCK);
    fcntl(client[0], F_SETFL, O_NONBLOCK);
    ready();
    do {
        begin = now_s();
        while (write(server[0], data, sizeof(data)) > 0)
            continue;
        full = now_s();
        usleep(20000);
        read_again = now_s();
        for (dry = 0; dry < 5; dry++) {
            while (read(client[0], data, sizeof(data)) > 0)
                dry = 0;
            usleep(2000);
        }
        printf("shut %.0f\n", 100 * (read_again - full) / (now_s() - begin));
        fflush(stdout);
    } while (!ended(2000));
}

/* A peer that reads slowly: its window is shut most of the time and opens again all the time, and
 * its Recv-Q is never empty, while some 400 kB get through each second. */
static void moving(void)
{
    char data[65536] = "";

    serve(count);
    join(count);
    send_all(server[0]);
    ready();
    while (!ended(50)) {
        (void)!read(client[0], data, 20000);
        while (write(server[0], data, sizeof(data)) > 0)
            continue;
    }
}

/* Connections on which nothing is ever sent, without keepalive. */
static void quiet(void)
{
    serve(count);
    join(count);
    hold();
}

/* The same with keepalive at both ends. */
static void quiet_alive(void)
{
    serve(count);
    join(count);
    for (int i = 0; i < count; i++) {
        set(client[i], SOL_SOCKET, SO_KEEPALIVE, 1);
        set(server[i], SOL_SOCKET, SO_KEEPALIVE, 1);
    }
    hold();
}

/* Ends a connection with a reset. */
static void reset_one(void)
{
    struct linger at_once = {.l_onoff = 1};

    join(1);
    if (setsockopt(client[0], SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)) != 0)
        err(1, "linger");
    close(client[0]);
    close(server[0]);
}

/* After `count` seconds of quiet, resets: some hundred each second. */
static void resets(void)
{
    double from = now_s();

    serve(MOST);
    ready();
    while (!ended(5))
        if (now_s() - from > count)
            reset_one();
}

/* As many as that in one go, and no more. */
static void reset_burst(void)
{
    double from = now_s();

    serve(MOST);
    ready();
    while (now_s() - from < count)
        if (ended(100))
            return;
    for (int i = 0; i < 600; i++)
        reset_one();
    while (!ended(1000))
        continue;
}

/* A process of its own reads from the client's end whatever comes, at once. */
static void start_reader(void)
{
    char data[65536];

    worker = fork();
    if (worker < 0)
        err(1, "fork");
    if (worker > 0) {
        close(client[0]);
        return;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(server[0]);
    while (read(client[0], data, sizeof(data)) > 0)
        continue;
    _exit(0);
}

/* A writer that writes less than its send buffer holds, now and then. */
static void paced(void)
{
    static const char data[20000];

    serve(count);
    join(1);
    start_reader();
    ready();
    while (!ended(50) && write(server[0], data, sizeof(data)) > 0)
        continue;
}

/* Orphans whose peers take no data: what is left waits for a window that stays shut. */
static void shut_orphan(void)
{
    serve(count);
    join(count);
    for (int i = 0; i < count; i++) {
        send_all(server[i]);
        close(server[i]);
    }
    hold();
}

/* An accept queue that is full while the queue of requests is: the kernel wants cookies for further
 * SYNs, but drops them. Requests are kept by TCP_DEFER_ACCEPT until data comes. */
static void no_cookies(void)
{
    int n = 0;

    serve(8);
    set(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, 30);
    while (n < 18) {
        client[n++] = attempt();
        usleep(20000);
        if (n <= 8)
            (void)!write(client[n - 1], "x", 1);
    }
    (void)!write(client[8], "x", 1);
    usleep(100000);
    while (n < 18 + count)
        client[n++] = attempt();
    hold();
}

/* FIN_WAIT2: the peers do not close; this process keeps its ends, or not. */
static void closed_here(bool keep)
{
    serve(count);
    join(count);
    for (int i = 0; i < count; i++) {
        if (keep)
            shutdown(client[i], SHUT_WR);
        else
            close(client[i]);
    }
    hold();
}

static void kept(void)
{
    closed_here(true);
}

static void orphaned(void)
{
    closed_here(false);
}

/* Data of which `count` of 1000 segments are lost. */
static void lossy(void)
{
    static char data[1000], waste[1 << 20];

    serve(1);
    join(1);
    if (count)
        drop(client[0], (unsigned)count);
    set(server[0], IPPROTO_TCP, TCP_NODELAY, 1);
    fcntl(server[0], F_SETFL, O_NONBLOCK);
    fcntl(client[0], F_SETFL, O_NONBLOCK);
    ready();
    while (!ended(5)) {
        for (int i = 0; i < 20; i++)
            (void)!write(server[0], data, sizeof(data));
        while (read(client[0], waste, sizeof(waste)) > 0)
            continue;
    }
}

/* Ports that bind() chose, of sockets with which nothing is done. */
static void bound(void)
{
    struct sockaddr_in any = here();

    any.sin_port = 0;
    for (int i = 0; i < count; i++) {
        client[i] = new_socket();
        if (bind(client[i], (struct sockaddr *)&any, sizeof(any)) != 0)
            err(1, "bind");
    }
    hold();
}

/* A socket that connects to its own port. */
static void itself(void)
{
    struct sockaddr_in at = here();

    client[0] = new_socket();
    if (bind(client[0], (struct sockaddr *)&at, sizeof(at)) != 0 ||
        connect(client[0], (struct sockaddr *)&at, sizeof(at)) != 0)
        err(1, "connect to itself");
    hold();
}

static void add_clients(int from, int to)
{
    struct sockaddr_in at = here();

    for (int i = from; i < to; i++) {
        client[i] = new_socket();
        if (connect(client[i], (struct sockaddr *)&at, sizeof(at)) != 0)
            err(1, "connect");
        server[i] = accept(listener, NULL, NULL);
    }
}

/* Another connection ten times a second, none of which is closed; `used`: each carries data. */
static void grow(bool used)
{
    char byte = 0;
    int n = 0;

    serve(MOST);
    ready();
    while (!ended(100)) {
        if (n < MOST) {
            add_clients(n, n + 1);
            n++;
        }
        for (int i = 0; used && i < n; i++) {
            if (write(client[i], &byte, 1) != 1 || read(server[i], &byte, 1) != 1)
                err(1, "echo");
        }
    }
}

static void growing(void)
{
    grow(false);
}

static void growing_load(void)
{
    grow(true);
}

/* The same by MPTCP: where a second path is set up, data takes the first one. */
static void growing_paths(void)
{
    protocol = IPPROTO_MPTCP;
    grow(true);
}

/* A pool: `count` connections within a second, which then stay. */
static void pool(void)
{
    int n = 0;

    serve(MOST);
    ready();
    while (!ended(100)) {
        int more = count / 10 < count - n ? count / 10 : count - n;
        add_clients(n, n + more);
        n += more;
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*make)(void);
    } scenes[] = {
        {"leak", leak},
        {"half-closed", half_closed},
        {"unaccepted", unaccepted},
        {"full-queue", full_queue},
        {"hung", hung},
        {"slow-accept", slow_accept},
        {"hung-beside-busy", hung_beside_busy},
        {"one-stopped", one_stopped},
        {"prefork-stopped", prefork_stopped},
        {"prefork-works", prefork_works},
        {"waits", waits},
        {"no-files", no_files},
        {"hold-ports", hold_ports},
        {"brief-queue", brief_queue},
        {"half-open", half_open},
        {"half-open-beside", half_open_beside},
        {"shed", shed},
        {"deferred", deferred},
        {"unanswered", unanswered},
        {"give-up", give_up},
        {"use-ports", use_ports},
        {"linger", linger},
        {"shut-window", shut_window},
        {"slow-window", slow_window},
        {"moving", moving},
        {"quiet", quiet},
        {"quiet-alive", quiet_alive},
        {"resets", resets},
        {"reset-burst", reset_burst},
        {"paced", paced},
        {"shut-orphan", shut_orphan},
        {"no-cookies", no_cookies},
        {"kept", kept},
        {"orphaned", orphaned},
        {"lossy", lossy},
        {"bound", bound},
        {"itself", itself},
        {"growing", growing},
        {"growing-load", growing_load},
        {"growing-paths", growing_paths},
        {"pool", pool},
    };

    if (argc < 3)
        errx(2, "usage: trouble SCENE PORT [N]");
    port = atoi(argv[2]);
    count = argc > 3 ? atoi(argv[3]) : 1;
    if (count > MOST)
        errx(2, "at most %d", MOST);
    for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
        if (strcmp(argv[1], scenes[i].name) == 0) {
            scenes[i].make();
            return 0;
        }
    }
    errx(2, "there is no scene '%s'", argv[1]);
}
