/* SPDX-License-Identifier: MIT */
/* What is recorded comes back as it was, sample by sample and from any place; a recording that is
 * cut or damaged plays what is whole of it, and says so once. */
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
#include <sys/stat.h>
#include <unistd.h>

#include "lib/changing_host.h"
#include "lib/folder.h"
#include "lib/sample.h"
#include "tcptop/base/clock.h"
#include "tcptop/source/block.h"
#include "tcptop/source/recorder.h"
#include "tcptop/source/recording.h"
#include "tcptop/source/sample_pipeline.h"

#define SAMPLES_MAX 200

static char directory[FOLDER_SIZE], path[96];

/* What was recorded. */
static const struct sample *live[SAMPLES_MAX];
static uint32_t n_live;

static int make_directory(void **state)
{
    (void)state;
    if (folder_make(directory))
        return -1;
    snprintf(path, sizeof path, "%s/one.tcptop", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    return folder_remove(directory);
}

static void forget_live(void)
{
    while (n_live)
        sample_unref(live[--n_live]);
}

static struct sample_pipeline *pipeline_of(struct source *src)
{
    struct sample_pipeline *p = src ? sample_pipeline_new(src, 60) : NULL;

    assert_non_null(p);
    return p;
}

/* Play the host into a recording, and keep its samples. */
static void record(const struct changing_host *how, struct recorder_options options)
{
    const struct request req = {.fade_ds = 30, .keep_close_events = true};
    struct sample_pipeline *p = pipeline_of(changing_host_open(how));
    const struct sample *s = NULL;
    struct recorder *r;

    forget_live();
    options.force = true;
    assert_int_equal(recorder_open(&r, &options), 0);
    while (sample_pipeline_next(p, &req, &s, NULL) == 0) {
        assert_int_equal(recorder_add(r, s), 0);
        live[n_live++] = sample_ref(s);
    }
    assert_int_equal(recorder_close(r), 0);
    sample_unref(s);
    sample_pipeline_free(p);
}

static struct source *open_recording(const char *name)
{
    struct source *src = NULL;
    struct sample_reason why = {.code = REASON_NONE};

    if (recording_open(&src, name, &why))
        fail_msg("%s", reason_words(&why));
    return src;
}

static void play(const char *name, bool metrics)
{
    const struct request req = {.fade_ds = 30};
    struct sample_pipeline *p = pipeline_of(open_recording(name));
    const struct sample *s = NULL;

    for (uint32_t i = 0; i < n_live; i++) {
        assert_int_equal(sample_pipeline_next(p, &req, &s, NULL), 0);
        changing_host_compare(live[i], s, metrics);
    }
    assert_int_equal(sample_pipeline_next(p, &req, &s, NULL), -ENODATA);
    sample_unref(s);
    sample_pipeline_free(p);
}

static void samples_come_back(void **state)
{
    (void)state;
    const struct changing_host hosts[] = {
        {.rows = 300, .samples = 150, .churn = 20, .ends = true},
        {.rows = 300, .samples = 150, .churn = 20, .ends = true, .groups = true},
        {.rows = 300, .samples = 70, .churn = 20, .metrics = true, .ends = true},
        {.rows = 50,
         .samples = 40,
         .churn = 300,
         .metrics = true,
         .new_netns = true,
         .groups = true},
        {.rows = 0, .samples = 3},
        {.rows = 1, .samples = 20, .churn = 500},
    };

    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        record(&hosts[i], (struct recorder_options){.path = path, .metrics = hosts[i].metrics});
        play(path, hosts[i].metrics);
    }
    forget_live();
}

/* More rows than are stored together, in a complete sample and in the lists of a delta. */
static void large_samples_come_back(void **state)
{
    (void)state;
    const struct changing_host host = {.rows = 70000, .samples = 3, .churn = 5, .ends = true};

    record(&host, (struct recorder_options){.path = path});
    play(path, false);
    forget_live();
}

