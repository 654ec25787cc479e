/* SPDX-License-Identifier: MIT */
/* See hostile.h. */
#include "lib/hostile.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tcptop/base/utf8.h"
#include "tcptop/doctor/doctor.h"
#include "tcptop/output/output.h"
#include "tcptop/output/report.h"
#include "tcptop/query/groups.h"
#include "tcptop/query/rows.h"
#include "tcptop/source/recording.h"
#include "tcptop/source/sample_pipeline.h"
#include "tcptop/ui/session.h"

#define KEYS_MAX    24
#define SAMPLES_MAX 64
#define ROWS_MAX    2000 /* more are not shown and printed: that takes long, and shows nothing new */

void hostile_demand(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

uint8_t hostile_take(struct hostile_bytes *in)
{
    if (!in->left)
        return 0;
    in->left--;
    return *in->at++;
}

/* Output --------------------------------------------------------------------------------------- */

static bool is_clean(const char *text, size_t len, size_t *at)
{
    for (*at = 0; *at < len;) {
        uint32_t character;
        const size_t n = utf8_decode(text + *at, len - *at, &character);
        if ((character == UTF8_BAD && n == 1) || (character < ' ' && character != '\n') ||
            (character >= 0x7f && character < 0xa0))
            return false;
        *at += n;
    }
    return true;
}

static void demand_clean(const char *text, size_t len, const char *what)
{
    size_t at;

    if (is_clean(text, len, &at))
        return;
    const size_t from = at > 100 ? at - 100 : 0, n = len - from < 200 ? len - from : 200;
    fprintf(stderr, "byte %02x in: %.*s\n", (uint8_t)text[at], (int)n, text + from);
    hostile_demand(false, what);
}

/* What was written to `fd`, handed to the judge. */
static void judge_output(int fd, bool json, const char *what)
{
    const off_t size = lseek(fd, 0, SEEK_END);
    char *text = malloc((size_t)size + 1);

    hostile_demand(text && pread(fd, text, (size_t)size, 0) == size,
                   "cannot read what was printed");
    text[size] = '\0';
    demand_clean(text, (size_t)size, what);
    for (char *line = text, *end; json && (end = strchr(line, '\n')) != NULL; line = end + 1) {
        json_error_t error;
        json_t *value = json_loadb(line, (size_t)(end - line), JSON_REJECT_DUPLICATES, &error);
        if (!value)
            fprintf(stderr, "%s: %.*s\n", error.text, (int)(end - line), line);
        hostile_demand(value != NULL, what);
        json_decref(value);
    }
    free(text);
}

static int begin_output(struct sink *out)
{
    const int fd = memfd_create("output", MFD_CLOEXEC);

    hostile_demand(fd >= 0 && sink_init(out, fd) == 0, "no memory for output");
    return fd;
}

static void end_output(struct sink *out, int fd, bool json, const char *what)
{
    hostile_demand(sink_flush(out) == 0, "output cannot be written");
    sink_fini(out);
    judge_output(fd, json, what);
    close(fd);
}

static void print_as(const struct sample *s, const struct rows *rows, const struct groups *groups,
                     enum format format)
{
    enum column_id ids[COL_COUNT];
    size_t n = 0;
    struct sink out;
    const int fd = begin_output(&out);

    for (int id = 0; id < COL_COUNT; id++)
        if (format == FORMAT_TEXT || columns[id].kind != KIND_COMPOSITE)
            ids[n++] = (enum column_id)id;
    const struct print print = {.format = format,
                                .sample = s,
                                .rows = rows,
                                .groups = groups,
                                .columns = ids,
                                .n_columns = n,
                                .head = true,
                                .close_stats = true,
                                .sample_number = 1};
    print_sample(&out, &print);
    end_output(&out, fd, format == FORMAT_JSON, "a writer prints what it must not");
}

static void print_all(const struct sample *s)
{
    static const enum column_id groupings[] = {COL_STATE, COL_REMOTE_ADDR, COL_PROCESS, COL_CGROUP};
    struct rows rows = {0};
    struct sort sort = {.column = COL_LOCAL_PORT};

    hostile_demand(rows_build_live(&rows, s, NULL, &sort, 0) == 0, "out of memory");
    for (enum format format = FORMAT_TEXT; format <= FORMAT_CSV; format++)
        print_as(s, &rows, NULL, format);
    for (unsigned i = 0; i < sizeof groupings / sizeof groupings[0]; i++) {
        struct grouping by = {.by = groupings[i]};
        struct groups groups = {.n = 0};
        hostile_demand(groups_build(&groups, s, NULL, &by, NULL) == 0, "out of memory");
        for (enum format format = FORMAT_TEXT; format <= FORMAT_CSV; format++)
            print_as(s, &rows, &groups, format);
        groups_fini(&groups);
    }
    rows_fini(&rows);
}

static void print_reports(const struct sample *s)
{
    const struct report report = {
        .status = STATUS_WARNING, .last = s, .samples = 3, .seconds = 2, .hidden = ""};

    for (int json = 0; json < 2; json++) {
        struct sink out;
        const int fd = begin_output(&out);
        if (json)
            report_print_json(&out, &report);
        else
            report_print_text(&out, &report);
        end_output(&out, fd, json, "the doctor's report prints what it must not");
    }
}

/* Screens -------------------------------------------------------------------------------------- */

static void draw(struct session *session, int64_t now_ns)
{
    struct canvas canvas;

    hostile_demand(canvas_init(&canvas, 1, 1) == 0, "out of memory");
    session_draw(session, &canvas, now_ns);
    for (int i = 0; i < canvas.w * canvas.h; i++) {
        const char *cell = canvas.cells[i].text;
        demand_clean(cell, strlen(cell), "a cell holds what it must not");
        hostile_demand(!strchr(cell, '\n'), "a cell holds a line's end");
    }
    canvas_fini(&canvas);
}

/* Keys that lead to every overlay, prompt and part, and any other. */
static keycode take_key(struct hostile_bytes *in)
{
    static const char keys[] = "\t\r jkGgwDesftF@/!?LKxpc+-0123456789[]<>aAbBiImMoOrRuUvV";
    const uint8_t kind = hostile_take(in);

    if (kind < 160)
        return (keycode)keys[kind % (sizeof keys - 1)];
    if (kind < 200)
        return KEY_CODE_SPECIAL + 1 + kind % (KEY_CODE_PASTE_END - KEY_CODE_SPECIAL);
    return kind < 220 ? 0x1b : (keycode)(' ' + hostile_take(in) % 95);
}

static void press_keys(struct hostile_bytes *in, struct session *session, int64_t now_ns)
{
    const unsigned n = hostile_take(in) % KEYS_MAX;

    for (unsigned i = 0; i < n && !session_quit(session); i++) {
        struct input key = {.key = take_key(in)};
        session_input(session, &key, now_ns);
        if (key.key == 0x1b)
            session_resize(session, 1 + hostile_take(in), 1 + hostile_take(in) % 80);
        now_ns += 400 * INT64_C(1000000);
        session_quiet(session, now_ns);
        session_tick(session, now_ns);
        draw(session, now_ns);
    }
}

static struct sample_pipeline *open_file(const void *recording, size_t len)
{
    struct sample_reason err = {.code = REASON_NONE};
    struct limits limits;
    struct source *src;
    char path[64];
    const int fd = memfd_create("recording", MFD_CLOEXEC);

    hostile_demand(fd >= 0 && write(fd, recording, len) == (ssize_t)len,
                   "no memory for the recording");
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const int failed = recording_open(&src, path, &err);
    close(fd);
    if (failed)
        return NULL;
    struct sample_pipeline *pipeline = sample_pipeline_new(src, HISTORY_SHOWN);
    hostile_demand(pipeline != NULL, "out of memory");
    rules_limits_init(&limits);
    sample_pipeline_observe(pipeline, doctor_new(&limits, true, 1));
    return pipeline;
}

void hostile_play(struct hostile_bytes *in, const void *recording, size_t len)
{
    struct ui_settings settings = {.interval_ms = 1000,
                                   .fade_s = 3,
                                   .history_s = 60,
                                   .group_by = -1,
                                   .readonly = true, /* x writes no file */
                                   .width = 80,
                                   .height = 24};
    struct request req = {.needs = NEED_METRICS | NEED_OWNER | NEED_RATES, .host_facts = true};
    struct sample_reason why = {.code = REASON_NONE};
    const struct sample *last = NULL;
    struct session *session;
    struct sample_pipeline *pipeline = open_file(recording, len);
    int64_t now_ns = 0;

    if (!pipeline)
        return;
    keymap_init(&settings.bindings);
    text_use(hostile_take(in) % 2 ? LANG_KO : LANG_EN);
    hostile_demand(session_new(&session, &settings, -1, true, hostile_take(in) % 8 == 0) == 0,
                   "no session");
    for (unsigned n = 0; n < SAMPLES_MAX; n++) {
        if (sample_pipeline_next(pipeline, &req, &last, &why) || last->n_live > ROWS_MAX)
            break;
        now_ns = last->mono_ns;
        session_sample(session, sample_ref(last), now_ns);
        draw(session, now_ns);
        press_keys(in, session, now_ns);
    }
    if (last && last->n_live <= ROWS_MAX) {
        print_all(last);
        print_reports(last);
    }
    session_free(session);
    sample_unref(last);
    sample_pipeline_free(pipeline);
    text_use(LANG_EN);
}
