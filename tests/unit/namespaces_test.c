/* SPDX-License-Identifier: MIT */
/* Namespaces are found and named: lines of mountinfo as the kernel writes them and as nobody
 * should, ids of containers out of every engine's cgroups, names that do not collide, and the one
 * that is meant by a name, a process, an inode, an id or a path. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/sample.h"
#include "tcptop/source/namespaces.h"
#include "tcptop/text/text.h"

static bool mount_of(const char *line, uint64_t *inode, char *path, size_t size)
{
    /* a copy without a NUL behind it, so that a sanitizer sees every byte too far */
    size_t len = strlen(line);
    char *copy = malloc(len ? len : 1);
    assert_non_null(copy);
    memcpy(copy, line, len);
    bool is = namespaces_mount(copy, len, inode, path, size);
    free(copy);
    return is;
}

static void test_mounts(void **state)
{
    static const struct {
        const char *line;
        uint64_t inode;
        const char *path;
    } good[] = {
        {"63 43 0:4 net:[4026532246] /run/netns/blue rw shared:5 - nsfs nsfs rw\n", 4026532246,
         "/run/netns/blue"},
        {"63 43 0:4 net:[1] /a\\040b\\011\\134\\043 rw - nsfs nsfs rw", 1, "/a b\t\\#"},
        {"1 2 0:4 net:[4026532246] /run/docker/netns/0a1b rw shared:1 master:2 - nsfs nsfs rw",
         4026532246, "/run/docker/netns/0a1b"},
    };
    static const char *const bad[] = {
        "",
        " ",
        "63",
        "63 43 0:4 net:[4026532246]",
        "63 43 0:4 net:[4026532246] ",
        "63 43 0:4 net:[4026532246] /x",
        "63 43 0:4 net:[4026532246] /x rw - ext4 nsfs rw",
        "63 43 0:4 mnt:[4026532246] /x rw - nsfs nsfs rw",
        "63 43 0:4 net:[] /x rw - nsfs nsfs rw",
        "63 43 0:4 net:[0] /x rw - nsfs nsfs rw",
        "63 43 0:4 net:[12x] /x rw - nsfs nsfs rw",
        "63 43 0:4 net:[99999999999999999999999] /x rw - nsfs nsfs rw",
        "63 43 0:4 net:[5  /x rw - nsfs nsfs rw",
        "63 43 0:4 / /proc rw - proc proc rw",
        "63 43 0:4 net:[5] /x\\000y rw - nsfs nsfs rw",
    };
    uint64_t inode;
    char path[64];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(mount_of(good[i].line, &inode, path, sizeof path));
        assert_int_equal(inode, good[i].inode);
        assert_string_equal(path, good[i].path);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (mount_of(bad[i], &inode, path, sizeof path))
            fail_msg("taken: %s", bad[i]);
    assert_false(mount_of(good[0].line, &inode, path, 8)); /* a path that is cut leads elsewhere */
    assert_true(mount_of("1 1 0:4 net:[5] /x\\04 rw - nsfs nsfs rw", &inode, path, sizeof path));
    assert_string_equal(path, "/x\\04"); /* no escape of the kernel's */
}

#define ID "4f1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9"

static void test_containers(void **state)
{
    static const char *const named[] = {
        "0::/system.slice/docker-" ID ".scope\n",
        "12:cpu:/docker/" ID "\n11:memory:/docker/" ID "\n",
        "0::/machine.slice/libpod-" ID ".scope/container\n",
        "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0c5f.slice/"
        "cri-containerd-" ID ".scope\n",
        "0::/kubepods/besteffort/pod7c3f5a2e-0e3b-4e5b-9a43-1d2c3b4a5f60/" ID,
        "0::/" ID,
    };
    static const char *const unnamed[] = {
        "",
        "0::/\n",
        "0::/user.slice/user-1000.slice/session-3.scope\n",
        "0::/docker-" ID "0.scope\n", /* 65 digits */
        "0::/docker-4f1b2c3d4e5f.scope\n",
    };
    char id[13];

    (void)state;
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        assert_true(namespaces_container(named[i], strlen(named[i]), id));
        assert_string_equal(id, "4f1b2c3d4e5f");
    }
    for (size_t i = 0; i < sizeof unnamed / sizeof *unnamed; i++)
        assert_false(namespaces_container(unnamed[i], strlen(unnamed[i]), id));
}

/* Namespaces as a look might have found them; `path` NULL: not mounted. */
static void add(struct namespaces *n, uint64_t inode, const char *path)
{
    n->list = realloc(n->list, (n->n + 1) * sizeof *n->list);
    assert_non_null(n->list);
    n->list[n->n++] = (struct found_namespace){.inode = inode, .path = path ? strdup(path) : NULL};
}

static const char *name_of(const struct namespaces *n, uint64_t inode)
{
    const struct found_namespace *found = namespaces_find(n, inode);
    assert_non_null(found);
    return found->name;
}

/* What the kernel calls this program. */
static void own_name(char name[32])
{
    FILE *file = fopen("/proc/self/comm", "re");

    assert_non_null(file);
    assert_non_null(fgets(name, 32, file));
    fclose(file);
    name[strcspn(name, "\n")] = '\0';
}

