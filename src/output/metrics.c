/* SPDX-License-Identifier: MIT */
/* Metrics for Prometheus: the rows of metrics.def, and the figures of findings, whose metrics
 * follow from the doctor's table. */
#include "tcptop/output/metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics_listeners.h"
#include "print.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/fmt.h"
#include "tcptop/doctor/finding_scope.h"

enum metric_type { METRIC_GAUGE, METRIC_COUNTER, METRIC_INFO };
enum metric_when { METRIC_ALWAYS, METRIC_RESIDENT };

/* What the functions of metrics.def are asked for. */
enum {
    SAMPLE_OF_TIME,
    SAMPLE_OF_DURATION,
    SAMPLE_OF_CPU,
    SAMPLE_OF_COMPLETE,
    KEPT_SAMPLES,
    KEPT_FAILED,
    KEPT_ENDED,
    KEPT_UNSEEN,
    KEPT_LOST,
    LISTENER_QUEUE,
    LISTENER_LIMIT,
    LISTENER_DROPS,
    TRUNCATED_LISTENERS,
    TRUNCATED_FINDINGS,
};

struct metrics {
    bool resident, services;
    uint64_t samples, failed;
    bool ends_known; /* the kernel has reported ends */
    struct listener_sums listeners;
};

/* A finding whose figures are told: the labels of its series. */
struct told {
    const struct finding *finding;
    struct str labels;
};

struct writer {
    struct str *out;
    bool open; /* OpenMetrics */
    const struct metrics *m;
    const struct sample *s;
    struct told told[RULE_COUNT][METRICS_FINDINGS];
    uint32_t n_told[RULE_COUNT], untold;
};

struct metric {
    const char *name;
    enum metric_type type;
    const char *unit, *labels;
    unsigned most;
    enum metric_when when;
    void (*put)(struct writer *w, const struct metric *row);
    int which;
    const char *help;
};

static const char *const severities[] = {"ok", "info", "warning", "critical"};

/* Lines of the text. */

/* The name in a line of a series. */
static void add_name(const struct writer *w, const struct metric *row)
{
    str_add(w->out, row->name);
    str_add(w->out, row->type == METRIC_COUNTER ? "_total"
                    : row->type == METRIC_INFO  ? "_info"
                                                : "");
}

/* OpenMetrics calls the metric without what its type adds to the name of its series. */
static void add_comment(const struct writer *w, const struct metric *row, const char *kind,
                        const char *text)
{
    str_addf(w->out, "# %s ", kind);
    if (w->open)
        str_add(w->out, row->name);
    else
        add_name(w, row);
    str_addf(w->out, " %s\n", text);
}

static void add_head(const struct writer *w, const struct metric *row)
{
    static const char *const types[] = {"gauge", "counter", "info"};
    const bool info = row->type == METRIC_INFO && !w->open; /* which the older format lacks */

    add_comment(w, row, "HELP", row->help);
    add_comment(w, row, "TYPE", types[info ? METRIC_GAUGE : row->type]);
    if (w->open && *row->unit)
        add_comment(w, row, "UNIT", row->unit);
}

/* Append a label; one without a value is left out, which means the same. */
static void add_label(struct str *labels, const char *name, const char *value)
{
    if (!*value)
        return;
    str_addf(labels, "%s%s=\"", labels->len ? "," : "", name);
    for (; *value; value++) {
        if (*value == '\\' || *value == '"')
            str_add_char(labels, '\\');
        if (*value == '\n')
            str_add(labels, "\\n");
        else
            str_add_char(labels, *value);
    }
    str_add_char(labels, '"');
}

static void begin_line(const struct writer *w, const struct metric *row, const char *labels)
{
    add_name(w, row);
    if (*labels)
        str_addf(w->out, "{%s}", labels);
    str_add_char(w->out, ' ');
}

static void add_whole(const struct writer *w, const struct metric *row, const char *labels,
                      uint64_t value)
{
    begin_line(w, row, labels);
    str_add_uint(w->out, value);
    str_add_char(w->out, '\n');
}

