/* SPDX-License-Identifier: MIT */
/* Whatever the file holds: every good key survives, every problem is named with its line, nothing
 * of the contents is echoed, nothing hangs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tcptop/base/str.h"
#include "tcptop/config/ini.h"
#include "tcptop/text/text.h"

enum { INTERVAL, HISTORY, LANG, FILTER, THEME, KEY_QUIT, KEY_THEME, N };

static const struct option rows[N] = {
    [INTERVAL] = {"general", "interval", OPTION_DURATION, 0.1, 60, NULL, "1 s", "", "", NULL},
    [HISTORY] = {"general", "history", OPTION_NUMBER, 60, 3600, NULL, "300", "", "", NULL},
    [LANG] = {"general", "lang", OPTION_CHOICE, 0, 0, "auto en ko", "auto", "", "", "speak"},
    [FILTER] = {"general", "filter", OPTION_TEXT, 0, 200, NULL, "", "", "", NULL},
    [THEME] = {"colors", "theme", OPTION_TEXT, 0, 30, NULL, "", "", "", NULL},
    [KEY_QUIT] = {"keys", "quit", OPTION_TEXT, 0, 60, NULL, "q F10", "", "", NULL},
    [KEY_THEME] = {"keys", "theme", OPTION_TEXT, 0, 60, NULL, "B", "", "", NULL},
};

static char directory[] = "/tmp/tcptop-ini-XXXXXX";
static struct option_value values[N];
static struct ini_problems problems;
static struct err err;

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(directory) && chdir(directory) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    char command[200];
    snprintf(command, sizeof(command), "rm -rf %s", directory);
    return chdir("/") == 0 ? system(command) : -1;
}

static int load_bytes(const void *bytes, size_t len)
{
    FILE *f = fopen("t.ini", "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
    ini_problems_fini(&problems);
    return ini_load("t.ini", rows, N, values, &problems, &err);
}

static void load(const char *text)
{
    assert_int_equal(load_bytes(text, strlen(text)), 0);
}

static bool is_korean(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text >= 0xea && (unsigned char)*text <= 0xed) { /* Hangul */
            return true;
        }
    }
    return false;
}

/* The only problem is this one, and in Korean it is told in Korean. */
static void assert_problem(const char *text, const char *problem)
{
    load(text);
    if (problems.n != 1 || strcmp(problems.list[0].msg, problem) != 0) {
        fail_msg("%s\ngave %zu problems, first: %s", text, problems.n,
                 problems.n ? problems.list[0].msg : "");
    }
    text_use(LANG_KO);
    load(text);
    text_use(LANG_EN);
    if (problems.n != 1 || !is_korean(problems.list[0].msg)) {
        fail_msg("%s\nis not told in Korean: %s", text, problems.n ? problems.list[0].msg : "");
    }
}

static void good(void **state)
{
    (void)state;
    load("# comment\n\n [General] ; of all\nINTERVAL=250 ms\n history = 60 # points\n"
         "lang = ko\r\nfilter = \"a;b#c = 'd'\"\n[colors]\n theme='dark  one'\n[keys]\nquit = "
         "\"\" ; none\n");
    assert_int_equal(problems.n, 0);
    assert_true(values[INTERVAL].set && values[INTERVAL].number == 0.25);
    assert_true(values[HISTORY].number == 60);
    assert_true(values[LANG].number == 2);
    assert_string_equal(values[FILTER].text, "a;b#c = 'd'");
    assert_string_equal(values[THEME].text, "dark  one");
    assert_true(values[KEY_QUIT].set);
    assert_string_equal(values[KEY_QUIT].text, "");
}

