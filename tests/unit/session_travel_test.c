/* SPDX-License-Identifier: MIT */
/* Travelling in time: what is drawn of a moment is the same live, from memory and from a file, but
 * for the badge; where keys lead; what does not happen in the past. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/changing_host.h"
#include "lib/figures.h"
#include "lib/folder.h"
#include "lib/lines.h"
#include "lib/session_probe.h"
#include "tcptop/base/clock.h"
#include "tcptop/doctor/doctor.h"
#include "tcptop/source/past.h"
#include "tcptop/source/recorder.h"
#include "tcptop/source/recording.h"
#include "tcptop/source/remote.h"
#include "tcptop/source/sample_pipeline.h"
#include "tcptop/ui/session.h"

#define SAMPLES 150
#define FRAME   65536

static struct limits limits;
static char path[64];
static char folder[FOLDER_SIZE], recorded[96]; /* of all samples, as they come */

/* A host that is watched, what is kept of it, and each frame as it was drawn. */
static struct {
    struct ui_settings settings;
    struct session *session;
    struct sample_pipeline *host;
    struct past *past;
    struct recorder *recorder;
    const struct sample *last;
    uint32_t n;
    int64_t now_ns;
    char *frame[SAMPLES + 1]; /* by number */
} stage;

static struct sample_observer *new_doctor(const void *context)
{
    (void)context;
    return doctor_new(&limits, false, 0.25);
}

static int open_kept(const void *context, struct source **src, struct survey_range *range,
                     int64_t *begin_wall_ns)
{
    (void)context;
    *range = (struct survey_range){INT64_MIN, INT64_MAX};
    *begin_wall_ns = INT64_MAX;
    return past_source(stage.past, src);
}

static int open_file(const void *context, struct source **src, struct survey_range *range,
                     int64_t *begin_wall_ns)
{
    (void)context;
    *range = (struct survey_range){INT64_MIN, INT64_MAX};
    *begin_wall_ns = INT64_MAX;
    return recording_open(src, path, NULL);
}

static int save_kept(const void *context, int fd, uint32_t *samples)
{
    (void)context;
    return past_save(stage.past, fd, samples);
}

/* Of each kind of figure one: ends, states, timers, queues, tcp_info, rates, owners, ages. */
static const enum column_id shown[] = {
    COL_LOCAL, COL_REMOTE,      COL_STATE,   COL_LEFT, COL_TIMER, COL_RECV_Q,  COL_SEND_Q, COL_RTT,
    COL_TX,    COL_BYTES_ACKED, COL_RETRANS, COL_AGE,  COL_INODE, COL_PROCESS, COL_USER};

static struct ui_settings settings_of(bool file)
{
    struct ui_settings s = {.interval_ms = 1000,
                            .fade_s = 3,
                            .history_s = 60,
                            .group_by = -1,
                            .width = 200,
                            .height = 50};
    s.group_sort = (struct group_sort){.figure = GROUP_COUNT, .descending = true};
    keymap_init(&s.bindings);
    s.n_columns = sizeof shown / sizeof shown[0];
    memcpy(s.columns, shown, sizeof shown);
    s.past = (struct past_access){.open = file ? open_file : open_kept,
                                  .new_doctor = new_doctor,
                                  .save = file ? NULL : save_kept,
                                  .history_len = 62,
                                  .whole = file};
    s.read_path = file ? path : NULL;
    return s;
}

/* The frame but for its first and last line, which name what it is and which keys help. */
static char *frame_of(struct session *s, char *head, size_t size)
{
    struct canvas c;
    char *text = calloc(1, FRAME);
    size_t len = 0;

    assert_non_null(text);
    assert_int_equal(canvas_init(&c, 1, 1), 0);
    session_draw(s, &c, stage.now_ns);
    if (head)
        snprintf(head, size, "%s", line_text(&c, 0));
    for (int y = 1; y < c.h - 1; y++)
        len += (size_t)snprintf(text + len, FRAME - len, "%s\n", line_text(&c, y));
    canvas_fini(&c);
    return text;
}

