/* SPDX-License-Identifier: MIT */
/* Puts the words about a state and the facts of this host together: the pane, its brief form. */
#include "tcptop/explain/explain.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tcptop/base/fmt.h"
#include "tcptop/base/str.h"
#include "tcptop/base/utf8.h"
#include "tcptop/explain/evidence.h"
#include "tcptop/explain/expand.h"
#include "tcptop/explain/finding_text.h"
#include "tcptop/explain/live_value.h"
#include "tcptop/explain/numbers.h"
#include "tcptop/explain/state_map.h"
#include "tcptop/explain/state_texts.h"
#include "tcptop/explain/typeset.h"

#define WIDTH_MIN    24
#define WIDTH_INDENT 32 /* from here on texts are indented and gaps can be closed */
#define INDENT       2
#define BRIEF_LINES  2

enum block_kind {
    BLOCK_PLAIN,
    BLOCK_SECTION,
    BLOCK_TABLE,
    BLOCK_MAP,
    BLOCK_SOURCE,
    BLOCK_KEYS,   /* what to press, and a rule: the lesson ends here */
    BLOCK_BELIEF, /* what is believed and false */
    BLOCK_ANSWER, /* what is true instead: close behind it, and further in */
};

/* A part of the text, ready to be set; left out when its body is empty. */
struct block {
    enum block_kind kind;
    const char *head; /* BLOCK_SECTION, BLOCK_TABLE, BLOCK_BELIEF; NULL: none */
    struct str body;
};

#define BLOCKS_MAX (14 + PAGE_PARAGRAPHS + 2 * PAGE_BELIEFS)

struct page {
    char now[2 * FMT_SIZE]; /* the head above what the sample says */
    const struct explain_subject *subject;
    enum conn_kind kind;
    struct block block[BLOCKS_MAX];
    unsigned n;
};

/* Of the namespace of the selected connection, else of all that are shown. */
static const struct host *host_of(const struct explain_subject *subject)
{
    const struct sample *s = subject->sample;

    if (s && subject->row < sample_rows(s))
        return sample_host(s, &s->conn[subject->row]);
    return s ? &s->host : NULL;
}

/* The kind of the selected connection, if it is in the state. */
static enum conn_kind kind_of(const struct explain_subject *subject)
{
    const struct sample *s = subject->sample;

    if (!s || subject->row >= sample_rows(s) || s->conn[subject->row].state != subject->state)
        return CONN_PLAIN;
    return conn_kind(&s->conn[subject->row]);
}

static const char *words_of(const struct page *p, enum section section)
{
    return state_texts_get(p->subject->state, p->kind, section, text_language());
}

static struct str *add_block(struct page *p, enum block_kind kind, const char *head)
{
    struct block *b = &p->block[p->n++];

    *b = (struct block){.kind = kind, .head = head};
    return &b->body;
}

static void add_section(struct page *p, const char *head, enum section section)
{
    expand(add_block(p, BLOCK_SECTION, head), words_of(p, section), host_of(p->subject));
}

static void add_evidence(struct str *body, const struct evidence *e)
{
    for (unsigned i = 0; i < e->n_facts; i++)
        str_addf(body, "%s%s", i ? "\n" : "", str_text(&e->fact[i]));
    if (e->verdict == VERDICT_NONE)
        return;
    str_addf(body, "%s%s%s" MARK_END NBSP NBSP "%s", e->n_facts ? "\n" : "",
             evidence_verdict_mark(e->verdict), evidence_verdict_word(e->verdict),
             str_text(&e->reason));
}

/* What the doctor advises knows process and peer; else what is to be done in general. */
static void add_advice(struct page *p, const struct evidence *e)
{
    if (e->found)
        finding_sentence(e->found, PART_DO, add_block(p, BLOCK_SECTION, text(MSG_EXPLAIN_DO)));
    else
        add_section(p, text(MSG_EXPLAIN_DO), SECTION_DO);
}

