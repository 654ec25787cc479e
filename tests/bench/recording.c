/* SPDX-License-Identifier: MIT */
/* What recording costs: `recording ROWS [SAMPLES [FILE]]` records a host of so many connections, of
 * which a twentieth is active and a hundredth replaced in each second, and prints the size of an
 * hour, the CPU time of writing a sample, how long it takes to reach a sample anywhere in the
 * recording, and the memory of a reader beside what two samples take. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/changing_host.h"
#include "lib/sample.h"
#include "tcptop/base/clock.h"
#include "tcptop/doctor/doctor.h"
#include "tcptop/source/recorder.h"
#include "tcptop/source/recording.h"
#include "tcptop/source/sample_pipeline.h"

#define SEEKS  100
#define HOUR_S 3600
#define DAY_S  86400
#define MIB    (1024.0 * 1024)

static const struct request req = {.fade_ds = 30, .keep_close_events = true};

static struct sample_pipeline *pipeline_of(struct source *src)
{
    struct sample_pipeline *p = src ? sample_pipeline_new(src, 60) : NULL;

    if (!p)
        abort();
    return p;
}

static struct source *open_recording(const char *path)
{
    struct source *src;

    if (recording_open(&src, path, NULL))
        abort();
    return src;
}

static const char *rule_name(unsigned rule)
{
    return rule < RULE_COUNT ? rules[rule].name : NULL;
}

/* Record what comes from `src`; the CPU time of writing one sample, in microseconds. */
static double write_all(struct source *src, const char *path)
{
    struct sample_pipeline *p = pipeline_of(src);
    struct limits limits;
    rules_limits_init(&limits);
    const struct recorder_options options = {
        .path = path, .force = true, .rule_name = rule_name, .judge = rules_digest(&limits)};
    const struct sample *s = NULL;
    struct recorder *r;
    int64_t cpu = 0;
    uint32_t n = 0;

    if (recorder_open(&r, &options))
        abort();
    sample_pipeline_observe(p, doctor_new(&limits, false, 0.25));
    while (sample_pipeline_next(p, &req, &s, NULL) == 0) {
        int64_t begin = clock_thread_cpu_ns();
        if (recorder_add(r, s))
            abort();
        cpu += clock_thread_cpu_ns() - begin;
        n++;
    }
    recorder_close(r);
    sample_unref(s);
    sample_pipeline_free(p);
    return (double)cpu / (n ? n : 1) / NS_PER_US;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void print_seeks(const char *path)
{
    struct source *src = open_recording(path);
    const struct recording_span *span;
    uint32_t n;
    int64_t took[SEEKS], begin = clock_mono_ns();

    if (recording_spans(src, &span, &n) || n == 0)
        abort();
    double index_ms = (double)(clock_mono_ns() - begin) / NS_PER_MS;
    int64_t first = span[0].first_wall_ns, last = span[n - 1].last_wall_ns;
    srandom(1);
    for (int i = 0; i < SEEKS; i++) {
        struct sample *s = sample_make(NULL);
        int64_t to = first + (int64_t)((double)(last - first) * ((double)random() / RAND_MAX));
        begin = clock_mono_ns();
        if (recording_seek(src, to) || source_sample(src, &req, builder_of(s), NULL))
            abort();
        took[i] = clock_mono_ns() - begin;
        sample_unref(s);
    }
    qsort(took, SEEKS, sizeof took[0], compare);
    printf("seek      %.2f ms median, %.2f ms p99; index of %u spans in %.2f ms\n",
           (double)took[SEEKS / 2] / NS_PER_MS, (double)took[SEEKS * 99 / 100] / NS_PER_MS, n,
           index_ms);
    source_close(src);
}

static long peak_kib(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return u.ru_maxrss;
}

/* What writing it anew takes. */
static void print_writing(const char *path)
{
    char again[] = "/tmp/tcptop-recording-XXXXXX";
    int fd = mkstemp(again);

    if (fd < 0)
        abort();
    close(fd);
    printf("writing   %.0f us of CPU a sample\n", write_all(open_recording(path), again));
    unlink(again);
}

/* In a process of its own, started anew, so that nothing but the reading counts. */
static int read_all(const char *path)
{
    long before = peak_kib();
    struct sample_pipeline *p = pipeline_of(open_recording(path));
    const struct sample *s = NULL;
    uint32_t most = 0;

    while (sample_pipeline_next(p, &req, &s, NULL) == 0)
        most = sample_rows(s) > most ? sample_rows(s) : most;
    double one = most * (double)(sizeof *s->conn + sizeof *s->times + sizeof *s->owner) / MIB;
    printf("reader    %.1f MiB more than at its start; two samples are %.1f MiB\n",
           (double)(peak_kib() - before) / 1024, 2 * one);
    sample_unref(s);
    sample_pipeline_free(p);
    return 0;
}

static double seconds_since(int64_t begin)
{
    return (double)(clock_mono_ns() - begin) / (double)NS_PER_S;
}

/* How long it takes to search it, for as many samples as a day has at one each second. */
static void print_search(const char *path)
{
    struct recording_findings found;
    struct source *src = open_recording(path);
    struct limits limits;
    const struct sample *s = NULL;
    int64_t begin = clock_mono_ns(), taking = 0;
    uint32_t n = 0;

    if (recording_findings(src, rules_number, true, &found) || !found.samples)
        abort();
    double notes = seconds_since(begin), share = DAY_S / (double)found.samples;
    source_close(src);
    rules_limits_init(&limits);
    struct sample_pipeline *p = pipeline_of(open_recording(path));
    sample_pipeline_observe(p, doctor_new(&limits, true, 0.25));
    begin = clock_mono_ns();
    for (; sample_pipeline_next(p, &req, &s, NULL) == 0; n++)
        taking += s->cpu_ns;
    printf("taken     %.0f us of CPU a sample when it was recorded\n",
           (double)taking / (n ? n : 1) / NS_PER_US);
    printf("a day     searched in %.2f s by notes, in %.2f s by judging each sample\n",
           notes * share, seconds_since(begin) * share);
    sample_unref(s);
    sample_pipeline_free(p);
}

/* What reading the file costs; memory in a process that does nothing else. Returns an exit code. */
static int print_reading(const char *program, const char *path)
{
    int status = 1;

    print_seeks(path);
    print_search(path);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        execl("/proc/self/exe", program, "--read", path, (char *)NULL);
        _exit(127);
    }
    waitpid(child, &status, 0);
    return status != 0;
}

