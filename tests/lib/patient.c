/* SPDX-License-Identifier: MIT */
/* See patient.h. */
#include "lib/patient.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/sample.h"
#include "tcptop/base/clock.h"

struct patient patient;

int patient_set_up(void **state)
{
    struct limits limits;

    (void)state;
    rules_limits_init(&limits);
    patient.doctor = doctor_new(&limits, false, 0.25);
    return patient.doctor ? 0 : -1;
}

int patient_tear_down(void **state)
{
    (void)state;
    patient.doctor->free(patient.doctor);
    sample_unref(patient.now);
    patient.now = NULL;
    return 0;
}

struct sample *patient_sample(double t)
{
    struct sample *s = sample_make(NULL);

    assert_non_null(s);
    s->needs = NEED_TCP_INFO;
    s->mono_ns = NS_PER_S * 1000 + (int64_t)(t * (double)NS_PER_S);
    s->wall_ns = s->mono_ns;
    s->now_ds = 10000 + (uint32_t)(t * 10);
    s->status = SAMPLE_COMPLETE;
    return s;
}

struct conn *patient_rows(struct sample *s, unsigned n, unsigned state, double age)
{
    static struct conn none;
    struct conn *c = &none;

    for (unsigned i = 0; i < n; i++) {
        char remote[32];
        snprintf(remote, sizeof remote, "10.0.0.2:%u", 20000 + i);
        c = sample_row(s, "10.0.0.1:80", remote, state);
        if (state == TCP_STATE_SYN_RECV) /* a request: no file refers to it yet */
            c->inode = 0;
        tcp_metrics_clear(&s->metrics[s->n_live - 1]);
        s->times[s->n_live - 1].changed_ds = s->now_ds - (uint32_t)lround(age * 10);
    }
    return c;
}

void patient_watched(struct sample *s, double seconds)
{
    s->now_ds = (uint32_t)(seconds * 10);
    for (uint32_t row = 0; row < s->n_live; row++)
        s->times[row] = (struct row_times){0};
}

void patient_counter(struct sample *s, enum host_counter which, uint64_t value)
{
    s->host.counter[which] = value;
    s->host.counter_valid |= UINT32_C(1) << which;
}

void patient_setting(struct sample *s, enum host_sysctl which, int64_t value)
{
    s->host.sysctl[which] = value;
    s->host.sysctl_valid |= UINT32_C(1) << which;
}

void patient_gauge(struct sample *s, enum host_gauge which, uint64_t value)
{
    s->host.gauge[which] = value;
    s->host.gauge_valid |= UINT32_C(1) << which;
}

void patient_look(struct sample *s)
{
    sample_count(s);
    patient.doctor->observe(patient.doctor, s);
    sample_unref(patient.now);
    patient.now = s;
    assert_non_null(s->findings);
}

const struct finding *patient_found(enum rule_id rule)
{
    for (uint32_t i = 0; i < patient.now->findings->n; i++)
        if (patient.now->findings->list[i].rule == rule)
            return &patient.now->findings->list[i];
    return NULL;
}

struct finding patient_finding(enum rule_id rule)
{
    const struct finding *f = patient_found(rule);

    if (!f) {
        fail_msg("rule %s has found nothing", rules[rule].name);
        return (struct finding){.rule = (uint8_t)rule};
    }
    return *f;
}

double patient_value(enum rule_id rule, unsigned which)
{
    struct finding f = patient_finding(rule);

    if (!(f.valid >> which & 1))
        fail_msg("rule %s has no figure %u", rules[rule].name, which);
    return f.value[which];
}

bool patient_says(const struct finding *f, enum finding_part part, const char *words)
{
    struct str text = STR_INIT;

    finding_part(f, part, &text);
    if (text.len)
        typeset_untie(text.data);
    bool holds = strstr(str_text(&text), words);
    if (!holds)
        print_message("'%s' is not in '%s'\n", words, str_text(&text));
    str_fini(&text);
    return holds;
}

struct sample *patient_queue(double t, uint32_t waiting, uint64_t overflows)
{
    struct sample *s = patient_sample(t);
    struct conn *c = patient_rows(s, 1, TCP_STATE_LISTEN, 100);

    c->rqueue = waiting;
    c->wqueue = 10;
    patient_counter(s, COUNTER_LISTEN_OVERFLOWS, overflows);
    return s;
}