/* When what the doctor found is harmless; else when so many in this state are. */
static void add_harmless(struct page *p, const struct evidence *e)
{
    if (!e->found)
        add_section(p, text(MSG_EXPLAIN_HARMLESS), SECTION_ALARM);
    else if (text_language() == LANG_KO) /* a noun phrase, as in the texts of the states */
        finding_part(e->found, PART_HARMLESS,
                     add_block(p, BLOCK_SECTION, text(MSG_EXPLAIN_HARMLESS)));
    else
        finding_sentence(e->found, PART_HARMLESS,
                         add_block(p, BLOCK_SECTION, text(MSG_EXPLAIN_HARMLESS)));
}

/* What was done, where to look, what is learned: each paragraph begins with its word. */
static void add_lesson(struct page *p)
{
    static const enum msg words[] = {MSG_EXPLAIN_DONE, MSG_EXPLAIN_LOOK, MSG_EXPLAIN_LEARN};
    const char *at = p->subject->lesson;
    struct str template = STR_INIT;

    for (size_t i = 0; at && i < sizeof words / sizeof words[0]; i++) {
        const char *end = strchrnul(at, '\n');

        str_addf(&template, "%s" MARK_HEAD "%s" MARK_END "^^%.*s", i ? "\n" : "", text(words[i]),
                 (int)(end - at), at);
        at = *end ? end + 1 : NULL;
    }
    if (p->subject->lesson && p->subject->lesson_over)
        str_addf(&template, "\n" MARK_WARN "%s", text(MSG_LESSON_OVER));
    expand(add_block(p, BLOCK_PLAIN, NULL), str_text(&template), host_of(p->subject));
    if (str_failed(&template))
        p->block[p->n - 1].body.failed = true;
    if (p->subject->lesson)
        expand(add_block(p, BLOCK_KEYS, NULL), text(p->subject->lesson_keys), NULL);
    str_fini(&template);
}

/* How it works and how long it lasts, in few words. */
static void add_short(struct page *p)
{
    add_section(p, text(MSG_EXPLAIN_WHY), SECTION_WHY);
    add_section(p, text(MSG_EXPLAIN_UNTIL), SECTION_UNTIL);
    add_section(p, text(MSG_EXPLAIN_MYTHS), SECTION_MYTHS);
}

/* The same as prose. A belief is quoted, and its answer begins with "No". */
static void add_full(struct page *p)
{
    const unsigned state = p->subject->state;
    const enum language language = text_language();
    const char *said, *answer;

    for (unsigned i = 0; (said = state_texts_paragraph(state, i, language)); i++)
        expand(add_block(p, BLOCK_SECTION, i ? NULL : text(MSG_EXPLAIN_PAGE)), said,
               host_of(p->subject));
    for (unsigned i = 0; (said = state_texts_belief(state, i, language, &answer)); i++) {
        struct str *belief = add_block(p, BLOCK_BELIEF, i ? NULL : text(MSG_EXPLAIN_MYTHS));
        str_add_char(belief, '"');
        expand(belief, said, NULL);
        str_add_char(belief, '"');
        struct str *truth = add_block(p, BLOCK_ANSWER, NULL);
        str_addf(truth, "%s ", text(MSG_EXPLAIN_NO));
        expand(truth, answer, host_of(p->subject));
    }
}

/* Leave out the lines of a table whose value is not known. */
static void drop_unknown(struct str *table)
{
    static const char unknown[] = "\t" FMT_NONE;
    struct str known = STR_INIT;

    for (const char *line = str_text(table), *end; *line; line = *end ? end + 1 : end) {
        end = strchrnul(line, '\n');
        if (line + strcspn(line, "\t") + strlen(unknown) != end ||
            strncmp(end - strlen(unknown), unknown, strlen(unknown)) != 0)
            str_addf(&known, "%s%.*s", known.len ? "\n" : "", (int)(end - line), line);
    }
    known.failed = known.failed || table->failed;
    str_fini(table);
    *table = known;
}

