/* SPDX-License-Identifier: MIT */
/* The timeline over the body: for each state the largest count in each share of the recording, and
 * below the warnings with their times. The screen is at the moment that the cursor stands on; Enter
 * stays there, Esc goes back to where one came from. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "overlay.h"
#include "prompt.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/utf8.h"
#include "tcptop/explain/expand.h"
#include "tcptop/explain/finding_text.h"
#include "tcptop/query/column.h"
#include "travel.h"

#define NAME_W       11
#define COURSE_X     (GUTTER + NAME_W + 1)
#define MOST_W       7 /* of the largest count */
#define COURSE_MAX   512
#define TICK_LEAST   8 /* columns from one time to the next */
#define SEVERITY_W   9
#define TITLE_LEAST  12
#define DAY_S        86400
#define STATES_LEAST 3 /* lines of states that stay where there are many warnings */

struct timeline {
    const struct survey *v;
    struct rect r;  /* without the title */
    int cells, x;   /* of the course: how many, and where it begins */
    int64_t end_ns; /* of the last share */
    int cursor;     /* cell */
    unsigned state[STATE_LIST_COUNT];
    uint32_t n_states;
    uint32_t lines; /* states and warnings */
};

static uint32_t most_ever(const struct survey *v, unsigned state)
{
    uint32_t most = 0;

    for (uint32_t i = 0; i < v->n_stretches; i++)
        if (v->stretch[i].most[state] > most)
            most = v->stretch[i].most[state];
    return most;
}

static int cell_of(const struct timeline *p, int64_t ns)
{
    double at = p->end_ns > 0 ? (double)ns / (double)p->end_ns * p->cells : 0;

    return at < 0 ? 0 : at >= p->cells ? p->cells - 1 : (int)at;
}

static void area(const struct drawing *d, struct overlay_area *a)
{
    a->box = false;
    a->outer = (struct rect){0, 1, d->ui->w, d->ui->h - 1 - d->l.footer.h};
    a->inner = (struct rect){0, 2, d->ui->w, a->outer.h - 1};
}

/* False when there is nothing to draw yet. */
static bool page_make(struct timeline *p, const struct drawing *d)
{
    const struct survey *v = d->v->survey;
    struct overlay_area a;

    area(d, &a);
    *p = (struct timeline){.v = v, .r = a.inner, .x = a.inner.x + COURSE_X};
    p->end_ns = v ? v->length_ns : 0; /* what of that cannot be read stays empty */
    p->cells = a.inner.w - COURSE_X - MOST_W - 1;
    if (p->cells > COURSE_MAX)
        p->cells = COURSE_MAX;
    if (!v || !v->n_stretches || p->cells < 1)
        return false;
    for (uint32_t i = 0; i < v->n_stretches; i++)
        if (v->stretch[i].end_ns > p->end_ns)
            p->end_ns = v->stretch[i].end_ns;
    for (unsigned i = 0; i < STATE_LIST_COUNT; i++)
        if (most_ever(v, state_list_order[i]))
            p->state[p->n_states++] = state_list_order[i];
    p->lines = p->n_states + v->n_findings;
    p->cursor = cell_of(p, d->v->survey_ns < p->end_ns ? d->v->survey_ns : p->end_ns);
    return true;
}

/* Drawing ------------------------------------------------------------ */

/* The wall clock at the beginning of a cell; false where nothing was recorded then. */
static bool wall_of(const struct timeline *p, int cell, int64_t *wall_ns)
{
    int64_t ns = (int64_t)((double)cell / p->cells * (double)p->end_ns);
    const struct survey_stretch *at = NULL;

    for (uint32_t i = 0; i < p->v->n_stretches && p->v->stretch[i].begin_ns <= ns; i++)
        at = &p->v->stretch[i];
    *wall_ns = at ? at->wall_ns + (ns - at->begin_ns) : 0;
    return at != NULL;
}