static void keys_of(struct session *s, const char *names)
{
    while (*(names += strspn(names, " "))) {
        char name[32];
        keycode key = 0;
        size_t len = strcspn(names, " ");
        snprintf(name, sizeof name, "%.*s", (int)len, names);
        assert_int_equal(key_parse(name, &key), len);
        session_input(s, &(struct input){.key = key}, stage.now_ns);
        names += len;
    }
}

static void type(struct session *s, const char *text)
{
    for (; *text; text++)
        session_input(s, &(struct input){.key = (keycode)(unsigned char)*text}, stage.now_ns);
}

static void ask(struct session *s)
{
    struct request req;
    bool now;

    session_request(s, &req, &now);
}

/* One more sample: kept, shown, and drawn. */
static bool watch(void)
{
    const struct request req = {.needs = NEED_TCP_INFO | NEED_RATES | NEED_OWNER | NEED_USER,
                                .fade_ds = 30,
                                .keep_close_events = true,
                                .interval_ms = 1000};

    if (sample_pipeline_next(stage.host, &req, &stage.last, NULL))
        return false;
    past_add(stage.past, stage.last);
    assert_int_equal(recorder_add(stage.recorder, stage.last), 0);
    past_settle(stage.past);
    stage.now_ns = stage.last->mono_ns;
    session_sample(stage.session, sample_ref(stage.last), stage.now_ns);
    stage.frame[++stage.n] = frame_of(stage.session, NULL, 0);
    return true;
}

/* A host whose timers run as time does: what is recorded of those is otherwise a little less. Some
 * connections change their states, and the last ones come and go. */
struct steady {
    struct source source;
    uint32_t taken;
    struct owner_table *owners;
};

static void steady_row(struct conn *c, uint32_t i, uint32_t k)
{
    static const uint8_t before[] = {TCP_STATE_LISTEN, TCP_STATE_ESTABLISHED, TCP_STATE_SYN_SENT,
                                     TCP_STATE_FIN_WAIT2, TCP_STATE_ESTABLISHED};

    c->family = AF_INET;
    c->src[0] = c->dst[0] = 10;
    c->src[3] = 1;
    c->dst[3] = (uint8_t)(i % 7);
    c->sport = (uint16_t)(1000 + i);
    c->dport = (uint16_t)(c->dst[3] * 100);
    c->cookie = 100 + i;
    c->inode = 5000 + i;
    c->state = before[i % 5];
    c->wqueue = k / 9 * i;
    if (c->state == TCP_STATE_LISTEN)
        memset(c->dst, 0, sizeof c->dst);
    if (i % 5 == 4 && k > 4 * i)
        c->state = TCP_STATE_CLOSE_WAIT;
    if (c->state == TCP_STATE_FIN_WAIT2) {
        c->timer = TIMER_TIMEWAIT;
        c->expires_ms = 1000 * (SAMPLES + i - k);
    }
}

/* What is sent and received, and how fast. */
static void steady_figures(struct tcp_metrics *m, uint32_t i, uint32_t k)
{
    figure_set(m, METRICS_rtt_us, 1000 + i * 10 + k % 3);
    figure_set(m, METRICS_bytes_acked, 4000 * i * k);
    figure_set(m, METRICS_bytes_received, 900 * k);
    figure_set(m, METRICS_total_retrans_segs, k / 20);
}

static struct netns_table *two_namespaces(uint32_t sockets)
{
    struct netns_table *t = netns_table_new(2);

    assert_non_null(t);
    for (uint32_t i = 0; i < t->n; i++) {
        t->list[i].inode = 4026531840 + i;
        t->list[i].id = (uint16_t)i;
        t->list[i].counted = true;
        t->list[i].sockets = sockets;
        snprintf(t->list[i].name, sizeof t->list[i].name, "%s", i ? "blue" : "init");
    }
    t->list[0].own = t->list[0].shown = true;
    t->shown = 1;
    netns_table_sort(t);
    return t;
}

static int steady_sample(struct source *src, const struct request *req, struct sample_builder *b,
                         struct sample_reason *why)
{
    struct steady *host = (struct steady *)src;
    uint32_t k = ++host->taken;
    struct sample *s = &b->sample;

