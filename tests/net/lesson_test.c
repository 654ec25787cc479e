/* SPDX-License-Identifier: MIT */
/* Lessons with real sockets: each is played to its end, every step listed by the kernel before it
 * is shown; what ends by itself, or by another's hand, is noticed and set up again, as is a scene
 * whose processes die; those have no files and no rights of the one that watches, and die with the
 * one that watches, in the middle of an act. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/sample.h"
#include "tcptop/base/clock.h"
#include "tcptop/lesson/lesson.h"
#include "tcptop/source/destroy.h"
#include "tcptop/source/source.h"

static struct sample *take(void)
{
    const struct request req = {.needs = NEED_BOUND};
    struct sample *s = sample_make(NULL);
    struct source *src;
    struct sample_reason err = {.code = REASON_NONE};
    assert_non_null(s);
    assert_int_equal(kernel_open(&src, NULL, &err), 0);
    if (source_sample(src, &req, builder_of(s), &err))
        fail_msg("%s", reason_words(&err));
    source_close(src);
    sample_count(s);
    return s;
}

/* Until the lesson has news: as a screen drives it. */
static void play(struct lesson *l)
{
    for (;;) {
        const int64_t now = clock_mono_ns(), due = lesson_due(l, now);
        if (lesson_tick(l, now)) {
            struct sample *s = take();
            lesson_sample(l, s, clock_mono_ns());
            sample_unref(s);
        }
        if (lesson_news(l))
            return;
        assert_true(due > 0);
        poll(NULL, 0, 1);
    }
}

static void step(struct lesson *l)
{
    assert_true(lesson_next(l, clock_mono_ns()));
    play(l);
    if (l->error)
        fail_msg("%s, step %u: %s", state_name(l->state), l->shown + 1, strerror(-l->error));
}

static void look(struct lesson *l)
{
    struct sample *s = take();
    lesson_sample(l, s, clock_mono_ns());
    sample_unref(s);
}

/* Also what the kernel would go on with, so that the next lesson does not meet it. */
static void end(struct lesson *l)
{
    lesson_fini(l);
    struct sample *s = take();
    for (uint32_t i = 0; i < s->n_live; i++)
        destroy_conn(&s->conn[i], NULL);
    sample_unref(s);
}

/* Whether its rows are listed here: those that are only bound since Linux 6.8. */
static bool is_shown(unsigned state)
{
    struct utsname u;
    int major, minor;

    return state != TCP_STATE_BOUND_INACTIVE ||
           (uname(&u) == 0 && sscanf(u.release, "%d.%d", &major, &minor) == 2 &&
            major * 100 + minor >= 608);
}

static void each_is_played_to_its_end(void **unused)
{
    (void)unused;
    for (unsigned state = 0; state < TCP_STATE_COUNT; state++) {
        struct lesson l;
        struct sample *s;
        if (!lesson_script(state) || !is_shown(state))
            continue;
        assert_int_equal(lesson_init(&l, state), 0);
        assert_null(lesson_shown(&l));
        for (unsigned i = 1; i <= l.script->n; i++) {
            step(&l);
            assert_int_equal(l.shown, i);
            s = take();
            if (!lesson_listed(lesson_shown(&l), s))
                fail_msg("%s: step %u does not stand", state_name(state), i);
            sample_unref(s);
            look(&l);
            look(&l);
            assert_false(lesson_is_over(&l));
        }
        assert_false(lesson_next(&l, clock_mono_ns()));
        end(&l);
    }
}

static void destroy(unsigned state)
{
    struct sample *s = take();
    unsigned n = 0;
    for (uint32_t i = 0; i < s->n_live; i++)
        n += s->conn[i].state == state && destroy_conn(&s->conn[i], NULL).outcome == DESTROY_DONE;
    sample_unref(s);
    assert_true(n > 0);
}

