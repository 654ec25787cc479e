/* SPDX-License-Identifier: MIT */
/* Hostile recordings, played, judged, drawn and printed: every screen, the doctor, every writer.
 *
 * The input says what a forged recording holds (numbers at the ends of their ranges, any state,
 * timer and tcp_info, hostile texts), or is the body of a frame itself; both get true checksums, so
 * that nothing is refused at the door for them. Then it says which keys are pressed on which size
 * of screen. No control byte may come out anywhere, and jansson must accept every line of JSON. */
#include <jansson.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/diag_build.h"
#include "lib/frame_write.h"
#include "lib/fuzz.h"
#include "lib/owned.h"
#include "lib/sample.h"
#include "tcptop/base/hash.h"
#include "tcptop/base/utf8.h"
#include "tcptop/doctor/doctor.h"
#include "tcptop/output/output.h"
#include "tcptop/output/report.h"
#include "tcptop/query/groups.h"
#include "tcptop/query/rows.h"
#include "tcptop/source/frame.h"
#include "tcptop/source/sample_pipeline.h"
#include "tcptop/ui/session.h"

#define FRAMES_MAX  4
#define RECORDS_MAX 12
#define KEYS_MAX    24
#define SAMPLES_MAX 64 /* of a recording that holds the input itself */

static void demand(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "draw_fuzz: %s\n", what);
        abort();
    }
}

/* The input, read from its beginning; zeros behind its end. */
struct input_bytes {
    const uint8_t *at;
    size_t left;
};

static uint8_t take(struct input_bytes *in)
{
    if (!in->left)
        return 0;
    in->left--;
    return *in->at++;
}

static uint64_t take_bytes(struct input_bytes *in, unsigned n)
{
    uint64_t value = 0;

    while (n--)
        value = value << 8 | take(in);
    return value;
}

/* A number of at most `bits`: one at the end of a range as often as any other. */
static uint64_t take_number(struct input_bytes *in, unsigned bits)
{
    const uint64_t most = UINT64_MAX >> (64 - bits);
    const unsigned kind = take(in);

    switch (kind % 10) {
    case 0:
        return 0;
    case 1:
        return most;
    case 2:
        return most / 2;
    case 3:
        return most / 2 + 1;
    case 4:
        return take(in);
    case 5:
        return UINT64_C(1000000000) * take(in) & most;
    case 6:
        return UINT64_C(1) << take(in) % bits;
    case 7:
        return most / 1000;
    default:
        return take_bytes(in, 8) & most;
    }
}

static void take_text(struct input_bytes *in, char *out, size_t size)
{
    size_t n = take(in) % size;

    for (size_t i = 0; i < n; i++) {
        uint8_t c = take(in);
        out[i] = (char)(c ? c : 0x1b);
    }
    out[n] = '\0';
}

static void take_conn(struct input_bytes *in, struct conn *c)
{
    *c = build_plain(take(in) % 16, (uint16_t)take_number(in, 16), (uint16_t)take_number(in, 16),
                     take_number(in, 64));
    if (take(in) % 2) {
        c->family = AF_INET6;
        for (unsigned i = 0; i < sizeof c->src; i++) {
            c->src[i] = (uint8_t)take_number(in, 8);
            c->dst[i] = (uint8_t)take_number(in, 8);
        }
    }
    c->timer = take(in) % 7;
    c->retrans = take(in);
    c->expires_ms = (uint32_t)take_number(in, 32);
    c->rqueue = (uint32_t)take_number(in, 32);
    c->wqueue = (uint32_t)take_number(in, 32);
    c->inode = take(in) % 4 ? take(in) % 16 : (uint32_t)take_number(in, 32);
    c->uid = (uint32_t)take_number(in, 32);
    c->ifindex = (uint32_t)take_number(in, 32);
    c->flags = take(in) & CONN_BOUND;
}

static void take_records(struct input_bytes *in, struct str *messages, struct sample *s)
{
    const unsigned n = take(in) % (RECORDS_MAX + 1);

    for (unsigned i = 0; i < n; i++) {
        uint8_t info[BUILD_INFO_BYTES];
        struct conn c, *row;
        take_conn(in, &c);
        for (unsigned at = 0; at + 8 <= sizeof info; at += 8) {
            uint64_t value = take_number(in, 64);
            memcpy(info + at, &value, 8);
        }
        build_conn(messages, &c, info, take(in) % 2 ? sizeof info : take(in));
        row = sample_add(builder_of(s), NULL);
        demand(row != NULL, "out of memory");
        *row = c;
    }
    build_done(messages, take(in) % 8 ? 0 : -(int)take(in));
}