/* A file of the first version of the format, as it was written then: it stays readable, on every
 * machine. Its samples are those of this host. */
static void the_first_version_is_read(void **state)
{
    (void)state;
    const struct changing_host host = {
        .rows = 12, .samples = 70, .churn = 100, .metrics = true, .ends = true};
    const struct request req = {.fade_ds = 30};
    struct sample_pipeline *then = pipeline_of(open_recording("tests/data/recording-1.tcptop"));
    struct sample_pipeline *host_now = pipeline_of(changing_host_open(&host));
    const struct sample *recorded = NULL, *now = NULL;

    for (uint32_t i = 0; i < host.samples; i++) {
        assert_int_equal(sample_pipeline_next(then, &req, &recorded, NULL), 0);
        assert_int_equal(sample_pipeline_next(host_now, &req, &now, NULL), 0);
        changing_host_compare(now, recorded, true);
    }
    assert_int_equal(sample_pipeline_next(then, &req, &recorded, NULL), -ENODATA);
    sample_unref(recorded);
    sample_unref(now);
    sample_pipeline_free(then);
    sample_pipeline_free(host_now);
}

static void metrics_are_left_out_unless_asked_for(void **state)
{
    (void)state;
    const struct changing_host host = {.rows = 20, .samples = 5, .churn = 50, .metrics = true};
    const struct request req = {.fade_ds = 30};
    const struct sample *s = NULL;

    record(&host, (struct recorder_options){.path = path});
    struct sample_pipeline *p = pipeline_of(open_recording(path));
    while (sample_pipeline_next(p, &req, &s, NULL) == 0)
        assert_null(s->metrics);
    assert_int_equal(s->n_live, live[n_live - 1]->n_live);
    sample_unref(s);
    sample_pipeline_free(p);
    forget_live();
}

/* Moving ------------------------------------------------------------ */

static const struct sample *next_of(struct source *src)
{
    struct sample *s = sample_make(NULL);
    const struct request req = {.needs = 0};

    assert_non_null(s);
    int rc = source_sample(src, &req, builder_of(s), NULL);
    if (rc) {
        assert_int_equal(rc, -ENODATA);
        sample_unref(s);
        return NULL;
    }
    return s;
}

static void expect_next(struct source *src, uint32_t i)
{
    const struct sample *s = next_of(src);

    assert_non_null(s);
    assert_true(s->mono_ns == live[i]->mono_ns);
    assert_int_equal(s->n_live, live[i]->n_live);
    for (uint32_t row = 0; row < s->n_live; row++) {
        uint32_t at = sample_find(live[i], &s->conn[row], row);
        assert_true(at != UINT32_MAX);
        assert_int_equal(s->conn[row].state, live[i]->conn[at].state);
        assert_int_equal(s->conn[row].wqueue, live[i]->conn[at].wqueue);
    }
    sample_unref(s);
}

/* Where much changes a complete sample comes before it would be due, so that no sample is far. */
static void much_change_brings_a_complete_sample(void **state)
{
    (void)state;
    const struct changing_host host = {.rows = 30000, .samples = 30, .churn = 200};
    const struct recording_span *span;
    uint32_t n;

    record(&host, (struct recorder_options){.path = path});
    struct source *src = open_recording(path);
    assert_int_equal(recording_spans(src, &span, &n), 0);
    assert_int_equal(n, 2);
    assert_in_range(span[0].samples, 20, 25); /* in each about 12,000 rows are others */
    assert_int_equal(recording_seek(src, live[n_live - 1]->wall_ns), 0);
    expect_next(src, n_live - 1);
    source_close(src);
    forget_live();
}