    (void)req;
    (void)why;
    if (k > SAMPLES)
        return -ENODATA;
    s->needs = NEED_TCP_INFO | NEED_OWNER | NEED_USER;
    for (uint32_t i = 0; i < 20 + k / 3 % 5; i++) {
        struct tcp_metrics *m;
        struct conn *c = sample_add(b, &m);
        assert_non_null(c);
        steady_row(c, i, k);
        if (m && (c->state == TCP_STATE_ESTABLISHED || c->state == TCP_STATE_CLOSE_WAIT))
            steady_figures(m, i, k);
    }
    s->namespaces = two_namespaces(k);
    s->backend = BACKEND_NETLINK;
    s->mono_ns = (1000 + (int64_t)k) * NS_PER_S;
    s->wall_ns = (1764424990 + (int64_t)k) * NS_PER_S;
    s->cost_ns = s->cpu_ns = NS_PER_MS;
    snprintf(s->host.name, sizeof s->host.name, "steady");
    return 0;
}

/* Each connection has an owner, some of them share one. */
static void steady_owners(struct source *src, struct sample *s, const struct sample *prev)
{
    struct steady *host = (struct steady *)src;

    (void)prev;
    for (uint32_t row = 0; row < sample_rows(s); row++)
        s->owner[row] = OWNER_FIRST + s->conn[row].sport % 3;
    s->owners = owner_table_ref(host->owners);
}

static struct owner_table *steady_table(void)
{
    struct owner_table *t = owner_table_new(OWNER_FIRST + 3);
    const struct owner_user users[] = {{.uid = 0, .name = "root"}, {.uid = 33, .name = "www-data"}};

    assert_non_null(t);
    for (uint32_t i = 0; i < 3; i++) {
        const struct owner_facts facts = {200 + i, i ? 33 : 0, 77 + i, i ? "nginx" : "sshd",
                                          "",      "x.service"};
        struct owner *member = owner_new(&facts);
        t->group[OWNER_FIRST + i] = owner_group_new(&member, 1);
        owner_unref(member);
    }
    t->users = owner_users_new(users, 2);
    return t;
}

static void steady_close(struct source *src)
{
    owner_table_unref(((struct steady *)src)->owners);
    free(src);
}

static struct source *steady_open(void)
{
    static const struct source_ops ops = {.name = "steady",
                                          .sample = steady_sample,
                                          .close = steady_close,
                                          .assign_owners = steady_owners};
    struct steady *host = calloc(1, sizeof *host);

    assert_non_null(host);
    host->owners = steady_table();
    host->source.ops = &ops;
    return &host->source;
}

static void begin_session(const struct changing_host *how, uint64_t memory, const char *keys,
                          uint32_t samples)
{
    const struct past_options options = {.max_bytes = memory, .share = 1e9};
    const struct recorder_options to = {.path = recorded, .force = true, .metrics = true};

    memset(&stage, 0, sizeof stage);
    rules_limits_init(&limits);
    text_use(LANG_EN);
    stage.settings = settings_of(false);
    stage.host = sample_pipeline_new(how ? changing_host_open(how) : steady_open(), 62);
    assert_non_null(stage.host);
    sample_pipeline_observe(stage.host, new_doctor(NULL));
    assert_int_equal(past_open(&stage.past, &options), 0);
    assert_int_equal(recorder_open(&stage.recorder, &to), 0);
    assert_int_equal(session_new(&stage.session, &stage.settings, -1, true, false), 0);
    ask(stage.session);
    assert_true(watch()); /* keys that choose a row need one */
    keys_of(stage.session, keys);
    while (stage.n < samples && watch())
        continue;
    assert_int_equal(stage.n, samples);
}

static void end_session(void)
{
    session_free(stage.session);
    past_close(stage.past);
    recorder_close(stage.recorder);
    sample_unref(stage.last);
    sample_pipeline_free(stage.host);
    for (uint32_t i = 0; i <= stage.n; i++)
        free(stage.frame[i]);
}

static bool holds(const char *line, size_t len, const char *words)
{
    return memmem(line, len, words, strlen(words));
}

static bool is_file; /* what is drawn is a recording */

/* Fail with the first line that differs. Why something was not checked a recording says in words of
 * its own, which may take another number of lines. */
