/* What the doctor found: the list over the body, the last lines of a tall pane, and which rows and
 * states are marked for it. */
#include <stdio.h>
#include <string.h>

#include "parts.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/utf8.h"
#include "tcptop/doctor/finding_scope.h"
#include "tcptop/explain/expand.h"
#include "tcptop/explain/finding_text.h"

#define TITLE_X  4  /* cursor and mark before it */
#define TEXT_X   17 /* labels before it */
#define CLOCK_W  5  /* "14:03" */
#define LIST_ROW 4  /* lines of a finding in the pane, the blank one included */

const struct findings *drawing_findings(const struct drawing *d)
{
    const struct sample *s = d->v->newest ? d->v->newest : d->s;

    return s ? s->findings : NULL;
}

uint32_t drawing_warned_states(const struct drawing *d)
{
    return d->s && d->s->findings ? d->s->findings->states : 0;
}

unsigned drawing_row_severity(const struct drawing *d, uint32_t row)
{
    const struct finding *f = finding_about(d->s, conn_counts_as(&d->s->conn[row]), row);

    return f ? f->severity : SEVERITY_OK;
}

static void title_of(const struct finding *f, char out[FILL_SIZE])
{
    struct str title = STR_INIT;

    finding_title(f, &title);
    copy_text(out, FILL_SIZE, str_text(&title));
    typeset_untie(out);
    str_fini(&title);
}

static void clock_of(int64_t wall_ns, char out[FMT_SIZE])
{
    fmt_clock(out, FMT_SIZE, wall_ns);
    out[CLOCK_W] = '\0';
}

/* "since 14:00, 3 min" */
static void since(const struct drawing *d, const struct finding *f, bool with_age,
                  char out[FILL_SIZE])
{
    const struct sample *s = d->v->newest ? d->v->newest : d->s;
    int64_t seconds = (s->mono_ns - f->since_ns) / NS_PER_S;
    char clock[FMT_SIZE];
    struct str age = STR_INIT;

    clock_of(f->since_wall_ns, clock);
    expand_duration(&age, (uint64_t)(seconds < 60 ? seconds : seconds / 60 * 60));
    fill(out, with_age ? MSG_VIEW_WARNING_SINCE_FOR : MSG_VIEW_WARNING_SINCE, clock, str_text(&age),
         NULL);
    typeset_untie(out);
    str_fini(&age);
}

/* What is found but no warning: it stands in the list and not in the header's number. "": none. */
static void count_notes(const struct findings *f, char out[FILL_SIZE])
{
    const uint32_t n = f ? f->n - f->warnings : 0;
    char number[16];

    out[0] = '\0';
    snprintf(number, sizeof number, "%u", n);
    if (n)
        fill(out, n == 1 ? MSG_VIEW_NOTES_ONE : MSG_VIEW_NOTES_SOME, number, NULL, NULL);
}

/* A finding's first line; its mark and what stands at the right end. */
static void draw_head(struct drawing *d, const struct finding *f, const struct rect *r, int y,
                      int title_x, const char *right, enum role role)
{
    char title[FILL_SIZE];
    int right_w = utf8_width(right), room = r->w - title_x - right_w - 3;

    title_of(f, title);
    canvas_put(d->c, r->x + 1, y, 2, role, finding_severity_mark(f->severity));
    put_name(d->c, r->x + title_x, y, room, role == ROLE_DIM ? ROLE_DIM : ROLE_TITLE, title);
    canvas_put(d->c, r->x + r->w - right_w - 1, y, right_w, ROLE_DIM, right);
}

/* The list over the body ------------------------------------------------------------------------
 */

struct page {
    const struct findings *f; /* may be NULL */
    int width;                /* of texts */
    uint32_t n;               /* lines */
    struct explain_text tail; /* what was looked at, and what was not */
};

static int text_width(int w)
{
    return w - TEXT_X - 1;
}

/* Lines of a finding, with the blank one behind it. */
static uint32_t finding_lines(const struct finding *f, int width)
{
    struct finding_words words;
    uint32_t n = 2;

    if (finding_set(&words, f, width) == 0)
        n += words.text.n_lines;
    finding_words_fini(&words);
    return n;
}

static int make_tail(const struct findings *f, int width, struct explain_text *tail)
{
    struct typeset ts;
    struct str list = STR_INIT;

    typeset_init(&ts);
    for (int were = 1; f && were >= 0; were--) {
        str_clear(&list);
        findings_rules(f, 0, were, &list);
        if (!list.len || (were && f->n))
            continue;
        typeset_paragraphs(&ts, text(were ? MSG_VIEW_WARNINGS_LOOKED : MSG_VIEW_WARNINGS_SKIP),
                           ROLE_HEAD, width, 1);
        typeset_paragraphs(&ts, str_text(&list), ROLE_DIM, width, TITLE_X);
        typeset_line(&ts);
    }
    str_fini(&list);
    return typeset_finish(&ts, tail);
}

