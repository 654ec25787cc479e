/* SPDX-License-Identifier: MIT */
/* Metrics: both formats line by line, zeros and absence, labels of hostile names, bounded series,
 * drops of listeners from sample to sample. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "lib/model_build.h"
#include "lib/run.h"
#include "lib/sample.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/fmt.h"
#include "tcptop/output/metrics.h"

static struct str output;

static int tear_down(void **state)
{
    (void)state;
    str_fini(&output);
    return 0;
}

/* The text of one sample, valid until the next. */
static const char *printed(const struct sample *s, enum format format, bool services)
{
    struct metrics *m = metrics_new(false, services);

    assert_non_null(m);
    assert_int_equal(metrics_take(m, s), 0);
    str_clear(&output);
    metrics_print(m, s, format, &output);
    assert_false(str_failed(&output));
    metrics_free(m);
    return str_text(&output);
}

static bool has(const char *line)
{
    char whole[256];

    snprintf(whole, sizeof whole, "\n%s\n", line);
    return strstr(str_text(&output), whole);
}

static unsigned count_series(void)
{
    unsigned n = 0;

    for (const char *line = str_text(&output); *line; line = strchr(line, '\n') + 1)
        n += *line != '#';
    return n;
}

static unsigned count_of(const char *name)
{
    unsigned n = 0;
    const size_t len = strlen(name);

    for (const char *line = str_text(&output); *line; line = strchr(line, '\n') + 1)
        n += strncmp(line, name, len) == 0 && (line[len] == '{' || line[len] == ' ');
    return n;
}

static struct sample *host(void)
{
    struct sample *s = sample_make(NULL);

    s->wall_ns = 1795356202 * NS_PER_S + 250 * NS_PER_MS;
    s->cost_ns = 12 * NS_PER_MS;
    s->status = SAMPLE_COMPLETE;
    s->findings = findings_new(40);
    assert_non_null(s->findings);
    return s;
}

static struct finding *find(struct sample *s, enum rule_id rule, enum severity severity,
                            enum subject subject)
{
    struct finding *f = &s->findings->list[s->findings->n++];

    *f = (struct finding){
        .rule = (uint8_t)rule, .severity = (uint8_t)severity, .subject = (uint8_t)subject};
    return f;
}

static void both_formats(void **state)
{
    struct sample *s = host();

    (void)state;
    s->host.counter[COUNTER_RETRANS_SEGS] = UINT64_C(9007199254740993); /* no double has it */
    s->host.counter_valid = 1u << COUNTER_RETRANS_SEGS;
    sample_count(s);
    printed(s, FORMAT_PROMETHEUS, false);
    assert_true(has("# TYPE tcptop_build_info gauge"));
    assert_true(has("tcptop_build_info{version=\"" TCPTOP_VERSION "\"} 1"));
    assert_true(has("# TYPE tcptop_segments_retransmitted_total counter"));
    assert_true(has("tcptop_segments_retransmitted_total 9007199254740993"));
    assert_true(has("tcptop_sample_timestamp_seconds 1795356202.25"));
    assert_true(has("tcptop_sample_duration_seconds 0.012"));
    assert_null(strstr(str_text(&output), "# UNIT"));
    assert_null(strstr(str_text(&output), "# EOF"));
    printed(s, FORMAT_OPENMETRICS, false);
    assert_true(has("# TYPE tcptop_build info"));
    assert_true(has("tcptop_build_info{version=\"" TCPTOP_VERSION "\"} 1"));
    assert_true(has("# TYPE tcptop_segments_retransmitted counter"));
    assert_true(has("tcptop_segments_retransmitted_total 9007199254740993"));
    assert_true(has("# UNIT tcptop_sample_duration_seconds seconds"));
    assert_string_equal(str_text(&output) + output.len - strlen("\n# EOF\n"), "\n# EOF\n");
    sample_unref(s);
}

/* What is 0 is there; what is not known is not. */
static void zeros_and_absence(void **state)
{
    struct sample *s = host();

    (void)state;
    memset(s->findings->skip, SKIP_YET, sizeof s->findings->skip);
    s->findings->skip[RULE_RESETS] = LOOKED;
    find(s, RULE_MEMORY, SEVERITY_CRITICAL, SUBJECT_HOST);
    sample_row(s, "10.0.0.1:80", "10.0.0.2:9", TCP_STATE_ESTABLISHED);
    sample_count(s);
    printed(s, FORMAT_PROMETHEUS, false);
    assert_true(has("tcptop_connections{state=\"ESTABLISHED\"} 1"));
    assert_true(has("tcptop_connections{state=\"TIME_WAIT\"} 0"));
    assert_int_equal(count_of("tcptop_connections"), 10); /* neither CLOSE nor BOUND_INACTIVE */
    assert_true(has("tcptop_finding{rule=\"memory\",severity=\"critical\"} 1"));
    assert_true(has("tcptop_finding{rule=\"memory\",severity=\"info\"} 0"));
    assert_int_equal(count_of("tcptop_finding"), RULE_COUNT * 3);
    assert_true(has("tcptop_rule_checked{rule=\"resets\"} 1"));
    assert_true(has("tcptop_rule_checked{rule=\"close_wait\"} 0"));
    assert_true(has("tcptop_listeners_truncated 0"));
    assert_int_equal(count_of("tcptop_resets_sent_total"), 0);
    assert_null(strstr(str_text(&output), "tcptop_resets_sent_total")); /* nor a head without it */
    assert_int_equal(count_of("tcptop_samples_total"), 0);              /* not resident */
    sample_unref(s);
}