/* Seconds between two times on the rule, so that they have room. */
static int64_t tick_step(const struct timeline *p)
{
    static const int64_t steps[] = {1,     2,     5,     10,    15,        30,        60,
                                    120,   300,   600,   900,   1800,      3600,      7200,
                                    10800, 21600, 43200, DAY_S, 2 * DAY_S, 7 * DAY_S, 28 * DAY_S};
    double cell_s = (double)p->end_ns / (double)NS_PER_S / p->cells;
    size_t i = 0;

    while (i + 1 < sizeof steps / sizeof *steps &&
           (double)steps[i] / cell_s < (steps[i] < 60 ? TICK_LEAST + 3 : TICK_LEAST + 1))
        i++;
    return steps[i];
}

static void draw_tick(struct drawing *d, const struct timeline *p, int cell, int64_t wall_s,
                      int64_t step, int *free_x)
{
    time_t s = (time_t)wall_s;
    struct tm tm;
    char label[16];
    int x = p->x + cell, mark = p->x + p->cursor;

    if (!localtime_r(&s, &tm))
        return;
    strftime(label, sizeof label, step >= DAY_S ? "%m-%d" : step < 60 ? "%H:%M:%S" : "%H:%M", &tm);
    int w = utf8_width(label);
    if (x < *free_x || x + w > p->x + p->cells || (mark >= x - 1 && mark <= x + w))
        return;
    canvas_put(d->c, x, p->r.y, w, ROLE_DIM, label);
    *free_x = x + w + 2;
}

/* Times where a whole step begins, the mark of the cursor, and the head of the largest counts. */
static void draw_rule(struct drawing *d, const struct timeline *p)
{
    int64_t step = tick_step(p), before = 0, wall_ns;
    int free_x = p->x;
    bool known = false;

    for (int cell = 0; cell < p->cells; cell++) {
        bool is = wall_of(p, cell, &wall_ns);
        time_t s = (time_t)(wall_ns / NS_PER_S);
        struct tm tm;
        int64_t local = is && localtime_r(&s, &tm) ? s + tm.tm_gmtoff : 0;
        if (is && known && local / step != before)
            draw_tick(d, p, cell, local / step * step - tm.tm_gmtoff, step, &free_x);
        before = local / step;
        known = is;
    }
    canvas_put(d->c, p->x + p->cursor, p->r.y, 1, ROLE_FOCUS, "▾");
    canvas_put_right(d->c, p->x + p->cells, p->r.y, MOST_W, ROLE_TITLE, text(MSG_VIEW_MAX));
}

/* The course of a state. */
static void draw_course(struct drawing *d, const struct timeline *p, unsigned state, uint32_t most,
                        int y)
{
    uint32_t cell[COURSE_MAX] = {0};
    bool known[COURSE_MAX] = {false};

    for (uint32_t i = 0; i < p->v->n_stretches; i++) {
        const struct survey_stretch *s = &p->v->stretch[i];
        for (int c = cell_of(p, s->begin_ns); c <= cell_of(p, s->end_ns - 1); c++) {
            known[c] = true;
            cell[c] = s->most[state] > cell[c] ? s->most[state] : cell[c];
        }
    }
    for (int c = 0; c < p->cells; c++)
        canvas_put(d->c, p->x + c, y, 1, known[c] ? column_state_role(state) : ROLE_DIM,
                   known[c] ? spark_glyph(cell[c], most) : "·");
    canvas_paint(d->c, p->x + p->cursor, y, 1, 1, ROLE_CURSOR);
}

/* Does it hold at that time, by the times that its row has? */
static bool holds_at(const struct survey_finding *f, int64_t ns)
{
    return f->begin_ns <= ns && (f->lasts || ns <= f->end_ns);
}

/* The finding as the moment that is shown has it; NULL: it was not found then. */
static const struct finding *found_now(const struct findings *now, const struct survey_finding *f)
{
    for (uint32_t i = 0; now && i < now->n; i++)
        if (now->list[i].key == f->episode.worst.key)
            return &now->list[i];
    return NULL;
}

