/* --doctor: a few samples, then what was found in them, with evidence, and what was looked at. Exit
 * codes are those of monitoring plugins. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "hidden_owners.h"
#include "tcptop/app/modes.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/utf8.h"
#include "tcptop/explain/finding_text.h"
#include "tcptop/source/sampler.h"

#define SAMPLES_LEAST 5
#define SAMPLES_MOST  15 /* as long as another one would decide something */
#define WIDTH         79
#define LABEL_W       13
#define INDENT        4

/* What monitoring expects. */
enum { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_CRITICAL, DOCTOR_UNKNOWN };

struct round {
    const struct settings *s;
    struct stepper *stepper;
    struct examiner *examiner; /* the stepper's */
    struct snapshot *last;     /* NULL: none was taken */
    unsigned samples;
    int64_t first_ns;
    bool ascii;
    struct sink out;
    struct err err;
};

static bool goes_on(const struct round *r)
{
    if (r->s->read_path)
        return true;
    uint64_t wanted = r->s->count ? r->s->count : SAMPLES_LEAST;
    return r->samples < wanted ||
           (!r->s->count && r->samples < SAMPLES_MOST && doctor_pending(r->examiner));
}

/* Returns 0, the -errno of a sample that failed, or -EPIPE when nobody reads the answer. */
static int take_samples(struct round *r)
{
    const struct request req = {.host_facts = true, .interval_ms = r->s->interval_ms};
    int64_t due = clock_mono_ns();
    int rc = 0;

    while (goes_on(r)) {
        if (r->samples && !r->s->read_path)
            rc = app_wait(due += (int64_t)r->s->interval_ms * NS_PER_MS) ? 0 : -EPIPE;
        if (!rc)
            rc = stepper_next(r->stepper, &req, &r->last, &r->err);
        if (rc)
            break;
        if (r->samples++ == 0)
            r->first_ns = r->last->mono_ns;
    }
    return rc == -ENODATA && r->last ? 0 : rc;
}

/* Without a finding that says more, a sample that is not whole allows no OK. */
static int judge(const struct round *r)
{
    const struct findings *f = r->last ? r->last->findings : NULL;

    if (f && f->worst >= SEVERITY_WARNING)
        return f->worst == SEVERITY_CRITICAL ? DOCTOR_CRITICAL : DOCTOR_WARNING;
    if (!f || !snapshot_is_whole(r->last) || r->last->backend == BACKEND_PROC)
        return DOCTOR_UNKNOWN;
    return DOCTOR_OK;
}

static const char *status_word(int status)
{
    static const uint8_t severities[] = {SEVERITY_OK, SEVERITY_WARNING, SEVERITY_CRITICAL, 255};

    return severity_word(severities[status]);
}

/* Text ------------------------------------------------------------------------------------------
 */

static void add_glyphs(struct round *r, const char *words)
{
    if (!r->ascii) {
        sink_add(&r->out, words);
        return;
    }
    for (size_t at = 0, len = strlen(words); at < len;) {
        uint32_t cp;
        char one[8] = "";
        const size_t n = utf8_decode(words + at, len - at, &cp);
        memcpy(one, words + at, n);
        sink_add(&r->out, glyph_ascii(one));
        at += n;
    }
}

static void add_runs(struct round *r, const struct explain_text *t, uint32_t line)
{
    for (uint32_t i = 0; i < t->lines[line].count; i++)
        add_glyphs(r, t->runs[t->lines[line].first + i].text);
    sink_add(&r->out, "\n");
}

static void print_finding(struct round *r, const struct finding *f)
{
    struct str title = STR_INIT;
    struct finding_words words;

    finding_title(f, &title);
    sink_addf(&r->out, "\n%-3s %s  ", severity_mark(f->severity), severity_word(f->severity));
    add_glyphs(r, str_text(&title));
    sink_add(&r->out, "\n");
    str_fini(&title);
    if (finding_set(&words, f, WIDTH - INDENT - LABEL_W))
        return;
    for (uint32_t i = 0; i < words.text.n_lines; i++) {
        const char *label = finding_label_at(&words, i);
        int w = label ? utf8_width(label) : 0;

        sink_add_many(&r->out, ' ', INDENT);
        sink_add(&r->out, label ? label : "");
        sink_add_many(&r->out, ' ', (size_t)(w < LABEL_W ? LABEL_W - w : 1));
        add_runs(r, &words.text, i);
    }
    finding_words_fini(&words);
}

