/* The filter in force, and the digits that make one of a port. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session_internal.h"

int filter_apply(struct session *s, const char *text, struct filter_error *error)
{
    if (strcmp(text, s->ui.filter) == 0)
        return 0;
    struct predicate p = {0};
    struct filter_error ignored;
    int r = filter_parse(text, &p, error ? error : &ignored);
    if (r < 0) {
        predicate_fini(&p);
        return r;
    }
    predicate_fini(&s->predicate);
    s->predicate = p;
    s->question++;
    snprintf(s->ui.filter, sizeof(s->ui.filter), "%s", text);
    session_rebuild(s, true);
    return 0;
}

void filter_remember(struct session *s, const char *text)
{
    if (!text[0] || (s->n_recall && strcmp(s->recall[0], text) == 0))
        return;
    memmove(s->recall[1], s->recall[0], sizeof(s->recall) - sizeof(s->recall[0]));
    snprintf(s->recall[0], sizeof(s->recall[0]), "%s", text);
    s->n_recall += s->n_recall < RECALL_MAX;
    snprintf(s->ui.recall, sizeof(s->ui.recall), "%s", text);
}

void filter_clear(struct session *s)
{
    if (!s->ui.filter[0])
        return;
    char key[16];
    filter_remember(s, s->ui.filter);
    filter_apply(s, "", NULL);
    session_say(s, MSG_SESSION_FILTER_CLEARED, session_key(s, COMMAND_FILTER, key), NULL);
}

/* One choice in place of another, on top of `filter`. False when that failed, and it was said. */
static bool choose(struct session *s, const char *filter, enum choice_kind kind, const char *term)
{
    char text[UI_FILTER_MAX];
    if (!choice_replace(text, filter, kind, term))
        session_say(s, MSG_SESSION_FILTER_TOO_LONG, NULL);
    else if (filter_apply(s, text, NULL) < 0)
        session_say(s, MSG_SESSION_NO_MEMORY, NULL);
    else
        return true;
    return false;
}

bool filter_choose_states(struct session *s, const char *term)
{
    return choose(s, s->ui.filter, CHOICE_STATE, term);
}

/* The rows follow the digits; while typing may go on only to a port that some socket has. */
static void digits_follow(struct session *s, bool final)
{
    char term[16];
    uint16_t port = (uint16_t)atoi(s->ui.digits);
    s->digits_tried = !final && !port_set_has(&s->list->summary.used, port);
    if (s->digits_tried)
        return;
    snprintf(term, sizeof(term), "port:%s", s->ui.digits);
    choose(s, s->before_digits, CHOICE_PORT, term);
    s->ui.digits_pending = false;
}

void digits_tick(struct session *s)
{
    if (!s->ui.digits[0])
        return;
    int64_t age_ns = s->now_ns - s->digits_ns;
    if (age_ns >= DIGITS_APPEND_NS)
        digits_end(s);
    else if (s->ui.digits_pending && age_ns >= DIGITS_FOLLOW_NS)
        digits_follow(s, false);
}

void digits_end(struct session *s)
{
    if (s->ui.digits_pending)
        digits_follow(s, true);
    s->ui.digits[0] = '\0';
}

static void digits_changed(struct session *s)
{
    s->digits_ns = s->now_ns;
    s->digits_tried = false;
    s->ui.digits_pending = s->ui.digits[0] != '\0';
    if (!s->ui.digits_pending)
        filter_apply(s, s->before_digits, NULL);
}

bool digits_key(struct session *s, keycode key)
{
    struct ui *ui = &s->ui;
    size_t len = strlen(ui->digits);
    if (ui->overlay != OVERLAY_NONE)
        return false;
    if (key == KEY_CODE_BACKSPACE && len > 0) {
        ui->digits[len - 1] = '\0';
        digits_changed(s);
        return true;
    }
    if (key < '0' || key > '9')
        return false;
    char longer[sizeof(ui->digits) + 1];
    int n = snprintf(longer, sizeof(longer), "%s%c", ui->digits, (int)key);
    bool port = n < (int)sizeof(ui->digits) && strtol(longer, NULL, 10) <= UINT16_MAX;
    if (!port || strcmp(longer, "0") == 0)
        return true;
    if (len == 0)
        memcpy(s->before_digits, ui->filter, sizeof(s->before_digits));
    memcpy(ui->digits, longer, sizeof(ui->digits));
    digits_changed(s);
    return true;
}