static void what_ended_is_set_up_again(void **unused)
{
    struct lesson l;
    (void)unused;
    assert_int_equal(lesson_init(&l, TCP_STATE_TIME_WAIT), 0);
    for (unsigned i = 0; i < 3; i++)
        step(&l);
    destroy(TCP_STATE_TIME_WAIT);
    look(&l);
    assert_false(lesson_is_over(&l)); /* one dump may have a gap */
    look(&l);
    assert_true(lesson_is_over(&l));
    step(&l); /* a fourth step without a third would tell a lie */
    assert_int_equal(l.shown, 4);
    assert_false(lesson_is_over(&l));
    destroy(TCP_STATE_ESTABLISHED);
    look(&l);
    look(&l);
    assert_true(lesson_is_over(&l));
    step(&l); /* the last one, once more */
    assert_int_equal(l.shown, 4);
    end(&l);
}

/* Backwards from the last step to the first, each with the rows that it announces; then forwards.
 */
static void each_step_back_is_set_up_again(void **unused)
{
    struct lesson l;
    (void)unused;
    assert_int_equal(lesson_init(&l, TCP_STATE_CLOSE_WAIT), 0);
    step(&l);
    assert_false(lesson_back(&l, clock_mono_ns())); /* there is none before the first */
    while (l.shown < l.script->n)
        step(&l);
    while (l.shown > 1) {
        const unsigned before = l.shown;
        assert_true(lesson_back(&l, clock_mono_ns()));
        assert_false(lesson_back(&l, clock_mono_ns())); /* one is under way */
        play(&l);
        assert_int_equal(l.error, 0);
        assert_int_equal(l.shown, before - 1);
        struct sample *s = take();
        assert_true(lesson_listed(lesson_shown(&l), s));
        sample_unref(s);
    }
    step(&l);
    assert_int_equal(l.shown, 2);
    end(&l);
}

/* What goes by its nature is not missed, but the next step does not rest on it. */
static void what_may_go_goes(void **unused)
{
    struct lesson l;
    (void)unused;
    assert_int_equal(lesson_init(&l, TCP_STATE_CLOSE_WAIT), 0);
    for (unsigned i = 0; i < 3; i++)
        step(&l);
    destroy(TCP_STATE_FIN_WAIT2);
    look(&l);
    look(&l);
    assert_false(lesson_is_over(&l));
    step(&l);
    assert_int_equal(l.shown, 4);
    end(&l);
}

/* Their sockets end as those of any process; what that leaves does not stand in the way. */
static void dead_lesson_peers_are_replaced(void **unused)
{
    struct lesson l;
    (void)unused;
    assert_int_equal(lesson_init(&l, TCP_STATE_CLOSE_WAIT), 0);
    step(&l);
    step(&l);
    kill(l.lesson_net.pid[WHO_SERVER], SIGKILL);
    siginfo_t end_of_server; /* its sockets have gone by then */
    assert_int_equal(
        waitid(P_PID, (id_t)l.lesson_net.pid[WHO_SERVER], &end_of_server, WEXITED | WNOWAIT), 0);
    step(&l);
    assert_int_equal(l.shown, 3);
    kill(l.lesson_net.pid[WHO_SERVER], SIGSTOP);
    assert_true(lesson_next(&l, clock_mono_ns()));
    assert_int_equal(l.phase, LESSON_ORDERED);
    kill(l.lesson_net.pid[WHO_SERVER], SIGKILL); /* an answer was due */
    play(&l);
    assert_int_equal(l.error, -EPIPE);
    assert_int_equal(l.shown, 3);
    step(&l);
    assert_int_equal(l.shown, 4);
    end(&l);
}

/* A stranger's socket in the scene: the step is done, yet not what it says. */
static void what_is_not_listed_so_is_not_said(void **unused)
{
    struct lesson l;
    struct lesson_peer stranger;
    (void)unused;
    lesson_peer_init(&stranger);
    assert_int_equal(lesson_init(&l, TCP_STATE_LISTEN), 0);
    step(&l);
    assert_int_equal(lesson_peer_do(&stranger, LESSON_OP_CONNECT), 0);
    assert_true(lesson_next(&l, clock_mono_ns()));
    play(&l);
    assert_int_equal(l.error, -ENODATA);
    assert_int_equal(l.shown, 1);
    lesson_peer_do(&stranger, LESSON_OP_ABANDON);
    step(&l);
    assert_int_equal(l.shown, 2);
    end(&l);
}

