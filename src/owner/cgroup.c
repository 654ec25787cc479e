/* SPDX-License-Identifier: MIT */
/* Control groups by the habits of the programs that make them: systemd, docker, podman,
 * kubernetes with containerd and cri-o, LXC, libvirt, snap. */
#include "tcptop/owner/cgroup.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tcptop/base/utf8.h"

#define ID_DIGITS    64 /* of a container's id */
#define SHORT_DIGITS 12 /* of it as docker and podman print it */
#define POD_DIGITS   8  /* of a pod's: the first group of a UUID */
#define UUID_LEN     36
#define PART_MAX     256

/* A part of a path, between slashes. */
struct path_part {
    const char *text;
    size_t len;
};

static bool starts(struct path_part p, const char *with)
{
    size_t len = strlen(with);

    return p.len >= len && memcmp(p.text, with, len) == 0;
}

static bool ends(struct path_part p, const char *with)
{
    size_t len = strlen(with);

    return p.len > len && memcmp(p.text + p.len - len, with, len) == 0;
}

static bool is(struct path_part p, const char *text)
{
    return p.len == strlen(text) && starts(p, text);
}

static struct path_part without(struct path_part p, size_t front, const char *suffix)
{
    return (struct path_part){p.text + front, p.len - front - (suffix ? strlen(suffix) : 0)};
}

/* The part before `end`, "" at the front of the path. */
static struct path_part last_part(const char *path, const char *end)
{
    const char *from;

    while (end > path && end[-1] == '/')
        end--;
    for (from = end; from > path && from[-1] != '/'; from--)
        ;
    return (struct path_part){from, (size_t)(end - from)};
}

static bool is_id(struct path_part p)
{
    size_t digits = 0;

    while (digits < p.len && isxdigit((unsigned char)p.text[digits]))
        digits++;
    return digits == ID_DIGITS && p.len == ID_DIGITS;
}

static void put(char *out, size_t size, const char *kind, struct path_part name)
{
    char text[PART_MAX];
    int len = snprintf(text, sizeof text, "%s%.*s", kind, (int)name.len, name.text);

    if (len >= (int)sizeof text)
        len = (int)sizeof text - 1;
    utf8_sanitise_into(out, size, text, (size_t)len);
}

/* What stands before the id of a container, "MAKER-ID.scope", and whose it is. */
static const struct {
    const char *maker, *kind;
} makers[] = {
    {"docker", "docker "},
    {"libpod-conmon", "podman conmon "},
    {"libpod-payload", "podman "},
    {"libpod", "podman "},
    {"cri-containerd", "containerd "},
    {"crio-conmon", "cri-o conmon "},
    {"crio", "cri-o "},
    {"nerdctl", "nerdctl "},
};

/* The parts of a container's name. */
struct container_name {
    struct path_part maker, id; /* the first one is empty where there is none */
};

/* "MAKER-ID", or "SLICE:MAKER:ID": so a runtime that makes groups by itself takes a name that was
 * meant for systemd (runc, libcontainer/cgroups). */
static struct container_name split_container(struct path_part p)
{
    struct container_name c = {.id = ends(p, ".scope") ? without(p, 0, ".scope") : p};
    const char *dash = c.id.len > ID_DIGITS ? c.id.text + c.id.len - ID_DIGITS - 1 : NULL;
    const char *from = dash;

    if (!dash || (*dash != '-' && *dash != ':'))
        return c;
    while (*dash == ':' && from > c.id.text && from[-1] != ':')
        from--;
    if (*dash == '-')
        from = c.id.text;
    c.maker = (struct path_part){from, (size_t)(dash - from)};
    c.id = (struct path_part){dash + 1, ID_DIGITS};
    return c;
}

/* Is it below what kubelet makes for its pods? */
static bool is_in_pods(struct path_part p, struct path_part outer)
{
    return memmem(outer.text, (size_t)(p.text + p.len - outer.text), "kubepods", 8);
}

/* A container by its id; `outer`: the path up to this part. */
static bool name_container(struct path_part p, struct path_part outer, char *out, size_t size)
{
    const char *kind = "container ";
    struct path_part parent = last_part(outer.text, outer.text + outer.len);
    struct container_name c = split_container(p);
    bool known = c.maker.len == 0;

    if (!is_id(c.id))
        return false;
    if (is(parent, "docker"))
        kind = "docker ";
    for (size_t i = 0; i < sizeof makers / sizeof *makers && c.maker.len; i++) {
        if (is(c.maker, makers[i].maker)) {
            kind = makers[i].kind;
            known = true;
        }
    }
    if (is_in_pods(p, outer) && !ends(c.maker, "-conmon"))
        kind = "kubernetes ";
    else if (!known)
        return false;
    put(out, size, kind, (struct path_part){c.id.text, SHORT_DIGITS});
    return true;
}

/* Containers and machines that have names of their own. */
static bool name_machine(struct path_part p, struct path_part outer, char *out, size_t size)
{
    struct path_part parent = last_part(outer.text, outer.text + outer.len);

    if (starts(p, "lxc.payload."))
        put(out, size, "lxc ", without(p, 12, NULL));
    else if (starts(p, "lxc.monitor."))
        put(out, size, "lxc monitor ", without(p, 12, NULL));
    else if (is(parent, "lxc") || is(parent, "lxc.payload"))
        put(out, size, "lxc ", p);
    else if (starts(p, "machine-") && ends(p, ".scope"))
        put(out, size, "machine ", without(p, 8, ".scope"));
    else if (ends(p, ".libvirt-qemu"))
        put(out, size, "machine ", without(p, 0, ".libvirt-qemu"));
    else if (ends(p, ".libvirt-lxc"))
        put(out, size, "machine ", without(p, 0, ".libvirt-lxc"));
    else if (starts(p, "systemd-nspawn@") && ends(p, ".service"))
        put(out, size, "", p); /* what runs in it has units of its own */
    else
        return false;
    return true;
}

