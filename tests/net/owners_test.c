/* SPDX-License-Identifier: MIT */
/* Who holds which socket, with real processes in a namespace: every pid as `ss -tanp` has it,
 * shared sockets, former owners, a pid that is used again, an exec(), a fork storm, another user,
 * hidepid, few descriptors, and the thread that looks beside the samples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/own_table.h"
#include "lib/sample.h"
#include "lib/wait.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/str.h"
#include "tcptop/owner/scanner.h"
#include "tcptop/query/column.h"
#include "tcptop/source/sampler.h"

#define PORT      7000
#define NOBODY_ID 65534

static const struct request request = {
    .needs = NEED_OWNER | NEED_USER, .interval_ms = 50, .fade_ds = 50};

/* A process that waits until it is let go. */
struct child {
    pid_t pid;
};

static int listen_on(uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 1024))
        abort();
    return fd;
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&at, sizeof at))
        abort();
    return fd;
}

/* Runs `work` in a process of that name, which stays until let_go(). */
static struct child start(const char *name, void (*work)(void))
{
    int ready[2];
    char byte;

    if (pipe2(ready, O_CLOEXEC))
        abort();
    struct child c = {.pid = child_fork(name)};
    if (c.pid == 0) {
        work();
        if (write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    if (read(ready[0], &byte, 1) != 1)
        abort();
    close(ready[0]);
    return c;
}

static void let_go(struct child *c)
{
    kill(c->pid, SIGKILL); /* its own children go with it */
    waitpid(c->pid, NULL, 0);
}

struct run {
    struct sample_pipeline *pipeline;
    const struct sample *s;
};

static struct run begin(void)
{
    struct source *src;

    if (kernel_open(&src, NULL, NULL))
        abort();
    return (struct run){.pipeline = sample_pipeline_new(src, 60)};
}

static const struct sample *sample(struct run *r)
{
    assert_int_equal(sample_pipeline_next(r->pipeline, &request, &r->s, NULL), 0);
    return r->s;
}

static void end(struct run *r)
{
    sample_unref(r->s);
    sample_pipeline_free(r->pipeline);
}

/* "name pid", "(name pid)" of former owners, "-" of none. */
static const char *owner_of(const struct sample *s, uint32_t row)
{
    static char text[256];
    bool former;
    const struct owner_group *g = sample_owner(s, row, &former);

    if (!g)
        return "-";
    snprintf(text, sizeof text, former ? "(%s %s)" : "%s %s", g->member[0]->process, g->pids);
    return text;
}

static bool is_at(const struct sample *s, uint32_t row, uint16_t port, unsigned state)
{
    return s->conn[row].sport == port && s->conn[row].state == state;
}

static bool is_any_at(const struct sample *s, uint16_t port, unsigned state)
{
    for (uint32_t row = 0; row < s->n_live; row++) {
        if (is_at(s, row, port, state))
            return true;
    }
    return false;
}

/* The owner of the first row with this local port in this state. */
static const char *owner_at(const struct sample *s, uint16_t port, unsigned state)
{
    for (uint32_t row = 0; row < s->n_live; row++) {
        if (is_at(s, row, port, state))
            return owner_of(s, row);
    }
    return "no such row";
}

static const char *named(const char *name, pid_t pid)
{
    static char text[64];

    snprintf(text, sizeof text, "%s %d", name, pid);
    return text;
}

/* Ten connections to itself, of which two children have copies, and a connection each. */
static void shares(void)
{
    int listener = listen_on(PORT), stands[2];
    char byte = 'x';

    for (int i = 0; i < 10; i++) {
        connect_to(PORT);
        accept(listener, NULL, NULL);
    }
    if (pipe(stands))
        abort();
    for (int i = 0; i < 2; i++) {
        if (child_fork("worker) 0 [") == 0) {
            connect_to(PORT);
            if (write(stands[1], &byte, 1) != 1)
                abort();
            pause();
        }
    }
    for (int i = 0; i < 2; i++) {
        if (read(stands[0], &byte, 1) != 1)
            abort();
    }
}

static void listens(void)
{
    listen_on(PORT + 1);
}

static int ascending(const void *a, const void *b)
{
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

    return (x > y) - (x < y);
}

/* The pids in a line of ss, as tcptop writes them: "12,34". */
static void pids_of_ss(const char *line, char *out)
{
    unsigned pid[64], n = 0;

    for (const char *at = line; (at = strstr(at, ",pid=")); at += 5) {
        unsigned one = (unsigned)strtoul(at + 5, NULL, 10);
        bool known = false;
        for (unsigned i = 0; i < n; i++)
            known |= pid[i] == one;
        if (!known && n < 64)
            pid[n++] = one;
    }
    qsort(pid, n, sizeof *pid, ascending);
    *out = '\0';
    for (unsigned i = 0; i < n; i++)
        out += sprintf(out, "%s%u", i ? "," : "", pid[i]);
}

static void assert_row_has(const struct sample *s, const char *local, const char *remote,
                           const char *pids)
{
    struct str text = STR_INIT;

    for (uint32_t row = 0; row < s->n_live; row++) {
        str_clear(&text);
        column_format(COL_LOCAL, s, row, &text);
        str_add_char(&text, ' ');
        column_format(COL_REMOTE, s, row, &text);
        char wanted[160];
        snprintf(wanted, sizeof wanted, "%s %s", local, remote);
        if (strcmp(str_text(&text), wanted) != 0)
            continue;
        const struct owner_group *g = sample_owner(s, row, NULL);
        assert_string_equal(g ? g->pids : "", pids);
        str_fini(&text);
        return;
    }
    fail_msg("%s %s is in ss alone", local, remote);
}

static void every_pid_is_what_ss_says(void **state)
{
    struct child a = start("sharer", shares), b = start("listener", listens);
    struct run r = begin();
    const struct sample *s = sample(&r);
    char line[4096], local[64], remote[64], pids[1024];
    unsigned lines = 0;
    FILE *ss = popen("ss -tanpHO", "r");

    (void)state;
    while (ss && fgets(line, sizeof line, ss)) {
        assert_int_equal(sscanf(line, "%*s %*s %*s %63s %63s", local, remote), 2);
        pids_of_ss(line, pids);
        assert_row_has(s, local, remote, pids);
        lines++;
    }
    assert_int_equal(pclose(ss), 0);
    assert_int_equal(lines, s->n_live);
    assert_true(lines >= 26);
    end(&r);
    let_go(&a);
    let_go(&b);
}

/* The end that closes first is the server's. */
static int accepted = -1;
static int client = -1;

static void a_time_wait_names_who_made_it(void **state)
{
    int listener = listen_on(PORT + 2), to_close[2];
    char byte = 'x';

    (void)state;
    client = connect_to(PORT + 2);
    accepted = accept(listener, NULL, NULL);
    assert_int_equal(pipe(to_close), 0);
    pid_t pid = fork();
    if (pid == 0) { /* the only one that has the accepted end, until told */
        prctl(PR_SET_NAME, "server");
        close(client);
        close(to_close[1]);
        if (read(to_close[0], &byte, 1) != 1)
            _exit(1);
        _exit(0);
    }
    close(accepted);
    close(listener);
    struct run r = begin();
    const struct sample *s = sample(&r);
    char was[64];
    snprintf(was, sizeof was, "%s", owner_at(s, PORT + 2, TCP_STATE_ESTABLISHED));
    for (struct wait w = {0};
         strcmp(was, named("server", pid)) && wait_more(&w);) { /* until it has its name */
        end(&r);
        r = begin();
        s = sample(&r);
        snprintf(was, sizeof was, "%s", owner_at(s, PORT + 2, TCP_STATE_ESTABLISHED));
    }
    assert_string_equal(was, named("server", pid));
    assert_int_equal(write(to_close[1], &byte, 1), 1);
    waitpid(pid, NULL, 0);
    close(client);
    s = sample(&r);
    for (struct wait w = {0}; !is_any_at(s, PORT + 2, TCP_STATE_TIME_WAIT) && wait_more(&w);)
        s = sample(&r);
    snprintf(was, sizeof was, "(server %d)", pid);
    assert_string_equal(owner_at(s, PORT + 2, TCP_STATE_TIME_WAIT), was);
    s = sample(&r);
    assert_string_equal(owner_at(s, PORT + 2, TCP_STATE_TIME_WAIT), was);
    end(&r);
    close(to_close[0]);
    close(to_close[1]);
}

static void listens_on_three(void)
{
    listen_on(PORT + 3);
}

static void listens_on_four(void)
{
    listen_on(PORT + 4);
}

/* The next process gets that pid. */
static bool choose_next_pid(pid_t pid)
{
    FILE *f = fopen("/proc/sys/kernel/ns_last_pid", "w");
    bool chosen = f && fprintf(f, "%d", pid - 1) > 0;

    return f && fclose(f) == 0 && chosen;
}

/* A second process that gets this pid, which has just become free. False: a stranger has it. */
static bool start_second(struct child *second, pid_t pid)
{
    for (int i = 0; i < 100; i++) {
        if (!choose_next_pid(pid))
            skip();
        *second = start("second", listens_on_four); /* as many open files */
        if (second->pid == pid)
            return true;
        let_go(second);
    }
    return false;
}

/* A process is known by its pid and the clock tick in which it began, a hundredth of a second. That
 * is another one here: outside of a test no pid comes back within a tick. */
static void a_pid_used_again_never_has_the_old_name(void **state)
{
    struct child first, second;
    struct run r;
    bool again = false;

    (void)state;
    for (int i = 0; i < 20 && !again; i++) {
        first = start("first", listens_on_three);
        r = begin();
        assert_string_equal(owner_at(sample(&r), PORT + 3, TCP_STATE_LISTEN),
                            named("first", first.pid));
        let_go(&first);
        usleep(20000);
        again = start_second(&second, first.pid);
        if (!again)
            end(&r);
    }
    assert_true(again);
    const struct sample *s = sample(&r);
    assert_string_equal(owner_at(s, PORT + 4, TCP_STATE_LISTEN), named("second", second.pid));
    for (uint32_t row = 0; row < sample_rows(s); row++) {
        if (s->conn[row].sport == PORT + 3)
            assert_string_equal(owner_of(s, row), named("first", first.pid));
    }
    end(&r);
    let_go(&second);
}

/* Processes that live for a moment, each with a connection of its own and a copy of the listener.
 */
static void storms(void)
{
    int listener = listen_on(PORT + 5);
    pid_t pid = child_fork(NULL);

    if (pid < 0)
        abort();
    if (pid > 0)
        return;
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        if (fork() == 0) {
            prctl(PR_SET_NAME, "short");
            connect_to(PORT + 5);
            usleep(2000);
            _exit(0);
        }
        int fd = accept(listener, NULL, NULL);
        close(fd);
    }
}

static void a_fork_storm_confuses_nobody(void **state)
{
    struct child storm = start("storm", storms), calm = start("calm", listens);
    struct run r = begin();
    unsigned shorts = 0;

    (void)state;
    for (int i = 0; i < 40 || (!shorts && i < 5000); i++) {
        const struct sample *s = sample(&r);
        assert_string_equal(owner_at(s, PORT + 1, TCP_STATE_LISTEN), named("calm", calm.pid));
        for (uint32_t row = 0; row < s->n_live; row++) {
            const struct owner_group *g = sample_owner(s, row, NULL);
            if (s->conn[row].sport != PORT + 5 || s->conn[row].state != TCP_STATE_LISTEN || !g)
                continue;
            shorts += g->n > 2;
            bool storms_too = false;
            for (uint32_t m = 0; m < g->n; m++)
                storms_too |= g->member[m]->pid == (uint32_t)storm.pid;
            assert_true(storms_too);
        }
    }
    assert_true(shorts > 0); /* the storm was seen */
    end(&r);
    let_go(&storm);
    let_go(&calm);
}

/* What an ordinary user sees: an exit code, 0 for all as it should be. */
static int as_nobody(void)
{
    int own = listen_on(PORT + 7), wrong = 0;
    struct run r;

    if (setgid(NOBODY_ID) || setuid(NOBODY_ID))
        return 10;
    prctl(PR_SET_DUMPABLE, 1); /* as any program that was started by that user */
    r = begin();
    if (sample_pipeline_next(r.pipeline, &request, &r.s, NULL))
        return 11;
    wrong |= strcmp(owner_at(r.s, PORT + 1, TCP_STATE_LISTEN), "-") ? 1 : 0;
    wrong |= strcmp(owner_at(r.s, PORT + 7, TCP_STATE_LISTEN), named("nobody", getpid())) ? 2 : 0;
    wrong |= r.s->ownerless == 0 ? 4 : 0;
    wrong |= !r.s->owners || r.s->owners->lacks != (OWNER_LACK_PTRACE | OWNER_LACK_SEARCH) ? 8 : 0;
    end(&r);
    close(own);
    return wrong;
}

/* Runs `see` in a process of its own, with /proc mounted anew where `options` are given; -1: that
 * is not to be had. */
static int see_as(const char *options, int (*see)(void))
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        prctl(PR_SET_NAME, "nobody");
        if (options && (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
                        mount("proc", "/proc", "proc", 0, options)))
            _exit(99);
        _exit(see());
    }
    waitpid(pid, &status, 0);
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 98;
    return code == 99 ? -1 : code;
}

