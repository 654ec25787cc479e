/* SPDX-License-Identifier: MIT */
/* The report of the doctor: for a person a verdict in one line, a block for each finding and
 * paragraphs of what was looked at and what was not; for scripts {"type":"finding",…} lines, then
 * one
 * {"type":"doctor",…}. */
#include "tcptop/output/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "report_over.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/utf8.h"
#include "tcptop/doctor/finding_scope.h"
#include "tcptop/explain/evidence.h"
#include "tcptop/explain/finding_text.h"
#include "tcptop/explain/import_words.h"
#include "tcptop/explain/owner_rights_note.h"
#include "tcptop/explain/reason_text.h"

/* Text. */

#define WIDTH   79
#define LABEL_W 13
#define INDENT  4

static const char *status_word(enum status status)
{
    static const uint8_t severities[] = {SEVERITY_OK, SEVERITY_WARNING, SEVERITY_CRITICAL, 255};

    return finding_severity_word(severities[status]);
}

/* "4 problems", "no problem", "3 problems and 1 note": the first number is that of the screen. */
static void say_found(struct str *out, uint32_t warnings, uint32_t notes)
{
    char problems[16], number[16];

    snprintf(problems, sizeof problems, "%u", warnings);
    snprintf(number, sizeof number, "%u", notes);
    text_fill(out, warnings ? MSG_DOCTOR_PROBLEMS : MSG_DOCTOR_NO_PROBLEM, problems, NULL);
    if (notes)
        text_fill(out, MSG_DOCTOR_AND_NOTES, number, NULL);
}

static void print_head(struct sink *out, const struct report *r)
{
    char rows[FMT_SIZE], samples[16], seconds[FMT_SIZE];
    const struct findings *f = r->last->findings;
    struct str line = STR_INIT, over = STR_INIT, whose = STR_INIT, found = STR_INIT;

    const uint32_t warnings = f ? f->warnings + f->passing : 0;
    say_found(&found, warnings, f ? f->n - warnings : 0);
    fmt_count(rows, sizeof rows, r->last->total);
    snprintf(samples, sizeof samples, "%u", r->samples);
    snprintf(seconds, sizeof seconds, "%.1f", r->seconds);
    if (r->samples == 1) /* over no time */
        str_add(&over, text(MSG_DOCTOR_ONE_SAMPLE));
    else
        text_fill(&over, MSG_DOCTOR_SAMPLES, samples, seconds, NULL);
    const bool output = r->last->import && !r->last->host.name[0];
    if (output)
        import_words_source(r->last->import, &whose);
    else
        str_add(&whose, r->last->host.name[0] ? r->last->host.name : FMT_NONE);
    text_fill(&line, output ? MSG_DOCTOR_FOUND_IN : MSG_DOCTOR_FOUND, status_word(r->status),
              str_text(&whose), rows, str_text(&over), str_text(&found), NULL);
    print_glyphs(out, str_text(&line), r->ascii);
    sink_add(out, "\n");
    str_fini(&line);
    str_fini(&over);
    str_fini(&whose);
    str_fini(&found);
}

/* The head of a report about a recording. */
static void print_head_over(struct sink *out, const struct report *r,
                            const struct report_groups *groups)
{
    char first[FMT_SIZE], last[FMT_SIZE], samples[FMT_SIZE];
    struct str line = STR_INIT, found = STR_INIT;
    uint32_t warnings = 0;

    for (uint32_t i = 0; i < groups->n; i++)
        warnings += groups->group[i].worst->worst.severity >= SEVERITY_WARNING;
    say_found(&found, warnings, groups->n - warnings);
    fmt_count(samples, sizeof samples, r->over->samples);
    report_over_span(r->over, first, last);
    text_fill(&line, MSG_DOCTOR_OVER, status_word(r->status),
              r->last->host.name[0] ? r->last->host.name : FMT_NONE, str_text(&found), NULL);
    str_add(&line, "\n");
    text_fill(&line, MSG_DOCTOR_OVER_TIME, first, last, samples, NULL);
    print_glyphs(out, str_text(&line), r->ascii);
    sink_add(out, "\n");
    str_fini(&line);
    str_fini(&found);
}

static void print_label(struct sink *out, const char *label)
{
    int w = label ? utf8_width(label) : 0;

    sink_add_many(out, ' ', INDENT);
    sink_add(out, label ? label : "");
    sink_add_many(out, ' ', (size_t)(w < LABEL_W ? LABEL_W - w : 1));
}

