/* SPDX-License-Identifier: MIT */
/* Creates the network of a lesson: a namespace, and in it a process for each end of the connection,
 * which waits for orders. */
#include "tcptop/lesson/lesson_net.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tcptop/base/privileges.h"

static int write_file(const char *path, const char *text)
{
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    const ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));
    const int rc = n == (ssize_t)strlen(text) ? 0 : -errno;
    if (fd >= 0)
        close(fd);
    return rc;
}

/* The user stays who it is in the new user namespace: user_namespaces(7). */
static int map_user(uid_t uid, gid_t gid)
{
    char line[64];
    write_file("/proc/self/setgroups", "deny"); /* kernels before 3.19 have no such file */
    snprintf(line, sizeof line, "%u %u 1", uid, uid);
    const int rc = write_file("/proc/self/uid_map", line);
    snprintf(line, sizeof line, "%u %u 1", gid, gid);
    return rc ? rc : write_file("/proc/self/gid_map", line);
}

static int loopback_up(void)
{
    const struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const int rc = fd < 0 || ioctl(fd, SIOCSIFFLAGS, &up) ? -errno : 0;
    if (fd >= 0)
        close(fd);
    return rc;
}

static bool entered;

bool lesson_net_entered(void)
{
    return entered;
}

static int enter(void)
{
    const uid_t uid = geteuid();
    const gid_t gid = getegid();
    int rc = 0;
    if (unshare(CLONE_NEWNET)) {
        if (errno != EPERM || unshare(CLONE_NEWUSER | CLONE_NEWNET))
            return -errno;
        rc = map_user(uid, gid);
    }
    rc = rc ? rc : loopback_up();
    entered = rc == 0;
    return rc;
}

int lesson_net_enter(void)
{
    const uint64_t before = privileges_raise(PRIVILEGE_NAMESPACES | PRIVILEGE_NET);
    const int rc = enter();

    privileges_restore(before);
    return rc;
}

/* The terminal is not theirs, nor are its signals: those end, or stop, the one that watches. */
static void leave_terminal(void)
{
    static const int theirs[] = {SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU};
    sigset_t none;
    for (size_t i = 0; i < sizeof theirs / sizeof theirs[0]; i++)
        signal(theirs[i], SIG_IGN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && null >= 0; fd++)
        dup2(null, fd);
}

/* All but those of the terminal's and `*fd`, which gets a new number: the process that watches may
 * have others open by now, and each would stay open here. */
static bool close_others(int *fd)
{
    const unsigned first = STDERR_FILENO + 1;
    if (dup3(*fd, (int)first, O_CLOEXEC) < 0 && errno != EINVAL) /* EINVAL: it has the number */
        return false;
    *fd = (int)first;
    if (syscall(SYS_close_range, first + 1, ~0u, 0) == 0)
        return true;
    for (int other = (int)first + 1; other < sysconf(_SC_OPEN_MAX); other++) /* before Linux 5.9 */
        close(other);
    return true;
}

/* What a process of the scene does all its life. It needs none of the rights of the one that
 * watches. */
static void play(int fd, const char *name, pid_t watcher)
{
    struct lesson_peer lesson_peer;
    uint8_t op;
    prctl(PR_SET_NAME, name);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != watcher) /* it ended before that was in force */
        return;
    privileges_keep(0);
    leave_terminal();
    if (!close_others(&fd))
        return;
    lesson_peer_init(&lesson_peer);
    while (recv(fd, &op, sizeof op, 0) == sizeof op) {
        const int32_t rc = lesson_peer_do(&lesson_peer, (enum lesson_op)op);
        if (send(fd, &rc, sizeof rc, MSG_NOSIGNAL) != sizeof rc)
            return;
    }
}

static int start_one(struct lesson_net *net, enum who who)
{
    static const char *const names[] = {[WHO_SERVER] = "server", [WHO_CLIENT] = "client"};
    const pid_t watcher = getpid();
    int pipe[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pipe))
        return -errno;
    const pid_t pid = fork();
    if (pid == 0) {
        play(pipe[1], names[who], watcher);
        _exit(0); /* lint: exits, a process of its own */
    }
    const int rc = pid < 0 ? -errno : 0;
    close(pipe[1]);
    if (rc) {
        close(pipe[0]);
        return rc;
    }
    net->pid[who] = pid;
    net->fd[who] = pipe[0];
    return 0;
}

int lesson_net_start(struct lesson_net *net)
{
    *net = (struct lesson_net){.fd = {-1, -1}, .asked = -1};
    int rc = start_one(net, WHO_SERVER);
    if (!rc)
        rc = start_one(net, WHO_CLIENT);
    if (rc)
        lesson_net_end(net);
    return rc;
}

void lesson_net_end(struct lesson_net *net)
{
    for (int i = 0; i < WHO_COUNT; i++) {
        if (net->pid[i] <= 0)
            continue;
        kill(net->pid[i], SIGKILL); /* it may be in the middle of an order */
        while (waitpid(net->pid[i], NULL, 0) < 0 && errno == EINTR)
            ;
        close(net->fd[i]);
        net->pid[i] = 0;
        net->fd[i] = -1;
    }
    net->asked = -1;
}

/* The pipe of one that has gone is hung up. */
bool lesson_net_stands(const struct lesson_net *net)
{
    bool both = true;
    for (int i = 0; i < WHO_COUNT; i++) {
        struct pollfd p = {.fd = net->fd[i]};
        both = both && net->pid[i] > 0 && poll(&p, 1, 0) == 0;
    }
    return both;
}

int lesson_net_tell(struct lesson_net *net, enum who who, enum lesson_op op)
{
    const uint8_t word = (uint8_t)op;
    if (send(net->fd[who], &word, sizeof word, MSG_NOSIGNAL | MSG_DONTWAIT) != sizeof word)
        return -EPIPE;
    net->asked = (int)who;
    return 0;
}

int lesson_net_answer(struct lesson_net *net)
{
    int32_t rc;
    if (net->asked < 0)
        return -EINVAL;
    const ssize_t n = recv(net->fd[net->asked], &rc, sizeof rc, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return -EAGAIN;
    net->asked = -1;
    return n == sizeof rc ? rc : -EPIPE;
}
