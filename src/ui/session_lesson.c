/* A lesson on the screen: its keys, its words, and the state that they are about. */
#include <errno.h>
#include <string.h>

#include "session_internal.h"
#include "tcptop/base/err.h"
#include "tcptop/lesson/lesson.h"

/* What a lesson is about fits a small screen; what the user chose stays. */
static void choose_columns(struct ui *ui, enum column_id queue)
{
    const enum column_id chosen[] = {COL_LOCAL, COL_REMOTE, COL_STATE,
                                     COL_LEFT,  queue,      COL_PROCESS};
    if (ui->n_chosen)
        return;
    memcpy(ui->chosen, chosen, sizeof chosen);
    ui->n_chosen = sizeof chosen / sizeof chosen[0];
}

static unsigned state_list_of(unsigned state)
{
    unsigned i = 0;
    if (state == TCP_STATE_BOUND_INACTIVE)
        state = TCP_STATE_CLOSE; /* they share a row */
    while (i < STATE_STATE_LIST_COUNT - 1 && state_state_list_order[i] != state)
        i++;
    return i;
}

/* The step that has been taken. */
static void show(struct session *s, const struct lesson_step *step)
{
    struct ui *ui = &s->ui;
    ui->lesson.step = s->lesson->shown;
    ui->lesson.text = step->text;
    ui->state_list = state_list_of(step->about);
    memset(ui->pane_top, 0, sizeof ui->pane_top);
    focus_set(s, FOCUS_STATES);
}

static void follow(struct session *s)
{
    const struct lesson *l = s->lesson;
    s->ui.lesson.over = lesson_is_over(l);
    if (!lesson_news(s->lesson))
        return;
    if (l->error == -ENODATA)
        session_say(s, MSG_LESSON_NOT_LISTED, NULL);
    else if (l->error)
        session_say(s, MSG_LESSON_FAILED, err_name(l->error), NULL);
    else
        show(s, lesson_shown(l));
}

static void go_on(struct session *s)
{
    char key[16];
    s->ui.paused = false;
    if (!lesson_next(s->lesson, s->now_ns) && s->lesson->phase == LESSON_STANDS)
        session_say(s, MSG_LESSON_END, session_key(s, COMMAND_QUIT, key), NULL);
    follow(s);
}

void session_use_lesson(struct session *s, struct lesson *lesson)
{
    s->lesson = lesson;
    s->ui.lesson.steps = lesson->script->n;
    choose_columns(&s->ui, (enum column_id)lesson->script->queue);
    s->now_ns = clock_mono_ns();
    go_on(s);
}

uint32_t lesson_needs(const struct session *s)
{
    return s->lesson && s->lesson->state == TCP_STATE_BOUND_INACTIVE ? NEED_BOUND : 0;
}

bool lesson_key(struct session *s, keycode key)
{
    const bool opens = key == KEY_CODE_ENTER && s->ui.focus == FOCUS_TABLE; /* the details */
    if (!s->lesson || s->ui.overlay != OVERLAY_NONE || opens)
        return false;
    if (key != ' ' && key != KEY_CODE_ENTER)
        return false;
    go_on(s);
    return true;
}

void lesson_hear(struct session *s)
{
    if (!s->lesson)
        return;
    lesson_sample(s->lesson, s->newest, s->now_ns);
    follow(s);
}

void lesson_pass(struct session *s)
{
    if (!s->lesson)
        return;
    if (lesson_tick(s->lesson, s->now_ns))
        s->sample_now = true;
    follow(s);
}