/* Paragraphs beside a label. */
static void print_labelled(struct sink *out, const struct report *r, const char *label,
                           const char *paragraphs)
{
    struct explain_text words;
    struct typeset ts;

    typeset_init(&ts);
    typeset_paragraphs(&ts, paragraphs, ROLE_TEXT, WIDTH - INDENT - LABEL_W, 0);
    if (typeset_finish(&ts, &words))
        return;
    for (uint32_t i = 0; i < words.n_lines; i++) {
        print_label(out, i ? NULL : label);
        print_words_line(out, &words, i, r->ascii);
    }
    explain_fini(&words);
}

static void print_line(struct sink *out, const struct report *r, const struct finding *f)
{
    struct str title = STR_INIT;

    finding_title(f, &title);
    sink_addf(out, "%-3s %s  ", finding_severity_mark(f->severity),
              finding_severity_word(f->severity));
    print_glyphs(out, str_text(&title), r->ascii);
    sink_add(out, "\n");
    str_fini(&title);
}

static void print_title(struct sink *out, const struct report *r, const struct finding *f)
{
    sink_add(out, "\n");
    print_line(out, r, f);
}

static void print_parts(struct sink *out, const struct report *r, const struct finding *f)
{
    struct finding_words words;

    if (finding_set(&words, f, WIDTH - INDENT - LABEL_W))
        return;
    for (uint32_t i = 0; i < words.text.n_lines; i++) {
        print_label(out, finding_label_at(&words, i));
        print_words_line(out, &words.text, i, r->ascii);
    }
    finding_words_fini(&words);
}

/* A finding of a recording, each time that it held. */
static void print_group(struct sink *out, const struct report *r, const struct report_groups *all,
                        const struct report_group *group)
{
    struct str lines = STR_INIT;

    print_title(out, r, &group->worst->worst);
    report_over_periods(r->over, all, group, &lines);
    print_labelled(out, r, text(MSG_DOCTOR_WHEN), str_text(&lines));
    str_clear(&lines);
    if (report_over_command(r->over, group->worst, &lines)) {
        print_label(out, text(MSG_DOCTOR_SHOW));
        print_glyphs(out, str_text(&lines), r->ascii); /* in one line, to be copied */
        sink_add(out, "\n");
    }
    str_fini(&lines);
    print_parts(out, r, &group->worst->worst);
}

/* A paragraph of all rules that were, or were not, looked at. */
static void print_rules(struct sink *out, const struct findings *checked, bool ascii,
                        bool looked_at)
{
    struct str list = STR_INIT;
    struct str title = STR_INIT;
    struct typeset ts;
    struct explain_text words;
    char n[16], all[16];

    snprintf(n, sizeof n, "%u", findings_rule_lines(checked, looked_at, &list));
    snprintf(all, sizeof all, "%d", RULE_COUNT);
    if (list.len) {
        text_fill(&title, looked_at ? MSG_DOCTOR_LOOKED : MSG_DOCTOR_NOT_LOOKED, n, all, NULL);
        sink_addf(out, "\n%s\n", str_text(&title));
        typeset_init(&ts);
        typeset_paragraphs(&ts, str_text(&list), ROLE_TEXT, WIDTH, INDENT);
        if (typeset_finish(&ts, &words) == 0)
            for (uint32_t i = 0; i < words.n_lines; i++)
                print_words_line(out, &words, i, ascii);
        explain_fini(&words);
    }
    str_fini(&title);
    str_fini(&list);
}

static void print_paragraph(struct sink *out, const struct report *r, const char *paragraph)
{
    struct explain_text words;
    struct typeset ts;

    typeset_init(&ts);
    typeset_paragraphs(&ts, paragraph, ROLE_TEXT, WIDTH, 0);
    if (typeset_finish(&ts, &words) == 0)
        for (uint32_t i = 0; i < words.n_lines; i++)
            print_words_line(out, &words, i, r->ascii);
    explain_fini(&words);
}

/* The facts about TIME_WAIT, which say who closed: a dump is of one moment, so hardly a rule does.
 */
static void print_time_wait(struct sink *out, const struct report *r)
{
    const struct explain_subject subject = {
        .sample = r->last, .state = TCP_STATE_TIME_WAIT, .row = UINT32_MAX};
    struct evidence e;
    struct str line = STR_INIT;

    if (!r->last->count[TCP_STATE_TIME_WAIT])
        return;
    evidence_collect(&e, &subject);
    for (unsigned i = 0; i < e.n_facts; i++)
        str_addf(&line, "%s%s", i ? "; " : "TIME_WAIT: ", str_text(&e.fact[i]));
    evidence_fini(&e);
    print_paragraph(out, r, str_text(&line));
    str_fini(&line);
}