static void test_names(void **state)
{
    struct namespaces n = {.init = 1};
    char expected[NETNS_NAME], comm[32];

    (void)state;
    add(&n, 1, "/run/netns/first");
    add(&n, 2, "/run/netns/blue");
    add(&n, 3, "/var/run/netns/red");
    add(&n, 4, "/run/docker/netns/0a1b");
    add(&n, 5, "/run/netns/a\033[31mb");
    add(&n, 6, "/run/netns/deep/er");
    add(&n, 7, "/run/netns/init"); /* two of this name */
    add(&n, 8,
        "/run/netns/"
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    add(&n, 9, NULL);
    n.list[8].pid = (uint32_t)getpid();
    namespaces_name(&n);
    assert_string_equal(name_of(&n, 2), "blue");
    assert_string_equal(name_of(&n, 3), "red");
    assert_string_equal(name_of(&n, 4), "net:[4]");
    assert_string_equal(name_of(&n, 5), "a\xef\xbf\xbd[31mb");
    assert_string_equal(name_of(&n, 6), "net:[6]");
    assert_string_equal(name_of(&n, 1), "net:[1]");
    assert_string_equal(name_of(&n, 7), "net:[7]");
    assert_int_equal(strlen(name_of(&n, 8)), NETNS_NAME - 1);
    own_name(comm); /* an emulator's, where one runs the test */
    snprintf(expected, sizeof expected, "%s[%d]", comm, (int)getpid());
    assert_string_equal(name_of(&n, 9), expected);
    namespaces_fini(&n);
}

static void expect(const struct namespaces *n, const char *spec, uint64_t inode, const char *cause)
{
    struct sample_reason err = {.code = REASON_NONE};

    if (namespaces_resolve(n, spec, &err) != inode)
        fail_msg("%s: not %llu (%s)", spec, (unsigned long long)inode, reason_words(&err));
    if (!strstr(reason_words(&err), cause))
        fail_msg("%s: '%s' does not say '%s'", spec, reason_words(&err), cause);
}

/* Where the program is emulated, the kind of a namespace may not be asked for. */
static void skip_without_kinds(void)
{
    int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    int kind = fd < 0 ? -1 : ioctl(fd, NS_GET_NSTYPE);

    if (fd >= 0)
        close(fd);
    if (kind == CLONE_NEWNET)
        return;
    print_message("the kind of a namespace cannot be asked for here\n");
    skip();
}

static void test_what_is_meant(void **state)
{
    struct namespaces n = {.init = 1};
    struct stat own;
    char pid[16];

    (void)state;
    skip_without_kinds();
    text_use(LANG_EN);
    assert_int_equal(stat("/proc/self/ns/net", &own), 0);
    add(&n, 1, NULL);
    add(&n, 2, "/run/netns/blue");
    add(&n, 3, "/run/netns/17");
    add(&n, 4, NULL);
    namespaces_name(&n);
    for (uint32_t i = 0; i < n.n; i++)
        if (n.list[i].inode == 4)
            strcpy(n.list[i].name, "4f1b2c3d4e5f");
    expect(&n, "init", 1, "");
    expect(&n, "blue", 2, "");
    expect(&n, "net:[2]", 2, "");
    expect(&n, "17", 3, ""); /* a name comes before a process */
    expect(&n, ID, 4, "");
    expect(&n, "4f1b2c3d4e5f", 4, "");
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    expect(&n, pid, own.st_ino, "");
    expect(&n, "/proc/self/ns/net", own.st_ino, "");
    expect(&n, "blu", 0, "did you mean blue?");
    expect(&n, "net:[3333]", 0, "no network namespace net:[3333]");
    expect(&n, "somethingelse", 0, "no network namespace somethingelse");
    expect(&n, "99999999", 0, "no process 99999999");
    expect(&n, "99999999999999999999999999", 0, "no process");
    expect(&n, "/proc/self/ns/mnt", 0, "/proc/self/ns/mnt is not a network namespace");
    expect(&n, "/dev/zero", 0, "/dev/zero is not a network namespace");
    expect(&n, "/", 0, "/ is not a network namespace");
    expect(&n, "/nowhere/at/all", 0, "cannot read /nowhere/at/all: No such file");
    namespaces_fini(&n);
}

/* What a look finds of this very process. */
static void test_look(void **state)
{
    struct namespaces n = {.list = NULL};
    const struct found_namespace *own;
    struct stat st;
    int fd;

    (void)state;
    skip_without_kinds();
    assert_int_equal(stat("/proc/self/ns/net", &st), 0);
    for (int i = 0; i < 3; i++) /* a second look forgets the first */
        assert_int_equal(namespaces_look(&n), 0);
    assert_int_equal(n.own, st.st_ino);
    own = namespaces_find(&n, n.own);
    assert_non_null(own);
    assert_true(own->pid > 0);
    assert_true(own->name[0]);
    assert_false(n.blind);
    fd = namespaces_open(own, n.own, NULL);
    assert_true(fd >= 0);
    close(fd);
    assert_true(namespaces_open(own, n.own + 1, NULL) < 0); /* another one is not opened */
    assert_true(namespaces_open(NULL, n.own, NULL) < 0);
    fd = namespaces_open(NULL, n.own, "/proc/self/ns/net");
    assert_true(fd >= 0);
    close(fd);
    namespaces_fini(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mounts), cmocka_unit_test(test_containers),
        cmocka_unit_test(test_names),  cmocka_unit_test(test_what_is_meant),
        cmocka_unit_test(test_look),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
