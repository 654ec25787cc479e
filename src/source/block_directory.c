/* SPDX-License-Identifier: MIT */
/* Chooses among the files of a directory. A run of a recorder writes one file after the other; the
 * HEAD at the beginning of each says which run it was, and of which host. */
#include "block_directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "block_file.h"
#include "tcptop/base/array.h"
#include "tcptop/base/privileges.h"
#include "tcptop/base/utf8.h"

#define FILES_MAX 100000u

static bool is_name(const char *name)
{
    size_t len = strlen(name), suffix = strlen(BLOCK_DIRECTORY_SUFFIX);

    return len > suffix && strcmp(name + len - suffix, BLOCK_DIRECTORY_SUFFIX) == 0;
}

static int add_name(struct block_directory *d, uint32_t *cap, const char *name)
{
    char **larger = array_room(d->name, d->n, cap, 64, sizeof *d->name);

    if (larger)
        d->name = larger;
    char *copy = larger ? strdup(name) : NULL;
    if (!copy)
        return -ENOMEM;
    d->name[d->n++] = copy;
    return 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_names(struct block_directory *d, DIR *dir)
{
    uint32_t cap = 0;
    const struct dirent *entry;
    int rc = 0;

    while (!rc && (entry = readdir(dir)) && d->n < FILES_MAX) {
        if (is_name(entry->d_name))
            rc = add_name(d, &cap, entry->d_name);
    }
    if (d->n > 1)
        qsort(d->name, d->n, sizeof *d->name, compare_names);
    return rc ? rc : d->n ? 0 : -ENOENT;
}

int block_directory_list(struct block_directory *d, const char *path)
{
    int fd = privileges_open(path, O_RDONLY | O_DIRECTORY, 0);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    int rc = dir ? 0 : fd < 0 ? fd : -errno;

    if (!dir && fd >= 0)
        close(fd);
    if (rc)
        return rc;
    d->path = strdup(path);
    rc = d->path ? read_names(d, dir) : -ENOMEM;
    closedir(dir);
    return rc;
}

void block_directory_fini(struct block_directory *d)
{
    for (uint32_t i = 0; i < d->n; i++)
        free(d->name[i]);
    free(d->name);
    free(d->path);
    *d = (struct block_directory){.path = NULL};
}

int block_directory_open(const struct block_directory *d, uint32_t i)
{
    char path[4096];
    struct stat st;

    if (snprintf(path, sizeof path, "%s/%s", d->path, d->name[i]) >= (int)sizeof path)
        return -ENAMETOOLONG;
    int fd = privileges_open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK, 0);
    if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))) {
        close(fd);
        return -EINVAL;
    }
    return fd;
}

/* Order ------------------------------------------------------------ */

/* What the order is made of. */
struct arrangement {
    struct block_directory *directory;
    const struct source *owner; /* whose cancellation ends every wait */
    struct block_in payload;    /* of the heads that are read */
    block_directory_times *times;
    void *context; /* of times() */
    struct block_left_out *left_out;
};

/* What the HEAD of a file says; empty: nothing. */
static struct recording_head head_of_file(struct arrangement *a, uint32_t i)
{
    struct recording_head who = {.run = 0};
    struct block_file f;
    int fd = block_directory_open(a->directory, i);

    if (fd < 0 || block_file_open(&f, a->owner, fd, NULL, 0))
        return who;
    (void)block_file_first_head(&f, &a->payload, &who);
    block_file_close(&f);
    return who;
}

/* Whose a file is. */
struct run_file {
    uint64_t run;
    uint32_t file;
};

/* The files of one run of a recorder. */
struct recorder_run {
    const struct run_file *files;
    uint32_t n, first_file; /* how many, and the first by name that has samples, else the first */
    bool any;               /* has samples: */
    int64_t first_ns, last_ns;
    struct recording_head head; /* of its first file */
    bool left_out;
};

static void add_file(struct arrangement *a, struct recorder_run *run, const struct run_file *f)
{
    int64_t first, last;

    if (!run->n++) {
        run->files = f;
        run->first_file = f->file;
    }
    if (!a->times(a->context, f->file, &first, &last))
        return;
    if (!run->any)
        run->first_file = f->file;
    run->first_ns = !run->any || first < run->first_ns ? first : run->first_ns;
    run->last_ns = !run->any || last > run->last_ns ? last : run->last_ns;
    run->any = true;
}