static void print_other_system(struct sink *out, const struct report *r)
{
    struct str line = STR_INIT;

    if (!evidence_other_system(r->last))
        return;
    text_fill(&line, MSG_FACT_OTHER_SYSTEM, evidence_other_system(r->last), NULL);
    print_paragraph(out, r, str_text(&line));
    str_fini(&line);
}

/* Whose output the sample was read from, and how much of it. */
static void print_import(struct sink *out, const struct report *r)
{
    struct str line = STR_INIT, source = STR_INIT;

    import_words_source(r->last->import, &source);
    text_fill(&line, MSG_VIEW_IMPORT, str_text(&source), NULL);
    str_fini(&source);
    str_add(&line, ": ");
    import_words_counts(r->last->import, &line);
    print_glyphs(out, str_text(&line), r->ascii);
    sink_add(out, "\n");
    str_fini(&line);
    print_time_wait(out, r);
    print_other_system(out, r);
}

/* One line for each finding: what stands above has left a small screen by then. */
static void print_list(struct sink *out, const struct report *r)
{
    const struct findings *f = r->last->findings;

    if (f->n)
        sink_addf(out, "\n%s\n", text(MSG_DOCTOR_LIST));
    for (uint32_t i = 0; i < f->n; i++)
        print_line(out, r, &f->list[i]);
}

static void print_reason(struct sink *out, const struct report *r,
                         const struct sample_reason *reason)
{
    char why[REASON_TEXT_SIZE];
    struct explain_text words;
    struct typeset ts;

    if (reason->code == REASON_NONE)
        return;
    typeset_init(&ts);
    typeset_paragraphs(&ts, reason_text(why, reason, text_language()), ROLE_TEXT, WIDTH, 0);
    if (typeset_finish(&ts, &words) == 0)
        for (uint32_t i = 0; i < words.n_lines; i++)
            print_words_line(out, &words, i, r->ascii);
    explain_fini(&words);
}

static void print_rest(struct sink *out, const struct report *r, const struct findings *checked)
{
    print_rules(out, checked, r->ascii, true);
    print_rules(out, checked, r->ascii, false);
    if (r->hidden[0])
        sink_addf(out, "\n%s\n", r->hidden);
}

static void print_over(struct sink *out, const struct report *r)
{
    struct report_groups groups;
    struct str line = STR_INIT;
    char lost[FMT_SIZE];

    if (report_over_group(r->over, &groups))
        return;
    print_head_over(out, r, &groups);
    print_reason(out, r, &r->over->reason);
    for (uint32_t i = 0; i < groups.n; i++)
        print_group(out, r, &groups, &groups.group[i]);
    if (r->over->lost) {
        fmt_count(lost, sizeof lost, r->over->lost);
        text_fill(&line, MSG_DOCTOR_LOST, lost, NULL);
        sink_addf(out, "\n%s\n", str_text(&line));
    }
    str_fini(&line);
    report_over_fini(&groups);
    print_rest(out, r, r->over->checked);
}

void report_print_text(struct sink *out, const struct report *r)
{
    const struct findings *f = r->last->findings;

    if (r->over) {
        print_over(out, r);
        return;
    }
    print_head(out, r);
    if (r->last->import)
        print_import(out, r);
    if (!f)
        return;
    print_reason(out, r, &r->last->reason);
    for (uint32_t i = 0; i < f->n; i++) {
        print_title(out, r, &f->list[i]);
        print_parts(out, r, &f->list[i]);
    }
    print_rest(out, r, f);
    print_list(out, r);
}

/* JSON. */

static void add_key(struct sink *out, const char *key, const char *value)
{
    sink_addf(out, ",\"%s\":", key);
    json_print_string(out, value);
}

static void add_part(struct sink *out, const struct finding *f, const char *key,
                     enum finding_part part)
{
    struct str words = STR_INIT;

    finding_part(f, part, &words);
    if (words.len)
        typeset_untie(words.data);
    add_key(out, key, str_text(&words));
    str_fini(&words);
}

static void add_commands(struct sink *out, const struct finding *f)
{
    struct str lines = STR_INIT;
    const char *comma = "";

    finding_part(f, PART_CHECK, &lines);
    sink_add(out, ",\"check\":[");
    for (char *line = lines.data; line && *line;) {
        char *end = strchr(line, '\n');
        if (end)
            *end = '\0';
        sink_add(out, comma);
        json_print_string(out, line);
        comma = ",";
        line = end ? end + 1 : line + strlen(line);
    }
    sink_add(out, "]");
    str_fini(&lines);
}