static uint32_t ended_lines(const struct findings *f)
{
    return f && f->n_ended ? f->n_ended + 2 : 0;
}

static void make_page(struct page *p, const struct drawing *d, int w)
{
    *p = (struct page){.f = drawing_findings(d), .width = text_width(w)};
    for (uint32_t i = 0; p->f && i < p->f->n; i++)
        p->n += finding_lines(&p->f->list[i], p->width);
    p->n += ended_lines(p->f) + (p->f && p->f->n == 0 ? 2 : 0);
    if (make_tail(p->f, w - 1, &p->tail) == 0)
        p->n += p->tail.n_lines;
}

static uint32_t page_shown(const struct page *p, const struct overlay_area *a)
{
    return a->inner.h < 0 ? 0 : (uint32_t)a->inner.h < p->n ? (uint32_t)a->inner.h : p->n;
}

void warnings_extent(const struct drawing *d, uint32_t *lines, uint32_t *shown)
{
    struct overlay_area a;
    struct page p;

    overlay_area(d, &a);
    make_page(&p, d, a.inner.w);
    *lines = p.n;
    *shown = page_shown(&p, &a);
    explain_fini(&p.tail);
}

void warnings_entry(const struct drawing *d, uint32_t index, uint32_t *first, uint32_t *lines)
{
    const struct findings *f = drawing_findings(d);
    struct overlay_area a;

    overlay_area(d, &a);
    *first = *lines = 0;
    for (uint32_t i = 0; f && i < f->n && i <= index; i++) {
        *first += *lines;
        *lines = finding_lines(&f->list[i], text_width(a.inner.w));
    }
}

/* Where lines go: `at` is the line of the page, those before `top` are passed over. */
struct pen {
    struct drawing *d;
    struct rect r;
    uint32_t top, shown, at;
};

/* The screen line for the next line of the page, -1 when it is not shown. */
static int next_y(struct pen *pen)
{
    uint32_t at = pen->at++;

    return at >= pen->top && at < pen->top + pen->shown ? pen->r.y + (int)(at - pen->top) : -1;
}

static void draw_line(struct pen *pen, const struct explain_text *t, uint32_t line, int x, int y)
{
    draw_explained(pen->d->c, t, line, pen->r.x + x, y, pen->r.w - x);
}

static void draw_finding(struct pen *pen, const struct finding *f, int width, bool cursor)
{
    struct drawing *d = pen->d;
    struct finding_words words;
    char right[FILL_SIZE];
    int y = next_y(pen);

    since(d, f, true, right);
    if (y >= 0) {
        draw_head(d, f, &pen->r, y, TITLE_X, right, finding_severity_role(f->severity));
        if (cursor) {
            canvas_put(d->c, pen->r.x, y, 1, ROLE_TEXT, "▸");
            draw_cursor(d->c, pen->r.x, y, pen->r.w, true);
        }
    }
    if (finding_set(&words, f, width) == 0) {
        for (uint32_t i = 0; i < words.text.n_lines; i++) {
            const char *label = finding_label_at(&words, i);
            y = next_y(pen);
            if (y < 0)
                continue;
            if (label)
                canvas_put(d->c, pen->r.x + TITLE_X, y, TEXT_X - TITLE_X - 1, ROLE_DIM, label);
            draw_line(pen, &words.text, i, TEXT_X, y);
        }
    }
    finding_words_fini(&words);
    next_y(pen);
}

static void draw_ended(struct pen *pen, const struct findings *f)
{
    int y = next_y(pen);

    if (y >= 0)
        canvas_put(pen->d->c, pen->r.x + 1, y, pen->r.w - 2, ROLE_HEAD,
                   text(MSG_VIEW_WARNINGS_ENDED));
    for (uint32_t i = f->n; i < f->n + f->n_ended; i++) {
        char from[FMT_SIZE], to[FMT_SIZE], right[FILL_SIZE];
        y = next_y(pen);
        if (y < 0)
            continue;
        clock_of(f->list[i].since_wall_ns, from);
        clock_of(f->list[i].ended_wall_ns, to);
        fill(right, MSG_VIEW_WARNING_FROM_TO, from, to, NULL);
        draw_head(pen->d, &f->list[i], &pen->r, y, TITLE_X, right, ROLE_DIM);
    }
    next_y(pen);
}

