/* SPDX-License-Identifier: MIT */
/* Namespaces are found and named: lines of mountinfo as the kernel writes them and as nobody
 * should, ids of containers out of every engine's cgroups, names that do not collide, and the one
 * that is meant by a name, a process, an inode, an id or a path. On a host of the test's making:
 * what an ordinary user may not see, where nothing is to be had, and where memory is out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/folder.h"
#include "lib/sample.h"
#include "tcptop/base/array.h"
#include "tcptop/text/text.h"

/* A folder with the /proc of another host; "": there is none, and /proc is that of this one. A link
 * to "refused" is one that may not be read. */
static char host[FOLDER_SIZE];
static uint32_t room = UINT32_MAX;   /* of a list, before memory is out */
static unsigned copies = UINT32_MAX; /* of a path, likewise */
static bool opens_nothing;

/* Where the file is on that host. */
static const char *on_host(const char *path, char full[300])
{
    if (!host[0] || strncmp(path, "/proc", 5) != 0 || strncmp(path, "/proc/self/fd/", 14) == 0)
        return path;
    snprintf(full, 300, "%s%s", host, path);
    return full;
}

static DIR *fake_opendir(const char *path)
{
    char full[300];

    return opendir(on_host(path, full));
}

static FILE *fake_fopen(const char *path, const char *mode)
{
    char full[300];

    return fopen(on_host(path, full), mode);
}

static int fake_open(const char *path, int flags)
{
    char full[300];

    if (opens_nothing && strncmp(path, "/proc/self/fd/", 14) == 0) {
        errno = EACCES;
        return -1;
    }
    return open(on_host(path, full), flags);
}

static ssize_t fake_readlinkat(int dir, const char *path, char *text, size_t size)
{
    char full[300];
    ssize_t len = readlinkat(dir, on_host(path, full), text, size);

    if (!host[0] || len != 7 || memcmp(text, "refused", 7) != 0)
        return len;
    errno = EACCES;
    return -1;
}

/* A link as those of /proc is there although nothing of its name is. */
static int fake_stat(const char *path, struct stat *st)
{
    char full[300], text[64] = "";
    ssize_t len;

    path = on_host(path, full);
    len = host[0] ? fake_readlinkat(AT_FDCWD, path, text, sizeof text - 1) : -1;
    if (len > 5 && strncmp(text, "net:[", 5) == 0) {
        st->st_ino = (ino_t)strtoull(text + 5, NULL, 10);
        return 0;
    }
    return len < 0 && host[0] && errno == EACCES ? -1 : stat(path, st);
}

static void *fake_room(void *array, uint32_t n, uint32_t *cap, uint32_t first, size_t size)
{
    return n < room ? array_room(array, n, cap, first, size) : NULL;
}

static char *fake_strdup(const char *text)
{
    return copies ? copies--, strdup(text) : NULL;
}

#define opendir(path)                     fake_opendir(path)
#define fopen(path, mode)                 fake_fopen(path, mode)
#define open(path, flags)                 fake_open(path, flags)
#define stat(path, st)                    fake_stat(path, st)
#define readlinkat(dir, path, text, size) fake_readlinkat(dir, path, text, size)
#undef strdup
#define strdup     fake_strdup
#define array_room fake_room
#include "../../src/source/namespaces.c"
#undef opendir
#undef fopen
#undef open
#undef stat
#undef strdup

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

static const struct found_namespace *found_of(const struct namespaces *n, uint64_t inode)
{
    const struct found_namespace *found = namespaces_find(n, inode);

    if (!found) {
        fail_msg("not found: %llu", (unsigned long long)inode);
        abort(); /* the compiler does not know that nobody comes here */
    }
    return found;
}

