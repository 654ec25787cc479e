/* SPDX-License-Identifier: MIT */
/* The live screen: one loop over keys, samples, signals and time. The session decides what
 * happens, the terminal shows it; nothing here waits for either. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "app.h"
#include "live_mode.h"
#include "remote_lines.h"
#include "tcptop/app/modes.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/privileges.h"
#include "tcptop/base/thread.h"
#include "tcptop/source/past.h"
#include "tcptop/source/sampler.h"
#include "tcptop/term/tty.h"
#include "tcptop/ui/session.h"

#define REDRAW_NS    (600 * NS_PER_S)  /* a message of another program does not stay for ever */
#define KEY_SUSPEND  26                /* ^Z */
#define KEY_ABORT    28                /* ^\ */
#define SIGNALLED    128               /* exit code 128 + n, as shells say it */
#define KEYS_AT_ONCE 256               /* then signals, samples and the screen have their turn */
#define QUIT_NS      (450 * NS_PER_MS) /* what other threads have to end, then it ends without */
#define READING_NS   (100 * NS_PER_MS) /* between two frames while a recording is read */
#define PAST_SHARE   0.4               /* of the CPU budget, besides: for what is kept */
#define HISTORY_STEP 1000              /* points are kept for intervals of a second and more */
#define AGE_MS       1000              /* how often the age of a late sample is drawn */
#define STACK_NEEDED (256 * 1024)      /* bytes */

struct live_mode {
    const struct settings *s;
    struct session *session;
    struct tty *term;
    struct sampler *sampler; /* NULL: none, or a recording stands at its end */
    struct lesson *lesson;   /* NULL: none */
    struct past *past;       /* what the screen keeps; NULL: nothing */
    struct canvas canvas;
    struct request asked;             /* of the sampler, last */
    uint64_t seen;                    /* number of the sample handed over last */
    enum theme_background background; /* of the theme in use */
    int wake_fd, signal_fd, tty_fd;
    bool moves; /* the session moves in the recording: there is no sampler */
    sigset_t caught, before;
    int64_t redraw_ns;
    int64_t read_draw_ns; /* no frame before this while a recording is read */
    int lines_fd;         /* what another host says, see remote_lines.h; -1: nothing */
    bool lost;            /* the connection to it has ended, for the reason in `err` */
    bool pasting;         /* pasted control characters are text */
    int signal;           /* that ends it; 0: none */
    int rc;               /* -errno that ends it, for the reason in `err`; 0: none */
    struct err err;
};