static void compare(const char *drawn, const char *was)
{
    while (*drawn || *was) {
        size_t n = strcspn(drawn, "\n"), m = strcspn(was, "\n");
        if (is_file && holds(was, m, "NOT CHECKED"))
            return;
        const bool heading = holds(was, m, "HERE NOW") && holds(drawn, n, "HERE AT ");
        if (!heading && !(is_file && holds(was, m, "━ WARNINGS ━")) &&
            (n != m || memcmp(drawn, was, n) != 0))
            fail_msg("\nis  %.*s\nwas %.*s", (int)n, drawn, (int)m, was);
        drawn += n + (drawn[n] != 0);
        was += m + (was[m] != 0);
    }
}

static void expect(struct session *s, uint32_t number, const char *badge)
{
    char head[512];
    char *text = frame_of(s, head, sizeof head);

    assert_true(probe_shown(s)->seq == number);
    compare(text, stage.frame[number]);
    if (badge)
        assert_non_null(strstr(head, badge));
    free(text);
}

/* The focus on the table and on the pane, the diagram, the wide pane, each with the cursor at the
 * top: else it stays with a connection, which is another one where more has been seen. The details
 * of a connection, and the warnings. And what must be on the screen then. */
static const struct {
    const char *keys, *shows;
} views[] = {
    {"Home", "SOCKETS"},   {"Home Tab", "SOCKETS"}, {"Home D", "DIAGRAM"},
    {"Home w", "SOCKETS"}, {"Home !", "WARNINGS"},  {"Home / : 1 0 0 4 Enter Enter", "━ SOCKET ━"},
};

static void begin_view(size_t i)
{
    begin_session(NULL, 32u << 20, views[i].keys, SAMPLES - 10);
    if (!strstr(stage.frame[stage.n], views[i].shows))
        fail_msg("%s: no %s in\n%s", views[i].keys, views[i].shows, stage.frame[stage.n]);
}

/* What memory keeps of the view that was begun. */
static void memory_shows_it(void)
{
    keys_of(stage.session, ",");
    expect(stage.session, SAMPLES - 11, "PAST");
    keys_of(stage.session, ", , ,");
    expect(stage.session, SAMPLES - 14, "PAST");
    keys_of(stage.session, ".");
    expect(stage.session, SAMPLES - 13, "PAST");
    keys_of(stage.session, "{");
    expect(stage.session, SAMPLES - 73, "PAST");
    keys_of(stage.session, ". .");
    expect(stage.session, SAMPLES - 71, "PAST");
}

/* Does the last line of the screen say so? */
static bool hints(struct session *s, const char *words)
{
    struct canvas c;

    assert_int_equal(canvas_init(&c, 1, 1), 0);
    session_draw(s, &c, stage.now_ns);
    const bool found = strstr(line_text(&c, c.h - 1), words) != NULL;
    canvas_fini(&c);
    return found;
}

/* A session that reads what the stage's past has saved to `path`. `settings` must outlive it. */
static struct session *open_saved(const struct ui_settings *settings)
{
    struct session *file;
    uint32_t samples;

    snprintf(path, sizeof path, "/tmp/tcptop-travel-XXXXXX");
    int fd = mkstemp(path);
    assert_int_equal(past_save(stage.past, fd, &samples), 0);
    close(fd);
    assert_int_equal(session_new(&file, settings, -1, true, false), 0);
    ask(file);
    session_read(file);
    return file;
}

/* A recording is offered where one can be written: not of one that is read. */
static void recordings_are_offered_live_only(void **state)
{
    struct ui_settings settings = settings_of(true);
    struct session *file;

    (void)state;
    begin_view(0);
    keys_of(stage.session, "x");
    assert_true(hints(stage.session, ".json, .tcptop (the last minutes)"));
    keys_of(stage.session, "Esc");
    file = open_saved(&settings);
    keys_of(file, "x");
    assert_true(hints(file, "new file: .json, else CSV "));
    type(file, "/nowhere/again.tcptop");
    keys_of(file, "Enter");
    assert_string_equal(probe_prompt(file), "export"); /* another name can be typed at once */
    assert_true(hints(file, "only live samples"));
    session_free(file);
    unlink(path);
    end_session();
}

