/* SPDX-License-Identifier: MIT */
/* The terminal's own promises, on a pty whose master the test holds: nothing is written when
 * nothing is new, nothing waits for a terminal that takes no bytes, a terminal that is gone is
 * noticed, the glyph question is asked once and loses no key, and all is as found at the end. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "tcptop/base/canvas.h"
#include "tcptop/term/tty.h"

static int master, slave;
static struct termios before;
static struct tty *term;
static struct canvas canvas;

static int set_up(void **state)
{
    (void)state;
    const struct winsize size = {.ws_row = 24, .ws_col = 80};
    setenv("TERM", "xterm-256color", 1);
    if (openpty(&master, &slave, NULL, NULL, &size) || tcgetattr(slave, &before))
        return -1;
    fcntl(master, F_SETFL, O_NONBLOCK);
    return canvas_init(&canvas, 80, 24);
}

static int tear_down(void **state)
{
    (void)state;
    canvas_fini(&canvas);
    if (master >= 0)
        close(master);
    return close(slave);
}

/* What the terminal has been sent and has not looked at yet; the number of bytes. */
static size_t received(char *out, size_t size)
{
    size_t used = 0;
    ssize_t n;
    while (used < size - 1 && (n = read(master, out + used, size - 1 - used)) > 0)
        used += (size_t)n;
    out[used] = '\0';
    return used;
}

static void assert_settings(const struct termios *expected)
{
    struct termios now;
    assert_int_equal(tcgetattr(slave, &now), 0);
    assert_int_equal(now.c_iflag, expected->c_iflag);
    assert_int_equal(now.c_oflag, expected->c_oflag);
    assert_int_equal(now.c_cflag, expected->c_cflag);
    assert_int_equal(now.c_lflag, expected->c_lflag);
    assert_memory_equal(now.c_cc, expected->c_cc, sizeof now.c_cc);
}

static void open_term(enum glyph_choice glyphs)
{
    const struct tty_options options = {
        .glyphs = glyphs, .color = true, .mouse = true, .esc_delay_ms = 1, .utf8 = true};
    struct theme theme;
    struct err err = {""};
    if (tty_open(&term, &options, slave, slave, &err))
        fail_msg("%s", err.msg);
    theme_init(&theme, tty_depth(term), BACKGROUND_DARK);
    tty_use_theme(term, &theme);
}

static void answer(const char *bytes)
{
    assert_int_equal(write(master, bytes, strlen(bytes)), strlen(bytes));
}

static keycode next_key(void)
{
    struct input in;
    struct pollfd wait = {.fd = tty_fd(term), .events = POLLIN};
    while (!tty_read(term, &in))
        if (poll(&wait, 1, tty_timeout_ms(term)) < 0)
            return KEY_CODE_NONE;
    return in.key;
}

/* As where only the locales of another architecture are installed. */
static void skip_without_utf8(void)
{
    if (setlocale(LC_CTYPE, "C.UTF-8"))
        return;
    print_message("no UTF-8 locale can be loaded\n");
    skip();
}

static void test_only_news_is_written(void **state)
{
    (void)state;
    skip_without_utf8();
    static char out[1 << 20];
    open_term(GLYPHS_UNICODE);
    canvas_put(&canvas, 0, 0, 80, ROLE_TEXT, "CLOSE_WAIT 닫기 대기");
    tty_blit(term, &canvas);
    assert_true(received(out, sizeof out) > 0);
    assert_non_null(strstr(out, "\033[?1049h"));
    assert_non_null(strstr(out, "닫기"));
    tty_blit(term, &canvas);
    assert_int_equal(received(out, sizeof out), 0);
    canvas_put(&canvas, 6, 0, 4, ROLE_TEXT, "HOLD");
    tty_blit(term, &canvas);
    assert_non_null(strstr((received(out, sizeof out), out), "HOLD"));
    assert_null(strstr(out, "닫기"));
    tty_redraw(term);
    tty_blit(term, &canvas);
    received(out, sizeof out);
    assert_non_null(strstr(out, "닫기"));
    tty_close(term);
    received(out, sizeof out);
    assert_non_null(strstr(out, "\033[?1049l"));
    assert_non_null(strstr(out, "\033[?2004l"));
}

static void test_settings_come_back(void **state)
{
    (void)state;
    struct termios during;
    open_term(GLYPHS_UNICODE);
    tcgetattr(slave, &during);
    assert_false(during.c_lflag & (ICANON | ECHO | ISIG));
    tty_suspend(term);
    assert_settings(&before);
    tty_resume(term);
    assert_settings(&during);
    assert_false(fcntl(slave, F_GETFL) & O_NONBLOCK); /* the shell has this description too */
    tty_close(term);
    assert_settings(&before);
}