static bool ignored(int sig)
{
    struct sigaction action;
    return sigaction(sig, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/* From here on they are read, not delivered; other threads block all of theirs. Those are caught
 * that would end the program and leave the terminal as it is, except those of a crash, which have a
 * handler. What was ignored when tcptop was started (a hang-up under nohup) stays so. */
static int catch_signals(struct live_mode *l)
{
    static const int ours[] = {SIGTERM, SIGINT, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT, SIGXFSZ};
    static const int others[] = {SIGHUP,  SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM,
                                 SIGPROF, SIGXCPU, SIGIO,   SIGPWR,  SIGSTKFLT};
    sigemptyset(&l->caught);
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        sigaddset(&l->caught, ours[i]);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (!ignored(others[i]))
            sigaddset(&l->caught, others[i]);
    for (int sig = SIGRTMIN; sig <= SIGRTMAX; sig++)
        if (!ignored(sig))
            sigaddset(&l->caught, sig);
    sigprocmask(SIG_BLOCK, &l->caught, &l->before);
    l->signal_fd = signalfd(-1, &l->caught, SFD_NONBLOCK | SFD_CLOEXEC);
    return l->signal_fd < 0 ? -errno : 0;
}

static void use_theme(struct live_mode *l, enum theme_background background)
{
    struct theme theme;
    l->background = background;
    settings_theme(l->s, tty_depth(l->term), background, &theme);
    tty_use_theme(l->term, &theme);
}

static int open_terminal(struct live_mode *l, bool utf8, struct err *err)
{
    int in = STDIN_FILENO;
    if (!isatty(in)) {
        in = l->tty_fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (in < 0)
            return cli_error_usage(err, MSG_STDIN_NO_TERMINAL, text_error(errno), NULL);
    }
    const struct tty_options options = {
        .glyphs = l->s->glyphs,
        .color = settings_color(l->s),
        .ask_background = settings_color(l->s) && strcmp(l->s->theme_name, "auto") == 0,
        .mouse = l->s->mouse,
        .esc_delay_ms = l->s->esc_delay_ms,
        .utf8 = utf8,
    };
    const int rc = tty_open(&l->term, &options, in, STDOUT_FILENO, err);
    if (rc)
        return rc;
    enum theme_background background = settings_background(l->s);
    if (strcmp(l->s->theme_name, "auto") == 0)
        tty_background(l->term, &background);
    use_theme(l, background);
    return 0;
}

static uint32_t history_points(const struct settings *s)
{
    const double step = s->ui.interval_ms < HISTORY_STEP ? (double)s->ui.interval_ms : HISTORY_STEP;
    return (uint32_t)(s->ui.history_s * 1000 / step) + 2; /* both ends, and one before */
}

/* What the screen keeps. A thread that does not end in time still uses it. */
struct screen_past {
    struct past *past;
    const struct settings *s;
};

static int open_kept(const void *context, struct source **src, struct survey_range *range,
                     int64_t *begin_wall_ns)
{
    const struct screen_past *kept = context;
    *range = (struct survey_range){INT64_MIN, INT64_MAX};
    *begin_wall_ns = INT64_MAX;
    return past_source(kept->past, src);
}

static int save_kept(const void *context, int fd, uint32_t *samples)
{
    const struct screen_past *kept = context;
    return past_save(kept->past, fd, samples);
}

static struct sample_observer *new_doctor(const void *context)
{
    const struct screen_past *kept = context;
    return app_doctor(kept->s);
}

/* Keep the last minutes. Without memory or a thread for it there is no going back. */
static void keep_past(struct live_mode *l, struct ui_settings *ui)
{
    static struct screen_past kept;
    struct past_options options = {
        .max_bytes = l->s->history_memory,
        .share = l->s->cpu_budget * PAST_SHARE,
        .is_live = !l->s->ui.read_path,
        .interval_ms = l->s->ui.interval_ms,
        .rule_name = app_rule_name,
    };
    for (size_t i = 0; i < l->s->ui.n_columns; i++)
        options.cmdlines |= l->s->ui.columns[i] == COL_CMDLINE;
    if (l->lesson || !options.max_bytes || past_open(&l->past, &options))
        return;
    kept = (struct screen_past){l->past, l->s};
    ui->past = (struct past_access){.open = open_kept,
                                    .new_doctor = new_doctor,
                                    .save = save_kept,
                                    .context = &kept,
                                    .history_len = history_points(l->s)};
}

static int open_session(struct live_mode *l, const struct source *src, bool utf8)
{
    l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (l->wake_fd < 0)
        return -errno;
    static struct ui_settings settings; /* a thread that does not end in time still uses them */
    settings_for_ui(l->s, &settings);
    l->moves = app_travel(l->s, src, history_points(l->s), &settings);
    if (!l->moves)
        keep_past(l, &settings);
    const int rc = session_new(&l->session, &settings, l->wake_fd, utf8, false);
    if (rc == 0 && settings_samples_here(l->s))
        session_use_destroy(l->session, destroy_conn, privileges_permit(PRIVILEGE_NET));
    if (rc == 0 && l->lesson)
        session_use_lesson(l->session, l->lesson);
    return rc;
}

/* The session gets to know the terminal that it is shown on. */
static int show_session(struct live_mode *l)
{
    int w, h;
    tty_size(l->term, &w, &h);
    session_use_ascii(l->session, tty_ascii(l->term));
    session_use_theme(l->session, l->background);
    if (!tty_has_hangul())
        session_without_hangul(l->session);
    session_resize(l->session, w, h);
    return canvas_init(&l->canvas, w, h);
}

static bool is_reading(const struct live_mode *l)
{
    return l->sampler && l->s->ui.read_path;
}

/* What the session wants to know of the next sample; false: nothing else than of the last. */
static bool ask_session(struct live_mode *l, bool *now)
{
    const bool changed = session_request(l->session, &l->asked, now);
    if (l->s->ui.read_path) /* a key may ask for any figure, and the last sample stands */
        l->asked.needs |= NEED_METRICS;
    l->asked.keep_close_events = l->past != NULL;
    return changed;
}

/* Why it cannot begin, where only the error is known. */
static int refuse(struct live_mode *l, int rc)
{
    return rc == -EAGAIN ? cli_error_usage(&l->err, MSG_NO_THREAD, text_error(rc), NULL)
                         : err_set(&l->err, rc, "%s", text_error(rc));
}

static int start_sampler(struct live_mode *l, struct source *src)
{
    bool now;
    ask_session(l, &now);
    if (l->moves) {
        source_close(src); /* it was opened to see what it is */
        session_read(l->session);
        return 0;
    }
    struct sample_reason why;
    const int rc = sampler_start(&l->sampler, src, app_doctor(l->s), &l->asked,
                                 history_points(l->s), l->s->cpu_budget, l->wake_fd, &why);
    return rc == -EAGAIN ? refuse(l, rc) : rc ? cli_error_reason(&l->err, rc, &why) : 0;
}

static void suspend(struct live_mode *l)
{
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    tty_suspend(l->term);
    raise(SIGTSTP);
    sigprocmask(SIG_UNBLOCK, &stop, NULL); /* stops here, goes on here */
    sigprocmask(SIG_BLOCK, &stop, NULL);
}

static void take_size(struct live_mode *l)
{
    int w, h;
    l->rc = tty_resized(l->term, &l->err);
    if (l->rc)
        return;
    tty_size(l->term, &w, &h);
    session_resize(l->session, w, h);
}

static void read_signals(struct live_mode *l)
{
    struct signalfd_siginfo info;
    while (read(l->signal_fd, &info, sizeof info) == sizeof info) {
        switch ((int)info.ssi_signo) {
        case SIGWINCH:
            take_size(l);
            break;
        case SIGTSTP:
            suspend(l);
            break;
        case SIGCONT: /* after our own stop or another's: the terminal may have been changed */
            tty_resume(l->term);
            take_size(l);
            break;
        case SIGXFSZ: /* from the kernel: a write of ours was too much and has failed */
            if (info.ssi_pid == (uint32_t)getpid())
                break;
            __attribute__((fallthrough));
        default:
            l->signal = (int)info.ssi_signo;
            return;
        }
    }
}

static void take_key(struct live_mode *l, const struct input *in)
{
    l->read_draw_ns = 0; /* the user is to see at once what a key does */
    if (in->key == KEY_CODE_PASTE_BEGIN || in->key == KEY_CODE_PASTE_END)
        l->pasting = in->key == KEY_CODE_PASTE_BEGIN;
    if (in->key == KEY_SUSPEND && !l->pasting)
        kill(0, SIGTSTP); /* the whole pipeline, as the terminal would have done it */
    else if (in->key == KEY_ABORT && !l->pasting)
        l->signal = SIGQUIT;
    else
        session_input(l->session, in, clock_mono_ns());
}

/* True when there may be more. */
static bool read_keys(struct live_mode *l)
{
    struct input in;
    for (int n = 0; n < KEYS_AT_ONCE; n++) {
        if (session_quit(l->session) || !tty_read(l->term, &in))
            return false;
        take_key(l, &in);
    }
    return true;
}

/* What is opened or pinned in a recording that stands: all samples were told without it. */
static void follow(struct live_mode *l)
{
    if (l->asked.n_watched && l->s->ui.read_path)
        session_replay(l->session, &l->asked, history_points(l->s));
}

/* Has the sampler ended by itself? Then it is stopped, and the reason, not 0, is returned. */
static int sampler_is_over(struct live_mode *l, struct sample_reason *why)
{
    const int rc = sampler_ended(l->sampler, why);
    if (rc) {
        sampler_stop(l->sampler);
        l->sampler = NULL;
    }
    return rc;
}

/* A recording stands at its end; one that could not be read to there ends the program, as does a
 * host for whose first sample there was no memory. */
static void end_here(struct live_mode *l)
{
    struct sample_reason why;
    const int rc = sampler_is_over(l, &why);
    if (!rc)
        return;
    if (rc != -ENODATA)
        l->rc = cli_error_reason(&l->err, rc, &why);
    else if (!l->seen)
        l->rc = cli_error_usage(&l->err, MSG_NO_SAMPLE, NULL, NULL);
    else
        follow(l);
    if (rc == -ENODATA && l->seen && why.code != REASON_NONE) {
        cli_error_reason(&l->err, rc, &why);
        session_tell(l->session, l->err.msg);
    }
}

/* The last sample of another host stands after the connection to it has ended. */
static void end_remote(struct live_mode *l)
{
    struct sample_reason why;
    const int rc = sampler_is_over(l, &why);
    if (!rc)
        return;
    cli_error_reason(&l->err, rc, &why);
    l->lost = l->seen;
    l->rc = l->seen ? 0 : rc;
    session_tell(l->session, l->err.msg);
}

static void take_lines(struct live_mode *l)
{
    char line[REMOTE_LINE];
    while (remote_lines_take(l->lines_fd, line))
        session_tell(l->session, line);
}

static void take_sample(struct live_mode *l)
{
    uint64_t count;
    const ssize_t n = read(l->wake_fd, &count, sizeof count);
    (void)n; /* nothing there is no error: the query worker shares the descriptor */
    const struct sample *newest = l->sampler ? sampler_latest(l->sampler) : NULL;
    if (newest && newest->seq != l->seen) {
        l->seen = newest->seq;
        if (l->past && !newest->left_out)
            past_add(l->past, newest);
        session_sample(l->session, sample_ref(newest), clock_mono_ns());
    }
    sample_unref(newest);
    if (l->sampler && l->s->ui.host)
        end_remote(l);
    else if (is_reading(l) || l->sampler)
        end_here(l);
}

/* What the session wants done outside itself. */
static void obey(struct live_mode *l)
{
    struct sample_reason why;
    const int failed = l->moves ? session_failed(l->session, &why) : 0;
    if (failed)
        l->rc = cli_error_reason(&l->err, failed, &why);
    bool now;
    const bool changed = ask_session(l, &now);
    if (changed && l->sampler)
        sampler_request(l->sampler, &l->asked, now);
    else if (changed)
        follow(l);
    if (session_theme(l->session) != l->background) {
        use_theme(l, session_theme(l->session));
        tty_redraw(l->term);
    }
    if (session_redraw_wanted(l->session))
        tty_redraw(l->term);
    const char *copy = session_copy(l->session);
    if (copy)
        tty_copy(l->term, copy);
}

static void draw(struct live_mode *l, int64_t now)
{
    int w, h;
    if (is_reading(l)) {
        if (now < l->read_draw_ns)
            return;
        l->read_draw_ns = now + READING_NS;
    }
    if (now >= l->redraw_ns) {
        l->redraw_ns = now + REDRAW_NS;
        tty_redraw(l->term);
    }
    tty_size(l->term, &w, &h);
    if ((l->canvas.w != w || l->canvas.h != h) && canvas_resize(&l->canvas, w, h))
        return; /* out of memory: the next size or sample tries again */
    session_draw(l->session, &l->canvas, now);
    tty_blit(l->term, &l->canvas);
}

static int earlier(int a, int b)
{
    return a < 0 ? b : b < 0 || a < b ? a : b;
}

/* Tell the session whether the next sample is late. Returns in how many ms that may change, or the
 * age that is shown for it; -1: never. */
static int mind_lateness(struct live_mode *l, int64_t now)
{
    const int64_t late_ns = l->sampler ? sampler_late_ns(l->sampler) : 0;
    session_late(l->session, l->lost || (late_ns && now >= late_ns));
    if (!late_ns && !l->lost)
        return -1;
    return now >= late_ns ? AGE_MS : (int)((late_ns - now) / NS_PER_MS + 1);
}

static int wait_ms(const struct live_mode *l, int64_t now)
{
    const int64_t due = is_reading(l) ? l->read_draw_ns : l->redraw_ns;
    const int64_t redraw = (due - now) / NS_PER_MS + 1;
    int ms = earlier(session_timeout_ms(l->session, now), tty_timeout_ms(l->term));
    return earlier(ms, redraw < 0 ? 0 : (int)redraw);
}

static void loop(struct live_mode *l)
{
    bool more = false;
    l->redraw_ns = clock_mono_ns() + REDRAW_NS;
    l->read_draw_ns = clock_mono_ns() + READING_NS;
    while (!session_quit(l->session) && !l->signal && !l->rc && !tty_gone(l->term)) {
        const int64_t now = clock_mono_ns();
        const int lateness_ms = mind_lateness(l, now);
        draw(l, now);
        struct pollfd fds[] = {
            {.fd = tty_fd(l->term), .events = POLLIN},
            {.fd = l->wake_fd, .events = POLLIN},
            {.fd = l->signal_fd, .events = POLLIN},
            {.fd = tty_out_fd(l->term), .events = POLLOUT},
            {.fd = l->lines_fd, .events = POLLIN},
        };
        const int ready =
            poll(fds, sizeof fds / sizeof fds[0], more ? 0 : earlier(lateness_ms, wait_ms(l, now)));
        if (ready < 0 && errno != EINTR)
            break;
        if (ready >= 0 && !more && !fds[0].revents)
            session_quiet(l->session, now);
        if (fds[2].revents)
            read_signals(l);
        more = read_keys(l); /* before the sample: they were pressed at what is drawn now */
        if (fds[4].revents)
            take_lines(l);
        if (fds[1].revents)
            take_sample(l);
        tty_flush(l->term);
        session_tick(l->session, clock_mono_ns());
        obey(l);
    }
}

/* What must end before the process does, where that is possible in time. */
struct ending {
    struct session *session;
    struct sampler *sampler;
    struct past *past;
};

static void end(void *arg)
{
    const struct ending *ending = arg;
    session_free(ending->session);
    sampler_stop(ending->sampler);
    past_close(ending->past);
}

/* The user has the terminal back before anything else is waited for. */
static void close_terminal(struct live_mode *l)
{
    char exit_message[UI_MESSAGE_MAX + UI_FILTER_MAX] = "";
    const char *line = l->session ? session_exit_message(l->session) : NULL;
    if (line)
        snprintf(exit_message, sizeof exit_message, "%s", line);
    canvas_fini(&l->canvas);
    tty_close(l->term);
    if (*exit_message)
        puts(exit_message);
}

/* A disk or a name server may hold up the threads beside this one; what has not ended in time keeps
 * what it uses, and ends with the process. */
static void close_live(struct live_mode *l)
{
    static struct ending ending;
    ending = (struct ending){l->session, l->sampler, l->past};
    close_terminal(l);
    if (!thread_run_until(end, &ending, clock_mono_ns() + QUIT_NS))
        return;
    const int fds[] = {l->wake_fd, l->signal_fd, l->tty_fd, l->lines_fd};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    if (l->signal_fd >= 0)
        sigprocmask(SIG_SETMASK, &l->before, NULL);
}

static int open_screen(struct live_mode *l, bool utf8)
{
    int rc = catch_signals(l);
    if (rc)
        return err_set(&l->err, rc, "%s", text_error(rc));
    rc = open_terminal(l, utf8, &l->err);
    if (!rc && (rc = show_session(l)))
        err_set(&l->err, rc, "%s", text_error(rc));
    return rc;
}

/* Curses reads descriptions of terminals into an array of 32 KiB on the stack. */
static int check_stack(struct err *err)
{
    struct rlimit stack;
    char kib[24];
    if (getrlimit(RLIMIT_STACK, &stack) || stack.rlim_cur >= STACK_NEEDED)
        return 0;
    stack.rlim_cur = stack.rlim_max < STACK_NEEDED ? stack.rlim_max : STACK_NEEDED;
    if (stack.rlim_cur == STACK_NEEDED && setrlimit(RLIMIT_STACK, &stack) == 0)
        return 0;
    snprintf(kib, sizeof kib, "%llu", (unsigned long long)stack.rlim_cur / 1024);
    return cli_error_usage(err, MSG_STACK_SIZE, kib, NULL);
}

/* What another host says goes to the footer from now on. */
static int open_lines(struct live_mode *l)
{
    l->lines_fd = remote_lines_to_screen();
    return l->lines_fd < 0 ? l->lines_fd : 0;
}

static int open_live(struct live_mode *l, bool utf8)
{
    struct source *src;
    int rc = check_stack(&l->err);
    if (!rc)
        rc = app_open_source(&src, l->s, &l->err);
    if (rc)
        return rc;
    rc = open_session(l, src, utf8);
    if (!rc && l->s->ui.host)
        rc = open_lines(l);
    if (rc)
        refuse(l, rc);
    else
        rc = open_screen(l, utf8);
    if (rc) {
        source_close(src);
        return rc;
    }
    return start_sampler(l, src);
}

/* glibc raises the size from which an array has pages of its own as soon as one is freed, and then
 * keeps what a rush of connections needed. */
static void give_back_arrays(void)
{
#ifdef M_MMAP_THRESHOLD
    mallopt(M_MMAP_THRESHOLD, 1 << 20); /* bytes: an array this large goes back when it is freed */
#endif
}

int live_run(const struct settings *s, bool utf8, struct lesson *lesson)
{
    struct live_mode l = {
        .s = s, .lesson = lesson, .wake_fd = -1, .signal_fd = -1, .tty_fd = -1, .lines_fd = -1};
    give_back_arrays();
    l.rc = open_live(&l, utf8);
    if (!l.rc)
        loop(&l);
    const bool gone = l.term && tty_gone(l.term);
    close_live(&l);
    if (l.rc || l.lost)
        cli_error(l.err.msg);
    if (l.signal && l.signal != SIGINT)
        return SIGNALLED + l.signal;
    return l.rc || l.lost || gone ? EXIT_FAILED : EXIT_COMPLETE;
}

int live_mode_run(const struct settings *s, bool utf8)
{
    return live_run(s, utf8, NULL);
}