static const char *head_of_now(struct page *p)
{
    const struct sample *s = p->subject->sample;
    struct str head = STR_INIT;
    char at[FMT_SIZE];

    if (s && s->import)
        return text(MSG_EXPLAIN_IN_TEXT);
    if (!s || s->backend != BACKEND_FRAME || !s->wall_ns)
        return text(MSG_EXPLAIN_NOW);
    text_fill(&head, MSG_EXPLAIN_AT,
              p->subject->alone ? fmt_local(at, sizeof at, s->wall_ns)
                                : fmt_clock(at, sizeof at, s->wall_ns),
              NULL);
    snprintf(p->now, sizeof p->now, "%s", str_text(&head));
    str_fini(&head);
    return p->now;
}

static int page_init(struct page *p, const struct explain_subject *subject, bool map, bool full)
{
    struct evidence e;
    struct str source = STR_INIT;

    *p = (struct page){.subject = subject, .kind = kind_of(subject)};
    evidence_collect(&e, subject);
    add_lesson(p);
    if (evidence_other_system(subject->sample))
        fact_fill(add_block(p, BLOCK_PLAIN, NULL), MSG_FACT_OTHER_SYSTEM,
                  evidence_other_system(subject->sample));
    expand(add_block(p, BLOCK_PLAIN, NULL), words_of(p, SECTION_LEAD), host_of(subject));
    if (map)
        state_map_draw(add_block(p, BLOCK_MAP, NULL), words_of(p, SECTION_MAP), subject->sample);
    add_evidence(add_block(p, BLOCK_SECTION, head_of_now(p)), &e);
    add_advice(p, &e);
    add_harmless(p, &e);
    if (full)
        add_full(p);
    else
        add_short(p);
    expand(&source, words_of(p, SECTION_SOURCE), host_of(subject));
    if (source.len)
        fact_fill(add_block(p, BLOCK_SOURCE, NULL), MSG_EXPLAIN_SOURCE, str_text(&source));
    if (!subject->lesson && subject->state != TCP_STATE_CLOSE) /* no socket is held in that one */
        fact_fill(add_block(p, BLOCK_SOURCE, NULL), MSG_EXPLAIN_LESSON, state_name(subject->state));
    struct str *numbers = add_block(p, BLOCK_TABLE, text(MSG_EXPLAIN_NUMBERS));
    numbers_add(numbers, subject);
    if (full)
        drop_unknown(numbers);

    bool failed = evidence_failed(&e) || str_failed(&source);
    for (unsigned i = 0; i < p->n; i++)
        failed = failed || str_failed(&p->block[i].body);
    str_fini(&source);
    evidence_fini(&e);
    return failed ? -ENOMEM : 0;
}

static void page_fini(struct page *p)
{
    for (unsigned i = 0; i < p->n; i++)
        str_fini(&p->block[i].body);
}

static void set_rule(struct typeset *ts, int width)
{
    struct str rule = STR_INIT;

    for (int i = 0; i < width; i++)
        str_add(&rule, "─");
    typeset_paragraphs(ts, str_text(&rule), ROLE_RULE, width, 0);
    ts->failed = ts->failed || str_failed(&rule);
    str_fini(&rule);
}

static void set_block(struct typeset *ts, const struct block *b, int width)
{
    const char *body = str_text(&b->body);
    const int indent = width < WIDTH_INDENT ? 0 : INDENT;

    if (b->head)
        typeset_paragraphs(ts, b->head, ROLE_HEAD, width, 0);
    switch (b->kind) {
    case BLOCK_PLAIN:
        typeset_paragraphs(ts, body, ROLE_TEXT, width, 0);
        break;
    case BLOCK_SECTION:
        typeset_paragraphs(ts, body, ROLE_TEXT, width, indent);
        break;
    case BLOCK_TABLE:
        typeset_table(ts, body, width, indent);
        break;
    case BLOCK_BELIEF:
        typeset_paragraphs(ts, body, ROLE_DIM, width, indent);
        break;
    case BLOCK_ANSWER:
        typeset_paragraphs(ts, body, ROLE_TEXT, width, indent * 2);
        break;
    case BLOCK_MAP:
        typeset_verbatim(ts, body);
        break;
    case BLOCK_KEYS:
        typeset_paragraphs(ts, body, ROLE_KEY, width, 0);
        set_rule(ts, width);
        break;
    case BLOCK_SOURCE:
        typeset_paragraphs(ts, body, ROLE_DIM, width, 0);
        break;
    }
}