/* States that warnings are about at the cursor. */
static uint32_t warned_at(const struct timeline *p, int64_t ns)
{
    uint32_t states = 0;

    for (uint32_t i = 0; i < p->v->n_findings; i++) {
        const struct survey_finding *f = &p->v->finding[i];
        if (holds_at(f, ns))
            states |= f->episode.worst.marks;
    }
    return states;
}

static void draw_state(struct drawing *d, const struct timeline *p, uint32_t i, int y,
                       uint32_t warned)
{
    unsigned state = p->state[i];
    uint32_t most = most_ever(p->v, state);
    char number[FMT_SIZE];

    if (warned >> state & 1)
        canvas_put(d->c, 1, y, 1, ROLE_WARN, "!");
    canvas_put(d->c, GUTTER, y, NAME_W, column_state_role(state), state_name(state));
    draw_course(d, p, state, most, y);
    fmt_count_fit(number, sizeof number, most, MOST_W);
    canvas_put_right(d->c, p->x + p->cells, y, MOST_W, ROLE_DIM, number);
}

static void title_of(const struct survey_finding *f, char out[FILL_SIZE])
{
    struct str title = STR_INIT;

    finding_title(&f->episode.worst, &title);
    draw_copy_text(out, FILL_SIZE, str_text(&title));
    typeset_untie(out);
    str_fini(&title);
}

/* Where the moment that is shown has something else than the row, which is as it was at its worst:
 * a warning that is only a note by now, since its cause was found, one that is not critical, or
 * that the few samples before that moment do not show. */
static void add_differs(const struct drawing *d, const struct survey_finding *f,
                        char when[FILL_SIZE])
{
    const struct findings *now = draw_findings(d);
    const struct finding *found = found_now(now, f);
    char whole[FILL_SIZE];

    if (!now || !holds_at(f, d->v->survey_ns) || f->episode.worst.severity < SEVERITY_WARNING ||
        (found && found->severity >= f->episode.worst.severity))
        return;
    draw_fill(whole,
              !found                                ? MSG_TIMELINE_NOT_FOUND
              : found->severity >= SEVERITY_WARNING ? MSG_TIMELINE_WARNING_NOW
                                                    : MSG_TIMELINE_NOTE_NOW,
              when, NULL, NULL);
    draw_copy_text(when, FILL_SIZE, whole);
}

/* "13:44:05 to 13:45:50  worst 512 ports" */
static void when_of(const struct drawing *d, const struct survey_finding *f, bool with_worst,
                    char out[FILL_SIZE])
{
    const struct episode *e = &f->episode;
    char from[FMT_SIZE], to[FMT_SIZE], when[FILL_SIZE];
    int measure = with_worst ? episodes_measure(&e->worst) : -1;
    struct str worst = STR_INIT;

    fmt_clock(from, sizeof from, e->begin_wall_ns);
    fmt_clock(to, sizeof to, e->end_wall_ns);
    draw_fill(when, f->lasts ? MSG_TIMELINE_LASTS : MSG_TIMELINE_FROM_TO, from, to, NULL);
    add_differs(d, f, when);
    if (measure >= 0)
        finding_measure(&e->worst, (unsigned)measure, e->at_least, &worst);
    const bool least = measure >= 0 && (e->at_least || e->worst.at_least >> measure & 1);
    draw_fill(out,
              least          ? MSG_TIMELINE_WORST_AT_LEAST
              : measure >= 0 ? MSG_TIMELINE_WORST
                             : MSG_SESSION_NOTE,
              when, str_text(&worst), NULL);
    typeset_untie(out);
    str_fini(&worst);
}

/* The warnings that are shown, and where their times begin: one column for all of them. */
struct finding_lines {
    const struct survey_finding *list;
    int n, when_x; /* 0: there is no room for times */
    bool with_worst;
};