/* A paragraph of all rules that were, or were not, looked at. */
static void print_rules(struct round *r, const struct findings *f, bool were)
{
    struct str list = STR_INIT;
    struct typeset ts;
    struct explain_text t;
    const char *comma = "";

    for (unsigned i = 0; i < RULE_COUNT; i++) {
        if ((f->unlooked[i] == LOOKED) != were)
            continue;
        str_addf(&list, "%s%s", comma, text(rules[i].label));
        if (!were)
            str_addf(&list, " (%s)", unlooked_words(f->unlooked[i]));
        comma = were ? ", " : "; ";
    }
    if (list.len) {
        sink_addf(&r->out, "\n%s\n", text(were ? MSG_DOCTOR_LOOKED : MSG_DOCTOR_NOT_LOOKED));
        typeset_init(&ts);
        typeset_paragraphs(&ts, str_text(&list), ROLE_TEXT, WIDTH, INDENT);
        if (typeset_finish(&ts, &t) == 0)
            for (uint32_t i = 0; i < t.n_lines; i++)
                add_runs(r, &t, i);
        explain_fini(&t);
    }
    str_fini(&list);
}

static double seconds_of(const struct round *r)
{
    return r->last ? (double)(r->last->mono_ns - r->first_ns) / (double)NS_PER_S : 0;
}

static void print_head(struct round *r, int status)
{
    char found[24], rows[FMT_SIZE], samples[16], seconds[FMT_SIZE];
    const struct findings *f = r->last->findings;
    struct str line = STR_INIT;

    snprintf(found, sizeof found, "%u", f ? f->n : 0);
    fmt_count(rows, sizeof rows, r->last->total);
    snprintf(samples, sizeof samples, "%u", r->samples);
    fmt_interval(seconds, sizeof seconds, (uint64_t)(seconds_of(r) * 1000));
    text_fill(&line, f && f->n ? MSG_DOCTOR_FOUND : MSG_DOCTOR_NOTHING, status_word(status),
              r->last->host.name[0] ? r->last->host.name : FMT_NONE, rows, samples, seconds, found,
              NULL);
    add_glyphs(r, str_text(&line));
    sink_add(&r->out, "\n");
    str_fini(&line);
}

static void print_text(struct round *r, int status)
{
    const struct findings *f = r->last->findings;
    struct str hidden = STR_INIT;

    print_head(r, status);
    if (!f)
        return;
    if (r->last->why[0])
        sink_addf(&r->out, "%s\n", r->last->why);
    for (uint32_t i = 0; i < f->n; i++)
        print_finding(r, &f->list[i]);
    print_rules(r, f, true);
    print_rules(r, f, false);
    if (hidden_owners(r->last, &hidden))
        sink_addf(&r->out, "\n%s\n", str_text(&hidden));
    str_fini(&hidden);
}

/* JSON ------------------------------------------------------------------------------------------
 */

static void add_key(struct round *r, const char *key, const char *value)
{
    sink_addf(&r->out, ",\"%s\":", key);
    print_json_string(&r->out, value);
}

static void add_part(struct round *r, const struct finding *f, const char *key,
                     enum finding_part part)
{
    struct str words = STR_INIT;

    finding_part(f, part, &words);
    for (char *at = words.data; at && (at = strstr(at, NBSP)); at++) {
        *at = ' ';
        memmove(at + 1, at + 2, strlen(at + 1));
    }
    add_key(r, key, words.len ? words.data : "");
    str_fini(&words);
}

static void add_commands(struct round *r, const struct finding *f)
{
    struct str lines = STR_INIT;
    const char *comma = "";

    finding_part(f, PART_CHECK, &lines);
    sink_add(&r->out, ",\"check\":[");
    for (char *line = lines.data; line && *line;) {
        char *end = strchr(line, '\n');
        if (end)
            *end = '\0';
        sink_add(&r->out, comma);
        print_json_string(&r->out, line);
        comma = ",";
        line = end ? end + 1 : line + strlen(line);
    }
    sink_add(&r->out, "]");
    str_fini(&lines);
}

static void add_evidence(struct round *r, const struct finding *f)
{
    const char *comma = "";

    sink_add(&r->out, ",\"evidence\":{");
    for (unsigned i = 0; i < FINDING_VALUES; i++) {
        const struct rule_figure *figure = rule_figure(f->rule, i);
        if (!figure || !(f->valid >> i & 1))
            continue;
        bool whole = figure->kind == KIND_OF_COUNT || figure->kind == KIND_OF_BYTES;
        sink_addf(&r->out, whole ? "%s\"%s\":%.0f" : "%s\"%s\":%.2f", comma, figure->key,
                  f->value[i]);
        comma = ",";
    }
    sink_add(&r->out, "}");
}

