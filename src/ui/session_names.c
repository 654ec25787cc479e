/* Names of hosts and services: asked for the rows in view, taken when they come. */
#include "session_internal.h"
#include "tcptop/base/err.h"

static bool wanted(const struct session *s)
{
    return s->ui.host_names || s->ui.service_names;
}

struct naming session_naming(const struct session *s)
{
    return (struct naming){wanted(s) ? s->names : NULL, s->ui.host_names, s->ui.service_names};
}

/* False when nobody can be asked, and the footer says why. */
static bool begin(struct session *s)
{
    struct err err;

    if (!s->names && !(s->names = names_new(NAMES_MAX))) {
        session_say(s, MSG_SESSION_NO_MEMORY, NULL);
        return false;
    }
    if (s->wake_fd < 0) {
        session_say(s, MSG_NAMES_NOT_LIVE, NULL);
        return false;
    }
    if (!s->resolver && resolver_start(&s->resolver, s->wake_fd, NULL, &err) < 0) {
        session_say(s, MSG_NAMES_FAILED, err.msg, NULL);
        return false;
    }
    return true;
}

static void toggle(struct session *s, bool *names, enum command_id command, enum msg on,
                   enum msg off)
{
    char key[16];

    *names = !*names;
    table_forget_widths(s);
    if (*names && !begin(s))
        *names = false;
    else
        session_say(s, *names ? on : off, session_key(s, command, key), NULL);
    if (wanted(s))
        return;
    resolver_stop(s->resolver); /* what is under way is not asked any more */
    s->resolver = NULL;
}

void names_toggle_hosts(struct session *s)
{
    toggle(s, &s->ui.host_names, COMMAND_HOST_NAMES, MSG_NAMES_HOSTS_ON, MSG_NAMES_HOSTS_OFF);
}

void names_toggle_services(struct session *s)
{
    toggle(s, &s->ui.service_names, COMMAND_SERVICE_NAMES, MSG_NAMES_SERVICES_ON,
           MSG_NAMES_SERVICES_OFF);
}

static void want(struct session *s, const struct name_key *k)
{
    if (names_want(s->names, k, s->now_ns) && !resolver_ask(s->resolver, k))
        names_unasked(s->names, k);
}

static void want_end(struct session *s, const struct conn *c, bool remote)
{
    struct name_key k;

    if (s->ui.host_names && names_key_address(&k, c, remote))
        want(s, &k);
    if (s->ui.service_names && names_key_service(&k, c, remote))
        want(s, &k);
}

void names_settle(struct session *s)
{
    const struct sample *shown = s->list->sample;
    const struct rows *rows = &s->list->rows;

    if (!wanted(s) || !shown)
        return;
    if (!s->resolver && !begin(s)) { /* the screen was to start with them */
        s->ui.host_names = s->ui.service_names = false;
        return;
    }
    if (s->ui.overlay == OVERLAY_DETAILS) {
        want_end(s, &s->ui.details, false);
        want_end(s, &s->ui.details, true);
    }
    struct view v = session_view(s);
    uint32_t end = s->ui.top + view_table_capacity(&v, s->ui.top);
    for (uint32_t i = s->ui.top; i < end && i < rows->n; i++) {
        if (rows->row[i] & ROW_GROUP)
            continue;
        want_end(s, &shown->conn[rows->row[i]], false);
        want_end(s, &shown->conn[rows->row[i]], true);
    }
}

void names_tick(struct session *s)
{
    struct name_answer a;

    while (s->resolver && resolver_take(s->resolver, &a))
        names_put(s->names, &a, s->now_ns);
}

void names_fini(struct session *s)
{
    resolver_stop(s->resolver);
    names_free(s->names);
    s->resolver = NULL;
    s->names = NULL;
}