static void an_ordinary_user_sees_the_own_ones(void **state)
{
    struct child other = start("other", listens);

    (void)state;
    if (geteuid() != 0) {
        let_go(&other);
        skip();
    }
    int code = see_as(NULL, as_nobody);
    let_go(&other);
    if (code == 10) /* no second user here */
        skip();
    assert_int_equal(code, 0);
}

static void so_with_hidepid(void **state)
{
    struct child other = start("other", listens);

    (void)state;
    int code = see_as("hidepid=2", as_nobody);
    let_go(&other);
    if (code == -1 || code == 10)
        skip();
    assert_int_equal(code, 0);
}

static unsigned open_files(void)
{
    DIR *d = opendir("/proc/self/fd");
    unsigned n = 0;

    while (d && readdir(d))
        n++;
    if (d)
        closedir(d);
    return n;
}

static void hundreds_of_scans_leave_no_descriptor(void **state)
{
    struct child other = start("other", listens);
    struct run r = begin();

    (void)state;
    sample(&r);
    unsigned before = open_files();
    for (int i = 0; i < 300; i++) {
        int fd = listen_on(PORT + 8); /* something new each time */
        sample(&r);
        close(fd);
    }
    assert_int_equal(open_files(), before);
    end(&r);
    let_go(&other);
}