static void add_evidence(struct sink *out, const struct finding *f)
{
    const char *comma = "";

    sink_add(out, ",\"evidence\":{");
    for (unsigned i = 0; i < FINDING_VALUES; i++) {
        const struct rule_figure *figure = rule_figure(f->rule, i);
        if (!figure || !(f->valid >> i & 1))
            continue;
        bool whole = figure->kind == KIND_OF_COUNT || figure->kind == KIND_OF_BYTES;
        sink_addf(out, whole ? "%s\"%s\":%.0f" : "%s\"%s\":%.2f", comma, figure->key, f->value[i]);
        comma = ",";
    }
    if (f->window_s > 0)
        sink_addf(out, "%s\"window_s\":%.2f", comma, f->window_s);
    sink_add(out, "}");
}

/* The figures that may be more. */
static void add_lower_bounds(struct sink *out, const struct finding *f)
{
    const char *comma = "";

    sink_add(out, ",\"at_least\":[");
    for (unsigned i = 0; i < FINDING_VALUES; i++) {
        const struct rule_figure *figure = rule_figure(f->rule, i);
        if (!figure || !((f->valid & f->at_least) >> i & 1))
            continue;
        sink_addf(out, "%s\"%s\"", comma, figure->key);
        comma = ",";
    }
    sink_add(out, "]");
}

static void add_process(struct sink *out, const struct finding_process *w)
{
    const char *halt = finding_halt_name(w->halt);

    sink_addf(out, ",\"pid\":%u", w->pid);
    add_key(out, "process", w->name);
    if (w->others)
        sink_addf(out, ",\"other_processes\":%u", w->others);
    if (halt)
        add_key(out, "process_state", halt);
    if (w->files)
        sink_addf(out, ",\"descriptors\":%" PRIu64, w->files);
    if (w->files_max)
        sink_addf(out, ",\"descriptor_limit\":%" PRIu64, w->files_max);
    if (w->service[0])
        add_key(out, "cgroup", w->service);
}

static void add_who(struct sink *out, const struct finding *f)
{
    const struct scope *c = &f->scope;
    char address[64];

    if (f->namespace[0])
        add_key(out, "netns", f->namespace);
    if (f->who.pid)
        add_process(out, &f->who);
    else if (f->who.service[0])
        add_key(out, "cgroup", f->who.service);
    if (f->who.unseen == UNSEEN_FORMER)
        add_key(out, "owner", "former");
    if (c->by & SCOPE_UID || (f->who.unseen && f->who.unseen < UNSEEN_FORMER))
        sink_addf(out, ",\"uid\":%u", c->by & SCOPE_UID ? c->uid : f->who.uid);
    finding_address(&c->ends, false, address);
    if (c->by & SCOPE_SRC)
        add_key(out, "local_addr", address);
    if (c->by & SCOPE_SPORT)
        sink_addf(out, ",\"local_port\":%u", c->ends.sport);
    if (c->by & SCOPE_SPORT && c->ends.inode && !(c->ends.unknown & CONN_UNKNOWN_INODE))
        sink_addf(out, ",\"inode\":%u", c->ends.inode);
    finding_address(&c->ends, true, address);
    if (c->by & SCOPE_DST)
        add_key(out, "remote_addr", address);
    if (c->by & SCOPE_DPORT)
        sink_addf(out, ",\"remote_port\":%u", c->ends.dport);
    if (!f->has_peer)
        return;
    finding_address(&f->peer, true, address);
    add_key(out, "peer_addr", address);
    if (f->peer_port)
        sink_addf(out, ",\"peer_port\":%u", f->peer.dport);
}

static void add_finding(struct sink *out, const struct finding *f, const struct report_over *over,
                        const struct episode *e)
{
    static const char *const severities[] = {"ok", "info", "warning", "critical"};
    struct str words = STR_INIT;
    char since[FMT_SIZE];

    sink_addf(out, "{\"type\":\"finding\",\"rule\":\"%s\",\"severity\":\"%s\"", rules[f->rule].name,
              severities[f->severity]);
    finding_title(f, &words);
    add_key(out, "title", str_text(&words));
    if (f->since_wall_ns)
        add_key(out, "since", fmt_rfc3339(since, sizeof since, f->since_wall_ns));
    if (e)
        report_over_keys(out, over, e);
    add_who(out, f);
    if (f->cause.key)
        add_key(out, "follows_from", rules[f->cause.rule].name);
    add_evidence(out, f);
    add_lower_bounds(out, f);
    add_part(out, f, "seen", PART_SEEN);
    if (f->cause.key)
        add_part(out, f, "cause", PART_CAUSE);
    if (f->follow)
        add_part(out, f, "leads_to", PART_LEADS);
    add_part(out, f, "means", PART_MEANS);
    add_part(out, f, "do", PART_DO);
    add_part(out, f, "harmless_if", PART_HARMLESS);
    add_commands(out, f);
    str_clear(&words);
    finding_filter(f, &words);
    if (words.len)
        add_key(out, "filter", str_text(&words));
    sink_add(out, "}\n");
    str_fini(&words);
}