static void take_owners(struct input_bytes *in, struct sample *s)
{
    struct owner_lookup *lookup = owner_lookup_new();
    const unsigned n = take(in) % 4;

    demand(lookup != NULL, "out of memory");
    for (unsigned i = 0; i < n; i++) {
        char name[32], line[200], cgroup[120];
        uint32_t inodes[] = {1 + take(in) % 15, 1 + take(in) % 15, 0};
        take_text(in, name, sizeof name);
        take_text(in, line, sizeof line);
        take_text(in, cgroup, sizeof cgroup);
        owned_put(lookup, (uint32_t)take_number(in, 32), (uint32_t)take_number(in, 32),
                  (const char *const[]){name, line, cgroup}, inodes);
    }
    owned_assign(lookup, s);
    owner_lookup_free(lookup);
}

static void take_host(struct input_bytes *in, struct host *h)
{
    take_text(in, h->name, sizeof h->name);
    take_text(in, h->kernel, sizeof h->kernel);
    h->counter_valid = (uint32_t)take_number(in, COUNTER_COUNT);
    h->gauge_valid = (uint32_t)take_number(in, GAUGE_COUNT);
    h->sysctl_valid = (uint32_t)take_number(in, SYSCTL_COUNT);
    for (unsigned i = 0; i < COUNTER_COUNT; i++)
        h->counter[i] = take_number(in, 64);
    for (unsigned i = 0; i < GAUGE_COUNT; i++)
        h->gauge[i] = take_number(in, 64);
    for (unsigned i = 0; i < SYSCTL_COUNT; i++)
        h->sysctl[i] = (int64_t)take_number(in, 64);
}

static void forge(struct input_bytes *in, struct str *out)
{
    const unsigned frames = 1 + take(in) % FRAMES_MAX;
    uint64_t mono_ns = take_number(in, 63);

    frame_begin(out);
    for (unsigned i = 0; i < frames; i++) {
        struct sample *s = sample_make(NULL);
        struct str messages = STR_INIT;
        demand(s != NULL, "out of memory");
        mono_ns += take_number(in, 40);
        s->mono_ns = (int64_t)mono_ns;
        s->wall_ns = (int64_t)take_number(in, 64);
        s->cost_ns = (int64_t)take_number(in, 64);
        s->cpu_ns = (int64_t)take_number(in, 64);
        s->interval_ms = take_number(in, 64);
        s->asked_interval_ms = take_number(in, 64);
        s->needs = (uint32_t)take_number(in, 32);
        s->status = take(in) % 8 ? SAMPLE_COMPLETE : take(in) % 4;
        take_host(in, &s->host);
        take_records(in, &messages, s);
        take_owners(in, s);
        frame_write(out, s, messages.data, messages.len);
        str_fini(&messages);
        sample_unref(s);
    }
}

/* The input as the one frame of a recording, with checksums made true. */
static void seal(const struct input_bytes *in, struct str *out)
{
    uint8_t *frame;
    uint32_t sum;

    frame_begin(out);
    str_add_bytes(out, in->at, in->left);
    if (out->len < FRAME_MAGIC_BYTES + FRAME_PRELUDE_BYTES + sizeof sum)
        return;
    frame = (uint8_t *)out->data + FRAME_MAGIC_BYTES;
    sum = hash_crc32(0, frame, FRAME_PRELUDE_BYTES - sizeof sum);
    memcpy(frame + FRAME_PRELUDE_BYTES - sizeof sum, &sum, sizeof sum);
    sum = hash_crc32(0, frame + FRAME_PRELUDE_BYTES, in->left - FRAME_PRELUDE_BYTES - sizeof sum);
    memcpy(frame + in->left - sizeof sum, &sum, sizeof sum);
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
    demand(false, what);
}

/* What was written to `fd`, handed to the judge. */
static void judge_output(int fd, bool json, const char *what)
{
    const off_t size = lseek(fd, 0, SEEK_END);
    char *text = malloc((size_t)size + 1);

    demand(text && pread(fd, text, (size_t)size, 0) == size, "cannot read what was printed");
    text[size] = '\0';
    demand_clean(text, (size_t)size, what);
    for (char *line = text, *end; json && (end = strchr(line, '\n')) != NULL; line = end + 1) {
        json_error_t error;
        json_t *value = json_loadb(line, (size_t)(end - line), JSON_REJECT_DUPLICATES, &error);
        if (!value)
            fprintf(stderr, "%s: %.*s\n", error.text, (int)(end - line), line);
        demand(value != NULL, what);
        json_decref(value);
    }
    free(text);
}

static int begin_output(struct sink *out)
{
    const int fd = memfd_create("output", MFD_CLOEXEC);

    demand(fd >= 0 && sink_init(out, fd) == 0, "no memory for output");
    return fd;
}