static void become_sleep(int signal)
{
    (void)signal;
    execl("/bin/sleep", "sleep", "300", (char *)NULL);
    _exit(1);
}

/* Until it is told to be another program, with the same sockets. */
static void waits_for_exec(void)
{
    listen_on(PORT + 9);
    signal(SIGUSR1, become_sleep);
}

#define EXEC_WAIT_NS (10 * NS_PER_S) /* far less than the time between two complete scans */

static void after_exec_the_new_name_shows_soon(void **state)
{
    struct child c = start("before", waits_for_exec);
    struct run r = begin();
    char new_name[64];

    (void)state;
    assert_string_equal(owner_at(sample(&r), PORT + 9, TCP_STATE_LISTEN), named("before", c.pid));
    snprintf(new_name, sizeof new_name, "%s", named("sleep", c.pid));
    kill(c.pid, SIGUSR1);
    int64_t end_ns = clock_mono_ns() + EXEC_WAIT_NS;
    while (clock_mono_ns() < end_ns &&
           strcmp(owner_at(r.s, PORT + 9, TCP_STATE_LISTEN), new_name) != 0) {
        usleep(100000);
        sample(&r);
    }
    assert_string_equal(owner_at(r.s, PORT + 9, TCP_STATE_LISTEN), new_name);
    end(&r);
    let_go(&c);
}