/* A backslash is a character like any other, whichever version of iniparser reads it. */
static void backslashes(void **state)
{
    (void)state;
    load("[general]\nfilter = \"\\ a\\\\b \\n\\\" # \\ b\n[colors]\ntheme = a\\\\b\\c ; \\d\n"
         "[keys]\nquit = '\\'\n");
    assert_int_equal(problems.n, 0);
    assert_string_equal(values[FILTER].text, "\\ a\\\\b \\n\\");
    assert_string_equal(values[THEME].text, "a\\\\b\\c");
    assert_string_equal(values[KEY_QUIT].text, "\\");
    assert_problem("[keys]\nquit = a\x01"
                   "b\n",
                   "t.ini:2: quit: holds a control character or is not UTF-8");
}

static void defaults(void **state)
{
    (void)state;
    load("");
    assert_int_equal(problems.n, 0);
    assert_true(!values[INTERVAL].set && values[INTERVAL].number == 1);
    assert_string_equal(values[KEY_QUIT].text, "q F10");
    load("[general]\n# only comments\n");
    assert_int_equal(problems.n, 0);
}

static void unknown_names(void **state)
{
    (void)state;
    assert_problem("[general]\nintervall = 2\nhistory = 60\n",
                   "t.ini:2: unknown key, did you mean 'interval'?");
    assert_true(values[HISTORY].set && !values[INTERVAL].set);
    assert_problem("[general]\nwhatever = 2\n", "t.ini:2: unknown key in [general]");
    assert_problem("[keys]\nspeak = ko\n",
                   "t.ini:2: what --speak says is 'lang' in section [general]");
    assert_problem("[general]\nquit = x\n",
                   "t.ini:2: only [keys] has 'quit': the keys to press for it");
    assert_problem("[general]\ntheme = x\n",
                   "t.ini:2: 'theme' belongs in section [colors], [keys]");
    assert_problem("[generall]\ninterval = 2\n",
                   "t.ini:1: unknown section, did you mean [general]?");
    assert_problem("[display]\na = 1\nb = 2\n[general]\nhistory = 60", "t.ini:1: unknown section");
    assert_true(values[HISTORY].set);
    assert_problem("interval = 2\n[general]\nhistory = 60\n",
                   "t.ini:1: a key stands before the first [section]");
    assert_true(values[HISTORY].set && !values[INTERVAL].set);
    /* CVE-2023-33461: a section that reads like a key */
    assert_problem("[general:interval]\n", "t.ini:1: unknown section");
    assert_problem("[general]\n\x1b[2J\xff = 1\n", "t.ini:2: unknown key in [general]");
}

static void twice(void **state)
{
    (void)state;
    assert_problem("[general]\nhistory = 60\nhistory = 90\n",
                   "t.ini:3: 'history' was set in line 2 already; this one counts");
    assert_true(values[HISTORY].number == 90);
    load("[general]\nhistory = 60\n[colors]\n[general]\ninterval = 2\n");
    assert_int_equal(problems.n, 0);
    assert_true(values[HISTORY].number == 60 && values[INTERVAL].number == 2);
}

static void bad_values(void **state)
{
    (void)state;
    assert_problem("[general]\nhistory = 12abc\ninterval = 2\n",
                   "t.ini:2: history: must be a whole number from 60 to 3600");
    assert_true(!values[HISTORY].set && values[HISTORY].number == 300);
    assert_true(values[INTERVAL].number == 2);
    assert_problem("[general]\nhistory = 99999\n",
                   "t.ini:2: history: must be a whole number from 60 to 3600");
    assert_problem("[general]\nhistory =\n",
                   "t.ini:2: history: must be a whole number from 60 to 3600");
    assert_problem("[general]\nlang = fr\n", "t.ini:2: lang: 'fr' is not one of auto, en, ko");
}