static void end_output(struct sink *out, int fd, bool json, const char *what)
{
    demand(sink_flush(out) == 0, "output cannot be written");
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

    demand(rows_build_live(&rows, s, NULL, &sort, 0) == 0, "out of memory");
    for (enum format format = FORMAT_TEXT; format <= FORMAT_CSV; format++)
        print_as(s, &rows, NULL, format);
    for (unsigned i = 0; i < sizeof groupings / sizeof groupings[0]; i++) {
        struct grouping by = {.by = groupings[i]};
        struct groups groups = {.n = 0};
        demand(groups_build(&groups, s, NULL, &by, NULL) == 0, "out of memory");
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

    demand(canvas_init(&canvas, 1, 1) == 0, "out of memory");
    session_draw(session, &canvas, now_ns);
    for (int i = 0; i < canvas.w * canvas.h; i++) {
        const char *cell = canvas.cells[i].text;
        demand_clean(cell, strlen(cell), "a cell holds what it must not");
        demand(!strchr(cell, '\n'), "a cell holds a line's end");
    }
    canvas_fini(&canvas);
}

/* Keys that lead to every overlay, prompt and part, and any other. */
static keycode take_key(struct input_bytes *in)
{
    static const char keys[] = "\t\r jkGgwDesftF@/!?LKxpc+-0123456789[]<>aAbBiImMoOrRuUvV";
    const uint8_t kind = take(in);

    if (kind < 160)
        return (keycode)keys[kind % (sizeof keys - 1)];
    if (kind < 200)
        return KEY_CODE_SPECIAL + 1 + kind % (KEY_CODE_PASTE_END - KEY_CODE_SPECIAL);
    return kind < 220 ? 0x1b : (keycode)(' ' + take(in) % 95);
}

static void press_keys(struct input_bytes *in, struct session *session, int64_t now_ns)
{
    const unsigned n = take(in) % KEYS_MAX;

    for (unsigned i = 0; i < n && !session_quit(session); i++) {
        struct input key = {.key = take_key(in)};
        session_input(session, &key, now_ns);
        if (key.key == 0x1b)
            session_resize(session, 1 + take(in), 1 + take(in) % 80);
        now_ns += 400 * INT64_C(1000000);
        session_quiet(session, now_ns);
        session_tick(session, now_ns);
        draw(session, now_ns);
    }
}

static struct sample_pipeline *open_file(const struct str *recording)
{
    struct sample_reason err = {.code = REASON_NONE};
    struct limits limits;
    struct source *src;
    char path[64];
    const int fd = memfd_create("recording", MFD_CLOEXEC);

    demand(fd >= 0 && write(fd, recording->data, recording->len) == (ssize_t)recording->len,
           "no memory for the recording");
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const int failed = recording_open(&src, path, &err);
    close(fd);
    if (failed)
        return NULL;
    struct sample_pipeline *pipeline = sample_pipeline_new(src, HISTORY_SHOWN);
    demand(pipeline != NULL, "out of memory");
    rules_limits_init(&limits);
    sample_pipeline_observe(pipeline, doctor_new(&limits, true, 1));
    return pipeline;
}

static void play(struct input_bytes *in, const struct str *recording)
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
    struct sample_pipeline *pipeline = open_file(recording);
    int64_t now_ns = 0;

    if (!pipeline)
        return;
    keymap_init(&settings.bindings);
    text_use(take(in) % 2 ? LANG_KO : LANG_EN);
    demand(session_new(&session, &settings, -1, true, take(in) % 8 == 0) == 0, "no session");
    for (unsigned n = 0; n < SAMPLES_MAX; n++) {
        if (sample_pipeline_next(pipeline, &req, &last, &why))
            break;
        now_ns = last->mono_ns;
        session_sample(session, sample_ref(last), now_ns);
        draw(session, now_ns);
        press_keys(in, session, now_ns);
    }
    if (last) {
        print_all(last);
        print_reports(last);
    }
    session_free(session);
    sample_unref(last);
    sample_pipeline_free(pipeline);
    text_use(LANG_EN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct input_bytes in = {data, len};
    struct str recording = STR_INIT;

    if (take(&in) % 4) {
        forge(&in, &recording);
        play(&in, &recording);
    } else {
        seal(&in, &recording);
        play(&in, &recording);
    }
    str_fini(&recording);
    return 0;
}

/* Noise of several lengths, and a plain frame. */
const struct fuzz_seed *fuzz_seeds(size_t *n)
{
    static uint8_t noise[4][8192];
    static struct str plain;
    static struct fuzz_seed list[5];
    uint64_t x = 88172645463325252;

    if (!plain.len) {
        struct input_bytes none = {noise[0], 0};
        str_add_char(&plain, 0);
        struct str file = STR_INIT;
        forge(&none, &file);
        str_add_bytes(&plain, file.data + FRAME_MAGIC_BYTES, file.len - FRAME_MAGIC_BYTES);
        str_fini(&file);
        for (size_t i = 0; i < sizeof noise; i++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            noise[i / sizeof noise[0]][i % sizeof noise[0]] = (uint8_t)(x >> 32);
        }
    }
    for (size_t i = 0; i < 4; i++) {
        noise[i][0] = 1;
        list[i] = (struct fuzz_seed){noise[i], sizeof noise[0] >> i};
    }
    list[4] = (struct fuzz_seed){plain.data, plain.len};
    *n = 5;
    return list;
}