static struct sample *sample_of_one(uint32_t inode, const struct sample *prev)
{
    struct sample *s = sample_make(NULL);

    if (!s || sample_reserve_owner(builder_of(s), 1))
        abort();
    *sample_add(builder_of(s), NULL) = (struct conn){.state = TCP_STATE_LISTEN, .inode = inode};
    s->needs = NEED_OWNER;
    s->owner[0] = prev ? prev->owner[0] : OWNER_UNKNOWN; /* as the join does it */
    return s;
}

static void no_answer(void *context)
{
    (void)context;
}

static uint32_t inode_of(int fd)
{
    struct stat st;

    return fstat(fd, &st) ? 0 : (uint32_t)st.st_ino;
}

/* Samples every 10 ms, until one knows the owner. Returns the CPU time that all threads took, or -1
 * when one did. */
static int64_t cpu_of_asking(struct owner_scanner *o, uint32_t inode, int64_t for_ns)
{
    struct sample *last = NULL;
    struct timespec before, after;
    bool known = false;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    for (int64_t end_ns = clock_mono_ns() + for_ns; !known && clock_mono_ns() < end_ns;) {
        struct sample *s = sample_of_one(inode, last);
        owner_scanner_assign(o, s, last);
        known = sample_owner(s, 0, NULL);
        sample_unref(last);
        last = s;
        usleep(10000);
    }
    sample_unref(last);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    return known ? -1 : (after.tv_sec - before.tv_sec) * NS_PER_S + after.tv_nsec - before.tv_nsec;
}

