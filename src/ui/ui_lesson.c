/* SPDX-License-Identifier: MIT */
/* A lesson on the screen: its keys, its words, and the state that they are about. */
#include <errno.h>
#include <string.h>

#include "states.h"
#include "tcptop/base/err.h"
#include "tcptop/lesson/lesson.h"
#include "ui_lesson.h"

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

/* Connections in CLOSE are listed as bound-only ones. */
static unsigned state_list_of(unsigned state)
{
    return states_index(state == TCP_STATE_BOUND_INACTIVE ? TCP_STATE_CLOSE : state);
}

/* The step that has been taken. */
static void show(struct session *s, const struct lesson_step *step)
{
    struct ui *ui = &s->ui;
    ui->lesson.step = s->lesson->shown;
    ui->lesson.text = step->text;
    ui->state_list = state_list_of(step->about);
    memset(ui->pane_top, 0, sizeof ui->pane_top);
    session_focus(s, FOCUS_STATES);
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
        session_say(s, MSG_LESSON_FAILED, text_error(l->error), NULL);
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

static void go_back(struct session *s)
{
    s->ui.paused = false;
    lesson_back(s->lesson, s->now_ns);
    follow(s);
}

void ui_lesson_start(struct session *s, struct lesson *lesson)
{
    s->lesson = lesson;
    s->ui.lesson.steps = lesson->script->n;
    choose_columns(&s->ui, (enum column_id)lesson->script->queue);
    session_focus(s, FOCUS_STATES); /* Enter means the next step there */
    s->now_ns = clock_mono_ns();
    go_on(s);
}

uint32_t ui_lesson_needs(const struct session *s)
{
    return s->lesson && s->lesson->state == TCP_STATE_BOUND_INACTIVE ? NEED_BOUND : 0;
}

unsigned ui_lesson_key(struct session *s, keycode key)
{
    const bool opens = key == KEY_CODE_ENTER && s->ui.focus == FOCUS_TABLE; /* the details */
    if (!s->lesson || s->ui.overlay != OVERLAY_NONE || opens)
        return REACT_NOT_MINE;
    if (key == ' ' || key == KEY_CODE_ENTER)
        go_on(s);
    else if (key == KEY_CODE_BACKSPACE)
        go_back(s);
    else
        return REACT_NOT_MINE;
    return REACT_NOTHING;
}

void ui_lesson_sample(struct session *s)
{
    if (!s->lesson)
        return;
    lesson_sample(s->lesson, s->newest, s->now_ns);
    follow(s);
}

unsigned ui_lesson_tick(struct session *s)
{
    bool sample_now;

    if (!s->lesson)
        return REACT_NOTHING;
    sample_now = lesson_tick(s->lesson, s->now_ns);
    follow(s);
    return sample_now ? REACT_SAMPLE : REACT_NOTHING;
}
