/* SPDX-License-Identifier: MIT */
/* Findings in words: messages with the figures of the finding filled in. */
#include "tcptop/explain/finding_text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "tcptop/base/fmt.h"
#include "tcptop/doctor/finding_scope.h"
#include "tcptop/explain/expand.h"
#include "tcptop/explain/live_value.h"

static void add_endpoint(struct str *out, const struct conn *c, bool remote)
{
    char address[64];
    finding_address(c, remote, address);
    bool v6 = !conn_address_unknown(c, remote) && strchr(address, ':') != NULL;
    if (!remote && conn_is_dual_stack(c)) { /* as in the table and in ss */
        str_addf(out, "*:%u", c->sport);
        return;
    }
    str_addf(out, "%s%s%s:%u", v6 ? "[" : "", address, v6 ? "]" : "", remote ? c->dport : c->sport);
}

static void add_named_process(const struct finding_process *w, struct str *out)
{
    struct str process = STR_INIT;
    char number[16];

    snprintf(number, sizeof number, "%u", w->pid);
    if (w->name[0])
        text_fill(&process, MSG_FINDING_PROCESS, w->name, number, NULL);
    else
        text_fill(&process, MSG_FINDING_PID, number, NULL);
    if (w->unseen == UNSEEN_FORMER)
        text_fill(out, MSG_FINDING_FORMER, str_text(&process), NULL);
    else
        str_add(out, str_text(&process));
    str_fini(&process);
}

/* Where no process is known: the service, and whether its process is hidden; else the user. */
static void add_process(const struct finding_process *w, struct str *out)
{
    static const enum msg words[] = {
        [UNSEEN_YET] = MSG_FINDING_SOUGHT,    [UNSEEN_HIDDEN] = MSG_FINDING_HIDDEN,
        [UNSEEN_NOBODY] = MSG_FINDING_NOBODY, [UNSEEN_FORMER] = MSG_FINDING_HIDDEN,
        [UNSEEN_UNTOLD] = MSG_FINDING_UNTOLD, [UNSEEN_UNRECORDED] = MSG_FINDING_UNRECORDED,
    };
    char number[16];

    snprintf(number, sizeof number, "%u", w->uid);
    if (w->pid)
        add_named_process(w, out);
    else if (!w->service[0])
        text_fill(out,
                  w->unseen < sizeof words / sizeof *words ? words[w->unseen] : MSG_FINDING_UNTOLD,
                  number, NULL);
    else if (w->unseen == UNSEEN_HIDDEN)
        text_fill(out, MSG_FINDING_HIDDEN_SERVICE, w->service, number, NULL);
    else if (w->unseen == UNSEEN_FORMER)
        text_fill(out, MSG_FINDING_FORMER, w->service, NULL);
    else
        str_add(out, w->service);
}

/* A listener, and whose it is. */
static void add_listener(const struct conn *c, const struct finding_process *w, struct str *out)
{
    add_endpoint(out, c, false);
    if (!w->pid && !w->service[0])
        return;
    str_add(out, ", ");
    add_process(w, out);
}

static void add_route(const struct finding *f, struct str *out)
{
    struct str to = STR_INIT;
    char from[64];

    finding_address(&f->scope.ends, false, from);
    add_endpoint(&to, &f->scope.ends, true);
    text_fill(out, MSG_FINDING_ROUTE, from, str_text(&to), NULL);
    str_fini(&to);
}

/* Whom it is about; nothing for the host. */
static void add_subject(const struct finding *f, struct str *out)
{
    char address[64];

    switch ((enum subject)f->subject) {
    case SUBJECT_HOST:
        break;
    case SUBJECT_PROCESS:
        add_process(&f->who, out);
        break;
    case SUBJECT_LISTENER:
        add_listener(&f->scope.ends, &f->who, out);
        break;
    case SUBJECT_DESTINATION:
        add_endpoint(out, &f->scope.ends, true);
        break;
    case SUBJECT_PEER:
        finding_address(&f->scope.ends, true, address);
        str_add(out, address);
        break;
    case SUBJECT_ROUTE:
        add_route(f, out);
        break;
    }
}

