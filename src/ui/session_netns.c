/* The menu of network namespaces, and what choosing one means. */
#include <errno.h>
#include <string.h>

#include "session_internal.h"
#include "tcptop/explain/reason_text.h"

#define ALL "all"

/* Where the menu's line for a namespace is, 0: "all", or it has gone. */
static uint32_t line_of(const struct netns_table *t, uint32_t n, uint64_t inode)
{
    for (uint32_t i = 0; i < n; i++)
        if (t->list[i].inode == inode)
            return i + 1;
    return 0;
}

/* The one whose rows are shown; 0: those of all. */
static uint64_t current(const struct netns_table *t, uint32_t n)
{
    for (uint32_t i = 0; i < n && !t->several; i++)
        if (t->list[i].shown)
            return t->list[i].inode;
    return 0;
}

void netns_menu_follow(struct session *s)
{
    struct ui *ui = &s->ui;
    struct view v = session_view(s);
    uint32_t n;
    const struct netns_table *t = view_namespaces(&v, &n);
    if (ui->overlay != OVERLAY_NAMESPACES || !t)
        return;
    if (ui->n_menu == 0)
        ui->menu_namespace = current(t, n);
    ui->n_menu = n + 1;
    ui->overlay_cursor = line_of(t, n, ui->menu_namespace);
    overlay_move(s, MOVE_LINE, 0);
}

void netns_menu_moved(struct session *s)
{
    struct view v = session_view(s);
    uint32_t n;
    const struct netns_table *t = view_namespaces(&v, &n);
    uint32_t line = s->ui.overlay_cursor;
    s->ui.menu_namespace = t && line > 0 && line <= n ? t->list[line - 1].inode : 0;
}

bool netns_menu_open(struct session *s)
{
    if (s->lesson) {
        session_say(s, MSG_LESSON_ONLY_HERE, NULL);
        return false;
    }
    if (s->settings->read_path) {
        session_say(s, MSG_SESSION_NETNS_RECORDED, NULL);
        return false;
    }
    s->ui.n_menu = 0; /* until a sample says which there are */
    return true;
}

/* Rows, selection and widths of what was shown mean nothing there. */
static void choose(struct session *s, const char *name)
{
    char key[16];
    bool all = strcmp(name, ALL) == 0;
    memset(s->namespaces, 0, sizeof(s->namespaces));
    memcpy(s->namespaces, name, strlen(name));
    table_park(s);
    table_forget_widths(s);
    s->selection_waiting = false;
    s->ui.paused = false;
    s->sample_now = true;
    session_key(s, COMMAND_NAMESPACES, key);
    if (all)
        session_say(s, MSG_SESSION_NETNS_ALL, key, NULL);
    else
        session_say(s, MSG_SESSION_NETNS_ONE, name, key, NULL);
}

void netns_menu_accept(struct session *s)
{
    struct view v = session_view(s);
    uint32_t n, line = s->ui.overlay_cursor;
    const struct netns_table *t = view_namespaces(&v, &n);
    const struct netns *ns = t && line > 0 && line <= n ? &t->list[line - 1] : NULL;
    if (!t || line > n)
        return;
    if (ns && ns->error) {
        bool rights = ns->error == -EPERM || ns->error == -EACCES;
        session_say(s, rights ? MSG_SESSION_NETNS_RIGHTS : MSG_SESSION_NETNS_CLOSED, ns->name,
                    err_name(ns->error), NULL);
        return;
    }
    s->ui.overlay = OVERLAY_NONE;
    choose(s, ns ? ns->name : ALL);
}

void netns_note_missing(struct session *s)
{
    const struct sample *newest = s->newest;
    char why[REASON_TEXT_SIZE];
    bool missing = newest->status == SAMPLE_COMPLETE && !sample_is_whole(newest);
    if (missing && !s->missing_said)
        session_say(s, MSG_SESSION_NOTE, reason_text(why, &newest->reason, text_language()), NULL);
    s->missing_said = missing;
}
