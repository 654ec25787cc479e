/* SPDX-License-Identifier: MIT */
/* A sosreport (sos, plugin networking): what commands printed lies in files that are named after
 * them, with "_" for blanks; those of other namespaces have "ip_netns_exec_NAME_" before that. */
#include "import_sosreport.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tcptop/base/array.h"
#include "tcptop/base/privileges.h"
#include "tcptop/base/str.h"
#include "tcptop/base/utf8.h"

#define PLUGIN   "sos_commands/networking"
#define OF_NETNS "ip_netns_exec_"

/* From the one that tells most to the one that tells least. */
static const char *const commands[] = {"ss_-peaonmi", "netstat_-W_-neopa", "netstat_-T_-neopa",
                                       "netstat_-neopa"};
#define COMMANDS (sizeof commands / sizeof commands[0])

void import_sosreport_fini(struct import_sosreport *s)
{
    for (uint32_t i = 0; i < s->n; i++) {
        free(s->file[i].path);
        free(s->file[i].whole);
    }
    free(s->file);
    *s = (struct import_sosreport){.n = 0};
}

static int open_regular(const char *path)
{
    struct stat st;
    int fd = privileges_open(path, O_RDONLY | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK, 0);

    if (fd < 0)
        return fd;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        return fd;
    close(fd);
    return -ENOENT;
}

/* Is the error that there is nothing of the kind that was looked for? */
static bool is_absence(int error)
{
    return error == -ENOENT || error == -ENOTDIR || error == -ELOOP || error == -ENXIO ||
           error == -ENAMETOOLONG;
}

/* Room for one more. Returns 0, -ENOMEM or -E2BIG. */
static int make_room(struct import_sosreport *s)
{
    struct import_sosreport_file *file;

    if (s->n == IMPORT_SOSREPORT_FILES)
        return -E2BIG;
    file = array_room(s->file, s->n, &s->cap, 8, sizeof *file);
    if (!file)
        return -ENOMEM;
    s->file = file;
    return 0;
}

/* Add directory/name when it is there. Returns 1 when it is, 0, or -errno. */
static int add_file(struct import_sosreport *s, const char *directory, const char *name,
                    const char *netns, size_t netns_len)
{
    char *whole = strndup(netns, netns_len);
    struct str path = STR_INIT;

    str_addf(&path, "%s/%s", directory, name);
    int rc = !whole || str_failed(&path) ? -ENOMEM : open_regular(str_text(&path));
    if (rc >= 0) {
        close(rc);
        rc = make_room(s);
    }
    if (rc) {
        str_fini(&path);
        free(whole);
        return is_absence(rc) ? 0 : rc;
    }
    struct import_sosreport_file *file = &s->file[s->n++];
    *file = (struct import_sosreport_file){.path = path.data, .whole = whole}; /* handed over */
    utf8_sanitise_into(file->netns, sizeof file->netns, netns, netns_len);
    if (netns_len)
        file->netns_id = ++s->others;
    return 1;
}

/* The host's own namespace: the first command that is there. */
static int add_own(struct import_sosreport *s, const char *plugin)
{
    int rc = 0;

    for (size_t i = 0; i < COMMANDS && !rc; i++)
        rc = add_file(s, plugin, commands[i], "", 0);
    return rc;
}

static bool has_netns(const struct import_sosreport *s, const char *name, size_t len)
{
    for (uint32_t i = 0; i < s->n; i++)
        if (strlen(s->file[i].whole) == len && memcmp(s->file[i].whole, name, len) == 0)
            return true;
    return false;
}

/* A file of another namespace by its name: its command, and the length of the namespace's name. */
static size_t netns_len(const char *name, const char *command)
{
    size_t len = strlen(name), before = strlen(OF_NETNS), after = strlen(command) + 1;

    if (len <= before + after || strncmp(name, OF_NETNS, before) != 0 || name[len - after] != '_' ||
        strcmp(name + len - after + 1, command) != 0)
        return 0;
    return len - before - after;
}

/* What is in a directory, sorted. Returns how much, also where there is no such directory, or
 * -errno. */
static int list_of(const char *directory, struct dirent ***list)
{
    const int n = scandir(directory, list, NULL, alphasort);

    return n >= 0 ? n : is_absence(-errno) ? 0 : -errno;
}

/* The files of other namespaces in one directory. */
static int add_others(struct import_sosreport *s, const char *directory)
{
    int rc = 0;

    for (size_t i = 0; i < COMMANDS && rc >= 0; i++) {
        struct dirent **list = NULL;
        int n = list_of(directory, &list);
        rc = n < 0 ? n : 0;
        for (int k = 0; k < n; k++) {
            size_t len = netns_len(list[k]->d_name, commands[i]);
            const char *name = list[k]->d_name + strlen(OF_NETNS);
            if (rc >= 0 && len && !has_netns(s, name, len))
                rc = add_file(s, directory, list[k]->d_name, name, len);
            free(list[k]);
        }
        free(list);
    }
    return rc < 0 ? rc : 0;
}

