/* SPDX-License-Identifier: MIT */
/* Control groups: what people call them, by paths as hosts have them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tcptop/owner/cgroup.h"

#define ID "3f2a09c1d2e45b6a7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"

static void labels(void **state)
{
    static const struct {
        const char *path, *label;
    } list[] = {
        {"/", ""},
        {"", ""},
        {"/system.slice/nginx.service", "nginx.service"},
        {"/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service"},
        {"/system.slice/postgresql.service/main", "postgresql.service"},
        {"/system.slice/systemd-journald.service", "systemd-journald.service"},
        {"/system.slice/cups.socket", "cups.socket"},
        {"/init.scope", "init.scope"},
        {"/system.slice", "system.slice"},
        {"/user.slice/user-1000.slice/session-3.scope", "session 3"},
        {"/user.slice/user-1000.slice/session-c1.scope", "session c1"},
        {"/user.slice/user-1000.slice/user@1000.service/init.scope", "user@1000.service"},
        {"/user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox-1234.scope",
         "app-firefox-1234.scope"},
        {"/system.slice/system-my\\x2dapp.slice/my\\x2dapp@1.service", "my-app@1.service"},
        {"/system.slice/docker.service", "docker.service"},
        {"/system.slice/docker-" ID ".scope", "docker 3f2a09c1d2e4"},
        {"/system.slice/docker-" ID ".scope/init", "docker 3f2a09c1d2e4"},
        {"/docker/" ID, "docker 3f2a09c1d2e4"},
        {"/docker/" ID "/system.slice/nginx.service", "docker 3f2a09c1d2e4"},
        {"/machine.slice/libpod-" ID ".scope", "podman 3f2a09c1d2e4"},
        {"/machine.slice/libpod-" ID ".scope/container", "podman 3f2a09c1d2e4"},
        {"/libpod_parent/libpod-" ID, "podman 3f2a09c1d2e4"},
        {"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope/container",
         "podman 3f2a09c1d2e4"},
        {"/machine.slice/libpod-conmon-" ID ".scope", "podman conmon 3f2a09c1d2e4"},
        {"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod4b2c_1a.slice/"
         "cri-containerd-" ID ".scope",
         "kubernetes 3f2a09c1d2e4"},
        {"/kubepods.slice/kubepods-pod4b2c_1a.slice/crio-" ID ".scope", "kubernetes 3f2a09c1d2e4"},
        {"/kubepods/besteffort/pod4b2c-1a/" ID, "kubernetes 3f2a09c1d2e4"},
        {"/kubelet.slice/kubelet-kubepods.slice/docker-" ID ".scope", "kubernetes 3f2a09c1d2e4"},
        {"/system.slice/nerdctl-" ID ".scope", "nerdctl 3f2a09c1d2e4"},
        {"/ecs/0123456789abcdef0123456789abcdef/" ID, "container 3f2a09c1d2e4"},
        {"/lxc.payload.web/system.slice/nginx.service", "lxc web"},
        {"/lxc/web", "lxc web"},
        {"/machine.slice/machine-qemu\\x2d1\\x2dubuntu.scope/libvirt/emulator",
         "machine qemu-1-ubuntu"},
        {"/machine.slice/systemd-nspawn@web.service/payload", "systemd-nspawn@web.service"},
        {"/machine.slice/systemd-nspawn@web.service/payload/system.slice/nginx.service",
         "systemd-nspawn@web.service"},
        {"/machine.slice/machine-web.scope/payload/system.slice/nginx.service", "machine web"},
        {"/machine/qemu-1-ubuntu.libvirt-qemu/emulator", "machine qemu-1-ubuntu"},
        {"/machine/lxc-2-web.libvirt-lxc", "machine lxc-2-web"},
        {"/lxc/101/ns/system.slice/nginx.service", "lxc 101"},
        {"/lxc.monitor.web", "lxc monitor web"},
        {"/system.slice/containerd.service/kubepods-burstable-pod4b2c1a3e_77fd_4d4e_b7a1_"
         "0123456789ab.slice:cri-containerd:" ID,
         "kubernetes 3f2a09c1d2e4"},
        {"/system.slice/k3s.service/kubepods-besteffort-pod4b2c1a3e.slice:cri-containerd:" ID,
         "kubernetes 3f2a09c1d2e4"},
        {"/system.slice/k3s.service/kubepods/burstable/pod4b2c1a3e/" ID, "kubernetes 3f2a09c1d2e4"},
        {"/kubepods-pod4b2c1a3e.slice:crio:" ID, "kubernetes 3f2a09c1d2e4"},
        {"/kubepods.slice/kubepods-pod4b2c_1a.slice/crio-conmon-" ID ".scope",
         "cri-o conmon 3f2a09c1d2e4"},
        {"/kubepods.slice/kubepods-pod4b2c_1a.slice/crio-" ID ".scope/container",
         "kubernetes 3f2a09c1d2e4"},
        {"/kubepods/burstable/pod4b2c1a3e/crio-" ID, "kubernetes 3f2a09c1d2e4"},
        {"/docker/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef/kubelet.slice/"
         "kubelet-kubepods.slice/kubelet-kubepods-pod4b2c.slice/cri-containerd-" ID ".scope",
         "kubernetes 3f2a09c1d2e4"},
        {"/system.slice/docker.service/system.slice:docker:" ID, "docker 3f2a09c1d2e4"},
        {"/system.slice:docker:" ID, "docker 3f2a09c1d2e4"},
        {"/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" ID ".scope",
         "docker 3f2a09c1d2e4"},
        {"/system.slice/containerd.service/system.slice:cri-containerd:" ID,
         "containerd 3f2a09c1d2e4"},
        {"/system.slice/system.slice\\x3anerdctl\\x3a" ID, "nerdctl 3f2a09c1d2e4"},
        {"/machine.slice:libpod:" ID, "podman 3f2a09c1d2e4"},
        {"/system.slice/web.service/libpod-payload-" ID, "podman 3f2a09c1d2e4"},
        {"/system.slice/web.service/runtime", "web.service"},
        {"/default/" ID, "container 3f2a09c1d2e4"},
        {"/batch/job-" ID, "job-" ID},
        {"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod4b2c1a3e_77fd_4d4e_b7a1_"
         "0123456789ab.slice",
         "kubernetes pod 4b2c1a3e"},
        {"/kubepods/besteffort/pod4b2c1a3e-77fd-4d4e-b7a1-0123456789ab", "kubernetes pod 4b2c1a3e"},
        {"/kubepods.slice/kubepods-burstable.slice", "kubepods-burstable.slice"},
        {"/system.slice/podman.service", "podman.service"},
        {"/system.slice/snap.lxd.daemon.service", "snap.lxd.daemon.service"},
        {"/user.slice/user-1000.slice/user@1000.service/app.slice/"
         "snap.firefox.firefox-2f3a09c1-d2e4-5b6a-7c8d-9e0f1a2b3c4d.scope",
         "snap.firefox.firefox"},
        {"/user.slice/user-1000.slice/session-2.scope/"
         "snap.code.code.2f3a09c1-d2e4-5b6a-7c8d-9e0f1a2b3c4d.scope",
         "snap.code.code"},
        {"/user.slice/user-1000.slice/user@1000.service/app.slice/snap.short.scope", "snap.short"},
        {"/../../system.slice/nginx.service", "nginx.service"},
        {"/docker-short.scope", "docker-short.scope"},
        {"/batch/job-17", "job-17"},
        {"/batch/job-17/", "job-17"},
        {"/evil/\x1b[31m\xff", "\xef\xbf\xbd[31m\xef\xbf\xbd"},
        {"/odd/a\\x0ab", "a\\x0ab"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        char label[128] = "?";
        cgroup_label(list[i].path, label, sizeof label);
        if (strcmp(label, list[i].label) != 0)
            fail_msg("%s: '%s', not '%s'", list[i].path, label, list[i].label);
    }
}

static void long_names_are_cut(void **state)
{
    char path[3000] = "/", label[16];

    (void)state;
    memset(path + 1, 'a', sizeof path - 2);
    cgroup_label(path, label, sizeof label);
    assert_string_equal(label, "aaaaaaaaaaaaaaa");
}

static const char *path_of(const char *bytes)
{
    static char path[256];

    cgroup_path(bytes, strlen(bytes), path, sizeof path);
    return path;
}

static void the_path_that_matters(void **state)
{
    (void)state;
    assert_string_equal(path_of("0::/system.slice/nginx.service\n"), "/system.slice/nginx.service");
    assert_string_equal(path_of("12:pids:/user.slice\n1:name=systemd:/a/session-3.scope\n0::/\n"),
                        "/a/session-3.scope");
    assert_string_equal(path_of("4:memory:/docker/abc\n3:cpu,cpuacct:/x\n0::/\n"), "/docker/abc");
    assert_string_equal(path_of("1:name=systemd:/a\n0::/b:c\n"), "/b:c");
    assert_string_equal(path_of("0::/cut"), "/cut");
    assert_string_equal(path_of(""), "");
    assert_string_equal(path_of("\n\nnonsense\n:\n"), "");
    assert_string_equal(path_of("9:cpu:/\n0::/\n"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels),
        cmocka_unit_test(long_names_are_cut),
        cmocka_unit_test(the_path_that_matters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