static void add_number(const struct writer *w, const struct metric *row, const char *labels,
                       double value)
{
    if (!isfinite(value))
        return;
    begin_line(w, row, labels);
    str_addf(w->out, "%.15g\n", value);
}

/* The functions of metrics.def. */

static bool failed(const struct writer *w)
{
    return w->s->status == SAMPLE_FAILED;
}

static void put_build(struct writer *w, const struct metric *row)
{
    add_whole(w, row, "version=\"" TCPTOP_VERSION "\"", 1);
}

static void put_sample(struct writer *w, const struct metric *row)
{
    const struct sample *s = w->s;
    const double ns = (double)NS_PER_S;

    if (row->which == SAMPLE_OF_COMPLETE)
        add_whole(w, row, "", sample_is_whole(s));
    else if (row->which == SAMPLE_OF_TIME && s->wall_ns)
        add_number(w, row, "", (double)(s->wall_ns / NS_PER_MS) / 1000);
    else if (row->which == SAMPLE_OF_DURATION && !failed(w))
        add_number(w, row, "", (double)s->cost_ns / ns);
    else if (row->which == SAMPLE_OF_CPU && !failed(w))
        add_number(w, row, "", (double)s->cpu_ns / ns);
}

static void put_kept(struct writer *w, const struct metric *row)
{
    const struct close_stats *ends = &w->s->close_stats_total;

    if (row->which == KEPT_SAMPLES)
        add_whole(w, row, "", w->m->samples);
    else if (row->which == KEPT_FAILED)
        add_whole(w, row, "", w->m->failed);
    else if (w->m->ends_known)
        add_whole(w, row, "",
                  row->which == KEPT_ENDED    ? ends->ended
                  : row->which == KEPT_UNSEEN ? ends->unseen
                                              : ends->lost);
}

static void put_states(struct writer *w, const struct metric *row)
{
    const uint32_t measured = print_measured_states(w->s);

    for (int i = 0; print_counts_state(i); i++) {
        const unsigned state = print_counts_state(i);
        struct str labels = STR_INIT;
        add_label(&labels, "state", state_name(state));
        if (measured & STATE_BIT(state))
            add_whole(w, row, str_text(&labels), w->s->count[state]);
        str_fini(&labels);
    }
}

static void put_counter(struct writer *w, const struct metric *row)
{
    uint64_t value;

    if (host_counter(&w->s->host, (enum host_counter)row->which, &value))
        add_whole(w, row, "", value);
}

static void put_gauge(struct writer *w, const struct metric *row)
{
    uint64_t value;

    if (host_gauge(&w->s->host, (enum host_gauge)row->which, &value))
        add_whole(w, row, "", value);
}

static void put_sysctl(struct writer *w, const struct metric *row)
{
    int64_t value;

    if (host_sysctl(&w->s->host, (enum host_sysctl)row->which, &value))
        add_number(w, row, "", (double)value);
}

static void put_ports(struct writer *w, const struct metric *row)
{
    struct port_range range;

    if (host_port_range(&w->s->host, &range) && range.usable > 0)
        add_whole(w, row, "", (uint64_t)range.usable);
}

static void put_listeners(struct writer *w, const struct metric *row)
{
    const struct listener_sums *sums = &w->m->listeners;

    for (uint32_t i = 0; !failed(w) && i < sums->n; i++) {
        const struct listener_sum *l = &sums->list[i];
        const bool known = row->which == LISTENER_QUEUE   ? l->queue_known
                           : row->which == LISTENER_LIMIT ? l->limit_known
                                                          : l->drops_known;
        struct str labels = STR_INIT;
        add_label(&labels, "address", l->address);
        str_addf(&labels, "%sport=\"%u\"", labels.len ? "," : "", l->ends.sport);
        add_label(&labels, "service", w->m->services ? l->service : "");
        add_label(&labels, "netns", l->netns);
        if (known)
            add_whole(w, row, str_text(&labels),
                      row->which == LISTENER_QUEUE   ? l->queue
                      : row->which == LISTENER_LIMIT ? l->limit
                                                     : l->drops);
        str_fini(&labels);
    }
}

