/* SPDX-License-Identifier: MIT */
/* Makes config/prometheus/tcptop.rules.yml: `alerts` prints the alerts of alerts.def, with the
 * doctor's thresholds and words, and rules that record what a fleet of hosts is looked at by.
 *
 * Exit code 1 when an expression names a figure or a threshold that is not there; standard error
 * has its name. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plain_message.h"
#include "tcptop/doctor/doctor.h"
#include "tcptop/output/metrics.h"

#define RECORDER_DIR "/var/log/tcptop"
#define NAME_CHARS   "abcdefghijklmnopqrstuvwxyz0123456789_"

struct alert {
    enum rule_id rule;
    const char *severity, *name, *lasts, *expression, *value;
};

static const struct alert alerts[] = {
#define ALERT(rule, severity, name, lasts, expression, value)                                      \
    {RULE_##rule, #severity, name, lasts, expression, value},
#include "alerts.def"
};

static const struct {
    const char *key;
    double initial;
} thresholds[] = {
#define RULE(ident, name, states, judges, wants, per_row, commands)
#define LIMIT(rule, field, key, kind, min, max, number, initial, help) {key, number},
#define FIGURE(rule, field, key, kind)
#include "tcptop/doctor/rules.def"
};

static void fail(const char *what, const char *name, size_t len)
{
    fprintf(stderr, "alerts.def: there is no %s '%.*s'\n", what, (int)len, name);
    exit(EXIT_FAILURE); /* lint: exits, as a program of its own */
}

static bool same(const char *key, const char *name, size_t len)
{
    return strlen(key) == len && strncmp(key, name, len) == 0;
}

/* Notes have figures too, and are none that anybody is called for. */
static void add_figure(struct str *out, const struct alert *alert, const char *name, size_t len)
{
    for (unsigned which = 0; rule_figure(alert->rule, which); which++)
        if (same(rule_figure(alert->rule, which)->key, name, len)) {
            metrics_figure_name(alert->rule, which, out);
            if (strcmp(alert->severity, "info") != 0)
                str_add(out, "{severity!=\"info\"}");
            return;
        }
    fail("figure", name, len);
}

static void add_threshold(struct str *out, const char *name, size_t len, bool percent)
{
    for (size_t i = 0; i < sizeof thresholds / sizeof thresholds[0]; i++)
        if (same(thresholds[i].key, name, len)) {
            str_addf(out, "%.12g", thresholds[i].initial / (percent ? 100 : 1));
            return;
        }
    fail("threshold", name, len);
}

static void add_expression(struct str *out, const struct alert *alert)
{
    for (const char *at = alert->expression; *at;) {
        const char sign = *at;
        const bool percent = sign == '$' && at[1] == '%';
        const char *name = at + 1 + percent;
        const size_t len = strspn(name, NAME_CHARS);
        if (sign == '@')
            add_figure(out, alert, name, len);
        else if (sign == '$')
            add_threshold(out, name, len, percent);
        else
            str_add_char(out, sign);
        at = sign == '@' || sign == '$' ? name + len : at + 1;
    }
}

/* A line "KEY: 'TEXT'", where ' within the text is doubled. */
static void put(int indent, const char *key, const char *text)
{
    printf("%*s%s: '", indent, "", key);
    for (; *text; text++) {
        if (*text == '\'')
            putchar('\'');
        putchar(*text);
    }
    puts("'");
}

/* Sentences of the catalogue: from a capital to a full stop. */
static void add_sentence(struct str *out, enum msg id)
{
    const size_t from = out->len;

    plain_message_add(out, text_in(LANG_EN, id));
    if (out->len > from && strcspn(out->data + from, " ") < strcspn(out->data + from, "_"))
        out->data[from] = (char)toupper((unsigned char)out->data[from]);
    if (out->len && out->data[out->len - 1] != '.')
        str_add_char(out, '.');
}

static void put_annotations(const struct alert *alert)
{
    const struct rule *rule = &rules[alert->rule];
    struct str text = STR_INIT;

    puts("        annotations:");
    plain_message_add(&text, text_in(LANG_EN, rule->label));
    text.data[0] = (char)toupper((unsigned char)text.data[0]);
    str_add(&text, "{{ with $labels.destination }} towards {{ . }}{{ end }}"
                   "{{ with $labels.port }} at port {{ . }}{{ end }}"
                   "{{ with $labels.process }}, by {{ . }}{{ end }} on {{ $labels.instance }}");
    str_add(&text, alert->value);
    put(10, "summary", str_text(&text));
    str_clear(&text);
    add_sentence(&text, rule->means);
    str_add(&text, " Harmless if: ");
    plain_message_add(&text, text_in(LANG_EN, rule->harmless));
    str_add(&text, ".");
    put(10, "description", str_text(&text));
    str_clear(&text);
    add_sentence(&text, rule->act);
    put(10, "action", str_text(&text));
    str_clear(&text);
    str_add(
        &text,
        "ssh -t {{ reReplaceAll \":[0-9]+$\" \"\" $labels.instance }} tcptop --read " RECORDER_DIR
        " --at @{{ with query \"time()\" }}{{ . | first | value | "
        "printf \"%.0f\" }}{{ end }}");
    put(10, "show", str_text(&text));
    str_clear(&text);
    str_add(&text, "tcptop --host {{ reReplaceAll \":[0-9]+$\" \"\" $labels.instance }} --doctor");
    put(10, "show_now", str_text(&text));
    str_fini(&text);
}