static void any_sample_can_be_reached(void **state)
{
    (void)state;
    const struct changing_host host = {.rows = 40, .samples = 150, .churn = 50, .ends = true};
    const struct recording_span *span;
    uint32_t n, sum = 0;

    record(&host, (struct recorder_options){.path = path});
    struct source *src = open_recording(path);
    for (uint32_t i = 0; i < n_live; i += 7) {
        uint32_t to = i * 31 % n_live;
        assert_int_equal(recording_seek(src, live[to]->wall_ns + (i % 2 ? 5 : 0)), 0);
        expect_next(src, to);
        if (to + 1 < n_live)
            expect_next(src, to + 1);
    }
    assert_int_equal(recording_seek(src, INT64_MIN), 0); /* before the first: the first */
    expect_next(src, 0);
    assert_int_equal(recording_spans(src, &span, &n), 0);
    assert_int_equal(n, 3);
    for (uint32_t i = 0; i < n; i++) {
        assert_true(span[i].counted);
        assert_true(span[i].first_wall_ns == live[sum]->wall_ns);
        sum += span[i].samples;
        assert_true(span[i].last_wall_ns == live[sum - 1]->wall_ns);
        assert_true(span[i].most_total >= live[sum - 1]->total);
    }
    assert_int_equal(sum, n_live);
    source_close(src);
    forget_live();
}

static void steps_go_back_to_the_first(void **state)
{
    (void)state;
    const struct changing_host host = {.rows = 10, .samples = 130, .churn = 50};

    record(&host, (struct recorder_options){.path = path});
    struct source *src = open_recording(path);
    for (uint32_t i = 0; i < n_live; i++)
        expect_next(src, i);
    assert_null(next_of(src));
    for (uint32_t i = n_live - 1; i-- > 0;) {
        assert_int_equal(recording_step_back(src), 0);
        expect_next(src, i);
    }
    assert_int_equal(recording_step_back(src), -ENODATA);
    expect_next(src, 1);
    source_close(src);
    forget_live();
}

static void only_a_time_is_played(void **state)
{
    (void)state;
    const struct changing_host host = {.rows = 10, .samples = 150, .churn = 50};

    record(&host, (struct recorder_options){.path = path});
    struct source *src = open_recording(path);
    assert_int_equal(recording_limit(src, live[70]->wall_ns - 1, live[74]->wall_ns), 0);
    for (uint32_t i = 70; i <= 74; i++)
        expect_next(src, i);
    assert_null(next_of(src));
    source_close(src);
    forget_live();
}

/* Damage ------------------------------------------------------------ */

struct file {
    uint8_t bytes[65536];
    size_t len;
    size_t end[256];  /* where each block ends */
    bool sample[256]; /* it is one */
    uint32_t n;
};

static void read_file(struct file *f)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct block_head head;

    assert_true(fd >= 0);
    f->len = (size_t)read(fd, f->bytes, sizeof f->bytes);
    close(fd);
    f->n = 0;
    for (size_t at = 0; at < f->len; at = f->end[f->n++]) {
        assert_int_equal(block_head_read(&head, f->bytes + at), 0);
        f->end[f->n] = at + BLOCK_HEAD_BYTES + head.stored;
        f->sample[f->n] = head.type == BLOCK_KEY || head.type == BLOCK_DELTA;
    }
}

static void write_file(const uint8_t *bytes, size_t len)
{
    int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    close(fd);
}

static int no_rule(const char *name)
{
    (void)name;
    return -1;
}

/* Samples are missing between two that follow one another when it is played, and the samples that
 * are counted without being played are as many. */
static void check_damage(struct source *src, const int64_t *wall_ns, uint32_t n)
{
    const struct sample_reason unread = recording_unread(src);
    struct recording_findings found;
    uint32_t before = 0;

    while (before < n && wall_ns[before] != unread.begin_ns)
        before++;
    assert_int_equal(unread.begin_ns != 0, before < n);
    if (unread.code == REASON_DAMAGED_BYTE && unread.begin_ns)
        assert_int_equal(unread.end_ns, before + 1 < n ? wall_ns[before + 1] : 0);
    assert_int_equal(recording_findings(src, no_rule, true, &found), 0);
    assert_int_equal(found.samples, n);
    assert_int_equal(found.reason.code, unread.code);
    assert_int_equal(found.reason.begin_ns, unread.begin_ns);
    assert_int_equal(found.reason.end_ns, unread.end_ns);
}