static void put_truncated(struct writer *w, const struct metric *row)
{
    if (row->which == TRUNCATED_LISTENERS && !failed(w))
        add_whole(w, row, "", w->m->listeners.truncated);
    else if (row->which == TRUNCATED_FINDINGS && w->s->findings)
        add_whole(w, row, "", w->untold);
}

static void put_findings(struct writer *w, const struct metric *row)
{
    uint32_t count[RULE_COUNT][SEVERITY_CRITICAL + 1] = {0};
    const struct findings *f = w->s->findings;

    for (uint32_t i = 0; f && i < f->n; i++)
        count[f->list[i].rule][f->list[i].severity]++;
    for (unsigned rule = 0; f && rule < RULE_COUNT; rule++)
        for (unsigned severity = SEVERITY_INFO; severity <= SEVERITY_CRITICAL; severity++) {
            struct str labels = STR_INIT;
            add_label(&labels, "rule", rules[rule].name);
            add_label(&labels, "severity", severities[severity]);
            add_whole(w, row, str_text(&labels), count[rule][severity]);
            str_fini(&labels);
        }
}

static void put_checked(struct writer *w, const struct metric *row)
{
    for (unsigned rule = 0; w->s->findings && rule < RULE_COUNT; rule++) {
        struct str labels = STR_INIT;
        add_label(&labels, "rule", rules[rule].name);
        add_whole(w, row, str_text(&labels), w->s->findings->skip[rule] == LOOKED);
        str_fini(&labels);
    }
}