/* What tcp_tw_reuse does: its value as it is in force for the route. */
static void add_reuse(const struct finding *f, struct str *out)
{
    double value = f->value[FIGURE_EPHEMERAL_REUSE];
    bool loopback = conn_is_loopback(&f->scope.ends);

    str_add(out, text(value < 1               ? MSG_FINDING_REUSE_OFF
                      : value < 2 || loopback ? MSG_FINDING_REUSE_ON
                                              : MSG_FINDING_REUSE_LOOPBACK));
}

static void add_number(struct str *out, enum figure_kind kind, double value)
{
    char number[FMT_SIZE];

    switch (kind) {
    case KIND_OF_COUNT:
        str_add(out, fmt_count(number, sizeof number, (uint64_t)(value + 0.5)));
        break;
    case KIND_OF_SECONDS:
    case KIND_OF_AGE:
        expand_duration(out, (uint64_t)value);
        break;
    case KIND_OF_PERCENT:
        str_addf(out, value < 9.95 ? "%.1f%%" : "%.0f%%", value);
        break;
    case KIND_OF_RATE:
        str_add(out, fmt_rate(number, sizeof number, value));
        break;
    case KIND_OF_BYTES:
        expand_bytes(out, (uint64_t)value);
        break;
    }
}

/* The address at which ports are held; nothing for sockets bound to any address. */
static void add_source(const struct finding *f, struct str *out)
{
    static const uint8_t any[16];
    char address[64];

    if (memcmp(f->scope.ends.src, any, sizeof any) == 0)
        return;
    finding_address(&f->scope.ends, false, address);
    str_add(out, address);
}

static void add_peer(const struct finding *f, struct str *out)
{
    char address[64];

    if (f->peer_port) {
        add_endpoint(out, &f->peer, true);
        return;
    }
    finding_address(&f->peer, true, address);
    str_add(out, address);
}

void finding_figure(const struct finding *f, unsigned which, bool at_least, struct str *out)
{
    const struct rule_figure *figure = rule_figure(f->rule, which);
    struct str number = STR_INIT;

    if (figure)
        add_number(&number, figure->kind, f->value[which]);
    if (at_least || f->at_least >> which & 1)
        fact_fill(out, MSG_FINDING_AT_LEAST, str_text(&number));
    else
        str_add(out, str_text(&number));
    out->failed = out->failed || str_failed(&number);
    str_fini(&number);
}

void finding_measure(const struct finding *f, unsigned which, bool at_least, struct str *out)
{
    const struct rule_figure *figure = rule_figure(f->rule, which);
    struct str number = STR_INIT, measure = STR_INIT;

    if (figure)
        add_number(&number, figure->kind, f->value[which]);
    if (figure && figure->words)
        text_fill(&measure, figure->words, str_text(&number), NULL);
    else
        str_add(&measure, str_text(&number));
    if (at_least || f->at_least >> which & 1) /* of the whole: "소켓 30개 이상" */
        fact_fill(out, MSG_FINDING_AT_LEAST, str_text(&measure));
    else
        str_add(out, str_text(&measure));
    out->failed = out->failed || str_failed(&number) || str_failed(&measure);
    str_fini(&number);
    str_fini(&measure);
}

#define WINDOW_VALUE 10 /* the number of {w}: how long was watched */

/* The value of {0} to {9} and {w}; false when it is not known. */
static bool add_value(const struct finding *f, unsigned number, struct str *out)
{
    size_t before = out->len;
    unsigned which = number - 3;
    const struct rule_figure *figure = number >= 3 ? rule_figure(f->rule, which) : NULL;

    if (number == WINDOW_VALUE && f->window_s > 0)
        str_add(out, live_window(LIVE, f->window_s));
    else if (number == 0 && f->who.pid)
        str_addf(out, "%u", f->who.pid);
    else if (number == 1)
        add_subject(f, out);
    else if (number == 2 && f->rule == RULE_EPHEMERAL)
        add_reuse(f, out);
    else if (number == 2 && f->rule == RULE_BOUND)
        add_source(f, out);
    else if (number == 2 && f->has_peer)
        add_peer(f, out);
    else if (figure && f->valid >> which & 1)
        finding_figure(f, which, false, out);
    return out->len > before;
}

/* Is the value of {3} to {9} shown as 0? */
static bool shows_zero(const struct finding *f, char digit)
{
    return digit >= '3' && digit <= '9' && f->value[digit - '3'] < 0.5;
}

/* Fill a message in. A part in [ ] without one of its values leaves no trace, nor does one in [+ ]
 * where a value is 0. */
