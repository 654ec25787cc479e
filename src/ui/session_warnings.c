/* The list of what the doctor found: moving in it, its connections as a filter, copying. */

#include "session_internal.h"
#include "tcptop/doctor/finding_scope.h"
#include "tcptop/explain/finding_text.h"

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
    struct view v = session_view(s);
    uint32_t all, shown;

    view_overlay_extent(&v, &all, &shown);
    int64_t last = all > shown ? all - shown : 0;
    s->ui.overlay_top = (uint32_t)(top < 0 ? 0 : top > last ? last : top);
}

/* All of the finding, or its beginning where it is too long. */
static void show_cursor(struct session *s)
{
    struct view v = session_view(s);
    uint32_t first, lines, all, shown, top = s->ui.overlay_top;

    view_warning_extent(&v, s->ui.overlay_cursor, &first, &lines);
    view_overlay_extent(&v, &all, &shown);
    if (first + lines > top + shown)
        top = first + lines - shown;
    if (first < top || lines > shown)
        top = first;
    scroll_to(s, top);
}

void warnings_follow(struct session *s)
{
    const struct findings *f = findings_of(s);

    if (s->ui.overlay != OVERLAY_WARNINGS || !f)
        return;
    for (uint32_t i = 0; i < f->n; i++)
        if (f->list[i].key == s->ui.warning_key && i != s->ui.overlay_cursor) {
            s->ui.overlay_cursor = i;
            show_cursor(s);
        }
    if (s->ui.overlay_cursor >= f->n)
        s->ui.overlay_cursor = f->n ? f->n - 1 : 0;
    scroll_to(s, s->ui.overlay_top);
    s->ui.warning_key = f->n ? f->list[s->ui.overlay_cursor].key : 0;
}

void warnings_move(struct session *s, enum move_unit unit, int sign)
{
    const struct findings *f = findings_of(s);
    struct view v = session_view(s);
    uint32_t all, shown, before = s->ui.overlay_cursor, n = f ? f->n : 0;

    view_overlay_extent(&v, &all, &shown);
    if (unit == MOVE_END)
        s->ui.overlay_cursor = sign > 0 && n ? n - 1 : 0;
    else if (unit == MOVE_LINE && sign > 0 && before + 1 < n)
        s->ui.overlay_cursor++;
    else if (unit == MOVE_LINE && sign < 0 && before > 0)
        s->ui.overlay_cursor--;
    if (s->ui.overlay_cursor != before) {
        show_cursor(s);
        s->ui.warning_key = f->list[s->ui.overlay_cursor].key;
        return;
    }
    /* no other finding that way: the rest of the list scrolls */
    int64_t step = unit == MOVE_LINE   ? 1
                   : unit == MOVE_HALF ? (shown + 1) / 2
                   : unit == MOVE_PAGE ? shown
                                       : all;
    scroll_to(s, (int64_t)s->ui.overlay_top + sign * step);
}

void warnings_accept(struct session *s)
{
    const struct finding *f = under_cursor(s);
    struct str filter = STR_INIT;
    char key[16];

    if (!f)
        return;
    finding_filter(f, &filter);
    if (!filter.len) {
        session_say(s, MSG_SESSION_WARNING_HOST, NULL);
    } else {
        s->ui.overlay = OVERLAY_NONE;
        filter_remember(s, s->ui.filter);
        if (filter_apply(s, str_text(&filter), NULL) < 0)
            session_say(s, MSG_SESSION_NO_MEMORY, NULL);
        else
            session_say(s, MSG_SESSION_WARNING_ROWS, session_key(s, COMMAND_BACK, key), NULL);
    }
    str_fini(&filter);
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

bool warnings_copy(struct session *s)
{
    const struct finding *f = under_cursor(s);

    if (s->ui.overlay != OVERLAY_WARNINGS)
        return false;
    if (!f)
        return true;
    str_clear(&s->copy);
    finding_title(f, &s->copy);
    for (unsigned part = 0; part < PART_KINDS; part++)
        copy_part(s, f, (enum finding_part)part);
    s->copy_ready = !str_failed(&s->copy);
    session_say(s, s->copy_ready ? MSG_SESSION_WARNING_COPIED : MSG_SESSION_NO_MEMORY, NULL);
    return true;
}