/* Play the file as it is now. Every sample that comes must be one of those recorded, in order, and
 * whole. Returns how many came; `*said`: is damage told? */
static uint32_t play_damaged(bool *said)
{
    struct source *src = NULL;
    struct sample_reason why;
    uint32_t n = 0, at = 0;
    int64_t wall_ns[SAMPLES_MAX];
    const struct sample *s;

    *said = false;
    if (recording_open(&src, path, &why))
        return 0;
    for (;;) {
        struct sample *fresh = sample_make(NULL);
        const struct request req = {.needs = 0};
        int rc = source_sample(src, &req, builder_of(fresh), &why);
        s = fresh;
        if (rc) {
            assert_true(rc == -ENODATA || n == 0);
            sample_unref(s);
            break;
        }
        while (at < n_live && live[at]->mono_ns != s->mono_ns)
            at++;
        assert_true(at < n_live);
        assert_int_equal(s->n_live, live[at]->n_live);
        assert_int_equal(s->status, live[at]->status);
        wall_ns[n++] = s->wall_ns;
        at++;
        sample_unref(s);
    }
    *said = n && recording_unread(src).code != REASON_NONE;
    if (*said)
        check_damage(src, wall_ns, n);
    source_close(src);
    return n;
}

static const struct changing_host small = {
    .rows = 3, .samples = 9, .churn = 200, .new_netns = true};

static void cut_at_every_byte(void **state)
{
    (void)state;
    static struct file f;
    bool said;

    record(&small, (struct recorder_options){.path = path});
    read_file(&f);
    for (size_t len = 1; len < f.len; len++) {
        uint32_t whole = 0, blocks = 0;
        for (; blocks < f.n && f.end[blocks] <= len; blocks++)
            whole += f.sample[blocks];
        bool at_block = blocks && f.end[blocks - 1] == len;
        write_file(f.bytes, len);
        assert_int_equal(play_damaged(&said), whole);
        assert_int_equal(said, whole && !at_block);
    }
    forget_live();
}

/* The samples up to the next complete one depend on the one that is damaged; those behind play. */
static void every_byte_flipped(void **state)
{
    (void)state;
    static struct file f;
    bool said;

    record(&small, (struct recorder_options){.path = path});
    read_file(&f);
    for (size_t at = 0; at < f.len; at++) {
        for (unsigned bit = 0; bit < 8; bit += 7) {
            f.bytes[at] ^= (uint8_t)(1u << bit);
            write_file(f.bytes, f.len);
            uint32_t played = play_damaged(&said);
            if (at >= BLOCK_MARK_BYTES) { /* else it is another kind of file */
                assert_true(played >= n_live - 3);
                assert_int_equal(said, 1);
            }
            f.bytes[at] ^= (uint8_t)(1u << bit);
        }
    }
    forget_live();
}

/* Any tail of a file plays from its first complete sample on. */
static void tails_play(void **state)
{
    (void)state;
    static struct file f;
    bool said;

    record(&small, (struct recorder_options){.path = path});
    read_file(&f);
    for (uint32_t i = 0; i + 1 < f.n; i++) {
        write_file(f.bytes + f.end[i], f.len - f.end[i]);
        uint32_t left = 0;
        for (uint32_t k = i + 1; k < f.n; k++)
            left += f.sample[k];
        assert_true(play_damaged(&said) + 2 >= left);
    }
    forget_live();
}

/* Files ------------------------------------------------------------ */

static int open_only(const char *name, bool force)
{
    struct recorder *r = NULL;
    int rc = recorder_open(&r, &(struct recorder_options){.path = name, .force = force});

    if (!rc)
        assert_int_equal(recorder_close(r), 0);
    return rc;
}

