/* SPDX-License-Identifier: MIT */
/* Names of control groups by the inodes of their directories, in a tree made by hand: any file
 * system has inodes. What is not there has no name, what is written to a terminal is harmless, and
 * names stay when the directory has gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/sample.h"
#include "tcptop/owner/cgroup_tree.h"

#define ID "3f2a09c1d2e45b6a7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"

static char root[] = "/tmp/cgroup_tree.XXXXXX";

static int make_root(void **state)
{
    (void)state;
    return mkdtemp(root) && chdir(root) == 0 ? 0 : -1;
}

static int remove_root(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

/* Make the directory and those above it; its inode. */
static uint64_t make(const char *path)
{
    char part[4096];
    struct stat st;

    for (const char *p = path; p; p = strchr(p + 1, '/')) {
        snprintf(part, sizeof part, "%.*s", (int)(p - path), path);
        if (*part)
            (void)mkdir(part, 0755);
    }
    (void)mkdir(path, 0755);
    assert_int_equal(stat(path, &st), 0);
    return st.st_ino;
}

static int walk(struct cgroup_table *t)
{
    int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = cgroup_tree_walk(fd, t);

    close(fd);
    return rc;
}

static void names_by_inode(void **state)
{
    static const struct {
        const char *path, *name;
    } list[] = {
        {"system.slice/nginx.service", "nginx.service"},
        {"system.slice/docker-" ID ".scope", "docker 3f2a09c1d2e4"},
        {"user.slice/user-1000.slice/session-3.scope", "session 3"},
        {"machine.slice/libpod-" ID ".scope/container", "podman 3f2a09c1d2e4"},
        {"kubepods/besteffort/pod4b2c-1a/" ID, "kubernetes 3f2a09c1d2e4"},
        {"evil/\x1b[31m\xff.service", "\xef\xbf\xbd[31m\xef\xbf\xbd.service"},
        {".", ""}, /* the root */
    };
    enum { N = sizeof list / sizeof *list };
    struct cgroup_table *t = cgroups_new(N + 3);

    (void)state;
    for (uint32_t i = 0; i < N; i++)
        t->cgroup[i + 1].id = make(list[i].path);
    t->cgroup[N + 1].id = UINT64_MAX; /* is not there */
    assert_int_equal(walk(t), 0);
    for (uint32_t i = 0; i < N; i++)
        assert_string_equal(t->cgroup[i + 1].name, list[i].name);
    assert_string_equal(t->cgroup[N + 1].name, "");
    assert_string_equal(t->cgroup[N + 2].name, ""); /* a free number */
    cgroups_unref(t);
}

/* Nested deeply, and more deeply than is looked; a file is no group; a link does not lead out. */
static void deep_and_odd(void **state)
{
    struct cgroup_table *t = cgroups_new(6);
    char path[3000] = "deep";
    struct stat st;

    (void)state;
    while (strlen(path) < 990)
        strcat(path, "/some-directory");
    strcat(path, "/a.service");
    t->cgroup[1].id = make(path);
    strcat(path, "/some-directory/b.service");
    t->cgroup[5].id = make(path);
    close(open("cgroup.procs", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    assert_int_equal(stat("cgroup.procs", &st), 0);
    t->cgroup[2].id = st.st_ino;
    assert_int_equal(symlink("/", "out"), 0);
    assert_int_equal(stat("/usr", &st), 0);
    t->cgroup[3].id = st.st_ino;
    t->cgroup[4].id = make("seen.service");
    t->cgroup[4].looked_for = true; /* has no name for good */
    assert_int_equal(walk(t), 0);
    assert_string_equal(t->cgroup[1].name, "a.service");
    assert_string_equal(t->cgroup[5].name, "");
    assert_string_equal(t->cgroup[2].name, "");
    assert_string_equal(t->cgroup[3].name, "");
    assert_string_equal(t->cgroup[4].name, "");
    cgroups_unref(t);
}

/* More directories than a walk may take: it ends, and the outer ones are found. */
static void wide(void **state)
{
    struct cgroup_table *t = cgroups_new(4);
    char path[64];

    (void)state;
    for (int i = 0; i < 3000; i++) {
        snprintf(path, sizeof path, "wide/%d", i);
        t->cgroup[1].id = make(path);
    }
    t->cgroup[2].id = make("wide/0/inner.service");
    t->cgroup[3].id = UINT64_MAX;
    assert_int_equal(walk(t), 0);
    assert_string_equal(t->cgroup[1].name, "2999");
    assert_string_equal(t->cgroup[2].name, "inner.service");
    cgroups_unref(t);
}

/* A sample has the table of the one before while its groups are the same; names stay; those of a
 * recording are of another host. */
static void samples_share_a_table(void **state)
{
    struct cgroup_tree tree = {.due_ns = 0};
    struct sample *s[3];
    const struct cgroup_table *last = NULL;

    (void)state;
    for (int i = 0; i < 3; i++) {
        s[i] = sample_make(NULL);
        cgroups_keep(&builder_of(s[i])->cgroup_ids, last, NULL, 0);
        assert_int_equal(cgroups_number(&builder_of(s[i])->cgroup_ids, 1), 1);
        if (i == 2)
            assert_int_equal(cgroups_number(&builder_of(s[i])->cgroup_ids, 2), 2);
        cgroup_tree_assign(&tree, builder_of(s[i]), last, false);
        last = s[i]->cgroups;
        if (i == 0)
            strcpy(s[0]->cgroups->cgroup[1].name, "a.service");
    }
    assert_ptr_equal(s[0]->cgroups, s[1]->cgroups);
    assert_ptr_not_equal(s[1]->cgroups, s[2]->cgroups);
    assert_string_equal(s[2]->cgroups->cgroup[1].name, "a.service");
    assert_false(s[2]->cgroups->cgroup[2].looked_for);
    for (int i = 0; i < 3; i++)
        sample_unref(s[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_by_inode),
        cmocka_unit_test(deep_and_odd),
        cmocka_unit_test(wide),
        cmocka_unit_test(samples_share_a_table),
    };

    return cmocka_run_group_tests(tests, make_root, remove_root);
}
