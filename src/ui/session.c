/* SPDX-License-Identifier: MIT */
/* The session: takes one event after the other, asks the parts of the screen what it means, and
 * does what they answer.
 *
 * A key goes to the open prompt. Without one its command goes to the open overlay, to the part that
 * has the focus, and at last to the function that the table of commands names. Each answers with a
 * mask of enum reaction: that it has no use for the command, or what must follow. So no part calls
 * those above it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "endpoint_names.h"
#include "footer.h"
#include "group_rows.h"
#include "header.h"
#include "overlay.h"
#include "overlay_diff.h"
#include "pane.h"
#include "prompt.h"
#include "session_rows.h"
#include "states.h"
#include "table_cursor.h"
#include "tcptop/base/fmt.h"
#include "tcptop/explain/import_words.h"
#include "tcptop/explain/owner_rights_note.h"
#include "tcptop/explain/reason_text.h"
#include "tcptop/lesson/lesson.h"
#include "travel.h"
#include "ui_lesson.h"

#define PASTE_SILENCE_NS     NS_PER_S          /* a paste whose end never came is over after this */
#define QUESTION_QUIET_NS    (300 * NS_PER_MS) /* without input before a question takes a key */
#define DEFER_FROM           20000             /* rows; fewer are listed at once */
#define FIRST_ROWS           1000 /* of them are listed while the view stays at the top */
#define CLOSE_EVENTS_LOST_NS (60 * NS_PER_S) /* between two messages about lost events */
#define WHEEL_ROWS           3
#define DOUBLE_CLICK_NS      (400 * NS_PER_MS)
#define FIGURES_ROWS_MAX     100000 /* in larger samples they are read only for what was asked for */

static void init_ui(struct session *s, bool utf8, bool ascii)
{
    const struct ui_settings *set = s->settings;
    struct ui *ui = &s->ui;
    ui_init(ui);
    ui->w = set->width ? set->width : 80;
    ui->h = set->height ? set->height : 24;
    ui->utf8 = utf8;
    ui->ascii = ascii;
    ui->host_names = set->host_names;
    ui->service_names = set->service_names;
    ui->follow = true;
    ui->subject = ui->focus == FOCUS_TABLE ? FOCUS_TABLE : FOCUS_STATES;
    if (set->sort_given)
        ui->sort = set->sort;
    ui->group_by = set->group_by;
    ui->group_sort = set->group_sort;
    ui->n_chosen = (unsigned)set->n_columns;
    memcpy(ui->chosen, set->columns, set->n_columns * sizeof(set->columns[0]));
}

