/* SPDX-License-Identifier: MIT */
/* The files of a sosreport are found, of each namespace the one that tells most, in both of its
 * layouts; what only looks like one of them is left alone, and what may not be read is said rather
 * than left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/folder.h"
#include "tcptop/base/array.h"
#include "tcptop/base/privileges.h"

static const char *refused;         /* a part of a name that may not be opened; NULL: none */
static unsigned grows = UINT32_MAX; /* of the list, before memory is out */

static int fake_open(const char *path, int flags, mode_t mode)
{
    return refused && strstr(path, refused) ? -EACCES : privileges_open(path, flags, mode);
}

static int fake_scandir(const char *path, struct dirent ***list,
                        int (*filter)(const struct dirent *),
                        int (*compare)(const struct dirent **, const struct dirent **))
{
    if (refused && strstr(path, refused)) {
        errno = EACCES;
        return -1;
    }
    return scandir(path, list, filter, compare);
}

static void *fake_grow(void *array, uint32_t *cap, uint32_t first, size_t size)
{
    return grows ? grows--, array_grow(array, cap, first, size) : NULL;
}

static void *fake_room(void *array, uint32_t n, uint32_t *cap, uint32_t first, size_t size)
{
    return n < *cap ? array : fake_grow(array, cap, first, size);
}

#define privileges_open fake_open
#define scandir         fake_scandir
#define array_room      fake_room
#include "../../src/source/import_sosreport.c"

static char root[FOLDER_SIZE];
static struct import_sosreport found;

#define SOS "sos_commands/networking/"
#define SS  "ss_-peaonmi"

static void in_root(char full[300], const char *name)
{
    snprintf(full, 300, "%s/%s", root, name);
}

/* Make a file, and the folders that it is in. */
static void put(const char *name, const char *text)
{
    char full[300];
    FILE *file;

    in_root(full, name);
    for (char *at = full + strlen(root) + 1; (at = strchr(at, '/')); *at++ = '/') {
        *at = '\0';
        assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
    }
    file = fopen(full, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int prepare(void **state)
{
    (void)state;
    refused = NULL;
    grows = UINT32_MAX;
    return folder_make(root);
}

static int finish(void **state)
{
    (void)state;
    import_sosreport_fini(&found);
    return folder_remove(root);
}

static int find(void)
{
    import_sosreport_fini(&found);
    return import_sosreport_find(&found, root);
}

/* There is a file of that namespace, and that is its name below the folder. */
static void expect_file(uint32_t at, const char *netns, const char *name)
{
    char full[300];

    in_root(full, name);
    assert_true(at < found.n);
    assert_string_equal(found.file[at].netns, netns);
    assert_string_equal(found.file[at].path, full);
}

static void the_command_that_tells_most(void **state)
{
    static const char *const names[] = {SOS "netstat_-neopa", SOS "netstat_-T_-neopa",
                                        SOS "netstat_-W_-neopa", SOS "ss_-peaonmi"};

    (void)state;
    assert_int_equal(find(), -ENOENT);
    put("proc/net/tcp", "");
    put("proc/net/tcp6", "");
    assert_int_equal(find(), -ENOENT); /* of any directory, such as / */
    put("sos_commands/kernel/uname_-a", "Linux web-01 6.1.0-13-amd64 #1 SMP\n");
    assert_int_equal(find(), 0);
    assert_int_equal(found.n, 2);
    expect_file(0, "", "proc/net/tcp");
    expect_file(1, "", "proc/net/tcp6");
    assert_string_equal(found.kernel, "6.1.0-13-amd64");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        put(names[i], "");
        assert_int_equal(find(), 0);
        assert_int_equal(found.n, 1);
        expect_file(0, "", names[i]);
    }
}

static void namespaces_in_both_layouts(void **state)
{
    (void)state;
    put(SOS SS, "");
    put(SOS "ip_netns_exec_blue_netstat_-W_-neopa", "");
    put(SOS "ip_netns_exec_blue_" SS, "");
    put(SOS "ip_netns_exec_red_netstat_-neopa", "");
    put(SOS "namespaces/qdhcp-1/ip_netns_exec_qdhcp-1_" SS, "");
    put(SOS "namespaces/qdhcp-1/ip_netns_exec_qdhcp-1_netstat_-neopa", "");
    put(SOS "namespaces/.hidden/ip_netns_exec_x_" SS, "");
    put(SOS "namespaces/file", "");
    assert_int_equal(find(), 0);
    assert_int_equal(found.n, 4);
    expect_file(0, "", SOS SS);
    expect_file(1, "blue", SOS "ip_netns_exec_blue_" SS);
    expect_file(2, "red", SOS "ip_netns_exec_red_netstat_-neopa");
    expect_file(3, "qdhcp-1", SOS "namespaces/qdhcp-1/ip_netns_exec_qdhcp-1_" SS);
}

static void the_directory_of_the_plugin_itself(void **state)
{
    (void)state;
    put(SS, "");
    put("namespaces/blue/ip_netns_exec_blue_" SS, "");
    assert_int_equal(find(), 0);
    assert_int_equal(found.n, 2);
    expect_file(0, "", SS);
    expect_file(1, "blue", "namespaces/blue/ip_netns_exec_blue_" SS);
}

static void names_that_are_none(void **state)
{
    (void)state;
    put(SOS "ip_netns_exec__" SS, ""); /* no name */
    put(SOS "ip_netns_exec_" SS, "");
    put(SOS "ip_netns_exec_blue" SS, "");
    put(SOS "ip_netns_exec_blue_ss_-peaonmi.1", "");
    put(SOS "exec_blue_" SS, "");
    put(SOS "ss_-peaonm", "");
    assert_int_equal(find(), -ENOENT);
    put(SOS "ip_netns_exec_a\033[2Jb_" SS, "");
    assert_int_equal(find(), 0);
    assert_int_equal(found.n, 1);
    assert_string_equal(found.file[0].netns, "a\xef\xbf\xbd[2Jb");
}

#define LONG63 "a-name-of-sixty-three-bytes-which-is-all-that-is-kept-of-it-1234"

/* They are namespaces of their own, whatever the screen can show of their names. */
static void names_that_look_equal(void **state)
{
    (void)state;
    put(SOS SS, "");
    put(SOS "ip_netns_exec_" LONG63 "-one_" SS, "");
    put(SOS "ip_netns_exec_" LONG63 "-two_" SS, "");
    put(SOS "ip_netns_exec_" LONG63 "-two_netstat_-neopa", "");
    put(SOS "ip_netns_exec_a\001_" SS, "");
    put(SOS "ip_netns_exec_a\002_" SS, "");
    put(SOS "ip_netns_exec_default_" SS, ""); /* not the host's own */
    assert_int_equal(find(), 0);
    assert_int_equal(found.n, 6);
    assert_int_equal(found.others, 5);
    for (uint32_t i = 0; i < found.n; i++) {
        assert_int_equal(found.file[i].netns_id, i);
        for (uint32_t k = 0; k < i; k++)
            assert_string_not_equal(found.file[i].netns, found.file[k].netns);
    }
    assert_string_equal(found.file[1].netns, "a\xef\xbf\xbd~1");
    assert_string_equal(found.file[5].netns, "default~1");
}

/* Links lead out of the report, pipes never end: neither is opened. */
static void what_is_no_regular_file(void **state)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    char full[300], target[300];
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)state;
    put("elsewhere", "");
    put(SOS "netstat_-neopa", "");
    in_root(full, SOS SS);
    assert_int_equal(mkfifo(full, 0600), 0);
    in_root(full, SOS "netstat_-W_-neopa");
    in_root(target, "elsewhere");
    assert_int_equal(symlink(target, full), 0);
    in_root(full, SOS "netstat_-T_-neopa");
    assert_true(snprintf(at.sun_path, sizeof at.sun_path, "%s", full) < (int)sizeof at.sun_path);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    close(fd);
    in_root(full, SOS "ip_netns_exec_blue_" SS);
    assert_int_equal(mkdir(full, 0700), 0);
    assert_int_equal(find(), 0);
    assert_int_equal(found.n, 1);
    expect_file(0, "", SOS "netstat_-neopa");
}