static void fill(const struct finding *f, const char *template, struct str *out)
{
    size_t open = 0;
    bool part = false, lacks = false, some = false;

    for (const char *p = template; *p; p++) {
        const size_t form = text_add_form(out, p);
        if (form) {
            p += form - 1;
        } else if (*p == '{' && p[2] == '}' && ((p[1] >= '0' && p[1] <= '9') || p[1] == 'w')) {
            if (!add_value(f, p[1] == 'w' ? WINDOW_VALUE : (unsigned)(p[1] - '0'), out)) {
                lacks = true;
                str_add(out, FMT_NONE);
            }
            lacks = lacks || (some && shows_zero(f, p[1]));
            p += 2;
        } else if (*p == '[') {
            part = true;
            lacks = false;
            some = p[1] == '+';
            p += some;
            open = out->len;
        } else if (*p == ']' && part) {
            if (lacks)
                str_truncate(out, open);
            part = lacks = some = false;
        } else if (*p == '^') {
            str_add(out, NBSP);
        } else {
            str_add_char(out, *p);
        }
    }
}

void finding_title(const struct finding *f, struct str *out)
{
    struct str title = STR_INIT;

    fill(f, text(rules[f->rule].title), &title);
    if (f->cause.key) {
        struct str whole = STR_INIT;
        text_fill(&whole, MSG_FINDING_CONSEQUENCE, str_text(&title), NULL);
        str_fini(&title);
        title = whole;
    }
    if (f->namespace[0])
        text_fill(out, MSG_FINDING_IN, str_text(&title), f->namespace, NULL);
    else
        str_add(out, str_text(&title));
    str_fini(&title);
}

/* The value of a name in a command; false when the finding has none such. */
static bool add_named(const struct finding *f, const char *name, size_t len, struct str *out)
{
    const struct scope *c = &f->scope;
    char address[64];
    bool dst = c->by & SCOPE_DST, src = c->by & SCOPE_SRC;

    if (strncmp(name, "pid", len) == 0 && f->who.pid) {
        str_addf(out, "%u", f->who.pid);
    } else if (strncmp(name, "inode", len) == 0 && c->by & SCOPE_SPORT && c->ends.inode) {
        str_addf(out, "%u", c->ends.inode);
    } else if (strncmp(name, "lport", len) == 0 && c->by & SCOPE_SPORT) {
        str_addf(out, "%u", c->ends.sport);
    } else if (strncmp(name, "rport", len) == 0 && c->by & SCOPE_DPORT) {
        str_addf(out, "%u", c->ends.dport);
    } else if ((strncmp(name, "raddr", len) == 0 && dst) ||
               (strncmp(name, "laddr", len) == 0 && src)) {
        finding_address(&c->ends, *name == 'r', address);
        str_add(out, address);
    } else {
        return false;
    }
    return true;
}

/* "sysctl NAME…" without the names that do not exist where the finding is; without any left there
 * is no line. */
static void add_sysctls(const struct finding *f, const char *names, size_t len, struct str *out)
{
    size_t before = out->len;
    bool any = false;

    str_add(out, "sysctl");
    for (const char *p = names; p < names + len;) {
        size_t word = strcspn(p, " \n");
        int which = host_sysctl_find(p, word);
        if (which < 0 || !(f->absent_sysctls >> which & 1)) {
            str_add_char(out, ' ');
            str_add_bytes(out, p, word);
            any = true;
        }
        p += word + (p + word < names + len);
    }
    if (any)
        str_add(out, "\n");
    else
        str_truncate(out, before);
}

static void add_command(const struct finding *f, const char *line, size_t len, struct str *out)
{
    static const char sysctl[] = "sysctl ";
    size_t before = out->len;
    bool lacks = false;

    if (strncmp(line, sysctl, strlen(sysctl)) == 0) {
        add_sysctls(f, line + strlen(sysctl), len - strlen(sysctl), out);
        return;
    }

    for (const char *p = line; p < line + len; p++) {
        const char *end = *p == '{' ? strchr(p, '}') : NULL;
        if (!end) {
            str_add_char(out, *p);
            continue;
        }
        lacks |= !add_named(f, p + 1, (size_t)(end - p - 1), out);
        p = end;
    }
    if (lacks)
        str_truncate(out, before);
    else
        str_add(out, "\n");
}

