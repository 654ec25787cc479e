/* SPDX-License-Identifier: MIT */
/* Files of /proc/PID: hostile names, links of descriptors, command lines; and this process itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tcptop/owner/process.h"

#define BAD  "\xef\xbf\xbd" /* what a byte becomes that may not be shown */
#define REST " S 1 10 10 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 777 12345 67\n"

static void names_in_stat(void **state)
{
    static const struct {
        const char *line, *name;
        uint64_t start;
    } list[] = {
        {"10 (nginx)" REST, "nginx", 777},
        {"10 (a b) c)" REST, "a b) c", 777},
        {"10 (x) S 1 2 3)" REST, "x) S 1 2 3", 777},
        {"10 (two\nlines)" REST, "two" BAD "lines", 777},
        {"10 (\x1b[2J)" REST, BAD "[2J", 777},
        {"10 (\xe2\x80\xae"
         "gpj)" REST,
         BAD "gpj", 777},
        {"10 (\xc2\x9bm\xff)" REST, BAD "m" BAD, 777},
        {"10 ()" REST, "", 777},
        {"10 (tmux: server)" REST, "tmux: server", 777},
    };
    static const char *const broken[] = {
        "", "10", "10 (nginx", "10 nginx) S 1", ") (", "10 (nginx) S 1 2 3", "10 (nginx)"};
    struct process_facts facts;

    (void)state;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        assert_true(process_parse_stat(list[i].line, strlen(list[i].line), &facts));
        assert_string_equal(facts.name, list[i].name);
        assert_int_equal(facts.start_ticks, list[i].start);
        assert_int_equal(facts.state, 'S');
        assert_int_equal(facts.parent, 1);
    }
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        assert_false(process_parse_stat(broken[i], strlen(broken[i]), &facts));
}

static uint32_t link_inode(const char *target)
{
    return process_parse_link(target, strlen(target));
}

static void links_of_descriptors(void **state)
{
    (void)state;
    assert_int_equal(link_inode("socket:[12345]"), 12345);
    assert_int_equal(link_inode("socket:[4294967295]"), UINT32_MAX);
    assert_int_equal(link_inode("socket:[4294967296]"), 0);
    assert_int_equal(link_inode("socket:[99999999999999999999999]"), 0);
    assert_int_equal(link_inode("socket:[]"), 0);
    assert_int_equal(link_inode("socket:[12345"), 0);
    assert_int_equal(link_inode("socket:[12x]"), 0);
    assert_int_equal(link_inode("socket:[12]3"), 0);
    assert_int_equal(link_inode("pipe:[12345]"), 0);
    assert_int_equal(link_inode("/tmp/socket:[12345]"), 0);
    assert_int_equal(link_inode("anon_inode:[eventfd]"), 0);
    assert_int_equal(link_inode(""), 0);
}

static const char *cmdline(const char *bytes, size_t len)
{
    static char line[PROCESS_CMDLINE];

    process_parse_cmdline(bytes, len, line);
    return line;
}

static bool limit_of(const char *text, uint64_t *files)
{
    return process_parse_limit(text, strlen(text), files);
}

static void limits_of_files(void **state)
{
    uint64_t files = 0;

    (void)state;
    assert_true(
        limit_of("Limit                     Soft Limit           Hard Limit           Units\n"
                 "Max open files            1024                 524288               files\n",
                 &files));
    assert_int_equal(files, 1024);
    assert_false(limit_of("Max open files            unlimited            unlimited\n", &files));
    assert_false(limit_of("Max open files", &files));
    assert_false(limit_of("", &files));
}

static void limit_of_this_process_only(void **state)
{
    struct process_facts facts;
    uint64_t files = 0;
    int proc = open("/proc", O_RDONLY | O_DIRECTORY);
    int dir = process_open(proc, (uint32_t)getpid());

    (void)state;
    assert_int_equal(process_read(dir, &facts), 0);
    assert_true(process_files_max((uint32_t)getpid(), facts.start_ticks, &files));
    assert_true(files > 0);
    files = 0;
    /* the pid of one that has ended, given to another since */
    assert_false(process_files_max((uint32_t)getpid(), facts.start_ticks - 1, &files));
    assert_int_equal(files, 0);
    assert_false(process_files_max(UINT32_MAX, 0, &files));
    close(dir);
    close(proc);
}

static void command_lines(void **state)
{
    char bytes[PROCESS_CMDLINE];

    (void)state;
    assert_string_equal(cmdline("nginx\0-g\0daemon off;\0", 21), "nginx -g daemon off;");
    assert_string_equal(cmdline("nginx: worker process\0\0\0\0", 25), "nginx: worker process");
    assert_string_equal(cmdline("", 0), "");
    assert_string_equal(cmdline("a\n\x1b]0;x\x07", 8), "a" BAD BAD "]0;x" BAD);
    memset(bytes, 'x', sizeof bytes);
    assert_int_equal(strlen(cmdline(bytes, sizeof bytes)), PROCESS_CMDLINE - 1);
    assert_string_equal(cmdline(bytes, sizeof bytes) + PROCESS_CMDLINE - 5, "x…");
    memset(bytes, '\n', sizeof bytes); /* three bytes each */
    assert_true(strlen(cmdline(bytes, sizeof bytes)) < PROCESS_CMDLINE);
    assert_string_equal(cmdline(bytes, sizeof bytes) + strlen(cmdline(bytes, 1024)) - 6, BAD "…");
    assert_true(strlen(cmdline(bytes, 500)) < PROCESS_CMDLINE);
}

static bool listed(const struct u32_list *list, int fd)
{
    struct stat st;

    assert_int_equal(fstat(fd, &st), 0);
    for (uint32_t i = 0; i < list->n; i++) {
        if (list->at[i] == st.st_ino)
            return true;
    }
    return false;
}

static void this_process(void **state)
{
    struct process_facts facts;
    struct u32_list list = {0};
    atomic_bool stop = false;
    char name[PROCESS_NAME];
    int proc = open("/proc", O_RDONLY | O_DIRECTORY), pair[2], dir;

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(prctl(PR_SET_NAME, "a) b\n"), 0);
    dir = process_open(proc, (uint32_t)getpid());
    assert_true(dir >= 0);
    assert_int_equal(process_read(dir, &facts), 0);
    assert_string_equal(facts.name, "a) b" BAD);
    assert_int_equal(facts.uid, geteuid());
    assert_true(facts.start_ticks > 0);
    assert_int_equal(process_name(proc, (uint32_t)getpid(), name), 0);
    assert_string_equal(name, facts.name);
    assert_int_equal(process_name(proc, UINT32_MAX, name), -ENOENT);
    assert_non_null(strstr(facts.cmdline, "process_test"));
    assert_int_equal(process_sockets(dir, &list, &stop), 0);
    assert_true(listed(&list, pair[0]) && listed(&list, pair[1]));
    stop = true;
    assert_int_equal(process_sockets(dir, &list, &stop), -ECANCELED);
    assert_int_equal(process_open(proc, UINT32_MAX), -ENOENT);
    array_u32_fini(&list);
    close(dir);
    close(proc);
    close(pair[0]);
    close(pair[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_in_stat),   cmocka_unit_test(links_of_descriptors),
        cmocka_unit_test(limits_of_files), cmocka_unit_test(limit_of_this_process_only),
        cmocka_unit_test(command_lines),   cmocka_unit_test(this_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