static void what_exists_is_refused(void **state)
{
    (void)state;
    char link[128], target[128];
    struct stat st;

    unlink(path);
    assert_int_equal(open_only(path, false), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(open_only(path, false), -EEXIST);
    assert_int_equal(open_only(path, true), 0);
    snprintf(link, sizeof link, "%s/link", directory);
    snprintf(target, sizeof target, "%s/target", directory);
    assert_int_equal(symlink(target, link), 0);
    assert_int_equal(open_only(link, false), -EEXIST);
    assert_int_equal(access(target, F_OK), -1);
    snprintf(link, sizeof link, "%s/no/such", directory);
    assert_int_equal(open_only(link, true), -ENOENT);
}

/* All that is in the directory, and how many files. */
static uint64_t bytes_in(const char *name, uint32_t *files)
{
    DIR *dir = opendir(name);
    const struct dirent *entry;
    uint64_t bytes = 0;
    struct stat st;

    assert_non_null(dir);
    *files = 0;
    while ((entry = readdir(dir))) {
        if (fstatat(dirfd(dir), entry->d_name, &st, 0) || !S_ISREG(st.st_mode))
            continue;
        bytes += (uint64_t)st.st_size;
        ++*files;
    }
    closedir(dir);
    return bytes;
}

/* The directory never holds more than what was asked for and what is written between two complete
 * samples; what goes first is the oldest. */
static void the_size_is_kept(void **state)
{
    (void)state;
    enum { MOST = 270000, SPAN = 60 };
    const struct changing_host host = {.rows = 200, .samples = 1000, .churn = 100, .ends = true};
    const struct request req = {.keep_close_events = true};
    struct sample_pipeline *p = pipeline_of(changing_host_open(&host));
    const struct sample *s = NULL;
    struct recorder *r;
    uint64_t written = 0, largest = 0, before = 0;
    uint32_t files, most_files = 0;
    char name[96];

    snprintf(name, sizeof name, "%s/size", directory);
    assert_int_equal(mkdir(name, 0700), 0);
    const struct recorder_options options = {.path = name, .max_bytes = MOST};
    assert_int_equal(recorder_open(&r, &options), 0);
    while (sample_pipeline_next(p, &req, &s, NULL) == 0) {
        assert_int_equal(recorder_add(r, s), 0);
        uint64_t now = bytes_in(name, &files);
        uint64_t more = now > before ? now - before : 0;
        written += more;
        largest = more > largest ? more : largest;
        most_files = files > most_files ? files : most_files;
        assert_true(now <= MOST + SPAN * largest);
        before = now;
    }
    assert_int_equal(recorder_close(r), 0);
    assert_true(written > 2 * MOST); /* else nothing was tried */
    assert_in_range(most_files, 3, 8);
    assert_true(bytes_in(name, &files) <= MOST + SPAN * largest);
    assert_true(bytes_in(name, &files) > MOST / 4); /* and as much as may be is kept */

    struct source *src = open_recording(name); /* what is left are the last samples */
    const struct recording_span *span;
    uint32_t n;
    assert_int_equal(recording_spans(src, &span, &n), 0);
    assert_true(n > 0 && span[n - 1].last_wall_ns == s->wall_ns);
    for (uint32_t i = 1; i < n; i++)
        assert_true(span[i].first_wall_ns - span[i - 1].last_wall_ns <= 2 * NS_PER_S);
    source_close(src);
    sample_unref(s);
    sample_pipeline_free(p);
}

/* Only a directory that is marked as shared gives its group more than nothing. */
static void the_group_of_a_shared_directory_may_read(void **state)
{
    static const struct {
        mode_t directory, file;
    } modes[] = {{0700, 0600}, {0755, 0600}, {02750, 0640}, {02710, 0600}};

    (void)state;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        const struct changing_host host = {.rows = 20, .samples = 2};
        struct recorder *r;
        char name[96];
        struct stat st;
        uint32_t files = 0;

        snprintf(name, sizeof name, "%s/shared%zu", directory, i);
        assert_int_equal(mkdir(name, 0700), 0);
        assert_int_equal(chmod(name, modes[i].directory), 0);
        const struct recorder_options options = {.path = name};
        assert_int_equal(recorder_open(&r, &options), 0);
        struct sample_pipeline *p = pipeline_of(changing_host_open(&host));
        const struct request req = {.needs = 0};
        const struct sample *s = NULL;
        assert_int_equal(sample_pipeline_next(p, &req, &s, NULL), 0);
        assert_int_equal(recorder_add(r, s), 0);
        assert_int_equal(recorder_close(r), 0);
        sample_unref(s);
        sample_pipeline_free(p);
        DIR *dir = opendir(name);
        for (const struct dirent *entry; (entry = readdir(dir));) {
            if (fstatat(dirfd(dir), entry->d_name, &st, 0) || !S_ISREG(st.st_mode))
                continue;
            assert_int_equal(st.st_mode & 07777, modes[i].file);
            files++;
        }
        closedir(dir);
        assert_int_equal(files, 1);
    }
}