static unsigned descriptors_of(pid_t pid)
{
    char path[32];
    unsigned n = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n - 2; /* . and .. */
}

/* A line of /proc/PID/status: the number after `key`. */
static unsigned long long status_of(pid_t pid, const char *key)
{
    char path[32], line[256];
    unsigned long long value = 0;
    bool found = false;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    while (!found && fgets(line, sizeof line, file))
        found = strncmp(line, key, strlen(key)) == 0;
    fclose(file);
    assert_true(found);
    value = strtoull(line + strlen(key), NULL, 16);
    return value;
}

/* Those that are started while the one that watches has files open and rights. */
static void lesson_peers_have_neither_files_nor_rights(void **unused)
{
    (void)unused;
    struct lesson l;
    int open_files[8];
    for (int i = 0; i < 8; i++)
        open_files[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_int_equal(lesson_init(&l, TCP_STATE_ESTABLISHED), 0);
    step(&l);
    for (int who = 0; who < WHO_COUNT; who++) {
        const pid_t pid = l.lesson_net.pid[who];
        assert_int_equal(status_of(pid, "CapPrm:"), 0);
        assert_int_equal(status_of(pid, "CapEff:"), 0);
        assert_int_equal(status_of(pid, "NoNewPrivs:"), 1);
        /* the terminal's three, the pipe, the server's listener */
        assert_in_range(descriptors_of(pid), 4, 6);
    }
    end(&l);
    for (int i = 0; i < 8; i++)
        close(open_files[i]);
}

/* In a process of its own: has the server wait for a client that does not come, says who the
 * actors are, and stays until it is killed. */
static void watch(int out)
{
    struct lesson_net s;
    if (lesson_net_start(&s) || lesson_net_tell(&s, WHO_SERVER, LESSON_OP_LISTEN))
        _exit(1);
    while (lesson_net_answer(&s) == -EAGAIN)
        poll(NULL, 0, 1);
    if (lesson_net_tell(&s, WHO_SERVER, LESSON_OP_ACCEPT) || write(out, s.pid, sizeof s.pid) < 0)
        _exit(1);
    for (;;)
        pause();
}

/* How long the actors outlive their watcher. */
static int64_t ns_outlived(void)
{
    int out[2], status;
    pid_t lesson_peers[WHO_COUNT];
    assert_int_equal(pipe(out), 0);
    const pid_t watcher = fork();
    if (watcher == 0)
        watch(out[1]);
    assert_int_equal(read(out[0], lesson_peers, sizeof lesson_peers), sizeof lesson_peers);
    const int64_t begin = clock_mono_ns();
    kill(watcher, SIGKILL);
    assert_int_equal(waitpid(watcher, &status, 0), watcher);
    for (int i = 0; i < WHO_COUNT; i++)
        assert_int_equal(waitpid(lesson_peers[i], &status, 0), lesson_peers[i]);
    close(out[0]);
    close(out[1]);
    return clock_mono_ns() - begin;
}

static void lesson_peers_die_with_the_watcher(void **unused)
{
    (void)unused;
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* they become ours, so their ends are told */
    int64_t took = NS_PER_S;
    for (int i = 0; i < 5 && took >= NS_PER_S; i++) /* a busy host may hold up one */
        took = ns_outlived();
    assert_true(took < NS_PER_S); /* it was to wait for two */
    struct sample *s = take();
    assert_int_equal(s->total, 0);
    sample_unref(s);
}

static int enter(void **unused)
{
    (void)unused;
    const int rc = lesson_net_enter();
    if (rc)
        fprintf(stderr, "scene_enter: %s\n", strerror(-rc));
    return rc;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_played_to_its_end),
        cmocka_unit_test(what_ended_is_set_up_again),
        cmocka_unit_test(each_step_back_is_set_up_again),
        cmocka_unit_test(what_may_go_goes),
        cmocka_unit_test(dead_lesson_peers_are_replaced),
        cmocka_unit_test(what_is_not_listed_so_is_not_said),
        cmocka_unit_test(lesson_peers_have_neither_files_nor_rights),
        cmocka_unit_test(lesson_peers_die_with_the_watcher),
    };
    return cmocka_run_group_tests_name("lesson", tests, enter, NULL);
}
