/* The session: events in, UI state out. See session_internal.h for who does what. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "session_internal.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/utf8.h"
#include "tcptop/explain/owner_rights_note.h"
#include "tcptop/lesson/lesson.h"

static void init_ui(struct session *s, bool utf8, bool ascii)
{
    const struct settings *set = s->settings;
    struct ui *ui = &s->ui;
    ui_init(ui);
    ui->w = set->width ? set->width : 80;
    ui->h = set->height ? set->height : 24;
    ui->utf8 = utf8;
    ui->ascii = ascii;
    ui->readonly = set->readonly;
    ui->host_names = set->host_names;
    ui->service_names = set->service_names;
    ui->fade_ds = (uint32_t)(set->fade_s * 10);
    ui->follow = true;
    ui->subject = ui->focus == FOCUS_TABLE ? FOCUS_TABLE : FOCUS_STATES;
    if (set->sort_given)
        ui->sort = set->sort;
    ui->group_by = set->group_by;
    ui->group_sort = set->group_sort;
    ui->n_chosen = (unsigned)set->n_columns;
    memcpy(ui->chosen, set->columns, set->n_columns * sizeof(set->columns[0]));
}

int session_new(struct session **out, const struct settings *settings, int wake_fd, bool utf8,
                bool ascii)
{
    struct session *s = calloc(1, sizeof(*s));
    if (!s)
        return -ENOMEM;
    s->settings = settings;
    s->interval_ms = settings->interval_ms;
    s->recall_at = -1;
    s->wake_fd = wake_fd;
    s->defer_from = DEFER_FROM;
    s->first_rows = FIRST_ROWS;
    s->full_list_requested = true;
    init_ui(s, utf8, ascii);
    s->list = row_view_new();
    int r = s->list ? filter_apply(s, settings->filter, NULL) : -ENOMEM;
    if (r == 0 && wake_fd >= 0)
        r = worker_start(&s->worker, wake_fd);
    if (r < 0) {
        session_free(s);
        return r;
    }
    *out = s;
    return 0;
}

void session_use_ascii(struct session *s, bool ascii)
{
    s->ui.ascii = ascii;
}

void session_use_destroy(struct session *s,
                         struct destroyed (*destroy)(const struct conn *c,
                                                     const struct destroy_place *place))
{
    s->destroy = destroy;
}

void session_free(struct session *s)
{
    if (!s)
        return;
    find_cancel(s);
    names_fini(s);
    worker_stop(s->worker);
    sample_unref(s->newest);
    sample_unref(s->good);
    row_view_unref(s->list);
    predicate_fini(&s->predicate);
    str_fini(&s->copy);
    str_fini(&s->exit_message);
    free(s);
}

struct view session_view(const struct session *s)
{
    struct view v = {
        .ui = &s->ui,
        .bindings = &s->settings->bindings,
        .newest = s->newest,
        .names = s->names,
        .now_ns = s->now_ns,
    };
    if (s->list->sample) {
        v.shown = s->list->sample;
        v.rows = &s->list->rows;
        v.groups = s->list->grouped ? &s->list->groups : NULL;
        v.summary = &s->list->summary;
        v.breakdown = &s->breakdown;
    }
    return v;
}

void session_say(struct session *s, enum msg id, ...)
{
    const char *value[4] = {NULL};
    va_list args;
    va_start(args, id);
    for (size_t i = 0; i < 3 && (value[i] = va_arg(args, const char *)); i++)
        ;
    va_end(args);
    struct str message = STR_INIT;
    text_fill(&message, id, value[0], value[1], value[2], NULL);
    utf8_sanitise_into(s->ui.message, sizeof(s->ui.message), str_text(&message), message.len);
    str_fini(&message);
    s->ui.message_until_ns = s->now_ns + MESSAGE_NS;
}

const char *session_key(const struct session *s, enum command_id command, char out[16])
{
    const struct bindings *b = &s->settings->bindings;
    for (size_t i = 0; i < b->n; i++)
        if (b->list[i].command == command)
            return key_name(b->list[i].key, out, 16);
    out[0] = '\0';
    return out;
}

/* Timers that ran out before the event that is about to be handled. */
static void advance(struct session *s, int64_t now_ns)
{
    s->now_ns = now_ns;
    if (s->ui.message[0] && now_ns >= s->ui.message_until_ns)
        s->ui.message[0] = '\0';
    if (s->pasting && now_ns - s->paste_ns >= PASTE_SILENCE_NS) {
        s->pasting = false;
        prompt_changed(s);
    }
    digits_tick(s);
}

/* What an event has made possible, or impossible. */
static void settle(struct session *s)
{
    if (s->digits_tried)
        digits_tick(s);
    focus_settle(s);
    table_settle(s);
    session_settle_rows(s);
    names_settle(s);
    breakdown_settle(s);
}

static void main_key(struct session *s, keycode key)
{
    if (lesson_key(s, key) || menu_key(s, key) || digits_key(s, key))
        return;
    digits_end(s);
    int command = bindings_find(&s->settings->bindings, key);
    if (command >= 0)
        command_run(s, (enum command_id)command);
}

/* A Hangul syllable stands for the keys it was typed with; those after one that opened a prompt
 * were not meant as text. */
static void command_key(struct session *s, keycode key)
{
    keycode keys[8];
    size_t n = key_from_hangul(key, keys);
    if (n == 0)
        keys[n++] = key;
    for (size_t i = 0; i < n && s->ui.prompt == PROMPT_NONE; i++)
        main_key(s, keys[i]);
}