static void add_who(struct round *r, const struct finding *f)
{
    const struct concern *c = &f->concern;
    char address[64];

    if (f->namespace[0])
        add_key(r, "netns", f->namespace);
    if (c->by & CONCERN_PID) {
        sink_addf(&r->out, ",\"pid\":%u", c->pid);
        add_key(r, "process", f->process);
    }
    if (c->by & CONCERN_UID)
        sink_addf(&r->out, ",\"uid\":%u", c->uid);
    finding_address(&c->ends, false, address);
    if (c->by & CONCERN_SRC)
        add_key(r, "local_addr", address);
    if (c->by & CONCERN_SPORT)
        sink_addf(&r->out, ",\"local_port\":%u", c->ends.sport);
    finding_address(&c->ends, true, address);
    if (c->by & CONCERN_DST)
        add_key(r, "remote_addr", address);
    if (c->by & CONCERN_DPORT)
        sink_addf(&r->out, ",\"remote_port\":%u", c->ends.dport);
    if (!f->has_peer)
        return;
    finding_address(&f->peer, true, address);
    add_key(r, "peer_addr", address);
    if (f->peer_port)
        sink_addf(&r->out, ",\"peer_port\":%u", f->peer.dport);
}

static void print_finding_json(struct round *r, const struct finding *f)
{
    static const char *const severities[] = {"ok", "info", "warning", "critical"};
    struct str words = STR_INIT;
    char since[FMT_SIZE];

    sink_addf(&r->out, "{\"type\":\"finding\",\"rule\":\"%s\",\"severity\":\"%s\"",
              rules[f->rule].name, severities[f->severity]);
    finding_title(f, &words);
    add_key(r, "title", str_text(&words));
    add_key(r, "since", fmt_rfc3339(since, sizeof since, f->since_wall_ns));
    add_who(r, f);
    add_evidence(r, f);
    add_part(r, f, "seen", PART_SEEN);
    add_part(r, f, "means", PART_MEANS);
    add_part(r, f, "do", PART_DO);
    add_part(r, f, "harmless_if", PART_HARMLESS);
    add_commands(r, f);
    str_clear(&words);
    finding_filter(f, &words);
    if (words.len)
        add_key(r, "filter", str_text(&words));
    sink_add(&r->out, "}\n");
    str_fini(&words);
}

static void print_json(struct round *r, int status)
{
    static const char *const words[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
    const struct findings *f = r->last->findings;
    char time[FMT_SIZE];
    const char *comma = "";

    for (uint32_t i = 0; f && i < f->n; i++)
        print_finding_json(r, &f->list[i]);
    sink_addf(&r->out, "{\"type\":\"doctor\",\"status\":\"%s\",\"findings\":%u,\"samples\":%u",
              words[status], f ? f->n : 0, r->samples);
    sink_addf(&r->out, ",\"seconds\":%.1f,\"connections\":%u,\"looked_at\":[", seconds_of(r),
              r->last->total);
    for (unsigned i = 0; f && i < RULE_COUNT; i++) {
        if (f->unlooked[i] != LOOKED)
            continue;
        sink_addf(&r->out, "%s\"%s\"", comma, rules[i].name);
        comma = ",";
    }
    sink_add(&r->out, "],\"not_looked_at\":{");
    comma = "";
    for (unsigned i = 0; f && i < RULE_COUNT; i++) {
        if (f->unlooked[i] == LOOKED)
            continue;
        sink_addf(&r->out, "%s\"%s\":", comma, rules[i].name);
        print_json_string(&r->out, unlooked_words(f->unlooked[i]));
        comma = ",";
    }
    sink_addf(&r->out, "},\"complete\":%s", snapshot_is_whole(r->last) ? "true" : "false");
    add_key(r, "time", fmt_rfc3339(time, sizeof time, r->last->wall_ns));
    if (r->last->host.name[0])
        add_key(r, "host", r->last->host.name);
    add_key(r, "version", TCPTOP_VERSION);
    sink_add(&r->out, "}\n");
}

static int open_round(struct round *r)
{
    struct source *src;
    int rc = app_open_source(&src, r->s, &r->err);

    if (rc)
        return rc;
    r->stepper = stepper_new(src, 1);
    r->examiner = doctor_new(&r->s->limits, true, r->s->cpu_budget);
    if (r->stepper)
        stepper_examine(r->stepper, r->examiner);
    else if (r->examiner)
        r->examiner->free(r->examiner);
    rc = r->stepper && r->examiner ? sink_init(&r->out, STDOUT_FILENO) : -ENOMEM;
    return rc ? err_set(&r->err, rc, "%s", err_name(rc)) : 0;
}

int mode_doctor(const struct settings *s, bool utf8)
{
    struct round r = {.s = s, .ascii = !utf8 || s->glyphs == GLYPHS_ASCII};
    int rc = open_round(&r), status = DOCTOR_UNKNOWN;

    if (!rc)
        rc = take_samples(&r);
    if (rc && rc != -EPIPE)
        app_complain(rc == -ENODATA ? text(MSG_NO_SAMPLE) : r.err.msg);
    if (!rc) {
        status = judge(&r);
        if (s->format == FORMAT_JSON)
            print_json(&r, status);
        else
            print_text(&r, status);
    }
    snapshot_unref(r.last);
    stepper_free(r.stepper);
    const int end = app_finish(&r.out, EXIT_COMPLETE);
    return end == EXIT_COMPLETE ? status : DOCTOR_UNKNOWN;
}
