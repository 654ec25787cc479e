/* SPDX-License-Identifier: MIT */
/* Another host's samples, through ssh. Its standard output is read as a recording that is being
 * made; what comes on its standard error is told line by line, by whoever waits for the former. */
#include "tcptop/source/remote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tcptop/base/clock.h"
#include "tcptop/base/err.h"
#include "tcptop/base/str.h"
#include "tcptop/base/utf8.h"
#include "tcptop/source/block.h"
#include "tcptop/source/recording.h"
#include "tcptop/text/text.h"

#define PREAMBLE_MAX 65536             /* bytes that a shell there may print before the recording */
#define HOLD_NS      (300 * NS_PER_MS) /* so long the newest line waits: it may become needless */
#define END_NS       (2 * NS_PER_S)    /* in which ssh ends after its output has */
#define TERM_NS      (300 * NS_PER_MS) /* in which it ends when it is asked to */
#define NAP_MS       10
#define SSH_FAILED   255 /* exit code of ssh for failures of its own */
#define NOT_FOUND    127 /* exit code of a shell that does not find a command */
#define READS        16  /* of standard error at a time: a flood is for later, too */

/* Standard error of ssh, by lines. */
struct ear {
    int fd; /* non-blocking; -1 after its end */
    size_t len;
    char line[REMOTE_LINE]; /* as far as it has come */
    char held[REMOTE_LINE]; /* the whole line before; "": none */
    int64_t held_ns;
};

struct remote {
    struct source source;
    struct source *stream; /* owned; NULL before remote_wait() has succeeded */
    char *host;            /* owned */
    void (*say)(const char *line);
    struct ear *ear;  /* owned */
    int out_fd;       /* -1: the stream has it */
    pid_t child;      /* 0: reaped */
    bool told;        /* what runs there */
    bool moved;       /* `ahead_ns` is known */
    int64_t ahead_ns; /* of the other host's monotonic clock is this one's */
};

bool remote_host_is_valid(const char *host)
{
    for (const char *p = host; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            return false;
    return *host && *host != '-';
}

/* Standard error ------------------------------------------------------------ */

static void say(const struct remote *r, const char *line)
{
    char all[2 * REMOTE_LINE], clean[REMOTE_LINE];

    snprintf(all, sizeof all, "%s: %s", r->host, line);
    utf8_sanitise_into(clean, sizeof clean, all, strlen(all));
    r->say(clean);
}

static void release_held(const struct remote *r)
{
    struct ear *e = r->ear;

    if (e->held[0])
        say(r, e->held);
    e->held[0] = '\0';
}

static void end_line(const struct remote *r)
{
    struct ear *e = r->ear;

    e->line[e->len] = '\0';
    if (e->len) {
        release_held(r);
        memcpy(e->held, e->line, e->len + 1);
        e->held_ns = clock_mono_ns();
    }
    e->len = 0;
}

static void hear(const struct remote *r, const char *bytes, size_t n)
{
    struct ear *e = r->ear;

    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == '\n' || bytes[i] == '\r')
            end_line(r);
        else if (e->len + 1 < sizeof e->line) /* else the line is cut */
            e->line[e->len++] = bytes[i] ? bytes[i] : '?';
    }
}

/* What has come, and the newest line once it has waited. */
static void listen_to(const struct remote *r)
{
    struct ear *e = r->ear;
    char bytes[1024];

    for (int i = 0; i < READS && e->fd >= 0; i++) {
        ssize_t n = read(e->fd, bytes, sizeof bytes);
        if (n > 0) {
            hear(r, bytes, (size_t)n);
            continue;
        }
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        end_line(r);
        close(e->fd);
        e->fd = -1;
    }
    if (e->held[0] && clock_mono_ns() - e->held_ns > HOLD_NS)
        release_held(r);
}

static void remote_waits(const struct source *src)
{
    listen_to((const struct remote *)src);
}

/* The child ------------------------------------------------------------ */

/* Wait until ssh has ended, for `ns` at most. True when it has; `*status` as waitpid() says it, -1
 * when nobody knows. */
static bool reap(struct remote *r, int64_t ns, int *status)
{
    const int64_t end = clock_mono_ns() + ns;

    *status = -1;
    while (r->child) {
        pid_t got = waitpid(r->child, status, WNOHANG);
        if (got > 0 || (got < 0 && errno != EINTR))
            r->child = 0;
        else if (clock_mono_ns() >= end)
            return false;
        else
            poll(NULL, 0, NAP_MS);
        listen_to(r); /* it may wait for room there */
    }
    return true;
}

static void end_child(struct remote *r)
{
    int status;

    if (!r->child)
        return;
    kill(r->child, SIGTERM);
    if (reap(r, TERM_NS, &status))
        return;
    kill(r->child, SIGKILL);
    while (waitpid(r->child, &status, 0) < 0 && errno == EINTR)
        continue;
    r->child = 0;
}