/* A recording says at once what it has not: another interval, a later warning, another time. */
static void a_recording_says_what_it_lacks(void **state)
{
    struct ui_settings settings = settings_of(true);
    struct session *file;

    (void)state;
    begin_view(0);
    file = open_saved(&settings);
    keys_of(file, "d");
    assert_string_equal(probe_prompt(file), "none");
    assert_true(hints(file, "a recording has the interval that it was made with"));
    keys_of(file, "m");
    assert_true(hints(file, "no later warning begins   M the one before"));
    keys_of(file, "b");
    type(file, "2001-01-01 10:00");
    keys_of(file, "Enter");
    assert_true(hints(file, "no sample at that time; recorded: 20"));
    session_free(file);
    unlink(path);
    end_session();
}

static void a_file_shows_it(const char *keys)
{
    struct ui_settings settings = settings_of(true);
    struct session *file = open_saved(&settings);

    is_file = true;
    keys_of(file, keys);
    expect(file, SAMPLES - 10, "REPLAY");
    keys_of(file, ", ,");
    expect(file, SAMPLES - 12, "REPLAY");
    keys_of(file, "{ ,");
    expect(file, SAMPLES - 73, "REPLAY");
    is_file = false;
    session_free(file);
    unlink(path);
}

static void say_nothing(const char *line)
{
    fail_msg("%s", line);
}

/* An ssh that is found before the real one, and sends what was recorded. */
static void make_ssh(void)
{
    char name[FOLDER_SIZE + 8], places[4096];
    const char *before = getenv("PATH");

    snprintf(name, sizeof name, "%s/ssh", folder);
    FILE *script = fopen(name, "we");
    assert_non_null(script);
    fprintf(script, "#!/bin/sh\nexec cat %s\n", recorded);
    assert_int_equal(fclose(script), 0);
    assert_int_equal(chmod(name, 0755), 0);
    snprintf(places, sizeof places, "%s:%s", folder, before ? before : "/usr/bin:/bin");
    assert_int_equal(setenv("PATH", places, 1), 0);
}

/* Each frame of the other host, as it was drawn there. */
static void follow_far(const char *keys)
{
    const struct remote_options options = {.host = "far", .interval_ms = 1000, .say = say_nothing};
    const struct request req = {.needs = NEED_TCP_INFO | NEED_RATES | NEED_OWNER | NEED_USER,
                                .fade_ds = 30,
                                .interval_ms = 1000};
    struct ui_settings settings = settings_of(false);
    const struct sample *s = NULL;
    struct session *far;
    struct source *src;

    settings.past = (struct past_access){.open = NULL};
    assert_int_equal(remote_start(&src, &options, NULL), 0);
    assert_int_equal(remote_wait(src, NULL), 0);
    struct sample_pipeline *p = sample_pipeline_new(src, 62);
    sample_pipeline_observe(p, new_doctor(NULL));
    assert_int_equal(session_new(&far, &settings, -1, true, false), 0);
    ask(far);
    for (uint32_t n = 1; n <= stage.n; n++) {
        assert_int_equal(sample_pipeline_next(p, &req, &s, NULL), 0);
        stage.now_ns = s->mono_ns;
        session_sample(far, sample_ref(s), stage.now_ns);
        expect(far, n, "SSH");
        if (n == 1)
            keys_of(far, keys);
    }
    sample_unref(s);
    session_free(far);
    sample_pipeline_free(p);
}

/* The same host as it was live, in memory, in a file that was saved, and from where it was
 * recorded, as a host at the other end of an ssh. */
static void the_past_shows_what_was_live(void **state)
{
    (void)state;
    make_ssh();
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        begin_view(i);
        a_file_shows_it(views[i].keys);
        memory_shows_it();
        assert_int_equal(recorder_close(stage.recorder), 0);
        stage.recorder = NULL;
        follow_far(views[i].keys);
        end_session();
    }
}