static int compare_files(const void *a, const void *b)
{
    const struct run_file *x = a, *y = b;

    if (x->run != y->run)
        return x->run < y->run ? -1 : 1;
    return x->file < y->file ? -1 : x->file > y->file;
}

/* Runs by their time; those without samples, which are in nobody's way, come last. */
static int compare_runs(const void *a, const void *b)
{
    const struct recorder_run *x = a, *y = b;

    if (x->any != y->any)
        return x->any ? -1 : 1;
    if (x->any && x->first_ns != y->first_ns)
        return x->first_ns < y->first_ns ? -1 : 1;
    return x->first_file < y->first_file ? -1 : x->first_file > y->first_file;
}

static void note_left_out(struct arrangement *a, const struct recorder_run *run, bool other_host)
{
    struct block_left_out *out = a->left_out;
    char name[sizeof out->name];

    if (!out->other_host && (other_host || !out->other_writer)) {
        snprintf(name, sizeof name, "%s%s%s%s", a->directory->name[run->first_file],
                 other_host ? " (" : "", other_host ? run->head.host : "", other_host ? ")" : "");
        utf8_sanitise_into(out->name, sizeof out->name, name, strlen(name));
    }
    if (other_host)
        out->other_host += run->n;
    else
        out->other_writer += run->n;
}

/* Whose run it is; "" where that is not told, or only by a token, which the next run may have for
 * another host. */
static const char *host_of(const struct recorder_run *run)
{
    return run->head.redacted ? "" : run->head.host;
}

/* Of the runs, in order of time, leave out those of another host than the first one, and those that
 * overlap one before. */
static void choose_runs(struct arrangement *a, struct recorder_run *run, uint32_t n)
{
    const struct recorder_run *kept = NULL;
    const char *host = ""; /* whose files are played, once it is known */

    for (uint32_t i = 0; i < n && run[i].any; i++) {
        bool other_host = *host && *host_of(&run[i]) && strcmp(host, host_of(&run[i])) != 0;
        run[i].left_out = kept && (other_host || run[i].first_ns < kept->last_ns);
        if (run[i].left_out)
            note_left_out(a, &run[i], other_host);
        else
            kept = &run[i];
        if (!run[i].left_out && !*host)
            host = host_of(&run[i]);
    }
}

/* The names of the files of the runs that are played, in the order of the runs. */
static int keep_names(struct block_directory *d, const struct recorder_run *run, uint32_t n)
{
    char **name = calloc(d->n, sizeof *name);
    uint32_t kept = 0;

    if (!name)
        return -ENOMEM;
    for (uint32_t k = 0; k < n; k++) {
        for (uint32_t i = 0; i < run[k].n; i++) {
            char *one = d->name[run[k].files[i].file];
            if (run[k].left_out)
                free(one);
            else
                name[kept++] = one;
        }
    }
    free(d->name);
    d->name = name;
    d->n = kept;
    return 0;
}

/* Of several runs those that are played. `f`: all files. */
static int arrange_runs(struct arrangement *a, struct run_file *f)
{
    const uint32_t n_files = a->directory->n;
    struct recorder_run *run = calloc(n_files, sizeof *run);
    uint32_t n = 0;

    if (!run)
        return -ENOMEM;
    qsort(f, n_files, sizeof *f, compare_files);
    for (uint32_t i = 0; i < n_files; i++) {
        n += !i || f[i].run != f[i - 1].run;
        add_file(a, &run[n - 1], &f[i]);
    }
    for (uint32_t k = 0; k < n; k++)
        run[k].head = head_of_file(a, run[k].first_file);
    qsort(run, n, sizeof *run, compare_runs);
    choose_runs(a, run, n);
    int rc = keep_names(a->directory, run, n);
    free(run);
    return rc;
}

int block_directory_arrange(struct block_directory *d, const struct source *owner,
                            block_directory_times *times, void *context,
                            struct block_left_out *left_out)
{
    struct arrangement a = {
        .directory = d, .owner = owner, .times = times, .context = context, .left_out = left_out};
    struct run_file *f = calloc(d->n, sizeof *f);
    bool several = false;
    int rc = f ? 0 : -ENOMEM;

    for (uint32_t i = 0; f && i < d->n; i++) {
        f[i] = (struct run_file){head_of_file(&a, i).run, i};
        several |= f[i].run != f[0].run;
    }
    if (several)
        rc = arrange_runs(&a, f);
    block_in_fini(&a.payload);
    free(f);
    return rc;
}