struct pipes {
    int out[2], err[2], failed[2], null;
};

static void close_pipes(struct pipes *p)
{
    const int fds[] = {p->out[0], p->out[1],    p->err[0],   p->err[1],
                       p->null,   p->failed[0], p->failed[1]};

    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

static int open_pipes(struct pipes *p)
{
    *p = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}, -1};
    p->null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (p->null >= 0 && pipe2(p->out, O_CLOEXEC) == 0 && pipe2(p->err, O_CLOEXEC) == 0 &&
        pipe2(p->failed, O_CLOEXEC) == 0)
        return 0;
    const int rc = -errno;
    close_pipes(p);
    return rc;
}

/* No descriptor but the standard ones is inherited. */
static void keep_standard_only(void)
{
#ifdef SYS_close_range
    if (syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */) == 0)
        return;
#endif
    for (int fd = 3; fd < 65536; fd++)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* In the child: nothing of this process but its environment and terminal. Only async-signal-safe
 * functions from here on. */
static void become_ssh(const struct pipes *p, char *const argv[], pid_t parent)
{
    const uid_t uid = getuid();
    const gid_t gid = getgid();
    sigset_t none;

    for (int sig = 1; sig < NSIG; sig++)
        signal(sig, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (dup2(p->null, STDIN_FILENO) >= 0 && dup2(p->out[1], STDOUT_FILENO) >= 0 &&
        dup2(p->err[1], STDERR_FILENO) >= 0 && setresgid(gid, gid, gid) == 0 &&
        setresuid(uid, uid, uid) == 0) {
        keep_standard_only();
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent)
            _exit(SSH_FAILED); /* lint: exits, the child */
        execvp(argv[0], argv);
    }
    const int error = errno;
    const ssize_t n = write(p->failed[1], &error, sizeof error);
    (void)n;
    _exit(SSH_FAILED); /* lint: exits, the child */
}

/* Returns 0, or the -errno for which ssh cannot be executed. */
static int spawn(struct remote *r, char *const argv[])
{
    const pid_t parent = getpid();
    struct pipes p;
    int error = 0, rc = open_pipes(&p);

    if (rc)
        return rc;
    signal(SIGCHLD, SIG_DFL); /* one who ignores it never learns how a child ended */
    r->child = fork();
    if (r->child == 0)
        become_ssh(&p, argv, parent);
    rc = r->child < 0 ? -errno : 0;
    if (r->child < 0)
        r->child = 0;
    close(p.failed[1]);
    p.failed[1] = -1;
    while (!rc && read(p.failed[0], &error, sizeof error) < 0 && errno == EINTR)
        continue;
    rc = rc ? rc : -error;
    if (!rc) {
        r->out_fd = p.out[0];
        r->ear->fd = p.err[0];
        p.out[0] = p.err[0] = -1;
        fcntl(r->ear->fd, F_SETFL, O_NONBLOCK);
    }
    close_pipes(&p);
    return rc;
}

/* The host is a word of its own, which no shell reads. */
static int start_ssh(struct remote *r, const struct remote_options *o)
{
    char interval[32];

    snprintf(interval, sizeof interval, "%llu.%03llu", (unsigned long long)o->interval_ms / 1000,
             (unsigned long long)o->interval_ms % 1000);
    const char *argv[] = {
        "ssh",      "-T", "--",         r->host,  "tcptop",
        "--write",  "-",  "--interval", interval, o->columns ? "--columns" : NULL,
        o->columns, NULL,
    };
    char *words[sizeof argv / sizeof argv[0]]; /* execvp() changes none of them */
    memcpy(words, argv, sizeof argv);
    return spawn(r, words);
}

/* The source ------------------------------------------------------------ */

/* What the other side said so far is told; what it says once ssh is ended from here is not. */
static void remote_close(struct source *src)
{
    struct remote *r = (struct remote *)src;

    if (r->ear) {
        listen_to(r);
        release_held(r);
    }
    source_close(r->stream);
    if (r->out_fd >= 0)
        close(r->out_fd);
    end_child(r);
    if (r->ear && r->ear->fd >= 0)
        close(r->ear->fd);
    free(r->ear);
    free(r->host);
    free(r);
}