static void live_samples_wait(void **state)
{
    char head[512];

    (void)state;
    begin_session(NULL, 32u << 20, "", 30);
    keys_of(stage.session, ", ,");
    expect(stage.session, 28, "PAST");
    for (int i = 0; i < 5; i++) {
        assert_true(watch());
        compare(stage.frame[stage.n], stage.frame[28]);
    }
    free(frame_of(stage.session, head, sizeof head));
    assert_non_null(strstr(head, "-7 s"));
    keys_of(stage.session, "P");
    assert_true(probe_shown(stage.session)->seq == 35);
    free(frame_of(stage.session, head, sizeof head));
    assert_null(strstr(head, "PAST"));
    end_session();
}

/* So much time goes by, and what is due then is done. */
static void pass(int64_t ns)
{
    stage.now_ns += ns;
    session_tick(stage.session, stage.now_ns);
}

/* What is kept plays on from where one stands, while live samples come; it stops where it is told
 * to, and at the newest sample it is the live screen again. */
static void memory_plays(void **state)
{
    char head[512];

    (void)state;
    begin_session(NULL, 32u << 20, "", 30);
    keys_of(stage.session, ", , , ,");
    expect(stage.session, 26, "PAST");
    pass(NS_PER_S);
    expect(stage.session, 26, "PAST"); /* it stands until it is told to play */
    keys_of(stage.session, "p");
    pass(NS_PER_S / 2);
    expect(stage.session, 26, "PAST");
    pass(NS_PER_S / 2);
    expect(stage.session, 27, "PAST");
    pass(NS_PER_S);
    expect(stage.session, 28, "PAST");
    keys_of(stage.session, "p");
    pass(5 * NS_PER_S);
    expect(stage.session, 28, "PAST");
    keys_of(stage.session, "p");
    pass(NS_PER_S);
    expect(stage.session, 29, "PAST");
    pass(NS_PER_S);
    assert_true(probe_shown(stage.session)->seq == 30);
    free(frame_of(stage.session, head, sizeof head));
    assert_null(strstr(head, "PAST"));
    pass(NS_PER_S);
    assert_true(watch());
    assert_true(probe_shown(stage.session)->seq == 31);
    end_session();
}

/* The moment that was noted is compared with those that one travels to. */
static void moments_are_compared(void **state)
{
    char *text;

    (void)state;
    begin_session(NULL, 32u << 20, "", 40);
    keys_of(stage.session, "{ y");
    assert_true(probe_shown(stage.session)->seq == 1);
    for (int i = 0; i < 26; i++)
        keys_of(stage.session, ".");
    keys_of(stage.session, "y");
    text = frame_of(stage.session, NULL, 0);
    assert_non_null(strstr(text, "CHANGES"));
    assert_non_null(strstr(text, "only in A 0, only in B 4, state changed 1, same 19"));
    free(text);
    keys_of(stage.session, "{");
    text = frame_of(stage.session, NULL, 0);
    assert_non_null(strstr(text, "only in A 0, only in B 0, state changed 0, same 20"));
    free(text);
    end_session();
}

static void the_newest_is_live_again(void **state)
{
    (void)state;
    begin_session(NULL, 32u << 20, "", 10);
    keys_of(stage.session, ", , . .");
    assert_true(probe_shown(stage.session)->seq == 10);
    assert_true(watch());
    assert_true(probe_shown(stage.session)->seq == 11);
    keys_of(stage.session, ".");
    assert_string_equal(probe_message(stage.session), "this is the last sample");
    end_session();
}

static void the_first_is_the_first(void **state)
{
    (void)state;
    begin_session(NULL, 32u << 20, "", 10);
    keys_of(stage.session, "{");
    expect(stage.session, 1, "PAST");
    keys_of(stage.session, ",");
    assert_string_equal(probe_message(stage.session), "this is the first sample");
    expect(stage.session, 1, "PAST");
    keys_of(stage.session, "p ,");
    pass(NS_PER_S);
    expect(stage.session, 2, "PAST"); /* what begins to play there plays on */
    end_session();
}