static void add_commands(const struct finding *f, struct str *out)
{
    for (const char *line = rules[f->rule].commands; *line;) {
        size_t len = strcspn(line, "\n");
        add_command(f, line, len, out);
        line += len + (line[len] == '\n');
    }
    if (out->len && str_text(out)[out->len - 1] == '\n')
        str_truncate(out, out->len - 1);
}

/* How a process that does not run is called, in JSON and in words. */
static const struct {
    const char *name;
    enum msg words;
} halts[] = {
    [HALT_NONE] = {NULL, MSG_FINDING_STOPPED},
    [HALT_STOPPED] = {"stopped", MSG_FINDING_STOPPED},
    [HALT_TRACED] = {"traced", MSG_FINDING_TRACED},
    [HALT_FROZEN] = {"frozen", MSG_FINDING_FROZEN},
    [HALT_WAITS] = {"waiting", MSG_FINDING_WAITS},
};

const char *finding_halt_name(unsigned halt)
{
    return halt < sizeof halts / sizeof *halts ? halts[halt].name : NULL;
}

static void add_files(const struct finding_process *w, struct str *out)
{
    char files[FMT_SIZE], most[FMT_SIZE];

    if (!w->files || !w->files_max)
        return;
    fmt_count(files, sizeof files, w->files);
    fmt_count(most, sizeof most, w->files_max);
    str_add(out, "; ");
    text_fill(out,
              finding_files_full(w)          ? MSG_FINDING_FILES_FULL
              : finding_files_nearly_full(w) ? MSG_FINDING_FILES_NEARLY
                                             : MSG_FINDING_FILES,
              files, most, NULL);
}

/* "nginx (812) and 3 others; stopped (state T); 128 of 128 descriptors open: full; nginx.service",
 * or what is known of a process that is not. */
static void add_who(const struct finding *f, struct str *out)
{
    const struct finding_process *w = &f->who;
    struct str process = STR_INIT;
    char others[16];

    if (!w->pid) {
        if (w->service[0] || (w->unseen && w->unseen < UNSEEN_UNTOLD))
            add_process(w, out);
        return;
    }
    add_named_process(w, &process);
    snprintf(others, sizeof others, "%u", w->others);
    if (w->others)
        text_fill(out, MSG_FINDING_OTHERS, str_text(&process), others, NULL);
    else
        str_add(out, str_text(&process));
    str_fini(&process);
    if (finding_halt_name(w->halt)) {
        str_add(out, "; ");
        str_add(out, text(halts[w->halt].words));
    }
    add_files(w, out);
    if (w->service[0]) {
        str_add(out, "; ");
        text_fill(out, MSG_FINDING_SERVICE, w->service, NULL);
    }
}

static void add_cause(const struct finding *f, struct str *out)
{
    const struct finding_cause *c = &f->cause;
    struct str who = STR_INIT;

    if (!c->key)
        return;
    if (c->rule == RULE_ACCEPT_QUEUE)
        add_listener(&c->ends, &c->who, &who);
    else
        add_process(&c->who, &who);
    text_fill(out,
              c->rule == RULE_ACCEPT_QUEUE  ? MSG_FINDING_CAUSE_QUEUE
              : c->rule == RULE_SLOW_READER ? MSG_FINDING_CAUSE_READER
                                            : MSG_FINDING_CAUSE_LEAK,
              str_text(&who), NULL);
    str_fini(&who);
}

/* Who is at the other end, where that is on this host and no finding of its own. */
static void add_peer_here(const struct finding *f, struct str *out)
{
    const struct finding_cause *c = &f->cause;
    struct str who = STR_INIT;

    if (c->key || (!c->who.pid && !c->who.service[0]))
        return;
    add_process(&c->who, &who);
    text_fill(out, MSG_FINDING_PEER_HERE, str_text(&who), NULL);
    str_fini(&who);
}

static void add_leads(const struct finding *f, struct str *out)
{
    char number[FMT_SIZE];

    if (!f->follow)
        return;
    fmt_count(number, sizeof number, f->follow);
    text_fill(out,
              f->rule == RULE_ACCEPT_QUEUE ? MSG_FINDING_LEADS_QUEUE : MSG_FINDING_LEADS_READER,
              number, NULL);
}