static void a_failed_sample_tells_so(void **state)
{
    struct sample *s = host();
    struct metrics *m = metrics_new(true, false);

    (void)state;
    sample_row(s, "[::]:80", "[::]:0", TCP_STATE_LISTEN);
    sample_count(s);
    assert_int_equal(metrics_take(m, s), 0);
    sample_unref(s);
    s = sample_make(NULL);
    s->status = SAMPLE_FAILED;
    assert_int_equal(metrics_take(m, s), 0);
    str_clear(&output);
    metrics_print(m, s, FORMAT_PROMETHEUS, &output);
    assert_true(has("tcptop_sample_complete 0"));
    assert_true(has("tcptop_samples_total 1"));
    assert_true(has("tcptop_samples_failed_total 1"));
    assert_int_equal(count_of("tcptop_connections"), 0);
    assert_int_equal(count_of("tcptop_listener_queue"), 0);
    assert_int_equal(count_of("tcptop_finding"), 0);
    metrics_free(m);
    sample_unref(s);
}

static void figures_of_findings(void **state)
{
    struct sample *s = host();
    struct finding *f = find(s, RULE_EPHEMERAL, SEVERITY_CRITICAL, SUBJECT_ROUTE);

    (void)state;
    f->scope.ends = *sample_row(s, "10.0.0.1:40000", "10.0.3.7:5432", TCP_STATE_ESTABLISHED);
    f->who.pid = 977;
    snprintf(f->who.name, sizeof f->who.name, "ja\"va\\\n");
    snprintf(f->who.service, sizeof f->who.service, "shop.service");
    f->value[FIGURE_EPHEMERAL_USED] = 25000;
    f->value[FIGURE_EPHEMERAL_SHARE] = 92.5;
    f->value[FIGURE_EPHEMERAL_LEFT] = 420;
    f->value[FIGURE_EPHEMERAL_RATE] = 17.25;
    f->valid = 1u << FIGURE_EPHEMERAL_USED | 1u << FIGURE_EPHEMERAL_SHARE |
               1u << FIGURE_EPHEMERAL_LEFT | 1u << FIGURE_EPHEMERAL_RATE;
    sample_count(s);
    printed(s, FORMAT_OPENMETRICS, false);
#define LABELS                                                                                     \
    "{source=\"10.0.0.1\",destination=\"10.0.3.7:5432\",process=\"ja\\\"va\\\\\\n\","              \
    "severity=\"critical\"}"
    assert_true(has("tcptop_finding_ephemeral_used" LABELS " 25000"));
    assert_true(has("tcptop_finding_ephemeral_used_ratio" LABELS " 0.925"));
    assert_true(has("# UNIT tcptop_finding_ephemeral_used_ratio ratio"));
    assert_true(has("tcptop_finding_ephemeral_exhausted_in_seconds" LABELS " 420"));
    assert_true(has("tcptop_finding_ephemeral_new_per_second" LABELS " 17.25"));
    assert_int_equal(count_of("tcptop_finding_ephemeral_available"), 0); /* not known */
    assert_null(strstr(str_text(&output), "977"));                       /* no pid */
    printed(s, FORMAT_PROMETHEUS, true);
    assert_non_null(
        strstr(str_text(&output), ",service=\"shop.service\",severity=\"critical\"} 25000"));
    sample_unref(s);
}