static void a_time_can_be_typed(void **state)
{
    char at[64];

    (void)state;
    begin_session(NULL, 32u << 20, "", 100);
    keys_of(stage.session, "b");
    type(stage.session, "-30s");
    keys_of(stage.session, "Enter");
    expect(stage.session, 70, "PAST");
    int64_t wall_ms = probe_shown(stage.session)->wall_ns / NS_PER_MS;
    keys_of(stage.session, "b");
    snprintf(at, sizeof at, "@%lld.%03d", (long long)(wall_ms / 1000 + 10), (int)(wall_ms % 1000));
    type(stage.session, at);
    keys_of(stage.session, "Enter");
    assert_in_range(probe_shown(stage.session)->seq, 79, 80);
    keys_of(stage.session, "b");
    type(stage.session, "noon");
    keys_of(stage.session, "Enter");
    assert_string_equal(probe_prompt(stage.session), "go to");
    end_session();
}

static struct destroyed never(const struct conn *c, const struct destroy_place *place)
{
    (void)c;
    (void)place;
    fail();
    return (struct destroyed){0};
}

static void nothing_is_closed_in_the_past(void **state)
{
    (void)state;
    begin_session(NULL, 32u << 20, "Tab Down", 20);
    session_use_destroy(stage.session, never, true);
    keys_of(stage.session, ", K");
    assert_string_equal(probe_prompt(stage.session), "none");
    assert_non_null(strstr(probe_message(stage.session), "of the past   P returns to now"));
    end_session();
}

/* The menu's name is one of the sample that goes. */
static void another_namespace_is_chosen_from_the_past(void **state)
{
    (void)state;
    begin_session(NULL, 32u << 20, "", 20);
    keys_of(stage.session, ", , @");
    assert_true(watch());
    keys_of(stage.session, "Down Enter");
    assert_non_null(strstr(probe_message(stage.session), "namespace blue"));
    end_session();
}

/* The past is let go while one stands in it: what stands stays, and going on says so or goes to
 * what is there. */
static void what_stands_stays_when_memory_lets_it_go(void **state)
{
    (void)state;
    const struct changing_host full = {.rows = 200, .samples = SAMPLES, .churn = 300};

    begin_session(&full, 64u << 10, "", 20);
    keys_of(stage.session, ",");
    expect(stage.session, 19, "PAST");
    while (stage.n < SAMPLES)
        assert_true(watch());
    expect(stage.session, 19, "PAST");
    keys_of(stage.session, ".");
    assert_true(probe_shown(stage.session)->seq > 20);
    end_session();
}

/* With a worker nothing is computed by the thread that draws, and keys that are pressed meanwhile
 * count. */
static void a_worker_travels(void **state)
{
    (void)state;
    int fd = eventfd(0, EFD_NONBLOCK);

    begin_session(NULL, 32u << 20, "", 80);
    session_free(stage.session);
    assert_int_equal(session_new(&stage.session, &stage.settings, fd, true, false), 0);
    ask(stage.session);
    session_sample(stage.session, sample_ref(stage.last), stage.now_ns);
    keys_of(stage.session, ", , , ,");
    for (int i = 0; probe_shown(stage.session)->seq != 76 && i < 6000; i++) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        eventfd_t told;
        (void)poll(&p, 1, 10);
        (void)eventfd_read(fd, &told);
        session_tick(stage.session, stage.now_ns);
    }
    expect(stage.session, 76, "PAST");
    keys_of(stage.session, ", P");
    assert_true(probe_shown(stage.session)->seq == 80);
    end_session();
    close(fd);
}

static int make_folder(void **state)
{
    (void)state;
    int rc = folder_make(folder);
    snprintf(recorded, sizeof recorded, "%s/all.tcptop", folder);
    return rc;
}

static int remove_folder(void **state)
{
    (void)state;
    return folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recordings_are_offered_live_only),
        cmocka_unit_test(a_recording_says_what_it_lacks),
        cmocka_unit_test(the_past_shows_what_was_live),
        cmocka_unit_test(memory_plays),
        cmocka_unit_test(moments_are_compared),
        cmocka_unit_test(live_samples_wait),
        cmocka_unit_test(the_newest_is_live_again),
        cmocka_unit_test(the_first_is_the_first),
        cmocka_unit_test(a_time_can_be_typed),
        cmocka_unit_test(nothing_is_closed_in_the_past),
        cmocka_unit_test(another_namespace_is_chosen_from_the_past),
        cmocka_unit_test(what_stands_stays_when_memory_lets_it_go),
        cmocka_unit_test(a_worker_travels),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
