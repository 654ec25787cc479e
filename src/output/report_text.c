/* The doctor's report for a person: a verdict in one line, a block for each finding, paragraphs of
 * what was looked at and what was not. */
#include <stdio.h>

#include "tcptop/base/fmt.h"
#include "tcptop/base/utf8.h"
#include "tcptop/explain/finding_text.h"
#include "tcptop/explain/reason_text.h"
#include "tcptop/output/report.h"

#define WIDTH   79
#define LABEL_W 13
#define INDENT  4

static const char *status_word(enum status status)
{
    static const uint8_t severities[] = {SEVERITY_OK, SEVERITY_WARNING, SEVERITY_CRITICAL, 255};

    return severity_word(severities[status]);
}

static void print_head(struct sink *out, const struct report *r)
{
    char found[24], rows[FMT_SIZE], samples[16], seconds[FMT_SIZE];
    const struct findings *f = r->last->findings;
    struct str line = STR_INIT;

    snprintf(found, sizeof found, "%u", f ? f->n : 0);
    fmt_count(rows, sizeof rows, r->last->total);
    snprintf(samples, sizeof samples, "%u", r->samples);
    fmt_interval(seconds, sizeof seconds, (uint64_t)(r->seconds * 1000));
    text_fill(&line, f && f->n ? MSG_DOCTOR_FOUND : MSG_DOCTOR_NOTHING, status_word(r->status),
              r->last->host.name[0] ? r->last->host.name : FMT_NONE, rows, samples, seconds, found,
              NULL);
    print_glyphs(out, str_text(&line), r->ascii);
    sink_add(out, "\n");
    str_fini(&line);
}

static void print_finding(struct sink *out, const struct report *r, const struct finding *f)
{
    struct str title = STR_INIT;
    struct finding_words words;

    finding_title(f, &title);
    sink_addf(out, "\n%-3s %s  ", severity_mark(f->severity), severity_word(f->severity));
    print_glyphs(out, str_text(&title), r->ascii);
    sink_add(out, "\n");
    str_fini(&title);
    if (finding_set(&words, f, WIDTH - INDENT - LABEL_W))
        return;
    for (uint32_t i = 0; i < words.text.n_lines; i++) {
        const char *label = finding_label_at(&words, i);
        int w = label ? utf8_width(label) : 0;

        sink_add_many(out, ' ', INDENT);
        sink_add(out, label ? label : "");
        sink_add_many(out, ' ', (size_t)(w < LABEL_W ? LABEL_W - w : 1));
        print_words_line(out, &words.text, i, r->ascii);
    }
    finding_words_fini(&words);
}

/* A paragraph of all rules that were, or were not, looked at. */
static void print_rules(struct sink *out, const struct report *r, bool looked_at)
{
    struct str list = STR_INIT;
    struct typeset ts;
    struct explain_text words;

    findings_rules(r->last->findings, looked_at, &list);
    if (list.len) {
        sink_addf(out, "\n%s\n", text(looked_at ? MSG_DOCTOR_LOOKED : MSG_DOCTOR_NOT_LOOKED));
        typeset_init(&ts);
        typeset_paragraphs(&ts, str_text(&list), ROLE_TEXT, WIDTH, INDENT);
        if (typeset_finish(&ts, &words) == 0)
            for (uint32_t i = 0; i < words.n_lines; i++)
                print_words_line(out, &words, i, r->ascii);
        explain_fini(&words);
    }
    str_fini(&list);
}

void print_report_text(struct sink *out, const struct report *r)
{
    const struct findings *f = r->last->findings;
    char why[REASON_TEXT_SIZE];

    print_head(out, r);
    if (!f)
        return;
    if (r->last->reason.code != REASON_NONE)
        sink_addf(out, "%s\n", reason_text(why, &r->last->reason, text_language()));
    for (uint32_t i = 0; i < f->n; i++)
        print_finding(out, r, &f->list[i]);
    print_rules(out, r, true);
    print_rules(out, r, false);
    if (r->hidden[0])
        sink_addf(out, "\n%s\n", r->hidden);
}