/* No more will come: find out why. Returns the -errno, with `*why` set. */
static int ended(struct remote *r, struct sample_reason *why)
{
    enum sample_reason_code code = REASON_REMOTE_CLOSED;
    int status, number = 0, rc = -ECONNRESET;
    bool known = reap(r, END_NS, &status) && status >= 0;

    listen_to(r);
    if (known && WIFSIGNALED(status)) {
        code = REASON_REMOTE_KILLED;
        number = WTERMSIG(status);
    } else if (known && WEXITSTATUS(status) == NOT_FOUND) {
        code = REASON_REMOTE_NO_TCPTOP;
        rc = -ENOENT;
        r->ear->held[0] = '\0'; /* the shell has said the same */
    } else if (known) {
        number = WEXITSTATUS(status);
        code = number == SSH_FAILED ? REASON_REMOTE_SSH : REASON_REMOTE_ENDED;
    }
    release_held(r);
    struct sample_reason reason = sample_reason_named(code, 0, r->host);
    reason.number = (uint64_t)number;
    return sample_reason_set(why, rc, reason);
}

/* Another version there may know more, or less. */
static void tell_version(struct remote *r)
{
    static const char here[] = "tcptop " TCPTOP_VERSION;
    struct recording_head head;

    if (r->told)
        return;
    r->told = true;
    if (recording_head(r->stream, &head) || strcmp(head.program, here) == 0)
        return;
    struct str line = STR_INIT;
    text_fill(&line, MSG_REMOTE_VERSION, r->host, head.program, here, NULL);
    r->say(str_text(&line));
    str_fini(&line);
}

static int remote_sample(struct source *src, const struct request *req, struct sample_builder *b,
                         struct sample_reason *why)
{
    struct remote *r = (struct remote *)src;
    struct sample *s = &b->sample;
    int rc = source_sample(r->stream, req, b, why);

    if (rc == -EPROTONOSUPPORT)
        return sample_reason_set(why, rc, sample_reason_named(REASON_REMOTE_NEWER, 0, r->host));
    if (rc == -ENODATA)
        return ended(r, why);
    if (rc)
        return rc;
    if (!r->moved)
        r->ahead_ns = clock_mono_ns() - s->mono_ns;
    r->moved = true;
    s->mono_ns += r->ahead_ns;
    s->backend = BACKEND_REMOTE;
    tell_version(r);
    return 0;
}

static void remote_assign_owners(struct source *src, struct sample *s, const struct sample *prev)
{
    const struct remote *r = (const struct remote *)src;

    r->stream->ops->assign_owners(r->stream, s, prev);
}

static const struct source_ops remote_ops = {.name = "remote",
                                             .is_recording = true,
                                             .is_stream = true,
                                             .sample = remote_sample,
                                             .close = remote_close,
                                             .assign_owners = remote_assign_owners,
                                             .waits = remote_waits};

int remote_start(struct source **src, const struct remote_options *options,
                 struct sample_reason *why)
{
    struct remote *r = calloc(1, sizeof *r);
    int rc = -ENOMEM;

    if (!r)
        return sample_reason_error(why, rc);
    r->source.ops = &remote_ops;
    r->say = options->say;
    r->out_fd = -1;
    r->host = strdup(options->host);
    r->ear = calloc(1, sizeof *r->ear);
    if (r->ear)
        r->ear->fd = -1;
    if (r->host && r->ear)
        rc = start_ssh(r, options);
    if (!rc) {
        *src = &r->source;
        return 0;
    }
    remote_close(&r->source);
    return sample_reason_set(why, rc, sample_reason_named(REASON_UNREADABLE, rc, "ssh"));
}

/* Read until the mark of a block has come. Returns how many bytes are in `bytes`, or -errno. */
static ssize_t find_stream(struct remote *r, uint8_t bytes[PREAMBLE_MAX], const uint8_t **mark,
                           struct sample_reason *why)
{
    size_t len = 0;

    while (!(*mark = memmem(bytes, len, BLOCK_MARK, BLOCK_MARK_BYTES))) {
        if (len == PREAMBLE_MAX)
            return sample_reason_set(why, -EBADMSG,
                                     sample_reason_named(REASON_REMOTE_FOREIGN, 0, r->host));
        int rc = source_wait(&r->source, r->out_fd);
        if (rc)
            return sample_reason_error(why, rc);
        ssize_t n = read(r->out_fd, bytes + len, PREAMBLE_MAX - len);
        if (n < 0 && errno != EINTR)
            return sample_reason_error(why, -errno);
        if (n == 0)
            return ended(r, why);
        len += n > 0 ? (size_t)n : 0;
    }
    return (ssize_t)len;
}

int remote_wait(struct source *src, struct sample_reason *why)
{
    struct remote *r = (struct remote *)src;
    uint8_t *bytes = malloc(PREAMBLE_MAX);
    const uint8_t *mark;

    if (!bytes)
        return sample_reason_error(why, -ENOMEM);
    ssize_t n = find_stream(r, bytes, &mark, why);
    int rc = n < 0 ? (int)n : 0;
    if (!rc) {
        rc = recording_open_stream(&r->stream, &r->source, r->out_fd, r->host, mark,
                                   (size_t)(bytes + n - mark), why);
        r->out_fd = -1; /* handed over */
    }
    free(bytes);
    return rc;
}