/* A file that has become too old goes with the next complete sample, not with the next file. */
static void the_age_is_kept_at_each_key(void **state)
{
    (void)state;
    const struct changing_host host = {.rows = 20, .samples = 130, .churn = 50};
    const struct timespec long_ago[2] = {{.tv_sec = 1000000}, {.tv_sec = 1000000}};
    const struct request req = {.needs = 0};
    struct sample_pipeline *p = pipeline_of(changing_host_open(&host));
    const struct sample *s = NULL;
    struct recorder *r;
    char name[96], old[160], other[160];
    uint32_t files;

    snprintf(name, sizeof name, "%s/age", directory);
    snprintf(old, sizeof old, "%s/20200101T000000Z-abcdef.tcptop", name);
    snprintf(other, sizeof other, "%s/of-somebody.tcptop", name);
    assert_int_equal(mkdir(name, 0700), 0);
    const struct recorder_options options = {.path = name, .keep_ns = INT64_C(604800) * NS_PER_S};
    assert_int_equal(recorder_open(&r, &options), 0);
    assert_int_equal(sample_pipeline_next(p, &req, &s, NULL), 0);
    assert_int_equal(recorder_add(r, s), 0);
    for (int i = 0; i < 2; i++) {
        int fd = open(i ? other : old, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
        assert_int_equal(futimens(fd, long_ago), 0);
        close(fd);
    }
    while (sample_pipeline_next(p, &req, &s, NULL) == 0)
        assert_int_equal(recorder_add(r, s), 0);
    assert_int_equal(access(old, F_OK), -1);
    assert_int_equal(access(other, F_OK), 0); /* it is not a recorder's */
    (void)bytes_in(name, &files);
    assert_int_equal(files, 2); /* there was no next file */
    assert_int_equal(recorder_close(r), 0);
    sample_unref(s);
    sample_pipeline_free(p);
}

static void two_recorders_do_not_share_a_file(void **state)
{
    (void)state;
    struct recorder *r;

    assert_int_equal(recorder_open(&r, &(struct recorder_options){.path = path, .force = true}), 0);
    assert_int_equal(open_only(path, true), -EBUSY);
    assert_int_equal(recorder_close(r), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_come_back),
        cmocka_unit_test(large_samples_come_back),
        cmocka_unit_test(the_first_version_is_read),
        cmocka_unit_test(metrics_are_left_out_unless_asked_for),
        cmocka_unit_test(much_change_brings_a_complete_sample),
        cmocka_unit_test(any_sample_can_be_reached),
        cmocka_unit_test(steps_go_back_to_the_first),
        cmocka_unit_test(only_a_time_is_played),
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(every_byte_flipped),
        cmocka_unit_test(tails_play),
        cmocka_unit_test(what_exists_is_refused),
        cmocka_unit_test(the_size_is_kept),
        cmocka_unit_test(the_group_of_a_shared_directory_may_read),
        cmocka_unit_test(the_age_is_kept_at_each_key),
        cmocka_unit_test(two_recorders_do_not_share_a_file),
    };

    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