/* A pod, where no container of it is known: "kubepods-burstable-podUID.slice" or "podUID". */
static bool name_pod(struct path_part p, struct path_part outer, char *out, size_t size)
{
    const char *pod = starts(p, "pod") ? p.text : memmem(p.text, p.len, "-pod", 4);
    size_t digits = 0;

    if (!pod || !is_in_pods(p, outer))
        return false;
    pod += *pod == '-' ? 4 : 3;
    while (digits < POD_DIGITS && pod + digits < p.text + p.len &&
           isxdigit((unsigned char)pod[digits]))
        digits++;
    if (digits < POD_DIGITS)
        return false;
    put(out, size, "kubernetes pod ", (struct path_part){pod, digits});
    return true;
}

static bool is_unit(struct path_part p)
{
    return ends(p, ".service") || ends(p, ".scope") || ends(p, ".socket") || ends(p, ".mount") ||
           ends(p, ".swap");
}

/* "snap.firefox.firefox-UUID" without what is random in it; older ones have a dot there. */
static struct path_part without_uuid(struct path_part p)
{
    const char *mark = p.len > UUID_LEN ? p.text + p.len - UUID_LEN - 1 : NULL;

    if (!mark || (*mark != '-' && *mark != '.') ||
        strspn(mark + 1, "0123456789abcdefABCDEF-") < UUID_LEN)
        return p;
    return (struct path_part){p.text, (size_t)(mark - p.text)};
}

static void name_unit(struct path_part p, char *out, size_t size)
{
    if (starts(p, "session-") && ends(p, ".scope"))
        put(out, size, "session ", without(p, 8, ".scope"));
    else if (starts(p, "snap.") && ends(p, ".scope"))
        put(out, size, "", without_uuid(without(p, 0, ".scope")));
    else
        put(out, size, "", p);
}

/* systemd writes "-" within a name as "\x2d". */
static void unescape(const char *path, char *out, size_t size)
{
    size_t n = 0;

    for (const char *p = path; *p && n + 1 < size; n++) {
        unsigned value;
        if (p[0] == '\\' && p[1] == 'x' && sscanf(p + 2, "%2x", &value) == 1 && value >= ' ' &&
            value < 0x7f && isxdigit((unsigned char)p[3])) {
            out[n] = (char)value;
            p += 4;
        } else {
            out[n] = *p++;
        }
    }
    out[n] = '\0';
}

/* From the innermost part outwards; false when `name` knows none. */
static bool each_part(const char *path,
                      bool (*name)(struct path_part, struct path_part, char *, size_t), char *out,
                      size_t size)
{
    struct path_part p = last_part(path, path + strlen(path));

    for (; p.len > 0; p = last_part(path, p.text)) {
        if (name(p, (struct path_part){path, (size_t)(p.text - path)}, out, size))
            return true;
    }
    return false;
}

/* The manager of a unit lives in its init.scope: that is the unit. */
static bool name_innermost_unit(struct path_part p, struct path_part outer, char *out, size_t size)
{
    struct path_part parent = last_part(outer.text, outer.text + outer.len);

    if (!is_unit(p) || (is(p, "init.scope") && is_unit(parent)))
        return false;
    name_unit(p, out, size);
    return true;
}

void cgroup_label(const char *path, char *out, size_t size)
{
    char plain[1024];

    unescape(path, plain, sizeof plain);
    if (!each_part(plain, name_container, out, size) &&
        !each_part(plain, name_machine, out, size) && !each_part(plain, name_pod, out, size) &&
        !each_part(plain, name_innermost_unit, out, size))
        put(out, size, "", last_part(plain, plain + strlen(plain)));
}

/* How well a line tells: version 2 best, then the service manager's, then the longest. */
static unsigned worth(struct path_part controllers, struct path_part path)
{
    unsigned length = path.len < 1000 ? (unsigned)path.len : 1000;

    if (path.len <= 1)
        return 0;
    if (controllers.len == 0)
        return 3000;
    return is(controllers, "name=systemd") ? 2000 : length;
}

void cgroup_path(const char *bytes, size_t len, char *out, size_t size)
{
    const char *end = bytes + len, *next;
    unsigned best = 0;

    out[0] = '\0';
    for (const char *line = bytes; line < end; line = next + 1) {
        next = memchr(line, '\n', (size_t)(end - line));
        if (!next)
            next = end;
        const char *first = memchr(line, ':', (size_t)(next - line));
        const char *second = first ? memchr(first + 1, ':', (size_t)(next - first - 1)) : NULL;
        if (!second)
            continue;
        struct path_part controllers = {first + 1, (size_t)(second - first - 1)};
        struct path_part path = {second + 1, (size_t)(next - second - 1)};
        if (worth(controllers, path) <= best || path.len >= size)
            continue;
        best = worth(controllers, path);
        memcpy(out, path.text, path.len);
        out[path.len] = '\0';
    }
}
