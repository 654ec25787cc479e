/* SPDX-License-Identifier: MIT */
/* Restores the terminal when a signal ends the program: a crash must not leave the user with a
 * terminal that does not echo. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "tty_io.h"

static const int fatal_signals[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSYS, SIGTRAP};
#define FATAL_COUNT (sizeof fatal_signals / sizeof fatal_signals[0])

/* What the handler needs, ready made: it may not allocate, lock or call curses. */
static struct {
    volatile sig_atomic_t armed;
    int in, out;
    struct termios found;
    char restore[RESTORE_MAX];
    size_t len;
    struct sigaction before[FATAL_COUNT];
} fatal;

static _Alignas(16) unsigned char stack[65536]; /* the usual one may be what broke */

static void on_fatal(int sig)
{
    if (fatal.armed) {
        fatal.armed = 0;
        ssize_t n = write(fatal.out, fatal.restore, fatal.len);
        if (n != (ssize_t)fatal.len) { /* stopped, or nobody reads: see tty_io_force() */
            tcflow(fatal.out, TCOON);
            tcflush(fatal.out, TCOFLUSH);
            n = write(fatal.out, fatal.restore, fatal.len);
        }
        (void)n; /* nothing more can be done about it here */
        tcsetattr(fatal.in, TCSANOW, &fatal.found);
    }
    raise(sig); /* SA_RESETHAND: now it kills, with its own core and status */
}

static void arm(const struct tty_io *io, const char *restore)
{
    fatal.in = io->in;
    fatal.out = io->out;
    fatal.found = io->found;
    fatal.len = strnlen(restore, RESTORE_MAX);
    memcpy(fatal.restore, restore, fatal.len);
    const stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&alternate, NULL);
    struct sigaction action = {.sa_handler = on_fatal,
                               .sa_flags = (int)(SA_ONSTACK | SA_RESETHAND)};
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < FATAL_COUNT; i++)
        sigaction(fatal_signals[i], &action, &fatal.before[i]);
    fatal.armed = 1;
}

static void disarm(void)
{
    fatal.armed = 0;
    for (size_t i = 0; i < FATAL_COUNT; i++)
        sigaction(fatal_signals[i], &fatal.before[i], NULL);
    const stack_t none = {.ss_flags = SS_DISABLE};
    sigaltstack(&none, NULL);
}

void crash_handler_arm(const struct tty_io *io, const char *restore)
{
    if (fatal.armed)
        disarm();
    if (restore)
        arm(io, restore);
}
