/* SPDX-License-Identifier: MIT */
/* What the doctor found: the list over the body and the last lines of a tall pane. The cursor of
 * the list stays on its finding while samples come; Enter shows its connections, `c` copies it. */
#include <stdio.h>
#include <string.h>

#include "overlay.h"
#include "prompt.h"
#include "table_cursor.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/utf8.h"
#include "tcptop/doctor/finding_scope.h"
#include "tcptop/explain/expand.h"
#include "tcptop/explain/finding_text.h"

#define TITLE_X 4  /* cursor and mark before it */
#define TEXT_X  17 /* labels before it */
/* Lines of what is seen, and of what to do, in the pane; more if some are left. */
#define LIST_PART 2
#define LIST_MOST 8 /* findings there */

static void title_of(const struct finding *f, char out[FILL_SIZE])
{
    struct str title = STR_INIT;

    finding_title(f, &title);
    draw_copy_text(out, FILL_SIZE, str_text(&title));
    typeset_untie(out);
    str_fini(&title);
}

/* "since 14:00:07 (3 min)"; of what may be over by now when it was seen last. */
static void since(const struct drawing *d, const struct finding *f, bool with_age,
                  char out[FILL_SIZE])
{
    const struct sample *s = d->v->newest ? d->v->newest : d->s;
    int64_t seconds = (s->mono_ns - f->since_ns) / NS_PER_S;
    char clock[FMT_SIZE], last[FMT_SIZE];
    struct str age = STR_INIT;

    fmt_clock(clock, sizeof clock, f->since_wall_ns);
    if (f->passing && s->wall_ns) {
        finding_seen_clock(f, s, last);
        draw_fill(out, MSG_VIEW_WARNING_FROM_SEEN, clock, last, NULL);
        return;
    }
    expand_duration(&age, seconds > 0 ? (uint64_t)seconds : 0);
    draw_fill(out, with_age ? MSG_VIEW_WARNING_SINCE_FOR : MSG_VIEW_WARNING_SINCE, clock,
              str_text(&age), NULL);
    typeset_untie(out);
    str_fini(&age);
}

/* What is found but no warning: it stands in the list and not in the header's number. */
static uint32_t count_notes(const struct findings *f)
{
    return f ? f->n - f->warnings - f->passing : 0;
}

/* A finding's first line; its mark and what stands at the right end. */
static void draw_head(struct drawing *d, const struct finding *f, const struct rect *r, int y,
                      int title_x, const char *right, enum role role)
{
    char title[FILL_SIZE];
    int right_w = utf8_width(right), room = r->w - title_x - right_w - 3;

    title_of(f, title);
    canvas_put(d->c, r->x + 1, y, 2, role, finding_severity_mark(f->severity));
    draw_name(d->c, r->x + title_x, y, room, role == ROLE_DIM ? ROLE_DIM : ROLE_TITLE, title);
    canvas_put(d->c, r->x + r->w - right_w - 1, y, right_w, ROLE_DIM, right);
}

/* The list over the body ------------------------------------------------------------------------
 */