/* Returns how many lines come before the table, which is last. */
static uint32_t set_page(struct typeset *ts, const struct page *p, int width, bool gaps)
{
    uint32_t words = 0;

    for (unsigned i = 0; i < p->n; i++) {
        if (p->block[i].body.len == 0)
            continue;
        const bool joined = p->block[i].kind == BLOCK_ANSWER || p->block[i].kind == BLOCK_KEYS ||
                            (i > 0 && p->block[i - 1].kind == BLOCK_KEYS);
        if (ts->n_lines > 0 && gaps && !joined)
            typeset_line(ts);
        set_block(ts, &p->block[i], width);
        if (p->block[i].kind != BLOCK_TABLE)
            words = ts->n_lines;
    }
    return words;
}

/* Blank lines between the sections stay where they push nothing out of `height`: what does not fit
 * without them is not counted. */
static void set_to_fit(struct typeset *ts, const struct page *p, int width, uint32_t height)
{
    struct typeset close;
    uint32_t words = set_page(ts, p, width, true);

    if (ts->n_lines <= height)
        return;
    typeset_init(&close);
    (void)set_page(&close, p, width, false);
    if (words > height || close.n_lines <= height) {
        struct typeset spaced = *ts;
        *ts = close;
        close = spaced;
    }
    typeset_fini(&close);
}

static int lay_out(struct explain_text *t, const struct explain_subject *subject, int width,
                   uint32_t height, bool map, bool full)
{
    struct typeset ts;
    struct page page;
    int rc;

    *t = (struct explain_text){0};
    typeset_init(&ts);
    width = width < WIDTH_MIN ? WIDTH_MIN : width;
    rc = page_init(&page, subject, map && width >= MAP_COLUMNS, full);
    if (!rc) {
        set_to_fit(&ts, &page, width, width < WIDTH_INDENT ? UINT32_MAX : height);
        rc = typeset_finish(&ts, t);
    }
    page_fini(&page);
    return rc;
}

int explain_layout(struct explain_text *t, const struct explain_subject *subject, int width,
                   int height, bool map)
{
    return lay_out(t, subject, width, height > 0 ? (uint32_t)height : UINT32_MAX, map, false);
}

int explain_page(struct explain_text *t, const struct explain_subject *subject, int width)
{
    return lay_out(t, subject, width, UINT32_MAX, true, true);
}

/* The lead's first sentence. */
static void add_first_sentence(struct str *out, const struct explain_subject *subject)
{
    const char *lead =
        state_texts_get(subject->state, kind_of(subject), SECTION_LEAD, text_language());
    const char *end = strstr(lead, ". ");
    struct str sentence = STR_INIT;

    str_add_bytes(&sentence, lead, end ? (size_t)(end - lead) + 1 : strlen(lead));
    expand(out, str_text(&sentence), host_of(subject));
    out->failed = out->failed || sentence.failed;
    str_fini(&sentence);
}

/* What is found of others in the state comes before the first fact, which is left out where both do
 * not fit. The verdict is of this one, as where there is more room. */
static void put_others_first(struct str *now, struct str *todo, const struct evidence *e)
{
    struct str title = STR_INIT;

    str_clear(todo);
    if (e->n_facts)
        str_addf(todo, "%s.", str_text(&e->fact[0]));
    str_clear(now);
    finding_title(e->others, &title);
    str_addf(now, "%s%s" MARK_END NBSP NBSP, evidence_verdict_mark(e->verdict),
             evidence_verdict_word(e->verdict));
    fact_fill(now, e->verdict == VERDICT_NORMAL ? MSG_VERDICT_OTHERS_BRIEF : MSG_VERDICT_OTHERS_TOO,
              str_text(&title));
    now->failed = now->failed || str_failed(&title);
    str_fini(&title);
}