static void paste_key(struct session *s, keycode key)
{
    s->paste_ns = s->now_ns;
    if (key == KEY_CODE_PASTE_BEGIN) {
        s->pasting = true;
    } else if (key == KEY_CODE_PASTE_END) {
        s->pasting = false;
        prompt_changed(s);
    } else if (s->ui.prompt != PROMPT_NONE && s->ui.prompt != PROMPT_CLOSE) {
        bool blank = key == KEY_CODE_TAB || key == KEY_CODE_ENTER || key == '\n';
        line_insert(&s->ui.line, blank ? ' ' : key);
    }
}

void session_input(struct session *s, const struct input *in, int64_t now_ns)
{
    bool paste = in->key == KEY_CODE_PASTE_BEGIN || in->key == KEY_CODE_PASTE_END;
    bool heard = !s->deaf;
    advance(s, now_ns);
    s->input_ns = now_ns;
    s->deaf = true;
    if (!s->pasting)
        s->ui.message[0] = '\0';
    if (s->pasting || paste) {
        paste_key(s, in->key);
        if (s->ui.prompt == PROMPT_CLOSE)
            close_key(s, KEY_CODE_NONE, heard);
    } else if (in->key == KEY_CODE_MOUSE) {
        digits_end(s);
        focus_mouse(s, &in->mouse);
    } else if (s->ui.prompt == PROMPT_CLOSE) {
        close_key(s, in->key, heard);
    } else if (s->ui.prompt != PROMPT_NONE) {
        prompt_key(s, in->key);
    } else {
        command_key(s, in->key);
    }
    settle(s);
}

/* Lost events are told once; in a storm again after a while, with all since. */
static void tell_lost_close_stats(struct session *s, const struct sample *newest)
{
    uint64_t lost = newest->close_stats_total.lost;
    char count[FMT_SIZE];
    if (lost < s->close_events_lost) /* of other namespaces */
        s->close_events_lost = 0;
    if (lost <= s->close_events_lost || s->ui.message[0] || s->ui.prompt != PROMPT_NONE ||
        (s->close_events_lost_ns && s->now_ns - s->close_events_lost_ns < CLOSE_EVENTS_LOST_NS))
        return;
    fmt_count(count, sizeof count, lost - s->close_events_lost);
    if (newest->close_stats_total.lost_vaguely)
        session_say(s, MSG_SESSION_CLOSE_EVENTS_LOST_SOME, NULL);
    else
        session_say(s, MSG_SESSION_CLOSE_EVENTS_LOST, count, NULL);
    s->close_events_lost = lost;
    s->close_events_lost_ns = s->now_ns;
}

/* Once: the sign for it is a dash in every row. */
static void note_owner_rights_note(struct session *s)
{
    struct str line = STR_INIT;
    if (!s->said_hidden && owner_rights_note(s->newest, &line)) {
        s->said_hidden = true;
        session_say(s, MSG_SESSION_NOTE, str_text(&line), NULL);
    }
    str_fini(&line);
}

void session_sample(struct session *s, const struct sample *newest, int64_t now_ns)
{
    advance(s, now_ns);
    sample_unref(s->newest);
    s->newest = newest;
    netns_menu_follow(s);
    warnings_follow(s);
    netns_note_missing(s);
    lesson_hear(s);
    note_owner_rights_note(s);
    if (newest->status == SAMPLE_FAILED)
        return;
    sample_unref(s->good);
    s->good = sample_ref(newest);
    tell_lost_close_stats(s, newest);
    if (s->ui.paused)
        return;
    session_rebuild(s, false);
    settle(s);
}

void session_resize(struct session *s, int w, int h)
{
    s->ui.w = w > 0 ? w : 1;
    s->ui.h = h > 0 ? h : 1;
    close_resized(s);
    table_forget_widths(s);
    settle(s);
}

void session_tick(struct session *s, int64_t now_ns)
{
    advance(s, now_ns);
    session_take_answers(s);
    names_tick(s);
    lesson_pass(s);
    settle(s);
}

void session_quiet(struct session *s, int64_t at_ns)
{
    if (at_ns - s->input_ns >= CLOSE_QUIET_NS)
        s->deaf = false;
}

/* The sooner of two times, 0 being none. */
static int64_t sooner(int64_t a, int64_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

int session_timeout_ms(const struct session *s, int64_t now_ns)
{
    int64_t due = s->ui.message[0] ? s->ui.message_until_ns : 0;
    if (s->ui.digits[0]) {
        bool follows = !s->ui.digits_pending || s->digits_tried;
        due = sooner(due, s->digits_ns + (follows ? DIGITS_APPEND_NS : DIGITS_FOLLOW_NS));
    }
    if (s->pasting)
        due = sooner(due, s->paste_ns + PASTE_SILENCE_NS);
    if (s->ui.prompt == PROMPT_CLOSE && s->deaf)
        due = sooner(due, s->input_ns + CLOSE_QUIET_NS);
    if (s->lesson)
        due = sooner(due, lesson_due(s->lesson, now_ns));
    if (due == 0)
        return -1;
    return due <= now_ns ? 0 : (int)((due - now_ns + NS_PER_MS - 1) / NS_PER_MS);
}

void session_draw(struct session *s, struct canvas *c, int64_t now_ns)
{
    if ((c->w != s->ui.w || c->h != s->ui.h) && canvas_resize(c, s->ui.w, s->ui.h) < 0)
        return;
    s->now_ns = now_ns;
    struct view v = session_view(s);
    view_draw(c, &v);
}

bool session_quit(const struct session *s)
{
    return s->quit;
}

bool session_redraw_wanted(struct session *s)
{
    bool wanted = s->redraw;
    s->redraw = false;
    return wanted;
}

const char *session_copy(struct session *s)
{
    if (!s->copy_ready)
        return NULL;
    s->copy_ready = false;
    return str_text(&s->copy);
}

const char *session_exit_message(const struct session *s)
{
    return s->exit_message.len ? str_text(&s->exit_message) : NULL;
}