/* How much the widest title and the widest time take. */
static void measure(const struct drawing *d, const struct finding_lines *lines, bool with_worst,
                    int *title_w, int *when_w)
{
    *title_w = *when_w = 0;
    for (int i = 0; i < lines->n; i++) {
        char title[FILL_SIZE], when[FILL_SIZE];

        title_of(&lines->list[i], title);
        when_of(d, &lines->list[i], with_worst, when);
        *title_w = utf8_width(title) > *title_w ? utf8_width(title) : *title_w;
        *when_w = utf8_width(when) > *when_w ? utf8_width(when) : *when_w;
    }
}

/* What is wrong matters more than how bad it was, and that more than nothing of when. */
static void place_findings(const struct drawing *d, struct finding_lines *lines)
{
    const int room = d->ui->w - GUTTER - SEVERITY_W - 3;
    int title_w, when_w;

    measure(d, lines, true, &title_w, &when_w);
    lines->with_worst = title_w + when_w <= room;
    if (!lines->with_worst)
        measure(d, lines, false, &title_w, &when_w);
    lines->when_x = room - when_w >= TITLE_LEAST ? d->ui->w - 1 - when_w : 0;
}

static void draw_finding(struct drawing *d, const struct finding_lines *lines, int i, int y)
{
    const struct survey_finding *f = &lines->list[i];
    const unsigned severity = f->episode.worst.severity;
    const int x = GUTTER + SEVERITY_W, end = lines->when_x ? lines->when_x - 2 : d->ui->w - 1;
    char title[FILL_SIZE], when[FILL_SIZE];

    canvas_put(d->c, GUTTER, y, SEVERITY_W, finding_severity_role(severity),
               finding_severity_word(severity));
    title_of(f, title);
    draw_name(d->c, x, y, end - x, ROLE_TEXT, title);
    if (!lines->when_x)
        return;
    when_of(d, f, lines->with_worst, when);
    canvas_put(d->c, lines->when_x, y, d->ui->w - 1 - lines->when_x, ROLE_DIM, when);
}

/* Lines of states and of warnings that fit, and the first of each. */
struct fold {
    int states, findings;
    uint32_t first_state, first_finding;
};

static struct fold fold_page(const struct timeline *p, uint32_t cursor)
{
    int room = p->r.h - 2; /* the rule, the title of the warnings */
    struct fold f = {.states = (int)p->n_states};
    uint32_t at;

    if (f.states > room)
        f.states = room;
    f.findings = room - f.states;
    if (f.findings < (int)p->v->n_findings && f.findings < room / 3) {
        f.findings = room / 3;
        f.states = room - f.findings > STATES_LEAST ? room - f.findings : STATES_LEAST;
    }
    if (f.states < 0 || f.findings < 0)
        return (struct fold){.states = 0};
    at = cursor < p->n_states ? cursor : p->n_states ? p->n_states - 1 : 0;
    if (at >= (uint32_t)f.states && f.states)
        f.first_state = at - (uint32_t)f.states + 1;
    at = cursor >= p->n_states ? cursor - p->n_states : 0;
    if (at >= (uint32_t)f.findings && f.findings)
        f.first_finding = at - (uint32_t)f.findings + 1;
    return f;
}

/* Of the whole time, and of now, which is what the header counts. */
static void draw_findings_title(struct drawing *d, const struct timeline *p, int y,
                                const struct fold *fold)
{
    const struct findings *f = draw_findings(d);
    uint32_t all = 0;
    char in_all[16], now[16], number[16], notes[FILL_SIZE], words[FILL_SIZE], scroll[64];

    for (uint32_t i = 0; i < p->v->n_findings; i++)
        all += p->v->finding[i].episode.worst.severity >= SEVERITY_WARNING;
    snprintf(in_all, sizeof in_all, "%u", all);
    snprintf(now, sizeof now, "%u", f ? f->warnings : 0);
    snprintf(number, sizeof number, "%u", p->v->n_findings - all);
    draw_fill(notes, MSG_VIEW_NOTES, number, NULL, NULL);
    draw_fill(words, all < p->v->n_findings ? MSG_TIMELINE_COUNT_NOTES : MSG_TIMELINE_COUNT, in_all,
              now, notes);
    draw_scroll_mark(scroll, sizeof scroll, fold->first_finding, (uint32_t)fold->findings,
                     p->v->n_findings);
    draw_title(d->c, &(struct rect){0, y, d->ui->w, 1}, false, text(MSG_VIEW_WARNINGS), words,
               scroll);
}