static void put_alert(const struct alert *alert)
{
    struct str expression = STR_INIT;

    add_expression(&expression, alert);
    printf("      - alert: Tcptop%s\n", alert->name);
    put(8, "expr", str_text(&expression));
    printf("        for: %s\n", alert->lasts);
    printf("        labels:\n          severity: %s\n          rule: %s\n", alert->severity,
           rules[alert->rule].name);
    put_annotations(alert);
    str_fini(&expression);
}

/* What is asked of many hosts at once. Hosts may have a label `cluster`; where they have none, all
 * are one. */
static void put_recorded(void)
{
    static const char *const recorded[][2] = {
        {"cluster_state:tcptop_connections:sum", "sum by (cluster, state) (tcptop_connections)"},
        {"cluster_rule:tcptop_hosts:count",
         "count by (cluster, rule, severity) (tcptop_finding >= 1)"},
        {"instance:tcptop_findings:sum",
         "sum by (cluster, instance) (tcptop_finding{severity=~\"warning|critical\"})"},
        {"instance:tcptop_connections_ended:rate5m",
         "sum by (cluster, instance) (rate(tcptop_connections_ended_total[5m]))"},
        {"instance:tcptop_listener_drops:rate5m",
         "sum by (cluster, instance) (rate(tcptop_listener_drops_total[5m]))"},
        {"instance:tcptop_segments_retransmitted:ratio_rate5m",
         "sum by (cluster, instance) (rate(tcptop_segments_retransmitted_total[5m])) / "
         "(sum by (cluster, instance) (rate(tcptop_data_segments_sent_total[5m])) >= 1)"},
    };

    puts("  - name: tcptop_fleet\n    rules:");
    for (size_t i = 0; i < sizeof recorded / sizeof recorded[0]; i++) {
        printf("      - record: %s\n", recorded[i][0]);
        put(8, "expr", recorded[i][1]);
    }
}

/* Whether tcptop itself tells all. */
static void put_own(void)
{
    static const struct {
        const char *name, *expression, *summary, *description, *action, *show;
    } own[] = {
        {"TcptopStale", "time() - tcptop_sample_timestamp_seconds > 300",
         "tcptop on {{ $labels.instance }} has told nothing new for "
         "{{ $value | humanizeDuration }}",
         "The file is not replaced: the service has stopped, or cannot write. No other alert of "
         "this "
         "host can be relied on.",
         "Read its journal, and start it again.", "systemctl status tcptop-metrics"},
        {"TcptopIncomplete", "tcptop_sample_complete < 1",
         "Samples on {{ $labels.instance }} fail, or a part of them is missing",
         "Some rules are not checked then; tcptop_rule_checked is 0 for them.",
         "Give it the rights that its unit names; the journal says what is missing.",
         "journalctl -u tcptop-metrics -u 'tcptop-http@*' -n 20"},
    };

    puts("  - name: tcptop_itself\n    rules:");
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        printf("      - alert: %s\n", own[i].name);
        put(8, "expr", own[i].expression);
        puts("        for: 5m\n        labels:\n          severity: warning\n        annotations:");
        put(10, "summary", own[i].summary);
        put(10, "description", own[i].description);
        put(10, "action", own[i].action);
        put(10, "show", own[i].show);
    }
}

int main(void)
{
    puts("# SPDX-License-Identifier: MIT\n"
         "# Alerts on what tcptop tells Prometheus, with the thresholds that its doctor has by "
         "default.\n"
         "# Made by src/alerts.c of src/alerts.def and the doctor's table: `make alerts`.\n"
         "#\n"
         "# `show` is a command that opens the moment in what tcptop-record.service recorded on "
         "the host.\n"
         "groups:\n"
         "  - name: tcptop\n    rules:");
    for (size_t i = 0; i < sizeof alerts / sizeof alerts[0]; i++)
        put_alert(&alerts[i]);
    put_own();
    put_recorded();
    return fflush(stdout) || ferror(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