/* Two processes of one name would be one series: the first, which is worse, is told. */
static void findings_alike(void **state)
{
    struct sample *s = host();

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct finding *f =
            find(s, RULE_CLOSE_WAIT, i == 1 ? SEVERITY_INFO : SEVERITY_WARNING, SUBJECT_PROCESS);
        f->who.pid = 10 + i;
        snprintf(f->who.name, sizeof f->who.name, i == 2 ? "nginx" : "java");
        f->value[FIGURE_CLOSE_WAIT_LEAKED] = 100 - i;
        f->valid = 1u << FIGURE_CLOSE_WAIT_LEAKED;
    }
    printed(s, FORMAT_PROMETHEUS, false);
    assert_true(has("tcptop_finding_close_wait_leaked{process=\"java\",severity=\"warning\"} 100"));
    assert_true(has("tcptop_finding_close_wait_leaked{process=\"nginx\",severity=\"warning\"} 98"));
    assert_int_equal(count_of("tcptop_finding_close_wait_leaked"), 2);
    assert_true(has("tcptop_findings_truncated 1"));
    assert_true(has("tcptop_finding{rule=\"close_wait\",severity=\"warning\"} 2"));
    assert_true(has("tcptop_finding{rule=\"close_wait\",severity=\"info\"} 1"));
    sample_unref(s);
}

/* Listeners of one address and port are one series: with SO_REUSEPORT each worker has a socket. */
static void listeners_are_summed(void **state)
{
    struct sample *s = host();

    (void)state;
    s->needs = NEED_DROPS;
    for (unsigned i = 0; i < 3; i++) {
        struct conn *c = sample_row(s, "10.0.0.1:443", "0.0.0.0:0", TCP_STATE_LISTEN);
        c->rqueue = i;
        c->wqueue = 128;
        drops_add(&s->drops, c->cookie, 0, 10 * i);
    }
    struct conn *other = sample_row(s, "10.0.0.1:80", "0.0.0.0:0", TCP_STATE_LISTEN);
    other->flags |= CONN_NO_BACKLOG;
    other->rqueue = 5;
    drops_join(s, NULL);
    sample_count(s);
    printed(s, FORMAT_PROMETHEUS, false);
    assert_true(has("tcptop_listener_queue{address=\"10.0.0.1\",port=\"443\"} 3"));
    assert_true(has("tcptop_listener_queue_limit{address=\"10.0.0.1\",port=\"443\"} 384"));
    assert_true(has("tcptop_listener_drops_total{address=\"10.0.0.1\",port=\"443\"} 30"));
    assert_true(has("tcptop_listener_queue{address=\"10.0.0.1\",port=\"80\"} 5"));
    assert_int_equal(count_of("tcptop_listener_queue_limit"), 1); /* not known of port 80 */
    assert_int_equal(count_of("tcptop_listener_drops_total"), 1);
    sample_unref(s);
}

/* One listener of two on a port goes, and its counter with it: the sum never falls. */
static void drops_never_fall(void **state)
{
    struct run r = run_start(10);
    struct metrics *resident = metrics_new(true, false);
    static const struct {
        uint64_t cookie;
        uint32_t drops;
    } seen[3][2] = {{{5, 100}, {9, UINT32_MAX}}, {{5, 101}, {9, 2}}, {{5, 101}, {7, 4}}};
    static const uint64_t expected[] = {UINT64_C(4294967395), UINT64_C(4294967399),
                                        UINT64_C(4294967403)};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct sample *s = run_fresh(&r, NEED_DROPS);
        char line[128];
        for (unsigned k = 0; k < 2; k++) {
            struct conn *c = model_add(s, seen[i][k].cookie, TCP_STATE_LISTEN);
            c->sport = 80;
            drops_add(&s->drops, c->cookie, 0, seen[i][k].drops);
        }
        run_join(&r);
        assert_int_equal(metrics_take(resident, s), 0);
        str_clear(&output);
        metrics_print(resident, s, FORMAT_PROMETHEUS, &output);
        snprintf(line, sizeof line,
                 "tcptop_listener_drops_total{address=\"10.0.0.1\",port=\"80\"} %llu",
                 (unsigned long long)expected[i]);
        assert_true(has(line));
    }
    metrics_free(resident);
    run_end(&r);
}

/* A million sockets, each of another host or listening on another port: no more series than the
 * table promises, and no port or address of a connection among the labels. */