static void draw_lines(struct drawing *d, const struct timeline *p)
{
    uint32_t cursor = d->ui->overlay_cursor;
    uint32_t warned = warned_at(p, d->v->survey_ns);
    struct fold f = fold_page(p, cursor);
    int y = p->r.y + 1;

    for (int i = 0; i < f.states && f.first_state + (uint32_t)i < p->n_states; i++, y++) {
        uint32_t line = f.first_state + (uint32_t)i;
        draw_state(d, p, line, y, warned);
        if (line == cursor)
            canvas_put(d->c, 0, y, 1, ROLE_TEXT, "▸");
    }
    draw_findings_title(d, p, y++, &f);
    if (!p->v->n_findings)
        canvas_put(d->c, GUTTER, y, d->ui->w - GUTTER, ROLE_DIM, text(MSG_TIMELINE_NO_FINDINGS));
    struct finding_lines lines = {.list = p->v->finding + f.first_finding};
    for (uint32_t i = f.first_finding; i < p->v->n_findings && lines.n < f.findings; i++)
        lines.n++;
    place_findings(d, &lines);
    for (int i = 0; i < lines.n; i++, y++) {
        draw_finding(d, &lines, i, y);
        if (f.first_finding + (uint32_t)i + p->n_states != cursor)
            continue;
        canvas_put(d->c, 0, y, 1, ROLE_TEXT, "▸");
        draw_cursor(d->c, 0, y, d->ui->w, true);
    }
}

/* "13:02:10 to 14:03:22, 61 min, 3,672 samples" */
static void extent_words(const struct survey *v, char out[FILL_SIZE])
{
    char from[FMT_SIZE], to[FMT_SIZE], number[FMT_SIZE], samples[FILL_SIZE];
    int64_t seconds = (v->length_ns + NS_PER_S / 2) / NS_PER_S;
    struct str how = STR_INIT;

    fmt_clock(from, sizeof from, v->first_wall_ns);
    fmt_clock(to, sizeof to, v->last_wall_ns);
    expand_duration(&how, seconds > 0 ? (uint64_t)seconds : 0);
    fmt_count(number, sizeof number, v->samples);
    draw_fill(samples, MSG_TIMELINE_SAMPLES, number, NULL, NULL);
    str_addf(&how, ", %s", samples);
    draw_fill(out, MSG_TIMELINE_EXTENT, from, to, str_text(&how));
    typeset_untie(out);
    str_fini(&how);
}

static void draw(struct drawing *d)
{
    struct overlay_area a;
    char right[FILL_SIZE] = "", scroll[64] = "";
    struct timeline p;
    bool known = page_make(&p, d);

    area(d, &a);
    if (known) {
        const struct fold f = fold_page(&p, d->ui->overlay_cursor);
        extent_words(p.v, right);
        draw_scroll_mark(scroll, sizeof scroll, f.first_state, (uint32_t)f.states, p.n_states);
    }
    if (*scroll)
        snprintf(right + strlen(right), sizeof right - strlen(right), DRAW_GAP "%s", scroll);
    overlay_frame(d, &a, text(MSG_TIMELINE_TITLE), right);
    if (!known) {
        canvas_put(d->c, GUTTER, a.inner.y, d->ui->w - GUTTER, ROLE_DIM,
                   text(MSG_TIMELINE_READING));
        return;
    }
    if (p.r.h > 0)
        draw_rule(d, &p);
    if (p.r.h > 2)
        draw_lines(d, &p);
}

/* What keys do ------------------------------------------------------------ */

static unsigned open(struct session *s)
{
    if (!s->travel) {
        (void)travel_go(s, TRAVEL_SURVEY, 0); /* it says why not */
        return REACT_NOT_MINE;
    }
    travel_mark(s);
    return REACT_NOTHING; /* on_sample() comes next */
}