static void traps(void **state)
{
    (void)state;
    assert_problem("[keys]\nquit = ;\n", "t.ini:2: 'quit' needs quotes around # or ;");
    assert_problem("[keys]\nquit = a;b\n", "t.ini:2: 'quit' needs quotes around # or ;");
    assert_problem("[keys]\nquit = \"a\n", "t.ini:2: 'quit' has no closing quote");
    assert_problem("[keys]\nquit = \"a\" b\n", "t.ini:2: 'quit' goes on after its closing quote");
    assert_problem("[keys]\nquit = a \\ \n[general]\nhistory = 60\n",
                   "t.ini:2: a line cannot go on after a backslash");
    assert_true(values[HISTORY].set);
    assert_problem("[general]\nno sign here\nhistory = 60\n",
                   "t.ini:2: expected [section] or key = value");
    assert_true(values[HISTORY].set);
    assert_problem("[general]\n= 60\n", "t.ini:2: expected [section] or key = value");
    assert_problem("[general\nhistory = 60\n",
                   "t.ini:1: a section is written [name], alone on its line");
    assert_problem("[general] history = 60\n",
                   "t.ini:1: a section is written [name], alone on its line");
    assert_problem("\xef\xbb\xbf[general]\nhistory = 60\n",
                   "t.ini:1: starts with a byte order mark, which was skipped");
    assert_true(values[HISTORY].set);
    load("# a comment that ends so \\\n[general]\nhistory = 60\n");
    assert_int_equal(problems.n, 0);
    assert_true(values[HISTORY].set);
}

static void nul_and_long_lines(void **state)
{
    (void)state;
    static const char nul[] = "[general]\nhist\0ory = 60\ninterval = 2\n";
    assert_int_equal(load_bytes(nul, sizeof(nul) - 1), 0);
    assert_int_equal(problems.n, 1);
    assert_string_equal(problems.list[0].msg, "t.ini:2: a NUL byte: this is not text");
    assert_true(values[INTERVAL].number == 2);

    struct str text = STR_INIT;
    str_add(&text, "[general]\nfilter = ");
    str_add_many(&text, 'x', 5000);
    str_add(&text, "\nhistory = 60\n");
    assert_problem(str_text(&text), "t.ini:2: longer than 1000 bytes");
    assert_true(values[HISTORY].set);

    /* exactly at the limit iniparser still reads it */
    str_clear(&text);
    str_add(&text, "[general]\nlang=ko ;");
    str_add_many(&text, 'x', 1000 - 9);
    str_add(&text, "\nhistory = 60\n");
    load(str_text(&text));
    assert_int_equal(problems.n, 0);
    assert_true(values[LANG].number == 2 && values[HISTORY].set);

    str_clear(&text);
    str_add_many(&text, 'x', 10 * 1024 * 1024);
    assert_int_equal(load_bytes(str_text(&text), text.len), -EFBIG);
    assert_string_equal(err.msg, "t.ini: larger than 1 MiB");
    str_fini(&text);
}

static void a_flood_is_bounded(void **state)
{
    (void)state;
    struct str text = STR_INIT;
    str_add(&text, "[general]\n");
    for (int i = 0; i < 1000; i++) {
        str_addf(&text, "secret%d\n", i);
    }
    str_add(&text, "history = 60\n");
    load(str_text(&text));
    assert_int_equal(problems.n, 20);
    assert_string_equal(problems.list[19].msg, "t.ini: and 981 more problems");
    for (size_t i = 0; i < problems.n; i++) {
        assert_null(strstr(problems.list[i].msg, "secret"));
    }
    assert_true(values[HISTORY].set);
    str_fini(&text);
}

static void not_a_file(void **state)
{
    (void)state;
    ini_problems_fini(&problems);
    assert_int_equal(ini_load("none.ini", rows, N, values, &problems, &err), -ENOENT);
    assert_string_equal(err.msg, "none.ini: No such file or directory");
    assert_true(values[INTERVAL].number == 1); /* defaults are there all the same */
    assert_int_equal(ini_load(directory, rows, N, values, &problems, &err), -EISDIR);
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_int_equal(ini_load("fifo", rows, N, values, &problems, &err), -EINVAL);
    assert_string_equal(err.msg, "fifo: not a regular file");
    assert_int_equal(ini_load("/dev/zero", rows, N, values, &problems, &err), -EINVAL);
    assert_int_equal(ini_load("esc\x1b[m", rows, N, values, &problems, &err), -ENOENT);
    assert_null(strchr(err.msg, '\x1b'));
}