int session_new(struct session **out, const struct ui_settings *settings, int wake_fd, bool utf8,
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
    s->pane_kept = pane_kept_new();
    int r = s->list ? prompt_filter_apply(s, settings->filter, NULL, &(unsigned){0}) : -ENOMEM;
    if (r == 0)
        r = travel_open(s);
    if (r == 0 && wake_fd >= 0)
        r = query_worker_start(&s->worker, wake_fd);
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

void session_use_theme(struct session *s, enum theme_background background)
{
    s->theme = background;
}

enum theme_background session_theme(const struct session *s)
{
    return s->theme;
}

void session_without_hangul(struct session *s)
{
    s->ui.utf8 = s->ui.utf8 && text_language() == LANG_KO;
}

void session_use_destroy(struct session *s,
                         struct destroyed (*destroy)(const struct conn *c,
                                                     const struct destroy_place *place),
                         bool may)
{
    s->destroy = destroy;
    s->may_destroy = may;
}

void session_use_lesson(struct session *s, struct lesson *lesson)
{
    ui_lesson_start(s, lesson);
}

void session_free(struct session *s)
{
    if (!s)
        return;
    prompt_find_cancel(s);
    endpoint_fini_names(s);
    query_worker_stop(s->worker);
    travel_close(s);
    overlay_diff_fini(s);
    sample_unref(s->newest);
    sample_unref(s->good);
    row_view_unref(s->list);
    pane_kept_free(s->pane_kept);
    predicate_fini(&s->predicate);
    str_fini(&s->copy);
    str_fini(&s->exit_message);
    free(s);
}

/* Do what a part has answered. */
static void react(struct session *s, unsigned reaction)
{
    if (reaction & REACT_WIDTHS)
        table_forget_widths(s);
    if (reaction & (REACT_LIST | REACT_CATCH_UP))
        session_rebuild(s, reaction & REACT_LIST);
    s->sample_now |= (reaction & REACT_SAMPLE) != 0;
    s->redraw |= (reaction & REACT_REDRAW) != 0;
    s->quit |= (reaction & REACT_QUIT) != 0;
}

/* A command while no prompt is open. */
static void run_command(struct session *s, enum command_id command)
{
    static unsigned (*const parts[])(struct session * s, enum command_id command) = {
        [FOCUS_STATES] = states_command,
        [FOCUS_TABLE] = table_command,
        [FOCUS_PANE] = pane_command,
    };
    unsigned reaction = overlay_command(s, command);

    if (reaction & REACT_NOT_MINE && pane_covers(s))
        reaction = pane_command(s, command);
    if (reaction & REACT_NOT_MINE)
        reaction = parts[s->ui.focus](s, command);
    if (reaction & REACT_NOT_MINE)
        reaction = commands_run(s, command);
    react(s, reaction);
}

/* Of letters and signs, and of function keys: what else comes is often not meant for tcptop. */
static void say_no_key(struct session *s, keycode key)
{
    const bool printed = key > ' ' && key < KEY_CODE_SPECIAL && key != KEY_CODE_BACKSPACE;
    char name[16], help[16];

    if (printed || (key > KEY_CODE_F0 && key <= KEY_CODE_F0 + 12))
        session_say(s, MSG_SESSION_NO_KEY, session_key_name(s, key, name),
                    session_key(s, COMMAND_HELP, help), NULL);
}

/* A key while no prompt is open. */
static void run_key(struct session *s, keycode key)
{
    unsigned reaction = prompt_filter_digit(s, key);
    int command;

    if (reaction & REACT_NOT_MINE)
        reaction = ui_lesson_key(s, key);
    if (reaction & REACT_NOT_MINE)
        reaction = overlay_key(s, key);
    if (!(reaction & REACT_NOT_MINE)) {
        react(s, reaction);
        return;
    }
    react(s, prompt_filter_end_digits(s));
    command = keymap_find(&s->settings->bindings, key);
    if (command >= 0)
        run_command(s, (enum command_id)command);
    else
        say_no_key(s, key);
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
        run_key(s, keys[i]);
}

static bool inside(const struct rect *r, const struct mouse *m)
{
    return m->x >= r->x && m->x < r->x + r->w && m->y >= r->y && m->y < r->y + r->h;
}

static void wheel(struct session *s, const struct mouse *m, const struct layout *l)
{
    int rows = m->what == MOUSE_WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS;

    if (s->ui.overlay != OVERLAY_NONE)
        react(s, overlay_command(s, rows < 0 ? COMMAND_UP : COMMAND_DOWN));
    else if (inside(&l->pane, m))
        pane_scroll(s, rows);
    else
        table_scroll(s, rows);
}

/* Is it the second of two clicks on the same cell? */
static bool is_double(struct session *s, const struct mouse *m)
{
    const bool twice = s->click_ns && s->now_ns - s->click_ns < DOUBLE_CLICK_NS &&
                       m->x == s->click_x && m->y == s->click_y;

    s->click_ns = twice ? 0 : s->now_ns;
    s->click_x = m->x;
    s->click_y = m->y;
    return twice;
}

static void click(struct session *s, const struct mouse *m, const struct layout *l)
{
    struct view v = session_view(s);
    int state = states_at(&v, m->x, m->y);
    int head = table_head_at(&v, m->x, m->y);
    int figure = group_head_at(&v, m->x, m->y);
    uint32_t row = table_row_at(&v, m->y);

    if (state >= 0) {
        s->ui.state_list = (unsigned)state;
        session_focus(s, FOCUS_STATES);
        if (is_double(s, m))
            run_command(s, COMMAND_OPEN);
    } else if (head >= 0) {
        react(s, table_sort_by(s, (enum column_id)head));
    } else if (figure >= 0) {
        react(s, group_sort_by(s, (unsigned)figure));
    } else if (row < s->list->rows.n && inside(&l->table, m)) {
        table_select(s, row);
        session_focus(s, FOCUS_TABLE);
        if (is_double(s, m))
            run_command(s, COMMAND_OPEN);
    } else if (inside(&l->pane, m) && pane_scrolls(s)) {
        session_focus(s, FOCUS_PANE);
    }
}

/* The command whose key or word stands on a cell of the first or the last line, -1: none. */
static int command_at(const struct session *s, const struct mouse *m, const struct layout *l)
{
    struct view v = session_view(s);

    if (m->y == l->header.y)
        return header_command_at(&v, m->x);
    return m->y == l->footer.y ? footer_command_at(&v, m->x) : -1;
}

static void mouse(struct session *s, const struct mouse *m)
{
    struct layout l;
    int command;

    if (s->ui.prompt != PROMPT_NONE)
        return;
    layout_compute(&l, &s->ui);
    command = m->what == MOUSE_CLICK ? command_at(s, m, &l) : -1;
    s->ui.message[0] = '\0'; /* it was still there when the click was made */
    if (m->what != MOUSE_CLICK)
        wheel(s, m, &l);
    else if (command >= 0)
        run_command(s, (enum command_id)command);
    else if (s->ui.overlay != OVERLAY_NONE)
        react(s, overlay_click(s, m->x, m->y));
    else if (!pane_covers(s))
        click(s, m, &l);
}

static void paste_key(struct session *s, keycode key)
{
    s->paste_ns = s->now_ns;
    if (key == KEY_CODE_PASTE_BEGIN || key == KEY_CODE_PASTE_END)
        s->pasting = key == KEY_CODE_PASTE_BEGIN;
    react(s, prompt_paste(s, key));
}

/* Timers that ran out before the event that is about to be handled. */
static void advance(struct session *s, int64_t now_ns)
{
    s->now_ns = now_ns;
    if (s->ui.message[0] && now_ns >= s->ui.message_until_ns)
        s->ui.message[0] = '\0';
    if (s->pasting && now_ns - s->paste_ns >= PASTE_SILENCE_NS) {
        s->pasting = false;
        react(s, prompt_pasted(s));
    }
    react(s, prompt_filter_tick(s));
}

/* A new size or choice may have taken the part away that has the focus, or the chosen state. */
static void settle_focus(struct session *s)
{
    struct ui *ui = &s->ui;
    struct layout l;

    layout_compute(&l, ui);
    if (ui->focus == FOCUS_PANE && !pane_scrolls(s))
        session_focus(s, ui->subject);
    if (ui->focus == FOCUS_STATES && l.state_list.h == 0)
        session_focus(s, FOCUS_TABLE);
    if (ui->state_list >= STATE_LIST_COUNT && l.state_list_form != STATE_LIST_TWO_COLUMNS)
        ui->state_list = STATE_LIST_COUNT - 1;
}

/* What an event has made possible, or impossible. */
static void settle(struct session *s)
{
    if (s->digits_tried)
        react(s, prompt_filter_tick(s));
    settle_focus(s);
    table_settle(s);
    states_preselect(s);
    session_settle_rows(s);
    endpoint_settle_names(s);
    pane_settle_numbers(s);
}

void session_input(struct session *s, const struct input *in, int64_t now_ns)
{
    bool paste = in->key == KEY_CODE_PASTE_BEGIN || in->key == KEY_CODE_PASTE_END;

    advance(s, now_ns);
    s->input_was_quiet = !s->input_busy;
    s->input_ns = now_ns;
    s->input_busy = true;
    if (!s->pasting && in->key != KEY_CODE_MOUSE)
        s->ui.message[0] = '\0';
    if (s->pasting || paste) {
        paste_key(s, in->key);
    } else if (in->key == KEY_CODE_MOUSE) {
        react(s, prompt_filter_end_digits(s));
        s->digits_last = false;
        mouse(s, &in->mouse);
    } else if (s->ui.prompt != PROMPT_NONE) {
        react(s, prompt_key(s, in->key));
    } else {
        command_key(s, in->key);
    }
    settle(s);
}

/* Report lost events at once, and further ones after CLOSE_EVENTS_LOST_NS, all together. */
static void say_lost_close_events(struct session *s, const struct sample *newest)
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

/* Once, with the first sample, and before all that can be said later. */
static void say_warning(struct session *s)
{
    if (!s->said_warning && s->settings->warning[0])
        session_say(s, MSG_SESSION_FILE_NOTE, s->settings->warning, NULL);
    s->said_warning = true;
}

/* Once: the sign for it is a dash in every row. */
static void say_hidden_owners(struct session *s)
{
    struct str line = STR_INIT;
    if (!s->said_hidden && !s->ui.message[0] && owner_rights_note(s->newest, &line)) {
        s->said_hidden = true;
        session_say(s, MSG_SESSION_NOTE, str_text(&line), NULL);
    }
    str_fini(&line);
}

/* Once: how much of the text that was imported is here. */
static void say_import(struct session *s)
{
    struct str line = STR_INIT;
    if (!s->newest->import || s->import_said)
        return;
    import_words_counts(s->newest->import, &line);
    session_say(s, MSG_SESSION_NOTE, str_text(&line), NULL);
    s->import_said = true;
    str_fini(&line);
}

static void say_missing_namespaces(struct session *s)
{
    const struct sample *newest = s->newest;
    char why[REASON_TEXT_SIZE];
    bool missing = newest->status == SAMPLE_COMPLETE && !sample_is_whole(newest);
    if (missing && !s->missing_said && s->ui.message[0])
        return; /* later, for the sake of what stands there */
    if (missing && !s->missing_said)
        session_say(s, MSG_SESSION_NOTE, reason_text(why, &newest->reason, text_language()), NULL);
    s->missing_said = missing;
}

/* tcp_info of each connection costs a third more: figures that nobody asked for are left out of a
 * large sample, and where they have stretched the interval, until there are half as many. */
static void mind_budget(struct session *s, const struct sample *newest)
{
    const bool stretched =
        newest->asked_interval_ms &&
        (newest->full_interval_ms || newest->interval_ms > newest->asked_interval_ms) &&
        newest->needs & NEED_METRICS;

    if (!s->ui.figures_off && (stretched || newest->total > FIGURES_ROWS_MAX)) {
        s->ui.figures_off = true;
        s->figures_off_at = newest->total;
    } else if (s->ui.figures_off && newest->total < s->figures_off_at / 2) {
        s->ui.figures_off = false;
    }
}

/* What the user should know of the sample that has just come. */
static void say_of_sample(struct session *s)
{
    say_missing_namespaces(s);
    say_import(s);
    ui_lesson_sample(s);
    say_hidden_owners(s);
}

void session_show(struct session *s, const struct sample *newest)
{
    const bool past = travel_is_away(s);

    sample_unref(s->newest);
    s->newest = newest;
    react(s, overlay_on_sample(s));
    say_warning(s);
    if (!past)
        say_of_sample(s);
    if (newest->status == SAMPLE_FAILED)
        return;
    sample_unref(s->good);
    s->good = sample_ref(newest);
    if (!past) {
        mind_budget(s, newest);
        say_lost_close_events(s, newest);
    }
    if (s->ui.paused)
        return;
    if (past || s->ui.past) /* what is being listed is of another time */
        s->valid_ticket = s->last_ticket + 1;
    session_rebuild(s, false);
    settle(s);
}

void session_sample(struct session *s, const struct sample *newest, int64_t now_ns)
{
    advance(s, now_ns);
    if (!travel_keeps(s, newest))
        session_show(s, newest);
}

void session_recorded(struct session *s, const struct recording_head *head)
{
    s->head = *head;
}

void session_late(struct session *s, bool late)
{
    s->late = late;
}

void session_tell(struct session *s, const char *line)
{
    session_say(s, MSG_SESSION_NOTE, line, NULL);
}

void session_resize(struct session *s, int w, int h)
{
    s->ui.w = w > 0 ? w : 1;
    s->ui.h = h > 0 ? h : 1;
    react(s, prompt_resized(s));
    table_forget_widths(s);
    settle(s);
}

void session_tick(struct session *s, int64_t now_ns)
{
    advance(s, now_ns);
    session_take_answers(s);
    if (endpoint_take_names(s))
        table_forget_widths(s);
    react(s, ui_lesson_tick(s));
    travel_tick(s);
    settle(s);
}

void session_await_names(struct session *s, int64_t until_ns)
{
    if (endpoint_await_names(s, until_ns)) {
        table_forget_widths(s);
        settle(s);
    }
}

void session_quiet(struct session *s, int64_t at_ns)
{
    if (at_ns - s->input_ns >= QUESTION_QUIET_NS)
        s->input_busy = false;
}

/* The sooner of two times, 0 being none. */
static int64_t sooner(int64_t a, int64_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

int session_timeout_ms(const struct session *s, int64_t now_ns)
{
    int64_t due = s->ui.message[0] ? s->ui.message_until_ns : 0;
    due = sooner(due, prompt_filter_due_ns(s));
    due = sooner(due, travel_due_ns(s));
    if (s->pasting)
        due = sooner(due, s->paste_ns + PASTE_SILENCE_NS);
    if (prompt_ops(&s->ui)->draw_question && s->input_busy)
        due = sooner(due, s->input_ns + QUESTION_QUIET_NS);
    if (s->lesson)
        due = sooner(due, lesson_due(s->lesson, now_ns));
    if (due == 0)
        return -1;
    return due <= now_ns ? 0 : (int)((due - now_ns + NS_PER_MS - 1) / NS_PER_MS);
}

static void watch_one(struct request *r, const struct conn *c)
{
    for (uint32_t i = 0; i < r->n_watched; i++)
        if (conn_same(&r->watched[i], c))
            return;
    if (r->n_watched < WATCH_MAX)
        r->watched[r->n_watched++] = *c;
}

/* The pinned connections, the opened one and those that were opened lately are followed closely;
 * where the figures are asked for anyway, the one under the cursor, too. */
static void watch(const struct session *s, struct request *r)
{
    const struct ui *ui = &s->ui;
    const struct conn *subject = overlay_subject(ui);
    for (uint32_t i = 0; i < ui->n_pinned; i++)
        watch_one(r, &ui->pinned[i]);
    if (subject)
        watch_one(r, subject);
    if (ui->figures_off || s->settings->read_path)
        return;
    for (uint32_t i = s->n_recent; i > 0; i--)
        watch_one(r, &s->recent[i - 1]);
    if (r->needs & NEED_TCP_INFO && ui->bound && !ui->on_group)
        watch_one(r, &ui->selected);
}

bool session_request(struct session *s, struct request *req, bool *now)
{
    struct view v = session_view(s);
    struct request r = {
        .needs = screen_needs(&v) | s->predicate.needs | ui_lesson_needs(s),
        .interval_ms = s->interval_ms,
        .fade_ds = ui_settings_fade_ds(s->settings),
        .host_facts = true,
        .list_namespaces = overlay_ops(&s->ui)->lists_namespaces,
        .two_tempos = true,
        .close_stats = s->settings->close_stats,
    };
    watch(s, &r);
    if (r.n_watched) /* their figures make the history */
        r.needs |= NEED_TCP_INFO;
    memcpy(r.namespaces, s->namespaces, sizeof(r.namespaces));
    const struct request *old = &s->asked;
    bool changed = !s->asked_once || r.needs != old->needs || r.interval_ms != old->interval_ms ||
                   r.fade_ds != old->fade_ds || r.list_namespaces != old->list_namespaces ||
                   strcmp(r.namespaces, old->namespaces) != 0 || !session_same_watched(&r, old);
    /* What was not sampled so far is wanted on the screen now, not in an interval. */
    *now = s->sample_now || (s->asked_once && ((r.needs & ~old->needs) != 0 ||
                                               (r.list_namespaces && !old->list_namespaces)));
    s->sample_now = false;
    s->asked = *req = r;
    s->asked_once = true;
    travel_follow(s);
    return changed || *now;
}

void session_draw(struct session *s, struct canvas *c, int64_t now_ns)
{
    if ((c->w != s->ui.w || c->h != s->ui.h) && canvas_resize(c, s->ui.w, s->ui.h) < 0)
        return;
    s->now_ns = now_ns;
    struct view v = session_view(s);
    screen_draw(c, &v);
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