/* Draw until the kernel's buffer is full, since the master reads nothing. */
static void fill_terminal(void)
{
    int frames = 0;
    for (; frames < 10000 && tty_out_fd(term) < 0; frames++) {
        char text[16];
        for (int y = 0; y < 24; y++) {
            snprintf(text, sizeof text, "%d", frames * 24 + y);
            for (int x = 0; x < 80; x += 8)
                canvas_put(&canvas, x, y, 8, ROLE_TEXT, text);
        }
        tty_blit(term, &canvas);
    }
    assert_true(frames < 10000);
}

/* The master reads nothing: frames are passed over, and closing does not hang. Whoever reads again
 * finds the screen given back, even though what was drawn last is lost. */
static void test_a_stopped_terminal_stops_nothing(void **state)
{
    (void)state;
    static char out[1 << 20];
    open_term(GLYPHS_UNICODE);
    fill_terminal();
    for (int i = 0; i < 100; i++) {
        canvas_put(&canvas, 0, 0, 8, ROLE_TEXT, i % 2 ? "one" : "two");
        tty_blit(term, &canvas);
        tty_flush(term);
    }
    assert_false(tty_gone(term));
    tty_close(term);
    assert_settings(&before);
    assert_true(received(out, sizeof out) > 0);
    assert_non_null(strstr(out, "\033[?1049l"));
    assert_non_null(strstr(out, "\033[?2004l"));
}

/* Somebody has stopped the output (tcflow(), not ^S): closing starts it again. */
static void test_stopped_output_is_started(void **state)
{
    (void)state;
    static char out[1 << 20];
    open_term(GLYPHS_UNICODE);
    received(out, sizeof out);
    assert_int_equal(tcflow(slave, TCOOFF), 0);
    canvas_put(&canvas, 0, 0, 8, ROLE_TEXT, "unseen");
    tty_blit(term, &canvas);
    assert_int_equal(received(out, sizeof out), 0);
    assert_true(tty_out_fd(term) >= 0);
    tty_close(term);
    assert_settings(&before);
    received(out, sizeof out);
    assert_non_null(strstr(out, "\033[?1049l"));
}

/* A crash while nobody reads: the handler gives the screen back all the same. */
static void test_a_crash_while_nobody_reads(void **state)
{
    (void)state;
    static char out[1 << 20];
    int status;
    open_term(GLYPHS_UNICODE);
    fill_terminal();
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0});
        raise(SIGBUS);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_settings(&before);
    received(out, sizeof out);
    assert_non_null(strstr(out, "\033[?1049l"));
    tty_close(term);
}

static void test_a_closed_terminal_is_noticed(void **state)
{
    (void)state;
    struct input in;
    open_term(GLYPHS_UNICODE);
    close(master);
    master = -1;
    assert_false(tty_read(term, &in));
    assert_true(tty_gone(term));
    tty_close(term);
}

static void test_glyph_question(void **state)
{
    (void)state;
    skip_without_utf8();
    char out[65536];
    answer("3\033[A\033[1;3R0"); /* keys around the answer: the cursor moved by two */
    open_term(GLYPHS_AUTO);
    received(out, sizeof out);
    assert_non_null(strstr(out, "\033[6n"));
    assert_true(tty_ascii(term));
    assert_int_equal(next_key(), '3');
    assert_int_equal(next_key(), KEY_CODE_UP);
    assert_int_equal(next_key(), '0');
    tty_close(term);
    answer("\033[1;2R");
    open_term(GLYPHS_AUTO);
    assert_false(tty_ascii(term));
    tty_close(term);
    open_term(GLYPHS_ASCII);
    assert_true(tty_ascii(term));
    tty_close(term);
    received(out, sizeof out);
    open_term(GLYPHS_AUTO); /* no answer: as most terminals are */
    assert_false(tty_ascii(term));
    answer("\033[1;2Rx"); /* it comes late: no key */
    assert_int_equal(next_key(), 'x');
    tty_close(term);
}

static bool told(const char *answers, enum theme_background *background)
{
    const struct tty_options options = {.glyphs = GLYPHS_UNICODE,
                                        .color = true,
                                        .ask_background = true,
                                        .esc_delay_ms = 1,
                                        .utf8 = true};
    struct err err = {""};
    answer(answers);
    if (tty_open(&term, &options, slave, slave, &err))
        fail_msg("%s", err.msg);
    const bool is_told = tty_background(term, background);
    tty_close(term);
    return is_told;
}

/* The terminal tells its ground, or only where its cursor is: then nothing is known. */
static void test_ground_question(void **state)
{
    (void)state;
    enum theme_background background = BACKGROUND_ANY;
    assert_true(told("\033]11;rgb:ffff/ffff/ffff\033\\\033[1;1R", &background));
    assert_int_equal(background, BACKGROUND_LIGHT);
    assert_true(told("\033]11;rgb:fd/f6/e3\a\033[1;1R", &background));
    assert_int_equal(background, BACKGROUND_LIGHT);
    assert_true(told("\033]11;rgb:0000/2b2b/3636\a\033[1;1R", &background));
    assert_int_equal(background, BACKGROUND_DARK);
    assert_false(told("\033[1;1R", &background));
}