/* Enter on a warning goes to where it began; the timeline closes. */
static unsigned look(struct session *s, const struct timeline *p)
{
    uint32_t cursor = s->ui.overlay_cursor;

    if (p->v && cursor >= p->n_states && cursor < p->lines)
        (void)travel_go(s, TRAVEL_TIME, p->v->finding[cursor - p->n_states].begin_ns);
    return REACT_CLOSE;
}

static unsigned move(struct session *s, const struct timeline *p, enum move_unit unit, int sign)
{
    if (unit == MOVE_END)
        return travel_go(s, sign < 0 ? TRAVEL_FIRST : TRAVEL_LAST, 0);
    s->ui.overlay_cursor =
        session_clamp(s->ui.overlay_cursor, sign * session_step(unit, p->lines, p->lines / 2),
                      p->lines ? p->lines - 1 : 0);
    return REACT_NOTHING;
}

static unsigned command(struct session *s, enum command_id command)
{
    struct view v = session_view(s);
    struct drawing d;
    struct timeline p;
    enum move_unit unit;
    int sign;

    draw_init(&d, NULL, &v);
    (void)page_make(&p, &d);
    if (session_movement(command, &unit, &sign))
        return move(s, &p, unit, sign);
    if (command == COMMAND_LEFT || command == COMMAND_RIGHT)
        return travel_go(s, TRAVEL_STEP, command == COMMAND_LEFT ? -1 : 1);
    if (command == COMMAND_OPEN)
        return look(s, &p);
    if (command == COMMAND_TIMELINE)
        return REACT_CLOSE;
    if (command == COMMAND_BACK || command == COMMAND_QUIT)
        return REACT_CLOSE | travel_back(s);
    if (command == COMMAND_LIVE && !s->settings->past.whole)
        return REACT_CLOSE | (travel_return(s) & ~(unsigned)REACT_NOT_MINE);
    return REACT_NOT_MINE;
}

static unsigned click(struct session *s, int x, int y)
{
    struct view v = session_view(s);
    struct drawing d;
    struct timeline p;

    draw_init(&d, NULL, &v);
    if (!page_make(&p, &d) || x < p.x || x >= p.x + p.cells || y < p.r.y)
        return REACT_NOTHING;
    return travel_go(s, TRAVEL_TIME, (int64_t)((x - p.x + 0.5) / p.cells * (double)p.end_ns));
}

/* It has just opened, or what is kept in memory has grown. */
static unsigned on_sample(struct session *s)
{
    const bool known = travel_survey(s) && (s->settings->past.whole || travel_is_away(s));

    return known ? REACT_NOTHING : travel_go(s, TRAVEL_SURVEY, 0);
}

static void footer(const struct drawing *d, struct key_items *k)
{
    footer_add_keys(k, "← →", MSG_VIEW_KEY_SAMPLE, 3);
    footer_add_keys(k, "{ }", MSG_VIEW_KEY_MINUTE, 4);
    footer_add_keys(k, "m M", MSG_VIEW_KEY_FINDING, 5);
    footer_add(k, COMMAND_GO_TO, MSG_VIEW_KEY_GO_TO, true, 6);
    footer_add(k, COMMAND_OPEN, MSG_VIEW_KEY_LOOK, true, 1);
    footer_add(k, COMMAND_PAUSE, footer_pause_word(d), d->v->is_recording || d->ui->past, 2);
    footer_add(k, COMMAND_LIVE, MSG_VIEW_KEY_LIVE, !d->v->is_recording, 2);
    footer_add(k, COMMAND_QUIT, MSG_VIEW_KEY_BACK, true, 0);
}

const struct overlay_ops overlay_timeline = {
    .opened_by = COMMAND_TIMELINE,
    .open = open,
    .command = command,
    .on_sample = on_sample,
    .click = click,
    .draw = draw,
    .footer = footer,
};
