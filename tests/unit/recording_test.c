/* SPDX-License-Identifier: MIT */
/* Replay of frame files and of what `ss -tan -D` wrote: whole frames play whatever comes after
 * them, damage is told by number, and what is no recording is refused by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/diag_build.h"
#include "lib/frame_write.h"
#include "lib/sample.h"
#include "tcptop/base/clock.h"
#include "tcptop/source/frame.h"
#include "tcptop/source/recording.h"
#include "tcptop/source/source.h"
#include "tcptop/text/text.h"

#define FRAMES 3

static char path[64]; /* the file under test; each test writes it anew */

static int make_path(void **state)
{
    (void)state;
    const char *home = getenv("HOME");

    snprintf(path, sizeof(path), "%.40s/recording-XXXXXX", home && *home ? home : "/tmp");
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_file(const void *bytes, size_t len)
{
    int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    close(fd);
}

/* Frame i (from 1) holds i connections and was taken at i seconds. `ends` gets where each ends. */
static void write_frames(struct str *out, size_t ends[FRAMES + 1])
{
    frame_begin(out);
    ends[0] = out->len;
    for (uint16_t i = 1; i <= FRAMES; i++) {
        struct sample *s = sample_make(NULL);
        struct str messages = STR_INIT;

        assert_non_null(s);
        for (uint16_t k = 1; k <= i; k++) {
            struct conn c = build_plain(TCP_STATE_ESTABLISHED, k, 1, k);
            build_conn(&messages, &c, NULL, 0);
        }
        build_done(&messages, 0);
        s->mono_ns = s->wall_ns = i;
        frame_write(out, s, messages.data, messages.len);
        ends[i] = out->len;
        str_fini(&messages);
        sample_unref(s);
    }
}

static struct source *open_path(const char *name)
{
    struct source *src = NULL;
    struct sample_reason err = {.code = REASON_NONE};

    if (recording_open(&src, name, &err) != 0)
        fail_msg("%s", reason_words(&err));
    return src;
}

static int sample(struct source *src, struct sample **s)
{
    struct request req = {.needs = NEED_BOUND};
    struct sample_reason err = {.code = REASON_NONE};

    *s = sample_make(NULL);
    assert_non_null(*s);
    return source_sample(src, &req, builder_of(*s), &err);
}

/* Play all of `src`: its frames in order but for the first one that is damaged, whose number is
 * `damaged` (0: none is), which is told when it has come to its end. */
static void expect_play_but(struct source *src, size_t frames, size_t damaged)
{
    struct sample_reason unread;
    struct sample *s;

    for (size_t i = 1; i <= frames; i++) {
        if (i == damaged)
            continue;
        assert_int_equal(sample(src, &s), 0);
        assert_int_equal(s->n_live, i);
        assert_int_equal(s->mono_ns, i);
        assert_int_equal(s->status, SAMPLE_COMPLETE);
        assert_int_equal(s->backend, BACKEND_FRAME);
        sample_unref(s);
    }
    if (frames == 0 || (frames == 1 && damaged == 1)) {
        assert_int_equal(sample(src, &s), -EBADMSG);
        sample_unref(s);
    }
    assert_int_equal(sample(src, &s), -ENODATA);
    sample_unref(s);
    unread = recording_unread(src);
    assert_int_equal(unread.code, damaged ? REASON_DAMAGED_FRAME : REASON_NONE);
    assert_int_equal(unread.number, damaged);
    assert_int_equal(unread.begin_ns != 0, damaged > 1);
    assert_int_equal(unread.end_ns != 0, damaged && damaged < frames);
    source_close(src);
}

/* The whole frames, and nothing behind them. */
static void expect_play(struct source *src, size_t frames, bool damaged)
{
    expect_play_but(src, frames, damaged ? frames + 1 : 0);
}

static size_t whole_frames(size_t len, const size_t ends[FRAMES + 1])
{
    size_t n = 0;

    while (n < FRAMES && ends[n + 1] <= len)
        n++;
    return n;
}

static void frames_cut_at_every_byte(void **state)
{
    (void)state;
    size_t ends[FRAMES + 1];
    struct str file = STR_INIT;

    write_frames(&file, ends);
    for (size_t len = 1; len <= file.len; len++) {
        size_t whole = whole_frames(len, ends);
        write_file(file.data, len);
        expect_play(open_path(path), whole, len > ends[0] && len != ends[whole]);
    }
    str_fini(&file);
}

static void frames_with_every_byte_flipped(void **state)
{
    (void)state;
    size_t ends[FRAMES + 1];
    struct str file = STR_INIT;

    write_frames(&file, ends);
    for (size_t at = ends[0]; at < file.len; at++) {
        file.data[at] = (char)(file.data[at] ^ 0x10);
        write_file(file.data, file.len);
        expect_play_but(open_path(path), FRAMES, whole_frames(at, ends) + 1);
        file.data[at] = (char)(file.data[at] ^ 0x10);
    }
    str_fini(&file);
}

/* With a time that is asked for, too. */
static void frames_behind_damage_play_in_their_time(void **state)
{
    (void)state;
    size_t ends[FRAMES + 1];
    struct str file = STR_INIT;

    write_frames(&file, ends);
    file.data[ends[1] + 30] ^= 1;
    write_file(file.data, file.len);
    struct source *src = open_path(path);
    assert_int_equal(recording_limit(src, 0, INT64_MAX), 0);
    expect_play_but(src, FRAMES, 2);
    str_fini(&file);
}

/* Two dumps with an end each, the first in the old kind of message, as ss falls back to it. */
static void write_dumps(struct str *out)
{
    struct conn c = build_plain(TCP_STATE_ESTABLISHED, 1, 2, 3);
    uint16_t legacy = TCPDIAG_GETSOCK;

    build_conn(out, &c, NULL, 0);
    memcpy(out->data + offsetof(struct nlmsghdr, nlmsg_type), &legacy, sizeof(legacy));
    build_done(out, 0);
    c.cookie = 4;
    build_conn(out, &c, NULL, 0);
    build_done(out, 0);
}

static void expect_raw(const void *bytes, size_t len, uint32_t rows, enum sample_status status)
{
    struct sample *s;

    write_file(bytes, len);
    struct source *src = open_path(path);
    assert_int_equal(sample(src, &s), 0);
    assert_int_equal(s->n_live, rows);
    assert_int_equal(s->backend, BACKEND_RAW);
    assert_int_equal(s->status, status);
    assert_int_equal(strlen(reason_words(&s->reason)) > 0, status == SAMPLE_PARTIAL);
    assert_int_equal(s->host.counter_valid | s->host.sysctl_valid, 0);
    assert_int_equal(s->needs, 0); /* bound ones: nobody knows whether they were asked for */
    sample_unref(s);
    assert_int_equal(sample(src, &s), -ENODATA);
    sample_unref(s);
    source_close(src);
}

static void raw_dumps_are_one_sample(void **state)
{
    (void)state;
    struct str file = STR_INIT;

    write_dumps(&file);
    expect_raw(file.data, file.len, 2, SAMPLE_COMPLETE);
    str_fini(&file);
}

static void raw_cut_at_every_byte(void **state)
{
    (void)state;
    struct str file = STR_INIT;

    write_dumps(&file);
    size_t half = file.len / 2, record = half - 20;
    for (size_t len = 16; len < file.len; len++) {
        uint32_t rows = len >= half + record ? 2 : len >= record;
        expect_raw(file.data, len, rows, len == half ? SAMPLE_COMPLETE : SAMPLE_PARTIAL);
    }
    str_fini(&file);
}

static void raw_dump_that_failed(void **state)
{
    (void)state;
    struct conn c = build_plain(TCP_STATE_ESTABLISHED, 1, 2, 3);
    struct str file = STR_INIT;

    build_conn(&file, &c, NULL, 0);
    build_done(&file, -EINVAL);
    expect_raw(file.data, file.len, 1, SAMPLE_PARTIAL);
    str_fini(&file);
}

static void empty_namespace_is_complete(void **state)
{
    (void)state;
    struct str file = STR_INIT;

    build_done(&file, 0);
    build_done(&file, 0);
    expect_raw(file.data, file.len, 0, SAMPLE_COMPLETE);
    str_fini(&file);
}

static int refusal(const char *name, char *msg, size_t size)
{
    struct source *src = NULL;
    struct sample_reason err = {.code = REASON_NONE};
    int error = recording_open(&src, name, &err);

    assert_true(error < 0);
    assert_null(src);
    assert_null(strchr(reason_words(&err), '\n'));
    snprintf(msg, size, "%s", reason_words(&err));
    return error;
}

static void expect_refused(const void *bytes, size_t len, int error, const char *words)
{
    char msg[512];

    write_file(bytes, len);
    assert_int_equal(refusal(path, msg, sizeof(msg)), error);
    if (!strstr(msg, words))
        fail_msg("\"%s\" does not say \"%s\"", msg, words);
}

static void what_is_no_recording(void **state)
{
    (void)state;
    static const char text[] = "Active Internet connections (servers and established)\n";
    static const char zeros[64];
    char msg[512];

    expect_refused("", 0, -EBADMSG, "is empty");
    expect_refused("x", 1, -EBADMSG, "has no connections");
    expect_refused(text, sizeof(text) - 1, -EBADMSG, "has no connections");
    expect_refused(zeros, sizeof(zeros), -EBADMSG, "neither");
    expect_refused("\x7f"
                   "ELF\2\1\1",
                   7, -EBADMSG, "neither");
    expect_refused("tcptopF2\0\0\0", 11, -EPROTONOSUPPORT, "format");
    assert_int_equal(refusal("/", msg, sizeof(msg)), -EISDIR);
    assert_int_equal(refusal("/no/such\x1b[2Jfile", msg, sizeof(msg)), -ENOENT);
    assert_null(strchr(msg, '\x1b'));
}

static void magic_alone_holds_no_sample(void **state)
{
    (void)state;
    write_file(FRAME_MAGIC, FRAME_MAGIC_BYTES);
    expect_play(open_path(path), 0, false);
}

static long peak_kib(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return u.ru_maxrss;
}

static void sparse_file_costs_no_memory(void **state)
{
    (void)state;
    const off_t five_gib = (off_t)5 << 30;
    long before = peak_kib();
    char msg[512];

    write_file("", 0);
    if (truncate(path, five_gib) != 0)
        skip();
    assert_int_equal(refusal(path, msg, sizeof(msg)), -EBADMSG);
    write_file(FRAME_MAGIC, FRAME_MAGIC_BYTES);
    assert_int_equal(truncate(path, five_gib), 0);
    expect_play(open_path(path), 0, true);
    write_file("", 0);
    assert_true(peak_kib() - before < 64 * 1024);
}

/* A child writes the file into descriptor `fd` byte by byte. */
static void write_slowly(const struct str *file, int fd)
{
    for (size_t i = 0; i < file->len; i++) {
        if (write(fd, file->data + i, 1) != 1)
            _exit(1);
    }
    _exit(0);
}

static void a_fifo_plays(void **state)
{
    (void)state;
    size_t ends[FRAMES + 1];
    struct str file = STR_INIT;
    char fifo[80];
    int status;

    write_frames(&file, ends);
    snprintf(fifo, sizeof(fifo), "%s.fifo", path);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    pid_t child = fork();
    if (child == 0)
        write_slowly(&file, open(fifo, O_WRONLY));
    expect_play(open_path(fifo), FRAMES, false);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    unlink(fifo);
    str_fini(&file);
}

#ifdef RECORDING_FIFO_WAIT_NS
/* One that nobody writes to is refused; one whose writer has nothing to say yet is waited for. */
static void a_fifo_without_a_writer_is_refused(void **state)
{
    (void)state;
    size_t ends[FRAMES + 1];
    struct str file = STR_INIT;
    char fifo[80], msg[512];
    int status;

    snprintf(fifo, sizeof(fifo), "%s.fifo", path);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(refusal(fifo, msg, sizeof(msg)), -ETIMEDOUT);
    assert_non_null(strstr(msg, "no program writes to"));

    write_frames(&file, ends);
    pid_t child = fork();
    if (child == 0) {
        int fd = open(fifo, O_WRONLY);
        poll(NULL, 0, 4 * RECORDING_FIFO_WAIT_NS / NS_PER_MS); /* longer than one is waited for */
        write_slowly(&file, fd);
    }
    expect_play(open_path(fifo), FRAMES, false);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    unlink(fifo);
    str_fini(&file);
}

#endif

static void standard_input_plays(void **state)
{
    (void)state;
    size_t ends[FRAMES + 1];
    struct str file = STR_INIT;
    int pipe_fd[2], saved = dup(STDIN_FILENO);

    write_frames(&file, ends);
    assert_int_equal(pipe(pipe_fd), 0);
    if (fork() == 0) {
        close(pipe_fd[0]);
        write_slowly(&file, pipe_fd[1]);
    }
    close(pipe_fd[1]);
    dup2(pipe_fd[0], STDIN_FILENO);
    close(pipe_fd[0]);
    expect_play(open_path("-"), FRAMES, false);
    wait(NULL);
    dup2(saved, STDIN_FILENO);
    close(saved);
    str_fini(&file);
}

static void cancelling_ends_a_wait(void **state)
{
    (void)state;
    size_t ends[FRAMES + 1];
    struct str file = STR_INIT;
    struct sample *s;
    int pipe_fd[2];
    char name[32];

    write_frames(&file, ends);
    assert_int_equal(pipe(pipe_fd), 0);
    assert_int_equal(write(pipe_fd[1], file.data, ends[1] + 5), ends[1] + 5);
    snprintf(name, sizeof(name), "/dev/fd/%d", pipe_fd[0]);
    if (access(name, R_OK) != 0)
        skip();
    struct source *src = open_path(name);
    assert_int_equal(sample(src, &s), 0);
    sample_unref(s);
    source_cancel(src);
    assert_int_equal(sample(src, &s), -ECANCELED);
    sample_unref(s);
    source_close(src);
    close(pipe_fd[0]);
    close(pipe_fd[1]);
    str_fini(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_cut_at_every_byte),
        cmocka_unit_test(frames_with_every_byte_flipped),
        cmocka_unit_test(frames_behind_damage_play_in_their_time),
        cmocka_unit_test(raw_dumps_are_one_sample),
        cmocka_unit_test(raw_cut_at_every_byte),
        cmocka_unit_test(raw_dump_that_failed),
        cmocka_unit_test(empty_namespace_is_complete),
        cmocka_unit_test(what_is_no_recording),
        cmocka_unit_test(magic_alone_holds_no_sample),
        cmocka_unit_test(sparse_file_costs_no_memory),
        cmocka_unit_test(a_fifo_plays),
#ifdef RECORDING_FIFO_WAIT_NS
        cmocka_unit_test(a_fifo_without_a_writer_is_refused),
#endif
        cmocka_unit_test(standard_input_plays),
        cmocka_unit_test(cancelling_ends_a_wait),
    };

    return cmocka_run_group_tests(tests, make_path, remove_path);
}