static void series_are_bounded(void **state)
{
    enum { ROWS = 1000000, LISTENERS = 40000 };
    struct sample *s = host();

    (void)state;
    for (uint32_t i = 0; i < ROWS; i++) {
        struct conn *c =
            model_add(s, i + 1, i < LISTENERS ? TCP_STATE_LISTEN : TCP_STATE_TIME_WAIT);
        c->sport = (uint16_t)(i < LISTENERS ? i + 1 : 50000);
        for (unsigned byte = 0; byte < 3; byte++)
            c->dst[1 + byte] = (uint8_t)(i >> 8 * byte);
    }
    for (unsigned i = 0; i < 30; i++) {
        struct finding *f = find(s, RULE_SYN_SENT, SEVERITY_WARNING, SUBJECT_DESTINATION);
        f->scope.ends = s->conn[LISTENERS + i];
        f->value[FIGURE_SYN_SENT_COUNT] = 30 - i;
        f->valid = 1u << FIGURE_SYN_SENT_COUNT;
    }
    s->host.sysctl[SYSCTL_PORT_LOW] = 32768;
    s->host.sysctl[SYSCTL_PORT_HIGH] = 60999;
    s->host.sysctl_valid = 1u << SYSCTL_PORT_LOW | 1u << SYSCTL_PORT_HIGH;
    sample_count(s);
    printed(s, FORMAT_PROMETHEUS, false);
    assert_true(has("tcptop_connections{state=\"TIME_WAIT\"} 960000"));
    assert_int_equal(count_of("tcptop_listener_queue"), METRICS_LISTENERS);
    assert_true(has("tcptop_listeners_truncated 39800"));
    assert_int_equal(count_of("tcptop_finding_syn_sent_stuck"), METRICS_FINDINGS);
    assert_true(has("tcptop_findings_truncated 20"));
    assert_true(count_series() <= metrics_most());
    assert_true(output.len < 100000);
    assert_null(strstr(str_text(&output), "port=\"50000\""));
    sample_unref(s);
}

/* A port that the kernel may have chosen comes after those that somebody chose. */
static void chosen_ports_come_first(void **state)
{
    struct sample *s = host();

    (void)state;
    s->host.sysctl[SYSCTL_PORT_LOW] = 1024;
    s->host.sysctl[SYSCTL_PORT_HIGH] = 60999;
    s->host.sysctl_valid = 1u << SYSCTL_PORT_LOW | 1u << SYSCTL_PORT_HIGH;
    for (uint32_t i = 0; i < METRICS_LISTENERS + 50; i++)
        model_add(s, i + 1, TCP_STATE_LISTEN)->sport = (uint16_t)(2000 + i);
    model_add(s, 1000, TCP_STATE_LISTEN)->sport = 61000;
    sample_count(s);
    printed(s, FORMAT_PROMETHEUS, false);
    assert_non_null(strstr(str_text(&output), "port=\"61000\""));
    assert_true(has("tcptop_listeners_truncated 51"));
    sample_unref(s);
}

static unsigned promised(const char *table)
{
    unsigned all = 0, most;

    for (const char *at = table; (at = strstr(at, ", up to ")); at++)
        if (sscanf(at, ", up to %u", &most) == 1)
            all += most;
    return all;
}

static void the_table_has_the_bound(void **state)
{
    char line[64], most[FMT_SIZE];

    (void)state;
    str_clear(&output);
    metrics_explain(&output);
    assert_int_equal(promised(str_text(&output)), metrics_most());
    fmt_count(most, sizeof most, metrics_most());
    snprintf(line, sizeof line, "A host has at most %s series.\n", most);
    assert_non_null(strstr(str_text(&output), line));
    assert_non_null(strstr(str_text(&output), "\ntcptop_connections{state}\n"));
    assert_non_null(strstr(str_text(&output), "\ntcptop_finding_close_wait_oldest_seconds{"));
}

/* Each panel asks the data source that the viewer chose, about the chosen hosts. */
static void the_dashboard(void **state)
{
    json_t *dashboard = json_load_file("config/grafana/tcptop.json", JSON_REJECT_DUPLICATES, NULL);
    const json_t *panels = json_object_get(dashboard, "panels"), *panel, *target;
    size_t i, k;

    (void)state;
    assert_true(json_array_size(panels) >= 8);
    json_array_foreach(panels, i, panel)
    {
        const json_t *targets = json_object_get(panel, "targets");
        assert_true(json_array_size(targets) > 0);
        json_array_foreach(targets, k, target)
        {
            const json_t *source = json_object_get(target, "datasource");
            const char *expression = json_string_value(json_object_get(target, "expr"));
            assert_string_equal(json_string_value(json_object_get(source, "uid")), "${datasource}");
            assert_non_null(strstr(expression, "instance=~\"$instance\""));
        }
    }
    json_decref(dashboard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(both_formats, tear_down),
        cmocka_unit_test_teardown(zeros_and_absence, tear_down),
        cmocka_unit_test_teardown(a_failed_sample_tells_so, tear_down),
        cmocka_unit_test_teardown(figures_of_findings, tear_down),
        cmocka_unit_test_teardown(findings_alike, tear_down),
        cmocka_unit_test_teardown(listeners_are_summed, tear_down),
        cmocka_unit_test_teardown(drops_never_fall, tear_down),
        cmocka_unit_test_teardown(series_are_bounded, tear_down),
        cmocka_unit_test_teardown(chosen_ports_come_first, tear_down),
        cmocka_unit_test_teardown(the_table_has_the_bound, tear_down),
        cmocka_unit_test(the_dashboard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