static const char *name_of(const struct namespaces *n, uint64_t inode)
{
    return found_of(n, inode)->name;
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
    own = found_of(&n, n.own);
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

/* Another host ----------------------------------------------------------------------------------
 */

static int make_host(void **state)
{
    (void)state;
    room = copies = UINT32_MAX;
    opens_nothing = false;
    text_use(LANG_EN);
    return folder_make(host);
}

static int remove_host(void **state)
{
    (void)state;
    int rc = folder_remove(host);

    host[0] = '\0';
    return rc;
}

/* The path of a file of that host, whose folders are made. */
static void on_disk(char full[300], const char *name)
{
    snprintf(full, 300, "%s/proc/%s", host, name);
    for (char *at = full + strlen(host) + 1; (at = strchr(at, '/')); *at++ = '/') {
        *at = '\0';
        assert_true(mkdir(full, 0700) == 0 || errno == EEXIST);
    }
}

static void put(const char *name, const char *text)
{
    char full[300];

    on_disk(full, name);
    FILE *file = fopen(full, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void put_link(const char *name, const char *text)
{
    char full[300];

    on_disk(full, name);
    assert_int_equal(symlink(text, full), 0);
}

/* A process whose link to its namespace says `link`, whose /proc/PID/net is that of the namespace
 * `tag` (0: it has none), and whose name is `comm` (NULL: it has none). */
static void put_process(int pid, const char *link, char tag, const char *comm)
{
    char name[64], full[300], shared[300];

    snprintf(name, sizeof name, "%d/ns/net", pid);
    put_link(name, link);
    if (comm) {
        snprintf(name, sizeof name, "%d/comm", pid);
        put(name, comm);
    }
    if (!tag)
        return;
    snprintf(name, sizeof name, "tags/%c", tag);
    on_disk(shared, name);
    if (access(shared, F_OK) != 0)
        put(name, "");
    snprintf(name, sizeof name, "%d/net/dev", pid);
    on_disk(full, name);
    assert_int_equal(linkat(AT_FDCWD, shared, AT_FDCWD, full, 0), 0);
}

static uint64_t inode_of_tag(char tag)
{
    char name[64], full[300];
    struct stat st;

    snprintf(name, sizeof name, "tags/%c", tag);
    on_disk(full, name);
    assert_int_equal(stat(full, &st), 0);
    return st.st_ino;
}

/* This program itself, in a namespace of its own. */
static void put_self(void)
{
    put_link("thread-self/ns/net", "net:[4026531810]");
    put_process((int)gettid(), "net:[4026531810]", 'a', "test\n");
}

static void what_an_ordinary_user_may_not_see(void **state)
{
    struct namespaces n = {.list = NULL};
    char name[NETNS_NAME], asked[NETNS_NAME + 32];

    (void)state;
    put_self();
    put_process(1, "refused", 'a', "systemd\n");
    put_process(5000000, "net:[4026531820]", 'b', "nginx\n");
    put_process(5000001, "refused", 'b', "worker\n");
    put_process(5000002, "refused", 'c', "secret\n");
    put_process(5000003, "refused", 'c', "secret\n");
    put_process(5000004, "refused", 0, "going\n"); /* it ends while it is looked at */
    put_process(5000005, "mnt:[4026531830]", 'd', "odd\n");
    put("99999999999/ns/x", ""); /* no process */
    put("sys/ns/x", "");
    assert_int_equal(namespaces_look(&n), 0);
    assert_int_equal(n.n, 3);
    assert_false(n.blind);
    assert_int_equal(n.own, 4026531810);
    assert_int_equal(n.init, 4026531810); /* the same /proc/PID/net */
    assert_string_equal(name_of(&n, 4026531810), "init");
    assert_string_equal(name_of(&n, 4026531820), "nginx[5000000]");
    const struct found_namespace *secret = found_of(&n, inode_of_tag('c'));
    /* a folder of a disk has no order: it is named after either */
    assert_true(secret->pid == 5000002 || secret->pid == 5000003);
    snprintf(name, sizeof name, "secret[%u]", secret->pid);
    assert_string_equal(secret->name, name);
    assert_true(secret->hidden);
    assert_int_equal(namespaces_open(secret, secret->inode, NULL), -EACCES);
    assert_null(namespaces_find(&n, 4026531830));
    assert_false(found_of(&n, 4026531820)->hidden);
    expect(&n, "5000001", 4026531820, "");
    expect(&n, "5000003", inode_of_tag('c'), "");
    expect(&n, "5000004", 0, "process 5000004 cannot be determined: Permission denied");
    snprintf(asked, sizeof asked, "did you mean %s?", name);
    expect(&n, "secret", 0, asked);
    namespaces_fini(&n);
}

static void the_first_process_is_hidden(void **state)
{
    struct namespaces n = {.list = NULL};

    (void)state;
    put_self();
    put_process(1, "refused", 'b', "systemd\n");
    assert_int_equal(namespaces_look(&n), 0);
    assert_int_equal(n.n, 2);
    assert_int_equal(n.init, inode_of_tag('b'));
    assert_string_equal(name_of(&n, n.init), "init");
    expect(&n, "init", n.init, "");
    assert_int_equal(namespaces_open(found_of(&n, n.init), n.init, NULL), -EACCES);
    namespaces_fini(&n);
}

/* As with hidepid=2: nothing is known of others, and that is said. */
static void only_own_processes_are_shown(void **state)
{
    struct namespaces n = {.list = NULL};

    (void)state;
    put_self();
    assert_int_equal(namespaces_look(&n), 0);
    assert_true(n.blind);
    assert_int_equal(n.n, 1);
    assert_int_equal(n.init, 0);
    expect(&n, "init", 0, "no process 1");
    namespaces_fini(&n);
}

static void names_of_what_is_mounted_and_of_processes(void **state)
{
    struct namespaces n = {.list = NULL};

    (void)state;
    put_self();
    put_process(1, "net:[4026531810]", 'a', "init\n");
    put_process(5000000, "net:[4026531820]", 0, "a\033[2Jb\nc\n");
    put("5000000/cgroup", "0::/user.slice\n");
    put_process(5000001, "net:[4026531830]", 0, "pause\n");
    put("5000001/cgroup", "0::/docker/" ID "\n");
    put_process(5000002, "net:[4026531840]", 0, NULL); /* it has ended: neither cgroup nor comm */
    put("thread-self/mountinfo",
        "1 2 0:4 / /proc rw - proc proc rw\n"
        "1 2 0:4 net:[4026531850] /run/docker/netns/0a1b rw - nsfs nsfs rw\n"
        "1 2 0:4 net:[4026531850] /run/netns/blue rw - nsfs nsfs rw\n" /* says more */
        "1 2 0:4 net:[4026531850] /run/netns/red rw - nsfs nsfs rw\n"  /* one is enough */
        "1 2 0:4 net:[4026531850] /mnt/x rw - nsfs nsfs rw\n"
        "1 2 0:4 net:[4026531860] /mnt/y rw - nsfs nsfs rw");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(namespaces_look(&n), 0);
        assert_int_equal(n.n, 6);
        assert_string_equal(name_of(&n, 4026531820), "a\xef\xbf\xbd[2Jb\xef\xbf\xbd"
                                                     "c[5000000]");
        assert_string_equal(name_of(&n, 4026531830), "4f1b2c3d4e5f");
        assert_string_equal(name_of(&n, 4026531840), "net:[4026531840]");
        assert_string_equal(name_of(&n, 4026531850), "blue");
        assert_string_equal(found_of(&n, 4026531850)->path, "/run/netns/blue");
        assert_string_equal(name_of(&n, 4026531860), "net:[4026531860]");
    }
    namespaces_fini(&n);
}

static void nothing_is_to_be_had(void **state)
{
    struct namespaces n = {.list = NULL};

    (void)state;
    assert_int_equal(namespaces_look(&n), -ENOENT); /* not even /proc */
    put_link("thread-self/ns/net", "refused");
    assert_int_equal(namespaces_look(&n), -EACCES);
    namespaces_fini(&n);
}

static void whichever_allocation_fails(void **state)
{
    struct namespaces n = {.list = NULL};

    (void)state;
    put_self();
    put_process(1, "net:[4026531820]", 'b', "init\n");
    put_process(5000000, "refused", 'c', "hidden\n");
    put("thread-self/mountinfo", "1 2 0:4 net:[4026531830] /run/netns/blue rw - nsfs nsfs rw\n");
    for (room = 0; room < 4; room++)
        assert_int_equal(namespaces_look(&n), -ENOMEM);
    copies = 0;
    assert_int_equal(namespaces_look(&n), -ENOMEM);
    copies = 1;
    assert_int_equal(namespaces_look(&n), 0); /* and the next look has all */
    assert_int_equal(n.n, 4);
    namespaces_fini(&n);
}

static void a_path_that_may_not_be_opened(void **state)
{
    struct namespaces n = {.list = NULL};

    (void)state;
    skip_without_kinds();
    add(&n, 1, NULL);
    opens_nothing = true;
    expect(&n, "/proc/self/ns/net", 0, "cannot read /proc/self/ns/net: Permission denied");
    opens_nothing = false;
    namespaces_fini(&n);
}

#define HOST(name) cmocka_unit_test_setup_teardown(name, make_host, remove_host)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mounts),
        cmocka_unit_test(test_containers),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_what_is_meant),
        cmocka_unit_test(test_look),
        cmocka_unit_test(a_path_that_may_not_be_opened),
        HOST(what_an_ordinary_user_may_not_see),
        HOST(the_first_process_is_hidden),
        HOST(only_own_processes_are_shown),
        HOST(names_of_what_is_mounted_and_of_processes),
        HOST(nothing_is_to_be_had),
        HOST(whichever_allocation_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