/* Rows that are missing without a word would be taken for all. */
static void what_may_not_be_read(void **state)
{
    static const char *const parts[] = {"/" SOS SS, "/" SOS "ip_netns_exec_blue", "/namespaces",
                                        "/namespaces/red", "networking"};

    (void)state;
    put(SOS SS, "");
    put(SOS "netstat_-neopa", "");
    put(SOS "ip_netns_exec_blue_" SS, "");
    put(SOS "namespaces/red/ip_netns_exec_red_" SS, "");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        refused = parts[i];
        assert_int_equal(find(), -EACCES);
        assert_int_equal(found.n, 0);
    }
    refused = "elsewhere";
    assert_int_equal(find(), 0);
    assert_int_equal(found.n, 3);
}

static void hundreds_of_namespaces(void **state)
{
    char name[64];

    (void)state;
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, SOS "ip_netns_exec_qrouter-%03d_" SS, i);
        put(name, "");
    }
    assert_int_equal(find(), 0);
    assert_int_equal(found.n, 300);
    expect_file(299, "qrouter-299", SOS "ip_netns_exec_qrouter-299_" SS);
    grows = 3; /* 8, 16 and 32 */
    assert_int_equal(find(), -ENOMEM);
    assert_int_equal(found.n, 0);
    found.n = IMPORT_SOSREPORT_FILES;
    assert_int_equal(make_room(&found), -E2BIG);
    found.n = 0;
}

static void host_and_kernel(void **state)
{
    char text[600];

    (void)state;
    put(SOS SS, "");
    assert_int_equal(find(), 0);
    assert_string_equal(found.host, "");
    assert_string_equal(found.kernel, "");
    put("sos_commands/general/hostname", "old-layout\n");
    put("sos_commands/kernel/uname_-a", "Linux web-01"); /* cut */
    assert_int_equal(find(), 0);
    assert_string_equal(found.host, "old-layout");
    assert_string_equal(found.kernel, "");
    put("sos_commands/host/hostname", " \n\t web\033[2J-01 more\n");
    put("sos_commands/kernel/uname_-a", "");
    assert_int_equal(find(), 0);
    assert_string_equal(found.host, "web\xef\xbf\xbd[2J-01");
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    put("sos_commands/host/hostname", text);
    assert_int_equal(find(), 0);
    assert_int_equal(strlen(found.host), sizeof found.host - 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_command_that_tells_most),
        TEST(namespaces_in_both_layouts),
        TEST(the_directory_of_the_plugin_itself),
        TEST(names_that_are_none),
        TEST(names_that_look_equal),
        TEST(what_is_no_regular_file),
        TEST(what_may_not_be_read),
        TEST(hundreds_of_namespaces),
        TEST(host_and_kernel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