struct warnings_page {
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

/* That nothing is wrong, or that not all of it could be looked for. */
static void put_nothing(struct drawing *d, int x, int y, int w, enum role role)
{
    const bool all = draw_all_checked(d);

    canvas_put(d->c, x, y, w, all ? role : ROLE_DIM,
               text(all ? MSG_VIEW_WARNINGS_NOTHING : MSG_VIEW_WARNINGS_UNKNOWN));
}

static int make_tail(const struct findings *f, int width, struct explain_text *tail)
{
    struct typeset ts;
    struct str list = STR_INIT;

    typeset_init(&ts);
    for (int were = 1; f && were >= 0; were--) {
        str_clear(&list);
        (void)findings_rule_lines(f, were, &list);
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

static void make_page(struct warnings_page *p, const struct drawing *d, int w)
{
    *p = (struct warnings_page){.f = draw_findings(d), .width = text_width(w)};
    for (uint32_t i = 0; p->f && i < p->f->n; i++)
        p->n += finding_lines(&p->f->list[i], p->width);
    p->n += ended_lines(p->f) + (p->f && p->f->n == 0 ? 2 : 0);
    if (make_tail(p->f, w - 1, &p->tail) == 0)
        p->n += p->tail.n_lines;
}

static void extent(const struct drawing *d, uint32_t *lines, uint32_t *shown)
{
    struct overlay_area a;
    struct warnings_page p;

    overlay_area(d, &a);
    make_page(&p, d, a.inner.w);
    *lines = p.n;
    *shown = overlay_shown(&a, p.n);
    explain_fini(&p.tail);
}

static void entry_extent(const struct drawing *d, uint32_t index, uint32_t *first, uint32_t *lines)
{
    const struct findings *f = draw_findings(d);
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
        fmt_clock(from, sizeof from, f->list[i].since_wall_ns);
        fmt_clock(to, sizeof to, f->list[i].ended_wall_ns);
        draw_fill(right, MSG_VIEW_WARNING_FROM_TO, from, to, NULL);
        draw_head(pen->d, &f->list[i], &pen->r, y, TITLE_X, right, ROLE_DIM);
    }
    next_y(pen);
}

static void draw_page(struct pen *pen, const struct warnings_page *p)
{
    const struct findings *f = p->f;
    int y;

    for (uint32_t i = 0; f && i < f->n; i++)
        draw_finding(pen, &f->list[i], p->width, i == pen->d->ui->overlay_cursor);
    if (f && f->n == 0) {
        y = next_y(pen);
        if (y >= 0)
            put_nothing(pen->d, pen->r.x + 1, y, pen->r.w - 2, ROLE_OK);
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

static void add_count(struct str *out, enum msg words, uint32_t n)
{
    char number[16];

    snprintf(number, sizeof number, "%u", n);
    str_add(out, out->len ? ", " : "");
    text_fill(out, words, number, NULL);
}

/* "3 now, 1 until just now, 1 note, 0 ended": the first is the header's number. */
static void count_all(const struct findings *f, struct str *out)
{
    const uint32_t notes = count_notes(f);

    add_count(out, MSG_VIEW_WARNINGS_NOW, f ? f->warnings : 0);
    if (f && f->passing)
        add_count(out, MSG_VIEW_WARNINGS_BEFORE, f->passing);
    if (notes)
        add_count(out, MSG_VIEW_NOTES, notes);
    add_count(out, MSG_VIEW_WARNINGS_OVER, f ? f->n_ended : 0);
}

static void draw(struct drawing *d)
{
    struct overlay_area a;
    struct warnings_page p;
    struct pen pen = {.d = d, .top = d->ui->overlay_top};
    struct str right = STR_INIT;
    char scroll[64];

    overlay_area(d, &a);
    make_page(&p, d, a.inner.w);
    pen.r = a.inner;
    pen.shown = overlay_shown(&a, p.n);
    if (pen.top > p.n - pen.shown)
        pen.top = p.n - pen.shown;
    count_all(p.f, &right);
    draw_scroll_mark(scroll, sizeof scroll, pen.top, pen.shown, p.n);
    str_addf(&right, "%s%s", *scroll ? DRAW_GAP : "", scroll);
    overlay_frame(d, &a, text(MSG_VIEW_WARNINGS), str_text(&right));
    str_fini(&right);
    draw_page(&pen, &p);
    explain_fini(&p.tail);
}

/* The last lines of a tall pane -----------------------------------------------------------------
 */

static const enum finding_part list_parts[] = {PART_SEEN, PART_DO};

#define LIST_PARTS (sizeof list_parts / sizeof list_parts[0])

/* What the list says of a finding below its title. */
struct list_entry {
    struct explain_text part[LIST_PARTS];
    uint32_t lines[LIST_PARTS]; /* of each part, those that are shown */
};

static void set_entry(struct list_entry *e, const struct finding *f, int width)
{
    *e = (struct list_entry){0};
    for (size_t i = 0; i < LIST_PARTS; i++) {
        struct str words = STR_INIT;
        struct typeset ts;

        typeset_init(&ts);
        finding_part(f, list_parts[i], &words);
        typeset_paragraphs(&ts, str_text(&words), ROLE_TEXT, width, 0);
        str_fini(&words);
        if (typeset_finish(&ts, &e->part[i]) == 0)
            e->lines[i] = e->part[i].n_lines < LIST_PART ? e->part[i].n_lines : LIST_PART;
    }
}

static uint32_t entry_height(const struct list_entry *e)
{
    uint32_t lines = 1;

    for (size_t i = 0; i < LIST_PARTS; i++)
        lines += e->lines[i];
    return lines;
}

/* Give each part that is cut what it lacks, as long as lines are left. Returns those that are left
 * then. */
static uint32_t lengthen(struct list_entry *e, uint32_t n, uint32_t left)
{
    for (uint32_t i = 0; i < n; i++)
        for (size_t k = 0; k < LIST_PARTS; k++) {
            const uint32_t lacks = e[i].part[k].n_lines - e[i].lines[k];
            const uint32_t more = lacks < left ? lacks : left;
            e[i].lines[k] += more;
            left -= more;
        }
    return left;
}

/* The parts from line `y` on, "…" behind what does not fit. Returns the line below them. */
static int draw_entry(struct drawing *d, const struct list_entry *e, const struct rect *r, int y)
{
    const int x = r->x + 3, width = r->w - 4, end = r->y + r->h;

    for (size_t k = 0; k < LIST_PARTS; k++)
        for (uint32_t i = 0; i < e->lines[k] && y < end; i++, y++) {
            const bool last = i + 1 == e->lines[k];
            const bool more = i + 1 < e->part[k].n_lines || (k + 1 < LIST_PARTS && e->lines[k + 1]);
            draw_explained(d->c, &e->part[k], i, x, y, width);
            if ((last && i + 1 < e->part[k].n_lines) || (y + 1 == end && more))
                canvas_put(d->c, draw_end(d->c, x, y, width - 1), y, 1, ROLE_TEXT, "…");
        }
    return y;
}

/* The title has the whole line where it would be cut beside the time. */
static void draw_list_head(struct drawing *d, const struct finding *f, const struct rect *r, int y)
{
    const int x = 2 + (int)strlen(finding_severity_mark(f->severity));
    char title[FILL_SIZE], right[FILL_SIZE];

    title_of(f, title);
    since(d, f, false, right);
    if (x + utf8_width(title) + 3 + utf8_width(right) > r->w)
        right[0] = '\0';
    draw_head(d, f, r, y, x, right, finding_severity_role(f->severity));
}

/* At the end of the last line: how many findings have no room. */
static void draw_more(struct drawing *d, const struct rect *r, uint32_t n)
{
    char number[16], words[FILL_SIZE];

    snprintf(number, sizeof number, "%u", n);
    draw_fill(words, MSG_VIEW_WARNINGS_MORE, number, NULL, NULL);
    const int w = utf8_width(words), x = r->x + r->w - w - 1, y = r->y + r->h - 1;
    int end = draw_end(d->c, r->x, y, r->w);
    const bool cut = end > x - 2; /* at the end of a word, with " …" and a blank behind */
    if (cut)
        for (end = x - 3; end > r->x && canvas_at(d->c, end, y)->text[0] != ' '; end--)
            continue;
    canvas_fill(d->c, end, y, r->x + r->w - end, 1, ROLE_DIM, " ");
    canvas_put(d->c, x, y, w, ROLE_DIM, words);
    if (cut)
        canvas_put(d->c, end + 1, y, 1, ROLE_TEXT, "…");
}

/* As many findings as there are lines for; a blank line between two where all are whole. */
static void draw_list(struct drawing *d, const struct findings *f, const struct rect *r)
{
    struct list_entry entry[LIST_MOST];
    uint32_t n = 0, whole = 0, drawn = 0, left = (uint32_t)r->h - 1;
    int y = r->y + 1;

    for (; n < f->n && n < LIST_MOST && n == whole; n++) {
        set_entry(&entry[n], &f->list[n], r->w - 4);
        if (entry_height(&entry[n]) <= left) {
            left -= entry_height(&entry[n]);
            whole++;
        }
    }
    left = lengthen(entry, whole, left);
    const int gap = whole == f->n && left + 1 >= n;
    for (uint32_t i = 0; i < n; i++) {
        if (y < r->y + r->h) {
            draw_list_head(d, &f->list[i], r, y);
            y = draw_entry(d, &entry[i], r, y + 1) + gap;
            drawn++;
        }
        for (size_t k = 0; k < LIST_PARTS; k++)
            explain_fini(&entry[i].part[k]);
    }
    if (drawn < f->n)
        draw_more(d, r, f->n - drawn);
}

/* "3", "3, 1 until just now, 1 note", "1 note"; "": nothing is found, or nobody looked. */
static void count_short(const struct findings *f, struct str *out)
{
    const uint32_t notes = count_notes(f);

    if (f && f->warnings)
        add_count(out, MSG_VIEW_WARNINGS_SHORT, f->warnings);
    if (f && f->passing)
        add_count(out, MSG_VIEW_WARNINGS_BEFORE, f->passing);
    if (notes)
        add_count(out, MSG_VIEW_NOTES, notes);
}

void overlay_warnings_draw_list(struct drawing *d)
{
    const struct rect *r = &d->l.warnings;
    const struct findings *f = draw_findings(d);
    struct str count = STR_INIT;
    char right[FILL_SIZE], key[24];

    if (r->h <= 0)
        return;
    canvas_fill(d->c, d->l.separator_x, r->y, 1, r->h, ROLE_RULE, "│");
    canvas_put(d->c, d->l.separator_x, r->y, 1, ROLE_RULE, "├");
    canvas_fill(d->c, r->x, r->y, r->w, r->h, ROLE_TEXT, " ");
    keymap_first_key(&d->v->settings->bindings, COMMAND_WARNINGS, key);
    snprintf(right, sizeof right, "%s %s", key, text(MSG_VIEW_WARNINGS_LIST));
    count_short(f, &count);
    draw_title(d->c, r, false, text(MSG_VIEW_WARNINGS), str_text(&count), right);
    str_fini(&count);
    if (f && f->n == 0)
        put_nothing(d, r->x + 1, r->y + 1, r->w - 1, ROLE_DIM);
    if (f && f->n)
        draw_list(d, f, r);
}

static const struct findings *findings_of(const struct session *s)
{
    return s->newest ? s->newest->findings : NULL;
}

static const struct finding *under_cursor(const struct session *s)
{
    const struct findings *f = findings_of(s);

    return f && s->ui.overlay_cursor < f->n ? &f->list[s->ui.overlay_cursor] : NULL;
}

static void scroll_to(struct session *s, int64_t top)
{
    overlay_scroll(s, top - (int64_t)s->ui.overlay_top);
}

/* All of the finding, or its beginning where it is too long. */
static void show_cursor(struct session *s)
{
    struct view v = session_view(s);
    struct drawing d;
    uint32_t first, lines, all, shown, top = s->ui.overlay_top;

    draw_init(&d, NULL, &v);
    entry_extent(&d, s->ui.overlay_cursor, &first, &lines);
    overlay_extent(&v, &all, &shown);
    if (first + lines > top + shown)
        top = first + lines - shown;
    if (first < top || lines > shown)
        top = first;
    scroll_to(s, top);
}

static unsigned on_sample(struct session *s)
{
    const struct findings *f = findings_of(s);

    if (!f)
        return REACT_NOTHING;
    for (uint32_t i = 0; i < f->n; i++)
        if (f->list[i].key == s->ui.warning_key && i != s->ui.overlay_cursor) {
            s->ui.overlay_cursor = i;
            show_cursor(s);
        }
    if (s->ui.overlay_cursor >= f->n)
        s->ui.overlay_cursor = f->n ? f->n - 1 : 0;
    scroll_to(s, s->ui.overlay_top);
    s->ui.warning_key = f->n ? f->list[s->ui.overlay_cursor].key : 0;
    return REACT_NOTHING;
}

static void move(struct session *s, enum move_unit unit, int sign)
{
    const struct findings *f = findings_of(s);
    struct view v = session_view(s);
    uint32_t all, shown, before = s->ui.overlay_cursor, n = f ? f->n : 0;

    if (unit == MOVE_END)
        s->ui.overlay_cursor = sign > 0 && n ? n - 1 : 0;
    else if (unit == MOVE_LINE)
        s->ui.overlay_cursor = session_clamp(before, sign, n ? n - 1 : 0);
    if (s->ui.overlay_cursor != before) {
        show_cursor(s);
        s->ui.warning_key = f->list[s->ui.overlay_cursor].key;
        return;
    }
    /* no other finding that way: the rest of the list scrolls */
    overlay_extent(&v, &all, &shown);
    overlay_scroll(s, sign * session_step(unit, all, shown));
}

static unsigned accept(struct session *s)
{
    const struct finding *f = under_cursor(s);
    struct str filter = STR_INIT;
    unsigned reaction = REACT_NOTHING;
    char key[16];

    if (!f)
        return reaction;
    finding_filter(f, &filter);
    if (!filter.len) {
        session_say(s, MSG_SESSION_WARNING_HOST, NULL);
    } else {
        reaction = REACT_CLOSE;
        prompt_filter_remember(s, s->ui.filter);
        if (prompt_filter_apply(s, str_text(&filter), NULL, &reaction) < 0)
            session_say(s, MSG_SESSION_NO_MEMORY, NULL);
        else
            session_say(s, MSG_SESSION_WARNING_ROWS, session_key(s, COMMAND_BACK, key), NULL);
        table_park(s);
        s->ui.park_key = f->key;
    }
    str_fini(&filter);
    return reaction;
}

/* As it is read, with blanks that a shell takes for such. */
static void copy_part(struct session *s, const struct finding *f, enum finding_part part)
{
    struct str words = STR_INIT;

    finding_part(f, part, &words);
    if (words.len) {
        typeset_untie(words.data);
        str_addf(&s->copy, "\n%s: ", finding_label(part));
        str_add(&s->copy, words.data);
    }
    s->copy.failed |= words.failed;
    str_fini(&words);
}

static void copy(struct session *s)
{
    const struct finding *f = under_cursor(s);

    if (!f)
        return;
    str_clear(&s->copy);
    finding_last_seen(f, s->newest, &s->copy);
    finding_title(f, &s->copy);
    for (unsigned part = 0; part < PART_KINDS; part++)
        copy_part(s, f, (enum finding_part)part);
    session_copy_now(s, MSG_SESSION_WARNING_COPIED);
}

static unsigned open(struct session *s)
{
    s->ui.warning_key = 0;
    return REACT_NOTHING;
}

static unsigned command(struct session *s, enum command_id command)
{
    enum move_unit unit;
    int sign;

    if (command == COMMAND_WARNINGS)
        return REACT_CLOSE;
    if (command == COMMAND_OPEN)
        return accept(s);
    if (command == COMMAND_COPY)
        copy(s);
    else if (overlay_movement(command, &unit, &sign))
        move(s, unit, sign);
    else
        return REACT_NOT_MINE;
    return REACT_NOTHING;
}

static void footer(const struct drawing *d, struct key_items *k)
{
    const struct findings *f = draw_findings(d);
    const bool some = f && f->n;

    footer_add(k, COMMAND_BACK, MSG_VIEW_KEY_BACK, true, 0);
    if (overlay_scrolls(d) || (f && f->n > 1)) /* else there is nowhere to go */
        footer_add_keys(k, "↑ ↓", some ? MSG_VIEW_KEY_NEXT : MSG_VIEW_KEY_SCROLL, 1);
    footer_add(k, COMMAND_OPEN, MSG_VIEW_KEY_THESE, some, 2);
    footer_add(k, COMMAND_COPY, MSG_VIEW_KEY_COPY, some, 3);
}

const struct overlay_ops overlay_warnings = {
    .opened_by = COMMAND_WARNINGS,
    .open = open,
    .command = command,
    .on_sample = on_sample,
    .draw = draw,
    .extent = extent,
    .footer = footer,
};