/* Without a descriptor for /proc the thread waits, and finds the owner once it gets one. */
static int without_proc(void)
{
    int own = listen_on(PORT + 10), wrong = 0;
    struct owner_scanner *o = owner_scanner_new();
    struct rlimit few = {.rlim_cur = open_files() - 3, .rlim_max = RLIM_INFINITY}, many;

    getrlimit(RLIMIT_NOFILE, &many);
    few.rlim_max = many.rlim_max;
    setrlimit(RLIMIT_NOFILE, &few);
    owner_scanner_start(o, 0, no_answer, NULL);
    int64_t cpu = cpu_of_asking(o, inode_of(own), 2 * NS_PER_S);
    wrong |= cpu < 0 ? 1 : cpu > NS_PER_S / 4 ? 2 : 0;
    setrlimit(RLIMIT_NOFILE, &many);
    wrong |= cpu_of_asking(o, inode_of(own), 20 * NS_PER_S) < 0 ? 0 : 4;
    owner_scanner_free(o);
    close(own);
    return wrong;
}

static void without_descriptors_the_thread_pauses(void **state)
{
    (void)state;
    assert_int_equal(see_as(NULL, without_proc), 0);
}

static int with_few_descriptors(void)
{
    struct run r = begin();
    int wrong = sample_pipeline_next(r.pipeline, &request, &r.s, NULL) ? 1 : 0;
    struct rlimit few = {.rlim_cur = open_files() - 3, .rlim_max = open_files() - 3};

    setrlimit(RLIMIT_NOFILE, &few); /* none is left */
    for (int i = 0; i < 3; i++)
        wrong |= sample_pipeline_next(r.pipeline, &request, &r.s, NULL) ? 2 : 0;
    wrong |= strncmp(owner_at(r.s, PORT + 1, TCP_STATE_LISTEN), "other ", 6) ? 4 : 0;
    end(&r);
    return wrong;
}

static void without_descriptors_what_was_known_stays(void **state)
{
    struct child other = start("other", listens);

    (void)state;
    assert_int_equal(see_as(NULL, with_few_descriptors), 0);
    let_go(&other);
}

/* How long the end takes of a sampler that has named the owner. */
static int64_t ns_of_stop(pid_t other)
{
    struct source *src;
    struct sampler *sampler;
    char owner[64] = "";

    assert_int_equal(kernel_open(&src, NULL, NULL), 0);
    assert_int_equal(sampler_start(&sampler, src, NULL, &request, 60, 0.25, -1, NULL), 0);
    for (struct wait w = {0}; strcmp(owner, named("other", other)) && wait_more(&w);) {
        const struct sample *s = sampler_latest(sampler);
        if (s)
            snprintf(owner, sizeof owner, "%s", owner_at(s, PORT + 1, TCP_STATE_LISTEN));
        sample_unref(s);
    }
    assert_string_equal(owner, named("other", other));
    int64_t before = clock_mono_ns();
    sampler_stop(sampler);
    return clock_mono_ns() - before;
}

/* A busy host may hold up one stop, not one after the other. */
static void the_thread_answers_beside_the_samples(void **state)
{
    struct child other = start("other", listens);
    int64_t took = INT64_MAX;

    (void)state;
    for (int i = 0; i < 10 && took >= 500 * NS_PER_MS; i++)
        took = ns_of_stop(other.pid);
    assert_true(took < 500 * NS_PER_MS);
    let_go(&other);
}

static int set_up(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    return own_table(4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pid_is_what_ss_says),
        cmocka_unit_test(a_time_wait_names_who_made_it),
        cmocka_unit_test(a_pid_used_again_never_has_the_old_name),
        cmocka_unit_test(a_fork_storm_confuses_nobody),
        cmocka_unit_test(an_ordinary_user_sees_the_own_ones),
        cmocka_unit_test(so_with_hidepid),
        cmocka_unit_test(hundreds_of_scans_leave_no_descriptor),
        cmocka_unit_test(without_descriptors_what_was_known_stays),
        cmocka_unit_test(without_descriptors_the_thread_pauses),
        cmocka_unit_test(after_exec_the_new_name_shows_soon),
        cmocka_unit_test(the_thread_answers_beside_the_samples),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