/* Nothing of a file that is no configuration reaches the messages, nor stderr through iniparser. */
static void nothing_is_echoed(void **state)
{
    (void)state;
    int out[2];
    assert_int_equal(pipe2(out, O_NONBLOCK), 0);
    int saved = dup(2);
    dup2(out[1], 2);
    load("root:$y$secret:19000:0:99999:7:::\nhash=secret\n[secret\nsecret]\n\"secret\n");
    dup2(saved, 2);
    char buffer[100];
    assert_int_equal(read(out[0], buffer, sizeof(buffer)), -1);
    close(saved);
    close(out[0]);
    close(out[1]);
    assert_true(problems.n > 0);
    for (size_t i = 0; i < problems.n; i++) {
        assert_null(strstr(problems.list[i].msg, "secret"));
    }
}

/* Without /proc there is no name for iniparser to open: said so, defaults stand. */
static void without_proc(void **state)
{
    (void)state;
    load("[general]\nhistory = 60\n");
    pid_t pid = fork();
    if (pid == 0) {
        if (chroot(".") != 0) {
            _exit(77);
        }
        int rc = ini_load("/t.ini", rows, N, values, &problems, &err);
        _exit(rc == -ENXIO && strstr(err.msg, "/proc") && !values[HISTORY].set ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        skip(); /* chroot() needs root */
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void touch(const char *path)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fclose(f);
}

static void found(void **state)
{
    (void)state;
    char path[400], home[300], xdg[300];
    snprintf(home, sizeof(home), "%s/home", directory);
    snprintf(xdg, sizeof(xdg), "%s/xdg", directory);
    assert_int_equal(system("mkdir -p home/.config/tcptop xdg/tcptop .config/tcptop"), 0);
    touch("home/.config/tcptop/tcptop.ini");
    touch(".config/tcptop/tcptop.ini"); /* must never be taken: the current directory */
    setenv("HOME", home, 1);
    setenv("XDG_CONFIG_HOME", xdg, 1);
    assert_int_equal(ini_find(path, sizeof(path)), 0);
    assert_string_equal(strstr(path, "/home/"), "/home/.config/tcptop/tcptop.ini");
    touch("xdg/tcptop/tcptop.ini");
    assert_int_equal(ini_find(path, sizeof(path)), 0);
    assert_string_equal(strstr(path, "/xdg/"), "/xdg/tcptop/tcptop.ini");

    int expected = access("/etc/tcptop.ini", F_OK) == 0 ? 0 : -ENOENT;
    setenv("XDG_CONFIG_HOME", "xdg", 1);
    setenv("HOME", ".", 1);
    assert_int_equal(ini_find(path, sizeof(path)), expected);
    setenv("HOME", "", 1);
    setenv("XDG_CONFIG_HOME", "", 1);
    assert_int_equal(ini_find(path, sizeof(path)), expected);
    unsetenv("HOME");
    unsetenv("XDG_CONFIG_HOME");
    assert_int_equal(ini_find(path, sizeof(path)), expected);
    setenv("HOME", home, 1);
    assert_int_equal(ini_find(path, 12), expected == 0 ? -ENOENT : expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good),
        cmocka_unit_test(backslashes),
        cmocka_unit_test(defaults),
        cmocka_unit_test(unknown_names),
        cmocka_unit_test(twice),
        cmocka_unit_test(bad_values),
        cmocka_unit_test(traps),
        cmocka_unit_test(nul_and_long_lines),
        cmocka_unit_test(a_flood_is_bounded),
        cmocka_unit_test(not_a_file),
        cmocka_unit_test(nothing_is_echoed),
        cmocka_unit_test(without_proc),
        cmocka_unit_test(found),
    };
    int failed = cmocka_run_group_tests_name("ini", tests, set_up, tear_down);
    ini_problems_fini(&problems);
    return failed;
}