static void test_escape_waits_for_company(void **state)
{
    (void)state;
    open_term(GLYPHS_UNICODE);
    answer("\033");
    assert_int_equal(next_key(), KEY_CODE_ESC);
    answer("\033[B");
    assert_int_equal(next_key(), KEY_CODE_DOWN);
    tty_close(term);
}

static void test_copy(void **state)
{
    (void)state;
    char out[65536];
    static const char *const cases[][2] = {
        {"a", "\033]52;c;YQ==\a"}, {"ab", "\033]52;c;YWI=\a"}, {"abc", "\033]52;c;YWJj\a"}};
    open_term(GLYPHS_UNICODE);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        received(out, sizeof out);
        tty_copy(term, cases[i][0]);
        received(out, sizeof out);
        assert_string_equal(out, cases[i][1]);
    }
    tty_close(term);
}

static void test_sizes(void **state)
{
    (void)state;
    int w, h;
    char out[65536];
    struct err err;
    static const struct winsize sizes[] = {
        {1, 1, 0, 0}, {3, 2, 0, 0}, {300, 1, 0, 0}, {300, 500, 0, 0}, {24, 80, 0, 0}};
    open_term(GLYPHS_UNICODE);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        ioctl(master, TIOCSWINSZ, &sizes[i]);
        assert_int_equal(tty_resized(term, &err), 0);
        tty_size(term, &w, &h);
        assert_int_equal(w, sizes[i].ws_col);
        assert_int_equal(h, sizes[i].ws_row);
        assert_int_equal(canvas_resize(&canvas, w, h), 0);
        canvas_put(&canvas, w - 2, h - 1, 2, ROLE_CRIT, "한");
        tty_blit(term, &canvas);
        while (tty_out_fd(term) >= 0 && received(out, sizeof out))
            tty_flush(term);
    }
    /* No screen of these sizes; the one that there was can still be closed. */
    static const struct winsize refused[] = {{24, 65535, 0, 0}, {32767, 32767, 0, 0}};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        char size[32];
        ioctl(master, TIOCSWINSZ, &refused[i]);
        assert_int_equal(tty_resized(term, &err), -EOVERFLOW);
        snprintf(size, sizeof size, "%dx%d", refused[i].ws_col, refused[i].ws_row);
        assert_non_null(strstr(err.msg, size));
    }
    tty_close(term);
    received(out, sizeof out);
    assert_non_null(strstr(out, "\033[?1049l"));
}

static void test_refused_types(void **state)
{
    (void)state;
    static const char *const types[] = {"dumb", "nonsense", ""};
    const struct tty_options options = {.utf8 = true};
    char out[256];
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct err err = {""};
        setenv("TERM", types[i], 1);
        assert_true(tty_open(&term, &options, slave, slave, &err) < 0);
        assert_non_null(strstr(err.msg, "--once"));
        assert_settings(&before);
        assert_int_equal(received(out, sizeof out), 0);
    }
}

/* What the terminal cannot be opened for is said, and it is not its type. */
static void test_causes(void **state)
{
    const struct tty_options options = {.utf8 = true};
    const struct winsize large = {.ws_row = 24, .ws_col = 65535};
    struct rlimit before_limit, few;
    struct err err = {""};

    (void)state;
    assert_int_equal(ioctl(master, TIOCSWINSZ, &large), 0);
    assert_int_equal(tty_open(&term, &options, slave, slave, &err), -EOVERFLOW);
    assert_non_null(strstr(err.msg, "65535x24"));
    assert_null(strstr(err.msg, "type"));

    assert_int_equal(ioctl(master, TIOCSWINSZ, &(struct winsize){.ws_row = 24, .ws_col = 80}), 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before_limit), 0);
    few = before_limit;
    for (few.rlim_cur = (rlim_t)slave + 1; few.rlim_cur <= (rlim_t)slave + 4; few.rlim_cur++) {
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
        assert_int_equal(tty_open(&term, &options, slave, slave, &err), -EMFILE);
        assert_string_equal(err.msg, err_name(EMFILE));
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before_limit), 0);

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before_limit), 0);
    few = before_limit;
    few.rlim_cur = 512;
    signal(SIGXFSZ, SIG_IGN); /* as the program does */
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
    assert_int_equal(tty_open(&term, &options, slave, slave, &err), -EFBIG);
    assert_non_null(strstr(err.msg, "ulimit -f"));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before_limit), 0);
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_only_news_is_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_settings_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_stopped_terminal_stops_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stopped_output_is_started, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_crash_while_nobody_reads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_closed_terminal_is_noticed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_glyph_question, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ground_question, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_escape_waits_for_company, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_copy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sizes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused_types, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_causes, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