/* Verdict and first fact, or what was found, or why nothing is known where a line has room for
 * that; then what to do. */
static void add_brief(struct str *now, struct str *todo, const struct explain_subject *subject,
                      int width)
{
    struct evidence e;
    struct str advice = STR_INIT;

    evidence_collect(&e, subject);
    const char *word = evidence_verdict_word(e.verdict);
    const bool unknown = e.verdict == VERDICT_UNKNOWN;
    const bool why =
        unknown && e.reason.len && utf8_width(word) + 2 + utf8_width(str_text(&e.reason)) <= width;
    const bool fact_alone = unknown && e.n_facts && !why; /* the word would seem to deny it */
    if (e.verdict != VERDICT_NONE && !fact_alone)
        str_addf(now, "%s%s" MARK_END NBSP NBSP, evidence_verdict_mark(e.verdict), word);
    if (e.found)
        finding_last_seen(e.found, subject->sample, now);
    if (e.found)
        finding_title(e.found, now);
    else if (why || e.n_facts)
        str_add(now, str_text(why ? &e.reason : &e.fact[0]));
    if (e.found || (e.n_facts && !why))
        str_add(now, ".");
    if (fact_alone && !e.others)
        str_add(todo, text(MSG_VERDICT_OPEN));
    if (e.found) {
        finding_part(e.found, PART_DO, &advice);
        fact_fill(todo, MSG_EXPLAIN_TO_DO, str_text(&advice));
    } else if (e.others) {
        put_others_first(now, todo, &e);
    } else if (e.verdict == VERDICT_NORMAL) {
        bool leaks = subject->state == TCP_STATE_CLOSE_WAIT && subject->sample &&
                     subject->sample->count[TCP_STATE_CLOSE_WAIT];
        str_add(todo, text(leaks ? MSG_EXPLAIN_TO_DO_WATCH : MSG_EXPLAIN_TO_DO_NOTHING));
    }
    now->failed = now->failed || str_failed(&advice) || evidence_failed(&e);
    str_fini(&advice);
    evidence_fini(&e);
}

/* Set the brief pane: two lines, whatever there is to say. Beside the lead there is one line for
 * the rest: what to do then stays away where it does not fit whole. */
static void set_brief(struct typeset *ts, const char *lead, const struct str *now,
                      const struct str *todo, int width)
{
    struct str verdict = STR_INIT;
    int now_width = utf8_width(str_text(now));
    bool with_lead = !now->len || (utf8_width(lead) <= width && now_width <= width);
    bool with_todo = !with_lead || now_width + 1 + utf8_width(str_text(todo)) <= width;

    if (with_lead)
        typeset_paragraphs(ts, lead, ROLE_TEXT, width, 0);
    str_addf(&verdict, "%s%s%s", str_text(now), with_lead && now->len ? " " : "\n",
             with_todo ? str_text(todo) : "");
    typeset_paragraphs(ts, str_text(&verdict), ROLE_TEXT, width, 0);
    ts->failed = ts->failed || str_failed(&verdict);
    str_fini(&verdict);
    if (ts->n_lines > BRIEF_LINES)
        ts->n_lines = BRIEF_LINES;
}

int explain_brief(struct explain_text *t, const struct explain_subject *subject, int width)
{
    struct str lead = STR_INIT, now = STR_INIT, todo = STR_INIT;
    struct typeset ts;
    int rc = -ENOMEM;

    *t = (struct explain_text){0};
    typeset_init(&ts);
    add_first_sentence(&lead, subject);
    add_brief(&now, &todo, subject, width);
    if (!str_failed(&lead) && !str_failed(&now) && !str_failed(&todo)) {
        set_brief(&ts, str_text(&lead), &now, &todo, width > 0 ? width : 1);
        rc = typeset_finish(&ts, t);
    }
    typeset_fini(&ts);
    str_fini(&lead);
    str_fini(&now);
    str_fini(&todo);
    return rc;
}