static void draw_page(struct pen *pen, const struct page *p)
{
    const struct findings *f = p->f;
    int y;

    for (uint32_t i = 0; f && i < f->n; i++)
        draw_finding(pen, &f->list[i], p->width, i == pen->d->ui->overlay_cursor);
    if (f && f->n == 0) {
        y = next_y(pen);
        if (y >= 0)
            canvas_put(pen->d->c, pen->r.x + 1, y, pen->r.w - 2, ROLE_OK,
                       text(MSG_VIEW_WARNINGS_NOTHING));
        next_y(pen);
    }
    if (ended_lines(f))
        draw_ended(pen, f);
    for (uint32_t i = 0; i < p->tail.n_lines; i++) {
        y = next_y(pen);
        if (y >= 0)
            draw_line(pen, &p->tail, i, 0, y);
    }
}

/* "3 now, 1 note, 0 ended": the first is the header's number. */
static void count_all(const struct findings *f, char out[FILL_SIZE])
{
    char now[16], ended[16], notes[FILL_SIZE];

    count_notes(f, notes);
    snprintf(now, sizeof now, "%u", f ? f->warnings : 0);
    snprintf(ended, sizeof ended, "%u", f ? f->n_ended : 0);
    fill(out, *notes ? MSG_VIEW_WARNINGS_AND_NOTES : MSG_VIEW_WARNINGS_COUNT, now, ended, notes);
}

void draw_warnings(struct drawing *d)
{
    struct overlay_area a;
    struct page p;
    struct pen pen = {.d = d, .top = d->ui->overlay_top};
    char right[FILL_SIZE], count[FILL_SIZE], scroll[64];

    overlay_area(d, &a);
    make_page(&p, d, a.inner.w);
    pen.r = a.inner;
    pen.shown = page_shown(&p, &a);
    if (pen.top > p.n - pen.shown)
        pen.top = p.n - pen.shown;
    count_all(p.f, count);
    scroll_mark(scroll, sizeof scroll, pen.top, pen.shown, p.n);
    snprintf(right, sizeof right, "%.120s%s%.60s", count, *scroll ? "   " : "", scroll);
    overlay_frame(d, &a, text(MSG_VIEW_WARNINGS), right);
    draw_page(&pen, &p);
    explain_fini(&p.tail);
}

/* The last lines of a tall pane -----------------------------------------------------------------
 */

static void draw_part(struct drawing *d, const struct finding *f, enum finding_part part,
                      const struct rect *r, int y)
{
    struct str words = STR_INIT;
    char line[FILL_SIZE];

    finding_part(f, part, &words);
    copy_text(line, sizeof line, str_text(&words));
    typeset_untie(line);
    put_name(d->c, r->x + 3, y, r->w - 4, ROLE_TEXT, line);
    str_fini(&words);
}

/* "3", "3, 1 note", "1 note"; "": nothing is found, or nobody looked. */
static void count_short(const struct findings *f, char out[2 * FILL_SIZE])
{
    char notes[FILL_SIZE], warnings[16] = "";

    count_notes(f, notes);
    if (f && f->warnings)
        snprintf(warnings, sizeof warnings, "%u", f->warnings);
    snprintf(out, 2 * FILL_SIZE, "%s%s%s", warnings, *warnings && *notes ? ", " : "", notes);
}

void draw_warnings_list(struct drawing *d)
{
    const struct rect *r = &d->l.warnings;
    const struct findings *f = drawing_findings(d);
    char right[FILL_SIZE], key[24], count[2 * FILL_SIZE];
    uint32_t fit = (uint32_t)(r->h > 1 ? r->h / LIST_ROW : 0);

    if (r->h <= 0)
        return;
    canvas_fill(d->c, d->l.separator_x, r->y, 1, r->h, ROLE_RULE, "│");
    canvas_put(d->c, d->l.separator_x, r->y, 1, ROLE_RULE, "├");
    canvas_fill(d->c, r->x, r->y, r->w, r->h, ROLE_TEXT, " ");
    first_key(d->v, COMMAND_WARNINGS, key);
    snprintf(right, sizeof right, "%s %s", key, text(MSG_VIEW_WARNINGS_LIST));
    count_short(f, count);
    draw_title(d->c, r, false, text(MSG_VIEW_WARNINGS), count, right);
    if (f && f->n == 0)
        canvas_put(d->c, r->x + 1, r->y + 1, r->w - 1, ROLE_DIM, text(MSG_VIEW_WARNINGS_NOTHING));
    for (uint32_t i = 0; f && i < f->n && i < fit; i++) {
        int y = r->y + 1 + (int)i * LIST_ROW;
        since(d, &f->list[i], false, right);
        draw_head(d, &f->list[i], r, y,
                  1 + 1 + (int)strlen(finding_severity_mark(f->list[i].severity)), right,
                  finding_severity_role(f->list[i].severity));
        draw_part(d, &f->list[i], PART_SEEN, r, y + 1);
        draw_part(d, &f->list[i], PART_DO, r, y + 2);
    }
}
