/* SPDX-License-Identifier: MIT */
/* A terminal with a watch: shows a command on a pty and tells what that costs.
 *
 *     screen COLUMNS ROWS COMMAND [ARG]...
 *
 * Standard input gives orders, one a line; each is answered by a line of numbers, or by "failed".
 *
 *     start MARK         run it; µs until the screen that shows MARK was complete
 *     cost               CPU time so far in µs, bytes it wrote so far, resident KiB
 *     press KEYS         type them; CPU µs until it is at rest, largest resident KiB meanwhile
 *     see MARK           wait until MARK appears; when that was, µs of the monotonic clock
 *     keys N MARK KEYS   N times: think, type the next of KEYS, wait until MARK appears; µs in the
 *                        middle, at p99, at most
 *     quit               end it
 *
 * Costs cover all threads of the process. The terminal answers where its cursor is, as a real one
 * does. Whatever goes wrong, nothing lives longer than LIFE_S. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIFE_S          600u
#define TCP_TIMEOUTS_NS (30 * NS_PER_S)
#define COMPLETE_NS     (30 * NS_PER_MS)  /* silence that ends a screen */
#define REST_NS         (250 * NS_PER_MS) /* a process at rest uses REST_CPU_NS at most meanwhile */
#define REST_CPU_NS     (1 * NS_PER_MS)
#define THINK_MIN_MS    10
#define THINK_MAX_MS    40
#define KEYS_MAX        10000
#define ORDER_MAX       256
#define NS_PER_S        1000000000LL
#define NS_PER_MS       1000000LL
#define NS_PER_US       1000LL

/* Looks for a text in a stream that comes in pieces; no part of it may be its own beginning. */
struct mark {
    const char *text;
    size_t matched;
    bool seen;
};

struct screen {
    unsigned short columns, rows;
    char **command;
    pid_t pid; /* 0: not running */
    int tty;
    clockid_t cpu;
    uint64_t bytes;
    int64_t last_ns;           /* when the last byte came */
    struct mark wanted, where; /* where: the question where the cursor is */
};