static enum msg advice_words(const struct finding *f)
{
    static const enum msg words[] = {
        [ADVICE_CONTINUE] = MSG_ADVICE_CONTINUE,   [ADVICE_DEBUGGER] = MSG_ADVICE_DEBUGGER,
        [ADVICE_THAW] = MSG_ADVICE_THAW,           [ADVICE_WAITS] = MSG_ADVICE_WAITS,
        [ADVICE_FILES] = MSG_ADVICE_FILES,         [ADVICE_ACCEPT] = MSG_RULE_ACCEPT_STALLED_DO,
        [ADVICE_SOONER] = MSG_ADVICE_SOONER,       [ADVICE_BACKLOG] = MSG_ADVICE_BACKLOG,
        [ADVICE_SOMAXCONN] = MSG_ADVICE_SOMAXCONN, [ADVICE_OPEN] = MSG_ADVICE_OPEN,
        [ADVICE_REUSE] = MSG_ADVICE_REUSE,         [ADVICE_TIMESTAMPS] = MSG_ADVICE_TIMESTAMPS,
        [ADVICE_POOL] = MSG_ADVICE_POOL,           [ADVICE_CAUSE] = MSG_ADVICE_CAUSE,
        [ADVICE_READER] = MSG_ADVICE_READER,
    };
    unsigned advice = f->cause.key ? ADVICE_CAUSE : f->advice;

    return advice != ADVICE_RULE && advice < sizeof words / sizeof *words ? words[advice]
                                                                          : rules[f->rule].act;
}

/* Without what stands between two parts where the second one is left out. */
static void add_seen(const struct finding *f, const char *words, struct str *out)
{
    const size_t from = out->len;

    fill(f, words, out);
    while (out->len > from && strchr(" .;,", out->data[out->len - 1]))
        str_truncate(out, out->len - 1);
}

/* A full queue from which nothing is taken is another case than one that fills too fast. */
static bool accepts_nothing(const struct finding *f)
{
    return f->rule == RULE_ACCEPT_QUEUE && f->valid >> FIGURE_ACCEPT_QUEUE_STALLED & 1;
}

static enum msg means_words(const struct finding *f)
{
    return f->cause.key         ? MSG_FINDING_CONSEQUENCE_MEANS
           : accepts_nothing(f) ? MSG_FINDING_QUEUE_STANDS
                                : rules[f->rule].means;
}

/* Whose figures these are, where they are not those of the sample. */
static void add_told(const struct finding *f, struct str *out)
{
    char at[FMT_SIZE];

    if (f->told_wall_ns)
        text_fill(out, MSG_FINDING_TOLD, fmt_clock(at, sizeof at, f->told_wall_ns), NULL);
}

/* Of what follows from something else the rule's own words would say another cause. */
void finding_part(const struct finding *f, enum finding_part part, struct str *out)
{
    const struct rule *r = &rules[f->rule];

    switch (part) {
    case PART_SEEN:
        add_told(f, out);
        add_seen(f, text(r->seen), out);
        break;
    case PART_WHO:
        add_who(f, out);
        break;
    case PART_CAUSE:
        add_cause(f, out);
        break;
    case PART_PEER:
        add_peer_here(f, out);
        break;
    case PART_LEADS:
        add_leads(f, out);
        break;
    case PART_MEANS:
        fill(f, text(means_words(f)), out);
        break;
    case PART_DO:
        fill(f, text(advice_words(f)), out);
        break;
    case PART_HARMLESS:
        if (!f->cause.key)
            fill(f, text(accepts_nothing(f) ? MSG_RULE_ACCEPT_STALLED_HARMLESS : r->harmless), out);
        break;
    case PART_CHECK:
        if (!f->cause.key)
            add_commands(f, out);
        break;
    case PART_KINDS:
        break;
    }
}

void finding_sentence(const struct finding *f, enum finding_part part, struct str *out)
{
    size_t start = out->len;

    finding_part(f, part, out);
    if (str_failed(out) || out->len == start)
        return;
    const char *first = out->data + start;
    if (!memchr(first, '_', strcspn(first, " ")) && !memchr(first, '(', strcspn(first, " ")) &&
        text_language() != LANG_KO) /* nor is a name such as close() written with a capital */
        out->data[start] = (char)toupper((unsigned char)*first);
    if (out->data[out->len - 1] != '.')
        str_add_char(out, '.');
}