int main(int argc, char **argv)
{
    char temporary[] = "/tmp/tcptop-recording-XXXXXX";
    const char *path = argc > 3 ? argv[3] : temporary; /* the first is kept */
    struct changing_host how = {.rows = 1000, .samples = 300, .churn = 10, .ends = true};
    struct stat st;

    if (argc == 3 && strcmp(argv[1], "--read") == 0)
        return read_all(argv[2]);
    if (argc == 3 && strcmp(argv[1], "--of") == 0) {
        print_writing(argv[2]);
        return print_reading(argv[0], argv[2]);
    }
    if (argc > 1)
        how.rows = (uint32_t)strtoul(argv[1], NULL, 10);
    if (argc > 2)
        how.samples = (uint32_t)strtoul(argv[2], NULL, 10);
    int fd = argc > 3 ? -1 : mkstemp(temporary);
    if ((argc <= 3 && fd < 0) || !how.samples)
        return 1;
    if (fd >= 0)
        close(fd);
    double us = write_all(changing_host_open(&how), path);
    if (stat(path, &st) != 0)
        return 1;
    printf("size      %.0f bytes a sample, %.2f MiB an hour of samples each second (%u rows)\n",
           (double)st.st_size / how.samples, (double)st.st_size / how.samples * HOUR_S / MIB,
           how.rows);
    printf("writing   %.0f us of CPU a sample\n", us);
    int code = print_reading(argv[0], path);
    if (argc <= 3)
        unlink(path);
    return code;
}