static int64_t clock_ns(clockid_t clock)
{
    struct timespec t;

    return clock_gettime(clock, &t) ? -1 : (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

static int64_t now_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

static void look_for(struct mark *m, const char *text)
{
    *m = (struct mark){.text = text};
}

static void feed(struct mark *m, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len && !m->seen; i++) {
        m->matched = bytes[i] == m->text[m->matched] ? m->matched + 1 : bytes[i] == m->text[0];
        m->seen = !m->text[m->matched];
    }
}

/* Take what the command writes, until `end` or until something came. False at the end of it. */
static bool take(struct screen *s, int64_t end)
{
    static const char here[] = "\033[1;2R";
    char bytes[65536];
    struct pollfd tty = {.fd = s->tty, .events = POLLIN};
    int64_t left = end - now_ns();
    struct timespec wait = {.tv_sec = (time_t)(left / NS_PER_S),
                            .tv_nsec = (long)(left % NS_PER_S)};
    ssize_t len;

    if (left < 0)
        wait = (struct timespec){0};
    if (ppoll(&tty, 1, &wait, NULL) <= 0)
        return true;
    len = read(s->tty, bytes, sizeof bytes);
    if (len <= 0)
        return false;
    s->bytes += (uint64_t)len;
    s->last_ns = now_ns();
    feed(&s->wanted, bytes, (size_t)len);
    feed(&s->where, bytes, (size_t)len);
    if (s->where.seen) {
        look_for(&s->where, s->where.text);
        return write(s->tty, here, sizeof here - 1) > 0;
    }
    return true;
}

static bool type(struct screen *s, const char *keys, size_t n)
{
    return n == 0 || write(s->tty, keys, n) == (ssize_t)n;
}

static bool pass_time(struct screen *s, int64_t ns)
{
    int64_t end = now_ns() + ns;

    while (now_ns() < end)
        if (!take(s, end))
            return false;
    return true;
}

static bool await(struct screen *s)
{
    int64_t end = now_ns() + TCP_TIMEOUTS_NS;

    while (!s->wanted.seen)
        if (!take(s, end) || now_ns() >= end)
            return false;
    return true;
}

static void run(const struct screen *s, const char *name)
{
    int tty;

    setsid(); /* so that the terminal opened next is the controlling one */
    tty = open(name, O_RDWR);
    if (tty < 0 || dup2(tty, 0) < 0 || dup2(tty, 1) < 0 || dup2(tty, 2) < 0)
        _exit(126);
    if (tty > 2)
        close(tty);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execvp(s->command[0], s->command);
    _exit(127);
}

static bool open_tty(struct screen *s)
{
    struct winsize size = {.ws_col = s->columns, .ws_row = s->rows};

    s->tty = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    return s->tty >= 0 && grantpt(s->tty) == 0 && unlockpt(s->tty) == 0 &&
           ioctl(s->tty, TIOCSWINSZ, &size) == 0;
}

static bool order_start(struct screen *s, char *args)
{
    int64_t begin, end;

    if (s->pid || !*args || !open_tty(s))
        return false;
    look_for(&s->wanted, args);
    look_for(&s->where, "\033[6n");
    begin = now_ns();
    s->pid = fork();
    if (s->pid == 0)
        run(s, ptsname(s->tty));
    if (s->pid < 0 || clock_getcpuclockid(s->pid, &s->cpu) || !await(s))
        return false;
    end = now_ns() + TCP_TIMEOUTS_NS;
    while (now_ns() < s->last_ns + COMPLETE_NS)
        if (now_ns() >= end || !take(s, s->last_ns + COMPLETE_NS))
            return false;
    printf("%lld\n", (long long)(s->last_ns - begin) / NS_PER_US);
    return true;
}

static long resident_kib(const struct screen *s)
{
    char path[64];
    long pages = -1;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/statm", (int)s->pid);
    f = fopen(path, "r");
    if (!f)
        return -1;
    if (fscanf(f, "%*s %ld", &pages) != 1)
        pages = -1;
    fclose(f);
    return pages < 0 ? -1 : pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static bool order_cost(struct screen *s, char *args)
{
    int64_t cpu = clock_ns(s->cpu);
    long kib = resident_kib(s);

    (void)args;
    if (cpu < 0 || kib < 0)
        return false;
    printf("%lld %llu %ld\n", (long long)cpu / NS_PER_US, (unsigned long long)s->bytes, kib);
    return true;
}

/* The processor's clock tells when it is at rest, whatever it writes or does not. */
static bool order_press(struct screen *s, char *args)
{
    int64_t begin = clock_ns(s->cpu), before = begin, cpu, end = now_ns() + TCP_TIMEOUTS_NS;
    int64_t until = now_ns() + REST_NS;
    long kib, most = 0;

    if (!type(s, args, strlen(args)))
        return false;
    while (now_ns() < end && (kib = resident_kib(s)) >= 0) {
        most = kib > most ? kib : most;
        if (!pass_time(s, 5 * NS_PER_MS) || (cpu = clock_ns(s->cpu)) < 0)
            return false;
        if (cpu - before > REST_CPU_NS) {
            before = cpu;
            until = now_ns() + REST_NS;
        } else if (now_ns() >= until) {
            printf("%lld %ld\n", (long long)(cpu - begin) / NS_PER_US, most);
            return true;
        }
    }
    return false;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* The same pauses in every run: a person's keys come at no fixed rate. */
static int64_t think_ns(unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return (THINK_MIN_MS + (int64_t)((*seed >> 16) % (THINK_MAX_MS - THINK_MIN_MS))) * NS_PER_MS;
}

static bool order_keys(struct screen *s, char *args)
{
    static int64_t took[KEYS_MAX];
    char *rest, *mark, *keys;
    unsigned seed = 1;
    long n = strtol(args, &rest, 10);

    mark = strtok_r(rest, " ", &rest);
    keys = strtok_r(NULL, " ", &rest);
    if (n < 1 || n > KEYS_MAX || !mark || !keys)
        return false;
    for (long i = 0; i < n; i++) {
        int64_t begin;
        if (!pass_time(s, think_ns(&seed)))
            return false;
        look_for(&s->wanted, mark);
        begin = now_ns();
        if (!type(s, keys + (size_t)i % strlen(keys), 1) || !await(s))
            return false;
        took[i] = s->last_ns - begin;
    }
    qsort(took, (size_t)n, sizeof *took, by_value);
    printf("%lld %lld %lld\n", (long long)took[n / 2] / NS_PER_US,
           (long long)took[(n * 99 + 99) / 100 - 1] / NS_PER_US,
           (long long)took[n - 1] / NS_PER_US);
    return true;
}

static bool order_see(struct screen *s, char *args)
{
    look_for(&s->wanted, args);
    if (!*args || !await(s))
        return false;
    printf("%lld\n", (long long)s->last_ns / NS_PER_US);
    return true;
}

static void stop(struct screen *s)
{
    int64_t end = now_ns() + NS_PER_S;

    if (!s->pid)
        return;
    kill(s->pid, SIGTERM);
    while (waitpid(s->pid, NULL, WNOHANG) == 0) {
        if (now_ns() >= end)
            kill(s->pid, SIGKILL);
        if (!take(s, now_ns() + 10 * NS_PER_MS))
            poll(NULL, 0, 10);
    }
    s->pid = 0;
}

static void obey(struct screen *s, char *line)
{
    static const struct {
        const char *name;
        bool (*obey)(struct screen *s, char *args);
        bool running; /* is possible only then */
    } orders[] = {
        {"start", order_start, false}, {"cost", order_cost, true}, {"press", order_press, true},
        {"keys", order_keys, true},    {"see", order_see, true},
    };
    char *args = strchr(line, ' ');

    if (args)
        *args++ = '\0';
    else
        args = line + strlen(line);
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
        if (strcmp(orders[i].name, line) == 0 && orders[i].running == (s->pid > 0) &&
            orders[i].obey(s, args)) {
            fflush(stdout);
            return;
        }
    puts("failed");
    fflush(stdout);
}

/* One line of standard input; what the command writes meanwhile is taken. */
static bool next_order(struct screen *s, char *line, size_t size)
{
    size_t len = 0;

    while (len + 1 < size) {
        struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                               {.fd = s->pid ? s->tty : -1, .events = POLLIN}};
        if (poll(fds, 2, -1) < 0)
            return false;
        if (fds[1].revents && !take(s, 0))
            stop(s);
        if (!fds[0].revents)
            continue;
        if (read(STDIN_FILENO, line + len, 1) != 1)
            return false;
        if (line[len] == '\n')
            break;
        len++;
    }
    line[len] = '\0';
    return strcmp(line, "quit") != 0;
}

int main(int argc, char **argv)
{
    struct screen s = {.tty = -1};
    char line[ORDER_MAX];

    if (argc < 4) {
        fputs("usage: screen COLUMNS ROWS COMMAND [ARG]...\n", stderr);
        return 2;
    }
    s.columns = (unsigned short)atoi(argv[1]);
    s.rows = (unsigned short)atoi(argv[2]);
    s.command = argv + 3;
    alarm(LIFE_S);
    while (next_order(&s, line, sizeof line))
        obey(&s, line);
    stop(&s);
    return 0;
}