/* Is there more to say of the process than what the title says? */
static bool is_worth_telling(const struct finding *f, enum finding_part part)
{
    return part != PART_WHO || f->who.halt || finding_files_nearly_full(&f->who) ||
           (f->subject != SUBJECT_PROCESS && f->subject != SUBJECT_LISTENER);
}

const char *finding_seen_clock(const struct finding *f, const struct sample *s, char out[FMT_SIZE])
{
    return fmt_clock(out, FMT_SIZE, s->wall_ns - (s->mono_ns - f->seen_ns));
}

void finding_last_seen(const struct finding *f, const struct sample *s, struct str *out)
{
    char clock[FMT_SIZE];

    if (f->passing && s->wall_ns)
        text_fill(out, MSG_FINDING_LAST_SEEN, finding_seen_clock(f, s, clock), NULL);
}

void finding_story(const struct finding *f, struct str *out)
{
    static const enum finding_part parts[] = {PART_WHO, PART_CAUSE, PART_PEER};
    struct str words = STR_INIT;

    finding_title(f, out);
    str_add(out, ". ");
    finding_sentence(f, PART_SEEN, out);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        str_clear(&words);
        finding_part(f, parts[i], &words);
        if (words.len && is_worth_telling(f, parts[i]))
            str_addf(out, " %s: %s.", finding_label(parts[i]), str_text(&words));
    }
    out->failed = out->failed || words.failed;
    str_fini(&words);
}

const char *finding_label(enum finding_part part)
{
    static const enum msg labels[PART_KINDS] = {
        [PART_SEEN] = MSG_FINDING_SEEN,   [PART_WHO] = MSG_FINDING_WHO,
        [PART_CAUSE] = MSG_FINDING_CAUSE, [PART_PEER] = MSG_FINDING_PEER,
        [PART_LEADS] = MSG_FINDING_LEADS, [PART_MEANS] = MSG_FINDING_MEANS,
        [PART_DO] = MSG_FINDING_DO,       [PART_HARMLESS] = MSG_FINDING_HARMLESS,
        [PART_CHECK] = MSG_FINDING_CHECK,
    };

    return text(labels[part]);
}

const char *finding_severity_mark(unsigned severity)
{
    return severity == SEVERITY_CRITICAL ? "!!" : severity == SEVERITY_WARNING ? "!" : "i";
}

enum role finding_severity_role(unsigned severity)
{
    return severity == SEVERITY_CRITICAL  ? ROLE_CRIT
           : severity == SEVERITY_WARNING ? ROLE_WARN
                                          : ROLE_DIM;
}

const char *finding_severity_word(unsigned severity)
{
    static const enum msg words[] = {
        [SEVERITY_OK] = MSG_SEVERITY_OK,
        [SEVERITY_INFO] = MSG_SEVERITY_INFO,
        [SEVERITY_WARNING] = MSG_SEVERITY_WARNING,
        [SEVERITY_CRITICAL] = MSG_SEVERITY_CRITICAL,
    };

    return text(severity < sizeof words / sizeof words[0] ? words[severity] : MSG_SEVERITY_UNKNOWN);
}

const char *finding_skip_words(unsigned why)
{
    static const enum msg words[] = {
        [LOOKED] = MSG_SEVERITY_OK,
        [SKIP_YET] = MSG_SKIP_YET,
        [SKIP_COUNTERS] = MSG_SKIP_COUNTERS,
        [SKIP_SYSCTL] = MSG_SKIP_SYSCTL,
        [SKIP_FIGURES] = MSG_SKIP_FIGURES,
        [SKIP_BOUND] = MSG_SKIP_BOUND,
        [SKIP_BACKLOG] = MSG_SKIP_BACKLOG,
        [SKIP_UNTOLD] = MSG_SKIP_UNTOLD,
        [SKIP_SHORT] = MSG_SKIP_SHORT,
        [SKIP_MPTCP] = MSG_SKIP_MPTCP,
        [SKIP_UNDECIDED] = MSG_SKIP_UNDECIDED,
        [SKIP_MINUTE] = MSG_SKIP_MINUTE,
        [SKIP_NO_BOUND] = MSG_SKIP_NO_BOUND,
        [SKIP_UNRECORDED] = MSG_SKIP_UNRECORDED,
    };

    return text(words[why < sizeof words / sizeof words[0] ? why : SKIP_YET]);
}