/* Newer versions give each namespace a directory of its own. */
static int add_directories(struct import_sosreport *s, const char *plugin)
{
    struct str root = STR_INIT, directory = STR_INIT;
    struct dirent **list = NULL;

    str_addf(&root, "%s/namespaces", plugin);
    int n = list_of(str_text(&root), &list), rc = n < 0 ? n : 0;
    for (int k = 0; k < n; k++) {
        str_clear(&directory);
        str_addf(&directory, "%s/%s", str_text(&root), list[k]->d_name);
        if (rc >= 0 && list[k]->d_name[0] != '.')
            rc = add_others(s, str_text(&directory));
        free(list[k]);
    }
    free(list);
    str_fini(&root);
    str_fini(&directory);
    return rc;
}

static int compare_netns(const void *a, const void *b)
{
    const struct import_sosreport_file *const *x = a, *const *y = b;
    const int order = strcmp((*x)->netns, (*y)->netns);

    return order ? order : (*x)->netns_id - (*y)->netns_id;
}

/* Names that are equal once they are sanitised and cut get "~1", "~2" … at their end. */
static int tell_apart(struct import_sosreport *s)
{
    struct import_sosreport_file **sorted = calloc(s->n + 1u, sizeof *sorted);
    uint32_t n = 0;

    if (!sorted)
        return -ENOMEM;
    for (uint32_t i = 0; i < s->n; i++)
        if (s->file[i].netns_id)
            sorted[n++] = &s->file[i];
    qsort(sorted, n, sizeof *sorted, compare_netns);
    for (uint32_t from = 0, to; from < n; from = to) {
        const char *name = sorted[from]->netns;
        for (to = from + 1; to < n && strcmp(sorted[to]->netns, name) == 0; to++)
            continue;
        const bool is_own = strcmp(name, IMPORT_SOSREPORT_OWN) == 0;
        const size_t kept = utf8_fit(name, strlen(name), NETNS_NAME - 8, NULL);
        for (uint32_t i = from; (is_own || to - from > 1) && i < to; i++)
            snprintf(sorted[i]->netns + kept, NETNS_NAME - kept, "~%" PRIu32, i - from + 1);
    }
    free(sorted);
    return 0;
}

/* The n-th word of a file; "" where it cannot be read. */
static void read_word(const char *root, const char *name, unsigned nth, char *out, size_t size)
{
    char text[512];
    struct str path = STR_INIT;
    ssize_t got = -1;

    out[0] = '\0';
    str_addf(&path, "%s/%s", root, name);
    int fd = open_regular(str_text(&path));
    if (fd >= 0) {
        got = read(fd, text, sizeof text - 1);
        close(fd);
    }
    str_fini(&path);
    if (got <= 0)
        return;
    text[got] = '\0';
    char *rest = text, *word = strtok_r(text, " \t\r\n", &rest);
    while (word && nth--)
        word = strtok_r(NULL, " \t\r\n", &rest);
    if (word)
        utf8_sanitise_into(out, size, word, strlen(word));
}

/* /proc/net of any other directory, such as /, is no report. */
static bool has_commands(const char *root)
{
    struct str path = STR_INIT;

    str_addf(&path, "%s/sos_commands", root);
    int fd = privileges_open(str_text(&path), O_RDONLY | O_DIRECTORY, 0);
    str_fini(&path);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static int find_below(struct import_sosreport *s, const char *root, const char *plugin)
{
    int rc = add_own(s, plugin);

    if (rc == 0 && has_commands(root)) {
        rc = add_file(s, root, "proc/net/tcp", "", 0);
        if (rc >= 0)
            rc = add_file(s, root, "proc/net/tcp6", "", 0);
    }
    if (rc >= 0)
        rc = add_others(s, plugin);
    if (rc >= 0)
        rc = add_directories(s, plugin);
    return rc < 0 ? rc : tell_apart(s);
}

int import_sosreport_find(struct import_sosreport *s, const char *path)
{
    struct str plugin = STR_INIT;
    int rc;

    *s = (struct import_sosreport){.n = 0};
    str_addf(&plugin, "%s/" PLUGIN, path);
    rc = str_failed(&plugin) ? -ENOMEM : find_below(s, path, str_text(&plugin));
    if (!rc && !s->n)
        rc = find_below(s, path, path);
    str_fini(&plugin);
    if (!rc && !s->n)
        rc = -ENOENT;
    if (rc) {
        import_sosreport_fini(s);
        return rc;
    }
    read_word(path, "sos_commands/host/hostname", 0, s->host, sizeof s->host);
    if (!s->host[0])
        read_word(path, "sos_commands/general/hostname", 0, s->host, sizeof s->host);
    read_word(path, "sos_commands/kernel/uname_-a", 2, s->kernel, sizeof s->kernel);
    return 0;
}