#define GAUGE    METRIC_GAUGE
#define COUNTER  METRIC_COUNTER
#define INFO     METRIC_INFO
#define ALWAYS   METRIC_ALWAYS
#define RESIDENT METRIC_RESIDENT
static const struct metric table[] = {
#define METRIC(ident, name, type, unit, labels, most, when, put, which, help)                      \
    {name, type, unit, labels, most, when, put_##put, which, help},
#include "tcptop/output/metrics.def"
};
#undef GAUGE
#undef COUNTER
#undef INFO
#undef ALWAYS
#undef RESIDENT
#define TABLE_ROWS (sizeof table / sizeof table[0])

/* Figures of findings. */

static bool ends_in(const char *text, size_t len, const char *end)
{
    const size_t n = strlen(end);

    return len >= n && strncmp(text + len - n, end, n) == 0;
}

/* "used_share" per cent is used_ratio; "oldest_s" is oldest_seconds; "new_per_s" new_per_second. */
void metrics_figure_name(enum rule_id rule, unsigned which, struct str *out)
{
    const struct rule_figure *figure = rule_figure(rule, which);
    const char *key = figure->key;
    size_t len = strlen(key);

    str_addf(out, "tcptop_finding_%s_", rules[rule].name);
    switch (figure->kind) {
    case KIND_OF_SECONDS:
    case KIND_OF_AGE:
        str_addf(out, "%.*sseconds", (int)(len - 1), key);
        break;
    case KIND_OF_RATE:
        str_addf(out, "%.*ssecond", (int)(len - 1), key);
        break;
    case KIND_OF_PERCENT:
        len -= ends_in(key, len, "share") ? strlen("share") : 0;
        str_addf(out, "%.*sratio", (int)len, key);
        break;
    case KIND_OF_COUNT:
    case KIND_OF_BYTES:
        str_add(out, key);
        break;
    }
}

static const char *figure_unit(enum figure_kind kind)
{
    static const char *const units[] = {
        [KIND_OF_COUNT] = "",        [KIND_OF_SECONDS] = "seconds", [KIND_OF_AGE] = "seconds",
        [KIND_OF_PERCENT] = "ratio", [KIND_OF_RATE] = "",           [KIND_OF_BYTES] = "bytes"};

    return units[kind];
}

/* A port beside an address: "10.0.3.7:5432", "[2001:db8::7]:443". */
static void add_destination(struct str *labels, const struct conn *c, bool port)
{
    char address[CONN_ADDRESS_SIZE];
    struct str text = STR_INIT;

    finding_address(c, true, address);
    const bool bare = !port || conn_address_unknown(c, true) || !strchr(address, ':');
    str_addf(&text, bare ? "%s" : "[%s]", address);
    if (port)
        str_addf(&text, ":%u", c->dport);
    add_label(labels, "destination", str_text(&text));
    str_fini(&text);
}

/* Whom it is about. */
static void add_subject(struct str *labels, const struct finding *f)
{
    const struct conn *ends = &f->scope.ends;
    char address[CONN_ADDRESS_SIZE];

    switch ((enum subject)f->subject) {
    case SUBJECT_LISTENER:
        finding_address(ends, false, address);
        add_label(labels, "address", conn_is_dual_stack(ends) ? "*" : address);
        str_addf(labels, "%sport=\"%u\"", labels->len ? "," : "", ends->sport);
        break;
    case SUBJECT_ROUTE:
        finding_address(ends, false, address);
        add_label(labels, "source", address);
        add_destination(labels, ends, true);
        break;
    case SUBJECT_DESTINATION:
        add_destination(labels, ends, true);
        break;
    case SUBJECT_PEER:
        add_destination(labels, ends, false);
        break;
    case SUBJECT_HOST:
    case SUBJECT_PROCESS:
        break;
    }
}

/* Choose the findings whose figures are told: of each rule the first, which are the worst. Two with
 * the same labels, as of two processes of one name, would be one series. */
static void choose_findings(struct writer *w)
{
    const struct findings *f = w->s->findings;

    for (uint32_t i = 0; f && i < f->n; i++) {
        const struct finding *finding = &f->list[i];
        struct told *of_rule = w->told[finding->rule];
        struct str labels = STR_INIT;
        bool known = w->n_told[finding->rule] == METRICS_FINDINGS;
        add_subject(&labels, finding);
        add_label(&labels, "process", finding->who.pid ? finding->who.name : "");
        add_label(&labels, "service", w->m->services ? finding->who.service : "");
        add_label(&labels, "netns", finding->namespace);
        for (uint32_t k = 0; !known && k < w->n_told[finding->rule]; k++)
            known = strcmp(str_text(&of_rule[k].labels), str_text(&labels)) == 0;
        if (known) {
            w->untold++;
            str_fini(&labels);
            continue;
        }
        of_rule[w->n_told[finding->rule]++] = (struct told){finding, labels};
    }
}

/* The labels of a series: how grave it is beside whom it is about, of which there is one. */
static void add_severities(struct writer *w)
{
    for (unsigned rule = 0; rule < RULE_COUNT; rule++) {
        for (uint32_t i = 0; i < w->n_told[rule]; i++)
            add_label(&w->told[rule][i].labels, "severity",
                      severities[w->told[rule][i].finding->severity]);
    }
}

static void forget_findings(struct writer *w)
{
    for (unsigned rule = 0; rule < RULE_COUNT; rule++)
        for (uint32_t i = 0; i < w->n_told[rule]; i++) {
            w->out->failed |= str_failed(&w->told[rule][i].labels);
            str_fini(&w->told[rule][i].labels);
        }
}

/* The metric of a figure; `name` and `help` hold its texts. */
static struct metric figure_metric(enum rule_id rule, unsigned which, struct str *name,
                                   struct str *help)
{
    const struct rule_figure *figure = rule_figure(rule, which);

    metrics_figure_name(rule, which, name);
    str_addf(help, "Figure %s of the findings of rule %s; it may be a lower bound.", figure->key,
             rules[rule].name);
    return (struct metric){
        .name = str_text(name),
        .type = METRIC_GAUGE,
        .unit = figure_unit(figure->kind),
        .labels = "address,port,source,destination,process,service,netns,severity",
        .most = METRICS_FINDINGS,
        .help = str_text(help),
    };
}

static void put_figure(const struct writer *w, enum rule_id rule, unsigned which)
{
    const bool percent = rule_figure(rule, which)->kind == KIND_OF_PERCENT;
    struct str name = STR_INIT, help = STR_INIT;
    const struct metric row = figure_metric(rule, which, &name, &help);
    bool headed = false;

    for (uint32_t i = 0; i < w->n_told[rule]; i++) {
        const struct finding *f = w->told[rule][i].finding;
        if (!(f->valid >> which & 1) || !isfinite(f->value[which]))
            continue;
        if (!headed)
            add_head(w, &row);
        headed = true;
        add_number(w, &row, str_text(&w->told[rule][i].labels),
                   percent ? f->value[which] / 100 : f->value[which]);
    }
    str_fini(&name);
    str_fini(&help);
}

/* The whole. */

struct metrics *metrics_new(bool resident, bool services)
{
    struct metrics *m = calloc(1, sizeof *m);

    if (m)
        *m = (struct metrics){.resident = resident, .services = services};
    return m;
}

void metrics_free(struct metrics *m)
{
    if (m)
        metrics_listeners_fini(&m->listeners);
    free(m);
}

int metrics_take(struct metrics *m, const struct sample *s)
{
    if (s->status == SAMPLE_FAILED) {
        m->failed++;
        return 0;
    }
    m->samples++;
    m->ends_known |= s->close_events_known;
    return metrics_listeners_take(&m->listeners, s, m->resident);
}

void metrics_print(const struct metrics *m, const struct sample *s, enum format format,
                   struct str *out)
{
    struct writer w = {.out = out, .open = format == FORMAT_OPENMETRICS, .m = m, .s = s};

    choose_findings(&w);
    add_severities(&w);
    for (size_t i = 0; i < TABLE_ROWS; i++) {
        const size_t before = out->len;
        if (table[i].when == METRIC_RESIDENT && !m->resident)
            continue;
        add_head(&w, &table[i]);
        const size_t head = out->len;
        table[i].put(&w, &table[i]);
        if (out->len == head) /* nothing is known of it */
            str_truncate(out, before);
    }
    for (unsigned rule = 0; rule < RULE_COUNT; rule++)
        for (unsigned which = 0; rule_figure(rule, which); which++)
            put_figure(&w, (enum rule_id)rule, which);
    forget_findings(&w);
    if (w.open)
        str_add(out, "# EOF\n");
}

unsigned metrics_most(void)
{
    unsigned most = 0;

    for (size_t i = 0; i < TABLE_ROWS; i++)
        most += table[i].most;
    for (unsigned rule = 0; rule < RULE_COUNT; rule++)
        for (unsigned which = 0; rule_figure(rule, which); which++)
            most += METRICS_FINDINGS;
    return most;
}

static void explain_row(struct str *out, const struct metric *row)
{
    static const char *const types[] = {"gauge", "counter", "info"};
    const struct writer w = {.out = out};

    add_name(&w, row);
    if (*row->labels)
        str_addf(out, "{%s}", row->labels);
    str_addf(out, "\n    %s, up to %u series%s\n    %s\n", types[row->type], row->most,
             row->when == METRIC_RESIDENT ? ", only with --batch" : "", row->help);
}

void metrics_explain(struct str *out)
{
    char most[FMT_SIZE];

    for (size_t i = 0; i < TABLE_ROWS; i++)
        explain_row(out, &table[i]);
    for (unsigned rule = 0; rule < RULE_COUNT; rule++)
        for (unsigned which = 0; rule_figure(rule, which); which++) {
            struct str name = STR_INIT, help = STR_INIT;
            const struct metric row = figure_metric((enum rule_id)rule, which, &name, &help);
            explain_row(out, &row);
            str_fini(&name);
            str_fini(&help);
        }
    fmt_count(most, sizeof most, metrics_most());
    text_fill(out, MSG_METRICS_MOST, most, NULL);
    str_add_char(out, '\n');
}