static bool has_found(const struct findings *f, unsigned rule, uint32_t states)
{
    for (uint32_t i = 0; i < f->n; i++)
        if (f->list[i].rule == rule && (!states || f->list[i].marks & states))
            return true;
    return false;
}

/* Why a rule was not looked at for these states, 0: for any. Figures that are missing now do not
 * undo what was found by those that came before. */
static unsigned skip_of(const struct findings *f, unsigned rule, uint32_t states)
{
    if (!f)
        return SKIP_YET;
    if ((states && !(states & ~f->spared[rule])) ||
        (f->skip[rule] == SKIP_FIGURES && has_found(f, rule, states)))
        return LOOKED;
    return f->skip[rule];
}

/* The names of the rules that were not looked at for this reason, or that were (LOOKED). Returns
 * how many. */
static unsigned add_rules(const struct findings *f, unsigned why, struct str *out)
{
    unsigned n = 0;

    for (unsigned i = 0; i < RULE_COUNT; i++) {
        if (skip_of(f, i, 0) != why)
            continue;
        str_add(out, n++ ? ", " : "");
        str_add(out, text(rules[i].label));
    }
    return n;
}

unsigned findings_rule_lines(const struct findings *f, bool looked_at, struct str *out)
{
    uint32_t told = UINT32_C(1) << LOOKED; /* reasons */
    unsigned n = 0;

    if (looked_at)
        return add_rules(f, LOOKED, out);
    for (unsigned i = 0; i < RULE_COUNT; i++) {
        const unsigned why = skip_of(f, i, 0);
        struct str names = STR_INIT;
        if (told >> why & 1)
            continue;
        told |= UINT32_C(1) << why;
        n += add_rules(f, why, &names);
        str_add(out, out->len ? "\n" : "");
        text_fill(out, MSG_SKIP_WHY, finding_skip_words(why), str_text(&names), NULL);
        out->failed = out->failed || str_failed(&names);
        str_fini(&names);
    }
    return n;
}

void findings_not_looked(const struct findings *f, uint32_t states, struct str *out)
{
    struct str labels = STR_INIT; /* of rules that one reason holds for */
    unsigned before = LOOKED;

    for (unsigned i = 0; i <= RULE_COUNT; i++) {
        const bool end = i == RULE_COUNT;
        const unsigned why = end ? LOOKED : skip_of(f, i, states);
        if (!end && (why == LOOKED || (states && !(rules[i].judges & states))))
            continue;
        if (labels.len && (end || why != before)) {
            text_fill(out, MSG_SKIP_WHY_BRIEF, str_text(&labels), finding_skip_words(before), NULL);
            str_add(out, end ? "" : "; ");
            str_clear(&labels);
        }
        if (end)
            break;
        str_addf(&labels, "%s%s", labels.len ? ", " : "", text(rules[i].label));
        before = why;
    }
    out->failed = out->failed || str_failed(&labels);
    str_fini(&labels);
}

unsigned findings_unchecked(const struct findings *f, uint32_t states)
{
    unsigned n = 0;
    bool open = false;

    for (unsigned i = 0; i < RULE_COUNT; i++) {
        const uint32_t judged = rules[i].judges & states;
        n += skip_of(f, i, 0) != LOOKED;
        open = open || (judged && skip_of(f, i, judged) != LOOKED);
    }
    return open ? n : 0;
}

int finding_set(struct finding_words *w, const struct finding *f, int width)
{
    struct typeset ts;
    struct str part = STR_INIT;

    typeset_init(&ts);
    for (unsigned i = 0; i < PART_KINDS; i++) {
        str_clear(&part);
        finding_part(f, (enum finding_part)i, &part);
        w->first[i] = part.len ? ts.n_lines : UINT32_MAX;
        if (part.len)
            typeset_paragraphs(&ts, str_text(&part), i == PART_CHECK ? ROLE_DIM : ROLE_TEXT, width,
                               0);
    }
    str_fini(&part);
    return typeset_finish(&ts, &w->text);
}

void finding_words_fini(struct finding_words *w)
{
    explain_fini(&w->text);
}

const char *finding_label_at(const struct finding_words *w, uint32_t line)
{
    for (unsigned i = 0; i < PART_KINDS; i++)
        if (w->first[i] == line)
            return finding_label((enum finding_part)i);
    return NULL;
}