/* The names of the rules that were looked at. */
static void add_looked_at(struct sink *out, const struct findings *f)
{
    const char *comma = "";

    sink_add(out, ",\"looked_at\":[");
    for (unsigned i = 0; f && i < RULE_COUNT; i++) {
        if (f->skip[i] != LOOKED)
            continue;
        sink_addf(out, "%s\"%s\"", comma, rules[i].name);
        comma = ",";
    }
    sink_add(out, "]");
}

/* Those of the others, each with the reason why not. */
static void add_not_looked_at(struct sink *out, const struct findings *f)
{
    const char *comma = "";

    sink_add(out, ",\"not_looked_at\":{");
    for (unsigned i = 0; f && i < RULE_COUNT; i++) {
        if (f->skip[i] == LOOKED)
            continue;
        sink_addf(out, "%s\"%s\":", comma, rules[i].name);
        json_print_string(out, finding_skip_words(f->skip[i]));
        comma = ",";
    }
    sink_add(out, "}");
}

static void add_hidden(struct sink *out, const struct sample *s)
{
    struct str why = STR_INIT;

    if (owner_rights_note(s, &why))
        add_key(out, "hidden_owners", str_text(&why));
    str_fini(&why);
}

static void add_over(struct sink *out, const struct report_over *over)
{
    char first[FMT_SIZE], last[FMT_SIZE];

    sink_addf(out, ",\"begin\":\"%s\",\"end\":\"%s\"",
              fmt_rfc3339(first, sizeof first, over->first_wall_ns),
              fmt_rfc3339(last, sizeof last, over->last_wall_ns));
    if (over->lost)
        sink_addf(out, ",\"findings_not_listed\":%u", over->lost);
}

/* How many records of findings there are. */
static uint32_t add_findings(struct sink *out, const struct report *r)
{
    const struct findings *f = r->last->findings;

    for (uint32_t i = 0; r->over && i < r->over->n; i++)
        add_finding(out, &r->over->list[i].worst, r->over, &r->over->list[i]);
    for (uint32_t i = 0; !r->over && f && i < f->n; i++)
        add_finding(out, &f->list[i], NULL, NULL);
    return r->over ? r->over->n : f ? f->n : 0;
}

static void print_report(struct sink *out, const struct report *r)
{
    static const char *const words[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
    const struct findings *checked = r->over ? r->over->checked : r->last->findings;
    const struct sample_reason *reason = r->over ? &r->over->reason : &r->last->reason;
    bool whole = sample_is_whole(r->last) && (!r->over || reason->code == REASON_NONE);
    char why[REASON_TEXT_SIZE];
    char time[FMT_SIZE];
    uint32_t n = add_findings(out, r);

    sink_addf(out, "{\"type\":\"doctor\",\"status\":\"%s\",\"findings\":%u,\"samples\":%" PRIu64,
              words[r->status], n, r->over ? r->over->samples : r->samples);
    sink_addf(out, ",\"seconds\":%.1f,\"connections\":%u", r->over ? r->over->seconds : r->seconds,
              r->last->total);
    if (r->over)
        add_over(out, r->over);
    add_looked_at(out, checked);
    add_not_looked_at(out, checked);
    sink_addf(out, ",\"complete\":%s", whole ? "true" : "false");
    if (reason->code != REASON_NONE)
        add_key(out, "reason", reason_text(why, reason, LANG_EN));
    add_hidden(out, r->last);
    if (r->last->wall_ns)
        add_key(out, "time", fmt_rfc3339(time, sizeof time, r->last->wall_ns));
    if (r->last->host.name[0])
        add_key(out, "host", r->last->host.name);
    if (r->last->import)
        json_print_import(out, r->last->import);
    add_key(out, "version", TCPTOP_VERSION);
    sink_add(out, "}\n");
}

/* Scripts get the same bytes whatever language the person reads. */
void report_print_json(struct sink *out, const struct report *r)
{
    const enum language shown = text_language();

    text_use(LANG_EN);
    print_report(out, r);
    text_use(shown);
}
